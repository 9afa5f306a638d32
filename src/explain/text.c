/* SPDX-License-Identifier: BSD-2-Clause */
/* A trace for people: several lines with places, or one line. Names are shown so that no terminal acts on them. */

#include "explain/trace.h"

#include "base/glyph.h"

#include <stdio.h>

static const char *const colors[] = {
    [CNIPOL_STEP_ALLOW] = "\033[32m",     [CNIPOL_STEP_REDIRECT] = "\033[36m",
    [CNIPOL_STEP_UNDEFINED] = "\033[33m", [CNIPOL_STEP_DENY] = "\033[31m",
    [CNIPOL_STEP_PASS] = "\033[34m",      [CNIPOL_STEP_GO_ON] = "",
    [CNIPOL_STEP_UNKNOWN] = "\033[33m",   [CNIPOL_STEP_LOG] = "",
};

static void add_result(struct np_buf *out, int32_t result, bool color, const char *text)
{
    bool painted = color && colors[result][0];

    np_buf_adds(out, painted ? colors[result] : "");
    np_buf_adds(out, text);
    np_buf_adds(out, painted ? "\033[0m" : "");
}

static void add_policy(struct np_buf *out, const struct cnipol_rule_ref *ref)
{
    if (ref->policy_namespace) {
        np_glyph_add(out, ref->policy_namespace);
        np_buf_adds(out, "/");
    }
    np_glyph_add(out, ref->policy);
}

static void add_rule(struct np_buf *out, const struct cnipol_rule_ref *ref)
{
    np_buf_addf(out, "rule %d", ref->rule);
    if (ref->rule_name) {
        np_buf_adds(out, " \"");
        np_glyph_add(out, ref->rule_name);
        np_buf_adds(out, "\"");
    }
    np_buf_adds(out, " of ");
    add_policy(out, ref);
}

/* "rule 2 of guard", "2 policies select this pod, none allows (shop/default-deny)". */
static void add_why(struct np_buf *out, const struct cnipol_step *step)
{
    if (step->rule.kind && step->rule.rule >= 0) {
        add_rule(out, &step->rule);
        if (step->n_rules > 1)
            np_buf_addf(out, " and %u more", step->n_rules - 1);
        np_buf_adds(out, step->reason ? ": " : "");
    }
    np_glyph_add(out, step->reason ? step->reason : "");
    if (step->rule.kind && step->rule.rule < 0) {
        np_buf_adds(out, " (");
        add_policy(out, &step->rule);
        np_buf_adds(out, ")");
    }
}

static void add_port(struct np_buf *out, const struct cnipol_question *q)
{
    static const char *const states[] = {"", ", established", ", related"};
    const char *name = cnipol_protocol_text(q->protocol);

    if (name)
        np_buf_addf(out, " %s", name);
    else
        np_buf_addf(out, " protocol %u", q->protocol);
    if (q->destination_port)
        np_buf_addf(out, " %u", q->destination_port);
    if (q->has_icmp)
        np_buf_addf(out, " type %u code %u", q->icmp_type, q->icmp_code);
    np_buf_adds(out, q->is_fragment ? ", a later fragment" : "");
    np_buf_adds(out, q->connection_state < 3 ? states[q->connection_state] : "");
}

static void add_heading(struct cnipol_trace *trace, bool color)
{
    const struct cnipol_question *q = &trace->question;
    struct np_buf *out = &trace->text;
    const char *from = np_trace_end_name(trace, &q->source), *to = np_trace_end_name(trace, &q->destination);
    uint8_t decision = trace->answer.decision;

    np_glyph_add(out, from ? from : "");
    np_buf_adds(out, " \u2192 ");
    np_glyph_add(out, to ? to : "");
    add_port(out, q);
    np_buf_adds(out, ": ");
    add_result(out, decision, color, cnipol_decision_text(decision));
    np_buf_adds(out, "\n");
}

/* Columns: direction and subject, stage and result, why, place. */
static void add_step(struct cnipol_trace *trace, size_t i, bool color)
{
    struct np_buf *out = &trace->text;
    struct cnipol_step step;

    (void)cnipol_trace_step(trace, i, &step);
    np_buf_addf(out, "  %-7s of ", step.checkpoint);
    np_glyph_add(out, step.subject);
    np_buf_addf(out, "  [%s] ", step.stage);
    add_result(out, step.result, color, cnipol_step_result_text(step.result));
    np_buf_adds(out, step.rule.kind || step.reason ? ": " : "");
    add_why(out, &step);
    if (step.rule.place.file) {
        np_buf_adds(out, "\n      ");
        np_glyph_add(out, step.rule.place.file);
        np_buf_addf(out, ":%u", step.rule.place.line);
    }
    np_buf_adds(out, "\n");
}

static void add_unasked(struct cnipol_trace *trace, enum np_end_role role, const char *name)
{
    const struct cnipol_end *end = role == NP_END_SOURCE ? &trace->question.source : &trace->question.destination;
    bool wanted = np_model_directions(&trace->question) & (1u << role);
    const char *who = np_trace_end_name(trace, end);

    if (!wanted || trace->answer.asked[role] || trace->note)
        return;
    np_buf_addf(&trace->text, "  %-7s of ", name);
    np_glyph_add(&trace->text, who ? who : "");
    np_buf_adds(&trace->text, "  not policed: allow\n");
}

const char *cnipol_trace_text(struct cnipol_trace *trace, int32_t color)
{
    np_buf_clear(&trace->text);
    add_heading(trace, color);
    if (trace->note) {
        np_buf_adds(&trace->text, "  ");
        np_glyph_add(&trace->text, trace->note);
        np_buf_addc(&trace->text, '\n');
    }
    add_unasked(trace, NP_END_SOURCE, "egress");
    for (size_t i = 0; i < trace->n_steps; i++)
        add_step(trace, i, color);
    add_unasked(trace, NP_END_DESTINATION, "ingress");
    return np_buf_failed(&trace->text) || trace->failed ? NULL : trace->text.s;
}

/* "[Admin] pass (rule 2 of guard)", "[NetworkPolicy] deny: 2 policies select this pod, none allows". */
static void add_link(struct np_buf *out, const struct cnipol_step *step)
{
    np_buf_addf(out, "[%s] %s", step->stage, cnipol_step_result_text(step->result));
    if (step->rule.kind && step->rule.rule >= 0) {
        np_buf_adds(out, " (");
        add_rule(out, &step->rule);
        np_buf_adds(out, ")");
    }
    if (step->reason) {
        np_buf_adds(out, ": ");
        np_glyph_add(out, step->reason);
    }
}

const char *cnipol_trace_line(struct cnipol_trace *trace)
{
    struct np_buf *out = &trace->line;
    int32_t direction = -1;

    np_buf_clear(out);
    np_buf_adds(out, "");
    np_glyph_add(out, trace->note ? trace->note : "");
    for (size_t i = 0; i < trace->n_steps; i++) {
        struct cnipol_step step;

        (void)cnipol_trace_step(trace, i, &step);
        if (step.direction != direction)
            np_buf_addf(out, "%s%s ", direction < 0 ? "" : "; ", step.checkpoint);
        else
            np_buf_adds(out, " \u2192 ");
        direction = step.direction;
        add_link(out, &step);
    }
    return np_buf_failed(out) || trace->failed ? NULL : out->s;
}
