/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shapes that make subjects, peers or rule lists run away, under limits that are made small for this: refused, with the reason;
 * a smaller one of each shape compiles. The limits are NP_EFFORT_MAX and NP_ITEMS_MAX of compile/compilation.h.
 */

#include "scene.h"

#define LABELS 16u

static void say_cluster(struct scene *scene, uint32_t n_pods)
{
    uint64_t state = 3;

    say(scene, "{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n");
    for (uint32_t i = 0; i < n_pods; i++) {
        char labels[512];
        size_t n = 0;

        for (uint32_t k = 0; k < LABELS; k++)
            n += (size_t)snprintf(labels + n, sizeof labels - n, ", b%u: '%u'", k, scene_draw(&state, 2));
        say_pod(scene, "a", i, labels);
    }
}

/* Each label selects half of the pods, so that nobody's list is another's; `ports` rules on each. */
static void subjects(struct scene *scene, uint32_t n_pods, uint32_t ports)
{
    say_cluster(scene, n_pods);
    for (uint32_t k = 0; k < LABELS; k++) {
        say(scene,
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: a, name: x%u}, spec: {podSelector: "
            "{matchLabels: "
            "{b%u: '1'}}, ingress: [{ports: [",
            k, k);
        for (uint32_t i = 0; i < ports; i++)
            say_more(scene, "{port: %u}, ", 1 + 2 * i + k * 2 * ports);
        say_more(scene, "]}]}}\n");
    }
}

/* The same of peers: each of many selectors has half of the pods. */
static void peers(struct scene *scene, uint32_t n_pods, uint32_t n)
{
    say_cluster(scene, n_pods);
    say(scene,
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: a, name: x}, spec: {podSelector: {}, ingress: [");
    for (uint32_t i = 0; i < n; i++)
        say_more(scene, "{from: [{podSelector: {matchLabels: {b%u: '%u', b%u: '%u'}}}], ports: [{port: %u}]}, ", i % LABELS, i & 1,
                 (i / LABELS + i + 1) % LABELS, i >> 1 & 1, i + 1);
    say_more(scene, "]}}\n");
}

static const struct {
    const char *name;
    void (*build)(struct scene *scene, uint32_t n_pods, uint32_t n);
    uint32_t n_pods, n;
    const char *why; /* NULL: compiled */
} rows[] = {
#if defined NP_EFFORT_MAX
    {"few subjects", subjects, 20, 4, NULL},
    {"many subjects", subjects, 400, 40, "among subjects, or among peers"},
    {"few peers", peers, 40, 20, NULL},
    {"many peers", peers, 1500, 200, "among subjects, or among peers"},
#else
    {"few peers", peers, 40, 20, NULL},
    {"short lists", subjects, 400, 40, NULL},
    {"long lists", subjects, 400, 100, "items in all subjects' rule lists"},
#endif
};

static void a_limit_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct cnipol_compile_opts opts = {.sz = sizeof opts, .only_rules = 1};
        struct scene scene = {0};
        struct cnipol_diag diag;
        int rc;

        rows[i].build(&scene, rows[i].n_pods, rows[i].n);
        scene_load(&scene, NULL);
        rc = scene_compile(&scene, &opts, (size_t)100 << 20);
        if (rc != (rows[i].why ? CNIPOL_E_LIMIT : CNIPOL_OK))
            fail_msg("%s: status %d", rows[i].name, rc);
        if (rows[i].why) {
            assert_int_equal(cnipol_diag_get(scene.ctx, cnipol_diag_count(scene.ctx) - 1, &diag), CNIPOL_OK);
            assert_int_equal(diag.code, 2411);
            assert_non_null(strstr(diag.message, rows[i].why));
        }
        scene_free(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_limit_is_told)};

    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
