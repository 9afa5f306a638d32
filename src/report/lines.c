/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Diagnostics as single lines: for editors (GCC's form), and for GitHub's workflow annotations.
 *
 * GCC knows error, warning and note. GitHub's commands escape % CR LF in the message, and also : and ,
 * in properties (actions/toolkit, packages/core/src/command.ts); other control bytes are shown as in
 * text, because the workflow log passes them on to a terminal.
 */

#include "report/diags.h"
#include "base/glyph.h"

static void write_gcc_place(struct np_out *out, const struct cnipol_place *place)
{
    if (!place->file) {
        np_out_text(out, "cnipol: ");
        return;
    }
    np_out_clean(out, place->file);
    np_out_fmt(out, ":%u:%u: ", place->line, place->column);
}

static void write_gcc(struct np_out *out, const struct np_diag_item *item)
{
    const struct cnipol_diag *d = &item->diag;

    write_gcc_place(out, &d->place);
    np_out_fmt(out, "%s: ", d->severity == CNIPOL_SEVERITY_INFO ? "note" : np_severity_text(d->severity));
    np_out_clean(out, d->message);
    np_out_fmt(out, " [NP%04d]\n", d->code);
    if (!d->second_label || !d->second.file)
        return;
    write_gcc_place(out, &d->second);
    np_out_text(out, "note: ");
    np_out_clean(out, d->second_label);
    np_out_char(out, '\n', 1);
}

static void write_escaped(struct np_out *out, const char *s, const char *special)
{
    size_t n = strlen(s);

    for (size_t i = 0; i < n;) {
        struct np_glyph glyph;

        if (strchr(special, s[i])) {
            np_out_fmt(out, "%%%02X", (unsigned char)s[i]);
            i++;
            continue;
        }
        i += np_glyph_read(s + i, n - i, &glyph);
        np_out_bytes(out, glyph.s, glyph.n);
    }
}

static void write_property(struct np_out *out, const char *s)
{
    write_escaped(out, s, "%\r\n:,");
}

static void write_data(struct np_out *out, const char *s)
{
    write_escaped(out, s, "%\r\n");
}

static const char *from_root(const char *file)
{
    while (strncmp(file, "./", 2) == 0)
        file += 2;
    return file;
}

/* Columns only within one line: GitHub refuses them else. Its last column is part of the stretch. */
static void write_github_place(struct np_out *out, const struct cnipol_place *place)
{
    if (!place->file)
        return;
    np_out_text(out, "file=");
    write_property(out, from_root(place->file));
    np_out_fmt(out, ",line=%u,endLine=%u", place->line, place->end_line);
    if (place->line == place->end_line)
        np_out_fmt(out, ",col=%u,endColumn=%u", place->column, place->end_column > place->column ? place->end_column - 1 : place->column);
    np_out_char(out, ',', 1);
}

static void write_github(struct np_out *out, const struct np_diag_item *item)
{
    static const char *const commands[] = {"error", "error", "warning", "notice"};
    const struct cnipol_diag *d = &item->diag;
    const struct cnipol_code *row = cnipol_code_find(d->code);

    np_out_fmt(out, "::%s ", commands[d->severity >= 1 && d->severity <= 3 ? d->severity : 0]);
    write_github_place(out, &d->place);
    np_out_fmt(out, "title=NP%04d", d->code);
    if (row) {
        np_out_char(out, ' ', 1);
        write_property(out, row->title);
    }
    np_out_text(out, "::");
    write_data(out, d->message);
    if (d->help) {
        np_out_text(out, "%0Ahelp: ");
        write_data(out, d->help);
    }
    np_out_char(out, '\n', 1);
}

const struct np_diag_writer np_diags_gcc = {.item = write_gcc};
const struct np_diag_writer np_diags_github = {.item = write_github};
