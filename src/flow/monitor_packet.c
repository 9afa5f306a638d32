/* SPDX-License-Identifier: BSD-2-Clause */
/* The packet behind an event of Cilium's monitor: see monitor_packet.h. A function for each layer says which one is next. */

#include "flow/monitor_packet.h"

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static enum np_layer bad(struct np_packet *packet, const uint8_t *at, const char *what)
{
    packet->flaw = what;
    packet->flaw_at = at;
    return NP_LAYER_BAD;
}

static size_t left(const struct np_packet *packet)
{
    return (size_t)(packet->end - packet->payload);
}

/* By Ethernet's type; of the rest (ARP, VLAN tags, MPLS, LLDP) nothing is looked at. 0xffff is gopacket's own number for bare IPv4. */
static enum np_layer by_ethernet_type(uint32_t type)
{
    switch (type) {
    case 0x0800:
    case 0xffff:
        return NP_LAYER_IP4;
    case 0x86dd:
        return NP_LAYER_IP6;
    case 0x6558:
        return NP_LAYER_ETHERNET;
    default:
        return NP_LAYER_NONE;
    }
}

static enum np_layer by_protocol(const struct np_packet *packet, uint8_t protocol)
{
    switch (protocol) {
    case 1:
        return NP_LAYER_ICMP4;
    case 2:
        return packet->with_routing ? NP_LAYER_IGMP : NP_LAYER_NONE;
    case 4:
    case 94:
        return NP_LAYER_IP4;
    case 6:
        return NP_LAYER_TCP;
    case 17:
        return NP_LAYER_UDP;
    case 41:
        return NP_LAYER_IP6;
    case 58:
        return NP_LAYER_ICMP6;
    case 112:
        return packet->with_routing ? NP_LAYER_VRRP : NP_LAYER_NONE;
    case 132:
        return NP_LAYER_SCTP;
    default:
        return NP_LAYER_NONE;
    }
}

/* Extension headers of IPv6 say nothing of the protocol. */
static bool is_extension(uint8_t protocol)
{
    return protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60 || protocol == 135 || protocol == 139 || protocol == 140;
}

static enum np_layer none(struct np_packet *packet)
{
    (void)packet;
    return NP_LAYER_NONE;
}

static enum np_layer ethernet(struct np_packet *packet)
{
    const uint8_t *p = packet->payload;

    if (left(packet) < 14)
        return bad(packet, p, "a packet that ends within its Ethernet header");
    packet->ethernet = p;
    packet->payload = p + 14;
    return by_ethernet_type(be16(p + 12));
}

/* Options of IPv4 and TCP: kind 0 ends them, 1 is alone, others have a length that counts kind and length too. */
static bool are_options(const uint8_t *p, const uint8_t *end, unsigned shortest)
{
    while (p < end) {
        if (*p == 0)
            return true;
        if (*p == 1) {
            p++;
            continue;
        }
        if (end - p < 2 || p[1] < shortest || p[1] > end - p)
            return false;
        p += p[1];
    }
    return true;
}

static enum np_layer ip4(struct np_packet *packet)
{
    const uint8_t *p = packet->payload;
    size_t n = left(packet), header, total;

    if (n < 20)
        return bad(packet, p, "a packet that ends within its IPv4 header");
    header = (size_t)(p[0] & 15) * 4;
    total = be16(p + 2);
    if (total == 0)
        total = n & 0xffff;
    if (total < 20 || header < 20 || header > total)
        return bad(packet, p, "an IPv4 header whose lengths do not fit");
    if (total < n)
        packet->end = p + total;
    else if (header > n)
        return bad(packet, p, "a packet that ends within its IPv4 header");
    if (header > 20 && !are_options(p + 20, p + header, 3))
        return bad(packet, p + 20, "options of IPv4 that do not fit");
    packet->family = 4;
    packet->src = p + 12;
    packet->dst = p + 16;
    packet->protocol = p[9];
    packet->payload = p + header;
    return be16(p + 6) & 0x3fff ? NP_LAYER_NONE : by_protocol(packet, p[9]);
}

/* The hop-by-hop header: 2 bytes, then options of a type and a length. *jumbo: one says a length. 0: malformed. */
static size_t hop_by_hop(const uint8_t *p, size_t n, bool *jumbo)
{
    size_t size, at = 2;

    if (n < 2)
        return 0;
    size = (size_t)p[1] * 8 + 8;
    if (n < size)
        return 0;
    while (at < size) {
        if (n - at < 2)
            return 0;
        if (p[at] == 0) {
            at++;
            continue;
        }
        if (n - at < (size_t)p[at + 1] + 2)
            return 0;
        if (p[at] == 0xc2 && !*jumbo) {
            if (p[at + 1] != 4 || (p[at + 2] == 0 && p[at + 3] == 0))
                return 0;
            *jumbo = true;
        }
        at += (size_t)p[at + 1] + 2;
    }
    return size;
}

static enum np_layer ip6(struct np_packet *packet)
{
    const uint8_t *p = packet->payload;
    uint8_t next;
    size_t length;
    bool jumbo = false;

    if (left(packet) < 40)
        return bad(packet, p, "a packet that ends within its IPv6 header");
    length = be16(p + 4);
    next = p[6];
    packet->payload = p + 40;
    if (next == 0) {
        size_t size = hop_by_hop(p + 40, left(packet), &jumbo);

        if (!size || jumbo == (length != 0))
            return bad(packet, p + 40, "a hop-by-hop header of IPv6 that does not fit");
        next = p[40];
        if (!jumbo)
            packet->payload += size;
    }
    if (length == 0 && !jumbo)
        return bad(packet, p + 4, "an IPv6 packet of length 0");
    if (!jumbo && length < left(packet))
        packet->end = packet->payload + length;
    packet->family = 6;
    packet->src = p + 8;
    packet->dst = p + 24;
    packet->protocol = is_extension(next) ? 0 : next;
    return by_protocol(packet, next);
}

/* An L4 header of n bytes. */
static enum np_layer l4(struct np_packet *packet, enum np_layer layer, size_t n)
{
    packet->l4 = (uint8_t)layer;
    packet->l4_protocol = packet->protocol;
    packet->header = packet->payload;
    packet->payload += n;
    return NP_LAYER_NONE;
}

static enum np_layer tcp(struct np_packet *packet)
{
    const uint8_t *p = packet->payload;
    size_t header;

    if (left(packet) < 20)
        return bad(packet, p, "a packet that ends within its TCP header");
    header = (size_t)(p[12] >> 4) * 4;
    if (header < 20 || header > left(packet))
        return bad(packet, p + 12, "a TCP header whose length does not fit");
    if (header > 20 && !are_options(p + 20, p + header, 2))
        return bad(packet, p + 20, "options of TCP that do not fit");
    return l4(packet, NP_LAYER_TCP, header);
}

/* What gopacket takes to be behind a port of UDP. False: nothing that it knows. */
static bool by_port(uint32_t port, enum np_layer *out)
{
    static const uint16_t known[] = {53,   67,   68,   123,  546,  547,  623,  666,  1000, 1812,
                                     2123, 2152, 2222, 3784, 3868, 5060, 5082, 5083, 6343, 44818};

    *out = port == 4789 ? NP_LAYER_VXLAN : port == 6081 ? NP_LAYER_GENEVE : NP_LAYER_NONE;
    for (size_t i = 0; i < sizeof known / sizeof *known && *out == NP_LAYER_NONE; i++)
        if (port == known[i])
            return true;
    return *out != NP_LAYER_NONE;
}

static enum np_layer udp(struct np_packet *packet)
{
    const uint8_t *p = packet->payload;
    enum np_layer next;
    size_t length;

    if (left(packet) < 8)
        return bad(packet, p, "a packet that ends within its UDP header");
    length = be16(p + 4);
    if (length > 0 && length < 8)
        return bad(packet, p + 4, "a UDP header whose length does not fit");
    if (length && length < left(packet))
        packet->end = p + length;
    l4(packet, NP_LAYER_UDP, 8);
    if (!packet->in_tunnel)
        return NP_LAYER_NONE;
    if (!by_port(be16(p + 2), &next))
        by_port(be16(p), &next);
    return next;
}

static enum np_layer sctp(struct np_packet *packet)
{
    if (left(packet) < 12)
        return bad(packet, packet->payload, "a packet that ends within its SCTP header");
    return l4(packet, NP_LAYER_SCTP, 12);
}

static enum np_layer icmp4(struct np_packet *packet)
{
    if (left(packet) < 8)
        return bad(packet, packet->payload, "a packet that ends within its ICMP header");
    return l4(packet, NP_LAYER_ICMP4, 8);
}

static enum np_layer icmp6(struct np_packet *packet)
{
    if (left(packet) < 4)
        return bad(packet, packet->payload, "a packet that ends within its ICMPv6 header");
    return l4(packet, NP_LAYER_ICMP6, 4);
}

static enum np_layer vrrp(struct np_packet *packet)
{
    const uint8_t *p = packet->payload;

    if (left(packet) < 8 || (p[0] & 15) != 1 || p[3] == 0 || left(packet) < 8 + 4 * (size_t)p[3])
        return bad(packet, p, "a VRRP packet that is no advertisement, or is cut");
    return l4(packet, NP_LAYER_VRRP, left(packet));
}

static enum np_layer igmp(struct np_packet *packet)
{
    if (left(packet) < 8)
        return bad(packet, packet->payload, "a packet that ends within its IGMP header");
    return l4(packet, NP_LAYER_IGMP, left(packet));
}

static uint32_t be24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | be16(p + 1);
}

/* A tunnel in a tunnel of another kind leaves the outer one's number as it is. */
static void set_vni(struct np_packet *packet, enum np_layer kind)
{
    if (!packet->tunnel)
        packet->tunnel = (uint8_t)kind;
    if (packet->tunnel == kind)
        packet->vni = be24(packet->payload + 4);
}

static enum np_layer vxlan(struct np_packet *packet)
{
    const uint8_t *p = packet->payload;

    if (left(packet) < 8)
        return bad(packet, p, "a packet that ends within its VXLAN header");
    set_vni(packet, NP_LAYER_VXLAN);
    packet->payload = p + 8;
    return NP_LAYER_ETHERNET;
}

/* gopacket keeps the offset in a byte, which options of 248 bytes and more overrun. */
static enum np_layer geneve(struct np_packet *packet)
{
    const uint8_t *p = packet->payload;
    size_t n = left(packet);
    uint8_t at = 8;
    int options;

    if (n < 8 || n < (size_t)(p[0] & 63) * 4 + 7)
        return bad(packet, p, "a packet that ends within its Geneve header");
    for (options = (p[0] & 63) * 4; options > 0;) {
        int size = n < (size_t)at + 4 ? 0 : (p[at + 3] & 31) * 4 + 4;

        if (!size || n - at < (size_t)size)
            return bad(packet, p + (at < n ? at : n), "an option of Geneve that does not fit");
        options -= size;
        at = (uint8_t)(at + size);
    }
    set_vni(packet, NP_LAYER_GENEVE);
    packet->payload = p + at;
    return by_ethernet_type(be16(p + 2));
}

static const struct {
    enum np_layer (*parse)(struct np_packet *packet);
    const char *name;
} layers[] = {
    [NP_LAYER_NONE] = {none, ""},           [NP_LAYER_ETHERNET] = {ethernet, "Ethernet"},
    [NP_LAYER_IP4] = {ip4, "IPv4"},         [NP_LAYER_IP6] = {ip6, "IPv6"},
    [NP_LAYER_TCP] = {tcp, "TCP"},          [NP_LAYER_UDP] = {udp, "UDP"},
    [NP_LAYER_SCTP] = {sctp, "SCTP"},       [NP_LAYER_ICMP4] = {icmp4, "ICMPv4"},
    [NP_LAYER_ICMP6] = {icmp6, "ICMPv6"},   [NP_LAYER_VRRP] = {vrrp, "VRRP"},
    [NP_LAYER_IGMP] = {igmp, "IGMP"},       [NP_LAYER_VXLAN] = {vxlan, "VXLAN"},
    [NP_LAYER_GENEVE] = {geneve, "Geneve"},
};

const char *np_layer_name(enum np_layer layer)
{
    return layers[layer].name;
}

bool np_packet_parse(struct np_packet *packet, enum np_layer first, const uint8_t *bytes, size_t n)
{
    enum np_layer layer = first;

    packet->payload = bytes;
    packet->end = bytes + n;
    do {
        enum np_layer next = layers[layer].parse(packet);

        if (next == NP_LAYER_BAD)
            return false;
        packet->last = (uint8_t)layer;
        layer = next;
    } while (layer != NP_LAYER_NONE && packet->payload < packet->end);
    return true;
}
