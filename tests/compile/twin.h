/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_COMPILE_TWIN_H
#define TESTS_COMPILE_TWIN_H

/*
 * A model, written to bytes and read back in a context of its own: its twin, which must answer as it does.
 *
 * Peer ids stand in for a compiler's: each address of each end has one, and each end one more, counted from the
 * last to the first, so that sets in peer ids look nothing like those in end numbers. Addresses of nobody have two
 * atoms in each family.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/cnipol.h>

#include "compile/cold.h"
#include "compile/emit.h"

struct twin {
    const struct cnipol_model *model;
    struct cnipol_ctx *ctx; /* of the copy */
    struct cnipol_model *copy;
    struct np_buf machine;
    struct np_buf directory;
    uint64_t asked;
    uint64_t explained;
};

/* The stand-in, in an arena: peer ids, and the machine's sets in them. False: out of memory. */
bool stand_in_peers(const struct cnipol_model *model, struct np_arena *arena, struct np_peers *out);
struct np_set *stand_in_sets(const struct cnipol_model *model, const struct np_peers *peers, struct np_arena *arena);

/* Writes both blocks. A status. */
int write_blocks(const struct cnipol_model *model, struct np_buf *machine, struct np_buf *directory);

void twin_new(struct twin *twin, const struct cnipol_model *model);
void twin_free(struct twin *twin);
/* Both models give the same verdict and, with `chain`, the same chain. */
void twin_ask(struct twin *twin, const struct cnipol_question *question, bool chain);
/* Both find the same end. */
struct cnipol_end twin_end(const struct twin *twin, const char *text);

#endif
