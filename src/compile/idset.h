/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_IDSET_H
#define NP_COMPILE_IDSET_H

/*
 * Three-valued sets of peer ids, hash-consed.
 *
 * A set is a string of words, start * 4 + membership (enum np_tri), ascending by start, the first start 0, no two
 * neighbours with the same membership: one form for one set, so equal sets have one number. It is the image's
 * own form (struct cnipol_image_set).
 */

#include "compile/intern.h"
#include "model/set.h"
#include "model/tri.h"

enum { NP_IDSET_ALL = 0, NP_IDSET_EMPTY = 1, NP_IDSET_MAYBE = 2 };

struct np_idsets {
    struct np_intern table;
    struct np_words scratch;
};

/* False: out of memory. */
bool np_idsets_init(struct np_idsets *sets, struct np_mem *mem);
void np_idsets_free(struct np_idsets *sets);

/* Each gives a set's number, or NP_NONE when out of memory. */
uint32_t np_idset_of(struct np_idsets *sets, const struct np_set *from);
uint32_t np_idset_and(struct np_idsets *sets, uint32_t a, uint32_t b);
uint32_t np_idset_or(struct np_idsets *sets, uint32_t a, uint32_t b);
uint32_t np_idset_not(struct np_idsets *sets, uint32_t a);

static inline const uint32_t *np_idset_words(const struct np_idsets *sets, uint32_t number, uint32_t *n)
{
    return np_interned(&sets->table, number, n);
}

enum np_tri np_idset_has(const struct np_idsets *sets, uint32_t number, uint32_t id);

/* Building by hand: memberships from ascending ids on, then the number. */
void np_idset_begin(struct np_idsets *sets);
bool np_idset_from(struct np_idsets *sets, uint32_t id, enum np_tri member);
uint32_t np_idset_end(struct np_idsets *sets);

#endif
