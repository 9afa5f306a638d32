/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Compiled when the build is configured, and nowhere else: are Clang's bpf target and all headers there? */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int np_probe(struct __sk_buff *skb)
{
    return skb->len > bpf_ntohs(ETH_HLEN) ? TC_ACT_OK : TC_ACT_SHOT;
}
