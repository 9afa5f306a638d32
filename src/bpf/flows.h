/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef NP_BPF_FLOWS_H
#define NP_BPF_FLOWS_H

/*
 * Connections that were allowed, for the programs alone: what the state in a question is taken from.
 *
 * An entry is made where a new packet is allowed, under its addresses, ports and protocol and the directions that
 * were judged: an allow by the source's policies says nothing about the destination's. A later packet of the
 * same kind under the same directions is established, and so is one the other way under the opposite ones. A
 * TCP packet with SYN and without ACK is always new; one with both, FIN or RST begins nothing. Of ICMP, echo
 * requests make entries, and echo replies answer them; no other type, and no later fragment, is ever
 * established. Whether established traffic passes is the image's to say.
 *
 * The least recently used entries give way; entries that nobody used for long are as good as none. Sources of the
 * times: RFC 5382 (TCP: 2 h 4 min, closing 4 min), RFC 4787 (UDP: 5 min), RFC 5508 (ICMP: 60 s).
 */

enum { NP_TCP = 6, NP_SYN = 2, NP_FIN_RST = 1 | 4, NP_ACK = 16 };

struct np_flow_key {
    uint8_t source[16];
    uint8_t destination[16];
    uint16_t source_port;
    uint16_t destination_port;
    uint8_t family;
    uint8_t protocol;
    uint8_t directions;
    uint8_t reserved;
};

struct np_flow {
    uint64_t seen; /* nanoseconds */
    uint64_t is_closing;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 256); /* the loader sets the true number */
    __type(key, struct np_flow_key);
    __type(value, struct np_flow);
} np_flows SEC(".maps");

CNIPOL_INLINE uint64_t flow_seconds(uint8_t protocol, const struct np_flow *flow)
{
    if (protocol == NP_TCP)
        return flow->is_closing ? 240 : 7440;
    if (protocol == 1 || protocol == 58)
        return 60;
    return protocol == 132 ? 7440 : 300;
}

/* Which end began it, as far as this packet can tell: bit 0: the sender, bit 1: the receiver. */
CNIPOL_INLINE uint32_t flow_sides(const struct cnipol_packet *packet)
{
    uint32_t is_v4 = packet->family == 4;

    if (packet->flags & CNIPOL_PACKET_LATER_FRAGMENT)
        return 0;
    if (packet->protocol == NP_TCP)
        return (packet->tcp_flags & (NP_SYN | NP_ACK)) == NP_SYN ? 0 : 3;
    if (!(packet->flags & CNIPOL_PACKET_ICMP_KNOWN))
        return 3;
    if (packet->icmp_type == (is_v4 ? 8 : 128))
        return 1;
    return packet->icmp_type == (is_v4 ? 0 : 129) ? 2 : 0;
}

CNIPOL_INLINE void flow_key(const struct cnipol_packet *packet, uint32_t directions, struct np_flow_key *key)
{
    __builtin_memset(key, 0, sizeof *key);
    __builtin_memcpy(key->source, packet->source, 16);
    __builtin_memcpy(key->destination, packet->destination, 16);
    key->source_port = packet->source_port;
    key->destination_port = packet->destination_port;
    key->family = packet->family;
    key->protocol = packet->protocol;
    key->directions = directions;
}

CNIPOL_INLINE void flow_key_back(const struct cnipol_packet *packet, uint32_t directions, struct np_flow_key *key)
{
    __builtin_memset(key, 0, sizeof *key);
    __builtin_memcpy(key->source, packet->destination, 16);
    __builtin_memcpy(key->destination, packet->source, 16);
    key->source_port = packet->destination_port;
    key->destination_port = packet->source_port;
    key->family = packet->family;
    key->protocol = packet->protocol;
    key->directions = directions == 3 ? 3 : 3 - directions;
}

/* Is there such an entry, still in use? Notes that it was seen, but not for each packet. */
CNIPOL_INLINE uint32_t flow_is_there(const struct np_flow_key *key, const struct cnipol_packet *packet)
{
    const uint64_t second = 1000000000;
    struct np_flow *flow = bpf_map_lookup_elem(&np_flows, key);
    uint64_t now;

    if (!flow)
        return 0;
    now = bpf_ktime_get_coarse_ns();
    if (now - flow->seen > flow_seconds(packet->protocol, flow) * second)
        return 0;
    if (packet->protocol == NP_TCP && packet->tcp_flags & NP_FIN_RST && !flow->is_closing)
        flow->is_closing = 1;
    if (now - flow->seen > second)
        flow->seen = now;
    return 1;
}

/* The state of a question: 0 new, 1 established or a reply. */
CNIPOL_INLINE uint32_t flow_state(const struct cnipol_packet *packet, uint32_t directions)
{
    uint32_t sides = flow_sides(packet);
    struct np_flow_key key;

    flow_key(packet, directions, &key);
    if (sides & 1 && flow_is_there(&key, packet))
        return 1;
    flow_key_back(packet, directions, &key);
    return sides & 2 && flow_is_there(&key, packet);
}

/* May the packet be a connection's first, or, where the first one was not seen, one of its middle? */
CNIPOL_INLINE uint32_t flow_may_begin(const struct cnipol_packet *packet)
{
    if (packet->protocol != NP_TCP)
        return flow_sides(packet) & 1;
    if (packet->flags & CNIPOL_PACKET_LATER_FRAGMENT)
        return 0;
    return packet->tcp_flags & NP_SYN ? !(packet->tcp_flags & NP_ACK) : !(packet->tcp_flags & NP_FIN_RST);
}

/* A new packet was allowed. */
CNIPOL_INLINE void flow_add(const struct cnipol_packet *packet, uint32_t directions)
{
    struct np_flow flow = {.seen = bpf_ktime_get_coarse_ns()};
    struct np_flow_key key;

    if (!flow_may_begin(packet))
        return;
    flow_key(packet, directions, &key);
    bpf_map_update_elem(&np_flows, &key, &flow, BPF_ANY);
}

#endif
