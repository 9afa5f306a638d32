/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs the lints: see lint.h. Each is a row of a table. */

#include <stdio.h>

#include <cnipol/check.h>

#include "analysis/lint.h"

#include "resolve/resolve.h"

/* Label comparisons for suggestions, and pairs of rules for the comparing lints. */
#define BUDGET 50000000u

static const struct {
    np_lint_fn *run;
    bool needs_pods;
} lints[] = {
    {np_lint_shapes, false},        {np_lint_namespaces, true},  {np_lint_subjects, true}, {np_lint_peers, true},
    {np_lint_host_network, true},   {np_lint_named_ports, true}, {np_lint_blocks, false},  {np_lint_dns, true},
    {np_lint_equal_priority, true}, {np_lint_shadowed, false},
};

struct np_selection np_lint_subject(const struct np_netpol *policy)
{
    return (struct np_selection){.kind = NP_SELECT_NAMESPACE, .ns = policy->ns, .pods = policy->subject};
}

struct np_selection np_lint_peer(const struct np_netpol *policy, const struct np_netpol_peer *peer)
{
    if (peer->namespaces)
        return (struct np_selection){.kind = NP_SELECT_PODS, .namespaces = peer->namespaces, .pods = peer->pods};
    return (struct np_selection){.kind = NP_SELECT_NAMESPACE, .ns = policy->ns, .pods = peer->pods};
}

struct np_selection np_lint_cnp_subject(const struct np_cnp *policy)
{
    return (struct np_selection){.kind = NP_SELECT_PODS, .namespaces = policy->namespaces, .pods = policy->pods};
}

struct np_selection np_lint_cnp_peer(const struct np_cnp_peer *peer)
{
    return (struct np_selection){.kind = NP_SELECT_PODS, .namespaces = peer->namespaces, .pods = peer->selector};
}

uint32_t np_lint_set_number(struct np_lint *lint, const struct np_selection *selection)
{
    return np_machine_select(&lint->picks, selection);
}

const struct np_set *np_lint_set(struct np_lint *lint, const struct np_selection *selection)
{
    uint32_t number = np_lint_set_number(lint, selection);

    return number == NP_NONE ? NULL : &lint->picks.sets[number];
}

bool np_lint_spend(struct np_lint *lint, uint64_t steps)
{
    if (lint->budget < steps)
        lint->budget = 0;
    else
        lint->budget -= steps;
    return lint->budget > 0;
}

static void name_object(struct np_lint *lint, const char *kind, np_atom ns, np_atom name)
{
    const char *ns_text = ns == NP_ATOM_NONE ? NULL : np_lint_text(lint, ns);

    lint->diags->object = (struct np_diag_object){kind, ns_text, np_lint_text(lint, name)};
    (void)snprintf(lint->title, sizeof lint->title, "%s %s%s%s", kind, ns_text ? ns_text : "", ns_text ? "/" : "",
                   np_lint_text(lint, name));
}

void np_lint_on_netpol(struct np_lint *lint, const struct np_netpol *policy)
{
    name_object(lint, "NetworkPolicy", policy->ns, policy->name);
}

void np_lint_on_cnp(struct np_lint *lint, const struct np_cnp *policy)
{
    static const char *const kinds[] = {"ClusterNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy"};

    name_object(lint, kinds[policy->kind], NP_ATOM_NONE, policy->name);
}

static int pick(struct np_lint *lint, struct np_selection selection)
{
    return np_lint_set_number(lint, &selection) == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

static int pick_netpol(struct np_lint *lint, const struct np_netpol *policy)
{
    int rc = pick(lint, np_lint_subject(policy));

    for (uint32_t direction = 0; direction < 2; direction++)
        for (uint32_t i = 0; i < policy->n_rules[direction]; i++)
            for (uint32_t k = 0; k < policy->rules[direction][i].n_peers && !rc; k++)
                if (!policy->rules[direction][i].peers[k].is_block)
                    rc = pick(lint, np_lint_peer(policy, &policy->rules[direction][i].peers[k]));
    return rc;
}

static int pick_cnp(struct np_lint *lint, const struct np_cnp *policy)
{
    int rc = pick(lint, np_lint_cnp_subject(policy));

    for (uint32_t direction = 0; direction < 2; direction++)
        for (uint32_t i = 0; i < policy->n_rules[direction]; i++)
            for (uint32_t k = 0; k < policy->rules[direction][i].n_peers && !rc; k++)
                if (policy->rules[direction][i].peers[k].kind <= NP_CNP_PEER_PODS)
                    rc = pick(lint, np_lint_cnp_peer(&policy->rules[direction][i].peers[k]));
    return rc;
}

static int pick_all(struct np_lint *lint)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < lint->n_netpols && !rc; i++)
        rc = pick_netpol(lint, lint->netpols[i]);
    for (uint32_t i = 0; i < lint->n_cnps && !rc; i++)
        rc = pick_cnp(lint, lint->cnps[i]);
    return rc ? rc : np_resolve_selections(&lint->picks, lint->model->view);
}

static void raise_no_pods(struct np_lint *lint)
{
    struct np_diag *d = np_diag_raise(lint->diags, NP_LINT_NO_PODS, NP_NOWHERE, "no pods were given, so selectors were not checked");

    np_diag_help(lint->diags, d, "add `kubectl get namespaces,pods -A -o yaml`, or the manifests of the workloads");
}

/* What counts: what no other policy replaces that the model knows. */
static int list_policies(struct np_lint *lint)
{
    const struct cnipol_model *model = lint->model;

    lint->netpols = np_arena_array(&lint->picks.arena, model->n_netpols, sizeof *lint->netpols);
    lint->cnps = np_arena_array(&lint->picks.arena, model->n_cnps, sizeof *lint->cnps);
    if (!lint->netpols || !lint->cnps)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < model->n_netpols; i++)
        if (lint->policies->netpols[i].replaced_by >= model->n_netpols)
            lint->netpols[lint->n_netpols++] = &lint->policies->netpols[i];
    for (uint32_t i = 0; i < model->n_cnps; i++)
        if (lint->policies->cnps[i].replaced_by >= model->n_cnps)
            lint->cnps[lint->n_cnps++] = &lint->policies->cnps[i];
    return CNIPOL_OK;
}

static int run_all(struct np_lint *lint)
{
    int rc = list_policies(lint);

    if (!rc)
        rc = pick_all(lint);
    if (!rc && !lint->n_pods && lint->n_netpols + lint->n_cnps)
        raise_no_pods(lint);
    for (size_t i = 0; i < sizeof lints / sizeof lints[0] && !rc; i++)
        if (lint->n_pods || !lints[i].needs_pods)
            rc = lints[i].run(lint);
    lint->diags->object = (struct np_diag_object){0};
    if (!rc && !lint->budget)
        np_diag_raise(lint->diags, NP_LINT_BUDGET, NP_NOWHERE, "there is so much to compare that some comparisons were left out");
    return rc;
}

int cnipol_check(struct cnipol_ctx *ctx, const struct cnipol_model *model)
{
    struct np_lint lint = {
        .ctx = ctx, .diags = &ctx->diags, .model = model, .pods = model->pods, .n_pods = model->n_pods, .budget = BUDGET};
    int rc;

    if (!model->cluster)
        return CNIPOL_E_USAGE;
    lint.policies = &model->cluster->policies;
    lint.namespaces = np_view_namespaces(model->view, &lint.n_namespaces);
    np_machine_init(&lint.picks, &ctx->mem, "lint");
    rc = run_all(&lint);
    np_machine_free(&lint.picks);
    return ctx->diags.failed ? CNIPOL_E_NOMEM : rc;
}
