/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_BATCH_H
#define NP_FLOW_BATCH_H

/* Columns, as batch.c fills them and batch_arrow.c hands them over. */

#include <stdbool.h>

#include <cnipol/flow_batch.h>

#include "base/mem.h"

#define NP_BATCH_ALIGN 64u

/* A growing buffer, aligned; `block` is what was allocated. */
struct np_column_buf {
    void *block;
    size_t block_size;
    char *bytes;
    size_t n, cap;
};

/* What a column is in Arrow. */
enum np_column_kind { NP_COLUMN_BITS, NP_COLUMN_WORDS, NP_COLUMN_TEXT, NP_COLUMN_LIST };

struct np_column {
    const struct cnipol_field *field;
    const char *format;
    enum np_column_kind kind;
    struct np_column_buf validity;
    struct np_column_buf values;  /* bits or 64-bit words */
    struct np_column_buf offsets; /* of texts, or of lists into items */
    struct np_column_buf items;   /* offsets of a list's texts */
    struct np_column_buf bytes;
    uint64_t n_null;
};

struct cnipol_batch {
    struct np_mem *mem;
    struct np_column *columns;
    uint32_t n_columns;
    uint32_t rows, max_rows;
};

void np_column_buf_free(struct np_mem *mem, struct np_column_buf *buf);

#endif
