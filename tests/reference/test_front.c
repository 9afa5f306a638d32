/* SPDX-License-Identifier: BSD-2-Clause */
/* What the nodes translate to a Service is asked of its backends; what several claim has no answer (K1.4, K5.3, K5.5). */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/cnipol.h>
#include <cnipol/explain.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define META(name, more) "metadata: {namespace: shop, name: " name more "}\n"
#define POD(name, status) "apiVersion: v1\nkind: Pod\n" META(name, ", labels: {app: " name "}") status "\n"
#define SERVICE(name, spec, ingress) \
    "apiVersion: v1\nkind: Service\n" META(name, "") "spec: {" spec "}\nstatus: {loadBalancer: {ingress: [" ingress "]}}\n"
#define SLICE(service, port, ip)                                                                                             \
    "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n" META(service, ", labels: {kubernetes.io/service-name: " service \
                                                                           "}") "addressType: IPv4\nports: [{port: " port    \
                                                                                "}]\nendpoints: [{addresses: [" ip "]}]\n"

/* db takes nothing on any port but 8080; the others take everything. */
static const char *const manifests[] = {
    POD("web", "status: {podIP: 10.0.0.1}"),
    POD("db", "status: {podIP: 10.0.0.2}"),
    POD("twin1", "status: {podIP: 10.0.0.9}"),
    POD("twin2", "status: {podIP: 10.0.0.9}"),
    POD("host", "spec: {hostNetwork: true, nodeName: n1}\nstatus: {podIP: 172.18.0.2}"),
    "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: 172.18.0.2}]}\n",
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" META(
        "db", "") "spec: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 8080}]}]}\n",
    SERVICE("db", "clusterIP: 10.96.0.2, externalIPs: [198.51.100.2], ports: [{port: 80, nodePort: 30080}]",
            "{ip: 198.51.100.3}, {ip: 198.51.100.4, ipMode: Proxy}, {ip: 172.18.0.2}"),
    SLICE("db", "5432", "10.0.0.2"),
    SERVICE("open", "clusterIP: 10.96.0.3, externalIPs: [198.51.100.2], ports: [{port: 81, nodePort: 30081}]", ""),
    SLICE("open", "8080", "10.0.0.2"),
    SERVICE("twins", "clusterIP: 10.96.0.4, ports: [{port: 80, nodePort: 30082}]", ""),
    SLICE("twins", "80", "10.0.0.9"),
    SERVICE("idle", "clusterIP: 10.96.0.5, externalIPs: [198.51.100.2], ports: [{port: 82, nodePort: 30083}, {port: 81, nodePort: 30084}]",
            ""),
};

static const struct row {
    const char *name;
    const char *from, *to;
    uint16_t port;
    uint8_t decision;
    uint8_t protocol; /* 0: TCP */
    bool raw;
    const char *line; /* what stands in the explanation */
    bool port_unknown;
} rows[] = {
    {"a node's port by name", "shop/web", "node/n1", 30080, CNIPOL_DENY, 0, false, "1 policy selects", false},
    {"a node's port by address", "shop/web", "172.18.0.2", 30080, CNIPOL_DENY, 0, false, NULL, false},
    {"from outside", "192.0.2.1", "172.18.0.2", 30080, CNIPOL_DENY, 0, false, NULL, false},
    {"by way of a host-network pod's name", "shop/web", "shop/host", 30080, CNIPOL_DENY, 0, false, NULL, false},
    {"the backend's port counts", "shop/web", "172.18.0.2", 30081, CNIPOL_ALLOW, 0, false, NULL, false},
    {"a node port of another protocol", "shop/web", "172.18.0.2", 30080, CNIPOL_ALLOW, CNIPOL_PROTOCOL_UDP, false, NULL, false},
    {"a port of the node's own", "shop/web", "172.18.0.2", 22, CNIPOL_ALLOW, 0, false, NULL, false},
    {"a node port without backends", "shop/web", "node/n1", 30083, CNIPOL_UNDEFINED, 0, false, "service/shop/idle port 82", false},
    {"a node port as it stands", "shop/web", "node/n1", 30080, CNIPOL_ALLOW, 0, true, NULL, false},
    {"a node's port that is not named", "shop/web", "node/n1", 0, CNIPOL_UNDEFINED, 0, false, "the port is not known", true},
    {"a protocol without ports", "shop/web", "node/n1", 0, CNIPOL_ALLOW, CNIPOL_PROTOCOL_ICMP, false, NULL, true},
    {"no node", "shop/web", "203.0.113.1", 30080, CNIPOL_ALLOW, 0, false, NULL, false},
    {"a pod's port of that number", "shop/db", "shop/web", 30080, CNIPOL_ALLOW, 0, false, NULL, false},
    {"an external address", "192.0.2.1", "198.51.100.2", 80, CNIPOL_DENY, 0, false, "1 policy selects", false},
    {"an external address as it stands", "192.0.2.1", "198.51.100.2", 80, CNIPOL_ALLOW, 0, true, NULL, false},
    {"no port of any of its Services", "192.0.2.1", "198.51.100.2", 83, CNIPOL_UNDEFINED, 0, false, "no ready backend", false},
    {"the port of another Service that shares it", "192.0.2.1", "198.51.100.2", 82, CNIPOL_UNDEFINED, 0, false, "no ready backend", false},
    {"a port that two of them claim", "192.0.2.1", "198.51.100.2", 81, CNIPOL_UNDEFINED, 0, false, "several Services", false},
    {"the Service by name is not contested", "shop/web", "service/shop/open", 81, CNIPOL_ALLOW, 0, false, NULL, false},
    {"a load balancer's address", "shop/web", "198.51.100.3", 80, CNIPOL_DENY, 0, false, NULL, false},
    {"a load balancer's address that is a node's", "shop/web", "172.18.0.2", 80, CNIPOL_DENY, 0, false, NULL, false},
    {"a load balancer of ipMode Proxy", "shop/web", "198.51.100.4", 80, CNIPOL_ALLOW, 0, false, NULL, false},
    {"an external address sends nothing", "198.51.100.3", "shop/web", 80, CNIPOL_UNDEFINED, 0, false, "no source", false},
    {"an address that two pods claim", "shop/web", "10.0.0.9", 80, CNIPOL_UNDEFINED, 0, false, "shop/twin1 and shop/twin2", false},
    {"who sends from it", "10.0.0.9", "shop/web", 80, CNIPOL_UNDEFINED, 0, false, "shop/twin1 and shop/twin2", false},
    {"and to a node port", "10.0.0.9", "node/n1", 30081, CNIPOL_UNDEFINED, 0, false, "shop/twin1 and shop/twin2", false},
    {"one of them by name", "shop/web", "shop/twin2", 80, CNIPOL_ALLOW, 0, false, NULL, false},
    {"a backend that two pods claim", "shop/web", "10.96.0.4", 80, CNIPOL_UNDEFINED, 0, false, "shop/twin1 and shop/twin2", false},
    {"the same by node port", "shop/web", "node/n1", 30082, CNIPOL_UNDEFINED, 0, false, "shop/twin1 and shop/twin2", false},
};

static void expect_answers(struct cnipol_ctx *ctx, const struct cnipol_model *model, const struct row *row)
{
    struct cnipol_question question;
    struct cnipol_verdict verdict, traced;
    struct cnipol_trace *trace;
    const char *line;

    assert_int_equal(cnipol_question_init(model, row->from, row->to, &question), CNIPOL_OK);
    question.destination_port = row->port;
    question.port_unknown = row->port_unknown;
    question.protocol = row->protocol ? row->protocol : CNIPOL_PROTOCOL_TCP;
    cnipol_ask(model, &question, &verdict);
    assert_string_equal(cnipol_decision_text(verdict.decision), cnipol_decision_text(row->decision));
    assert_int_equal(cnipol_explain(ctx, model, &question, &trace), CNIPOL_OK);
    cnipol_trace_verdict(trace, &traced);
    assert_memory_equal(&traced, &verdict, sizeof verdict);
    line = cnipol_trace_line(trace);
    assert_non_null(line);
    if (row->line && !strstr(line, row->line))
        fail_msg("%s", line);
    cnipol_trace_free(trace);
}

static void test_answer(void **state)
{
    const struct row *row = *state;
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_knobs *knobs;
    struct cnipol_model *model;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(ctx, NULL, &cluster), CNIPOL_OK);
    for (size_t i = 0; i < COUNT(manifests); i++)
        assert_int_equal(cnipol_cluster_load_bytes(cluster, "shop.yaml", manifests[i], strlen(manifests[i])), CNIPOL_OK);
    assert_int_equal(cnipol_knobs_new(ctx, &knobs), CNIPOL_OK);
    if (row->raw)
        assert_int_equal(cnipol_knobs_set(knobs, "service-vip", "raw"), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(cluster, NULL, knobs, &model), CNIPOL_OK);
    expect_answers(ctx, model, row);
    cnipol_model_free(model);
    cnipol_knobs_free(knobs);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows)];

    for (size_t i = 0; i < COUNT(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_answer, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests_name("reference front", tests, NULL, NULL);
}
