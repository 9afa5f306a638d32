/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_BENCH_LOADS_H
#define CNIPOL_BENCH_LOADS_H

/* Counting what one evaluation reads from an image: the evaluator's source once more, with a hook at each load. */

#include <stdint.h>

struct cnipol_key;

struct loads {
    uint64_t all;
    uint64_t tables; /* outside the view, which every question reads and which stays in the nearest cache */
};

void loads_count(const void *image, const struct cnipol_key *key, struct loads *into);

#endif
