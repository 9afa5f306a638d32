/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of policy.networking.k8s.io: see cnp_schema.h.
 *
 * Sources: kubernetes-sigs/network-policy-api config/crd/{standard,experimental}, v0.2.0 for
 * ClusterNetworkPolicy, v0.1.8 for AdminNetworkPolicy and BaselineAdminNetworkPolicy. `status` is
 * another subresource: the server drops it from what people write.
 */

#include "dialect/cnp_schema.h"

#define DOMAIN_PATTERN "^(\\*\\.)?([a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\\.)+[a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\\.?$"

static bool letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The pattern says A-z where A-Z was meant: it also takes what lies between Z and a. */
static bool domain_label(struct np_str s)
{
    if (s.n == 0 || !(letter_or_digit(s.s[0]) || (s.s[0] >= 'A' && s.s[0] <= 'z')))
        return false;
    for (uint32_t i = 1; i < s.n; i++)
        if (!letter_or_digit(s.s[i]) && (i + 1 == s.n || (s.s[i] != '-' && s.s[i] != '_')))
            return false;
    return true;
}

static bool is_domain(struct np_str s)
{
    uint32_t start = 0, labels = 0;

    if (s.n > 2 && s.s[0] == '*' && s.s[1] == '.')
        s = (struct np_str){s.s + 2, s.n - 2};
    if (s.n && s.s[s.n - 1] == '.')
        s.n--;
    for (uint32_t i = 0; i <= s.n; i++) {
        if (i < s.n && s.s[i] != '.')
            continue;
        if (!domain_label((struct np_str){s.s + start, i - start}))
            return false;
        start = i + 1;
        labels++;
    }
    return labels > 1;
}

static void cidr_rule(struct np_take *take, const struct np_node *node, const struct np_path *path)
{
    struct np_prefix prefix;
    unsigned flaws = 0;

    if (np_prefix_parse(np_node_str(node), &prefix, NULL, &flaws) && !(flaws & (NP_IP_LEADING_ZEROS | NP_IP_MAPPED)))
        return;
    np_take_upstream(take, np_take_invalid(take, NP_CNP_CIDR, node, path, "\"%.*s\" is no CIDR", (int)node->n, node->s),
                     "Invalid CIDR format provided");
}

static void range_rule(struct np_take *take, const struct np_node *node, const struct np_path *path)
{
    const struct np_node *start = np_map_value(node, "start"), *end = np_map_value(node, "end");
    struct np_diag *d;

    if (!start || !end || np_number_of(start) < np_number_of(end))
        return;
    d = np_take_invalid(take, NP_CNP_RANGE, node, path, "the port range must start below its end");
    np_diag_help(&take->ctx->diags, d, np_number_of(start) <= np_number_of(end) ? "for one port use `number`" : "swap the values");
    np_take_upstream(take, d, "Start port must be less than End port");
}

static bool some_item_has(const struct np_node *list, const char *const *keys)
{
    for (uint32_t i = 0; i < np_count(list); i++)
        for (uint32_t k = 0; keys[k]; k++)
            if (np_map_value(&list->items[i], keys[k]))
                return true;
    return false;
}

static void named_port_rule(struct np_take *take, const struct np_node *rule, const struct np_path *path, const char *ports_key,
                            const char *port_key, const char *const *peers, const char *words)
{
    const char *const ports[] = {port_key, NULL};
    struct np_diag *d;

    if (take->opts->channel != NP_CHANNEL_EXPERIMENTAL)
        return;
    if (!some_item_has(np_list_at(rule, "to"), peers) || !some_item_has(np_list_at(rule, ports_key), ports))
        return;
    d = np_take_invalid(take, NP_CNP_NAMED_PORT_PEER, rule, path, "a named port needs a peer that has port names, and %s have none", words);
    np_take_upstream(take, d, "%s peer cannot be set with namedPorts since there are no namedPorts for %s", words, words);
}

static const char *const addressed_peers[] = {"networks", "nodes", "domainNames", NULL};
static const char *const baseline_peers[] = {"networks", "nodes", NULL};

static void cnp_egress_rule(struct np_take *take, const struct np_node *node, const struct np_path *path)
{
    named_port_rule(take, node, path, "protocols", "destinationNamedPort", addressed_peers, "networks/nodes/domainNames");
}

static void anp_egress_rule(struct np_take *take, const struct np_node *node, const struct np_path *path)
{
    named_port_rule(take, node, path, "ports", "namedPort", addressed_peers, "networks/nodes/domainNames");
}

static void banp_egress_rule(struct np_take *take, const struct np_node *node, const struct np_path *path)
{
    named_port_rule(take, node, path, "ports", "namedPort", baseline_peers, "networks/nodes");
}

static void banp_name_rule(struct np_take *take, const struct np_node *object, const struct np_path *path)
{
    const struct np_node *meta = np_map_value(object, "metadata"), *name = np_map_value(meta, "name");
    struct np_path meta_path = np_path_key(path, "metadata"), at = np_path_key(&meta_path, "name");
    struct np_diag *d;

    if (!name || np_str_is(np_node_str(name), "default"))
        return;
    d = np_take_invalid(take, NP_BANP_NAME, name, &at, "the one BaselineAdminNetworkPolicy of a cluster is called `default`");
    np_take_upstream(take, d, "Only one baseline admin network policy with metadata.name=\"default\" can be created in the cluster");
}

static const char *const tiers[] = {"Admin", "Baseline", NULL};
static const char *const cnp_actions[] = {"Accept", "Deny", "Pass", NULL};
static const char *const anp_actions[] = {"Allow", "Deny", "Pass", NULL};
static const char *const banp_actions[] = {"Allow", "Deny", NULL};

static const struct np_schema tier_type = {.kind = NP_SCHEMA_STRING, .words = tiers};
static const struct np_schema cnp_action = {.kind = NP_SCHEMA_STRING, .words = cnp_actions};
static const struct np_schema anp_action = {.kind = NP_SCHEMA_STRING, .words = anp_actions};
static const struct np_schema banp_action = {.kind = NP_SCHEMA_STRING, .words = banp_actions};
static const struct np_schema priority_type = {.kind = NP_SCHEMA_INT32, .ranged = true, .min = 0, .max = 1000};
static const struct np_schema port_number = {.kind = NP_SCHEMA_INT32, .ranged = true, .min = 1, .max = 65535};
static const struct np_schema rule_name = {.kind = NP_SCHEMA_STRING, .max_n = 100};
static const struct np_schema network = {.kind = NP_SCHEMA_STRING, .max_n = 43, .rule = cidr_rule};
static const struct np_schema network_list = {.kind = NP_SCHEMA_LIST, .item = &network, .min_n = 1, .max_n = 25, .set = true};
static const struct np_schema domain = {.kind = NP_SCHEMA_STRING, .matches = is_domain, .pattern = DOMAIN_PATTERN};
static const struct np_schema domain_list = {.kind = NP_SCHEMA_LIST, .item = &domain, .min_n = 1, .max_n = 25, .set = true};

/* Who. */
static const struct np_field cnp_pods_fields[] = {{"namespaceSelector", &np_schema_selector},
                                                  {"podSelector", &np_schema_selector, .required = true}};
static const struct np_field anp_pods_fields[] = {{"namespaceSelector", &np_schema_selector, .required = true},
                                                  {"podSelector", &np_schema_selector, .required = true}};
static const struct np_schema cnp_pods = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(cnp_pods_fields)};
static const struct np_schema anp_pods = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(anp_pods_fields)};
static const struct np_field cnp_subject_fields[] = {{"namespaces", &np_schema_selector}, {"pods", &cnp_pods}};
static const struct np_field anp_subject_fields[] = {{"namespaces", &np_schema_selector}, {"pods", &anp_pods}};
static const struct np_schema cnp_subject = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(cnp_subject_fields), .min_n = 1, .max_n = 1};
static const struct np_schema anp_subject = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(anp_subject_fields), .min_n = 1, .max_n = 1};
static const struct np_field cnp_egress_peer_fields[] = {{"namespaces", &np_schema_selector},
                                                         {"pods", &cnp_pods},
                                                         {"networks", &network_list},
                                                         {"nodes", &np_schema_selector, .experimental = true},
                                                         {"domainNames", &domain_list, .experimental = true}};
static const struct np_field anp_egress_peer_fields[] = {{"namespaces", &np_schema_selector},
                                                         {"pods", &anp_pods},
                                                         {"networks", &network_list},
                                                         {"nodes", &np_schema_selector, .experimental = true},
                                                         {"domainNames", &domain_list, .experimental = true}};
static const struct np_field banp_egress_peer_fields[] = {{"namespaces", &np_schema_selector},
                                                          {"pods", &anp_pods},
                                                          {"networks", &network_list},
                                                          {"nodes", &np_schema_selector, .experimental = true}};
static const struct np_schema cnp_egress_peer = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(cnp_egress_peer_fields), .min_n = 1, .max_n = 1};
static const struct np_schema anp_egress_peer = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(anp_egress_peer_fields), .min_n = 1, .max_n = 1};
static const struct np_schema banp_egress_peer = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(banp_egress_peer_fields), .min_n = 1, .max_n = 1};
static const struct np_schema cnp_from = {.kind = NP_SCHEMA_LIST, .item = &cnp_subject, .min_n = 1, .max_n = 25};
static const struct np_schema anp_from = {.kind = NP_SCHEMA_LIST, .item = &anp_subject, .min_n = 1, .max_n = 100};
static const struct np_schema cnp_to = {.kind = NP_SCHEMA_LIST, .item = &cnp_egress_peer, .min_n = 1, .max_n = 25};
static const struct np_schema anp_to = {.kind = NP_SCHEMA_LIST, .item = &anp_egress_peer, .min_n = 1, .max_n = 100};
static const struct np_schema banp_to = {.kind = NP_SCHEMA_LIST, .item = &banp_egress_peer, .min_n = 1, .max_n = 100};

/* What traffic. */
static const struct np_field cnp_range_fields[] = {{"end", &port_number, .required = true}, {"start", &port_number, .required = true}};
static const struct np_schema cnp_range = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(cnp_range_fields), .rule = range_rule};
static const struct np_field cnp_port_fields[] = {{"number", &port_number}, {"range", &cnp_range}};
static const struct np_schema cnp_port = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(cnp_port_fields), .min_n = 1, .max_n = 1};
static const struct np_field cnp_l4_fields[] = {{"destinationPort", &cnp_port}};
static const struct np_schema cnp_l4 = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(cnp_l4_fields), .min_n = 1};
static const struct np_field cnp_protocol_fields[] = {
    {"tcp", &cnp_l4}, {"udp", &cnp_l4}, {"sctp", &cnp_l4}, {"destinationNamedPort", &np_schema_string}};
static const struct np_schema cnp_protocol = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(cnp_protocol_fields), .min_n = 1, .max_n = 1};
static const struct np_schema cnp_protocols = {.kind = NP_SCHEMA_LIST, .item = &cnp_protocol, .min_n = 1, .max_n = 25};
/* `protocol` is required, but has the default TCP: it is never missing. */
static const struct np_field anp_number_fields[] = {{"port", &port_number, .required = true}, {"protocol", &np_schema_string}};
static const struct np_schema anp_number = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(anp_number_fields)};
static const struct np_field anp_range_fields[] = {
    {"end", &port_number, .required = true}, {"start", &port_number, .required = true}, {"protocol", &np_schema_string}};
static const struct np_schema anp_range = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(anp_range_fields)};
static const struct np_field anp_port_fields[] = {
    {"portNumber", &anp_number}, {"portRange", &anp_range}, {"namedPort", &np_schema_string, .experimental = true}};
static const struct np_schema anp_port = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(anp_port_fields), .min_n = 1, .max_n = 1};
static const struct np_schema anp_ports = {.kind = NP_SCHEMA_LIST, .item = &anp_port, .min_n = 1, .max_n = 100};

/* Rules. */
static const struct np_field cnp_ingress_fields[] = {
    {"name", &rule_name}, {"action", &cnp_action, .required = true}, {"from", &cnp_from, .required = true}, {"protocols", &cnp_protocols}};
static const struct np_field cnp_egress_fields[] = {
    {"name", &rule_name}, {"action", &cnp_action, .required = true}, {"to", &cnp_to, .required = true}, {"protocols", &cnp_protocols}};
static const struct np_field anp_ingress_fields[] = {
    {"name", &rule_name}, {"action", &anp_action, .required = true}, {"from", &anp_from, .required = true}, {"ports", &anp_ports}};
static const struct np_field anp_egress_fields[] = {
    {"name", &rule_name}, {"action", &anp_action, .required = true}, {"to", &anp_to, .required = true}, {"ports", &anp_ports}};
static const struct np_field banp_ingress_fields[] = {
    {"name", &rule_name}, {"action", &banp_action, .required = true}, {"from", &anp_from, .required = true}, {"ports", &anp_ports}};
static const struct np_field banp_egress_fields[] = {
    {"name", &rule_name}, {"action", &banp_action, .required = true}, {"to", &banp_to, .required = true}, {"ports", &anp_ports}};
static const struct np_schema cnp_ingress_item = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(cnp_ingress_fields)};
static const struct np_schema cnp_egress_item = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(cnp_egress_fields), .rule = cnp_egress_rule};
static const struct np_schema anp_ingress_item = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(anp_ingress_fields)};
static const struct np_schema anp_egress_item = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(anp_egress_fields), .rule = anp_egress_rule};
static const struct np_schema banp_ingress_item = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(banp_ingress_fields)};
static const struct np_schema banp_egress_item = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(banp_egress_fields), .rule = banp_egress_rule};
static const struct np_schema cnp_ingress = {.kind = NP_SCHEMA_LIST, .item = &cnp_ingress_item, .max_n = 25};
static const struct np_schema cnp_egress = {.kind = NP_SCHEMA_LIST, .item = &cnp_egress_item, .max_n = 25};
static const struct np_schema anp_ingress = {.kind = NP_SCHEMA_LIST, .item = &anp_ingress_item, .max_n = 100};
static const struct np_schema anp_egress = {.kind = NP_SCHEMA_LIST, .item = &anp_egress_item, .max_n = 100};
static const struct np_schema banp_ingress = {.kind = NP_SCHEMA_LIST, .item = &banp_ingress_item, .max_n = 100};
static const struct np_schema banp_egress = {.kind = NP_SCHEMA_LIST, .item = &banp_egress_item, .max_n = 100};

/* Objects. */
static const struct np_field cnp_spec_fields[] = {{"tier", &tier_type, .required = true},
                                                  {"priority", &priority_type, .required = true},
                                                  {"subject", &cnp_subject, .required = true},
                                                  {"ingress", &cnp_ingress},
                                                  {"egress", &cnp_egress}};
static const struct np_field anp_spec_fields[] = {{"priority", &priority_type, .required = true},
                                                  {"subject", &anp_subject, .required = true},
                                                  {"ingress", &anp_ingress},
                                                  {"egress", &anp_egress}};
static const struct np_field banp_spec_fields[] = {
    {"subject", &anp_subject, .required = true}, {"ingress", &banp_ingress}, {"egress", &banp_egress}};
static const struct np_schema cnp_spec = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(cnp_spec_fields)};
static const struct np_schema anp_spec = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(anp_spec_fields)};
static const struct np_schema banp_spec = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(banp_spec_fields)};

#define OBJECT_FIELDS(spec)                                                                                          \
    {"apiVersion", &np_schema_string}, {"kind", &np_schema_string}, {"metadata", &np_schema_meta, .required = true}, \
        {"spec", (spec), .required = true},                                                                          \
    {                                                                                                                \
        "status", &np_schema_any                                                                                     \
    }

static const struct np_field cnp_fields[] = {OBJECT_FIELDS(&cnp_spec)};
static const struct np_field anp_fields[] = {OBJECT_FIELDS(&anp_spec)};
static const struct np_field banp_fields[] = {OBJECT_FIELDS(&banp_spec)};
static const struct np_schema cnp = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(cnp_fields)};
static const struct np_schema anp = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(anp_fields)};
static const struct np_schema banp = {.kind = NP_SCHEMA_STRUCT, NP_FIELDS(banp_fields), .rule = banp_name_rule};

const struct np_schema *const np_cnp_schemas[3] = {[NP_CNP] = &cnp, [NP_ANP] = &anp, [NP_BANP] = &banp};
