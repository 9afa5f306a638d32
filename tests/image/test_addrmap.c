/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The address map against a plain list of prefixes: tables, long random histories of both families, a
 * block that fills up, reopening, and bytes that are not a map or no longer one.
 */

#include "base/testing.h"

#include <stdlib.h>

#include <cnipol/addrmap.h>

#include "base/ip.h"

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

static uint64_t random_word(struct world *w)
{
    w->seed ^= w->seed << 13;
    w->seed ^= w->seed >> 7;
    w->seed ^= w->seed << 17;
    return w->seed * 0x2545f4914f6cdd1dull >> 8;
}

static uint32_t below(struct world *w, uint32_t n)
{
    return (uint32_t)(random_word(w) % n);
}

static struct world new_world(size_t size, uint64_t seed)
{
    struct world w = {.size = size, .seed = seed};

    assert_int_equal(cnipol_ctx_new(NULL, &w.ctx), 0);
    w.block = aligned_alloc(64, (size + 63) / 64 * 64);
    assert_non_null(w.block);
    assert_int_equal(cnipol_addrmap_new(w.ctx, w.block, size, 64, &w.map), 0);
    w.list.defaults[0] = w.list.defaults[1] = (struct cnipol_addrmap_entry){NONE, NOBODY};
    return w;
}

static void end_world(struct world *w)
{
    size_t left;

    cnipol_addrmap_close(w->map);
    left = cnipol_ctx_memory_used(w->ctx);
    cnipol_ctx_free(w->ctx);
    free(w->block);
    free(w->list.items);
    assert_true(left < 1 << 20);
}

static bool holds(const struct cnipol_addrmap_prefix *p, uint8_t family, const uint8_t *address)
{
    if (p->family != family || memcmp(p->address, address, p->length / 8u) != 0)
        return false;
    return p->length % 8 == 0 || ((p->address[p->length / 8] ^ address[p->length / 8]) >> (8 - p->length % 8)) == 0;
}

static struct cnipol_addrmap_entry list_find(const struct list *list, uint8_t family, const uint8_t *address)
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

static bool same_prefix(const struct cnipol_addrmap_prefix *a, const struct cnipol_addrmap_prefix *b)
{
    return a->length == b->length && holds(a, b->family, b->address);
}

static void list_put(struct list *list, const struct cnipol_addrmap_prefix *p)
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

static bool list_delete(struct list *list, const struct cnipol_addrmap_prefix *p)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (same_prefix(&list->items[i], p)) {
            list->items[i] = list->items[--list->n];
            return true;
        }
    return false;
}

static void expect_entry(const char *what, struct cnipol_addrmap_entry got, struct cnipol_addrmap_entry expected)
{
    if (got.peer != expected.peer || got.owner != expected.owner)
        fail_msg("%s: got %u/%x, expected %u/%x", what, got.peer, got.owner, expected.peer, expected.owner);
}

static void compare_at(const struct world *w, uint8_t family, const uint8_t *address)
{
    expect_entry("lookup", cnipol_addrmap_find(w->block, family, address), list_find(&w->list, family, address));
}

static struct cnipol_addrmap_prefix parse(const char *text, uint32_t peer)
{
    struct np_prefix prefix;
    struct cnipol_addrmap_prefix out = {.entry = {peer, NOBODY}};

    assert_true(np_prefix_parse(np_str_of(text), &prefix, NULL, NULL));
    out.family = prefix.ip.family;
    out.length = prefix.len;
    memcpy(out.address, prefix.ip.bytes, 16);
    return out;
}

static uint32_t peer_of(const struct world *w, const char *text)
{
    struct np_ip ip;

    assert_true(np_ip_parse(np_str_of(text), &ip, NULL));
    return cnipol_addrmap_find(w->block, ip.family, ip.bytes).peer;
}

/* + inserts, - deletes, ? asks; defaults are 1000 and 1001. */
static const struct {
    char op;
    const char *what;
    uint32_t peer;
} nested_rows[] = {
    {'?', "10.0.0.1", 1000},
    {'+', "10.0.0.1/32", 1},
    {'?', "10.0.0.1", 1},
    {'?', "10.0.0.0", 1000},
    {'?', "::", 1001},
    {'+', "10.0.0.0/8", 2},
    {'?', "10.0.0.1", 1},
    {'?', "10.0.0.2", 2},
    {'?', "10.255.255.255", 2},
    {'?', "11.0.0.0", 1000},
    {'+', "10.0.0.0/24", 3},
    {'?', "10.0.0.2", 3},
    {'?', "10.0.1.0", 2},
    {'+', "0.0.0.0/0", 4},
    {'?', "11.0.0.0", 4},
    {'?', "255.255.255.255", 4},
    {'?', "10.0.0.1", 1},
    {'-', "10.0.0.0/24", 0},
    {'?', "10.0.0.2", 2},
    {'?', "10.0.0.1", 1},
    {'-', "10.0.0.0/8", 0},
    {'?', "10.0.0.2", 4},
    {'-', "10.0.0.1/32", 0},
    {'?', "10.0.0.1", 4},
    {'-', "0.0.0.0/0", 0},
    {'?', "10.0.0.1", 1000},
    {'+', "128.0.0.0/1", 5},
    {'+', "0.0.0.0/1", 6},
    {'?', "127.255.255.255", 6},
    {'?', "128.0.0.0", 5},
    {'+', "fd00:10:244::/48", 10},
    {'+', "fd00:10:244:7::5/128", 11},
    {'+', "fd00:10:244:7::/64", 12},
    {'+', "fd00:10:244:7:8000::/65", 13},
    {'+', "fd00:10:244:6::/63", 14},
    {'?', "fd00:10:244:7::5", 11},
    {'?', "fd00:10:244:7::4", 12},
    {'?', "fd00:10:244:7:ffff::4", 13},
    {'?', "fd00:10:244:6::4", 14},
    {'?', "fd00:10:244:5::4", 10},
    {'?', "fd00:10:245:5::4", 1001},
    {'-', "fd00:10:244:7::/64", 0},
    {'?', "fd00:10:244:7::4", 14},
    {'+', "::/0", 15},
    {'?', "fd00:10:245:5::4", 15},
    {'?', "0.0.0.0", 6},
    {'-', "::/0", 0},
    {'?', "::1", 1001},
};

static void test_nested(void **state)
{
    struct world w = new_world(1 << 16, 1);

    (void)state;
    assert_int_equal(cnipol_addrmap_set_default(w.map, 4, (struct cnipol_addrmap_entry){1000, NOBODY}), 0);
    assert_int_equal(cnipol_addrmap_set_default(w.map, 6, (struct cnipol_addrmap_entry){1001, NOBODY}), 0);
    for (size_t i = 0; i < COUNT(nested_rows); i++) {
        struct cnipol_addrmap_prefix p;

        if (nested_rows[i].op == '?') {
            expect_number(nested_rows[i].what, "peer", peer_of(&w, nested_rows[i].what), nested_rows[i].peer);
            continue;
        }
        p = parse(nested_rows[i].what, nested_rows[i].peer);
        expect_number(nested_rows[i].what, "status",
                      nested_rows[i].op == '+' ? cnipol_addrmap_put(w.map, &p) : cnipol_addrmap_delete(w.map, &p), 0);
        expect_number(nested_rows[i].what, "verify", cnipol_addrmap_verify(w.ctx, w.block, w.size), 0);
    }
    end_world(&w);
}

/* Every length on one way, in and out in different orders: the longest that is there answers. */
static void nest_all(uint8_t family, uint32_t step)
{
    struct world w = new_world(1 << 17, step);
    uint32_t bits = family == 6 ? 128 : 32;
    struct cnipol_addrmap_prefix p = {.family = family};

    memset(p.address, 0xa5, sizeof p.address);
    for (uint32_t round = 0; round < 2 * (bits + 1); round++) {
        p.length = (uint8_t)(round * step % (bits + 1));
        p.entry.peer = p.length + 1000;
        if (round <= bits) {
            assert_int_equal(cnipol_addrmap_put(w.map, &p), 0);
            list_put(&w.list, &p);
        } else {
            assert_int_equal(cnipol_addrmap_delete(w.map, &p), 0);
            assert_true(list_delete(&w.list, &p));
        }
        assert_int_equal(cnipol_addrmap_verify(w.ctx, w.block, w.size), 0);
        for (uint32_t bit = 0; bit <= bits; bit++) {
            uint8_t at[16];

            memcpy(at, p.address, 16);
            if (bit < bits)
                at[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
            compare_at(&w, family, at);
        }
    }
    end_world(&w);
}

static void test_nest_all_lengths(void **state)
{
    (void)state;
    nest_all(4, 1);
    nest_all(4, 32);
    nest_all(4, 7);
    nest_all(6, 1);
    nest_all(6, 128);
    nest_all(6, 17);
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

static void random_address(struct world *w, const struct spread *s, uint8_t *out)
{
    uint64_t half[2] = {0xfd00001002440000ull, 0x0000000000000000ull};

    if (s->family == 4)
        half[0] = 0x0af4000000000000ull;
    for (uint32_t i = 0; i < 16; i++) {
        uint64_t bits = half[i / 8] ^ ((random_word(w) << 20 ^ random_word(w)) & s->vary[i / 8]);

        out[i] = (uint8_t)(bits >> (56 - 8 * (i % 8)));
    }
}

static struct cnipol_addrmap_prefix random_prefix(struct world *w, const struct spread *s)
{
    struct cnipol_addrmap_prefix p = {.family = s->family};

    random_address(w, s, p.address);
    p.length = (uint8_t)(s->shortest + below(w, s->longest - s->shortest + 1u));
    p.entry = (struct cnipol_addrmap_entry){below(w, 5) ? (uint32_t)random_word(w) % NONE : 7, (uint32_t)random_word(w)};
    return p;
}

static void random_step(struct world *w, const struct spread *s)
{
    struct cnipol_addrmap_prefix p = random_prefix(w, s);
    uint32_t choice = below(w, 100), filling = w->list.n < s->most / 2 ? 60 : 35;

    if (choice < filling && w->list.n < s->most) {
        assert_int_equal(cnipol_addrmap_put(w->map, &p), 0);
        list_put(&w->list, &p);
    } else if (choice < 90 && w->list.n) {
        p = w->list.items[below(w, w->list.n)];
        assert_int_equal(cnipol_addrmap_delete(w->map, &p), 0);
        assert_true(list_delete(&w->list, &p));
    } else if (choice < 96 && w->list.n) {
        p = w->list.items[below(w, w->list.n)];
        p.entry.peer ^= 1;
        assert_int_equal(cnipol_addrmap_put(w->map, &p), p.entry.peer < NONE ? 0 : CNIPOL_E_USAGE);
        if (p.entry.peer < NONE)
            list_put(&w->list, &p);
    } else if (choice < 97) {
        w->list.defaults[s->family == 6] = p.entry;
        assert_int_equal(cnipol_addrmap_set_default(w->map, s->family, p.entry), 0);
    } else {
        assert_int_equal(cnipol_addrmap_delete(w->map, &p), list_delete(&w->list, &p) ? 0 : CNIPOL_E_NOTFOUND);
    }
}

static void random_looks(struct world *w, const struct spread *s, uint32_t n)
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

static void reopen(struct world *w)
{
    void *moved = aligned_alloc(64, (w->size + 63) / 64 * 64);

    assert_non_null(moved);
    cnipol_addrmap_close(w->map);
    memcpy(moved, w->block, w->size);
    free(w->block);
    w->block = moved;
    assert_int_equal(cnipol_addrmap_open(w->ctx, w->block, w->size, &w->map), 0);
}

static void test_random_histories(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(spreads); i++) {
        struct world w = new_world(1 << 20, 77 + i);

        for (uint32_t step = 0; step < 6000; step++) {
            random_step(&w, &spreads[i]);
            random_looks(&w, &spreads[i], 2);
            if (step % 500 == 0)
                expect_number(spreads[i].name, "verify", cnipol_addrmap_verify(w.ctx, w.block, w.size), 0);
            if (step % 1500 == 1499)
                reopen(&w);
        }
        while (w.list.n) {
            assert_int_equal(cnipol_addrmap_delete(w.map, &w.list.items[0]), 0);
            list_delete(&w.list, &w.list.items[0]);
            random_looks(&w, &spreads[i], 1);
        }
        expect_number(spreads[i].name, "verify", cnipol_addrmap_verify(w.ctx, w.block, w.size), 0);
        end_world(&w);
    }
}

struct dump {
    const struct list *list;
    struct cnipol_addrmap_prefix last;
    uint32_t n;
};

static int on_prefix(void *user, const struct cnipol_addrmap_prefix *p)
{
    struct dump *dump = user;
    int order = memcmp(dump->last.address, p->address, 16);

    if (dump->n && dump->last.family == p->family && !(order < 0 || (order == 0 && dump->last.length < p->length)))
        fail_msg("prefix %u is out of order", dump->n);
    assert_true(dump->last.family <= p->family);
    for (uint32_t i = 0; i < dump->list->n; i++)
        if (same_prefix(&dump->list->items[i], p)) {
            expect_entry("dump", p->entry, dump->list->items[i].entry);
            dump->last = *p;
            dump->n++;
            return 0;
        }
    fail_msg("prefix %u is not in the list", dump->n);
    return 1;
}

static int stop_at_third(void *user, const struct cnipol_addrmap_prefix *p)
{
    (void)p;
    return ++*(int *)user == 3 ? 42 : 0;
}

static void fill(struct world *w, const struct spread *s, uint32_t n)
{
    while (n--) {
        struct cnipol_addrmap_prefix p = random_prefix(w, s);

        assert_int_equal(cnipol_addrmap_put(w->map, &p), 0);
        list_put(&w->list, &p);
    }
}

static void test_each_in_order(void **state)
{
    struct world w = new_world(1 << 20, 5);
    struct dump dump = {.list = &w.list};
    struct cnipol_addrmap_stats stats;
    int seen = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(spreads); i++)
        fill(&w, &spreads[i], 150);
    assert_int_equal(cnipol_addrmap_each(w.block, on_prefix, &dump), 0);
    assert_int_equal(dump.n, w.list.n);
    assert_int_equal(cnipol_addrmap_each(w.block, stop_at_third, &seen), 42);
    cnipol_addrmap_stats(w.map, &stats);
    assert_int_equal(stats.prefixes4 + stats.prefixes6, w.list.n);
    assert_true(stats.used < stats.size && stats.depth4 <= 9 && stats.depth6 <= 34);
    assert_int_equal(cnipol_addrmap_bytes(w.block), w.size);
    end_world(&w);
}

static void test_batches_answer_alike(void **state)
{
    struct world w = new_world(1 << 20, 6);
    struct cnipol_addrmap_entry out[100];
    uint32_t four[100];
    uint64_t six[100][2];

    (void)state;
    for (size_t i = 0; i < COUNT(spreads); i++)
        fill(&w, &spreads[i], 200);
    for (uint32_t round = 0; round < 200; round++) {
        uint32_t n = below(&w, 101);

        for (uint32_t i = 0; i < n; i++) {
            const struct cnipol_addrmap_prefix *p = &w.list.items[below(&w, w.list.n)];

            four[i] = (uint32_t)p->address[0] << 24 | (uint32_t)p->address[1] << 16 | (uint32_t)p->address[2] << 8 | p->address[3];
            six[i][0] = (uint64_t)four[i] << 32 | (below(&w, 2) ? 0x02440000 : 0);
            six[i][1] = below(&w, 128);
        }
        cnipol_addrmap_find4_batch(w.block, n, four, out);
        for (uint32_t i = 0; i < n; i++)
            expect_entry("batch of IPv4", out[i], cnipol_addrmap_find4(w.block, four[i]));
        cnipol_addrmap_find6_batch(w.block, n, (const uint64_t(*)[2])six, out);
        for (uint32_t i = 0; i < n; i++)
            expect_entry("batch of IPv6", out[i], cnipol_addrmap_find6(w.block, six[i][0], six[i][1]));
    }
    end_world(&w);
}

/* In a block that is full nothing changes but what fits; what is taken out makes room. */
static void fill_up(size_t size, const struct spread *s)
{
    struct world w = new_world(size, size);
    uint32_t refused = 0;

    for (uint32_t step = 0; step < 3000; step++) {
        struct cnipol_addrmap_prefix p = random_prefix(&w, s);
        int rc = cnipol_addrmap_put(w.map, &p);

        if (rc == 0)
            list_put(&w.list, &p);
        else
            expect_number(s->name, "status", rc, CNIPOL_E_LIMIT);
        refused += rc != 0;
        if (rc && below(&w, 2)) {
            p = w.list.items[below(&w, w.list.n)];
            assert_int_equal(cnipol_addrmap_delete(w.map, &p), 0);
            list_delete(&w.list, &p);
        }
        random_looks(&w, s, 1);
        if (rc && refused % 16 == 1)
            expect_number(s->name, "verify", cnipol_addrmap_verify(w.ctx, w.block, w.size), 0);
    }
    expect_number(s->name, "was full", refused > 0, 1);
    while (w.list.n) {
        assert_int_equal(cnipol_addrmap_delete(w.map, &w.list.items[0]), 0);
        list_delete(&w.list, &w.list.items[0]);
    }
    assert_int_equal(cnipol_addrmap_verify(w.ctx, w.block, w.size), 0);
    end_world(&w);
}

static void test_full(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(spreads); i++) {
        if (spreads[i].most < 200 || strstr(spreads[i].name, "corner"))
            continue;
        fill_up(3000, &spreads[i]);
        fill_up(12345, &spreads[i]);
    }
}

/* The size that is said to be enough is, however prefixes are spread. */
static void test_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(spreads); i++)
        for (uint32_t n = 1; n < 3000; n *= 3) {
            struct world w = new_world(cnipol_addrmap_room(n, 64), i);

            for (uint32_t k = 0; k < n; k++) {
                struct cnipol_addrmap_prefix p = random_prefix(&w, &spreads[i]);

                expect_number(spreads[i].name, "status", cnipol_addrmap_put(w.map, &p), 0);
            }
            end_world(&w);
        }
}

/* Any bytes: what verify lets pass can be read, walked and changed without harm. */
static void use(struct world *w, const struct spread *s)
{
    struct cnipol_addrmap *map;
    int seen = -100000;

    if (cnipol_addrmap_open(w->ctx, w->block, w->size, &map))
        return;
    cnipol_addrmap_each(w->block, stop_at_third, &seen);
    for (uint32_t i = 0; i < 40; i++) {
        struct cnipol_addrmap_prefix p = random_prefix(w, s);
        uint32_t pick = below(w, w->list.n);

        cnipol_addrmap_find(w->block, p.family, p.address);
        cnipol_addrmap_find(w->block, w->list.items[pick].family, w->list.items[pick].address);
        cnipol_addrmap_put(map, &p);
        cnipol_addrmap_delete(map, &w->list.items[pick]);
    }
    cnipol_addrmap_close(map);
}

static void test_corrupt(void **state)
{
    uint32_t passed = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(spreads); i++) {
        struct world w = new_world(1 << 16, 99 + i);
        unsigned char *good = malloc(w.size);

        assert_non_null(good);
        fill(&w, &spreads[i], 60);
        memcpy(good, w.block, w.size);
        for (uint32_t round = 0; round < 1500; round++) {
            uint32_t flips = 1 + below(&w, 3);

            while (flips--) {
                uint32_t at = below(&w, 3) ? below(&w, (uint32_t)w.size) : below(&w, 6000);

                ((unsigned char *)w.block)[at] = (unsigned char)(below(&w, 2) ? random_word(&w) : good[below(&w, 6000)]);
            }
            passed += cnipol_addrmap_verify(w.ctx, w.block, w.size) == 0;
            use(&w, &spreads[i]);
            memcpy(w.block, good, w.size);
        }
        for (uint32_t n = 0; n < 400; n++)
            assert_int_equal(cnipol_addrmap_verify(w.ctx, w.block, n), CNIPOL_E_INVALID);
        free(good);
        end_world(&w);
    }
    assert_true(passed > 0);
}

static void test_wrong_arguments(void **state)
{
    struct world w = new_world(1 << 16, 3);
    struct cnipol_addrmap_prefix p = parse("10.0.0.0/8", 1);
    struct cnipol_addrmap *other = NULL;

    (void)state;
    p.family = 5;
    assert_int_equal(cnipol_addrmap_put(w.map, &p), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_addrmap_delete(w.map, &p), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_addrmap_get(w.map, &p), CNIPOL_E_USAGE);
    p.family = 4;
    p.length = 33;
    assert_int_equal(cnipol_addrmap_put(w.map, &p), CNIPOL_E_USAGE);
    p.length = 32;
    p.entry.peer = NONE;
    assert_int_equal(cnipol_addrmap_put(w.map, &p), CNIPOL_E_USAGE);
    p.entry.peer = NONE - 1;
    assert_int_equal(cnipol_addrmap_put(w.map, &p), 0);
    assert_int_equal(cnipol_addrmap_set_default(w.map, 0, p.entry), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_addrmap_set_node(w.map, 64, 0), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_addrmap_find(w.block, 5, p.address).peer, NONE);
    assert_int_equal(cnipol_addrmap_new(w.ctx, (char *)w.block + 4, 4096, 0, &other), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_addrmap_new(w.ctx, w.block, (size_t)2 << 30, 0, &other), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_addrmap_verify(w.ctx, (char *)w.block + 4, 4096), CNIPOL_E_USAGE);
    for (size_t size = 0; size < 400; size++)
        assert_int_equal(cnipol_addrmap_new(w.ctx, w.block, size, 1000, &other), CNIPOL_E_LIMIT);
    assert_null(other);
    cnipol_addrmap_close(NULL);
    end_world(&w);
}

/* Owners 0 and 1 are pods on node 5, 2 a pod on node 6, 3 a pod on none; 4 is node 5, 5 node 6. */
static const uint32_t node_words[] = {5, 5, 6, CNIPOL_ADDRMAP_NO_NODE, 5 | CNIPOL_ADDRMAP_UNPOLICED, 6 | CNIPOL_ADDRMAP_UNPOLICED};

static const struct {
    const char *name;
    uint32_t source, destination, bits;
} relation_rows[] = {
    {"a pod to itself", 0, 0, 1 | 4},
    {"to a pod on its node", 0, 1, 4},
    {"to a pod elsewhere", 0, 2, 0},
    {"a pod on no node to itself", 3, 3, 1},
    {"a pod on no node", 3, 0, 0},
    {"from the node", 4 | OWN, 0, 4 | 8},
    {"from the node, by an address that is not its own", 4, 0, 4 | 8},
    {"to the node", 0, 4 | OWN, 4 | 16},
    {"from another node", 5 | OWN, 0, 0},
    {"a node to itself", 4 | OWN, 4 | OWN, 4},
    {"from a pod that has the node's address", 1 | OWN, 0, 4 | 8},
    {"to a pod that has the node's address", 0, 1 | OWN, 4 | 16},
    {"a pod that has the node's address to itself", 1 | OWN, 1 | OWN, 1 | 4 | 8 | 16},
    {"a pod by its own address and the node's", 1, 1 | OWN, 1 | 4 | 16},
    {"from nobody", NOBODY, 0, 0},
    {"to nobody", 0, NOBODY, 0},
    {"from nobody to nobody", NOBODY, NOBODY, 0},
    {"an owner without a word", 17, 17, 0},
    {"an owner beyond the array", 64, 64, 0},
};

static void test_relations(void **state)
{
    struct world w = new_world(1 << 14, 2);

    (void)state;
    for (uint32_t i = 0; i < COUNT(node_words); i++)
        assert_int_equal(cnipol_addrmap_set_node(w.map, i, node_words[i]), 0);
    for (size_t i = 0; i < COUNT(relation_rows); i++) {
        struct cnipol_addrmap_entry source = {1, relation_rows[i].source}, destination = {1, relation_rows[i].destination};

        expect_number(relation_rows[i].name, "relations", cnipol_addrmap_relations(w.block, source, destination), relation_rows[i].bits);
    }
    end_world(&w);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_nested),
    cmocka_unit_test(test_nest_all_lengths),
    cmocka_unit_test(test_random_histories),
    cmocka_unit_test(test_each_in_order),
    cmocka_unit_test(test_batches_answer_alike),
    cmocka_unit_test(test_full),
    cmocka_unit_test(test_room),
    cmocka_unit_test(test_corrupt),
    cmocka_unit_test(test_wrong_arguments),
    cmocka_unit_test(test_relations),
};

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
