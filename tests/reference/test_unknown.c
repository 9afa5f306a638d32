/* SPDX-License-Identifier: BSD-2-Clause */
/* Unknowns in first-match stages: where they change the answer it is undefined, and nowhere else. */

/* The tables keep their own layout, which clang-format would take away. */
/* clang-format off */

#include "build_machine.h"

#define ENDS {{"web", "10.0.0.1"}, {"db", "10.0.0.2"}, {"blur", "10.0.0.3"}, {"draft"}}
#define SETS {{"known", "web db"}, {"perhaps", NULL, "blur"}, {"all", "web db blur draft"}}
#define POLICIES {{"p", "in:all"}, {"q", "in:perhaps"}, {"r", "in:perhaps"}, {"staged", "in:perhaps", .is_staged = true}}
#define MACHINE(of) {.ends = ENDS, .sets = SETS, .policies = POLICIES, .checkpoints = of, .n_checkpoints = BM_COUNT(of)}

static void test_an_unknown_rule(void **state)
{
    static const struct bm_stage stages[] = {{"tier", .rules = {
        {"p", 1, .l4 = "port:1 ?", .outcome = "allow"}, {"p", 2, .l4 = "port:1", .outcome = "deny"},
        {"p", 3, .l4 = "port:2 ?", .outcome = "deny"},
        {"p", 4, .l4 = "port:3 ?", .outcome = "allow"}, {"p", 5, .l4 = "port:3 ?", .outcome = "allow"},
        {"p", 6, .l4 = "port:4 ?", .outcome = "deny"}, {"p", 7, .l4 = "port:4", .outcome = "deny"},
        {"p", 8, .l4 = "port:5", .outcome = "deny"}, {"p", 9, .l4 = "port:5 ?", .outcome = "allow"},
        {"p", 10, .l4 = "port:6 ?", .outcome = "log"}, {"p", 11, .l4 = "port:7 ?", .outcome = "next"},
        {"p", 12, .l4 = "port:8 ?", .outcome = "undefined"}, {"p", 13, .l4 = "port:8", .outcome = "allow"},
        {"p", 14, .l4 = "port:9 !?", .outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1", "undefined"}, {"web db tcp:2", "undefined"}, {"web db tcp:3", "allow"}, {"web db tcp:4", "deny"},
        {"web db tcp:5", "deny"}, {"web db tcp:6", "allow"}, {"web db tcp:7", "allow"}, {"web db tcp:8", "undefined"},
        {"web db tcp:9", "undefined"}, {"web db tcp:10", "allow"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

/* In each place of a rule. */
static void test_an_unknown_place(void **state)
{
    static const struct bm_stage stages[] = {{"tier", .rules = {
        {"p", 1, .subject = "in:perhaps", .l4 = "port:1", .outcome = "deny"},
        {"p", 2, .remote = "in:perhaps", .l4 = "port:2", .outcome = "deny"},
        {"p", 3, .local = "net:10.0.0.0/8", .l4 = "port:3", .outcome = "deny"},
        {"p", 4, .remote = "net:10.0.0.0/8", .l4 = "port:4", .outcome = "deny"},
        {"p", 5, .remote = "!net:10.0.0.0/8", .l4 = "port:5", .outcome = "deny"},
        {"p", 6, .l4 = "port:6 sport:1-1023", .outcome = "deny"},
        {"p", 7, .l4 = "icmp type:8", .outcome = "deny"},
        {"p", 8, .subject = "in:perhaps", .remote = "in:known", .l4 = "port:7", .outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web blur tcp:1", "undefined"}, {"web db tcp:1", "allow"},    {"blur db tcp:2", "undefined"}, {"web db tcp:2", "allow"},
        {"web draft tcp:3", "undefined"}, {"web db tcp:3", "deny"},    {"draft db tcp:4", "undefined"}, {"draft db tcp:5", "undefined"},
        {"web db tcp:5", "allow"},       {"web db tcp:6", "undefined"}, {"web db tcp:6 sport:22", "deny"}, {"web db tcp:6 sport:40000", "allow"},
        {"web db icmp", "undefined"},    {"web db icmp:8/0", "deny"},  {"web db icmp:0/0", "allow"},
        /* One part unknown, another false: no match. */
        {"draft blur tcp:7", "allow"},   {"web blur tcp:7", "undefined"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

static void test_an_unknown_pass(void **state)
{
    static const struct bm_stage stages[] = {
        {"zero", .pass_to = "2", .rules = {
            {"p", 1, .l4 = "port:1 ?", .outcome = "pass"}, {"p", 2, .l4 = "port:1", .outcome = "deny"},
            {"p", 3, .l4 = "port:2 ?", .outcome = "pass"}, {"p", 4, .l4 = "port:2", .outcome = "allow"},
            {"p", 5, .l4 = "port:3 ?", .outcome = "pass"},
            {"p", 6, .l4 = "port:4 ?", .outcome = "pass:9"}, {"p", 7, .l4 = "port:4", .outcome = "deny"}}},
        {"one", .rules = {{"p", 1, .l4 = "port:3", .outcome = "deny"}}},
        {"two", .rules = {{"p", 1, .l4 = "port:1", .outcome = "deny"}, {"p", 2, .l4 = "port:2", .outcome = "allow"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_checkpoint silent[] = {
        {.name = "ingress", .direction = NP_END_DESTINATION, .subject = NP_END_DESTINATION, .stages = stages, .n_stages = 3, .at_end = "next"}};
    static const struct bm_machine machine = MACHINE(points), silent_machine = MACHINE(silent);
    static const struct bm_row rows[] = {
        {"web db tcp:1", "deny"}, {"web db tcp:2", "allow"}, {"web db tcp:3", "undefined"}, {"web db tcp:4", "undefined"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
    BM_EXPECT(&silent_machine, rows);
}

static void test_unknown_governance_and_defaults(void **state)
{
    static const struct bm_stage stages[] = {
        {"by q", .governing = "q staged", .rules = {{"q", 1, .l4 = "port:1", .outcome = "allow"}}, .defaults = {
            {.l4 = "port:2", .outcome = "allow"}, {.l4 = "port:3 ?", .outcome = "allow"}, {.l4 = "port:4 ?", .outcome = "deny"}, {.outcome = "deny"}}},
        {"by r", .governing = "r", .rules = {{"p", 1, .subject = "in:known", .l4 = "port:5", .outcome = "deny"}}, .defaults = {
            {.remote = "in:perhaps", .outcome = "allow"}, {.l4 = "port:9", .outcome = "undefined"}, {.outcome = "allow"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web blur tcp:1", "allow"}, {"web blur tcp:2", "allow"}, {"web blur tcp:3", "undefined"}, {"web blur tcp:4", "undefined"},
        {"web blur tcp:9", "undefined"}, {"web db tcp:4", "allow"}, {"web db tcp:5", "deny"}, {"blur blur tcp:2", "allow"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

static void test_unknown_default_of_the_governed(void **state)
{
    static const struct bm_stage stages[] = {{"tier", .governing = "p", .defaults = {
        {.remote = "in:perhaps", .l4 = "port:1", .outcome = "allow"}, {.l4 = "port:2 ?", .outcome = "deny"}, {.l4 = "port:3 ?", .outcome = "pass"},
        {.outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"blur db tcp:1", "undefined"}, {"web db tcp:1", "deny"}, {"web db tcp:2", "deny"}, {"web db tcp:3", "undefined"}, {"web db tcp:4", "deny"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

/* An unknown at one end cannot matter where the other denies. */
static void test_across_the_ends(void **state)
{
    static const struct bm_stage egress[] = {{"e", .rules = {{"p", 1, .l4 = "port:1-2 ?", .outcome = "deny"}}}};
    static const struct bm_stage ingress[] = {{"i", .rules = {{"p", 1, .l4 = "port:1", .outcome = "deny"}, {"p", 2, .l4 = "port:2", .outcome = "yes=>allow else deny"}}}};
    static const struct bm_checkpoint points[] = {BM_EGRESS(egress), BM_INGRESS(ingress)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {{"web db tcp:1", "deny"}, {"web db tcp:2", "undefined"}, {"web db tcp:3", "allow"}};

    (void)state;
    BM_EXPECT(&machine, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_unknown_rule),
        cmocka_unit_test(test_an_unknown_place),
        cmocka_unit_test(test_an_unknown_pass),
        cmocka_unit_test(test_unknown_governance_and_defaults),
        cmocka_unit_test(test_unknown_default_of_the_governed),
        cmocka_unit_test(test_across_the_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
