/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stored objects that today's server would refuse: what is kept of them, and that nothing broken opens
 * anything. See printing.h for the notation.
 */

#include "printing.h"

#define STORED_CNP(place, spec) \
    "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: p}, spec: {" place spec "}}"

static const struct print_row netpols[] = {
    {"host bits are masked", FROM("{ipBlock: {cidr: 10.1.2.3/8, except: [10.1.2.3/16]}}"),
     "default/p subject{} isolates=I ingress[10.0.0.0/8-10.1.0.0/16]"},
    {"leading zeros are decimal", FROM("{ipBlock: {cidr: 010.0.0.0/08}}"), "default/p subject{} isolates=I ingress[10.0.0.0/8]"},
    {"a mapped block is the IPv4 block", FROM("{ipBlock: {cidr: '::ffff:10.0.0.0/104'}}"),
     "default/p subject{} isolates=I ingress[10.0.0.0/8]"},
    {"an except that equals the block", FROM("{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}"),
     "default/p subject{} isolates=I ingress[10.0.0.0/8-10.0.0.0/8]"},
    {"an except outside the block", FROM("{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/8]}}"),
     "default/p subject{} isolates=I ingress[10.0.0.0/8-11.0.0.0/8]"},
    {"an except that nobody can read takes the block away", FROM("{ipBlock: {cidr: 10.0.0.0/8, except: [ten]}}"),
     "default/p subject{} isolates=I ingress[nobody]"},
    {"a block that nobody can read", FROM("{ipBlock: {cidr: any}}"), "default/p subject{} isolates=I ingress[nobody]"},
    {"a block without a cidr", FROM("{ipBlock: {}}"), "default/p subject{} isolates=I ingress[nobody]"},
    {"an empty peer", FROM("{}, ~"), "default/p subject{} isolates=I ingress[nobody nobody]"},
    {"a peer with a misspelt member", FROM("{podselector: {}}"), "default/p subject{} isolates=I ingress[nobody]"},
    {"a block beside a selector", FROM("{podSelector: {}, ipBlock: {cidr: 0.0.0.0/0}}"), "default/p subject{} isolates=I ingress[nobody]"},
    {"an unknown protocol leaves a rule without ports for nobody", PORTS("{protocol: ICMP}"),
     "default/p subject{} isolates=I ingress[nobody ports(any:none)]"},
    {"one usable port keeps the rule", PORTS("{protocol: ICMP}, {port: 80}"),
     "default/p subject{} isolates=I ingress[ports(any:none tcp:80)]"},
    {"port 0", PORTS("{port: 0}"), "default/p subject{} isolates=I ingress[nobody ports(tcp:none)]"},
    {"a reversed range", PORTS("{port: 9, endPort: 8}"), "default/p subject{} isolates=I ingress[nobody ports(tcp:none)]"},
    {"a range that ends too late", PORTS("{port: 9, endPort: 70000}"), "default/p subject{} isolates=I ingress[ports(tcp:9-65535)]"},
    {"a range from a name", PORTS("{port: web, endPort: 9}"), "default/p subject{} isolates=I ingress[nobody ports(tcp:none)]"},
    {"a range from nowhere", PORTS("{endPort: 9}"), "default/p subject{} isolates=I ingress[nobody ports(tcp:none)]"},
    {"a port name that no container can have", PORTS("{port: 'WEB!'}"), "default/p subject{} isolates=I ingress[ports(tcp:WEB!)]"},
    {"an unknown policy type isolates both", NETPOL("policyTypes: [ingress]"), "default/p subject{} isolates=IE"},
    {"duplicate policy types", NETPOL("policyTypes: [Egress, Egress, Egress]"), "default/p subject{} isolates=E"},
    {"an unknown operator is opaque", NETPOL("podSelector: {matchExpressions: [{key: a, operator: Gt, values: ['1']}]}"),
     "default/p subject{?a} isolates=I"},
    {"a bad label value stays", NETPOL("podSelector: {matchLabels: {a: b c}}"), "default/p subject{a=b c} isolates=I"},
    {"a bad name stays", "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: A, namespace: B}}",
     "B/A subject{} isolates=I"},
    {"no name", "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {}}", NULL},
    {"a wrong type", NETPOL("ingress: [{ports: 80}]"), NULL},
};

#define ACCEPT_FROM(peer) CNP("ingress: [{action: Accept, from: [" peer "]}]")
#define ACCEPT_TO(peer) CNP("egress: [{action: Accept, to: [" peer "]}]")
#define ACCEPT_PORT(port) CNP("ingress: [{action: Accept, from: [{namespaces: {}}], protocols: [" port "]}]")

static const struct print_row tiered[] = {
    {"an unknown peer", ACCEPT_FROM("{galaxies: {}}"), "cnp admin 1 p subject{} ingress[accept: ?]"},
    {"an empty peer", ACCEPT_FROM("{}"), "cnp admin 1 p subject{} ingress[accept: ?]"},
    {"a known and an unknown member", ACCEPT_FROM("{namespaces: {}, galaxies: {}}"), "cnp admin 1 p subject{} ingress[accept: ?]"},
    {"two known members", ACCEPT_TO("{namespaces: {}, networks: [10.0.0.0/8]}"), "cnp admin 1 p subject{} egress[accept: ?]"},
    {"an egress member in ingress", ACCEPT_FROM("{networks: [10.0.0.0/8]}"), "cnp admin 1 p subject{} ingress[accept: ?]"},
    {"a null member is absent", ACCEPT_FROM("{namespaces: {}, galaxies: ~}"), "cnp admin 1 p subject{} ingress[accept: ns{}]"},
    {"a network that nobody can read", ACCEPT_TO("{networks: [10.0.0.0/8, ten]}"), "cnp admin 1 p subject{} egress[accept: ?]"},
    {"no networks", ACCEPT_TO("{networks: []}"), "cnp admin 1 p subject{} egress[accept: ?]"},
    {"a selector with an unknown member is opaque", ACCEPT_FROM("{namespaces: {matchGalaxies: x}}"),
     "cnp admin 1 p subject{} ingress[accept: ns{?}]"},
    {"a port number with an unknown member",
     ANP("ingress: [{action: Allow, from: [{namespaces: {}}], ports: [{portNumber: {port: 80, source: 1}}]}]"),
     "anp admin 1 p subject{} ingress[accept: ns{} ports(?)]"},
    {"a peer of v0.1.1 is opaque", ANP("ingress: [{action: Allow, from: [{namespaces: {sameLabels: [a]}}]}]"),
     "anp admin 1 p subject{} ingress[accept: ns{?}]"},
    {"pods with an unknown member", ACCEPT_FROM("{pods: {podSelector: {}, galaxy: x}}"), "cnp admin 1 p subject{} ingress[accept: ?]"},
    {"pods without a podSelector", ACCEPT_FROM("{pods: {namespaceSelector: {}}}"), "cnp admin 1 p subject{} ingress[accept: ?]"},
    {"an empty list of peers is not everybody", CNP("ingress: [{action: Accept, from: []}]"), "cnp admin 1 p subject{} ingress[accept: ?]"},
    {"an unknown protocol", ACCEPT_PORT("{icmp: {}}"), "cnp admin 1 p subject{} ingress[accept: ns{} ports(?)]"},
    {"a protocol without ports is all of it", ACCEPT_PORT("{tcp: {}}"), "cnp admin 1 p subject{} ingress[accept: ns{} ports(tcp:0-65535)]"},
    {"a protocol with an unknown member", ACCEPT_PORT("{tcp: {sourcePort: 1}}"), "cnp admin 1 p subject{} ingress[accept: ns{} ports(?)]"},
    {"a port that is none", ACCEPT_PORT("{tcp: {destinationPort: {number: 0}}}"), "cnp admin 1 p subject{} ingress[accept: ns{} ports(?)]"},
    {"number and range", ACCEPT_PORT("{tcp: {destinationPort: {number: 1, range: {start: 1, end: 2}}}}"),
     "cnp admin 1 p subject{} ingress[accept: ns{} ports(?)]"},
    {"a reversed range", ACCEPT_PORT("{tcp: {destinationPort: {range: {start: 2, end: 1}}}}"),
     "cnp admin 1 p subject{} ingress[accept: ns{} ports(tcp:none)]"},
    {"an empty list of ports is not all traffic", CNP("ingress: [{action: Accept, from: [{namespaces: {}}], protocols: []}]"),
     "cnp admin 1 p subject{} ingress[accept: ns{} ports(?)]"},
    {"what may narrow an accepting rule", CNP("ingress: [{action: Accept, from: [{namespaces: {}}], services: []}]"),
     "cnp admin 1 p subject{} ingress[accept: ns{} ports(?)]"},
    {"a denying rule needs no narrowing", CNP("ingress: [{action: Deny, from: [{namespaces: {}}], services: []}]"),
     "cnp admin 1 p subject{} ingress[deny: ns{}]"},
    {"an unknown action denies", CNP("ingress: [{action: Log, from: [{namespaces: {}}]}]"), "cnp admin 1 p subject{} ingress[deny: ns{}]"},
    {"the other kind's action denies", CNP("ingress: [{action: Allow, from: [{namespaces: {}}]}]"),
     "cnp admin 1 p subject{} ingress[deny: ns{}]"},
    {"a priority beyond the bounds", STORED_CNP("tier: Admin, priority: 5000, ", "subject: {namespaces: {}}"),
     "cnp admin 5000 p subject{}"},
    {"no subject", STORED_CNP("tier: Admin, priority: 1, ", ""), "cnp admin 1 p subject{?}"},
    {"an unknown subject", STORED_CNP("tier: Admin, priority: 1, ", "subject: {galaxies: {}}"), "cnp admin 1 p subject{?}"},
    {"two subjects", STORED_CNP("tier: Admin, priority: 1, ", "subject: {namespaces: {}, pods: {podSelector: {}}}"),
     "cnp admin 1 p subject{?}"},
    {"an unknown tier", STORED_CNP("tier: Top, priority: 1, ", "subject: {namespaces: {}}"), NULL},
    {"no priority", STORED_CNP("tier: Admin, ", "subject: {namespaces: {}}"), NULL},
    {"no spec", "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: p}}", NULL},
    {"metadata of the wrong type",
     "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: p, labels: []}}", NULL},
    {"a null peer", ACCEPT_FROM("~"), NULL},
};

static void test_netpols(void **state)
{
    (void)state;
    print_rows(netpols, COUNT(netpols), NP_MODE_STORED);
}

static void test_tiered(void **state)
{
    (void)state;
    print_rows(tiered, COUNT(tiered), NP_MODE_STORED);
}

/* Experimental members are read whatever the channel says: a stored object proves that they exist. */
static void test_channel(void **state)
{
    struct taking t;

    (void)state;
    assert_int_equal(taking_begin(&t, NULL, NP_MODE_STORED, NP_CHANNEL_STANDARD), CNIPOL_OK);
    assert_int_equal(taking_text(&t, ACCEPT_TO("{nodes: {}}")), CNIPOL_OK);
    assert_int_equal(t.status, 1);
    assert_int_equal(t.policies.cnps[0].rules[NP_EGRESS][0].peers[0].kind, NP_CNP_PEER_NODES);
    assert_int_equal(t.ctx->diags.n, 0);
    taking_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_netpols),
        cmocka_unit_test(test_tiered),
        cmocka_unit_test(test_channel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
