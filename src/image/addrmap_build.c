/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trees of an address map from sorted records, and sorted records from trees.
 *
 * A node begins where its records part and is as wide as the addresses are dense: the widest at which
 * at least an eighth of the words leads to records of its own, but not across the border before an
 * address's last eight bits: networks of hosts begin there, and so each keeps a node of its own while
 * others come and go.
 */

#include "image/addrmap.h"

#include <stddef.h>

#define AT(type, member) ((uint32_t)offsetof(struct cnipol_addrmap_##type, member))

#define MIN_WIDTH 4u  /* of a node with more than one record, room permitting */
#define SPARSE 8u     /* words for each way that leads to records, at most */
#define LAST_WIDTH 8u /* the last bits of an address, which networks of hosts count through: a node ends before them */

struct chain {
    const char *base;
    np_am_visit_fn *visit;
    void *user;
};

/* Records that begin where the word's range begins and are longer than `above`, shorter ones first. */
static int visit_chain(const struct chain *chain, uint32_t rec, struct np_am_key first, uint32_t above)
{
    uint32_t found[130], n = 0;
    int rc = 0;

    for (; n < 130 && np_am_rec_rank(chain->base, rec) > above + 1; rec = np_am_rec_parent(chain->base, rec)) {
        struct np_am_key key = np_am_rec_key(chain->base, rec);

        if (key.hi == first.hi && key.lo == first.lo)
            found[n++] = rec;
    }
    while (n && !rc)
        rc = chain->visit(chain->user, found[--n]);
    return rc;
}

/* The first address of a node's word. */
static struct np_am_key first_of(struct np_am_key key, const struct np_am_node *node, uint32_t index)
{
    if (!node->width)
        return key;
    if (node->end <= 64)
        key.hi |= (uint64_t)index << (64 - node->end);
    else
        key.lo |= (uint64_t)index << (128 - node->end);
    return key;
}

static int walk_node(const struct chain *chain, uint64_t link, uint32_t above)
{
    struct np_am_node node = np_am_node_of(chain->base, link);
    struct np_am_key key = np_am_node_key(chain->base, &node);
    int rc = 0;

    for (uint32_t i = 0; i < 1u << node.width && !rc; i++) {
        struct np_am_ref ref = np_am_ref_of(&node, i);
        uint64_t word = np_am_word(chain->base, ref.word);

        rc = visit_chain(chain, np_am_half(chain->base, ref.rec), first_of(key, &node, i), above);
        if (!rc && (word & CNIPOL_ADDRMAP_LINK))
            rc = walk_node(chain, word, node.end);
    }
    return rc;
}

int np_am_walk(const char *base, struct np_am_ref ref, np_am_visit_fn *visit, void *user)
{
    struct chain chain = {base, visit, user};
    uint64_t word = np_am_word(base, ref.word);

    return word & CNIPOL_ADDRMAP_LINK ? walk_node(&chain, word, ref.depth) : 0;
}

struct gather {
    struct cnipol_addrmap *map;
    uint32_t n;
};

static int add_item(void *user, uint32_t rec)
{
    struct gather *gather = user;
    struct np_am_item *item;

    if (gather->n >= gather->map->cap_items)
        return CNIPOL_E_INTERNAL;
    item = &gather->map->items[gather->n++];
    item->key = np_am_rec_key(gather->map->base, rec);
    item->rec = rec;
    item->len = np_am_rec_rank(gather->map->base, rec) - 1;
    return 0;
}

int64_t np_am_gather(struct cnipol_addrmap *map, struct np_am_ref ref, uint64_t room_for_more)
{
    struct gather gather = {map, 0};
    uint64_t word = np_am_word(map->base, ref.word), need = room_for_more;
    struct np_am_item *grown;
    int rc;

    if (word & CNIPOL_ADDRMAP_LINK)
        need += np_am_half(map->base, cnipol_addrmap_node_at(word) + AT(node, total));
    grown = np_grow(map->mem, map->items, &map->cap_items, (uint32_t)need, sizeof *map->items);
    if (!grown)
        return CNIPOL_E_NOMEM;
    map->items = grown;
    rc = np_am_walk(map->base, ref, add_item, &gather);
    return rc ? rc : (int64_t)gather.n;
}

/* How wide a node of these items is that begins at `start`. */
static uint32_t choose_width(uint32_t family, const struct np_am_item *items, uint32_t n, uint32_t start)
{
    uint32_t bits = np_am_bits(family), most = family && start < 64 ? 64 - start : bits - start;
    uint32_t parting[NP_AM_MAX_WIDTH] = {0}, ways = 1, dense = 0, width;

    if (n == 1)
        return 0;
    for (uint32_t i = 1; i < n; i++) {
        uint32_t common = np_am_common(items[i - 1].key, items[i].key);

        if (common - start < NP_AM_MAX_WIDTH)
            parting[common - start]++;
    }
    for (uint32_t w = 1; w <= NP_AM_MAX_WIDTH && w <= most; w++) {
        ways += parting[w - 1];
        if ((uint64_t)ways * SPARSE >= 1ull << w)
            dense = w;
    }
    width = dense < NP_AM_MAX_WIDTH ? dense : NP_AM_MAX_WIDTH;
    if (start + MIN_WIDTH <= bits - LAST_WIDTH && start + width > bits - LAST_WIDTH)
        width = bits - LAST_WIDTH - start;
    if (width < MIN_WIDTH)
        width = MIN_WIDTH;
    return width < most ? width : most;
}

static uint32_t begin_of(const struct np_am_item *items, uint32_t n)
{
    uint32_t start = np_am_common(items[0].key, items[n - 1].key);

    for (uint32_t i = 0; i < n; i++)
        if (items[i].len < start)
            start = items[i].len;
    return start;
}

/* Gives a record's entry to the words that it covers. */
static void paint(struct cnipol_addrmap *map, const struct np_am_node *node, const struct np_am_item *item)
{
    uint32_t first = np_am_index(item->key, node->start, node->width), n = 1u << (node->end - item->len);
    uint64_t entry = np_am_rec_entry(map->base, item->rec);

    for (uint32_t i = first; i < first + n; i++) {
        struct np_am_ref ref = np_am_ref_of(node, i);

        np_am_store64(map->base, ref.word, entry);
        np_am_store32(map->base, ref.rec, item->rec);
    }
}

/* The end of the run of items from `i` on that are below the same word. */
static uint32_t run_end(const struct np_am_item *items, uint32_t n, uint32_t i, uint32_t end)
{
    uint32_t from = i;

    while (i < n && items[i].len > end && np_am_common(items[from].key, items[i].key) >= end)
        i++;
    return i;
}

uint64_t np_am_build(struct cnipol_addrmap *map, uint32_t family, const struct np_am_item *items, uint32_t n, uint32_t rec)
{
    uint32_t start = begin_of(items, n), width = choose_width(family, items, n, start), i = 0;
    uint64_t link = np_am_node_new(map, family, items[0].key, start, width, rec);
    struct np_am_node node;

    if (!link)
        return 0;
    node = np_am_node_of(map->base, link);
    np_am_store32(map->base, node.at + AT(node, total), n);
    np_am_store32(map->base, node.at + AT(node, built), n);
    while (i < n) {
        struct np_am_ref ref = np_am_ref_of(&node, np_am_index(items[i].key, start, width));
        uint32_t end;
        uint64_t below;

        if (items[i].len <= node.end) {
            paint(map, &node, &items[i++]);
            continue;
        }
        end = run_end(items, n, i, node.end);
        below = np_am_build(map, family, items + i, end - i, np_am_half(map->base, ref.rec));
        if (!below) {
            np_am_free_below(map, link);
            return 0;
        }
        np_am_store64(map->base, ref.word, below);
        i = end;
    }
    return link;
}
