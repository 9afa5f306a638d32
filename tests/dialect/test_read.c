/* SPDX-License-Identifier: BSD-2-Clause */
/* What is read from objects that the server takes, with its defaults. See printing.h for the notation. */

#include "printing.h"

static const struct print_row netpols[] = {
    {"nothing but a name", "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}}",
     "default/p subject{} isolates=I"},
    {"a namespace",
     "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {policyTypes: [Egress]}}",
     "x/p subject{} isolates=E"},
    {"an empty egress list isolates nothing", NETPOL("egress: []"), "default/p subject{} isolates=I"},
    {"an egress rule isolates both", NETPOL("egress: [{}]"), "default/p subject{} isolates=IE egress[]"},
    {"a null rule is an empty rule", NETPOL("ingress: [~]"), "default/p subject{} isolates=I ingress[]"},
    {"rules that policyTypes leaves out are kept", NETPOL("policyTypes: [Egress], ingress: [{}]"),
     "default/p subject{} isolates=E ingress[]"},
    {"a type given twice", NETPOL("policyTypes: [Egress, Egress]"), "default/p subject{} isolates=E"},
    {"selectors",
     NETPOL("podSelector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: NotIn, values: [d, ~]}, "
            "{key: e, operator: Exists}, {key: f, operator: DoesNotExist}]}"),
     "default/p subject{a=b,c notin (d,),e,!f} isolates=I"},
    {"a null label value is empty", NETPOL("podSelector: {matchLabels: {a: ~}}"), "default/p subject{a=} isolates=I"},
    {"peers",
     FROM("{podSelector: {}}, {namespaceSelector: {}}, {podSelector: {}, namespaceSelector: ~}, "
          "{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}}"),
     "default/p subject{} isolates=I ingress[pods{} ns{} pods{} 10.0.0.0/8-10.1.0.0/16-10.2.0.0/16]"},
    {"ports", PORTS("{}, {protocol: UDP}, {port: 80}, {port: 1, endPort: 65535, protocol: SCTP}, {port: web, protocol: UDP}, ~"),
     "default/p subject{} isolates=I ingress[ports(tcp:* udp:* tcp:80 sctp:1-65535 udp:web tcp:*)]"},
    {"null ports are all ports", NETPOL("ingress: [{ports: ~, from: ~}]"), "default/p subject{} isolates=I ingress[]"},
    {"an unknown field is dropped, and the selector selects all", FROM("{podSelector: {matchlabels: {a: b}}}"),
     "default/p subject{} isolates=I ingress[pods{}]"},
    {"an empty peer is refused", FROM("{podselector: {}}"), NULL},
};

static const struct print_row tiered[] = {
    {"no rules", CNP(""), "cnp admin 1 p subject{}"},
    {"null lists", CNP("ingress: ~, egress: ~"), "cnp admin 1 p subject{}"},
    {"a null label is dropped", CNP("egress: [{action: Pass, to: [{namespaces: {matchLabels: {a: ~, b: c}}}]}]"),
     "cnp admin 1 p subject{} egress[pass: ns{b=c}]"},
    {"peers",
     CNP("egress: [{name: all of them, action: Accept, to: [{namespaces: {}}, {pods: {podSelector: {matchLabels: {a: b}}}}, "
         "{networks: [10.1.2.3/8, '::/0']}, {nodes: {}}, {domainNames: [a.b, '*.c.d.']}]}]"),
     "cnp admin 1 p subject{} egress[accept all of them: ns{} pods{}{a=b} net:10.0.0.0/8,::/0 nodes{} dns:a.b,*.c.d.]"},
    {"protocols",
     CNP("ingress: [{action: Deny, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 80}}}, "
         "{udp: {destinationPort: {range: {start: 1, end: 9}}}}, {destinationNamedPort: web}]}]"),
     "cnp admin 1 p subject{} ingress[deny: ns{} ports(tcp:80 udp:1-9 any:web)]"},
    {"a subject of pods",
     "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: p}, spec: "
     "{tier: Baseline, priority: 1000, subject: {pods: {namespaceSelector: {matchLabels: {a: b}}, podSelector: {}}}}}",
     "cnp baseline 1000 p subject{a=b}{}"},
    {"an AdminNetworkPolicy",
     ANP("ingress: [{action: Allow, from: [{namespaces: {}}], ports: [{portNumber: {port: 80}}, "
         "{portRange: {protocol: UDP, start: 5, end: 5}}, {namedPort: web}, {portNumber: {protocol: ~, port: 1}}]}]"),
     "anp admin 1 p subject{} ingress[accept: ns{} ports(tcp:80 udp:5 any:web tcp:1)]"},
    {"a range of no ports", ANP("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portRange: {start: 5, end: 4}}]}]"),
     "anp admin 1 p subject{} ingress[deny: ns{} ports(tcp:none)]"},
    {"a protocol that nobody knows",
     ANP("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {protocol: X, port: 4}}]}]"),
     "anp admin 1 p subject{} ingress[deny: ns{} ports(?)]"},
    {"a BaselineAdminNetworkPolicy", BANP("default", "egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]"),
     "banp baseline 0 default subject{} egress[deny: net:0.0.0.0/0]"},
    {"a peer of v0.1.1 selects all", ANP("ingress: [{action: Allow, from: [{namespaces: {notSameLabels: [a]}}]}]"),
     "anp admin 1 p subject{} ingress[accept: ns{}]"},
    {"ports of the older API are dropped", CNP("ingress: [{action: Accept, from: [{namespaces: {}}], ports: [{portNumber: {port: 80}}]}]"),
     "cnp admin 1 p subject{} ingress[accept: ns{}]"},
    {"a selector that nobody can read is opaque",
     CNP("ingress: [{action: Deny, from: [{namespaces: {matchExpressions: "
         "[{key: a, operator: In}, {key: b, operator: Gt, values: ['1']}, {key: c, operator: Exists, values: [d]}]}}]}]"),
     "cnp admin 1 p subject{} ingress[deny: ns{?a,?b,?c}]"},
    {"an unknown peer is refused", CNP("ingress: [{action: Deny, from: [{galaxies: {}}]}]"), NULL},
};

static void test_netpols(void **state)
{
    (void)state;
    print_rows(netpols, COUNT(netpols), NP_MODE_SERVER);
}

static void test_tiered(void **state)
{
    (void)state;
    print_rows(tiered, COUNT(tiered), NP_MODE_SERVER);
}

/* Objects of other families are left alone; so is what is no object. */
static void test_strangers(void **state)
{
    static const char *const texts[] = {
        "{apiVersion: v1, kind: Pod, metadata: {name: p}}",
        "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: p}}",
        "{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: p}}",
        "{apiVersion: networking.k8s.io/v1beta1, kind: IngressList, metadata: {name: p}}",
        "{apiVersion: policy.networking.k8s.io/v1, kind: Firewall, metadata: {name: p}}",
        "{apiVersion: crd.antrea.io/v1beta1, kind: ClusterNetworkPolicy, metadata: {name: p}}",
        "{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: p}}",
        "{apiVersion: networking.k8s.aws/v1alpha1, kind: ClusterNetworkPolicy, metadata: {name: p}}",
        "{a: b}",
        "[1, 2]",
        "text",
        "{apiVersion: 1, kind: [2]}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct taking t;

        assert_int_equal(taking_begin(&t, NULL, NP_MODE_STRICT, NP_CHANNEL_STANDARD), CNIPOL_OK);
        assert_int_equal(taking_text(&t, texts[i]), CNIPOL_OK);
        expect_number(texts[i], "the outcome", t.status, 0);
        expect_number(texts[i], "the count of diagnostics", t.ctx->diags.n, 0);
        taking_end(&t);
    }
}

/* A suggestion, both places of a range, and the object's name come with the diagnostic. */
static void test_diagnostics(void **state)
{
    const struct np_diag *d;
    struct taking t;

    (void)state;
    assert_int_equal(taking_begin(&t, NULL, NP_MODE_STRICT, NP_CHANNEL_STANDARD), CNIPOL_OK);
    assert_int_equal(taking_text(&t, NETPOL("podSelecter: {}, ingress: [{ports: [{port: 80, endPort: 79}]}]")), CNIPOL_OK);
    d = told(&t, NP_FIELD_UNKNOWN);
    assert_non_null(d);
    expect_text("suggestion", d->help, "did you mean `podSelector`?");
    expect_text("words", d->upstream, "unknown field \"spec.podSelecter\"");
    expect_text("kind", d->object_kind, "NetworkPolicy");
    expect_text("name", d->object_name, "p");
    d = told(&t, NP_PORT_RANGE_REVERSED);
    assert_non_null(d);
    assert_int_not_equal(d->second.source, NP_NONE);
    taking_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_netpols),
        cmocka_unit_test(test_tiered),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_diagnostics),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
