/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Selections to sets: see resolve.h.
 *
 * Namespaces are chosen first, then pods inside each, so that a set comes out in ascending order. A
 * selector with an In requirement looks only at who carries one of its values, and at those whose
 * labels are not fully known; any other selector looks at everybody. In a large namespace the same
 * holds for pods.
 */

#include "base/search.h"
#include "resolve/label_index.h"
#include "resolve/resolve.h"

#include <stdlib.h>

#include <cnipol/status.h>

/* For so few selections no index of labels pays off. */
#define FEW_SELECTIONS 8
/* Below this many pods a namespace is simply scanned. */
#define SMALL_NAMESPACE 16

struct selecting {
    struct np_machine *machine;
    const struct np_namespace *namespaces;
    const struct np_pod *pods;
    uint32_t n_namespaces;
    uint32_t n_pods;
    bool is_indexed;
    struct np_label_index by_namespace;
    struct np_label_index by_pod;
    struct np_set_builder builder;
    uint32_t *candidates; /* of namespaces or pods, ascending */
    uint32_t n_candidates, cap_candidates;
};

static const struct np_labels *namespace_labels(const void *user, uint32_t i)
{
    return &((const struct selecting *)user)->namespaces[i].labels;
}

static const struct np_labels *pod_labels(const void *user, uint32_t i)
{
    return &((const struct selecting *)user)->pods[i].labels;
}

static const struct np_requirement *first_in(const struct np_selector *selector)
{
    for (uint32_t i = 0; selector && i < selector->n; i++)
        if (selector->items[i].op == NP_SELECTOR_IN)
            return &selector->items[i];
    return NULL;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static int add_candidates(struct selecting *s, const uint32_t *items, uint32_t n, struct np_range within)
{
    void *grown = np_grow(s->machine->mem, s->candidates, &s->cap_candidates, s->n_candidates + n, sizeof *s->candidates);

    if (!grown)
        return CNIPOL_E_NOMEM;
    s->candidates = grown;
    for (uint32_t i = 0; i < n; i++)
        if (items[i] >= within.lo && items[i] < within.hi)
            s->candidates[s->n_candidates++] = items[i];
    return CNIPOL_OK;
}

/* Carriers of the requirement's values within a range, and those who may be, ascending, each once. */
static int gather(struct selecting *s, const struct np_label_index *index, const struct np_requirement *req, struct np_range within)
{
    uint32_t kept = 0;

    s->n_candidates = 0;
    for (uint32_t i = 0; i < req->n_values; i++) {
        struct np_postings list = np_label_index_find(index, (struct np_label){req->key, req->values[i]});
        uint32_t lo = np_lower_bound(list.items, list.n, within.lo), hi = np_lower_bound(list.items, list.n, within.hi);

        if (lo < hi && add_candidates(s, list.items + lo, hi - lo, within))
            return CNIPOL_E_NOMEM;
    }
    if (index->n_partial && add_candidates(s, index->partial, index->n_partial, within))
        return CNIPOL_E_NOMEM;
    if (s->n_candidates > 1 && (req->n_values > 1 || index->n_partial))
        qsort(s->candidates, s->n_candidates, sizeof *s->candidates, by_number);
    for (uint32_t i = 0; i < s->n_candidates; i++)
        if (kept == 0 || s->candidates[kept - 1] != s->candidates[i])
            s->candidates[kept++] = s->candidates[i];
    s->n_candidates = kept;
    return CNIPOL_OK;
}

static int add_pod(struct selecting *s, const struct np_selection *sel, uint32_t pod, enum np_tri in_namespace)
{
    const struct np_pod *p = &s->pods[pod];
    enum np_tri member = in_namespace;

    if (sel->without_host_network && p->host_network)
        return CNIPOL_OK;
    if (sel->pods)
        member = np_tri_and(member, np_selector_matches(sel->pods, &p->labels));
    return np_set_builder_add(&s->builder, pod, member);
}

static int add_namespace(struct selecting *s, const struct np_selection *sel, uint32_t ns, enum np_tri in_namespace)
{
    const struct np_namespace *n = &s->namespaces[ns];
    struct np_range pods = {n->first_pod, n->first_pod + n->n_pods};
    const struct np_requirement *req = s->is_indexed && n->n_pods > SMALL_NAMESPACE ? first_in(sel->pods) : NULL;

    if (req) {
        if (gather(s, &s->by_pod, req, pods))
            return CNIPOL_E_NOMEM;
        for (uint32_t i = 0; i < s->n_candidates; i++)
            if (add_pod(s, sel, s->candidates[i], in_namespace))
                return CNIPOL_E_NOMEM;
        return CNIPOL_OK;
    }
    for (uint32_t pod = pods.lo; pod < pods.hi; pod++)
        if (add_pod(s, sel, pod, in_namespace))
            return CNIPOL_E_NOMEM;
    return CNIPOL_OK;
}

static int select_everywhere(struct selecting *s, const struct np_selection *sel)
{
    for (uint32_t ns = 0; ns < s->n_namespaces; ns++) {
        enum np_tri in = sel->namespaces ? np_selector_matches(sel->namespaces, &s->namespaces[ns].labels) : NP_YES;

        if (in != NP_NO && add_namespace(s, sel, ns, in))
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

/* The candidates are copied: choosing pods gathers again. */
static int select_in_candidates(struct selecting *s, const struct np_selection *sel)
{
    uint32_t n = s->n_candidates;
    uint32_t *namespaces = np_alloc(s->machine->mem, n * sizeof *namespaces);
    int rc = CNIPOL_OK;

    if (!namespaces)
        return CNIPOL_E_NOMEM;
    if (n)
        memcpy(namespaces, s->candidates, n * sizeof *namespaces);
    for (uint32_t i = 0; i < n && !rc; i++) {
        enum np_tri in = np_selector_matches(sel->namespaces, &s->namespaces[namespaces[i]].labels);

        if (in != NP_NO)
            rc = add_namespace(s, sel, namespaces[i], in);
    }
    np_free(s->machine->mem, namespaces, n * sizeof *namespaces);
    return rc;
}

static int select_pods(struct selecting *s, const struct np_selection *sel)
{
    const struct np_requirement *req = s->is_indexed ? first_in(sel->namespaces) : NULL;

    if (!req)
        return select_everywhere(s, sel);
    if (gather(s, &s->by_namespace, req, (struct np_range){0, s->n_namespaces}))
        return CNIPOL_E_NOMEM;
    return select_in_candidates(s, sel);
}

static int resolve_one(struct selecting *s, const struct np_view *view, uint32_t number)
{
    const struct np_selection *sel = &s->machine->selections[number];
    int rc = CNIPOL_OK;

    if (np_selection_is_given(sel))
        return CNIPOL_OK;
    if (sel->kind == NP_SELECT_PODS) {
        rc = select_pods(s, sel);
    } else {
        uint32_t ns = np_view_namespace(view, sel->ns);

        if (ns != NP_NONE)
            rc = add_namespace(s, sel, ns, NP_YES);
    }
    return rc ? rc : np_set_builder_finish(&s->builder, &s->machine->arena, &s->machine->sets[number]);
}

enum np_tri np_selection_has(const struct np_selection *selection, const struct np_namespace *ns, const struct np_pod *pod)
{
    enum np_tri member = NP_YES;

    if (np_selection_is_given(selection) || (selection->without_host_network && pod->host_network))
        return NP_NO;
    if (selection->kind == NP_SELECT_NAMESPACE && selection->ns != ns->name)
        return NP_NO;
    if (selection->kind == NP_SELECT_PODS && selection->namespaces)
        member = np_selector_matches(selection->namespaces, &ns->labels);
    return selection->pods ? np_tri_and(member, np_selector_matches(selection->pods, &pod->labels)) : member;
}

int np_resolve_selections(struct np_machine *machine, const struct np_view *view)
{
    struct selecting s = {.machine = machine};
    int rc = CNIPOL_OK;

    s.is_indexed = machine->n_sets > FEW_SELECTIONS;
    s.namespaces = np_view_namespaces(view, &s.n_namespaces);
    s.pods = np_view_pods(view, &s.n_pods);
    np_set_builder_init(&s.builder, machine->mem);
    if (s.is_indexed)
        rc = np_label_index_build(&s.by_namespace, machine->mem, namespace_labels, &s, s.n_namespaces);
    if (!rc && s.is_indexed)
        rc = np_label_index_build(&s.by_pod, machine->mem, pod_labels, &s, s.n_pods);
    for (uint32_t i = 0; i < machine->n_sets && !rc; i++)
        rc = resolve_one(&s, view, i);
    np_label_index_free(&s.by_namespace);
    np_label_index_free(&s.by_pod);
    np_set_builder_free(&s.builder);
    np_free(machine->mem, s.candidates, s.cap_candidates * sizeof *s.candidates);
    return rc;
}
