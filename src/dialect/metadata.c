/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * metadata: see metadata.h.
 *
 * Rules: apimachinery pkg/api/validation/objectmeta.go (v1.36). An object without a name has nothing
 * to be called by and is refused in every mode; the other rules bend in NP_MODE_STORED.
 */

#include "dialect/metadata.h"

#include <inttypes.h>

#include "dialect/validate_label.h"

#define ANNOTATIONS_LIMIT (256u << 10)

static const struct np_field meta_only_fields[] = {{"metadata", &np_schema_meta}};
static const struct np_schema meta_only = {.kind = NP_SCHEMA_STRUCT, .go = "v1.PartialObjectMetadata", NP_FIELDS(meta_only_fields)};

static const struct np_node *meta_of(const struct np_node *object)
{
    return np_map_value(object, "metadata");
}

static bool meta_string(const struct np_node *object, const char *key, struct np_str *out)
{
    *out = np_string_at(meta_of(object), key);
    return out->n > 0;
}

static const char *kept(struct np_take *take, struct np_str s)
{
    np_atom atom = np_take_atom(take, s);

    return atom == NP_ATOM_NONE ? NULL : np_atoms_str(&take->ctx->atoms, atom).s;
}

void np_meta_announce(struct np_take *take, const char *kind, const struct np_node *object)
{
    struct np_diag_object *about = &take->ctx->diags.object;
    struct np_str s;

    *about = (struct np_diag_object){.kind = kind};
    if (meta_string(object, "name", &s))
        about->name = kept(take, s);
    if (meta_string(object, "namespace", &s))
        about->ns = kept(take, s);
}

bool np_meta_decode(struct np_take *take, const struct np_node *object)
{
    return np_decode_types(take, &meta_only, object);
}

np_atom np_meta_name(struct np_take *take, const struct np_node *object)
{
    return np_take_atom(take, np_string_at(meta_of(object), "name"));
}

np_atom np_meta_namespace(struct np_take *take, const struct np_node *object)
{
    struct np_str ns;

    return np_take_atom(take, meta_string(object, "namespace", &ns) ? ns : NP_STR("default"));
}

/* generateName may end in a dash: the server looks at the name with its last two characters as one letter. */
static void check_generate_name(struct np_take *take, const struct np_node *meta, const struct np_path *path)
{
    struct np_str name = np_string_at(meta, "generateName");
    struct np_path at = np_path_key(path, "generateName");
    struct np_buf masked;
    struct np_flaws flaws;

    if (name.n == 0)
        return;
    np_buf_init(&masked, &take->ctx->mem);
    np_buf_addstr(&masked, name);
    if (np_buf_failed(&masked)) {
        take->ctx->diags.failed = true;
        return;
    }
    if (name.n > 1 && name.s[name.n - 1] == '-') {
        masked.s[name.n - 2] = 'a';
        masked.n--;
    }
    np_subdomain_flaws((struct np_str){masked.s, (uint32_t)masked.n}, &flaws);
    np_buf_free(&masked);
    np_take_flaws(take, NP_META_GENERATE_NAME, np_map_get(meta, "generateName"), &at, "generateName", name, &flaws);
}

static void check_name(struct np_take *take, const struct np_node *object, const struct np_node *meta, const struct np_path *path)
{
    struct np_str name = np_string_at(meta, "name");
    struct np_path at = np_path_key(path, "name");
    struct np_flaws flaws;

    if (name.n == 0) {
        struct np_diag *d = np_take_refuse(take, NP_META_NO_NAME, meta ? meta : object, &at, "the object has no name");

        np_take_upstream(take, d, "name or generateName is required");
        return;
    }
    np_subdomain_flaws(name, &flaws);
    np_take_flaws(take, NP_META_NAME, np_map_get(meta, "name"), &at, "name", name, &flaws);
}

static void check_namespace(struct np_take *take, const struct np_node *meta, const struct np_path *path, bool namespaced)
{
    struct np_str ns = np_string_at(meta, "namespace");
    struct np_path at = np_path_key(path, "namespace");
    struct np_flaws flaws;

    if (ns.n == 0)
        return;
    if (!namespaced) {
        const char *text = "objects of this kind belong to no namespace: `metadata.namespace` means nothing";

        if (take->opts->mode == NP_MODE_STRICT)
            np_take_refuse(take, NP_META_NOT_NAMESPACED, np_map_get(meta, "namespace"), &at, "%s", text);
        else
            np_take_warn(take, NP_META_NOT_NAMESPACED, np_map_get(meta, "namespace"), &at, "%s", text);
        return;
    }
    np_dns_label_flaws(ns, &flaws);
    np_take_flaws(take, NP_META_NAMESPACE, np_map_get(meta, "namespace"), &at, "namespace", ns, &flaws);
}

static void check_generation(struct np_take *take, const struct np_node *meta, const struct np_path *path)
{
    const struct np_node *node = np_map_value(meta, "generation");
    struct np_path at = np_path_key(path, "generation");
    struct np_diag *d;

    if (!node || node->kind != NP_NODE_INT || node->i >= 0)
        return;
    d = np_take_invalid(take, NP_META_GENERATION, node, &at, "generation is %" PRId64 ", below 0", node->i);
    np_take_upstream(take, d, "must be greater than or equal to 0");
}

/* Keys are compared in lower case: Example.com/a passes as an annotation. */
static void annotation_key_flaws(struct np_take *take, struct np_str key, struct np_flaws *out)
{
    struct np_buf lower;

    out->n = 0;
    np_buf_init(&lower, &take->ctx->mem);
    for (uint32_t i = 0; i < key.n; i++)
        np_buf_addc(&lower, key.s[i] >= 'A' && key.s[i] <= 'Z' ? (char)(key.s[i] + 32) : key.s[i]);
    if (np_buf_failed(&lower))
        take->ctx->diags.failed = true;
    else
        np_label_key_flaws((struct np_str){lower.s ? lower.s : "", key.n}, take->opts->kubernetes_minor, out);
    np_buf_free(&lower);
}

static void check_annotations(struct np_take *take, const struct np_node *meta, const struct np_path *path)
{
    const struct np_node *map = np_map_value(meta, "annotations");
    struct np_path at = np_path_key(path, "annotations");
    uint64_t size = 0;
    struct np_diag *d;

    for (uint32_t i = 0; i < np_count(map); i++) {
        const struct np_pair *pair = &map->pairs[i];
        struct np_flaws flaws;

        annotation_key_flaws(take, np_node_str(&pair->key), &flaws);
        np_take_flaws(take, NP_META_ANNOTATION, &pair->key, &at, "annotation key", np_node_str(&pair->key), &flaws);
        size += pair->key.n + (pair->value.kind == NP_NODE_STRING ? pair->value.n : 0);
    }
    if (size <= ANNOTATIONS_LIMIT)
        return;
    d = np_take_invalid(take, NP_META_ANNOTATIONS_SIZE, map, &at, "annotations take %" PRIu64 " bytes; the limit is %u", size,
                        ANNOTATIONS_LIMIT);
    np_take_upstream(take, d, "may not be more than %u bytes", ANNOTATIONS_LIMIT);
}

static void check_owner(struct np_take *take, const struct np_node *owner, const struct np_path *path)
{
    static const char *const needed[][2] = {{"apiVersion", "version must not be empty"},
                                            {"kind", "must not be empty"},
                                            {"name", "must not be empty"},
                                            {"uid", "must not be empty"}};

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        struct np_path at = np_path_key(path, needed[i][0]);

        if (np_string_at(owner, needed[i][0]).n == 0)
            np_take_upstream(take, np_take_invalid(take, NP_META_OWNER, owner, &at, "the owner has no `%s`", needed[i][0]), "%s",
                             needed[i][1]);
    }
}

static void check_owners(struct np_take *take, const struct np_node *meta, const struct np_path *path)
{
    const struct np_node *list = np_list_at(meta, "ownerReferences");
    struct np_path at = np_path_key(path, "ownerReferences");
    uint32_t controllers = 0;

    for (uint32_t i = 0; i < np_count(list); i++) {
        const struct np_node *controller = np_map_value(&list->items[i], "controller");

        check_owner(take, &list->items[i], &at);
        controllers += controller && controller->kind == NP_NODE_BOOL && controller->b;
    }
    if (controllers > 1)
        np_take_upstream(take, np_take_invalid(take, NP_META_OWNER, list, &at, "%u owners say that they are the controller", controllers),
                         "Only one reference can have Controller set to true");
}

/* Finalizers of built-in kinds without a prefix are few. */
static bool is_kube_finalizer(struct np_str name)
{
    return np_str_is(name, "kubernetes") || np_str_is(name, "orphan") || np_str_is(name, "foregroundDeletion");
}

static void check_finalizers(struct np_take *take, const struct np_node *meta, const struct np_path *path)
{
    const struct np_node *list = np_list_at(meta, "finalizers");
    struct np_path at = np_path_key(path, "finalizers");

    for (uint32_t i = 0; i < np_count(list); i++) {
        const struct np_node *item = &list->items[i];
        struct np_str name = item->kind == NP_NODE_STRING ? np_node_str(item) : NP_STR("");
        struct np_flaws flaws;

        np_label_key_flaws(name, take->opts->kubernetes_minor, &flaws);
        np_take_flaws(take, NP_META_FINALIZER, item, &at, "finalizer", name, &flaws);
    }
}

/* Built-in kinds want a prefix too (pkg/apis/core/validation); custom resources do not. */
static void check_finalizer_prefixes(struct np_take *take, const struct np_node *meta, const struct np_path *path)
{
    const struct np_node *list = np_list_at(meta, "finalizers");
    struct np_path at = np_path_key(path, "finalizers");

    for (uint32_t i = 0; !take->crd && i < np_count(list); i++) {
        const struct np_node *item = &list->items[i];
        struct np_str name = item->kind == NP_NODE_STRING ? np_node_str(item) : NP_STR("");
        struct np_path each = np_path_index(&at, i);

        if ((name.n && memchr(name.s, '/', name.n)) || is_kube_finalizer(name))
            continue;
        np_take_upstream(take,
                         np_take_invalid(take, NP_META_FINALIZER, item, &each, "finalizer \"%.*s\" has no prefix", (int)name.n, name.s),
                         "name is neither a standard finalizer name nor is it fully qualified");
    }
}

void np_meta_validate(struct np_take *take, const struct np_node *object, bool namespaced)
{
    const struct np_node *meta = meta_of(object);
    struct np_path path = np_path_key(NULL, "metadata");
    struct np_path labels = np_path_key(&path, "labels");

    check_generate_name(take, meta, &path);
    check_name(take, object, meta, &path);
    check_namespace(take, meta, &path, namespaced);
    check_generation(take, meta, &path);
    np_labels_validate(take, np_map_value(meta, "labels"), &labels);
    check_annotations(take, meta, &path);
    check_owners(take, meta, &path);
    check_finalizers(take, meta, &path);
    check_finalizer_prefixes(take, meta, &path);
}
