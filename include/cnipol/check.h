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
 * Looks at all policies that the model shows and raises diagnostics (codes 2000 to 2199) in the context:
 * selectors that match nothing, rules that can never match, equal priorities that disagree, an egress
 * isolation that forgets DNS, ... CNIPOL_OK or CNIPOL_E_NOMEM; findings are not failures.
 */
CNIPOL_API int cnipol_check(struct cnipol_ctx *ctx, const struct cnipol_model *model);

#ifdef __cplusplus
}
#endif
#endif
