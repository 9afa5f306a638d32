/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A record as JSON: our own form, in which names are those of the table of fields, and dots are objects.
 *
 * The common part (record_json.h) is what test vectors of all engines spell alike; the rest are the table's other rows, printed from
 * the table itself.
 */

#include "flow/record_json.h"

#include <string.h>

#include "base/ip.h"
#include "flow/json_out.h"
#include "flow/record.h"

/* "key=value" of a map's labels as members. */
static void put_label_map(struct np_jout *out, const struct cnipol_flow_end *end)
{
    np_jout_key(out, "labels");
    np_jout_open(out, '{');
    for (uint32_t i = 0; i < end->n_labels; i++) {
        struct cnipol_text label = end->labels[i], value = {"", 0};
        const char *is = memchr(label.s, '=', label.n);

        if (is) {
            value = (struct cnipol_text){is + 1, (uint32_t)(label.n - (size_t)(is + 1 - label.s))};
            label.n = (uint32_t)(is - label.s);
        }
        np_jout_string(out, label);
        np_jout_raw(out, ":", 1);
        out->wants_comma = false;
        np_jout_string(out, value);
    }
    np_jout_close(out, '}');
}

static void put_workload(struct np_jout *out, const struct cnipol_flow_end *end)
{
    if (!end->n_workloads)
        return;
    np_jout_key(out, "workload");
    np_jout_joined(out, end->workloads[0].kind, end->workloads[0].name);
}

/* In its canonical form, whatever the writer's was. */
static void put_address(struct np_jout *out, const struct cnipol_flow_end *end)
{
    char room[CNIPOL_ADDRESS_TEXT], canonical[NP_IP_TEXT];
    struct cnipol_text text = cnipol_flow_address(end, room);
    struct np_ip ip;

    if (text.s && memchr(text.s, ':', text.n) && np_ip_parse((struct np_str){text.s, text.n}, &ip, NULL) && ip.family == 6)
        text = (struct cnipol_text){canonical, np_ip_print(&ip, canonical)};
    np_jout_text_member(out, "ip", text);
}

static void put_end_members(struct np_jout *out, const struct cnipol_flow_end *end)
{
    put_address(out, end);
    if (end->has & CNIPOL_FLOW_END_PORT)
        np_jout_number_member(out, "port", end->port);
    np_jout_text_member(out, "namespace", end->ns);
    np_jout_text_member(out, "pod", end->pod);
    put_workload(out, end);
    if (end->has & CNIPOL_FLOW_END_IDENTITY)
        np_jout_number_member(out, "identity", end->identity);
    if (end->labels && (end->has & CNIPOL_FLOW_END_LABEL_MAP))
        put_label_map(out, end);
    else
        np_jout_texts_member(out, "labels", end->labels, end->n_labels);
    if (end->service.s) {
        np_jout_key(out, "service");
        np_jout_joined(out, end->service_ns, end->service);
    }
    np_jout_texts_member(out, "names", end->names, end->n_names);
    np_jout_text_member(out, "cluster", end->cluster);
}

/* An object that is left out where nothing would be in it. */
static void put_end(struct np_jout *out, const char *key, const struct cnipol_flow_end *end)
{
    struct np_jout before = *out;
    size_t start;

    np_jout_key(out, key);
    np_jout_open(out, '{');
    start = out->n;
    put_end_members(out, end);
    if (out->n == start)
        *out = before;
    else
        np_jout_close(out, '}');
}

static void put_flags(struct np_jout *out, uint16_t flags)
{
    const char *name;

    np_jout_key(out, "tcp_flags");
    np_jout_open(out, '[');
    for (uint32_t bit = 0; (name = np_tcp_flag_name(bit)); bit++)
        if (flags >> bit & 1)
            np_jout_string(out, np_text_of(name));
    np_jout_close(out, ']');
}

static void put_http(struct np_jout *out, const struct cnipol_flow_l7 *l7)
{
    np_jout_key(out, "http");
    if (l7->http_json.s) {
        np_jout_value(out, l7->http_json);
        return;
    }
    np_jout_open(out, '{');
    if (l7->has & CNIPOL_L7_CODE)
        np_jout_number_member(out, l7->has & CNIPOL_L7_CODE_STATUS ? "status" : "code", l7->code);
    np_jout_text_member(out, "method", l7->method);
    np_jout_text_member(out, "url", l7->url);
    np_jout_text_member(out, "protocol", l7->protocol);
    np_jout_text_member(out, "host", l7->host);
    np_jout_text_member(out, "user_agent", l7->user_agent);
    np_jout_text_member(out, "content_type", l7->content_type);
    if (l7->headers) {
        np_jout_key(out, "headers");
        np_jout_open(out, '[');
        for (uint32_t i = 0; i < l7->n_headers; i++) {
            np_jout_open(out, '{');
            np_jout_text_member(out, "key", l7->headers[i].key);
            np_jout_text_member(out, "value", l7->headers[i].value);
            np_jout_close(out, '}');
        }
        np_jout_close(out, ']');
    }
    np_jout_close(out, '}');
}

static void put_dns(struct np_jout *out, const struct cnipol_flow_l7 *l7)
{
    np_jout_key(out, "dns");
    np_jout_open(out, '{');
    np_jout_text_member(out, "query", l7->query);
    np_jout_texts_member(out, "ips", l7->ips, l7->n_ips);
    if (l7->has & CNIPOL_L7_TTL)
        np_jout_number_member(out, "ttl", l7->ttl);
    np_jout_texts_member(out, "cnames", l7->cnames, l7->n_cnames);
    np_jout_text_member(out, "observation_source", l7->observation_source);
    if (l7->has & CNIPOL_L7_RCODE)
        np_jout_number_member(out, "rcode", l7->rcode);
    np_jout_texts_member(out, "qtypes", l7->qtypes, l7->n_qtypes);
    np_jout_texts_member(out, "rrtypes", l7->rrtypes, l7->n_rrtypes);
    np_jout_close(out, '}');
}

static void put_signed_member(struct np_jout *out, bool is_there, const char *key, int32_t number)
{
    if (!is_there)
        return;
    np_jout_key(out, key);
    np_jout_signed(out, number);
}

static void put_kafka(struct np_jout *out, const struct cnipol_flow_l7 *l7)
{
    np_jout_key(out, "kafka");
    np_jout_open(out, '{');
    put_signed_member(out, l7->has & CNIPOL_L7_ERROR_CODE, "error_code", l7->error_code);
    put_signed_member(out, l7->has & CNIPOL_L7_API_VERSION, "api_version", l7->api_version);
    np_jout_text_member(out, "api_key", l7->api_key);
    put_signed_member(out, l7->has & CNIPOL_L7_CORRELATION_ID, "correlation_id", l7->correlation_id);
    np_jout_text_member(out, "topic", l7->topic);
    np_jout_close(out, '}');
}

static void put_l7(struct np_jout *out, const struct cnipol_flow_l7 *l7)
{
    static void (*const kinds[])(struct np_jout *, const struct cnipol_flow_l7 *) = {NULL, put_dns, put_http, put_kafka};

    np_jout_key(out, "l7");
    np_jout_open(out, '{');
    np_jout_text_member(out, "type", l7->type);
    np_jout_text_member(out, "kind", np_text_of(np_l7_kind_name(l7->kind)));
    if (l7->has & CNIPOL_L7_LATENCY)
        np_jout_number_member(out, "latency_ns", l7->latency_ns);
    if (l7->kind > 0 && (size_t)l7->kind < sizeof kinds / sizeof *kinds)
        kinds[l7->kind](out, l7);
    np_jout_close(out, '}');
}

static void put_trigger(struct np_jout *out, const struct cnipol_flow_policy *policy)
{
    np_jout_key(out, "trigger");
    np_jout_open(out, '{');
    np_jout_text_member(out, "kind", policy->trigger_kind);
    np_jout_text_member(out, "namespace", policy->trigger_ns);
    np_jout_text_member(out, "name", policy->trigger_name);
    np_jout_text_member(out, "tier", policy->trigger_tier);
    np_jout_close(out, '}');
}

static void put_policy_numbers(struct np_jout *out, const struct cnipol_flow_policy *policy)
{
    if (policy->has & CNIPOL_POLICY_RULE_NUMBER) {
        np_jout_key(out, "rule");
        np_jout_signed(out, policy->rule_number);
    }
    if (policy->has & CNIPOL_POLICY_INDEX) {
        np_jout_key(out, "index");
        np_jout_signed(out, policy->index);
    }
}

static void put_policy(struct np_jout *out, const struct cnipol_flow_policy *policy, enum np_record_json which)
{
    np_jout_open(out, '{');
    np_jout_text_member(out, "kind", policy->kind);
    if (!policy->kind.s && (policy->has & CNIPOL_POLICY_KIND_NUMBER)) {
        np_jout_key(out, "kind");
        np_jout_signed(out, policy->kind_number);
    }
    np_jout_text_member(out, "namespace", policy->ns);
    np_jout_text_member(out, "name", policy->name);
    np_jout_text_member(out, "tier", policy->tier);
    np_jout_text_member(out, "rule", policy->rule);
    put_policy_numbers(out, policy);
    np_jout_text_member(out, "action", policy->action);
    if (policy->direction)
        np_jout_text_member(out, "direction", np_text_of(cnipol_flow_direction_name(policy->direction)));
    if (policy->has & CNIPOL_POLICY_TRIGGER)
        put_trigger(out, policy);
    if (which == NP_RECORD_ALL) {
        np_jout_texts_member(out, "labels", policy->labels, policy->n_labels);
        if (policy->has & CNIPOL_POLICY_REVISION)
            np_jout_number_member(out, "revision", policy->revision);
    }
    np_jout_close(out, '}');
}

static void put_policies(struct np_jout *out, const char *key, const struct cnipol_flow_policy *items, uint32_t n,
                         enum np_record_json which)
{
    if (!items)
        return;
    np_jout_key(out, key);
    np_jout_open(out, '[');
    for (uint32_t i = 0; i < n; i++)
        put_policy(out, &items[i], which);
    np_jout_close(out, ']');
}

/* Test vectors do not name what came back since the last record. */
static bool is_common(uint16_t id)
{
    return id != CNIPOL_EXTRA_REVERSE_BYTES_DELTA && id != CNIPOL_EXTRA_REVERSE_PACKETS_DELTA;
}

static void put_extras(struct np_jout *out, const struct cnipol_flow *flow, enum np_record_json which)
{
    if (!flow->extras)
        return;
    np_jout_key(out, "extra");
    np_jout_open(out, '{');
    for (uint32_t i = 0; i < flow->n_extras; i++) {
        const struct cnipol_flow_extra *extra = &flow->extras[i];
        const char *name = cnipol_extra_name(extra->id);

        if (which == NP_RECORD_COMMON && !is_common(extra->id))
            continue;
        if (extra->type == CNIPOL_EXTRA_IS_NUMBER)
            np_jout_number_member(out, name, extra->number);
        else if (extra->type == CNIPOL_EXTRA_IS_TIME)
            np_jout_time_member(out, name, &extra->time);
        else
            np_jout_text_member(out, name, extra->text);
    }
    np_jout_close(out, '}');
}

static void put_count(struct np_jout *out, const char *key, uint32_t n)
{
    if (n)
        np_jout_number_member(out, key, n);
}

static void put_aggregate(struct np_jout *out, const struct cnipol_flow *flow)
{
    if (!(flow->has & CNIPOL_HAS_AGGREGATE))
        return;
    np_jout_key(out, "aggregate");
    np_jout_open(out, '{');
    put_count(out, "ingress_flow_count", flow->n_ingress_flows);
    put_count(out, "egress_flow_count", flow->n_egress_flows);
    put_count(out, "unknown_direction_flow_count", flow->n_unknown_flows);
    np_jout_close(out, '}');
}

static void put_event(struct np_jout *out, const struct cnipol_flow_event *event)
{
    np_jout_text_member(out, "event", np_text_of(np_event_name(event->kind)));
    np_jout_text_member(out, "source", event->source);
    if (event->has & CNIPOL_EVENT_COUNT)
        np_jout_number_member(out, "num_events_lost", event->n_lost);
    if (event->has & CNIPOL_EVENT_CPU) {
        np_jout_key(out, "cpu");
        np_jout_signed(out, event->cpu);
    }
    if (event->has & CNIPOL_EVENT_FIRST)
        np_jout_time_member(out, "first", &event->first);
    if (event->has & CNIPOL_EVENT_LAST)
        np_jout_time_member(out, "last", &event->last);
    np_jout_text_member(out, "state", event->state);
    np_jout_texts_member(out, "nodes", event->nodes, event->n_nodes);
    np_jout_text_member(out, "message", event->message);
}

/* IGMP and VRRP have names in Cilium's records alone, which say more of them than that. */
static const char *protocol_name(const struct cnipol_flow *flow)
{
    bool is_cilium = flow->has & (CNIPOL_HAS_L4 | CNIPOL_HAS_ICMP | CNIPOL_HAS_EVENT_TYPE);

    return is_cilium || (flow->protocol != 2 && flow->protocol != 112) ? cnipol_flow_protocol_name(flow->protocol) : NULL;
}

static void put_protocol(struct np_jout *out, const struct cnipol_flow *flow)
{
    const char *name = protocol_name(flow);

    if (!(flow->has & CNIPOL_HAS_PROTOCOL))
        return;
    np_jout_key(out, "protocol");
    if (name)
        np_jout_string(out, np_text_of(name));
    else
        np_jout_number(out, flow->protocol);
}

static void put_word_member(struct np_jout *out, const struct cnipol_flow *flow, int32_t id)
{
    struct cnipol_value value;

    cnipol_field_get(flow, id, &value);
    if (value.type)
        np_jout_text_member(out, cnipol_field_at((size_t)id)->name, value.text);
}

static void put_bool_member(struct np_jout *out, const struct cnipol_flow *flow, uint32_t has, const char *key, bool value)
{
    if (!(flow->has & has))
        return;
    np_jout_key(out, key);
    np_jout_bool(out, value);
}

static void put_interface(struct np_jout *out, const struct cnipol_flow *flow)
{
    np_jout_text_member(out, "interface", flow->interface_name);
    if (!flow->interface_name.s && (flow->has & CNIPOL_HAS_INTERFACE))
        np_jout_number_member(out, "interface", flow->interface_index);
}

static void put_l4(struct np_jout *out, const struct cnipol_flow *flow)
{
    if (flow->has & CNIPOL_HAS_TCP_FLAGS)
        put_flags(out, flow->tcp_flags);
    if (!(flow->has & CNIPOL_HAS_ICMP) || flow->protocol == NP_IGMP || flow->protocol == NP_VRRP)
        return;
    np_jout_key(out, "icmp");
    np_jout_open(out, '{');
    np_jout_number_member(out, "type", flow->icmp_type);
    np_jout_number_member(out, "code", flow->icmp_code);
    np_jout_close(out, '}');
}

/* A table's row that has a value and is not printed by the common part. */
static void put_value(struct np_jout *out, const char *key, const struct cnipol_value *value)
{
    switch (value->type) {
    case CNIPOL_VALUE_TEXTS:
        np_jout_texts_member(out, key, value->items, value->n);
        return;
    case CNIPOL_VALUE_NUMBER:
        np_jout_number_member(out, key, value->number);
        return;
    case CNIPOL_VALUE_SIGNED:
        np_jout_key(out, key);
        np_jout_signed(out, (int64_t)value->number);
        return;
    default:
        np_jout_text_member(out, key, value->text);
        return;
    }
}

/* Those rows, with their full names: they have no objects of their own in the common part. */
static void put_rest(struct np_jout *out, const struct cnipol_flow *flow)
{
    static const uint8_t ids[] = {
        CNIPOL_FIELD_SRC_ID,        CNIPOL_FIELD_SRC_MAC,         CNIPOL_FIELD_SRC_XLATED,    CNIPOL_FIELD_DST_ID,
        CNIPOL_FIELD_DST_MAC,       CNIPOL_FIELD_IP_VERSION,      CNIPOL_FIELD_NODE_LABELS,   CNIPOL_FIELD_FLOW_TYPE,
        CNIPOL_FIELD_EVENT_TYPE,    CNIPOL_FIELD_EVENT_SUB_TYPE,  CNIPOL_FIELD_MATCH_TYPE,    CNIPOL_FIELD_OBSERVATION_POINT,
        CNIPOL_FIELD_TRACE_REASON,  CNIPOL_FIELD_CAPTURE_POINT,   CNIPOL_FIELD_AUTH_TYPE,     CNIPOL_FIELD_PROXY_PORT,
        CNIPOL_FIELD_XLATE_POINT,   CNIPOL_FIELD_SOCKET_COOKIE,   CNIPOL_FIELD_CGROUP_ID,     CNIPOL_FIELD_UUID,
        CNIPOL_FIELD_EMITTER_NAME,  CNIPOL_FIELD_EMITTER_VERSION, CNIPOL_FIELD_TRACE_ID,      CNIPOL_FIELD_IP_TRACE_ID,
        CNIPOL_FIELD_FILE,          CNIPOL_FIELD_LINE,            CNIPOL_FIELD_SUMMARY,       CNIPOL_FIELD_POLICY_LOG,
        CNIPOL_FIELD_TUNNEL_PROTOCOL, CNIPOL_FIELD_TUNNEL_VNI,    CNIPOL_FIELD_TUNNEL_SRC,    CNIPOL_FIELD_TUNNEL_DST,
    };

    for (size_t i = 0; i < sizeof ids; i++) {
        struct cnipol_value value;

        cnipol_field_get(flow, ids[i], &value);
        if (value.type)
            put_value(out, cnipol_field_at(ids[i])->name, &value);
    }
}

static void put_common_l7(struct np_jout *out, struct cnipol_flow_l7 l7)
{
    l7.user_agent = l7.content_type = (struct cnipol_text){NULL, 0};
    put_l7(out, &l7);
}

size_t np_record_print_json(const struct cnipol_flow *flow, enum np_record_json which, char *bytes, size_t size)
{
    struct np_jout out = {.bytes = bytes, .size = size};

    np_jout_open(&out, '{');
    if (flow->has & CNIPOL_HAS_TIME)
        np_jout_time_member(&out, "time", &flow->time);
    put_word_member(&out, flow, CNIPOL_FIELD_VERDICT);
    put_word_member(&out, flow, CNIPOL_FIELD_DIRECTION);
    put_bool_member(&out, flow, CNIPOL_HAS_REPLY, "reply", flow->reply);
    put_protocol(&out, flow);
    put_end(&out, "src", &flow->src);
    put_end(&out, "dst", &flow->dst);
    put_l4(&out, flow);
    if (flow->l7 && which == NP_RECORD_ALL)
        put_l7(&out, flow->l7);
    else if (flow->l7)
        put_common_l7(&out, *flow->l7);
    put_word_member(&out, flow, CNIPOL_FIELD_DROP_REASON);
    put_policies(&out, "policies", flow->policies, flow->n_policies, which);
    put_policies(&out, "pending_policies", flow->pending_policies, flow->n_pending_policies, which);
    np_jout_text_member(&out, "node", flow->node);
    put_interface(&out, flow);
    put_bool_member(&out, flow, CNIPOL_HAS_ENCRYPTED, "encrypted", flow->encrypted);
    put_aggregate(&out, flow);
    if (flow->event)
        put_event(&out, flow->event);
    put_extras(&out, flow, which);
    if (which == NP_RECORD_ALL)
        put_rest(&out, flow);
    np_jout_close(&out, '}');
    return np_jout_end(&out);
}

size_t cnipol_flow_print_json(const struct cnipol_flow *flow, char *out, size_t size)
{
    return np_record_print_json(flow, NP_RECORD_ALL, out, size);
}
