/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who has an address: see np_view_owner.
 *
 * One hash map for all addresses. A value is the kind of owner in its two high bits and the index
 * below; the addresses themselves are those of the objects. Whoever comes first keeps an address, so
 * the passes go in the order of claims: live pods, finished pods (where they are kept), host-network
 * pods (where they count as pods), Services, nodes. What a live pod finds taken by another one is kept in a
 * second map, by that pod: then nobody knows who has it. External addresses of Services come last and
 * have a map of their own (front.c).
 */

#include "inventory/store.h"

#include <cnipol/status.h>

#define KIND_SHIFT 30
#define INDEX_MASK ((1u << KIND_SHIFT) - 1)

static const struct np_ip *owned_ips(const struct np_view *view, uint32_t value, uint32_t *n)
{
    uint32_t index = value & INDEX_MASK;

    switch (value >> KIND_SHIFT) {
    case NP_OWNER_POD:
        *n = view->pods[index].is_gone ? 0 : view->pods[index].n_ips;
        return view->pods[index].ips;
    case NP_OWNER_SERVICE:
        *n = view->services[index].n_vips;
        return view->services[index].vips;
    default:
        *n = view->nodes[index].n_ips;
        return view->nodes[index].ips;
    }
}

static bool owner_eq(const void *ctx, const void *key, uint32_t value)
{
    uint32_t n;
    const struct np_ip *ips = owned_ips(ctx, value, &n);

    for (uint32_t i = 0; i < n; i++)
        if (np_ip_eq(&ips[i], key))
            return true;
    return false;
}

static uint32_t find_owner(const struct np_view *view, const struct np_ip *ip)
{
    return np_hmap_get(&view->owners, np_hash(ip, sizeof *ip), owner_eq, view, ip);
}

static uint32_t find_rival(const struct np_view *view, const struct np_ip *ip)
{
    return np_hmap_get(&view->contested, np_hash(ip, sizeof *ip), owner_eq, view, ip);
}

static void warn_shared(const struct np_view *view, const struct np_ip *ip, uint32_t first, uint32_t second)
{
    const struct np_pod *a = &view->pods[first & INDEX_MASK], *b = &view->pods[second & INDEX_MASK];
    const struct np_atoms *atoms = &view->ctx->atoms;
    char text[NP_IP_TEXT];
    struct np_diag *d;

    np_ip_print(ip, text);
    d = np_diag_raise(&view->ctx->diags, NP_INV_ADDRESS_SHARED, b->span, "pods `%s/%s` and `%s/%s` both have the address %s",
                      np_atoms_str(atoms, a->ns_name).s, np_atoms_str(atoms, a->name).s, np_atoms_str(atoms, b->ns_name).s,
                      np_atoms_str(atoms, b->name).s, text);
    np_diag_second(&view->ctx->diags, d, a->span, "who has it is not known: questions to it are undefined");
}

static int contest(struct np_view *view, const struct np_ip *ip, uint32_t first, uint32_t second, bool tell)
{
    if (first == second)
        return CNIPOL_OK;
    if (tell)
        warn_shared(view, ip, first, second);
    return find_rival(view, ip) == NP_NONE ? np_hmap_put(&view->contested, np_hash(ip, sizeof *ip), second) : CNIPOL_OK;
}

enum rivalry { YIELD = 0, CONTEST, CONTEST_AND_TELL };

/* `rivalry`: whether two claims of this pass contradict each other. */
static int claim(struct np_view *view, enum np_owner_kind kind, uint32_t index, enum rivalry rivalry)
{
    uint32_t value = (uint32_t)kind << KIND_SHIFT | index, n;
    const struct np_ip *ips = owned_ips(view, value, &n);

    for (uint32_t i = 0; i < n; i++) {
        uint32_t found = find_owner(view, &ips[i]);

        if (found != NP_NONE && rivalry && contest(view, &ips[i], found, value, rivalry == CONTEST_AND_TELL))
            return CNIPOL_E_NOMEM;
        if (found == NP_NONE && np_hmap_put(&view->owners, np_hash(&ips[i], sizeof ips[i]), value))
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

static int claim_pods(struct np_view *view, bool host_network, bool finished, enum rivalry rivalry)
{
    for (uint32_t i = 0; i < view->n_pods; i++) {
        const struct np_pod *pod = &view->pods[i];

        if (pod->host_network == host_network && pod->finished == finished && claim(view, NP_OWNER_POD, i, rivalry))
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

int np_inv_claim_pod(struct np_view *view, uint32_t pod)
{
    return claim(view, NP_OWNER_POD, pod, YIELD);
}

static int claim_all(struct np_view *view, enum np_owner_kind kind, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (claim(view, kind, i, YIELD))
            return CNIPOL_E_NOMEM;
    return CNIPOL_OK;
}

int np_inv_find_owners(struct np_view *view, bool host_network_as_pod, bool tell)
{
    int rc = claim_pods(view, false, false, tell ? CONTEST_AND_TELL : CONTEST);

    rc = rc ? rc : claim_pods(view, false, true, YIELD);
    if (host_network_as_pod) {
        rc = rc ? rc : claim_pods(view, true, false, YIELD);
        rc = rc ? rc : claim_pods(view, true, true, YIELD);
    }
    rc = rc ? rc : claim_all(view, NP_OWNER_SERVICE, view->n_services);
    return rc ? rc : claim_all(view, NP_OWNER_NODE, view->n_nodes);
}

int np_inv_seal_owners(struct np_inv_seal *seal)
{
    bool tell = !seal->inv->told;

    seal->inv->told = true;
    return np_inv_find_owners(seal->view, seal->opts->host_network_as_pod, tell);
}

struct np_owner np_view_owner(const struct np_view *view, const struct np_ip *ip)
{
    uint32_t found = find_owner(view, ip), rival = found == NP_NONE ? NP_NONE : find_rival(view, ip);
    uint32_t service = found == NP_NONE ? np_inv_external_service(view, ip) : NP_NONE;

    if (service != NP_NONE)
        return (struct np_owner){NP_OWNER_SERVICE, service, NP_NONE};
    if (found == NP_NONE)
        return (struct np_owner){NP_OWNER_NONE, NP_NONE, NP_NONE};
    if (rival != NP_NONE)
        return (struct np_owner){NP_OWNER_CONTESTED, found & INDEX_MASK, rival & INDEX_MASK};
    return (struct np_owner){(enum np_owner_kind)(found >> KIND_SHIFT), found & INDEX_MASK, NP_NONE};
}
