/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Repeated keys: the reader tells them where it meets them, without knowing the field's path; here the
 * path and the API server's words are added. Those are of sigs.k8s.io/yaml for YAML, which counts lines,
 * and of the strict JSON decoder, which names the field.
 */

#include "dialect/decode.h"

static bool inside(const struct np_node *node, struct np_span span)
{
    return node->start <= span.start && span.end <= node->end;
}

static const struct np_node *child_around(const struct np_node *node, struct np_span span, struct np_path *step)
{
    for (uint32_t i = 0; node->kind == NP_NODE_LIST && i < node->n; i++)
        if (inside(&node->items[i], span)) {
            step->index = i;
            return &node->items[i];
        }
    for (uint32_t i = 0; node->kind == NP_NODE_MAP && i < node->n; i++)
        if (inside(&node->pairs[i].value, span)) {
            step->key = node->pairs[i].key.s;
            return &node->pairs[i].value;
        }
    return NULL;
}

/* Walks down to the map around the key; the steps hang on the stack. */
static void locate(struct np_take *take, const struct np_node *node, const struct np_path *path, struct np_diag *d, const char *key)
{
    struct np_path step = {.up = path}, last = np_path_key(path, key);
    const struct np_node *child = child_around(node, d->span, &step);
    struct np_buf text;

    if (child && (child->kind == NP_NODE_MAP || child->kind == NP_NODE_LIST)) {
        locate(take, child, &step, d, key);
        return;
    }
    np_buf_init(&text, &take->ctx->mem);
    np_path_print(&last, &text);
    if (np_buf_failed(&text))
        take->ctx->diags.failed = true;
    else
        np_diag_path(&take->ctx->diags, d, "%s", text.s ? text.s : "");
    np_buf_free(&text);
}

/* The YAML library counts the line where the value starts, which may be below its key. */
static struct np_span value_span(struct np_take *take, const struct np_node *object, const struct np_diag *d)
{
    const struct np_node *node = object, *child = object;
    struct np_path step = {0};

    while (child && (child->kind == NP_NODE_MAP || child->kind == NP_NODE_LIST)) {
        node = child;
        child = child_around(node, d->span, &step);
    }
    for (uint32_t i = 0; node->kind == NP_NODE_MAP && i < node->n; i++)
        if (node->pairs[i].key.start == d->span.start && node->pairs[i].value.start > d->span.start)
            return np_take_span(take, &node->pairs[i].value);
    return d->span;
}

static void quote(struct np_take *take, const struct np_node *object, struct np_diag *d, const char *key)
{
    struct cnipol_place place;

    if (np_json_source(take))
        np_take_upstream(take, d, "duplicate field \"%s\"", d->path ? d->path : key);
    else if (np_sources_place(&take->ctx->sources, value_span(take, object, d), &place) == CNIPOL_OK)
        np_take_upstream(take, d, "yaml: unmarshal errors:\n  line %u: key \"%s\" already set in map", place.line, key);
    else
        take->ctx->diags.failed = true;
}

/* The key as it stands in the source: the reader keeps no other trace of it. */
static char *key_text(struct np_take *take, const struct np_diag *d)
{
    const struct np_source *source = &take->ctx->sources.items[d->span.source];
    struct np_span span = d->span;
    char *text;

    if (span.end > source->size || span.start >= span.end)
        return NULL;
    if (strchr("\"'", source->bytes[span.start]) && span.end - span.start >= 2) {
        span.start++;
        span.end--;
    }
    text = np_arena_strndup(&take->ctx->diags.arena, source->bytes + span.start, span.end - span.start);
    take->ctx->diags.failed |= text == NULL;
    return text;
}

void np_take_duplicates(struct np_take *take, const struct np_node *object)
{
    struct np_diags *diags = &take->ctx->diags;

    for (uint32_t i = diags->n; i-- > 0;) {
        struct np_diag *d = diags->items[i];
        const char *key;

        if (d->code != NP_DUPLICATE_KEY || d->path || d->span.source != take->doc->source || d->span.source >= take->ctx->sources.n ||
            !inside(object, d->span))
            continue;
        key = key_text(take, d);
        if (!key)
            continue;
        locate(take, object, NULL, d, key);
        quote(take, object, d, key);
    }
}
