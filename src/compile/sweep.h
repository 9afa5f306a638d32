/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_SWEEP_H
#define NP_COMPILE_SWEEP_H

/*
 * Sweeping over many sets at once: cuts the numbers 0..limit-1 into segments in which membership in every one
 * of the sets is the same, and tells for each segment which sets are active.
 *
 * Sets come as words (compile/idset.h): start * 4 + membership, ascending. The active list holds item * 4 +
 * membership for each set that is not surely absent, ascending by item. Cost: the borders of the sets, sorted,
 * and the active lists; `steps` counts it.
 */

#include "compile/intern.h"

struct np_sweep_event {
    uint32_t at;
    uint32_t word; /* item * 4 + membership from here on */
};

struct np_sweep {
    struct np_mem *mem;
    struct np_sweep_event *events;
    uint32_t n, cap;
    uint32_t next;
    uint32_t limit;
    uint32_t lo, hi; /* the present segment */
    uint64_t steps;
    struct np_words active;
};

void np_sweep_init(struct np_sweep *sweep, struct np_mem *mem);
void np_sweep_free(struct np_sweep *sweep);
/* Forgets everything but the memory. */
void np_sweep_reset(struct np_sweep *sweep);
/* Items are numbers below 2^30. False: out of memory. */
bool np_sweep_add(struct np_sweep *sweep, uint32_t item, const uint32_t *words, uint32_t n);
void np_sweep_start(struct np_sweep *sweep, uint32_t limit);
/* The next segment: 1; behind the last one: 0; out of memory: -1. */
int np_sweep_next(struct np_sweep *sweep);

#endif
