/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_EMIT_TABLES_H
#define NP_COMPILE_EMIT_TABLES_H

/*
 * What was compiled, as the bytes of CNIPOL_SECTION_TABLES and CNIPOL_SECTION_RULES (format.h).
 *
 * Offsets count from the image's first byte, so tables are written knowing where their section begins, and the
 * rules after them; the view, which lies first among the tables, is filled in at the end.
 */

#include "compile/table.h"

/* One checkpoint, compiled. */
struct np_compiled {
    struct np_subjects subjects;
    struct np_peer_classes peers;
    struct np_table table;   /* without roots where there are to be no tables */
    struct np_words list_of; /* by subject class: number of its rule list */
};

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
    bool *wanted; /* by id; NULL: all */
    bool has_tables;
    const char *why; /* a limit that was met */
};

/* A section being written. */
struct np_emission {
    struct np_buf bytes;
    uint64_t base; /* where it begins in the image */
};

/* Appends, aligned to 64, and returns where in the image it is. */
uint32_t np_emission_add(struct np_emission *emission, const void *bytes, size_t n);

/* Each 0 or CNIPOL_E_NOMEM; CNIPOL_E_LIMIT: more than the format holds, `why` says of what. */
int np_emit_tables(struct np_compilation *c, struct np_emission *out, struct cnipol_image_view *view);
int np_emit_rules(struct np_compilation *c, struct np_emission *out, struct cnipol_image_view *view);

#endif
