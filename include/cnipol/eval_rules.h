/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef CNIPOL_EVAL_RULES_H
#define CNIPOL_EVAL_RULES_H

/**
 * The evaluator's second way: a subject's rule list, cell by cell.
 *
 * A list is the machine's stages flattened for one subject: STAGE, its RULEs, UNMATCHED, its DEFAULTs, the next
 * STAGE, ..., END. Passes only lead forward, so one pass over the list does: `reach` has a bit for each stage that
 * some way leads to, and a stage that no way leads to is skipped over. Matches are three-valued: a sure match
 * closes its stage, a possible one adds its answer and the search goes on (docs/semantics/kubernetes.md, K8).
 */

#include <cnipol/eval_base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cnipol_tri { CNIPOL_NO = 0, CNIPOL_PERHAPS = 1, CNIPOL_YES = 2 };

/*
 * Calls step(0, context), step(1, context), ... until it returns other than 0, n times at most. A list is longer than
 * what the kernel's verifier would walk through: a BPF program defines this as bpf_loop(n, step, context, 0).
 */
#ifndef CNIPOL_REPEAT
#define CNIPOL_REPEAT(n, step, context)                                          \
    for (uint32_t repeat_i = 0, repeat_n = (n); repeat_i < repeat_n; repeat_i++) \
        if (step(repeat_i, context))                                             \
    break
#endif

#ifdef __cplusplus
#define CNIPOL_CAST_CONTEXT(type, context) static_cast<type *>(context)
#else
#define CNIPOL_CAST_CONTEXT(type, context) ((type *)(context))
#endif

/* A walk under way. */
struct cnipol_rule_walk {
    const uint8_t *image;
    uint32_t view;
    uint32_t items; /* offset of the list's items */
    uint32_t n;
    uint32_t peer;
    uint64_t reach;   /* stages that some way leads to, by number */
    uint32_t stage;   /* the present one */
    uint32_t is_open; /* some way leads here, and nothing has closed it yet */
    uint32_t in_defaults;
    uint32_t governed;
    uint32_t combine;
    uint32_t ties;
    uint32_t tie_end;    /* items before it are of a tie that was searched, for */
    uint32_t tie_policy; /* a rule of this policy; no other policy disagreed with it, and one that matches too has */
    uint32_t tie_other;  /* this cell; 0: none matches */
    uint32_t surely;     /* UNION; of the present key: MAP */
    uint32_t maybe;
    uint32_t key;     /* MAP: of the matches that are not settled yet */
    uint32_t program; /* of them */
    struct cnipol_partial out;
};

/* Of a MAP's sure matches: there is one; there is one without a program. */
#define CNIPOL_MAP_SURE (1u << 8)
#define CNIPOL_MAP_PLAIN (1u << 9)

CNIPOL_INLINE uint32_t cnipol_set_word(const uint8_t *image, uint32_t words, uint32_t first, uint32_t i)
{
    return cnipol_load32(image, words + (first + i) * 4);
}

/*
 * How many of n ascending words are at most `key`: bounded by 32 halvings. Without a branch on what is found, which
 * the processor could not foresee, and which would double what the kernel's verifier has to walk through each time.
 */
CNIPOL_INLINE uint32_t cnipol_words_upto(const uint8_t *image, uint32_t words, uint32_t first, uint32_t n, uint32_t key)
{
    uint32_t found = 0, left = n;

    for (uint32_t step = 0; step < 32 && left; step++) {
        uint32_t half = left - (left >> 1);
        uint64_t is_above = ((uint64_t)key - cnipol_set_word(image, words, first, found + half - 1)) >> 63;

        CNIPOL_HIDE(is_above);
        found += half & ((uint32_t)is_above - 1);
        left -= half;
        CNIPOL_FORGET(found, key);
        CNIPOL_FORGET(left, key);
    }
    return found;
}

/* Is the peer in the set? Ids that came after the set say so themselves, or whom they are like. */
CNIPOL_INLINE uint32_t cnipol_set_has(const uint8_t *image, uint32_t view, uint32_t set, uint32_t peer)
{
    uint32_t words = CNIPOL_VIEW(image, view, words), first_member = CNIPOL_VIEW(image, view, first_member), first, upto, word;
    uint32_t of_set = CNIPOL_VIEW(image, view, sets) + set * (uint32_t)sizeof(struct cnipol_image_set), at = of_set;
    uint32_t space = CNIPOL_OF(image, of_set, cnipol_image_set, space), is_later = peer >= space;

    if (set == CNIPOL_SET_ALL)
        return CNIPOL_YES;
    if (is_later && peer < first_member)
        return CNIPOL_NO;
    for (uint32_t step = 0; step < CNIPOL_LIKE_MAX && is_later; step++) {
        uint32_t list = CNIPOL_VIEW(image, view, members) + (peer - first_member) * (uint32_t)sizeof(struct cnipol_image_list);

        if (CNIPOL_OF(image, list, cnipol_image_list, n) != CNIPOL_MEMBERS_LIKE) {
            at = list;
            break;
        }
        peer = CNIPOL_OF(image, list, cnipol_image_list, first);
        is_later = peer >= space;
        if (is_later && peer < first_member)
            return CNIPOL_NO;
    }
    if (is_later && at == of_set)
        return CNIPOL_NO;
    first = CNIPOL_OF(image, at, cnipol_image_list, first);
    upto = cnipol_words_upto(image, words, first, CNIPOL_OF(image, at, cnipol_image_list, n), (is_later ? set : peer) * 4 + 3);
    if (!upto)
        return CNIPOL_NO;
    word = cnipol_set_word(image, words, first, upto - 1);
    if (is_later && word >> 2 != set)
        return CNIPOL_NO;
    return word & 3;
}

CNIPOL_INLINE uint32_t cnipol_least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

CNIPOL_INLINE uint32_t cnipol_within(uint32_t value, uint32_t lo, uint32_t hi)
{
    return value >= lo && value <= hi;
}

CNIPOL_INLINE uint32_t cnipol_has_ports(const struct cnipol_key *key)
{
    return (key->protocol == 6 || key->protocol == 17 || key->protocol == 132) && !(key->flags & CNIPOL_KEY_FRAGMENT);
}

/* An unknown port is never 0. */
CNIPOL_INLINE uint32_t cnipol_box_destination(const struct cnipol_key *key, uint32_t lo, uint32_t hi)
{
    if (!(key->flags & CNIPOL_KEY_PORT_UNKNOWN))
        return cnipol_within(key->destination_port, lo, hi) ? CNIPOL_YES : CNIPOL_NO;
    if (hi == 0)
        return CNIPOL_NO;
    return lo <= 1 && hi == 65535 ? CNIPOL_YES : CNIPOL_PERHAPS;
}

CNIPOL_INLINE uint32_t cnipol_box_source(const struct cnipol_key *key, uint32_t lo, uint32_t hi)
{
    if (!key->source_port)
        return CNIPOL_PERHAPS;
    return cnipol_within(key->source_port, lo, hi) ? CNIPOL_YES : CNIPOL_NO;
}

CNIPOL_INLINE uint32_t cnipol_box_icmp(const struct cnipol_key *key, uint32_t value, uint32_t lo, uint32_t hi)
{
    if (!(key->flags & CNIPOL_KEY_ICMP))
        return CNIPOL_PERHAPS;
    return cnipol_within(value, lo, hi) ? CNIPOL_YES : CNIPOL_NO;
}

#define CNIPOL_CELL8(image, at, field) CNIPOL_OF8(image, at, cnipol_image_cell, field)
#define CNIPOL_CELL16(image, at, field) CNIPOL_OF16(image, at, cnipol_image_cell, field)
#define CNIPOL_CELL32(image, at, field) CNIPOL_OF(image, at, cnipol_image_cell, field)

/* Is the question in the cell's box? */
CNIPOL_INLINE uint32_t cnipol_box_has(const uint8_t *image, uint32_t at, const struct cnipol_key *key)
{
    uint32_t flags = CNIPOL_CELL8(image, at, box_flags), is_icmp = key->protocol == 1 || key->protocol == 58;
    uint32_t truth = flags & CNIPOL_BOX_MAYBE ? CNIPOL_PERHAPS : CNIPOL_YES;

    if (!cnipol_within(key->protocol, CNIPOL_CELL8(image, at, protocol_lo), CNIPOL_CELL8(image, at, protocol_hi)))
        return CNIPOL_NO;
    if ((key->relations & CNIPOL_CELL8(image, at, relation_mask)) != CNIPOL_CELL8(image, at, relation_bits))
        return CNIPOL_NO;
    if (!cnipol_within(key->state, CNIPOL_CELL8(image, at, state_lo), CNIPOL_CELL8(image, at, state_hi)))
        return CNIPOL_NO;
    if ((flags & CNIPOL_BOX_PORTS && !cnipol_has_ports(key)) || (flags & CNIPOL_BOX_ICMP && !is_icmp))
        return CNIPOL_NO;
    if (flags & CNIPOL_BOX_BLOCK && key->flags & CNIPOL_KEY_PORT_UNKNOWN)
        return CNIPOL_NO;
    if (flags & CNIPOL_BOX_DESTINATION)
        truth = cnipol_least(
            truth, cnipol_box_destination(key, CNIPOL_CELL16(image, at, destination_lo), CNIPOL_CELL16(image, at, destination_hi)));
    if (flags & CNIPOL_BOX_SOURCE)
        truth = cnipol_least(truth, cnipol_box_source(key, CNIPOL_CELL16(image, at, source_lo), CNIPOL_CELL16(image, at, source_hi)));
    if (flags & CNIPOL_BOX_ICMP_TYPE)
        truth = cnipol_least(
            truth, cnipol_box_icmp(key, key->icmp_type, CNIPOL_CELL8(image, at, icmp_type_lo), CNIPOL_CELL8(image, at, icmp_type_hi)));
    if (flags & CNIPOL_BOX_ICMP_CODE)
        truth = cnipol_least(
            truth, cnipol_box_icmp(key, key->icmp_code, CNIPOL_CELL8(image, at, icmp_code_lo), CNIPOL_CELL8(image, at, icmp_code_hi)));
    return truth;
}

CNIPOL_INLINE uint32_t cnipol_item(const struct cnipol_rule_walk *walk, uint32_t i)
{
    return cnipol_load32(walk->image, walk->items + i * 4);
}

CNIPOL_INLINE uint32_t cnipol_cell_at(const uint8_t *image, uint32_t view, uint32_t item)
{
    return CNIPOL_VIEW(image, view, cells) + (item & ~CNIPOL_ITEM_MAYBE) * (uint32_t)sizeof(struct cnipol_image_cell);
}

/* Does the cell match, and the subject concern it? */
CNIPOL_SEPARATE uint32_t cnipol_item_matches(const CNIPOL_VALUE *value, uint32_t view, const struct cnipol_key *key, uint32_t peer,
                                             uint32_t item)
{
    const uint8_t *image = (const uint8_t *)value;
    uint32_t at, truth;

    if (CNIPOL_IS_MISSING(value) || CNIPOL_IS_MISSING(key))
        return CNIPOL_NO;
    at = cnipol_cell_at(image, view, item);
    truth = cnipol_box_has(image, at, key);
    if (truth)
        truth = cnipol_least(truth, cnipol_set_has(image, view, CNIPOL_CELL32(image, at, set), peer));
    return item & CNIPOL_ITEM_MAYBE ? cnipol_least(truth, CNIPOL_PERHAPS) : truth;
}

CNIPOL_INLINE uint32_t cnipol_walk_matches(const struct cnipol_rule_walk *walk, const struct cnipol_key *key, uint32_t item)
{
    return cnipol_item_matches((const CNIPOL_VALUE *)walk->image, walk->view, key, walk->peer, item);
}

CNIPOL_INLINE void cnipol_walk_note(struct cnipol_rule_walk *walk, uint32_t at, uint32_t flags)
{
    uint32_t auth = CNIPOL_CELL32(walk->image, at, auth);

    walk->out.flags |= flags;
    if (auth > walk->out.auth)
        walk->out.auth = auth;
}

CNIPOL_INLINE void cnipol_walk_reach(struct cnipol_rule_walk *walk, uint32_t target)
{
    if (target <= walk->stage)
        target = walk->stage + 1;
    walk->reach |= 1ull << (target & 63);
}

/* What an outcome makes possible, `pass` followed: CNIPOL_CAN_…; CNIPOL_CAN_NEXT: the search goes on. */
CNIPOL_INLINE uint32_t cnipol_walk_outcome(struct cnipol_rule_walk *walk, uint32_t at)
{
    uint32_t flags = CNIPOL_CELL8(walk->image, at, flags), program = CNIPOL_CELL32(walk->image, at, program);

    if (program) {
        cnipol_walk_note(walk, at, flags & ~(uint32_t)CNIPOL_VERDICT_REJECT);
        walk->out.program = program;
        return 1u << CNIPOL_REDIRECT;
    }
    cnipol_walk_note(walk, at, flags);
    switch (CNIPOL_CELL8(walk->image, at, action)) {
    case CNIPOL_ACT_ALLOW:
        return 1u << CNIPOL_ALLOW;
    case CNIPOL_ACT_DENY:
        return 1u << CNIPOL_DENY;
    case CNIPOL_ACT_PASS:
        cnipol_walk_reach(walk, CNIPOL_CELL8(walk->image, at, target));
        return 0;
    case CNIPOL_ACT_LOG:
        walk->out.flags |= CNIPOL_VERDICT_LOG;
        return CNIPOL_CAN_NEXT;
    case CNIPOL_ACT_NEXT:
        return CNIPOL_CAN_NEXT;
    default:
        return 1u << CNIPOL_UNDEFINED;
    }
}

CNIPOL_INLINE uint32_t cnipol_cell_is_decisive(const uint8_t *image, uint32_t at)
{
    uint32_t action = CNIPOL_CELL8(image, at, action);

    return CNIPOL_CELL32(image, at, program) || (action != CNIPOL_ACT_LOG && action != CNIPOL_ACT_NEXT);
}

CNIPOL_INLINE uint32_t cnipol_cells_differ(const uint8_t *image, uint32_t a, uint32_t b)
{
    uint32_t action = CNIPOL_CELL8(image, a, action);

    if (action != CNIPOL_CELL8(image, b, action) || CNIPOL_CELL32(image, a, program) != CNIPOL_CELL32(image, b, program))
        return 1;
    return action == CNIPOL_ACT_PASS && CNIPOL_CELL8(image, a, target) != CNIPOL_CELL8(image, b, target);
}

/* The search for a disagreement among ties, under way. */
struct cnipol_tie_search {
    const struct cnipol_rule_walk *walk;
    const struct cnipol_key *key;
    uint32_t first; /* item behind the chosen one */
    uint32_t chosen;
    uint32_t settled; /* a policy that has said all it has to say */
    uint32_t end;     /* item behind the last of the tie */
    uint32_t other;   /* a cell of another policy that matches too, or may; 0: none */
    uint32_t disagrees;
};

/* The k-th item behind the chosen one. Returns 1 where the search ends. */
static __attribute__((unused)) long cnipol_tie_step(uint32_t k, void *context)
{
    struct cnipol_tie_search *search = CNIPOL_CAST_CONTEXT(struct cnipol_tie_search, context);
    const struct cnipol_rule_walk *walk = search->walk;
    uint32_t item = cnipol_item(walk, search->first + k), at = cnipol_cell_at(walk->image, walk->view, item), chosen = search->chosen;
    uint32_t policy = CNIPOL_CELL32(walk->image, at, policy), match;

    if (CNIPOL_CELL8(walk->image, at, kind) != CNIPOL_CELL_RULE ||
        CNIPOL_CELL32(walk->image, at, tie) != CNIPOL_CELL32(walk->image, chosen, tie))
        return 1;
    search->end = search->first + k + 1;
    if (policy == CNIPOL_CELL32(walk->image, chosen, policy) || policy == search->settled || !cnipol_cell_is_decisive(walk->image, at))
        return 0;
    match = cnipol_walk_matches(walk, search->key, item);
    if (match)
        search->other = at;
    search->disagrees = match && cnipol_cells_differ(walk->image, at, chosen);
    if (match == CNIPOL_YES)
        search->settled = policy;
    return search->disagrees;
}

/*
 * Another policy of the same tie matches too, or may, and says otherwise. Of each policy its first sure match counts. A tie is
 * searched once: a policy's rules are together, so where nobody disagreed all others say the same, and only a later rule of
 * the same policy may say something else. So a walk is linear in the list, whatever the image.
 */
CNIPOL_INLINE uint32_t cnipol_tie_disagrees(struct cnipol_rule_walk *walk, const struct cnipol_key *key, uint32_t i, uint32_t chosen)
{
    uint32_t policy = CNIPOL_CELL32(walk->image, chosen, policy);
    struct cnipol_tie_search search = {walk, key, i + 1, chosen, policy, i + 1, 0, 0};

    if (i < walk->tie_end)
        return policy == walk->tie_policy && walk->tie_other && cnipol_cells_differ(walk->image, walk->tie_other, chosen);
    CNIPOL_REPEAT(cnipol_least(walk->n - i - 1, CNIPOL_LIST_ITEMS_MAX), cnipol_tie_step, &search);
    walk->tie_end = search.end;
    walk->tie_policy = policy;
    walk->tie_other = search.other;
    return search.disagrees;
}

/* A deny or a pass adds nothing to a union. */
CNIPOL_INLINE void cnipol_walk_union(struct cnipol_rule_walk *walk, uint32_t at, uint32_t match)
{
    uint32_t can, action = CNIPOL_CELL8(walk->image, at, action);

    if (walk->surely & (1u << CNIPOL_ALLOW))
        return;
    if (action == CNIPOL_ACT_PASS && !CNIPOL_CELL32(walk->image, at, program)) {
        cnipol_walk_note(walk, at, CNIPOL_CELL8(walk->image, at, flags));
        return;
    }
    can = cnipol_walk_outcome(walk, at);
    if (match == CNIPOL_YES && (can == 1u << CNIPOL_ALLOW || can == 1u << CNIPOL_REDIRECT))
        walk->surely |= can;
    else
        walk->maybe |= can & ~(1u << CNIPOL_DENY | CNIPOL_CAN_NEXT);
}

/*
 * MAP: what the matches of one key come to. Among the sure ones a match without a program speaks for all; the first key
 * with a sure match closes the stage.
 */
CNIPOL_INLINE void cnipol_walk_settle(struct cnipol_rule_walk *walk)
{
    uint32_t can = (walk->surely | walk->maybe) & 0xff & ~CNIPOL_CAN_NEXT;

    if (walk->surely & CNIPOL_MAP_PLAIN)
        can &= ~(1u << CNIPOL_REDIRECT);
    if (can & 1u << CNIPOL_REDIRECT)
        walk->out.program = walk->program;
    walk->out.can |= can;
    if (walk->surely & CNIPOL_MAP_SURE)
        walk->is_open = 0;
    walk->surely = walk->maybe = 0;
}

/* MAP: a match. The cells ascend by key. */
CNIPOL_INLINE void cnipol_walk_map(struct cnipol_rule_walk *walk, uint32_t at, uint32_t match)
{
    uint32_t key = CNIPOL_CELL32(walk->image, at, key), program, can;

    if (key != walk->key)
        cnipol_walk_settle(walk);
    walk->key = key;
    if (!walk->is_open)
        return;
    program = walk->out.program;
    can = cnipol_walk_outcome(walk, at);
    if (CNIPOL_CELL32(walk->image, at, program))
        walk->program = walk->out.program;
    walk->out.program = program;
    if (match != CNIPOL_YES) {
        walk->maybe |= can;
        return;
    }
    walk->surely |= can | CNIPOL_MAP_SURE | (CNIPOL_CELL32(walk->image, at, program) ? 0 : CNIPOL_MAP_PLAIN);
}

CNIPOL_INLINE void cnipol_walk_rule(struct cnipol_rule_walk *walk, const struct cnipol_key *key, uint32_t i, uint32_t item, uint32_t at)
{
    uint32_t match = cnipol_walk_matches(walk, key, item), can;

    if (match == CNIPOL_NO)
        return;
    if (walk->combine == CNIPOL_COMBINE_UNION) {
        cnipol_walk_union(walk, at, match);
        return;
    }
    if (walk->combine == CNIPOL_COMBINE_MAP) {
        cnipol_walk_map(walk, at, match);
        return;
    }
    if (walk->ties && cnipol_cell_is_decisive(walk->image, at) && cnipol_tie_disagrees(walk, key, i, at)) {
        walk->out.can |= 1u << CNIPOL_UNDEFINED;
        walk->is_open = 0;
        return;
    }
    can = cnipol_walk_outcome(walk, at);
    walk->out.can |= can & ~CNIPOL_CAN_NEXT;
    if (match == CNIPOL_YES && !(can & CNIPOL_CAN_NEXT))
        walk->is_open = 0;
}

CNIPOL_INLINE void cnipol_walk_unmatched(struct cnipol_rule_walk *walk, uint32_t at)
{
    if (walk->combine == CNIPOL_COMBINE_UNION && walk->surely) {
        walk->out.can |= walk->surely & (1u << CNIPOL_ALLOW) ? 1u << CNIPOL_ALLOW : walk->surely | walk->maybe;
        walk->is_open = 0;
        return;
    }
    if (walk->combine == CNIPOL_COMBINE_UNION)
        walk->out.can |= walk->maybe;
    if (walk->combine == CNIPOL_COMBINE_MAP)
        cnipol_walk_settle(walk);
    if (!walk->is_open)
        return;
    walk->governed = CNIPOL_CELL8(walk->image, at, governed);
    walk->in_defaults = walk->governed != CNIPOL_NO;
    if (walk->governed != CNIPOL_YES)
        cnipol_walk_reach(walk, walk->stage + 1);
    walk->is_open = walk->in_defaults;
}

CNIPOL_INLINE void cnipol_walk_default(struct cnipol_rule_walk *walk, const struct cnipol_key *key, uint32_t item, uint32_t at)
{
    uint32_t match = cnipol_walk_matches(walk, key, item), can;

    if (match == CNIPOL_NO)
        return;
    can = cnipol_walk_outcome(walk, at);
    if (can & CNIPOL_CAN_NEXT)
        cnipol_walk_reach(walk, walk->stage + 1);
    walk->out.can |= can & ~CNIPOL_CAN_NEXT;
    if (match == CNIPOL_YES)
        walk->is_open = 0;
}

/* Who is governed and meets no default is denied. */
CNIPOL_INLINE void cnipol_walk_close(struct cnipol_rule_walk *walk)
{
    if (walk->is_open && walk->in_defaults)
        walk->out.can |= 1u << CNIPOL_DENY;
    walk->is_open = 0;
    walk->in_defaults = 0;
}

CNIPOL_INLINE void cnipol_walk_stage(struct cnipol_rule_walk *walk, uint32_t at)
{
    uint64_t upto;

    cnipol_walk_close(walk);
    walk->stage = CNIPOL_CELL8(walk->image, at, stage) & 63;
    walk->combine = CNIPOL_CELL8(walk->image, at, combine);
    walk->ties = CNIPOL_CELL8(walk->image, at, ties);
    walk->surely = walk->maybe = 0;
    upto = (2ull << walk->stage) - 1;
    walk->is_open = (walk->reach & upto) != 0;
    walk->reach &= ~upto;
}

CNIPOL_INLINE void cnipol_walk_end(struct cnipol_rule_walk *walk, uint32_t at)
{
    uint32_t can;

    cnipol_walk_close(walk);
    if (!walk->reach)
        return;
    can = cnipol_walk_outcome(walk, at);
    walk->out.can |= can & CNIPOL_CAN_NEXT ? CNIPOL_CAN_END : can;
}

CNIPOL_INLINE void cnipol_walk_item(struct cnipol_rule_walk *walk, const struct cnipol_key *key, uint32_t i)
{
    uint32_t item = cnipol_item(walk, i), at = cnipol_cell_at(walk->image, walk->view, item), kind = CNIPOL_CELL8(walk->image, at, kind);

    if (kind == CNIPOL_CELL_STAGE)
        cnipol_walk_stage(walk, at);
    else if (kind == CNIPOL_CELL_END)
        cnipol_walk_end(walk, at);
    else if (!walk->is_open)
        return;
    else if (kind == CNIPOL_CELL_RULE)
        cnipol_walk_rule(walk, key, i, item, at);
    else if (kind == CNIPOL_CELL_UNMATCHED)
        cnipol_walk_unmatched(walk, at);
    else if (kind == CNIPOL_CELL_DEFAULT && walk->in_defaults)
        cnipol_walk_default(walk, key, item, at);
}

/* See CNIPOL_FORGET: each step begins alike. */
CNIPOL_INLINE void cnipol_walk_forget(struct cnipol_rule_walk *walk)
{
    uint32_t unknown = walk->n;

    (void)unknown;
    CNIPOL_FORGET(walk->reach, unknown);
    CNIPOL_FORGET(walk->stage, unknown);
    CNIPOL_FORGET(walk->is_open, unknown);
    CNIPOL_FORGET(walk->in_defaults, unknown);
    CNIPOL_FORGET(walk->governed, unknown);
    CNIPOL_FORGET(walk->combine, unknown);
    CNIPOL_FORGET(walk->ties, unknown);
    CNIPOL_FORGET(walk->tie_end, unknown);
    CNIPOL_FORGET(walk->tie_policy, unknown);
    CNIPOL_FORGET(walk->tie_other, unknown);
    CNIPOL_FORGET(walk->surely, unknown);
    CNIPOL_FORGET(walk->maybe, unknown);
    CNIPOL_FORGET(walk->key, unknown);
    CNIPOL_FORGET(walk->program, unknown);
    CNIPOL_FORGET(walk->out.can, unknown);
    CNIPOL_FORGET(walk->out.flags, unknown);
    CNIPOL_FORGET(walk->out.auth, unknown);
    CNIPOL_FORGET(walk->out.program, unknown);
}

struct cnipol_walk_context {
    struct cnipol_rule_walk *walk;
    const struct cnipol_key *key;
};

static __attribute__((unused)) long cnipol_walk_step(uint32_t i, void *context)
{
    struct cnipol_walk_context *at = CNIPOL_CAST_CONTEXT(struct cnipol_walk_context, context);

    cnipol_walk_forget(at->walk);
    cnipol_walk_item(at->walk, at->key, i);
    return 0;
}

/* The subject's rule list at a checkpoint. An empty answer (a list without an end) is undefined. Returns what is possible. */
CNIPOL_SEPARATE uint32_t cnipol_eval_list(const CNIPOL_VALUE *value, const struct cnipol_key *key, struct cnipol_list_ask *ask)
{
    const uint8_t *image = (const uint8_t *)value;
    struct cnipol_rule_walk walk = {image, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {0, 0, 0, 0}};
    struct cnipol_walk_context context = {&walk, key};
    uint32_t list;

    if (CNIPOL_IS_MISSING(value) || CNIPOL_IS_MISSING(key) || CNIPOL_IS_MISSING(ask))
        return 0;
    list = cnipol_load32(image, CNIPOL_OF(image, ask->cp, cnipol_image_checkpoint, lists) + ask->subject * 4);
    list = CNIPOL_VIEW(image, ask->view, lists) + list * (uint32_t)sizeof(struct cnipol_image_list);
    walk.view = ask->view;
    walk.peer = ask->other;
    walk.items = CNIPOL_VIEW(image, ask->view, items) + CNIPOL_OF(image, list, cnipol_image_list, first) * 4;
    walk.n = CNIPOL_OF(image, list, cnipol_image_list, n);
    CNIPOL_REPEAT(cnipol_least(walk.n, CNIPOL_LIST_ITEMS_MAX), cnipol_walk_step, &context);
    ask->part = walk.out;
    return walk.out.can;
}

#ifdef __cplusplus
}
#endif
#endif
