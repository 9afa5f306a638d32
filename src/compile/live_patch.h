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
    struct np_live_policy *from;    /* whose cluster it is lowered from, and inherits; NULL */
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

/* The machine of one policy, lowered and resolved over the base's view. 1; 0: takes compiling; negative: refused, or out of memory. */
int np_patch_lower(struct np_patching *p, const struct np_policies *policies);
/* The new machine's sets over the base's ids, which are split where they do not fit. CNIPOL_E_LIMIT: takes compiling. */
int np_patch_take_sets(struct np_patching *p);
/* Its rules as cells over them. */
int np_patch_take_cells(struct np_patching *p);
/* The new policy counts, the old one no more, and whom they concern has new rule lists. 0 or negative. */
int np_patch_apply(struct np_patching *p);
/* New rule lists for whom the old and the new policy concern at the checkpoint. */
int np_patch_relist(struct np_patching *p, uint32_t checkpoint);
/* Addresses of ids that were split. 0 or negative. */
int np_patch_remap(struct np_patching *p);
void np_patch_begin(struct np_patching *p, struct np_live_base *base, uint32_t old);
void np_patch_release(struct np_patching *p);

/* Counts for as many ids as there are. */
bool np_live_reach(struct np_live_base *base);
/* A new id for some of an id's entries, like that one in all. NP_NONE: out of memory, or split too often. */
uint32_t np_live_split(struct np_live_base *base, uint32_t id);
/* From how many ids to one that the base was compiled with? */
uint32_t np_live_depth(const struct np_live_base *base, uint32_t id);
/* Addresses from this one on are an atom of their own. 0 or CNIPOL_E_NOMEM. */
int np_live_cut(struct np_live_base *base, uint32_t family, np_u128 value);

/* The base's policies, then those that changes added. */
const struct np_policy *np_patch_policy(const struct np_live_base *base, uint32_t number);
/* The set as it is now that there are so many ids. */
struct np_live_set np_patch_now(const struct np_patching *p, uint32_t set);

#endif
