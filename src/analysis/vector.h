/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_ANALYSIS_VECTOR_H
#define NP_ANALYSIS_VECTOR_H

/*
 * Running test vectors: what the kinds of rows share.
 *
 * A row is one document of the file. Whatever it loads lives in a context of its own, which dies with
 * the row; the row's tree and the outcomes' texts belong to the caller's context. Every function
 * returns CNIPOL_OK or CNIPOL_E_NOMEM: that a row fails or cannot be used is told, not returned.
 */

#include <cnipol/image.h>
#include <cnipol/model.h>
#include <cnipol/vector.h>

#include "base/ctx.h"
#include "doc/reader.h"

struct np_vector_run {
    struct cnipol_ctx *ctx; /* the caller's */
    const char *path;
    bool all;      /* tell passed questions too */
    uint32_t with; /* enum cnipol_vector_with */
    const struct cnipol_vector_other *other;
    cnipol_vector_fn fn;
    void *user;
    struct cnipol_vector_counts counts;
    struct np_doc *doc; /* of the row under work */
    const struct np_node *row;
    bool unusable; /* np_vector_unusable() was called in this row */
    struct np_buf question;
    struct np_buf expected;
    struct np_buf got;
};

/* Counts `n` answers at a node of the row, and tells them from the texts in the run's buffers. `chain` may be NULL. */
int np_vector_tell(struct np_vector_run *run, const struct np_node *at, bool passed, uint32_t n, const char *chain);
/* A row, or a part of it, that cannot be used: one failure. */
int np_vector_unusable(struct np_vector_run *run, const struct np_node *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The first key of a map that is none of the NULL-ended list, or NULL. */
const char *np_vector_unknown_key(const struct np_node *map, const char *const *known);
/* The text under a key; an empty view where it is missing or no string. */
struct np_str np_vector_text(const struct np_node *map, const char *key);
/* A context for one row, with the allocator and limits of the run's. NULL: no memory. */
struct cnipol_ctx *np_vector_ctx(const struct np_vector_run *run);
/* "file:line: message" of the worst that the row's context was told, in the run's `got`; empty: nothing. */
int np_vector_print_error(struct np_vector_run *run, struct cnipol_ctx *ctx);
/* Hands the diagnostics of a row that failed on to the caller's context. */
int np_vector_keep_diags(struct np_vector_run *run, const struct cnipol_ctx *ctx);

/* Kinds of rows. */
int np_vector_case(struct np_vector_run *run);       /* a cluster with questions */
int np_vector_scalar(struct np_vector_run *run);     /* what: yaml-scalar */
int np_vector_validation(struct np_vector_run *run); /* does the server take this object */
int np_vector_selector(struct np_vector_run *run);   /* does this selector match */
int np_vector_flow(struct np_vector_run *run);       /* how does this flow record decode */
int np_vector_filter(struct np_vector_run *run);     /* does this filter let a record through */

#define NP_VECTOR_SIDES_MAX 4

/* One who answers a case's questions. */
struct np_vector_side {
    const char *name;                        /* "reference" */
    struct cnipol_ctx *ctx;                  /* the model's */
    const struct cnipol_model *model;        /* finds ends and explains */
    const struct cnipol_image *image;        /* NULL: the model answers, or the other */
    const struct cnipol_vector_other *other; /* NULL: nobody else */
    int32_t way;                             /* enum cnipol_image_way */
};

struct np_vector_sides {
    struct np_vector_side items[NP_VECTOR_SIDES_MAX]; /* the reference first, if it is asked */
    uint32_t n;
    struct cnipol_ctx *ctx; /* of the image that was read back, and its model */
    struct cnipol_image *compiled;
    struct cnipol_image *image;
    struct cnipol_model *model;
};

/* All who are to be asked about a model. What could not be compiled or read back is told, and the row is unusable then. */
int np_vector_sides_open(struct np_vector_run *run, struct cnipol_ctx *ctx, const struct cnipol_model *model,
                         struct np_vector_sides *sides);
/* In any case, before the model is freed. */
void np_vector_sides_close(struct np_vector_sides *sides);
void np_vector_side_ask(const struct np_vector_side *side, const struct cnipol_question *question, struct cnipol_verdict *out);
/* Are the verdicts of all sides the same in every part? */
bool np_vector_verdicts_agree(const struct cnipol_verdict *verdicts, uint32_t n);
/* What they say, once if they agree. */
void np_vector_verdicts_print(const struct np_vector_sides *sides, const struct cnipol_verdict *verdicts, struct np_buf *out);

/* One entry of a case's `tests`, asked of all sides. */
int np_vector_test(struct np_vector_run *run, const struct np_vector_sides *sides, const struct np_node *test);

struct cnipol_trace;
/* Is `by` (may be NULL) a map of known keys, and `via` (may be NULL) a list of such? NULL, or what is wrong. */
const char *np_vector_by_flaw(const struct np_node *by, const struct np_node *via);
/* Is the rule or policy that `by` names among those that decided, with the pass rules of `via` on the way? */
bool np_vector_by_holds(const struct cnipol_trace *trace, const struct np_node *by, const struct np_node *via);
/* " by NetworkPolicy shop/db rule 0": what a row names, and what decided. */
void np_vector_by_print(const struct np_node *by, struct np_buf *out);
void np_vector_trace_by_print(const struct cnipol_trace *trace, struct np_buf *out);

#endif
