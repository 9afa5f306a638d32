/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs in the kernel. Each finds the published image, asks the evaluator, and either judges a packet
 * or writes the answer back for a test to read.
 *
 * The image is one value of an array behind an array of maps, so that a publication is one store. Every
 * offset is masked with a constant: the size of the value is known before load and is a power of two, and
 * the verifier needs no branch to see that an access stays within. A program takes the value once and uses
 * it to its end; the kernel keeps a value until the programs that may have it are through.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/layout.h"
#include "bpf/standin.h"

#define HIDDEN static __attribute__((always_inline)) inline

const volatile struct np_bpf_knobs np_knobs SEC(".rodata.knobs");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} np_images SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} np_addrmap SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct np_bpf_counts);
} np_counts SEC(".maps");

struct image {
    const __u8 *bytes;
    __u32 mask;
    __u32 view;
};

/* False before the first publication. */
HIDDEN int take_image(struct image *image)
{
    const struct np_bpf_publication *publication;
    __u32 zero = 0;
    void *map = bpf_map_lookup_elem(&np_images, &zero);

    if (!map)
        return 0;
    image->bytes = bpf_map_lookup_elem(map, &zero);
    if (!image->bytes)
        return 0;
    image->mask = np_knobs.image_size - 1;
    publication = (const void *)(image->bytes + (np_knobs.image_size - NP_BPF_CONTROL));
    if (!*(const volatile __u64 *)&publication->generation)
        return 0;
    image->view = *(const volatile __u32 *)&publication->view;
    return 1;
}

HIDDEN void count(int what)
{
    __u32 zero = 0;
    struct np_bpf_counts *counts = bpf_map_lookup_elem(&np_counts, &zero);

    if (counts && what >= 0 && what < NP_BPF_COUNTERS)
        counts->n[what]++;
}

/* What is counted: enum np_bpf_counter. */
HIDDEN int judge_frame(struct __sk_buff *skb, int judge)
{
    struct ethhdr eth;
    struct iphdr ip;
    struct image image;
    struct np_ask ask = {};
    struct np_answer answer;

    if (bpf_skb_load_bytes(skb, 0, &eth, sizeof eth))
        return NP_BPF_MALFORMED;
    if (eth.h_proto != bpf_htons(ETH_P_IP))
        return NP_BPF_OTHER;
    if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof ip) || ip.version != 4)
        return NP_BPF_MALFORMED;
    if (!take_image(&image))
        return NP_BPF_UNREADY;
    ask.source = bpf_ntohl(ip.saddr);
    ask.destination = bpf_ntohl(ip.daddr);
    ask.protocol = ip.protocol;
    ask.direction = judge;
    np_standin(image.bytes, image.mask, image.view, &ask, &answer);
    return answer.decision ? NP_BPF_DENIED : NP_BPF_ALLOWED;
}

HIDDEN int judge(struct __sk_buff *skb, int judge)
{
    int what = judge_frame(skb, judge);

    count(what);
    if (what == NP_BPF_ALLOWED || what == NP_BPF_REDIRECTED)
        return TC_ACT_OK;
    return what == NP_BPF_OTHER && !(np_knobs.flags & NP_BPF_DROP_OTHER) ? TC_ACT_OK : TC_ACT_SHOT;
}

SEC("tc")
int np_judge_both(struct __sk_buff *skb)
{
    return judge(skb, 0);
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

/* Behind an Ethernet header: a question; behind it, the answer is written. */
SEC("tc")
int np_eval_one(struct __sk_buff *skb)
{
    struct image image;
    struct np_ask ask;
    struct np_answer answer;

    if (!take_image(&image) || bpf_skb_load_bytes(skb, ETH_HLEN, &ask, sizeof ask))
        return TC_ACT_SHOT;
    np_standin(image.bytes, image.mask, image.view, &ask, &answer);
    return bpf_skb_store_bytes(skb, ETH_HLEN + sizeof ask, &answer, sizeof answer, 0) ? TC_ACT_SHOT : TC_ACT_OK;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
