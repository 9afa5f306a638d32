/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shapes that make decision tables or compilers run away: each compiles in bounded bytes and steps, with rule lists
 * where tables would not do, and says what the reference evaluator says.
 */

#include "scene.h"

#define MIB ((size_t)1 << 20)

#define POLICY "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: a, name: x%u}, spec: "

struct shape {
    const char *name;
    void (*build)(struct scene *scene);
    size_t peak;    /* of compiling, beside the model */
    size_t image;   /* bytes */
    uint32_t ports; /* to ask about */
    uint32_t questions;
    uint32_t min_tabled, max_tabled; /* percent of subjects with tables */
    int status;
};

static void say_namespace(struct scene *scene, const char *name)
{
    say(scene, "{apiVersion: v1, kind: Namespace, metadata: {name: %s, labels: {ns: %s}}}\n", name, name);
}

static void say_pods(struct scene *scene, uint32_t n)
{
    say_namespace(scene, "a");
    for (uint32_t i = 0; i < n; i++)
        say_pod(scene, "a", i, "");
}

static void say_bits(struct scene *scene, uint64_t *state)
{
    for (uint32_t i = 0; i < 3; i++)
        say_more(scene, "%sb%u: '%u'", i ? ", " : "", scene_draw(state, 10) + 10 * i, scene_draw(state, 2));
}

/* Each pair of pods has a combination of rules of its own. */
static void conjunctions(struct scene *scene)
{
    uint64_t state = 1;

    say_namespace(scene, "a");
    for (uint32_t i = 0; i < 2000; i++) {
        char labels[512];
        size_t n = 0;

        for (uint32_t bit = 0; bit < 32; bit++)
            n += (size_t)snprintf(labels + n, sizeof labels - n, ", b%u: '%u'", bit, scene_draw(&state, 2));
        say_pod(scene, "a", i, labels);
    }
    for (uint32_t i = 0; i < 500; i++) {
        say(scene, POLICY "{podSelector: {matchLabels: {", i);
        say_bits(scene, &state);
        say_more(scene, "}}, ingress: [{from: [{podSelector: {matchLabels: {");
        say_bits(scene, &state);
        say_more(scene, "}}}], ports: [{port: %u}]}]}}\n", 80 + scene_draw(&state, 8));
    }
}

static void unique_labels(struct scene *scene)
{
    say_pods(scene, 4000);
    for (uint32_t i = 0; i < 1500; i++)
        say(scene, POLICY "{podSelector: {matchLabels: {n: n%u}}, ingress: [{from: [{podSelector: {matchLabels: {n: n%u}}}]}]}}\n", i, i,
            i + 1500);
}

static void ports_of_a_rule(struct scene *scene)
{
    say_pods(scene, 20);
    say(scene, POLICY "{podSelector: {}, ingress: [{ports: [", 0u);
    for (uint32_t i = 0; i < 1000; i++)
        say_more(scene, "%s{port: %u}", i ? ", " : "", i * 2 + 1);
    say_more(scene, "]}]}}\n");
}

static void ports_of_policies(struct scene *scene)
{
    say_pods(scene, 50);
    for (uint32_t i = 0; i < 5000; i++)
        say(scene, POLICY "{podSelector: {matchLabels: {n: n%u}}, ingress: [{ports: [{port: %u}]}]}}\n", i, i % 40, i + 1);
}

static void nested_blocks(struct scene *scene)
{
    uint64_t state = 5;

    say_pods(scene, 60);
    for (uint32_t i = 0; i < 10000; i++) {
        uint32_t length = 8 + scene_draw(&state, 16), hole = length + 1 + scene_draw(&state, 8);
        uint32_t address = (172u << 24 | scene_draw(&state, 1 << 24)) & ~((1u << (32 - length)) - 1);

        say(scene,
            POLICY
            "{podSelector: {matchLabels: {n: n%u}}, ingress: [{from: [{ipBlock: {cidr: %u.%u.%u.%u/%u, except: [%u.%u.%u.%u/%u]}}]}]}}\n",
            i, i % 50, address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255, length, address >> 24, address >> 16 & 255,
            address >> 8 & 255, address & 255, hole);
    }
}

/* The world, but for one hole each. */
static void holes_in_the_world(struct scene *scene)
{
    say_pods(scene, 60);
    for (uint32_t i = 0; i < 6000; i++)
        say(scene,
            POLICY "{podSelector: {matchLabels: {n: n%u}}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [172.%u.%u.0/24]}}]}]}}\n",
            i, i % 50, i >> 8, i & 255);
}

static void tiers(struct scene *scene)
{
    static const char *const actions[] = {"Accept", "Deny", "Pass"};

    for (uint32_t i = 0; i < 40; i++) {
        char ns[8];

        snprintf(ns, sizeof ns, "a%u", i);
        say_namespace(scene, ns);
        for (uint32_t k = 0; k < 20; k++)
            say_pod(scene, ns, i * 20 + k, "");
        say(scene,
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: a%u, name: x}, spec: {podSelector: {}, ingress: "
            "[{from: [{namespaceSelector: {matchLabels: {ns: a%u}}}], ports: [{port: %u}]}]}}\n",
            i, (i * 7 + 3) % 40, i + 1);
    }
    for (uint32_t i = 0; i < 120; i++)
        say(scene,
            "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: t%u}, spec: {tier: %s, priority: "
            "%u, "
            "subject: {namespaces: {}}, ingress: [{action: %s, from: [{namespaces: {matchLabels: {ns: a%u}}}], protocols: [{tcp: "
            "{destinationPort: {range: {start: %u, end: %u}}}}]}]}}\n",
            i, i % 2 ? "Admin" : "Baseline", i, actions[i / 2 % (i % 2 ? 3 : 2)], i % 40, i + 1, i + 14);
}

static void named_ports(struct scene *scene)
{
    say_namespace(scene, "a");
    for (uint32_t i = 0; i < 1500; i++) {
        say(scene, "{apiVersion: v1, kind: Pod, metadata: {namespace: a, name: p%u, labels: {n: n%u}}, spec: {containers: [{ports: [", i,
            i);
        for (uint32_t k = 0; k < 4; k++)
            say_more(scene, "{name: w%u, containerPort: %u}, ", k, 1 + (i * 37 + k * 11) % 1500);
        say_more(scene, "]}]}, status: {podIP: 10.0.%u.%u}}\n", i >> 8, i & 255);
    }
    for (uint32_t i = 0; i < 200; i++)
        say(scene, POLICY "{podSelector: {matchLabels: {n: n%u}}, egress: [{ports: [{port: w%u}]}], policyTypes: [Egress]}}\n", i, i,
            i % 4);
}

/* As many as there may be, and one more. */
static void ports_beyond(struct scene *scene, uint32_t n)
{
    char *text = malloc(n * 32u), *at = text;

    assert_non_null(text);
    for (uint32_t i = 0; i < n; i++)
        at += sprintf(at, "{port: %u, protocol: %s}, ", 1 + i % 65535, i < 65535 ? "TCP" : "UDP");
    say_pods(scene, 5);
    say(scene, POLICY "{podSelector: {}, ingress: [{ports: [%s]}]}}\n", 0u, text);
    free(text);
}

static void most_alternatives(struct scene *scene)
{
    ports_beyond(scene, 65000);
}

static void too_many_alternatives(struct scene *scene)
{
    ports_beyond(scene, 65537);
}

/* Everybody's. */
static void rules_for_all(struct scene *scene)
{
    say_pods(scene, 300);
    for (uint32_t i = 0; i < 10000; i++)
        say(scene, POLICY "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {n: n%u}}}], ports: [{port: %u}]}]}}\n", i,
            i % 300, 1 + i % 700);
}

static const struct shape shapes[] = {
    {"conjunctions", conjunctions, 250 * MIB, 100 * MIB, 90, 4000, 0, 60, CNIPOL_OK},
    {"a label of its own on each pod", unique_labels, 100 * MIB, 8 * MIB, 90, 4000, 100, 100, CNIPOL_OK},
    {"a thousand ports in one rule", ports_of_a_rule, 16 * MIB, 1 * MIB, 2100, 4000, 95, 100, CNIPOL_OK},
    {"five thousand policies, each with a port", ports_of_policies, 80 * MIB, 16 * MIB, 5100, 4000, 0, 100, CNIPOL_OK},
    {"nested blocks with holes", nested_blocks, 60 * MIB, 64 * MIB, 90, 2000, 0, 100, CNIPOL_OK},
    {"the world with holes", holes_in_the_world, 60 * MIB, 64 * MIB, 90, 2000, 0, 100, CNIPOL_OK},
    {"tiers and namespaces", tiers, 16 * MIB, 16 * MIB, 150, 4000, 50, 100, CNIPOL_OK},
    {"named ports", named_ports, 250 * MIB, 64 * MIB, 1600, 2000, 0, 100, CNIPOL_OK},
    {"a rule of nearly too many alternatives", most_alternatives, 200 * MIB, 16 * MIB, 65535, 300, 0, 0, CNIPOL_OK},
    {"a rule of too many alternatives", too_many_alternatives, 100 * MIB, 0, 90, 0, 0, 0, CNIPOL_E_LIMIT},
    {"ten thousand rules for everybody", rules_for_all, 60 * MIB, 32 * MIB, 700, 300, 0, 100, CNIPOL_OK},
};

static int32_t last_code(const struct scene *scene)
{
    size_t n = cnipol_diag_count(scene->ctx);
    struct cnipol_diag diag;

    if (!n)
        return 0;
    assert_int_equal(cnipol_diag_get(scene->ctx, n - 1, &diag), CNIPOL_OK);
    return diag.code;
}

static void check_shape(void **state)
{
    const struct shape *shape = *state;
    struct scene scene = {0};
    struct cnipol_compile_opts opts = {.sz = sizeof opts, .max_steps = 1u << 28, .max_bytes = 32 * MIB};
    size_t bytes;
    int rc;

    shape->build(&scene);
    scene_load(&scene, NULL);
    rc = scene_compile(&scene, &opts, shape->peak);
    assert_int_equal(rc, shape->status);
    assert_int_equal(last_code(&scene), rc ? 2411 : 0);
    if (!rc) {
        uint32_t tabled = scene_tabled(&scene);

        (void)cnipol_image_bytes(scene.image, &bytes);
        print_message("%s: %zu KiB, %u %% with tables, peak %zu MiB\n", shape->name, bytes >> 10, tabled,
                      cnipol_ctx_memory_peak(scene.ctx) >> 20);
        if (bytes > shape->image || tabled < shape->min_tabled || tabled > shape->max_tabled)
            fail_msg("%s: %zu bytes, %u %% of subjects with tables", shape->name, bytes, tabled);
        scene_agree(&scene, shape->questions, shape->ports);
    }
    scene_free(&scene);
}

int main(void)
{
    struct CMUnitTest tests[sizeof shapes / sizeof shapes[0]];

    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        tests[i] = (struct CMUnitTest){shapes[i].name, check_shape, NULL, NULL, (void *)(uintptr_t)&shapes[i]};
    return cmocka_run_group_tests_name("shapes", tests, NULL, NULL);
}
