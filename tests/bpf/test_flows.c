/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections: who began, who answers, under which directions. The pod takes TCP to port 80 from the client. */
#include "world.h"

#include "frame.h"

enum { BOTH = CNIPOL_BPF_JUDGE_BOTH, EGRESS = CNIPOL_BPF_JUDGE_EGRESS, INGRESS = CNIPOL_BPF_JUDGE_INGRESS };
enum { SYN = 2, ACK = 16, FIN = 1 };
enum { POD = WORLD_POD, CLIENT = WORLD_CLIENT, STRANGER = WORLD_STRANGER };

/* `first`: TCP flags, or the ICMP type by its IPv4 number. */
struct step {
    const char *what;
    uint8_t source, destination, protocol, first;
    uint16_t source_port, destination_port;
    int32_t judge;
    int passes;
};

static const struct step steps[] = {
    {"nobody asked", STRANGER, POD, UDP, 0, 53, 4000, BOTH, 0},
    {"a question", POD, STRANGER, UDP, 0, 4000, 53, BOTH, 1},
    {"its answer", STRANGER, POD, UDP, 0, 53, 4000, BOTH, 1},
    {"an answer to another port", STRANGER, POD, UDP, 0, 53, 4001, BOTH, 0},
    {"an answer from another port", STRANGER, POD, UDP, 0, 54, 4000, BOTH, 0},
    {"an answer by another protocol", STRANGER, POD, TCP, ACK, 53, 4000, BOTH, 0},
    {"an answer by somebody else", CLIENT, POD, UDP, 0, 53, 4000, BOTH, 0},
    {"connect", POD, STRANGER, TCP, SYN, 4000, 443, BOTH, 1},
    {"accept", STRANGER, POD, TCP, SYN | ACK, 443, 4000, BOTH, 1},
    {"data", STRANGER, POD, TCP, ACK, 443, 4000, BOTH, 1},
    {"a connection the other way between the same ports", STRANGER, POD, TCP, SYN, 443, 4000, BOTH, 0},
    {"the end", STRANGER, POD, TCP, FIN | ACK, 443, 4000, BOTH, 1},
    {"behind the end", STRANGER, POD, TCP, ACK, 443, 4000, BOTH, 1},
    {"connect to the pod, not allowed", STRANGER, POD, TCP, SYN, 4000, 80, BOTH, 0},
    {"and on", STRANGER, POD, TCP, ACK, 4000, 80, BOTH, 0},
    {"connect to the pod", CLIENT, POD, TCP, SYN, 4000, 80, BOTH, 1},
    {"from the pod", POD, CLIENT, TCP, SYN | ACK, 80, 4000, BOTH, 1},
    {"accept what nobody asked for", POD, STRANGER, TCP, SYN | ACK, 80, 6000, BOTH, 1},
    {"which begins nothing", STRANGER, POD, TCP, ACK, 6000, 80, BOTH, 0},
    {"nor does an end", POD, STRANGER, TCP, FIN | ACK, 80, 6000, BOTH, 1},
    {"behind which nothing passes", STRANGER, POD, TCP, ACK, 6000, 80, BOTH, 0},
    {"the middle of a connection of the pod's", POD, STRANGER, TCP, ACK, 6000, 443, BOTH, 1},
    {"is taken up", STRANGER, POD, TCP, ACK, 443, 6000, BOTH, 1},
    {"ping", POD, STRANGER, ICMP, 8, 0, 0, BOTH, 1},
    {"pong", STRANGER, POD, ICMP, 0, 0, 0, BOTH, 1},
    {"ping the other way", STRANGER, POD, ICMP, 8, 0, 0, BOTH, 0},
    {"another type", STRANGER, POD, ICMP, 13, 0, 0, BOTH, 0},
    {"pong without ping", CLIENT, POD, ICMP, 0, 0, 0, BOTH, 0},
    {"the source's policies say yes", STRANGER, POD, TCP, SYN, 5000, 81, EGRESS, 1},
    {"the destination's were not asked", STRANGER, POD, TCP, ACK, 5000, 81, INGRESS, 0},
    {"nor both", STRANGER, POD, TCP, ACK, 5000, 81, BOTH, 0},
    {"the pod connects, at its egress", POD, STRANGER, TCP, SYN, 5000, 443, EGRESS, 1},
    {"the answer, at its ingress", STRANGER, POD, TCP, SYN | ACK, 443, 5000, INGRESS, 1},
    {"the answer, where both are asked", STRANGER, POD, TCP, SYN | ACK, 443, 5000, BOTH, 0},
};

static uint8_t icmp_type(int family, uint8_t type)
{
    if (family == 4)
        return type;
    return type == 8 ? 128 : type == 0 ? 129 : 1;
}

static struct frame frame_for(int family, const struct step *step)
{
    uint8_t protocol = family == 6 && step->protocol == ICMP ? ICMPV6 : step->protocol;
    struct frame frame = frame_of(family, step->source, step->destination, protocol, step->destination_port);
    uint8_t *l4 = frame.bytes + 14 + (family == 4 ? 20 : 40);

    if (step->protocol == ICMP) {
        l4[0] = icmp_type(family, step->first);
        return frame;
    }
    l4[0] = (uint8_t)(step->source_port >> 8);
    l4[1] = (uint8_t)step->source_port;
    if (step->protocol == TCP)
        l4[13] = step->first;
    return frame;
}

static int passes(const struct world *world, int family, const struct step *step)
{
    struct frame frame = frame_for(family, step);
    int32_t passed = -1;

    assert_int_equal(cnipol_bpf_run_packet(world->bpf, step->judge, frame.bytes, frame.n, &passed), CNIPOL_OK);
    return passed;
}

static void follow(int family, int by_list, uint32_t larger_at)
{
    const struct cnipol_bpf_opts opts = {.sz = sizeof opts, .flows = 1024};
    struct world world;

    world_open(&world, &opts);
    world_publish(&world, CLIENT, 80, by_list, 0);
    for (uint32_t i = 0; i < COUNT(steps); i++) {
        if (i == larger_at)
            world_publish(&world, CLIENT, 80, by_list, 2u << 20);
        if (passes(&world, family, &steps[i]) != steps[i].passes)
            fail_msg("IPv%d, lists %d, step %u, %s: expected %d", family, by_list, i, steps[i].what, steps[i].passes);
    }
    world_close(&world);
}

static void ipv4_connections(void **state)
{
    (void)state;
    follow(4, 0, UINT32_MAX);
}

static void ipv6_connections(void **state)
{
    (void)state;
    follow(6, 1, UINT32_MAX);
}

static void connections_outlive_a_load(void **state)
{
    (void)state;
    follow(4, 0, 2);
    follow(4, 0, 9);
}

/* Then only what is allowed by itself passes. */
static void without_memory_all_is_new(void **state)
{
    const struct cnipol_bpf_opts opts = {.sz = sizeof opts};
    struct world world;

    (void)state;
    world_open(&world, &opts);
    world_publish(&world, CLIENT, 80, 0, 0);
    assert_true(passes(&world, 4, &steps[1]));
    assert_false(passes(&world, 4, &steps[2]));
    world_close(&world);
}

/* More connections than there is room for: old ones are forgotten, and nothing passes that should not. */
static void a_full_memory_forgets(void **state)
{
    const struct cnipol_bpf_opts opts = {.sz = sizeof opts, .flows = 256};
    struct step ask = steps[1], answer = steps[2];
    struct world world;
    uint32_t known = 0;

    (void)state;
    world_open(&world, &opts);
    world_publish(&world, CLIENT, 80, 0, 0);
    for (uint16_t port = 1000; port < 3000; port++) {
        ask.source_port = port;
        assert_true(passes(&world, 4, &ask));
    }
    for (uint16_t port = 1000; port < 3000; port++) {
        answer.destination_port = port;
        known += (uint32_t)passes(&world, 4, &answer);
    }
    assert_in_range(known, 1, 256);
    world_close(&world);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_connections),          cmocka_unit_test(ipv6_connections),      cmocka_unit_test(connections_outlive_a_load),
        cmocka_unit_test(without_memory_all_is_new), cmocka_unit_test(a_full_memory_forgets),
    };

    return cannot_run() ? EXIT_SKIP : cmocka_run_group_tests(tests, NULL, NULL);
}
