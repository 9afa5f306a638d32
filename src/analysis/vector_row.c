/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows that are no clusters: one scalar, one object for the API server, one selector. */

#include "analysis/vector.h"
#include "dialect/selector_read.h"
#include "dialect/validation_row.h"
#include "doc/tojson.h"

static const char *const scalar_keys[] = {"name", "origin",  "engine", "version",       "what", "pattern", "input", "expect",
                                          "json", "message", "strict", "strictMessage", "info", "note",    "why",   NULL};
static const char *const validation_keys[] = {"name",    "origin", "engine", "version",        "object",   "oldObject", "text",
                                              "context", "expect", "mode",   "message",        "messages", "path",      "errors",
                                              "by",      "info",   "note",   "strictMessages", "why",      NULL};
static const char *const selector_keys[] = {"name",  "origin",  "engine", "version", "selector", "labels", "namespace", "kind",
                                            "field", "subject", "expect", "info",    "note",     "why",    NULL};

static void begin(struct np_vector_run *run, const char *question)
{
    np_buf_clear(&run->question);
    np_buf_clear(&run->expected);
    np_buf_clear(&run->got);
    np_buf_adds(&run->question, question);
}

/* The first document of a source, as JSON. */
struct first_document {
    struct np_buf *json;
    bool seen;
    bool duplicates;
};

static int keep_first(void *user, struct np_doc *doc)
{
    struct first_document *first = user;

    if (first->seen)
        return CNIPOL_OK;
    first->seen = true;
    first->duplicates = doc->duplicates;
    return np_tojson(&doc->root, first->json);
}

static int read_scalar(struct np_vector_run *run, const struct np_node *pattern, struct first_document *first, int *rc)
{
    struct cnipol_ctx *ctx = np_vector_ctx(run);
    uint32_t source;

    if (!ctx)
        return CNIPOL_E_NOMEM;
    source = np_sources_add(&ctx->sources, "pattern", pattern->s, pattern->n, false);
    *rc = source == NP_NONE ? CNIPOL_E_NOMEM : np_doc_read(ctx, source, NP_DOC_YAML, keep_first, first);
    cnipol_ctx_free(ctx);
    if (*rc == CNIPOL_OK && !first->seen)
        np_buf_adds(first->json, "null");
    return *rc == CNIPOL_E_NOMEM ? *rc : CNIPOL_OK;
}

int np_vector_scalar(struct np_vector_run *run)
{
    const struct np_node *row = run->row, *pattern = np_map_value(row, "pattern"), *json = np_map_value(row, "json");
    const char *unknown = np_vector_unknown_key(row, scalar_keys);
    struct first_document first = {.json = &run->got};
    int rc = CNIPOL_OK, status = CNIPOL_OK;

    if (unknown)
        return np_vector_unusable(run, row, "nobody reads the key %s of a scalar row", unknown);
    if (!np_str_is(np_vector_text(row, "what"), "yaml-scalar"))
        return np_vector_unusable(run, row, "of the rows with `what`, only yaml-scalar is known");
    if (!pattern || pattern->kind != NP_NODE_STRING || !np_map_get(row, "expect") || (json && json->kind != NP_NODE_STRING))
        return np_vector_unusable(run, row, "a scalar row needs pattern, as text, and expect");
    begin(run, "the JSON value of a YAML text");
    if (json)
        np_buf_addstr(&run->expected, np_node_str(json));
    else if (np_str_is(np_vector_text(row, "expect"), "error"))
        np_buf_adds(&run->expected, "error");
    else
        rc = np_tojson(np_map_get(row, "expect"), &run->expected);
    if (!rc)
        rc = read_scalar(run, pattern, &first, &status);
    if (rc)
        return rc;
    if (status) {
        np_buf_clear(&run->got);
        np_buf_adds(&run->got, "error");
    }
    np_buf_adds(&run->expected, np_map_value(row, "strict") ? ", refused in strict mode" : "");
    np_buf_adds(&run->got, first.duplicates && !status ? ", refused in strict mode" : "");
    if (np_buf_failed(&run->expected) || np_buf_failed(&run->got))
        return CNIPOL_E_NOMEM;
    return np_vector_tell(run, row, strcmp(run->expected.s, run->got.s) == 0, 1, NULL);
}

static bool is_outcome(const struct np_node *value)
{
    return value && value->kind == NP_NODE_STRING &&
           (np_str_is(np_node_str(value), "accept") || np_str_is(np_node_str(value), "reject") || np_str_is(np_node_str(value), "prune"));
}

int np_vector_validation(struct np_vector_run *run)
{
    const struct np_node *row = run->row, *text = np_map_value(row, "text");
    const char *unknown = np_vector_unknown_key(row, validation_keys);
    struct np_validation_result result;
    int rc;

    if (unknown)
        return np_vector_unusable(run, row, "nobody reads the key %s of a validation row", unknown);
    if (!is_outcome(np_map_value(row, "expect")) || (text && text->kind != NP_NODE_STRING))
        return np_vector_unusable(run, row, "a validation row needs object or text, and expects accept, reject or prune");
    begin(run, "does the API server take this object");
    np_buf_addstr(&run->expected, np_vector_text(row, "expect"));
    rc = np_validation_row(run->ctx, run->doc, row, &result, &run->got);
    return rc ? rc : np_vector_tell(run, row, result.passed, 1, NULL);
}

static int read_labels(struct np_take *take, const struct np_node *map, struct np_labels *out)
{
    uint32_t n = map ? map->n : 0;
    struct np_label *items = np_arena_array(&take->policies->arena, n, sizeof *items);

    for (uint32_t i = 0; items && i < n; i++) {
        items[i].key = np_take_atom(take, np_node_str(&map->pairs[i].key));
        items[i].value = np_take_atom(take, np_node_str(&map->pairs[i].value));
    }
    if (!items || !np_take_fine(take))
        return CNIPOL_E_NOMEM;
    np_labels_sort(items, n);
    *out = (struct np_labels){.items = items, .n = n};
    return CNIPOL_OK;
}

/* "true", "false" or "error"; NULL: no memory. */
static const char *match_selector(struct np_take *take, const struct np_node *node, const struct np_node *map)
{
    static const char *const texts[] = {[NP_NO] = "false", [NP_UNKNOWN] = "error", [NP_YES] = "true"};
    const struct np_selector *selector;
    struct np_labels labels;

    if (!np_decode(take, &np_schema_selector, node) || !np_take_fine(take) || !np_selector_is_valid(node))
        return "error";
    selector = np_selector_read(take, node);
    if (!selector || read_labels(take, map, &labels))
        return NULL;
    return texts[np_selector_matches(selector, &labels)];
}

static bool is_label_map(const struct np_node *map)
{
    if (map && map->kind != NP_NODE_MAP)
        return false;
    for (uint32_t i = 0; map && i < map->n; i++)
        if (map->pairs[i].value.kind != NP_NODE_STRING)
            return false;
    return true;
}

int np_vector_selector(struct np_vector_run *run)
{
    const struct np_node *row = run->row, *expect = np_map_value(row, "expect"), *labels = np_map_value(row, "labels");
    const char *unknown = np_vector_unknown_key(row, selector_keys), *got;
    const struct np_node *selector = np_map_value(row, "selector");
    struct np_dialect_opts opts = {.mode = NP_MODE_STRICT, .kubernetes_minor = 36};
    struct np_policies policies;
    struct np_take take = {.opts = &opts, .policies = &policies, .doc = run->doc};

    if (unknown)
        return np_vector_unusable(run, row, "nobody reads the key %s of a selector row", unknown);
    if (!selector || selector->kind != NP_NODE_MAP || !is_label_map(labels))
        return np_vector_unusable(run, row, "a selector row needs selector, a LabelSelector, and labels, a map of texts");
    if (!expect || (expect->kind != NP_NODE_BOOL && !np_str_is(np_vector_text(row, "expect"), "error")))
        return np_vector_unusable(run, row, "a selector row expects true, false or \"error\"");
    take.ctx = np_vector_ctx(run);
    if (!take.ctx)
        return CNIPOL_E_NOMEM;
    begin(run, "does this selector match");
    np_buf_adds(&run->expected, expect->kind != NP_NODE_BOOL ? "error" : expect->b ? "true" : "false");
    np_policies_init(&policies, take.ctx);
    got = match_selector(&take, selector, labels);
    np_policies_free(&policies);
    cnipol_ctx_free(take.ctx);
    np_buf_adds(&run->got, got ? got : "");
    return !got || np_buf_failed(&run->got) ? CNIPOL_E_NOMEM : np_vector_tell(run, row, strcmp(run->expected.s, got) == 0, 1, NULL);
}
