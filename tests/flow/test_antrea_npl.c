/* SPDX-License-Identifier: BSD-2-Clause */
/* Antrea's np.log of each generation, and the kernel's log of policies for nodes. Lines are those of Antrea's docs, and what could be. */

#include "antrea_testing.h"

#define AT "2023/07/04 12:45:21.804416 "
#define ENDS "10.10.1.7:53646 > 10.10.1.14:80"

static const struct line_case lines[] = {
    /* 1.0 and 1.5: neither rule nor ports */
    {AT "AntreaPolicyAppTierIngressRule AntreaNetworkPolicy:default/p Allow 61800 SRC: 10.0.0.4 DEST: 10.0.0.5 60 TCP",
     "forwarded ingress 6 10.0.0.4 > 10.0.0.5 {in AntreaNetworkPolicy default/p allow} x27=61800 x11=60 "
     "x28=AntreaPolicyAppTierIngressRule"},
    {AT "AntreaPolicyEgressRule AntreaNetworkPolicy:default/p Drop 44900 10.0.0.5 10.0.0.4 60 TCP [3 packets in 1.011379442s]",
     "dropped egress 6 10.0.0.5 > 10.0.0.4 {out AntreaNetworkPolicy default/p drop} x27=44900 x11=60 x28=AntreaPolicyEgressRule x2=3 "
     "x26=1.011379442s"},
    /* 1.10, 1.12 */
    {AT "IngressRule K8sNetworkPolicy:default/p <nil> Allow 190 10.10.1.7 53646 10.10.1.14 80 TCP 60",
     "forwarded ingress 6 " ENDS " {in K8sNetworkPolicy default/p allow} x27=190 x11=60 x28=IngressRule"},
    {AT "AntreaPolicyEgressRule AntreaClusterNetworkPolicy:p r Drop 1 10.10.1.7 53646 10.10.1.14 80 TCP 60 label",
     "dropped egress 6 " ENDS " {out AntreaClusterNetworkPolicy p rule=r drop} x27=1 x11=60 x25=label x28=AntreaPolicyEgressRule"},
    /* 1.13 to 2.7 */
    {AT "IngressDefaultRule AntreaNetworkPolicy:default/p R Ingress Reject 16 default/web 10.10.1.7 53646 10.10.1.14 80 TCP 60 l",
     "dropped ingress 6 10.10.1.7:53646 > 10.10.1.14:80 default/web {in AntreaNetworkPolicy default/p rule=R reject} x27=16 x11=60 x25=l "
     "x28=IngressDefaultRule"},
    {AT "IngressDefaultRule K8sNetworkPolicy <nil> Ingress Drop <nil> ns/a 10.1.1.1 <nil> 10.1.1.2 <nil> ICMP 84 <nil>",
     "dropped ingress 1 10.1.1.1 > 10.1.1.2 ns/a {in K8sNetworkPolicy drop} x11=84 x28=IngressDefaultRule"},
    {AT "T K8sClusterNetworkPolicy:p r Egress Pass 1 <nil> fd00::1 <nil> fd00::2 <nil> IPv6-ICMP 84 <nil>",
     "unknown egress 58 fd00::1 > fd00::2 {out K8sClusterNetworkPolicy p rule=r pass} x27=1 x11=84 x28=T"},
    {AT "T AntreaNetworkPolicy:n/p r Ingress Redirect 1 n/w 10.10.1.7 53646 10.10.1.14 80 TCP 60 <nil>",
     "redirected ingress 6 10.10.1.7:53646 > 10.10.1.14:80 n/w {in AntreaNetworkPolicy n/p rule=r redirect} x27=1 x11=60 x28=T"},
    {AT "EgressMetric K8sNetworkPolicy <nil> <nil> Drop <nil> n/w 10.1.1.1 <nil> 10.1.1.2 <nil> UnknownProtocol 84 <nil>",
     "dropped egress 10.1.1.1 n/w > 10.1.1.2 {out K8sNetworkPolicy drop} x11=84 x28=EgressMetric"},
    /* a rule's name is any text */
    {AT "T AntreaNetworkPolicy:n/p Ingress Drop all Ingress Drop 1 n/w 10.10.1.7 53646 10.10.1.14 80 TCP 60 <nil>",
     "dropped ingress 6 10.10.1.7:53646 > 10.10.1.14:80 n/w {in AntreaNetworkPolicy n/p rule=Ingress Drop all drop} x27=1 x11=60 x28=T"},
    /* what is none */
    {"", "flaw 0: the line does not begin with a time (2006/01/02 15:04:05.000000)"},
    {"2023/02/29 12:45:21.804416 T K8sNetworkPolicy Drop 1 10.0.0.5 10.0.0.4 60 TCP",
     "flaw 0: the line does not begin with a time (2006/01/02 15:04:05.000000)"},
    {"2023/07/04 12:45:21.8x T K8sNetworkPolicy Drop 1 10.0.0.5 10.0.0.4 60 TCP",
     "flaw 0: the line does not begin with a time (2006/01/02 15:04:05.000000)"},
    {AT "IngressRule K8sNetworkPolicy:default/x",
     "flaw 0: the line is of no generation of np.log: no action, or not the words that follow one"},
    {AT "T K8sNetworkPolicy:n/p <nil> Allow 190 10.10.1.7 70000 10.10.1.14 80 TCP 60", "flaw 76: this is no number that can be here"},
    {AT "T K8sNetworkPolicy:n/p <nil> Allow 190 10.10.1 53646 10.10.1.14 80 TCP 60", "flaw 66: this is no address"},
    {AT "T K8sNetworkPolicy:n/p <nil> Allow 190 10.10.1.7 53646 10.10.1.14 80 TCQ 60", "flaw 96: this is no protocol"},
};

static void test_np_log(void **state)
{
    (void)state;
    expect_lines("antrea-npl", lines, COUNT(lines));
}

#define SYSLOG "Sep  2 10:31:07 node-1 kernel: [6657320.789675] "
#define PACKET "SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TOS=0x00 "

static const struct line_case node_lines[] = {
    {SYSLOG "Antrea:I:Allow:web:IN=ens224 OUT= MAC=00:50:56:a7:fb:18:00:50:56:a7:23:47:08:00 " PACKET
            "PROTO=TCP SPT=57658 DPT=80 WINDOW=64240 RES=0x00 SYN URGP=0",
     "forwarded ingress 6 flags=2 10.0.0.1:57658 > 10.0.0.2:80 node=node-1 interface=ens224 {in allow} x25=web"},
    {SYSLOG "Antrea:O:Drop:IN= OUT=ens224 " PACKET "PROTO=UDP SPT=40000 DPT=53 LEN=40",
     "dropped egress 17 10.0.0.1:40000 > 10.0.0.2:53 node=node-1 interface=ens224 {out drop}"},
    {SYSLOG "Antrea:O:Drop::IN= OUT=ens224 " PACKET "PROTO=ICMP TYPE=3 CODE=1 [SRC=10.9.9.9 DST=10.8.8.8 PROTO=TCP SPT=1 DPT=2 ]",
     "dropped egress 1 icmp=3001 10.0.0.1 > 10.0.0.2 node=node-1 interface=ens224 {out drop}"},
    {"2024-09-02T10:31:07.5+02:00 n kernel: Antrea:I:Reject:l:IN=e OUT= SRC=fd00::1 DST=fd00::2 PROTO=ICMPv6 TYPE=128 CODE=0",
     "dropped ingress 58 icmp=128000 fd00::1 > fd00::2 node=n interface=e {in reject} x25=l"},
    {"[1.2] Antrea:I:Allow:IN=e OUT= " PACKET "PROTO=47", "forwarded ingress 47 10.0.0.1 > 10.0.0.2 interface=e {in allow}"},
    {SYSLOG "eth0: link up", "flaw 0: the line has no prefix Antrea:"},
    {"Antrea:X:Allow:IN=e", "flaw 0: the prefix is not Antrea:<I|O>:<action>:"},
    {"Antrea:I:Allowed:IN=e", "flaw 0: the prefix is not Antrea:<I|O>:<action>:"},
    {"Antrea:I:Allow:IN=e OUT= SRC=10.0.0.1", "flaw 37: the line says no SRC= and DST="},
    {"Antrea:I:Allow:IN=e OUT= SRC=10.0.0 DST=10.0.0.1", "flaw 29: this is no address"},
    {"Antrea:I:Allow:IN=e " PACKET "PROTO=TCP SPT=65536", "flaw 76: this is no number that can be here"},
};

static void test_node_log(void **state)
{
    (void)state;
    expect_lines("antrea-node-npl", node_lines, COUNT(node_lines));
}

static void test_memory(void **state)
{
    (void)state;
    expect_no_memory_survived("antrea-npl", lines[4].input, strlen(lines[4].input), lines[4].expected);
    expect_no_memory_survived("antrea-node-npl", node_lines[0].input, strlen(node_lines[0].input), node_lines[0].expected);
}

static void test_recognised(void **state)
{
    const struct np_format *npl = np_format_find("antrea-npl"), *node = np_format_find("antrea-node-npl");

    (void)state;
    for (size_t i = 0; i < 10; i++)
        assert_true(npl->recognise(lines[i].input, strlen(lines[i].input)) > 50);
    assert_int_equal(npl->recognise("", 0), 0);
    assert_int_equal(npl->recognise(node_lines[0].input, strlen(node_lines[0].input)), 0);
    assert_true(node->recognise(node_lines[0].input, strlen(node_lines[0].input)) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_np_log),
        cmocka_unit_test(test_node_log),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_recognised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
