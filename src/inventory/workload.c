/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Workloads, and which of them have pods: see store.h.
 *
 * A pod belongs to the workload that its controller reference names, and to the one above: a
 * ReplicaSet's Deployment, a Job's CronJob. The one above is what the middle object itself says; where
 * that object is not in the input, what its name says (web-6d4b75cb6d, web-28512340 of web). A pod
 * without controller counts for every workload of its namespace whose selector takes it. Finished pods
 * count too: their workload is running for real, so nothing has to stand in for it.
 *
 * A ReplicationController without selector has its template's labels for one.
 *
 * Selectors are tried on few pods only: pods without controller are chained by each of their labels,
 * and a selector follows the chains of one requirement.
 *
 * Sources: kubernetes/api apps/v1, batch/v1 types.go; apimachinery meta/v1 controller_ref.go.
 */

#include "inventory/store.h"

#include <cnipol/status.h>

static const uint8_t above[NP_INV_KINDS] = {[NP_INV_REPLICA_SET] = NP_INV_DEPLOYMENT, [NP_INV_JOB] = NP_INV_CRON_JOB};

static np_atom controller_text(struct np_inventory *inv, struct np_str kind, struct np_str name)
{
    struct np_buf text;
    np_atom atom = NP_ATOM_NONE;

    np_buf_init(&text, &inv->ctx->mem);
    np_buf_addstr(&text, kind);
    np_buf_addc(&text, '/');
    np_buf_addstr(&text, name);
    if (!np_buf_failed(&text))
        atom = np_atoms_add(&inv->ctx->atoms, (struct np_str){text.s, (uint32_t)text.n});
    np_buf_free(&text);
    return atom;
}

static void read_reference(struct np_inv_in *in, const struct np_node *item, const struct np_path *at, struct np_inv_controller *out)
{
    struct np_path kind = np_path_key(at, "kind"), name = np_path_key(at, "name"), version = np_path_key(at, "apiVersion");
    struct np_str kind_text = np_inv_string(in, item, &kind), version_text = np_inv_string(in, item, &version);
    enum np_inv_kind number = np_inv_kind_of(version_text, kind_text);

    out->kind = (uint8_t)(number >= NP_INV_WORKLOADS ? number : NP_INV_OTHER);
    out->name = np_inv_name(in, item, &name, in->inv->empty);
    out->text = controller_text(in->inv, kind_text, np_atoms_str(&in->inv->ctx->atoms, out->name));
    if (!out->text)
        in->rc = CNIPOL_E_NOMEM;
}

void np_inv_read_controller(struct np_inv_in *in, const struct np_node *object, struct np_inv_controller *out)
{
    struct np_path metadata = np_path_key(NULL, "metadata"), path = np_path_key(&metadata, "ownerReferences");
    const struct np_node *list = np_inv_get(in, np_map_value(object, "metadata"), &path, NP_NODE_LIST);

    for (uint32_t i = 0; list && i < list->n; i++) {
        struct np_path at = np_path_index(&path, i), flag = np_path_key(&at, "controller");
        const struct np_node *item = np_inv_at(in, list, &at, NP_NODE_MAP);

        if (!item || !np_inv_bool(in, item, &flag, false))
            continue;
        read_reference(in, item, &at, out);
        return;
    }
}

void np_inv_read_workload(struct np_inv_in *in, const struct np_node *object, void *item)
{
    struct np_inv_workload *out = item;
    bool cron = np_str_is(np_node_str(np_map_value(object, "kind")), "CronJob");
    bool plain = np_str_is(np_node_str(np_map_value(object, "kind")), "ReplicationController");
    struct np_path spec = np_path_key(NULL, "spec"), job = np_path_key(&spec, "jobTemplate"), job_spec = np_path_key(&job, "spec");
    struct np_path template = np_path_key(cron ? &job_spec : &spec, "template"), selector = np_path_key(&spec, "selector");
    struct np_path metadata = np_path_key(&template, "metadata"), labels = np_path_key(&metadata, "labels");
    const struct np_node *body = np_inv_get(in, object, &spec, NP_NODE_MAP), *holder;

    if (!cron)
        out->selector = np_inv_selector(in, body, &selector, plain);
    if (cron)
        body = np_inv_get(in, np_inv_get(in, body, &job, NP_NODE_MAP), &job_spec, NP_NODE_MAP);
    holder = np_inv_get(in, body, &template, NP_NODE_MAP);
    np_inv_read_spec(in, holder, &template, &out->spec);
    if (plain && !np_map_value(body, "selector"))
        out->selector = np_inv_selector(in, np_map_value(holder, "metadata"), &labels, true);
    np_inv_read_controller(in, object, &out->controller);
}

static struct np_inv_workload *find_workload(const struct np_inventory *inv, np_atom ns, const struct np_inv_controller *controller)
{
    if (controller->kind < NP_INV_WORKLOADS || controller->kind >= NP_INV_KINDS)
        return NULL;
    return np_inv_find(inv, (enum np_inv_kind)controller->kind, ns, controller->name);
}

/* "web" of "web-6d4b75cb6d"; empty where there is no such part. */
static struct np_str stem_of(struct np_str name)
{
    const char *dash = name.n ? memrchr(name.s, '-', name.n) : NULL;

    return dash ? (struct np_str){name.s, (uint32_t)(dash - name.s)} : (struct np_str){name.s, 0};
}

/* The controller above a ReplicaSet or Job that is not in the input, by its name. */
static struct np_inv_workload *guess_above(const struct np_inventory *inv, np_atom ns, const struct np_inv_controller *controller)
{
    struct np_str stem = stem_of(np_atoms_str(&inv->ctx->atoms, controller->name));
    np_atom name = stem.n ? np_atoms_find(&inv->ctx->atoms, stem) : NP_ATOM_NONE;

    return name ? np_inv_find(inv, (enum np_inv_kind)above[controller->kind], ns, name) : NULL;
}

/* That a workload has a pod; `kind` as find_workload or guess_above took it. */
static void mark(struct np_inv_seal *seal, uint8_t kind, const struct np_inv_workload *workload)
{
    if (workload)
        seal->has_pod[kind][workload - (const struct np_inv_workload *)np_inv_item(seal->inv, (enum np_inv_kind)kind, 0)] = true;
}

static void count_controlled(struct np_inv_seal *seal, const struct np_inv_pod *pod)
{
    const struct np_inventory *inv = seal->inv;
    const struct np_inv_workload *own = find_workload(inv, pod->head.ns, &pod->controller);
    uint8_t upper = pod->controller.kind < NP_INV_KINDS ? above[pod->controller.kind] : 0;

    mark(seal, pod->controller.kind, own);
    if (own)
        mark(seal, own->controller.kind, find_workload(inv, pod->head.ns, &own->controller));
    else if (upper)
        mark(seal, upper, guess_above(inv, pod->head.ns, &pod->controller));
}

/* A pod without controller under one of its labels, or under its namespace alone (key and value 0). */
struct loose {
    np_atom ns;
    np_atom key;
    np_atom value;
    uint32_t pod;
    uint32_t next; /* NP_NONE: the last of its chain */
};

struct loose_pods {
    struct loose *items;
    uint32_t n;
    struct np_hmap heads;
};

static uint64_t loose_hash(const struct loose *key)
{
    return np_hash(key, offsetof(struct loose, pod));
}

static bool loose_eq(const void *ctx, const void *key, uint32_t value)
{
    const struct loose_pods *pods = ctx;

    return memcmp(key, &pods->items[value], offsetof(struct loose, pod)) == 0;
}

/* Chains are headed by their first entry, and grow behind it. */
static int add_loose(struct loose_pods *pods, struct loose entry)
{
    uint64_t hash = loose_hash(&entry);
    uint32_t head = np_hmap_get(&pods->heads, hash, loose_eq, pods, &entry);

    entry.next = head == NP_NONE ? NP_NONE : pods->items[head].next;
    pods->items[pods->n] = entry;
    if (head != NP_NONE)
        pods->items[head].next = pods->n;
    else if (np_hmap_put(&pods->heads, hash, pods->n))
        return CNIPOL_E_NOMEM;
    pods->n++;
    return CNIPOL_OK;
}

static bool is_loose(const struct np_inv_pod *pod)
{
    return pod->controller.kind == NP_INV_NONE;
}

static int collect_loose(const struct np_inventory *inv, struct np_arena *tmp, struct loose_pods *pods)
{
    const struct np_inv_pod *all = (const struct np_inv_pod *)(const void *)inv->tables[NP_INV_POD].items;
    uint32_t n = inv->tables[NP_INV_POD].n;
    size_t room = 0;

    for (uint32_t i = 0; i < n; i++)
        room += is_loose(&all[i]) ? 1 + (size_t)all[i].spec.labels.n : 0;
    pods->items = room < NP_NONE ? np_arena_array(tmp, room, sizeof *pods->items) : NULL;
    if (!pods->items)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        const struct np_labels *labels = &all[i].spec.labels;

        if (!is_loose(&all[i]))
            continue;
        if (add_loose(pods, (struct loose){all[i].head.ns, 0, 0, i, 0}))
            return CNIPOL_E_NOMEM;
        for (uint32_t k = 0; k < labels->n; k++)
            if (add_loose(pods, (struct loose){all[i].head.ns, labels->items[k].key, labels->items[k].value, i, 0}))
                return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

static bool chain_has(const struct np_inventory *inv, const struct loose_pods *pods, const struct np_selector *selector, struct loose key)
{
    const struct np_labels *tried = NULL;

    for (uint32_t at = np_hmap_get(&pods->heads, loose_hash(&key), loose_eq, pods, &key); at != NP_NONE; at = pods->items[at].next) {
        const struct np_labels *labels = &((const struct np_inv_pod *)np_inv_item(inv, NP_INV_POD, pods->items[at].pod))->spec.labels;

        if (tried && tried->items == labels->items && tried->partial == labels->partial)
            continue;
        if (np_selector_matches(selector, labels) == NP_YES)
            return true;
        tried = labels;
    }
    return false;
}

static bool selects_loose(const struct np_inventory *inv, const struct loose_pods *pods, const struct np_inv_workload *workload)
{
    const struct np_selector *selector = workload->selector;
    const struct np_requirement *first = selector->n ? &selector->items[0] : NULL;

    if (!first || first->op != NP_SELECTOR_IN)
        return chain_has(inv, pods, selector, (struct loose){workload->head.ns, 0, 0, 0, 0});
    for (uint32_t i = 0; i < first->n_values; i++)
        if (chain_has(inv, pods, selector, (struct loose){workload->head.ns, first->key, first->values[i], 0, 0}))
            return true;
    return false;
}

static void count_loose(struct np_inv_seal *seal, const struct loose_pods *pods)
{
    for (int kind = NP_INV_WORKLOADS; kind < NP_INV_KINDS; kind++) {
        for (uint32_t i = 0; i < seal->inv->tables[kind].n; i++) {
            const struct np_inv_workload *workload = np_inv_item(seal->inv, (enum np_inv_kind)kind, i);

            if (!seal->has_pod[kind][i] && workload->selector)
                seal->has_pod[kind][i] = selects_loose(seal->inv, pods, workload);
        }
    }
}

static int make_marks(struct np_inv_seal *seal, size_t *n)
{
    *n = 0;
    for (int kind = NP_INV_WORKLOADS; kind < NP_INV_KINDS; kind++) {
        seal->has_pod[kind] = np_arena_zalloc(&seal->tmp, seal->inv->tables[kind].n * sizeof *seal->has_pod[kind]);
        if (!seal->has_pod[kind])
            return CNIPOL_E_NOMEM;
        *n += seal->inv->tables[kind].n;
    }
    return CNIPOL_OK;
}

int np_inv_count_pods(struct np_inv_seal *seal)
{
    const struct np_inventory *inv = seal->inv;
    struct loose_pods pods = {0};
    size_t n_workloads;
    int rc = make_marks(seal, &n_workloads);

    if (rc || n_workloads == 0)
        return rc;
    for (uint32_t i = 0; i < inv->tables[NP_INV_POD].n; i++)
        count_controlled(seal, np_inv_item(inv, NP_INV_POD, i));
    np_hmap_init(&pods.heads, &inv->ctx->mem);
    rc = collect_loose(inv, &seal->tmp, &pods);
    if (!rc)
        count_loose(seal, &pods);
    np_hmap_free(&pods.heads);
    return rc;
}

bool np_inv_stands_in(const struct np_inv_seal *seal, enum np_inv_kind kind, uint32_t item)
{
    const struct np_inv_workload *workload = np_inv_item(seal->inv, kind, item);

    if (seal->opts->workloads == NP_WORKLOADS_FALSE || find_workload(seal->inv, workload->head.ns, &workload->controller))
        return false;
    return seal->opts->workloads == NP_WORKLOADS_TRUE || !seal->has_pod[kind][item];
}

/* Does the pod carry the hash that a Deployment's ReplicaSets have behind the dash of their names? */
static bool has_template_hash(const struct np_inventory *inv, const struct np_inv_pod *pod, struct np_str stem)
{
    np_atom key = np_atoms_find(&inv->ctx->atoms, NP_STR("pod-template-hash"));
    np_atom value = key ? np_labels_get(&pod->spec.labels, key) : NP_ATOM_NONE;
    struct np_str name = np_atoms_str(&inv->ctx->atoms, pod->controller.name);
    struct np_str tail = {name.s + stem.n + 1, name.n - stem.n - 1};

    return value && np_str_eq(np_atoms_str(&inv->ctx->atoms, value), tail);
}

np_atom np_inv_controller_text(struct np_inventory *inv, const struct np_inv_pod *pod)
{
    const struct np_inv_workload *own = find_workload(inv, pod->head.ns, &pod->controller);
    uint8_t upper = pod->controller.kind < NP_INV_KINDS ? above[pod->controller.kind] : 0;
    struct np_str stem;

    if (own)
        return own->controller.kind ? own->controller.text : pod->controller.text;
    if (!upper)
        return pod->controller.text;
    stem = stem_of(np_atoms_str(&inv->ctx->atoms, pod->controller.name));
    if (stem.n && (guess_above(inv, pod->head.ns, &pod->controller) || has_template_hash(inv, pod, stem)))
        return controller_text(inv, np_str_of(np_inv_kind_name((enum np_inv_kind)upper)), stem);
    return pod->controller.text;
}
