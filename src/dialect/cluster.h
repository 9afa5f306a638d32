/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DIALECT_CLUSTER_H
#define NP_DIALECT_CLUSTER_H

/* The cluster behind include/cnipol/cluster.h: inventory and policies, fed object by object. */

#include <cnipol/cluster.h>

#include "dialect/policies.h"
#include "doc/reader.h"
#include "inventory/inventory.h"

struct cnipol_cluster {
    struct cnipol_ctx *ctx;
    struct np_dialect_opts dialect;
    struct np_policies policies;
    struct np_inventory *inventory;
    struct cnipol_cluster_counts counts;
    uint32_t lost; /* objects of which something that may matter is left out, with no more than a warning */
};

/* Loads all documents of a source; results as cnipol_cluster_load_path. */
int np_cluster_load_source(struct cnipol_cluster *cluster, uint32_t source);
/* Loads one object, or the members of a list. CNIPOL_OK also for refused ones: *worst remembers them. */
int np_cluster_load_object(struct cnipol_cluster *cluster, struct np_doc *doc, const struct np_node *object, int *worst);

#endif
