/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_SUBJECTS_H
#define NP_COMPILE_SUBJECTS_H

/*
 * Subject classes of a checkpoint: peer ids whose rule lists are the same, as the protected end.
 *
 * A stage list is a string: stage, governed, cells that concern the subject, each perhaps with
 * CNIPOL_ITEM_MAYBE. A class is a string of stage lists, one for each stage. Ids that nothing polices at the
 * checkpoint have no class.
 */

#include "compile/cell.h"

struct np_subjects {
    struct np_mem *mem;
    struct np_intern lists;   /* stage lists */
    struct np_intern classes; /* strings of stage lists */
    uint32_t *class_of;       /* by id; NP_NONE: not policed */
    uint32_t n_ids;
};

/* `wanted` (may be NULL): ids that count; the others are not policed here. 0, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT: beyond the effort. */
int np_subjects_init(struct np_subjects *subjects, const struct np_cells *cells, uint32_t checkpoint, const bool *wanted, uint64_t *effort);
void np_subjects_free(struct np_subjects *subjects);

#endif
