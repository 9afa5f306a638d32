/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DIALECT_CNP_SCHEMA_H
#define NP_DIALECT_CNP_SCHEMA_H

/* The CustomResourceDefinitions of policy.networking.k8s.io as tables, and the walker that checks an object by one. */

#include "dialect/cnp.h"
#include "dialect/decode.h"

/* Indexed by enum np_cnp_kind. */
extern const struct np_schema *const np_cnp_schemas[3];

/*
 * Structural validation as the API server does it: unknown fields, then types and constraints in the
 * order of the tables, then the rules. False if some type is wrong: then the object cannot be read.
 */
bool np_crd_validate(struct np_take *take, const struct np_schema *schema, const struct np_node *object);

#endif
