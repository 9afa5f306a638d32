/* SPDX-License-Identifier: BSD-2-Clause */
/* np_suggest: words as people mistype them, over the fields of a NetworkPolicy. */

#include "testing.h"

#include "base/suggest.h"

static const char *const fields[] = {"podSelector", "namespaceSelector", "ingress", "egress", "policyTypes", "ports", "port",
                                     "endPort",     "protocol",          "from",    "to",     "ipBlock",     "cidr",  "except",
                                     NULL};

static const struct {
    const char *word;
    const char *meant;
} rows[] = {
    {"podselector", "podSelector"},
    {"PODSELECTOR", "podSelector"},
    {"podSelecter", "podSelector"},
    {"podSelectors", "podSelector"},
    {"podSlector", "podSelector"},
    {"opdSelector", "podSelector"},
    {"namespaceSelctor", "namespaceSelector"},
    {"namespacSelctr", "namespaceSelector"},
    {"ingres", "ingress"},
    {"egres", "egress"},
    {"ergess", "egress"},
    {"policyType", "policyTypes"},
    {"endport", "endPort"},
    {"end_port", "endPort"},
    {"prot", "port"},
    {"portz", "ports"},
    {"protocl", "protocol"},
    {"form", "from"},
    {"ot", "to"},
    {"too", "to"},
    {"cird", "cidr"},
    {"ipblok", "ipBlock"},
    {"exept", "except"},
    {"x", NULL},
    {"t", NULL},
    {"", NULL},
    {"matchLabels", NULL},
    {"selector", NULL},
    {"description", NULL},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
};

static void test_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        expect_text(rows[i].word, np_suggest(np_str_of(rows[i].word), fields, COUNT(fields)), rows[i].meant);
}

static void test_nearest_wins_over_first(void **state)
{
    static const char *const order[] = {"port", "ports"};

    (void)state;
    expect_text("portss", np_suggest(NP_STR("portss"), order, 2), "ports");
}

static void test_first_wins_among_equals(void **state)
{
    static const char *const order[] = {"cat", "bat"};

    (void)state;
    expect_text("hat", np_suggest(NP_STR("hat"), order, 2), "cat");
}

static void test_no_candidates(void **state)
{
    (void)state;
    assert_null(np_suggest(NP_STR("port"), NULL, 0));
}

static void test_word_need_not_end_in_nul(void **state)
{
    (void)state;
    expect_text("view", np_suggest((struct np_str){"ingresXXXX", 6}, fields, COUNT(fields)), "ingress");
}

static void test_longest_words(void **state)
{
    char long_word[64], other[64];
    const char *const candidates[] = {other};

    (void)state;
    memset(long_word, 'a', 63);
    memset(other, 'a', 63);
    long_word[63] = other[63] = '\0';
    other[5] = 'b';
    assert_ptr_equal(np_suggest(np_str_of(long_word), candidates, 1), other);
    memset(other, 'b', 63);
    assert_null(np_suggest(np_str_of(long_word), candidates, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_nearest_wins_over_first),
        cmocka_unit_test(test_first_wins_among_equals),
        cmocka_unit_test(test_no_candidates),
        cmocka_unit_test(test_word_need_not_end_in_nul),
        cmocka_unit_test(test_longest_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
