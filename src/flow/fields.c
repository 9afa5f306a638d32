/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of fields: a row for each, and how it is had from a record.
 *
 * A row says in which struct the field lies (the record, one of its ends, its L7 part: each begins with its `has` word),
 * at which offset, and which bit says that it is there. What a type of value needs beyond that is one reader for the type.
 */

#include <stdio.h>
#include <string.h>

#include "flow/fields.h"
#include "flow/record.h"
#include "flow/words.h"

static const char *verdict_word(int32_t number)
{
    return cnipol_flow_verdict_name(number);
}

static const char *direction_word(int32_t number)
{
    return cnipol_flow_direction_name(number);
}

static const char *protocol_word(int32_t number)
{
    return cnipol_flow_protocol_name((uint8_t)number);
}

static const char *l7_word(int32_t number)
{
    return np_l7_kind_name(number);
}

static const char *flow_type_word(int32_t number)
{
    return np_word_of(&np_words_flow_type, number);
}

static const char *event_type_word(int32_t number)
{
    return np_word_of(&np_words_event_type, number);
}

static const char *observation_point_word(int32_t number)
{
    return np_word_of(&np_words_observation_point, number);
}

static const char *trace_reason_word(int32_t number)
{
    return np_word_of(&np_words_trace_reason, number);
}

static const char *capture_point_word(int32_t number)
{
    return np_word_of(&np_words_capture_point, number);
}

static const char *auth_type_word(int32_t number)
{
    return np_word_of(&np_words_auth_type, number);
}

static const char *xlate_point_word(int32_t number)
{
    return np_word_of(&np_words_xlate_point, number);
}

static const char *tunnel_word(int32_t number)
{
    return np_word_of(&np_words_tunnel, number);
}

static const struct np_field_row rows[] = {
    {.field = {"time", "when; of an aggregate, its end", "time", CNIPOL_FIELD_TIME, CNIPOL_VALUE_TIME},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, time), .has = CNIPOL_HAS_TIME},
    {.field = {"verdict", "forwarded, dropped, redirected, audit, error, translated, traced, unknown", "verdict", CNIPOL_FIELD_VERDICT, CNIPOL_VALUE_WORD},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, verdict), .width = 4, .has = CNIPOL_HAS_VERDICT, .word = verdict_word},
    {.field = {"direction", "ingress, egress, unknown: seen from the pod that was looked at", "direction", CNIPOL_FIELD_DIRECTION, CNIPOL_VALUE_WORD},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, direction), .width = 4, .has = CNIPOL_HAS_DIRECTION, .word = direction_word},
    {.field = {"reply", "whether it answers another packet", "reply", CNIPOL_FIELD_REPLY, CNIPOL_VALUE_BOOL},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, reply), .width = 1, .has = CNIPOL_HAS_REPLY},
    {.field = {"protocol", "TCP, UDP, SCTP, ICMP, ICMPv6, or a number", "protocol", CNIPOL_FIELD_PROTOCOL, CNIPOL_VALUE_WORD},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, protocol), .width = 1, .has = CNIPOL_HAS_PROTOCOL, .word = protocol_word},
    {.field = {"src.ip", "the address of the source", "src_ip", CNIPOL_FIELD_SRC_IP, CNIPOL_VALUE_ADDRESS},
     .from = NP_FROM_SRC, .offset = offsetof(struct cnipol_flow_end, ip)},
    {.field = {"src.port", "the port; of TCP, UDP, SCTP", "src_port", CNIPOL_FIELD_SRC_PORT, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_SRC, .offset = offsetof(struct cnipol_flow_end, port), .width = 2, .has = CNIPOL_FLOW_END_PORT},
    {.field = {"src.namespace", "the pod's namespace", "src_namespace", CNIPOL_FIELD_SRC_NAMESPACE, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_SRC, .offset = offsetof(struct cnipol_flow_end, ns)},
    {.field = {"src.pod", "the pod; where the writer aggregates, a prefix with an asterisk", "src_pod", CNIPOL_FIELD_SRC_POD, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_SRC, .offset = offsetof(struct cnipol_flow_end, pod)},
    {.field = {"src.workload", "what the pod belongs to: Deployment/web", "src_workload", CNIPOL_FIELD_SRC_WORKLOAD, CNIPOL_VALUE_WORKLOADS},
     .from = NP_FROM_SRC, .offset = offsetof(struct cnipol_flow_end, workloads), .count = offsetof(struct cnipol_flow_end, n_workloads)},
    {.field = {"src.identity", "Cilium's numeric identity", "src_identity", CNIPOL_FIELD_SRC_IDENTITY, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_SRC, .offset = offsetof(struct cnipol_flow_end, identity), .width = 4, .has = CNIPOL_FLOW_END_IDENTITY},
    {.field = {"src.labels", "labels", "src_labels", CNIPOL_FIELD_SRC_LABELS, CNIPOL_VALUE_TEXTS},
     .from = NP_FROM_SRC, .offset = offsetof(struct cnipol_flow_end, labels), .count = offsetof(struct cnipol_flow_end, n_labels)},
    {.field = {"src.service", "the service, with its namespace", "src_service", CNIPOL_FIELD_SRC_SERVICE, CNIPOL_VALUE_NAME},
     .from = NP_FROM_SRC, .offset = offsetof(struct cnipol_flow_end, service)},
    {.field = {"src.names", "DNS names of the address; networks by name", "src_names", CNIPOL_FIELD_SRC_NAMES, CNIPOL_VALUE_TEXTS},
     .from = NP_FROM_SRC, .offset = offsetof(struct cnipol_flow_end, names), .count = offsetof(struct cnipol_flow_end, n_names)},
    {.field = {"src.cluster", "the cluster", "src_cluster", CNIPOL_FIELD_SRC_CLUSTER, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_SRC, .offset = offsetof(struct cnipol_flow_end, cluster)},
    {.field = {"src.id", "Cilium's endpoint id, of one node", "src_id", CNIPOL_FIELD_SRC_ID, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_SRC, .offset = offsetof(struct cnipol_flow_end, id), .width = 4, .has = CNIPOL_FLOW_END_ID},
    {.field = {"src.mac", "the Ethernet address", "src_mac", CNIPOL_FIELD_SRC_MAC, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, src_mac)},
    {.field = {"src.xlated", "the address that the source got on the way", "src_xlated", CNIPOL_FIELD_SRC_XLATED, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, src_xlated)},
    {.field = {"dst.ip", "the address of the destination", "dst_ip", CNIPOL_FIELD_DST_IP, CNIPOL_VALUE_ADDRESS},
     .from = NP_FROM_DST, .offset = offsetof(struct cnipol_flow_end, ip)},
    {.field = {"dst.port", "the port; of TCP, UDP, SCTP", "dst_port", CNIPOL_FIELD_DST_PORT, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_DST, .offset = offsetof(struct cnipol_flow_end, port), .width = 2, .has = CNIPOL_FLOW_END_PORT},
    {.field = {"dst.namespace", "the pod's namespace", "dst_namespace", CNIPOL_FIELD_DST_NAMESPACE, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_DST, .offset = offsetof(struct cnipol_flow_end, ns)},
    {.field = {"dst.pod", "the pod; where the writer aggregates, a prefix with an asterisk", "dst_pod", CNIPOL_FIELD_DST_POD, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_DST, .offset = offsetof(struct cnipol_flow_end, pod)},
    {.field = {"dst.workload", "what the pod belongs to: Deployment/web", "dst_workload", CNIPOL_FIELD_DST_WORKLOAD, CNIPOL_VALUE_WORKLOADS},
     .from = NP_FROM_DST, .offset = offsetof(struct cnipol_flow_end, workloads), .count = offsetof(struct cnipol_flow_end, n_workloads)},
    {.field = {"dst.identity", "Cilium's numeric identity", "dst_identity", CNIPOL_FIELD_DST_IDENTITY, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_DST, .offset = offsetof(struct cnipol_flow_end, identity), .width = 4, .has = CNIPOL_FLOW_END_IDENTITY},
    {.field = {"dst.labels", "labels", "dst_labels", CNIPOL_FIELD_DST_LABELS, CNIPOL_VALUE_TEXTS},
     .from = NP_FROM_DST, .offset = offsetof(struct cnipol_flow_end, labels), .count = offsetof(struct cnipol_flow_end, n_labels)},
    {.field = {"dst.service", "the service, with its namespace", "dst_service", CNIPOL_FIELD_DST_SERVICE, CNIPOL_VALUE_NAME},
     .from = NP_FROM_DST, .offset = offsetof(struct cnipol_flow_end, service)},
    {.field = {"dst.names", "DNS names of the address; networks by name", "dst_names", CNIPOL_FIELD_DST_NAMES, CNIPOL_VALUE_TEXTS},
     .from = NP_FROM_DST, .offset = offsetof(struct cnipol_flow_end, names), .count = offsetof(struct cnipol_flow_end, n_names)},
    {.field = {"dst.cluster", "the cluster", "dst_cluster", CNIPOL_FIELD_DST_CLUSTER, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_DST, .offset = offsetof(struct cnipol_flow_end, cluster)},
    {.field = {"dst.id", "Cilium's endpoint id, of one node", "dst_id", CNIPOL_FIELD_DST_ID, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_DST, .offset = offsetof(struct cnipol_flow_end, id), .width = 4, .has = CNIPOL_FLOW_END_ID},
    {.field = {"dst.mac", "the Ethernet address", "dst_mac", CNIPOL_FIELD_DST_MAC, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, dst_mac)},
    {.field = {"tcp_flags", "TCP's flags", "tcp_flags", CNIPOL_FIELD_TCP_FLAGS, CNIPOL_VALUE_FLAGS},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, tcp_flags), .width = 2, .has = CNIPOL_HAS_TCP_FLAGS},
    {.field = {"icmp.type", "the type, of ICMP and ICMPv6", "icmp_type", CNIPOL_FIELD_ICMP_TYPE, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, icmp_type), .width = 1, .has = CNIPOL_HAS_ICMP},
    {.field = {"icmp.code", "the code, of ICMP and ICMPv6", "icmp_code", CNIPOL_FIELD_ICMP_CODE, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, icmp_code), .width = 1, .has = CNIPOL_HAS_ICMP},
    {.field = {"ip_version", "4 or 6", "ip_version", CNIPOL_FIELD_IP_VERSION, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, ip_version), .width = 1},
    {.field = {"drop_reason", "Cilium's reason: POLICY_DENIED", "drop_reason", CNIPOL_FIELD_DROP_REASON, CNIPOL_VALUE_WORD},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, drop_reason), .width = 4, .has = CNIPOL_HAS_DROP_REASON},
    {.field = {"policies", "the policies that decided", "policies", CNIPOL_FIELD_POLICIES, CNIPOL_VALUE_POLICIES},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, policies), .count = offsetof(struct cnipol_flow, n_policies)},
    {.field = {"pending_policies", "the policies that would decide if staged ones were enforced", "pending_policies", CNIPOL_FIELD_PENDING_POLICIES, CNIPOL_VALUE_POLICIES},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, pending_policies), .count = offsetof(struct cnipol_flow, n_pending_policies)},
    {.field = {"node", "the node that saw it", "node", CNIPOL_FIELD_NODE, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, node)},
    {.field = {"node_labels", "the node's labels", "node_labels", CNIPOL_FIELD_NODE_LABELS, CNIPOL_VALUE_TEXTS},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, node_labels), .count = offsetof(struct cnipol_flow, n_node_labels)},
    {.field = {"interface", "the network interface, by name or index", "interface", CNIPOL_FIELD_INTERFACE, CNIPOL_VALUE_WORD},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, interface_index), .width = 4, .has = CNIPOL_HAS_INTERFACE},
    {.field = {"encrypted", "whether it was encrypted on the wire", "encrypted", CNIPOL_FIELD_ENCRYPTED, CNIPOL_VALUE_BOOL},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, encrypted), .width = 1, .has = CNIPOL_HAS_ENCRYPTED},
    {.field = {"l7.kind", "dns, http, kafka", "l7_kind", CNIPOL_FIELD_L7_KIND, CNIPOL_VALUE_WORD},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, kind), .width = 4, .word = l7_word},
    {.field = {"l7.type", "request, response, sample", "l7_type", CNIPOL_FIELD_L7_TYPE, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, type)},
    {.field = {"l7.latency_ns", "nanoseconds until the response", "l7_latency_ns", CNIPOL_FIELD_L7_LATENCY_NS, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, latency_ns), .width = 8, .has = CNIPOL_L7_LATENCY},
    {.field = {"l7.http.code", "the status", "l7_http_code", CNIPOL_FIELD_HTTP_CODE, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, code), .width = 4, .has = CNIPOL_L7_CODE},
    {.field = {"l7.http.method", "GET", "l7_http_method", CNIPOL_FIELD_HTTP_METHOD, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, method)},
    {.field = {"l7.http.url", "the URL, as the proxy wrote it", "l7_http_url", CNIPOL_FIELD_HTTP_URL, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, url)},
    {.field = {"l7.http.protocol", "HTTP/1.1", "l7_http_protocol", CNIPOL_FIELD_HTTP_PROTOCOL, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, protocol)},
    {.field = {"l7.http.host", "the host, where it is written apart", "l7_http_host", CNIPOL_FIELD_HTTP_HOST, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, host)},
    {.field = {"l7.http.headers", "headers", "l7_http_headers", CNIPOL_FIELD_HTTP_HEADERS, CNIPOL_VALUE_PAIRS},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, headers), .count = offsetof(struct cnipol_flow_l7, n_headers)},
    {.field = {"l7.dns.query", "the name asked for", "l7_dns_query", CNIPOL_FIELD_DNS_QUERY, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, query)},
    {.field = {"l7.dns.ips", "addresses in the answer", "l7_dns_ips", CNIPOL_FIELD_DNS_IPS, CNIPOL_VALUE_TEXTS},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, ips), .count = offsetof(struct cnipol_flow_l7, n_ips)},
    {.field = {"l7.dns.ttl", "seconds", "l7_dns_ttl", CNIPOL_FIELD_DNS_TTL, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, ttl), .width = 4, .has = CNIPOL_L7_TTL},
    {.field = {"l7.dns.cnames", "CNAMEs in the answer", "l7_dns_cnames", CNIPOL_FIELD_DNS_CNAMES, CNIPOL_VALUE_TEXTS},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, cnames), .count = offsetof(struct cnipol_flow_l7, n_cnames)},
    {.field = {"l7.dns.observation_source", "proxy or agent", "l7_dns_observation_source", CNIPOL_FIELD_DNS_OBSERVATION_SOURCE, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, observation_source)},
    {.field = {"l7.dns.rcode", "the response code", "l7_dns_rcode", CNIPOL_FIELD_DNS_RCODE, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, rcode), .width = 4, .has = CNIPOL_L7_RCODE},
    {.field = {"l7.dns.qtypes", "types asked for", "l7_dns_qtypes", CNIPOL_FIELD_DNS_QTYPES, CNIPOL_VALUE_TEXTS},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, qtypes), .count = offsetof(struct cnipol_flow_l7, n_qtypes)},
    {.field = {"l7.dns.rrtypes", "types in the answer", "l7_dns_rrtypes", CNIPOL_FIELD_DNS_RRTYPES, CNIPOL_VALUE_TEXTS},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, rrtypes), .count = offsetof(struct cnipol_flow_l7, n_rrtypes)},
    {.field = {"l7.kafka.error_code", "the error", "l7_kafka_error_code", CNIPOL_FIELD_KAFKA_ERROR_CODE, CNIPOL_VALUE_SIGNED},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, error_code), .width = 4, .has = CNIPOL_L7_ERROR_CODE},
    {.field = {"l7.kafka.api_version", "the version of the call", "l7_kafka_api_version", CNIPOL_FIELD_KAFKA_API_VERSION, CNIPOL_VALUE_SIGNED},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, api_version), .width = 4, .has = CNIPOL_L7_API_VERSION},
    {.field = {"l7.kafka.api_key", "the call", "l7_kafka_api_key", CNIPOL_FIELD_KAFKA_API_KEY, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, api_key)},
    {.field = {"l7.kafka.correlation_id", "the number of the call", "l7_kafka_correlation_id", CNIPOL_FIELD_KAFKA_CORRELATION_ID, CNIPOL_VALUE_SIGNED},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, correlation_id), .width = 4, .has = CNIPOL_L7_CORRELATION_ID},
    {.field = {"l7.kafka.topic", "the topic", "l7_kafka_topic", CNIPOL_FIELD_KAFKA_TOPIC, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_L7, .offset = offsetof(struct cnipol_flow_l7, topic)},
    {.field = {"type", "L3_L4, L7, SOCK", "type", CNIPOL_FIELD_FLOW_TYPE, CNIPOL_VALUE_WORD},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, flow_type), .width = 4, .has = CNIPOL_HAS_FLOW_TYPE, .word = flow_type_word},
    {.field = {"event_type", "the monitor's event: drop, trace, policy-verdict, l7", "event_type", CNIPOL_FIELD_EVENT_TYPE, CNIPOL_VALUE_WORD},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, event_type), .width = 4, .has = CNIPOL_HAS_EVENT_TYPE, .word = event_type_word},
    {.field = {"event_sub_type", "the event's own kind, by number", "event_sub_type", CNIPOL_FIELD_EVENT_SUB_TYPE, CNIPOL_VALUE_SIGNED},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, event_sub_type), .width = 4, .has = CNIPOL_HAS_EVENT_TYPE},
    {.field = {"match_type", "how exactly the policy matched, by number", "match_type", CNIPOL_FIELD_MATCH_TYPE, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, match_type), .width = 4, .has = CNIPOL_HAS_MATCH_TYPE},
    {.field = {"observation_point", "where the packet was seen: TO_ENDPOINT", "observation_point", CNIPOL_FIELD_OBSERVATION_POINT, CNIPOL_VALUE_WORD},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, observation_point), .width = 4, .has = CNIPOL_HAS_OBSERVATION_POINT, .word = observation_point_word},
    {.field = {"trace_reason", "what connection tracking said: NEW, REPLY", "trace_reason", CNIPOL_FIELD_TRACE_REASON, CNIPOL_VALUE_WORD},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, trace_reason), .width = 4, .has = CNIPOL_HAS_TRACE_REASON, .word = trace_reason_word},
    {.field = {"capture_point", "where a debug capture was made", "capture_point", CNIPOL_FIELD_CAPTURE_POINT, CNIPOL_VALUE_WORD},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, capture_point), .width = 4, .has = CNIPOL_HAS_CAPTURE_POINT, .word = capture_point_word},
    {.field = {"auth_type", "mutual authentication: DISABLED, SPIRE", "auth_type", CNIPOL_FIELD_AUTH_TYPE, CNIPOL_VALUE_WORD},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, auth_type), .width = 4, .has = CNIPOL_HAS_AUTH_TYPE, .word = auth_type_word},
    {.field = {"proxy_port", "the port of the proxy that it was sent to", "proxy_port", CNIPOL_FIELD_PROXY_PORT, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, proxy_port), .width = 4, .has = CNIPOL_HAS_PROXY_PORT},
    {.field = {"sock_xlate_point", "where a socket was translated", "sock_xlate_point", CNIPOL_FIELD_XLATE_POINT, CNIPOL_VALUE_WORD},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, xlate_point), .width = 4, .has = CNIPOL_HAS_SOCK, .word = xlate_point_word},
    {.field = {"socket_cookie", "the socket's number", "socket_cookie", CNIPOL_FIELD_SOCKET_COOKIE, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, socket_cookie), .width = 8},
    {.field = {"cgroup_id", "the control group's number", "cgroup_id", CNIPOL_FIELD_CGROUP_ID, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, cgroup_id), .width = 8},
    {.field = {"uuid", "the record's own name", "uuid", CNIPOL_FIELD_UUID, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, uuid)},
    {.field = {"emitter.name", "who wrote it", "emitter_name", CNIPOL_FIELD_EMITTER_NAME, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, emitter_name)},
    {.field = {"emitter.version", "which version of it", "emitter_version", CNIPOL_FIELD_EMITTER_VERSION, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, emitter_version)},
    {.field = {"trace_id", "the trace that the request belongs to", "trace_id", CNIPOL_FIELD_TRACE_ID, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, trace_id)},
    {.field = {"ip_trace_id", "the number in an IP option", "ip_trace_id", CNIPOL_FIELD_IP_TRACE_ID, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, ip_trace_id), .width = 8, .has = CNIPOL_HAS_IP_TRACE},
    {.field = {"file", "the source file of the program that dropped", "file", CNIPOL_FIELD_FILE, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, file_name)},
    {.field = {"line", "the line there", "line", CNIPOL_FIELD_LINE, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, file_line), .width = 4, .has = CNIPOL_HAS_FILE},
    {.field = {"summary", "Hubble's own summary", "summary", CNIPOL_FIELD_SUMMARY, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, summary)},
    {.field = {"policy_log", "what policies wanted logged", "policy_log", CNIPOL_FIELD_POLICY_LOG, CNIPOL_VALUE_TEXTS},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, policy_log), .count = offsetof(struct cnipol_flow, n_policy_log)},
    {.field = {"tunnel.protocol", "VXLAN, GENEVE", "tunnel_protocol", CNIPOL_FIELD_TUNNEL_PROTOCOL, CNIPOL_VALUE_WORD},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, tunnel_protocol), .width = 4, .has = CNIPOL_HAS_TUNNEL, .word = tunnel_word},
    {.field = {"tunnel.vni", "the network identifier", "tunnel_vni", CNIPOL_FIELD_TUNNEL_VNI, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, tunnel_vni), .width = 4, .has = CNIPOL_HAS_TUNNEL},
    {.field = {"tunnel.src", "the outer source address", "tunnel_src", CNIPOL_FIELD_TUNNEL_SRC, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, tunnel_src)},
    {.field = {"tunnel.dst", "the outer destination address", "tunnel_dst", CNIPOL_FIELD_TUNNEL_DST, CNIPOL_VALUE_TEXT},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, tunnel_dst)},
    {.field = {"aggregate.ingress_flow_count", "flows that the record stands for", "aggregate_ingress_flow_count", CNIPOL_FIELD_AGGREGATE_INGRESS, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, n_ingress_flows), .width = 4, .has = CNIPOL_HAS_AGGREGATE},
    {.field = {"aggregate.egress_flow_count", "likewise", "aggregate_egress_flow_count", CNIPOL_FIELD_AGGREGATE_EGRESS, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, n_egress_flows), .width = 4, .has = CNIPOL_HAS_AGGREGATE},
    {.field = {"aggregate.unknown_direction_flow_count", "likewise", "aggregate_unknown_direction_flow_count", CNIPOL_FIELD_AGGREGATE_UNKNOWN, CNIPOL_VALUE_NUMBER},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, n_unknown_flows), .width = 4, .has = CNIPOL_HAS_AGGREGATE},
    {.field = {"event", "what a record is that is no flow: lost_events, node_status", "event", CNIPOL_FIELD_EVENT, CNIPOL_VALUE_WORD},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, event)},
    {.field = {"extra", "what only some writers say", "extra", CNIPOL_FIELD_EXTRA, CNIPOL_VALUE_EXTRAS},
     .from = NP_FROM_FLOW, .offset = offsetof(struct cnipol_flow, extras), .count = offsetof(struct cnipol_flow, n_extras)},
};

_Static_assert(sizeof rows / sizeof *rows == CNIPOL_N_FIELDS, "a row for each field");

const struct np_field_row *np_field_row(int32_t id)
{
    return &rows[id];
}

const struct cnipol_field *cnipol_field_at(size_t id)
{
    return id < CNIPOL_N_FIELDS ? &rows[id].field : NULL;
}

const struct cnipol_field *cnipol_field_find(const char *name)
{
    for (size_t i = 0; i < CNIPOL_N_FIELDS; i++)
        if (strcmp(rows[i].field.name, name) == 0)
            return &rows[i].field;
    return NULL;
}

static const void *base_of(const struct cnipol_flow *flow, enum np_field_from from)
{
    switch (from) {
    case NP_FROM_SRC:
        return &flow->src;
    case NP_FROM_DST:
        return &flow->dst;
    case NP_FROM_L7:
        return flow->l7;
    default:
        return flow;
    }
}

static uint64_t read_number(const void *at, uint8_t width, bool is_signed)
{
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;

    switch (width) {
    case 1:
        memcpy(&u8, at, sizeof u8);
        return u8;
    case 2:
        memcpy(&u16, at, sizeof u16);
        return u16;
    case 4:
        memcpy(&u32, at, sizeof u32);
        return is_signed ? (uint64_t)(int64_t)(int32_t)u32 : u32;
    default:
        memcpy(&u64, at, sizeof u64);
        return u64;
    }
}

static void set_text(struct cnipol_value *out, int32_t type, struct cnipol_text text)
{
    out->type = text.s ? type : CNIPOL_VALUE_NONE;
    out->text = text;
}

static void set_digits(struct cnipol_value *out, int64_t number)
{
    int n = snprintf(out->room, sizeof out->room, "%lld", (long long)number);

    out->text = (struct cnipol_text){out->room, (uint32_t)n};
}

/* A number with its word, or its digits. */
static void get_word(const struct np_field_row *row, const void *at, struct cnipol_value *out)
{
    int32_t number = (int32_t)read_number(at, row->width, true);
    const char *word = row->word(number);

    out->type = CNIPOL_VALUE_WORD;
    out->number = (uint64_t)(int64_t)number;
    if (word)
        out->text = (struct cnipol_text){word, (uint32_t)strlen(word)};
    else
        set_digits(out, number);
}

/* A number, a name, or both: drop reasons and interfaces. */
static void get_named(const struct cnipol_flow *flow, uint32_t has, uint32_t number, struct cnipol_text name, struct cnipol_value *out)
{
    if (!(flow->has & has) && !name.s)
        return;
    out->type = CNIPOL_VALUE_WORD;
    out->number = number;
    if (name.s)
        out->text = name;
    else
        set_digits(out, number);
}

static void get_list(const void *base, const struct np_field_row *row, struct cnipol_value *out)
{
    const void *items;

    memcpy(&items, (const char *)base + row->offset, sizeof items);
    memcpy(&out->n, (const char *)base + row->count, sizeof out->n);
    out->type = items ? row->field.type : CNIPOL_VALUE_NONE;
    out->items = items;
}

static void get_name(const struct cnipol_flow_end *end, struct cnipol_value *out)
{
    set_text(out, CNIPOL_VALUE_NAME, end->service);
    if (!end->service_ns.s)
        return;
    out->type = CNIPOL_VALUE_NAME;
    out->n = 1;
    out->items = &end->service_ns;
}

/* Fields that lie in no single place, or are absent for another reason than the rest. False: it is another. */
static bool get_special(const struct cnipol_flow *flow, int32_t id, struct cnipol_value *out)
{
    switch (id) {
    case CNIPOL_FIELD_DROP_REASON:
        get_named(flow, CNIPOL_HAS_DROP_REASON, flow->drop_reason, flow->drop_reason_name, out);
        return true;
    case CNIPOL_FIELD_INTERFACE:
        get_named(flow, CNIPOL_HAS_INTERFACE, flow->interface_index, flow->interface_name, out);
        return true;
    case CNIPOL_FIELD_EVENT:
        if (flow->event)
            set_text(out, CNIPOL_VALUE_WORD, np_text_of(np_event_name(flow->event->kind)));
        out->number = flow->event ? (uint64_t)flow->event->kind : 0;
        return true;
    case CNIPOL_FIELD_ICMP_TYPE:
    case CNIPOL_FIELD_ICMP_CODE:
        return flow->protocol == NP_IGMP || flow->protocol == NP_VRRP;
    case CNIPOL_FIELD_XLATE_POINT:
        return flow->xlate_point == 0;
    default:
        return false;
    }
}

static void get_plain(const struct np_field_row *row, const void *base, struct cnipol_value *out)
{
    const char *at = (const char *)base + row->offset;

    switch (row->field.type) {
    case CNIPOL_VALUE_WORD:
        get_word(row, at, out);
        return;
    case CNIPOL_VALUE_TIME:
        memcpy(&out->time, at, sizeof out->time);
        out->type = CNIPOL_VALUE_TIME;
        return;
    default:
        out->number = read_number(at, row->width, row->field.type == CNIPOL_VALUE_SIGNED);
        out->type = row->has || out->number ? row->field.type : CNIPOL_VALUE_NONE;
        return;
    }
}

/* The types that are there or not by themselves. False: the type is none of these. */
static bool get_pointed(const struct np_field_row *row, const void *base, struct cnipol_value *out)
{
    struct cnipol_text text;

    switch (row->field.type) {
    case CNIPOL_VALUE_TEXT:
        memcpy(&text, (const char *)base + row->offset, sizeof text);
        set_text(out, CNIPOL_VALUE_TEXT, text);
        return true;
    case CNIPOL_VALUE_ADDRESS:
        set_text(out, CNIPOL_VALUE_ADDRESS, cnipol_flow_address(base, out->room));
        return true;
    case CNIPOL_VALUE_NAME:
        get_name(base, out);
        return true;
    case CNIPOL_VALUE_TEXTS:
    case CNIPOL_VALUE_WORKLOADS:
    case CNIPOL_VALUE_POLICIES:
    case CNIPOL_VALUE_PAIRS:
    case CNIPOL_VALUE_EXTRAS:
        get_list(base, row, out);
        return true;
    default:
        return false;
    }
}

void cnipol_field_get(const struct cnipol_flow *flow, int32_t id, struct cnipol_value *out)
{
    const struct np_field_row *row = id >= 0 && id < CNIPOL_N_FIELDS ? &rows[id] : NULL;
    const void *base = row ? base_of(flow, row->from) : NULL;
    uint32_t has;

    out->type = CNIPOL_VALUE_NONE;
    out->n = 0;
    out->number = 0;
    out->text = (struct cnipol_text){0};
    if (!base || get_special(flow, id, out) || get_pointed(row, base, out))
        return;
    memcpy(&has, base, sizeof has);
    if (!row->has || (has & row->has))
        get_plain(row, base, out);
}
