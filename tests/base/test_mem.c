/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory: accounting, limits, growable arrays, arenas; the hooks see every block with its size. */

#include "testing.h"

#include <stdlib.h>

#include "base/mem.h"

/* Hooks that count blocks and check the sizes that they are told. */
struct ledger {
    size_t blocks;
    size_t bytes;
    size_t refuse_after; /* calls that succeed; SIZE_MAX: all */
};

static bool refuses(struct ledger *ledger)
{
    if (ledger->refuse_after == 0)
        return true;
    if (ledger->refuse_after != SIZE_MAX)
        ledger->refuse_after--;
    return false;
}

static void *ledger_alloc(void *user, size_t size)
{
    struct ledger *ledger = user;
    size_t *block = refuses(ledger) ? NULL : malloc(size + 16);

    if (!block)
        return NULL;
    *block = size;
    ledger->blocks++;
    ledger->bytes += size;
    return (char *)block + 16;
}

static void ledger_free(void *user, void *block, size_t size)
{
    struct ledger *ledger = user;
    size_t *start = (size_t *)(void *)((char *)block - 16);

    assert_int_equal(*start, size ? size : 1);
    ledger->blocks--;
    ledger->bytes -= *start;
    free(start);
}

static void *ledger_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    void *moved = ledger_alloc(user, new_size);

    if (!moved)
        return NULL;
    memcpy(moved, block, old_size < new_size ? old_size : new_size);
    ledger_free(user, block, old_size);
    return moved;
}

static struct np_mem ledger_mem(struct ledger *ledger, size_t limit)
{
    struct cnipol_alloc hooks = {ledger_alloc, ledger_realloc, ledger_free, ledger};
    struct np_mem mem;

    *ledger = (struct ledger){.refuse_after = SIZE_MAX};
    np_mem_init(&mem, &hooks, limit);
    return mem;
}

static void test_accounting(void **state)
{
    struct ledger ledger;
    struct np_mem mem = ledger_mem(&ledger, 0);
    void *a = np_alloc(&mem, 100), *b = np_zalloc(&mem, 50);

    (void)state;
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(mem.used, 150);
    a = np_realloc(&mem, a, 100, 300);
    assert_int_equal(mem.used, 350);
    a = np_realloc(&mem, a, 300, 10);
    assert_int_equal(mem.used, 60);
    assert_int_equal(mem.peak, 350);
    np_free(&mem, a, 10);
    np_free(&mem, b, 50);
    np_free(&mem, NULL, 77);
    assert_int_equal(mem.used, 0);
    assert_int_equal(ledger.blocks, 0);
}

static void test_zalloc_is_zero(void **state)
{
    struct ledger ledger;
    struct np_mem mem = ledger_mem(&ledger, 0);
    unsigned char *block = np_zalloc(&mem, 64);

    (void)state;
    for (int i = 0; i < 64; i++)
        assert_int_equal(block[i], 0);
    np_free(&mem, block, 64);
}

static void test_limit(void **state)
{
    struct ledger ledger;
    struct np_mem mem = ledger_mem(&ledger, 100);
    void *a = np_alloc(&mem, 60);

    (void)state;
    assert_non_null(a);
    assert_null(np_alloc(&mem, 41));
    assert_null(np_alloc(&mem, SIZE_MAX));
    assert_null(np_realloc(&mem, a, 60, 101));
    assert_int_equal(mem.used, 60);
    a = np_realloc(&mem, a, 60, 100);
    assert_non_null(a);
    assert_null(np_alloc(&mem, 1));
    mem.limit = 50; /* lowered below what is in use: giving back still works */
    a = np_realloc(&mem, a, 100, 70);
    assert_non_null(a);
    np_free(&mem, a, 70);
    assert_int_equal(ledger.blocks, 0);
}

static void test_refusal_leaves_the_block(void **state)
{
    struct ledger ledger;
    struct np_mem mem = ledger_mem(&ledger, 0);
    char *a = np_alloc(&mem, 4);

    (void)state;
    memcpy(a, "abc", 4);
    ledger.refuse_after = 0;
    assert_null(np_realloc(&mem, a, 4, 4000));
    assert_string_equal(a, "abc");
    assert_int_equal(mem.used, 4);
    np_free(&mem, a, 4);
}

static void test_grow(void **state)
{
    struct ledger ledger;
    struct np_mem mem = ledger_mem(&ledger, 0);
    uint32_t cap = 0;
    uint64_t *array = np_grow(&mem, NULL, &cap, 1, sizeof *array);

    (void)state;
    assert_non_null(array);
    assert_true(cap >= 1);
    for (uint32_t i = 0; i < 1000; i++) {
        array = np_grow(&mem, array, &cap, i + 1, sizeof *array);
        assert_non_null(array);
        assert_true(cap > i);
        array[i] = i;
    }
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(array[i], i);
    assert_int_equal(mem.used, cap * sizeof *array);
    np_free(&mem, array, cap * sizeof *array);
    assert_int_equal(ledger.blocks, 0);
}

static void test_grow_refused(void **state)
{
    struct ledger ledger;
    struct np_mem mem = ledger_mem(&ledger, 0);
    uint32_t cap = 0;
    char *array = np_grow(&mem, NULL, &cap, 8, 1);
    uint32_t before = cap;

    (void)state;
    ledger.refuse_after = 0;
    assert_null(np_grow(&mem, array, &cap, 1000, 1));
    assert_int_equal(cap, before);
    assert_null(np_grow(&mem, array, &cap, UINT32_MAX, 1));
    np_free(&mem, array, cap);
}

static void test_arena_alignment_and_overlap(void **state)
{
    struct ledger ledger;
    struct np_mem mem = ledger_mem(&ledger, 0);
    struct np_arena arena;
    unsigned char *blocks[300];

    (void)state;
    np_arena_init(&arena, &mem);
    for (size_t i = 0; i < COUNT(blocks); i++) {
        blocks[i] = np_arena_alloc(&arena, i * 7 % 500);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], (int)(i & 0xff), i * 7 % 500);
    }
    for (size_t i = 0; i < COUNT(blocks); i++)
        for (size_t k = 0; k < i * 7 % 500; k++)
            assert_int_equal(blocks[i][k], i & 0xff);
    np_arena_free(&arena);
    assert_int_equal(ledger.blocks, 0);
    assert_int_equal(mem.used, 0);
}

static void test_arena_large_request(void **state)
{
    struct ledger ledger;
    struct np_mem mem = ledger_mem(&ledger, 0);
    struct np_arena arena;
    char *small, *large, *next;

    (void)state;
    np_arena_init(&arena, &mem);
    small = np_arena_alloc(&arena, 16);
    large = np_arena_alloc(&arena, 5u << 20);
    next = np_arena_alloc(&arena, 16);
    assert_non_null(large);
    assert_ptr_equal(next, small + 16); /* the current chunk goes on being filled */
    memset(large, 1, 5u << 20);
    np_arena_free(&arena);
    assert_int_equal(ledger.blocks, 0);
}

static void test_arena_overflow(void **state)
{
    struct ledger ledger;
    struct np_mem mem = ledger_mem(&ledger, 0);
    struct np_arena arena;

    (void)state;
    np_arena_init(&arena, &mem);
    assert_null(np_arena_alloc(&arena, SIZE_MAX));
    assert_null(np_arena_alloc(&arena, SIZE_MAX - 16));
    assert_null(np_arena_array(&arena, SIZE_MAX / 2, 3));
    assert_null(np_arena_strndup(&arena, "x", SIZE_MAX));
    assert_non_null(np_arena_array(&arena, 0, 8));
    assert_non_null(np_arena_array(&arena, 8, 0));
    np_arena_free(&arena);
}

static void test_arena_reset(void **state)
{
    struct ledger ledger;
    struct np_mem mem = ledger_mem(&ledger, 0);
    struct np_arena arena;

    (void)state;
    np_arena_init(&arena, &mem);
    np_arena_reset(&arena);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            assert_non_null(np_arena_zalloc(&arena, 100));
        np_arena_reset(&arena);
        assert_int_equal(ledger.blocks, 1);
    }
    np_arena_free(&arena);
    np_arena_free(&arena);
    assert_int_equal(ledger.blocks, 0);
}

static void test_arena_out_of_memory(void **state)
{
    (void)state;
    for (size_t allowed = 0; allowed < 6; allowed++) {
        struct ledger ledger;
        struct np_mem mem = ledger_mem(&ledger, 0);
        struct np_arena arena;
        int given = 0;

        ledger.refuse_after = allowed;
        np_arena_init(&arena, &mem);
        while (given < 10000 && np_arena_alloc(&arena, 100))
            given++;
        assert_true(given < 10000);
        assert_true((given == 0) == (allowed == 0));
        np_arena_free(&arena);
        assert_int_equal(ledger.blocks, 0);
    }
}

static void test_strndup(void **state)
{
    struct ledger ledger;
    struct np_mem mem = ledger_mem(&ledger, 0);
    struct np_arena arena;

    (void)state;
    np_arena_init(&arena, &mem);
    assert_string_equal(np_arena_strndup(&arena, "hello", 4), "hell");
    assert_string_equal(np_arena_strndup(&arena, NULL, 0), "");
    assert_memory_equal(np_arena_strndup(&arena, "a\0b", 3), "a\0b", 4);
    np_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accounting),
        cmocka_unit_test(test_zalloc_is_zero),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_refusal_leaves_the_block),
        cmocka_unit_test(test_grow),
        cmocka_unit_test(test_grow_refused),
        cmocka_unit_test(test_arena_alignment_and_overlap),
        cmocka_unit_test(test_arena_large_request),
        cmocka_unit_test(test_arena_overflow),
        cmocka_unit_test(test_arena_reset),
        cmocka_unit_test(test_arena_out_of_memory),
        cmocka_unit_test(test_strndup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
