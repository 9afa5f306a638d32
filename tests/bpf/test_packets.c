/* SPDX-License-Identifier: BSD-2-Clause */
/* Crafted frames through the judging programs, counted as what they are. */
#include "world.h"

#include "frame.h"

enum { BOTH = CNIPOL_BPF_JUDGE_BOTH, EGRESS = CNIPOL_BPF_JUDGE_EGRESS, INGRESS = CNIPOL_BPF_JUDGE_INGRESS };

/* A byte of the frame that is set to something else; n: the frame ends that many bytes behind its IP header. */
struct change {
    uint32_t at;
    uint8_t value;
    uint32_t n;
};

static const struct {
    const char *name;
    uint8_t source, destination, protocol;
    uint16_t port;
    int32_t judge;
    struct change changes[2];
    uint8_t counter; /* enum: offset of the field that counts it */
} rows[] = {
#define COUNTER(field) offsetof(struct cnipol_bpf_counters, field) / sizeof(uint64_t)
    {"client, its port", WORLD_CLIENT, WORLD_POD, TCP, 80, BOTH, {{0}}, COUNTER(allowed)},
    {"client, another port", WORLD_CLIENT, WORLD_POD, TCP, 81, BOTH, {{0}}, COUNTER(denied)},
    {"client, high half of the port", WORLD_CLIENT, WORLD_POD, TCP, 80 + 256, BOTH, {{0}}, COUNTER(denied)},
    {"client, another protocol", WORLD_CLIENT, WORLD_POD, UDP, 80, BOTH, {{0}}, COUNTER(denied)},
    {"client, SCTP", WORLD_CLIENT, WORLD_POD, SCTP, 80, BOTH, {{0}}, COUNTER(denied)},
    {"client, ping", WORLD_CLIENT, WORLD_POD, ICMP, 0, BOTH, {{0}}, COUNTER(denied)},
    {"stranger, the client's port", WORLD_STRANGER, WORLD_POD, TCP, 80, BOTH, {{0}}, COUNTER(denied)},
    {"an address of nobody", 77, WORLD_POD, TCP, 80, BOTH, {{0}}, COUNTER(denied)},
    {"ingress alone", WORLD_STRANGER, WORLD_POD, TCP, 80, INGRESS, {{0}}, COUNTER(denied)},
    {"egress alone", WORLD_STRANGER, WORLD_POD, TCP, 80, EGRESS, {{0}}, COUNTER(allowed)},
    {"from the pod", WORLD_POD, WORLD_STRANGER, TCP, 80, BOTH, {{0}}, COUNTER(allowed)},
    {"between strangers", WORLD_STRANGER, 77, UDP, 53, BOTH, {{0}}, COUNTER(allowed)},
    {"not IP", WORLD_CLIENT, WORLD_POD, TCP, 80, BOTH, {{12, 8, 0}, {13, 6, 0}}, COUNTER(other)},
    {"of no IP version", WORLD_CLIENT, WORLD_POD, TCP, 80, BOTH, {{14, 0x15, 0}}, COUNTER(malformed)},
    {"cut off in the ports", WORLD_CLIENT, WORLD_POD, TCP, 80, BOTH, {{0, 0, 2}}, COUNTER(malformed)},
};

static const struct {
    const char *name;
    struct change changes[2];
    uint8_t counter;
} v4_rows[] = {
    {"a later fragment", {{20, 0x20, 0}, {21, 4, 0}}, COUNTER(malformed)}, /* 20 bytes, more follow: not in units of 8 */
    {"the last fragment", {{21, 4, 0}}, COUNTER(denied)},                  /* no ports: nothing allows it */
    {"longer than the frame", {{17, 60, 0}}, COUNTER(malformed)},
    {"a header of 16 bytes", {{14, 0x44, 0}}, COUNTER(malformed)},
    {"protocol 0", {{23, 0, 0}}, COUNTER(malformed)},
};

static void apply(struct frame *frame, int family, const struct change *changes)
{
    for (int i = 0; i < 2; i++) {
        if (changes[i].at)
            frame->bytes[changes[i].at] = changes[i].value;
        if (changes[i].n)
            frame->n = 14 + (family == 4 ? 20 : 40) + changes[i].n;
    }
}

static uint64_t counter_of(const struct world *world, uint8_t counter)
{
    struct cnipol_bpf_counters counters;
    uint64_t all[8];

    assert_int_equal(cnipol_bpf_counters(world->bpf, &counters), CNIPOL_OK);
    memcpy(all, &counters, sizeof all);
    return all[counter];
}

static void expect_counted(const struct world *world, const char *name, int32_t judge, const struct frame *frame, uint8_t counter)
{
    uint64_t before = counter_of(world, counter);
    int32_t passed = -1, expected = counter == COUNTER(allowed) || counter == COUNTER(other);

    if (cnipol_bpf_run_packet(world->bpf, judge, frame->bytes, frame->n, &passed))
        fail_msg("%s: not run", name);
    if (passed != expected)
        fail_msg("%s: passed is %d, expected %d", name, passed, expected);
    if (counter_of(world, counter) != before + 1)
        fail_msg("%s: not counted as it should be", name);
}

static void judge_all(int family, int by_list)
{
    const struct cnipol_bpf_opts opts = {.sz = sizeof opts};
    struct world world;

    world_open(&world, &opts);
    world_publish(&world, WORLD_CLIENT, 80, by_list, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t protocol = family == 6 && rows[i].protocol == ICMP ? ICMPV6 : rows[i].protocol;
        struct frame frame = frame_of(family, rows[i].source, rows[i].destination, protocol, rows[i].port);

        apply(&frame, family, rows[i].changes);
        expect_counted(&world, rows[i].name, rows[i].judge, &frame, rows[i].counter);
    }
    for (size_t i = 0; family == 4 && i < COUNT(v4_rows); i++) {
        struct frame frame = frame_of(family, WORLD_CLIENT, WORLD_POD, TCP, 80);

        apply(&frame, family, v4_rows[i].changes);
        expect_counted(&world, v4_rows[i].name, BOTH, &frame, v4_rows[i].counter);
    }
    world_close(&world);
}

static void ipv4_by_tables(void **state)
{
    (void)state;
    judge_all(4, 0);
}

static void ipv6_by_tables(void **state)
{
    (void)state;
    judge_all(6, 0);
}

static void ipv4_by_lists(void **state)
{
    (void)state;
    judge_all(4, 1);
}

static void ipv6_by_lists(void **state)
{
    (void)state;
    judge_all(6, 1);
}

/* Does a packet from there to the pod's port 80 pass? */
static int32_t passes(struct world *world, uint32_t from)
{
    struct frame frame = frame_of(4, from, WORLD_POD, TCP, 80);
    int32_t passed = -1;

    assert_int_equal(cnipol_bpf_run_packet(world->bpf, BOTH, frame.bytes, frame.n, &passed), CNIPOL_OK);
    return passed;
}

/* The spare map calls the client a stranger and the stranger the client: nothing of that shows before it is published. */
static void image_and_addresses_change_places_together(void **state)
{
    static const uint32_t called[WORLD_IDS] = {WORLD_ELSE, WORLD_STRANGER, WORLD_POD, WORLD_CLIENT};
    const struct cnipol_bpf_opts opts = {.sz = sizeof opts};
    const struct small small = {.n_ids = WORLD_IDS, .subject = WORLD_POD, .from = WORLD_CLIENT, .port = 80};
    static uint8_t image[SMALL_BYTES];
    struct cnipol_addrmap *spare;
    struct world world;
    uint32_t n;
    void *block;

    (void)state;
    world_open(&world, &opts);
    world_publish(&world, WORLD_CLIENT, 80, 0, 0);
    block = cnipol_bpf_addrmap_spare(world.bpf, &n);
    assert_ptr_not_equal(block, cnipol_bpf_addrmap(world.bpf, &n));
    assert_int_equal(cnipol_addrmap_new(world.ctx, block, n, WORLD_IDS, &spare), CNIPOL_OK);
    for (uint32_t id = 1; id < WORLD_IDS; id++) {
        const struct cnipol_addrmap_prefix prefix = {
            .family = 4, .length = 32, .address = {10, 0, 0, (uint8_t)id}, .entry = {called[id], id}};

        assert_int_equal(cnipol_addrmap_put(spare, &prefix), CNIPOL_OK);
    }
    assert_int_equal(passes(&world, WORLD_CLIENT), 1);
    assert_int_equal(passes(&world, WORLD_STRANGER), 0);
    memset(image, 0, sizeof image);
    small_write(&small, image);
    assert_int_equal(cnipol_bpf_publish_both(world.bpf, image, sizeof image, SMALL_VIEW, ++world.generation), CNIPOL_OK);
    assert_ptr_equal(block, cnipol_bpf_addrmap(world.bpf, &n));
    assert_int_equal(passes(&world, WORLD_CLIENT), 0);
    assert_int_equal(passes(&world, WORLD_STRANGER), 1);
    world_publish(&world, WORLD_CLIENT, 80, 1, 2u << 20);
    assert_int_equal(passes(&world, WORLD_STRANGER), 1);
    cnipol_addrmap_close(spare);
    world_close(&world);
}

static void other_traffic_may_be_dropped(void **state)
{
    const struct cnipol_bpf_opts opts = {.sz = sizeof opts, .flags = CNIPOL_BPF_DROP_OTHER};
    struct frame arp = {.bytes = {[12] = 8, [13] = 6}, .n = 64};
    int32_t passed = -1;
    struct world world;

    (void)state;
    world_open(&world, &opts);
    assert_int_equal(cnipol_bpf_run_packet(world.bpf, BOTH, arp.bytes, arp.n, &passed), CNIPOL_OK);
    assert_int_equal(passed, 0);
    world_close(&world);
}

struct told {
    struct cnipol_bpf_event events[4];
    uint32_t n;
};

static int keep(void *user, const struct cnipol_bpf_event *event)
{
    struct told *told = user;

    if (told->n < COUNT(told->events))
        told->events[told->n] = *event;
    told->n++;
    return 0;
}

/* An allowed one, then one denied, one malformed, one before anything was published. */
static void denied_packets_are_told_of(void **state)
{
    const struct cnipol_bpf_opts opts = {.sz = sizeof opts, .flags = CNIPOL_BPF_EVENTS};
    struct frame good = frame_of(4, WORLD_CLIENT, WORLD_POD, TCP, 80), denied = frame_of(6, WORLD_STRANGER, WORLD_POD, UDP, 53);
    struct frame malformed = frame_of(4, WORLD_CLIENT, WORLD_POD, TCP, 80);
    struct told told = {.n = 0};
    struct world world;
    uint32_t n = 99;

    (void)state;
    malformed.n = 36;
    world_open(&world, &opts);
    expect_counted(&world, "unready", BOTH, &good, COUNTER(unready));
    world_publish(&world, WORLD_CLIENT, 80, 0, 0);
    expect_counted(&world, "good", BOTH, &good, COUNTER(allowed));
    world_publish(&world, WORLD_CLIENT, 80, 0, 2u << 20);
    expect_counted(&world, "denied", INGRESS, &denied, COUNTER(denied));
    expect_counted(&world, "malformed", EGRESS, &malformed, COUNTER(malformed));
    assert_int_equal(cnipol_bpf_events(world.bpf, keep, &told, 0, &n), CNIPOL_OK);
    assert_int_equal(n, 3);
    assert_int_equal(told.n, 3);
    assert_int_equal(told.events[0].counter, COUNTER(unready));
    assert_int_equal(told.events[1].counter, COUNTER(denied));
    assert_int_equal(told.events[1].source, WORLD_STRANGER);
    assert_int_equal(told.events[1].destination, WORLD_POD);
    assert_int_equal(told.events[1].family, 6);
    assert_int_equal(told.events[1].protocol, UDP);
    assert_int_equal(told.events[1].destination_port, 53);
    assert_int_equal(told.events[1].judge, INGRESS);
    assert_int_equal(told.events[1].egress, CNIPOL_ALLOW);
    assert_int_equal(told.events[1].ingress, CNIPOL_DENY);
    assert_memory_equal(told.events[1].source_address, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3", 16);
    assert_int_equal(told.events[2].counter, COUNTER(malformed));
    assert_int_equal(told.events[2].judge, EGRESS);
    assert_int_not_equal(told.events[2].reason, 0);
    assert_int_equal(cnipol_bpf_events(world.bpf, keep, &told, 0, &n), CNIPOL_OK);
    assert_int_equal(n, 0);
    world_close(&world);
}

/* Nobody listens: packets are judged all the same, and the oldest are told of. */
static void a_full_ring_stops_nothing(void **state)
{
    const struct cnipol_bpf_opts opts = {.sz = sizeof opts, .flags = CNIPOL_BPF_EVENTS}, quiet = {.sz = sizeof quiet};
    struct frame denied = frame_of(4, WORLD_STRANGER, WORLD_POD, TCP, 80);
    struct told told = {.n = 0};
    struct world world;
    uint32_t n = 99;

    (void)state;
    world_open(&world, &opts);
    world_publish(&world, WORLD_CLIENT, 80, 0, 0);
    for (int i = 0; i < 5000; i++)
        expect_counted(&world, "denied", BOTH, &denied, COUNTER(denied));
    assert_int_equal(cnipol_bpf_events(world.bpf, keep, &told, 0, &n), CNIPOL_OK);
    assert_in_range(n, 2000, 4999);
    world_close(&world);
    world_open(&world, &quiet);
    assert_int_equal(cnipol_bpf_events(world.bpf, keep, &told, 0, &n), CNIPOL_E_USAGE);
    world_close(&world);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_by_tables),
        cmocka_unit_test(ipv6_by_tables),
        cmocka_unit_test(ipv4_by_lists),
        cmocka_unit_test(ipv6_by_lists),
        cmocka_unit_test(image_and_addresses_change_places_together),
        cmocka_unit_test(other_traffic_may_be_dropped),
        cmocka_unit_test(denied_packets_are_told_of),
        cmocka_unit_test(a_full_ring_stops_nothing),
    };

    return cannot_run() ? EXIT_SKIP : cmocka_run_group_tests(tests, NULL, NULL);
}
