/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_LIVE_IDENTITY_H
#define NP_COMPILE_LIVE_IDENTITY_H

/*
 * What an end is to the predicates of a base's machines, and which policies tell it from another one.
 *
 * A pod that came later is like one that is there: in all that no policy tells apart. It begins with that one's id, and
 * the policies that do tell them apart are lowered again.
 */

#include "compile/live_base.h"

/* An end at one address, as predicates see it. */
struct np_live_seen {
    const struct np_pod *pod;
    const struct np_namespace *ns;
    struct np_ip ip;
    uint32_t ports; /* a number of the space's */
    uint32_t id;    /* NP_NONE: none yet */
};

/*
 * The end there is, but the pod `but`, that is most like this one. False: there is none to be like. `is_wanted`: it is on the node
 * that the base is a slice for.
 */
bool np_live_find_like(const struct np_live_base *base, const struct np_live_seen *seen, uint32_t but, bool is_wanted,
                       struct np_live_seen *out);
/* Is the id like one that has rule lists, where the base is a slice for a node? */
bool np_live_is_policed(const struct np_live_base *base, uint32_t id);
/* How much tells the two apart, labels above all; 0: one identity at one atom. */
uint32_t np_live_distance(const struct np_live_base *base, const struct np_live_seen *a, const struct np_live_seen *b);

/*
 * Adds the numbers of policies that may tell one end from the other; of those that look at a namespace whose labels
 * change. 1; 0: something else than a policy does, or too many do; CNIPOL_E_NOMEM.
 */
int np_live_tell_apart(const struct np_live_base *base, const struct np_live_seen *a, const struct np_live_seen *b, struct np_words *out);
int np_live_tell_labels(const struct np_live_base *base, const struct np_labels *before, const struct np_labels *after,
                        struct np_words *out);

#endif
