/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_BPF_WORLD_H
#define TESTS_BPF_WORLD_H

/*
 * The small world of these tests: a pod that is isolated, a client, a stranger, and whoever else. Each has the
 * IPv4 address 10.0.0.N and the IPv6 address fd00::N, where N is its peer id; 0 stands for everybody else.
 */

#include <cnipol/addrmap.h>

#include "small_image.h"
#include "testing.h"

enum { WORLD_ELSE = 0, WORLD_CLIENT = 1, WORLD_POD = 2, WORLD_STRANGER = 3, WORLD_IDS = 4 };

struct world {
    struct cnipol_ctx *ctx;
    struct cnipol_bpf *bpf;
    struct cnipol_addrmap *addresses;
    uint64_t generation;
};

void world_open(struct world *world, const struct cnipol_bpf_opts *opts);
void world_close(struct world *world);
/* Publishes: the pod takes TCP to this port from this peer and nothing else, by this way, in an image of at least n bytes. */
void world_publish(struct world *world, uint32_t from, uint16_t port, int by_list, uint32_t n);
/* Publishes what small_image.h says, about this world. */
void world_publish_small(struct world *world, const struct small *small, uint32_t n);

#endif
