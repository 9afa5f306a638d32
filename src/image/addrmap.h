/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_IMAGE_ADDRMAP_H
#define NP_IMAGE_ADDRMAP_H

/*
 * The writer's side of the address map (include/cnipol/addrmap.h; layout in docs/address-map.md).
 *
 * A trie for each family, with path compression, nodes of any width, and leaf pushing: a word is the
 * entry of every address that leads to it, or a link. Beside each word is the number of the record
 * (prefix) that it has its entry from; where the word is a link, that record's entry is the node's
 * `other`. Records know the next shorter prefix, their parent.
 *
 * A record is at home in the first node on its way whose end is not above the record's length: there
 * it is in the words it covers, and below them in what links inherit. Invariants of a node in the link
 * of a word that stands for the first `depth` bits: start >= depth; no record of the node or below it is shorter
 * than start; all share the first `start` bits; width is 0 with one record only, else 4 or more, or
 * less where the node ends at the address's last bit or at bit 64. So ways are bounded.
 *
 * Readers may be anywhere, also in freed nodes. Every store to a node is an atomic release; a word
 * changes from one valid value to the next; a new node is filled before it is linked. A node is freed
 * from the top down, its words overwritten, before its memory can be used again.
 */

#include <stdbool.h>

#include <cnipol/addrmap.h>

#include "base/ctx.h"

#define NP_AM_MAX_WIDTH 16u
#define NP_AM_MAX_DEPTH 34u /* nodes on a way, IPv6 */
#define NP_AM_ALIGN 64u

/* An address or a prefix of either family, first bit highest. */
struct np_am_key {
    uint64_t hi, lo;
};

/* A record being sorted and built from. */
struct np_am_item {
    struct np_am_key key;
    uint32_t rec;
    uint32_t len;
};

struct cnipol_addrmap {
    struct np_mem *mem;
    char *base;
    uint64_t size;
    uint32_t bitmap_at, arena_at, units;
    uint32_t node_hint, record_hint; /* units where the last search ended */
    struct np_am_item *items;        /* scratch for rebuilding */
    uint32_t cap_items;
};

/* A word and the number of the record that it has its entry from. */
struct np_am_ref {
    uint32_t word, rec; /* offsets */
    uint32_t depth;     /* bits that the word stands for */
};

/* A node, taken apart. `at` 0: the root's own word, a node of no bits. */
struct np_am_node {
    uint32_t at, words, recs; /* offsets */
    uint32_t start, width, end;
    uint32_t family;
};

static inline void np_am_store64(void *base, uint64_t off, uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    __atomic_store_n((uint64_t *)(void *)((char *)base + off), value, __ATOMIC_RELEASE);
}

static inline void np_am_store32(void *base, uint64_t off, uint32_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap32(value);
#endif
    __atomic_store_n((uint32_t *)(void *)((char *)base + off), value, __ATOMIC_RELEASE);
}

static inline uint64_t np_am_word(const char *base, uint64_t off)
{
    return cnipol_addrmap_load64(base, off);
}

static inline uint32_t np_am_half(const char *base, uint64_t off)
{
    return cnipol_addrmap_load32(base, off);
}

static inline uint32_t np_am_bits(uint32_t family)
{
    return family ? 128 : 32;
}

/* Bits [from, from + width) as a number; they are in one half. */
static inline uint32_t np_am_index(struct np_am_key key, uint32_t from, uint32_t width)
{
    uint32_t end = from + width;

    if (width == 0)
        return 0;
    return (uint32_t)((end <= 64 ? key.hi >> (64 - end) : key.lo >> (128 - end)) & ((1ull << width) - 1));
}

struct np_am_key np_am_masked(struct np_am_key key, uint32_t len);
/* How many first bits two keys share: at most 128. */
uint32_t np_am_common(struct np_am_key a, struct np_am_key b);
bool np_am_read_prefix(const struct cnipol_addrmap_prefix *prefix, uint32_t *family, struct np_am_key *key);

/* Nodes and words. */
struct np_am_ref np_am_root(uint32_t family);
struct np_am_node np_am_node_of(const char *base, uint64_t link);
struct np_am_ref np_am_ref_of(const struct np_am_node *node, uint32_t index);
struct np_am_key np_am_node_key(const char *base, const struct np_am_node *node);
uint32_t np_am_node_units(uint32_t family, uint32_t width);

/* Records: a number is the record's unit. */
uint32_t np_am_rec_at(const char *base, uint32_t rec);
struct np_am_key np_am_rec_key(const char *base, uint32_t rec);
uint64_t np_am_rec_entry(const char *base, uint32_t rec);
uint32_t np_am_rec_parent(const char *base, uint32_t rec);
uint32_t np_am_rec_rank(const char *base, uint32_t rec);
void np_am_set_parent(struct cnipol_addrmap *map, uint32_t rec, uint32_t parent);
void np_am_set_entry(struct cnipol_addrmap *map, uint32_t rec, uint64_t entry);

/* The arena. */
#define NP_AM_NONE UINT32_MAX
uint32_t np_am_record_new(struct cnipol_addrmap *map, uint32_t family, struct np_am_key key, uint32_t rank, uint64_t entry);
void np_am_record_free(struct cnipol_addrmap *map, uint32_t rec);
#define NP_AM_LINK_SHAPE (0xffff000000000000ull | CNIPOL_ADDRMAP_LINK | CNIPOL_ADDRMAP_HIGH | 63) /* what a link says of its node */
uint64_t np_am_shape_of_link(uint32_t family, uint32_t width, uint32_t end);
/* A node that nothing links yet, each word and `other` the entry of `rec`; its link, or 0 if there is no room. */
uint64_t np_am_node_new(struct cnipol_addrmap *map, uint32_t family, struct np_am_key key, uint32_t start, uint32_t width, uint32_t rec);
/* Frees the node of a link that is no longer anywhere but below freed nodes, and all nodes below. */
void np_am_free_below(struct cnipol_addrmap *map, uint64_t link);
/* The same node under a new link. */
uint64_t np_am_relink(struct cnipol_addrmap *map, uint64_t link);
void np_am_mark(uint64_t *bitmap, uint32_t from, uint32_t n, bool used);

/* Trees from records and back. */
/* The records of the tree at `ref` that are longer than its depth, in order, into map->items; < 0: CNIPOL_E_NOMEM. */
int64_t np_am_gather(struct cnipol_addrmap *map, struct np_am_ref ref, uint64_t room_for_more);
/* Builds the tree of items [0, n); 0 if there is no room. */
uint64_t np_am_build(struct cnipol_addrmap *map, uint32_t family, const struct np_am_item *items, uint32_t n, uint32_t rec);

typedef int np_am_visit_fn(void *user, uint32_t rec);
/* Each record of the tree at `ref` that is longer than its depth, by address and length. */
int np_am_walk(const char *base, struct np_am_ref ref, np_am_visit_fn *visit, void *user);

/* The header of a map of this size; false if it is too small or too large. */
bool np_am_lay_out(uint64_t size, uint32_t owners, struct cnipol_addrmap_header *out);
int np_am_verify(struct np_mem *mem, const void *base, size_t size);

#endif
