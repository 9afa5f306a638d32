/* SPDX-License-Identifier: BSD-2-Clause */
/* The address map in tables: nested prefixes, order, batches, relations, wrong arguments. */

#include "image/addrmap_world.h"

#include "base/ip.h"

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
    p.entry.peer = NONE + 1;
    assert_int_equal(cnipol_addrmap_put(w.map, &p), CNIPOL_E_USAGE);
    p.entry.peer = NONE;
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
    cmocka_unit_test(test_nested),          cmocka_unit_test(test_nest_all_lengths),
    cmocka_unit_test(test_each_in_order),   cmocka_unit_test(test_batches_answer_alike),
    cmocka_unit_test(test_wrong_arguments), cmocka_unit_test(test_relations),
};

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
