/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's protobuf: what the wire format allows, case by case, and that records are those of the JSON form. Tags: 0a is field 1 with
 * bytes, 10 field 2 as a varint, c801 field 25, and so on (flow.proto).
 */

#include "binary_testing.h"

#include "../support/hubble_encode.h"
#include "../support/hubble_pb_plain.h"
#include "flow/format.h"

static const struct {
    const char *name;
    const char *message; /* NULL: GetFlowsResponse */
    const char *hex;
    const char *expected;
} rows[] = {
    {"nothing", NULL, "", "{}"},
    {"an empty flow", NULL, "0a00", "{}"},
    {"a bare flow", "Flow", "1002", "{\"verdict\":\"dropped\"}"},
    {"zero says nothing", "Flow", "1000 5a00 8001 00", "{}"},
    {"a verdict without a name", "Flow", "1063", "{\"verdict\":\"unknown\"}"},
    {"minus one", "Flow", "10ffffffffffffffffff01", "{\"verdict\":\"unknown\"}"},
    {"the last number counts", "Flow", "1001 1002", "{\"verdict\":\"dropped\"}"},
    {"the last text counts", "Flow", "5a0161 5a0162", "{\"node\":\"b\"}"},
    {"an empty text takes it back", "Flow", "5a0161 5a00", "{}"},
    {"low 32 bits of a number", "Flow", "108180808010", "{\"verdict\":\"forwarded\"}"},
    {"more bytes than needed", "Flow", "10 82808080808080808000", "{\"verdict\":\"dropped\"}"},
    {"a tag of more bytes than needed", "Flow", "9080808000 02", "{\"verdict\":\"dropped\"}"},
    {"a number of 65 bits", "Flow", "10 ffffffffffffffffff02", "!1"},
    {"a number of eleven bytes", "Flow", "10 8080808080808080808000", "!1"},
    {"another wire type is an unknown field", "Flow", "1502000000 5a016e", "{\"node\":\"n\"}"},
    {"a number where a message is", "Flow", "2801 1001", "{\"verdict\":\"forwarded\"}"},
    {"a group where a message is", "Flow", "2b 0801 2c 1001", "{\"verdict\":\"forwarded\"}"},
    {"bytes where a number is", "Flow", "120101 5a016e", "{\"node\":\"n\"}"},
    {"every kind of unknown field", "Flow", "f806 ff01 f106 0102030405060708 fa06 03616263 fd06 01020304 1001",
     "{\"verdict\":\"forwarded\"}"},
    {"a group in a group", "Flow", "fb06 0b 1001 0c 0d01020304 fc06 1001", "{\"verdict\":\"forwarded\"}"},
    {"a group that another one ends", "Flow", "fb06 0b 1001 14 fc06", "!5"},
    {"a group without an end", "Flow", "fb06 1001", "!2"},
    {"an end without a group", "Flow", "1001 fc06", "!4"},
    {"a tag cut", "Flow", "1001 88", "!2"},
    {"a tag without a value", "Flow", "1001 8801", "!4"},
    {"a long tag cut", "Flow", "1001 c2be", "!2"},
    {"field 0", "Flow", "1001 0000", "!2"},
    {"field 2^29", "Flow", "8080808010 00", "!0"},
    {"the last field", "Flow", "f8ffffff0f 00 1001", "{\"verdict\":\"forwarded\"}"},
    {"wire type 6", "Flow", "1001 1600", "!3"},
    {"wire type 7", "Flow", "1001 1700", "!3"},
    {"fixed32 cut", "Flow", "fd06 010203", "!2"},
    {"fixed64 cut", "Flow", "f106 01020304050607", "!2"},
    {"a length past the end", "Flow", "5a02 61", "!1"},
    {"a length past the message it is in", NULL, "0a03 5a02 61 c23e 0161", "!3"},
    {"a length of 2^64 - 1", "Flow", "5a ffffffffffffffffff01", "!1"},
    {"an unknown length past the end", "Flow", "fa06 04 616263", "!2"},
    {"messages merge", "Flow", "4204 10 07 1a00 4205 2a03 706f64", "{\"src\":{\"pod\":\"pod\",\"identity\":7}}"},
    {"lists go on", "Flow", "4205 2203 613d62 4205 2203 633d64", "{\"src\":{\"labels\":[\"a=b\",\"c=d\"]}}"},
    {"an empty text in a list", "Flow", "4202 2200", "{\"src\":{\"labels\":[\"\"]}}"},
    {"one member of a oneof merges", "Flow", "3204 0a02 0801 3204 0a02 1002",
     "{\"protocol\":\"TCP\",\"src\":{\"port\":1},\"dst\":{\"port\":2}}"},
    {"another member of a oneof replaces", "Flow", "320a 0a08 0801 1a04 1001 2801 3204 1202 1002",
     "{\"protocol\":\"UDP\",\"dst\":{\"port\":2}}"},
    {"and back", "Flow", "3204 0a02 0801 3204 1202 1002 3202 0a00", "{\"protocol\":\"TCP\"}"},
    {"no member", "Flow", "3200", "{}"},
    {"flags that are there", "Flow", "3206 0a04 1a02 1001", "{\"protocol\":\"TCP\",\"tcp_flags\":[\"SYN\"]}"},
    {"flags without one", "Flow", "3204 0a02 1a00", "{\"protocol\":\"TCP\",\"tcp_flags\":[]}"},
    {"a flag that is taken back", "Flow", "320a 0a08 1a06 1001 1000 2801", "{\"protocol\":\"TCP\",\"tcp_flags\":[\"ACK\"]}"},
    {"ports the other way round", "Flow", "3206 0a04 1002 0801", "{\"protocol\":\"TCP\",\"src\":{\"port\":1},\"dst\":{\"port\":2}}"},
    {"two members in one message", "Flow", "320c 0a04 0801 1002 1204 0803 1004",
     "{\"protocol\":\"UDP\",\"src\":{\"port\":3},\"dst\":{\"port\":4}}"},
    {"flags behind ports", "Flow", "320c 0a0a 0801 1002 1a04 1001 4801",
     "{\"protocol\":\"TCP\",\"src\":{\"port\":1},\"dst\":{\"port\":2},\"tcp_flags\":[\"SYN\",\"NS\"]}"},
    {"a flag that is more than true", "Flow", "320a 0a08 0801 1002 1a02 1002",
     "{\"protocol\":\"TCP\",\"src\":{\"port\":1},\"dst\":{\"port\":2},\"tcp_flags\":[\"SYN\"]}"},
    {"a flag that nobody knows", "Flow", "320a 0a08 0801 1002 1a02 5001",
     "{\"protocol\":\"TCP\",\"src\":{\"port\":1},\"dst\":{\"port\":2},\"tcp_flags\":[]}"},
    {"UDP has no flags", "Flow", "320a 1208 0801 1002 1a02 1001", "{\"protocol\":\"UDP\",\"src\":{\"port\":1},\"dst\":{\"port\":2}}"},
    {"flags that are cut", "Flow", "320a 0a08 0801 1002 1a03 1001", "!9"},
    {"a port that is cut", "Flow", "3207 0a05 0801 10 80 80", "!7"},
    {"any number is true", "Flow", "2a02 2007", "{\"encrypted\":true}"},
    {"a port that is none", "Flow", "3206 0a04 08 808004", "!0"},
    {"an ICMP type that is none", "Flow", "3205 1a03 08 8002", "!0"},
    {"an address", "Flow", "2a09 0a07 312e322e332e34", "{\"src\":{\"ip\":\"1.2.3.4\"}}"},
    {"an address of four numbers and a dot", "Flow", "2a0a 0a08 312e322e332e342e", "!4"},
    {"an octet of 256", "Flow", "2a0b 0a09 3235362e322e332e34", "!4"},
    {"a leading zero", "Flow", "2a0a 0a08 312e322e332e3034", "!4"},
    {"three numbers", "Flow", "2a07 0a05 312e322e33", "!4"},
    {"a name as destination", "Flow", "2a05 1203 616263", "!4"},
    {"a tunnel's address", "Flow", "ba02 07 1205 0a03 616263", "!7"},
    {"time", "Flow", "0a05 0801 1080 04", "{\"time\":\"1970-01-01T00:00:01.000000512Z\"}"},
    {"a time that is there", "Flow", "0a00", "{\"time\":\"1970-01-01T00:00:00Z\"}"},
    {"before 1970", "Flow", "0a0b 08ffffffffffffffffff01", "{\"time\":\"1969-12-31T23:59:59Z\"}"},
    {"a second before the year 1", "Flow", "0a0b 08 ff91b8c398feffffff01", "!0"},
    {"a billion nanoseconds", "Flow", "0a06 10 8094ebdc03", "!0"},
    {"the flow's time and node count", NULL, "0a07 0a02 0801 5a0161 ca3e02 0802 c23e0162",
     "{\"time\":\"1970-01-01T00:00:01Z\",\"node\":\"a\"}"},
    {"else those beside it", NULL, "0a00 ca3e02 0802 c23e0162", "{\"time\":\"1970-01-01T00:00:02Z\",\"node\":\"b\"}"},
    {"a time beside it that is none", NULL, "0a04 0a02 0801 ca3e06 10 8094ebdc03", "!0"},
    {"is_reply counts before reply", "Flow", "8001 01 d201 00", "{\"reply\":false}"},
    {"reply alone", "Flow", "8001 01", "{\"reply\":true}"},
    {"drop_reason_desc counts before drop_reason", "Flow", "18 8501 c801 b501", "{\"drop_reason\":\"POLICY_DENY\"}"},
    {"a reason without a name", "Flow", "18 ce01", "{\"drop_reason\":\"206\"}"},
    {"a flow, then lost events", NULL, "0a02 1001 1a02 1009", "{\"event\":\"lost_events\",\"num_events_lost\":9}"},
    {"lost events, then a flow", NULL, "1a02 1009 0a02 1001", "{\"verdict\":\"forwarded\"}"},
    {"a flow, lost events, another flow", NULL, "0a05 1001 5a0161 1a00 0a03 5a0162", "{\"node\":\"b\"}"},
    {"lost by an unknown one", NULL, "1a02 0809", "{\"event\":\"lost_events\",\"source\":\"9\"}"},
    {"lost by one below zero", NULL, "1a0b 08 ffffffffffffffffff01", "{\"event\":\"lost_events\",\"source\":\"-1\"}"},
    {"agent events are the exporter's", NULL, "2202 0805", "{}"},
    {"an agent event", "ExportEvent", "2202 0805", "{\"event\":\"agent_event\"}"},
    {"policies in order of direction", "Flow", "eaa00a 03 0a0164 cad00a 00 caa00a 03 0a0161",
     "{\"policies\":[{\"name\":\"a\",\"action\":\"allow\",\"direction\":\"egress\"},{\"name\":\"d\",\"action\":\"deny\",\"direction\":"
     "\"ingress\"}]}"},
    {"another kind of L7 replaces", "Flow", "7a07 0801 aa06 0208 05 7a07 1005 a206 020a 00",
     "{\"l7\":{\"type\":\"request\",\"kind\":\"dns\",\"latency_ns\":5,\"dns\":{}}}"},
    {"text that is not UTF-8", "Flow", "5a03 61ff62", "!2"},
    {"a surrogate", "Flow", "5a03 eda080", "!2"},
    {"text of a field that we do not have", "Flow", "3206 3a04 1202 c3 28", "!6"},
    {"bytes of an unknown field are any", "Flow", "fa06 02 c328 1001", "{\"verdict\":\"forwarded\"}"},
    {"a zero byte in a text", "Flow", "5a03 610062", "{\"node\":\"a\\u0000b\"}"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "hubble-pb", .message = rows[i].message};

        expect_frame(rows[i].name, &opts, rows[i].hex, rows[i].expected);
    }
}

/* Everything that a record can have, nearly. */
static const char *const samples[] = {
    "{\"flow\":{\"time\":\"2026-04-24T08:00:00.002451934Z\",\"uuid\":\"ef34db5e-a0c2-4b43-a5ed-089021c05888\","
    "\"emitter\":{\"name\":\"Hubble\",\"version\":\"1.19.4+g7d68cfb3\"},\"verdict\":\"FORWARDED\","
    "\"ethernet\":{\"source\":\"7e:e1:ff:42:ce:bd\",\"destination\":\"c2:e8:90:b1:4f:b6\"},"
    "\"IP\":{\"source\":\"10.244.0.49\",\"destination\":\"10.244.0.249\",\"ipVersion\":\"IPv4\"},"
    "\"l4\":{\"TCP\":{\"source_port\":40169,\"destination_port\":6443,\"flags\":{\"SYN\":true}}},"
    "\"source\":{\"identity\":20655,\"cluster_name\":\"prod-apac\",\"namespace\":\"emea-production\","
    "\"labels\":[\"k8s:app=emea-orders\",\"k8s:io.kubernetes.pod.namespace=emea-production\"],\"pod_name\":\"emea-orders-tnc7nzx6zf-"
    "dh2bh\","
    "\"workloads\":[{\"name\":\"emea-orders\",\"kind\":\"Deployment\"}]},"
    "\"destination\":{\"ID\":1353,\"identity\":22996,\"cluster_name\":\"prod-apac\",\"namespace\":\"ingress-nginx\","
    "\"labels\":[\"k8s:app=ingress-orders\",\"k8s:io.kubernetes.pod.namespace=ingress-nginx\"],\"pod_name\":\"ingress-orders-q5hvpks9h7-"
    "gbwp7\","
    "\"workloads\":[{\"name\":\"ingress-orders\",\"kind\":\"Deployment\"}]},"
    "\"Type\":\"L3_L4\",\"node_name\":\"prod-apac/ip-10-4-4-110\",\"event_type\":{\"type\":5},\"traffic_direction\":\"INGRESS\","
    "\"policy_match_type\":3,\"is_reply\":false,"
    "\"ingress_allowed_by\":[{\"name\":\"ingress-orders-ingress\",\"namespace\":\"ingress-nginx\",\"labels\":["
    "\"k8s:io.cilium.k8s.policy.derived-from=CiliumNetworkPolicy\",\"k8s:io.cilium.k8s.policy.name=ingress-orders-ingress\","
    "\"k8s:io.cilium.k8s.policy.namespace=ingress-nginx\",\"k8s:io.cilium.k8s.policy.uid=917a7859-c22e-42b1-b0cf-3c168e99403e\"],"
    "\"revision\":\"784\",\"kind\":\"CiliumNetworkPolicy\"}],\"Summary\":\"TCP Flags: SYN\"},"
    "\"node_name\":\"prod-apac/ip-10-4-4-110\",\"time\":\"2026-04-24T08:00:00.002451934Z\"}",
    "{\"flow\":{\"time\":\"2026-04-24T08:00:00.003029549Z\",\"verdict\":\"DROPPED\",\"drop_reason\":133,"
    "\"IP\":{\"source\":\"fd00::4c\",\"destination\":\"2001:db8::1\",\"source_xlated\":\"fd00::1\",\"ipVersion\":\"IPv6\",\"encrypted\":"
    "true},"
    "\"l4\":{\"ICMPv6\":{\"type\":128}},\"source\":{\"ID\":2359},\"destination\":{},\"Type\":\"L3_L4\",\"destination_names\":[\"www."
    "example.org\",\"b\"],"
    "\"node_labels\":[\"a=b\"],\"source_service\":{\"name\":\"web\",\"namespace\":\"shop\"},\"destination_service\":{\"name\":\"db\"},"
    "\"event_type\":{\"type\":1,\"sub_type\":133},\"drop_reason_desc\":\"POLICY_DENIED\",\"file\":{\"name\":\"bpf_lxc.c\",\"line\":1196},"
    "\"traffic_direction\":\"EGRESS\",\"interface\":{\"index\":5,\"name\":\"eth0\"},\"policy_log\":[\"\",\"x\"],"
    "\"ip_trace_id\":{\"trace_id\":\"18446744073709551615\",\"ip_option_type\":136},\"auth_type\":\"SPIRE\","
    "\"tunnel\":{\"protocol\":\"VXLAN\",\"IP\":{\"source\":\"192.168.1.1\",\"destination\":\"192.168.1.2\"},"
    "\"l4\":{\"UDP\":{\"source_port\":8472,\"destination_port\":4789}},\"vni\":2},"
    "\"egress_allowed_by\":[{\"name\":\"c\"}],\"egress_denied_by\":[{\"name\":\"a\"},{\"name\":\"b\",\"kind\":\"NetworkPolicy\"}]}}",
    "{\"flow\":{\"verdict\":\"REDIRECTED\",\"Type\":\"L7\",\"l7\":{\"type\":\"RESPONSE\",\"latency_ns\":\"1234567\",\"dns\":{\"query\":\"a."
    "\",\"ips\":[\"1.2.3.4\"],"
    "\"ttl\":5,\"cnames\":[\"c.\"],\"observation_source\":\"proxy\",\"rcode\":3,\"qtypes\":[\"A\"],\"rrtypes\":[\"A\",\"CNAME\"]}},"
    "\"trace_observation_point\":\"TO_PROXY\",\"trace_reason\":\"REPLY\",\"reply\":true,\"is_reply\":true,\"proxy_port\":10001}}",
    "{\"flow\":{\"l7\":{\"type\":\"REQUEST\",\"http\":{\"code\":404,\"method\":\"POST\",\"url\":\"http://h/x\",\"protocol\":\"HTTP/2\","
    "\"headers\":[{\"key\":\"Host\",\"value\":\"h\"},{\"key\":\"X\"}]}},\"trace_context\":{\"parent\":{\"trace_id\":"
    "\"4bf92f3577b34da6a3ce929d0e0e4736\"}}}}",
    "{\"flow\":{\"l7\":{\"type\":\"SAMPLE\",\"kafka\":{\"error_code\":-1,\"api_version\":2,\"api_key\":\"publish\",\"correlation_id\":7,"
    "\"topic\":\"t\"}}}}",
    "{\"flow\":{\"verdict\":\"TRANSLATED\",\"Type\":\"SOCK\",\"l4\":{\"SCTP\":{\"source_port\":1,\"destination_port\":2,\"chunk_type\":"
    "\"INIT\"}},"
    "\"sock_xlate_point\":\"SOCK_XLATE_POINT_POST_DIRECTION_FWD\",\"socket_cookie\":\"12648430\",\"cgroup_id\":\"101010\"}}",
    "{\"flow\":{\"l4\":{\"VRRP\":{\"type\":1,\"vrid\":51,\"priority\":100}},\"aggregate\":{\"ingress_flow_count\":5,\"egress_flow_count\":"
    "3}}}",
    "{\"flow\":{\"l4\":{\"IGMP\":{\"type\":22,\"group_address\":\"239.1.2.3\"}},\"debug_capture_point\":\"DBG_CAPTURE_DELIVERY\"}}",
    "{\"lost_events\":{\"source\":\"HUBBLE_RING_BUFFER\",\"num_events_lost\":\"12\",\"cpu\":0,\"first\":\"2026-01-01T00:00:00Z\","
    "\"last\":\"2026-01-01T00:00:01.5Z\"},\"node_name\":\"k8s1\",\"time\":\"2026-08-01T00:00:00Z\"}",
    "{\"node_status\":{\"state_change\":\"NODE_ERROR\",\"node_names\":[\"a\",\"b\"],\"message\":\"refused\"},\"node_name\":\"relay\"}",
    "{\"debug_event\":{},\"node_name\":\"k8s1\"}",
};

static int print_all(void *user, const struct cnipol_flow *flow)
{
    struct flow_rows_out *out = user;

    out->n = np_record_print_json(flow, NP_RECORD_ALL, out->text, sizeof out->text);
    return CNIPOL_OK;
}

static void decode_all(const char *format, const char *message, const void *bytes, size_t n, struct flow_rows_out *out)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = format, .message = message};
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_decoder *decoder = NULL;

    out->text[0] = '\0';
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_decoder_new(ctx, &opts, &decoder), CNIPOL_OK);
    assert_int_equal(np_decoder_frame(decoder, bytes, n, print_all, out), CNIPOL_OK);
    cnipol_decoder_free(decoder);
    cnipol_ctx_free(ctx);
}

static void test_both_forms_say_the_same(void **state)
{
    struct flow_rows_out *left = malloc(sizeof *left), *right = malloc(sizeof *right);

    (void)state;
    assert_non_null(left);
    assert_non_null(right);
    if (!np_format_find("hubble-json")) {
        free(left);
        free(right);
        skip();
    }
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct hubble_bytes bytes = {0};

        expect_number(samples[i], "encoded", hubble_encode(samples[i], "ExportEvent", &bytes), 0);
        decode_all("hubble-json", NULL, samples[i], strlen(samples[i]), left);
        decode_all("hubble-pb", "ExportEvent", bytes.bytes, bytes.n, right);
        expect_text(samples[i], right->text, left->text);
        free(bytes.bytes);
    }
    free(left);
    free(right);
}

static void test_cut_and_without_memory(void **state)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "hubble-pb", .message = "ExportEvent"};

    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct hubble_bytes bytes = {0};

        assert_int_equal(hubble_encode(samples[i], "ExportEvent", &bytes), 0);
        cut_everywhere(&opts, bytes.bytes, bytes.n);
        fail_everywhere(&opts, bytes.bytes, bytes.n);
        free(bytes.bytes);
    }
}

/* Feeds pieces of `step` bytes; says how many records and flaws came. */
static void feed(const struct cnipol_decoder_opts *opts, const uint8_t *bytes, size_t n, size_t step, struct cnipol_decoder_stats *stats)
{
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_decoder *decoder = NULL;
    struct cnipol_flow flow;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_decoder_new(ctx, opts, &decoder), CNIPOL_OK);
    for (size_t at = 0; at < n; at += step) {
        assert_int_equal(cnipol_decoder_feed(decoder, bytes + at, step < n - at ? step : n - at), CNIPOL_OK);
        while (cnipol_decoder_next(decoder, &flow)) {
        }
    }
    assert_int_equal(cnipol_decoder_finish(decoder), CNIPOL_OK);
    while (cnipol_decoder_next(decoder, &flow)) {
    }
    cnipol_decoder_stats(decoder, stats);
    cnipol_decoder_free(decoder);
    cnipol_ctx_free(ctx);
}

static void test_streams(void **state)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "hubble-pb", .message = "ExportEvent"};
    struct hubble_bytes bytes = {0};
    struct cnipol_decoder_stats stats;

    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++)
        assert_int_equal(hubble_encode_delimited(samples[i], "ExportEvent", &bytes), 0);
    for (size_t step = 1; step < 2000; step = step * 3 + 1) {
        feed(&opts, bytes.bytes, bytes.n, step, &stats);
        expect_number("whole", "records", (long long)stats.records, COUNT(samples));
        expect_number("whole", "flaws", (long long)stats.flaws, 0);
        feed(&opts, bytes.bytes, bytes.n - 1, step, &stats);
        expect_number("cut", "records", (long long)stats.records, COUNT(samples) - 1);
        expect_number("cut", "flaws", (long long)stats.flaws, 1);
    }
    opts.format = NULL;
    opts.message = NULL;
    feed(&opts, bytes.bytes, bytes.n, bytes.n, &stats);
    expect_text("recognised", stats.format, "hubble-pb");
    free(bytes.bytes);
}

static void test_only_what_is_wanted(void **state)
{
    struct cnipol_fields fields = {{0, 0}};
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "hubble-pb", .fields = &fields};
    static const struct {
        int32_t field;
        const char *hex;
        const char *expected;
    } wanted[] = {
        {CNIPOL_FIELD_VERDICT, "0a05 1002 5a0161", "{\"verdict\":\"dropped\"}"},
        {CNIPOL_FIELD_NODE, "0a05 1002 5a0161", "{\"node\":\"a\"}"},
        {CNIPOL_FIELD_NODE, "0a07 1002 5a03 61ff62", "!6"},
        {CNIPOL_FIELD_VERDICT, "0a07 1002 5a03 61ff62", "{\"verdict\":\"dropped\"}"},
        {CNIPOL_FIELD_DST_POD, "0a0a 4203 2a0173 4a03 2a0164", "{\"dst\":{\"pod\":\"d\"}}"},
        {CNIPOL_FIELD_SRC_PORT, "0a08 3206 0a04 0801 1002", "{\"protocol\":\"TCP\",\"src\":{\"port\":1}}"},
        {CNIPOL_FIELD_SRC_POD, "0a0c 420a 2a0173 3205 0a03 61ff62", "{\"src\":{\"pod\":\"s\"}}"},
        {CNIPOL_FIELD_SRC_WORKLOAD, "0a0c 420a 2a0173 3205 0a03 616162", "{\"src\":{\"workload\":\"aab\"}}"},
        {CNIPOL_FIELD_VERDICT, "0a0b 1002 caa00a 05 0a03 61ff62", "{\"verdict\":\"dropped\"}"},
        {CNIPOL_FIELD_VERDICT, "1a02 1009", "{\"event\":\"lost_events\",\"num_events_lost\":9}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wanted); i++) {
        fields = (struct cnipol_fields){{0, 0}};
        fields.bits[wanted[i].field / 64] |= 1ull << wanted[i].field % 64;
        expect_frame(wanted[i].hex, &opts, wanted[i].hex, wanted[i].expected);
    }
}

static void test_options(void **state)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "hubble-pb", .message = "Flows"};

    (void)state;
    expect_frame("a message that does not exist", &opts, "", "unusable");
}

/* 10^6 labels, and groups just as deep as they may be and one deeper. */
static void test_bounds(void **state)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "hubble-pb", .message = "Flow"};
    struct cnipol_fields fields = {{1ull << CNIPOL_FIELD_SRC_LABELS, 0}};
    const size_t n = 1000000;
    uint8_t *bytes = malloc(3 * n + 16);
    struct flow_rows_out *out = malloc(sizeof *out);
    size_t at = 0;

    (void)state;
    assert_non_null(bytes);
    assert_non_null(out);
    for (int depth = 10000; depth <= 10001; depth++) {
        memset(bytes, 0x0b + 0x70, (size_t)depth);
        memset(bytes + depth, 0x0c + 0x70, (size_t)depth);
        flow_rows_decode(&opts, (const char *)bytes, 2 * (size_t)depth, out);
        expect_text("groups", out->text, depth == 10000 ? "{}" : "!10000");
    }
    bytes[at++] = 0x42;
    for (size_t size = 3 * n; size; size >>= 7)
        bytes[at++] = (uint8_t)(size & 0x7f) | (size > 0x7f ? 0x80 : 0);
    for (size_t i = 0; i < n; i++, at += 3)
        memcpy(bytes + at, "\x22\x01l", 3);
    opts.fields = &fields;
    {
        struct cnipol_ctx *ctx = NULL;
        struct cnipol_decoder *decoder = NULL;
        size_t records = 0;

        assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
        assert_int_equal(cnipol_decoder_new(ctx, &opts, &decoder), CNIPOL_OK);
        assert_int_equal(np_decoder_frame(decoder, bytes, at, count_record, &records), CNIPOL_OK);
        assert_int_equal(records, 1);
        cnipol_decoder_free(decoder);
        cnipol_ctx_free(ctx);
    }
    free(out);
    free(bytes);
}

/* Two readers of one message, wanting the same. */
struct pair {
    struct hubble_pb_single fast, plain;
};

static void expect_same(struct pair *pair, const char *name, const uint8_t *bytes, size_t n)
{
    char *fast = hubble_pb_single_read(&pair->fast, bytes, n), *plain = hubble_pb_single_read(&pair->plain, bytes, n);

    expect_text(name, fast, plain);
    free(fast);
    free(plain);
}

static uint32_t below(uint64_t *seed, uint32_t n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % n;
}

/* Some bytes changed, put in or taken out: to what often matters, or to anything. */
static size_t change(uint8_t *bytes, size_t n, uint64_t *seed)
{
    static const uint8_t often[] = {0x00, 0x01, 0x08, 0x0a, 0x0b, 0x0c, 0x10, 0x12, 0x16, 0x22, 0x32, 0x7f, 0x80, 0x81, 0xc2, 0xff};

    for (uint32_t i = below(seed, 4) + 1; i && n; i--) {
        size_t at = below(seed, (uint32_t)n);
        uint8_t byte = below(seed, 2) ? often[below(seed, sizeof often)] : (uint8_t)below(seed, 256);
        uint32_t how = below(seed, 4);

        if (how == 0)
            memmove(bytes + at, bytes + at + 1, --n - at);
        if (how == 1)
            memmove(bytes + at + 1, bytes + at, n++ - at);
        if (how)
            bytes[at] = byte;
    }
    return n;
}

static void compare_all(struct pair *pair, const uint8_t *bytes, size_t n, uint64_t *seed)
{
    uint8_t *changed = malloc(n + 16);

    assert_non_null(changed);
    for (size_t cut = 0; cut <= n; cut++)
        expect_same(pair, "cut", bytes, cut);
    for (int i = 0; i < 2000; i++) {
        memcpy(changed, bytes, n);
        expect_same(pair, "changed", changed, change(changed, n, seed));
    }
    free(changed);
}

/* Reading fast and reading plainly say the same: of each sample, of its beginnings, and of what becomes of it. */
static void test_fast_and_plain_say_the_same(void **state)
{
    static const struct cnipol_fields wanted[] = {
        {{UINT64_MAX, UINT64_MAX}},
        {{1ull << CNIPOL_FIELD_TIME | 1ull << CNIPOL_FIELD_DST_POD | 1ull << CNIPOL_FIELD_DST_PORT, 0}},
        {{0x5555555555555555u, 0x5555555555555555u}},
    };
    uint64_t seed = 1;

    (void)state;
    for (size_t i = 0; i < COUNT(wanted) * COUNT(samples); i++) {
        struct hubble_bytes bytes = {0};
        struct pair pair;

        assert_true(hubble_pb_single_open(&pair.fast, "ExportEvent", &wanted[i % COUNT(wanted)], np_pb_read));
        assert_true(hubble_pb_single_open(&pair.plain, "ExportEvent", &wanted[i % COUNT(wanted)], hubble_pb_read_plain));
        assert_int_equal(hubble_encode(samples[i / COUNT(wanted)], "ExportEvent", &bytes), 0);
        compare_all(&pair, bytes.bytes, bytes.n, &seed);
        hubble_pb_single_close(&pair.fast);
        hubble_pb_single_close(&pair.plain);
        free(bytes.bytes);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),    cmocka_unit_test(test_both_forms_say_the_same),     cmocka_unit_test(test_cut_and_without_memory),
        cmocka_unit_test(test_streams), cmocka_unit_test(test_only_what_is_wanted),         cmocka_unit_test(test_options),
        cmocka_unit_test(test_bounds),  cmocka_unit_test(test_fast_and_plain_say_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
