/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of zstd by libzstd; see unzip.h. libzstd allocates for itself: a window's size, once for each stream.
 *
 * A call that fails says nothing of what it made before. So each is given no more than the library wants for one block, and nothing at all while
 * the block before may not have been handed out: nothing but the damaged block is lost then, whatever the pieces.
 */

#include "flow/unzip.h"

#include <cnipol/status.h>
#include <zstd.h>

#define FIRST_WISH 5u /* no frame's header is shorter */

struct unzstd {
    ZSTD_DStream *stream;
    size_t wish;  /* bytes that the library asks for */
    bool is_full; /* the room was filled: there may be more */
};

static void *open_zstd(struct np_mem *mem)
{
    struct unzstd *state = np_zalloc(mem, sizeof *state);

    if (!state)
        return NULL;
    state->stream = ZSTD_createDStream();
    if (state->stream)
        return state;
    np_free(mem, state, sizeof *state);
    return NULL;
}

static void close_zstd(struct np_mem *mem, void *state)
{
    (void)ZSTD_freeDStream(((struct unzstd *)state)->stream);
    np_free(mem, state, sizeof(struct unzstd));
}

static void begin_zstd(void *state)
{
    struct unzstd *zstd = state;

    (void)ZSTD_DCtx_reset(zstd->stream, ZSTD_reset_session_only);
    zstd->wish = FIRST_WISH;
    zstd->is_full = false;
}

static size_t call(struct unzstd *zstd, struct np_unzip_io *io, size_t n)
{
    ZSTD_inBuffer in = {io->in, n, 0};
    ZSTD_outBuffer out = {io->out, io->room, 0};
    size_t rc = ZSTD_decompressStream(zstd->stream, &out, &in);

    io->in += in.pos;
    io->n -= in.pos;
    io->out += out.pos;
    io->room -= out.pos;
    zstd->is_full = !io->room;
    return rc;
}

static int step_zstd(void *state, struct np_unzip_io *io)
{
    struct unzstd *zstd = state;
    size_t had = io->room, rc = 1;

    if (zstd->is_full)
        rc = call(zstd, io, 0);
    if (rc && !ZSTD_isError(rc) && io->room == had)
        rc = call(zstd, io, io->n < zstd->wish ? io->n : zstd->wish);
    if (ZSTD_isError(rc))
        return CNIPOL_E_SYNTAX;
    zstd->wish = rc;
    return rc == 0;
}

const struct np_unzip np_unzip_zstd = {
    .name = "zstd",
    .damaged = "the zstd data is damaged",
    .early = "the zstd data ends early",
    .open = open_zstd,
    .close = close_zstd,
    .begin = begin_zstd,
    .step = step_zstd,
};
