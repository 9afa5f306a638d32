/* SPDX-License-Identifier: BSD-2-Clause */
/* Lints: see include/cnipol/check.h. */

#include <cnipol/check.h>

#include "reference/model.h"

int cnipol_check(struct cnipol_ctx *ctx, const struct cnipol_model *model)
{
    (void)model;
    return ctx->diags.failed ? CNIPOL_E_NOMEM : CNIPOL_OK;
}
