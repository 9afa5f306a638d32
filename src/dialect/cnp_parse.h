/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DIALECT_CNP_PARSE_H
#define NP_DIALECT_CNP_PARSE_H

/* policy.networking.k8s.io: validation and reading of its three kinds. */

#include "dialect/cnp_schema.h"

/* Takes an object into policies->cnps: CNIPOL_OK, CNIPOL_E_INVALID, CNIPOL_E_NOMEM. */
int np_cnp_take(struct np_take *take, enum np_cnp_kind kind, const struct np_node *object);

/* The rules of one direction. */
void np_cnp_read_rules(struct np_take *take, enum np_direction direction, const struct np_node *spec, struct np_cnp *out);

#endif
