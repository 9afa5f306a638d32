/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pods and pod specs: see store.h.
 *
 * Named ports come from the containers and, behind them, from init containers that restart always
 * (native sidecars), as the API server's own look-up goes; plain init containers have ended when the
 * pod serves. deletionTimestamp says nothing: a terminating pod is a pod until it has finished.
 *
 * Sources: kubernetes/api core/v1 types.go (PodSpec, PodStatus); kubernetes pkg/api/v1/pod/util.go
 * (FindPort); kubernetes#125285.
 */

#include "inventory/store.h"

#include <cnipol/status.h>

#define COMPARED 256 /* ports of one pod that are looked at for repeated names */

/* T15: a name that stands for two numbers means the first of them. */
static void warn_repeated(struct np_inv_in *in, const struct np_node *entry, const struct np_path *path, const struct np_named_port *port)
{
    const struct np_named_port *items = in->inv->ports.items;

    for (uint32_t i = 0; i < in->inv->ports.n && i < COMPARED; i++) {
        if (items[i].name != port->name || items[i].protocol != port->protocol)
            continue;
        if (items[i].port != port->port)
            (void)np_inv_complain(in, NP_INV_PORT_NAME, entry, path, "port name `%s` already stands for %u; %u is not reached by name",
                                  np_atoms_str(&in->inv->ctx->atoms, port->name).s, items[i].port, port->port);
        return;
    }
}

static void read_port(struct np_inv_in *in, const struct np_node *entry, const struct np_path *path, uint8_t origin)
{
    struct np_path name = np_path_key(path, "name"), number = np_path_key(path, "containerPort"), protocol = np_path_key(path, "protocol");
    struct np_named_port port = {.origin = origin};
    struct np_named_port *kept;

    port.port = np_inv_port(in, entry, &number);
    port.protocol = np_inv_protocol(in, entry, &protocol);
    port.name = np_inv_name(in, entry, &name, NP_ATOM_NONE);
    if (!port.name || !port.port || !port.protocol)
        return;
    warn_repeated(in, entry, path, &port);
    kept = np_inv_push(in, &in->inv->ports, sizeof port);
    if (kept)
        *kept = port;
}

static void read_container(struct np_inv_in *in, const struct np_node *container, const struct np_path *path, uint8_t origin)
{
    struct np_path ports = np_path_key(path, "ports");
    const struct np_node *list = np_inv_get(in, container, &ports, NP_NODE_LIST);

    for (uint32_t i = 0; list && i < list->n; i++) {
        struct np_path at = np_path_index(&ports, i);
        const struct np_node *entry = np_inv_at(in, list, &at, NP_NODE_MAP);

        if (entry)
            read_port(in, entry, &at, origin);
    }
}

static void read_containers(struct np_inv_in *in, const struct np_node *spec, const struct np_path *path, uint8_t origin)
{
    const struct np_node *list = np_inv_get(in, spec, path, NP_NODE_LIST);

    for (uint32_t i = 0; list && i < list->n; i++) {
        struct np_path at = np_path_index(path, i), restart = np_path_key(&at, "restartPolicy");
        const struct np_node *container = np_inv_at(in, list, &at, NP_NODE_MAP);

        if (!container)
            continue;
        if (origin == NP_PORT_SIDECAR && !np_str_is(np_inv_string(in, container, &restart), "Always"))
            continue;
        read_container(in, container, &at, origin);
    }
}

static void read_ports(struct np_inv_in *in, const struct np_node *spec, const struct np_path *path, struct np_inv_spec *out)
{
    struct np_inventory *inv = in->inv;
    struct np_path containers = np_path_key(path, "containers"), init = np_path_key(path, "initContainers");

    inv->ports.n = 0;
    read_containers(in, spec, &containers, NP_PORT_CONTAINER);
    read_containers(in, spec, &init, NP_PORT_SIDECAR);
    out->ports = np_inv_share(inv, &inv->port_lists, inv->ports.items, inv->ports.n * sizeof *out->ports);
    out->n_ports = inv->ports.n;
    if (!out->ports)
        in->rc = CNIPOL_E_NOMEM;
}

void np_inv_read_spec(struct np_inv_in *in, const struct np_node *holder, const struct np_path *up, struct np_inv_spec *out)
{
    struct np_path metadata = np_path_key(up, "metadata"), labels = np_path_key(&metadata, "labels"), path = np_path_key(up, "spec");
    struct np_path account = np_path_key(&path, "serviceAccountName"), node = np_path_key(&path, "nodeName");
    struct np_path host = np_path_key(&path, "hostNetwork");
    const struct np_node *spec = np_inv_get(in, holder, &path, NP_NODE_MAP);

    out->labels = np_inv_labels(in, np_inv_get(in, holder, &metadata, NP_NODE_MAP), &labels);
    out->service_account = np_inv_name(in, spec, &account, in->inv->default_name);
    out->node = np_inv_name(in, spec, &node, NP_ATOM_NONE);
    out->host_network = np_inv_bool(in, spec, &host, false);
    read_ports(in, spec, &path, out);
}

static void read_addresses(struct np_inv_in *in, const struct np_node *status, const struct np_path *up, struct np_inv_pod *out)
{
    struct np_path ips = np_path_key(up, "podIPs"), ip = np_path_key(up, "podIP");
    const struct np_node *list = np_inv_get(in, status, &ips, NP_NODE_LIST);

    for (uint32_t i = 0; list && i < list->n; i++) {
        struct np_path at = np_path_index(&ips, i), path = np_path_key(&at, "ip");
        const struct np_node *value = np_map_value(np_inv_at(in, list, &at, NP_NODE_MAP), "ip");

        if (value)
            np_inv_read_ip(in, value, &path);
    }
    if (in->inv->ips.n == 0 && np_map_value(status, "podIP"))
        np_inv_read_ip(in, np_map_value(status, "podIP"), &ip);
    out->ips = np_inv_keep_ips(in, &out->n_ips);
}

void np_inv_read_pod(struct np_inv_in *in, const struct np_node *object, void *item)
{
    struct np_inv_pod *out = item;
    struct np_path path = np_path_key(NULL, "status"), phase = np_path_key(&path, "phase");
    const struct np_node *status = np_inv_get(in, object, &path, NP_NODE_MAP);
    struct np_str text = np_inv_string(in, status, &phase);

    np_inv_read_spec(in, object, NULL, &out->spec);
    np_inv_read_controller(in, object, &out->controller);
    read_addresses(in, status, &path, out);
    out->finished = np_str_is(text, "Succeeded") || np_str_is(text, "Failed");
}
