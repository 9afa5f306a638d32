/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rule lists after the change of one policy: see live_patch.h.
 *
 * Each subject that the old or the new policy concerns gets a new list: the old one's cells left out, the new one's put
 * where its place among the policies is. Equal changes to equal lists are made once.
 */

#include "compile/live_patch.h"

#include <stdlib.h>
#include <string.h>

static int affect_id(void *user, uint32_t id, enum np_tri member)
{
    struct np_patching *p = user;

    (void)member;
    if (p->base->counts.items[id])
        return CNIPOL_OK;
    p->base->counts.items[id] = 1;
    return np_words_push(&p->affected, p->mem, id) ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int affect(struct np_patching *p, struct np_live_set set)
{
    return np_live_each(p->base, set, affect_id, p);
}

struct np_live_set np_patch_now(const struct np_patching *p, uint32_t set)
{
    return (struct np_live_set){set, p->base->c.space.n_ids};
}

static int affect_new(struct np_patching *p, uint32_t checkpoint)
{
    int rc = CNIPOL_OK;

    for (uint32_t s = 0; p->has_cells && s < p->cells.n_stages[checkpoint] && !rc; s++) {
        const struct np_stage_cells *stage = &p->cells.stages[checkpoint][s];

        uint32_t last = stage->governed;

        rc = affect(p, np_patch_now(p, stage->governed));
        for (uint32_t i = 0; i < stage->n_rules && !rc; i++) {
            const struct np_cell *cell = &p->cells.items[stage->rules + i];

            if (cell->policy == 0 && cell->subject != last)
                rc = affect(p, np_patch_now(p, cell->subject));
            last = cell->policy == 0 ? cell->subject : last;
        }
    }
    return rc;
}

/* A policy of the base: whom its subject selects. One that a change added: whom it governs, and who has its cells. */
static int affect_old(struct np_patching *p, uint32_t checkpoint)
{
    struct np_live_base *base = p->base;
    enum np_end_role subject = (enum np_end_role)base->model->machine.checkpoints[checkpoint].subject;
    uint32_t set, base_ids = base->c.space.n_ids - base->like.n;
    int rc;

    if (p->old == NP_NONE)
        return CNIPOL_OK;
    if (p->old >= base->model->machine.n_policies)
        return affect(p, base->extra[p->old - base->model->machine.n_policies]->governed[checkpoint][63]);
    rc = np_cells_subject(&base->c.cells, &base->model->machine.policies[p->old].subject, subject, &set);
    return rc ? rc : affect(p, (struct np_live_set){set, base_ids});
}

/* Order of policies in a list. */
static int compare(const struct np_live_base *base, const struct np_policy *a, const struct np_policy *b)
{
    const struct np_atoms *atoms = &base->ctx->atoms;
    int order = (a->family > b->family) - (a->family < b->family);

    if (!order)
        order = (a->priority > b->priority) - (a->priority < b->priority);
    if (!order && a->ns != b->ns)
        order = np_str_cmp(np_atoms_str(atoms, a->ns), np_atoms_str(atoms, b->ns));
    if (!order && a->name != b->name)
        order = np_str_cmp(np_atoms_str(atoms, a->name), np_atoms_str(atoms, b->name));
    return order ? order : (a->kind_order > b->kind_order) - (a->kind_order < b->kind_order);
}

static const struct cnipol_image_cell *image_cell(const struct np_live_base *base, uint32_t item)
{
    uint32_t n;

    return (const struct cnipol_image_cell *)(const void *)np_interned(&base->rules.cells, item & ~CNIPOL_ITEM_MAYBE, &n);
}

/* A new cell as the image's. */
static uint32_t number_of(struct np_patching *p, uint32_t checkpoint, uint32_t stage, uint32_t cell)
{
    uint32_t pass_to = p->model.machine.checkpoints[checkpoint].stages[stage].pass_to;
    struct np_cell fresh = p->cells.items[cell];

    while (p->numbers.n <= cell)
        if (!np_words_push(&p->numbers, p->mem, NP_NONE))
            return NP_NONE;
    fresh.rule = NP_RULE_FOREIGN;
    if (p->numbers.items[cell] == NP_NONE)
        p->numbers.items[cell] = np_ruleset_add(&p->base->rules, &fresh, np_cell_box(&p->cells, fresh.box), stage, pass_to, p->number);
    return p->numbers.items[cell];
}

/* How the new cells of a stage concern the id, in base->... truths in `line`, in the order of the cells. */
static int push_truths(struct np_patching *p, uint32_t checkpoint, uint32_t stage, uint32_t id)
{
    const struct np_stage_cells *cells = &p->cells.stages[checkpoint][stage];
    uint32_t last = NP_NONE;
    enum np_tri truth = NP_NO;

    for (uint32_t i = 0; i < cells->n_rules; i++) {
        const struct np_cell *cell = &p->cells.items[cells->rules + i];

        if (cell->policy == 0 && cell->subject != last) {
            last = cell->subject;
            truth = np_idset_has(&p->base->c.idsets, cell->subject, id);
        }
        if (!np_words_push(&p->line, p->mem, cell->policy == 0 ? truth : NP_NO))
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

/* The new policy's cells that concern the id, whose truths are these. */
static int push_new(struct np_patching *p, uint32_t checkpoint, uint32_t stage, const uint32_t *truths)
{
    const struct np_stage_cells *cells = &p->cells.stages[checkpoint][stage];

    for (uint32_t i = 0; i < cells->n_rules; i++) {
        uint32_t number;

        if (truths[i] == NP_NO)
            continue;
        number = number_of(p, checkpoint, stage, cells->rules + i);
        if (number == NP_NONE || !np_words_push(&p->items, p->mem, number | (truths[i] == NP_YES ? 0 : CNIPOL_ITEM_MAYBE)))
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

/* A stage of a list: rules that were there, without the old policy's, the new one's among them. */
static int push_stage(struct np_patching *p, uint32_t checkpoint, uint32_t stage, const uint32_t *truths, const uint32_t **at,
                      const uint32_t *end)
{
    struct np_live_base *base = p->base;
    bool is_in = p->number == NP_NONE;
    int rc = CNIPOL_OK;

    for (; *at < end && image_cell(base, **at)->stage == stage && image_cell(base, **at)->kind != CNIPOL_CELL_END && !rc; (*at)++) {
        const struct cnipol_image_cell *cell = image_cell(base, **at);

        if (cell->kind != CNIPOL_CELL_RULE || (p->old != NP_NONE && cell->policy == p->old))
            continue;
        if (!is_in && cell->policy != NP_NONE && compare(base, np_patch_policy(base, cell->policy), np_patch_policy(base, p->number)) > 0) {
            rc = push_new(p, checkpoint, stage, truths);
            is_in = true;
        }
        if (!rc && !np_words_push(&p->items, p->mem, **at))
            rc = CNIPOL_E_NOMEM;
    }
    return rc || is_in ? rc : push_new(p, checkpoint, stage, truths);
}

/* The list instead of a list, where the new policy's cells have these truths, stage by stage, then who is governed. */
static int change_list(struct np_patching *p, uint32_t checkpoint, uint32_t list, const uint32_t *truths, const uint32_t *governed,
                       uint32_t *out)
{
    struct np_live_base *base = p->base;
    struct np_stage_items says[64];
    uint32_t n, starts[65] = {0}, n_stages = base->c.cells.n_stages[checkpoint];
    const uint32_t *items = np_interned(&base->rules.lists, list, &n), *at = items;
    int rc = CNIPOL_OK;

    p->items.n = 0;
    for (uint32_t s = 0; s < n_stages && !rc; s++) {
        starts[s] = p->items.n;
        rc = push_stage(p, checkpoint, s, truths, &at, items + n);
        truths += p->has_cells ? p->cells.stages[checkpoint][s].n_rules : 0;
    }
    starts[n_stages] = p->items.n;
    for (uint32_t s = 0; s < n_stages; s++)
        says[s] = (struct np_stage_items){p->items.items ? p->items.items + starts[s] : NULL, starts[s + 1] - starts[s], governed[s]};
    return rc ? rc : np_ruleset_list(&base->rules, checkpoint, says, out);
}

/* All that an id's new list depends on, in p->line: the checkpoint, its list, truths, who is governed. */
static int describe(struct np_patching *p, uint32_t checkpoint, uint32_t id)
{
    const struct np_live_base *base = p->base;
    uint32_t n_stages = base->c.cells.n_stages[checkpoint];
    int rc = CNIPOL_OK;

    p->line.n = 0;
    if (!np_words_push(&p->line, p->mem, checkpoint) || !np_words_push(&p->line, p->mem, base->rules.list_of[checkpoint].items[id]))
        return CNIPOL_E_NOMEM;
    for (uint32_t s = 0; s < n_stages && p->has_cells && !rc; s++)
        rc = push_truths(p, checkpoint, s, id);
    for (uint32_t s = 0; s < n_stages && !rc; s++)
        if (!np_words_push(&p->line, p->mem, np_live_governed(base, checkpoint, s, id)))
            rc = CNIPOL_E_NOMEM;
    return rc;
}

/* Many ids have the same list and are to have the same new one. */
static int relist(struct np_patching *p, uint32_t checkpoint, uint32_t id)
{
    struct np_live_base *base = p->base;
    uint32_t n_stages = base->c.cells.n_stages[checkpoint], number, list;
    int rc = describe(p, checkpoint, id);

    if (rc)
        return rc;
    number = np_intern(&p->relisted, p->line.items, p->line.n);
    if (number == NP_NONE)
        return CNIPOL_E_NOMEM;
    if (number == p->lists.n) {
        rc = change_list(p, checkpoint, p->line.items[1], p->line.items + 2, p->line.items + p->line.n - n_stages, &list);
        if (rc)
            return rc;
        if (!np_words_push(&p->lists, p->mem, list))
            return CNIPOL_E_NOMEM;
    }
    base->rules.list_of[checkpoint].items[id] = p->lists.items[number];
    base->roots[checkpoint].items[id] = CNIPOL_ROOT_LIST << 30;
    return CNIPOL_OK;
}

int np_patch_relist(struct np_patching *p, uint32_t checkpoint)
{
    struct np_live_base *base = p->base;
    int rc = affect_old(p, checkpoint);

    if (!rc)
        rc = affect_new(p, checkpoint);
    for (uint32_t i = 0; i < p->affected.n && !rc; i++) {
        uint32_t id = p->affected.items[i];

        base->counts.items[id] = 0;
        if (CNIPOL_ROOT_KIND(base->roots[checkpoint].items[id]) != CNIPOL_ROOT_ABSENT)
            rc = relist(p, checkpoint, id);
    }
    p->affected.n = 0;
    return rc;
}
