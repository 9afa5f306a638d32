/* SPDX-License-Identifier: BSD-2-Clause */
/* Building a model: see model.h. The inventory is sealed, policies lowered and resolved, and tables by pod made. */

#include "reference/model.h"

#include "resolve/resolve.h"

static int seal(struct cnipol_model *model, const struct cnipol_knobs *knobs)
{
    const struct np_inventory_opts opts = {
        .workloads = np_knob(knobs, NP_KNOB_WORKLOADS),
        .keep_finished = np_knob(knobs, NP_KNOB_POD_PHASE) != 0,
        .host_network_as_pod = np_knob(knobs, NP_KNOB_HOST_NETWORK) != 0,
    };
    const struct np_policies *policies = &model->cluster->policies;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < policies->n_netpols && !rc; i++)
        rc = np_inventory_mention(model->cluster->inventory, policies->netpols[i].ns);
    if (!rc)
        rc = np_inventory_seal(model->cluster->inventory, &opts, &model->view);
    if (rc)
        return rc;
    model->pods = np_view_pods(model->view, &model->n_pods);
    model->nodes = np_view_nodes(model->view, &model->n_nodes);
    model->services = np_view_services(model->view, &model->n_services);
    model->n_netpols = policies->n_netpols;
    model->n_cnps = policies->n_cnps;
    model->host_network_as_pod = opts.host_network_as_pod;
    model->service_vip_raw = np_knob(knobs, NP_KNOB_SERVICE_VIP) != 0;
    return CNIPOL_OK;
}

static int build_ports(struct cnipol_model *model, uint32_t pod, bool sidecars)
{
    const struct np_pod *p = &model->pods[pod];
    struct np_port_name *items;
    uint32_t n = 0;

    model->ports[pod].n = 0;
    if (!p->n_ports)
        return CNIPOL_OK;
    items = np_arena_array(&model->arena, p->n_ports, sizeof *items);
    if (!items)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < p->n_ports; i++)
        if (sidecars || p->ports[i].origin == NP_PORT_CONTAINER)
            items[n++] = (struct np_port_name){p->ports[i].name, p->ports[i].port, p->ports[i].protocol};
    model->ports[pod].items = items;
    model->ports[pod].n = n;
    return CNIPOL_OK;
}

static const char *build_name(struct cnipol_model *model, const struct np_pod *pod)
{
    struct np_str ns = np_atoms_str(&model->ctx->atoms, pod->ns_name), name = np_atoms_str(&model->ctx->atoms, pod->name);
    char *text = np_arena_alloc(&model->arena, (size_t)ns.n + name.n + 2);

    if (!text)
        return NULL;
    memcpy(text, ns.s, ns.n);
    text[ns.n] = '/';
    memcpy(text + ns.n + 1, name.s, name.n);
    text[ns.n + 1 + name.n] = '\0';
    return text;
}

int np_model_take_pod(struct cnipol_model *model, uint32_t pod, bool sidecars)
{
    np_atom node = model->pods[pod].node;

    model->node_of[pod] = node == NP_ATOM_NONE ? NP_NONE : np_view_node(model->view, node);
    model->names[pod] = build_name(model, &model->pods[pod]);
    return model->names[pod] ? build_ports(model, pod, sidecars) : CNIPOL_E_NOMEM;
}

int np_model_tables(struct cnipol_model *model, bool sidecars)
{
    int rc = CNIPOL_OK;

    model->ports = np_arena_zalloc(&model->arena, model->n_pods * sizeof *model->ports);
    model->node_of = np_arena_array(&model->arena, model->n_pods, sizeof *model->node_of);
    model->names = np_arena_array(&model->arena, model->n_pods, sizeof *model->names);
    if (!model->ports || !model->node_of || !model->names)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < model->n_pods && !rc; i++)
        rc = np_model_take_pod(model, i, sidecars);
    return rc;
}

static int grow(struct cnipol_model *model, const void *from, uint32_t n, size_t size, void **to)
{
    *to = np_arena_zalloc(&model->arena, (model->n_pods + (size_t)n) * size);
    if (*to && model->n_pods)
        memcpy(*to, from, model->n_pods * size);
    return *to ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

int np_model_make_room(struct cnipol_model *model, uint32_t n)
{
    void *ports, *node_of, *names;

    if (np_view_make_room(model->view, n) || grow(model, model->ports, n, sizeof *model->ports, &ports) ||
        grow(model, model->node_of, n, sizeof *model->node_of, &node_of) || grow(model, model->names, n, sizeof *model->names, &names))
        return CNIPOL_E_NOMEM;
    model->pods = np_view_pods(model->view, &model->n_pods);
    model->ports = ports;
    model->node_of = node_of;
    model->names = names;
    return CNIPOL_OK;
}

static int build(struct cnipol_model *model, const struct np_engine *engine, const struct cnipol_knobs *knobs)
{
    struct np_engine_input input = {model->ctx, &model->cluster->policies, NULL, knobs};
    int rc = seal(model, knobs);

    if (rc)
        return rc;
    input.view = model->view;
    rc = engine->lower(&input, &model->machine);
    if (!rc)
        rc = np_resolve_selections(&model->machine, model->view);
    if (!rc)
        rc = np_resolve_subjects(&model->machine, model->n_pods + model->n_nodes);
    if (!rc)
        rc = np_model_tables(model, np_knob(knobs, NP_KNOB_NAMED_PORT_SIDECARS) == 0);
    return rc;
}

struct cnipol_model *np_model_alloc(struct cnipol_ctx *ctx)
{
    struct cnipol_model *model = np_zalloc(&ctx->mem, sizeof *model);

    if (!model)
        return NULL;
    model->ctx = ctx;
    np_machine_init(&model->machine, &ctx->mem, "");
    np_arena_init(&model->arena, &ctx->mem);
    return model;
}

int cnipol_model_new(struct cnipol_cluster *cluster, const char *engine_name, const struct cnipol_knobs *knobs, struct cnipol_model **out)
{
    const struct np_engine *engine = np_engine_find(engine_name ? engine_name : "kubernetes");
    struct cnipol_ctx *ctx = cluster->ctx;
    struct cnipol_knobs *defaults = NULL;
    struct cnipol_model *model;
    int rc;

    if (!engine)
        return CNIPOL_E_NOTFOUND;
    if (!knobs) {
        rc = cnipol_knobs_new(ctx, &defaults);
        if (rc)
            return rc;
    }
    model = np_model_alloc(ctx);
    rc = model ? CNIPOL_OK : CNIPOL_E_NOMEM;
    if (!rc) {
        model->cluster = cluster;
        model->machine.engine = engine->name;
        rc = build(model, engine, knobs ? knobs : defaults);
    }
    cnipol_knobs_free(defaults);
    if (rc) {
        cnipol_model_free(model);
        return rc;
    }
    *out = model;
    return CNIPOL_OK;
}

void cnipol_model_free(struct cnipol_model *model)
{
    if (!model)
        return;
    np_machine_free(&model->machine);
    np_view_free(model->view);
    np_arena_free(&model->arena);
    np_free(&model->ctx->mem, model, sizeof *model);
}

uint32_t cnipol_model_pods(const struct cnipol_model *model)
{
    return model->n_pods;
}

const char *cnipol_model_pod_name(const struct cnipol_model *model, uint32_t pod)
{
    return np_model_has_pod(model, pod) ? model->names[pod] : NULL;
}
