/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_SUPPORT_PACKET_PARTS_H
#define TESTS_SUPPORT_PACKET_PARTS_H

/*
 * Packets from parts, outermost first: {ETH, VLAN(5), IP4, TCP(1024, 80, SYN), DATA(10)}.
 *
 * Each header is told what follows it, and IP how long it is, unless a part right behind it says otherwise (TYPE, NEXT,
 * LENGTH, ...). PAD is behind the IP packet's end; CUT takes bytes off the frame in the end. From 10.0.0.1 to 10.0.0.2, or
 * from 2001:db8::1 to 2001:db8::2, 64 hops.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cnipol/packet.h>

enum part_kind {
    PART_END,
    PART_LINK, /* size a: the Ethernet header or a tag, its own EtherType b, tag c */
    PART_IP4,
    PART_IP6,
    PART_HEADER, /* protocol a, the bytes */
    PART_BYTES,  /* a bytes of 0xee */
    PART_NEXT,   /* what the header before says that follows is a */
    PART_SET8,   /* the byte at a in the header before is b */
    PART_SET16,
    PART_LENGTH, /* the IP length field is a */
    PART_PAD,
    PART_CUT
};

struct part {
    enum part_kind kind;
    uint32_t a, b, c;
    const char *bytes;
};

#define TWO(n) (char)((n) >> 8), (char)(n)
#define HEADER(protocol, size, ...)                        \
    {                                                      \
        PART_HEADER, protocol, size, 0, (const char[size]) \
        {                                                  \
            __VA_ARGS__                                    \
        }                                                  \
    }

#define ETH                       \
    {                             \
        PART_LINK, 14, 0, 0, NULL \
    }
#define VLAN(id)                       \
    {                                  \
        PART_LINK, 4, 0x8100, id, NULL \
    }
#define PROVIDER(id)                   \
    {                                  \
        PART_LINK, 4, 0x88a8, id, NULL \
    }
#define QINQ(id)                       \
    {                                  \
        PART_LINK, 4, 0x9100, id, NULL \
    }
#define IP4                     \
    {                           \
        PART_IP4, 0, 0, 0, NULL \
    }
#define IP6                     \
    {                           \
        PART_IP6, 0, 0, 0, NULL \
    }
#define HOPOPT HEADER(0, 8, 0, 0, 1, 4, 0, 0, 0, 0)
#define JUMBO(n) HEADER(0, 8, 0, 0, (char)0xc2, 4, TWO((n) >> 16), TWO(n))
#define ROUTING(left) HEADER(43, 8, 0, 0, 4, left, 0, 0, 0, 0)
#define FRAGMENT(offset, more) HEADER(44, 8, 0, 0, TWO((offset) | (more)), 0, 0, 0, 7)
#define AH HEADER(51, 24, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
#define DSTOPT HEADER(60, 8, 0, 0, 1, 4, 0, 0, 0, 0)
#define DSTOPT16 HEADER(60, 16, 0, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
#define TCP(from, to, flags) HEADER(6, 20, TWO(from), TWO(to), 0, 0, 0, 1, 0, 0, 0, 0, 0x50, (char)(flags), 1, 0, 0, 0, 0, 0)
#define UDP(from, to) HEADER(17, 8, TWO(from), TWO(to), 0, 8, 0, 0)
#define UDPLITE(from, to) HEADER(136, 8, TWO(from), TWO(to), 0, 8, 0, 0)
#define DCCP(from, to) HEADER(33, 12, TWO(from), TWO(to), 3, 0, 0, 0, 0, 0, 0, 0)
#define SCTP(from, to) HEADER(132, 12, TWO(from), TWO(to), 0, 0, 0, 0, 0, 0, 0, 0)
#define ICMP(type, code) HEADER(1, 8, (char)(type), code, 0, 0, 0, 0, 0, 1)
#define ICMP6(type, code) HEADER(58, 8, (char)(type), code, 0, 0, 0, 0, 0, 1)
#define OTHER(protocol) HEADER(protocol, 8, 1, 2, 3, 4, 5, 6, 7, 8)
#define OPTION(size, ...)                                    \
    {                                                        \
        PART_HEADER, UINT32_MAX, size, 0, (const char[size]) \
        {                                                    \
            __VA_ARGS__                                      \
        }                                                    \
    }
#define DATA(n)                   \
    {                             \
        PART_BYTES, n, 0, 0, NULL \
    }
#define TYPE(n)                  \
    {                            \
        PART_NEXT, n, 0, 0, NULL \
    }
#define NEXT(n)                  \
    {                            \
        PART_NEXT, n, 0, 0, NULL \
    }
#define SET8(at, value)               \
    {                                 \
        PART_SET8, at, value, 0, NULL \
    }
#define IHL(n) SET8(0, 0x40 | (n))
#define FRAGMENT4(offset, more)                                      \
    {                                                                \
        PART_SET16, 6, (offset) / 8 | ((more) ? 0x2000 : 0), 0, NULL \
    }
#define LENGTH(n)                  \
    {                              \
        PART_LENGTH, n, 0, 0, NULL \
    }
#define PAD(n)                  \
    {                           \
        PART_PAD, n, 0, 0, NULL \
    }
#define CUT(n)                  \
    {                           \
        PART_CUT, n, 0, 0, NULL \
    }

enum { PARTS = 16, PACKET_ROOM = 1 << 17 };

struct built {
    uint8_t *bytes; /* PACKET_ROOM */
    uint32_t n;
    uint32_t l3;     /* of the first IP header */
    uint32_t end;    /* of the IP packet */
    uint32_t header; /* the header written last */
    uint32_t next;   /* where it says what follows; 0: nowhere */
    int32_t length;  /* what the IP length field says; -1: the truth */
};

static inline void put16(struct built *b, uint32_t at, uint32_t value)
{
    b->bytes[at] = (uint8_t)(value >> 8);
    b->bytes[at + 1] = (uint8_t)value;
}

/* Tells the header before what follows it. */
static inline void announce(struct built *b, uint32_t type, uint32_t protocol)
{
    if (b->next && b->header < b->l3)
        put16(b, b->next, type);
    else if (b->next)
        b->bytes[b->next] = (uint8_t)protocol;
    b->next = 0;
}

static inline void append(struct built *b, const void *bytes, uint32_t n)
{
    if (n > PACKET_ROOM - b->n)
        abort();
    memcpy(b->bytes + b->n, bytes, n);
    b->n += n;
}

static inline void add_link(struct built *b, const struct part *part)
{
    static const uint8_t macs[14] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

    b->l3 = UINT32_MAX;
    announce(b, part->b, 0);
    if (part->a == 4)
        put16(b, b->n, part->c);
    b->header = b->n;
    if (part->a == 14)
        append(b, macs, 14);
    else
        b->n += 4;
    b->next = b->n - 2;
}

static inline void add_ip(struct built *b, int family)
{
    static const uint8_t v4[20] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
    static const uint8_t v6[40] = {0x60, 0, 0, 0, 0,    0, 0,   64,   0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,
                                   0,    0, 0, 1, 0x20, 1, 0xd, 0xb8, 0,    0, 0,   0,    0, 0, 0, 0, 0, 0, 0, 2};

    announce(b, family == 4 ? 0x0800 : 0x86dd, family == 4 ? 4 : 41);
    if (b->l3 == UINT32_MAX)
        b->l3 = b->n;
    b->header = b->n;
    append(b, family == 4 ? v4 : v6, family == 4 ? 20 : 40);
    b->next = b->header + (family == 4 ? 9 : 6);
}

static inline void add_header(struct built *b, const struct part *part)
{
    if (part->a == UINT32_MAX) {
        append(b, part->bytes, part->b);
        b->bytes[b->header] = (uint8_t)(b->bytes[b->header] + part->b / 4);
        return;
    }
    announce(b, 0, part->a);
    b->header = b->n;
    b->next = part->a == 0 || part->a == 43 || part->a == 44 || part->a == 51 || part->a == 60 ? b->n : 0;
    append(b, part->bytes, part->b);
}

/* The IP packet ends here: its length. */
static inline void finish(struct built *b)
{
    uint32_t skip;

    if (b->end)
        return;
    b->end = b->n;
    if (b->l3 >= b->n)
        return;
    skip = b->bytes[b->l3] >> 4 == 6 ? 40 : 0;
    put16(b, b->l3 + (skip ? 4 : 2), b->length >= 0 ? (uint32_t)b->length : b->n - b->l3 - skip);
}

static inline void add_part(struct built *b, const struct part *part)
{
    switch (part->kind) {
    case PART_LINK:
        add_link(b, part);
        break;
    case PART_IP4:
    case PART_IP6:
        add_ip(b, part->kind == PART_IP4 ? 4 : 6);
        break;
    case PART_HEADER:
        add_header(b, part);
        break;
    case PART_PAD:
        finish(b);
        __attribute__((fallthrough));
    case PART_BYTES:
        if (part->a > PACKET_ROOM - b->n)
            abort();
        memset(b->bytes + b->n, 0xee, part->a);
        b->n += part->a;
        break;
    case PART_NEXT:
        announce(b, part->a, part->a);
        break;
    case PART_SET8:
        b->bytes[b->header + part->a] = (uint8_t)part->b;
        break;
    case PART_SET16:
        put16(b, b->header + part->a, part->b);
        break;
    case PART_LENGTH:
        b->length = (int32_t)part->a;
        break;
    case PART_CUT:
        finish(b);
        b->n -= part->a;
        break;
    case PART_END:
        break;
    }
}

/* Builds into PACKET_ROOM zeroed bytes. */
static inline struct built build_packet(uint8_t *room, const struct part *parts)
{
    struct built b = {room, 0, UINT32_MAX, 0, 0, 0, -1};

    for (int i = 0; i < PARTS && parts[i].kind != PART_END; i++)
        add_part(&b, &parts[i]);
    finish(&b);
    return b;
}

#endif
