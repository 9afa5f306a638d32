/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_REPORT_TESTING_H
#define TESTS_REPORT_TESTING_H

/* A context with sources and diagnostics, and reports of it as strings. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/report.h>

#include "base/ctx.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct bench {
    struct cnipol_ctx *ctx;
    char *text; /* what was reported last */
    size_t n;
    size_t calls;
    size_t refuse_at; /* the call that is refused with -77; 0: none */
};

static inline void bench_open(struct bench *b)
{
    memset(b, 0, sizeof *b);
    assert_int_equal(cnipol_ctx_new(NULL, &b->ctx), CNIPOL_OK);
}

static inline void bench_close(struct bench *b)
{
    free(b->text);
    cnipol_ctx_free(b->ctx);
}

static inline int bench_take(void *user, const char *bytes, size_t size)
{
    struct bench *b = user;

    if (++b->calls == b->refuse_at)
        return -77;
    b->text = realloc(b->text, b->n + size + 1);
    assert_non_null(b->text);
    memcpy(b->text + b->n, bytes, size);
    b->n += size;
    b->text[b->n] = '\0';
    return 0;
}

static inline void bench_clear(struct bench *b)
{
    free(b->text);
    b->text = calloc(1, 1);
    assert_non_null(b->text);
    b->n = b->calls = 0;
}

/* All diagnostics in a format. */
static inline const char *bench_report(struct bench *b, int32_t format, int32_t color)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;

    opts.format = format;
    opts.color = color;
    bench_clear(b);
    assert_int_equal(cnipol_report_diags(b->ctx, &opts, bench_take, b), CNIPOL_OK);
    return b->text;
}

static inline uint32_t bench_source(struct bench *b, const char *name, const char *bytes)
{
    return np_sources_add(&b->ctx->sources, name, bytes, strlen(bytes), true);
}

/* The span of the n-th (0 first) occurrence of a word in a source. */
static inline struct np_span bench_find(struct bench *b, uint32_t source, const char *word, int nth)
{
    const char *start = b->ctx->sources.items[source].bytes;
    const char *at = strstr(start, word);

    while (at && nth-- > 0)
        at = strstr(at + 1, word);
    assert_non_null(at);
    return (struct np_span){source, (uint32_t)(at - start), (uint32_t)(at - start + (ptrdiff_t)strlen(word))};
}

static inline void expect_report(const char *row, const char *got, const char *expected)
{
    if (strcmp(got, expected) != 0)
        fail_msg("%s: got\n%s\nexpected\n%s", row, got, expected);
}

#endif
