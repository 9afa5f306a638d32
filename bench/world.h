/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_BENCH_WORLD_H
#define CNIPOL_BENCH_WORLD_H

/*
 * A cluster as bench/clustergen.py writes it, with a model of it, and questions about it.
 *
 * Questions are drawn as `clustergen.py --trace-mode uniform` draws its trace: any pod to any pod, one
 * in ten to or from an address in a block that some policy names; the destination's own ports four
 * times in five, any pod's ports three times in twenty, else any port. They are made here instead of
 * read, so that there may be as many as a benchmark likes.
 */

#include <cnipol/cnipol.h>

#include "reference/model.h"

struct world_port {
    uint8_t protocol;
    uint16_t port;
};

struct world {
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_model *model;
    struct cnipol_model *read; /* the same, read from an image, so that ends have peer ids; NULL until then */
    struct world_port *ports;  /* every pod's, repeats included */
    uint32_t n_ports;
    const struct np_prefix **blocks; /* IPv4, of the policies */
    uint32_t n_blocks;
    double load_seconds, build_seconds;
};

/* Which questions. */
struct world_mix {
    const uint32_t *subjects; /* pods; NULL: all */
    uint32_t n_subjects;
    uint8_t direction; /* enum cnipol_ask_direction */
    bool either;       /* one direction, egress or ingress by turns; `direction` does not count */
};

/* Says on stderr what went wrong. */
bool world_open(struct world *w, const char *folder);
bool world_open_bytes(struct world *w, const char *inventory, size_t n_inventory, const char *policies, size_t n_policies);
void world_close(struct world *w);
void world_ask(const struct world *w, const struct world_mix *mix, uint64_t *seed, struct cnipol_question *out);
/* The node with the most pods. */
uint32_t world_fullest_node(const struct world *w);
/* The pods of a node; the caller frees `pods`. */
uint32_t world_node_pods(const struct world *w, uint32_t node, uint32_t **pods);

#endif
