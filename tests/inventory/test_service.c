/* SPDX-License-Identifier: BSD-2-Clause */
/* Services and their backends (T23). */

#include "testing.h"

#include <cnipol/cnipol.h>

#define SERVICE(name, spec) "---\napiVersion: v1\nkind: Service\nmetadata: {namespace: x, name: " name "}\nspec: {" spec "}\n"
#define SLICE_OF(ns, name, service, type, body)                                                            \
    "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {namespace: " ns ", name: " name \
    ", labels: {kubernetes.io/service-name: " service "}}\naddressType: " type "\n" body "\n"
#define SLICE(name, body) SLICE_OF("x", name, "s", "IPv4", body)
#define ENDPOINTS(body) "---\napiVersion: v1\nkind: Endpoints\nmetadata: {namespace: x, name: s}\nsubsets: [" body "]\n"

#define S SERVICE("s", "clusterIP: 10.96.0.10, ports: [{name: web, port: 80}]")
#define WEB "ports: [{name: web, port: 8080, protocol: TCP}]\n"

static const struct row services[] = {
    {"clusterIPs", SERVICE("s", "clusterIP: 10.96.0.9, clusterIPs: [10.96.0.10, 'fd00::10']"), "x/s 10.96.0.10,fd00::10\n", {0}},
    {"clusterIP alone", SERVICE("s", "clusterIP: 10.96.0.10"), "x/s 10.96.0.10\n", {0}},
    {"T23 a headless Service", SERVICE("s", "clusterIP: None, clusterIPs: [None]"), "x/s\n", {0}},
    {"no address yet", SERVICE("s", "clusterIP: ''"), "x/s\n", {0}},
    {"an external name", SERVICE("s", "type: ExternalName, externalName: example.com"), "x/s\n", {0}},
    {"ports",
     SERVICE("s", "ports: [{port: 80}, {name: d, port: 53, protocol: UDP}, {port: 0}, {name: x}]"),
     "x/s :80/TCP -> d:53/UDP ->\n",
     {0}},
    {"external addresses",
     SERVICE("s", "clusterIP: 10.96.0.10, externalIPs: [198.51.100.1, 'fd00::1', '']"),
     "x/s 10.96.0.10 external 198.51.100.1,fd00::1\n",
     {0}},
    {"node ports",
     SERVICE("s", "ports: [{port: 80, nodePort: 30080}, {port: 53, protocol: UDP, nodePort: 30080}, {port: 81, nodePort: 0}]"),
     "x/s :80/TCP -> node#30080 :53/UDP -> node#30080 :81/TCP ->\n",
     {0}},
    {"a node port of two Services",
     SERVICE("s", "ports: [{port: 80, nodePort: 30080}]") SERVICE("t", "ports: [{port: 80, nodePort: 30080}]"),
     "x/s :80/TCP -> contested node#30080\nx/t :80/TCP -> contested node#30080\n",
     {0}},
    {"no node port of a headless Service", SERVICE("s", "clusterIP: None, ports: [{port: 80, nodePort: 30080}]"), "x/s :80/TCP ->\n", {0}},
    {"sorted", SERVICE("t", "ports: []") SERVICE("s", "ports: ~"), "x/s\nx/t\n", {0}},
};

static const struct row backends[] = {
    {"T23 ready endpoints, with the slice's port",
     S SLICE("s-1", WEB "endpoints: [{addresses: [10.0.1.2]}, {addresses: [10.0.1.1]}]"),
     "x/s 10.96.0.10 web:80/TCP -> 10.0.1.1#8080 10.0.1.2#8080\n",
     {0}},
    {"T23 only ready endpoints count",
     S SLICE("s-1",
             WEB "endpoints: [{addresses: [10.0.1.1], conditions: {ready: false}}, {addresses: [10.0.1.2], conditions: {ready: true}}]"),
     "x/s 10.96.0.10 web:80/TCP -> 10.0.1.2#8080\n",
     {0}},
    {"T23 a missing ready condition means ready",
     S SLICE("s-1", WEB "endpoints: [{addresses: [10.0.1.1], conditions: {}}, {addresses: [10.0.1.2], conditions: {ready: ~}}]"),
     "x/s 10.96.0.10 web:80/TCP -> 10.0.1.1#8080 10.0.1.2#8080\n",
     {0}},
    {"T23 a terminating endpoint is not ready",
     S SLICE("s-1", WEB "endpoints: [{addresses: [10.0.1.1], conditions: {ready: false, serving: true, terminating: true}}]"),
     "x/s 10.96.0.10 web:80/TCP ->\n",
     {0}},
    {"T23 two slices, each with its own port",
     S SLICE("s-1", WEB "endpoints: [{addresses: [10.0.1.1]}]")
         SLICE("s-2", "ports: [{name: web, port: 9090}]\nendpoints: [{addresses: [10.0.1.2]}]"),
     "x/s 10.96.0.10 web:80/TCP -> 10.0.1.1#8080 10.0.1.2#9090\n",
     {0}},
    {"a backend in two slices counts once",
     S SLICE("s-1", WEB "endpoints: [{addresses: [10.0.1.1]}]")
         SLICE("s-2", WEB "endpoints: [{addresses: [10.0.1.1]}, {addresses: [10.0.1.1]}]"),
     "x/s 10.96.0.10 web:80/TCP -> 10.0.1.1#8080\n",
     {0}},
    {"the first address of an endpoint",
     S SLICE("s-1", WEB "endpoints: [{addresses: [10.0.1.3, 10.0.1.1]}]"),
     "x/s 10.96.0.10 web:80/TCP -> 10.0.1.3#8080\n",
     {0}},
    {"T23 port names tie Service ports to slice ports",
     SERVICE("s", "ports: [{name: a, port: 80}, {name: b, port: 81}]")
         SLICE("s-1", "ports: [{name: b, port: 1}, {name: a, port: 2}, {name: c, port: 3}]\nendpoints: [{addresses: [10.0.1.1]}]"),
     "x/s a:80/TCP -> 10.0.1.1#2 b:81/TCP -> 10.0.1.1#1\n",
     {0}},
    {"an unnamed port, an empty name and a null one are equal",
     SERVICE("s", "ports: [{port: 80}]") SLICE("s-1", "ports: [{name: '', port: 1}]\nendpoints: [{addresses: [10.0.1.1]}]")
         SLICE("s-2", "ports: [{name: ~, port: 2}]\nendpoints: [{addresses: [10.0.1.1]}]"),
     "x/s :80/TCP -> 10.0.1.1#1 10.0.1.1#2\n",
     {0}},
    {"T23 TCP and UDP of one service port number",
     SERVICE("s", "ports: [{name: t, port: 53, protocol: TCP}, {name: u, port: 53, protocol: UDP}]") SLICE(
         "s-1", "ports: [{name: t, port: 1, protocol: TCP}, {name: u, port: 2, protocol: UDP}]\nendpoints: [{addresses: [10.0.1.1]}]"),
     "x/s t:53/TCP -> 10.0.1.1#1 u:53/UDP -> 10.0.1.1#2\n",
     {0}},
    {"the protocol must agree",
     SERVICE("s", "ports: [{port: 53, protocol: UDP}]") SLICE("s-1", "ports: [{port: 53}]\nendpoints: [{addresses: [10.0.1.1]}]"),
     "x/s :53/UDP ->\n",
     {0}},
    {"T23 both families",
     S SLICE("s-1", WEB "endpoints: [{addresses: [10.0.1.1]}]")
         SLICE_OF("x", "s-6", "s", "IPv6", WEB "endpoints: [{addresses: ['fd00::1']}]"),
     "x/s 10.96.0.10 web:80/TCP -> 10.0.1.1#8080 fd00::1#8080\n",
     {0}},
    {"T23 a slice of the same Service name in another namespace",
     S SLICE_OF("z", "s-1", "s", "IPv4", WEB "endpoints: [{addresses: [10.0.1.1]}]"),
     "x/s 10.96.0.10 web:80/TCP ->\n",
     {0}},
    {"a slice of no Service",
     S SLICE_OF("x", "s-1", "~", "IPv4", WEB "endpoints: [{addresses: [10.0.1.1]}]"),
     "x/s 10.96.0.10 web:80/TCP ->\n",
     {0}},
    {"a slice before its Service",
     SLICE("s-1", WEB "endpoints: [{addresses: [10.0.1.1]}]") S,
     "x/s 10.96.0.10 web:80/TCP -> 10.0.1.1#8080\n",
     {0}},
    {"an FQDN slice",
     S SLICE_OF("x", "s-1", "s", "FQDN", WEB "endpoints: [{addresses: [example.com]}]"),
     "x/s 10.96.0.10 web:80/TCP ->\n",
     {0}},
    {"a slice port without number",
     S SLICE("s-1", "ports: [{name: web}]\nendpoints: [{addresses: [10.0.1.1]}]"),
     "x/s 10.96.0.10 web:80/TCP ->\n",
     {0}},
    {"a slice given twice: the last one",
     S SLICE("s-1", WEB "endpoints: [{addresses: [10.0.1.1]}]") SLICE("s-1", WEB "endpoints: [{addresses: [10.0.1.2]}]"),
     "x/s 10.96.0.10 web:80/TCP -> 10.0.1.2#8080\n",
     {0}},
    {"v1beta1",
     S "---\napiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice\nmetadata: {namespace: x, name: s-1, labels:"
       " {kubernetes.io/service-name: s}}\naddressType: IPv4\n" WEB "endpoints: [{addresses: [10.0.1.1]}]\n",
     "x/s 10.96.0.10 web:80/TCP -> 10.0.1.1#8080\n",
     {0}},
};

static const struct row legacy[] = {
    {"Endpoints where there is no slice",
     S ENDPOINTS("{addresses: [{ip: 10.0.1.1}, {ip: 'fd00::1'}], notReadyAddresses: [{ip: 10.0.1.9}], ports: [{name: web, port: 8080}]}"),
     "x/s 10.96.0.10 web:80/TCP -> 10.0.1.1#8080 fd00::1#8080\n",
     {0}},
    {"two subsets",
     S ENDPOINTS("{addresses: [{ip: 10.0.1.1}], ports: [{name: web, port: 1}]}, {addresses: [{ip: 10.0.1.2}], ports:"
                 " [{name: web, port: 2}]}, ~"),
     "x/s 10.96.0.10 web:80/TCP -> 10.0.1.1#1 10.0.1.2#2\n",
     {0}},
    {"a slice outdoes Endpoints",
     S SLICE("s-1", WEB "endpoints: []") ENDPOINTS("{addresses: [{ip: 10.0.1.1}], ports: [{name: web, port: 1}]}"),
     "x/s 10.96.0.10 web:80/TCP ->\n",
     {0}},
    {"an FQDN slice does not",
     S SLICE_OF("x", "s-1", "s", "FQDN", "endpoints: []") ENDPOINTS("{addresses: [{ip: 10.0.1.1}], ports: [{name: web, port: 1}]}"),
     "x/s 10.96.0.10 web:80/TCP -> 10.0.1.1#1\n",
     {0}},
};

static void test_a_shared_external_address(void **state)
{
    static const char yaml[] = SERVICE("s", "externalIPs: [198.51.100.1, 198.51.100.1], ports: [{port: 80}, {port: 443}]")
        SERVICE("t", "externalIPs: [198.51.100.1], ports: [{port: 443}, {port: 53, protocol: UDP}]");
    static const struct {
        uint8_t protocol;
        uint16_t port;
        uint32_t n, service;
    } asked[] = {{6, 80, 1, 0}, {6, 443, 2, 0}, {17, 53, 1, 1}, {6, 53, 0, 0}};
    struct np_inventory_opts opts = {0};
    struct world world;
    struct np_ip ip;

    (void)state;
    assert_int_equal(world_open(&world, NULL, yaml, strlen(yaml), &opts), 0);
    assert_true(np_ip_parse(np_str_of("198.51.100.1"), &ip, NULL));
    for (size_t i = 0; i < COUNT(asked); i++) {
        struct np_front front = np_view_external(world.view, &ip, asked[i].protocol, asked[i].port);

        assert_int_equal(front.n, asked[i].n);
        assert_int_equal(front.service, asked[i].service);
    }
    world_close(&world);
}

static void test_room_for_backends(void **state)
{
    static const char yaml[] = S SLICE("s-1", WEB "endpoints: [{addresses: [10.0.1.1]}, {addresses: [10.0.1.2]}, {addresses: [10.0.1.3]}]");
    struct np_inventory_opts opts = {0};
    struct np_backend out[2] = {{{0}, 1}, {{0}, 1}};
    struct world world;

    (void)state;
    assert_int_equal(world_open(&world, NULL, yaml, strlen(yaml), &opts), 0);
    assert_int_equal(np_view_backends(world.view, 0, 6, 80, 4, NULL, 0), 3);
    assert_int_equal(np_view_backends(world.view, 0, 6, 80, 4, out, 1), 3);
    assert_int_equal(out[0].port, 8080);
    assert_int_equal(out[1].port, 1);
    assert_int_equal(np_view_backends(world.view, 0, 6, 81, 4, out, 2), 0);
    assert_int_equal(np_view_backends(world.view, 0, 17, 80, 4, out, 2), 0);
    assert_int_equal(np_view_backends(world.view, 0, 6, 80, 6, out, 2), 0);
    world_close(&world);
}

int main(void)
{
    const struct table tables[] = {
        {services, COUNT(services), SERVICES}, {backends, COUNT(backends), SERVICES}, {legacy, COUNT(legacy), SERVICES}};
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(test_room_for_backends),
        cmocka_unit_test(test_a_shared_external_address),
    };

    return run_tables("inventory service", tables, COUNT(tables), cases, COUNT(cases));
}
