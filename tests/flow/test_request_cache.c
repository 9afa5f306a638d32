/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that wait for their responses: the newest 10,000 of them. */

#include "../base/testing.h"

#include <stdio.h>

#include <cnipol/ctx.h>

#include "base/ctx.h"
#include "flow/request_cache.h"

static struct cnipol_text id_of(char *text, size_t size, uint32_t number)
{
    return (struct cnipol_text){text, (uint32_t)snprintf(text, size, "req-%u", number)};
}

static void add(struct np_request_cache *cache, uint32_t number, int64_t seconds)
{
    struct np_request_value value = {.time = {.seconds = seconds}};
    char text[32];

    np_request_cache_add(cache, id_of(text, sizeof text, number), &value);
}

/* -1: there is none. */
static long long time_of(struct np_request_cache *cache, uint32_t number)
{
    char text[32];
    const struct np_request_value *value = np_request_cache_find(cache, id_of(text, sizeof text, number));

    return value ? (long long)value->time.seconds : -1;
}

static void take(struct np_request_cache *cache, uint32_t number)
{
    char text[32];

    np_request_cache_remove(cache, id_of(text, sizeof text, number));
}

static struct np_request_cache *new_cache(struct cnipol_ctx **ctx)
{
    struct np_request_cache *cache;

    assert_int_equal(cnipol_ctx_new(NULL, ctx), CNIPOL_OK);
    cache = np_request_cache_new(&(*ctx)->mem);
    assert_non_null(cache);
    return cache;
}

static void test_values(void **state)
{
    struct cnipol_ctx *ctx = NULL;
    struct np_request_cache *cache = new_cache(&ctx);

    (void)state;
    expect_number("empty", "time", time_of(cache, 1), -1);
    take(cache, 1);
    add(cache, 1, 10);
    add(cache, 2, 20);
    expect_number("the first", "time", time_of(cache, 1), 10);
    expect_number("the second", "time", time_of(cache, 2), 20);
    add(cache, 1, 11);
    expect_number("the first again", "time", time_of(cache, 1), 11);
    take(cache, 1);
    expect_number("taken", "time", time_of(cache, 1), -1);
    expect_number("the other", "time", time_of(cache, 2), 20);
    np_request_cache_clear(cache);
    expect_number("cleared", "time", time_of(cache, 2), -1);
    np_request_cache_free(cache);
    cnipol_ctx_free(ctx);
}

static void test_the_oldest_gives_way(void **state)
{
    struct cnipol_ctx *ctx = NULL;
    struct np_request_cache *cache = new_cache(&ctx);

    (void)state;
    for (uint32_t i = 0; i < NP_REQUEST_CACHE_MAX; i++)
        add(cache, i, i);
    add(cache, 0, 7); /* is the newest now */
    take(cache, 5);
    add(cache, NP_REQUEST_CACHE_MAX, 1);
    expect_number("as many as fit", "the oldest", time_of(cache, 1), 1);
    add(cache, NP_REQUEST_CACHE_MAX + 1, 2);
    expect_number("one more", "the oldest", time_of(cache, 1), -1);
    expect_number("one more", "the next", time_of(cache, 2), 2);
    expect_number("one more", "the one that came again", time_of(cache, 0), 7);
    for (uint32_t i = 0; i < 3 * NP_REQUEST_CACHE_MAX; i++)
        add(cache, 100000 + i, i);
    expect_number("many more", "the one that came again", time_of(cache, 0), -1);
    expect_number("many more", "the oldest", time_of(cache, 100000 + 2 * NP_REQUEST_CACHE_MAX), 2 * NP_REQUEST_CACHE_MAX);
    expect_number("many more", "the one before", time_of(cache, 100000 + 2 * NP_REQUEST_CACHE_MAX - 1), -1);
    np_request_cache_free(cache);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_the_oldest_gives_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
