/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Atoms of addresses: see atoms.h.
 *
 * Each prefix list is made a disjoint, ascending list of address ranges; a sweep over the borders of all lists
 * cuts each family's numbers. Neighbours with equal lists are one atom.
 */

#include "compile/atoms.h"

#include <stdlib.h>
#include <string.h>

#include <cnipol/status.h>

#include "base/search.h"

/* Prefix lists that hold an atom, counted over all distinct atoms. */
#define MAX_OVERLAPS (1u << 27)

struct border {
    np_u128 at;
    uint32_t list;
    bool opens;
};

struct cut {
    struct np_space *space;
    uint8_t family;
    struct border *borders;
    uint32_t n, cap;
    struct np_words active; /* lists, ascending; one entry for each open prefix of the list */
    struct np_words distinct;
    struct np_atom_range *atoms;
    uint32_t n_atoms, cap_atoms;
};

np_u128 np_atom_value(const struct np_ip *ip)
{
    uint32_t n = ip->family == 4 ? 4 : 16;
    np_u128 value = 0;

    for (uint32_t i = 0; i < n; i++)
        value = value << 8 | ip->bytes[i];
    return value;
}

struct np_ip np_atom_ip(np_u128 value, uint8_t family)
{
    uint32_t n = family == 4 ? 4 : 16;
    struct np_ip ip = {.family = family};

    for (uint32_t i = 0; i < n; i++)
        ip.bytes[i] = (uint8_t)(value >> 8 * (n - 1 - i));
    return ip;
}

static bool add_border(struct cut *cut, np_u128 at, uint32_t list, bool opens)
{
    void *grown = np_grow(cut->space->mem, cut->borders, &cut->cap, cut->n + 1, sizeof *cut->borders);

    if (!grown)
        return false;
    cut->borders = grown;
    cut->borders[cut->n++] = (struct border){at, list, opens};
    return true;
}

/* A range that reaches the last address of all is never closed. */
static bool add_prefix(struct cut *cut, const struct np_prefix *prefix, uint32_t list)
{
    uint32_t bits = cut->family == 4 ? 32 : 128, free_bits = bits - prefix->len;
    np_u128 lo = np_atom_value(&prefix->ip), last = bits == 128 ? ~(np_u128)0 : ((np_u128)1 << bits) - 1;
    np_u128 hi = free_bits == 128 ? last : lo + (((np_u128)1 << free_bits) - 1);

    if (!add_border(cut, lo, list, true))
        return false;
    return hi == last || add_border(cut, hi + 1, list, false);
}

static bool add_lists(struct cut *cut)
{
    const struct np_machine *m = &cut->space->model->machine;

    for (uint32_t list = 0; list < m->n_prefix_lists; list++)
        for (uint32_t i = 0; cut->space->same_list[list] == list && i < m->prefix_lists[list].n; i++)
            if (m->prefix_lists[list].items[i].ip.family == cut->family && !add_prefix(cut, &m->prefix_lists[list].items[i], list))
                return false;
    return true;
}

static int by_place(const void *x, const void *y)
{
    const struct border *a = x, *b = y;

    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return (a->list > b->list) - (a->list < b->list);
}

static bool apply(struct cut *cut, const struct border *border)
{
    struct np_words *active = &cut->active;
    uint32_t at = np_lower_bound(active->items, active->n, border->list);

    if (border->opens) {
        if (!np_words_push(active, cut->space->mem, border->list))
            return false;
        memmove(active->items + at + 1, active->items + at, (active->n - 1 - at) * sizeof *active->items);
        active->items[at] = border->list;
        return true;
    }
    memmove(active->items + at, active->items + at + 1, (active->n - at - 1) * sizeof *active->items);
    active->n--;
    return true;
}

/* The number of the list of active prefix lists, each once. */
static uint32_t active_lists(struct cut *cut)
{
    cut->distinct.n = 0;
    for (uint32_t i = 0; i < cut->active.n; i++)
        if ((i == 0 || cut->active.items[i] != cut->active.items[i - 1]) &&
            !np_words_push(&cut->distinct, cut->space->mem, cut->active.items[i]))
            return NP_NONE;
    return np_intern(&cut->space->lists, cut->distinct.items, cut->distinct.n);
}

static int add_atom(struct cut *cut, np_u128 from)
{
    uint32_t lists = active_lists(cut);
    void *grown;

    if (lists == NP_NONE)
        return CNIPOL_E_NOMEM;
    if (cut->space->lists.n_words > MAX_OVERLAPS)
        return CNIPOL_E_LIMIT;
    if (cut->n_atoms && cut->atoms[cut->n_atoms - 1].lists == lists)
        return CNIPOL_OK;
    grown = np_grow(cut->space->mem, cut->atoms, &cut->cap_atoms, cut->n_atoms + 1, sizeof *cut->atoms);
    if (!grown)
        return CNIPOL_E_NOMEM;
    cut->atoms = grown;
    cut->atoms[cut->n_atoms++] = (struct np_atom_range){from, lists, NP_NONE};
    return CNIPOL_OK;
}

static int sweep(struct cut *cut)
{
    uint32_t i = 0;
    int rc = CNIPOL_OK;

    if (cut->n)
        qsort(cut->borders, cut->n, sizeof *cut->borders, by_place);
    for (np_u128 at = 0; !rc;) {
        for (; i < cut->n && cut->borders[i].at == at; i++)
            if (!apply(cut, &cut->borders[i]))
                return CNIPOL_E_NOMEM;
        rc = add_atom(cut, at);
        if (i >= cut->n)
            break;
        at = cut->borders[i].at;
    }
    return rc;
}

static int cut_family(struct np_space *space, uint8_t family)
{
    struct cut cut = {.space = space, .family = family};
    int rc = add_lists(&cut) ? sweep(&cut) : CNIPOL_E_NOMEM;
    struct np_atom_range *kept = rc ? NULL : np_alloc(space->mem, cut.n_atoms * sizeof *kept);

    if (kept) {
        memcpy(kept, cut.atoms, cut.n_atoms * sizeof *kept);
        space->atoms[family == 6] = kept;
        space->n_atoms[family == 6] = cut.n_atoms;
    }
    np_free(space->mem, cut.borders, cut.cap * sizeof *cut.borders);
    np_free(space->mem, cut.atoms, cut.cap_atoms * sizeof *cut.atoms);
    np_words_free(&cut.active, space->mem);
    np_words_free(&cut.distinct, space->mem);
    return rc || kept ? rc : CNIPOL_E_NOMEM;
}

/* A list as words. */
static uint32_t list_number(struct np_intern *distinct, const struct np_prefix_list *list, struct np_words *scratch)
{
    scratch->n = 0;
    for (uint32_t i = 0; i < list->n; i++) {
        const struct np_prefix *prefix = &list->items[i];
        uint32_t words[5] = {prefix->ip.family | (uint32_t)prefix->len << 8};

        memcpy(words + 1, prefix->ip.bytes, sizeof prefix->ip.bytes);
        for (uint32_t k = 0; k < 5; k++)
            if (!np_words_push(scratch, distinct->mem, words[k]))
                return NP_NONE;
    }
    return np_intern(distinct, scratch->items, scratch->n);
}

/* Rules that speak of the same networks have each a list of their own; one of them is enough. */
static int find_same_lists(struct np_space *space)
{
    const struct np_machine *m = &space->model->machine;
    struct np_words first = {0}, scratch = {0};
    struct np_intern distinct;
    int rc = CNIPOL_OK;

    np_intern_init(&distinct, space->mem);
    for (uint32_t i = 0; i < m->n_prefix_lists && !rc; i++) {
        uint32_t number = list_number(&distinct, &m->prefix_lists[i], &scratch);

        if (number == NP_NONE || (number == first.n && !np_words_push(&first, space->mem, i)))
            rc = CNIPOL_E_NOMEM;
        else
            space->same_list[i] = first.items[number];
    }
    np_words_free(&first, space->mem);
    np_words_free(&scratch, space->mem);
    np_intern_free(&distinct);
    return rc;
}

int np_space_cut(struct np_space *space)
{
    const uint32_t no_address = NP_NONE;
    int rc = find_same_lists(space);

    if (np_intern(&space->lists, NULL, 0) != NP_LISTS_NONE || np_intern(&space->lists, &no_address, 1) != NP_LISTS_NO_ADDRESS)
        return CNIPOL_E_NOMEM;
    if (!rc)
        rc = cut_family(space, 4);
    return rc ? rc : cut_family(space, 6);
}

struct np_atom_range *np_space_atom(const struct np_space *space, const struct np_ip *ip)
{
    struct np_atom_range *atoms = space->atoms[ip->family == 6];
    uint32_t n = space->n_atoms[ip->family == 6], lo = 0;
    np_u128 value = np_atom_value(ip);

    while (n > 1) {
        uint32_t half = n / 2;

        if (atoms[lo + half].from <= value)
            lo += half;
        n -= half;
    }
    return &atoms[lo];
}

uint32_t np_space_lists(const struct np_space *space, const struct np_ip *ip)
{
    return ip->family ? np_space_atom(space, ip)->lists : NP_LISTS_NO_ADDRESS;
}
