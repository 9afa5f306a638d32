/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_RECORD_JSON_H
#define NP_FLOW_RECORD_JSON_H

/* A record as JSON, whole or only what every engine's records have. */

#include <cnipol/flow.h>

enum np_record_json {
    NP_RECORD_ALL,   /* what cnipol_flow_print_json() writes */
    NP_RECORD_COMMON /* the names of test vectors: without what only Cilium says of a packet's way, and little else */
};

/* As cnipol_flow_print_json(). */
size_t np_record_print_json(const struct cnipol_flow *flow, enum np_record_json which, char *out, size_t size);

#endif
