/* SPDX-License-Identifier: BSD-2-Clause */
/* A model out of an image: see emit.h. The directory comes first, since it says which peer ids there are. */

#include <cnipol/status.h>

#include "compile/cold.h"
#include "compile/emit.h"
#include "resolve/resolve.h"

int np_model_read(struct cnipol_ctx *ctx, const void *machine, size_t machine_size, const void *directory, size_t directory_size,
                  struct cnipol_model **out)
{
    struct cnipol_model *model = np_model_alloc(ctx);
    struct np_arena tmp;
    int rc;

    if (!model)
        return CNIPOL_E_NOMEM;
    np_arena_init(&tmp, &ctx->mem);
    rc = np_read_directory(model, directory, directory_size, &tmp);
    if (!rc)
        rc = np_read_machine(model, machine, machine_size, &tmp);
    if (!rc)
        rc = np_resolve_subjects(&model->machine, model->peers->n_ids);
    if (!rc)
        rc = np_model_tables(model, true);
    np_arena_free(&tmp);
    if (rc)
        cnipol_model_free(model);
    else
        *out = model;
    return rc;
}
