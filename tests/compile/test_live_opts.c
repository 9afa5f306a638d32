/* SPDX-License-Identifier: BSD-2-Clause */
/* What live policy sets are made with, and what is refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/live.h>

#define NODE "{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}}"
#define POD                                                                                                                              \
    "{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {namespace: a, name: p}, spec: " \
    "{nodeName: n1, containers: [{name: c, image: i}]}, status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}}"

static const char *const no_such_knob[] = {"nonsense=1", NULL};
static const char *const no_such_value[] = {"self-traffic=nonsense", NULL};
static const char *const no_value[] = {"self-traffic", NULL};
static const char *const a_knob[] = {"self-traffic=evaluate", NULL};

static const struct {
    struct cnipol_live_opts opts;
    int status;
} rows[] = {
    {{.with_addrmap = 1}, CNIPOL_OK},
    {{.engine = "kubernetes", .knobs = a_knob}, CNIPOL_OK},
    {{.engine = "nonsense"}, CNIPOL_E_NOTFOUND},
    {{.knobs = no_such_knob}, CNIPOL_E_NOTFOUND},
    {{.knobs = no_such_value}, CNIPOL_E_USAGE},
    {{.knobs = no_value}, CNIPOL_E_USAGE},
    {{.compile = {.node = "n1"}}, CNIPOL_OK},
};

static void options_are_taken_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cnipol_live_opts opts = rows[i].opts;
        struct cnipol_live *live = NULL;
        struct cnipol_ctx *ctx;

        opts.sz = sizeof opts;
        assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
        assert_int_equal(cnipol_live_new(ctx, &opts, &live), rows[i].status);
        cnipol_live_free(live);
        cnipol_ctx_free(ctx);
    }
}

static void a_slice_begins_with_its_node(void **state)
{
    const struct cnipol_live_opts opts = {.sz = sizeof opts, .compile = {.node = "n1"}};
    struct cnipol_live *live = NULL;
    struct cnipol_ctx *ctx;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_live_new(ctx, &opts, &live), CNIPOL_OK);
    assert_int_equal(cnipol_live_put(live, "pod", POD, strlen(POD)), CNIPOL_E_NOTFOUND);
    assert_int_equal(cnipol_live_put(live, "node", NODE, strlen(NODE)), CNIPOL_LIVE_COMPILED);
    assert_int_equal(cnipol_live_put(live, "pod", POD, strlen(POD)), CNIPOL_LIVE_COMPILED);
    cnipol_live_free(live);
    cnipol_ctx_free(ctx);
}

/* The options' strings are gone when the first policy comes. */
static void strings_need_not_outlive_the_call(void **state)
{
    static const char policy[] =
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: a, name: p}, spec: {podSelector: {}}}";
    char *root = strdup("/srv/rules");
    const struct cnipol_live_opts opts = {.sz = sizeof opts, .compile = {.root = root}};
    struct cnipol_live *live = NULL;
    struct cnipol_ctx *ctx;
    const void *bytes;
    size_t n;

    (void)state;
    assert_non_null(root);
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_live_new(ctx, &opts, &live), CNIPOL_OK);
    memset(root, 'x', strlen(root));
    free(root);
    assert_int_equal(cnipol_live_put(live, "/srv/rules/p.yaml", policy, strlen(policy)), CNIPOL_LIVE_PATCHED);
    assert_int_equal(cnipol_live_compact(live), CNIPOL_LIVE_COMPILED);
    bytes = cnipol_image_bytes(cnipol_live_image(live), &n);
    assert_non_null(memmem(bytes, n, "p.yaml", 6));
    assert_null(memmem(bytes, n, "/srv", 4));
    cnipol_live_free(live);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_taken_or_refused),
        cmocka_unit_test(a_slice_begins_with_its_node),
        cmocka_unit_test(strings_need_not_outlive_the_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
