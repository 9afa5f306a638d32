/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_IMAGE_SECTION_H
#define NP_IMAGE_SECTION_H

/*
 * Sections: how an image's bytes are laid out (format.h).
 *
 * Whoever builds tables needs their offsets before the image is there. Sections follow each other at multiples of
 * CNIPOL_IMAGE_ALIGN, so the first one's place depends on their number alone, and each one's on the ones before it:
 *
 *     tables_at = np_image_first_offset(n_sections);
 *     rules_at = np_image_align(tables_at + tables_bytes);
 */

#include <cnipol/format.h>

#include "base/mem.h"

#define NP_IMAGE_SECTIONS_MAX 64u

/* A zeroed block, aligned to CNIPOL_IMAGE_ALIGN. */
struct np_image_block {
    uint8_t *bytes;
    size_t n;
    void *base; /* what np_mem gave; NULL: nothing */
    size_t size;
};

int np_image_block_new(struct np_mem *mem, size_t n, struct np_image_block *out);
void np_image_block_free(struct np_mem *mem, struct np_image_block *block);

/* One section's content. Temperatures do not decrease; CNIPOL_SECTION_RULES is the first that is not HOT. */
struct np_image_part {
    uint32_t kind;
    uint16_t temperature;
    uint16_t flags;
    const void *bytes;
    uint64_t n;
};

struct np_image_plan {
    const struct np_image_part *parts;
    uint32_t n_parts;
    uint32_t features; /* enum cnipol_image_feature */
    uint32_t view;     /* offset from the image's first byte */
};

static inline uint64_t np_image_align(uint64_t offset)
{
    return (offset + CNIPOL_IMAGE_ALIGN - 1) & ~(uint64_t)(CNIPOL_IMAGE_ALIGN - 1);
}

/* Where the first of so many sections begins. */
static inline uint64_t np_image_first_offset(uint32_t n_sections)
{
    return np_image_align(sizeof(struct cnipol_image_header) + (uint64_t)n_sections * sizeof(struct cnipol_image_section));
}

/*
 * Header, section table, sections, checksums. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT where what an evaluation
 * reads does not fit in 32-bit offsets, CNIPOL_E_USAGE where the parts are no image.
 */
int np_image_assemble(struct np_mem *mem, const struct np_image_plan *plan, struct np_image_block *out);

/* Canonical XXH3-128. */
void np_image_checksum(const void *bytes, size_t n, uint8_t out[16]);
/* That of the header and its section table, whatever is written in the header's place for it. */
void np_image_header_checksum(const struct cnipol_image_header *header, uint8_t out[16]);

#endif
