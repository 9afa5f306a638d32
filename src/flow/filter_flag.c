/* SPDX-License-Identifier: BSD-2-Clause */
/* The flags of filters: see filter_flag.h. */

#include "flow/filter_flag.h"

#include <string.h>

#define ENDS "Ends of the flow"
#define NET "Addresses and protocols"
#define EVENT "Verdict and event"
#define L7 "HTTP"
#define MORE "Combining filters"

#define VALUE(name, letter, value, about, group) {name, letter, 1, {0}, value, about, group}
#define ALONE(name, letter, about, group) {name, letter, 0, {0}, NULL, about, group}

#define POD "[NS/]PREFIX"
#define SELECTOR "SELECTOR"
#define CIDR "IP|CIDR"

const struct np_flag_row np_flag_rows[NP_N_FLAGS] = {
    [NP_FLAG_NOT_ID] = {ALONE("not", 0, "Turn the next filter round; all filters turned round must hold to hide a flow", MORE), NP_FLAG_NOT},
    [NP_FLAG_FROM_POD] = {VALUE("from-pod", 0, POD, "The source is such a pod; without NS it is in the namespace default, /PREFIX is in any", ENDS),
                          NP_FLAG_FIELD, NP_SPEC_SRC_POD},
    [NP_FLAG_TO_POD] = {VALUE("to-pod", 0, POD, "The destination is such a pod", ENDS), NP_FLAG_FIELD, NP_SPEC_DST_POD},
    [NP_FLAG_POD] = {VALUE("pod", 0, POD, "Either end is such a pod", ENDS), NP_FLAG_EITHER, NP_SPEC_SRC_POD, NP_SPEC_DST_POD},
    [NP_FLAG_FROM_NAMESPACE] = {VALUE("from-namespace", 0, "NS", "The source is in the namespace", ENDS), NP_FLAG_NAMESPACE, 1},
    [NP_FLAG_TO_NAMESPACE] = {VALUE("to-namespace", 0, "NS", "The destination is in the namespace", ENDS), NP_FLAG_NAMESPACE, 2},
    [NP_FLAG_NAMESPACE_ID] = {VALUE("namespace", 'n', "NS", "Either end is in the namespace", ENDS), NP_FLAG_NAMESPACE, 0},
    [NP_FLAG_FROM_ALL_NAMESPACES] = {ALONE("from-all-namespaces", 0, "The source is in any namespace", ENDS), NP_FLAG_NAMESPACE, 1},
    [NP_FLAG_TO_ALL_NAMESPACES] = {ALONE("to-all-namespaces", 0, "The destination is in any namespace", ENDS), NP_FLAG_NAMESPACE, 2},
    [NP_FLAG_ALL_NAMESPACES] = {ALONE("all-namespaces", 'A', "Either end is in any namespace", ENDS), NP_FLAG_NAMESPACE, 0},
    [NP_FLAG_FROM_SERVICE] = {VALUE("from-service", 0, POD, "The source's address is such a service's", ENDS), NP_FLAG_FIELD, NP_SPEC_SRC_SERVICE},
    [NP_FLAG_TO_SERVICE] = {VALUE("to-service", 0, POD, "The destination's address is such a service's", ENDS), NP_FLAG_FIELD, NP_SPEC_DST_SERVICE},
    [NP_FLAG_SERVICE] = {VALUE("service", 0, POD, "Either end's address is such a service's", ENDS), NP_FLAG_EITHER, NP_SPEC_SRC_SERVICE,
                         NP_SPEC_DST_SERVICE},
    [NP_FLAG_FROM_WORKLOAD] = {VALUE("from-workload", 0, "[KIND/]NAME", "The source belongs to the workload; KIND/ is any of the kind", ENDS),
                               NP_FLAG_FIELD, NP_SPEC_SRC_WORKLOAD, 0, np_flag_workload},
    [NP_FLAG_TO_WORKLOAD] = {VALUE("to-workload", 0, "[KIND/]NAME", "The destination belongs to the workload", ENDS), NP_FLAG_FIELD,
                             NP_SPEC_DST_WORKLOAD, 0, np_flag_workload},
    [NP_FLAG_WORKLOAD] = {VALUE("workload", 0, "[KIND/]NAME", "Either end belongs to the workload", ENDS), NP_FLAG_EITHER, NP_SPEC_SRC_WORKLOAD,
                          NP_SPEC_DST_WORKLOAD, np_flag_workload},
    [NP_FLAG_FROM_LABEL] = {VALUE("from-label", 0, SELECTOR, "The source has such labels: app=web,k8s:tier in (a,b),!old", ENDS), NP_FLAG_FIELD,
                            NP_SPEC_SRC_LABEL},
    [NP_FLAG_TO_LABEL] = {VALUE("to-label", 0, SELECTOR, "The destination has such labels", ENDS), NP_FLAG_FIELD, NP_SPEC_DST_LABEL},
    [NP_FLAG_LABEL] = {VALUE("label", 'l', SELECTOR, "Either end has such labels", ENDS), NP_FLAG_EITHER, NP_SPEC_SRC_LABEL, NP_SPEC_DST_LABEL},
    [NP_FLAG_FROM_IDENTITY] = {VALUE("from-identity", 0, "ID", "The source has the security identity: a number, or a reserved one's name", ENDS),
                               NP_FLAG_FIELD, NP_SPEC_SRC_IDENTITY, 0, np_flag_identity},
    [NP_FLAG_TO_IDENTITY] = {VALUE("to-identity", 0, "ID", "The destination has the security identity", ENDS), NP_FLAG_FIELD,
                             NP_SPEC_DST_IDENTITY, 0, np_flag_identity},
    [NP_FLAG_IDENTITY] = {VALUE("identity", 0, "ID", "Either end has the security identity", ENDS), NP_FLAG_EITHER, NP_SPEC_SRC_IDENTITY,
                          NP_SPEC_DST_IDENTITY, np_flag_identity},
    [NP_FLAG_FROM_CLUSTER] = {VALUE("from-cluster", 0, "NAME", "The source is in the cluster", ENDS), NP_FLAG_FIELD, NP_SPEC_SRC_CLUSTER},
    [NP_FLAG_TO_CLUSTER] = {VALUE("to-cluster", 0, "NAME", "The destination is in the cluster", ENDS), NP_FLAG_FIELD, NP_SPEC_DST_CLUSTER},
    [NP_FLAG_CLUSTER] = {VALUE("cluster", 0, "NAME", "Either end is in the cluster", ENDS), NP_FLAG_EITHER, NP_SPEC_SRC_CLUSTER, NP_SPEC_DST_CLUSTER},
    [NP_FLAG_FROM_IP] = {VALUE("from-ip", 0, CIDR, "The source has the address, written just so, or is in the prefix", NET), NP_FLAG_FIELD,
                         NP_SPEC_SRC_IP},
    [NP_FLAG_TO_IP] = {VALUE("to-ip", 0, CIDR, "The destination has the address, or is in the prefix", NET), NP_FLAG_FIELD, NP_SPEC_DST_IP},
    [NP_FLAG_IP] = {VALUE("ip", 0, CIDR, "Either end has the address, or is in the prefix", NET), NP_FLAG_EITHER, NP_SPEC_SRC_IP, NP_SPEC_DST_IP},
    [NP_FLAG_SNAT_IP] = {VALUE("snat-ip", 0, CIDR, "The source was given the address by translation", NET), NP_FLAG_FIELD, NP_SPEC_SRC_XLATED},
    [NP_FLAG_FROM_FQDN] = {VALUE("from-fqdn", 0, "PATTERN", "The source has such a DNS name: *.example.com", NET), NP_FLAG_FIELD, NP_SPEC_SRC_FQDN},
    [NP_FLAG_TO_FQDN] = {VALUE("to-fqdn", 0, "PATTERN", "The destination has such a DNS name", NET), NP_FLAG_FIELD, NP_SPEC_DST_FQDN},
    [NP_FLAG_FQDN] = {VALUE("fqdn", 0, "PATTERN", "Either end has such a DNS name", NET), NP_FLAG_EITHER, NP_SPEC_SRC_FQDN, NP_SPEC_DST_FQDN},
    [NP_FLAG_FROM_PORT] = {VALUE("from-port", 0, "PORT", "From the port", NET), NP_FLAG_FIELD, NP_SPEC_SRC_PORT},
    [NP_FLAG_TO_PORT] = {VALUE("to-port", 0, "PORT", "To the port", NET), NP_FLAG_FIELD, NP_SPEC_DST_PORT},
    [NP_FLAG_PORT] = {VALUE("port", 0, "PORT", "From or to the port", NET), NP_FLAG_EITHER, NP_SPEC_SRC_PORT, NP_SPEC_DST_PORT},
    [NP_FLAG_PROTOCOL] = {VALUE("protocol", 0, "NAME", "Of the protocol: icmp icmpv4 icmpv6 tcp udp sctp vrrp igmp dns http", NET), NP_FLAG_FIELD,
                          NP_SPEC_PROTOCOL},
    [NP_FLAG_TCP_FLAGS] = {VALUE("tcp-flags", 0, "FLAGS", "With all of these TCP flags: syn,ack", NET), NP_FLAG_FIELD, NP_SPEC_TCP_FLAGS, 0,
                           np_flag_tcp_flags},
    [NP_FLAG_IPV4] = {ALONE("ipv4", '4', "Of IPv4", NET), NP_FLAG_FIELD, NP_SPEC_IP_VERSION, 0, NULL, 1},
    [NP_FLAG_IPV6] = {ALONE("ipv6", '6', "Of IPv6", NET), NP_FLAG_FIELD, NP_SPEC_IP_VERSION, 0, NULL, 2},
    [NP_FLAG_IP_VERSION] = {VALUE("ip-version", 0, "VERSION", "Of IP version v4 or v6; any other word: not of IP", NET), NP_FLAG_FIELD,
                            NP_SPEC_IP_VERSION, 0, np_flag_ip_version},
    [NP_FLAG_ENCRYPTED] = {ALONE("encrypted", 0, "Encrypted (WireGuard, IPsec)", NET), NP_FLAG_FIELD, NP_SPEC_ENCRYPTED, 0, NULL, 1},
    [NP_FLAG_UNENCRYPTED] = {ALONE("unencrypted", 0, "Not encrypted", NET), NP_FLAG_FIELD, NP_SPEC_ENCRYPTED, 0, NULL, 0},
    [NP_FLAG_VERDICT] = {VALUE("verdict", 0, "VERDICT", "FORWARDED DROPPED ERROR AUDIT REDIRECTED TRACED TRANSLATED", EVENT), NP_FLAG_FIELD,
                         NP_SPEC_VERDICT, 0, np_flag_verdict},
    [NP_FLAG_DROP_REASON] = {VALUE("drop-reason-desc", 0, "REASON", "Dropped for the reason: POLICY_DENIED", EVENT), NP_FLAG_FIELD,
                             NP_SPEC_DROP_REASON, 0, np_flag_drop_reason},
    [NP_FLAG_DIRECTION] = {VALUE("traffic-direction", 0, "DIRECTION", "ingress or egress", EVENT), NP_FLAG_FIELD, NP_SPEC_DIRECTION, 0,
                           np_flag_direction},
    [NP_FLAG_REPLY] = {ALONE("reply", 0, "A reply", EVENT), NP_FLAG_FIELD, NP_SPEC_REPLY, 0, NULL, 1},
    [NP_FLAG_NOT_REPLY] = {ALONE("not-reply", 0, "No reply; a drop counts as none", EVENT), NP_FLAG_FIELD, NP_SPEC_REPLY, 0, NULL, 0},
    [NP_FLAG_TYPE] = {VALUE("type", 't', "TYPE[:SUB]", "capture drop l7 policy-verdict trace trace-sock, or a number; trace:to-endpoint", EVENT),
                      NP_FLAG_FIELD, NP_SPEC_EVENT_TYPE, 0, np_flag_type},
    [NP_FLAG_NODE_NAME] = {VALUE("node-name", 0, "[CLUSTER/]PATTERN", "Seen on such a node: k8s*, prod/*.example.com", EVENT), NP_FLAG_FIELD,
                           NP_SPEC_NODE_NAME},
    [NP_FLAG_NODE_LABEL] = {VALUE("node-label", 0, SELECTOR, "Seen on a node with such labels", EVENT), NP_FLAG_FIELD, NP_SPEC_NODE_LABEL},
    [NP_FLAG_INTERFACE] = {VALUE("interface", 0, "NAME", "Seen at the network interface", EVENT), NP_FLAG_FIELD, NP_SPEC_INTERFACE},
    [NP_FLAG_UUID] = {VALUE("uuid", 0, "UUID", "The flow of this identifier", EVENT), NP_FLAG_FIELD, NP_SPEC_UUID},
    [NP_FLAG_TRACE_ID] = {VALUE("trace-id", 0, "ID", "Of the trace", EVENT), NP_FLAG_FIELD, NP_SPEC_TRACE_ID},
    [NP_FLAG_IP_TRACE_ID] = {VALUE("ip-trace-id", 0, "NUMBER", "Of the trace in the IP options", EVENT), NP_FLAG_FIELD, NP_SPEC_IP_TRACE_ID, 0,
                             np_flag_ip_trace_id},
    [NP_FLAG_HTTP_STATUS] = {VALUE("http-status", 0, "STATUS", "Answered with the HTTP status: 404, 40+, 5+", L7), NP_FLAG_FIELD,
                             NP_SPEC_HTTP_STATUS},
    [NP_FLAG_HTTP_METHOD] = {VALUE("http-method", 0, "METHOD", "Of the HTTP method, in any case", L7), NP_FLAG_FIELD, NP_SPEC_HTTP_METHOD},
    [NP_FLAG_HTTP_PATH] = {VALUE("http-path", 0, "REGEX", "The URL's path has a match of the regular expression", L7), NP_FLAG_FIELD,
                           NP_SPEC_HTTP_PATH},
    [NP_FLAG_HTTP_URL] = {VALUE("http-url", 0, "REGEX", "The URL has a match of the regular expression", L7), NP_FLAG_FIELD, NP_SPEC_HTTP_URL},
    [NP_FLAG_HTTP_HEADER] = {VALUE("http-header", 0, "NAME:VALUE", "With the HTTP header, written just so", L7), NP_FLAG_FIELD,
                             NP_SPEC_HTTP_HEADER, 0, np_flag_http_header},
    [NP_FLAG_CEL] = {VALUE("cel-expression", 0, "EXPR", "The expression is true of _flow", MORE), NP_FLAG_FIELD, NP_SPEC_EXPRESSION},
    [NP_FLAG_EXPR] = {VALUE("expr", 0, "EXPR", "Short for --cel-expression", MORE), NP_FLAG_FIELD, NP_SPEC_EXPRESSION},
    [NP_FLAG_ALLOWLIST] = {VALUE("allowlist", 0, "JSON", "A FlowFilter as JSON, beside the other filters: either may let a flow through", MORE),
                           NP_FLAG_ALLOW},
    [NP_FLAG_DENYLIST] = {VALUE("denylist", 0, "JSON", "A FlowFilter as JSON: hide what it matches", MORE), NP_FLAG_DENY},
};

#define LAST NP_N_FLAGS

const struct np_flag_conflict np_flag_conflicts[] = {
    {{NP_FLAG_FROM_FQDN, NP_FLAG_FROM_IP, NP_FLAG_IP, NP_FLAG_FQDN, NP_FLAG_FROM_NAMESPACE, NP_FLAG_NAMESPACE_ID, NP_FLAG_FROM_ALL_NAMESPACES,
      NP_FLAG_ALL_NAMESPACES, LAST}},
    {{NP_FLAG_FROM_FQDN, NP_FLAG_FROM_IP, NP_FLAG_IP, NP_FLAG_FQDN, NP_FLAG_FROM_POD, NP_FLAG_POD, LAST}},
    {{NP_FLAG_TO_FQDN, NP_FLAG_TO_IP, NP_FLAG_IP, NP_FLAG_FQDN, NP_FLAG_TO_NAMESPACE, NP_FLAG_NAMESPACE_ID, NP_FLAG_TO_ALL_NAMESPACES,
      NP_FLAG_ALL_NAMESPACES, LAST}},
    {{NP_FLAG_TO_FQDN, NP_FLAG_TO_IP, NP_FLAG_IP, NP_FLAG_FQDN, NP_FLAG_TO_POD, NP_FLAG_POD, LAST}},
    {{NP_FLAG_TO_POD, NP_FLAG_NAMESPACE_ID, NP_FLAG_ALL_NAMESPACES, LAST}},
    {{NP_FLAG_FROM_POD, NP_FLAG_NAMESPACE_ID, NP_FLAG_ALL_NAMESPACES, LAST}},
    {{NP_FLAG_TO_SERVICE, NP_FLAG_NAMESPACE_ID, NP_FLAG_ALL_NAMESPACES, LAST}},
    {{NP_FLAG_FROM_SERVICE, NP_FLAG_NAMESPACE_ID, NP_FLAG_ALL_NAMESPACES, LAST}},
    {{NP_FLAG_LABEL, NP_FLAG_FROM_LABEL, LAST}},
    {{NP_FLAG_LABEL, NP_FLAG_TO_LABEL, LAST}},
    {{NP_FLAG_SERVICE, NP_FLAG_FROM_SERVICE, LAST}},
    {{NP_FLAG_SERVICE, NP_FLAG_TO_SERVICE, LAST}},
    {{NP_FLAG_PORT, NP_FLAG_TO_PORT, LAST}},
    {{NP_FLAG_PORT, NP_FLAG_FROM_PORT, LAST}},
    {{NP_FLAG_IDENTITY, NP_FLAG_TO_IDENTITY, LAST}},
    {{NP_FLAG_IDENTITY, NP_FLAG_FROM_IDENTITY, LAST}},
    {{NP_FLAG_WORKLOAD, NP_FLAG_TO_WORKLOAD, LAST}},
    {{NP_FLAG_WORKLOAD, NP_FLAG_FROM_WORKLOAD, LAST}},
    {{NP_FLAG_ENCRYPTED, NP_FLAG_UNENCRYPTED, LAST}},
    {{NP_FLAG_REPLY, NP_FLAG_NOT_REPLY, LAST}},
};

const uint32_t np_flag_n_conflicts = sizeof np_flag_conflicts / sizeof np_flag_conflicts[0];

static enum np_flag_id find_name(const char *name, size_t n)
{
    for (uint32_t i = 0; i < NP_N_FLAGS; i++) {
        const char *known = np_flag_rows[i].flag.name;

        if (strncmp(known, name, n) == 0 && known[n] == '\0')
            return (enum np_flag_id)i;
    }
    return NP_N_FLAGS;
}

static enum np_flag_id find_letter(char letter)
{
    for (uint32_t i = 0; letter && i < NP_N_FLAGS; i++)
        if (np_flag_rows[i].flag.letter == letter)
            return (enum np_flag_id)i;
    return NP_N_FLAGS;
}

enum np_flag_id np_flag_find(const char *arg, const char **value)
{
    const char *equal;

    *value = NULL;
    if (arg[0] != '-' || arg[1] == '\0')
        return NP_N_FLAGS;
    if (arg[1] != '-') {
        *value = arg[2] == '=' ? arg + 3 : arg[2] ? arg + 2 : NULL;
        return find_letter(arg[1]);
    }
    equal = strchr(arg, '=');
    *value = equal ? equal + 1 : NULL;
    return find_name(arg + 2, equal ? (size_t)(equal - arg) - 2 : strlen(arg + 2));
}

const struct cnipol_filter_flag *cnipol_filter_flag_at(size_t i)
{
    return i < NP_N_FLAGS ? &np_flag_rows[i].flag : NULL;
}

const struct cnipol_filter_flag *cnipol_filter_takes(const char *arg, size_t *n_args)
{
    const char *value;
    const struct cnipol_filter_flag *flag = cnipol_filter_flag_at(np_flag_find(arg, &value));

    if (flag && !flag->has_value && value && arg[1] != '-' && value == arg + 2) { /* -4n NS: letters in a row */
        for (arg = value; *arg && !(flag && flag->has_value); arg++)
            flag = cnipol_filter_flag_at(find_letter(*arg));
        value = *arg ? arg : NULL;
    }
    *n_args = flag && flag->has_value && !value ? 2 : 1;
    return flag;
}
