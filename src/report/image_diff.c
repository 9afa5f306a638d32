/* SPDX-License-Identifier: BSD-2-Clause */
/* How two images differ: text, or JSON (cnipol.image-diff/1). What is the same is not spoken of. */

#include "report/image.h"

#include <json-c/json.h>
#include <string.h>

#include "image/image.h"

struct pair {
    const struct cnipol_image *of[2];
    const struct cnipol_image_diff *diff;
};

/* A section in both, or in one only (NULL). */
struct section_pair {
    uint32_t kind;
    const struct cnipol_image_section *of[2];
};

static bool section_differs(const struct pair *pair, const struct section_pair *section)
{
    const struct cnipol_image_section *a = section->of[0], *b = section->of[1];

    if (!a || !b || a->bytes != b->bytes)
        return a != b;
    return memcmp(pair->of[0]->bytes + a->offset, pair->of[1]->bytes + b->offset, (size_t)a->bytes) != 0;
}

static struct section_pair section_pair(const struct pair *pair, uint32_t kind)
{
    return (struct section_pair){kind, {np_image_section(pair->of[0], kind), np_image_section(pair->of[1], kind)}};
}

/* The i-th table of both; false behind the last one. What one has not, has no rows. */
static bool table_pair(const struct pair *pair, size_t i, struct cnipol_image_table of[2])
{
    bool is_there = false;

    for (uint32_t k = 0; k < 2; k++) {
        of[k] = (struct cnipol_image_table){.name = ""};
        is_there |= cnipol_image_table_at(pair->of[k], i, &of[k]) == CNIPOL_OK;
    }
    if (!*of[0].name)
        of[0].name = of[1].name, of[0].checkpoint = of[1].checkpoint;
    return is_there;
}

/* The first row that is not the same; UINT64_MAX: all are. */
static uint64_t first_other_row(const struct pair *pair, const struct cnipol_image_table of[2])
{
    uint64_t n = of[0].n < of[1].n ? of[0].n : of[1].n;

    if (of[0].row_bytes != of[1].row_bytes)
        return of[0].n || of[1].n ? 0 : UINT64_MAX;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = i * of[0].row_bytes;

        if (memcmp(pair->of[0]->bytes + of[0].offset + at, pair->of[1]->bytes + of[1].offset + at, of[0].row_bytes) != 0)
            return i;
    }
    return of[0].n == of[1].n ? UINT64_MAX : n;
}

static void write_sections(struct np_out *out, const struct pair *pair)
{
    for (uint32_t kind = CNIPOL_SECTION_TABLES; kind <= CNIPOL_SECTION_DIRECTORY; kind++) {
        struct section_pair section = section_pair(pair, kind);

        if (section_differs(pair, &section))
            np_out_fmt(out, "section %s: %llu and %llu bytes\n", np_section_name(kind),
                       section.of[0] ? (unsigned long long)section.of[0]->bytes : 0,
                       section.of[1] ? (unsigned long long)section.of[1]->bytes : 0);
    }
}

static void write_tables(struct np_out *out, const struct pair *pair)
{
    struct cnipol_image_table of[2];

    for (size_t i = 0; table_pair(pair, i, of); i++) {
        uint64_t row = first_other_row(pair, of);

        if (row == UINT64_MAX)
            continue;
        np_out_fmt(out, "table %s", of[0].name);
        if (of[0].checkpoint >= 0)
            np_out_fmt(out, " of checkpoint %d", of[0].checkpoint);
        np_out_fmt(out, ": %llu and %llu rows, from row %llu on\n", (unsigned long long)of[0].n, (unsigned long long)of[1].n,
                   (unsigned long long)row);
    }
}

static void write_verdicts(struct np_out *out, const struct cnipol_image_diff *diff)
{
    uint64_t all = 0;

    for (uint32_t i = 0; i < diff->n_checkpoints; i++) {
        all += diff->subjects[i];
        if (diff->subjects[i])
            np_out_fmt(out, "verdicts: at checkpoint %u, %u of %u subjects get others\n", i, diff->subjects[i], diff->n_ids);
    }
    if (!all)
        np_out_text(out, diff->is_complete ? "verdicts: all are the same\n" : "verdicts: none of those compared differs\n");
    if (!diff->is_complete)
        np_out_text(out, "verdicts: not all were compared, that would take too long\n");
    for (uint32_t i = 0; i < diff->n_examples; i++) {
        const struct cnipol_image_difference *example = &diff->examples[i];

        np_out_text(out, example->key.directions == 1 ? "  egress " : "  ingress ");
        np_out_key(out, &example->key);
        np_out_text(out, ": ");
        np_out_answer(out, &example->before, example->key.directions);
        np_out_text(out, " -> ");
        np_out_answer(out, &example->after, example->key.directions);
        np_out_char(out, '\n', 1);
    }
}

static void write_text(struct np_out *out, const struct pair *pair)
{
    if (pair->diff->same_bytes) {
        np_out_text(out, "the images are the same\n");
        return;
    }
    write_sections(out, pair);
    write_tables(out, pair);
    if (pair->diff->is_comparable)
        write_verdicts(out, pair->diff);
    else
        np_out_text(out, "verdicts: not comparable, the images number other ends, or have other checkpoints\n");
}

static struct json_object *sections_json(struct np_out *out, const struct pair *pair)
{
    struct json_object *list = np_json_array(out);

    for (uint32_t kind = CNIPOL_SECTION_TABLES; kind <= CNIPOL_SECTION_DIRECTORY; kind++) {
        struct section_pair section = section_pair(pair, kind);
        struct json_object *o;

        if (!section_differs(pair, &section))
            continue;
        o = np_json_object(out);
        np_json_text(out, o, "name", np_section_name(kind));
        np_json_number(out, o, "before", section.of[0] ? (int64_t)section.of[0]->bytes : 0);
        np_json_number(out, o, "after", section.of[1] ? (int64_t)section.of[1]->bytes : 0);
        np_json_push(out, list, o);
    }
    return list;
}

static struct json_object *tables_json(struct np_out *out, const struct pair *pair)
{
    struct json_object *list = np_json_array(out);
    struct cnipol_image_table of[2];

    for (size_t i = 0; table_pair(pair, i, of); i++) {
        uint64_t row = first_other_row(pair, of);
        struct json_object *o;

        if (row == UINT64_MAX)
            continue;
        o = np_json_object(out);
        np_json_text(out, o, "name", of[0].name);
        if (of[0].checkpoint >= 0)
            np_json_number(out, o, "checkpoint", of[0].checkpoint);
        np_json_number(out, o, "before", (int64_t)of[0].n);
        np_json_number(out, o, "after", (int64_t)of[1].n);
        np_json_number(out, o, "first", (int64_t)row);
        np_json_push(out, list, o);
    }
    return list;
}

static struct json_object *verdicts_json(struct np_out *out, const struct cnipol_image_diff *diff)
{
    struct json_object *o = np_json_object(out), *subjects = np_json_array(out), *examples = np_json_array(out);

    np_json_number(out, o, "ids", diff->n_ids);
    np_json_flag(out, o, "complete", diff->is_complete);
    for (uint32_t i = 0; i < diff->n_checkpoints; i++) {
        struct json_object *of = np_json_object(out);

        np_json_number(out, of, "checkpoint", i);
        np_json_number(out, of, "differ", diff->subjects[i]);
        np_json_push(out, subjects, of);
    }
    np_json_add(out, o, "subjects", subjects);
    for (uint32_t i = 0; i < diff->n_examples; i++) {
        const struct cnipol_image_difference *from = &diff->examples[i];
        struct json_object *of = np_json_object(out);

        np_json_text(out, of, "direction", from->key.directions == 1 ? "egress" : "ingress");
        np_json_add(out, of, "key", np_key_json(out, &from->key));
        np_json_add(out, of, "before", np_answer_json(out, &from->before, from->key.directions));
        np_json_add(out, of, "after", np_answer_json(out, &from->after, from->key.directions));
        np_json_push(out, examples, of);
    }
    np_json_add(out, o, "examples", examples);
    return o;
}

static void write_json(struct np_out *out, const struct pair *pair)
{
    struct json_object *o = np_json_object(out);

    np_json_text(out, o, "schema", "cnipol.image-diff/1");
    np_json_flag(out, o, "same", pair->diff->same_bytes);
    np_json_add(out, o, "sections", sections_json(out, pair));
    np_json_add(out, o, "tables", tables_json(out, pair));
    if (pair->diff->is_comparable)
        np_json_add(out, o, "verdicts", verdicts_json(out, pair->diff));
    else
        np_json_null(out, o, "verdicts");
    np_json_write(out, o);
    np_out_char(out, '\n', 1);
}

int cnipol_report_image_diff(struct cnipol_ctx *ctx, const struct cnipol_image *before, const struct cnipol_image *after,
                             const struct cnipol_image_diff *diff, const struct cnipol_report_opts *opts, cnipol_write_fn write, void *user)
{
    const struct pair pair = {{before, after}, diff};
    struct np_out out;
    bool is_json;

    if (np_out_begin(&out, ctx, opts, write, user, &is_json))
        return CNIPOL_E_USAGE;
    (is_json ? write_json : write_text)(&out, &pair);
    return np_out_finish(&out);
}
