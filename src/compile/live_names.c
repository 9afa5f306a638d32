/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources that are one pod each, by the pod's name: see live_pod.h. Names tell whether a pod is given twice. */

#include "compile/live_pod.h"
#include "dialect/cluster.h"

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

/* The view's number of what has that place in the inventory. */
static int find_object(struct np_live_base *base, uint32_t *number)
{
    const struct np_inventory *inv = base->cluster->inventory;
    const struct np_view *view = base->model->view;
    uint32_t at = NP_LIVE_INDEX(*number);
    struct np_node_object node;
    struct np_namespace ns;
    struct np_pod pod;

    switch (NP_LIVE_KIND(*number)) {
    case NP_LIVE_POD:
        np_inventory_pod(inv, at, &pod);
        return add_name(base, pod.ns_name, pod.name, np_view_pod(view, pod.ns_name, pod.name), number);
    case NP_LIVE_NAMESPACE:
        np_inventory_namespace(inv, at, &ns);
        *number = NP_LIVE_NAMESPACE | np_view_namespace(view, ns.name);
        return CNIPOL_OK;
    case NP_LIVE_NODE:
        np_inventory_node(inv, at, &node);
        *number = NP_LIVE_NODE | np_view_node(view, node.name);
        return CNIPOL_OK;
    default:
        return CNIPOL_OK;
    }
}

int np_live_find_pods(struct np_live_base *base, struct np_live_source *sources, uint32_t n)
{
    int rc = np_model_make_room(base->model, NP_LIVE_GUESTS);

    for (uint32_t i = 0; i < n && !rc; i++)
        if (sources[i].numbered != NP_NONE)
            rc = find_object(base, &sources[i].numbered);
    return rc;
}

bool np_live_has_plain_pods(const struct np_live_base *base)
{
    const struct np_inventory *inv = base->cluster->inventory;

    return !np_inventory_has_twins(inv) && !np_inventory_has_workloads(inv);
}

bool np_live_is_taken(const struct np_live_base *base, uint32_t old, const struct np_pod *pod)
{
    uint32_t found = find_name(base, pod->ns_name, pod->name);

    if (found != NP_NONE)
        return base->pods[found].is_alive && (old == NP_NONE || found != NP_LIVE_INDEX(old));
    return np_inventory_has_pod(base->cluster->inventory, pod->ns_name, pod->name);
}

int np_live_enlist(struct np_live_base *base, uint32_t old, const struct np_pod *given, uint32_t pod, uint32_t *number)
{
    uint32_t found;

    if (old != NP_NONE)
        base->pods[NP_LIVE_INDEX(old)].is_alive = false;
    if (!given)
        return CNIPOL_OK;
    found = find_name(base, given->ns_name, given->name);
    if (found == NP_NONE)
        return add_name(base, given->ns_name, given->name, pod, number);
    base->pods[found].pod = pod;
    base->pods[found].is_alive = true;
    *number = NP_LIVE_POD | found;
    return CNIPOL_OK;
}
