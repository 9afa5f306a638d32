/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DIALECT_NETPOL_PARSE_H
#define NP_DIALECT_NETPOL_PARSE_H

/* networking.k8s.io/v1 NetworkPolicy: decoding, validation, reading. */

#include "dialect/decode.h"

/* Takes a NetworkPolicy into policies->netpols: CNIPOL_OK, CNIPOL_E_INVALID, CNIPOL_E_NOMEM. */
int np_netpol_take(struct np_take *take, const struct np_node *object, const struct np_node *old);

/* The rules of the API server, in its order. Types are right already. */
void np_netpol_validate(struct np_take *take, const struct np_node *object, const struct np_node *old);

/* 6, 17 or 132; 0 for any other word. */
uint8_t np_protocol_number(struct np_str name);

#endif
