/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder: the same records from any pieces, plain and packed; formats recognised; flaws located, counted and passed. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include <cnipol/cnipol.h>

static const char vpc[] = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"
                          "2 123456789010 eni-1 10.0.0.5 10.0.0.2 40000 53 17 1 70 1700000000 1700000060 ACCEPT OK\n"
                          "2 123456789010 eni-1 10.0.0.5 10.0.0.500 40000 53 17 1 70 1700000000 1700000060 ACCEPT OK\n"
                          "\n"
                          "2 123456789010 eni-1 10.0.0.6 10.0.0.2 40001 443 6 1 70 1700000000 1700000060 REJECT OK\n"
                          "2 123456789010 eni-1 10.0.0.7";

/* What the stream above gives, in short: verdict and address of records, line:column and kind of flaws. */
static const char vpc_told[] = "forwarded 10.0.0.5; flaw 2602 at 3:31 byte 233 record 2; dropped 10.0.0.6; "
                               "flaw 2603 at 6:30 byte 411 record 4; ";

struct told {
    char text[1024];
    struct cnipol_decoder_stats stats;
};

static void tell(struct told *told, struct cnipol_decoder *decoder, int rc, const struct cnipol_flow *flow)
{
    char *at = told->text + strlen(told->text);
    size_t room = sizeof told->text - strlen(told->text);
    struct cnipol_flaw flaw;

    if (rc > 0) {
        (void)snprintf(at, room, "%s %.*s; ", cnipol_flow_verdict_name(flow->verdict), (int)flow->src.ip.n, flow->src.ip.s);
        return;
    }
    assert_int_equal(cnipol_decoder_flaw(decoder, &flaw), 1);
    (void)snprintf(at, room, "flaw %d at %u:%u byte %llu record %llu; ", flaw.code, flaw.line, flaw.column, (unsigned long long)flaw.offset,
                   (unsigned long long)flaw.number);
}

static void drain(struct told *told, struct cnipol_decoder *decoder)
{
    struct cnipol_flow flow;
    int rc;

    while ((rc = cnipol_decoder_next(decoder, &flow)) != 0)
        tell(told, decoder, rc, &flow);
}

/* In pieces of `step` bytes, each in memory of its own; 0: of random lengths. */
static void decode(const struct cnipol_decoder_opts *opts, const char *bytes, size_t n, size_t step, struct told *told)
{
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_decoder *decoder;

    memset(told, 0, sizeof *told);
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_decoder_new(ctx, opts, &decoder), CNIPOL_OK);
    for (size_t at = 0; at < n;) {
        size_t part = step ? step : 1 + (size_t)rand() % 50;
        char *piece;

        part = part < n - at ? part : n - at;
        piece = malloc(part);
        memcpy(piece, bytes + at, part);
        assert_int_equal(cnipol_decoder_feed(decoder, piece, part), CNIPOL_OK);
        assert_int_equal(cnipol_decoder_feed(decoder, piece, part), CNIPOL_E_USAGE);
        drain(told, decoder);
        free(piece);
        at += part;
    }
    assert_int_equal(cnipol_decoder_finish(decoder), CNIPOL_OK);
    drain(told, decoder);
    cnipol_decoder_stats(decoder, &told->stats);
    cnipol_decoder_free(decoder);
    cnipol_ctx_free(ctx);
}

static void check_all_pieces(const char *bytes, size_t n, const char *expect, const char *packing)
{
    static const size_t steps[] = {1, 2, 3, 7, 64, 100000, 0, 0, 0};
    struct told told;

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        decode(NULL, bytes, n, steps[i], &told);
        assert_string_equal(told.text, expect);
        assert_string_equal(told.stats.format, "aws-vpc");
        assert_int_equal(told.stats.bytes, n);
        assert_int_equal(told.stats.records, 2);
        assert_int_equal(told.stats.flaws, 2);
        if (packing)
            assert_string_equal(told.stats.packing, packing);
        else
            assert_null(told.stats.packing);
    }
}

static void test_any_pieces(void **state)
{
    (void)state;
    check_all_pieces(vpc, sizeof vpc - 1, vpc_told, NULL);
}

static size_t gzip(const char *bytes, size_t n, char *out, size_t room)
{
    z_stream z = {0};

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)n;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    n = room - z.avail_out;
    (void)deflateEnd(&z);
    return n;
}

static void test_gzip_of_two_members(void **state)
{
    char packed[4096];
    size_t n = gzip(vpc, 200, packed, sizeof packed);

    (void)state;
    n += gzip(vpc + 200, sizeof vpc - 1 - 200, packed + n, sizeof packed - n);
    memset(packed + n, 0, 5); /* padding, as tapes have it */
    check_all_pieces(packed, n + 5, vpc_told, "gzip");
}

static void test_zstd_of_two_frames(void **state)
{
    char packed[4096];
    size_t n = ZSTD_compress(packed, sizeof packed, vpc, 200, 1);

    (void)state;
    n += ZSTD_compress(packed + n, sizeof packed - n, vpc + 200, sizeof vpc - 1 - 200, 19);
    check_all_pieces(packed, n, vpc_told, "zstd");
}

static void test_packed_and_cut_or_damaged(void **state)
{
    char packed[4096];
    size_t n = gzip(vpc, sizeof vpc - 1, packed, sizeof packed);
    struct told told;

    (void)state;
    decode(NULL, packed, n - 9, 10, &told);
    assert_non_null(strstr(told.text, "forwarded 10.0.0.5; "));
    assert_non_null(strstr(told.text, "flaw 2608"));
    packed[n - 6] ^= 1; /* of the check sum */
    decode(NULL, packed, n, 10, &told);
    assert_non_null(strstr(told.text, "flaw 2608"));
}

/* Unpacked ahead, with the flaw told: the same as where the decoder unpacks. */
static void unpack_and_decode(const char *bytes, size_t n, struct told *told)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .packed = 1};
    struct cnipol_unpacker *unpacker;
    struct cnipol_decoder *decoder;
    struct cnipol_ctx *ctx = NULL;

    memset(told, 0, sizeof *told);
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_decoder_new(ctx, &opts, &decoder), CNIPOL_OK);
    assert_int_equal(cnipol_unpacker_new(ctx, &unpacker), CNIPOL_OK);
    for (size_t at = 0; at <= n; at++) {
        char room[100];
        const void *plain;
        size_t made;
        int rc;

        assert_int_equal(at < n ? cnipol_unpacker_feed(unpacker, bytes + at, 1) : cnipol_unpacker_finish(unpacker), CNIPOL_OK);
        while ((rc = cnipol_unpacker_next(unpacker, room, sizeof room, &plain, &made)) != 0) {
            assert_int_equal(rc > 0 ? cnipol_decoder_feed(decoder, plain, made) : cnipol_decoder_damage(decoder, cnipol_unpacker_flaw(unpacker)), 0);
            assert_int_equal(cnipol_decoder_damage(decoder, "twice"), CNIPOL_E_USAGE);
            drain(told, decoder);
        }
    }
    assert_int_equal(cnipol_decoder_finish(decoder), CNIPOL_OK);
    assert_int_equal(cnipol_decoder_damage(decoder, "late"), CNIPOL_E_USAGE);
    drain(told, decoder);
    cnipol_unpacker_free(unpacker);
    cnipol_decoder_free(decoder);
    cnipol_ctx_free(ctx);
}

static void test_unpacked_ahead(void **state)
{
    char packed[4096];
    size_t n = gzip(vpc, sizeof vpc - 1, packed, sizeof packed);
    struct told told, ahead;

    (void)state;
    for (size_t cut = 0; cut < n; cut++) {
        size_t left = n - cut;

        decode(NULL, packed, left, 50, &told);
        unpack_and_decode(packed, left, &ahead);
        assert_string_equal(ahead.text, told.text);
        packed[left - 1] ^= 4;
        decode(NULL, packed, left, 1000, &told);
        unpack_and_decode(packed, left, &ahead);
        assert_string_equal(ahead.text, told.text);
        packed[left - 1] ^= 4;
    }
}

static void test_not_recognised(void **state)
{
    struct told told;

    (void)state;
    decode(NULL, "hello\nworld\n", 12, 1, &told);
    assert_string_equal(told.text, "flaw 2605 at 0:0 byte 0 record 1; ");
    assert_null(told.stats.format);
    decode(NULL, "", 0, 1, &told);
    assert_string_equal(told.text, "");
    decode(NULL, " \n\t\r\n", 5, 1, &told);
    assert_string_equal(told.text, "");
}

static void test_options(void **state)
{
    static const char lines[] = "10.0.0.1 ACCEPT\n10.0.0.2 ACCEPT and much more\n10.0.0.3 REJECT\n";
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "no-such"};
    struct cnipol_decoder *decoder;
    struct cnipol_ctx *ctx = NULL;
    struct told told;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_decoder_new(ctx, &opts, &decoder), CNIPOL_E_NOTFOUND);
    opts.format = "aws-vpc";
    opts.columns = "no names, these";
    assert_int_equal(cnipol_decoder_new(ctx, &opts, &decoder), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_diag_count(ctx), 1);
    cnipol_ctx_free(ctx);
    opts.columns = "srcaddr action";
    opts.max_record = 20;
    decode(&opts, lines, strlen(lines), 5, &told);
    assert_string_equal(told.text, "forwarded 10.0.0.1; flaw 2604 at 2:1 byte 16 record 2; dropped 10.0.0.3; ");
}

/* The last record that fits, and the first that does not, in any pieces. */
static void test_the_longest_record(void **state)
{
    static const struct {
        const char *format, *line, *told;
    } rows[] = {
        {"aws-vpc", "10.0.0.1 ACCEPT", "forwarded 10.0.0.1; forwarded 10.0.0.1; forwarded 10.0.0.1; "},
        {"hubble-json", "{\"flow\":{\"verdict\":\"DROPPED\",\"IP\":{\"source\":\"10.0.0.1\"}}}", "dropped 10.0.0.1; dropped 10.0.0.1; dropped 10.0.0.1; "},
        {"csv", "1.2.3.4,\"1\n2\",forwarded", "forwarded 1.2.3.4; forwarded 1.2.3.4; forwarded 1.2.3.4; "},
    };
    static const size_t steps[] = {1, 2, 3, 17, 1000};

    (void)state;
    for (size_t i = 0; i < 3 * sizeof steps / sizeof *steps; i++) {
        const char *line = rows[i % 3].line;
        const char *columns = i % 3 == 0 ? "srcaddr action" : i % 3 == 2 ? "src.ip=#1,verdict=#3" : NULL;
        struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = rows[i % 3].format, .columns = columns, .max_record = strlen(line)};
        struct told told;
        char lines[512];

        (void)snprintf(lines, sizeof lines, "%s\n%s\n%s", line, line, line);
        decode(&opts, lines, strlen(lines), steps[i / 3], &told);
        assert_string_equal(told.text, rows[i % 3].told);
        opts.max_record--;
        decode(&opts, lines, strlen(lines), steps[i / 3], &told);
        assert_int_equal(told.stats.records, 0);
    }
}

/* The start of a message that said its length may be a message, too. */
static void test_a_message_without_its_rest(void **state)
{
    static const char stream[] = {4, 0x0a, 2, 0x10, 1, /* a flow that was forwarded */
                                  9, 0x0a, 2, 0x10, 2, /* and one whose last five bytes are missing */
                                  0};
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "hubble-pb"};
    struct told told;

    (void)state;
    for (size_t step = 1; step < 12; step++) {
        decode(&opts, stream, 10, step, &told);
        assert_string_equal(told.text, "forwarded ; flaw 2603 at 0:0 byte 10 record 2; ");
    }
}

static void test_reset_begins_anew(void **state)
{
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_decoder *decoder;
    struct told told = {0};

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_decoder_new(ctx, NULL, &decoder), CNIPOL_OK);
    for (int round = 0; round < 3; round++) {
        memset(&told, 0, sizeof told);
        assert_int_equal(cnipol_decoder_feed(decoder, vpc, sizeof vpc - 1), CNIPOL_OK);
        drain(&told, decoder);
        assert_int_equal(cnipol_decoder_finish(decoder), CNIPOL_OK);
        drain(&told, decoder);
        assert_string_equal(told.text, vpc_told);
        cnipol_decoder_reset(decoder);
    }
    cnipol_decoder_free(decoder);
    cnipol_ctx_free(ctx);
}

static void test_a_flaw_becomes_a_diagnostic(void **state)
{
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_decoder *decoder;
    struct cnipol_flow flow;
    struct cnipol_diag diag;
    int rc;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_decoder_new(ctx, NULL, &decoder), CNIPOL_OK);
    assert_int_equal(cnipol_decoder_feed(decoder, vpc, sizeof vpc - 1), CNIPOL_OK);
    while ((rc = cnipol_decoder_next(decoder, &flow)) > 0)
        continue;
    assert_int_equal(rc, CNIPOL_E_INVALID);
    assert_int_equal(cnipol_decoder_tell_flaw(decoder, ctx, "vpc.log"), CNIPOL_OK);
    assert_int_equal(cnipol_diag_get(ctx, 0, &diag), CNIPOL_OK);
    assert_int_equal(diag.code, 2602);
    assert_string_equal(diag.place.file, "vpc.log");
    assert_int_equal(diag.place.line, 3);
    assert_int_equal(diag.place.column, 31);
    assert_memory_equal(diag.place.text, "2 123456789010 eni-1 10.0.0.5 10.0.0.500", 40);
    cnipol_decoder_free(decoder);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_pieces),
        cmocka_unit_test(test_gzip_of_two_members),
        cmocka_unit_test(test_zstd_of_two_frames),
        cmocka_unit_test(test_packed_and_cut_or_damaged),
        cmocka_unit_test(test_unpacked_ahead),
        cmocka_unit_test(test_not_recognised),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_the_longest_record),
        cmocka_unit_test(test_a_message_without_its_rest),
        cmocka_unit_test(test_reset_begins_anew),
        cmocka_unit_test(test_a_flaw_becomes_a_diagnostic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
