/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_IMAGE_PACKET_ROWS_H
#define TESTS_IMAGE_PACKET_ROWS_H

/*
 * Packets and how they are read, in the words of describe(): "v4 6 ports 1024 80 flags 02 at 34". For the parser on the
 * host and for the one in the kernel. A row without words is malformed, for its reason.
 */

#include <stdio.h>

#include "support/packet_parts.h"

enum { SYN = 2, ACK = 16 };

struct packet_row {
    const char *name;
    struct part parts[PARTS];
    const char *expected;
    enum cnipol_packet_reason reason;
};

#define BAD(why) NULL, CNIPOL_PACKET_##why

static const struct packet_row packet_rows[] = {
    {"TCP", {ETH, IP4, TCP(1024, 80, SYN)}, "v4 6 ports 1024 80 flags 02 at 34", 0},
    {"TCP with data", {ETH, IP4, TCP(65535, 1, SYN | ACK), DATA(100)}, "v4 6 ports 65535 1 flags 12 at 34", 0},
    {"UDP", {ETH, IP4, UDP(5353, 53)}, "v4 17 ports 5353 53 at 34", 0},
    {"SCTP", {ETH, IP4, SCTP(7, 3868)}, "v4 132 ports 7 3868 at 34", 0},
    {"UDP-Lite has no ports here", {ETH, IP4, UDPLITE(1, 2)}, "v4 136 at 34", 0},
    {"DCCP has no ports here", {ETH, IP4, DCCP(1, 2)}, "v4 33 at 34", 0},
    {"an echo request", {ETH, IP4, ICMP(8, 0)}, "v4 1 icmp 8 0 at 34", 0},
    {"a port is unreachable", {ETH, IP4, ICMP(3, 3)}, "v4 1 icmp 3 3 at 34", 0},
    {"ICMPv6 in IPv4 is some protocol", {ETH, IP4, ICMP6(128, 0)}, "v4 58 at 34", 0},
    {"GRE", {ETH, IP4, OTHER(47)}, "v4 47 at 34", 0},
    {"ESP", {ETH, IP4, OTHER(50)}, "v4 50 at 34", 0},
    {"AH in IPv4 is the protocol", {ETH, IP4, OTHER(51)}, "v4 51 at 34", 0},
    {"protocol 255", {ETH, IP4, OTHER(255)}, "v4 255 at 34", 0},
    {"IPv4 in IPv4 is not entered", {ETH, IP4, IP4, TCP(1, 2, SYN)}, "v4 4 at 34", 0},
    {"IPv6 in IPv4 is not entered", {ETH, IP4, IP6, UDP(1, 2)}, "v4 41 at 34", 0},
    {"a protocol without a byte", {ETH, IP4, NEXT(47)}, "v4 47 at 34", 0},
    {"no protocol", {ETH, IP4, NEXT(0), DATA(8)}, BAD(BAD_PROTOCOL)},

    {"a short frame is padded", {ETH, IP4, UDP(1, 2), PAD(18)}, "v4 17 ports 1 2 at 34", 0},
    {"padding is no port", {ETH, IP4, NEXT(17), DATA(3), PAD(30)}, BAD(SHORT_L4)},
    {"padding is no type", {ETH, IP4, NEXT(1), DATA(1), PAD(30)}, BAD(SHORT_L4)},

    {"a tag", {ETH, VLAN(5), IP4, TCP(1, 2, SYN)}, "v4 6 ports 1 2 flags 02 vlan 5 at 38", 0},
    {"a tag's priority is not its number", {ETH, VLAN(0xe005), IP4, TCP(1, 2, SYN)}, "v4 6 ports 1 2 flags 02 vlan 5 at 38", 0},
    {"a tag for priority alone", {ETH, VLAN(0), IP6, UDP(1, 2)}, "v6 17 ports 1 2 vlan 0 at 58", 0},
    {"two tags, 802.1ad", {ETH, PROVIDER(4095), VLAN(7), IP4, UDP(1, 2)}, "v4 17 ports 1 2 vlan 4095.7 at 42", 0},
    {"two tags, the old number", {ETH, QINQ(1), QINQ(2), IP6, UDP(1, 2)}, "v6 17 ports 1 2 vlan 1.2 at 62", 0},
    {"two tags of one kind", {ETH, VLAN(1), VLAN(2), IP4, ICMP(8, 0)}, "v4 1 icmp 8 0 vlan 1.2 at 42", 0},
    {"three tags", {ETH, PROVIDER(1), VLAN(2), VLAN(3), IP4, UDP(1, 2)}, BAD(TOO_MANY_TAGS)},
    {"three tags and nothing else", {ETH, VLAN(1), VLAN(2), TYPE(0x8100)}, BAD(TOO_MANY_TAGS)},
    {"half a tag", {ETH, VLAN(1), CUT(1)}, BAD(SHORT_FRAME)},
    {"half a second tag", {ETH, VLAN(1), VLAN(2), CUT(3)}, BAD(SHORT_FRAME)},
    {"no frame", {DATA(0)}, BAD(SHORT_FRAME)},
    {"half a frame header", {ETH, CUT(1)}, BAD(SHORT_FRAME)},

    {"ARP", {ETH, TYPE(0x0806), DATA(28)}, "not IP 0806", 0},
    {"ARP behind a tag", {ETH, VLAN(9), TYPE(0x0806), DATA(28)}, "not IP 0806 vlan 9", 0},
    {"MPLS", {ETH, TYPE(0x8847), DATA(28)}, "not IP 8847", 0},
    {"an 802.3 length", {ETH, TYPE(38), DATA(38)}, "not IP 0026", 0},
    {"an 802.3 length behind a tag", {ETH, VLAN(1), TYPE(1500), DATA(38)}, "not IP 05dc vlan 1", 0},
    {"a frame of nothing", {ETH}, "not IP 0000", 0},

    {"the header is cut off", {ETH, IP4, CUT(1)}, BAD(SHORT_HEADER)},
    {"no header at all", {ETH, TYPE(0x0800)}, BAD(SHORT_HEADER)},
    {"the fixed header is cut off", {ETH, IP6, CUT(1)}, BAD(SHORT_HEADER)},
    {"IPv6 says the frame, IPv4 the packet", {ETH, TYPE(0x86dd), IP4, TCP(1, 2, SYN), DATA(20)}, BAD(BAD_VERSION)},
    {"IPv4 says the frame, IPv6 the packet", {ETH, TYPE(0x0800), IP6, TCP(1, 2, SYN)}, BAD(BAD_VERSION)},
    {"IP version 5", {ETH, IP4, SET8(0, 0x55), TCP(1, 2, SYN)}, BAD(BAD_VERSION)},
    {"a header of 16 bytes", {ETH, IP4, IHL(4), TCP(1, 2, SYN)}, BAD(BAD_HEADER_LENGTH)},
    {"a header of nothing", {ETH, IP4, IHL(0), TCP(1, 2, SYN)}, BAD(BAD_HEADER_LENGTH)},
    {"a header longer than the packet", {ETH, IP4, IHL(15), TCP(1, 2, SYN), PAD(60)}, BAD(BAD_LENGTH)},
    {"a packet shorter than the header", {ETH, IP4, LENGTH(19), TCP(1, 2, SYN)}, BAD(BAD_LENGTH)},
    {"a length of 0", {ETH, IP4, LENGTH(0), TCP(1, 2, SYN)}, BAD(BAD_LENGTH)},
    {"a packet longer than the frame", {ETH, IP4, LENGTH(41), TCP(1, 2, SYN)}, BAD(BEYOND_FRAME)},
    {"a packet cut off", {ETH, IP4, TCP(1, 2, SYN), DATA(9), CUT(1)}, BAD(BEYOND_FRAME)},
    {"an IPv6 packet cut off", {ETH, IP6, TCP(1, 2, SYN), DATA(9), CUT(1)}, BAD(BEYOND_FRAME)},
    {"a length that ends in the ports", {ETH, IP4, LENGTH(23), UDP(1, 2)}, BAD(SHORT_L4)},
    {"a length that ends behind the ports", {ETH, IP4, LENGTH(24), UDP(1, 2), PAD(0)}, "v4 17 ports 1 2 at 34 end 38", 0},
    {"a length that ends before the flags", {ETH, IP4, LENGTH(33), TCP(1, 2, SYN)}, BAD(SHORT_L4)},
    {"a length that ends behind the flags", {ETH, IP4, LENGTH(34), TCP(1, 2, SYN)}, "v4 6 ports 1 2 flags 02 at 34 end 48", 0},
    {"a length that ends behind the code", {ETH, IP4, LENGTH(22), ICMP(8, 0)}, "v4 1 icmp 8 0 at 34 end 36", 0},
    {"no bytes for TCP", {ETH, IP4, NEXT(6)}, BAD(SHORT_L4)},
    {"no bytes for ICMP", {ETH, IP4, NEXT(1)}, BAD(SHORT_L4)},
    {"no bytes for SCTP", {ETH, IP6, NEXT(132)}, BAD(SHORT_L4)},
    {"no bytes for ICMPv6", {ETH, IP6, NEXT(58)}, BAD(SHORT_L4)},

    {"an option", {ETH, IP4, OPTION(4, (char)148, 4, 0, 0), UDP(1, 2)}, "v4 17 ports 1 2 at 38", 0},
    {"no operations", {ETH, IP4, OPTION(8, 1, 1, 1, 1, 1, 1, 1, 1), UDP(1, 2)}, "v4 17 ports 1 2 at 42", 0},
    {"the end of options, then a byte of a source route", {ETH, IP4, OPTION(4, 1, 0, (char)131, 3), UDP(1, 2)}, BAD(SOURCE_ROUTE)},
    {"all the room for options",
     {ETH, IP4,
      OPTION(40, 7, 39, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      UDP(1, 2)},
     "v4 17 ports 1 2 at 74",
     0},
    {"forty options",
     {ETH, IP4,
      OPTION(40, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0),
      UDP(1, 2)},
     "v4 17 ports 1 2 at 74",
     0},
    {"options are not judged", {ETH, IP4, OPTION(4, 7, 5, 4, 0), UDP(1, 2)}, "v4 17 ports 1 2 at 38", 0},
    {"nearly a source route",
     {ETH, IP4, OPTION(8, 3, 9, 11, (char)130, (char)132, (char)136, (char)138, 0), UDP(1, 2)},
     "v4 17 ports 1 2 at 42",
     0},
    {"a loose source route", {ETH, IP4, OPTION(8, 1, (char)131, 7, 4, 10, 0, 0, 9), UDP(1, 2)}, BAD(SOURCE_ROUTE)},
    {"a strict source route", {ETH, IP4, OPTION(8, (char)137, 7, 4, 10, 0, 0, 9, 0), UDP(1, 2)}, BAD(SOURCE_ROUTE)},
    {"a byte of a source route inside an option", {ETH, IP4, OPTION(8, 68, 8, (char)131, 7, 4, 10, 0, 0), UDP(1, 2)}, BAD(SOURCE_ROUTE)},
    {"a source route in the last byte", {ETH, IP4, OPTION(12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, (char)137), UDP(1, 2)}, BAD(SOURCE_ROUTE)},
    {"options are cut off", {ETH, IP4, IHL(6), LENGTH(24)}, BAD(BEYOND_FRAME)},

    {"not to be fragmented", {ETH, IP4, SET8(6, 0x40), UDP(1, 2)}, "v4 17 ports 1 2 at 34", 0},
    {"the reserved bit", {ETH, IP4, SET8(6, 0x80), UDP(1, 2)}, "v4 17 ports 1 2 at 34", 0},
    {"a first fragment", {ETH, IP4, FRAGMENT4(0, 1), TCP(1, 2, SYN), DATA(4)}, "v4 6 ports 1 2 flags 02 first at 34", 0},
    {"a first fragment of ICMP", {ETH, IP4, FRAGMENT4(0, 1), ICMP(8, 0)}, "v4 1 icmp 8 0 first at 34", 0},
    {"a middle fragment", {ETH, IP4, FRAGMENT4(24, 1), TCP(1, 2, SYN), DATA(4)}, "v4 6 later at 34", 0},
    {"a last fragment", {ETH, IP4, FRAGMENT4(1480, 0), UDP(1, 2), DATA(3)}, "v4 17 later at 34", 0},
    {"a last fragment of one byte", {ETH, IP4, FRAGMENT4(1480, 0), NEXT(1), DATA(1)}, "v4 1 later at 34", 0},
    {"the last byte of the longest packet", {ETH, IP4, FRAGMENT4(65528, 0), NEXT(17), DATA(7)}, "v4 17 later at 34", 0},
    {"a byte beyond the longest packet", {ETH, IP4, FRAGMENT4(65528, 0), NEXT(17), DATA(8)}, BAD(BAD_FRAGMENT)},
    {"a first fragment without its flags", {ETH, IP4, FRAGMENT4(0, 1), NEXT(6), DATA(8)}, BAD(SHORT_L4)},
    {"a first fragment without a byte", {ETH, IP4, FRAGMENT4(0, 1), NEXT(17)}, BAD(BAD_FRAGMENT)},
    {"a later fragment without a byte", {ETH, IP4, FRAGMENT4(80, 0), NEXT(17)}, BAD(BAD_FRAGMENT)},
    {"a fragment not in eights", {ETH, IP4, FRAGMENT4(80, 1), NEXT(17), DATA(9)}, BAD(BAD_FRAGMENT)},
    {"a fragment in fours", {ETH, IP4, FRAGMENT4(80, 1), NEXT(17), DATA(12)}, BAD(BAD_FRAGMENT)},
    {"a fragment over TCP's flags", {ETH, IP4, FRAGMENT4(8, 0), NEXT(6), DATA(12)}, BAD(BAD_FRAGMENT)},
    {"a fragment behind UDP's header", {ETH, IP4, FRAGMENT4(8, 0), NEXT(17), DATA(12)}, "v4 17 later at 34", 0},

    {"TCP over IPv6", {ETH, IP6, TCP(1024, 80, SYN)}, "v6 6 ports 1024 80 flags 02 at 54", 0},
    {"UDP over IPv6", {ETH, IP6, UDP(1, 53), PAD(4)}, "v6 17 ports 1 53 at 54", 0},
    {"SCTP over IPv6", {ETH, IP6, SCTP(1, 2)}, "v6 132 ports 1 2 at 54", 0},
    {"neighbour solicitation", {ETH, IP6, ICMP6(135, 0), DATA(16)}, "v6 58 icmp 135 0 at 54", 0},
    {"ICMP in IPv6 is some protocol", {ETH, IP6, ICMP(8, 0)}, "v6 1 at 54", 0},
    {"UDP-Lite over IPv6", {ETH, IP6, UDPLITE(1, 2)}, "v6 136 at 54", 0},
    {"ESP over IPv6", {ETH, IP6, OTHER(50)}, "v6 50 at 54", 0},
    {"IPv4 in IPv6 is not entered", {ETH, IP6, IP4, TCP(1, 2, SYN)}, "v6 4 at 54", 0},
    {"IPv6 in IPv6 is not entered", {ETH, IP6, IP6, TCP(1, 2, SYN)}, "v6 41 at 54", 0},
    {"no next header", {ETH, IP6, NEXT(59)}, "v6 59 at 54", 0},
    {"no next header, and bytes", {ETH, IP6, OTHER(59), DATA(8)}, "v6 59 at 54", 0},
    {"a mobility header is the protocol", {ETH, IP6, OTHER(135)}, "v6 135 at 54", 0},
    {"HIP is the protocol", {ETH, IP6, OTHER(139)}, "v6 139 at 54", 0},
    {"Shim6 is the protocol", {ETH, IP6, OTHER(140)}, "v6 140 at 54", 0},
    {"an experiment is the protocol", {ETH, IP6, OTHER(253)}, "v6 253 at 54", 0},

    {"hop-by-hop options", {ETH, IP6, HOPOPT, ICMP6(143, 0)}, "v6 58 icmp 143 0 ext 1 at 62", 0},
    {"a routing header at its end", {ETH, IP6, ROUTING(0), TCP(1, 2, ACK)}, "v6 6 ports 1 2 flags 10 ext 1 at 62", 0},
    {"a routing header with a stop ahead", {ETH, IP6, ROUTING(1), TCP(1, 2, ACK)}, BAD(SOURCE_ROUTE)},
    {"destination options", {ETH, IP6, DSTOPT16, UDP(1, 2)}, "v6 17 ports 1 2 ext 1 at 70", 0},
    {"AH", {ETH, IP6, AH, UDP(1, 2)}, "v6 17 ports 1 2 ext 1 at 78", 0},
    {"AH before ESP", {ETH, IP6, AH, OTHER(50)}, "v6 50 ext 1 at 78", 0},
    {"AH of 28 bytes", {ETH, IP6, AH, SET8(1, 5), DATA(4), UDP(1, 2)}, BAD(SHORT_EXTENSION)},
    {"AH of 16 bytes", {ETH, IP6, AH, SET8(1, 2), UDP(1, 2)}, "v6 17 ports 1286 1800 ext 1 at 70", 0},
    {"AH of 8 bytes", {ETH, IP6, AH, SET8(1, 0), UDP(1, 2)}, BAD(SHORT_EXTENSION)},
    {"all in their order",
     {ETH, VLAN(3), IP6, HOPOPT, DSTOPT, ROUTING(0), FRAGMENT(0, 0), AH, DSTOPT16, TCP(9, 99, SYN)},
     "v6 6 ports 9 99 flags 02 ext 6 vlan 3 at 130",
     0},
    {"eight extension headers",
     {ETH, IP6, DSTOPT, DSTOPT, DSTOPT, DSTOPT, DSTOPT, DSTOPT, DSTOPT, DSTOPT, UDP(1, 2)},
     "v6 17 ports 1 2 ext 8 at 118",
     0},
    {"nine extension headers",
     {ETH, IP6, DSTOPT, DSTOPT, DSTOPT, DSTOPT, DSTOPT, DSTOPT, DSTOPT, DSTOPT, DSTOPT, UDP(1, 2)},
     BAD(TOO_MANY_EXTENSIONS)},
    {"hop-by-hop options not first", {ETH, IP6, DSTOPT, HOPOPT, UDP(1, 2)}, BAD(BAD_CHAIN)},
    {"hop-by-hop options twice", {ETH, IP6, HOPOPT, HOPOPT, UDP(1, 2)}, BAD(BAD_CHAIN)},
    {"an extension header beyond the packet", {ETH, IP6, DSTOPT, SET8(1, 9), UDP(1, 2), DATA(50)}, BAD(SHORT_EXTENSION)},
    {"an extension header up to the packet's end", {ETH, IP6, DSTOPT, SET8(1, 1), UDP(1, 2)}, BAD(SHORT_L4)},
    {"padding is no extension header", {ETH, IP6, NEXT(60), DATA(7), PAD(100)}, BAD(SHORT_EXTENSION)},
    {"an extension header of no byte", {ETH, IP6, DSTOPT, NEXT(43)}, BAD(SHORT_EXTENSION)},
    {"nothing behind an extension header", {ETH, IP6, DSTOPT, NEXT(59)}, "v6 59 ext 1 at 62", 0},
    {"no ports behind an extension header", {ETH, IP6, DSTOPT, NEXT(6)}, BAD(SHORT_L4)},

    {"an atomic fragment", {ETH, IP6, FRAGMENT(0, 0), TCP(1, 2, SYN)}, "v6 6 ports 1 2 flags 02 ext 1 at 62", 0},
    {"a fragment header's reserved bits", {ETH, IP6, FRAGMENT(0, 0), SET8(1, 9), SET8(3, 6), UDP(1, 2)}, "v6 17 ports 1 2 ext 1 at 62", 0},
    {"a first fragment over IPv6", {ETH, IP6, FRAGMENT(0, 1), UDP(1, 2)}, "v6 17 ports 1 2 first ext 1 at 62", 0},
    {"a later fragment over IPv6", {ETH, IP6, FRAGMENT(1448, 0), NEXT(17), DATA(5)}, "v6 17 later ext 1 at 62", 0},
    {"a later fragment of ICMPv6", {ETH, IP6, HOPOPT, FRAGMENT(1448, 1), NEXT(58), DATA(8)}, "v6 58 later ext 2 at 70", 0},
    {"a first fragment that begins with options", {ETH, IP6, FRAGMENT(0, 1), DSTOPT, UDP(1, 2)}, "v6 17 ports 1 2 first ext 2 at 70", 0},
    {"a first fragment that ends before the ports", {ETH, IP6, FRAGMENT(0, 1), DSTOPT, NEXT(17)}, BAD(BAD_FRAGMENT)},
    {"a first fragment that ends in the options", {ETH, IP6, FRAGMENT(0, 1), DSTOPT16, LENGTH(16)}, BAD(SHORT_EXTENSION)},
    {"a later fragment of options", {ETH, IP6, FRAGMENT(1448, 0), NEXT(60), DATA(16)}, BAD(HIDDEN_PROTOCOL)},
    {"a later fragment of options, the second", {ETH, IP6, FRAGMENT(8, 0), DSTOPT, UDP(1, 2)}, BAD(HIDDEN_PROTOCOL)},
    {"a later fragment of AH", {ETH, IP6, FRAGMENT(1448, 1), AH, TCP(1, 2, SYN), DATA(4)}, BAD(HIDDEN_PROTOCOL)},
    {"a fragment of a fragment", {ETH, IP6, FRAGMENT(0, 1), FRAGMENT(0, 1), UDP(1, 2)}, BAD(BAD_CHAIN)},
    {"a fragment of an atomic fragment", {ETH, IP6, FRAGMENT(0, 0), FRAGMENT(8, 0), UDP(1, 2)}, BAD(BAD_CHAIN)},
    {"an IPv6 fragment not in eights", {ETH, IP6, FRAGMENT(0, 1), UDP(1, 2), DATA(1)}, BAD(BAD_FRAGMENT)},
    {"an IPv6 fragment over TCP's flags", {ETH, IP6, FRAGMENT(8, 0), NEXT(6), DATA(20)}, BAD(BAD_FRAGMENT)},
    {"an IPv6 fragment beyond the longest", {ETH, IP6, FRAGMENT(65528, 0), NEXT(6), DATA(8)}, BAD(BAD_FRAGMENT)},
    {"an IPv6 fragment without a byte", {ETH, IP6, FRAGMENT(80, 0), NEXT(6)}, BAD(BAD_FRAGMENT)},

    {"a payload of 0 bytes", {ETH, IP6, LENGTH(0), UDP(1, 2)}, BAD(SHORT_L4)},
    {"a payload of 0 bytes, no protocol", {ETH, IP6, LENGTH(0), OTHER(59)}, "v6 59 at 54 end 54", 0},
    {"a payload of 0 bytes, hop-by-hop options", {ETH, IP6, LENGTH(0), HOPOPT, UDP(1, 2)}, BAD(BAD_JUMBO)},
    {"a payload of 0 bytes, half an option", {ETH, IP6, LENGTH(0), NEXT(0), DATA(7)}, BAD(SHORT_EXTENSION)},
    {"a jumbogram that is small", {ETH, IP6, LENGTH(0), JUMBO(65535), UDP(1, 2), DATA(65519)}, BAD(BAD_JUMBO)},
    {"a jumbogram beyond the frame", {ETH, IP6, LENGTH(0), JUMBO(65537), UDP(1, 2), DATA(65520)}, BAD(BEYOND_FRAME)},
    {"the smallest jumbogram", {ETH, IP6, LENGTH(0), JUMBO(65536), UDP(1, 2), DATA(65520)}, "v6 17 ports 1 2 ext 1 jumbo at 62", 0},
    {"another option of its length", {ETH, IP6, LENGTH(0), JUMBO(65536), SET8(2, 0x3e), UDP(1, 2), DATA(65520)}, BAD(BAD_JUMBO)},
    {"a jumbo option of another length", {ETH, IP6, LENGTH(0), JUMBO(65536), SET8(3, 3), UDP(1, 2), DATA(65520)}, BAD(BAD_JUMBO)},
    {"a jumbogram of nearly 4 GiB", {ETH, IP6, LENGTH(0), JUMBO(0xffffffff), UDP(1, 2), DATA(65520)}, BAD(BEYOND_FRAME)},
    {"a fragment of a jumbogram", {ETH, IP6, LENGTH(0), JUMBO(65552), FRAGMENT(0, 0), UDP(1, 2), DATA(65528)}, BAD(BAD_CHAIN)},
    {"merged TCP segments", {ETH, IP4, LENGTH(0), TCP(1, 2, ACK), DATA(65496)}, "v4 6 ports 1 2 flags 10 jumbo at 34", 0},
    {"merged TCP segments over IPv6", {ETH, IP6, LENGTH(0), TCP(1, 2, ACK), DATA(65516)}, "v6 6 ports 1 2 flags 10 jumbo at 54", 0},
    {"a length of 0 over IPv6 that could be told", {ETH, IP6, LENGTH(0), TCP(1, 2, ACK), DATA(65515)}, BAD(SHORT_L4)},
    {"a length of 1 is not merged", {ETH, IP6, LENGTH(1), TCP(1, 2, ACK), DATA(65516)}, BAD(SHORT_L4)},
    {"UDP is not merged so", {ETH, IP4, LENGTH(0), UDP(1, 2), DATA(65516)}, BAD(BAD_LENGTH)},
    {"a length of 0, and a frame that could be told", {ETH, IP4, LENGTH(0), TCP(1, 2, ACK), DATA(65495)}, BAD(BAD_LENGTH)},
    {"UDP over IPv6 is not merged so", {ETH, IP6, LENGTH(0), UDP(1, 2), DATA(65536)}, BAD(SHORT_L4)},
};

enum { PACKET_ROWS = sizeof packet_rows / sizeof packet_rows[0] };

static inline int describe_ip(char *to, size_t size, const struct cnipol_packet *p)
{
    int n = snprintf(to, size, "v%d %d", p->family, p->protocol);

    if (p->flags & CNIPOL_PACKET_HAS_PORTS)
        n += snprintf(to + n, size - (size_t)n, " ports %d %d", p->source_port, p->destination_port);
    if (p->flags & CNIPOL_PACKET_HAS_PORTS && p->protocol == 6)
        n += snprintf(to + n, size - (size_t)n, " flags %02x", p->tcp_flags);
    if (p->flags & CNIPOL_PACKET_ICMP_KNOWN)
        n += snprintf(to + n, size - (size_t)n, " icmp %d %d", p->icmp_type, p->icmp_code);
    n += snprintf(to + n, size - (size_t)n, "%s%s", p->flags & CNIPOL_PACKET_FIRST_FRAGMENT ? " first" : "",
                  p->flags & CNIPOL_PACKET_LATER_FRAGMENT ? " later" : "");
    if (p->extensions)
        n += snprintf(to + n, size - (size_t)n, " ext %d", p->extensions);
    return n + snprintf(to + n, size - (size_t)n, "%s", p->flags & CNIPOL_PACKET_JUMBO ? " jumbo" : "");
}

/* What was read, in the words of the table. `end`: where the packet was built to end; said where it does not. */
static inline void describe(char *to, size_t size, enum cnipol_packet_result result, const struct cnipol_packet *p, uint32_t end)
{
    int n;

    if (result == CNIPOL_PACKET_MALFORMED) {
        snprintf(to, size, "malformed: %s", cnipol_packet_reason_text(p->reason));
        return;
    }
    n = result == CNIPOL_PACKET_IP ? describe_ip(to, size, p) : snprintf(to, size, "not IP %04x", p->ethertype);
    if (p->tags)
        n += snprintf(to + n, size - (size_t)n, p->tags == 1 ? " vlan %d" : " vlan %d.%d", p->vlan, p->inner_vlan);
    if (result == CNIPOL_PACKET_IP)
        n += snprintf(to + n, size - (size_t)n, " at %u", p->l4_offset);
    if (result == CNIPOL_PACKET_IP && p->end != end)
        snprintf(to + n, size - (size_t)n, " end %u", p->end);
}

#endif
