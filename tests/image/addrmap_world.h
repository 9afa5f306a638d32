/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_IMAGE_ADDRMAP_WORLD_H
#define TESTS_IMAGE_ADDRMAP_WORLD_H

/* What tests of the address map share: a map beside a plain list of the same prefixes, and ways to spread random ones. */

#include "base/testing.h"

#include <stdbool.h>
#include <stdlib.h>

#include <cnipol/addrmap.h>

#define NONE CNIPOL_ADDRMAP_NO_PEER
#define OWN CNIPOL_ADDRMAP_OWN
#define NOBODY CNIPOL_ADDRMAP_NOBODY

/* The plain list. */
struct list {
    struct cnipol_addrmap_prefix *items;
    uint32_t n, cap;
    struct cnipol_addrmap_entry defaults[2];
};

struct world {
    struct cnipol_ctx *ctx;
    void *block;
    size_t size;
    struct cnipol_addrmap *map;
    struct list list;
    uint64_t seed;
};

static inline uint64_t random_word(struct world *w)
{
    w->seed ^= w->seed << 13;
    w->seed ^= w->seed >> 7;
    w->seed ^= w->seed << 17;
    return w->seed * 0x2545f4914f6cdd1dull >> 8;
}

static inline uint32_t below(struct world *w, uint32_t n)
{
    return (uint32_t)(random_word(w) % n);
}

static inline struct world new_world(size_t size, uint64_t seed)
{
    struct world w = {.size = size, .seed = seed};

    assert_int_equal(cnipol_ctx_new(NULL, &w.ctx), 0);
    w.block = aligned_alloc(64, (size + 63) / 64 * 64);
    assert_non_null(w.block);
    assert_int_equal(cnipol_addrmap_new(w.ctx, w.block, size, 64, &w.map), 0);
    w.list.defaults[0] = w.list.defaults[1] = (struct cnipol_addrmap_entry){NONE, NOBODY};
    return w;
}

static inline void end_world(struct world *w)
{
    size_t left;

    cnipol_addrmap_close(w->map);
    left = cnipol_ctx_memory_used(w->ctx);
    cnipol_ctx_free(w->ctx);
    free(w->block);
    free(w->list.items);
    assert_true(left < 1 << 20);
}

static inline bool holds(const struct cnipol_addrmap_prefix *p, uint8_t family, const uint8_t *address)
{
    if (p->family != family || memcmp(p->address, address, p->length / 8u) != 0)
        return false;
    return p->length % 8 == 0 || ((p->address[p->length / 8] ^ address[p->length / 8]) >> (8 - p->length % 8)) == 0;
}

static inline struct cnipol_addrmap_entry list_find(const struct list *list, uint8_t family, const uint8_t *address)
{
    struct cnipol_addrmap_entry best = list->defaults[family == 6];
    int length = -1;

    for (uint32_t i = 0; i < list->n; i++)
        if (list->items[i].length > length && holds(&list->items[i], family, address)) {
            best = list->items[i].entry;
            length = list->items[i].length;
        }
    return best;
}

static inline bool same_prefix(const struct cnipol_addrmap_prefix *a, const struct cnipol_addrmap_prefix *b)
{
    return a->length == b->length && holds(a, b->family, b->address);
}

static inline void list_put(struct list *list, const struct cnipol_addrmap_prefix *p)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (same_prefix(&list->items[i], p)) {
            list->items[i] = *p;
            return;
        }
    if (list->n == list->cap) {
        list->cap = list->cap ? 2 * list->cap : 64;
        list->items = realloc(list->items, list->cap * sizeof *list->items);
        assert_non_null(list->items);
    }
    list->items[list->n++] = *p;
}

static inline bool list_delete(struct list *list, const struct cnipol_addrmap_prefix *p)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (same_prefix(&list->items[i], p)) {
            list->items[i] = list->items[--list->n];
            return true;
        }
    return false;
}

static inline void expect_entry(const char *what, struct cnipol_addrmap_entry got, struct cnipol_addrmap_entry expected)
{
    if (got.peer != expected.peer || got.owner != expected.owner)
        fail_msg("%s: got %u/%x, expected %u/%x", what, got.peer, got.owner, expected.peer, expected.owner);
}

static inline void compare_at(const struct world *w, uint8_t family, const uint8_t *address)
{
    expect_entry("lookup", cnipol_addrmap_find(w->block, family, address), list_find(&w->list, family, address));
}

/* How random prefixes are spread: which address bits vary, and how long prefixes are. */
static const struct spread {
    const char *name;
    uint8_t family;
    uint64_t vary[2]; /* of the left-aligned address */
    uint8_t shortest, longest;
    uint32_t most; /* prefixes at a time */
} spreads[] = {
    {"hosts of a few dense networks", 4, {0x000003ff00000000ull, 0}, 32, 32, 600},
    {"hosts and networks", 4, {0x00030fff00000000ull, 0}, 20, 32, 400},
    {"all lengths, one corner", 4, {0x0000001f00000000ull, 0}, 0, 32, 60},
    {"all lengths, everywhere", 4, {0xffffffff00000000ull, 0}, 0, 32, 600},
    {"networks everywhere", 4, {0xfff0ff0000000000ull, 0}, 8, 24, 500},
    {"a bit here and there", 4, {0x8421084200000000ull, 0}, 0, 32, 300},
    {"hosts of a few dense /112", 6, {0x000000000000000full, 0x00000000000000ffull}, 128, 128, 600},
    {"hosts and networks, v6", 6, {0x00000000000000ffull, 0x800000000000003full}, 40, 128, 400},
    {"all lengths, one corner, v6", 6, {0, 0x3f}, 0, 128, 150},
    {"all lengths, everywhere, v6", 6, {UINT64_MAX, UINT64_MAX}, 0, 128, 600},
    {"around bit 64", 6, {0xff, 0xff00000000000000ull}, 56, 72, 400},
    {"a bit here and there, v6", 6, {0x8000400020001000ull, 0x0800040002000101ull}, 0, 128, 400},
};

static inline void random_address(struct world *w, const struct spread *s, uint8_t *out)
{
    uint64_t half[2] = {0xfd00001002440000ull, 0x0000000000000000ull};

    if (s->family == 4)
        half[0] = 0x0af4000000000000ull;
    for (uint32_t i = 0; i < 16; i++) {
        uint64_t bits = half[i / 8] ^ ((random_word(w) << 20 ^ random_word(w)) & s->vary[i / 8]);

        out[i] = (uint8_t)(bits >> (56 - 8 * (i % 8)));
    }
}

static inline struct cnipol_addrmap_prefix random_prefix(struct world *w, const struct spread *s)
{
    struct cnipol_addrmap_prefix p = {.family = s->family};

    random_address(w, s, p.address);
    p.length = (uint8_t)(s->shortest + below(w, s->longest - s->shortest + 1u));
    p.entry = (struct cnipol_addrmap_entry){below(w, 5) ? (uint32_t)random_word(w) % NONE : 7, (uint32_t)random_word(w)};
    return p;
}

static inline void random_looks(struct world *w, const struct spread *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct cnipol_addrmap_prefix p;
        uint8_t at[16];

        random_address(w, s, at);
        compare_at(w, s->family, at);
        if (!w->list.n)
            continue;
        p = w->list.items[below(w, w->list.n)];
        compare_at(w, s->family, p.address);
        p.address[below(w, 16)] ^= (uint8_t)(1 << below(w, 8));
        compare_at(w, s->family, p.address);
        p.entry = (struct cnipol_addrmap_entry){0, 0};
        if (cnipol_addrmap_get(w->map, &p) == 0)
            list_put(&w->list, &p); /* changes nothing, or the next comparison finds it */
    }
}

static inline void fill(struct world *w, const struct spread *s, uint32_t n)
{
    while (n--) {
        struct cnipol_addrmap_prefix p = random_prefix(w, s);

        assert_int_equal(cnipol_addrmap_put(w->map, &p), 0);
        list_put(&w->list, &p);
    }
}

static inline int stop_at_third(void *user, const struct cnipol_addrmap_prefix *p)
{
    (void)p;
    return ++*(int *)user == 3 ? 42 : 0;
}

#endif
