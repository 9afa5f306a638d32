/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pods that come, change and go in a view that stands: see view.h.
 *
 * A guest's number lies behind those of the pods that the view was sealed with, so that none of them moves. It is found by
 * its name through a map of its own, and by its addresses through the owners' map, which asks the pod whether it still has
 * the address: who has gone, or has another address now, is passed over there.
 */

#include "inventory/store.h"

#include <cnipol/status.h>

int np_view_make_room(struct np_view *view, uint32_t n)
{
    struct np_pod *pods = np_arena_array(&view->arena, view->n_pods + (size_t)n, sizeof *pods);
    struct np_namespace *homes = np_arena_array(&view->arena, view->n_namespaces + (size_t)n, sizeof *homes);

    if (!pods || !homes)
        return CNIPOL_E_NOMEM;
    if (view->n_pods)
        memcpy(pods, view->pods, view->n_pods * sizeof *pods);
    if (view->n_namespaces)
        memcpy(homes, view->namespaces, view->n_namespaces * sizeof *homes);
    view->pods = pods;
    view->namespaces = homes;
    view->cap_guests = n;
    return CNIPOL_OK;
}

static uint64_t name_hash(np_atom ns, np_atom name)
{
    return np_hash_mix(ns, name);
}

static bool is_named(const void *ctx, const void *key, uint32_t value)
{
    const struct np_pod *a = key, *b = &((const struct np_view *)ctx)->pods[value];

    return !b->is_gone && a->ns_name == b->ns_name && a->name == b->name;
}

uint32_t np_inv_find_guest(const struct np_view *view, np_atom ns, np_atom name)
{
    const struct np_pod key = {.ns_name = ns, .name = name};

    return view->n_guests ? np_hmap_get(&view->guests, name_hash(ns, name), is_named, view, &key) : NP_NONE;
}

static bool copy_items(struct np_arena *arena, const void *from, uint32_t n, size_t size, const void **to)
{
    void *copy = np_arena_array(arena, n, size);

    if (!copy)
        return false;
    if (n)
        memcpy(copy, from, n * size);
    *to = copy;
    return true;
}

int np_view_copy_pod(struct np_view *view, const struct np_pod *from, struct np_pod *out)
{
    const void *labels, *ips, *ports;

    if (!copy_items(&view->arena, from->labels.items, from->labels.n, sizeof *from->labels.items, &labels) ||
        !copy_items(&view->arena, from->ips, from->n_ips, sizeof *from->ips, &ips) ||
        !copy_items(&view->arena, from->ports, from->n_ports, sizeof *from->ports, &ports))
        return CNIPOL_E_NOMEM;
    *out = *from;
    out->labels.items = labels;
    out->ips = ips;
    out->ports = ports;
    return CNIPOL_OK;
}

int np_view_add_guest(struct np_view *view, const struct np_pod *pod, uint32_t *out)
{
    uint32_t number = view->n_pods + view->n_guests;

    if (view->n_guests >= view->cap_guests)
        return CNIPOL_E_LIMIT;
    view->pods[number] = *pod;
    if (np_hmap_put(&view->guests, name_hash(pod->ns_name, pod->name), number) || np_inv_claim_pod(view, number)) {
        view->pods[number].is_gone = true;
        return CNIPOL_E_NOMEM;
    }
    view->n_guests++;
    *out = number;
    return CNIPOL_OK;
}

void np_view_set_pod(struct np_view *view, uint32_t number, const struct np_pod *pod)
{
    view->pods[number] = *pod;
}

void np_view_set_namespace(struct np_view *view, uint32_t ns, const struct np_labels *labels, struct np_span span)
{
    view->namespaces[ns].labels = *labels;
    view->namespaces[ns].span = span;
}

int np_view_copy_labels(struct np_view *view, const struct np_labels *from, struct np_labels *out)
{
    const void *items;

    if (!copy_items(&view->arena, from->items, from->n, sizeof *from->items, &items))
        return CNIPOL_E_NOMEM;
    *out = *from;
    out->items = items;
    return CNIPOL_OK;
}

uint32_t np_inv_find_late(const struct np_view *view, np_atom name)
{
    for (uint32_t i = 0; i < view->n_late; i++)
        if (view->namespaces[view->n_namespaces + i].name == name)
            return view->n_namespaces + i;
    return NP_NONE;
}

int np_view_add_namespace(struct np_view *view, const struct np_namespace *ns, uint32_t *out)
{
    uint32_t number = view->n_namespaces + view->n_late;
    struct np_namespace late = {.name = ns->name, .span = ns->span};

    if (view->n_late >= view->cap_guests)
        return CNIPOL_E_LIMIT;
    if (np_view_copy_labels(view, &ns->labels, &late.labels))
        return CNIPOL_E_NOMEM;
    view->namespaces[number] = late;
    view->n_late++;
    *out = number;
    return CNIPOL_OK;
}

static bool lists(const struct np_ip *ips, uint32_t n, const struct np_ip *ip)
{
    for (uint32_t i = 0; i < n; i++)
        if (np_ip_eq(&ips[i], ip))
            return true;
    return false;
}

bool np_view_is_claimed(const struct np_view *view, const struct np_ip *ip, uint32_t but)
{
    for (uint32_t i = 0; i < view->n_pods + view->n_guests; i++)
        if (i != but && !view->pods[i].is_gone && lists(view->pods[i].ips, view->pods[i].n_ips, ip))
            return true;
    for (uint32_t i = 0; i < view->n_nodes; i++)
        if (lists(view->nodes[i].ips, view->nodes[i].n_ips, ip))
            return true;
    for (uint32_t i = 0; i < view->n_services; i++)
        if (lists(view->services[i].vips, view->services[i].n_vips, ip) ||
            lists(view->services[i].externals, view->services[i].n_externals, ip))
            return true;
    return false;
}

enum np_inventory_kind np_inventory_last(const struct np_inventory *inv, uint32_t *i)
{
    *i = inv->last;
    if (inv->last_kind == NP_INV_POD)
        return NP_INVENTORY_POD;
    if (inv->last_kind == NP_INV_NODE)
        return NP_INVENTORY_NODE;
    return inv->last_kind == NP_INV_NAMESPACE ? NP_INVENTORY_NAMESPACE : NP_INVENTORY_OTHER;
}

bool np_inventory_has_workloads(const struct np_inventory *inv)
{
    for (int kind = NP_INV_WORKLOADS; kind < NP_INV_KINDS; kind++)
        if (inv->tables[kind].n)
            return true;
    return false;
}

bool np_inventory_has_twins(const struct np_inventory *inv)
{
    return inv->has_twins;
}

void np_inventory_pod(const struct np_inventory *inv, uint32_t i, struct np_pod *out)
{
    const struct np_inv_pod *item = np_inv_item(inv, NP_INV_POD, i);

    *out = (struct np_pod){.name = item->head.name,
                           .node = item->spec.node,
                           .service_account = item->spec.service_account,
                           .ns = NP_NONE,
                           .ns_name = item->head.ns,
                           .labels = item->spec.labels,
                           .ips = item->ips,
                           .n_ips = item->n_ips,
                           .ports = item->spec.ports,
                           .n_ports = item->spec.n_ports,
                           .host_network = item->spec.host_network,
                           .finished = item->finished,
                           .workload = item->controller.text ? np_atoms_str(&inv->ctx->atoms, item->controller.text).s : NULL,
                           .span = item->head.span};
}

void np_inventory_node(const struct np_inventory *inv, uint32_t i, struct np_node_object *out)
{
    const struct np_inv_node *item = np_inv_item(inv, NP_INV_NODE, i);

    *out = (struct np_node_object){item->head.name, item->labels, item->ips, item->n_ips, item->head.span};
}

bool np_inventory_mentioned(const struct np_inventory *inv, np_atom name, struct np_namespace *out)
{
    uint32_t i = np_inv_index(inv, NP_INV_NAMESPACE, NP_ATOM_NONE, name);

    if (i != NP_NONE)
        np_inventory_namespace(inv, i, out);
    return i != NP_NONE;
}

bool np_inventory_has_pod(const struct np_inventory *inv, np_atom ns, np_atom name)
{
    return np_inv_index(inv, NP_INV_POD, ns, name) != NP_NONE;
}

void np_inventory_namespace(const struct np_inventory *inv, uint32_t i, struct np_namespace *out)
{
    const struct np_inv_namespace *item = np_inv_item(inv, NP_INV_NAMESPACE, i);

    *out = (struct np_namespace){.name = item->head.name, .labels = item->labels, .span = item->head.span};
}
