/* SPDX-License-Identifier: BSD-2-Clause */
/* Selectors: what metav1.LabelSelector says of labels that are known, partly known, or not there. */

#include "../base/testing.h"

#include "model/selector.h"

static struct np_mem mem;
static struct np_atoms atoms;

static np_atom atom(const char *text)
{
    return np_atoms_add(&atoms, np_str_of(text));
}

static int set_up(void **state)
{
    (void)state;
    np_mem_init(&mem, NULL, 0);
    return np_atoms_init(&atoms, &mem);
}

static int tear_down(void **state)
{
    (void)state;
    np_atoms_free(&atoms);
    return mem.used != 0;
}

/* Labels of the thing selected: app=web, tier=front, empty="". */
static const struct {
    const char *key;
    enum np_selector_op op;
    const char *values[3];
    const char *text;
    enum np_tri known, partial;
} rows[] = {
    {"app", NP_SELECTOR_IN, {"web"}, "app=web", NP_YES, NP_YES},
    {"app", NP_SELECTOR_IN, {"db"}, "app=db", NP_NO, NP_NO},
    {"app", NP_SELECTOR_IN, {"db", "web"}, "app in (db,web)", NP_YES, NP_YES},
    {"app", NP_SELECTOR_NOT_IN, {"web"}, "app!=web", NP_NO, NP_NO},
    {"app", NP_SELECTOR_NOT_IN, {"db", "cache"}, "app notin (db,cache)", NP_YES, NP_YES},
    {"app", NP_SELECTOR_EXISTS, {NULL}, "app", NP_YES, NP_YES},
    {"app", NP_SELECTOR_NOT_EXISTS, {NULL}, "!app", NP_NO, NP_NO},
    {"empty", NP_SELECTOR_IN, {""}, "empty=", NP_YES, NP_YES},
    {"empty", NP_SELECTOR_EXISTS, {NULL}, "empty", NP_YES, NP_YES},
    {"env", NP_SELECTOR_IN, {"prod"}, "env=prod", NP_NO, NP_UNKNOWN},
    {"env", NP_SELECTOR_IN, {""}, "env=", NP_NO, NP_UNKNOWN},
    {"env", NP_SELECTOR_NOT_IN, {"prod"}, "env!=prod", NP_YES, NP_UNKNOWN},
    {"env", NP_SELECTOR_EXISTS, {NULL}, "env", NP_NO, NP_UNKNOWN},
    {"env", NP_SELECTOR_NOT_EXISTS, {NULL}, "!env", NP_YES, NP_UNKNOWN},
    {"env", NP_SELECTOR_IN, {NULL}, "env in ()", NP_NO, NP_UNKNOWN},
    {"env", NP_SELECTOR_NOT_IN, {NULL}, "env notin ()", NP_YES, NP_UNKNOWN},
};

static struct np_requirement requirement(size_t row, np_atom *values)
{
    struct np_requirement req = {.key = atom(rows[row].key), .op = rows[row].op, .values = values};

    while (req.n_values < 3 && rows[row].values[req.n_values]) {
        values[req.n_values] = atom(rows[row].values[req.n_values]);
        req.n_values++;
    }
    return req;
}

static void test_requirements(void **state)
{
    struct np_label items[] = {{atom("tier"), atom("front")}, {atom("app"), atom("web")}, {atom("empty"), atom("")}};
    struct np_labels known = {items, 3, false}, partial = {items, 3, true};

    (void)state;
    np_labels_sort(items, 3);
    for (size_t i = 0; i < COUNT(rows); i++) {
        np_atom values[3];
        struct np_requirement req = requirement(i, values);

        expect_number(rows[i].text, "match of known labels", np_requirement_matches(&req, &known), rows[i].known);
        expect_number(rows[i].text, "match of partly known labels", np_requirement_matches(&req, &partial), rows[i].partial);
    }
}

static void test_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        np_atom values[3];
        struct np_requirement req = requirement(i, values);
        struct np_selector selector = {&req, 1, NP_NOWHERE};
        struct np_buf text;

        np_buf_init(&text, &mem);
        np_selector_print(&selector, &atoms, &text);
        expect_text(rows[i].text, text.s, rows[i].text);
        np_buf_free(&text);
    }
}

static void test_all_requirements_hold(void **state)
{
    np_atom web = atom("web");
    struct np_requirement both[] = {{atom("app"), NP_SELECTOR_IN, &web, 1}, {atom("env"), NP_SELECTOR_EXISTS, NULL, 0}};
    struct np_selector selector = {both, 2, NP_NOWHERE}, everything = {NULL, 0, NP_NOWHERE};
    struct np_label app = {atom("app"), web};
    struct np_label other = {atom("app"), atom("db")};

    (void)state;
    assert_int_equal(np_selector_matches(&selector, &(struct np_labels){&app, 1, false}), NP_NO);
    assert_int_equal(np_selector_matches(&selector, &(struct np_labels){&app, 1, true}), NP_UNKNOWN);
    assert_int_equal(np_selector_matches(&selector, &(struct np_labels){&other, 1, true}), NP_NO);
    assert_int_equal(np_selector_matches(&everything, &(struct np_labels){NULL, 0, false}), NP_YES);
    assert_int_equal(np_selector_matches(&everything, &(struct np_labels){NULL, 0, true}), NP_YES);
}

static void test_labels_are_found_by_key(void **state)
{
    struct np_label items[40];

    (void)state;
    for (np_atom i = 0; i < 40; i++)
        items[i] = (struct np_label){1000 - 7 * i, i + 1};
    np_labels_sort(items, 40);
    for (np_atom i = 0; i < 40; i++)
        assert_int_equal(np_labels_get(&(struct np_labels){items, 40, false}, 1000 - 7 * i), i + 1);
    assert_int_equal(np_labels_get(&(struct np_labels){items, 40, false}, 999), NP_ATOM_NONE);
    assert_int_equal(np_labels_get(&(struct np_labels){NULL, 0, false}, 1), NP_ATOM_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requirements),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_all_requirements_hold),
        cmocka_unit_test(test_labels_are_found_by_key),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
