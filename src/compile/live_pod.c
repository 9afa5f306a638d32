/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One pod instead of another, without compiling everything: see live_base.h.
 *
 * A pod that stays where it is and has other labels or ports is the same end with other ids. Any other new one is a guest: an
 * end behind those that the base was compiled with. Each of its addresses has an id of its own, which is first like what
 * the address was before, and then like the end that the pod resembles most (live_identity.h, live_change.h). An address
 * that nobody has any more becomes an atom of its own, like the atom around it.
 *
 * Compiled are: addresses that something else claims, too; a namespace that nobody spoke of; pods where templates of
 * workloads stand in for some; objects that are given twice; host-network pods with addresses other than their node's; and pods
 * that nothing is like, or that too many policies tell apart.
 */

#include "compile/live_pod.h"

#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "compile/atoms.h"
#include "compile/live_identity.h"
#include "engine/knobs.h"

enum { HERE = 1, SAME = 2 };

struct pod_change {
    struct np_live_base *base;
    const struct np_live_config *config;
    struct cnipol_model *model;
    struct np_space *space;
    struct np_pod fresh; /* as the view has it */
    struct np_pod old;
    bool has_fresh, has_old; /* shown */
    bool is_in_place;
    uint32_t pod; /* the view's number of the fresh one */
    uint32_t old_pod;
    struct np_words policies;
    struct np_changing ch;
    bool has_change;
    bool is_moved; /* the view has the fresh one */
    uint32_t node_before, ports_n_before;
    const struct np_port_name *ports_before;
    const char *name_before;
};

static uint64_t name_hash(np_atom ns, np_atom name)
{
    return np_hash_mix(ns, name);
}

static bool is_named(const void *ctx, const void *key, uint32_t i)
{
    const struct np_live_pod *a = key, *b = &((const struct np_live_base *)ctx)->pods[i];

    return a->ns == b->ns && a->name == b->name;
}

static uint32_t find_name(const struct np_live_base *base, np_atom ns, np_atom name)
{
    const struct np_live_pod key = {.ns = ns, .name = name};

    return np_hmap_get(&base->pod_names, name_hash(ns, name), is_named, base, &key);
}

static int add_name(struct np_live_base *base, np_atom ns, np_atom name, uint32_t pod, uint32_t *number)
{
    void *grown = np_grow(&base->ctx->mem, base->pods, &base->cap_pods, base->n_pods + 1, sizeof *base->pods);

    if (!grown)
        return CNIPOL_E_NOMEM;
    base->pods = grown;
    base->pods[base->n_pods] = (struct np_live_pod){ns, name, pod, true};
    if (np_hmap_put(&base->pod_names, name_hash(ns, name), base->n_pods))
        return CNIPOL_E_NOMEM;
    *number = NP_LIVE_POD | base->n_pods++;
    return CNIPOL_OK;
}

int np_live_find_pods(struct np_live_base *base, struct np_live_source *sources, uint32_t n)
{
    int rc = np_model_make_room(base->model, NP_LIVE_GUESTS);

    for (uint32_t i = 0; i < n && !rc; i++) {
        uint32_t at = NP_LIVE_INDEX(sources[i].numbered);

        if (sources[i].numbered == NP_NONE)
            continue;
        if (NP_LIVE_KIND(sources[i].numbered) == NP_LIVE_POD) {
            struct np_pod pod;

            np_inventory_pod(base->cluster->inventory, at, &pod);
            rc = add_name(base, pod.ns_name, pod.name, np_view_pod(base->model->view, pod.ns_name, pod.name), &sources[i].numbered);
        } else if (NP_LIVE_KIND(sources[i].numbered) == NP_LIVE_NAMESPACE) {
            struct np_namespace ns;

            np_inventory_namespace(base->cluster->inventory, at, &ns);
            sources[i].numbered = NP_LIVE_NAMESPACE | np_view_namespace(base->model->view, ns.name);
        }
    }
    return rc;
}

static bool same_ips(const struct np_pod *a, const struct np_pod *b)
{
    for (uint32_t i = 0; i < a->n_ips && i < b->n_ips; i++)
        if (!np_ip_eq(&a->ips[i], &b->ips[i]))
            return false;
    return a->n_ips == b->n_ips;
}

static bool has_ip(const struct np_ip *ips, uint32_t n, const struct np_ip *ip)
{
    for (uint32_t i = 0; i < n; i++)
        if (np_ip_eq(&ips[i], ip))
            return true;
    return false;
}

static bool same_labels(const struct np_labels *a, const struct np_labels *b)
{
    return a->n == b->n && a->partial == b->partial && (!a->n || memcmp(a->items, b->items, a->n * sizeof *a->items) == 0);
}

static bool same_ports(const struct np_pod *a, const struct np_pod *b)
{
    if (a->n_ports != b->n_ports)
        return false;
    for (uint32_t i = 0; i < a->n_ports; i++)
        if (a->ports[i].name != b->ports[i].name || a->ports[i].port != b->ports[i].port || a->ports[i].protocol != b->ports[i].protocol ||
            a->ports[i].origin != b->ports[i].origin)
            return false;
    return true;
}

static bool is_same(const struct np_pod *a, const struct np_pod *b)
{
    return a->name == b->name && a->ns_name == b->ns_name && a->node == b->node && a->host_network == b->host_network && same_ips(a, b) &&
           same_labels(&a->labels, &b->labels) && same_ports(a, b);
}

/* Does the pod stand for itself, not for its node? */
static bool is_own(const struct pod_change *c, const struct np_pod *pod)
{
    return !pod->host_network || c->model->host_network_as_pod;
}

static bool keeps_finished(const struct np_live_base *base)
{
    return np_knob(base->knobs, NP_KNOB_POD_PHASE) != 0;
}

static bool has_sidecars(const struct np_live_base *base)
{
    return np_knob(base->knobs, NP_KNOB_NAMED_PORT_SIDECARS) == 0;
}

/* A host-network pod without addresses has its node's. Others than those nobody knows what to do with here. */
static bool lend_addresses(const struct pod_change *c, struct np_pod *pod)
{
    uint32_t node = pod->node == NP_ATOM_NONE ? NP_NONE : np_view_node(c->model->view, pod->node);

    if (!pod->host_network)
        return true;
    if (node == NP_NONE)
        return false;
    if (!pod->n_ips) {
        pod->ips = c->model->nodes[node].ips;
        pod->n_ips = c->model->nodes[node].n_ips;
    }
    for (uint32_t i = 0; i < pod->n_ips; i++)
        if (!has_ip(c->model->nodes[node].ips, c->model->nodes[node].n_ips, &pod->ips[i]))
            return false;
    return !c->model->host_network_as_pod;
}

/* Addresses that come: nobody's, or the old pod's. Ones that go: nobody else's. */
static bool owns_alone(const struct pod_change *c)
{
    const struct np_view *view = c->model->view;

    for (uint32_t i = 0; c->has_fresh && is_own(c, &c->fresh) && i < c->fresh.n_ips; i++) {
        struct np_owner owner = np_view_owner(view, &c->fresh.ips[i]);

        if (has_ip(c->fresh.ips, i, &c->fresh.ips[i]))
            return false;
        if (owner.kind != NP_OWNER_NONE && !(owner.kind == NP_OWNER_POD && owner.index == c->old_pod))
            return false;
        if (owner.kind == NP_OWNER_NONE && np_view_is_claimed(view, &c->fresh.ips[i], c->old_pod))
            return false;
    }
    for (uint32_t i = 0; c->has_old && is_own(c, &c->old) && i < c->old.n_ips; i++) {
        struct np_owner owner = np_view_owner(view, &c->old.ips[i]);

        if (owner.kind != NP_OWNER_POD || owner.index != c->old_pod || has_ip(c->old.ips, i, &c->old.ips[i]))
            return false;
        if (!has_ip(c->fresh.ips, c->fresh.n_ips, &c->old.ips[i]) && np_view_is_claimed(view, &c->old.ips[i], c->old_pod))
            return false;
    }
    return true;
}

static bool is_patchable(const struct np_live_base *base)
{
    const struct np_inventory *inv = base->cluster->inventory;

    return !np_inventory_has_twins(inv) && !np_inventory_has_workloads(inv);
}

/* Is the name another source's? */
static bool is_taken(const struct np_live_base *base, uint32_t old, const struct np_pod *pod)
{
    uint32_t found = find_name(base, pod->ns_name, pod->name);

    if (found != NP_NONE)
        return base->pods[found].is_alive && (old == NP_NONE || found != NP_LIVE_INDEX(old));
    return np_inventory_has_pod(base->cluster->inventory, pod->ns_name, pod->name);
}

/* What the change is about. HERE, SAME, 0, CNIPOL_E_NOMEM. */
static int understand(struct pod_change *c, uint32_t old, const struct np_pod *given)
{
    struct np_live_base *base = c->base;
    struct np_pod fresh = {0};

    if (!is_patchable(base) || (given && is_taken(base, old, given)))
        return 0;
    c->old_pod = old == NP_NONE ? NP_NONE : base->pods[NP_LIVE_INDEX(old)].pod;
    c->has_old = c->old_pod != NP_NONE;
    if (c->has_old)
        c->old = c->model->pods[c->old_pod];
    c->has_fresh = given && (!given->finished || keeps_finished(base));
    if (c->has_fresh) {
        fresh = *given;
        fresh.ns = np_view_namespace(c->model->view, given->ns_name);
    }
    if ((c->has_fresh && (fresh.ns == NP_NONE || fresh.finished || !lend_addresses(c, &fresh))) ||
        (c->has_old && (c->old.finished || !lend_addresses(c, &c->old))))
        return 0;
    if (c->has_fresh && c->has_old && is_same(&fresh, &c->old))
        return SAME;
    if (!c->has_fresh && !c->has_old)
        return SAME;
    c->fresh = fresh;
    if (!owns_alone(c))
        return 0;
    if (c->has_fresh && np_view_copy_pod(c->model->view, &fresh, &c->fresh))
        return CNIPOL_E_NOMEM;
    c->is_in_place = c->has_fresh && c->has_old && fresh.n_ips && fresh.name == c->old.name && fresh.ns == c->old.ns &&
                     fresh.node == c->old.node && is_own(c, &fresh) && is_own(c, &c->old) && same_ips(&fresh, &c->old);
    return HERE;
}

static void keep_tables(struct pod_change *c, uint32_t pod)
{
    c->node_before = c->model->node_of[pod];
    c->ports_before = c->model->ports[pod].items;
    c->ports_n_before = c->model->ports[pod].n;
    c->name_before = c->model->names[pod];
}

/* A guest, and an end for it, whether that has entries of its own or not: ends are numbered. */
static int add_guest(struct pod_change *c)
{
    int rc = np_view_add_guest(c->model->view, &c->fresh, &c->pod);

    if (rc)
        return rc;
    c->base->is_spent = true;
    rc = np_space_add_end(c->space, c->fresh.ips, is_own(c, &c->fresh) ? c->fresh.n_ips : 0);
    if (rc)
        return rc;
    c->model->n_guests++;
    c->base->is_spent = false;
    return CNIPOL_OK;
}

static void tell_node(const struct pod_change *c)
{
    uint32_t node = c->model->node_of[c->pod];

    if (c->base->addrmap)
        (void)cnipol_addrmap_set_node(c->base->addrmap, np_model_end_number(c->model, c->pod),
                                      node == NP_NONE ? CNIPOL_ADDRMAP_NO_NODE : node);
}

/* The view and the model's tables have the fresh pod, and the old one no more. HERE, 0, CNIPOL_E_NOMEM. */
static int move_in(struct pod_change *c)
{
    struct np_pod gone = c->old;
    int rc = CNIPOL_OK;

    gone.is_gone = true;
    c->pod = c->is_in_place ? c->old_pod : NP_NONE;
    if (c->has_old && !c->is_in_place)
        np_view_set_pod(c->model->view, c->old_pod, &gone);
    c->is_moved = true;
    if (c->is_in_place) {
        keep_tables(c, c->pod);
        np_view_set_pod(c->model->view, c->pod, &c->fresh);
    } else if (c->has_fresh) {
        rc = add_guest(c);
    }
    if (!rc && c->has_fresh)
        rc = np_model_take_pod(c->model, c->pod, has_sidecars(c->base));
    return rc ? (rc == CNIPOL_E_NOMEM ? rc : 0) : HERE;
}

/* As it was. A guest that did not stay keeps its number and is found no more. */
static void move_out(struct pod_change *c)
{
    if (!c->is_moved)
        return;
    if (c->has_old)
        np_view_set_pod(c->model->view, c->old_pod, &c->old);
    if (c->is_in_place) {
        c->model->node_of[c->pod] = c->node_before;
        c->model->ports[c->pod].items = c->ports_before;
        c->model->ports[c->pod].n = c->ports_n_before;
        c->model->names[c->pod] = c->name_before;
    } else if (c->pod != NP_NONE) {
        c->fresh.is_gone = true;
        np_view_set_pod(c->model->view, c->pod, &c->fresh);
    }
}

static uint32_t slice_node(const struct pod_change *c)
{
    np_atom atom = c->config->compile.node ? np_atoms_find(&c->base->ctx->atoms, np_str_of(c->config->compile.node)) : NP_ATOM_NONE;

    return atom ? np_view_node(c->model->view, atom) : NP_NONE;
}

/* What the old pod's address is called. */
static uint32_t old_entry(const struct pod_change *c, const struct np_ip *ip)
{
    uint32_t end = c->has_old && is_own(c, &c->old) ? np_model_end_number(c->model, c->old_pod) : NP_NONE;

    for (uint32_t i = end == NP_NONE ? 0 : c->space->first_entry[end]; end != NP_NONE && i < c->space->first_entry[end + 1]; i++)
        if (np_ip_eq(&c->space->entries[i].ip, ip) && c->space->entries[i].id != NP_NONE)
            return i;
    return NP_NONE;
}

/* What the fresh pod is to be like at an address: what it was itself, or another end. HERE, 0, CNIPOL_E_NOMEM. */
static int resemble(struct pod_change *c, const struct np_ip *ip, uint32_t ports, uint32_t *like)
{
    uint32_t n;
    const struct np_namespace *namespaces = np_view_namespaces(c->model->view, &n);
    struct np_live_seen seen = {&c->fresh, &namespaces[c->fresh.ns], *ip, ports, NP_NONE}, best = {0}, self = {0};
    uint32_t entry = old_entry(c, ip), node = slice_node(c);
    bool found = np_live_find_like(c->base, &seen, c->pod, node != NP_NONE && c->model->node_of[c->pod] == node, &best);

    if (entry != NP_NONE) {
        uint32_t id = c->space->entries[entry].id;

        self = (struct np_live_seen){&c->old, &namespaces[c->old.ns], *ip, c->space->ids[id].ports, id};
        if (!found || np_live_distance(c->base, &seen, &self) <= np_live_distance(c->base, &seen, &best))
            best = self;
        found = true;
    }
    *like = best.id;
    return found ? np_live_tell_apart(c->base, &seen, &best, &c->policies) : 0;
}

static int by_number(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

    return (a > b) - (a < b);
}

static int begin_change(struct np_live_base *base, struct np_words *policies, struct np_changing *ch)
{
    uint32_t kept = 0;
    int rc;

    if (policies->n && (base->has_twins || base->has_engine_rules || np_machine_has_map(&base->model->machine)))
        return 0;
    if (policies->n)
        qsort(policies->items, policies->n, sizeof *policies->items, by_number);
    for (uint32_t i = 0; i < policies->n; i++)
        if (!kept || policies->items[kept - 1] != policies->items[i])
            policies->items[kept++] = policies->items[i];
    policies->n = kept;
    rc = np_change_begin(ch, base, policies->items, policies->n);
    if (rc)
        return rc;
    rc = np_change_lower(ch);
    if (rc != 1)
        np_change_end(ch);
    return rc;
}

/* The map's entry for a whole address. */
static void map_move(const struct pod_change *c, struct np_live_move *move, const struct np_ip *ip, uint32_t owner)
{
    move->prefix = (struct cnipol_addrmap_prefix){.family = ip->family, .length = ip->family == 4 ? 32 : 128};
    memcpy(move->prefix.address, ip->bytes, sizeof move->prefix.address);
    move->is_mapped = c->base->addrmap && !cnipol_addrmap_get(c->base->addrmap, &move->prefix);
    if (owner != CNIPOL_ADDRMAP_NOBODY) {
        move->is_mapped = c->base->addrmap != NULL;
        move->prefix.entry.owner = owner;
    }
    move->prefix.entry.peer = move->id;
    move->then = (struct cnipol_addrmap_entry){move->id, owner};
}

static void take_entry(const struct pod_change *c, uint32_t entry, uint32_t id)
{
    uint32_t from = c->space->entries[entry].id;

    if (from != NP_NONE)
        c->base->n_entries.items[from]--;
    if (id != NP_NONE)
        c->base->n_entries.items[id]++;
    c->space->entries[entry].id = id;
}

/* An address of the fresh pod, with what it is to be like. */
static int arrive(struct pod_change *c, uint32_t entry, uint32_t like, uint32_t ports)
{
    struct np_ip ip = c->space->entries[entry].ip;
    uint32_t before = old_entry(c, &ip), end = np_model_end_number(c->model, c->pod);
    uint32_t from = before == NP_NONE ? np_space_atom(c->space, &ip)->id : c->space->entries[before].id;
    struct np_live_move *move = np_change_move(&c->ch, from, like);

    if (!move)
        return 0;
    if (before != NP_NONE)
        take_entry(c, before, NP_NONE);
    take_entry(c, entry, move->id);
    c->space->ids[move->id].end = end;
    c->space->ids[move->id].ports = ports;
    map_move(c, move, &ip, end);
    return HERE;
}

/* Atoms next to that one, with the same prefix lists, may be like it at fewer steps. */
static uint32_t atom_like(const struct pod_change *c, uint32_t family, uint32_t at)
{
    const struct np_space *space = c->space;
    const struct np_atom_range *atoms = space->atoms[family];
    uint32_t first = space->n_ids - c->base->like.n, best = atoms[at].id;

    for (uint32_t i = at > 2 ? at - 2 : 0; i < space->n_atoms[family] && i <= at + 2 && best >= first; i++) {
        struct np_ip a = np_atom_ip(atoms[at].from, family ? 6 : 4), b = np_atom_ip(atoms[i].from, family ? 6 : 4);
        struct np_words none = {0};
        struct np_pod nobody = {0};
        struct np_namespace nowhere = {0};
        const struct np_live_seen x = {&nobody, &nowhere, a, 0, 0}, y = {&nobody, &nowhere, b, 0, 0};

        if (np_live_depth(c->base, atoms[i].id) < np_live_depth(c->base, best) && np_live_tell_apart(c->base, &x, &y, &none) == 1 &&
            !none.n)
            best = atoms[i].id;
        np_words_free(&none, &c->base->ctx->mem);
    }
    return best;
}

/* An address that nobody has any more. */
static int depart(struct pod_change *c, uint32_t entry)
{
    struct np_ip ip = c->space->entries[entry].ip;
    uint32_t family = ip.family == 6;
    np_u128 value = np_atom_value(&ip), top = family ? ~(np_u128)0 : 0xffffffffu;
    struct np_atom_range *atom;
    struct np_live_move *move;

    if (!ip.family) {
        take_entry(c, entry, NP_NONE);
        return HERE;
    }
    if (np_live_cut(c->base, family, value) || (value != top && np_live_cut(c->base, family, value + 1)))
        return CNIPOL_E_NOMEM;
    atom = np_space_atom(c->space, &ip);
    move = np_change_move(&c->ch, c->space->entries[entry].id, atom_like(c, family, (uint32_t)(atom - c->space->atoms[family])));
    if (!move)
        return 0;
    take_entry(c, entry, NP_NONE);
    c->base->n_entries.items[atom->id]--;
    c->base->n_entries.items[move->id]++;
    atom->id = move->id;
    map_move(c, move, &ip, CNIPOL_ADDRMAP_NOBODY);
    return HERE;
}

static int depart_all(struct pod_change *c)
{
    uint32_t end = c->has_old && !c->is_in_place && is_own(c, &c->old) ? np_model_end_number(c->model, c->old_pod) : NP_NONE;
    int rc = HERE;

    for (uint32_t i = end == NP_NONE ? 0 : c->space->first_entry[end]; end != NP_NONE && i < c->space->first_entry[end + 1] && rc == HERE;
         i++)
        if (c->space->entries[i].id != NP_NONE && !has_ip(c->fresh.ips, c->fresh.n_ips, &c->space->entries[i].ip))
            rc = depart(c, i);
    return rc;
}

/* `likes`: an id for each address. */
static int change_ends(struct pod_change *c, const uint32_t *likes, uint32_t ports)
{
    uint32_t end = c->has_fresh ? np_model_end_number(c->model, c->pod) : NP_NONE;
    int rc = HERE;

    if (end != NP_NONE && !c->is_in_place)
        tell_node(c);
    for (uint32_t i = 0; end != NP_NONE && is_own(c, &c->fresh) && i < c->fresh.n_ips && rc == HERE; i++)
        rc = arrive(c, c->space->first_entry[end] + i, likes[i], ports);
    if (rc == HERE)
        rc = depart_all(c);
    return rc == HERE ? np_change_run(&c->ch) : rc;
}

static int resemble_all(struct pod_change *c, uint32_t *likes, uint32_t *ports)
{
    int rc = HERE;

    *ports = 0;
    if (!c->has_fresh || !is_own(c, &c->fresh))
        return HERE;
    *ports = np_space_ports(c->space, c->pod);
    if (*ports == NP_NONE)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < c->fresh.n_ips && rc == HERE; i++)
        rc = resemble(c, &c->fresh.ips[i], *ports, &likes[i]);
    return rc;
}

static int change(struct pod_change *c)
{
    uint32_t n = c->fresh.n_ips, ports;
    uint32_t *likes = np_alloc(&c->base->ctx->mem, (n + 1u) * sizeof *likes);
    int rc = likes ? move_in(c) : CNIPOL_E_NOMEM;

    if (rc == HERE)
        rc = resemble_all(c, likes, &ports);
    if (rc == HERE)
        rc = begin_change(c->base, &c->policies, &c->ch);
    if (rc == HERE) {
        c->base->is_spent = true;
        rc = change_ends(c, likes, ports);
        np_change_end(&c->ch);
    }
    if (rc != HERE)
        move_out(c);
    if (likes)
        np_free(&c->base->ctx->mem, likes, (n + 1u) * sizeof *likes);
    np_words_free(&c->policies, &c->base->ctx->mem);
    return rc;
}

/* The source has another name or another number now. 0 or CNIPOL_E_NOMEM. */
static int enlist(const struct pod_change *c, uint32_t old, const struct np_pod *given, uint32_t *number)
{
    struct np_live_base *base = c->base;
    uint32_t found;

    if (old != NP_NONE)
        base->pods[NP_LIVE_INDEX(old)].is_alive = false;
    if (!given)
        return CNIPOL_OK;
    found = find_name(base, given->ns_name, given->name);
    if (found == NP_NONE)
        return add_name(base, given->ns_name, given->name, c->pod, number);
    base->pods[found].pod = c->pod;
    base->pods[found].is_alive = true;
    *number = NP_LIVE_POD | found;
    return CNIPOL_OK;
}

int np_live_patch_pod(struct np_live_base *base, const struct np_live_config *config, uint32_t old, const struct np_pod *pod,
                      uint32_t *number)
{
    struct pod_change c = {.base = base, .config = config, .model = base->model, .space = &base->c.space, .pod = NP_NONE};
    int rc = understand(&c, old, pod);

    if (rc == SAME)
        c.pod = c.old_pod;
    if (rc == HERE)
        rc = change(&c);
    if (rc == HERE || rc == SAME) {
        int listed = enlist(&c, old, pod, number);

        base->is_spent |= listed != 0;
        rc = listed ? listed : rc;
    }
    return rc;
}

static int change_labels(struct np_live_base *base, uint32_t ns, const struct np_namespace *before, const struct np_namespace *after)
{
    struct np_words policies = {0};
    struct np_changing ch;
    int rc = np_live_tell_labels(base, &before->labels, &after->labels, &policies);

    np_view_set_namespace(base->model->view, ns, &after->labels, after->span);
    if (rc == HERE && policies.n) {
        rc = begin_change(base, &policies, &ch);
        if (rc == HERE) {
            rc = np_change_run(&ch);
            np_change_end(&ch);
        }
    } else if (rc == HERE) {
        rc = SAME;
    }
    if (rc != HERE && rc != SAME)
        np_view_set_namespace(base->model->view, ns, &before->labels, before->span);
    np_words_free(&policies, &base->ctx->mem);
    return rc;
}

int np_live_patch_namespace(struct np_live_base *base, uint32_t old, const struct np_namespace *given, uint32_t *number)
{
    struct np_view *view = base->model->view;
    uint32_t ns = np_view_namespace(view, given->name), n;
    struct np_namespace before, after = *given;
    int rc;

    if (ns == NP_NONE || !is_patchable(base))
        return 0;
    before = np_view_namespaces(view, &n)[ns];
    if (old == NP_NONE ? before.span.source != NP_NONE : NP_LIVE_INDEX(old) != ns)
        return 0;
    *number = NP_LIVE_NAMESPACE | ns;
    if (old != NP_NONE && same_labels(&before.labels, &after.labels))
        return SAME;
    if (np_view_copy_labels(view, &given->labels, &after.labels))
        return CNIPOL_E_NOMEM;
    rc = change_labels(base, ns, &before, &after);
    if (rc != HERE && rc != SAME)
        *number = NP_NONE;
    return rc;
}
