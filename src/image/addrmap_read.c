/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading address maps from outside the header: one address in bytes, many addresses, all prefixes.
 *
 * Many addresses go down the trie side by side: each step fetches the next words of all that are on
 * their way before it looks at the first. One that meets a change is asked for alone.
 */

#include "image/addrmap.h"

#include <stddef.h>
#include <string.h>

#define LANES 16
#define COMMON_STEPS 3 /* most ways have that many nodes, or fewer */

/* One address on its way: the word it is at, and where that was read. */
struct lane {
    uint64_t word;
    uint32_t at;
    bool is_sound; /* nothing that it went through was replaced meanwhile */
};

static uint64_t number(const uint8_t *bytes, uint32_t n)
{
    uint64_t out = 0;

    for (uint32_t i = 0; i < n; i++)
        out = out << 8 | bytes[i];
    return out;
}

struct cnipol_addrmap_entry cnipol_addrmap_find(const void *base, uint8_t family, const uint8_t *address)
{
    if (family == 4)
        return cnipol_addrmap_find4(base, (uint32_t)number(address, 4));
    if (family == 6)
        return cnipol_addrmap_find6(base, number(address, 8), number(address + 8, 8));
    return (struct cnipol_addrmap_entry){CNIPOL_ADDRMAP_NO_PEER, CNIPOL_ADDRMAP_NOBODY};
}

/* The next word, unless the link that led to it is not what it was: then the lane stands still, its memory may be anything. */
static void take(const char *base, struct lane *lane, uint64_t was_at, uint64_t before)
{
    uint64_t word = cnipol_addrmap_load64(base, lane->at);
    bool is_same = cnipol_addrmap_load64(base, was_at) == before;

    lane->word = is_same ? word : 0;
    lane->is_sound &= is_same;
}

/* One step of an IPv4 lane, without a branch: what is at its entry stays there. */
static void step4(const char *base, struct lane *lane, uint32_t address)
{
    bool is_link = lane->word & CNIPOL_ADDRMAP_LINK;
    uint32_t node = is_link ? cnipol_addrmap_node_at(lane->word) : 0, slot = cnipol_addrmap_slot4(lane->word, address);
    uint64_t before = lane->word, was_at = lane->at;

    slot = cnipol_addrmap_outside4(base, node, address) ? node : slot;
    lane->at = is_link ? slot : lane->at;
    take(base, lane, was_at, before);
}

static void find4_some(const char *base, const uint32_t *addresses, struct cnipol_addrmap_entry *out)
{
    uint64_t root = cnipol_addrmap_load64(base, CNIPOL_ADDRMAP_ROOT4);
    struct lane lanes[LANES];

    for (uint32_t i = 0; i < LANES; i++)
        lanes[i] = (struct lane){root, CNIPOL_ADDRMAP_ROOT4, true};
    for (uint32_t step = 0; step < COMMON_STEPS; step++)
        for (uint32_t i = 0; i < LANES; i++)
            step4(base, &lanes[i], addresses[i]);
    for (uint32_t i = 0; i < LANES; i++)
        out[i] = lanes[i].is_sound && !(lanes[i].word & CNIPOL_ADDRMAP_LINK) ? cnipol_addrmap_entry_of(lanes[i].word)
                                                                             : cnipol_addrmap_find4(base, addresses[i]);
}

void cnipol_addrmap_find4_batch(const void *base, size_t n, const uint32_t *addresses, struct cnipol_addrmap_entry *out)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        find4_some(base, addresses + i, out + i);
    for (; i < n; i++)
        out[i] = cnipol_addrmap_find4(base, addresses[i]);
}

static void step6(const char *base, struct lane *lane, const uint64_t *address)
{
    bool is_link = lane->word & CNIPOL_ADDRMAP_LINK;
    uint32_t node = is_link ? cnipol_addrmap_node_at(lane->word) : 0, slot = cnipol_addrmap_slot6(lane->word, address[0], address[1]);
    uint64_t before = lane->word, was_at = lane->at;

    slot = cnipol_addrmap_outside6(base, node, address[0], address[1]) ? node : slot;
    lane->at = is_link ? slot : lane->at;
    take(base, lane, was_at, before);
}

static void find6_some(const char *base, const uint64_t (*addresses)[2], struct cnipol_addrmap_entry *out)
{
    uint64_t root = cnipol_addrmap_load64(base, CNIPOL_ADDRMAP_ROOT6);
    struct lane lanes[LANES];

    for (uint32_t i = 0; i < LANES; i++)
        lanes[i] = (struct lane){root, CNIPOL_ADDRMAP_ROOT6, true};
    for (uint32_t step = 0; step < COMMON_STEPS; step++)
        for (uint32_t i = 0; i < LANES; i++)
            step6(base, &lanes[i], addresses[i]);
    for (uint32_t i = 0; i < LANES; i++)
        out[i] = lanes[i].is_sound && !(lanes[i].word & CNIPOL_ADDRMAP_LINK) ? cnipol_addrmap_entry_of(lanes[i].word)
                                                                             : cnipol_addrmap_find6(base, addresses[i][0], addresses[i][1]);
}

void cnipol_addrmap_find6_batch(const void *base, size_t n, const uint64_t (*addresses)[2], struct cnipol_addrmap_entry *out)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        find6_some(base, addresses + i, out + i);
    for (; i < n; i++)
        out[i] = cnipol_addrmap_find6(base, addresses[i][0], addresses[i][1]);
}

struct visitor {
    const char *base;
    int (*visit)(void *user, const struct cnipol_addrmap_prefix *prefix);
    void *user;
    uint32_t family;
};

static int visit_record(void *user, uint32_t rec)
{
    struct visitor *visitor = user;
    struct np_am_key key = np_am_rec_key(visitor->base, rec);
    struct cnipol_addrmap_prefix prefix = {.family = visitor->family ? 6 : 4,
                                           .length = (uint8_t)(np_am_rec_rank(visitor->base, rec) - 1),
                                           .entry = cnipol_addrmap_entry_of(np_am_rec_entry(visitor->base, rec))};

    for (uint32_t i = 0; i < 8; i++) {
        prefix.address[i] = (uint8_t)(key.hi >> (56 - 8 * i));
        prefix.address[i + 8] = (uint8_t)(key.lo >> (56 - 8 * i));
    }
    return visitor->visit(visitor->user, &prefix);
}

int cnipol_addrmap_each(const void *base, int (*visit)(void *user, const struct cnipol_addrmap_prefix *prefix), void *user)
{
    struct visitor visitor = {base, visit, user, 0};
    int rc = 0;

    for (; visitor.family < 2 && !rc; visitor.family++) {
        struct np_am_ref root = np_am_root(visitor.family);
        uint32_t rec = np_am_half(base, root.rec);

        if (np_am_rec_rank(base, rec) > 0)
            rc = visit_record(&visitor, rec);
        if (!rc)
            rc = np_am_walk(base, root, visit_record, &visitor);
    }
    return rc;
}
