/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_PEER_CLASSES_H
#define NP_COMPILE_PEER_CLASSES_H

/*
 * Peer classes of a checkpoint: peer ids that no rule's remote set tells apart.
 *
 * Classes are numbered in the order of their first ids, so pods of a namespace stay neighbours, and a set that is
 * few ranges of ids is few ranges of classes.
 */

#include "compile/cell.h"

struct np_peer_classes {
    struct np_mem *mem;
    uint32_t *class_of; /* by id */
    uint32_t n_ids;
    struct np_words first_id; /* by class, ascending */
    struct np_intern sets;    /* idsets as words over classes */
    struct np_words set_of;   /* by idset number: in `sets`; NP_NONE: not a remote set here */
};

/* 0, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT: beyond the effort. */
int np_peer_classes_init(struct np_peer_classes *peers, const struct np_cells *cells, uint32_t checkpoint, uint64_t *effort);
void np_peer_classes_free(struct np_peer_classes *peers);

#endif
