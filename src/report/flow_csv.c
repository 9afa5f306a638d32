/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flow records as CSV (RFC 4180): a header line of the fields' column names, then a line a record.
 *
 * An absent field is an empty cell. Lists are joined by blanks; a policy is kind ns/name, rules and the like behind it. Line ends and
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

static void add(struct np_buf *buf, struct cnipol_text text)
{
    np_buf_add(buf, text.s, text.n);
}

static void add_joined(struct np_buf *buf, struct cnipol_text first, struct cnipol_text second)
{
    add(buf, first);
    np_buf_add(buf, "/", first.n && second.n);
    add(buf, second);
}

static void add_flags(struct np_buf *buf, uint64_t flags)
{
    const char *name;

    for (uint32_t bit = 0; (name = np_tcp_flag_name(bit)); bit++) {
        if (!(flags >> bit & 1))
            continue;
        np_buf_adds(buf, buf->n ? " " : "");
        np_buf_adds(buf, name);
    }
}

static void add_extra(struct np_buf *buf, const struct cnipol_flow_extra *extra)
{
    char text[CNIPOL_TIME_TEXT];

    np_buf_adds(buf, cnipol_extra_name(extra->id));
    np_buf_adds(buf, "=");
    if (extra->type == CNIPOL_EXTRA_IS_NUMBER)
        np_buf_addf(buf, "%llu", (unsigned long long)extra->number);
    else if (extra->type == CNIPOL_EXTRA_IS_TIME)
        np_buf_add(buf, text, cnipol_time_print(&extra->time, text));
    else
        add(buf, extra->text);
}

static void add_policy(struct np_buf *buf, const struct cnipol_flow_policy *policy)
{
    if (policy->kind.n) {
        add(buf, policy->kind);
        np_buf_adds(buf, ":");
    }
    add_joined(buf, policy->ns, policy->name);
    if (policy->rule.n) {
        np_buf_adds(buf, "#");
        add(buf, policy->rule);
    } else if (policy->has & CNIPOL_POLICY_RULE_NUMBER) {
        np_buf_addf(buf, "#%lld", (long long)policy->rule_number);
    }
    np_buf_adds(buf, policy->action.n ? "=" : "");
    add(buf, policy->action);
}

/* The i-th of a list. */
static void add_item(struct np_buf *buf, const struct cnipol_value *value, uint32_t i)
{
    const struct cnipol_flow_workload *workloads = value->items;
    const struct cnipol_flow_pair *pairs = value->items;
    const struct cnipol_text *texts = value->items;

    switch (value->type) {
    case CNIPOL_VALUE_WORKLOADS:
        add_joined(buf, workloads[i].kind, workloads[i].name);
        return;
    case CNIPOL_VALUE_POLICIES:
        add_policy(buf, (const struct cnipol_flow_policy *)value->items + i);
        return;
    case CNIPOL_VALUE_PAIRS:
        add(buf, pairs[i].key);
        np_buf_adds(buf, ":");
        add(buf, pairs[i].value);
        return;
    case CNIPOL_VALUE_EXTRAS:
        add_extra(buf, (const struct cnipol_flow_extra *)value->items + i);
        return;
    default:
        add(buf, texts[i]);
        return;
    }
}

static void add_list(struct np_buf *buf, const struct cnipol_value *value)
{
    for (uint32_t i = 0; i < value->n; i++) {
        np_buf_add(buf, " ", i > 0);
        add_item(buf, value, i);
    }
}

static void add_value(struct np_buf *buf, const struct cnipol_value *value)
{
    static const struct cnipol_text none = {"", 0};
    char text[CNIPOL_TIME_TEXT];

    switch (value->type) {
    case CNIPOL_VALUE_NONE:
        return;
    case CNIPOL_VALUE_BOOL:
        np_buf_adds(buf, value->number ? "true" : "false");
        return;
    case CNIPOL_VALUE_NUMBER:
        np_buf_addf(buf, "%llu", (unsigned long long)value->number);
        return;
    case CNIPOL_VALUE_SIGNED:
        np_buf_addf(buf, "%lld", (long long)value->number);
        return;
    case CNIPOL_VALUE_TIME:
        np_buf_add(buf, text, cnipol_time_print(&value->time, text));
        return;
    case CNIPOL_VALUE_FLAGS:
        add_flags(buf, value->number);
        return;
    case CNIPOL_VALUE_NAME:
        add_joined(buf, value->n ? *(const struct cnipol_text *)value->items : none, value->text);
        return;
    case CNIPOL_VALUE_WORD:
    case CNIPOL_VALUE_TEXT:
    case CNIPOL_VALUE_ADDRESS:
        add(buf, value->text);
        return;
    default:
        add_list(buf, value);
        return;
    }
}

void np_flow_csv_header(struct cnipol_flow_printer *printer)
{
    for (uint32_t i = 0; i < printer->columns.n; i++) {
        np_out_text(&printer->out, i ? "," : "");
        np_out_text(&printer->out, cnipol_field_at(printer->columns.ids[i])->column);
    }
    np_out_text(&printer->out, "\r\n");
}

void np_flow_csv(struct cnipol_flow_printer *printer, const struct cnipol_flow *flow)
{
    struct np_buf *cell = &printer->cells;

    for (uint32_t i = 0; i < printer->columns.n; i++) {
        struct cnipol_value value;

        np_out_bytes(&printer->out, ",", i > 0);
        cnipol_field_get(flow, printer->columns.ids[i], &value);
        np_buf_clear(cell);
        add_value(cell, &value);
        if (np_buf_failed(cell))
            np_out_fail(&printer->out, CNIPOL_E_NOMEM);
        else if (cell->n)
            put_quoted(&printer->out, (struct cnipol_text){cell->s, (uint32_t)cell->n});
    }
    np_out_text(&printer->out, "\r\n");
}
