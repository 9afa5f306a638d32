/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_BENCH_IN_KERNEL_H
#define CNIPOL_BENCH_IN_KERNEL_H

/* An image in the kernel, in the benchmark's own program around the evaluator (bpf/image.bpf.c). */

#include "bpf/image.h"
#include "keys.h"

struct bpf_object;

struct in_kernel {
    struct bpf_object *object;
    struct image_shared *shared;
    int time_fd, check_fd;
    const char *failed; /* NULL: it is loaded */
    int error;          /* errno beside it */
};

/* Loads the program from a folder's object files, and the part of the image that is evaluated. Questions are drawn as `mix` says. */
bool in_kernel_open(struct in_kernel *k, const char *folder, const struct cnipol_image *image, const struct world *w,
                    const struct world_mix *mix);
void in_kernel_close(struct in_kernel *k);
/* Answers that differ from the reference's, of the first `n` questions of the pool. */
uint64_t in_kernel_count_wrong(const struct in_kernel *k, const struct keys *keys, uint32_t n);
/* Runs a program once, or again and again. 0, or -1 with errno. */
int in_kernel_run(int fd, uint32_t repeat);

#endif
