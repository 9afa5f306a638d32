/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The evaluator in the kernel, timed as the comparators in lpm.bpf.c are: see ../bench_kernel.c. The evaluator is
 * libcnipol-bpf's, the questions are drawn here, so that both sides draw alike.
 */

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* IMAGE_BYTES: room for the image, a power of two, given by the build; and what CNIPOL_SLACK asks for. */
struct image_value {
    __u8 bytes[IMAGE_BYTES + 4096];
};

#define CNIPOL_VALUE struct image_value
#define CNIPOL_SEPARATE __attribute__((noinline))
#define CNIPOL_AT(offset) ((offset) & (IMAGE_BYTES - 1))
#define CNIPOL_REPEAT(n, step, context) bpf_loop(n, step, context, 0)
#include <cnipol/eval_core.h>

#include "image.h"

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, uint32_t);
    __type(value, struct image_value);
} image_map SEC(".maps");

struct image_shared shared;

/*
 * One verdict, taking the image as each packet would. A function with external linkage is verified once, whoever
 * calls it; inlined into a loop it would be verified a hundred times over.
 */
__attribute__((noinline)) int ask(uint32_t source, uint32_t destination, uint32_t l4, uint32_t directions)
{
    struct cnipol_key key = {.source = source, .destination = destination, .directions = directions & 3};
    struct cnipol_answer answer;
    uint32_t zero = 0;
    const uint8_t *image = bpf_map_lookup_elem(&image_map, &zero);

    if (!image)
        return CNIPOL_UNDEFINED;
    key.protocol = l4 >> 16;
    key.destination_port = l4 & 0xffff;
    key.relations = l4 >> 24;
    cnipol_eval(image, shared.view, &key, &answer);
    return answer.decision;
}

/* As lpm.bpf.c draws; but a program at a hook has one direction, so it is drawn once for a run. */
CNIPOL_INLINE uint32_t next(uint64_t *seed, uint32_t answer, uint32_t is_ingress)
{
    const struct image_port *port;
    uint32_t subject, peer, l4;

    *seed ^= answer;
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    port = &shared.ports[(*seed >> 8) & (IMAGE_PORTS - 1)];
    l4 = (uint32_t)port->protocol << 16 | port->port;
    peer = ((*seed >> 32) * shared.n_ids) >> 32;
    subject = ((*seed & 0xffffffff) * shared.n_subjects) >> 32;
    if (!shared.n_subjects)
        subject = shared.subjects[(*seed >> 16) & (IMAGE_PORTS - 1)];
    return is_ingress ? ask(peer, subject, l4, 2) : ask(subject, peer, l4, 1);
}

SEC("tc") int time_image(struct __sk_buff *skb)
{
    uint64_t seed = shared.seed;
    uint32_t answer = 0, is_ingress = seed & 1;

    for (int i = 0; i < IMAGE_LOOKUPS; i++)
        answer = next(&seed, answer, is_ingress);
    shared.seed = seed;
    return answer;
}

SEC("tc") int check_image(struct __sk_buff *skb)
{
    for (int i = 0; i < IMAGE_LOOKUPS; i++) {
        const struct cnipol_key *key = &shared.questions[i & (IMAGE_QUESTIONS - 1)];

        shared.answers[i & (IMAGE_QUESTIONS - 1)] =
            ask(key->source, key->destination, (uint32_t)key->relations << 24 | (uint32_t)key->protocol << 16 | key->destination_port,
                key->directions);
    }
    return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
