/* SPDX-License-Identifier: BSD-2-Clause */
/* Hash map: see hmap.h. */

#include "base/hmap.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string.h>

#include <cnipol/status.h>

uint64_t np_hash(const void *bytes, size_t n)
{
    return XXH3_64bits(bytes, n);
}

uint64_t np_hash_mix(uint64_t hash, uint64_t word)
{
    uint64_t pair[2] = {hash, word};

    return XXH3_64bits(pair, sizeof pair);
}

static uint32_t fold(uint64_t hash)
{
    return (uint32_t)(hash ^ (hash >> 32));
}

void np_hmap_init(struct np_hmap *map, struct np_mem *mem)
{
    *map = (struct np_hmap){.mem = mem};
}

void np_hmap_free(struct np_hmap *map)
{
    if (map->slots)
        np_free(map->mem, map->slots, ((size_t)map->mask + 1) * sizeof *map->slots);
    *map = (struct np_hmap){.mem = map->mem};
}

uint32_t np_hmap_get(const struct np_hmap *map, uint64_t hash, np_hmap_eq *eq, const void *ctx, const void *key)
{
    uint32_t h = fold(hash);

    if (!map->slots)
        return NP_NONE;
    for (uint32_t i = h & map->mask;; i = (i + 1) & map->mask) {
        const struct np_hmap_slot *slot = &map->slots[i];

        if (slot->value == NP_NONE)
            return NP_NONE;
        if (slot->hash == h && eq(ctx, key, slot->value))
            return slot->value;
    }
}

static void place(struct np_hmap_slot *slots, uint32_t mask, struct np_hmap_slot entry)
{
    uint32_t i = entry.hash & mask;

    while (slots[i].value != NP_NONE)
        i = (i + 1) & mask;
    slots[i] = entry;
}

static int rehash(struct np_hmap *map, uint32_t count)
{
    struct np_hmap_slot *slots = np_alloc(map->mem, (size_t)count * sizeof *slots);

    if (!slots)
        return CNIPOL_E_NOMEM;
    memset(slots, 0xff, (size_t)count * sizeof *slots);
    if (map->slots) {
        for (uint32_t i = 0; i <= map->mask; i++)
            if (map->slots[i].value != NP_NONE)
                place(slots, count - 1, map->slots[i]);
        np_free(map->mem, map->slots, ((size_t)map->mask + 1) * sizeof *slots);
    }
    map->slots = slots;
    map->mask = count - 1;
    return CNIPOL_OK;
}

int np_hmap_put(struct np_hmap *map, uint64_t hash, uint32_t value)
{
    uint32_t size = map->slots ? map->mask + 1 : 0;

    if (!map->slots || map->n + 1 > size / 4 * 3) {
        int rc = size > UINT32_MAX / 2 ? CNIPOL_E_NOMEM : rehash(map, size ? size * 2 : 16);

        if (rc)
            return rc;
    }
    place(map->slots, map->mask, (struct np_hmap_slot){fold(hash), value});
    map->n++;
    return CNIPOL_OK;
}

void np_hmap_replace(struct np_hmap *map, uint64_t hash, uint32_t old, uint32_t value)
{
    uint32_t h = fold(hash), i = h & map->mask;

    while (map->slots[i].hash != h || map->slots[i].value != old)
        i = (i + 1) & map->mask;
    map->slots[i].value = value;
}
