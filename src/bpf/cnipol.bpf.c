/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs in the kernel. Each takes the published image, asks the evaluator, and either judges a packet
 * or writes answers back for a test to read.
 *
 * The image is one value of an array behind an array of maps, so that a publication is one store. Every
 * offset is masked with a constant, NP_IMAGE_SIZE - 1: a power of two less one, one build of this file for each
 * class of sizes. So the verifier needs no branch to see that an access stays within, and the processor one
 * instruction. (A mask in frozen data does as well for the verifier, but costs two more.) A
 * program takes the value once and uses it to its end; the kernel keeps a value until the programs that may
 * have it are through.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "bpf/layout.h"

const volatile struct np_bpf_knobs np_knobs SEC(".rodata.knobs");

struct np_value {
    unsigned char bytes[NP_IMAGE_SIZE + NP_BPF_SLACK];
};

#define CNIPOL_VALUE struct np_value
#define CNIPOL_SEPARATE __attribute__((noinline))
#define CNIPOL_AT(offset) ((offset) & (NP_IMAGE_SIZE - 1))
#define CNIPOL_ADDRMAP_LOAD64(base, off) (*(const volatile uint64_t *)((const char *)(base) + ((off) & (np_knobs.map_size - 8))))
#define CNIPOL_ADDRMAP_LOAD32(base, off) (*(const volatile uint32_t *)((const char *)(base) + ((off) & (np_knobs.map_size - 4))))
#define CNIPOL_REPEAT(n, step, context) bpf_loop(n, step, context, 0)
#define CNIPOL_PACKET_LOAD(ctx, offset, to, size) bpf_skb_load_bytes(ctx, offset, to, size)

#include <cnipol/addrmap_core.h>
#include <cnipol/bpf.h>
#include <cnipol/eval_core.h>
#include <cnipol/packet.h>

#include "bpf/flows.h"
#include "bpf/slots.h"

_Static_assert(NP_BPF_SLACK >= CNIPOL_SLACK, "the evaluator reads that far");
_Static_assert(sizeof(struct cnipol_bpf_event) == 72, "no padding");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 1);
    __type(key, uint32_t);
    __type(value, uint32_t);
} np_images SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 2); /* one in use, one to be made for the next image */
    __uint(key_size, sizeof(uint32_t));
    __uint(value_size, sizeof(uint64_t)); /* the loader sets the true one */
} np_addrmap SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, uint32_t);
    __type(value, struct np_bpf_counts);
} np_counts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, uint32_t);
    __type(value, struct np_bpf_slots);
} np_slots SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 64 << 10); /* the loader sets the true size */
} np_events SEC(".maps");

struct np_ask {
    struct cnipol_key key;
    struct cnipol_answer answer;
    uint32_t view;
    uint32_t map; /* the address map that goes with the image */
};

/* The image in use; NULL before the first publication. */
CNIPOL_INLINE const struct np_value *take_image(struct np_ask *ask)
{
    const struct np_bpf_publication *publication;
    uint32_t zero = 0;
    void *map = bpf_map_lookup_elem(&np_images, &zero);
    const struct np_value *image;

    if (!map)
        return NULL;
    image = bpf_map_lookup_elem(map, &zero);
    if (!image)
        return NULL;
    publication = (const void *)(image->bytes + NP_IMAGE_SIZE);
    if (!*(const volatile uint64_t *)&publication->generation)
        return NULL;
    ask->view = *(const volatile uint32_t *)&publication->view;
    ask->map = *(const volatile uint32_t *)&publication->map;
    return image;
}

CNIPOL_INLINE void count(uint32_t what)
{
    uint32_t zero = 0;
    struct np_bpf_counts *counts = bpf_map_lookup_elem(&np_counts, &zero);

    if (counts && what < NP_BPF_COUNTERS)
        counts->n[what]++;
}

/*
 * Global functions: the verifier looks at each by itself, once, with arguments of which it knows the types only. It
 * asks that pointers are checked.
 */
CNIPOL_SEPARATE uint32_t np_parse(struct __sk_buff *skb, struct cnipol_packet *packet)
{
    return packet ? cnipol_packet_read_ethernet(skb, skb->len, packet) : CNIPOL_PACKET_MALFORMED;
}

CNIPOL_SEPARATE uint64_t np_find(uint64_t high, uint64_t low, uint32_t is_v4, uint32_t number)
{
    const void *map = bpf_map_lookup_elem(&np_addrmap, &number);
    struct cnipol_addrmap_entry entry = {CNIPOL_ADDRMAP_NO_PEER, CNIPOL_ADDRMAP_NOBODY};

    if (map)
        entry = is_v4 ? cnipol_addrmap_find4(map, high >> 32) : cnipol_addrmap_find6(map, high, low);
    return (uint64_t)entry.owner << 32 | entry.peer;
}

CNIPOL_SEPARATE uint32_t np_eval(const struct np_value *value, struct np_ask *ask)
{
    if (!value || !ask)
        return CNIPOL_UNDEFINED;
    cnipol_eval(value->bytes, ask->view, &ask->key, &ask->answer);
    return ask->answer.decision;
}

CNIPOL_SEPARATE uint32_t np_eval_rules(const struct np_value *value, struct np_ask *ask)
{
    if (!value || !ask)
        return CNIPOL_UNDEFINED;
    cnipol_eval_rules(value->bytes, ask->view, &ask->key, &ask->answer);
    return ask->answer.decision;
}

CNIPOL_INLINE uint64_t number_of(const uint8_t *bytes)
{
    uint64_t number;

    __builtin_memcpy(&number, bytes, sizeof number);
    return __builtin_bswap64(number);
}

CNIPOL_INLINE struct cnipol_addrmap_entry find_end(const struct cnipol_packet *packet, const uint8_t *address, uint32_t map)
{
    return cnipol_addrmap_entry_of(np_find(number_of(address), number_of(address + 8), packet->family == 4, map));
}

CNIPOL_INLINE int key_of(const struct cnipol_packet *packet, struct cnipol_key *key, uint32_t number)
{
    const void *map = bpf_map_lookup_elem(&np_addrmap, &number);
    struct cnipol_addrmap_entry source, destination;

    if (!map)
        return 0;
    source = find_end(packet, packet->source, number);
    destination = find_end(packet, packet->destination, number);
    key->source = source.peer;
    key->destination = destination.peer;
    key->protocol = packet->protocol;
    key->source_port = packet->source_port;
    key->destination_port = packet->destination_port;
    key->icmp_type = packet->icmp_type;
    key->icmp_code = packet->icmp_code;
    key->relations = cnipol_addrmap_relations(map, source, destination);
    if (packet->flags & CNIPOL_PACKET_LATER_FRAGMENT)
        key->flags |= CNIPOL_KEY_FRAGMENT;
    if (packet->flags & CNIPOL_PACKET_ICMP_KNOWN)
        key->flags |= CNIPOL_KEY_ICMP;
    return 1;
}

/* The question that a packet asks, in a key where only the directions are set. Returns NP_BPF_ALLOWED where there is one, else what to count. */
CNIPOL_SEPARATE uint32_t np_question(struct __sk_buff *skb, struct cnipol_key *key, uint32_t map)
{
    struct cnipol_packet packet = {0};
    uint32_t result = np_parse(skb, &packet);

    if (result == CNIPOL_PACKET_NOT_IP)
        return NP_BPF_OTHER;
    if (result != CNIPOL_PACKET_IP)
        return NP_BPF_MALFORMED;
    if (!key || !key_of(&packet, key, map))
        return NP_BPF_UNREADY;
    if (np_knobs.flows)
        key->state = flow_state(&packet, key->directions);
    return NP_BPF_ALLOWED;
}

CNIPOL_INLINE uint32_t counter_of(uint32_t decision)
{
    if (decision == CNIPOL_ALLOW)
        return NP_BPF_ALLOWED;
    if (decision == CNIPOL_REDIRECT)
        return NP_BPF_REDIRECTED;
    return decision == CNIPOL_DENY ? NP_BPF_DENIED : NP_BPF_UNDEFINED;
}

/* enum np_bpf_counter */
CNIPOL_INLINE uint32_t judge_frame(struct __sk_buff *skb, struct np_ask *ask)
{
    const struct np_value *image = take_image(ask);
    uint32_t what = np_question(skb, &ask->key, ask->map);

    if (what != NP_BPF_ALLOWED)
        return what;
    return image ? counter_of(np_eval(image, ask)) : NP_BPF_UNREADY;
}

CNIPOL_SEPARATE uint32_t np_remember(struct __sk_buff *skb, uint32_t directions)
{
    struct cnipol_packet packet = {0};

    if (np_parse(skb, &packet) == CNIPOL_PACKET_IP)
        flow_add(&packet, directions);
    return 0;
}

/* Tells of a packet that does not pass: rare enough to be parsed again. */
CNIPOL_SEPARATE uint32_t np_tell(struct __sk_buff *skb, struct np_ask *ask, uint32_t what)
{
    struct cnipol_packet packet = {0};
    struct cnipol_bpf_event *event;

    np_parse(skb, &packet);
    event = ask ? bpf_ringbuf_reserve(&np_events, sizeof *event, 0) : NULL;
    if (!event)
        return 0;
    __builtin_memset(event, 0, sizeof *event);
    event->ns = bpf_ktime_get_ns();
    event->ifindex = skb->ifindex;
    event->source = ask->key.source;
    event->destination = ask->key.destination;
    event->source_port = packet.source_port;
    event->destination_port = packet.destination_port;
    __builtin_memcpy(event->source_address, packet.source, sizeof packet.source);
    __builtin_memcpy(event->destination_address, packet.destination, sizeof packet.destination);
    event->family = packet.family;
    event->protocol = packet.protocol;
    event->icmp_type = packet.icmp_type;
    event->icmp_code = packet.icmp_code;
    event->counter = what;
    event->judge = ask->key.directions % 3;
    event->egress = ask->answer.parts[0];
    event->ingress = ask->answer.parts[1];
    event->reason = packet.reason;
    bpf_ringbuf_submit(event, 0);
    return 1;
}

CNIPOL_INLINE int judge(struct __sk_buff *skb, uint32_t directions)
{
    struct np_ask ask = {.key.directions = directions};
    uint32_t what = judge_frame(skb, &ask);

    count(what);
    if (what == NP_BPF_ALLOWED || what == NP_BPF_REDIRECTED) {
        if (np_knobs.flows && !ask.key.state)
            np_remember(skb, directions);
        return TC_ACT_OK;
    }
    if (what == NP_BPF_OTHER && !(np_knobs.flags & CNIPOL_BPF_DROP_OTHER))
        return TC_ACT_OK;
    if (np_knobs.flags & CNIPOL_BPF_EVENTS)
        np_tell(skb, &ask, what);
    return TC_ACT_SHOT;
}

SEC("tc")
int np_judge_both(struct __sk_buff *skb)
{
    return judge(skb, 3);
}

SEC("tc")
int np_judge_egress(struct __sk_buff *skb)
{
    return judge(skb, 1);
}

SEC("tc")
int np_judge_ingress(struct __sk_buff *skb)
{
    return judge(skb, 2);
}

/* The time of a run with nothing in it. */
SEC("tc")
int np_empty(struct __sk_buff *skb)
{
    (void)skb;
    return TC_ACT_OK;
}

static long answer_slot(uint32_t i, void *unused)
{
    uint32_t zero = 0;
    struct np_bpf_slots *slots = bpf_map_lookup_elem(&np_slots, &zero);
    struct np_ask ask = {0};
    const struct np_value *image = take_image(&ask);

    (void)unused;
    if (!slots || !image)
        return 1;
    ask.key = slots->keys[i & (NP_BPF_SLOTS - 1)];
    if (slots->only_rules)
        np_eval_rules(image, &ask);
    else
        np_eval(image, &ask);
    slots->answers[i & (NP_BPF_SLOTS - 1)] = ask.answer;
    return 0;
}

/* Answers the questions in the slots. */
SEC("tc")
int np_eval_slots(struct __sk_buff *skb)
{
    uint32_t zero = 0;
    struct np_bpf_slots *slots = bpf_map_lookup_elem(&np_slots, &zero);

    (void)skb;
    return !slots || bpf_loop(slots->n, answer_slot, NULL, 0) < 0 ? TC_ACT_SHOT : TC_ACT_OK;
}

/* Many verdicts in one run, each question waiting for the answer before it. */
SEC("tc")
int np_eval_many(struct __sk_buff *skb)
{
    uint32_t zero = 0, decision = 0;
    struct np_bpf_slots *slots = bpf_map_lookup_elem(&np_slots, &zero);
    struct np_ask ask = {0};
    const struct np_value *image = take_image(&ask);
    uint64_t seed, sum;

    (void)skb;
    if (!slots || !image)
        return TC_ACT_SHOT;
    seed = slots->seed;
    sum = slots->sum;
    for (uint32_t i = 0; i < NP_BPF_MANY; i++) {
        seed = np_bpf_next(seed) ^ (decision >> 3);
        ask.key = slots->keys[i & (slots->n_keys - 1) & (NP_BPF_SLOTS - 1)];
        np_bpf_draw(&ask.key, seed, slots->n_ids);
        decision = slots->only_rules ? np_eval_rules(image, &ask) : np_eval(image, &ask);
        sum = np_bpf_sum(sum, decision);
    }
    slots->seed = seed;
    slots->sum = sum;
    return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
