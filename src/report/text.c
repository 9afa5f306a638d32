/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Diagnostics for people: a head, the user's lines with marks, and notes.
 *
 *   error[NP1042]: port range ends before it starts
 *     --> policies/payments.yaml:31:20
 *      |
 *   ...
 *      = help: swap the values, or drop `endPort` to match the single port 8443
 *
 * The form is the one that rustc made familiar. Everything that came from the input passes through
 * np_out_clean or the snippet's glyphs: no byte of it can command a terminal.
 */

#include "report/diags.h"
#include "report/snippet.h"

#define BOLD "1"
#define SECOND_STYLE "1;34"

static const char *severity_style(int32_t severity)
{
    static const char *const styles[] = {"1;31", "1;31", "1;33", "1;36"};

    return styles[severity >= 1 && severity <= 3 ? severity : 0];
}

static void write_head(struct np_out *out, const struct cnipol_diag *d)
{
    np_out_style(out, severity_style(d->severity));
    np_out_fmt(out, "%s[NP%04d]", np_severity_text(d->severity), d->code);
    np_out_style(out, "0");
    np_out_style(out, BOLD);
    np_out_text(out, ": ");
    np_out_clean(out, d->message);
    np_out_style(out, "0");
    np_out_char(out, '\n', 1);
}

static void write_arrow(struct np_out *out, uint32_t gutter, const char *arrow, const struct np_mark *mark)
{
    np_out_char(out, ' ', gutter);
    np_out_style(out, SECOND_STYLE);
    np_out_text(out, arrow);
    np_out_style(out, "0");
    np_out_char(out, ' ', 1);
    np_out_clean(out, mark->file);
    np_out_fmt(out, ":%u:%u\n", mark->line, mark->column);
}

/* The marks of a diagnostic: none, the place alone, or both. */
static uint32_t gather_marks(const struct np_diag_item *item, struct np_mark marks[2])
{
    const struct np_sources *sources = &item->list->ctx->sources;
    const struct cnipol_diag *d = &item->diag;

    if (!d->place.file)
        return 0;
    marks[0] = np_mark_of(sources, item->raw->span, &d->place, d->label);
    marks[0].primary = true;
    marks[0].style = severity_style(d->severity);
    if (!d->second_label || !d->second.file)
        return 1;
    marks[1] = np_mark_of(sources, item->raw->second, &d->second, d->second_label);
    marks[1].style = SECOND_STYLE;
    return 2;
}

static void write_places(struct np_out *out, const struct np_diag_item *item, uint32_t gutter, const struct np_mark *marks, uint32_t n)
{
    bool apart = n == 2 && item->raw->span.source != item->raw->second.source;

    write_arrow(out, gutter, "-->", &marks[0]);
    np_snippet_write(out, gutter, marks, apart ? 1 : n);
    if (apart) {
        write_arrow(out, gutter, ":::", &marks[1]);
        np_snippet_write(out, gutter, &marks[1], 1);
    }
}

static void write_note_head(struct np_out *out, uint32_t gutter, const char *name)
{
    np_out_char(out, ' ', gutter + 1);
    np_out_style(out, SECOND_STYLE);
    np_out_char(out, '=', 1);
    np_out_style(out, "0");
    np_out_char(out, ' ', 1);
    np_out_style(out, BOLD);
    np_out_text(out, name);
    np_out_style(out, "0");
    np_out_text(out, ": ");
}

static void write_note(struct np_out *out, uint32_t gutter, const char *name, const char *intro, const char *text)
{
    if (!text)
        return;
    write_note_head(out, gutter, name);
    np_out_text(out, intro);
    np_out_clean(out, text);
    np_out_char(out, '\n', 1);
}

static void write_object(struct np_out *out, uint32_t gutter, const struct cnipol_diag *d)
{
    bool named = d->object_kind || d->object_name;

    if (!named && !d->path)
        return;
    write_note_head(out, gutter, named ? "object" : "field");
    if (d->object_kind)
        np_out_clean(out, d->object_kind);
    if (d->object_kind && d->object_name)
        np_out_char(out, ' ', 1);
    if (d->object_namespace && d->object_name) {
        np_out_clean(out, d->object_namespace);
        np_out_char(out, '/', 1);
    }
    if (d->object_name)
        np_out_clean(out, d->object_name);
    if (named && d->path)
        np_out_text(out, ", ");
    if (d->path)
        np_out_clean(out, d->path);
    np_out_char(out, '\n', 1);
}

static void write_item(struct np_out *out, const struct np_diag_item *item)
{
    const struct cnipol_diag *d = &item->diag;
    struct np_mark marks[2];
    uint32_t n = gather_marks(item, marks);
    uint32_t gutter = n ? np_snippet_gutter(marks, n) : 1;

    if (item->position > 0)
        np_out_char(out, '\n', 1);
    write_head(out, d);
    if (n)
        write_places(out, item, gutter, marks, n);
    if (n && (d->upstream || d->help || d->object_kind || d->object_name || d->path)) {
        np_snippet_rule(out, gutter);
        np_out_char(out, '\n', 1);
    }
    if (!n)
        write_note(out, gutter, "note", "", d->label);
    write_note(out, gutter, "note", "the API server says: ", d->upstream);
    write_note(out, gutter, "help", "", d->help);
    write_object(out, gutter, d);
}

static void write_end(struct np_out *out, const struct np_diag_list *list)
{
    const size_t *raised = list->ctx->diags.raised;
    size_t all = raised[1] + raised[2] + raised[3];

    if (all > list->n)
        np_out_fmt(out, "\n%zu more not shown: only the first %u were kept\n", all - list->n, list->n);
}

const struct np_diag_writer np_diags_text = {.item = write_item, .end = write_end};
