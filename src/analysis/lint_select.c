/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Selectors that pick nobody.
 *
 * An empty selector is never blamed: a policy for all pods of a namespace that has none yet is a
 * habit, not a slip. A namespace that was not given and has no pods says nothing about its policies.
 */

#include "analysis/lint.h"

static const char *ns_text(const struct np_lint *lint, np_atom ns)
{
    return np_atoms_str(&lint->ctx->atoms, ns).s;
}

static bool is_silent(const struct np_lint *lint, np_atom name)
{
    uint32_t ns = np_view_namespace(lint->model->view, name);

    return ns == NP_NONE || !lint->namespaces[ns].n_pods;
}

static int check_subject(struct np_lint *lint, const struct np_netpol *policy)
{
    struct np_selection selection = np_lint_subject(policy);
    const struct np_set *set = np_lint_set(lint, &selection);
    const char *ns = ns_text(lint, policy->ns);
    struct np_diag *d;

    if (!set)
        return CNIPOL_E_NOMEM;
    if (!np_lint_is_empty(set) || !policy->subject->n || is_silent(lint, policy->ns))
        return CNIPOL_OK;
    np_lint_on_netpol(lint, policy);
    d = np_diag_raise(lint->diags, NP_LINT_SUBJECT_EMPTY, policy->subject->span, "NetworkPolicy %s/%s selects no pod of namespace %s", ns,
                      ns_text(lint, policy->name), ns);
    np_diag_label(lint->diags, d, "no pod has these labels");
    np_lint_why(lint, d, &selection);
    return CNIPOL_OK;
}

int np_lint_subjects(struct np_lint *lint)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < lint->n_netpols && !rc; i++)
        rc = check_subject(lint, lint->netpols[i]);
    return rc;
}
