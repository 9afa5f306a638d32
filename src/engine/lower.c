/* SPDX-License-Identifier: BSD-2-Clause */
/* Builders for lowering: see lower.h. After a failure they do nothing more. */

#include "engine/lower.h"

void np_lower_begin(struct np_lower *l)
{
    l->n_conjs = 0;
}

void np_lower_or(struct np_lower *l, const struct np_term *terms, uint32_t n)
{
    void *grown = np_grow(l->machine->mem, l->conjs, &l->cap_conjs, l->n_conjs + 1, sizeof *l->conjs);

    if (grown)
        l->conjs = grown;
    if (!grown || !np_machine_conj(l->machine, terms, n, &l->conjs[l->n_conjs]))
        l->failed = true;
    else
        l->n_conjs++;
}

struct np_pred np_lower_end(struct np_lower *l)
{
    struct np_conj *own = np_arena_array(&l->machine->arena, l->n_conjs, sizeof *own);

    if (!own) {
        l->failed = true;
        return np_pred_false;
    }
    if (l->n_conjs)
        memcpy(own, l->conjs, l->n_conjs * sizeof *own);
    return (struct np_pred){own, l->n_conjs};
}

struct np_pred np_lower_pred(struct np_lower *l, const struct np_term *terms, uint32_t n)
{
    struct np_pred pred = np_pred_false;

    if (!np_machine_pred(l->machine, terms, n, &pred))
        l->failed = true;
    return pred;
}

static uint32_t checked(struct np_lower *l, uint32_t number)
{
    if (number != NP_NONE)
        return number;
    l->failed = true;
    return 0;
}

struct np_term np_lower_select(struct np_lower *l, const struct np_selection *selection)
{
    return np_term_set(checked(l, np_machine_select(l->machine, selection)));
}

struct np_term np_lower_prefixes(struct np_lower *l, const struct np_prefix *items, uint32_t n)
{
    return (struct np_term){NP_TERM_PREFIX, false, 0, 0, checked(l, np_machine_add_prefixes(l->machine, items, n))};
}

struct np_term np_lower_unknown(struct np_lower *l, const char *reason)
{
    return (struct np_term){NP_TERM_UNKNOWN, false, 0, 0, checked(l, np_machine_add_reason(l->machine, reason))};
}

uint32_t np_lower_block(struct np_lower *l, const struct np_prefix *items, uint32_t n, struct np_term *terms)
{
    static const struct np_selection all_pods = {.kind = NP_SELECT_PODS};

    terms[0] = np_lower_prefixes(l, items, n);
    if (np_knob(l->input->knobs, NP_KNOB_IPBLOCK_MATCHES_PODS) == 0)
        return 1;
    terms[1] = np_term_not(np_lower_select(l, &all_pods));
    return 2;
}

uint32_t np_lower_policy(struct np_lower *l, const struct np_policy *policy)
{
    return checked(l, np_machine_add_policy(l->machine, policy));
}

void np_lower_rule(struct np_lower *l, struct np_lower_stage *stage, const struct np_rule *rule)
{
    void *grown = np_grow(l->machine->mem, stage->rules, &stage->cap_rules, stage->n_rules + 1, sizeof *stage->rules);

    if (!grown) {
        l->failed = true;
        return;
    }
    stage->rules = grown;
    stage->rules[stage->n_rules] = *rule;
    stage->rules[stage->n_rules].rank = stage->n_rules;
    stage->n_rules++;
}

void np_lower_governs(struct np_lower *l, struct np_lower_stage *stage, uint32_t policy)
{
    void *grown = np_grow(l->machine->mem, stage->governing, &stage->cap_governing, stage->n_governing + 1, sizeof *stage->governing);

    if (!grown) {
        l->failed = true;
        return;
    }
    stage->governing = grown;
    stage->governing[stage->n_governing++] = policy;
}

void np_lower_stage_done(struct np_lower *l, struct np_lower_stage *from, struct np_stage *to)
{
    struct np_arena *arena = &l->machine->arena;
    struct np_rule *rules = np_arena_array(arena, from->n_rules, sizeof *rules);
    uint32_t *governing = np_arena_array(arena, from->n_governing, sizeof *governing);

    if (!rules || !governing)
        l->failed = true;
    if (!l->failed) {
        if (from->n_rules)
            memcpy(rules, from->rules, from->n_rules * sizeof *rules);
        if (from->n_governing)
            memcpy(governing, from->governing, from->n_governing * sizeof *governing);
        to->name = from->name;
        to->combine = from->combine;
        to->rules = rules;
        to->n_rules = from->n_rules;
        to->governing = governing;
        to->n_governing = from->n_governing;
    }
    np_lower_stage_drop(l, from);
}

void np_lower_stage_drop(struct np_lower *l, struct np_lower_stage *stage)
{
    np_free(l->machine->mem, stage->rules, stage->cap_rules * sizeof *stage->rules);
    np_free(l->machine->mem, stage->governing, stage->cap_governing * sizeof *stage->governing);
    *stage = (struct np_lower_stage){0};
}
