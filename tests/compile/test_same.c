/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same cluster gives the same bytes: by whichever compiler this was built, in whatever order and files the
 * documents come, whatever was in memory before.
 */

#include "scene.h"

#include <stdbool.h>

#include <xxhash.h>

#define ORDERS 6

static void say_namespaces(struct scene *scene)
{
    static const char *const tiers[] = {"shop", "bank", "lab"};

    for (uint32_t i = 0; i < 12; i++)
        say(scene, "{apiVersion: v1, kind: Namespace, metadata: {name: ns%u, labels: {tier: %s}}}\n", i, tiers[i % 3]);
    for (uint32_t i = 0; i < 6; i++)
        say(scene,
            "{apiVersion: v1, kind: Node, metadata: {name: node%u}, status: {addresses: [{type: InternalIP, address: 192.168.0.%u}, {type: "
            "InternalIP, address: 'fd00:1::%u'}]}}\n",
            i, i + 1, i + 1);
}

static void say_pods(struct scene *scene, uint64_t *state)
{
    static const char *const roles[] = {"web", "api", "db", "queue", "cache"};

    for (uint32_t i = 0; i < 300; i++) {
        const char *role = roles[scene_draw(state, 5)];
        uint32_t port = 8000 + scene_draw(state, 4), shard = scene_draw(state, 4);

        say(scene,
            "{apiVersion: v1, kind: Pod, metadata: {namespace: ns%u, name: %s-%u, labels: {role: %s, shard: s%u}}, spec: {nodeName: "
            "node%u, "
            "containers: [{ports: [{name: http, containerPort: %u}]}]%s}, status: {podIPs: [{ip: 10.1.%u.%u}, {ip: 'fd00:2::%x'}]}}\n",
            i % 12, role, i, role, shard, i % 6, port, i % 50 ? "" : ", hostNetwork: true", i >> 8, i & 255, i + 1);
    }
}

static void say_policies(struct scene *scene, uint64_t *state)
{
    static const char *const roles[] = {"web", "api", "db", "queue", "cache"};

    for (uint32_t i = 0; i < 90; i++) {
        uint32_t subject = scene_draw(state, 5), peer = scene_draw(state, 5), first = 1 + scene_draw(state, 500);
        uint32_t last = 600 + scene_draw(state, 99), hole = scene_draw(state, 200);

        say(scene,
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: ns%u, name: p%u}, spec: {podSelector: "
            "{matchLabels: "
            "{role: %s}}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {matchLabels: {role: %s}}}, {namespaceSelector: "
            "{matchExpressions: [{key: tier, operator: NotIn, values: [lab]}]}}], ports: [{port: http}, {port: %u, endPort: %u}]}], "
            "egress: [{to: "
            "[{ipBlock: {cidr: 10.%u.0.0/16, except: [10.%u.%u.0/24]}}, {ipBlock: {cidr: 'fd00:%u::/32'}}]}]}}\n",
            i % 12, i, roles[subject], roles[peer], first, last, i % 4, i % 4, hole, i % 3);
    }
    for (uint32_t i = 0; i < 8; i++)
        say(scene,
            "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: c%u}, spec: {tier: %s, priority: "
            "%u, "
            "subject: {namespaces: {matchLabels: {tier: shop}}}, ingress: [{action: %s, from: [{namespaces: {matchLabels: {tier: bank}}}], "
            "protocols: [{udp: {destinationPort: {number: %u}}}]}], egress: [{action: Deny, to: [{networks: [203.0.113.%u/32]}]}]}}\n",
            i, i % 2 ? "Admin" : "Baseline", i / 2, i % 3 ? "Accept" : "Deny", 53 + i, i);
}

static void say_district(struct scene *scene)
{
    uint64_t state = 2026;

    *scene = (struct scene){0};
    say_namespaces(scene);
    say_pods(scene, &state);
    say_policies(scene, &state);
}

static void fingerprint(const struct scene *scene, char out[33])
{
    XXH128_canonical_t canonical;
    size_t n;
    const void *bytes = cnipol_image_bytes(scene->image, &n);

    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, n));
    for (uint32_t i = 0; i < 16; i++)
        snprintf(out + 2 * i, 3, "%02x", canonical.digest[i]);
}

/* The values of GCC, Clang and the sanitizers, optimised or not. They change with the format, and with the compiler's choices. */
static const struct {
    struct cnipol_compile_opts opts;
    const char *expected;
    uint32_t min_tabled, max_tabled; /* subjects with tables, in percent */
} forms[] = {
    {{.sz = sizeof(struct cnipol_compile_opts)}, "c940f3a9361945d4a8809af9b005e5af", 100, 100},
    {{.sz = sizeof(struct cnipol_compile_opts), .only_rules = 1}, "3df18f3ee3d2f498bf921ae8ccd97b4e", 0, 0},
    {{.sz = sizeof(struct cnipol_compile_opts), .node = "node3", .no_checksums = 1}, "e25f7db0686dd57ff0553ad3cd30644b", 100, 100},
    {{.sz = sizeof(struct cnipol_compile_opts), .max_steps = 200000, .no_explanation = 1}, "90d1178b28d1ddb1b3d92d6f5c66a159", 1, 99},
    {{.sz = sizeof(struct cnipol_compile_opts), .max_bytes = 20000}, "21f92cf57e4a97b48db9dc993528be60", 1, 99},
    {{.sz = sizeof(struct cnipol_compile_opts), .max_columns = 1}, "3df18f3ee3d2f498bf921ae8ccd97b4e", 0, 0},
};
#define FORMS (sizeof forms / sizeof forms[0])

static void test_by_any_compiler(void **state)
{
    struct scene scene;
    bool differs = false;

    (void)state;
    say_district(&scene);
    scene_load(&scene, NULL);
    for (size_t i = 0; i < FORMS; i++) {
        char got[33];

        assert_int_equal(scene_compile(&scene, &forms[i].opts, SIZE_MAX / 4), CNIPOL_OK);
        fingerprint(&scene, got);
        if (strcmp(got, forms[i].expected) != 0)
            print_message("form %zu: %s, expected %s\n", i, got, forms[i].expected);
        if (scene_tabled(&scene) < forms[i].min_tabled || scene_tabled(&scene) > forms[i].max_tabled)
            fail_msg("form %zu: %u %% of subjects with tables", i, scene_tabled(&scene));
        differs = differs || strcmp(got, forms[i].expected) != 0;
        if (!forms[i].opts.node && !forms[i].opts.no_explanation)
            scene_agree(&scene, 1000, 700);
    }
    scene_free(&scene);
    assert_false(differs);
}

static void test_wrong_options(void **state)
{
    static const struct {
        struct cnipol_compile_opts opts;
        int status;
    } rows[] = {
        {{.sz = sizeof(struct cnipol_compile_opts), .node = "node9"}, CNIPOL_E_NOTFOUND},
        {{.sz = sizeof(struct cnipol_compile_opts), .node = ""}, CNIPOL_E_NOTFOUND},
        {{.sz = 0}, CNIPOL_E_USAGE},
        {{.sz = 1}, CNIPOL_E_USAGE},
    };
    struct scene scene;

    (void)state;
    say_district(&scene);
    scene_load(&scene, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(scene_compile(&scene, &rows[i].opts, SIZE_MAX / 4), rows[i].status);
    scene_free(&scene);
}

static void shuffle(struct scene *scene, uint64_t *state)
{
    for (uint32_t i = scene->n_docs - 1; i > 0; i--) {
        uint32_t k = scene_draw(state, i + 1);
        char *kept = scene->docs[i];

        scene->docs[i] = scene->docs[k];
        scene->docs[k] = kept;
    }
}

/* Each document as a file of its own, named by its content; the order is that of the documents. */
static void load_apart(struct scene *scene)
{
    assert_int_equal(cnipol_ctx_new(NULL, &scene->ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(scene->ctx, NULL, &scene->cluster), CNIPOL_OK);
    for (uint32_t i = 0; i < scene->n_docs; i++) {
        char name[32];

        snprintf(name, sizeof name, "%016llx.yaml", (unsigned long long)XXH3_64bits(scene->docs[i], strlen(scene->docs[i])));
        assert_int_equal(cnipol_cluster_load_bytes(scene->cluster, name, scene->docs[i], strlen(scene->docs[i])), CNIPOL_OK);
    }
    assert_int_equal(cnipol_model_new(scene->cluster, NULL, NULL, &scene->model), CNIPOL_OK);
}

static void unload(struct scene *scene)
{
    cnipol_image_free(scene->image);
    cnipol_model_free(scene->model);
    cnipol_cluster_free(scene->cluster);
    cnipol_ctx_free(scene->ctx);
    scene->image = NULL;
}

/* Files in any order: all of the image, with the places in it. */
static void test_files_in_any_order(void **state)
{
    char first[33] = "", got[33];
    struct scene scene;
    uint64_t random = 3;

    (void)state;
    say_district(&scene);
    for (uint32_t i = 0; i < ORDERS; i++) {
        load_apart(&scene);
        assert_int_equal(scene_compile(&scene, NULL, SIZE_MAX / 4), CNIPOL_OK);
        fingerprint(&scene, i ? got : first);
        if (i)
            assert_string_equal(got, first);
        unload(&scene);
        shuffle(&scene, &random);
    }
    scene.model = NULL, scene.cluster = NULL, scene.ctx = NULL;
    for (uint32_t i = 0; i < scene.n_docs; i++)
        free(scene.docs[i]);
    free(scene.docs);
}

/* Documents in any order in one file: all but the places, which are others. */
static void test_documents_in_any_order(void **state)
{
    static const struct cnipol_compile_opts opts = {.sz = sizeof opts, .no_explanation = 1};
    char first[33] = "", got[33];
    struct scene scene;
    uint64_t random = 4;

    (void)state;
    for (uint32_t i = 0; i < ORDERS; i++) {
        say_district(&scene);
        for (uint32_t k = 0; k < i; k++)
            shuffle(&scene, &random);
        scene_load(&scene, NULL);
        assert_int_equal(scene_compile(&scene, &opts, SIZE_MAX / 4), CNIPOL_OK);
        fingerprint(&scene, i ? got : first);
        if (i)
            assert_string_equal(got, first);
        scene_free(&scene);
    }
}

/* Memory that is full of something. */
static void *filled_alloc(void *user, size_t size)
{
    void *block = malloc(size);

    return block ? memset(block, *(const unsigned char *)user, size) : NULL;
}

static void *filled_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    char *grown = filled_alloc(user, new_size);

    if (grown && block)
        memcpy(grown, block, old_size < new_size ? old_size : new_size);
    if (grown)
        free(block);
    return grown;
}

static void filled_free(void *user, void *block, size_t size)
{
    if (block)
        memset(block, *(const unsigned char *)user, size);
    free(block);
}

static void test_in_any_memory(void **state)
{
    static unsigned char fillings[] = {0x00, 0x55, 0xff};
    char first[33] = "", got[33];

    (void)state;
    for (uint32_t i = 0; i < sizeof fillings; i++) {
        const struct cnipol_alloc alloc = {filled_alloc, filled_realloc, filled_free, &fillings[i]};
        struct scene scene;

        say_district(&scene);
        scene_load(&scene, &alloc);
        assert_int_equal(scene_compile(&scene, NULL, SIZE_MAX / 4), CNIPOL_OK);
        fingerprint(&scene, i ? got : first);
        if (i)
            assert_string_equal(got, first);
        scene_free(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_by_any_compiler), cmocka_unit_test(test_wrong_options),
                                       cmocka_unit_test(test_files_in_any_order), cmocka_unit_test(test_documents_in_any_order),
                                       cmocka_unit_test(test_in_any_memory)};

    return cmocka_run_group_tests_name("same bytes", tests, NULL, NULL);
}
