/* SPDX-License-Identifier: BSD-2-Clause */
/* Strings: order, growing buffers with sticky failure, atoms. */

#include "testing.h"

#include <stdio.h>

#include "base/str.h"

/* In ascending order. */
static const struct np_str ordered[] = {{"", 0},   {"\0", 1}, {"\0\0", 2}, {"A", 1},  {"a", 1},   {"a\0", 2},
                                        {"aa", 2}, {"ab", 2}, {"b", 1},    {"ba", 2}, {"\xff", 1}};

static void test_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ordered); i++)
        for (size_t j = 0; j < COUNT(ordered); j++) {
            int order = np_str_cmp(ordered[i], ordered[j]);

            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(np_str_eq(ordered[i], ordered[j]), i == j);
        }
}

static void test_views(void **state)
{
    (void)state;
    assert_int_equal(np_str_of(NULL).n, 0);
    assert_true(np_str_eq(np_str_of(NULL), NP_STR("")));
    assert_true(np_str_is((struct np_str){"abcd", 2}, "ab"));
    assert_false(np_str_is((struct np_str){"abcd", 2}, "abc"));
    assert_int_equal(NP_STR("a\0b").n, 3);
}

static void test_buffer(void **state)
{
    struct np_mem mem;
    struct np_buf buf;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    np_buf_init(&buf, &mem);
    np_buf_adds(&buf, "");
    assert_string_equal(buf.s, "");
    np_buf_adds(&buf, "ab");
    np_buf_addc(&buf, 'c');
    np_buf_addstr(&buf, (struct np_str){"defg", 2});
    np_buf_addf(&buf, "%d-%s", 42, "x");
    assert_string_equal(buf.s, "abcde42-x");
    assert_int_equal(buf.n, 9);
    np_buf_clear(&buf);
    assert_string_equal(buf.s, "");
    np_buf_free(&buf);
    np_buf_free(&buf);
    assert_int_equal(mem.used, 0);
}

/* Every length around the sizes at which the buffer grows. */
static void test_buffer_grows(void **state)
{
    struct np_mem mem;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    for (size_t n = 60; n < 132; n++) {
        struct np_buf once, bytewise, formatted;

        np_buf_init(&once, &mem);
        np_buf_init(&bytewise, &mem);
        np_buf_init(&formatted, &mem);
        np_buf_addf(&formatted, "%*s", (int)n, "");
        np_buf_add(&once, formatted.s, n);
        for (size_t i = 0; i < n; i++)
            np_buf_addc(&bytewise, ' ');
        assert_int_equal(formatted.n, n);
        assert_int_equal(once.s[n], '\0');
        assert_string_equal(bytewise.s, once.s);
        np_buf_free(&once);
        np_buf_free(&bytewise);
        np_buf_free(&formatted);
    }
    assert_int_equal(mem.used, 0);
}

static void test_buffer_failure_sticks(void **state)
{
    struct np_mem mem;
    struct np_buf buf;

    (void)state;
    np_mem_init(&mem, NULL, 64);
    np_buf_init(&buf, &mem);
    np_buf_adds(&buf, "short");
    assert_false(np_buf_failed(&buf));
    np_buf_addf(&buf, "%100s", "");
    assert_true(np_buf_failed(&buf));
    np_buf_adds(&buf, "x");
    assert_string_equal(buf.s, "short");
    np_buf_free(&buf);
    assert_false(np_buf_failed(&buf));
    assert_int_equal(mem.used, 0);
}

static void test_atoms(void **state)
{
    struct np_mem mem;
    struct np_atoms atoms;
    np_atom app, empty, zero;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    assert_int_equal(np_atoms_init(&atoms, &mem), 0);
    assert_int_equal(np_atoms_find(&atoms, NP_STR("app")), NP_ATOM_NONE);
    app = np_atoms_add(&atoms, NP_STR("app"));
    empty = np_atoms_add(&atoms, NP_STR(""));
    zero = np_atoms_add(&atoms, (struct np_str){"\0", 1});
    assert_true(app != NP_ATOM_NONE && empty != NP_ATOM_NONE && zero != NP_ATOM_NONE);
    assert_true(app != empty && empty != zero && app != zero);
    assert_int_equal(np_atoms_add(&atoms, (struct np_str){"apple", 3}), app);
    assert_int_equal(np_atoms_find(&atoms, NP_STR("")), empty);
    assert_string_equal(np_atoms_str(&atoms, app).s, "app");
    np_atoms_free(&atoms);
    assert_int_equal(mem.used, 0);
}

static void test_many_atoms(void **state)
{
    struct np_mem mem;
    struct np_atoms atoms;
    char text[16];

    (void)state;
    np_mem_init(&mem, NULL, 0);
    assert_int_equal(np_atoms_init(&atoms, &mem), 0);
    for (uint32_t i = 0; i < 20000; i++) {
        (void)snprintf(text, sizeof text, "name-%u", i);
        assert_int_equal(np_atoms_add(&atoms, np_str_of(text)), i + 1);
    }
    for (uint32_t i = 0; i < 20000; i++) {
        (void)snprintf(text, sizeof text, "name-%u", i);
        assert_int_equal(np_atoms_find(&atoms, np_str_of(text)), i + 1);
        assert_true(np_str_is(np_atoms_str(&atoms, i + 1), text));
    }
    np_atoms_free(&atoms);
    assert_int_equal(mem.used, 0);
}

/* Out of memory at any point: no atom, and the table stays as it was. */
static void test_atoms_out_of_memory(void **state)
{
    struct np_mem mem;
    struct np_atoms atoms;
    uint32_t n = 0;
    char text[16];

    (void)state;
    np_mem_init(&mem, NULL, 100);
    assert_int_not_equal(np_atoms_init(&atoms, &mem), 0);
    np_atoms_free(&atoms);
    np_mem_init(&mem, NULL, 20000);
    assert_int_equal(np_atoms_init(&atoms, &mem), 0);
    do
        (void)snprintf(text, sizeof text, "name-%u", n++);
    while (np_atoms_add(&atoms, np_str_of(text)) != NP_ATOM_NONE);
    assert_true(n > 10);
    assert_int_equal(np_atoms_find(&atoms, NP_STR("name-0")), 1);
    assert_int_equal(np_atoms_find(&atoms, np_str_of(text)), NP_ATOM_NONE);
    np_atoms_free(&atoms);
    assert_int_equal(mem.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_buffer),
        cmocka_unit_test(test_buffer_grows),
        cmocka_unit_test(test_buffer_failure_sticks),
        cmocka_unit_test(test_atoms),
        cmocka_unit_test(test_many_atoms),
        cmocka_unit_test(test_atoms_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
