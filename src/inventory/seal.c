/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealing: the view that questions are asked of. See np_inventory_seal.
 *
 * A view is made from the tables in the order of dependence: namespaces and nodes, pods (real and
 * virtual, sorted together), Services, backends, owners of addresses. Everything is sorted by name, so
 * the view does not depend on the order of files. Strings are fetched before sorting, namespaces
 * compare by their rank: 100,000 pods sort in some 30 ms.
 */

#include "inventory/store.h"

#include <ctype.h>
#include <stdlib.h>

#include <cnipol/status.h>

/* What is sorted in place of the objects themselves. */
struct key {
    struct np_str name;
    uint32_t ns;                      /* rank of the namespace; 0 for cluster-scoped objects */
    uint32_t item;                    /* in its table */
    struct np_inv_workload *template; /* NULL: a real object */
    uint8_t kind;                     /* of the template */
};

struct keys {
    struct key *items;
    uint32_t n;
};

static int by_name(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order;

    if (x->ns != y->ns)
        return x->ns < y->ns ? -1 : 1;
    order = np_str_cmp(x->name, y->name);
    if (order == 0)
        order = (x->kind > y->kind) - (x->kind < y->kind);
    return order ? order : (x->item > y->item) - (x->item < y->item);
}

static void sort_keys(struct keys *keys)
{
    if (keys->n > 1)
        qsort(keys->items, keys->n, sizeof *keys->items, by_name);
}

static int make_keys(struct np_inv_seal *seal, struct keys *keys, size_t room)
{
    *keys = (struct keys){0};
    keys->items = room < NP_NONE ? np_arena_array(&seal->tmp, room, sizeof *keys->items) : NULL;
    return keys->items ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static void add_key(const struct np_inv_seal *seal, struct keys *keys, const struct np_inv_head *head, uint32_t item)
{
    uint32_t home = head->ns ? np_inv_index(seal->inv, NP_INV_NAMESPACE, NP_ATOM_NONE, head->ns) : NP_NONE;
    struct np_str name = np_atoms_str(&seal->inv->ctx->atoms, head->name);

    keys->items[keys->n++] = (struct key){name, home == NP_NONE ? 0 : seal->namespaces[home], item, NULL, 0};
}

/* `ranks`, where it is given: the place in the order, by item. */
static int order_table(struct np_inv_seal *seal, enum np_inv_kind kind, struct keys *keys, uint32_t **ranks)
{
    uint32_t n = seal->inv->tables[kind].n;

    if (make_keys(seal, keys, n))
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        add_key(seal, keys, np_inv_item(seal->inv, kind, i), i);
    sort_keys(keys);
    if (!ranks)
        return CNIPOL_OK;
    *ranks = np_arena_array(&seal->tmp, n, sizeof **ranks);
    if (!*ranks)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        (*ranks)[keys->items[i].item] = i;
    return CNIPOL_OK;
}

static int seal_namespaces(struct np_inv_seal *seal)
{
    struct np_view *view = seal->view;
    struct keys keys;

    if (order_table(seal, NP_INV_NAMESPACE, &keys, &seal->namespaces))
        return CNIPOL_E_NOMEM;
    view->namespaces = np_arena_array(&view->arena, keys.n, sizeof *view->namespaces);
    if (!view->namespaces)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < keys.n; i++) {
        const struct np_inv_namespace *item = np_inv_item(seal->inv, NP_INV_NAMESPACE, keys.items[i].item);

        view->namespaces[i] = (struct np_namespace){.name = item->head.name, .labels = item->labels, .span = item->head.span};
    }
    view->n_namespaces = keys.n;
    return CNIPOL_OK;
}

static int seal_nodes(struct np_inv_seal *seal)
{
    struct np_view *view = seal->view;
    struct keys keys;

    if (order_table(seal, NP_INV_NODE, &keys, NULL))
        return CNIPOL_E_NOMEM;
    view->nodes = np_arena_array(&view->arena, keys.n, sizeof *view->nodes);
    if (!view->nodes)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < keys.n; i++) {
        const struct np_inv_node *item = np_inv_item(seal->inv, NP_INV_NODE, keys.items[i].item);

        view->nodes[i] = (struct np_node_object){item->head.name, item->labels, item->ips, item->n_ips, item->head.span};
    }
    view->n_nodes = keys.n;
    return CNIPOL_OK;
}

static int seal_services(struct np_inv_seal *seal)
{
    struct np_view *view = seal->view;
    struct keys keys;

    if (order_table(seal, NP_INV_SERVICE, &keys, &seal->services))
        return CNIPOL_E_NOMEM;
    view->services = np_arena_array(&view->arena, keys.n, sizeof *view->services);
    if (!view->services)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < keys.n; i++) {
        const struct np_inv_service *item = np_inv_item(seal->inv, NP_INV_SERVICE, keys.items[i].item);

        view->services[i] = (struct np_service){.ns = item->head.ns,
                                                .name = item->head.name,
                                                .vips = item->vips,
                                                .n_vips = item->n_vips,
                                                .externals = item->externals,
                                                .n_externals = item->n_externals,
                                                .ports = item->ports,
                                                .n_ports = item->n_ports,
                                                .span = item->head.span};
    }
    view->n_services = keys.n;
    return CNIPOL_OK;
}

static size_t count_workloads(const struct np_inventory *inv)
{
    size_t n = 0;

    for (int kind = NP_INV_WORKLOADS; kind < NP_INV_KINDS; kind++)
        n += inv->tables[kind].n;
    return n;
}

static void add_templates(const struct np_inv_seal *seal, struct keys *keys)
{
    for (int kind = NP_INV_WORKLOADS; kind < NP_INV_KINDS; kind++) {
        for (uint32_t i = 0; i < seal->inv->tables[kind].n; i++) {
            struct np_inv_workload *workload = np_inv_item(seal->inv, (enum np_inv_kind)kind, i);

            if (!np_inv_stands_in(seal, (enum np_inv_kind)kind, i))
                continue;
            add_key(seal, keys, &workload->head, i);
            keys->items[keys->n - 1].template = workload;
            keys->items[keys->n - 1].kind = (uint8_t)kind;
        }
    }
}

static int order_pods(struct np_inv_seal *seal, struct keys *keys)
{
    uint32_t n = seal->inv->tables[NP_INV_POD].n;

    if (make_keys(seal, keys, n + count_workloads(seal->inv)))
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        const struct np_inv_pod *pod = np_inv_item(seal->inv, NP_INV_POD, i);

        if (!pod->finished || seal->opts->keep_finished)
            add_key(seal, keys, &pod->head, i);
    }
    add_templates(seal, keys);
    sort_keys(keys);
    return CNIPOL_OK;
}

/* The name of a template whose own name is taken by another template: web.statefulset. NP_ATOM_NONE: out of memory. */
static np_atom spare_name(struct np_inventory *inv, const struct key *key)
{
    const char *kind = np_inv_kind_name((enum np_inv_kind)key->kind);
    struct np_buf text;
    np_atom atom = NP_ATOM_NONE;

    np_buf_init(&text, &inv->ctx->mem);
    np_buf_addstr(&text, key->name);
    np_buf_addc(&text, '.');
    for (const char *c = kind; *c; c++)
        np_buf_addc(&text, (char)tolower((unsigned char)*c));
    if (!np_buf_failed(&text))
        atom = np_atoms_add(&inv->ctx->atoms, (struct np_str){text.s, (uint32_t)text.n});
    np_buf_free(&text);
    return atom;
}

static void warn_taken(struct np_inventory *inv, struct np_inv_workload *workload, const struct key *key, np_atom name)
{
    struct np_diag_object outer = inv->ctx->diags.object;
    const struct np_atoms *atoms = &inv->ctx->atoms;

    if (workload->told)
        return;
    workload->told = true;
    inv->ctx->diags.object =
        (struct np_diag_object){np_inv_kind_name((enum np_inv_kind)key->kind), np_atoms_str(atoms, workload->head.ns).s, key->name.s};
    (void)np_diag_raise(&inv->ctx->diags, NP_INV_WORKLOAD_NAME, workload->head.span,
                        "two workloads are named `%s/%s`: this %s is asked for as `%s`", np_atoms_str(atoms, workload->head.ns).s,
                        key->name.s, np_inv_kind_name((enum np_inv_kind)key->kind), np_atoms_str(atoms, name).s);
    inv->ctx->diags.object = outer;
}

/* One pass of settle_names; *renamed tells whether another one is needed. */
static int settle_once(struct np_inventory *inv, struct keys *keys, bool *renamed)
{
    uint32_t first = 0, kept = 0;

    *renamed = false;
    for (uint32_t i = 0; i < keys->n; i++) {
        struct key *key = &keys->items[i];
        bool same = i > 0 && key->ns == keys->items[first].ns && np_str_eq(key->name, keys->items[first].name);

        if (same && !keys->items[first].template)
            continue;
        if (same) {
            np_atom name = spare_name(inv, key);

            if (!name)
                return CNIPOL_E_NOMEM;
            warn_taken(inv, key->template, key, name);
            key->name = np_atoms_str(&inv->ctx->atoms, name);
            *renamed = true;
        } else {
            first = kept;
        }
        keys->items[kept++] = *key;
    }
    keys->n = kept;
    return CNIPOL_OK;
}

/* Drops templates whose name a real pod has, and renames those whose name another template has. */
static int settle_names(struct np_inventory *inv, struct keys *keys)
{
    bool renamed;
    int rc;

    do {
        rc = settle_once(inv, keys, &renamed);
        if (renamed)
            sort_keys(keys);
    } while (!rc && renamed);
    return rc;
}

static void fill_spec(struct np_pod *out, const struct np_inv_head *head, const struct np_inv_spec *spec, uint32_t ns)
{
    *out = (struct np_pod){.name = head->name,
                           .node = spec->node,
                           .service_account = spec->service_account,
                           .ns = ns,
                           .ns_name = head->ns,
                           .labels = spec->labels,
                           .ports = spec->ports,
                           .n_ports = spec->n_ports,
                           .host_network = spec->host_network,
                           .span = head->span};
}

static int fill_virtual(struct np_inventory *inv, const struct key *key, struct np_pod *out)
{
    struct np_buf text;
    np_atom workload = NP_ATOM_NONE;

    fill_spec(out, &key->template->head, &key->template->spec, key->ns);
    out->is_virtual = true;
    out->name = np_atoms_add(&inv->ctx->atoms, key->name);
    np_buf_init(&text, &inv->ctx->mem);
    np_buf_addf(&text, "%s/%s", np_inv_kind_name((enum np_inv_kind)key->kind), np_atoms_str(&inv->ctx->atoms, key->template->head.name).s);
    if (!np_buf_failed(&text))
        workload = np_atoms_add(&inv->ctx->atoms, (struct np_str){text.s, (uint32_t)text.n});
    np_buf_free(&text);
    out->workload = workload ? np_atoms_str(&inv->ctx->atoms, workload).s : NULL;
    return workload && out->name ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int fill_pod(struct np_inventory *inv, const struct key *key, struct np_pod *out)
{
    const struct np_inv_pod *item = np_inv_item(inv, NP_INV_POD, key->item);
    const struct np_inv_node *node;
    np_atom workload;

    fill_spec(out, &item->head, &item->spec, key->ns);
    out->ips = item->ips;
    out->n_ips = item->n_ips;
    out->finished = item->finished;
    node = item->spec.host_network && item->n_ips == 0 ? np_inv_find(inv, NP_INV_NODE, NP_ATOM_NONE, item->spec.node) : NULL;
    if (node) {
        out->ips = node->ips;
        out->n_ips = node->n_ips;
    }
    if (item->controller.kind == NP_INV_NONE)
        return CNIPOL_OK;
    workload = np_inv_controller_text(inv, item);
    out->workload = workload ? np_atoms_str(&inv->ctx->atoms, workload).s : NULL;
    return workload ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int fill_pods(struct np_inv_seal *seal, const struct keys *keys)
{
    struct np_view *view = seal->view;

    view->pods = np_arena_array(&view->arena, keys->n, sizeof *view->pods);
    if (!view->pods)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < keys->n; i++) {
        const struct key *key = &keys->items[i];
        struct np_namespace *home = &view->namespaces[key->ns];

        if (key->template ? fill_virtual(seal->inv, key, &view->pods[i]) : fill_pod(seal->inv, key, &view->pods[i]))
            return CNIPOL_E_NOMEM;
        if (home->n_pods++ == 0)
            home->first_pod = i;
    }
    view->n_pods = keys->n;
    return CNIPOL_OK;
}

static int seal_pods(struct np_inv_seal *seal)
{
    struct keys keys;

    if (seal->opts->workloads == NP_WORKLOADS_AUTO && np_inv_count_pods(seal))
        return CNIPOL_E_NOMEM;
    if (order_pods(seal, &keys) || settle_names(seal->inv, &keys))
        return CNIPOL_E_NOMEM;
    return fill_pods(seal, &keys);
}

int np_inventory_seal(struct np_inventory *inv, const struct np_inventory_opts *opts, struct np_view **out)
{
    static int (*const parts[])(struct np_inv_seal *) = {seal_namespaces,      seal_nodes,         seal_pods,         seal_services,
                                                         np_inv_seal_backends, np_inv_seal_owners, np_inv_seal_fronts};
    struct np_inv_seal seal = {.inv = inv, .opts = opts, .view = np_inv_new_view(inv->ctx)};
    int rc = CNIPOL_OK;

    if (!seal.view)
        return CNIPOL_E_NOMEM;
    np_arena_init(&seal.tmp, &inv->ctx->mem);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && !rc; i++)
        rc = parts[i](&seal);
    np_arena_free(&seal.tmp);
    if (rc)
        np_view_free(seal.view);
    else
        *out = seal.view;
    return rc;
}
