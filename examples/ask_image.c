/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From manifests to an image, and from the image to answers.
 *
 *     ask_image PATH IMAGE SOURCE DESTINATION PORT
 *
 * compile() is what a controller or a CI job does. The rest is what the reader of the file does, elsewhere and without
 * any manifest: load (which verifies), ask by name, ask many at once.
 */

#include <stdio.h>
#include <stdlib.h>

#include <cnipol/image.h>

#define MAX_PODS 256

static int compile(struct cnipol_ctx *ctx, const char *manifests, const char *file)
{
    struct cnipol_cluster *cluster = NULL;
    struct cnipol_model *model = NULL;
    struct cnipol_image *image = NULL;
    int rc = cnipol_cluster_new(ctx, NULL, &cluster);

    if (!rc)
        rc = cnipol_cluster_load_path(cluster, manifests);
    if (!rc)
        rc = cnipol_model_new(cluster, NULL, NULL, &model);
    if (!rc)
        rc = cnipol_compile(ctx, model, NULL, &image);
    if (!rc)
        rc = cnipol_image_write(ctx, image, file);
    cnipol_image_free(image);
    cnipol_model_free(model);
    cnipol_cluster_free(cluster);
    return rc;
}

/* Asks in words, then in numbers: names become keys once, keys become answers by the million. */
static int ask(const struct cnipol_image *image, const struct cnipol_model *names, const char *source, const char *destination,
               uint16_t port)
{
    uint32_t n = cnipol_model_pods(names) < MAX_PODS ? cnipol_model_pods(names) : MAX_PODS;
    struct cnipol_key keys[MAX_PODS] = {{0}};
    struct cnipol_answer answers[MAX_PODS];
    struct cnipol_question question;
    struct cnipol_verdict verdict;

    if (cnipol_question_init(names, source, destination, &question))
        return CNIPOL_E_USAGE;
    question.destination_port = port;
    cnipol_image_ask_question(image, names, &question, CNIPOL_IMAGE_TABLES, &verdict);
    printf("%s to %s: %s\n\n", source, destination, cnipol_decision_text(verdict.decision));

    for (uint32_t pod = 0; pod < n; pod++) {
        cnipol_end_pod(names, pod, &question.source);
        if (cnipol_image_key(names, &question, &keys[pod]))
            printf("%s: not one key; a zeroed one is undefined\n", cnipol_model_pod_name(names, pod));
    }
    cnipol_image_ask_batch(image, keys, n, answers);
    for (uint32_t pod = 0; pod < n; pod++)
        printf("%-28s %s\n", cnipol_model_pod_name(names, pod), cnipol_decision_text(answers[pod].decision));
    return CNIPOL_OK;
}

int main(int argc, char **argv)
{
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_image *image = NULL;
    struct cnipol_model *names = NULL;
    int rc = argc == 6 ? cnipol_ctx_new(NULL, &ctx) : CNIPOL_E_USAGE;

    if (!rc)
        rc = compile(ctx, argv[1], argv[2]);
    if (!rc)
        rc = cnipol_image_load(ctx, argv[2], &image);
    if (!rc)
        rc = cnipol_image_model(ctx, image, &names);
    if (!rc)
        rc = ask(image, names, argv[3], argv[4], (uint16_t)strtoul(argv[5], NULL, 10));
    if (rc)
        fprintf(stderr, "ask_image PATH IMAGE SOURCE DESTINATION PORT: %s\n", cnipol_status_text(rc));
    cnipol_model_free(names);
    cnipol_image_free(image);
    cnipol_ctx_free(ctx);
    return rc ? 1 : 0;
}
