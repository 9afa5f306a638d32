/* SPDX-License-Identifier: BSD-2-Clause */
/* Connectivity: see include/cnipol/matrix.h. One byte a pair, row by row. */

#include <cnipol/matrix.h>

#include "reference/model.h"

struct cnipol_matrix {
    struct cnipol_ctx *ctx;
    const struct cnipol_model *model;
    struct np_arena arena;
    struct cnipol_end *ends;
    const char **names;
    uint8_t *cells;
    uint32_t n;
};

static const char *name_of(struct cnipol_matrix *matrix, const struct cnipol_end *end)
{
    struct np_ip ip = {.family = end->has_v4 ? 4 : 6};
    char text[NP_IP_TEXT];

    if (end->kind == CNIPOL_END_POD)
        return cnipol_model_pod_name(matrix->model, end->id);
    if (!end->has_v4 && !end->has_v6)
        return np_arena_strndup(&matrix->arena, "?", 1);
    memcpy(ip.bytes, end->has_v4 ? end->v4 : end->v6, end->has_v4 ? 4 : 16);
    return np_arena_strndup(&matrix->arena, text, np_ip_print(&ip, text));
}

static int take_ends(struct cnipol_matrix *matrix, const struct cnipol_end *ends)
{
    matrix->ends = np_arena_array(&matrix->arena, matrix->n, sizeof *matrix->ends);
    matrix->names = np_arena_array(&matrix->arena, matrix->n, sizeof *matrix->names);
    matrix->cells = np_arena_array(&matrix->arena, matrix->n, matrix->n);
    if (!matrix->ends || !matrix->names || !matrix->cells)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < matrix->n; i++) {
        if (ends)
            matrix->ends[i] = ends[i];
        else
            (void)cnipol_end_pod(matrix->model, i, &matrix->ends[i]);
        matrix->names[i] = name_of(matrix, &matrix->ends[i]);
        if (!matrix->names[i])
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

/* Who is asked. */
struct source {
    const struct cnipol_image *image; /* NULL: the model itself */
    int32_t way;
};

static void ask_all(struct cnipol_matrix *matrix, const struct source *source, const struct cnipol_question *like)
{
    struct cnipol_question question = *like;
    struct cnipol_verdict verdict;

    for (uint32_t row = 0; row < matrix->n; row++) {
        question.source = matrix->ends[row];
        for (uint32_t column = 0; column < matrix->n; column++) {
            question.destination = matrix->ends[column];
            if (source->image)
                cnipol_image_ask_question(source->image, matrix->model, &question, source->way, &verdict);
            else
                cnipol_ask(matrix->model, &question, &verdict);
            matrix->cells[(size_t)row * matrix->n + column] = verdict.decision;
        }
    }
}

static int make(struct cnipol_ctx *ctx, const struct source *source, const struct cnipol_model *model, const struct cnipol_end *ends,
                uint32_t n, const struct cnipol_question *like, struct cnipol_matrix **out)
{
    struct cnipol_matrix *matrix = np_zalloc(&ctx->mem, sizeof *matrix);

    if (!matrix)
        return CNIPOL_E_NOMEM;
    matrix->ctx = ctx;
    matrix->model = model;
    matrix->n = n ? n : cnipol_model_pods(model);
    np_arena_init(&matrix->arena, &ctx->mem);
    if (take_ends(matrix, n ? ends : NULL)) {
        cnipol_matrix_free(matrix);
        return CNIPOL_E_NOMEM;
    }
    ask_all(matrix, source, like);
    *out = matrix;
    return CNIPOL_OK;
}

int cnipol_matrix_new(struct cnipol_ctx *ctx, const struct cnipol_model *model, const struct cnipol_end *ends, uint32_t n,
                      const struct cnipol_question *like, struct cnipol_matrix **out)
{
    return make(ctx, &(struct source){NULL, 0}, model, ends, n, like, out);
}

int cnipol_matrix_of_image(struct cnipol_ctx *ctx, const struct cnipol_image *image, int32_t way, const struct cnipol_model *model,
                           const struct cnipol_end *ends, uint32_t n, const struct cnipol_question *like, struct cnipol_matrix **out)
{
    return make(ctx, &(struct source){image, way}, model, ends, n, like, out);
}

void cnipol_matrix_free(struct cnipol_matrix *matrix)
{
    struct cnipol_ctx *ctx;

    if (!matrix)
        return;
    ctx = matrix->ctx;
    np_arena_free(&matrix->arena);
    np_free(&ctx->mem, matrix, sizeof *matrix);
}

uint32_t cnipol_matrix_size(const struct cnipol_matrix *matrix)
{
    return matrix->n;
}

const char *cnipol_matrix_row_name(const struct cnipol_matrix *matrix, uint32_t row)
{
    return row < matrix->n ? matrix->names[row] : NULL;
}

int32_t cnipol_matrix_at(const struct cnipol_matrix *matrix, uint32_t row, uint32_t column)
{
    return row < matrix->n && column < matrix->n ? matrix->cells[(size_t)row * matrix->n + column] : CNIPOL_UNDEFINED;
}

char cnipol_matrix_symbol(int32_t decision)
{
    static const char symbols[] = {'?', '.', 'R', '?', 'X'};

    return decision < 0 || decision > CNIPOL_DENY ? '?' : symbols[decision];
}
