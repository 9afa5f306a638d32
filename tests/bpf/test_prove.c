/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random clusters, proved in the kernel, too: every question of each proof is asked of the published image by its tables
 * and by its rule lists.
 */

#include "testing.h"

#include <cnipol/cnipol.h>
#include <cnipol/image.h>
#include <cnipol/prove.h>

#include "random_cluster.h"

#define CLUSTERS 60
#define MAX_QUESTIONS 30000

struct kernel {
    struct cnipol_bpf *bpf;
    uint64_t generation;
    uint64_t questions;
    uint32_t proofs;
};

static int ask_tables(void *user, const struct cnipol_key *keys, uint32_t n, struct cnipol_answer *out)
{
    return cnipol_bpf_ask(((struct kernel *)user)->bpf, keys, n, 0, out);
}

static int ask_rules(void *user, const struct cnipol_key *keys, uint32_t n, struct cnipol_answer *out)
{
    return cnipol_bpf_ask(((struct kernel *)user)->bpf, keys, n, 1, out);
}

static void publish(struct kernel *kernel, const struct cnipol_image *image)
{
    size_t n;
    const void *bytes = cnipol_image_bytes(image, &n);

    assert_int_equal(cnipol_bpf_publish(kernel->bpf, bytes, (uint32_t)n, 0, ++kernel->generation), CNIPOL_OK);
}

static void prove(struct kernel *kernel, struct cnipol_ctx *ctx, const struct cnipol_model *model, uint64_t seed)
{
    const struct cnipol_prove_way ways[] = {{"kernel", ask_tables, kernel, NULL}, {"kernel rules", ask_rules, kernel, NULL}};
    const struct cnipol_prove_opts opts = {.sz = sizeof opts, .max_questions = MAX_QUESTIONS, .ways = ways, .n_ways = COUNT(ways)};
    struct cnipol_image *image;
    struct cnipol_proof proof;
    int rc;

    assert_int_equal(cnipol_compile(ctx, model, NULL, &image), CNIPOL_OK);
    publish(kernel, image);
    rc = cnipol_prove(ctx, model, image, &opts, &proof);
    if (rc != CNIPOL_OK && rc != CNIPOL_E_LIMIT)
        fail_msg("cluster %llu: status %d, result %d, way %s: %s to %s, protocol %u port %u flags %u: expected %u, got %u",
                 (unsigned long long)seed, rc, proof.result, proof.way, proof.source, proof.destination, proof.key.protocol,
                 proof.key.destination_port, proof.key.flags, proof.expected.decision, proof.got.decision);
    kernel->questions += proof.questions;
    kernel->proofs++;
    cnipol_image_free(image);
}

static void prove_cluster(struct kernel *kernel, uint64_t seed)
{
    const struct cnipol_cluster_opts opts = {.sz = sizeof opts, .mode = CNIPOL_MODE_STORED};
    struct random_cluster random;
    struct cnipol_cluster *cluster;
    struct cnipol_knobs *knobs;
    struct cnipol_model *model;
    struct cnipol_ctx *ctx;

    assert_true(random_cluster_new(&random, seed));
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(ctx, &opts, &cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(cluster, "random.jsonl", random.bytes, random.n), CNIPOL_OK);
    assert_int_equal(cnipol_knobs_new(ctx, &knobs), CNIPOL_OK);
    assert_int_equal(random_cluster_knobs(&random, knobs), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(cluster, NULL, knobs, &model), CNIPOL_OK);
    prove(kernel, ctx, model, seed);
    cnipol_model_free(model);
    cnipol_knobs_free(knobs);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
    random_cluster_free(&random);
}

static void test_random_clusters(void **state)
{
    struct cnipol_bpf_opts opts = {.sz = sizeof opts, .flags = CNIPOL_BPF_TESTS};
    struct kernel kernel = {0};

    (void)state;
    assert_int_equal(cnipol_bpf_open(&opts, &kernel.bpf), CNIPOL_OK);
    for (uint64_t seed = 1; seed <= CLUSTERS; seed++)
        prove_cluster(&kernel, seed);
    print_message("%u clusters, %llu questions in each of six ways\n", kernel.proofs, (unsigned long long)kernel.questions);
    cnipol_bpf_free(kernel.bpf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_clusters)};

    if (cannot_run())
        return EXIT_SKIP;
    return cmocka_run_group_tests_name("bpf prove", tests, NULL, NULL);
}
