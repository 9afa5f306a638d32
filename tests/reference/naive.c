/* SPDX-License-Identifier: BSD-2-Clause */
/* The naive evaluator: see naive.h. */

#include "naive.h"

/* END: the checkpoint has no opinion. ON: the stage searches on. */
enum answer { ANSWER_ALLOW = CNIPOL_ALLOW, ANSWER_REDIRECT, ANSWER_UNDEFINED, ANSWER_DENY, ANSWER_END, ANSWER_ON, ANSWER_PASS, N_ANSWERS };

static bool flip(struct naive *n, const void *coin)
{
    uint32_t i = 0;

    while (i < n->n_coins && n->coins[i] != coin)
        i++;
    if (i == n->n_coins && n->n_coins < COINS_MAX + 1)
        n->coins[n->n_coins++] = coin;
    return n->fallen >> i & 1;
}

static bool in_ranges(const struct np_range *ranges, uint32_t n, uint32_t id)
{
    for (uint32_t i = 0; i < n; i++)
        if (id >= ranges[i].lo && id < ranges[i].hi)
            return true;
    return false;
}

static bool term_holds(struct naive *n, enum np_end_role end, const struct np_term *term)
{
    const struct np_facts *f = n->facts;
    const struct np_set *set = &n->machine->sets[term->kind == NP_TERM_SET ? term->arg : 0];
    bool holds = false;

    if (term->kind == NP_TERM_SET)
        holds = in_ranges(set->yes, set->n_yes, f->ends[end].id) || (in_ranges(set->maybe, set->n_maybe, f->ends[end].id) && flip(n, term));
    else if (term->kind == NP_TERM_UNKNOWN)
        holds = flip(n, term);
    else if (term->kind == NP_TERM_PROTOCOL)
        holds = term->lo <= f->protocol && f->protocol <= term->hi;
    else if (term->kind == NP_TERM_PORT && !f->has_ports)
        return false;
    else if (term->kind == NP_TERM_PORT)
        holds = term->lo <= f->port && f->port <= term->hi;
    else
        fail_msg("a term that no machine here has");
    return holds != term->negated;
}

static bool conj_holds(struct naive *n, enum np_end_role end, const struct np_conj *conj)
{
    for (uint32_t i = 0; i < conj->n; i++)
        if (!term_holds(n, end, &conj->terms[i]))
            return false;
    return true;
}

static bool pred_holds(struct naive *n, enum np_end_role end, const struct np_pred *pred)
{
    for (uint32_t i = 0; i < pred->n; i++)
        if (conj_holds(n, end, &pred->any[i]))
            return true;
    return false;
}

static enum np_end_role subject(const struct naive *n)
{
    return n->checkpoint->subject;
}

static enum np_end_role other(const struct naive *n)
{
    return subject(n) == NP_END_SOURCE ? NP_END_DESTINATION : NP_END_SOURCE;
}

static bool in_force(const struct naive *n, uint32_t policy)
{
    return policy == NP_NONE || n->machine->staged_scope || !n->machine->policies[policy].is_staged;
}

static bool about_subject(struct naive *n, const struct np_rule *rule)
{
    return in_force(n, rule->policy) && pred_holds(n, subject(n), &rule->subject) && pred_holds(n, subject(n), &rule->local);
}

static bool rule_holds(struct naive *n, const struct np_rule *rule)
{
    return about_subject(n, rule) && pred_holds(n, other(n), &rule->remote) && pred_holds(n, subject(n), &rule->l4);
}

/* The outcome that counts once guards have spoken; NULL: that is for the proxy to say. */
static const struct np_outcome *spoken(struct naive *n, const struct np_outcome *outcome)
{
    if (outcome->n_guards && !n->facts->request)
        return NULL;
    for (uint32_t i = 0; i < outcome->n_guards; i++) {
        enum np_tri says = outcome->guards[i].match(outcome->guards[i].data, n->facts->request);

        if (says == NP_YES || (says == NP_UNKNOWN && flip(n, &outcome->guards[i])))
            return &outcome->guards[i].outcome;
    }
    return outcome;
}

static enum answer answer_of(const struct np_outcome *outcome)
{
    static const enum answer answers[] = {
        [NP_ACTION_ALLOW] = ANSWER_ALLOW, [NP_ACTION_DENY] = ANSWER_DENY, [NP_ACTION_PASS] = ANSWER_PASS,
        [NP_ACTION_LOG] = ANSWER_ON,      [NP_ACTION_NEXT] = ANSWER_ON,   [NP_ACTION_UNDEFINED] = ANSWER_UNDEFINED};

    return outcome ? answers[outcome->action] : ANSWER_REDIRECT;
}

static enum answer stage_answer(struct naive *n, uint32_t number);

/* All that is beyond the last stage is the end. */
static uint32_t leads_to(const struct naive *n, const struct np_stage *stage, const struct np_outcome *outcome)
{
    uint32_t here = (uint32_t)(stage - n->checkpoint->stages), to = outcome->target == NP_PASS_STAGE ? stage->pass_to : outcome->target;

    if (to <= here)
        return here + 1;
    return to > n->checkpoint->n_stages ? n->checkpoint->n_stages : to;
}

static enum answer pass_on(struct naive *n, const struct np_stage *stage, const struct np_outcome *outcome)
{
    return stage_answer(n, leads_to(n, stage, outcome));
}

static bool is_silent(const struct np_rule *rule)
{
    return !rule->outcome.n_guards && (rule->outcome.action == NP_ACTION_LOG || rule->outcome.action == NP_ACTION_NEXT);
}

static bool same_outcome(const struct naive *n, const struct np_stage *stage, const struct np_outcome *a, const struct np_outcome *b)
{
    return a->action == b->action && a->guards == b->guards &&
           (a->action != NP_ACTION_PASS || leads_to(n, stage, a) == leads_to(n, stage, b));
}

/* Does the first match of some other policy behind `at` in its tie say otherwise? */
static bool is_contested(struct naive *n, const struct np_stage *stage, uint32_t at)
{
    const struct np_rule *rule = &stage->rules[at];

    for (uint32_t p = 0; p < n->machine->n_policies; p++) {
        if (p == rule->policy)
            continue;
        for (uint32_t i = at + 1; i < stage->n_rules; i++) {
            const struct np_rule *rival = &stage->rules[i];

            if (rival->tie != rule->tie || rival->policy != p || is_silent(rival) || !rule_holds(n, rival))
                continue;
            if (!same_outcome(n, stage, &rule->outcome, &rival->outcome))
                return true;
            break;
        }
    }
    return false;
}

static enum answer first_answer(struct naive *n, const struct np_stage *stage)
{
    for (uint32_t i = 0; i < stage->n_rules; i++) {
        const struct np_outcome *outcome;
        enum answer answer;

        if (is_silent(&stage->rules[i]) || !rule_holds(n, &stage->rules[i]))
            continue;
        if (stage->ties_undefined && is_contested(n, stage, i))
            return ANSWER_UNDEFINED;
        outcome = spoken(n, &stage->rules[i].outcome);
        answer = answer_of(outcome);
        if (answer == ANSWER_PASS)
            return pass_on(n, stage, outcome);
        if (answer != ANSWER_ON)
            return answer;
    }
    return ANSWER_ON;
}

static enum answer union_answer(struct naive *n, const struct np_stage *stage)
{
    bool has[N_ANSWERS] = {false};

    for (uint32_t i = 0; i < stage->n_rules; i++)
        if (rule_holds(n, &stage->rules[i]))
            has[answer_of(spoken(n, &stage->rules[i].outcome))] = true;
    if (has[ANSWER_ALLOW])
        return ANSWER_ALLOW;
    if (has[ANSWER_UNDEFINED])
        return ANSWER_UNDEFINED;
    return has[ANSWER_REDIRECT] ? ANSWER_REDIRECT : ANSWER_ON;
}

/* The weight of a conjunction: protocol 8, port as many bits as the largest aligned block around it leaves. */
static uint32_t weight(const struct naive *n, const struct np_conj *conj)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < conj->n; i++) {
        const struct np_term *term = &conj->terms[i];
        uint32_t free_bits = 16;

        if (term->negated || (term->kind != NP_TERM_PROTOCOL && term->kind != NP_TERM_PORT))
            continue;
        if (term->kind == NP_TERM_PROTOCOL) {
            sum += 8;
            continue;
        }
        for (; free_bits > 0; free_bits--) {
            uint32_t low = n->facts->port >> free_bits << free_bits, high = low + (1u << free_bits) - 1;

            if (low >= term->lo && high <= term->hi)
                break;
        }
        sum += 16 - free_bits;
    }
    return sum;
}

/* Larger is better, but for ranks. */
static uint64_t precedence(const struct naive *n, const struct np_rule *rule, const struct np_conj *remote, const struct np_conj *l4)
{
    bool is_deny = rule->outcome.action == NP_ACTION_DENY && !rule->outcome.n_guards;

    return (1000 - rule->rank) << 32 | (is_deny ? 1000u : weight(n, l4) * 2 + (remote->n > 0));
}

struct merged {
    uint64_t best;
    bool has[N_ANSWERS]; /* of plain rules, a pass already followed */
    bool guarded[N_ANSWERS];
};

static void merge_entry(struct naive *n, const struct np_stage *stage, const struct np_rule *rule, struct merged *m)
{
    enum answer answer;

    if (rule->outcome.n_guards) {
        const struct np_outcome *outcome = spoken(n, &rule->outcome);

        m->guarded[outcome == &rule->outcome ? ANSWER_DENY : answer_of(outcome)] = true;
        return;
    }
    answer = answer_of(&rule->outcome);
    if (answer == ANSWER_PASS)
        answer = pass_on(n, stage, &rule->outcome);
    m->has[answer] = true;
}

/* The answer that all give; ON: there is none. */
static enum answer only_one(const bool *has)
{
    enum answer found = ANSWER_ON;

    for (uint32_t i = ANSWER_ALLOW; i < ANSWER_ON; i++) {
        if (!has[i])
            continue;
        if (found != ANSWER_ON)
            return ANSWER_UNDEFINED;
        found = (enum answer)i;
    }
    return found;
}

static bool collect(struct naive *n, const struct np_stage *stage, struct merged *m)
{
    bool is_empty = true;

    for (uint32_t i = 0; i < stage->n_rules; i++) {
        const struct np_rule *rule = &stage->rules[i];

        if (is_silent(rule) || !about_subject(n, rule))
            continue;
        for (uint32_t k = 0; k < rule->remote.n * rule->l4.n; k++) {
            const struct np_conj *remote = &rule->remote.any[k / rule->l4.n], *l4 = &rule->l4.any[k % rule->l4.n];
            uint64_t value = precedence(n, rule, remote, l4);

            if (!conj_holds(n, other(n), remote) || !conj_holds(n, subject(n), l4))
                continue;
            if (is_empty || value > m->best)
                *m = (struct merged){.best = value};
            is_empty = false;
            if (value == m->best)
                merge_entry(n, stage, rule, m);
        }
    }
    return !is_empty;
}

static enum answer map_answer(struct naive *n, const struct np_stage *stage)
{
    struct merged m = {0};
    enum answer plain, guarded;

    if (!collect(n, stage, &m))
        return ANSWER_ON;
    plain = only_one(m.has);
    m.guarded[ANSWER_DENY] = false;
    guarded = only_one(m.guarded);
    if (plain != ANSWER_ON)
        return plain;
    return guarded == ANSWER_ON ? ANSWER_DENY : guarded;
}

static enum answer default_answer(struct naive *n, const struct np_stage *stage)
{
    uint32_t here = (uint32_t)(stage - n->checkpoint->stages);

    for (uint32_t i = 0; i < stage->n_defaults; i++) {
        const struct np_default *def = &stage->defaults[i];
        const struct np_outcome *outcome;
        enum answer answer;

        if (!pred_holds(n, other(n), &def->remote) || !pred_holds(n, subject(n), &def->l4))
            continue;
        outcome = spoken(n, &def->outcome);
        answer = answer_of(outcome);
        if (answer == ANSWER_PASS)
            return pass_on(n, stage, outcome);
        return answer == ANSWER_ON ? stage_answer(n, here + 1) : answer;
    }
    return ANSWER_DENY;
}

static bool is_governed(struct naive *n, const struct np_stage *stage)
{
    for (uint32_t i = 0; i < stage->n_governing; i++)
        if (in_force(n, stage->governing[i]) && pred_holds(n, subject(n), &n->machine->policies[stage->governing[i]].subject))
            return true;
    return false;
}

static enum answer end_answer(struct naive *n)
{
    enum answer answer = answer_of(spoken(n, &n->checkpoint->at_end));

    return answer == ANSWER_PASS || answer == ANSWER_ON ? ANSWER_END : answer;
}

static enum answer stage_answer(struct naive *n, uint32_t number)
{
    static enum answer (*const ways[])(struct naive *, const struct np_stage *) = {
        [NP_COMBINE_FIRST] = first_answer, [NP_COMBINE_UNION] = union_answer, [NP_COMBINE_MAP] = map_answer};
    const struct np_stage *stage = &n->checkpoint->stages[number];
    enum answer answer;

    if (number >= n->checkpoint->n_stages)
        return end_answer(n);
    answer = ways[stage->combine](n, stage);
    if (answer != ANSWER_ON)
        return answer;
    return is_governed(n, stage) ? default_answer(n, stage) : stage_answer(n, number + 1);
}

static uint8_t worse(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

void naive_path(struct naive *n, struct np_evaluation *out)
{
    bool left_open = false;

    memset(out, 0, sizeof *out);
    out->parts[0] = out->parts[1] = CNIPOL_ALLOW;
    for (uint32_t i = 0; i < n->machine->n_checkpoints; i++) {
        uint8_t *part = &out->parts[n->machine->checkpoints[i].direction];
        enum answer answer;

        n->checkpoint = &n->machine->checkpoints[i];
        answer = stage_answer(n, 0);
        if (answer == ANSWER_END)
            continue;
        *part = worse(*part, (uint8_t)(left_open && answer != ANSWER_ALLOW ? ANSWER_UNDEFINED : answer));
        if (n->checkpoint->after_allow != NP_AFTER_ALLOW_END)
            continue;
        if (answer == ANSWER_ALLOW || answer == ANSWER_REDIRECT)
            break;
        left_open = left_open || answer == ANSWER_UNDEFINED;
    }
    out->decision = worse(out->parts[0], out->parts[1]);
}
