/* SPDX-License-Identifier: BSD-2-Clause */
/* Antrea's record as CSV, JSON and rows of ClickHouse, and Suricata's events. */

#include "antrea_testing.h"

#define BASE "1700000000,1700000060,10.0.0.5,10.1.0.6,40000,80,"
#define PODS "web,shop,n0,db,data,n1,10.96.0.9,"
#define FLOW "10.0.0.5:40000 shop/web > 10.1.0.6:80 data/db service_ns=data service=db:http"
#define NODES "x12=n0 x13=n1"

static const struct line_case csv[] = {
    {BASE "TCP," PODS "8080,data/db:http,np,data,,Allow,K8sNetworkPolicy,,,,,",
     "forwarded 6 " FLOW " {in K8sNetworkPolicy data/np allow} x0=1700000000 x16=8080 " NODES " x14=10.96.0.9"},
    {BASE "17," PODS "8080,data/db:http,np,data,r,3,2,,,,0,0,eg,192.0.2.9",
     "dropped ingress 17 " FLOW " {in AntreaNetworkPolicy data/np rule=r reject} x0=1700000000 x16=8080 " NODES
     " x17=eg x18=192.0.2.9 x14=10.96.0.9"},
    {BASE "6," PODS "0,data/db:http,,,,,,np,,r,Drop,AntreaClusterNetworkPolicy,,,en",
     "dropped egress 6 " FLOW " {out AntreaClusterNetworkPolicy np rule=r drop} x0=1700000000 " NODES " x19=en x14=10.96.0.9"},
    {BASE "6," PODS "8080,data/db:http,,,,,,,,,,,,,http,{\"0\":{\"url\":\"/a,b}\\\"\",\"status\":200}}",
     "forwarded 6 " FLOW " l7=http http {\"0\":{\"url\":\"/a,b}\\\"\",\"status\":200}} x0=1700000000 x16=8080 " NODES " x14=10.96.0.9"},
    {BASE "6," PODS "8080,data/db:http,,,,,,,,,,,,,,{\"0\":1},en",
     "forwarded 6 " FLOW " http {\"0\":1} x0=1700000000 x16=8080 " NODES " x19=en x14=10.96.0.9"},
    {BASE "6," PODS "10.96.0.10,8080,data/db:http,,,,,,,,,,,,,en",
     "forwarded 6 " FLOW " x0=1700000000 x16=8080 " NODES " x19=en x14=10.96.0.9 x15=10.96.0.10"},
    {BASE "Unknown Protocol," PODS ",8080,data/db:http,,,,Invalid,Invalid,,,,5,9,,,\n",
     "forwarded " FLOW " {out} x0=1700000000 x16=8080 " NODES " x14=10.96.0.9"},
    {"1,2,3", "flaw 0: the line has 3 columns; no release writes so many"},
    {"", "flaw 0: the line has 1 column; no release writes so many"},
    {"1700000000,1700000060,10.0.0.5,10.1.0.6,70000,80,6," PODS "8080,data/db:http,,,,,,,,,,",
     "flaw 40: sourceTransportPort is no number that it can have"},
    {"1700000000,1700000060,10.0.0.5.6,10.1.0.6,7,80,6," PODS "8080,data/db:http,,,,,,,,,,", "flaw 22: sourceIP is no address"},
    {"x,1700000060,10.0.0.5,10.1.0.6,7,80,6," PODS "8080,data/db:http,,,,,,,,,,", "flaw 0: flowStartSeconds is no time"},
    {BASE "6," PODS "8080,data/db:http,,,,,Nothing,,,,,", "flaw 106: this is no ingressNetworkPolicyType"},
    {BASE "6," PODS "8080,data/db:http,,,,,,,,,,,,,http,{\"0\":{", "flaw 119: the JSON in the 30th column does not end with it"},
    {BASE "6," PODS "8080,data/db:http,,,,,,,,,,,,,http,{\"0\":{]}}", "flaw 0: httpVals is no JSON object"},
};

static void test_csv(void **state)
{
    (void)state;
    expect_lines("antrea-flow-csv", csv, COUNT(csv));
}

#define IPFIX(members) "{\"ipfix\":{" members "},\"@timestamp\":\"2023-11-14T22:14:21Z\"}"

static const struct line_case ipfix[] = {
    {IPFIX("\"flowEndSeconds\":1700000060,\"sourceIPv4Address\":\"10.0.0.5\",\"sourceTransportPort\":40000,\"protocolIdentifier\":6"),
     "forwarded 6 10.0.0.5:40000 > "},
    {IPFIX("\"sourceIPv4Address\":\"0.0.0.0\",\"sourceIPv6Address\":\"fd00::1\",\"destinationClusterIPv4\":\"0.0.0.0\""),
     "forwarded fd00::1 > "},
    {IPFIX("\"sourcePodLabels\":\"{\\\"a\\\":\\\"b\\\",\\\"c\\\":\\\"\\\"}\",\"destinationPodLabels\":\"{}\""), "forwarded  a=b c= >  {}"},
    {IPFIX("\"sourcePodLabels\":\"{\\\"a\\\":\\\"\\\\u0062\\\"}\",\"destinationPodLabels\":\"null\""), "forwarded  a=b > "},
    {IPFIX("\"unknown\":{\"deep\":[1,{}]},\"octetTotalCount\":18446744073709551615,\"flowType\":4,\"flowEndReason\":5,\"tcpState\":null"),
     "forwarded  >  x1=18446744073709551615 x20=lack of resources x22=FromExternal"},
    {IPFIX("\"flowDirection\":1,\"ingressNetworkPolicyRuleAction\":2,\"ingressNetworkPolicyType\":1"),
     "dropped egress  >  {in K8sNetworkPolicy drop}"},
    {IPFIX("\"flowDirection\":255"), "forwarded none  > "},
    {IPFIX("\"egressNetworkPolicyRuleAction\":3,\"ingressNetworkPolicyRuleAction\":2"), "dropped egress  >  {in drop} {out reject}"},
    {IPFIX("\"sourceTransportPort\":65536"), "flaw 32: sourceTransportPort is too large"},
    {IPFIX("\"sourceTransportPort\":-1"), "flaw 32: sourceTransportPort is no number that it can have"},
    {IPFIX("\"sourceTransportPort\":1.5"), "flaw 32: sourceTransportPort is no number that it can have"},
    {IPFIX("\"sourcePodName\":7"), "flaw 26: sourcePodName is no number"},
    {IPFIX("\"sourcePodName\":[]"), "flaw 26: sourcePodName is neither a number nor a text"},
    {IPFIX("\"sourcePodLabels\":\"{\\\"a\\\":1}\""), "flaw 0: the labels of a pod are no JSON object of texts"},
    {"{\"ipfix\":", "flaw 9: the text ends too early"},
    {"{\"ipfix\":[]}", "flaw 0: the object has no map \"ipfix\""},
    {"{}", "flaw 0: the object has no map \"ipfix\""},
    {"7", "flaw 0: this is not what a record has here"},
};

static void test_ipfix_json(void **state)
{
    (void)state;
    expect_lines("antrea-ipfix-json", ipfix, COUNT(ipfix));
}

static const struct line_case flowrecords[] = {
    {"[{\"flowEndSeconds\":1,\"protocolIdentifier\":6},\n {\"flowEndSeconds\":2,\"protocolIdentifier\":17}]",
     "forwarded 6  > \nforwarded 17  > "},
    {"{\"flowEndSeconds\":1}", "forwarded  > "},
    {"null", ""},
    {"[]", ""},
    {"[{\"flowEndSeconds\":1},{\"flowEndSeconds\":\"x\"}]", "forwarded  > \nflaw 40: flowEndSeconds is no time"},
    {"[[{\"flowEndSeconds\":1}]]", "flaw 1: this is not what a record has here"},
    {"[{}]", "flaw 1: the object has no element of a flow record"},
    {"[{\"flowEndSeconds\":1}", "forwarded  > \nflaw 21: the text ends too early"},
};

static void test_flowrecords(void **state)
{
    (void)state;
    expect_lines("antrea-flowrecords-json", flowrecords, COUNT(flowrecords));
}

#define HEADER "flowEndSeconds\tsourceIP\tdestinationIP\tsourcePodName\toctetTotalCount\ttrusted\n"

static const struct line_case clickhouse[] = {
    {HEADER "2023-11-14 22:14:20\t10.0.0.5\tfd00::1\tweb\\t1\t7\t0\n", "forwarded 10.0.0.5web\t1 > fd00::1 x1=7"},
    {HEADER "DateTime\tString\tString\tString\tUInt64\tUInt8\n1700000060\t10.0.0.5\t\t\\N\t7\t0\n", "forwarded 10.0.0.5 >  x1=7"},
    {HEADER "2023-11-14 22:14:20\t10.0.0.5\t\t\t1\t0\r\n" HEADER "2023-11-14 22:14:20\t10.0.0.6\t\t\t2\t0",
     "forwarded 10.0.0.5 >  x1=1\nforwarded 10.0.0.6 >  x1=2"},
    {"{\"flowEndSeconds\":\"2023-11-14 22:14:20\",\"sourceIP\":\"10.0.0.5\",\"octetTotalCount\":\"7\",\"clusterUUID\":\"c\"}",
     "forwarded 10.0.0.5 cluster=c >  x1=7"},
    {"2023-11-14 22:14:20\t10.0.0.5\n", "flaw 0: the first line names no columns of the table of flows"},
    {HEADER "2023-11-14 22:14:20\t10.0.0.5\n", "flaw 76: the row has fewer cells than the header has columns"},
    {HEADER "2023-11-14 22:14:20\t10.0.0.5\t\t\t1\t0\t0\n", "flaw 76: the row has more cells than the header has columns"},
    {HEADER "2023-13-14 22:14:20\t10.0.0.5\t\t\t1\t0\n", "flaw 76: flowEndSeconds is no time"},
    {HEADER "2023-11-14 22:14:20\t10.0.0.5\t\t\t-1\t0\n", "flaw 107: octetTotalCount is no number that it can have"},
};

static void test_clickhouse(void **state)
{
    (void)state;
    expect_lines("antrea-clickhouse", clickhouse, COUNT(clickhouse));
}

#define EVE(type, more)                                                                                             \
    "{\"timestamp\":\"2024-08-26T22:37:30.895673+0000\",\"flow_id\":7,\"in_iface\":\"tap0\",\"event_type\":\"" type \
    "\",\"src_ip\":\"10.0.0.9\","                                                                                   \
    "\"src_port\":55822,\"dest_ip\":\"10.0.0.10\",\"dest_port\":80,\"proto\":\"TCP\"" more "}"
#define EVE_ENDS "6 10.0.0.9:55822 > 10.0.0.10:80 interface=tap0"

static const struct line_case suricata[] = {
    {EVE("http", ",\"http\":{\"hostname\":\"h\",\"url\":\"/a\",\"http_method\":\"GET\",\"status\":200,\"x\":{\"url\":1}}"),
     "forwarded " EVE_ENDS " http GET h/a 200"},
    {EVE("alert", ",\"alert\":{\"action\":\"blocked\",\"signature\":\"Reject by AntreaNetworkPolicy:default/p\"},\"app_proto\":\"http\""),
     "dropped " EVE_ENDS " {- AntreaNetworkPolicy default/p reject} l7=http"},
    {EVE("alert", ",\"alert\":{\"action\":\"allowed\",\"signature\":\"SURICATA STREAM\"}"), "forwarded " EVE_ENDS},
    {EVE("tls", ",\"tls\":{\"sni\":\"x\"}"), "forwarded " EVE_ENDS " l7=tls"},
    {EVE("packet", ",\"packet\":\"AAAA\""), "traced " EVE_ENDS},
    {EVE("fileinfo", ""), " " EVE_ENDS},
    {"{\"timestamp\":\"2024-08-26T22:37:30.895673+0000\",\"event_type\":\"stats\",\"stats\":{}}", "event   > "},
    {"{\"timestamp\":\"2024-08-26T22:37:30\",\"event_type\":\"stats\"}", "flaw 13: timestamp is no time"},
    {"{\"event_type\":\"http\",\"src_ip\":\"10.0.0\"}", "flaw 30: src_ip is no address"},
    {"{\"event_type\":\"http\",\"src_port\":65536}", "flaw 32: src_port has no value that it can have"},
    {"{\"src_ip\":\"10.0.0.1\"}", "flaw 0: the event has no event_type"},
    {"{\"event_type\":\"http\",\"http\":{\"url\":\"/a\"", "flaw 39: the text ends too early"},
};

static void test_suricata(void **state)
{
    (void)state;
    expect_lines("antrea-suricata", suricata, COUNT(suricata));
}

static void test_memory(void **state)
{
    (void)state;
    expect_no_memory_survived("antrea-flow-csv", csv[3].input, strlen(csv[3].input), csv[3].expected);
    expect_no_memory_survived("antrea-ipfix-json", ipfix[3].input, strlen(ipfix[3].input), ipfix[3].expected);
    expect_no_memory_survived("antrea-flowrecords-json", flowrecords[0].input, strlen(flowrecords[0].input), flowrecords[0].expected);
    expect_no_memory_survived("antrea-clickhouse", clickhouse[2].input, strlen(clickhouse[2].input), clickhouse[2].expected);
    expect_no_memory_survived("antrea-suricata", suricata[1].input, strlen(suricata[1].input), suricata[1].expected);
}

static const struct {
    const char *format;
    const char *input;
} recognised[] = {
    {"antrea-flow-csv", BASE "6," PODS "8080,data/db:http,,,,,,,,,,"},
    {"antrea-ipfix-json", IPFIX("\"flowEndReason\":2,\"sourceIPv4Address\":\"10.0.0.5\"")},
    {"antrea-flowrecords-json", "[{\"flowEndReason\":1}"},
    {"antrea-clickhouse", "flowEndReason\tsourceIP\n"},
    {"antrea-clickhouse", "{\"flowEndReason\":1,\"sourceIP\":\"\"}"},
    {"antrea-suricata", EVE("http", "")},
};

static void test_recognised(void **state)
{
    static const char *const formats[] = {"antrea-flow-csv",   "antrea-ipfix-json", "antrea-flowrecords-json",
                                          "antrea-clickhouse", "antrea-suricata",   "antrea-npl"};

    (void)state;
    for (size_t i = 0; i < COUNT(recognised); i++)
        for (size_t k = 0; k < COUNT(formats); k++)
            expect_number(recognised[i].input, formats[k],
                          np_format_find(formats[k])->recognise(recognised[i].input, strlen(recognised[i].input)) > 50,
                          strcmp(formats[k], recognised[i].format) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),        cmocka_unit_test(test_ipfix_json), cmocka_unit_test(test_flowrecords),
        cmocka_unit_test(test_clickhouse), cmocka_unit_test(test_suricata),   cmocka_unit_test(test_memory),
        cmocka_unit_test(test_recognised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
