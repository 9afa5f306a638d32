/* SPDX-License-Identifier: BSD-2-Clause */
/* Raising diagnostics: counts, the limit of kept ones, objects, and what happens without memory. */

#include "testing.h"

#include "base/diag.h"

static void open_diags(struct np_mem *mem, struct np_diags *diags, uint32_t limit)
{
    np_mem_init(mem, NULL, 0);
    np_diags_init(diags, mem, limit);
}

static void test_everything_is_kept(void **state)
{
    struct np_mem mem;
    struct np_diags diags;
    struct np_diag *d;

    (void)state;
    open_diags(&mem, &diags, 10);
    diags.object = (struct np_diag_object){"Pod", "shop", "web"};
    d = np_diag_raise(&diags, NP_DUPLICATE_KEY, (struct np_span){0, 3, 5}, "key `%s` is given %d times", "a", 2);
    np_diag_label(&diags, d, "again %d", 1);
    np_diag_second(&diags, d, (struct np_span){0, 1, 2}, "first %s", "here");
    np_diag_help(&diags, d, "remove %s", "one");
    np_diag_upstream(&diags, d, "%d%%", 100);
    np_diag_path(&diags, d, "spec[%u]", 7u);
    assert_ptr_equal(diags.items[0], d);
    assert_int_equal(d->code, NP_DUPLICATE_KEY);
    assert_string_equal(d->message, "key `a` is given 2 times");
    assert_string_equal(d->label, "again 1");
    assert_string_equal(d->second_label, "first here");
    assert_string_equal(d->help, "remove one");
    assert_string_equal(d->upstream, "100%");
    assert_string_equal(d->path, "spec[7]");
    assert_string_equal(d->object_name, "web");
    assert_int_equal(d->second.start, 1);
    np_diags_free(&diags);
    assert_int_equal(mem.used, 0);
}

static void test_second_is_nowhere_at_first(void **state)
{
    struct np_mem mem;
    struct np_diags diags;

    (void)state;
    open_diags(&mem, &diags, 10);
    assert_true(np_diag_raise(&diags, NP_DUPLICATE_KEY, NP_NOWHERE, "x")->second.source == NP_NONE);
    np_diags_free(&diags);
}

static void test_severity_counts(void **state)
{
    struct np_mem mem;
    struct np_diags diags;
    struct np_diag *d;

    (void)state;
    open_diags(&mem, &diags, 10);
    d = np_diag_raise(&diags, NP_DUPLICATE_KEY, NP_NOWHERE, "x");
    (void)np_diag_raise(&diags, NP_DUPLICATE_KEY, NP_NOWHERE, "x");
    assert_int_equal(diags.raised[CNIPOL_SEVERITY_ERROR], 2);
    np_diag_severity(&diags, d, CNIPOL_SEVERITY_WARNING);
    np_diag_severity(&diags, d, CNIPOL_SEVERITY_WARNING);
    assert_int_equal(diags.raised[CNIPOL_SEVERITY_ERROR], 1);
    assert_int_equal(diags.raised[CNIPOL_SEVERITY_WARNING], 1);
    assert_int_equal(d->severity, CNIPOL_SEVERITY_WARNING);
    np_diags_free(&diags);
}

/* Beyond the limit diagnostics are counted, and their severity too; the one that comes back keeps no text. */
static void test_limit(void **state)
{
    struct np_mem mem;
    struct np_diags diags;

    (void)state;
    open_diags(&mem, &diags, 2);
    for (int i = 0; i < 5; i++) {
        struct np_diag *d = np_diag_raise(&diags, NP_DUPLICATE_KEY, NP_NOWHERE, "x");

        assert_int_equal(d != &diags.spare, i < 2);
        np_diag_label(&diags, d, "x");
        np_diag_second(&diags, d, NP_NOWHERE, "x");
        np_diag_help(&diags, d, "x");
        np_diag_upstream(&diags, d, "x");
        np_diag_path(&diags, d, "x");
        np_diag_severity(&diags, d, CNIPOL_SEVERITY_INFO);
        assert_int_equal(d->message != NULL && d->label != NULL && d->help != NULL && d->upstream != NULL && d->path != NULL, i < 2);
    }
    assert_int_equal(diags.n, 2);
    assert_int_equal(diags.raised[CNIPOL_SEVERITY_INFO], 5);
    assert_int_equal(diags.raised[CNIPOL_SEVERITY_ERROR], 0);
    assert_false(diags.failed);
    np_diags_free(&diags);
    assert_int_equal(mem.used, 0);
}

static void test_clear(void **state)
{
    struct np_mem mem;
    struct np_diags diags;

    (void)state;
    open_diags(&mem, &diags, 1);
    diags.object = (struct np_diag_object){"Pod", "shop", "web"};
    (void)np_diag_raise(&diags, NP_DUPLICATE_KEY, NP_NOWHERE, "x");
    np_diags_clear(&diags);
    assert_int_equal(diags.n, 0);
    assert_int_equal(diags.raised[CNIPOL_SEVERITY_ERROR], 0);
    assert_null(diags.object.kind);
    assert_non_null(np_diag_raise(&diags, NP_DUPLICATE_KEY, NP_NOWHERE, "y"));
    assert_string_equal(diags.items[0]->message, "y");
    np_diags_free(&diags);
    assert_int_equal(mem.used, 0);
}

static void test_long_message(void **state)
{
    struct np_mem mem;
    struct np_diags diags;
    struct np_diag *d;

    (void)state;
    open_diags(&mem, &diags, 1);
    d = np_diag_raise(&diags, NP_DUPLICATE_KEY, NP_NOWHERE, "%100000s", "x");
    assert_int_equal(strlen(d->message), 100000);
    np_diags_free(&diags);
    assert_int_equal(mem.used, 0);
}

/* Without memory a diagnostic is still counted, and the failure is remembered. */
static void test_out_of_memory(void **state)
{
    (void)state;
    for (size_t limit = 1; limit < 6000; limit += 61) {
        struct np_mem mem;
        struct np_diags diags;
        struct np_diag *d;

        np_mem_init(&mem, NULL, limit);
        np_diags_init(&diags, &mem, 10);
        d = np_diag_raise(&diags, NP_DUPLICATE_KEY, NP_NOWHERE, "%3000s", "x");
        np_diag_label(&diags, d, "%3000s", "x");
        assert_int_equal(diags.raised[CNIPOL_SEVERITY_ERROR], 1);
        assert_true(diags.failed);
        assert_int_equal(diags.n, d != NULL);
        np_diags_free(&diags);
        assert_int_equal(mem.used, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_is_kept),
        cmocka_unit_test(test_second_is_nowhere_at_first),
        cmocka_unit_test(test_severity_counts),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_clear),
        cmocka_unit_test(test_long_message),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
