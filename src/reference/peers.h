/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_REFERENCE_PEERS_H
#define NP_REFERENCE_PEERS_H

/*
 * Peer ids: what an image calls whoever sends or receives.
 *
 * A peer id is a dense number for an identity (ends that no predicate of the machine can tell apart)
 * at an address atom (addresses that no prefix of the machine can tell apart). Each address of each
 * end has one, and each end one more for itself without an address, or NP_NONE; addresses that no end owns have
 * theirs by the atom that holds them. The end of a host-network pod is its node where the model says
 * so (np_model_pod_end): its ids are then those of the node's identity at the pod's addresses.
 */

#include "base/hmap.h"
#include "base/ip.h"

/* Addresses from `first` up to the next atom's. */
struct np_peer_atom {
    struct np_ip first;
    uint32_t peer;
};

struct np_peers {
    uint32_t n_ids;                     /* peer ids are below */
    uint32_t n_ends;                    /* pods, then nodes */
    const uint32_t *first;              /* n_ends + 1 offsets into `ids` */
    const uint32_t *ids;                /* of each end: one for each of its addresses, in their order; then one without address */
    const struct np_peer_atom *v4, *v6; /* ascending */
    uint32_t n_v4, n_v6;
};

/* The id of an end at an address; without one, or at one that is not among its `ips`, the id without address. */
uint32_t np_peers_of_end(const struct np_peers *peers, uint32_t end, const struct np_ip *ips, const struct np_ip *ip);
/* The id of an address that nobody owns; NP_NONE: there is no atom for it. */
uint32_t np_peers_of_address(const struct np_peers *peers, const struct np_ip *ip);

#endif
