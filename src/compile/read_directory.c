/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directory out of a block: see emit.h and include/cnipol/format_cold.h.
 *
 * Its rows become the arrays of a view and the table of peer ids, all in the model's arena. The view
 * finds out itself who owns which address, as it does for a cluster.
 */

#include <cnipol/status.h>

#include "compile/cold.h"
#include "reference/model.h"

struct read {
    struct np_cold_reader r;
    struct cnipol_model *model;
    struct np_arena *arena; /* the model's */
    struct np_view_parts view;
    struct np_backend_list *backends;
    struct np_ip *ips; /* by row */
    uint32_t *ip_peers;
    struct np_peers peers;
    uint32_t *peer_first;
    uint32_t *peer_ids;
};

static uint32_t rows(const struct read *in, uint32_t part)
{
    return np_cold_rows(&in->r, part);
}

static void *make(struct read *in, uint32_t part, size_t size)
{
    return np_arena_array(in->arena, rows(in, part), size);
}

static int take_info(struct read *in)
{
    uint64_t most = (uint64_t)rows(in, CNIPOL_DIRECTORY_PODS) + rows(in, CNIPOL_DIRECTORY_NODES) + rows(in, CNIPOL_DIRECTORY_ADDRESSES) +
                    rows(in, CNIPOL_DIRECTORY_ATOMS4) + rows(in, CNIPOL_DIRECTORY_ATOMS6);
    struct cnipol_directory_info row;

    if (rows(in, CNIPOL_DIRECTORY_INFO) != 1)
        return CNIPOL_E_INVALID;
    np_cold_get(&in->r, CNIPOL_DIRECTORY_INFO, 0, &row);
    in->peers.n_ids = row.n_ids;
    in->model->host_network_as_pod = row.flags & CNIPOL_DIRECTORY_HOST_NETWORK_AS_POD;
    in->model->service_vip_raw = row.flags & CNIPOL_DIRECTORY_SERVICE_VIP_RAW;
    in->view.host_network_as_pod = in->model->host_network_as_pod;
    return row.n_ids <= most && row.n_ids < NP_NONE ? CNIPOL_OK : CNIPOL_E_INVALID;
}

static uint32_t peer_of(struct read *in, uint32_t peer)
{
    return np_cold_check(&in->r, peer < in->peers.n_ids) ? peer : NP_NONE;
}

static int take_addresses(struct read *in)
{
    in->ips = make(in, CNIPOL_DIRECTORY_ADDRESSES, sizeof *in->ips);
    in->ip_peers = make(in, CNIPOL_DIRECTORY_ADDRESSES, sizeof *in->ip_peers);
    if (!in->ips || !in->ip_peers)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < rows(in, CNIPOL_DIRECTORY_ADDRESSES); i++) {
        struct cnipol_directory_address row;

        np_cold_get(&in->r, CNIPOL_DIRECTORY_ADDRESSES, i, &row);
        (void)np_cold_ip(&in->r, row.family, row.bytes, &in->ips[i]);
        in->ip_peers[i] = row.peer;
    }
    return CNIPOL_OK;
}

static int take_namespaces(struct read *in)
{
    uint32_t n = rows(in, CNIPOL_DIRECTORY_NAMESPACES), before = 0;

    in->view.n_namespaces = n;
    in->view.namespaces = make(in, CNIPOL_DIRECTORY_NAMESPACES, sizeof *in->view.namespaces);
    if (!in->view.namespaces)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t name;

        np_cold_get(&in->r, CNIPOL_DIRECTORY_NAMESPACES, i, &name);
        (void)np_cold_check(&in->r, i == 0 || before < name);
        in->view.namespaces[i] = (struct np_namespace){.name = np_cold_name(&in->r, name), .span = NP_NOWHERE};
        before = name;
    }
    return CNIPOL_OK;
}

/* Peer ids of the next end: those of its addresses, and the one without an address, if it can be asked so. */
static void add_peers(struct read *in, uint32_t first, uint32_t n, uint32_t without)
{
    uint32_t at = in->peer_first[in->peers.n_ends];

    for (uint32_t i = 0; i < n; i++)
        in->peer_ids[at++] = peer_of(in, in->ip_peers[first + i]);
    in->peer_ids[at++] = without == CNIPOL_COLD_NONE ? NP_NONE : peer_of(in, without);
    in->peer_first[++in->peers.n_ends] = at;
}

/* Ends share no addresses in this table, so that it is no longer than its rows. */
static int make_peers(struct read *in)
{
    uint64_t n_ends = (uint64_t)rows(in, CNIPOL_DIRECTORY_PODS) + rows(in, CNIPOL_DIRECTORY_NODES);
    uint64_t n_ids = n_ends + rows(in, CNIPOL_DIRECTORY_ADDRESSES);

    if (n_ids >= NP_NONE)
        return CNIPOL_E_INVALID;
    in->peer_first = np_arena_array(in->arena, n_ends + 1, sizeof *in->peer_first);
    in->peer_ids = np_arena_array(in->arena, n_ids, sizeof *in->peer_ids);
    if (!in->peer_first || !in->peer_ids)
        return CNIPOL_E_NOMEM;
    in->peer_first[0] = 0;
    in->peers.first = in->peer_first;
    in->peers.ids = in->peer_ids;
    return CNIPOL_OK;
}

static const struct np_named_port *ports_of(struct read *in, uint32_t first, uint32_t n)
{
    struct np_named_port *ports = np_arena_array(in->arena, n, sizeof *ports);

    for (uint32_t i = 0; i < n && ports; i++) {
        struct cnipol_directory_port row;

        np_cold_get(&in->r, CNIPOL_DIRECTORY_PORTS, first + i, &row);
        ports[i] = (struct np_named_port){np_cold_name(&in->r, row.name), row.port, row.protocol, NP_PORT_CONTAINER};
    }
    return ports;
}

static int take_pod(struct read *in, const struct cnipol_directory_pod *row, struct np_pod *out)
{
    *out = (struct np_pod){
        .name = np_cold_name(&in->r, row->name),
        .node = np_cold_name_or_none(&in->r, row->node),
        .service_account = np_cold_name_or_none(&in->r, row->service_account),
        .ns = row->ns,
        .ns_name = in->view.namespaces[row->ns].name,
        .ips = in->ips + row->first_address,
        .n_ips = row->n_addresses,
        .n_ports = row->n_ports,
        .host_network = row->flags & CNIPOL_DIRECTORY_HOST_NETWORK,
        .finished = row->flags & CNIPOL_DIRECTORY_FINISHED,
        .is_virtual = row->flags & CNIPOL_DIRECTORY_VIRTUAL,
        .workload = np_cold_text_or_none(&in->r, row->workload),
        .span = NP_NOWHERE,
    };
    out->ports = ports_of(in, row->first_port, row->n_ports);
    return out->ports ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int take_pods(struct read *in)
{
    struct cnipol_directory_pod row, before = {0};
    int rc = CNIPOL_OK;

    in->view.n_pods = rows(in, CNIPOL_DIRECTORY_PODS);
    in->view.pods = make(in, CNIPOL_DIRECTORY_PODS, sizeof *in->view.pods);
    if (!in->view.pods)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < in->view.n_pods && !rc; i++, before = row) {
        np_cold_get(&in->r, CNIPOL_DIRECTORY_PODS, i, &row);
        if (row.ns >= in->view.n_namespaces || !np_cold_take(&in->r, CNIPOL_DIRECTORY_ADDRESSES, row.first_address, row.n_addresses) ||
            !np_cold_take(&in->r, CNIPOL_DIRECTORY_PORTS, row.first_port, row.n_ports))
            return CNIPOL_E_INVALID;
        (void)np_cold_check(&in->r, i == 0 || before.ns < row.ns || (before.ns == row.ns && before.name < row.name));
        rc = take_pod(in, &row, &in->view.pods[i]);
        add_peers(in, row.first_address, row.n_addresses, row.peer);
    }
    return rc;
}

static int take_nodes(struct read *in)
{
    struct cnipol_directory_node row, before = {0};

    in->view.n_nodes = rows(in, CNIPOL_DIRECTORY_NODES);
    in->view.nodes = make(in, CNIPOL_DIRECTORY_NODES, sizeof *in->view.nodes);
    if (!in->view.nodes)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < in->view.n_nodes; i++, before = row) {
        np_cold_get(&in->r, CNIPOL_DIRECTORY_NODES, i, &row);
        if (!np_cold_take(&in->r, CNIPOL_DIRECTORY_ADDRESSES, row.first_address, row.n_addresses))
            return CNIPOL_E_INVALID;
        (void)np_cold_check(&in->r, i == 0 || before.name < row.name);
        in->view.nodes[i] = (struct np_node_object){
            .name = np_cold_name(&in->r, row.name), .ips = in->ips + row.first_address, .n_ips = row.n_addresses, .span = NP_NOWHERE};
        add_peers(in, row.first_address, row.n_addresses, row.peer);
    }
    return CNIPOL_OK;
}

static int take_ends(struct read *in)
{
    int rc = make_peers(in);

    if (!rc)
        rc = take_pods(in);
    return rc ? rc : take_nodes(in);
}

static int take_backends(struct read *in, uint32_t first, uint32_t n, uint8_t family, struct np_backend_list *out)
{
    struct np_backend *items = np_arena_array(in->arena, n, sizeof *items);

    if (!items)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct cnipol_directory_backend row;

        np_cold_get(&in->r, CNIPOL_DIRECTORY_BACKENDS, first + i, &row);
        items[i].port = row.port;
        (void)np_cold_check(&in->r, row.family == family);
        (void)np_cold_ip(&in->r, row.family, row.bytes, &items[i].ip);
    }
    *out = (struct np_backend_list){items, n};
    return CNIPOL_OK;
}

/* The rows lie in the order of their Services, so that a row's place is its number. */
static int take_service_ports(struct read *in, struct np_service_port *ports)
{
    for (uint32_t i = 0; i < rows(in, CNIPOL_DIRECTORY_SERVICE_PORTS); i++) {
        struct cnipol_directory_service_port row;

        np_cold_get(&in->r, CNIPOL_DIRECTORY_SERVICE_PORTS, i, &row);
        ports[i] = (struct np_service_port){np_cold_name_or_none(&in->r, row.name), row.port, row.node_port, row.protocol};
        if (!np_cold_take(&in->r, CNIPOL_DIRECTORY_BACKENDS, row.first_backend, row.n_v4) ||
            !np_cold_take(&in->r, CNIPOL_DIRECTORY_BACKENDS, row.first_backend + row.n_v4, row.n_v6))
            return CNIPOL_E_INVALID;
        if (take_backends(in, row.first_backend, row.n_v4, 4, &in->backends[(size_t)i * 2]) ||
            take_backends(in, row.first_backend + row.n_v4, row.n_v6, 6, &in->backends[(size_t)i * 2 + 1]))
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

static int take_service_rows(struct read *in, const struct np_service_port *ports)
{
    struct cnipol_directory_service row, before = {0};

    for (uint32_t i = 0; i < in->view.n_services; i++, before = row) {
        np_cold_get(&in->r, CNIPOL_DIRECTORY_SERVICES, i, &row);
        if (!np_cold_take(&in->r, CNIPOL_DIRECTORY_ADDRESSES, row.first_address, row.n_addresses) ||
            !np_cold_take(&in->r, CNIPOL_DIRECTORY_ADDRESSES, row.first_external, row.n_externals) ||
            !np_cold_take(&in->r, CNIPOL_DIRECTORY_SERVICE_PORTS, row.first_port, row.n_ports))
            return CNIPOL_E_INVALID;
        (void)np_cold_check(&in->r, i == 0 || before.ns < row.ns || (before.ns == row.ns && before.name < row.name));
        in->view.services[i] = (struct np_service){
            .ns = np_cold_name(&in->r, row.ns),
            .name = np_cold_name(&in->r, row.name),
            .vips = in->ips + row.first_address,
            .n_vips = row.n_addresses,
            .externals = in->ips + row.first_external,
            .n_externals = row.n_externals,
            .ports = ports + row.first_port,
            .n_ports = row.n_ports,
            .span = NP_NOWHERE,
        };
    }
    return CNIPOL_OK;
}

static int take_services(struct read *in)
{
    struct np_service_port *ports = make(in, CNIPOL_DIRECTORY_SERVICE_PORTS, sizeof *ports);
    int rc;

    in->backends = make(in, CNIPOL_DIRECTORY_SERVICE_PORTS, 2 * sizeof *in->backends);
    in->view.backends = in->backends;
    in->view.n_services = rows(in, CNIPOL_DIRECTORY_SERVICES);
    in->view.services = make(in, CNIPOL_DIRECTORY_SERVICES, sizeof *in->view.services);
    if (!ports || !in->backends || !in->view.services)
        return CNIPOL_E_NOMEM;
    rc = take_service_ports(in, ports);
    return rc ? rc : take_service_rows(in, ports);
}

static struct np_peer_atom atom4_of(struct read *in, uint32_t i)
{
    struct cnipol_directory_atom4 row;

    np_cold_get(&in->r, CNIPOL_DIRECTORY_ATOMS4, i, &row);
    return (struct np_peer_atom){
        {4, {(uint8_t)(row.first >> 24), (uint8_t)(row.first >> 16), (uint8_t)(row.first >> 8), (uint8_t)row.first}},
        peer_of(in, row.peer)};
}

static struct np_peer_atom atom6_of(struct read *in, uint32_t i)
{
    struct cnipol_directory_atom6 row;
    struct np_peer_atom atom;

    np_cold_get(&in->r, CNIPOL_DIRECTORY_ATOMS6, i, &row);
    atom.peer = peer_of(in, row.peer);
    (void)np_cold_ip(&in->r, 6, row.first, &atom.first);
    return atom;
}

static const struct np_peer_atom *atoms_of(struct read *in, uint32_t part, struct np_peer_atom (*atom_of)(struct read *, uint32_t),
                                           uint32_t *n)
{
    struct np_peer_atom *atoms = make(in, part, sizeof *atoms);

    *n = rows(in, part);
    for (uint32_t i = 0; i < *n && atoms; i++) {
        atoms[i] = atom_of(in, i);
        (void)np_cold_check(&in->r, i == 0 || np_ip_cmp(&atoms[i - 1].first, &atoms[i].first) < 0);
    }
    return atoms;
}

static int take_atoms(struct read *in)
{
    struct np_peers *own = np_arena_alloc(in->arena, sizeof *own);

    in->peers.v4 = atoms_of(in, CNIPOL_DIRECTORY_ATOMS4, atom4_of, &in->peers.n_v4);
    in->peers.v6 = atoms_of(in, CNIPOL_DIRECTORY_ATOMS6, atom6_of, &in->peers.n_v6);
    if (!own || !in->peers.v4 || !in->peers.v6)
        return CNIPOL_E_NOMEM;
    *own = in->peers;
    in->model->peers = own;
    return CNIPOL_OK;
}

static int take_view(struct read *in)
{
    struct cnipol_model *model = in->model;
    int rc = in->r.bad ? CNIPOL_E_INVALID : np_view_from(model->ctx, &in->view, &model->view);

    if (rc)
        return rc;
    model->pods = np_view_pods(model->view, &model->n_pods);
    model->nodes = np_view_nodes(model->view, &model->n_nodes);
    model->services = np_view_services(model->view, &model->n_services);
    return CNIPOL_OK;
}

int np_read_directory(struct cnipol_model *model, const void *bytes, size_t size, struct np_arena *tmp)
{
    static int (*const steps[])(struct read *) = {take_info,     take_addresses, take_namespaces, take_ends,
                                                  take_services, take_atoms,     take_view};
    struct read in = {.model = model, .arena = &model->arena};
    int rc = np_cold_open(&in.r, &np_cold_directory, bytes, size, &model->ctx->atoms, tmp);

    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !rc; i++)
        rc = steps[i](&in);
    return rc;
}
