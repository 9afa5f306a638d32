/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each code of the dialects (1200 to 1799) is reached by a row, with the field that it is about; a code
 * without a row fails.
 */

#include "testing.h"

#include <stdio.h>

#define STORED NP_MODE_STORED
#define SERVER NP_MODE_SERVER
#define STRICT NP_MODE_STRICT
#define META(fields) "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {" fields "}, spec: {}}"
#define EGRESS(peer) CNP("egress: [{action: Accept, to: [" peer "]}]")
#define PROTOCOL(port) CNP("ingress: [{action: Accept, from: [{namespaces: {}}], protocols: [" port "]}]")

struct row {
    int code;
    int mode;
    const char *text;
    const char *path; /* NULL: none */
    int accepted;
};

static const struct row rows[] = {
    {NP_OBJECT_NO_VERSION, SERVER, "{kind: NetworkPolicy, metadata: {name: p}}", NULL, 0},
    {NP_OBJECT_NO_KIND, SERVER, "{apiVersion: networking.k8s.io/v1, metadata: {name: p}}", NULL, 0},
    {NP_OBJECT_NO_SUCH_KIND, SERVER, "{apiVersion: extensions/v1beta1, kind: NetworkPolicy, metadata: {name: p}}", NULL, 0},
    {NP_OBJECT_NO_SUCH_KIND, STORED, "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: ClusterNetworkPolicy}", NULL, 0},
    {NP_OBJECT_NO_SUCH_KIND, SERVER, "{apiVersion: networking.k8s.io/v1, kind: NetworkPolcy, metadata: {name: p}}", NULL, 0},
    {NP_OBJECT_NO_SUCH_KIND, SERVER, "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicies, metadata: {name: p}}", NULL, 0},
    {NP_OBJECT_NO_SUCH_KIND, SERVER, "{apiVersion: networking.k8s.io/v1beta1, kind: NetworkPolcy, metadata: {name: p}}", NULL, 0},
    {NP_OBJECT_NO_SUCH_KIND, SERVER, "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: Firewall, metadata: {name: p}}", NULL, 0},
    {NP_FIELD_TYPE, SERVER, NETPOL("podSelector: {matchLabels: {a: yes}}"), "spec.podSelector.matchLabels", 0},
    {NP_FIELD_TYPE, STORED, NETPOL("ingress: {}"), "spec.ingress", 0},
    {NP_FIELD_NUMBER, SERVER, PORTS("{port: 80.5}"), "spec.ingress[0].ports[0].port", 0},
    {NP_FIELD_UNKNOWN, STRICT, NETPOL("ingres: []"), "spec.ingres", 0},
    {NP_FIELD_UNKNOWN, SERVER, NETPOL("ingres: []"), "spec.ingres", 1},
    {NP_FIELD_UNKNOWN, STORED, CNP("ingres: []"), "spec.ingres", 1},
    {NP_OBJECT_DUPLICATES, STRICT, NETPOL("podSelector: {}, podSelector: {}"), NULL, 0},
    {NP_DUPLICATE_KEY, SERVER, NETPOL("podSelector: {}, ingress: [{from: []}, {from: [], from: []}]"), "spec.ingress[1].from", 1},
    {NP_DUPLICATE_KEY, SERVER, NETPOL("podSelector: {matchLabels: {\"a b\": x, \"a b\": y}}"), "spec.podSelector.matchLabels.a b", 0},
    {NP_META_NO_NAME, STORED, META("namespace: a"), "metadata.name", 0},
    {NP_META_NAME, SERVER, META("name: A"), "metadata.name", 0},
    {NP_META_NAME, STORED, META("name: A"), "metadata.name", 1},
    {NP_META_GENERATE_NAME, SERVER, META("name: a, generateName: a_"), "metadata.generateName", 0},
    {NP_META_NAMESPACE, SERVER, META("name: a, namespace: a.b"), "metadata.namespace", 0},
    {NP_META_NOT_NAMESPACED, STRICT,
     "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, "
     "metadata: {name: default, namespace: x}, spec: {subject: {namespaces: {}}}}",
     "metadata.namespace", 0},
    {NP_META_GENERATION, SERVER, META("name: a, generation: -1"), "metadata.generation", 0},
    {NP_META_ANNOTATION, SERVER, META("name: a, annotations: {'a b': c}"), "metadata.annotations", 0},
    {NP_META_OWNER, SERVER, META("name: a, ownerReferences: [{apiVersion: v1, kind: K, name: p}]"), "metadata.ownerReferences.uid", 0},
    {NP_META_OWNER, SERVER,
     META("name: a, ownerReferences: [{apiVersion: v1, kind: K, name: p, uid: u, controller: true}, "
          "{apiVersion: v1, kind: K, name: m, uid: v, controller: true}]"),
     "metadata.ownerReferences", 0},
    {NP_META_FINALIZER, SERVER, META("name: a, finalizers: ['a b']"), "metadata.finalizers", 0},
    {NP_META_FINALIZER, SERVER, META("name: a, finalizers: [mine]"), "metadata.finalizers[0]", 0},
    {NP_META_FINALIZER, STRICT, META("name: a, finalizers: [orphan, a.b/c, 'd e']"), "metadata.finalizers", 0},
    {NP_LABEL_KEY, SERVER, NETPOL("podSelector: {matchLabels: {'a b': c}}"), "spec.podSelector.matchLabels", 0},
    {NP_LABEL_VALUE, SERVER, META("name: a, labels: {a: 'b c'}"), "metadata.labels", 0},
    {NP_SELECTOR_OPERATOR, SERVER, FROM("{podSelector: {matchExpressions: [{key: a, operator: Gt, values: ['1']}]}}"),
     "spec.ingress[0].from[0].podSelector.matchExpressions[0].operator", 0},
    {NP_SELECTOR_NO_VALUES, SERVER, NETPOL("podSelector: {matchExpressions: [{key: a, operator: In}]}"),
     "spec.podSelector.matchExpressions[0].values", 0},
    {NP_SELECTOR_VALUES, SERVER, NETPOL("podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}"),
     "spec.podSelector.matchExpressions[0].values", 0},
    {NP_POLICY_TYPES_MANY, SERVER, NETPOL("policyTypes: [Ingress, Egress, Egress]"), "spec.policyTypes", 0},
    {NP_POLICY_TYPE, SERVER, NETPOL("policyTypes: [ingress]"), "spec.policyTypes[0]", 0},
    {NP_PORT_PROTOCOL, SERVER, PORTS("{protocol: ICMP}"), "spec.ingress[0].ports[0].protocol", 0},
    {NP_PORT_NUMBER, SERVER, PORTS("{port: 0}"), "spec.ingress[0].ports[0].port", 0},
    {NP_PORT_NAME, SERVER, PORTS("{port: '80'}"), "spec.ingress[0].ports[0].port", 0},
    {NP_PORT_RANGE_REVERSED, SERVER, PORTS("{port: 80, endPort: 79}"), "spec.ingress[0].ports[0].endPort", 0},
    {NP_PORT_END_NAMED, SERVER, PORTS("{port: web, endPort: 79}"), "spec.ingress[0].ports[0].endPort", 0},
    {NP_PORT_END_ALONE, SERVER, PORTS("{endPort: 79}"), "spec.ingress[0].ports[0].endPort", 0},
    {NP_PEER_EMPTY, SERVER, FROM("{}"), "spec.ingress[0].from[0]", 0},
    {NP_PEER_BLOCK_MIXED, SERVER, FROM("{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}"), "spec.ingress[0].from[0]", 0},
    {NP_BLOCK_NO_CIDR, SERVER, FROM("{ipBlock: {}}"), "spec.ingress[0].from[0].ipBlock.cidr", 0},
    {NP_BLOCK_CIDR, SERVER, FROM("{ipBlock: {cidr: any}}"), "spec.ingress[0].from[0].ipBlock.cidr", 0},
    {NP_BLOCK_ZEROS, SERVER, FROM("{ipBlock: {cidr: 010.0.0.0/8}}"), "spec.ingress[0].from[0].ipBlock.cidr", 0},
    {NP_BLOCK_MAPPED, SERVER, FROM("{ipBlock: {cidr: '::ffff:10.0.0.0/104'}}"), "spec.ingress[0].from[0].ipBlock.cidr", 0},
    {NP_BLOCK_HOST_BITS, SERVER, FROM("{ipBlock: {cidr: 10.0.0.1/8}}"), "spec.ingress[0].from[0].ipBlock.cidr", 0},
    {NP_BLOCK_EXCEPT, SERVER, FROM("{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/8]}}"), "spec.ingress[0].from[0].ipBlock.except[0]", 0},
    {NP_CRD_TYPE, STORED, CNP("ingress: {}"), "spec.ingress", 0},
    {NP_CRD_TYPE, SERVER, CNP("ingress: [~]"), "spec.ingress[0]", 0},
    {NP_CRD_REQUIRED, SERVER, CNP("egress: [{to: [{namespaces: {}}]}]"), "spec.egress[0].action", 0},
    {NP_CRD_ENUM, SERVER, CNP("egress: [{action: Allow, to: [{namespaces: {}}]}]"), "spec.egress[0].action", 0},
    {NP_CRD_MINIMUM, SERVER, PROTOCOL("{tcp: {destinationPort: {number: 0}}}"), "spec.ingress[0].protocols[0].tcp.destinationPort.number",
     0},
    {NP_CRD_MAXIMUM, SERVER, PROTOCOL("{tcp: {destinationPort: {number: 65536}}}"),
     "spec.ingress[0].protocols[0].tcp.destinationPort.number", 0},
    {NP_CRD_MIN_ITEMS, SERVER, CNP("egress: [{action: Deny, to: []}]"), "spec.egress[0].to", 0},
    {NP_CRD_MAX_ITEMS, SERVER,
     EGRESS("{networks: [1.0.0.0/8, 2.0.0.0/8, 3.0.0.0/8, 4.0.0.0/8, 5.0.0.0/8, 6.0.0.0/8, 7.0.0.0/8, 8.0.0.0/8, "
            "9.0.0.0/8, 10.0.0.0/8, 11.0.0.0/8, 12.0.0.0/8, 13.0.0.0/8, 14.0.0.0/8, 15.0.0.0/8, 16.0.0.0/8, 17.0.0.0/8, 18.0.0.0/8, "
            "19.0.0.0/8, "
            "20.0.0.0/8, 21.0.0.0/8, 22.0.0.0/8, 23.0.0.0/8, 24.0.0.0/8, 25.0.0.0/8, 26.0.0.0/8]}"),
     "spec.egress[0].to[0].networks", 0},
    {NP_CRD_MIN_PROPERTIES, SERVER, EGRESS("{}"), "spec.egress[0].to[0]", 0},
    {NP_CRD_MAX_PROPERTIES, SERVER, EGRESS("{namespaces: {}, networks: [10.0.0.0/8]}"), "spec.egress[0].to[0]", 0},
    {NP_CRD_MAX_LENGTH, SERVER, EGRESS("{networks: ['0000:0000:0000:0000:0000:0000:0000:0000/0000']}"), "spec.egress[0].to[0].networks[0]",
     0},
    {NP_CRD_PATTERN, SERVER, EGRESS("{domainNames: [localhost]}"), "spec.egress[0].to[0].domainNames[0]", 0},
    {NP_CRD_SET, SERVER, EGRESS("{domainNames: [a.b, a.b]}"), "spec.egress[0].to[0].domainNames[1]", 0},
    {NP_CNP_RANGE, SERVER, PROTOCOL("{udp: {destinationPort: {range: {start: 5, end: 5}}}}"),
     "spec.ingress[0].protocols[0].udp.destinationPort.range", 0},
    {NP_CNP_CIDR, SERVER, EGRESS("{networks: ['::ffff:10.0.0.0/104']}"), "spec.egress[0].to[0].networks[0]", 0},
    {NP_CNP_NAMED_PORT_PEER, SERVER, CNP("egress: [{action: Deny, to: [{nodes: {}}], protocols: [{destinationNamedPort: web}]}]"),
     "spec.egress[0]", 0},
    {NP_BANP_NAME, SERVER, BANP("other", ""), "metadata.name", 0},
    {NP_CNP_OLD_PEER, SERVER, ANP("ingress: [{action: Allow, from: [{namespaces: {sameLabels: [a]}}]}]"),
     "spec.ingress[0].from[0].namespaces.sameLabels", 1},
    {NP_CNP_SELECTOR, STRICT, CNP("egress: [{action: Deny, to: [{namespaces: {matchExpressions: [{key: a, operator: Gt}]}}]}]"),
     "spec.egress[0].to[0].namespaces", 1},
    {NP_ANP_PROTOCOL, SERVER, ANP("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portNumber: {protocol: ICMP, port: 1}}]}]"),
     "spec.ingress[0].ports[0].portNumber.protocol", 1},
    {NP_CNP_RANGE_EMPTY, SERVER, ANP("ingress: [{action: Deny, from: [{namespaces: {}}], ports: [{portRange: {start: 9, end: 1}}]}]"),
     "spec.ingress[0].ports[0].portRange", 1},
    {NP_CNP_UNKNOWN_PEER, STORED, CNP("ingress: [{action: Deny, from: [{galaxies: {}}]}]"), "spec.ingress[0].from[0]", 1},
    {NP_CNP_UNKNOWN_PORT, STORED, PROTOCOL("{icmp: {}}"), "spec.ingress[0].protocols[0]", 1},
    {NP_CNP_UNKNOWN_SUBJECT, STORED,
     "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: p}, "
     "spec: {priority: 1, subject: {galaxies: {}}}}",
     "spec.subject", 1},
    {NP_CNP_NO_PLACE, STORED,
     "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: p}, "
     "spec: {tier: Admin, subject: {namespaces: {}}}}",
     NULL, 0},
};

static void run_row(const struct row *row)
{
    struct taking t;
    const struct np_diag *d;
    char name[32];

    snprintf(name, sizeof name, "NP%d", row->code);
    assert_int_equal(taking_begin(&t, NULL, (enum np_mode)row->mode, NP_CHANNEL_EXPERIMENTAL), CNIPOL_OK);
    assert_int_equal(taking_text(&t, row->text), CNIPOL_OK);
    expect_number(name, "the outcome", t.status, row->accepted ? 1 : CNIPOL_E_INVALID);
    d = told(&t, row->code);
    if (!d)
        fail_msg("%s is not told of %s", name, row->text);
    expect_text(name, d->path, row->path);
    taking_end(&t);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        run_row(&rows[i]);
}

/* 256 KiB of annotations do not fit into a row. */
static void test_annotations_size(void **state)
{
    enum { SIZE = 300000 };
    static char text[SIZE + 256];
    struct taking t;
    int n = snprintf(text, sizeof text, "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, annotations: {a: ");

    (void)state;
    memset(text + n, 'x', SIZE);
    strcpy(text + n + SIZE, "}}}");
    assert_int_equal(taking_begin(&t, NULL, SERVER, NP_CHANNEL_EXPERIMENTAL), CNIPOL_OK);
    assert_int_equal(taking_text(&t, text), CNIPOL_OK);
    assert_non_null(told(&t, NP_META_ANNOTATIONS_SIZE));
    assert_int_equal(t.status, CNIPOL_E_INVALID);
    taking_end(&t);
}

static void test_every_code_is_reached(void **state)
{
    (void)state;
    for (size_t i = 0; cnipol_code_at(i); i++) {
        int number = cnipol_code_at(i)->number;
        bool reached = number < 1200 || number > 1799 || number == NP_META_ANNOTATIONS_SIZE;

        for (size_t r = 0; r < COUNT(rows) && !reached; r++)
            reached = rows[r].code == number;
        if (!reached)
            fail_msg("NP%d (%s) is reached by no row", number, cnipol_code_at(i)->title);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_annotations_size),
        cmocka_unit_test(test_every_code_is_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
