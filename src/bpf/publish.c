/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Publishing and patching.
 *
 * Which of the two address maps goes with an image is said beside it, so both change places in the moment in which the
 * image does.
 *
 * Updating a slot of an array of maps returns when no program runs that may have seen the old one, so the
 * side that was replaced is free to be written by the next publication. A patch goes to the side in use, in
 * order: words by one store each, so that a root is never seen half written. It may write where the view before the last
 * one was read, so the slot is updated with what it holds first: that waits for the programs that began before the last patch.
 */
#include "bpf/object.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <cnipol/format.h>

static struct np_bpf_publication *publication_of(const struct np_load *load, const struct np_side *side)
{
    return (struct np_bpf_publication *)(void *)(side->bytes + load->image_size);
}

static void announce(struct np_bpf_publication *publication, uint32_t view, uint32_t map, uint64_t generation)
{
    __atomic_store_n(&publication->map, map, __ATOMIC_RELEASE);
    __atomic_store_n(&publication->view, view, __ATOMIC_RELEASE);
    __atomic_store_n(&publication->generation, generation, __ATOMIC_RELEASE);
}

/* An image to be published. */
struct publishing {
    const void *image;
    uint32_t n;
    uint32_t view;
    uint32_t map;
    uint64_t generation;
};

static void fill(const struct np_load *load, uint32_t side, const struct publishing *p)
{
    uint8_t *bytes = load->sides[side].bytes;

    memcpy(bytes, p->image, p->n);
    memset(bytes + p->n, 0, load->image_size - p->n);
    announce(publication_of(load, &load->sides[side]), p->view, p->map, p->generation);
}

static int publish_larger(struct cnipol_bpf *bpf, const struct publishing *p)
{
    uint32_t size = np_class_of(p->n);
    struct np_load load;
    int status;

    if (!size)
        return CNIPOL_E_LIMIT;
    status = np_load_open(bpf, size, &bpf->load, &load);
    if (status)
        return status;
    fill(&load, load.live, p);
    status = np_places_move(bpf, &load);
    if (status) {
        int reason = errno;

        (void)np_places_move(bpf, &bpf->load);
        np_load_close(&load);
        errno = reason;
        return status;
    }
    np_load_close(&bpf->load);
    bpf->load = load;
    return CNIPOL_OK;
}

static bool take_header(const void *image, uint32_t *n, uint32_t *view)
{
    struct cnipol_image_header header;

    if (*n < sizeof header)
        return false;
    memcpy(&header, image, sizeof header);
    if (memcmp(header.magic, CNIPOL_IMAGE_MAGIC, sizeof header.magic) != 0 || header.major != CNIPOL_IMAGE_MAJOR)
        return false;
    if (header.eval_bytes > *n || header.view >= header.eval_bytes)
        return false;
    *n = header.eval_bytes;
    *view = header.view;
    return true;
}

static int publish(struct cnipol_bpf *bpf, struct publishing p)
{
    uint32_t other = 1 - bpf->load.live;
    int rc;

    if (!p.generation || p.view >= p.n)
        return CNIPOL_E_USAGE;
    if (!p.view && !take_header(p.image, &p.n, &p.view))
        return CNIPOL_E_INVALID;
    if (p.n > bpf->load.image_size) {
        rc = publish_larger(bpf, &p);
    } else {
        fill(&bpf->load, other, &p);
        rc = np_load_swap(&bpf->load, other);
    }
    if (!rc) {
        bpf->map = p.map;
        bpf->is_patched = false;
    }
    return rc;
}

int cnipol_bpf_publish(struct cnipol_bpf *bpf, const void *image, uint32_t n, uint32_t view, uint64_t generation)
{
    return publish(bpf, (struct publishing){image, n, view, bpf->map, generation});
}

int cnipol_bpf_publish_both(struct cnipol_bpf *bpf, const void *image, uint32_t n, uint32_t view, uint64_t generation)
{
    return publish(bpf, (struct publishing){image, n, view, 1 - bpf->map, generation});
}

static void write_patch(uint8_t *at, const struct cnipol_bpf_patch *patch)
{
    uint32_t word;
    uint64_t pair;

    if (patch->n == sizeof word && patch->offset % sizeof word == 0) {
        memcpy(&word, patch->bytes, sizeof word);
        __atomic_store_n((uint32_t *)(void *)at, word, __ATOMIC_RELEASE);
    } else if (patch->n == sizeof pair && patch->offset % sizeof pair == 0) {
        memcpy(&pair, patch->bytes, sizeof pair);
        __atomic_store_n((uint64_t *)(void *)at, pair, __ATOMIC_RELEASE);
    } else {
        memcpy(at, patch->bytes, patch->n);
        __atomic_thread_fence(__ATOMIC_RELEASE);
    }
}

int cnipol_bpf_patch(struct cnipol_bpf *bpf, const struct cnipol_bpf_patch *patches, uint32_t n, uint32_t view, uint64_t generation)
{
    const struct np_side *side = &bpf->load.sides[bpf->load.live];
    uint32_t room = bpf->load.image_size;

    if (!generation || view >= room)
        return CNIPOL_E_USAGE;
    for (uint32_t i = 0; i < n; i++)
        if (patches[i].offset > room || patches[i].n > room - patches[i].offset)
            return CNIPOL_E_USAGE;
    if (bpf->is_patched && np_load_swap(&bpf->load, bpf->load.live))
        return CNIPOL_E_SYSTEM;
    bpf->is_patched = true;
    for (uint32_t i = 0; i < n; i++)
        write_patch(side->bytes + patches[i].offset, &patches[i]);
    announce(publication_of(&bpf->load, side), view, bpf->map, generation);
    return CNIPOL_OK;
}

uint64_t cnipol_bpf_generation(const struct cnipol_bpf *bpf)
{
    return publication_of(&bpf->load, &bpf->load.sides[bpf->load.live])->generation;
}
