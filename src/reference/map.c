/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Combining as a policy map does (the third way of model/machine.h).
 *
 * Of the rules that match, the lowest rank counts; there a deny wins; else the longest L4 match
 * (8 bits for a protocol, up to 16 for a port), and among equals an exact peer before any peer.
 * Rules equal in all of that merge: their guards form one list, the strongest authentication counts,
 * and one rule without guards opens it. Source: cilium bpf/lib/policy.h, pkg/policy/mapstate.go (v1.19).
 *
 * Unknown matches: the choice is made without them, with all of them, and with each one alone, and
 * what comes out is all possible.
 */

#include "reference/walk.h"

struct key {
    uint64_t rank;
    bool is_deny;
    uint32_t l4_bits;
    bool is_exact;
};

/* The longest aligned port block that lies in lo..hi and holds the port. */
static uint32_t port_bits(const struct np_term *term, uint16_t port)
{
    uint32_t bits = 16;

    while (bits > 0) {
        uint32_t size = 1u << (16 - (bits - 1));
        uint32_t first = port & ~(size - 1);

        if (first < term->lo || first + size - 1 > term->hi)
            break;
        bits--;
    }
    return bits;
}

static uint32_t conj_bits(const struct np_walk *walk, const struct np_conj *conj)
{
    uint32_t bits = 0;

    for (uint32_t i = 0; i < conj->n; i++) {
        const struct np_term *term = &conj->terms[i];

        if (np_term_eval(walk->machine, walk->facts, walk->subject, term) == NP_NO)
            return 0;
        if (term->kind == NP_TERM_PROTOCOL && !term->negated)
            bits += 8;
        if (term->kind == NP_TERM_PORT && !term->negated)
            bits += port_bits(term, walk->facts->port);
        if (term->kind == NP_TERM_PORT_NAME)
            bits += 16;
    }
    return bits;
}

static struct key key_of(const struct np_walk *walk, const struct np_rule *rule)
{
    struct key key = {rule->rank, rule->outcome.action == NP_ACTION_DENY && !rule->outcome.n_guards, 0, false};

    for (uint32_t i = 0; i < rule->l4.n; i++) {
        uint32_t bits = conj_bits(walk, &rule->l4.any[i]);

        if (bits > key.l4_bits)
            key.l4_bits = bits;
    }
    for (uint32_t i = 0; i < rule->remote.n; i++)
        key.is_exact |= rule->remote.any[i].n > 0;
    return key;
}

/* Negative: a before b. */
static int key_order(const struct key *a, const struct key *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->is_deny != b->is_deny)
        return a->is_deny ? -1 : 1;
    if (a->is_deny)
        return 0;
    if (a->l4_bits != b->l4_bits)
        return a->l4_bits > b->l4_bits ? -1 : 1;
    return a->is_exact == b->is_exact ? 0 : a->is_exact ? -1 : 1;
}

/* Which unknown matches count: one rule's number, or one of these. */
#define WITHOUT_UNKNOWN NP_NONE
#define WITH_ALL_UNKNOWN (NP_NONE - 1)

static bool counts(const struct np_walk *walk, const struct np_stage *stage, uint32_t number, uint32_t unknown)
{
    enum np_tri match = np_walk_matches(walk, &stage->rules[number]);

    return match == NP_YES || (match == NP_UNKNOWN && (unknown == WITH_ALL_UNKNOWN || unknown == number));
}

static bool best_key(const struct np_walk *walk, const struct np_stage *stage, const struct np_candidates *list, uint32_t unknown,
                     struct key *best)
{
    bool found = false;

    for (uint32_t i = 0; i < list->n; i++) {
        uint32_t number = np_candidate(list, i);
        struct key key;

        if (!counts(walk, stage, number, unknown))
            continue;
        key = key_of(walk, &stage->rules[number]);
        if (!found || key_order(&key, best) < 0)
            *best = key;
        found = true;
    }
    return found;
}

static unsigned plain_can(const struct np_rule *rule)
{
    return rule->outcome.action == NP_ACTION_DENY ? NP_CAN_DENY : NP_CAN_ALLOW;
}

/* All rules of the chosen key as one outcome. */
static unsigned merge(struct np_walk *walk, const struct np_stage *stage, const struct np_candidates *list, uint32_t unknown,
                      const struct key *best)
{
    unsigned miss = 0, can = 0;

    for (uint32_t i = 0; i < list->n; i++) {
        const struct np_rule *rule = &stage->rules[np_candidate(list, i)];
        struct key key;

        if (!counts(walk, stage, np_candidate(list, i), unknown))
            continue;
        key = key_of(walk, rule);
        if (key_order(&key, best) != 0)
            continue;
        np_walk_tell_rule(walk, rule, np_walk_matches(walk, rule));
        walk->flags |= rule->outcome.flags;
        if (rule->outcome.auth > walk->auth)
            walk->auth = rule->outcome.auth;
        if (!rule->outcome.n_guards)
            return plain_can(rule);
        can |= np_walk_guarded(walk, rule->outcome.guards, rule->outcome.n_guards, NP_CAN_NEXT);
        miss = NP_CAN_DENY;
    }
    if (can & (NP_CAN_ALLOW | NP_CAN_REDIRECT))
        return can & (NP_CAN_ALLOW | NP_CAN_REDIRECT);
    return miss;
}

static unsigned choose(struct np_walk *walk, const struct np_stage *stage, const struct np_candidates *list, uint32_t unknown)
{
    struct key best;
    unsigned can;

    if (!best_key(walk, stage, list, unknown, &best))
        return NP_CAN_NEXT;
    can = merge(walk, stage, list, unknown, &best);
    np_walk_tell(walk, stage, unknown == WITHOUT_UNKNOWN ? np_walk_result(can) : NP_STEP_UNKNOWN);
    return can;
}

unsigned np_walk_map(struct np_walk *walk, const struct np_stage *stage)
{
    struct np_candidates list = np_walk_candidates(walk, &stage->rule_index, stage->n_rules);
    unsigned can = choose(walk, stage, &list, WITHOUT_UNKNOWN);
    bool any_unknown = false;

    for (uint32_t i = 0; i < list.n; i++) {
        uint32_t number = np_candidate(&list, i);

        if (np_walk_matches(walk, &stage->rules[number]) != NP_UNKNOWN)
            continue;
        walk->is_certain = false;
        can |= choose(walk, stage, &list, number);
        any_unknown = true;
    }
    if (any_unknown)
        can |= choose(walk, stage, &list, WITH_ALL_UNKNOWN);
    if (!(can & NP_CAN_NEXT))
        return can;
    return (can & ~NP_CAN_NEXT) | np_walk_unmatched(walk, stage);
}
