/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arena of an address map: units with a bitmap of those in use. Nodes are searched for from the
 * last place upward, records from the end downward, so that readers' cache lines hold nodes only and
 * what was freed rests as long as possible.
 */

#include "image/addrmap.h"

#include <stddef.h>

#define AT(type, member) ((uint32_t)offsetof(struct cnipol_addrmap_##type, member))

struct np_am_key np_am_masked(struct np_am_key key, uint32_t len)
{
    struct np_am_key out = {0, 0};

    if (len > 0)
        out.hi = key.hi & (len >= 64 ? UINT64_MAX : ~(UINT64_MAX >> len));
    if (len > 64)
        out.lo = key.lo & (len >= 128 ? UINT64_MAX : ~(UINT64_MAX >> (len - 64)));
    return out;
}

uint32_t np_am_common(struct np_am_key a, struct np_am_key b)
{
    if (a.hi != b.hi)
        return (uint32_t)__builtin_clzll(a.hi ^ b.hi);
    return a.lo != b.lo ? 64 + (uint32_t)__builtin_clzll(a.lo ^ b.lo) : 128;
}

bool np_am_read_prefix(const struct cnipol_addrmap_prefix *prefix, uint32_t *family, struct np_am_key *key)
{
    struct np_am_key whole = {0, 0};

    if (prefix->family != 4 && prefix->family != 6)
        return false;
    *family = prefix->family == 6;
    if (prefix->length > np_am_bits(*family))
        return false;
    for (uint32_t i = 0; i < 8; i++) {
        whole.hi = whole.hi << 8 | prefix->address[i];
        whole.lo = whole.lo << 8 | prefix->address[i + 8];
    }
    *key = np_am_masked(whole, prefix->length);
    return true;
}

struct np_am_ref np_am_root(uint32_t family)
{
    return (struct np_am_ref){.word = AT(header, root) + 8 * family, .rec = AT(header, root_rec) + 4 * family, .depth = 0};
}

struct np_am_node np_am_node_of(const char *base, uint64_t link)
{
    struct np_am_node node = {.at = cnipol_addrmap_node_at(link)};
    uint32_t shape = np_am_half(base, node.at + AT(node, shape));

    node.start = shape & 0xff;
    node.width = shape >> 8 & 31;
    node.end = node.start + node.width;
    node.family = shape >> 16;
    node.words = node.at + (node.family ? CNIPOL_ADDRMAP_WORDS6 : CNIPOL_ADDRMAP_WORDS4);
    node.recs = node.words + (8u << node.width);
    return node;
}

struct np_am_ref np_am_ref_of(const struct np_am_node *node, uint32_t index)
{
    return (struct np_am_ref){.word = node->words + 8 * index, .rec = node->recs + 4 * index, .depth = node->end};
}

struct np_am_key np_am_node_key(const char *base, const struct np_am_node *node)
{
    uint32_t range = node->at + CNIPOL_ADDRMAP_WORDS4;

    if (!node->family)
        return (struct np_am_key){(uint64_t)np_am_half(base, node->at + AT(node, key)) << 32, 0};
    return (struct np_am_key){np_am_word(base, range), np_am_word(base, range + 8)};
}

uint32_t np_am_node_units(uint32_t family, uint32_t width)
{
    uint32_t bytes = (family ? CNIPOL_ADDRMAP_WORDS6 : CNIPOL_ADDRMAP_WORDS4) + (12u << width);

    return (bytes + NP_AM_ALIGN - 1) / NP_AM_ALIGN * (NP_AM_ALIGN / CNIPOL_ADDRMAP_UNIT);
}

static uint32_t arena_at(const char *base)
{
    return np_am_half(base, AT(header, arena_at));
}

uint32_t np_am_rec_at(const char *base, uint32_t rec)
{
    return arena_at(base) + rec * CNIPOL_ADDRMAP_UNIT;
}

struct np_am_key np_am_rec_key(const char *base, uint32_t rec)
{
    uint32_t at = np_am_rec_at(base, rec);

    return (struct np_am_key){np_am_word(base, at), np_am_word(base, at + 8)};
}

uint64_t np_am_rec_entry(const char *base, uint32_t rec)
{
    return np_am_word(base, np_am_rec_at(base, rec) + AT(record, entry));
}

uint32_t np_am_rec_parent(const char *base, uint32_t rec)
{
    return np_am_half(base, np_am_rec_at(base, rec) + AT(record, parent));
}

uint32_t np_am_rec_rank(const char *base, uint32_t rec)
{
    return np_am_half(base, np_am_rec_at(base, rec) + AT(record, rank)) & 0xff;
}

void np_am_set_parent(struct cnipol_addrmap *map, uint32_t rec, uint32_t parent)
{
    np_am_store32(map->base, np_am_rec_at(map->base, rec) + AT(record, parent), parent);
}

void np_am_set_entry(struct cnipol_addrmap *map, uint32_t rec, uint64_t entry)
{
    np_am_store64(map->base, np_am_rec_at(map->base, rec) + AT(record, entry), entry);
}

static uint64_t *bitmap_of(const struct cnipol_addrmap *map)
{
    return (uint64_t *)(void *)(map->base + map->bitmap_at);
}

static uint64_t to_little(uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return __builtin_bswap64(word);
#else
    return word;
#endif
}

void np_am_mark(uint64_t *bitmap, uint32_t from, uint32_t n, bool used)
{
    while (n) {
        uint32_t bit = from % 64, here = n < 64 - bit ? n : 64 - bit;
        uint64_t mask = to_little((here == 64 ? UINT64_MAX : (1ull << here) - 1) << bit);

        bitmap[from / 64] = used ? bitmap[from / 64] | mask : bitmap[from / 64] & ~mask;
        from += here;
        n -= here;
    }
}

/* The first free unit at or after `from`, else `limit`; with `used`, the first used one. */
static uint32_t next_unit(const uint64_t *bitmap, uint32_t from, uint32_t limit, bool used)
{
    while (from < limit) {
        uint64_t word = to_little(bitmap[from / 64]);

        word = (used ? word : ~word) >> (from % 64);
        if (word) {
            from += (uint32_t)__builtin_ctzll(word);
            return from < limit ? from : limit;
        }
        from += 64 - from % 64;
    }
    return limit;
}

/* `n` free units in [from, limit), beginning with an even one; NP_AM_NONE. */
static uint32_t find_run(const uint64_t *bitmap, uint32_t from, uint32_t limit, uint32_t n)
{
    for (;;) {
        uint32_t start = next_unit(bitmap, from, limit, false), stop;

        start += start & 1;
        if (start >= limit || limit - start < n)
            return NP_AM_NONE;
        stop = next_unit(bitmap, start, start + n, true);
        if (stop == start + n)
            return start;
        from = stop;
    }
}

/* The last free unit below `limit`; NP_AM_NONE. */
static uint32_t last_free(const uint64_t *bitmap, uint32_t limit)
{
    while (limit > 0) {
        uint32_t bits = (limit - 1) % 64 + 1, from = limit - bits;
        uint64_t word = ~to_little(bitmap[from / 64]) & (UINT64_MAX >> (64 - bits));

        if (word)
            return from + 63 - (uint32_t)__builtin_clzll(word);
        limit = from;
    }
    return NP_AM_NONE;
}

static uint32_t take_run(struct cnipol_addrmap *map, uint32_t n)
{
    uint64_t *bitmap = bitmap_of(map);
    uint32_t unit = find_run(bitmap, map->node_hint, map->units, n);

    if (unit == NP_AM_NONE)
        unit = find_run(bitmap, 0, map->units, n);
    if (unit == NP_AM_NONE)
        return NP_AM_NONE;
    np_am_mark(bitmap, unit, n, true);
    map->node_hint = unit + n;
    return unit;
}

uint32_t np_am_record_new(struct cnipol_addrmap *map, uint32_t family, struct np_am_key key, uint32_t rank, uint64_t entry)
{
    uint64_t *bitmap = bitmap_of(map);
    uint32_t rec = last_free(bitmap, map->record_hint), at;

    if (rec == NP_AM_NONE)
        rec = last_free(bitmap, map->units);
    if (rec == NP_AM_NONE)
        return NP_AM_NONE;
    np_am_mark(bitmap, rec, 1, true);
    map->record_hint = rec;
    at = np_am_rec_at(map->base, rec);
    np_am_store64(map->base, at, key.hi);
    np_am_store64(map->base, at + 8, key.lo);
    np_am_store64(map->base, at + AT(record, entry), entry);
    np_am_store32(map->base, at + AT(record, parent), rec);
    np_am_store32(map->base, at + AT(record, rank), rank | family << 8);
    return rec;
}

void np_am_record_free(struct cnipol_addrmap *map, uint32_t rec)
{
    np_am_mark(bitmap_of(map), rec, 1, false);
}

uint64_t np_am_shape_of_link(uint32_t family, uint32_t width, uint32_t end)
{
    uint32_t shift = np_am_bits(family) - end;

    return ((1ull << width) - 1) << 48 | CNIPOL_ADDRMAP_LINK | (shift >= 64 ? CNIPOL_ADDRMAP_HIGH : 0) | (shift & 63);
}

static uint64_t new_link(struct cnipol_addrmap *map, uint32_t at, uint64_t shape)
{
    uint64_t number = np_am_half(map->base, AT(header, links)) + 1u;

    np_am_store32(map->base, AT(header, links), (uint32_t)number);
    return shape | at | (number & 3) << 29 | (number >> 2 & 0xffff) << 32;
}

uint64_t np_am_relink(struct cnipol_addrmap *map, uint64_t link)
{
    return new_link(map, cnipol_addrmap_node_at(link), link & NP_AM_LINK_SHAPE);
}

static void store_range(char *base, uint32_t at, uint32_t family, struct np_am_key key, uint32_t start)
{
    struct np_am_key mask = np_am_masked((struct np_am_key){UINT64_MAX, UINT64_MAX}, start);

    key = np_am_masked(key, start);
    np_am_store32(base, at + AT(node, key), family ? 0 : (uint32_t)(key.hi >> 32));
    np_am_store32(base, at + AT(node, mask), family ? 0 : (uint32_t)(mask.hi >> 32));
    if (!family)
        return;
    at += CNIPOL_ADDRMAP_WORDS4;
    np_am_store64(base, at, key.hi);
    np_am_store64(base, at + 8, key.lo);
    np_am_store64(base, at + 16, mask.hi);
    np_am_store64(base, at + 24, mask.lo);
}

uint64_t np_am_node_new(struct cnipol_addrmap *map, uint32_t family, struct np_am_key key, uint32_t start, uint32_t width, uint32_t rec)
{
    uint32_t unit = take_run(map, np_am_node_units(family, width)), at;
    uint64_t entry = np_am_rec_entry(map->base, rec);
    struct np_am_node node;

    if (unit == NP_AM_NONE)
        return 0;
    at = map->arena_at + unit * CNIPOL_ADDRMAP_UNIT;
    np_am_store64(map->base, at, entry);
    store_range(map->base, at, family, key, start);
    np_am_store32(map->base, at + AT(node, total), 0);
    np_am_store32(map->base, at + AT(node, built), 0);
    np_am_store32(map->base, at + AT(node, shape), start | width << 8 | family << 16);
    np_am_store32(map->base, at + AT(node, reserved), 0);
    node = np_am_node_of(map->base, at);
    for (uint32_t i = 0; i < 1u << width; i++) {
        np_am_store64(map->base, node.words + 8 * i, entry);
        np_am_store32(map->base, node.recs + 4 * i, rec);
    }
    return new_link(map, at, np_am_shape_of_link(family, width, node.end));
}

void np_am_free_below(struct cnipol_addrmap *map, uint64_t link)
{
    struct np_am_node node = np_am_node_of(map->base, link);

    for (uint32_t i = 0; i < 1u << node.width; i++) {
        uint32_t at = np_am_ref_of(&node, i).word;
        uint64_t word = np_am_word(map->base, at);

        np_am_store64(map->base, at, CNIPOL_ADDRMAP_GONE);
        if (word & CNIPOL_ADDRMAP_LINK)
            np_am_free_below(map, word);
    }
    np_am_mark(bitmap_of(map), (node.at - map->arena_at) / CNIPOL_ADDRMAP_UNIT, np_am_node_units(node.family, node.width), false);
}
