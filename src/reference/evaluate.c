/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reference evaluator: see evaluate.h.
 *
 * Each function returns the set of answers still possible from where it stands. A rule that surely
 * matches ends its stage; one that may match adds its answer, and the search goes on as if it had
 * not. So every completion of the unknowns is covered, each unknown on its own, as in Kleene's logic.
 */

#include "reference/evaluate.h"

#include "reference/walk.h"

static unsigned walk_stage(struct np_walk *walk, uint32_t number);

struct np_candidates np_walk_candidates(const struct np_walk *walk, const struct np_subject_index *index, uint32_t all)
{
    uint32_t id = walk->facts->ends[walk->subject].id;
    uint32_t list;

    if (!index->list_of || id >= index->n_ids)
        return (struct np_candidates){NULL, all};
    list = index->list_of[id];
    return (struct np_candidates){index->items + index->first[list], index->first[list + 1] - index->first[list]};
}

enum np_tri np_walk_matches(const struct np_walk *walk, const struct np_rule *rule)
{
    const struct np_machine *m = walk->machine;
    enum np_tri match;

    if (rule->policy != NP_NONE && m->policies[rule->policy].is_staged && !m->staged_scope)
        return NP_NO;
    match = np_pred_eval(m, walk->facts, walk->subject, &rule->subject);
    if (match != NP_NO)
        match = np_tri_and(match, np_pred_eval(m, walk->facts, walk->other, &rule->remote));
    if (match != NP_NO)
        match = np_tri_and(match, np_pred_eval(m, walk->facts, walk->subject, &rule->l4));
    if (match != NP_NO)
        match = np_tri_and(match, np_pred_eval(m, walk->facts, walk->subject, &rule->local));
    return match;
}

void np_walk_tell_rule(const struct np_walk *walk, const struct np_rule *rule, enum np_tri match)
{
    if (walk->observer)
        walk->observer->rule(walk->observer->user, rule, match);
}

static void tell_step(const struct np_walk *walk, const struct np_step *step)
{
    if (walk->observer)
        walk->observer->step(walk->observer->user, step);
}

void np_walk_tell(const struct np_walk *walk, const struct np_stage *stage, enum np_step_result result)
{
    tell_step(walk, &(struct np_step){walk->checkpoint, stage, result, walk->is_certain, 0, NP_NONE, NULL});
}

enum np_step_result np_walk_result(unsigned can)
{
    switch (can & ~NP_CAN_NEXT) {
    case NP_CAN_ALLOW:
        return NP_STEP_ALLOW;
    case NP_CAN_REDIRECT:
        return NP_STEP_REDIRECT;
    case NP_CAN_DENY:
        return NP_STEP_DENY;
    case 0:
        return NP_STEP_GO_ON;
    default:
        return NP_STEP_UNDEFINED;
    }
}

static unsigned action_can(const struct np_outcome *outcome)
{
    switch ((enum np_action)outcome->action) {
    case NP_ACTION_ALLOW:
        return NP_CAN_ALLOW;
    case NP_ACTION_DENY:
        return NP_CAN_DENY;
    case NP_ACTION_UNDEFINED:
        return NP_CAN_UNDEFINED;
    case NP_ACTION_PASS:
    case NP_ACTION_LOG:
    case NP_ACTION_NEXT:
        return NP_CAN_NEXT;
    }
    return NP_CAN_UNDEFINED;
}

/* Without a request at hand, the proxy that will see it decides. */
unsigned np_walk_guarded(struct np_walk *walk, const struct np_guarded *guards, uint32_t n, unsigned otherwise)
{
    unsigned can = 0;

    if (!walk->facts->request)
        return NP_CAN_REDIRECT;
    for (uint32_t i = 0; i < n; i++) {
        enum np_tri passes = guards[i].match(guards[i].data, walk->facts->request);

        if (passes == NP_NO)
            continue;
        can |= action_can(&guards[i].outcome);
        walk->flags |= guards[i].outcome.flags;
        if (passes == NP_YES)
            return can;
    }
    return can | otherwise;
}

static unsigned follow_pass(struct np_walk *walk, const struct np_stage *stage, const struct np_outcome *outcome)
{
    uint32_t here = (uint32_t)(stage - walk->checkpoint->stages);
    uint32_t target = outcome->target == NP_PASS_STAGE ? stage->pass_to : outcome->target;

    np_walk_tell(walk, stage, NP_STEP_PASS);
    return walk_stage(walk, target > here ? target : here + 1);
}

unsigned np_walk_outcome(struct np_walk *walk, const struct np_stage *stage, const struct np_rule *rule, enum np_tri match)
{
    const struct np_outcome *outcome = &rule->outcome;
    unsigned can;

    np_walk_tell_rule(walk, rule, match);
    walk->flags |= outcome->flags;
    if (outcome->auth > walk->auth)
        walk->auth = outcome->auth;
    if (match == NP_UNKNOWN) {
        np_walk_tell(walk, stage, NP_STEP_UNKNOWN);
        walk->is_certain = false;
    }
    if (outcome->action == NP_ACTION_PASS && !outcome->n_guards)
        return follow_pass(walk, stage, outcome);
    can = action_can(outcome);
    if (outcome->n_guards)
        can = np_walk_guarded(walk, outcome->guards, outcome->n_guards, can);
    if (match == NP_YES)
        np_walk_tell(walk, stage, np_walk_result(can));
    return can;
}

/* Another policy of the same tie matches too, and says otherwise. */
static bool tie_disagrees(const struct np_walk *walk, const struct np_stage *stage, const struct np_candidates *list, uint32_t at)
{
    const struct np_rule *chosen = &stage->rules[np_candidate(list, at)];
    uint32_t seen = NP_NONE;

    for (uint32_t i = at + 1; i < list->n; i++) {
        const struct np_rule *rule = &stage->rules[np_candidate(list, i)];

        if (rule->tie != chosen->tie)
            break;
        if (rule->policy == chosen->policy || rule->policy == seen || np_walk_matches(walk, rule) == NP_NO)
            continue;
        if (rule->outcome.action != chosen->outcome.action)
            return true;
        seen = rule->policy;
    }
    return false;
}

static unsigned walk_first(struct np_walk *walk, const struct np_stage *stage)
{
    struct np_candidates list = np_walk_candidates(walk, &stage->rule_index, stage->n_rules);
    unsigned can = 0;

    for (uint32_t i = 0; i < list.n; i++) {
        const struct np_rule *rule = &stage->rules[np_candidate(&list, i)];
        enum np_tri match = np_walk_matches(walk, rule);
        unsigned now;

        if (match == NP_NO)
            continue;
        if (rule->outcome.action == NP_ACTION_LOG) {
            np_walk_tell_rule(walk, rule, match);
            np_walk_tell(walk, stage, NP_STEP_LOG);
            walk->flags |= rule->outcome.flags | NP_OUTCOME_LOG;
            continue;
        }
        if (stage->ties_undefined && tie_disagrees(walk, stage, &list, i)) {
            np_walk_tell_rule(walk, rule, match);
            np_walk_tell(walk, stage, NP_STEP_UNDEFINED);
            return can | NP_CAN_UNDEFINED;
        }
        now = np_walk_outcome(walk, stage, rule, match);
        can |= now & ~NP_CAN_NEXT;
        if (match == NP_YES && !(now & NP_CAN_NEXT))
            return can;
    }
    return can | np_walk_unmatched(walk, stage);
}

static unsigned union_rule_can(struct np_walk *walk, const struct np_rule *rule)
{
    unsigned can = action_can(&rule->outcome);

    if (rule->outcome.n_guards)
        can = np_walk_guarded(walk, rule->outcome.guards, rule->outcome.n_guards, can);
    return can & (NP_CAN_ALLOW | NP_CAN_REDIRECT);
}

static unsigned walk_union(struct np_walk *walk, const struct np_stage *stage)
{
    struct np_candidates list = np_walk_candidates(walk, &stage->rule_index, stage->n_rules);
    unsigned surely = 0, maybe = 0;

    for (uint32_t i = 0; i < list.n; i++) {
        const struct np_rule *rule = &stage->rules[np_candidate(&list, i)];
        enum np_tri match = np_walk_matches(walk, rule);

        if (match == NP_NO)
            continue;
        np_walk_tell_rule(walk, rule, match);
        walk->flags |= rule->outcome.flags;
        if (match == NP_YES)
            surely |= union_rule_can(walk, rule);
        else
            maybe |= union_rule_can(walk, rule);
        if ((surely & NP_CAN_ALLOW) && !walk->observer)
            return NP_CAN_ALLOW;
    }
    if (surely) {
        unsigned can = surely & NP_CAN_ALLOW ? NP_CAN_ALLOW : surely | maybe;

        np_walk_tell(walk, stage, np_walk_result(can));
        return can;
    }
    if (maybe) {
        np_walk_tell(walk, stage, NP_STEP_UNKNOWN);
        walk->is_certain = false;
    }
    return maybe | np_walk_unmatched(walk, stage);
}

struct governance {
    enum np_tri governed;
    uint32_t policies; /* that surely govern */
    uint32_t first;    /* surely if any does, else maybe */
};

static struct governance governance_of(const struct np_walk *walk, const struct np_stage *stage)
{
    struct np_candidates list = np_walk_candidates(walk, &stage->governing_index, stage->n_governing);
    const struct np_machine *m = walk->machine;
    struct governance g = {NP_NO, 0, NP_NONE};

    for (uint32_t i = 0; i < list.n; i++) {
        uint32_t number = stage->governing[np_candidate(&list, i)];
        const struct np_policy *policy = &m->policies[number];
        enum np_tri selects;

        if (policy->is_staged && !m->staged_scope)
            continue;
        selects = np_pred_eval(m, walk->facts, walk->subject, &policy->subject);
        if (selects > g.governed)
            g.first = number;
        g.policies += selects == NP_YES;
        g.governed = np_tri_or(g.governed, selects);
        if (g.governed == NP_YES && !walk->observer)
            break;
    }
    return g;
}

static unsigned walk_defaults(struct np_walk *walk, const struct np_stage *stage, const struct governance *g)
{
    unsigned can = 0;

    for (uint32_t i = 0; i < stage->n_defaults; i++) {
        const struct np_default *def = &stage->defaults[i];
        enum np_tri holds = np_pred_eval(walk->machine, walk->facts, walk->other, &def->remote);
        unsigned now;

        holds = np_tri_and(holds, np_pred_eval(walk->machine, walk->facts, walk->subject, &def->l4));
        if (holds == NP_NO)
            continue;
        now = action_can(&def->outcome);
        walk->flags |= def->outcome.flags;
        tell_step(walk, &(struct np_step){walk->checkpoint, stage, np_walk_result(now), walk->is_certain && g->governed == NP_YES && holds == NP_YES,
                                          g->policies, def->reason ? NP_NONE : g->first, def->reason});
        can |= now;
        if (holds == NP_YES)
            return can;
    }
    return can | NP_CAN_DENY;
}

unsigned np_walk_unmatched(struct np_walk *walk, const struct np_stage *stage)
{
    uint32_t here = (uint32_t)(stage - walk->checkpoint->stages);
    struct governance g = governance_of(walk, stage);
    unsigned can = 0;

    if (g.governed != NP_NO) {
        can = walk_defaults(walk, stage, &g);
        if (g.governed == NP_YES)
            return can;
        walk->is_certain = false;
    }
    np_walk_tell(walk, stage, NP_STEP_GO_ON);
    return can | walk_stage(walk, here + 1);
}

static unsigned walk_stage(struct np_walk *walk, uint32_t number)
{
    const struct np_stage *stage;

    if (number >= walk->checkpoint->n_stages) {
        unsigned can = action_can(&walk->checkpoint->at_end);

        np_walk_tell(walk, NULL, np_walk_result(can));
        return can;
    }
    stage = &walk->checkpoint->stages[number];
    switch (stage->combine) {
    case NP_COMBINE_FIRST:
        return walk_first(walk, stage);
    case NP_COMBINE_UNION:
        return walk_union(walk, stage);
    case NP_COMBINE_MAP:
        return np_walk_map(walk, stage);
    }
    return NP_CAN_UNDEFINED;
}

static uint8_t decision_of(unsigned can)
{
    switch (can & ~NP_CAN_NEXT) {
    case NP_CAN_ALLOW:
    case 0:
        return CNIPOL_ALLOW;
    case NP_CAN_REDIRECT:
        return CNIPOL_REDIRECT;
    case NP_CAN_DENY:
        return CNIPOL_DENY;
    default:
        return CNIPOL_UNDEFINED;
    }
}

/* True when the path ends here. */
static bool pass_checkpoint(const struct np_machine *machine, const struct np_facts *facts, const struct np_checkpoint *checkpoint,
                            const struct np_observer *observer, struct np_evaluation *out)
{
    struct np_walk walk = {machine, facts, checkpoint, observer, checkpoint->subject, !checkpoint->subject, true, 0, 0};
    unsigned can = walk_stage(&walk, 0);
    uint8_t decision = decision_of(can);

    if (can & NP_CAN_NEXT && can != NP_CAN_NEXT)
        decision = decision == CNIPOL_ALLOW && checkpoint->after_allow == NP_AFTER_ALLOW_GO_ON ? CNIPOL_ALLOW : CNIPOL_UNDEFINED;
    out->asked[checkpoint->direction] = true;
    out->flags |= walk.flags;
    if (walk.auth > out->auth)
        out->auth = walk.auth;
    if (decision > out->parts[checkpoint->direction])
        out->parts[checkpoint->direction] = decision;
    return checkpoint->after_allow == NP_AFTER_ALLOW_END && can == NP_CAN_ALLOW;
}

void np_evaluate(const struct np_machine *machine, const struct np_facts *facts, unsigned directions,
                 const struct np_observer *observer, struct np_evaluation *out)
{
    struct np_checkpoints path = {.n = 0};

    *out = (struct np_evaluation){.decision = CNIPOL_ALLOW};
    machine->path(machine, facts, &path);
    for (uint32_t i = 0; i < path.n; i++) {
        const struct np_checkpoint *checkpoint = &machine->checkpoints[path.items[i]];

        if (!(directions & (1u << checkpoint->direction)))
            continue;
        if (pass_checkpoint(machine, facts, checkpoint, observer, out))
            break;
    }
    out->decision = out->parts[0] > out->parts[1] ? out->parts[0] : out->parts[1];
}
