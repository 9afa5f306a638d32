/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The proof's third part, rule lists, cells and sets: see check.h.
 *
 * Stretches of items and of words lie in the order of their numbers and do not overlap, so that the proof is linear
 * in the bytes. A list is STAGE, RULEs, UNMATCHED, DEFAULTs, again and again with ascending stages, and END.
 */

#include "image/check.h"

#include <string.h>

struct rules {
    const struct np_image_check *check;
    const struct cnipol_image_view *view;
    const struct cnipol_image_cell *cells;
    const uint32_t *items;
    const uint32_t *words;
    uint8_t *reach; /* by list: one more than its last stage, or a pass's target where that is larger */
};

static int wrong(const struct rules *r, const void *at, const char *what)
{
    return np_image_refuse(r->check, NP_IMAGE_TABLE, (uint64_t)((const uint8_t *)at - r->check->bytes), "%s", what);
}

static int check_extents(const struct rules *r)
{
    const struct cnipol_image_view *view = r->view;
    const struct {
        const char *what;
        uint64_t n;
        uint32_t offset, size;
    } tables[] = {
        {"rule lists", view->n_lists, view->lists, sizeof(struct cnipol_image_list)},
        {"items", view->n_items, view->items, 4},
        {"cells", view->n_cells, view->cells, sizeof(struct cnipol_image_cell)},
        {"sets", view->n_sets, view->sets, sizeof(struct cnipol_image_set)},
        {"words", view->n_words, view->words, 4},
        {"members", view->first_member < view->n_ids ? view->n_ids - view->first_member : 0, view->members,
         sizeof(struct cnipol_image_list)},
    };
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < sizeof tables / sizeof tables[0] && !rc; i++)
        rc = np_image_check_extent(r->check, tables[i].what, tables[i].offset, tables[i].n, tables[i].size, 4);
    return rc;
}

static bool cell_is_sound(const struct rules *r, const struct cnipol_image_cell *cell)
{
    return cell->kind >= CNIPOL_CELL_STAGE && cell->kind <= CNIPOL_CELL_END && cell->combine <= CNIPOL_COMBINE_MAP && cell->ties <= 1 &&
           cell->governed <= 2 && cell->stage < 63 && cell->action <= CNIPOL_ACT_UNDEFINED && cell->target <= 63 &&
           cell->flags <= (CNIPOL_VERDICT_LOG | CNIPOL_VERDICT_AUDIT | CNIPOL_VERDICT_REJECT) &&
           (cell->set < r->view->n_sets || cell->set == CNIPOL_SET_ALL);
}

static int check_cells(const struct rules *r)
{
    for (uint32_t i = 0; i < r->view->n_cells; i++)
        if (!cell_is_sound(r, &r->cells[i]))
            return wrong(r, &r->cells[i], "a cell with numbers that there are not");
    return CNIPOL_OK;
}

/* Words ascend by what is above the membership, which is 0 to 2, and stay below `bound`. */
static int check_words(const struct rules *r, const uint32_t *words, uint32_t n, uint32_t bound)
{
    for (uint32_t i = 0; i < n; i++)
        if ((words[i] & 3) > 2 || words[i] >> 2 >= bound || (i && words[i] >> 2 <= words[i - 1] >> 2))
            return wrong(r, &words[i], "a word that does not ascend, or says neither yes, no nor perhaps");
    return CNIPOL_OK;
}

/* A stretch behind the one before, whose end is *end. */
static bool stretch_is_sound(uint32_t first, uint32_t n, uint32_t size, uint64_t *end)
{
    if (!n)
        return true;
    if (first < *end || (uint64_t)first + n > size)
        return false;
    *end = (uint64_t)first + n;
    return true;
}

static int check_sets(const struct rules *r)
{
    const struct cnipol_image_set *sets = (const struct cnipol_image_set *)(r->check->bytes + r->view->sets);
    uint64_t end = 0;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < r->view->n_sets && !rc; i++) {
        if (!stretch_is_sound(sets[i].first, sets[i].n, r->view->n_words, &end))
            return wrong(r, &sets[i], "a set whose words are not there, or another's");
        if (sets[i].n && r->words[sets[i].first] >> 2)
            return wrong(r, &sets[i], "a set that does not say what the first ids are");
        rc = check_words(r, r->words + sets[i].first, sets[i].n, r->view->n_ids);
    }
    return rc;
}

static int check_members(const struct rules *r)
{
    const struct cnipol_image_list *members = (const struct cnipol_image_list *)(r->check->bytes + r->view->members);
    uint64_t end = 0;
    int rc = CNIPOL_OK;

    for (uint64_t i = 0; i + r->view->first_member < r->view->n_ids && !rc; i++) {
        if (members[i].n == CNIPOL_MEMBERS_LIKE && members[i].first < i + r->view->first_member)
            continue;
        if (!stretch_is_sound(members[i].first, members[i].n, r->view->n_words, &end))
            return wrong(r, &members[i], "members whose words are not there, or another's");
        rc = check_words(r, r->words + members[i].first, members[i].n, r->view->n_sets);
    }
    return rc;
}

#define BIT(kind) (1u << (kind))
#define NEXT_STAGE (BIT(CNIPOL_CELL_STAGE) | BIT(CNIPOL_CELL_END))

/* What may follow a kind; 0 is the beginning. */
static const uint8_t may_follow[] = {
    [0] = NEXT_STAGE,
    [CNIPOL_CELL_STAGE] = BIT(CNIPOL_CELL_RULE) | BIT(CNIPOL_CELL_UNMATCHED),
    [CNIPOL_CELL_RULE] = BIT(CNIPOL_CELL_RULE) | BIT(CNIPOL_CELL_UNMATCHED),
    [CNIPOL_CELL_UNMATCHED] = BIT(CNIPOL_CELL_DEFAULT) | NEXT_STAGE,
    [CNIPOL_CELL_DEFAULT] = BIT(CNIPOL_CELL_DEFAULT) | NEXT_STAGE,
    [CNIPOL_CELL_END] = 0,
};

struct list_walk {
    uint32_t before; /* kind of the item before */
    uint32_t stage;  /* one more than the present stage */
    uint32_t reach;
};

static bool item_is_sound(const struct rules *r, uint32_t item, struct list_walk *walk)
{
    uint32_t number = item & ~CNIPOL_ITEM_MAYBE;
    const struct cnipol_image_cell *cell = &r->cells[number];

    if (number >= r->view->n_cells || !(may_follow[walk->before] & BIT(cell->kind)))
        return false;
    walk->before = cell->kind;
    if (cell->kind == CNIPOL_CELL_STAGE) {
        if (cell->stage < walk->stage)
            return false;
        walk->stage = cell->stage + 1u;
    }
    if (walk->stage > walk->reach)
        walk->reach = walk->stage;
    if (cell->kind == CNIPOL_CELL_END || cell->action != CNIPOL_ACT_PASS || cell->program)
        return true;
    if (cell->target > walk->reach)
        walk->reach = cell->target;
    return cell->target >= walk->stage;
}

static int check_list(struct rules *r, const struct cnipol_image_list *list, uint8_t *reach)
{
    struct list_walk walk = {0, 0, 0};

    for (uint32_t i = 0; i < list->n; i++)
        if (!item_is_sound(r, r->items[list->first + i], &walk))
            return wrong(r, &r->items[list->first + i], "an item of a rule list that is no cell, or not in its place");
    if (walk.before != CNIPOL_CELL_END)
        return wrong(r, list, "a rule list without an end");
    *reach = (uint8_t)walk.reach;
    return CNIPOL_OK;
}

static int check_lists(struct rules *r)
{
    const struct cnipol_image_list *lists = (const struct cnipol_image_list *)(r->check->bytes + r->view->lists);
    uint64_t end = 0;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < r->view->n_lists && !rc; i++) {
        if (lists[i].n > CNIPOL_LIST_ITEMS_MAX || !stretch_is_sound(lists[i].first, lists[i].n, r->view->n_items, &end))
            return wrong(r, &lists[i], "a rule list that is too long, or whose items are not there, or another's");
        rc = check_list(r, &lists[i], &r->reach[i]);
    }
    return rc;
}

/* Whoever is policed has a list, of stages that the checkpoint has. */
static int check_subjects(const struct rules *r, const struct cnipol_image_checkpoint *cp)
{
    const uint32_t *roots = (const uint32_t *)(r->check->bytes + cp->roots), *lists = (const uint32_t *)(r->check->bytes + cp->lists);
    int rc = np_image_check_extent(r->check, "lists of subjects", cp->lists, r->view->n_ids, 4, 4);

    for (uint32_t i = 0; i < r->view->n_ids && !rc; i++) {
        if (CNIPOL_ROOT_KIND(roots[i]) == CNIPOL_ROOT_ABSENT)
            continue;
        if (lists[i] >= r->view->n_lists || r->reach[lists[i]] > cp->n_stages)
            rc = wrong(r, &lists[i], "a subject's rule list is not there, or has more stages than the checkpoint");
    }
    return rc;
}

static int check_contents(struct rules *r)
{
    int rc = check_cells(r);

    if (!rc)
        rc = check_sets(r);
    if (!rc)
        rc = check_members(r);
    if (!rc)
        rc = check_lists(r);
    for (uint32_t i = 0; i < r->view->n_checkpoints && !rc; i++)
        rc = check_subjects(r, &r->view->checkpoints[i]);
    return rc;
}

int np_image_check_rules(const struct np_image_check *check)
{
    const struct cnipol_image_view *view = check->view;
    struct rules r = {
        .check = check,
        .view = view,
        .cells = (const struct cnipol_image_cell *)(check->bytes + view->cells),
        .items = (const uint32_t *)(check->bytes + view->items),
        .words = (const uint32_t *)(check->bytes + view->words),
    };
    int rc = check_extents(&r);

    if (rc)
        return rc;
    r.reach = np_zalloc(&check->ctx->mem, view->n_lists);
    rc = r.reach ? check_contents(&r) : CNIPOL_E_NOMEM;
    np_free(&check->ctx->mem, r.reach, view->n_lists);
    return rc;
}
