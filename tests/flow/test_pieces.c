/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every record of the vector files, as streams: the same records and flaws from a byte at a time, random pieces and all at once; where the n-th
 * allocation fails; and up to where the stream was cut.
 *
 * Rows of one format and the same options are one stream, framed as its files are. Arguments: vector files (JSON Lines).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json.h>

#include "../support/failing.h"
#include "flow/format.h"

struct stream {
    char key[512]; /* format, version, columns, message */
    const struct np_format *format;
    char *version, *columns, *message;
    char *bytes;
    size_t n, cap;
    uint32_t rows;
};

static struct stream streams[128];
static size_t n_streams;

static void append(struct stream *stream, const void *bytes, size_t n)
{
    if (stream->n + n > stream->cap) {
        stream->cap = (stream->n + n) * 2;
        stream->bytes = realloc(stream->bytes, stream->cap);
        assert_non_null(stream->bytes);
    }
    if (n)
        memcpy(stream->bytes + stream->n, bytes, n);
    stream->n += n;
}

static void append_varint(struct stream *stream, uint64_t value)
{
    do {
        uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));

        append(stream, &byte, 1);
    } while (value >>= 7);
}

static void append_frame(struct stream *stream, const void *bytes, size_t n)
{
    uint8_t length[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)};

    if (stream->format->framing == NP_FRAME_VARINT)
        append_varint(stream, n);
    if (stream->format->framing == NP_FRAME_U32)
        append(stream, length, sizeof length);
    append(stream, bytes, n);
    if (stream->format->framing != NP_FRAME_VARINT && stream->format->framing != NP_FRAME_U32 && stream->format->framing != NP_FRAME_IPFIX)
        append(stream, "\n", 1);
}

static const char *text_of(struct json_object *row, const char *key)
{
    struct json_object *value;

    return json_object_object_get_ex(row, key, &value) ? json_object_get_string(value) : NULL;
}

static struct stream *stream_of(struct json_object *row)
{
    const char *format = text_of(row, "format"), *version = text_of(row, "version"), *columns = text_of(row, "fields"), *message = text_of(row, "message");
    char key[512];

    (void)snprintf(key, sizeof key, "%s|%s|%s|%s", format, version ? version : "", columns ? columns : "", message ? message : "");
    for (size_t i = 0; i < n_streams; i++)
        if (strcmp(streams[i].key, key) == 0)
            return &streams[i];
    assert_true(n_streams < sizeof streams / sizeof *streams);
    memcpy(streams[n_streams].key, key, sizeof key);
    streams[n_streams].format = np_format_find(format);
    assert_non_null(streams[n_streams].format);
    streams[n_streams].version = version ? strdup(version) : NULL;
    streams[n_streams].columns = columns ? strdup(columns) : NULL;
    streams[n_streams].message = message ? strdup(message) : NULL;
    return &streams[n_streams++];
}

static void add_row(struct json_object *row)
{
    struct stream *stream;
    struct json_object *input;

    if (!text_of(row, "format"))
        return;
    stream = stream_of(row);
    stream->rows++;
    if (json_object_object_get_ex(row, "input", &input)) {
        append_frame(stream, json_object_get_string(input), (size_t)json_object_get_string_len(input));
    } else {
        const char *hex = text_of(row, "input_hex");
        size_t n = strlen(hex) / 2;
        uint8_t *bytes = malloc(n + 1);

        for (size_t i = 0; i < n; i++) {
            unsigned byte;

            assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
            bytes[i] = (uint8_t)byte;
        }
        append_frame(stream, bytes, n);
        free(bytes);
    }
}

static void read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;

    assert_non_null(file);
    while (getline(&line, &cap, file) > 0) {
        struct json_object *row = json_tokener_parse(line);

        assert_non_null(row);
        add_row(row);
        json_object_put(row);
    }
    free(line);
    (void)fclose(file);
}

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

static struct cnipol_decoder *open_decoder(struct cnipol_ctx *ctx, const struct stream *stream)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = stream->format->row.name, .version = stream->version, .columns = stream->columns,
                                       .message = stream->message, .packed = 1};
    struct cnipol_decoder *decoder = NULL;
    int rc = cnipol_decoder_new(ctx, &opts, &decoder);

    if (rc == CNIPOL_E_NOMEM)
        rc = cnipol_decoder_new(ctx, &opts, &decoder);
    assert_int_equal(rc, CNIPOL_OK);
    return decoder;
}

/* Pieces of `step` bytes, each in memory of its own; 0: of random lengths. */
static void decode(const struct stream *stream, size_t n, size_t step, struct told *told)
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

static void expect_same(const struct stream *stream, const struct told *one, const struct told *other)
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
    for (size_t i = 0; i < n_streams; i++) {
        decode(&streams[i], streams[i].n, streams[i].n ? streams[i].n : 1, &whole);
        records += whole.records;
        flaws += whole.flaws;
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            decode(&streams[i], streams[i].n, steps[k], &told);
            expect_same(&streams[i], &whole, &told);
        }
    }
    print_message("%zu streams, %llu records, %llu flaws\n", n_streams, (unsigned long long)records, (unsigned long long)flaws);
    assert_true(records > 0 && flaws > 0);
    free(whole.text);
    free(told.text);
}

static void test_each_allocation_fails_once(void **state)
{
    struct told whole = {0}, told = {0};

    (void)state;
    for (size_t i = 0; i < n_streams; i++) {
        uint64_t n;

        failing_arm(&failing, 0, false);
        decode(&streams[i], streams[i].n, 997, &whole);
        n = failing.asked;
        for (uint64_t k = 1; k <= n; k += 1 + n / 150) {
            failing_arm(&failing, k, true);
            decode(&streams[i], streams[i].n, 997, &told);
            failing_arm(&failing, 0, false);
            expect_same(&streams[i], &whole, &told);
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
    for (size_t i = 0; i < n_streams; i++) {
        decode(&streams[i], streams[i].n, 100000, &whole);
        for (size_t n = 0; n < streams[i].n; n += 1 + streams[i].n / 400) {
            decode(&streams[i], n, 100000, &told);
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
    for (size_t i = 0; i < n_streams; i++) {
        struct cnipol_ctx *ctx = NULL;
        struct cnipol_decoder *decoder;
        struct told told = {0};

        if (strstr(streams[i].key, "antrea-ipfix|")) /* templates are state, and each stream brings its own */
            continue;
        assert_int_equal(new_ctx(&ctx), CNIPOL_OK);
        decoder = open_decoder(ctx, &streams[i]);
        for (int round = 0; round < 3; round++) {
            failing_arm(&failing, 0, false);
            assert_int_equal(cnipol_decoder_feed(decoder, streams[i].bytes, streams[i].n), CNIPOL_OK);
            drain(decoder, &told);
            assert_int_equal(cnipol_decoder_finish(decoder), CNIPOL_OK);
            drain(decoder, &told);
            cnipol_decoder_reset(decoder);
        }
        if (failing.asked > streams[i].rows / 50)
            print_error("%s: %llu allocations in a warm round of %u rows\n", streams[i].key, (unsigned long long)failing.asked, streams[i].rows);
        assert_true(failing.asked <= streams[i].rows / 50);
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
    int failed;

    for (int i = 1; i < argc; i++)
        read_file(argv[i]);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < n_streams; i++) {
        free(streams[i].version);
        free(streams[i].columns);
        free(streams[i].message);
        free(streams[i].bytes);
    }
    return failed;
}
