/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_ADDRMAP_H
#define CNIPOL_ADDRMAP_H

/**
 * The address map: which peer an address is, and whose address it is.
 *
 * A flat block of little-endian bytes in memory that the caller gives (a mapped file, shared memory,
 * a mapped BPF array value), 8-aligned (64 is faster), of a size that never changes. One writer at a
 * time; any number of readers, in any process, through cnipol/addrmap_core.h or the functions below,
 * which take the block itself and neither lock nor wait. A reader sees, for each address, what held
 * before a change or what holds after it.
 *
 * Prefixes of both families, longest match; where none matches, the family's default. The writer's
 * prefixes are in the block too, so that a map can be opened again. A change that does not fit
 * returns CNIPOL_E_LIMIT and changes nothing.
 */

#include <stddef.h>
#include <stdint.h>

#include <cnipol/addrmap_core.h>
#include <cnipol/ctx.h>
#include <cnipol/status.h>
#include <cnipol/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A writer. Its memory is the context's; one thread at a time, with the context. */
struct cnipol_addrmap;

struct cnipol_addrmap_prefix {
    uint8_t family; /**< 4 or 6 */
    uint8_t length; /**< at most 32 or 128 */
    uint8_t reserved[6];
    uint8_t address[16]; /**< network order, from the first byte; bits after the length are ignored */
    struct cnipol_addrmap_entry entry;
};

struct cnipol_addrmap_stats {
    uint64_t size;         /**< of the block */
    uint64_t used;         /**< bytes of it that hold something */
    uint64_t node_bytes;   /**< of that: nodes, which readers walk */
    uint64_t record_bytes; /**< of that: prefixes, which only the writer reads */
    uint32_t prefixes4, prefixes6;
    uint32_t nodes4, nodes6;
    uint32_t depth4, depth6; /**< the most nodes on one way */
    uint32_t owners;         /**< that there is room for */
    uint32_t reserved;
};

/** A size in bytes at which so many prefixes and owners will fit; where prefixes are dense, far more do. */
CNIPOL_API size_t cnipol_addrmap_room(uint64_t prefixes, uint32_t owners);

/**
 * An empty map in `size` bytes at `base`, with room for the nodes of `owners` owners; each family's
 * default is "no peer, nobody's". CNIPOL_E_USAGE: not aligned, or above 256 MiB; CNIPOL_E_LIMIT: too
 * small for an empty map; CNIPOL_E_NOMEM.
 */
CNIPOL_API int cnipol_addrmap_new(struct cnipol_ctx *ctx, void *base, size_t size, uint32_t owners, struct cnipol_addrmap **out);
/** A writer for a map that is there, verified first. CNIPOL_E_INVALID: it is none; CNIPOL_E_USAGE; CNIPOL_E_NOMEM. */
CNIPOL_API int cnipol_addrmap_open(struct cnipol_ctx *ctx, void *base, size_t size, struct cnipol_addrmap **out);
/** Gives up the writer; the map stays as it is. NULL is allowed. */
CNIPOL_API void cnipol_addrmap_close(struct cnipol_addrmap *map);

/**
 * Inserts a prefix or replaces its entry. A peer of CNIPOL_ADDRMAP_NO_PEER says that nobody knows whose the addresses
 * are: nothing about them is answered. CNIPOL_E_USAGE: no such family or length, or a peer above that; CNIPOL_E_LIMIT: the block is full; CNIPOL_E_NOMEM. Then nothing changed.
 */
CNIPOL_API int cnipol_addrmap_put(struct cnipol_addrmap *map, const struct cnipol_addrmap_prefix *prefix);
/** Takes a prefix out; what it held falls to the next shorter one. CNIPOL_E_NOTFOUND, CNIPOL_E_USAGE; else it cannot fail. */
CNIPOL_API int cnipol_addrmap_delete(struct cnipol_addrmap *map, const struct cnipol_addrmap_prefix *prefix);
/** Fills in the entry of exactly this prefix. CNIPOL_E_NOTFOUND, CNIPOL_E_USAGE. */
CNIPOL_API int cnipol_addrmap_get(const struct cnipol_addrmap *map, struct cnipol_addrmap_prefix *prefix);
/** What addresses of a family (4, 6) have that are in no prefix. The peer may be CNIPOL_ADDRMAP_NO_PEER. CNIPOL_E_USAGE. */
CNIPOL_API int cnipol_addrmap_set_default(struct cnipol_addrmap *map, uint8_t family, struct cnipol_addrmap_entry entry);
/** An owner's node word: its node's number or CNIPOL_ADDRMAP_NO_NODE, with CNIPOL_ADDRMAP_UNPOLICED for a node itself. CNIPOL_E_USAGE. */
CNIPOL_API int cnipol_addrmap_set_node(struct cnipol_addrmap *map, uint32_t owner, uint32_t node_word);

/** Walks the whole map: the cost is that of reading it. */
CNIPOL_API void cnipol_addrmap_stats(const struct cnipol_addrmap *map, struct cnipol_addrmap_stats *out);
/** The size that the block's header gives. */
CNIPOL_API size_t cnipol_addrmap_bytes(const void *base);
/**
 * Is this a sound map? Takes any bytes; afterwards no lookup, walk or change leaves them or runs on.
 * Nobody may write meanwhile. CNIPOL_E_INVALID if not, CNIPOL_E_USAGE if not aligned, CNIPOL_E_NOMEM.
 */
CNIPOL_API int cnipol_addrmap_verify(struct cnipol_ctx *ctx, const void *base, size_t size);

/**
 * Calls `visit` with each prefix, IPv4 first, by address, shorter ones first; the defaults are not
 * among them. A visit that returns other than 0 ends the walk with that value. Nobody may write meanwhile.
 */
CNIPOL_API int cnipol_addrmap_each(const void *base, int (*visit)(void *user, const struct cnipol_addrmap_prefix *prefix), void *user);

/** One lookup: `address` in network order, 4 or 16 bytes; another family has no peer. */
CNIPOL_API struct cnipol_addrmap_entry cnipol_addrmap_find(const void *base, uint8_t family, const uint8_t *address);
/** Many IPv4 lookups at once, addresses as numbers. */
CNIPOL_API void cnipol_addrmap_find4_batch(const void *base, size_t n, const uint32_t *addresses, struct cnipol_addrmap_entry *out);
/** Many IPv6 lookups at once, the halves of each address as numbers. */
CNIPOL_API void cnipol_addrmap_find6_batch(const void *base, size_t n, const uint64_t (*addresses)[2], struct cnipol_addrmap_entry *out);

#ifdef __cplusplus
}
#endif
#endif
