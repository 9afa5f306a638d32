/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of peer ids, and sweeping over many: a letter for each id, "." no, "?" perhaps, "y" yes; what follows is like the last. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compile/idset.h"
#include "compile/sweep.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct fixture {
    struct np_mem mem;
    struct np_idsets sets;
};

static void begin(struct fixture *f)
{
    np_mem_init(&f->mem, NULL, 0);
    assert_true(np_idsets_init(&f->sets, &f->mem));
}

static void end(struct fixture *f)
{
    np_idsets_free(&f->sets);
    assert_int_equal(f->mem.used, 0);
}

static enum np_tri member(char letter)
{
    return letter == 'y' ? NP_YES : letter == '?' ? NP_UNKNOWN : NP_NO;
}

static uint32_t set_of(struct fixture *f, const char *text)
{
    np_idset_begin(&f->sets);
    for (uint32_t id = 0; text[id]; id++)
        assert_true(np_idset_from(&f->sets, id, member(text[id])));
    return np_idset_end(&f->sets);
}

static void test_operations(void **state)
{
    static const struct {
        const char *a, *b, *and, * or, *not_a;
    } rows[] = {
        {"y", "y", "y", "y", "."},
        {".", "y", ".", "y", "y"},
        {"?", "y", "?", "y", "?"},
        {"?", ".", ".", "?", "?"},
        {"y.?y.?y.?", "yyy...???", "y.?...?.?", "yyyy.?y??", ".y?.y?.y?"},
        {"..yy..", ".yyy..", "..yy..", ".yyy..", "yy..yy"},
        {"y.y.y.", ".y.y.y", "......", "yyyyyy", ".y.y.y"},
        {"....y", "y....", ".", "y...y", "yyyy."},
    };
    struct fixture f;

    (void)state;
    begin(&f);
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t a = set_of(&f, rows[i].a), b = set_of(&f, rows[i].b);

        /* equal sets have one number, so numbers say all */
        if (np_idset_and(&f.sets, a, b) != set_of(&f, rows[i].and) || np_idset_and(&f.sets, b, a) != set_of(&f, rows[i].and) ||
            np_idset_or(&f.sets, a, b) != set_of(&f, rows[i].or) || np_idset_or(&f.sets, b, a) != set_of(&f, rows[i].or) ||
            np_idset_not(&f.sets, a) != set_of(&f, rows[i].not_a))
            fail_msg("%s with %s", rows[i].a, rows[i].b);
        for (uint32_t id = 0; rows[i].a[id]; id++)
            assert_int_equal(np_idset_has(&f.sets, a, id), member(rows[i].a[id]));
    }
    end(&f);
}

static void test_one_form(void **state)
{
    static const struct {
        const char *text;
        uint32_t n_words;
        uint32_t number; /* NP_NONE: not a known one */
    } rows[] = {
        {"y", 1, NP_IDSET_ALL},          {".", 1, NP_IDSET_EMPTY}, {"?", 1, NP_IDSET_MAYBE}, {"yyyyyyyy", 1, NP_IDSET_ALL},
        {"........", 1, NP_IDSET_EMPTY}, {"..y", 2, NP_NONE},      {"yy..", 2, NP_NONE},     {"y?.y", 4, NP_NONE},
    };
    struct fixture f;

    (void)state;
    begin(&f);
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t n, number = set_of(&f, rows[i].text);
        const uint32_t *words = np_idset_words(&f.sets, number, &n);

        assert_int_equal(n, rows[i].n_words);
        assert_int_equal(words[0] >> 2, 0);
        if (rows[i].number != NP_NONE)
            assert_int_equal(number, rows[i].number);
    }
    np_idset_begin(&f.sets);
    assert_int_equal(np_idset_end(&f.sets), NP_IDSET_EMPTY);
    end(&f);
}

static void test_of_ranges(void **state)
{
    static const struct np_range yes[] = {{1, 3}, {6, 7}}, maybe[] = {{3, 4}, {5, 6}};
    const struct np_set from = {.yes = yes, .maybe = maybe, .n_yes = 2, .n_maybe = 2}, nobody = {0};
    struct fixture f;

    (void)state;
    begin(&f);
    assert_int_equal(np_idset_of(&f.sets, &from), set_of(&f, ".yy?.?y."));
    assert_int_equal(np_idset_of(&f.sets, &nobody), NP_IDSET_EMPTY);
    end(&f);
}

/* Segments as "from-to", with the letter of each set that is not surely absent. */
static void describe(struct np_sweep *sweep, char *out)
{
    int more;

    *out = '\0';
    while ((more = np_sweep_next(sweep)) == 1) {
        out += sprintf(out, "%u-%u", sweep->lo, sweep->hi);
        for (uint32_t i = 0; i < sweep->active.n; i++)
            out += sprintf(out, "%c%s", (int)('a' + (sweep->active.items[i] >> 2)), (sweep->active.items[i] & 3) == NP_YES ? "" : "?");
        out += sprintf(out, " ");
    }
    assert_int_equal(more, 0);
}

static void test_sweep(void **state)
{
    static const struct {
        const char *sets[4];
        const char *expected;
    } rows[] = {
        {{0}, "0-8 "},
        {{"y"}, "0-8a "},
        {{"yy..yyyy", "..yy....", ".?y."}, "0-1a 1-2ac? 2-3bc 3-4b 4-8a "},
        {{"........y"}, "0-8 "},
        {{".......y", "?......."}, "0-1b? 1-7 7-8a "},
        {{"y.y.y.y.", ".y.y.y.y"}, "0-1a 1-2b 2-3a 3-4b 4-5a 5-6b 6-7a 7-8b "},
        {{"yy?y....", "yy?y...."}, "0-2ab 2-3a?b? 3-4ab 4-8 "},
    };
    struct fixture f;
    struct np_sweep sweep;

    (void)state;
    begin(&f);
    np_sweep_init(&sweep, &f.mem);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[256];

        np_sweep_reset(&sweep);
        for (uint32_t k = 0; k < 4 && rows[i].sets[k]; k++) {
            uint32_t n;
            const uint32_t *words = np_idset_words(&f.sets, set_of(&f, rows[i].sets[k]), &n);

            assert_true(np_sweep_add(&sweep, k, words, n));
        }
        np_sweep_start(&sweep, 8);
        describe(&sweep, got);
        assert_string_equal(got, rows[i].expected);
    }
    np_sweep_free(&sweep);
    end(&f);
}

static void test_places(void **state)
{
    static const struct {
        uint32_t word, place;
    } rows[] = {{7, 0}, {3, 1}, {7, 0}, {9, 2}, {3, 1}};
    struct np_words words = {0}, places = {0};
    struct fixture f;

    (void)state;
    begin(&f);
    for (uint32_t again = 0; again < 2; again++) {
        words.n = 0;
        for (size_t i = 0; i < COUNT(rows); i++)
            assert_int_equal(np_words_place(&words, &places, &f.mem, rows[i].word + again), rows[i].place);
        assert_int_equal(words.n, 3);
    }
    np_words_free(&words, &f.mem);
    np_words_free(&places, &f.mem);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_operations), cmocka_unit_test(test_one_form), cmocka_unit_test(test_of_ranges),
                                       cmocka_unit_test(test_sweep), cmocka_unit_test(test_places)};

    return cmocka_run_group_tests_name("idset", tests, NULL, NULL);
}
