/* SPDX-License-Identifier: BSD-2-Clause */
/* Diagnostics: see diag.h. */

#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>

void np_diags_init(struct np_diags *diags, struct np_mem *mem, uint32_t limit)
{
    *diags = (struct np_diags){.mem = mem, .limit = limit};
    np_arena_init(&diags->arena, mem);
}

void np_diags_clear(struct np_diags *diags)
{
    np_arena_reset(&diags->arena);
    diags->n = 0;
    memset(diags->raised, 0, sizeof diags->raised);
    diags->object = (struct np_diag_object){0};
    diags->failed = false;
}

void np_diags_free(struct np_diags *diags)
{
    np_free(diags->mem, diags->items, (size_t)diags->cap * sizeof *diags->items);
    np_arena_free(&diags->arena);
    *diags = (struct np_diags){.mem = diags->mem, .limit = diags->limit};
}

static __attribute__((format(printf, 2, 0))) const char *vformat(struct np_diags *diags, const char *fmt, va_list args)
{
    va_list again;
    char *text;
    int n;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, args);
    text = n < 0 ? NULL : np_arena_alloc(&diags->arena, (size_t)n + 1);
    if (text)
        (void)vsnprintf(text, (size_t)n + 1, fmt, again);
    else
        diags->failed = true;
    va_end(again);
    return text;
}

static struct np_diag *keep(struct np_diags *diags)
{
    void *grown = np_grow(diags->mem, diags->items, &diags->cap, diags->n + 1, sizeof *diags->items);
    struct np_diag *d;

    if (grown)
        diags->items = grown;
    d = grown ? np_arena_zalloc(&diags->arena, sizeof *d) : NULL;
    if (!d)
        diags->failed = true;
    return d;
}

struct np_diag *np_diag_raise(struct np_diags *diags, enum np_code code, struct np_span span, const char *fmt, ...)
{
    const struct cnipol_code *row = cnipol_code_find((int32_t)code);
    int32_t severity = row ? row->severity : CNIPOL_SEVERITY_ERROR;
    struct np_diag *d;
    va_list args;

    diags->raised[severity]++;
    if (diags->n >= diags->limit) {
        diags->spare = (struct np_diag){.code = (uint16_t)code, .severity = (uint8_t)severity, .span = span, .second = NP_NOWHERE};
        return &diags->spare;
    }
    d = keep(diags);
    if (!d)
        return NULL;
    *d = (struct np_diag){.code = (uint16_t)code,
                          .severity = (uint8_t)severity,
                          .span = span,
                          .second = NP_NOWHERE,
                          .object_kind = diags->object.kind,
                          .object_namespace = diags->object.ns,
                          .object_name = diags->object.name};
    va_start(args, fmt);
    d->message = vformat(diags, fmt, args);
    va_end(args);
    if (!d->message)
        return NULL;
    diags->items[diags->n++] = d;
    return d;
}

void np_diag_severity(struct np_diags *diags, struct np_diag *d, enum cnipol_severity severity)
{
    if (!d)
        return;
    diags->raised[d->severity]--;
    diags->raised[severity]++;
    d->severity = (uint8_t)severity;
}

void np_diag_label(struct np_diags *diags, struct np_diag *d, const char *fmt, ...)
{
    va_list args;

    if (!np_diag_kept(diags, d))
        return;
    va_start(args, fmt);
    d->label = vformat(diags, fmt, args);
    va_end(args);
}

void np_diag_second(struct np_diags *diags, struct np_diag *d, struct np_span span, const char *fmt, ...)
{
    va_list args;

    if (!np_diag_kept(diags, d))
        return;
    d->second = span;
    va_start(args, fmt);
    d->second_label = vformat(diags, fmt, args);
    va_end(args);
}

void np_diag_help(struct np_diags *diags, struct np_diag *d, const char *fmt, ...)
{
    va_list args;

    if (!np_diag_kept(diags, d))
        return;
    va_start(args, fmt);
    d->help = vformat(diags, fmt, args);
    va_end(args);
}

void np_diag_upstream(struct np_diags *diags, struct np_diag *d, const char *fmt, ...)
{
    va_list args;

    if (!np_diag_kept(diags, d))
        return;
    va_start(args, fmt);
    d->upstream = vformat(diags, fmt, args);
    va_end(args);
}

void np_diag_path(struct np_diags *diags, struct np_diag *d, const char *fmt, ...)
{
    va_list args;

    if (!np_diag_kept(diags, d))
        return;
    va_start(args, fmt);
    d->path = vformat(diags, fmt, args);
    va_end(args);
}
