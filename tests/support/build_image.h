/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_SUPPORT_BUILD_IMAGE_H
#define TESTS_SUPPORT_BUILD_IMAGE_H

/*
 * Images from tables, for tests that need no compiler.
 *
 * A test gives cells, lists, sets and who has which list; the decision tables are made of them by brute force: each
 * list is walked for each class of peers, point and variant. L4 is always cut the same way: points for other
 * protocols, ICMP, and for TCP and UDP a later fragment, an unknown port, 80, 443, 1000 to 1039, and the rest; two
 * classes of relations (one pod or not), two of states (new or not), three of source ports (unknown, below 1024, above).
 * So boxes may only look at those.
 */

#include <stddef.h>
#include <stdint.h>

#include <cnipol/eval_core.h>

#include "image/section.h"

#define BI_LISTS 12
#define BI_ITEMS 32
#define BI_SETS 8
#define BI_WORDS 12
#define BI_CELLS 96

struct bi_list {
    uint32_t n;
    uint32_t items[BI_ITEMS];
};

struct bi_set {
    uint32_t n;
    uint32_t words[BI_WORDS];
    uint32_t space;
};

struct bi_checkpoint {
    uint8_t direction, subject, after_allow, n_stages;
    const char *roots;            /* by id modulo its length: D decision tables, L rule list, A absent */
    uint32_t first_list, n_lists; /* id's list: first_list + id % n_lists */
};

struct bi_spec {
    uint32_t n_ids;
    uint8_t index_shift, leaf_shift;
    uint32_t features;
    uint32_t class_stride;    /* peer classes are multiples of it; 0: 1 */
    uint32_t unclassed_every; /* every so many ids one without a class; 0: all have one */
    uint32_t first_member;    /* ids from here came later */
    uint32_t n_cells, n_lists, n_sets, n_checkpoints;
    struct cnipol_image_cell cells[BI_CELLS];
    struct bi_list lists[BI_LISTS];
    struct bi_set sets[BI_SETS];
    struct bi_set members[8]; /* by id minus first_member */
    struct bi_checkpoint checkpoints[CNIPOL_IMAGE_CHECKPOINTS];
};

/* A pseudo-random number; never 0 state in, never 0 state out. */
static inline uint32_t bi_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

static inline uint32_t bi_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)((uint64_t)bi_random(state) * n >> 32);
}

/* Aborts where memory runs out or the spec is too large. The block is from `mem`. */
void bi_build(struct np_mem *mem, const struct bi_spec *spec, struct np_image_block *out);
/* A question of each of the L4 points and variants that images tell apart here. */
#define BI_POINTS 95u
#define BI_VARIANTS 12u
struct cnipol_key bi_representative(uint32_t variant, uint32_t point);
/* Something that has all kinds of everything, and is different for each seed. */
void bi_spec_random(uint64_t seed, struct bi_spec *spec);
/* A sound question that looks at what cells look at. */
struct cnipol_key bi_key_random(uint64_t *state, uint32_t n_ids);

#endif
