/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Combining as a policy map does (the third way of model/machine.h).
 *
 * Of the rules that match, the lowest rank counts; there a deny wins; else the longest L4 match
 * (8 bits for a protocol, up to 16 for a port), and among equals an exact peer before any peer.
 * Rules equal in all of that merge: their guards form one list, the strongest authentication counts,
 * and one rule without guards opens it. Source: cilium bpf/lib/policy.h, pkg/policy/mapstate.go (v1.19).
 *
 * A rule stands for one entry of the map for each pair of a remote and an L4 conjunction: the key that
 * counts is that of the pair that matched. LOG and NEXT have no place in a map and are passed over.
 *
 * Unknown matches: the choice is made without them and with each one alone. More at once come to
 * nothing new: the best key among them is the best key of one, and merging only adds answers.
 */

#include "reference/walk.h"

#include <string.h>

struct key {
    uint64_t rank;
    bool is_deny;
    uint32_t l4_bits;
    bool is_exact;
};

/* Entries in turn: those that match or may. */
struct entries {
    struct np_candidates list;
    uint32_t rule, remote, l4; /* where the next one is looked for */
};

struct entry {
    const struct np_rule *rule;
    enum np_tri match;
    struct key key;
    uint32_t at[3]; /* rule, remote and L4 conjunction */
};

/*
 * The longest aligned port block that lies in lo..hi and holds the port. Of an unknown port: the least that it may come
 * to where it surely is in the range, else the most.
 */
static uint32_t port_bits(const struct np_term *term, const struct np_facts *facts)
{
    uint32_t bits = 16, port = facts->port;

    if (facts->port_unknown)
        return term->lo <= 1 && term->hi == UINT16_MAX ? term->lo : bits;
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

        if (term->negated)
            continue;
        if (term->kind == NP_TERM_PROTOCOL)
            bits += 8;
        if (term->kind == NP_TERM_PORT)
            bits += port_bits(term, walk->facts);
        if (term->kind == NP_TERM_PORT_NAME)
            bits += 16;
    }
    return bits;
}

static bool is_deny(const struct np_rule *rule)
{
    return rule->outcome.action == NP_ACTION_DENY && !rule->outcome.n_guards;
}

static bool next_entry(const struct np_walk *walk, const struct np_stage *stage, struct entries *e, struct entry *out)
{
    for (; e->rule < e->list.n; e->rule++, e->remote = 0) {
        const struct np_rule *rule = &stage->rules[np_candidate(&e->list, e->rule)];
        enum np_tri concerns = np_walk_concerns(walk, rule);

        if (concerns == NP_NO || !np_walk_is_decisive(&rule->outcome))
            continue;
        for (; e->remote < rule->remote.n; e->remote++, e->l4 = 0) {
            const struct np_conj *remote = &rule->remote.any[e->remote];
            enum np_tri peer = np_tri_and(concerns, np_conj_eval(walk->machine, walk->facts, walk->other, remote));

            while (peer != NP_NO && e->l4 < rule->l4.n) {
                const struct np_conj *l4 = &rule->l4.any[e->l4++];
                enum np_tri match = np_tri_and(peer, np_conj_eval(walk->machine, walk->facts, walk->subject, l4));

                if (match == NP_NO)
                    continue;
                *out = (struct entry){
                    rule, match, {rule->rank, is_deny(rule), conj_bits(walk, l4), remote->n > 0}, {e->rule, e->remote, e->l4}};
                return true;
            }
        }
    }
    return false;
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

/* Which entries count: those that surely match, and `unknown` where it is not NULL. */
struct choice {
    struct np_candidates list;
    const struct entry *unknown;
    struct key best;
};

static bool counts(const struct choice *choice, const struct entry *entry)
{
    return entry->match == NP_YES || (choice->unknown && memcmp(entry->at, choice->unknown->at, sizeof entry->at) == 0);
}

static bool best_key(const struct np_walk *walk, const struct np_stage *stage, struct choice *choice)
{
    struct entries all = {.list = choice->list};
    struct entry entry;
    bool found = false;

    while (next_entry(walk, stage, &all, &entry)) {
        if (!counts(choice, &entry))
            continue;
        if (!found || key_order(&entry.key, &choice->best) < 0)
            choice->best = entry.key;
        found = true;
    }
    return found;
}

/* All entries of the best key as one outcome. */
static unsigned merge(struct np_walk *walk, const struct np_stage *stage, const struct choice *choice)
{
    struct entries all = {.list = choice->list};
    uint32_t told = NP_NONE;
    unsigned plain = 0, guarded = 0;
    bool surely_opens = false;
    struct entry entry;

    while (next_entry(walk, stage, &all, &entry)) {
        const struct np_outcome *outcome = &entry.rule->outcome;
        unsigned can;

        if (!counts(choice, &entry) || key_order(&entry.key, &choice->best) != 0)
            continue;
        if (entry.at[0] != told)
            np_walk_tell_rule(walk, entry.rule, entry.match);
        told = entry.at[0];
        if (!outcome->n_guards) {
            plain |= np_walk_outcome(walk, stage, outcome, false);
            continue;
        }
        can = np_walk_guards(walk, outcome, NP_CAN_DENY);
        surely_opens = surely_opens || !(can & (NP_CAN_DENY | NP_CAN_NEXT));
        guarded |= can & ~(NP_CAN_DENY | NP_CAN_NEXT);
    }
    if (plain)
        return plain;
    return surely_opens ? guarded : guarded | NP_CAN_DENY;
}

static unsigned choose(struct np_walk *walk, const struct np_stage *stage, struct choice *choice)
{
    unsigned can;

    if (!best_key(walk, stage, choice))
        return NP_CAN_NEXT;
    can = merge(walk, stage, choice);
    np_walk_tell(walk, stage, choice->unknown ? NP_STEP_UNKNOWN : np_walk_result(can));
    return can;
}

unsigned np_walk_map(struct np_walk *walk, const struct np_stage *stage)
{
    struct choice sure = {.list = np_walk_candidates(walk, &stage->rule_index, stage->n_rules)};
    struct entries all = {.list = sure.list};
    unsigned can = choose(walk, stage, &sure);
    struct entry entry;

    while (next_entry(walk, stage, &all, &entry)) {
        struct choice with = {.list = sure.list, .unknown = &entry};

        if (entry.match != NP_UNKNOWN)
            continue;
        walk->is_certain = false;
        can |= choose(walk, stage, &with);
    }
    return can & NP_CAN_NEXT ? (can & ~NP_CAN_NEXT) | np_walk_unmatched(walk, stage) : can;
}
