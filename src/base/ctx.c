/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The context: see include/cnipol/ctx.h.
 *
 * The block that holds the context itself comes from the caller's allocator but is not in its own
 * account: np_mem lives inside it.
 */

#include "base/ctx.h"

static const struct {
    uint64_t value;
    uint64_t max;
} limits[CNIPOL_LIMIT_COUNT] = {
    [CNIPOL_LIMIT_MEMORY] = {0, SIZE_MAX},
    [CNIPOL_LIMIT_BYTES] = {INT32_MAX, INT32_MAX},
    [CNIPOL_LIMIT_DEPTH] = {256, 10000},
    [CNIPOL_LIMIT_NODES] = {50000000, UINT32_MAX / 2},
    [CNIPOL_LIMIT_ALIASES] = {1000000, UINT32_MAX / 2},
    [CNIPOL_LIMIT_DOCUMENTS] = {1000000, UINT32_MAX / 2},
    [CNIPOL_LIMIT_DIAGS] = {10000, UINT32_MAX / 2},
    [CNIPOL_LIMIT_FILES] = {100000, UINT32_MAX / 2},
};

int cnipol_ctx_new(const struct cnipol_alloc *alloc, struct cnipol_ctx **out)
{
    struct np_mem mem;
    struct cnipol_ctx *ctx;

    np_mem_init(&mem, alloc, 0);
    ctx = np_zalloc(&mem, sizeof *ctx);
    if (!ctx)
        return CNIPOL_E_NOMEM;
    np_mem_init(&ctx->mem, alloc, 0);
    for (int i = 0; i < CNIPOL_LIMIT_COUNT; i++)
        ctx->limits[i] = limits[i].value;
    np_sources_init(&ctx->sources, &ctx->mem);
    np_diags_init(&ctx->diags, &ctx->mem, (uint32_t)ctx->limits[CNIPOL_LIMIT_DIAGS]);
    if (np_atoms_init(&ctx->atoms, &ctx->mem)) {
        cnipol_ctx_free(ctx);
        return CNIPOL_E_NOMEM;
    }
    *out = ctx;
    return CNIPOL_OK;
}

void cnipol_ctx_free(struct cnipol_ctx *ctx)
{
    struct np_mem mem;

    if (!ctx)
        return;
    np_diags_free(&ctx->diags);
    np_sources_free(&ctx->sources);
    np_atoms_free(&ctx->atoms);
    mem = ctx->mem;
    mem.hooks.free(mem.hooks.user, ctx, sizeof *ctx);
}

int cnipol_ctx_set_limit(struct cnipol_ctx *ctx, int32_t limit, uint64_t value)
{
    if (limit < 0 || limit >= CNIPOL_LIMIT_COUNT || value > limits[limit].max)
        return CNIPOL_E_USAGE;
    ctx->limits[limit] = value;
    if (limit == CNIPOL_LIMIT_MEMORY)
        ctx->mem.limit = (size_t)value;
    if (limit == CNIPOL_LIMIT_DIAGS)
        ctx->diags.limit = (uint32_t)value;
    return CNIPOL_OK;
}

uint64_t cnipol_ctx_limit(const struct cnipol_ctx *ctx, int32_t limit)
{
    return limit < 0 || limit >= CNIPOL_LIMIT_COUNT ? 0 : ctx->limits[limit];
}

size_t cnipol_ctx_memory_used(const struct cnipol_ctx *ctx)
{
    return ctx->mem.used;
}

size_t cnipol_ctx_memory_peak(const struct cnipol_ctx *ctx)
{
    return ctx->mem.peak;
}

size_t cnipol_diag_count(const struct cnipol_ctx *ctx)
{
    return ctx->diags.n;
}

size_t cnipol_diag_raised(const struct cnipol_ctx *ctx, int32_t severity)
{
    return severity < 1 || severity > 3 ? 0 : ctx->diags.raised[severity];
}

void cnipol_diag_clear(struct cnipol_ctx *ctx)
{
    np_diags_clear(&ctx->diags);
}

int cnipol_diag_get(struct cnipol_ctx *ctx, size_t i, struct cnipol_diag *out)
{
    struct cnipol_place place, second;
    const struct np_diag *d;

    if (i >= ctx->diags.n)
        return CNIPOL_E_USAGE;
    d = ctx->diags.items[i];
    if (np_sources_place(&ctx->sources, d->span, &place) || np_sources_place(&ctx->sources, d->second, &second))
        return CNIPOL_E_NOMEM;
    *out = (struct cnipol_diag){
        .code = d->code,
        .severity = d->severity,
        .message = d->message,
        .label = d->label,
        .help = d->help,
        .upstream = d->upstream,
        .path = d->path,
        .object_kind = d->object_kind,
        .object_namespace = d->object_namespace,
        .object_name = d->object_name,
        .second_label = d->second_label,
        .place = place,
        .second = second,
    };
    return CNIPOL_OK;
}

bool np_opts_fit(const void *opts, size_t sz, size_t known)
{
    const unsigned char *bytes = opts;

    if (sz < known || sz > 4096)
        return false;
    for (size_t i = known; i < sz; i++)
        if (bytes[i])
            return false;
    return true;
}
