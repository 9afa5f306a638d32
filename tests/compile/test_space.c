/* SPDX-License-Identifier: BSD-2-Clause */
/* Peer ids: which ends share one, and which atoms addresses are cut into. */

/* The tables keep their own layout, which clang-format would take away. */
/* clang-format off */

#include "small.h"

#define DENY .governing = "p", .defaults = {{.outcome = "deny"}}

static const struct bm_stage stages[] = {{"only", DENY, .rules = {
    {"p", .subject = "in:web", .remote = "in:db | net:10.0.0.0/8 !net:10.1.0.0/16", .l4 = "tcp named:http", .outcome = "allow"},
    {"p", .remote = "net:2001:db8::/32 | in:perhaps", .outcome = "allow"},
    {"p", .remote = "net:10.1.2.0/24,10.1.3.0/24,10.1.3.0/25", .outcome = "allow"}}}};
static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
static const struct bm_machine machine = {
    .ends = {{"web-1", "10.0.0.1"}, {"web-2", "10.0.0.2"}, {"web-far", "10.1.0.1"}, {"web-named", "10.0.0.3", "http=80/tcp other=90/tcp"},
             {"web-other", "10.0.0.4", "other=91/tcp"}, {"web-nowhere"}, {"db", "10.0.0.5"}, {"db-6", "2001:db8::5"},
             {"perhaps", "10.0.0.6"}, {"node", "192.168.0.1", .unpoliced = true}},
    .sets = {{"web", "web-1 web-2 web-far web-named web-other web-nowhere"}, {"db", "db db-6"}, {"perhaps", NULL, "perhaps"}},
    .policies = {{"p", "any"}}, .checkpoints = points, .n_checkpoints = 1};

static void test_who_shares_an_id(void **state)
{
    static const struct { const char *a, *b; bool same; } rows[] = {
        {"web-1", "web-2", true},
        {"web-1", "web-far", false},       /* another prefix list holds it */
        {"web-1", "web-named", false},     /* a rule mentions the name of its port */
        {"web-1", "web-other", true},      /* nobody mentions that name */
        {"web-1", "web-nowhere", false},   /* without an address */
        {"web-1", "db", false},            {"db", "db-6", false},
        {"web-1", "perhaps", false},       {"web-1", "node", false},
        {"web-1", "10.0.0.9", false},      /* nobody's, so in no set */
        {"10.0.0.9", "10.2.0.9", true},    {"10.0.0.9", "10.1.0.9", false},
        {"10.1.2.9", "10.1.3.9", true},    {"10.1.3.9", "10.1.3.200", true}, {"10.1.1.255", "10.1.4.0", true}, {"10.1.2.0", "10.1.1.255", false},
        {"11.0.0.0", "9.255.255.255", true}, {"0.0.0.0", "255.255.255.255", true}, {"10.0.0.0", "11.0.0.0", false},
        {"2001:db8::1", "2001:db8:ffff::", true}, {"2001:db9::", "2001:db7:ffff::", true}, {"2001:db8::", "2001:db9::", false},
        {"::", "0.0.0.0", true},           /* no list holds either */
        {"node", "0.0.0.0", true},         /* no rule knows it from the rest of the world */
    };
    struct small small;

    (void)state;
    small_build(&small, &machine);
    for (size_t i = 0; i < BM_COUNT(rows); i++) {
        uint32_t a = small_peer(&small, rows[i].a), b = small_peer(&small, rows[i].b);

        assert_true(a < small.space.n_ids && b < small.space.n_ids);
        if ((a == b) != rows[i].same)
            fail_msg("%s is %u, %s is %u", rows[i].a, a, rows[i].b, b);
    }
    small_free(&small);
}

/* Ids ascend as ends do; sets and prefix lists are of ids. */
static void test_sets_of_ids(void **state)
{
    static const char *const in_order[] = {"web-1", "web-far", "web-named", "web-nowhere", "db", "db-6", "perhaps", "node",
                                           "10.0.0.9", "10.1.0.9", "10.1.2.0", "2001:db8::9"};
    struct small small;

    (void)state;
    small_build(&small, &machine);
    assert_int_equal(small.space.n_ids, BM_COUNT(in_order));
    for (uint32_t i = 0; i < BM_COUNT(in_order); i++)
        assert_int_equal(small_peer(&small, in_order[i]), i);
    assert_string_equal(small_letters(&small, small.space.sets[0]), "yyyy........");
    assert_string_equal(small_letters(&small, small.space.sets[1]), "....yy......");
    assert_string_equal(small_letters(&small, small.space.sets[2]), "......?.....");
    assert_string_equal(small_letters(&small, small.space.prefixes[0]), "yyy?y.y.yyy."); /* 10/8; who has no address may be anywhere */
    assert_string_equal(small_letters(&small, small.space.prefixes[1]), ".y.?.....yy.");
    assert_string_equal(small_letters(&small, small.space.prefixes[2]), "...?.y.....y");
    assert_string_equal(small_letters(&small, small.space.prefixes[3]), "...?......y.");
    small_free(&small);
}

/* What ends know nothing of is nobody. */
static void test_nobody(void **state)
{
    const struct np_ip none = {0};
    struct small small;

    (void)state;
    small_build(&small, &machine);
    assert_int_equal(np_space_peer(&small.space, NP_NONE, &none), NP_NONE);
    assert_int_equal(np_space_peer(&small.space, 99, &none), NP_NONE);
    assert_int_equal(np_space_peer(&small.space, 5, &none), small_peer(&small, "web-nowhere"));
    small_free(&small);
}

/* An address that an end has besides those that are known is as good as one in the same lists. */
static void test_another_address_of_an_end(void **state)
{
    static const struct { const char *ip; const char *like; } rows[] = {
        {"10.0.0.1", "web-1"}, {"10.200.0.1", "web-1"}, {"10.1.0.1", NULL}, {"2001:db8::1", NULL}};
    struct small small;

    (void)state;
    small_build(&small, &machine);
    for (size_t i = 0; i < BM_COUNT(rows); i++) {
        struct np_ip ip;

        assert_true(np_ip_parse(np_str_of(rows[i].ip), &ip, NULL));
        assert_int_equal(np_space_peer(&small.space, 0, &ip), rows[i].like ? small_peer(&small, rows[i].like) : NP_NONE);
    }
    small_free(&small);
}

/* Host-network pods that are asked as their node: no ids of their own, and the node has their addresses, too. */
static void test_as_node(void **state)
{
    static const struct { bool as_pod; bool same; } rows[] = {{false, true}, {true, false}};

    (void)state;
    for (size_t i = 0; i < BM_COUNT(rows); i++) {
        struct small small;

        small_build(&small, &machine);
        np_space_free(&small.space);
        small.pods[6].host_network = true; /* db */
        small.node_of[6] = 0;
        small.model.host_network_as_pod = rows[i].as_pod;
        assert_int_equal(np_space_init(&small.space, &small.model, &small.built.mem, &small.idsets), 0);
        assert_int_equal(small_peer(&small, "db") == NP_NONE, rows[i].same);
        assert_int_equal(np_space_peer(&small.space, 9, &small.built.ends[6].ip) != NP_NONE, rows[i].same);
        small_free(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_shares_an_id), cmocka_unit_test(test_sets_of_ids),              cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_as_node),          cmocka_unit_test(test_another_address_of_an_end),
    };

    return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
