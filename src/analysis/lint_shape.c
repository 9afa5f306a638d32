/* SPDX-License-Identifier: BSD-2-Clause */
/* What one policy's own text tells: policyTypes against rules, rules that others make idle, denials by domain name. */

#include "analysis/lint.h"

/* Egress rules alone, without policyTypes, isolate for ingress as well. */
static void check_types(struct np_lint *lint, const struct np_netpol *policy)
{
    struct np_diag *d;

    if (!policy->no_types || !policy->n_rules[NP_EGRESS] || policy->n_rules[NP_INGRESS])
        return;
    d = np_diag_raise(lint->diags, NP_LINT_TYPES_BOTH, policy->rules[NP_EGRESS][0].span,
                      "%s has egress rules only, but denies all ingress as well", lint->title);
    np_diag_path(lint->diags, d, "spec.policyTypes");
    np_diag_help(lint->diags, d,
                 "without policyTypes it is [Ingress, Egress]: write `policyTypes: [Egress]` if ingress shall stay open, or "
                 "both if it shall not");
}

/* Rules of a direction that policyTypes leaves out. */
static void check_idle_direction(struct np_lint *lint, const struct np_netpol *policy, unsigned direction)
{
    const char *word = np_lint_direction(direction), *type = direction == NP_INGRESS ? "Ingress" : "Egress";
    struct np_diag *d;

    if (policy->isolates[direction] || !policy->n_rules[direction])
        return;
    d = np_diag_raise(lint->diags, NP_LINT_TYPE_MISSING, policy->rules[direction][0].span,
                      "the %s rules of %s do nothing: its policyTypes has no %s", word, lint->title, type);
    np_diag_path(lint->diags, d, "spec.%s", word);
    np_diag_label(lint->diags, d, "not in force");
    np_diag_help(lint->diags, d, "add %s to policyTypes, or remove the rules", type);
}

static bool allows_all(const struct np_netpol_rule *rule)
{
    return !rule->n_peers && !rule->n_ports;
}

/* The first rule that does or does not allow everything; n_rules: none. */
static uint32_t first_rule(const struct np_netpol *policy, unsigned direction, bool all)
{
    uint32_t i = 0;

    while (i < policy->n_rules[direction] && allows_all(&policy->rules[direction][i]) != all)
        i++;
    return i;
}

static void check_allow_all(struct np_lint *lint, const struct np_netpol *policy, unsigned direction)
{
    uint32_t n = policy->n_rules[direction], all = first_rule(policy, direction, true), narrow = first_rule(policy, direction, false);
    const char *word = np_lint_direction(direction);
    struct np_diag *d;

    if (!policy->isolates[direction] || all == n || narrow == n)
        return;
    d = np_diag_raise(lint->diags, NP_LINT_ALLOW_ALL, policy->rules[direction][all].span,
                      "this %s rule of %s allows everything, so its other %s rules do nothing", word, lint->title, word);
    np_diag_path(lint->diags, d, "spec.%s[%u]", word, all);
    np_diag_label(lint->diags, d, "any peer, any port");
    np_diag_second(lint->diags, d, policy->rules[direction][narrow].span, "adds nothing");
    np_diag_help(lint->diags, d, "remove this rule if the others are meant to limit; a `-` too many makes one rule into two");
}

static const struct np_cnp_peer *domain_peer(const struct np_cnp_rule *rule)
{
    for (uint32_t i = 0; i < rule->n_peers; i++)
        if (rule->peers[i].kind == NP_CNP_PEER_DOMAINS)
            return &rule->peers[i];
    return NULL;
}

static void check_domains(struct np_lint *lint, const struct np_cnp *policy, uint32_t rule)
{
    const struct np_cnp_rule *r = &policy->rules[NP_EGRESS][rule];
    const struct np_cnp_peer *peer = r->action == NP_CNP_ACCEPT ? NULL : domain_peer(r);
    struct np_diag *d;

    if (!peer)
        return;
    d = np_diag_raise(lint->diags, NP_LINT_DOMAIN_DENY, peer->span, "%s %s by domain name, which is no protection", lint->title,
                      r->action == NP_CNP_DENY ? "denies" : "passes");
    np_diag_path(lint->diags, d, "spec.egress[%u]", rule);
    np_diag_help(lint->diags, d, "accept the domains that are needed and deny the rest by address");
}

int np_lint_shapes(struct np_lint *lint)
{
    for (uint32_t i = 0; i < lint->n_netpols; i++) {
        np_lint_on_netpol(lint, lint->netpols[i]);
        check_types(lint, lint->netpols[i]);
        for (unsigned direction = 0; direction < 2; direction++) {
            check_idle_direction(lint, lint->netpols[i], direction);
            check_allow_all(lint, lint->netpols[i], direction);
        }
    }
    for (uint32_t i = 0; i < lint->n_cnps; i++) {
        np_lint_on_cnp(lint, lint->cnps[i]);
        for (uint32_t k = 0; k < lint->cnps[i]->n_rules[NP_EGRESS]; k++)
            check_domains(lint, lint->cnps[i], k);
    }
    return CNIPOL_OK;
}
