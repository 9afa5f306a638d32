/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_EMIT_H
#define NP_COMPILE_EMIT_H

/*
 * A model as bytes and back: the machine and the directory of an image (include/cnipol/format_cold.h).
 *
 * Writers append a block to `out`, whose end must be a multiple of 8, and change nothing else. Equal
 * models give equal bytes: strings are sorted, and everything else is written in the order of machine
 * and view, which are canonical. CNIPOL_OK, CNIPOL_E_NOMEM, or CNIPOL_E_LIMIT for what 32 bits cannot
 * count; `out` is to be thrown away then.
 *
 * The reader trusts nothing: whatever the bytes, it makes a model that can be asked safely, or refuses.
 * It interns the names and adds a source of places to the context, so it is for the context's thread.
 */

#include "reference/model.h"

/*
 * `sets_by_id`: the machine's sets in peer ids, one for each; NULL: its own (of end numbers). Files below `root`
 * (NULL: none) are named as from there.
 */
int np_emit_machine(const struct cnipol_model *model, const struct np_set *sets_by_id, const char *root, struct np_buf *out);
/* `peers` speaks of the ends of the model: pods, then nodes. */
int np_emit_directory(const struct cnipol_model *model, const struct np_peers *peers, struct np_buf *out);

/*
 * The model, with no cluster. CNIPOL_E_INVALID: the bytes are no such blocks, or contradict themselves or
 * each other; CNIPOL_E_NOTFOUND: the engine is not one of this library's. Free it with cnipol_model_free.
 */
int np_model_read(struct cnipol_ctx *ctx, const void *machine, size_t machine_size, const void *directory, size_t directory_size,
                  struct cnipol_model **out);

#endif
