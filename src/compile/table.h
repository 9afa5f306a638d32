/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_TABLE_H
#define NP_COMPILE_TABLE_H

/*
 * The decision tables of a checkpoint: for each subject class a function from peer classes to rows, and the radix
 * nodes that it becomes.
 *
 * A function is a string (first peer class, row, ...): constant from each class to the next. A stage list's
 * function comes from one sweep over its remote sets; a subject class's is the fold of its stages' functions. Each
 * is made once. What would go beyond a budget has no root, and stays with its rule list.
 */

#include "compile/peer_classes.h"
#include "compile/rows.h"
#include "compile/subjects.h"

struct np_budget {
    uint64_t steps; /* left */
    uint64_t bytes;
};

struct np_table {
    struct np_mem *mem;
    struct np_cells *cells;
    const struct np_subjects *subjects;
    const struct np_peer_classes *peers;
    struct np_rows *rows;
    uint32_t checkpoint;
    struct np_budget *budget;
    struct np_words effect_of; /* by cell of the checkpoint, from first_cell on */
    uint32_t first_cell;
    uint32_t end_effect;
    struct np_intern functions;
    struct np_words function_of; /* by stage list: function of stage rows; NP_NONE: not made yet */
    struct np_memo folds;        /* (function, stage function, stage) → function; (function) → of final rows */
    struct np_words root_of;     /* by subject class; NP_NONE: rule list */
    struct np_intern pages, chunks, l1;
    struct np_words l1_of;  /* by function of final rows */
    struct np_words row_of; /* by number in rows.finals: the checkpoint's row; NP_NONE: not one of its */
    struct np_words finals; /* by the checkpoint's row: number in rows.finals */
    uint32_t l1_entries;
    uint64_t seen_steps;
    /* scratch */
    struct np_sweep sweep;
    struct np_words line, other, sets, truths;
    struct np_words place_of; /* by idset: its place in `sets`, if it is there */
    struct np_entry *entries;
    uint32_t cap_entries;
};

/* Makes the roots of all subject classes that the budget allows. 0 or CNIPOL_E_NOMEM. */
int np_table_init(struct np_table *table, struct np_cells *cells, const struct np_subjects *subjects, const struct np_peer_classes *peers,
                  struct np_rows *rows, uint32_t checkpoint, struct np_budget *budget);
void np_table_free(struct np_table *table);

/* Radix nodes of a function of final rows, root last: the number of its L1 node. NP_NONE: out of memory. */
uint32_t np_table_radix(struct np_table *table, uint32_t function);

#endif
