/* SPDX-License-Identifier: BSD-2-Clause */
/* Members of gzip by zlib; see unzip.h. zlib allocates for itself, once for each stream. */

#include "flow/unzip.h"

#include <cnipol/status.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* zlib's way to say: a gzip header, and no other */

static void *open_gzip(struct np_mem *mem)
{
    z_stream *z = np_zalloc(mem, sizeof *z);

    if (z && inflateInit2(z, GZIP_WINDOW) != Z_OK) {
        np_free(mem, z, sizeof *z);
        return NULL;
    }
    return z;
}

static void close_gzip(struct np_mem *mem, void *state)
{
    (void)inflateEnd(state);
    np_free(mem, state, sizeof(z_stream));
}

static void begin_gzip(void *state)
{
    (void)inflateReset(state);
}

static uInt clamp(size_t n)
{
    return n > UINT32_MAX ? UINT32_MAX : (uInt)n;
}

static int step_gzip(void *state, struct np_unzip_io *io)
{
    z_stream *z = state;
    uInt n = clamp(io->n), room = clamp(io->room);
    int rc;

    z->next_in = (z_const Bytef *)(uintptr_t)io->in;
    z->avail_in = n;
    z->next_out = (Bytef *)io->out;
    z->avail_out = room;
    rc = inflate(z, Z_NO_FLUSH);
    io->in += n - z->avail_in;
    io->n -= n - z->avail_in;
    io->out += room - z->avail_out;
    io->room -= room - z->avail_out;
    if (rc == Z_MEM_ERROR)
        return CNIPOL_E_NOMEM;
    if (rc == Z_STREAM_END)
        return 1;
    return rc == Z_OK || rc == Z_BUF_ERROR ? CNIPOL_OK : CNIPOL_E_SYNTAX;
}

const struct np_unzip np_unzip_gzip = {
    .name = "gzip",
    .damaged = "the gzip data is damaged",
    .early = "the gzip data ends early",
    .open = open_gzip,
    .close = close_gzip,
    .begin = begin_gzip,
    .step = step_gzip,
};
