/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections: see section.h. */

#include "image/section.h"

#include <string.h>

#include <cnipol/status.h>
#include <xxhash.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "images are read in place");

int np_image_block_new(struct np_mem *mem, size_t n, struct np_image_block *out)
{
    struct np_image_block block = {.n = n, .size = n + CNIPOL_IMAGE_ALIGN};

    if (n > SIZE_MAX - CNIPOL_IMAGE_ALIGN)
        return CNIPOL_E_NOMEM;
    block.base = np_zalloc(mem, block.size);
    if (!block.base)
        return CNIPOL_E_NOMEM;
    block.bytes = (uint8_t *)block.base + (-(uintptr_t)block.base & (CNIPOL_IMAGE_ALIGN - 1));
    *out = block;
    return CNIPOL_OK;
}

void np_image_block_free(struct np_mem *mem, struct np_image_block *block)
{
    np_free(mem, block->base, block->size);
    *block = (struct np_image_block){0};
}

void np_image_checksum(const void *bytes, size_t n, uint8_t out[16])
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, n));
    memcpy(out, canonical.digest, 16);
}

void np_image_header_checksum(const struct cnipol_image_header *header, uint8_t out[16])
{
    uint8_t copy[sizeof *header + NP_IMAGE_SECTIONS_MAX * sizeof(struct cnipol_image_section)];
    size_t n = header->header_bytes < sizeof copy ? header->header_bytes : sizeof copy;

    memcpy(copy, header, n);
    memset(copy + offsetof(struct cnipol_image_header, checksum), 0, sizeof header->checksum);
    np_image_checksum(copy, n, out);
}

/* Fills the sections' places and the sizes that follow from them. */
static int lay_out(const struct np_image_plan *plan, struct cnipol_image_header *header, struct cnipol_image_section *sections)
{
    uint64_t at = np_image_first_offset(plan->n_parts), hot = 0, eval = 0;

    for (uint32_t i = 0; i < plan->n_parts; i++) {
        const struct np_image_part *part = &plan->parts[i];

        if (part->n > SIZE_MAX / 2 || at > SIZE_MAX / 2)
            return CNIPOL_E_LIMIT;
        sections[i] = (struct cnipol_image_section){part->kind, part->temperature, part->flags, at, part->n, {0}};
        if (part->temperature == CNIPOL_HOT)
            hot = at + part->n;
        if (part->kind == CNIPOL_SECTION_RULES)
            eval = at + part->n;
        at = np_image_align(at + part->n);
    }
    if (hot > UINT32_MAX || eval > UINT32_MAX)
        return CNIPOL_E_LIMIT;
    header->hot_bytes = (uint32_t)hot;
    header->eval_bytes = (uint32_t)eval;
    header->total_bytes = at;
    return eval && plan->view <= eval ? CNIPOL_OK : CNIPOL_E_USAGE;
}

static void copy_parts(const struct np_image_plan *plan, const struct cnipol_image_header *header, struct cnipol_image_section *sections,
                       uint8_t *bytes)
{
    for (uint32_t i = 0; i < plan->n_parts; i++) {
        if (plan->parts[i].n)
            memcpy(bytes + sections[i].offset, plan->parts[i].bytes, (size_t)plan->parts[i].n);
        if (header->features & CNIPOL_FEATURE_CHECKSUMS)
            np_image_checksum(bytes + sections[i].offset, (size_t)sections[i].bytes, sections[i].checksum);
    }
    memcpy(bytes, header, sizeof *header);
    memcpy(bytes + sizeof *header, sections, plan->n_parts * sizeof *sections);
}

int np_image_assemble(struct np_mem *mem, const struct np_image_plan *plan, struct np_image_block *out)
{
    struct cnipol_image_header header = {
        .magic = CNIPOL_IMAGE_MAGIC,
        .major = CNIPOL_IMAGE_MAJOR,
        .minor = CNIPOL_IMAGE_MINOR,
        .n_sections = plan->n_parts,
        .view = plan->view,
        .features = plan->features,
    };
    struct cnipol_image_section sections[NP_IMAGE_SECTIONS_MAX];
    struct np_image_block block;
    int rc;

    if (!plan->n_parts || plan->n_parts > NP_IMAGE_SECTIONS_MAX)
        return CNIPOL_E_USAGE;
    header.header_bytes = (uint32_t)(sizeof header + plan->n_parts * sizeof sections[0]);
    rc = lay_out(plan, &header, sections);
    if (!rc)
        rc = np_image_block_new(mem, (size_t)header.total_bytes, &block);
    if (rc)
        return rc;
    copy_parts(plan, &header, sections, block.bytes);
    np_image_header_checksum((const struct cnipol_image_header *)block.bytes, header.checksum);
    memcpy(block.bytes, &header, sizeof header);
    *out = block;
    return CNIPOL_OK;
}
