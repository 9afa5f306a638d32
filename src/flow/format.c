/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats: the table, and what their decoders share. */

#include "flow/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "flow/decoder.h"

/* Where two are as sure as each other of a stream, the first is taken. */
static const struct np_format *const formats[] = {
    &np_format_hubble_json,
    &np_format_hubble_pb,
    &np_format_cilium_monitor,
    &np_format_goldmane_json,
    &np_format_whisker_json,
    &np_format_calico_flowlog_json,
    &np_format_calico_policy_string,
    &np_format_antrea_ipfix,
    &np_format_antrea_npl,
    &np_format_antrea_node_npl,
    &np_format_antrea_suricata,
    &np_format_antrea_ipfix_json,
    &np_format_antrea_clickhouse,
    &np_format_antrea_flowrecords_json,
    &np_format_antrea_flow_csv,
    &np_format_antrea_flow_pb,
    &np_format_aws_vpc,
    &np_format_aws_npa,
    &np_format_aws_npa_log,
    &np_format_csv,
    &np_format_jsonl,
};

const struct np_format *np_format_at(size_t i)
{
    return i < sizeof formats / sizeof *formats ? formats[i] : NULL;
}

const struct np_format *np_format_find(const char *name)
{
    const struct np_format *format;

    for (size_t i = 0; (format = np_format_at(i)); i++)
        if (strcmp(format->row.name, name) == 0)
            return format;
    return NULL;
}

const struct cnipol_flow_format *cnipol_flow_format_at(size_t i)
{
    const struct np_format *format = np_format_at(i);

    return format ? &format->row : NULL;
}

static int flaw_status(enum np_code code)
{
    return code == NP_FLOW_SYNTAX || code == NP_FLOW_CUT || code == NP_FLOW_PACKED ? CNIPOL_E_SYNTAX : CNIPOL_E_INVALID;
}

int np_flaw(struct np_flow_run *run, enum np_code code, size_t at, const char *message)
{
    run->flaw = message;
    run->flaw_code = code;
    run->flaw_at = at > run->n ? (uint32_t)run->n : (uint32_t)at;
    return flaw_status(code);
}

int np_flawf(struct np_flow_run *run, enum np_code code, size_t at, const char *fmt, ...)
{
    char text[256];
    const char *copy;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n >= (int)sizeof text)
        n = (int)sizeof text - 1;
    copy = n < 0 ? NULL : np_arena_strndup(&run->arena, text, (size_t)n);
    return copy ? np_flaw(run, code, at, copy) : CNIPOL_E_NOMEM;
}

void *np_flow_list_add(struct np_flow_run *run, struct np_flow_list *list, size_t size)
{
    if (list->n == list->cap) {
        uint32_t cap = list->cap ? list->cap * 2 : 8;
        void *items = cap > list->cap ? np_arena_array(&run->arena, cap, size) : NULL;

        if (!items)
            return NULL;
        if (list->n)
            memcpy(items, list->items, list->n * size);
        list->items = items;
        list->cap = cap;
    }
    return memset((char *)list->items + list->n++ * size, 0, size);
}

static struct cnipol_flow_extra *add_extra(struct np_flow_run *run, struct np_flow_extras *extras, enum cnipol_extra_id id,
                                           enum cnipol_extra_type type)
{
    struct cnipol_flow_extra *extra = np_flow_list_add(run, &extras->list, sizeof *extra);

    if (extra)
        *extra = (struct cnipol_flow_extra){.id = (uint16_t)id, .type = (uint16_t)type};
    return extra;
}

bool np_extra_number(struct np_flow_run *run, struct np_flow_extras *extras, enum cnipol_extra_id id, uint64_t number)
{
    struct cnipol_flow_extra *extra = add_extra(run, extras, id, CNIPOL_EXTRA_IS_NUMBER);

    if (extra)
        extra->number = number;
    return extra != NULL;
}

bool np_extra_text(struct np_flow_run *run, struct np_flow_extras *extras, enum cnipol_extra_id id, struct cnipol_text text)
{
    struct cnipol_flow_extra *extra = add_extra(run, extras, id, CNIPOL_EXTRA_IS_TEXT);

    if (extra)
        extra->text = text;
    return extra != NULL;
}

bool np_extra_time(struct np_flow_run *run, struct np_flow_extras *extras, enum cnipol_extra_id id, struct cnipol_time time)
{
    struct cnipol_flow_extra *extra = add_extra(run, extras, id, CNIPOL_EXTRA_IS_TIME);

    if (extra)
        extra->time = time;
    return extra != NULL;
}

void np_extras_done(const struct np_flow_extras *extras, struct cnipol_flow *flow)
{
    flow->extras = extras->list.items;
    flow->n_extras = extras->list.n;
}

void np_end_ip4(struct cnipol_flow_end *end, const uint8_t bytes[4])
{
    end->family = 4;
    memcpy(end->address, bytes, 4);
}

void np_end_ip6(struct cnipol_flow_end *end, const uint8_t bytes[16])
{
    if (np_is_mapped(bytes)) {
        np_end_ip4(end, bytes + 12);
        return;
    }
    end->family = 6;
    memcpy(end->address, bytes, 16);
}
