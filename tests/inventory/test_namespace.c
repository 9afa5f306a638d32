/* SPDX-License-Identifier: BSD-2-Clause */
/* Namespaces and nodes: labels that are known, labels that are not, and namespaces that are only mentioned (T30). */

#include "testing.h"

#include <cnipol/cnipol.h>

#define NS(name, labels) "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " name ", labels: " labels "}\n"

static const struct row rows[] = {
    {"labels of a namespace", NS("x", "{team: x}"), "x {team=x}\n", {0}},
    {"a namespace without labels is fully known", "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n", "x {}\n", {0}},
    {"labels: null", NS("x", "~"), "x {}\n", {0}},
    {"a null value is the empty string", NS("x", "{team: ~}"), "x {team=}\n", {0}},
    {"the name label as written", NS("x", "{kubernetes.io/metadata.name: x, a: b}"), "x {a=b}\n", {0}},
    {"a wrong name label is corrected", NS("x", "{kubernetes.io/metadata.name: z}"), "x {}\n", {0}},
    {"sorted by name", NS("b", "{}") NS("a", "{}") NS("ab", "{}") NS("B", "{}"), "B {}\na {}\nab {}\nb {}\n", {0}},
    {"the last one wins", NS("x", "{a: b}") NS("x", "{c: d}"), "x {c=d}\n", {0}},
    {"a label that is no string leaves the labels partly known", NS("x", "{a: 1, b: c}"), "x? {b=c}\n", {0}},
    {"labels that are no map", NS("x", "[a]"), "x? {}\n", {0}},
    {"a pod mentions its namespace", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: x}\n", "x? {}\n", {0}},
    {"a pod without namespace mentions default", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", "default? {}\n", {0}},
    {"an empty namespace is default", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: ''}\n", "default? {}\n", {0}},
    {"a workload mentions its namespace", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: x}\n", "x? {}\n", {0}},
    {"a service account mentions its namespace",
     "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: x}\n",
     "x? {}\n",
     {0}},
    {"the object after the mention",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: x}\n" NS("x", "{team: x}"),
     "x {team=x}\n",
     {0}},
    {"the object before the mention",
     NS("x", "{team: x}") "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: x}\n",
     "x {team=x}\n",
     {0}},
    {"other kinds and versions are not ours", "apiVersion: v2\nkind: Namespace\nmetadata: {name: x}\n", "", {0}},
    {"no apiVersion", "kind: Namespace\nmetadata: {name: x}\n", "", {0}},
    {"no map", "[1, 2]\n", "", {0}},
};

static const struct row node_rows[] = {
    {"internal and external addresses",
     "apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {zone: a}}\nstatus: {addresses: [{type: InternalIP, address: 172.18.0.2},"
     " {type: Hostname, address: n1}, {type: ExternalIP, address: 203.0.113.2}, {type: InternalDNS, address: n1.local},"
     " {type: InternalIP, address: 'fd00::2'}]}\n",
     "n1 172.18.0.2,203.0.113.2,fd00::2 {zone=a}\n",
     {0}},
    {"no status", "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n", "n1 {}\n", {0}},
    {"sorted by name",
     "apiVersion: v1\nkind: Node\nmetadata: {name: n2}\n---\napiVersion: v1\nkind: Node\nmetadata: {name: n1}\n",
     "n1 {}\nn2 {}\n",
     {0}},
};

static void test_mentions(void **state)
{
    struct np_inventory_opts opts = {0};
    struct world world;
    np_atom x;

    (void)state;
    assert_int_equal(world_open(&world, NULL, NS("z", "{}"), strlen(NS("z", "{}")), &opts), 0);
    x = world_atom(&world, "x");
    assert_int_equal(np_inventory_mention(world.inv, x), 0);
    assert_int_equal(np_view_namespace(world.view, x), NP_NONE);
    assert_int_equal(np_inventory_mention(world.inv, x), 0);
    assert_int_equal(world_seal(&world, &opts), 0);
    assert_int_equal(np_view_namespace(world.view, x), 0);
    assert_int_equal(np_view_namespace(world.view, world_atom(&world, "z")), 1);
    assert_int_equal(np_view_namespace(world.view, world_atom(&world, "w")), NP_NONE);
    assert_int_equal(np_view_pod(world.view, x, world_atom(&world, "a")), NP_NONE);
    assert_int_equal(np_view_node(world.view, world_atom(&world, "a")), NP_NONE);
    world_close(&world);
}

static void test_a_view_of_nothing(void **state)
{
    struct np_inventory_opts opts = {0};
    struct np_ip ip = {.family = 4};
    struct cnipol_ctx *ctx;
    struct np_inventory *inv;
    struct np_view *view;
    np_atom x;
    uint32_t n = 1;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), 0);
    assert_int_equal(np_inventory_new(ctx, &inv), 0);
    assert_int_equal(np_inventory_seal(inv, &opts, &view), 0);
    np_view_pods(view, &n);
    assert_int_equal(n, 0);
    assert_int_equal(np_view_owner(view, &ip).kind, NP_OWNER_NONE);
    x = np_atoms_add(&ctx->atoms, NP_STR("x"));
    assert_int_equal(np_view_pod(view, x, x), NP_NONE);
    assert_int_equal(np_view_service(view, x, x), NP_NONE);
    np_view_free(view);
    np_view_free(NULL);
    np_inventory_free(inv);
    np_inventory_free(NULL);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    const struct table tables[] = {{rows, COUNT(rows), NAMESPACES}, {node_rows, COUNT(node_rows), NODES}};
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(test_mentions),
        cmocka_unit_test(test_a_view_of_nothing),
    };

    return run_tables("inventory namespace", tables, COUNT(tables), cases, COUNT(cases));
}
