/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of endpoints: what is found by id and by address, and who has an address that several were given. */

#include "../base/testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "flow/endpoints.h"

static struct cnipol_ctx *new_table(struct cnipol_endpoints **out)
{
    struct cnipol_ctx *ctx = NULL;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_endpoints_new(ctx, out), CNIPOL_OK);
    return ctx;
}

static void expect_pod(const char *row, const struct np_endpoint *found, const char *pod)
{
    char text[64] = "";

    if (found && found->pod.s)
        (void)snprintf(text, sizeof text, "%.*s", (int)found->pod.n, found->pod.s);
    expect_text(row, found && found->pod.s ? text : NULL, pod);
}

static const uint8_t ten_1[16] = {10, 0, 0, 1}, ten_2[16] = {10, 0, 0, 2}, ten_3[16] = {10, 0, 0, 3};
static const uint8_t six[16] = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
static const uint8_t mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};

static void test_lookups(void **state)
{
    static const struct cnipol_endpoint rows[] = {
        {.id = 1, .ip = "10.0.0.1", .pod = "a"},
        {.id = 2, .ip = "fd00::1", .pod = "b"},
        {.id = 0, .ip = "10.0.0.2", .pod = "no id"},
        {.id = 3, .pod = "no address"},
    };
    struct cnipol_endpoints *table = NULL;
    struct cnipol_ctx *ctx = new_table(&table);

    (void)state;
    assert_null(np_endpoint_by_id(NULL, 1));
    expect_pod("no table", np_endpoint_by_address(NULL, 4, ten_1), NULL);
    assert_null(np_endpoint_by_id(table, 1));
    expect_pod("an empty table", np_endpoint_by_address(table, 4, ten_1), NULL);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(cnipol_endpoints_add(table, &rows[i]), CNIPOL_OK);
    expect_pod("1", np_endpoint_by_id(table, 1), "a");
    expect_pod("3", np_endpoint_by_id(table, 3), "no address");
    expect_pod("0", np_endpoint_by_id(table, 0), NULL);
    expect_pod("4", np_endpoint_by_id(table, 4), NULL);
    expect_pod("10.0.0.1", np_endpoint_by_address(table, 4, ten_1), "a");
    expect_pod("10.0.0.3", np_endpoint_by_address(table, 4, ten_3), NULL);
    expect_pod("10.0.0.2", np_endpoint_by_address(table, 4, ten_2), "no id");
    expect_pod("fd00::1", np_endpoint_by_address(table, 6, six), "b");
    expect_pod("::ffff:10.0.0.1", np_endpoint_by_address(table, 6, mapped), NULL);
    expect_pod("no family", np_endpoint_by_address(table, 0, ten_1), NULL);
    cnipol_endpoints_free(table);
    cnipol_ctx_free(ctx);
}

static void test_the_later_one_has_it(void **state)
{
    static const struct cnipol_endpoint rows[] = {
        {.id = 1, .ip = "10.0.0.1", .pod = "old"},
        {.id = 2, .ip = "10.0.0.1", .pod = "its address"},
        {.id = 1, .ip = "10.0.0.2", .pod = "its id"},
    };
    struct cnipol_endpoints *table = NULL;
    struct cnipol_ctx *ctx = new_table(&table);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(cnipol_endpoints_add(table, &rows[i]), CNIPOL_OK);
    expect_pod("10.0.0.1", np_endpoint_by_address(table, 4, ten_1), "its address");
    expect_pod("1", np_endpoint_by_id(table, 1), "its id");
    cnipol_endpoints_free(table);
    cnipol_ctx_free(ctx);
}

static void test_refused(void **state)
{
    static const char *const addresses[] = {"", "10.0.0", "10.0.0.1/32", "fd00::1%eth0", "web"};
    struct cnipol_endpoints *table = NULL;
    struct cnipol_ctx *ctx = new_table(&table);

    (void)state;
    for (size_t i = 0; i < COUNT(addresses); i++) {
        struct cnipol_endpoint endpoint = {.id = 1, .ip = addresses[i]};

        expect_number(addresses[i], "status", cnipol_endpoints_add(table, &endpoint), CNIPOL_E_INVALID);
    }
    assert_null(np_endpoint_by_id(table, 1));
    cnipol_endpoints_free(table);
    cnipol_endpoints_free(NULL);
    cnipol_ctx_free(ctx);
}

static void test_many(void **state)
{
    struct cnipol_endpoints *table = NULL;
    struct cnipol_ctx *ctx = new_table(&table);
    static const char *const labels[] = {"k8s:b=2", "k8s:a=1", "k8s:a", NULL};

    (void)state;
    for (uint32_t i = 1; i <= 5000; i++) {
        char ip[32], pod[16];
        struct cnipol_endpoint endpoint = {.id = i, .identity = 2 * i, .ip = ip, .pod = pod, .labels = labels};

        (void)snprintf(ip, sizeof ip, "10.1.%u.%u", i >> 8, i & 255);
        (void)snprintf(pod, sizeof pod, "p%u", i);
        assert_int_equal(cnipol_endpoints_add(table, &endpoint), CNIPOL_OK);
    }
    for (uint32_t i = 1; i <= 5000; i++) {
        const uint8_t address[16] = {10, 1, (uint8_t)(i >> 8), (uint8_t)i};
        const struct np_endpoint *found = np_endpoint_by_address(table, 4, address);

        assert_ptr_equal(found, np_endpoint_by_id(table, i));
        assert_int_equal(found->identity, 2 * i);
    }
    expect_number("labels", "number", np_endpoint_by_id(table, 9)->n_labels, 3);
    expect_text("labels", np_endpoint_by_id(table, 9)->labels[0].s, "k8s:a");
    expect_text("labels", np_endpoint_by_id(table, 9)->labels[2].s, "k8s:b=2");
    cnipol_endpoints_free(table);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookups),
        cmocka_unit_test(test_the_later_one_has_it),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
