/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_FLOW_BATCH_H
#define CNIPOL_FLOW_BATCH_H

#include <cnipol/ctx.h>
#include <cnipol/flow.h>

/**
 * Batches: flow records as columns, in the memory layout of Apache Arrow.
 *
 *     cnipol_batch_new(ctx, &fields, 65536, &batch);
 *     while (cnipol_decoder_next(decoder, &flow) > 0)
 *         if (cnipol_batch_add(batch, &flow) == 0)          full: export it, or read it and clear it, and add again
 *             ...
 *     cnipol_batch_export(batch, &schema, &array);          a struct array, one child a column; nothing is copied
 *
 * A column is a validity bitmap (least bit first, 1: there) and a buffer of values, or, for texts, offsets and bytes; a list column has
 * offsets into a column of texts. Buffers are 64-byte aligned and padded, as Arrow recommends. Source: Arrow Columnar Format 1.5, The
 * Arrow C data interface.
 *
 * | field's type | Arrow | C data interface |
 * | --- | --- | --- |
 * | yes or no | bool, bits | b |
 * | number, TCP flags | uint64 | L |
 * | signed number | int64 | l |
 * | time | timestamp in nanoseconds, UTC; outside 1678 to 2261 it is null | tsn:UTC |
 * | word, text, address, name | utf8 (bytes that are no UTF-8 become U+FFFD) | u |
 * | list of anything | list of utf8, each element as cnipol_value_print_item() prints it | +l |
 *
 * Threads: one at a time for each batch, and for all that has its context. What was exported belongs to whoever imports it, and must be released before the context is freed, and
 * not while another thread uses the context's allocator.
 */

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

/* The ABI of the Arrow C data interface, which is the same for all who speak it. */

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

struct cnipol_batch;

/** Rows that a batch may have. */
#define CNIPOL_BATCH_ROWS_MAX (1u << 24)

/**
 * An empty batch of `rows` rows at most, with a column for each of the fields, in the order of the table of fields. CNIPOL_OK, CNIPOL_E_NOMEM,
 * CNIPOL_E_USAGE (no fields; no rows, or too many).
 */
CNIPOL_API int cnipol_batch_new(struct cnipol_ctx *ctx, const struct cnipol_fields *fields, uint32_t rows, struct cnipol_batch **out);
/** What was exported stays. NULL is fine. */
CNIPOL_API void cnipol_batch_free(struct cnipol_batch *batch);

/**
 * Adds a record as a row; everything is copied. 1: added. 0: the batch is full, in rows, or as a column's bytes would pass 2 GiB. CNIPOL_E_NOMEM: the
 * batch is as before. CNIPOL_E_LIMIT: the record alone is more than a batch can hold. O(columns + bytes).
 */
CNIPOL_API int cnipol_batch_add(struct cnipol_batch *batch, const struct cnipol_flow *flow);
/** Forgets all rows; memory is kept. */
CNIPOL_API void cnipol_batch_clear(struct cnipol_batch *batch);
CNIPOL_API uint32_t cnipol_batch_rows(const struct cnipol_batch *batch);

/** A column as it lies. Pointers live until the batch is changed. */
struct cnipol_batch_column {
    const struct cnipol_field *field;
    const char *format;      /**< of the C data interface: "u" */
    const uint8_t *validity; /**< bitmap */
    const void *values;      /**< of "b", "L", "l", "tsn:UTC"; NULL otherwise */
    const int32_t *offsets;  /**< of "u" and "+l": rows + 1; NULL otherwise */
    const char *bytes;       /**< of "u", and of a list's texts */
    const int32_t *items;    /**< of "+l": offsets of its texts in bytes, one more than there are texts */
    uint64_t n_null;
};

/** The i-th column. CNIPOL_OK; CNIPOL_E_NOTFOUND past the last. */
CNIPOL_API int cnipol_batch_column(const struct cnipol_batch *batch, uint32_t i, struct cnipol_batch_column *out);

/**
 * Hands the columns over to *array, a struct array, and describes them in *schema. Nothing is copied: the batch is empty then, and makes itself new
 * buffers when a record is added. CNIPOL_OK, CNIPOL_E_NOMEM (the batch is as before). Both must be released through their `release`.
 */
CNIPOL_API int cnipol_batch_export(struct cnipol_batch *batch, struct ArrowSchema *schema, struct ArrowArray *array);

#ifdef __cplusplus
}
#endif
#endif
