/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_BPF_FRAME_H
#define TESTS_BPF_FRAME_H

/* Ethernet frames between the peers of world.h. */

#include <stdint.h>
#include <string.h>

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132 };

struct frame {
    uint8_t bytes[128];
    uint32_t n;
};

static inline void frame_address(uint8_t *at, int family, uint8_t id)
{
    at[0] = family == 4 ? 10 : 0xfd;
    at[family == 4 ? 3 : 15] = id;
}

/* A whole packet with 20 bytes behind its IP header, which begin with the ports or, for ICMP, type 8 and code 0. */
static inline struct frame frame_of(int family, uint8_t source, uint8_t destination, uint8_t protocol, uint16_t port)
{
    struct frame frame = {.n = family == 4 ? 54 : 74};
    uint8_t *ip = frame.bytes + 14, *l4 = ip + (family == 4 ? 20 : 40);

    memcpy(frame.bytes + 12, family == 4 ? "\x08" : "\x86\xdd", 2);
    if (family == 4) {
        memcpy(ip, "\x45\0\0\x28\0\0\0\0\x40", 9);
        ip[9] = protocol;
    } else {
        memcpy(ip, "\x60\0\0\0\0\x14", 6);
        ip[6] = protocol;
        ip[7] = 64;
    }
    frame_address(ip + (family == 4 ? 12 : 8), family, source);
    frame_address(ip + (family == 4 ? 16 : 24), family, destination);
    if (protocol == ICMP || protocol == ICMPV6) {
        l4[0] = protocol == ICMP ? 8 : 128;
    } else {
        l4[0] = 0x9c;
        l4[2] = (uint8_t)(port >> 8);
        l4[3] = (uint8_t)port;
    }
    return frame;
}

#endif
