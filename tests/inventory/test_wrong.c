/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong shapes: what is said and where, what is used all the same, and that nothing crashes. */

#include "testing.h"

#include <stdlib.h>

#include <cnipol/cnipol.h>

#include "doc/reader.h"

#define POD(meta, spec, status) "apiVersion: v1\nkind: Pod\nmetadata: {name: a" meta "}\nspec: {" spec "}\nstatus: {" status "}\n"
#define PORTS(list) POD("", "containers: [{ports: [" list "]}]", "")
#define AT " Pod a spec.containers[0].ports"

static const struct row rows[] = {
    {"no name", "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n", "NP1800 line 3 metadata.name: this Pod has no name\n", {0}},
    {"no metadata", "apiVersion: v1\nkind: Pod\n", "NP1800 line 1 metadata.name: this Pod has no name\n", {0}},
    {"an empty name", "apiVersion: v1\nkind: Node\nmetadata: {name: ''}\n", "NP1800 line 3 metadata.name: this Node has no name\n", {0}},
    {"metadata is no map",
     "apiVersion: v1\nkind: Pod\nmetadata: a\n",
     "NP1802 line 3 metadata: expected an object here, got string\n",
     {0}},
    {"a name that is a number",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: 1}\n",
     "NP1802 line 3 metadata.name: expected a string here, got number\n",
     {0}},
    {"a namespace that is a boolean (YAML's y)",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: y}\n",
     "NP1802 line 3 metadata.namespace: expected a string here, got bool\n",
     {0}},
    {"given twice",
     POD("", "", "") "---\n" POD("", "", ""),
     "NP1801 line 9 Pod a metadata.name: Pod `a` was given before; this one replaces it\n",
     {0}},
    {"twice in different namespaces is fine", POD("", "", "") "---\n" POD(", namespace: x", "", ""), "", {0}},
    {"a label that is a number",
     POD(", labels: {app: 1}", "", ""),
     "NP1803 line 3 Pod a metadata.labels.app: the value of label `app` is a number, not a string\n",
     {0}},
    {"a label with a prefix",
     POD(", labels: {x.io/app: true}", "", ""),
     "NP1803 line 3 Pod a metadata.labels[x.io/app]: the value of label `x.io/app` is a bool, not a string\n",
     {0}},
    {"labels are a list", POD(", labels: [app]", "", ""), "NP1802 line 3 Pod a metadata.labels: expected an object here, got array\n", {0}},
    {"another name in the name label",
     "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: x\n  labels:\n    kubernetes.io/metadata.name: z\n",
     "NP1804 line 6 Namespace x metadata.labels[kubernetes.io/metadata.name]: the API server sets this label to the namespace's name, "
     "`x`\n",
     {0}},
    {"a bad address",
     POD("", "", "podIPs: [{ip: 10.0.0.1/32}]"),
     "NP1810 line 5 Pod a status.podIPs[0].ip: `10.0.0.1/32` is not an IP address\n",
     {0}},
    {"an address that is a number",
     POD("", "", "podIP: 10.5"),
     "NP1802 line 5 Pod a status.podIP: expected a string here, got number\n",
     {0}},
    {"a bad node address",
     "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: n}, {type: Hostname, address: n},"
     " 7]}\n",
     "NP1802 line 4 Node n1 status.addresses[0].address: expected a string here, got bool\n"
     "NP1802 line 4 Node n1 status.addresses[2]: expected an object here, got number\n",
     {0}},
    {"leading zeros", POD("", "", "podIP: 010.0.0.1"), "NP1811 line 5 Pod a status.podIP: `010.0.0.1` is taken as 10.0.0.1\n", {0}},
    {"an IPv4-mapped address",
     POD("", "", "podIP: '::ffff:10.0.0.1'"),
     "NP1811 line 5 Pod a status.podIP: `::ffff:10.0.0.1` is taken as 10.0.0.1\n",
     {0}},
    {"port 0", PORTS("{name: web, containerPort: 0}"), "NP1820 line 4" AT "[0].containerPort: 0 is not a port number\n", {0}},
    {"port 65536", PORTS("{containerPort: 65536}"), "NP1820 line 4" AT "[0].containerPort: 65536 is not a port number\n", {0}},
    {"a negative port", PORTS("{containerPort: -1}"), "NP1820 line 4" AT "[0].containerPort: -1 is not a port number\n", {0}},
    {"a port in quotes", PORTS("{containerPort: '80'}"), "NP1802 line 4" AT "[0].containerPort: expected a number here, got string\n", {0}},
    {"a protocol in small letters",
     PORTS("{containerPort: 80, protocol: tcp}"),
     "NP1821 line 4" AT "[0].protocol: `tcp` is not TCP, UDP or SCTP\n",
     {0}},
    {"T15 one name, two numbers",
     PORTS("{name: web, containerPort: 80}, {name: web, containerPort: 81}, {name: web, containerPort: 80}"),
     "NP1822 line 4" AT "[1]: port name `web` already stands for 80; 81 is not reached by name\n",
     {0}},
    {"T15 one name, two protocols", PORTS("{name: web, containerPort: 80}, {name: web, containerPort: 81, protocol: UDP}"), "", {0}},
    {"hostNetwork is text",
     POD("", "hostNetwork: 'true'", ""),
     "NP1802 line 4 Pod a spec.hostNetwork: expected a bool here, got string\n",
     {0}},
    {"containers are a map",
     POD("", "containers: {}", ""),
     "NP1802 line 4 Pod a spec.containers: expected an array here, got object\n",
     {0}},
    {"an operator that is none",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {selector: {matchExpressions: [{key: a, operator: Maybe}]}}\n",
     "NP1830 line 4 Deployment d spec.selector.matchExpressions[0].operator: the operator must be In, NotIn, Exists or DoesNotExist\n",
     {0}},
    {"In without values",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {selector: {matchExpressions: [{key: a, operator: In}]}}\n",
     "NP1830 line 4 Deployment d spec.selector.matchExpressions[0]: In and NotIn need values\n",
     {0}},
    {"Exists with values",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {selector: {matchExpressions: [{key: a, operator: Exists, values: "
     "[b]}]}}\n",
     "NP1830 line 4 Deployment d spec.selector.matchExpressions[0]: Exists and DoesNotExist take no values\n",
     {0}},
    {"two workloads of one name",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n---\napiVersion: apps/v1\nkind: StatefulSet\n"
     "metadata: {name: web}\n",
     "NP1831 line 5 StatefulSet web: two workloads are named `default/web`: this StatefulSet is asked for as"
     " `web.statefulset`\n",
     {0}},
    {"a node port out of range, and a wrong external address",
     "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {externalIPs: [one], ports: [{port: 80, nodePort: 70000}]}\n",
     "NP1810 line 4 Service s spec.externalIPs[0]: `one` is not an IP address\n"
     "NP1820 line 4 Service s spec.ports[0].nodePort: 70000 is not a port number\n",
     {0}},
    {"a load balancer's wrong address",
     "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nstatus: {loadBalancer: {ingress: [{ip: one}, 7]}}\n",
     "NP1810 line 4 Service s status.loadBalancer.ingress[0].ip: `one` is not an IP address\n"
     "NP1802 line 4 Service s status.loadBalancer.ingress[1]: expected an object here, got number\n",
     {0}},
    {"a slice of no type",
     "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s}\n",
     "NP1814 line 1 EndpointSlice s addressType: the addressType of an EndpointSlice must be IPv4, IPv6 or FQDN\n",
     {0}},
    {"an address of another family",
     "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s}\naddressType: IPv6\n"
     "endpoints: [{addresses: [10.0.0.1]}]\n",
     "NP1813 line 5 EndpointSlice s endpoints[0].addresses[0]: an IPv4 address in a slice of addressType IPv6\n",
     {0}},
};

static void test_every_code_says_what_to_do(void **state)
{
    static const int codes[] = {1800, 1801, 1802, 1803, 1804, 1810, 1811, 1812, 1813, 1814, 1820, 1821, 1822, 1830, 1831};

    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++) {
        const struct cnipol_code *code = cnipol_code_find(codes[i]);

        assert_non_null(code);
        assert_true(strlen(code->help) > 80);
    }
}

/* One object of each kind with every field that is read. */
static const char everything[] =
    "- {apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {a: b, kubernetes.io/metadata.name: z}}}\n"
    "- {apiVersion: v1, kind: ServiceAccount, metadata: {name: x, namespace: x}}\n"
    "- {apiVersion: v1, kind: Node, metadata: {name: x, labels: {a: b}}, status: {addresses: [{type: InternalIP, address: 10.0.0.1}]}}\n"
    "- {apiVersion: v1, kind: Pod, metadata: {name: x, namespace: x, labels: {a: b}, ownerReferences: [{apiVersion: apps/v1, kind: "
    "ReplicaSet,"
    " name: x-1, controller: true}]}, spec: {nodeName: x, serviceAccountName: x, hostNetwork: true, containers: [{ports: [{name: p,"
    " containerPort: 1, protocol: TCP}]}], initContainers: [{restartPolicy: Always, ports: [{name: q, containerPort: 2}]}]},"
    " status: {phase: Running, podIP: 10.0.0.2, podIPs: [{ip: 10.0.0.2}]}}\n"
    "- {apiVersion: apps/v1, kind: Deployment, metadata: {name: x, namespace: x}, spec: {selector: {matchLabels: {a: b}, matchExpressions:"
    " [{key: a, operator: In, values: [b]}]}, template: {metadata: {labels: {a: b}}, spec: {containers: [{ports: [{name: p,"
    " containerPort: 1}]}]}}}}\n"
    "- {apiVersion: v1, kind: ReplicationController, metadata: {name: x, namespace: x}, spec: {selector: {a: b}}}\n"
    "- {apiVersion: batch/v1, kind: CronJob, metadata: {name: x, namespace: x}, spec: {jobTemplate: {spec: {template: {metadata: {}}}}}}\n"
    "- {apiVersion: v1, kind: Service, metadata: {name: x, namespace: x}, spec: {clusterIP: 10.1.0.1, clusterIPs: [10.1.0.1], ports: "
    "[{name: p,"
    " port: 80, protocol: TCP}]}}\n"
    "- {apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: x, namespace: x, labels: {kubernetes.io/service-name: x}},"
    " addressType: IPv4, ports: [{name: p, port: 1, protocol: TCP}], endpoints: [{addresses: [10.0.0.2], conditions: {ready: true}}]}\n"
    "- {apiVersion: v1, kind: Endpoints, metadata: {name: x, namespace: x}, subsets: [{addresses: [{ip: 10.0.0.2}], ports: [{port: "
    "1}]}]}\n";

static const struct np_node a_null = {.kind = NP_NODE_NULL};
static const struct np_node a_list = {.kind = NP_NODE_LIST, .n = 1, .items = &a_null};
static const struct np_pair a_pair = {{.kind = NP_NODE_STRING, .s = ""}, {.kind = NP_NODE_NULL}};
static const struct np_node shapes[] = {
    {.kind = NP_NODE_NULL},
    {.kind = NP_NODE_BOOL, .b = true},
    {.kind = NP_NODE_INT, .i = INT64_MIN},
    {.kind = NP_NODE_UINT, .u = UINT64_MAX},
    {.kind = NP_NODE_FLOAT, .f = 1e300},
    {.kind = NP_NODE_STRING, .s = ""},
    {.kind = NP_NODE_STRING, .n = 3, .s = "\0-\0"},
    {.kind = NP_NODE_LIST},
    {.kind = NP_NODE_LIST, .n = 1, .items = &a_list},
    {.kind = NP_NODE_MAP},
    {.kind = NP_NODE_MAP, .n = 1, .pairs = &a_pair},
};

static void build_with(struct np_doc *doc)
{
    struct np_inventory_opts opts = {.host_network_as_pod = true};
    struct cnipol_ctx *ctx;
    struct np_inventory *inv;
    struct np_view *view;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), 0);
    assert_int_equal(np_inventory_new(ctx, &inv), 0);
    for (uint32_t i = 0; i < doc->root.n; i++)
        assert_true(np_inventory_add(inv, doc, &doc->root.items[i]) >= 0);
    assert_int_equal(np_inventory_seal(inv, &opts, &view), 0);
    np_view_free(view);
    np_inventory_free(inv);
    assert_int_equal(np_inventory_new(ctx, &inv), 0);
    np_inventory_free(inv);
    cnipol_ctx_free(ctx);
}

/* Puts every shape in the place of this node, then goes on to the nodes inside it. */
static void vary(struct np_doc *doc, const struct np_node *node)
{
    struct np_node *place = (struct np_node *)(uintptr_t)node;
    struct np_node kept = *node;

    for (size_t i = 0; i < COUNT(shapes); i++) {
        *place = shapes[i];
        place->start = kept.start;
        place->end = kept.end;
        build_with(doc);
    }
    *place = kept;
    for (uint32_t i = 0; i < kept.n && kept.kind == NP_NODE_LIST; i++)
        vary(doc, &kept.items[i]);
    for (uint32_t i = 0; i < kept.n && kept.kind == NP_NODE_MAP; i++)
        vary(doc, &kept.pairs[i].value);
}

static int vary_document(void *user, struct np_doc *doc)
{
    (void)user;
    for (uint32_t i = 0; i < doc->root.n; i++)
        vary(doc, &doc->root.items[i]);
    return 0;
}

static void test_any_shape_anywhere(void **state)
{
    struct cnipol_ctx *ctx;
    uint32_t source;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), 0);
    source = np_sources_add(&ctx->sources, "everything.yaml", everything, sizeof everything - 1, false);
    assert_int_equal(np_doc_read(ctx, source, NP_DOC_YAML, vary_document, NULL), 0);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    const struct table tables[] = {{rows, COUNT(rows), DIAGS}};
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(test_every_code_says_what_to_do),
        cmocka_unit_test(test_any_shape_anywhere),
    };

    return run_tables("inventory wrong", tables, COUNT(tables), cases, COUNT(cases));
}
