/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef CNIPOL_ADDRMAP_CORE_H
#define CNIPOL_ADDRMAP_CORE_H

/**
 * Reading an address map: its layout (docs/address-map.md) and the lookup, for programs and for BPF.
 *
 * No libc, no allocation, constant bounds. Every access goes through CNIPOL_ADDRMAP_LOAD32 and
 * CNIPOL_ADDRMAP_LOAD64; a BPF program defines both before including this file, as
 *
 *     #define CNIPOL_ADDRMAP_LOAD64(base, off) (*(volatile __u64 *)((char *)(base) + ((off) & (SIZE - 8))))
 *
 * where SIZE, a power of two, is the size of the map's value.
 *
 * A lookup takes no lock and waits for nobody while one writer changes the map. It returns what held
 * for the address at some moment between its beginning and its end. The word of a link names its node
 * and carries a number that is new for each link; a node's memory is used again only after every word
 * that led to it is overwritten. So a reader that has read from a node reads the link again: unchanged,
 * what it read was the node's; changed, it begins anew. Each new beginning means that the writer
 * replaced that very node in the meantime. After CNIPOL_ADDRMAP_TURNS of them the answer is
 * "no peer": an evaluator refuses it.
 */

#if defined(__bpf__)
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
#else
#include <stdint.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define CNIPOL_ADDRMAP_MAGIC 0x70616d7264646163ull /**< the bytes "caddrmap" */
#define CNIPOL_ADDRMAP_VERSION 1u
#define CNIPOL_ADDRMAP_NO_PEER 0x7fffffffu   /**< no peer id; every peer id is below it */
#define CNIPOL_ADDRMAP_NOBODY 0xffffffffu    /**< an owner: nobody's address */
#define CNIPOL_ADDRMAP_OWN 0x80000000u       /**< a bit of an owner: one of its node's own addresses */
#define CNIPOL_ADDRMAP_UNPOLICED 0x80000000u /**< a bit of an owner's node word: no policy applies to it, it is a node */
#define CNIPOL_ADDRMAP_NO_NODE 0x7fffffffu   /**< the rest of an owner's node word: on no node */

/** What holds for an address. In memory the pair is one 64-bit word, peer in the low half. */
struct cnipol_addrmap_entry {
    uint32_t peer;
    uint32_t owner; /**< number of the end whose address it is, with CNIPOL_ADDRMAP_OWN; CNIPOL_ADDRMAP_NOBODY */
};

/** The first bytes of a map; offsets are from here. Readers use `owners`, `nodes_at` and `root`. */
struct cnipol_addrmap_header {
    uint64_t magic; /**< stored last */
    uint32_t version;
    uint32_t header_bytes;
    uint64_t size; /**< of the whole map */
    uint32_t owners;
    uint32_t nodes_at;  /**< a 32-bit node word for each owner */
    uint32_t bitmap_at; /**< a bit for each unit of the arena: in use */
    uint32_t arena_at;
    uint32_t units;       /**< of CNIPOL_ADDRMAP_UNIT bytes, in the arena */
    uint32_t links;       /**< number of the newest link */
    uint64_t root[2];     /**< the word for all addresses: IPv4, IPv6 */
    uint32_t root_rec[2]; /**< the record that the roots have where no longer prefix is */
    uint32_t prefixes[2]; /**< how many there are, the defaults not counted */
    uint32_t reserved[12];
};

/** What a node begins with; its words follow, then a 32-bit record number for each word. */
struct cnipol_addrmap_node {
    uint64_t other; /**< the entry of addresses that are in the link's range but not the node's */
    uint32_t key;   /**< IPv4: the node's range, by value and mask */
    uint32_t mask;  /**< IPv4 */
    uint32_t total; /**< prefixes here and below */
    uint32_t built; /**< `total` when the node was built */
    uint32_t shape; /**< start, width << 8, family index << 16 */
    uint32_t reserved;
};

/** What an IPv6 node has between its beginning and its words. */
struct cnipol_addrmap_range {
    uint64_t key[2]; /**< high half, low half, as numbers */
    uint64_t mask[2];
};

/** A prefix and its entry; one unit. Used by the writer and by dumps. */
struct cnipol_addrmap_record {
    uint64_t key[2]; /**< the first bits of the prefix are the highest ones; IPv4 uses the upper half of key[0] */
    uint64_t entry;
    uint32_t parent; /**< the next shorter prefix that holds this one; the default's own number in the default */
    uint8_t rank;    /**< 0: a family's default; else prefix length + 1 */
    uint8_t family;  /**< 0: IPv4, 1: IPv6 */
    uint16_t reserved;
};

enum cnipol_addrmap_layout {
    CNIPOL_ADDRMAP_UNIT = 32,   /**< records and nodes are multiples of it */
    CNIPOL_ADDRMAP_ROOT4 = 48,  /**< offset of root[0] */
    CNIPOL_ADDRMAP_ROOT6 = 56,  /**< offset of root[1] */
    CNIPOL_ADDRMAP_WORDS4 = 32, /**< an IPv4 node's words, from its beginning */
    CNIPOL_ADDRMAP_WORDS6 = 64, /**< an IPv6 node's words, from its beginning */
    CNIPOL_ADDRMAP_STEPS4 = 10, /**< nodes on a way, at most, and one entry */
    CNIPOL_ADDRMAP_STEPS6 = 35  /**< the same for IPv6 */
};

/*
 * A word is an entry (bit 31 clear) or a link:
 *
 *     0-5    how far the address, or the half of it, is shifted right to index the node's words
 *     6-27   the node's offset, which is a multiple of 64, in place
 *     28     IPv6: the index is in the high half of the address
 *     29-30  the link's number, lowest bits
 *     31     set
 *     32-47  the link's number, the bits above
 *     48-63  mask of the index: the node has one word more than this
 */
#define CNIPOL_ADDRMAP_LINK 0x80000000u
#define CNIPOL_ADDRMAP_HIGH 0x10000000u
#define CNIPOL_ADDRMAP_GONE 0xffffffffffffffffull /* a word of a node that is no more */

#ifndef CNIPOL_ADDRMAP_TURNS
#if defined(__bpf__)
#define CNIPOL_ADDRMAP_TURNS 4
#else
#define CNIPOL_ADDRMAP_TURNS 64
#endif
#endif

#ifndef CNIPOL_ADDRMAP_LOAD64
static inline uint64_t cnipol_addrmap_load64(const void *base, uint64_t off)
{
    uint64_t word = __atomic_load_n((const uint64_t *)(const void *)((const char *)base + off), __ATOMIC_ACQUIRE);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}
static inline uint32_t cnipol_addrmap_load32(const void *base, uint64_t off)
{
    uint32_t word = __atomic_load_n((const uint32_t *)(const void *)((const char *)base + off), __ATOMIC_ACQUIRE);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word;
}
#define CNIPOL_ADDRMAP_LOAD64(base, off) cnipol_addrmap_load64(base, off)
#define CNIPOL_ADDRMAP_LOAD32(base, off) cnipol_addrmap_load32(base, off)
#endif

static inline uint32_t cnipol_addrmap_node_at(uint64_t link)
{
    return (uint32_t)link & 0x0fffffc0u;
}

static inline struct cnipol_addrmap_entry cnipol_addrmap_entry_of(uint64_t word)
{
    struct cnipol_addrmap_entry entry;

    entry.peer = (uint32_t)word;
    entry.owner = (uint32_t)(word >> 32);
    return entry;
}

/** Where, from the node's beginning on, the word for an IPv4 address is: as if no address were outside its range. */
static inline uint32_t cnipol_addrmap_slot4(uint64_t link, uint32_t address)
{
    uint64_t index = ((uint64_t)address >> (link & 63)) & (link >> 48);

    return cnipol_addrmap_node_at(link) + CNIPOL_ADDRMAP_WORDS4 + (uint32_t)index * 8;
}

/** The same for IPv6. A node's index bits are all in one half of the address. */
static inline uint32_t cnipol_addrmap_slot6(uint64_t link, uint64_t high, uint64_t low)
{
    uint64_t half = link & CNIPOL_ADDRMAP_HIGH ? high : low;
    uint64_t index = (half >> (link & 63)) & (link >> 48);

    return cnipol_addrmap_node_at(link) + CNIPOL_ADDRMAP_WORDS6 + (uint32_t)index * 8;
}

/** Is the address outside the range of the IPv4 node at `node`? */
static inline int cnipol_addrmap_outside4(const void *base, uint32_t node, uint32_t address)
{
    uint64_t range = CNIPOL_ADDRMAP_LOAD64(base, (uint64_t)node + 8);

    return ((address ^ (uint32_t)range) & (uint32_t)(range >> 32)) != 0;
}

static inline int cnipol_addrmap_outside6(const void *base, uint32_t node, uint64_t high, uint64_t low)
{
    uint64_t at = (uint64_t)node + CNIPOL_ADDRMAP_WORDS4;
    uint64_t in_high = (high ^ CNIPOL_ADDRMAP_LOAD64(base, at)) & CNIPOL_ADDRMAP_LOAD64(base, at + 16);
    uint64_t in_low = (low ^ CNIPOL_ADDRMAP_LOAD64(base, at + 8)) & CNIPOL_ADDRMAP_LOAD64(base, at + 24);

    return (in_high | in_low) != 0;
}

/** The entry of an IPv4 address, as a number: 10.0.0.1 is 0x0a000001. */
static inline struct cnipol_addrmap_entry cnipol_addrmap_find4(const void *base, uint32_t address)
{
    for (uint32_t turn = 0; turn < CNIPOL_ADDRMAP_TURNS; turn++) {
        uint32_t at = CNIPOL_ADDRMAP_ROOT4;
        uint64_t word = CNIPOL_ADDRMAP_LOAD64(base, at);

        for (uint32_t step = 0; step < CNIPOL_ADDRMAP_STEPS4; step++) {
            uint32_t slot;
            uint64_t next;

            if (!(word & CNIPOL_ADDRMAP_LINK))
                return cnipol_addrmap_entry_of(word);
            slot = cnipol_addrmap_slot4(word, address);
            next = CNIPOL_ADDRMAP_LOAD64(base, slot);
            if (__builtin_expect(cnipol_addrmap_outside4(base, cnipol_addrmap_node_at(word), address), 0)) {
                slot = cnipol_addrmap_node_at(word);
                next = CNIPOL_ADDRMAP_LOAD64(base, slot);
            }
            if (__builtin_expect(CNIPOL_ADDRMAP_LOAD64(base, at) != word, 0))
                break;
            at = slot;
            word = next;
        }
    }
    return cnipol_addrmap_entry_of(((uint64_t)CNIPOL_ADDRMAP_NOBODY << 32) | CNIPOL_ADDRMAP_NO_PEER);
}

/** The entry of an IPv6 address, its two halves as numbers. */
static inline struct cnipol_addrmap_entry cnipol_addrmap_find6(const void *base, uint64_t high, uint64_t low)
{
    for (uint32_t turn = 0; turn < CNIPOL_ADDRMAP_TURNS; turn++) {
        uint32_t at = CNIPOL_ADDRMAP_ROOT6;
        uint64_t word = CNIPOL_ADDRMAP_LOAD64(base, at);

        for (uint32_t step = 0; step < CNIPOL_ADDRMAP_STEPS6; step++) {
            uint32_t slot;
            uint64_t next;

            if (!(word & CNIPOL_ADDRMAP_LINK))
                return cnipol_addrmap_entry_of(word);
            slot = cnipol_addrmap_slot6(word, high, low);
            next = CNIPOL_ADDRMAP_LOAD64(base, slot);
            if (__builtin_expect(cnipol_addrmap_outside6(base, cnipol_addrmap_node_at(word), high, low), 0)) {
                slot = cnipol_addrmap_node_at(word);
                next = CNIPOL_ADDRMAP_LOAD64(base, slot);
            }
            if (__builtin_expect(CNIPOL_ADDRMAP_LOAD64(base, at) != word, 0))
                break;
            at = slot;
            word = next;
        }
    }
    return cnipol_addrmap_entry_of(((uint64_t)CNIPOL_ADDRMAP_NOBODY << 32) | CNIPOL_ADDRMAP_NO_PEER);
}

/** How two ends stand to each other: the bits of a question. */
enum cnipol_addrmap_relation {
    CNIPOL_ADDRMAP_SELF = 1,          /**< one pod */
    CNIPOL_ADDRMAP_SAME_NODE = 4,     /**< both on one node */
    CNIPOL_ADDRMAP_FROM_OWN_NODE = 8, /**< the source is the destination's own node, or speaks with its address */
    CNIPOL_ADDRMAP_TO_OWN_NODE = 16   /**< the destination is the source's own node, or has its address */
};

/** The node number of an entry's owner, with CNIPOL_ADDRMAP_UNPOLICED; all bits set where nobody owns it. */
static inline uint32_t cnipol_addrmap_node_word(const void *base, uint32_t owner)
{
    uint32_t number = owner & ~CNIPOL_ADDRMAP_OWN;
    uint64_t owners = CNIPOL_ADDRMAP_LOAD64(base, 24);

    return number < (uint32_t)owners ? CNIPOL_ADDRMAP_LOAD32(base, (owners >> 32) + (uint64_t)number * 4) : 0xffffffffu;
}

/** Is `end` the node that the policed `pod` is on, or does it have that node's address? Both are on one node. */
static inline int cnipol_addrmap_is_own_node(uint32_t pod_word, uint32_t end_word, uint32_t end_owner)
{
    return !(pod_word & CNIPOL_ADDRMAP_UNPOLICED) && ((end_owner & CNIPOL_ADDRMAP_OWN) || (end_word & CNIPOL_ADDRMAP_UNPOLICED));
}

/** The relations of a connection from `source` to `destination`: bits of enum cnipol_addrmap_relation. */
static inline uint32_t cnipol_addrmap_relations(const void *base, struct cnipol_addrmap_entry source,
                                                struct cnipol_addrmap_entry destination)
{
    uint32_t from = cnipol_addrmap_node_word(base, source.owner), to = cnipol_addrmap_node_word(base, destination.owner);
    uint32_t bits = 0;

    if (!(from & CNIPOL_ADDRMAP_UNPOLICED) && ((source.owner ^ destination.owner) & ~CNIPOL_ADDRMAP_OWN) == 0)
        bits |= CNIPOL_ADDRMAP_SELF;
    if (((from ^ to) & CNIPOL_ADDRMAP_NO_NODE) != 0 || (from & CNIPOL_ADDRMAP_NO_NODE) == CNIPOL_ADDRMAP_NO_NODE)
        return bits;
    bits |= CNIPOL_ADDRMAP_SAME_NODE;
    if (cnipol_addrmap_is_own_node(to, from, source.owner))
        bits |= CNIPOL_ADDRMAP_FROM_OWN_NODE;
    if (cnipol_addrmap_is_own_node(from, to, destination.owner))
        bits |= CNIPOL_ADDRMAP_TO_OWN_NODE;
    return bits;
}

#ifdef __cplusplus
}
#endif
#endif
