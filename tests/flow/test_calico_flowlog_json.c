/* SPDX-License-Identifier: BSD-2-Clause */
/* Calico's flow logs: what aggregation took away, policies as strings of either version, reporters that forward. */

#include "rows.h"

#define ENFORCED(strings) "{\"policies\":{\"enforced_policies\":[" strings "]}}"
#define ALL(strings)      "{\"policies\":{\"all_policies\":[" strings "]}}"

static const struct flow_row flow_rows[] = {
    {"{}", "{}", NULL},
    {"{\"start_time\":0}", "{\"time\":\"1970-01-01T00:00:00Z\"}", NULL},
    {"{\"start_time\":null,\"source_ip\":null,\"source_ip\":null}", "{}", NULL},
    {"{\"start_time\":1.5}", "!14", NULL},
    {"{\"source_ip\":\"-\",\"dest_ip\":\"\"}", "{}", NULL},
    {"{\"source_ip\":\"10.0.0.01\"}", "!13", NULL},
    {"{\"source_ip\":\"fd00::1\"}", "{\"src\":{\"ip\":\"fd00::1\"}}", NULL},
    {"{\"source_ip\":1}", "!13", NULL},
    {"{\"source_name\":\"-\",\"source_name_aggr\":\"web-*\",\"source_type\":\"wep\"}", "{\"src\":{\"pod\":\"web-*\"}}", NULL},
    {"{\"source_name\":\"web-1\",\"source_name_aggr\":\"web-*\",\"source_type\":\"wep\"}", "{\"src\":{\"pod\":\"web-1\"}}", NULL},
    {"{\"source_name_aggr\":\"pub\",\"source_type\":\"net\"}", "{\"src\":{\"names\":[\"pub\"]}}", NULL},
    {"{\"source_name_aggr\":\"x\",\"source_namespace\":\"n\",\"source_type\":\"new\"}", "{\"src\":{\"namespace\":\"n\",\"names\":[\"x\"]}}", NULL},
    {"{\"source_name_aggr\":\"x\",\"source_namespace\":\"n\",\"source_type\":\"-\"}", "{\"src\":{\"namespace\":\"n\",\"pod\":\"x\"}}", NULL},
    {"{\"source_labels\":\"-\"}", "{}", NULL},
    {"{\"source_labels\":{\"labels\":[\"a=b\"],\"more\":1}}", "{\"src\":{\"labels\":[\"a=b\"]}}", NULL},
    {"{\"source_labels\":\"a=b\"}", "!17", NULL},
    {"{\"proto\":6}", "{\"protocol\":\"TCP\"}", NULL},
    {"{\"proto\":\"89\",\"dest_port\":null}", "{\"protocol\":89}", NULL},
    {"{\"proto\":[]}", "!9", NULL},
    {"{\"source_port\":-1,\"dest_port\":443}", "{\"dst\":{\"port\":443}}", NULL},
    {"{\"dest_port\":\"443\"}", "!13", NULL},
    {"{\"action\":\"deny\",\"reporter\":\"src, fwd\"}", "{\"verdict\":\"dropped\",\"direction\":\"egress\"}", NULL},
    {"{\"reporter\":\"fwd\"}", "{\"direction\":\"unknown\"}", NULL},
    {"{\"reporter\":\"-\",\"action\":null}", "{}", NULL},
    {"{\"reporter\":\"both\"}", "!12", NULL},
    {"{\"action\":\"Allow\"}", "!10", NULL},
    {"{\"action\":true}", "!10", NULL},
    {"{\"dest_service_name\":\"db\",\"dest_service_namespace\":\"n\",\"dest_service_port\":\"-\"}", "{\"dst\":{\"service\":\"n/db\"}}", NULL},
    {"{\"host\":\"node-1\",\"@timestamp\":1}", "{\"node\":\"node-1\"}", NULL},
    {"{\"policies\":[]}", "!12", NULL},
    {"null", "!0", NULL},
};

static const struct flow_row policy_rows[] = {
    {ENFORCED(""), "{}", NULL},
    {ENFORCED("\"1|t|np:n/b|allow|0\",\"0|t|gnp:a|pass|1\""),
     "{\"policies\":[{\"kind\":\"GlobalNetworkPolicy\",\"name\":\"a\",\"tier\":\"t\",\"rule\":1,\"index\":0,\"action\":\"pass\"},"
     "{\"kind\":\"CalicoNetworkPolicy\",\"namespace\":\"n\",\"name\":\"b\",\"tier\":\"t\",\"rule\":0,\"index\":1,\"action\":\"allow\"}]}", NULL},
    {ENFORCED("\"0|t|t.a|pass|1\""),
     "{\"policies\":[{\"kind\":\"GlobalNetworkPolicy\",\"name\":\"a\",\"tier\":\"t\",\"rule\":1,\"index\":0,\"action\":\"pass\"}]}", "3.31"},
    {ENFORCED("\"0|t|gnp\\u003aa|pass|1\""),
     "{\"policies\":[{\"kind\":\"GlobalNetworkPolicy\",\"name\":\"a\",\"tier\":\"t\",\"rule\":1,\"index\":0,\"action\":\"pass\"}]}", NULL},
    {ENFORCED("\"0|t|t.a|pass|1\""), "!34", "3.32"},
    {ENFORCED("\"0|t|gnp:a|pass|1\""), "!34", "3.31"},
    {ENFORCED("1"), "!34", NULL},
    {ALL("\"0|t|sgnp:a|deny|1\",\"1|t|gnp:b|allow|0\""),
     "{\"policies\":[{\"kind\":\"GlobalNetworkPolicy\",\"name\":\"b\",\"tier\":\"t\",\"rule\":0,\"index\":1,\"action\":\"allow\"}]}", NULL},
    {ALL("\"0|t|sgnp:a|deny|-1\""), "{}", NULL},
    {"{\"policies\":{\"all_policies\":[\"x\"],\"enforced_policies\":[]}}", "!29", NULL},
};

static void test_flows(void **state)
{
    (void)state;
    flow_rows_check("calico-flowlog-json", flow_rows, COUNT(flow_rows));
}

static void test_policies(void **state)
{
    (void)state;
    flow_rows_check("calico-flowlog-json", policy_rows, COUNT(policy_rows));
}

static void test_version(void **state)
{
    static const struct flow_row rows[] = {{"{}", "unusable", "latest"}};

    (void)state;
    flow_rows_check("calico-flowlog-json", rows, COUNT(rows));
    flow_rows_check("calico-policy-string", rows, COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flows),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
