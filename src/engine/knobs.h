/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_ENGINE_KNOBS_H
#define NP_ENGINE_KNOBS_H

/* Knobs as the engine reads them: see include/cnipol/knobs.h. */

#include <cnipol/knobs.h>

#include "base/ip.h"
#include "base/str.h"

/* Positions in the table; the value kept is the position in the knob's list, 0 the default. */
enum np_knob {
    NP_KNOB_SELF_TRAFFIC = 0,
    NP_KNOB_SELF_VIA_SERVICE,
    NP_KNOB_IPBLOCK_MATCHES_PODS,
    NP_KNOB_HOST_NETWORK,
    NP_KNOB_OWN_NODE_INGRESS,
    NP_KNOB_BASELINE_AFTER_NP,
    NP_KNOB_EQUAL_PRIORITY,
    NP_KNOB_ICMP_AND_OTHER,
    NP_KNOB_UNKNOWN_FIELD_PEER,
    NP_KNOB_SERVICE_VIP,
    NP_KNOB_NAMED_PORT_SIDECARS,
    NP_KNOB_POD_PHASE,
    NP_KNOB_WORKLOADS,
    NP_KNOB_COUNT
};

enum np_self_traffic { NP_SELF_ALLOW = 0, NP_SELF_EVALUATE, NP_SELF_UNDEFINED };
enum np_other_protocols { NP_OTHER_UNDEFINED = 0, NP_OTHER_FOLLOW_L3, NP_OTHER_DENY, NP_OTHER_ALLOW };

struct np_dns_entry {
    np_atom name; /* lower case, no final dot */
    const struct np_ip *ips;
    uint32_t n_ips;
    uint32_t cap_ips;
};

struct cnipol_knobs {
    struct cnipol_ctx *ctx;
    uint8_t values[NP_KNOB_COUNT];
    struct np_arena arena;
    struct np_dns_entry *dns;
    uint32_t n_dns, cap_dns;
};

static inline uint8_t np_knob(const struct cnipol_knobs *knobs, enum np_knob knob)
{
    return knobs->values[knob];
}

/* Does the pattern of a domainNames entry (lower case; "*." stands for one or more labels) name this domain? */
bool np_domain_matches(struct np_str pattern, struct np_str name);

#endif
