/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FUZZ_DOCUMENTS_H
#define FUZZ_DOCUMENTS_H

/*
 * Reading anything as documents. What must hold: spans lie inside the source and inside the parent's
 * list or map where it was written, strings end in NUL, an error has a diagnostic with a place, and
 * what is printed as JSON reads back as the same documents.
 */

#include "doc/reader.h"
#include "doc/tojson.h"
#include "fuzz.h"

struct fuzz_documents {
    struct cnipol_ctx *ctx;
    struct np_buf json;
    size_t size;
    uint32_t n;
};

static inline void fuzz_check_node(const struct np_node *node, size_t size)
{
    FUZZ_CHECK(node->start <= node->end && node->end <= size);
    FUZZ_CHECK(node->kind != NP_NODE_STRING || node->s[node->n] == '\0');
    for (uint32_t i = 0; node->kind == NP_NODE_LIST && i < node->n; i++)
        fuzz_check_node(&node->items[i], size);
    for (uint32_t i = 0; node->kind == NP_NODE_MAP && i < node->n; i++) {
        fuzz_check_node(&node->pairs[i].key, size);
        fuzz_check_node(&node->pairs[i].value, size);
    }
}

static inline int fuzz_on_document(void *user, struct np_doc *doc)
{
    struct fuzz_documents *d = user;

    fuzz_check_node(&doc->root, d->size);
    d->n++;
    FUZZ_CHECK(np_tojson(&doc->root, &d->json) == CNIPOL_OK);
    np_buf_addc(&d->json, '\n');
    return d->json.n > ((size_t)32 << 20);
}

static inline int fuzz_read(struct fuzz_documents *d, const char *bytes, size_t size, enum np_doc_format format)
{
    uint32_t source;

    d->ctx = fuzz_ctx();
    d->n = 0;
    d->size = size;
    np_buf_init(&d->json, &d->ctx->mem);
    source = np_sources_add(&d->ctx->sources, "fuzz", bytes, size, false);
    FUZZ_CHECK(source != NP_NONE);
    return np_doc_read(d->ctx, source, format, fuzz_on_document, d);
}

static inline void fuzz_free(struct fuzz_documents *d)
{
    np_buf_free(&d->json);
    cnipol_ctx_free(d->ctx);
}

static inline void fuzz_check_error(struct fuzz_documents *d, int status)
{
    struct cnipol_diag diag;

    if (status != CNIPOL_E_SYNTAX && status != CNIPOL_E_LIMIT)
        return;
    FUZZ_CHECK(cnipol_diag_raised(d->ctx, CNIPOL_SEVERITY_ERROR) == 1);
    for (size_t i = 0; i < cnipol_diag_count(d->ctx); i++) {
        FUZZ_CHECK(cnipol_diag_get(d->ctx, i, &diag) == CNIPOL_OK);
        FUZZ_CHECK(diag.message && diag.place.file && diag.place.line);
    }
}

/* Prints what was read and reads that again. A negative zero is an integer on its way back. */
static inline void fuzz_documents(const uint8_t *data, size_t size, enum np_doc_format format)
{
    struct fuzz_documents first, again;
    int status = fuzz_read(&first, (const char *)data, size, format);

    fuzz_check_error(&first, status);
    if (status == CNIPOL_OK && first.n) {
        status = fuzz_read(&again, first.json.s, first.json.n, NP_DOC_JSON);
        FUZZ_CHECK(status == CNIPOL_OK || status == CNIPOL_E_LIMIT);
        if (status == CNIPOL_OK && !memmem(first.json.s, first.json.n, "-0", 2) && !memmem(first.json.s, first.json.n, "\\ufffd", 6)) {
            FUZZ_CHECK(again.n == first.n);
            FUZZ_CHECK(again.json.n == first.json.n && memcmp(again.json.s, first.json.s, first.json.n) == 0);
        }
        fuzz_free(&again);
    }
    fuzz_free(&first);
}

#endif
