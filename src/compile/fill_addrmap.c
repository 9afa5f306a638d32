/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filling an address map: see fill_addrmap.h.
 *
 * Atoms are ranges, and become the fewest prefixes that cover them; addresses that ends own lie above as whole
 * addresses. Who owns an address is the view's to say. An address that several pods claim has no peer, so what is asked
 * about it has no answer.
 */

#include "compile/fill_addrmap.h"

#include <string.h>

#include <cnipol/status.h>

#include "compile/atoms.h"

static int put(struct cnipol_addrmap *map, const struct np_ip *ip, uint8_t length, struct cnipol_addrmap_entry entry)
{
    struct cnipol_addrmap_prefix prefix = {.family = ip->family, .length = length, .entry = entry};

    memcpy(prefix.address, ip->bytes, sizeof prefix.address);
    return cnipol_addrmap_put(map, &prefix);
}

/* The longest block that begins at `from` and ends at or before `last`: the bits that are free in it. */
static uint32_t free_bits(np_u128 from, np_u128 last, uint32_t bits)
{
    uint32_t n = 0;

    while (n < bits) {
        np_u128 size_mask = ((np_u128)2 << n) - 1;

        if (n + 1 == 128)
            size_mask = ~(np_u128)0;
        if (from & size_mask || last - from < size_mask)
            break;
        n++;
    }
    return n;
}

/* Is the whole address there, as some end's or as one that several claim? Then an atom says nothing of it. */
static bool is_taken(const struct cnipol_addrmap *map, const struct np_ip *ip)
{
    struct cnipol_addrmap_prefix prefix = {.family = ip->family, .length = ip->family == 4 ? 32 : 128};

    memcpy(prefix.address, ip->bytes, sizeof prefix.address);
    if (cnipol_addrmap_get(map, &prefix))
        return false;
    return prefix.entry.owner != CNIPOL_ADDRMAP_NOBODY || prefix.entry.peer == CNIPOL_ADDRMAP_NO_PEER;
}

static int put_range(struct cnipol_addrmap *map, uint8_t family, np_u128 from, np_u128 last, uint32_t id)
{
    const struct cnipol_addrmap_entry entry = {id, CNIPOL_ADDRMAP_NOBODY};
    uint32_t bits = family == 4 ? 32 : 128;

    for (;;) {
        uint32_t n = free_bits(from, last, bits);
        np_u128 size_mask = n == 128 ? ~(np_u128)0 : ((np_u128)1 << n) - 1;
        struct np_ip ip = np_atom_ip(from, family);
        int rc = n == 0 && is_taken(map, &ip) ? CNIPOL_OK : put(map, &ip, (uint8_t)(bits - n), entry);

        if (rc || last - from == size_mask)
            return rc;
        from += size_mask + 1;
    }
}

int np_fill_atom(const struct np_space *space, struct cnipol_addrmap *map, uint32_t family, uint32_t i)
{
    const struct np_atom_range *atom = &space->atoms[family][i];
    np_u128 top = family ? ~(np_u128)0 : 0xffffffffu;

    return put_range(map, family ? 6 : 4, atom->from, i + 1 < space->n_atoms[family] ? atom[1].from - 1 : top, atom->id);
}

static int put_atoms(const struct np_space *space, struct cnipol_addrmap *map, uint32_t family)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < space->n_atoms[family] && !rc; i++)
        rc = np_fill_atom(space, map, family, i);
    return rc;
}

static bool is_nodes_own(const struct cnipol_model *model, uint32_t node, const struct np_ip *ip)
{
    for (uint32_t i = 0; node != NP_NONE && i < model->nodes[node].n_ips; i++)
        if (np_ip_eq(&model->nodes[node].ips[i], ip))
            return true;
    return false;
}

/* What the address is, by who owns it. */
static struct cnipol_addrmap_entry entry_of(const struct np_space *space, const struct np_ip *ip)
{
    const struct cnipol_model *model = space->model;
    struct np_owner owner = np_view_owner(model->view, ip);
    uint32_t end = NP_NONE, node = NP_NONE, peer;

    if (owner.kind == NP_OWNER_CONTESTED)
        return (struct cnipol_addrmap_entry){CNIPOL_ADDRMAP_NO_PEER, CNIPOL_ADDRMAP_NOBODY};
    if (owner.kind == NP_OWNER_POD) {
        end = np_model_pod_end(model, owner.index);
        node = model->node_of[owner.index];
    } else if (owner.kind == NP_OWNER_NODE) {
        end = model->n_pods + owner.index;
        node = owner.index;
    }
    peer = np_space_peer(space, end, ip);
    if (peer == NP_NONE)
        peer = CNIPOL_ADDRMAP_NO_PEER;
    if (end == NP_NONE)
        return (struct cnipol_addrmap_entry){peer, CNIPOL_ADDRMAP_NOBODY};
    return (struct cnipol_addrmap_entry){peer, end | (is_nodes_own(model, node, ip) ? CNIPOL_ADDRMAP_OWN : 0)};
}

static int put_ips(const struct np_space *space, struct cnipol_addrmap *map, const struct np_ip *ips, uint32_t n)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < n && !rc; i++) {
        struct cnipol_addrmap_entry entry = entry_of(space, &ips[i]);

        if (entry.peer != CNIPOL_ADDRMAP_NO_PEER && entry.owner == CNIPOL_ADDRMAP_NOBODY)
            continue; /* its atom has it */
        if (entry.peer == CNIPOL_ADDRMAP_NO_PEER)
            entry.owner = CNIPOL_ADDRMAP_NOBODY;
        rc = put(map, &ips[i], ips[i].family == 4 ? 32 : 128, entry);
    }
    return rc;
}

static int put_nodes(const struct np_space *space, struct cnipol_addrmap *map)
{
    const struct cnipol_model *model = space->model;
    int rc = CNIPOL_OK;

    for (uint32_t pod = 0; pod < model->n_pods && !rc; pod++)
        rc = cnipol_addrmap_set_node(map, pod, model->node_of[pod] == NP_NONE ? CNIPOL_ADDRMAP_NO_NODE : model->node_of[pod]);
    for (uint32_t node = 0; node < model->n_nodes && !rc; node++)
        rc = cnipol_addrmap_set_node(map, model->n_pods + node, node | CNIPOL_ADDRMAP_UNPOLICED);
    return rc;
}

int np_fill_addrmap(const struct np_space *space, struct cnipol_addrmap *map)
{
    const struct cnipol_model *model = space->model;
    int rc = put_nodes(space, map);

    for (uint32_t family = 0; family < 2 && !rc; family++)
        rc = put_atoms(space, map, family);
    for (uint32_t pod = 0; pod < model->n_pods && !rc; pod++)
        rc = put_ips(space, map, model->pods[pod].ips, model->pods[pod].n_ips);
    for (uint32_t node = 0; node < model->n_nodes && !rc; node++)
        rc = put_ips(space, map, model->nodes[node].ips, model->nodes[node].n_ips);
    return rc;
}
