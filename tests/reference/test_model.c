/* SPDX-License-Identifier: BSD-2-Clause */
/* Models of one cluster beside each other, while it grows. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/cnipol.h>

#include "base/ctx.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { FIRST = 0, KEEPING, LATER, N_MODELS };

static const char before[] =
    "apiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: web, labels: {app: web}}\nstatus: {podIP: 10.0.0.1}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: db, labels: {app: db}}\nstatus: {podIP: 10.0.0.2}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: old, labels: {app: web}}\n"
    "status: {podIP: 10.0.0.3, phase: Succeeded}\n"
    "---\napiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: 172.18.0.2}]}\n"
    "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: shop, name: db}\nspec: {clusterIP: 10.96.0.10, ports: [{port: 80}]}\n"
    "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {namespace: shop, name: db-1, labels: "
    "{kubernetes.io/service-name: db}}\naddressType: IPv4\nports: [{port: 5432}]\nendpoints: [{addresses: [10.0.0.2]}]\n"
    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: shop, name: db}\n"
    "spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}, {ipBlock: "
    "{cidr: 192.0.2.0/24}}], ports: [{port: 5432}]}]}\n";

/* The policy says less, `web` changes its label, `db` its address, another pod comes; the Service gets another backend. */
static const char after[] =
    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: shop, name: db}\n"
    "spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: web, labels: {app: shut}}\nstatus: {podIP: 10.0.0.1}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: db, labels: {app: db}}\nstatus: {podIP: 10.0.0.4}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: a-late, labels: {app: web}}\nstatus: {podIP: 10.0.0.5}\n"
    "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {namespace: shop, name: db-1, labels: "
    "{kubernetes.io/service-name: db}}\naddressType: IPv4\nports: [{port: 5432}]\nendpoints: [{addresses: [10.0.0.4]}]\n";

/* What each of the models says to a question about TCP. */
static const struct row {
    const char *source;
    const char *destination;
    uint16_t port;
    uint8_t decisions[N_MODELS];
} rows[] = {
    {"shop/web", "shop/db", 5432, {CNIPOL_ALLOW, CNIPOL_ALLOW, CNIPOL_DENY}},
    {"shop/web", "shop/db", 80, {CNIPOL_DENY, CNIPOL_DENY, CNIPOL_DENY}},
    {"shop/old", "shop/db", 5432, {CNIPOL_UNDEFINED, CNIPOL_ALLOW, CNIPOL_UNDEFINED}},
    {"shop/web", "10.0.0.2", 80, {CNIPOL_DENY, CNIPOL_DENY, CNIPOL_ALLOW}},
    {"shop/web", "10.0.0.4", 80, {CNIPOL_ALLOW, CNIPOL_ALLOW, CNIPOL_DENY}},
    {"192.0.2.1", "shop/db", 5432, {CNIPOL_ALLOW, CNIPOL_ALLOW, CNIPOL_DENY}},
    {"shop/web", "service/shop/db", 80, {CNIPOL_ALLOW, CNIPOL_ALLOW, CNIPOL_DENY}},
    {"shop/a-late", "service/shop/db", 80, {CNIPOL_UNDEFINED, CNIPOL_UNDEFINED, CNIPOL_ALLOW}},
    {"shop/a-late", "shop/db", 5432, {CNIPOL_UNDEFINED, CNIPOL_UNDEFINED, CNIPOL_ALLOW}},
    {"more-7/p", "node/n1", 80, {CNIPOL_UNDEFINED, CNIPOL_UNDEFINED, CNIPOL_DENY}},
    {"shop/web", "node/n2", 80, {CNIPOL_UNDEFINED, CNIPOL_UNDEFINED, CNIPOL_ALLOW}},
    {"shop/web", "service/more-7/p", 80, {CNIPOL_UNDEFINED, CNIPOL_UNDEFINED, CNIPOL_UNDEFINED}},
};

static void check(const struct cnipol_model *model, int number)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cnipol_question question;
        struct cnipol_verdict verdict;

        assert_int_equal(cnipol_question_init(model, rows[i].source, rows[i].destination, &question), CNIPOL_OK);
        question.destination_port = rows[i].port;
        cnipol_ask(model, &question, &verdict);
        if (verdict.decision != rows[i].decisions[number])
            print_error("model %d: %s to %s, port %u\n", number, rows[i].source, rows[i].destination, rows[i].port);
        assert_int_equal(verdict.decision, rows[i].decisions[number]);
    }
}

static struct cnipol_model *build(struct cnipol_ctx *ctx, struct cnipol_cluster *cluster, const char *pod_phase)
{
    struct cnipol_knobs *knobs;
    struct cnipol_model *model;

    assert_int_equal(cnipol_knobs_new(ctx, &knobs), CNIPOL_OK);
    assert_int_equal(cnipol_knobs_set(knobs, "pod-phase", pod_phase), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(cluster, NULL, knobs, &model), CNIPOL_OK);
    cnipol_knobs_free(knobs);
    return model;
}

/* Enough of everything that all tables grow, and some cannot stay where they are. */
static void load_more(struct cnipol_ctx *ctx, struct cnipol_cluster *cluster)
{
    struct np_buf text;

    np_buf_init(&text, &ctx->mem);
    for (int i = 0; i < 300; i++)
        np_buf_addf(&text,
                    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: more-%d, name: p}\nspec: {nodeName: n2}\n"
                    "---\napiVersion: v1\nkind: Node\nmetadata: {name: n%d}\n"
                    "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: more-%d, name: a}\n"
                    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: more-%d, name: none}\n"
                    "spec: {podSelector: {}, policyTypes: [Egress]}\n",
                    i, i + 2, i, i);
    np_buf_adds(&text, after);
    assert_false(np_buf_failed(&text));
    assert_int_equal(cnipol_cluster_load_bytes(cluster, "after.yaml", text.s, text.n), CNIPOL_OK);
    np_buf_free(&text);
}

static void test_models_beside_each_other(void **state)
{
    const int *order = *state;
    struct cnipol_model *models[N_MODELS];
    struct cnipol_cluster *cluster;
    struct cnipol_ctx *ctx;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(ctx, NULL, &cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(cluster, "before.yaml", before, sizeof before - 1), CNIPOL_OK);
    models[FIRST] = build(ctx, cluster, "drop-finished");
    models[KEEPING] = build(ctx, cluster, "keep");
    check(models[FIRST], FIRST);
    check(models[KEEPING], KEEPING);
    load_more(ctx, cluster);
    check(models[FIRST], FIRST);
    models[LATER] = build(ctx, cluster, "drop-finished");
    for (int freed = 0; freed < N_MODELS; freed++) {
        for (int i = freed; i < N_MODELS; i++)
            check(models[order[i]], order[i]);
        cnipol_model_free(models[order[freed]]);
    }
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
}

static void test_pods_keep_their_numbers(void **state)
{
    struct cnipol_model *first, *later;
    struct cnipol_cluster *cluster;
    struct cnipol_ctx *ctx;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(ctx, NULL, &cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(cluster, "before.yaml", before, sizeof before - 1), CNIPOL_OK);
    first = build(ctx, cluster, "drop-finished");
    load_more(ctx, cluster);
    later = build(ctx, cluster, "drop-finished");
    assert_int_equal(cnipol_model_pods(first), 2);
    assert_string_equal(cnipol_model_pod_name(first, 1), "shop/web");
    assert_int_equal(cnipol_model_pods(later), 303);
    assert_string_equal(cnipol_model_pod_name(later, 300), "shop/a-late");
    cnipol_model_free(first);
    cnipol_model_free(later);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    static int orders[][N_MODELS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pods_keep_their_numbers),
        {"freed first, keeping, later", test_models_beside_each_other, NULL, NULL, orders[0]},
        {"freed first, later, keeping", test_models_beside_each_other, NULL, NULL, orders[1]},
        {"freed keeping, first, later", test_models_beside_each_other, NULL, NULL, orders[2]},
        {"freed keeping, later, first", test_models_beside_each_other, NULL, NULL, orders[3]},
        {"freed later, first, keeping", test_models_beside_each_other, NULL, NULL, orders[4]},
        {"freed later, keeping, first", test_models_beside_each_other, NULL, NULL, orders[5]},
    };

    return cmocka_run_group_tests_name("reference model", tests, NULL, NULL);
}
