/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Typed fields: see decode.h.
 *
 * The wording of type errors is that of Go's encoding/json as sigs.k8s.io/json carries it: the name of
 * the innermost struct, the path of field names without indexes, the Go type. A null is never an error:
 * as a field it is absent, elsewhere the zero value (apimachinery pkg/runtime/serializer/json, v1.36).
 */

#include "dialect/decode.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/suggest.h"

static const struct np_schema int64_type = {.kind = NP_SCHEMA_INT64, .go = "int64"};
static const struct np_schema bool_type = {.kind = NP_SCHEMA_BOOL, .go = "bool"};
static const struct np_schema uid_type = {.kind = NP_SCHEMA_STRING, .go = "types.UID"};
static const struct np_schema time_type = {.kind = NP_SCHEMA_STRING, .go = "v1.Time"};
static const struct np_schema operator_type = {.kind = NP_SCHEMA_STRING, .go = "v1.LabelSelectorOperator"};
static const struct np_schema string_list = {.kind = NP_SCHEMA_LIST, .item = &np_schema_string};

static const struct np_field owner_fields[] = {
    {"apiVersion", &np_schema_string}, {"kind", &np_schema_string},        {"name", &np_schema_string}, {"uid", &uid_type},
    {"controller", &bool_type},        {"blockOwnerDeletion", &bool_type},
};
static const struct np_schema owner_type = {.kind = NP_SCHEMA_STRUCT, .go = "v1.OwnerReference", NP_FIELDS(owner_fields)};
static const struct np_schema owner_list = {.kind = NP_SCHEMA_LIST, .item = &owner_type};

static const struct np_field meta_fields[] = {
    {"name", &np_schema_string},
    {"generateName", &np_schema_string},
    {"namespace", &np_schema_string},
    {"selfLink", &np_schema_string},
    {"uid", &uid_type},
    {"resourceVersion", &np_schema_string},
    {"generation", &int64_type},
    {"creationTimestamp", &time_type},
    {"deletionTimestamp", &time_type},
    {"labels", &np_schema_strings},
    {"annotations", &np_schema_strings},
    {"deletionGracePeriodSeconds", &int64_type},
    {"ownerReferences", &owner_list},
    {"finalizers", &string_list},
    {"managedFields", &np_schema_any},
};

static const struct np_field requirement_fields[] = {
    {"key", &np_schema_string, .required = true},
    {"operator", &operator_type, .required = true},
    {"values", &string_list},
};
static const struct np_schema requirement_type = {
    .kind = NP_SCHEMA_STRUCT, .go = "v1.LabelSelectorRequirement", NP_FIELDS(requirement_fields)};
static const struct np_schema requirement_list = {.kind = NP_SCHEMA_LIST, .item = &requirement_type};
static const struct np_field selector_fields[] = {{"matchLabels", &np_schema_strings}, {"matchExpressions", &requirement_list}};

const struct np_schema np_schema_any = {.kind = NP_SCHEMA_ANY};
const struct np_schema np_schema_string = {.kind = NP_SCHEMA_STRING, .go = "string"};
const struct np_schema np_schema_strings = {.kind = NP_SCHEMA_STRINGS, .go = "map[string]string"};
const struct np_schema np_schema_meta = {.kind = NP_SCHEMA_STRUCT, .go = "v1.ObjectMeta", NP_FIELDS(meta_fields)};
const struct np_schema np_schema_selector = {.kind = NP_SCHEMA_STRUCT, .go = "v1.LabelSelector", NP_FIELDS(selector_fields)};

/* Where a value stands in Go's eyes. */
struct place {
    const struct np_schema *owner; /* the innermost struct */
    struct np_path path;
};

bool np_json_source(const struct np_take *take)
{
    const struct np_sources *sources = &take->ctx->sources;
    const struct np_source *source;

    if (take->doc->source >= sources->n)
        return true;
    source = &sources->items[take->doc->source];
    for (size_t i = 0; i < source->size; i++)
        if (!strchr(" \t\r\n", source->bytes[i]))
            return source->bytes[i] == '{' || source->bytes[i] == '[';
    return false;
}

/* JSON keeps the writer's digits; YAML is printed anew by Go. */
static bool written_number(const struct np_take *take, const struct np_node *node, char *out)
{
    const struct np_source *source;
    uint32_t n = node->end - node->start;

    if (!np_json_source(take) || take->doc->source >= take->ctx->sources.n)
        return false;
    source = &take->ctx->sources.items[take->doc->source];
    if (node->end > source->size || node->start >= node->end || n >= 64)
        return false;
    memcpy(out, source->bytes + node->start, n);
    out[n] = '\0';
    return strspn(out, "+-.eE0123456789") == n;
}

static void float_text(double value, char *out)
{
    double size = fabs(value);

    if (size != 0 && (size < 1e-6 || size >= 1e21)) {
        (void)snprintf(out, 64, "%.17g", value);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        double back;

        (void)snprintf(out, 64, "%.*g", digits, value);
        if (sscanf(out, "%lf", &back) == 1 && back >= value && back <= value)
            break;
    }
    if (strchr(out, 'e'))
        (void)snprintf(out, 64, "%.0f", value);
}

void np_number_text(const struct np_take *take, const struct np_node *node, char *out)
{
    if (written_number(take, node, out))
        return;
    if (node->kind == NP_NODE_INT)
        (void)snprintf(out, 64, "%" PRId64, node->i);
    else if (node->kind == NP_NODE_UINT)
        (void)snprintf(out, 64, "%" PRIu64, node->u);
    else
        float_text(node->f, out);
}

static void go_path(const struct np_path *path, struct np_buf *out)
{
    if (!path)
        return;
    go_path(path->up, out);
    if (!path->key)
        return;
    if (out->n)
        np_buf_addc(out, '.');
    np_buf_adds(out, path->key);
}

static const char *go_name(const char *type)
{
    const char *dot = strrchr(type, '.');

    return dot ? dot + 1 : type;
}

static void type_name(const struct np_schema *schema, struct np_buf *out)
{
    for (; schema->kind == NP_SCHEMA_LIST; schema = schema->item)
        np_buf_adds(out, "[]");
    np_buf_adds(out, schema->kind == NP_SCHEMA_INT_OR_STRING ? "int32" : schema->go);
}

static const char *expected_words(const struct np_schema *schema)
{
    static const char *const words[] = {
        [NP_SCHEMA_ANY] = "anything",
        [NP_SCHEMA_STRUCT] = "a map",
        [NP_SCHEMA_LIST] = "a list",
        [NP_SCHEMA_STRINGS] = "a map of strings",
        [NP_SCHEMA_STRING] = "a string",
        [NP_SCHEMA_INT32] = "a whole number",
        [NP_SCHEMA_INT64] = "a whole number",
        [NP_SCHEMA_BOOL] = "true or false",
        [NP_SCHEMA_INT_OR_STRING] = "a whole number or a name",
    };

    return words[schema->kind];
}

/* Of a map of strings. Its path is that of the map, as encoding/json has it. */
static const struct np_schema map_value = {.kind = NP_SCHEMA_STRING, .go = "string"};

/* "number 80.5" where the kind was right and the value was not; "number" where even the kind was wrong. */
static void raise_type(struct np_take *take, const struct np_schema *schema, const struct np_schema *owner, const struct np_node *node,
                       const struct np_path *path, const char *number)
{
    struct np_buf field, type;
    struct np_diag *d;

    np_buf_init(&field, &take->ctx->mem);
    np_buf_init(&type, &take->ctx->mem);
    go_path(path, &field);
    type_name(schema, &type);
    d = np_take_refuse(take, number ? NP_FIELD_NUMBER : NP_FIELD_TYPE, node, path, "%s`%s` must be %s, not %s%s%s",
                       schema == &map_value ? "a value in " : np_take_item(path), np_take_field(path), expected_words(schema),
                       number ? "the number" : np_node_kind_name(node), number ? " " : "", number ? number : "");
    if (np_buf_failed(&field) || np_buf_failed(&type))
        take->ctx->diags.failed = true;
    else
        np_take_upstream(take, d, "json: cannot unmarshal %s%s%s into Go struct field %s.%s of type %s", np_node_kind_name(node),
                         number ? " " : "", number ? number : "", go_name(owner->go), field.s ? field.s : "", type.s);
    if (node->kind == NP_NODE_BOOL || node->kind == NP_NODE_INT || node->kind == NP_NODE_FLOAT)
        if (schema->kind == NP_SCHEMA_STRING || schema->kind == NP_SCHEMA_STRINGS)
            np_diag_help(&take->ctx->diags, d, "put the value in quotes");
    np_buf_free(&field);
    np_buf_free(&type);
}

static void check_integer(struct np_take *take, const struct np_schema *schema, const struct np_schema *owner, const struct np_node *node,
                          const struct np_path *path)
{
    char text[64];

    if (node->kind == NP_NODE_INT && (schema->kind == NP_SCHEMA_INT64 || (node->i >= INT32_MIN && node->i <= INT32_MAX)))
        return;
    if (node->kind != NP_NODE_INT && node->kind != NP_NODE_UINT && node->kind != NP_NODE_FLOAT) {
        raise_type(take, schema, owner, node, path, NULL);
        return;
    }
    np_number_text(take, node, text);
    raise_type(take, schema, owner, node, path, text);
}

static void check(struct np_take *take, const struct np_schema *schema, const struct np_schema *owner, const struct np_node *node,
                  const struct np_path *path);

static void check_strings(struct np_take *take, const struct np_schema *owner, const struct np_node *map, const struct np_path *path)
{
    for (uint32_t i = 0; i < map->n; i++) {
        const struct np_node *value = &map->pairs[i].value;

        if (value->kind != NP_NODE_STRING && value->kind != NP_NODE_NULL)
            raise_type(take, &map_value, owner, value, path, NULL);
    }
}

static void check_struct(struct np_take *take, const struct np_schema *schema, const struct np_node *map, const struct np_path *path)
{
    for (uint32_t i = 0; i < map->n; i++) {
        const struct np_pair *pair = &map->pairs[i];
        const struct np_field *field = np_schema_field(take, schema, np_node_str(&pair->key));
        struct np_path at = np_path_key(path, pair->key.s);

        if (field)
            check(take, field->type, schema, &pair->value, &at);
    }
}

static void check_list(struct np_take *take, const struct np_schema *schema, const struct np_schema *owner, const struct np_node *list,
                       const struct np_path *path)
{
    for (uint32_t i = 0; i < list->n; i++) {
        struct np_path at = np_path_index(path, i);

        check(take, schema->item, owner, &list->items[i], &at);
    }
}

bool np_schema_kind_fits(const struct np_schema *schema, const struct np_node *node)
{
    switch (schema->kind) {
    case NP_SCHEMA_STRUCT:
    case NP_SCHEMA_STRINGS:
        return node->kind == NP_NODE_MAP;
    case NP_SCHEMA_LIST:
        return node->kind == NP_NODE_LIST;
    case NP_SCHEMA_STRING:
        return node->kind == NP_NODE_STRING;
    case NP_SCHEMA_BOOL:
        return node->kind == NP_NODE_BOOL;
    default:
        return true;
    }
}

static void check(struct np_take *take, const struct np_schema *schema, const struct np_schema *owner, const struct np_node *node,
                  const struct np_path *path)
{
    if (node->kind == NP_NODE_NULL)
        return;
    if (!np_schema_kind_fits(schema, node)) {
        raise_type(take, schema, owner, node, path, NULL);
        return;
    }
    if (schema->kind == NP_SCHEMA_STRUCT)
        check_struct(take, schema, node, path);
    else if (schema->kind == NP_SCHEMA_LIST)
        check_list(take, schema, owner, node, path);
    else if (schema->kind == NP_SCHEMA_STRINGS)
        check_strings(take, owner, node, path);
    else if (schema->kind == NP_SCHEMA_INT32 || schema->kind == NP_SCHEMA_INT64)
        check_integer(take, schema, owner, node, path);
    else if (schema->kind == NP_SCHEMA_INT_OR_STRING && node->kind != NP_NODE_STRING)
        check_integer(take, schema, owner, node, path);
}

/* Unknown fields of a value whose types are right. */
static void look_for_unknown(struct np_take *take, const struct np_schema *schema, const struct np_node *node, const struct np_path *path)
{
    if (schema->kind == NP_SCHEMA_STRUCT && node->kind == NP_NODE_MAP) {
        for (uint32_t i = 0; i < node->n; i++) {
            const struct np_pair *pair = &node->pairs[i];
            const struct np_field *field = np_schema_field(take, schema, np_node_str(&pair->key));
            struct np_path at = np_path_key(path, pair->key.s);

            if (field)
                look_for_unknown(take, field->type, &pair->value, &at);
            else
                np_take_unknown(take, schema, pair, &at);
        }
    } else if (schema->kind == NP_SCHEMA_LIST && node->kind == NP_NODE_LIST) {
        for (uint32_t i = 0; i < node->n; i++) {
            struct np_path at = np_path_index(path, i);

            look_for_unknown(take, schema->item, &node->items[i], &at);
        }
    }
}

bool np_decode_types(struct np_take *take, const struct np_schema *schema, const struct np_node *object)
{
    uint32_t before = take->errors;

    check_struct(take, schema, object, NULL);
    return take->errors == before;
}

bool np_decode(struct np_take *take, const struct np_schema *schema, const struct np_node *object)
{
    if (!np_decode_types(take, schema, object))
        return false;
    look_for_unknown(take, schema, object, NULL);
    return true;
}

void np_decode_unknown(struct np_take *take, const struct np_schema *schema, const struct np_node *object)
{
    look_for_unknown(take, schema, object, NULL);
}

const struct np_field *np_schema_field(const struct np_take *take, const struct np_schema *schema, struct np_str name)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const struct np_field *field = &schema->fields[i];

        if (np_str_is(name, field->name))
            return field->experimental && take->opts->channel == NP_CHANNEL_STANDARD && take->opts->mode != NP_MODE_STORED ? NULL : field;
    }
    return NULL;
}
