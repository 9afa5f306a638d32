/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_IMAGE_ATOMS_H
#define NP_IMAGE_ATOMS_H

/*
 * What two images tell apart of the L4 part of questions: pairs of points and pairs of variants, each with a question
 * that has them. Every question has one of the point pairs and one of the variant pairs.
 *
 * Rows of small numbers, each once, are the means; who interns ids, roots or leaves uses them, too.
 */

#include "base/hmap.h"
#include "image/image.h"

#define NP_TUPLE 4

struct np_tuple {
    uint32_t of[NP_TUPLE];
    uint32_t value; /* what is known of it; 0 at first */
};

/* Tuples, numbered by first appearance. */
struct np_tuples {
    struct np_mem *mem;
    struct np_hmap map;
    struct np_tuple *rows;
    uint32_t n, cap;
};

void np_tuples_init(struct np_tuples *tuples, struct np_mem *mem);
void np_tuples_free(struct np_tuples *tuples);
/* The tuple's number, or NP_NONE when out of memory; a new one is the last. */
uint32_t np_tuples_add(struct np_tuples *tuples, const uint32_t of[NP_TUPLE]);

/* The two images; both have the same checkpoints. */
struct np_atoms_l4 {
    const struct cnipol_image *images[2];
    struct np_tuples points;   /* point in the one, in the other */
    struct np_tuples variants; /* first column in the one, in the other */
    struct cnipol_key *point_keys, *variant_keys;
    uint32_t cap_points, cap_variants;
};

/* CNIPOL_OK, CNIPOL_E_NOMEM; to be freed in either case. */
int np_atoms_l4_build(struct np_mem *mem, const struct cnipol_image *a, const struct cnipol_image *b, struct np_atoms_l4 *out);
void np_atoms_l4_free(struct np_atoms_l4 *atoms);

/* A question of the pair of points and the pair of variants, between nobody yet. */
struct cnipol_key np_atoms_l4_key(const struct np_atoms_l4 *atoms, uint32_t point, uint32_t variant);

#endif
