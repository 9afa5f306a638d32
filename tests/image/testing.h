/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_IMAGE_TESTING_H
#define TESTS_IMAGE_TESTING_H

/* What the tests of images share: cmocka, a context, images of random specs, and bytes in a block of their exact size. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "build_image.h"
#include "image/image.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct bench {
    struct cnipol_ctx *ctx;
    struct np_mem mem;
    struct bi_spec spec;
    struct np_image_block block;
};

static inline void bench_start(struct bench *bench)
{
    *bench = (struct bench){0};
    np_mem_init(&bench->mem, NULL, 0);
    assert_int_equal(cnipol_ctx_new(NULL, &bench->ctx), CNIPOL_OK);
}

static inline void bench_random(struct bench *bench, uint64_t seed, uint32_t features)
{
    bench_start(bench);
    bi_spec_random(seed, &bench->spec);
    bench->spec.features = features;
    bi_build(&bench->mem, &bench->spec, &bench->block);
}

static inline void bench_end(struct bench *bench)
{
    np_image_block_free(&bench->mem, &bench->block);
    cnipol_ctx_free(bench->ctx);
}

/* A copy that ends where its block ends: one byte more is a finding of the address sanitizer. */
static inline uint8_t *exact_copy(const void *bytes, size_t n)
{
    void *copy = NULL;

    assert_int_equal(posix_memalign(&copy, CNIPOL_IMAGE_ALIGN, n ? n : 1), 0);
    memcpy(copy, bytes, n);
    return copy;
}

static inline int32_t last_code(struct cnipol_ctx *ctx)
{
    struct cnipol_diag diag = {0};
    size_t n = cnipol_diag_count(ctx);

    if (n)
        assert_int_equal(cnipol_diag_get(ctx, n - 1, &diag), CNIPOL_OK);
    return diag.code;
}

static inline const char *last_message(struct cnipol_ctx *ctx)
{
    struct cnipol_diag diag = {0};
    size_t n = cnipol_diag_count(ctx);

    if (n)
        assert_int_equal(cnipol_diag_get(ctx, n - 1, &diag), CNIPOL_OK);
    return diag.message ? diag.message : "";
}

/* So that it is the same image again, as far as its header is concerned. */
static inline void seal_header(uint8_t *bytes)
{
    struct cnipol_image_header *header = (struct cnipol_image_header *)bytes;

    np_image_header_checksum(header, header->checksum);
}

#endif
