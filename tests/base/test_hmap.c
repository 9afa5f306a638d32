/* SPDX-License-Identifier: BSD-2-Clause */
/* The hash map: growing, colliding, failing. */

#include "testing.h"

#include <cnipol/status.h>

#include "base/hmap.h"

static bool same_number(const void *ctx, const void *key, uint32_t value)
{
    (void)ctx;
    return *(const uint32_t *)key == value;
}

static void test_empty(void **state)
{
    struct np_mem mem;
    struct np_hmap map;
    uint32_t key = 1;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    np_hmap_init(&map, &mem);
    assert_true(np_hmap_get(&map, np_hash(&key, sizeof key), same_number, NULL, &key) == NP_NONE);
    np_hmap_free(&map);
    assert_int_equal(mem.used, 0);
}

static void fill_and_ask(uint64_t (*hash)(const void *, size_t), uint32_t n)
{
    struct np_mem mem;
    struct np_hmap map;

    np_mem_init(&mem, NULL, 0);
    np_hmap_init(&map, &mem);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(np_hmap_put(&map, hash(&i, sizeof i), i), CNIPOL_OK);
    assert_int_equal(map.n, n);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(np_hmap_get(&map, hash(&i, sizeof i), same_number, NULL, &i), i);
    assert_true(np_hmap_get(&map, hash(&n, sizeof n), same_number, NULL, &n) == NP_NONE);
    for (uint32_t i = 0; i < n; i++)
        np_hmap_replace(&map, hash(&i, sizeof i), i, n + i);
    assert_int_equal(map.n, n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t other = n + i;

        assert_int_equal(np_hmap_get(&map, hash(&i, sizeof i), same_number, NULL, &other), other);
    }
    np_hmap_free(&map);
    assert_int_equal(mem.used, 0);
}

static void test_many(void **state)
{
    (void)state;
    fill_and_ask(np_hash, 50000);
}

static uint64_t always_seven(const void *bytes, size_t n)
{
    (void)bytes;
    (void)n;
    return 7;
}

static void test_all_collide(void **state)
{
    (void)state;
    fill_and_ask(always_seven, 500);
}

static uint64_t high_half_only(const void *bytes, size_t n)
{
    return np_hash(bytes, n) << 32;
}

static void test_both_halves_count(void **state)
{
    (void)state;
    fill_and_ask(high_half_only, 5000);
}

static void test_out_of_memory(void **state)
{
    struct np_mem mem;
    struct np_hmap map;
    uint32_t n = 0;

    (void)state;
    np_mem_init(&mem, NULL, 4000);
    np_hmap_init(&map, &mem);
    while (np_hmap_put(&map, np_hash(&n, sizeof n), n) == CNIPOL_OK)
        n++;
    assert_true(n > 8);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(np_hmap_get(&map, np_hash(&i, sizeof i), same_number, NULL, &i), i);
    np_hmap_free(&map);
    assert_int_equal(mem.used, 0);
}

static void test_hash(void **state)
{
    (void)state;
    assert_true(np_hash("ab", 2) == np_hash("abc", 2));
    assert_true(np_hash("ab", 2) != np_hash("ba", 2));
    assert_true(np_hash("", 0) != np_hash("\0", 1));
    assert_true(np_hash_mix(1, 2) != np_hash_mix(2, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),         cmocka_unit_test(test_many),
        cmocka_unit_test(test_all_collide),   cmocka_unit_test(test_both_halves_count),
        cmocka_unit_test(test_out_of_memory), cmocka_unit_test(test_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
