/* SPDX-License-Identifier: BSD-2-Clause */
/* Rule lists, cells and sets, and their bytes: see ruleset.h and format.h, struct cnipol_image_cell. */

#include "compile/ruleset.h"

#include <cnipol/status.h>

#define CELL_WORDS (sizeof(struct cnipol_image_cell) / sizeof(uint32_t))

/* The array has an element for `at`; new ones are NP_NONE. */
static bool reach_to(struct np_words *words, struct np_mem *mem, uint32_t at)
{
    while (words->n <= at)
        if (!np_words_push(words, mem, NP_NONE))
            return false;
    return true;
}

static uint32_t set_number(struct np_ruleset *rules, uint32_t idset)
{
    struct np_mem *mem = rules->c->mem;

    if (idset == NP_IDSET_ALL)
        return CNIPOL_SET_ALL;
    if (!reach_to(&rules->set_of, mem, idset))
        return NP_NONE;
    if (rules->set_of.items[idset] == NP_NONE) {
        if (!np_words_push(&rules->sets, mem, idset) || !np_words_push(&rules->spaces, mem, rules->n_ids))
            return NP_NONE;
        rules->set_of.items[idset] = rules->sets.n - 1;
    }
    return rules->set_of.items[idset];
}

static void put_box(struct cnipol_image_cell *to, const struct np_box *box)
{
    to->box_flags = box->flags;
    to->protocol_lo = box->protocol_lo;
    to->protocol_hi = box->protocol_hi;
    to->relation_mask = box->relation_mask;
    to->relation_bits = box->relation_bits;
    to->state_lo = box->state_lo;
    to->state_hi = box->state_hi;
    to->icmp_type_lo = box->icmp_type_lo;
    to->icmp_type_hi = box->icmp_type_hi;
    to->icmp_code_lo = box->icmp_code_lo;
    to->icmp_code_hi = box->icmp_code_hi;
    to->source_lo = box->source_lo;
    to->source_hi = box->source_hi;
    to->destination_lo = box->destination_lo;
    to->destination_hi = box->destination_hi;
}

/* Stages are less than 63; a pass beyond the last one leads to the end. */
static void put_effect(struct cnipol_image_cell *to, const struct np_outcome *outcome, uint32_t program, uint32_t stage, uint32_t pass_to,
                       uint32_t n_stages)
{
    to->action = outcome->action;
    to->flags = (uint8_t)outcome->flags;
    to->auth = outcome->auth;
    to->program = program;
    if (outcome->action == NP_ACTION_PASS)
        to->target = np_cell_target(outcome, stage, pass_to, n_stages);
}

static uint32_t add_cell(struct np_ruleset *rules, const struct cnipol_image_cell *cell)
{
    return np_intern(&rules->cells, (const uint32_t *)(const void *)cell, CELL_WORDS);
}

uint32_t np_ruleset_add(struct np_ruleset *rules, const struct np_cell *from, const struct np_box *box, uint32_t stage, uint32_t pass_to,
                        uint32_t policy)
{
    struct cnipol_image_cell cell = {.kind = from->rule == NP_NONE ? CNIPOL_CELL_DEFAULT : CNIPOL_CELL_RULE,
                                     .stage = (uint8_t)stage,
                                     .policy = policy,
                                     .tie = from->tie,
                                     .rule = from->rule,
                                     .key = from->key};
    uint32_t program = np_cell_program(&rules->c->cells, from->outcome);

    cell.set = set_number(rules, from->remote);
    if (program == NP_NONE || (cell.set == NP_NONE && from->remote != NP_IDSET_ALL))
        return NP_NONE;
    put_box(&cell, box);
    put_effect(&cell, from->outcome, program, stage, pass_to, from->n_stages);
    return add_cell(rules, &cell);
}

uint32_t np_ruleset_cell(struct np_ruleset *rules, uint32_t checkpoint, uint32_t stage, uint32_t number)
{
    const struct np_cells *cells = &rules->c->cells;
    const struct np_cell *from = &cells->items[number];
    const struct np_stage *in = &rules->c->model->machine.checkpoints[checkpoint].stages[stage];

    if (!reach_to(&rules->cell_of, rules->c->mem, number))
        return NP_NONE;
    if (rules->cell_of.items[number] == NP_NONE)
        rules->cell_of.items[number] = np_ruleset_add(rules, from, np_cell_box(cells, from->box), stage, in->pass_to, from->policy);
    return rules->cell_of.items[number];
}

static bool push_mark(struct np_ruleset *rules, const struct cnipol_image_cell *mark)
{
    uint32_t number = add_cell(rules, mark);

    return number != NP_NONE && np_words_push(&rules->line, rules->c->mem, number);
}

/* Marks look at nothing, but their ranges are whole as a box's are. */
static struct cnipol_image_cell mark_of(uint8_t kind, uint32_t stage)
{
    struct cnipol_image_cell mark = {.kind = kind, .stage = (uint8_t)stage, .set = CNIPOL_SET_ALL, .policy = NP_NONE, .rule = NP_NONE};

    put_box(&mark, &np_box_any);
    return mark;
}

static bool push_defaults(struct np_ruleset *rules, uint32_t checkpoint, uint32_t stage)
{
    const struct np_stage_cells *cells = &rules->c->cells.stages[checkpoint][stage];

    for (uint32_t i = 0; i < cells->n_defaults; i++) {
        uint32_t number = np_ruleset_cell(rules, checkpoint, stage, cells->defaults + i);

        if (number == NP_NONE || !np_words_push(&rules->line, rules->c->mem, number))
            return false;
    }
    return true;
}

static bool push_stage(struct np_ruleset *rules, uint32_t checkpoint, uint32_t stage, const struct np_stage_items *says)
{
    const struct np_stage *in = &rules->c->model->machine.checkpoints[checkpoint].stages[stage];
    struct cnipol_image_cell begin = mark_of(CNIPOL_CELL_STAGE, stage), unmatched = mark_of(CNIPOL_CELL_UNMATCHED, stage);

    if (!says->n && says->governed == NP_NO)
        return true;
    begin.combine = (uint8_t)in->combine;
    begin.ties = in->ties_undefined;
    unmatched.governed = (uint8_t)says->governed;
    if (!push_mark(rules, &begin))
        return false;
    for (uint32_t i = 0; i < says->n; i++)
        if (!np_words_push(&rules->line, rules->c->mem, says->items[i]))
            return false;
    return push_mark(rules, &unmatched) && (says->governed == NP_NO || push_defaults(rules, checkpoint, stage));
}

/* Behind the last stage a pass leads nowhere: no opinion. */
static bool push_end(struct np_ruleset *rules, uint32_t checkpoint)
{
    const struct np_checkpoint *from = &rules->c->model->machine.checkpoints[checkpoint];
    struct cnipol_image_cell end = mark_of(CNIPOL_CELL_END, from->n_stages);
    uint32_t program = np_cell_program(&rules->c->cells, &from->at_end);

    put_effect(&end, &from->at_end, program, from->n_stages, from->n_stages + 1, from->n_stages);
    if (end.action == CNIPOL_ACT_PASS) {
        end.action = CNIPOL_ACT_NEXT;
        end.target = 0;
    }
    return program != NP_NONE && push_mark(rules, &end);
}

int np_ruleset_list(struct np_ruleset *rules, uint32_t checkpoint, const struct np_stage_items *stages, uint32_t *out)
{
    rules->line.n = 0;
    for (uint32_t s = 0; s < rules->c->cells.n_stages[checkpoint]; s++)
        if (!push_stage(rules, checkpoint, s, &stages[s]))
            return CNIPOL_E_NOMEM;
    if (!push_end(rules, checkpoint))
        return CNIPOL_E_NOMEM;
    if (rules->line.n > CNIPOL_LIST_ITEMS_MAX) {
        rules->c->why = "a subject with more than 65,536 alternatives of rules";
        return CNIPOL_E_LIMIT;
    }
    if (rules->line.n > NP_ITEMS_MAX - rules->lists.n_words) {
        rules->c->why = "more than 67,108,864 items in all subjects' rule lists";
        return CNIPOL_E_LIMIT;
    }
    *out = np_intern(&rules->lists, rules->line.items, rules->line.n);
    return *out == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

/* A class's stage lists, their cells as the image's, one behind the other in rules->stage. */
static int gather_class(struct np_ruleset *rules, uint32_t checkpoint, uint32_t number)
{
    const struct np_subjects *subjects = &rules->c->checkpoints[checkpoint].subjects;
    uint32_t n_stages;
    const uint32_t *stages = np_interned(&subjects->classes, number, &n_stages);

    rules->stage.n = 0;
    for (uint32_t s = 0; s < n_stages; s++) {
        uint32_t n;
        const uint32_t *list = np_interned(&subjects->lists, stages[s], &n);

        for (uint32_t i = 2; i < n; i++) {
            uint32_t cell = np_ruleset_cell(rules, checkpoint, s, list[i] & ~CNIPOL_ITEM_MAYBE);

            if (cell == NP_NONE || !np_words_push(&rules->stage, rules->c->mem, cell | (list[i] & CNIPOL_ITEM_MAYBE)))
                return CNIPOL_E_NOMEM;
        }
    }
    return CNIPOL_OK;
}

static int list_class(struct np_ruleset *rules, uint32_t checkpoint, uint32_t number, uint32_t *out)
{
    const struct np_subjects *subjects = &rules->c->checkpoints[checkpoint].subjects;
    struct np_stage_items says[64];
    uint32_t n_stages, at = 0;
    const uint32_t *stages = np_interned(&subjects->classes, number, &n_stages);
    int rc = gather_class(rules, checkpoint, number);

    for (uint32_t s = 0; s < n_stages && !rc; s++) {
        uint32_t n;
        const uint32_t *list = np_interned(&subjects->lists, stages[s], &n);

        says[s] = (struct np_stage_items){n > 2 ? rules->stage.items + at : NULL, n - 2, list[1]};
        at += n - 2;
    }
    return rc ? rc : np_ruleset_list(rules, checkpoint, says, out);
}

/* The number of each id's list. */
static int list_ids(struct np_ruleset *rules, uint32_t checkpoint, const struct np_words *by_class)
{
    const struct np_subjects *subjects = &rules->c->checkpoints[checkpoint].subjects;

    for (uint32_t id = 0; id < subjects->n_ids; id++) {
        uint32_t number = subjects->class_of[id];

        if (!np_words_push(&rules->list_of[checkpoint], rules->c->mem, number == NP_NONE ? 0 : by_class->items[number]))
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

static int list_checkpoint(struct np_ruleset *rules, uint32_t checkpoint)
{
    struct np_words by_class = {0};
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < rules->c->checkpoints[checkpoint].subjects.classes.n && !rc; i++) {
        uint32_t number;

        rc = list_class(rules, checkpoint, i, &number);
        if (!rc && !np_words_push(&by_class, rules->c->mem, number))
            rc = CNIPOL_E_NOMEM;
    }
    if (!rc)
        rc = list_ids(rules, checkpoint, &by_class);
    np_words_free(&by_class, rules->c->mem);
    return rc;
}

/* List 0: no answer. */
static bool list_nowhere(struct np_ruleset *rules)
{
    struct cnipol_image_cell end = mark_of(CNIPOL_CELL_END, 0);

    end.action = CNIPOL_ACT_UNDEFINED;
    return push_mark(rules, &end) && np_intern(&rules->lists, rules->line.items, rules->line.n) == 0;
}

int np_ruleset_init(struct np_ruleset *rules, struct np_compilation *c)
{
    int rc;

    *rules = (struct np_ruleset){.c = c, .n_ids = c->space.n_ids};
    np_intern_init(&rules->cells, c->mem);
    np_intern_init(&rules->lists, c->mem);
    rc = list_nowhere(rules) ? CNIPOL_OK : CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < c->model->machine.n_checkpoints && !rc; i++)
        rc = list_checkpoint(rules, i);
    return rc;
}

void np_ruleset_free(struct np_ruleset *rules)
{
    struct np_words *words[] = {&rules->set_of, &rules->sets, &rules->spaces, &rules->cell_of, &rules->line, &rules->stage};

    if (!rules->c)
        return;
    np_intern_free(&rules->cells);
    np_intern_free(&rules->lists);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        np_words_free(words[i], rules->c->mem);
    for (uint32_t i = 0; i < CNIPOL_IMAGE_CHECKPOINTS; i++)
        np_words_free(&rules->list_of[i], rules->c->mem);
}

static void emit_lists(const struct np_ruleset *rules, struct np_emission *out, struct cnipol_image_view *view)
{
    view->lists = np_emission_add(out, NULL, 0);
    view->n_lists = rules->lists.n;
    for (uint32_t i = 0; i < rules->lists.n; i++) {
        struct cnipol_image_list list = {rules->lists.first[i], rules->lists.first[i + 1] - rules->lists.first[i]};

        np_buf_add(&out->bytes, (const char *)&list, sizeof list);
    }
    view->items = np_emission_add(out, rules->lists.words, rules->lists.n_words * sizeof *rules->lists.words);
    view->n_items = rules->lists.n_words;
    view->cells = np_emission_add(out, rules->cells.words, rules->cells.n_words * sizeof *rules->cells.words);
    view->n_cells = rules->cells.n;
}

static void emit_sets(const struct np_ruleset *rules, struct np_emission *out, struct cnipol_image_view *view)
{
    const struct np_idsets *idsets = &rules->c->idsets;
    uint32_t first = 0, n;

    view->sets = np_emission_add(out, NULL, 0);
    view->n_sets = rules->sets.n;
    for (uint32_t i = 0; i < rules->sets.n; i++, first += n) {
        struct cnipol_image_set set = {.first = first, .space = rules->spaces.items[i]};

        (void)np_idset_words(idsets, rules->sets.items[i], &n);
        set.n = n;
        np_buf_add(&out->bytes, (const char *)&set, sizeof set);
    }
    view->words = np_emission_add(out, NULL, 0);
    view->n_words = first;
    for (uint32_t i = 0; i < rules->sets.n; i++) {
        const uint32_t *words = np_idset_words(idsets, rules->sets.items[i], &n);

        np_buf_add(&out->bytes, (const char *)words, n * sizeof *words);
    }
    view->first_member = rules->n_ids;
}

int np_emit_rules(struct np_ruleset *rules, struct np_emission *out, struct cnipol_image_view *view)
{
    for (uint32_t i = 0; i < rules->c->model->machine.n_checkpoints; i++)
        view->checkpoints[i].lists = np_emission_add(out, rules->list_of[i].items, rules->list_of[i].n * sizeof(uint32_t));
    emit_lists(rules, out, view);
    emit_sets(rules, out, view);
    return np_buf_failed(&out->bytes) ? CNIPOL_E_NOMEM : CNIPOL_OK;
}
