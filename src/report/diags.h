/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_REPORT_DIAGS_H
#define NP_REPORT_DIAGS_H

/*
 * Diagnostics: one pair of functions per format.
 *
 * `item` is called in the order of sources, places and codes; `begin` and `end` may be NULL.
 */

#include "report/out.h"

struct np_diag_list {
    struct cnipol_ctx *ctx;
    uint32_t *order; /* numbers of diagnostics */
    uint32_t n;
};

struct np_diag_item {
    const struct np_diag_list *list;
    uint32_t position;         /* 0 first */
    const struct np_diag *raw; /* spans */
    struct cnipol_diag diag;
};

struct np_diag_writer {
    void (*begin)(struct np_out *out, const struct np_diag_list *list);
    void (*item)(struct np_out *out, const struct np_diag_item *item);
    void (*end)(struct np_out *out, const struct np_diag_list *list);
};

extern const struct np_diag_writer np_diags_text;
extern const struct np_diag_writer np_diags_gcc;
extern const struct np_diag_writer np_diags_github;
extern const struct np_diag_writer np_diags_json;
extern const struct np_diag_writer np_diags_jsonl;
extern const struct np_diag_writer np_diags_sarif;

#endif
