/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_REPORT_SNIPPET_H
#define NP_REPORT_SNIPPET_H

/*
 * Snippets: the user's lines with marks under the exact columns.
 *
 *      |
 *   30 |           port: 8443
 *      |                 ---- but `port` starts at 8443
 *   31 |           endPort: 8080
 *      |                    ^^^^ ends at 8080
 */

#include "report/out.h"

#define NP_SNIPPET_COLUMNS 120u /* of a line, at most; the rest is an ellipsis */

struct np_mark {
    const char *file;
    const char *text; /* the line */
    uint32_t length;
    uint32_t start, end; /* bytes of the line; equal: a place between characters */
    uint32_t line, column;
    uint32_t end_line;
    bool continues;    /* the span goes on in further lines */
    bool primary;      /* ^ in the severity's style, or - in blue */
    const char *label; /* may be NULL */
    const char *style;
};

/* The mark of a span whose place was looked up. */
struct np_mark np_mark_of(const struct np_sources *sources, struct np_span span, const struct cnipol_place *place, const char *label);
/* Columns of the line numbers to the left. */
uint32_t np_snippet_gutter(const struct np_mark *marks, uint32_t n);
/* "   | ", or the bare rule for an empty row. */
void np_snippet_rule(struct np_out *out, uint32_t gutter);
/* One or two marks of the same file. */
void np_snippet_write(struct np_out *out, uint32_t gutter, const struct np_mark *marks, uint32_t n);

#endif
