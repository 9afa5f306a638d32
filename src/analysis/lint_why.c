/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a selection is empty: the help under lints about selectors.
 *
 * The first requirement that nobody in its scope meets is to blame. The scope of a namespace selector
 * are all namespaces, that of a pod selector the pods of the chosen namespaces. Keys and values that
 * exist in the scope are what a misspelt one is compared with.
 */

#include <stdio.h>

#include "analysis/lint.h"

#include "base/suggest.h"

/* Distinct words that are compared; more are no help. */
#define WORDS_MAX 256

struct scope {
    struct np_lint *lint;
    const struct np_selection *selection;
    bool of_namespaces; /* else of the pods in the chosen ones */
};

typedef bool visit_fn(void *user, const struct np_labels *labels);

static bool in_scope(const struct scope *s, const struct np_namespace *ns)
{
    if (s->selection->kind == NP_SELECT_NAMESPACE)
        return ns->name == s->selection->ns;
    return !s->selection->namespaces || np_selector_matches(s->selection->namespaces, &ns->labels) != NP_NO;
}

static bool visit_pods(const struct scope *s, const struct np_namespace *ns, visit_fn *visit, void *user)
{
    for (uint32_t i = 0; i < ns->n_pods; i++)
        if (!np_lint_spend(s->lint, 1) || !visit(user, &s->lint->pods[ns->first_pod + i].labels))
            return false;
    return true;
}

/* Until `visit` says false, or the budget is spent: then false. */
static bool visit_scope(const struct scope *s, visit_fn *visit, void *user)
{
    bool going = true;

    if (!s->of_namespaces && s->selection->kind == NP_SELECT_NAMESPACE) {
        uint32_t ns = np_view_namespace(s->lint->model->view, s->selection->ns);

        return ns == NP_NONE || visit_pods(s, &s->lint->namespaces[ns], visit, user);
    }
    for (uint32_t i = 0; i < s->lint->n_namespaces && going; i++) {
        const struct np_namespace *ns = &s->lint->namespaces[i];

        if (!np_lint_spend(s->lint, 1))
            return false;
        if (s->of_namespaces)
            going = visit(user, &ns->labels);
        else if (in_scope(s, ns))
            going = visit_pods(s, ns, visit, user);
    }
    return going;
}

struct search {
    const struct np_requirement *req;
    const struct np_atoms *atoms;
    bool found;
    uint32_t with_key;
    uint32_t total;
    const char *words[WORDS_MAX];
    uint32_t n_words;
};

static bool count_one(void *user, const struct np_labels *labels)
{
    struct search *search = user;

    search->total++;
    search->with_key += np_labels_get(labels, search->req->key) != NP_ATOM_NONE;
    search->found = np_requirement_matches(search->req, labels) != NP_NO;
    return !search->found;
}

static void add_word(struct search *search, np_atom atom)
{
    const char *word = np_atoms_str(search->atoms, atom).s;

    for (uint32_t i = 0; i < search->n_words; i++)
        if (search->words[i] == word)
            return;
    if (search->n_words < WORDS_MAX)
        search->words[search->n_words++] = word;
}

static bool add_values(void *user, const struct np_labels *labels)
{
    struct search *search = user;
    np_atom value = np_labels_get(labels, search->req->key);

    if (value != NP_ATOM_NONE)
        add_word(search, value);
    return search->n_words < WORDS_MAX;
}

static bool add_keys(void *user, const struct np_labels *labels)
{
    struct search *search = user;

    for (uint32_t i = 0; i < labels->n; i++)
        add_word(search, labels->items[i].key);
    return search->n_words < WORDS_MAX;
}

/* `: did you mean ...?`, or nothing. Longer words than labels have are cut. */
static void suggest(struct search *search, np_atom meant, char *out, size_t size)
{
    const char *near = np_suggest(np_atoms_str(search->atoms, meant), search->words, search->n_words);

    out[0] = '\0';
    if (near)
        (void)snprintf(out, size, ": did you mean `%s`?", near);
}

static void blame(const struct scope *s, struct np_diag *d, struct search *search)
{
    const char *who = s->of_namespaces ? "namespace" : "pod", *many = search->total == 1 ? "" : "s",
               *key = np_atoms_str(search->atoms, search->req->key).s;
    struct np_diags *diags = s->lint->diags;
    char tail[400];

    if (!search->with_key) {
        (void)visit_scope(s, add_keys, search);
        suggest(search, search->req->key, tail, sizeof tail);
        np_diag_help(diags, d, "none of %u %s%s has a label `%s`%s", search->total, who, many, key, tail);
        return;
    }
    if (search->req->op != NP_SELECTOR_IN) {
        np_diag_help(diags, d, "none of %u %s%s meets what the selector asks of the label `%s`", search->total, who, many, key);
        return;
    }
    (void)visit_scope(s, add_values, search);
    suggest(search, search->req->values[0], tail, sizeof tail);
    np_diag_help(diags, d, "a label `%s` is on %u of %u %s%s, but nowhere with the value `%s`%s", key, search->with_key, search->total, who,
                 many, np_atoms_str(search->atoms, search->req->values[0]).s, tail);
}

/* Says so where a requirement of the selector is met by nobody in the scope. False: it is not the cause. */
static bool try_selector(const struct scope *s, struct np_diag *d, const struct np_selector *selector)
{
    for (uint32_t i = 0; selector && i < selector->n; i++) {
        struct search search = {.req = &selector->items[i], .atoms = &s->lint->ctx->atoms};

        if (!visit_scope(s, count_one, &search) || !search.total)
            continue;
        blame(s, d, &search);
        return true;
    }
    return false;
}

void np_lint_why(struct np_lint *lint, struct np_diag *d, const struct np_selection *selection)
{
    struct scope scope = {lint, selection, true};

    if (!d)
        return;
    if (selection->kind == NP_SELECT_PODS && try_selector(&scope, d, selection->namespaces))
        return;
    scope.of_namespaces = false;
    if (try_selector(&scope, d, selection->pods))
        return;
    np_diag_help(lint->diags, d,
                 "each requirement of the selector is met by somebody, but nobody meets them all; compare with "
                 "`kubectl get pods --show-labels`");
}
