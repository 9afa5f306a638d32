/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every record of the vector files, as streams: the same records and flaws from a byte at a time, random pieces and all at once; where the n-th
 * allocation fails; and up to where the stream was cut.
 *
 * Arguments: vector files (JSON Lines).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/failing.h"
#include "../support/flow_streams.h"

/* What a stream gave: each record as JSON, each flaw as code, number and place. */
struct told {
    char *text;
    size_t n, cap;
    uint64_t records, flaws;
};

static void tell(struct told *told, const char *text, size_t n)
{
    if (told->n + n + 2 > told->cap) {
        told->cap = (told->n + n + 2) * 2;
        told->text = realloc(told->text, told->cap);
        assert_non_null(told->text);
    }
    memcpy(told->text + told->n, text, n);
    told->n += n;
    told->text[told->n++] = '\n';
    told->text[told->n] = '\0';
}

static void tell_record(struct told *told, const struct cnipol_flow *flow)
{
    size_t n = cnipol_flow_print_json(flow, NULL, 0);
    char *text = malloc(n + 64);

    assert_non_null(text);
    (void)cnipol_flow_print_json(flow, text, n + 1);
    n += (size_t)snprintf(text + n, 64, " %llu@%llu", (unsigned long long)flow->number, (unsigned long long)flow->offset);
    tell(told, text, n);
    free(text);
    told->records++;
}

static void tell_flaw(struct told *told, const struct cnipol_decoder *decoder)
{
    struct cnipol_flaw flaw;
    char text[512];
    int n;

    assert_int_equal(cnipol_decoder_flaw(decoder, &flaw), 1);
    n = snprintf(text, sizeof text, "flaw %d %llu@%llu %u:%u %s", flaw.code, (unsigned long long)flaw.number, (unsigned long long)flaw.offset, flaw.line,
                 flaw.column, flaw.message);
    tell(told, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
    told->flaws++;
}

static struct failing failing;

static int new_ctx(struct cnipol_ctx **out)
{
    const struct cnipol_alloc hooks = failing_hooks(&failing);

    return cnipol_ctx_new(&hooks, out);
}

/* All that comes; where memory ran out the same is asked again. */
static void drain(struct cnipol_decoder *decoder, struct told *told)
{
    struct cnipol_flow flow;
    int rc;

    while ((rc = cnipol_decoder_next(decoder, &flow)) != 0) {
        if (rc > 0)
            tell_record(told, &flow);
        else if (rc != CNIPOL_E_NOMEM)
            tell_flaw(told, decoder);
    }
}

static struct cnipol_decoder *open_decoder(struct cnipol_ctx *ctx, const struct flow_stream *stream)
{
    struct cnipol_decoder_opts opts = flow_stream_opts(stream);
    struct cnipol_decoder *decoder = NULL;
    int rc = cnipol_decoder_new(ctx, &opts, &decoder);

    if (rc == CNIPOL_E_NOMEM)
        rc = cnipol_decoder_new(ctx, &opts, &decoder);
    assert_int_equal(rc, CNIPOL_OK);
    return decoder;
}

/* Pieces of `step` bytes, each in memory of its own; 0: of random lengths. */
static void decode(const struct flow_stream *stream, size_t n, size_t step, struct told *told)
{
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_decoder *decoder;
    int rc = new_ctx(&ctx);

    if (rc)
        rc = new_ctx(&ctx);
    assert_int_equal(rc, CNIPOL_OK);
    decoder = open_decoder(ctx, stream);
    told->n = told->records = told->flaws = 0;
    tell(told, "", 0);
    for (size_t at = 0; at < n;) {
        size_t part = step ? step : 1 + (size_t)rand() % 200;
        char *piece;

        part = part < n - at ? part : n - at;
        piece = malloc(part);
        memcpy(piece, stream->bytes + at, part);
        assert_int_equal(cnipol_decoder_feed(decoder, piece, part), CNIPOL_OK);
        drain(decoder, told);
        free(piece);
        at += part;
    }
    assert_int_equal(cnipol_decoder_finish(decoder), CNIPOL_OK);
    drain(decoder, told);
    cnipol_decoder_free(decoder);
    cnipol_ctx_free(ctx);
    assert_int_equal(failing.live, 0);
}

static void expect_same(const struct flow_stream *stream, const struct told *one, const struct told *other)
{
    if (strcmp(one->text, other->text) != 0) {
        size_t i = 0;

        while (one->text[i] == other->text[i])
            i++;
        while (i && one->text[i - 1] != '\n')
            i--;
        print_error("%s:\n  %.300s\n  %.300s\n", stream->key, one->text + i, other->text + i);
    }
    assert_string_equal(one->text, other->text);
}

static void test_any_pieces(void **state)
{
    static const size_t steps[] = {1, 2, 3, 13, 64, 4096, 0, 0};
    struct told whole = {0}, told = {0};
    uint64_t records = 0, flaws = 0;

    (void)state;
    srand(7);
    for (size_t i = 0; i < n_flow_streams; i++) {
        decode(&flow_streams[i], flow_streams[i].n, flow_streams[i].n ? flow_streams[i].n : 1, &whole);
        records += whole.records;
        flaws += whole.flaws;
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            decode(&flow_streams[i], flow_streams[i].n, steps[k], &told);
            expect_same(&flow_streams[i], &whole, &told);
        }
    }
    print_message("%zu streams, %llu records, %llu flaws\n", n_flow_streams, (unsigned long long)records, (unsigned long long)flaws);
    assert_true(records > 0 && flaws > 0);
    free(whole.text);
    free(told.text);
}

static void test_each_allocation_fails_once(void **state)
{
    struct told whole = {0}, told = {0};

    (void)state;
    for (size_t i = 0; i < n_flow_streams; i++) {
        uint64_t n;

        failing_arm(&failing, 0, false);
        decode(&flow_streams[i], flow_streams[i].n, 997, &whole);
        n = failing.asked;
        for (uint64_t k = 1; k <= n; k += 1 + n / 150) {
            failing_arm(&failing, k, true);
            decode(&flow_streams[i], flow_streams[i].n, 997, &told);
            failing_arm(&failing, 0, false);
            expect_same(&flow_streams[i], &whole, &told);
        }
    }
    free(whole.text);
    free(told.text);
}

/* Up to the last whole record before the cut, all is the same. */
static void test_cut_anywhere(void **state)
{
    struct told whole = {0}, told = {0};

    (void)state;
    for (size_t i = 0; i < n_flow_streams; i++) {
        decode(&flow_streams[i], flow_streams[i].n, 100000, &whole);
        for (size_t n = 0; n < flow_streams[i].n; n += 1 + flow_streams[i].n / 400) {
            decode(&flow_streams[i], n, 100000, &told);
            assert_true(told.records <= whole.records + 1);
        }
    }
    free(whole.text);
    free(told.text);
}

/* Of a warm decoder: nothing is allocated for a record, but for one whose lists are larger than what an arena keeps (1 MiB). */
static void test_nothing_is_allocated_once_warm(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_flow_streams; i++) {
        struct cnipol_ctx *ctx = NULL;
        struct cnipol_decoder *decoder;
        struct told told = {0};

        if (strstr(flow_streams[i].key, "antrea-ipfix|")) /* templates are state, and each stream brings its own */
            continue;
        assert_int_equal(new_ctx(&ctx), CNIPOL_OK);
        decoder = open_decoder(ctx, &flow_streams[i]);
        for (int round = 0; round < 3; round++) {
            failing_arm(&failing, 0, false);
            assert_int_equal(cnipol_decoder_feed(decoder, flow_streams[i].bytes, flow_streams[i].n), CNIPOL_OK);
            drain(decoder, &told);
            assert_int_equal(cnipol_decoder_finish(decoder), CNIPOL_OK);
            drain(decoder, &told);
            cnipol_decoder_reset(decoder);
        }
        if (failing.asked > flow_streams[i].rows / 50)
            print_error("%s: %llu allocations in a warm round of %u rows\n", flow_streams[i].key, (unsigned long long)failing.asked, flow_streams[i].rows);
        assert_true(failing.asked <= flow_streams[i].rows / 50);
        cnipol_decoder_free(decoder);
        cnipol_ctx_free(ctx);
        free(told.text);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_pieces),
        cmocka_unit_test(test_each_allocation_fails_once),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_nothing_is_allocated_once_warm),
    };

    return flow_streams_run(argc, argv, tests, sizeof tests / sizeof *tests);
}
