/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_CELL_H
#define NP_COMPILE_CELL_H

/*
 * Cells: rules and defaults taken apart into alternatives, each a product of a set of subjects, a set of peers
 * and a box.
 *
 * In Kleene's logic AND and OR distribute, so a rule matches as its best alternative does; alternatives of one rule
 * follow each other and lead to one outcome, so walking them in order is walking the rule. Port names become
 * destinations that have the name, with its port.
 *
 * In a stage that combines as a policy map does, ranges of ports become aligned blocks, so that each alternative
 * has one place in the map's order: its key, dense in the stage, smaller ones first. Its cells ascend by key.
 */

#include "compile/box.h"
#include "compile/space.h"

struct np_cell {
    uint32_t subject; /* idset */
    uint32_t remote;  /* idset */
    uint32_t box;     /* in cells.boxes */
    uint32_t policy;
    uint32_t tie;
    uint32_t rule;     /* over all stages of the checkpoint; NP_NONE: a default */
    uint32_t key;      /* MAP */
    uint32_t n_stages; /* of the checkpoint: where a pass beyond the last stage leads */
    const struct np_outcome *outcome;
};

/* Of all rules together. */
#define NP_CELLS_MAX (1u << 24)

struct np_stage_cells {
    uint32_t rules; /* first cell */
    uint32_t n_rules;
    uint32_t defaults;
    uint32_t n_defaults;
    uint32_t governed; /* idset of subjects */
};

struct np_cells {
    struct np_mem *mem;
    const struct np_space *space;
    struct np_idsets *idsets;
    struct np_intern boxes;
    struct np_intern programs;   /* distinct guard lists */
    struct np_intern port_names; /* (name, protocol) */
    struct np_words port_first;  /* by name, and one more: places in port_pairs */
    struct np_words port_pairs;  /* (port, idset)... */
    struct np_cell *items;
    uint32_t n, cap;
    struct np_stage_cells *stages[CNIPOL_IMAGE_CHECKPOINTS];
    uint32_t n_stages[CNIPOL_IMAGE_CHECKPOINTS];
};

/* CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT with *why: what the image's format cannot hold. */
int np_cells_init(struct np_cells *cells, const struct np_space *space, struct np_idsets *idsets, const char **why);
void np_cells_free(struct np_cells *cells);

static inline const struct np_box *np_cell_box(const struct np_cells *cells, uint32_t number)
{
    uint32_t n;

    return (const struct np_box *)(const void *)np_interned(&cells->boxes, number, &n);
}

/*
 * The ids that a policy's subject selects, as an idset. CNIPOL_E_LIMIT: that depends on the packet, too.
 */
int np_cells_subject(struct np_cells *cells, const struct np_pred *pred, enum np_end_role subject, uint32_t *out);

/* The stage that a pass from `stage` leads to: one behind it, at most the end. */
uint8_t np_cell_target(const struct np_outcome *outcome, uint32_t stage, uint32_t pass_to, uint32_t n_stages);

/* The L7 program of an outcome, 1 first; 0: none. NP_NONE: out of memory. */
uint32_t np_cell_program(struct np_cells *cells, const struct np_outcome *outcome);

#endif
