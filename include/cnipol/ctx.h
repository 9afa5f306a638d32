/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_CTX_H
#define CNIPOL_CTX_H

#include <stddef.h>
#include <stdint.h>

#include <cnipol/alloc.h>
#include <cnipol/status.h>

/**
 * The context: allocator, limits, sources and diagnostics of one piece of work.
 *
 * Everything else is made from a context and must be freed before it. There is no global state: two
 * contexts know nothing of each other. Thread safety: one thread at a time, with all that was made
 * from it; models (model.h), once built, may be asked from many threads.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct cnipol_ctx;

/** What hostile or accidental input may cost. Passing a limit is an error with a code of its own. */
enum cnipol_limit {
    CNIPOL_LIMIT_MEMORY = 0,    /**< bytes in use at once, for all of the context; 0: none (default) */
    CNIPOL_LIMIT_BYTES = 1,     /**< bytes of one source; default 2 GiB - 1, which is also the maximum */
    CNIPOL_LIMIT_DEPTH = 2,     /**< nesting of lists and maps in a document; default 256, at most 10,000 */
    CNIPOL_LIMIT_NODES = 3,     /**< nodes of one document, before alias expansion; default 50 million */
    CNIPOL_LIMIT_ALIASES = 4,   /**< nodes of one document that aliases and merge keys add; default 1 million */
    CNIPOL_LIMIT_DOCUMENTS = 5, /**< documents of one source; default 1 million */
    CNIPOL_LIMIT_DIAGS = 6,     /**< diagnostics kept; further ones are counted; default 10,000 */
    CNIPOL_LIMIT_FILES = 7,     /**< files read from one folder; default 100,000 */
    CNIPOL_LIMIT_COUNT = 8
};

/**
 * Makes a context. `alloc` NULL means malloc(3); it is copied. *out is set on success only.
 * Returns CNIPOL_OK or CNIPOL_E_NOMEM.
 */
CNIPOL_API int cnipol_ctx_new(const struct cnipol_alloc *alloc, struct cnipol_ctx **out);

/** Frees the context with its sources and diagnostics. NULL is fine. */
CNIPOL_API void cnipol_ctx_free(struct cnipol_ctx *ctx);

/** Sets a limit; CNIPOL_E_USAGE for an unknown one or a value above its maximum. */
CNIPOL_API int cnipol_ctx_set_limit(struct cnipol_ctx *ctx, int32_t limit, uint64_t value);

/** A limit's present value; 0 for an unknown one. */
CNIPOL_API uint64_t cnipol_ctx_limit(const struct cnipol_ctx *ctx, int32_t limit);

/** Bytes that the context holds now, and the most that it ever held. */
CNIPOL_API size_t cnipol_ctx_memory_used(const struct cnipol_ctx *ctx);
CNIPOL_API size_t cnipol_ctx_memory_peak(const struct cnipol_ctx *ctx);

#ifdef __cplusplus
}
#endif
#endif
