/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DIALECT_VALIDATION_ROW_H
#define NP_DIALECT_VALIDATION_ROW_H

/*
 * Validation vectors: does the API server take this object?
 *
 * A row has `object` or `text`, `expect` (accept, reject, prune) or `mode` with the outcome by mode,
 * `path` or `errors` with the offending fields, `oldObject`, `version`, and upstream's words, which are
 * compared but not asserted. See docs/test-vectors.md.
 */

#include "doc/reader.h"

struct np_validation_result {
    bool passed;
    bool has_words;  /* the row quotes upstream */
    bool same_words; /* and ours are the same, byte for byte */
};

/*
 * Evaluates a row. Diagnostics of the object do not reach `ctx`. What went wrong is appended to `why`.
 * 0, or CNIPOL_E_NOMEM.
 */
int np_validation_row(struct cnipol_ctx *ctx, const struct np_doc *doc, const struct np_node *row, struct np_validation_result *out,
                      struct np_buf *why);

#endif
