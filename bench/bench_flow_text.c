/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast flow records without JSON are decoded: IPFIX messages of Antrea's aggregator (70 elements a record) and the lines of its
 * log, with all fields, through the decoder as a stream; beside memcpy of the same bytes in the same round.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cnipol/decode.h>

#include "base/ctx.h"
#include "bench.h"

#define REPEATS 9
#define INPUT_BYTES (16u << 20)
#define PIECE (256u << 10)

struct input {
    struct np_buf bytes;
    char *copy;
    struct cnipol_decoder *decoder;
    uint64_t records;
};

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench_flow_text: %s\n", what);
    exit(1);
}

/* An element of a template, and its value in the record that is repeated. */
static const struct field {
    uint32_t pen;
    uint16_t id;
    uint16_t length; /* 65535: a text */
    const char *text;
    uint64_t number;
} fields[] = {
    {0, 150, 4, NULL, 1700000000},
    {0, 151, 4, NULL, 1700000060},
    {0, 136, 1, NULL, 2},
    {0, 7, 2, NULL, 44752},
    {0, 11, 2, NULL, 5201},
    {0, 4, 1, NULL, 6},
    {0, 86, 8, NULL, 823188},
    {0, 85, 8, NULL, 30472817041},
    {0, 2, 8, NULL, 241333},
    {0, 1, 8, NULL, 8982624938},
    {0, 8, 4, NULL, 0x0a0a004f},
    {0, 12, 4, NULL, 0x0a0a0150},
    {29305, 86, 8, NULL, 471111},
    {29305, 85, 8, NULL, 24500996},
    {29305, 2, 8, NULL, 136211},
    {29305, 1, 8, NULL, 7083284},
    {56506, 101, 65535, "perftest-a", 0},
    {56506, 100, 65535, "antrea-test", 0},
    {56506, 104, 65535, "node-0", 0},
    {56506, 103, 65535, "perftest-b", 0},
    {56506, 102, 65535, "antrea-test-b", 0},
    {56506, 105, 65535, "node-1", 0},
    {56506, 108, 2, NULL, 5202},
    {56506, 109, 65535, "antrea-test-b/perftest:tcp", 0},
    {56506, 110, 65535, "allow-perf", 0},
    {56506, 111, 65535, "antrea-test-b", 0},
    {56506, 115, 1, NULL, 1},
    {56506, 141, 65535, "", 0},
    {56506, 139, 1, NULL, 1},
    {56506, 112, 65535, "strict", 0},
    {56506, 113, 65535, "", 0},
    {56506, 118, 1, NULL, 3},
    {56506, 142, 65535, "allow-same", 0},
    {56506, 140, 1, NULL, 1},
    {56506, 136, 65535, "ESTABLISHED", 0},
    {56506, 137, 1, NULL, 2},
    {56506, 153, 65535, "", 0},
    {56506, 154, 65535, "", 0},
    {56506, 157, 65535, "", 0},
    {56506, 172, 2, NULL, 0},
    {56506, 170, 4, NULL, 0},
    {56506, 106, 4, NULL, 0x0a600009},
    {56506, 168, 4, NULL, 0x0a600009},
    {56506, 123, 8, NULL, 0},
    {56506, 131, 8, NULL, 0},
    {56506, 121, 8, NULL, 0},
    {56506, 129, 8, NULL, 0},
    {56506, 122, 8, NULL, 0},
    {56506, 130, 8, NULL, 0},
    {56506, 120, 8, NULL, 0},
    {56506, 128, 8, NULL, 0},
    {56506, 127, 8, NULL, 0},
    {56506, 135, 8, NULL, 0},
    {56506, 125, 8, NULL, 0},
    {56506, 133, 8, NULL, 0},
    {56506, 126, 8, NULL, 0},
    {56506, 134, 8, NULL, 0},
    {56506, 124, 8, NULL, 0},
    {56506, 132, 8, NULL, 0},
    {56506, 151, 4, NULL, 1700000060},
    {56506, 152, 4, NULL, 1700000060},
    {56506, 145, 8, NULL, 15902813472},
    {56506, 147, 8, NULL, 15902813473},
    {56506, 148, 8, NULL, 15902813474},
    {56506, 146, 8, NULL, 12381344},
    {56506, 149, 8, NULL, 12381345},
    {56506, 150, 8, NULL, 12381346},
    {56506, 143, 65535, "{\"antrea-e2e\":\"perftest-a\",\"app\":\"iperf\"}", 0},
    {56506, 144, 65535, "{\"antrea-e2e\":\"perftest-b\",\"app\":\"iperf\"}", 0},
    {56506, 158, 65535, "cluster-1", 0},
};

enum { N_FIELDS = sizeof fields / sizeof *fields, RECORDS_IN_MESSAGE = 40 };

static void add_number(struct np_buf *out, uint64_t number, uint32_t bytes)
{
    while (bytes--)
        np_buf_addc(out, (char)(number >> (8 * bytes)));
}

/* A message of one set. */
static void add_message(struct np_buf *out, uint32_t set, const struct np_buf *content)
{
    add_number(out, 10, 2);
    add_number(out, content->n + 20, 2);
    add_number(out, 1700000061, 4);
    add_number(out, 0, 4);
    add_number(out, 1, 4);
    add_number(out, set, 2);
    add_number(out, content->n + 4, 2);
    np_buf_add(out, content->s, content->n);
}

static void add_template(struct np_buf *out)
{
    add_number(out, 256, 2);
    add_number(out, N_FIELDS, 2);
    for (size_t i = 0; i < N_FIELDS; i++) {
        add_number(out, fields[i].id | (fields[i].pen ? 0x8000u : 0), 2);
        add_number(out, fields[i].length, 2);
        if (fields[i].pen)
            add_number(out, fields[i].pen, 4);
    }
}

static void add_record(struct np_buf *out)
{
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (!fields[i].text) {
            add_number(out, fields[i].number, fields[i].length);
            continue;
        }
        np_buf_addc(out, (char)strlen(fields[i].text));
        np_buf_adds(out, fields[i].text);
    }
}

static uint64_t make_ipfix(struct np_buf *out, struct np_mem *mem)
{
    struct np_buf content;
    uint64_t records = 0;

    np_buf_init(&content, mem);
    add_template(&content);
    add_message(out, 2, &content);
    np_buf_clear(&content);
    for (int i = 0; i < RECORDS_IN_MESSAGE; i++)
        add_record(&content);
    for (; out->n < INPUT_BYTES && !np_buf_failed(out); records += RECORDS_IN_MESSAGE)
        add_message(out, 256, &content);
    np_buf_free(&content);
    return records;
}

static uint64_t make_csv(struct np_buf *out, struct np_mem *mem)
{
    uint64_t records = 0;

    (void)mem;
    for (; out->n < INPUT_BYTES && !np_buf_failed(out); records++)
        np_buf_addf(out,
                    "1700000000,1700000060,10.10.0.79,10.10.1.%u,%u,5201,TCP,perftest-a,antrea-test,k8s-node-control-plane,perftest-b,"
                    "antrea-test-b,k8s-node-control-plane-b,10.96.0.9,10.96.0.9,5202,antrea-test-b/perftest:tcp,allow-perf,antrea-test-b,"
                    "test-rule,Allow,AntreaNetworkPolicy,strict,,allow-same,Allow,AntreaClusterNetworkPolicy,,,\n",
                    (unsigned)(records % 250), (unsigned)(1024 + records % 60000));
    return records;
}

/* All records of the stream; their number. */
static uint64_t decode(struct input *input, uint64_t *sink)
{
    struct cnipol_flow flow;
    uint64_t records = 0;

    cnipol_decoder_reset(input->decoder);
    for (size_t at = 0, n; at < input->bytes.n; at += n) {
        int rc;

        n = input->bytes.n - at < PIECE ? input->bytes.n - at : PIECE;
        must(cnipol_decoder_feed(input->decoder, input->bytes.s + at, n) == CNIPOL_OK, "a piece is not taken");
        for (; (rc = cnipol_decoder_next(input->decoder, &flow)) > 0; records++)
            *sink += flow.src.port + flow.n_extras;
        must(rc == 0, "a record is bad");
    }
    return records;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void print(struct bench *b, const char *format, const char *what, const char *unit, double *values, const char *note)
{
    char row[64];

    (void)snprintf(row, sizeof row, "%s %s", format, what);
    qsort(values, REPEATS, sizeof *values, by_value);
    bench_times(b, row, unit, values, REPEATS, note);
}

static void measure(struct bench *b, const char *format, struct input *input)
{
    double rates[REPEATS], copies[REPEATS], each[REPEATS];
    char note[96];

    must(decode(input, &b->sink) == input->records, "records are missing");
    for (int i = 0; i < REPEATS; i++) {
        double start = bench_now(), middle;

        memcpy(input->copy, input->bytes.s, input->bytes.n);
        middle = bench_now();
        b->sink += (unsigned char)input->copy[input->bytes.n / 2];
        copies[i] = (double)input->bytes.n / (middle - start) / 1e6;
        middle = bench_now();
        (void)decode(input, &b->sink);
        each[i] = (bench_now() - middle) / (double)input->records * 1e9;
        rates[i] = (double)input->bytes.n / (each[i] * (double)input->records / 1e9) / 1e6;
    }
    (void)snprintf(note, sizeof note, "%zu bytes, %llu records", input->bytes.n, (unsigned long long)input->records);
    print(b, format, "decoded", "MB/s", rates, note);
    print(b, format, "a record", "ns", each, NULL);
    print(b, format, "memcpy", "MB/s", copies, NULL);
}

static void run(struct bench *b, struct cnipol_ctx *ctx, const char *format, uint64_t (*make)(struct np_buf *out, struct np_mem *mem))
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = format};
    struct input input = {.decoder = NULL};

    np_buf_init(&input.bytes, &ctx->mem);
    input.records = make(&input.bytes, &ctx->mem);
    input.copy = malloc(input.bytes.n);
    must(!np_buf_failed(&input.bytes) && input.copy && cnipol_decoder_new(ctx, &opts, &input.decoder) == CNIPOL_OK, "no memory");
    memset(input.copy, 0, input.bytes.n);
    measure(b, format, &input);
    cnipol_decoder_free(input.decoder);
    free(input.copy);
    np_buf_free(&input.bytes);
}

int main(void)
{
    struct cnipol_ctx *ctx = NULL;
    struct bench b;

    if (!bench_open(&b, "bench_flow_text") || cnipol_ctx_new(NULL, &ctx))
        return 1;
    run(&b, ctx, "antrea-ipfix", make_ipfix);
    run(&b, ctx, "antrea-flow-csv", make_csv);
    cnipol_ctx_free(ctx);
    return bench_close(&b);
}
