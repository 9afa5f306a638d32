/* SPDX-License-Identifier: BSD-2-Clause */
/* Lints: manifests, and which codes are said at which lines. */

#include <stdio.h>

#include <cnipol/check.h>
#include <cnipol/diag.h>
#include <cnipol/model.h>

#include "base/testing.h"

/* Lines 1 to 6. */
#define SHOP                                                                                                         \
    "{apiVersion: v1, kind: List, items: [\n"                                                                         \
    "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: sales}}},\n"                             \
    "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: c, ports: [{name: " \
    "http, containerPort: 8080}]}]}, status: {podIP: 10.0.0.1}},\n"                                                   \
    "{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}, status: {podIP: 10.0.0.2}}\n" \
    "]}\n"                                                                                                            \
    "---\n"

#define NETPOL(spec) "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: {\n" spec "}}\n---\n"

static const struct {
    const char *name;
    const char *text;
    const char *said; /* "code@line ..." */
} rows[] = {
    {"a good policy", SHOP NETPOL("podSelector: {matchLabels: {app: web}}, ingress: [{}]"), ""},
    {"nothing to check", "", ""},
    {"no pods", NETPOL("podSelector: {matchLabels: {app: web}}"), "2000@0"},
    {"subject without pods", SHOP NETPOL("podSelector: {matchLabels: {app: wbe}}"), "2010@8"},
    {"all pods", SHOP NETPOL("podSelector: {}"), ""},
};

static void describe(struct cnipol_ctx *ctx, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < cnipol_diag_count(ctx) && n < size; i++) {
        struct cnipol_diag d;

        assert_int_equal(cnipol_diag_get(ctx, i, &d), CNIPOL_OK);
        n += (size_t)snprintf(out + n, size - n, "%s%d@%u", i ? " " : "", d.code, d.place.line);
    }
}

static int check(struct cnipol_ctx *ctx, const char *text)
{
    struct cnipol_cluster *cluster = NULL;
    struct cnipol_model *model = NULL;
    int rc = cnipol_cluster_new(ctx, NULL, &cluster);

    if (!rc)
        rc = cnipol_cluster_load_bytes(cluster, "test.yaml", text, strlen(text));
    if (!rc)
        rc = cnipol_model_new(cluster, NULL, NULL, &model);
    if (!rc)
        rc = cnipol_check(ctx, model);
    cnipol_model_free(model);
    cnipol_cluster_free(cluster);
    return rc;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cnipol_ctx *ctx = NULL;
        char said[512];

        assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
        expect_number(rows[i].name, "status", check(ctx, rows[i].text), CNIPOL_OK);
        describe(ctx, said, sizeof said);
        expect_text(rows[i].name, said, rows[i].said);
        cnipol_ctx_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
