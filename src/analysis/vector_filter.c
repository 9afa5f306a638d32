/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of filters: does a filter let a record through.
 *
 * `filter` is a list of arguments as on the command line, `record` one Hubble JSON record, `expect` true, false, or "error" for a
 * filter that must be refused.
 */

#include <cnipol/filter.h>
#include <string.h>

#include "analysis/vector.h"
#include "doc/tojson.h"
#include "flow/decoder.h"

static const char *const filter_keys[] = {"name", "origin", "filter", "record", "expect", "note", "info", "why", NULL};

struct question {
    const struct cnipol_filter *filter;
    int answer; /* of the last record */
    uint32_t n; /* records */
};

static int ask(void *user, const struct cnipol_flow *flow)
{
    struct question *question = user;

    question->answer = cnipol_filter_matches(question->filter, flow);
    question->n++;
    return CNIPOL_OK;
}

/* The arguments; NULL: no memory. */
static const char **take_args(struct cnipol_ctx *ctx, const struct np_node *list)
{
    const char **args = np_alloc(&ctx->mem, list->n * sizeof *args);

    for (uint32_t i = 0; args && i < list->n; i++)
        args[i] = list->items[i].s;
    return args;
}

static int ask_record(struct cnipol_ctx *ctx, const struct cnipol_filter *filter, const struct np_buf *record, const char **answer)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "hubble-json", .packed = 1};
    struct question question = {.filter = filter};
    struct cnipol_decoder *decoder = NULL;
    int rc = cnipol_decoder_new(ctx, &opts, &decoder);

    if (rc == CNIPOL_OK)
        rc = np_decoder_frame(decoder, record->s, record->n, ask, &question);
    cnipol_decoder_free(decoder);
    if (rc == CNIPOL_E_NOMEM)
        return rc;
    *answer = rc || question.n != 1 ? "no record" : question.answer < 0 ? "limit" : question.answer ? "true" : "false";
    return CNIPOL_OK;
}

/* What comes of the row: a word. CNIPOL_OK or CNIPOL_E_NOMEM. */
static int answer_row(struct cnipol_ctx *ctx, const struct np_node *row, const struct np_buf *record, const char **answer)
{
    const struct np_node *list = np_map_get(row, "filter");
    struct cnipol_filter *filter = NULL;
    const char **args = take_args(ctx, list);
    int rc = args ? cnipol_filter_new(ctx, args, list->n, &filter) : CNIPOL_E_NOMEM;

    if (rc == CNIPOL_OK)
        rc = ask_record(ctx, filter, record, answer);
    else if (rc != CNIPOL_E_NOMEM) {
        *answer = "error";
        rc = CNIPOL_OK;
    }
    cnipol_filter_free(filter);
    if (args)
        np_free(&ctx->mem, args, list->n * sizeof *args);
    return rc;
}

/* The expected word; NULL: the row is not usable. */
static const char *expected(const struct np_node *row)
{
    const struct np_node *expect = np_map_get(row, "expect"), *list = np_map_get(row, "filter");

    for (uint32_t i = 0; list->kind == NP_NODE_LIST && i < list->n; i++)
        if (list->items[i].kind != NP_NODE_STRING)
            return NULL;
    if (!expect || list->kind != NP_NODE_LIST || !np_map_get(row, "record"))
        return NULL;
    if (expect->kind == NP_NODE_BOOL)
        return expect->b ? "true" : "false";
    return np_str_is(np_vector_text(row, "expect"), "error") ? "error" : NULL;
}

static int run_with(struct np_vector_run *run, struct cnipol_ctx *ctx, const char *expect)
{
    const char *answer = "";
    struct np_buf record;
    int rc;

    np_buf_init(&record, &ctx->mem);
    rc = np_tojson(np_map_get(run->row, "record"), &record);
    if (!rc)
        rc = np_tojson(np_map_get(run->row, "filter"), &run->question);
    if (!rc)
        rc = answer_row(ctx, run->row, &record, &answer);
    np_buf_free(&record);
    np_buf_adds(&run->expected, expect);
    np_buf_adds(&run->got, answer);
    return rc ? rc : np_vector_tell(run, run->row, strcmp(answer, expect) == 0, 1, NULL);
}

int np_vector_filter(struct np_vector_run *run)
{
    const struct np_node *row = run->row;
    const char *unknown = np_vector_unknown_key(row, filter_keys), *expect = expected(row);
    struct cnipol_ctx *ctx;
    int rc;

    if (unknown)
        return np_vector_unusable(run, row, "nobody reads the key %s of a filter row", unknown);
    if (!expect)
        return np_vector_unusable(run, row, "a filter row has filter, a list of arguments, record, and expect: true, false or \"error\"");
    np_buf_clear(&run->question);
    np_buf_clear(&run->expected);
    np_buf_clear(&run->got);
    np_buf_adds(&run->question, "does the filter let the record through: ");
    ctx = np_vector_ctx(run);
    rc = ctx ? run_with(run, ctx, expect) : CNIPOL_E_NOMEM;
    cnipol_ctx_free(ctx);
    return rc;
}
