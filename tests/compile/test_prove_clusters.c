/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random clusters, policies and knobs: the reference, the image's tables and its rule lists answer alike, by name and by
 * key; and each image is proved, whole and as the slice of each node.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/cnipol.h>
#include <cnipol/image.h>
#include <cnipol/prove.h>

#include "random_cluster.h"

#define CLUSTERS 400
#define QUESTIONS 10000
#define PROOF_QUESTIONS 600000

/* CNIPOL_TEST_SEED draws other clusters than those of every day. */
static uint64_t first_seed;

/* A random cluster with its image and the model that is in it. */
struct town {
    struct random_cluster cluster;
    uint64_t seed;
    struct cnipol_ctx *ctx, *read_ctx;
    struct cnipol_cluster *loaded;
    struct cnipol_knobs *knobs;
    struct cnipol_model *model, *read;
    struct cnipol_image *image;
};

static void open_town(struct town *t, uint64_t seed)
{
    const struct cnipol_cluster_opts opts = {.sz = sizeof opts, .mode = CNIPOL_MODE_STORED};

    *t = (struct town){.seed = seed};
    assert_true(random_cluster_new(&t->cluster, seed));
    assert_int_equal(cnipol_ctx_new(NULL, &t->ctx), CNIPOL_OK);
    assert_int_equal(cnipol_ctx_new(NULL, &t->read_ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(t->ctx, &opts, &t->loaded), CNIPOL_OK);
    if (cnipol_cluster_load_bytes(t->loaded, "random.jsonl", t->cluster.bytes, t->cluster.n))
        fail_msg("cluster %llu is refused:\n%s", (unsigned long long)seed, t->cluster.bytes);
    assert_int_equal(cnipol_knobs_new(t->ctx, &t->knobs), CNIPOL_OK);
    assert_int_equal(random_cluster_knobs(&t->cluster, t->knobs), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(t->loaded, NULL, t->knobs, &t->model), CNIPOL_OK);
    assert_int_equal(cnipol_compile(t->ctx, t->model, NULL, &t->image), CNIPOL_OK);
    assert_int_equal(cnipol_image_model(t->read_ctx, t->image, &t->read), CNIPOL_OK);
}

static void close_town(struct town *t)
{
    cnipol_image_free(t->image);
    cnipol_model_free(t->read);
    cnipol_model_free(t->model);
    cnipol_knobs_free(t->knobs);
    cnipol_cluster_free(t->loaded);
    cnipol_ctx_free(t->read_ctx);
    cnipol_ctx_free(t->ctx);
    random_cluster_free(&t->cluster);
}

/* Everything that it takes to see the difference again. */
static void print_town(const struct town *t)
{
    print_message("cluster %llu, options", (unsigned long long)t->seed);
    for (size_t i = 0; cnipol_knob_at(i); i++)
        print_message(" %s=%s", cnipol_knob_at(i)->name, cnipol_knobs_get(t->knobs, cnipol_knob_at(i)->name));
    print_message("\n%s\n", t->cluster.bytes);
}

static void same_verdict(const struct town *t, const char *from, const char *to, const struct cnipol_question *q,
                         const struct cnipol_verdict *expected, const struct cnipol_verdict *got, const char *way)
{
    if (memcmp(expected, got, sizeof *got) == 0)
        return;
    print_town(t);
    fail_msg("%s: %s to %s, protocol %u port %u%s%s, icmp %u %u/%u, family %u direction %u: expected %s (%s %s) %u, got %s (%s %s) %u", way,
             from, to, q->protocol, q->destination_port, q->port_unknown ? " unknown" : "", q->is_fragment ? " fragment" : "", q->has_icmp,
             q->icmp_type, q->icmp_code, q->family, q->direction, cnipol_decision_text(expected->decision),
             cnipol_decision_text(expected->egress), cnipol_decision_text(expected->ingress), expected->flags,
             cnipol_decision_text(got->decision), cnipol_decision_text(got->egress), cnipol_decision_text(got->ingress), got->flags);
}

static void ask(struct town *t)
{
    struct cnipol_question q, read;
    struct cnipol_verdict expected, got;
    char from[64], to[64];

    random_end_text(&t->cluster, false, from, sizeof from);
    random_end_text(&t->cluster, true, to, sizeof to);
    assert_int_equal(cnipol_question_init(t->model, from, to, &q), CNIPOL_OK);
    assert_int_equal(cnipol_question_init(t->read, from, to, &read), CNIPOL_OK);
    assert_memory_equal(&q, &read, sizeof q);
    for (uint32_t i = 0; i < 10; i++) {
        random_conditions(&t->cluster, &q);
        cnipol_ask(t->model, &q, &expected);
        cnipol_image_ask_question(t->image, t->read, &q, CNIPOL_IMAGE_TABLES, &got);
        same_verdict(t, from, to, &q, &expected, &got, "tables");
        cnipol_image_ask_question(t->image, t->read, &q, CNIPOL_IMAGE_RULES, &got);
        same_verdict(t, from, to, &q, &expected, &got, "rules");
    }
}

static void test_questions_by_name(void **state)
{
    struct town t;

    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + CLUSTERS; seed++) {
        open_town(&t, seed);
        for (uint32_t i = 0; i < QUESTIONS / 10; i++)
            ask(&t);
        close_town(&t);
    }
    print_message("%u clusters, %u questions by name in each of three ways\n", CLUSTERS, CLUSTERS * QUESTIONS);
}

static void differ(const struct town *t, const struct cnipol_proof *p, const char *what)
{
    const struct cnipol_key *k = &p->key;

    print_town(t);
    fail_msg(
        "%s: result %d, way %s: %s (%u) to %s (%u): protocol %u flags %u icmp %u/%u ports %u to %u relations %u state %u directions %u: "
        "expected %u (%u %u) flags %u, got %u (%u %u) flags %u",
        what, p->result, p->way, p->source, k->source, p->destination, k->destination, k->protocol, k->flags, k->icmp_type, k->icmp_code,
        k->source_port, k->destination_port, k->relations, k->state, k->directions, p->expected.decision, p->expected.parts[0],
        p->expected.parts[1], p->expected.flags, p->got.decision, p->got.parts[0], p->got.parts[1], p->got.flags);
}

struct tally {
    uint32_t proofs, whole, slices;
    uint64_t questions;
};

static void prove(struct town *t, const struct cnipol_image *image, const char *node, uint64_t max_pairs, struct tally *tally)
{
    const struct cnipol_prove_opts opts = {.sz = sizeof opts, .node = node, .max_questions = PROOF_QUESTIONS, .max_pairs = max_pairs};
    struct cnipol_proof proof;
    int rc = cnipol_prove(t->ctx, t->model, image, &opts, &proof);

    if (rc != CNIPOL_OK && rc != CNIPOL_E_LIMIT)
        differ(t, &proof, node ? node : "whole");
    tally->proofs++;
    tally->whole += rc == CNIPOL_OK;
    tally->questions += proof.questions;
}

static void prove_slices(struct town *t, struct tally *tally)
{
    for (uint32_t i = 0; i < t->cluster.n_nodes; i++) {
        char node[16];
        struct cnipol_compile_opts opts = {.sz = sizeof opts, .node = node};
        struct cnipol_image *slice;

        (void)snprintf(node, sizeof node, "n%u", i);
        assert_int_equal(cnipol_compile(t->ctx, t->model, &opts, &slice), CNIPOL_OK);
        prove(t, slice, node, 1, tally);
        tally->slices++;
        cnipol_image_free(slice);
    }
}

static void test_proofs(void **state)
{
    struct tally tally = {0};
    struct town t;

    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + CLUSTERS; seed++) {
        open_town(&t, seed);
        prove(&t, t.image, NULL, seed % 2 ? 1 : 0, &tally);
        if (seed % 8 == 0)
            prove_slices(&t, &tally);
        close_town(&t);
    }
    print_message("%u proofs (%u of slices), %u wholly, %llu questions in each of four ways\n", tally.proofs, tally.slices, tally.whole,
                  (unsigned long long)tally.questions);
    assert_true(tally.whole >= tally.proofs * 9 / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_questions_by_name), cmocka_unit_test(test_proofs)};
    const char *seed = getenv("CNIPOL_TEST_SEED");

    first_seed = seed ? strtoull(seed, NULL, 10) : 1;
    return cmocka_run_group_tests_name("prove clusters", tests, NULL, NULL);
}
