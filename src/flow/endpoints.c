/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoint tables: see include/cnipol/decode.h. Texts live in an arena; a hash map finds endpoints by id.
 *
 * By address they are found in a table of our own, as each event asks it twice: open addressing, a power of two of slots, of which an
 * eighth at most is taken, so that the first slot nearly always answers. Item 0 is nobody, whom empty slots lead to; so whether an
 * address is known, which no processor can predict, decides no branch on the way.
 */

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
    struct np_hmap by_id;
    uint32_t *slots; /* by address: places in items; 0: empty */
    uint32_t n_slots, n_taken;
    struct np_endpoint *items; /* the first is nobody; NULL until there is another */
    uint32_t n, cap;           /* n counts nobody */
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
    return CNIPOL_OK;
}

void cnipol_endpoints_free(struct cnipol_endpoints *endpoints)
{
    if (!endpoints)
        return;
    np_hmap_free(&endpoints->by_id);
    np_free(endpoints->mem, endpoints->slots, endpoints->n_slots * sizeof *endpoints->slots);
    np_arena_free(&endpoints->arena);
    np_free(endpoints->mem, endpoints->items, endpoints->cap * sizeof *endpoints->items);
    np_free(endpoints->mem, endpoints, sizeof *endpoints);
}

static bool has_id(const void *ctx, const void *key, uint32_t value)
{
    const struct cnipol_endpoints *endpoints = ctx;

    return endpoints->items[value].id == *(const uint32_t *)key;
}

static const struct np_endpoint nobody;

static struct np_endpoint_address address_of(uint8_t family, const uint8_t *bytes)
{
    struct np_endpoint_address address = {.family = family};
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

/* 0: none. */
static uint64_t difference(const struct np_endpoint_address *a, const struct np_endpoint_address *b)
{
    return (a->high ^ b->high) | (a->low ^ b->low) | (a->family ^ b->family);
}

static uint32_t hash_of_address(const struct np_endpoint_address *address)
{
    return (uint32_t)(((address->high ^ address->low * 0xbf58476d1ce4e5b9u) + address->family) * 0x9e3779b97f4a7c15u >> 32);
}

/* The address's slot, or the empty one that it would get. There are slots. */
static uint32_t *slot_of(const struct cnipol_endpoints *endpoints, const struct np_endpoint_address *wanted)
{
    for (uint32_t i = hash_of_address(wanted);; i++) {
        uint32_t *slot = &endpoints->slots[i & (endpoints->n_slots - 1)];
        uint64_t taken = 0 - (uint64_t)(*slot != 0); /* all bits or none */

        if ((difference(&endpoints->items[*slot].address, wanted) & taken) == 0)
            return slot;
    }
}

const struct np_endpoint *np_endpoint_by_id(const struct cnipol_endpoints *endpoints, uint32_t id)
{
    uint32_t found = endpoints && id ? np_hmap_get(&endpoints->by_id, np_hash(&id, sizeof id), has_id, endpoints, &id) : NP_NONE;

    return found == NP_NONE ? NULL : &endpoints->items[found];
}

const struct np_endpoint *np_endpoint_by_address(const struct cnipol_endpoints *endpoints, uint8_t family, const uint8_t *address)
{
    struct np_endpoint_address wanted;

    if (!endpoints || !endpoints->n_taken || !family)
        return &nobody;
    wanted = address_of(family, address);
    return &endpoints->items[*slot_of(endpoints, &wanted)];
}

static struct cnipol_text keep(struct cnipol_endpoints *endpoints, const char *text, bool *failed)
{
    char *copy = text ? np_arena_strndup(&endpoints->arena, text, strlen(text)) : NULL;

    *failed |= text && !copy;
    return np_text_of(copy);
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
    qsort(items, n, sizeof *items, np_text_order);
    out->labels = items;
    out->n_labels = n;
    for (uint32_t i = 0; i < n; i++)
        if (strncmp(items[i].s, CLUSTER_LABEL, strlen(CLUSTER_LABEL)) == 0)
            out->cluster = np_text_of(items[i].s + strlen(CLUSTER_LABEL));
}

/* The id leads to the newest entry. */
static int index_id(struct cnipol_endpoints *endpoints, uint32_t id)
{
    uint64_t hash = np_hash(&id, sizeof id);
    uint32_t old = np_hmap_get(&endpoints->by_id, hash, has_id, endpoints, &id), newest = endpoints->n - 1;

    if (old == NP_NONE)
        return np_hmap_put(&endpoints->by_id, hash, newest);
    np_hmap_replace(&endpoints->by_id, hash, old, newest);
    return CNIPOL_OK;
}

/* Room for one more address. */
static int grow_slots(struct cnipol_endpoints *endpoints)
{
    uint32_t *old = endpoints->slots;
    uint32_t n_old = endpoints->n_slots, n = n_old ? 2 * n_old : 64;

    if (8 * (uint64_t)(endpoints->n_taken + 1) <= n_old)
        return CNIPOL_OK;
    endpoints->slots = n ? np_zalloc(endpoints->mem, n * sizeof *old) : NULL;
    if (!endpoints->slots) {
        endpoints->slots = old;
        return CNIPOL_E_NOMEM;
    }
    endpoints->n_slots = n;
    for (uint32_t i = 0; i < n_old; i++)
        if (old[i])
            *slot_of(endpoints, &endpoints->items[old[i]].address) = old[i];
    np_free(endpoints->mem, old, n_old * sizeof *old);
    return CNIPOL_OK;
}

/* The address leads to the newest entry. */
static int index_address(struct cnipol_endpoints *endpoints, const struct np_endpoint *item)
{
    uint32_t *slot;

    if (grow_slots(endpoints))
        return CNIPOL_E_NOMEM;
    slot = slot_of(endpoints, &item->address);
    endpoints->n_taken += *slot == 0;
    *slot = endpoints->n - 1;
    return CNIPOL_OK;
}

/* Room for one more, and for nobody. */
static int grow_items(struct cnipol_endpoints *endpoints)
{
    uint32_t n = endpoints->n ? endpoints->n : 1;
    struct np_endpoint *grown = np_grow(endpoints->mem, endpoints->items, &endpoints->cap, n + 1, sizeof *grown);

    if (!grown)
        return CNIPOL_E_NOMEM;
    if (n != endpoints->n)
        grown[0] = nobody;
    endpoints->items = grown;
    endpoints->n = n;
    return CNIPOL_OK;
}

int cnipol_endpoints_add(struct cnipol_endpoints *endpoints, const struct cnipol_endpoint *endpoint)
{
    struct np_endpoint item = {.id = endpoint->id, .identity = endpoint->identity};
    struct np_ip ip = {0};
    bool failed = grow_items(endpoints) != CNIPOL_OK;
    int rc = CNIPOL_OK;

    if (endpoint->ip && !np_ip_parse(np_str_of(endpoint->ip), &ip, NULL))
        rc = CNIPOL_E_INVALID;
    if (ip.family)
        item.address = address_of(ip.family, ip.bytes);
    item.ns = keep(endpoints, endpoint->ns, &failed);
    item.pod = keep(endpoints, endpoint->pod, &failed);
    keep_labels(endpoints, endpoint->labels, &item, &failed);
    if (rc || failed)
        return failed ? CNIPOL_E_NOMEM : rc;
    endpoints->items[endpoints->n++] = item;
    if (item.id)
        rc = index_id(endpoints, item.id);
    return rc || !item.address.family ? rc : index_address(endpoints, &item);
}
