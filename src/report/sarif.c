/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Diagnostics as SARIF 2.1.0 (OASIS), as code scanning services read it.
 *
 * One run; rules are the codes that occur, by number; one result per diagnostic, written one at a time.
 * Files that were named relatively stand under %SRCROOT%, absolute ones are file: URIs. Columns count
 * Unicode characters. The fingerprint is made of code, object and field path, not of lines, so that a
 * finding stays the same while text moves; what belongs to no field is known by file and message too.
 */

#include "report/diags.h"

#include <stdio.h>

#include <json-c/json.h>
#include <xxhash.h>

#include "report/json.h"

#define CODES_MAX 10000u /* numbers are NP0000 to NP9999 */

struct seen {
    uint8_t bits[CODES_MAX / 8];
};

static void note_codes(struct seen *seen, const struct np_diag_list *list)
{
    for (uint32_t i = 0; i < list->n; i++) {
        uint32_t code = list->ctx->diags.items[i]->code;

        if (code < CODES_MAX)
            seen->bits[code / 8] |= (uint8_t)(1u << code % 8);
    }
}

static const char *level_text(int32_t severity)
{
    return severity == CNIPOL_SEVERITY_INFO ? "note" : np_severity_text(severity);
}

static void add_message(struct np_out *out, struct json_object *o, const char *key, const char *text)
{
    struct json_object *message = np_json_object(out);

    np_json_text(out, message, "text", text);
    np_json_add(out, o, key, message);
}

static void add_buffer(struct np_out *out, struct json_object *o, const char *key, struct np_buf *buf)
{
    if (np_buf_failed(buf) || !buf->s)
        np_out_fail(out, CNIPOL_E_NOMEM);
    else
        np_json_text(out, o, key, buf->s);
}

/* The page of a code; services show it beside the result. */
static void add_help(struct np_out *out, struct json_object *rule, const struct cnipol_code *row)
{
    struct json_object *help = np_json_object(out);
    struct np_buf text;

    np_buf_init(&text, out->buf.mem);
    np_buf_addf(&text, "**%s**\n\n%s\n", row->title, row->help);
    if (row->upstream)
        np_buf_addf(&text, "\nThe API server says: `%s`\n", row->upstream);
    np_json_text(out, help, "text", row->help);
    add_buffer(out, help, "markdown", &text);
    np_json_add(out, rule, "help", help);
    np_buf_free(&text);
}

static void add_configuration(struct np_out *out, struct json_object *rule, int32_t severity)
{
    struct json_object *configuration = np_json_object(out);

    np_json_text(out, configuration, "level", level_text(severity));
    np_json_add(out, rule, "defaultConfiguration", configuration);
}

static void add_tags(struct np_out *out, struct json_object *rule)
{
    struct json_object *properties = np_json_object(out), *tags = np_json_array(out);

    np_json_push(out, tags, np_json_string(out, "kubernetes"));
    np_json_push(out, tags, np_json_string(out, "network-policy"));
    np_json_add(out, properties, "tags", tags);
    np_json_add(out, rule, "properties", properties);
}

static void write_rule(struct np_out *out, uint32_t number)
{
    const struct cnipol_code *row = cnipol_code_find((int32_t)number);
    struct json_object *rule = np_json_object(out);
    char id[16];

    (void)snprintf(id, sizeof id, "NP%04u", number);
    np_json_text(out, rule, "id", id);
    if (row) {
        add_message(out, rule, "shortDescription", row->title);
        add_message(out, rule, "fullDescription", *row->help ? row->help : row->title);
        add_help(out, rule, row);
        add_configuration(out, rule, row->severity);
        add_tags(out, rule);
    }
    np_json_write(out, rule);
}

static void write_begin(struct np_out *out, const struct np_diag_list *list)
{
    struct seen seen = {{0}};
    bool first = true;

    note_codes(&seen, list);
    np_out_fmt(out,
               "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\n"
               "\"tool\":{\"driver\":{\"name\":\"cnipol\",\"semanticVersion\":\"%s\",\"rules\":[",
               CNIPOL_VERSION_STRING);
    for (uint32_t code = 0; code < CODES_MAX; code++) {
        if (!(seen.bits[code / 8] & 1u << code % 8))
            continue;
        np_out_text(out, first ? "\n" : ",\n");
        write_rule(out, code);
        first = false;
    }
    np_out_text(out, "]}},\n\"columnKind\":\"unicodeCodePoints\",\n"
                     "\"originalUriBaseIds\":{\"%SRCROOT%\":{\"description\":{\"text\":\"the folder that the files were named from\"}}},\n"
                     "\"results\":[");
}

static bool unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~/", c));
}

static void uri_of(const char *file, struct np_buf *uri)
{
    while (strncmp(file, "./", 2) == 0)
        file += 2;
    np_buf_adds(uri, *file == '/' ? "file://" : "");
    for (const char *s = file; *s; s++) {
        if (unreserved(*s))
            np_buf_addc(uri, *s);
        else
            np_buf_addf(uri, "%%%02X", (unsigned char)*s);
    }
}

static struct json_object *artifact_json(struct np_out *out, const char *file)
{
    struct json_object *artifact = np_json_object(out);
    struct np_buf uri;

    np_buf_init(&uri, out->buf.mem);
    uri_of(file, &uri);
    add_buffer(out, artifact, "uri", &uri);
    if (*file != '/')
        np_json_text(out, artifact, "uriBaseId", "%SRCROOT%");
    np_buf_free(&uri);
    return artifact;
}

static struct json_object *region_json(struct np_out *out, const struct cnipol_place *place)
{
    struct json_object *region = np_json_object(out);

    np_json_number(out, region, "startLine", place->line);
    np_json_number(out, region, "startColumn", place->column);
    np_json_number(out, region, "endLine", place->end_line);
    np_json_number(out, region, "endColumn", place->end_column);
    np_json_number(out, region, "byteOffset", place->start_byte);
    np_json_number(out, region, "byteLength", place->end_byte > place->start_byte ? place->end_byte - place->start_byte : 0);
    return region;
}

static void add_physical(struct np_out *out, struct json_object *location, const struct cnipol_place *place)
{
    struct json_object *physical = np_json_object(out);

    np_json_add(out, physical, "artifactLocation", artifact_json(out, place->file));
    np_json_add(out, physical, "region", region_json(out, place));
    np_json_add(out, location, "physicalLocation", physical);
}

/* "NetworkPolicy payments/allow-api spec.ingress[0]", as far as known. */
static void add_logical(struct np_out *out, struct json_object *location, const struct cnipol_diag *d)
{
    const char *const parts[] = {d->object_kind, d->object_namespace, d->object_name, d->path};
    const char *const before[] = {"", " ", d->object_namespace ? "/" : " ", " "};
    struct json_object *logical, *list;
    struct np_buf name;

    if (!d->object_kind && !d->object_name && !d->path)
        return;
    logical = np_json_object(out);
    list = np_json_array(out);
    np_buf_init(&name, out->buf.mem);
    for (int i = 0; i < 4; i++) {
        if (!parts[i])
            continue;
        np_buf_adds(&name, name.n ? before[i] : "");
        np_buf_adds(&name, parts[i]);
    }
    add_buffer(out, logical, "fullyQualifiedName", &name);
    np_json_push(out, list, logical);
    np_json_add(out, location, "logicalLocations", list);
    np_buf_free(&name);
}

static void add_locations(struct np_out *out, struct json_object *result, const struct cnipol_diag *d)
{
    struct json_object *list = np_json_array(out), *location;

    if (d->place.file || d->object_kind || d->object_name || d->path) {
        location = np_json_object(out);
        if (d->place.file)
            add_physical(out, location, &d->place);
        add_logical(out, location, d);
        np_json_push(out, list, location);
    }
    np_json_add(out, result, "locations", list);
}

static void add_related(struct np_out *out, struct json_object *result, const struct cnipol_diag *d)
{
    struct json_object *list, *location;

    if (!d->second_label || !d->second.file)
        return;
    list = np_json_array(out);
    location = np_json_object(out);
    np_json_number(out, location, "id", 1);
    add_message(out, location, "message", d->second_label);
    add_physical(out, location, &d->second);
    np_json_push(out, list, location);
    np_json_add(out, result, "relatedLocations", list);
}

static void add_fingerprint(struct np_out *out, struct json_object *result, const struct cnipol_diag *d)
{
    bool known = d->object_kind && d->object_name && d->path;
    const char *const parts[] = {d->object_kind, d->object_namespace,          d->object_name,
                                 d->path,        known ? NULL : d->place.file, known ? NULL : d->message};
    struct json_object *prints = np_json_object(out);
    struct np_buf text;
    char hex[17];

    np_buf_init(&text, out->buf.mem);
    np_buf_addf(&text, "NP%04d", d->code);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        np_buf_addc(&text, '\n');
        np_buf_adds(&text, parts[i] ? parts[i] : "");
    }
    if (np_buf_failed(&text))
        np_out_fail(out, CNIPOL_E_NOMEM);
    (void)snprintf(hex, sizeof hex, "%016llx", (unsigned long long)XXH3_64bits(text.s ? text.s : "", text.n));
    np_json_text(out, prints, "cnipolObject/v1", hex);
    np_json_add(out, result, "partialFingerprints", prints);
    np_buf_free(&text);
}

/* The message, with what to do: many viewers show nothing else. */
static void add_result_message(struct np_out *out, struct json_object *result, const struct cnipol_diag *d)
{
    struct json_object *message = np_json_object(out);
    struct np_buf text;

    np_buf_init(&text, out->buf.mem);
    np_buf_adds(&text, d->message);
    if (d->help) {
        np_buf_adds(&text, "\nhelp: ");
        np_buf_adds(&text, d->help);
    }
    if (d->upstream) {
        np_buf_adds(&text, "\nthe API server says: ");
        np_buf_adds(&text, d->upstream);
    }
    add_buffer(out, message, "text", &text);
    np_json_add(out, result, "message", message);
    np_buf_free(&text);
}

static void write_item(struct np_out *out, const struct np_diag_item *item)
{
    const struct cnipol_diag *d = &item->diag;
    struct json_object *result = np_json_object(out);
    char id[16];

    (void)snprintf(id, sizeof id, "NP%04d", d->code);
    np_json_text(out, result, "ruleId", id);
    np_json_text(out, result, "level", level_text(d->severity));
    add_result_message(out, result, d);
    add_locations(out, result, d);
    add_related(out, result, d);
    add_fingerprint(out, result, d);
    np_out_text(out, item->position ? ",\n" : "\n");
    np_json_write(out, result);
}

static void write_end(struct np_out *out, const struct np_diag_list *list)
{
    np_out_text(out, list->n ? "\n]}]}\n" : "]}]}\n");
}

const struct np_diag_writer np_diags_sarif = {write_begin, write_item, write_end};
