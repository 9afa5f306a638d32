/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one stage makes of the cells that may match, at every point of every variant: see rows.h.
 *
 * The ways to combine are those of model/machine.h, three-valued: a sure match closes the stage, a possible one
 * adds its answer, and the search goes on.
 */

#include "compile/rows.h"

#include <cnipol/status.h>

/* A stage at one slot. */
struct slot {
    struct np_rows *rows;
    const struct np_stage_kind *kind;
    const struct np_entry *entries;
    uint32_t n;
    uint32_t variant, point;
    uint32_t tie_end;                 /* entries before it are of a tie that was searched, for */
    uint32_t tie_policy;              /* a rule of this policy; no other disagreed with it, and one that matches too does */
    const struct np_effect *tie_says; /* this; NULL: none matches */
    struct np_partial out;
};

static const struct np_effect *effect_of(const struct np_rows *rows, const struct np_entry *entry)
{
    uint32_t n;

    return (const struct np_effect *)(const void *)np_interned(&rows->effects, entry->effect, &n);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t matches(const struct slot *slot, const struct np_entry *entry)
{
    const struct np_points *points = slot->rows->points;
    uint32_t here = least(points->at_point[(size_t)entry->box * points->n_points + slot->point],
                          points->at_variant[(size_t)entry->box * points->n_variants + slot->variant]);

    return least(here, entry->truth);
}

static void note(struct slot *slot, const struct np_effect *effect, uint32_t flags)
{
    slot->out.flags |= (uint8_t)flags;
    if (effect->auth > slot->out.auth)
        slot->out.auth = effect->auth;
}

static void reach(struct slot *slot, uint32_t stage)
{
    slot->out.reach |= 1ull << stage;
}

/* The answers that an outcome makes possible, or CNIPOL_CAN_NEXT. A pass is followed and answers nothing. */
static uint32_t outcome(struct slot *slot, const struct np_effect *effect)
{
    if (effect->program) {
        note(slot, effect, effect->flags & ~(uint32_t)CNIPOL_VERDICT_REJECT);
        slot->out.program = effect->program;
        return 1u << CNIPOL_REDIRECT;
    }
    note(slot, effect, effect->flags | (effect->action == NP_ACTION_LOG ? CNIPOL_VERDICT_LOG : 0));
    switch ((enum np_action)effect->action) {
    case NP_ACTION_ALLOW:
        return 1u << CNIPOL_ALLOW;
    case NP_ACTION_DENY:
        return 1u << CNIPOL_DENY;
    case NP_ACTION_PASS:
        reach(slot, effect->target);
        return 0;
    case NP_ACTION_LOG:
    case NP_ACTION_NEXT:
        return CNIPOL_CAN_NEXT;
    case NP_ACTION_UNDEFINED:
        break;
    }
    return 1u << CNIPOL_UNDEFINED;
}

static bool is_decisive(const struct np_effect *effect)
{
    return effect->program || (effect->action != NP_ACTION_LOG && effect->action != NP_ACTION_NEXT);
}

static bool differ(const struct np_effect *a, const struct np_effect *b)
{
    if (a->action != b->action || a->program != b->program)
        return true;
    return a->action == NP_ACTION_PASS && a->target != b->target;
}

/*
 * Does another policy of the same tie match, or perhaps, and say otherwise? Of each its first sure match counts. A tie is
 * searched once (eval_rules.h).
 */
static bool tie_disagrees(struct slot *slot, uint32_t at)
{
    const struct np_entry *chosen = &slot->entries[at];
    const struct np_effect *says = effect_of(slot->rows, chosen);
    uint32_t settled = chosen->policy, i = at + 1;

    if (at < slot->tie_end)
        return chosen->policy == slot->tie_policy && slot->tie_says && differ(slot->tie_says, says);
    slot->tie_policy = chosen->policy;
    slot->tie_says = NULL;
    for (; i < slot->kind->n_rules && slot->entries[i].tie == chosen->tie; i++) {
        const struct np_entry *entry = &slot->entries[i];
        uint32_t match;

        if (entry->policy == chosen->policy || entry->policy == settled || !is_decisive(effect_of(slot->rows, entry)))
            continue;
        match = matches(slot, entry);
        if (match != NP_NO)
            slot->tie_says = effect_of(slot->rows, entry);
        if (match != NP_NO && differ(slot->tie_says, says))
            return true;
        if (match == NP_YES)
            settled = entry->policy;
    }
    slot->tie_end = i;
    return false;
}

/* True: the stage has answered. */
static bool first_match(struct slot *slot)
{
    for (uint32_t i = 0; i < slot->kind->n_rules; i++) {
        const struct np_entry *entry = &slot->entries[i];
        const struct np_effect *effect = effect_of(slot->rows, entry);
        uint32_t match = matches(slot, entry), can;

        if (match == NP_NO)
            continue;
        if (slot->kind->ties && is_decisive(effect) && tie_disagrees(slot, i)) {
            slot->out.can |= 1u << CNIPOL_UNDEFINED;
            return true;
        }
        can = outcome(slot, effect);
        slot->out.can |= (uint8_t)(can & ~CNIPOL_CAN_NEXT);
        if (match == NP_YES && !(can & CNIPOL_CAN_NEXT))
            return true;
    }
    return false;
}

/* A pass adds nothing to a union but its flags. */
static uint32_t union_outcome(struct slot *slot, const struct np_effect *effect)
{
    if (effect->action != NP_ACTION_PASS || effect->program)
        return outcome(slot, effect);
    note(slot, effect, effect->flags);
    return CNIPOL_CAN_NEXT;
}

static bool any_allow(struct slot *slot)
{
    uint32_t surely = 0, maybe = 0;

    for (uint32_t i = 0; i < slot->kind->n_rules && !(surely & 1u << CNIPOL_ALLOW); i++) {
        uint32_t match = matches(slot, &slot->entries[i]), can;

        if (match == NP_NO)
            continue;
        can = union_outcome(slot, effect_of(slot->rows, &slot->entries[i]));
        if (match == NP_YES && (can == 1u << CNIPOL_ALLOW || can == 1u << CNIPOL_REDIRECT))
            surely |= can;
        else
            maybe |= can & ~(1u << CNIPOL_DENY | CNIPOL_CAN_NEXT);
    }
    if (surely & 1u << CNIPOL_ALLOW)
        maybe = 0, surely = 1u << CNIPOL_ALLOW;
    slot->out.can |= (uint8_t)(surely | maybe);
    return surely != 0;
}

/* What the matches of one key come to, apart for those that are sure and those that may be. */
struct map_group {
    uint32_t surely, maybe;
    bool is_sure;
    bool is_plain; /* a sure match without guards */
    uint32_t program;
};

static void map_take(struct slot *slot, struct map_group *group, const struct np_effect *effect, uint32_t match)
{
    uint32_t program = slot->out.program, can = outcome(slot, effect);

    if (effect->program)
        group->program = effect->program;
    slot->out.program = program;
    *(match == NP_YES ? &group->surely : &group->maybe) |= can;
    group->is_sure = group->is_sure || match == NP_YES;
    group->is_plain = group->is_plain || (match == NP_YES && !effect->program);
}

/* Among the sure ones a match without guards opens, or shuts, for all; what may match as well adds what has none. */
static bool map_settle(struct slot *slot, const struct map_group *group)
{
    uint32_t can = group->surely | group->maybe;

    if (group->is_plain)
        can &= ~(1u << CNIPOL_REDIRECT);
    slot->out.can |= (uint8_t)can;
    if (can & 1u << CNIPOL_REDIRECT)
        slot->out.program = group->program;
    return group->is_sure;
}

/* Entries ascend by key: the first group with a sure match counts, and what may match before it. */
static bool policy_map(struct slot *slot)
{
    struct map_group group = {0};

    for (uint32_t i = 0; i < slot->kind->n_rules; i++) {
        const struct np_entry *entry = &slot->entries[i];
        uint32_t match = matches(slot, entry);

        if (match != NP_NO)
            map_take(slot, &group, effect_of(slot->rows, entry), match);
        if (i + 1 < slot->kind->n_rules && slot->entries[i + 1].tie == entry->tie)
            continue;
        if (map_settle(slot, &group))
            return true;
        group = (struct map_group){0};
    }
    return false;
}

static void unmatched(struct slot *slot)
{
    if (slot->kind->governed != NP_YES)
        reach(slot, slot->kind->number + 1);
    if (slot->kind->governed == NP_NO)
        return;
    for (uint32_t i = slot->kind->n_rules; i < slot->n; i++) {
        uint32_t match = matches(slot, &slot->entries[i]), can;

        if (match == NP_NO)
            continue;
        can = outcome(slot, effect_of(slot->rows, &slot->entries[i]));
        if (can & CNIPOL_CAN_NEXT)
            reach(slot, slot->kind->number + 1);
        slot->out.can |= (uint8_t)(can & ~CNIPOL_CAN_NEXT);
        if (match == NP_YES)
            return;
    }
    slot->out.can |= 1u << CNIPOL_DENY;
}

static void evaluate(struct slot *slot)
{
    static bool (*const combine[])(struct slot *) = {
        [NP_COMBINE_FIRST] = first_match, [NP_COMBINE_UNION] = any_allow, [NP_COMBINE_MAP] = policy_map};

    if (!combine[slot->kind->combine](slot))
        unmatched(slot);
}

static uint32_t build(struct np_rows *rows, const struct np_stage_kind *kind, const struct np_entry *entries, uint32_t n)
{
    const struct np_points *points = rows->points;
    struct slot slot = {.rows = rows, .kind = kind, .entries = entries, .n = n};
    struct np_partial last = {0};
    uint32_t number = 0;

    rows->steps += (uint64_t)points->n_variants * points->n_points * (n + 1) * (kind->ties ? 2 : 1);
    memset(rows->slots, 0, np_rows_slots(rows) * sizeof *rows->slots);
    for (slot.variant = 0; slot.variant < points->n_variants; slot.variant++)
        for (slot.point = 0; slot.point < points->n_points; slot.point++) {
            slot.out = (struct np_partial){0};
            slot.tie_end = 0;
            evaluate(&slot);
            if (memcmp(&slot.out, &last, sizeof last) != 0) {
                last = slot.out;
                number = np_row_number(rows, &rows->partials, &last, NP_PARTIAL_WORDS);
            }
            if (number == NP_NONE)
                return NP_NONE;
            rows->slots[slot.variant * points->point_columns * 64 + slot.point] = (uint16_t)number;
        }
    return np_intern(&rows->rows, (const uint32_t *)(const void *)rows->slots, np_rows_slots(rows) / 2);
}

static bool push_all(struct np_words *words, struct np_mem *mem, const void *from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!np_words_push(words, mem, ((const uint32_t *)from)[i]))
            return false;
    return true;
}

uint32_t np_row_stage(struct np_rows *rows, const struct np_stage_kind *kind, const struct np_entry *entries, uint32_t n)
{
    uint32_t place, result;
    bool is_new;

    rows->scratch.n = 0;
    if (!push_all(&rows->scratch, rows->mem, kind, sizeof *kind / sizeof(uint32_t)) ||
        !push_all(&rows->scratch, rows->mem, entries, n * (uint32_t)NP_ENTRY_WORDS))
        return NP_NONE;
    place = np_memo_get(&rows->stages, rows->scratch.items, rows->scratch.n, &is_new);
    if (place == NP_NONE || !is_new)
        return place == NP_NONE ? NP_NONE : rows->stages.results.items[place];
    result = build(rows, kind, entries, n);
    return result == NP_NONE || !np_words_push(&rows->stages.results, rows->mem, result) ? NP_NONE : result;
}
