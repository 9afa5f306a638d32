/* SPDX-License-Identifier: BSD-2-Clause */
/* What an image consists of: text, or JSON (cnipol.image/1). The rows of its tables, in image_rows.c, are only there if asked for. */

#include "report/image.h"

#include <json-c/json.h>
#include <stdio.h>

#include "image/image.h"
#include "report/image_rows.h"

static void checksum_text(const uint8_t sum[16], char text[33])
{
    for (uint32_t i = 0; i < 16; i++)
        snprintf(text + i * 2, 3, "%02x", sum[i]);
}

static void write_header(struct np_out *out, const struct cnipol_image_header *header)
{
    char sum[33];

    checksum_text(header->checksum, sum);
    np_out_fmt(out, "version %u.%u, %llu bytes, %s%s\n", header->major, header->minor, (unsigned long long)header->total_bytes,
               header->features & CNIPOL_FEATURE_CHECKSUMS ? "checksums" : "no checksums",
               header->features & CNIPOL_FEATURE_SLICE ? ", one node's slice" : "");
    np_out_fmt(out, "an evaluation reads the first %u bytes, of which %u are hot\nheader %s\n\n", header->eval_bytes, header->hot_bytes,
               sum);
}

static void write_sections(struct np_out *out, const struct cnipol_image *image)
{
    const struct cnipol_image_section *sections = np_image_sections(image->bytes);

    np_out_fmt(out, "%-12s %-5s %12s %12s  %s\n", "section", "", "offset", "bytes", "checksum");
    for (uint32_t i = 0; i < np_image_header(image->bytes)->n_sections; i++) {
        char sum[33];

        checksum_text(sections[i].checksum, sum);
        np_out_fmt(out, "%u %-10s %-5s %12llu %12llu  %s\n", sections[i].kind, np_section_name(sections[i].kind),
                   np_temperature_name(sections[i].temperature), (unsigned long long)sections[i].offset,
                   (unsigned long long)sections[i].bytes, sum);
    }
}

static void write_view(struct np_out *out, const struct cnipol_image *image)
{
    const struct cnipol_image_view *view = np_image_view(image);

    np_out_fmt(out, "\nview at byte %u: %u peer ids, indexes of %u bytes, leaf numbers of %u\n", image->view, view->n_ids,
               1u << view->index_shift, 1u << view->leaf_shift);
    np_out_fmt(out, "%u points in %u columns; %u classes of states, %u of source ports: %u columns in all\n", view->n_points,
               view->point_columns, view->n_state_classes, view->n_source_classes, view->n_columns);
    for (uint32_t i = 0; i < view->n_checkpoints; i++) {
        const struct cnipol_image_checkpoint *cp = &view->checkpoints[i];

        np_out_fmt(out, "checkpoint %u: %s, of the %s, %u stages%s; %u roots, %u classes of peers, %u rows\n", i,
                   cp->direction ? "ingress" : "egress", cp->subject ? "destination" : "source", cp->n_stages,
                   cp->after_allow ? ", an allow ends the path" : "", cp->n_roots, cp->n_classes, cp->n_rows);
    }
}

static void write_tables(struct np_out *out, const struct cnipol_image *image)
{
    struct cnipol_image_table table;

    np_out_fmt(out, "\n%-20s %10s %12s %10s %10s\n", "table", "checkpoint", "offset", "rows", "row bytes");
    for (size_t i = 0; cnipol_image_table_at(image, i, &table) == CNIPOL_OK; i++) {
        char checkpoint[12] = "";

        if (table.checkpoint >= 0)
            snprintf(checkpoint, sizeof checkpoint, "%d", table.checkpoint);
        np_out_fmt(out, "%-20s %10s %12u %10llu %10u\n", table.name, checkpoint, table.offset, (unsigned long long)table.n,
                   table.row_bytes);
    }
}

static void write_text(struct np_out *out, const struct cnipol_image *image, bool full)
{
    write_header(out, np_image_header(image->bytes));
    write_sections(out, image);
    write_view(out, image);
    write_tables(out, image);
    if (full)
        np_image_rows_text(out, image);
}

static struct json_object *header_json(struct np_out *out, const struct cnipol_image_header *header)
{
    struct json_object *o = np_json_object(out);
    char sum[33];

    checksum_text(header->checksum, sum);
    np_json_number(out, o, "major", header->major);
    np_json_number(out, o, "minor", header->minor);
    np_json_number(out, o, "bytes", (int64_t)header->total_bytes);
    np_json_number(out, o, "hot_bytes", header->hot_bytes);
    np_json_number(out, o, "eval_bytes", header->eval_bytes);
    np_json_flag(out, o, "checksums", header->features & CNIPOL_FEATURE_CHECKSUMS);
    np_json_flag(out, o, "slice", header->features & CNIPOL_FEATURE_SLICE);
    np_json_text(out, o, "checksum", sum);
    return o;
}

static struct json_object *section_json(struct np_out *out, const struct cnipol_image_section *section)
{
    struct json_object *o = np_json_object(out);
    char sum[33];

    checksum_text(section->checksum, sum);
    np_json_number(out, o, "kind", section->kind);
    np_json_text(out, o, "name", np_section_name(section->kind));
    np_json_text(out, o, "temperature", np_temperature_name(section->temperature));
    np_json_number(out, o, "offset", (int64_t)section->offset);
    np_json_number(out, o, "bytes", (int64_t)section->bytes);
    np_json_text(out, o, "checksum", sum);
    return o;
}

static struct json_object *view_json(struct np_out *out, const struct cnipol_image *image)
{
    const struct cnipol_image_view *view = np_image_view(image);
    struct json_object *o = np_json_object(out);

    np_json_number(out, o, "offset", image->view);
    np_json_number(out, o, "ids", view->n_ids);
    np_json_number(out, o, "index_bytes", 1 << view->index_shift);
    np_json_number(out, o, "leaf_bytes", 1 << view->leaf_shift);
    np_json_number(out, o, "points", view->n_points);
    np_json_number(out, o, "point_columns", view->point_columns);
    np_json_number(out, o, "columns", view->n_columns);
    np_json_number(out, o, "state_classes", view->n_state_classes);
    np_json_number(out, o, "source_classes", view->n_source_classes);
    return o;
}

static struct json_object *checkpoint_json(struct np_out *out, const struct cnipol_image_checkpoint *cp)
{
    struct json_object *o = np_json_object(out);

    np_json_text(out, o, "direction", cp->direction ? "ingress" : "egress");
    np_json_text(out, o, "subject", cp->subject ? "destination" : "source");
    np_json_flag(out, o, "allow_ends_path", cp->after_allow);
    np_json_number(out, o, "stages", cp->n_stages);
    np_json_number(out, o, "roots", cp->n_roots);
    np_json_number(out, o, "classes", cp->n_classes);
    np_json_number(out, o, "rows", cp->n_rows);
    return o;
}

static struct json_object *table_json(struct np_out *out, const struct cnipol_image_table *table)
{
    struct json_object *o = np_json_object(out);

    np_json_text(out, o, "name", table->name);
    if (table->checkpoint >= 0)
        np_json_number(out, o, "checkpoint", table->checkpoint);
    np_json_number(out, o, "offset", table->offset);
    np_json_number(out, o, "rows", (int64_t)table->n);
    np_json_number(out, o, "row_bytes", table->row_bytes);
    return o;
}

static void write_json(struct np_out *out, const struct cnipol_image *image, bool full)
{
    const struct cnipol_image_view *view = np_image_view(image);
    struct cnipol_image_table table;

    np_out_text(out, "{\"schema\":\"cnipol.image/1\",\n\"header\":");
    np_json_write(out, header_json(out, np_image_header(image->bytes)));
    np_out_text(out, ",\n\"sections\":[");
    for (uint32_t i = 0; i < np_image_header(image->bytes)->n_sections; i++) {
        np_out_text(out, i ? ",\n" : "\n");
        np_json_write(out, section_json(out, &np_image_sections(image->bytes)[i]));
    }
    np_out_text(out, "],\n\"view\":");
    np_json_write(out, view_json(out, image));
    np_out_text(out, ",\n\"checkpoints\":[");
    for (uint32_t i = 0; i < view->n_checkpoints; i++) {
        np_out_text(out, i ? ",\n" : "\n");
        np_json_write(out, checkpoint_json(out, &view->checkpoints[i]));
    }
    np_out_text(out, "],\n\"tables\":[");
    for (size_t i = 0; cnipol_image_table_at(image, i, &table) == CNIPOL_OK; i++) {
        np_out_text(out, i ? ",\n" : "\n");
        np_json_write(out, table_json(out, &table));
    }
    np_out_text(out, "]");
    if (full)
        np_image_rows_json(out, image);
    np_out_text(out, "}\n");
}

int cnipol_report_image(struct cnipol_ctx *ctx, const struct cnipol_image *image, int32_t full, const struct cnipol_report_opts *opts,
                        cnipol_write_fn write, void *user)
{
    struct np_out out;
    bool is_json;

    if (np_out_begin(&out, ctx, opts, write, user, &is_json))
        return CNIPOL_E_USAGE;
    (is_json ? write_json : write_text)(&out, image, full != 0);
    return np_out_finish(&out);
}
