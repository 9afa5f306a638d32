/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_SUPPORT_RANDOM_CLUSTER_H
#define TESTS_SUPPORT_RANDOM_CLUSTER_H

/*
 * Random clusters as JSON Lines, one object a line: few names, labels, ports and addresses, drawn again and again, so
 * that policies meet. Everything is drawn from the seed: the same seed gives the same bytes.
 *
 *   ends      namespaces, nodes, pods (two families, one, none; on the host's network; finished; without a node that is
 *             known; port names that containers share, and that differ from pod to pod), workloads
 *   Services  cluster addresses, node ports, external addresses, endpoint slices with one backend, several, none
 *   policies  NetworkPolicies of all kinds of peers and ports, cluster policies of both tiers and of the older kinds,
 *             with passes, ties, networks, nodes and domain names
 *   knobs     each at one of its values; some names in the DNS table
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cnipol/cnipol.h>

struct random_cluster {
    uint64_t state;
    FILE *out;
    char *bytes;
    size_t n;
    uint32_t n_namespaces, n_nodes, n_pods, n_services;
};

/* False: out of memory. */
bool random_cluster_new(struct random_cluster *r, uint64_t seed);
void random_cluster_free(struct random_cluster *r);
/* Half of all clusters keep the defaults. */
int random_cluster_knobs(struct random_cluster *r, struct cnipol_knobs *knobs);

uint32_t random_below(struct random_cluster *r, uint32_t n);
bool random_percent(struct random_cluster *r, uint32_t chance);
/* Text that names an end of the cluster, an address that may be somebody's, or nobody. */
void random_end_text(struct random_cluster *r, bool is_destination, char *out, size_t size);
/* Everything but the ends. */
void random_conditions(struct random_cluster *r, struct cnipol_question *q);

#endif
