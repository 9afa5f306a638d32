/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Labels and the selectors of workloads: see store.h.
 *
 * A value that is no string leaves the label unknown: the object's labels become partial, so that a
 * policy whose verdict hangs on it is undefined instead of wrong. A null value is the empty string, as
 * Go decodes it into a map of strings.
 */

#include "inventory/store.h"

#include <cnipol/status.h>

static bool push_label(struct np_inv_in *in, np_atom key, np_atom value)
{
    struct np_label *label = np_inv_push(in, &in->inv->labels, sizeof *label);

    if (label)
        *label = (struct np_label){key, value};
    return label != NULL;
}

/* The value of a label, or false where it is no string. */
static bool label_value(struct np_inv_in *in, const struct np_pair *pair, const struct np_path *up, np_atom *out)
{
    const struct np_node *value = &pair->value;
    struct np_path path = np_path_key(up, pair->key.s);
    struct np_diag *d;

    if (value->kind == NP_NODE_STRING || value->kind == NP_NODE_NULL) {
        *out = value->kind == NP_NODE_NULL ? in->inv->empty : np_inv_atom(in, np_node_str(value));
        return true;
    }
    d = np_inv_complain(in, NP_INV_LABEL, value, &path, "the value of label `%s` is a %s, not a string", pair->key.s,
                        np_node_kind_name(value));
    np_diag_help(&in->inv->ctx->diags, d, "write it in quotes");
    np_diag_upstream(&in->inv->ctx->diags, d, "json: cannot unmarshal %s into Go struct field ObjectMeta.metadata.labels of type string",
                     np_node_kind_name(value));
    return false;
}

/* Reads a map of labels into the scratch array. False: some of them stay unknown. */
static bool read_labels(struct np_inv_in *in, const struct np_node *map, const struct np_path *path)
{
    const struct np_node *labels = np_inv_get(in, map, path, NP_NODE_MAP);
    bool whole = labels || !np_map_value(map, path->key);

    in->inv->labels.n = 0;
    for (uint32_t i = 0; labels && i < labels->n; i++) {
        const struct np_pair *pair = &labels->pairs[i];
        np_atom key, value;

        if (!label_value(in, pair, path, &value)) {
            whole = false;
            continue;
        }
        key = np_inv_atom(in, np_node_str(&pair->key));
        if (!key || !value || !push_label(in, key, value))
            break;
    }
    return whole;
}

/* The kept form of the scratch array; of a repeated key the last value stays. */
static struct np_labels keep_labels(struct np_inv_in *in, bool whole)
{
    struct np_inventory *inv = in->inv;
    struct np_label *items = inv->labels.items;
    struct np_labels out = {.partial = !whole};
    uint32_t n = inv->labels.n;

    np_labels_sort(items, n);
    for (uint32_t i = 0; i < n; i++) {
        if (i + 1 < n && items[i].key == items[i + 1].key)
            continue;
        items[out.n++] = items[i];
    }
    out.items = np_inv_share(inv, &inv->label_sets, items, out.n * sizeof *items);
    if (!out.items)
        in->rc = CNIPOL_E_NOMEM;
    return in->rc ? (struct np_labels){0} : out;
}

struct np_labels np_inv_labels(struct np_inv_in *in, const struct np_node *map, const struct np_path *path)
{
    bool whole = read_labels(in, map, path);

    return keep_labels(in, whole);
}

/* Puts the name label in the scratch array, over a wrong one. */
static void force_name_label(struct np_inv_in *in, np_atom name, const struct np_node *metadata, const struct np_path *path)
{
    struct np_inventory *inv = in->inv;
    struct np_label *items = inv->labels.items;
    struct np_path label = np_path_key(path, "kubernetes.io/metadata.name");

    for (uint32_t i = 0; i < inv->labels.n; i++) {
        if (items[i].key != inv->name_label)
            continue;
        if (items[i].value != name)
            (void)np_inv_complain(in, NP_INV_NAME_LABEL, np_map_get(np_map_value(metadata, "labels"), label.key), &label,
                                  "the API server sets this label to the namespace's name, `%s`", np_atoms_str(&inv->ctx->atoms, name).s);
        items[i].value = name;
        return;
    }
    (void)push_label(in, inv->name_label, name);
}

struct np_labels np_inv_namespace_labels(struct np_inv_in *in, np_atom name, const struct np_node *metadata, const struct np_path *path)
{
    struct np_path labels = np_path_key(path, "labels");
    bool whole = false;

    in->inv->labels.n = 0;
    if (metadata)
        whole = read_labels(in, metadata, &labels);
    force_name_label(in, name, metadata, &labels);
    return keep_labels(in, whole);
}

static bool read_operator(struct np_inv_in *in, const struct np_node *item, const struct np_path *up, uint32_t *op)
{
    static const char *const names[] = {"In", "NotIn", "Exists", "DoesNotExist"};
    struct np_path path = np_path_key(up, "operator");
    struct np_str text = np_inv_string(in, item, &path);

    for (uint32_t i = 0; i < 4; i++) {
        if (np_str_is(text, names[i])) {
            *op = i;
            return true;
        }
    }
    (void)np_inv_complain(in, NP_INV_SELECTOR, item, &path, "the operator must be In, NotIn, Exists or DoesNotExist");
    return false;
}

static bool read_values(struct np_inv_in *in, const struct np_node *item, const struct np_path *up, struct np_requirement *out)
{
    struct np_path path = np_path_key(up, "values");
    const struct np_node *list = np_inv_get(in, item, &path, NP_NODE_LIST);
    np_atom *values;

    if (!list)
        return !np_map_value(item, "values");
    values = np_arena_array(&in->inv->arena, list->n, sizeof *values);
    if (!values)
        in->rc = CNIPOL_E_NOMEM;
    for (uint32_t i = 0; values && i < list->n; i++) {
        struct np_path at = np_path_index(&path, i);
        const struct np_node *value = np_inv_at(in, list, &at, NP_NODE_STRING);

        if (!value)
            return false;
        values[i] = value->kind == NP_NODE_NULL ? in->inv->empty : np_inv_atom(in, np_node_str(value));
    }
    out->values = values;
    out->n_values = list->n;
    return values != NULL;
}

static bool read_expression(struct np_inv_in *in, const struct np_node *list, const struct np_path *path, struct np_requirement *out)
{
    const struct np_node *item = np_inv_at(in, list, path, NP_NODE_MAP);
    struct np_path key = np_path_key(path, "key");
    bool listed;

    if (!item)
        return false;
    out->key = np_inv_name(in, item, &key, NP_ATOM_NONE);
    if (!out->key || !read_operator(in, item, path, &out->op) || !read_values(in, item, path, out))
        return false;
    listed = out->op == NP_SELECTOR_IN || out->op == NP_SELECTOR_NOT_IN;
    if (listed == (out->n_values > 0))
        return true;
    (void)np_inv_complain(in, NP_INV_SELECTOR, item, path, listed ? "In and NotIn need values" : "Exists and DoesNotExist take no values");
    return false;
}

/* The labels in the scratch array as requirements, each with a value list of one. */
static bool match_labels(struct np_inv_in *in, struct np_requirement *out)
{
    const struct np_label *items = in->inv->labels.items;
    uint32_t n = in->inv->labels.n;
    np_atom *values = np_arena_array(&in->inv->arena, n, sizeof *values);

    if (!values) {
        in->rc = CNIPOL_E_NOMEM;
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        values[i] = items[i].value;
        out[i] = (struct np_requirement){items[i].key, NP_SELECTOR_IN, &values[i], 1};
    }
    return true;
}

static const struct np_selector *read_requirements(struct np_inv_in *in, const struct np_node *node, const struct np_node *list,
                                                   const struct np_path *path)
{
    uint32_t n_labels = in->inv->labels.n, n = n_labels + (list ? list->n : 0);
    struct np_selector *out = np_arena_zalloc(&in->inv->arena, sizeof *out);
    struct np_requirement *items = np_arena_zalloc(&in->inv->arena, n * sizeof *items);

    if (!out || !items) {
        in->rc = CNIPOL_E_NOMEM;
        return NULL;
    }
    if (!match_labels(in, items))
        return NULL;
    for (uint32_t i = 0; n_labels + i < n; i++) {
        struct np_path at = np_path_index(path, i);

        if (!read_expression(in, list, &at, &items[n_labels + i]))
            return NULL;
    }
    *out = (struct np_selector){items, n, np_doc_span(in->doc, node)};
    return out;
}

const struct np_selector *np_inv_selector(struct np_inv_in *in, const struct np_node *map, const struct np_path *path, bool plain)
{
    const struct np_node *node = np_inv_get(in, map, path, NP_NODE_MAP);
    struct np_path labels = np_path_key(path, "matchLabels"), expressions = np_path_key(path, "matchExpressions");
    const struct np_node *list;

    if (!node)
        return NULL;
    if (!read_labels(in, plain ? map : node, plain ? path : &labels))
        return NULL;
    list = plain ? NULL : np_inv_get(in, node, &expressions, NP_NODE_LIST);
    if (!plain && !list && np_map_value(node, "matchExpressions"))
        return NULL;
    return read_requirements(in, node, list, &expressions);
}
