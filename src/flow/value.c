/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values of fields as plain text: cells of CSV, keys of counts, columns of batches.
 *
 * Lists are joined by blanks. A policy is Kind:ns/name, its rule behind #, its action behind =; a header is key:value, an extra name=value.
 */

#include <stdio.h>

#include "flow/json_out.h"
#include "flow/record.h"

static void put(struct np_jout *out, struct cnipol_text text)
{
    np_jout_raw(out, text.s, text.n);
}

static void put_joined(struct np_jout *out, struct cnipol_text first, const char *mark, struct cnipol_text second)
{
    put(out, first);
    np_jout_raw(out, mark, first.n && second.n ? strlen(mark) : 0);
    put(out, second);
}

static void put_number(struct np_jout *out, const char *format, uint64_t number)
{
    char text[24];

    np_jout_raw(out, text, (size_t)snprintf(text, sizeof text, strcmp(format, "d") == 0 ? "%lld" : "%llu", (unsigned long long)number));
}

static void put_time(struct np_jout *out, const struct cnipol_time *time)
{
    char text[CNIPOL_TIME_TEXT];

    np_jout_raw(out, text, cnipol_time_print(time, text));
}

static void put_flags(struct np_jout *out, uint64_t flags)
{
    const char *name;

    for (uint32_t bit = 0; (name = np_tcp_flag_name(bit)); bit++) {
        if (!(flags >> bit & 1))
            continue;
        np_jout_raw(out, " ", out->n > 0);
        put(out, np_text_of(name));
    }
}

static void put_extra(struct np_jout *out, const struct cnipol_flow_extra *extra)
{
    put(out, np_text_of(cnipol_extra_name(extra->id)));
    np_jout_raw(out, "=", 1);
    if (extra->type == CNIPOL_EXTRA_IS_NUMBER)
        put_number(out, "u", extra->number);
    else if (extra->type == CNIPOL_EXTRA_IS_TIME)
        put_time(out, &extra->time);
    else
        put(out, extra->text);
}

static void put_policy(struct np_jout *out, const struct cnipol_flow_policy *policy)
{
    put(out, policy->kind);
    np_jout_raw(out, ":", policy->kind.n > 0);
    put_joined(out, policy->ns, "/", policy->name);
    if (policy->rule.n || (policy->has & CNIPOL_POLICY_RULE_NUMBER))
        np_jout_raw(out, "#", 1);
    if (policy->rule.n)
        put(out, policy->rule);
    else if (policy->has & CNIPOL_POLICY_RULE_NUMBER)
        put_number(out, "d", (uint64_t)policy->rule_number);
    np_jout_raw(out, "=", policy->action.n > 0);
    put(out, policy->action);
}

static void put_item(struct np_jout *out, const struct cnipol_value *value, uint32_t i)
{
    const struct cnipol_flow_workload *workloads = value->items;
    const struct cnipol_flow_pair *pairs = value->items;
    const struct cnipol_text *texts = value->items;

    switch (value->type) {
    case CNIPOL_VALUE_WORKLOADS:
        put_joined(out, workloads[i].kind, "/", workloads[i].name);
        return;
    case CNIPOL_VALUE_POLICIES:
        put_policy(out, (const struct cnipol_flow_policy *)value->items + i);
        return;
    case CNIPOL_VALUE_PAIRS:
        put(out, pairs[i].key);
        np_jout_raw(out, ":", 1);
        put(out, pairs[i].value);
        return;
    case CNIPOL_VALUE_EXTRAS:
        put_extra(out, (const struct cnipol_flow_extra *)value->items + i);
        return;
    case CNIPOL_VALUE_TEXTS:
        put(out, texts[i]);
        return;
    default:
        return;
    }
}

static void put_list(struct np_jout *out, const struct cnipol_value *value)
{
    for (uint32_t i = 0; i < value->n; i++) {
        np_jout_raw(out, " ", i > 0);
        put_item(out, value, i);
    }
}

static void put_value(struct np_jout *out, const struct cnipol_value *value)
{
    static const struct cnipol_text none = {"", 0};

    switch (value->type) {
    case CNIPOL_VALUE_NONE:
        return;
    case CNIPOL_VALUE_BOOL:
        put(out, np_text_of(value->number ? "true" : "false"));
        return;
    case CNIPOL_VALUE_NUMBER:
        put_number(out, "u", value->number);
        return;
    case CNIPOL_VALUE_SIGNED:
        put_number(out, "d", value->number);
        return;
    case CNIPOL_VALUE_TIME:
        put_time(out, &value->time);
        return;
    case CNIPOL_VALUE_FLAGS:
        put_flags(out, value->number);
        return;
    case CNIPOL_VALUE_NAME:
        put_joined(out, value->n ? *(const struct cnipol_text *)value->items : none, "/", value->text);
        return;
    case CNIPOL_VALUE_WORD:
    case CNIPOL_VALUE_TEXT:
    case CNIPOL_VALUE_ADDRESS:
        put(out, value->text);
        return;
    default:
        put_list(out, value);
        return;
    }
}

size_t cnipol_value_print(const struct cnipol_value *value, char *bytes, size_t size)
{
    struct np_jout out = {.bytes = bytes, .size = size};

    put_value(&out, value);
    return np_jout_end(&out);
}

size_t cnipol_value_print_item(const struct cnipol_value *value, uint32_t i, char *bytes, size_t size)
{
    struct np_jout out = {.bytes = bytes, .size = size};

    if (i < value->n)
        put_item(&out, value, i);
    return np_jout_end(&out);
}
