/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cilium's drop reasons: the name in flow.proto, and the text that `cilium monitor` and `hubble observe` print.
 *
 * Numbers below 130 are states, not reasons. 159 has neither name nor text; 206 was never released. Sources:
 * cilium/cilium bpf/lib/drop_reasons.h, pkg/monitor/api/drop.go, api/v1/flow/flow.proto (enum DropReason), v1.20.2.
 */

#include <string.h>

#include "flow/format.h"

#define FIRST 130u

static const struct {
    struct cnipol_text name;
    const char *text;
} reasons[] = {
    [130 - FIRST] = {NP_TEXT("INVALID_SOURCE_MAC"), "Invalid source mac"},
    [131 - FIRST] = {NP_TEXT("INVALID_DESTINATION_MAC"), "Invalid destination mac"},
    [132 - FIRST] = {NP_TEXT("INVALID_SOURCE_IP"), "Invalid source ip"},
    [133 - FIRST] = {NP_TEXT("POLICY_DENIED"), "Policy denied"},
    [134 - FIRST] = {NP_TEXT("INVALID_PACKET_DROPPED"), "Invalid packet"},
    [135 - FIRST] = {NP_TEXT("CT_TRUNCATED_OR_INVALID_HEADER"), "CT: Truncated or invalid header"},
    [136 - FIRST] = {NP_TEXT("CT_MISSING_TCP_ACK_FLAG"), "Fragmentation needed"},
    [137 - FIRST] = {NP_TEXT("CT_UNKNOWN_L4_PROTOCOL"), "CT: Unknown L4 protocol"},
    [138 - FIRST] = {NP_TEXT("CT_CANNOT_CREATE_ENTRY_FROM_PACKET"), "CT: Can't create entry from packet"},
    [139 - FIRST] = {NP_TEXT("UNSUPPORTED_L3_PROTOCOL"), "Unsupported L3 protocol"},
    [140 - FIRST] = {NP_TEXT("MISSED_TAIL_CALL"), "Missed tail call"},
    [141 - FIRST] = {NP_TEXT("ERROR_WRITING_TO_PACKET"), "Error writing to packet"},
    [142 - FIRST] = {NP_TEXT("UNKNOWN_L4_PROTOCOL"), "Unknown L4 protocol"},
    [143 - FIRST] = {NP_TEXT("UNKNOWN_ICMPV4_CODE"), "Unknown ICMPv4 code"},
    [144 - FIRST] = {NP_TEXT("UNKNOWN_ICMPV4_TYPE"), "Unknown ICMPv4 type"},
    [145 - FIRST] = {NP_TEXT("UNKNOWN_ICMPV6_CODE"), "Unknown ICMPv6 code"},
    [146 - FIRST] = {NP_TEXT("UNKNOWN_ICMPV6_TYPE"), "Unknown ICMPv6 type"},
    [147 - FIRST] = {NP_TEXT("ERROR_RETRIEVING_TUNNEL_KEY"), "Error retrieving tunnel key"},
    [148 - FIRST] = {NP_TEXT("ERROR_RETRIEVING_TUNNEL_OPTIONS"), "Error retrieving tunnel options"},
    [149 - FIRST] = {NP_TEXT("INVALID_GENEVE_OPTION"), "Invalid Geneve option"},
    [150 - FIRST] = {NP_TEXT("UNKNOWN_L3_TARGET_ADDRESS"), "Unknown L3 target address"},
    [151 - FIRST] = {NP_TEXT("STALE_OR_UNROUTABLE_IP"), "Stale or unroutable IP"},
    [152 - FIRST] = {NP_TEXT("NO_MATCHING_LOCAL_CONTAINER_FOUND"), "No matching local container found"},
    [153 - FIRST] = {NP_TEXT("ERROR_WHILE_CORRECTING_L3_CHECKSUM"), "Error while correcting L3 checksum"},
    [154 - FIRST] = {NP_TEXT("ERROR_WHILE_CORRECTING_L4_CHECKSUM"), "Error while correcting L4 checksum"},
    [155 - FIRST] = {NP_TEXT("CT_MAP_INSERTION_FAILED"), "CT: Map insertion failed"},
    [156 - FIRST] = {NP_TEXT("INVALID_IPV6_EXTENSION_HEADER"), "Invalid IPv6 extension header"},
    [157 - FIRST] = {NP_TEXT("IP_FRAGMENTATION_NOT_SUPPORTED"), "IP fragmentation not supported"},
    [158 - FIRST] = {NP_TEXT("SERVICE_BACKEND_NOT_FOUND"), "Service backend not found"},
    [160 - FIRST] = {NP_TEXT("NO_TUNNEL_OR_ENCAPSULATION_ENDPOINT"), "No tunnel/encapsulation endpoint (datapath BUG!)"},
    [161 - FIRST] = {NP_TEXT("FAILED_TO_INSERT_INTO_PROXYMAP"), "NAT 46/64 not enabled"},
    [162 - FIRST] = {NP_TEXT("REACHED_EDT_RATE_LIMITING_DROP_HORIZON"), "Reached EDT rate-limiting drop horizon"},
    [163 - FIRST] = {NP_TEXT("UNKNOWN_CONNECTION_TRACKING_STATE"), "Unknown connection tracking state"},
    [164 - FIRST] = {NP_TEXT("LOCAL_HOST_IS_UNREACHABLE"), "Local host is unreachable"},
    [165 - FIRST] = {NP_TEXT("NO_CONFIGURATION_AVAILABLE_TO_PERFORM_POLICY_DECISION"), "No configuration available to perform policy decision"},
    [166 - FIRST] = {NP_TEXT("UNSUPPORTED_L2_PROTOCOL"), "Unsupported L2 protocol"},
    [167 - FIRST] = {NP_TEXT("NO_MAPPING_FOR_NAT_MASQUERADE"), "No mapping for NAT masquerade"},
    [168 - FIRST] = {NP_TEXT("UNSUPPORTED_PROTOCOL_FOR_NAT_MASQUERADE"), "Unsupported protocol for NAT masquerade"},
    [169 - FIRST] = {NP_TEXT("FIB_LOOKUP_FAILED"), "FIB lookup failed"},
    [170 - FIRST] = {NP_TEXT("ENCAPSULATION_TRAFFIC_IS_PROHIBITED"), "Encapsulation traffic is prohibited"},
    [171 - FIRST] = {NP_TEXT("INVALID_IDENTITY"), "Invalid identity"},
    [172 - FIRST] = {NP_TEXT("UNKNOWN_SENDER"), "Unknown sender"},
    [173 - FIRST] = {NP_TEXT("NAT_NOT_NEEDED"), "NAT not needed"},
    [174 - FIRST] = {NP_TEXT("IS_A_CLUSTERIP"), "Is a ClusterIP"},
    [175 - FIRST] = {NP_TEXT("FIRST_LOGICAL_DATAGRAM_FRAGMENT_NOT_FOUND"), "First logical datagram fragment not found"},
    [176 - FIRST] = {NP_TEXT("FORBIDDEN_ICMPV6_MESSAGE"), "Forbidden ICMPv6 message"},
    [177 - FIRST] = {NP_TEXT("DENIED_BY_LB_SRC_RANGE_CHECK"), "Denied by LB src range check"},
    [178 - FIRST] = {NP_TEXT("SOCKET_LOOKUP_FAILED"), "Socket lookup failed"},
    [179 - FIRST] = {NP_TEXT("SOCKET_ASSIGN_FAILED"), "Socket assign failed"},
    [180 - FIRST] = {NP_TEXT("PROXY_REDIRECTION_NOT_SUPPORTED_FOR_PROTOCOL"), "Proxy redirection not supported for protocol"},
    [181 - FIRST] = {NP_TEXT("POLICY_DENY"), "Policy denied by denylist"},
    [182 - FIRST] = {NP_TEXT("VLAN_FILTERED"), "VLAN traffic disallowed by VLAN filter"},
    [183 - FIRST] = {NP_TEXT("INVALID_VNI"), "Incorrect VNI from VTEP"},
    [184 - FIRST] = {NP_TEXT("INVALID_TC_BUFFER"), "Failed to update or lookup TC buffer"},
    [185 - FIRST] = {NP_TEXT("NO_SID"), "No SID was found for the IP address"},
    [186 - FIRST] = {NP_TEXT("MISSING_SRV6_STATE"), "SRv6 state was removed during tail call"},
    [187 - FIRST] = {NP_TEXT("NAT46"), "L3 translation from IPv4 to IPv6 failed (NAT46)"},
    [188 - FIRST] = {NP_TEXT("NAT64"), "L3 translation from IPv6 to IPv4 failed (NAT64)"},
    [189 - FIRST] = {NP_TEXT("AUTH_REQUIRED"), "Authentication required"},
    [190 - FIRST] = {NP_TEXT("CT_NO_MAP_FOUND"), "No conntrack map found"},
    [191 - FIRST] = {NP_TEXT("SNAT_NO_MAP_FOUND"), "No nat map found"},
    [192 - FIRST] = {NP_TEXT("INVALID_CLUSTER_ID"), "Invalid ClusterID"},
    [193 - FIRST] = {NP_TEXT("UNSUPPORTED_PROTOCOL_FOR_DSR_ENCAP"), "Unsupported packet protocol for DSR encapsulation"},
    [194 - FIRST] = {NP_TEXT("NO_EGRESS_GATEWAY"), "No egress gateway found"},
    [195 - FIRST] = {NP_TEXT("UNENCRYPTED_TRAFFIC"), "Traffic is unencrypted"},
    [196 - FIRST] = {NP_TEXT("TTL_EXCEEDED"), "TTL exceeded"},
    [197 - FIRST] = {NP_TEXT("NO_NODE_ID"), "No node ID found"},
    [198 - FIRST] = {NP_TEXT("DROP_RATE_LIMITED"), "Rate limited"},
    [199 - FIRST] = {NP_TEXT("IGMP_HANDLED"), "IGMP handled"},
    [200 - FIRST] = {NP_TEXT("IGMP_SUBSCRIBED"), "IGMP subscribed"},
    [201 - FIRST] = {NP_TEXT("MULTICAST_HANDLED"), "Multicast handled"},
    [202 - FIRST] = {NP_TEXT("DROP_HOST_NOT_READY"), "Host datapath not ready"},
    [203 - FIRST] = {NP_TEXT("DROP_EP_NOT_READY"), "Endpoint policy program not available"},
    [204 - FIRST] = {NP_TEXT("DROP_NO_EGRESS_IP"), "No Egress IP configured"},
    [205 - FIRST] = {NP_TEXT("DROP_PUNT_PROXY"), "Punt to proxy"},
    [207 - FIRST] = {NP_TEXT("DROP_FRAG_NOT_FOUND_WORLD"), "First logical datagram fragment not found from world"},
};

#define N_REASONS (sizeof reasons / sizeof *reasons)

struct cnipol_text np_drop_reason_name(uint32_t reason)
{
    return reason >= FIRST && reason - FIRST < N_REASONS ? reasons[reason - FIRST].name : (struct cnipol_text){NULL, 0};
}

const char *np_drop_reason_text(uint32_t reason)
{
    return reason >= FIRST && reason - FIRST < N_REASONS ? reasons[reason - FIRST].text : NULL;
}

uint32_t np_drop_reason_find(struct cnipol_text name)
{
    for (uint32_t i = 0; i < N_REASONS; i++)
        if (name.n && reasons[i].name.n == name.n && memcmp(reasons[i].name.s, name.s, name.n) == 0)
            return FIRST + i;
    return 0;
}
