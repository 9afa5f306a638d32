/* SPDX-License-Identifier: BSD-2-Clause */
/* Rule lists, cells and sets as bytes: see emit_tables.h and format.h, struct cnipol_image_cell. */

#include "compile/emit_tables.h"

#include <string.h>

#include <cnipol/status.h>

#define CELL_WORDS (sizeof(struct cnipol_image_cell) / sizeof(uint32_t))

struct writer {
    struct np_compilation *c;
    struct np_intern cells; /* struct cnipol_image_cell */
    struct np_intern lists;
    struct np_words set_of;  /* by idset: number in the image; NP_NONE: not used */
    struct np_words sets;    /* by number in the image: idset */
    struct np_words cell_of; /* by cell of the compilation: number in the image; NP_NONE: not written yet */
    struct np_words line;
};

static uint32_t set_number(struct writer *w, uint32_t idset)
{
    if (idset == NP_IDSET_ALL)
        return CNIPOL_SET_ALL;
    if (w->set_of.items[idset] == NP_NONE) {
        if (!np_words_push(&w->sets, w->c->mem, idset))
            return NP_NONE;
        w->set_of.items[idset] = w->sets.n - 1;
    }
    return w->set_of.items[idset];
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

static void put_effect(struct cnipol_image_cell *to, const struct np_outcome *outcome, uint32_t program, uint32_t stage, uint32_t pass_to)
{
    uint32_t target = outcome->target == NP_PASS_STAGE ? pass_to : outcome->target;

    to->action = outcome->action;
    to->flags = (uint8_t)outcome->flags;
    to->auth = outcome->auth;
    to->program = program;
    if (outcome->action == NP_ACTION_PASS)
        to->target = (uint8_t)(target <= stage ? stage + 1 : target > 63 ? 63 : target);
}

static uint32_t add_cell(struct writer *w, const struct cnipol_image_cell *cell)
{
    return np_intern(&w->cells, (const uint32_t *)(const void *)cell, CELL_WORDS);
}

/* A cell of the compilation, with the stage that it is in. */
static uint32_t cell_number(struct writer *w, uint32_t checkpoint, uint32_t stage, uint32_t number)
{
    const struct np_cell *from = &w->c->cells.items[number];
    const struct np_stage *in = &w->c->model->machine.checkpoints[checkpoint].stages[stage];
    struct cnipol_image_cell cell = {.kind = from->rule == NP_NONE ? CNIPOL_CELL_DEFAULT : CNIPOL_CELL_RULE,
                                     .stage = (uint8_t)stage,
                                     .policy = from->policy,
                                     .tie = from->tie,
                                     .rule = from->rule};
    uint32_t program = np_cell_program(&w->c->cells, from->outcome);

    if (w->cell_of.items[number] != NP_NONE)
        return w->cell_of.items[number];
    cell.set = set_number(w, from->remote);
    if (program == NP_NONE || (cell.set == NP_NONE && from->remote != NP_IDSET_ALL))
        return NP_NONE;
    put_box(&cell, np_cell_box(&w->c->cells, from->box));
    put_effect(&cell, from->outcome, program, stage, in->pass_to);
    w->cell_of.items[number] = add_cell(w, &cell);
    return w->cell_of.items[number];
}

static bool push_mark(struct writer *w, const struct cnipol_image_cell *mark)
{
    uint32_t number = add_cell(w, mark);

    return number != NP_NONE && np_words_push(&w->line, w->c->mem, number);
}

static bool push_cell(struct writer *w, uint32_t checkpoint, uint32_t stage, uint32_t item)
{
    uint32_t number = cell_number(w, checkpoint, stage, item & ~CNIPOL_ITEM_MAYBE);

    return number != NP_NONE && np_words_push(&w->line, w->c->mem, number | (item & CNIPOL_ITEM_MAYBE));
}

/* Marks look at nothing, but their ranges are whole as a box's are. */
static struct cnipol_image_cell mark_of(uint8_t kind, uint32_t stage)
{
    struct cnipol_image_cell mark = {.kind = kind, .stage = (uint8_t)stage, .set = CNIPOL_SET_ALL, .policy = NP_NONE, .rule = NP_NONE};

    put_box(&mark, &np_box_any);
    return mark;
}

static bool push_stage(struct writer *w, uint32_t checkpoint, uint32_t stage, const uint32_t *list, uint32_t n)
{
    const struct np_stage *in = &w->c->model->machine.checkpoints[checkpoint].stages[stage];
    const struct np_stage_cells *cells = &w->c->cells.stages[checkpoint][stage];
    struct cnipol_image_cell begin = mark_of(CNIPOL_CELL_STAGE, stage), unmatched = mark_of(CNIPOL_CELL_UNMATCHED, stage);

    begin.combine = (uint8_t)in->combine;
    begin.ties = in->ties_undefined;
    unmatched.governed = (uint8_t)list[1];
    if (!push_mark(w, &begin))
        return false;
    for (uint32_t i = 2; i < n; i++)
        if (!push_cell(w, checkpoint, stage, list[i]))
            return false;
    if (!push_mark(w, &unmatched))
        return false;
    for (uint32_t i = 0; i < cells->n_defaults && list[1] != NP_NO; i++)
        if (!push_cell(w, checkpoint, stage, cells->defaults + i))
            return false;
    return true;
}

static bool push_end(struct writer *w, uint32_t checkpoint)
{
    const struct np_checkpoint *from = &w->c->model->machine.checkpoints[checkpoint];
    struct cnipol_image_cell end = mark_of(CNIPOL_CELL_END, from->n_stages);
    uint32_t program = np_cell_program(&w->c->cells, &from->at_end);

    put_effect(&end, &from->at_end, program, from->n_stages, from->n_stages + 1);
    return program != NP_NONE && push_mark(w, &end);
}

/* A subject class's rule list: stages that have something to say, and the end. */
static int write_list(struct writer *w, uint32_t checkpoint, uint32_t class, uint32_t *out)
{
    const struct np_subjects *subjects = &w->c->checkpoints[checkpoint].subjects;
    uint32_t n_stages;
    const uint32_t *stages = np_interned(&subjects->classes, class, &n_stages);

    w->line.n = 0;
    for (uint32_t s = 0; s < n_stages; s++) {
        uint32_t n;
        const uint32_t *list = np_interned(&subjects->lists, stages[s], &n);

        if ((n > 2 || list[1] != NP_NO) && !push_stage(w, checkpoint, s, list, n))
            return CNIPOL_E_NOMEM;
    }
    if (!push_end(w, checkpoint))
        return CNIPOL_E_NOMEM;
    if (w->line.n > CNIPOL_LIST_ITEMS_MAX) {
        w->c->why = "a subject with more than 65,536 alternatives of rules";
        return CNIPOL_E_LIMIT;
    }
    *out = np_intern(&w->lists, w->line.items, w->line.n);
    return *out == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

static int write_lists(struct writer *w, uint32_t checkpoint)
{
    struct np_compiled *compiled = &w->c->checkpoints[checkpoint];
    int rc = CNIPOL_OK;

    for (uint32_t class = 0; class < compiled->subjects.classes.n && !rc; class ++) {
        uint32_t number;

        rc = write_list(w, checkpoint, class, &number);
        if (!rc && !np_words_push(&compiled->list_of, w->c->mem, number))
            rc = CNIPOL_E_NOMEM;
    }
    return rc;
}

/* The number of each id's list; list 0, which leads nowhere, for who is not policed. */
static int emit_list_numbers(struct writer *w, uint32_t checkpoint, struct np_emission *out, struct cnipol_image_view *view)
{
    const struct np_compiled *compiled = &w->c->checkpoints[checkpoint];
    struct np_words numbers = {0};
    int rc = CNIPOL_OK;

    for (uint32_t id = 0; id < w->c->space.n_ids && !rc; id++) {
        uint32_t class = compiled->subjects.class_of[id];

        rc = np_words_push(&numbers, w->c->mem, class == NP_NONE ? 0 : compiled->list_of.items[class]) ? CNIPOL_OK : CNIPOL_E_NOMEM;
    }
    if (!rc)
        view->checkpoints[checkpoint].lists = np_emission_add(out, numbers.items, numbers.n * sizeof *numbers.items);
    np_words_free(&numbers, w->c->mem);
    return rc;
}

static void emit_lists(struct writer *w, struct np_emission *out, struct cnipol_image_view *view)
{
    view->lists = np_emission_add(out, NULL, 0);
    view->n_lists = w->lists.n;
    for (uint32_t i = 0; i < w->lists.n; i++) {
        struct cnipol_image_list list = {w->lists.first[i], w->lists.first[i + 1] - w->lists.first[i]};

        np_buf_add(&out->bytes, (const char *)&list, sizeof list);
    }
    view->items = np_emission_add(out, w->lists.words, w->lists.n_words * sizeof *w->lists.words);
    view->n_items = w->lists.n_words;
    view->cells = np_emission_add(out, w->cells.words, w->cells.n_words * sizeof *w->cells.words);
    view->n_cells = w->cells.n;
}

static void emit_sets(struct writer *w, struct np_emission *out, struct cnipol_image_view *view)
{
    uint32_t first = 0, n;

    view->sets = np_emission_add(out, NULL, 0);
    view->n_sets = w->sets.n;
    for (uint32_t i = 0; i < w->sets.n; i++, first += n) {
        struct cnipol_image_set set = {.first = first, .space = w->c->space.n_ids};

        (void)np_idset_words(&w->c->idsets, w->sets.items[i], &n);
        set.n = n;
        np_buf_add(&out->bytes, (const char *)&set, sizeof set);
    }
    view->words = np_emission_add(out, NULL, 0);
    view->n_words = first;
    for (uint32_t i = 0; i < w->sets.n; i++) {
        const uint32_t *words = np_idset_words(&w->c->idsets, w->sets.items[i], &n);

        np_buf_add(&out->bytes, (const char *)words, n * sizeof *words);
    }
    view->first_member = w->c->space.n_ids;
}

/* List 0: no answer. */
static bool push_nowhere(struct writer *w)
{
    struct cnipol_image_cell end = mark_of(CNIPOL_CELL_END, 0);

    end.action = CNIPOL_ACT_UNDEFINED;
    return push_mark(w, &end) && np_intern(&w->lists, w->line.items, w->line.n) == 0;
}

static int prepare(struct writer *w)
{
    for (uint32_t i = 0; i < w->c->idsets.table.n; i++)
        if (!np_words_push(&w->set_of, w->c->mem, NP_NONE))
            return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < w->c->cells.n; i++)
        if (!np_words_push(&w->cell_of, w->c->mem, NP_NONE))
            return CNIPOL_E_NOMEM;
    return push_nowhere(w) ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int write_all(struct writer *w, struct np_emission *out, struct cnipol_image_view *view)
{
    uint32_t n = w->c->model->machine.n_checkpoints;
    int rc = prepare(w);

    for (uint32_t i = 0; i < n && !rc; i++)
        rc = write_lists(w, i);
    for (uint32_t i = 0; i < n && !rc; i++)
        rc = emit_list_numbers(w, i, out, view);
    if (rc)
        return rc;
    emit_lists(w, out, view);
    emit_sets(w, out, view);
    return np_buf_failed(&out->bytes) ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

int np_emit_rules(struct np_compilation *c, struct np_emission *out, struct cnipol_image_view *view)
{
    struct writer w = {.c = c};
    int rc;

    np_intern_init(&w.cells, c->mem);
    np_intern_init(&w.lists, c->mem);
    rc = write_all(&w, out, view);
    np_intern_free(&w.cells);
    np_intern_free(&w.lists);
    np_words_free(&w.set_of, c->mem);
    np_words_free(&w.sets, c->mem);
    np_words_free(&w.cell_of, c->mem);
    np_words_free(&w.line, c->mem);
    return rc;
}
