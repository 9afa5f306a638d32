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
 * pods get their namespace and identity, addresses get their owner. What comes of it is a view
 * (view.h), of which there may be any number.
 *
 * Sources: kubernetes/api core/v1 types.go, discovery/v1 types.go; reference section 1.3 (T14, T19,
 * T25, T26), section 9.
 */

#include "inventory/view.h"

struct np_inventory_opts {
    uint8_t workloads;        /* enum below */
    bool keep_finished;       /* pod-phase: keep */
    bool host_network_as_pod; /* host-network: as-pod */
};

enum np_workloads { NP_WORKLOADS_AUTO = 0, NP_WORKLOADS_TRUE, NP_WORKLOADS_FALSE };

struct np_inventory; /* private */

int np_inventory_new(struct cnipol_ctx *ctx, struct np_inventory **out);
/* Views of it must be gone by then. */
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
 * Makes a view of what was added so far, for the given options; later additions do not show in it. A
 * template stands in only where no pod of its workload was added, finished or not. A real pod keeps its
 * name; of several templates of one name the first kind keeps it and the others get their kind behind
 * it (web.statefulset), with a warning. 0 or CNIPOL_E_NOMEM.
 */
int np_inventory_seal(struct np_inventory *inv, const struct np_inventory_opts *opts, struct np_view **out);

/* guest.c: what was added, for whoever takes it over into a view that stands. */
enum np_inventory_kind { NP_INVENTORY_OTHER = 0, NP_INVENTORY_POD, NP_INVENTORY_NAMESPACE, NP_INVENTORY_NODE };
/* What was added last; *i: its number. */
enum np_inventory_kind np_inventory_last(const struct np_inventory *inv, uint32_t *i);
bool np_inventory_has_workloads(const struct np_inventory *inv);
/* Was some object added twice? */
bool np_inventory_has_twins(const struct np_inventory *inv);
bool np_inventory_has_pod(const struct np_inventory *inv, np_atom ns, np_atom name);
/* The i-th pod as it was given: without its namespace's number and without what a node lends it. What it points to is the inventory's. */
void np_inventory_pod(const struct np_inventory *inv, uint32_t i, struct np_pod *out);
void np_inventory_namespace(const struct np_inventory *inv, uint32_t i, struct np_namespace *out);
void np_inventory_node(const struct np_inventory *inv, uint32_t i, struct np_node_object *out);
/* A namespace that something spoke of, by name. */
bool np_inventory_mentioned(const struct np_inventory *inv, np_atom name, struct np_namespace *out);

#endif
