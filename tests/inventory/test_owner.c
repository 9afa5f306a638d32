/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has an address: pods before Services before nodes (T19, T26). */

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

#include <cnipol/cnipol.h>

#define POD(name, spec, status) \
    "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: x, name: " name "}\nspec: {" spec "}\nstatus: {" status "}\n"
#define NODE "---\napiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: 172.18.0.2}]}\n"
#define EXTERNAL(name, spec, status) \
    "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: x, name: " name "}\nspec: {" spec "}\nstatus: {" status "}\n"
#define BALANCER(entry) "loadBalancer: {ingress: [{" entry "}]}"
#define SERVICE(ip) "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: x, name: s}\nspec: {clusterIP: " ip "}\n"

static const struct claim {
    const char *name;
    const char *yaml;
    const char *ip;
    const char *owner; /* pod NAME, pods NAME NAME, node NAME, service NAME, or "" */
    struct np_inventory_opts opts;
} rows[] = {
    {"a pod", POD("a", "", "podIP: 10.0.1.1"), "10.0.1.1", "pod a", {0}},
    {"each address of a dual-stack pod", POD("a", "", "podIPs: [{ip: 10.0.1.1}, {ip: 'fd00::1'}]"), "fd00::1", "pod a", {0}},
    {"nobody", POD("a", "", "podIP: 10.0.1.1"), "10.0.1.2", "", {0}},
    {"an IPv4 address is no IPv6 address", POD("a", "", "podIP: 10.0.1.1"), "a00:101::", "", {0}},
    {"a node", NODE, "172.18.0.2", "node n1", {0}},
    {"a Service", SERVICE("10.96.0.10"), "10.96.0.10", "service s", {0}},
    {"a pod before a Service", SERVICE("10.0.1.1") POD("a", "", "podIP: 10.0.1.1"), "10.0.1.1", "pod a", {0}},
    {"a Service before a node", NODE SERVICE("172.18.0.2"), "172.18.0.2", "service s", {0}},
    {"an external address", EXTERNAL("s", "clusterIP: 10.96.0.10, externalIPs: [198.51.100.1]", ""), "198.51.100.1", "service s", {0}},
    {"two Services of one external address: the first",
     EXTERNAL("t", "externalIPs: [198.51.100.1]", "") EXTERNAL("s", "externalIPs: [198.51.100.1]", ""),
     "198.51.100.1",
     "service s",
     {0}},
    {"a load balancer's address", EXTERNAL("s", "", BALANCER("ip: 198.51.100.1")), "198.51.100.1", "service s", {0}},
    {"of ipMode VIP", EXTERNAL("s", "", BALANCER("ip: 198.51.100.1, ipMode: VIP")), "198.51.100.1", "service s", {0}},
    {"of ipMode Proxy", EXTERNAL("s", "", BALANCER("ip: 198.51.100.1, ipMode: Proxy")), "198.51.100.1", "", {0}},
    {"a load balancer's name", EXTERNAL("s", "", BALANCER("hostname: lb.example.com")), "198.51.100.1", "", {0}},
    {"a load balancer that is asked for only", EXTERNAL("s", "loadBalancerIP: 198.51.100.1", ""), "198.51.100.1", "", {0}},
    {"of a headless Service", EXTERNAL("s", "clusterIP: None, externalIPs: [198.51.100.1]", ""), "198.51.100.1", "", {0}},
    {"of an external name", EXTERNAL("s", "type: ExternalName, externalIPs: [198.51.100.1]", ""), "198.51.100.1", "", {0}},
    {"a node before an external address", EXTERNAL("s", "externalIPs: [172.18.0.2]", "") NODE, "172.18.0.2", "node n1", {0}},
    {"a pod before a node", NODE POD("a", "", "podIP: 172.18.0.2"), "172.18.0.2", "pod a", {0}},
    {"T19 a host-network pod's address is its node's",
     NODE POD("h", "nodeName: n1, hostNetwork: true", "podIP: 172.18.0.2"),
     "172.18.0.2",
     "node n1",
     {0}},
    {"T19 or nobody's, without the node", POD("h", "hostNetwork: true", "podIP: 172.18.0.2"), "172.18.0.2", "", {0}},
    {"T19 as-pod",
     NODE POD("h", "nodeName: n1, hostNetwork: true", "podIP: 172.18.0.2"),
     "172.18.0.2",
     "pod h",
     {.host_network_as_pod = true}},
    {"T19 as-pod, the address taken from the node",
     NODE POD("h", "nodeName: n1, hostNetwork: true", ""),
     "172.18.0.2",
     "pod h",
     {.host_network_as_pod = true}},
    {"T19 as-pod, another pod has it",
     POD("b", "", "podIP: 172.18.0.2") POD("a", "hostNetwork: true", "podIP: 172.18.0.2"),
     "172.18.0.2",
     "pod b",
     {.host_network_as_pod = true}},
    {"T26 a finished pod owns nothing", POD("a", "", "phase: Succeeded, podIP: 10.0.1.1"), "10.0.1.1", "", {0}},
    {"T26 unless it is kept", POD("a", "", "phase: Succeeded, podIP: 10.0.1.1"), "10.0.1.1", "pod a", {.keep_finished = true}},
    {"T26 a reused address is the live pod's, kept or not",
     POD("a", "", "phase: Succeeded, podIP: 10.0.1.1") POD("b", "", "phase: Running, podIP: 10.0.1.1"),
     "10.0.1.1",
     "pod b",
     {.keep_finished = true}},
    {"T26 kept finished pods are no rivals",
     POD("a", "", "phase: Succeeded, podIP: 10.0.1.1") POD("b", "", "podIP: 10.0.1.1") POD("c", "", "phase: Failed, podIP: 10.0.1.1"),
     "10.0.1.1",
     "pod b",
     {.keep_finished = true}},
    {"T26 dropped and reused", POD("a", "", "phase: Failed, podIP: 10.0.1.1") POD("b", "", "podIP: 10.0.1.1"), "10.0.1.1", "pod b", {0}},
    {"T25 a terminating pod keeps its address",
     "apiVersion: v1\nkind: Pod\nmetadata: {namespace: x, name: a, deletionTimestamp: '2026-01-01T00:00:00Z'}\nstatus: {podIP: 10.0.1.1}\n",
     "10.0.1.1",
     "pod a",
     {0}},
    {"two live pods: nobody knows", POD("b", "", "podIP: 10.0.1.1") POD("a", "", "podIP: 10.0.1.1"), "10.0.1.1", "pods a b", {0}},
    {"three of them",
     POD("b", "", "podIP: 10.0.1.1") POD("c", "", "podIP: 10.0.1.1") POD("a", "", "podIP: 10.0.1.1"),
     "10.0.1.1",
     "pods a b",
     {0}},
    {"what only one of them has is his",
     POD("b", "", "podIPs: [{ip: 10.0.1.1}, {ip: 'fd00::2'}]") POD("a", "", "podIPs: [{ip: 10.0.1.1}, {ip: 'fd00::1'}]"),
     "fd00::2",
     "pod b",
     {0}},
    {"a pod that says its address twice", POD("a", "", "podIPs: [{ip: 10.0.1.1}, {ip: 10.0.1.1}]"), "10.0.1.1", "pod a", {0}},
    {"T19 as-pod, a host-network pod is no rival",
     POD("a", "hostNetwork: true", "podIP: 10.0.1.1") POD("b", "hostNetwork: true", "podIP: 10.0.1.1"),
     "10.0.1.1",
     "pod a",
     {.host_network_as_pod = true}},
};

static void describe(const struct world *world, struct np_owner owner, char *out, size_t size)
{
    static const char *const kinds[] = {"", "pod ", "node ", "service ", "pods "};
    uint32_t n;
    np_atom name = world_atom(world, "");

    if (owner.kind == NP_OWNER_POD || owner.kind == NP_OWNER_CONTESTED)
        name = np_view_pods(world->view, &n)[owner.index].name;
    if (owner.kind == NP_OWNER_NODE)
        name = np_view_nodes(world->view, &n)[owner.index].name;
    if (owner.kind == NP_OWNER_SERVICE)
        name = np_view_services(world->view, &n)[owner.index].name;
    snprintf(out, size, "%s%s", kinds[owner.kind], np_atoms_str(&world->ctx->atoms, name).s);
    if (owner.kind != NP_OWNER_CONTESTED)
        return;
    name = np_view_pods(world->view, &n)[owner.second].name;
    snprintf(out + strlen(out), size - strlen(out), " %s", np_atoms_str(&world->ctx->atoms, name).s);
}

static void test_owner(void **state)
{
    const struct claim *row = *state;
    struct world world;
    struct np_ip ip;
    char got[64];

    assert_int_equal(world_open(&world, NULL, row->yaml, strlen(row->yaml), &row->opts), 0);
    assert_true(np_ip_parse(np_str_of(row->ip), &ip, NULL));
    describe(&world, np_view_owner(world.view, &ip), got, sizeof got);
    world_close(&world);
    assert_string_equal(got, row->owner);
}

static void test_two_claims_are_told_once(void **state)
{
    static const char yaml[] = POD("b", "", "podIP: 10.0.1.1") POD("a", "", "podIP: 10.0.1.1");
    struct np_inventory_opts opts = {0};
    struct world world;
    char *text;

    (void)state;
    assert_int_equal(world_open(&world, NULL, yaml, strlen(yaml), &opts), 0);
    assert_int_equal(world_seal(&world, &opts), 0);
    text = world_text(&world, DIAGS);
    assert_string_equal(text, "NP1812 line 2: pods `x/a` and `x/b` both have the address 10.0.1.1\n");
    free(text);
    world_close(&world);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1] = {cmocka_unit_test(test_two_claims_are_told_once)};

    for (size_t i = 0; i < COUNT(rows); i++)
        tests[1 + i] = (struct CMUnitTest){rows[i].name, test_owner, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests_name("inventory owner", tests, NULL, NULL);
}
