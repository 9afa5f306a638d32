/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One policy instead of another, without compiling everything: see live_base.h.
 *
 * The new policy alone is parsed, lowered and taken apart as all of them were, over the base's ends and ids. A set of
 * its that holds some of an id's ends and not others splits the id: the part inside gets a number of its own, which is
 * like the old one in all that was there before. Then each subject that the old or the new policy concerns gets a new
 * rule list: the old one's cells left out, the new one's put where its place among the policies is. What does not fit
 * into this (a port name that nobody mentioned) is compiled. A prefix that cuts an atom of addresses cuts it here, too.
 *
 * From the first write on a failure leaves the base unusable for more than its readers; the caller compiles then.
 */

#include "compile/live_base.h"

#include <stdlib.h>
#include <string.h>

#include <cnipol/addrmap.h>

#include "base/search.h"
#include "compile/atoms.h"
#include "compile/fill_addrmap.h"
#include "dialect/cluster.h"
#include "reference/evaluate.h"
#include "resolve/resolve.h"

#define NOT_HERE 0 /* takes compiling */

struct patch {
    struct np_live_base *base;
    struct np_mem *mem;
    uint32_t old;                   /* policy; NP_NONE */
    uint32_t number;                /* of the new policy; NP_NONE: none */
    struct cnipol_cluster *cluster; /* of the new policy alone */
    struct cnipol_model model;      /* the base's, with the new policy's machine */
    struct np_space space;          /* the base's, with the new machine's sets */
    struct np_cells cells;
    bool has_machine, has_cells;
    struct np_words sets, prefixes;
    struct np_words touched; /* ids; base->counts: how many of each one's entries, base->truths: how they belong */
    struct np_words affected, items;
    struct np_words numbers; /* of the new cells, in the image; NP_NONE: not yet */
    struct np_words line;
    struct np_intern relisted; /* what decides a list; */
    struct np_words lists;     /* and the list */
    uint32_t first_fresh;      /* ids from here on are this change's */
    struct np_words moved;     /* entries that have another id now */
};

static bool is_set(const struct np_words *words, uint32_t i)
{
    return i < words->n && words->items[i];
}

static int enough(int rc)
{
    return rc == CNIPOL_E_NOMEM ? rc : NOT_HERE;
}

/* The base's policies, then those that changes added. */
static const struct np_policy *policy_at(const struct np_live_base *base, uint32_t number)
{
    uint32_t n = base->model->machine.n_policies;

    return number < n ? &base->model->machine.policies[number] : &base->extra[number - n]->policy;
}

static uint32_t n_policies(const struct np_live_base *base)
{
    return base->model->machine.n_policies + base->n_extra;
}

/* Loads the text where it is one policy. 1; NOT_HERE; negative: refused, or out of memory. */
static int load(struct patch *p, const struct np_live_config *config, const char *name, const char *text, size_t size)
{
    struct cnipol_cluster_counts counts;
    int rc;

    cnipol_diag_clear(p->base->ctx);
    rc = cnipol_cluster_new(p->base->ctx, &config->cluster, &p->cluster);
    if (!rc)
        rc = cnipol_cluster_load_bytes(p->cluster, name, text, size);
    if (rc)
        return rc;
    cnipol_cluster_count(p->cluster, &counts);
    return counts.objects == 1 && counts.policies == 1 && !counts.inventory;
}

static int lower(struct patch *p)
{
    const struct np_live_base *base = p->base;
    const struct np_engine *engine = np_engine_find(base->model->machine.engine);
    const struct np_engine_input input = {base->ctx, &p->cluster->policies, base->model->view, base->knobs};
    int rc;

    p->model = *base->model;
    np_machine_init(&p->model.machine, p->mem, engine->name);
    p->has_machine = true;
    rc = engine->lower(&input, &p->model.machine);
    return rc ? rc : np_resolve_selections(&p->model.machine, base->model->view);
}

/* In a policy map a cell's place depends on those of all others. */
static bool has_map(const struct np_machine *machine)
{
    for (uint32_t c = 0; c < machine->n_checkpoints; c++)
        for (uint32_t s = 0; s < machine->checkpoints[c].n_stages; s++)
            if (machine->checkpoints[c].stages[s].combine == NP_COMBINE_MAP)
                return true;
    return false;
}

/* Is it another object's policy that counts already? */
static bool is_other(const void *ctx, const void *key, uint32_t i)
{
    const struct patch *p = ctx;
    const struct np_policy *policy = policy_at(p->base, i), *fresh = key;

    return i != p->old && !is_set(&p->base->gone, i) && policy->name == fresh->name && policy->ns == fresh->ns &&
           strcmp(policy->kind, fresh->kind) == 0;
}

static bool is_elsewhere(const struct patch *p)
{
    const struct np_policy *fresh = &p->model.machine.policies[0];

    return np_hmap_get(&p->base->by_name, np_live_policy_hash(fresh), is_other, p, fresh) != NP_NONE;
}

static int knows_names(struct patch *p)
{
    const struct np_words *known = &p->base->c.space.names;
    struct np_words names = {0};
    bool all = true;
    int rc = np_space_names(&p->model.machine, p->mem, &names);

    for (uint32_t i = 0; i < names.n && !rc; i++) {
        uint32_t at = np_lower_bound(known->items, known->n, names.items[i]);

        all = all && at < known->n && known->items[at] == names.items[i];
    }
    np_words_free(&names, p->mem);
    return rc ? rc : all;
}

/* Counts for as many ids as there are. */
static bool reach(struct patch *p)
{
    struct np_live_base *base = p->base;

    while (base->counts.n < base->c.space.n_ids)
        if (!np_words_push(&base->truths, p->mem, NP_NO) || !np_words_push(&base->counts, p->mem, 0))
            return false;
    return true;
}

/* Notes that an entry of the id belongs, and how. CNIPOL_E_LIMIT: its entries belong in two ways at once. */
static int touch(struct patch *p, uint32_t id, enum np_tri truth)
{
    uint32_t *count = &p->base->counts.items[id], *as = &p->base->truths.items[id];

    if (!*count && !np_words_push(&p->touched, p->mem, id))
        return CNIPOL_E_NOMEM;
    if (*count && *as != (uint32_t)truth)
        return CNIPOL_E_LIMIT;
    (*count)++;
    *as = truth;
    return CNIPOL_OK;
}

static uint32_t depth_of(const struct np_live_base *base, uint32_t id)
{
    uint32_t first = base->c.space.n_ids - base->like.n, depth = 0;

    while (id >= first) {
        id = base->like.items[id - first];
        depth++;
    }
    return depth;
}

static bool copy_governors(struct patch *p, struct np_words *words, uint32_t id)
{
    if (!words->n)
        return true;
    return np_words_push(words, p->mem, words->items[2 * id]) && np_words_push(words, p->mem, words->items[2 * id + 1]);
}

/* A new id for some of an id's entries. */
static uint32_t split(struct patch *p, uint32_t id)
{
    struct np_live_base *base = p->base;
    struct np_space *space = &base->c.space;
    uint32_t fresh = space->n_ids;
    void *grown = np_grow(p->mem, space->ids, &space->cap_ids, fresh + 1, sizeof *space->ids);

    if (!grown || depth_of(base, id) >= CNIPOL_LIKE_MAX)
        return NP_NONE;
    space->ids = grown;
    space->ids[fresh] = space->ids[id];
    if (!np_words_push(&base->like, p->mem, id) || !np_words_push(&base->n_entries, p->mem, 0))
        return NP_NONE;
    for (uint32_t c = 0; c < base->model->machine.n_checkpoints; c++)
        if (!np_words_push(&base->roots[c], p->mem, base->roots[c].items[id]) ||
            !np_words_push(&base->peers[c], p->mem, base->peers[c].items[id]) ||
            !np_words_push(&base->rules.list_of[c], p->mem, base->rules.list_of[c].items[id]))
            return NP_NONE;
    for (uint32_t c = 0; c < base->model->machine.n_checkpoints; c++)
        for (uint32_t s = 0; s < 64; s++)
            if (!copy_governors(p, &base->governors[c].stages[s], id))
                return NP_NONE;
    space->n_ids++;
    return reach(p) ? fresh : NP_NONE;
}

/* Asks whether an entry belongs. */
typedef enum np_tri belongs_fn(const struct patch *p, const void *user, uint32_t end, const struct np_ip *ip);

static enum np_tri in_prefixes(const struct patch *p, const void *user, uint32_t end, const struct np_ip *ip)
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
static void move_atoms(struct patch *p, belongs_fn *belongs, const void *user, uint32_t from, uint32_t to)
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
static void move_nobody(struct patch *p, belongs_fn *belongs, const void *user, uint32_t from, uint32_t to)
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
static bool move_entries(struct patch *p, belongs_fn *belongs, const void *user, uint32_t from, uint32_t to)
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
static bool split_touched(struct patch *p, belongs_fn *belongs, const void *user)
{
    struct np_live_base *base = p->base;

    for (uint32_t i = 0; i < p->touched.n; i++) {
        uint32_t id = p->touched.items[i], fresh;

        if (base->counts.items[id] == base->n_entries.items[id])
            continue;
        fresh = split(p, id);
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
static void sort_touched(struct patch *p)
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
static uint32_t settle(struct patch *p, belongs_fn *belongs, const void *user)
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

static enum np_tri in_set(const struct patch *p, const void *user, uint32_t end, const struct np_ip *ip)
{
    (void)p;
    (void)ip;
    return np_set_has(user, end);
}

static int touch_range(struct patch *p, struct np_range range, enum np_tri truth)
{
    const struct np_space *space = &p->base->c.space;
    int rc = CNIPOL_OK;

    for (uint32_t i = space->first_entry[range.lo]; i < space->first_entry[range.hi] && !rc; i++)
        rc = touch(p, space->entries[i].id, truth);
    return rc;
}

static int take_set(struct patch *p, const struct np_set *set)
{
    uint32_t number;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < set->n_yes && !rc; i++)
        rc = touch_range(p, set->yes[i], NP_YES);
    for (uint32_t i = 0; i < set->n_maybe && !rc; i++)
        rc = touch_range(p, set->maybe[i], NP_UNKNOWN);
    number = rc ? NP_NONE : settle(p, in_set, set);
    if (number == NP_NONE)
        return rc == CNIPOL_E_NOMEM ? rc : CNIPOL_E_LIMIT;
    return np_words_push(&p->sets, p->mem, number) ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

/* An atom begins at the address: where one is cut, both parts are what it was. */
static int cut_at(struct patch *p, uint32_t family, np_u128 value)
{
    struct np_space *space = &p->base->c.space;
    struct np_ip ip = np_atom_ip(value, family ? 6 : 4);
    uint32_t at = (uint32_t)(np_space_atom(space, &ip) - space->atoms[family]), n = space->n_atoms[family];
    struct np_atom_range *grown;

    if (space->atoms[family][at].from == value)
        return CNIPOL_OK;
    grown = np_realloc(p->mem, space->atoms[family], n * sizeof *grown, (n + 1) * sizeof *grown);
    if (!grown)
        return CNIPOL_E_NOMEM;
    memmove(grown + at + 2, grown + at + 1, (n - at - 1) * sizeof *grown);
    grown[at + 1] = grown[at];
    grown[at + 1].from = value;
    space->atoms[family] = grown;
    space->n_atoms[family] = n + 1;
    p->base->n_entries.items[grown[at].id]++;
    return CNIPOL_OK;
}

/* Atoms begin and end where the prefix does. */
static int cut(struct patch *p, const struct np_prefix *prefix)
{
    uint32_t family = prefix->ip.family == 6, bits = (family ? 128u : 32u) - prefix->len;
    np_u128 from = np_atom_value(&prefix->ip), top = family ? ~(np_u128)0 : 0xffffffffu;
    np_u128 last = from | (bits == 128 ? ~(np_u128)0 : ((np_u128)1 << bits) - 1);
    int rc = cut_at(p, family, from);

    return rc || last == top ? rc : cut_at(p, family, last + 1);
}

static int touch_atoms(struct patch *p, const struct np_prefix_list *list)
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

static int take_prefixes(struct patch *p, const struct np_prefix_list *list)
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

/* The new machine's rules as cells over the base's ids. Sets that split ids come first, so that all have the same space. */
static int take_apart(struct patch *p)
{
    const struct np_machine *m = &p->model.machine;
    const char *why;
    uint32_t before = NP_NONE;
    int rc = reach(p) ? CNIPOL_OK : CNIPOL_E_NOMEM;

    while (before != p->base->c.space.n_ids && !rc) {
        before = p->base->c.space.n_ids;
        p->sets.n = p->prefixes.n = 0;
        for (uint32_t i = 0; i < m->n_sets && !rc; i++)
            rc = take_set(p, &m->sets[i]);
        for (uint32_t i = 0; i < m->n_prefix_lists && !rc; i++)
            rc = take_prefixes(p, &m->prefix_lists[i]);
    }
    if (rc)
        return rc;
    p->space = p->base->c.space;
    p->space.model = &p->model;
    p->space.sets = p->sets.items;
    p->space.prefixes = p->prefixes.items;
    p->has_cells = true;
    return np_cells_init(&p->cells, &p->space, &p->base->c.idsets, &why);
}

static int affect_id(void *user, uint32_t id, enum np_tri member)
{
    struct patch *p = user;

    (void)member;
    if (p->base->counts.items[id])
        return CNIPOL_OK;
    p->base->counts.items[id] = 1;
    return np_words_push(&p->affected, p->mem, id) ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int affect(struct patch *p, struct np_live_set set)
{
    return np_live_each(p->base, set, affect_id, p);
}

static struct np_live_set now(const struct patch *p, uint32_t set)
{
    return (struct np_live_set){set, p->base->c.space.n_ids};
}

static int affect_new(struct patch *p, uint32_t checkpoint)
{
    int rc = CNIPOL_OK;

    for (uint32_t s = 0; p->has_cells && s < p->cells.n_stages[checkpoint] && !rc; s++) {
        const struct np_stage_cells *stage = &p->cells.stages[checkpoint][s];

        uint32_t last = stage->governed;

        rc = affect(p, now(p, stage->governed));
        for (uint32_t i = 0; i < stage->n_rules && !rc; i++) {
            const struct np_cell *cell = &p->cells.items[stage->rules + i];

            if (cell->policy == 0 && cell->subject != last)
                rc = affect(p, now(p, cell->subject));
            last = cell->policy == 0 ? cell->subject : last;
        }
    }
    return rc;
}

/* A policy of the base: whom its subject selects. One that a change added: whom it governs, and who has its cells. */
static int affect_old(struct patch *p, uint32_t checkpoint)
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
static uint32_t number_of(struct patch *p, uint32_t checkpoint, uint32_t stage, uint32_t cell)
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
static int push_truths(struct patch *p, uint32_t checkpoint, uint32_t stage, uint32_t id)
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
static int push_new(struct patch *p, uint32_t checkpoint, uint32_t stage, const uint32_t *truths)
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
static int push_stage(struct patch *p, uint32_t checkpoint, uint32_t stage, const uint32_t *truths, const uint32_t **at,
                      const uint32_t *end)
{
    struct np_live_base *base = p->base;
    bool is_in = p->number == NP_NONE;
    int rc = CNIPOL_OK;

    for (; *at < end && image_cell(base, **at)->stage == stage && image_cell(base, **at)->kind != CNIPOL_CELL_END && !rc; (*at)++) {
        const struct cnipol_image_cell *cell = image_cell(base, **at);

        if (cell->kind != CNIPOL_CELL_RULE || (p->old != NP_NONE && cell->policy == p->old))
            continue;
        if (!is_in && cell->policy != NP_NONE && compare(base, policy_at(base, cell->policy), policy_at(base, p->number)) > 0) {
            rc = push_new(p, checkpoint, stage, truths);
            is_in = true;
        }
        if (!rc && !np_words_push(&p->items, p->mem, **at))
            rc = CNIPOL_E_NOMEM;
    }
    return rc || is_in ? rc : push_new(p, checkpoint, stage, truths);
}

/* The list instead of a list, where the new policy's cells have these truths, stage by stage, then who is governed. */
static int change_list(struct patch *p, uint32_t checkpoint, uint32_t list, const uint32_t *truths, const uint32_t *governed, uint32_t *out)
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
        says[s] = (struct np_stage_items){p->items.items + starts[s], starts[s + 1] - starts[s], governed[s]};
    return rc ? rc : np_ruleset_list(&base->rules, checkpoint, says, out);
}

/* All that an id's new list depends on, in p->line: the checkpoint, its list, truths, who is governed. */
static int describe(struct patch *p, uint32_t checkpoint, uint32_t id)
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
static int relist(struct patch *p, uint32_t checkpoint, uint32_t id)
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

static int relist_affected(struct patch *p, uint32_t checkpoint)
{
    struct np_live_base *base = p->base;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < p->affected.n && !rc; i++) {
        uint32_t id = p->affected.items[i];

        base->counts.items[id] = 0;
        if (CNIPOL_ROOT_KIND(base->roots[checkpoint].items[id]) != CNIPOL_ROOT_ABSENT)
            rc = relist(p, checkpoint, id);
    }
    p->affected.n = 0;
    return rc;
}

/* The new policy among the base's: whom it governs, by stage, and, last, whom it concerns at all. */
static int add_policy(struct patch *p)
{
    struct np_live_base *base = p->base;
    struct np_live_policy *extra = np_zalloc(p->mem, sizeof *extra);
    void *grown = np_grow(p->mem, base->extra, &base->cap_extra, base->n_extra + 1, sizeof(struct np_live_policy *));

    if (grown)
        base->extra = grown;
    if (!grown || !extra) {
        np_free(p->mem, extra, sizeof *extra);
        return CNIPOL_E_NOMEM;
    }
    extra->policy = p->model.machine.policies[0];
    base->extra[base->n_extra++] = extra;
    for (uint32_t c = 0; c < p->model.machine.n_checkpoints; c++) {
        enum np_end_role subject = (enum np_end_role)p->model.machine.checkpoints[c].subject;
        uint32_t concerned;

        for (uint32_t s = 0; s < p->cells.n_stages[c]; s++) {
            extra->governed[c][s] = now(p, p->cells.stages[c][s].governed);
            if (np_live_govern_set(base, c, s, extra->governed[c][s], 1))
                return CNIPOL_E_NOMEM;
        }
        if (np_cells_subject(&p->cells, &extra->policy.subject, subject, &concerned))
            return CNIPOL_E_NOMEM;
        extra->governed[c][63] = now(p, concerned);
    }
    extra->policy.subject = np_pred_false; /* its machine goes */
    p->number = n_policies(base) - 1;
    return np_hmap_put(&base->by_name, np_live_policy_hash(&extra->policy), p->number);
}

static int mark_gone(struct patch *p)
{
    struct np_live_base *base = p->base;
    uint32_t n = base->model->machine.n_policies;
    int rc = CNIPOL_OK;

    if (p->old == NP_NONE)
        return CNIPOL_OK;
    while (base->gone.n <= p->old)
        if (!np_words_push(&base->gone, p->mem, 0))
            return CNIPOL_E_NOMEM;
    base->gone.items[p->old] = 1;
    if (p->old < n)
        return np_live_govern_policy(base, p->old, -1);
    for (uint32_t c = 0; c < base->model->machine.n_checkpoints; c++)
        for (uint32_t s = 0; s < base->c.cells.n_stages[c] && !rc; s++)
            rc = np_live_govern_set(base, c, s, base->extra[p->old - n]->governed[c][s], -1);
    return rc;
}

/* Sets that were made when there were fewer ids are not those of now, though their words be the same. */
static void forget_sets(struct np_ruleset *rules)
{
    rules->set_of.n = 0;
}

/* The addresses of split ids. What owns an address is who it is written for. */
static int remap(struct patch *p)
{
    const struct np_space *space = &p->base->c.space;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < p->moved.n && !rc; i++) {
        const struct np_space_entry *entry = &space->entries[p->moved.items[i]];
        struct cnipol_addrmap_prefix prefix = {.family = entry->ip.family, .length = entry->ip.family == 4 ? 32 : 128};

        memcpy(prefix.address, entry->ip.bytes, sizeof prefix.address);
        if (!entry->ip.family || cnipol_addrmap_get(p->base->addrmap, &prefix) || prefix.entry.peer == CNIPOL_ADDRMAP_NO_PEER)
            continue;
        prefix.entry.peer = entry->id;
        rc = cnipol_addrmap_put(p->base->addrmap, &prefix);
    }
    return rc;
}

static int remap_atoms(struct patch *p, uint32_t family)
{
    const struct np_space *space = &p->base->c.space;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < space->n_atoms[family] && !rc; i++)
        if (space->atoms[family][i].id >= p->first_fresh)
            rc = np_fill_atom(space, p->base->addrmap, family, i);
    return rc;
}

/*
 * New ids are published before addresses lead to them, still like the old ones, and addresses before anything tells
 * the two apart: whoever acquires a snapshot first and looks an address up then finds an id that the snapshot knows,
 * and that means to it what the address means.
 */
static int introduce(struct patch *p)
{
    int rc;

    if (p->first_fresh == p->base->c.space.n_ids || !p->base->addrmap)
        return CNIPOL_OK;
    rc = np_live_base_write(p->base);
    if (!rc)
        rc = p->base->publish(p->base->user);
    if (!rc)
        rc = remap(p);
    for (uint32_t family = 0; family < 2 && !rc; family++)
        rc = remap_atoms(p, family);
    return rc;
}

static int change(struct patch *p)
{
    struct np_live_base *base = p->base;
    int rc = reach(p) ? introduce(p) : CNIPOL_E_NOMEM;

    if (!rc && p->cluster)
        rc = add_policy(p);
    if (base->rules.n_ids != base->c.space.n_ids)
        forget_sets(&base->rules);
    base->rules.n_ids = base->c.space.n_ids;
    if (!rc)
        rc = mark_gone(p);
    for (uint32_t c = 0; c < base->model->machine.n_checkpoints && !rc; c++) {
        p->affected.n = 0;
        rc = affect_old(p, c);
        if (!rc)
            rc = affect_new(p, c);
        if (!rc)
            rc = relist_affected(p, c);
    }
    return rc ? rc : np_live_base_write(base);
}

static int run(struct patch *p, const struct np_live_config *config, const char *name, const char *text, size_t size)
{
    int rc = 1;

    if (text)
        rc = load(p, config, name, text, size);
    if (rc != 1)
        return rc;
    if (p->base->has_twins || p->base->has_engine_rules || has_map(&p->base->model->machine))
        return NOT_HERE;
    if (text) {
        rc = lower(p);
        if (rc || p->model.machine.n_policies != 1 || np_live_has_engine_rules(&p->model.machine) || is_elsewhere(p))
            return enough(rc);
        rc = knows_names(p);
        if (rc <= 0)
            return rc;
        p->base->is_spent = true;
        rc = take_apart(p);
        if (rc)
            return enough(rc);
    }
    p->base->is_spent = true;
    rc = change(p);
    if (rc)
        return enough(rc);
    p->base->is_spent = false;
    return 1;
}

static void release(struct patch *p)
{
    struct np_words *words[] = {&p->sets, &p->prefixes, &p->touched, &p->affected, &p->items, &p->numbers, &p->line, &p->lists, &p->moved};

    np_intern_free(&p->relisted);
    if (p->has_cells)
        np_cells_free(&p->cells);
    if (p->has_machine)
        np_machine_free(&p->model.machine);
    cnipol_cluster_free(p->cluster);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        np_words_free(words[i], p->mem);
}

int np_live_patch(struct np_live_base *base, const struct np_live_config *config, uint32_t old, const char *name, const char *text,
                  size_t size, uint32_t *number)
{
    struct patch p = {.base = base, .mem = &base->ctx->mem, .old = old, .number = NP_NONE, .first_fresh = base->c.space.n_ids};
    int rc;

    np_intern_init(&p.relisted, p.mem);
    rc = run(&p, config, name, text, size);
    *number = p.number;
    release(&p);
    return rc;
}
