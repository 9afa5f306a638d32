/* SPDX-License-Identifier: BSD-2-Clause */
/* Making, opening and describing address maps: see include/cnipol/addrmap.h. */

#include "image/addrmap.h"

#include <stddef.h>
#include <string.h>

#define AT(type, member) ((uint32_t)offsetof(struct cnipol_addrmap_##type, member))

#define MAX_SIZE ((uint64_t)1 << 28)
#define ROOM 384u /* bytes for a prefix where nothing is dense, and for building anew beside what is there */

_Static_assert(sizeof(struct cnipol_addrmap_header) == 128, "the header is two cache lines");
_Static_assert(sizeof(struct cnipol_addrmap_node) == CNIPOL_ADDRMAP_WORDS4, "IPv4 words follow the node");
_Static_assert(sizeof(struct cnipol_addrmap_range) == CNIPOL_ADDRMAP_WORDS6 - CNIPOL_ADDRMAP_WORDS4, "IPv6 words follow the range");
_Static_assert(sizeof(struct cnipol_addrmap_record) == CNIPOL_ADDRMAP_UNIT, "a record is a unit");
_Static_assert(offsetof(struct cnipol_addrmap_header, owners) == 24, "read by cnipol_addrmap_node_word");
_Static_assert(offsetof(struct cnipol_addrmap_header, root) == CNIPOL_ADDRMAP_ROOT4, "read by cnipol_addrmap_find4");

static uint64_t align_up(uint64_t n)
{
    return (n + NP_AM_ALIGN - 1) / NP_AM_ALIGN * NP_AM_ALIGN;
}

bool np_am_lay_out(uint64_t size, uint32_t owners, struct cnipol_addrmap_header *out)
{
    uint64_t nodes_at = sizeof *out, bitmap_at = align_up(nodes_at + 4 * (uint64_t)owners), units, arena_at;

    if (size > MAX_SIZE || bitmap_at + 4 * NP_AM_ALIGN > size)
        return false;
    units = (size - bitmap_at) / CNIPOL_ADDRMAP_UNIT;
    arena_at = align_up(bitmap_at + (units + 63) / 64 * 8);
    if (arena_at + 2 * NP_AM_ALIGN > size)
        return false;
    units = (size - arena_at) / CNIPOL_ADDRMAP_UNIT;
    *out = (struct cnipol_addrmap_header){.magic = CNIPOL_ADDRMAP_MAGIC,
                                          .version = CNIPOL_ADDRMAP_VERSION,
                                          .header_bytes = sizeof *out,
                                          .size = size,
                                          .owners = owners,
                                          .nodes_at = (uint32_t)nodes_at,
                                          .bitmap_at = (uint32_t)bitmap_at,
                                          .arena_at = (uint32_t)arena_at,
                                          .units = (uint32_t)units};
    return true;
}

size_t cnipol_addrmap_room(uint64_t prefixes, uint32_t owners)
{
    uint64_t bytes = 4096 + 4 * (uint64_t)owners + prefixes * ROOM;

    return bytes < MAX_SIZE ? (size_t)align_up(bytes) : (size_t)MAX_SIZE;
}

static int new_writer(struct cnipol_ctx *ctx, void *base, struct cnipol_addrmap **out)
{
    struct cnipol_addrmap *map = np_zalloc(&ctx->mem, sizeof *map);

    if (!map)
        return CNIPOL_E_NOMEM;
    map->mem = &ctx->mem;
    map->base = base;
    map->size = np_am_word(base, AT(header, size));
    map->bitmap_at = np_am_half(base, AT(header, bitmap_at));
    map->arena_at = np_am_half(base, AT(header, arena_at));
    map->units = np_am_half(base, AT(header, units));
    map->record_hint = map->units;
    *out = map;
    return 0;
}

static void store_header(char *base, const struct cnipol_addrmap_header *header)
{
    np_am_store32(base, AT(header, version), header->version);
    np_am_store32(base, AT(header, header_bytes), header->header_bytes);
    np_am_store64(base, AT(header, size), header->size);
    np_am_store32(base, AT(header, owners), header->owners);
    np_am_store32(base, AT(header, nodes_at), header->nodes_at);
    np_am_store32(base, AT(header, bitmap_at), header->bitmap_at);
    np_am_store32(base, AT(header, arena_at), header->arena_at);
    np_am_store32(base, AT(header, units), header->units);
}

static bool is_aligned(const void *base)
{
    return base && (uintptr_t)base % 8 == 0;
}

int cnipol_addrmap_new(struct cnipol_ctx *ctx, void *base, size_t size, uint32_t owners, struct cnipol_addrmap **out)
{
    const uint64_t nothing = (uint64_t)CNIPOL_ADDRMAP_NOBODY << 32 | CNIPOL_ADDRMAP_NO_PEER;
    struct cnipol_addrmap_header header;
    int rc;

    if (!is_aligned(base) || size > MAX_SIZE)
        return CNIPOL_E_USAGE;
    if (!np_am_lay_out(size, owners, &header))
        return CNIPOL_E_LIMIT;
    memset(base, 0, header.arena_at);
    memset((char *)base + header.nodes_at, 0xff, 4 * (size_t)owners);
    store_header(base, &header);
    rc = new_writer(ctx, base, out);
    if (rc)
        return rc;
    for (uint32_t family = 0; family < 2; family++) {
        (*out)->record_hint = family + 1;
        np_am_record_new(*out, family, (struct np_am_key){0, 0}, 0, nothing);
        np_am_store64(base, np_am_root(family).word, nothing);
        np_am_store32(base, np_am_root(family).rec, family);
    }
    (*out)->record_hint = header.units;
    np_am_store64(base, AT(header, magic), header.magic);
    return 0;
}

int cnipol_addrmap_open(struct cnipol_ctx *ctx, void *base, size_t size, struct cnipol_addrmap **out)
{
    int rc = cnipol_addrmap_verify(ctx, base, size);

    return rc ? rc : new_writer(ctx, base, out);
}

int cnipol_addrmap_verify(struct cnipol_ctx *ctx, const void *base, size_t size)
{
    return is_aligned(base) ? np_am_verify(&ctx->mem, base, size) : CNIPOL_E_USAGE;
}

void cnipol_addrmap_close(struct cnipol_addrmap *map)
{
    if (!map)
        return;
    np_free(map->mem, map->items, map->cap_items * sizeof *map->items);
    np_free(map->mem, map, sizeof *map);
}

size_t cnipol_addrmap_bytes(const void *base)
{
    return (size_t)np_am_word(base, AT(header, size));
}

struct survey {
    const char *base;
    uint32_t nodes, depth;
    uint64_t bytes;
};

static void survey_node(struct survey *survey, uint64_t link, uint32_t depth)
{
    struct np_am_node node = np_am_node_of(survey->base, link);

    survey->nodes++;
    survey->bytes += np_am_node_units(node.family, node.width) * (uint64_t)CNIPOL_ADDRMAP_UNIT;
    if (depth > survey->depth)
        survey->depth = depth;
    for (uint32_t i = 0; i < 1u << node.width; i++) {
        uint64_t word = np_am_word(survey->base, np_am_ref_of(&node, i).word);

        if (word & CNIPOL_ADDRMAP_LINK)
            survey_node(survey, word, depth + 1);
    }
}

static struct survey survey_of(const char *base, uint32_t family)
{
    struct survey survey = {.base = base};
    uint64_t word = np_am_word(base, np_am_root(family).word);

    if (word & CNIPOL_ADDRMAP_LINK)
        survey_node(&survey, word, 1);
    return survey;
}

void cnipol_addrmap_stats(const struct cnipol_addrmap *map, struct cnipol_addrmap_stats *out)
{
    struct survey four = survey_of(map->base, 0), six = survey_of(map->base, 1);

    *out = (struct cnipol_addrmap_stats){.size = map->size,
                                         .node_bytes = four.bytes + six.bytes,
                                         .prefixes4 = np_am_half(map->base, AT(header, prefixes)),
                                         .prefixes6 = np_am_half(map->base, AT(header, prefixes) + 4),
                                         .nodes4 = four.nodes,
                                         .nodes6 = six.nodes,
                                         .depth4 = four.depth,
                                         .depth6 = six.depth,
                                         .owners = np_am_half(map->base, AT(header, owners))};
    out->record_bytes = (2 + (uint64_t)out->prefixes4 + out->prefixes6) * CNIPOL_ADDRMAP_UNIT;
    out->used = map->arena_at + out->node_bytes + out->record_bytes;
}
