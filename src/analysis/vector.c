/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test vectors: see include/cnipol/vector.h and docs/test-vectors.md.
 *
 * The kind of a row is told by its keys. A row of no known kind, of an engine that is not here, or
 * with a key that nobody reads counts as a failure: a test that was not run must not look passed.
 */

#include "analysis/vector.h"

#include "base/file.h"

static const char *text_or(const struct np_buf *buf, const char *otherwise)
{
    return buf->n ? buf->s : otherwise;
}

struct np_str np_vector_text(const struct np_node *map, const char *key)
{
    const struct np_node *value = np_map_value(map, key);

    return value && value->kind == NP_NODE_STRING ? np_node_str(value) : NP_STR("");
}

int np_vector_tell(struct np_vector_run *run, const struct np_node *at, bool passed, uint32_t n, const char *chain)
{
    struct cnipol_vector_result result;
    struct cnipol_place place;

    if (np_buf_failed(&run->question) || np_buf_failed(&run->expected) || np_buf_failed(&run->got))
        return CNIPOL_E_NOMEM;
    if (passed)
        run->counts.passed += n;
    else
        run->counts.failed += n;
    if (!run->fn || (passed && !run->all))
        return CNIPOL_OK;
    if (np_sources_place(&run->ctx->sources, np_doc_span(run->doc, at), &place))
        return CNIPOL_E_NOMEM;
    result = (struct cnipol_vector_result){
        .file = run->path,
        .line = place.line,
        .passed = passed,
        .questions = n,
        .case_name = np_vector_text(run->row, "name").s,
        .question = text_or(&run->question, ""),
        .expected = text_or(&run->expected, ""),
        .got = text_or(&run->got, ""),
        .chain = chain,
    };
    run->fn(run->user, &result);
    return CNIPOL_OK;
}

int np_vector_unusable(struct np_vector_run *run, const struct np_node *at, const char *fmt, ...)
{
    va_list args;

    run->unusable = true;
    np_buf_clear(&run->question);
    np_buf_clear(&run->expected);
    np_buf_clear(&run->got);
    np_buf_adds(&run->expected, "a row that can be used");
    va_start(args, fmt);
    np_buf_addv(&run->got, fmt, args);
    va_end(args);
    return np_vector_tell(run, at, false, 1, NULL);
}

const char *np_vector_unknown_key(const struct np_node *map, const char *const *known)
{
    for (uint32_t i = 0; i < map->n; i++) {
        const char *const *k = known;

        while (*k && !np_str_is(np_node_str(&map->pairs[i].key), *k))
            k++;
        if (!*k)
            return map->pairs[i].key.s;
    }
    return NULL;
}

struct cnipol_ctx *np_vector_ctx(const struct np_vector_run *run)
{
    struct cnipol_ctx *ctx = NULL;

    if (cnipol_ctx_new(&run->ctx->mem.hooks, &ctx))
        return NULL;
    for (int32_t i = 0; i < CNIPOL_LIMIT_COUNT; i++)
        (void)cnipol_ctx_set_limit(ctx, i, cnipol_ctx_limit(run->ctx, i));
    return ctx;
}

static bool is_our_engine(const struct np_node *row)
{
    const struct np_node *engine = np_map_value(row, "engine");

    if (!engine)
        return true;
    if (engine->kind == NP_NODE_LIST && engine->n == 1)
        engine = &engine->items[0];
    return engine->kind == NP_NODE_STRING && np_str_is(np_node_str(engine), "kubernetes");
}

/* Rows by the key that only they have. */
static const struct {
    const char *key;
    int (*run)(struct np_vector_run *);
    bool any_engine; /* no engine answers it */
} kinds[] = {
    {"format", np_vector_flow, true},
    {"filter", np_vector_filter, true},
    {"tests", np_vector_case, false},
    {"what", np_vector_scalar, false},
    {"object", np_vector_validation, false},
    {"text", np_vector_validation, false},
    {"selector", np_vector_selector, false},
};

static int run_row(struct np_vector_run *run)
{
    const struct np_node *row = run->row;

    run->counts.cases++;
    run->unusable = false;
    if (row->kind != NP_NODE_MAP)
        return np_vector_unusable(run, row, "a row is a map, this is %s", np_node_kind_name(row));
    if (!np_vector_text(row, "name").n)
        return np_vector_unusable(run, row, "the row has no name");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!np_map_get(row, kinds[i].key))
            continue;
        if (!kinds[i].any_engine && !is_our_engine(row))
            return np_vector_unusable(run, row, "the engine is not kubernetes, the only one there is");
        return kinds[i].run(run);
    }
    return np_vector_unusable(run, row, "the row is of no kind that is known: it has neither tests nor object, text, selector, what or format");
}

static int run_document(void *user, struct np_doc *doc)
{
    struct np_vector_run *run = user;
    const struct np_node *root = &doc->root;
    int rc = CNIPOL_OK;

    run->doc = doc;
    run->row = root;
    if (root->kind == NP_NODE_NULL)
        return CNIPOL_OK;
    if (doc->duplicates)
        return np_vector_unusable(run, root, "a key is given twice in one map");
    if (root->kind != NP_NODE_LIST)
        return run_row(run);
    for (uint32_t i = 0; i < root->n && !rc; i++) {
        run->row = &root->items[i];
        rc = run_row(run);
    }
    return rc;
}

static enum np_doc_format format_of(const char *path)
{
    size_t n = strlen(path);
    bool lines = (n >= 6 && strcmp(path + n - 6, ".jsonl") == 0) || (n >= 9 && strcmp(path + n - 9, ".jsonl.gz") == 0);

    return lines ? NP_DOC_JSON : NP_DOC_AUTO;
}

static int run_file(struct np_vector_run *run)
{
    struct cnipol_ctx *ctx = run->ctx;
    uint32_t source = NP_NONE;
    int rc;

    np_buf_init(&run->question, &ctx->mem);
    np_buf_init(&run->expected, &ctx->mem);
    np_buf_init(&run->got, &ctx->mem);
    rc = np_file_read(ctx, run->path, true, &source);
    if (!rc)
        rc = np_doc_read(ctx, source, format_of(run->path), run_document, run);
    np_buf_free(&run->question);
    np_buf_free(&run->expected);
    np_buf_free(&run->got);
    return ctx->diags.failed ? CNIPOL_E_NOMEM : rc;
}

int cnipol_vector_run(struct cnipol_ctx *ctx, const char *path, const struct cnipol_vector_opts *opts, cnipol_vector_fn fn, void *user,
                      struct cnipol_vector_counts *counts)
{
    static const struct cnipol_vector_opts defaults = {.sz = sizeof defaults};
    const uint32_t known = CNIPOL_WITH_REFERENCE | CNIPOL_WITH_IMAGE | CNIPOL_WITH_RULES;
    struct np_vector_run run = {.ctx = ctx, .path = path, .fn = fn, .user = user};
    int rc;

    opts = opts ? opts : &defaults;
    if (!np_opts_fit(opts, opts->sz, sizeof *opts) || opts->with & ~known)
        return CNIPOL_E_USAGE;
    run.all = opts->all != 0;
    run.other = opts->other;
    run.with = opts->with || opts->other ? opts->with : CNIPOL_WITH_REFERENCE;
    rc = run_file(&run);
    *counts = run.counts;
    return rc;
}
