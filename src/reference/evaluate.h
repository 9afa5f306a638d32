/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_REFERENCE_EVALUATE_H
#define NP_REFERENCE_EVALUATE_H

/*
 * The reference evaluator: walks a machine's rules in order, as the engines' documentation reads.
 *
 * Slow and obvious on purpose: it is the oracle of the compiled form. It keeps the set of answers
 * that are still possible. A match that is unknown follows both ways; the answer is undefined only
 * where the ways end differently. An observer, where there is one, hears every step.
 *
 * No allocation, no lock. Threads: any, on one resolved machine.
 */

#include <cnipol/model.h>

#include "model/machine.h"

enum np_step_result {
    NP_STEP_ALLOW = 1,
    NP_STEP_REDIRECT,
    NP_STEP_UNDEFINED,
    NP_STEP_DENY,
    NP_STEP_PASS,
    NP_STEP_GO_ON,
    NP_STEP_UNKNOWN,
    NP_STEP_LOG,
};

struct np_step {
    const struct np_checkpoint *checkpoint;
    const struct np_stage *stage; /* NULL: behind the last one */
    enum np_step_result result;
    bool is_certain;    /* nothing unknown led here */
    uint32_t governing; /* policies that govern the subject here */
    uint32_t policy;    /* the first of them, when a default decides; else NP_NONE */
    const char *reason; /* of a default; may be NULL */
};

/* rule() is called for each rule that matched, or may have, before the step() that it belongs to. */
struct np_observer {
    void (*rule)(void *user, const struct np_rule *rule, enum np_tri match);
    void (*step)(void *user, const struct np_step *step);
    void *user;
};

struct np_evaluation {
    uint8_t decision; /* enum cnipol_decision */
    uint8_t parts[2]; /* by direction: SOURCE is egress, DESTINATION ingress */
    bool asked[2];
    uint32_t flags; /* enum np_outcome_flag of what was decided and logged */
    uint32_t auth;
};

/* What a question that cannot be asked is answered. */
extern const struct np_evaluation np_evaluation_undefined;

/* directions: bit 0 egress, bit 1 ingress. `observer` may be NULL. */
void np_evaluate(const struct np_machine *machine, const struct np_facts *facts, unsigned directions, const struct np_observer *observer,
                 struct np_evaluation *out);

/* Is the predicate true of this end under these facts? */
enum np_tri np_pred_eval(const struct np_machine *machine, const struct np_facts *facts, enum np_end_role end, const struct np_pred *pred);
enum np_tri np_conj_eval(const struct np_machine *machine, const struct np_facts *facts, enum np_end_role end, const struct np_conj *conj);
enum np_tri np_term_eval(const struct np_machine *machine, const struct np_facts *facts, enum np_end_role end, const struct np_term *term);

#endif
