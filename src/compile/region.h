/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_REGION_H
#define NP_COMPILE_REGION_H

/*
 * A region: an image that grows while it is read.
 *
 * It begins with the HOT bytes of an image, at their own offsets. Behind them lie copies of the tables that change
 * adds to (cells, items, lists, sets, words, peers), each with room to grow, and then frames for what is new
 * with each change: a view, and the ids' roots, list numbers and members that it names. Tables are only appended to. A frame is
 * written again once no snapshot is of its view, and nobody keeps a copy whose view it is.
 */

#include "compile/ruleset.h"
#include "image/section.h"

struct np_region_table {
    uint32_t at;
    uint32_t n, cap; /* elements */
    uint32_t size;   /* of one */
    uint32_t own;    /* elements that the image came with */
};

/* A view and what belongs to it alone. */
struct np_region_frame {
    uint32_t at;
    uint32_t cap; /* bytes */
    uint32_t n_snapshots;
};

struct np_patch {
    uint32_t offset;
    uint32_t n;
};

struct np_region {
    struct np_mem *mem;
    struct np_image_block block;
    struct cnipol_image_view view; /* the present one */
    uint32_t view_at;
    uint32_t used;
    struct np_region_table cells, items, lists, sets, words;
    struct np_region_table peers[CNIPOL_IMAGE_CHECKPOINTS];
    struct np_region_frame *frames;
    uint32_t n_frames, cap_frames;
    bool is_followed;         /* somebody keeps a copy by patches: */
    uint32_t copied_view;     /* the view that it has */
    struct np_patch *patches; /* since they were last taken */
    uint32_t n_patches, cap_patches;
};

/* `room`: bytes beyond the image's own. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT. */
int np_region_init(struct np_region *region, struct np_mem *mem, const uint8_t *image, const struct np_ruleset *rules, uint64_t room);
void np_region_free(struct np_region *region);

/* How much of `room` is taken, going by the part that is fullest. */
uint64_t np_region_taken(const struct np_region *region, uint64_t room);

/* Appends n elements to a table. CNIPOL_E_LIMIT: no room. */
int np_region_append(struct np_region *region, struct np_region_table *table, const void *elements, uint32_t n);
/* A frame of n bytes that nobody reads. CNIPOL_E_LIMIT: no room. */
int np_region_frame(struct np_region *region, uint32_t n, uint32_t *at);
/* Writes to a frame. */
int np_region_write(struct np_region *region, uint32_t at, const void *bytes, uint32_t n);
/* One snapshot more, or less, is of the view at `at`. */
void np_region_hold(struct np_region *region, uint32_t at, int change);

#endif
