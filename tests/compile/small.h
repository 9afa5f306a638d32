/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_COMPILE_SMALL_H
#define TESTS_COMPILE_SMALL_H

/* A machine from a table (support/build_machine.h), as a model that can be compiled. Ends that are not policed are nodes; they come last. */

#include "build_machine.h"

#include <cnipol/eval_core.h>

#include "compile/cell.h"
#include "reference/model.h"

struct small {
    struct bm_built built;
    struct cnipol_model model;
    struct np_pod pods[12];
    struct np_node_object nodes[12];
    uint32_t node_of[12];
    struct np_idsets idsets;
    struct np_space space;
};

/* Up to the peer ids. */
void small_build(struct small *small, const struct bm_machine *from);
void small_free(struct small *small);
/* The id of an end, by name, or of an address. */
uint32_t small_peer(const struct small *small, const char *end);
/* A question's L4 part as a key, and whether the box has it, as the evaluator sees it. */
struct cnipol_key small_key(const struct np_facts *facts);
enum np_tri small_box(const struct np_box *box, const struct cnipol_key *key);
/* A letter for each id: "." no, "?" perhaps, "y" yes. */
const char *small_letters(const struct small *small, uint32_t idset);

#endif
