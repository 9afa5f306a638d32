/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_MODEL_FACTS_H
#define NP_MODEL_FACTS_H

/*
 * Facts: a question as the evaluator sees it, both ends found, relations between them worked out.
 *
 * Relations are facts about the pair, never about one end alone: a pod and itself, a pod and its own
 * node. An L7 request may be there; without one, what only L7 can tell is left to the proxy.
 */

#include "base/ip.h"
#include "base/str.h"
#include "model/tri.h"

struct np_port_name {
    np_atom name;
    uint16_t port;
    uint8_t protocol;
};

struct np_fact_end {
    uint32_t id;     /* what the machine's sets are of; NP_NONE: in none of them */
    uint32_t number; /* pods, then nodes: for names alone; NP_NONE: no pod and no node */
    struct np_ip ip; /* family 0: no address is known */
    const struct np_port_name *ports;
    uint32_t n_ports;
    bool is_policed; /* policies may select it */
};

enum np_relation {
    NP_REL_SELF = 1u << 0,          /* one pod, by its own address */
    NP_REL_HAIRPIN = 1u << 1,       /* one pod, by way of a Service */
    NP_REL_SAME_NODE = 1u << 2,     /* both ends on one node */
    NP_REL_FROM_OWN_NODE = 1u << 3, /* the source is the destination's own node */
    NP_REL_TO_OWN_NODE = 1u << 4,   /* the destination is the source's own node */
};

enum np_end_role { NP_END_SOURCE = 0, NP_END_DESTINATION = 1 };

struct np_facts {
    struct np_fact_end ends[2]; /* by enum np_end_role */
    uint32_t relations;
    uint8_t protocol;
    bool has_ports;
    bool port_unknown; /* there is a destination port, but nobody said which */
    bool has_icmp;
    uint8_t icmp_type;
    uint8_t icmp_code;
    uint8_t state;
    uint16_t source_port; /* 0: unknown */
    uint16_t port;
    const void *request; /* what guards look at; NULL: no L7 request is known */
};

#endif
