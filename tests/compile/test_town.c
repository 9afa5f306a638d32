/* SPDX-License-Identifier: BSD-2-Clause */
/* One small cluster under each knob that a directory remembers: the copy finds, answers and explains alike. */

#include "twin.h"

#include "town.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct {
    const char *knobs[3][2];
} rows[] = {
    {{{NULL}}},
    {{{"host-network", "as-pod"}}},
    {{{"pod-phase", "keep"}}},
    {{{"service-vip", "raw"}}},
    {{{"workloads", "true"}}},
    {{{"named-port-sidecars", "false"}}},
    {{{"host-network", "as-pod"}, {"pod-phase", "keep"}, {"service-vip", "raw"}}},
};

static const char *const ends[] = {
    "shop/web",     "shop/db",      "shop/agent", "shop/lost",  "shop/done",        "shop/gone",          "yard/twin-a",
    "yard/twin-b",  "yard/planned", "node/n1",    "node/n2",    "service/shop/web", "10.0.1.1",           "fd00:10::1",
    "10.0.2.1",     "10.0.2.9",     "10.0.3.1",   "172.18.0.2", "172.18.0.9",       "service/yard/rival", "fd00:18::2",
    "198.51.100.1", "10.96.0.1",    "10.96.0.2",  "192.0.2.1",  "2001:db8::",       "203.0.113.7",        "no/body",
};

static const struct {
    uint8_t protocol;
    uint16_t port;
} asked[] = {{6, 80}, {6, 8080}, {6, 5433}, {6, 9090}, {17, 53}, {6, 30080}, {1, 0}};

static void ask_all(struct twin *twin)
{
    for (size_t i = 0; i < COUNT(ends) * COUNT(ends); i++) {
        struct cnipol_question q = {.source = twin_end(twin, ends[i / COUNT(ends)]), .destination = twin_end(twin, ends[i % COUNT(ends)])};

        for (size_t k = 0; k < COUNT(asked); k++) {
            q.protocol = asked[k].protocol;
            q.destination_port = asked[k].port;
            twin_ask(twin, &q, true);
        }
    }
}

static void test_knobs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cnipol_cluster *cluster;
        struct cnipol_knobs *knobs;
        struct cnipol_model *model;
        struct cnipol_ctx *ctx;
        struct twin twin;

        assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
        assert_int_equal(cnipol_cluster_new(ctx, NULL, &cluster), CNIPOL_OK);
        assert_int_equal(cnipol_knobs_new(ctx, &knobs), CNIPOL_OK);
        for (size_t k = 0; k < COUNT(rows[i].knobs) && rows[i].knobs[k][0]; k++)
            assert_int_equal(cnipol_knobs_set(knobs, rows[i].knobs[k][0], rows[i].knobs[k][1]), CNIPOL_OK);
        assert_int_equal(cnipol_cluster_load_bytes(cluster, "town.yaml", town, sizeof town - 1), CNIPOL_OK);
        assert_int_equal(cnipol_model_new(cluster, NULL, knobs, &model), CNIPOL_OK);
        twin_new(&twin, model);
        ask_all(&twin);
        twin_free(&twin);
        cnipol_model_free(model);
        cnipol_knobs_free(knobs);
        cnipol_cluster_free(cluster);
        cnipol_ctx_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_knobs)};

    return cmocka_run_group_tests_name("town", tests, NULL, NULL);
}
