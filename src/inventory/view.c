/* SPDX-License-Identifier: BSD-2-Clause */
/* The accessors of a view: see view.h. Look-ups by name are binary searches in sorted arrays; owners are in owner.c, backends in service.c. */

#include "inventory/store.h"

void np_view_free(struct np_view *view)
{
    if (!view)
        return;
    np_hmap_free(&view->owners);
    np_hmap_free(&view->contested);
    np_hmap_free(&view->node_port_map);
    np_hmap_free(&view->external_map);
    np_arena_free(&view->arena);
    np_free(&view->ctx->mem, view, sizeof *view);
}

const struct np_namespace *np_view_namespaces(const struct np_view *view, uint32_t *n)
{
    *n = view->n_namespaces;
    return view->namespaces;
}

const struct np_pod *np_view_pods(const struct np_view *view, uint32_t *n)
{
    *n = view->n_pods;
    return view->pods;
}

const struct np_node_object *np_view_nodes(const struct np_view *view, uint32_t *n)
{
    *n = view->n_nodes;
    return view->nodes;
}

const struct np_service *np_view_services(const struct np_view *view, uint32_t *n)
{
    *n = view->n_services;
    return view->services;
}

/* Finds a name in sorted elements of `size` bytes whose first member is the name. */
static uint32_t find_name(const struct np_view *view, const void *items, size_t size, uint32_t n, np_atom name)
{
    const struct np_atoms *atoms = &view->ctx->atoms;
    struct np_str text = np_atoms_str(atoms, name);
    uint32_t lo = 0, hi = n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        np_atom there = *(const np_atom *)(const void *)((const char *)items + mid * size);

        if (there == name)
            return mid;
        if (np_str_cmp(np_atoms_str(atoms, there), text) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NP_NONE;
}

uint32_t np_view_namespace(const struct np_view *view, np_atom name)
{
    return find_name(view, view->namespaces, sizeof(struct np_namespace), view->n_namespaces, name);
}

uint32_t np_view_pod(const struct np_view *view, np_atom ns, np_atom name)
{
    uint32_t home = np_view_namespace(view, ns);
    const struct np_namespace *space;
    uint32_t found;

    if (home == NP_NONE || view->namespaces[home].n_pods == 0)
        return NP_NONE;
    space = &view->namespaces[home];
    found = find_name(view, &view->pods[space->first_pod], sizeof(struct np_pod), space->n_pods, name);
    return found == NP_NONE ? NP_NONE : space->first_pod + found;
}

uint32_t np_view_node(const struct np_view *view, np_atom name)
{
    return find_name(view, view->nodes, sizeof(struct np_node_object), view->n_nodes, name);
}

/* How a service lies to a name: by namespace, then by name, as the view is sorted. */
static int service_cmp(const struct np_view *view, const struct np_service *service, np_atom ns, np_atom name)
{
    const struct np_atoms *atoms = &view->ctx->atoms;
    int order = service->ns == ns ? 0 : np_str_cmp(np_atoms_str(atoms, service->ns), np_atoms_str(atoms, ns));

    return order ? order : np_str_cmp(np_atoms_str(atoms, service->name), np_atoms_str(atoms, name));
}

uint32_t np_view_service(const struct np_view *view, np_atom ns, np_atom name)
{
    uint32_t lo = 0, hi = view->n_services;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int order = service_cmp(view, &view->services[mid], ns, name);

        if (order == 0)
            return mid;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NP_NONE;
}
