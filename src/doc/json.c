/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The JSON reader: the scanner's tokens into a tree.
 *
 * Numbers keep their kind as written: 80.0 is a float here, and no port to the API server, although
 * the YAML reader makes it 80 as YAML's way to JSON does. A number beyond a double is refused, as
 * encoding/json refuses it.
 */

#include "base/jscan.h"
#include "base/number.h"
#include "doc/build.h"
#include "doc/readers.h"

struct reader {
    const struct np_doc_job *job;
    struct np_jscan scan;
    struct np_buf text;
    struct np_buf number;
    struct np_build build;
};

static uint32_t offset(const struct reader *r, size_t at)
{
    return (uint32_t)at + r->job->bom;
}

static int scan_failed(struct reader *r)
{
    struct np_span span = {r->job->source, offset(r, r->scan.start), offset(r, r->scan.end)};

    if (r->scan.error == NP_JSCAN_NOMEM)
        return CNIPOL_E_NOMEM;
    if (r->scan.error == NP_JSCAN_TOO_DEEP)
        return np_build_limit(&r->build, NP_LIMIT_DEPTH, CNIPOL_LIMIT_DEPTH, span);
    np_diag_raise(&r->job->ctx->diags, NP_JSON_SYNTAX, span, "%s", r->scan.message);
    return CNIPOL_E_SYNTAX;
}

/* An integer of the grammar; false if it is beyond 64 bits. */
static bool integer(struct np_str text, struct np_node *node)
{
    bool negative = text.s[0] == '-';
    uint64_t value = 0;

    for (uint32_t i = negative; i < text.n; i++)
        if (__builtin_mul_overflow(value, UINT64_C(10), &value) || __builtin_add_overflow(value, (uint64_t)(text.s[i] - '0'), &value))
            return false;
    if (value <= (uint64_t)INT64_MAX + negative) {
        node->kind = NP_NODE_INT;
        node->i = negative ? (int64_t)(0 - value) : (int64_t)value;
        return true;
    }
    node->kind = NP_NODE_UINT;
    node->u = value;
    return !negative;
}

static int number(struct reader *r, struct np_node *node)
{
    if (r->scan.integral && integer(r->scan.text, node))
        return CNIPOL_OK;
    np_buf_clear(&r->number);
    np_buf_addstr(&r->number, r->scan.text);
    if (np_buf_failed(&r->number))
        return CNIPOL_E_NOMEM;
    node->kind = NP_NODE_FLOAT;
    if (np_float_parse(r->number.s, &node->f))
        return CNIPOL_OK;
    np_diag_raise(&r->job->ctx->diags, NP_JSON_SYNTAX, (struct np_span){r->job->source, node->start, node->end},
                  "the number is beyond what a 64-bit float can hold");
    return CNIPOL_E_SYNTAX;
}

static int scalar(struct reader *r, enum np_jscan_token token)
{
    struct np_node node = {.start = offset(r, r->scan.start), .end = offset(r, r->scan.end)};
    int rc = CNIPOL_OK;

    switch (token) {
    case NP_JSCAN_FALSE:
    case NP_JSCAN_TRUE:
        node.kind = NP_NODE_BOOL;
        node.b = token == NP_JSCAN_TRUE;
        break;
    case NP_JSCAN_NUMBER:
        rc = number(r, &node);
        break;
    case NP_JSCAN_STRING:
    case NP_JSCAN_KEY:
        node.kind = NP_NODE_STRING;
        node.flags = NP_NODE_QUOTED;
        if (!np_build_text(&r->build, r->scan.text, &node))
            rc = CNIPOL_E_NOMEM;
        break;
    default:
        break;
    }
    return rc ? rc : np_build_put(&r->build, node, 0);
}

static int on_token(struct reader *r, enum np_jscan_token token)
{
    switch (token) {
    case NP_JSCAN_LIST:
    case NP_JSCAN_MAP:
        return np_build_open(&r->build, token == NP_JSCAN_MAP, offset(r, r->scan.start));
    case NP_JSCAN_LIST_END:
    case NP_JSCAN_MAP_END:
        return np_build_close(&r->build, offset(r, r->scan.end), 0);
    default:
        return scalar(r, token);
    }
}

static int begin(struct reader *r, uint32_t index)
{
    struct np_span span = {r->job->source, offset(r, r->scan.start), offset(r, r->scan.end)};

    if (index >= r->job->ctx->limits[CNIPOL_LIMIT_DOCUMENTS])
        return np_build_limit(&r->build, NP_LIMIT_DOCUMENTS, CNIPOL_LIMIT_DOCUMENTS, span);
    np_build_reset(&r->build, index);
    return CNIPOL_OK;
}

static int run(struct reader *r)
{
    uint32_t index = 0;
    bool inside = false;
    int rc = CNIPOL_OK;

    while (!rc) {
        enum np_jscan_token token = np_jscan_next(&r->scan);

        if (token == NP_JSCAN_END)
            break;
        if (token == NP_JSCAN_ERROR)
            return scan_failed(r);
        if (!inside)
            rc = begin(r, index++);
        inside = true;
        if (!rc)
            rc = on_token(r, token);
        if (rc || r->build.depth)
            continue;
        inside = false;
        rc = np_build_finish(&r->build);
        if (!rc)
            rc = r->job->fn(r->job->user, &r->build.doc);
    }
    return rc;
}

static void init(struct reader *r, const struct np_doc_job *job)
{
    uint64_t depth = job->ctx->limits[CNIPOL_LIMIT_DEPTH];

    r->job = job;
    np_buf_init(&r->text, &job->ctx->mem);
    np_buf_init(&r->number, &job->ctx->mem);
    np_build_init(&r->build, job->ctx, job->source);
    np_jscan_init(&r->scan, job->bytes + job->bom, job->size - job->bom, (uint32_t)depth, &r->text);
}

static void done(struct reader *r)
{
    np_buf_free(&r->text);
    np_buf_free(&r->number);
    np_build_free(&r->build);
}

int np_json_read(const struct np_doc_job *job)
{
    struct reader r;
    int rc;

    init(&r, job);
    rc = run(&r);
    done(&r);
    return rc;
}

int np_json_check(const struct np_doc_job *job)
{
    enum np_jscan_token token;
    struct reader r;
    int rc = CNIPOL_OK;

    init(&r, job);
    do
        token = np_jscan_next(&r.scan);
    while (token > NP_JSCAN_END);
    if (token == NP_JSCAN_ERROR)
        rc = r.scan.error == NP_JSCAN_SYNTAX ? CNIPOL_E_SYNTAX : scan_failed(&r);
    done(&r);
    return rc;
}
