/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a proof finds out, and what it refuses: altered images, images of other clusters, slices, limits, ways that fail,
 * and memory that runs out at each of its requests.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/cnipol.h>
#include <cnipol/image.h>
#include <cnipol/prove.h>

static const char shop[] =
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: shop}}\n---\n"
    "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: 172.18.0.2}]}\n---\n"
    "apiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: web, labels: {app: web}}\nspec: {nodeName: n1}\nstatus: {podIP: "
    "10.0.0.1}\n---\n"
    "apiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: db, labels: {app: db}}\nspec: {containers: [{ports: [{name: sql, "
    "containerPort: 5432}]}]}\nstatus: {podIP: 10.0.0.2}\n---\n"
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: shop, name: db}\nspec: {podSelector: {matchLabels: {app: "
    "db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: sql}]}, {from: [{ipBlock: {cidr: "
    "192.0.2.0/24}}]}]}\n";

static const char more[] = "apiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: another}\n";

/* An allocator that gives `left` blocks and then none. */
struct pool {
    uint64_t left;
};

static void *pool_alloc(void *user, size_t size)
{
    struct pool *pool = user;

    return pool->left && pool->left-- ? malloc(size) : NULL;
}

static void *pool_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    struct pool *pool = user;

    (void)old_size;
    return pool->left && pool->left-- ? realloc(block, new_size) : NULL;
}

static void pool_free(void *user, void *block, size_t size)
{
    (void)user;
    (void)size;
    free(block);
}

struct world {
    struct pool pool;
    struct cnipol_alloc alloc;
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_model *model;
    struct cnipol_image *image;
};

static void open_world(struct world *w, const char *first, const char *second, const char *node)
{
    const struct cnipol_compile_opts opts = {.sz = sizeof opts, .node = node, .no_checksums = 1};

    *w = (struct world){.pool = {UINT64_MAX}};
    w->alloc = (struct cnipol_alloc){pool_alloc, pool_realloc, pool_free, &w->pool};
    assert_int_equal(cnipol_ctx_new(&w->alloc, &w->ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(w->ctx, NULL, &w->cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(w->cluster, "a.yaml", first, strlen(first)), CNIPOL_OK);
    if (second)
        assert_int_equal(cnipol_cluster_load_bytes(w->cluster, "b.yaml", second, strlen(second)), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(w->cluster, NULL, NULL, &w->model), CNIPOL_OK);
    assert_int_equal(cnipol_compile(w->ctx, w->model, &opts, &w->image), CNIPOL_OK);
}

static void close_world(struct world *w)
{
    cnipol_image_free(w->image);
    cnipol_model_free(w->model);
    cnipol_cluster_free(w->cluster);
    cnipol_ctx_free(w->ctx);
}

static int prove(struct world *w, const struct cnipol_image *image, struct cnipol_prove_opts opts, struct cnipol_proof *proof)
{
    opts.sz = sizeof opts;
    return cnipol_prove(w->ctx, w->model, image, &opts, proof);
}

static void test_holds(void **state)
{
    struct cnipol_proof proof;
    struct world w;

    (void)state;
    open_world(&w, shop, NULL, NULL);
    assert_int_equal(cnipol_prove(w.ctx, w.model, w.image, NULL, &proof), CNIPOL_OK);
    assert_int_equal(proof.result, CNIPOL_PROOF_HOLDS);
    assert_true(proof.ids == 4 && proof.pairs == (uint64_t)proof.ids * proof.ids && proof.questions > proof.pairs * proof.atoms);
    assert_int_equal(proof.left, 0);
    assert_false(proof.by_class);
    assert_int_equal(prove(&w, w.image, (struct cnipol_prove_opts){.max_pairs = 1}, &proof), CNIPOL_OK);
    assert_true(proof.by_class);
    close_world(&w);
}

static int stop(void *user, uint64_t done, uint64_t all)
{
    (void)user;
    (void)done;
    (void)all;
    return 1;
}

static void test_a_limit_is_no_proof(void **state)
{
    struct cnipol_proof proof;
    struct world w;

    (void)state;
    open_world(&w, shop, NULL, NULL);
    assert_int_equal(prove(&w, w.image, (struct cnipol_prove_opts){.max_questions = 100, .progress = stop}, &proof), CNIPOL_E_LIMIT);
    assert_int_equal(proof.result, CNIPOL_PROOF_UNFINISHED);
    assert_true(proof.left > 0 && proof.questions >= 100 && proof.questions < 200);
    close_world(&w);
}

static void test_slices(void **state)
{
    struct cnipol_proof proof;
    struct world whole, slice;

    (void)state;
    open_world(&whole, shop, NULL, NULL);
    open_world(&slice, shop, NULL, "n1");
    assert_int_equal(prove(&slice, slice.image, (struct cnipol_prove_opts){.node = "n1"}, &proof), CNIPOL_OK);
    assert_int_equal(prove(&slice, slice.image, (struct cnipol_prove_opts){.node = "n1", .max_pairs = 1}, &proof), CNIPOL_OK);
    assert_int_equal(prove(&slice, slice.image, (struct cnipol_prove_opts){.node = "n7"}, &proof), CNIPOL_E_NOTFOUND);
    assert_int_equal(prove(&slice, slice.image, (struct cnipol_prove_opts){0}, &proof), CNIPOL_E_USAGE);
    assert_int_equal(prove(&whole, whole.image, (struct cnipol_prove_opts){.node = "n1"}, &proof), CNIPOL_E_USAGE);
    close_world(&whole);
    close_world(&slice);
}

static void test_of_another_cluster(void **state)
{
    struct cnipol_proof proof;
    struct world a, b;

    (void)state;
    open_world(&a, shop, NULL, NULL);
    open_world(&b, shop, more, NULL);
    assert_int_equal(prove(&a, b.image, (struct cnipol_prove_opts){0}, &proof), CNIPOL_E_INVALID);
    assert_int_equal(proof.result, CNIPOL_PROOF_ENDS);
    close_world(&a);
    close_world(&b);
}

static int break_down(void *user, const struct cnipol_key *keys, uint32_t n, struct cnipol_answer *out)
{
    (void)user;
    (void)keys;
    (void)n;
    (void)out;
    return CNIPOL_E_SYSTEM;
}

static void test_ways(void **state)
{
    const struct cnipol_prove_way ways[] = {{"broken", break_down, NULL, NULL}, {NULL, break_down, NULL, NULL}};
    struct cnipol_model *read;
    struct cnipol_proof proof;
    struct world w;

    (void)state;
    open_world(&w, shop, NULL, NULL);
    assert_int_equal(prove(&w, w.image, (struct cnipol_prove_opts){.ways = ways, .n_ways = 1}, &proof), CNIPOL_E_SYSTEM);
    assert_int_equal(prove(&w, w.image, (struct cnipol_prove_opts){.ways = ways, .n_ways = 2}, &proof), CNIPOL_E_USAGE);
    assert_int_equal(prove(&w, w.image, (struct cnipol_prove_opts){.n_ways = 1}, &proof), CNIPOL_E_USAGE);
    assert_int_equal(prove(&w, w.image, (struct cnipol_prove_opts){.ways = ways, .n_ways = 6}, &proof), CNIPOL_E_USAGE);
    assert_int_equal(prove(&w, w.image, (struct cnipol_prove_opts){.reserved = 1}, &proof), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_image_model(w.ctx, w.image, &read), CNIPOL_OK);
    assert_int_equal(cnipol_prove(w.ctx, read, w.image, NULL, &proof), CNIPOL_E_USAGE);
    cnipol_model_free(read);
    close_world(&w);
}

/* The byte of the image is another one. Returns whether a proof still holds; *sound: the bytes can be evaluated. */
static bool holds_without(struct world *w, uint8_t *copy, size_t n, size_t at, bool *sound)
{
    struct cnipol_image *image;
    struct cnipol_proof proof;
    bool holds = true;

    copy[at] ^= 1;
    *sound = cnipol_image_verify(w->ctx, copy, n) == CNIPOL_OK;
    if (*sound) {
        assert_int_equal(cnipol_image_open(w->ctx, copy, n, &image), CNIPOL_OK);
        holds = prove(w, image, (struct cnipol_prove_opts){0}, &proof) == CNIPOL_OK;
        cnipol_image_free(image);
    }
    copy[at] ^= 1;
    cnipol_diag_clear(w->ctx);
    return holds;
}

/* Altered leaves and cells: whatever they say, it is not what the policies say. */
static void test_altered_images(void **state)
{
    const struct cnipol_image_header *header;
    const struct cnipol_image_view *view;
    uint32_t leaves = 0, found = 0, sound_ones = 0;
    struct world w;
    const uint8_t *bytes;
    void *copy = NULL;
    size_t n;

    (void)state;
    open_world(&w, shop, NULL, NULL);
    bytes = cnipol_image_bytes(w.image, &n);
    assert_int_equal(posix_memalign(&copy, 64, n), 0);
    memcpy(copy, bytes, n);
    header = (const void *)bytes;
    view = (const void *)(bytes + header->view);
    for (uint32_t i = 0; i < view->n_leaves; i++) {
        bool sound, holds = holds_without(&w, copy, n, view->leaves + i * sizeof(struct cnipol_image_leaf) + 1, &sound);

        leaves += sound && !holds;
    }
    for (uint32_t at = view->cells; at < view->cells + view->n_cells * sizeof(struct cnipol_image_cell); at++) {
        bool sound, holds = holds_without(&w, copy, n, at, &sound);

        sound_ones += sound;
        found += sound && !holds;
    }
    print_message("%u of %u altered leaves, %u of %u altered bytes of cells change an answer\n", leaves, view->n_leaves, found, sound_ones);
    assert_true(found >= 20 && leaves >= 2);
    free(copy);
    close_world(&w);
}

static void test_without_memory(void **state)
{
    struct cnipol_proof proof;
    uint64_t limit = 0;
    struct world w;
    int rc;

    (void)state;
    open_world(&w, shop, NULL, NULL);
    do {
        struct cnipol_prove_opts opts = {.max_pairs = limit % 2};

        w.pool.left = limit++;
        rc = prove(&w, w.image, opts, &proof);
        w.pool.left = UINT64_MAX;
        cnipol_diag_clear(w.ctx);
        assert_true(rc == CNIPOL_OK || rc == CNIPOL_E_NOMEM);
    } while (rc != CNIPOL_OK);
    assert_true(limit > 20);
    close_world(&w);
}

static int write_nothing(void *user, const char *bytes, size_t size)
{
    (void)user;
    (void)bytes;
    (void)size;
    return 0;
}

/* Says of everything that it is denied. */
static int deny(void *user, const struct cnipol_key *keys, uint32_t n, struct cnipol_answer *out)
{
    (void)user;
    (void)keys;
    for (uint32_t i = 0; i < n; i++)
        out[i] = (struct cnipol_answer){.decision = CNIPOL_DENY, .parts = {CNIPOL_DENY, CNIPOL_DENY}};
    return CNIPOL_OK;
}

static void test_shrinking_without_memory(void **state)
{
    const struct cnipol_prove_way way = {"no", deny, NULL, NULL};
    const struct cnipol_prove_opts opts = {.sz = sizeof opts, .ways = &way, .n_ways = 1};
    uint64_t limit = 0;
    struct world w;
    int rc;

    (void)state;
    open_world(&w, shop, NULL, NULL);
    do {
        w.pool.left = limit;
        limit += 1 + limit / 40;
        rc = cnipol_prove_shrink(w.ctx, NULL, &opts, 12, write_nothing, NULL);
        w.pool.left = UINT64_MAX;
        cnipol_diag_clear(w.ctx);
        assert_true(rc == CNIPOL_OK || rc == CNIPOL_E_NOMEM);
    } while (rc != CNIPOL_OK);
    assert_true(limit > 100);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_holds),          cmocka_unit_test(test_a_limit_is_no_proof),
                                       cmocka_unit_test(test_slices),         cmocka_unit_test(test_of_another_cluster),
                                       cmocka_unit_test(test_ways),           cmocka_unit_test(test_altered_images),
                                       cmocka_unit_test(test_without_memory), cmocka_unit_test(test_shrinking_without_memory)};

    return cmocka_run_group_tests_name("prove", tests, NULL, NULL);
}
