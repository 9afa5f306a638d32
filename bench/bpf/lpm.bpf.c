/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What others keep in the kernel: see ../bench_kernel.c. The key and the two lookups are those of Cilium's policy map
 * (cilium/cilium bpf/lib/policy.h, v1.15): the exact identity, then any identity, each at the longest L4 prefix.
 */

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "lpm.h"

#define ALWAYS static __attribute__((always_inline)) inline

struct trie {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, LPM_ENTRIES_MAX);
    __type(key, struct lpm_key);
    __type(value, __u8);
};

struct trie hot SEC(".maps");
struct trie full SEC(".maps");

/* One trie for each endpoint, as Cilium has it. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, LPM_ENDPOINTS_MAX);
    __type(key, __u32);
    __array(values, struct trie);
} node SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, LPM_ENTRIES_MAX);
    __type(key, struct lpm_exact);
    __type(value, __u8);
} hash SEC(".maps");

struct lpm_shared shared;

ALWAYS __u8 lookup(void *map, const struct lpm_question *q)
{
    struct lpm_key key = {
        .prefixlen = LPM_BITS_FULL, .identity = q->identity, .direction = q->direction, .protocol = q->protocol, .port = q->port};
    __u8 *exact, *any, answer = 0;

    exact = bpf_map_lookup_elem(map, &key);
    key.identity = 0;
    any = bpf_map_lookup_elem(map, &key);
    if (exact)
        answer |= *exact;
    if (any)
        answer |= *any;
    return answer;
}

ALWAYS __u8 lookup_node(const struct lpm_question *q)
{
    __u32 endpoint = q->endpoint;
    void *map = bpf_map_lookup_elem(&node, &endpoint);

    return map ? lookup(map, q) : 0;
}

ALWAYS __u8 lookup_hash(const struct lpm_question *q)
{
    struct lpm_exact key = {.identity = q->identity, .direction = q->direction, .protocol = q->protocol, .port = q->port};
    __u8 *value = bpf_map_lookup_elem(&hash, &key);

    return value ? *value : 0;
}

/* The next question, drawn with the last answer in the seed: no lookup can start before the one before it has ended. */
ALWAYS void draw(__u64 *seed, __u8 answer, struct lpm_question *q)
{
    const struct lpm_port *port;

    *seed ^= answer;
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    port = &shared.ports[(*seed >> 8) & (LPM_PORTS - 1)];
    q->identity = 1 + (__u32)(((*seed >> 32) * shared.n_identities) >> 32);
    q->endpoint = (__u16)(((*seed >> 16 & 0xffff) * shared.n_endpoints) >> 16);
    q->direction = *seed & 1;
    q->protocol = port->protocol;
    q->port = port->port;
}

#define TIMED(name, look)                            \
    SEC("tc") int time_##name(struct __sk_buff *skb) \
    {                                                \
        __u64 seed = shared.seed;                    \
        struct lpm_question q = {};                  \
        __u8 answer = 0;                             \
                                                     \
        for (int i = 0; i < LPM_LOOKUPS; i++) {      \
            draw(&seed, answer, &q);                 \
            answer = look;                           \
        }                                            \
        shared.seed = seed;                          \
        return answer;                               \
    }

#define CHECKED(name, look)                                                    \
    SEC("tc") int check_##name(struct __sk_buff *skb)                          \
    {                                                                          \
        for (int i = 0; i < LPM_LOOKUPS; i++) {                                \
            struct lpm_question q = shared.questions[i & (LPM_QUESTIONS - 1)]; \
                                                                               \
            shared.answers[i & (LPM_QUESTIONS - 1)] = look;                    \
        }                                                                      \
        return 0;                                                              \
    }

TIMED(hot, lookup(&hot, &q))
TIMED(full, lookup(&full, &q))
TIMED(node, lookup_node(&q))
TIMED(hash, lookup_hash(&q))
TIMED(draw, (__u8)q.identity)
CHECKED(hot, lookup(&hot, &q))
CHECKED(full, lookup(&full, &q))
CHECKED(node, lookup_node(&q))
CHECKED(hash, lookup_hash(&q))

SEC("tc") int time_empty(struct __sk_buff *skb)
{
    return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
