/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths: checkpoints in order, what an allow ends, no opinion, the two directions, and what an observer hears. */

/* The tables keep their own layout, which clang-format would take away. */
/* clang-format off */

#include "build_machine.h"

#define ENDS {{"web", "10.0.0.1"}, {"db", "10.0.0.2"}, {"out", "203.0.113.9", .unpoliced = true}, {"eth0", "192.168.0.1"}, {"eth1", "192.168.1.1"}}
#define SETS {{"pods", "web db"}, {"web", "web"}, {"uplink", "eth0"}, {"inside", "eth1"}}
#define POLICIES {{"gnp", "in:uplink | in:inside"}, {"np", "in:pods"}}
#define MACHINE(of) {.ends = ENDS, .sets = SETS, .policies = POLICIES, .checkpoints = of, .n_checkpoints = BM_COUNT(of)}

static const char *part_text(const struct np_evaluation *answer, int direction)
{
    return answer->asked[direction] ? bm_decision(answer->parts[direction]) : "-";
}

struct part_row {
    const char *question, *egress, *ingress, *expected;
};

static void expect_parts(const struct bm_machine *machine, const struct part_row *rows, size_t n, unsigned directions)
{
    struct bm_built built;

    bm_build(&built, machine);
    for (size_t i = 0; i < n; i++) {
        struct np_facts facts = bm_facts(&built, rows[i].question);
        struct np_evaluation answer;

        np_evaluate(&built.machine, &facts, directions, NULL, &answer);
        if (strcmp(part_text(&answer, 0), rows[i].egress) != 0 || strcmp(part_text(&answer, 1), rows[i].ingress) != 0 ||
            strcmp(bm_decision(answer.decision), rows[i].expected) != 0)
            fail_msg("%s: egress %s, ingress %s, together %s", rows[i].question, part_text(&answer, 0), part_text(&answer, 1),
                     bm_decision(answer.decision));
    }
    bm_free(&built);
}

/* Both ends answer each of the four ways, by port: tens the egress, ones the ingress. */
static const struct bm_stage source_side[] = {{"s", .rules = {
    {"np", 1, .l4 = "port:10-19", .outcome = "allow"}, {"np", 2, .l4 = "port:20-29", .outcome = "yes=>allow else deny"},
    {"np", 3, .l4 = "port:30-39", .outcome = "undefined"}, {"np", 4, .l4 = "port:40-49", .outcome = "deny"}}}};
static const struct bm_stage destination_side[] = {{"d", .rules = {
    {"np", 1, .l4 = "port:11 | port:21 | port:31 | port:41", .outcome = "allow"},
    {"np", 2, .l4 = "port:12 | port:22 | port:32 | port:42", .outcome = "yes=>allow else deny"},
    {"np", 3, .l4 = "port:13 | port:23 | port:33 | port:43", .outcome = "undefined"},
    {"np", 4, .l4 = "port:14 | port:24 | port:34 | port:44", .outcome = "deny"}}}};

static void test_deny_then_undefined_then_redirect_then_allow(void **state)
{
    static const char *const words[] = {"allow", "redirect", "undefined", "deny"};
    static const struct bm_checkpoint points[] = {BM_EGRESS(source_side), BM_INGRESS(destination_side)};
    static const struct bm_machine machine = MACHINE(points);

    (void)state;
    for (int egress = 0; egress < 4; egress++)
        for (int ingress = 0; ingress < 4; ingress++) {
            char question[32];
            struct part_row row = {question, words[egress], words[ingress], words[egress > ingress ? egress : ingress]};
            struct part_row only_egress = {question, words[egress], "-", words[egress]};
            struct part_row only_ingress = {question, "-", words[ingress], words[ingress]};

            snprintf(question, sizeof question, "web db tcp:%d%d", egress + 1, ingress + 1);
            expect_parts(&machine, &row, 1, 3);
            expect_parts(&machine, &only_egress, 1, 1);
            expect_parts(&machine, &only_ingress, 1, 2);
        }
}

/* The engine leaves out an end that nothing polices. */
static void policed_ends(const struct np_machine *machine, const struct np_facts *facts, struct np_checkpoints *out)
{
    (void)machine;
    out->n = 0;
    for (uint8_t end = 0; end < 2; end++)
        if (facts->ends[end].is_policed)
            out->items[out->n++] = end;
}

static void test_ends_that_are_not_policed_are_not_asked(void **state)
{
    static const struct bm_stage deny[] = {{"deny", .rules = {{"np", 1, .outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_EGRESS(deny), BM_INGRESS(deny)};
    static const struct bm_machine machine = {.ends = ENDS, .sets = SETS, .policies = POLICIES, .checkpoints = points, .n_checkpoints = 2,
                                              .path = policed_ends};
    static const struct part_row rows[] = {
        {"web db", "deny", "deny", "deny"}, {"web out", "deny", "-", "deny"}, {"out db", "-", "deny", "deny"}, {"out out", "-", "-", "allow"},
        {"- db", "-", "deny", "deny"}, {"- 10.0.0.2", "-", "-", "allow"},
    };

    (void)state;
    expect_parts(&machine, rows, BM_COUNT(rows), 3);
}

/*
 * Traffic forwarded through a host, with an endpoint on each of its interfaces: untracked and pre-DNAT
 * policy on the way in, where an allow is the last word and saying nothing goes on; then the forward
 * rules of both interfaces, each of which has to let it through. Ends are the interfaces.
 */
static const struct bm_stage untracked[] = {{"untracked", .rules = {
    {"gnp", 1, .subject = "in:uplink", .l4 = "udp port:53", .outcome = "allow"},
    {"gnp", 2, .subject = "in:uplink", .l4 = "tcp port:23", .outcome = "deny"},
    {"gnp", 3, .subject = "in:uplink", .l4 = "tcp port:24", .outcome = "pass"}, {"gnp", 4, .l4 = "tcp port:24", .outcome = "deny"},
    {"gnp", 5, .l4 = "tcp port:25 ?", .outcome = "allow"}}}};
static const struct bm_stage in_forward[] = {{"forward", .governing = "gnp", .rules = {
    {"gnp", 1, .local = "net:192.168.0.0/24", .remote = "net:192.168.1.0/24", .l4 = "tcp", .outcome = "allow"},
    {"gnp", 2, .local = "!net:192.168.0.0/24", .outcome = "deny"}},
    .defaults = {{.outcome = "deny"}}}};
static const struct bm_stage out_forward[] = {{"forward", .governing = "gnp", .rules = {
    {"gnp", 1, .subject = "in:inside", .local = "net:192.168.1.0/24", .l4 = "tcp port:80 | tcp port:23-25", .outcome = "allow"}},
    .defaults = {{.outcome = "deny"}}}};

static const struct bm_checkpoint forwarded[] = {
    {.name = "untracked", .direction = NP_END_SOURCE, .subject = NP_END_SOURCE, .after_allow = NP_AFTER_ALLOW_END, .stages = untracked,
     .n_stages = 1, .at_end = "next"},
    {.name = "forward in", .direction = NP_END_SOURCE, .subject = NP_END_SOURCE, .stages = in_forward, .n_stages = 1},
    {.name = "forward out", .direction = NP_END_DESTINATION, .subject = NP_END_DESTINATION, .stages = out_forward, .n_stages = 1},
};

static void test_a_forwarded_path_with_two_host_endpoints(void **state)
{
    static const struct bm_machine machine = MACHINE(forwarded);
    static const struct part_row rows[] = {
        {"eth0 eth1 udp:53", "allow", "-", "allow"},
        {"eth0 eth1 tcp:80", "allow", "allow", "allow"},
        {"eth0 eth1 tcp:81", "allow", "deny", "deny"},
        {"eth0 eth1 udp:80", "deny", "deny", "deny"},
        {"eth0 eth1 tcp:23", "deny", "allow", "deny"},
        /* A pass is no opinion either: the forward rules decide. */
        {"eth0 eth1 tcp:24", "allow", "allow", "allow"},
        /* May have ended allowed: what is behind can only add doubt. */
        {"eth0 eth1 tcp:25", "allow", "allow", "allow"},
        {"eth0 eth0 tcp:25", "undefined", "undefined", "undefined"},
        {"eth1 eth0 tcp:80", "deny", "deny", "deny"},
    };

    (void)state;
    expect_parts(&machine, rows, BM_COUNT(rows), 3);
}

static const struct bm_stage by_port[] = {{"x", .rules = {
    {"np", 1, .l4 = "port:1", .outcome = "allow"}, {"np", 2, .l4 = "port:2", .outcome = "deny"}, {"np", 3, .l4 = "port:3", .outcome = "undefined"},
    {"np", 4, .l4 = "port:4", .outcome = "yes=>allow else deny"}, {"np", 5, .l4 = "port:5 ?", .outcome = "deny"}, {"np", 6, .l4 = "port:5", .outcome = "allow"}}}};
static const struct bm_stage denies[] = {{"y", .rules = {{"np", 1, .outcome = "deny"}}}};

#define FIRST_OF_TWO(after, end) \
    {{.name = "first", .direction = NP_END_SOURCE, .subject = NP_END_SOURCE, .after_allow = after, .stages = by_port, .n_stages = 1, .at_end = end}, \
     BM_INGRESS(denies)}

static void test_what_an_allow_ends(void **state)
{
    static const struct bm_checkpoint ends[] = FIRST_OF_TWO(NP_AFTER_ALLOW_END, "next"), goes_on[] = FIRST_OF_TWO(NP_AFTER_ALLOW_GO_ON, "next"),
                                      closed[] = FIRST_OF_TWO(NP_AFTER_ALLOW_END, "allow");
    static const struct bm_machine ending = MACHINE(ends), going_on = MACHINE(goes_on), closing = MACHINE(closed);
    static const struct bm_row at_end_next[] = {{"web db tcp:1", "allow"}, {"web db tcp:2", "deny"}, {"web db tcp:3", "undefined"},
                                                {"web db tcp:4", "redirect"}, {"web db tcp:5", "undefined"}, {"web db tcp:6", "deny"}};
    static const struct bm_row all_denied[] = {{"web db tcp:1", "deny"}, {"web db tcp:2", "deny"}, {"web db tcp:3", "deny"},
                                               {"web db tcp:4", "deny"}, {"web db tcp:5", "deny"}, {"web db tcp:6", "deny"}};
    static const struct bm_row at_end_allow[] = {{"web db tcp:1", "allow"}, {"web db tcp:2", "deny"}, {"web db tcp:6", "allow"}};

    (void)state;
    BM_EXPECT(&ending, at_end_next);
    BM_EXPECT(&going_on, all_denied);
    BM_EXPECT(&closing, at_end_allow);
}

static void test_no_stages_at_all(void **state)
{
    static const struct bm_checkpoint open[] = {{.name = "none", .direction = NP_END_SOURCE, .subject = NP_END_SOURCE, .at_end = "allow"}};
    static const struct bm_checkpoint shut[] = {{.name = "none", .direction = NP_END_SOURCE, .subject = NP_END_SOURCE, .at_end = "deny"}};
    static const struct bm_checkpoint silent[] = {{.name = "none", .direction = NP_END_SOURCE, .subject = NP_END_SOURCE, .at_end = "next"}};
    static const struct bm_machine is_open = MACHINE(open), is_shut = MACHINE(shut), is_silent = MACHINE(silent);
    static const struct bm_row allowed[] = {{"web db", "allow"}}, denied[] = {{"web db", "deny"}};

    (void)state;
    BM_EXPECT(&is_open, allowed);
    BM_EXPECT(&is_shut, denied);
    BM_EXPECT(&is_silent, allowed);
}

/* What an observer hears, as words. */
struct heard {
    char text[512];
    size_t n;
};

static void hear_rule(void *user, const struct np_rule *rule, enum np_tri match)
{
    static const char *const words[] = {"no", "maybe", "yes"};
    struct heard *heard = user;

    heard->n += (size_t)snprintf(heard->text + heard->n, sizeof heard->text - heard->n, "rule %d %s, ", rule->index, words[match]);
}

static void hear_step(void *user, const struct np_step *step)
{
    static const char *const words[] = {"none", "allow", "redirect", "undefined", "deny", "pass", "go on", "unknown", "log"};
    struct heard *heard = user;

    heard->n += (size_t)snprintf(heard->text + heard->n, sizeof heard->text - heard->n, "%s%s %s; ", step->is_certain ? "" : "perhaps ",
                                 step->stage ? step->stage->name : "end", words[step->result]);
}

static void test_an_observer_hears_every_step(void **state)
{
    static const struct bm_stage stages[] = {
        {"tier", .rules = {{"np", 1, .l4 = "port:1-3", .outcome = "log"}, {"np", 2, .l4 = "port:1", .outcome = "pass"},
                           {"np", 3, .l4 = "port:2", .outcome = "deny"}, {"np", 4, .l4 = "port:3 ?", .outcome = "allow"}}},
        {"NetworkPolicy", NP_COMBINE_UNION, .governing = "np", .rules = {{"np", 1, .l4 = "port:1", .outcome = "allow"}},
         .defaults = {{.outcome = "deny"}}}};
    static const struct bm_checkpoint points[] = {BM_INGRESS(stages)};
    static const struct bm_machine machine = MACHINE(points);
    static const struct bm_row rows[] = {
        {"web db tcp:1", "rule 0 yes, tier log; rule 1 yes, tier pass; rule 0 yes, NetworkPolicy allow; "},
        {"web db tcp:2", "rule 0 yes, tier log; rule 2 yes, tier deny; "},
        {"web db tcp:3", "rule 0 yes, tier log; rule 3 maybe, tier unknown; perhaps tier go on; perhaps NetworkPolicy deny; "},
        {"web db tcp:4", "tier go on; NetworkPolicy deny; "},
        {"web out tcp:4", "tier go on; NetworkPolicy go on; end allow; "},
    };
    struct bm_built built;

    (void)state;
    bm_build(&built, &machine);
    for (size_t i = 0; i < BM_COUNT(rows); i++) {
        struct heard heard = {.n = 0};
        const struct np_observer observer = {hear_rule, hear_step, &heard};
        struct np_facts facts = bm_facts(&built, rows[i].question);
        struct np_evaluation answer;

        np_evaluate(&built.machine, &facts, 3, &observer, &answer);
        assert_string_equal(heard.text, rows[i].expected);
    }
    bm_free(&built);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deny_then_undefined_then_redirect_then_allow),
        cmocka_unit_test(test_ends_that_are_not_policed_are_not_asked),
        cmocka_unit_test(test_a_forwarded_path_with_two_host_endpoints),
        cmocka_unit_test(test_what_an_allow_ends),
        cmocka_unit_test(test_no_stages_at_all),
        cmocka_unit_test(test_an_observer_hears_every_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
