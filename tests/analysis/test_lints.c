/* SPDX-License-Identifier: BSD-2-Clause */
/* Lints: manifests, and which codes are said at which lines. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <cnipol/check.h>
#include <cnipol/diag.h>
#include <cnipol/model.h>

#include "base/testing.h"

/* The cluster of all rows, a source of its own. */
static const char shop[] =
    "{apiVersion: v1, kind: List, items: [\n"
    "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: sales}}},\n"
    "{apiVersion: v1, kind: Namespace, metadata: {name: empty, labels: {team: none}}},\n"
    "{apiVersion: v1, kind: Namespace, metadata: {name: kube-system}},\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}, spec: {containers: [\n"
    "  {name: c, ports: [{name: http, containerPort: 8080}, {name: dns, protocol: UDP, containerPort: 5353}]}]},\n"
    "  status: {podIP: 10.0.0.1}},\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}, status: {podIP: 10.0.0.2}},\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: dns, namespace: kube-system, labels: {app: dns}}, status: {podIP: 10.0.1.1}},\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: proxy, namespace: kube-system, labels: {app: proxy}}, spec: {hostNetwork: true},\n"
    "  status: {podIP: 192.0.2.1}}\n"
    "]}\n";

/* What is written between the braces of spec starts at line 2. */
#define NETPOL_IN(ns, name, spec)                                                                                                  \
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: " name ", namespace: " ns "}, spec: {\n" spec "}}\n" \
    "---\n"
#define NETPOL(spec) NETPOL_IN("shop", "p", spec)
/* The subject at line 2, rules from line 3. */
#define RULES(rules) NETPOL("podSelector: {matchLabels: {app: web}},\n" rules)
#define DNS "{ports: [{protocol: UDP, port: 53}]},"
/* Rules from line 2. */
#define CNP_OF(name, tier, priority, subject, rules)                                                                  \
    "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: " name "}, spec: {" \
    "tier: " tier ", priority: " priority ", subject: " subject ",\n" rules "}}\n---\n"
#define EVERY "{namespaces: {}}"
#define SALES "{namespaces: {matchLabels: {team: sales}}}"
#define SYSTEM "{namespaces: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}"
#define PODS(app) "{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: " app "}}}}"
#define CNP(name, priority, rules) CNP_OF(name, "Admin", priority, EVERY, rules)
#define BANP(rules)                                                                                                                 \
    "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: default}, spec: {subject: " \
    "{namespaces: {}},\n" rules "}}\n---\n"
#define ACCEPT(peer) "{action: Accept, from: [" peer "]}"
#define DENY(peer) "{action: Deny, from: [" peer "]}"
#define ON(action, port) "{action: " action ", from: [" EVERY "], protocols: [{tcp: {destinationPort: " port "}}]}"
#define TO(action, networks) "{action: " action ", to: [{networks: [" networks "]}]}"

struct row {
    const char *name;
    const char *text;
    const char *said; /* "code@line ..." */
};

static const struct row subjects[] = {
    {"a good policy", RULES("ingress: [{}]"), ""},
    {"nothing at all", "", ""},
    {"no pod with the label", NETPOL("podSelector: {matchLabels: {app: wbe}}"), "2010@2"},
    {"each label, but no pod with both", NETPOL("podSelector: {matchLabels: {app: db, tier: front}}"), "2010@2"},
    {"all pods", NETPOL("podSelector: {}"), ""},
    {"by expression", NETPOL("podSelector: {matchExpressions: [{key: app, operator: Exists}]}"), ""},
    {"by expression, nobody", NETPOL("podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web, db]}]}"), "2010@2"},
    {"a namespace without pods", NETPOL_IN("empty", "p", "podSelector: {matchLabels: {app: wbe}}"), ""},
    {"a namespace that was not given", NETPOL_IN("shpo", "p", "podSelector: {matchLabels: {app: web}}"), "2003@1"},
    {"once for each namespace", NETPOL_IN("x", "p", "podSelector: {}") NETPOL_IN("x", "q", "podSelector: {}"), "2003@1"},
    {"cluster policy for nobody", CNP_OF("a", "Admin", "1", PODS("x"), "ingress: [" DENY(EVERY) "]"), "2010@1"},
    {"cluster policy for no namespace",
     CNP_OF("a", "Admin", "1", "{namespaces: {matchLabels: {team: sale}}}", "ingress: [" DENY(EVERY) "]"), "2010@1"},
    {"cluster policy for a namespace without pods",
     CNP_OF("a", "Admin", "1", "{namespaces: {matchLabels: {team: none}}}", "ingress: [" DENY(EVERY) "]"), ""},
    {"a host-network pod by its labels", NETPOL_IN("kube-system", "p", "podSelector: {matchLabels: {app: proxy}}"), "2012@2"},
    {"a host-network pod among all", NETPOL_IN("kube-system", "p", "podSelector: {}"), ""},
    {"cluster policy for a host-network pod", CNP_OF("a", "Admin", "1", PODS("proxy"), "ingress: [" DENY(EVERY) "]"), "2012@1"},
    {"given twice", NETPOL("podSelector: {}") NETPOL("podSelector: {}"), "2020@4"},
    {"given three times", NETPOL("podSelector: {}") NETPOL("podSelector: {}") NETPOL("podSelector: {}"), "2020@4 2020@7"},
    {"two names", NETPOL("podSelector: {}") NETPOL_IN("shop", "q", "podSelector: {}"), ""},
    {"two namespaces", NETPOL("podSelector: {}") NETPOL_IN("empty", "p", "podSelector: {}"), ""},
    {"the lost one is not looked at", NETPOL("podSelector: {matchLabels: {app: x}}") NETPOL("podSelector: {}"), "2020@4"},
    {"cluster policy twice", CNP("a", "1", "ingress: []") CNP("a", "2", "ingress: []"), "2020@4"},
    {"a policy of another kind with the name", CNP("p", "1", "ingress: []") NETPOL("podSelector: {}"), ""},
};

static const struct row peers[] = {
    {"a peer in the own namespace", RULES("ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]"), ""},
    {"nobody there", RULES("ingress: [{from: [\n{podSelector: {matchLabels: {app: bd}}}]}]"), "2011@4"},
    {"not in the own namespace", RULES("ingress: [{from: [\n{podSelector: {matchLabels: {app: dns}}}]}]"), "2011@4"},
    {"the second peer", RULES("ingress: [{from: [{podSelector: {}},\n{podSelector: {matchLabels: {app: dns}}}]}]"), "2011@4"},
    {"egress", RULES("policyTypes: [Egress], egress: [" DNS " {to: [\n{podSelector: {matchLabels: {app: bd}}}]}]"), "2011@4"},
    {"namespaces", RULES("ingress: [{from: [{namespaceSelector: {matchLabels: {team: sales}}}]}]"), ""},
    {"no such namespace", RULES("ingress: [{from: [\n{namespaceSelector: {matchLabels: {team: sale}}}]}]"), "2011@4"},
    {"a peer in a namespace without pods", RULES("ingress: [{from: [{namespaceSelector: {matchLabels: {team: none}}}]}]"), ""},
    {"no pod in the namespaces",
     RULES("ingress: [{from: [\n{namespaceSelector: {matchLabels: {team: sales}}, podSelector: {matchLabels: {app: dns}}}]}]"), "2011@4"},
    {"by name", RULES("ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]}]"), ""},
    {"by a name that was not given",
     RULES("ingress: [{from: [{namespaceSelector: {matchLabels:\n {kubernetes.io/metadata.name: kube-sytem}}}]}]"), "2003@3"},
    {"a direction that is not in force", RULES("policyTypes: [Ingress], egress: [\n{to: [{podSelector: {matchLabels: {app: bd}}}]}]"),
     "2022@4"},
    {"peer of a cluster policy", CNP("a", "1", "ingress: [{action: Deny, from: [\n{namespaces: {matchLabels: {team: sale}}}]}]"), "2011@3"},
    {"pods of a cluster policy", CNP("a", "1", "egress: [{action: Deny, to: [\n" PODS("x") "]}]"), "2011@3"},
    {"network of a cluster policy", CNP("a", "1", "egress: [" TO("Deny", "203.0.113.0/24") "]"), ""},
};

static const struct row ports[] = {
    {"a named port", RULES("ingress: [{ports: [{port: http}]}]"), ""},
    {"misspelt", RULES("ingress: [{ports: [\n{port: htpp}]}]"), "2030@4"},
    {"of another protocol", RULES("ingress: [{ports: [\n{port: http, protocol: UDP}]}]"), "2030@4"},
    {"by its protocol", RULES("ingress: [{ports: [{port: dns, protocol: UDP}]}]"), ""},
    {"for nobody", NETPOL("podSelector: {matchLabels: {app: wbe}}, ingress: [{ports: [{port: htpp}]}]"), "2010@2"},
    {"ingress looks at the subject, not the peer",
     NETPOL("podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: http}]}]"),
     "2030@2"},
    {"egress looks at the peer",
     RULES("policyTypes: [Egress], egress: [" DNS "{to: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: http}]}]"), ""},
    {"egress, and the peer has it not",
     RULES("policyTypes: [Egress], egress: [" DNS "{to: [{podSelector: {matchLabels: {app: db}}}], ports: [\n{port: http}]}]"), "2030@4"},
    {"egress to everybody", RULES("policyTypes: [Egress], egress: [" DNS "{ports: [{port: http}]}]"), ""},
    {"egress to everybody, nobody has it", RULES("policyTypes: [Egress], egress: [" DNS "{ports: [\n{port: htpp}]}]"), "2030@4"},
    {"egress to a block", RULES("policyTypes: [Egress], egress: [" DNS "{to: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: htpp}]}]"),
     ""},
    {"cluster policy, named", CNP("a", "1", "ingress: [{action: Deny, from: [" EVERY "], protocols: [{destinationNamedPort: http}]}]"), ""},
    {"cluster policy, misspelt", CNP("a", "1", "ingress: [{action: Deny, from: [" EVERY "], protocols: [\n{destinationNamedPort: htpp}]}]"),
     "2030@3"},
    {"cluster policy, egress", CNP("a", "1", "egress: [{action: Deny, to: [" SALES "], protocols: [{destinationNamedPort: dns}]}]"), ""},
    {"cluster policy, egress to others",
     CNP("a", "1", "egress: [{action: Deny, to: [" SYSTEM "], protocols: [\n{destinationNamedPort: dns}]}]"), "2030@3"},
    {"a block outside", RULES("ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]"), ""},
    {"a block with pods", RULES("ingress: [{from: [\n{ipBlock: {cidr: 10.0.0.0/16}}]}]"), "2032@4"},
    {"pods excepted", RULES("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/16]}}]}]"), ""},
    {"everybody", RULES("ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]"), ""},
    {"host-network pods have no address of their own", RULES("ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]"), ""},
    {"a network with pods", CNP("a", "1", "egress: [{action: Deny, to: [\n{networks: [203.0.113.0/24, 10.0.0.0/16]}]}]"), "2032@3"},
    {"a block of nothing", RULES("ingress: [{from: [\n{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.0/25, 203.0.113.128/25]}}]}]"),
     "2031@4"},
    {"a block of one address", RULES("ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/30, except: [203.0.113.0/31, 203.0.113.3/32]}}]}]"),
     ""},
    {"an IPv6 block of nothing",
     RULES("ingress: [{from: [\n{ipBlock: {cidr: '2001:db8::/32', except: ['2001:db8::/33', '2001:db8:8000::/34', "
           "'2001:db8:c000::/34']}}]}]"),
     "2031@4"},
};

static const struct row shapes[] = {
    {"egress alone", RULES("egress: [\n{}]"), "2021@4"},
    {"egress alone, said so", RULES("policyTypes: [Egress], egress: [{}]"), ""},
    {"both, said so", RULES("policyTypes: [Ingress, Egress], egress: [{}]"), ""},
    {"both have rules", RULES("ingress: [{}], egress: [{}]"), ""},
    {"rules out of force", RULES("policyTypes: [Egress], ingress: [\n{}]"), "2022@4"},
    {"an empty list is no rule", RULES("policyTypes: [Egress], ingress: []"), ""},
    {"allow all beside ports", RULES("ingress: [{ports: [{port: 80}]},\n{}]"), "2023@4"},
    {"allow all beside peers", RULES("ingress: [\n{}, {from: [{podSelector: {}}]}]"), "2023@4"},
    {"allow all in the other direction", RULES("ingress: [{}], egress: [{ports: [{port: 53, protocol: UDP}]}]"), ""},
    {"allow all alone", RULES("ingress: [{}, {}]"), ""},
    {"peers and ports are no allow-all", RULES("ingress: [{ports: [{port: 80}]}, {from: [{podSelector: {}}]}]"), ""},
    {"no DNS", RULES("policyTypes: [Egress], egress: [\n{ports: [{port: 443}]}]"), "2024@4"},
    {"DNS by TCP only", RULES("policyTypes: [Egress], egress: [\n{ports: [{port: 53}]}]"), "2024@4"},
    {"DNS in a range", RULES("policyTypes: [Egress], egress: [{ports: [{protocol: UDP, port: 1, endPort: 100}]}]"), ""},
    {"all of UDP", RULES("policyTypes: [Egress], egress: [{ports: [{protocol: UDP}]}]"), ""},
    {"nothing at all is meant", RULES("policyTypes: [Egress], egress: []"), ""},
    {"DNS from another policy",
     RULES("policyTypes: [Egress], egress: [{ports: [{port: 443}]}]")
         NETPOL_IN("shop", "q", "podSelector: {}, policyTypes: [Egress], egress: [" DNS "]"),
     ""},
    {"DNS for other pods",
     RULES("policyTypes: [Egress], egress: [\n{ports: [{port: 443}]}]")
         NETPOL_IN("shop", "q", "podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: [" DNS "]"),
     "2024@4"},
    {"a set of pods once",
     RULES("policyTypes: [Egress], egress: [\n{ports: [{port: 443}]}]")
         NETPOL_IN("shop", "q", "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: [{port: 80}]}]"),
     "2024@4"},
    {"DNS from the Admin tier",
     RULES("policyTypes: [Egress], egress: [{ports: [{port: 443}]}]")
         CNP("a", "1", "egress: [{action: Accept, to: [" EVERY "], protocols: [{udp: {destinationPort: {number: 53}}}]}]"),
     ""},
    {"domains accepted", CNP("a", "1", "egress: [{action: Accept, to: [{domainNames: [example.com]}]}]"), ""},
    {"domains denied", CNP("a", "1", "egress: [{action: Deny, to: [\n{domainNames: [example.com]}]}]"), "2033@3"},
};

static const struct row orders[] = {
    {"first narrow, then wide", CNP("a", "1", "ingress: [" ACCEPT(SALES) "," DENY(EVERY) "]"), ""},
    {"first wide, then narrow", CNP("a", "1", "ingress: [" DENY(EVERY) ",\n" ACCEPT(SALES) "]"), "2041@3"},
    {"pods in all namespaces", CNP("a", "1", "ingress: [" DENY(EVERY) ",\n" ACCEPT(PODS("web")) "]"), "2041@3"},
    {"the same peer", CNP("a", "1", "ingress: [" DENY(SALES) ",\n" ACCEPT(SALES) "]"), "2041@3"},
    {"other pods", CNP("a", "1", "ingress: [" DENY(PODS("db")) ",\n" ACCEPT(PODS("web")) "]"), ""},
    {"other ports", CNP("a", "1", "ingress: [" ON("Deny", "{number: 80}") "," ON("Accept", "{number: 81}") "]"), ""},
    {"a port of the range", CNP("a", "1", "ingress: [" ON("Deny", "{range: {start: 80, end: 90}}") ",\n" ON("Accept", "{number: 81}") "]"),
     "2041@3"},
    {"all ports behind some", CNP("a", "1", "ingress: [" ON("Deny", "{number: 80}") "," ACCEPT(EVERY) "]"), ""},
    {"the other direction", CNP("a", "1", "ingress: [" DENY(EVERY) "], egress: [{action: Accept, to: [" SALES "]}]"), ""},
    {"networks", CNP("a", "1", "egress: [" TO("Deny", "203.0.113.0/24") ",\n" TO("Accept", "203.0.113.0/25") "]"), "2041@3"},
    {"networks the other way", CNP("a", "1", "egress: [" TO("Deny", "203.0.113.0/25") ",\n" TO("Accept", "203.0.113.0/24") "]"), ""},
    {"an earlier policy", CNP("a", "1", "ingress: [" DENY(EVERY) "]") CNP("b", "2", "ingress: [\n" ACCEPT(SALES) "]"), "2041@6"},
    {"a later policy", CNP("a", "3", "ingress: [" DENY(EVERY) "]") CNP("b", "2", "ingress: [" ACCEPT(SALES) "]"), ""},
    {"an earlier policy for others",
     CNP_OF("a", "Admin", "1", SALES, "ingress: [" DENY(EVERY) "]") CNP("b", "2", "ingress: [" ACCEPT(SALES) "]"), ""},
    {"another tier", CNP("a", "1", "ingress: [" DENY(EVERY) "]") CNP_OF("b", "Baseline", "2", EVERY, "ingress: [" ACCEPT(SALES) "]"), ""},
    {"equal priorities that disagree", CNP("a", "1", "ingress: [" DENY(EVERY) "]") CNP("b", "1", "ingress: [\n" ACCEPT(SALES) "]"),
     "2040@6"},
    {"equal priorities that agree", CNP("a", "1", "ingress: [" DENY(EVERY) "]") CNP("b", "1", "ingress: [" DENY(SALES) "]"), ""},
    {"equal priorities, other ports",
     CNP("a", "1", "ingress: [" ON("Deny", "{number: 80}") "]") CNP("b", "1", "ingress: [" ON("Accept", "{number: 81}") "]"), ""},
    {"equal priorities, other peers", CNP("a", "1", "ingress: [" DENY(SYSTEM) "]") CNP("b", "1", "ingress: [" ACCEPT(SALES) "]"), ""},
    {"equal priorities, other subjects",
     CNP_OF("a", "Admin", "1", SALES, "ingress: [" DENY(EVERY) "]") CNP_OF("b", "Admin", "1", SYSTEM, "ingress: [" ACCEPT(SALES) "]"), ""},
    {"equal priorities, overlapping subjects",
     CNP_OF("a", "Admin", "1", SALES, "ingress: [" DENY(EVERY) "]") CNP("b", "1", "ingress: [\n" ACCEPT(SALES) "]"), "2040@6"},
    {"equal priorities, egress to networks",
     CNP("a", "1", "egress: [" TO("Deny", "203.0.113.0/24") "]") CNP("b", "1", "egress: [\n" TO("Accept", "203.0.113.0/25") "]"), "2040@6"},
    {"baseline policies of both kinds",
     BANP("ingress: [" DENY(EVERY) "]") CNP_OF("b", "Baseline", "7", EVERY, "ingress: [\n" ACCEPT(SALES) "]"), "2040@6"},
};

static void describe(struct cnipol_ctx *ctx, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < cnipol_diag_count(ctx) && n < size; i++) {
        struct cnipol_diag d;

        assert_int_equal(cnipol_diag_get(ctx, i, &d), CNIPOL_OK);
        n += (size_t)snprintf(out + n, size - n, "%s%d@%u", i ? " " : "", d.code, d.place.line);
    }
}

static int check(struct cnipol_ctx *ctx, const char *cluster_text, const char *text)
{
    struct cnipol_cluster *cluster = NULL;
    struct cnipol_model *model = NULL;
    int rc = cnipol_cluster_new(ctx, NULL, &cluster);

    if (!rc)
        rc = cnipol_cluster_load_bytes(cluster, "cluster.yaml", cluster_text, strlen(cluster_text));
    if (!rc)
        rc = cnipol_cluster_load_bytes(cluster, "test.yaml", text, strlen(text));
    if (!rc)
        rc = cnipol_model_new(cluster, NULL, NULL, &model);
    if (!rc)
        rc = cnipol_check(ctx, model);
    cnipol_model_free(model);
    cnipol_cluster_free(cluster);
    return rc;
}

static void run(const char *cluster, const struct row *row)
{
    struct cnipol_ctx *ctx = NULL;
    char said[512];

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    expect_number(row->name, "status", check(ctx, cluster, row->text), CNIPOL_OK);
    describe(ctx, said, sizeof said);
    expect_text(row->name, said, row->said);
    cnipol_ctx_free(ctx);
}

static void test_row(void **state)
{
    run(shop, *state);
}

#define LONE_POD "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop, labels: {app: web}}}\n---\n"

static void test_without_cluster(void **state)
{
    static const struct row rows[] = {
        {"nothing", "", ""},
        {"no pods", RULES("ingress: [{from: [{podSelector: {matchLabels: {app: x}}}]}]"), "2000@0"},
        {"shapes are seen all the same", RULES("egress: [\n{}]"), "2000@0 2021@4"},
        {"pods without namespaces", LONE_POD RULES("ingress: [{from: [{podSelector: {}}]}]"), ""},
        {"a namespace by its name",
         LONE_POD RULES("ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]}]"), ""},
        {"cluster policy that asks for labels", LONE_POD CNP_OF("a", "Admin", "1", SALES, "ingress: [" DENY(EVERY) "]"), "2001@0"},
        {"what labels cannot tell", LONE_POD RULES("ingress: [{from: [{namespaceSelector: {matchLabels: {team: x}}}]}]"), "2001@0"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        run("", &rows[i]);
}

/* The words of a few: they name the object, the label and what was meant. */
static void test_words(void **state)
{
    static const struct {
        const char *text;
        const char *message;
        const char *help;
    } rows[] = {
        {NETPOL("podSelector: {matchLabels: {app: wbe}}"), "NetworkPolicy shop/p selects no pod of namespace shop",
         "a label `app` is on 2 of 2 pods, but nowhere with the value `wbe`: did you mean `web`?"},
        {NETPOL("podSelector: {matchLabels: {teir: front}}"), "NetworkPolicy shop/p selects no pod of namespace shop",
         "none of 2 pods has a label `teir`: did you mean `tier`?"},
        {RULES("ingress: [{from: [{namespaceSelector: {matchLabels: {team: sale}}}]}]"),
         "a peer in `from` of NetworkPolicy shop/p selects no pod",
         "a label `team` is on 2 of 3 namespaces, but nowhere with the value `sale`: did you mean `sales`?"},
        {RULES("ingress: [{ports: [{port: htpp}]}]"), "no destination that NetworkPolicy shop/p speaks of has a TCP port named `htpp`",
         "did you mean `http`? Names are those of container ports, with their protocol"},
        {NETPOL_IN("shpo", "p", "podSelector: {}"), "namespace shpo, which NetworkPolicy shpo/p speaks of, was not given",
         "did you mean `shop`? If not, add the Namespace object, so that its labels are known"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cnipol_ctx *ctx = NULL;
        struct cnipol_diag d;

        assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
        assert_int_equal(check(ctx, shop, rows[i].text), CNIPOL_OK);
        assert_int_equal(cnipol_diag_get(ctx, 0, &d), CNIPOL_OK);
        expect_text(rows[i].text, d.message, rows[i].message);
        expect_text(rows[i].text, d.help, rows[i].help);
        cnipol_ctx_free(ctx);
    }
}

struct budget {
    size_t left;
    size_t live;
};

static void *budget_alloc(void *user, size_t size)
{
    struct budget *b = user;
    void *block = b->left ? malloc(size) : NULL;

    b->left -= b->left > 0;
    b->live += block != NULL;
    return block;
}

static void *budget_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    struct budget *b = user;
    bool is_new = !block;
    void *moved = b->left ? realloc(block, new_size) : NULL;

    (void)old_size;
    b->left -= b->left > 0;
    b->live += is_new && moved;
    return moved;
}

static void budget_free(void *user, void *block, size_t size)
{
    (void)size;
    ((struct budget *)user)->live -= block != NULL;
    free(block);
}

/* Was memory enough? */
static bool try_with(size_t allocations, const char *text)
{
    struct budget b = {.left = allocations};
    struct cnipol_alloc alloc = {budget_alloc, budget_realloc, budget_free, &b};
    struct cnipol_ctx *ctx = NULL;
    int rc = cnipol_ctx_new(&alloc, &ctx);

    if (!rc)
        rc = check(ctx, shop, text);
    cnipol_ctx_free(ctx);
    assert_true(rc == CNIPOL_OK || rc == CNIPOL_E_NOMEM);
    assert_int_equal(b.live, 0);
    return rc == CNIPOL_OK;
}

static void test_out_of_memory(void **state)
{
    static const char text[] =
        NETPOL("podSelector: {matchLabels: {app: wbe}}, ingress: [{from: [{podSelector: {matchLabels: {app: x}}}, {ipBlock: {cidr: "
               "10.0.0.0/8}}], ports: [{port: htpp}]}], egress: [{ports: [{port: 1}]}]")
            NETPOL_IN("kube-system", "q", "podSelector: {matchLabels: {app: proxy}}") NETPOL_IN("x", "q", "podSelector: {}")
                CNP("a", "1", "ingress: [" DENY(EVERY) "," ACCEPT(PODS("web")) "]") CNP("b", "1", "ingress: [" ACCEPT(SALES) "]")
                    CNP("b", "1", "ingress: [" ACCEPT(SALES) "]");
    size_t n = 0;

    (void)state;
    while (!try_with(n, text))
        n++;
    assert_true(n > 10);
}

static struct CMUnitTest *add(struct CMUnitTest *to, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *to++ = (struct CMUnitTest){.name = rows[i].name, .test_func = test_row, .initial_state = (void *)(uintptr_t)&rows[i]};
    return to;
}

int main(void)
{
    static struct CMUnitTest tests[COUNT(subjects) + COUNT(peers) + COUNT(ports) + COUNT(shapes) + COUNT(orders) + 3];
    struct CMUnitTest *end = tests;

    end = add(end, subjects, COUNT(subjects));
    end = add(end, peers, COUNT(peers));
    end = add(end, ports, COUNT(ports));
    end = add(end, shapes, COUNT(shapes));
    end = add(end, orders, COUNT(orders));
    *end++ = (struct CMUnitTest)cmocka_unit_test(test_without_cluster);
    *end++ = (struct CMUnitTest)cmocka_unit_test(test_words);
    *end++ = (struct CMUnitTest)cmocka_unit_test(test_out_of_memory);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
