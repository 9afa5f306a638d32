/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_ACCESS_LOG_H
#define NP_FLOW_ACCESS_LOG_H

/*
 * What Cilium's agent tells its monitors beside packets, as it is written (gob.h): access logs of its proxies, and its own events.
 *
 * Only what Hubble makes something of is here. Source: cilium/cilium v1.16.8 to v1.20.2 pkg/proxy/accesslog/record.go,
 * pkg/labels/labels.go, pkg/monitor/api/types.go (AgentNotify).
 */

#include "flow/gob.h"

/* Bits of `has`, by the rows of access_log.c. */
#define NP_ACCESS_HAS_HTTP (1u << 8)
#define NP_ACCESS_HAS_DNS (1u << 9)
#define NP_ACCESS_HAS_KAFKA (1u << 10)
#define NP_ACCESS_HAS_L7 (1u << 11)

struct np_access_label {
    uint32_t has;
    struct cnipol_text key, value, source;
};

struct np_access_end {
    uint32_t has;
    uint64_t id, port, identity;
    struct cnipol_text ip4, ip6;
    struct np_flow_list labels; /* struct np_access_label */
};

struct np_access_http {
    uint32_t has;
    int64_t code;
    struct cnipol_text method, url, protocol;
    struct np_flow_list headers; /* struct cnipol_flow_pair */
};

struct np_access_dns {
    uint32_t has;
    struct cnipol_text query, source;
    uint64_t ttl;
    int64_t rcode;
    struct np_flow_list ips;          /* struct np_gob_bytes */
    struct np_flow_list cnames;       /* struct cnipol_text */
    struct np_flow_list qtypes, types; /* uint64_t */
};

struct np_access_topic {
    uint32_t has;
    struct cnipol_text name;
};

struct np_access_kafka {
    uint32_t has;
    int64_t error_code, api_version, correlation_id;
    struct cnipol_text api_key;
    struct np_access_topic topic;
};

/* Any other protocol. */
struct np_access_l7 {
    uint32_t has;
    struct cnipol_text protocol;
    struct np_flow_list fields; /* struct cnipol_flow_pair */
};

struct np_access_log {
    uint32_t has;
    struct cnipol_text type, timestamp, point, verdict;
    uint64_t ip_version, protocol; /* 0: IPv4, 1: IPv6 */
    struct np_access_end src, dst;
    struct np_access_http http;
    struct np_access_dns dns;
    struct np_access_kafka kafka;
    struct np_access_l7 l7;
};
extern const struct np_gob_shape np_access_log_shape;
/* Sorts pairs by their keys, as Hubble does; values of one key stay in their order, which is that of the frame. */
void np_access_sort(const struct np_flow_list *pairs);

struct np_agent_notify {
    uint32_t has;
    uint64_t type; /* AgentNotification */
    struct cnipol_text text;
};
extern const struct np_gob_shape np_agent_notify_shape;

#endif
