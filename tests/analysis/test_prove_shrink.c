/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Differences are found, and made small: an evaluator that lies about some answers is found out on random clusters, and
 * what is left of the cluster is a test case that holds for the policies and fails for the liar.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cnipol/cnipol.h>
#include <cnipol/image.h>
#include <cnipol/prove.h>

#include "random_cluster.h"

#define CLUSTERS 60

/* Who lies, and about what. */
struct liar {
    const struct cnipol_image *image;
    bool (*lies)(const struct cnipol_key *key, const struct cnipol_answer *truth);
    uint8_t says;
};

static bool of_denied_tcp(const struct cnipol_key *key, const struct cnipol_answer *truth)
{
    return key->protocol == 6 && truth->decision == CNIPOL_DENY;
}

static bool of_one_port(const struct cnipol_key *key, const struct cnipol_answer *truth)
{
    return key->protocol == 17 && key->destination_port == 53 && !key->flags && truth->parts[1] == CNIPOL_ALLOW;
}

static bool of_fragments(const struct cnipol_key *key, const struct cnipol_answer *truth)
{
    (void)truth;
    return (key->flags & CNIPOL_KEY_FRAGMENT) != 0;
}

static void answer(void *user, const struct cnipol_key *key, struct cnipol_answer *out)
{
    const struct liar *liar = user;

    cnipol_image_ask(liar->image, key, out);
    if (liar->lies(key, out))
        out->decision = out->parts[0] = out->parts[1] = liar->says;
}

static int ask(void *user, const struct cnipol_key *keys, uint32_t n, struct cnipol_answer *out)
{
    for (uint32_t i = 0; i < n; i++)
        answer(user, &keys[i], &out[i]);
    return CNIPOL_OK;
}

static int open_image(void *user, const struct cnipol_image *image)
{
    struct liar *liar = user;

    liar->image = image;
    return CNIPOL_OK;
}

/* A random cluster, loaded, with an image. */
struct town {
    struct random_cluster cluster;
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *loaded;
    struct cnipol_knobs *knobs;
    struct cnipol_model *model;
    struct cnipol_image *image;
};

static void open_town(struct town *t, uint64_t seed)
{
    const struct cnipol_cluster_opts opts = {.sz = sizeof opts, .mode = CNIPOL_MODE_STORED};

    *t = (struct town){0};
    assert_true(random_cluster_new(&t->cluster, seed));
    assert_int_equal(cnipol_ctx_new(NULL, &t->ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(t->ctx, &opts, &t->loaded), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(t->loaded, "random.jsonl", t->cluster.bytes, t->cluster.n), CNIPOL_OK);
    assert_int_equal(cnipol_knobs_new(t->ctx, &t->knobs), CNIPOL_OK);
    assert_int_equal(random_cluster_knobs(&t->cluster, t->knobs), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(t->loaded, NULL, t->knobs, &t->model), CNIPOL_OK);
    assert_int_equal(cnipol_compile(t->ctx, t->model, NULL, &t->image), CNIPOL_OK);
}

static void close_town(struct town *t)
{
    cnipol_image_free(t->image);
    cnipol_model_free(t->model);
    cnipol_knobs_free(t->knobs);
    cnipol_cluster_free(t->loaded);
    cnipol_ctx_free(t->ctx);
    random_cluster_free(&t->cluster);
}

/* A file of its own, with what was written. */
struct written {
    char path[32];
    FILE *file;
    uint32_t lines;
};

static int write_case(void *user, const char *bytes, size_t size)
{
    struct written *written = user;

    for (size_t i = 0; i < size; i++)
        written->lines += bytes[i] == '\n';
    return fwrite(bytes, 1, size, written->file) == size ? 0 : -1;
}

static void open_written(struct written *written)
{
    int fd;

    *written = (struct written){.path = "/tmp/cnipol-case-XXXXXX"};
    fd = mkstemp(written->path);
    assert_true(fd >= 0);
    written->file = fdopen(fd, "w");
    assert_non_null(written->file);
}

/* The case passes for the reference, the image and the rules; and fails where the liar is asked, too. */
static void check_case(const struct written *written, struct liar *liar)
{
    const struct cnipol_vector_other other = {.name = "liar", .open = open_image, .answer = answer, .user = liar};
    struct cnipol_vector_opts opts = {.sz = sizeof opts, .with = CNIPOL_WITH_REFERENCE | CNIPOL_WITH_IMAGE | CNIPOL_WITH_RULES};
    struct cnipol_vector_counts counts = {0};
    struct cnipol_ctx *ctx;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_vector_run(ctx, written->path, &opts, NULL, NULL, &counts), CNIPOL_OK);
    if (counts.passed != 1 || counts.failed != 0)
        fail_msg("%s: passed %llu, failed %llu", written->path, (unsigned long long)counts.passed, (unsigned long long)counts.failed);
    opts.other = &other;
    counts = (struct cnipol_vector_counts){0};
    assert_int_equal(cnipol_vector_run(ctx, written->path, &opts, NULL, NULL, &counts), CNIPOL_OK);
    if (counts.failed != 1)
        fail_msg("%s: passed %llu, failed %llu with the liar", written->path, (unsigned long long)counts.passed,
                 (unsigned long long)counts.failed);
    cnipol_ctx_free(ctx);
}

/* Returns the lines of the case; 0: there is nothing to lie about. */
static uint32_t shrink(uint64_t seed, struct liar *liar)
{
    const struct cnipol_prove_way way = {"liar", ask, liar, open_image};
    const struct cnipol_prove_opts opts = {.sz = sizeof opts, .ways = &way, .n_ways = 1};
    struct cnipol_proof proof;
    struct written written;
    struct town t;
    int rc;

    open_town(&t, seed);
    open_written(&written);
    liar->image = t.image;
    rc = cnipol_prove(t.ctx, t.model, t.image, &opts, &proof);
    assert_true(rc == CNIPOL_OK || rc == CNIPOL_E_INVALID);
    if (rc == CNIPOL_E_INVALID) {
        assert_int_equal(proof.result, CNIPOL_PROOF_VERDICT);
        assert_string_equal(proof.way, "liar");
        rc = cnipol_prove_shrink(t.ctx, t.knobs, &opts, 600, write_case, &written);
        assert_true(rc == CNIPOL_OK || rc == CNIPOL_E_NOTFOUND);
    }
    assert_int_equal(fclose(written.file), 0);
    if (written.lines)
        check_case(&written, liar);
    (void)unlink(written.path);
    close_town(&t);
    return written.lines;
}

static void find_out(struct liar *liar, uint32_t at_least, uint32_t most_lines)
{
    uint32_t found = 0, lines = 0;

    for (uint64_t seed = 1; seed <= CLUSTERS; seed++) {
        uint32_t n = shrink(seed, liar);

        found += n > 0;
        lines += n;
        if (n > 14)
            fail_msg("cluster %llu: %u lines are left", (unsigned long long)seed, n);
    }
    print_message("%u of %u clusters, %u lines altogether\n", found, CLUSTERS, lines);
    assert_true(found >= at_least && lines <= found * most_lines);
}

static void test_denials_that_are_not_heard(void **state)
{
    struct liar liar = {.lies = of_denied_tcp, .says = CNIPOL_ALLOW};

    (void)state;
    find_out(&liar, CLUSTERS / 3, 9);
}

static void test_a_denial_of_one_port(void **state)
{
    struct liar liar = {.lies = of_one_port, .says = CNIPOL_DENY};

    (void)state;
    find_out(&liar, CLUSTERS / 3, 8);
}

static void test_a_denial_of_later_fragments(void **state)
{
    struct liar liar = {.lies = of_fragments, .says = CNIPOL_UNDEFINED};

    (void)state;
    find_out(&liar, CLUSTERS / 3, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_denials_that_are_not_heard), cmocka_unit_test(test_a_denial_of_one_port),
                                       cmocka_unit_test(test_a_denial_of_later_fragments)};

    return cmocka_run_group_tests_name("prove shrink", tests, NULL, NULL);
}
