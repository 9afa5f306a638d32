/* SPDX-License-Identifier: BSD-2-Clause */
/* cnipol_report_code: the page of one diagnostic code, wrapped at 80 columns, or as JSON (cnipol.code/1). */

#include "report/json.h"

#include <stdio.h>

#define WRAP 80u

/* One line that starts at *s, of at most WRAP columns where words allow; moves *s behind it. */
static void write_wrapped_line(struct np_out *out, const char **s)
{
    const char *start = *s, *end = start;

    for (const char *p = start;; p++) {
        if (*p && *p != ' ' && *p != '\n')
            continue;
        if ((size_t)(p - start) > WRAP && end > start)
            break;
        end = p;
        if (*p != ' ')
            break;
    }
    np_out_bytes(out, start, (size_t)(end - start));
    np_out_char(out, '\n', 1);
    *s = *end ? end + 1 : end;
}

static void write_page(struct np_out *out, const struct cnipol_code *row)
{
    const char *s = row->help;

    np_out_style(out, "1");
    np_out_fmt(out, "NP%04d", row->number);
    np_out_style(out, "0");
    np_out_fmt(out, " (%s): %s\n\n", np_severity_text(row->severity), row->title);
    while (*s)
        write_wrapped_line(out, &s);
    if (row->upstream)
        np_out_fmt(out, "\nThe API server says:\n\n  %s\n", row->upstream);
}

static void write_json(struct np_out *out, const struct cnipol_code *row)
{
    struct json_object *o = np_json_object(out);
    char code[16];

    (void)snprintf(code, sizeof code, "NP%04d", row->number);
    np_json_text(out, o, "schema", "cnipol.code/1");
    np_json_text(out, o, "code", code);
    np_json_text(out, o, "severity", np_severity_text(row->severity));
    np_json_text(out, o, "title", row->title);
    np_json_text(out, o, "help", row->help);
    np_json_text(out, o, "upstream", row->upstream);
    np_json_write(out, o);
    np_out_char(out, '\n', 1);
}

int cnipol_report_code(struct cnipol_ctx *ctx, int32_t code, const struct cnipol_report_opts *opts, cnipol_write_fn write, void *user)
{
    const struct cnipol_code *row = cnipol_code_find(code);
    struct np_out out;
    bool is_json;

    if (np_out_begin(&out, ctx, opts, write, user, &is_json))
        return CNIPOL_E_USAGE;
    if (!row)
        np_out_fail(&out, CNIPOL_E_NOTFOUND);
    else
        (is_json ? write_json : write_page)(&out, row);
    return np_out_finish(&out);
}
