/* SPDX-License-Identifier: BSD-2-Clause */
/* The directory as a block: see emit.h and include/cnipol/format_cold.h. */

#include "compile/emit.h"

#include <cnipol/status.h>

#include "compile/cold.h"

struct emit {
    struct np_cold_writer w;
    const struct cnipol_model *model;
    const struct np_peers *peers;
    const struct np_atoms *atoms;
    struct np_mem *mem;
};

static void put_ip(const struct np_ip *ip, uint8_t *bytes)
{
    memcpy(bytes, ip->bytes, ip->family == 4 ? 4 : 16);
}

/* `peers` NULL: a Service's. Returns the first row. */
static uint32_t put_ips(struct emit *e, const struct np_ip *ips, uint32_t n, const uint32_t *peers)
{
    uint32_t first = np_cold_count(&e->w, CNIPOL_DIRECTORY_ADDRESSES);

    for (uint32_t i = 0; i < n; i++) {
        struct cnipol_directory_address row = {.family = ips[i].family, .peer = peers ? peers[i] : CNIPOL_COLD_NONE};

        put_ip(&ips[i], row.bytes);
        (void)np_cold_add(&e->w, CNIPOL_DIRECTORY_ADDRESSES, &row);
    }
    return first;
}

static void put_namespaces(struct emit *e)
{
    uint32_t n;
    const struct np_namespace *items = np_view_namespaces(e->model->view, &n);

    for (uint32_t i = 0; i < n; i++) {
        uint32_t name = np_cold_put_atom(&e->w, e->atoms, items[i].name);

        (void)np_cold_add(&e->w, CNIPOL_DIRECTORY_NAMESPACES, &name);
    }
}

static uint32_t put_ports(struct emit *e, uint32_t pod)
{
    uint32_t first = np_cold_count(&e->w, CNIPOL_DIRECTORY_PORTS);

    for (uint32_t i = 0; i < e->model->ports[pod].n; i++) {
        const struct np_port_name *port = &e->model->ports[pod].items[i];
        const struct cnipol_directory_port row = {
            .name = np_cold_put_atom(&e->w, e->atoms, port->name), .port = port->port, .protocol = port->protocol};

        (void)np_cold_add(&e->w, CNIPOL_DIRECTORY_PORTS, &row);
    }
    return first;
}

static void put_pod(struct emit *e, uint32_t number)
{
    const struct np_pod *pod = &e->model->pods[number];
    const uint32_t *ids = e->peers->ids + e->peers->first[number];
    const struct cnipol_directory_pod row = {
        .ns = pod->ns,
        .name = np_cold_put_atom(&e->w, e->atoms, pod->name),
        .node = np_cold_put_atom(&e->w, e->atoms, pod->node),
        .service_account = np_cold_put_atom(&e->w, e->atoms, pod->service_account),
        .workload = np_cold_put_text(&e->w, pod->workload),
        .first_address = put_ips(e, pod->ips, pod->n_ips, ids),
        .n_addresses = pod->n_ips,
        .peer = ids[pod->n_ips],
        .first_port = put_ports(e, number),
        .n_ports = e->model->ports[number].n,
        .flags = (pod->host_network ? CNIPOL_DIRECTORY_HOST_NETWORK : 0u) | (pod->finished ? CNIPOL_DIRECTORY_FINISHED : 0u) |
                 (pod->is_virtual ? CNIPOL_DIRECTORY_VIRTUAL : 0u),
    };

    (void)np_cold_add(&e->w, CNIPOL_DIRECTORY_PODS, &row);
}

static void put_node(struct emit *e, uint32_t number)
{
    const struct np_node_object *node = &e->model->nodes[number];
    const uint32_t *ids = e->peers->ids + e->peers->first[e->model->n_pods + number];
    const struct cnipol_directory_node row = {
        .name = np_cold_put_atom(&e->w, e->atoms, node->name),
        .first_address = put_ips(e, node->ips, node->n_ips, ids),
        .n_addresses = node->n_ips,
        .peer = ids[node->n_ips],
    };

    (void)np_cold_add(&e->w, CNIPOL_DIRECTORY_NODES, &row);
}

/* The backends of one family, of which there are any number; how many. */
static uint32_t put_backends(struct emit *e, uint32_t service, const struct np_service_port *port, uint8_t family)
{
    const struct np_view *view = e->model->view;
    uint32_t n = np_view_backends(view, service, port->protocol, port->port, family, NULL, 0);
    struct np_backend *items = n ? np_alloc(e->mem, (size_t)n * sizeof *items) : NULL;

    if (!n)
        return 0;
    if (!items) {
        e->w.failed = true;
        return 0;
    }
    (void)np_view_backends(view, service, port->protocol, port->port, family, items, n);
    for (uint32_t i = 0; i < n; i++) {
        struct cnipol_directory_backend row = {.port = items[i].port, .family = items[i].ip.family};

        put_ip(&items[i].ip, row.bytes);
        (void)np_cold_add(&e->w, CNIPOL_DIRECTORY_BACKENDS, &row);
    }
    np_free(e->mem, items, (size_t)n * sizeof *items);
    return n;
}

static void put_service_port(struct emit *e, uint32_t service, const struct np_service_port *port)
{
    struct cnipol_directory_service_port row = {
        .name = np_cold_put_atom(&e->w, e->atoms, port->name),
        .port = port->port,
        .node_port = port->node_port,
        .protocol = port->protocol,
        .first_backend = np_cold_count(&e->w, CNIPOL_DIRECTORY_BACKENDS),
    };

    row.n_v4 = put_backends(e, service, port, 4);
    row.n_v6 = put_backends(e, service, port, 6);
    (void)np_cold_add(&e->w, CNIPOL_DIRECTORY_SERVICE_PORTS, &row);
}

static void put_service(struct emit *e, uint32_t number)
{
    const struct np_service *service = &e->model->services[number];
    struct cnipol_directory_service row = {
        .ns = np_cold_put_atom(&e->w, e->atoms, service->ns),
        .name = np_cold_put_atom(&e->w, e->atoms, service->name),
        .n_addresses = service->n_vips,
        .n_externals = service->n_externals,
        .first_port = np_cold_count(&e->w, CNIPOL_DIRECTORY_SERVICE_PORTS),
        .n_ports = service->n_ports,
    };

    row.first_address = put_ips(e, service->vips, service->n_vips, NULL);
    row.first_external = put_ips(e, service->externals, service->n_externals, NULL);
    for (uint32_t i = 0; i < service->n_ports; i++)
        put_service_port(e, number, &service->ports[i]);
    (void)np_cold_add(&e->w, CNIPOL_DIRECTORY_SERVICES, &row);
}

static void put_atoms(struct emit *e)
{
    for (uint32_t i = 0; i < e->peers->n_v4; i++) {
        const uint8_t *b = e->peers->v4[i].first.bytes;
        const struct cnipol_directory_atom4 row = {(uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3],
                                                   e->peers->v4[i].peer};

        (void)np_cold_add(&e->w, CNIPOL_DIRECTORY_ATOMS4, &row);
    }
    for (uint32_t i = 0; i < e->peers->n_v6; i++) {
        struct cnipol_directory_atom6 row = {.peer = e->peers->v6[i].peer};

        memcpy(row.first, e->peers->v6[i].first.bytes, sizeof row.first);
        (void)np_cold_add(&e->w, CNIPOL_DIRECTORY_ATOMS6, &row);
    }
}

static void put_all(struct emit *e)
{
    const struct cnipol_directory_info info = {
        .n_ids = e->peers->n_ids,
        .flags = (e->model->host_network_as_pod ? CNIPOL_DIRECTORY_HOST_NETWORK_AS_POD : 0u) |
                 (e->model->service_vip_raw ? CNIPOL_DIRECTORY_SERVICE_VIP_RAW : 0u),
    };

    (void)np_cold_add(&e->w, CNIPOL_DIRECTORY_INFO, &info);
    put_namespaces(e);
    for (uint32_t i = 0; i < e->model->n_pods; i++)
        put_pod(e, i);
    for (uint32_t i = 0; i < e->model->n_nodes; i++)
        put_node(e, i);
    for (uint32_t i = 0; i < e->model->n_services; i++)
        put_service(e, i);
    put_atoms(e);
}

int np_emit_directory(const struct cnipol_model *model, const struct np_peers *peers, struct np_buf *out)
{
    struct emit e = {.model = model, .peers = peers, .atoms = &model->ctx->atoms, .mem = &model->ctx->mem};
    int rc;

    np_cold_begin(&e.w, e.mem, &np_cold_directory);
    put_all(&e);
    np_cold_sort(&e.w);
    put_all(&e);
    rc = np_cold_finish(&e.w, out);
    np_cold_end(&e.w);
    return rc;
}
