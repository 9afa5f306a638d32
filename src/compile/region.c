/* SPDX-License-Identifier: BSD-2-Clause */
/* Regions: see region.h. */

#include "compile/region.h"

#include <string.h>

#include <cnipol/status.h>

#include "image/image.h"

static int log_patch(struct np_region *region, uint32_t offset, uint32_t n)
{
    void *grown = NULL;

    if (!region->is_followed)
        return CNIPOL_OK;
    grown = np_grow(region->mem, region->patches, &region->cap_patches, region->n_patches + 1, sizeof *region->patches);

    if (!grown)
        return CNIPOL_E_NOMEM;
    region->patches = grown;
    region->patches[region->n_patches++] = (struct np_patch){offset, n};
    return CNIPOL_OK;
}

/* Room for the image's own elements, none of them there yet, and for more. */
static bool reserve(struct np_region *region, struct np_region_table *table, uint32_t size, uint32_t own, uint64_t more)
{
    uint64_t end = np_image_align(region->used + (own + more) * size);

    if (end > region->block.n)
        return false;
    *table = (struct np_region_table){region->used, 0, (uint32_t)(own + more), size, own};
    region->used = (uint32_t)end;
    return true;
}

int np_region_append(struct np_region *region, struct np_region_table *table, const void *elements, uint32_t n)
{
    uint32_t offset = table->at + table->n * table->size;

    if (n > table->cap - table->n)
        return CNIPOL_E_LIMIT;
    if (!n)
        return CNIPOL_OK;
    memcpy(region->block.bytes + offset, elements, (size_t)n * table->size);
    table->n += n;
    return log_patch(region, offset, n * table->size);
}

/* Frames may grow a little, as ids are added. */
static int add_frame(struct np_region *region, uint32_t n)
{
    uint64_t cap = np_image_align((uint64_t)n + n / 16);
    void *grown;

    if (region->used + cap > region->block.n)
        return CNIPOL_E_LIMIT;
    grown = np_grow(region->mem, region->frames, &region->cap_frames, region->n_frames + 1, sizeof *region->frames);
    if (!grown)
        return CNIPOL_E_NOMEM;
    region->frames = grown;
    region->frames[region->n_frames++] = (struct np_region_frame){region->used, (uint32_t)cap, 0};
    region->used += (uint32_t)cap;
    return CNIPOL_OK;
}

int np_region_frame(struct np_region *region, uint32_t n, uint32_t *at)
{
    int rc;

    for (uint32_t i = 0; i < region->n_frames; i++) {
        const struct np_region_frame *frame = &region->frames[i];

        if (frame->n_snapshots || frame->cap < n || (region->is_followed && frame->at == region->copied_view))
            continue;
        *at = frame->at;
        return CNIPOL_OK;
    }
    rc = add_frame(region, n);
    if (!rc)
        *at = region->frames[region->n_frames - 1].at;
    return rc;
}

int np_region_write(struct np_region *region, uint32_t at, const void *bytes, uint32_t n)
{
    memcpy(region->block.bytes + at, bytes, n);
    return log_patch(region, at, n);
}

void np_region_hold(struct np_region *region, uint32_t at, int change)
{
    for (uint32_t i = 0; i < region->n_frames; i++)
        if (region->frames[i].at == at)
            region->frames[i].n_snapshots += (uint32_t)change;
}

/* What is added by a change is small beside what is there; most of the room is for the ids' words. */
static bool reserve_all(struct np_region *region, const struct np_ruleset *rules, uint64_t room)
{
    uint32_t n_checkpoints = region->view.n_checkpoints;
    bool fits =
        reserve(region, &region->cells, sizeof(struct cnipol_image_cell), rules->cells.n, room / 16 / sizeof(struct cnipol_image_cell)) &&
        reserve(region, &region->items, 4, rules->lists.n_words, room / 16 / 4) &&
        reserve(region, &region->lists, sizeof(struct cnipol_image_list), rules->lists.n, room / 64 / sizeof(struct cnipol_image_list)) &&
        reserve(region, &region->sets, sizeof(struct cnipol_image_set), rules->sets.n, room / 64 / sizeof(struct cnipol_image_set)) &&
        reserve(region, &region->words, 4, region->view.n_words, room / 32 / 4);

    for (uint32_t i = 0; i < n_checkpoints && fits; i++)
        fits = reserve(region, &region->peers[i], 4, region->view.n_ids, room / 64 / sizeof(struct cnipol_image_list));
    return fits;
}

static uint64_t size_of(const uint8_t *image, uint64_t room)
{
    const struct cnipol_image_header *header = np_image_header(image);

    return np_image_align((uint64_t)header->eval_bytes * 2 + room + (64u << 10));
}

int np_region_init(struct np_region *region, struct np_mem *mem, const uint8_t *image, const struct np_ruleset *rules, uint64_t room)
{
    const struct cnipol_image_header *header = np_image_header(image);
    uint64_t size = size_of(image, room);

    *region = (struct np_region){.mem = mem};
    if (size > UINT32_MAX)
        return CNIPOL_E_LIMIT;
    if (np_image_block_new(mem, size, &region->block))
        return CNIPOL_E_NOMEM;
    memcpy(region->block.bytes, image, header->hot_bytes);
    memcpy(&region->view, image + header->view, sizeof region->view);
    region->used = (uint32_t)np_image_align(header->hot_bytes);
    return reserve_all(region, rules, room) ? CNIPOL_OK : CNIPOL_E_LIMIT;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t taken_of(const struct np_region_table *table, uint64_t room)
{
    uint32_t more = table->cap - table->own;

    return more ? room * (table->n - table->own) / more : room;
}

uint64_t np_region_taken(const struct np_region *region, uint64_t room)
{
    const struct np_region_table *tables[] = {&region->cells, &region->items, &region->lists, &region->sets, &region->words};
    uint64_t begin = region->frames[0].at + region->frames[0].cap, most = room * (region->used - begin) / (region->block.n - begin);

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        most = larger(most, taken_of(tables[i], room));
    for (uint32_t i = 0; i < region->view.n_checkpoints; i++)
        most = larger(most, taken_of(&region->peers[i], room));
    return most;
}

void np_region_free(struct np_region *region)
{
    if (!region->mem)
        return;
    np_image_block_free(region->mem, &region->block);
    np_free(region->mem, region->frames, region->cap_frames * sizeof *region->frames);
    np_free(region->mem, region->patches, region->cap_patches * sizeof *region->patches);
}
