/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking with ends that the model does not have: there is no answer, and never an allow. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/cnipol.h>

static const char manifests[] =
    "apiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: web}\nstatus: {podIP: 10.0.0.1}\n"
    "---\napiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: 172.18.0.2}]}\n"
    "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: shop, name: web}\nspec: {clusterIP: 10.96.0.10, ports: [{port: 80}]}\n";

static const struct {
    const char *what;
    uint32_t kind, id;
} ends[] = {
    {"a name that is not there", CNIPOL_END_UNKNOWN, 0},
    {"the pod behind the last", CNIPOL_END_POD, 1},
    {"the last number", CNIPOL_END_POD, UINT32_MAX},
    {"the node behind the last", CNIPOL_END_NODE, 1},
    {"the Service behind the last", CNIPOL_END_SERVICE, 1},
    {"a Service far off", CNIPOL_END_SERVICE, UINT32_MAX},
    {"a Service without backends", CNIPOL_END_SERVICE, 0},
    {"no kind of end", 99, 0},
};

static void expect_undefined(const struct cnipol_model *model, const struct cnipol_question *question, const char *what)
{
    struct cnipol_verdict verdict;

    cnipol_ask(model, question, &verdict);
    if (verdict.decision != CNIPOL_UNDEFINED)
        fail_msg("%s: %s", what, cnipol_decision_text(verdict.decision));
}

static void test_ends_that_are_not_there(void **state)
{
    struct cnipol_question question;
    struct cnipol_cluster *cluster;
    struct cnipol_model *model;
    struct cnipol_ctx *ctx;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(ctx, NULL, &cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(cluster, "shop.yaml", manifests, sizeof manifests - 1), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(cluster, NULL, NULL, &model), CNIPOL_OK);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        assert_int_equal(cnipol_question_init(model, "shop/web", "192.0.2.1", &question), CNIPOL_OK);
        question.destination.kind = ends[i].kind;
        question.destination.id = ends[i].id;
        expect_undefined(model, &question, ends[i].what);
        if (ends[i].kind == CNIPOL_END_SERVICE)
            continue;
        assert_int_equal(cnipol_question_init(model, "192.0.2.1", "shop/web", &question), CNIPOL_OK);
        question.source.kind = ends[i].kind;
        question.source.id = ends[i].id;
        expect_undefined(model, &question, ends[i].what);
    }
    cnipol_model_free(model);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends_that_are_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
