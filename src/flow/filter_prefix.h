/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_FILTER_PREFIX_H
#define NP_FLOW_FILTER_PREFIX_H

/* Prefixes as Go's net/netip has them: families never mix, and host bits are passed over. */

#include "base/ip.h"

struct np_flow_prefix {
    struct np_ip ip;
    uint32_t length;
};

bool np_flow_prefix_holds(const struct np_flow_prefix *prefix, const struct np_ip *ip);
/* The prefix that a key of source "cidr" is: with '-' for ':'. False: none. */
bool np_flow_prefix_of_label(struct np_str key, struct np_flow_prefix *out);

#endif
