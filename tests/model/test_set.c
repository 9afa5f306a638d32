/* SPDX-License-Identifier: BSD-2-Clause */
/* Three-valued sets, against a plain array of members. */

#include "../base/testing.h"

#include "model/set.h"

#define ENDS 64

static struct np_mem mem;
static struct np_arena arena;
static struct np_set_builder builder;

static int set_up(void **state)
{
    (void)state;
    np_mem_init(&mem, NULL, 0);
    np_arena_init(&arena, &mem);
    np_set_builder_init(&builder, &mem);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    np_set_builder_free(&builder);
    np_arena_free(&arena);
    return mem.used != 0;
}

/* One letter an end: y in it, ? perhaps, . not. */
static const struct {
    const char *members;
    uint32_t n_yes, n_maybe;
} rows[] = {
    {"", 0, 0},  {"....", 0, 0}, {"y", 1, 0},      {"yyyy", 1, 0},      {"y.y.y", 3, 0},
    {"?", 0, 1}, {"y?y?", 2, 2}, {"yy??yy", 2, 1}, {"...yyy...", 1, 0}, {"y......................................................?", 1, 1},
};

static enum np_tri tri_of(char c)
{
    return c == 'y' ? NP_YES : c == '?' ? NP_UNKNOWN : NP_NO;
}

static void test_members(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t n = (uint32_t)strlen(rows[i].members);
        struct np_set set;

        for (uint32_t id = 0; id < n; id++)
            assert_int_equal(np_set_builder_add(&builder, id, tri_of(rows[i].members[id])), 0);
        assert_int_equal(np_set_builder_finish(&builder, &arena, &set), 0);
        expect_number(rows[i].members, "ranges of members", set.n_yes, rows[i].n_yes);
        expect_number(rows[i].members, "ranges of may-be members", set.n_maybe, rows[i].n_maybe);
        for (uint32_t id = 0; id < ENDS; id++)
            expect_number(rows[i].members, "membership", np_set_has(&set, id), id < n ? tri_of(rows[i].members[id]) : NP_NO);
        assert_int_equal(np_set_has(&set, NP_NONE), NP_NO);
    }
}

static void test_ranges_join_where_they_touch(void **state)
{
    struct np_set set;

    (void)state;
    assert_int_equal(np_set_builder_add_range(&builder, (struct np_range){5, 10}, NP_YES), 0);
    assert_int_equal(np_set_builder_add_range(&builder, (struct np_range){10, 10}, NP_YES), 0);
    assert_int_equal(np_set_builder_add_range(&builder, (struct np_range){10, 12}, NP_YES), 0);
    assert_int_equal(np_set_builder_add_range(&builder, (struct np_range){12, 14}, NP_NO), 0);
    assert_int_equal(np_set_builder_add_range(&builder, (struct np_range){14, 20}, NP_YES), 0);
    assert_int_equal(np_set_builder_finish(&builder, &arena, &set), 0);
    assert_int_equal(set.n_yes, 2);
    assert_int_equal(np_set_has(&set, 4), NP_NO);
    assert_int_equal(np_set_has(&set, 5), NP_YES);
    assert_int_equal(np_set_has(&set, 11), NP_YES);
    assert_int_equal(np_set_has(&set, 12), NP_NO);
    assert_int_equal(np_set_has(&set, 19), NP_YES);
    assert_int_equal(np_set_has(&set, 20), NP_NO);
}

static void test_a_builder_starts_anew_after_finish(void **state)
{
    struct np_set first, second;

    (void)state;
    assert_int_equal(np_set_builder_add(&builder, 3, NP_YES), 0);
    assert_int_equal(np_set_builder_finish(&builder, &arena, &first), 0);
    assert_int_equal(np_set_builder_add(&builder, 1, NP_UNKNOWN), 0);
    assert_int_equal(np_set_builder_finish(&builder, &arena, &second), 0);
    assert_int_equal(np_set_has(&first, 3), NP_YES);
    assert_int_equal(np_set_has(&second, 3), NP_NO);
    assert_int_equal(np_set_has(&second, 1), NP_UNKNOWN);
}

static void test_out_of_memory_is_said(void **state)
{
    struct np_mem tight;
    struct np_set_builder small;

    (void)state;
    np_mem_init(&tight, NULL, 1);
    np_set_builder_init(&small, &tight);
    assert_true(np_set_builder_add(&small, 1, NP_YES) < 0);
    assert_int_equal(np_set_builder_add(&small, 1, NP_NO), 0);
    np_set_builder_free(&small);
    assert_int_equal(tight.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_ranges_join_where_they_touch),
        cmocka_unit_test(test_a_builder_starts_anew_after_finish),
        cmocka_unit_test(test_out_of_memory_is_said),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
