/* SPDX-License-Identifier: BSD-2-Clause */
/* Raising diagnostics about an object, and reading its fields: see decode.h. */

#include "dialect/decode.h"

#include <stdio.h>

#include "base/suggest.h"

struct np_span np_take_span(const struct np_take *take, const struct np_node *node)
{
    return node ? np_doc_span(take->doc, node) : np_doc_span(take->doc, &take->doc->root);
}

static struct np_diag *vraise(struct np_take *take, enum np_code code, enum cnipol_severity severity, const struct np_node *at,
                              const struct np_path *path, const char *fmt, va_list args) __attribute__((format(printf, 6, 0)));

static struct np_diag *vraise(struct np_take *take, enum np_code code, enum cnipol_severity severity, const struct np_node *at,
                              const struct np_path *path, const char *fmt, va_list args)
{
    struct np_diags *diags = &take->ctx->diags;
    struct np_buf text;
    struct np_diag *d;

    if (severity == CNIPOL_SEVERITY_ERROR)
        take->errors++;
    np_buf_init(&text, &take->ctx->mem);
    np_buf_addv(&text, fmt, args);
    d = np_diag_raise(diags, code, np_take_span(take, at), "%s", text.s ? text.s : "");
    np_diag_severity(diags, d, severity);
    np_buf_clear(&text);
    if (path)
        np_path_print(path, &text);
    if (np_buf_failed(&text))
        diags->failed = true;
    else if (path && text.n)
        np_diag_path(diags, d, "%s", text.s);
    np_buf_free(&text);
    return d;
}

struct np_diag *np_take_invalid(struct np_take *take, enum np_code code, const struct np_node *at, const struct np_path *path,
                                const char *fmt, ...)
{
    enum cnipol_severity severity = take->opts->mode == NP_MODE_STORED ? CNIPOL_SEVERITY_WARNING : CNIPOL_SEVERITY_ERROR;
    struct np_diag *d;
    va_list args;

    va_start(args, fmt);
    d = vraise(take, code, severity, at, path, fmt, args);
    va_end(args);
    return d;
}

struct np_diag *np_take_refuse(struct np_take *take, enum np_code code, const struct np_node *at, const struct np_path *path,
                               const char *fmt, ...)
{
    struct np_diag *d;
    va_list args;

    va_start(args, fmt);
    d = vraise(take, code, CNIPOL_SEVERITY_ERROR, at, path, fmt, args);
    va_end(args);
    return d;
}

struct np_diag *np_take_warn(struct np_take *take, enum np_code code, const struct np_node *at, const struct np_path *path, const char *fmt,
                             ...)
{
    struct np_diag *d;
    va_list args;

    va_start(args, fmt);
    d = vraise(take, code, CNIPOL_SEVERITY_WARNING, at, path, fmt, args);
    va_end(args);
    return d;
}

const char *np_take_item(const struct np_path *path)
{
    return path && !path->key ? "an item of " : "";
}

const char *np_take_field(const struct np_path *path)
{
    while (path && !path->key)
        path = path->up;
    return path ? path->key : "object";
}

void np_take_upstream(struct np_take *take, struct np_diag *d, const char *fmt, ...)
{
    struct np_buf text;
    va_list args;

    if (!d)
        return;
    np_buf_init(&text, &take->ctx->mem);
    va_start(args, fmt);
    np_buf_addv(&text, fmt, args);
    va_end(args);
    if (np_buf_failed(&text))
        take->ctx->diags.failed = true;
    else
        np_diag_upstream(&take->ctx->diags, d, "%s", text.s ? text.s : "");
    np_buf_free(&text);
}

static const char *suggestion(const struct np_take *take, const struct np_schema *schema, struct np_str word)
{
    const char *names[32];
    uint32_t n = 0;

    for (uint32_t i = 0; i < schema->n_fields && n < 32; i++)
        if (np_schema_field(take, schema, np_str_of(schema->fields[i].name)))
            names[n++] = schema->fields[i].name;
    return np_suggest(word, names, n);
}

/* Words of other policy languages, which people bring along. */
static const char *foreign_word(struct np_str word)
{
    static const struct {
        const char *word;
        const char *hint;
    } words[] = {
        {"endpointSelector", "that is a word of CiliumNetworkPolicy; here the subject is `podSelector` or `subject`"},
        {"selector", "that is a word of Calico's policies; here it is `podSelector`"},
        {"order", "that is a word of Calico's policies; a NetworkPolicy has no order"},
        {"types", "that is a word of Calico's policies; here it is `policyTypes`"},
        {"appliedTo", "that is a word of Antrea's policies; here the subject is `podSelector` or `subject`"},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (np_str_is(word, words[i].word))
            return words[i].hint;
    return NULL;
}

static const char *what_happens(const struct np_take *take, const struct np_schema *schema)
{
    if (take->crd && take->opts->mode == NP_MODE_STORED)
        return "this version of the API does not have it";
    if (schema == &np_schema_selector)
        return "the API server drops it, and a selector that is left empty selects everything";
    return "the API server drops it";
}

void np_take_unknown(struct np_take *take, const struct np_schema *schema, const struct np_pair *pair, const struct np_path *path)
{
    bool strict = take->opts->mode == NP_MODE_STRICT;
    const char *near, *foreign = foreign_word(np_node_str(&pair->key));
    struct np_diag *d;

    if (strict)
        d = np_take_refuse(take, NP_FIELD_UNKNOWN, &pair->key, path, "unknown field \"%s\"", pair->key.s);
    else
        d = np_take_warn(take, NP_FIELD_UNKNOWN, &pair->key, path, "unknown field \"%s\": %s", pair->key.s, what_happens(take, schema));
    near = np_diag_kept(&take->ctx->diags, d) ? suggestion(take, schema, np_node_str(&pair->key)) : NULL;
    if (foreign)
        np_diag_help(&take->ctx->diags, d, "%s", foreign);
    else if (near)
        np_diag_help(&take->ctx->diags, d, "did you mean `%s`?", near);
    if (d && d->path)
        np_take_upstream(take, d, "unknown field \"%s\"", d->path);
}

bool np_take_fine(const struct np_take *take)
{
    return take->errors == 0 && !take->ctx->diags.failed;
}

int np_take_status(const struct np_take *take)
{
    if (take->ctx->diags.failed)
        return CNIPOL_E_NOMEM;
    return take->errors ? CNIPOL_E_INVALID : CNIPOL_OK;
}

struct np_str np_string_at(const struct np_node *map, const char *key)
{
    const struct np_node *node = np_map_value(map, key);

    return node && node->kind == NP_NODE_STRING ? np_node_str(node) : NP_STR("");
}

const struct np_node *np_list_at(const struct np_node *map, const char *key)
{
    const struct np_node *node = np_map_value(map, key);

    return node && node->kind == NP_NODE_LIST ? node : NULL;
}

double np_number_of(const struct np_node *node)
{
    if (!node)
        return 0;
    if (node->kind == NP_NODE_INT)
        return (double)node->i;
    if (node->kind == NP_NODE_UINT)
        return (double)node->u;
    return node->kind == NP_NODE_FLOAT ? node->f : 0;
}

np_atom np_take_atom(struct np_take *take, struct np_str s)
{
    np_atom atom = np_atoms_add(&take->ctx->atoms, s);

    if (atom == NP_ATOM_NONE)
        take->ctx->diags.failed = true;
    return atom;
}

void *np_take_array(struct np_take *take, size_t count, size_t size)
{
    void *array;

    if (count == 0)
        return NULL;
    array = np_arena_array(&take->policies->arena, count, size);
    if (array)
        memset(array, 0, count * size);
    else
        take->ctx->diags.failed = true;
    return array;
}
