/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_SUPPORT_PACKET_HOLDS_H
#define TESTS_SUPPORT_PACKET_HOLDS_H

/* What holds of every answer of the packet parser, whatever the bytes were. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cnipol/packet.h>

static inline const char *packet_is_read(const struct cnipol_packet *p, uint32_t length)
{
    bool ports = p->protocol == 6 || p->protocol == 17 || p->protocol == 132;
    bool icmp = p->protocol == (p->family == 4 ? 1 : 58), later = p->flags & CNIPOL_PACKET_LATER_FRAGMENT;

    if (p->reason)
        return "it is read, and has a reason why not";
    if (p->family != 4 && p->family != 6)
        return "no family";
    if (p->protocol == 0 || (p->family == 6 && (p->protocol == 43 || p->protocol == 44 || p->protocol == 51 || p->protocol == 60)))
        return "the protocol is one that is walked over";
    if (p->l4_offset < p->l3_offset + (p->family == 4 ? 20 : 40) || p->end < p->l4_offset || p->end > length)
        return "the offsets are not in order";
    if (!(p->flags & CNIPOL_PACKET_HAS_PORTS) != !(ports && !later))
        return "ports, or none, against the protocol";
    if (!(p->flags & CNIPOL_PACKET_ICMP_KNOWN) != !(icmp && !later))
        return "an ICMP type, or none, against the protocol";
    if (later && p->flags & CNIPOL_PACKET_FIRST_FRAGMENT)
        return "a first and a later fragment at once";
    if (!(p->flags & CNIPOL_PACKET_HAS_PORTS) && (p->source_port || p->destination_port || p->tcp_flags))
        return "ports where there are none";
    if (p->extensions > CNIPOL_PACKET_EXTENSIONS || (p->family == 4 && p->extensions))
        return "too many extension headers";
    return NULL;
}

/* NULL, or what does not hold. */
static inline const char *packet_holds(enum cnipol_packet_result result, const struct cnipol_packet *p, uint32_t length)
{
    if (p->tags > 2 || !p->tags != !(p->flags & CNIPOL_PACKET_TAGGED) || p->vlan > 4095 || p->inner_vlan > 4095)
        return "tags are not consistent";
    switch (result) {
    case CNIPOL_PACKET_IP:
        return packet_is_read(p, length);
    case CNIPOL_PACKET_NOT_IP:
        return p->family || p->protocol || p->reason || p->ethertype == 0x0800 || p->ethertype == 0x86dd ? "not IP, with fields of IP"
                                                                                                         : NULL;
    case CNIPOL_PACKET_MALFORMED:
        return p->protocol || p->reason == 0 || p->reason >= CNIPOL_PACKET_N_REASONS ? "malformed, with a protocol or without a reason"
                                                                                     : NULL;
    }
    return "no such result";
}

#endif
