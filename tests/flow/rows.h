/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FLOW_ROWS_H
#define TESTS_FLOW_ROWS_H

/*
 * Tables of frames: what one decodes to, as the common part of our JSON. Several records of a frame are joined with a blank; a
 * refused frame is a ! and the byte of the flaw, behind the records before it.
 */

#include "../base/testing.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <cnipol/ctx.h>

#include "flow/decoder.h"
#include "flow/record_json.h"

struct flow_row {
    const char *input;
    const char *expected;
    const char *version;
};

struct flow_rows_out {
    char text[16384];
    size_t n;
};

static inline int flow_rows_add(void *user, const struct cnipol_flow *flow)
{
    struct flow_rows_out *out = user;

    if (out->n && out->n + 1 < sizeof out->text)
        out->text[out->n++] = ' ';
    out->n += np_record_print_json(flow, NP_RECORD_COMMON, out->text + out->n, sizeof out->text - out->n);
    assert_true(out->n < sizeof out->text);
    return CNIPOL_OK;
}

/* Decodes a frame of its own size, so that a read beyond it is seen, into out->text. */
static inline void flow_rows_decode(const struct cnipol_decoder_opts *opts, const char *input, size_t n, struct flow_rows_out *out)
{
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_decoder *decoder = NULL;
    struct cnipol_flaw flaw;

    out->n = 0;
    out->text[0] = '\0';
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    if (cnipol_decoder_new(ctx, opts, &decoder)) {
        (void)snprintf(out->text, sizeof out->text, "unusable");
    } else if (np_decoder_frame(decoder, input, n, flow_rows_add, out)) {
        assert_int_equal(cnipol_decoder_flaw(decoder, &flaw), 1);
        (void)snprintf(out->text + out->n, sizeof out->text - out->n, "!%u", (unsigned)flaw.at);
    }
    cnipol_decoder_free(decoder);
    cnipol_ctx_free(ctx);
}

static inline void flow_rows_check(const char *format, const struct flow_row *rows, size_t n)
{
    struct flow_rows_out *out = malloc(sizeof *out);

    assert_non_null(out);
    for (size_t i = 0; i < n; i++) {
        struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = format, .version = rows[i].version};

        flow_rows_decode(&opts, rows[i].input, strlen(rows[i].input), out);
        expect_text(rows[i].input, out->text, rows[i].expected);
    }
    free(out);
}

#endif
