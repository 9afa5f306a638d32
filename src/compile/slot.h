/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_SLOT_H
#define NP_COMPILE_SLOT_H

/*
 * The slot that readers take snapshots from, without waiting.
 *
 * One word says which of NP_SLOT_PLACES snapshots is the present one, and counts how often it was acquired since it
 * became so: acquiring is one addition, which gives both. When another snapshot takes its place the count is kept
 * beside it; it is out of use when as many were released. The writer looks for places that are out of use.
 *
 * Orders: what is published is written before the exchange (release) and read behind the addition (acquire); what a
 * reader read of a snapshot is read before its release, and the writer uses the place again behind having seen it.
 */

#include <stdbool.h>
#include <stdint.h>

#include <cnipol/live.h>

#define NP_SLOT_PLACES 64u

struct np_slot_place {
    struct cnipol_snapshot snapshot; /* first: a snapshot's address is its place's */
    uint64_t released;               /* atomic */
    uint64_t acquired;               /* once it is no more the present one; UINT64_MAX before */
    void *holds;                     /* the writer's: what the snapshot keeps alive; NULL: free */
};

struct np_slot {
    uint64_t word; /* atomic: place << 48 | times acquired */
    struct np_slot_place places[NP_SLOT_PLACES];
};

/* A place that holds nothing, or NULL. The writer takes back what done places held first: one that is done only now waits. */
struct np_slot_place *np_slot_free_place(struct np_slot *slot);
/* Makes a filled place the present one. */
void np_slot_publish(struct np_slot *slot, struct np_slot_place *place);
const struct cnipol_snapshot *np_slot_acquire(struct np_slot *slot);
void np_slot_release(struct np_slot *slot, const struct cnipol_snapshot *snapshot);
/* Is it out of use, for good? */
bool np_slot_is_done(const struct np_slot *slot, uint32_t place);

#endif
