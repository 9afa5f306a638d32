/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values of flags: see filter_flag.h.
 *
 * Sources: Cilium v1.20.2 hubble/cmd/observe (flows_filter.go, workload.go, identity.go), pkg/identity/numericidentity.go,
 * pkg/monitor/api/types.go. Names of agent events stand for the monitor's numbers, while records hold flow.proto's: so
 * agent:policy-updated finds what flow.proto calls ENDPOINT_REGENERATE_SUCCESS, here as there.
 */

#include "flow/filter_flag.h"

#include <string.h>

struct word {
    const char *name;
    uint32_t number;
};

static const struct word *find(struct np_str text, const struct word *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (np_str_is(text, words[i].name))
            return &words[i];
    return NULL;
}

#define FIND(text, words) find(text, words, sizeof(words) / sizeof(words)[0])

/* Cuts at the first `c`; false: there is none, and all is before it. */
static bool cut(struct np_str text, char c, struct np_str *before, struct np_str *after)
{
    const char *at = memchr(text.s, c, text.n);

    *before = text;
    *after = NP_STR("");
    if (!at)
        return false;
    before->n = (uint32_t)(at - text.s);
    *after = (struct np_str){at + 1, text.n - before->n - 1};
    return true;
}

const char *np_flag_workload(struct np_spec_value *value)
{
    struct np_str kind, name;

    if (cut(value->text, '/', &kind, &name)) {
        value->text = kind;
        value->other = name;
    } else {
        value->other = value->text;
        value->text = NP_STR("");
    }
    return NULL;
}

const char *np_flag_http_header(struct np_spec_value *value)
{
    struct np_str name, content;

    if (!cut(value->text, ':', &name, &content))
        return "a header is NAME:VALUE";
    value->text = name;
    value->other = content;
    return NULL;
}

const char *np_flag_identity(struct np_spec_value *value)
{
    static const struct word words[] = {
        {"host", 1}, {"world", 2}, {"unmanaged", 3}, {"health", 4}, {"init", 5}, {"remote-node", 6}, {"kube-apiserver", 7}, {"ingress", 8},
        {"world-ipv4", 9}, {"world-ipv6", 10}, {"aggregate-cluster", 11}, {"aggregate-cluster-mesh", 12}, {"aggregate-world", 13},
        {"aggregate-remote-node", 14},
    };
    const struct word *word = FIND(value->text, words);

    if (word)
        value->number = word->number;
    else if (!np_word_uint(value->text, true, UINT32_MAX, &value->number))
        return "an identity is a number (0x and 0 begin hexadecimal and octal ones), or host, world, unmanaged, health, init, remote-node, "
               "kube-apiserver, ingress, world-ipv4, world-ipv6";
    return NULL;
}

const char *np_flag_ip_version(struct np_spec_value *value)
{
    static const char *const v4[] = {"4", "v4", "ipv4", "ip4"}, *const v6[] = {"6", "v6", "ipv6", "ip6"};

    for (int i = 0; i < 4; i++) {
        if (np_word_is(value->text, v4[i]))
            value->number = 1;
        else if (np_word_is(value->text, v6[i]))
            value->number = 2;
    }
    return NULL;
}

const char *np_flag_verdict(struct np_spec_value *value)
{
    int32_t number;

    if (!np_word_verdict(value->text, &number))
        return "a verdict is one of FORWARDED DROPPED ERROR AUDIT REDIRECTED TRACED TRANSLATED";
    value->number = (uint64_t)(int64_t)number;
    return NULL;
}

const char *np_flag_drop_reason(struct np_spec_value *value)
{
    int32_t number;

    if (!np_word_drop_reason(value->text, &number))
        return "there is no such drop reason; one is POLICY_DENIED";
    value->number = (uint64_t)(int64_t)number;
    return NULL;
}

const char *np_flag_direction(struct np_spec_value *value)
{
    if (np_word_is(value->text, "ingress"))
        value->number = CNIPOL_FLOW_INGRESS;
    else if (np_word_is(value->text, "egress"))
        value->number = CNIPOL_FLOW_EGRESS;
    else
        return "a direction is ingress or egress";
    return NULL;
}

const char *np_flag_ip_trace_id(struct np_spec_value *value)
{
    if (np_str_is(value->text, "0") || !np_word_uint(value->text, false, UINT64_MAX, &value->number))
        return "a trace id is a decimal number greater than 0";
    return NULL;
}

const char *np_flag_tcp_flags(struct np_spec_value *value)
{
    static const char *const names[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns"};
    struct np_str rest = value->text, word;
    bool more;

    do {
        uint32_t i = 0;

        more = cut(rest, ',', &word, &rest);
        while (i < 9 && !np_word_is(word, names[i]))
            i++;
        if (i == 9)
            return "TCP flags are fin syn rst psh ack urg ece cwr ns, with commas between them";
        value->number |= 1u << i;
    } while (more);
    return NULL;
}

static const struct word types[] = {
    {"drop", 1}, {"debug", 2}, {"capture", 3}, {"trace", 4}, {"l7", 129}, {"agent", 130}, {"policy-verdict", 5}, {"trace-sock", 7},
};
static const struct word points[] = {
    {"to-endpoint", 0}, {"to-proxy", 1}, {"to-host", 2}, {"to-stack", 3}, {"to-overlay", 4}, {"from-endpoint", 5}, {"from-proxy", 6},
    {"from-host", 7}, {"from-stack", 8}, {"from-overlay", 9}, {"from-network", 10}, {"to-network", 11}, {"from-crypto", 12}, {"to-crypto", 13},
};
static const struct word agent_events[] = {
    {"unspecified", 0}, {"message", 1}, {"agent-started", 2}, {"endpoint-regenerate-success", 3}, {"endpoint-regenerate-failure", 4},
    {"policy-updated", 5}, {"policy-deleted", 6}, {"endpoint-created", 7}, {"endpoint-deleted", 8}, {"ipcache-upserted", 9},
    {"ipcache-deleted", 10},
};

/* Names of sub-types count only behind a type that was named itself. */
static bool sub_type(const struct word *type, struct np_str text, uint64_t *number)
{
    const struct word *word = NULL;

    if (type && type->number == 4)
        word = FIND(text, points);
    else if (type && type->number == 130)
        word = FIND(text, agent_events);
    if (word) {
        *number = word->number;
        return true;
    }
    return np_word_uint(text, false, UINT32_MAX, number);
}

const char *np_flag_type(struct np_spec_value *value)
{
    struct np_str name, sub;
    uint64_t number;
    const struct word *type;

    value->has_sub_type = cut(value->text, ':', &name, &sub);
    type = FIND(name, types);
    if (type)
        value->number = type->number;
    else if (!np_word_uint(name, false, UINT32_MAX, &value->number))
        return "an event type is one of capture drop l7 policy-verdict trace trace-sock agent debug, or a number";
    value->number = (uint64_t)(int64_t)(int32_t)value->number;
    if (!value->has_sub_type)
        return NULL;
    if (!sub_type(type, sub, &number))
        return "there is no such sub-type; one is a number, or behind trace a word such as to-endpoint, behind agent policy-updated";
    value->sub_type = (uint32_t)number;
    return NULL;
}
