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
