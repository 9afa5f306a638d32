/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_LIVE_H
#define NP_COMPILE_LIVE_H

/*
 * Private to live policy sets: what changes (live.c) and compactions (live_compact.c) share.
 *
 * Sources are sorted by name. Each says which policy of the present base it is, if it is one and no more.
 */

#include "compile/live_base.h"
#include "compile/slot.h"

struct cnipol_live {
    struct np_mem *mem; /* of the context that follows */
    struct cnipol_ctx *own;
    struct np_live_config config;
    struct np_live_source *sources; /* by name */
    uint32_t n_sources, cap_sources;
    struct np_live_base *base;
    struct np_live_base *refused; /* of the last call, for its diagnostics */
    struct np_slot slot;
    uint64_t generation;
    uint64_t serial; /* counts puts and deletions */
    uint64_t n_bases;
    uint64_t n_patched, n_compiled; /* changes; compilations by the writer */
    bool is_open;                   /* between begin and end */
    bool is_stale;                  /* something was put that readers have not got */
};

/* Compiles the sources and publishes what that gives; as cnipol_live_put. */
int np_live_rebuild(struct cnipol_live *live);
/* The base takes the present one's place. 0; CNIPOL_E_LIMIT: readers hold on to too many snapshots, and the base is gone. */
int np_live_adopt(struct cnipol_live *live, struct np_live_base *base);
/* The sources' policies are numbered as in the base that was built last. */
void np_live_renumber(struct cnipol_live *live);
void np_live_forget_refused(struct cnipol_live *live);

/* One source of a base instead of another; NULL: none. As np_live_patch. */
int np_live_replace(const struct cnipol_live *live, struct np_live_base *base, uint32_t old, const struct np_live_source *fresh,
                    uint32_t *number);
bool np_live_is_same(const struct np_live_source *a, const struct np_live_source *b);

#endif
