/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading of tiered rules: see cnp_parse.h.
 *
 * The API text wants to fail closed where a peer or a protocol has no member that the reader knows: an
 * Accept rule then matches nothing, Deny and Pass deny all. Only a stored object (NP_MODE_STORED) can
 * look so; elsewhere the schema refused it. Decisions for stored objects, all in that spirit:
 *   - a peer without exactly one known member, or with a further unknown one, is NP_CNP_PEER_UNKNOWN;
 *     so is a peer whose list of networks has one that is no CIDR, or is empty;
 *   - a port likewise; also one whose number is no port, and a protocol by an unknown name (AdminNetworkPolicy
 *     takes any string there);
 *   - `tcp: {}` is all ports, as the text has it, if nothing unknown stands in it;
 *   - empty lists of peers or ports are one unknown peer or port, never "all";
 *   - an unknown member of an Accept or Pass rule adds an unknown port: it may narrow the rule;
 *   - an unknown action is Deny.
 * A range that ends before it starts (AdminNetworkPolicy takes it) is kept: it holds no port.
 */

#include "dialect/cnp_parse.h"
#include "dialect/netpol_parse.h"
#include "dialect/selector_read.h"

struct reader {
    struct np_take *take;
    enum np_cnp_kind kind;
    bool egress;
};

static bool member_of(const char *const *known, struct np_str key)
{
    for (uint32_t i = 0; known[i]; i++)
        if (np_str_is(key, known[i]))
            return true;
    return false;
}

/* The one member that is given and known; NULL if there is none, several, or one too new to know. */
static const struct np_pair *only_member(const struct np_take *take, const struct np_node *map, const char *const *known)
{
    const struct np_pair *found = NULL;

    for (uint32_t i = 0; i < np_count(map); i++) {
        const struct np_pair *pair = &map->pairs[i];
        bool is_known = member_of(known, np_node_str(&pair->key));

        if (pair->value.kind == NP_NODE_NULL || (!is_known && take->opts->mode != NP_MODE_STORED))
            continue;
        if (!is_known || found)
            return NULL;
        found = pair;
    }
    return found;
}

static bool has_other_members(const struct np_node *map, const char *const *known)
{
    for (uint32_t i = 0; i < np_count(map); i++)
        if (map->pairs[i].value.kind != NP_NODE_NULL && !member_of(known, np_node_str(&map->pairs[i].key)))
            return true;
    return false;
}

/* Up to v0.1.1 `namespaces` had members of its own; what reads them today sees an empty selector. */
static void warn_old_peer(struct reader *r, const struct np_node *namespaces, const struct np_path *path)
{
    static const char *const old[] = {"namespaceSelector", "sameLabels", "notSameLabels"};
    bool stored = r->take->opts->mode == NP_MODE_STORED;

    for (size_t i = 0; i < sizeof old / sizeof old[0]; i++) {
        const struct np_pair *pair = np_map_pair(namespaces, old[i]);
        struct np_path at = np_path_key(path, old[i]);
        struct np_diag *d;

        if (!pair || pair->value.kind == NP_NODE_NULL)
            continue;
        d = np_take_warn(r->take, NP_CNP_OLD_PEER, &pair->key, &at, "`namespaces.%s` is a word of API v0.1.1: %s", old[i],
                         stored ? "what the peer selects is unknown" : "it is dropped, and the peer selects ALL namespaces");
        np_diag_help(&r->take->ctx->diags, d, "put a label selector directly under `namespaces`");
    }
}

static void warn_selector(struct reader *r, const struct np_node *node, const struct np_path *path)
{
    struct np_diag *d;

    if (np_selector_is_valid(node))
        return;
    d = np_take_warn(r->take, NP_CNP_SELECTOR, node, path, "the server stores this selector, but no engine can read it");
    np_diag_help(&r->take->ctx->diags, d, "check its operators, values and label syntax; verdicts that depend on it are undefined");
}

static const struct np_selector *read_selector(struct reader *r, const struct np_node *map, const char *key, const struct np_path *path)
{
    const struct np_node *node = np_map_value(map, key);
    struct np_path at = np_path_key(path, key);

    if (!node)
        return NULL;
    warn_selector(r, node, &at);
    return np_selector_read(r->take, node);
}

static bool read_networks(struct reader *r, const struct np_node *list, struct np_cnp_peer *out)
{
    struct np_prefix *networks = np_take_array(r->take, list->n, sizeof *networks);

    if (!networks)
        return false;
    for (uint32_t i = 0; i < list->n; i++)
        if (!np_prefix_parse(np_node_str(&list->items[i]), &networks[i], NULL, NULL))
            return false;
    out->networks = networks;
    out->n_networks = list->n;
    return true;
}

static bool read_domains(struct reader *r, const struct np_node *list, struct np_cnp_peer *out)
{
    np_atom *domains = np_take_array(r->take, list->n, sizeof *domains);

    if (!domains)
        return false;
    for (uint32_t i = 0; i < list->n; i++)
        domains[i] = np_take_atom(r->take, np_node_str(&list->items[i]));
    out->domains = domains;
    out->n_domains = list->n;
    return true;
}

static bool read_pods(struct reader *r, const struct np_node *pods, const struct np_path *path, struct np_cnp_peer *out)
{
    static const char *const known[] = {"namespaceSelector", "podSelector", NULL};

    if (r->take->opts->mode == NP_MODE_STORED && has_other_members(pods, known))
        return false;
    out->namespaces = read_selector(r, pods, "namespaceSelector", path);
    out->selector = read_selector(r, pods, "podSelector", path);
    return out->selector != NULL;
}

static const char *const *peer_words(const struct reader *r)
{
    static const char *const ingress[] = {"namespaces", "pods", NULL};
    static const char *const baseline[] = {"namespaces", "pods", "networks", "nodes", NULL};
    static const char *const egress[] = {"namespaces", "pods", "networks", "nodes", "domainNames", NULL};

    if (!r->egress)
        return ingress;
    return r->kind == NP_BANP ? baseline : egress;
}

static bool read_member(struct reader *r, const struct np_node *item, const struct np_pair *member, const struct np_path *path,
                        struct np_cnp_peer *out)
{
    struct np_path at = np_path_key(path, member->key.s);
    struct np_str word = np_node_str(&member->key);

    if (np_str_is(word, "namespaces")) {
        out->kind = NP_CNP_PEER_NAMESPACES;
        warn_old_peer(r, &member->value, &at);
        out->namespaces = read_selector(r, item, "namespaces", path);
        return out->namespaces != NULL;
    }
    if (np_str_is(word, "pods")) {
        out->kind = NP_CNP_PEER_PODS;
        return read_pods(r, &member->value, &at, out);
    }
    if (np_str_is(word, "networks")) {
        out->kind = NP_CNP_PEER_NETWORKS;
        return read_networks(r, &member->value, out);
    }
    if (np_str_is(word, "nodes")) {
        out->kind = NP_CNP_PEER_NODES;
        out->selector = read_selector(r, item, "nodes", path);
        return out->selector != NULL;
    }
    out->kind = NP_CNP_PEER_DOMAINS;
    return read_domains(r, &member->value, out);
}

static void read_peer(struct reader *r, const struct np_node *item, const struct np_path *path, struct np_cnp_peer *out)
{
    const struct np_pair *member = only_member(r->take, item, peer_words(r));

    out->span = np_take_span(r->take, item);
    if (member && read_member(r, item, member, path, out))
        return;
    *out = (struct np_cnp_peer){.kind = NP_CNP_PEER_UNKNOWN, .span = out->span};
    np_take_warn(r->take, NP_CNP_UNKNOWN_PEER, item, path,
                 "the peer has no member that can be used: an accepting rule matches nothing, others deny all");
}

static bool port_value(const struct np_node *map, const char *key, uint16_t *out)
{
    double value = np_number_of(np_map_value(map, key));

    if (!(value >= 1 && value <= 65535))
        return false;
    *out = (uint16_t)value;
    return true;
}

static bool read_bounds(struct reader *r, const struct np_node *range, const struct np_path *path, struct np_cnp_port *out)
{
    if (!port_value(range, "start", &out->lo) || !port_value(range, "end", &out->hi))
        return false;
    if (out->lo > out->hi)
        np_take_warn(r->take, NP_CNP_RANGE_EMPTY, range, path, "the range %u-%u holds no port", out->lo, out->hi);
    return true;
}

/* v1alpha2: destinationPort of tcp, udp, sctp. */
static bool read_l4(struct reader *r, const struct np_pair *member, const struct np_path *path, struct np_cnp_port *out)
{
    static const char *const words[] = {"number", "range", NULL};
    static const char *const l4_words[] = {"destinationPort", NULL};
    const struct np_node *port = np_map_value(&member->value, "destinationPort");
    const struct np_pair *how = only_member(r->take, port, words);
    struct np_path at = np_path_key(path, "destinationPort"), range_at = np_path_key(&at, "range");

    out->protocol = np_str_is(np_node_str(&member->key), "tcp") ? 6 : np_str_is(np_node_str(&member->key), "udp") ? 17 : 132;
    if (!port) {
        out->lo = 0;
        out->hi = 65535;
        return !has_other_members(&member->value, l4_words) || r->take->opts->mode != NP_MODE_STORED;
    }
    if (!how)
        return false;
    if (np_str_is(np_node_str(&how->key), "range"))
        return read_bounds(r, &how->value, &range_at, out);
    out->hi = port_value(port, "number", &out->lo) ? out->lo : 0;
    return out->hi != 0;
}

static bool read_name(struct reader *r, const struct np_node *name, struct np_cnp_port *out)
{
    out->name = np_take_atom(r->take, np_node_str(name));
    out->hi = 65535;
    return true;
}

static bool read_protocol_name(struct reader *r, const struct np_node *map, const struct np_path *path, struct np_cnp_port *out)
{
    const struct np_node *node = np_map_value(map, "protocol");
    struct np_path at = np_path_key(path, "protocol");
    struct np_diag *d;

    out->protocol = node ? np_protocol_number(np_node_str(node)) : 6;
    if (out->protocol)
        return true;
    d = np_take_warn(r->take, NP_ANP_PROTOCOL, node, &at, "the server stores the protocol \"%.*s\", but no engine knows it", (int)node->n,
                     node->s);
    np_diag_help(&r->take->ctx->diags, d, "the protocols are TCP, UDP and SCTP");
    return false;
}

/* v1alpha1: portNumber, portRange. */
static bool read_numbered(struct reader *r, const struct np_pair *member, const struct np_path *path, struct np_cnp_port *out)
{
    static const char *const words[] = {"protocol", "port", "start", "end", NULL};
    bool named = read_protocol_name(r, &member->value, path, out);

    if (r->take->opts->mode == NP_MODE_STORED && has_other_members(&member->value, words))
        return false;
    if (np_str_is(np_node_str(&member->key), "portRange"))
        return read_bounds(r, &member->value, path, out) && named;
    out->hi = port_value(&member->value, "port", &out->lo) ? out->lo : 0;
    return out->hi != 0 && named;
}

static void read_port(struct reader *r, const struct np_node *item, const struct np_path *path, struct np_cnp_port *out)
{
    static const char *const new_words[] = {"tcp", "udp", "sctp", "destinationNamedPort", NULL};
    static const char *const old_words[] = {"portNumber", "portRange", "namedPort", NULL};
    const struct np_pair *member = only_member(r->take, item, r->kind == NP_CNP ? new_words : old_words);
    struct np_path at = np_path_key(path, member ? member->key.s : "");
    bool known = false;

    out->span = np_take_span(r->take, item);
    if (member && member->value.kind == NP_NODE_STRING)
        known = read_name(r, &member->value, out);
    else if (member && r->kind == NP_CNP)
        known = read_l4(r, member, &at, out);
    else if (member)
        known = read_numbered(r, member, &at, out);
    if (known)
        return;
    *out = (struct np_cnp_port){.unknown = true, .span = out->span};
    np_take_warn(r->take, NP_CNP_UNKNOWN_PORT, item, path, "the port cannot be used: an accepting rule matches nothing, others deny all");
}

static void read_peers(struct reader *r, const struct np_node *rule, const char *key, const struct np_path *path, struct np_cnp_rule *out)
{
    const struct np_node *list = np_list_at(rule, key);
    uint32_t n = np_count(list) ? np_count(list) : 1;
    struct np_cnp_peer *peers = np_take_array(r->take, n, sizeof *peers);
    struct np_path list_path = np_path_key(path, key);

    if (!peers)
        return;
    if (np_count(list) == 0)
        peers[0] = (struct np_cnp_peer){.kind = NP_CNP_PEER_UNKNOWN, .span = out->span};
    for (uint32_t i = 0; i < np_count(list); i++) {
        struct np_path at = np_path_index(&list_path, i);

        read_peer(r, &list->items[i], &at, &peers[i]);
    }
    out->peers = peers;
    out->n_peers = n;
}

/* An extra unknown port where the list is empty, or the rule has members that may narrow it. */
static void read_ports(struct reader *r, const struct np_node *rule, const char *key, const struct np_path *path, bool narrowed,
                       struct np_cnp_rule *out)
{
    const struct np_node *list = np_list_at(rule, key);
    uint32_t n = np_count(list), extra = (list && n == 0) || narrowed;
    struct np_cnp_port *ports = np_take_array(r->take, (size_t)n + extra, sizeof *ports);
    struct np_path list_path = np_path_key(path, key);

    if (!ports)
        return;
    for (uint32_t i = 0; i < n; i++) {
        struct np_path at = np_path_index(&list_path, i);

        read_port(r, &list->items[i], &at, &ports[i]);
    }
    if (extra)
        ports[n] = (struct np_cnp_port){.unknown = true, .span = out->span};
    out->ports = ports;
    out->n_ports = n + extra;
}

static enum np_cnp_action read_action(const struct np_node *rule)
{
    struct np_str action = np_string_at(rule, "action");

    if (np_str_is(action, "Accept") || np_str_is(action, "Allow"))
        return NP_CNP_ACCEPT;
    return np_str_is(action, "Pass") ? NP_CNP_PASS : NP_CNP_DENY;
}

/* `Allow` where the kind says `Accept`, and the other way round, is no action of that kind. */
static bool action_fits(const struct reader *r, const struct np_node *rule)
{
    return np_str_is(np_string_at(rule, "action"), r->kind == NP_CNP ? "Accept" : "Allow");
}

static void read_rule(struct reader *r, const struct np_node *item, const struct np_path *path, struct np_cnp_rule *out)
{
    const char *peers_key = r->egress ? "to" : "from", *ports_key = r->kind == NP_CNP ? "protocols" : "ports";
    const char *const known[] = {"name", "action", peers_key, ports_key, NULL};
    const struct np_node *name = np_map_value(item, "name");
    bool narrowed;

    *out = (struct np_cnp_rule){.action = read_action(item), .span = np_take_span(r->take, item)};
    if (out->action == NP_CNP_ACCEPT && !action_fits(r, item))
        out->action = NP_CNP_DENY;
    if (name)
        out->name = np_take_atom(r->take, np_node_str(name));
    narrowed = r->take->opts->mode == NP_MODE_STORED && out->action != NP_CNP_DENY && has_other_members(item, known);
    if (narrowed)
        np_take_warn(r->take, NP_CNP_UNKNOWN_PORT, item, path,
                     "the rule has members that this version does not know, and they may narrow it");
    read_peers(r, item, peers_key, path, out);
    read_ports(r, item, ports_key, path, narrowed, out);
}

void np_cnp_read_rules(struct np_take *take, enum np_direction direction, const struct np_node *spec, struct np_cnp *out)
{
    const char *key = direction == NP_EGRESS ? "egress" : "ingress";
    const struct np_node *list = np_list_at(spec, key);
    struct np_path spec_path = np_path_key(NULL, "spec"), list_path = np_path_key(&spec_path, key);
    struct np_cnp_rule *rules = np_take_array(take, np_count(list), sizeof *rules);
    struct reader r = {take, out->kind, direction == NP_EGRESS};

    if (!rules)
        return;
    for (uint32_t i = 0; i < list->n; i++) {
        struct np_path at = np_path_index(&list_path, i);

        read_rule(&r, &list->items[i], &at, &rules[i]);
    }
    out->rules[direction] = rules;
    out->n_rules[direction] = list->n;
}
