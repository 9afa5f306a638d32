/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoint tables: see include/cnipol/decode.h. Entries live in an arena; two hash maps find them. */

#include "flow/endpoints.h"

#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"
#include "base/hmap.h"
#include "base/ip.h"
#include "flow/record.h"

#define CLUSTER_LABEL "k8s:io.cilium.k8s.policy.cluster="

struct cnipol_endpoints {
    struct np_mem *mem;
    struct np_arena arena;
    struct np_hmap by_id, by_address;
    struct np_endpoint *items;
    uint32_t n, cap;
};

int cnipol_endpoints_new(struct cnipol_ctx *ctx, struct cnipol_endpoints **out)
{
    struct cnipol_endpoints *endpoints = np_zalloc(&ctx->mem, sizeof *endpoints);

    *out = endpoints;
    if (!endpoints)
        return CNIPOL_E_NOMEM;
    endpoints->mem = &ctx->mem;
    np_arena_init(&endpoints->arena, &ctx->mem);
    np_hmap_init(&endpoints->by_id, &ctx->mem);
    np_hmap_init(&endpoints->by_address, &ctx->mem);
    return CNIPOL_OK;
}

void cnipol_endpoints_free(struct cnipol_endpoints *endpoints)
{
    if (!endpoints)
        return;
    np_hmap_free(&endpoints->by_id);
    np_hmap_free(&endpoints->by_address);
    np_arena_free(&endpoints->arena);
    np_free(endpoints->mem, endpoints->items, endpoints->cap * sizeof *endpoints->items);
    np_free(endpoints->mem, endpoints, sizeof *endpoints);
}

static bool has_id(const void *ctx, const void *key, uint32_t value)
{
    const struct cnipol_endpoints *endpoints = ctx;

    return endpoints->items[value].id == *(const uint32_t *)key;
}

struct address {
    uint64_t high, low;
    uint8_t family;
};

static struct address address_of(uint8_t family, const uint8_t *bytes)
{
    struct address address = {.family = family};
    uint32_t word;

    if (family == 4) {
        memcpy(&word, bytes, sizeof word);
        address.high = word;
        return address;
    }
    memcpy(&address.high, bytes, 8);
    memcpy(&address.low, bytes + 8, 8);
    return address;
}

static bool has_address(const void *ctx, const void *key, uint32_t value)
{
    const struct cnipol_endpoints *endpoints = ctx;
    const struct np_endpoint *item = &endpoints->items[value];
    const struct address *wanted = key;
    struct address have = address_of(item->family, item->address);

    return have.family == wanted->family && have.high == wanted->high && have.low == wanted->low;
}

/* Two multiplications: a lookup is a small part of decoding an event. */
static uint64_t hash_of_address(const struct address *address)
{
    uint64_t hash = (address->high + address->family) * 0x9e3779b97f4a7c15u;

    hash = (hash ^ hash >> 29 ^ address->low) * 0xbf58476d1ce4e5b9u;
    return hash ^ hash >> 32;
}

const struct np_endpoint *np_endpoint_by_id(const struct cnipol_endpoints *endpoints, uint32_t id)
{
    uint32_t found = endpoints && id ? np_hmap_get(&endpoints->by_id, np_hash(&id, sizeof id), has_id, endpoints, &id) : NP_NONE;

    return found == NP_NONE ? NULL : &endpoints->items[found];
}

const struct np_endpoint *np_endpoint_by_address(const struct cnipol_endpoints *endpoints, uint8_t family, const uint8_t *address)
{
    struct address wanted;
    uint32_t found;

    if (!endpoints || !endpoints->n || !family)
        return NULL;
    wanted = address_of(family, address);
    found = np_hmap_get(&endpoints->by_address, hash_of_address(&wanted), has_address, endpoints, &wanted);
    return found == NP_NONE ? NULL : &endpoints->items[found];
}

static struct cnipol_text keep(struct cnipol_endpoints *endpoints, const char *text, bool *failed)
{
    char *copy = text ? np_arena_strndup(&endpoints->arena, text, strlen(text)) : NULL;

    *failed |= text && !copy;
    return np_text_of(copy);
}

static int by_bytes(const void *pa, const void *pb)
{
    const struct cnipol_text *a = pa, *b = pb;
    int order = memcmp(a->s, b->s, a->n < b->n ? a->n : b->n);

    return order ? order : (a->n > b->n) - (a->n < b->n);
}

static void keep_labels(struct cnipol_endpoints *endpoints, const char *const *labels, struct np_endpoint *out, bool *failed)
{
    struct cnipol_text *items;
    uint32_t n = 0;

    while (labels && labels[n])
        n++;
    items = n ? np_arena_array(&endpoints->arena, n, sizeof *items) : NULL;
    *failed |= n && !items;
    if (!items)
        return;
    for (uint32_t i = 0; i < n && !*failed; i++)
        items[i] = keep(endpoints, labels[i], failed);
    if (*failed)
        return;
    qsort(items, n, sizeof *items, by_bytes);
    out->labels = items;
    out->n_labels = n;
    for (uint32_t i = 0; i < n; i++)
        if (strncmp(items[i].s, CLUSTER_LABEL, strlen(CLUSTER_LABEL)) == 0)
            out->cluster = np_text_of(items[i].s + strlen(CLUSTER_LABEL));
}

/* The key leads to the newest entry. */
static int index_entry(struct cnipol_endpoints *endpoints, struct np_hmap *map, uint64_t hash, np_hmap_eq *eq, const void *key)
{
    uint32_t old = np_hmap_get(map, hash, eq, endpoints, key), newest = endpoints->n - 1;

    if (old == NP_NONE)
        return np_hmap_put(map, hash, newest);
    np_hmap_replace(map, hash, old, newest);
    return CNIPOL_OK;
}

int cnipol_endpoints_add(struct cnipol_endpoints *endpoints, const struct cnipol_endpoint *endpoint)
{
    void *grown = np_grow(endpoints->mem, endpoints->items, &endpoints->cap, endpoints->n + 1, sizeof *endpoints->items);
    struct np_endpoint item = {.id = endpoint->id, .identity = endpoint->identity};
    struct address address;
    struct np_ip ip = {0};
    bool failed = !grown;
    int rc = CNIPOL_OK;

    if (endpoint->ip && !np_ip_parse(np_str_of(endpoint->ip), &ip, NULL))
        rc = CNIPOL_E_INVALID;
    if (grown)
        endpoints->items = grown;
    item.family = ip.family;
    memcpy(item.address, ip.bytes, sizeof item.address);
    item.ns = keep(endpoints, endpoint->ns, &failed);
    item.pod = keep(endpoints, endpoint->pod, &failed);
    keep_labels(endpoints, endpoint->labels, &item, &failed);
    if (rc || failed)
        return failed ? CNIPOL_E_NOMEM : rc;
    endpoints->items[endpoints->n++] = item;
    if (item.id)
        rc = index_entry(endpoints, &endpoints->by_id, np_hash(&item.id, sizeof item.id), has_id, &item.id);
    if (rc || !item.family)
        return rc;
    address = address_of(item.family, item.address);
    return index_entry(endpoints, &endpoints->by_address, hash_of_address(&address), has_address, &address);
}
