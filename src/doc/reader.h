/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DOC_READER_H
#define NP_DOC_READER_H

/*
 * Readers: a source becomes document trees, one at a time.
 *
 * The caller's function gets each document as soon as it is complete, and the tree's memory is used
 * again for the next one: what is kept must be copied. So a stream of a million small documents
 * needs the memory of one.
 */

#include "base/ctx.h"
#include "doc/node.h"

enum np_doc_format {
    NP_DOC_AUTO = 0, /* JSON if the first byte that is no white space is { or [, and it parses as such; else YAML */
    NP_DOC_YAML,
    NP_DOC_JSON, /* one value, or several one after another (JSON Lines) */
};

struct np_doc {
    struct np_arena arena; /* of the tree */
    uint32_t source;
    uint32_t index; /* in the source, 0 first; empty YAML documents count too */
    struct np_node root;
    bool duplicates; /* a key was repeated: a strict server refuses the document */
};

/* Returns 0 to go on; anything else ends the reading and becomes its result. */
typedef int np_doc_fn(void *user, struct np_doc *doc);

/*
 * Reads all documents of a source. Syntax errors and limits are raised as diagnostics and returned as
 * CNIPOL_E_SYNTAX or CNIPOL_E_LIMIT; documents before the error were already given to `fn`. A
 * repeated key raises NP_DUPLICATE_KEY (a warning; strict callers look at doc->duplicates).
 */
int np_doc_read(struct cnipol_ctx *ctx, uint32_t source, enum np_doc_format format, np_doc_fn *fn, void *user);

static inline struct np_span np_doc_span(const struct np_doc *doc, const struct np_node *node)
{
    return (struct np_span){doc->source, node->start, node->end};
}

#endif
