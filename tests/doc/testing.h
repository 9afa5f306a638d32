/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_DOC_TESTING_H
#define TESTS_DOC_TESTING_H

/* What the tests of the document room share: read a text, print its documents as JSON, look at diagnostics. */

#include "../base/testing.h"

#include "base/ctx.h"
#include "doc/reader.h"
#include "doc/tojson.h"

struct reading {
    struct cnipol_ctx *ctx;
    struct np_buf json; /* one document a line */
    uint32_t documents;
    uint32_t stop_after; /* 0: read all */
    bool duplicates;
    int status;
};

static inline int reading_print(void *user, struct np_doc *doc)
{
    struct reading *reading = user;
    int rc = np_tojson(&doc->root, &reading->json);

    reading->documents++;
    reading->duplicates |= doc->duplicates;
    if (rc)
        return rc;
    np_buf_addc(&reading->json, '\n');
    return reading->documents == reading->stop_after ? 1 : 0;
}

static inline void reading_open(struct reading *reading)
{
    *reading = (struct reading){0};
    assert_int_equal(cnipol_ctx_new(NULL, &reading->ctx), CNIPOL_OK);
    np_buf_init(&reading->json, &reading->ctx->mem);
}

static inline void reading_read(struct reading *reading, const char *text, size_t n, enum np_doc_format format)
{
    uint32_t source = np_sources_add(&reading->ctx->sources, "test", text, n, true);

    assert_int_not_equal(source, NP_NONE);
    reading->status = np_doc_read(reading->ctx, source, format, reading_print, reading);
}

static inline void reading_close(struct reading *reading)
{
    np_buf_free(&reading->json);
    cnipol_ctx_free(reading->ctx);
}

/* The first diagnostic, or one without a code. */
static inline struct cnipol_diag reading_diag(struct reading *reading)
{
    struct cnipol_diag diag = {0};

    if (cnipol_diag_count(reading->ctx))
        assert_int_equal(cnipol_diag_get(reading->ctx, 0, &diag), CNIPOL_OK);
    return diag;
}

#endif
