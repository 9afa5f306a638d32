/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_MONITOR_PACKET_H
#define NP_FLOW_MONITOR_PACKET_H

/*
 * The packet behind an event of Cilium's monitor, taken apart as Hubble takes it apart.
 *
 * Hubble's parser (cilium/cilium pkg/hubble/parser/threefour) runs gopacket's decoding layers one after the other: Ethernet, IPv4 and
 * IPv6 (with the hop-by-hop header, no other extension), TCP, UDP, SCTP, ICMP, ICMPv6, and from 1.19 on VRRP and IGMP. It stops
 * without complaint before a layer that it has not, and where nothing is left; it refuses the event where a layer that it has
 * is malformed or cut. A later header of the same kind replaces an earlier one, so of IP in IP the innermost is the flow. Any
 * fragment of IPv4 ends the packet at its IP header. Behind VXLAN or Geneve, the same begins anew.
 *
 * Sources: gopacket/gopacket v1.3 layers/{ethernet,ip4,ip6,tcp,udp,sctp,icmp4,icmp6,vrrp,igmp,vxlan,geneve}.go, layers_decoder.go.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of their names in monitor_packet.c. */
enum np_layer {
    NP_LAYER_NONE, /* the packet ends here, or what follows is not looked at */
    NP_LAYER_ETHERNET,
    NP_LAYER_IP4,
    NP_LAYER_IP6,
    NP_LAYER_TCP,
    NP_LAYER_UDP,
    NP_LAYER_SCTP,
    NP_LAYER_ICMP4,
    NP_LAYER_ICMP6,
    NP_LAYER_VRRP,
    NP_LAYER_IGMP,
    NP_LAYER_VXLAN,
    NP_LAYER_GENEVE,
    NP_LAYER_BAD /* malformed */
};

/* What was found; pointers are into the packet. */
struct np_packet {
    const uint8_t *ethernet;  /* NULL: no Ethernet header */
    const uint8_t *src, *dst; /* addresses */
    const uint8_t *header;    /* of L4 */
    const uint8_t *payload;   /* behind the last header */
    const uint8_t *end;       /* of the payload */
    uint8_t family;           /* 0: no IP header */
    uint8_t protocol;         /* of the last IP header; 0: not said */
    uint8_t l4_protocol;      /* of the IP header before the L4 header */
    uint8_t l4;               /* enum np_layer of the L4 header; NP_LAYER_NONE */
    uint8_t last;             /* enum np_layer, the last one */
    uint8_t tunnel;           /* enum np_layer of the outermost tunnel; NP_LAYER_NONE */
    bool with_routing;        /* in: VRRP and IGMP are looked at */
    bool in_tunnel;           /* in: VXLAN and Geneve by their ports, as everything within a tunnel is looked at */
    uint32_t vni;
    const char *flaw;       /* where something is malformed: what */
    const uint8_t *flaw_at; /* and where */
};

/* Takes n > 0 bytes apart that begin with the layer `first`. False: malformed. */
bool np_packet_parse(struct np_packet *packet, enum np_layer first, const uint8_t *bytes, size_t n);

/* Name of a layer: "Ethernet". */
const char *np_layer_name(enum np_layer layer);

#endif
