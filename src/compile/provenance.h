/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_PROVENANCE_H
#define NP_COMPILE_PROVENANCE_H

/* What a compiled image says of where it comes from: the machine and the directory, in peer ids. */

#include "compile/space.h"

/* Both blocks of emit.h. 0 or what np_emit_machine() and np_emit_directory() say. */
int np_emit_provenance(const struct np_space *space, const struct np_idsets *idsets, const char *root, struct np_buf *machine,
                       struct np_buf *directory);

/* The peer ids of a model's ends and addresses; arrays in the arena. 0 or CNIPOL_E_NOMEM. */
struct np_peers;
int np_space_peers(const struct np_space *space, struct np_arena *arena, struct np_peers *out);

#endif
