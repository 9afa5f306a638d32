/* SPDX-License-Identifier: BSD-2-Clause */
/* Unpackers: the same plain bytes and the same flaw, whatever the pieces and the room; members of all kinds, padding, damage. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include <cnipol/cnipol.h>

#include "../support/failing.h"

#define TEXT 3000u
#define ROOM (64u << 10)

/* A stream is made of parts, each a letter: g gzip, s zstd, p plain text, 0 a zero, k a frame to be skipped, x a byte that begins nothing; the part
 * after - is cut by a byte, the one after ! has a bit of its middle turned, the one after ~ one of its last byte. */
static const struct row {
    const char *about, *parts;
    const char *plain;   /* which texts come out: their numbers, a letter for each part that has one; NULL: some of them, then the flaw */
    const char *packing; /* NULL: none */
    const char *flaw;    /* NULL: none */
} rows[] = {
    {"nothing", "", "", NULL, NULL},
    {"plain text", "p", "a", NULL, NULL},
    {"plain text that begins like zstd", "(p", "(a", NULL, NULL},
    {"the first byte of gzip alone", "1", "1", NULL, NULL},
    {"gzip", "g", "a", "gzip", NULL},
    {"gzip, two members", "gg", "ab", "gzip", NULL},
    {"gzip and zeros", "g000", "a", "gzip", NULL},
    {"gzip, zeros, gzip", "g00g0", "ab", "gzip", NULL},
    {"zstd", "s", "a", "zstd", NULL},
    {"zstd, two frames", "ss", "ab", "zstd", NULL},
    {"gzip, then zstd", "gs", "ab", "zstd", NULL},
    {"zstd, then gzip", "sg", "ab", "gzip", NULL},
    {"gzip, zeros, zstd, gzip", "g0sg", "abc", "gzip", NULL},
    {"a frame to be skipped, zstd", "ks", "a", "zstd", NULL},
    {"zstd, a frame to be skipped, gzip", "skg", "ab", "gzip", NULL},
    {"only a frame to be skipped", "k", "", "zstd", NULL},
    {"gzip, then text", "gp", "a", "gzip", "the gzip data is damaged"},
    {"gzip, then gzip's first byte", "g1", "a", "gzip", "the gzip data ends early"},
    {"gzip, zeros, then text", "g00p", "a", "gzip", "the gzip data is damaged"},
    {"zstd, then a zero", "s0", "a", "zstd", "the zstd data is damaged"},
    {"zstd, then zstd's first byte", "s(", "a", "zstd", "the zstd data ends early"},
    {"gzip, cut", "g-g", "ab", "gzip", "the gzip data ends early"},
    {"zstd, cut", "s-s", "ab", "zstd", "the zstd data ends early"},
    {"gzip, a wrong length at its end", "g~gs", "ab", "gzip", "the gzip data is damaged"},
    {"zstd, a wrong checksum", "g~ss", "ab", "zstd", "the zstd data is damaged"},
    {"gzip, damaged within", "g!g", NULL, "gzip", "the gzip data is damaged"},
    {"zstd, damaged within", "g!s", NULL, "zstd", "the zstd data is damaged"},
};

static char text_of[26][TEXT];
static char packed[ROOM], plain[ROOM], expected[ROOM], first[ROOM];

/* Texts that are not all alike, so that there is something to damage. */
static void write_texts(void)
{
    uint32_t seed = 1;

    for (int t = 0; t < 26; t++)
        for (size_t i = 0; i < TEXT; i++) {
            seed = seed * 1664525u + 1013904223u;
            text_of[t][i] = (char)('A' + (seed >> 24) % 23);
        }
}

static size_t put_gzip(const char *text, char *out)
{
    z_stream z = {0};

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = TEXT;
    z.next_out = (Bytef *)out;
    z.avail_out = ROOM / 4;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    (void)deflateEnd(&z);
    return ROOM / 4 - z.avail_out;
}

static size_t put_zstd(const char *text, char *out)
{
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    size_t n;

    assert_non_null(zstd);
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    n = ZSTD_compress2(zstd, out, ROOM / 4, text, TEXT);
    assert_false(ZSTD_isError(n));
    (void)ZSTD_freeCCtx(zstd);
    return n;
}

static size_t put_part(char letter, const char *text, char *out)
{
    static const char skipped[] = "\x5e\x2a\x4d\x18\x03\x00\x00\x00xyz";

    switch (letter) {
    case 'g':
        return put_gzip(text, out);
    case 's':
        return put_zstd(text, out);
    case 'p':
        memcpy(out, text, TEXT);
        return TEXT;
    case 'k':
        memcpy(out, skipped, sizeof skipped - 1);
        return sizeof skipped - 1;
    default:
        *out = letter == '0' ? '\0' : letter == '1' ? '\x1f' : letter;
        return 1;
    }
}

static size_t make_stream(const struct row *row)
{
    size_t n = 0;
    int text = 0;

    for (const char *part = row->parts; *part; part++) {
        char how = strchr("-!~", *part) ? *part++ : ' ';
        size_t size = put_part(*part, text_of[text], packed + n);

        text += strchr("gsp", *part) != NULL;
        if (how == '!')
            packed[n + size / 2] ^= 16;
        if (how == '~')
            packed[n + size - 1] ^= 1;
        n += size - (how == '-');
    }
    return n;
}

static size_t make_expected(const struct row *row)
{
    size_t n = 0;

    for (const char *letter = row->plain; *letter; letter++) {
        bool is_text = *letter >= 'a' && *letter <= 'z';

        if (is_text)
            memcpy(expected + n, text_of[*letter - 'a'], TEXT);
        else
            expected[n] = *letter == '1' ? '\x1f' : *letter;
        n += is_text ? TEXT : 1;
    }
    return n;
}

/* What comes until the piece is used up, behind what is there. */
static size_t drain(struct cnipol_unpacker *unpacker, size_t room_size, size_t at, const char **flaw)
{
    char *room = malloc(room_size);
    const void *bytes;
    size_t n;
    int rc;

    while ((rc = cnipol_unpacker_next(unpacker, room, room_size, &bytes, &n)) != 0) {
        if (rc < 0) {
            assert_int_equal(rc, CNIPOL_E_SYNTAX);
            assert_null(*flaw);
            *flaw = cnipol_unpacker_flaw(unpacker);
            continue;
        }
        assert_true(n > 0 && at + n <= sizeof plain);
        memcpy(plain + at, bytes, n);
        at += n;
    }
    free(room);
    return at;
}

/* Each request is refused once: the call is made again, and the stream comes out as if nothing had been. */
static void test_no_memory(void **state)
{
    struct failing failing = {0};
    const struct cnipol_alloc hooks = failing_hooks(&failing);
    const struct row row = {.about = "gzip, then zstd", .parts = "gs", .plain = "ab"};

    (void)state;
    write_texts();
    for (uint64_t victim = 1;; victim++) {
        struct cnipol_unpacker *unpacker = NULL;
        struct cnipol_ctx *ctx = NULL;
        const void *bytes;
        size_t n, at = 0;
        int rc;

        failing_arm(&failing, 0, false);
        assert_int_equal(cnipol_ctx_new(&hooks, &ctx), CNIPOL_OK);
        failing_arm(&failing, victim, true);
        if (cnipol_unpacker_new(ctx, &unpacker) == CNIPOL_E_NOMEM)
            assert_int_equal(cnipol_unpacker_new(ctx, &unpacker), CNIPOL_OK);
        assert_int_equal(cnipol_unpacker_feed(unpacker, packed, make_stream(&row)), CNIPOL_OK);
        while ((rc = cnipol_unpacker_next(unpacker, first, sizeof first, &bytes, &n)) != 0) {
            assert_true(rc == 1 || rc == CNIPOL_E_NOMEM);
            memcpy(plain + at, bytes, rc > 0 ? n : 0);
            at += rc > 0 ? n : 0;
        }
        assert_int_equal(at, make_expected(&row));
        assert_memory_equal(plain, expected, at);
        cnipol_unpacker_free(unpacker);
        cnipol_ctx_free(ctx);
        assert_int_equal(failing.live, 0);
        if (!failing.refused)
            break;
        assert_true(victim < 20);
    }
}

static size_t unpack(struct cnipol_unpacker *unpacker, size_t size, size_t step, size_t room, const char **flaw)
{
    size_t n = 0;

    *flaw = NULL;
    for (size_t at = 0; at < size; at += step) {
        size_t part = step < size - at ? step : size - at;
        char *piece = malloc(part);

        memcpy(piece, packed + at, part);
        assert_int_equal(cnipol_unpacker_feed(unpacker, piece, part), CNIPOL_OK);
        assert_int_equal(cnipol_unpacker_feed(unpacker, piece, part), CNIPOL_E_USAGE);
        assert_int_equal(cnipol_unpacker_finish(unpacker), CNIPOL_E_USAGE);
        n = drain(unpacker, room, n, flaw);
        free(piece);
    }
    assert_int_equal(cnipol_unpacker_finish(unpacker), CNIPOL_OK);
    return drain(unpacker, room, n, flaw);
}

static void check_text(const char *is, const char *should, const struct row *row, size_t step, size_t room)
{
    if (!is != !should || (is && strcmp(is, should) != 0))
        fail_msg("%s, pieces of %zu, room of %zu: %s, not %s", row->about, step, room, is ? is : "nothing", should ? should : "nothing");
}

static void check_row(const struct row *row, struct cnipol_unpacker *unpacker)
{
    static const size_t steps[] = {ROOM, 1, 2, 3, 5, 64, 1000}, rooms[] = {ROOM, 1, 7, 4096};
    size_t size = make_stream(row), n_expected = row->plain ? make_expected(row) : 0;

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        for (size_t k = 0; k < sizeof rooms / sizeof *rooms; k++) {
            const char *flaw;
            size_t n;

            cnipol_unpacker_reset(unpacker);
            n = unpack(unpacker, size, steps[i], rooms[k], &flaw);
            check_text(flaw, row->flaw, row, steps[i], rooms[k]);
            check_text(cnipol_unpacker_packing(unpacker), row->packing, row, steps[i], rooms[k]);
            if (!row->plain && !i && !k)
                memcpy(expected, plain, n_expected = n);
            if (n != n_expected || memcmp(plain, expected, n) != 0)
                fail_msg("%s, pieces of %zu, room of %zu: other bytes (%zu, not %zu)", row->about, steps[i], rooms[k], n, n_expected);
        }
}

static void test_streams(void **state)
{
    struct cnipol_unpacker *unpacker;
    struct cnipol_ctx *ctx = NULL;

    (void)state;
    write_texts();
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_unpacker_new(ctx, &unpacker), CNIPOL_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i], unpacker);
    cnipol_unpacker_free(unpacker);
    cnipol_unpacker_free(NULL);
    cnipol_ctx_free(ctx);
}

/* Any damage: the same bytes and flaw from any pieces. */
static void test_mutants(void **state)
{
    static const char *const streams[] = {"gs", "sg", "g0g", "ss"};
    struct cnipol_unpacker *unpacker;
    struct cnipol_ctx *ctx = NULL;

    (void)state;
    write_texts();
    srand(1);
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_unpacker_new(ctx, &unpacker), CNIPOL_OK);
    for (int round = 0; round < 2000; round++) {
        struct row row = {.about = "a mutant", .parts = streams[round % 4]};
        size_t size = make_stream(&row), n[2];
        const char *flaw[2];

        packed[(size_t)rand() % size] ^= (char)(1 << rand() % 8);
        for (int i = 0; i < 2; i++) {
            cnipol_unpacker_reset(unpacker);
            n[i] = unpack(unpacker, size, i ? 1 + (size_t)rand() % 2000 : ROOM, i ? 1 + (size_t)rand() % 2000 : ROOM, &flaw[i]);
            assert_true(i || memcpy(first, plain, n[0]));
        }
        check_text(flaw[1], flaw[0], &row, (size_t)round, 0);
        assert_int_equal(n[1], n[0]);
        assert_memory_equal(plain, first, n[0]);
    }
    cnipol_unpacker_free(unpacker);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_streams), cmocka_unit_test(test_mutants), cmocka_unit_test(test_no_memory)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
