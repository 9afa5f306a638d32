/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_HMAP_H
#define NP_BASE_HMAP_H

/*
 * Hash map from keys that live elsewhere to 32-bit values.
 *
 * The map stores (hash, value) only. The caller hashes its key (np_hash), and tells equal keys apart
 * through a callback that looks at what the value stands for, usually an index into an array. Open
 * addressing, linear probing, at most 3/4 full, no deletion: maps here are built and then read.
 *
 * Threads: readers may share a map that nobody changes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

#define NP_NONE UINT32_MAX

struct np_hmap_slot {
    uint32_t hash;
    uint32_t value; /* NP_NONE: empty */
};

struct np_hmap {
    struct np_mem *mem;
    struct np_hmap_slot *slots;
    uint32_t mask; /* slots - 1 */
    uint32_t n;
};

/* Does `value` stand for `key`? */
typedef bool np_hmap_eq(const void *ctx, const void *key, uint32_t value);

/* XXH3 of the bytes. Stable within a process run only: never written to an image. */
uint64_t np_hash(const void *bytes, size_t n);
/* Mixes another word into a hash. */
uint64_t np_hash_mix(uint64_t hash, uint64_t word);

void np_hmap_init(struct np_hmap *map, struct np_mem *mem);
void np_hmap_free(struct np_hmap *map);
/* The value stored under the key, or NP_NONE. */
uint32_t np_hmap_get(const struct np_hmap *map, uint64_t hash, np_hmap_eq *eq, const void *ctx, const void *key);
/* Adds a value whose key is known to be absent. 0 or CNIPOL_E_NOMEM. `value` is not NP_NONE. */
int np_hmap_put(struct np_hmap *map, uint64_t hash, uint32_t value);
/* The key of the value `old`, which is there, gets another value. */
void np_hmap_replace(struct np_hmap *map, uint64_t hash, uint32_t old, uint32_t value);

#endif
