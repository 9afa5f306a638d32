/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_DIAG_H
#define NP_BASE_DIAG_H

/*
 * Diagnostics: how the rooms above raise them.
 *
 *     struct np_diag *d = np_diag_raise(diags, NP_PORT_RANGE_REVERSED, span, "port range ends at %d before it starts", end);
 *     np_diag_label(diags, d, "ends at %d", end);
 *     np_diag_second(diags, d, other_span, "but `port` starts at %d", start);
 *     np_diag_help(diags, d, "swap the values, or drop `endPort`");
 *
 * np_diag_raise returns NULL when memory ran out; the others take that NULL and do nothing, so callers
 * need no checks. An out-of-memory is remembered in np_diags.failed, which the top-level call turns
 * into CNIPOL_E_NOMEM. Past the limit of kept diagnostics it returns the one spare, which holds no
 * text: its severity can still be changed, since those that are not kept count too. Codes are in codes.h.
 */

#include <cnipol/diag.h>

#include "base/codes.h"
#include "base/source.h"

struct np_diag {
    struct np_diag *next;
    uint16_t code;
    uint8_t severity;
    struct np_span span;
    struct np_span second;
    const char *message;
    const char *label;
    const char *second_label;
    const char *help;
    const char *upstream;
    const char *path;
    const char *object_kind;
    const char *object_namespace;
    const char *object_name;
};

/* The object under work: new diagnostics name it. Strings must outlive the np_diags. */
struct np_diag_object {
    const char *kind;
    const char *ns;
    const char *name;
};

struct np_diags {
    struct np_mem *mem;
    struct np_arena arena;
    struct np_diag **items;
    uint32_t n;
    uint32_t cap;
    uint32_t limit;
    size_t raised[4]; /* by severity; [0] unused */
    struct np_diag_object object;
    struct np_diag spare; /* stands for one that is not kept, until the next is raised */
    bool failed;          /* out of memory while raising */
};

/* False where texts for it would be lost. */
static inline bool np_diag_kept(const struct np_diags *diags, const struct np_diag *d)
{
    return d && d != &diags->spare;
}

void np_diags_init(struct np_diags *diags, struct np_mem *mem, uint32_t limit);
void np_diags_clear(struct np_diags *diags);
void np_diags_free(struct np_diags *diags);

struct np_diag *np_diag_raise(struct np_diags *diags, enum np_code code, struct np_span span, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void np_diag_severity(struct np_diags *diags, struct np_diag *d, enum cnipol_severity severity);
void np_diag_label(struct np_diags *diags, struct np_diag *d, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void np_diag_second(struct np_diags *diags, struct np_diag *d, struct np_span span, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void np_diag_help(struct np_diags *diags, struct np_diag *d, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void np_diag_upstream(struct np_diags *diags, struct np_diag *d, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void np_diag_path(struct np_diags *diags, struct np_diag *d, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
