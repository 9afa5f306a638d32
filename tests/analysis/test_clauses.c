/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clauses of docs/semantics/kubernetes.md that a test file cannot ask about: what callers are to make of an answer, and
 * which of several rules comes first, where `by` holds for any.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/cnipol.h>

/* shop/db takes 5432 from everybody, and any traffic from 192.0.2.0/24; shop/web may open 5432 only. */
static const char manifests[] =
    "apiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: web, labels: {app: web}}\nstatus: {podIP: 10.0.1.1}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: db, labels: {app: db}}\nstatus: {podIP: 10.0.2.1}\n"
    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: shop, name: b-db}\n"
    "spec:\n  podSelector: {matchLabels: {app: db}}\n  policyTypes: [Ingress, Egress]\n"
    "  ingress: [{ports: [{port: 5432}]}, {from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]\n"
    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: shop, name: c-web}\n"
    "spec:\n  podSelector: {matchLabels: {app: web}}\n  policyTypes: [Egress]\n  egress: [{ports: [{port: 5432}]}]\n"
    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: shop, name: a-db}\n"
    "spec:\n  podSelector: {matchLabels: {app: db}}\n  ingress: [{ports: [{port: 22}]}, {ports: [{port: 5432}]}]\n";

struct shop {
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_model *model;
};

static int open_shop(void **state)
{
    static struct shop shop;

    assert_int_equal(cnipol_ctx_new(NULL, &shop.ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(shop.ctx, NULL, &shop.cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(shop.cluster, "shop.yaml", manifests, sizeof manifests - 1), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(shop.cluster, NULL, NULL, &shop.model), CNIPOL_OK);
    *state = &shop;
    return 0;
}

static int close_shop(void **state)
{
    struct shop *shop = *state;

    cnipol_model_free(shop->model);
    cnipol_cluster_free(shop->cluster);
    cnipol_ctx_free(shop->ctx);
    return 0;
}

static struct cnipol_question question_of(const struct shop *shop, const char *from, const char *to, uint16_t port)
{
    struct cnipol_question question;

    assert_int_equal(cnipol_question_init(shop->model, from, to, &question), CNIPOL_OK);
    question.destination_port = port;
    return question;
}

static int ask(const struct shop *shop, const struct cnipol_question *question)
{
    struct cnipol_verdict verdict;

    cnipol_ask(shop->model, question, &verdict);
    return verdict.decision;
}

/* K6.4, and the order of K1.2: whoever lets through what is no worse than a redirect stops undefined and deny. */
static void test_k6_4_undefined_is_on_the_side_of_deny(void **state)
{
    struct cnipol_question question = question_of(*state, "shop/nobody", "shop/db", 5432);

    assert_int_equal(ask(*state, &question), CNIPOL_UNDEFINED);
    assert_true(CNIPOL_ALLOW < CNIPOL_REDIRECT && CNIPOL_REDIRECT < CNIPOL_UNDEFINED && CNIPOL_UNDEFINED < CNIPOL_DENY);
}

static struct cnipol_trace *explain(const struct shop *shop, const char *from, const char *to, uint16_t port)
{
    struct cnipol_question question = question_of(shop, from, to, port);
    struct cnipol_trace *trace;

    assert_int_equal(cnipol_explain(shop->ctx, shop->model, &question, &trace), CNIPOL_OK);
    return trace;
}

static void expect_ref(const struct cnipol_rule_ref *ref, const char *policy, int32_t rule)
{
    assert_string_equal(ref->policy, policy);
    assert_int_equal(ref->rule, rule);
}

/* K8.1: a-db comes before b-db, though it was loaded later; both are listed. */
static void test_k8_1_the_smallest_rule_first_then_all(void **state)
{
    struct cnipol_trace *trace = explain(*state, "192.0.2.1", "shop/db", 5432);
    static const struct {
        const char *policy;
        int32_t rule;
    } listed[] = {{"a-db", 1}, {"b-db", 0}, {"b-db", 1}};
    struct cnipol_step step = {0};
    struct cnipol_rule_ref ref;
    size_t last = 0;
    int32_t direction;

    cnipol_trace_by(trace, &ref, &direction);
    expect_ref(&ref, "a-db", 1);
    assert_int_equal(direction, CNIPOL_ASK_INGRESS);
    for (size_t i = 0; i < cnipol_trace_steps(trace); i++)
        if (cnipol_trace_step(trace, i, &step) == CNIPOL_OK && step.decides)
            last = i;
    for (size_t k = 0; k < sizeof listed / sizeof listed[0]; k++) {
        assert_int_equal(cnipol_trace_rule(trace, last, k, &ref), CNIPOL_OK);
        expect_ref(&ref, listed[k].policy, listed[k].rule);
    }
    assert_int_equal(cnipol_trace_rule(trace, last, 3, &ref), CNIPOL_E_USAGE);
    cnipol_trace_free(trace);
}

/* K8.3: c-web denies the egress, a-db and b-db the ingress. Where one denies, it is named, egress or not. */
static void test_k8_3_egress_is_named_where_both_deny(void **state)
{
    static const struct {
        const char *from, *to, *policy;
        uint16_t port;
        int32_t direction;
    } rows[] = {
        {"shop/web", "shop/db", "c-web", 80, CNIPOL_ASK_EGRESS},
        {"10.9.9.9", "shop/db", "a-db", 80, CNIPOL_ASK_INGRESS},
        {"shop/db", "shop/web", "b-db", 80, CNIPOL_ASK_EGRESS},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cnipol_trace *trace = explain(*state, rows[i].from, rows[i].to, rows[i].port);
        struct cnipol_rule_ref ref;
        int32_t direction;

        cnipol_trace_by(trace, &ref, &direction);
        expect_ref(&ref, rows[i].policy, -1);
        assert_int_equal(direction, rows[i].direction);
        cnipol_trace_free(trace);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_k6_4_undefined_is_on_the_side_of_deny),
        cmocka_unit_test(test_k8_1_the_smallest_rule_first_then_all),
        cmocka_unit_test(test_k8_3_egress_is_named_where_both_deny),
    };

    return cmocka_run_group_tests(tests, open_shop, close_shop);
}
