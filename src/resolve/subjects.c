/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Subject indexes: see resolve.h.
 *
 * Each rule (or governing policy) covers some ranges of end numbers: those that its subject predicate
 * does not surely exclude. Rules with one bounding set form a group. Sweeping over the range borders of
 * all groups cuts the numbers into segments within which the same groups apply; equal lists of groups
 * are kept once, and each becomes a list of rules in the end. So the cost is what the lists hold: a
 * policy that selects everybody adds its rules to each distinct list, not to each end.
 */

#include "base/search.h"
#include "resolve/resolve.h"

#include <stdlib.h>

#include <cnipol/status.h>

struct border {
    uint32_t at;
    uint32_t group;
    bool opens;
};

/* The subject of the i-th rule, or of the i-th governing policy. */
typedef const struct np_pred *subject_fn(const struct np_machine *machine, const struct np_stage *stage, uint32_t i);

struct sweep {
    struct np_machine *machine;
    uint32_t n_subjects;
    uint32_t *group_of;     /* by subject */
    uint32_t *group_of_set; /* by set number, and one more for everybody; NP_NONE: no group yet */
    uint32_t n_groups;
    uint32_t *group_first; /* groups + 1 offsets into `members` */
    uint32_t *members;     /* subjects by group, ascending */
    uint64_t *marks;       /* a bit for each subject; all clear between lists */
    struct border *borders;
    uint32_t n_borders, cap_borders;
    uint32_t *active; /* ascending group numbers */
    uint32_t n_active, cap_active;
    uint32_t *items; /* all distinct lists of groups, one behind the other */
    uint32_t n_items, cap_items;
    uint32_t *first;
    uint32_t n_lists, cap_lists;
    struct np_hmap lists;
};

static int add_border(struct sweep *s, uint32_t at, uint32_t group, bool opens)
{
    void *grown = np_grow(s->machine->mem, s->borders, &s->cap_borders, s->n_borders + 1, sizeof *s->borders);

    if (!grown)
        return CNIPOL_E_NOMEM;
    s->borders = grown;
    s->borders[s->n_borders++] = (struct border){at, group, opens};
    return CNIPOL_OK;
}

static int add_ranges(struct sweep *s, const struct np_range *ranges, uint32_t n, uint32_t group)
{
    for (uint32_t i = 0; i < n; i++)
        if (add_border(s, ranges[i].lo, group, true) || add_border(s, ranges[i].hi, group, false))
            return CNIPOL_E_NOMEM;
    return CNIPOL_OK;
}

/* The set that bounds the subject: of a single conjunction's first plain set term; NP_NONE: everybody. */
static uint32_t bounding_set(const struct np_pred *subject)
{
    if (subject->n != 1)
        return NP_NONE;
    for (uint32_t i = 0; i < subject->any[0].n; i++) {
        const struct np_term *term = &subject->any[0].terms[i];

        if (term->kind == NP_TERM_SET && !term->negated)
            return term->arg;
    }
    return NP_NONE;
}

static int open_group(struct sweep *s, uint32_t number, uint32_t n_ends)
{
    const struct np_range everybody = {0, n_ends};
    const struct np_set *set;

    if (number == NP_NONE)
        return add_ranges(s, &everybody, 1, s->n_groups++);
    set = &s->machine->sets[number];
    if (add_ranges(s, set->yes, set->n_yes, s->n_groups) || add_ranges(s, set->maybe, set->n_maybe, s->n_groups))
        return CNIPOL_E_NOMEM;
    s->n_groups++;
    return CNIPOL_OK;
}

static int group_subjects(struct sweep *s, const struct np_stage *stage, subject_fn *subject_of, uint32_t n_ends)
{
    uint32_t n_sets = s->machine->n_sets;

    memset(s->group_of_set, 0xff, (n_sets + 1u) * sizeof *s->group_of_set);
    for (uint32_t i = 0; i < s->n_subjects; i++) {
        uint32_t number = bounding_set(subject_of(s->machine, stage, i));
        uint32_t *group = &s->group_of_set[number == NP_NONE ? n_sets : number];

        if (*group == NP_NONE) {
            *group = s->n_groups;
            if (open_group(s, number, n_ends))
                return CNIPOL_E_NOMEM;
        }
        s->group_of[i] = *group;
    }
    return CNIPOL_OK;
}

/* Lists the subjects of each group: counted, summed, filled. */
static void list_members(struct sweep *s)
{
    for (uint32_t i = 0; i < s->n_subjects; i++)
        s->group_first[s->group_of[i] + 1]++;
    for (uint32_t g = 0; g < s->n_groups; g++)
        s->group_first[g + 1] += s->group_first[g];
    for (uint32_t i = s->n_subjects; i-- > 0;)
        s->members[--s->group_first[s->group_of[i] + 1]] = i;
    for (uint32_t g = 0; g < s->n_groups; g++)
        s->group_first[g] = s->group_first[g + 1];
    s->group_first[s->n_groups] = s->n_subjects;
}

static int border_order(const void *x, const void *y)
{
    const struct border *a = x, *b = y;

    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    if (a->opens != b->opens)
        return a->opens ? 1 : -1;
    return a->group < b->group ? -1 : a->group > b->group;
}

static int cross(struct sweep *s, const struct border *border)
{
    uint32_t at = np_lower_bound(s->active, s->n_active, border->group);
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
    s->active[at] = border->group;
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

/* The number of the list that holds the active groups, new or not; NP_NONE when out of memory. */
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

static uint32_t members_of_list(const struct sweep *s, uint32_t list)
{
    uint32_t n = 0;

    for (uint32_t i = s->first[list]; i < s->first[list + 1]; i++)
        n += s->group_first[s->items[i] + 1] - s->group_first[s->items[i]];
    return n;
}

/* The list's subjects, ascending, through a bitmap. */
static uint32_t expand(const struct sweep *s, uint32_t list, uint32_t *out)
{
    uint32_t n = 0, lowest = NP_NONE, highest = 0;

    for (uint32_t i = s->first[list]; i < s->first[list + 1]; i++)
        for (uint32_t k = s->group_first[s->items[i]]; k < s->group_first[s->items[i] + 1]; k++) {
            uint32_t word = s->members[k] / 64;

            s->marks[word] |= UINT64_C(1) << (s->members[k] % 64);
            lowest = word < lowest ? word : lowest;
            highest = word > highest ? word : highest;
        }
    for (uint32_t word = lowest; lowest != NP_NONE && word <= highest; word++)
        for (; s->marks[word]; s->marks[word] &= s->marks[word] - 1)
            out[n++] = word * 64 + (uint32_t)__builtin_ctzll(s->marks[word]);
    return n;
}

static int store(struct sweep *s, uint32_t n_ends, struct np_subject_index *out)
{
    struct np_arena *arena = &s->machine->arena;
    uint32_t *list_of = np_arena_array(arena, n_ends, sizeof *list_of);
    uint64_t total = 0;
    uint32_t *first, *items;

    if (!list_of || sweep_over(s, n_ends, list_of))
        return CNIPOL_E_NOMEM;
    for (uint32_t list = 0; list < s->n_lists; list++)
        total += members_of_list(s, list);
    first = np_arena_array(arena, s->n_lists + 1u, sizeof *first);
    items = total < UINT32_MAX ? np_arena_array(arena, total, sizeof *items) : NULL;
    if (!first || !items)
        return CNIPOL_E_NOMEM;
    first[0] = 0;
    for (uint32_t list = 0; list < s->n_lists; list++)
        first[list + 1] = first[list] + expand(s, list, items + first[list]);
    *out = (struct np_subject_index){list_of, first, items, n_ends};
    return CNIPOL_OK;
}

static int sweep_new(struct sweep *s)
{
    struct np_mem *mem = s->machine->mem;

    np_hmap_init(&s->lists, mem);
    s->group_of = np_alloc(mem, s->n_subjects * sizeof *s->group_of);
    s->group_of_set = np_alloc(mem, (s->machine->n_sets + 1u) * sizeof *s->group_of_set);
    s->group_first = np_zalloc(mem, (s->n_subjects + 1u) * sizeof *s->group_first);
    s->members = np_alloc(mem, s->n_subjects * sizeof *s->members);
    s->marks = np_zalloc(mem, (s->n_subjects / 64 + 1u) * sizeof *s->marks);
    return s->group_of && s->group_of_set && s->group_first && s->members && s->marks ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static void sweep_free(struct sweep *s)
{
    struct np_mem *mem = s->machine->mem;

    np_free(mem, s->group_of, s->n_subjects * sizeof *s->group_of);
    np_free(mem, s->group_of_set, (s->machine->n_sets + 1u) * sizeof *s->group_of_set);
    np_free(mem, s->group_first, (s->n_subjects + 1u) * sizeof *s->group_first);
    np_free(mem, s->members, s->n_subjects * sizeof *s->members);
    np_free(mem, s->marks, (s->n_subjects / 64 + 1u) * sizeof *s->marks);
    np_free(mem, s->borders, s->cap_borders * sizeof *s->borders);
    np_free(mem, s->active, s->cap_active * sizeof *s->active);
    np_free(mem, s->items, s->cap_items * sizeof *s->items);
    np_free(mem, s->first, s->cap_lists * sizeof *s->first);
    np_hmap_free(&s->lists);
}

static const struct np_pred *rule_subject(const struct np_machine *machine, const struct np_stage *stage, uint32_t i)
{
    (void)machine;
    return &stage->rules[i].subject;
}

static const struct np_pred *governing_subject(const struct np_machine *machine, const struct np_stage *stage, uint32_t i)
{
    return &machine->policies[stage->governing[i]].subject;
}

static int index_subjects(struct np_machine *machine, const struct np_stage *stage, subject_fn *subject_of, uint32_t n_subjects,
                          uint32_t n_ends, struct np_subject_index *out)
{
    struct sweep s = {.machine = machine, .n_subjects = n_subjects};
    int rc = sweep_new(&s);

    if (!rc)
        rc = group_subjects(&s, stage, subject_of, n_ends);
    if (!rc) {
        list_members(&s);
        rc = store(&s, n_ends, out);
    }
    sweep_free(&s);
    return rc;
}

static int index_stage(struct np_machine *machine, struct np_stage *stage, uint32_t n_ends)
{
    int rc = index_subjects(machine, stage, rule_subject, stage->n_rules, n_ends, &stage->rule_index);

    if (rc)
        return rc;
    return index_subjects(machine, stage, governing_subject, stage->n_governing, n_ends, &stage->governing_index);
}

int np_resolve_subjects(struct np_machine *machine, uint32_t n_ends)
{
    for (uint32_t c = 0; c < machine->n_checkpoints; c++) {
        const struct np_checkpoint *checkpoint = &machine->checkpoints[c];

        for (uint32_t i = 0; i < checkpoint->n_stages; i++)
            if (index_stage(machine, &checkpoint->stages[i], n_ends))
                return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}
