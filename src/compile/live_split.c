/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The new policy over the base's ends and ids: see live_patch.h.
 *
 * A set of its that holds some of an id's ends and not others splits the id: the part inside gets a number of its own,
 * which is like the old one in all that was there before. A prefix that cuts an atom of addresses cuts it here, too.
 */

#include "compile/live_patch.h"

#include <stdlib.h>
#include <string.h>

#include "compile/atoms.h"
#include "resolve/resolve.h"

/* Counts for as many ids as there are. */
bool np_live_reach(struct np_live_base *base)
{
    struct np_mem *mem = &base->ctx->mem;

    while (base->counts.n < base->c.space.n_ids)
        if (!np_words_push(&base->truths, mem, NP_NO) || !np_words_push(&base->counts, mem, 0))
            return false;
    return true;
}

/* Notes that an entry of the id belongs, and how. CNIPOL_E_LIMIT: its entries belong in two ways at once. */
static int touch(struct np_patching *p, uint32_t id, enum np_tri truth)
{
    uint32_t *count, *as;

    if (id == NP_NONE)
        return CNIPOL_OK; /* of an end that has gone */
    count = &p->base->counts.items[id];
    as = &p->base->truths.items[id];
    if (!*count && !np_words_push(&p->touched, p->mem, id))
        return CNIPOL_E_NOMEM;
    if (*count && *as != (uint32_t)truth)
        return CNIPOL_E_LIMIT;
    (*count)++;
    *as = truth;
    return CNIPOL_OK;
}

uint32_t np_live_depth(const struct np_live_base *base, uint32_t id)
{
    uint32_t first = base->c.space.n_ids - base->like.n, depth = 0;

    while (id >= first) {
        id = base->like.items[id - first];
        depth++;
    }
    return depth;
}

static bool copy_governors(struct np_mem *mem, struct np_words *words, uint32_t id)
{
    if (!words->n)
        return true;
    return np_words_push(words, mem, words->items[2 * id]) && np_words_push(words, mem, words->items[2 * id + 1]);
}

uint32_t np_live_split(struct np_live_base *base, uint32_t id)
{
    struct np_mem *mem = &base->ctx->mem;
    struct np_space *space = &base->c.space;
    uint32_t fresh = space->n_ids, depth = np_live_depth(base, id) + 1;
    void *grown = np_grow(mem, space->ids, &space->cap_ids, fresh + 1, sizeof *space->ids);

    if (!grown || depth > CNIPOL_LIKE_MAX)
        return NP_NONE;
    base->depth = depth > base->depth ? depth : base->depth;
    space->ids = grown;
    space->ids[fresh] = space->ids[id];
    if (!np_words_push(&base->like, mem, id) || !np_words_push(&base->n_entries, mem, 0))
        return NP_NONE;
    for (uint32_t c = 0; c < base->model->machine.n_checkpoints; c++)
        if (!np_words_push(&base->roots[c], mem, base->roots[c].items[id]) ||
            !np_words_push(&base->peers[c], mem, base->peers[c].items[id]) ||
            !np_words_push(&base->rules.list_of[c], mem, base->rules.list_of[c].items[id]))
            return NP_NONE;
    for (uint32_t c = 0; c < base->model->machine.n_checkpoints; c++)
        for (uint32_t s = 0; s < 64; s++)
            if (!copy_governors(mem, &base->governors[c].stages[s], id))
                return NP_NONE;
    space->n_ids++;
    return np_live_reach(base) ? fresh : NP_NONE;
}

/* Asks whether an entry belongs. */
typedef enum np_tri belongs_fn(const struct np_patching *p, const void *user, uint32_t end, const struct np_ip *ip);

static enum np_tri in_prefixes(const struct np_patching *p, const void *user, uint32_t end, const struct np_ip *ip)
{
    const struct np_prefix_list *list = user;

    (void)p;
    (void)end;
    if (!ip->family)
        return list->n ? NP_UNKNOWN : NP_NO;
    for (uint32_t i = 0; i < list->n; i++)
        if (np_prefix_holds(&list->items[i], ip))
            return NP_YES;
    return NP_NO;
}

/* The same with atoms; sets of ends have none. */
static void move_atoms(struct np_patching *p, belongs_fn *belongs, const void *user, uint32_t from, uint32_t to)
{
    struct np_space *space = &p->base->c.space;

    for (uint32_t family = 0; family < 2 && belongs == in_prefixes; family++)
        for (uint32_t i = 0; i < space->n_atoms[family]; i++) {
            struct np_atom_range *atom = &space->atoms[family][i];
            struct np_ip ip = np_atom_ip(atom->from, family ? 6 : 4);

            if (atom->id != from || belongs(p, user, NP_NONE, &ip) == NP_NO)
                continue;
            atom->id = to;
            p->base->n_entries.items[from]--;
            p->base->n_entries.items[to]++;
        }
}

/* Who is nobody belongs to an id, too. */
static void move_nobody(struct np_patching *p, belongs_fn *belongs, const void *user, uint32_t from, uint32_t to)
{
    struct np_space *space = &p->base->c.space;
    const struct np_ip none = {0};

    if (belongs != in_prefixes || space->nobody != from || belongs(p, user, NP_NONE, &none) == NP_NO)
        return;
    space->nobody = to;
    p->base->n_entries.items[from]--;
    p->base->n_entries.items[to]++;
}

/* Moves the entries of a split id that belong to the new one; its first end stands for it. */
static bool move_entries(struct np_patching *p, belongs_fn *belongs, const void *user, uint32_t from, uint32_t to)
{
    struct np_space *space = &p->base->c.space;
    bool is_first = true;

    for (uint32_t end = 0; end < space->n_ends; end++)
        for (uint32_t i = space->first_entry[end]; i < space->first_entry[end + 1]; i++) {
            struct np_space_entry *entry = &space->entries[i];

            if (entry->id != from || belongs(p, user, end, &entry->ip) == NP_NO)
                continue;
            entry->id = to;
            if (!np_words_push(&p->moved, p->mem, i))
                return false;
            p->base->n_entries.items[from]--;
            p->base->n_entries.items[to]++;
            if (is_first)
                space->ids[to].end = end;
            space->ids[to].ip = is_first ? entry->ip : space->ids[to].ip;
            is_first = false;
        }
    return true;
}

/* The end that stands for what is left of an id, where the one that stood for all of it has gone. */
static void stand_in(struct np_space *space, uint32_t id)
{
    for (uint32_t end = 0; end < space->n_ends; end++)
        for (uint32_t i = space->first_entry[end]; i < space->first_entry[end + 1]; i++)
            if (space->entries[i].id == id) {
                space->ids[id].end = end;
                space->ids[id].ip = space->entries[i].ip;
                return;
            }
}

static int by_number(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

    return (a > b) - (a < b);
}

/* Those that are only in part inside are split. */
static bool split_touched(struct np_patching *p, belongs_fn *belongs, const void *user)
{
    struct np_live_base *base = p->base;

    for (uint32_t i = 0; i < p->touched.n; i++) {
        uint32_t id = p->touched.items[i], fresh;

        if (base->counts.items[id] == base->n_entries.items[id])
            continue;
        fresh = np_live_split(base, id);
        if (fresh == NP_NONE || !move_entries(p, belongs, user, id, fresh))
            return false;
        move_atoms(p, belongs, user, id, fresh);
        move_nobody(p, belongs, user, id, fresh);
        stand_in(&base->c.space, id);
        base->counts.items[fresh] = base->counts.items[id];
        base->truths.items[fresh] = base->truths.items[id];
        base->counts.items[id] = 0;
        p->touched.items[i] = fresh;
    }
    return true;
}

/* Most are touched in order. */
static void sort_touched(struct np_patching *p)
{
    struct np_words *touched = &p->touched;
    uint32_t i = 1, n_ids = p->base->c.space.n_ids;

    while (i < touched->n && touched->items[i - 1] < touched->items[i])
        i++;
    if (i >= touched->n)
        return;
    if (touched->n < n_ids / 8) {
        qsort(touched->items, touched->n, sizeof *touched->items, by_number);
        return;
    }
    touched->n = 0;
    for (uint32_t id = 0; id < n_ids; id++)
        if (p->base->counts.items[id])
            touched->items[touched->n++] = id;
}

/* The touched ids as a set. */
static uint32_t settle(struct np_patching *p, belongs_fn *belongs, const void *user)
{
    struct np_live_base *base = p->base;
    uint32_t n = p->touched.n;

    if (!split_touched(p, belongs, user))
        return NP_NONE;
    sort_touched(p);
    np_idset_begin(&base->c.idsets);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t id = p->touched.items[i], next = i + 1 < n ? p->touched.items[i + 1] : base->c.space.n_ids;

        if (!np_idset_from(&base->c.idsets, id, (enum np_tri)base->truths.items[id]) ||
            (id + 1 < next && !np_idset_from(&base->c.idsets, id + 1, NP_NO)))
            return NP_NONE;
        base->counts.items[id] = 0;
    }
    p->touched.n = 0;
    return np_idset_end(&base->c.idsets);
}

/* A set of the new machine over the ends of the base, and what it selects among guests, which came later. */
struct selected {
    const struct np_set *set;
    const struct np_selection *selection;
};

static enum np_tri in_set(const struct np_patching *p, const void *user, uint32_t end, const struct np_ip *ip)
{
    const struct np_live_base *base = p->base;
    const struct selected *selected = user;
    uint32_t pod = np_model_end_pod(base->model, end), n;

    (void)ip;
    if (pod == NP_NONE || pod < base->model->n_pods)
        return np_set_has(selected->set, end);
    return np_selection_has(selected->selection, &np_view_namespaces(base->model->view, &n)[base->model->pods[pod].ns],
                            &base->model->pods[pod]);
}

static int touch_range(struct np_patching *p, struct np_range range, enum np_tri truth)
{
    const struct np_space *space = &p->base->c.space;
    int rc = CNIPOL_OK;

    for (uint32_t i = space->first_entry[range.lo]; i < space->first_entry[range.hi] && !rc; i++)
        rc = touch(p, space->entries[i].id, truth);
    return rc;
}

static int touch_guests(struct np_patching *p, const struct selected *selected)
{
    const struct cnipol_model *model = p->base->model;
    const struct np_ip none = {0};
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < model->n_guests && !rc; i++) {
        uint32_t end = np_model_end_number(model, model->n_pods + i);
        enum np_tri truth = in_set(p, selected, end, &none);

        if (truth != NP_NO)
            rc = touch_range(p, (struct np_range){end, end + 1}, truth);
    }
    return rc;
}

static int take_set(struct np_patching *p, uint32_t i_set)
{
    const struct np_machine *m = &p->model.machine;
    const struct selected selected = {&m->sets[i_set], &m->selections[i_set]};
    const struct np_set *set = selected.set;
    uint32_t number;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < set->n_yes && !rc; i++)
        rc = touch_range(p, set->yes[i], NP_YES);
    for (uint32_t i = 0; i < set->n_maybe && !rc; i++)
        rc = touch_range(p, set->maybe[i], NP_UNKNOWN);
    if (!rc)
        rc = touch_guests(p, &selected);
    number = rc ? NP_NONE : settle(p, in_set, &selected);
    if (number == NP_NONE)
        return rc == CNIPOL_E_NOMEM ? rc : CNIPOL_E_LIMIT;
    return np_words_push(&p->sets, p->mem, number) ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

/* Where an atom is cut both parts are what it was. */
int np_live_cut(struct np_live_base *base, uint32_t family, np_u128 value)
{
    struct np_space *space = &base->c.space;
    struct np_ip ip = np_atom_ip(value, family ? 6 : 4);
    uint32_t at = (uint32_t)(np_space_atom(space, &ip) - space->atoms[family]), n = space->n_atoms[family];
    struct np_atom_range *grown;

    if (space->atoms[family][at].from == value)
        return CNIPOL_OK;
    grown = np_realloc(&base->ctx->mem, space->atoms[family], n * sizeof *grown, (n + 1) * sizeof *grown);
    if (!grown)
        return CNIPOL_E_NOMEM;
    memmove(grown + at + 2, grown + at + 1, (n - at - 1) * sizeof *grown);
    grown[at + 1] = grown[at];
    grown[at + 1].from = value;
    space->atoms[family] = grown;
    space->n_atoms[family] = n + 1;
    base->n_entries.items[grown[at].id]++;
    return CNIPOL_OK;
}

/* Atoms begin and end where the prefix does. */
static int cut(struct np_patching *p, const struct np_prefix *prefix)
{
    uint32_t family = prefix->ip.family == 6, bits = (family ? 128u : 32u) - prefix->len;
    np_u128 from = np_atom_value(&prefix->ip), top = family ? ~(np_u128)0 : 0xffffffffu;
    np_u128 last = from | (bits == 128 ? ~(np_u128)0 : ((np_u128)1 << bits) - 1);
    int rc = np_live_cut(p->base, family, from);

    return rc || last == top ? rc : np_live_cut(p->base, family, last + 1);
}

static int touch_atoms(struct np_patching *p, const struct np_prefix_list *list)
{
    const struct np_space *space = &p->base->c.space;
    int rc = CNIPOL_OK;

    for (uint32_t family = 0; family < 2; family++)
        for (uint32_t i = 0; i < space->n_atoms[family] && !rc; i++) {
            struct np_ip ip = np_atom_ip(space->atoms[family][i].from, family ? 6 : 4);

            if (in_prefixes(p, list, NP_NONE, &ip) == NP_YES)
                rc = touch(p, space->atoms[family][i].id, NP_YES);
        }
    return rc;
}

static int take_prefixes(struct np_patching *p, const struct np_prefix_list *list)
{
    const struct np_space *space = &p->base->c.space;
    uint32_t number;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < list->n && !rc; i++)
        rc = cut(p, &list->items[i]);
    for (uint32_t i = 0; i < space->n_entries && !rc; i++) {
        enum np_tri truth = in_prefixes(p, list, NP_NONE, &space->entries[i].ip);

        if (truth != NP_NO)
            rc = touch(p, space->entries[i].id, truth);
    }
    if (!rc)
        rc = touch_atoms(p, list);
    if (!rc && list->n && space->nobody != NP_NONE)
        rc = touch(p, space->nobody, NP_UNKNOWN);
    number = rc ? NP_NONE : settle(p, in_prefixes, list);
    if (number == NP_NONE)
        return rc == CNIPOL_E_NOMEM ? rc : CNIPOL_E_LIMIT;
    return np_words_push(&p->prefixes, p->mem, number) ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

int np_patch_take_sets(struct np_patching *p)
{
    const struct np_machine *m = &p->model.machine;
    int rc = np_live_reach(p->base) ? CNIPOL_OK : CNIPOL_E_NOMEM;

    p->sets.n = p->prefixes.n = 0;
    for (uint32_t i = 0; i < m->n_sets && !rc; i++)
        rc = take_set(p, i);
    for (uint32_t i = 0; i < m->n_prefix_lists && !rc; i++)
        rc = take_prefixes(p, &m->prefix_lists[i]);
    return rc;
}

int np_patch_take_cells(struct np_patching *p)
{
    const char *why;

    p->space = p->base->c.space;
    p->space.model = &p->model;
    p->space.sets = p->sets.items;
    p->space.prefixes = p->prefixes.items;
    p->has_cells = true;
    return np_cells_init(&p->cells, &p->space, &p->base->c.idsets, &why);
}
