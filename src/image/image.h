/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_IMAGE_IMAGE_H
#define NP_IMAGE_IMAGE_H

/*
 * Images: what include/cnipol/image.h hides.
 *
 * An image is bytes that do not change, and where its view begins. The bytes are borrowed, or the image's own.
 * Files are read, not mapped: what verify proved of a mapped file could be undone by whoever writes to it, and a
 * file that shrinks while it is mapped would kill the program.
 */

#include <cnipol/image.h>

#include "base/ctx.h"
#include "image/ask.h"
#include "image/section.h"

struct cnipol_image {
    struct np_mem *mem;
    const uint8_t *bytes;
    size_t n;
    uint32_t view;
    struct np_image_block own; /* zero: borrowed */
    struct np_batch batch;
};

static inline const struct cnipol_image_header *np_image_header(const uint8_t *bytes)
{
    return (const struct cnipol_image_header *)bytes;
}

static inline const struct cnipol_image_section *np_image_sections(const uint8_t *bytes)
{
    return (const struct cnipol_image_section *)(bytes + sizeof(struct cnipol_image_header));
}

static inline const struct cnipol_image_view *np_image_view(const struct cnipol_image *image)
{
    return (const struct cnipol_image_view *)(image->bytes + image->view);
}

/* Takes the block over, whatever comes of it. Trusts its content. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_INVALID. */
int np_image_adopt(struct cnipol_ctx *ctx, struct np_image_block *block, struct cnipol_image **out);

/* The section of a kind, or NULL. The image is one that was opened. */
const struct cnipol_image_section *np_image_section(const struct cnipol_image *image, uint32_t kind);

#endif
