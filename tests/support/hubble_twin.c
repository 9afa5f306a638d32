/* SPDX-License-Identifier: BSD-2-Clause */
/* See hubble_twin.h. Types are those of cilium/cilium v1.20.2 api/v1/flow/flow.proto. */

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/format.h"
#include "flow/words.h"
#include "hubble_twin_value.h"

static void ports(struct twin *t, node o, uint16_t *src, uint16_t *dst)
{
    *src = (uint16_t)twin_unsigned(t, o, "source_port", 65535);
    *dst = (uint16_t)twin_unsigned(t, o, "destination_port", 65535);
}

static uint16_t tcp_flags(struct twin *t, node o)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS"};
    uint16_t flags = 0;

    for (uint32_t i = 0; i < 9; i++)
        flags = (uint16_t)(flags | (twin_bool(t, o, names[i]) ? 1u << i : 0));
    return flags;
}

static const char *const l4_names[] = {"TCP", "UDP", "ICMPv4", "ICMPv6", "SCTP", "VRRP", "IGMP", NULL};
static const char *const l4_others[] = {"tcp", "udp", "icmpv4", "icmpv6", "sctp", "vrrp", "igmp", NULL};

static void l4(struct twin *t, node o)
{
    static const uint8_t numbers[] = {6, 17, 1, 58, 132, 112, 2};
    struct cnipol_flow *flow = t->flow;
    uint32_t which = 0;
    node p = twin_one_of(t, o, l4_names, l4_others, &which), flags;

    if (!p)
        return;
    flow->protocol = numbers[which];
    flow->has |= CNIPOL_HAS_PROTOCOL;
    if (which == 0 || which == 1 || which == 4) {
        ports(t, p, &flow->src.port, &flow->dst.port);
    } else {
        flow->has |= CNIPOL_HAS_ICMP;
        flow->icmp_type = (uint8_t)twin_unsigned(t, p, "type", 255);
    }
    if (which == 2 || which == 3)
        flow->icmp_code = (uint8_t)twin_unsigned(t, p, "code", 255);
    if (which == 4)
        flow->sctp_chunk_type = (uint32_t)twin_word(t, twin_member(t, p, "chunk_type"), &np_words_sctp_chunk);
    if (which == 5) {
        (void)twin_unsigned(t, p, "vrid", UINT32_MAX);
        (void)twin_unsigned(t, p, "priority", UINT32_MAX);
    }
    if (which == 6)
        (void)twin_text(t, p, "group_address");
    flags = which == 0 ? twin_object(t, twin_member(t, p, "flags")) : NULL;
    if (flags) {
        flow->has |= CNIPOL_HAS_TCP_FLAGS;
        flow->tcp_flags = tcp_flags(t, flags);
    }
}

static void tunnel_l4(struct twin *t, node o)
{
    uint32_t which = 0;
    node p = twin_one_of(t, o, l4_names, NULL, &which), flags;

    if (!p)
        return;
    if (which == 0 || which == 1 || which == 4)
        ports(t, p, &t->flow->tunnel_src_port, &t->flow->tunnel_dst_port);
    else
        (void)twin_unsigned(t, p, "type", UINT32_MAX);
    if (which == 2 || which == 3)
        (void)twin_unsigned(t, p, "code", UINT32_MAX);
    if (which == 4)
        (void)twin_word(t, twin_member(t, p, "chunk_type"), &np_words_sctp_chunk);
    if (which == 5) {
        (void)twin_unsigned(t, p, "vrid", UINT32_MAX);
        (void)twin_unsigned(t, p, "priority", UINT32_MAX);
    }
    if (which == 6)
        (void)twin_text(t, p, "group_address");
    flags = which == 0 ? twin_object(t, twin_member(t, p, "flags")) : NULL;
    if (flags)
        (void)tcp_flags(t, flags);
}

static void tunnel(struct twin *t, node o)
{
    struct cnipol_flow *flow = t->flow;
    node ip = twin_object(t, twin_member(t, o, "IP")), under = twin_object(t, twin_member(t, o, "l4"));

    flow->has |= CNIPOL_HAS_TUNNEL;
    flow->tunnel_protocol = twin_word(t, twin_member(t, o, "protocol"), &np_words_tunnel);
    flow->tunnel_vni = (uint32_t)twin_unsigned(t, o, "vni", UINT32_MAX);
    if (ip) {
        flow->tunnel_src = twin_address(t, ip, "source");
        flow->tunnel_dst = twin_address(t, ip, "destination");
        (void)twin_word(t, twin_member(t, ip, "ipVersion"), &np_words_ip_version);
        (void)twin_bool(t, ip, "encrypted");
        (void)twin_text(t, ip, "source_xlated");
    }
    if (under)
        tunnel_l4(t, under);
}

static node list(struct twin *t, node o, const char *name, uint32_t *n)
{
    node value = twin_member(t, o, name);

    if (value && !json_object_is_type(value, json_type_array))
        value = twin_refuse(t);
    *n = value ? (uint32_t)json_object_array_length(value) : 0;
    return value;
}

static node element(struct twin *t, node items, uint32_t i)
{
    node value = json_object_array_get_idx(items, i);

    return value ? twin_object(t, value) : twin_refuse(t);
}

static void endpoint(struct twin *t, node o, struct cnipol_flow_end *end)
{
    struct cnipol_flow_workload *workloads;
    uint32_t n;
    node items = list(t, o, "workloads", &n);

    end->has |= CNIPOL_FLOW_END_ENDPOINT;
    end->id = (uint32_t)twin_unsigned(t, o, "ID", UINT32_MAX);
    end->identity = (uint32_t)twin_unsigned(t, o, "identity", UINT32_MAX);
    end->has |= (end->id ? CNIPOL_FLOW_END_ID : 0) | (end->identity ? CNIPOL_FLOW_END_IDENTITY : 0);
    end->cluster = twin_text(t, o, "cluster_name");
    end->ns = twin_text(t, o, "namespace");
    end->pod = twin_text(t, o, "pod_name");
    end->labels = twin_texts(t, o, "labels", &end->n_labels);
    workloads = n ? np_arena_zalloc(t->arena, n * sizeof *workloads) : NULL;
    for (uint32_t i = 0; i < n && !t->bad; i++) {
        node w = element(t, items, i);

        if (!w)
            break;
        workloads[i].name = twin_text(t, w, "name");
        workloads[i].kind = twin_text(t, w, "kind");
    }
    end->workloads = workloads;
    end->n_workloads = n;
}

static void service(struct twin *t, node o, struct cnipol_flow_end *end)
{
    end->has |= CNIPOL_FLOW_END_SERVICE;
    end->service = twin_text(t, o, "name");
    end->service_ns = twin_text(t, o, "namespace");
}

static void dns(struct twin *t, node o, struct cnipol_flow_l7 *l7)
{
    l7->query = twin_text(t, o, "query");
    l7->ips = twin_texts(t, o, "ips", &l7->n_ips);
    l7->ttl = (uint32_t)twin_unsigned(t, o, "ttl", UINT32_MAX);
    l7->cnames = twin_texts(t, o, "cnames", &l7->n_cnames);
    l7->observation_source = twin_text(t, o, "observation_source");
    l7->rcode = (uint32_t)twin_unsigned(t, o, "rcode", UINT32_MAX);
    l7->qtypes = twin_texts(t, o, "qtypes", &l7->n_qtypes);
    l7->rrtypes = twin_texts(t, o, "rrtypes", &l7->n_rrtypes);
    l7->has |= (l7->ttl ? CNIPOL_L7_TTL : 0) | (l7->rcode ? CNIPOL_L7_RCODE : 0);
}

static void http(struct twin *t, node o, struct cnipol_flow_l7 *l7)
{
    struct cnipol_flow_pair *headers;
    uint32_t n;
    node items = list(t, o, "headers", &n);

    l7->code = (uint32_t)twin_unsigned(t, o, "code", UINT32_MAX);
    l7->has |= l7->code ? CNIPOL_L7_CODE : 0;
    l7->method = twin_text(t, o, "method");
    l7->url = twin_text(t, o, "url");
    l7->protocol = twin_text(t, o, "protocol");
    headers = n ? np_arena_zalloc(t->arena, n * sizeof *headers) : NULL;
    for (uint32_t i = 0; i < n && !t->bad; i++) {
        node h = element(t, items, i);

        if (!h)
            break;
        headers[i].key = twin_text(t, h, "key");
        headers[i].value = twin_text(t, h, "value");
    }
    l7->headers = headers;
    l7->n_headers = n;
}

static void kafka(struct twin *t, node o, struct cnipol_flow_l7 *l7)
{
    l7->error_code = twin_signed(t, o, "error_code");
    l7->api_version = twin_signed(t, o, "api_version");
    l7->api_key = twin_text(t, o, "api_key");
    l7->correlation_id = twin_signed(t, o, "correlation_id");
    l7->topic = twin_text(t, o, "topic");
    l7->has |= (l7->error_code ? CNIPOL_L7_ERROR_CODE : 0) | (l7->api_version ? CNIPOL_L7_API_VERSION : 0) |
               (l7->correlation_id ? CNIPOL_L7_CORRELATION_ID : 0);
}

static void layer7(struct twin *t, node o)
{
    static const char *const names[] = {"dns", "http", "kafka", NULL};
    static const char *const types[] = {NULL, "request", "response", "sample", "unknown"};
    static void (*const kinds[])(struct twin *, node, struct cnipol_flow_l7 *) = {dns, http, kafka};
    struct cnipol_flow_l7 *l7 = np_arena_zalloc(t->arena, sizeof *l7);
    int32_t type = twin_word(t, twin_member(t, o, "type"), &np_words_l7_type);
    uint32_t which = 0;
    node record = twin_one_of(t, o, names, NULL, &which);

    t->flow->l7 = l7;
    if (type) {
        type = type > 0 && type < 4 ? type : 4;
        l7->type = twin_keep(t, types[type], strlen(types[type]));
        l7->has |= CNIPOL_L7_TYPE;
    }
    l7->latency_ns = twin_unsigned(t, o, "latency_ns", UINT64_MAX);
    l7->has |= l7->latency_ns ? CNIPOL_L7_LATENCY : 0;
    if (!record)
        return;
    l7->kind = (int32_t)which + 1;
    kinds[which](t, record, l7);
}

/* The members of the record that are lists of policies, in the order that they stand there. */
static void policies(struct twin *t, node o)
{
    static const struct {
        const char *name, *camel;
        int32_t direction;
        const char *action;
    } rows[] = {
        {"egress_allowed_by", "egressAllowedBy", 2, "allow"},
        {"ingress_allowed_by", "ingressAllowedBy", 1, "allow"},
        {"egress_denied_by", "egressDeniedBy", 2, "deny"},
        {"ingress_denied_by", "ingressDeniedBy", 1, "deny"},
    };
    struct cnipol_flow_policy *items = NULL;
    uint32_t total = 0, n;

    for (uint32_t i = 0; i < 4; i++) {
        node of = list(t, o, rows[i].name, &n);

        if (!items && n)
            items = np_arena_zalloc(t->arena, 4096 * sizeof *items);
        for (uint32_t k = 0; k < n && total < 4096 && !t->bad; k++) {
            node p = element(t, of, k);
            struct cnipol_flow_policy *policy = &items[total++];

            if (!p)
                return;
            policy->direction = rows[i].direction;
            policy->action = twin_keep(t, rows[i].action, strlen(rows[i].action));
            policy->name = twin_text(t, p, "name");
            policy->ns = twin_text(t, p, "namespace");
            policy->kind = twin_text(t, p, "kind");
            policy->labels = twin_texts(t, p, "labels", &policy->n_labels);
            policy->revision = twin_unsigned(t, p, "revision", UINT64_MAX);
            policy->has = policy->revision ? CNIPOL_POLICY_REVISION : 0;
        }
    }
    t->flow->policies = items;
    t->flow->n_policies = total;
}

static void drop_reason(struct twin *t, node o)
{
    struct cnipol_flow *flow = t->flow;
    struct cnipol_text unknown = {NULL, 0};
    node value = twin_member(t, o, "drop_reason_desc");
    int32_t said = value ? twin_word_of(t, value, NULL, &unknown) : 0;
    struct cnipol_text name = {NULL, 0};

    flow->drop_reason = (uint32_t)twin_unsigned(t, o, "drop_reason", UINT32_MAX);
    if (said)
        flow->drop_reason = (uint32_t)said;
    flow->has |= flow->drop_reason ? CNIPOL_HAS_DROP_REASON : 0;
    if (flow->drop_reason)
        name = np_drop_reason_name(flow->drop_reason);
    else if (unknown.n)
        flow->drop_reason_name = unknown;
    if (name.s)
        flow->drop_reason_name = twin_keep(t, name.s, name.n);
}

static void has(struct twin *t, bool is, uint32_t bit)
{
    t->flow->has |= is ? bit : 0;
}

static void enumerations(struct twin *t, node o)
{
    struct cnipol_flow *flow = t->flow;
    node verdict = twin_member(t, o, "verdict"), direction = twin_member(t, o, "traffic_direction");
    int32_t number;

    has(t, verdict != NULL, CNIPOL_HAS_VERDICT);
    number = twin_word(t, verdict, &np_words_verdict);
    flow->verdict = number >= 0 && number <= 7 ? number : 0;
    has(t, direction != NULL, CNIPOL_HAS_DIRECTION);
    number = twin_word(t, direction, &np_words_direction);
    flow->direction = number >= 0 && number <= 2 ? number : 0;
    has(t, (flow->auth_type = twin_word(t, twin_member(t, o, "auth_type"), &np_words_auth_type)) != 0, CNIPOL_HAS_AUTH_TYPE);
    has(t, (flow->flow_type = twin_word(t, twin_loose(t, o, "Type", "type"), &np_words_flow_type)) != 0, CNIPOL_HAS_FLOW_TYPE);
    has(t, (flow->observation_point = twin_word(t, twin_member(t, o, "trace_observation_point"), &np_words_observation_point)) != 0,
        CNIPOL_HAS_OBSERVATION_POINT);
    has(t, (flow->trace_reason = twin_word(t, twin_member(t, o, "trace_reason"), &np_words_trace_reason)) != 0, CNIPOL_HAS_TRACE_REASON);
    has(t, (flow->capture_point = twin_word(t, twin_member(t, o, "debug_capture_point"), &np_words_capture_point)) != 0,
        CNIPOL_HAS_CAPTURE_POINT);
    has(t, (flow->xlate_point = twin_word(t, twin_member(t, o, "sock_xlate_point"), &np_words_xlate_point)) != 0, CNIPOL_HAS_SOCK);
}

static void scalars(struct twin *t, node o)
{
    struct cnipol_flow *flow = t->flow;

    has(t, twin_time_of(t, o, "time", &flow->time), CNIPOL_HAS_TIME);
    flow->uuid = twin_text(t, o, "uuid");
    flow->node = twin_text(t, o, "node_name");
    flow->summary = twin_text(t, o, "Summary");
    flow->node_labels = twin_texts(t, o, "node_labels", &flow->n_node_labels);
    flow->src.names = twin_texts(t, o, "source_names", &flow->src.n_names);
    flow->dst.names = twin_texts(t, o, "destination_names", &flow->dst.n_names);
    flow->policy_log = twin_texts(t, o, "policy_log", &flow->n_policy_log);
    has(t, (flow->match_type = (uint32_t)twin_unsigned(t, o, "policy_match_type", UINT32_MAX)) != 0, CNIPOL_HAS_MATCH_TYPE);
    has(t, (flow->proxy_port = (uint32_t)twin_unsigned(t, o, "proxy_port", UINT32_MAX)) != 0, CNIPOL_HAS_PROXY_PORT);
    has(t, (flow->socket_cookie = twin_unsigned(t, o, "socket_cookie", UINT64_MAX)) != 0, CNIPOL_HAS_SOCK);
    has(t, (flow->cgroup_id = twin_unsigned(t, o, "cgroup_id", UINT64_MAX)) != 0, CNIPOL_HAS_SOCK);
    has(t, (flow->reply = twin_bool(t, o, "reply")) != 0, CNIPOL_HAS_REPLY);
    if (twin_member(t, o, "is_reply")) {
        flow->reply = twin_bool(t, o, "is_reply");
        flow->has |= CNIPOL_HAS_REPLY;
    }
    (void)twin_object(t, twin_member(t, o, "extensions"));
}

static void small_messages(struct twin *t, node o)
{
    struct cnipol_flow *flow = t->flow;
    node m;

    if ((m = twin_object(t, twin_member(t, o, "emitter")))) {
        flow->emitter_name = twin_text(t, m, "name");
        flow->emitter_version = twin_text(t, m, "version");
    }
    if ((m = twin_object(t, twin_member(t, o, "ethernet")))) {
        flow->has |= CNIPOL_HAS_ETHERNET;
        flow->src_mac = twin_text(t, m, "source");
        flow->dst_mac = twin_text(t, m, "destination");
    }
    if ((m = twin_object(t, twin_member(t, o, "event_type")))) {
        flow->has |= CNIPOL_HAS_EVENT_TYPE;
        flow->event_type = twin_signed(t, m, "type");
        flow->event_sub_type = twin_signed(t, m, "sub_type");
    }
    if ((m = twin_object(t, twin_member(t, o, "file")))) {
        flow->has |= CNIPOL_HAS_FILE;
        flow->file_name = twin_text(t, m, "name");
        flow->file_line = (uint32_t)twin_unsigned(t, m, "line", UINT32_MAX);
    }
    if ((m = twin_object(t, twin_member(t, o, "ip_trace_id")))) {
        flow->has |= CNIPOL_HAS_IP_TRACE;
        flow->ip_trace_id = twin_unsigned(t, m, "trace_id", UINT64_MAX);
        flow->ip_option_type = (uint32_t)twin_unsigned(t, m, "ip_option_type", UINT32_MAX);
    }
    if ((m = twin_object(t, twin_member(t, o, "interface")))) {
        has(t, (flow->interface_index = (uint32_t)twin_unsigned(t, m, "index", UINT32_MAX)) != 0, CNIPOL_HAS_INTERFACE);
        flow->interface_name = twin_text(t, m, "name");
    }
    if ((m = twin_object(t, twin_member(t, o, "trace_context")))) {
        flow->has |= CNIPOL_HAS_TRACE_CONTEXT;
        if ((m = twin_object(t, twin_member(t, m, "parent"))))
            flow->trace_id = twin_text(t, m, "trace_id");
    }
    if ((m = twin_object(t, twin_member(t, o, "aggregate")))) {
        flow->has |= CNIPOL_HAS_AGGREGATE;
        flow->n_ingress_flows = (uint32_t)twin_unsigned(t, m, "ingress_flow_count", UINT32_MAX);
        flow->n_egress_flows = (uint32_t)twin_unsigned(t, m, "egress_flow_count", UINT32_MAX);
        flow->n_unknown_flows = (uint32_t)twin_unsigned(t, m, "unknown_direction_flow_count", UINT32_MAX);
    }
}

static void ip(struct twin *t, node o)
{
    struct cnipol_flow *flow = t->flow;
    int32_t version = twin_word(t, twin_member(t, o, "ipVersion"), &np_words_ip_version);

    flow->has |= CNIPOL_HAS_IP;
    flow->src.ip = twin_address(t, o, "source");
    flow->dst.ip = twin_address(t, o, "destination");
    flow->src_xlated = twin_address(t, o, "source_xlated");
    flow->ip_version = version == 1 ? 4 : version == 2 ? 6 : 0;
    has(t, (flow->encrypted = twin_bool(t, o, "encrypted")) != 0, CNIPOL_HAS_ENCRYPTED);
}

/* The short form's port; flow.proto has no such member. */
static void top_port(struct twin *t, node o)
{
    node value = NULL;

    if (json_object_object_get_ex(o, "destination_port", &value) && value &&
        (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double)) &&
        json_object_get_string(value)[0] != '-') {
        uint16_t port = (uint16_t)twin_number_of(t, value, 0, 65535);

        if (!t->flow->dst.port)
            t->flow->dst.port = port;
    }
}

static void read_flow(struct twin *t, node o)
{
    struct cnipol_flow *flow = t->flow;
    node m;

    scalars(t, o);
    enumerations(t, o);
    small_messages(t, o);
    drop_reason(t, o);
    if ((m = twin_object(t, twin_loose(t, o, "IP", "ip"))))
        ip(t, m);
    if ((m = twin_object(t, twin_member(t, o, "l4")))) {
        flow->has |= CNIPOL_HAS_L4;
        l4(t, m);
    }
    if ((m = twin_object(t, twin_member(t, o, "tunnel"))))
        tunnel(t, m);
    if ((m = twin_object(t, twin_member(t, o, "source"))))
        endpoint(t, m, &flow->src);
    if ((m = twin_object(t, twin_member(t, o, "destination"))))
        endpoint(t, m, &flow->dst);
    if ((m = twin_object(t, twin_member(t, o, "source_service"))))
        service(t, m, &flow->src);
    if ((m = twin_object(t, twin_member(t, o, "destination_service"))))
        service(t, m, &flow->dst);
    if ((m = twin_object(t, twin_member(t, o, "l7"))))
        layer7(t, m);
    policies(t, o);
    top_port(t, o);
    flow->src.has |= flow->src.port ? CNIPOL_FLOW_END_PORT : 0;
    flow->dst.has |= flow->dst.port ? CNIPOL_FLOW_END_PORT : 0;
}

/* The word of a number that is not 0, or its digits. */
static struct cnipol_text name_of(struct twin *t, int32_t number, const struct np_words *words)
{
    const char *name = np_word_of(words, number);
    char digits[16];

    (void)snprintf(digits, sizeof digits, "%d", (int)number);
    return number ? twin_keep(t, name ? name : digits, strlen(name ? name : digits)) : (struct cnipol_text){NULL, 0};
}

static void read_lost(struct twin *t, node o, struct cnipol_flow_event *event)
{
    node cpu = twin_member(t, o, "cpu");

    event->source = name_of(t, twin_word(t, twin_member(t, o, "source"), &np_words_lost_source), &np_words_lost_source);
    event->n_lost = twin_unsigned(t, o, "num_events_lost", UINT64_MAX);
    event->cpu = twin_signed(t, o, "cpu");
    event->has = (event->n_lost ? CNIPOL_EVENT_COUNT : 0) | (cpu ? CNIPOL_EVENT_CPU : 0);
    event->has |= twin_time_of(t, o, "first", &event->first) ? CNIPOL_EVENT_FIRST : 0;
    event->has |= twin_time_of(t, o, "last", &event->last) ? CNIPOL_EVENT_LAST : 0;
}

static void read_status(struct twin *t, node o, struct cnipol_flow_event *event)
{
    static const struct np_word states[] = {
        {0, "UNKNOWN_NODE_STATE"}, {1, "NODE_CONNECTED"}, {2, "NODE_UNAVAILABLE"}, {3, "NODE_GONE"}, {4, "NODE_ERROR"}};
    static const struct np_words words = {states, 5};

    event->state = name_of(t, twin_word(t, twin_member(t, o, "state_change"), &words), &words);
    event->nodes = twin_texts(t, o, "node_names", &event->n_nodes);
    event->message = twin_text(t, o, "message");
}

static void read_record(struct twin *t, node o)
{
    static const char *const names[] = {"flow", "lost_events", "node_status", "agent_event", "debug_event", NULL};
    static const char *const camels[] = {"flow", "lostEvents", "nodeStatus", "agentEvent", "debugEvent", NULL};
    struct cnipol_flow_event *event;
    struct cnipol_time time = {0, 0, 0};
    struct cnipol_text host = {NULL, 0};
    bool is_wrapper = false, has_time;
    uint32_t which = 0;
    node one;

    for (uint32_t i = 0; names[i]; i++)
        is_wrapper |= twin_is_there(o, names[i]) || twin_is_there(o, camels[i]);
    if (!is_wrapper) {
        read_flow(t, o);
        return;
    }
    one = twin_one_of(t, o, names, NULL, &which);
    has_time = twin_time_of(t, o, "time", &time);
    host = twin_text(t, o, "node_name");
    if (one && which == 0) {
        read_flow(t, one);
    } else if (one) {
        event = np_arena_zalloc(t->arena, sizeof *event);
        event->kind = (int32_t)which;
        t->flow->event = event;
        if (which == 1)
            read_lost(t, one, event);
        if (which == 2)
            read_status(t, one, event);
        if (which > 2 &&
            (event->type = twin_word(t, twin_member(t, one, "type"), which == 3 ? &np_words_agent_event : &np_words_debug_event)))
            event->has |= CNIPOL_EVENT_TYPE;
    }
    if (has_time && !(t->flow->has & CNIPOL_HAS_TIME)) {
        t->flow->time = time;
        t->flow->has |= CNIPOL_HAS_TIME;
    }
    if (!t->flow->node.s)
        t->flow->node = host;
}

bool hubble_twin_read(const char *bytes, size_t n, struct np_arena *arena, struct cnipol_flow *out)
{
    struct twin t = {.arena = arena, .flow = out};
    node root = hubble_twin_parse(bytes, n);

    *out = (struct cnipol_flow){0};
    if (!root || !json_object_is_type(root, json_type_object))
        t.bad = true;
    else
        read_record(&t, root);
    json_object_put(root);
    return !t.bad;
}
