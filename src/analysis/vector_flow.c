/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of flow records: how does a record decode.
 *
 * The input is one frame of its format, or a stream where a frame could not hold it (several lines, IPFIX messages). What comes out
 * is printed as the common part of our own JSON, read back, and compared as a tree with what the row expects.
 */

#include <string.h>

#include "analysis/vector.h"
#include "doc/tojson.h"
#include "flow/decoder.h"
#include "flow/format.h"
#include "flow/record_json.h"

static const char *const flow_keys[] = {"name",   "origin",  "engine", "format", "version", "input", "input_hex", "expect",
                                        "fields", "message", "context", "note",  "info",    "why",   NULL};
static const char *const endpoint_keys[] = {"id", "ip", "identity", "namespace", "pod", "labels", NULL};

/* What came out of the input: a JSON list. */
struct gathered {
    struct np_buf *json;
    struct np_mem *mem;
    uint32_t n;
};

static int gather(void *user, const struct cnipol_flow *flow)
{
    struct gathered *gathered = user;
    size_t n = np_record_print_json(flow, NP_RECORD_COMMON, NULL, 0);
    char *text = np_alloc(gathered->mem, n + 1);

    if (!text)
        return CNIPOL_E_NOMEM;
    (void)np_record_print_json(flow, NP_RECORD_COMMON, text, n + 1);
    np_buf_adds(gathered->json, gathered->n++ ? "," : "");
    np_buf_add(gathered->json, text, n);
    np_free(gathered->mem, text, n + 1);
    return CNIPOL_OK;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool add_hex(struct np_buf *out, struct np_str text)
{
    if (text.n % 2)
        return false;
    for (uint32_t i = 0; i < text.n; i += 2) {
        int high = hex_digit(text.s[i]), low = hex_digit(text.s[i + 1]);

        if (high < 0 || low < 0)
            return false;
        np_buf_addc(out, (char)(high << 4 | low));
    }
    return true;
}

/* The input's bytes. False: the row has none. */
static bool take_input(const struct np_node *row, struct np_buf *out)
{
    const struct np_node *text = np_map_value(row, "input"), *hex = np_map_value(row, "input_hex");

    if (hex && hex->kind == NP_NODE_STRING && !text)
        return add_hex(out, np_node_str(hex));
    if (!text || text->kind != NP_NODE_STRING)
        return false;
    np_buf_addstr(out, np_node_str(text));
    return true;
}

static uint32_t number_under(const struct np_node *map, const char *key)
{
    const struct np_node *value = np_map_value(map, key);

    return value && value->kind == NP_NODE_INT && value->i >= 0 && value->i <= UINT32_MAX ? (uint32_t)value->i : 0;
}

static const char *text_under(const struct np_node *map, const char *key)
{
    struct np_str text = np_vector_text(map, key);

    return text.n ? text.s : NULL;
}

static int add_endpoint(struct cnipol_ctx *ctx, struct cnipol_endpoints *endpoints, const struct np_node *node)
{
    const struct np_node *labels = np_map_value(node, "labels");
    uint32_t n = labels && labels->kind == NP_NODE_LIST ? labels->n : 0;
    const char **items = np_zalloc(&ctx->mem, (n + 1) * sizeof *items);
    struct cnipol_endpoint endpoint = {
        .id = number_under(node, "id"),
        .identity = number_under(node, "identity"),
        .ip = text_under(node, "ip"),
        .ns = text_under(node, "namespace"),
        .pod = text_under(node, "pod"),
        .labels = items,
    };
    int rc;

    if (!items)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        items[i] = labels->items[i].kind == NP_NODE_STRING ? labels->items[i].s : "";
    rc = cnipol_endpoints_add(endpoints, &endpoint);
    np_free(&ctx->mem, items, (n + 1) * sizeof *items);
    return rc;
}

/* The row's endpoint table; *out stays NULL where it has none. CNIPOL_E_INVALID: it is none. */
static int take_endpoints(struct cnipol_ctx *ctx, const struct np_node *row, struct cnipol_endpoints **out)
{
    const struct np_node *list = np_map_value(np_map_value(row, "context"), "endpoints");
    int rc;

    if (!list)
        return CNIPOL_OK;
    if (list->kind != NP_NODE_LIST)
        return CNIPOL_E_INVALID;
    rc = cnipol_endpoints_new(ctx, out);
    for (uint32_t i = 0; i < list->n && !rc; i++)
        rc = np_vector_unknown_key(&list->items[i], endpoint_keys) ? CNIPOL_E_INVALID : add_endpoint(ctx, *out, &list->items[i]);
    return rc;
}

static bool is_stream(const struct np_format *format, const struct np_buf *input)
{
    if (format->framing == NP_FRAME_LINE || format->framing == NP_FRAME_CSV)
        return input->n && memchr(input->s, '\n', input->n - 1);
    return format->framing == NP_FRAME_IPFIX;
}

/* The worst status of the stream. */
static int decode_stream(struct cnipol_decoder *decoder, const struct np_buf *input, struct gathered *gathered)
{
    struct cnipol_flow flow;
    int rc = cnipol_decoder_feed(decoder, input->s, input->n), worst = rc;

    for (bool at_end = false; !rc || rc > 0;) {
        rc = cnipol_decoder_next(decoder, &flow);
        if (rc > 0)
            rc = gather(gathered, &flow);
        else if (!rc && at_end)
            break;
        else if (!rc)
            at_end = (rc = cnipol_decoder_finish(decoder)) == CNIPOL_OK;
        if (rc < 0 && rc != CNIPOL_E_NOMEM) {
            worst = rc;
            rc = CNIPOL_OK;
        }
    }
    return rc ? rc : worst;
}

static int decode(struct cnipol_ctx *ctx, const struct np_node *row, const struct np_format *format, const struct np_buf *input,
                  struct gathered *gathered)
{
    struct cnipol_endpoints *endpoints = NULL;
    struct cnipol_decoder *decoder = NULL;
    struct cnipol_decoder_opts opts = {
        .sz = sizeof opts,
        .format = format->row.name,
        .version = text_under(row, "version"),
        .columns = text_under(row, "fields"),
        .message = text_under(row, "message"),
        .packed = 1,
    };
    int rc = take_endpoints(ctx, row, &endpoints);

    opts.endpoints = endpoints;
    if (!rc)
        rc = cnipol_decoder_new(ctx, &opts, &decoder);
    if (!rc && is_stream(format, input))
        rc = decode_stream(decoder, input, gathered);
    else if (!rc)
        rc = np_decoder_frame(decoder, input->n ? input->s : "", input->n, gather, gathered);
    cnipol_decoder_free(decoder);
    cnipol_endpoints_free(endpoints);
    return rc;
}

static bool equal_numbers(const struct np_node *a, const struct np_node *b)
{
    if (a->kind == NP_NODE_FLOAT || b->kind == NP_NODE_FLOAT)
        return a->kind == b->kind && a->f == b->f;
    return a->kind == b->kind && a->u == b->u;
}

/* The same value, whatever the order of members. Rows are shallow: recursion ends. */
static bool equal(const struct np_node *a, const struct np_node *b)
{
    if (a->kind != b->kind || (a->kind >= NP_NODE_STRING && a->n != b->n))
        return false;
    if (a->kind == NP_NODE_STRING)
        return memcmp(a->s, b->s, a->n) == 0;
    if (a->kind == NP_NODE_BOOL)
        return a->b == b->b;
    if (a->kind < NP_NODE_STRING)
        return a->kind == NP_NODE_NULL || equal_numbers(a, b);
    for (uint32_t i = 0; i < a->n; i++) {
        const struct np_node *mine = a->kind == NP_NODE_LIST ? &a->items[i] : &a->pairs[i].value;
        const struct np_node *other = a->kind == NP_NODE_LIST ? &b->items[i] : np_map_get(b, a->pairs[i].key.s);

        if (!other || !equal(mine, other))
            return false;
    }
    return true;
}

/* Two records. What only some writers say is compared where the row says any of it. */
static bool equal_records(const struct np_node *expect, const struct np_node *got)
{
    bool spare = np_map_get(got, "extra") && !np_map_get(expect, "extra");

    if (expect->kind != NP_NODE_MAP || got->kind != NP_NODE_MAP || expect->n != got->n - spare)
        return false;
    for (uint32_t i = 0; i < expect->n; i++) {
        const struct np_node *value = np_map_get(got, expect->pairs[i].key.s);

        if (!value || !equal(&expect->pairs[i].value, value))
            return false;
    }
    return true;
}

static bool equal_lists(const struct np_node *expect, const struct np_node *got)
{
    if (expect->n != got->n)
        return false;
    for (uint32_t i = 0; i < expect->n; i++)
        if (!equal_records(&expect->items[i], &got->items[i]))
            return false;
    return true;
}

struct comparison {
    const struct np_node *expect;
    bool equal;
};

/* What came out is a list; a row that expects one record says it without. */
static int compare(void *user, struct np_doc *doc)
{
    struct comparison *comparison = user;
    const struct np_node *expect = comparison->expect, *flows = np_map_get(expect, "flows");

    if (flows)
        expect = flows;
    if (expect->kind == NP_NODE_LIST)
        comparison->equal = equal_lists(expect, &doc->root);
    else
        comparison->equal = doc->root.n == 1 && equal_records(expect, &doc->root.items[0]);
    return CNIPOL_OK;
}

/* Is the list of records what the row expects? */
static int judge(struct cnipol_ctx *ctx, const struct np_node *expect, const struct np_buf *got, bool *passed)
{
    struct comparison comparison = {.expect = expect};
    uint32_t source = np_sources_add(&ctx->sources, "got", got->s, got->n, false);
    int rc = source == NP_NONE ? CNIPOL_E_NOMEM : np_doc_read(ctx, source, NP_DOC_JSON, compare, &comparison);

    *passed = comparison.equal;
    return rc == CNIPOL_E_NOMEM ? rc : CNIPOL_OK;
}

static int decode_and_judge(struct np_vector_run *run, struct cnipol_ctx *ctx, const struct np_format *format, const struct np_buf *input,
                            bool *passed)
{
    const struct np_node *expect = np_map_get(run->row, "expect");
    struct gathered gathered = {.json = &run->got, .mem = &ctx->mem};
    bool error = expect->kind == NP_NODE_STRING;
    int rc;

    np_buf_adds(&run->got, "[");
    rc = decode(ctx, run->row, format, input, &gathered);
    np_buf_adds(&run->got, "]");
    if (rc == CNIPOL_E_NOMEM || np_buf_failed(&run->got))
        return CNIPOL_E_NOMEM;
    *passed = error && rc < 0;
    if (rc < 0) {
        np_buf_clear(&run->got);
        np_buf_adds(&run->got, "error");
        return CNIPOL_OK;
    }
    return error ? CNIPOL_OK : judge(ctx, expect, &run->got, passed);
}

static const char *flaw_of(const struct np_node *row, const struct np_format *format)
{
    const struct np_node *expect = np_map_get(row, "expect");

    if (!format)
        return "a flow row's format is one of those that cnipol observe --format-list names";
    if (!expect || (expect->kind != NP_NODE_MAP && expect->kind != NP_NODE_LIST && !np_str_is(np_vector_text(row, "expect"), "error")))
        return "a flow row expects a record, a list of records, or \"error\"";
    return NULL;
}

int np_vector_flow(struct np_vector_run *run)
{
    const struct np_node *row = run->row;
    const char *unknown = np_vector_unknown_key(row, flow_keys), *name = np_vector_text(row, "format").s;
    const struct np_format *format = np_format_find(name ? name : "");
    const char *flaw = flaw_of(row, format);
    struct cnipol_ctx *ctx;
    struct np_buf input;
    bool passed = false;
    int rc;

    if (unknown)
        return np_vector_unusable(run, row, "nobody reads the key %s of a flow row", unknown);
    if (flaw)
        return np_vector_unusable(run, row, "%s", flaw);
    np_buf_clear(&run->question);
    np_buf_clear(&run->expected);
    np_buf_clear(&run->got);
    np_buf_addf(&run->question, "how does this %s record decode", name);
    ctx = np_vector_ctx(run);
    if (!ctx || np_tojson(np_map_get(row, "expect"), &run->expected)) {
        cnipol_ctx_free(ctx);
        return CNIPOL_E_NOMEM;
    }
    np_buf_init(&input, &ctx->mem);
    if (!take_input(row, &input))
        rc = np_vector_unusable(run, row, "a flow row needs input, a text, or input_hex");
    else if (!(rc = np_buf_failed(&input) ? CNIPOL_E_NOMEM : decode_and_judge(run, ctx, format, &input, &passed)))
        rc = np_vector_tell(run, row, passed, 1, NULL);
    np_buf_free(&input);
    cnipol_ctx_free(ctx);
    return rc;
}
