/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_ENGINE_LOWER_H
#define NP_ENGINE_LOWER_H

/*
 * Lowering under way, shared by the files of the kubernetes engine: a stage being filled, and small
 * builders that remember a failure, so that lowering code reads as the rules do.
 */

#include <cnipol/model.h>

#include "engine/engine.h"

/* Room for the terms of one conjunction. */
#define NP_LOWER_TERMS 8

/* One dialect's policies in attribution order; the i-th is the machine's policy `first` + i. */
struct np_lower_order {
    uint32_t *items;
    uint32_t n, cap;
    uint32_t first;
};

struct np_lower {
    const struct np_engine_input *input;
    struct np_machine *machine;
    struct np_lower_order netpols; /* by namespace and name */
    struct np_lower_order cnps;    /* by tier, priority and name */
    struct np_conj *conjs;         /* of the predicate under way */
    uint32_t n_conjs, cap_conjs;
    bool failed; /* out of memory */
};

struct np_lower_stage {
    const char *name;
    enum np_combine combine;
    struct np_rule *rules;
    uint32_t n_rules, cap_rules;
    uint32_t *governing;
    uint32_t n_governing, cap_governing;
};

static inline struct np_term np_term_set(uint32_t set)
{
    return (struct np_term){NP_TERM_SET, false, 0, 0, set};
}

static inline struct np_term np_term_protocol(uint8_t protocol)
{
    return (struct np_term){NP_TERM_PROTOCOL, false, protocol, protocol, 0};
}

static inline struct np_term np_term_port(uint16_t lo, uint16_t hi)
{
    return (struct np_term){NP_TERM_PORT, false, lo, hi, 0};
}

static inline struct np_term np_term_port_name(np_atom name, uint8_t protocol)
{
    return (struct np_term){NP_TERM_PORT_NAME, false, protocol, protocol, name};
}

static inline struct np_term np_term_relation(uint32_t bits)
{
    return (struct np_term){NP_TERM_RELATION, false, 0, 0, bits};
}

static inline struct np_term np_term_not(struct np_term term)
{
    term.negated = !term.negated;
    return term;
}

/* A predicate, conjunction by conjunction. */
void np_lower_begin(struct np_lower *l);
void np_lower_or(struct np_lower *l, const struct np_term *terms, uint32_t n);
struct np_pred np_lower_end(struct np_lower *l);
/* A predicate of one conjunction. */
struct np_pred np_lower_pred(struct np_lower *l, const struct np_term *terms, uint32_t n);

/* Terms about pods and addresses. */
struct np_term np_lower_select(struct np_lower *l, const struct np_selection *selection);
struct np_term np_lower_prefixes(struct np_lower *l, const struct np_prefix *items, uint32_t n);
struct np_term np_lower_unknown(struct np_lower *l, const char *reason);
/* An address term, and the knob ipblock-matches-pods. `terms` has room for two; returns how many were written. */
uint32_t np_lower_block(struct np_lower *l, const struct np_prefix *items, uint32_t n, struct np_term *terms);

uint32_t np_lower_policy(struct np_lower *l, const struct np_policy *policy);
void np_lower_rule(struct np_lower *l, struct np_lower_stage *stage, const struct np_rule *rule);
void np_lower_governs(struct np_lower *l, struct np_lower_stage *stage, uint32_t policy);
/* Moves the stage into the machine's arena. */
void np_lower_stage_done(struct np_lower *l, struct np_lower_stage *from, struct np_stage *to);
void np_lower_stage_drop(struct np_lower *l, struct np_lower_stage *stage);

/* networking.k8s.io: kubernetes_np.c. */
void np_lower_netpol_policies(struct np_lower *l);
void np_lower_netpols(struct np_lower *l, enum np_direction direction, struct np_lower_stage *stage);
/* The terms of "none of the protocols that NetworkPolicy names"; returns how many. */
uint32_t np_lower_other_protocols(struct np_term *terms);
/* policy.networking.k8s.io: kubernetes_cnp.c. */
void np_lower_cnp_policies(struct np_lower *l);
void np_lower_cnps(struct np_lower *l, enum np_cnp_tier tier, enum np_direction direction, struct np_lower_stage *stage);

#endif
