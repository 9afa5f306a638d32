/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef CNIPOL_BENCH_LPM_H
#define CNIPOL_BENCH_LPM_H

/* What bench_kernel.c and lpm.bpf.c share. */

#include <linux/types.h>

#define LPM_LOOKUPS 100
#define LPM_QUESTIONS 128 /* a power of two, at least LPM_LOOKUPS */
#define LPM_PORTS 128     /* a power of two */
#define LPM_ENTRIES_MAX (1u << 20)
#define LPM_ENDPOINTS_MAX 256
#define LPM_BITS_STATIC 40 /* identity and direction */
#define LPM_BITS_FULL 64

struct lpm_key {
    __u32 prefixlen;
    __u32 identity; /* 0: any */
    __u8 direction; /* 0: egress, 1: ingress */
    __u8 protocol;
    __be16 port;
};

struct lpm_exact {
    __u32 identity;
    __u8 direction;
    __u8 protocol;
    __be16 port;
};

struct lpm_question {
    __u32 identity;
    __u16 endpoint; /* slot of `node` */
    __u8 direction;
    __u8 protocol;
    __be16 port;
    __u16 pad;
};

struct lpm_port {
    __u8 protocol;
    __u8 pad;
    __be16 port;
};

struct lpm_shared {
    __u64 seed;
    __u32 n_identities;
    __u32 n_endpoints;
    struct lpm_port ports[LPM_PORTS];
    struct lpm_question questions[LPM_QUESTIONS];
    __u8 answers[LPM_QUESTIONS];
};

#endif
