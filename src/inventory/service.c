/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services, what stands behind them, and the backends of each port: see store.h.
 *
 * A slice or subset is read down to its ready addresses. Of an endpoint's addresses the first is used,
 * as kube-proxy does: they are interchangeable by the API's word. Sealing ties each Service port to the
 * slice ports of the same name and protocol and keeps the result sorted, each backend once, so that a
 * question is a copy. A legacy Endpoints object counts only where its Service has no slice.
 *
 * Sources: kubernetes/api core/v1 types.go (Service, Endpoints), discovery/v1 types.go.
 */

#include "inventory/store.h"

#include <stdlib.h>

#include <cnipol/status.h>

/* 0 says as much as none at all. */
static uint16_t read_node_port(struct np_inv_in *in, const struct np_node *port, const struct np_path *at)
{
    struct np_path path = np_path_key(at, "nodePort");
    const struct np_node *value = np_map_value(port, "nodePort");

    return value && value->kind == NP_NODE_INT && value->i == 0 ? 0 : np_inv_port(in, port, &path);
}

/* Ports of a Service, slice or subset. One without number is of no use to anybody here. */
static struct np_service_port *read_ports(struct np_inv_in *in, const struct np_node *map, const struct np_path *path, bool has_node_ports,
                                          uint32_t *n)
{
    const struct np_node *list = np_inv_get(in, map, path, NP_NODE_LIST);
    struct np_service_port *ports;
    uint32_t kept = 0;

    *n = 0;
    if (!list || list->n == 0)
        return NULL;
    ports = np_arena_array(&in->inv->arena, list->n, sizeof *ports);
    if (!ports)
        in->rc = CNIPOL_E_NOMEM;
    for (uint32_t i = 0; ports && i < list->n; i++) {
        struct np_path at = np_path_index(path, i), name = np_path_key(&at, "name"), port = np_path_key(&at, "port");
        struct np_path protocol = np_path_key(&at, "protocol");
        const struct np_node *item = np_inv_at(in, list, &at, NP_NODE_MAP);

        ports[kept].name = np_inv_name(in, item, &name, NP_ATOM_NONE);
        ports[kept].port = np_inv_port(in, item, &port);
        ports[kept].protocol = np_inv_protocol(in, item, &protocol);
        ports[kept].node_port = has_node_ports ? read_node_port(in, item, &at) : 0;
        kept += ports[kept].port && ports[kept].protocol;
    }
    *n = kept;
    return ports;
}

static void read_vip(struct np_inv_in *in, const struct np_node *value, const struct np_path *path)
{
    if (value->kind != NP_NODE_STRING || !np_str_is(np_node_str(value), "None"))
        np_inv_read_ip(in, value, path);
}

/* Headless Services and external names are names in DNS: no node translates anything for them. */
static bool is_translated(struct np_inv_in *in, const struct np_node *spec, const struct np_path *up)
{
    struct np_path type = np_path_key(up, "type");
    const struct np_node *ip = np_map_value(spec, "clusterIP"), *list = np_map_value(spec, "clusterIPs");

    if (list && list->kind == NP_NODE_LIST && list->n)
        ip = &list->items[0];
    return !np_str_is(np_inv_string(in, spec, &type), "ExternalName") &&
           !(ip && ip->kind == NP_NODE_STRING && np_str_is(np_node_str(ip), "None"));
}

static void read_external_ips(struct np_inv_in *in, const struct np_node *spec, const struct np_path *up)
{
    struct np_path path = np_path_key(up, "externalIPs");
    const struct np_node *list = np_inv_get(in, spec, &path, NP_NODE_LIST);

    for (uint32_t i = 0; list && i < list->n; i++) {
        struct np_path at = np_path_index(&path, i);

        np_inv_read_ip(in, &list->items[i], &at);
    }
}

/* Traffic to an address of ipMode Proxy leaves the node for the load balancer. */
static void read_balancer(struct np_inv_in *in, const struct np_node *object)
{
    struct np_path up = np_path_key(NULL, "status"), balancer = np_path_key(&up, "loadBalancer"), path = np_path_key(&balancer, "ingress");
    const struct np_node *status = np_inv_get(in, np_inv_get(in, object, &up, NP_NODE_MAP), &balancer, NP_NODE_MAP);
    const struct np_node *list = np_inv_get(in, status, &path, NP_NODE_LIST);

    for (uint32_t i = 0; list && i < list->n; i++) {
        struct np_path at = np_path_index(&path, i), ip = np_path_key(&at, "ip"), mode = np_path_key(&at, "ipMode");
        const struct np_node *entry = np_inv_at(in, list, &at, NP_NODE_MAP), *value = np_map_value(entry, "ip");

        if (value && !np_str_is(np_inv_string(in, entry, &mode), "Proxy"))
            np_inv_read_ip(in, value, &ip);
    }
}

void np_inv_read_service(struct np_inv_in *in, const struct np_node *object, void *item)
{
    struct np_inv_service *out = item;
    struct np_path path = np_path_key(NULL, "spec"), many = np_path_key(&path, "clusterIPs"), one = np_path_key(&path, "clusterIP");
    struct np_path ports = np_path_key(&path, "ports");
    const struct np_node *spec = np_inv_get(in, object, &path, NP_NODE_MAP), *list = np_inv_get(in, spec, &many, NP_NODE_LIST);
    bool translated;

    for (uint32_t i = 0; list && i < list->n; i++) {
        struct np_path at = np_path_index(&many, i);

        read_vip(in, &list->items[i], &at);
    }
    if ((!list || list->n == 0) && np_map_value(spec, "clusterIP"))
        read_vip(in, np_map_value(spec, "clusterIP"), &one);
    out->vips = np_inv_keep_ips(in, &out->n_vips);
    translated = is_translated(in, spec, &path);
    if (translated) {
        read_external_ips(in, spec, &path);
        read_balancer(in, object);
    }
    out->externals = np_inv_keep_ips(in, &out->n_externals);
    out->ports = read_ports(in, spec, &ports, translated, &out->n_ports);
}

static struct np_inv_subset *make_subsets(struct np_inv_in *in, struct np_inv_endpoints *out, uint32_t n)
{
    struct np_inv_subset *subsets = np_arena_zalloc(&in->inv->arena, n * sizeof *subsets);

    if (!subsets) {
        in->rc = CNIPOL_E_NOMEM;
        return NULL;
    }
    out->subsets = subsets;
    out->n_subsets = n;
    return subsets;
}

static void read_endpoint(struct np_inv_in *in, const struct np_node *endpoint, const struct np_path *at, uint8_t family)
{
    struct np_path conditions = np_path_key(at, "conditions"), ready = np_path_key(&conditions, "ready");
    struct np_path addresses = np_path_key(at, "addresses"), first = np_path_index(&addresses, 0);
    const struct np_node *list = np_inv_get(in, endpoint, &addresses, NP_NODE_LIST);
    const struct np_ip *got;

    if (!list || list->n == 0 || !np_inv_bool(in, np_inv_get(in, endpoint, &conditions, NP_NODE_MAP), &ready, true))
        return;
    np_inv_read_ip(in, &list->items[0], &first);
    got = in->inv->ips.n ? (const struct np_ip *)in->inv->ips.items + in->inv->ips.n - 1 : NULL;
    if (!got || got->family == family)
        return;
    (void)np_inv_complain(in, NP_INV_ADDRESS_FAMILY, &list->items[0], &first, "an IPv%u address in a slice of addressType IPv%u",
                          got->family, family);
    in->inv->ips.n--;
}

/* 4 or 6; 0: none of ours. */
static uint8_t slice_family(struct np_inv_in *in, const struct np_node *object)
{
    struct np_path path = np_path_key(NULL, "addressType");
    struct np_str type = np_inv_string(in, object, &path);

    if (np_str_is(type, "IPv4"))
        return 4;
    if (np_str_is(type, "IPv6"))
        return 6;
    if (!np_str_is(type, "FQDN"))
        (void)np_inv_complain(in, NP_INV_ADDRESS_TYPE, np_map_value(object, "addressType") ? np_map_value(object, "addressType") : object,
                              &path, "the addressType of an EndpointSlice must be IPv4, IPv6 or FQDN");
    return 0;
}

void np_inv_read_slice(struct np_inv_in *in, const struct np_node *object, void *item)
{
    struct np_inv_endpoints *out = item;
    struct np_path metadata = np_path_key(NULL, "metadata"), labels = np_path_key(&metadata, "labels");
    struct np_path service = np_path_key(&labels, "kubernetes.io/service-name");
    struct np_path ports = np_path_key(NULL, "ports"), endpoints = np_path_key(NULL, "endpoints");
    const struct np_node *tags = np_inv_get(in, np_map_value(object, "metadata"), &labels, NP_NODE_MAP);
    const struct np_node *list = np_inv_get(in, object, &endpoints, NP_NODE_LIST);
    uint8_t family = slice_family(in, object);
    struct np_inv_subset *subset = family ? make_subsets(in, out, 1) : NULL;

    if (!subset)
        return;
    out->service = np_inv_name(in, tags, &service, NP_ATOM_NONE);
    for (uint32_t i = 0; list && i < list->n; i++) {
        struct np_path at = np_path_index(&endpoints, i);

        read_endpoint(in, np_inv_at(in, list, &at, NP_NODE_MAP), &at, family);
    }
    subset->ips = np_inv_keep_ips(in, &subset->n_ips);
    subset->ports = read_ports(in, object, &ports, false, &subset->n_ports);
}

static void read_subset(struct np_inv_in *in, const struct np_node *node, const struct np_path *up, struct np_inv_subset *out)
{
    struct np_path addresses = np_path_key(up, "addresses"), ports = np_path_key(up, "ports");
    const struct np_node *list = np_inv_get(in, node, &addresses, NP_NODE_LIST);

    for (uint32_t i = 0; list && i < list->n; i++) {
        struct np_path at = np_path_index(&addresses, i), ip = np_path_key(&at, "ip");
        const struct np_node *value = np_map_value(np_inv_at(in, list, &at, NP_NODE_MAP), "ip");

        if (value)
            np_inv_read_ip(in, value, &ip);
    }
    out->ips = np_inv_keep_ips(in, &out->n_ips);
    out->ports = read_ports(in, node, &ports, false, &out->n_ports);
}

void np_inv_read_endpoints(struct np_inv_in *in, const struct np_node *object, void *item)
{
    struct np_inv_endpoints *out = item;
    struct np_path path = np_path_key(NULL, "subsets");
    const struct np_node *list = np_inv_get(in, object, &path, NP_NODE_LIST);
    struct np_inv_subset *subsets = list ? make_subsets(in, out, list->n) : NULL;

    out->service = out->head.name;
    for (uint32_t i = 0; subsets && i < list->n; i++) {
        struct np_path at = np_path_index(&path, i);
        const struct np_node *node = np_inv_at(in, list, &at, NP_NODE_MAP);

        if (node)
            read_subset(in, node, &at, &subsets[i]);
    }
}

/* The endpoint objects of each Service: those of service s are items[first[s]] up to items[first[s + 1]]. */
struct bundles {
    const struct np_inv_endpoints **items;
    uint32_t *first;
};

static uint32_t service_of(const struct np_inv_seal *seal, const struct np_inv_endpoints *object)
{
    uint32_t item = object->service ? np_inv_index(seal->inv, NP_INV_SERVICE, object->head.ns, object->service) : NP_NONE;

    return item == NP_NONE ? NP_NONE : seal->services[item];
}

static int bundle(struct np_inv_seal *seal, enum np_inv_kind kind, struct bundles *out)
{
    uint32_t n = seal->inv->tables[kind].n, n_services = seal->view->n_services;
    uint32_t *first = np_arena_zalloc(&seal->tmp, ((size_t)n_services + 2) * sizeof *first);

    out->items = np_arena_array(&seal->tmp, n, sizeof *out->items);
    if (!first || !out->items)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t rank = service_of(seal, np_inv_item(seal->inv, kind, i));

        if (rank != NP_NONE)
            first[rank + 2]++;
    }
    for (uint32_t s = 2; s < n_services + 2; s++)
        first[s] += first[s - 1];
    for (uint32_t i = 0; i < n; i++) {
        const struct np_inv_endpoints *object = np_inv_item(seal->inv, kind, i);
        uint32_t rank = service_of(seal, object);

        if (rank != NP_NONE)
            out->items[first[rank + 1]++] = object;
    }
    out->first = first;
    return CNIPOL_OK;
}

static int by_backend(const void *a, const void *b)
{
    const struct np_backend *x = a, *y = b;
    int order = np_ip_cmp(&x->ip, &y->ip);

    return order ? order : (x->port > y->port) - (x->port < y->port);
}

static bool ties(const struct np_inventory *inv, const struct np_service_port *service, const struct np_service_port *port)
{
    np_atom a = service->name == inv->empty ? NP_ATOM_NONE : service->name;
    np_atom b = port->name == inv->empty ? NP_ATOM_NONE : port->name;

    return a == b && service->protocol == port->protocol;
}

/* Writes, or with `out` NULL counts, the backends that one object gives to a Service port. */
static size_t gather(const struct np_inventory *inv, const struct np_inv_endpoints *object, const struct np_service_port *port,
                     uint8_t family, struct np_backend *out)
{
    size_t n = 0;

    for (uint32_t s = 0; s < object->n_subsets; s++) {
        const struct np_inv_subset *subset = &object->subsets[s];

        for (uint32_t p = 0; p < subset->n_ports; p++) {
            if (!ties(inv, port, &subset->ports[p]))
                continue;
            for (uint32_t i = 0; i < subset->n_ips; i++) {
                if (subset->ips[i].family != family)
                    continue;
                if (out)
                    out[n] = (struct np_backend){subset->ips[i], subset->ports[p].port};
                n++;
            }
        }
    }
    return n;
}

static uint32_t sort_backends(struct np_backend *items, uint32_t n)
{
    uint32_t kept = 0;

    if (n > 1)
        qsort(items, n, sizeof *items, by_backend);
    for (uint32_t i = 0; i < n; i++)
        if (kept == 0 || by_backend(&items[kept - 1], &items[i]) != 0)
            items[kept++] = items[i];
    return kept;
}

static int seal_port(struct np_inv_seal *seal, const struct bundles *bundles, uint32_t service, const struct np_service_port *port,
                     uint8_t family, struct np_backend_list *out)
{
    struct np_backend *items;
    size_t n = 0;

    for (uint32_t i = bundles->first[service]; i < bundles->first[service + 1]; i++)
        n += gather(seal->inv, bundles->items[i], port, family, NULL);
    if (n == 0)
        return CNIPOL_OK;
    items = n < NP_NONE ? np_arena_array(&seal->view->arena, n, sizeof *items) : NULL;
    if (!items)
        return CNIPOL_E_NOMEM;
    n = 0;
    for (uint32_t i = bundles->first[service]; i < bundles->first[service + 1]; i++)
        n += gather(seal->inv, bundles->items[i], port, family, items + n);
    *out = (struct np_backend_list){items, sort_backends(items, (uint32_t)n)};
    return CNIPOL_OK;
}

static int seal_service(struct np_inv_seal *seal, const struct bundles *bundles, uint32_t service)
{
    const struct np_service *it = &seal->view->services[service];
    struct np_backend_list *rows = &seal->view->backends[seal->view->first_backends[service]];

    for (uint32_t p = 0; p < it->n_ports; p++)
        for (uint32_t f = 0; f < 2; f++)
            if (seal_port(seal, bundles, service, &it->ports[p], f ? 6 : 4, &rows[p * 2 + f]))
                return CNIPOL_E_NOMEM;
    return CNIPOL_OK;
}

int np_inv_make_rows(struct np_view *view)
{
    size_t n = 0;

    view->first_backends = np_arena_array(&view->arena, view->n_services, sizeof *view->first_backends);
    if (!view->first_backends)
        return CNIPOL_E_NOMEM;
    for (uint32_t s = 0; s < view->n_services; s++) {
        view->first_backends[s] = (uint32_t)n;
        n += (size_t)view->services[s].n_ports * 2;
    }
    view->backends = n < NP_NONE ? np_arena_zalloc(&view->arena, n * sizeof *view->backends) : NULL;
    return view->backends ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

int np_inv_seal_backends(struct np_inv_seal *seal)
{
    struct bundles slices, legacy;

    if (np_inv_make_rows(seal->view) || bundle(seal, NP_INV_SLICE, &slices) || bundle(seal, NP_INV_ENDPOINTS, &legacy))
        return CNIPOL_E_NOMEM;
    for (uint32_t s = 0; s < seal->view->n_services; s++) {
        bool sliced = slices.first[s + 1] > slices.first[s];

        if (seal_service(seal, sliced ? &slices : &legacy, s))
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

uint32_t np_view_backends(const struct np_view *view, uint32_t service, uint8_t protocol, uint16_t port, uint8_t family,
                          struct np_backend *out, uint32_t max)
{
    const struct np_service *it = &view->services[service];
    const struct np_backend_list *rows = &view->backends[view->first_backends[service]];

    for (uint32_t p = 0; p < it->n_ports; p++) {
        const struct np_backend_list *row = &rows[p * 2 + (family == 6)];

        if (it->ports[p].port != port || it->ports[p].protocol != protocol)
            continue;
        if (row->n && max)
            memcpy(out, row->items, (row->n < max ? row->n : max) * sizeof *out);
        return row->n;
    }
    return 0;
}
