/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast flow records without JSON are decoded: IPFIX messages of Antrea's aggregator (70 elements a record), the lines of its
 * log, VPC flow logs, and any CSV by a mapping, through the decoder as streams; beside memcpy of the same bytes in the same round.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cnipol/decode.h>

#include "base/ctx.h"
#include "bench.h"

#define INPUT_BYTES (4u << 20)
#define PIECE (256u << 10)

struct input {
    struct np_buf bytes;
    char *copy;
    struct cnipol_decoder *decoder;
    uint64_t records, wrong;
    char note[64];
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

static uint64_t make_vpc(struct np_buf *out, struct np_mem *mem)
{
    uint64_t records = 0;

    (void)mem;
    np_buf_adds(out, "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n");
    for (; out->n < INPUT_BYTES && !np_buf_failed(out); records++)
        np_buf_addf(out, "2 123456789010 eni-1235b8ca123456789 172.31.16.%u 172.31.16.21 %u 22 6 20 4249 1418530010 1418530070 ACCEPT OK\n",
                    (unsigned)(records % 250), (unsigned)(1024 + records % 60000));
    return records;
}

static uint64_t make_mapped(struct np_buf *out, struct np_mem *mem)
{
    uint64_t records = 0;

    (void)mem;
    np_buf_adds(out, "time,src,sport,dst,dport,proto,pod,namespace,rule\n");
    for (; out->n < INPUT_BYTES && !np_buf_failed(out); records++)
        np_buf_addf(out, "2026-04-24T08:00:00.002451934Z,10.244.0.%u,%u,10.244.3.17,6443,TCP,orders-tnc7nzx6zf-dh2bh,production,allow-orders\n",
                    (unsigned)(records % 250), (unsigned)(1024 + records % 60000));
    return records;
}

static const struct {
    const char *format, *columns, *row, *copy_row, *pair;
    uint64_t (*make)(struct np_buf *out, struct np_mem *mem);
} streams[] = {
    {"antrea-ipfix", NULL, "IPFIX of Antrea, every field", "IPFIX, memcpy", "IPFIX / memcpy", make_ipfix},
    {"antrea-flow-csv", NULL, "CSV of Antrea, every field", "CSV of Antrea, memcpy", "CSV of Antrea / memcpy", make_csv},
    {"aws-vpc", NULL, "AWS VPC flow log, every field", "AWS VPC flow log, memcpy", "AWS VPC flow log / memcpy", make_vpc},
    {"csv", "time=time,src.ip=src,src.port=sport,dst.ip=dst,dst.port=dport,protocol=proto,src.pod=pod,src.namespace=namespace",
     "generic CSV, eight fields mapped", "generic CSV, memcpy", "generic CSV / memcpy", make_mapped},
};

enum { N_STREAMS = sizeof streams / sizeof *streams };

/* All records of the stream. */
static uint64_t decode(void *user)
{
    struct input *input = user;
    struct cnipol_flow flow;
    uint64_t sum = 0;

    cnipol_decoder_reset(input->decoder);
    for (size_t at = 0, n; at < input->bytes.n; at += n) {
        int rc;

        n = input->bytes.n - at < PIECE ? input->bytes.n - at : PIECE;
        must(cnipol_decoder_feed(input->decoder, input->bytes.s + at, n) == CNIPOL_OK, "a piece is not taken");
        while ((rc = cnipol_decoder_next(input->decoder, &flow)) > 0)
            sum += flow.src.port + flow.n_extras;
        must(rc == 0, "a record is bad");
    }
    return sum;
}

static uint64_t copy(void *user)
{
    struct input *input = user;

    memcpy(input->copy, input->bytes.s, input->bytes.n);
    return (unsigned char)input->copy[input->bytes.n / 2];
}

static void fill(struct input *input, struct cnipol_ctx *ctx, size_t i)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = streams[i].format, .columns = streams[i].columns, .packed = 1};
    struct cnipol_decoder_stats stats;

    np_buf_init(&input->bytes, &ctx->mem);
    input->records = streams[i].make(&input->bytes, &ctx->mem);
    input->copy = malloc(input->bytes.n);
    must(!np_buf_failed(&input->bytes) && input->copy && cnipol_decoder_new(ctx, &opts, &input->decoder) == CNIPOL_OK, "no decoder");
    memset(input->copy, 0, input->bytes.n);
    (void)decode(input);
    cnipol_decoder_stats(input->decoder, &stats);
    input->wrong = (stats.records > input->records ? stats.records - input->records : input->records - stats.records) + stats.flaws;
    (void)snprintf(input->note, sizeof input->note, "%zu bytes a record", (size_t)(input->bytes.n / input->records));
}

static void compare(struct bench *b, struct input *inputs)
{
    struct bench_body bodies[2 * N_STREAMS] = {{.row = NULL}};
    struct bench_pair pairs[N_STREAMS];

    for (uint32_t i = 0; i < N_STREAMS; i++) {
        struct bench_body body = {.row = streams[i].row, .note = inputs[i].note, .run = decode, .user = &inputs[i], .lookups = (uint32_t)inputs[i].records,
                                  .checked = inputs[i].records, .mismatches = inputs[i].wrong, .rate = (double)inputs[i].bytes.n / 1e6,
                                  .rate_unit = "MB/s"};

        bodies[2 * i] = body;
        body.row = streams[i].copy_row;
        body.run = copy;
        body.note = NULL;
        body.checked = body.mismatches = 0;
        bodies[2 * i + 1] = body;
        pairs[i] = (struct bench_pair){streams[i].pair, 2 * i, 2 * i + 1};
    }
    bench_compare(b, bodies, 2 * N_STREAMS, pairs, N_STREAMS);
}

int main(void)
{
    struct input inputs[N_STREAMS] = {{.decoder = NULL}};
    struct cnipol_ctx *ctx = NULL;
    struct bench b;

    if (!bench_open(&b, "flow_text") || cnipol_ctx_new(NULL, &ctx))
        return 1;
    for (size_t i = 0; i < N_STREAMS; i++)
        fill(&inputs[i], ctx, i);
    compare(&b, inputs);
    for (size_t i = 0; i < N_STREAMS; i++) {
        cnipol_decoder_free(inputs[i].decoder);
        free(inputs[i].copy);
        np_buf_free(&inputs[i].bytes);
    }
    cnipol_ctx_free(ctx);
    return bench_close(&b);
}
