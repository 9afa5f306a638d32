/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking with ends that the model does not have, or in words that it does not know: no answer, and never an allow. */

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
    {"a name that is not there", CNIPOL_END_UNKNOWN, 0},    {"the pod behind the last", CNIPOL_END_POD, 1},
    {"the last number", CNIPOL_END_POD, UINT32_MAX},        {"the node behind the last", CNIPOL_END_NODE, 1},
    {"the Service behind the last", CNIPOL_END_SERVICE, 1}, {"a Service far off", CNIPOL_END_SERVICE, UINT32_MAX},
    {"a Service without backends", CNIPOL_END_SERVICE, 0},  {"no kind of end", 99, 0},
};

static void expect_undefined(const struct cnipol_model *model, const struct cnipol_question *question, const char *what)
{
    struct cnipol_verdict verdict;

    cnipol_ask(model, question, &verdict);
    if (verdict.decision != CNIPOL_UNDEFINED)
        fail_msg("%s: %s", what, cnipol_decision_text(verdict.decision));
}

struct shop {
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_model *model;
};

static struct shop open_shop(void)
{
    struct shop shop;

    assert_int_equal(cnipol_ctx_new(NULL, &shop.ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(shop.ctx, NULL, &shop.cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(shop.cluster, "shop.yaml", manifests, sizeof manifests - 1), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(shop.cluster, NULL, NULL, &shop.model), CNIPOL_OK);
    return shop;
}

static void close_shop(struct shop *shop)
{
    cnipol_model_free(shop->model);
    cnipol_cluster_free(shop->cluster);
    cnipol_ctx_free(shop->ctx);
}

static void test_ends_that_are_not_there(void **state)
{
    struct cnipol_question question;
    struct shop shop = open_shop();
    struct cnipol_model *model = shop.model;

    (void)state;
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
    close_shop(&shop);
}

#define AT(field) offsetof(struct cnipol_question, field)

static void test_fields_that_mean_nothing(void **state)
{
    static const struct {
        const char *what;
        size_t at;
        unsigned char value;
    } fields[] = {
        {"no protocol", AT(protocol), 0},
        {"a family", AT(family), 5},
        {"a direction", AT(direction), 3},
        {"whether there is an ICMP type", AT(has_icmp), 2},
        {"whether it is a fragment", AT(is_fragment), 2},
        {"a connection state", AT(connection_state), 3},
        {"the reserve", AT(reserved), 1},
    };
    struct cnipol_question question;
    struct cnipol_verdict verdict;
    struct shop shop = open_shop();

    (void)state;
    assert_int_equal(cnipol_question_init(shop.model, "shop/web", "192.0.2.1", &question), CNIPOL_OK);
    cnipol_ask(shop.model, &question, &verdict);
    assert_int_equal(verdict.decision, CNIPOL_ALLOW);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct cnipol_question odd = question;

        memcpy((char *)&odd + fields[i].at, &fields[i].value, 1);
        expect_undefined(shop.model, &odd, fields[i].what);
    }
    close_shop(&shop);
}

/* Options of a newer caller are taken only where they say nothing new. */
static void test_longer_options(void **state)
{
    struct {
        struct cnipol_cluster_opts known;
        uint64_t news;
    } opts = {CNIPOL_CLUSTER_OPTS_INIT, 0};
    struct shop shop = open_shop();
    struct cnipol_cluster *cluster = NULL;
    struct cnipol_knobs *knobs = NULL;

    (void)state;
    opts.known.sz = sizeof opts;
    assert_int_equal(cnipol_cluster_new(shop.ctx, &opts.known, &cluster), CNIPOL_OK);
    cnipol_cluster_free(cluster);
    opts.news = 1;
    assert_int_equal(cnipol_cluster_new(shop.ctx, &opts.known, &cluster), CNIPOL_E_USAGE);
    opts.known.sz = sizeof opts.known - 1;
    assert_int_equal(cnipol_cluster_new(shop.ctx, &opts.known, &cluster), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_knobs_new(shop.ctx, &knobs), CNIPOL_OK);
    assert_int_equal(cnipol_knobs_set(knobs, NULL, "allow"), CNIPOL_E_NOTFOUND);
    assert_int_equal(cnipol_knobs_set(knobs, "self-traffic", NULL), CNIPOL_E_USAGE);
    cnipol_knobs_free(knobs);
    close_shop(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends_that_are_not_there),
        cmocka_unit_test(test_fields_that_mean_nothing),
        cmocka_unit_test(test_longer_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
