/* SPDX-License-Identifier: BSD-2-Clause */
/* Unpacking a stream; see unpack.h. zlib and libzstd allocate for themselves, once for each stream. */

#include "flow/unpack.h"

#include <string.h>

#include <cnipol/status.h>
#include <zlib.h>
#include <zstd.h>

#define OUT_SIZE (256u << 10)
#define MAGIC_MAX 4u
#define GZIP_WINDOW (15 + 16) /* zlib's way to say: a gzip header, and no other */

enum packing { UNDECIDED, PLAIN, GZIP, ZSTD };

static const uint8_t gzip_magic[] = {0x1f, 0x8b}, zstd_magic[] = {0x28, 0xb5, 0x2f, 0xfd};

struct np_unpack {
    struct np_mem *mem;
    enum packing packing;
    const char *in; /* the piece, used up to `at` */
    size_t n, at;
    char magic[MAGIC_MAX]; /* the first bytes, until they tell; then a piece of their own */
    size_t n_magic, magic_at;
    bool finished;
    bool is_inside; /* a member or frame has begun and not ended */
    bool is_broken;
    bool has_inflate;
    z_stream inflate;
    ZSTD_DStream *zstd;
    char out[OUT_SIZE];
};

struct np_unpack *np_unpack_new(struct np_mem *mem)
{
    struct np_unpack *unpack = np_alloc(mem, sizeof *unpack);

    if (!unpack)
        return NULL;
    memset(unpack, 0, offsetof(struct np_unpack, out));
    unpack->mem = mem;
    return unpack;
}

static void close_stream(struct np_unpack *unpack)
{
    if (unpack->has_inflate)
        (void)inflateEnd(&unpack->inflate);
    ZSTD_freeDStream(unpack->zstd);
    unpack->has_inflate = false;
    unpack->zstd = NULL;
}

void np_unpack_free(struct np_unpack *unpack)
{
    if (!unpack)
        return;
    close_stream(unpack);
    np_free(unpack->mem, unpack, sizeof *unpack);
}

void np_unpack_reset(struct np_unpack *unpack, bool plain)
{
    struct np_mem *mem = unpack->mem;

    close_stream(unpack);
    memset(unpack, 0, offsetof(struct np_unpack, out));
    unpack->mem = mem;
    unpack->packing = plain ? PLAIN : UNDECIDED;
}

void np_unpack_feed(struct np_unpack *unpack, const char *bytes, size_t n)
{
    unpack->in = bytes;
    unpack->n = n;
    unpack->at = 0;
}

void np_unpack_finish(struct np_unpack *unpack)
{
    unpack->finished = true;
}

const char *np_unpack_name(const struct np_unpack *unpack)
{
    return unpack->packing == GZIP ? "gzip" : unpack->packing == ZSTD ? "zstd" : NULL;
}

/* Do the first bytes agree with a magic, as far as there are any? */
static bool may_be(const struct np_unpack *unpack, const uint8_t *magic, size_t n)
{
    return memcmp(unpack->magic, magic, unpack->n_magic < n ? unpack->n_magic : n) == 0;
}

/* Takes first bytes until they tell. False: more are wanted. */
static bool decide(struct np_unpack *unpack)
{
    for (;;) {
        bool gzip = may_be(unpack, gzip_magic, sizeof gzip_magic), zstd = may_be(unpack, zstd_magic, sizeof zstd_magic);

        if ((!gzip && !zstd) || (unpack->finished && unpack->at == unpack->n && unpack->n_magic < MAGIC_MAX))
            unpack->packing = PLAIN;
        if (gzip && unpack->n_magic >= sizeof gzip_magic)
            unpack->packing = GZIP;
        if (zstd && unpack->n_magic >= sizeof zstd_magic)
            unpack->packing = ZSTD;
        if (unpack->packing != UNDECIDED || unpack->at == unpack->n)
            return unpack->packing != UNDECIDED;
        unpack->magic[unpack->n_magic++] = unpack->in[unpack->at++];
    }
}

/* What is to be unpacked next: the first bytes, then the piece. */
static size_t input(struct np_unpack *unpack, const char **bytes)
{
    bool is_magic = unpack->magic_at < unpack->n_magic;

    *bytes = is_magic ? unpack->magic + unpack->magic_at : unpack->in ? unpack->in + unpack->at : "";
    return is_magic ? unpack->n_magic - unpack->magic_at : unpack->n - unpack->at;
}

static void use(struct np_unpack *unpack, size_t n)
{
    if (unpack->magic_at < unpack->n_magic)
        unpack->magic_at += n;
    else
        unpack->at += n;
}

static int fail(struct np_unpack *unpack, const char **flaw, const char *message)
{
    unpack->is_broken = true;
    *flaw = message;
    return CNIPOL_E_SYNTAX;
}

static int open_gzip(struct np_unpack *unpack)
{
    if (unpack->has_inflate)
        return CNIPOL_OK;
    unpack->inflate = (z_stream){0};
    if (inflateInit2(&unpack->inflate, GZIP_WINDOW) != Z_OK)
        return CNIPOL_E_NOMEM;
    unpack->has_inflate = true;
    return CNIPOL_OK;
}

/* Behind a member: zeros are padding, as gzip(1) takes them; other bytes begin another member. */
static size_t pass_padding(struct np_unpack *unpack, const char *bytes, size_t n)
{
    size_t zeros = 0;

    while (!unpack->is_inside && unpack->inflate.total_in && zeros < n && !bytes[zeros])
        zeros++;
    return zeros;
}

/* Unpacks of `bytes` what fits. CNIPOL_OK with *used and *made; CNIPOL_E_SYNTAX; CNIPOL_E_NOMEM. */
static int step_gzip(struct np_unpack *unpack, const char *bytes, size_t n, size_t *used, size_t *made)
{
    size_t zeros = pass_padding(unpack, bytes, n);
    int rc;

    *used = zeros;
    if (zeros == n)
        return CNIPOL_OK;
    if (!unpack->is_inside && unpack->inflate.total_in)
        (void)inflateReset(&unpack->inflate);
    unpack->is_inside = true;
    n -= zeros;
    n = n > UINT32_MAX ? UINT32_MAX : n;
    unpack->inflate.next_in = (z_const Bytef *)(uintptr_t)(bytes + zeros);
    unpack->inflate.avail_in = (uInt)n;
    unpack->inflate.next_out = (Bytef *)unpack->out;
    unpack->inflate.avail_out = OUT_SIZE;
    rc = inflate(&unpack->inflate, Z_NO_FLUSH);
    *used += n - unpack->inflate.avail_in;
    *made = OUT_SIZE - unpack->inflate.avail_out;
    if (rc == Z_STREAM_END)
        unpack->is_inside = false;
    if (rc == Z_MEM_ERROR)
        return CNIPOL_E_NOMEM;
    return rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR ? CNIPOL_OK : CNIPOL_E_SYNTAX;
}

static int step_zstd(struct np_unpack *unpack, const char *bytes, size_t n, size_t *used, size_t *made)
{
    ZSTD_inBuffer in = {bytes, n, 0};
    ZSTD_outBuffer out = {unpack->out, OUT_SIZE, 0};
    size_t rc = ZSTD_decompressStream(unpack->zstd, &out, &in);

    *used = in.pos;
    *made = out.pos;
    if (ZSTD_isError(rc))
        return CNIPOL_E_SYNTAX;
    if (*used || *made)
        unpack->is_inside = rc != 0;
    return CNIPOL_OK;
}

static int open_packed(struct np_unpack *unpack)
{
    if (unpack->packing == GZIP)
        return open_gzip(unpack);
    if (!unpack->zstd)
        unpack->zstd = ZSTD_createDStream();
    return unpack->zstd ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int next_packed(struct np_unpack *unpack, const char **bytes, size_t *n, const char **flaw)
{
    size_t used = 0, made = 0;
    int rc = open_packed(unpack);

    while (!rc && !made) {
        const char *in;
        size_t room = input(unpack, &in);

        used = 0;
        rc = (unpack->packing == GZIP ? step_gzip : step_zstd)(unpack, in, room, &used, &made);
        use(unpack, used);
        if (!rc && !used && !made)
            break;
    }
    if (rc == CNIPOL_E_NOMEM)
        return rc;
    *bytes = unpack->out;
    *n = made;
    if (rc)
        return fail(unpack, flaw, unpack->packing == GZIP ? "the gzip data is damaged" : "the zstd data is damaged");
    if (made)
        return 1;
    if (unpack->finished && unpack->is_inside)
        return fail(unpack, flaw, unpack->packing == GZIP ? "the gzip data ends early" : "the zstd data ends early");
    return 0;
}

static int next_plain(struct np_unpack *unpack, const char **bytes, size_t *n)
{
    *n = input(unpack, bytes);
    use(unpack, *n);
    return *n > 0;
}

int np_unpack_next(struct np_unpack *unpack, const char **bytes, size_t *n, const char **flaw)
{
    if (unpack->is_broken) {
        unpack->at = unpack->n;
        return 0;
    }
    if (unpack->packing == UNDECIDED && !decide(unpack))
        return 0;
    return unpack->packing == PLAIN ? next_plain(unpack, bytes, n) : next_packed(unpack, bytes, n, flaw);
}
