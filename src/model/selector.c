/* SPDX-License-Identifier: BSD-2-Clause */
/* Labels and selectors: see selector.h. Source: kubernetes/apimachinery pkg/labels/selector.go (Requirement.Matches). */

#include "model/selector.h"

#include <stdlib.h>

static int by_key(const void *a, const void *b)
{
    const struct np_label *x = a, *y = b;

    return x->key < y->key ? -1 : x->key > y->key;
}

void np_labels_sort(struct np_label *items, uint32_t n)
{
    if (n > 1)
        qsort(items, n, sizeof *items, by_key);
}

bool np_labels_eq(const struct np_labels *a, const struct np_labels *b)
{
    return a->n == b->n && a->partial == b->partial && (!a->n || memcmp(a->items, b->items, a->n * sizeof *a->items) == 0);
}

np_atom np_labels_get(const struct np_labels *labels, np_atom key)
{
    uint32_t lo = 0, hi = labels->n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (labels->items[mid].key == key)
            return labels->items[mid].value;
        if (labels->items[mid].key < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NP_ATOM_NONE;
}

static bool lists(const struct np_requirement *req, np_atom value)
{
    for (uint32_t i = 0; i < req->n_values; i++)
        if (req->values[i] == value)
            return true;
    return false;
}

enum np_tri np_requirement_matches(const struct np_requirement *req, const struct np_labels *labels)
{
    np_atom value = np_labels_get(labels, req->key);
    bool has = value != NP_ATOM_NONE;

    if (req->op == NP_SELECTOR_OPAQUE || (!has && labels->partial))
        return NP_UNKNOWN;
    switch (req->op) {
    case NP_SELECTOR_IN:
        return has && lists(req, value) ? NP_YES : NP_NO;
    case NP_SELECTOR_NOT_IN:
        return has && lists(req, value) ? NP_NO : NP_YES;
    case NP_SELECTOR_EXISTS:
        return has ? NP_YES : NP_NO;
    default:
        return has ? NP_NO : NP_YES;
    }
}

enum np_tri np_selector_matches(const struct np_selector *selector, const struct np_labels *labels)
{
    enum np_tri result = NP_YES;

    for (uint32_t i = 0; i < selector->n && result != NP_NO; i++)
        result = np_tri_and(result, np_requirement_matches(&selector->items[i], labels));
    return result;
}

static void print_values(const struct np_requirement *req, const struct np_atoms *atoms, struct np_buf *out)
{
    for (uint32_t i = 0; i < req->n_values; i++) {
        np_buf_adds(out, i ? "," : "");
        np_buf_addstr(out, np_atoms_str(atoms, req->values[i]));
    }
}

static void print_requirement(const struct np_requirement *req, const struct np_atoms *atoms, struct np_buf *out)
{
    bool single = req->n_values == 1;

    if (req->op == NP_SELECTOR_NOT_EXISTS)
        np_buf_addc(out, '!');
    if (req->op == NP_SELECTOR_OPAQUE)
        np_buf_addc(out, '?');
    np_buf_addstr(out, np_atoms_str(atoms, req->key));
    if (req->op >= NP_SELECTOR_EXISTS)
        return;
    if (req->op == NP_SELECTOR_IN)
        np_buf_adds(out, single ? "=" : " in (");
    else
        np_buf_adds(out, single ? "!=" : " notin (");
    print_values(req, atoms, out);
    if (!single)
        np_buf_addc(out, ')');
}

void np_selector_print(const struct np_selector *selector, const struct np_atoms *atoms, struct np_buf *out)
{
    for (uint32_t i = 0; i < selector->n; i++) {
        np_buf_adds(out, i ? "," : "");
        print_requirement(&selector->items[i], atoms, out);
    }
}
