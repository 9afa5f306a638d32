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
 * CNIPOL_PACKET_EXTENSIONS extension headers, and the 40 bytes of IPv4 options. Any thread.
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
 * Sources: RFC 791, 1858, 2675, 3128, 4302, 5095, 6275, 6946, 7045, 7112, 7126, 7401, 8200; IEEE 802.3, 802.1Q.
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
    CNIPOL_PACKET_SOURCE_ROUTE = 8,         /**< the destination in the header is not, or may not be, the last stop */
    CNIPOL_PACKET_BAD_JUMBO = 9,            /**< a payload length of 0 that no jumbo option explains */
    CNIPOL_PACKET_BAD_FRAGMENT = 10,        /**< empty, not in units of 8, beyond 65535, or rewriting a TCP header */
    CNIPOL_PACKET_HIDDEN_PROTOCOL = 11,     /**< a later fragment that begins inside the extension headers */
    CNIPOL_PACKET_SHORT_EXTENSION = 12,     /**< an extension header that ends beyond the packet; an AH that is not in units of 8 */
    CNIPOL_PACKET_BAD_CHAIN = 13,           /**< hop-by-hop options not first, a second fragment header, one in a jumbogram */
    CNIPOL_PACKET_TOO_MANY_EXTENSIONS = 14, /**< more than CNIPOL_PACKET_EXTENSIONS */
    CNIPOL_PACKET_BAD_PROTOCOL = 15,        /**< protocol 0 in IPv4 */
    CNIPOL_PACKET_SHORT_L4 = 16,            /**< ports, TCP flags, or ICMP type and code are cut off */
    CNIPOL_PACKET_N_REASONS = 17
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
#define CNIPOL_PACKET_LOOP _Pragma("clang loop unroll(disable)")
#define CNIPOL_PACKET_OPAQUE(x) __asm__ volatile("" : "+r"(x))
#else
#define CNIPOL_PACKET_INLINE static inline
#define CNIPOL_PACKET_LOOP
#define CNIPOL_PACKET_OPAQUE(x)
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
    CNIPOL_PACKET_OPAQUE(offset); /* else the mask, which the verifier needs, is optimised away */
    at += offset & 0x7fff;
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

/*
 * Where the parser stands: offsets from the IP header on, `protocol` the header that begins at `l4`. Apart from
 * struct cnipol_packet so that it stays in registers, where the verifier finds states of different ways through the
 * parser to be alike.
 */
struct cnipol_packet_at {
    uint32_t l3; /* of the IP header, in the frame */
    uint32_t l4;
    uint32_t end;
    uint32_t protocol;
    uint32_t flags;
    uint32_t fragment; /* its offset in bytes, plus 1 where more follow */
};

CNIPOL_PACKET_INLINE int cnipol_packet_has_ports(uint32_t protocol)
{
    return protocol == CNIPOL_PACKET_P_TCP || protocol == CNIPOL_PACKET_P_UDP || protocol == CNIPOL_PACKET_P_SCTP;
}

CNIPOL_PACKET_INLINE int cnipol_packet_is_extension(uint32_t protocol)
{
    const unsigned long long set = 1ull << CNIPOL_PACKET_P_HOPOPT | 1ull << CNIPOL_PACKET_P_ROUTING | 1ull << CNIPOL_PACKET_P_FRAGMENT |
                                   1ull << CNIPOL_PACKET_P_AH | 1ull << CNIPOL_PACKET_P_DSTOPT;

    return protocol < 64 && (set >> protocol & 1);
}

/* Ports with TCP's flags, or ICMP's type and code; all of it lies before `end`, or the packet is malformed. */
CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_l4(CNIPOL_PACKET_CONTEXT *ctx, struct cnipol_packet_at *at,
                                                                struct cnipol_packet *out)
{
    uint32_t size = at->end - at->l4, from = at->l3 + at->l4;
    uint8_t b[4], flags = 0;

    if (at->flags & CNIPOL_PACKET_LATER_FRAGMENT)
        return CNIPOL_PACKET_SOUND;
    if (at->protocol == (out->family == 4 ? CNIPOL_PACKET_P_ICMP : CNIPOL_PACKET_P_ICMPV6)) {
        if (size < 2 || CNIPOL_PACKET_LOAD(ctx, from, b, 2))
            return CNIPOL_PACKET_SHORT_L4;
        out->icmp_type = b[0];
        out->icmp_code = b[1];
        at->flags |= CNIPOL_PACKET_ICMP_KNOWN;
        return CNIPOL_PACKET_SOUND;
    }
    if (!cnipol_packet_has_ports(at->protocol))
        return CNIPOL_PACKET_SOUND;
    if (size < 4 || CNIPOL_PACKET_LOAD(ctx, from, b, 4))
        return CNIPOL_PACKET_SHORT_L4;
    if (at->protocol == CNIPOL_PACKET_P_TCP && (size < 14 || CNIPOL_PACKET_LOAD(ctx, from + 13, &flags, 1)))
        return CNIPOL_PACKET_SHORT_L4;
    out->source_port = cnipol_packet_u16(b);
    out->destination_port = cnipol_packet_u16(b + 2);
    out->tcp_flags = flags;
    at->flags |= CNIPOL_PACKET_HAS_PORTS;
    return CNIPOL_PACKET_SOUND;
}

/* Whether it is a fragment, and one that can be. TCP from offset 8 on would put other flags in the place of those that were judged. */
CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_fragment(struct cnipol_packet_at *at)
{
    uint32_t size = at->end - at->l4, offset = at->fragment & 0xfff8u, more = at->fragment & 1u;

    if (!at->fragment)
        return CNIPOL_PACKET_SOUND;
    if (!size || (more && size % 8) || offset + size > 65535 || (offset == 8 && at->protocol == CNIPOL_PACKET_P_TCP))
        return CNIPOL_PACKET_BAD_FRAGMENT;
    at->flags |= offset ? CNIPOL_PACKET_LATER_FRAGMENT : CNIPOL_PACKET_FIRST_FRAGMENT;
    return CNIPOL_PACKET_SOUND;
}

/* Not 0 where one of the four bytes of `word` is `byte`. */
CNIPOL_PACKET_INLINE uint32_t cnipol_packet_has_byte(uint32_t word, uint32_t byte)
{
    uint32_t zeroed = word ^ byte * 0x01010101u;

    return (zeroed - 0x01010101u) & ~zeroed & 0x80808080u;
}

/*
 * No source route (131 loose, 137 strict) among the IPv4 options before `l4`. They are not walked one by one, which would
 * be a maze to the verifier: an option that has one of these bytes inside is refused, too.
 */
CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_options(CNIPOL_PACKET_CONTEXT *ctx, const struct cnipol_packet_at *at)
{
    uint32_t found = 0, word;

    CNIPOL_PACKET_LOOP
    for (uint32_t o = 20; o < 60 && o < at->l4; o += 4) {
        if (CNIPOL_PACKET_LOAD(ctx, at->l3 + o, &word, 4))
            return CNIPOL_PACKET_SHORT_HEADER;
        found |= cnipol_packet_has_byte(word, 131) | cnipol_packet_has_byte(word, 137);
    }
    return found ? CNIPOL_PACKET_SOURCE_ROUTE : CNIPOL_PACKET_SOUND;
}

CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_ip4(CNIPOL_PACKET_CONTEXT *ctx, uint32_t available,
                                                                 struct cnipol_packet_at *at, struct cnipol_packet *out)
{
    enum cnipol_packet_reason reason;
    uint8_t h[20];

    if (available < 20 || CNIPOL_PACKET_LOAD(ctx, at->l3, h, 20))
        return CNIPOL_PACKET_SHORT_HEADER;
    if (h[0] >> 4 != 4)
        return CNIPOL_PACKET_BAD_VERSION;
    at->l4 = (h[0] & 15u) * 4;
    at->end = cnipol_packet_u16(h + 2);
    at->protocol = h[9];
    if (at->end == 0 && at->protocol == CNIPOL_PACKET_P_TCP && available > 65535) {
        at->flags |= CNIPOL_PACKET_JUMBO;
        at->end = available;
    }
    if (at->l4 < 20)
        return CNIPOL_PACKET_BAD_HEADER_LENGTH;
    if (at->end < at->l4)
        return CNIPOL_PACKET_BAD_LENGTH;
    if (at->end > available)
        return CNIPOL_PACKET_BEYOND_FRAME;
    out->hop_limit = h[8];
    __builtin_memcpy(out->source, h + 12, 4);
    __builtin_memcpy(out->destination, h + 16, 4);
    at->fragment = (cnipol_packet_u16(h + 6) & 0x1fffu) * 8 + (h[6] >> 5 & 1u);
    reason = cnipol_packet_options(ctx, at);
    if (reason)
        return reason;
    return at->protocol ? CNIPOL_PACKET_SOUND : CNIPOL_PACKET_BAD_PROTOCOL;
}

/* 1 where a == b, else 0, without a branch; both below 2^31. */
CNIPOL_PACKET_INLINE uint32_t cnipol_packet_equal(uint32_t a, uint32_t b)
{
    uint32_t difference = a ^ b;

    CNIPOL_PACKET_OPAQUE(difference);
    return (difference - 1) >> 31;
}

/*
 * From the first next header to the protocol. What may stand where: hop-by-hop options first, one fragment header and
 * none in a jumbogram, no routing header with stops ahead, and nothing in a later fragment.
 */
CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_chain(CNIPOL_PACKET_CONTEXT *ctx, struct cnipol_packet_at *at,
                                                                   struct cnipol_packet *out)
{
    uint32_t unfragmentable = at->flags / CNIPOL_PACKET_JUMBO, is_ah, is_fragment, size;
    uint8_t b[8];

    CNIPOL_PACKET_LOOP
    for (uint32_t i = 0; i < CNIPOL_PACKET_EXTENSIONS; i++) {
        if (!cnipol_packet_is_extension(at->protocol))
            return CNIPOL_PACKET_SOUND;
        if (at->fragment > 7)
            return CNIPOL_PACKET_HIDDEN_PROTOCOL;
        if (at->end - at->l4 < 8 || CNIPOL_PACKET_LOAD(ctx, at->l3 + at->l4, b, 8))
            return CNIPOL_PACKET_SHORT_EXTENSION;
        is_ah = cnipol_packet_equal(at->protocol, CNIPOL_PACKET_P_AH);
        is_fragment = cnipol_packet_equal(at->protocol, CNIPOL_PACKET_P_FRAGMENT);
        size = ((b[1] & (is_fragment - 1)) + 1 + is_ah) << (3 - is_ah);
        if (size > at->end - at->l4 || size % 8 || size < 8 + 8 * is_ah)
            return CNIPOL_PACKET_SHORT_EXTENSION;
        if ((at->protocol == CNIPOL_PACKET_P_HOPOPT && i) || is_fragment & unfragmentable)
            return CNIPOL_PACKET_BAD_CHAIN;
        if (at->protocol == CNIPOL_PACKET_P_ROUTING && b[3])
            return CNIPOL_PACKET_SOURCE_ROUTE;
        unfragmentable |= is_fragment;
        at->fragment |= cnipol_packet_u16(b + 2) & 0xfff9u & (0 - is_fragment);
        at->l4 += size;
        at->protocol = b[0];
        out->extensions = (uint8_t)(i + 1);
    }
    return cnipol_packet_is_extension(at->protocol) ? CNIPOL_PACKET_TOO_MANY_EXTENSIONS : CNIPOL_PACKET_SOUND;
}

/*
 * Where a packet ends whose payload length is 0: its jumbo option says it (RFC 2675: first in the hop-by-hop options, as
 * Linux writes it), or, for TCP segments that were merged, the frame does; else right behind the fixed header.
 */
CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_jumbo(CNIPOL_PACKET_CONTEXT *ctx, struct cnipol_packet_at *at,
                                                                   uint32_t available)
{
    uint32_t payload;
    uint8_t b[8];

    if (at->protocol == CNIPOL_PACKET_P_TCP && available > 40 + 65535) {
        at->flags |= CNIPOL_PACKET_JUMBO;
        at->end = available;
    }
    if (at->protocol != CNIPOL_PACKET_P_HOPOPT)
        return CNIPOL_PACKET_SOUND;
    if (available < 40 + 8 || CNIPOL_PACKET_LOAD(ctx, at->l3 + 40, b, 8))
        return CNIPOL_PACKET_SHORT_EXTENSION;
    payload = (uint32_t)cnipol_packet_u16(b + 4) << 16 | cnipol_packet_u16(b + 6);
    if (b[2] != 0xc2 || b[3] != 4 || payload <= 65535)
        return CNIPOL_PACKET_BAD_JUMBO;
    if (payload > available - 40)
        return CNIPOL_PACKET_BEYOND_FRAME;
    at->flags |= CNIPOL_PACKET_JUMBO;
    at->end = 40 + payload;
    return CNIPOL_PACKET_SOUND;
}

CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_ip6(CNIPOL_PACKET_CONTEXT *ctx, uint32_t available,
                                                                 struct cnipol_packet_at *at, struct cnipol_packet *out)
{
    enum cnipol_packet_reason reason = CNIPOL_PACKET_SOUND;
    uint8_t h[40];

    if (available < 40 || CNIPOL_PACKET_LOAD(ctx, at->l3, h, 40))
        return CNIPOL_PACKET_SHORT_HEADER;
    if (h[0] >> 4 != 6)
        return CNIPOL_PACKET_BAD_VERSION;
    out->hop_limit = h[7];
    __builtin_memcpy(out->source, h + 8, 16);
    __builtin_memcpy(out->destination, h + 24, 16);
    at->l4 = 40;
    at->end = 40u + cnipol_packet_u16(h + 4);
    at->protocol = h[6];
    if (at->end > available)
        return CNIPOL_PACKET_BEYOND_FRAME;
    if (at->end == 40)
        reason = cnipol_packet_jumbo(ctx, at, available);
    return reason ? reason : cnipol_packet_chain(ctx, at, out);
}

/* The packet of `family` from the frame's byte `l3` on. */
CNIPOL_PACKET_INLINE enum cnipol_packet_result cnipol_packet_ip(CNIPOL_PACKET_CONTEXT *ctx, uint32_t length, uint32_t l3, uint8_t family,
                                                                struct cnipol_packet *out)
{
    struct cnipol_packet_at at = {l3, 0, 0, 0, 0, 0};
    enum cnipol_packet_reason reason;

    out->family = family;
    if (family == 4)
        reason = cnipol_packet_ip4(ctx, length - l3, &at, out);
    else
        reason = cnipol_packet_ip6(ctx, length - l3, &at, out);
    if (!reason)
        reason = cnipol_packet_fragment(&at);
    if (!reason)
        reason = cnipol_packet_l4(ctx, &at, out);
    out->flags |= (uint8_t)at.flags;
    out->l3_offset = l3;
    out->l4_offset = l3 + at.l4;
    out->end = l3 + at.end;
    out->reason = (uint8_t)reason;
    if (reason)
        return CNIPOL_PACKET_MALFORMED;
    out->protocol = (uint8_t)at.protocol;
    return CNIPOL_PACKET_IP;
}

CNIPOL_PACKET_INLINE int cnipol_packet_is_tag(uint16_t type)
{
    return type == CNIPOL_PACKET_E_CUSTOMER || type == CNIPOL_PACKET_E_PROVIDER || type == CNIPOL_PACKET_E_QINQ;
}

/* The tag whose identifier is at `offset`, and the EtherType behind it. */
CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_tag(CNIPOL_PACKET_CONTEXT *ctx, uint32_t length, uint32_t offset,
                                                                 uint16_t *vlan, struct cnipol_packet *out)
{
    uint8_t b[4];

    if (length - offset < 4 || CNIPOL_PACKET_LOAD(ctx, offset, b, 4))
        return CNIPOL_PACKET_SHORT_FRAME;
    *vlan = cnipol_packet_u16(b) & 0xfff;
    out->ethertype = cnipol_packet_u16(b + 2);
    out->tags++;
    out->flags = CNIPOL_PACKET_TAGGED;
    return CNIPOL_PACKET_SOUND;
}

/* The EtherType behind at most two tags. */
CNIPOL_PACKET_INLINE enum cnipol_packet_reason cnipol_packet_link(CNIPOL_PACKET_CONTEXT *ctx, uint32_t length, struct cnipol_packet *out)
{
    enum cnipol_packet_reason reason = CNIPOL_PACKET_SOUND;
    uint8_t b[2];

    if (length < 14 || CNIPOL_PACKET_LOAD(ctx, 12, b, 2))
        return CNIPOL_PACKET_SHORT_FRAME;
    out->ethertype = cnipol_packet_u16(b);
    if (cnipol_packet_is_tag(out->ethertype))
        reason = cnipol_packet_tag(ctx, length, 14, &out->vlan, out);
    if (!reason && out->tags && cnipol_packet_is_tag(out->ethertype))
        reason = cnipol_packet_tag(ctx, length, 18, &out->inner_vlan, out);
    if (!reason && cnipol_packet_is_tag(out->ethertype))
        reason = CNIPOL_PACKET_TOO_MANY_TAGS;
    return reason;
}

/**
 * Reads a frame of `length` bytes (on the wire, without its check sequence) that begins with an Ethernet header, through
 * CNIPOL_PACKET_LOAD. All of `out` is written.
 */
CNIPOL_PACKET_INLINE enum cnipol_packet_result cnipol_packet_read_ethernet(CNIPOL_PACKET_CONTEXT *ctx, uint32_t length,
                                                                           struct cnipol_packet *out)
{
    uint32_t l3;

    __builtin_memset(out, 0, sizeof *out);
    out->reason = (uint8_t)cnipol_packet_link(ctx, length, out);
    if (out->reason)
        return CNIPOL_PACKET_MALFORMED;
    l3 = 14 + 4u * out->tags;
    if (out->ethertype == CNIPOL_PACKET_E_IPV4)
        return cnipol_packet_ip(ctx, length, l3, 4, out);
    if (out->ethertype == CNIPOL_PACKET_E_IPV6)
        return cnipol_packet_ip(ctx, length, l3, 6, out);
    return CNIPOL_PACKET_NOT_IP;
}

/** Likewise, of a packet that begins with its IP header, of either version. Never CNIPOL_PACKET_NOT_IP. */
CNIPOL_PACKET_INLINE enum cnipol_packet_result cnipol_packet_read_ip(CNIPOL_PACKET_CONTEXT *ctx, uint32_t length, struct cnipol_packet *out)
{
    uint8_t first;

    __builtin_memset(out, 0, sizeof *out);
    out->reason = CNIPOL_PACKET_SHORT_HEADER;
    if (!length || CNIPOL_PACKET_LOAD(ctx, 0, &first, 1))
        return CNIPOL_PACKET_MALFORMED;
    out->reason = CNIPOL_PACKET_BAD_VERSION;
    if (first >> 4 != 4 && first >> 4 != 6)
        return CNIPOL_PACKET_MALFORMED;
    return cnipol_packet_ip(ctx, length, 0, first >> 4, out);
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
        "the packet is source-routed: its destination may not be the last stop",
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
