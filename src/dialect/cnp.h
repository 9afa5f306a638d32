/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DIALECT_CNP_H
#define NP_DIALECT_CNP_H

/*
 * policy.networking.k8s.io as written: ClusterNetworkPolicy (v1alpha2), AdminNetworkPolicy and
 * BaselineAdminNetworkPolicy (v1alpha1), in one shape.
 *
 * Source: kubernetes-sigs/network-policy-api apis/v1alpha2/clusternetworkpolicy_types.go (v0.2.0),
 * apis/v1alpha1/ (v0.1.8).
 */

#include "base/ip.h"
#include "dialect/netpol.h"
#include "model/selector.h"

enum np_cnp_kind { NP_CNP = 0, NP_ANP, NP_BANP };
enum np_cnp_tier { NP_TIER_ADMIN = 0, NP_TIER_BASELINE };
enum np_cnp_action { NP_CNP_ACCEPT = 0, NP_CNP_DENY, NP_CNP_PASS };

enum np_cnp_peer_kind {
    NP_CNP_PEER_NAMESPACES = 0,
    NP_CNP_PEER_PODS,
    NP_CNP_PEER_NETWORKS,
    NP_CNP_PEER_NODES,
    NP_CNP_PEER_DOMAINS,
    NP_CNP_PEER_UNKNOWN, /* no member that this version knows: fail closed */
};

struct np_cnp_peer {
    enum np_cnp_peer_kind kind;
    const struct np_selector *namespaces; /* NAMESPACES, PODS; NULL with PODS: all namespaces */
    const struct np_selector *selector;   /* PODS: pods; NODES: nodes */
    const struct np_prefix *networks;
    uint32_t n_networks;
    const np_atom *domains; /* as written */
    uint32_t n_domains;
    struct np_span span;
};

struct np_cnp_port {
    uint8_t protocol; /* IP number; 0: any, for a named port */
    np_atom name;     /* NP_ATOM_NONE: numbers */
    uint16_t lo;
    uint16_t hi;  /* inclusive; 0..65535 where the protocol has no port condition; below lo: no port at all */
    bool unknown; /* no member that this version knows */
    struct np_span span;
};

struct np_cnp_rule {
    np_atom name; /* NP_ATOM_NONE: unnamed */
    enum np_cnp_action action;
    const struct np_cnp_peer *peers;
    uint32_t n_peers;
    const struct np_cnp_port *ports;
    uint32_t n_ports; /* 0: all traffic */
    struct np_span span;
};

/* Has the rule a peer or a protocol of which no member is known? */
bool np_cnp_rule_has_unknown(const struct np_cnp_rule *rule);

struct np_cnp {
    enum np_cnp_kind kind;
    enum np_cnp_tier tier;
    int32_t priority; /* BaselineAdminNetworkPolicy: 0 */
    np_atom name;
    uint32_t replaced_by;                 /* the later object of its kind and name; NP_NONE: it counts */
    const struct np_selector *namespaces; /* subject; NULL with pods: all namespaces */
    const struct np_selector *pods;       /* NULL: all pods of the namespaces */
    const struct np_cnp_rule *rules[2];   /* by direction */
    uint32_t n_rules[2];
    struct np_span span;
};

#endif
