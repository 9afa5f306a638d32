/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_REFERENCE_MODEL_H
#define NP_REFERENCE_MODEL_H

/*
 * The model behind include/cnipol/model.h: a resolved machine, and what is needed to turn a question's
 * ends into facts.
 *
 * Ends of the machine are numbered pods first (as in the view), then nodes. Under `host-network:
 * as-node` a host-network pod is its node: a question about it becomes one about the node, with the
 * pod's address.
 *
 * A model that was read from an image has no cluster, and its machine's sets hold peer ids: relations
 * between ends are worked out in end numbers, and then each end is given its peer id (peers.h).
 */

#include <cnipol/model.h>

#include "dialect/cluster.h"
#include "engine/engine.h"
#include "reference/evaluate.h"
#include "reference/peers.h"

struct cnipol_model {
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster; /* NULL: read from an image */
    struct np_view *view;
    struct np_machine machine;
    struct np_arena arena;
    const struct np_pod *pods;
    const struct np_node_object *nodes;
    const struct np_service *services;
    uint32_t n_pods, n_nodes, n_services;
    uint32_t n_guests;          /* pods that came later: numbers from n_pods on, and ends behind the nodes */
    uint32_t n_netpols, n_cnps; /* of the cluster's policies: those that this model knows */
    struct {
        const struct np_port_name *items;
        uint32_t n;
    } * ports;                    /* by pod */
    uint32_t *node_of;            /* by pod; NP_NONE: not known */
    const char **names;           /* by pod, "namespace/name" */
    const struct np_peers *peers; /* NULL: sets are of end numbers */
    bool host_network_as_pod;
    bool service_vip_raw;
};

/* An empty model, to be built or read; NULL: out of memory. */
struct cnipol_model *np_model_alloc(struct cnipol_ctx *ctx);
/* Makes the tables by pod of a model that has its view. `sidecars`: their ports have names, too. 0 or CNIPOL_E_NOMEM. */
int np_model_tables(struct cnipol_model *model, bool sidecars);
/* Pods that come and change later (inventory/view.h): room for n, and the tables of one pod that the view has. 0 or CNIPOL_E_NOMEM. */
int np_model_make_room(struct cnipol_model *model, uint32_t n);
int np_model_take_pod(struct cnipol_model *model, uint32_t pod, bool sidecars);

static inline bool np_model_has_pod(const struct cnipol_model *model, uint32_t pod)
{
    return pod < model->n_pods + model->n_guests;
}

/* Ends are pods, then nodes, then guests. */
static inline uint32_t np_model_end_number(const struct cnipol_model *model, uint32_t pod)
{
    return pod < model->n_pods ? pod : pod + model->n_nodes;
}

/* The pod that is the end; NP_NONE: a node. */
static inline uint32_t np_model_end_pod(const struct cnipol_model *model, uint32_t end)
{
    if (end < model->n_pods)
        return end;
    return end < model->n_pods + model->n_nodes || end == NP_NONE ? NP_NONE : end - model->n_nodes;
}

/* The end that a pod is in facts: itself, or under `host-network: as-node` its node; NP_NONE: a node that is not known. */
uint32_t np_model_pod_end(const struct cnipol_model *model, uint32_t pod);

/* How a question is asked: once, or once for each backend of a Service, which a node's port may stand for, too. */
#define NP_BACKENDS_MAX 1024

/* The question's facts, with the destination as it stands. False where an end is unknown. */
bool np_model_facts(const struct cnipol_model *model, const struct cnipol_question *question, struct np_facts *out);

/* The Service port that the question's destination stands for; `n` 0: none that is to be resolved; more than 1: nobody can say. */
struct np_front np_model_front(const struct cnipol_model *model, const struct cnipol_question *question);
/* The number of ready backends behind it; at most NP_BACKENDS_MAX of them in `out`. */
uint32_t np_model_backends(const struct cnipol_model *model, const struct cnipol_question *question, const struct np_front *front,
                           struct np_backend *out);

/* The same question to one backend: destination, port, and the relation of a hairpin. False, too, where its address is contested. */
bool np_model_backend_facts(const struct cnipol_model *model, const struct cnipol_question *question, const struct np_backend *backend,
                            struct np_facts *out);

/* The address family that the question is about. */
uint8_t np_model_family(const struct cnipol_question *question);
/* Has the end an address of the family, or is none of it known at all? What is nothing but an address always has one. */
bool np_model_speaks(const struct cnipol_end *end, uint8_t family);

/* The directions that the question asks, as np_evaluate takes them. */
unsigned np_model_directions(const struct cnipol_question *question);

void np_verdict_of(const struct np_evaluation *answer, struct cnipol_verdict *out);

#endif
