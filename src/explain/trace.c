/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Collecting a trace: see trace.h.
 *
 * The evaluator tells rules and steps as it goes; "go on" steps are left out with their rules, since a
 * stage that has nothing to say is no part of the answer. When a checkpoint is through, the first of its steps that
 * gave the checkpoint's answer is marked as the one that decides.
 */

#include "explain/trace.h"

#include <stdarg.h>
#include <stdio.h>

const char *np_trace_format(struct cnipol_trace *trace, const char *fmt, ...)
{
    va_list args, again;
    char *text;
    int n;

    va_start(args, fmt);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, args);
    text = n < 0 ? NULL : np_arena_alloc(&trace->arena, (size_t)n + 1);
    if (text)
        (void)vsnprintf(text, (size_t)n + 1, fmt, again);
    else
        trace->failed = true;
    va_end(again);
    va_end(args);
    return text;
}

static void on_rule(void *user, const struct np_rule *rule, enum np_tri match)
{
    struct cnipol_trace *trace = user;
    void *grown = np_grow(&trace->ctx->mem, trace->rules, &trace->cap_rules, trace->n_rules + 1, sizeof *trace->rules);

    if (!grown) {
        trace->failed = true;
        return;
    }
    trace->rules = grown;
    trace->rules[trace->n_rules++] = (struct np_trace_rule){rule, match};
}

static const struct cnipol_end *subject_of(const struct cnipol_trace *trace, const struct np_checkpoint *checkpoint)
{
    return checkpoint->subject == NP_END_SOURCE ? &trace->question.source : &trace->question.destination;
}

static const char *subject_name(struct cnipol_trace *trace, const struct np_checkpoint *checkpoint)
{
    uint32_t id = trace->facts.ends[checkpoint->subject].number;

    if (id < trace->model->n_pods)
        return trace->model->names[id];
    return np_trace_end_name(trace, subject_of(trace, checkpoint));
}

/* Of the step's rules, only those that surely matched decide; where none did, those that may have. */
static void settle_rules(struct cnipol_trace *trace, struct np_trace_step *step)
{
    struct np_trace_rule *rules;
    enum np_tri best = NP_NO;
    uint32_t kept = 0;

    if (!step->n_rules)
        return;
    rules = trace->rules + step->first_rule;
    for (uint32_t i = 0; i < step->n_rules; i++)
        best = np_tri_or(best, rules[i].match);
    for (uint32_t i = 0; i < step->n_rules; i++)
        if (rules[i].match == best)
            rules[kept++] = rules[i];
    step->n_rules = kept;
    trace->n_rules = step->first_rule + kept;
}

static const char *isolation_reason(struct cnipol_trace *trace, uint32_t governing)
{
    if (governing == 0)
        return "a policy that may select this pod does not allow it";
    if (governing == 1)
        return "1 policy selects this pod and does not allow it";
    return np_trace_format(trace, "%u policies select this pod, none allows", governing);
}

static const char *reason_of(struct cnipol_trace *trace, const struct np_trace_step *s)
{
    const struct np_step *step = &s->step;

    if (step->reason)
        return step->reason;
    if (step->result == NP_STEP_UNKNOWN && s->n_rules)
        return np_trace_unknown(trace, step->checkpoint, trace->rules[s->first_rule].rule);
    if (step->policy != NP_NONE && step->governing == 0)
        return np_trace_unknown_subject(trace, step->checkpoint, &trace->model->machine.policies[step->policy].subject);
    if (step->policy != NP_NONE)
        return isolation_reason(trace, step->governing);
    if (step->result == NP_STEP_UNDEFINED && s->n_rules)
        return "policies of one priority disagree";
    if (!step->stage)
        return "no policy governs this";
    return NULL;
}

static void on_step(void *user, const struct np_step *step)
{
    struct cnipol_trace *trace = user;
    struct np_trace_step added = {.step = *step, .first_rule = trace->open_rules, .n_rules = trace->n_rules - trace->open_rules};
    void *grown;

    if (trace->failed)
        return;
    if (trace->checkpoint != step->checkpoint)
        trace->group++;
    trace->checkpoint = step->checkpoint;
    if (step->result == NP_STEP_GO_ON) {
        trace->n_rules = trace->open_rules;
        return;
    }
    grown = np_grow(&trace->ctx->mem, trace->steps, &trace->cap_steps, trace->n_steps + 1, sizeof *trace->steps);
    if (!grown) {
        trace->failed = true;
        return;
    }
    trace->steps = grown;
    settle_rules(trace, &added);
    added.group = trace->group;
    added.subject = subject_name(trace, step->checkpoint);
    if (trace->backend) {
        char ip[NP_IP_TEXT];

        np_ip_print(&trace->backend->ip, ip);
        added.subject = np_trace_format(trace, "%s (backend %s port %u)", added.subject, ip, trace->backend->port);
    }
    added.reason = reason_of(trace, &added);
    trace->steps[trace->n_steps++] = added;
    trace->open_rules = trace->n_rules;
}

/* Marks, in each group of the evaluation just done, the first step that gave its direction's answer. */
static void mark_deciding(struct cnipol_trace *trace, uint32_t first, const struct np_evaluation *answer)
{
    uint32_t done = 0;

    for (uint32_t i = first; i < trace->n_steps; i++) {
        struct np_trace_step *s = &trace->steps[i];

        if (s->group == done || !np_trace_gives(&s->step, answer->parts[s->step.checkpoint->direction]))
            continue;
        s->decides = true;
        done = s->group;
    }
}

static void on_facts(void *user, const struct np_asking *asking, struct np_evaluation *out)
{
    struct cnipol_trace *trace = user;
    const struct np_observer observer = {on_rule, on_step, trace};
    uint32_t first = trace->n_steps;

    trace->facts = asking->facts;
    trace->backend = asking->backend;
    trace->checkpoint = NULL;
    np_evaluate(&trace->model->machine, &trace->facts, np_model_directions(&trace->question), &observer, out);
    if (!trace->failed)
        mark_deciding(trace, first, out);
    trace->backend = NULL;
}

/* "10.0.0.1 is claimed by shop/a and by shop/b: ..."; NULL where at most one pod claims it. */
static const char *contested(struct cnipol_trace *trace, const struct np_ip *ip)
{
    struct np_owner owner = np_view_owner(trace->model->view, ip);
    char text[NP_IP_TEXT];

    if (owner.kind != NP_OWNER_CONTESTED)
        return NULL;
    np_ip_print(ip, text);
    return np_trace_format(trace, "the address %s is claimed by several pods, %s and %s among them: nobody can say whose it is", text,
                           trace->model->names[owner.index], trace->model->names[owner.second]);
}

static const char *no_backend(struct cnipol_trace *trace, const struct np_front *front)
{
    const struct cnipol_model *model = trace->model;
    const struct np_service *service = &model->services[front->service];

    if (trace->question.destination.kind == CNIPOL_END_SERVICE)
        return "the Service has no ready backend for this port and protocol";
    return np_trace_format(trace, "the nodes translate this port to service/%s/%s port %u, which has no ready backend",
                           np_atoms_str(&model->ctx->atoms, service->ns).s, np_atoms_str(&model->ctx->atoms, service->name).s, front->port);
}

/* Counts the lines of the sources that the trace points into, now that memory may still be refused. */
static int find_places(struct cnipol_trace *trace)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < trace->n_steps && !rc; i++) {
        const struct np_trace_step *s = &trace->steps[i];
        struct cnipol_place place;

        if (s->step.policy != NP_NONE)
            rc = np_sources_place(&trace->ctx->sources, trace->model->machine.policies[s->step.policy].span, &place);
        for (uint32_t k = 0; k < s->n_rules && !rc; k++)
            rc = np_sources_place(&trace->ctx->sources, trace->rules[s->first_rule + k].rule->span, &place);
    }
    return rc;
}

/* Why a question has no answer at all. */
static const char *why_unanswered(struct cnipol_trace *trace)
{
    const struct cnipol_question *question = &trace->question;
    bool is_source = question->source.kind == CNIPOL_END_UNKNOWN;
    const struct cnipol_end *end = is_source ? &question->source : &question->destination;
    struct np_ip ip = {.family = end->has_v4 ? 4 : 6};
    uint8_t family = np_model_family(question);
    const char *claims = NULL;

    if (question->source.kind == CNIPOL_END_SERVICE)
        return "a Service's address is no source of connections";
    memcpy(ip.bytes, end->has_v4 ? end->v4 : end->v6, end->has_v4 ? 4 : 16);
    if (end->kind == CNIPOL_END_UNKNOWN && (end->has_v4 || end->has_v6))
        claims = contested(trace, &ip);
    if (claims)
        return claims;
    if (!np_model_speaks(&question->source, family) || !np_model_speaks(&question->destination, family))
        return "the two ends have no address family in common, or not the one that was asked about";
    return is_source ? "the source is not in the cluster" : "the destination is not in the cluster";
}

static const char *why_unasked(struct cnipol_trace *trace, const struct np_asking *asking, enum np_unasked why)
{
    switch (why) {
    case NP_UNASKED_END:
        return why_unanswered(trace);
    case NP_UNASKED_FRONT:
        return trace->question.port_unknown ? "some ports of the nodes stand for Services, and the port is not known"
                                            : "several Services claim this address or node port: nobody can say whose it is";
    case NP_UNASKED_NOBODY:
        return no_backend(trace, &asking->front);
    case NP_UNASKED_MANY:
        return "the Service has more backends than can be asked";
    case NP_UNASKED_BACKEND:
        return contested(trace, &asking->backend->ip);
    }
    return NULL;
}

static void on_unasked(void *user, const struct np_asking *asking, enum np_unasked why)
{
    struct cnipol_trace *trace = user;

    if (!trace->note)
        trace->note = why_unasked(trace, asking, why);
}

static int explain(struct cnipol_trace *trace)
{
    const struct np_asker asker = {on_facts, on_unasked, trace};

    np_ask(trace->model, &trace->question, &asker, &trace->answer);
    return trace->failed ? CNIPOL_E_NOMEM : find_places(trace);
}

int cnipol_explain(struct cnipol_ctx *ctx, const struct cnipol_model *model, const struct cnipol_question *question,
                   struct cnipol_trace **out)
{
    struct cnipol_trace *trace = np_zalloc(&ctx->mem, sizeof *trace);

    if (!trace)
        return CNIPOL_E_NOMEM;
    trace->ctx = ctx;
    trace->model = model;
    trace->question = *question;
    np_arena_init(&trace->arena, &ctx->mem);
    np_buf_init(&trace->text, &ctx->mem);
    np_buf_init(&trace->line, &ctx->mem);
    if (explain(trace)) {
        cnipol_trace_free(trace);
        return CNIPOL_E_NOMEM;
    }
    *out = trace;
    return CNIPOL_OK;
}

void cnipol_trace_free(struct cnipol_trace *trace)
{
    struct np_mem *mem;

    if (!trace)
        return;
    mem = &trace->ctx->mem;
    np_free(mem, trace->steps, trace->cap_steps * sizeof *trace->steps);
    np_free(mem, trace->rules, trace->cap_rules * sizeof *trace->rules);
    np_buf_free(&trace->text);
    np_buf_free(&trace->line);
    np_arena_free(&trace->arena);
    np_free(mem, trace, sizeof *trace);
}

void cnipol_trace_verdict(const struct cnipol_trace *trace, struct cnipol_verdict *out)
{
    np_verdict_of(&trace->answer, out);
}
