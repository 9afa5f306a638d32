/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests that wait for their responses: see request_cache.h.
 *
 * Entries are in one array of fixed size. Each is in a chain of its bucket, and in a ring by age that begins and ends at entry 0, which is
 * none; free ones are in a chain too.
 */

#include "flow/request_cache.h"

#include <string.h>

#include "base/hmap.h"

#define BUCKETS 16384u

struct entry {
    uint64_t hash[2];
    uint32_t next;         /* of the bucket, or of the free ones; 0: none */
    uint32_t older, newer; /* of the ring */
    uint32_t reserved;
    struct np_request_value value;
};

struct np_request_cache {
    struct np_mem *mem;
    uint32_t free;
    uint32_t buckets[BUCKETS];
    struct entry entries[NP_REQUEST_CACHE_MAX + 1]; /* entries[0].newer is the oldest, .older the newest */
};

struct np_request_cache *np_request_cache_new(struct np_mem *mem)
{
    struct np_request_cache *cache = np_alloc(mem, sizeof *cache);

    if (!cache)
        return NULL;
    cache->mem = mem;
    np_request_cache_clear(cache);
    return cache;
}

void np_request_cache_free(struct np_request_cache *cache)
{
    if (cache)
        np_free(cache->mem, cache, sizeof *cache);
}

void np_request_cache_clear(struct np_request_cache *cache)
{
    memset(cache->buckets, 0, sizeof cache->buckets);
    cache->entries[0].older = cache->entries[0].newer = 0;
    cache->free = 1;
    for (uint32_t i = 1; i <= NP_REQUEST_CACHE_MAX; i++)
        cache->entries[i].next = i < NP_REQUEST_CACHE_MAX ? i + 1 : 0;
}

static void hash_id(struct cnipol_text id, uint64_t hash[2])
{
    hash[0] = np_hash(id.s, id.n);
    hash[1] = np_hash_mix(np_hash(id.s, id.n / 2), np_hash(id.s + id.n / 2, id.n - id.n / 2));
}

/* Where the entry's number stands, or would: in its bucket, or in the entry before it. */
static uint32_t *find(struct np_request_cache *cache, const uint64_t hash[2])
{
    uint32_t *at = &cache->buckets[hash[0] % BUCKETS];

    while (*at && memcmp(cache->entries[*at].hash, hash, sizeof cache->entries[*at].hash) != 0)
        at = &cache->entries[*at].next;
    return at;
}

static void remove_at(struct np_request_cache *cache, uint32_t *at)
{
    uint32_t i = *at;
    struct entry *entry = &cache->entries[i];

    cache->entries[entry->older].newer = entry->newer;
    cache->entries[entry->newer].older = entry->older;
    *at = entry->next;
    entry->next = cache->free;
    cache->free = i;
}

void np_request_cache_add(struct np_request_cache *cache, struct cnipol_text id, const struct np_request_value *value)
{
    struct entry *ring = &cache->entries[0], *entry;
    uint64_t hash[2];
    uint32_t *at, i;

    hash_id(id, hash);
    at = find(cache, hash);
    if (*at)
        remove_at(cache, at);
    else if (!cache->free)
        remove_at(cache, find(cache, cache->entries[ring->newer].hash));
    i = cache->free;
    entry = &cache->entries[i];
    cache->free = entry->next;
    at = &cache->buckets[hash[0] % BUCKETS];
    *entry = (struct entry){.hash = {hash[0], hash[1]}, .next = *at, .older = ring->older, .newer = 0, .value = *value};
    *at = i;
    cache->entries[ring->older].newer = i;
    ring->older = i;
}

const struct np_request_value *np_request_cache_find(struct np_request_cache *cache, struct cnipol_text id)
{
    uint64_t hash[2];
    uint32_t i;

    hash_id(id, hash);
    i = *find(cache, hash);
    return i ? &cache->entries[i].value : NULL;
}

void np_request_cache_remove(struct np_request_cache *cache, struct cnipol_text id)
{
    uint64_t hash[2];
    uint32_t *at;

    hash_id(id, hash);
    at = find(cache, hash);
    if (*at)
        remove_at(cache, at);
}
