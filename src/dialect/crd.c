/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Structural schema validation: see cnp_schema.h.
 *
 * Rules and words: apiextensions-apiserver pkg/apiserver/validation and pkg/registry/customresource,
 * kube-openapi pkg/validation/validate (v1.36). A null field is dropped before validation, a null list
 * item is a type error. maxLength counts characters, whatever its message says. The rules (CEL) are not
 * asked where a type, a required field, an enum or an upper bound failed before.
 */

#include <inttypes.h>
#include <math.h>

#include "base/suggest.h"
#include "dialect/cnp_schema.h"

struct walk {
    struct np_take *take;
    bool type_error;
    bool blocked; /* the rules cannot be asked */
};

static const char *schema_word(const struct np_schema *schema)
{
    static const char *const words[] = {
        [NP_SCHEMA_ANY] = "any",        [NP_SCHEMA_STRUCT] = "object", [NP_SCHEMA_LIST] = "array",
        [NP_SCHEMA_STRINGS] = "object", [NP_SCHEMA_STRING] = "string", [NP_SCHEMA_INT32] = "integer",
        [NP_SCHEMA_INT64] = "integer",  [NP_SCHEMA_BOOL] = "boolean",  [NP_SCHEMA_INT_OR_STRING] = "integer",
    };

    return words[schema->kind];
}

static const char *node_word(const struct np_node *node)
{
    static const char *const words[] = {
        [NP_NODE_NULL] = "null",    [NP_NODE_BOOL] = "boolean",  [NP_NODE_INT] = "integer", [NP_NODE_UINT] = "integer",
        [NP_NODE_FLOAT] = "number", [NP_NODE_STRING] = "string", [NP_NODE_LIST] = "array",  [NP_NODE_MAP] = "object",
    };

    return words[node->kind];
}

static bool is_whole(const struct np_node *node)
{
    return node->kind == NP_NODE_INT || node->kind == NP_NODE_UINT ||
           (node->kind == NP_NODE_FLOAT && isfinite(node->f) && floor(node->f) >= node->f);
}

static bool kind_fits(const struct np_schema *schema, const struct np_node *node)
{
    bool is_number = schema->kind == NP_SCHEMA_INT32 || schema->kind == NP_SCHEMA_INT64;

    return is_number ? is_whole(node) : np_schema_kind_fits(schema, node);
}

static const char *path_of(const struct np_diag *d)
{
    return d && d->path ? d->path : "";
}

static void type_error(struct walk *w, const struct np_schema *schema, const struct np_node *node, const struct np_path *path)
{
    struct np_diag *d = np_take_refuse(w->take, NP_CRD_TYPE, node, path, "%s`%s` must be of type %s, and is of type %s", np_take_item(path),
                                       np_take_field(path), schema_word(schema), node_word(node));

    np_take_upstream(w->take, d, "%s in body must be of type %s: \"%s\"", path_of(d), schema_word(schema), node_word(node));
    w->type_error = w->blocked = true;
}

static void too_few(struct walk *w, enum np_code code, const struct np_node *node, const struct np_path *path, uint32_t n, uint32_t min,
                    const char *what)
{
    struct np_diag *d;

    if (n >= min)
        return;
    d = np_take_invalid(w->take, code, node, path, "%s`%s` has %u %s, fewer than %u", np_take_item(path), np_take_field(path), n, what,
                        min);
    np_take_upstream(w->take, d, "%s in body should have at least %u %s", path_of(d), min, what);
}

static void too_many(struct walk *w, enum np_code code, const struct np_node *node, const struct np_path *path, uint32_t n, uint32_t max,
                     const char *what)
{
    struct np_diag *d;

    if (max == 0 || n <= max)
        return;
    d = np_take_invalid(w->take, code, node, path, "%s`%s` has %u %s, more than %u", np_take_item(path), np_take_field(path), n, what, max);
    np_take_upstream(w->take, d, "must have at most %u items", max);
    w->blocked = true;
}

static uint32_t characters(struct np_str s)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.s[i] & 0xc0) != 0x80;
    return n;
}

static void help_words(struct walk *w, struct np_diag *d, const struct np_schema *schema, const struct np_node *node, const char *list)
{
    uint32_t n = 0;
    const char *near;

    while (schema->words[n])
        n++;
    near = np_suggest(np_node_str(node), schema->words, n);
    if (near)
        np_diag_help(&w->take->ctx->diags, d, "did you mean \"%s\"? The words are %s", near, list);
    else
        np_diag_help(&w->take->ctx->diags, d, "the words are %s", list);
}

static void check_words(struct walk *w, const struct np_schema *schema, const struct np_node *node, const struct np_path *path)
{
    struct np_buf list;
    struct np_diag *d;

    for (uint32_t i = 0; schema->words[i]; i++)
        if (np_str_is(np_node_str(node), schema->words[i]))
            return;
    np_buf_init(&list, &w->take->ctx->mem);
    for (uint32_t i = 0; schema->words[i]; i++)
        np_buf_addf(&list, "%s\"%s\"", i ? ", " : "", schema->words[i]);
    d = np_take_invalid(w->take, NP_CRD_ENUM, node, path, "\"%.*s\" is none of the words of `%s`", (int)node->n, node->s,
                        np_take_field(path));
    if (np_buf_failed(&list))
        w->take->ctx->diags.failed = true;
    else
        np_take_upstream(w->take, d, "supported values: %s", list.s);
    if (!np_buf_failed(&list))
        help_words(w, d, schema, node, list.s);
    np_buf_free(&list);
    w->blocked = true;
}

static void check_string(struct walk *w, const struct np_schema *schema, const struct np_node *node, const struct np_path *path)
{
    struct np_diag *d;

    if (schema->words)
        check_words(w, schema, node, path);
    if (schema->max_n && characters(np_node_str(node)) > schema->max_n) {
        d = np_take_invalid(w->take, NP_CRD_MAX_LENGTH, node, path, "%s`%s` has more than %u characters", np_take_item(path),
                            np_take_field(path), schema->max_n);
        np_take_upstream(w->take, d, "may not be more than %u bytes", schema->max_n);
        w->blocked = true;
    }
    if (schema->matches && !schema->matches(np_node_str(node))) {
        d = np_take_invalid(w->take, NP_CRD_PATTERN, node, path, "\"%.*s\" has not the form that `%s` wants", (int)node->n, node->s,
                            np_take_field(path));
        np_take_upstream(w->take, d, "%s in body should match '%s'", path_of(d), schema->pattern);
    }
}

static void check_number(struct walk *w, const struct np_schema *schema, const struct np_node *node, const struct np_path *path)
{
    double value = np_number_of(node);
    struct np_diag *d;
    char text[64];

    if (!schema->ranged)
        return;
    np_number_text(w->take, node, text);
    if (value < (double)schema->min) {
        d = np_take_invalid(w->take, NP_CRD_MINIMUM, node, path, "`%s` is %s, below its minimum of %" PRId64, np_take_field(path), text,
                            schema->min);
        np_take_upstream(w->take, d, "%s in body should be greater than or equal to %" PRId64, path_of(d), schema->min);
    } else if (value > (double)schema->max) {
        d = np_take_invalid(w->take, NP_CRD_MAXIMUM, node, path, "`%s` is %s, above its maximum of %" PRId64, np_take_field(path), text,
                            schema->max);
        np_take_upstream(w->take, d, "%s in body should be less than or equal to %" PRId64, path_of(d), schema->max);
    }
}

static void check(struct walk *w, const struct np_schema *schema, const struct np_node *node, const struct np_path *path);

static void check_required(struct walk *w, const struct np_schema *schema, const struct np_node *map, const struct np_path *path)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const struct np_field *field = &schema->fields[i];
        struct np_path at = np_path_key(path, field->name);

        if (!field->required || np_map_value(map, field->name))
            continue;
        np_take_upstream(w->take, np_take_invalid(w->take, NP_CRD_REQUIRED, map, &at, "`%s` is missing", field->name), "Required value");
        w->blocked = true;
    }
}

static void check_struct(struct walk *w, const struct np_schema *schema, const struct np_node *map, const struct np_path *path)
{
    uint32_t known = 0;

    for (uint32_t i = 0; i < map->n; i++)
        known += map->pairs[i].value.kind != NP_NODE_NULL && np_schema_field(w->take, schema, np_node_str(&map->pairs[i].key));
    too_few(w, NP_CRD_MIN_PROPERTIES, map, path, known, schema->min_n, "properties");
    too_many(w, NP_CRD_MAX_PROPERTIES, map, path, known, schema->max_n, "properties");
    check_required(w, schema, map, path);
    for (uint32_t i = 0; i < map->n; i++) {
        const struct np_pair *pair = &map->pairs[i];
        const struct np_field *field = np_schema_field(w->take, schema, np_node_str(&pair->key));
        struct np_path at = np_path_key(path, pair->key.s);

        if (field && pair->value.kind != NP_NODE_NULL)
            check(w, field->type, &pair->value, &at);
    }
}

static void check_strings(struct walk *w, const struct np_node *map, const struct np_path *path)
{
    for (uint32_t i = 0; i < map->n; i++) {
        const struct np_pair *pair = &map->pairs[i];
        struct np_path at = np_path_key(path, pair->key.s);

        if (pair->value.kind != NP_NODE_NULL)
            check(w, &np_schema_string, &pair->value, &at);
    }
}

static void check_distinct(struct walk *w, const struct np_node *list, const struct np_path *path)
{
    for (uint32_t i = 1; i < list->n; i++) {
        const struct np_node *item = &list->items[i];
        struct np_path at = np_path_index(path, i);
        uint32_t j = 0;

        while (j < i && !(item->kind == NP_NODE_STRING && list->items[j].kind == NP_NODE_STRING &&
                          np_str_eq(np_node_str(item), np_node_str(&list->items[j]))))
            j++;
        if (j == i)
            continue;
        struct np_diag *d =
            np_take_invalid(w->take, NP_CRD_SET, item, &at, "\"%.*s\" is in `%s` already", (int)item->n, item->s, np_take_field(&at));

        np_diag_second(&w->take->ctx->diags, d, np_take_span(w->take, &list->items[j]), "first here");
        np_take_upstream(w->take, d, "Duplicate value");
    }
}

static void check_list(struct walk *w, const struct np_schema *schema, const struct np_node *list, const struct np_path *path)
{
    too_few(w, NP_CRD_MIN_ITEMS, list, path, list->n, schema->min_n, "items");
    too_many(w, NP_CRD_MAX_ITEMS, list, path, list->n, schema->max_n, "items");
    for (uint32_t i = 0; i < list->n; i++) {
        struct np_path at = np_path_index(path, i);

        check(w, schema->item, &list->items[i], &at);
    }
    if (schema->set && (schema->max_n == 0 || list->n <= schema->max_n))
        check_distinct(w, list, path);
}

static void check(struct walk *w, const struct np_schema *schema, const struct np_node *node, const struct np_path *path)
{
    if (!kind_fits(schema, node)) {
        type_error(w, schema, node, path);
        return;
    }
    if (schema->kind == NP_SCHEMA_STRUCT)
        check_struct(w, schema, node, path);
    else if (schema->kind == NP_SCHEMA_LIST)
        check_list(w, schema, node, path);
    else if (schema->kind == NP_SCHEMA_STRINGS)
        check_strings(w, node, path);
    else if (schema->kind == NP_SCHEMA_STRING)
        check_string(w, schema, node, path);
    else if (schema->kind == NP_SCHEMA_INT32 || schema->kind == NP_SCHEMA_INT64)
        check_number(w, schema, node, path);
}

static void ask_rules(struct np_take *take, const struct np_schema *schema, const struct np_node *node, const struct np_path *path)
{
    if (node->kind == NP_NODE_NULL)
        return;
    if (schema->rule)
        schema->rule(take, node, path);
    for (uint32_t i = 0; schema->kind == NP_SCHEMA_STRUCT && i < node->n; i++) {
        const struct np_field *field = np_schema_field(take, schema, np_node_str(&node->pairs[i].key));
        struct np_path at = np_path_key(path, node->pairs[i].key.s);

        if (field)
            ask_rules(take, field->type, &node->pairs[i].value, &at);
    }
    for (uint32_t i = 0; schema->kind == NP_SCHEMA_LIST && i < node->n; i++) {
        struct np_path at = np_path_index(path, i);

        ask_rules(take, schema->item, &node->items[i], &at);
    }
}

bool np_crd_validate(struct np_take *take, const struct np_schema *schema, const struct np_node *object)
{
    struct walk w = {.take = take};

    np_decode_unknown(take, schema, object);
    check_struct(&w, schema, object, NULL);
    if (!w.blocked)
        ask_rules(take, schema, object, NULL);
    return !w.type_error;
}
