/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's line on a packet: the name of the last layer that was found, the flags of TCP, types and codes of ICMP.
 *
 * Sources: cilium/cilium v1.20.2 pkg/hubble/parser/threefour/parser.go; gopacket/gopacket v1.3 layers/icmp4.go, icmp6.go, igmp.go.
 */

#include <stdio.h>
#include <string.h>

#include "flow/monitor.h"
#include "flow/record.h"

/* A type; its codes from 0 on, NULL behind the last. */
struct icmp_type {
    uint8_t type;
    const char *name;
    const char *const *codes; /* NULL: the type has none */
};

static const char *const unreachable4[] = {"Net",
                                           "Host",
                                           "Protocol",
                                           "Port",
                                           "FragmentationNeeded",
                                           "SourceRoutingFailed",
                                           "NetUnknown",
                                           "HostUnknown",
                                           "SourceIsolated",
                                           "NetAdminProhibited",
                                           "HostAdminProhibited",
                                           "NetTOS",
                                           "HostTOS",
                                           "CommAdminProhibited",
                                           "HostPrecedence",
                                           "PrecedenceCutoff",
                                           NULL};
static const char *const exceeded4[] = {"TTLExceeded", "FragmentReassemblyTimeExceeded", NULL};
static const char *const parameter4[] = {"PointerIndicatesError", "MissingOption", "BadLength", NULL};
static const char *const redirect4[] = {"Net", "Host", "TOS+Net", "TOS+Host", NULL};
static const char *const unreachable6[] = {"NoRouteToDst",    "AdminProhibited",        "BeyondScopeOfSrc", "AddressUnreachable",
                                           "PortUnreachable", "SrcAddressFailedPolicy", "RejectRouteToDst", NULL};
static const char *const exceeded6[] = {"HopLimitExceeded", "FragmentReassemblyTimeExceeded", NULL};
static const char *const parameter6[] = {"ErroneousHeaderField", "UnrecognizedNextHeader", "UnrecognizedIPv6Option", NULL};

static const struct icmp_type icmp4_types[] = {
    {0, "EchoReply", NULL},
    {3, "DestinationUnreachable", unreachable4},
    {4, "SourceQuench", NULL},
    {5, "Redirect", redirect4},
    {8, "EchoRequest", NULL},
    {9, "RouterAdvertisement", NULL},
    {10, "RouterSolicitation", NULL},
    {11, "TimeExceeded", exceeded4},
    {12, "ParameterProblem", parameter4},
    {13, "TimestampRequest", NULL},
    {14, "TimestampReply", NULL},
    {15, "InfoRequest", NULL},
    {16, "InfoReply", NULL},
    {17, "AddressMaskRequest", NULL},
    {18, "AddressMaskReply", NULL},
};
static const struct icmp_type icmp6_types[] = {
    {1, "DestinationUnreachable", unreachable6},
    {2, "PacketTooBig", NULL},
    {3, "TimeExceeded", exceeded6},
    {4, "ParameterProblem", parameter6},
    {128, "EchoRequest", NULL},
    {129, "EchoReply", NULL},
    {133, "RouterSolicitation", NULL},
    {134, "RouterAdvertisement", NULL},
    {135, "NeighborSolicitation", NULL},
    {136, "NeighborAdvertisement", NULL},
    {137, "Redirect", NULL},
};
static const struct icmp_type igmp_types[] = {
    {0x11, "IGMP Membership Query", NULL}, {0x12, "IGMPv1 Membership Report", NULL}, {0x16, "IGMPv2 Membership Report", NULL},
    {0x17, "Leave Group", NULL},           {0x22, "IGMPv3 Membership Report", NULL},
};

static const struct icmp_type *find(const struct icmp_type *types, size_t n, uint8_t type)
{
    for (size_t i = 0; i < n; i++)
        if (types[i].type == type)
            return &types[i];
    return NULL;
}

static const char *code_of(const struct icmp_type *type, uint8_t code)
{
    for (uint32_t i = 0; type->codes && type->codes[i]; i++)
        if (i == code)
            return type->codes[i];
    return NULL;
}

static int print_icmp(char *out, size_t size, const char *layer, const struct icmp_type *type, const uint8_t *header)
{
    const char *code = type ? code_of(type, header[1]) : NULL;

    if (!type)
        return snprintf(out, size, "%s %u(%u)", layer, header[0], header[1]);
    if (code)
        return snprintf(out, size, "%s %s(%s)", layer, type->name, code);
    if (!type->codes && header[1] == 0)
        return snprintf(out, size, "%s %s", layer, type->name);
    return snprintf(out, size, "%s %s(Code: %u)", layer, type->name, header[1]);
}

void np_summary_fill_tcp(struct np_tcp_summary *table)
{
    static const struct {
        const char *name;
        uint32_t flag;
    } flags[] = {{"SYN", CNIPOL_TCP_SYN}, {"ACK", CNIPOL_TCP_ACK}, {"RST", CNIPOL_TCP_RST},
                 {"FIN", CNIPOL_TCP_FIN}, {"PSH", CNIPOL_TCP_PSH}, {"URG", CNIPOL_TCP_URG},
                 {"ECE", CNIPOL_TCP_ECE}, {"CWR", CNIPOL_TCP_CWR}, {"NS", CNIPOL_TCP_NS}};

    for (uint32_t set = 0; set < NP_TCP_SUMMARIES; set++) {
        struct np_tcp_summary *row = &table[set];
        const char *between = "";

        row->n = (uint32_t)snprintf(row->text, sizeof row->text, "TCP Flags: ");
        for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
            if (set & flags[i].flag) {
                row->n += (uint32_t)snprintf(row->text + row->n, sizeof row->text - row->n, "%s%s", between, flags[i].name);
                between = ", ";
            }
    }
}

static const char *igmp_name(uint8_t type)
{
    const struct icmp_type *found = find(igmp_types, sizeof igmp_types / sizeof *igmp_types, type);

    return found ? found->name : "";
}

bool np_summary(struct np_flow_run *run, const struct np_packet *packet, struct cnipol_text *out)
{
    const struct np_monitor *monitor = run->state;
    const char *name = np_layer_name(packet->last);
    const uint8_t *header = packet->header;
    char text[96];
    int n;

    switch (packet->last) {
    case NP_LAYER_TCP: {
        const struct np_tcp_summary *row = &monitor->tcp[np_tcp_flags(header)];

        *out = np_text(row->text, row->n);
        return true;
    }
    case NP_LAYER_ICMP4:
        n = print_icmp(text, sizeof text, name, find(icmp4_types, sizeof icmp4_types / sizeof *icmp4_types, header[0]), header);
        break;
    case NP_LAYER_ICMP6:
        n = print_icmp(text, sizeof text, name, find(icmp6_types, sizeof icmp6_types / sizeof *icmp6_types, header[0]), header);
        break;
    case NP_LAYER_VRRP:
        *out = np_text_of("VRRP VRRPv2 Advertisement");
        return true;
    case NP_LAYER_IGMP:
        n = snprintf(text, sizeof text, "IGMP %s", igmp_name(header[0]));
        break;
    default:
        *out = np_text(*name ? name : NULL, strlen(name));
        return true;
    }
    *out = np_text(np_arena_strndup(&run->arena, text, (size_t)n), (size_t)n);
    return out->s != NULL;
}
