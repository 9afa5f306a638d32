/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real packets between two network namespaces, judged on the host's end of the pod's veth: out of it is the pod's
 * ingress, into it is the pod's egress. Whoever is allowed is answered; whoever is not hears nothing.
 */
#include "world.h"

#include <net/if.h>
#include <stdlib.h>

#include "frame.h"
#include "netns.h"

enum { PATIENCE = 5000, SILENCE = 150 }; /* milliseconds: for what must come, and for what must not */

/* ICMP stands for that of the family. */
static const struct {
    uint8_t protocol; /* that is allowed to the client, on port 80 */
    struct {
        uint8_t source, protocol;
        uint16_t port;
        uint8_t passes;
    } tries[6];
} rows[] = {
    {TCP,
     {{WORLD_CLIENT, TCP, 80, 1},
      {WORLD_CLIENT, TCP, 81, 0},
      {WORLD_STRANGER, TCP, 80, 0},
      {WORLD_CLIENT, UDP, 80, 0},
      {WORLD_CLIENT, ICMP, 0, 0},
      {WORLD_CLIENT, TCP, 80, 1}}},
    {UDP,
     {{WORLD_CLIENT, UDP, 80, 1},
      {WORLD_CLIENT, UDP, 81, 0},
      {WORLD_STRANGER, UDP, 80, 0},
      {WORLD_CLIENT, TCP, 80, 0},
      {WORLD_STRANGER, ICMP, 0, 0},
      {WORLD_CLIENT, UDP, 80, 1}}},
    {ICMP,
     {{WORLD_CLIENT, ICMP, 0, 1},
      {WORLD_STRANGER, ICMP, 0, 0},
      {WORLD_CLIENT, TCP, 80, 0},
      {WORLD_CLIENT, UDP, 80, 0},
      {WORLD_STRANGER, TCP, 81, 0},
      {WORLD_CLIENT, ICMP, 0, 1}}},
};

static struct world world;
static uint32_t host0;

static uint8_t protocol_in(int family, uint8_t protocol)
{
    return family == 6 && protocol == ICMP ? ICMPV6 : protocol;
}

static void expect_talk(int family, uint8_t source, uint8_t protocol, uint16_t port, int passes)
{
    if (netns_talk(family, source, protocol_in(family, protocol), port, passes ? PATIENCE : SILENCE) != passes)
        fail_msg("IPv%d, from %u, protocol %u, port %u: expected %d", family, source, protocol, port, passes);
}

/* Each row publishes another image: what passed before does not now. */
static void talk_in(int family, int by_list)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct small small = {.from = WORLD_CLIENT, .port = 80, .by_list = (uint8_t)by_list};

        small.protocol = protocol_in(family, rows[i].protocol);
        world_publish_small(&world, &small, 0);
        for (size_t k = 0; k < COUNT(rows[i].tries); k++)
            expect_talk(family, rows[i].tries[k].source, rows[i].tries[k].protocol, rows[i].tries[k].port, rows[i].tries[k].passes);
    }
}

static void ipv4_packets(void **state)
{
    (void)state;
    talk_in(4, 0);
}

static void ipv6_packets(void **state)
{
    (void)state;
    talk_in(6, 0);
}

static void ipv4_packets_by_lists(void **state)
{
    (void)state;
    talk_in(4, 1);
}

static void a_larger_image_takes_over_what_is_attached(void **state)
{
    (void)state;
    world_publish(&world, WORLD_STRANGER, 80, 0, 0);
    expect_talk(4, WORLD_CLIENT, TCP, 80, 0);
    world_publish(&world, WORLD_CLIENT, 80, 0, 2u << 20);
    assert_int_equal(cnipol_bpf_image_size(world.bpf), 4u << 20);
    expect_talk(4, WORLD_CLIENT, TCP, 80, 1);
    expect_talk(6, WORLD_STRANGER, TCP, 80, 0);
}

/* Pods go away, and their interfaces with them: no reason not to grow. */
static void interfaces_may_go_away(void **state)
{
    struct cnipol_bpf_opts opts = {.sz = sizeof opts};
    uint32_t gone;

    (void)state;
    world_close(&world);
    world_open(&world, &opts);
    assert_int_equal(system("ip link add gone0 type veth peer name gone1"), 0);
    gone = if_nametoindex("gone0");
    assert_int_equal(cnipol_bpf_attach_tc(world.bpf, gone, CNIPOL_BPF_TC_EGRESS, CNIPOL_BPF_JUDGE_INGRESS), CNIPOL_OK);
    assert_int_equal(cnipol_bpf_attach_tc(world.bpf, host0, CNIPOL_BPF_TC_EGRESS, CNIPOL_BPF_JUDGE_INGRESS), CNIPOL_OK);
    assert_int_equal(system("ip link del gone0"), 0);
    world_publish(&world, WORLD_CLIENT, 81, 0, 2u << 20);
    expect_talk(4, WORLD_CLIENT, TCP, 80, 0);
    expect_talk(4, WORLD_CLIENT, TCP, 81, 1);
    assert_int_equal(cnipol_bpf_attach_tc(world.bpf, gone, CNIPOL_BPF_TC_EGRESS, CNIPOL_BPF_JUDGE_INGRESS), CNIPOL_E_SYSTEM);
}

/* Where a packet begins with its IP header, its source address would be taken for an EtherType. */
static void tunnels_are_refused(void **state)
{
    (void)state;
    if (system("ip tuntap add dev tunnel0 mode tun 2>/dev/null")) {
        printf("skip: tunnels_are_refused: a tun interface cannot be made\n");
        skip();
    }
    assert_int_equal(cnipol_bpf_attach_tc(world.bpf, if_nametoindex("tunnel0"), CNIPOL_BPF_TC_EGRESS, CNIPOL_BPF_JUDGE_BOTH),
                     CNIPOL_E_USAGE);
    assert_int_equal(system("ip link del tunnel0"), 0);
}

/* An agent dies and another comes: the old verdicts hold until the new ones do. */
static void programs_outlive_their_object(void **state)
{
    const struct cnipol_bpf_opts opts = {.sz = sizeof opts};

    (void)state;
    world_publish(&world, WORLD_CLIENT, 80, 0, 0);
    world_close(&world);
    expect_talk(4, WORLD_CLIENT, TCP, 80, 1);
    expect_talk(4, WORLD_CLIENT, TCP, 81, 0);
    world_open(&world, &opts);
    world_publish(&world, WORLD_CLIENT, 81, 0, 0);
    assert_int_equal(cnipol_bpf_attach_tc(world.bpf, host0, CNIPOL_BPF_TC_EGRESS, CNIPOL_BPF_JUDGE_INGRESS), CNIPOL_OK);
    expect_talk(4, WORLD_CLIENT, TCP, 80, 0);
    expect_talk(4, WORLD_CLIENT, TCP, 81, 1);
    assert_int_equal(cnipol_bpf_detach_tc(world.bpf, host0, CNIPOL_BPF_TC_EGRESS), CNIPOL_OK);
    expect_talk(4, WORLD_CLIENT, TCP, 80, 1);
    expect_talk(6, WORLD_STRANGER, UDP, 81, 1);
}

/* The client is the isolated one, and talks to the pod all the same: what comes back to it is an answer. */
static void answers_pass_where_connections_are_remembered(void **state)
{
    struct small small = {.subject = WORLD_CLIENT, .from = WORLD_STRANGER, .port = 80};

    (void)state;
    for (uint32_t flows = 0; flows <= 1024; flows += 1024) {
        const struct cnipol_bpf_opts opts = {.sz = sizeof opts, .flows = flows};

        world_close(&world);
        world_open(&world, &opts);
        world_publish_small(&world, &small, 0);
        assert_int_equal(cnipol_bpf_attach_tc(world.bpf, host0, CNIPOL_BPF_TC_EGRESS, CNIPOL_BPF_JUDGE_EGRESS), CNIPOL_OK);
        assert_int_equal(cnipol_bpf_attach_tc(world.bpf, host0, CNIPOL_BPF_TC_INGRESS, CNIPOL_BPF_JUDGE_INGRESS), CNIPOL_OK);
        expect_talk(4, WORLD_CLIENT, TCP, 80, flows != 0);
        expect_talk(6, WORLD_CLIENT, TCP, 81, flows != 0);
        expect_talk(4, WORLD_CLIENT, UDP, 80, flows != 0);
        expect_talk(6, WORLD_CLIENT, ICMP, 0, flows != 0);
        expect_talk(4, WORLD_STRANGER, TCP, 80, 1);
    }
}

static int attach_all(void **state)
{
    const struct cnipol_bpf_opts opts = {.sz = sizeof opts};

    (void)state;
    host0 = if_nametoindex("host0");
    world_open(&world, &opts);
    assert_int_equal(cnipol_bpf_attach_tc(world.bpf, host0, CNIPOL_BPF_TC_EGRESS, CNIPOL_BPF_JUDGE_INGRESS), CNIPOL_OK);
    assert_int_equal(cnipol_bpf_attach_tc(world.bpf, host0, CNIPOL_BPF_TC_INGRESS, CNIPOL_BPF_JUDGE_EGRESS), CNIPOL_OK);
    return 0;
}

static int detach_all(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_packets),
        cmocka_unit_test(ipv6_packets),
        cmocka_unit_test(ipv4_packets_by_lists),
        cmocka_unit_test(a_larger_image_takes_over_what_is_attached),
        cmocka_unit_test(interfaces_may_go_away),
        cmocka_unit_test(tunnels_are_refused),
        cmocka_unit_test(programs_outlive_their_object),
        cmocka_unit_test(answers_pass_where_connections_are_remembered),
    };
    const char *why;
    int failed;

    if (cannot_run())
        return EXIT_SKIP;
    why = netns_open();
    if (why) {
        netns_close();
        printf("skip: %s\n", why);
        return EXIT_SKIP;
    }
    failed = cmocka_run_group_tests(tests, attach_all, detach_all);
    netns_close();
    return failed;
}
