/* SPDX-License-Identifier: BSD-2-Clause */
/* See scene.h. */

#include "scene.h"

#include <cnipol/eval_core.h>

__attribute__((format(printf, 1, 0))) static char *format_text(const char *format, va_list args)
{
    va_list again;
    char *text;
    int n;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    text = malloc((size_t)n + 1);
    assert_non_null(text);
    vsnprintf(text, (size_t)n + 1, format, args);
    return text;
}

void say(struct scene *scene, const char *format, ...)
{
    va_list args;

    if (scene->n_docs == scene->cap_docs) {
        scene->cap_docs = scene->cap_docs * 2 + 64;
        scene->docs = realloc(scene->docs, scene->cap_docs * sizeof *scene->docs);
        assert_non_null(scene->docs);
    }
    va_start(args, format);
    scene->docs[scene->n_docs++] = format_text(format, args);
    va_end(args);
}

void say_more(struct scene *scene, const char *format, ...)
{
    char **last = &scene->docs[scene->n_docs - 1], *more;
    size_t had = strlen(*last);
    va_list args;

    va_start(args, format);
    more = format_text(format, args);
    va_end(args);
    *last = realloc(*last, had + strlen(more) + 1);
    assert_non_null(*last);
    memcpy(*last + had, more, strlen(more) + 1);
    free(more);
}

void say_pod(struct scene *scene, const char *ns, uint32_t number, const char *more)
{
    say(scene, "{apiVersion: v1, kind: Pod, metadata: {namespace: %s, name: p%u, labels: {n: 'n%u'%s}}, status: {podIP: 10.%u.%u.%u}}\n",
        ns, number, number, more, number >> 16, number >> 8 & 255, number & 255);
}

static char *join_docs(const struct scene *scene)
{
    size_t size = 1, at = 0;
    char *text;

    for (uint32_t i = 0; i < scene->n_docs; i++)
        size += strlen(scene->docs[i]) + 4;
    text = malloc(size);
    assert_non_null(text);
    for (uint32_t i = 0; i < scene->n_docs; i++)
        at += (size_t)sprintf(text + at, "---\n%s", scene->docs[i]);
    return text;
}

void scene_load(struct scene *scene, const struct cnipol_alloc *alloc)
{
    char *text = join_docs(scene);

    assert_int_equal(cnipol_ctx_new(alloc, &scene->ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(scene->ctx, NULL, &scene->cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(scene->cluster, "scene.yaml", text, strlen(text)), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(scene->cluster, NULL, NULL, &scene->model), CNIPOL_OK);
    free(text);
}

int scene_compile(struct scene *scene, const struct cnipol_compile_opts *opts, size_t peak)
{
    const void *bytes;
    size_t n;
    int rc;

    cnipol_image_free(scene->image);
    scene->image = NULL;
    assert_int_equal(cnipol_ctx_set_limit(scene->ctx, CNIPOL_LIMIT_MEMORY, cnipol_ctx_memory_used(scene->ctx) + peak), CNIPOL_OK);
    rc = cnipol_compile(scene->ctx, scene->model, opts, &scene->image);
    assert_int_equal(cnipol_ctx_set_limit(scene->ctx, CNIPOL_LIMIT_MEMORY, 0), CNIPOL_OK);
    if (rc)
        return rc;
    bytes = cnipol_image_bytes(scene->image, &n);
    assert_int_equal(cnipol_image_verify(scene->ctx, bytes, n), CNIPOL_OK);
    return CNIPOL_OK;
}

uint32_t scene_draw(uint64_t *state, uint32_t n)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(*state >> 33) % n;
}

static struct cnipol_end random_end(const struct scene *scene, uint64_t *state)
{
    struct cnipol_end end;
    char address[16];

    if (scene_draw(state, 4)) {
        uint32_t pod = scene_draw(state, cnipol_model_pods(scene->model));

        assert_int_equal(cnipol_end_parse(scene->model, cnipol_model_pod_name(scene->model, pod), &end), CNIPOL_OK);
        return end;
    }
    snprintf(address, sizeof address, "%u.%u.%u.%u", scene_draw(state, 2) ? 172 : 10, scene_draw(state, 256), scene_draw(state, 256),
             scene_draw(state, 256));
    assert_int_equal(cnipol_end_parse(scene->model, address, &end), CNIPOL_OK);
    return end;
}

void scene_agree(struct scene *scene, uint32_t n, uint32_t ports)
{
    static const uint8_t protocols[] = {6, 6, 6, 17, 132};
    struct cnipol_model *copy;
    uint64_t state = 11;

    assert_int_equal(cnipol_image_model(scene->ctx, scene->image, &copy), CNIPOL_OK);
    for (uint32_t i = 0; i < n; i++) {
        struct cnipol_question q = {.source = random_end(scene, &state),
                                    .destination = random_end(scene, &state),
                                    .protocol = protocols[scene_draw(&state, 5)],
                                    .destination_port = (uint16_t)scene_draw(&state, ports + 1)};
        struct cnipol_verdict expected, got[2];

        cnipol_ask(scene->model, &q, &expected);
        cnipol_image_ask_question(scene->image, copy, &q, CNIPOL_IMAGE_TABLES, &got[0]);
        cnipol_image_ask_question(scene->image, copy, &q, CNIPOL_IMAGE_RULES, &got[1]);
        for (uint32_t way = 0; way < 2; way++)
            if (memcmp(&got[way], &expected, sizeof expected) != 0)
                fail_msg("question %u, way %u: %s, not %s: %u/%u to %u/%u, %u:%u", i, way, cnipol_decision_text(got[way].decision),
                         cnipol_decision_text(expected.decision), q.source.kind, q.source.id, q.destination.kind, q.destination.id,
                         q.protocol, q.destination_port);
    }
    cnipol_model_free(copy);
}

uint32_t scene_tabled(const struct scene *scene)
{
    size_t size;
    const uint8_t *image = cnipol_image_bytes(scene->image, &size);
    const struct cnipol_image_header *header = (const struct cnipol_image_header *)(const void *)image;
    const struct cnipol_image_view *view = (const struct cnipol_image_view *)(const void *)(image + header->view);
    uint32_t kinds[4] = {0};

    for (uint32_t i = 0; i < view->n_checkpoints; i++)
        for (uint32_t id = 0; id < view->n_ids; id++)
            kinds[CNIPOL_ROOT_KIND(cnipol_root(image, cnipol_checkpoint_at(header->view, i), id))]++;
    return kinds[CNIPOL_ROOT_LIST] ? kinds[CNIPOL_ROOT_DAG] * 100 / (kinds[CNIPOL_ROOT_DAG] + kinds[CNIPOL_ROOT_LIST]) : 100;
}

void scene_free(struct scene *scene)
{
    cnipol_image_free(scene->image);
    cnipol_model_free(scene->model);
    cnipol_cluster_free(scene->cluster);
    cnipol_ctx_free(scene->ctx);
    for (uint32_t i = 0; i < scene->n_docs; i++)
        free(scene->docs[i]);
    free(scene->docs);
    *scene = (struct scene){0};
}
