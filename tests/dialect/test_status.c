/* SPDX-License-Identifier: BSD-2-Clause */
/* `status` of a NetworkPolicy: Kubernetes 1.24 to 1.27 had it, and what comes out of a cluster may have it still. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <cnipol/cluster.h>
#include <cnipol/diag.h>

static const char manifest[] = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\n"
                               "spec: {podSelector: {}}\nstatus: {conditions: []}\n";

static const struct row {
    const char *what;
    int32_t mode;
    uint32_t minor;
    int status;
    size_t warnings;
} rows[] = {
    {"1.23 does not know it", CNIPOL_MODE_STRICT, 23, CNIPOL_E_INVALID, 0},
    {"1.24 knows it", CNIPOL_MODE_STRICT, 24, CNIPOL_OK, 0},
    {"1.27 knows it", CNIPOL_MODE_STRICT, 27, CNIPOL_OK, 0},
    {"1.28 does not", CNIPOL_MODE_STRICT, 28, CNIPOL_E_INVALID, 0},
    {"a server that does not know it prunes it", CNIPOL_MODE_SERVER, 36, CNIPOL_OK, 1},
    {"a stored object may have it", CNIPOL_MODE_STORED, 36, CNIPOL_OK, 0},
};

static void test_status(void **state)
{
    const struct row *row = *state;
    struct cnipol_cluster_opts opts = CNIPOL_CLUSTER_OPTS_INIT;
    struct cnipol_cluster *cluster = NULL;
    struct cnipol_ctx *ctx = NULL;

    opts.mode = row->mode;
    opts.kubernetes_minor = row->minor;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(ctx, &opts, &cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(cluster, "p.yaml", manifest, strlen(manifest)), row->status);
    assert_int_equal(cnipol_diag_raised(ctx, CNIPOL_SEVERITY_WARNING), row->warnings);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    struct CMUnitTest tests[sizeof rows / sizeof rows[0]];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        tests[i] = (struct CMUnitTest){rows[i].what, test_status, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
