/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_MATRIX_H
#define CNIPOL_MATRIX_H

#include <cnipol/image.h>
#include <cnipol/model.h>

/**
 * Connectivity: every source against every destination, for one protocol and port.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct cnipol_matrix;

/**
 * Asks all pairs of `ends` (or of all pods, where `n` is 0) with the protocol, port, family and direction of
 * `like`, whose ends are ignored. Cost: n * n questions. CNIPOL_OK or CNIPOL_E_NOMEM.
 */
CNIPOL_API int cnipol_matrix_new(struct cnipol_ctx *ctx, const struct cnipol_model *model, const struct cnipol_end *ends, uint32_t n,
                                 const struct cnipol_question *like, struct cnipol_matrix **out);
/** The same, asked of an image that the model was read from, as cnipol_image_ask_question() does. The image may go before the matrix. */
CNIPOL_API int cnipol_matrix_of_image(struct cnipol_ctx *ctx, const struct cnipol_image *image, int32_t way,
                                      const struct cnipol_model *model, const struct cnipol_end *ends, uint32_t n,
                                      const struct cnipol_question *like, struct cnipol_matrix **out);
/** NULL is fine. */
CNIPOL_API void cnipol_matrix_free(struct cnipol_matrix *matrix);
/** How many ends there are, each a row and a column. */
CNIPOL_API uint32_t cnipol_matrix_size(const struct cnipol_matrix *matrix);
/** The name of an end, which is both a row and a column, as cnipol_end_parse takes it; NULL outside. Lives as long as the matrix. */
CNIPOL_API const char *cnipol_matrix_row_name(const struct cnipol_matrix *matrix, uint32_t row);
/** The decision for (source row, destination column); CNIPOL_UNDEFINED outside. */
CNIPOL_API int32_t cnipol_matrix_at(const struct cnipol_matrix *matrix, uint32_t row, uint32_t column);
/** '.' allow, 'X' deny, 'R' redirect, '?' undefined. */
CNIPOL_API char cnipol_matrix_symbol(int32_t decision);

#ifdef __cplusplus
}
#endif
#endif
