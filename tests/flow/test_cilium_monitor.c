/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events of Cilium's monitor: structs by release, packets layer by layer, and what the table of endpoints adds. Expected records are
 * those of Hubble of the release, or a flaw and its byte.
 */

#include "binary_testing.h"

/* Ethernet, IPv4 with a protocol and its own length, ports 60524 to 80. Addresses 10.0.1.235 and 10.0.0.21. */
#define ETHERNET "0a580a000101 0a580a000102 0800 "
#define IP4(length, protocol) "4500" length "beef 4000 3f" protocol "0000 0a0001eb 0a000015 "
#define PORTS "ec6c 0050 "
#define TCP PORTS "1a2b3c4d 00000000 5002 faf0 0000 0000"
#define UDP PORTS "0008 0000"
#define PACKET ETHERNET IP4("0028", "06") TCP

/* Without the packet: source 7, identities 5 and 6, interface 0. */
#define DROP36 "01 85 0700 00000000 00000000 0000 0100 05000000 06000000 00000000 c408 02 00 00000000 "
#define DROP40(flags) "01 85 0700 00000000 00000000 0000 02 00 05000000 06000000 00000000 c408 02 00 00000000 " flags "000000 "
#define DROP48(ext) "01 85 0700 00000000 00000000 0000 03" ext "05000000 06000000 00000000 c408 02 00 00000000 00000000 0900000000000000 "
#define TRACE32(point, reason, flags) "04" point "0700 00000000 00000000 0000 0000 05000000 06000000 1127" reason flags "03000000 "
#define TRACE48(reason, flags, original) \
    "04 0b 0700 00000000 00000000 0000 0100 05000000 06000000 0000" reason flags "00000000" original "000000000000000000000000 "
#define VERDICT32(verdict, protocol, flags) "05 00 0700 00000000 00000000 0000 0100 05000000" verdict "5000" protocol flags "01 000000 "
#define VERDICT40(verdict, protocol, flags) VERDICT32(verdict, protocol, flags) "0d f0 fe ca 00000000 "

#define ENDS "\"src\":{\"ip\":\"10.0.1.235\",\"port\":60524,\"identity\":5},\"dst\":{\"ip\":\"10.0.0.21\",\"port\":80,\"identity\":6}"
#define BARE_ENDS "\"src\":{\"ip\":\"10.0.1.235\",\"identity\":5},\"dst\":{\"ip\":\"10.0.0.21\",\"identity\":6}"
#define DROPPED(rest) "{\"verdict\":\"dropped\"," rest ",\"drop_reason\":\"POLICY_DENIED\"}"
#define SYN "\"protocol\":\"TCP\"," ENDS ",\"tcp_flags\":[\"SYN\"]"

struct row {
    const char *name;
    const char *version;
    const char *hex;
    const char *expected;
};

static const struct row structs[] = {
    {"drop of 1.16", "1.16", DROP36 PACKET, DROPPED(SYN)},
    {"drop of 1.16, whose version is none", "1.16.8",
     "01 85 0700 00000000 00000000 0000 ffff 05000000 06000000 00000000 c408 02 00 00000000 " PACKET, DROPPED(SYN)},
    {"drop of 1.17", "v1.17.2", DROP36 PACKET, DROPPED(SYN)},
    {"drop of 1.18", "1.18", DROP40("00") PACKET, DROPPED(SYN)},
    {"drop of 1.19", "1.19.4", DROP48("00") PACKET, DROPPED(SYN)},
    {"drop of 1.20", "1.20.2", DROP48("00") PACKET, DROPPED(SYN)},
    {"drop of a release that is yet to come", "1.31", DROP48("00") PACKET, DROPPED(SYN)},
    {"drop of whoever", NULL, DROP48("00") PACKET, DROPPED(SYN)},
    {"drop v2 before there was one", "1.17", DROP40("00") PACKET, "!14"},
    {"drop v3 before there was one", "1.18.6", DROP48("00") PACKET, "!14"},
    {"an extension", "1.19", DROP48("01") PACKET, "!15"},
    {"a packet that is not there", "1.18", DROP40("00"), DROPPED("\"src\":{\"identity\":5},\"dst\":{\"identity\":6}")},
    {"only padding", "1.18", DROP40("00") "00000000", "!40"},
    {"a trace", "1.16", TRACE32("00", "00", "00") PACKET,
     "{\"verdict\":\"forwarded\",\"reply\":false," SYN ",\"interface\":3,\"encrypted\":false}"},
    {"an encrypted reply", "1.18", TRACE32("00", "82", "00") PACKET,
     "{\"verdict\":\"forwarded\",\"reply\":true," SYN ",\"interface\":3,\"encrypted\":true}"},
    {"of an unknown reason", "1.18", TRACE32("00", "05", "00") PACKET,
     "{\"verdict\":\"forwarded\"," SYN ",\"interface\":3,\"encrypted\":false}"},
    {"encapsulated", "1.19", TRACE32("00", "06", "00") PACKET, "{\"verdict\":\"forwarded\"," SYN ",\"interface\":3,\"encrypted\":false}"},
    {"reason 8 of 1.18", "1.18", TRACE32("00", "08", "00") PACKET,
     "{\"verdict\":\"forwarded\"," SYN ",\"interface\":3,\"encrypted\":false}"},
    {"reason 8 of 1.19", "1.19", TRACE32("00", "08", "00") PACKET,
     "{\"verdict\":\"forwarded\",\"reply\":false," SYN ",\"interface\":3,\"encrypted\":false}"},
    {"translated", "1.18", TRACE48("00", "00", "01020304") PACKET,
     "{\"verdict\":\"forwarded\",\"reply\":false,\"protocol\":\"TCP\",\"src\":{\"ip\":\"1.2.3.4\",\"port\":60524,\"identity\":5},"
     "\"dst\":{\"ip\":\"10.0.0.21\",\"port\":80,\"identity\":6},\"tcp_flags\":[\"SYN\"],\"encrypted\":false}"},
    {"a mapped address in a packet is the IPv4 address", "1.20",
     TRACE32("00", "00", "03") "60000000 0008 11 40 00000000000000000000ffff01020304 fd000000000000000000000000000002 0035 0050 0008 0000",
     "{\"verdict\":\"forwarded\",\"reply\":false,\"protocol\":\"UDP\",\"src\":{\"ip\":\"1.2.3.4\",\"port\":53,\"identity\":5},"
     "\"dst\":{\"ip\":\"fd00::2\",\"port\":80,\"identity\":6},\"interface\":3,\"encrypted\":false}"},
    {"of a socket, too, up to 1.19", "1.19", "07 02 01 01 5000 0000 0700000000000000 0800000000000000 00000000000000000000ffff01020304",
     "{\"verdict\":\"translated\",\"protocol\":\"TCP\",\"dst\":{\"ip\":\"1.2.3.4\",\"port\":80}}"},
    {"from 1.20 on not of a socket", "1.20", "07 02 01 01 5000 0000 0700000000000000 0800000000000000 00000000000000000000ffff01020304",
     "{\"verdict\":\"translated\",\"protocol\":\"TCP\",\"dst\":{\"ip\":\"::ffff:1.2.3.4\",\"port\":80}}"},
    {"a tunnel's flag before there was one", "1.17", TRACE48("00", "04", "00000000") PACKET,
     "{\"verdict\":\"forwarded\",\"reply\":false," SYN ",\"encrypted\":false}"},
    {"a tunnel's flag, but no UDP", "1.18", TRACE48("00", "04", "00000000") PACKET,
     "{\"verdict\":\"forwarded\",\"reply\":false," SYN ",\"encrypted\":false}"},
    {"a verdict of 32 bytes", "1.18", VERDICT32("00000000", "06", "01") PACKET,
     "{\"verdict\":\"forwarded\",\"direction\":\"ingress\",\"reply\":false,\"protocol\":\"TCP\","
     "\"src\":{\"ip\":\"10.0.1.235\",\"port\":60524,\"identity\":5},\"dst\":{\"ip\":\"10.0.0.21\",\"port\":80},\"tcp_flags\":[\"SYN\"]}"},
    {"a verdict of 40 bytes", "1.19", VERDICT40("7bffffff", "06", "02") PACKET,
     "{\"verdict\":\"dropped\",\"direction\":\"egress\",\"protocol\":\"TCP\",\"src\":{\"ip\":\"10.0.1.235\",\"port\":60524},"
     "\"dst\":{\"ip\":\"10.0.0.21\",\"port\":80,\"identity\":5},\"tcp_flags\":[\"SYN\"],\"drop_reason\":\"POLICY_DENIED\"}"},
    {"a verdict without a packet", "1.19", VERDICT40("51280000", "11", "02"),
     "{\"verdict\":\"redirected\",\"direction\":\"egress\",\"reply\":false,\"protocol\":\"UDP\",\"dst\":{\"port\":80,\"identity\":5}}"},
    {"a verdict on ICMP without a packet", "1.19", VERDICT40("00000000", "01", "42"),
     "{\"verdict\":\"audit\",\"direction\":\"egress\",\"reply\":false,\"protocol\":\"ICMP\",\"dst\":{\"identity\":5}}"},
    {"a verdict of whoever, 32 bytes", NULL, VERDICT32("00000000", "00", "02"),
     "{\"verdict\":\"forwarded\",\"direction\":\"egress\",\"reply\":false,\"dst\":{\"identity\":5}}"},
    {"a verdict of whoever, 40 bytes", NULL, VERDICT40("00000000", "00", "02"),
     "{\"verdict\":\"forwarded\",\"direction\":\"egress\",\"reply\":false,\"dst\":{\"identity\":5}}"},
    {"a verdict of whoever, 48 bytes", NULL, VERDICT40("00000000", "00", "02") "0000000000000000", "!12"},
    {"an L3 device", "1.18.6", VERDICT32("00000000", "06", "81") IP4("0028", "06") TCP,
     "{\"verdict\":\"forwarded\",\"direction\":\"ingress\",\"reply\":false,\"protocol\":\"TCP\","
     "\"src\":{\"ip\":\"10.0.1.235\",\"port\":60524,\"identity\":5},\"dst\":{\"ip\":\"10.0.0.21\",\"port\":80},\"tcp_flags\":[\"SYN\"]}"},
    {"an L3 device before there was one", "1.18.5", VERDICT32("00000000", "06", "81") IP4("0028", "06") TCP,
     "{\"verdict\":\"forwarded\",\"direction\":\"ingress\",\"reply\":false,\"src\":{\"identity\":5}}"},
    {"a capture", "1.20", "03 04 0000 00000000 00000000 0000 0100 0c000000 00000000 " PACKET,
     "{\"protocol\":\"TCP\",\"src\":{\"ip\":\"10.0.1.235\",\"port\":60524},\"dst\":{\"ip\":\"10.0.0.21\",\"port\":80},"
     "\"tcp_flags\":[\"SYN\"],\"interface\":12}"},
    {"a capture at the proxy", "1.20", "03 08 0000 00000000 00000000 0000 0100 0c000000 00000000", "{}"},
    {"a debug message", "1.20", "02 05 0000 00000000 01000000 02000000 03000000", "{\"event\":\"debug_event\"}"},
    {"a socket trace of 1.18", "1.18", "07 02 0a60000a 000000000000000000000000 bb01 0700000000000000 0800000000000000 01 00",
     "{\"verdict\":\"translated\",\"protocol\":\"TCP\",\"dst\":{\"ip\":\"10.96.0.10\",\"port\":443}}"},
    {"a socket trace of 1.19, back", "1.19", "07 03 02 01 3500 0000 0700000000000000 0800000000000000 fd000000000000000000000000000001",
     "{\"verdict\":\"traced\",\"protocol\":\"UDP\",\"src\":{\"ip\":\"fd00::1\",\"port\":53}}"},
    {"a socket trace of whoever", NULL, "07 03 02 01 3500 0000 0700000000000000 0800000000000000 fd000000000000000000000000000001",
     "{\"verdict\":\"traced\",\"protocol\":\"UDP\",\"src\":{\"ip\":\"fd00::1\",\"port\":53}}"},
    {"a padded socket trace of whoever", NULL,
     "07 03 02 01 3500 0000 0700000000000000 0800000000000000 fd000000000000000000000000000001 00000000", "!0"},
    {"nothing", "1.20", "", "!0"},
    {"an access log that is none", "1.20", "81 00", "!2"},
    {"an agent event that is none", "1.20", "82 00", "!2"},
    {"a recorder's capture", "1.20", "06 00", "!0"},
    {"the version is none", "latest", DROP36 PACKET, "unusable"},
    {"the version is too old", "1.15", DROP36 PACKET, "unusable"},
    {"the version is of something else", "2.20", DROP36 PACKET, "unusable"},
};

#define VXLAN_OUTER ETHERNET "4500 0000 beef 4000 3f 11 0000 c0a80101 c0a80102 c350 12b5 0000 0000 "
#define VXLAN "0800000000000200 "
#define GENEVE(options, protocol) options protocol "00000200 "
#define FORWARDED(rest) "{\"verdict\":\"forwarded\",\"reply\":false," rest ",\"encrypted\":false}"

/* Packets, behind a drop of 40 bytes whose flags are given. */
static const struct {
    const char *name;
    const char *version;
    const char *flags;
    const char *hex;
    const char *expected; /* without verdict, reason, identities */
    const char *flaw;     /* instead */
} packets[] = {
    {"TCP", "1.19", "00", PACKET, SYN, NULL},
    {"UDP", "1.19", "00", ETHERNET IP4("001c", "11") UDP, "\"protocol\":\"UDP\"," ENDS, NULL},
    {"bytes behind the IP packet", "1.19", "00", ETHERNET IP4("0014", "06") TCP, "\"protocol\":\"TCP\"," BARE_ENDS, NULL},
    {"length 0", "1.19", "00", ETHERNET IP4("0000", "11") UDP, "\"protocol\":\"UDP\"," ENDS, NULL},
    {"a first fragment", "1.19", "00", ETHERNET "4500 001c beef 2000 3f 11 0000 0a0001eb 0a000015 " UDP, "\"protocol\":\"UDP\"," BARE_ENDS,
     NULL},
    {"a later fragment", "1.19", "00", ETHERNET "4500 001c beef 0001 3f 11 0000 0a0001eb 0a000015 " UDP, "\"protocol\":\"UDP\"," BARE_ENDS,
     NULL},
    {"don't fragment", "1.19", "00", ETHERNET "4500 001c beef 4000 3f 11 0000 0a0001eb 0a000015 " UDP, "\"protocol\":\"UDP\"," ENDS, NULL},
    {"options of IP", "1.19", "00", ETHERNET "4600 0020 beef 4000 3f 11 0000 0a0001eb 0a000015 01010101 " UDP, "\"protocol\":\"UDP\"," ENDS,
     NULL},
    {"an option of length 2", "1.19", "00", ETHERNET "4600 0020 beef 4000 3f 11 0000 0a0001eb 0a000015 44020000 " UDP, NULL, "!74"},
    {"an option past the header", "1.19", "00", ETHERNET "4600 0020 beef 4000 3f 11 0000 0a0001eb 0a000015 44050000 " UDP, NULL, "!74"},
    {"nothing behind the end of options", "1.19", "00", ETHERNET "4600 0020 beef 4000 3f 11 0000 0a0001eb 0a000015 00440100 " UDP,
     "\"protocol\":\"UDP\"," ENDS, NULL},
    {"options of TCP", "1.19", "00", ETHERNET IP4("002c", "06") PORTS "1a2b3c4d 00000000 6002 faf0 0000 0000 02040500", SYN, NULL},
    {"an option of TCP of length 1", "1.19", "00", ETHERNET IP4("002c", "06") PORTS "1a2b3c4d 00000000 6002 faf0 0000 0000 02010500", NULL,
     "!94"},
    {"an option of TCP past the header", "1.19", "00", ETHERNET IP4("002c", "06") PORTS "1a2b3c4d 00000000 6002 faf0 0000 0000 02050500",
     NULL, "!94"},
    {"a UDP length of 7", "1.19", "00", ETHERNET IP4("001c", "11") PORTS "0007 0000", NULL, "!78"},
    {"GRE", "1.19", "00", ETHERNET IP4("0018", "2f") "00000800", "\"protocol\":47," BARE_ENDS, NULL},
    {"IGMP before 1.19", "1.18", "00", ETHERNET IP4("0018", "02") "16000000", "\"protocol\":\"IGMP\"," BARE_ENDS, NULL},
    {"IGMP", "1.19", "00", ETHERNET IP4("001c", "02") "16000000 ef010203", "\"protocol\":\"IGMP\"," BARE_ENDS, NULL},
    {"IGMP cut", "1.19", "00", ETHERNET IP4("0018", "02") "16000000", NULL, "!74"},
    {"VRRP", "1.19", "00", ETHERNET IP4("0020", "70") "21336401 0001 0000 0a0000fe", "\"protocol\":\"VRRP\"," BARE_ENDS, NULL},
    {"VRRP of another type", "1.19", "00", ETHERNET IP4("0020", "70") "22336401 0001 0000 0a0000fe", NULL, "!74"},
    {"VRRP of another type before 1.19", "1.18", "00", ETHERNET IP4("0020", "70") "22336401 0001 0000 0a0000fe",
     "\"protocol\":\"VRRP\"," BARE_ENDS, NULL},
    {"VRRP of no address", "1.19", "00", ETHERNET IP4("0020", "70") "21336400 0001 0000 0a0000fe", NULL, "!74"},
    {"ICMP", "1.19", "00", ETHERNET IP4("001c", "01") "0304 0000 00000000",
     "\"protocol\":\"ICMP\"," BARE_ENDS ",\"icmp\":{\"type\":3,\"code\":4}", NULL},
    {"ICMP of 7 bytes", "1.19", "00", ETHERNET IP4("001b", "01") "0304 0000 000000", NULL, "!74"},
    {"IPv6 in IPv4", "1.19", "00",
     ETHERNET IP4("0044", "29") "60000000 0008 11 40 fd000000000000000000000000000001 fd000000000000000000000000000002 " UDP,
     "\"protocol\":\"UDP\",\"src\":{\"ip\":\"fd00::1\",\"port\":60524,\"identity\":5},\"dst\":{\"ip\":\"fd00::2\",\"port\":80,\"identity\":"
     "6}",
     NULL},
    {"IPv4 in IPv4, the inner one cut", "1.19", "00", ETHERNET IP4("0020", "04") "450000280000 4000", NULL, "!74"},
    {"an L3 device", "1.19", "02", IP4("0028", "06") TCP, SYN, NULL},
    {"IPv6 of an L3 device", "1.19", "03", "60000000 0004 3a 40 fd000000000000000000000000000001 fd000000000000000000000000000002 80000000",
     "\"protocol\":\"ICMPv6\",\"src\":{\"ip\":\"fd00::1\",\"identity\":5},\"dst\":{\"ip\":\"fd00::2\",\"identity\":6},\"icmp\":{\"type\":"
     "128,\"code\":0}",
     NULL},
    {"hop by hop", "1.19", "03",
     "60000000 000c 00 40 fd000000000000000000000000000001 fd000000000000000000000000000002 3a00 0502 0000 0100 8f000000",
     "\"protocol\":\"ICMPv6\",\"src\":{\"ip\":\"fd00::1\",\"identity\":5},\"dst\":{\"ip\":\"fd00::2\",\"identity\":6},\"icmp\":{\"type\":"
     "143,\"code\":0}",
     NULL},
    {"hop by hop, an option past the end", "1.19", "03",
     "60000000 0008 00 40 fd000000000000000000000000000001 fd000000000000000000000000000002 3a00 0509 0000 0100", NULL, "!80"},
    {"a routing header", "1.19", "03",
     "60000000 0008 2b 40 fd000000000000000000000000000001 fd000000000000000000000000000002 1100 0000 00000000",
     "\"src\":{\"ip\":\"fd00::1\",\"identity\":5},\"dst\":{\"ip\":\"fd00::2\",\"identity\":6}", NULL},
    {"IPv6 of length 0", "1.19", "03", "60000000 0000 3a 40 fd000000000000000000000000000001 fd000000000000000000000000000002 80000000",
     NULL, "!44"},
    {"a VLAN tag", "1.19", "00", "0a580a000101 0a580a000102 8100 0064 0800 " IP4("0028", "06") TCP,
     "\"src\":{\"identity\":5},\"dst\":{\"identity\":6}", NULL},
    {"802.3", "1.19", "00", "0a580a000101 0a580a000102 0026 4242 03 00000000", "\"src\":{\"identity\":5},\"dst\":{\"identity\":6}", NULL},
    {"Ethernet in Ethernet", "1.19", "00", "0a580a000101 0a580a000102 6558 " PACKET, SYN, NULL},
    {"only Ethernet", "1.19", "00", "0a580a000101 0a580a000102 0800", "\"src\":{\"identity\":5},\"dst\":{\"identity\":6}", NULL},
    {"VXLAN", "1.19", "04", VXLAN_OUTER VXLAN PACKET, SYN, NULL},
    {"nothing in VXLAN", "1.19", "04", VXLAN_OUTER VXLAN, "\"src\":{\"identity\":5},\"dst\":{\"identity\":6}", NULL},
    {"VXLAN cut", "1.19", "04", VXLAN_OUTER "08000000", NULL, "!82"},
    {"VXLAN without its flag", "1.19", "00", VXLAN_OUTER VXLAN PACKET,
     "\"protocol\":\"UDP\",\"src\":{\"ip\":\"192.168.1.1\",\"port\":50000,\"identity\":5},\"dst\":{\"ip\":\"192.168.1.2\",\"port\":4789,"
     "\"identity\":6}",
     NULL},
    {"VXLAN in VXLAN", "1.19", "04", VXLAN_OUTER VXLAN VXLAN_OUTER VXLAN PACKET, SYN, NULL},
    {"Geneve", "1.19", "08", VXLAN_OUTER "0000 6558 00000200 " PACKET, SYN, NULL},
    {"Geneve with an option, IPv4 behind it", "1.19", "08", VXLAN_OUTER "0200 0800 00000200 01234501 00000000 " IP4("0028", "06") TCP, SYN,
     NULL},
    {"an option of Geneve past the end", "1.19", "08", VXLAN_OUTER "0100 6558 00000200 01234501", NULL, "!90"},
    {"something else in Geneve", "1.19", "08", VXLAN_OUTER "0000 0806 00000200 00010800",
     "\"src\":{\"identity\":5},\"dst\":{\"identity\":6}", NULL},
};

static void check_row(const struct row *row, const struct cnipol_endpoints *endpoints)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "cilium-monitor", .version = row->version, .endpoints = endpoints};

    expect_frame(row->name, &opts, row->hex, row->expected);
}

static void test_structs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(structs); i++)
        check_row(&structs[i], NULL);
}

static void test_packets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(packets); i++) {
        char hex[2048], expected[1024];
        struct row row = {packets[i].name, packets[i].version, hex, expected};

        (void)snprintf(hex, sizeof hex,
                       "01 85 0700 00000000 00000000 0000 02 00 05000000 06000000 00000000 c408 02 00 00000000 %s 000000 %s",
                       packets[i].flags, packets[i].hex);
        (void)snprintf(expected, sizeof expected, DROPPED("%s"), packets[i].expected);
        if (packets[i].flaw)
            row.expected = packets[i].flaw;
        check_row(&row, NULL);
    }
}

#define WEB "\"src\":{\"ip\":\"10.0.1.235\",\"port\":60524,\"namespace\":\"shop\",\"pod\":\"web\","
#define WEB_LABELS "\"labels\":[\"k8s:a=1\",\"k8s:io.cilium.k8s.policy.cluster=east\"],\"cluster\":\"east\"}"
#define TO_DB "\"dst\":{\"ip\":\"10.0.0.21\",\"port\":80,\"identity\":6}"

/* Endpoint 7 has the packet's source, 8 nothing that is in it. */
static const struct row with_endpoints[] = {
    {"from the source: egress", "1.18", DROP40("00") PACKET,
     DROPPED("\"direction\":\"egress\",\"protocol\":\"TCP\"," WEB "\"identity\":5," WEB_LABELS "," TO_DB ",\"tcp_flags\":[\"SYN\"]")},
    {"identities of the event count first", "1.18",
     "01 85 0700 00000000 00000000 0000 02 00 00000000 06000000 00000000 c408 02 00 00000000 00 000000 " PACKET,
     DROPPED("\"direction\":\"egress\",\"protocol\":\"TCP\"," WEB "\"identity\":4711," WEB_LABELS "," TO_DB ",\"tcp_flags\":[\"SYN\"]")},
    {"from another one: ingress", "1.18",
     "01 85 0800 00000000 00000000 0000 02 00 05000000 06000000 00000000 c408 02 00 00000000 00 000000 " ETHERNET IP4("0014", "00"),
     DROPPED("\"direction\":\"ingress\",\"src\":{\"ip\":\"10.0.1.235\",\"namespace\":\"shop\",\"pod\":\"web\",\"identity\":5," WEB_LABELS
             ",\"dst\":{\"ip\":\"10.0.0.21\",\"identity\":6}")},
    {"from nobody: no direction", "1.18",
     "01 85 0000 00000000 00000000 0000 02 00 00000000 00000000 00000000 c408 02 00 00000000 00 000000",
     "{\"verdict\":\"dropped\",\"drop_reason\":\"POLICY_DENIED\"}"},
    {"a reply turns it round", "1.18", TRACE48("02", "00", "00000000"),
     "{\"verdict\":\"forwarded\",\"direction\":\"egress\",\"reply\":true,"
     "\"src\":{\"identity\":5},\"dst\":{\"identity\":6}}"},
    {"an unknown reason says nothing", "1.18", TRACE48("05", "00", "00000000"),
     "{\"verdict\":\"forwarded\",\"src\":{\"identity\":5},\"dst\":{\"identity\":6}}"},
    {"encrypted for the overlay is egress, up to 1.18", "1.18", TRACE48("08", "00", "00000000"),
     "{\"verdict\":\"forwarded\",\"direction\":\"egress\",\"src\":{\"identity\":5},\"dst\":{\"identity\":6}}"},
    {"and no reason later", "1.19", TRACE48("08", "00", "00000000"),
     "{\"verdict\":\"forwarded\",\"direction\":\"ingress\",\"reply\":false,\"src\":{\"identity\":5},\"dst\":{\"identity\":6}}"},
    {"translated is egress", "1.18", TRACE48("00", "00", "01020304"),
     "{\"verdict\":\"forwarded\",\"direction\":\"egress\",\"reply\":false,\"src\":{\"identity\":5},\"dst\":{\"identity\":6}}"},
};

static void test_with_endpoints(void **state)
{
    static const char *const labels[] = {"k8s:io.cilium.k8s.policy.cluster=east", "k8s:a=1", NULL};
    const struct cnipol_endpoint web = {.id = 7, .identity = 4711, .ip = "10.0.1.235", .ns = "shop", .pod = "web", .labels = labels};
    const struct cnipol_endpoint other = {.id = 8, .ip = "10.0.9.9"};
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_endpoints *endpoints = NULL;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_endpoints_new(ctx, &endpoints), CNIPOL_OK);
    assert_int_equal(cnipol_endpoints_add(endpoints, &web), CNIPOL_OK);
    assert_int_equal(cnipol_endpoints_add(endpoints, &other), CNIPOL_OK);
    for (size_t i = 0; i < COUNT(with_endpoints); i++)
        check_row(&with_endpoints[i], endpoints);
    cnipol_endpoints_free(endpoints);
    cnipol_ctx_free(ctx);
}

struct seen {
    struct cnipol_flow flow;
    char summary[128], macs[64], tunnel[64], file[32], xlated[32];
};

static int look(void *user, const struct cnipol_flow *flow)
{
    struct seen *seen = user;

    seen->flow = *flow;
    (void)snprintf(seen->summary, sizeof seen->summary, "%.*s", (int)flow->summary.n, flow->summary.s ? flow->summary.s : "");
    (void)snprintf(seen->macs, sizeof seen->macs, "%.*s %.*s", (int)flow->src_mac.n, flow->src_mac.s ? flow->src_mac.s : "",
                   (int)flow->dst_mac.n, flow->dst_mac.s ? flow->dst_mac.s : "");
    (void)snprintf(seen->tunnel, sizeof seen->tunnel, "%.*s %.*s", (int)flow->tunnel_src.n, flow->tunnel_src.s ? flow->tunnel_src.s : "",
                   (int)flow->tunnel_dst.n, flow->tunnel_dst.s ? flow->tunnel_dst.s : "");
    (void)snprintf(seen->file, sizeof seen->file, "%.*s", (int)flow->file_name.n, flow->file_name.s ? flow->file_name.s : "");
    (void)snprintf(seen->xlated, sizeof seen->xlated, "%.*s", (int)flow->src_xlated.n, flow->src_xlated.s ? flow->src_xlated.s : "");
    return CNIPOL_OK;
}

static void decode_one(const char *version, const char *hex, struct seen *seen)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "cilium-monitor", .version = version};
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_decoder *decoder = NULL;
    uint8_t bytes[1024];

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_decoder_new(ctx, &opts, &decoder), CNIPOL_OK);
    assert_int_equal(np_decoder_frame(decoder, bytes, bytes_of(hex, bytes), look, seen), CNIPOL_OK);
    cnipol_decoder_free(decoder);
    cnipol_ctx_free(ctx);
}

static void test_what_only_cilium_says(void **state)
{
    struct seen seen;

    (void)state;
    decode_one("1.19", DROP48("00") PACKET, &seen);
    expect_text("drop", seen.summary, "TCP Flags: SYN");
    expect_text("drop", seen.macs, "0a:58:0a:00:01:02 0a:58:0a:00:01:01");
    expect_text("drop", seen.file, "bpf_lxc.c");
    expect_number("drop", "line", seen.flow.file_line, 2244);
    expect_number("drop", "trace id", (long long)seen.flow.ip_trace_id, 9);
    expect_number("drop", "event", seen.flow.event_type, 1);
    expect_number("drop", "reason", seen.flow.event_sub_type, 133);
    decode_one("1.16", TRACE48("03", "00", "01020304") PACKET, &seen);
    expect_text("trace of 1.16", seen.xlated, "10.0.1.235");
    decode_one("1.18", TRACE48("03", "00", "01020304") PACKET, &seen);
    expect_text("trace", seen.xlated, "10.0.1.235");
    expect_number("trace", "point", seen.flow.observation_point, 11);
    expect_number("trace", "reason", seen.flow.trace_reason, 4);
    decode_one("1.18", TRACE32("00", "07", "00"), &seen);
    expect_number("to an endpoint", "point", seen.flow.observation_point, 101);
    expect_number("to an endpoint", "reason", seen.flow.trace_reason, 7);
    expect_number("to an endpoint", "proxy", seen.flow.proxy_port, 0);
    decode_one("1.18", TRACE32("01", "00", "00"), &seen);
    expect_number("to a proxy", "port", seen.flow.proxy_port, 10001);
    decode_one("1.18", TRACE48("00", "04", "00000000") VXLAN_OUTER VXLAN ETHERNET IP4("001c", "01") "0300 0000 00000000", &seen);
    expect_text("tunnel", seen.tunnel, "192.168.1.1 192.168.1.2");
    expect_number("tunnel", "vni", seen.flow.tunnel_vni, 2);
    expect_number("tunnel", "port", seen.flow.tunnel_dst_port, 4789);
    expect_text("tunnel", seen.summary, "ICMPv4 DestinationUnreachable(Net)");
    decode_one("1.19", VERDICT40("00000000", "06", "1a"), &seen);
    expect_number("verdict", "match", seen.flow.match_type, 3);
    expect_number("verdict", "authentication", seen.flow.auth_type, 1);
    expect_text("verdict", seen.summary, "");
    decode_one("1.20", "07 02 01 00 bb01 0000 0700000000000000 0800000000000000 0a60000a000000000000000000000000", &seen);
    expect_number("socket", "cookie", (long long)seen.flow.socket_cookie, 7);
    expect_number("socket", "cgroup", (long long)seen.flow.cgroup_id, 8);
    expect_number("socket", "point", seen.flow.xlate_point, 2);
}

/* bpf/lib/source_info.h has other numbers before 1.19. */
static void test_files(void **state)
{
    static const struct {
        const char *version, *id, *file;
    } rows[] = {
        {"1.16", "6e", "l3.h"},         {"1.17.2", "6e", "l3.h"}, {"1.18.6", "6e", "local_delivery.h"}, {"1.20.2", "6e", "trace.h"},
        {"1.16", "72", "unknown(114)"}, {"1.17", "73", "nodeport_egress.h"}, {"1.18", "65", "arp.h"},   {"1.19", "65", "drop.h"},
        {"1.18", "75", "classifiers.h"}, {"1.19", "73", "classifiers.h"}, {"1.19", "06", "bpf_network.c"}, {"1.20", "06", "unknown(6)"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct seen seen;
        char hex[512];

        (void)snprintf(hex, sizeof hex, "01 85 0700 00000000 00000000 0000 0000 05000000 06000000 00000000 c408 %s 00 00000000 " PACKET, rows[i].id);
        decode_one(rows[i].version, hex, &seen);
        expect_text(rows[i].version, seen.file, rows[i].file);
    }
}

static void test_cut_and_without_memory(void **state)
{
    uint8_t bytes[1024];

    (void)state;
    for (size_t i = 0; i < COUNT(structs); i++) {
        struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "cilium-monitor", .version = structs[i].version};

        if (strcmp(structs[i].expected, "unusable") != 0)
            cut_everywhere(&opts, bytes, bytes_of(structs[i].hex, bytes));
        if (*structs[i].expected == '{')
            fail_everywhere(&opts, bytes, bytes_of(structs[i].hex, bytes));
    }
    for (size_t i = 0; i < COUNT(packets); i++) {
        struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "cilium-monitor", .version = packets[i].version};
        char hex[2048];

        (void)snprintf(hex, sizeof hex, DROP40("%s") "%s", packets[i].flags, packets[i].hex);
        cut_everywhere(&opts, bytes, bytes_of(hex, bytes));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structs),
        cmocka_unit_test(test_packets),
        cmocka_unit_test(test_with_endpoints),
        cmocka_unit_test(test_what_only_cilium_says),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_cut_and_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
