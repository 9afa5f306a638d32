/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the nodes translate to a Service besides its cluster addresses: node ports, and external addresses.
 *
 * Two hash maps, filled in the order of the Services. A node port is a row by (protocol, port). An
 * external address is a chain of rows, one for each Service that has it: Services may share an address
 * as long as their ports differ. The first row of a chain knows the last one.
 *
 * Source: kubernetes/kubernetes pkg/proxy/serviceport.go, pkg/proxy/iptables/proxier.go (v1.36).
 */

#include "inventory/store.h"

#include <cnipol/status.h>

struct np_inv_node_port {
    uint32_t number; /* see port_number */
    struct np_front front;
};

struct np_inv_external {
    const struct np_ip *ip;
    uint32_t service;
    uint32_t next; /* NP_NONE: the last one */
    uint32_t last; /* of the first one */
};

static uint32_t port_number(uint8_t protocol, uint16_t port)
{
    return (uint32_t)protocol << 16 | port;
}

static bool node_port_eq(const void *ctx, const void *key, uint32_t value)
{
    const struct np_view *view = ctx;

    return view->node_ports[value].number == *(const uint32_t *)key;
}

static uint32_t find_node_port(const struct np_view *view, uint32_t number)
{
    return np_hmap_get(&view->node_port_map, np_hash(&number, sizeof number), node_port_eq, view, &number);
}

static bool external_eq(const void *ctx, const void *key, uint32_t value)
{
    const struct np_view *view = ctx;

    return np_ip_eq(view->externals[value].ip, key);
}

static uint32_t find_external(const struct np_view *view, const struct np_ip *ip)
{
    return np_hmap_get(&view->external_map, np_hash(ip, sizeof *ip), external_eq, view, ip);
}

static int add_node_port(struct np_view *view, uint32_t service, const struct np_service_port *port)
{
    uint32_t number = port_number(port->protocol, port->node_port), found = find_node_port(view, number);

    if (found != NP_NONE) {
        view->node_ports[found].front.n++;
        return CNIPOL_OK;
    }
    view->node_ports[view->n_node_ports] = (struct np_inv_node_port){number, {1, service, port->port}};
    return np_hmap_put(&view->node_port_map, np_hash(&number, sizeof number), view->n_node_ports++);
}

static int add_external(struct np_view *view, uint32_t service, const struct np_ip *ip)
{
    uint32_t first = find_external(view, ip), row = view->n_externals;
    struct np_inv_external *rows = view->externals;

    if (first != NP_NONE && rows[rows[first].last].service == service)
        return CNIPOL_OK;
    rows[row] = (struct np_inv_external){ip, service, NP_NONE, row};
    view->n_externals++;
    if (first == NP_NONE)
        return np_hmap_put(&view->external_map, np_hash(ip, sizeof *ip), row);
    rows[rows[first].last].next = row;
    rows[first].last = row;
    return CNIPOL_OK;
}

static int make_room(struct np_view *view)
{
    size_t n_ports = 0, n_ips = 0;

    for (uint32_t s = 0; s < view->n_services; s++) {
        n_ips += view->services[s].n_externals;
        for (uint32_t p = 0; p < view->services[s].n_ports; p++)
            n_ports += view->services[s].ports[p].node_port != 0;
    }
    if (n_ports >= NP_NONE || n_ips >= NP_NONE)
        return CNIPOL_E_NOMEM;
    view->node_ports = np_arena_array(&view->arena, n_ports, sizeof *view->node_ports);
    view->externals = np_arena_array(&view->arena, n_ips, sizeof *view->externals);
    return view->node_ports && view->externals ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

int np_inv_find_fronts(struct np_view *view)
{
    int rc = make_room(view);

    for (uint32_t s = 0; s < view->n_services && !rc; s++) {
        const struct np_service *it = &view->services[s];

        for (uint32_t p = 0; p < it->n_ports && !rc; p++)
            rc = it->ports[p].node_port ? add_node_port(view, s, &it->ports[p]) : CNIPOL_OK;
        for (uint32_t i = 0; i < it->n_externals && !rc; i++)
            rc = add_external(view, s, &it->externals[i]);
    }
    return rc;
}

int np_inv_seal_fronts(struct np_inv_seal *seal)
{
    return np_inv_find_fronts(seal->view);
}

uint32_t np_inv_external_service(const struct np_view *view, const struct np_ip *ip)
{
    uint32_t found = find_external(view, ip);

    return found == NP_NONE ? NP_NONE : view->externals[found].service;
}

bool np_view_has_fronts(const struct np_view *view, const struct np_ip *ip)
{
    return view->n_node_ports || find_external(view, ip) != NP_NONE;
}

struct np_front np_view_node_port(const struct np_view *view, uint8_t protocol, uint16_t port)
{
    uint32_t found = find_node_port(view, port_number(protocol, port));

    return found == NP_NONE ? (struct np_front){0} : view->node_ports[found].front;
}

static bool has_port(const struct np_service *service, uint8_t protocol, uint16_t port)
{
    for (uint32_t p = 0; p < service->n_ports; p++)
        if (service->ports[p].port == port && service->ports[p].protocol == protocol)
            return true;
    return false;
}

struct np_front np_view_external(const struct np_view *view, const struct np_ip *ip, uint8_t protocol, uint16_t port)
{
    struct np_front front = {0};

    for (uint32_t row = find_external(view, ip); row != NP_NONE; row = view->externals[row].next) {
        uint32_t service = view->externals[row].service;

        if (!has_port(&view->services[service], protocol, port))
            continue;
        if (front.n++ == 0)
            front = (struct np_front){1, service, port};
    }
    return front;
}
