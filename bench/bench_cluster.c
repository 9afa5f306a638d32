/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_cluster FOLDER [MATRIX-PODS]: what a cluster costs, phase by phase.
 *
 * FOLDER holds inventory.yaml, policies.yaml and perhaps trace.tsv, as bench/clustergen.py writes them.
 * Prints seconds to parse and load, seconds to build (seal, lower, resolve), peak memory, nanoseconds
 * a verdict of the reference evaluator, and seconds for a connectivity matrix. Nothing is asserted.
 */

#include <cnipol/cnipol.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define QUESTIONS_MAX 100000
#define ROUNDS 5

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static double peak_mib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static void phase(const char *name, double since, const struct cnipol_ctx *ctx)
{
    printf("%-28s %8.3f s   context %7.1f MiB   process peak %7.1f MiB\n", name, now() - since,
           (double)cnipol_ctx_memory_used(ctx) / 1048576, peak_mib());
}

static int load(struct cnipol_cluster *cluster, const char *folder, const char *file)
{
    char path[4096];
    int rc;

    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    rc = cnipol_cluster_load_path(cluster, path);
    if (rc)
        fprintf(stderr, "%s: %s\n", path, cnipol_status_text(rc));
    return rc;
}

static size_t read_trace(const struct cnipol_model *model, const char *folder, struct cnipol_question *out)
{
    char path[4096], line[512], source[128], destination[128], protocol[16];
    unsigned source_port, port;
    size_t n = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/trace.tsv", folder);
    file = fopen(path, "r");
    if (!file)
        return 0;
    while (n < QUESTIONS_MAX && fgets(line, sizeof line, file)) {
        if (sscanf(line, "%127s %u %127s %u %15s", source, &source_port, destination, &port, protocol) != 5)
            continue;
        if (cnipol_question_init(model, source, destination, &out[n]))
            continue;
        out[n].protocol = (uint8_t)cnipol_protocol_parse(protocol);
        out[n++].destination_port = (uint16_t)port;
    }
    fclose(file);
    return n;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void ask_trace(const struct cnipol_model *model, const char *folder)
{
    struct cnipol_question *questions = malloc(QUESTIONS_MAX * sizeof *questions);
    size_t n = questions ? read_trace(model, folder, questions) : 0;
    double rounds[ROUNDS];
    size_t denied = 0;

    for (int r = 0; n && r < ROUNDS; r++) {
        double since = now();

        denied = 0;
        for (size_t i = 0; i < n; i++) {
            struct cnipol_verdict verdict;

            cnipol_ask(model, &questions[i], &verdict);
            denied += verdict.decision == CNIPOL_DENY;
        }
        rounds[r] = (now() - since) / (double)n * 1e9;
    }
    if (n) {
        qsort(rounds, ROUNDS, sizeof *rounds, by_value);
        printf("%-28s %8.0f ns  median of %d rounds, %zu questions, %zu denied\n", "verdict (both directions)", rounds[ROUNDS / 2], ROUNDS,
               n, denied);
    }
    free(questions);
}

static void ask_matrix(struct cnipol_ctx *ctx, const struct cnipol_model *model, uint32_t n)
{
    struct cnipol_question like = {.protocol = CNIPOL_PROTOCOL_TCP, .destination_port = 80};
    struct cnipol_end *ends = malloc(n * sizeof *ends);
    struct cnipol_matrix *matrix = NULL;
    double since = now();

    for (uint32_t i = 0; ends && i < n; i++)
        if (cnipol_end_pod(model, i, &ends[i]))
            n = i;
    if (ends && n && cnipol_matrix_new(ctx, model, ends, n, &like, &matrix) == CNIPOL_OK)
        phase("matrix", since, ctx);
    printf("%-28s %8u pods\n", "", n);
    cnipol_matrix_free(matrix);
    free(ends);
}

int main(int argc, char **argv)
{
    struct cnipol_cluster_opts opts = CNIPOL_CLUSTER_OPTS_INIT;
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_cluster *cluster = NULL;
    struct cnipol_model *model = NULL;
    struct cnipol_cluster_counts counts;
    double start = now(), since = start;
    int rc = 1;

    if (argc < 2) {
        fprintf(stderr, "usage: bench_cluster FOLDER [MATRIX-PODS]\n");
        return 2;
    }
    opts.mode = CNIPOL_MODE_SERVER;
    if (cnipol_ctx_new(NULL, &ctx) || cnipol_cluster_new(ctx, &opts, &cluster))
        goto out;
    if (load(cluster, argv[1], "inventory.yaml") || load(cluster, argv[1], "policies.yaml"))
        goto out;
    cnipol_cluster_count(cluster, &counts);
    printf("%s: %u inventory objects, %u policies\n", argv[1], counts.inventory, counts.policies);
    phase("parse and load", since, ctx);
    since = now();
    if (cnipol_model_new(cluster, NULL, NULL, &model))
        goto out;
    phase("build and resolve", since, ctx);
    phase("both", start, ctx);
    ask_trace(model, argv[1]);
    if (argc > 2)
        ask_matrix(ctx, model, (uint32_t)strtoul(argv[2], NULL, 10));
    rc = 0;
out:
    cnipol_model_free(model);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
    return rc;
}
