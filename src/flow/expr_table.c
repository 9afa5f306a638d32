/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields of a flow as flow.proto names them: see expr.h.
 *
 * Source: Cilium v1.20.2 api/v1/flow/flow.proto. What the record does not keep (VRRP's and IGMP's own fields, the tunnel's ports,
 * extensions, time) has no row.
 */

#include "flow/expr.h"

#include <stddef.h>
#include <string.h>

#include "base/suggest.h"
#include "flow/words.h"

#define FLOW(member) offsetof(struct cnipol_flow, member)
#define L7(member) offsetof(struct cnipol_flow_l7, member)
#define POLICY(member) offsetof(struct cnipol_flow_policy, member)
#define F(name) (CNIPOL_FIELD_##name + 1)

#define OF(type) {NP_EXPR_##type, 0, 0}
#define TEXTS {NP_EXPR_LIST, NP_EXPR_STRING, 0}
#define LIST_OF(message) {NP_EXPR_LIST, NP_EXPR_MESSAGE, NP_MSG_##message}
#define MESSAGE(message) {NP_EXPR_MESSAGE, 0, NP_MSG_##message}

#define TEXT(parent, name, place, field) {NP_MSG_##parent, OF(STRING), NP_IN_FLOW, NP_LOAD_TEXT, 0, name, FLOW(place), 0, 0, F(field)}
#define NUMBER(parent, type, name, load, place, field) \
    {NP_MSG_##parent, OF(type), NP_IN_FLOW, NP_LOAD_##load, 0, name, FLOW(place), 0, 0, F(field)}
#define HAS(parent, name, message, guard, arg, field) \
    {NP_MSG_##parent, MESSAGE(message), NP_IN_FLOW, NP_LOAD_NONE, NP_GUARD_##guard, name, 0, 0, arg, F(field)}
#define PORT(parent, name, end, protocol, field) \
    {NP_MSG_##parent, OF(UINT), NP_IN_FLOW, NP_LOAD_U16, NP_GUARD_PROTOCOL, name, FLOW(end.port), 0, protocol, F(field)}
#define ICMP(parent, name, place, protocol, field) \
    {NP_MSG_##parent, OF(UINT), NP_IN_FLOW, NP_LOAD_U8, NP_GUARD_PROTOCOL, name, FLOW(place), 0, protocol, F(field)}
#define FLAG(name) {NP_MSG_TCP_FLAGS, OF(BOOL), NP_IN_FLOW, NP_LOAD_BIT, 0, #name, FLOW(tcp_flags), CNIPOL_TCP_##name, 0, F(TCP_FLAGS)}
#define L7_OF(parent, kind, type, name, load, place, field) \
    {NP_MSG_##parent, OF(type), NP_IN_L7, NP_LOAD_##load, NP_GUARD_L7, name, L7(place), 0, kind, F(field)}
#define L7_TEXTS(parent, name, place, field) \
    {NP_MSG_##parent, TEXTS, NP_IN_L7, NP_LOAD_TEXTS, NP_GUARD_L7, name, L7(place), L7(n_##place), CNIPOL_L7_##parent, F(field)}
#define LIST(parent, kind, name, load, place, count, field) \
    {NP_MSG_##parent, kind, NP_IN_FLOW, NP_LOAD_##load, 0, name, FLOW(place), FLOW(count), 0, F(field)}
#define POLICIES(name, arg) {NP_MSG_FLOW, LIST_OF(POLICY), NP_IN_FLOW, NP_LOAD_POLICIES, 0, name, 0, arg, 0, F(POLICIES)}
#define ITEM_TEXT(parent, name, at) {NP_MSG_##parent, OF(STRING), NP_IN_ITEM, NP_LOAD_TEXT, 0, name, at, 0, 0, 0}

#define END_OF(message, end, END) \
    NUMBER(message, UINT, "ID", U32, end.id, END##_ID), NUMBER(message, UINT, "identity", U32, end.identity, END##_IDENTITY), \
        TEXT(message, "namespace", end.ns, END##_NAMESPACE), TEXT(message, "pod_name", end.pod, END##_POD), \
        TEXT(message, "cluster_name", end.cluster, END##_CLUSTER), \
        LIST(message, TEXTS, "labels", TEXTS, end.labels, end.n_labels, END##_LABELS), \
        LIST(message, LIST_OF(WORKLOAD), "workloads", ITEMS, end.workloads, end.n_workloads, END##_WORKLOAD)

static const struct np_expr_row rows[] = {
    TEXT(FLOW, "uuid", uuid, UUID),
    HAS(FLOW, "emitter", EMITTER, TEXTS, FLOW(emitter_name), EMITTER_NAME),
    TEXT(EMITTER, "name", emitter_name, EMITTER_NAME),
    TEXT(EMITTER, "version", emitter_version, EMITTER_VERSION),
    NUMBER(FLOW, INT, "verdict", VERDICT, verdict, VERDICT),
    NUMBER(FLOW, UINT, "drop_reason", U32, drop_reason, DROP_REASON),
    NUMBER(FLOW, INT, "drop_reason_desc", DROP_REASON, drop_reason, DROP_REASON),
    NUMBER(FLOW, INT, "auth_type", I32, auth_type, AUTH_TYPE),
    HAS(FLOW, "ethernet", ETHERNET, HAS, CNIPOL_HAS_ETHERNET, SRC_MAC),
    TEXT(ETHERNET, "source", src_mac, SRC_MAC),
    TEXT(ETHERNET, "destination", dst_mac, DST_MAC),
    HAS(FLOW, "IP", IP, HAS, CNIPOL_HAS_IP, SRC_IP),
    NUMBER(IP, STRING, "source", IP, src, SRC_IP),
    NUMBER(IP, STRING, "destination", IP, dst, DST_IP),
    TEXT(IP, "source_xlated", src_xlated, SRC_XLATED),
    NUMBER(IP, INT, "ipVersion", IP_VERSION, ip_version, IP_VERSION),
    NUMBER(IP, BOOL, "encrypted", U8, encrypted, ENCRYPTED),
    HAS(FLOW, "l4", L4, HAS, CNIPOL_HAS_L4 | CNIPOL_HAS_PROTOCOL, PROTOCOL),
    HAS(L4, "TCP", TCP, PROTOCOL, 6, PROTOCOL),
    HAS(L4, "UDP", UDP, PROTOCOL, 17, PROTOCOL),
    HAS(L4, "SCTP", SCTP, PROTOCOL, 132, PROTOCOL),
    HAS(L4, "ICMPv4", ICMP4, PROTOCOL, 1, PROTOCOL),
    HAS(L4, "ICMPv6", ICMP6, PROTOCOL, 58, PROTOCOL),
    HAS(L4, "VRRP", VRRP, PROTOCOL, 112, PROTOCOL),
    HAS(L4, "IGMP", IGMP, PROTOCOL, 2, PROTOCOL),
    PORT(TCP, "source_port", src, 6, SRC_PORT),
    PORT(TCP, "destination_port", dst, 6, DST_PORT),
    PORT(UDP, "source_port", src, 17, SRC_PORT),
    PORT(UDP, "destination_port", dst, 17, DST_PORT),
    PORT(SCTP, "source_port", src, 132, SRC_PORT),
    PORT(SCTP, "destination_port", dst, 132, DST_PORT),
    {NP_MSG_SCTP, OF(INT), NP_IN_FLOW, NP_LOAD_U32, NP_GUARD_PROTOCOL, "chunk_type", FLOW(sctp_chunk_type), 0, 132, F(PROTOCOL)},
    HAS(TCP, "flags", TCP_FLAGS, HAS, CNIPOL_HAS_TCP_FLAGS, TCP_FLAGS),
    FLAG(FIN), FLAG(SYN), FLAG(RST), FLAG(PSH), FLAG(ACK), FLAG(URG), FLAG(ECE), FLAG(CWR), FLAG(NS),
    ICMP(ICMP4, "type", icmp_type, 1, ICMP_TYPE),
    ICMP(ICMP4, "code", icmp_code, 1, ICMP_CODE),
    ICMP(ICMP6, "type", icmp_type, 58, ICMP_TYPE),
    ICMP(ICMP6, "code", icmp_code, 58, ICMP_CODE),
    ICMP(VRRP, "type", icmp_type, 112, ICMP_TYPE),
    ICMP(IGMP, "type", icmp_type, 2, ICMP_TYPE),
    HAS(FLOW, "tunnel", TUNNEL, HAS, CNIPOL_HAS_TUNNEL, TUNNEL_PROTOCOL),
    NUMBER(TUNNEL, INT, "protocol", I32, tunnel_protocol, TUNNEL_PROTOCOL),
    NUMBER(TUNNEL, UINT, "vni", U32, tunnel_vni, TUNNEL_VNI),
    HAS(TUNNEL, "IP", TUNNEL_IP, TEXTS, FLOW(tunnel_src), TUNNEL_SRC),
    TEXT(TUNNEL_IP, "source", tunnel_src, TUNNEL_SRC),
    TEXT(TUNNEL_IP, "destination", tunnel_dst, TUNNEL_DST),
    HAS(FLOW, "source", SOURCE, SRC, CNIPOL_FLOW_END_ENDPOINT, SRC_IDENTITY),
    HAS(FLOW, "destination", DESTINATION, DST, CNIPOL_FLOW_END_ENDPOINT, DST_IDENTITY),
    END_OF(SOURCE, src, SRC),
    END_OF(DESTINATION, dst, DST),
    ITEM_TEXT(WORKLOAD, "name", offsetof(struct cnipol_flow_workload, name)),
    ITEM_TEXT(WORKLOAD, "kind", offsetof(struct cnipol_flow_workload, kind)),
    NUMBER(FLOW, INT, "Type", I32, flow_type, FLOW_TYPE),
    TEXT(FLOW, "node_name", node, NODE),
    LIST(FLOW, TEXTS, "node_labels", TEXTS, node_labels, n_node_labels, NODE_LABELS),
    LIST(FLOW, TEXTS, "source_names", TEXTS, src.names, src.n_names, SRC_NAMES),
    LIST(FLOW, TEXTS, "destination_names", TEXTS, dst.names, dst.n_names, DST_NAMES),
    HAS(FLOW, "l7", L7, L7, 0, L7_KIND),
    L7_OF(L7, 0, INT, "type", L7_TYPE, type, L7_TYPE),
    L7_OF(L7, 0, UINT, "latency_ns", U64, latency_ns, L7_LATENCY_NS),
    HAS(L7, "dns", DNS, L7, CNIPOL_L7_DNS, L7_KIND),
    HAS(L7, "http", HTTP, L7, CNIPOL_L7_HTTP, L7_KIND),
    HAS(L7, "kafka", KAFKA, L7, CNIPOL_L7_KAFKA, L7_KIND),
    L7_OF(DNS, CNIPOL_L7_DNS, STRING, "query", TEXT, query, DNS_QUERY),
    L7_OF(DNS, CNIPOL_L7_DNS, UINT, "ttl", U32, ttl, DNS_TTL),
    L7_OF(DNS, CNIPOL_L7_DNS, UINT, "rcode", U32, rcode, DNS_RCODE),
    L7_OF(DNS, CNIPOL_L7_DNS, STRING, "observation_source", TEXT, observation_source, DNS_OBSERVATION_SOURCE),
    L7_TEXTS(DNS, "ips", ips, DNS_IPS),
    L7_TEXTS(DNS, "cnames", cnames, DNS_CNAMES),
    L7_TEXTS(DNS, "qtypes", qtypes, DNS_QTYPES),
    L7_TEXTS(DNS, "rrtypes", rrtypes, DNS_RRTYPES),
    L7_OF(HTTP, CNIPOL_L7_HTTP, UINT, "code", U32, code, HTTP_CODE),
    L7_OF(HTTP, CNIPOL_L7_HTTP, STRING, "method", TEXT, method, HTTP_METHOD),
    L7_OF(HTTP, CNIPOL_L7_HTTP, STRING, "url", TEXT, url, HTTP_URL),
    L7_OF(HTTP, CNIPOL_L7_HTTP, STRING, "protocol", TEXT, protocol, HTTP_PROTOCOL),
    {NP_MSG_HTTP, LIST_OF(HEADER), NP_IN_L7, NP_LOAD_ITEMS, NP_GUARD_L7, "headers", L7(headers), L7(n_headers), CNIPOL_L7_HTTP, F(HTTP_HEADERS)},
    ITEM_TEXT(HEADER, "key", offsetof(struct cnipol_flow_pair, key)),
    ITEM_TEXT(HEADER, "value", offsetof(struct cnipol_flow_pair, value)),
    L7_OF(KAFKA, CNIPOL_L7_KAFKA, INT, "error_code", I32, error_code, KAFKA_ERROR_CODE),
    L7_OF(KAFKA, CNIPOL_L7_KAFKA, INT, "api_version", I32, api_version, KAFKA_API_VERSION),
    L7_OF(KAFKA, CNIPOL_L7_KAFKA, INT, "correlation_id", I32, correlation_id, KAFKA_CORRELATION_ID),
    L7_OF(KAFKA, CNIPOL_L7_KAFKA, STRING, "api_key", TEXT, api_key, KAFKA_API_KEY),
    L7_OF(KAFKA, CNIPOL_L7_KAFKA, STRING, "topic", TEXT, topic, KAFKA_TOPIC),
    NUMBER(FLOW, BOOL, "reply", U8, reply, REPLY),
    {NP_MSG_FLOW, OF(WRAPPED), NP_IN_FLOW, NP_LOAD_IS_REPLY, 0, "is_reply", 0, 0, 0, F(REPLY)},
    HAS(FLOW, "event_type", EVENT_TYPE, HAS, CNIPOL_HAS_EVENT_TYPE, EVENT_TYPE),
    NUMBER(EVENT_TYPE, INT, "type", I32, event_type, EVENT_TYPE),
    NUMBER(EVENT_TYPE, INT, "sub_type", I32, event_sub_type, EVENT_SUB_TYPE),
    HAS(FLOW, "source_service", SOURCE_SERVICE, SRC, CNIPOL_FLOW_END_SERVICE, SRC_SERVICE),
    HAS(FLOW, "destination_service", DESTINATION_SERVICE, DST, CNIPOL_FLOW_END_SERVICE, DST_SERVICE),
    TEXT(SOURCE_SERVICE, "name", src.service, SRC_SERVICE),
    TEXT(SOURCE_SERVICE, "namespace", src.service_ns, SRC_SERVICE),
    TEXT(DESTINATION_SERVICE, "name", dst.service, DST_SERVICE),
    TEXT(DESTINATION_SERVICE, "namespace", dst.service_ns, DST_SERVICE),
    NUMBER(FLOW, INT, "traffic_direction", I32, direction, DIRECTION),
    NUMBER(FLOW, UINT, "policy_match_type", U32, match_type, MATCH_TYPE),
    NUMBER(FLOW, INT, "trace_observation_point", I32, observation_point, OBSERVATION_POINT),
    NUMBER(FLOW, INT, "trace_reason", I32, trace_reason, TRACE_REASON),
    NUMBER(FLOW, INT, "debug_capture_point", I32, capture_point, CAPTURE_POINT),
    HAS(FLOW, "file", FILE, HAS, CNIPOL_HAS_FILE, FILE),
    TEXT(FILE, "name", file_name, FILE),
    NUMBER(FILE, UINT, "line", U32, file_line, LINE),
    HAS(FLOW, "ip_trace_id", IP_TRACE, HAS, CNIPOL_HAS_IP_TRACE, IP_TRACE_ID),
    NUMBER(IP_TRACE, UINT, "trace_id", U64, ip_trace_id, IP_TRACE_ID),
    NUMBER(IP_TRACE, UINT, "ip_option_type", U32, ip_option_type, IP_TRACE_ID),
    HAS(FLOW, "interface", INTERFACE, HAS, CNIPOL_HAS_INTERFACE, INTERFACE),
    NUMBER(INTERFACE, UINT, "index", U32, interface_index, INTERFACE),
    TEXT(INTERFACE, "name", interface_name, INTERFACE),
    NUMBER(FLOW, UINT, "proxy_port", U32, proxy_port, PROXY_PORT),
    HAS(FLOW, "trace_context", TRACE_CONTEXT, HAS, CNIPOL_HAS_TRACE_CONTEXT, TRACE_ID),
    HAS(TRACE_CONTEXT, "parent", TRACE_PARENT, TEXT, FLOW(trace_id), TRACE_ID),
    TEXT(TRACE_PARENT, "trace_id", trace_id, TRACE_ID),
    NUMBER(FLOW, INT, "sock_xlate_point", I32, xlate_point, XLATE_POINT),
    NUMBER(FLOW, UINT, "socket_cookie", U64, socket_cookie, SOCKET_COOKIE),
    NUMBER(FLOW, UINT, "cgroup_id", U64, cgroup_id, CGROUP_ID),
    TEXT(FLOW, "Summary", summary, SUMMARY),
    POLICIES("egress_allowed_by", CNIPOL_FLOW_EGRESS | 4),
    POLICIES("ingress_allowed_by", CNIPOL_FLOW_INGRESS | 4),
    POLICIES("egress_denied_by", CNIPOL_FLOW_EGRESS),
    POLICIES("ingress_denied_by", CNIPOL_FLOW_INGRESS),
    ITEM_TEXT(POLICY, "name", POLICY(name)),
    ITEM_TEXT(POLICY, "namespace", POLICY(ns)),
    ITEM_TEXT(POLICY, "kind", POLICY(kind)),
    {NP_MSG_POLICY, OF(UINT), NP_IN_ITEM, NP_LOAD_U64, 0, "revision", POLICY(revision), 0, 0, 0},
    {NP_MSG_POLICY, TEXTS, NP_IN_ITEM, NP_LOAD_TEXTS, 0, "labels", POLICY(labels), POLICY(n_labels), 0, 0},
    LIST(FLOW, TEXTS, "policy_log", TEXTS, policy_log, n_policy_log, POLICY_LOG),
    HAS(FLOW, "aggregate", AGGREGATE, HAS, CNIPOL_HAS_AGGREGATE, AGGREGATE_INGRESS),
    NUMBER(AGGREGATE, UINT, "ingress_flow_count", U32, n_ingress_flows, AGGREGATE_INGRESS),
    NUMBER(AGGREGATE, UINT, "egress_flow_count", U32, n_egress_flows, AGGREGATE_EGRESS),
    NUMBER(AGGREGATE, UINT, "unknown_direction_flow_count", U32, n_unknown_flows, AGGREGATE_UNKNOWN),
};

#define N_ROWS (sizeof rows / sizeof rows[0])

const struct np_expr_row *np_expr_field(uint8_t message, struct np_str name)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].parent == message && np_str_is(name, rows[i].name))
            return &rows[i];
    return NULL;
}

const char *np_expr_suggest(uint8_t message, struct np_str name)
{
    const char *names[N_ROWS];

    for (size_t i = 0; i < N_ROWS; i++)
        names[i] = rows[i].parent == message ? rows[i].name : NULL;
    return np_suggest(name, names, N_ROWS);
}

int np_expr_constant(struct np_str type, struct np_str name, int32_t *out)
{
    static const struct {
        const char *name;
        const struct np_words *words;
    } enums[] = {
        {"Verdict", &np_words_verdict},
        {"TrafficDirection", &np_words_direction},
        {"FlowType", &np_words_flow_type},
        {"AuthType", &np_words_auth_type},
        {"TraceObservationPoint", &np_words_observation_point},
        {"TraceReason", &np_words_trace_reason},
        {"DebugCapturePoint", &np_words_capture_point},
        {"SocketTranslationPoint", &np_words_xlate_point},
        {"Tunnel.Protocol", &np_words_tunnel},
        {"L7FlowType", &np_words_l7_type},
        {"IPVersion", &np_words_ip_version},
        {"SCTPChunkType", &np_words_sctp_chunk},
    };

    if (np_str_is(type, "DropReason"))
        return np_word_drop_reason(name, out);
    for (size_t i = 0; i < sizeof enums / sizeof enums[0]; i++)
        if (np_str_is(type, enums[i].name))
            return np_word_find(enums[i].words, np_text(name.s, name.n), out);
    return -1;
}
