/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading of NetworkPolicy: see netpol_parse.h.
 *
 * Defaults: kubernetes pkg/apis/networking/v1/defaults.go (v1.36): protocol TCP; policyTypes Ingress,
 * with Egress where there are egress rules.
 *
 * A stored object (NP_MODE_STORED) may hold what today's validation refuses. What is broken then never
 * opens anything:
 *   - a peer without a member, with a block and selectors, with an unreadable cidr or except, names
 *     nobody: it has none of the three members;
 *   - host bits are masked; an except outside its block stays and takes nothing away, one that equals
 *     the block leaves nothing;
 *   - a port that is none, or a range that starts at a name or nowhere, becomes a range of no ports
 *     (lo above hi); a range that ends above 65535 ends there;
 *   - a rule that had ports but none is usable gets a peer that matches nobody, because an engine may
 *     hold rules without ports open to other protocols;
 *   - an unknown policy type isolates both directions;
 *   - requirements of selectors that cannot be read are opaque: the verdict is undefined where they matter.
 */

#include "dialect/netpol_parse.h"

#include "dialect/metadata.h"
#include "dialect/selector_read.h"

static const struct np_schema protocol_type = {.kind = NP_SCHEMA_STRING, .go = "v1.Protocol"};
static const struct np_schema port_number = {.kind = NP_SCHEMA_INT_OR_STRING, .go = "intstr.IntOrString"};
static const struct np_schema end_number = {.kind = NP_SCHEMA_INT32, .go = "int32"};
static const struct np_schema string_list = {.kind = NP_SCHEMA_LIST, .item = &np_schema_string};
static const struct np_field port_fields[] = {{"protocol", &protocol_type}, {"port", &port_number}, {"endPort", &end_number}};
static const struct np_schema port_type = {.kind = NP_SCHEMA_STRUCT, .go = "v1.NetworkPolicyPort", NP_FIELDS(port_fields)};
static const struct np_schema port_list = {.kind = NP_SCHEMA_LIST, .item = &port_type};
static const struct np_field block_fields[] = {{"cidr", &np_schema_string}, {"except", &string_list}};
static const struct np_schema block_type = {.kind = NP_SCHEMA_STRUCT, .go = "v1.IPBlock", NP_FIELDS(block_fields)};
static const struct np_field peer_fields[] = {
    {"podSelector", &np_schema_selector}, {"namespaceSelector", &np_schema_selector}, {"ipBlock", &block_type}};
static const struct np_schema peer_type = {.kind = NP_SCHEMA_STRUCT, .go = "v1.NetworkPolicyPeer", NP_FIELDS(peer_fields)};
static const struct np_schema peer_list = {.kind = NP_SCHEMA_LIST, .item = &peer_type};
static const struct np_field ingress_fields[] = {{"ports", &port_list}, {"from", &peer_list}};
static const struct np_schema ingress_type = {.kind = NP_SCHEMA_STRUCT, .go = "v1.NetworkPolicyIngressRule", NP_FIELDS(ingress_fields)};
static const struct np_schema ingress_list = {.kind = NP_SCHEMA_LIST, .item = &ingress_type};
static const struct np_field egress_fields[] = {{"ports", &port_list}, {"to", &peer_list}};
static const struct np_schema egress_type = {.kind = NP_SCHEMA_STRUCT, .go = "v1.NetworkPolicyEgressRule", NP_FIELDS(egress_fields)};
static const struct np_schema egress_list = {.kind = NP_SCHEMA_LIST, .item = &egress_type};
static const struct np_schema type_type = {.kind = NP_SCHEMA_STRING, .go = "v1.PolicyType"};
static const struct np_schema type_list = {.kind = NP_SCHEMA_LIST, .item = &type_type};
static const struct np_field spec_fields[] = {
    {"podSelector", &np_schema_selector}, {"ingress", &ingress_list}, {"egress", &egress_list}, {"policyTypes", &type_list}};
static const struct np_schema spec_type = {.kind = NP_SCHEMA_STRUCT, .go = "v1.NetworkPolicySpec", NP_FIELDS(spec_fields)};
static const struct np_field object_fields[] = {
    {"apiVersion", &np_schema_string}, {"kind", &np_schema_string}, {"metadata", &np_schema_meta}, {"spec", &spec_type}};
static const struct np_schema object_type = {.kind = NP_SCHEMA_STRUCT, .go = "v1.NetworkPolicy", NP_FIELDS(object_fields)};

/* With the status that Kubernetes 1.24 to 1.27 had (feature gate NetworkPolicyStatus, never beyond alpha). */
#define STATUS_FIRST_MINOR 24
#define STATUS_LAST_MINOR 27
static const struct np_schema status_type = {.kind = NP_SCHEMA_ANY};
static const struct np_field status_fields[] = {{"apiVersion", &np_schema_string},
                                                {"kind", &np_schema_string},
                                                {"metadata", &np_schema_meta},
                                                {"spec", &spec_type},
                                                {"status", &status_type}};
static const struct np_schema object_type_with_status = {.kind = NP_SCHEMA_STRUCT, .go = "v1.NetworkPolicy", NP_FIELDS(status_fields)};

static void no_ports(struct np_netpol_port *port)
{
    port->any = false;
    port->name = NP_ATOM_NONE;
    port->lo = 1;
    port->hi = 0;
}

static bool has_ports(const struct np_netpol_port *port)
{
    return port->protocol && (port->any || port->name != NP_ATOM_NONE || port->lo <= port->hi);
}

static void read_range(const struct np_node *start, const struct np_node *end, struct np_netpol_port *out)
{
    int64_t last = end ? end->i : start->i;

    if (start->i < 1 || start->i > 65535 || last < start->i) {
        no_ports(out);
        return;
    }
    out->lo = (uint16_t)start->i;
    out->hi = (uint16_t)(last > 65535 ? 65535 : last);
}

static void read_port(struct np_take *take, const struct np_node *item, struct np_netpol_port *out)
{
    const struct np_node *protocol = np_map_value(item, "protocol"), *port = np_map_value(item, "port");
    const struct np_node *end = np_map_value(item, "endPort");

    out->span = np_take_span(take, item);
    out->protocol = protocol ? np_protocol_number(np_node_str(protocol)) : 6;
    if (out->protocol == 0 || (end && (!port || port->kind == NP_NODE_STRING)))
        no_ports(out);
    else if (!port)
        out->any = true;
    else if (port->kind == NP_NODE_STRING)
        out->name = np_take_atom(take, np_node_str(port));
    else
        read_range(port, end, out);
}

static void nobody(struct np_netpol_peer *peer)
{
    *peer = (struct np_netpol_peer){.span = peer->span};
}

static bool prefix_of(const struct np_node *node, struct np_prefix *out)
{
    return node && node->kind == NP_NODE_STRING && np_prefix_parse(np_node_str(node), out, NULL, NULL);
}

static bool read_block(struct np_take *take, const struct np_node *block, struct np_netpol_peer *out)
{
    const struct np_node *except = np_list_at(block, "except");
    struct np_prefix *list = np_take_array(take, np_count(except), sizeof *list);

    out->is_block = true;
    if (!prefix_of(np_map_value(block, "cidr"), &out->cidr) || (np_count(except) && !list))
        return false;
    for (uint32_t i = 0; i < np_count(except); i++)
        if (!prefix_of(&except->items[i], &list[i]))
            return false;
    out->except = list;
    out->n_except = np_count(except);
    return true;
}

static void read_peer(struct np_take *take, const struct np_node *item, struct np_netpol_peer *out)
{
    const struct np_node *block = np_map_value(item, "ipBlock");

    out->span = np_take_span(take, item);
    out->pods = np_selector_read(take, np_map_value(item, "podSelector"));
    out->namespaces = np_selector_read(take, np_map_value(item, "namespaceSelector"));
    if (!block && (out->pods || out->namespaces))
        return;
    if (!block || out->pods || out->namespaces || !read_block(take, block, out))
        nobody(out);
}

static void close_rule(struct np_take *take, struct np_netpol_rule *rule)
{
    struct np_netpol_peer *peer = np_take_array(take, 1, sizeof *peer);

    if (!peer)
        return;
    peer->span = rule->span;
    nobody(peer);
    rule->peers = peer;
    rule->n_peers = 1;
}

static void read_rule(struct np_take *take, const struct np_node *item, const char *peers_key, struct np_netpol_rule *out)
{
    const struct np_node *ports = np_list_at(item, "ports"), *peers = np_list_at(item, peers_key);
    struct np_netpol_port *port = np_take_array(take, np_count(ports), sizeof *port);
    struct np_netpol_peer *peer = np_take_array(take, np_count(peers), sizeof *peer);
    bool open = np_count(ports) == 0;

    *out = (struct np_netpol_rule){.peers = peer, .ports = port, .span = np_take_span(take, item)};
    for (uint32_t i = 0; port && i < ports->n; i++) {
        read_port(take, &ports->items[i], &port[i]);
        open = open || has_ports(&port[i]);
    }
    for (uint32_t i = 0; peer && i < peers->n; i++)
        read_peer(take, &peers->items[i], &peer[i]);
    out->n_ports = port ? ports->n : 0;
    out->n_peers = peer ? peers->n : 0;
    if (!open)
        close_rule(take, out);
}

static void read_rules(struct np_take *take, const struct np_node *spec, enum np_direction direction, struct np_netpol *out)
{
    const struct np_node *list = np_list_at(spec, direction == NP_INGRESS ? "ingress" : "egress");
    struct np_netpol_rule *rules = np_take_array(take, np_count(list), sizeof *rules);

    if (!rules)
        return;
    for (uint32_t i = 0; i < list->n; i++)
        read_rule(take, &list->items[i], direction == NP_INGRESS ? "from" : "to", &rules[i]);
    out->rules[direction] = rules;
    out->n_rules[direction] = list->n;
}

static void read_types(const struct np_node *types, struct np_netpol *out)
{
    if (np_count(types) == 0) {
        out->no_types = true;
        out->isolates[NP_INGRESS] = true;
        out->isolates[NP_EGRESS] = out->n_rules[NP_EGRESS] > 0;
        return;
    }
    for (uint32_t i = 0; i < types->n; i++) {
        const struct np_node *item = &types->items[i];
        bool egress = item->kind == NP_NODE_STRING && np_str_is(np_node_str(item), "Egress");
        bool ingress = item->kind == NP_NODE_STRING && np_str_is(np_node_str(item), "Ingress");

        out->isolates[NP_INGRESS] |= ingress || !egress;
        out->isolates[NP_EGRESS] |= egress || !ingress;
    }
}

static const struct np_selector *read_subject(struct np_take *take, const struct np_node *spec, const struct np_node *object)
{
    const struct np_node *node = np_map_value(spec, "podSelector");
    struct np_selector *everything;

    if (node)
        return np_selector_read(take, node);
    everything = np_take_array(take, 1, sizeof *everything);
    if (everything)
        everything->span = np_take_span(take, spec ? spec : object);
    return everything;
}

static void read_object(struct np_take *take, const struct np_node *object, struct np_netpol *out)
{
    const struct np_node *spec = np_map_value(object, "spec");

    *out = (struct np_netpol){.ns = np_meta_namespace(take, object),
                              .name = np_meta_name(take, object),
                              .replaced_by = NP_NONE,
                              .span = np_take_span(take, object)};
    out->subject = read_subject(take, spec, object);
    read_rules(take, spec, NP_INGRESS, out);
    read_rules(take, spec, NP_EGRESS, out);
    read_types(np_list_at(spec, "policyTypes"), out);
}

/* An object out of a cluster may come from any version. */
static const struct np_schema *object_schema(const struct np_dialect_opts *opts)
{
    bool has_status = opts->kubernetes_minor >= STATUS_FIRST_MINOR && opts->kubernetes_minor <= STATUS_LAST_MINOR;

    return has_status || opts->mode == NP_MODE_STORED ? &object_type_with_status : &object_type;
}

int np_netpol_take(struct np_take *take, const struct np_node *object, const struct np_node *old)
{
    struct np_policies *policies = take->policies;
    struct np_netpol netpol;
    void *grown;

    if (!np_decode(take, object_schema(take->opts), object))
        return np_take_status(take);
    np_netpol_validate(take, object, old);
    if (!np_take_fine(take))
        return np_take_status(take);
    read_object(take, object, &netpol);
    grown = np_grow(&policies->ctx->mem, policies->netpols, &policies->cap_netpols, policies->n_netpols + 1, sizeof netpol);
    if (!grown || !np_take_fine(take)) {
        policies->netpols = grown ? grown : policies->netpols;
        return CNIPOL_E_NOMEM;
    }
    policies->netpols = grown;
    policies->netpols[policies->n_netpols++] = netpol;
    return CNIPOL_OK;
}
