/* SPDX-License-Identifier: BSD-2-Clause */
/* An image's sizes and counts: text, or JSON (cnipol.image-stat/1). */

#include "report/image.h"

#include <json-c/json.h>

static uint64_t table_bytes(const struct cnipol_image_table *table)
{
    return table->n * table->row_bytes;
}

static void write_tables(struct np_out *out, const struct cnipol_image *image)
{
    struct cnipol_image_table table;

    np_out_fmt(out, "\n%-20s %10s %10s %12s\n", "table", "checkpoint", "rows", "bytes");
    for (size_t i = 0; cnipol_image_table_at(image, i, &table) == CNIPOL_OK; i++) {
        if (!table.n)
            continue;
        np_out_fmt(out, "%-20s ", table.name);
        if (table.checkpoint < 0)
            np_out_fmt(out, "%10s", "");
        else
            np_out_fmt(out, "%10d", table.checkpoint);
        np_out_fmt(out, " %10llu %12llu\n", (unsigned long long)table.n, (unsigned long long)table_bytes(&table));
    }
}

/* Tenths: floating point looks different elsewhere. */
static void write_average(struct np_out *out, uint64_t sum, uint64_t n)
{
    uint64_t tenths = n ? (sum * 10 + n / 2) / n : 0;

    np_out_fmt(out, "%llu.%llu", (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10));
}

static void write_checkpoint(struct np_out *out, uint32_t number, const struct cnipol_image_checkpoint_stat *stat)
{
    np_out_fmt(out, "\ncheckpoint %u\n", number);
    np_out_fmt(out, "  subjects: %u by tables, %u by rule list; %u ids absent\n", stat->by_tables, stat->by_list, stat->absent);
    np_out_fmt(out, "  peers: %u classes, %u ids without one\n", stat->n_classes, stat->unclassed);
    np_out_fmt(out, "  rows: %u distinct, %u lines\n", stat->n_rows, stat->n_lines);
    np_out_text(out, "  rule lists: ");
    write_average(out, stat->list_items, (uint64_t)stat->by_tables + stat->by_list);
    np_out_fmt(out, " items on average, %u at most\n", stat->longest_list);
}

static void write_text(struct np_out *out, const struct cnipol_image *image, const struct cnipol_image_stat *stat)
{
    np_out_fmt(out, "%llu bytes: %llu hot, %llu warm, %llu cold; %u peer ids\n", (unsigned long long)stat->bytes,
               (unsigned long long)stat->by_temperature[CNIPOL_HOT], (unsigned long long)stat->by_temperature[CNIPOL_WARM],
               (unsigned long long)stat->by_temperature[CNIPOL_COLD], stat->n_ids);
    for (uint32_t i = 0; i < stat->n_checkpoints; i++)
        write_checkpoint(out, i, &stat->checkpoints[i]);
    write_tables(out, image);
}

static struct json_object *checkpoint_json(struct np_out *out, const struct cnipol_image_checkpoint_stat *stat)
{
    struct json_object *o = np_json_object(out);

    np_json_number(out, o, "by_tables", stat->by_tables);
    np_json_number(out, o, "by_list", stat->by_list);
    np_json_number(out, o, "absent", stat->absent);
    np_json_number(out, o, "classes", stat->n_classes);
    np_json_number(out, o, "unclassed", stat->unclassed);
    np_json_number(out, o, "rows", stat->n_rows);
    np_json_number(out, o, "lines", stat->n_lines);
    np_json_number(out, o, "longest_list", stat->longest_list);
    np_json_number(out, o, "list_items", (int64_t)stat->list_items);
    return o;
}

static struct json_object *table_json(struct np_out *out, const struct cnipol_image_table *table)
{
    struct json_object *o = np_json_object(out);

    np_json_text(out, o, "name", table->name);
    if (table->checkpoint >= 0)
        np_json_number(out, o, "checkpoint", table->checkpoint);
    np_json_number(out, o, "rows", (int64_t)table->n);
    np_json_number(out, o, "bytes", (int64_t)table_bytes(table));
    return o;
}

static void write_json(struct np_out *out, const struct cnipol_image *image, const struct cnipol_image_stat *stat)
{
    struct json_object *o = np_json_object(out), *checkpoints = np_json_array(out), *tables = np_json_array(out);
    struct cnipol_image_table table;

    np_json_text(out, o, "schema", "cnipol.image-stat/1");
    np_json_number(out, o, "bytes", (int64_t)stat->bytes);
    for (uint32_t i = 0; i < 3; i++)
        np_json_number(out, o, np_temperature_name(i), (int64_t)stat->by_temperature[i]);
    np_json_number(out, o, "ids", stat->n_ids);
    for (uint32_t i = 0; i < stat->n_checkpoints; i++)
        np_json_push(out, checkpoints, checkpoint_json(out, &stat->checkpoints[i]));
    np_json_add(out, o, "checkpoints", checkpoints);
    for (size_t i = 0; cnipol_image_table_at(image, i, &table) == CNIPOL_OK; i++)
        np_json_push(out, tables, table_json(out, &table));
    np_json_add(out, o, "tables", tables);
    np_json_write(out, o);
    np_out_char(out, '\n', 1);
}

int cnipol_report_image_stat(struct cnipol_ctx *ctx, const struct cnipol_image *image, const struct cnipol_report_opts *opts,
                             cnipol_write_fn write, void *user)
{
    struct cnipol_image_stat stat;
    struct np_out out;
    bool is_json;

    if (np_out_begin(&out, ctx, opts, write, user, &is_json))
        return CNIPOL_E_USAGE;
    cnipol_image_stat(image, &stat);
    (is_json ? write_json : write_text)(&out, image, &stat);
    return np_out_finish(&out);
}
