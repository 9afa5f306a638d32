/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages that Hubble sends, a row for each field, in the order of flow.proto.
 *
 * Fields that our record does not have are here only where they hold texts, which must be UTF-8 for the message to be read at all.
 *
 * Sources: cilium/cilium v1.20.2 api/v1/flow/flow.proto, api/v1/observer/observer.proto, api/v1/relay/relay.proto;
 * google.golang.org/protobuf types/known (Timestamp, BoolValue, Int32Value, Any).
 */

#include "flow/hubble_pb.h"

#define FLOW(member) offsetof(struct cnipol_flow, member)
#define END(member) offsetof(struct cnipol_flow_end, member)
#define POLICY(member) offsetof(struct cnipol_flow_policy, member)
#define RAW(member) offsetof(struct np_pb_raw, member)
#define EVENT(member) offsetof(struct np_pb_event, member)
#define L7(member) offsetof(struct np_pb_l7, member)
#define IS(name) CNIPOL_FIELD_##name

/* A value of the object itself, and one that is kept aside. */
#define VALUE(n, k, at, f)                                                  \
    {                                                                       \
        .number = n, .kind = NP_PB_##k, .offset = at, .field = f, .also = f \
    }
#define ASIDE(n, k, member, f)                                                                       \
    {                                                                                                \
        .number = n, .kind = NP_PB_##k, .in_raw = true, .offset = RAW(member), .field = f, .also = f \
    }
#define CHECKED(n)                                              \
    {                                                           \
        .number = n, .kind = NP_PB_CHECK, .field = NP_PB_ALWAYS \
    }
#define TEXTS(n, at, count_at, f)                                                                \
    {                                                                                            \
        .number = n, .kind = NP_PB_TEXTS, .offset = at, .count = count_at, .field = f, .also = f \
    }
#define SUB(n, m, at, s)                                                                     \
    {                                                                                        \
        .number = n, .kind = NP_PB_MESSAGE, .offset = at, .seen = s, .message = &m##_message \
    }
#define SUB_ASIDE(n, m, member, s)                                                                                    \
    {                                                                                                                 \
        .number = n, .kind = NP_PB_MESSAGE, .in_raw = true, .offset = RAW(member), .seen = s, .message = &m##_message \
    }
#define TIME_ASIDE(n, member, s)                                                                                         \
    {                                                                                                                    \
        .number = n, .kind = NP_PB_TIME, .in_raw = true, .offset = RAW(member), .seen = s, .message = &flow_time_message \
    }
#define ITEMS(n, m, at, count_at, type, f)                                                                              \
    {                                                                                                                   \
        .number = n, .kind = NP_PB_ITEMS, .offset = at, .count = count_at, .size = sizeof(type), .field = f, .also = f, \
        .message = &m##_message                                                                                         \
    }
#define MEMBER(n, o, m, at)                                                                                \
    {                                                                                                      \
        .number = n, .kind = NP_PB_MEMBER, .oneof = NP_PB_ONEOF_##o, .offset = at, .message = &m##_message \
    }
#define ROWS(name, number) static const struct np_pb_message name##_message = {name, sizeof name / sizeof *name, number, 0}

static const struct np_pb_field timestamp[] = {
    VALUE(1, U64, offsetof(struct np_pb_time, seconds), NP_PB_ALWAYS),
    VALUE(2, U32, offsetof(struct np_pb_time, nanos), NP_PB_ALWAYS),
};
ROWS(timestamp, 0);

static const struct np_pb_field flow_time[] = {
    VALUE(1, U64, offsetof(struct np_pb_time, seconds), IS(TIME)),
    VALUE(2, U32, offsetof(struct np_pb_time, nanos), IS(TIME)),
};
ROWS(flow_time, 1);

static const struct np_pb_field emitter[] = {
    VALUE(1, TEXT, FLOW(emitter_name), IS(EMITTER_NAME)),
    VALUE(2, TEXT, FLOW(emitter_version), IS(EMITTER_VERSION)),
};
ROWS(emitter, 2);

static const struct np_pb_field ethernet[] = {
    VALUE(1, TEXT, FLOW(src_mac), IS(SRC_MAC)),
    VALUE(2, TEXT, FLOW(dst_mac), IS(DST_MAC)),
};
ROWS(ethernet, 3);

static const struct np_pb_field ip[] = {
    VALUE(1, TEXT, FLOW(src.ip), IS(SRC_IP)),         VALUE(2, TEXT, FLOW(dst.ip), IS(DST_IP)),
    ASIDE(3, U32, ip_version, IS(IP_VERSION)),        VALUE(4, BOOL, FLOW(encrypted), IS(ENCRYPTED)),
    VALUE(5, TEXT, FLOW(src_xlated), IS(SRC_XLATED)),
};
ROWS(ip, 4);

#define FLAG(n, name)                                                                                                     \
    {                                                                                                                     \
        .number = n, .kind = NP_PB_BIT, .bit = n - 1, .offset = offsetof(struct np_pb_l4, flags), .field = IS(TCP_FLAGS), \
        .also = IS(TCP_FLAGS)                                                                                             \
    }
static const struct np_pb_field tcp_flags[] = {
    FLAG(1, FIN), FLAG(2, SYN), FLAG(3, RST), FLAG(4, PSH), FLAG(5, ACK), FLAG(6, URG), FLAG(7, ECE), FLAG(8, CWR), FLAG(9, NS),
};
ROWS(tcp_flags, 5);

#define PORTS VALUE(1, U32, offsetof(struct np_pb_l4, src), IS(SRC_PORT)), VALUE(2, U32, offsetof(struct np_pb_l4, dst), IS(DST_PORT))
static const struct np_pb_field tcp[] = {
    PORTS,
    SUB(3, tcp_flags, 0, NP_PB_SEEN_FLAGS),
};
ROWS(tcp, 6);

static const struct np_pb_field udp[] = {PORTS};
ROWS(udp, 7);

static const struct np_pb_field icmp[] = {
    VALUE(1, U32, offsetof(struct np_pb_l4, src), IS(ICMP_TYPE)),
    VALUE(2, U32, offsetof(struct np_pb_l4, dst), IS(ICMP_CODE)),
};
ROWS(icmp, 8);

static const struct np_pb_field sctp[] = {
    PORTS,
    VALUE(3, U32, offsetof(struct np_pb_l4, chunk), IS(PROTOCOL)),
};
ROWS(sctp, 9);

static const struct np_pb_field vrrp[] = {
    VALUE(1, U32, offsetof(struct np_pb_l4, src), IS(ICMP_TYPE)),
};
ROWS(vrrp, 10);

static const struct np_pb_field igmp[] = {
    VALUE(1, U32, offsetof(struct np_pb_l4, src), IS(ICMP_TYPE)),
    CHECKED(2),
};
ROWS(igmp, 11);

/* The protocol is the number of the member. */
#define PROTOCOL(n, o, m)                                                                                                                 \
    {                                                                                                                                     \
        .number = n, .kind = NP_PB_MEMBER, .oneof = NP_PB_ONEOF_##o, .field = IS(PROTOCOL), .also = IS(PROTOCOL), .message = &m##_message \
    }
static const struct np_pb_field l4[] = {
    PROTOCOL(1, L4, tcp),  PROTOCOL(2, L4, udp),  PROTOCOL(3, L4, icmp), PROTOCOL(4, L4, icmp),
    PROTOCOL(5, L4, sctp), PROTOCOL(6, L4, vrrp), PROTOCOL(7, L4, igmp),
};
ROWS(l4, 12);

/* The tunnel's own: only the ports of those that have some are used. */
static const struct np_pb_field tunnel_ports[] = {
    VALUE(1, U32, offsetof(struct np_pb_l4, src), IS(TUNNEL_SRC)),
    VALUE(2, U32, offsetof(struct np_pb_l4, dst), IS(TUNNEL_DST)),
};
ROWS(tunnel_ports, 13);
static const struct np_pb_field tunnel_igmp[] = {CHECKED(2)};
ROWS(tunnel_igmp, 15);

static const struct np_pb_field tunnel_l4[] = {
    MEMBER(1, TUNNEL_L4, tunnel_ports, 0), MEMBER(2, TUNNEL_L4, tunnel_ports, 0), MEMBER(3, TUNNEL_L4, tunnel_ports, 0),
    MEMBER(4, TUNNEL_L4, tunnel_ports, 0), MEMBER(5, TUNNEL_L4, tunnel_ports, 0), MEMBER(6, TUNNEL_L4, tunnel_ports, 0),
    MEMBER(7, TUNNEL_L4, tunnel_igmp, 0),
};
ROWS(tunnel_l4, 16);

static const struct np_pb_field tunnel_ip[] = {
    VALUE(1, TEXT, FLOW(tunnel_src), IS(TUNNEL_SRC)),
    VALUE(2, TEXT, FLOW(tunnel_dst), IS(TUNNEL_DST)),
    CHECKED(5),
};
ROWS(tunnel_ip, 17);

static const struct np_pb_field tunnel[] = {
    VALUE(1, U32, FLOW(tunnel_protocol), IS(TUNNEL_PROTOCOL)),
    SUB(2, tunnel_ip, 0, 0),
    SUB_ASIDE(3, tunnel_l4, tunnel_l4, 0),
    VALUE(4, U32, FLOW(tunnel_vni), IS(TUNNEL_VNI)),
};
ROWS(tunnel, 18);

static const struct np_pb_field workload[] = {
    VALUE(1, TEXT, offsetof(struct cnipol_flow_workload, name), NP_PB_ALWAYS),
    VALUE(2, TEXT, offsetof(struct cnipol_flow_workload, kind), NP_PB_ALWAYS),
};
ROWS(workload, 19);

static const struct np_pb_field endpoint[] = {
    VALUE(1, U32, END(id), IS(SRC_ID)),
    VALUE(2, U32, END(identity), IS(SRC_IDENTITY)),
    VALUE(3, TEXT, END(ns), IS(SRC_NAMESPACE)),
    TEXTS(4, END(labels), END(n_labels), IS(SRC_LABELS)),
    VALUE(5, TEXT, END(pod), IS(SRC_POD)),
    ITEMS(6, workload, END(workloads), END(n_workloads), struct cnipol_flow_workload, IS(SRC_WORKLOAD)),
    VALUE(7, TEXT, END(cluster), IS(SRC_CLUSTER)),
};
#define TO_DST (CNIPOL_FIELD_DST_IP - CNIPOL_FIELD_SRC_IP)
static const struct np_pb_message source_message = {endpoint, sizeof endpoint / sizeof *endpoint, 20, 0};
static const struct np_pb_message destination_message = {endpoint, sizeof endpoint / sizeof *endpoint, 21, TO_DST};

static const struct np_pb_field event_type[] = {
    VALUE(1, U32, FLOW(event_type), IS(EVENT_TYPE)),
    VALUE(2, U32, FLOW(event_sub_type), IS(EVENT_SUB_TYPE)),
};
ROWS(event_type, 22);

static const struct np_pb_field service[] = {
    VALUE(1, TEXT, END(service), IS(SRC_SERVICE)),
    VALUE(2, TEXT, END(service_ns), IS(SRC_SERVICE)),
};
static const struct np_pb_message source_service_message = {service, sizeof service / sizeof *service, 23, 0};
static const struct np_pb_message destination_service_message = {service, sizeof service / sizeof *service, 24, TO_DST};

static const struct np_pb_field file[] = {
    VALUE(1, TEXT, FLOW(file_name), IS(FILE)),
    VALUE(2, U32, FLOW(file_line), IS(LINE)),
};
ROWS(file, 25);

static const struct np_pb_field ip_trace[] = {
    VALUE(1, U64, FLOW(ip_trace_id), IS(IP_TRACE_ID)),
    VALUE(2, U32, FLOW(ip_option_type), IS(IP_TRACE_ID)),
};
ROWS(ip_trace, 26);

static const struct np_pb_field bool_value[] = {ASIDE(1, BOOL, is_reply, IS(REPLY))};
ROWS(bool_value, 27);

static const struct np_pb_field interface[] = {
    VALUE(1, U32, FLOW(interface_index), IS(INTERFACE)),
    VALUE(2, TEXT, FLOW(interface_name), IS(INTERFACE)),
};
ROWS(interface, 28);

static const struct np_pb_field trace_parent[] = {VALUE(1, TEXT, FLOW(trace_id), IS(TRACE_ID))};
ROWS(trace_parent, 29);
static const struct np_pb_field trace_context[] = {SUB(1, trace_parent, 0, 0)};
ROWS(trace_context, 30);

static const struct np_pb_field any[] = {CHECKED(1)};
ROWS(any, 31);

static const struct np_pb_field policy[] = {
    VALUE(1, TEXT, POLICY(name), NP_PB_ALWAYS),
    VALUE(2, TEXT, POLICY(ns), NP_PB_ALWAYS),
    TEXTS(3, POLICY(labels), POLICY(n_labels), NP_PB_ALWAYS),
    VALUE(4, U64, POLICY(revision), NP_PB_ALWAYS),
    VALUE(5, TEXT, POLICY(kind), NP_PB_ALWAYS),
};
ROWS(policy, 32);

static const struct np_pb_field aggregate[] = {
    VALUE(1, U32, FLOW(n_ingress_flows), IS(AGGREGATE_INGRESS)),
    VALUE(2, U32, FLOW(n_egress_flows), IS(AGGREGATE_EGRESS)),
    VALUE(3, U32, FLOW(n_unknown_flows), IS(AGGREGATE_UNKNOWN)),
};
ROWS(aggregate, 33);

static const struct np_pb_field dns[] = {
    VALUE(1, TEXT, L7(l7.query), IS(DNS_QUERY)),
    TEXTS(2, L7(l7.ips), L7(l7.n_ips), IS(DNS_IPS)),
    VALUE(3, U32, L7(l7.ttl), IS(DNS_TTL)),
    TEXTS(4, L7(l7.cnames), L7(l7.n_cnames), IS(DNS_CNAMES)),
    VALUE(5, TEXT, L7(l7.observation_source), IS(DNS_OBSERVATION_SOURCE)),
    VALUE(6, U32, L7(l7.rcode), IS(DNS_RCODE)),
    TEXTS(7, L7(l7.qtypes), L7(l7.n_qtypes), IS(DNS_QTYPES)),
    TEXTS(8, L7(l7.rrtypes), L7(l7.n_rrtypes), IS(DNS_RRTYPES)),
};
ROWS(dns, 34);

static const struct np_pb_field header[] = {
    VALUE(1, TEXT, offsetof(struct cnipol_flow_pair, key), NP_PB_ALWAYS),
    VALUE(2, TEXT, offsetof(struct cnipol_flow_pair, value), NP_PB_ALWAYS),
};
ROWS(header, 35);

static const struct np_pb_field http[] = {
    VALUE(1, U32, L7(l7.code), IS(HTTP_CODE)),
    VALUE(2, TEXT, L7(l7.method), IS(HTTP_METHOD)),
    VALUE(3, TEXT, L7(l7.url), IS(HTTP_URL)),
    VALUE(4, TEXT, L7(l7.protocol), IS(HTTP_PROTOCOL)),
    ITEMS(5, header, L7(l7.headers), L7(l7.n_headers), struct cnipol_flow_pair, IS(HTTP_HEADERS)),
};
ROWS(http, 36);

static const struct np_pb_field kafka[] = {
    VALUE(1, U32, L7(l7.error_code), IS(KAFKA_ERROR_CODE)), VALUE(2, U32, L7(l7.api_version), IS(KAFKA_API_VERSION)),
    VALUE(3, TEXT, L7(l7.api_key), IS(KAFKA_API_KEY)),      VALUE(4, U32, L7(l7.correlation_id), IS(KAFKA_CORRELATION_ID)),
    VALUE(5, TEXT, L7(l7.topic), IS(KAFKA_TOPIC)),
};
ROWS(kafka, 37);

#define L7_KIND(n, m)                                                                                                                  \
    {                                                                                                                                  \
        .number = n, .kind = NP_PB_MEMBER, .oneof = NP_PB_ONEOF_L7, .field = IS(L7_KIND), .also = IS(L7_TYPE), .message = &m##_message \
    }
static const struct np_pb_field l7[] = {
    VALUE(1, U32, L7(type), IS(L7_TYPE)),
    VALUE(2, U64, L7(l7.latency_ns), IS(L7_LATENCY_NS)),
    L7_KIND(100, dns),
    L7_KIND(101, http),
    L7_KIND(102, kafka),
};
ROWS(l7, 38);

#define POLICIES(no, i)                                                                                                    \
    {                                                                                                                      \
        .number = no, .kind = NP_PB_ITEMS, .in_raw = true, .offset = RAW(policies[i].items), .count = RAW(policies[i].n),  \
        .size = sizeof(struct cnipol_flow_policy), .field = IS(POLICIES), .also = IS(POLICIES), .message = &policy_message \
    }
static const struct np_pb_field flow[] = {
    TIME_ASIDE(1, time, NP_PB_SEEN_TIME),
    ASIDE(2, WORD, verdict, IS(VERDICT)),
    ASIDE(3, U32, drop_reason, IS(DROP_REASON)),
    SUB(4, ethernet, 0, CNIPOL_HAS_ETHERNET),
    SUB(5, ip, 0, CNIPOL_HAS_IP),
    {.number = 6, .kind = NP_PB_L4, .in_raw = true, .offset = RAW(l4), .seen = CNIPOL_HAS_L4, .message = &l4_message},
    SUB(8, source, FLOW(src), NP_PB_SEEN_SRC),
    SUB(9, destination, FLOW(dst), NP_PB_SEEN_DST),
    VALUE(10, U32, FLOW(flow_type), IS(FLOW_TYPE)),
    VALUE(11, TEXT, FLOW(node), IS(NODE)),
    TEXTS(13, FLOW(src.names), FLOW(src.n_names), IS(SRC_NAMES)),
    TEXTS(14, FLOW(dst.names), FLOW(dst.n_names), IS(DST_NAMES)),
    {.number = 15,
     .kind = NP_PB_OWN,
     .in_raw = true,
     .offset = RAW(l7),
     .size = sizeof(struct np_pb_l7),
     .field = IS(L7_KIND),
     .also = IS(L7_TYPE),
     .message = &l7_message},
    ASIDE(16, BOOL, reply, IS(REPLY)),
    SUB(19, event_type, 0, CNIPOL_HAS_EVENT_TYPE),
    SUB(20, source_service, FLOW(src), NP_PB_SEEN_SRC_SERVICE),
    SUB(21, destination_service, FLOW(dst), NP_PB_SEEN_DST_SERVICE),
    ASIDE(22, U32, direction, IS(DIRECTION)),
    VALUE(23, U32, FLOW(match_type), IS(MATCH_TYPE)),
    VALUE(24, U32, FLOW(observation_point), IS(OBSERVATION_POINT)),
    ASIDE(25, U32, drop_reason_desc, IS(DROP_REASON)),
    SUB(26, bool_value, 0, NP_PB_SEEN_IS_REPLY),
    VALUE(27, U32, FLOW(capture_point), IS(CAPTURE_POINT)),
    SUB(28, interface, 0, 0),
    VALUE(29, U32, FLOW(proxy_port), IS(PROXY_PORT)),
    SUB(30, trace_context, 0, CNIPOL_HAS_TRACE_CONTEXT),
    VALUE(31, U32, FLOW(xlate_point), IS(XLATE_POINT)),
    VALUE(32, U64, FLOW(socket_cookie), IS(SOCKET_COOKIE)),
    VALUE(33, U64, FLOW(cgroup_id), IS(CGROUP_ID)),
    VALUE(34, TEXT, FLOW(uuid), IS(UUID)),
    VALUE(35, U32, FLOW(auth_type), IS(AUTH_TYPE)),
    VALUE(36, U32, FLOW(trace_reason), IS(TRACE_REASON)),
    TEXTS(37, FLOW(node_labels), FLOW(n_node_labels), IS(NODE_LABELS)),
    SUB(38, file, 0, CNIPOL_HAS_FILE),
    SUB(39, tunnel, 0, CNIPOL_HAS_TUNNEL),
    SUB(40, ip_trace, 0, CNIPOL_HAS_IP_TRACE),
    SUB(41, emitter, 0, 0),
    VALUE(100000, TEXT, FLOW(summary), IS(SUMMARY)),
    POLICIES(21001, 0),
    POLICIES(21002, 1),
    POLICIES(21004, 2),
    POLICIES(21005, 3),
    TEXTS(21006, FLOW(policy_log), FLOW(n_policy_log), IS(POLICY_LOG)),
    SUB(21007, aggregate, 0, CNIPOL_HAS_AGGREGATE),
    SUB(150000, any, 0, 0),
};
const struct np_pb_message np_pb_flow_message = {flow, sizeof flow / sizeof *flow, 39, 0};
#define flow_message np_pb_flow_message

static const struct np_pb_field int32_value[] = {VALUE(1, U32, EVENT(cpu), NP_PB_ALWAYS)};
ROWS(int32_value, 40);

static const struct np_pb_field lost_events[] = {
    VALUE(1, U32, EVENT(number), NP_PB_ALWAYS),      VALUE(2, U64, EVENT(event.n_lost), NP_PB_ALWAYS),
    SUB(3, int32_value, 0, NP_PB_SEEN_CPU),          SUB(4, timestamp, EVENT(first), NP_PB_SEEN_FIRST),
    SUB(5, timestamp, EVENT(last), NP_PB_SEEN_LAST),
};
ROWS(lost_events, 41);

static const struct np_pb_field node_status[] = {
    VALUE(1, U32, EVENT(number), NP_PB_ALWAYS),
    TEXTS(2, EVENT(event.nodes), EVENT(event.n_nodes), NP_PB_ALWAYS),
    VALUE(3, TEXT, EVENT(event.message), NP_PB_ALWAYS),
};
ROWS(node_status, 42);

/* Of these two, only what says that there is one. */
static const struct np_pb_field debug_event[] = {CHECKED(7)};
ROWS(debug_event, 43);
static const struct np_pb_field agent_event[] = {{.number = 1, .kind = NP_PB_U32, .offset = EVENT(number), .field = NP_PB_ALWAYS}};
ROWS(agent_event, 44);

#define EVENT_OF(n, m)                                                                                       \
    {                                                                                                        \
        .number = n, .kind = NP_PB_OWN, .oneof = NP_PB_ONEOF_RESPONSE, .in_raw = true, .offset = RAW(event), \
        .size = sizeof(struct np_pb_event), .field = NP_PB_ALWAYS, .message = &m##_message                   \
    }
#define TOP ASIDE(1000, TEXT, top_node, IS(NODE)), TIME_ASIDE(1001, top_time, NP_PB_SEEN_TOP_TIME)
#define TOP_FLOW                                                                                                          \
    {                                                                                                                     \
        .number = 1, .kind = NP_PB_MEMBER, .oneof = NP_PB_ONEOF_RESPONSE, .field = NP_PB_ALWAYS, .message = &flow_message \
    }

static const struct np_pb_field response[] = {
    TOP_FLOW,
    EVENT_OF(2, node_status),
    EVENT_OF(3, lost_events),
    TOP,
};
const struct np_pb_message np_pb_response_message = {response, sizeof response / sizeof *response, 45, 0};

static const struct np_pb_field export[] = {
    TOP_FLOW, EVENT_OF(2, node_status), EVENT_OF(3, lost_events), EVENT_OF(4, agent_event), EVENT_OF(5, debug_event), TOP,
};
const struct np_pb_message np_pb_export_message = {export, sizeof export / sizeof *export, 46, 0};
