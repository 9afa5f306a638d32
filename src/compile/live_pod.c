/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One pod instead of another, without compiling everything: see live_base.h.
 *
 * A pod that stays where it is and has other labels or ports is the same end with other ids. Any other new one is a guest: an
 * end behind those that the base was compiled with. Each of its addresses has an id of its own, which is first like what
 * the address was before, and then like the end that the pod resembles most (live_identity.h, live_change.h). An address
 * that nobody has any more becomes an atom of its own, like the atom around it.
 *
 * Compiled are: addresses that something else claims, too; pods where templates of
 * workloads stand in for some; objects that are given twice; host-network pods with addresses other than their node's; and pods
 * that nothing is like, or that too many policies tell apart.
 */

#include "compile/live_pod.h"

#include <string.h>

#include "compile/atoms.h"
#include "compile/live_identity.h"
#include "engine/knobs.h"

struct pod_change {
    struct np_live_base *base;
    const struct np_live_config *config;
    const struct np_namespace *home;
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
           np_labels_eq(&a->labels, &b->labels) && same_ports(a, b);
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

/* Its namespace, which is spoken of from now on. */
static uint32_t home_of(const struct pod_change *c, const struct np_pod *pod)
{
    uint32_t ns = np_view_namespace(c->model->view, pod->ns_name);

    if (ns == NP_NONE && c->home->name == pod->ns_name && np_view_add_namespace(c->model->view, c->home, &ns))
        return NP_NONE;
    return ns;
}

/* What the change is about. NP_LIVE_DONE, NP_LIVE_SAME, 0, CNIPOL_E_NOMEM. */
static int understand(struct pod_change *c, uint32_t old, const struct np_pod *given)
{
    struct np_live_base *base = c->base;
    struct np_pod fresh = {0};

    if (!np_live_has_plain_pods(base) || (given && np_live_is_taken(base, old, given)))
        return 0;
    c->old_pod = old == NP_NONE ? NP_NONE : base->pods[NP_LIVE_INDEX(old)].pod;
    c->has_old = c->old_pod != NP_NONE;
    if (c->has_old)
        c->old = c->model->pods[c->old_pod];
    c->has_fresh = given && (!given->finished || keeps_finished(base));
    if (c->has_fresh) {
        fresh = *given;
        fresh.ns = home_of(c, given);
    }
    if ((c->has_fresh && (fresh.ns == NP_NONE || fresh.finished || !lend_addresses(c, &fresh))) ||
        (c->has_old && (c->old.finished || !lend_addresses(c, &c->old))))
        return 0;
    if (c->has_fresh && c->has_old && is_same(&fresh, &c->old))
        return NP_LIVE_SAME;
    if (!c->has_fresh && !c->has_old)
        return NP_LIVE_SAME;
    c->fresh = fresh;
    if (!owns_alone(c))
        return 0;
    if (c->has_fresh && np_view_copy_pod(c->model->view, &fresh, &c->fresh))
        return CNIPOL_E_NOMEM;
    c->is_in_place = c->has_fresh && c->has_old && fresh.n_ips && fresh.name == c->old.name && fresh.ns == c->old.ns &&
                     fresh.node == c->old.node && is_own(c, &fresh) && is_own(c, &c->old) && same_ips(&fresh, &c->old);
    return NP_LIVE_DONE;
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

/* The view and the model's tables have the fresh pod, and the old one no more. NP_LIVE_DONE, 0, CNIPOL_E_NOMEM. */
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
    return rc ? (rc == CNIPOL_E_NOMEM ? rc : 0) : NP_LIVE_DONE;
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

/* What the fresh pod is to be like at an address: what it was itself, or another end. NP_LIVE_DONE, 0, CNIPOL_E_NOMEM. */
static int resemble(struct pod_change *c, const struct np_ip *ip, uint32_t ports, uint32_t *like)
{
    uint32_t n;
    const struct np_namespace *namespaces = np_view_namespaces(c->model->view, &n);
    struct np_live_seen seen = {&c->fresh, &namespaces[c->fresh.ns], *ip, ports, NP_NONE}, best = {0}, self = {0};
    uint32_t entry = old_entry(c, ip), node = slice_node(c);
    bool is_wanted = node != NP_NONE && c->model->node_of[c->pod] == node;
    bool found = np_live_find_like(c->base, &seen, c->pod, is_wanted, &best);

    if (entry != NP_NONE && (!is_wanted || np_live_is_policed(c->base, c->space->entries[entry].id))) {
        uint32_t id = c->space->entries[entry].id;

        self = (struct np_live_seen){&c->old, &namespaces[c->old.ns], *ip, c->space->ids[id].ports, id};
        if (!found || np_live_distance(c->base, &seen, &self) <= np_live_distance(c->base, &seen, &best))
            best = self;
        found = true;
    }
    *like = best.id;
    return found ? np_live_tell_apart(c->base, &seen, &best, &c->policies) : 0;
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
    return NP_LIVE_DONE;
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
        return NP_LIVE_DONE;
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
    return NP_LIVE_DONE;
}

static int depart_all(struct pod_change *c)
{
    uint32_t end = c->has_old && !c->is_in_place && is_own(c, &c->old) ? np_model_end_number(c->model, c->old_pod) : NP_NONE;
    int rc = NP_LIVE_DONE;

    for (uint32_t i = end == NP_NONE ? 0 : c->space->first_entry[end];
         end != NP_NONE && i < c->space->first_entry[end + 1] && rc == NP_LIVE_DONE; i++)
        if (c->space->entries[i].id != NP_NONE && !has_ip(c->fresh.ips, c->fresh.n_ips, &c->space->entries[i].ip))
            rc = depart(c, i);
    return rc;
}

/* `likes`: an id for each address. */
static int change_ends(struct pod_change *c, const uint32_t *likes, uint32_t ports)
{
    uint32_t end = c->has_fresh ? np_model_end_number(c->model, c->pod) : NP_NONE;
    int rc = NP_LIVE_DONE;

    if (end != NP_NONE && !c->is_in_place)
        tell_node(c);
    for (uint32_t i = 0; end != NP_NONE && is_own(c, &c->fresh) && i < c->fresh.n_ips && rc == NP_LIVE_DONE; i++)
        rc = arrive(c, c->space->first_entry[end] + i, likes[i], ports);
    if (rc == NP_LIVE_DONE)
        rc = depart_all(c);
    return rc == NP_LIVE_DONE ? np_change_run(&c->ch) : rc;
}

static int resemble_all(struct pod_change *c, uint32_t *likes, uint32_t *ports)
{
    int rc = NP_LIVE_DONE;

    *ports = 0;
    if (!c->has_fresh || !is_own(c, &c->fresh))
        return NP_LIVE_DONE;
    *ports = np_space_ports(c->space, c->pod);
    if (*ports == NP_NONE)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < c->fresh.n_ips && rc == NP_LIVE_DONE; i++)
        rc = resemble(c, &c->fresh.ips[i], *ports, &likes[i]);
    return rc;
}

static int change(struct pod_change *c)
{
    uint32_t n = c->fresh.n_ips, ports;
    uint32_t *likes = np_alloc(&c->base->ctx->mem, (n + 1u) * sizeof *likes);
    int rc = likes ? move_in(c) : CNIPOL_E_NOMEM;

    if (rc == NP_LIVE_DONE)
        rc = resemble_all(c, likes, &ports);
    if (rc == NP_LIVE_DONE)
        rc = np_change_again(&c->ch, c->base, &c->policies);
    if (rc == NP_LIVE_DONE) {
        c->base->is_spent = true;
        rc = change_ends(c, likes, ports);
        np_change_end(&c->ch);
    }
    if (rc != NP_LIVE_DONE)
        move_out(c);
    if (likes)
        np_free(&c->base->ctx->mem, likes, (n + 1u) * sizeof *likes);
    np_words_free(&c->policies, &c->base->ctx->mem);
    return rc;
}

int np_live_patch_pod(struct np_live_base *base, const struct np_live_config *config, uint32_t old, const struct np_pod *pod,
                      const struct np_namespace *home, uint32_t *number)
{
    struct pod_change c = {.base = base, .config = config, .model = base->model, .space = &base->c.space, .home = home, .pod = NP_NONE};
    int rc = understand(&c, old, pod);

    if (rc == NP_LIVE_SAME)
        c.pod = c.old_pod;
    if (rc == NP_LIVE_DONE)
        rc = change(&c);
    if (rc == NP_LIVE_DONE || rc == NP_LIVE_SAME) {
        int listed = np_live_enlist(base, old, pod, c.pod, number);

        base->is_spent |= listed != 0;
        rc = listed ? listed : rc;
    }
    return rc;
}
