/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_ENDPOINTS_H
#define NP_FLOW_ENDPOINTS_H

/* Endpoint tables, as decoders ask them: by id and by address, without allocation. */

#include <cnipol/decode.h>

struct np_endpoint {
    uint32_t id;
    uint32_t identity;
    uint8_t family; /* 0: no address */
    uint8_t address[16];
    struct cnipol_text ns, pod;
    struct cnipol_text cluster;        /* of its label k8s:io.cilium.k8s.policy.cluster */
    const struct cnipol_text *labels; /* sorted */
    uint32_t n_labels;
};

/* NULL: no such. `endpoints` may be NULL. */
const struct np_endpoint *np_endpoint_by_id(const struct cnipol_endpoints *endpoints, uint32_t id);
const struct np_endpoint *np_endpoint_by_address(const struct cnipol_endpoints *endpoints, uint8_t family, const uint8_t *address);

#endif
