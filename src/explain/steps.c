/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a trace: steps, rules and attribution. See include/cnipol/explain.h. */

#include "explain/trace.h"

const char *cnipol_step_result_text(int32_t result)
{
    static const char *const texts[] = {"unknown", "allow", "redirect", "undefined", "deny", "pass", "go on", "unknown", "log"};

    return result < 0 || result > CNIPOL_STEP_LOG ? "unknown" : texts[result];
}

size_t cnipol_trace_steps(const struct cnipol_trace *trace)
{
    return trace->n_steps;
}

static const char *atom_text(const struct cnipol_trace *trace, np_atom atom)
{
    return atom == NP_ATOM_NONE ? NULL : np_atoms_str(&trace->ctx->atoms, atom).s;
}

static struct cnipol_rule_ref policy_ref(const struct cnipol_trace *trace, uint32_t number)
{
    const struct np_policy *policy;
    struct cnipol_rule_ref ref = {.rule = -1};

    if (number == NP_NONE)
        return ref;
    policy = &trace->model->machine.policies[number];
    ref.kind = policy->kind;
    ref.tier = policy->tier;
    ref.policy_namespace = atom_text(trace, policy->ns);
    ref.policy = atom_text(trace, policy->name);
    (void)np_sources_place(&trace->ctx->sources, policy->span, &ref.place);
    return ref;
}

static struct cnipol_rule_ref rule_ref(const struct cnipol_trace *trace, const struct np_rule *rule)
{
    struct cnipol_rule_ref ref = policy_ref(trace, rule->policy);

    if (rule->policy == NP_NONE)
        return ref;
    ref.rule = rule->index;
    ref.rule_name = atom_text(trace, rule->name);
    (void)np_sources_place(&trace->ctx->sources, rule->span, &ref.place);
    return ref;
}

/* The policy whose default decided, or the first deciding rule. */
static struct cnipol_rule_ref step_ref(const struct cnipol_trace *trace, const struct np_trace_step *s)
{
    if (s->step.policy != NP_NONE)
        return policy_ref(trace, s->step.policy);
    return s->n_rules ? rule_ref(trace, trace->rules[s->first_rule].rule) : (struct cnipol_rule_ref){.rule = -1};
}

static int32_t direction_of(const struct np_trace_step *s)
{
    return s->step.checkpoint->direction == NP_END_SOURCE ? CNIPOL_ASK_EGRESS : CNIPOL_ASK_INGRESS;
}

int cnipol_trace_step(const struct cnipol_trace *trace, size_t i, struct cnipol_step *out)
{
    const struct np_trace_step *s;

    if (i >= trace->n_steps)
        return CNIPOL_E_USAGE;
    s = &trace->steps[i];
    *out = (struct cnipol_step){
        .direction = direction_of(s),
        .result = (int32_t)s->step.result,
        .engine = trace->model->machine.engine,
        .checkpoint = s->step.checkpoint->name,
        .subject = s->subject,
        .stage = s->step.stage ? s->step.stage->name : "default",
        .reason = s->reason,
        .governing = s->step.governing,
        .n_rules = s->n_rules,
        .rule = step_ref(trace, s),
        .decides = s->decides,
    };
    return CNIPOL_OK;
}

int cnipol_trace_rule(const struct cnipol_trace *trace, size_t i, size_t k, struct cnipol_rule_ref *out)
{
    if (i >= trace->n_steps || k >= trace->steps[i].n_rules)
        return CNIPOL_E_USAGE;
    *out = rule_ref(trace, trace->rules[trace->steps[i].first_rule + k].rule);
    return CNIPOL_OK;
}

void cnipol_trace_by(const struct cnipol_trace *trace, struct cnipol_rule_ref *out, int32_t *direction)
{
    *out = (struct cnipol_rule_ref){.rule = -1};
    *direction = CNIPOL_ASK_BOTH;
    for (uint32_t i = 0; i < trace->n_steps; i++) {
        const struct np_trace_step *s = &trace->steps[i];

        if (!s->decides || !np_trace_gives(&s->step, trace->answer.decision))
            continue;
        *out = step_ref(trace, s);
        *direction = direction_of(s);
        if (out->kind)
            return;
    }
}
