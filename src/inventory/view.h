/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_INVENTORY_VIEW_H
#define NP_INVENTORY_VIEW_H

/*
 * A view: the cluster as it was when np_inventory_seal() made this of it, under one set of options.
 *
 * A view is read-only and may be shared. Its arrays are its own; label sets, port lists, addresses and
 * strings are the inventory's, where they neither move nor change. So a view stays as it is while
 * objects are added to the inventory and other views are made, and it must be freed before the
 * inventory.
 *
 * Numbers: a namespace, pod, node or service is its index in the array here. Pods are sorted by
 * (namespace name, pod name), so that the pods of a namespace lie side by side: that is what keeps
 * sets of pods small as ranges. Everything else is sorted by name too.
 */

#include "base/ctx.h"
#include "base/ip.h"
#include "model/selector.h"

struct np_namespace {
    np_atom name;
    struct np_labels labels; /* kubernetes.io/metadata.name always there; partial where no object was given */
    uint32_t first_pod;
    uint32_t n_pods;
    struct np_span span; /* NP_NOWHERE: only mentioned */
};

enum np_port_origin {
    NP_PORT_CONTAINER = 0,
    NP_PORT_SIDECAR, /* init container with restartPolicy: Always */
};

struct np_named_port {
    np_atom name;
    uint16_t port;
    uint8_t protocol; /* IP number */
    uint8_t origin;   /* enum np_port_origin; plain init containers are left out */
};

struct np_pod {
    np_atom name;
    np_atom node;            /* spec.nodeName; NP_ATOM_NONE: not said */
    np_atom service_account; /* "default" where the pod does not say */
    uint32_t ns;             /* index of its namespace, once sealed */
    np_atom ns_name;
    struct np_labels labels;
    const struct np_ip *ips; /* status.podIPs, or podIP; a host-network pod without them gets its node's */
    uint32_t n_ips;
    const struct np_named_port *ports; /* in the order of writing: the first of a name and protocol counts */
    uint32_t n_ports;
    bool host_network;
    bool finished;        /* phase Succeeded or Failed */
    bool is_virtual;      /* a workload template; no address */
    bool is_gone;         /* a later change took it away: nobody finds it any more */
    const char *workload; /* "Deployment/web", the highest controller known; NULL: none */
    struct np_span span;
};

struct np_node_object {
    np_atom name;
    struct np_labels labels;
    const struct np_ip *ips; /* status.addresses of type InternalIP and ExternalIP */
    uint32_t n_ips;
    struct np_span span;
};

struct np_service_port {
    np_atom name; /* NP_ATOM_NONE or the empty string: unnamed */
    uint16_t port;
    uint16_t node_port; /* 0: none */
    uint8_t protocol;
};

struct np_backend {
    struct np_ip ip;
    uint16_t port;
};

struct np_backend_list {
    const struct np_backend *items;
    uint32_t n;
};

struct np_service {
    np_atom ns;
    np_atom name;
    const struct np_ip *vips; /* clusterIPs without "None" */
    uint32_t n_vips;
    const struct np_ip *externals; /* externalIPs, and load balancer addresses that the nodes translate */
    uint32_t n_externals;
    const struct np_service_port *ports;
    uint32_t n_ports;
    struct np_span span;
};

/* Who has an address. */
enum np_owner_kind {
    NP_OWNER_NONE = 0,
    NP_OWNER_POD,
    NP_OWNER_NODE,
    NP_OWNER_SERVICE,
    NP_OWNER_CONTESTED, /* several live pods say that it is theirs */
};

struct np_owner {
    enum np_owner_kind kind;
    uint32_t index;  /* NP_OWNER_CONTESTED: the first of the pods */
    uint32_t second; /* NP_OWNER_CONTESTED: another one; else NP_NONE */
};

/* The Service port that something else stands for. */
struct np_front {
    uint32_t n; /* Service ports that claim it: 0 none, 1 the one below, more: nobody can say which */
    uint32_t service;
    uint16_t port;
};

struct np_view; /* private */

/* A view as arrays, sorted as a view is: all that is not derived. Labels and places may be empty. */
struct np_view_parts {
    struct np_namespace *namespaces;
    struct np_pod *pods; /* each `ns` below n_namespaces */
    struct np_node_object *nodes;
    struct np_service *services;
    const struct np_backend_list *backends; /* two for each port of each Service, in order: IPv4, IPv6 */
    uint32_t n_namespaces;
    uint32_t n_pods;
    uint32_t n_nodes;
    uint32_t n_services;
    bool host_network_as_pod;
};

/* Makes a view of plain arrays, which must live as long as the view. 0 or CNIPOL_E_NOMEM. */
int np_view_from(struct cnipol_ctx *ctx, const struct np_view_parts *parts, struct np_view **out);
void np_view_free(struct np_view *view);

const struct np_namespace *np_view_namespaces(const struct np_view *view, uint32_t *n);
const struct np_pod *np_view_pods(const struct np_view *view, uint32_t *n);
const struct np_node_object *np_view_nodes(const struct np_view *view, uint32_t *n);
const struct np_service *np_view_services(const struct np_view *view, uint32_t *n);

/* By name, NP_NONE if absent. */
uint32_t np_view_namespace(const struct np_view *view, np_atom name);
uint32_t np_view_pod(const struct np_view *view, np_atom ns, np_atom name);
uint32_t np_view_node(const struct np_view *view, np_atom name);
uint32_t np_view_service(const struct np_view *view, np_atom ns, np_atom name);
/*
 * Who owns an address: a pod-network pod before a Service VIP before a node before a Service's external
 * address. Host-network pods own an address only under host_network_as_pod, and only where no other
 * pod has it. Of several live pods of the pod network none is known to own what they all claim.
 */
struct np_owner np_view_owner(const struct np_view *view, const struct np_ip *ip);
/* May a node with this address translate any of its ports? */
bool np_view_has_fronts(const struct np_view *view, const struct np_ip *ip);
/* What a node makes of traffic to one of its ports: O(1); and to an external address: one step for each Service that has it. */
struct np_front np_view_node_port(const struct np_view *view, uint8_t protocol, uint16_t port);
struct np_front np_view_external(const struct np_view *view, const struct np_ip *ip, uint8_t protocol, uint16_t port);
/*
 * The ready backends of a Service port and address family, from its EndpointSlices (label
 * kubernetes.io/service-name; a missing ready condition means ready; slice ports tie to service
 * ports by name; protocol must agree). Appends at most `max` to `out`; returns how many there are,
 * which may be more.
 */
uint32_t np_view_backends(const struct np_view *view, uint32_t service, uint8_t protocol, uint16_t port, uint8_t family,
                          struct np_backend *out, uint32_t max);

/*
 * guest.c: a view that follows its cluster, for whoever has it alone. Guests are pods that came later: their numbers lie
 * behind n_pods, np_view_pod() and np_view_owner() find them, arrays and namespaces' ranges do not have them.
 */

/* Room for n guests, and as many namespaces; once. 0 or CNIPOL_E_NOMEM. Both have another place afterwards. */
int np_view_make_room(struct np_view *view, uint32_t n);
/* A copy that lives as long as the view. 0 or CNIPOL_E_NOMEM. */
int np_view_copy_pod(struct np_view *view, const struct np_pod *from, struct np_pod *out);
int np_view_copy_labels(struct np_view *view, const struct np_labels *from, struct np_labels *out);
/* Adds a guest, whose addresses nobody owns. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT: no room. */
int np_view_add_guest(struct np_view *view, const struct np_pod *pod, uint32_t *out);
/* A pod of the same name and addresses instead of a pod, or the same one with is_gone set or not. */
void np_view_set_pod(struct np_view *view, uint32_t number, const struct np_pod *pod);
/* A namespace behind those that are there, in the order of coming. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT. */
int np_view_add_namespace(struct np_view *view, const struct np_namespace *ns, uint32_t *out);
void np_view_set_namespace(struct np_view *view, uint32_t ns, const struct np_labels *labels, struct np_span span);
/* Has any pod but one, any node or any Service the address? Takes time in all of them. */
bool np_view_is_claimed(const struct np_view *view, const struct np_ip *ip, uint32_t but);

#endif
