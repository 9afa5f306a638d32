/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every cluster of the repository, proved: the cases of vector files, with their options, and folders of manifests.
 *
 *     test_prove_files FILE-OR-FOLDER...
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/prove.h>

#include "base/file.h"
#include "dialect/cluster.h"

#define MAX_QUESTIONS 4000000

static struct {
    uint32_t clusters, whole, refused;
    uint64_t questions;
} totals;

/* The path under work, for messages; and where its case's manifests are relative to. */
static const char *path_now;

static void differ(const char *name, const struct cnipol_proof *p)
{
    const struct cnipol_key *k = &p->key;

    fail_msg("%s, %s: result %d, way %s: %s to %s: protocol %u flags %u ports %u to %u relations %u: expected %u flags %u, got %u flags %u",
             path_now, name, p->result, p->way, p->source, p->destination, k->protocol, k->flags, k->source_port, k->destination_port,
             k->relations, p->expected.decision, p->expected.flags, p->got.decision, p->got.flags);
}

static void prove(struct cnipol_ctx *ctx, struct cnipol_cluster *cluster, const struct cnipol_knobs *knobs, const char *name)
{
    const struct cnipol_prove_opts opts = {.sz = sizeof opts, .max_questions = MAX_QUESTIONS};
    struct cnipol_image *image;
    struct cnipol_model *model;
    struct cnipol_proof proof;
    int rc;

    assert_int_equal(cnipol_model_new(cluster, NULL, knobs, &model), CNIPOL_OK);
    rc = cnipol_compile(ctx, model, NULL, &image);
    if (rc == CNIPOL_OK) {
        rc = cnipol_prove(ctx, model, image, &opts, &proof);
        if (rc != CNIPOL_OK && rc != CNIPOL_E_LIMIT)
            differ(name, &proof);
        totals.clusters++;
        totals.whole += rc == CNIPOL_OK;
        totals.questions += proof.questions;
        cnipol_image_free(image);
    } else {
        assert_int_equal(rc, CNIPOL_E_LIMIT);
        totals.refused++;
    }
    cnipol_model_free(model);
}

static void set_dns(struct cnipol_knobs *knobs, const struct np_node *dns)
{
    for (uint32_t i = 0; i < dns->n; i++) {
        const struct np_node *addresses = &dns->pairs[i].value;

        assert_int_equal(cnipol_knobs_add_dns(knobs, dns->pairs[i].key.s, NULL), CNIPOL_OK);
        for (uint32_t k = 0; k < addresses->n; k++)
            (void)cnipol_knobs_add_dns(knobs, dns->pairs[i].key.s, addresses->items[k].s);
    }
}

static void set_options(struct cnipol_knobs *knobs, const struct np_node *options)
{
    for (uint32_t i = 0; options && i < options->n; i++) {
        const struct np_node *value = &options->pairs[i].value;
        const char *name = options->pairs[i].key.s;

        if (strcmp(name, "dns") == 0)
            set_dns(knobs, value);
        else
            assert_int_equal(cnipol_knobs_set(knobs, name, value->kind == NP_NODE_BOOL ? (value->b ? "true" : "false") : value->s),
                             CNIPOL_OK);
    }
}

static void load_manifests(struct cnipol_cluster *cluster, const struct np_node *manifests)
{
    const char *slash = strrchr(path_now, '/');

    for (uint32_t i = 0; manifests && i < manifests->n; i++) {
        char path[1024];

        (void)snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - path_now) + 1 : 0, path_now, manifests->items[i].s);
        assert_int_equal(cnipol_cluster_load_path(cluster, path), CNIPOL_OK);
    }
}

static int prove_row(void *user, struct np_doc *doc)
{
    const struct np_node *objects = np_map_value(&doc->root, "objects"), *name = np_map_value(&doc->root, "name");
    const struct np_source *file = &((struct cnipol_ctx *)user)->sources.items[doc->source];
    uint32_t outer = doc->source;
    struct cnipol_cluster *cluster;
    struct cnipol_knobs *knobs;
    struct cnipol_ctx *ctx;
    int worst = CNIPOL_OK;

    if (!np_map_value(&doc->root, "tests"))
        return CNIPOL_OK;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(ctx, NULL, &cluster), CNIPOL_OK);
    assert_int_equal(cnipol_knobs_new(ctx, &knobs), CNIPOL_OK);
    doc->source = np_sources_add(&ctx->sources, file->name, file->bytes, file->size, false);
    set_options(knobs, np_map_value(&doc->root, "options"));
    load_manifests(cluster, np_map_value(&doc->root, "manifests"));
    cluster->dialect.mode = NP_MODE_STORED;
    for (uint32_t i = 0; objects && i < objects->n; i++)
        assert_int_equal(np_cluster_load_object(cluster, doc, &objects->items[i], &worst), CNIPOL_OK);
    prove(ctx, cluster, knobs, name && name->kind == NP_NODE_STRING ? name->s : "");
    cnipol_knobs_free(knobs);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
    doc->source = outer;
    return CNIPOL_OK;
}

static bool is_vector_file(const char *path)
{
    return strstr(path, "jsonl") || strstr(path, "/semantics/k");
}

static void prove_cases(const char *path)
{
    struct cnipol_ctx *ctx;
    uint32_t source;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(np_file_read(ctx, path, strstr(path, ".gz") != NULL, &source), CNIPOL_OK);
    assert_int_equal(np_doc_read(ctx, source, NP_DOC_AUTO, prove_row, ctx), CNIPOL_OK);
    cnipol_ctx_free(ctx);
}

/* What cannot be loaded is left out, as a stored cluster's would be. */
static void prove_manifests(const char *path)
{
    const struct cnipol_cluster_opts opts = {.sz = sizeof opts, .mode = CNIPOL_MODE_STORED};
    struct cnipol_cluster *cluster;
    struct cnipol_ctx *ctx;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(ctx, &opts, &cluster), CNIPOL_OK);
    (void)cnipol_cluster_load_path(cluster, path);
    prove(ctx, cluster, NULL, "manifests");
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
}

static void test_path(void **state)
{
    path_now = *state;
    if (is_vector_file(path_now))
        prove_cases(path_now);
    else
        prove_manifests(path_now);
    print_message("%s: so far %u clusters, %u of them wholly, %u refused, %llu questions\n", path_now, totals.clusters, totals.whole,
                  totals.refused, (unsigned long long)totals.questions);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[64] = {0};
    int failed;

    if (argc > 64)
        return 1;
    for (int i = 1; i < argc; i++)
        tests[i - 1] = (struct CMUnitTest){argv[i], test_path, NULL, NULL, argv[i]};
    failed = _cmocka_run_group_tests("prove files", tests, (size_t)argc - 1, NULL, NULL);
    return failed || totals.whole + 2 < totals.clusters;
}
