/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Antrea: the table of information elements.
 *
 * Elements that say nothing for our record (UIDs, what each of the two nodes counted, proxy's addresses) have no row, and are
 * passed over like any that nobody knows. Numbers recur under several enterprises (136, 150, 151), so a row is found by both.
 *
 * Sources: vmware/go-ipfix pkg/registry/registry_IANA.csv, registry_antrea.csv, v0.17.0; antrea-io/antrea
 * pkg/flowaggregator/clickhouseclient/clickhouseclient.go, v2.0.0, and antrea-io/theia create_table.sh for ClickHouse's names.
 */

#include "flow/antrea.h"

#define EXTRA CNIPOL_FIELD_EXTRA
#define POLICY CNIPOL_FIELD_POLICIES
#define ALWAYS NP_ANTREA_ALWAYS
#define REVERSE NP_ANTREA_PEN_REVERSE
#define PEN NP_ANTREA_PEN
#define NONE NP_ANTREA_NO_PEN

static const struct np_antrea_element elements[] = {
    {"flowStartSeconds", 0, 150, NP_ANTREA_SECONDS, NP_ANTREA_START, EXTRA},
    {"flowEndSeconds", 0, 151, NP_ANTREA_SECONDS, NP_ANTREA_END, CNIPOL_FIELD_TIME},
    {"flowStartMilliseconds", 0, 152, NP_ANTREA_MILLISECONDS, NP_ANTREA_START, EXTRA},
    {"flowEndMilliseconds", 0, 153, NP_ANTREA_MILLISECONDS, NP_ANTREA_END, CNIPOL_FIELD_TIME},
    {"flowEndReason", 0, 136, NP_ANTREA_U8, NP_ANTREA_END_REASON, EXTRA},
    {"sourceIPv4Address", 0, 8, NP_ANTREA_IP4, NP_ANTREA_SRC, CNIPOL_FIELD_SRC_IP},
    {"destinationIPv4Address", 0, 12, NP_ANTREA_IP4, NP_ANTREA_DST, CNIPOL_FIELD_DST_IP},
    {"sourceIPv6Address", 0, 27, NP_ANTREA_IP6, NP_ANTREA_SRC, CNIPOL_FIELD_SRC_IP},
    {"destinationIPv6Address", 0, 28, NP_ANTREA_IP6, NP_ANTREA_DST, CNIPOL_FIELD_DST_IP},
    {"sourceTransportPort", 0, 7, NP_ANTREA_U16, NP_ANTREA_SRC_PORT, CNIPOL_FIELD_SRC_PORT},
    {"destinationTransportPort", 0, 11, NP_ANTREA_U16, NP_ANTREA_DST_PORT, CNIPOL_FIELD_DST_PORT},
    {"protocolIdentifier", 0, 4, NP_ANTREA_WORD, NP_ANTREA_PROTOCOL, CNIPOL_FIELD_PROTOCOL},
    {"packetTotalCount", 0, 86, NP_ANTREA_U64, NP_ANTREA_PACKETS, EXTRA},
    {"octetTotalCount", 0, 85, NP_ANTREA_U64, NP_ANTREA_BYTES, EXTRA},
    {"packetDeltaCount", 0, 2, NP_ANTREA_U64, NP_ANTREA_PACKETS_DELTA, EXTRA},
    {"octetDeltaCount", 0, 1, NP_ANTREA_U64, NP_ANTREA_BYTES_DELTA, EXTRA},
    {"reversePacketTotalCount", REVERSE, 86, NP_ANTREA_U64, NP_ANTREA_REVERSE_PACKETS, EXTRA},
    {"reverseOctetTotalCount", REVERSE, 85, NP_ANTREA_U64, NP_ANTREA_REVERSE_BYTES, EXTRA},
    {"reversePacketDeltaCount", REVERSE, 2, NP_ANTREA_U64, NP_ANTREA_REVERSE_PACKETS_DELTA, EXTRA},
    {"reverseOctetDeltaCount", REVERSE, 1, NP_ANTREA_U64, NP_ANTREA_REVERSE_BYTES_DELTA, EXTRA},
    {"tcpControlBits", 0, 6, NP_ANTREA_U16, NP_ANTREA_TCP_FLAGS, CNIPOL_FIELD_TCP_FLAGS},
    {"icmpTypeCodeIPv4", 0, 32, NP_ANTREA_U16, NP_ANTREA_ICMP, CNIPOL_FIELD_ICMP_TYPE},
    {"icmpTypeCodeIPv6", 0, 139, NP_ANTREA_U16, NP_ANTREA_ICMP, CNIPOL_FIELD_ICMP_TYPE},
    {"flowDirection", 0, 61, NP_ANTREA_U8, NP_ANTREA_DIRECTION, CNIPOL_FIELD_DIRECTION},
    {"originalExporterIPv4Address", 0, 403, NP_ANTREA_IP4, NP_ANTREA_EXPORTER, EXTRA},
    {"originalExporterIPv6Address", 0, 404, NP_ANTREA_IP6, NP_ANTREA_EXPORTER, EXTRA},
    {"originalObservationDomainId", 0, 405, NP_ANTREA_U32, NP_ANTREA_DOMAIN, EXTRA},
    {"sourcePodNamespace", PEN, 100, NP_ANTREA_STRING, NP_ANTREA_SRC_NS, CNIPOL_FIELD_SRC_NAMESPACE},
    {"sourcePodName", PEN, 101, NP_ANTREA_STRING, NP_ANTREA_SRC_POD, CNIPOL_FIELD_SRC_POD},
    {"destinationPodNamespace", PEN, 102, NP_ANTREA_STRING, NP_ANTREA_DST_NS, CNIPOL_FIELD_DST_NAMESPACE},
    {"destinationPodName", PEN, 103, NP_ANTREA_STRING, NP_ANTREA_DST_POD, CNIPOL_FIELD_DST_POD},
    {"sourceNodeName", PEN, 104, NP_ANTREA_STRING, NP_ANTREA_SRC_NODE, EXTRA},
    {"destinationNodeName", PEN, 105, NP_ANTREA_STRING, NP_ANTREA_DST_NODE, EXTRA},
    {"destinationClusterIPv4", PEN, 106, NP_ANTREA_IP4, NP_ANTREA_CLUSTER_IP, EXTRA},
    {"destinationClusterIPv6", PEN, 107, NP_ANTREA_IP6, NP_ANTREA_CLUSTER_IP, EXTRA},
    {"destinationServicePort", PEN, 108, NP_ANTREA_U16, NP_ANTREA_SERVICE_PORT, EXTRA},
    {"destinationServicePortName", PEN, 109, NP_ANTREA_STRING, NP_ANTREA_SERVICE, CNIPOL_FIELD_DST_SERVICE},
    {"ingressNetworkPolicyName", PEN, 110, NP_ANTREA_STRING, NP_ANTREA_INGRESS_NAME, POLICY},
    {"ingressNetworkPolicyNamespace", PEN, 111, NP_ANTREA_STRING, NP_ANTREA_INGRESS_NS, POLICY},
    {"egressNetworkPolicyName", PEN, 112, NP_ANTREA_STRING, NP_ANTREA_EGRESS_NAME, POLICY},
    {"egressNetworkPolicyNamespace", PEN, 113, NP_ANTREA_STRING, NP_ANTREA_EGRESS_NS, POLICY},
    {"ingressNetworkPolicyType", PEN, 115, NP_ANTREA_WORD, NP_ANTREA_INGRESS_TYPE, POLICY},
    {"egressNetworkPolicyType", PEN, 118, NP_ANTREA_WORD, NP_ANTREA_EGRESS_TYPE, POLICY},
    {"tcpState", PEN, 136, NP_ANTREA_STRING, NP_ANTREA_TCP_STATE, EXTRA},
    {"flowType", PEN, 137, NP_ANTREA_U8, NP_ANTREA_FLOW_TYPE, EXTRA},
    {"ingressNetworkPolicyRuleAction", PEN, 139, NP_ANTREA_WORD, NP_ANTREA_INGRESS_ACTION, ALWAYS},
    {"egressNetworkPolicyRuleAction", PEN, 140, NP_ANTREA_WORD, NP_ANTREA_EGRESS_ACTION, ALWAYS},
    {"ingressNetworkPolicyRuleName", PEN, 141, NP_ANTREA_STRING, NP_ANTREA_INGRESS_RULE, POLICY},
    {"egressNetworkPolicyRuleName", PEN, 142, NP_ANTREA_STRING, NP_ANTREA_EGRESS_RULE, POLICY},
    {"sourcePodLabels", PEN, 143, NP_ANTREA_STRING, NP_ANTREA_SRC_LABELS, CNIPOL_FIELD_SRC_LABELS},
    {"destinationPodLabels", PEN, 144, NP_ANTREA_STRING, NP_ANTREA_DST_LABELS, CNIPOL_FIELD_DST_LABELS},
    {"throughput", PEN, 145, NP_ANTREA_U64, NP_ANTREA_THROUGHPUT, EXTRA},
    {"reverseThroughput", PEN, 146, NP_ANTREA_U64, NP_ANTREA_REVERSE_THROUGHPUT, EXTRA},
    {"egressName", PEN, 153, NP_ANTREA_STRING, NP_ANTREA_EGRESS, EXTRA},
    {"egressIP", PEN, 154, NP_ANTREA_STRING, NP_ANTREA_EGRESS_IP, EXTRA},
    {"appProtocolName", PEN, 155, NP_ANTREA_STRING, NP_ANTREA_APP, CNIPOL_FIELD_L7_TYPE},
    {"httpVals", PEN, 156, NP_ANTREA_STRING, NP_ANTREA_HTTP, CNIPOL_FIELD_L7_KIND},
    {"egressNodeName", PEN, 157, NP_ANTREA_STRING, NP_ANTREA_EGRESS_NODE, EXTRA},
    {"clusterId", PEN, 158, NP_ANTREA_STRING, NP_ANTREA_CLUSTER, CNIPOL_FIELD_SRC_CLUSTER},
    {"destinationServiceIPv4", PEN, 168, NP_ANTREA_IP4, NP_ANTREA_SERVICE_IP, EXTRA},
    {"destinationServiceIPv6", PEN, 169, NP_ANTREA_IP6, NP_ANTREA_SERVICE_IP, EXTRA},
    {"sourceIP", NONE, 0, NP_ANTREA_IP, NP_ANTREA_SRC, CNIPOL_FIELD_SRC_IP},
    {"destinationIP", NONE, 0, NP_ANTREA_IP, NP_ANTREA_DST, CNIPOL_FIELD_DST_IP},
    {"destinationClusterIP", NONE, 0, NP_ANTREA_IP, NP_ANTREA_CLUSTER_IP, EXTRA},
    {"destinationServiceIP", NONE, 0, NP_ANTREA_IP, NP_ANTREA_SERVICE_IP, EXTRA},
    {"clusterUUID", NONE, 0, NP_ANTREA_STRING, NP_ANTREA_CLUSTER, CNIPOL_FIELD_SRC_CLUSTER},
};

#define N_ELEMENTS (sizeof elements / sizeof *elements)

const struct np_antrea_element *np_antrea_element_at(size_t i)
{
    return i < N_ELEMENTS ? elements + i : NULL;
}

const struct np_antrea_element *np_antrea_element_find(uint32_t pen, uint16_t id)
{
    for (size_t i = 0; i < N_ELEMENTS; i++)
        if (elements[i].id == id && elements[i].pen == pen && pen != NONE)
            return elements + i;
    return NULL;
}

void np_antrea_names_init(struct np_antrea_names *names)
{
    *names = (struct np_antrea_names){{0}};
    for (size_t i = 0; i < N_ELEMENTS; i++) {
        uint8_t at = (uint8_t)np_hash(elements[i].name, strlen(elements[i].name));

        while (names->slots[at])
            at++;
        names->slots[at] = (uint8_t)(i + 1);
    }
}

const struct np_antrea_element *np_antrea_names_find(const struct np_antrea_names *names, const char *s, size_t n)
{
    uint8_t at = (uint8_t)np_hash(s, n);

    for (; names->slots[at]; at++) {
        const struct np_antrea_element *element = elements + names->slots[at] - 1;

        if (strlen(element->name) == n && memcmp(element->name, s, n) == 0)
            return element;
    }
    return NULL;
}
