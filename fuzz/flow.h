/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FUZZ_FLOW_H
#define FUZZ_FLOW_H

/*
 * What fuzz targets of flow formats share: bytes as one frame and as a stream, at once and byte by byte. Records of a stream are
 * the same whatever its pieces; each record's JSON is JSON, and reading it into too little room says the same length.
 */

#include "fuzz.h"

#include <string.h>

#include <cnipol/decode.h>

#include "base/jscan.h"
#include "flow/decoder.h"

struct fuzz_flow_hash {
    struct np_buf *scratch;
    uint64_t hash;
    uint64_t n;
};

static inline void fuzz_flow_is_json(struct np_buf *scratch, const char *text, size_t n)
{
    static struct np_jscan scan;
    enum np_jscan_token token;

    np_jscan_init(&scan, text, n, 64, scratch);
    while ((token = np_jscan_next(&scan)) > NP_JSCAN_END)
        ;
    FUZZ_CHECK(token == NP_JSCAN_END);
}

static inline int fuzz_flow_take(void *user, const struct cnipol_flow *flow)
{
    struct fuzz_flow_hash *hash = user;
    size_t n = cnipol_flow_print_json(flow, NULL, 0);
    char *text = malloc(n + 1);

    FUZZ_CHECK(text && cnipol_flow_print_json(flow, text, n + 1) == n);
    fuzz_flow_is_json(hash->scratch, text, n);
    for (size_t i = 0; i < n; i++)
        hash->hash = (hash->hash ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
    hash->n++;
    free(text);
    return 0;
}

/* All records of the stream, fed in pieces of `piece` bytes. */
static inline struct fuzz_flow_hash fuzz_flow_stream(struct cnipol_decoder *decoder, struct np_buf *scratch, const uint8_t *data, size_t size,
                                                     size_t piece)
{
    struct fuzz_flow_hash hash = {.scratch = scratch, .hash = UINT64_C(14695981039346656037)};
    struct cnipol_flow flow;
    struct cnipol_flaw flaw;

    for (size_t at = 0, n;; at += n) {
        int rc;

        n = size - at < piece ? size - at : piece;
        if (n)
            FUZZ_CHECK(cnipol_decoder_feed(decoder, data + at, n) == CNIPOL_OK);
        else
            FUZZ_CHECK(cnipol_decoder_finish(decoder) == CNIPOL_OK);
        while ((rc = cnipol_decoder_next(decoder, &flow)) != 0) {
            if (rc > 0) {
                fuzz_flow_take(&hash, &flow);
                continue;
            }
            FUZZ_CHECK(rc != CNIPOL_E_NOMEM && cnipol_decoder_flaw(decoder, &flaw) == 1 && flaw.message);
            hash.hash = (hash.hash ^ flaw.offset ^ (uint64_t)flaw.code << 48) * UINT64_C(1099511628211);
        }
        if (!n)
            return hash;
    }
}

static inline void fuzz_flow(const struct cnipol_decoder_opts *opts, const uint8_t *data, size_t size)
{
    struct cnipol_ctx *ctx = fuzz_ctx();
    struct cnipol_decoder *decoder;
    struct np_buf scratch;
    struct fuzz_flow_hash whole, bytes, frame;

    int rc = cnipol_decoder_new(ctx, opts, &decoder);

    FUZZ_CHECK(rc == CNIPOL_OK || rc == CNIPOL_E_USAGE);
    if (rc) {
        cnipol_ctx_free(ctx);
        return;
    }
    np_buf_init(&scratch, &ctx->mem);
    frame = (struct fuzz_flow_hash){.scratch = &scratch};
    (void)np_decoder_frame(decoder, data, size, fuzz_flow_take, &frame);
    cnipol_decoder_reset(decoder);
    whole = fuzz_flow_stream(decoder, &scratch, data, size, size);
    cnipol_decoder_reset(decoder);
    bytes = fuzz_flow_stream(decoder, &scratch, data, size, 1);
    FUZZ_CHECK(whole.hash == bytes.hash && whole.n == bytes.n);
    cnipol_decoder_free(decoder);
    np_buf_free(&scratch);
    cnipol_ctx_free(ctx);
}

#endif
