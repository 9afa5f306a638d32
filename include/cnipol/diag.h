/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_DIAG_H
#define CNIPOL_DIAG_H

#include <stddef.h>
#include <stdint.h>

#include <cnipol/ctx.h>

/**
 * Diagnostics: what the library has to say to people about their input.
 *
 * A diagnostic has a stable code (NP1042), a severity, a place in a source, and a sentence; often a
 * second place, what to do, and the words of the real API server. Codes are looked up in one table
 * (cnipol_code_find); a code never changes its meaning. Diagnostics collect in the context in the
 * order in which they were found.
 */

#ifdef __cplusplus
extern "C" {
#endif

enum cnipol_severity {
    CNIPOL_SEVERITY_ERROR = 1,   /**< the input is refused, in whole or in part */
    CNIPOL_SEVERITY_WARNING = 2, /**< taken, but it hardly means what was meant */
    CNIPOL_SEVERITY_INFO = 3     /**< worth knowing */
};

/** A stretch of a source. Lines and columns start at 1; columns count characters, not bytes. */
struct cnipol_place {
    const char *file;     /**< NULL: no place is known */
    const char *text;     /**< the bytes of the first line, not NUL-terminated, without its line end */
    uint32_t text_length; /**< bytes of text */
    uint32_t line;
    uint32_t column;
    uint32_t end_line;
    uint32_t end_column; /**< one past the last character */
    uint32_t start_byte; /**< offset in the source */
    uint32_t end_byte;   /**< one past the last byte */
    uint32_t reserved;
};

/** A diagnostic as a view: strings live until the context is freed or its diagnostics are cleared. */
struct cnipol_diag {
    int32_t code;            /**< 1042 for NP1042 */
    int32_t severity;        /**< enum cnipol_severity */
    const char *message;     /**< one sentence, lower case, no full stop */
    const char *label;       /**< short text under the caret; may be NULL */
    const char *help;        /**< what to do; may be NULL */
    const char *upstream;    /**< the API server's own words, where known; may be NULL */
    const char *path;        /**< field path such as spec.ingress[0].ports[0].endPort; may be NULL */
    const char *object_kind; /**< may be NULL, as the next two */
    const char *object_namespace;
    const char *object_name;
    const char *second_label; /**< text at the second place; NULL: there is none */
    struct cnipol_place place;
    struct cnipol_place second;
};

/** Diagnostics in the context: those kept, and all of one severity that were raised (more, where a limit cut in). */
CNIPOL_API size_t cnipol_diag_count(const struct cnipol_ctx *ctx);
CNIPOL_API size_t cnipol_diag_raised(const struct cnipol_ctx *ctx, int32_t severity);

/**
 * The i-th diagnostic, 0 first. Line and column are found here, not before: O(log lines).
 * CNIPOL_E_USAGE outside the range, CNIPOL_E_NOMEM if a line index could not be made.
 */
CNIPOL_API int cnipol_diag_get(struct cnipol_ctx *ctx, size_t i, struct cnipol_diag *out);

/** Forgets all diagnostics. */
CNIPOL_API void cnipol_diag_clear(struct cnipol_ctx *ctx);

/** A row of the table of codes. Strings are static. */
struct cnipol_code {
    int32_t number;       /**< 1042 for NP1042 */
    int32_t severity;     /**< the code's usual severity */
    const char *title;    /**< one line */
    const char *help;     /**< paragraphs: what it means, why it matters, how to mend it, an example */
    const char *upstream; /**< the API server's wording, with %s where it puts values; may be NULL */
};

/** The row of a code, or NULL. Thread safety: any thread. */
CNIPOL_API const struct cnipol_code *cnipol_code_find(int32_t number);
/** The i-th row by number, or NULL past the end. */
CNIPOL_API const struct cnipol_code *cnipol_code_at(size_t i);

#ifdef __cplusplus
}
#endif
#endif
