/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Validation vectors: see validation_row.h.
 *
 * Each mode runs in a context of its own, so that what is said about the object can be looked at alone.
 */

#include "dialect/validation_row.h"

#include <stdlib.h>

#include "dialect/policies.h"

struct trial {
    struct cnipol_ctx *ctx;
    struct np_policies policies;
    struct np_dialect_opts opts;
    const struct np_node *old;
    int status; /* of the worst object */
    uint32_t taken;
};

static bool is_engine(const struct np_node *row)
{
    const struct np_node *engine = np_map_value(row, "engine");

    return !engine || (engine->kind == NP_NODE_STRING && np_str_is(np_node_str(engine), "kubernetes"));
}

static const char *text_at(const struct np_node *map, const char *key)
{
    const struct np_node *node = np_map_value(map, key);

    return node && node->kind == NP_NODE_STRING ? node->s : NULL;
}

/* "1.35", "v0.2.0/standard". */
static void read_version(const struct np_node *row, struct np_dialect_opts *opts)
{
    const char *version = text_at(row, "version");
    const char *channel = version ? strchr(version, '/') : NULL;

    if (version && strncmp(version, "1.", 2) == 0)
        opts->kubernetes_minor = (uint32_t)strtoul(version + 2, NULL, 10);
    if (channel && strcmp(channel, "/standard") == 0)
        opts->channel = NP_CHANNEL_STANDARD;
}

static void take_object(struct trial *t, const struct np_doc *doc, const struct np_node *object)
{
    int status = np_policies_add(&t->policies, &t->opts, doc, object, t->old);

    if (status == 1)
        t->taken++;
    else if (status < t->status || t->status == 0)
        t->status = status == 0 ? CNIPOL_E_INVALID : status;
}

static int take_document(void *user, struct np_doc *doc)
{
    struct trial *t = user;

    take_object(t, doc, &doc->root);
    return t->status == CNIPOL_E_NOMEM ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

static int take_text(struct trial *t, const struct np_node *text)
{
    uint32_t source = np_sources_add(&t->ctx->sources, "row", text->s, text->n, true);
    int status;

    if (source == NP_NONE)
        return CNIPOL_E_NOMEM;
    status = np_doc_read(t->ctx, source, NP_DOC_AUTO, take_document, t);
    if (status != CNIPOL_OK && t->status == 0)
        t->status = status;
    return status == CNIPOL_E_NOMEM ? status : CNIPOL_OK;
}

static int trial_run(struct trial *t, struct cnipol_ctx *parent, const struct np_doc *doc, const struct np_node *row, enum np_mode mode)
{
    const struct np_node *text = np_map_value(row, "text"), *object = np_map_value(row, "object");
    int status;

    *t = (struct trial){.opts = {.mode = mode, .kubernetes_minor = 36, .channel = NP_CHANNEL_EXPERIMENTAL}};
    read_version(row, &t->opts);
    t->old = np_map_value(row, "oldObject");
    status = cnipol_ctx_new(&parent->mem.hooks, &t->ctx);
    if (status)
        return status;
    np_policies_init(&t->policies, t->ctx);
    if (text && text->kind == NP_NODE_STRING)
        status = take_text(t, text);
    else if (object)
        take_object(t, doc, object);
    return t->status == CNIPOL_E_NOMEM ? CNIPOL_E_NOMEM : status;
}

static void trial_end(struct trial *t)
{
    if (!t->ctx)
        return;
    np_policies_free(&t->policies);
    cnipol_ctx_free(t->ctx);
}

static bool accepted(const struct trial *t)
{
    return t->status == 0 && t->taken > 0;
}

/* The first diagnostic of a severity, from `from` on. */
static const struct np_diag *next_diag(const struct trial *t, uint32_t *from, int severity)
{
    for (; *from < t->ctx->diags.n; ++*from)
        if (t->ctx->diags.items[*from]->severity == severity)
            return t->ctx->diags.items[(*from)++];
    return NULL;
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool path_told(const struct trial *t, int severity, const char *path)
{
    uint32_t at = 0;
    const struct np_diag *d;

    while ((d = next_diag(t, &at, severity)))
        if (same(d->path, path))
            return true;
    return false;
}

static bool words_told(const struct trial *t, const char *words)
{
    for (uint32_t i = 0; i < t->ctx->diags.n; i++)
        if (same(t->ctx->diags.items[i]->upstream, words))
            return true;
    return false;
}

static bool want_accept(const struct np_node *row, const char *mode)
{
    const char *by_mode = text_at(np_map_value(row, "mode"), mode), *expect = text_at(row, "expect");

    if (by_mode)
        return strcmp(by_mode, "accept") == 0;
    return same(expect, "accept") || (same(expect, "prune") && strcmp(mode, "server") == 0);
}

static void check_outcome(const struct trial *t, const struct np_node *row, const char *mode, struct np_buf *why)
{
    bool want = want_accept(row, mode), got = accepted(t);
    uint32_t at = 0;
    const struct np_diag *d = next_diag(t, &at, CNIPOL_SEVERITY_ERROR);

    if (want == got)
        return;
    np_buf_addf(why, "%s: expected %s, got %s", mode, want ? "accept" : "reject", got ? "accept" : "reject");
    if (d)
        np_buf_addf(why, " (%s: %s)", d->path ? d->path : "", d->message);
    np_buf_adds(why, "; ");
}

/* The offending field: of a refusal in mode server, or of a warning where it was pruned. */
static void check_path(const struct trial *t, const struct np_node *row, struct np_buf *why)
{
    const char *path = text_at(row, "path");
    int severity = same(text_at(row, "expect"), "reject") ? CNIPOL_SEVERITY_ERROR : CNIPOL_SEVERITY_WARNING;
    uint32_t at = 0;
    const struct np_diag *first = next_diag(t, &at, severity);

    if (!path || (severity == CNIPOL_SEVERITY_ERROR ? first && same(first->path, path) : path_told(t, severity, path)))
        return;
    np_buf_addf(why, "expected something about %s, got %s (%s); ", path, first && first->path ? first->path : "nothing",
                first ? first->message : "");
}

/* All of several errors, in order. */
static void check_errors(const struct trial *t, const struct np_node *row, struct np_buf *why)
{
    const struct np_node *errors = np_map_value(row, "errors");
    uint32_t at = 0;

    if (!errors || errors->kind != NP_NODE_LIST)
        return;
    for (uint32_t i = 0; i < errors->n; i++) {
        const char *path = text_at(&errors->items[i], "path");
        const struct np_diag *d;

        do
            d = next_diag(t, &at, CNIPOL_SEVERITY_ERROR);
        while (d && path && !same(d->path, path));
        if (!d)
            np_buf_addf(why, "error %u, about %s, is missing or out of order; ", i, path ? path : "?");
    }
}

static bool words_match(const struct trial *t, const struct np_node *list)
{
    for (uint32_t i = 0; list->kind == NP_NODE_LIST && i < list->n; i++)
        if (list->items[i].kind == NP_NODE_STRING && !words_told(t, list->items[i].s))
            return false;
    return true;
}

static void compare_words(const struct trial *t, const struct np_node *row, struct np_validation_result *out)
{
    const char *message = text_at(row, "message");
    const struct np_node *messages = np_map_value(row, "messages");

    out->has_words = (message && message[0]) || messages;
    out->same_words = out->has_words && (message ? words_told(t, message) : words_match(t, messages));
}

int np_validation_row(struct cnipol_ctx *ctx, const struct np_doc *doc, const struct np_node *row, struct np_validation_result *out,
                      struct np_buf *why)
{
    static const char *const names[] = {[NP_MODE_STRICT] = "strict", [NP_MODE_SERVER] = "server"};
    size_t before = why->n;
    int status = CNIPOL_OK;

    *out = (struct np_validation_result){0};
    if (!is_engine(row))
        np_buf_adds(why, "the objects of this engine are not read; ");
    for (int mode = NP_MODE_STRICT; mode <= NP_MODE_SERVER && status == CNIPOL_OK && why->n == before; mode++) {
        struct trial t;

        status = trial_run(&t, ctx, doc, row, (enum np_mode)mode);
        if (status == CNIPOL_OK) {
            check_outcome(&t, row, names[mode], why);
            if (mode == NP_MODE_SERVER) {
                check_path(&t, row, why);
                check_errors(&t, row, why);
                compare_words(&t, row, out);
            }
        }
        trial_end(&t);
    }
    out->passed = why->n == before;
    return np_buf_failed(why) ? CNIPOL_E_NOMEM : status;
}
