/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_INVENTORY_INVENTORY_H
#define NP_INVENTORY_INVENTORY_H

/*
 * The inventory: the cluster that policies are about.
 *
 * Objects are added one by one while documents are read (np_inventory_add), in any order, and
 * np_inventory_seal() then ties them together: namespaces that are only mentioned come into being
 * with their name label alone (their other labels stay unknown), workload templates become virtual
 * pods where the `workloads` option says so, finished pods are dropped where `pod-phase` says so,
 * pods get their namespace and identity, addresses get their owner. After sealing it is read-only
 * and may be shared.
 *
 * Numbers: a namespace, pod, node or service is its index in the array here. Pods are sorted by
 * (namespace name, pod name), so that the pods of a namespace lie side by side: that is what keeps
 * sets of pods small as ranges.
 *
 * Sources: kubernetes/api core/v1 types.go, discovery/v1 types.go; reference section 1.3 (T14, T19,
 * T25, T26), section 9.
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
    uint8_t protocol;
};

struct np_backend {
    struct np_ip ip;
    uint16_t port;
};

struct np_service {
    np_atom ns;
    np_atom name;
    const struct np_ip *vips; /* clusterIPs without "None" */
    uint32_t n_vips;
    const struct np_service_port *ports;
    uint32_t n_ports;
    struct np_span span;
};

struct np_inventory_opts {
    uint8_t workloads;        /* enum below */
    bool keep_finished;       /* pod-phase: keep */
    bool host_network_as_pod; /* host-network: as-pod */
};

enum np_workloads { NP_WORKLOADS_AUTO = 0, NP_WORKLOADS_TRUE, NP_WORKLOADS_FALSE };

/* Who has an address. */
enum np_owner_kind { NP_OWNER_NONE = 0, NP_OWNER_POD, NP_OWNER_NODE, NP_OWNER_SERVICE };

struct np_owner {
    enum np_owner_kind kind;
    uint32_t index;
};

struct np_inventory; /* private; accessors below */

int np_inventory_new(struct cnipol_ctx *ctx, struct np_inventory **out);
void np_inventory_free(struct np_inventory *inv);

struct np_doc;
struct np_node;
/*
 * Takes an object if its apiVersion and kind are of the inventory's (Namespace, Pod, Node, Service,
 * EndpointSlice, Endpoints, ServiceAccount, Deployment, StatefulSet, DaemonSet, ReplicaSet,
 * ReplicationController, Job, CronJob): 1. Not one of them: 0. Negative status on failure. Wrong
 * shapes raise diagnostics; what can be used is used.
 */
int np_inventory_add(struct np_inventory *inv, const struct np_doc *doc, const struct np_node *object);
/* Tells of a namespace that a policy or a question mentions, so that it exists (with unknown labels). */
int np_inventory_mention(struct np_inventory *inv, np_atom ns);

/*
 * Makes the sealed view for the given options. A template stands in only where no pod of its workload
 * was added, finished or not. A real pod keeps its name; of several templates of one name the first
 * kind keeps it and the others get their kind behind it (web.statefulset), with a warning. The inventory can be sealed again with others: the
 * added objects stay, the view is made anew. 0 or CNIPOL_E_NOMEM.
 */
int np_inventory_seal(struct np_inventory *inv, const struct np_inventory_opts *opts);

/* The sealed view. */
const struct np_namespace *np_inventory_namespaces(const struct np_inventory *inv, uint32_t *n);
const struct np_pod *np_inventory_pods(const struct np_inventory *inv, uint32_t *n);
const struct np_node_object *np_inventory_nodes(const struct np_inventory *inv, uint32_t *n);
const struct np_service *np_inventory_services(const struct np_inventory *inv, uint32_t *n);

/* By name, NP_NONE if absent. */
uint32_t np_inventory_namespace(const struct np_inventory *inv, np_atom name);
uint32_t np_inventory_pod(const struct np_inventory *inv, np_atom ns, np_atom name);
uint32_t np_inventory_node(const struct np_inventory *inv, np_atom name);
/*
 * Who owns an address: a pod-network pod before a Service VIP before a node. Host-network pods own
 * an address only under host_network_as_pod, and only where no other pod has it.
 */
struct np_owner np_inventory_owner(const struct np_inventory *inv, const struct np_ip *ip);
/*
 * The ready backends of a Service port and address family, from its EndpointSlices (label
 * kubernetes.io/service-name; a missing ready condition means ready; slice ports tie to service
 * ports by name; protocol must agree). Appends at most `max` to `out`; returns how many there are,
 * which may be more.
 */
uint32_t np_inventory_backends(const struct np_inventory *inv, uint32_t service, uint8_t protocol, uint16_t port, uint8_t family,
                               struct np_backend *out, uint32_t max);

#endif
