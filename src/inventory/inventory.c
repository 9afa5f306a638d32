/* SPDX-License-Identifier: BSD-2-Clause */
/* The inventory's tables: see inventory.h and store.h. */

#include "inventory/store.h"

#include <cnipol/status.h>

#define IP_BLOCK 240u

size_t np_inv_item_size(enum np_inv_kind kind)
{
    static const size_t sizes[NP_INV_KINDS] = {
        [NP_INV_NAMESPACE] = sizeof(struct np_inv_namespace),
        [NP_INV_POD] = sizeof(struct np_inv_pod),
        [NP_INV_NODE] = sizeof(struct np_inv_node),
        [NP_INV_SERVICE] = sizeof(struct np_inv_service),
        [NP_INV_SLICE] = sizeof(struct np_inv_endpoints),
        [NP_INV_ENDPOINTS] = sizeof(struct np_inv_endpoints),
        [NP_INV_SERVICE_ACCOUNT] = sizeof(struct np_inv_head),
    };

    return kind >= NP_INV_WORKLOADS ? sizeof(struct np_inv_workload) : sizes[kind];
}

int np_inventory_new(struct cnipol_ctx *ctx, struct np_inventory **out)
{
    struct np_inventory *inv = np_zalloc(&ctx->mem, sizeof *inv);

    if (!inv)
        return CNIPOL_E_NOMEM;
    inv->ctx = ctx;
    np_arena_init(&inv->arena, &ctx->mem);
    np_hmap_init(&inv->label_sets.map, &ctx->mem);
    np_hmap_init(&inv->port_lists.map, &ctx->mem);
    for (int kind = 0; kind < NP_INV_KINDS; kind++)
        np_hmap_init(&inv->tables[kind].by_name, &ctx->mem);
    inv->empty = np_atoms_add(&ctx->atoms, NP_STR(""));
    inv->default_name = np_atoms_add(&ctx->atoms, NP_STR("default"));
    inv->name_label = np_atoms_add(&ctx->atoms, NP_STR("kubernetes.io/metadata.name"));
    if (!inv->empty || !inv->default_name || !inv->name_label) {
        np_inventory_free(inv);
        return CNIPOL_E_NOMEM;
    }
    *out = inv;
    return CNIPOL_OK;
}

static void free_share(struct np_mem *mem, struct np_inv_share *share)
{
    np_hmap_free(&share->map);
    np_free(mem, share->items, share->cap * sizeof *share->items);
}

void np_inventory_free(struct np_inventory *inv)
{
    struct np_mem *mem;

    if (!inv)
        return;
    mem = &inv->ctx->mem;
    for (int kind = 0; kind < NP_INV_KINDS; kind++) {
        struct np_inv_table *table = &inv->tables[kind];

        np_hmap_free(&table->by_name);
        np_free(mem, table->items, table->cap * np_inv_item_size((enum np_inv_kind)kind));
    }
    free_share(mem, &inv->label_sets);
    free_share(mem, &inv->port_lists);
    np_free(mem, inv->labels.items, inv->labels.cap * sizeof(struct np_label));
    np_free(mem, inv->ports.items, inv->ports.cap * sizeof(struct np_named_port));
    np_free(mem, inv->ips.items, inv->ips.cap * sizeof(struct np_ip));
    np_arena_free(&inv->arena);
    np_free(mem, inv, sizeof *inv);
}

void *np_inv_item(const struct np_inventory *inv, enum np_inv_kind kind, uint32_t i)
{
    return inv->tables[kind].items + i * np_inv_item_size(kind);
}

struct table_of {
    const struct np_inventory *inv;
    enum np_inv_kind kind;
};

static uint64_t head_hash(np_atom ns, np_atom name)
{
    uint64_t key = (uint64_t)ns << 32 | name;

    return np_hash(&key, sizeof key);
}

static bool head_eq(const void *ctx, const void *key, uint32_t value)
{
    const struct table_of *table = ctx;
    const struct np_inv_head *a = key, *b = np_inv_item(table->inv, table->kind, value);

    return a->ns == b->ns && a->name == b->name;
}

uint32_t np_inv_index(const struct np_inventory *inv, enum np_inv_kind kind, np_atom ns, np_atom name)
{
    struct table_of table = {inv, kind};
    struct np_inv_head key = {.ns = ns, .name = name};

    return np_hmap_get(&inv->tables[kind].by_name, head_hash(ns, name), head_eq, &table, &key);
}

void *np_inv_find(const struct np_inventory *inv, enum np_inv_kind kind, np_atom ns, np_atom name)
{
    uint32_t found = np_inv_index(inv, kind, ns, name);

    return found == NP_NONE ? NULL : np_inv_item(inv, kind, found);
}

void *np_inv_make(struct np_inventory *inv, enum np_inv_kind kind, const struct np_inv_head *head)
{
    struct np_inv_table *table = &inv->tables[kind];
    size_t size = np_inv_item_size(kind);
    struct np_inv_head *item = np_inv_find(inv, kind, head->ns, head->name);

    if (!item) {
        void *grown = np_grow(&inv->ctx->mem, table->items, &table->cap, table->n + 1, size);

        if (!grown)
            return NULL;
        table->items = grown;
        if (np_hmap_put(&table->by_name, head_hash(head->ns, head->name), table->n))
            return NULL;
        item = np_inv_item(inv, kind, table->n++);
    } else if (item->span.source != NP_NONE) {
        inv->has_twins = true;
    }
    memset(item, 0, size);
    *item = *head;
    return item;
}

struct np_inv_namespace *np_inv_mention(struct np_inventory *inv, np_atom ns)
{
    struct np_inv_head head = {.name = ns, .span = NP_NOWHERE};
    struct np_inv_in in = {.inv = inv};
    struct np_inv_namespace *item = np_inv_find(inv, NP_INV_NAMESPACE, NP_ATOM_NONE, ns);

    if (item)
        return item;
    item = np_inv_make(inv, NP_INV_NAMESPACE, &head);
    if (!item)
        return NULL;
    item->labels = np_inv_namespace_labels(&in, ns, NULL, NULL);
    return in.rc ? NULL : item;
}

int np_inventory_mention(struct np_inventory *inv, np_atom ns)
{
    return np_inv_mention(inv, ns) ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

struct np_ip *np_inv_ip_room(struct np_inventory *inv, uint32_t n)
{
    struct np_ip *room;

    if (n > IP_BLOCK / 4)
        return np_arena_array(&inv->arena, n, sizeof *room);
    if (n > inv->ip_left) {
        room = np_arena_array(&inv->arena, IP_BLOCK, sizeof *room);
        if (!room)
            return NULL;
        inv->ip_block = room;
        inv->ip_left = IP_BLOCK;
    }
    room = inv->ip_block;
    inv->ip_block += n;
    inv->ip_left -= n;
    return room;
}

static bool shared_eq(const void *ctx, const void *key, uint32_t value)
{
    const struct np_inv_shared *a = key, *b = &((const struct np_inv_share *)ctx)->items[value];

    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

const void *np_inv_share(struct np_inventory *inv, struct np_inv_share *share, const void *bytes, size_t size)
{
    struct np_inv_shared key = {bytes, size};
    uint64_t hash;
    uint32_t found;
    void *grown, *copy;

    if (size == 0)
        return "";
    hash = np_hash(bytes, size);
    found = np_hmap_get(&share->map, hash, shared_eq, share, &key);
    if (found != NP_NONE)
        return share->items[found].bytes;
    grown = np_grow(&inv->ctx->mem, share->items, &share->cap, share->n + 1, sizeof *share->items);
    if (!grown)
        return NULL;
    share->items = grown;
    copy = np_arena_alloc(&inv->arena, size);
    if (!copy || np_hmap_put(&share->map, hash, share->n))
        return NULL;
    memcpy(copy, bytes, size);
    share->items[share->n++] = (struct np_inv_shared){copy, size};
    return copy;
}

void *np_inv_push(struct np_inv_in *in, struct np_inv_scratch *scratch, size_t size)
{
    void *grown = np_grow(&in->inv->ctx->mem, scratch->items, &scratch->cap, scratch->n + 1, size);

    if (!grown) {
        in->rc = CNIPOL_E_NOMEM;
        return NULL;
    }
    scratch->items = grown;
    return (char *)scratch->items + scratch->n++ * size;
}
