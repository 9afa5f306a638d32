/* SPDX-License-Identifier: BSD-2-Clause */
/* The context: limits, accounting, diagnostics by number, and allocators that refuse. */

#include "testing.h"

#include <stdlib.h>

#include <cnipol/diag.h>

#include "base/ctx.h"

static struct cnipol_ctx *open_ctx(void)
{
    struct cnipol_ctx *ctx = NULL;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    return ctx;
}

static const struct {
    int32_t limit;
    uint64_t value; /* by default */
    uint64_t max;
} limits[] = {
    {CNIPOL_LIMIT_MEMORY, 0, SIZE_MAX},
    {CNIPOL_LIMIT_BYTES, INT32_MAX, INT32_MAX},
    {CNIPOL_LIMIT_DEPTH, 256, 10000},
    {CNIPOL_LIMIT_NODES, 50000000, UINT32_MAX / 2},
    {CNIPOL_LIMIT_ALIASES, 1000000, UINT32_MAX / 2},
    {CNIPOL_LIMIT_DOCUMENTS, 1000000, UINT32_MAX / 2},
    {CNIPOL_LIMIT_DIAGS, 10000, UINT32_MAX / 2},
    {CNIPOL_LIMIT_FILES, 100000, UINT32_MAX / 2},
};

static void test_limits(void **state)
{
    struct cnipol_ctx *ctx = open_ctx();

    (void)state;
    assert_int_equal(COUNT(limits), CNIPOL_LIMIT_COUNT);
    for (size_t i = 0; i < COUNT(limits); i++) {
        assert_true(cnipol_ctx_limit(ctx, limits[i].limit) == limits[i].value);
        assert_int_equal(cnipol_ctx_set_limit(ctx, limits[i].limit, limits[i].max), CNIPOL_OK);
        assert_true(cnipol_ctx_limit(ctx, limits[i].limit) == limits[i].max);
        if (limits[i].max < UINT64_MAX)
            assert_int_equal(cnipol_ctx_set_limit(ctx, limits[i].limit, limits[i].max + 1), CNIPOL_E_USAGE);
        assert_true(cnipol_ctx_limit(ctx, limits[i].limit) == limits[i].max);
    }
    cnipol_ctx_free(ctx);
}

static void test_unknown_limits(void **state)
{
    struct cnipol_ctx *ctx = open_ctx();

    (void)state;
    assert_int_equal(cnipol_ctx_set_limit(ctx, -1, 1), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_ctx_set_limit(ctx, CNIPOL_LIMIT_COUNT, 1), CNIPOL_E_USAGE);
    assert_true(cnipol_ctx_limit(ctx, -1) == 0);
    assert_true(cnipol_ctx_limit(ctx, CNIPOL_LIMIT_COUNT) == 0);
    cnipol_ctx_free(ctx);
}

static void test_free_of_null(void **state)
{
    (void)state;
    cnipol_ctx_free(NULL);
}

static void test_memory_limit_acts(void **state)
{
    struct cnipol_ctx *ctx = open_ctx();

    (void)state;
    assert_int_equal(cnipol_ctx_set_limit(ctx, CNIPOL_LIMIT_MEMORY, cnipol_ctx_memory_used(ctx) + 10), CNIPOL_OK);
    assert_true(np_sources_add(&ctx->sources, "f", "a long text", 11, true) == NP_NONE);
    assert_true(cnipol_ctx_memory_peak(ctx) >= cnipol_ctx_memory_used(ctx));
    cnipol_ctx_free(ctx);
}

static void test_diagnostics_by_number(void **state)
{
    struct cnipol_ctx *ctx = open_ctx();
    struct cnipol_diag d;
    uint32_t source = np_sources_add(&ctx->sources, "f.yaml", "a: 1\nb: 2\n", 10, true);

    (void)state;
    (void)np_diag_raise(&ctx->diags, NP_DUPLICATE_KEY, (struct np_span){source, 5, 6}, "twice");
    (void)np_diag_raise(&ctx->diags, NP_FILE_UNREADABLE, NP_NOWHERE, "gone");
    assert_int_equal(cnipol_diag_count(ctx), 2);
    assert_int_equal(cnipol_diag_raised(ctx, CNIPOL_SEVERITY_ERROR), 2);
    assert_int_equal(cnipol_diag_raised(ctx, CNIPOL_SEVERITY_INFO), 0);
    assert_int_equal(cnipol_diag_raised(ctx, 0), 0);
    assert_int_equal(cnipol_diag_raised(ctx, 4), 0);
    assert_int_equal(cnipol_diag_get(ctx, 0, &d), CNIPOL_OK);
    assert_string_equal(d.place.file, "f.yaml");
    assert_int_equal(d.place.line, 2);
    assert_int_equal(d.place.column, 1);
    assert_int_equal(d.place.end_column, 2);
    assert_null(d.second.file);
    assert_int_equal(cnipol_diag_get(ctx, 1, &d), CNIPOL_OK);
    assert_null(d.place.file);
    assert_int_equal(cnipol_diag_get(ctx, 2, &d), CNIPOL_E_USAGE);
    assert_string_equal(d.message, "gone");
    cnipol_diag_clear(ctx);
    assert_int_equal(cnipol_diag_count(ctx), 0);
    cnipol_ctx_free(ctx);
}

/* An allocator that gives `left` blocks and then none; it knows what it gave. */
struct miser {
    size_t left;
    size_t out;
};

static void *miser_alloc(void *user, size_t size)
{
    struct miser *miser = user;

    if (miser->left == 0)
        return NULL;
    miser->left--;
    miser->out++;
    return malloc(size);
}

static void *miser_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    struct miser *miser = user;

    (void)old_size;
    if (miser->left == 0)
        return NULL;
    miser->left--;
    return realloc(block, new_size);
}

static void miser_free(void *user, void *block, size_t size)
{
    struct miser *miser = user;

    (void)size;
    miser->out--;
    free(block);
}

static void test_allocator_that_refuses(void **state)
{
    int made = 0;

    (void)state;
    for (size_t left = 0; left < 20; left++) {
        struct miser miser = {left, 0};
        struct cnipol_alloc alloc = {miser_alloc, miser_realloc, miser_free, &miser};
        struct cnipol_ctx *ctx = NULL;
        int rc = cnipol_ctx_new(&alloc, &ctx);

        assert_int_equal(rc, ctx ? CNIPOL_OK : CNIPOL_E_NOMEM);
        made += rc == CNIPOL_OK;
        if (ctx)
            (void)np_sources_add(&ctx->sources, "f", "x", 1, true);
        cnipol_ctx_free(ctx);
        assert_int_equal(miser.out, 0);
    }
    assert_in_range(made, 1, 19);
}

static void test_contexts_are_apart(void **state)
{
    struct cnipol_ctx *a = open_ctx(), *b = open_ctx();

    (void)state;
    (void)np_diag_raise(&a->diags, NP_FILE_UNREADABLE, NP_NOWHERE, "x");
    assert_int_equal(cnipol_diag_count(a), 1);
    assert_int_equal(cnipol_diag_count(b), 0);
    cnipol_ctx_free(a);
    cnipol_ctx_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_unknown_limits),
        cmocka_unit_test(test_free_of_null),
        cmocka_unit_test(test_memory_limit_acts),
        cmocka_unit_test(test_diagnostics_by_number),
        cmocka_unit_test(test_allocator_that_refuses),
        cmocka_unit_test(test_contexts_are_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
