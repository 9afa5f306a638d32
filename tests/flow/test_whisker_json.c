/* SPDX-License-Identifier: BSD-2-Clause */
/* Whisker's JSON: enumerations by name, times, labels in one text; envelopes, event streams and the user interface's form. */

#include "rows.h"

#define HITS(hits)      "{\"policies\":{\"enforced\":[" hits "]}}"
#define POLICY(members) "{\"policies\":[{" members "}]}"
#define ITEMS(items)    "{\"total\":{\"totalPages\":1},\"items\":[" items "]}"
#define NUMBERS         "\"dest_port\":\"53\",\"packets_in\":\"1\",\"packets_out\":\"2\",\"bytes_in\":\"3\",\"bytes_out\":\"4\""

static const struct flow_row flow_rows[] = {
    {"{}", "{}", NULL},
    {"{\"action\":\"Allow\",\"reporter\":\"Dst\"}", "{\"verdict\":\"forwarded\",\"direction\":\"ingress\"}", NULL},
    {"{\"action\":\"ActionUnspecified\",\"reporter\":\"ReporterUnspecified\"}", "{}", NULL},
    {"{\"action\":\"Pass\"}", "{\"verdict\":\"unknown\"}", NULL},
    {"{\"action\":\"allow\"}", "!10", NULL},
    {"{\"reporter\":\"src\"}", "!12", NULL},
    {"{\"action\":\"Log\"}", "!10", NULL},
    {"{\"action\":1}", "!10", NULL},
    {"{\"action\":null}", "!10", NULL}, /* a type with a reader of its own is handed the null */
    {"{\"start_time\":null}", "{}", NULL},
    {"{\"start_time\":\"2025-08-22T10:06:40.25+02:00\"}", "{\"time\":\"2025-08-22T08:06:40.250Z\"}", NULL},
    {"{\"start_time\":\"2025-08-22 10:06:40Z\"}", "!14", NULL},
    {"{\"start_time\":1}", "!14", NULL},
    {"{\"end_time\":\"\"}", "!12", NULL},
    {"{\"source_labels\":\"a=b | c=d | \"}", "{\"src\":{\"labels\":[\"a=b\",\"c=d\",\"\"]}}", NULL},
    {"{\"source_labels\":\"a=b|c\"}", "{\"src\":{\"labels\":[\"a=b|c\"]}}", NULL},
    {"{\"source_labels\":[\"a=b\"]}", "!17", NULL},
    {"{\"dest_name\":\"PUBLIC NETWORK\",\"dest_namespace\":\"-\"}", "{\"dst\":{\"names\":[\"PUBLIC NETWORK\"]}}", NULL},
    {"{\"dest_name\":\"a\",\"dest_namespace\":\"n\"}", "{\"dst\":{\"namespace\":\"n\",\"pod\":\"a\"}}", NULL},
    {"{\"dest_port\":\"53\"}", "!13", NULL},
    {"{\"dest_port\":70000}", "!13", NULL},
    {"{\"action\":\"Allow\",\"action\":\"Deny\"}", "!27", NULL},
    {"[]", "!0", NULL},
    {"{} x", "!3", NULL},
};

static const struct flow_row hit_rows[] = {
    {HITS("null"), "{}", NULL},
    {HITS("{\"kind\":\"GlobalNetworkPolicy\",\"namespace\":\"n\",\"action\":\"Deny\"}"),
     POLICY("\"kind\":\"GlobalNetworkPolicy\",\"namespace\":\"n\",\"rule\":0,\"index\":0,\"action\":\"deny\""), NULL},
    {HITS("{\"kind\":\"KindUnspecified\"}"), POLICY("\"rule\":0,\"index\":0"), NULL},
    {HITS("{\"kind\":\"networkpolicy\"}"), "!33", NULL},
    {HITS("{\"kind\":6}"), "!33", NULL},
    {HITS("{\"kind\":\"AdminNetworkPolicy\"}"), POLICY("\"kind\":\"AdminNetworkPolicy\",\"rule\":0,\"index\":0"), "3.31"},
    {HITS("{\"kind\":\"AdminNetworkPolicy\"}"), "!33", "3.32"},
    {HITS("{\"kind\":\"ClusterNetworkPolicy\"}"), "!33", "3.31"},
    {HITS("{\"policy_index\":1,\"name\":\"b\"},{\"name\":\"a\"}"),
     "{\"policies\":[{\"name\":\"a\",\"rule\":0,\"index\":0},{\"name\":\"b\",\"rule\":0,\"index\":1}]}", NULL},
    {HITS("{\"kind\":\"EndOfTier\",\"trigger\":{\"kind\":\"Profile\",\"name\":\"p\",\"action\":\"ActionUnspecified\",\"trigger\":null}}"),
     POLICY("\"kind\":\"EndOfTier\",\"rule\":0,\"index\":0,\"trigger\":{\"kind\":\"Profile\",\"name\":\"p\"}"), NULL},
};

static const struct flow_row frame_rows[] = {
    {ITEMS(""), "", NULL},
    {ITEMS("{\"action\":\"Allow\"},null, {\"action\":\"Deny\"} "), "{\"verdict\":\"forwarded\"} {\"verdict\":\"dropped\"}", NULL},
    {"{\"items\":null,\"total\":null}", "", NULL},
    {"{\"Items\":[{\"action\":\"Deny\"}]}", "{\"verdict\":\"dropped\"}", NULL},
    {ITEMS("{\"action\":\"Allow\"},{\"action\":\"x\"}"), "{\"verdict\":\"forwarded\"}!64", NULL},
    {ITEMS("{\"action\":\"Allow\"},1"), "{\"verdict\":\"forwarded\"}!54", NULL},
    {ITEMS("{\"action\":\"Allow\"},"), "!54", NULL},
    {"{\"items\":{}}", "!9", NULL},
    {"{\"total\":1,\"items\":[]}", "!9", NULL},
    {"{\"total\":{\"totalPages\":\"1\"},\"items\":[{}]}", "{}", NULL},
    {"data: {\"action\":\"Deny\"}\n\n", "{\"verdict\":\"dropped\"}", NULL},
    {"data:{\"action\":\"Deny\"}", "{\"verdict\":\"dropped\"}", NULL},
    {"event: flow", "", NULL},
    {": keep-alive", "", NULL},
    {"data:", "", NULL},
    {"", "!0", NULL},
};

static const struct flow_row interface_rows[] = {
    {"{\"reporter\":\"src\"," NUMBERS "}",
     "{\"direction\":\"egress\",\"dst\":{\"port\":53},\"extra\":{\"bytes\":4,\"packets\":2,\"reverse_bytes\":3,\"reverse_packets\":1}}", NULL},
    {"{\"action\":\"DENY\"," NUMBERS "}", "{\"verdict\":\"dropped\",\"dst\":{\"port\":53}}", NULL},
    {"{\"action\":\"no\"," NUMBERS "}", "!10", NULL},
};

static void test_flows(void **state)
{
    (void)state;
    flow_rows_check("whisker-json", flow_rows, COUNT(flow_rows));
}

static void test_hits(void **state)
{
    (void)state;
    flow_rows_check("whisker-json", hit_rows, COUNT(hit_rows));
}

static void test_frames(void **state)
{
    (void)state;
    flow_rows_check("whisker-json", frame_rows, COUNT(frame_rows));
}

static void test_interface(void **state)
{
    (void)state;
    flow_rows_check("whisker-json", interface_rows, COUNT(interface_rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flows),
        cmocka_unit_test(test_hits),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_interface),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
