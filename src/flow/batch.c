/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Batches: see include/cnipol/flow_batch.h.
 *
 * A row is added to all columns or to none: lengths are noted before, and put back where a column fails. What a failed row left behind the
 * lengths is written over by the next.
 */

#include "flow/batch.h"

#include <string.h>

#include "base/ctx.h"
#include "base/utf8.h"

#define BYTES_MAX ((size_t)INT32_MAX - 1)

static const struct {
    int32_t type;
    const char *format;
    enum np_column_kind kind;
} kinds[] = {
    {CNIPOL_VALUE_BOOL, "b", NP_COLUMN_BITS},       {CNIPOL_VALUE_NUMBER, "L", NP_COLUMN_WORDS},    {CNIPOL_VALUE_FLAGS, "L", NP_COLUMN_WORDS},
    {CNIPOL_VALUE_SIGNED, "l", NP_COLUMN_WORDS},    {CNIPOL_VALUE_TIME, "tsn:UTC", NP_COLUMN_WORDS}, {CNIPOL_VALUE_WORD, "u", NP_COLUMN_TEXT},
    {CNIPOL_VALUE_TEXT, "u", NP_COLUMN_TEXT},       {CNIPOL_VALUE_ADDRESS, "u", NP_COLUMN_TEXT},    {CNIPOL_VALUE_NAME, "u", NP_COLUMN_TEXT},
    {CNIPOL_VALUE_TEXTS, "+l", NP_COLUMN_LIST},     {CNIPOL_VALUE_WORKLOADS, "+l", NP_COLUMN_LIST}, {CNIPOL_VALUE_POLICIES, "+l", NP_COLUMN_LIST},
    {CNIPOL_VALUE_PAIRS, "+l", NP_COLUMN_LIST},     {CNIPOL_VALUE_EXTRAS, "+l", NP_COLUMN_LIST},
};

void np_column_buf_free(struct np_mem *mem, struct np_column_buf *buf)
{
    np_free(mem, buf->block, buf->block_size);
    *buf = (struct np_column_buf){0};
}

/* Room for `need` bytes, a multiple of the alignment, zeroed behind what is there. */
static bool reserve(struct np_mem *mem, struct np_column_buf *buf, size_t need)
{
    size_t cap = buf->cap ? buf->cap : 1024;
    char *bytes;
    void *block;

    if (need <= buf->cap)
        return true;
    while (cap < need)
        cap *= 2;
    block = np_zalloc(mem, cap + NP_BATCH_ALIGN);
    if (!block)
        return false;
    bytes = (char *)block + (NP_BATCH_ALIGN - (uintptr_t)block % NP_BATCH_ALIGN) % NP_BATCH_ALIGN;
    if (buf->n)
        memcpy(bytes, buf->bytes, buf->n);
    np_free(mem, buf->block, buf->block_size);
    *buf = (struct np_column_buf){.block = block, .block_size = cap + NP_BATCH_ALIGN, .bytes = bytes, .n = buf->n, .cap = cap};
    return true;
}

static bool add(struct np_mem *mem, struct np_column_buf *buf, const void *bytes, size_t n)
{
    if (!reserve(mem, buf, buf->n + n))
        return false;
    if (n)
        memcpy(buf->bytes + buf->n, bytes, n);
    buf->n += n;
    return true;
}

/* The row's bit; the buffer grows by a byte where it is the first of one. */
static bool add_bit(struct np_mem *mem, struct np_column_buf *buf, uint32_t row, bool bit)
{
    if (row % 8 == 0) {
        if (!add(mem, buf, "", 1))
            return false;
    }
    buf->bytes[row / 8] = (char)((buf->bytes[row / 8] & ~(1 << row % 8)) | (int)bit << row % 8);
    return true;
}

static bool add_offset(struct np_mem *mem, struct np_column_buf *buf, size_t offset)
{
    int32_t value = (int32_t)offset;

    return add(mem, buf, &value, sizeof value);
}

static void set_kind(struct np_column *column, const struct cnipol_field *field)
{
    column->field = field;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].type == field->type) {
            column->format = kinds[i].format;
            column->kind = kinds[i].kind;
        }
}

int cnipol_batch_new(struct cnipol_ctx *ctx, const struct cnipol_fields *fields, uint32_t rows, struct cnipol_batch **out)
{
    struct cnipol_batch *batch;
    uint32_t n = 0;

    *out = NULL;
    for (uint32_t id = 0; id < CNIPOL_N_FIELDS; id++)
        n += cnipol_fields_has(fields, id);
    if (!n || !rows || rows > CNIPOL_BATCH_ROWS_MAX)
        return CNIPOL_E_USAGE;
    batch = np_zalloc(&ctx->mem, sizeof *batch);
    if (!batch)
        return CNIPOL_E_NOMEM;
    *batch = (struct cnipol_batch){.mem = &ctx->mem, .max_rows = rows, .n_columns = n};
    batch->columns = np_zalloc(&ctx->mem, n * sizeof *batch->columns);
    if (!batch->columns) {
        np_free(&ctx->mem, batch, sizeof *batch);
        return CNIPOL_E_NOMEM;
    }
    n = 0;
    for (uint32_t id = 0; id < CNIPOL_N_FIELDS; id++)
        if (cnipol_fields_has(fields, id))
            set_kind(&batch->columns[n++], cnipol_field_at(id));
    *out = batch;
    return CNIPOL_OK;
}

static void free_column(struct np_mem *mem, struct np_column *column)
{
    np_column_buf_free(mem, &column->validity);
    np_column_buf_free(mem, &column->values);
    np_column_buf_free(mem, &column->offsets);
    np_column_buf_free(mem, &column->items);
    np_column_buf_free(mem, &column->bytes);
}

void cnipol_batch_free(struct cnipol_batch *batch)
{
    if (!batch)
        return;
    for (uint32_t i = 0; i < batch->n_columns; i++)
        free_column(batch->mem, &batch->columns[i]);
    np_free(batch->mem, batch->columns, batch->n_columns * sizeof *batch->columns);
    np_free(batch->mem, batch, sizeof *batch);
}

/* Nanoseconds since 1970. False: beyond what 64 bits hold. */
static bool nanos_of(const struct cnipol_time *time, int64_t *out)
{
    int64_t scaled;

    return !__builtin_mul_overflow(time->seconds, (int64_t)1000000000, &scaled) && !__builtin_add_overflow(scaled, (int64_t)time->nanos, out);
}

static bool add_word(struct np_mem *mem, struct np_column *column, const struct cnipol_value *value, bool *valid)
{
    int64_t word = (int64_t)value->number;

    if (value->type == CNIPOL_VALUE_TIME)
        *valid = nanos_of(&value->time, &word);
    if (!*valid)
        word = 0;
    return add(mem, &column->values, &word, sizeof word);
}

/* Bytes of the text that start no character. */
static size_t count_bad(const char *text, size_t n)
{
    size_t bad = 0;

    for (size_t at = 0; at < n;) {
        unsigned length = np_utf8_length((const unsigned char *)text + at, n - at);

        bad += !length;
        at += length ? length : 1;
    }
    return bad;
}

/* Bytes that are no UTF-8 become U+FFFD. The text stands at the end of the column's bytes, from `start` on: it is moved back, then copied forward. */
static bool mend(struct np_mem *mem, struct np_column_buf *bytes, size_t start)
{
    size_t n = bytes->n - start, bad = np_utf8_is_ascii(bytes->bytes + start, n) ? 0 : count_bad(bytes->bytes + start, n);
    char *to, *from, *end;

    if (!bad)
        return true;
    if (!reserve(mem, bytes, bytes->n + 2 * bad))
        return false;
    to = bytes->bytes + start;
    from = to + 2 * bad;
    end = from + n;
    memmove(from, to, n);
    while (from < end) {
        unsigned length = np_utf8_length((const unsigned char *)from, (size_t)(end - from));

        memmove(to, length ? from : NP_UTF8_REPLACEMENT, length ? length : 3);
        to += length ? length : 3;
        from += length ? length : 1;
    }
    bytes->n = (size_t)(to - bytes->bytes);
    return true;
}

/* The text of a value, or of the i-th of a list, behind the column's bytes. */
static bool add_text(struct np_mem *mem, struct np_column *column, const struct cnipol_value *value, int64_t i)
{
    struct np_column_buf *bytes = &column->bytes;
    size_t start = bytes->n, n = i < 0 ? cnipol_value_print(value, NULL, 0) : cnipol_value_print_item(value, (uint32_t)i, NULL, 0);

    if (!reserve(mem, bytes, bytes->n + n + 1))
        return false;
    if (i < 0)
        (void)cnipol_value_print(value, bytes->bytes + start, n + 1);
    else
        (void)cnipol_value_print_item(value, (uint32_t)i, bytes->bytes + start, n + 1);
    bytes->n += n;
    return mend(mem, bytes, start);
}

/* Offsets begin with a 0 that belongs to no row. */
static bool begin_offsets(struct np_mem *mem, struct np_column_buf *offsets)
{
    return offsets->n || add_offset(mem, offsets, 0);
}

static bool add_texts(struct np_mem *mem, struct np_column *column, const struct cnipol_value *value, bool valid)
{
    if (!begin_offsets(mem, &column->items))
        return false;
    for (uint32_t i = 0; valid && i < value->n; i++)
        if (!add_text(mem, column, value, i) || !add_offset(mem, &column->items, column->bytes.n))
            return false;
    return add_offset(mem, &column->offsets, column->items.n / sizeof(int32_t) - 1);
}

static bool add_value(struct np_mem *mem, struct np_column *column, const struct cnipol_value *value, uint32_t row)
{
    bool valid = value->type != CNIPOL_VALUE_NONE, fine;

    switch (column->kind) {
    case NP_COLUMN_BITS:
        fine = add_bit(mem, &column->values, row, value->number != 0);
        break;
    case NP_COLUMN_WORDS:
        fine = add_word(mem, column, value, &valid);
        break;
    case NP_COLUMN_TEXT:
        fine = begin_offsets(mem, &column->offsets) && (!valid || add_text(mem, column, value, -1)) &&
               add_offset(mem, &column->offsets, column->bytes.n);
        break;
    default:
        fine = begin_offsets(mem, &column->offsets) && add_texts(mem, column, value, valid);
        break;
    }
    column->n_null += fine && !valid;
    return fine && add_bit(mem, &column->validity, row, valid);
}

/* A column's lengths, and what is of it. */
struct lengths {
    size_t validity, values, offsets, items, bytes;
    uint64_t n_null;
};

static struct lengths lengths_of(const struct np_column *column)
{
    return (struct lengths){column->validity.n, column->values.n, column->offsets.n, column->items.n, column->bytes.n, column->n_null};
}

static void set_lengths(struct np_column *column, const struct lengths *lengths)
{
    column->validity.n = lengths->validity;
    column->values.n = lengths->values;
    column->offsets.n = lengths->offsets;
    column->items.n = lengths->items;
    column->bytes.n = lengths->bytes;
    column->n_null = lengths->n_null;
}

int cnipol_batch_add(struct cnipol_batch *batch, const struct cnipol_flow *flow)
{
    struct lengths before[CNIPOL_N_FIELDS];
    struct cnipol_value value;
    bool fine = true, fits = true;

    if (batch->rows == batch->max_rows)
        return 0;
    for (uint32_t i = 0; i < batch->n_columns; i++)
        before[i] = lengths_of(&batch->columns[i]);
    for (uint32_t i = 0; i < batch->n_columns && fine && fits; i++) {
        cnipol_field_get(flow, batch->columns[i].field->id, &value);
        fine = add_value(batch->mem, &batch->columns[i], &value, batch->rows);
        fits = batch->columns[i].bytes.n <= BYTES_MAX && batch->columns[i].items.n <= BYTES_MAX;
    }
    if (fine && fits) {
        batch->rows++;
        return 1;
    }
    for (uint32_t i = 0; i < batch->n_columns; i++)
        set_lengths(&batch->columns[i], &before[i]);
    if (!fine)
        return CNIPOL_E_NOMEM;
    return batch->rows ? 0 : CNIPOL_E_LIMIT;
}

void cnipol_batch_clear(struct cnipol_batch *batch)
{
    static const struct lengths none;

    for (uint32_t i = 0; i < batch->n_columns; i++)
        set_lengths(&batch->columns[i], &none);
    batch->rows = 0;
}

uint32_t cnipol_batch_rows(const struct cnipol_batch *batch)
{
    return batch->rows;
}

int cnipol_batch_column(const struct cnipol_batch *batch, uint32_t i, struct cnipol_batch_column *out)
{
    static const int32_t no_offsets[1];
    const struct np_column *column = i < batch->n_columns ? &batch->columns[i] : NULL;
    bool words = column && (column->kind == NP_COLUMN_BITS || column->kind == NP_COLUMN_WORDS);

    if (!column)
        return CNIPOL_E_NOTFOUND;
    *out = (struct cnipol_batch_column){
        .field = column->field,
        .format = column->format,
        .validity = (const uint8_t *)column->validity.bytes,
        .values = words ? column->values.bytes : NULL,
        .offsets = words ? NULL : column->offsets.n ? (const void *)column->offsets.bytes : no_offsets,
        .bytes = column->bytes.bytes,
        .items = column->kind != NP_COLUMN_LIST ? NULL : column->items.n ? (const void *)column->items.bytes : no_offsets,
        .n_null = column->n_null,
    };
    return CNIPOL_OK;
}
