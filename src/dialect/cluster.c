/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cluster: see include/cnipol/cluster.h.
 *
 * An object goes to the inventory or to a dialect, by apiVersion and kind. Lists (v1 List, and typed
 * ones such as PodList, whose items may leave out what the list says) are opened; one whose items are
 * no list is refused. A kind that nobody takes is counted; if its API group or name is one of network
 * policies, that is said aloud, since a policy that is not understood may change every verdict.
 */

#include "dialect/cluster.h"

#include "base/ctx.h"
#include "base/file.h"
#include "inventory/store.h"

/* API groups whose objects may be policies. */
static const char *const policy_groups[] = {
    "policy.networking.k8s.io", "projectcalico.org", "crd.projectcalico.org", "cilium.io", "crd.antrea.io",
    "networking.k8s.aws",       "k8s.cni.cncf.io",
};

int cnipol_cluster_new(struct cnipol_ctx *ctx, const struct cnipol_cluster_opts *opts, struct cnipol_cluster **out)
{
    static const struct cnipol_cluster_opts defaults = CNIPOL_CLUSTER_OPTS_INIT;
    struct cnipol_cluster *cluster;

    if (!opts)
        opts = &defaults;
    if (!np_opts_fit(opts, opts->sz, sizeof *opts) || opts->mode < 0 || opts->mode > CNIPOL_MODE_STORED || opts->channel < 0 ||
        opts->channel > CNIPOL_CHANNEL_STANDARD || opts->reserved)
        return CNIPOL_E_USAGE;
    cluster = np_zalloc(&ctx->mem, sizeof *cluster);
    if (!cluster)
        return CNIPOL_E_NOMEM;
    cluster->ctx = ctx;
    cluster->dialect = (struct np_dialect_opts){
        .mode = (enum np_mode)opts->mode,
        .kubernetes_minor = opts->kubernetes_minor ? opts->kubernetes_minor : 36,
        .channel = (enum np_channel)opts->channel,
    };
    np_policies_init(&cluster->policies, ctx);
    if (np_inventory_new(ctx, &cluster->inventory)) {
        cnipol_cluster_free(cluster);
        return CNIPOL_E_NOMEM;
    }
    *out = cluster;
    return CNIPOL_OK;
}

void cnipol_cluster_free(struct cnipol_cluster *cluster)
{
    if (!cluster)
        return;
    np_policies_free(&cluster->policies);
    np_inventory_free(cluster->inventory);
    np_free(&cluster->ctx->mem, cluster, sizeof *cluster);
}

void cnipol_cluster_count(const struct cnipol_cluster *cluster, struct cnipol_cluster_counts *out)
{
    *out = cluster->counts;
}

static struct np_str text_of(const struct np_node *object, const char *key)
{
    const struct np_node *value = np_map_value(object, key);

    return value && value->kind == NP_NODE_STRING ? np_node_str(value) : NP_STR("");
}

static bool is_policy_group(struct np_str api_version)
{
    for (size_t i = 0; i < sizeof policy_groups / sizeof policy_groups[0]; i++) {
        size_t n = strlen(policy_groups[i]);

        if (api_version.n > n && memcmp(api_version.s, policy_groups[i], n) == 0 && api_version.s[n] == '/')
            return true;
    }
    return false;
}

/* Whatever its group, what is called so is meant to stop somebody. */
static bool is_policy_kind(struct np_str kind)
{
    static const char suffix[] = "NetworkPolicy";
    size_t n = sizeof suffix - 1;

    return kind.n >= n && memcmp(kind.s + kind.n - n, suffix, n) == 0;
}

static void raise_ignored(struct cnipol_cluster *cluster, const struct np_doc *doc, const struct np_node *object)
{
    struct np_str api_version = text_of(object, "apiVersion"), kind = text_of(object, "kind");
    const struct np_node *at = np_map_get(object, "kind");
    struct np_diags *diags = &cluster->ctx->diags;
    struct np_diag *d;

    cluster->counts.ignored++;
    if (!is_policy_group(api_version) && !is_policy_kind(kind))
        return;
    cluster->lost++;
    d = np_diag_raise(diags, NP_KIND_UNSUPPORTED, np_doc_span(doc, at), "%s %s is not understood", api_version.s, kind.s);
    np_diag_help(diags, d, "verdicts leave this object out: they may be wrong where it acts");
}

/* An object of the cluster is taken without its wrong parts. Errors make the load invalid, save of stored objects: they warn. */
static int add_to_inventory(struct cnipol_cluster *cluster, struct np_doc *doc, const struct np_node *object, int *worst)
{
    struct np_diags *diags = &cluster->ctx->diags;
    uint32_t first = diags->n;
    size_t errors = diags->raised[CNIPOL_SEVERITY_ERROR];
    int rc = np_inventory_add(cluster->inventory, doc, object);

    if (rc > 0)
        cluster->counts.inventory++;
    if (cluster->dialect.mode != NP_MODE_STORED) {
        if (diags->raised[CNIPOL_SEVERITY_ERROR] != errors)
            *worst = CNIPOL_E_INVALID;
        return rc;
    }
    cluster->lost += diags->raised[CNIPOL_SEVERITY_ERROR] != errors;
    for (uint32_t i = first; i < diags->n; i++)
        if (diags->items[i]->severity == CNIPOL_SEVERITY_ERROR)
            np_diag_severity(diags, diags->items[i], CNIPOL_SEVERITY_WARNING);
    diags->raised[CNIPOL_SEVERITY_WARNING] += diags->raised[CNIPOL_SEVERITY_ERROR] - errors;
    diags->raised[CNIPOL_SEVERITY_ERROR] = errors;
    return rc;
}

static int add_object(struct cnipol_cluster *cluster, struct np_doc *doc, const struct np_node *object, int *worst)
{
    int rc = add_to_inventory(cluster, doc, object, worst);

    if (rc)
        return rc < 0 ? rc : CNIPOL_OK;
    rc = np_policies_add(&cluster->policies, &cluster->dialect, doc, object, NULL);
    if (rc == CNIPOL_E_INVALID) {
        cluster->counts.refused++;
        *worst = rc;
        return CNIPOL_OK;
    }
    if (rc > 0)
        cluster->counts.policies++;
    if (rc == 0)
        raise_ignored(cluster, doc, object);
    return rc < 0 ? rc : CNIPOL_OK;
}

/* An item of a typed list, with the apiVersion and kind that the list says for it. */
static const struct np_node *complete_item(struct np_doc *doc, const struct np_node *list, struct np_str kind, const struct np_node *item)
{
    const struct np_pair *api_version = np_map_pair(list, "apiVersion"), *list_kind = np_map_pair(list, "kind");
    struct np_pair *pairs = np_arena_array(&doc->arena, item->n + 2u, sizeof *pairs);
    struct np_node *whole = np_arena_alloc(&doc->arena, sizeof *whole);
    char *item_kind = np_arena_strndup(&doc->arena, kind.s, kind.n - 4);

    if (!pairs || !whole || !item_kind)
        return NULL;
    pairs[0] = *api_version;
    pairs[1] = *list_kind;
    pairs[1].value.s = item_kind;
    pairs[1].value.n = kind.n - 4;
    if (item->n)
        memcpy(pairs + 2, item->pairs, item->n * sizeof *pairs);
    *whole = *item;
    whole->pairs = pairs;
    whole->n = item->n + 2;
    return whole;
}

static bool is_list(const struct np_node *object, struct np_str kind)
{
    const struct np_node *items = np_map_value(object, "items");

    return kind.n >= 4 && memcmp(kind.s + kind.n - 4, "List", 4) == 0 && items && items->kind == NP_NODE_LIST &&
           text_of(object, "apiVersion").n;
}

/* The list of a kind that is read here, without a list of items: what was meant by it is lost. */
static bool is_broken_list(const struct np_node *object, struct np_str kind)
{
    const struct np_node *items = np_map_value(object, "items");
    struct np_str version = text_of(object, "apiVersion"), of = kind;

    if (kind.n < 4 || memcmp(kind.s + kind.n - 4, "List", 4) != 0 || (items && items->kind == NP_NODE_NULL))
        return false;
    of.n -= 4;
    return of.n ? np_policies_know(version, of) || np_inv_kind_of(version, of) != NP_INV_NONE : np_str_is(version, "v1");
}

static int load_list(struct cnipol_cluster *cluster, struct np_doc *doc, const struct np_node *list, struct np_str kind, int *worst)
{
    const struct np_node *items = np_map_value(list, "items");
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < items->n && !rc; i++) {
        const struct np_node *item = &items->items[i];

        if (item->kind == NP_NODE_MAP && kind.n > 4 && !np_map_value(item, "kind") && !np_map_value(item, "apiVersion"))
            item = complete_item(doc, list, kind, item);
        rc = item ? np_cluster_load_object(cluster, doc, item, worst) : CNIPOL_E_NOMEM;
    }
    return rc;
}

/* The first line of what is no object; of an object, its first key. */
static struct np_span beginning(const struct cnipol_cluster *cluster, const struct np_doc *doc, const struct np_node *object)
{
    struct np_span span = np_doc_span(doc, object);
    const struct np_sources *sources = &cluster->ctx->sources;
    const char *from, *line_end;

    if (object->kind == NP_NODE_MAP)
        return object->n ? np_doc_span(doc, &object->pairs[0].key) : span;
    if (span.source >= sources->n || span.end <= span.start || span.end > sources->items[span.source].size)
        return span;
    from = sources->items[span.source].bytes + span.start;
    line_end = memchr(from, '\n', span.end - span.start);
    if (line_end)
        span.end = span.start + (uint32_t)(line_end - from);
    return span;
}

static int refuse(struct cnipol_cluster *cluster, const struct np_doc *doc, const struct np_node *object, enum np_code code,
                  const char *message, int *worst)
{
    np_diag_raise(&cluster->ctx->diags, code, beginning(cluster, doc, object), "%s", message);
    cluster->counts.refused++;
    *worst = CNIPOL_E_INVALID;
    return CNIPOL_OK;
}

/* A file of policy tests (vector.h) may lie beside the manifests that it tests. */
static bool is_test_case(const struct np_node *object)
{
    const struct np_node *tests = np_map_value(object, "tests");

    return tests && tests->kind == NP_NODE_LIST && (np_map_value(object, "manifests") || np_map_value(object, "objects"));
}

int np_cluster_load_object(struct cnipol_cluster *cluster, struct np_doc *doc, const struct np_node *object, int *worst)
{
    struct np_str kind;
    int rc;

    if (object->kind == NP_NODE_NULL)
        return CNIPOL_OK;
    if (object->kind != NP_NODE_MAP)
        return refuse(cluster, doc, object, NP_DOCUMENT_NOT_OBJECT, "this is no Kubernetes object: it is not a map", worst);
    kind = text_of(object, "kind");
    if (is_list(object, kind))
        return load_list(cluster, doc, object, kind, worst);
    if (is_broken_list(object, kind))
        return refuse(cluster, doc, object, NP_LIST_WITHOUT_ITEMS, "a list needs `items`, as a list", worst);
    cluster->counts.objects++;
    if (!kind.n && is_test_case(object)) {
        cluster->counts.ignored++;
        return CNIPOL_OK;
    }
    if (!kind.n || !text_of(object, "apiVersion").n)
        return refuse(cluster, doc, object, NP_OBJECT_WITHOUT_KIND, "an object needs apiVersion and kind, both as text", worst);
    rc = add_object(cluster, doc, object, worst);
    cluster->ctx->diags.object = (struct np_diag_object){0};
    return rc;
}

struct loading {
    struct cnipol_cluster *cluster;
    int worst;
    bool something; /* a document with something in it */
};

static int load_document(void *user, struct np_doc *doc)
{
    struct loading *loading = user;

    loading->cluster->counts.documents++;
    loading->something |= doc->root.kind != NP_NODE_NULL;
    return np_cluster_load_object(loading->cluster, doc, &doc->root, &loading->worst);
}

static int load_source(struct loading *loading, uint32_t source)
{
    struct cnipol_ctx *ctx = loading->cluster->ctx;
    int rc = np_doc_read(ctx, source, NP_DOC_AUTO, load_document, loading);

    return ctx->diags.failed ? CNIPOL_E_NOMEM : rc;
}

int np_cluster_load_source(struct cnipol_cluster *cluster, uint32_t source)
{
    struct loading loading = {.cluster = cluster};
    int rc = load_source(&loading, source);

    return rc ? rc : loading.worst;
}

int cnipol_cluster_load_bytes(struct cnipol_cluster *cluster, const char *name, const char *bytes, size_t size)
{
    uint32_t source;

    if (size > cluster->ctx->limits[CNIPOL_LIMIT_BYTES])
        return CNIPOL_E_LIMIT;
    source = np_sources_add(&cluster->ctx->sources, name, bytes, size, true);
    return source == NP_NONE ? CNIPOL_E_NOMEM : np_cluster_load_source(cluster, source);
}

/* The order of what can go wrong: a later one says more. */
static int worse(int a, int b)
{
    static const int order[] = {CNIPOL_OK, CNIPOL_E_INVALID, CNIPOL_E_LIMIT, CNIPOL_E_SYNTAX, CNIPOL_E_IO};
    int x = 0, y = 0;

    for (int i = 0; i < (int)(sizeof order / sizeof order[0]); i++) {
        x = order[i] == a ? i : x;
        y = order[i] == b ? i : y;
    }
    return order[x > y ? x : y];
}

static int load_file(void *user, const char *path)
{
    struct loading *loading = user;
    uint32_t source = NP_NONE;
    int rc = np_file_read(loading->cluster->ctx, path, false, &source);

    if (!rc)
        rc = load_source(loading, source);
    if (rc == CNIPOL_E_NOMEM)
        return rc;
    loading->worst = worse(loading->worst, rc);
    return CNIPOL_OK;
}

int cnipol_cluster_load_path(struct cnipol_cluster *cluster, const char *path)
{
    struct loading loading = {.cluster = cluster};
    int rc = np_file_list(cluster->ctx, path, load_file, &loading);

    if (rc != CNIPOL_E_NOMEM)
        rc = worse(rc, loading.worst);
    if (!rc && !loading.something) {
        np_diag_raise(&cluster->ctx->diags, NP_NOTHING_TO_READ, NP_NOWHERE, "there is nothing to read in %s",
                      strcmp(path, "-") == 0 ? "<stdin>" : path);
        rc = CNIPOL_E_IO;
    }
    return cluster->ctx->diags.failed ? CNIPOL_E_NOMEM : rc;
}
