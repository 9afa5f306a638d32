/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects of the inventory by apiVersion and kind, and their metadata: see inventory.h.
 *
 * Group versions that the API server has dropped are taken too where the object's shape is the same:
 * files in repositories outlive them. A namespaced object without namespace lies in "default".
 */

#include "inventory/store.h"

#include <cnipol/status.h>

static void read_namespace(struct np_inv_in *in, const struct np_node *object, void *item)
{
    struct np_inv_namespace *out = item;
    struct np_path metadata = np_path_key(NULL, "metadata");

    out->labels = np_inv_namespace_labels(in, out->head.name, np_map_value(object, "metadata"), &metadata);
}

static bool is_node_address(struct np_str type)
{
    return np_str_is(type, "InternalIP") || np_str_is(type, "ExternalIP");
}

static void read_node(struct np_inv_in *in, const struct np_node *object, void *item)
{
    struct np_inv_node *out = item;
    struct np_path metadata = np_path_key(NULL, "metadata"), labels = np_path_key(&metadata, "labels");
    struct np_path status = np_path_key(NULL, "status"), addresses = np_path_key(&status, "addresses");
    const struct np_node *list = np_inv_get(in, np_inv_get(in, object, &status, NP_NODE_MAP), &addresses, NP_NODE_LIST);

    out->labels = np_inv_labels(in, np_map_value(object, "metadata"), &labels);
    for (uint32_t i = 0; list && i < list->n; i++) {
        struct np_path at = np_path_index(&addresses, i), type = np_path_key(&at, "type"), address = np_path_key(&at, "address");
        const struct np_node *entry = np_inv_at(in, list, &at, NP_NODE_MAP);
        const struct np_node *value = np_map_value(entry, "address");

        if (value && is_node_address(np_inv_string(in, entry, &type)))
            np_inv_read_ip(in, value, &address);
    }
    out->ips = np_inv_keep_ips(in, &out->n_ips);
}

static void read_nothing(struct np_inv_in *in, const struct np_node *object, void *item)
{
    (void)in;
    (void)object;
    (void)item;
}

static const struct {
    const char *api_version;
    const char *kind;
    enum np_inv_kind number;
} versions[] = {
    {"v1", "Pod", NP_INV_POD},
    {"v1", "Namespace", NP_INV_NAMESPACE},
    {"v1", "Service", NP_INV_SERVICE},
    {"discovery.k8s.io/v1", "EndpointSlice", NP_INV_SLICE},
    {"apps/v1", "ReplicaSet", NP_INV_REPLICA_SET},
    {"apps/v1", "Deployment", NP_INV_DEPLOYMENT},
    {"apps/v1", "StatefulSet", NP_INV_STATEFUL_SET},
    {"apps/v1", "DaemonSet", NP_INV_DAEMON_SET},
    {"batch/v1", "Job", NP_INV_JOB},
    {"batch/v1", "CronJob", NP_INV_CRON_JOB},
    {"v1", "Node", NP_INV_NODE},
    {"v1", "Endpoints", NP_INV_ENDPOINTS},
    {"v1", "ServiceAccount", NP_INV_SERVICE_ACCOUNT},
    {"v1", "ReplicationController", NP_INV_REPLICATION_CONTROLLER},
    {"discovery.k8s.io/v1beta1", "EndpointSlice", NP_INV_SLICE},
    {"batch/v1beta1", "CronJob", NP_INV_CRON_JOB},
    {"apps/v1beta2", "ReplicaSet", NP_INV_REPLICA_SET},
    {"apps/v1beta2", "Deployment", NP_INV_DEPLOYMENT},
    {"apps/v1beta2", "StatefulSet", NP_INV_STATEFUL_SET},
    {"apps/v1beta2", "DaemonSet", NP_INV_DAEMON_SET},
    {"apps/v1beta1", "Deployment", NP_INV_DEPLOYMENT},
    {"apps/v1beta1", "StatefulSet", NP_INV_STATEFUL_SET},
    {"extensions/v1beta1", "ReplicaSet", NP_INV_REPLICA_SET},
    {"extensions/v1beta1", "Deployment", NP_INV_DEPLOYMENT},
    {"extensions/v1beta1", "DaemonSet", NP_INV_DAEMON_SET},
};

static const struct {
    const char *name;
    bool cluster_scoped;
    void (*read)(struct np_inv_in *in, const struct np_node *object, void *item);
} kinds[NP_INV_KINDS] = {
    [NP_INV_NONE] = {"", true, read_nothing},
    [NP_INV_NAMESPACE] = {"Namespace", true, read_namespace},
    [NP_INV_POD] = {"Pod", false, np_inv_read_pod},
    [NP_INV_NODE] = {"Node", true, read_node},
    [NP_INV_SERVICE] = {"Service", false, np_inv_read_service},
    [NP_INV_SLICE] = {"EndpointSlice", false, np_inv_read_slice},
    [NP_INV_ENDPOINTS] = {"Endpoints", false, np_inv_read_endpoints},
    [NP_INV_SERVICE_ACCOUNT] = {"ServiceAccount", false, read_nothing},
    [NP_INV_DEPLOYMENT] = {"Deployment", false, np_inv_read_workload},
    [NP_INV_STATEFUL_SET] = {"StatefulSet", false, np_inv_read_workload},
    [NP_INV_DAEMON_SET] = {"DaemonSet", false, np_inv_read_workload},
    [NP_INV_REPLICATION_CONTROLLER] = {"ReplicationController", false, np_inv_read_workload},
    [NP_INV_REPLICA_SET] = {"ReplicaSet", false, np_inv_read_workload},
    [NP_INV_CRON_JOB] = {"CronJob", false, np_inv_read_workload},
    [NP_INV_JOB] = {"Job", false, np_inv_read_workload},
};

enum np_inv_kind np_inv_kind_of(struct np_str api_version, struct np_str kind)
{
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (np_str_is(kind, versions[i].kind) && np_str_is(api_version, versions[i].api_version))
            return versions[i].number;
    return NP_INV_NONE;
}

const char *np_inv_kind_name(enum np_inv_kind kind)
{
    return kind < NP_INV_KINDS ? kinds[kind].name : "";
}

static enum np_inv_kind object_kind(const struct np_node *object)
{
    const struct np_node *version = np_map_value(object, "apiVersion"), *kind = np_map_value(object, "kind");

    if (!version || !kind || version->kind != NP_NODE_STRING || kind->kind != NP_NODE_STRING)
        return NP_INV_NONE;
    return np_inv_kind_of(np_node_str(version), np_node_str(kind));
}

/* Namespace and name of an object. False: it cannot be kept, and why was said. */
static bool read_head(struct np_inv_in *in, const struct np_node *object, enum np_inv_kind kind, struct np_inv_head *head)
{
    struct np_path metadata = np_path_key(NULL, "metadata");
    struct np_path name = np_path_key(&metadata, "name"), ns = np_path_key(&metadata, "namespace");
    const struct np_node *meta = np_inv_get(in, object, &metadata, NP_NODE_MAP), *text = np_map_value(meta, "name");

    *head = (struct np_inv_head){.span = np_doc_span(in->doc, object)};
    if (!meta && np_map_value(object, "metadata"))
        return false;
    if (!text || (text->kind == NP_NODE_STRING && text->n == 0)) {
        np_diag_upstream(&in->inv->ctx->diags,
                         np_inv_complain(in, NP_INV_NO_NAME, meta ? meta : object, &name, "this %s has no name", kinds[kind].name),
                         "metadata.name: Required value: name or generateName is required");
        return false;
    }
    head->name = np_inv_name(in, meta, &name, NP_ATOM_NONE);
    if (head->name && !kinds[kind].cluster_scoped)
        head->ns = np_inv_get(in, meta, &ns, NP_NODE_STRING) || !np_map_value(meta, "namespace")
                       ? np_inv_name(in, meta, &ns, in->inv->default_name)
                       : NP_ATOM_NONE;
    return head->name && (head->ns || kinds[kind].cluster_scoped);
}

static void name_in_diags(struct np_inventory *inv, enum np_inv_kind kind, const struct np_inv_head *head)
{
    const struct np_atoms *atoms = &inv->ctx->atoms;
    const char *ns = head->ns ? np_atoms_str(atoms, head->ns).s : NULL;
    const char *name = head->name ? np_atoms_str(atoms, head->name).s : NULL;

    inv->ctx->diags.object = (struct np_diag_object){kinds[kind].name, ns, name};
}

static void warn_again(struct np_inv_in *in, const struct np_node *object, enum np_inv_kind kind, const struct np_inv_head *head)
{
    const struct np_inv_head *first = np_inv_find(in->inv, kind, head->ns, head->name);
    struct np_path metadata = np_path_key(NULL, "metadata"), name = np_path_key(&metadata, "name");
    struct np_diags *diags = &in->inv->ctx->diags;
    struct np_diag *d;

    if (!first || first->span.source == NP_NONE)
        return;
    d = np_inv_complain(in, NP_INV_AGAIN, np_map_value(np_map_value(object, "metadata"), "name"), &name,
                        "%s `%s` was given before; this one replaces it", kinds[kind].name,
                        np_atoms_str(&in->inv->ctx->atoms, head->name).s);
    np_diag_second(diags, d, first->span, "first given here");
}

static void take(struct np_inv_in *in, const struct np_node *object, enum np_inv_kind kind)
{
    struct np_inv_head head;
    void *item;

    if (!read_head(in, object, kind, &head) || in->rc)
        return;
    name_in_diags(in->inv, kind, &head);
    warn_again(in, object, kind, &head);
    if (head.ns && !np_inv_mention(in->inv, head.ns))
        in->rc = CNIPOL_E_NOMEM;
    item = in->rc ? NULL : np_inv_make(in->inv, kind, &head);
    if (!item) {
        in->rc = CNIPOL_E_NOMEM;
        return;
    }
    in->inv->last_kind = (uint8_t)kind;
    in->inv->last = (uint32_t)(((char *)item - in->inv->tables[kind].items) / (ptrdiff_t)np_inv_item_size(kind));
    kinds[kind].read(in, object, item);
}

int np_inventory_add(struct np_inventory *inv, const struct np_doc *doc, const struct np_node *object)
{
    struct np_diag_object outer = inv->ctx->diags.object;
    struct np_inv_in in = {.inv = inv, .doc = doc};
    enum np_inv_kind kind = object_kind(object);

    if (kind == NP_INV_NONE)
        return 0;
    inv->told = false;
    inv->ctx->diags.object = (struct np_diag_object){kinds[kind].name, NULL, NULL};
    take(&in, object, kind);
    inv->ctx->diags.object = outer;
    return in.rc ? in.rc : 1;
}
