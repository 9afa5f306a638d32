/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_MODEL_SET_H
#define NP_MODEL_SET_H

/*
 * Three-valued sets of ends.
 *
 * An end (a pod, a node) is a dense number. A set holds the numbers that surely belong and those that
 * may, as sorted, disjoint, half-open ranges: pods are numbered namespace by namespace, so what a
 * selector picks is few ranges. Sets are made once by a builder that takes ascending numbers, and are
 * read-only from then on.
 */

#include "base/hmap.h"
#include "base/mem.h"
#include "model/tri.h"

struct np_range {
    uint32_t lo;
    uint32_t hi; /* one past the last */
};

struct np_set {
    const struct np_range *yes;
    const struct np_range *maybe;
    uint32_t n_yes;
    uint32_t n_maybe;
};

/* O(log ranges). NP_NONE is in no set. */
enum np_tri np_set_has(const struct np_set *set, uint32_t id);

struct np_ranges {
    struct np_range *items;
    uint32_t n;
    uint32_t cap;
};

struct np_set_builder {
    struct np_mem *mem;
    struct np_ranges yes;
    struct np_ranges maybe;
};

void np_set_builder_init(struct np_set_builder *builder, struct np_mem *mem);
void np_set_builder_free(struct np_set_builder *builder);
/* Ids come in ascending order, each once. NP_NO does nothing. 0 or CNIPOL_E_NOMEM. */
int np_set_builder_add(struct np_set_builder *builder, uint32_t id, enum np_tri member);
int np_set_builder_add_range(struct np_set_builder *builder, struct np_range range, enum np_tri member);
/* Copies the result into the arena and empties the builder for the next set. */
int np_set_builder_finish(struct np_set_builder *builder, struct np_arena *arena, struct np_set *out);

#endif
