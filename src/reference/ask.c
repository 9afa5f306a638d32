/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a question to facts: see model.h, and asker.h for what is done with them.
 *
 * A Service as destination stands for its ready backends. A node's port or address that the nodes
 * translate to a Service stands for that Service.
 */

#include "reference/model.h"

static struct np_ip address_of(const struct cnipol_end *end, uint8_t family)
{
    struct np_ip ip = {0};

    if (family == 4 && end->has_v4) {
        ip.family = 4;
        memcpy(ip.bytes, end->v4, 4);
    } else if (family == 6 && end->has_v6) {
        ip.family = 6;
        memcpy(ip.bytes, end->v6, 16);
    }
    return ip;
}

static bool has_family(const struct cnipol_end *end, uint8_t family)
{
    return family == 4 ? end->has_v4 : end->has_v6;
}

/* The first family, in the source's order, that both ends have; else what either has. */
uint8_t np_model_family(const struct cnipol_question *question)
{
    const struct cnipol_end *a = &question->source, *b = &question->destination;
    uint8_t first = a->first_family == 6 ? 6 : 4, second = (uint8_t)(10 - first);

    if (question->family)
        return question->family;
    if (has_family(a, first) && has_family(b, first))
        return first;
    if (has_family(a, second) && has_family(b, second))
        return second;
    if (has_family(a, first))
        return first;
    return has_family(b, 4) ? 4 : 6;
}

bool np_model_speaks(const struct cnipol_end *end, uint8_t family)
{
    bool may_be_unknown = end->kind != CNIPOL_END_ADDRESS && end->kind != CNIPOL_END_SERVICE;

    return has_family(end, family) || (may_be_unknown && !end->has_v4 && !end->has_v6);
}

uint32_t np_model_pod_end(const struct cnipol_model *model, uint32_t pod)
{
    if (!model->pods[pod].host_network || model->host_network_as_pod)
        return np_model_end_number(model, pod);
    return model->node_of[pod] == NP_NONE ? NP_NONE : model->n_pods + model->node_of[pod];
}

static struct np_fact_end pod_end(const struct cnipol_model *model, uint32_t pod)
{
    struct np_fact_end end = {.id = np_model_pod_end(model, pod)};

    if (end.id != np_model_end_number(model, pod))
        return end;
    end.ports = model->ports[pod].items;
    end.n_ports = model->ports[pod].n;
    end.is_policed = true;
    return end;
}

static bool fact_end(const struct cnipol_model *model, const struct cnipol_end *from, uint8_t family, struct np_fact_end *out)
{
    struct np_fact_end end = {.id = NP_NONE};

    switch (from->kind) {
    case CNIPOL_END_POD:
        if (!np_model_has_pod(model, from->id))
            return false;
        end = pod_end(model, from->id);
        break;
    case CNIPOL_END_NODE:
        if (from->id >= model->n_nodes)
            return false;
        end.id = model->n_pods + from->id;
        break;
    case CNIPOL_END_SERVICE:
        if (from->id >= model->n_services)
            return false;
        break;
    case CNIPOL_END_ADDRESS:
        break;
    default:
        return false;
    }
    end.number = end.id;
    end.ip = address_of(from, family);
    *out = end;
    return true;
}

/* What the machine's sets call the end. */
static uint32_t peer_of(const struct cnipol_model *model, const struct cnipol_end *from, const struct np_fact_end *end)
{
    const struct np_peers *peers = model->peers;

    if (!peers)
        return end->number;
    if (from->kind == CNIPOL_END_POD)
        return np_peers_of_end(peers, from->id, model->pods[from->id].ips, &end->ip);
    if (from->kind == CNIPOL_END_NODE)
        return np_peers_of_end(peers, model->n_pods + from->id, model->nodes[from->id].ips, &end->ip);
    return np_peers_of_address(peers, &end->ip);
}

/* The node that the end is on, or is; NP_NONE. */
static uint32_t node_of(const struct cnipol_model *model, const struct np_fact_end *end)
{
    uint32_t pod = np_model_end_pod(model, end->id);

    if (end->id == NP_NONE)
        return NP_NONE;
    return pod != NP_NONE ? model->node_of[pod] : end->id - model->n_pods;
}

/* Does the end speak with an address of the node that the pod is on? */
static bool is_own_node(const struct cnipol_model *model, const struct np_fact_end *pod, const struct np_fact_end *end)
{
    uint32_t number = np_model_end_pod(model, pod->id), node = number == NP_NONE ? NP_NONE : model->node_of[number];

    if (node == NP_NONE || !pod->is_policed)
        return false;
    if (end->id == model->n_pods + node)
        return true;
    for (uint32_t i = 0; i < model->nodes[node].n_ips; i++)
        if (np_ip_eq(&model->nodes[node].ips[i], &end->ip))
            return true;
    return false;
}

static uint32_t relations_of(const struct cnipol_model *model, const struct np_facts *facts)
{
    const struct np_fact_end *src = &facts->ends[NP_END_SOURCE], *dst = &facts->ends[NP_END_DESTINATION];
    uint32_t bits = 0, node = node_of(model, src);

    if (src->is_policed && src->id == dst->id)
        bits |= NP_REL_SELF;
    if (node != NP_NONE && node == node_of(model, dst))
        bits |= NP_REL_SAME_NODE;
    if (is_own_node(model, dst, src))
        bits |= NP_REL_FROM_OWN_NODE;
    if (is_own_node(model, src, dst))
        bits |= NP_REL_TO_OWN_NODE;
    return bits;
}

static bool protocol_has_ports(uint8_t protocol)
{
    return protocol == CNIPOL_PROTOCOL_TCP || protocol == CNIPOL_PROTOCOL_UDP || protocol == CNIPOL_PROTOCOL_SCTP;
}

/* A field that nobody filled, or that says what is not known here, asks something else than what is answered. */
static bool is_sound(const struct cnipol_question *q)
{
    return q->protocol && (q->family == 0 || q->family == 4 || q->family == 6) && q->direction <= CNIPOL_ASK_INGRESS && q->has_icmp <= 1 &&
           q->is_fragment <= 1 && q->connection_state <= 2 && q->port_unknown <= 1 && !q->reserved[0] && !q->reserved[1] && !q->reserved[2];
}

bool np_model_facts(const struct cnipol_model *model, const struct cnipol_question *question, struct np_facts *out)
{
    uint8_t family = np_model_family(question);

    *out = (struct np_facts){
        .protocol = question->protocol,
        .has_ports = protocol_has_ports(question->protocol) && !question->is_fragment,
        .port_unknown = question->port_unknown != 0,
        .has_icmp = question->has_icmp != 0,
        .icmp_type = question->icmp_type,
        .icmp_code = question->icmp_code,
        .state = question->connection_state,
        .source_port = question->source_port,
        .port = question->destination_port,
    };
    if (!is_sound(question) || !np_model_speaks(&question->source, family) || !np_model_speaks(&question->destination, family) ||
        (question->source.kind == CNIPOL_END_SERVICE && !model->service_vip_raw))
        return false;
    if (!fact_end(model, &question->source, family, &out->ends[NP_END_SOURCE]) ||
        !fact_end(model, &question->destination, family, &out->ends[NP_END_DESTINATION]))
        return false;
    out->relations = relations_of(model, out);
    out->ends[NP_END_SOURCE].id = peer_of(model, &question->source, &out->ends[NP_END_SOURCE]);
    out->ends[NP_END_DESTINATION].id = peer_of(model, &question->destination, &out->ends[NP_END_DESTINATION]);
    return !model->peers || (out->ends[NP_END_SOURCE].id != NP_NONE && out->ends[NP_END_DESTINATION].id != NP_NONE);
}

/* Is this a node, or a pod that has the node's addresses? */
static bool is_at_node(const struct cnipol_model *model, const struct cnipol_end *end)
{
    if (end->kind == CNIPOL_END_POD)
        return np_model_has_pod(model, end->id) && model->pods[end->id].host_network;
    return end->kind == CNIPOL_END_NODE && end->id < model->n_nodes;
}

struct np_front np_model_front(const struct cnipol_model *model, const struct cnipol_question *question)
{
    const struct cnipol_end *end = &question->destination;
    bool is_service = end->kind == CNIPOL_END_SERVICE && end->id < model->n_services;
    struct np_front front;
    struct np_ip ip;

    if (model->service_vip_raw || (!is_service && !is_at_node(model, end)))
        return (struct np_front){0};
    ip = address_of(end, np_model_family(question));
    front = np_view_external(model->view, &ip, question->protocol, question->destination_port);
    if (front.n)
        return front;
    if (is_service)
        return (struct np_front){1, end->id, question->destination_port};
    if (question->port_unknown && protocol_has_ports(question->protocol) && np_view_has_fronts(model->view, &ip))
        return (struct np_front){.n = UINT32_MAX};
    return np_view_node_port(model->view, question->protocol, question->destination_port);
}

uint32_t np_model_backends(const struct cnipol_model *model, const struct cnipol_question *question, const struct np_front *front,
                           struct np_backend *out)
{
    return np_view_backends(model->view, front->service, question->protocol, front->port, np_model_family(question), out, NP_BACKENDS_MAX);
}

bool np_model_backend_facts(const struct cnipol_model *model, const struct cnipol_question *question, const struct np_backend *backend,
                            struct np_facts *out)
{
    struct np_owner owner = np_view_owner(model->view, &backend->ip);
    struct cnipol_question q = *question;

    if (owner.kind == NP_OWNER_CONTESTED)
        return false;
    q.destination = (struct cnipol_end){.kind = CNIPOL_END_ADDRESS, .has_v4 = backend->ip.family == 4, .has_v6 = backend->ip.family == 6};
    if (owner.kind == NP_OWNER_POD || owner.kind == NP_OWNER_NODE) {
        q.destination.kind = owner.kind == NP_OWNER_POD ? CNIPOL_END_POD : CNIPOL_END_NODE;
        q.destination.id = owner.index;
    }
    memcpy(q.destination.v4, backend->ip.bytes, sizeof q.destination.v4);
    memcpy(q.destination.v6, backend->ip.bytes, sizeof q.destination.v6);
    q.destination_port = backend->port;
    if (!np_model_facts(model, &q, out))
        return false;
    if (out->relations & NP_REL_SELF)
        out->relations = (out->relations & ~(uint32_t)NP_REL_SELF) | NP_REL_HAIRPIN;
    return true;
}

unsigned np_model_directions(const struct cnipol_question *question)
{
    static const unsigned directions[] = {[CNIPOL_ASK_BOTH] = 3, [CNIPOL_ASK_EGRESS] = 1, [CNIPOL_ASK_INGRESS] = 2};

    return question->direction <= CNIPOL_ASK_INGRESS ? directions[question->direction] : 3;
}
