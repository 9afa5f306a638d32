/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef CNIPOL_PACKET_H
#define CNIPOL_PACKET_H

/**
 * From a raw packet to the L3/L4 part of a question, on the host and in the kernel with the same source.
 *
 *     struct cnipol_packet p;
 *
 *     switch (cnipol_packet_parse_ethernet(frame, length, &p)) {
 *     case CNIPOL_PACKET_IP:        ask about p.family, p.source, p.destination, p.protocol, p.destination_port ...
 *     case CNIPOL_PACKET_NOT_IP:    ARP and the like: p.ethertype; no policy speaks of it
 *     case CNIPOL_PACKET_MALFORMED: deny; cnipol_packet_reason_text(p.reason) says why
 *     }
 *
 * Nothing is allocated, no libc is called, no byte beyond the packet is read, and every loop has a constant bound:
 * CNIPOL_PACKET_EXTENSIONS extension headers, and as many IPv4 options as 40 bytes can hold. Any thread.
 *
 * Fail closed: a packet from which a receiver could read other ports, another protocol or another destination than
 * this parser is malformed, not guessed at. What is read, what is refused, and why: docs/packets.md.
 *
 * In a BPF program define CNIPOL_PACKET_LOAD before the include, and call cnipol_packet_read_ethernet or
 * cnipol_packet_read_ip with your own context:
 *
 *     #define CNIPOL_PACKET_LOAD(ctx, offset, to, size) bpf_skb_load_bytes(ctx, offset, to, size)
 *     ... cnipol_packet_read_ethernet(skb, skb->len, &p)
 *
 * Without that definition the context is a struct cnipol_packet_span, in BPF as well: {data, data_end}, direct access.
 * Bytes of the frame that are not between its two pointers count as missing, so pull them in first.
 *
 * Sources: RFC 791, 1858, 2675, 3128, 4302, 5095, 6864, 6946, 7045, 7112, 8200; IEEE 802.3, 802.1Q.
 */

#ifdef __bpf__
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
#else
#include <stdint.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum cnipol_packet_result {
    CNIPOL_PACKET_IP = 0,       /**< every field that the flags promise is there */
    CNIPOL_PACKET_NOT_IP = 1,   /**< `ethertype` says what it is instead; below 1536 it is an 802.3 length */
    CNIPOL_PACKET_MALFORMED = 2 /**< `reason` says why; an enforcing caller denies */
};

enum cnipol_packet_reason {
    CNIPOL_PACKET_SOUND = 0,
    CNIPOL_PACKET_SHORT_FRAME = 1,          /**< the Ethernet header or a VLAN tag is cut off */
    CNIPOL_PACKET_TOO_MANY_TAGS = 2,        /**< more than two VLAN tags */
    CNIPOL_PACKET_SHORT_HEADER = 3,         /**< the fixed IP header is cut off */
    CNIPOL_PACKET_BAD_VERSION = 4,          /**< neither 4 nor 6, or not what the EtherType says */
    CNIPOL_PACKET_BAD_HEADER_LENGTH = 5,    /**< an IPv4 header of less than 20 bytes */
    CNIPOL_PACKET_BAD_LENGTH = 6,           /**< an IP length that ends within its own header */
    CNIPOL_PACKET_BEYOND_FRAME = 7,         /**< an IP length that ends beyond the frame */
    CNIPOL_PACKET_BAD_OPTION = 8,           /**< an IPv4 option that ends beyond the header */
    CNIPOL_PACKET_SOURCE_ROUTE = 9,         /**< the destination in the header is not the last stop */
    CNIPOL_PACKET_BAD_JUMBO = 10,           /**< a payload length of 0 that no jumbo option explains */
    CNIPOL_PACKET_BAD_FRAGMENT = 11,        /**< empty, not in units of 8, beyond 65535, or rewriting a TCP header */
    CNIPOL_PACKET_HIDDEN_PROTOCOL = 12,     /**< a later fragment that begins inside the extension headers */
    CNIPOL_PACKET_SHORT_EXTENSION = 13,     /**< an extension header that ends beyond the packet; an AH below 12 bytes */
    CNIPOL_PACKET_BAD_CHAIN = 14,           /**< hop-by-hop options not first, a second fragment header, one in a jumbogram */
    CNIPOL_PACKET_TOO_MANY_EXTENSIONS = 15, /**< more than CNIPOL_PACKET_EXTENSIONS */
    CNIPOL_PACKET_BAD_PROTOCOL = 16,        /**< protocol 0 in IPv4 */
    CNIPOL_PACKET_SHORT_L4 = 17,            /**< ports, TCP flags, or ICMP type and code are cut off */
    CNIPOL_PACKET_N_REASONS = 18
};

enum cnipol_packet_flag {
    CNIPOL_PACKET_FIRST_FRAGMENT = 1, /**< offset 0, and more follow: L4 fields are there */
    CNIPOL_PACKET_LATER_FRAGMENT = 2, /**< offset not 0: no ports, no ICMP type */
    CNIPOL_PACKET_HAS_PORTS = 4,      /**< TCP, UDP, SCTP; with TCP, `tcp_flags` too */
    CNIPOL_PACKET_ICMP_KNOWN = 8,     /**< `icmp_type`, `icmp_code`: ICMP in IPv4, ICMPv6 in IPv6 */
    CNIPOL_PACKET_TAGGED = 16,        /**< `vlan`, and with two `tags` `inner_vlan` */
    CNIPOL_PACKET_JUMBO = 32          /**< longer than its 16-bit length field can say */
};

/** The most IPv6 extension headers before the protocol. */
#define CNIPOL_PACKET_EXTENSIONS 8

/**
 * What was read; fixed layout, no padding, numbers in the host's byte order. Where the result is not CNIPOL_PACKET_IP,
 * `protocol` is 0, which no question accepts, and what else was read until then is there for a log.
 */
struct cnipol_packet {
    uint8_t family;   /**< 4, 6; 0: not IP */
    uint8_t protocol; /**< the last next header: never one that is walked over */
    uint8_t flags;    /**< enum cnipol_packet_flag */
    uint8_t reason;   /**< enum cnipol_packet_reason */
    uint8_t icmp_type;
    uint8_t icmp_code;
    uint8_t tcp_flags; /**< FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128 */
    uint8_t hop_limit; /**< IPv4: time to live */
    uint16_t source_port;
    uint16_t destination_port;
    uint16_t ethertype; /**< behind the tags; 0 where parsing began with IP */
    uint16_t vlan;      /**< identifier (12 bits) of the outermost tag in the frame; a tag that the card took off is not seen */
    uint16_t inner_vlan;
    uint8_t tags;       /**< VLAN tags in the frame: 0, 1, 2 */
    uint8_t extensions; /**< IPv6 extension headers walked over */
    uint32_t l3_offset; /**< of the IP header, from the first byte given */
    uint32_t l4_offset; /**< of what `protocol` names; with CNIPOL_PACKET_LATER_FRAGMENT, of the fragment's bytes */
    uint32_t end;       /**< of the IP packet; the rest of the frame is padding */
    uint8_t source[16]; /**< IPv4: the first four bytes, then 0 */
    uint8_t destination[16];
};

#ifdef __cplusplus
static_assert(sizeof(struct cnipol_packet) == 64, "the layout is fixed");
#else
_Static_assert(sizeof(struct cnipol_packet) == 64, "the layout is fixed");
#endif

/** The bytes from `data` up to, but not including, `end`. */
struct cnipol_packet_span {
    const void *data;
    const void *end;
};

/* Everything is inlined in BPF, so that pointers into the packet stay what the verifier knows them to be. */
#ifdef __bpf__
#define CNIPOL_PACKET_INLINE static inline __attribute__((always_inline))
#else
#define CNIPOL_PACKET_INLINE static inline
#endif

#ifndef CNIPOL_PACKET_LOAD
#define CNIPOL_PACKET_DIRECT 1
#define CNIPOL_PACKET_CONTEXT const struct cnipol_packet_span
#define CNIPOL_PACKET_LOAD(ctx, offset, to, size) cnipol_packet_load(ctx, offset, to, size)

/* Copies `size` bytes to `to`; 0, or -1 where they are not all there. In BPF in the form that the verifier understands. */
CNIPOL_PACKET_INLINE int cnipol_packet_load(const struct cnipol_packet_span *span, uint32_t offset, void *to, uint32_t size)
{
    const uint8_t *at = (const uint8_t *)span->data, *end = (const uint8_t *)span->end;

#ifdef __bpf__
    if (offset > 0x7fff)
        return -1;
    at += offset;
    if (at + size > end)
        return -1;
#else
    if ((uintptr_t)(end - at) < size || (uintptr_t)(end - at) - size < offset)
        return -1;
    at += offset;
#endif
    __builtin_memcpy(to, at, size);
    return 0;
}
#endif

#ifndef CNIPOL_PACKET_CONTEXT
#define CNIPOL_PACKET_CONTEXT void
#endif

/* Numbers of the protocols that are looked into or walked over, and the EtherTypes. */
enum {
    CNIPOL_PACKET_P_HOPOPT = 0,
    CNIPOL_PACKET_P_ICMP = 1,
    CNIPOL_PACKET_P_TCP = 6,
    CNIPOL_PACKET_P_UDP = 17,
    CNIPOL_PACKET_P_ROUTING = 43,
    CNIPOL_PACKET_P_FRAGMENT = 44,
    CNIPOL_PACKET_P_AH = 51,
    CNIPOL_PACKET_P_ICMPV6 = 58,
    CNIPOL_PACKET_P_DSTOPT = 60,
    CNIPOL_PACKET_P_SCTP = 132,
    CNIPOL_PACKET_E_IPV4 = 0x0800,
    CNIPOL_PACKET_E_IPV6 = 0x86dd,
    CNIPOL_PACKET_E_CUSTOMER = 0x8100,
    CNIPOL_PACKET_E_PROVIDER = 0x88a8,
    CNIPOL_PACKET_E_QINQ = 0x9100
};

CNIPOL_PACKET_INLINE uint16_t cnipol_packet_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

CNIPOL_PACKET_INLINE enum cnipol_packet_result cnipol_packet_refuse(struct cnipol_packet *out, enum cnipol_packet_reason reason)
{
    out->protocol = 0;
    out->reason = (uint8_t)reason;
    return CNIPOL_PACKET_MALFORMED;
}

CNIPOL_PACKET_INLINE int cnipol_packet_has_ports(uint8_t protocol)
{
    return protocol == CNIPOL_PACKET_P_TCP || protocol == CNIPOL_PACKET_P_UDP || protocol == CNIPOL_PACKET_P_SCTP;
}

CNIPOL_PACKET_INLINE int cnipol_packet_has_icmp(const struct cnipol_packet *out)
{
    return out->protocol == (out->family == 4 ? CNIPOL_PACKET_P_ICMP : CNIPOL_PACKET_P_ICMPV6);
}

CNIPOL_PACKET_INLINE int cnipol_packet_is_extension(uint8_t protocol)
{
    return protocol == CNIPOL_PACKET_P_HOPOPT || protocol == CNIPOL_PACKET_P_ROUTING || protocol == CNIPOL_PACKET_P_FRAGMENT ||
           protocol == CNIPOL_PACKET_P_AH || protocol == CNIPOL_PACKET_P_DSTOPT;
}

/* Ports with TCP's flags, or ICMP's type and code, from l4_offset; all of it lies before `end`, or the packet is malformed. */
CNIPOL_PACKET_INLINE enum cnipol_packet_result cnipol_packet_l4(CNIPOL_PACKET_CONTEXT *ctx, struct cnipol_packet *out)
{
    uint32_t size = out->end - out->l4_offset;
    uint8_t b[14] = {0};

    if (out->flags & CNIPOL_PACKET_LATER_FRAGMENT)
        return CNIPOL_PACKET_IP;
    if (cnipol_packet_has_icmp(out)) {
        if (size < 2 || CNIPOL_PACKET_LOAD(ctx, out->l4_offset, b, 2))
            return cnipol_packet_refuse(out, CNIPOL_PACKET_SHORT_L4);
        out->icmp_type = b[0];
        out->icmp_code = b[1];
        out->flags |= CNIPOL_PACKET_ICMP_KNOWN;
        return CNIPOL_PACKET_IP;
    }
    if (!cnipol_packet_has_ports(out->protocol))
        return CNIPOL_PACKET_IP;
    if (size < 4 || CNIPOL_PACKET_LOAD(ctx, out->l4_offset, b, 4))
        return cnipol_packet_refuse(out, CNIPOL_PACKET_SHORT_L4);
    if (out->protocol == CNIPOL_PACKET_P_TCP && (size < 14 || CNIPOL_PACKET_LOAD(ctx, out->l4_offset + 13, &b[13], 1)))
        return cnipol_packet_refuse(out, CNIPOL_PACKET_SHORT_L4);
    out->source_port = cnipol_packet_u16(b);
    out->destination_port = cnipol_packet_u16(b + 2);
    out->tcp_flags = b[13];
    out->flags |= CNIPOL_PACKET_HAS_PORTS;
    return CNIPOL_PACKET_IP;
}

/*
 * Notes a fragment whose bytes begin at l4_offset, `offset` bytes into the whole. A whole packet (IPv6: an atomic
 * fragment) is none. TCP from offset 8 on would put other flags in the place of those that were judged.
 */
CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_fragment(struct cnipol_packet *out, uint8_t protocol, uint32_t offset,
                                                                      uint32_t more)
{
    uint32_t size = out->end - out->l4_offset;

    if (!offset && !more)
        return CNIPOL_PACKET_SOUND;
    if (!size || (more && size % 8) || offset + size > 65535 || (offset == 8 && protocol == CNIPOL_PACKET_P_TCP))
        return CNIPOL_PACKET_BAD_FRAGMENT;
    out->flags |= (uint8_t)(offset ? CNIPOL_PACKET_LATER_FRAGMENT : CNIPOL_PACKET_FIRST_FRAGMENT);
    return CNIPOL_PACKET_SOUND;
}

/* Options between the fixed header and l4_offset: well-formed, and no source route (131 loose, 137 strict). */
CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_options(CNIPOL_PACKET_CONTEXT *ctx, struct cnipol_packet *out)
{
    uint32_t at = out->l3_offset + 20;
    uint8_t b[2];

    for (int i = 0; i < 40 && at < out->l4_offset; i++) {
        if (CNIPOL_PACKET_LOAD(ctx, at, b, 1))
            return CNIPOL_PACKET_SHORT_HEADER;
        if (b[0] == 0)
            return CNIPOL_PACKET_SOUND;
        if (b[0] == 131 || b[0] == 137)
            return CNIPOL_PACKET_SOURCE_ROUTE;
        if (b[0] == 1) {
            at++;
            continue;
        }
        if (at + 2 > out->l4_offset || CNIPOL_PACKET_LOAD(ctx, at + 1, b, 1) || b[0] < 2 || at + b[0] > out->l4_offset)
            return CNIPOL_PACKET_BAD_OPTION;
        at += b[0];
    }
    return CNIPOL_PACKET_SOUND;
}

/* The header's own length and the packet's; `available` bytes of the frame are left from the header's first on. */
CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_ip4_length(struct cnipol_packet *out, const uint8_t *h, uint32_t available)
{
    uint32_t header = (h[0] & 15u) * 4, total = cnipol_packet_u16(h + 2);

    if (h[0] >> 4 != 4)
        return CNIPOL_PACKET_BAD_VERSION;
    if (total == 0 && h[9] == CNIPOL_PACKET_P_TCP && available > 65535) {
        out->flags |= CNIPOL_PACKET_JUMBO;
        total = available;
    }
    if (header < 20)
        return CNIPOL_PACKET_BAD_HEADER_LENGTH;
    if (total < header)
        return CNIPOL_PACKET_BAD_LENGTH;
    if (total > available)
        return CNIPOL_PACKET_BEYOND_FRAME;
    out->l4_offset = out->l3_offset + header;
    out->end = out->l3_offset + total;
    return CNIPOL_PACKET_SOUND;
}

CNIPOL_PACKET_INLINE enum cnipol_packet_result cnipol_packet_ip4(CNIPOL_PACKET_CONTEXT *ctx, uint32_t length, struct cnipol_packet *out)
{
    enum cnipol_packet_reason reason;
    uint8_t h[20];
    uint32_t bits;

    if (length - out->l3_offset < 20 || CNIPOL_PACKET_LOAD(ctx, out->l3_offset, h, 20))
        return cnipol_packet_refuse(out, CNIPOL_PACKET_SHORT_HEADER);
    reason = cnipol_packet_ip4_length(out, h, length - out->l3_offset);
    if (reason)
        return cnipol_packet_refuse(out, reason);
    out->family = 4;
    out->hop_limit = h[8];
    __builtin_memcpy(out->source, h + 12, 4);
    __builtin_memcpy(out->destination, h + 16, 4);
    if (out->l4_offset > out->l3_offset + 20)
        reason = cnipol_packet_options(ctx, out);
    bits = cnipol_packet_u16(h + 6);
    if (!reason)
        reason = cnipol_packet_fragment(out, h[9], (bits & 0x1fff) * 8, bits & 0x2000);
    if (!reason && !h[9])
        reason = CNIPOL_PACKET_BAD_PROTOCOL;
    if (reason)
        return cnipol_packet_refuse(out, reason);
    out->protocol = h[9];
    return cnipol_packet_l4(ctx, out);
}

/*
 * Walks over the extension header `protocol` that begins at l4_offset with the bytes `b`. What may stand where: hop-by-hop
 * options first, one fragment header, and no routing header with stops ahead.
 */
CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_extension(struct cnipol_packet *out, uint8_t protocol, const uint8_t *b)
{
    uint32_t size = (b[1] + 1u) * 8;

    if (protocol == CNIPOL_PACKET_P_FRAGMENT)
        size = 8;
    if (protocol == CNIPOL_PACKET_P_AH)
        size = (b[1] + 2u) * 4;
    if (size > out->end - out->l4_offset || (protocol == CNIPOL_PACKET_P_AH && size < 12))
        return CNIPOL_PACKET_SHORT_EXTENSION;
    if (protocol == CNIPOL_PACKET_P_HOPOPT && out->extensions)
        return CNIPOL_PACKET_BAD_CHAIN;
    if (protocol == CNIPOL_PACKET_P_ROUTING && b[3])
        return CNIPOL_PACKET_SOURCE_ROUTE;
    out->l4_offset += size;
    out->extensions++;
    if (protocol != CNIPOL_PACKET_P_FRAGMENT)
        return CNIPOL_PACKET_SOUND;
    return cnipol_packet_fragment(out, b[0], cnipol_packet_u16(b + 2) & 0xfff8u, b[3] & 1u);
}

/* From the first next header to the protocol. */
CNIPOL_PACKET_INLINE enum cnipol_packet_result cnipol_packet_chain(CNIPOL_PACKET_CONTEXT *ctx, uint8_t protocol, struct cnipol_packet *out)
{
    int fragmented = 0;
    uint8_t b[8];

    for (int i = 0; i < CNIPOL_PACKET_EXTENSIONS && cnipol_packet_is_extension(protocol); i++) {
        enum cnipol_packet_reason reason;

        if (out->flags & CNIPOL_PACKET_LATER_FRAGMENT)
            return cnipol_packet_refuse(out, CNIPOL_PACKET_HIDDEN_PROTOCOL);
        if (protocol == CNIPOL_PACKET_P_FRAGMENT && (fragmented++ || out->flags & CNIPOL_PACKET_JUMBO))
            return cnipol_packet_refuse(out, CNIPOL_PACKET_BAD_CHAIN);
        if (out->end - out->l4_offset < 8 || CNIPOL_PACKET_LOAD(ctx, out->l4_offset, b, 8))
            return cnipol_packet_refuse(out, CNIPOL_PACKET_SHORT_EXTENSION);
        reason = cnipol_packet_extension(out, protocol, b);
        if (reason)
            return cnipol_packet_refuse(out, reason);
        protocol = b[0];
    }
    if (cnipol_packet_is_extension(protocol))
        return cnipol_packet_refuse(out, CNIPOL_PACKET_TOO_MANY_EXTENSIONS);
    out->protocol = protocol;
    return cnipol_packet_l4(ctx, out);
}

/*
 * Where a packet ends whose payload length is 0: its jumbo option says it (RFC 2675: first in the hop-by-hop options, as
 * Linux writes it), or, for TCP segments that were merged, the frame does; else right behind the fixed header.
 */
CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_jumbo(CNIPOL_PACKET_CONTEXT *ctx, struct cnipol_packet *out, uint8_t next,
                                                                   uint32_t available, uint32_t *payload)
{
    uint8_t b[8];

    if (next == CNIPOL_PACKET_P_TCP && available > 65535)
        *payload = available;
    if (next == CNIPOL_PACKET_P_HOPOPT) {
        if (available < 8 || CNIPOL_PACKET_LOAD(ctx, out->l4_offset, b, 8))
            return CNIPOL_PACKET_SHORT_EXTENSION;
        *payload = (uint32_t)cnipol_packet_u16(b + 4) << 16 | cnipol_packet_u16(b + 6);
        if (b[2] != 0xc2 || b[3] != 4 || *payload <= 65535)
            return CNIPOL_PACKET_BAD_JUMBO;
    }
    if (*payload)
        out->flags |= CNIPOL_PACKET_JUMBO;
    return CNIPOL_PACKET_SOUND;
}

CNIPOL_PACKET_INLINE enum cnipol_packet_result cnipol_packet_ip6(CNIPOL_PACKET_CONTEXT *ctx, uint32_t length, struct cnipol_packet *out)
{
    enum cnipol_packet_reason reason = CNIPOL_PACKET_SOUND;
    uint32_t available = length - out->l3_offset, payload;
    uint8_t h[40];

    if (available < 40 || CNIPOL_PACKET_LOAD(ctx, out->l3_offset, h, 40))
        return cnipol_packet_refuse(out, CNIPOL_PACKET_SHORT_HEADER);
    if (h[0] >> 4 != 6)
        return cnipol_packet_refuse(out, CNIPOL_PACKET_BAD_VERSION);
    out->family = 6;
    out->hop_limit = h[7];
    __builtin_memcpy(out->source, h + 8, 16);
    __builtin_memcpy(out->destination, h + 24, 16);
    out->l4_offset = out->l3_offset + 40;
    available -= 40;
    payload = cnipol_packet_u16(h + 4);
    if (!payload)
        reason = cnipol_packet_jumbo(ctx, out, h[6], available, &payload);
    if (!reason && payload > available)
        reason = CNIPOL_PACKET_BEYOND_FRAME;
    if (reason)
        return cnipol_packet_refuse(out, reason);
    out->end = out->l4_offset + payload;
    return cnipol_packet_chain(ctx, h[6], out);
}

/* The EtherType behind at most two tags. */
CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_link(CNIPOL_PACKET_CONTEXT *ctx, uint32_t length, struct cnipol_packet *out)
{
    uint8_t b[4];

    out->l3_offset = 14;
    if (length < 14 || CNIPOL_PACKET_LOAD(ctx, 12, b, 2))
        return CNIPOL_PACKET_SHORT_FRAME;
    out->ethertype = cnipol_packet_u16(b);
    for (int i = 0; i < 3; i++) {
        if (out->ethertype != CNIPOL_PACKET_E_CUSTOMER && out->ethertype != CNIPOL_PACKET_E_PROVIDER &&
            out->ethertype != CNIPOL_PACKET_E_QINQ)
            return CNIPOL_PACKET_SOUND;
        if (i == 2)
            break;
        if (length - out->l3_offset < 4 || CNIPOL_PACKET_LOAD(ctx, out->l3_offset, b, 4))
            return CNIPOL_PACKET_SHORT_FRAME;
        if (i == 0)
            out->vlan = cnipol_packet_u16(b) & 0xfff;
        else
            out->inner_vlan = cnipol_packet_u16(b) & 0xfff;
        out->tags++;
        out->flags |= CNIPOL_PACKET_TAGGED;
        out->ethertype = cnipol_packet_u16(b + 2);
        out->l3_offset += 4;
    }
    return CNIPOL_PACKET_TOO_MANY_TAGS;
}

/**
 * Reads a frame of `length` bytes (on the wire, without its check sequence) that begins with an Ethernet header, through
 * CNIPOL_PACKET_LOAD. All of `out` is written.
 */
CNIPOL_PACKET_INLINE enum cnipol_packet_result cnipol_packet_read_ethernet(CNIPOL_PACKET_CONTEXT *ctx, uint32_t length,
                                                                           struct cnipol_packet *out)
{
    enum cnipol_packet_reason reason;

    __builtin_memset(out, 0, sizeof *out);
    reason = cnipol_packet_link(ctx, length, out);
    if (reason)
        return cnipol_packet_refuse(out, reason);
    if (out->ethertype == CNIPOL_PACKET_E_IPV4)
        return cnipol_packet_ip4(ctx, length, out);
    if (out->ethertype == CNIPOL_PACKET_E_IPV6)
        return cnipol_packet_ip6(ctx, length, out);
    return CNIPOL_PACKET_NOT_IP;
}

/** Likewise, of a packet that begins with its IP header, of either version. Never CNIPOL_PACKET_NOT_IP. */
CNIPOL_PACKET_INLINE enum cnipol_packet_result cnipol_packet_read_ip(CNIPOL_PACKET_CONTEXT *ctx, uint32_t length, struct cnipol_packet *out)
{
    uint8_t first;

    __builtin_memset(out, 0, sizeof *out);
    if (!length || CNIPOL_PACKET_LOAD(ctx, 0, &first, 1))
        return cnipol_packet_refuse(out, CNIPOL_PACKET_SHORT_HEADER);
    if (first >> 4 == 4)
        return cnipol_packet_ip4(ctx, length, out);
    if (first >> 4 == 6)
        return cnipol_packet_ip6(ctx, length, out);
    return cnipol_packet_refuse(out, CNIPOL_PACKET_BAD_VERSION);
}

#ifdef CNIPOL_PACKET_DIRECT
/** cnipol_packet_read_ethernet of the `length` bytes at `data`. */
CNIPOL_PACKET_INLINE enum cnipol_packet_result cnipol_packet_parse_ethernet(const void *data, uint32_t length, struct cnipol_packet *out)
{
    struct cnipol_packet_span span = {data, length ? (const uint8_t *)data + length : data};

    return cnipol_packet_read_ethernet(&span, length, out);
}

/** cnipol_packet_read_ip of the `length` bytes at `data`. */
CNIPOL_PACKET_INLINE enum cnipol_packet_result cnipol_packet_parse_ip(const void *data, uint32_t length, struct cnipol_packet *out)
{
    struct cnipol_packet_span span = {data, length ? (const uint8_t *)data + length : data};

    return cnipol_packet_read_ip(&span, length, out);
}
#endif

#ifndef __bpf__
/** What is wrong, for people: "the ports, or the ICMP type, are cut off". Static; any thread. */
static inline const char *cnipol_packet_reason_text(int32_t reason)
{
    static const char *const texts[CNIPOL_PACKET_N_REASONS] = {
        "nothing is wrong",
        "the Ethernet header or a VLAN tag is cut off",
        "there are more than two VLAN tags",
        "the IP header is cut off",
        "the IP version is not 4 or 6, or not what the EtherType says",
        "the IPv4 header length is below 20 bytes",
        "the IP length ends within the IP header",
        "the IP length ends beyond the frame",
        "an IPv4 option ends beyond the header",
        "the packet is source-routed: its destination is not the last stop",
        "the payload length is 0, and no jumbo option gives another",
        "the fragment is empty, not in units of 8 bytes, beyond 65535 bytes, or overwrites a TCP header",
        "the later fragment does not tell its protocol",
        "an extension header is cut off",
        "an extension header is where it must not be",
        "there are more extension headers than are followed",
        "the protocol is 0",
        "the ports, or the ICMP type, are cut off",
    };

    return reason >= 0 && reason < CNIPOL_PACKET_N_REASONS ? texts[reason] : "unknown reason";
}
#endif

#ifdef __cplusplus
}
#endif
#endif
