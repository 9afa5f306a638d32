/* SPDX-License-Identifier: BSD-2-Clause */
/* Peer ids: see space.h. */

#include "compile/space.h"

#include <string.h>

#include <cnipol/status.h>

#include "base/search.h"
#include "compile/atoms.h"

/* Ids and memberships share a word. */
#define MAX_IDS (1u << 30)
/* Of sweeping over all selectors' ends: nothing else bounds it. */
#define MAX_STEPS (1u << 28)

static int sweep_sets(struct np_space *space, struct np_sweep *sweep)
{
    int more;

    np_sweep_start(sweep, space->n_ends);
    while ((more = np_sweep_next(sweep)) == 1) {
        uint32_t number;

        if (sweep->steps > MAX_STEPS)
            return CNIPOL_E_LIMIT;
        number = np_intern(&space->memberships, sweep->active.items, sweep->active.n);
        if (number == NP_NONE)
            return CNIPOL_E_NOMEM;
        for (uint32_t end = sweep->lo; end < sweep->hi; end++)
            space->set_class[end] = number;
    }
    return more < 0 ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

/* Which sets each end is in; `as_ends`: the machine's sets as idsets over ends. */
static int classify_ends(struct np_space *space, struct np_idsets *idsets, const uint32_t *as_ends)
{
    struct np_sweep sweep;
    int rc = CNIPOL_OK;

    np_sweep_init(&sweep, space->mem);
    if (np_intern(&space->memberships, NULL, 0) != 0)
        rc = CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < space->model->machine.n_sets && !rc; i++) {
        uint32_t n;
        const uint32_t *words = np_idset_words(idsets, as_ends[i], &n);

        rc = np_sweep_add(&sweep, i, words, n) ? CNIPOL_OK : CNIPOL_E_NOMEM;
    }
    if (!rc)
        rc = sweep_sets(space, &sweep);
    np_sweep_free(&sweep);
    return rc;
}

static bool is_own_end(const struct cnipol_model *model, uint32_t pod)
{
    return np_model_pod_end(model, pod) == pod;
}

static int add_entry(struct np_space *space, const struct np_ip *ip)
{
    void *grown = np_grow(space->mem, space->entries, &space->cap_entries, space->n_entries + 1, sizeof *space->entries);

    if (!grown)
        return CNIPOL_E_NOMEM;
    space->entries = grown;
    space->entries[space->n_entries++] = (struct np_space_entry){*ip, np_space_lists(space, ip), NP_NONE};
    return CNIPOL_OK;
}

static int add_entries(struct np_space *space, const struct np_ip *ips, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (add_entry(space, &ips[i]))
            return CNIPOL_E_NOMEM;
    return CNIPOL_OK;
}

/* Addresses, or the entry without one where there are none. */
static int add_known(struct np_space *space, const struct np_ip *ips, uint32_t n)
{
    static const struct np_ip none;

    return n ? add_entries(space, ips, n) : add_entry(space, &none);
}

/* Host-network pods that are asked as their node lend it their addresses, or that no address of them is known. */
static int add_guests(struct np_space *space, uint32_t node, const uint32_t *guests, const uint32_t *first)
{
    const struct cnipol_model *model = space->model;
    int rc = CNIPOL_OK;

    for (uint32_t i = first[node]; i < first[node + 1] && !rc; i++)
        rc = add_known(space, model->pods[guests[i]].ips, model->pods[guests[i]].n_ips);
    return rc;
}

/* Host-network pods by node: counted, summed, filled. */
static void list_guests(const struct cnipol_model *model, uint32_t *guests, uint32_t *first)
{
    memset(first, 0, (model->n_nodes + 2u) * sizeof *first);
    for (uint32_t i = 0; i < model->n_pods; i++)
        if (!is_own_end(model, i) && model->node_of[i] != NP_NONE)
            first[model->node_of[i] + 2]++;
    for (uint32_t i = 0; i < model->n_nodes; i++)
        first[i + 2] += first[i + 1];
    for (uint32_t i = 0; i < model->n_pods; i++)
        if (!is_own_end(model, i) && model->node_of[i] != NP_NONE)
            guests[first[model->node_of[i] + 1]++] = i;
}

static int add_end(struct np_space *space, uint32_t end, const uint32_t *guests, const uint32_t *first)
{
    const struct cnipol_model *model = space->model;
    const struct np_ip none = {0};
    uint32_t before = space->n_entries;
    int rc = CNIPOL_OK;

    space->first_entry[end] = before;
    if (end < model->n_pods && is_own_end(model, end))
        rc = add_entries(space, model->pods[end].ips, model->pods[end].n_ips);
    else if (end < model->n_pods)
        return CNIPOL_OK;
    else
        rc = add_entries(space, model->nodes[end - model->n_pods].ips, model->nodes[end - model->n_pods].n_ips);
    if (!rc && end >= model->n_pods)
        rc = add_guests(space, end - model->n_pods, guests, first);
    if (!rc && space->n_entries == before)
        rc = add_entry(space, &none);
    return rc;
}

static int list_ends(struct np_space *space)
{
    const struct cnipol_model *model = space->model;
    size_t guests_size = ((size_t)model->n_pods + 1) * sizeof(uint32_t), first_size = ((size_t)model->n_nodes + 2) * sizeof(uint32_t);
    uint32_t *guests = np_alloc(space->mem, guests_size), *first = np_alloc(space->mem, first_size);
    int rc = guests && first ? CNIPOL_OK : CNIPOL_E_NOMEM;

    if (!rc)
        list_guests(model, guests, first);
    for (uint32_t end = 0; end < space->n_ends && !rc; end++)
        rc = add_end(space, end, guests, first);
    space->first_entry[space->n_ends] = space->n_entries;
    np_free(space->mem, guests, guests_size);
    np_free(space->mem, first, first_size);
    return rc;
}

/* Which names of ports do rules mention? A bit for each atom would do; a sorted list is smaller. */
static int note_names(struct np_words *names, struct np_mem *mem, const struct np_pred *pred)
{
    for (uint32_t i = 0; i < pred->n; i++)
        for (uint32_t k = 0; k < pred->any[i].n; k++) {
            const struct np_term *term = &pred->any[i].terms[k];
            uint32_t at = np_lower_bound(names->items, names->n, term->arg);

            if (term->kind != NP_TERM_PORT_NAME || (at < names->n && names->items[at] == term->arg))
                continue;
            if (!np_words_push(names, mem, term->arg))
                return CNIPOL_E_NOMEM;
            memmove(names->items + at + 1, names->items + at, (names->n - 1 - at) * sizeof *names->items);
            names->items[at] = term->arg;
        }
    return CNIPOL_OK;
}

static int note_stage_names(struct np_words *names, struct np_mem *mem, const struct np_stage *stage)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < stage->n_rules && !rc; i++) {
        const struct np_rule *rule = &stage->rules[i];

        rc = note_names(names, mem, &rule->subject) || note_names(names, mem, &rule->local) || note_names(names, mem, &rule->remote) ||
                     note_names(names, mem, &rule->l4)
                 ? CNIPOL_E_NOMEM
                 : CNIPOL_OK;
    }
    for (uint32_t i = 0; i < stage->n_defaults && !rc; i++)
        if (note_names(names, mem, &stage->defaults[i].remote) || note_names(names, mem, &stage->defaults[i].l4))
            rc = CNIPOL_E_NOMEM;
    return rc;
}

int np_space_names(const struct np_machine *m, struct np_mem *mem, struct np_words *names)
{
    int rc = CNIPOL_OK;

    for (uint32_t c = 0; c < m->n_checkpoints; c++)
        for (uint32_t s = 0; s < m->checkpoints[c].n_stages && !rc; s++)
            rc = note_stage_names(names, mem, &m->checkpoints[c].stages[s]);
    return rc;
}

/* The pod's ports behind the mentioned names, the first of each name and protocol: (name, protocol, port)... */
static uint32_t ports_of(struct np_space *space, uint32_t pod, const struct np_words *names, struct np_words *out)
{
    const struct np_port_name *items = space->model->ports[pod].items;

    out->n = 0;
    for (uint32_t i = 0; i < space->model->ports[pod].n; i++) {
        uint32_t at = np_lower_bound(names->items, names->n, items[i].name);
        bool is_first = at < names->n && names->items[at] == items[i].name;

        for (uint32_t k = 0; k < i && is_first; k++)
            is_first = items[k].name != items[i].name || items[k].protocol != items[i].protocol;
        if (is_first && (!np_words_push(out, space->mem, items[i].name) || !np_words_push(out, space->mem, items[i].protocol) ||
                         !np_words_push(out, space->mem, items[i].port)))
            return NP_NONE;
    }
    return np_intern(&space->ports, out->items, out->n);
}

uint32_t np_space_ports(struct np_space *space, uint32_t pod)
{
    struct np_words scratch = {0};
    uint32_t number = space->names.n ? ports_of(space, pod, &space->names, &scratch) : 0;

    np_words_free(&scratch, space->mem);
    return number;
}

int np_space_add_end(struct np_space *space, const struct np_ip *ips, uint32_t n)
{
    void *grown = np_grow(space->mem, space->first_entry, &space->cap_ends, space->n_ends + 2, sizeof *space->first_entry);
    uint32_t before = space->n_entries;

    if (!grown)
        return CNIPOL_E_NOMEM;
    space->first_entry = grown;
    if (add_entries(space, ips, n)) {
        space->n_entries = before;
        return CNIPOL_E_NOMEM;
    }
    space->first_entry[++space->n_ends] = space->n_entries;
    return CNIPOL_OK;
}

/* The id of what is so and so; a new one where it is the first. NP_NONE: out of memory. */
static uint32_t id_of(struct np_space *space, uint32_t memberships, const struct np_space_id *like)
{
    const uint32_t key[] = {memberships, like->lists, like->ports, like->is_policed, like->ip.family == 0};
    uint32_t number = np_intern(&space->keys, key, sizeof key / sizeof key[0]);
    void *grown;

    if (number < space->n_ids || number >= MAX_IDS)
        return number < space->n_ids ? number : NP_NONE;
    grown = np_grow(space->mem, space->ids, &space->cap_ids, number + 1, sizeof *space->ids);
    if (!grown)
        return NP_NONE;
    space->ids = grown;
    space->ids[space->n_ids++] = *like;
    return number;
}

static int number_end(struct np_space *space, uint32_t end, uint32_t ports)
{
    for (uint32_t i = space->first_entry[end]; i < space->first_entry[end + 1]; i++) {
        struct np_space_entry *entry = &space->entries[i];

        entry->id =
            id_of(space, space->set_class[end], &(struct np_space_id){end, i, entry->lists, ports, entry->ip, end < space->model->n_pods});
        if (entry->id == NP_NONE)
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

static int number_ends(struct np_space *space)
{
    struct np_words scratch = {0};
    int rc = np_space_names(&space->model->machine, space->mem, &space->names);

    if (!rc && np_intern(&space->ports, NULL, 0) != 0)
        rc = CNIPOL_E_NOMEM;
    for (uint32_t end = 0; end < space->n_ends && !rc; end++) {
        uint32_t ports = end < space->model->n_pods && space->names.n ? ports_of(space, end, &space->names, &scratch) : 0;

        rc = ports == NP_NONE ? CNIPOL_E_NOMEM : number_end(space, end, ports);
    }
    np_words_free(&scratch, space->mem);
    return rc;
}

/* Host-network pods on nodes that nobody knows are nobody; without an address they are nobody anywhere. */
static int number_nobody(struct np_space *space)
{
    const struct cnipol_model *model = space->model;

    space->nobody = NP_NONE;
    for (uint32_t i = 0; i < model->n_pods && space->nobody == NP_NONE; i++) {
        if (is_own_end(model, i) || model->node_of[i] != NP_NONE || model->pods[i].n_ips)
            continue;
        space->nobody = id_of(space, 0, &(struct np_space_id){.end = NP_NONE, .entry = NP_NONE, .lists = NP_LISTS_NO_ADDRESS});
        if (space->nobody == NP_NONE)
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

static int number_addresses(struct np_space *space)
{
    for (uint32_t family = 0; family < 2; family++)
        for (uint32_t i = 0; i < space->n_atoms[family]; i++) {
            struct np_atom_range *atom = &space->atoms[family][i];

            atom->id =
                id_of(space, 0, &(struct np_space_id){NP_NONE, NP_NONE, atom->lists, 0, np_atom_ip(atom->from, family ? 6 : 4), false});
            if (atom->id == NP_NONE)
                return CNIPOL_E_NOMEM;
        }
    return number_nobody(space);
}

/* The first id whose end is not below `end`; ends ascend with ids, those without come last. */
static uint32_t ids_from(const struct np_space *space, uint32_t end)
{
    uint32_t lo = 0, hi = space->n_ids;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (space->ids[mid].end < end)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static uint32_t translate_set(struct np_space *space, struct np_idsets *idsets, uint32_t over_ends, struct np_words *copy)
{
    uint32_t n;
    const uint32_t *words = np_idset_words(idsets, over_ends, &n);

    copy->n = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!np_words_push(copy, space->mem, words[i]))
            return NP_NONE;
    np_idset_begin(idsets);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t id = ids_from(space, copy->items[i] >> 2);

        if (id < space->n_ids && !np_idset_from(idsets, id, (enum np_tri)(copy->items[i] & 3)))
            return NP_NONE;
    }
    return np_idset_end(idsets);
}

static int translate_sets(struct np_space *space, struct np_idsets *idsets, const uint32_t *as_ends)
{
    struct np_words copy = {0};
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < space->model->machine.n_sets && !rc; i++) {
        space->sets[i] = translate_set(space, idsets, as_ends[i], &copy);
        rc = space->sets[i] == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;
    }
    np_words_free(&copy, space->mem);
    return rc;
}

/* Ids by prefix list: pairs in order of ids, then counted out by list. */
static int gather_prefixes(const struct np_space *space, struct np_words *ids_by_list)
{
    for (uint32_t id = 0; id < space->n_ids; id++) {
        uint32_t n;
        const uint32_t *lists = np_interned(&space->lists, space->ids[id].lists, &n);

        for (uint32_t i = 0; i < n && space->ids[id].lists != NP_LISTS_NO_ADDRESS; i++)
            if (!np_words_push(&ids_by_list[lists[i]], space->mem, id))
                return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

/* Who has no address may be in any list that is not empty. Those ids are few and found once. */
static uint32_t build_prefixes(const struct np_space *space, struct np_idsets *idsets, const struct np_words *members,
                               const struct np_words *unknown)
{
    uint32_t i = 0, k = 0;

    np_idset_begin(idsets);
    while (i < members->n || k < unknown->n) {
        uint32_t a = i < members->n ? members->items[i] : NP_NONE, b = k < unknown->n ? unknown->items[k] : NP_NONE, id = a < b ? a : b;

        if (!np_idset_from(idsets, id, a < b ? NP_YES : NP_UNKNOWN) || (id + 1 < space->n_ids && !np_idset_from(idsets, id + 1, NP_NO)))
            return NP_NONE;
        if (a < b)
            i++;
        else
            k++;
    }
    return np_idset_end(idsets);
}

static int list_unknown(const struct np_space *space, struct np_words *out)
{
    for (uint32_t id = 0; id < space->n_ids; id++)
        if (space->ids[id].lists == NP_LISTS_NO_ADDRESS && !np_words_push(out, space->mem, id))
            return CNIPOL_E_NOMEM;
    return CNIPOL_OK;
}

static int translate_prefixes(struct np_space *space, struct np_idsets *idsets)
{
    const struct np_machine *m = &space->model->machine;
    size_t size = ((size_t)m->n_prefix_lists + 1) * sizeof(struct np_words);
    struct np_words *members = np_zalloc(space->mem, size), unknown = {0}, nobody = {0};
    int rc = members ? gather_prefixes(space, members) : CNIPOL_E_NOMEM;

    if (!rc)
        rc = list_unknown(space, &unknown);
    for (uint32_t i = 0; i < m->n_prefix_lists && !rc; i++) {
        space->prefixes[i] = space->same_list[i] < i
                                 ? space->prefixes[space->same_list[i]]
                                 : build_prefixes(space, idsets, &members[i], m->prefix_lists[i].n ? &unknown : &nobody);
        rc = space->prefixes[i] == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;
    }
    for (uint32_t i = 0; members && i < m->n_prefix_lists; i++)
        np_words_free(&members[i], space->mem);
    np_words_free(&unknown, space->mem);
    np_free(space->mem, members, size);
    return rc;
}

static int allocate(struct np_space *space)
{
    const struct np_machine *m = &space->model->machine;

    space->cap_classes = space->cap_ends = space->n_ends + 1;
    space->set_class = np_zalloc(space->mem, space->cap_classes * sizeof *space->set_class);
    space->first_entry = np_zalloc(space->mem, space->cap_ends * sizeof *space->first_entry);
    space->sets = np_zalloc(space->mem, (m->n_sets + 1u) * sizeof *space->sets);
    space->prefixes = np_zalloc(space->mem, (m->n_prefix_lists + 1u) * sizeof *space->prefixes);
    space->same_list = np_zalloc(space->mem, (m->n_prefix_lists + 1u) * sizeof *space->same_list);
    return space->set_class && space->first_entry && space->sets && space->prefixes && space->same_list ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int build(struct np_space *space, struct np_idsets *idsets, uint32_t *as_ends)
{
    const struct np_machine *m = &space->model->machine;
    int rc = allocate(space);

    for (uint32_t i = 0; i < m->n_sets && !rc; i++) {
        as_ends[i] = np_idset_of(idsets, &m->sets[i]);
        rc = as_ends[i] == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;
    }
    if (!rc)
        rc = classify_ends(space, idsets, as_ends);
    if (!rc)
        rc = np_space_cut(space);
    if (!rc)
        rc = list_ends(space);
    if (!rc)
        rc = number_ends(space);
    if (!rc)
        rc = number_addresses(space);
    if (!rc)
        rc = translate_sets(space, idsets, as_ends);
    return rc ? rc : translate_prefixes(space, idsets);
}

int np_space_init(struct np_space *space, const struct cnipol_model *model, struct np_mem *mem, struct np_idsets *idsets)
{
    size_t size = (model->machine.n_sets + 1u) * sizeof(uint32_t);
    uint32_t *as_ends = np_alloc(mem, size);
    int rc = CNIPOL_E_NOMEM;

    *space = (struct np_space){.model = model, .mem = mem, .n_ends = model->n_pods + model->n_nodes};
    np_intern_init(&space->memberships, mem);
    np_intern_init(&space->lists, mem);
    np_intern_init(&space->ports, mem);
    np_intern_init(&space->keys, mem);
    if (as_ends)
        rc = build(space, idsets, as_ends);
    np_free(mem, as_ends, size);
    return rc;
}

void np_space_free(struct np_space *space)
{
    const struct np_machine *m;

    if (!space->mem)
        return;
    m = &space->model->machine;
    np_free(space->mem, space->set_class, space->cap_classes * sizeof *space->set_class);
    np_free(space->mem, space->first_entry, space->cap_ends * sizeof *space->first_entry);
    np_free(space->mem, space->sets, (m->n_sets + 1u) * sizeof *space->sets);
    np_free(space->mem, space->prefixes, (m->n_prefix_lists + 1u) * sizeof *space->prefixes);
    np_free(space->mem, space->same_list, (m->n_prefix_lists + 1u) * sizeof *space->same_list);
    np_free(space->mem, space->entries, space->cap_entries * sizeof *space->entries);
    np_free(space->mem, space->ids, space->cap_ids * sizeof *space->ids);
    for (uint32_t family = 0; family < 2; family++)
        np_free(space->mem, space->atoms[family], space->n_atoms[family] * sizeof *space->atoms[family]);
    np_words_free(&space->names, space->mem);
    np_intern_free(&space->memberships);
    np_intern_free(&space->lists);
    np_intern_free(&space->ports);
    np_intern_free(&space->keys);
}

uint32_t np_space_peer(const struct np_space *space, uint32_t end, const struct np_ip *ip)
{
    uint32_t lists = np_space_lists(space, ip), like = NP_NONE;

    if (end == NP_NONE)
        return ip->family ? np_space_atom(space, ip)->id : space->nobody;
    if (end >= space->n_ends)
        return NP_NONE;
    for (uint32_t i = space->first_entry[end]; i < space->first_entry[end + 1]; i++) {
        const struct np_space_entry *entry = &space->entries[i];

        if (np_ip_eq(&entry->ip, ip))
            return entry->id;
        if (entry->lists == lists)
            like = entry->id;
    }
    return like;
}
