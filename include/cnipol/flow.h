/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_FLOW_H
#define CNIPOL_FLOW_H

#include <stddef.h>
#include <stdint.h>

#include <cnipol/status.h>

/**
 * A flow record: what a CNI says that it saw.
 *
 * One struct for Cilium's, Calico's, Antrea's and AWS's records, filled by a decoder (decode.h), read by filters, printers
 * and batches. What the record does not say is absent, which is not the same as zero:
 *
 *   - a text is absent where its `s` is NULL, a list where its pointer is NULL;
 *   - a number is absent where its bit in the `has` beside it is clear; it is 0 then.
 *
 * Texts are views, not NUL-terminated, into the bytes that the decoder was fed, into the decoder's memory, or into static
 * tables. They and all lists live until the decoder's next call. Texts are what the writer wrote: check them before they reach
 * a terminal. Each field also has a row in one table (cnipol_field_at), which says its name, its type and how it is had.
 *
 * Threads: a record belongs to its decoder's thread; it is plain data and nothing here changes it.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct cnipol_text {
    const char *s; /**< NULL: absent */
    uint32_t n;    /**< bytes */
};

/** UTC. The years 1 to 9999. */
struct cnipol_time {
    int64_t seconds; /**< since 1970, negative before */
    uint32_t nanos;  /**< below 1e9 */
    uint32_t reserved;
};

enum cnipol_flow_verdict {
    CNIPOL_FLOW_UNKNOWN = 0, /**< said so by the record, where the bit is set */
    CNIPOL_FLOW_FORWARDED,
    CNIPOL_FLOW_DROPPED,
    CNIPOL_FLOW_ERROR,
    CNIPOL_FLOW_AUDIT,
    CNIPOL_FLOW_REDIRECTED,
    CNIPOL_FLOW_TRACED,
    CNIPOL_FLOW_TRANSLATED
};

enum cnipol_flow_direction { CNIPOL_FLOW_NO_DIRECTION = 0, CNIPOL_FLOW_INGRESS = 1, CNIPOL_FLOW_EGRESS = 2 };

/** What is set in cnipol_flow.has. */
enum cnipol_flow_has {
    CNIPOL_HAS_TIME = 1 << 0,
    CNIPOL_HAS_VERDICT = 1 << 1,
    CNIPOL_HAS_DIRECTION = 1 << 2, /**< CNIPOL_FLOW_NO_DIRECTION: "unknown", said so */
    CNIPOL_HAS_REPLY = 1 << 3,
    CNIPOL_HAS_PROTOCOL = 1 << 4,
    CNIPOL_HAS_TCP_FLAGS = 1 << 5, /**< perhaps none of them */
    CNIPOL_HAS_ICMP = 1 << 6,      /**< type and code; IGMP's and VRRP's type too */
    CNIPOL_HAS_ENCRYPTED = 1 << 7,
    CNIPOL_HAS_DROP_REASON = 1 << 8, /**< the number; a name may be there without it */
    CNIPOL_HAS_INTERFACE = 1 << 9,   /**< the index; a name may be there without it */
    CNIPOL_HAS_IP = 1 << 10,         /**< Hubble: the object IP is there, whatever it holds */
    CNIPOL_HAS_L4 = 1 << 11,         /**< Hubble: the object l4 is there */
    CNIPOL_HAS_EVENT_TYPE = 1 << 12,
    CNIPOL_HAS_MATCH_TYPE = 1 << 13,
    CNIPOL_HAS_OBSERVATION_POINT = 1 << 14,
    CNIPOL_HAS_TRACE_REASON = 1 << 15,
    CNIPOL_HAS_PROXY_PORT = 1 << 16,
    CNIPOL_HAS_SOCK = 1 << 17,   /**< one of socket cookie, cgroup id and translation point; what is 0 of them is absent */
    CNIPOL_HAS_FILE = 1 << 18,   /**< file and line of the program that dropped */
    CNIPOL_HAS_TUNNEL = 1 << 19,
    CNIPOL_HAS_AGGREGATE = 1 << 20,
    CNIPOL_HAS_IP_TRACE = 1 << 21, /**< Hubble: the object ip_trace_id is there */
    CNIPOL_HAS_AUTH_TYPE = 1 << 22,
    CNIPOL_HAS_CAPTURE_POINT = 1 << 23,
    CNIPOL_HAS_ETHERNET = 1 << 24,
    CNIPOL_HAS_TRACE_CONTEXT = 1 << 25, /**< Hubble: the object trace_context is there */
    CNIPOL_HAS_FLOW_TYPE = 1 << 26
};

/** What is set in cnipol_flow_end.has. */
enum cnipol_flow_end_has {
    CNIPOL_FLOW_END_ENDPOINT = 1 << 0, /**< Hubble: the object source or destination is there, whatever it holds */
    CNIPOL_FLOW_END_PORT = 1 << 1,     /**< never 0 */
    CNIPOL_FLOW_END_IDENTITY = 1 << 2,
    CNIPOL_FLOW_END_ID = 1 << 3,
    CNIPOL_FLOW_END_SERVICE = 1 << 4,    /**< Hubble: the object source_service or destination_service is there */
    CNIPOL_FLOW_END_LABEL_MAP = 1 << 5   /**< labels are "key=value" of a map (Antrea), not Cilium's or Calico's own texts */
};

struct cnipol_flow_workload {
    struct cnipol_text kind;
    struct cnipol_text name;
};

/** One end of a flow. */
struct cnipol_flow_end {
    uint32_t has; /**< enum cnipol_flow_end_has */
    uint32_t identity;
    uint32_t id;   /**< Cilium's endpoint id, of one node */
    uint16_t port;
    uint8_t family; /**< 4 or 6: `address` is set; 0: see `ip` */
    uint8_t reserved;
    uint8_t address[16];       /**< of binary formats; IPv4 in the first four bytes */
    struct cnipol_text ip;     /**< as written, perhaps no address at all; absent where only `address` is set */
    struct cnipol_text ns;     /**< the pod's namespace */
    struct cnipol_text pod;
    struct cnipol_text cluster;
    struct cnipol_text service_ns;
    struct cnipol_text service;
    const struct cnipol_flow_workload *workloads;
    const struct cnipol_text *labels;
    const struct cnipol_text *names; /**< DNS names of the address, as seen */
    uint32_t n_workloads, n_labels, n_names;
    uint32_t reserved2;
};

enum cnipol_flow_policy_has {
    CNIPOL_POLICY_RULE_NUMBER = 1 << 0,
    CNIPOL_POLICY_INDEX = 1 << 1,
    CNIPOL_POLICY_REVISION = 1 << 2,
    CNIPOL_POLICY_TRIGGER = 1 << 3,
    CNIPOL_POLICY_KIND_NUMBER = 1 << 4 /**< a kind that has no name: `kind_number` */
};

/** A policy that the writer names as the one that decided, or would. */
struct cnipol_flow_policy {
    uint32_t has; /**< enum cnipol_flow_policy_has */
    int32_t direction;    /**< enum cnipol_flow_direction; CNIPOL_FLOW_NO_DIRECTION: not said */
    int64_t rule_number;  /**< -1: the end of a tier; -2: not known (Calico) */
    int64_t index;        /**< among the hits (Calico) */
    int64_t kind_number;
    uint64_t revision;
    struct cnipol_text kind;
    struct cnipol_text ns;
    struct cnipol_text name;
    struct cnipol_text tier;
    struct cnipol_text rule;   /**< by name (Antrea) */
    struct cnipol_text action; /**< the engine's word, in lower case */
    struct cnipol_text trigger_kind, trigger_ns, trigger_name, trigger_tier; /**< the policy that made a tier end here */
    const struct cnipol_text *labels;
    uint32_t n_labels;
    uint32_t reserved;
};

enum cnipol_flow_l7_kind { CNIPOL_L7_NONE = 0, CNIPOL_L7_DNS, CNIPOL_L7_HTTP, CNIPOL_L7_KAFKA };

enum cnipol_flow_l7_has {
    CNIPOL_L7_TYPE = 1 << 0,
    CNIPOL_L7_LATENCY = 1 << 1,
    CNIPOL_L7_CODE = 1 << 2,       /**< HTTP */
    CNIPOL_L7_CODE_STATUS = 1 << 3, /**< the writer calls it `status` (Suricata) */
    CNIPOL_L7_TTL = 1 << 4,
    CNIPOL_L7_RCODE = 1 << 5,
    CNIPOL_L7_ERROR_CODE = 1 << 6,
    CNIPOL_L7_API_VERSION = 1 << 7,
    CNIPOL_L7_CORRELATION_ID = 1 << 8
};

/** A header: key and value. */
struct cnipol_flow_pair {
    struct cnipol_text key;
    struct cnipol_text value;
};

struct cnipol_flow_l7 {
    uint32_t has;  /**< enum cnipol_flow_l7_has */
    int32_t kind;  /**< enum cnipol_flow_l7_kind */
    struct cnipol_text type; /**< lower case: request, response, sample; the protocol's name where there is no more (Suricata) */
    uint64_t latency_ns;
    /* HTTP */
    uint32_t code;
    uint32_t n_headers;
    struct cnipol_text method, url, protocol, host, user_agent, content_type;
    const struct cnipol_flow_pair *headers;
    struct cnipol_text http_json; /**< a JSON object instead of all that (Antrea's httpVals), checked to be one */
    /* DNS */
    struct cnipol_text query, observation_source;
    const struct cnipol_text *ips, *cnames, *qtypes, *rrtypes;
    uint32_t n_ips, n_cnames, n_qtypes, n_rrtypes;
    uint32_t ttl, rcode;
    /* Kafka */
    int32_t error_code, api_version, correlation_id;
    uint32_t reserved;
    struct cnipol_text api_key, topic;
};

/** What a stream says beside flows. */
enum cnipol_flow_event_kind {
    CNIPOL_EVENT_NONE = 0, /**< the record is a flow */
    CNIPOL_EVENT_LOST,     /**< lost_events: a gap in what was observed */
    CNIPOL_EVENT_NODE,     /**< node_status */
    CNIPOL_EVENT_AGENT,    /**< agent_event */
    CNIPOL_EVENT_DEBUG,    /**< debug_event: debug messages and captures of Cilium's monitor too */
    CNIPOL_EVENT_OTHER     /**< nothing of all that, as Suricata's statistics; what is well-formed and says nothing is a flow ({}, AWS's NODATA) */
};

enum cnipol_flow_event_has {
    CNIPOL_EVENT_COUNT = 1 << 0,
    CNIPOL_EVENT_CPU = 1 << 1,
    CNIPOL_EVENT_FIRST = 1 << 2,
    CNIPOL_EVENT_LAST = 1 << 3,
    CNIPOL_EVENT_TYPE = 1 << 4
};

struct cnipol_flow_event {
    int32_t kind; /**< enum cnipol_flow_event_kind */
    uint32_t has; /**< enum cnipol_flow_event_has */
    struct cnipol_text source; /**< who lost them */
    uint64_t n_lost;
    int64_t cpu;
    struct cnipol_time first, last;
    struct cnipol_text state;        /**< of nodes */
    const struct cnipol_text *nodes;
    uint32_t n_nodes;
    int32_t type; /**< of agent and debug events: flow.proto's AgentEventType or DebugEventType; 0: not said */
    struct cnipol_text message;
};

/** What only some writers say; the names are those of enum cnipol_extra_id without its prefix, in lower case. */
enum cnipol_extra_id {
    CNIPOL_EXTRA_START = 0, /**< time: when the flow began; the record's own time is its end, or when it was seen */
    CNIPOL_EXTRA_BYTES,
    CNIPOL_EXTRA_PACKETS,
    CNIPOL_EXTRA_BYTES_DELTA,
    CNIPOL_EXTRA_PACKETS_DELTA,
    CNIPOL_EXTRA_REVERSE_BYTES,
    CNIPOL_EXTRA_REVERSE_PACKETS,
    CNIPOL_EXTRA_REVERSE_BYTES_DELTA,
    CNIPOL_EXTRA_REVERSE_PACKETS_DELTA,
    CNIPOL_EXTRA_THROUGHPUT,
    CNIPOL_EXTRA_REVERSE_THROUGHPUT,
    CNIPOL_EXTRA_LENGTH,
    CNIPOL_EXTRA_SOURCE_NODE,
    CNIPOL_EXTRA_DESTINATION_NODE,
    CNIPOL_EXTRA_CLUSTER_IP,
    CNIPOL_EXTRA_SERVICE_IP,
    CNIPOL_EXTRA_SERVICE_PORT,
    CNIPOL_EXTRA_EGRESS,
    CNIPOL_EXTRA_EGRESS_IP,
    CNIPOL_EXTRA_EGRESS_NODE,
    CNIPOL_EXTRA_END_REASON,
    CNIPOL_EXTRA_EXPORTER,
    CNIPOL_EXTRA_FLOW_TYPE,
    CNIPOL_EXTRA_TCP_STATE,
    CNIPOL_EXTRA_OBSERVATION_DOMAIN,
    CNIPOL_EXTRA_LABEL,
    CNIPOL_EXTRA_OVER,
    CNIPOL_EXTRA_PRIORITY,
    CNIPOL_EXTRA_TABLE,
    CNIPOL_EXTRA_ACCOUNT,
    CNIPOL_EXTRA_AZ,
    CNIPOL_EXTRA_REGION,
    CNIPOL_EXTRA_INSTANCE,
    CNIPOL_EXTRA_INTERFACE_SRCADDR,
    CNIPOL_EXTRA_INTERFACE_DSTADDR,
    CNIPOL_EXTRA_SRC_AWS_SERVICE,
    CNIPOL_EXTRA_DST_AWS_SERVICE,
    CNIPOL_EXTRA_LOG_STATUS,
    CNIPOL_EXTRA_SUBLOCATION,
    CNIPOL_EXTRA_SUBLOCATION_TYPE,
    CNIPOL_EXTRA_SUBNET,
    CNIPOL_EXTRA_TIER,
    CNIPOL_EXTRA_TRAFFIC_PATH,
    CNIPOL_EXTRA_TYPE,
    CNIPOL_EXTRA_VERDICT,
    CNIPOL_EXTRA_VPC,
    CNIPOL_N_EXTRAS
};

enum cnipol_extra_type { CNIPOL_EXTRA_IS_NUMBER = 1, CNIPOL_EXTRA_IS_TEXT, CNIPOL_EXTRA_IS_TIME };

struct cnipol_flow_extra {
    uint16_t id;   /**< enum cnipol_extra_id */
    uint16_t type; /**< enum cnipol_extra_type */
    uint32_t reserved;
    uint64_t number;
    struct cnipol_text text;
    struct cnipol_time time;
};

/** TCP's flags, from the last bit of the header on. */
enum cnipol_tcp_flag {
    CNIPOL_TCP_FIN = 1 << 0,
    CNIPOL_TCP_SYN = 1 << 1,
    CNIPOL_TCP_RST = 1 << 2,
    CNIPOL_TCP_PSH = 1 << 3,
    CNIPOL_TCP_ACK = 1 << 4,
    CNIPOL_TCP_URG = 1 << 5,
    CNIPOL_TCP_ECE = 1 << 6,
    CNIPOL_TCP_CWR = 1 << 7,
    CNIPOL_TCP_NS = 1 << 8
};

/** A flow, or an event that is none. */
struct cnipol_flow {
    uint32_t has;    /**< enum cnipol_flow_has */
    uint16_t format; /**< number of the format (cnipol_flow_format_at) that it was decoded from */
    uint8_t protocol; /**< IP protocol number */
    uint8_t ip_version; /**< 4, 6; 0: not said */
    int32_t verdict;    /**< enum cnipol_flow_verdict */
    int32_t direction;  /**< enum cnipol_flow_direction */
    uint8_t reply;      /**< 1: a reply */
    uint8_t encrypted;
    uint8_t icmp_type;
    uint8_t icmp_code;
    uint16_t tcp_flags; /**< enum cnipol_tcp_flag */
    uint16_t reserved;
    struct cnipol_time time;
    struct cnipol_flow_end src, dst;
    uint32_t drop_reason;              /**< Cilium's number */
    uint32_t interface_index;
    struct cnipol_text drop_reason_name; /**< POLICY_DENIED */
    struct cnipol_text interface_name;
    struct cnipol_text node;
    const struct cnipol_flow_policy *policies;         /**< that decided */
    const struct cnipol_flow_policy *pending_policies; /**< that would decide if staged ones were enforced */
    const struct cnipol_flow_extra *extras;
    const struct cnipol_flow_l7 *l7;       /**< NULL: none */
    const struct cnipol_flow_event *event; /**< not NULL: the record is no flow, whatever fields were wanted; time and node may be there */
    uint32_t n_policies, n_pending_policies, n_extras, n_node_labels;
    const struct cnipol_text *node_labels;

    /* What Cilium says beside that. Numbers are flow.proto's; an enumeration's number may be one that is not known here. */
    int32_t flow_type;  /**< 0 unknown, 1 L3_L4, 2 L7, 3 SOCK */
    int32_t event_type; /**< of the monitor: 1 drop, 4 trace, 5 policy verdict, 129 L7, ... */
    int32_t event_sub_type;
    uint32_t match_type; /**< policy_match_type */
    int32_t observation_point;
    int32_t trace_reason;
    int32_t capture_point;
    int32_t auth_type;
    int32_t xlate_point;
    uint32_t proxy_port;
    uint64_t socket_cookie, cgroup_id;
    uint64_t ip_trace_id;
    uint32_t ip_option_type;
    uint32_t file_line;
    struct cnipol_text file_name;
    struct cnipol_text uuid, emitter_name, emitter_version;
    struct cnipol_text src_mac, dst_mac;
    struct cnipol_text src_xlated; /**< the source's address after translation */
    struct cnipol_text trace_id;   /**< trace_context.parent.trace_id */
    struct cnipol_text summary;
    int32_t tunnel_protocol; /**< 0 unknown, 1 VXLAN, 2 Geneve */
    uint32_t tunnel_vni;
    struct cnipol_text tunnel_src, tunnel_dst;
    uint16_t tunnel_src_port, tunnel_dst_port;
    uint32_t n_policy_log;
    const struct cnipol_text *policy_log;
    uint32_t n_ingress_flows, n_egress_flows, n_unknown_flows; /**< aggregate: how many flows the record stands for */
    uint32_t sctp_chunk_type;

    /* Where it is from. */
    uint64_t number;  /**< of the record in its stream, 1 first */
    uint64_t offset;  /**< of its first byte in the stream (of what gzip or zstd hold, where it is packed) */
    struct cnipol_text raw; /**< the bytes of the record; of a record that is one of several in a message, the message's */
};

/** Fields, the rows of the table. Names are those of `cnipol observe` and of expected records in test vectors. */
enum cnipol_field_id {
    CNIPOL_FIELD_TIME = 0,
    CNIPOL_FIELD_VERDICT,
    CNIPOL_FIELD_DIRECTION,
    CNIPOL_FIELD_REPLY,
    CNIPOL_FIELD_PROTOCOL,
    CNIPOL_FIELD_SRC_IP,
    CNIPOL_FIELD_SRC_PORT,
    CNIPOL_FIELD_SRC_NAMESPACE,
    CNIPOL_FIELD_SRC_POD,
    CNIPOL_FIELD_SRC_WORKLOAD,
    CNIPOL_FIELD_SRC_IDENTITY,
    CNIPOL_FIELD_SRC_LABELS,
    CNIPOL_FIELD_SRC_SERVICE,
    CNIPOL_FIELD_SRC_NAMES,
    CNIPOL_FIELD_SRC_CLUSTER,
    CNIPOL_FIELD_SRC_ID,
    CNIPOL_FIELD_SRC_MAC,
    CNIPOL_FIELD_SRC_XLATED,
    CNIPOL_FIELD_DST_IP,
    CNIPOL_FIELD_DST_PORT,
    CNIPOL_FIELD_DST_NAMESPACE,
    CNIPOL_FIELD_DST_POD,
    CNIPOL_FIELD_DST_WORKLOAD,
    CNIPOL_FIELD_DST_IDENTITY,
    CNIPOL_FIELD_DST_LABELS,
    CNIPOL_FIELD_DST_SERVICE,
    CNIPOL_FIELD_DST_NAMES,
    CNIPOL_FIELD_DST_CLUSTER,
    CNIPOL_FIELD_DST_ID,
    CNIPOL_FIELD_DST_MAC,
    CNIPOL_FIELD_TCP_FLAGS,
    CNIPOL_FIELD_ICMP_TYPE,
    CNIPOL_FIELD_ICMP_CODE,
    CNIPOL_FIELD_IP_VERSION,
    CNIPOL_FIELD_DROP_REASON,
    CNIPOL_FIELD_POLICIES,
    CNIPOL_FIELD_PENDING_POLICIES,
    CNIPOL_FIELD_NODE,
    CNIPOL_FIELD_NODE_LABELS,
    CNIPOL_FIELD_INTERFACE,
    CNIPOL_FIELD_ENCRYPTED,
    CNIPOL_FIELD_L7_KIND,
    CNIPOL_FIELD_L7_TYPE,
    CNIPOL_FIELD_L7_LATENCY_NS,
    CNIPOL_FIELD_HTTP_CODE,
    CNIPOL_FIELD_HTTP_METHOD,
    CNIPOL_FIELD_HTTP_URL,
    CNIPOL_FIELD_HTTP_PROTOCOL,
    CNIPOL_FIELD_HTTP_HOST,
    CNIPOL_FIELD_HTTP_HEADERS,
    CNIPOL_FIELD_DNS_QUERY,
    CNIPOL_FIELD_DNS_IPS,
    CNIPOL_FIELD_DNS_TTL,
    CNIPOL_FIELD_DNS_CNAMES,
    CNIPOL_FIELD_DNS_OBSERVATION_SOURCE,
    CNIPOL_FIELD_DNS_RCODE,
    CNIPOL_FIELD_DNS_QTYPES,
    CNIPOL_FIELD_DNS_RRTYPES,
    CNIPOL_FIELD_KAFKA_ERROR_CODE,
    CNIPOL_FIELD_KAFKA_API_VERSION,
    CNIPOL_FIELD_KAFKA_API_KEY,
    CNIPOL_FIELD_KAFKA_CORRELATION_ID,
    CNIPOL_FIELD_KAFKA_TOPIC,
    CNIPOL_FIELD_FLOW_TYPE,
    CNIPOL_FIELD_EVENT_TYPE,
    CNIPOL_FIELD_EVENT_SUB_TYPE,
    CNIPOL_FIELD_MATCH_TYPE,
    CNIPOL_FIELD_OBSERVATION_POINT,
    CNIPOL_FIELD_TRACE_REASON,
    CNIPOL_FIELD_CAPTURE_POINT,
    CNIPOL_FIELD_AUTH_TYPE,
    CNIPOL_FIELD_PROXY_PORT,
    CNIPOL_FIELD_XLATE_POINT,
    CNIPOL_FIELD_SOCKET_COOKIE,
    CNIPOL_FIELD_CGROUP_ID,
    CNIPOL_FIELD_UUID,
    CNIPOL_FIELD_EMITTER_NAME,
    CNIPOL_FIELD_EMITTER_VERSION,
    CNIPOL_FIELD_TRACE_ID,
    CNIPOL_FIELD_IP_TRACE_ID,
    CNIPOL_FIELD_FILE,
    CNIPOL_FIELD_LINE,
    CNIPOL_FIELD_SUMMARY,
    CNIPOL_FIELD_POLICY_LOG,
    CNIPOL_FIELD_TUNNEL_PROTOCOL,
    CNIPOL_FIELD_TUNNEL_VNI,
    CNIPOL_FIELD_TUNNEL_SRC,
    CNIPOL_FIELD_TUNNEL_DST,
    CNIPOL_FIELD_AGGREGATE_INGRESS,
    CNIPOL_FIELD_AGGREGATE_EGRESS,
    CNIPOL_FIELD_AGGREGATE_UNKNOWN,
    CNIPOL_FIELD_EVENT,
    CNIPOL_FIELD_EXTRA, /**< all of cnipol_flow.extras */
    CNIPOL_N_FIELDS
};

/** A set of fields, by number. */
struct cnipol_fields {
    uint64_t bits[2];
};

/** Is the field (enum cnipol_field_id) in the set? A number that is no field's is in none. */
static inline int cnipol_fields_has(const struct cnipol_fields *fields, uint32_t id)
{
    return id < CNIPOL_N_FIELDS && (fields->bits[id / 64] >> (id % 64) & 1) != 0;
}

/** Adds a field (below CNIPOL_N_FIELDS). */
static inline void cnipol_fields_add(struct cnipol_fields *fields, uint32_t id)
{
    fields->bits[id / 64] |= (uint64_t)1 << (id % 64);
}

/** Adds all of another set. */
static inline void cnipol_fields_unite(struct cnipol_fields *fields, const struct cnipol_fields *more)
{
    fields->bits[0] |= more->bits[0];
    fields->bits[1] |= more->bits[1];
}

enum cnipol_value_type {
    CNIPOL_VALUE_NONE = 0,  /**< absent */
    CNIPOL_VALUE_BOOL,      /**< number, 0 or 1 */
    CNIPOL_VALUE_NUMBER,    /**< number */
    CNIPOL_VALUE_SIGNED,    /**< number, as int64_t */
    CNIPOL_VALUE_TIME,      /**< time */
    CNIPOL_VALUE_WORD,      /**< number, and the word for it in text; a number without a word has its digits there */
    CNIPOL_VALUE_TEXT,      /**< text */
    CNIPOL_VALUE_ADDRESS,   /**< text; it was printed into `room` where the record has an address in binary only */
    CNIPOL_VALUE_NAME,      /**< text; items, n: its namespace, one struct cnipol_text, where there is one */
    CNIPOL_VALUE_TEXTS,     /**< items, n: of struct cnipol_text */
    CNIPOL_VALUE_FLAGS,     /**< number: enum cnipol_tcp_flag */
    CNIPOL_VALUE_WORKLOADS, /**< items, n: of struct cnipol_flow_workload */
    CNIPOL_VALUE_POLICIES,  /**< items, n: of struct cnipol_flow_policy */
    CNIPOL_VALUE_PAIRS,     /**< items, n: of struct cnipol_flow_pair */
    CNIPOL_VALUE_EXTRAS     /**< items, n: of struct cnipol_flow_extra */
};

/** The value of a field in a record. */
struct cnipol_value {
    int32_t type; /**< enum cnipol_value_type */
    uint32_t n;
    uint64_t number;
    struct cnipol_text text;
    struct cnipol_time time;
    const void *items;
    char room[64]; /**< for texts that had to be made; so a value is not copied */
};

/** A row of the table of fields. Strings are static. */
struct cnipol_field {
    const char *name;   /**< "src.pod" */
    const char *about;  /**< one line */
    const char *column; /**< for tables and CSV: "src_pod" */
    int32_t id;         /**< enum cnipol_field_id */
    int32_t type;       /**< enum cnipol_value_type; of what is there */
};

/** The row of a field, by number; NULL past the last. Any thread. */
CNIPOL_API const struct cnipol_field *cnipol_field_at(size_t id);
/** The row of a field by name; NULL: no such. Any thread. O(log fields). */
CNIPOL_API const struct cnipol_field *cnipol_field_find(const char *name);
/** The value of a field. Never fails: what is absent has the type CNIPOL_VALUE_NONE. No allocation; O(1). */
CNIPOL_API void cnipol_field_get(const struct cnipol_flow *flow, int32_t id, struct cnipol_value *out);

/**
 * A value as plain text, as in CSV: lists joined by blanks, a policy as Kind:ns/name#rule=action, nothing for what is absent. Writes at most
 * `size` bytes with a NUL, and returns the length that the whole needs, as snprintf(3) does. Not made harmless for terminals. No allocation.
 */
CNIPOL_API size_t cnipol_value_print(const struct cnipol_value *value, char *out, size_t size);
/** The same of the i-th element of a list; nothing past its end. */
CNIPOL_API size_t cnipol_value_print_item(const struct cnipol_value *value, uint32_t i, char *out, size_t size);

/** The names behind numbers, static; NULL where there is none. Lower case as in records: "forwarded", "ingress", "TCP", "bytes". */
CNIPOL_API const char *cnipol_flow_verdict_name(int32_t verdict);
CNIPOL_API const char *cnipol_flow_direction_name(int32_t direction);
CNIPOL_API const char *cnipol_flow_protocol_name(uint8_t protocol);
CNIPOL_API const char *cnipol_extra_name(int32_t id);

/** Longest text of an address, with NUL. */
#define CNIPOL_ADDRESS_TEXT 48
/**
 * The address of an end as text: as written, or printed (RFC 5952) into `room`, which has CNIPOL_ADDRESS_TEXT bytes. Absent
 * where the record has none.
 */
CNIPOL_API struct cnipol_text cnipol_flow_address(const struct cnipol_flow_end *end, char *room);

/** Longest text of a time, with NUL. */
#define CNIPOL_TIME_TEXT 40
/** RFC 3339 in UTC, with 0, 3, 6 or 9 digits of a second, as protojson writes it. Returns the length. `out` has CNIPOL_TIME_TEXT bytes. */
CNIPOL_API uint32_t cnipol_time_print(const struct cnipol_time *time, char *out);

/** The time of a text: RFC 3339 as Go's encoding/json takes it, or a date, which is its midnight in UTC. CNIPOL_OK or CNIPOL_E_SYNTAX. */
CNIPOL_API int cnipol_time_parse(const char *text, struct cnipol_time *out);

/**
 * The record as one JSON object, without a line end: our own form, whose names are those of the table (docs/flow-records.md).
 * Writes at most `size` bytes with a NUL, and returns the length that the whole needs, as snprintf(3) does. No allocation.
 */
CNIPOL_API size_t cnipol_flow_print_json(const struct cnipol_flow *flow, char *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
