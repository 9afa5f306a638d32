/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters of flow records: see include/cnipol/filter.h and filter.h.
 *
 * A test that cannot be answered (CNIPOL_E_LIMIT) is neither true nor false: it decides nothing as long as another test of
 * its clause fails, or another clause holds.
 */

#include "flow/filter.h"

#include <stdarg.h>

#include "base/diag.h"

static int clause_holds(const struct np_clause *clause, const struct cnipol_flow *flow)
{
    int result = 1;

    for (uint32_t i = 0; i < clause->n; i++) {
        int rc = clause->tests[i].matches(&clause->tests[i], flow);

        if (rc == 0)
            return 0;
        if (rc < 0)
            result = rc;
    }
    return result;
}

static int any_holds(const struct np_clauses *clauses, const struct cnipol_flow *flow)
{
    int result = 0;

    for (uint32_t i = 0; i < clauses->n; i++) {
        int rc = clause_holds(&clauses->items[i], flow);

        if (rc == 1)
            return 1;
        if (rc < 0)
            result = rc;
    }
    return result;
}

int cnipol_filter_matches(const struct cnipol_filter *filter, const struct cnipol_flow *flow)
{
    int allowed = filter->allow.n ? any_holds(&filter->allow, flow) : 1;
    int denied;

    if (allowed == 0)
        return 0;
    denied = any_holds(&filter->deny, flow);
    if (denied == 1)
        return 0;
    return denied < 0 ? denied : allowed;
}

void cnipol_filter_fields(const struct cnipol_filter *filter, struct cnipol_fields *out)
{
    *out = filter->fields;
}

void cnipol_filter_free(struct cnipol_filter *filter)
{
    if (!filter)
        return;
    for (struct np_regex_link *link = filter->regexes; link; link = link->next)
        np_regex_free(link->regex);
    np_arena_free(&filter->arena);
    np_free(filter->mem, filter, sizeof *filter);
}

static int make(struct np_filter_job *job, const char *const *args, size_t n)
{
    int rc = np_filter_read_args(job, args, n);

    if (rc == CNIPOL_OK)
        rc = np_spec_build(job, job->allow, &job->filter->allow);
    if (rc == CNIPOL_OK)
        rc = np_spec_build(job, job->deny, &job->filter->deny);
    return rc == CNIPOL_OK && job->ctx->diags.failed ? CNIPOL_E_NOMEM : rc;
}

int cnipol_filter_new(struct cnipol_ctx *ctx, const char *const *args, size_t n, struct cnipol_filter **out)
{
    struct np_filter_job job = {.ctx = ctx};
    int rc;

    *out = NULL;
    job.filter = np_zalloc(&ctx->mem, sizeof *job.filter);
    if (!job.filter)
        return CNIPOL_E_NOMEM;
    job.filter->mem = &ctx->mem;
    np_arena_init(&job.filter->arena, &ctx->mem);
    rc = make(&job, args, n);
    if (rc == CNIPOL_OK)
        *out = job.filter;
    else
        cnipol_filter_free(job.filter);
    return rc;
}

int np_filter_wrong(struct np_filter_job *job, enum np_code code, const char *flag, struct np_str text, uint32_t at, uint32_t end,
                    const char *fmt, ...)
{
    struct np_span span = NP_NOWHERE;
    struct np_str message;
    struct np_buf buf;
    va_list args;

    if (text.s) {
        span = (struct np_span){np_sources_add(&job->ctx->sources, flag, text.s, text.n, true), at, end > at ? end : at};
        if (span.source == NP_NONE)
            return CNIPOL_E_NOMEM;
    }
    np_buf_init(&buf, &job->ctx->mem);
    va_start(args, fmt);
    np_buf_addv(&buf, fmt, args);
    va_end(args);
    message = (struct np_str){buf.s ? buf.s : "", (uint32_t)buf.n};
    np_diag_raise(&job->ctx->diags, code, span, "%s: %.*s", flag, (int)message.n, message.s);
    np_buf_free(&buf);
    return job->ctx->diags.failed ? CNIPOL_E_NOMEM : CNIPOL_E_USAGE;
}

int np_filter_wrong_value(struct np_filter_job *job, const struct np_spec_value *value, const char *message)
{
    return np_filter_wrong(job, NP_FILTER_VALUE, value->flag, value->text, 0, value->text.n, "%s", message);
}

int np_filter_regex(struct np_filter_job *job, const struct np_spec_value *value, struct np_str pattern, const struct np_regex **out)
{
    struct np_regex_link *link = np_arena_zalloc(&job->filter->arena, sizeof *link);
    struct np_regex_flaw flaw;
    int rc = link ? np_regex_compile(job->filter->mem, pattern, &link->regex, &flaw) : CNIPOL_E_NOMEM;

    if (rc == CNIPOL_E_NOMEM)
        return rc;
    if (rc)
        return np_filter_wrong(job, flaw.unsupported ? NP_FILTER_UNSUPPORTED : NP_FILTER_VALUE, value->flag, value->text,
                               pattern.s == value->text.s ? flaw.at : 0, pattern.s == value->text.s ? flaw.at + 1 : value->text.n,
                               "bad regular expression: %s", flaw.message);
    link->next = job->filter->regexes;
    job->filter->regexes = link;
    *out = link->regex;
    return CNIPOL_OK;
}
