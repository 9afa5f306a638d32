/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attribution: does the rule that a row names decide?
 *
 * Where several rules allow, a row may name any of them, in either direction. A denial is attributed
 * to egress where both directions deny, unless the row names the direction. `by` without `rule` is
 * the policy as a whole: a NetworkPolicy that isolates, or any rule of another kind.
 */

#include <cnipol/explain.h>

#include "analysis/vector.h"

static const char *const by_keys[] = {"kind", "namespace", "name", "rule", "tier", "direction", NULL};

static bool has_text(const struct np_node *by, const char *key, bool required)
{
    const struct np_node *value = np_map_value(by, key);

    return value ? value->kind == NP_NODE_STRING : !required;
}

static const char *ref_flaw(const struct np_node *ref)
{
    const struct np_node *rule;
    struct np_str direction;

    if (ref->kind != NP_NODE_MAP || np_vector_unknown_key(ref, by_keys))
        return "by and via name kind, namespace, name, rule, tier and direction, nothing else";
    if (!has_text(ref, "kind", true) || !has_text(ref, "name", true) || !has_text(ref, "namespace", false) || !has_text(ref, "tier", false))
        return "by and via need a kind and a name, as text";
    rule = np_map_value(ref, "rule");
    if (rule && (rule->kind != NP_NODE_INT || rule->i < 0 || rule->i > INT32_MAX))
        return "the rule of by or via is its index, 0 first";
    direction = np_vector_text(ref, "direction");
    if (np_map_value(ref, "direction") && !np_str_is(direction, "egress") && !np_str_is(direction, "ingress"))
        return "the direction of by or via is egress or ingress";
    return NULL;
}

const char *np_vector_by_flaw(const struct np_node *by, const struct np_node *via)
{
    const char *flaw = by ? ref_flaw(by) : NULL;

    if (via && via->kind != NP_NODE_LIST)
        return "via is a list";
    for (uint32_t i = 0; via && i < via->n && !flaw; i++)
        flaw = ref_flaw(&via->items[i]);
    return flaw;
}

static bool same_text(const struct np_node *by, const char *key, const char *got)
{
    const struct np_node *value = np_map_value(by, key);

    return !value || (got && np_str_is(np_node_str(value), got));
}

static bool same_policy(const struct np_node *by, const struct cnipol_rule_ref *ref)
{
    return ref->kind && same_text(by, "kind", ref->kind) && same_text(by, "namespace", ref->policy_namespace) &&
           same_text(by, "name", ref->policy) && same_text(by, "tier", ref->tier);
}

static bool same_rule(const struct np_node *by, const struct cnipol_rule_ref *ref)
{
    const struct np_node *rule = np_map_value(by, "rule");

    return same_policy(by, ref) && (!rule || rule->i == ref->rule);
}

static bool names_step(const struct cnipol_trace *trace, size_t i, const struct cnipol_step *step, const struct np_node *by)
{
    bool whole = !np_map_value(by, "rule") && np_str_is(np_vector_text(by, "kind"), "NetworkPolicy");
    struct cnipol_rule_ref ref;

    if (same_rule(by, &step->rule) && (!whole || step->rule.rule < 0))
        return true;
    for (size_t k = 0; !whole && cnipol_trace_rule(trace, i, k, &ref) == CNIPOL_OK; k++)
        if (same_rule(by, &ref))
            return true;
    return false;
}

/* The direction that a reference speaks of; CNIPOL_ASK_BOTH: either. */
static int32_t direction_of(const struct np_node *ref)
{
    struct np_str text = np_vector_text(ref, "direction");

    if (!text.n)
        return CNIPOL_ASK_BOTH;
    return np_str_is(text, "egress") ? CNIPOL_ASK_EGRESS : CNIPOL_ASK_INGRESS;
}

static bool decided(const struct cnipol_trace *trace, const struct np_node *by)
{
    int32_t wanted = direction_of(by), first;
    struct cnipol_rule_ref ref;
    struct cnipol_verdict verdict;
    struct cnipol_step step;

    cnipol_trace_verdict(trace, &verdict);
    cnipol_trace_by(trace, &ref, &first);
    if (wanted == CNIPOL_ASK_BOTH && verdict.decision != CNIPOL_ALLOW)
        wanted = first;
    for (size_t i = 0; cnipol_trace_step(trace, i, &step) == CNIPOL_OK; i++) {
        if (!step.decides || step.result != verdict.decision || (wanted != CNIPOL_ASK_BOTH && step.direction != wanted))
            continue;
        if (names_step(trace, i, &step, by))
            return true;
    }
    return false;
}

/* The pass rules, in their order, among the steps. */
static bool passed_through(const struct cnipol_trace *trace, const struct np_node *via)
{
    struct cnipol_step step;
    uint32_t found = 0;

    for (size_t i = 0; found < via->n && cnipol_trace_step(trace, i, &step) == CNIPOL_OK; i++) {
        int32_t wanted = direction_of(&via->items[found]);

        if (step.result == CNIPOL_STEP_PASS && (wanted == CNIPOL_ASK_BOTH || wanted == step.direction) &&
            names_step(trace, i, &step, &via->items[found]))
            found++;
    }
    return found == via->n;
}

bool np_vector_by_holds(const struct cnipol_trace *trace, const struct np_node *by, const struct np_node *via)
{
    return (!by || decided(trace, by)) && (!via || passed_through(trace, via));
}

void np_vector_by_print(const struct np_node *by, struct np_buf *out)
{
    const struct np_node *rule;
    struct np_str ns;

    if (!by)
        return;
    rule = np_map_value(by, "rule");
    ns = np_vector_text(by, "namespace");
    np_buf_addf(out, " by %s %s%s%s", np_vector_text(by, "kind").s, ns.s, ns.n ? "/" : "", np_vector_text(by, "name").s);
    if (rule)
        np_buf_addf(out, " rule %d", (int)rule->i);
}

void np_vector_trace_by_print(const struct cnipol_trace *trace, struct np_buf *out)
{
    struct cnipol_rule_ref ref;
    int32_t direction;

    cnipol_trace_by(trace, &ref, &direction);
    if (!ref.kind) {
        np_buf_adds(out, " by no policy");
        return;
    }
    np_buf_addf(out, " by %s %s%s%s", ref.kind, ref.policy_namespace ? ref.policy_namespace : "", ref.policy_namespace ? "/" : "",
                ref.policy);
    if (ref.rule >= 0)
        np_buf_addf(out, " rule %d", ref.rule);
}
