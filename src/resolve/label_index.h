/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_RESOLVE_LABEL_INDEX_H
#define NP_RESOLVE_LABEL_INDEX_H

/*
 * Inverted index of labels: for each (key, value), who carries it, ascending.
 *
 * Built over an array of label sets, once; reading is a hash look-up. Whoever has incomplete labels is
 * in a list of its own, since a selector may or may not pick it.
 */

#include "base/hmap.h"
#include "model/selector.h"

struct np_postings {
    const uint32_t *items; /* ascending */
    uint32_t n;
};

struct np_label_index {
    struct np_mem *mem;
    struct np_hmap map;      /* label -> list number */
    struct np_label *labels; /* by list number */
    uint32_t *first;         /* lists + 1 offsets into `items` */
    uint32_t *items;
    uint32_t n_lists, cap_labels, n_items;
    uint32_t *partial;
    uint32_t n_partial, cap_partial;
};

/* The labels of the i-th carrier. */
typedef const struct np_labels *np_labels_of(const void *user, uint32_t i);

int np_label_index_build(struct np_label_index *index, struct np_mem *mem, np_labels_of *labels_of, const void *user, uint32_t n);
void np_label_index_free(struct np_label_index *index);
struct np_postings np_label_index_find(const struct np_label_index *index, struct np_label label);

#endif
