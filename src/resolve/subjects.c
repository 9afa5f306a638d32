/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Subject indexes: see resolve.h.
 *
 * Each rule (or governing policy) covers some ranges of end numbers: those that its subject predicate
 * does not surely exclude. Sweeping over all range borders cuts the numbers into segments within which
 * the same rules apply; equal lists are kept once. So the cost is what the lists hold, and a policy
 * that selects everybody adds one entry to each distinct list, not one to each end.
 */

#include "resolve/resolve.h"

#include <stdlib.h>

#include <cnipol/status.h>

struct border {
    uint32_t at;
    uint32_t item;
    bool opens;
};

struct sweep {
    struct np_machine *machine;
    struct border *borders;
    uint32_t n_borders, cap_borders;
    uint32_t *active; /* ascending item numbers */
    uint32_t n_active, cap_active;
    uint32_t *items; /* all distinct lists, one behind the other */
    uint32_t n_items, cap_items;
    uint32_t *first;
    uint32_t n_lists, cap_lists;
    struct np_hmap lists;
};

static int add_border(struct sweep *s, uint32_t at, uint32_t item, bool opens)
{
    void *grown = np_grow(s->machine->mem, s->borders, &s->cap_borders, s->n_borders + 1, sizeof *s->borders);

    if (!grown)
        return CNIPOL_E_NOMEM;
    s->borders = grown;
    s->borders[s->n_borders++] = (struct border){at, item, opens};
    return CNIPOL_OK;
}

static int add_ranges(struct sweep *s, const struct np_range *ranges, uint32_t n, uint32_t item)
{
    for (uint32_t i = 0; i < n; i++)
        if (add_border(s, ranges[i].lo, item, true) || add_border(s, ranges[i].hi, item, false))
            return CNIPOL_E_NOMEM;
    return CNIPOL_OK;
}

/* The set that bounds the subject: of a single conjunction's first plain set term. */
static const struct np_set *bounding_set(const struct np_machine *m, const struct np_pred *subject)
{
    if (subject->n != 1)
        return NULL;
    for (uint32_t i = 0; i < subject->any[0].n; i++) {
        const struct np_term *term = &subject->any[0].terms[i];

        if (term->kind == NP_TERM_SET && !term->negated)
            return &m->sets[term->arg];
    }
    return NULL;
}

static int add_subject(struct sweep *s, const struct np_pred *subject, uint32_t item, uint32_t n_ends)
{
    const struct np_set *set = bounding_set(s->machine, subject);
    const struct np_range everybody = {0, n_ends};

    if (!set)
        return add_ranges(s, &everybody, 1, item);
    if (add_ranges(s, set->yes, set->n_yes, item))
        return CNIPOL_E_NOMEM;
    return add_ranges(s, set->maybe, set->n_maybe, item);
}

static int border_order(const void *x, const void *y)
{
    const struct border *a = x, *b = y;

    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    if (a->opens != b->opens)
        return a->opens ? 1 : -1;
    return a->item < b->item ? -1 : a->item > b->item;
}

static uint32_t position(const struct sweep *s, uint32_t item)
{
    uint32_t lo = 0, hi = s->n_active;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (s->active[mid] < item)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int cross(struct sweep *s, const struct border *border)
{
    uint32_t at = position(s, border->item);
    void *grown;

    if (!border->opens) {
        s->n_active--;
        memmove(s->active + at, s->active + at + 1, (s->n_active - at) * sizeof *s->active);
        return CNIPOL_OK;
    }
    grown = np_grow(s->machine->mem, s->active, &s->cap_active, s->n_active + 1, sizeof *s->active);
    if (!grown)
        return CNIPOL_E_NOMEM;
    s->active = grown;
    memmove(s->active + at + 1, s->active + at, (s->n_active - at) * sizeof *s->active);
    s->active[at] = border->item;
    s->n_active++;
    return CNIPOL_OK;
}

static bool list_eq(const void *ctx, const void *key, uint32_t value)
{
    const struct sweep *s = ctx;
    uint32_t n = s->first[value + 1] - s->first[value];

    (void)key;
    return n == s->n_active && (n == 0 || memcmp(s->items + s->first[value], s->active, n * sizeof *s->items) == 0);
}

static bool reserve_list(struct sweep *s)
{
    struct np_mem *mem = s->machine->mem;
    void *items = np_grow(mem, s->items, &s->cap_items, s->n_items + s->n_active, sizeof *s->items);
    void *first;

    if (items)
        s->items = items;
    first = np_grow(mem, s->first, &s->cap_lists, s->n_lists + 2, sizeof *s->first);
    if (first)
        s->first = first;
    return items && first;
}

/* The number of the list that holds the active items, new or not; NP_NONE when out of memory. */
static uint32_t active_list(struct sweep *s)
{
    uint64_t hash = np_hash(s->active, s->n_active * sizeof *s->active);
    uint32_t found = np_hmap_get(&s->lists, hash, list_eq, s, NULL);

    if (found != NP_NONE)
        return found;
    if (!reserve_list(s) || np_hmap_put(&s->lists, hash, s->n_lists))
        return NP_NONE;
    s->first[0] = 0;
    if (s->n_active)
        memcpy(s->items + s->n_items, s->active, s->n_active * sizeof *s->items);
    s->n_items += s->n_active;
    s->first[s->n_lists + 1] = s->n_items;
    return s->n_lists++;
}

static int sweep_over(struct sweep *s, uint32_t n_ends, uint32_t *list_of)
{
    uint32_t next = 0;

    if (s->n_borders)
        qsort(s->borders, s->n_borders, sizeof *s->borders, border_order);
    for (uint32_t at = 0; at < n_ends;) {
        uint32_t until = n_ends, list;

        for (; next < s->n_borders && s->borders[next].at <= at; next++)
            if (cross(s, &s->borders[next]))
                return CNIPOL_E_NOMEM;
        if (next < s->n_borders && s->borders[next].at < n_ends)
            until = s->borders[next].at;
        list = active_list(s);
        if (list == NP_NONE)
            return CNIPOL_E_NOMEM;
        while (at < until)
            list_of[at++] = list;
    }
    return CNIPOL_OK;
}

static int store(struct sweep *s, uint32_t n_ends, struct np_subject_index *out)
{
    struct np_arena *arena = &s->machine->arena;
    uint32_t *list_of = np_arena_array(arena, n_ends, sizeof *list_of);
    uint32_t *first, *items;

    if (!list_of || sweep_over(s, n_ends, list_of))
        return CNIPOL_E_NOMEM;
    first = np_arena_array(arena, s->n_lists + 1u, sizeof *first);
    items = np_arena_array(arena, s->n_items, sizeof *items);
    if (!first || !items)
        return CNIPOL_E_NOMEM;
    if (s->n_lists)
        memcpy(first, s->first, (s->n_lists + 1u) * sizeof *first);
    if (s->n_items)
        memcpy(items, s->items, s->n_items * sizeof *items);
    *out = (struct np_subject_index){list_of, first, items, n_ends};
    return CNIPOL_OK;
}

static void sweep_free(struct sweep *s)
{
    struct np_mem *mem = s->machine->mem;

    np_free(mem, s->borders, s->cap_borders * sizeof *s->borders);
    np_free(mem, s->active, s->cap_active * sizeof *s->active);
    np_free(mem, s->items, s->cap_items * sizeof *s->items);
    np_free(mem, s->first, s->cap_lists * sizeof *s->first);
    np_hmap_free(&s->lists);
}

static int index_rules(struct np_machine *machine, struct np_stage *stage, uint32_t n_ends)
{
    struct sweep s = {.machine = machine};
    int rc = CNIPOL_OK;

    np_hmap_init(&s.lists, machine->mem);
    for (uint32_t i = 0; i < stage->n_rules && !rc; i++)
        rc = add_subject(&s, &stage->rules[i].subject, i, n_ends);
    if (!rc)
        rc = store(&s, n_ends, &stage->rule_index);
    sweep_free(&s);
    return rc;
}

static int index_governing(struct np_machine *machine, struct np_stage *stage, uint32_t n_ends)
{
    struct sweep s = {.machine = machine};
    int rc = CNIPOL_OK;

    np_hmap_init(&s.lists, machine->mem);
    for (uint32_t i = 0; i < stage->n_governing && !rc; i++)
        rc = add_subject(&s, &machine->policies[stage->governing[i]].subject, i, n_ends);
    if (!rc)
        rc = store(&s, n_ends, &stage->governing_index);
    sweep_free(&s);
    return rc;
}

int np_resolve_subjects(struct np_machine *machine, uint32_t n_ends)
{
    for (uint32_t c = 0; c < machine->n_checkpoints; c++) {
        const struct np_checkpoint *checkpoint = &machine->checkpoints[c];

        for (uint32_t i = 0; i < checkpoint->n_stages; i++) {
            struct np_stage *stage = &checkpoint->stages[i];
            int rc = index_rules(machine, stage, n_ends);

            if (!rc)
                rc = index_governing(machine, stage, n_ends);
            if (rc)
                return rc;
        }
    }
    return CNIPOL_OK;
}
