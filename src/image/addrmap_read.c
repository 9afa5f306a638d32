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

/* One address on its way: the word it is at, and where that was read. */
struct lane {
    uint64_t word;
    uint32_t at;
    uint32_t i; /* of the address */
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

static void fetch(const char *base, struct lane lane, uint32_t slot)
{
    __builtin_prefetch(base + slot);
    __builtin_prefetch(base + cnipol_addrmap_node_at(lane.word));
}

/* What a step found: ahead to the next word, or alone because the node was replaced. */
static bool move_on(const char *base, struct lane *lane, uint32_t slot)
{
    uint64_t next = cnipol_addrmap_load64(base, slot);

    if (cnipol_addrmap_load64(base, lane->at) != lane->word)
        return false;
    lane->at = slot;
    lane->word = next;
    return true;
}

static void find4_some(const char *base, uint32_t n, const uint32_t *addresses, struct cnipol_addrmap_entry *out)
{
    uint64_t root = cnipol_addrmap_load64(base, CNIPOL_ADDRMAP_ROOT4);
    struct lane lanes[LANES];
    uint32_t slots[LANES], left = n;

    for (uint32_t i = 0; i < n; i++)
        lanes[i] = (struct lane){root, CNIPOL_ADDRMAP_ROOT4, i};
    while (left) {
        uint32_t kept = 0;

        for (uint32_t k = 0; k < left; k++) {
            struct lane lane = lanes[k];

            if (!(lane.word & CNIPOL_ADDRMAP_LINK)) {
                out[lane.i] = cnipol_addrmap_entry_of(lane.word);
                continue;
            }
            slots[kept] = cnipol_addrmap_slot4(lane.word, addresses[lane.i]);
            fetch(base, lane, slots[kept]);
            lanes[kept++] = lane;
        }
        left = 0;
        for (uint32_t k = 0; k < kept; k++) {
            struct lane lane = lanes[k];
            uint32_t node = cnipol_addrmap_node_at(lane.word);

            if (move_on(base, &lane, cnipol_addrmap_outside4(base, node, addresses[lane.i]) ? node : slots[k]))
                lanes[left++] = lane;
            else
                out[lane.i] = cnipol_addrmap_find4(base, addresses[lane.i]);
        }
    }
}

void cnipol_addrmap_find4_batch(const void *base, size_t n, const uint32_t *addresses, struct cnipol_addrmap_entry *out)
{
    for (size_t i = 0; i < n; i += LANES)
        find4_some(base, (uint32_t)(n - i < LANES ? n - i : LANES), addresses + i, out + i);
}

static void find6_some(const char *base, uint32_t n, const uint64_t (*addresses)[2], struct cnipol_addrmap_entry *out)
{
    uint64_t root = cnipol_addrmap_load64(base, CNIPOL_ADDRMAP_ROOT6);
    struct lane lanes[LANES];
    uint32_t slots[LANES], left = n;

    for (uint32_t i = 0; i < n; i++)
        lanes[i] = (struct lane){root, CNIPOL_ADDRMAP_ROOT6, i};
    while (left) {
        uint32_t kept = 0;

        for (uint32_t k = 0; k < left; k++) {
            struct lane lane = lanes[k];

            if (!(lane.word & CNIPOL_ADDRMAP_LINK)) {
                out[lane.i] = cnipol_addrmap_entry_of(lane.word);
                continue;
            }
            slots[kept] = cnipol_addrmap_slot6(lane.word, addresses[lane.i][0], addresses[lane.i][1]);
            fetch(base, lane, slots[kept]);
            lanes[kept++] = lane;
        }
        left = 0;
        for (uint32_t k = 0; k < kept; k++) {
            struct lane lane = lanes[k];
            const uint64_t *address = addresses[lane.i];
            uint32_t node = cnipol_addrmap_node_at(lane.word);

            if (move_on(base, &lane, cnipol_addrmap_outside6(base, node, address[0], address[1]) ? node : slots[k]))
                lanes[left++] = lane;
            else
                out[lane.i] = cnipol_addrmap_find6(base, address[0], address[1]);
        }
    }
}

void cnipol_addrmap_find6_batch(const void *base, size_t n, const uint64_t (*addresses)[2], struct cnipol_addrmap_entry *out)
{
    for (size_t i = 0; i < n; i += LANES)
        find6_some(base, (uint32_t)(n - i < LANES ? n - i : LANES), addresses + i, out + i);
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
