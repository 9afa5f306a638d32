/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_LIVE_CHANGE_H
#define NP_COMPILE_LIVE_CHANGE_H

/*
 * A change of a base: policies that are replaced, and addresses that mean something else from now on.
 *
 * An address that changes hands gets an id of its own, which is like the id that it had. That is published, and the
 * address map leads to it: nothing has changed yet. Then the new ids become like what they are to be, the policies that tell
 * one from the other are replaced, and that is published as a whole. So no snapshot ever says half of a change, and whoever
 * holds one from before finds an id that it does not know.
 */

#include <cnipol/addrmap.h>

#include "compile/live_patch.h"

/* An address under way. */
struct np_live_move {
    uint32_t id;   /* its own, from now on */
    uint32_t like; /* what it becomes like */
    bool is_mapped;
    struct cnipol_addrmap_prefix prefix; /* what the map says of it from the first publication on, */
    struct cnipol_addrmap_entry then;    /* and from the second one on */
};

struct np_changing {
    struct np_live_base *base;
    struct np_patching *policies;
    uint32_t n_policies;
    struct np_live_move *moves;
    uint32_t n_moves, cap_moves;
    uint32_t first_fresh;
};

/* Room for so many policies, each begun as the replacement of one (NP_NONE: a new one). 0 or CNIPOL_E_NOMEM. */
int np_change_begin(struct np_changing *ch, struct np_live_base *base, const uint32_t *old, uint32_t n);
void np_change_end(struct np_changing *ch);
/* The same with policies that are lowered again as they are, over other ends; their numbers are sorted, each once. NP_LIVE_DONE: begun; 0: takes
   compiling; CNIPOL_E_NOMEM. */
int np_change_again(struct np_changing *ch, struct np_live_base *base, struct np_words *policies);
/* A new id for an address that had `from`; what the space says of it may be set. NULL: out of memory, or split too often. */
struct np_live_move *np_change_move(struct np_changing *ch, uint32_t from, uint32_t like);
/* Makes the change and writes it. NP_LIVE_DONE; 0: takes compiling; negative: out of memory. */
int np_change_run(struct np_changing *ch);

#endif
