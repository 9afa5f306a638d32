/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's compact lines, dictionaries and tables.
 *
 * A table's columns are as wide as their widest cell and three blanks, as Go's tabwriter makes them, so its rows are kept until its end.
 * Lost events and states of nodes are lines of their own, as in Hubble; other events are named only.
 */

#include "base/glyph.h"
#include "base/utf8.h"
#include "flow/record.h"
#include "report/flow.h"

/* cilium/cilium pkg/identity/numericidentity.go; a number without a name is no reserved one. */
static const char *reserved_name(uint32_t identity)
{
    static const char *const names[] = {"unknown", "host",        "world",          "unmanaged", "health",    "init",
                                        "remote-node", "kube-apiserver", "ingress", "world-ipv4", "world-ipv6"};

    return identity < sizeof names / sizeof *names ? names[identity] : NULL;
}

/* Does the record speak of identities at all? */
static bool has_identities(const struct cnipol_flow *flow)
{
    return ((flow->src.has | flow->dst.has) & (CNIPOL_FLOW_END_IDENTITY | CNIPOL_FLOW_END_ENDPOINT)) || (flow->has & CNIPOL_HAS_EVENT_TYPE);
}

static void put_identity(struct np_out *out, const struct cnipol_flow_printer *printer, const struct cnipol_flow *flow,
                         const struct cnipol_flow_end *end)
{
    const char *name = printer->opts.numeric ? NULL : reserved_name(end->identity);

    if (!has_identities(flow))
        return;
    np_out_bytes(out, " ", 1);
    np_out_style(out, "35");
    np_out_bytes(out, "(ID:", name ? 1 : 4);
    if (name)
        np_out_text(out, name);
    else
        np_flow_put_number(out, end->identity);
    np_out_bytes(out, ")", 1);
    np_out_style(out, "0");
}

/* "EVENTS LOST: …", and what else is no flow. False: it is a flow. */
static bool compact_event(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_event *event = flow->event;
    struct np_out *out = &printer->out;
    struct cnipol_text what;

    if (!event)
        return false;
    if (event->kind == CNIPOL_EVENT_LOST) {
        np_out_text(out, "EVENTS LOST: ");
        np_flow_put(out, event->source.s ? event->source : np_text_of("UNKNOWN_LOST_EVENT_SOURCE"));
        np_out_fmt(out, " CPU(%lld) %llu\n", (long long)event->cpu, (unsigned long long)event->n_lost);
        return true;
    }
    np_flow_put_time(out, printer, flow);
    np_out_text(out, ": ");
    np_out_text(out, np_event_name(event->kind));
    what = event->state.s ? event->state : np_event_type_word(event);
    np_out_text(out, what.s ? " " : "");
    np_flow_put(out, what);
    for (uint32_t i = 0; i < event->n_nodes; i++) {
        np_out_text(out, i ? ", " : ": ");
        np_flow_put(out, event->nodes[i]);
    }
    np_out_text(out, event->message.s ? " (" : "");
    np_flow_put(out, event->message);
    np_out_text(out, event->message.s ? ")\n" : "\n");
    return true;
}

void np_flow_compact(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow)
{
    bool knows = flow->has & CNIPOL_HAS_REPLY, is_reply = knows && flow->reply;
    const struct cnipol_flow_end *left = is_reply ? &flow->dst : &flow->src, *right = is_reply ? &flow->src : &flow->dst;
    struct np_out *out = &printer->out;

    if (compact_event(printer, flow))
        return;
    np_flow_put_time(out, printer, flow);
    if (printer->opts.node_names) {
        np_out_bytes(out, " [", 2);
        np_flow_put(out, flow->node);
        np_out_bytes(out, "]", 1);
    }
    np_out_bytes(out, ": ", 2);
    np_flow_put_host(out, printer, flow, left);
    put_identity(out, printer, flow, left);
    np_out_bytes(out, is_reply ? " <- " : knows ? " -> " : " <> ", 4);
    np_flow_put_host(out, printer, flow, right);
    put_identity(out, printer, flow, right);
    np_out_bytes(out, " ", 1);
    np_flow_put_type(out, flow);
    np_out_bytes(out, " ", 1);
    np_flow_put_verdict(out, printer, flow);
    np_out_bytes(out, " (", 2);
    np_flow_put_summary(out, flow);
    np_out_bytes(out, ")\n", 2);
}

static void put_lost_summary(struct np_out *out, const struct cnipol_flow_event *event)
{
    np_out_fmt(out, "CPU(%lld) - %llu", (long long)event->cpu, (unsigned long long)event->n_lost);
}

/* What there is to say of an event that is no gap. */
static void put_event_summary(struct np_out *out, const struct cnipol_flow_event *event)
{
    struct cnipol_text what = event->message.s ? event->message : event->state;

    np_flow_put(out, what.s ? what : np_event_type_word(event));
}

static void dict_event(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_event *event = flow->event;
    struct np_out *out = &printer->out;

    np_out_text(out, "  TIMESTAMP: ");
    if (event->kind != CNIPOL_EVENT_LOST)
        np_flow_put_time(out, printer, flow);
    np_out_text(out, printer->opts.node_names ? "\n       NODE: " : "");
    np_out_text(out, "\n     SOURCE: ");
    np_flow_put(out, event->source);
    np_out_text(out, "\n       TYPE: ");
    np_out_text(out, event->kind == CNIPOL_EVENT_LOST ? "EVENTS LOST" : np_event_name(event->kind));
    np_out_text(out, "\n    VERDICT: \n    SUMMARY: ");
    if (event->kind == CNIPOL_EVENT_LOST)
        put_lost_summary(out, event);
    else
        put_event_summary(out, event);
    np_out_text(out, "\n");
}

void np_flow_dict(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow)
{
    struct np_out *out = &printer->out;

    np_out_text(out, printer->lines ? NP_FLOW_DICT_RULE : "");
    if (flow->event) {
        dict_event(printer, flow);
        return;
    }
    np_out_text(out, "  TIMESTAMP: ");
    np_flow_put_time(out, printer, flow);
    if (printer->opts.node_names) {
        np_out_text(out, "\n       NODE: ");
        np_flow_put(out, flow->node);
    }
    np_out_text(out, "\n     SOURCE: ");
    np_flow_put_host(out, printer, flow, &flow->src);
    np_out_text(out, "\nDESTINATION: ");
    np_flow_put_host(out, printer, flow, &flow->dst);
    np_out_text(out, "\n       TYPE: ");
    np_flow_put_type(out, flow);
    np_out_text(out, "\n    VERDICT: ");
    np_flow_put_verdict(out, printer, flow);
    np_out_text(out, "\n    SUMMARY: ");
    np_flow_put_summary(out, flow);
    np_out_text(out, "\n");
}

#define COLUMNS 7u

static void end_cell(struct np_out *out)
{
    np_out_bytes(out, "", 1);
}

static void table_event(struct np_out *out, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_event *event = flow->event;

    end_cell(out);
    end_cell(out);
    np_flow_put(out, event->source);
    end_cell(out);
    end_cell(out);
    np_out_text(out, event->kind == CNIPOL_EVENT_LOST ? "EVENTS LOST" : np_event_name(event->kind));
    end_cell(out);
    end_cell(out);
    if (event->kind == CNIPOL_EVENT_LOST)
        put_lost_summary(out, event);
    else
        put_event_summary(out, event);
    end_cell(out);
}

void np_flow_table(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow)
{
    struct np_out cells = {.buf = printer->cells};

    if (flow->event) {
        table_event(&cells, flow);
    } else {
        np_flow_put_time(&cells, printer, flow);
        end_cell(&cells);
        np_flow_put(&cells, flow->node);
        end_cell(&cells);
        np_flow_put_host(&cells, printer, flow, &flow->src);
        end_cell(&cells);
        np_flow_put_host(&cells, printer, flow, &flow->dst);
        end_cell(&cells);
        np_flow_put_type(&cells, flow);
        end_cell(&cells);
        np_flow_put_verdict(&cells, printer, flow);
        end_cell(&cells);
        np_flow_put_summary(&cells, flow);
        end_cell(&cells);
    }
    printer->cells = cells.buf;
    if (cells.status)
        np_out_fail(&printer->out, cells.status);
}

static uint32_t width_of(const char *cell)
{
    return (uint32_t)np_utf8_count(cell, strlen(cell));
}

static void put_row(struct cnipol_flow_printer *printer, const char *const *cells, const uint32_t *widths)
{
    for (uint32_t column = 0; column < COLUMNS; column++) {
        bool is_last = column + 1 == COLUMNS;

        if (column == 1 && !printer->opts.node_names)
            continue;
        np_out_text(&printer->out, cells[column]);
        np_out_char(&printer->out, is_last ? '\n' : ' ', is_last ? 1 : widths[column] - width_of(cells[column]) + 3);
    }
    np_out_pause(&printer->out);
}

void np_flow_table_end(struct cnipol_flow_printer *printer)
{
    uint64_t last = printer->opts.last ? printer->opts.last : UINT32_MAX;
    static const char *const heads[COLUMNS] = {"TIMESTAMP", "NODE", "SOURCE", "DESTINATION", "TYPE", "VERDICT", "SUMMARY"};
    uint32_t widths[COLUMNS], column = 0;
    const char *cell = printer->cells.s, *end;

    if (!printer->lines)
        return;
    end = cell + printer->cells.n;
    for (uint32_t i = 0; i < COLUMNS; i++)
        widths[i] = width_of(heads[i]);
    for (; cell < end; cell += strlen(cell) + 1, column = (column + 1) % COLUMNS)
        widths[column] = width_of(cell) > widths[column] ? width_of(cell) : widths[column];
    cell = printer->cells.s;
    put_row(printer, heads, widths);
    for (uint64_t row = 0; row < printer->lines; row++) {
        const char *cells[COLUMNS];

        for (column = 0; column < COLUMNS; column++, cell += strlen(cell) + 1)
            cells[column] = cell;
        if (row + last >= printer->lines)
            put_row(printer, cells, widths);
    }
}
