/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load manifests, ask one question, say why.
 *
 *     load_ask_explain PATH SOURCE DESTINATION PORT
 *
 * The whole interface in one go: a context, a cluster loaded into it, a model built from the cluster, a
 * question, and the trace behind the answer. Everything is freed in the opposite order.
 */

#include <stdio.h>
#include <stdlib.h>

#include <cnipol/cnipol.h>

static int print(void *user, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, user) == size ? 0 : CNIPOL_E_IO;
}

static int explain(struct cnipol_ctx *ctx, const struct cnipol_model *model, const struct cnipol_question *question)
{
    const struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    struct cnipol_trace *trace;
    int rc = cnipol_explain(ctx, model, question, &trace);

    if (rc)
        return rc;
    rc = cnipol_report_trace(ctx, trace, &opts, print, stdout);
    cnipol_trace_free(trace);
    return rc;
}

static int ask(struct cnipol_ctx *ctx, struct cnipol_cluster *cluster, char **args)
{
    struct cnipol_question question;
    struct cnipol_verdict verdict;
    struct cnipol_model *model;
    int rc = cnipol_model_new(cluster, NULL, NULL, &model);

    if (rc)
        return rc;
    rc = cnipol_question_init(model, args[0], args[1], &question);
    if (!rc) {
        question.destination_port = (uint16_t)strtoul(args[2], NULL, 10);
        cnipol_ask(model, &question, &verdict);
        printf("%s\n\n", cnipol_decision_text(verdict.decision));
        rc = explain(ctx, model, &question);
    }
    cnipol_model_free(model);
    return rc;
}

int main(int argc, char **argv)
{
    const struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    struct cnipol_cluster *cluster = NULL;
    struct cnipol_ctx *ctx;
    int rc;

    if (argc != 5) {
        fprintf(stderr, "usage: %s PATH SOURCE DESTINATION PORT\n", argv[0]);
        return 2;
    }
    rc = cnipol_ctx_new(NULL, &ctx);
    if (rc) {
        fprintf(stderr, "%s\n", cnipol_status_text(rc));
        return 1;
    }
    rc = cnipol_cluster_new(ctx, NULL, &cluster);
    if (!rc)
        rc = cnipol_cluster_load_path(cluster, argv[1]);
    if (!rc)
        rc = ask(ctx, cluster, argv + 2);
    if (rc) {
        cnipol_report_diags(ctx, &opts, print, stderr);
        fprintf(stderr, "%s\n", cnipol_status_text(rc));
    }
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
    return rc ? 1 : 0;
}
