/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory: every allocation may fail, nothing leaks; what a pod costs. */

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

#include <cnipol/cnipol.h>

static const char cluster[] =
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: x, labels: {team: x, bad: 1}}\n"
    "---\napiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: 172.18.0.2}]}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: x, name: a, labels: {app: a}}\n"
    "spec: {nodeName: n1, containers: [{ports: [{name: web, containerPort: 80}, {name: bad, containerPort: 0}]}]}\n"
    "status: {podIPs: [{ip: 010.0.1.1}, {ip: nonsense}]}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: x, name: a, labels: {app: a}}\nstatus: {podIP: 10.0.1.1}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: z, name: b, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: w-1,"
    " controller: true}]}\nspec: {hostNetwork: true, nodeName: n1}\n"
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: z, name: w}\nspec: {selector: {matchLabels: {app: w}, "
    "matchExpressions:"
    " [{key: a, operator: In, values: [b]}]}, template: {metadata: {labels: {app: w}}}}\n"
    "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {namespace: x, name: w}\nspec: {selector: {matchLabels: {app: w}}}\n"
    "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {namespace: x, name: w}\nspec: {selector: {}}\n"
    "---\napiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {namespace: x, name: w}\n"
    "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: x, name: s}\nspec: {clusterIP: 10.96.0.10, externalIPs: [198.51.100.1], "
    "ports: [{port: 80, nodePort: 30080}]}\nstatus: {loadBalancer: {ingress: [{ip: 198.51.100.2}]}}\n"
    "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: x, name: t}\nspec: {externalIPs: [198.51.100.1]}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: x, name: twin}\nstatus: {podIP: 10.0.1.1}\n"
    "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {namespace: x, name: s-1, labels: {kubernetes.io/service-name: "
    "s}}\n"
    "addressType: IPv4\nports: [{port: 8080}]\nendpoints: [{addresses: [10.0.1.1]}, {addresses: ['fd00::1']}]\n"
    "---\napiVersion: v1\nkind: Endpoints\nmetadata: {namespace: x, name: t}\nsubsets: [{addresses: [{ip: 10.0.1.1}], ports: [{port: "
    "1}]}]\n";

struct budget {
    size_t left; /* allocations that still succeed */
    size_t held; /* bytes */
};

static void *budget_alloc(void *user, size_t size)
{
    struct budget *budget = user;

    if (budget->left == 0)
        return NULL;
    budget->left--;
    budget->held += size;
    return malloc(size);
}

static void *budget_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    struct budget *budget = user;
    void *moved;

    if (budget->left == 0)
        return NULL;
    budget->left--;
    moved = realloc(block, new_size);
    budget->held += new_size - old_size;
    return moved;
}

static void budget_free(void *user, void *block, size_t size)
{
    struct budget *budget = user;

    budget->held -= size;
    free(block);
}

static void test_every_allocation_may_fail(void **state)
{
    struct np_inventory_opts opts = {.host_network_as_pod = true};
    int rc = CNIPOL_E_NOMEM;

    (void)state;
    for (size_t n = 0; rc == CNIPOL_E_NOMEM; n++) {
        struct budget budget = {n, 0};
        struct cnipol_alloc alloc = {budget_alloc, budget_realloc, budget_free, &budget};
        struct world world;

        rc = world_open(&world, &alloc, cluster, sizeof cluster - 1, &opts);
        world_close(&world);
        assert_true(rc == 0 || rc == CNIPOL_E_NOMEM);
        assert_int_equal(budget.held, 0);
        assert_true(n < 100000);
    }
}

/* A fresh start after each failed seal finds everything again. */
static void test_sealing_may_fail_and_be_tried_again(void **state)
{
    struct np_inventory_opts opts = {.workloads = NP_WORKLOADS_TRUE};
    struct budget budget = {SIZE_MAX, 0};
    struct cnipol_alloc alloc = {budget_alloc, budget_realloc, budget_free, &budget};
    struct world world;
    uint32_t n, pods;
    int rc;

    (void)state;
    assert_int_equal(world_open(&world, &alloc, cluster, sizeof cluster - 1, &opts), 0);
    np_view_pods(world.view, &pods);
    assert_true(pods > 0);
    for (size_t left = 0;; left++) {
        budget.left = left;
        rc = world_seal(&world, &opts);
        np_view_pods(world.view, &n);
        assert_int_equal(n, pods);
        if (!rc)
            break;
        assert_int_equal(rc, CNIPOL_E_NOMEM);
    }
    world_close(&world);
    assert_int_equal(budget.held, 0);
}

enum { SPACES = 2500, PODS_EACH = 4 };

static void write_cluster(struct np_buf *out)
{
    for (int ns = 0; ns < SPACES; ns++)
        for (int pod = 0; pod < PODS_EACH; pod++)
            np_buf_addf(
                out,
                "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"team-%d\",\"name\":\"web-6d4b75cb6d-%04d%d\","
                "\"labels\":{\"app\":\"web\",\"tier\":\"t%d\"},\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\","
                "\"name\":\"web-6d4b75cb6d\",\"controller\":true}]},\"spec\":{\"nodeName\":\"node-%d\",\"containers\":[{\"ports\":"
                "[{\"name\":\"http\",\"containerPort\":8080}]}]},\"status\":{\"podIP\":\"10.%d.%d.%d\"}}\n",
                ns, ns, pod, pod, ns % 100, ns >> 8, ns & 255, pod + 1);
}

static void test_what_a_pod_costs(void **state)
{
    struct np_inventory_opts opts = {0};
    struct np_mem mem;
    struct np_buf text;
    struct world world;
    uint32_t n;
    size_t used;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    np_buf_init(&text, &mem);
    write_cluster(&text);
    assert_int_equal(world_open(&world, NULL, text.s, text.n, &opts), 0);
    np_view_pods(world.view, &n);
    used = cnipol_ctx_memory_used(world.ctx);
    assert_int_equal(n, SPACES * PODS_EACH);
    print_message("%zu bytes for each pod, its share of namespaces and names included\n", used / n);
    assert_true(used / n < 500);
    world_close(&world);
    np_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_sealing_may_fail_and_be_tried_again),
        cmocka_unit_test(test_what_a_pod_costs),
    };

    return cmocka_run_group_tests_name("inventory memory", tests, NULL, NULL);
}
