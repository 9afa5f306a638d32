/* SPDX-License-Identifier: BSD-2-Clause */
/* Guarded outcomes: three engines' ways to miss, unknown guards, no request at hand, flags and authentication. */

/* The tables keep their own layout, which clang-format would take away. */
/* clang-format off */

#include "build_machine.h"

#define ENDS {{"web", "10.0.0.1"}, {"db", "10.0.0.2"}}
#define SETS {{"all", "web db"}}
#define POLICIES {{"p", "in:all"}, {"q", "in:all"}}
#define MACHINE(of) {.ends = ENDS, .sets = SETS, .policies = POLICIES, .checkpoints = of, .n_checkpoints = BM_COUNT(of)}

/* Behind each guarded rule on a port stands a rule that denies it, or allows it (ports from 50). */
static const struct bm_stage tier[] = {
    {"tier", .pass_to = "2", .rules = {
        {"p", 1, .l4 = "port:1", .outcome = "yes=>allow else next"},
        {"p", 2, .l4 = "port:2", .outcome = "no=>allow else next"},
        {"p", 3, .l4 = "port:3", .outcome = "?=>allow else next"},
        {"p", 4, .l4 = "port:4", .outcome = "no=>allow yes=>deny yes=>allow else allow"},
        {"p", 5, .l4 = "port:5", .outcome = "no=>allow ?=>deny else deny"},
        {"p", 6, .l4 = "port:6", .outcome = "yes=>next else allow"},
        {"p", 7, .l4 = "port:7", .outcome = "yes=>pass else allow"},
        {"p", 8, .l4 = "port:8", .outcome = "no=>deny else pass"},
        {"p", 9, .l4 = "port:9", .outcome = "?=>pass:1 else deny"},
        {"p", 10, .l4 = "port:10", .outcome = "yes=>undefined else allow"},
        {"p", 11, .l4 = "port:11", .outcome = "yes=>log else allow"},
        {"p", 12, .l4 = "port:52", .outcome = "no=>deny else next"},
        {"p", 13, .l4 = "port:53", .outcome = "?=>deny else next"},
        {"p", 14, .l4 = "port:54", .outcome = "?=>allow else next"},
        {"q", 20, .l4 = "port:50-60", .outcome = "allow"},
        {"q", 21, .outcome = "deny"}}},
    {"one", .rules = {{"p", 1, .outcome = "allow"}}},
    {"two", .rules = {{"p", 1, .l4 = "port:7", .outcome = "deny"}}},
};

static void test_with_a_request(void **state)
{
    static const struct bm_checkpoint points[] = {BM_INGRESS(tier)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1 request", "allow"},  {"web db tcp:2 request", "deny"},   {"web db tcp:3 request", "undefined"},
        {"web db tcp:4 request", "deny"},   {"web db tcp:5 request", "deny"},   {"web db tcp:6 request", "deny"},
        {"web db tcp:7 request", "deny"},   {"web db tcp:8 request", "allow"},  {"web db tcp:9 request", "undefined"},
        {"web db tcp:10 request", "undefined"}, {"web db tcp:11 request", "deny"}, {"web db tcp:52 request", "allow"},
        {"web db tcp:53 request", "undefined"}, {"web db tcp:54 request", "allow"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

/* The proxy decides, so long as the packet gets that far. */
static void test_without_a_request(void **state)
{
    static const struct bm_stage stages[] = {
        {"tier", .rules = {
            {"p", 1, .l4 = "port:1", .outcome = "yes=>allow else deny"},
            {"p", 2, .l4 = "port:2", .outcome = "deny"}, {"p", 3, .l4 = "port:2", .outcome = "yes=>allow else deny"},
            {"p", 4, .l4 = "port:3", .outcome = "yes=>allow else next"}, {"p", 5, .l4 = "port:3", .outcome = "deny"},
            {"p", 6, .l4 = "port:4 ?", .outcome = "yes=>allow else deny"}, {"p", 7, .l4 = "port:4", .outcome = "allow"},
            {"p", 8, .l4 = "port:5 ?", .outcome = "yes=>allow else deny"}, {"p", 9, .l4 = "port:5", .outcome = "yes=>allow else deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1", "redirect"}, {"web db tcp:2", "deny"}, {"web db tcp:3", "redirect"}, {"web db tcp:4", "undefined"},
        {"web db tcp:5", "redirect"}, {"web db tcp:6", "allow"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

static void test_redirect_between_the_ends(void **state)
{
    static const struct bm_stage l7[] = {{"l7", .rules = {{"p", 1, .outcome = "yes=>allow else deny"}}}};
    static const struct bm_stage l4[] = {{"l4", .rules = {{"p", 1, .l4 = "port:1", .outcome = "deny"}, {"p", 2, .l4 = "port:2", .outcome = "undefined"}}}};
    static const struct bm_checkpoint points[] = {BM_EGRESS(l7), BM_INGRESS(l4)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1", "deny"}, {"web db tcp:2", "undefined"}, {"web db tcp:3", "redirect"},
        {"web db tcp:2 request", "undefined"}, {"web db tcp:3 request", "allow"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

static const struct {
    const char *question, *expected;
    uint32_t flags, auth;
} attributes[] = {
    {"web db tcp:1", "deny", NP_OUTCOME_REJECT, 0},
    {"web db tcp:2", "allow", NP_OUTCOME_LOG | NP_OUTCOME_AUDIT, 2},
    /* The else's reject is no part of an allow. */
    {"web db tcp:3 request", "allow", NP_OUTCOME_LOG, 3},
    {"web db tcp:4 request", "deny", NP_OUTCOME_REJECT | NP_OUTCOME_AUDIT, 0},
    {"web db tcp:3", "redirect", 0, 0},
    {"web db tcp:4", "redirect", NP_OUTCOME_AUDIT, 0},
    /* A default's and an end's count as well; a rule that was not reached does not. */
    {"web db tcp:5", "deny", NP_OUTCOME_REJECT | NP_OUTCOME_LOG, 0},
    {"web 10.9.9.9 tcp:6", "allow", NP_OUTCOME_AUDIT, 0},
    {"web db tcp:7", "allow", NP_OUTCOME_LOG, 1},
    {"web db tcp:8", "allow", NP_OUTCOME_LOG, 0},
};

static void test_flags_and_authentication(void **state)
{
    static const struct bm_stage stages[] = {{"tier", .governing = "p", .rules = {
        {"p", 1, .l4 = "port:1", .outcome = "deny+reject"},
        {"p", 2, .l4 = "port:2", .outcome = "allow+log+audit+auth:2"},
        {"p", 3, .l4 = "port:2", .outcome = "deny+reject+auth:9"},
        {"p", 4, .l4 = "port:3", .outcome = "yes=>allow+log+auth:3 else deny+reject"},
        {"p", 5, .l4 = "port:4", .outcome = "no=>allow+log+auth:3 else deny+reject+audit"},
        {"p", 6, .l4 = "port:7", .outcome = "pass+log+auth:1"}, {"p", 7, .l4 = "port:8", .outcome = "log"},
        {"p", 8, .l4 = "port:8", .outcome = "allow"}},
        .defaults = {{.l4 = "port:5", .outcome = "deny+reject+log"}, {.outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {
        {.name = "ingress", .direction = NP_END_DESTINATION, .subject = NP_END_DESTINATION, .stages = stages, .n_stages = 1, .at_end = "allow+audit"}};
    static const struct bm_machine machine = MACHINE(points);
    struct bm_built built;

    (void)state;
    bm_build(&built, &machine);
    for (size_t i = 0; i < BM_COUNT(attributes); i++) {
        struct np_evaluation answer = bm_ask(&built, attributes[i].question);
        uint32_t end = strcmp(attributes[i].question, "web db tcp:7") == 0 ? NP_OUTCOME_AUDIT : 0;

        if (strcmp(bm_decision(answer.decision), attributes[i].expected) != 0 || answer.flags != (attributes[i].flags | end) ||
            answer.auth != attributes[i].auth)
            fail_msg("%s: %s, flags %u, authentication %u", attributes[i].question, bm_decision(answer.decision), answer.flags, answer.auth);
    }
    bm_free(&built);
}

static void test_guards_on_defaults_and_ends(void **state)
{
    static const struct bm_stage stages[] = {{"tier", .governing = "p", .defaults = {
        {.l4 = "port:1", .outcome = "yes=>allow else deny"}, {.l4 = "port:2", .outcome = "?=>allow else deny"}, {.outcome = "pass"}}}};
    static const struct bm_checkpoint points[] = {
        {.name = "ingress", .direction = NP_END_DESTINATION, .subject = NP_END_DESTINATION, .stages = stages, .n_stages = 1,
         .at_end = "no=>allow else deny"}};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1 request", "allow"}, {"web db tcp:1", "redirect"}, {"web db tcp:2 request", "undefined"}, {"web db tcp:3 request", "deny"},
        {"web db tcp:3", "redirect"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_with_a_request),
        cmocka_unit_test(test_without_a_request),
        cmocka_unit_test(test_redirect_between_the_ends),
        cmocka_unit_test(test_flags_and_authentication),
        cmocka_unit_test(test_guards_on_defaults_and_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
