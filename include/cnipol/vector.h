/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_VECTOR_H
#define CNIPOL_VECTOR_H

#include <stddef.h>

#include <cnipol/ctx.h>
#include <cnipol/image.h>

/**
 * Test vectors: small clusters with questions and known answers, and the other kinds of rows of
 * docs/test-vectors.md. Users write their own policy tests in the same format.
 */

#ifdef __cplusplus
extern "C" {
#endif

/** The outcome of one question, or one row of another kind. Strings live during the call only. */
struct cnipol_vector_result {
    const char *file;
    uint32_t line;      /**< of the case (JSON Lines) or the question */
    uint32_t passed;    /**< 1 or 0 */
    uint32_t questions; /**< how many answers this result stands for (a matrix has many) */
    uint32_t reserved;
    const char *case_name;
    const char *question; /**< "shop/web → shop/db TCP 5432" */
    const char *expected;
    const char *got;
    const char *chain; /**< the explanation of what was got; NULL where there is none */
};

typedef void (*cnipol_vector_fn)(void *user, const struct cnipol_vector_result *result);

struct cnipol_vector_counts {
    uint64_t cases;
    uint64_t passed; /**< questions */
    uint64_t failed; /**< questions, and rows that cannot be used */
};

/** Who is asked; bits. */
enum cnipol_vector_with {
    CNIPOL_WITH_REFERENCE = 1u << 0, /**< the model itself */
    CNIPOL_WITH_IMAGE = 1u << 1,     /**< compiled, verified, read back: by its tables */
    CNIPOL_WITH_RULES = 1u << 2      /**< likewise, by its rule lists */
};

/** Somebody else who answers keys of an image: the kernel, for one. */
struct cnipol_vector_other {
    const char *name;
    int (*open)(void *user, const struct cnipol_image *image); /**< a case's image, valid until the next one; CNIPOL_OK or a failure */
    cnipol_answer_fn answer;
    void *user;
};

/** Zero what is not set; `sz` is sizeof(struct cnipol_vector_opts). */
struct cnipol_vector_opts {
    size_t sz;
    const struct cnipol_vector_other *other; /**< asked, too; NULL: nobody */
    uint32_t with;                           /**< enum cnipol_vector_with; 0: the reference, unless there is another */
    uint32_t all;                            /**< 1: tell of passed questions, too */
};

/**
 * Runs a vector file (YAML, JSON, .jsonl, .jsonl.gz), calling `fn` for every failed question, and for every
 * passed one too where `all` is set. A row that cannot be used is a failure. A question passes if all who are asked
 * give the answer that is expected, and none of them differs from the others in any part of it, nor in its explanation.
 * `opts` NULL: defaults. The diagnostics of cases that fail are added to the context. Returns CNIPOL_OK when
 * the file was read to its end, whatever its answers; CNIPOL_E_USAGE for options of a later version; else as
 * cnipol_cluster_load_path.
 */
CNIPOL_API int cnipol_vector_run(struct cnipol_ctx *ctx, const char *path, const struct cnipol_vector_opts *opts, cnipol_vector_fn fn,
                                 void *user, struct cnipol_vector_counts *counts);

#ifdef __cplusplus
}
#endif
#endif
