/* SPDX-License-Identifier: BSD-2-Clause */
/* What all of Cilium's events with a packet have in common: the packet, its ends, and which way it went. */

#include <string.h>

#include "base/ip.h"
#include "flow/monitor.h"

static void set_identity(struct cnipol_flow_end *end, uint32_t identity)
{
    end->identity = identity;
    end->has |= identity ? CNIPOL_FLOW_END_IDENTITY : 0;
}

/* What the table knows of the end, whose address may be in the record already. */
uint32_t np_event_resolve(const struct cnipol_endpoints *endpoints, struct cnipol_flow_end *end, uint32_t identity)
{
    const struct np_endpoint *known = np_endpoint_by_address(endpoints, end->family, end->address);

    set_identity(end, identity ? identity : known->identity);
    end->has |= CNIPOL_FLOW_END_ENDPOINT | (known->id ? CNIPOL_FLOW_END_ID : 0);
    end->id = known->id;
    end->ns = known->ns;
    end->pod = known->pod;
    end->cluster = known->cluster;
    end->labels = known->labels;
    end->n_labels = known->n_labels;
    return known->id;
}

void np_event_address(struct cnipol_flow_end *end, uint8_t family, const uint8_t *bytes)
{
    if (family == 4)
        np_end_ip4(end, bytes);
    else
        np_end_ip6(end, bytes);
}

/* An address as text, in the arena. False: no memory. */
static bool address_text(struct np_flow_run *run, uint8_t family, const uint8_t *bytes, struct cnipol_text *out)
{
    struct np_ip ip = {.family = family == 6 && np_is_mapped(bytes) ? 4 : family};
    char text[NP_IP_TEXT];
    uint32_t n;

    memcpy(ip.bytes, bytes + (ip.family == family ? 0 : 12), ip.family == 4 ? 4 : 16);
    n = np_ip_print(&ip, text);
    *out = np_text(np_arena_strndup(&run->arena, text, n), n);
    return out->s != NULL;
}

void np_event_fill_bytes(struct np_monitor *monitor)
{
    static const char digits[] = "0123456789abcdef";

    for (unsigned i = 0; i < 256; i++) {
        monitor->bytes[i][0] = digits[i >> 4];
        monitor->bytes[i][1] = digits[i & 15];
        monitor->bytes[i][2] = ':';
    }
}

/* Writes 19 bytes, of which 17 are the address. */
static void put_mac(const struct np_monitor *monitor, char *out, const uint8_t *mac)
{
    for (int i = 0; i < 6; i++)
        memcpy(out + 3 * i, monitor->bytes[mac[i]], 4);
}

static bool set_ethernet(struct np_flow_run *run, const uint8_t *header, struct cnipol_flow *flow)
{
    const struct np_monitor *monitor = run->state;
    char *text;

    flow->has |= CNIPOL_HAS_ETHERNET;
    if (!monitor->wants_mac)
        return true;
    text = np_arena_alloc(&run->arena, 40);
    if (!text)
        return false;
    put_mac(monitor, text, header + 6);
    put_mac(monitor, text + 20, header);
    flow->src_mac = np_text(text, 17);
    flow->dst_mac = np_text(text + 20, 17);
    return true;
}

/* flow.proto's number of an SCTP chunk. */
static uint32_t sctp_chunk(const struct np_packet *packet)
{
    static const uint8_t chunks[] = {[1] = 1, [2] = 2, [6] = 6, [7] = 3, [8] = 4, [14] = 5};

    return packet->payload < packet->end && *packet->payload < sizeof chunks ? chunks[*packet->payload] : 0;
}

static void set_ports(struct cnipol_flow *flow, const uint8_t *header)
{
    np_end_port(&flow->src, (uint16_t)(header[0] << 8 | header[1]));
    np_end_port(&flow->dst, (uint16_t)(header[2] << 8 | header[3]));
}

static void set_l4(const struct np_monitor *monitor, const struct np_packet *packet, struct cnipol_flow *flow)
{
    const uint8_t *header = packet->header;
    uint8_t protocol = packet->l4 ? packet->l4_protocol : packet->protocol;

    if (protocol)
        np_flow_protocol(flow, protocol);
    if (!packet->l4)
        return;
    flow->has |= CNIPOL_HAS_L4;
    switch (packet->l4) {
    case NP_LAYER_TCP:
        set_ports(flow, header);
        flow->tcp_flags = np_tcp_flags(header);
        flow->has |= CNIPOL_HAS_TCP_FLAGS;
        return;
    case NP_LAYER_UDP:
        set_ports(flow, header);
        return;
    case NP_LAYER_SCTP:
        set_ports(flow, header);
        if (monitor->release.has_sctp_chunk)
            flow->sctp_chunk_type = sctp_chunk(packet);
        return;
    case NP_LAYER_ICMP4:
    case NP_LAYER_ICMP6:
        flow->has |= CNIPOL_HAS_ICMP;
        flow->icmp_code = header[1];
        flow->icmp_type = header[0];
        return;
    case NP_LAYER_VRRP:
        flow->icmp_type = header[0] & 15;
        return;
    default:
        flow->icmp_type = header[0];
        return;
    }
}

static int packet_flaw(struct np_flow_run *run, const struct np_packet *packet)
{
    return np_flaw(run, NP_FLOW_SYNTAX, (size_t)(packet->flaw_at - (const uint8_t *)run->frame), packet->flaw);
}

/* The tunnel around a packet becomes what is known of the tunnel, and what is in it the packet. */
static int open_tunnel(struct np_flow_run *run, enum np_layer layer, struct np_packet *packet, struct cnipol_flow *flow)
{
    struct np_packet inner = {.with_routing = packet->with_routing, .in_tunnel = true};
    size_t n = (size_t)(packet->end - packet->payload);

    if (!np_packet_parse(&inner, layer, packet->payload, n))
        return packet_flaw(run, &inner);
    flow->has |= CNIPOL_HAS_TUNNEL;
    flow->tunnel_protocol = layer == NP_LAYER_VXLAN ? 1 : 2;
    flow->tunnel_vni = inner.vni;
    flow->tunnel_src_port = (uint16_t)(packet->header[0] << 8 | packet->header[1]);
    flow->tunnel_dst_port = (uint16_t)(packet->header[2] << 8 | packet->header[3]);
    if (!address_text(run, packet->family, packet->src, &flow->tunnel_src) ||
        !address_text(run, packet->family, packet->dst, &flow->tunnel_dst))
        return CNIPOL_E_NOMEM;
    *packet = inner;
    if (inner.last == layer && !inner.family && !inner.ethernet)
        packet->last = NP_LAYER_NONE;
    return CNIPOL_OK;
}

static int set_packet(struct np_flow_run *run, const struct np_event *event, struct np_packet *packet, struct cnipol_flow *flow)
{
    const struct np_monitor *monitor = run->state;
    enum np_layer first = !(event->flags & NP_EVENT_L3_DEVICE) ? NP_LAYER_ETHERNET
                          : event->flags & NP_EVENT_IPV6       ? NP_LAYER_IP6
                                                               : NP_LAYER_IP4;
    int rc = CNIPOL_OK;

    if (event->n == event->packet_at)
        return CNIPOL_OK;
    packet->with_routing = monitor->release.has_routing;
    if (!np_packet_parse(packet, first, event->p + event->packet_at, event->n - event->packet_at))
        return packet_flaw(run, packet);
    if ((event->flags & (NP_EVENT_VXLAN | NP_EVENT_GENEVE)) && packet->l4 == NP_LAYER_UDP)
        rc = open_tunnel(run, event->flags & NP_EVENT_VXLAN ? NP_LAYER_VXLAN : NP_LAYER_GENEVE, packet, flow);
    if (rc)
        return rc;
    if (packet->ethernet && !set_ethernet(run, packet->ethernet, flow))
        return CNIPOL_E_NOMEM;
    if (packet->family) {
        flow->has |= CNIPOL_HAS_IP;
        flow->ip_version = packet->family;
        np_event_address(&flow->src, packet->family, packet->src);
        np_event_address(&flow->dst, packet->family, packet->dst);
    }
    set_l4(monitor, packet, flow);
    return monitor->wants_summary && !np_summary(run, packet, &flow->summary) ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

/* The source before it was translated. */
static int set_original_source(struct np_flow_run *run, const struct np_event *event, const struct np_packet *packet,
                               struct cnipol_flow *flow)
{
    uint8_t family = event->flags & NP_EVENT_IPV6 ? 6 : 4;

    if (!event->orig_ip || !packet->family)
        return CNIPOL_OK;
    if (family == packet->family && memcmp(event->orig_ip, packet->src, family == 4 ? 4 : 16) == 0)
        return CNIPOL_OK;
    np_event_address(&flow->src, family, event->orig_ip);
    if (!address_text(run, packet->family, packet->src, &flow->src_xlated))
        return CNIPOL_E_NOMEM;
    return CNIPOL_OK;
}

/* Of drops and traces: who sent the packet is the endpoint that the event is from, or is not. */
static void set_direction(const struct np_event *event, uint32_t src_id, struct cnipol_flow *flow)
{
    bool is_from_source = event->source == (uint16_t)src_id;
    bool is_egress = is_from_source != event->is_reply || event->orig_ip != NULL || event->is_overlay;

    np_flow_direction(flow, is_egress ? CNIPOL_FLOW_EGRESS : CNIPOL_FLOW_INGRESS);
}

/* What all events with a packet have in common, once the struct is read. */
int np_event_finish(struct np_flow_run *run, const struct np_event *event, struct cnipol_flow *flow)
{
    struct np_packet packet = {0};
    uint32_t src_id;
    int rc = set_packet(run, event, &packet, flow);

    if (!rc)
        rc = set_original_source(run, event, &packet, flow);
    if (rc)
        return rc;
    flow->flow_type = 1;
    flow->event_type = event->p[0];
    flow->event_sub_type = event->p[1];
    flow->has |= CNIPOL_HAS_FLOW_TYPE | CNIPOL_HAS_EVENT_TYPE;
    if (event->is_trace && packet.family) {
        flow->has |= CNIPOL_HAS_ENCRYPTED;
        flow->encrypted = event->p[26] >> 7;
    }
    src_id = np_event_resolve(run->opts.endpoints, &flow->src, event->src_identity);
    np_event_resolve(run->opts.endpoints, &flow->dst, event->dst_identity);
    if (event->has_direction && event->source && run->opts.endpoints)
        set_direction(event, src_id, flow);
    return 1;
}
