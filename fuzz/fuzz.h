/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

/* What the fuzz targets share: the entry point, a context with small limits, and a check that stays in release builds. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ctx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(holds)                                                             \
    do {                                                                              \
        if (!(holds)) {                                                               \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #holds); \
            abort();                                                                  \
        }                                                                             \
    } while (0)

static inline struct cnipol_ctx *fuzz_ctx(void)
{
    struct cnipol_ctx *ctx = NULL;

    FUZZ_CHECK(cnipol_ctx_new(NULL, &ctx) == CNIPOL_OK);
    cnipol_ctx_set_limit(ctx, CNIPOL_LIMIT_MEMORY, (uint64_t)256 << 20);
    cnipol_ctx_set_limit(ctx, CNIPOL_LIMIT_DEPTH, 64);
    cnipol_ctx_set_limit(ctx, CNIPOL_LIMIT_NODES, 100000);
    cnipol_ctx_set_limit(ctx, CNIPOL_LIMIT_ALIASES, 10000);
    cnipol_ctx_set_limit(ctx, CNIPOL_LIMIT_DOCUMENTS, 1000);
    cnipol_ctx_set_limit(ctx, CNIPOL_LIMIT_DIAGS, 100);
    return ctx;
}

#endif
