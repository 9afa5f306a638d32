/* SPDX-License-Identifier: BSD-2-Clause */
/* CSV and JSON Lines of anyone: mappings, quoting, header lines, paths; and our own JSON read back. */

#include "rows.h"

/* A stream of a format with a mapping, decoded as records joined with a blank, flaws as !line:column. */
static void decode_stream(const char *format, const char *columns, const char *input, size_t piece, struct flow_rows_out *out)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = format, .columns = columns};
    struct cnipol_decoder *decoder = NULL;
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_flow flow;
    struct cnipol_flaw flaw;

    out->n = 0;
    out->text[0] = '\0';
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    if (cnipol_decoder_new(ctx, &opts, &decoder))
        (void)snprintf(out->text, sizeof out->text, "unusable");
    for (size_t at = 0, size = strlen(input), n; decoder; at += n) {
        int rc;

        n = size - at < piece ? size - at : piece;
        assert_int_equal(n ? cnipol_decoder_feed(decoder, input + at, n) : cnipol_decoder_finish(decoder), CNIPOL_OK);
        while ((rc = cnipol_decoder_next(decoder, &flow)) != 0) {
            if (rc > 0)
                (void)flow_rows_add(out, &flow);
            else if (cnipol_decoder_flaw(decoder, &flaw))
                out->n += (size_t)snprintf(out->text + out->n, sizeof out->text - out->n, "%s!%u:%u", out->n ? " " : "", flaw.line, flaw.column);
        }
        if (!n)
            break;
    }
    cnipol_decoder_free(decoder);
    cnipol_ctx_free(ctx);
}

struct mapped {
    const char *columns, *input, *expected;
};

static void check_streams(const char *format, const struct mapped *rows, size_t n)
{
    static struct flow_rows_out out;

    for (size_t i = 0; i < n; i++)
        for (size_t piece = 1; piece <= 65536; piece *= 65536) {
            decode_stream(format, rows[i].columns, rows[i].input, piece, &out);
            expect_text(rows[i].columns ? rows[i].columns : rows[i].input, out.text, rows[i].expected);
        }
}

#define SRC(members) "{\"src\":{" members "}}"

static const struct mapped csv_rows[] = {
    {"src.ip=a,dst.port=b", "a,b\n10.0.0.1,80\n", "{\"src\":{\"ip\":\"10.0.0.1\"},\"dst\":{\"port\":80}}"},
    {"dst.port=b,src.ip=a", "x,b,a\r\n1,80,10.0.0.1\r\n", "{\"src\":{\"ip\":\"10.0.0.1\"},\"dst\":{\"port\":80}}"},
    {"src.pod=#2", "x,a\ny,b", SRC("\"pod\":\"a\"") " " SRC("\"pod\":\"b\"")},
    {"src.pod=#2,header=yes", "x,a\ny,b", SRC("\"pod\":\"b\"")},
    {"src.pod=a,delimiter=tab", "a\tb\nw,1\t2\n", SRC("\"pod\":\"w,1\"")},
    {"src.pod=a,delimiter=;", "b;a\n1;2\n", SRC("\"pod\":\"2\"")},
    {"src.pod=\"a, b\"", "\"a, b\",c\n1,2\n", SRC("\"pod\":\"1\"")},
    {"src.pod=\"a \"\"b\"\"\"", "\"a \"\"b\"\"\"\n1\n", SRC("\"pod\":\"1\"")},
    {"src.pod=a", "a\n\"x\"\"y\"\"\"\n", SRC("\"pod\":\"x\\\"y\\\"\"")},
    {"src.pod=a", "a\n\"x\ny\"\nz\n", SRC("\"pod\":\"x\\ny\"") " " SRC("\"pod\":\"z\"")},
    {"src.pod=a", "\xef\xbb\xbf" "a\nx\n", SRC("\"pod\":\"x\"")},
    {"src.pod=a,absent=-", "a\n-\n\"\"\nx\n", "{} {} " SRC("\"pod\":\"x\"")},
    {"src.pod=a", "b\nx\n", "!1:1 !2:1"},
    {"src.pod=a", "a\n1,2\n3\n", "!2:3 " SRC("\"pod\":\"3\"")},
    {"src.pod=b", "a,b\n1\n", "{}"},
    {"src.pod=a", "a\n\"x\"y\nz\n", "!2:4 " SRC("\"pod\":\"z\"")},
    {"dst.port=a", "a\n70000\n0\n-1\n", "!2:1 {} !4:1"},
    {"verdict=a[ALLOW=forwarded;DENY=dropped;*=unknown]", "a\nALLOW\nDENY\nx\n",
     "{\"verdict\":\"forwarded\"} {\"verdict\":\"dropped\"} {\"verdict\":\"unknown\"}"},
    {"verdict=a[\"a;b\"=\"dropped\"]", "a\na;b\nforwarded\nno\n", "{\"verdict\":\"dropped\"} {\"verdict\":\"forwarded\"} !4:1"},
    {"time=a", "a\n0\n1755850000.25\n-0.5\n2025-08-22T08:06:40Z\nnow\n",
     "{\"time\":\"1970-01-01T00:00:00Z\"} {\"time\":\"2025-08-22T08:06:40.250Z\"} {\"time\":\"1969-12-31T23:59:59.500Z\"} "
     "{\"time\":\"2025-08-22T08:06:40Z\"} !6:1"},
    {"time=a[ms]", "a\n1755850000250\n-1\n1.5\n", "{\"time\":\"2025-08-22T08:06:40.250Z\"} {\"time\":\"1969-12-31T23:59:59.999Z\"} !4:1"},
    {"time=a[ns]", "a\n1755850000000000001\n", "{\"time\":\"2025-08-22T08:06:40.000000001Z\"}"},
    {"protocol=a", "a\ntcp\n17\nipv6-icmp\n89\n256\nx\n",
     "{\"protocol\":\"TCP\"} {\"protocol\":\"UDP\"} {\"protocol\":\"ICMPv6\"} {\"protocol\":89} !6:1 !7:1"},
    {"src.labels=a,tcp_flags=b", "a,b\n\"x=1,y=2\",\"SYN,ACK\"\n,NO\n",
     "{\"src\":{\"labels\":[\"x=1\",\"y=2\"]},\"tcp_flags\":[\"SYN\",\"ACK\"]} !3:2"},
    {"dst.service=a,dst.workload=b,extra.bytes=c,extra.tcp_state=d", "a,b,c,d\nn/s,Deployment/w,12,OPEN\n",
     "{\"dst\":{\"workload\":\"Deployment/w\",\"service\":\"n/s\"},\"extra\":{\"bytes\":12,\"tcp_state\":\"OPEN\"}}"},
    {"l7.http.method=a,l7.http.code=b", "a,b\nGET,200\n", "{\"l7\":{\"kind\":\"http\",\"http\":{\"code\":200,\"method\":\"GET\"}}}"},
    {"drop_reason=a,interface=b,encrypted=c", "a,b,c\n133,eth0,true\nPOLICY_DENIED,7,0\n,,yes\n",
     "{\"drop_reason\":\"POLICY_DENIED\",\"interface\":\"eth0\",\"encrypted\":true} {\"drop_reason\":\"POLICY_DENIED\",\"interface\":7,\"encrypted\":false} !4:3"},
    {"src.ip=a", "a\n10.0.0.01\nfe80::1\nx\n", "!2:1 " SRC("\"ip\":\"fe80::1\"") " !4:1"},
    {NULL, "time,src_ip,dst.port,unknown\n0,10.0.0.1,80,x\n",
     "{\"time\":\"1970-01-01T00:00:00Z\",\"src\":{\"ip\":\"10.0.0.1\"},\"dst\":{\"port\":80}}"},
    {NULL, "verdict,policies,src_labels,tcp_flags,extra,node\r\ndropped,NetworkPolicy:n/p#-1=deny q,a=b c=d,SYN ACK,bytes=12 tcp_state=X,\"'-n\"\r\n",
     "{\"verdict\":\"dropped\",\"src\":{\"labels\":[\"a=b\",\"c=d\"]},\"tcp_flags\":[\"SYN\",\"ACK\"],\"policies\":[{\"kind\":\"NetworkPolicy\","
     "\"namespace\":\"n\",\"name\":\"p\",\"rule\":-1,\"action\":\"deny\"},{\"name\":\"q\"}],\"node\":\"-n\",\"extra\":{\"bytes\":12,\"tcp_state\":\"X\"}}"},
    {NULL, "x,y\n1,2\n", "!1:1 !2:1"},
    {"delimiter=;", "verdict;node\ndropped;n\n", "{\"verdict\":\"dropped\",\"node\":\"n\"}"},
};

static const struct mapped jsonl_rows[] = {
    {"src.pod=a.b,dst.port=p", "{\"a\":{\"b\":\"x\",\"c\":{}},\"p\":80}", "{\"src\":{\"pod\":\"x\"},\"dst\":{\"port\":80}}"},
    {"src.pod=a.\"b.c\",dst.pod=\"a.b\".c", "{\"a\":{\"b.c\":\"x\"},\"a.b\":{\"c\":\"y\"}}", "{\"src\":{\"pod\":\"x\"},\"dst\":{\"pod\":\"y\"}}"},
    {"src.pod=a.1.n,node=a.0", "{\"a\":[\"z\",{\"n\":\"x\"},{\"n\":\"y\"}]}", "{\"src\":{\"pod\":\"x\"},\"node\":\"z\"}"},
    {"src.labels=l,dst.labels=m", "{\"l\":[\"a=b\",1,null],\"m\":{\"k\":\"v\",\"n\":null}}",
     "{\"src\":{\"labels\":[\"a=b\",\"1\",\"\"]},\"dst\":{\"labels\":[\"k=v\",\"n=\"]}}"},
    {"src.labels=l", "{\"l\":\"a=b,c=d\"}", SRC("\"labels\":[\"a=b\",\"c=d\"]")},
    {"encrypted=e,time=t[ms]", "{\"e\":true,\"t\":1500}\n{\"e\":false,\"t\":\"1500\"}",
     "{\"time\":\"1970-01-01T00:00:01.500Z\",\"encrypted\":true} {\"time\":\"1970-01-01T00:00:01.500Z\",\"encrypted\":false}"},
    {"verdict=v[ok=forwarded]", "{\"v\":\"ok\"}\n{\"v\":null}\n{\"v\":[]}\n{\"v\":\"other\"}", "{\"verdict\":\"forwarded\"} {} !3:6 !4:6"},
    {"src.pod=a,dst.pod=a", "{\"a\":\"x\"}", "{\"src\":{\"pod\":\"x\"},\"dst\":{\"pod\":\"x\"}}"},
    {"src.pod=a", "[{\"a\":\"x\"},{\"a\":\"y\"}]", SRC("\"pod\":\"x\"") " " SRC("\"pod\":\"y\"")},
    {"src.pod=a", "{\"a\":\"x\"} x", "!1:11"},
    {"src.pod=a.b", "{\"a\":1}", "{}"},
    {NULL, "{\"src\":{\"ip\":\"x\",\"labels\":{\"a\":\"b\"}},\"src.id\":7,\"unknown\":{\"time\":1}}", SRC("\"ip\":\"x\",\"labels\":{\"a\":\"b\"}")},
    {NULL, "{\"verdict\":\"maybe\"}\n{\"verdict\":1}\n{\"policies\":{}}\n3", "!1:12 {\"verdict\":\"forwarded\"} !3:13 !4:1"},
};

static const char *const unusable[] = {
    "src.pod",          "src.pod=",         "=a",          "nothing=a",      "l7.http.headers=a",       "src.pod=a,src.pod=b", "src.pod=a,",
    "src.pod=\"a",      "src.pod=a[x]",     "time=a[s;m]", "time=a[h]",      "src.pod=a[x=y",    "src.pod=#0",          "src.pod=#x",
    "src.pod=#70000",   "src.pod=a,header=no", "header=maybe", "delimiter=ab", "delimiter=\"\"\"\"", "extra.nothing=a",    "src.pod=a[x=y]z",
    "src.pod=#2000",
};

static void test_csv(void **state)
{
    (void)state;
    check_streams("csv", csv_rows, COUNT(csv_rows));
}

static void test_jsonl(void **state)
{
    (void)state;
    check_streams("jsonl", jsonl_rows, COUNT(jsonl_rows));
}

static void test_unusable_mappings(void **state)
{
    static struct flow_rows_out out;

    (void)state;
    for (size_t i = 0; i < COUNT(unusable); i++) {
        decode_stream("csv", unusable[i], "", 1, &out);
        expect_text(unusable[i], out.text, "unusable");
    }
}

/* What we print, read back and printed again, is the same. */
static const char *const round_trips[] = {
    "{\"time\":\"2025-08-22T08:06:40.000000001Z\",\"verdict\":\"dropped\",\"direction\":\"egress\",\"reply\":false,\"protocol\":\"TCP\","
    "\"src\":{\"ip\":\"10.0.0.1\",\"port\":1,\"namespace\":\"n\",\"pod\":\"p\",\"workload\":\"Deployment/p\",\"identity\":7,\"labels\":[\"k8s:a=b\"],"
    "\"service\":\"n/s\",\"names\":[\"x.y\"],\"cluster\":\"c\"},\"dst\":{\"labels\":{\"a\":\"b\"}},\"tcp_flags\":[\"SYN\",\"ACK\"]}",
    "{\"icmp\":{\"type\":8,\"code\":0},\"l7\":{\"type\":\"request\",\"kind\":\"http\",\"latency_ns\":12,\"http\":{\"status\":200,\"method\":\"GET\","
    "\"url\":\"/\",\"user_agent\":\"u\",\"content_type\":\"t\",\"headers\":[{\"key\":\"k\",\"value\":\"v\"}]}}}",
    "{\"l7\":{\"kind\":\"dns\",\"dns\":{\"query\":\"q\",\"ips\":[\"1.2.3.4\"],\"ttl\":0,\"cnames\":[\"c\"],\"rcode\":3,\"qtypes\":[\"A\"]}}}",
    "{\"l7\":{\"kind\":\"kafka\",\"kafka\":{\"error_code\":-1,\"api_version\":2,\"api_key\":\"produce\",\"correlation_id\":3,\"topic\":\"t\"}}}",
    "{\"drop_reason\":\"POLICY_DENIED\",\"policies\":[{\"kind\":\"EndOfTier\",\"tier\":\"t\",\"rule\":-1,\"index\":1,\"action\":\"deny\",\"direction\":\"egress\","
    "\"trigger\":{\"kind\":\"NetworkPolicy\",\"namespace\":\"n\",\"name\":\"x\",\"tier\":\"t\"}}],\"pending_policies\":[{\"kind\":42,\"rule\":\"r\","
    "\"labels\":[\"a=b\"],\"revision\":3}],\"node\":\"n\",\"interface\":7,\"encrypted\":true}",
    "{\"event\":\"lost_events\",\"source\":\"s\",\"num_events_lost\":3,\"cpu\":-1,\"first\":\"2025-08-22T08:06:40Z\",\"last\":\"2025-08-22T08:06:41Z\"}",
    "{\"event\":\"node_status\",\"state\":\"s\",\"nodes\":[\"a\",\"b\"],\"message\":\"m\"}",
    "{\"aggregate\":{\"ingress_flow_count\":3},\"extra\":{\"start\":\"2025-08-22T08:06:40Z\",\"bytes\":12,\"tcp_state\":\"7\"},\"src.id\":3}",
    "{\"aggregate\":{}}",
    "{\"tcp_flags\":[]}",
    "{\"l7\":{\"type\":\"http\",\"kind\":\"http\",\"http\":{\"0\":{\"url\":\"/a\",\"status\":200},\"1\":null}}}",
    "{\"interface\":\"7\",\"src.mac\":\"aa:bb\",\"ip_version\":4,\"node_labels\":[\"x=y\"],\"type\":\"L3_L4\",\"event_type\":\"drop\",\"event_sub_type\":131,\"uuid\":\"u\","
    "\"emitter.name\":\"Hubble\",\"trace_id\":\"t\",\"tunnel.protocol\":\"VXLAN\",\"tunnel.vni\":1}",
    "{}",
};

static int print_all(void *user, const struct cnipol_flow *flow)
{
    struct flow_rows_out *out = user;

    out->n = cnipol_flow_print_json(flow, out->text, sizeof out->text);
    return CNIPOL_OK;
}

static void test_round_trips(void **state)
{
    static struct flow_rows_out out;

    (void)state;
    for (size_t i = 0; i < COUNT(round_trips); i++) {
        struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "jsonl"};
        struct cnipol_decoder *decoder;
        struct cnipol_ctx *ctx;

        assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
        assert_int_equal(cnipol_decoder_new(ctx, &opts, &decoder), CNIPOL_OK);
        out.text[0] = '\0';
        expect_number(round_trips[i], "status", np_decoder_frame(decoder, round_trips[i], strlen(round_trips[i]), print_all, &out), CNIPOL_OK);
        expect_text(round_trips[i], out.text, round_trips[i]);
        cnipol_decoder_free(decoder);
        cnipol_ctx_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_jsonl),
        cmocka_unit_test(test_unusable_mappings),
        cmocka_unit_test(test_round_trips),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
