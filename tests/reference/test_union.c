/* SPDX-License-Identifier: BSD-2-Clause */
/* Union: as NetworkPolicy isolates by selecting, allows by any rule, and denies by default. */

/* The tables keep their own layout, which clang-format would take away. */
/* clang-format off */

#include "build_machine.h"

#define ENDS {{"web", "10.0.0.1"}, {"db", "10.0.0.2", "sql=5432/tcp"}, {"cache", "10.0.0.3"}, {"free", "10.0.0.4"}, {"blur", "10.0.0.5"}}
#define SETS {{"web", "web"}, {"db", "db"}, {"governed", "db cache", "blur"}, {"all", "web db cache free blur"}}
#define POLICIES {{"np", "in:governed"}, {"quiet", "in:governed"}, {"staged", "in:all", .is_staged = true}}
#define MACHINE(of) {.ends = ENDS, .sets = SETS, .policies = POLICIES, .checkpoints = of, .n_checkpoints = BM_COUNT(of)}
#define DENY {.outcome = "deny"}

static const struct bm_stage isolation[] = {{"NetworkPolicy", NP_COMBINE_UNION, .governing = "np quiet staged", .rules = {
    {"np", 1, .subject = "in:governed", .remote = "in:web", .l4 = "tcp port:80", .outcome = "allow"},
    {"np", 2, .subject = "in:governed", .remote = "any", .l4 = "tcp named:sql/tcp", .outcome = "allow"},
    {"staged", 3, .remote = "any", .outcome = "allow"},
    {"np", 4, .subject = "in:governed", .remote = "net:192.168.0.0/16 !net:192.168.1.0/24", .outcome = "allow"}},
    .defaults = {{.l4 = "own-node", .outcome = "allow", .reason = "own node"}, {.l4 = "!tcp !udp !sctp", .outcome = "undefined"}, DENY}}};

static void test_isolation(void **state)
{
    static const struct bm_checkpoint points[] = {BM_INGRESS(isolation)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:80", "allow"},          {"web db tcp:81", "deny"},       {"web db udp:80", "deny"},      {"cache db tcp:80", "deny"},
        {"cache db tcp:5432", "allow"},      {"cache cache tcp:5432", "deny"}, {"web free tcp:81", "allow"},   {"free free udp:9", "allow"},
        {"192.168.2.1 db udp:53", "allow"},  {"192.168.1.1 db udp:53", "deny"}, {"192.168.2.1 db icmp:8/0", "allow"},
        /* predicated defaults: the first that holds */
        {"web db tcp:81 own-node", "allow"}, {"web db same-node", "allow"},   {"cache db same-node", "deny"},
        {"web db icmp:8/0", "undefined"},    {"web db gre", "undefined"},     {"web db gre own-node", "allow"},
        {"web db tcp:80 fragment", "deny"},  {"web free gre", "allow"},
        /* who may be governed is undefined where that matters */
        {"web blur tcp:81", "undefined"},    {"web blur tcp:80 own-node", "allow"}, {"- free", "allow"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

/* Only an allow adds to a union. Whatever else an engine might put there, nothing is opened by it. */
static void test_other_actions_open_nothing(void **state)
{
    static const struct bm_stage stages[] = {{"union", NP_COMBINE_UNION, .governing = "np", .rules = {
        {"np", 1, .l4 = "port:1", .outcome = "deny"},
        {"np", 2, .l4 = "port:2", .outcome = "pass:9"},
        {"np", 3, .l4 = "port:3", .outcome = "next"},
        {"np", 4, .l4 = "port:4", .outcome = "log"},
        {"np", 5, .l4 = "port:5", .outcome = "undefined"},
        {"np", 6, .l4 = "port:6", .outcome = "deny"}, {"np", 7, .l4 = "port:6", .outcome = "allow"},
        {"np", 8, .l4 = "port:7", .outcome = "undefined"}, {"np", 9, .l4 = "port:7", .outcome = "allow"}},
        .defaults = {DENY}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1", "deny"}, {"web db tcp:2", "deny"}, {"web db tcp:3", "deny"}, {"web db tcp:4", "deny"},
        {"web db tcp:5", "undefined"}, {"web db tcp:6", "allow"}, {"web db tcp:7", "allow"}, {"web free tcp:5", "undefined"},
        {"web free tcp:1", "allow"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

static void test_governed_without_defaults_is_denied(void **state)
{
    static const struct bm_stage none[] = {{"union", NP_COMBINE_UNION, .governing = "np"}};
    static const struct bm_stage never[] = {{"union", NP_COMBINE_UNION, .governing = "np", .defaults = {{.l4 = "port:1", .outcome = "allow"}}}};
    static const struct bm_checkpoint none_points[] = {BM_INGRESS(none)}, never_points[] = {BM_INGRESS(never)};
    static const struct bm_machine without = MACHINE(none_points), without_last = MACHINE(never_points);
    static const struct bm_row rows[] = {{"web db tcp:80", "deny"}, {"web free tcp:80", "allow"}, {"web blur tcp:80", "undefined"}};

    (void)state;
    BM_EXPECT(&without, rows);
    BM_EXPECT(&without_last, rows);
}

/* A default may also lead on; that is no allow by itself. */
static void test_defaults_that_lead_on(void **state)
{
    static const struct bm_stage stages[] = {
        {"union", NP_COMBINE_UNION, .pass_to = "2", .governing = "np", .defaults = {
            {.l4 = "port:1", .outcome = "pass"}, {.l4 = "port:2", .outcome = "next"}, {.l4 = "port:3", .outcome = "log"}, {.outcome = "pass:9"}}},
        {"one", .rules = {{"np", 1, .outcome = "deny"}}},
        {"two", .rules = {{"np", 1, .l4 = "port:1", .remote = "in:web", .outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1", "deny"}, {"cache db tcp:1", "allow"}, {"cache db tcp:2", "deny"}, {"cache db tcp:3", "deny"}, {"web db tcp:4", "allow"},
        {"web free tcp:4", "deny"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

static void test_guards_in_a_union(void **state)
{
    static const struct bm_stage stages[] = {{"union", NP_COMBINE_UNION, .governing = "np", .rules = {
        {"np", 1, .l4 = "port:1", .outcome = "yes=>allow else deny"},
        {"np", 2, .l4 = "port:2", .outcome = "no=>allow else deny"},
        {"np", 3, .l4 = "port:3", .outcome = "?=>allow else deny"},
        {"np", 4, .l4 = "port:4", .outcome = "?=>allow else deny"}, {"np", 5, .l4 = "port:4", .outcome = "allow"},
        {"np", 6, .l4 = "port:5 ?", .outcome = "allow"}, {"np", 7, .l4 = "port:5", .outcome = "yes=>allow else deny"}},
        .defaults = {DENY}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1 request", "allow"}, {"web db tcp:1", "redirect"}, {"web db tcp:2 request", "deny"}, {"web db tcp:2", "redirect"},
        {"web db tcp:3 request", "undefined"}, {"web db tcp:4 request", "allow"}, {"web db tcp:4", "allow"},
        {"web db tcp:5 request", "allow"}, {"web db tcp:5", "undefined"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

static void test_unknown_rules(void **state)
{
    static const struct bm_stage stages[] = {{"union", NP_COMBINE_UNION, .governing = "np", .rules = {
        {"np", 1, .l4 = "port:1 ?", .outcome = "allow"},
        {"np", 2, .l4 = "port:2 ?", .outcome = "allow"}, {"np", 3, .l4 = "port:2", .outcome = "allow"},
        {"np", 4, .subject = "in:governed", .l4 = "port:3", .outcome = "allow"},
        {"np", 5, .l4 = "port:4 ?", .outcome = "deny"}},
        .defaults = {DENY}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1", "undefined"}, {"web db tcp:2", "allow"}, {"web db tcp:4", "deny"},
        /* Not governed: the unknown cannot change the answer. */
        {"web free tcp:1", "allow"},
        /* An unknown subject, of the rule and of its policy alike. */
        {"web blur tcp:2", "allow"}, {"web blur tcp:3", "undefined"}, {"web blur tcp:4", "undefined"},
    };

    (void)state;
    BM_EXPECT(&machine, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_isolation),
        cmocka_unit_test(test_other_actions_open_nothing),
        cmocka_unit_test(test_governed_without_defaults_is_denied),
        cmocka_unit_test(test_defaults_that_lead_on),
        cmocka_unit_test(test_guards_in_a_union),
        cmocka_unit_test(test_unknown_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
