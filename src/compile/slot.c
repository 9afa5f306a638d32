/* SPDX-License-Identifier: BSD-2-Clause */
/* Acquiring snapshots: see slot.h. */

#include "compile/slot.h"

#include <stddef.h>

#define COUNT_BITS 48
#define COUNT_MASK ((1ull << COUNT_BITS) - 1)

bool np_slot_is_done(const struct np_slot *slot, uint32_t place)
{
    const struct np_slot_place *at = &slot->places[place];

    if (!at->holds)
        return true;
    return at->acquired != UINT64_MAX && __atomic_load_n(&at->released, __ATOMIC_ACQUIRE) == at->acquired;
}

struct np_slot_place *np_slot_free_place(struct np_slot *slot)
{
    for (uint32_t i = 0; i < NP_SLOT_PLACES; i++) {
        struct np_slot_place *at = &slot->places[i];

        if (at->holds)
            continue;
        at->acquired = UINT64_MAX;
        __atomic_store_n(&at->released, 0, __ATOMIC_RELAXED);
        return at;
    }
    return NULL;
}

void np_slot_publish(struct np_slot *slot, struct np_slot_place *place)
{
    uint64_t number = (uint64_t)(place - slot->places);
    uint64_t before = __atomic_exchange_n(&slot->word, number << COUNT_BITS, __ATOMIC_ACQ_REL);
    struct np_slot_place *old = &slot->places[before >> COUNT_BITS];

    if (old != place && old->holds)
        old->acquired = before & COUNT_MASK;
}

const struct cnipol_snapshot *np_slot_acquire(struct np_slot *slot)
{
    uint64_t word = __atomic_fetch_add(&slot->word, 1, __ATOMIC_ACQUIRE);

    return &slot->places[word >> COUNT_BITS].snapshot;
}

void np_slot_release(struct np_slot *slot, const struct cnipol_snapshot *snapshot)
{
    struct np_slot_place *at = (struct np_slot_place *)(uintptr_t)snapshot;

    (void)slot;
    __atomic_fetch_add(&at->released, 1, __ATOMIC_RELEASE);
}
