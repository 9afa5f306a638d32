/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was said of a case's input. A case has a context of its own; of one that fails the diagnostics go
 * to the run's context, with copies of the sources that they point to. Each is kept there once, however
 * many cases read the same file.
 */

#include "analysis/vector.h"

/* An error first, then what would have been one or leaves a policy out, then anything. */
static int weight(const struct np_diag *d)
{
    const struct cnipol_code *code = cnipol_code_find(d->code);

    if (d->severity == CNIPOL_SEVERITY_ERROR)
        return 3;
    return d->code == NP_KIND_UNSUPPORTED || (code && code->severity == CNIPOL_SEVERITY_ERROR) ? 2 : 1;
}

int np_vector_print_error(struct np_vector_run *run, struct cnipol_ctx *ctx)
{
    const struct np_diag *first = NULL;
    struct cnipol_place place;

    np_buf_clear(&run->got);
    for (uint32_t i = 0; i < ctx->diags.n; i++)
        if (!first || weight(ctx->diags.items[i]) > weight(first))
            first = ctx->diags.items[i];
    if (!first)
        return CNIPOL_OK;
    if (np_sources_place(&ctx->sources, first->span, &place))
        return CNIPOL_E_NOMEM;
    if (place.file)
        np_buf_addf(&run->got, "%s:%u: ", place.file, place.line);
    if (first->path)
        np_buf_addf(&run->got, "%s: ", first->path);
    np_buf_addf(&run->got, "%s [NP%d]", first->message, first->code);
    return np_buf_failed(&run->got) ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

static bool is_source(const struct np_source *a, const struct np_source *b)
{
    return a->size == b->size && strcmp(a->name, b->name) == 0 && (a->bytes == b->bytes || memcmp(a->bytes, b->bytes, a->size) == 0);
}

/* The same place among the run's sources. False: out of memory. */
static bool carry(struct np_vector_run *run, const struct cnipol_ctx *ctx, struct np_span *span)
{
    struct np_sources *sources = &run->ctx->sources;
    const struct np_source *source;
    uint32_t i = 0;

    if (span->source == NP_NONE)
        return true;
    source = &ctx->sources.items[span->source];
    while (i < sources->n && !is_source(&sources->items[i], source))
        i++;
    if (i == sources->n)
        i = np_sources_add(sources, source->name, source->bytes, source->size, true);
    span->source = i;
    return i != NP_NONE;
}

static bool is_kept(const struct np_diags *diags, const struct np_diag *d, struct np_span span)
{
    for (uint32_t i = 0; i < diags->n; i++) {
        const struct np_diag *other = diags->items[i];

        if (other->code == d->code && memcmp(&other->span, &span, sizeof span) == 0 && strcmp(other->message, d->message) == 0)
            return true;
    }
    return false;
}

static void copy_text(struct np_diags *diags, struct np_diag *to, const char *text,
                      void (*set)(struct np_diags *, struct np_diag *, const char *, ...))
{
    if (text)
        set(diags, to, "%s", text);
}

static void copy_object(struct np_diags *diags, const struct np_diag *d)
{
    const char *from[] = {d->object_kind, d->object_namespace, d->object_name};
    const char *to[3] = {NULL};

    for (uint32_t i = 0; i < 3; i++) {
        if (!from[i])
            continue;
        to[i] = np_arena_strndup(&diags->arena, from[i], strlen(from[i]));
        diags->failed |= !to[i];
    }
    diags->object = (struct np_diag_object){to[0], to[1], to[2]};
}

static void copy(struct np_diags *diags, const struct np_diag *d, struct np_span span, struct np_span second)
{
    struct np_diag *to;

    copy_object(diags, d);
    to = np_diag_raise(diags, d->code, span, "%s", d->message);
    diags->object = (struct np_diag_object){0};
    np_diag_severity(diags, to, d->severity);
    copy_text(diags, to, d->label, np_diag_label);
    copy_text(diags, to, d->help, np_diag_help);
    copy_text(diags, to, d->upstream, np_diag_upstream);
    copy_text(diags, to, d->path, np_diag_path);
    if (d->second_label)
        np_diag_second(diags, to, second, "%s", d->second_label);
}

int np_vector_keep_diags(struct np_vector_run *run, const struct cnipol_ctx *ctx)
{
    struct np_diags *diags = &run->ctx->diags;

    for (uint32_t i = 0; i < ctx->diags.n; i++) {
        const struct np_diag *d = ctx->diags.items[i];
        struct np_span span = d->span, second = d->second;

        if (!carry(run, ctx, &span) || !carry(run, ctx, &second))
            return CNIPOL_E_NOMEM;
        if (!is_kept(diags, d, span))
            copy(diags, d, span, second);
    }
    return diags->failed ? CNIPOL_E_NOMEM : CNIPOL_OK;
}
