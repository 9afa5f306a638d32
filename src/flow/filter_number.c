/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters of numbers, words and bits: see filter.h.
 *
 * What an event (lost events, agent and debug events) has of all this is its type; other tests find nothing in it, and those
 * that ask for a flow fail even where absence would do.
 *
 * Sources: Cilium v1.20.2 pkg/hubble/filters (verdict.go, drop_reason_desc.go, traffic_direction.go, ip.go, identity.go, ip_tracing.go,
 * encrypted.go, reply.go, event_type.go, port.go, protocol.go, tcp.go).
 */

#include "flow/filter.h"

#include <string.h>

/* Types of the monitor's messages that are no flows. */
#define TYPE_DEBUG 2
#define TYPE_AGENT 130

static int with_numbers(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->data = np_test_numbers(job, values);
    return out->data ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int matches_verdict(const struct np_test *test, const struct cnipol_flow *flow)
{
    return !flow->event && np_test_has_number(test, (uint64_t)(int64_t)flow->verdict);
}

int np_test_verdict(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_verdict;
    return with_numbers(job, values, out);
}

/* The reason by its number, or by its name where the record has nothing else. */
static uint32_t drop_reason(const struct cnipol_flow *flow)
{
    return flow->has & CNIPOL_HAS_DROP_REASON ? flow->drop_reason : np_drop_reason_find(flow->drop_reason_name);
}

static int matches_drop_reason(const struct np_test *test, const struct cnipol_flow *flow)
{
    return !flow->event && flow->verdict == CNIPOL_FLOW_DROPPED && np_test_has_number(test, drop_reason(flow));
}

int np_test_drop_reason(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_drop_reason;
    return with_numbers(job, values, out);
}

static int matches_direction(const struct np_test *test, const struct cnipol_flow *flow)
{
    return !flow->event && np_test_has_number(test, (uint64_t)(int64_t)flow->direction);
}

int np_test_direction(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_direction;
    return with_numbers(job, values, out);
}

/* flow.proto's IPVersion: 0 no IP, 1 IPv4, 2 IPv6. */
static int matches_ip_version(const struct np_test *test, const struct cnipol_flow *flow)
{
    uint64_t version = flow->ip_version == 4 ? 1 : flow->ip_version == 6 ? 2 : 0;

    return !flow->event && np_test_has_number(test, version);
}

int np_test_ip_version(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_ip_version;
    return with_numbers(job, values, out);
}

static int matches_identity(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_end *end = np_test_end(test, flow);

    return end->has & (CNIPOL_FLOW_END_ENDPOINT | CNIPOL_FLOW_END_IDENTITY) && np_test_has_number(test, end->identity);
}

int np_test_identity(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_identity;
    return with_numbers(job, values, out);
}

static int matches_ip_trace_id(const struct np_test *test, const struct cnipol_flow *flow)
{
    return np_test_has_number(test, flow->ip_trace_id);
}

int np_test_ip_trace_id(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_ip_trace_id;
    return with_numbers(job, values, out);
}

static int matches_encrypted(const struct np_test *test, const struct cnipol_flow *flow)
{
    return !flow->event && np_test_has_number(test, flow->encrypted);
}

int np_test_encrypted(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_encrypted;
    return with_numbers(job, values, out);
}

/* Of a drop nobody knows whether it was a reply: it counts as none. Of other flows nothing is assumed. */
static int matches_reply(const struct np_test *test, const struct cnipol_flow *flow)
{
    if (flow->event || (!(flow->has & CNIPOL_HAS_REPLY) && flow->verdict != CNIPOL_FLOW_DROPPED))
        return 0;
    return np_test_has_number(test, flow->has & CNIPOL_HAS_REPLY ? flow->reply : 0);
}

int np_test_reply(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_reply;
    return with_numbers(job, values, out);
}

struct event_type {
    int32_t type, sub_type;
    bool has_sub_type;
};

/* The type and sub-type of the record; false: it has none. */
static bool type_of(const struct cnipol_flow *flow, struct event_type *out)
{
    const struct cnipol_flow_event *event = flow->event;

    if (!event) {
        *out = (struct event_type){flow->event_type, flow->event_sub_type, true};
        return flow->has & CNIPOL_HAS_EVENT_TYPE;
    }
    *out = (struct event_type){event->kind == CNIPOL_EVENT_AGENT ? TYPE_AGENT : TYPE_DEBUG, event->type, true};
    return event->kind == CNIPOL_EVENT_AGENT || event->kind == CNIPOL_EVENT_DEBUG;
}

/* Lost events always pass: nobody can ask for them, and whoever lost some wants to know. */
static int matches_event_type(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct event_type *types = test->data;
    struct event_type has;

    if (flow->event && flow->event->kind == CNIPOL_EVENT_LOST)
        return 1;
    if (!type_of(flow, &has))
        return 0;
    for (uint32_t i = 0; i < test->n; i++)
        if ((types[i].type == 0 || types[i].type == has.type) && (!types[i].has_sub_type || types[i].sub_type == has.sub_type))
            return 1;
    return 0;
}

int np_test_event_type(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    struct event_type *types = np_arena_array(&job->filter->arena, values->n, sizeof *types);

    for (uint32_t i = 0; types && i < values->n; i++)
        types[i] = (struct event_type){(int32_t)values->items[i].number, (int32_t)values->items[i].sub_type, values->items[i].has_sub_type};
    out->matches = matches_event_type;
    out->data = types;
    return types ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

#define TCP 6
#define UDP 17
#define SCTP 132

/* A protocol with ports has a port 0 where the record says none. */
static int matches_port(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_end *end = np_test_end(test, flow);
    uint8_t protocol = flow->protocol;

    if (!(end->has & CNIPOL_FLOW_END_PORT) && protocol != TCP && protocol != UDP && protocol != SCTP)
        return 0;
    return np_test_has_number(test, end->port);
}

int np_test_port(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    uint64_t *ports = np_test_numbers(job, values);

    if (!ports)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < values->n; i++)
        if (!np_word_uint(values->items[i].text, false, UINT16_MAX, &ports[i]))
            return np_filter_wrong_value(job, &values->items[i], "a port is a decimal number up to 65535");
    out->matches = matches_port;
    out->data = ports;
    return CNIPOL_OK;
}

/* Protocols by name: a number of IP, another one that means the same, or a kind of L7. */
struct protocol {
    const char *name;
    uint8_t number, other;
    uint8_t l7;
};

static const struct protocol protocols[] = {
    {"icmp", 1, 58, 0},   {"icmpv4", 1, 1, 0}, {"icmpv6", 58, 58, 0}, {"tcp", 6, 6, 0},   {"udp", 17, 17, 0},
    {"sctp", 132, 132, 0}, {"vrrp", 112, 112, 0}, {"igmp", 2, 2, 0}, {"dns", 0, 0, CNIPOL_L7_DNS}, {"http", 0, 0, CNIPOL_L7_HTTP},
};

static const struct protocol *find_protocol(struct np_str name)
{
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
        if (np_word_is(name, protocols[i].name))
            return &protocols[i];
    return NULL;
}

static int matches_protocol(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct protocol *const *wanted = test->data;
    int32_t l7 = flow->l7 ? flow->l7->kind : CNIPOL_L7_NONE;

    for (uint32_t i = 0; i < test->n; i++) {
        if (wanted[i]->l7 ? wanted[i]->l7 == l7 : flow->protocol == wanted[i]->number || flow->protocol == wanted[i]->other)
            return 1;
    }
    return 0;
}

int np_test_protocol(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    const struct protocol **wanted = np_arena_array(&job->filter->arena, values->n, sizeof *wanted);

    if (!wanted)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < values->n; i++) {
        wanted[i] = find_protocol(values->items[i].text);
        if (!wanted[i])
            return np_filter_wrong_value(job, &values->items[i], "a protocol is one of icmp icmpv4 icmpv6 tcp udp sctp vrrp igmp dns http");
    }
    out->matches = matches_protocol;
    out->data = wanted;
    return CNIPOL_OK;
}

static int matches_tcp_flags(const struct np_test *test, const struct cnipol_flow *flow)
{
    const uint64_t *wanted = test->data;

    if (!(flow->has & CNIPOL_HAS_TCP_FLAGS))
        return 0;
    for (uint32_t i = 0; i < test->n; i++)
        if ((wanted[i] & flow->tcp_flags) == wanted[i])
            return 1;
    return 0;
}

int np_test_tcp_flags(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_tcp_flags;
    return with_numbers(job, values, out);
}
