/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a block of bytes a sound address map?
 *
 * The tree of each family is walked once; each unit that it uses is marked, and a unit that is marked
 * twice, or that the block's own bitmap does not agree about, is a fault. Every word must have the
 * entry of its record, and every record must be in all the words it covers, in the node where it is
 * at home: so that a change that follows the records reaches every word that names one.
 */

#include "image/addrmap.h"

#include <stddef.h>
#include <string.h>

#define AT(type, member) ((uint32_t)offsetof(struct cnipol_addrmap_##type, member))

struct check {
    const char *base;
    struct cnipol_addrmap_header header;
    uint64_t *nodes, *records; /* bitmaps of units met */
    uint32_t family;
};

/* The word that is looked at: its first address, its depth, and the record that its node is under. */
struct spot {
    struct np_am_key first;
    uint32_t depth, rec;
};

static bool has_bit(const uint64_t *bitmap, uint32_t unit)
{
    return ((const uint8_t *)bitmap)[unit / 8] >> unit % 8 & 1;
}

static bool same_key(struct np_am_key a, struct np_am_key b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

static bool covers(const char *base, uint32_t rec, struct np_am_key key, uint32_t len)
{
    uint32_t rank = np_am_rec_rank(base, rec);

    return rank == 0 || (rank - 1 <= len && np_am_common(np_am_rec_key(base, rec), key) >= rank - 1);
}

/* A record that can be read; its chain of parents ends at the family's default. Each is looked at once. */
static bool is_record(struct check *check, uint32_t rec)
{
    for (;;) {
        uint32_t rank, parent;

        if (rec >= check->header.units || has_bit(check->nodes, rec))
            return false;
        if (has_bit(check->records, rec))
            return true;
        rank = np_am_rec_rank(check->base, rec);
        parent = np_am_rec_parent(check->base, rec);
        if (rank == 0 || rank > np_am_bits(check->family) + 1 || parent >= check->header.units ||
            np_am_rec_rank(check->base, parent) >= rank ||
            np_am_half(check->base, np_am_rec_at(check->base, rec) + AT(record, rank)) != (rank | check->family << 8) ||
            !same_key(np_am_rec_key(check->base, rec), np_am_masked(np_am_rec_key(check->base, rec), rank - 1)) ||
            !covers(check->base, parent, np_am_rec_key(check->base, rec), rank - 1))
            return false;
        np_am_mark(check->records, rec, 1, true);
        rec = parent;
    }
}

static bool is_default(struct check *check)
{
    uint32_t rec = check->family, at = np_am_rec_at(check->base, rec);

    np_am_mark(check->records, rec, 1, true);
    return np_am_rec_parent(check->base, rec) == rec && np_am_half(check->base, at + AT(record, rank)) == check->family << 8 &&
           !(np_am_rec_entry(check->base, rec) & CNIPOL_ADDRMAP_LINK);
}

/* Shape and range of a node, as its link and its place say; its units are marked. */
static bool is_node(struct check *check, uint64_t link, const struct spot *spot, struct np_am_node *node)
{
    uint64_t at = cnipol_addrmap_node_at(link), arena = check->header.arena_at;
    uint64_t stop = arena + (uint64_t)check->header.units * CNIPOL_ADDRMAP_UNIT;
    uint32_t unit, units, bits = np_am_bits(check->family);
    struct np_am_key key, whole = {UINT64_MAX, UINT64_MAX};
    const uint32_t range = CNIPOL_ADDRMAP_WORDS4;

    if (at < arena || at + CNIPOL_ADDRMAP_WORDS6 > stop)
        return false;
    *node = np_am_node_of(check->base, link);
    if (np_am_half(check->base, (uint32_t)at + AT(node, shape)) != (node->start | node->width << 8 | check->family << 16))
        return false;
    if (node->width > NP_AM_MAX_WIDTH || node->start < spot->depth || node->end > bits ||
        (link & NP_AM_LINK_SHAPE) != np_am_shape_of_link(check->family, node->width, node->end))
        return false;
    if (check->family && node->start < 64 && node->end > 64)
        return false;
    if (node->width && node->width < 4 && node->end != bits && !(check->family && node->end == 64))
        return false;
    units = np_am_node_units(node->family, node->width);
    unit = (uint32_t)((at - arena) / CNIPOL_ADDRMAP_UNIT);
    if (units > check->header.units - unit)
        return false;
    for (uint32_t i = unit; i < unit + units; i++)
        if (has_bit(check->nodes, i) || has_bit(check->records, i))
            return false;
    np_am_mark(check->nodes, unit, units, true);
    key = np_am_node_key(check->base, node);
    whole = np_am_masked(whole, node->start);
    if (!same_key(key, np_am_masked(key, node->start)) || np_am_common(key, spot->first) < spot->depth)
        return false;
    if (!check->family)
        return np_am_half(check->base, (uint32_t)at + AT(node, mask)) == whole.hi >> 32;
    return np_am_word(check->base, at + range + 16) == whole.hi && np_am_word(check->base, at + range + 24) == whole.lo;
}

static bool in_chain(const char *base, uint32_t rec, uint32_t wanted)
{
    uint32_t rank = np_am_rec_rank(base, wanted);

    while (np_am_rec_rank(base, rec) > rank)
        rec = np_am_rec_parent(base, rec);
    return rec == wanted;
}

/* Is all that `rec` and its parents hold of the word `other` known there too? */
static bool agrees(const char *base, uint32_t rec, const struct spot *under, uint32_t other, struct np_am_key first, uint32_t end)
{
    for (; np_am_rec_rank(base, rec) > under->depth + 1; rec = np_am_rec_parent(base, rec))
        if (covers(base, rec, first, end) && !in_chain(base, other, rec))
            return false;
    return true;
}

/* The records of one word: at home in this node, above them the record that the node is under. Counts those that begin here. */
static bool chain_is_sound(struct check *check, const struct np_am_node *node, const struct spot *under, const struct spot *spot,
                           uint32_t *n)
{
    uint32_t rec = spot->rec;

    if (!is_record(check, rec) || np_am_rec_rank(check->base, rec) > node->end + 1 || !covers(check->base, rec, spot->first, node->end))
        return false;
    for (; np_am_rec_rank(check->base, rec) > under->depth + 1; rec = np_am_rec_parent(check->base, rec)) {
        if (np_am_rec_rank(check->base, rec) < node->start + 1)
            return false;
        *n += same_key(np_am_rec_key(check->base, rec), spot->first);
    }
    return rec == under->rec;
}

static struct spot spot_of(const char *base, const struct np_am_node *node, uint32_t i)
{
    struct spot spot = {np_am_node_key(base, node), node->end, np_am_half(base, np_am_ref_of(node, i).rec)};

    if (node->width && node->end <= 64)
        spot.first.hi |= (uint64_t)i << (64 - node->end);
    else if (node->width)
        spot.first.lo |= (uint64_t)i << (128 - node->end);
    return spot;
}

/* The tree of a link in the word at `under`; adds the records it holds to *total. */
static bool is_tree(struct check *check, uint64_t link, const struct spot *under, uint32_t *total)
{
    struct np_am_node node;
    struct spot last = {0};
    uint32_t n = 0;

    if (!is_node(check, link, under, &node) || np_am_word(check->base, node.at) != np_am_rec_entry(check->base, under->rec))
        return false;
    for (uint32_t i = 0; i < 1u << node.width; i++) {
        struct spot spot = spot_of(check->base, &node, i);
        uint64_t word = np_am_word(check->base, np_am_ref_of(&node, i).word);

        if (!chain_is_sound(check, &node, under, &spot, &n))
            return false;
        if (i && (!agrees(check->base, last.rec, under, spot.rec, spot.first, node.end) ||
                  !agrees(check->base, spot.rec, under, last.rec, last.first, node.end)))
            return false;
        last = spot;
        if (!(word & CNIPOL_ADDRMAP_LINK) ? word != np_am_rec_entry(check->base, spot.rec)
                                          : !node.width || !is_tree(check, word, &spot, &n))
            return false;
    }
    *total += n;
    return n > 0 && (node.width || n == 1) && np_am_half(check->base, node.at + AT(node, total)) == n;
}

static bool is_family(struct check *check, uint32_t family)
{
    struct np_am_ref root = np_am_root(family);
    uint64_t word = np_am_word(check->base, root.word);
    struct spot spot = {{0, 0}, 0, np_am_half(check->base, root.rec)};
    uint32_t n;

    check->family = family;
    if (!is_default(check) || !is_record(check, spot.rec) || np_am_rec_rank(check->base, spot.rec) > 1)
        return false;
    n = np_am_rec_rank(check->base, spot.rec);
    if (!in_chain(check->base, spot.rec, family))
        return false;
    if (word & CNIPOL_ADDRMAP_LINK ? !is_tree(check, word, &spot, &n) : word != np_am_rec_entry(check->base, spot.rec))
        return false;
    return n == np_am_half(check->base, AT(header, prefixes) + 4 * family);
}

static bool is_header(struct check *check, size_t size)
{
    struct cnipol_addrmap_header *header = &check->header;
    const char *base = check->base;

    if (size < sizeof *header || np_am_word(base, 0) != CNIPOL_ADDRMAP_MAGIC || np_am_word(base, AT(header, size)) > size ||
        !np_am_lay_out(np_am_word(base, AT(header, size)), np_am_half(base, AT(header, owners)), header))
        return false;
    return np_am_half(base, AT(header, version)) == header->version && np_am_half(base, AT(header, header_bytes)) == header->header_bytes &&
           np_am_half(base, AT(header, nodes_at)) == header->nodes_at && np_am_half(base, AT(header, bitmap_at)) == header->bitmap_at &&
           np_am_half(base, AT(header, arena_at)) == header->arena_at && np_am_half(base, AT(header, units)) == header->units;
}

static bool bitmaps_agree(const struct check *check)
{
    for (uint32_t i = 0; i < (check->header.units + 63) / 64; i++)
        if (np_am_word(check->base + check->header.bitmap_at, 8 * (uint64_t)i) !=
            np_am_word((const char *)check->nodes, 8 * (uint64_t)i) + np_am_word((const char *)check->records, 8 * (uint64_t)i))
            return false;
    return true;
}

int np_am_verify(struct np_mem *mem, const void *base, size_t size)
{
    struct check check = {.base = base};
    int rc = CNIPOL_E_INVALID;
    size_t bytes;

    if (!is_header(&check, size))
        return CNIPOL_E_INVALID;
    bytes = (check.header.units + 63) / 64 * (size_t)8;
    check.nodes = np_zalloc(mem, bytes);
    check.records = np_zalloc(mem, bytes);
    if (!check.nodes || !check.records)
        rc = CNIPOL_E_NOMEM;
    else if (is_family(&check, 0) && is_family(&check, 1) && bitmaps_agree(&check))
        rc = CNIPOL_OK;
    np_free(mem, check.nodes, check.nodes ? bytes : 0);
    np_free(mem, check.records, check.records ? bytes : 0);
    return rc;
}
