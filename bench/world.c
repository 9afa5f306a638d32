/* SPDX-License-Identifier: BSD-2-Clause */
/* See world.h. */

#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static int load(struct cnipol_cluster *cluster, const char *folder, const char *file)
{
    char path[4096];
    int rc;

    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    rc = cnipol_cluster_load_path(cluster, path);
    if (rc)
        fprintf(stderr, "%s: %s\n", path, cnipol_status_text(rc));
    return rc;
}

static int collect_ports(struct world *w)
{
    const struct cnipol_model *m = w->model;
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n_pods; i++)
        n += m->ports[i].n;
    w->ports = calloc(n + 1u, sizeof *w->ports);
    if (!w->ports)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < m->n_pods; i++)
        for (uint32_t k = 0; k < m->ports[i].n; k++)
            w->ports[w->n_ports++] = (struct world_port){m->ports[i].items[k].protocol, m->ports[i].items[k].port};
    return CNIPOL_OK;
}

static int collect_blocks(struct world *w)
{
    const struct np_machine *m = &w->model->machine;
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n_prefix_lists; i++)
        n += m->prefix_lists[i].n;
    w->blocks = calloc(n + 1u, sizeof *w->blocks);
    if (!w->blocks)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < m->n_prefix_lists; i++)
        for (uint32_t k = 0; k < m->prefix_lists[i].n; k++)
            if (m->prefix_lists[i].items[k].ip.family == 4)
                w->blocks[w->n_blocks++] = &m->prefix_lists[i].items[k];
    return CNIPOL_OK;
}

static bool begin(struct world *w)
{
    struct cnipol_cluster_opts opts = CNIPOL_CLUSTER_OPTS_INIT;

    *w = (struct world){0};
    opts.mode = CNIPOL_MODE_SERVER;
    return !cnipol_ctx_new(NULL, &w->ctx) && !cnipol_cluster_new(w->ctx, &opts, &w->cluster);
}

static bool finish(struct world *w, double since)
{
    w->load_seconds = bench_now() - since;
    since = bench_now();
    if (cnipol_model_new(w->cluster, NULL, NULL, &w->model))
        return false;
    w->build_seconds = bench_now() - since;
    return !collect_ports(w) && !collect_blocks(w);
}

bool world_open(struct world *w, const char *folder)
{
    double since = bench_now();

    return begin(w) && !load(w->cluster, folder, "inventory.yaml") && !load(w->cluster, folder, "policies.yaml") && finish(w, since);
}

bool world_open_bytes(struct world *w, const char *inventory, size_t n_inventory, const char *policies, size_t n_policies)
{
    double since = bench_now();

    return begin(w) && !cnipol_cluster_load_bytes(w->cluster, "inventory", inventory, n_inventory) &&
           !cnipol_cluster_load_bytes(w->cluster, "policies", policies, n_policies) && finish(w, since);
}

void world_close(struct world *w)
{
    cnipol_model_free(w->read);
    free(w->ports);
    free(w->blocks);
    cnipol_model_free(w->model);
    cnipol_cluster_free(w->cluster);
    cnipol_ctx_free(w->ctx);
}

static struct cnipol_end some_address(const struct world *w, uint64_t *seed)
{
    const struct np_prefix *block = w->blocks[bench_below(seed, w->n_blocks)];
    struct cnipol_end end = {.kind = CNIPOL_END_ADDRESS, .has_v4 = 1, .first_family = 4};
    uint64_t host = bench_random(seed);

    for (uint32_t i = 0; i < 4; i++) {
        uint32_t fixed = block->len > 8 * i ? block->len - 8 * i : 0;
        uint8_t mask = (uint8_t)(fixed >= 8 ? 0xff : 0xff00u >> fixed);

        end.v4[i] = (uint8_t)(block->ip.bytes[i] | ((host >> 8 * i) & (uint8_t)~mask));
    }
    return end;
}

static struct cnipol_end some_pod(const struct world *w, const uint32_t *among, uint32_t n, uint64_t *seed)
{
    uint32_t i = bench_below(seed, among ? n : w->model->n_pods);
    struct cnipol_end end = {0};

    (void)cnipol_end_pod(w->model, among ? among[i] : i, &end);
    return end;
}

static struct cnipol_end some_peer(const struct world *w, uint64_t *seed)
{
    return w->n_blocks && bench_below(seed, 10) == 0 ? some_address(w, seed) : some_pod(w, NULL, 0, seed);
}

static struct world_port some_port(const struct world *w, const struct cnipol_end *destination, uint64_t *seed)
{
    uint32_t roll = bench_below(seed, 100);

    if (roll < 80 && destination->kind == CNIPOL_END_POD && w->model->ports[destination->id].n) {
        uint32_t n = w->model->ports[destination->id].n;
        const struct np_port_name *port = &w->model->ports[destination->id].items[bench_below(seed, n)];

        return (struct world_port){port->protocol, port->port};
    }
    if (roll < 95 && w->n_ports)
        return w->ports[bench_below(seed, w->n_ports)];
    return (struct world_port){bench_below(seed, 2) ? CNIPOL_PROTOCOL_TCP : CNIPOL_PROTOCOL_UDP, (uint16_t)(1 + bench_below(seed, 65535))};
}

void world_ask(const struct world *w, const struct world_mix *mix, uint64_t *seed, struct cnipol_question *out)
{
    uint8_t direction = mix->either ? (uint8_t)(CNIPOL_ASK_EGRESS + bench_below(seed, 2)) : mix->direction;
    struct cnipol_end subject = some_pod(w, mix->subjects, mix->n_subjects, seed), peer = some_peer(w, seed);
    struct cnipol_question q = {.source = subject, .destination = peer, .direction = direction};
    struct world_port port;

    if (direction == CNIPOL_ASK_INGRESS) {
        q.source = peer;
        q.destination = subject;
    }
    port = some_port(w, &q.destination, seed);
    q.protocol = port.protocol;
    q.destination_port = port.port;
    q.source_port = (uint16_t)(32768 + bench_below(seed, 28232));
    *out = q;
}

uint32_t world_node_pods(const struct world *w, uint32_t node, uint32_t **pods)
{
    uint32_t n = 0;

    *pods = calloc(w->model->n_pods + 1u, sizeof **pods);
    for (uint32_t i = 0; *pods && i < w->model->n_pods; i++)
        if (w->model->node_of[i] == node)
            (*pods)[n++] = i;
    return n;
}

uint32_t world_fullest_node(const struct world *w)
{
    uint32_t best = 0, most = 0;

    for (uint32_t i = 0; i < w->model->n_nodes; i++) {
        uint32_t n = 0;

        for (uint32_t pod = 0; pod < w->model->n_pods; pod++)
            n += w->model->node_of[pod] == i;
        if (n > most) {
            most = n;
            best = i;
        }
    }
    return best;
}
