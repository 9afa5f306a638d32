/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_MONITOR_H
#define NP_FLOW_MONITOR_H

/*
 * Cilium's monitor events: what the parts of the decoder share.
 *
 *     cilium_monitor.c   drop, trace, policy verdict, capture, debug and socket trace events
 *     monitor_release.c  what a release writes
 *     monitor_event.c    what the events with a packet have in common
 *     monitor_packet.c   the packet behind an event
 *     monitor_summary.c  Hubble's line on a packet
 *     monitor_l7.c       access logs and agent events, which have no packet
 *     endpoints.c        who has which endpoint id and address
 */

#include "flow/endpoints.h"
#include "flow/format.h"
#include "flow/monitor_packet.h"

/* Summaries of TCP, by flags. */
struct np_tcp_summary {
    char text[60];
    uint32_t n;
};
#define NP_TCP_SUMMARIES 512u

/* What a release of Cilium writes, and its Hubble reads. */
struct np_release {
    uint8_t minor;       /* 1.minor; 0: not known, so whatever any of them writes */
    uint8_t drop_newest; /* version of the struct */
    uint8_t trace_newest;
    uint8_t verdict_size; /* bytes of the struct; 0: by the length of the packet */
    uint8_t sock_size;    /* 38, 40; 0: by the length of the event */
    bool is_wide;         /* the version is 16 bits wide, and there are no extensions */
    bool has_no_drop_version;
    bool has_packet_flags; /* L3 devices and tunnels, of drops and traces */
    bool has_verdict_l3;   /* L3 devices, of verdicts */
    bool has_routing; /* VRRP and IGMP */
    bool has_sctp_chunk;
    bool has_overlay_reason; /* trace reason 8 */
    bool keeps_mapped;       /* of socket traces: a mapped address is not the IPv4 address that it holds */
};

/* "1.18", "v1.18.6", "1.20.0-dev"; NULL and "": any. False: no version, or one before 1.16. */
bool np_release_find(const char *version, struct np_release *out);

struct np_monitor {
    char bytes[256][4]; /* each as in a MAC address: two digits and a colon; aligned */
    struct np_release release;
    struct np_tcp_summary *tcp; /* NULL: no summaries wanted */
    struct np_monitor_l7 *l7;   /* NULL: none was seen */
    bool wants_mac, wants_summary;
};

/* Of the packet; the numbers are those of drops and traces. */
enum np_event_flag { NP_EVENT_IPV6 = 1, NP_EVENT_L3_DEVICE = 2, NP_EVENT_VXLAN = 4, NP_EVENT_GENEVE = 8 };

/* What an event says of its packet and ends, whatever its type. */
struct np_event {
    const uint8_t *p;
    size_t n;
    size_t packet_at; /* offset of the packet */
    uint8_t flags;    /* of the packet: enum np_event_flag */
    uint16_t source;  /* endpoint id */
    uint32_t src_identity, dst_identity;
    const uint8_t *orig_ip; /* before source NAT; NULL: none */
    bool has_direction;     /* it follows from the table of endpoints */
    bool is_reply;
    bool is_overlay; /* encrypted for the overlay: on its way out, whoever it is from */
    bool is_trace;
};

static inline uint16_t np_le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t np_le32(const uint8_t *p)
{
    return np_le16(p) | (uint32_t)np_le16(p + 2) << 16;
}

static inline uint64_t np_le64(const uint8_t *p)
{
    return np_le32(p) | (uint64_t)np_le32(p + 4) << 32;
}

/* Fills the table of bytes. */
void np_event_fill_bytes(struct np_monitor *monitor);
/* An address in binary. */
void np_event_address(struct cnipol_flow_end *end, uint8_t family, const uint8_t *bytes);
/* Adds what the table knows of the end, whose address is in the record already. The endpoint's id, 0 where it is not known. */
uint32_t np_event_resolve(const struct cnipol_endpoints *endpoints, struct cnipol_flow_end *end, uint32_t identity);
/* The packet and what follows from it, once the struct is read: what next() returns. */
int np_event_finish(struct np_flow_run *run, const struct np_event *event, struct cnipol_flow *flow);

/* Fills the table of summaries. */
void np_summary_fill_tcp(struct np_tcp_summary *table);
/* The line on a packet, in the arena or a static one; absent where no layer was found. False: no memory. */
bool np_summary(struct np_flow_run *run, const struct np_packet *packet, struct cnipol_text *out);

/* TCP's flags, as in the record. */
static inline uint16_t np_tcp_flags(const uint8_t *header)
{
    return (uint16_t)(header[13] | (header[12] & 1) << 8);
}

#endif
