/* SPDX-License-Identifier: BSD-2-Clause */
/* Cells: see cell.h. */

#include "compile/cell.h"

#include <stdlib.h>
#include <string.h>

#include <cnipol/status.h>

#include "compile/alt.h"

/* What places a cell of a MAP stage: the order of reference/map.c, then that of the rules. */
struct map_place {
    uint64_t rank;
    uint32_t bits;
    bool is_deny;
    bool is_exact;
    uint32_t cell;
};

/* A rule being taken apart. */
struct taking {
    struct np_cells *cells;
    struct np_alts all, part, both;
    struct np_alts concerns, with_remote; /* MAP */
    struct map_place *places;             /* of the stage's cells, in MAP */
    uint32_t n_places, cap_places;
    uint32_t n_stages;
    const char **why;
};

static int add_cell(struct np_cells *cells, const struct np_cell *cell)
{
    void *grown = cells->n >= NP_CELLS_MAX ? NULL : np_grow(cells->mem, cells->items, &cells->cap, cells->n + 1, sizeof *cells->items);

    if (!grown)
        return cells->n >= NP_CELLS_MAX ? CNIPOL_E_LIMIT : CNIPOL_E_NOMEM;
    cells->items = grown;
    cells->items[cells->n++] = *cell;
    return CNIPOL_OK;
}

static int add_alt(struct taking *t, const struct np_cell *like, const struct np_alt *alt, enum np_end_role subject)
{
    struct np_cell cell = *like;

    cell.n_stages = t->n_stages;
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

static int add_place(struct taking *t, const struct map_place *place)
{
    void *grown = np_grow(t->cells->mem, t->places, &t->cap_places, t->n_places + 1, sizeof *t->places);

    if (!grown)
        return CNIPOL_E_NOMEM;
    t->places = grown;
    t->places[t->n_places++] = *place;
    return CNIPOL_OK;
}

/* The length of a match and an exact peer do not matter to a deny. */
static int emit_in_map(struct taking *t, const struct np_cell *like, const struct np_rule *rule, bool is_exact, enum np_end_role subject)
{
    bool is_deny = rule->outcome.action == NP_ACTION_DENY && !rule->outcome.n_guards;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < t->all.n && !rc; i++) {
        const struct map_place place = {rule->rank, is_deny ? 0 : t->all.items[i].bits, is_deny, is_deny || is_exact, t->cells->n};

        rc = add_place(t, &place);
        if (!rc)
            rc = add_alt(t, like, &t->all.items[i], subject);
    }
    return rc;
}

/* One remote alternative with each of L4: each pair has a place of its own. */
static int take_pairs(struct taking *t, const struct np_cell *like, const struct np_rule *rule, const struct np_conj *remote,
                      enum np_end_role subject)
{
    int rc = np_alts_of_conj(t->cells, remote, !subject, false, &t->part);

    if (!rc)
        rc = np_alts_product(t->cells, &t->concerns, &t->part, &t->with_remote);
    for (uint32_t i = 0; i < rule->l4.n && !rc; i++) {
        rc = np_alts_of_conj(t->cells, &rule->l4.any[i], subject, true, &t->part);
        if (!rc)
            rc = np_alts_product(t->cells, &t->with_remote, &t->part, &t->all);
        if (!rc)
            rc = emit_in_map(t, like, rule, remote->n > 0, subject);
    }
    return rc;
}

/* LOG and NEXT have no place in a map. */
static int take_map_rule(struct taking *t, const struct np_rule *rule, uint32_t number, enum np_end_role subject)
{
    const struct np_machine *m = &t->cells->space->model->machine;
    const struct np_cell like = {.policy = rule->policy, .tie = rule->tie, .rule = number, .outcome = &rule->outcome};
    int rc;

    if (rule->policy != NP_NONE && m->policies[rule->policy].is_staged && !m->staged_scope)
        return CNIPOL_OK;
    if (!rule->outcome.n_guards && (rule->outcome.action == NP_ACTION_LOG || rule->outcome.action == NP_ACTION_NEXT))
        return CNIPOL_OK;
    rc = take_first(t, &rule->subject, subject);
    if (!rc)
        rc = np_alts_of_pred(t->cells, &rule->local, subject, &t->part);
    if (!rc)
        rc = np_alts_product(t->cells, &t->all, &t->part, &t->concerns);
    for (uint32_t i = 0; i < rule->remote.n && !rc; i++)
        rc = take_pairs(t, &like, rule, &rule->remote.any[i], subject);
    return rc;
}

/* Negative: a before b; 0: one key. */
static int map_order(const struct map_place *a, const struct map_place *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->is_deny != b->is_deny)
        return a->is_deny ? -1 : 1;
    if (a->bits != b->bits)
        return a->bits > b->bits ? -1 : 1;
    return a->is_exact == b->is_exact ? 0 : a->is_exact ? -1 : 1;
}

static int by_place(const void *x, const void *y)
{
    const struct map_place *a = x, *b = y;
    int order = map_order(a, b);

    return order ? order : (a->cell > b->cell) - (a->cell < b->cell);
}

/* Puts the stage's cells, the last ones so far, in the map's order. */
static int sort_map(struct taking *t, uint32_t first)
{
    struct np_cells *cells = t->cells;
    uint32_t n = t->n_places, key = 0;
    struct np_cell *copy = np_alloc(cells->mem, (n + 1u) * sizeof *copy);

    if (!copy)
        return CNIPOL_E_NOMEM;
    if (n) {
        memcpy(copy, cells->items + first, n * sizeof *copy);
        qsort(t->places, n, sizeof *t->places, by_place);
    }
    for (uint32_t i = 0; i < n; i++) {
        key += i && map_order(&t->places[i - 1], &t->places[i]) != 0;
        cells->items[first + i] = copy[t->places[i].cell - first];
        cells->items[first + i].key = key;
    }
    np_free(cells->mem, copy, (n + 1u) * sizeof *copy);
    return CNIPOL_OK;
}

static int take_rules(struct taking *t, const struct np_stage *stage, uint32_t first_rule, enum np_end_role subject)
{
    bool is_map = stage->combine == NP_COMBINE_MAP;
    uint32_t first = t->cells->n;
    int rc = CNIPOL_OK;

    t->n_places = 0;
    for (uint32_t i = 0; i < stage->n_rules && !rc; i++)
        rc = (is_map ? take_map_rule : take_rule)(t, &stage->rules[i], first_rule + i, subject);
    return !rc && is_map ? sort_map(t, first) : rc;
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

/* One alternative's ids. */
static int add_subject(struct np_idsets *sets, const struct np_alt *alt, enum np_end_role subject, uint32_t *out)
{
    struct np_box box = alt->box;
    uint32_t set = alt->sets[subject];

    if (box.flags & CNIPOL_BOX_MAYBE)
        set = np_idset_and(sets, set, NP_IDSET_MAYBE);
    box.flags &= (uint8_t)~CNIPOL_BOX_MAYBE;
    if (!np_box_is_any(&box) || alt->sets[!subject] != NP_IDSET_ALL)
        return CNIPOL_E_LIMIT;
    *out = set == NP_NONE ? NP_NONE : np_idset_or(sets, *out, set);
    return *out == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

int np_cells_subject(struct np_cells *cells, const struct np_pred *pred, enum np_end_role subject, uint32_t *out)
{
    struct np_alts alts = {0};
    int rc = np_alts_of_pred(cells, pred, subject, &alts);

    *out = NP_IDSET_EMPTY;
    for (uint32_t i = 0; i < alts.n && !rc; i++)
        rc = add_subject(cells->idsets, &alts.items[i], subject, out);
    np_alts_free(&alts, cells->mem);
    return rc;
}

static int take_governing(struct taking *t, const struct np_stage *stage, enum np_end_role subject, uint32_t *out)
{
    const struct np_machine *m = &t->cells->space->model->machine;
    int rc = CNIPOL_OK;

    *out = NP_IDSET_EMPTY;
    for (uint32_t i = 0; i < stage->n_governing && !rc; i++) {
        const struct np_policy *policy = &m->policies[stage->governing[i]];
        uint32_t set;

        if (policy->is_staged && !m->staged_scope)
            continue;
        rc = np_cells_subject(t->cells, &policy->subject, subject, &set);
        if (rc == CNIPOL_E_LIMIT)
            *t->why = "a policy whose subject depends on the packet";
        if (!rc)
            *out = np_idset_or(t->cells->idsets, *out, set);
        if (*out == NP_NONE)
            rc = CNIPOL_E_NOMEM;
    }
    return rc;
}

static int take_stage(struct taking *t, const struct np_checkpoint *checkpoint, const struct np_stage *stage, uint32_t first_rule,
                      struct np_stage_cells *out)
{
    struct np_cells *cells = t->cells;
    int rc;

    out->rules = cells->n;
    rc = take_rules(t, stage, first_rule, (enum np_end_role)checkpoint->subject);
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
    cells->n_stages[number] = t->n_stages = checkpoint->n_stages;
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
    np_intern_init(&cells->port_names, space->mem);
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
    np_alts_free(&t.concerns, cells->mem);
    np_alts_free(&t.with_remote, cells->mem);
    np_free(cells->mem, t.places, t.cap_places * sizeof *t.places);
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
    np_intern_free(&cells->port_names);
    np_words_free(&cells->port_first, cells->mem);
    np_words_free(&cells->port_pairs, cells->mem);
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

uint8_t np_cell_target(const struct np_outcome *outcome, uint32_t stage, uint32_t pass_to, uint32_t n_stages)
{
    uint32_t target = outcome->target == NP_PASS_STAGE ? pass_to : outcome->target;

    if (target <= stage)
        return (uint8_t)(stage + 1);
    return (uint8_t)(target > n_stages ? n_stages : target);
}
