/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Diagnostics as JSON and JSON Lines, schema cnipol.diagnostics/1.
 *
 * Members that have no value are left out. Lines and columns start at 1, bytes at 0; ends are one past
 * the last. A new member may come with any version; a member never changes its meaning.
 */

#include "report/diags.h"

#include <stdio.h>

#include <json-c/json.h>

#include "report/json.h"

#define SCHEMA "cnipol.diagnostics/1"

static struct json_object *place_json(struct np_out *out, const struct cnipol_place *place)
{
    struct json_object *o = np_json_object(out);

    np_json_text(out, o, "file", place->file);
    np_json_number(out, o, "line", place->line);
    np_json_number(out, o, "column", place->column);
    np_json_number(out, o, "end_line", place->end_line);
    np_json_number(out, o, "end_column", place->end_column);
    np_json_number(out, o, "start_byte", place->start_byte);
    np_json_number(out, o, "end_byte", place->end_byte);
    return o;
}

static void add_object(struct np_out *out, struct json_object *o, const struct cnipol_diag *d)
{
    struct json_object *object;

    if (!d->object_kind && !d->object_name)
        return;
    object = np_json_object(out);
    np_json_text(out, object, "kind", d->object_kind);
    np_json_text(out, object, "namespace", d->object_namespace);
    np_json_text(out, object, "name", d->object_name);
    np_json_add(out, o, "object", object);
}

static void add_second(struct np_out *out, struct json_object *o, const struct cnipol_diag *d)
{
    struct json_object *second;

    if (!d->second_label || !d->second.file)
        return;
    second = place_json(out, &d->second);
    np_json_text(out, second, "label", d->second_label);
    np_json_add(out, o, "second", second);
}

static void add_fields(struct np_out *out, struct json_object *o, const struct cnipol_diag *d)
{
    char code[16];

    (void)snprintf(code, sizeof code, "NP%04d", d->code);
    np_json_text(out, o, "code", code);
    np_json_text(out, o, "severity", np_severity_text(d->severity));
    np_json_text(out, o, "message", d->message);
    np_json_text(out, o, "label", d->label);
    np_json_text(out, o, "help", d->help);
    np_json_text(out, o, "upstream", d->upstream);
    np_json_text(out, o, "path", d->path);
    add_object(out, o, d);
    if (d->place.file)
        np_json_add(out, o, "place", place_json(out, &d->place));
    add_second(out, o, d);
}

static void json_begin(struct np_out *out, const struct np_diag_list *list)
{
    (void)list;
    np_out_fmt(out, "{\"schema\":\"" SCHEMA "\",\"version\":\"%s\",\"diagnostics\":[", CNIPOL_VERSION_STRING);
}

static void json_item(struct np_out *out, const struct np_diag_item *item)
{
    struct json_object *o = np_json_object(out);

    add_fields(out, o, &item->diag);
    np_out_text(out, item->position ? ",\n" : "\n");
    np_json_write(out, o);
}

static void json_end(struct np_out *out, const struct np_diag_list *list)
{
    const size_t *raised = list->ctx->diags.raised;

    np_out_fmt(out, "%s],\"kept\":%u,\"raised\":{\"error\":%zu,\"warning\":%zu,\"info\":%zu}}\n", list->n ? "\n" : "", list->n,
               raised[CNIPOL_SEVERITY_ERROR], raised[CNIPOL_SEVERITY_WARNING], raised[CNIPOL_SEVERITY_INFO]);
}

static void jsonl_item(struct np_out *out, const struct np_diag_item *item)
{
    struct json_object *o = np_json_object(out);

    np_json_text(out, o, "schema", SCHEMA);
    add_fields(out, o, &item->diag);
    np_json_write(out, o);
    np_out_char(out, '\n', 1);
}

const struct np_diag_writer np_diags_json = {json_begin, json_item, json_end};
const struct np_diag_writer np_diags_jsonl = {.item = jsonl_item};
