/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_REFERENCE_WALK_H
#define NP_REFERENCE_WALK_H

/* Private to the reference evaluator: one checkpoint under way, shared by the ways to combine. */

#include "reference/evaluate.h"

/* What is still possible: an answer, bit (1 << enum cnipol_decision), or none. Never the empty set. */
#define NP_CAN_ALLOW (1u << CNIPOL_ALLOW)
#define NP_CAN_REDIRECT (1u << CNIPOL_REDIRECT)
#define NP_CAN_UNDEFINED (1u << CNIPOL_UNDEFINED)
#define NP_CAN_DENY (1u << CNIPOL_DENY)
#define NP_CAN_NEXT (1u << 5) /* the stage searches on; never leaves its stage */
#define NP_CAN_END (1u << 6)  /* behind the last stage, and the checkpoint has no opinion */

/* Stages whose answers are remembered, so that unknown passes do not walk the rest twice each. */
#define NP_WALK_REMEMBERED 64

struct np_walk {
    const struct np_machine *machine;
    const struct np_facts *facts;
    const struct np_checkpoint *checkpoint;
    const struct np_observer *observer; /* may be NULL */
    enum np_end_role subject;
    enum np_end_role other;
    bool is_certain; /* nothing unknown so far */
    uint32_t flags;
    uint32_t auth;
    uint8_t remembered[NP_WALK_REMEMBERED]; /* by stage: what walking it came to; 0: not walked yet */
};

/* The rules or policies that can concern the subject. */
struct np_candidates {
    const uint32_t *items; /* NULL: 0, 1, 2, ... */
    uint32_t n;
};

struct np_candidates np_walk_candidates(const struct np_walk *walk, const struct np_subject_index *index, uint32_t all);
static inline uint32_t np_candidate(const struct np_candidates *list, uint32_t i)
{
    return list->items ? list->items[i] : i;
}

/* Is the rule in force, and do its subject and local predicates hold? */
enum np_tri np_walk_concerns(const struct np_walk *walk, const struct np_rule *rule);
enum np_tri np_walk_matches(const struct np_walk *walk, const struct np_rule *rule);
/* What an outcome makes possible; `pass` is followed. `is_sure`: its steps are told. */
unsigned np_walk_outcome(struct np_walk *walk, const struct np_stage *stage, const struct np_outcome *outcome, bool is_sure);
/* The same without following `pass` or telling; nothing but `otherwise` where no guard matches. */
unsigned np_walk_guards(struct np_walk *walk, const struct np_outcome *outcome, unsigned otherwise);
/* An action alone, without guards: `pass`, LOG and NEXT search on. */
unsigned np_walk_action(uint8_t action);
/* Notes flags and authentication of an outcome that counts. */
void np_walk_note(struct np_walk *walk, const struct np_outcome *outcome);
/* The same for a whole outcome with guards: its authentication holds whichever of them matches. */
void np_walk_note_auth(struct np_walk *walk, const struct np_outcome *outcome);
/* Can the outcome end a search? */
bool np_walk_is_decisive(const struct np_outcome *outcome);
/* Nothing matched in the stage: its defaults, or the next stage. */
unsigned np_walk_unmatched(struct np_walk *walk, const struct np_stage *stage);
unsigned np_walk_map(struct np_walk *walk, const struct np_stage *stage);

void np_walk_tell_rule(const struct np_walk *walk, const struct np_rule *rule, enum np_tri match);
void np_walk_tell(const struct np_walk *walk, const struct np_stage *stage, enum np_step_result result);
/* The step result that stands for a set of possible answers. */
enum np_step_result np_walk_result(unsigned can);

#endif
