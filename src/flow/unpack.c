/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unpacking a stream (include/cnipol/unpack.h): which library unpacks which bytes.
 *
 *     FIRST ──magic──→ INSIDE ──member ends──→ BETWEEN ──magic──→ INSIDE …
 *       └──no magic──→ PLAIN      └──damaged, or cut──→ BROKEN ←──no magic──┘
 *
 * First bytes are gathered until they tell, at the start and behind each member, and are then the first piece for who unpacks. That a
 * frame's first bytes come alone also keeps libzstd from unpacking a whole frame in one call, after which nothing of a damaged one would be left.
 */

#include <cnipol/unpack.h>

#include <string.h>

#include "base/ctx.h"
#include "flow/unzip.h"

#define MAGIC_MAX 4u

enum place { FIRST, BETWEEN, PLAIN, INSIDE, BROKEN };
enum kind { GZIP, ZSTD, N_KINDS };

static const struct np_unzip *const kinds[N_KINDS] = {&np_unzip_gzip, &np_unzip_zstd};

static const struct magic {
    uint8_t bytes[MAGIC_MAX], n;
    uint8_t first_mask; /* bits of the first byte that count */
    enum kind kind;
} magics[] = {
    {{0x1f, 0x8b}, 2, 0xff, GZIP},
    {{0x28, 0xb5, 0x2f, 0xfd}, 4, 0xff, ZSTD},
    {{0x50, 0x2a, 0x4d, 0x18}, 4, 0xf0, ZSTD}, /* a frame to be skipped: pzstd begins with one */
};

struct cnipol_unpacker {
    struct np_mem *mem;
    enum place place;
    enum kind kind; /* of the member, or of the one before; of no meaning in FIRST and PLAIN */
    void *states[N_KINDS];
    const char *in; /* what is left of the piece */
    size_t n;
    char magic[MAGIC_MAX]; /* first bytes, until they tell; then a piece of their own */
    size_t n_magic, magic_at;
    bool in_hand, finished;
    const char *flaw;
    bool is_told;
};

int cnipol_unpacker_new(struct cnipol_ctx *ctx, struct cnipol_unpacker **out)
{
    *out = np_zalloc(&ctx->mem, sizeof **out);
    if (!*out)
        return CNIPOL_E_NOMEM;
    (*out)->mem = &ctx->mem;
    return CNIPOL_OK;
}

void cnipol_unpacker_free(struct cnipol_unpacker *unpacker)
{
    for (int kind = 0; unpacker && kind < N_KINDS; kind++)
        if (unpacker->states[kind])
            kinds[kind]->close(unpacker->mem, unpacker->states[kind]);
    if (unpacker)
        np_free(unpacker->mem, unpacker, sizeof *unpacker);
}

void cnipol_unpacker_reset(struct cnipol_unpacker *unpacker)
{
    struct cnipol_unpacker fresh = {.mem = unpacker->mem};

    memcpy(fresh.states, unpacker->states, sizeof fresh.states);
    *unpacker = fresh;
}

int cnipol_unpacker_feed(struct cnipol_unpacker *unpacker, const void *bytes, size_t size)
{
    if (unpacker->in_hand || unpacker->finished)
        return CNIPOL_E_USAGE;
    unpacker->in = bytes;
    unpacker->n = size;
    unpacker->in_hand = true;
    return CNIPOL_OK;
}

int cnipol_unpacker_finish(struct cnipol_unpacker *unpacker)
{
    if (unpacker->in_hand)
        return CNIPOL_E_USAGE;
    unpacker->finished = true;
    return CNIPOL_OK;
}

const char *cnipol_unpacker_flaw(const struct cnipol_unpacker *unpacker)
{
    return unpacker->flaw;
}

const char *cnipol_unpacker_packing(const struct cnipol_unpacker *unpacker)
{
    return unpacker->place == FIRST || unpacker->place == PLAIN ? NULL : kinds[unpacker->kind]->name;
}

/* Go on. */
static int enter(struct cnipol_unpacker *unpacker, enum place place)
{
    unpacker->place = place;
    return 2;
}

static int fail(struct cnipol_unpacker *unpacker, const char *flaw)
{
    unpacker->flaw = flaw;
    return enter(unpacker, BROKEN);
}

static bool agrees(const struct cnipol_unpacker *unpacker, const struct magic *magic)
{
    size_t n = unpacker->n_magic < magic->n ? unpacker->n_magic : magic->n;

    if (n && (((uint8_t)unpacker->magic[0] ^ magic->bytes[0]) & magic->first_mask))
        return false;
    return n < 2 || memcmp(unpacker->magic + 1, magic->bytes + 1, n - 1) == 0;
}

/* What begins with the first bytes that there are. 1: *kind; 0: more are wanted; -1: nothing that is known. */
static int recognise(const struct cnipol_unpacker *unpacker, enum kind *kind)
{
    int known = -1;

    for (size_t i = 0; i < sizeof magics / sizeof *magics && known <= 0; i++) {
        if (!agrees(unpacker, &magics[i]))
            continue;
        known = unpacker->n_magic >= magics[i].n;
        *kind = magics[i].kind;
    }
    return known;
}

/* Takes first bytes until they tell; as recognise(). Behind gzip's members zeros are padding, as gzip(1) takes them. */
static int take_magic(struct cnipol_unpacker *unpacker, enum kind *kind)
{
    bool may_pad = unpacker->place == BETWEEN && unpacker->kind == GZIP;
    int known;

    while ((known = recognise(unpacker, kind)) == 0 && unpacker->n) {
        unpacker->magic[unpacker->n_magic] = *unpacker->in++;
        unpacker->n_magic += !may_pad || unpacker->n_magic || unpacker->magic[0];
        unpacker->n--;
    }
    return known;
}

static int open_member(struct cnipol_unpacker *unpacker, enum kind kind)
{
    if (!unpacker->states[kind])
        unpacker->states[kind] = kinds[kind]->open(unpacker->mem);
    if (!unpacker->states[kind])
        return CNIPOL_E_NOMEM;
    kinds[kind]->begin(unpacker->states[kind]);
    unpacker->kind = kind;
    return enter(unpacker, INSIDE);
}

/* At the start of the stream, or behind a member. */
static int begin(struct cnipol_unpacker *unpacker)
{
    enum kind kind = GZIP;
    int known = take_magic(unpacker, &kind);

    if (known > 0)
        return open_member(unpacker, kind);
    if (!known && !(unpacker->finished && unpacker->n_magic))
        return 0;
    if (unpacker->place == FIRST)
        return enter(unpacker, PLAIN);
    return fail(unpacker, known ? kinds[unpacker->kind]->damaged : kinds[unpacker->kind]->early);
}

/* Takes what is at hand next: the first bytes, then the piece. */
static struct np_unzip_io take(const struct cnipol_unpacker *unpacker)
{
    if (unpacker->magic_at < unpacker->n_magic)
        return (struct np_unzip_io){.in = unpacker->magic + unpacker->magic_at, .n = unpacker->n_magic - unpacker->magic_at};
    return (struct np_unzip_io){.in = unpacker->n ? unpacker->in : "", .n = unpacker->n};
}

static void use(struct cnipol_unpacker *unpacker, size_t n)
{
    if (unpacker->magic_at < unpacker->n_magic) {
        unpacker->magic_at += n;
        return;
    }
    unpacker->in += n;
    unpacker->n -= n;
}

static int next_plain(struct cnipol_unpacker *unpacker, const void **bytes, size_t *n)
{
    struct np_unzip_io io = take(unpacker);

    *bytes = io.in;
    *n = io.n;
    use(unpacker, io.n);
    return io.n > 0;
}

/* Within a member: *n bytes into the room. */
static int unzip(struct cnipol_unpacker *unpacker, void *room, size_t size, size_t *n)
{
    const struct np_unzip *kind = kinds[unpacker->kind];
    struct np_unzip_io io = take(unpacker);
    size_t had = io.n, used;
    int rc;

    io.out = room;
    io.room = size;
    rc = kind->step(unpacker->states[unpacker->kind], &io);
    used = had - io.n;
    use(unpacker, used);
    *n = size - io.room;
    if (rc == CNIPOL_E_NOMEM)
        return rc;
    if (rc > 0) {
        unpacker->n_magic = unpacker->magic_at = 0;
        return enter(unpacker, BETWEEN);
    }
    if (rc < 0 || (had && !used && !*n))
        return fail(unpacker, kind->damaged);
    if (!had && !*n)
        return unpacker->finished ? fail(unpacker, kind->early) : 0;
    return 2;
}

/* The flaw once; what follows is dropped. */
static int next_broken(struct cnipol_unpacker *unpacker)
{
    bool was_told = unpacker->is_told;

    unpacker->is_told = true;
    unpacker->n = 0;
    return was_told ? 0 : CNIPOL_E_SYNTAX;
}

int cnipol_unpacker_next(struct cnipol_unpacker *unpacker, void *room, size_t size, const void **bytes, size_t *n)
{
    int rc = 2; /* go on */

    *n = 0;
    *bytes = room;
    while (rc == 2 && !*n) {
        if (unpacker->place == PLAIN)
            rc = next_plain(unpacker, bytes, n);
        else if (unpacker->place == INSIDE)
            rc = unzip(unpacker, room, size, n);
        else
            rc = unpacker->place == BROKEN ? next_broken(unpacker) : begin(unpacker);
    }
    if (!rc)
        unpacker->in_hand = false;
    return *n ? 1 : rc;
}
