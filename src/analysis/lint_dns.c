/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pods that are isolated for egress, may reach something, but not a DNS server: no rule that holds for
 * them allows UDP 53 to anybody. Pods of policies that allow it are crossed out first; a policy is told
 * of if it selects a pod that is left, and then all of its pods are crossed out too, so a set of pods
 * is told of once. Crossed-out stretches are skipped in near-constant time (a forest with path halving).
 *
 * Egress without any rule is no slip: nothing is meant to be reached.
 */

#include "analysis/lint.h"

#define DNS_PORT 53

struct left {
    struct np_lint *lint;
    uint32_t *next; /* by pod: itself if it is left, else nearer to the next one that is */
};

static uint32_t next_left(struct left *l, uint32_t pod)
{
    while (l->next[pod] != pod) {
        l->next[pod] = l->next[l->next[pod]];
        pod = l->next[pod];
    }
    return pod;
}

static uint32_t cross_ranges(struct left *l, const struct np_range *ranges, uint32_t n)
{
    uint32_t crossed = 0;

    for (uint32_t i = 0; i < n; i++)
        for (uint32_t pod = next_left(l, ranges[i].lo); pod < ranges[i].hi; pod = next_left(l, pod)) {
            l->next[pod] = pod + 1;
            crossed++;
        }
    return crossed;
}

/* How many of the set's pods were left. Those that may be in it are crossed out where `all` is said. */
static int cross(struct left *l, struct np_selection selection, bool all, uint32_t *crossed)
{
    const struct np_set *set = np_lint_set(l->lint, &selection);

    if (!set)
        return CNIPOL_E_NOMEM;
    *crossed = cross_ranges(l, set->yes, set->n_yes);
    if (all)
        (void)cross_ranges(l, set->maybe, set->n_maybe);
    return CNIPOL_OK;
}

/* A named UDP port may be 53. */
static bool allows_dns(const struct np_netpol_rule *rule)
{
    bool allows = rule->n_ports == 0;

    for (uint32_t i = 0; i < rule->n_ports && !allows; i++) {
        const struct np_netpol_port *port = &rule->ports[i];

        allows = port->protocol == CNIPOL_PROTOCOL_UDP &&
                 (port->any || port->name != NP_ATOM_NONE || (port->lo <= DNS_PORT && port->hi >= DNS_PORT));
    }
    return allows;
}

static bool netpol_allows_dns(const struct np_netpol *policy)
{
    for (uint32_t i = 0; i < policy->n_rules[NP_EGRESS]; i++)
        if (allows_dns(&policy->rules[NP_EGRESS][i]))
            return true;
    return false;
}

static bool cnp_rule_allows_dns(const struct np_cnp_rule *rule)
{
    bool allows = rule->n_ports == 0;

    for (uint32_t i = 0; i < rule->n_ports && !allows; i++) {
        const struct np_cnp_port *port = &rule->ports[i];

        allows = port->unknown || (port->name != NP_ATOM_NONE && port->protocol == 0) ||
                 (port->protocol == CNIPOL_PROTOCOL_UDP && port->lo <= DNS_PORT && port->hi >= DNS_PORT);
    }
    return allows && rule->action == NP_CNP_ACCEPT;
}

static bool cnp_allows_dns(const struct np_cnp *policy)
{
    for (uint32_t i = 0; policy->tier == NP_TIER_ADMIN && i < policy->n_rules[NP_EGRESS]; i++)
        if (cnp_rule_allows_dns(&policy->rules[NP_EGRESS][i]))
            return true;
    return false;
}

static int cross_served(struct left *l)
{
    struct np_lint *lint = l->lint;
    uint32_t crossed;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < lint->n_pods; i++)
        if (lint->pods[i].host_network && !lint->model->host_network_as_pod)
            l->next[i] = i + 1;
    for (uint32_t i = 0; i < lint->n_netpols && !rc; i++)
        if (lint->netpols[i]->isolates[NP_EGRESS] && netpol_allows_dns(lint->netpols[i]))
            rc = cross(l, np_lint_subject(lint->netpols[i]), true, &crossed);
    for (uint32_t i = 0; i < lint->n_cnps && !rc; i++)
        if (cnp_allows_dns(lint->cnps[i]))
            rc = cross(l, np_lint_cnp_subject(lint->cnps[i]), true, &crossed);
    return rc;
}

static void tell(struct np_lint *lint, const struct np_netpol *policy, uint32_t n)
{
    struct np_diag *d = np_diag_raise(lint->diags, NP_LINT_NO_DNS, policy->rules[NP_EGRESS][0].span,
                                      "%u pod%s that %s isolates for egress cannot ask any DNS server", n, n > 1 ? "s" : "", lint->title);

    np_diag_path(lint->diags, d, "spec.egress");
    np_diag_label(lint->diags, d, "no rule for UDP 53");
    np_diag_help(lint->diags, d, "if they use names, allow UDP and TCP 53 to the cluster's DNS pods, in a rule of its own");
}

static int check_all(struct left *l)
{
    struct np_lint *lint = l->lint;
    int rc = cross_served(l);

    for (uint32_t i = 0; i < lint->n_netpols && !rc; i++) {
        uint32_t n = 0;

        if (!lint->netpols[i]->isolates[NP_EGRESS] || !lint->netpols[i]->n_rules[NP_EGRESS])
            continue;
        rc = cross(l, np_lint_subject(lint->netpols[i]), false, &n);
        if (!n)
            continue;
        np_lint_on_netpol(lint, lint->netpols[i]);
        tell(lint, lint->netpols[i], n);
    }
    return rc;
}

int np_lint_dns(struct np_lint *lint)
{
    struct left l = {.lint = lint};

    l.next = np_arena_array(&lint->picks.arena, lint->n_pods + 1u, sizeof *l.next);
    if (!l.next)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i <= lint->n_pods; i++)
        l.next[i] = i;
    return check_all(&l);
}
