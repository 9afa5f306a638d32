/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_CHECK_H
#define CNIPOL_CHECK_H

#include <cnipol/model.h>

/**
 * Lints: what the server takes, but its author hardly meant.
 */

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Looks at all policies of the model's cluster and raises diagnostics (codes 2000 to 2199) in the context. What is
 * said is certain for the cluster that was given; where labels are unknown, the lint is silent. `cnipol_code_find`
 * has the long help of each.
 *
 *     2000 to 2003  there are no pods, no namespaces, or not a namespace that a policy speaks of; too much to compare
 *     2010 to 2012  a subject or peer that selects no pod (and what may have been meant); host-network pods by name
 *     2020          the same policy given twice
 *     2021 to 2023  policyTypes against the rules that are there; a rule that allows all beside narrower ones
 *     2024          egress isolation that lets pods out, but not to DNS
 *     2030 to 2033  a named port that no destination has; a block of nothing, or of pods; a denial by domain name
 *     2040, 2041    cluster policies of equal priority that disagree; a rule that an earlier one covers
 *
 * Cost: about linear in policies and pods; what is not is cut off (2002). Takes memory of the context while it
 * runs, so it is for the context's thread. CNIPOL_OK or CNIPOL_E_NOMEM: findings are not failures; of a model
 * that was read from an image, whose policies are not at hand, CNIPOL_E_USAGE.
 */
CNIPOL_API int cnipol_check(struct cnipol_ctx *ctx, const struct cnipol_model *model);

#ifdef __cplusplus
}
#endif
#endif
