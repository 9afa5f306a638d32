/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_BENCH_KEYS_H
#define CNIPOL_BENCH_KEYS_H

/*
 * Questions in numbers, as an image is asked, drawn beforehand: turning names into peer ids is no part of
 * what is measured with `peer ids given`. A pool holds a quarter of a million questions; a block of them is
 * copied into a small buffer before it is timed, so that the questions themselves are in the nearest cache.
 */

#include <cnipol/image.h>

#include "world.h"

#define KEYS_BLOCK 512
#define KEYS_BLOCKS 512
#define KEYS_POOL (KEYS_BLOCK * KEYS_BLOCKS)

struct keys {
    struct cnipol_key *pool; /* KEYS_POOL; where one direction is asked, egress and ingress block by block */
    uint8_t *decisions;      /* the reference's */
    struct cnipol_key block[KEYS_BLOCK];
    uint32_t next; /* block of the pool */
};

/* The whole cluster, or a node's slice. NULL: it said on stderr what went wrong. */
struct cnipol_image *keys_compile(const struct world *w, uint32_t node);
/* For a world whose model `read` is that of an image. False when there is no memory, or a question has no key. */
bool keys_draw(struct keys *keys, const struct world *w, const struct world_mix *mix);
void keys_free(struct keys *keys);
/* The next block of the pool. */
void keys_prepare(struct keys *keys);

#endif
