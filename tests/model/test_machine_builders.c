/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's builders: numbers, shared selections, and what running out of memory leaves behind. */

#include "../base/testing.h"

#include "model/machine.h"

static const np_atom web = 7, db = 8;
static const struct np_requirement app_web = {1, NP_SELECTOR_IN, &web, 1}, app_db = {1, NP_SELECTOR_IN, &db, 1},
                                   not_web = {1, NP_SELECTOR_NOT_IN, &web, 1}, has_app = {1, NP_SELECTOR_EXISTS, NULL, 0};
static const struct np_selector all = {NULL, 0, {0}}, is_web = {&app_web, 1, {0}}, is_db = {&app_db, 1, {0}},
                                is_not_web = {&not_web, 1, {0}}, is_app = {&has_app, 1, {0}};

/* No two of these are the same selection: a missing selector is not an empty one. */
static const struct np_selection distinct[] = {
    {.kind = NP_SELECT_NAMESPACE, .ns = 1},
    {.kind = NP_SELECT_NAMESPACE, .ns = 2},
    {.kind = NP_SELECT_PODS, .ns = 1},
    {.kind = NP_SELECT_NAMESPACE, .ns = 1, .without_host_network = true},
    {.kind = NP_SELECT_NAMESPACE, .ns = 1, .pods = &all},
    {.kind = NP_SELECT_NAMESPACE, .ns = 1, .pods = &is_web},
    {.kind = NP_SELECT_NAMESPACE, .ns = 1, .pods = &is_db},
    {.kind = NP_SELECT_NAMESPACE, .ns = 1, .pods = &is_not_web},
    {.kind = NP_SELECT_NAMESPACE, .ns = 1, .pods = &is_app},
    {.kind = NP_SELECT_PODS, .namespaces = &is_web},
    {.kind = NP_SELECT_PODS, .pods = &is_web},
    {.kind = NP_SELECT_PODS, .pods = &is_web, .namespaces = &all},
};

static void test_equal_selections_share_a_set(void **state)
{
    const struct np_requirement app_web_again = {1, NP_SELECTOR_IN, &(np_atom){7}, 1};
    const struct np_selector is_web_again = {&app_web_again, 1, {0}};
    struct np_machine machine;
    struct np_mem mem;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    np_machine_init(&machine, &mem, "test");
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < COUNT(distinct); i++)
            assert_int_equal(np_machine_select(&machine, &distinct[i]), i);
    assert_int_equal(np_machine_select(&machine, &(struct np_selection){.kind = NP_SELECT_PODS, .pods = &is_web_again}), 10);
    assert_int_equal(machine.n_sets, COUNT(distinct));
    np_machine_free(&machine);
    assert_int_equal(mem.used, 0);
}

static bool build_all(struct np_machine *machine)
{
    const struct np_term terms[] = {{.kind = NP_TERM_PORT, .lo = 80, .hi = 80}, {.kind = NP_TERM_UNKNOWN, .negated = true}};
    struct np_pred pred;

    for (size_t i = 0; i < COUNT(distinct); i++)
        if (np_machine_select(machine, &distinct[i]) == NP_NONE)
            return false;
    if (np_machine_add_policy(machine, &(struct np_policy){.kind = "Policy"}) == NP_NONE ||
        np_machine_add_prefixes(machine, NULL, 0) == NP_NONE || np_machine_add_reason(machine, "because") == NP_NONE)
        return false;
    return np_machine_pred(machine, terms, 2, &pred) && pred.n == 1 && pred.any[0].n == 2 && pred.any[0].terms[1].negated &&
           pred.any[0].terms != terms;
}

static void test_out_of_memory_leaks_nothing(void **state)
{
    bool done = false;

    (void)state;
    for (size_t limit = 0; limit < 100000 && !done; limit += 64) {
        struct np_machine machine;
        struct np_mem mem;

        np_mem_init(&mem, NULL, limit + 1);
        np_machine_init(&machine, &mem, "test");
        done = build_all(&machine);
        np_machine_free(&machine);
        assert_int_equal(mem.used, 0);
    }
    assert_true(done);
}

static void test_true_and_false(void **state)
{
    (void)state;
    assert_int_equal(np_pred_true.n, 1);
    assert_int_equal(np_pred_true.any[0].n, 0);
    assert_int_equal(np_pred_false.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_selections_share_a_set),
        cmocka_unit_test(test_out_of_memory_leaks_nothing),
        cmocka_unit_test(test_true_and_false),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
