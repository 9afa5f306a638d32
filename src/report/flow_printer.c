/* SPDX-License-Identifier: BSD-2-Clause */
/* Flow records as text: see include/cnipol/flow_report.h. A form is a row of a table. */

#include "report/flow.h"

#include "flow/record.h"

/* Text of forgotten records that is worth a move. */
#define FORGET_AT (1u << 20)

typedef size_t json_fn(const struct cnipol_flow *flow, char *bytes, size_t size);

bool np_flow_printer_room(struct cnipol_flow_printer *printer, size_t size)
{
    char *grown;

    size = size < 4096 ? 8192 : size * 2;
    grown = np_realloc(printer->mem, printer->room, printer->room_size, size);
    if (!grown) {
        np_out_fail(&printer->out, CNIPOL_E_NOMEM);
        return false;
    }
    printer->room = grown;
    printer->room_size = size;
    return true;
}

/* One JSON object a line. */
static void put_json(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow, json_fn *print)
{
    size_t n = print(flow, printer->room, printer->room_size);

    if (n >= printer->room_size) {
        if (!np_flow_printer_room(printer, n + 1))
            return;
        (void)print(flow, printer->room, printer->room_size);
    }
    np_out_bytes(&printer->out, printer->room, n);
    np_out_bytes(&printer->out, "\n", 1);
}

static void put_hubble(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow)
{
    put_json(printer, flow, np_flow_print_hubble);
}

static void put_own(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow)
{
    put_json(printer, flow, cnipol_flow_print_json);
}

static const struct {
    void (*print)(struct cnipol_flow_printer *, const struct cnipol_flow *);
    void (*end)(struct cnipol_flow_printer *);
} forms[] = {
    [CNIPOL_FLOW_COMPACT] = {np_flow_compact, NULL}, [CNIPOL_FLOW_TABLE] = {np_flow_table, np_flow_table_end},
    [CNIPOL_FLOW_DICT] = {np_flow_dict, NULL},       [CNIPOL_FLOW_JSON] = {put_hubble, NULL},
    [CNIPOL_FLOW_JSONL] = {put_own, NULL},           [CNIPOL_FLOW_CSV] = {np_flow_csv, NULL},
};

/* What most records have. */
static const uint8_t default_columns[] = {
    CNIPOL_FIELD_TIME,          CNIPOL_FIELD_VERDICT,  CNIPOL_FIELD_DIRECTION,     CNIPOL_FIELD_PROTOCOL,  CNIPOL_FIELD_SRC_IP,
    CNIPOL_FIELD_SRC_PORT,      CNIPOL_FIELD_SRC_NAMESPACE, CNIPOL_FIELD_SRC_POD,  CNIPOL_FIELD_DST_IP,    CNIPOL_FIELD_DST_PORT,
    CNIPOL_FIELD_DST_NAMESPACE, CNIPOL_FIELD_DST_POD,  CNIPOL_FIELD_TCP_FLAGS,     CNIPOL_FIELD_DROP_REASON, CNIPOL_FIELD_POLICIES,
    CNIPOL_FIELD_NODE,
};

static bool fits(const struct cnipol_flow_printer_opts *opts)
{
    for (uint32_t i = 0; opts->columns && i < opts->n_columns; i++)
        if (i >= CNIPOL_N_FIELDS || (uint32_t)opts->columns[i] >= CNIPOL_N_FIELDS)
            return false;
    return (uint32_t)opts->output <= CNIPOL_FLOW_CSV && (uint32_t)opts->time_format <= CNIPOL_TIME_RFC3339_NANO;
}

static void set_columns(struct cnipol_flow_printer *printer)
{
    const struct cnipol_flow_printer_opts *opts = &printer->opts;

    printer->columns.n = opts->columns ? opts->n_columns : sizeof default_columns;
    for (uint32_t i = 0; i < printer->columns.n; i++)
        printer->columns.ids[i] = opts->columns ? (uint8_t)opts->columns[i] : default_columns[i];
}

int cnipol_flow_printer_new(struct cnipol_ctx *ctx, const struct cnipol_flow_printer_opts *opts, cnipol_write_fn write, void *user,
                            struct cnipol_flow_printer **out)
{
    static const struct cnipol_flow_printer_opts defaults = {.sz = sizeof defaults};
    struct cnipol_report_opts report = CNIPOL_REPORT_OPTS_INIT;
    struct cnipol_flow_printer *printer;

    *out = NULL;
    opts = opts ? opts : &defaults;
    if (!np_opts_fit(opts, opts->sz, sizeof *opts) || !fits(opts))
        return CNIPOL_E_USAGE;
    printer = np_zalloc(&ctx->mem, sizeof *printer);
    if (!printer)
        return CNIPOL_E_NOMEM;
    printer->mem = &ctx->mem;
    printer->ctx = ctx;
    printer->opts = *opts;
    report.color = opts->color && opts->output != CNIPOL_FLOW_TABLE;
    np_out_init(&printer->out, ctx, &report, write, user);
    np_buf_init(&printer->cells, &ctx->mem);
    set_columns(printer);
    printer->opts.columns = NULL;
    if (opts->last && opts->output != CNIPOL_FLOW_TABLE) {
        printer->starts = np_alloc(&ctx->mem, opts->last * sizeof *printer->starts);
        if (!printer->starts) {
            np_free(&ctx->mem, printer, sizeof *printer);
            return CNIPOL_E_NOMEM;
        }
    }
    *out = printer;
    return CNIPOL_OK;
}

/* Forgets the text of records that are not among the last ones any more, once that is worth moving the rest. */
static void forget(struct cnipol_flow_printer *printer, uint64_t start)
{
    struct np_buf *buf = &printer->out.buf;
    size_t n = (size_t)(start - printer->dropped);

    if (n < FORGET_AT || n < buf->n / 2)
        return;
    memmove(buf->s, buf->s + n, buf->n - n);
    buf->n -= n;
    printer->dropped = start;
}

/* Notes where a record's text begins. */
static void note_start(struct cnipol_flow_printer *printer)
{
    uint64_t *start = &printer->starts[printer->lines % printer->opts.last];

    if (printer->lines >= printer->opts.last)
        forget(printer, *start);
    *start = printer->dropped + printer->out.buf.n;
}

static void put_header(struct cnipol_flow_printer *printer)
{
    if (!printer->has_header && printer->opts.output == CNIPOL_FLOW_CSV)
        np_flow_csv_header(printer);
    printer->has_header = true;
}

int cnipol_flow_printer_print(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow)
{
    put_header(printer);
    if (!printer->lines && printer->starts)
        np_out_flush(&printer->out);
    if (printer->starts)
        note_start(printer);
    forms[printer->opts.output].print(printer, flow);
    printer->lines++;
    if (!printer->starts)
        np_out_pause(&printer->out);
    return printer->out.status;
}

/* Leaves the text of the last records only. */
static void keep_last(struct cnipol_flow_printer *printer)
{
    struct np_buf *buf = &printer->out.buf;
    size_t from = 0;

    if (printer->lines > printer->opts.last)
        from = (size_t)(printer->starts[printer->lines % printer->opts.last] - printer->dropped);
    if (from && printer->opts.output == CNIPOL_FLOW_DICT)
        from += sizeof NP_FLOW_DICT_RULE - 1;
    if (from)
        memmove(buf->s, buf->s + from, buf->n - from);
    buf->n -= from;
}

int cnipol_flow_printer_flush(struct cnipol_flow_printer *printer)
{
    if (!printer->starts)
        np_out_flush(&printer->out);
    return printer->out.status;
}

int cnipol_flow_printer_finish(struct cnipol_flow_printer *printer)
{
    int rc;

    if (!printer)
        return CNIPOL_OK;
    if (printer->starts && !printer->out.status)
        keep_last(printer);
    put_header(printer);
    if (forms[printer->opts.output].end)
        forms[printer->opts.output].end(printer);
    rc = np_out_finish(&printer->out);
    np_buf_free(&printer->cells);
    np_free(printer->mem, printer->room, printer->room_size);
    np_free(printer->mem, printer->starts, printer->starts ? printer->opts.last * sizeof *printer->starts : 0);
    np_free(printer->mem, printer, sizeof *printer);
    return rc;
}

/* What Hubble's lines are made of. */
static const uint8_t line_fields[] = {
    CNIPOL_FIELD_TIME,        CNIPOL_FIELD_VERDICT,     CNIPOL_FIELD_DIRECTION,   CNIPOL_FIELD_REPLY,          CNIPOL_FIELD_PROTOCOL,
    CNIPOL_FIELD_SRC_IP,      CNIPOL_FIELD_SRC_PORT,    CNIPOL_FIELD_SRC_NAMESPACE, CNIPOL_FIELD_SRC_POD,      CNIPOL_FIELD_SRC_IDENTITY,
    CNIPOL_FIELD_SRC_SERVICE, CNIPOL_FIELD_SRC_NAMES,   CNIPOL_FIELD_SRC_MAC,     CNIPOL_FIELD_DST_IP,         CNIPOL_FIELD_DST_PORT,
    CNIPOL_FIELD_DST_NAMESPACE, CNIPOL_FIELD_DST_POD,   CNIPOL_FIELD_DST_IDENTITY, CNIPOL_FIELD_DST_SERVICE,   CNIPOL_FIELD_DST_NAMES,
    CNIPOL_FIELD_DST_MAC,     CNIPOL_FIELD_TCP_FLAGS,   CNIPOL_FIELD_ICMP_TYPE,   CNIPOL_FIELD_ICMP_CODE,      CNIPOL_FIELD_L7_KIND,
    CNIPOL_FIELD_L7_TYPE,     CNIPOL_FIELD_DNS_OBSERVATION_SOURCE, CNIPOL_FIELD_EVENT_TYPE, CNIPOL_FIELD_EVENT_SUB_TYPE, CNIPOL_FIELD_MATCH_TYPE,
    CNIPOL_FIELD_CAPTURE_POINT, CNIPOL_FIELD_XLATE_POINT, CNIPOL_FIELD_IP_TRACE_ID, CNIPOL_FIELD_AUTH_TYPE,    CNIPOL_FIELD_SUMMARY,
    CNIPOL_FIELD_EVENT,
};

void cnipol_flow_printer_fields(const struct cnipol_flow_printer *printer, struct cnipol_fields *out)
{
    const uint8_t *ids = line_fields;
    size_t n = sizeof line_fields;

    *out = (struct cnipol_fields){{0, 0}};
    if (printer->opts.output == CNIPOL_FLOW_JSON || printer->opts.output == CNIPOL_FLOW_JSONL) {
        *out = (struct cnipol_fields){{UINT64_MAX, UINT64_MAX}};
        return;
    }
    if (printer->opts.output == CNIPOL_FLOW_CSV) {
        ids = printer->columns.ids;
        n = printer->columns.n;
    }
    for (size_t i = 0; i < n; i++)
        cnipol_fields_add(out, ids[i]);
    if (printer->opts.node_names)
        cnipol_fields_add(out, CNIPOL_FIELD_NODE);
    if (printer->opts.policy_names)
        cnipol_fields_add(out, CNIPOL_FIELD_POLICIES);
}
