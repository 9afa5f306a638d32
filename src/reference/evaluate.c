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

enum np_tri np_walk_concerns(const struct np_walk *walk, const struct np_rule *rule)
{
    const struct np_machine *m = walk->machine;
    enum np_tri match;

    if (rule->policy != NP_NONE && m->policies[rule->policy].is_staged && !m->staged_scope)
        return NP_NO;
    match = np_pred_eval(m, walk->facts, walk->subject, &rule->subject);
    if (match != NP_NO)
        match = np_tri_and(match, np_pred_eval(m, walk->facts, walk->subject, &rule->local));
    return match;
}

enum np_tri np_walk_matches(const struct np_walk *walk, const struct np_rule *rule)
{
    enum np_tri match = np_walk_concerns(walk, rule);

    if (match != NP_NO)
        match = np_tri_and(match, np_pred_eval(walk->machine, walk->facts, walk->other, &rule->remote));
    if (match != NP_NO)
        match = np_tri_and(match, np_pred_eval(walk->machine, walk->facts, walk->subject, &rule->l4));
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
    switch (can & ~(NP_CAN_NEXT | NP_CAN_END)) {
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

unsigned np_walk_action(uint8_t action)
{
    switch ((enum np_action)action) {
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

void np_walk_note_auth(struct np_walk *walk, const struct np_outcome *outcome)
{
    if (outcome->auth > walk->auth)
        walk->auth = outcome->auth;
}

void np_walk_note(struct np_walk *walk, const struct np_outcome *outcome)
{
    walk->flags |= outcome->flags;
    if (outcome->action == NP_ACTION_LOG)
        walk->flags |= NP_OUTCOME_LOG;
    np_walk_note_auth(walk, outcome);
}

/* Passes lead forward, and all beyond the last stage to the end. */
static uint32_t pass_target(const struct np_walk *walk, const struct np_stage *stage, const struct np_outcome *outcome)
{
    uint32_t here = (uint32_t)(stage - walk->checkpoint->stages), n = walk->checkpoint->n_stages;
    uint32_t target = outcome->target == NP_PASS_STAGE ? stage->pass_to : outcome->target;

    target = target > here ? target : here + 1;
    return target < n ? target : n;
}

static unsigned follow_pass(struct np_walk *walk, const struct np_stage *stage, const struct np_outcome *outcome)
{
    np_walk_tell(walk, stage, NP_STEP_PASS);
    return walk_stage(walk, pass_target(walk, stage, outcome));
}

static unsigned simple_outcome(struct np_walk *walk, const struct np_stage *stage, const struct np_outcome *outcome, bool is_sure)
{
    unsigned can = np_walk_action(outcome->action);

    np_walk_note(walk, outcome);
    if (outcome->action == NP_ACTION_PASS)
        return follow_pass(walk, stage, outcome);
    if (is_sure && !(can & NP_CAN_NEXT))
        np_walk_tell(walk, stage, np_walk_result(can));
    return can;
}

/* The proxy that will see the request decides; how the else refuses is not known to come to pass. */
static unsigned redirect(struct np_walk *walk, const struct np_outcome *outcome)
{
    walk->flags |= outcome->flags & ~(unsigned)NP_OUTCOME_REJECT;
    return NP_CAN_REDIRECT;
}

unsigned np_walk_guards(struct np_walk *walk, const struct np_outcome *outcome, unsigned otherwise)
{
    unsigned can = 0;

    np_walk_note_auth(walk, outcome);
    if (!walk->facts->request)
        return redirect(walk, outcome);
    for (uint32_t i = 0; i < outcome->n_guards; i++) {
        const struct np_guarded *guard = &outcome->guards[i];
        enum np_tri passes = guard->match(guard->data, walk->facts->request);

        if (passes == NP_NO)
            continue;
        can |= np_walk_action(guard->outcome.action);
        np_walk_note(walk, &guard->outcome);
        if (passes == NP_YES)
            return can;
    }
    return can | otherwise;
}

unsigned np_walk_outcome(struct np_walk *walk, const struct np_stage *stage, const struct np_outcome *outcome, bool is_sure)
{
    unsigned can = 0;

    if (!outcome->n_guards)
        return simple_outcome(walk, stage, outcome, is_sure);
    np_walk_note_auth(walk, outcome);
    if (!walk->facts->request) {
        if (is_sure)
            np_walk_tell(walk, stage, NP_STEP_REDIRECT);
        return redirect(walk, outcome);
    }
    for (uint32_t i = 0; i < outcome->n_guards; i++) {
        const struct np_guarded *guard = &outcome->guards[i];
        enum np_tri passes = guard->match(guard->data, walk->facts->request);

        if (passes == NP_NO)
            continue;
        walk->is_certain = walk->is_certain && passes == NP_YES;
        can |= simple_outcome(walk, stage, &guard->outcome, is_sure);
        if (passes == NP_YES)
            return can;
    }
    return can | simple_outcome(walk, stage, outcome, is_sure);
}

static unsigned take_rule(struct np_walk *walk, const struct np_stage *stage, const struct np_rule *rule, enum np_tri match)
{
    np_walk_tell_rule(walk, rule, match);
    if (match == NP_UNKNOWN) {
        np_walk_tell(walk, stage, NP_STEP_UNKNOWN);
        walk->is_certain = false;
    }
    return np_walk_outcome(walk, stage, &rule->outcome, match == NP_YES);
}

bool np_walk_is_decisive(const struct np_outcome *outcome)
{
    return outcome->n_guards || (outcome->action != NP_ACTION_LOG && outcome->action != NP_ACTION_NEXT);
}

static bool may_differ(const struct np_walk *walk, const struct np_stage *stage, const struct np_outcome *a, const struct np_outcome *b)
{
    if (a->action != b->action || a->guards != b->guards || a->n_guards != b->n_guards)
        return true;
    return a->action == NP_ACTION_PASS && pass_target(walk, stage, a) != pass_target(walk, stage, b);
}

/* Another policy of the same tie matches too, or may, and says otherwise. Of each policy its first sure match counts. */
static bool tie_disagrees(const struct np_walk *walk, const struct np_stage *stage, const struct np_candidates *list, uint32_t at)
{
    const struct np_rule *chosen = &stage->rules[np_candidate(list, at)];
    uint32_t settled = chosen->policy;

    for (uint32_t i = at + 1; i < list->n; i++) {
        const struct np_rule *rule = &stage->rules[np_candidate(list, i)];
        enum np_tri match;

        if (rule->tie != chosen->tie)
            break;
        if (rule->policy == chosen->policy || rule->policy == settled || !np_walk_is_decisive(&rule->outcome))
            continue;
        match = np_walk_matches(walk, rule);
        if (match != NP_NO && may_differ(walk, stage, &rule->outcome, &chosen->outcome))
            return true;
        if (match == NP_YES)
            settled = rule->policy;
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
        if (rule->outcome.action == NP_ACTION_LOG && !rule->outcome.n_guards) {
            np_walk_tell_rule(walk, rule, match);
            np_walk_tell(walk, stage, NP_STEP_LOG);
            np_walk_note(walk, &rule->outcome);
            continue;
        }
        if (stage->ties_undefined && np_walk_is_decisive(&rule->outcome) && tie_disagrees(walk, stage, &list, i)) {
            np_walk_tell_rule(walk, rule, match);
            np_walk_tell(walk, stage, NP_STEP_UNDEFINED);
            return can | NP_CAN_UNDEFINED;
        }
        now = take_rule(walk, stage, rule, match);
        can |= now & ~NP_CAN_NEXT;
        if (match == NP_YES && !(now & NP_CAN_NEXT))
            return can;
    }
    return can | np_walk_unmatched(walk, stage);
}

/* What a rule adds to a union. A deny or a pass adds nothing: only NEXT is left, and the union looks on. */
static unsigned union_rule_can(struct np_walk *walk, const struct np_rule *rule)
{
    unsigned can = np_walk_action(rule->outcome.action), adds;

    if (rule->outcome.n_guards)
        can = np_walk_guards(walk, &rule->outcome, can);
    else
        np_walk_note(walk, &rule->outcome);
    adds = can & ~(NP_CAN_DENY | NP_CAN_NEXT);
    return can == adds ? adds : adds | NP_CAN_NEXT;
}

static unsigned walk_union(struct np_walk *walk, const struct np_stage *stage)
{
    struct np_candidates list = np_walk_candidates(walk, &stage->rule_index, stage->n_rules);
    unsigned surely = 0, maybe = 0;

    for (uint32_t i = 0; i < list.n; i++) {
        const struct np_rule *rule = &stage->rules[np_candidate(&list, i)];
        enum np_tri match = np_walk_matches(walk, rule);
        unsigned can;

        if (match == NP_NO)
            continue;
        np_walk_tell_rule(walk, rule, match);
        if (surely & NP_CAN_ALLOW)
            continue;
        can = union_rule_can(walk, rule);
        if (match == NP_YES && (can == NP_CAN_ALLOW || can == NP_CAN_REDIRECT))
            surely |= can;
        else
            maybe |= can & ~NP_CAN_NEXT;
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

static enum np_step_result default_result(const struct np_walk *walk, const struct np_outcome *outcome)
{
    if (outcome->n_guards)
        return walk->facts->request ? NP_STEP_UNKNOWN : NP_STEP_REDIRECT;
    return outcome->action == NP_ACTION_PASS ? NP_STEP_PASS : np_walk_result(np_walk_action(outcome->action));
}

static unsigned take_default(struct np_walk *walk, const struct np_stage *stage, const struct np_outcome *outcome)
{
    uint32_t here = (uint32_t)(stage - walk->checkpoint->stages);
    unsigned can = np_walk_outcome(walk, stage, outcome, false);

    return can & NP_CAN_NEXT ? (can & ~NP_CAN_NEXT) | walk_stage(walk, here + 1) : can;
}

static void tell_default(const struct np_walk *walk, const struct np_stage *stage, const struct governance *g, bool is_sure,
                         enum np_step_result result, const char *reason)
{
    tell_step(walk, &(struct np_step){walk->checkpoint, stage, result, walk->is_certain && g->governed == NP_YES && is_sure, g->policies,
                                      reason ? NP_NONE : g->first, reason});
}

/* Who is governed and meets no default is denied. */
static unsigned walk_defaults(struct np_walk *walk, const struct np_stage *stage, const struct governance *g)
{
    bool all_sure = true;
    unsigned can = 0;

    for (uint32_t i = 0; i < stage->n_defaults; i++) {
        const struct np_default *def = &stage->defaults[i];
        enum np_tri holds = np_pred_eval(walk->machine, walk->facts, walk->other, &def->remote);

        holds = np_tri_and(holds, np_pred_eval(walk->machine, walk->facts, walk->subject, &def->l4));
        if (holds == NP_NO)
            continue;
        all_sure = all_sure && holds == NP_YES;
        tell_default(walk, stage, g, all_sure, default_result(walk, &def->outcome), def->reason);
        can |= take_default(walk, stage, &def->outcome);
        if (holds == NP_YES)
            return can;
    }
    tell_default(walk, stage, g, all_sure, NP_STEP_DENY, NULL);
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

static unsigned walk_end(struct np_walk *walk)
{
    const struct np_outcome *outcome = &walk->checkpoint->at_end;
    unsigned can = np_walk_action(outcome->action);

    if (outcome->n_guards)
        can = np_walk_guards(walk, outcome, can);
    else
        np_walk_note(walk, outcome);
    np_walk_tell(walk, NULL, np_walk_result(can));
    return can & NP_CAN_NEXT ? (can & ~NP_CAN_NEXT) | NP_CAN_END : can;
}

static unsigned combine(struct np_walk *walk, const struct np_stage *stage)
{
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

static unsigned walk_stage(struct np_walk *walk, uint32_t number)
{
    unsigned can;

    if (number >= walk->checkpoint->n_stages)
        return walk_end(walk);
    if (number < NP_WALK_REMEMBERED && walk->remembered[number])
        return walk->remembered[number];
    can = combine(walk, &walk->checkpoint->stages[number]);
    if (number < NP_WALK_REMEMBERED)
        walk->remembered[number] = (uint8_t)can;
    return can;
}

/* A checkpoint without an opinion lets through. */
static uint8_t decision_of(unsigned can)
{
    switch (can & NP_CAN_END ? (can & ~NP_CAN_END) | NP_CAN_ALLOW : can) {
    case NP_CAN_ALLOW:
        return CNIPOL_ALLOW;
    case NP_CAN_REDIRECT:
        return CNIPOL_REDIRECT;
    case NP_CAN_DENY:
        return CNIPOL_DENY;
    default:
        return CNIPOL_UNDEFINED;
    }
}

static unsigned walk_checkpoint(const struct np_machine *machine, const struct np_facts *facts, const struct np_checkpoint *checkpoint,
                                const struct np_observer *observer, struct np_evaluation *out)
{
    struct np_walk walk = {.machine = machine,
                           .facts = facts,
                           .checkpoint = checkpoint,
                           .observer = observer,
                           .subject = checkpoint->subject,
                           .other = !checkpoint->subject,
                           .is_certain = true};
    unsigned can = walk_stage(&walk, 0);

    out->asked[checkpoint->direction] = true;
    out->flags |= walk.flags;
    if (walk.auth > out->auth)
        out->auth = walk.auth;
    return can;
}

const struct np_evaluation np_evaluation_undefined = {.decision = CNIPOL_UNDEFINED, .parts = {CNIPOL_UNDEFINED, CNIPOL_UNDEFINED}};

void np_evaluate(const struct np_machine *machine, const struct np_facts *facts, unsigned directions, const struct np_observer *observer,
                 struct np_evaluation *out)
{
    const unsigned lets_through = NP_CAN_ALLOW | NP_CAN_REDIRECT;
    struct np_checkpoints path = {.n = 0};
    bool may_have_ended = false;

    *out = (struct np_evaluation){.decision = CNIPOL_ALLOW, .parts = {CNIPOL_ALLOW, CNIPOL_ALLOW}};
    machine->path(machine, facts, &path);
    for (uint32_t i = 0; i < path.n; i++) {
        const struct np_checkpoint *checkpoint = &machine->checkpoints[path.items[i]];
        uint8_t *part = &out->parts[checkpoint->direction];
        unsigned can;
        uint8_t decision;

        if (!(directions & (1u << checkpoint->direction)))
            continue;
        can = walk_checkpoint(machine, facts, checkpoint, observer, out);
        decision = decision_of(can);
        if (may_have_ended && decision != CNIPOL_ALLOW)
            decision = CNIPOL_UNDEFINED;
        if (decision > *part)
            *part = decision;
        if (checkpoint->after_allow != NP_AFTER_ALLOW_END)
            continue;
        if (!(can & ~lets_through))
            break;
        may_have_ended = may_have_ended || can & (lets_through | NP_CAN_UNDEFINED);
    }
    out->decision = out->parts[0] > out->parts[1] ? out->parts[0] : out->parts[1];
}
