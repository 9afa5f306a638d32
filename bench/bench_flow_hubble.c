/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast Hubble's JSON is decoded: bench_flow_hubble FILE.
 *
 * FILE, lines packed with gzip, is repeated until it is larger than caches; json-c and yyjson read the same bytes into their trees, of
 * which the records' verdicts are asked; json-c reads one time of the file only, as it takes long.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json.h>
#ifdef HAVE_YYJSON
#include <yyjson.h>
#endif
#include <zlib.h>

#include <cnipol/cnipol.h>

#include "bench.h"

#define FILE_MAX (16u << 20)
#define STREAM_BYTES (48u << 20)
#define PIECE (256u << 10)

struct stream {
    char *bytes, *copy;
    size_t n, once; /* bytes of all, and of the file */
    uint32_t lines, lines_once;
    struct cnipol_decoder *decoder;
    struct json_tokener *tokener;
    uint64_t sum; /* of what the trees were asked */
};

static uint32_t count_lines(const char *bytes, size_t n)
{
    uint32_t lines = 0;

    for (const char *at = bytes; (at = memchr(at, '\n', n - (size_t)(at - bytes))) != NULL; at++)
        lines++;
    return lines;
}

static bool fill(const char *path, struct stream *s)
{
    gzFile file = gzopen(path, "rb");
    int got;

    s->bytes = malloc(STREAM_BYTES + FILE_MAX);
    s->copy = malloc(STREAM_BYTES + FILE_MAX);
    s->tokener = json_tokener_new();
    if (!file || !s->bytes || !s->copy || !s->tokener)
        return false;
    got = gzread(file, s->bytes, FILE_MAX);
    (void)gzclose(file);
    if (got <= 0 || s->bytes[got - 1] != '\n')
        return false;
    s->once = (size_t)got;
    for (s->n = s->once; s->n < STREAM_BYTES; s->n += s->once)
        memcpy(s->bytes + s->n, s->bytes, s->once);
    memset(s->copy, 0, s->n);
    s->lines_once = count_lines(s->bytes, s->once);
    s->lines = count_lines(s->bytes, s->n);
    return true;
}

static uint64_t decode(void *user)
{
    struct stream *s = user;
    struct cnipol_flow flow;
    uint64_t sum = 0;
    int rc;

    cnipol_decoder_reset(s->decoder);
    for (size_t at = 0, n; at < s->n; at += n) {
        n = s->n - at < PIECE ? s->n - at : PIECE;
        if (cnipol_decoder_feed(s->decoder, s->bytes + at, n))
            return 0;
        while ((rc = cnipol_decoder_next(s->decoder, &flow)) != 0)
            sum += rc > 0 ? flow.dst.port + flow.verdict : 0;
    }
    return sum;
}

/* Records that are missing, or bad. */
static uint64_t check(struct stream *s)
{
    struct cnipol_decoder_stats stats;

    decode(s);
    cnipol_decoder_stats(s->decoder, &stats);
    return (stats.records > s->lines ? stats.records - s->lines : s->lines - stats.records) + stats.flaws;
}

static uint64_t read_json_c(void *user)
{
    struct stream *s = user;
    const char *at = s->bytes, *end = s->bytes + s->once, *newline;
    uint64_t records = 0;

    for (; at < end && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL; at = newline + 1) {
        struct json_object *row, *flow = NULL, *verdict = NULL;

        json_tokener_reset(s->tokener);
        row = json_tokener_parse_ex(s->tokener, at, (int)(newline - at));
        if (json_object_object_get_ex(row, "flow", &flow) && json_object_object_get_ex(flow, "verdict", &verdict))
            s->sum += (uint64_t)json_object_get_string_len(verdict);
        records += row != NULL;
        json_object_put(row);
    }
    return records;
}

#ifdef HAVE_YYJSON
static uint64_t read_yyjson(void *user)
{
    struct stream *s = user;
    const char *at = s->bytes, *end = s->bytes + s->n, *newline;
    uint64_t records = 0;

    for (; at < end && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL; at = newline + 1) {
        yyjson_doc *doc = yyjson_read(at, (size_t)(newline - at), 0);

        s->sum += yyjson_get_len(yyjson_obj_get(yyjson_obj_get(yyjson_doc_get_root(doc), "flow"), "verdict"));
        records += doc != NULL;
        yyjson_doc_free(doc);
    }
    return records;
}
#endif

static uint64_t copy(void *user)
{
    struct stream *s = user;

    memcpy(s->copy, s->bytes, s->n);
    return (unsigned char)s->copy[s->n / 2];
}

static uint64_t find_lines(void *user)
{
    struct stream *s = user;

    return count_lines(s->bytes, s->n);
}

static void compare(struct bench *b, struct stream *all, struct stream *five)
{
    double mb = (double)all->n / 1e6;
    const struct bench_body bodies[] = {
        {.row = "Hubble JSON, every field", .run = decode, .user = all, .lookups = all->lines, .checked = all->lines, .mismatches = check(all),
         .rate = mb, .rate_unit = "MB/s"},
        {.row = "Hubble JSON, five fields", .run = decode, .user = five, .lookups = all->lines, .checked = all->lines, .mismatches = check(five),
         .rate = mb, .rate_unit = "MB/s"},
        {.row = "Hubble JSON, json-c's trees", .run = read_json_c, .user = all, .lookups = all->lines_once, .checked = all->lines_once,
         .mismatches = all->lines_once - read_json_c(all), .rate = (double)all->once / 1e6, .rate_unit = "MB/s"},
        {.row = "Hubble JSON, memcpy", .run = copy, .user = all, .lookups = all->lines, .rate = mb, .rate_unit = "MB/s"},
        {.row = "Hubble JSON, memchr of line ends", .run = find_lines, .user = all, .lookups = all->lines, .rate = mb, .rate_unit = "MB/s"},
#ifdef HAVE_YYJSON
        {.row = "Hubble JSON, yyjson's trees", .run = read_yyjson, .user = all, .lookups = all->lines, .rate = mb, .rate_unit = "MB/s"},
#endif
    };
    static const struct bench_pair pairs[] = {
        {"json-c / Hubble JSON, every field", 2, 0},
        {"json-c / Hubble JSON, five fields", 2, 1},
        {"Hubble JSON, every field / memcpy", 0, 3},
        {"Hubble JSON, every field / memchr of line ends", 0, 4},
#ifdef HAVE_YYJSON
        {"yyjson / Hubble JSON, every field", 5, 0},
#endif
    };

    bench_compare(b, bodies, sizeof bodies / sizeof *bodies, pairs, sizeof pairs / sizeof *pairs);
}

int main(int argc, char **argv)
{
    static const struct cnipol_fields some = {{1ull << CNIPOL_FIELD_TIME | 1ull << CNIPOL_FIELD_VERDICT | 1ull << CNIPOL_FIELD_SRC_POD |
                                                   1ull << CNIPOL_FIELD_DST_POD | 1ull << CNIPOL_FIELD_DST_PORT,
                                               0}};
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "hubble-json", .packed = 1};
    struct stream all = {.bytes = NULL}, five;
    struct cnipol_ctx *ctx = NULL;
    struct bench b;

    if (argc < 2 || !bench_open(&b, "flow_hubble") || cnipol_ctx_new(NULL, &ctx) || !fill(argv[1], &all))
        return 1;
    five = all;
    if (cnipol_decoder_new(ctx, &opts, &all.decoder))
        return 1;
    opts.fields = &some;
    if (cnipol_decoder_new(ctx, &opts, &five.decoder))
        return 1;
    bench_figure(&b, "Hubble JSON, a record", "bytes", (double)all.n / all.lines, NULL);
    compare(&b, &all, &five);
#ifndef HAVE_YYJSON
    bench_skip(&b, "Hubble JSON, yyjson's trees", "yyjson not found");
#endif
    cnipol_decoder_free(five.decoder);
    cnipol_decoder_free(all.decoder);
    cnipol_ctx_free(ctx);
    json_tokener_free(all.tokener);
    b.sink += all.sum;
    free(all.bytes);
    free(all.copy);
    return bench_close(&b);
}
