/* SPDX-License-Identifier: BSD-2-Clause */
/* First match: order, log, pass, ties, staged policies, exempt stages, what nobody matched. */

/* The tables keep their own layout, which clang-format would take away. */
/* clang-format off */

#include "build_machine.h"

#define ENDS {{"web", "10.0.0.1"}, {"db", "10.0.0.2"}, {"cache", "10.0.0.3"}, {"host", "192.168.0.1", .unpoliced = true}}
#define SETS {{"web", "web"}, {"db", "db"}, {"all", "web db cache"}, {"cache", "cache"}}
#define MACHINE(of) {.ends = ENDS, .sets = SETS, .policies = POLICIES, .checkpoints = of, .n_checkpoints = BM_COUNT(of)}
#define POLICIES {{"a", "in:all"}, {"b", "in:all"}, {"c", "in:all"}, {"staged", "in:all", .is_staged = true}}

static void test_the_first_match_decides(void **state)
{
    static const struct bm_stage stages[] = {{"tier", .rules = {
        {"a", 1, .remote = "in:web", .l4 = "tcp port:80", .outcome = "allow"},
        {"a", 2, .remote = "in:web", .l4 = "tcp port:80-90", .outcome = "deny"},
        {"b", 3, .remote = "in:web | in:cache", .outcome = "allow"},
        {"c", 4, .subject = "in:db", .outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:80", "allow"},   {"web db tcp:81", "deny"},   {"web db tcp:90", "deny"}, {"web db tcp:91", "allow"},
        {"web db udp:80", "allow"},   {"cache db tcp:80", "allow"}, {"host db tcp:80", "deny"}, {"- db", "deny"},
        {"host web tcp:80", "allow"}, {"db db tcp:80", "deny"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

static void test_log_notes_and_searches_on(void **state)
{
    static const struct bm_stage stages[] = {{"tier", .rules = {
        {"a", 1, .remote = "in:web", .outcome = "log"},
        {"a", 2, .remote = "in:db", .outcome = "log+audit"},
        {"b", 3, .remote = "in:web", .outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct {
        const char *question, *expected;
        uint32_t flags;
    } rows[] = {
        {"web cache", "deny", NP_OUTCOME_LOG},
        {"db cache", "allow", NP_OUTCOME_LOG | NP_OUTCOME_AUDIT},
        {"host cache", "allow", 0},
    };
    struct bm_built built;

    (void)state;
    bm_build(&built, &machine);
    for (size_t i = 0; i < BM_COUNT(rows); i++) {
        struct np_evaluation answer = bm_ask(&built, rows[i].question);

        assert_string_equal(bm_decision(answer.decision), rows[i].expected);
        assert_int_equal(answer.flags, rows[i].flags);
    }
    bm_free(&built);
}

static void test_next_is_no_match(void **state)
{
    static const struct bm_stage stages[] = {{"tier", .rules = {{"a", 1, .outcome = "next"}, {"a", 2, .outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {{"web db", "deny"}};

    (void)state;
    BM_EXPECT(&machine, rows);
}

/* Four stages: 0 passes here and there, 1 denies tcp, 2 denies udp, 3 denies sctp; the end allows. */
static void test_pass_leads_to_a_stage(void **state)
{
    static const struct bm_stage stages[] = {
        {"zero", .pass_to = "2", .rules = {
            {"a", 1, .l4 = "port:1", .outcome = "pass:1"},
            {"a", 2, .l4 = "port:2", .outcome = "pass:2"},
            {"a", 3, .l4 = "port:3", .outcome = "pass:3"},
            {"a", 4, .l4 = "port:4", .outcome = "pass:4"},
            {"a", 5, .l4 = "port:5", .outcome = "pass:60000"},
            {"a", 6, .l4 = "port:6", .outcome = "pass:0"},
            {"a", 7, .l4 = "port:7", .outcome = "pass"}}},
        {"one", .pass_to = "0", .rules = {{"b", 1, .l4 = "port:9", .outcome = "pass"}, {"a", 2, .l4 = "tcp", .outcome = "deny"}}},
        {"two", .rules = {{"a", 1, .l4 = "udp", .outcome = "deny"}}},
        {"three", .rules = {{"a", 1, .l4 = "sctp", .outcome = "deny"}}},
    };
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1", "deny"},  {"web db udp:1", "deny"},  {"web db sctp:1", "deny"},
        {"web db tcp:2", "allow"}, {"web db udp:2", "deny"},  {"web db sctp:2", "deny"},
        {"web db tcp:3", "allow"}, {"web db udp:3", "allow"}, {"web db sctp:3", "deny"},
        {"web db tcp:4", "allow"}, {"web db udp:4", "allow"}, {"web db sctp:4", "allow"},
        {"web db tcp:5", "allow"}, {"web db sctp:5", "allow"},
        /* Backwards, or to itself: the next stage, never a loop and never past a deny. */
        {"web db tcp:6", "deny"},  {"web db udp:6", "deny"},
        {"web db tcp:7", "allow"}, {"web db udp:7", "deny"},
        {"web db tcp:9", "allow"}, {"web db udp:9", "deny"},
        {"web db tcp:8", "deny"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

/* A pass that leaves a checkpoint without an opinion must not come back to the rules behind it. */
static void test_a_pass_to_the_end_does_not_fall_back(void **state)
{
    static const struct bm_stage deny_behind[] = {{"tier", .rules = {{"a", 1, .remote = "in:web", .outcome = "pass"}, {"a", 2, .outcome = "deny"}}}};
    static const struct bm_stage deny_next[] = {{"tier", .rules = {{"a", 1, .outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {
        {.name = "host", .direction = NP_END_DESTINATION, .subject = NP_END_DESTINATION, .stages = deny_behind, .n_stages = 1,
         .at_end = "next", .after_allow = NP_AFTER_ALLOW_END}};
    static const struct bm_checkpoint two[] = {
        {.name = "host", .direction = NP_END_DESTINATION, .subject = NP_END_DESTINATION, .stages = deny_behind, .n_stages = 1,
         .at_end = "next", .after_allow = NP_AFTER_ALLOW_END},
        BM_INGRESS(deny_next)};
    static const struct bm_machine machine = MACHINE(points), with_second = MACHINE(two);
    static const struct bm_row rows[] = {{"web db", "allow"}, {"cache db", "deny"}};
    static const struct bm_row rows_with_second[] = {{"web db", "deny"}, {"cache db", "deny"}};

    (void)state;
    BM_EXPECT(&machine, rows);
    BM_EXPECT(&with_second, rows_with_second);
}

static void test_equal_rank_keeps_order_across_policies(void **state)
{
    static const struct bm_stage stages[] = {{"tier", .rules = {
        {"a", 5, 5, .remote = "in:web", .outcome = "allow"},
        {"b", 5, 5, .remote = "in:all", .outcome = "deny"},
        {"a", 7, 7, .remote = "in:cache", .outcome = "allow"},
        {"c", 9, 9, .outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {{"web db", "allow"}, {"cache db", "deny"}, {"host db", "deny"}};

    (void)state;
    BM_EXPECT(&machine, rows);
}

static void test_ties_that_disagree_are_undefined(void **state)
{
    static const struct bm_stage stages[] = {{"tier", .ties_undefined = true, .rules = {
        {"a", 1, 1, .l4 = "port:1", .outcome = "allow"},  {"b", 1, 1, .l4 = "port:1", .outcome = "deny"},
        {"a", 2, 2, .l4 = "port:2", .outcome = "allow"},  {"b", 2, 2, .l4 = "port:2", .outcome = "allow"},
        {"a", 3, 3, .l4 = "port:3", .outcome = "allow"},  {"a", 3, 3, .l4 = "port:3", .outcome = "deny"},
        {"a", 4, 4, .l4 = "port:4", .outcome = "allow"},  {"b", 5, 5, .l4 = "port:4", .outcome = "deny"},
        {"a", 6, 6, .l4 = "port:6", .outcome = "allow"},  {"staged", 6, 6, .l4 = "port:6", .outcome = "deny"},
        {"a", 7, 7, .l4 = "port:7", .outcome = "allow"},  {"b", 7, 7, .l4 = "port:7", .outcome = "log"},
        {"a", 8, 8, .l4 = "port:8", .outcome = "pass:9"}, {"b", 8, 8, .l4 = "port:8", .outcome = "pass:1"},
        {"a", 9, 9, .l4 = "port:9", .outcome = "allow"},  {"b", 9, 9, .l4 = "port:9", .outcome = "allow"},
        {"b", 9, 9, .l4 = "port:9", .outcome = "deny"},   {"c", 10, 9, .l4 = "port:9", .outcome = "allow"}}},
        {"next", .rules = {{"a", 1, .l4 = "port:8", .outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1", "undefined"}, {"web db tcp:2", "allow"}, {"web db tcp:3", "allow"}, {"web db tcp:4", "allow"},
        {"web db tcp:6", "allow"},     {"web db tcp:7", "allow"}, {"web db tcp:8", "undefined"}, {"web db tcp:9", "allow"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

/* What another policy of the tie says is settled by its first sure match only. */
static void test_ties_with_unknown_matches(void **state)
{
    static const struct bm_stage stages[] = {{"tier", .ties_undefined = true, .rules = {
        {"a", 1, 1, .l4 = "port:1", .outcome = "allow"},
        {"b", 1, 1, .l4 = "port:1 ?", .outcome = "allow"}, {"b", 1, 1, .l4 = "port:1", .outcome = "deny"},
        {"a", 2, 2, .l4 = "port:2", .outcome = "deny"},
        {"b", 2, 2, .l4 = "port:2", .outcome = "yes=>allow else deny"},
        {"a", 3, 3, .l4 = "port:3", .outcome = "allow"},   {"b", 3, 3, .l4 = "port:3 ?", .outcome = "deny"},
        {"a", 4, 4, .l4 = "port:4", .outcome = "allow"},   {"b", 4, 4, .l4 = "port:4 ?", .outcome = "allow"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1", "undefined"}, {"web db tcp:2 request", "undefined"}, {"web db tcp:2", "undefined"},
        {"web db tcp:3", "undefined"}, {"web db tcp:4", "allow"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

static void test_staged_policies_are_a_second_scope(void **state)
{
    static const struct bm_stage stages[] = {
        {"tier", .rules = {{"staged", 1, .l4 = "port:80", .outcome = "deny"}, {"a", 2, .remote = "in:web", .outcome = "pass"}}},
        {"governed", .governing = "staged", .defaults = {{.outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine enforced = MACHINE(points);
    static const struct bm_machine staged = {.ends = ENDS, .sets = SETS, .policies = POLICIES, .checkpoints = points, .n_checkpoints = 1,
                                             .staged_scope = true};
    static const struct bm_row now[] = {{"web db tcp:80", "allow"}, {"web db tcp:81", "allow"}};
    static const struct bm_row later[] = {{"web db tcp:80", "deny"}, {"web db tcp:81", "deny"}, {"web host tcp:81", "allow"}};

    (void)state;
    BM_EXPECT(&enforced, now);
    BM_EXPECT(&staged, later);
}

static void test_exempt_comes_first(void **state)
{
    static const struct bm_stage stages[] = {
        {"exempt", .rules = {{.l4 = "self", .outcome = "allow"}, {.l4 = "own-node", .outcome = "allow"}, {.l4 = "icmpv6 type:133-137", .outcome = "allow"}}},
        {"tier", .rules = {{"a", 1, .outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"db db self", "allow"}, {"db db hairpin", "deny"}, {"host db own-node", "allow"}, {"host db same-node", "deny"},
        {"host db icmpv6:135/0", "allow"}, {"host db icmpv6:128/0", "deny"}, {"host db icmp:135/0", "deny"}, {"web db", "deny"},
        {"web db icmpv6", "undefined"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

static void test_nobody_governs_an_ordered_tier(void **state)
{
    static const struct bm_stage stages[] = {{"tier", .rules = {{"a", 1, .l4 = "port:1", .outcome = "deny"}}, .defaults = {{.outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {{"web db tcp:1", "deny"}, {"web db tcp:2", "allow"}};

    (void)state;
    BM_EXPECT(&machine, rows);
}

/* Any unknown pass opens two ways; the ways must not double with every stage. */
static void test_sixty_unknown_passes_end_in_time(void **state)
{
    static struct bm_stage stages[60];
    static struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {{"web db", "deny"}};

    (void)state;
    for (size_t i = 0; i < BM_COUNT(stages); i++)
        stages[i] = (struct bm_stage){"tier", .rules = {{"a", 1, .l4 = "?", .outcome = "pass"}, {"a", 2, .l4 = "?", .outcome = "pass:61"}}};
    machine.checkpoints = points;
    points[0].at_end = "deny";
    BM_EXPECT(&machine, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_match_decides),
        cmocka_unit_test(test_log_notes_and_searches_on),
        cmocka_unit_test(test_next_is_no_match),
        cmocka_unit_test(test_pass_leads_to_a_stage),
        cmocka_unit_test(test_a_pass_to_the_end_does_not_fall_back),
        cmocka_unit_test(test_equal_rank_keeps_order_across_policies),
        cmocka_unit_test(test_ties_that_disagree_are_undefined),
        cmocka_unit_test(test_ties_with_unknown_matches),
        cmocka_unit_test(test_staged_policies_are_a_second_scope),
        cmocka_unit_test(test_exempt_comes_first),
        cmocka_unit_test(test_nobody_governs_an_ordered_tier),
        cmocka_unit_test(test_sixty_unknown_passes_end_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
