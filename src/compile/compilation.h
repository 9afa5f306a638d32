/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_COMPILATION_H
#define NP_COMPILE_COMPILATION_H

/* What compiling a model makes, before it is bytes: the steps of compile.c, one structure each. */

#include <cnipol/image.h>

#include "compile/table.h"

/* One checkpoint, compiled. */
struct np_compiled {
    struct np_subjects subjects;
    struct np_peer_classes peers;
    struct np_table table; /* without roots where there are to be no tables */
};

/*
 * What nothing else bounds: steps of sorting subjects and peers into classes, and items of all rule lists. More is refused.
 * Either is some seconds' work, and far more than the largest clusters take.
 */
#ifndef NP_EFFORT_MAX
#define NP_EFFORT_MAX (1ull << 32)
#endif
#ifndef NP_ITEMS_MAX
#define NP_ITEMS_MAX (1u << 26)
#endif

struct np_compilation {
    struct cnipol_ctx *ctx;
    struct np_mem *mem;
    const struct cnipol_model *model;
    struct np_idsets idsets;
    struct np_space space;
    struct np_cells cells;
    struct np_points points;
    struct np_rows rows;
    struct np_compiled checkpoints[CNIPOL_IMAGE_CHECKPOINTS];
    bool *wanted; /* by id that there was at first; NULL: all */
    uint32_t n_wanted;
    bool has_tables;
    uint64_t effort; /* steps of NP_EFFORT_MAX that are left */
    const char *why; /* a limit that was met */
};

/* Options that are 0 mean their defaults. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT (c->why), CNIPOL_E_NOTFOUND (the node). */
int np_compilation_init(struct np_compilation *c, struct cnipol_ctx *ctx, const struct cnipol_model *model,
                        const struct cnipol_compile_opts *opts);
/* Says of a CNIPOL_E_LIMIT what was too much. */
void np_compilation_tell(const struct np_compilation *c, int rc);
/* Whatever came of it. */
void np_compilation_free(struct np_compilation *c);

/* A section being written. */
struct np_emission {
    struct np_buf bytes;
    uint64_t base; /* where it begins in the image */
};

/* Appends, aligned to 64, and returns where in the image it is. */
uint32_t np_emission_add(struct np_emission *emission, const void *bytes, size_t n);

#endif
