/* SPDX-License-Identifier: BSD-2-Clause */
/* Goldmane's JSON: what encoding/json takes and refuses, what a hit must be, and what grpcurl's form may have beside. */

#include "rows.h"

#define KEY(members)    "{\"Key\":{" members "}}"
#define HITS(hits)      KEY("\"policies\":{\"enforced_policies\":[" hits "]}")
#define POLICY(members) "{\"policies\":[{" members "}]}"

/* Names, null, numbers, doubles: as Go's decoder has them. */
static const struct flow_row go_rows[] = {
    {"{}", "{}", NULL},
    {" \t{\n}\r\n", "{}", NULL},
    {"{\"KEY\":{\"SOURCE_NAME\":\"a\",\"Source_Namespace\":\"n\"}}", "{\"src\":{\"namespace\":\"n\",\"pod\":\"a\"}}", NULL},
    {"{\"\xe2\x84\xaa" "ey\":{\"\xc5\xbfource_name\":\"a\",\"\xc5\xbfource_name\xc5\xbfpace\":\"n\"}}", "{\"src\":{\"namespace\":\"n\",\"pod\":\"a\"}}", NULL},
    {KEY("\"action\":null,\"source_name\":null,\"policies\":null,\"dest_port\":null"), "{}", NULL},
    {"{\"Key\":null,\"source_labels\":null}", "{}", NULL},
    {"{\"source_labels\":[]}", "{}", NULL},
    {"{\"source_labels\":[null,\"a=b\"]}", "{\"src\":{\"labels\":[\"a=b\"]}}", NULL},
    {"{\"new\":[{\"x\":[1,{}]}],\"Key\":{\"action\":2}}", "{\"verdict\":\"dropped\"}", NULL},
    {KEY("\"source_name\":\"\\u0061\\n\""), "{\"src\":{\"names\":[\"a\\n\"]}}", NULL},
    {"{\"start_time\":-1}", "{\"time\":\"1969-12-31T23:59:59Z\"}", NULL},
    {"{\"start_time\":-0}", "{}", NULL},
    {"{\"start_time\":253402300799}", "{\"time\":\"9999-12-31T23:59:59Z\"}", NULL},
    {"{\"start_time\":253402300800}", "!14", NULL},
    {"{\"start_time\":1.0}", "!14", NULL},
    {"{\"start_time\":1e3}", "!14", NULL},
    {"{\"start_time\":\"1\"}", "!14", NULL},
    {"{\"start_time\":true}", "!14", NULL},
    {"{\"start_time\":9223372036854775808}", "!14", NULL},
    {"{\"end_time\":\"x\"}", "!12", NULL},
    {"{\"num_connections_live\":{}}", "!24", NULL},
    {KEY("\"action\":2147483648"), "!17", NULL},
    {KEY("\"action\":\"Allow\""), "!17", NULL},
    {KEY("\"source_name\":1"), "!22", NULL},
    {KEY("\"action\":1,\"action\":1"), "{\"verdict\":\"forwarded\"}", NULL},
    {KEY("\"action\":1,\"ACTION\":2"), "!28", NULL},
    {"{\"source_labels\":[1]}", "!18", NULL},
    {"{\"Key\":{}", "!9", NULL},
    {"{}{}", "!2", NULL},
    {"null", "!0", NULL},
    {"[{}]", "!0", NULL},
    {"", "!0", NULL},
    {"{\"a\":\"\xff\"}", "!5", NULL},
    {"{\"\xff\":1}", "!1", NULL},
    {"{\"a\":\"\\ud800\"}", "{}", NULL},
};

static const struct flow_row end_rows[] = {
    {KEY("\"source_name\":\"pub\",\"source_namespace\":\"-\",\"source_type\":4"), "{\"src\":{\"names\":[\"pub\"]}}", NULL},
    {KEY("\"source_name\":\"set\",\"source_namespace\":\"n\",\"source_type\":3"), "{\"src\":{\"namespace\":\"n\",\"names\":[\"set\"]}}", NULL},
    {KEY("\"source_name\":\"web-*\",\"source_type\":1"), "{\"src\":{\"pod\":\"web-*\"}}", NULL},
    {KEY("\"source_name\":\"-\",\"source_namespace\":\"\",\"source_type\":1"), "{}", NULL},
    {KEY("\"dest_service_name\":\"db\",\"dest_service_namespace\":\"n\""), "{\"dst\":{\"service\":\"n/db\"}}", NULL},
    {KEY("\"dest_service_name\":\"-\",\"dest_service_namespace\":\"n\""), "{}", NULL},
    {KEY("\"dest_port\":65535,\"proto\":\"TCP\""), "{\"protocol\":\"TCP\",\"dst\":{\"port\":65535}}", NULL},
    {KEY("\"dest_port\":0,\"proto\":\"1\""), "{\"protocol\":\"ICMP\"}", NULL},
    {KEY("\"dest_port\":-1,\"proto\":\"256\""), "{}", NULL},
    {KEY("\"dest_port\":-2"), "!20", NULL},
    {KEY("\"dest_port\":65536"), "!20", NULL},
    {KEY("\"action\":3,\"reporter\":3"), "{\"verdict\":\"unknown\",\"direction\":\"unknown\"}", NULL},
};

static const struct flow_row hit_rows[] = {
    {HITS("null"), "{}", NULL},
    {HITS("{}"), POLICY("\"rule\":0,\"index\":0"), NULL},
    {HITS("{\"kind\":42,\"action\":3}"), POLICY("\"kind\":\"42\",\"rule\":0,\"index\":0,\"action\":\"pass\""), NULL},
    {HITS("{\"kind\":-1}"), POLICY("\"kind\":\"-1\",\"rule\":0,\"index\":0"), NULL},
    {HITS("{\"kind\":7}"), POLICY("\"kind\":\"AdminNetworkPolicy\",\"rule\":0,\"index\":0"), "3.31"},
    {HITS("{\"kind\":7}"), POLICY("\"kind\":\"7\",\"rule\":0,\"index\":0"), "3.32"},
    {HITS("{\"kind\":11}"), POLICY("\"kind\":\"11\",\"rule\":0,\"index\":0"), "3.31"},
    {HITS("{\"kind\":2,\"namespace\":\"n\"}"), "!41", NULL},
    {HITS("{\"kind\":1,\"action\":4}"), "!41", NULL},
    {HITS("{\"kind\":10}"), "!41", NULL},
    {HITS("{\"kind\":10,\"trigger\":null}"), "!41", NULL},
    {HITS("{\"kind\":10,\"rule_index\":-1,\"trigger\":{\"kind\":2,\"name\":\"g\",\"trigger\":{\"trigger\":{}}}}"),
     POLICY("\"kind\":\"EndOfTier\",\"rule\":-1,\"index\":0,\"trigger\":{\"kind\":\"GlobalNetworkPolicy\",\"name\":\"g\"}"), NULL},
    {HITS("{\"policy_index\":2,\"name\":\"c\"},{\"policy_index\":1,\"name\":\"a\"},{\"policy_index\":1,\"name\":\"b\"},{\"policy_index\":-1,\"name\":\"z\"}"),
     "{\"policies\":[{\"name\":\"z\",\"rule\":0,\"index\":-1},{\"name\":\"a\",\"rule\":0,\"index\":1},{\"name\":\"b\",\"rule\":0,\"index\":1},"
     "{\"name\":\"c\",\"rule\":0,\"index\":2}]}", NULL},
};

/* Names as values and numbers in quotes only where a name of protojson's, or its wrapper, is there. */
static const struct flow_row grpcurl_rows[] = {
    {KEY("\"sourceName\":\"a\",\"action\":\"Deny\""), "{\"verdict\":\"dropped\",\"src\":{\"names\":[\"a\"]}}", NULL},
    {KEY("\"action\":\"Deny\",\"sourceName\":\"a\""), "{\"verdict\":\"dropped\",\"src\":{\"names\":[\"a\"]}}", NULL},
    {"{\"flow\":{\"Key\":{\"reporter\":\"Dst\"}},\"id\":\"1\"}", "{\"direction\":\"ingress\"}", NULL},
    {"{\"flow\":null}", "{}", NULL},
    {KEY("\"sourceName\":\"a\",\"action\":\"deny\""), "!34", NULL},
    {KEY("\"SourceName\":\"a\""), "{}", NULL},
    {"{\"startTime\":\"1755850000\"}", "{\"time\":\"2025-08-22T08:06:40Z\"}", NULL},
    {"{\"startTime\":\"1.5\"}", "!13", NULL},
};

static void test_go(void **state)
{
    (void)state;
    flow_rows_check("goldmane-json", go_rows, COUNT(go_rows));
}

static void test_ends(void **state)
{
    (void)state;
    flow_rows_check("goldmane-json", end_rows, COUNT(end_rows));
}

static void test_hits(void **state)
{
    (void)state;
    flow_rows_check("goldmane-json", hit_rows, COUNT(hit_rows));
}

static void test_grpcurl(void **state)
{
    (void)state;
    flow_rows_check("goldmane-json", grpcurl_rows, COUNT(grpcurl_rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_go),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_hits),
        cmocka_unit_test(test_grpcurl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
