/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A record as Hubble writes it: GetFlowsResponse through protojson with proto names (cilium.io: hubble observe -o jsonpb).
 *
 * Members stand in the order of flow.proto, zero values are left out, 64-bit numbers are texts, enumerations words. Decoding what is
 * written here gives the record again, but for what flow.proto has no place for: Antrea's and Calico's tiers, indexes and counters.
 */

#include <stdio.h>

#include "flow/format.h"
#include "flow/json_out.h"
#include "flow/record.h"
#include "flow/words.h"
#include "report/flow.h"

static void put_u64(struct np_jout *out, const char *key, uint64_t number)
{
    char text[24];
    int n;

    if (!number)
        return;
    n = snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    np_jout_text_member(out, key, (struct cnipol_text){text, (uint32_t)n});
}

static void put_u32(struct np_jout *out, const char *key, uint32_t number)
{
    if (number)
        np_jout_number_member(out, key, number);
}

static void put_i32(struct np_jout *out, const char *key, int32_t number)
{
    if (!number)
        return;
    np_jout_key(out, key);
    np_jout_signed(out, number);
}

static void put_text(struct np_jout *out, const char *key, struct cnipol_text text)
{
    if (text.n)
        np_jout_text_member(out, key, text);
}

static void put_texts(struct np_jout *out, const char *key, const struct cnipol_text *items, uint32_t n)
{
    if (n)
        np_jout_texts_member(out, key, items, n);
}

/* A word, or the number where there is none; zero is left out. */
static void put_word(struct np_jout *out, const char *key, const struct np_words *words, int32_t number)
{
    const char *word = number ? np_word_of(words, number) : NULL;

    if (word)
        np_jout_text_member(out, key, np_text_of(word));
    else
        put_i32(out, key, number);
}

static void open_member(struct np_jout *out, const char *key)
{
    np_jout_key(out, key);
    np_jout_open(out, '{');
}

static void put_emitter(struct np_jout *out, const struct cnipol_flow *flow)
{
    if (!flow->emitter_name.s && !flow->emitter_version.s)
        return;
    open_member(out, "emitter");
    put_text(out, "name", flow->emitter_name);
    put_text(out, "version", flow->emitter_version);
    np_jout_close(out, '}');
}

static void put_ethernet(struct np_jout *out, const struct cnipol_flow *flow)
{
    if (!(flow->has & CNIPOL_HAS_ETHERNET) && !flow->src_mac.s && !flow->dst_mac.s)
        return;
    open_member(out, "ethernet");
    put_text(out, "source", flow->src_mac);
    put_text(out, "destination", flow->dst_mac);
    np_jout_close(out, '}');
}

static bool has_ip(const struct cnipol_flow *flow)
{
    return (flow->has & CNIPOL_HAS_IP) || flow->src.ip.s || flow->dst.ip.s || flow->src.family || flow->dst.family;
}

/* 4, 6, 0: not known. */
static uint8_t version_of(const struct cnipol_flow *flow)
{
    if (flow->ip_version || (flow->has & CNIPOL_HAS_IP))
        return flow->ip_version;
    if (flow->src.family)
        return flow->src.family;
    return flow->src.ip.n ? memchr(flow->src.ip.s, ':', flow->src.ip.n) ? 6 : 4 : 0;
}

static void put_ip(struct np_jout *out, const struct cnipol_flow *flow)
{
    char room[CNIPOL_ADDRESS_TEXT];
    uint8_t version = version_of(flow);

    if (!has_ip(flow))
        return;
    open_member(out, "IP");
    put_text(out, "source", cnipol_flow_address(&flow->src, room));
    put_text(out, "source_xlated", flow->src_xlated);
    put_text(out, "destination", cnipol_flow_address(&flow->dst, room));
    put_word(out, "ipVersion", &np_words_ip_version, version == 4 ? 1 : version == 6 ? 2 : 0);
    if (flow->encrypted) {
        np_jout_key(out, "encrypted");
        np_jout_bool(out, true);
    }
    np_jout_close(out, '}');
}

static void put_flags(struct np_jout *out, const struct cnipol_flow *flow)
{
    const char *name;

    if (!(flow->has & CNIPOL_HAS_TCP_FLAGS))
        return;
    open_member(out, "flags");
    for (uint32_t bit = 0; (name = np_tcp_flag_name(bit)); bit++) {
        if (!(flow->tcp_flags >> bit & 1))
            continue;
        np_jout_key(out, name);
        np_jout_bool(out, true);
    }
    np_jout_close(out, '}');
}

static const struct np_word l4_members[] = {{1, "ICMPv4"}, {2, "IGMP"}, {6, "TCP"}, {17, "UDP"}, {58, "ICMPv6"}, {112, "VRRP"}, {132, "SCTP"}};
static const struct np_words l4_words = {l4_members, sizeof l4_members / sizeof *l4_members};

static void put_l4(struct np_jout *out, const struct cnipol_flow *flow)
{
    const char *member = flow->has & CNIPOL_HAS_PROTOCOL ? np_word_of(&l4_words, flow->protocol) : NULL;

    if (!member && !(flow->has & CNIPOL_HAS_L4))
        return;
    open_member(out, "l4");
    if (member) {
        open_member(out, member);
        put_u32(out, "source_port", flow->src.port);
        put_u32(out, "destination_port", flow->dst.port);
        put_u32(out, "type", flow->icmp_type);
        put_u32(out, "code", flow->icmp_code);
        put_flags(out, flow);
        if (flow->protocol == 132)
            put_word(out, "chunk_type", &np_words_sctp_chunk, (int32_t)flow->sctp_chunk_type);
        np_jout_close(out, '}');
    }
    np_jout_close(out, '}');
}

static void put_tunnel(struct np_jout *out, const struct cnipol_flow *flow)
{
    if (!(flow->has & CNIPOL_HAS_TUNNEL))
        return;
    open_member(out, "tunnel");
    put_word(out, "protocol", &np_words_tunnel, flow->tunnel_protocol);
    if (flow->tunnel_src.s || flow->tunnel_dst.s) {
        open_member(out, "IP");
        put_text(out, "source", flow->tunnel_src);
        put_text(out, "destination", flow->tunnel_dst);
        np_jout_close(out, '}');
    }
    if (flow->tunnel_src_port || flow->tunnel_dst_port) {
        open_member(out, "l4");
        open_member(out, "UDP");
        put_u32(out, "source_port", flow->tunnel_src_port);
        put_u32(out, "destination_port", flow->tunnel_dst_port);
        np_jout_close(out, '}');
        np_jout_close(out, '}');
    }
    put_u32(out, "vni", flow->tunnel_vni);
    np_jout_close(out, '}');
}

static bool has_endpoint(const struct cnipol_flow_end *end)
{
    return (end->has & (CNIPOL_FLOW_END_ENDPOINT | CNIPOL_FLOW_END_IDENTITY | CNIPOL_FLOW_END_ID)) || end->ns.s || end->pod.s || end->cluster.s ||
           end->n_labels || end->n_workloads;
}

static void put_workloads(struct np_jout *out, const struct cnipol_flow_end *end)
{
    if (!end->n_workloads)
        return;
    np_jout_key(out, "workloads");
    np_jout_open(out, '[');
    for (uint32_t i = 0; i < end->n_workloads; i++) {
        np_jout_open(out, '{');
        put_text(out, "name", end->workloads[i].name);
        put_text(out, "kind", end->workloads[i].kind);
        np_jout_close(out, '}');
    }
    np_jout_close(out, ']');
}

static void put_endpoint(struct np_jout *out, const char *key, const struct cnipol_flow_end *end)
{
    if (!has_endpoint(end))
        return;
    open_member(out, key);
    put_u32(out, "ID", end->id);
    put_u32(out, "identity", end->identity);
    put_text(out, "cluster_name", end->cluster);
    put_text(out, "namespace", end->ns);
    put_texts(out, "labels", end->labels, end->n_labels);
    put_text(out, "pod_name", end->pod);
    put_workloads(out, end);
    np_jout_close(out, '}');
}

static void put_service(struct np_jout *out, const char *key, const struct cnipol_flow_end *end)
{
    if (!(end->has & CNIPOL_FLOW_END_SERVICE) && !end->service.s && !end->service_ns.s)
        return;
    open_member(out, key);
    put_text(out, "name", end->service);
    put_text(out, "namespace", end->service_ns);
    np_jout_close(out, '}');
}

static void put_dns(struct np_jout *out, const struct cnipol_flow_l7 *l7)
{
    open_member(out, "dns");
    put_text(out, "query", l7->query);
    put_texts(out, "ips", l7->ips, l7->n_ips);
    put_u32(out, "ttl", l7->ttl);
    put_texts(out, "cnames", l7->cnames, l7->n_cnames);
    put_text(out, "observation_source", l7->observation_source);
    put_u32(out, "rcode", l7->rcode);
    put_texts(out, "qtypes", l7->qtypes, l7->n_qtypes);
    put_texts(out, "rrtypes", l7->rrtypes, l7->n_rrtypes);
    np_jout_close(out, '}');
}

static void put_http(struct np_jout *out, const struct cnipol_flow_l7 *l7)
{
    open_member(out, "http");
    put_u32(out, "code", l7->code);
    put_text(out, "method", l7->method);
    put_text(out, "url", l7->url);
    put_text(out, "protocol", l7->protocol);
    if (l7->n_headers) {
        np_jout_key(out, "headers");
        np_jout_open(out, '[');
        for (uint32_t i = 0; i < l7->n_headers; i++) {
            np_jout_open(out, '{');
            put_text(out, "key", l7->headers[i].key);
            put_text(out, "value", l7->headers[i].value);
            np_jout_close(out, '}');
        }
        np_jout_close(out, ']');
    }
    np_jout_close(out, '}');
}

static void put_kafka(struct np_jout *out, const struct cnipol_flow_l7 *l7)
{
    open_member(out, "kafka");
    put_i32(out, "error_code", l7->error_code);
    put_i32(out, "api_version", l7->api_version);
    put_text(out, "api_key", l7->api_key);
    put_i32(out, "correlation_id", l7->correlation_id);
    put_text(out, "topic", l7->topic);
    np_jout_close(out, '}');
}

/* "request" → REQUEST; what flow.proto has no word for is left out. */
static void put_l7_type(struct np_jout *out, struct cnipol_text type)
{
    static const char *const words[][2] = {{"request", "REQUEST"}, {"response", "RESPONSE"}, {"sample", "SAMPLE"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (np_text_is(type, words[i][0]))
            np_jout_text_member(out, "type", np_text_of(words[i][1]));
}

static void put_l7(struct np_jout *out, const struct cnipol_flow_l7 *l7)
{
    static void (*const kinds[])(struct np_jout *, const struct cnipol_flow_l7 *) = {NULL, put_dns, put_http, put_kafka};

    if (!l7)
        return;
    open_member(out, "l7");
    put_l7_type(out, l7->type);
    put_u64(out, "latency_ns", l7->latency_ns);
    if (l7->kind > 0 && (size_t)l7->kind < sizeof kinds / sizeof *kinds)
        kinds[l7->kind](out, l7);
    np_jout_close(out, '}');
}

static void put_event_type(struct np_jout *out, const struct cnipol_flow *flow)
{
    if (!(flow->has & CNIPOL_HAS_EVENT_TYPE))
        return;
    open_member(out, "event_type");
    put_i32(out, "type", flow->event_type);
    put_i32(out, "sub_type", flow->event_sub_type);
    np_jout_close(out, '}');
}

static void put_file(struct np_jout *out, const struct cnipol_flow *flow)
{
    if (!(flow->has & CNIPOL_HAS_FILE) && !flow->file_name.s)
        return;
    open_member(out, "file");
    put_text(out, "name", flow->file_name);
    put_u32(out, "line", flow->file_line);
    np_jout_close(out, '}');
}

static void put_traces(struct np_jout *out, const struct cnipol_flow *flow)
{
    if (!(flow->has & CNIPOL_HAS_IP_TRACE))
        return;
    open_member(out, "ip_trace_id");
    put_u64(out, "trace_id", flow->ip_trace_id);
    put_u32(out, "ip_option_type", flow->ip_option_type);
    np_jout_close(out, '}');
}

static void put_interface(struct np_jout *out, const struct cnipol_flow *flow)
{
    if (!(flow->has & CNIPOL_HAS_INTERFACE) && !flow->interface_name.s)
        return;
    open_member(out, "interface");
    put_u32(out, "index", flow->interface_index);
    put_text(out, "name", flow->interface_name);
    np_jout_close(out, '}');
}

static void put_trace_context(struct np_jout *out, const struct cnipol_flow *flow)
{
    if (!(flow->has & CNIPOL_HAS_TRACE_CONTEXT) && !flow->trace_id.s)
        return;
    open_member(out, "trace_context");
    if (flow->trace_id.s) {
        open_member(out, "parent");
        put_text(out, "trace_id", flow->trace_id);
        np_jout_close(out, '}');
    }
    np_jout_close(out, '}');
}

/* Which of flow.proto's four lists a policy belongs to. */
struct policy_list {
    const char *key;
    int32_t direction;
    bool denies;
};

static const struct policy_list policy_lists[] = {{"egress_allowed_by", CNIPOL_FLOW_EGRESS, false},
                                                  {"ingress_allowed_by", CNIPOL_FLOW_INGRESS, false},
                                                  {"egress_denied_by", CNIPOL_FLOW_EGRESS, true},
                                                  {"ingress_denied_by", CNIPOL_FLOW_INGRESS, true}};

static bool belongs(const struct policy_list *list, const struct cnipol_flow *flow, const struct cnipol_flow_policy *policy)
{
    bool denies = np_text_is(policy->action, "deny") || np_text_is(policy->action, "drop") || np_text_is(policy->action, "reject");
    int32_t direction = policy->direction ? policy->direction : flow->direction ? flow->direction : CNIPOL_FLOW_INGRESS;

    return direction == list->direction && denies == list->denies;
}

static void put_policy(struct np_jout *out, const struct cnipol_flow_policy *policy)
{
    np_jout_open(out, '{');
    put_text(out, "name", policy->name);
    put_text(out, "namespace", policy->ns);
    put_texts(out, "labels", policy->labels, policy->n_labels);
    put_u64(out, "revision", policy->revision);
    put_text(out, "kind", policy->kind);
    np_jout_close(out, '}');
}

static void put_policies(struct np_jout *out, const struct cnipol_flow *flow, const struct policy_list *list)
{
    bool any = false;

    for (uint32_t i = 0; i < flow->n_policies; i++) {
        if (!belongs(list, flow, &flow->policies[i]))
            continue;
        if (!any) {
            np_jout_key(out, list->key);
            np_jout_open(out, '[');
        }
        any = true;
        put_policy(out, &flow->policies[i]);
    }
    if (any)
        np_jout_close(out, ']');
}

static void put_aggregate(struct np_jout *out, const struct cnipol_flow *flow)
{
    if (!(flow->has & CNIPOL_HAS_AGGREGATE))
        return;
    open_member(out, "aggregate");
    put_u32(out, "ingress_flow_count", flow->n_ingress_flows);
    put_u32(out, "egress_flow_count", flow->n_egress_flows);
    put_u32(out, "unknown_direction_flow_count", flow->n_unknown_flows);
    np_jout_close(out, '}');
}

/* A reason that has no word in flow.proto stands in drop_reason alone. */
static void put_drop_reason_desc(struct np_jout *out, const struct cnipol_flow *flow)
{
    bool is_number = !flow->drop_reason_name.s && flow->has & CNIPOL_HAS_DROP_REASON;

    put_text(out, "drop_reason_desc", is_number ? np_drop_reason_name(flow->drop_reason) : flow->drop_reason_name);
}

/* Members up to l7, in flow.proto's order. */
static void put_first(struct np_jout *out, const struct cnipol_flow *flow)
{
    if (flow->has & CNIPOL_HAS_TIME)
        np_jout_time_member(out, "time", &flow->time);
    put_text(out, "uuid", flow->uuid);
    put_emitter(out, flow);
    put_word(out, "verdict", &np_words_verdict, np_verdict_to_proto(flow->verdict));
    put_u32(out, "drop_reason", flow->drop_reason);
    put_word(out, "auth_type", &np_words_auth_type, flow->auth_type);
    put_ethernet(out, flow);
    put_ip(out, flow);
    put_l4(out, flow);
    put_tunnel(out, flow);
    put_endpoint(out, "source", &flow->src);
    put_endpoint(out, "destination", &flow->dst);
    put_word(out, "Type", &np_words_flow_type, flow->flow_type);
    put_text(out, "node_name", flow->node);
    put_texts(out, "node_labels", flow->node_labels, flow->n_node_labels);
    put_texts(out, "source_names", flow->src.names, flow->src.n_names);
    put_texts(out, "destination_names", flow->dst.names, flow->dst.n_names);
    put_l7(out, flow->l7);
}

static void put_reply(struct np_jout *out, const struct cnipol_flow *flow)
{
    if (!(flow->has & CNIPOL_HAS_REPLY))
        return;
    np_jout_key(out, "is_reply");
    np_jout_bool(out, flow->reply);
}

static void put_second(struct np_jout *out, const struct cnipol_flow *flow)
{
    put_event_type(out, flow);
    put_service(out, "source_service", &flow->src);
    put_service(out, "destination_service", &flow->dst);
    put_word(out, "traffic_direction", &np_words_direction, flow->direction);
    put_u32(out, "policy_match_type", flow->match_type);
    put_word(out, "trace_observation_point", &np_words_observation_point, flow->observation_point);
    put_word(out, "trace_reason", &np_words_trace_reason, flow->trace_reason);
    put_file(out, flow);
    put_traces(out, flow);
    put_drop_reason_desc(out, flow);
    put_reply(out, flow);
    put_word(out, "debug_capture_point", &np_words_capture_point, flow->capture_point);
    put_interface(out, flow);
    put_u32(out, "proxy_port", flow->proxy_port);
    put_trace_context(out, flow);
    put_word(out, "sock_xlate_point", &np_words_xlate_point, flow->xlate_point);
    put_u64(out, "socket_cookie", flow->socket_cookie);
    put_u64(out, "cgroup_id", flow->cgroup_id);
    put_text(out, "Summary", flow->summary);
    for (size_t i = 0; i < sizeof policy_lists / sizeof *policy_lists; i++)
        put_policies(out, flow, &policy_lists[i]);
    put_texts(out, "policy_log", flow->policy_log, flow->n_policy_log);
    put_aggregate(out, flow);
}

static void put_lost(struct np_jout *out, const struct cnipol_flow_event *event)
{
    put_text(out, "source", event->source);
    put_u64(out, "num_events_lost", event->n_lost);
    if (event->has & CNIPOL_EVENT_CPU) {
        np_jout_key(out, "cpu");
        np_jout_signed(out, event->cpu);
    }
    if (event->has & CNIPOL_EVENT_FIRST)
        np_jout_time_member(out, "first", &event->first);
    if (event->has & CNIPOL_EVENT_LAST)
        np_jout_time_member(out, "last", &event->last);
}

static void put_event(struct np_jout *out, const struct cnipol_flow_event *event)
{
    open_member(out, np_event_name(event->kind));
    if (event->has & CNIPOL_EVENT_TYPE)
        put_word(out, "type", event->kind == CNIPOL_EVENT_AGENT ? &np_words_agent_event : &np_words_debug_event, event->type);
    put_lost(out, event);
    put_text(out, "state_change", event->state);
    put_texts(out, "node_names", event->nodes, event->n_nodes);
    put_text(out, "message", event->message);
    np_jout_close(out, '}');
}

size_t np_flow_print_hubble(const struct cnipol_flow *flow, char *bytes, size_t size)
{
    struct np_jout out = {.bytes = bytes, .size = size};

    np_jout_open(&out, '{');
    if (flow->event) {
        put_event(&out, flow->event);
    } else {
        open_member(&out, "flow");
        put_first(&out, flow);
        put_second(&out, flow);
        np_jout_close(&out, '}');
    }
    put_text(&out, "node_name", flow->node);
    if (flow->has & CNIPOL_HAS_TIME)
        np_jout_time_member(&out, "time", &flow->time);
    np_jout_close(&out, '}');
    return np_jout_end(&out);
}
