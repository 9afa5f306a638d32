/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DIALECT_NETPOL_H
#define NP_DIALECT_NETPOL_H

/*
 * networking.k8s.io/v1 NetworkPolicy as written, after the API server's defaulting.
 *
 * Source of the rules: kubernetes/api networking/v1/types.go, kubernetes pkg/apis/networking/v1/
 * defaults.go and pkg/apis/networking/validation/validation.go (v1.36).
 */

#include "base/ip.h"
#include "model/selector.h"

enum np_direction { NP_EGRESS = 0, NP_INGRESS = 1 };

struct np_netpol_port {
    uint8_t protocol; /* IP number; TCP where missing; 0: none (stored objects), with hi below lo */
    bool any;         /* no `port`: all ports of the protocol */
    np_atom name;     /* a named port; NP_ATOM_NONE: numbers */
    uint16_t lo;
    uint16_t hi; /* inclusive; equal to lo without endPort; below lo: no port at all (stored objects) */
    struct np_span span;
};

/* With none of the three members (a stored object may have it) a peer matches nobody. */
struct np_netpol_peer {
    const struct np_selector *pods;       /* NULL: not given */
    const struct np_selector *namespaces; /* NULL: not given */
    bool is_block;
    struct np_prefix cidr; /* masked */
    const struct np_prefix *except;
    uint32_t n_except;
    struct np_span span;
};

struct np_netpol_rule {
    const struct np_netpol_peer *peers; /* none: any peer */
    uint32_t n_peers;
    const struct np_netpol_port *ports; /* none: all ports of all protocols */
    uint32_t n_ports;
    struct np_span span;
};

struct np_netpol {
    np_atom ns;
    np_atom name;
    uint32_t replaced_by; /* the later object of its name; NP_NONE: it counts */
    struct np_span span;
    const struct np_selector *subject;     /* never NULL: a missing podSelector is empty */
    bool isolates[2];                      /* by direction: policyTypes, defaulted */
    bool no_types;                         /* policyTypes was not given */
    const struct np_netpol_rule *rules[2]; /* by direction; kept even where policyTypes leaves the direction out */
    uint32_t n_rules[2];
};

#endif
