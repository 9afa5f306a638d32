/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_INVENTORY_STORE_H
#define NP_INVENTORY_STORE_H

/*
 * The inventory's own rooms: what was added, and the views that sealing makes of it.
 *
 * What was added stands in one table per kind. Every item begins with its head (namespace, name,
 * place), so one function finds, makes and replaces items of any kind. Items hold what the document
 * said and nothing derived: what a seal finds out is its own (np_inv_seal). Label sets and port lists
 * are kept once per distinct content (np_inv_share); addresses lie in blocks. All of it belongs to the
 * inventory's arena, so a view may point into it; only the tables themselves move while they grow,
 * and no view points into those.
 *
 * Reading an object goes on after wrong shapes and after a failed allocation; the latter is
 * remembered in np_inv_in.rc.
 */

#include "doc/node.h"
#include "doc/path.h"
#include "doc/reader.h"
#include "inventory/inventory.h"

enum np_inv_kind {
    NP_INV_NONE = 0,
    NP_INV_NAMESPACE,
    NP_INV_POD,
    NP_INV_NODE,
    NP_INV_SERVICE,
    NP_INV_SLICE,
    NP_INV_ENDPOINTS,
    NP_INV_SERVICE_ACCOUNT,
    NP_INV_DEPLOYMENT, /* the workloads, in the order in which they win a name */
    NP_INV_STATEFUL_SET,
    NP_INV_DAEMON_SET,
    NP_INV_REPLICATION_CONTROLLER,
    NP_INV_REPLICA_SET,
    NP_INV_CRON_JOB,
    NP_INV_JOB,
    NP_INV_KINDS,
    NP_INV_OTHER /* a controller of a kind that is not in the list */
};

#define NP_INV_WORKLOADS NP_INV_DEPLOYMENT

struct np_inv_head {
    np_atom ns; /* NP_ATOM_NONE: a cluster-scoped object */
    np_atom name;
    struct np_span span;
};

struct np_inv_controller {
    np_atom name;
    np_atom text; /* "ReplicaSet/web-1" */
    uint8_t kind; /* enum np_inv_kind; NP_INV_NONE: no controller */
};

/* What a pod and a template have in common. */
struct np_inv_spec {
    struct np_labels labels;
    const struct np_named_port *ports;
    uint32_t n_ports;
    np_atom service_account;
    np_atom node;
    bool host_network;
};

struct np_inv_namespace {
    struct np_inv_head head; /* span NP_NOWHERE: only mentioned */
    struct np_labels labels;
};

struct np_inv_pod {
    struct np_inv_head head;
    struct np_inv_controller controller;
    struct np_inv_spec spec;
    const struct np_ip *ips;
    uint32_t n_ips;
    bool finished;
};

struct np_inv_node {
    struct np_inv_head head;
    struct np_labels labels;
    const struct np_ip *ips;
    uint32_t n_ips;
};

struct np_inv_service {
    struct np_inv_head head;
    const struct np_ip *vips;
    uint32_t n_vips;
    const struct np_ip *externals;
    uint32_t n_externals;
    const struct np_service_port *ports;
    uint32_t n_ports;
};

/* Ready addresses that share ports: an EndpointSlice, or one subset of an Endpoints object. */
struct np_inv_subset {
    const struct np_ip *ips;
    const struct np_service_port *ports;
    uint32_t n_ips;
    uint32_t n_ports;
};

struct np_inv_endpoints {
    struct np_inv_head head;
    np_atom service; /* NP_ATOM_NONE: of no Service */
    const struct np_inv_subset *subsets;
    uint32_t n_subsets;
};

struct np_inv_workload {
    struct np_inv_head head;
    struct np_inv_controller controller;
    struct np_inv_spec spec;
    const struct np_selector *selector; /* NULL: none */
    bool told;                          /* that its name was taken */
};

struct np_inv_table {
    char *items;
    uint32_t n;
    uint32_t cap;
    struct np_hmap by_name;
};

/* Byte strings kept once each. */
struct np_inv_shared {
    const void *bytes;
    size_t size;
};

struct np_inv_share {
    struct np_hmap map;
    struct np_inv_shared *items;
    uint32_t n;
    uint32_t cap;
};

/* A growable array for what is being read; reused from object to object. */
struct np_inv_scratch {
    void *items;
    uint32_t n;
    uint32_t cap;
};

struct np_inv_node_port; /* front.c */
struct np_inv_external;

struct np_view {
    struct cnipol_ctx *ctx;
    struct np_arena arena;
    struct np_namespace *namespaces;
    struct np_pod *pods;
    struct np_node_object *nodes;
    struct np_service *services;
    uint32_t *first_backends;         /* by service: where its rows of `backends` begin */
    struct np_backend_list *backends; /* two for each service port: IPv4, IPv6 */
    uint32_t n_namespaces;
    uint32_t n_pods;
    uint32_t n_nodes;
    uint32_t n_services;
    struct np_hmap owners;               /* address -> kind and index: see owner.c */
    struct np_hmap contested;            /* address -> the second live pod that claims it */
    struct np_inv_node_port *node_ports; /* see front.c */
    struct np_inv_external *externals;
    uint32_t n_node_ports;
    uint32_t n_externals;
    struct np_hmap node_port_map;
    struct np_hmap external_map;
    struct np_hmap guests; /* pods behind n_pods, by name */
    uint32_t n_guests, cap_guests;
    uint32_t n_late; /* namespaces behind n_namespaces */
};

struct np_inventory {
    struct cnipol_ctx *ctx;
    struct np_arena arena;
    struct np_inv_table tables[NP_INV_KINDS];
    struct np_inv_share label_sets;
    struct np_inv_share port_lists;
    struct np_ip *ip_block; /* what is left of the current block */
    uint32_t ip_left;
    struct np_inv_scratch labels; /* struct np_label */
    struct np_inv_scratch ports;  /* struct np_named_port */
    struct np_inv_scratch ips;    /* struct np_ip */
    np_atom empty;                /* the empty string */
    np_atom default_name;         /* "default" */
    np_atom name_label;           /* kubernetes.io/metadata.name */
    bool told;                    /* shared addresses were reported since the last addition */
    bool has_twins;               /* some object was added twice */
    uint8_t last_kind;            /* what was added last */
    uint32_t last;
};

/* A view being made. */
struct np_inv_seal {
    struct np_inventory *inv;
    const struct np_inventory_opts *opts;
    struct np_view *view;
    struct np_arena tmp;
    uint32_t *namespaces;        /* place in the view, by item */
    uint32_t *services;          /* the same */
    bool *has_pod[NP_INV_KINDS]; /* by item of the workload's table */
};

/* An object being read. */
struct np_inv_in {
    struct np_inventory *inv;
    const struct np_doc *doc;
    int rc; /* CNIPOL_E_NOMEM once something failed */
};

/* inventory.c: the tables */
size_t np_inv_item_size(enum np_inv_kind kind);
void *np_inv_item(const struct np_inventory *inv, enum np_inv_kind kind, uint32_t i);
/* The number of the item of that name, or NP_NONE. */
uint32_t np_inv_index(const struct np_inventory *inv, enum np_inv_kind kind, np_atom ns, np_atom name);
/* The item itself, or NULL. */
void *np_inv_find(const struct np_inventory *inv, enum np_inv_kind kind, np_atom ns, np_atom name);
/* A zeroed item behind its head, added where there is none of that name. NULL: out of memory. */
void *np_inv_make(struct np_inventory *inv, enum np_inv_kind kind, const struct np_inv_head *head);
/* The namespace's item, made as a mention where it is new. NULL: out of memory. */
struct np_inv_namespace *np_inv_mention(struct np_inventory *inv, np_atom ns);
/* Room for addresses in the current block. NULL: out of memory. */
struct np_ip *np_inv_ip_room(struct np_inventory *inv, uint32_t n);
/* The kept copy of some bytes; NULL: out of memory. */
const void *np_inv_share(struct np_inventory *inv, struct np_inv_share *share, const void *bytes, size_t size);
/* One more element in a scratch array, uninitialised; NULL: out of memory, remembered. */
void *np_inv_push(struct np_inv_in *in, struct np_inv_scratch *scratch, size_t size);

/* fields.c: values of a map by the last key of a path; wrong types are reported and count as absent */
struct np_diag *np_inv_complain(struct np_inv_in *in, enum np_code code, const struct np_node *node, const struct np_path *path,
                                const char *fmt, ...) __attribute__((format(printf, 5, 6)));
const struct np_node *np_inv_get(struct np_inv_in *in, const struct np_node *map, const struct np_path *path, enum np_node_kind kind);
/* An item of a list; a null item is an empty map. */
const struct np_node *np_inv_at(struct np_inv_in *in, const struct np_node *list, const struct np_path *path, enum np_node_kind kind);
/* The empty view with s == NULL where it is absent. */
struct np_str np_inv_string(struct np_inv_in *in, const struct np_node *map, const struct np_path *path);
bool np_inv_bool(struct np_inv_in *in, const struct np_node *map, const struct np_path *path, bool absent);
np_atom np_inv_atom(struct np_inv_in *in, struct np_str s);
/* The atom of a string field; `absent` where it is not there or empty. */
np_atom np_inv_name(struct np_inv_in *in, const struct np_node *map, const struct np_path *path, np_atom absent);
/* 1 to 65535, or 0 where it is absent or was reported. */
uint16_t np_inv_port(struct np_inv_in *in, const struct np_node *map, const struct np_path *path);
/* The IP number; TCP where it is absent; 0: reported. */
uint8_t np_inv_protocol(struct np_inv_in *in, const struct np_node *map, const struct np_path *path);
/* Appends an address to the scratch array; the empty string is passed over. */
void np_inv_read_ip(struct np_inv_in *in, const struct np_node *node, const struct np_path *path);
/* Moves the scratch addresses to their block. */
const struct np_ip *np_inv_keep_ips(struct np_inv_in *in, uint32_t *n);

/* labels.c */
struct np_labels np_inv_labels(struct np_inv_in *in, const struct np_node *map, const struct np_path *path);
/* The labels of a namespace: the name label is always there. `metadata` NULL: only mentioned. */
struct np_labels np_inv_namespace_labels(struct np_inv_in *in, np_atom name, const struct np_node *metadata, const struct np_path *path);
/* A LabelSelector, or with `plain` a bare map of labels. NULL: absent or unusable. */
const struct np_selector *np_inv_selector(struct np_inv_in *in, const struct np_node *map, const struct np_path *path, bool plain);

/* objects.c: enum np_inv_kind by apiVersion and kind */
enum np_inv_kind np_inv_kind_of(struct np_str api_version, struct np_str kind);
const char *np_inv_kind_name(enum np_inv_kind kind);

/* Readers of the kinds: fill the item of an object. */
void np_inv_read_pod(struct np_inv_in *in, const struct np_node *object, void *item);
void np_inv_read_workload(struct np_inv_in *in, const struct np_node *object, void *item);
void np_inv_read_service(struct np_inv_in *in, const struct np_node *object, void *item);
void np_inv_read_slice(struct np_inv_in *in, const struct np_node *object, void *item);
void np_inv_read_endpoints(struct np_inv_in *in, const struct np_node *object, void *item);

/* pod.c: a PodSpec with the labels of its metadata; `up` is the path of what holds both */
void np_inv_read_spec(struct np_inv_in *in, const struct np_node *holder, const struct np_path *up, struct np_inv_spec *out);
/* workload.c */
void np_inv_read_controller(struct np_inv_in *in, const struct np_node *object, struct np_inv_controller *out);
/* Finds out which workloads have pods. */
int np_inv_count_pods(struct np_inv_seal *seal);
/* Is this workload a virtual pod? */
bool np_inv_stands_in(const struct np_inv_seal *seal, enum np_inv_kind kind, uint32_t item);
/* "Deployment/web", the highest controller that is known. NP_ATOM_NONE: out of memory, or no controller. */
np_atom np_inv_controller_text(struct np_inventory *inv, const struct np_inv_pod *pod);

/* view.c: an empty view; NULL: out of memory */
struct np_view *np_inv_new_view(struct cnipol_ctx *ctx);

/* Parts of sealing: 0 or CNIPOL_E_NOMEM. */
int np_inv_seal_backends(struct np_inv_seal *seal);
int np_inv_seal_owners(struct np_inv_seal *seal);
int np_inv_seal_fronts(struct np_inv_seal *seal);
/* The same of a view that stands: empty rows of backends, owners of addresses, fronts. */
int np_inv_make_rows(struct np_view *view);
int np_inv_find_owners(struct np_view *view, bool host_network_as_pod, bool tell);
int np_inv_find_fronts(struct np_view *view);
/* The addresses of one pod that nobody owns. */
int np_inv_claim_pod(struct np_view *view, uint32_t pod);

/* guest.c: NP_NONE where there is none */
uint32_t np_inv_find_late(const struct np_view *view, np_atom name);
uint32_t np_inv_find_guest(const struct np_view *view, np_atom ns, np_atom name);

/* front.c: the first Service that has the external address, or NP_NONE */
uint32_t np_inv_external_service(const struct np_view *view, const struct np_ip *ip);

#endif
