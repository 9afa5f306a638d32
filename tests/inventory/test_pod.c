/* SPDX-License-Identifier: BSD-2-Clause */
/* Pods: addresses, named ports (T14, T15), phases (T25, T26), host network (T19). */

#include "testing.h"

#define POD(name, meta, spec, status) \
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: x, name: " name meta "}\nspec: {" spec "}\nstatus: {" status "}\n"
#define NODE(name, ip) \
    "---\napiVersion: v1\nkind: Node\nmetadata: {name: " name "}\nstatus: {addresses: [{type: InternalIP, address: " ip "}]}\n"

static const struct np_inventory_opts keep = {.keep_finished = true};

static const struct row addresses[] = {
    {"podIPs", POD("a", "", "", "podIPs: [{ip: 10.0.1.1}, {ip: 'fd00::1'}]"), "x/a 10.0.1.1,fd00::1 {}\n", {0}},
    {"podIP where there is no podIPs", POD("a", "", "", "podIP: 10.0.1.1"), "x/a 10.0.1.1 {}\n", {0}},
    {"podIP where podIPs is empty", POD("a", "", "", "podIP: 10.0.1.1, podIPs: []"), "x/a 10.0.1.1 {}\n", {0}},
    {"podIPs wins over podIP", POD("a", "", "", "podIP: 10.0.1.9, podIPs: [{ip: 10.0.1.1}]"), "x/a 10.0.1.1 {}\n", {0}},
    {"no address", POD("a", "", "", "phase: Pending"), "x/a {}\n", {0}},
    {"an empty address", POD("a", "", "", "podIP: ''"), "x/a {}\n", {0}},
    {"no status", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: x}\n", "x/a {}\n", {0}},
    {"leading zeros are decimal", POD("a", "", "", "podIP: 010.0.1.010"), "x/a 10.0.1.10 {}\n", {0}},
    {"an IPv4-mapped address is the IPv4 address", POD("a", "", "", "podIP: '::ffff:10.0.1.1'"), "x/a 10.0.1.1 {}\n", {0}},
    {"a bad address is left out, the others stay", POD("a", "", "", "podIPs: [{ip: 10.0.1}, {ip: 10.0.1.1}]"), "x/a 10.0.1.1 {}\n", {0}},
    {"a null entry", POD("a", "", "", "podIPs: [~, {ip: 10.0.1.1}]"), "x/a 10.0.1.1 {}\n", {0}},
    {"pods sort by namespace and name",
     POD("b", "", "", "") "---\napiVersion: v1\nkind: Pod\nmetadata: {name: z, namespace: a}\n" POD("a", "", "", ""),
     "a/z {}\nx/a {}\nx/b {}\n",
     {0}},
    {"the last one wins", POD("a", "", "", "podIP: 10.0.1.1") POD("a", ", labels: {v: '2'}", "", ""), "x/a {v=2}\n", {0}},
};

static const struct row specs[] = {
    {"node and service account", POD("a", "", "nodeName: n1, serviceAccountName: bot", ""), "x/a {} node=n1 sa=bot\n", {0}},
    {"a named port", POD("a", "", "containers: [{name: c, ports: [{name: web, containerPort: 80}]}]", ""), "x/a {} web=80/TCP\n", {0}},
    {"a port without name",
     POD("a", "", "containers: [{name: c, ports: [{containerPort: 80}, {name: '', containerPort: 81}]}]", ""),
     "x/a {}\n",
     {0}},
    {"protocols",
     POD("a", "",
         "containers: [{ports: [{name: d, containerPort: 53, protocol: UDP}, {name: d, containerPort: 53, protocol: TCP},"
         " {name: s, containerPort: 9, protocol: SCTP}, {name: m, containerPort: 8, protocol: ~}]}]",
         ""),
     "x/a {} d=53/UDP d=53/TCP s=9/SCTP m=8/TCP\n",
     {0}},
    {"T14 a native sidecar's port, behind those of the containers",
     POD("a", "",
         "initContainers: [{name: i, ports: [{name: setup, containerPort: 1000}]}, {name: s, restartPolicy: Always,"
         " ports: [{name: mesh, containerPort: 15001}]}], containers: [{name: c, ports: [{name: web, containerPort: 80}]}]",
         ""),
     "x/a {} web=80/TCP mesh=15001/TCP/sidecar\n",
     {0}},
    {"T14 restartPolicy of another kind",
     POD("a", "", "initContainers: [{restartPolicy: Never, ports: [{name: m, containerPort: 1}]}]", ""),
     "x/a {}\n",
     {0}},
    {"T15 a repeated name keeps its order",
     POD("a", "", "containers: [{ports: [{name: web, containerPort: 80}]}, {ports: [{name: web, containerPort: 8080}]}]", ""),
     "x/a {} web=80/TCP web=8080/TCP\n",
     {0}},
    {"bad ports are left out, good ones stay",
     POD("a", "",
         "containers: [{ports: [{name: a, containerPort: 0}, {name: b, containerPort: 65536}, {name: c, containerPort: x},"
         " {name: d, containerPort: 65535}, {name: e, containerPort: 1, protocol: ICMP}, 7]}, 8]",
         ""),
     "x/a {} d=65535/TCP\n",
     {0}},
    {"null containers", POD("a", "", "containers: [~, {ports: ~}, {ports: [~]}]", ""), "x/a {}\n", {0}},
    {"T29 a controller",
     POD("a", ", ownerReferences: [{kind: Node, name: n}, {apiVersion: apps/v1, kind: StatefulSet, name: db, controller: true}]", "", ""),
     "x/a {} of=StatefulSet/db\n",
     {0}},
    {"an owner that is no controller", POD("a", ", ownerReferences: [{kind: Foo, name: f}]", "", ""), "x/a {}\n", {0}},
    {"a controller of a foreign kind",
     POD("a", ", ownerReferences: [{apiVersion: x.io/v1, kind: Job, name: f, controller: true}]", "", ""),
     "x/a {} of=Job/f\n",
     {0}},
};

static const struct row phases[] = {
    {"T26 finished pods are dropped",
     POD("a", "", "", "phase: Succeeded") POD("b", "", "", "phase: Failed") POD("c", "", "", "phase: Running"),
     "x/c {}\n",
     {0}},
    {"T26 finished pods are kept",
     POD("a", "", "", "phase: Succeeded") POD("b", "", "", "phase: Failed") POD("c", "", "", "phase: Running"),
     "x/a {} (finished)\nx/b {} (finished)\nx/c {}\n",
     {.keep_finished = true}},
    {"T29 Pending and Unknown pods count", POD("a", "", "", "phase: Pending") POD("b", "", "", "phase: Unknown"), "x/a {}\nx/b {}\n", {0}},
    {"T25 a terminating pod stays", POD("a", ", deletionTimestamp: '2026-01-01T00:00:00Z'", "", "phase: Running"), "x/a {}\n", {0}},
    {"T26 a terminating finished pod goes", POD("a", ", deletionTimestamp: '2026-01-01T00:00:00Z'", "", "phase: Failed"), "", {0}},
};

static const struct row host_network[] = {
    {"T19 its own address",
     NODE("n1", "172.18.0.2") POD("h", "", "nodeName: n1, hostNetwork: true", "podIP: 172.18.0.2"),
     "x/h 172.18.0.2 {} node=n1 (host network)\n",
     {0}},
    {"T19 the node's address where it has none",
     NODE("n1", "172.18.0.2") POD("h", "", "nodeName: n1, hostNetwork: true", ""),
     "x/h 172.18.0.2 {} node=n1 (host network)\n",
     {0}},
    {"T19 the node may come later",
     POD("h", "", "nodeName: n1, hostNetwork: true", "") NODE("n1", "172.18.0.2"),
     "x/h 172.18.0.2 {} node=n1 (host network)\n",
     {0}},
    {"T19 an unknown node", POD("h", "", "nodeName: n1, hostNetwork: true", ""), "x/h {} node=n1 (host network)\n", {0}},
    {"T19 hostNetwork: false", NODE("n1", "172.18.0.2") POD("h", "", "nodeName: n1, hostNetwork: false", ""), "x/h {} node=n1\n", {0}},
};

static uint32_t count_pods(const struct np_view *view)
{
    uint32_t n;

    np_view_pods(view, &n);
    return n;
}

static void test_views_beside_each_other(void **state)
{
    static const char yaml[] = POD("a", "", "", "phase: Succeeded") POD("c", "", "", "phase: Running");
    struct np_inventory_opts drop = {0};
    struct np_view *first, *second;
    struct world world;

    (void)state;
    assert_int_equal(world_open(&world, NULL, yaml, strlen(yaml), &drop), 0);
    assert_int_equal(np_inventory_seal(world.inv, &keep, &first), 0);
    assert_int_equal(np_inventory_seal(world.inv, &drop, &second), 0);
    assert_int_equal(count_pods(world.view), 1);
    assert_int_equal(count_pods(first), 2);
    assert_int_equal(count_pods(second), 1);
    np_view_free(first);
    assert_int_equal(count_pods(second), 1);
    np_view_free(second);
    world_close(&world);
}

static void test_equal_labels_and_ports_are_shared(void **state)
{
    static const char yaml[] = POD("a", ", labels: {v: w, a: b}", "containers: [{ports: [{name: web, containerPort: 80}]}]", "")
        POD("b", ", labels: {a: b, v: w}", "containers: [{ports: [{name: web, containerPort: 80}]}]", "");
    struct np_inventory_opts opts = {0};
    const struct np_pod *pods;
    struct world world;
    uint32_t n;

    (void)state;
    assert_int_equal(world_open(&world, NULL, yaml, strlen(yaml), &opts), 0);
    pods = np_view_pods(world.view, &n);
    assert_int_equal(n, 2);
    assert_ptr_equal(pods[0].labels.items, pods[1].labels.items);
    assert_ptr_equal(pods[0].ports, pods[1].ports);
    world_close(&world);
}

int main(void)
{
    const struct table tables[] = {{addresses, COUNT(addresses), PODS},
                                   {specs, COUNT(specs), PODS},
                                   {phases, COUNT(phases), PODS},
                                   {host_network, COUNT(host_network), PODS}};
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(test_views_beside_each_other),
        cmocka_unit_test(test_equal_labels_and_ports_are_shared),
    };

    return run_tables("inventory pod", tables, COUNT(tables), cases, COUNT(cases));
}
