/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Selectors that pick nobody.
 *
 * An empty selector is never blamed: a policy for all pods of a namespace that has none yet is a
 * habit, not a slip. Where the chosen namespaces have no pods at all there is nothing to compare
 * with; a namespace that is chosen by a name that nobody gave is lint_namespace.c's.
 */

#include "analysis/lint.h"

static bool asks(const struct np_selector *selector)
{
    return selector && selector->n;
}

/* What the namespaces of a selection hold. */
struct found {
    bool namespaces;
    bool pods;
};

static struct found find_all(struct np_lint *lint, const struct np_selector *namespaces)
{
    struct found found = {false, false};

    for (uint32_t i = 0; i < lint->n_namespaces && !found.pods; i++) {
        if (!np_lint_spend(lint, 1))
            return (struct found){true, false};
        if (namespaces && np_selector_matches(namespaces, &lint->namespaces[i].labels) == NP_NO)
            continue;
        found.namespaces = true;
        found.pods = lint->namespaces[i].n_pods > 0;
    }
    return found;
}

static struct found find(struct np_lint *lint, const struct np_selection *selection)
{
    uint32_t ns;

    if (selection->kind == NP_SELECT_PODS)
        return find_all(lint, selection->namespaces);
    ns = np_view_namespace(lint->model->view, selection->ns);
    return (struct found){true, ns != NP_NONE && lint->namespaces[ns].n_pods > 0};
}

/* A selector that is to be blamed; NULL: somebody is picked, or nothing is certain. */
static int blamed(struct np_lint *lint, const struct np_selection *selection, const struct np_selector **out)
{
    const struct np_set *set = np_lint_set(lint, selection);
    struct found found;

    *out = NULL;
    if (!set)
        return CNIPOL_E_NOMEM;
    if (!np_lint_is_empty(set) || (!asks(selection->namespaces) && !asks(selection->pods)) ||
        np_lint_names_unknown(lint, selection->namespaces) != NP_ATOM_NONE)
        return CNIPOL_OK;
    found = find(lint, selection);
    if (!found.namespaces && asks(selection->namespaces))
        *out = selection->namespaces;
    else if (found.pods && asks(selection->pods))
        *out = selection->pods;
    return CNIPOL_OK;
}

static void describe(struct np_lint *lint, struct np_diag *d, const struct np_selection *selection, const struct np_selector *guilty)
{
    np_diag_label(lint->diags, d, guilty == selection->namespaces ? "no namespace has these labels" : "no pod has these labels");
    np_lint_why(lint, d, selection);
}

static int check_subject(struct np_lint *lint, const struct np_selection *selection, const char *where)
{
    const struct np_selector *guilty;

    if (blamed(lint, selection, &guilty))
        return CNIPOL_E_NOMEM;
    if (guilty)
        describe(lint,
                 np_diag_raise(lint->diags, NP_LINT_SUBJECT_EMPTY, guilty->span, "%s selects no pod%s%s", lint->title,
                               *where ? " of namespace " : "", where),
                 selection, guilty);
    return CNIPOL_OK;
}

int np_lint_subjects(struct np_lint *lint)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < lint->n_netpols && !rc; i++) {
        struct np_selection selection = np_lint_subject(lint->netpols[i]);

        np_lint_on_netpol(lint, lint->netpols[i]);
        rc = check_subject(lint, &selection, np_lint_text(lint, lint->netpols[i]->ns));
    }
    for (uint32_t i = 0; i < lint->n_cnps && !rc; i++) {
        struct np_selection selection = np_lint_cnp_subject(lint->cnps[i]);

        np_lint_on_cnp(lint, lint->cnps[i]);
        rc = check_subject(lint, &selection, "");
    }
    return rc;
}

/* Where a peer stands. */
struct place {
    unsigned direction;
    uint32_t rule;
    uint32_t peer;
    struct np_span span;
};

static int check_peer(struct np_lint *lint, const struct np_selection *selection, const struct place *at)
{
    const char *field = at->direction == NP_INGRESS ? "from" : "to";
    const struct np_selector *guilty;
    struct np_diag *d;

    if (blamed(lint, selection, &guilty))
        return CNIPOL_E_NOMEM;
    if (!guilty)
        return CNIPOL_OK;
    d = np_diag_raise(lint->diags, NP_LINT_PEER_EMPTY, at->span, "a peer in `%s` of %s selects no pod", field, lint->title);
    np_diag_path(lint->diags, d, "spec.%s[%u].%s[%u]", np_lint_direction(at->direction), at->rule, field, at->peer);
    describe(lint, d, selection, guilty);
    return CNIPOL_OK;
}

static int check_rule(struct np_lint *lint, const struct np_netpol *policy, unsigned direction, uint32_t rule)
{
    const struct np_netpol_rule *r = &policy->rules[direction][rule];
    int rc = CNIPOL_OK;

    for (uint32_t k = 0; k < r->n_peers && !rc; k++) {
        struct np_selection selection = np_lint_peer(policy, &r->peers[k]);
        struct place at = {direction, rule, k, r->peers[k].span};

        if (!r->peers[k].is_block)
            rc = check_peer(lint, &selection, &at);
    }
    return rc;
}

static int check_cnp_rule(struct np_lint *lint, const struct np_cnp *policy, unsigned direction, uint32_t rule)
{
    const struct np_cnp_rule *r = &policy->rules[direction][rule];
    int rc = CNIPOL_OK;

    for (uint32_t k = 0; k < r->n_peers && !rc; k++) {
        struct np_selection selection = np_lint_cnp_peer(&r->peers[k]);
        struct place at = {direction, rule, k, r->peers[k].span};

        if (r->peers[k].kind <= NP_CNP_PEER_PODS)
            rc = check_peer(lint, &selection, &at);
    }
    return rc;
}

int np_lint_peers(struct np_lint *lint)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < lint->n_netpols && !rc; i++) {
        np_lint_on_netpol(lint, lint->netpols[i]);
        for (unsigned direction = 0; direction < 2; direction++)
            for (uint32_t k = 0; lint->netpols[i]->isolates[direction] && k < lint->netpols[i]->n_rules[direction] && !rc; k++)
                rc = check_rule(lint, lint->netpols[i], direction, k);
    }
    for (uint32_t i = 0; i < lint->n_cnps && !rc; i++) {
        np_lint_on_cnp(lint, lint->cnps[i]);
        for (unsigned direction = 0; direction < 2; direction++)
            for (uint32_t k = 0; k < lint->cnps[i]->n_rules[direction] && !rc; k++)
                rc = check_cnp_rule(lint, lint->cnps[i], direction, k);
    }
    return rc;
}
