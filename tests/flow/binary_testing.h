/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FLOW_BINARY_TESTING_H
#define TESTS_FLOW_BINARY_TESTING_H

/* Frames written in hexadecimal, where blanks do not count, and what they decode to: rows.h says how. */

#include <stdbool.h>

#include "../support/failing.h"
#include "rows.h"

static inline int digit_of(char c)
{
    const char *at = c ? strchr("0123456789abcdef", c) : NULL;

    return at ? (int)(at - "0123456789abcdef") : -1;
}

/* The bytes of a text of digits; into `out`, which has room for half as many as there are characters. */
static inline size_t bytes_of(const char *text, uint8_t *out)
{
    size_t n = 0;
    int high = -1;

    for (; *text; text++) {
        int digit = digit_of(*text);

        if (digit < 0)
            continue;
        if (high >= 0)
            out[n++] = (uint8_t)(high << 4 | digit);
        high = high >= 0 ? -1 : digit;
    }
    return n;
}

static inline void expect_frame(const char *row, const struct cnipol_decoder_opts *opts, const char *hex, const char *expected)
{
    struct flow_rows_out *out = malloc(sizeof *out);
    uint8_t *bytes = malloc(strlen(hex) / 2 + 1);

    assert_non_null(out);
    assert_non_null(bytes);
    flow_rows_decode(opts, (const char *)bytes, bytes_of(hex, bytes), out);
    expect_text(row, out->text, expected);
    free(bytes);
    free(out);
}

/* Every frame that is cut short is refused where it can be, never read beyond, and never anything else. */
static inline void cut_everywhere(const struct cnipol_decoder_opts *opts, const uint8_t *bytes, size_t n)
{
    struct flow_rows_out *out = malloc(sizeof *out);

    assert_non_null(out);
    for (size_t i = 0; i <= n; i++)
        flow_rows_decode(opts, (const char *)bytes, i, out);
    free(out);
}

static inline int count_record(void *user, const struct cnipol_flow *flow)
{
    (void)flow;
    ++*(size_t *)user;
    return CNIPOL_OK;
}

/* One try, in which the n-th request fails. True: that was one too many. */
static inline bool decode_failing(const struct cnipol_decoder_opts *opts, const uint8_t *bytes, size_t size, long n)
{
    struct failing failing = {.victim = (uint64_t)n + 1, .once = true};
    struct cnipol_alloc alloc = failing_hooks(&failing);
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_decoder *decoder = NULL;
    size_t records = 0;
    int rc = cnipol_ctx_new(&alloc, &ctx);

    if (!rc)
        rc = cnipol_decoder_new(ctx, opts, &decoder);
    if (!rc)
        rc = np_decoder_frame(decoder, bytes, size, count_record, &records);
    cnipol_decoder_free(decoder);
    cnipol_ctx_free(ctx);
    expect_number("afterwards", "blocks", (long long)failing.live, 0);
    if (!failing.refused) {
        expect_number("all memory", "status", rc, CNIPOL_OK);
        expect_number("all memory", "records", (long long)records, 1);
        return true;
    }
    expect_number("memory ran out", "status", rc, CNIPOL_E_NOMEM);
    return false;
}

static inline void fail_everywhere(const struct cnipol_decoder_opts *opts, const uint8_t *bytes, size_t size)
{
    long n = 0;

    while (!decode_failing(opts, bytes, size, n))
        n++;
    assert_true(n > 2);
}

#endif
