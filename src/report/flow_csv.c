/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flow records as CSV (RFC 4180): a header line of the fields' column names, then a line a record.
 *
 * An absent field is an empty cell; what a cell says is flow/value.c's. Line ends and
 * control bytes within texts are shown as escapes, so that each record is one line. A cell that a spreadsheet would take for a formula
 * gets an apostrophe in front.
 */

#include "flow/record.h"
#include "report/flow.h"

static void put_quoted(struct np_out *out, struct cnipol_text text)
{
    bool formula = text.n && strchr("=+-@", text.s[0]) && text.s[0];
    bool quote = formula || (text.n && (memchr(text.s, ',', text.n) || memchr(text.s, '"', text.n) || text.s[0] == ' '));

    np_out_bytes(out, "\"'", (size_t)quote + formula);
    while (text.n) {
        const char *mark = memchr(text.s, '"', text.n);
        uint32_t n = mark ? (uint32_t)(mark - text.s) : text.n;

        np_flow_put(out, (struct cnipol_text){text.s, n});
        np_out_bytes(out, "\"\"", mark ? 2 : 0);
        text.s += n + (mark != NULL);
        text.n -= n + (mark != NULL);
    }
    np_out_bytes(out, "\"", quote);
}

void np_flow_csv_header(struct cnipol_flow_printer *printer)
{
    for (uint32_t i = 0; i < printer->columns.n; i++) {
        np_out_text(&printer->out, i ? "," : "");
        np_out_text(&printer->out, cnipol_field_at(printer->columns.ids[i])->column);
    }
    np_out_text(&printer->out, "\r\n");
}

/* The value's text, in room that grows once. */
static struct cnipol_text text_of(struct cnipol_flow_printer *printer, const struct cnipol_value *value)
{
    size_t n = cnipol_value_print(value, printer->room, printer->room_size);

    if (n >= printer->room_size && n) {
        if (!np_flow_printer_room(printer, n + 1))
            return (struct cnipol_text){0};
        (void)cnipol_value_print(value, printer->room, printer->room_size);
    }
    return (struct cnipol_text){printer->room, (uint32_t)n};
}

void np_flow_csv(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow)
{
    for (uint32_t i = 0; i < printer->columns.n; i++) {
        struct cnipol_value value;

        np_out_bytes(&printer->out, ",", i > 0);
        cnipol_field_get(flow, printer->columns.ids[i], &value);
        put_quoted(&printer->out, text_of(printer, &value));
    }
    np_out_text(&printer->out, "\r\n");
}
