/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_ENDPOINTS_H
#define NP_FLOW_ENDPOINTS_H

/* Endpoint tables, as decoders ask them: by id and by address, without allocation. */

#include <cnipol/decode.h>

/* An address as it is compared: its bytes as two words, as they lie in memory; of IPv4 the first four. */
struct np_endpoint_address {
    uint64_t high, low;
    uint64_t family; /* 4, 6; 0: no address */
};

struct np_endpoint {
    struct np_endpoint_address address;
    uint32_t id;
    uint32_t identity;
    struct cnipol_text ns, pod;
    struct cnipol_text cluster;        /* of its label k8s:io.cilium.k8s.policy.cluster */
    const struct cnipol_text *labels; /* sorted */
    uint32_t n_labels;
};

/* NULL: no such. `endpoints` may be NULL. */
const struct np_endpoint *np_endpoint_by_id(const struct cnipol_endpoints *endpoints, uint32_t id);
/* Where there is no such, one of which nothing is known. `endpoints` may be NULL. */
const struct np_endpoint *np_endpoint_by_address(const struct cnipol_endpoints *endpoints, uint8_t family, const uint8_t *address);

#endif
