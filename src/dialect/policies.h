/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DIALECT_POLICIES_H
#define NP_DIALECT_POLICIES_H

/*
 * All policies that were loaded, by dialect, and the table that finds the parser of an object.
 *
 * An object of the same kind, namespace and name as an earlier one replaces it, as kubectl apply does, and
 * that is said aloud. The earlier one stays in its array, marked: a model that was made before the later
 * one was loaded goes on with what it knew.
 *
 * Adding an API family is one file with its parser, one array here, and one row in policies.c.
 */

#include "base/ctx.h"
#include "base/hmap.h"
#include "dialect/cnp.h"
#include "dialect/netpol.h"

enum np_mode {
    NP_MODE_STRICT = 0, /* refuse what the server refuses, and what its strict decoding refuses */
    NP_MODE_SERVER,     /* prune and go on, loudly; refuse what the server refuses */
    NP_MODE_STORED,     /* the object is in the cluster already: take what can be used, warn of the rest */
};

enum np_channel { NP_CHANNEL_EXPERIMENTAL = 0, NP_CHANNEL_STANDARD };

struct np_dialect_opts {
    enum np_mode mode;
    uint32_t kubernetes_minor; /* 36 for 1.36: which validation of networking.k8s.io applies; 0: the newest */
    enum np_channel channel;   /* of the policy.networking.k8s.io CRDs */
};

struct np_policies {
    struct cnipol_ctx *ctx;
    struct np_arena arena; /* everything the policies point to */
    struct np_netpol *netpols;
    uint32_t n_netpols, cap_netpols;
    struct np_cnp *cnps;
    uint32_t n_cnps, cap_cnps;
    struct np_hmap latest; /* kind, namespace and name -> 2 * index, + 1 of cnps */
};

struct np_doc;
struct np_node;

/* Whether some dialect takes objects of this apiVersion and kind. */
bool np_policies_know(struct np_str version, struct np_str kind);

void np_policies_init(struct np_policies *policies, struct cnipol_ctx *ctx);
void np_policies_free(struct np_policies *policies);

/*
 * Takes an object of an API family that some dialect knows: 1 if it was taken, 0 if its apiVersion
 * and kind belong to no dialect, CNIPOL_E_INVALID if it was refused (diagnostics say why; with
 * several errors all are raised, in upstream's order), CNIPOL_E_NOMEM.
 *
 * `old` is the stored object that this one updates (NULL on create): upstream lets some bad values
 * stay that were stored before.
 */
int np_policies_add(struct np_policies *policies, const struct np_dialect_opts *opts, const struct np_doc *doc,
                    const struct np_node *object, const struct np_node *old);

/* twice.c: marks what the last of netpols (of cnps) replaces, and says so. 0 or CNIPOL_E_NOMEM. */
int np_policies_mind_twice(struct np_policies *policies, const char *kind, bool of_cnps);

#endif
