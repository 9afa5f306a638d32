/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions over peer classes as radix nodes: each class leads to its row, and what is alike is there once. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compile/table.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void begin(struct np_table *table, struct np_mem *mem, uint32_t n_classes)
{
    np_mem_init(mem, NULL, 0);
    *table = (struct np_table){.mem = mem, .l1_entries = (n_classes + 255) / 256};
    np_intern_init(&table->functions, mem);
    np_intern_init(&table->folds.keys, mem);
    np_intern_init(&table->pages, mem);
    np_intern_init(&table->chunks, mem);
    np_intern_init(&table->l1, mem);
    np_sweep_init(&table->sweep, mem);
}

static void end(struct np_table *table, struct np_mem *mem)
{
    np_table_free(table);
    assert_int_equal(mem->used, 0);
}

/* The way that format.h describes, to the number of a final row. */
static uint32_t row_at(const struct np_table *table, uint32_t root, uint32_t class)
{
    uint32_t n, chunk = np_interned(&table->l1, root, &n)[class >> 8];
    uint32_t page = np_interned(&table->chunks, chunk, &n)[(class >> 4) & 15];

    return table->finals.items[np_interned(&table->pages, page, &n)[class & 15]];
}

static uint32_t expected_at(const uint32_t *function, uint32_t n, uint32_t class)
{
    uint32_t row = function[1];

    for (uint32_t i = 0; i < n; i += 2)
        if (function[i] <= class)
            row = function[i + 1];
    return row;
}

static void test_each_class_has_its_row(void **state)
{
    static const struct {
        uint32_t n_classes;
        uint32_t function[12]; /* first class, row, ... */
        uint32_t n;
        uint32_t pages, chunks; /* distinct ones */
    } rows[] = {
        {1, {0, 7}, 2, 1, 1},
        {600, {0, 7}, 2, 1, 1},
        {16, {0, 7, 15, 8}, 4, 2, 1},
        {17, {0, 7, 16, 8}, 4, 2, 1},
        {256, {0, 7, 255, 8}, 4, 2, 1},
        {257, {0, 7, 256, 8}, 4, 2, 2},
        {4000, {0, 7, 100, 8, 101, 7, 3000, 9}, 8, 4, 4},
        {1024, {0, 1, 16, 2, 32, 1, 48, 2, 64, 1}, 10, 2, 2},
        {512, {0, 5, 1, 6, 2, 5, 256, 5, 257, 6, 258, 5}, 12, 2, 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct np_table table;
        struct np_mem mem;
        uint32_t root, function;

        begin(&table, &mem, rows[i].n_classes);
        function = np_intern(&table.functions, rows[i].function, rows[i].n);
        root = np_table_radix(&table, function);
        assert_int_equal(np_table_radix(&table, function), root);
        for (uint32_t class = 0; class < rows[i].n_classes; class ++)
            assert_int_equal(row_at(&table, root, class), expected_at(rows[i].function, rows[i].n, class));
        if (table.pages.n != rows[i].pages || table.chunks.n != rows[i].chunks)
            fail_msg("row %zu: %u pages, %u chunks", i, table.pages.n, table.chunks.n);
        end(&table, &mem);
    }
}

/* Subjects that differ a little share all but where they differ. */
static void test_functions_share_nodes(void **state)
{
    static const uint32_t a[] = {0, 1, 1000, 2, 1001, 1}, b[] = {0, 1, 2000, 2, 2001, 1};
    struct np_table table;
    struct np_mem mem;

    (void)state;
    begin(&table, &mem, 4096);
    assert_int_equal(np_table_radix(&table, np_intern(&table.functions, a, 6)), 0);
    assert_int_equal(np_table_radix(&table, np_intern(&table.functions, b, 6)), 1);
    assert_int_equal(table.l1.n, 2);
    assert_int_equal(table.chunks.n, 3);
    assert_int_equal(table.pages.n, 3);
    assert_int_equal(table.finals.n, 2);
    end(&table, &mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_class_has_its_row), cmocka_unit_test(test_functions_share_nodes)};

    return cmocka_run_group_tests_name("radix", tests, NULL, NULL);
}
