/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules of cluster policies compared.
 *
 * Covering goes by what is written, so it holds whatever the cluster: a selector covers another that
 * has all of its requirements; each peer and each port of the narrow rule must be covered by one of the
 * wide rule. Meeting asks for evidence: a pod that both rules pick, an address that both hold.
 */

#include "analysis/lint.h"

static bool requirement_eq(const struct np_requirement *a, const struct np_requirement *b)
{
    return a->key == b->key && a->op == b->op && a->op != NP_SELECTOR_OPAQUE && a->n_values == b->n_values &&
           (!a->n_values || memcmp(a->values, b->values, a->n_values * sizeof *a->values) == 0);
}

static bool asks_for(const struct np_selector *selector, const struct np_requirement *req)
{
    for (uint32_t i = 0; i < selector->n; i++)
        if (requirement_eq(&selector->items[i], req))
            return true;
    return false;
}

bool np_lint_selector_covers(const struct np_selector *wide, const struct np_selector *narrow)
{
    for (uint32_t i = 0; wide && i < wide->n; i++)
        if (!narrow || !asks_for(narrow, &wide->items[i]))
            return false;
    return true;
}

static bool networks_cover(const struct np_cnp_peer *wide, const struct np_cnp_peer *narrow)
{
    for (uint32_t i = 0; i < narrow->n_networks; i++) {
        uint32_t k = 0;

        while (k < wide->n_networks && !np_prefix_within(&narrow->networks[i], &wide->networks[k]))
            k++;
        if (k == wide->n_networks)
            return false;
    }
    return true;
}

static bool domains_cover(const struct np_cnp_peer *wide, const struct np_cnp_peer *narrow)
{
    for (uint32_t i = 0; i < narrow->n_domains; i++) {
        uint32_t k = 0;

        while (k < wide->n_domains && narrow->domains[i] != wide->domains[k])
            k++;
        if (k == wide->n_domains)
            return false;
    }
    return true;
}

static bool picks_pods(const struct np_cnp_peer *peer)
{
    return peer->kind == NP_CNP_PEER_NAMESPACES || peer->kind == NP_CNP_PEER_PODS;
}

static bool peer_covers(const struct np_cnp_peer *wide, const struct np_cnp_peer *narrow)
{
    if (picks_pods(wide) && picks_pods(narrow))
        return np_lint_selector_covers(wide->namespaces, narrow->namespaces) && np_lint_selector_covers(wide->selector, narrow->selector);
    if (wide->kind != narrow->kind)
        return false;
    switch (wide->kind) {
    case NP_CNP_PEER_NETWORKS:
        return networks_cover(wide, narrow);
    case NP_CNP_PEER_NODES:
        return np_lint_selector_covers(wide->selector, narrow->selector);
    case NP_CNP_PEER_DOMAINS:
        return domains_cover(wide, narrow);
    default:
        return false;
    }
}

static bool is_whole(const struct np_cnp_port *port)
{
    return port->name == NP_ATOM_NONE && port->lo == 0 && port->hi == UINT16_MAX;
}

static bool port_covers(const struct np_cnp_port *wide, const struct np_cnp_port *narrow)
{
    bool protocol = !wide->protocol || wide->protocol == narrow->protocol;

    if (wide->unknown || narrow->unknown || !protocol)
        return false;
    if (is_whole(wide))
        return true;
    if (wide->name != NP_ATOM_NONE || narrow->name != NP_ATOM_NONE)
        return wide->name == narrow->name;
    return wide->lo <= narrow->lo && narrow->hi <= wide->hi && narrow->lo <= narrow->hi;
}

static bool some_peer_covers(const struct np_cnp_rule *wide, const struct np_cnp_peer *peer)
{
    for (uint32_t i = 0; i < wide->n_peers; i++)
        if (peer_covers(&wide->peers[i], peer))
            return true;
    return false;
}

static bool some_port_covers(const struct np_cnp_rule *wide, const struct np_cnp_port *port)
{
    for (uint32_t i = 0; i < wide->n_ports; i++)
        if (port_covers(&wide->ports[i], port))
            return true;
    return false;
}

bool np_lint_rule_covers(const struct np_cnp_rule *wide, const struct np_cnp_rule *narrow)
{
    if (np_cnp_rule_has_unknown(wide) || np_cnp_rule_has_unknown(narrow) || (wide->n_ports && !narrow->n_ports))
        return false;
    for (uint32_t i = 0; i < narrow->n_peers; i++)
        if (!some_peer_covers(wide, &narrow->peers[i]))
            return false;
    for (uint32_t i = 0; wide->n_ports && i < narrow->n_ports; i++)
        if (!some_port_covers(wide, &narrow->ports[i]))
            return false;
    return true;
}

bool np_lint_sets_meet(const struct np_set *a, const struct np_set *b, uint32_t *pod)
{
    uint32_t i = 0, k = 0;

    while (i < a->n_yes && k < b->n_yes) {
        uint32_t lo = a->yes[i].lo > b->yes[k].lo ? a->yes[i].lo : b->yes[k].lo;

        if (lo < a->yes[i].hi && lo < b->yes[k].hi) {
            *pod = lo;
            return true;
        }
        if (a->yes[i].hi < b->yes[k].hi)
            i++;
        else
            k++;
    }
    return false;
}

static bool pods_meet(struct np_lint *lint, const struct np_cnp_peer *a, const struct np_cnp_peer *b)
{
    struct np_selection x = np_lint_cnp_peer(a), y = np_lint_cnp_peer(b);
    const struct np_set *p = np_lint_set(lint, &x), *q = np_lint_set(lint, &y);
    uint32_t pod;

    return p && q && np_lint_spend(lint, (uint64_t)p->n_yes + q->n_yes) && np_lint_sets_meet(p, q, &pod);
}

static bool networks_meet(const struct np_cnp_peer *a, const struct np_cnp_peer *b)
{
    for (uint32_t i = 0; i < a->n_networks; i++)
        for (uint32_t k = 0; k < b->n_networks; k++)
            if (np_prefix_within(&a->networks[i], &b->networks[k]) || np_prefix_within(&b->networks[k], &a->networks[i]))
                return true;
    return false;
}

static bool peers_meet(struct np_lint *lint, const struct np_cnp_peer *a, const struct np_cnp_peer *b)
{
    if (picks_pods(a) && picks_pods(b))
        return pods_meet(lint, a, b);
    if (a->kind == NP_CNP_PEER_NETWORKS && b->kind == a->kind)
        return networks_meet(a, b);
    return peer_covers(a, b) || peer_covers(b, a);
}

static bool ports_meet(const struct np_cnp_port *a, const struct np_cnp_port *b)
{
    if (a->unknown || b->unknown || (a->protocol && b->protocol && a->protocol != b->protocol))
        return false;
    if (is_whole(a) || is_whole(b))
        return true;
    if (a->name != NP_ATOM_NONE || b->name != NP_ATOM_NONE)
        return a->name == b->name;
    return a->lo <= b->hi && b->lo <= a->hi;
}

static bool l4_meets(const struct np_cnp_rule *a, const struct np_cnp_rule *b)
{
    for (uint32_t i = 0; i < a->n_ports; i++)
        for (uint32_t k = 0; k < b->n_ports; k++)
            if (ports_meet(&a->ports[i], &b->ports[k]))
                return true;
    return !a->n_ports || !b->n_ports;
}

bool np_lint_rules_meet(struct np_lint *lint, const struct np_cnp_rule *a, const struct np_cnp_rule *b)
{
    if (np_cnp_rule_has_unknown(a) || np_cnp_rule_has_unknown(b) || !l4_meets(a, b))
        return false;
    for (uint32_t i = 0; i < a->n_peers; i++)
        for (uint32_t k = 0; k < b->n_peers; k++)
            if (peers_meet(lint, &a->peers[i], &b->peers[k]))
                return true;
    return false;
}
