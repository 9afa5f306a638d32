/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for numbers: those of flow.proto (words.h), and our own. */

#include "flow/words.h"

#include <string.h>
#include <strings.h>

#include "flow/format.h"

#define WORDS(name, rows) const struct np_words np_words_##name = {rows, sizeof rows / sizeof *rows}

static const struct np_word verdicts[] = {
    {0, "VERDICT_UNKNOWN"}, {1, "FORWARDED"}, {2, "DROPPED"}, {3, "ERROR"}, {4, "AUDIT"}, {5, "REDIRECTED"}, {6, "TRACED"}, {7, "TRANSLATED"}};
static const struct np_word directions[] = {{0, "TRAFFIC_DIRECTION_UNKNOWN"}, {1, "INGRESS"}, {2, "EGRESS"}};
static const struct np_word flow_types[] = {{0, "UNKNOWN_TYPE"}, {1, "L3_L4"}, {2, "L7"}, {3, "SOCK"}};
static const struct np_word auth_types[] = {{0, "DISABLED"}, {1, "SPIRE"}, {2, "TEST_ALWAYS_FAIL"}};
static const struct np_word observation_points[] = {
    {0, "UNKNOWN_POINT"}, {1, "TO_PROXY"},     {2, "TO_HOST"},       {3, "TO_STACK"},       {4, "TO_OVERLAY"},
    {5, "FROM_ENDPOINT"}, {6, "FROM_PROXY"},   {7, "FROM_HOST"},     {8, "FROM_STACK"},     {9, "FROM_OVERLAY"},
    {10, "FROM_NETWORK"}, {11, "TO_NETWORK"},  {12, "FROM_CRYPTO"},  {13, "TO_CRYPTO"},     {101, "TO_ENDPOINT"}};
static const struct np_word trace_reasons[] = {
    {0, "TRACE_REASON_UNKNOWN"}, {1, "NEW"},         {2, "ESTABLISHED"}, {3, "REPLY"}, {4, "RELATED"}, {5, "REOPENED"},
    {6, "SRV6_ENCAP"},           {7, "SRV6_DECAP"}, {8, "ENCRYPT_OVERLAY"}};
static const struct np_word capture_points[] = {
    {0, "DBG_CAPTURE_POINT_UNKNOWN"}, {4, "DBG_CAPTURE_DELIVERY"},   {5, "DBG_CAPTURE_FROM_LB"},    {6, "DBG_CAPTURE_AFTER_V46"},
    {7, "DBG_CAPTURE_AFTER_V64"},     {8, "DBG_CAPTURE_PROXY_PRE"}, {9, "DBG_CAPTURE_PROXY_POST"}, {10, "DBG_CAPTURE_SNAT_PRE"},
    {11, "DBG_CAPTURE_SNAT_POST"}};
static const struct np_word xlate_points[] = {{0, "SOCK_XLATE_POINT_UNKNOWN"},
                                              {1, "SOCK_XLATE_POINT_PRE_DIRECTION_FWD"},
                                              {2, "SOCK_XLATE_POINT_POST_DIRECTION_FWD"},
                                              {3, "SOCK_XLATE_POINT_PRE_DIRECTION_REV"},
                                              {4, "SOCK_XLATE_POINT_POST_DIRECTION_REV"}};
static const struct np_word tunnels[] = {{0, "UNKNOWN"}, {1, "VXLAN"}, {2, "GENEVE"}};
static const struct np_word l7_types[] = {{0, "UNKNOWN_L7_TYPE"}, {1, "REQUEST"}, {2, "RESPONSE"}, {3, "SAMPLE"}};
static const struct np_word ip_versions[] = {{0, "IP_NOT_USED"}, {1, "IPv4"}, {2, "IPv6"}};
static const struct np_word sctp_chunks[] = {{0, "UNSUPPORTED"},  {1, "INIT"},           {2, "INIT_ACK"}, {3, "SHUTDOWN"},
                                             {4, "SHUTDOWN_ACK"}, {5, "SHUTDOWN_COMPLETE"}, {6, "ABORT"}};
static const struct np_word lost_sources[] = {{0, "UNKNOWN_LOST_EVENT_SOURCE"}, {1, "PERF_EVENT_RING_BUFFER"}, {2, "OBSERVER_EVENTS_QUEUE"}, {3, "HUBBLE_RING_BUFFER"}};
static const struct np_word event_types[] = {{0, "unspec"},         {1, "drop"},        {2, "debug"},         {3, "capture"}, {4, "trace"},
                                             {5, "policy-verdict"}, {6, "recorder"}, {7, "trace-sock"}, {129, "l7"},     {130, "agent"}};

WORDS(verdict, verdicts);
WORDS(direction, directions);
WORDS(flow_type, flow_types);
WORDS(auth_type, auth_types);
WORDS(observation_point, observation_points);
WORDS(trace_reason, trace_reasons);
WORDS(capture_point, capture_points);
WORDS(xlate_point, xlate_points);
WORDS(tunnel, tunnels);
WORDS(l7_type, l7_types);
WORDS(ip_version, ip_versions);
WORDS(sctp_chunk, sctp_chunks);
WORDS(lost_source, lost_sources);
WORDS(event_type, event_types);

const char *np_word_of(const struct np_words *words, int32_t number)
{
    for (uint32_t i = 0; i < words->n; i++)
        if (words->items[i].number == number)
            return words->items[i].word;
    return NULL;
}

bool np_word_find(const struct np_words *words, struct cnipol_text word, int32_t *out)
{
    for (uint32_t i = 0; i < words->n; i++) {
        if (strlen(words->items[i].word) != word.n || memcmp(words->items[i].word, word.s, word.n) != 0)
            continue;
        *out = words->items[i].number;
        return true;
    }
    return false;
}

/* By flow.proto's number. */
static const uint8_t verdict_of_proto[] = {CNIPOL_FLOW_UNKNOWN, CNIPOL_FLOW_FORWARDED,  CNIPOL_FLOW_DROPPED, CNIPOL_FLOW_ERROR,
                                           CNIPOL_FLOW_AUDIT,   CNIPOL_FLOW_REDIRECTED, CNIPOL_FLOW_TRACED,  CNIPOL_FLOW_TRANSLATED};

enum cnipol_flow_verdict np_verdict_of_proto(int32_t number)
{
    return number >= 0 && (uint32_t)number < sizeof verdict_of_proto ? verdict_of_proto[number] : CNIPOL_FLOW_UNKNOWN;
}

int32_t np_verdict_to_proto(int32_t verdict)
{
    for (uint32_t i = 0; i < sizeof verdict_of_proto; i++)
        if (verdict_of_proto[i] == verdict)
            return (int32_t)i;
    return 0;
}

static const char *word_at(const char *const *words, uint32_t n, int64_t i)
{
    return i >= 0 && i < n ? words[i] : NULL;
}

const char *cnipol_flow_verdict_name(int32_t verdict)
{
    static const char *const names[] = {"unknown", "forwarded", "dropped", "error", "audit", "redirected", "traced", "translated"};

    return word_at(names, sizeof names / sizeof *names, verdict);
}

const char *cnipol_flow_direction_name(int32_t direction)
{
    static const char *const names[] = {"unknown", "ingress", "egress"};

    return word_at(names, sizeof names / sizeof *names, direction);
}

static const struct np_word protocols[] = {{1, "ICMP"}, {2, "IGMP"}, {6, "TCP"}, {17, "UDP"}, {58, "ICMPv6"}, {112, "VRRP"}, {132, "SCTP"}};
/* Other spellings that writers have. */
static const struct np_word other_protocols[] = {{1, "icmpv4"}, {58, "icmp6"}, {58, "ipv6-icmp"}};

const char *cnipol_flow_protocol_name(uint8_t protocol)
{
    const struct np_words words = {protocols, sizeof protocols / sizeof *protocols};

    return np_word_of(&words, protocol);
}

static int find_protocol(const struct np_word *rows, uint32_t n, struct cnipol_text name)
{
    for (uint32_t i = 0; i < n; i++)
        if (strlen(rows[i].word) == name.n && strncasecmp(rows[i].word, name.s, name.n) == 0)
            return rows[i].number;
    return -1;
}

int np_protocol_find(struct cnipol_text name)
{
    int found = name.s ? find_protocol(protocols, sizeof protocols / sizeof *protocols, name) : -1;

    return found >= 0 || !name.s ? found : find_protocol(other_protocols, sizeof other_protocols / sizeof *other_protocols, name);
}

const char *cnipol_extra_name(int32_t id)
{
    static const char *const names[] = {
        [CNIPOL_EXTRA_START] = "start",
        [CNIPOL_EXTRA_BYTES] = "bytes",
        [CNIPOL_EXTRA_PACKETS] = "packets",
        [CNIPOL_EXTRA_BYTES_DELTA] = "bytes_delta",
        [CNIPOL_EXTRA_PACKETS_DELTA] = "packets_delta",
        [CNIPOL_EXTRA_REVERSE_BYTES] = "reverse_bytes",
        [CNIPOL_EXTRA_REVERSE_PACKETS] = "reverse_packets",
        [CNIPOL_EXTRA_REVERSE_BYTES_DELTA] = "reverse_bytes_delta",
        [CNIPOL_EXTRA_REVERSE_PACKETS_DELTA] = "reverse_packets_delta",
        [CNIPOL_EXTRA_THROUGHPUT] = "throughput",
        [CNIPOL_EXTRA_REVERSE_THROUGHPUT] = "reverse_throughput",
        [CNIPOL_EXTRA_LENGTH] = "length",
        [CNIPOL_EXTRA_SOURCE_NODE] = "source_node",
        [CNIPOL_EXTRA_DESTINATION_NODE] = "destination_node",
        [CNIPOL_EXTRA_CLUSTER_IP] = "cluster_ip",
        [CNIPOL_EXTRA_SERVICE_IP] = "service_ip",
        [CNIPOL_EXTRA_SERVICE_PORT] = "service_port",
        [CNIPOL_EXTRA_EGRESS] = "egress",
        [CNIPOL_EXTRA_EGRESS_IP] = "egress_ip",
        [CNIPOL_EXTRA_EGRESS_NODE] = "egress_node",
        [CNIPOL_EXTRA_END_REASON] = "end_reason",
        [CNIPOL_EXTRA_EXPORTER] = "exporter",
        [CNIPOL_EXTRA_FLOW_TYPE] = "flow_type",
        [CNIPOL_EXTRA_TCP_STATE] = "tcp_state",
        [CNIPOL_EXTRA_OBSERVATION_DOMAIN] = "observation_domain",
        [CNIPOL_EXTRA_LABEL] = "label",
        [CNIPOL_EXTRA_OVER] = "over",
        [CNIPOL_EXTRA_PRIORITY] = "priority",
        [CNIPOL_EXTRA_TABLE] = "table",
        [CNIPOL_EXTRA_ACCOUNT] = "account",
        [CNIPOL_EXTRA_AZ] = "az",
        [CNIPOL_EXTRA_REGION] = "region",
        [CNIPOL_EXTRA_INSTANCE] = "instance",
        [CNIPOL_EXTRA_INTERFACE_SRCADDR] = "interface_srcaddr",
        [CNIPOL_EXTRA_INTERFACE_DSTADDR] = "interface_dstaddr",
        [CNIPOL_EXTRA_SRC_AWS_SERVICE] = "src_aws_service",
        [CNIPOL_EXTRA_DST_AWS_SERVICE] = "dst_aws_service",
        [CNIPOL_EXTRA_LOG_STATUS] = "log_status",
        [CNIPOL_EXTRA_SUBLOCATION] = "sublocation",
        [CNIPOL_EXTRA_SUBLOCATION_TYPE] = "sublocation_type",
        [CNIPOL_EXTRA_SUBNET] = "subnet",
        [CNIPOL_EXTRA_TIER] = "tier",
        [CNIPOL_EXTRA_TRAFFIC_PATH] = "traffic_path",
        [CNIPOL_EXTRA_TYPE] = "type",
        [CNIPOL_EXTRA_VERDICT] = "verdict",
        [CNIPOL_EXTRA_VPC] = "vpc",
    };

    return word_at(names, sizeof names / sizeof *names, id);
}
