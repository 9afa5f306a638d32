/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy map: deny wins, longest L4 match, exact peer before any, equal keys merge L7 rules and authentication. */

/* The tables keep their own layout, which clang-format would take away. */
/* clang-format off */

#include "build_machine.h"

#define ENDS {{"web", "10.0.0.1"}, {"db", "10.0.0.2", "sql=5432/tcp"}, {"cache", "10.0.0.3"}, {"free", "10.0.0.4"}}
#define SETS {{"web", "web"}, {"db", "db"}, {"all", "web db cache"}, {"perhaps", NULL, "web"}}
#define POLICIES {{"p", "in:all"}, {"q", "in:all"}}
#define MACHINE(of) {.ends = ENDS, .sets = SETS, .policies = POLICIES, .checkpoints = of, .n_checkpoints = BM_COUNT(of)}
#define DENY .governing = "p", .defaults = {{.outcome = "deny"}}
#define MAP NP_COMBINE_MAP

static void test_precedence(void **state)
{
    static const struct bm_stage stages[] = {{"map", MAP, DENY, .rules = {
        /* deny wins over any specificity */
        {"p", .remote = "in:web", .l4 = "tcp port:1", .outcome = "allow"}, {"q", .l4 = "tcp", .outcome = "next"},
        {"q", .remote = "in:web", .l4 = "tcp port:1-10", .outcome = "deny"},
        /* the port before the range before the protocol before all */
        {"p", .remote = "in:all", .l4 = "tcp port:80", .outcome = "yes=>allow else deny"},
        {"p", .remote = "in:all", .l4 = "tcp port:80-95", .outcome = "no=>allow else deny"},
        {"p", .remote = "in:all", .l4 = "tcp port:64-127", .outcome = "allow"},
        {"p", .remote = "in:web", .l4 = "udp", .outcome = "no=>allow else deny"},
        {"p", .remote = "in:web", .l4 = "any", .outcome = "allow"},
        /* exact peer before any, with the same L4 */
        {"p", .l4 = "tcp port:443", .outcome = "no=>allow else deny"},
        {"p", .remote = "in:web", .l4 = "tcp port:443", .outcome = "allow"},
        /* but the longer L4 match before the exact peer */
        {"p", .l4 = "tcp port:444", .outcome = "no=>allow else deny"},
        /* a named port is as long as a number */
        {"p", .l4 = "tcp named:sql/tcp", .outcome = "yes=>allow else deny"},
        {"p", .l4 = "tcp port:5432-5433", .outcome = "no=>allow else deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1", "deny"},           {"web db tcp:11", "allow"},
        {"web db tcp:80 request", "allow"}, {"web db tcp:81 request", "deny"}, {"web db tcp:96", "allow"},
        {"web db tcp:80", "redirect"},      {"web db tcp:95", "redirect"},     {"web db tcp:127", "allow"},
        {"web db udp:80 request", "deny"},  {"web db sctp:80", "allow"},       {"web db icmp:8/0", "allow"},
        {"web db tcp:443 request", "allow"}, {"cache db tcp:443 request", "deny"}, {"web db tcp:444 request", "deny"},
        {"cache db tcp:5432 request", "allow"}, {"cache db tcp:5433 request", "deny"},
        {"cache db sctp:80", "deny"},       {"web db tcp:80 fragment", "allow"}, {"cache db tcp:80 fragment", "deny"},
        {"web free tcp:445", "allow"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

/* The pair of remote and L4 alternatives that matched makes the key, not the best the rule has. */
static void test_the_matching_alternative_counts(void **state)
{
    static const struct bm_stage stages[] = {{"map", MAP, DENY, .rules = {
        {"p", .remote = "in:db | any", .l4 = "tcp port:80 ? | tcp", .outcome = "allow"},
        {"q", .remote = "in:web", .l4 = "tcp port:80-83", .outcome = "no=>allow else deny"},
        {"p", .remote = "in:db | any", .l4 = "udp", .outcome = "allow"},
        {"q", .remote = "in:web", .l4 = "udp", .outcome = "no=>allow else deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:80 request", "undefined"}, {"web db tcp:81 request", "deny"}, {"cache db tcp:81 request", "allow"},
        {"web db udp:9 request", "deny"}, {"cache db udp:9 request", "allow"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

static void test_equal_keys_merge(void **state)
{
    static const struct bm_stage stages[] = {{"map", MAP, DENY, .rules = {
        {"p", .l4 = "tcp port:1", .outcome = "no=>allow else deny+auth:1"}, {"q", .l4 = "tcp port:1", .outcome = "yes=>allow else deny+auth:2"},
        {"p", .l4 = "tcp port:2", .outcome = "no=>allow else deny"},        {"q", .l4 = "tcp port:2", .outcome = "no=>allow else deny"},
        {"p", .l4 = "tcp port:3", .outcome = "no=>allow else deny"},        {"q", .l4 = "tcp port:3", .outcome = "allow"},
        {"p", .l4 = "tcp port:4", .outcome = "allow"},                      {"q", .l4 = "tcp port:4", .outcome = "allow+auth:3"},
        {"p", .l4 = "tcp port:5", .outcome = "?=>allow else deny"},         {"q", .l4 = "tcp port:5", .outcome = "no=>allow else deny"},
        {"p", .l4 = "tcp port:6", .outcome = "?=>allow else deny"},         {"q", .l4 = "tcp port:6", .outcome = "yes=>allow else deny"},
        {"p", .l4 = "tcp port:7", .outcome = "yes=>deny yes=>allow else allow"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct {
        const char *question, *expected;
        uint32_t auth;
    } rows[] = {
        {"web db tcp:1 request", "allow", 2}, {"web db tcp:1", "redirect", 2},      {"web db tcp:2 request", "deny", 0},
        {"web db tcp:3 request", "allow", 0}, {"web db tcp:3", "allow", 0},         {"web db tcp:4", "allow", 3},
        {"web db tcp:5 request", "undefined", 0}, {"web db tcp:6 request", "allow", 0}, {"web db tcp:7 request", "deny", 0},
    };
    struct bm_built built;

    (void)state;
    bm_build(&built, &machine);
    for (size_t i = 0; i < BM_COUNT(rows); i++) {
        struct np_evaluation answer = bm_ask(&built, rows[i].question);

        if (strcmp(bm_decision(answer.decision), rows[i].expected) != 0 || answer.auth != rows[i].auth)
            fail_msg("%s: %s with authentication %u", rows[i].question, bm_decision(answer.decision), answer.auth);
    }
    bm_free(&built);
}

static void test_the_lowest_rank_counts(void **state)
{
    static const struct bm_stage stages[] = {{"map", MAP, DENY, .rules = {
        {"p", 1, .l4 = "port:1", .outcome = "allow"}, {"q", 2, .l4 = "tcp port:1", .outcome = "deny"},
        {"q", 3, .l4 = "port:2", .outcome = "deny"}, {"p", 4, .l4 = "tcp port:2", .outcome = "allow"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {{"web db tcp:1", "allow"}, {"web db tcp:2", "deny"}, {"web db tcp:3", "deny"}};

    (void)state;
    BM_EXPECT(&machine, rows);
}

/* Only allow and deny are native to a map; of the rest none may open it. */
static void test_other_actions(void **state)
{
    static const struct bm_stage stages[] = {{"map", MAP, DENY, .rules = {
        {"p", .l4 = "port:1", .outcome = "log"}, {"p", .l4 = "port:2", .outcome = "next"}, {"p", .l4 = "port:3", .outcome = "undefined"},
        {"p", .l4 = "port:4", .outcome = "pass"}, {"p", .l4 = "port:5", .outcome = "pass:2"}}},
        {"after", .rules = {{"p", 1, .outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1", "deny"}, {"web db tcp:2", "deny"}, {"web db tcp:3", "undefined"}, {"web db tcp:4", "deny"}, {"web db tcp:5", "allow"},
        {"web free tcp:1", "deny"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

static void test_unknown_entries(void **state)
{
    static const struct bm_stage stages[] = {{"map", MAP, DENY, .rules = {
        {"p", .l4 = "tcp port:1", .outcome = "allow"},   {"q", .l4 = "tcp port:1 ?", .outcome = "deny"},
        {"p", .l4 = "tcp port:2", .outcome = "deny"},    {"q", .l4 = "tcp port:2 ?", .outcome = "allow"},
        {"p", .l4 = "tcp port:3", .outcome = "allow"},   {"q", .l4 = "tcp ?", .outcome = "no=>allow else deny"},
        {"p", .l4 = "tcp", .outcome = "allow"},          {"q", .l4 = "tcp port:4 ?", .outcome = "no=>allow else deny"},
        {"p", .remote = "in:perhaps", .l4 = "udp port:5", .outcome = "allow"},
        {"p", .l4 = "sctp ?", .outcome = "allow"},       {"q", .l4 = "sctp port:6 ?", .outcome = "allow"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1", "undefined"}, {"web db tcp:2", "deny"}, {"web db tcp:3 request", "allow"}, {"web db tcp:4 request", "undefined"},
        {"web db udp:5", "undefined"}, {"cache db udp:5", "deny"}, {"web free sctp:6", "allow"}, {"web db sctp:6", "undefined"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_the_matching_alternative_counts),
        cmocka_unit_test(test_equal_keys_merge),
        cmocka_unit_test(test_the_lowest_rank_counts),
        cmocka_unit_test(test_other_actions),
        cmocka_unit_test(test_unknown_entries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
