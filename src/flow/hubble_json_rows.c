/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages that Hubble writes, a row for each member, in the order of flow.proto.
 *
 * Zeros, empty texts and empty lists say nothing (proto3), so most bits are set by a value that is none of these; an object that is
 * there says that it is. What flow.proto has and our record has not is still read by its type, so that nothing passes here
 * that protojson refuses.
 *
 * Sources: cilium/cilium v1.20.2 api/v1/flow/flow.proto, api/v1/observer/observer.proto, api/v1/relay/relay.proto.
 */

#include "flow/hubble_json.h"

#define NONE NP_HUBBLE_NO_FIELD
#define ALWAYS NP_HUBBLE_ALWAYS
#define FLOW(member) offsetof(struct cnipol_flow, member)
#define END(member) offsetof(struct cnipol_flow_end, member)
#define L7(member) offsetof(struct cnipol_flow_l7, member)
#define POLICY(member) offsetof(struct cnipol_flow_policy, member)
#define EVENT(member) offsetof(struct cnipol_flow_event, member)
#define WRAPPER(member) offsetof(struct np_hubble_wrapper, member)
#define FIELD(name) CNIPOL_FIELD_##name

#define ROW(name, reader, offset, has_at, has, field) {name, NULL, np_hubble_read_##reader, offset, has_at, has, field, 0, false, 0}
#define TEXT(name, offset, field) ROW(name, text, offset, 0, 0, field)
/* Of lists, has_at is where their length goes. */
#define TEXTS(name, offset, n_offset, field) ROW(name, texts, offset, n_offset, 0, field)
#define WORD(name, reader, words, offset, bits, field) \
    {name, NULL, np_hubble_read_##reader, offset, FLOW(has), bits, field, NP_HUBBLE_##words, false, 0}
#define MESSAGE(name, message, offset, has_at, has) \
    {name, NULL, np_hubble_read_message, offset, has_at, has, NONE, NP_HUBBLE_##message, true, 0}
#define CHECK(name, checker) {name, NULL, np_hubble_check_##checker, 0, 0, 0, NONE, 0, false, 0}
#define FINISH {NULL, NULL, NULL, 0, 0, 0, NONE, 0, false, 0}

/* `has` is the kind of event. */
#define EVENT_OF(name, kind, message) {name, NULL, np_hubble_read_event, 0, 0, CNIPOL_EVENT_##kind, ALWAYS, message, message != NP_HUBBLE_N_MESSAGES, 1}

static const struct np_hubble_row wrapper[] = {
    {"flow", NULL, np_hubble_read_flow, 0, 0, 0, NONE, NP_HUBBLE_FLOW, true, 1},
    EVENT_OF("node_status", NODE, NP_HUBBLE_NODE_STATUS),
    EVENT_OF("lost_events", LOST, NP_HUBBLE_LOST),
    EVENT_OF("agent_event", AGENT, NP_HUBBLE_AGENT),
    EVENT_OF("debug_event", DEBUG, NP_HUBBLE_DEBUG),
    TEXT("node_name", WRAPPER(node), FIELD(NODE)),
    ROW("time", time, WRAPPER(time), WRAPPER(has), CNIPOL_HAS_TIME, FIELD(TIME)),
    FINISH,
};

#define SERVICE(name, end, message) MESSAGE(name, message, FLOW(end), FLOW(end.has), CNIPOL_FLOW_END_SERVICE)
/* `has` is the direction, with NP_HUBBLE_ALLOWS where they allow. */
#define POLICIES(name, has) {name, NULL, np_hubble_read_policies, 0, 0, has, FIELD(POLICIES), NP_HUBBLE_POLICY, true, 0}

static const struct np_hubble_row flow[] = {
    ROW("time", time, FLOW(time), FLOW(has), CNIPOL_HAS_TIME, FIELD(TIME)),
    TEXT("uuid", FLOW(uuid), FIELD(UUID)),
    MESSAGE("emitter", EMITTER, 0, 0, 0),
    WORD("verdict", said_enum, VERDICTS, FLOW(verdict), CNIPOL_HAS_VERDICT, FIELD(VERDICT)),
    ROW("drop_reason", u32, FLOW(drop_reason), FLOW(has), CNIPOL_HAS_DROP_REASON, FIELD(DROP_REASON)),
    WORD("auth_type", enum, AUTH_TYPES, FLOW(auth_type), CNIPOL_HAS_AUTH_TYPE, FIELD(AUTH_TYPE)),
    MESSAGE("ethernet", ETHERNET, 0, FLOW(has), CNIPOL_HAS_ETHERNET),
    {"IP", "ip", np_hubble_read_message, 0, FLOW(has), CNIPOL_HAS_IP, NONE, NP_HUBBLE_IP, true, 0},
    MESSAGE("l4", L4, 0, FLOW(has), CNIPOL_HAS_L4),
    MESSAGE("tunnel", TUNNEL, 0, FLOW(has), CNIPOL_HAS_TUNNEL),
    MESSAGE("source", SOURCE, FLOW(src), FLOW(src.has), CNIPOL_FLOW_END_ENDPOINT),
    MESSAGE("destination", DESTINATION, FLOW(dst), FLOW(dst.has), CNIPOL_FLOW_END_ENDPOINT),
    {"Type", "type", np_hubble_read_enum, FLOW(flow_type), FLOW(has), CNIPOL_HAS_FLOW_TYPE, FIELD(FLOW_TYPE), NP_HUBBLE_FLOW_TYPES, false, 0},
    TEXT("node_name", FLOW(node), FIELD(NODE)),
    TEXTS("node_labels", FLOW(node_labels), FLOW(n_node_labels), FIELD(NODE_LABELS)),
    TEXTS("source_names", FLOW(src.names), FLOW(src.n_names), FIELD(SRC_NAMES)),
    TEXTS("destination_names", FLOW(dst.names), FLOW(dst.n_names), FIELD(DST_NAMES)),
    {"l7", NULL, np_hubble_read_l7, 0, 0, 0, NONE, NP_HUBBLE_L7, true, 0},
    ROW("reply", true, FLOW(reply), FLOW(has), CNIPOL_HAS_REPLY, FIELD(REPLY)),
    MESSAGE("event_type", EVENT_TYPE, 0, FLOW(has), CNIPOL_HAS_EVENT_TYPE),
    SERVICE("source_service", src, SOURCE_SERVICE),
    SERVICE("destination_service", dst, DESTINATION_SERVICE),
    WORD("traffic_direction", said_enum, DIRECTIONS, FLOW(direction), CNIPOL_HAS_DIRECTION, FIELD(DIRECTION)),
    ROW("policy_match_type", u32, FLOW(match_type), FLOW(has), CNIPOL_HAS_MATCH_TYPE, FIELD(MATCH_TYPE)),
    WORD("trace_observation_point", enum, POINTS, FLOW(observation_point), CNIPOL_HAS_OBSERVATION_POINT, FIELD(OBSERVATION_POINT)),
    WORD("trace_reason", enum, TRACE_REASONS, FLOW(trace_reason), CNIPOL_HAS_TRACE_REASON, FIELD(TRACE_REASON)),
    MESSAGE("file", FILE, 0, FLOW(has), CNIPOL_HAS_FILE),
    MESSAGE("ip_trace_id", IP_TRACE, 0, FLOW(has), CNIPOL_HAS_IP_TRACE),
    WORD("drop_reason_desc", drop_reason, DROP_REASONS, 0, 0, FIELD(DROP_REASON)),
    ROW("is_reply", is_reply, 0, 0, 0, FIELD(REPLY)),
    WORD("debug_capture_point", enum, CAPTURE_POINTS, FLOW(capture_point), CNIPOL_HAS_CAPTURE_POINT, FIELD(CAPTURE_POINT)),
    MESSAGE("interface", INTERFACE, 0, 0, 0),
    ROW("proxy_port", u32, FLOW(proxy_port), FLOW(has), CNIPOL_HAS_PROXY_PORT, FIELD(PROXY_PORT)),
    MESSAGE("trace_context", TRACE_CONTEXT, 0, FLOW(has), CNIPOL_HAS_TRACE_CONTEXT),
    WORD("sock_xlate_point", enum, XLATE_POINTS, FLOW(xlate_point), CNIPOL_HAS_SOCK, FIELD(XLATE_POINT)),
    ROW("socket_cookie", u64, FLOW(socket_cookie), FLOW(has), CNIPOL_HAS_SOCK, FIELD(SOCKET_COOKIE)),
    ROW("cgroup_id", u64, FLOW(cgroup_id), FLOW(has), CNIPOL_HAS_SOCK, FIELD(CGROUP_ID)),
    TEXT("Summary", FLOW(summary), FIELD(SUMMARY)),
    CHECK("extensions", any),
    POLICIES("egress_allowed_by", CNIPOL_FLOW_EGRESS | NP_HUBBLE_ALLOWS),
    POLICIES("ingress_allowed_by", CNIPOL_FLOW_INGRESS | NP_HUBBLE_ALLOWS),
    POLICIES("egress_denied_by", CNIPOL_FLOW_EGRESS),
    POLICIES("ingress_denied_by", CNIPOL_FLOW_INGRESS),
    TEXTS("policy_log", FLOW(policy_log), FLOW(n_policy_log), FIELD(POLICY_LOG)),
    MESSAGE("aggregate", AGGREGATE, 0, FLOW(has), CNIPOL_HAS_AGGREGATE),
    {"", "destination_port", np_hubble_read_top_port, 0, 0, 0, FIELD(DST_PORT), 0, false, 0},
    FINISH,
};

static const struct np_hubble_row emitter[] = {
    TEXT("name", FLOW(emitter_name), FIELD(EMITTER_NAME)),
    TEXT("version", FLOW(emitter_version), FIELD(EMITTER_VERSION)),
    FINISH,
};

static const struct np_hubble_row ethernet[] = {
    TEXT("source", FLOW(src_mac), FIELD(SRC_MAC)),
    TEXT("destination", FLOW(dst_mac), FIELD(DST_MAC)),
    FINISH,
};

static const struct np_hubble_row ip[] = {
    ROW("source", address, FLOW(src.ip), 0, 0, FIELD(SRC_IP)),
    ROW("destination", address, FLOW(dst.ip), 0, 0, FIELD(DST_IP)),
    WORD("ipVersion", ip_version, IP_VERSIONS, FLOW(ip_version), 0, FIELD(IP_VERSION)),
    ROW("encrypted", true, FLOW(encrypted), FLOW(has), CNIPOL_HAS_ENCRYPTED, FIELD(ENCRYPTED)),
    ROW("source_xlated", address, FLOW(src_xlated), 0, 0, FIELD(SRC_XLATED)),
    FINISH,
};

/* `offset` is the protocol's number. */
#define L4(name, loose, number, bits, message) \
    {name, loose, np_hubble_read_protocol, number, FLOW(has), CNIPOL_HAS_PROTOCOL | (bits), FIELD(PROTOCOL), NP_HUBBLE_##message, true, 1}

static const struct np_hubble_row l4[] = {
    L4("TCP", "tcp", 6, 0, TCP),
    L4("UDP", "udp", 17, 0, UDP),
    L4("ICMPv4", "icmpv4", 1, CNIPOL_HAS_ICMP, ICMP),
    L4("ICMPv6", "icmpv6", 58, CNIPOL_HAS_ICMP, ICMP),
    L4("SCTP", "sctp", 132, 0, SCTP),
    L4("VRRP", "vrrp", 112, CNIPOL_HAS_ICMP, VRRP),
    L4("IGMP", "igmp", 2, CNIPOL_HAS_ICMP, IGMP),
    FINISH,
};

#define SOURCE_PORT ROW("source_port", port, FLOW(src.port), FLOW(src.has), CNIPOL_FLOW_END_PORT, FIELD(SRC_PORT))
#define DESTINATION_PORT ROW("destination_port", port, FLOW(dst.port), FLOW(dst.has), CNIPOL_FLOW_END_PORT, FIELD(DST_PORT))
#define FLAG(name) ROW(#name, flag, FLOW(tcp_flags), 0, CNIPOL_TCP_##name, FIELD(TCP_FLAGS))

static const struct np_hubble_row tcp[] = {
    SOURCE_PORT,
    DESTINATION_PORT,
    MESSAGE("flags", TCP_FLAGS, 0, FLOW(has), CNIPOL_HAS_TCP_FLAGS),
    FINISH,
};
static const struct np_hubble_row tcp_flags[] = {
    FLAG(FIN), FLAG(SYN), FLAG(RST), FLAG(PSH), FLAG(ACK), FLAG(URG), FLAG(ECE), FLAG(CWR), FLAG(NS), FINISH,
};
static const struct np_hubble_row udp[] = {SOURCE_PORT, DESTINATION_PORT, FINISH};
static const struct np_hubble_row sctp[] = {
    SOURCE_PORT,
    DESTINATION_PORT,
    WORD("chunk_type", enum, SCTP_CHUNKS, FLOW(sctp_chunk_type), 0, FIELD(PROTOCOL)),
    FINISH,
};

#define ICMP_TYPE ROW("type", byte, FLOW(icmp_type), 0, 0, FIELD(ICMP_TYPE))

static const struct np_hubble_row icmp[] = {ICMP_TYPE, ROW("code", byte, FLOW(icmp_code), 0, 0, FIELD(ICMP_CODE)), FINISH};
static const struct np_hubble_row vrrp[] = {ICMP_TYPE, CHECK("vrid", u32), CHECK("priority", u32), FINISH};
static const struct np_hubble_row igmp[] = {ICMP_TYPE, CHECK("group_address", text), FINISH};

static const struct np_hubble_row tunnel[] = {
    WORD("protocol", enum, TUNNELS, FLOW(tunnel_protocol), 0, FIELD(TUNNEL_PROTOCOL)),
    MESSAGE("IP", TUNNEL_IP, 0, 0, 0),
    MESSAGE("l4", TUNNEL_L4, 0, 0, 0),
    ROW("vni", u32, FLOW(tunnel_vni), 0, 0, FIELD(TUNNEL_VNI)),
    FINISH,
};
static const struct np_hubble_row tunnel_ip[] = {
    ROW("source", address, FLOW(tunnel_src), 0, 0, FIELD(TUNNEL_SRC)),
    ROW("destination", address, FLOW(tunnel_dst), 0, 0, FIELD(TUNNEL_DST)),
    {"ipVersion", NULL, np_hubble_check_enum, 0, 0, 0, NONE, NP_HUBBLE_IP_VERSIONS, false, 0},
    CHECK("encrypted", bool),
    CHECK("source_xlated", text),
    FINISH,
};

#define TUNNEL_L4(name, message) {name, NULL, np_hubble_read_message, 0, 0, 0, NONE, NP_HUBBLE_##message, true, 1}
#define TUNNEL_PORTS \
    ROW("source_port", port, FLOW(tunnel_src_port), 0, 0, FIELD(TUNNEL_SRC)), ROW("destination_port", port, FLOW(tunnel_dst_port), 0, 0, FIELD(TUNNEL_DST))

static const struct np_hubble_row tunnel_l4[] = {
    TUNNEL_L4("TCP", TUNNEL_TCP),      TUNNEL_L4("UDP", TUNNEL_UDP),   TUNNEL_L4("ICMPv4", TUNNEL_ICMP), TUNNEL_L4("ICMPv6", TUNNEL_ICMP),
    TUNNEL_L4("SCTP", TUNNEL_SCTP),    TUNNEL_L4("VRRP", TUNNEL_VRRP), TUNNEL_L4("IGMP", TUNNEL_IGMP),   FINISH,
};
static const struct np_hubble_row tunnel_tcp[] = {
    TUNNEL_PORTS,
    MESSAGE("flags", TUNNEL_TCP_FLAGS, 0, 0, 0),
    FINISH,
};
static const struct np_hubble_row tunnel_tcp_flags[] = {
    CHECK("FIN", bool), CHECK("SYN", bool), CHECK("RST", bool), CHECK("PSH", bool), CHECK("ACK", bool),
    CHECK("URG", bool), CHECK("ECE", bool), CHECK("CWR", bool), CHECK("NS", bool),  FINISH,
};
static const struct np_hubble_row tunnel_udp[] = {TUNNEL_PORTS, FINISH};
static const struct np_hubble_row tunnel_sctp[] = {TUNNEL_PORTS, {"chunk_type", NULL, np_hubble_check_enum, 0, 0, 0, NONE, NP_HUBBLE_SCTP_CHUNKS, false, 0}, FINISH};
static const struct np_hubble_row tunnel_icmp[] = {CHECK("type", u32), CHECK("code", u32), FINISH};
static const struct np_hubble_row tunnel_vrrp[] = {CHECK("type", u32), CHECK("vrid", u32), CHECK("priority", u32), FINISH};
static const struct np_hubble_row tunnel_igmp[] = {CHECK("type", u32), CHECK("group_address", text), FINISH};

/* Of the source; the fields of the destination are as much further on in enum cnipol_field_id. */
static const struct np_hubble_row endpoint[] = {
    ROW("ID", u32, END(id), END(has), CNIPOL_FLOW_END_ID, FIELD(SRC_ID)),
    ROW("identity", u32, END(identity), END(has), CNIPOL_FLOW_END_IDENTITY, FIELD(SRC_IDENTITY)),
    TEXT("cluster_name", END(cluster), FIELD(SRC_CLUSTER)),
    TEXT("namespace", END(ns), FIELD(SRC_NAMESPACE)),
    TEXTS("labels", END(labels), END(n_labels), FIELD(SRC_LABELS)),
    TEXT("pod_name", END(pod), FIELD(SRC_POD)),
    {"workloads", NULL, np_hubble_read_workloads, END(workloads), END(n_workloads), 0, FIELD(SRC_WORKLOAD), NP_HUBBLE_WORKLOAD, true, 0},
    FINISH,
};
static const struct np_hubble_row workload[] = {
    TEXT("name", offsetof(struct cnipol_flow_workload, name), ALWAYS),
    TEXT("kind", offsetof(struct cnipol_flow_workload, kind), ALWAYS),
    FINISH,
};
static const struct np_hubble_row service[] = {
    TEXT("name", END(service), FIELD(SRC_SERVICE)),
    TEXT("namespace", END(service_ns), FIELD(SRC_SERVICE)),
    FINISH,
};

static const struct np_hubble_row event_type[] = {
    ROW("type", i32, FLOW(event_type), 0, 0, FIELD(EVENT_TYPE)),
    ROW("sub_type", i32, FLOW(event_sub_type), 0, 0, FIELD(EVENT_SUB_TYPE)),
    FINISH,
};
static const struct np_hubble_row file[] = {
    TEXT("name", FLOW(file_name), FIELD(FILE)),
    ROW("line", u32, FLOW(file_line), 0, 0, FIELD(LINE)),
    FINISH,
};
static const struct np_hubble_row ip_trace[] = {
    ROW("trace_id", u64, FLOW(ip_trace_id), 0, 0, FIELD(IP_TRACE_ID)),
    ROW("ip_option_type", u32, FLOW(ip_option_type), 0, 0, FIELD(IP_TRACE_ID)),
    FINISH,
};
static const struct np_hubble_row interface[] = {
    ROW("index", u32, FLOW(interface_index), FLOW(has), CNIPOL_HAS_INTERFACE, FIELD(INTERFACE)),
    TEXT("name", FLOW(interface_name), FIELD(INTERFACE)),
    FINISH,
};
static const struct np_hubble_row trace_context[] = {MESSAGE("parent", TRACE_PARENT, 0, 0, 0), FINISH};
static const struct np_hubble_row trace_parent[] = {TEXT("trace_id", FLOW(trace_id), FIELD(TRACE_ID)), FINISH};
static const struct np_hubble_row aggregate[] = {
    ROW("ingress_flow_count", u32, FLOW(n_ingress_flows), 0, 0, FIELD(AGGREGATE_INGRESS)),
    ROW("egress_flow_count", u32, FLOW(n_egress_flows), 0, 0, FIELD(AGGREGATE_EGRESS)),
    ROW("unknown_direction_flow_count", u32, FLOW(n_unknown_flows), 0, 0, FIELD(AGGREGATE_UNKNOWN)),
    FINISH,
};
static const struct np_hubble_row policy[] = {
    TEXT("name", POLICY(name), ALWAYS),
    TEXT("namespace", POLICY(ns), ALWAYS),
    TEXTS("labels", POLICY(labels), POLICY(n_labels), ALWAYS),
    ROW("revision", u64, POLICY(revision), POLICY(has), CNIPOL_POLICY_REVISION, ALWAYS),
    TEXT("kind", POLICY(kind), ALWAYS),
    FINISH,
};

/* `has` is the kind. */
static const struct np_hubble_row l7[] = {
    WORD("type", l7_type, L7_TYPES, 0, 0, FIELD(L7_TYPE)),
    ROW("latency_ns", u64, L7(latency_ns), L7(has), CNIPOL_L7_LATENCY, FIELD(L7_LATENCY_NS)),
    {"dns", NULL, np_hubble_read_l7_kind, 0, 0, CNIPOL_L7_DNS, FIELD(L7_KIND), NP_HUBBLE_DNS, true, 1},
    {"http", NULL, np_hubble_read_l7_kind, 0, 0, CNIPOL_L7_HTTP, FIELD(L7_KIND), NP_HUBBLE_HTTP, true, 1},
    {"kafka", NULL, np_hubble_read_l7_kind, 0, 0, CNIPOL_L7_KAFKA, FIELD(L7_KIND), NP_HUBBLE_KAFKA, true, 1},
    FINISH,
};
static const struct np_hubble_row dns[] = {
    TEXT("query", L7(query), FIELD(DNS_QUERY)),
    TEXTS("ips", L7(ips), L7(n_ips), FIELD(DNS_IPS)),
    ROW("ttl", u32, L7(ttl), L7(has), CNIPOL_L7_TTL, FIELD(DNS_TTL)),
    TEXTS("cnames", L7(cnames), L7(n_cnames), FIELD(DNS_CNAMES)),
    TEXT("observation_source", L7(observation_source), FIELD(DNS_OBSERVATION_SOURCE)),
    ROW("rcode", u32, L7(rcode), L7(has), CNIPOL_L7_RCODE, FIELD(DNS_RCODE)),
    TEXTS("qtypes", L7(qtypes), L7(n_qtypes), FIELD(DNS_QTYPES)),
    TEXTS("rrtypes", L7(rrtypes), L7(n_rrtypes), FIELD(DNS_RRTYPES)),
    FINISH,
};
static const struct np_hubble_row http[] = {
    ROW("code", u32, L7(code), L7(has), CNIPOL_L7_CODE, FIELD(HTTP_CODE)),
    TEXT("method", L7(method), FIELD(HTTP_METHOD)),
    TEXT("url", L7(url), FIELD(HTTP_URL)),
    TEXT("protocol", L7(protocol), FIELD(HTTP_PROTOCOL)),
    {"headers", NULL, np_hubble_read_headers, L7(headers), L7(n_headers), 0, FIELD(HTTP_HEADERS), NP_HUBBLE_HEADER, true, 0},
    FINISH,
};
static const struct np_hubble_row header[] = {
    TEXT("key", offsetof(struct cnipol_flow_pair, key), ALWAYS),
    TEXT("value", offsetof(struct cnipol_flow_pair, value), ALWAYS),
    FINISH,
};
static const struct np_hubble_row kafka[] = {
    ROW("error_code", i32, L7(error_code), L7(has), CNIPOL_L7_ERROR_CODE, FIELD(KAFKA_ERROR_CODE)),
    ROW("api_version", i32, L7(api_version), L7(has), CNIPOL_L7_API_VERSION, FIELD(KAFKA_API_VERSION)),
    TEXT("api_key", L7(api_key), FIELD(KAFKA_API_KEY)),
    ROW("correlation_id", i32, L7(correlation_id), L7(has), CNIPOL_L7_CORRELATION_ID, FIELD(KAFKA_CORRELATION_ID)),
    TEXT("topic", L7(topic), FIELD(KAFKA_TOPIC)),
    FINISH,
};

static const struct np_hubble_row lost[] = {
    WORD("source", word, LOST_SOURCES, EVENT(source), 0, FIELD(EVENT)),
    ROW("num_events_lost", u64, EVENT(n_lost), EVENT(has), CNIPOL_EVENT_COUNT, FIELD(EVENT)),
    ROW("cpu", said_i32, EVENT(cpu), EVENT(has), CNIPOL_EVENT_CPU, FIELD(EVENT)),
    ROW("first", time, EVENT(first), EVENT(has), CNIPOL_EVENT_FIRST, FIELD(EVENT)),
    ROW("last", time, EVENT(last), EVENT(has), CNIPOL_EVENT_LAST, FIELD(EVENT)),
    FINISH,
};
static const struct np_hubble_row node_status[] = {
    WORD("state_change", word, NODE_STATES, EVENT(state), 0, FIELD(EVENT)),
    TEXTS("node_names", EVENT(nodes), EVENT(n_nodes), FIELD(EVENT)),
    TEXT("message", EVENT(message), FIELD(EVENT)),
    FINISH,
};

#define EVENT_TYPE(words) {"type", NULL, np_hubble_read_enum, EVENT(type), EVENT(has), CNIPOL_EVENT_TYPE, FIELD(EVENT), NP_HUBBLE_##words, false, 0}

/* Of these two, what filters ask for. */
static const struct np_hubble_row agent_event[] = {EVENT_TYPE(AGENT_TYPES), FINISH};
static const struct np_hubble_row debug_event[] = {EVENT_TYPE(DEBUG_TYPES), FINISH};

#define TO_DESTINATION (CNIPOL_FIELD_DST_IP - CNIPOL_FIELD_SRC_IP)
_Static_assert(CNIPOL_FIELD_DST_ID - CNIPOL_FIELD_SRC_ID == TO_DESTINATION, "the ends' fields are in one order");

const struct np_hubble_shape np_hubble_shapes[NP_HUBBLE_N_MESSAGES] = {
    [NP_HUBBLE_WRAPPER] = {wrapper, 0},
    [NP_HUBBLE_FLOW] = {flow, 0},
    [NP_HUBBLE_EMITTER] = {emitter, 0},
    [NP_HUBBLE_ETHERNET] = {ethernet, 0},
    [NP_HUBBLE_IP] = {ip, 0},
    [NP_HUBBLE_L4] = {l4, 0},
    [NP_HUBBLE_TCP] = {tcp, 0},
    [NP_HUBBLE_TCP_FLAGS] = {tcp_flags, 0},
    [NP_HUBBLE_UDP] = {udp, 0},
    [NP_HUBBLE_SCTP] = {sctp, 0},
    [NP_HUBBLE_ICMP] = {icmp, 0},
    [NP_HUBBLE_VRRP] = {vrrp, 0},
    [NP_HUBBLE_IGMP] = {igmp, 0},
    [NP_HUBBLE_TUNNEL] = {tunnel, 0},
    [NP_HUBBLE_TUNNEL_IP] = {tunnel_ip, 0},
    [NP_HUBBLE_TUNNEL_L4] = {tunnel_l4, 0},
    [NP_HUBBLE_TUNNEL_TCP] = {tunnel_tcp, 0},
    [NP_HUBBLE_TUNNEL_TCP_FLAGS] = {tunnel_tcp_flags, 0},
    [NP_HUBBLE_TUNNEL_UDP] = {tunnel_udp, 0},
    [NP_HUBBLE_TUNNEL_SCTP] = {tunnel_sctp, 0},
    [NP_HUBBLE_TUNNEL_ICMP] = {tunnel_icmp, 0},
    [NP_HUBBLE_TUNNEL_VRRP] = {tunnel_vrrp, 0},
    [NP_HUBBLE_TUNNEL_IGMP] = {tunnel_igmp, 0},
    [NP_HUBBLE_SOURCE] = {endpoint, 0},
    [NP_HUBBLE_DESTINATION] = {endpoint, TO_DESTINATION},
    [NP_HUBBLE_WORKLOAD] = {workload, 0},
    [NP_HUBBLE_EVENT_TYPE] = {event_type, 0},
    [NP_HUBBLE_SOURCE_SERVICE] = {service, 0},
    [NP_HUBBLE_DESTINATION_SERVICE] = {service, TO_DESTINATION},
    [NP_HUBBLE_FILE] = {file, 0},
    [NP_HUBBLE_IP_TRACE] = {ip_trace, 0},
    [NP_HUBBLE_INTERFACE] = {interface, 0},
    [NP_HUBBLE_TRACE_CONTEXT] = {trace_context, 0},
    [NP_HUBBLE_TRACE_PARENT] = {trace_parent, 0},
    [NP_HUBBLE_AGGREGATE] = {aggregate, 0},
    [NP_HUBBLE_POLICY] = {policy, 0},
    [NP_HUBBLE_L7] = {l7, 0},
    [NP_HUBBLE_DNS] = {dns, 0},
    [NP_HUBBLE_HTTP] = {http, 0},
    [NP_HUBBLE_HEADER] = {header, 0},
    [NP_HUBBLE_KAFKA] = {kafka, 0},
    [NP_HUBBLE_LOST] = {lost, 0},
    [NP_HUBBLE_NODE_STATUS] = {node_status, 0},
    [NP_HUBBLE_AGENT] = {agent_event, 0},
    [NP_HUBBLE_DEBUG] = {debug_event, 0},
};
