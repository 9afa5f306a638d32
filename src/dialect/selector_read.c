/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * meta/v1 LabelSelector: see selector_read.h.
 *
 * Rules: apimachinery pkg/apis/meta/v1/validation (v1.36). A selector that the server would refuse may
 * still be stored: CustomResourceDefinitions do not look into selectors. What it then selects is not
 * guessed: its bad requirement is opaque, and the verdict undefined where it matters. Bad label values
 * are kept, because no object can have them: In never holds for them, NotIn always does.
 */

#include "dialect/selector_read.h"

#include "dialect/validate_label.h"

enum arity { NO_VALUES, SOME_VALUES };

static const struct {
    const char *name;
    enum np_selector_op op;
    enum arity arity;
} operators[] = {
    {"In", NP_SELECTOR_IN, SOME_VALUES},
    {"NotIn", NP_SELECTOR_NOT_IN, SOME_VALUES},
    {"Exists", NP_SELECTOR_EXISTS, NO_VALUES},
    {"DoesNotExist", NP_SELECTOR_NOT_EXISTS, NO_VALUES},
};

#define N_OPERATORS (sizeof operators / sizeof operators[0])

static size_t operator_of(const struct np_node *requirement)
{
    struct np_str name = np_string_at(requirement, "operator");
    size_t i = 0;

    while (i < N_OPERATORS && !np_str_is(name, operators[i].name))
        i++;
    return i;
}

static struct np_str item_string(const struct np_node *item)
{
    return item->kind == NP_NODE_STRING ? np_node_str(item) : NP_STR("");
}

static const struct np_node *at_or(const struct np_node *map, const char *key)
{
    const struct np_node *value = np_map_get(map, key);

    return value ? value : map;
}

static void validate_operator(struct np_take *take, const struct np_node *requirement, const struct np_path *path)
{
    struct np_path values = np_path_key(path, "values"), operator_path = np_path_key(path, "operator");
    uint32_t n = np_count(np_list_at(requirement, "values"));
    size_t op = operator_of(requirement);
    struct np_str name = np_string_at(requirement, "operator");
    struct np_diag *d;

    if (op == N_OPERATORS) {
        d = np_take_invalid(take, NP_SELECTOR_OPERATOR, at_or(requirement, "operator"), &operator_path,
                            "\"%.*s\" is no operator of a label selector", (int)name.n, name.s);
        np_diag_help(&take->ctx->diags, d, "the operators are In, NotIn, Exists and DoesNotExist");
        np_take_upstream(take, d, "not a valid selector operator");
    } else if (operators[op].arity == SOME_VALUES && n == 0) {
        d = np_take_invalid(take, NP_SELECTOR_NO_VALUES, at_or(requirement, "values"), &values, "%s needs at least one value",
                            operators[op].name);
        np_take_upstream(take, d, "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (operators[op].arity == NO_VALUES && n > 0) {
        d = np_take_invalid(take, NP_SELECTOR_VALUES, at_or(requirement, "values"), &values, "%s takes no values", operators[op].name);
        np_take_upstream(take, d, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
}

static void validate_requirement(struct np_take *take, const struct np_node *requirement, const struct np_path *path, bool lenient)
{
    const struct np_node *values = np_list_at(requirement, "values");
    struct np_path key_path = np_path_key(path, "key"), values_path = np_path_key(path, "values");
    struct np_str key = np_string_at(requirement, "key");
    struct np_flaws flaws;

    validate_operator(take, requirement, path);
    np_label_key_flaws(key, take->opts->kubernetes_minor, &flaws);
    np_take_flaws(take, NP_LABEL_KEY, at_or(requirement, "key"), &key_path, "label key", key, &flaws);
    for (uint32_t i = 0; !lenient && i < np_count(values); i++) {
        struct np_path at = np_path_index(&values_path, i);
        struct np_str value = item_string(&values->items[i]);

        np_label_value_flaws(value, &flaws);
        np_take_flaws(take, NP_LABEL_VALUE, &values->items[i], &at, "label value", value, &flaws);
    }
}

void np_selector_validate(struct np_take *take, const struct np_node *node, const struct np_path *path, bool lenient)
{
    const struct np_node *requirements = np_list_at(node, "matchExpressions");
    struct np_path labels_path = np_path_key(path, "matchLabels"), list_path = np_path_key(path, "matchExpressions");

    if (!node)
        return;
    np_labels_validate(take, np_map_value(node, "matchLabels"), &labels_path);
    for (uint32_t i = 0; i < np_count(requirements); i++) {
        struct np_path at = np_path_index(&list_path, i);

        validate_requirement(take, &requirements->items[i], &at, lenient);
    }
}

static bool label_is_valid(struct np_str key, struct np_str value)
{
    struct np_flaws flaws;

    np_label_key_flaws(key, 0, &flaws);
    if (flaws.n)
        return false;
    np_label_value_flaws(value, &flaws);
    return flaws.n == 0;
}

static bool requirement_is_readable(const struct np_node *requirement)
{
    uint32_t n = np_count(np_list_at(requirement, "values"));
    size_t op = operator_of(requirement);

    return op < N_OPERATORS && (operators[op].arity == SOME_VALUES) == (n > 0) && np_string_at(requirement, "key").n > 0;
}

static bool requirement_is_valid(const struct np_node *requirement)
{
    const struct np_node *values = np_list_at(requirement, "values");
    struct np_str key = np_string_at(requirement, "key");

    if (!requirement_is_readable(requirement) || !label_is_valid(key, NP_STR("")))
        return false;
    for (uint32_t i = 0; i < np_count(values); i++)
        if (!label_is_valid(key, item_string(&values->items[i])))
            return false;
    return true;
}

bool np_selector_is_valid(const struct np_node *node)
{
    const struct np_node *labels = np_map_value(node, "matchLabels");
    const struct np_node *requirements = np_list_at(node, "matchExpressions");

    if (labels && labels->kind != NP_NODE_MAP)
        return false;
    for (uint32_t i = 0; i < np_count(labels); i++)
        if (!label_is_valid(np_node_str(&labels->pairs[i].key), item_string(&labels->pairs[i].value)))
            return false;
    for (uint32_t i = 0; i < np_count(requirements); i++)
        if (!requirement_is_valid(&requirements->items[i]))
            return false;
    return true;
}

static void read_values(struct np_take *take, const struct np_node *values, struct np_requirement *out)
{
    np_atom *atoms = np_take_array(take, np_count(values), sizeof *atoms);

    if (!atoms)
        return;
    for (uint32_t i = 0; i < values->n; i++)
        atoms[i] = np_take_atom(take, item_string(&values->items[i]));
    out->values = atoms;
    out->n_values = values->n;
}

static void read_requirement(struct np_take *take, const struct np_node *requirement, struct np_requirement *out)
{
    out->key = np_take_atom(take, np_string_at(requirement, "key"));
    out->op = NP_SELECTOR_OPAQUE;
    if (!requirement_is_readable(requirement))
        return;
    out->op = operators[operator_of(requirement)].op;
    read_values(take, np_list_at(requirement, "values"), out);
}

static uint32_t read_labels(struct np_take *take, const struct np_node *labels, struct np_requirement *out)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < np_count(labels); i++) {
        const struct np_pair *pair = &labels->pairs[i];
        np_atom *value;

        if (take->crd && pair->value.kind == NP_NODE_NULL)
            continue;
        value = np_take_array(take, 1, sizeof *value);
        if (!value)
            return n;
        *value = np_take_atom(take, item_string(&pair->value));
        out[n++] = (struct np_requirement){np_take_atom(take, np_node_str(&pair->key)), NP_SELECTOR_IN, value, 1};
    }
    return n;
}

/* In the cluster there may be members that only a newer or older version understands. */
static bool has_unknown_member(const struct np_take *take, const struct np_node *node)
{
    for (uint32_t i = 0; take->opts->mode == NP_MODE_STORED && take->crd && i < np_count(node); i++)
        if (!np_schema_field(take, &np_schema_selector, np_node_str(&node->pairs[i].key)) && node->pairs[i].value.kind != NP_NODE_NULL)
            return true;
    return false;
}

const struct np_selector *np_selector_read(struct np_take *take, const struct np_node *node)
{
    const struct np_node *labels = np_map_value(node, "matchLabels");
    const struct np_node *requirements = np_list_at(node, "matchExpressions");
    bool opaque = has_unknown_member(take, node);
    struct np_selector *selector;
    struct np_requirement *items;
    uint32_t n;

    if (!node)
        return NULL;
    selector = np_take_array(take, 1, sizeof *selector);
    items = np_take_array(take, (size_t)np_count(labels) + np_count(requirements) + opaque, sizeof *items);
    if (!selector || take->ctx->diags.failed)
        return NULL;
    n = read_labels(take, labels, items);
    for (uint32_t i = 0; i < np_count(requirements); i++)
        read_requirement(take, &requirements->items[i], &items[n++]);
    if (opaque)
        items[n++] = (struct np_requirement){np_take_atom(take, NP_STR("")), NP_SELECTOR_OPAQUE, NULL, 0};
    *selector = (struct np_selector){items, n, np_take_span(take, node)};
    return selector;
}
