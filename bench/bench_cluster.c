/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_cluster NAME FOLDER [MATRIX-PODS]: what a cluster costs, phase by phase.
 *
 * FOLDER holds inventory.yaml and policies.yaml, as bench/clustergen.py writes them. Prints seconds to
 * parse and load, seconds to build (seal, lower, resolve), peak memory, nanoseconds a verdict of the
 * reference evaluator, and seconds for a connectivity matrix. The reference is what the other
 * evaluators are compared with, so nothing is compared here.
 */

#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "world.h"

#define BLOCK 1024

struct asking {
    const struct world *world;
    struct world_mix mix;
    struct cnipol_question questions[BLOCK];
};

static void prepare(void *user, uint64_t *seed)
{
    struct asking *a = user;

    for (uint32_t i = 0; i < BLOCK; i++)
        world_ask(a->world, &a->mix, seed, &a->questions[i]);
}

static uint64_t run(void *user)
{
    struct asking *a = user;
    struct cnipol_verdict verdict = {0};
    uint32_t zero = bench_zero();
    uint64_t sum = 0;

    for (uint32_t i = 0; i < BLOCK; i++) {
        cnipol_ask(a->world->model, &a->questions[i + (verdict.decision & zero)], &verdict);
        sum += verdict.decision;
    }
    return sum;
}

static void ask(struct bench *b, const struct world *w, const char *name)
{
    static struct asking one, both;
    char rows[2][128];
    struct bench_body bodies[] = {
        {.row = rows[0], .prepare = prepare, .run = run, .user = &one, .lookups = BLOCK},
        {.row = rows[1], .prepare = prepare, .run = run, .user = &both, .lookups = BLOCK},
    };

    one.world = both.world = w;
    one.mix.either = true;
    (void)snprintf(rows[0], sizeof rows[0], "reference evaluator, %s, one direction", name);
    (void)snprintf(rows[1], sizeof rows[1], "reference evaluator, %s, both directions", name);
    bench_compare(b, bodies, 2, NULL, 0);
}

static void matrix(struct bench *b, const struct world *w, uint32_t n)
{
    struct cnipol_question like = {.protocol = CNIPOL_PROTOCOL_TCP, .destination_port = 80};
    struct cnipol_end *ends = calloc(n, sizeof *ends);
    struct cnipol_matrix *made = NULL;
    double since = bench_now();
    char note[64];

    for (uint32_t i = 0; ends && i < n; i++)
        if (cnipol_end_pod(w->model, i, &ends[i]))
            n = i;
    (void)snprintf(note, sizeof note, "%u pods", n);
    if (ends && n && cnipol_matrix_new(w->ctx, w->model, ends, n, &like, &made) == CNIPOL_OK)
        bench_figure(b, "connectivity matrix", "s", bench_now() - since, note);
    cnipol_matrix_free(made);
    free(ends);
}

static void phases(struct bench *b, const struct world *w, const char *name)
{
    struct cnipol_cluster_counts counts;
    char row[128], note[64];

    cnipol_cluster_count(w->cluster, &counts);
    (void)snprintf(note, sizeof note, "%u inventory objects, %u policies", counts.inventory, counts.policies);
    (void)snprintf(row, sizeof row, "%s, parse and load", name);
    bench_figure(b, row, "s", w->load_seconds, note);
    (void)snprintf(row, sizeof row, "%s, build and resolve", name);
    bench_figure(b, row, "s", w->build_seconds, NULL);
    (void)snprintf(row, sizeof row, "%s, peak memory", name);
    bench_figure(b, row, "MiB", bench_peak_mib(), "with the trees of the documents and the model");
}

int main(int argc, char **argv)
{
    struct bench b;
    struct world w;

    if (argc < 3) {
        fprintf(stderr, "usage: bench_cluster NAME FOLDER [MATRIX-PODS]\n");
        return 2;
    }
    if (!bench_open(&b, "bench_cluster") || !world_open(&w, argv[2]))
        return 2;
    phases(&b, &w, argv[1]);
    ask(&b, &w, argv[1]);
    if (argc > 3)
        matrix(&b, &w, (uint32_t)strtoul(argv[3], NULL, 10));
    world_close(&w);
    return bench_close(&b);
}
