/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Namespaces that policies speak of by name and that nobody gave: the policy's own, or one that a
 * selector names by its kubernetes.io/metadata.name label. Told once for each; where no namespace was
 * given at all, that is told instead, and only if a policy asks for other labels than the name.
 */

#include "analysis/lint.h"

#include "base/suggest.h"

struct mentions {
    struct np_lint *lint;
    np_atom *told;
    uint32_t n_told, cap_told;
    struct np_hmap map; /* name -> position in `told` */
    const char **given;
    uint32_t n_given;
};

static bool is_name(const void *ctx, const void *key, uint32_t value)
{
    return ((const struct mentions *)ctx)->told[value] == *(const np_atom *)key;
}

static bool is_given(const struct np_lint *lint, np_atom name)
{
    uint32_t ns = np_view_namespace(lint->model->view, name);

    return ns != NP_NONE && !np_lint_is_nowhere(lint->namespaces[ns].span);
}

static bool has_pods(const struct np_lint *lint, np_atom name)
{
    uint32_t ns = np_view_namespace(lint->model->view, name);

    return ns != NP_NONE && lint->namespaces[ns].n_pods > 0;
}

np_atom np_lint_names_unknown(const struct np_lint *lint, const struct np_selector *selector)
{
    np_atom key = np_atoms_find(&lint->ctx->atoms, NP_STR("kubernetes.io/metadata.name"));
    np_atom unknown = NP_ATOM_NONE;

    for (uint32_t i = 0; selector && key != NP_ATOM_NONE && i < selector->n; i++) {
        const struct np_requirement *req = &selector->items[i];

        if (req->key != key || req->op != NP_SELECTOR_IN)
            continue;
        for (uint32_t k = 0; k < req->n_values; k++)
            if (is_given(lint, req->values[k]) || has_pods(lint, req->values[k]))
                return NP_ATOM_NONE;
        unknown = req->n_values ? req->values[0] : NP_ATOM_NONE;
    }
    return unknown;
}

/* 1: not told before. */
static int note(struct mentions *m, np_atom name)
{
    uint64_t hash = np_hash(&name, sizeof name);
    void *grown;

    if (np_hmap_get(&m->map, hash, is_name, m, &name) != NP_NONE)
        return 0;
    grown = np_grow(m->map.mem, m->told, &m->cap_told, m->n_told + 1, sizeof *m->told);
    if (!grown)
        return CNIPOL_E_NOMEM;
    m->told = grown;
    m->told[m->n_told] = name;
    if (np_hmap_put(&m->map, hash, m->n_told))
        return CNIPOL_E_NOMEM;
    m->n_told++;
    return 1;
}

static int tell(struct mentions *m, np_atom name, struct np_span span)
{
    struct np_lint *lint = m->lint;
    const char *text = np_lint_text(lint, name), *near = NULL;
    struct np_diag *d;
    int fresh = note(m, name);

    if (fresh <= 0)
        return fresh;
    if (np_lint_spend(lint, m->n_given))
        near = np_suggest(np_str_of(text), m->given, m->n_given);
    d = np_diag_raise(lint->diags, NP_LINT_NAMESPACE_UNKNOWN, span, "namespace %s, which %s speaks of, was not given", text, lint->title);
    np_diag_label(lint->diags, d, "speaks of namespace %s", text);
    if (near && !has_pods(lint, name))
        np_diag_help(lint->diags, d, "did you mean `%s`? If not, add the Namespace object, so that its labels are known", near);
    else
        np_diag_help(lint->diags, d, "add the Namespace object, so that its labels are known");
    return CNIPOL_OK;
}

static int check_netpol(struct mentions *m, const struct np_netpol *policy)
{
    int rc = CNIPOL_OK;

    np_lint_on_netpol(m->lint, policy);
    if (!is_given(m->lint, policy->ns))
        rc = tell(m, policy->ns, policy->span);
    for (unsigned direction = 0; direction < 2; direction++)
        for (uint32_t i = 0; i < policy->n_rules[direction]; i++)
            for (uint32_t k = 0; k < policy->rules[direction][i].n_peers && !rc; k++) {
                const struct np_netpol_peer *peer = &policy->rules[direction][i].peers[k];
                np_atom name = np_lint_names_unknown(m->lint, peer->namespaces);

                rc = name == NP_ATOM_NONE ? CNIPOL_OK : tell(m, name, peer->namespaces->span);
            }
    return rc;
}

static int check_cnp(struct mentions *m, const struct np_cnp *policy)
{
    np_atom name = np_lint_names_unknown(m->lint, policy->namespaces);
    int rc;

    np_lint_on_cnp(m->lint, policy);
    rc = name == NP_ATOM_NONE ? CNIPOL_OK : tell(m, name, policy->namespaces->span);
    for (unsigned direction = 0; direction < 2; direction++)
        for (uint32_t i = 0; i < policy->n_rules[direction]; i++)
            for (uint32_t k = 0; k < policy->rules[direction][i].n_peers && !rc; k++) {
                const struct np_cnp_peer *peer = &policy->rules[direction][i].peers[k];

                name = np_lint_names_unknown(m->lint, peer->namespaces);
                rc = name == NP_ATOM_NONE ? CNIPOL_OK : tell(m, name, peer->namespaces->span);
            }
    return rc;
}

static int check_all(struct mentions *m)
{
    struct np_lint *lint = m->lint;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < lint->n_netpols && !rc; i++)
        rc = check_netpol(m, lint->netpols[i]);
    for (uint32_t i = 0; i < lint->n_cnps && !rc; i++)
        rc = check_cnp(m, lint->cnps[i]);
    return rc;
}

/* Does the selector ask for a label that only the Namespace object tells? */
static bool asks_labels(const struct np_lint *lint, const struct np_selector *selector)
{
    np_atom key = np_atoms_find(&lint->ctx->atoms, NP_STR("kubernetes.io/metadata.name"));

    for (uint32_t i = 0; selector && i < selector->n; i++)
        if (selector->items[i].key != key)
            return true;
    return false;
}

static bool netpol_asks(const struct np_lint *lint, const struct np_netpol *policy)
{
    for (unsigned direction = 0; direction < 2; direction++)
        for (uint32_t i = 0; i < policy->n_rules[direction]; i++)
            for (uint32_t k = 0; k < policy->rules[direction][i].n_peers; k++)
                if (asks_labels(lint, policy->rules[direction][i].peers[k].namespaces))
                    return true;
    return false;
}

static bool cnp_asks(const struct np_lint *lint, const struct np_cnp *policy)
{
    for (unsigned direction = 0; direction < 2; direction++)
        for (uint32_t i = 0; i < policy->n_rules[direction]; i++)
            for (uint32_t k = 0; k < policy->rules[direction][i].n_peers; k++)
                if (asks_labels(lint, policy->rules[direction][i].peers[k].namespaces))
                    return true;
    return asks_labels(lint, policy->namespaces);
}

static bool some_policy_asks(const struct np_lint *lint)
{
    for (uint32_t i = 0; i < lint->n_netpols; i++)
        if (netpol_asks(lint, lint->netpols[i]))
            return true;
    for (uint32_t i = 0; i < lint->n_cnps; i++)
        if (cnp_asks(lint, lint->cnps[i]))
            return true;
    return false;
}

static void tell_none(struct np_lint *lint)
{
    struct np_diag *d =
        np_diag_raise(lint->diags, NP_LINT_NO_NAMESPACES, NP_NOWHERE, "no Namespace objects were given, but policies ask for their labels");

    np_diag_help(lint->diags, d, "add `kubectl get namespaces -o yaml`");
}

int np_lint_namespaces(struct np_lint *lint)
{
    struct mentions m = {.lint = lint};
    int rc;

    m.given = np_arena_array(&lint->picks.arena, lint->n_namespaces, sizeof *m.given);
    if (!m.given)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < lint->n_namespaces; i++)
        if (!np_lint_is_nowhere(lint->namespaces[i].span))
            m.given[m.n_given++] = np_lint_text(lint, lint->namespaces[i].name);
    if (!m.n_given) {
        if (some_policy_asks(lint))
            tell_none(lint);
        return CNIPOL_OK;
    }
    np_hmap_init(&m.map, &lint->ctx->mem);
    rc = check_all(&m);
    np_free(m.map.mem, m.told, m.cap_told * sizeof *m.told);
    np_hmap_free(&m.map);
    return rc;
}
