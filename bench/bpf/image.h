/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef CNIPOL_BENCH_BPF_IMAGE_H
#define CNIPOL_BENCH_BPF_IMAGE_H

/* What in_kernel.c and image.bpf.c share. */

#include <cnipol/eval_base.h>

#define IMAGE_LOOKUPS 100
#define IMAGE_QUESTIONS 128 /* a power of two, at least IMAGE_LOOKUPS */
#define IMAGE_PORTS 128     /* a power of two */

struct image_port {
    uint16_t protocol;
    uint16_t port;
};

struct image_shared {
    uint64_t seed;
    uint32_t n_ids;
    uint32_t n_subjects; /* subjects are the ids below; 0: those in `subjects` */
    uint32_t view;
    uint32_t subjects[IMAGE_PORTS];
    struct image_port ports[IMAGE_PORTS];
    struct cnipol_key questions[IMAGE_QUESTIONS];
    uint8_t answers[IMAGE_QUESTIONS];
};

#endif
