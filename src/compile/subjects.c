/* SPDX-License-Identifier: BSD-2-Clause */
/* Subject classes: see subjects.h. Cells with one subject set form a group, and groups are swept over. */

#include "compile/subjects.h"

#include <stdlib.h>
#include <string.h>

#include <cnipol/status.h>

#include "compile/sweep.h"

struct listing {
    struct np_subjects *subjects;
    const struct np_cells *cells;
    const struct np_stage_cells *stage;
    uint32_t number; /* of the stage */
    struct np_sweep sweep;
    struct np_words group_of; /* by cell of the stage */
    struct np_words sets;     /* by group */
    struct np_words places;   /* by idset: its group */
    struct np_words first;    /* by group, one more: places in `members` */
    struct np_words members;  /* cells by group */
    struct np_words list;
    struct np_intern seen;   /* active lists of the sweep */
    struct np_words list_of; /* by those: the stage list */
    uint32_t *of_id;         /* stage list by id */
    uint64_t *effort;        /* steps left */
    uint64_t spent;          /* of those of the sweep */
};

/* A list's items are sorted, hashed and kept. */
#define STEPS_OF_ITEM 32

static int group_cells(struct listing *l)
{
    for (uint32_t i = 0; i < l->stage->n_rules; i++) {
        uint32_t group = np_words_place(&l->sets, &l->places, l->subjects->mem, l->cells->items[l->stage->rules + i].subject);

        if (group == NP_NONE || !np_words_push(&l->group_of, l->subjects->mem, group))
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

static int list_members(struct listing *l)
{
    struct np_mem *mem = l->subjects->mem;

    for (uint32_t g = 0; g <= l->sets.n + 1; g++)
        if (!np_words_push(&l->first, mem, 0))
            return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < l->stage->n_rules; i++) {
        l->first.items[l->group_of.items[i] + 2]++;
        if (!np_words_push(&l->members, mem, 0))
            return CNIPOL_E_NOMEM;
    }
    for (uint32_t g = 0; g + 2 < l->first.n; g++)
        l->first.items[g + 2] += l->first.items[g + 1];
    for (uint32_t i = 0; i < l->stage->n_rules; i++)
        l->members.items[l->first.items[l->group_of.items[i] + 1]++] = l->stage->rules + i;
    return CNIPOL_OK;
}

static int add_set(struct listing *l, uint32_t item, uint32_t set)
{
    uint32_t n;
    const uint32_t *words = np_idset_words(l->cells->idsets, set, &n);

    return np_sweep_add(&l->sweep, item, words, n) ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int by_cell(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x & ~CNIPOL_ITEM_MAYBE, b = *(const uint32_t *)y & ~CNIPOL_ITEM_MAYBE;

    return (a > b) - (a < b);
}

static uint32_t n_items(const struct listing *l)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < l->sweep.active.n; i++) {
        uint32_t group = l->sweep.active.items[i] >> 2;

        n += group < l->sets.n ? l->first.items[group + 1] - l->first.items[group] : 0;
    }
    return n;
}

/* The stage list of the active groups; the last item is who is governed. */
static uint32_t make_list(struct listing *l)
{
    struct np_mem *mem = l->subjects->mem;
    uint32_t governed = NP_NO;

    l->list.n = 0;
    if (!np_words_push(&l->list, mem, l->number) || !np_words_push(&l->list, mem, NP_NO))
        return NP_NONE;
    for (uint32_t i = 0; i < l->sweep.active.n; i++) {
        uint32_t group = l->sweep.active.items[i] >> 2, truth = l->sweep.active.items[i] & 3;

        if (group == l->sets.n) {
            governed = truth;
            continue;
        }
        for (uint32_t k = l->first.items[group]; k < l->first.items[group + 1]; k++)
            if (!np_words_push(&l->list, mem, l->members.items[k] | (truth == NP_YES ? 0 : CNIPOL_ITEM_MAYBE)))
                return NP_NONE;
    }
    l->list.items[1] = governed;
    qsort(l->list.items + 2, l->list.n - 2, sizeof *l->list.items, by_cell);
    return np_intern(&l->subjects->lists, l->list.items, l->list.n);
}

static int list_of_segment(struct listing *l, uint32_t *list)
{
    uint32_t seen;

    if (!np_spend(l->effort, l->sweep.steps - l->spent))
        return CNIPOL_E_LIMIT;
    l->spent = l->sweep.steps;
    seen = np_intern(&l->seen, l->sweep.active.items, l->sweep.active.n);
    if (seen == NP_NONE)
        return CNIPOL_E_NOMEM;
    if (seen == l->list_of.n) {
        if (!np_spend(l->effort, (uint64_t)n_items(l) * STEPS_OF_ITEM))
            return CNIPOL_E_LIMIT;
        *list = make_list(l);
        if (*list == NP_NONE || !np_words_push(&l->list_of, l->subjects->mem, *list))
            return CNIPOL_E_NOMEM;
    }
    *list = l->list_of.items[seen];
    return CNIPOL_OK;
}

static int sweep(struct listing *l)
{
    int more;

    np_sweep_start(&l->sweep, l->subjects->n_ids);
    while ((more = np_sweep_next(&l->sweep)) == 1) {
        uint32_t list;
        int rc = list_of_segment(l, &list);

        if (rc)
            return rc;
        for (uint32_t id = l->sweep.lo; id < l->sweep.hi; id++)
            l->of_id[id] = list;
    }
    return more < 0 ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

static int run_listing(struct listing *l)
{
    int rc = group_cells(l);

    if (!rc)
        rc = list_members(l);
    for (uint32_t g = 0; g < l->sets.n && !rc; g++)
        rc = add_set(l, g, l->sets.items[g]);
    if (!rc)
        rc = add_set(l, l->sets.n, l->stage->governed);
    return rc ? rc : sweep(l);
}

static int list_stage(struct np_subjects *subjects, const struct np_cells *cells, const struct np_stage_cells *stage, uint32_t number,
                      uint32_t *of_id, uint64_t *effort)
{
    struct listing l = {.subjects = subjects, .cells = cells, .stage = stage, .number = number, .of_id = of_id, .effort = effort};
    struct np_words *all[] = {&l.group_of, &l.sets, &l.places, &l.first, &l.members, &l.list, &l.list_of};
    int rc;

    np_sweep_init(&l.sweep, subjects->mem);
    np_intern_init(&l.seen, subjects->mem);
    rc = run_listing(&l);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        np_words_free(all[i], subjects->mem);
    np_sweep_free(&l.sweep);
    np_intern_free(&l.seen);
    return rc;
}

/* Is the checkpoint on the path of a question whose subject is like that id, whatever the other end is? */
static bool is_on_path(const struct np_machine *machine, uint32_t checkpoint, bool is_policed)
{
    struct np_facts facts = {0};
    struct np_checkpoints path = {.n = 0};

    facts.ends[machine->checkpoints[checkpoint].subject].is_policed = is_policed;
    machine->path(machine, &facts, &path);
    for (uint32_t i = 0; i < path.n; i++)
        if (path.items[i] == checkpoint)
            return true;
    return false;
}

static int classify(struct np_subjects *subjects, const struct np_cells *cells, uint32_t checkpoint, const uint32_t *of_id,
                    const bool *wanted)
{
    const struct np_machine *machine = &cells->space->model->machine;
    bool on_path[2] = {is_on_path(machine, checkpoint, false), is_on_path(machine, checkpoint, true)};
    uint32_t n_stages = cells->n_stages[checkpoint];
    struct np_words key = {0};
    int rc = CNIPOL_OK;

    for (uint32_t id = 0; id < subjects->n_ids && !rc; id++) {
        key.n = 0;
        subjects->class_of[id] = NP_NONE;
        if (!on_path[cells->space->ids[id].is_policed] || (wanted && !wanted[id]))
            continue;
        for (uint32_t s = 0; s < n_stages && !rc; s++)
            rc = np_words_push(&key, subjects->mem, of_id[(size_t)s * subjects->n_ids + id]) ? CNIPOL_OK : CNIPOL_E_NOMEM;
        subjects->class_of[id] = rc ? NP_NONE : np_intern(&subjects->classes, key.items, key.n);
        if (subjects->class_of[id] == NP_NONE)
            rc = CNIPOL_E_NOMEM;
    }
    np_words_free(&key, subjects->mem);
    return rc;
}

int np_subjects_init(struct np_subjects *subjects, const struct np_cells *cells, uint32_t checkpoint, const bool *wanted, uint64_t *effort)
{
    uint32_t n_stages = cells->n_stages[checkpoint], n_ids = cells->space->n_ids;
    size_t size = ((size_t)n_stages * n_ids + 1) * sizeof(uint32_t);
    uint32_t *of_id = np_alloc(cells->mem, size);
    int rc = of_id ? CNIPOL_OK : CNIPOL_E_NOMEM;

    *subjects = (struct np_subjects){.mem = cells->mem, .n_ids = n_ids};
    np_intern_init(&subjects->lists, cells->mem);
    np_intern_init(&subjects->classes, cells->mem);
    subjects->class_of = np_alloc(cells->mem, n_ids * sizeof *subjects->class_of);
    if (!subjects->class_of)
        rc = CNIPOL_E_NOMEM;
    for (uint32_t s = 0; s < n_stages && !rc; s++)
        rc = list_stage(subjects, cells, &cells->stages[checkpoint][s], s, of_id + (size_t)s * n_ids, effort);
    if (!rc)
        rc = classify(subjects, cells, checkpoint, of_id, wanted);
    np_free(cells->mem, of_id, size);
    return rc;
}

void np_subjects_free(struct np_subjects *subjects)
{
    if (!subjects->mem)
        return;
    if (subjects->class_of)
        np_free(subjects->mem, subjects->class_of, subjects->n_ids * sizeof *subjects->class_of);
    np_intern_free(&subjects->lists);
    np_intern_free(&subjects->classes);
}
