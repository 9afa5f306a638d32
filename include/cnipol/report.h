/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_REPORT_H
#define CNIPOL_REPORT_H

#include <cnipol/diag.h>
#include <cnipol/explain.h>
#include <cnipol/image.h>
#include <cnipol/matrix.h>

/**
 * Reports: diagnostics, traces and matrices as text for people and as data for machines.
 *
 * A report is written piece by piece through the caller's function; a non-zero return of it ends the
 * report and becomes the result. Machine formats carry a schema name with a version.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef int (*cnipol_write_fn)(void *user, const char *bytes, size_t size);

enum cnipol_format {
    CNIPOL_FORMAT_TEXT = 0, /**< for people: the user's line, carets, help */
    CNIPOL_FORMAT_GCC = 1,  /**< file:line:column: severity: message [NP1042] */
    CNIPOL_FORMAT_JSON = 2,
    CNIPOL_FORMAT_JSONL = 3,
    CNIPOL_FORMAT_SARIF = 4,  /**< SARIF 2.1.0 */
    CNIPOL_FORMAT_GITHUB = 5, /**< workflow annotations */
    CNIPOL_FORMAT_CSV = 6,
    CNIPOL_FORMAT_MARKDOWN = 7
};

/** By name ("text", "gcc", ...); -1 if unknown. */
CNIPOL_API int cnipol_format_parse(const char *name);

struct cnipol_report_opts {
    size_t sz;
    int32_t format; /**< enum cnipol_format */
    int32_t color;  /**< ANSI colours in TEXT */
};
#define CNIPOL_REPORT_OPTS_INIT                                  \
    {                                                            \
        sizeof(struct cnipol_report_opts), CNIPOL_FORMAT_TEXT, 0 \
    }

/** All diagnostics of the context, by file and place. TEXT, GCC, JSON, JSONL, SARIF, GITHUB; else CNIPOL_E_USAGE. */
CNIPOL_API int cnipol_report_diags(struct cnipol_ctx *ctx, const struct cnipol_report_opts *opts, cnipol_write_fn write, void *user);

/** A trace. TEXT, JSON (one line). */
CNIPOL_API int cnipol_report_trace(struct cnipol_ctx *ctx, struct cnipol_trace *trace, const struct cnipol_report_opts *opts,
                                   cnipol_write_fn write, void *user);

/** A matrix. TEXT, CSV, JSON, MARKDOWN. */
CNIPOL_API int cnipol_report_matrix(struct cnipol_ctx *ctx, const struct cnipol_matrix *matrix, const struct cnipol_report_opts *opts,
                                    cnipol_write_fn write, void *user);

/** The help page of a code, as `cnipol explain NP1042` prints it. CNIPOL_E_NOTFOUND. */
CNIPOL_API int cnipol_report_code(struct cnipol_ctx *ctx, int32_t code, const struct cnipol_report_opts *opts, cnipol_write_fn write,
                                  void *user);

/** What an image consists of; with `full`, its leaves, lists, cells, sets and rows, too. TEXT, JSON. */
CNIPOL_API int cnipol_report_image(struct cnipol_ctx *ctx, const struct cnipol_image *image, int32_t full,
                                   const struct cnipol_report_opts *opts, cnipol_write_fn write, void *user);

/** Its sizes and counts (cnipol_image_stat()). TEXT, JSON. */
CNIPOL_API int cnipol_report_image_stat(struct cnipol_ctx *ctx, const struct cnipol_image *image, const struct cnipol_report_opts *opts,
                                        cnipol_write_fn write, void *user);

/** How two images differ: section by section, table by table, and in their verdicts (`diff` of cnipol_image_diff()). TEXT, JSON. */
CNIPOL_API int cnipol_report_image_diff(struct cnipol_ctx *ctx, const struct cnipol_image *before, const struct cnipol_image *after,
                                        const struct cnipol_image_diff *diff, const struct cnipol_report_opts *opts, cnipol_write_fn write,
                                        void *user);

#ifdef __cplusplus
}
#endif
#endif
