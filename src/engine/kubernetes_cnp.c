/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ClusterNetworkPolicy, AdminNetworkPolicy and BaselineAdminNetworkPolicy: first-match stages.
 *
 * Rules are laid out by (priority, policy name, rule); policies of one tier and priority share a tie
 * number, for the knob `equal-priority`. Host-network pods are neither subjects nor peers. A peer or
 * protocol that this version does not know fails closed: an Accept rule with one matches nothing, a
 * Deny or Pass rule denies everything (knob `unknown-field-peer`).
 *
 * `nodes` peers are node addresses, `domainNames` the addresses that the `dns` table gives; a name
 * without an entry may match anything.
 *
 * Sources: kubernetes-sigs/network-policy-api apis/v1alpha2/clusternetworkpolicy_types.go (v0.2.0),
 * npeps/npep-133; docs/semantics/kubernetes.md section 4.
 */

#include "engine/lower.h"

static const char *const kind_names[] = {"ClusterNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy"};
static const char *const tier_names[] = {"Admin", "Baseline"};

static struct np_term select_pods(struct np_lower *l, const struct np_selector *namespaces, const struct np_selector *pods)
{
    struct np_selection selection = {.kind = NP_SELECT_PODS, .without_host_network = true, .namespaces = namespaces, .pods = pods};

    return np_lower_select(l, &selection);
}

void np_lower_cnp_policies(struct np_lower *l)
{
    l->cnps.first = l->machine->n_policies;
    for (uint32_t i = 0; i < l->cnps.n; i++) {
        const struct np_cnp *policy = &l->input->policies->cnps[l->cnps.items[i]];
        struct np_term subject = select_pods(l, policy->namespaces, policy->pods);

        np_lower_policy(l, &(struct np_policy){.kind = kind_names[policy->kind],
                                               .tier = tier_names[policy->tier],
                                               .name = policy->name,
                                               .family = 1,
                                               .kind_order = (uint8_t)policy->kind,
                                               .priority = policy->priority,
                                               .span = policy->span,
                                               .subject = np_lower_pred(l, &subject, 1)});
    }
}

/* The addresses of the nodes that the selector picks surely, or perhaps. */
static struct np_prefix_list node_addresses(struct np_lower *l, const struct np_selector *selector, enum np_tri pick)
{
    uint32_t n_nodes, n = 0;
    const struct np_node_object *nodes = np_view_nodes(l->input->view, &n_nodes);
    struct np_prefix *items;

    for (uint32_t i = 0; i < n_nodes; i++)
        n += nodes[i].n_ips;
    items = np_arena_array(&l->machine->arena, n, sizeof *items);
    if (!items) {
        l->failed = true;
        return (struct np_prefix_list){NULL, 0};
    }
    n = 0;
    for (uint32_t i = 0; i < n_nodes; i++)
        if (np_selector_matches(selector, &nodes[i].labels) == pick)
            for (uint32_t k = 0; k < nodes[i].n_ips; k++)
                items[n++] = np_prefix_of(&nodes[i].ips[k]);
    return (struct np_prefix_list){items, n};
}

static void or_nodes(struct np_lower *l, const struct np_selector *selector)
{
    struct np_prefix_list sure = node_addresses(l, selector, NP_YES), perhaps = node_addresses(l, selector, NP_UNKNOWN);
    struct np_term terms[NP_LOWER_TERMS] = {np_lower_prefixes(l, sure.items, sure.n)};

    np_lower_or(l, terms, 1);
    if (!perhaps.n)
        return;
    terms[0] = np_lower_prefixes(l, perhaps.items, perhaps.n);
    terms[1] = np_lower_unknown(l, "whether the selector picks the node is not known");
    np_lower_or(l, terms, 2);
}

/* Lower case, without a final dot, as the dns table has its names. */
static struct np_str canonical_domain(struct np_lower *l, np_atom domain)
{
    struct np_str written = np_atoms_str(&l->input->ctx->atoms, domain);
    char *text = np_arena_strndup(&l->machine->arena, written.s, written.n);

    if (!text) {
        l->failed = true;
        return NP_STR("");
    }
    for (uint32_t i = 0; i < written.n; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
    if (written.n && text[written.n - 1] == '.')
        written.n--;
    return (struct np_str){text, written.n};
}

static void or_domain_unknown(struct np_lower *l, struct np_str domain)
{
    struct np_buf text;
    struct np_term term;
    char *reason;

    np_buf_init(&text, l->machine->mem);
    np_buf_adds(&text, "the addresses of domain ");
    np_buf_addstr(&text, domain);
    np_buf_adds(&text, " are not known");
    reason = np_buf_failed(&text) ? NULL : np_arena_strndup(&l->machine->arena, text.s, text.n);
    np_buf_free(&text);
    if (!reason) {
        l->failed = true;
        return;
    }
    term = np_lower_unknown(l, reason);
    np_lower_or(l, &term, 1);
}

static void or_domain(struct np_lower *l, np_atom written)
{
    const struct cnipol_knobs *knobs = l->input->knobs;
    struct np_str domain = canonical_domain(l, written);
    bool known = false;

    for (uint32_t i = 0; i < knobs->n_dns && !l->failed; i++) {
        const struct np_dns_entry *entry = &knobs->dns[i];
        struct np_prefix *items;
        struct np_term term;

        if (!np_domain_matches(domain, np_atoms_str(&knobs->ctx->atoms, entry->name)))
            continue;
        known = true;
        items = np_arena_array(&l->machine->arena, entry->n_ips, sizeof *items);
        if (!items) {
            l->failed = true;
            return;
        }
        for (uint32_t k = 0; k < entry->n_ips; k++)
            items[k] = np_prefix_of(&entry->ips[k]);
        term = np_lower_prefixes(l, items, entry->n_ips);
        np_lower_or(l, &term, 1);
    }
    if (!known && !l->failed)
        or_domain_unknown(l, domain);
}

static void or_peer(struct np_lower *l, const struct np_cnp_peer *peer)
{
    struct np_term terms[NP_LOWER_TERMS];
    uint32_t n = 1;

    switch (peer->kind) {
    case NP_CNP_PEER_NAMESPACES:
        terms[0] = select_pods(l, peer->namespaces, NULL);
        break;
    case NP_CNP_PEER_PODS:
        terms[0] = select_pods(l, peer->namespaces, peer->selector);
        break;
    case NP_CNP_PEER_NETWORKS:
        n = np_lower_block(l, peer->networks, peer->n_networks, terms);
        break;
    case NP_CNP_PEER_NODES:
        or_nodes(l, peer->selector);
        return;
    case NP_CNP_PEER_DOMAINS:
        for (uint32_t i = 0; i < peer->n_domains; i++)
            or_domain(l, peer->domains[i]);
        return;
    case NP_CNP_PEER_UNKNOWN:
        return;
    }
    np_lower_or(l, terms, n);
}

static void or_port(struct np_lower *l, const struct np_cnp_port *port)
{
    struct np_term terms[NP_LOWER_TERMS];
    uint32_t n = 0;

    if (port->unknown)
        return;
    if (port->protocol)
        terms[n++] = np_term_protocol(port->protocol);
    if (port->name != NP_ATOM_NONE)
        terms[n++] = np_term_port_name(port->name, port->protocol);
    else if (port->lo != 0 || port->hi != UINT16_MAX)
        terms[n++] = np_term_port(port->lo, port->hi);
    np_lower_or(l, terms, n);
}

static void lower_predicates(struct np_lower *l, const struct np_cnp_rule *from, struct np_rule *to)
{
    np_lower_begin(l);
    for (uint32_t i = 0; i < from->n_peers; i++)
        or_peer(l, &from->peers[i]);
    to->remote = np_lower_end(l);
    if (!from->n_ports) {
        to->l4 = np_pred_true;
        return;
    }
    np_lower_begin(l);
    for (uint32_t i = 0; i < from->n_ports; i++)
        or_port(l, &from->ports[i]);
    to->l4 = np_lower_end(l);
}

static uint8_t action_of(enum np_cnp_action action)
{
    static const uint8_t actions[] = {NP_ACTION_ALLOW, NP_ACTION_DENY, NP_ACTION_PASS};

    return actions[action];
}

static void lower_rule(struct np_lower *l, const struct np_cnp_rule *from, struct np_rule *to)
{
    bool fail_closed = np_knob(l->input->knobs, NP_KNOB_UNKNOWN_FIELD_PEER) == 0 && np_cnp_rule_has_unknown(from);

    to->outcome = (struct np_outcome){.action = action_of(from->action), .target = NP_PASS_STAGE};
    if (!fail_closed) {
        lower_predicates(l, from, to);
        return;
    }
    to->remote = to->l4 = from->action == NP_CNP_ACCEPT ? np_pred_false : np_pred_true;
    to->outcome.action = NP_ACTION_DENY;
}

static void lower_rules(struct np_lower *l, const struct np_cnp *policy, enum np_direction direction, uint32_t number,
                        struct np_lower_stage *stage)
{
    for (uint32_t i = 0; i < policy->n_rules[direction]; i++) {
        const struct np_cnp_rule *from = &policy->rules[direction][i];
        struct np_rule to = {.tie = (uint32_t)policy->priority,
                             .policy = number,
                             .index = (int32_t)i,
                             .name = from->name,
                             .subject = l->machine->policies[number].subject,
                             .local = np_pred_true,
                             .span = from->span};

        lower_rule(l, from, &to);
        np_lower_rule(l, stage, &to);
    }
}

void np_lower_cnps(struct np_lower *l, enum np_cnp_tier tier, enum np_direction direction, struct np_lower_stage *stage)
{
    for (uint32_t i = 0; i < l->cnps.n && !l->failed; i++) {
        const struct np_cnp *policy = &l->input->policies->cnps[l->cnps.items[i]];

        if (policy->tier == tier)
            lower_rules(l, policy, direction, l->cnps.first + i, stage);
    }
}
