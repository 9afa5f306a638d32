/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast binary flow records are decoded: bench_flow_binary [FILE].
 *
 * FILE holds Hubble's JSON, a record a line, perhaps packed with gzip; it is turned into protobuf first. Without it, a few records are
 * written again and again with other addresses and ports. The monitor's events are made up: drops, traces and verdicts with a TCP or
 * UDP packet, on a node of 200 endpoints. Beside each, memcpy of the same bytes.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include <cnipol/cnipol.h>

#include "../tests/support/hubble_encode.h"
#include "bench.h"

#define MAX_BYTES (8u << 20)
#define EVENTS 20000u

static const char *const shapes[] = {
    "{\"flow\":{\"time\":\"2026-04-24T08:00:00.002451934Z\",\"uuid\":\"ef34db5e-a0c2-4b43-a5ed-089021c05888\","
    "\"emitter\":{\"name\":\"Hubble\",\"version\":\"1.19.4+g7d68cfb3\"},\"verdict\":\"FORWARDED\","
    "\"ethernet\":{\"source\":\"7e:e1:ff:42:ce:bd\",\"destination\":\"c2:e8:90:b1:4f:b6\"},"
    "\"IP\":{\"source\":\"10.244.#.#\",\"destination\":\"10.244.0.249\",\"ipVersion\":\"IPv4\"},"
    "\"l4\":{\"TCP\":{\"source_port\":#,\"destination_port\":6443,\"flags\":{\"SYN\":true}}},"
    "\"source\":{\"identity\":20655,\"cluster_name\":\"prod-apac\",\"namespace\":\"emea-production\","
    "\"labels\":[\"k8s:app=emea-orders\",\"k8s:io.kubernetes.pod.namespace=emea-production\"],\"pod_name\":\"emea-orders-tnc7nzx6zf-"
    "dh2bh\","
    "\"workloads\":[{\"name\":\"emea-orders\",\"kind\":\"Deployment\"}]},"
    "\"destination\":{\"ID\":1353,\"identity\":22996,\"cluster_name\":\"prod-apac\",\"namespace\":\"ingress-nginx\","
    "\"labels\":[\"k8s:app=ingress-orders\",\"k8s:io.kubernetes.pod.namespace=ingress-nginx\"],\"pod_name\":\"ingress-orders-q5hvpks9h7-"
    "gbwp7\","
    "\"workloads\":[{\"name\":\"ingress-orders\",\"kind\":\"Deployment\"}]},\"Type\":\"L3_L4\",\"node_name\":\"prod-apac/ip-10-4-4-110\","
    "\"event_type\":{\"type\":5},\"traffic_direction\":\"INGRESS\",\"policy_match_type\":3,\"is_reply\":false,"
    "\"ingress_allowed_by\":[{\"name\":\"ingress-orders-ingress\",\"namespace\":\"ingress-nginx\",\"labels\":["
    "\"k8s:io.cilium.k8s.policy.derived-from=CiliumNetworkPolicy\",\"k8s:io.cilium.k8s.policy.name=ingress-orders-ingress\"],"
    "\"revision\":\"784\",\"kind\":\"CiliumNetworkPolicy\"}],\"Summary\":\"TCP Flags: SYN\"},"
    "\"node_name\":\"prod-apac/ip-10-4-4-110\",\"time\":\"2026-04-24T08:00:00.002451934Z\"}",
    "{\"flow\":{\"time\":\"2026-04-24T08:00:00.003029549Z\",\"uuid\":\"ee24c26a-d005-4543-b78a-52cb2e1b7f7d\","
    "\"emitter\":{\"name\":\"Hubble\",\"version\":\"1.19.4+g7d68cfb3\"},\"verdict\":\"DROPPED\",\"drop_reason\":133,"
    "\"ethernet\":{\"source\":\"b2:0f:56:cb:6d:a3\",\"destination\":\"b2:69:89:f6:bc:26\"},"
    "\"IP\":{\"source\":\"10.244.#.#\",\"destination\":\"142.250.66.137\",\"ipVersion\":\"IPv4\"},"
    "\"l4\":{\"UDP\":{\"source_port\":#,\"destination_port\":443}},"
    "\"source\":{\"ID\":2359,\"identity\":20931,\"cluster_name\":\"prod-apac\",\"namespace\":\"emea-production\",\"labels\":["
    "\"k8s:app=emea-exporter\",\"k8s:io.cilium.k8s.policy.cluster=prod-apac\",\"k8s:io.kubernetes.pod.namespace=emea-production\","
    "\"k8s:version=v12.4.13\"],\"pod_name\":\"emea-exporter-r8g6vlpp4b-ssv6c\",\"workloads\":[{\"name\":\"emea-exporter\",\"kind\":"
    "\"Deployment\"}]},"
    "\"destination\":{\"identity\":16777458,\"labels\":[\"cidr:142.250.66.137/32\",\"fqdn:www.googleapis.com\",\"reserved:world\"]},"
    "\"Type\":\"L3_L4\",\"node_name\":\"prod-apac/ip-10-4-4-110\",\"destination_names\":[\"www.googleapis.com\"],"
    "\"event_type\":{\"type\":1,\"sub_type\":133},\"drop_reason_desc\":\"POLICY_DENIED\",\"file\":{\"name\":\"bpf_lxc.c\",\"line\":1196},"
    "\"traffic_direction\":\"EGRESS\",\"Summary\":\"UDP\"},\"node_name\":\"prod-apac/"
    "ip-10-4-4-110\",\"time\":\"2026-04-24T08:00:00.003029549Z\"}",
};

struct stream {
    struct hubble_bytes bytes;
    uint32_t records;
    struct cnipol_decoder *decoder;
    uint8_t *copy;
};

static bool fill_from_file(const char *path, struct stream *stream)
{
    gzFile file = gzopen(path, "rb");
    static char line[1 << 20];
    bool fits = file != NULL;

    while (fits && stream->bytes.n < MAX_BYTES && gzgets(file, line, sizeof line)) {
        fits = hubble_encode_delimited(line, "GetFlowsResponse", &stream->bytes) == 0;
        stream->records++;
    }
    if (file)
        gzclose(file);
    return fits && stream->records;
}

/* A shape with other numbers for its #: two octets and a port. */
static void write_shape(char *out, size_t size, const char *shape, uint64_t *seed)
{
    uint32_t numbers[] = {bench_below(seed, 256), bench_below(seed, 256), 1024 + bench_below(seed, 60000)};
    size_t n = 0;

    for (uint32_t i = 0; *shape && n + 16 < size; shape++) {
        if (*shape == '#')
            n += (size_t)snprintf(out + n, size - n, "%u", numbers[i++ % 3]);
        else
            out[n++] = *shape;
    }
    out[n] = '\0';
}

static bool fill(struct stream *stream, uint64_t *seed)
{
    char line[4096];

    while (stream->bytes.n < MAX_BYTES) {
        write_shape(line, sizeof line, shapes[bench_below(seed, 2)], seed);
        if (hubble_encode_delimited(line, "GetFlowsResponse", &stream->bytes))
            return false;
        stream->records++;
    }
    return true;
}

static void append(struct hubble_bytes *out, const void *bytes, size_t n)
{
    if (out->n + n > out->cap) {
        out->cap = 2 * (out->n + n);
        out->bytes = realloc(out->bytes, out->cap);
        if (!out->bytes)
            abort();
    }
    memcpy(out->bytes + out->n, bytes, n);
    out->n += n;
}

/* An event of 1.19 with 54 or 42 bytes of packet, behind its length. */
static void add_event(struct hubble_bytes *out, uint64_t *seed)
{
    static const struct {
        uint8_t type, subtype, version, size;
    } kinds[] = {{1, 133, 3, 48}, {4, 0, 2, 56}, {5, 0, 1, 40}};
    static const uint8_t packet[54] = {2, 0, 0, 0,  0, 1, 2, 0, 0,  0, 0,   2, 8, 0, 0x45, 0, 0, 40, 0, 1,    0, 0, 64, 6, 0, 0, 10,
                                       0, 0, 1, 10, 0, 0, 2, 0, 80, 1, 187, 0, 0, 0, 1,    0, 0, 0,  0, 0x50, 2, 0, 0,  0, 0, 0, 0};
    uint32_t kind = bench_below(seed, 3), is_udp = bench_below(seed, 4) == 0;
    uint32_t size = kinds[kind].size + (is_udp ? 42u : 54u);
    uint8_t event[128] = {kinds[kind].type, kinds[kind].subtype};
    uint8_t *p = event + kinds[kind].size;

    event[2] = (uint8_t)(1 + bench_below(seed, 200));
    event[14] = kinds[kind].version;
    event[16] = (uint8_t)bench_below(seed, 256);
    if (kind == 0)
        event[30] = 2;
    if (kind == 2)
        event[27] = (uint8_t)(1 + bench_below(seed, 2));
    memcpy(p, packet, sizeof packet);
    p[29] = (uint8_t)bench_below(seed, 256);
    p[33] = (uint8_t)bench_below(seed, 256);
    p[35] = (uint8_t)bench_below(seed, 256);
    if (is_udp) {
        p[17] = 28;
        p[23] = 17;
        p[38] = 0;
        p[39] = 8;
    }
    append(out, (const uint8_t[4]){(uint8_t)size, 0, 0, 0}, 4);
    append(out, event, size);
}

static uint64_t decode(void *user)
{
    struct stream *stream = user;
    struct cnipol_flow flow;
    uint64_t sum = 0;
    int rc;

    cnipol_decoder_reset(stream->decoder);
    if (cnipol_decoder_feed(stream->decoder, stream->bytes.bytes, stream->bytes.n))
        return 0;
    while ((rc = cnipol_decoder_next(stream->decoder, &flow)) != 0)
        sum += rc > 0 ? flow.src.port + flow.src.identity + 1 : 0;
    (void)cnipol_decoder_finish(stream->decoder);
    return sum;
}

static uint64_t copy(void *user)
{
    struct stream *stream = user;

    memcpy(stream->copy, stream->bytes.bytes, stream->bytes.n);
    return stream->copy[stream->bytes.n / 2];
}

static bool add_endpoints(struct cnipol_endpoints *endpoints)
{
    static const char *const labels[] = {"k8s:app=web", "k8s:io.cilium.k8s.policy.cluster=default", "k8s:io.kubernetes.pod.namespace=shop",
                                         NULL};

    for (uint32_t i = 1; i <= 200; i++) {
        char ip[32];
        struct cnipol_endpoint endpoint = {.id = i, .identity = 1000 + i, .ip = ip, .ns = "shop", .pod = "web-0", .labels = labels};

        (void)snprintf(ip, sizeof ip, "10.0.0.%u", i);
        if (cnipol_endpoints_add(endpoints, &endpoint))
            return false;
    }
    return true;
}

/* Checks that a stream decodes to as many records as there are. */
static bool is_whole(struct stream *stream)
{
    struct cnipol_decoder_stats stats;

    decode(stream);
    cnipol_decoder_stats(stream->decoder, &stats);
    return stats.records == stream->records && !stats.flaws;
}

int main(int argc, char **argv)
{
    static const struct cnipol_fields five = {{1ull << CNIPOL_FIELD_TIME | 1ull << CNIPOL_FIELD_VERDICT | 1ull << CNIPOL_FIELD_SRC_POD |
                                                   1ull << CNIPOL_FIELD_DST_POD | 1ull << CNIPOL_FIELD_DST_PORT,
                                               0}};
    struct cnipol_decoder_opts pb = {.sz = sizeof pb, .format = "hubble-pb", .packed = 1};
    struct cnipol_decoder_opts pb_five = {.sz = sizeof pb_five, .format = "hubble-pb", .packed = 1, .fields = &five};
    struct cnipol_decoder_opts monitor = {.sz = sizeof monitor, .format = "cilium-monitor", .packed = 1, .version = "1.19"};
    struct stream all = {{0}, 0, NULL, NULL}, some, events = {{0}, EVENTS, NULL, NULL}, bare;
    struct cnipol_endpoints *endpoints = NULL;
    struct cnipol_ctx *ctx = NULL;
    uint64_t seed = BENCH_SEED;
    struct bench b;
    bool fits;

    if (!bench_open(&b, "flow_binary") || cnipol_ctx_new(NULL, &ctx) || cnipol_endpoints_new(ctx, &endpoints) || !add_endpoints(endpoints))
        return 1;
    fits = argc > 1 ? fill_from_file(argv[1], &all) : fill(&all, &seed);
    for (uint32_t i = 0; i < EVENTS; i++)
        add_event(&events.bytes, &seed);
    monitor.endpoints = endpoints;
    some = all;
    bare = events;
    all.copy = malloc(all.bytes.n);
    events.copy = malloc(events.bytes.n);
    fits = fits && all.copy && events.copy && !cnipol_decoder_new(ctx, &pb, &all.decoder) &&
           !cnipol_decoder_new(ctx, &pb_five, &some.decoder) && !cnipol_decoder_new(ctx, &monitor, &events.decoder);
    monitor.endpoints = NULL;
    fits = fits && !cnipol_decoder_new(ctx, &monitor, &bare.decoder) && is_whole(&all) && is_whole(&some) && is_whole(&events) &&
           is_whole(&bare);
    bench_checked(&b, "records", 2ull * all.records + 2ull * EVENTS, fits ? 0 : 1);
    if (fits) {
        const struct bench_body bodies[] = {
            {.row = "hubble-pb, every field", .run = decode, .user = &all, .lookups = all.records},
            {.row = "hubble-pb, five fields", .run = decode, .user = &some, .lookups = all.records},
            {.row = "hubble-pb, memcpy", .run = copy, .user = &all, .lookups = all.records},
            {.row = "cilium-monitor with endpoints", .run = decode, .user = &events, .lookups = EVENTS},
            {.row = "cilium-monitor without", .run = decode, .user = &bare, .lookups = EVENTS},
            {.row = "cilium-monitor, memcpy", .run = copy, .user = &events, .lookups = EVENTS},
        };
        static const struct bench_pair pairs[] = {{"hubble-pb, every field over memcpy", 0, 2}, {"cilium-monitor over memcpy", 3, 5}};

        bench_figure(&b, "hubble-pb, record", "bytes", (double)all.bytes.n / all.records, NULL);
        bench_compare(&b, bodies, sizeof bodies / sizeof *bodies, pairs, sizeof pairs / sizeof *pairs);
    }
    cnipol_decoder_free(all.decoder);
    cnipol_decoder_free(some.decoder);
    cnipol_decoder_free(events.decoder);
    cnipol_decoder_free(bare.decoder);
    cnipol_endpoints_free(endpoints);
    cnipol_ctx_free(ctx);
    free(all.copy);
    free(events.copy);
    free(all.bytes.bytes);
    free(events.bytes.bytes);
    return bench_close(&b);
}
