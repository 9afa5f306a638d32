/* SPDX-License-Identifier: BSD-2-Clause */
/* Cells: see cell.h. */

#include "compile/cell.h"

#include <cnipol/status.h>

#include "compile/alt.h"

/* A rule being taken apart. */
struct taking {
    struct np_cells *cells;
    struct np_alts all, part, both;
    const char **why;
};

static int add_cell(struct np_cells *cells, const struct np_cell *cell)
{
    void *grown = np_grow(cells->mem, cells->items, &cells->cap, cells->n + 1, sizeof *cells->items);

    if (!grown)
        return CNIPOL_E_NOMEM;
    cells->items = grown;
    cells->items[cells->n++] = *cell;
    return CNIPOL_OK;
}

static int add_alt(struct taking *t, const struct np_cell *like, const struct np_alt *alt, enum np_end_role subject)
{
    struct np_cell cell = *like;

    cell.subject = alt->sets[subject];
    cell.remote = alt->sets[!subject];
    cell.box = np_intern(&t->cells->boxes, (const uint32_t *)(const void *)&alt->box, NP_BOX_WORDS);
    return cell.box == NP_NONE ? CNIPOL_E_NOMEM : add_cell(t->cells, &cell);
}

/* Both this predicate and what was taken so far. */
static int take_and(struct taking *t, const struct np_pred *pred, enum np_end_role end)
{
    struct np_alts kept;
    int rc = np_alts_of_pred(t->cells, pred, end, &t->part);

    if (!rc)
        rc = np_alts_product(t->cells, &t->all, &t->part, &t->both);
    kept = t->all;
    t->all = t->both;
    t->both = kept;
    return rc;
}

static int take_first(struct taking *t, const struct np_pred *pred, enum np_end_role end)
{
    return np_alts_of_pred(t->cells, pred, end, &t->all);
}

static int emit(struct taking *t, const struct np_cell *like, enum np_end_role subject)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < t->all.n && !rc; i++)
        rc = add_alt(t, like, &t->all.items[i], subject);
    return rc;
}

static int take_rule(struct taking *t, const struct np_rule *rule, uint32_t number, enum np_end_role subject)
{
    const struct np_machine *m = &t->cells->space->model->machine;
    const struct np_cell like = {.policy = rule->policy, .tie = rule->tie, .rule = number, .outcome = &rule->outcome};
    int rc;

    if (rule->policy != NP_NONE && m->policies[rule->policy].is_staged && !m->staged_scope)
        return CNIPOL_OK;
    rc = take_first(t, &rule->subject, subject);
    if (!rc)
        rc = take_and(t, &rule->local, subject);
    if (!rc)
        rc = take_and(t, &rule->remote, !subject);
    if (!rc)
        rc = take_and(t, &rule->l4, subject);
    return rc ? rc : emit(t, &like, subject);
}

/* Rule lists hold the same defaults for all subjects. */
static int take_default(struct taking *t, const struct np_default *def, enum np_end_role subject)
{
    const struct np_cell like = {.policy = NP_NONE, .rule = NP_NONE, .outcome = &def->outcome};
    int rc = take_first(t, &def->remote, !subject);

    if (!rc)
        rc = take_and(t, &def->l4, subject);
    for (uint32_t i = 0; i < t->all.n && !rc; i++)
        if (t->all.items[i].sets[subject] != NP_IDSET_ALL) {
            *t->why = "a default that depends on whom it is for";
            return CNIPOL_E_LIMIT;
        }
    return rc ? rc : emit(t, &like, subject);
}

/* A policy's subject is about its own end, and may be unknown; it does not depend on the packet. */
static int take_governing(struct taking *t, const struct np_stage *stage, enum np_end_role subject, uint32_t *out)
{
    const struct np_machine *m = &t->cells->space->model->machine;
    struct np_idsets *sets = t->cells->idsets;
    int rc = CNIPOL_OK;

    *out = NP_IDSET_EMPTY;
    for (uint32_t i = 0; i < stage->n_governing && !rc; i++) {
        const struct np_policy *policy = &m->policies[stage->governing[i]];

        if (policy->is_staged && !m->staged_scope)
            continue;
        rc = take_first(t, &policy->subject, subject);
        for (uint32_t k = 0; k < t->all.n && !rc; k++) {
            const struct np_alt *alt = &t->all.items[k];
            struct np_box box = alt->box;
            uint32_t set = alt->sets[subject];

            if (box.flags & CNIPOL_BOX_MAYBE)
                set = np_idset_and(sets, set, NP_IDSET_MAYBE);
            box.flags &= (uint8_t)~CNIPOL_BOX_MAYBE;
            *out = set == NP_NONE ? NP_NONE : np_idset_or(sets, *out, set);
            if (*out == NP_NONE)
                rc = CNIPOL_E_NOMEM;
            if (!np_box_is_any(&box) || alt->sets[!subject] != NP_IDSET_ALL) {
                *t->why = "a policy whose subject depends on the packet";
                return CNIPOL_E_LIMIT;
            }
        }
    }
    return rc;
}

static int take_stage(struct taking *t, const struct np_checkpoint *checkpoint, const struct np_stage *stage, uint32_t first_rule,
                      struct np_stage_cells *out)
{
    struct np_cells *cells = t->cells;
    int rc = CNIPOL_OK;

    if (stage->combine == NP_COMBINE_MAP && stage->n_rules) {
        *t->why = "a stage that combines as a policy map does";
        return CNIPOL_E_LIMIT;
    }
    out->rules = cells->n;
    for (uint32_t i = 0; i < stage->n_rules && !rc; i++)
        rc = take_rule(t, &stage->rules[i], first_rule + i, (enum np_end_role)checkpoint->subject);
    out->n_rules = cells->n - out->rules;
    out->defaults = cells->n;
    for (uint32_t i = 0; i < stage->n_defaults && !rc; i++)
        rc = take_default(t, &stage->defaults[i], (enum np_end_role)checkpoint->subject);
    out->n_defaults = cells->n - out->defaults;
    return rc ? rc : take_governing(t, stage, (enum np_end_role)checkpoint->subject, &out->governed);
}

static int take_checkpoint(struct taking *t, uint32_t number)
{
    struct np_cells *cells = t->cells;
    const struct np_checkpoint *checkpoint = &cells->space->model->machine.checkpoints[number];
    struct np_stage_cells *stages = np_zalloc(cells->mem, (checkpoint->n_stages + 1u) * sizeof *stages);
    uint32_t first_rule = 0;
    int rc = CNIPOL_OK;

    if (!stages)
        return CNIPOL_E_NOMEM;
    cells->stages[number] = stages;
    cells->n_stages[number] = checkpoint->n_stages;
    if (checkpoint->n_stages > 62) {
        *t->why = "a checkpoint of more than 62 stages";
        return CNIPOL_E_LIMIT;
    }
    for (uint32_t i = 0; i < checkpoint->n_stages && !rc; i++) {
        rc = take_stage(t, checkpoint, &checkpoint->stages[i], first_rule, &stages[i]);
        first_rule += checkpoint->stages[i].n_rules;
    }
    return rc;
}

int np_cells_init(struct np_cells *cells, const struct np_space *space, struct np_idsets *idsets, const char **why)
{
    const struct np_machine *m = &space->model->machine;
    struct taking t = {.cells = cells, .why = why};
    int rc = CNIPOL_OK;

    *why = "a rule with too many alternatives";
    *cells = (struct np_cells){.mem = space->mem, .space = space, .idsets = idsets};
    np_intern_init(&cells->boxes, space->mem);
    np_intern_init(&cells->programs, space->mem);
    if (np_intern(&cells->programs, NULL, 0) != 0)
        return CNIPOL_E_NOMEM;
    if (m->n_checkpoints > CNIPOL_IMAGE_CHECKPOINTS) {
        *why = "a path of more than 8 checkpoints";
        return CNIPOL_E_LIMIT;
    }
    for (uint32_t i = 0; i < m->n_checkpoints && !rc; i++)
        rc = take_checkpoint(&t, i);
    np_alts_free(&t.all, cells->mem);
    np_alts_free(&t.part, cells->mem);
    np_alts_free(&t.both, cells->mem);
    return rc;
}

void np_cells_free(struct np_cells *cells)
{
    for (uint32_t i = 0; i < CNIPOL_IMAGE_CHECKPOINTS; i++)
        if (cells->stages[i])
            np_free(cells->mem, cells->stages[i], (cells->n_stages[i] + 1u) * sizeof *cells->stages[i]);
    np_free(cells->mem, cells->items, cells->cap * sizeof *cells->items);
    np_intern_free(&cells->boxes);
    np_intern_free(&cells->programs);
}

uint32_t np_cell_program(struct np_cells *cells, const struct np_outcome *outcome)
{
    uint32_t key[3] = {outcome->n_guards};
    const void *guards = outcome->guards;

    if (!outcome->n_guards)
        return 0;
    memcpy(key + 1, &guards, sizeof guards);
    return np_intern(&cells->programs, key, 3);
}
