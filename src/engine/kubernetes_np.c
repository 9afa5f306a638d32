/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NetworkPolicy under the generic kubernetes engine: a union stage.
 *
 * Policies are lowered in attribution order (namespace, name), so that the first match of the union is
 * the one to be named. Host-network pods need no care here: under `host-network: as-node` no end has
 * their number, under `as-pod` they are pods as any other.
 *
 * Sources: kubernetes/api networking/v1/types.go; kubernetes/website concepts/services-networking/
 * network-policies.md; docs/semantics/kubernetes.md section 2.
 */

#include "engine/lower.h"

static struct np_pred subject_of(struct np_lower *l, const struct np_netpol *policy)
{
    struct np_selection selection = {.kind = NP_SELECT_NAMESPACE, .ns = policy->ns, .pods = policy->subject};
    struct np_term term = np_lower_select(l, &selection);

    return np_lower_pred(l, &term, 1);
}

void np_lower_netpol_policies(struct np_lower *l)
{
    l->netpols.first = l->machine->n_policies;
    for (uint32_t i = 0; i < l->netpols.n; i++) {
        const struct np_netpol *policy = &l->input->policies->netpols[l->netpols.items[i]];

        np_lower_policy(
            l,
            &(struct np_policy){
                .kind = "NetworkPolicy", .ns = policy->ns, .name = policy->name, .span = policy->span, .subject = subject_of(l, policy)});
    }
}

static void lower_block(struct np_lower *l, const struct np_netpol_peer *peer)
{
    struct np_term terms[NP_LOWER_TERMS];
    uint32_t n = np_lower_block(l, &peer->cidr, 1, terms);

    if (peer->n_except)
        terms[n++] = np_term_not(np_lower_prefixes(l, peer->except, peer->n_except));
    np_lower_or(l, terms, n);
}

/* A podSelector alone speaks of the policy's own namespace. */
static void lower_selectors(struct np_lower *l, const struct np_netpol *policy, const struct np_netpol_peer *peer)
{
    struct np_selection selection = {.kind = NP_SELECT_PODS, .namespaces = peer->namespaces, .pods = peer->pods};
    struct np_term term;

    if (!peer->namespaces) {
        selection.kind = NP_SELECT_NAMESPACE;
        selection.ns = policy->ns;
    }
    term = np_lower_select(l, &selection);
    np_lower_or(l, &term, 1);
}

static struct np_pred lower_peers(struct np_lower *l, const struct np_netpol *policy, const struct np_netpol_rule *rule)
{
    if (!rule->n_peers)
        return np_pred_true;
    np_lower_begin(l);
    for (uint32_t i = 0; i < rule->n_peers; i++) {
        const struct np_netpol_peer *peer = &rule->peers[i];

        if (peer->is_block)
            lower_block(l, peer);
        else if (peer->namespaces || peer->pods)
            lower_selectors(l, policy, peer);
    }
    return np_lower_end(l);
}

static void lower_port(struct np_lower *l, const struct np_netpol_port *port)
{
    struct np_term terms[NP_LOWER_TERMS] = {np_term_protocol(port->protocol)};
    uint32_t n = 1;

    if (port->name != NP_ATOM_NONE)
        terms[n++] = np_term_port_name(port->name, port->protocol);
    else if (!port->any)
        terms[n++] = np_term_port(port->lo, port->hi);
    np_lower_or(l, terms, n);
}

uint32_t np_lower_other_protocols(struct np_term *terms)
{
    static const uint8_t named[] = {CNIPOL_PROTOCOL_TCP, CNIPOL_PROTOCOL_UDP, CNIPOL_PROTOCOL_SCTP};
    uint32_t n = 0;

    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        terms[n++] = np_term_not(np_term_protocol(named[i]));
    return n;
}

static struct np_pred lower_ports(struct np_lower *l, const struct np_netpol_rule *rule)
{
    if (!rule->n_ports)
        return np_pred_true;
    np_lower_begin(l);
    for (uint32_t i = 0; i < rule->n_ports; i++)
        lower_port(l, &rule->ports[i]);
    if (np_knob(l->input->knobs, NP_KNOB_ICMP_AND_OTHER) == NP_OTHER_FOLLOW_L3) {
        struct np_term terms[NP_LOWER_TERMS];

        np_lower_or(l, terms, np_lower_other_protocols(terms));
    }
    return np_lower_end(l);
}

static void lower_rules(struct np_lower *l, const struct np_netpol *policy, enum np_direction direction, uint32_t number,
                        struct np_lower_stage *stage)
{
    for (uint32_t i = 0; i < policy->n_rules[direction]; i++) {
        const struct np_netpol_rule *rule = &policy->rules[direction][i];
        struct np_pred remote = lower_peers(l, policy, rule);
        struct np_pred l4 = lower_ports(l, rule);

        np_lower_rule(l, stage,
                      &(struct np_rule){.policy = number,
                                        .index = (int32_t)i,
                                        .subject = l->machine->policies[number].subject,
                                        .local = np_pred_true,
                                        .remote = remote,
                                        .l4 = l4,
                                        .outcome = {.action = NP_ACTION_ALLOW},
                                        .span = rule->span});
    }
}

void np_lower_netpols(struct np_lower *l, enum np_direction direction, struct np_lower_stage *stage)
{
    for (uint32_t i = 0; i < l->netpols.n && !l->failed; i++) {
        const struct np_netpol *policy = &l->input->policies->netpols[l->netpols.items[i]];

        if (!policy->isolates[direction])
            continue;
        np_lower_governs(l, stage, l->netpols.first + i);
        lower_rules(l, policy, direction, l->netpols.first + i, stage);
    }
}
