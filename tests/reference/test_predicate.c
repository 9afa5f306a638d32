/* SPDX-License-Identifier: BSD-2-Clause */
/* Predicates: each kind of term and its negation, relations, questions without ports, three values. */

#include "build_machine.h"

static const struct bm_machine cluster = {
    .ends =
        {
            {"web", "10.0.0.1", "http=80/tcp http=8080/tcp dns=53/udp"},
            {"db", "10.0.1.2", "http=9090/tcp sql=5432/tcp dns=53/tcp"},
            {"six", "2001:db8::6", "http=80/tcp"},
            {"draft"},
        },
    .sets = {{"web", "web"}, {"perhaps", "web", "db"}, {"none", NULL}},
};

/* Of the destination, unless the row says source. The second column is the term alone, the third its negation. */
static const struct {
    const char *question;
    const char *term;
    enum np_tri plain, negated;
} rows[] = {
    /* sets */
    {"db web", "in:web", NP_YES, NP_NO},
    {"web db", "in:web", NP_NO, NP_YES},
    {"web db", "in:perhaps", NP_UNKNOWN, NP_UNKNOWN},
    {"db web", "in:perhaps", NP_YES, NP_NO},
    {"web six", "in:none", NP_NO, NP_YES},
    {"web -", "in:web", NP_NO, NP_YES},
    {"web 10.0.0.1", "in:perhaps", NP_NO, NP_YES},
    /* prefixes */
    {"db web", "net:10.0.0.0/24", NP_YES, NP_NO},
    {"web db", "net:10.0.0.0/24", NP_NO, NP_YES},
    {"web db", "net:192.168.0.0/16,10.0.0.0/8", NP_YES, NP_NO},
    {"web 10.0.0.255", "net:10.0.0.0/24", NP_YES, NP_NO},
    {"web six", "net:0.0.0.0/0", NP_NO, NP_YES},
    {"web six", "net:2001:db8::/32", NP_YES, NP_NO},
    {"web db", "net:::/0", NP_NO, NP_YES},
    {"web draft", "net:10.0.0.0/8", NP_UNKNOWN, NP_UNKNOWN},
    {"web -", "net:0.0.0.0/0", NP_UNKNOWN, NP_UNKNOWN},
    /* protocols */
    {"db web tcp:80", "tcp", NP_YES, NP_NO},
    {"db web udp:80", "tcp", NP_NO, NP_YES},
    {"db web icmp:8/0", "proto:1-5", NP_YES, NP_NO},
    {"db web gre", "proto:47", NP_YES, NP_NO},
    {"db web fragment", "tcp", NP_YES, NP_NO},
    /* ports, and questions that have none */
    {"db web tcp:80", "port:80", NP_YES, NP_NO},
    {"db web tcp:79", "port:80-90", NP_NO, NP_YES},
    {"db web tcp:90", "port:80-90", NP_YES, NP_NO},
    {"db web udp:80", "port:80", NP_YES, NP_NO},
    {"db web tcp:0", "port:1-65535", NP_NO, NP_YES},
    {"db web icmp:8/0", "port:0-65535", NP_NO, NP_NO},
    {"db web gre", "port:80", NP_NO, NP_NO},
    {"db web tcp:80 fragment", "port:80", NP_NO, NP_NO},
    {"db web tcp:80 sport:40000", "sport:1024-65535", NP_YES, NP_NO},
    {"db web tcp:80 sport:22", "sport:1024-65535", NP_NO, NP_YES},
    {"db web tcp:80", "sport:1024-65535", NP_UNKNOWN, NP_UNKNOWN},
    {"db web icmp", "sport:1024-65535", NP_NO, NP_NO},
    {"db web fragment sport:40000", "sport:40000", NP_NO, NP_NO},
    /* port names: of the destination, by name and protocol, the first one of them */
    {"db web tcp:80", "named:http", NP_YES, NP_NO},
    {"db web tcp:8080", "named:http", NP_NO, NP_YES},
    {"web db tcp:80", "named:http", NP_NO, NP_YES},
    {"web db tcp:9090", "named:http", NP_YES, NP_NO},
    {"db web udp:80", "named:http", NP_NO, NP_YES},
    {"db web udp:53", "named:dns", NP_YES, NP_NO},
    {"db web udp:53", "named:dns/udp", NP_YES, NP_NO},
    {"db web udp:53", "named:dns/tcp", NP_NO, NP_YES},
    {"web db tcp:53", "named:dns", NP_YES, NP_NO},
    {"web db tcp:53", "named:dns/udp", NP_NO, NP_YES},
    {"web db tcp:80", "named:nothing", NP_NO, NP_YES},
    {"web 10.0.0.1 tcp:80", "named:http", NP_NO, NP_YES},
    {"db web icmp:8/0", "named:http", NP_NO, NP_NO},
    {"db web tcp:80 fragment", "named:http", NP_NO, NP_NO},
    /* ICMP */
    {"db web icmp:8/0", "type:8", NP_YES, NP_NO},
    {"db web icmp:0/0", "type:8", NP_NO, NP_YES},
    {"db web icmp:3/4", "code:4", NP_YES, NP_NO},
    {"db web icmpv6:135/0", "type:133-137", NP_YES, NP_NO},
    {"db web icmp", "type:8", NP_UNKNOWN, NP_UNKNOWN},
    {"db web icmp", "code:0", NP_UNKNOWN, NP_UNKNOWN},
    {"db web tcp:8", "type:8", NP_NO, NP_NO},
    {"db web udp:0", "code:0", NP_NO, NP_NO},
    /* relations and states */
    {"web web self", "self", NP_YES, NP_NO},
    {"web web", "self", NP_NO, NP_YES},
    {"web web hairpin", "self", NP_NO, NP_YES},
    {"db web own-node same-node", "own-node", NP_YES, NP_NO},
    {"db web same-node", "own-node", NP_NO, NP_YES},
    {"db web to-own-node", "own-node", NP_NO, NP_YES},
    {"db web", "new", NP_YES, NP_NO},
    {"db web established", "new", NP_NO, NP_YES},
    {"db web established", "established", NP_YES, NP_NO},
    {"db web related", "established", NP_NO, NP_YES},
    /* what nobody knows */
    {"db web", "?", NP_UNKNOWN, NP_UNKNOWN},
};

static enum np_tri eval(struct bm_built *built, const char *question, const char *text)
{
    struct np_facts facts = bm_facts(built, question);
    struct np_pred pred = bm_pred(built, text);

    return np_pred_eval(&built->machine, &facts, NP_END_DESTINATION, &pred);
}

static void test_terms(void **state)
{
    struct bm_built built;

    (void)state;
    bm_build(&built, &cluster);
    for (size_t i = 0; i < BM_COUNT(rows); i++) {
        char negated[64];

        snprintf(negated, sizeof negated, "!%s", rows[i].term);
        if (eval(&built, rows[i].question, rows[i].term) != rows[i].plain)
            fail_msg("%s: %s is not %d", rows[i].question, rows[i].term, rows[i].plain);
        if (eval(&built, rows[i].question, negated) != rows[i].negated)
            fail_msg("%s: %s is not %d", rows[i].question, negated, rows[i].negated);
    }
    bm_free(&built);
}

/* Every pair of truth values, as a conjunction and as alternatives. On "db web tcp:80" these are no, unknown, yes. */
static void test_kleene_tables(void **state)
{
    static const char *const words[] = {"udp", "?", "tcp"};
    struct bm_built built;

    (void)state;
    bm_build(&built, &cluster);
    for (int a = NP_NO; a <= NP_YES; a++)
        for (int b = NP_NO; b <= NP_YES; b++) {
            char text[64];

            snprintf(text, sizeof text, "%s %s", words[a], words[b]);
            assert_int_equal(eval(&built, "db web tcp:80", text), a < b ? a : b);
            snprintf(text, sizeof text, "%s | %s", words[a], words[b]);
            assert_int_equal(eval(&built, "db web tcp:80", text), a > b ? a : b);
        }
    bm_free(&built);
}

static const struct {
    const char *text;
    enum np_tri truth;
} whole[] = {
    {"any", NP_YES},
    {"never", NP_NO},
    {"udp | any", NP_YES},
    {"? | any", NP_YES},
    {"? udp | ? tcp", NP_UNKNOWN},
    {"? udp | !? udp", NP_NO},
    {"? | !?", NP_UNKNOWN},
    {"tcp port:80 !in:perhaps | in:none", NP_NO},
    {"net:10.0.0.0/8 !net:10.0.0.0/24,10.0.1.0/24", NP_NO},
    {"net:10.0.0.0/8 !net:10.0.1.0/24", NP_YES},
    {"tcp !port:22 !port:443", NP_YES},
};

static void test_whole_predicates(void **state)
{
    struct bm_built built;

    (void)state;
    bm_build(&built, &cluster);
    for (size_t i = 0; i < BM_COUNT(whole); i++)
        if (eval(&built, "db web tcp:80", whole[i].text) != whole[i].truth)
            fail_msg("%s is not %d", whole[i].text, whole[i].truth);
    bm_free(&built);
}

static void test_terms_of_ends_speak_of_the_end_asked_for(void **state)
{
    struct bm_built built;
    struct np_facts facts;
    struct np_pred in_web, in_net, named;

    (void)state;
    bm_build(&built, &cluster);
    facts = bm_facts(&built, "web db tcp:9090");
    in_web = bm_pred(&built, "in:web");
    in_net = bm_pred(&built, "net:10.0.1.0/24");
    named = bm_pred(&built, "named:http");
    assert_int_equal(np_pred_eval(&built.machine, &facts, NP_END_SOURCE, &in_web), NP_YES);
    assert_int_equal(np_pred_eval(&built.machine, &facts, NP_END_DESTINATION, &in_web), NP_NO);
    assert_int_equal(np_pred_eval(&built.machine, &facts, NP_END_SOURCE, &in_net), NP_NO);
    assert_int_equal(np_pred_eval(&built.machine, &facts, NP_END_DESTINATION, &in_net), NP_YES);
    assert_int_equal(np_pred_eval(&built.machine, &facts, NP_END_SOURCE, &named), NP_YES);
    assert_int_equal(np_pred_eval(&built.machine, &facts, NP_END_DESTINATION, &named), NP_YES);
    bm_free(&built);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terms),
        cmocka_unit_test(test_kleene_tables),
        cmocka_unit_test(test_whole_predicates),
        cmocka_unit_test(test_terms_of_ends_speak_of_the_end_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
