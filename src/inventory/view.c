/* SPDX-License-Identifier: BSD-2-Clause */
/* A view's life and accessors: see view.h. Look-ups by name are binary searches in sorted arrays; owners are in owner.c, backends in service.c. */

#include "inventory/store.h"

#include <cnipol/status.h>

struct np_view *np_inv_new_view(struct cnipol_ctx *ctx)
{
    struct np_view *view = np_zalloc(&ctx->mem, sizeof *view);

    if (!view)
        return NULL;
    view->ctx = ctx;
    np_arena_init(&view->arena, &ctx->mem);
    np_hmap_init(&view->owners, &ctx->mem);
    np_hmap_init(&view->contested, &ctx->mem);
    np_hmap_init(&view->node_port_map, &ctx->mem);
    np_hmap_init(&view->external_map, &ctx->mem);
    np_hmap_init(&view->guests, &ctx->mem);
    return view;
}

static void count_pods(struct np_view *view)
{
    for (uint32_t i = 0; i < view->n_namespaces; i++)
        view->namespaces[i].first_pod = view->namespaces[i].n_pods = 0;
    for (uint32_t i = 0; i < view->n_pods; i++) {
        struct np_namespace *home = &view->namespaces[view->pods[i].ns];

        if (home->n_pods++ == 0)
            home->first_pod = i;
    }
}

static int derive(struct np_view *view, const struct np_view_parts *parts)
{
    int rc = np_inv_make_rows(view);
    uint32_t row = 0;

    for (uint32_t s = 0; s < view->n_services && !rc; s++)
        for (uint32_t p = 0; p < view->services[s].n_ports * 2; p++, row++)
            view->backends[row] = parts->backends[row];
    if (!rc)
        rc = np_inv_find_owners(view, parts->host_network_as_pod, false);
    return rc ? rc : np_inv_find_fronts(view);
}

int np_view_from(struct cnipol_ctx *ctx, const struct np_view_parts *parts, struct np_view **out)
{
    struct np_view *view = np_inv_new_view(ctx);
    int rc;

    if (!view)
        return CNIPOL_E_NOMEM;
    view->namespaces = parts->namespaces;
    view->pods = parts->pods;
    view->nodes = parts->nodes;
    view->services = parts->services;
    view->n_namespaces = parts->n_namespaces;
    view->n_pods = parts->n_pods;
    view->n_nodes = parts->n_nodes;
    view->n_services = parts->n_services;
    count_pods(view);
    rc = derive(view, parts);
    if (rc)
        np_view_free(view);
    else
        *out = view;
    return rc;
}

void np_view_free(struct np_view *view)
{
    if (!view)
        return;
    np_hmap_free(&view->owners);
    np_hmap_free(&view->contested);
    np_hmap_free(&view->node_port_map);
    np_hmap_free(&view->external_map);
    np_hmap_free(&view->guests);
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
    uint32_t found = find_name(view, view->namespaces, sizeof(struct np_namespace), view->n_namespaces, name);

    return found == NP_NONE && view->n_late ? np_inv_find_late(view, name) : found;
}

uint32_t np_view_pod(const struct np_view *view, np_atom ns, np_atom name)
{
    uint32_t home = np_view_namespace(view, ns);
    const struct np_namespace *space;
    uint32_t found;

    if (home == NP_NONE || view->namespaces[home].n_pods == 0)
        return np_inv_find_guest(view, ns, name);
    space = &view->namespaces[home];
    found = find_name(view, &view->pods[space->first_pod], sizeof(struct np_pod), space->n_pods, name);
    if (found == NP_NONE || view->pods[space->first_pod + found].is_gone)
        return np_inv_find_guest(view, ns, name);
    return space->first_pod + found;
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
