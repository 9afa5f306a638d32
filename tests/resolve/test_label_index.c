/* SPDX-License-Identifier: BSD-2-Clause */
/* The inverted index of labels, against looking at everybody. */

#include "../base/testing.h"

#include "resolve/label_index.h"

#define CARRIERS 60
#define LABELS 4

struct crowd {
    struct np_label labels[CARRIERS][LABELS];
    struct np_labels of[CARRIERS];
};

static const struct np_labels *labels_of(const void *user, uint32_t i)
{
    return &((const struct crowd *)user)->of[i];
}

/* Key k of carrier i is there when i is no multiple of k + 2, and has one of five values. Some carriers are partly known. */
static void fill(struct crowd *crowd)
{
    for (uint32_t i = 0; i < CARRIERS; i++) {
        struct np_labels *of = &crowd->of[i];

        *of = (struct np_labels){crowd->labels[i], 0, i % 7 == 3};
        for (uint32_t k = 0; k < LABELS; k++)
            if (i % (k + 2) != 0)
                crowd->labels[i][of->n++] = (struct np_label){k + 1, 100 + i * (k + 3) % 5};
    }
}

static bool carries(const struct crowd *crowd, uint32_t i, struct np_label label)
{
    return np_labels_get(&crowd->of[i], label.key) == label.value;
}

static void expect_postings(const struct np_label_index *index, const struct crowd *crowd, struct np_label label)
{
    struct np_postings list = np_label_index_find(index, label);
    uint32_t k = 0;

    for (uint32_t i = 0; i < CARRIERS; i++)
        if (carries(crowd, i, label)) {
            assert_true(k < list.n);
            assert_int_equal(list.items[k++], i);
        }
    assert_int_equal(k, list.n);
}

static void test_postings(void **state)
{
    static struct crowd crowd;
    struct np_label_index index;
    struct np_mem mem;
    uint32_t partial = 0;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    fill(&crowd);
    assert_int_equal(np_label_index_build(&index, &mem, labels_of, &crowd, CARRIERS), 0);
    for (np_atom key = 1; key <= LABELS + 1; key++)
        for (np_atom value = 99; value <= 106; value++)
            expect_postings(&index, &crowd, (struct np_label){key, value});
    for (uint32_t i = 0; i < CARRIERS; i++)
        if (crowd.of[i].partial)
            assert_int_equal(index.partial[partial++], i);
    assert_int_equal(partial, index.n_partial);
    np_label_index_free(&index);
    assert_int_equal(mem.used, 0);
}

static void test_nobody(void **state)
{
    static struct crowd crowd;
    struct np_label_index index;
    struct np_mem mem;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    assert_int_equal(np_label_index_build(&index, &mem, labels_of, &crowd, 0), 0);
    assert_int_equal(np_label_index_find(&index, (struct np_label){1, 2}).n, 0);
    np_label_index_free(&index);
    np_label_index_free(&index);
    assert_int_equal(np_label_index_build(&index, &mem, labels_of, &crowd, CARRIERS), 0);
    assert_int_equal(np_label_index_find(&index, (struct np_label){1, 2}).n, 0);
    np_label_index_free(&index);
    assert_int_equal(mem.used, 0);
}

static void test_out_of_memory_leaks_nothing(void **state)
{
    static struct crowd crowd;
    int rc = -1;

    (void)state;
    fill(&crowd);
    for (size_t limit = 1; limit < 100000 && rc; limit += 64) {
        struct np_label_index index;
        struct np_mem mem;

        np_mem_init(&mem, NULL, limit);
        rc = np_label_index_build(&index, &mem, labels_of, &crowd, CARRIERS);
        np_label_index_free(&index);
        assert_int_equal(mem.used, 0);
    }
    assert_int_equal(rc, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_postings),
        cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_out_of_memory_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
