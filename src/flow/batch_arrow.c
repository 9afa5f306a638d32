/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Batches handed over through the Arrow C data interface.
 *
 * Each exported struct is one block: the struct's private part with room for its children, and, of an array, the buffers that it took over.
 * A parent releases children that nobody has moved away. Source: The Arrow C data interface (apache/arrow docs/source/format/CDataInterface.rst).
 */

#include <string.h>

#include "flow/batch.h"

/* Of a schema: names and formats are static. */
struct schema_part {
    struct np_mem *mem;
    size_t size; /* of this block */
    struct ArrowSchema **children;
    struct ArrowSchema *items;
};

/* Of an array: what it owns. */
struct array_part {
    struct np_mem *mem;
    size_t size;
    const void *buffers[3];
    struct np_column_buf owned[3];
    struct ArrowArray **children;
    struct ArrowArray *items;
};

static void release_schema(struct ArrowSchema *schema)
{
    struct schema_part *part = schema->private_data;

    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    schema->release = NULL;
    np_free(part->mem, part, part->size);
}

static void release_array(struct ArrowArray *array)
{
    struct array_part *part = array->private_data;

    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
    for (size_t i = 0; i < sizeof part->owned / sizeof *part->owned; i++)
        np_column_buf_free(part->mem, &part->owned[i]);
    array->release = NULL;
    np_free(part->mem, part, part->size);
}

static bool open_schema(struct np_mem *mem, struct ArrowSchema *schema, const char *format, const char *name, uint32_t n)
{
    size_t size = sizeof(struct schema_part) + n * (sizeof(struct ArrowSchema *) + sizeof(struct ArrowSchema));
    struct schema_part *part = np_zalloc(mem, size);

    if (!part)
        return false;
    part->mem = mem;
    part->size = size;
    part->items = (struct ArrowSchema *)(part + 1);
    part->children = (struct ArrowSchema **)(part->items + n);
    for (uint32_t i = 0; i < n; i++)
        part->children[i] = &part->items[i];
    *schema = (struct ArrowSchema){.format = format,
                                   .name = name,
                                   .flags = ARROW_FLAG_NULLABLE,
                                   .n_children = n,
                                   .children = n ? part->children : NULL,
                                   .release = release_schema,
                                   .private_data = part};
    return true;
}

static bool open_array(struct np_mem *mem, struct ArrowArray *array, int64_t length, int64_t n_buffers, uint32_t n)
{
    size_t size = sizeof(struct array_part) + n * (sizeof(struct ArrowArray *) + sizeof(struct ArrowArray));
    struct array_part *part = np_zalloc(mem, size);

    if (!part)
        return false;
    part->mem = mem;
    part->size = size;
    part->items = (struct ArrowArray *)(part + 1);
    part->children = (struct ArrowArray **)(part->items + n);
    for (uint32_t i = 0; i < n; i++)
        part->children[i] = &part->items[i];
    *array = (struct ArrowArray){.length = length,
                                 .n_buffers = n_buffers,
                                 .n_children = n,
                                 .buffers = part->buffers,
                                 .children = n ? part->children : NULL,
                                 .release = release_array,
                                 .private_data = part};
    return true;
}

static bool describe_column(struct np_mem *mem, const struct np_column *column, struct ArrowSchema *schema)
{
    uint32_t n = column->kind == NP_COLUMN_LIST;

    return open_schema(mem, schema, column->format, column->field->column, n) && (!n || open_schema(mem, schema->children[0], "u", "item", 0));
}

/* Makes the structs; no buffer changes hands yet. */
static bool open_column(struct np_mem *mem, const struct np_column *column, uint32_t rows, struct ArrowArray *array)
{
    static const int64_t n_buffers[] = {[NP_COLUMN_BITS] = 2, [NP_COLUMN_WORDS] = 2, [NP_COLUMN_TEXT] = 3, [NP_COLUMN_LIST] = 2};
    uint32_t n = column->kind == NP_COLUMN_LIST;
    int64_t items = column->items.n ? (int64_t)(column->items.n / sizeof(int32_t)) - 1 : 0;

    return open_array(mem, array, rows, n_buffers[column->kind], n) && (!n || open_array(mem, array->children[0], items, 3, 0));
}

/* What an empty column's offsets are. */
static const int32_t zero_offset[NP_BATCH_ALIGN / sizeof(int32_t)] __attribute__((aligned(NP_BATCH_ALIGN)));

static void take(struct ArrowArray *array, uint32_t i, struct np_column_buf *buf)
{
    struct array_part *part = array->private_data;

    part->owned[i] = *buf;
    part->buffers[i] = buf->bytes ? (const void *)buf->bytes : zero_offset;
    *buf = (struct np_column_buf){0};
}

static void take_column(struct np_column *column, struct ArrowArray *array)
{
    array->null_count = (int64_t)column->n_null;
    column->n_null = 0;
    take(array, 0, &column->validity);
    switch (column->kind) {
    case NP_COLUMN_TEXT:
        take(array, 1, &column->offsets);
        take(array, 2, &column->bytes);
        return;
    case NP_COLUMN_LIST:
        take(array, 1, &column->offsets);
        take(array->children[0], 1, &column->items);
        take(array->children[0], 2, &column->bytes);
        return;
    default:
        take(array, 1, &column->values);
        return;
    }
}

int cnipol_batch_export(struct cnipol_batch *batch, struct ArrowSchema *schema, struct ArrowArray *array)
{
    bool fine = true;

    schema->release = NULL;
    array->release = NULL;
    if (!open_schema(batch->mem, schema, "+s", "", batch->n_columns))
        return CNIPOL_E_NOMEM;
    schema->flags = 0;
    fine = open_array(batch->mem, array, batch->rows, 1, batch->n_columns);
    for (uint32_t i = 0; i < batch->n_columns && fine; i++)
        fine = describe_column(batch->mem, &batch->columns[i], schema->children[i]) &&
               open_column(batch->mem, &batch->columns[i], batch->rows, array->children[i]);
    if (!fine) {
        if (array->release)
            array->release(array);
        schema->release(schema);
        return CNIPOL_E_NOMEM;
    }
    for (uint32_t i = 0; i < batch->n_columns; i++)
        take_column(&batch->columns[i], array->children[i]);
    batch->rows = 0;
    return CNIPOL_OK;
}
