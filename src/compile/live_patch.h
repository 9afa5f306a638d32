/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_LIVE_PATCH_H
#define NP_COMPILE_LIVE_PATCH_H

/*
 * Private to the change of one policy (live_patch.c): what is shared by taking the new policy apart (live_split.c) and
 * making rule lists anew (live_relist.c).
 */

#include "compile/live_base.h"

struct np_patching {
    struct np_live_base *base;
    struct np_mem *mem;
    uint32_t old;                   /* policy; NP_NONE */
    uint32_t number;                /* of the new policy; NP_NONE: none */
    struct cnipol_cluster *cluster; /* of the new policy alone */
    struct cnipol_model model;      /* the base's, with the new policy's machine */
    struct np_space space;          /* the base's, with the new machine's sets */
    struct np_cells cells;
    bool has_machine, has_cells;
    struct np_words sets, prefixes;
    struct np_words touched; /* ids; base->counts: how many of each one's entries, base->truths: how they belong */
    struct np_words affected, items;
    struct np_words numbers; /* of the new cells, in the image; NP_NONE: not yet */
    struct np_words line;
    struct np_intern relisted; /* what decides a list; */
    struct np_words lists;     /* and the list */
    uint32_t first_fresh;      /* ids from here on are this change's */
    struct np_words moved;     /* entries that have another id now */
};

/* The new machine's rules as cells over the base's ids, which are split where its sets do. CNIPOL_E_LIMIT: takes compiling. */
int np_patch_take_apart(struct np_patching *p);
/* New rule lists for whom the old and the new policy concern at the checkpoint. */
int np_patch_relist(struct np_patching *p, uint32_t checkpoint);

/* Counts for as many ids as there are. */
bool np_patch_reach(struct np_patching *p);
/* The base's policies, then those that changes added. */
const struct np_policy *np_patch_policy(const struct np_live_base *base, uint32_t number);
/* The set as it is now that there are so many ids. */
struct np_live_set np_patch_now(const struct np_patching *p, uint32_t set);

#endif
