/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_MODEL_MACHINE_H
#define NP_MODEL_MACHINE_H

/*
 * The machine: what every engine's policies are lowered to, and all that an evaluator knows.
 *
 *   path        the checkpoints that a question passes, chosen by the engine from its two ends
 *   checkpoint  an ordered list of stages, for one subject and direction
 *   stage       a flat list of rules sorted by rank, how matches combine, where `pass` leads, and what
 *               happens when nothing matched: the defaults, if a policy governs the subject; else on
 *   rule        predicates, an outcome, an owner
 *   outcome     an action with attributes, or a list of L7 guards with an outcome each, and an else
 *
 * What differs between engines is data in these structures. Evaluation is in reference/evaluate.c;
 * this header has no behaviour. A machine is built by one engine file, resolved (resolve/), and
 * read-only from then on.
 */

#include "base/source.h"
#include "model/facts.h"
#include "model/predicate.h"
#include "model/selector.h"
#include "model/set.h"

enum np_action {
    NP_ACTION_ALLOW = 0,
    NP_ACTION_DENY,
    NP_ACTION_PASS,      /* go to outcome.target, or where the stage's pass leads */
    NP_ACTION_LOG,       /* note it and search on */
    NP_ACTION_NEXT,      /* as if the rule had not matched: a guarded list that falls through */
    NP_ACTION_UNDEFINED, /* the engine leaves it open */
};

enum np_outcome_flag {
    NP_OUTCOME_LOG = 1u << 0,
    NP_OUTCOME_AUDIT = 1u << 1,
    NP_OUTCOME_REJECT = 1u << 2,
};

/* May the request pass the guard? Called with facts->request, which is not NULL. */
typedef enum np_tri np_guard_fn(const void *data, const void *request);

struct np_guarded;

struct np_outcome {
    uint8_t action;  /* enum np_action; with guards: when none of them matches */
    uint8_t flags;   /* enum np_outcome_flag */
    uint16_t target; /* PASS: stage of the checkpoint, or NP_PASS_STAGE */
    uint32_t auth;   /* authentication that the peer must have shown; 0: none */
    const struct np_guarded *guards;
    uint32_t n_guards;
};
#define NP_PASS_STAGE UINT16_MAX

struct np_guarded {
    np_guard_fn *match;
    const void *data;
    struct np_outcome outcome; /* without guards of its own */
};

struct np_policy {
    const char *kind;
    const char *tier; /* NULL: none */
    np_atom ns;       /* NP_ATOM_NONE: cluster-scoped */
    np_atom name;
    struct np_span span;
    struct np_pred subject;
    bool is_staged;     /* of the second scope: not enforced yet */
    uint8_t family;     /* policies of different families have no order among them */
    uint8_t kind_order; /* the last in the order of policies: family, priority, ns, name, this */
    int32_t priority;
};

struct np_rule {
    uint64_t rank;   /* ascending; equal ranks keep their order */
    uint32_t tie;    /* rules of several policies with one tie number have no order among them; each one's are together */
    uint32_t policy; /* owner; NP_NONE: the engine itself */
    int32_t index;   /* in the policy and direction, 0 first */
    np_atom name;
    struct np_pred subject;
    struct np_pred local;  /* of the subject's own end */
    struct np_pred remote; /* of the other end */
    struct np_pred l4;
    struct np_outcome outcome;
    struct np_span span;
};

enum np_combine {
    NP_COMBINE_FIRST = 0, /* the first match */
    NP_COMBINE_UNION,     /* any allow */
    NP_COMBINE_MAP,       /* lowest rank; there deny wins, else the longest L4 match, an exact peer before any; equals merge */
};

/* When a governed subject matched nothing: the first of these whose predicates hold. */
struct np_default {
    struct np_pred remote;
    struct np_pred l4;
    struct np_outcome outcome;
    const char *reason; /* for people; NULL: isolation */
};

/* Which rules or policies can concern a subject: segments of the end numbers, each with a list. */
struct np_subject_index {
    const uint32_t *list_of; /* by end id: a number in `first` */
    const uint32_t *first;   /* lists + 1 offsets into `items` */
    const uint32_t *items;   /* ascending in each list */
    uint32_t n_ids;
};

struct np_stage {
    const char *name;
    enum np_combine combine;
    bool ties_undefined; /* rules of different policies with one tie that disagree: no answer */
    uint16_t pass_to;    /* stage of the checkpoint where `pass` leads; past the last: its end */
    struct np_rule *rules;
    uint32_t n_rules;
    const uint32_t *governing; /* policies whose subjects the defaults are for, in attribution order */
    uint32_t n_governing;
    const struct np_default *defaults; /* the last one is unconditional */
    uint32_t n_defaults;
    struct np_subject_index rule_index; /* list_of NULL: not indexed, every rule is looked at */
    struct np_subject_index governing_index;
};

enum np_after_allow {
    NP_AFTER_ALLOW_GO_ON = 0, /* the next checkpoint is asked too */
    NP_AFTER_ALLOW_END,       /* the path ends here, allowed */
};

struct np_checkpoint {
    const char *name;  /* "egress", "ingress", "forward", ... */
    uint8_t direction; /* enum np_end_role: SOURCE is egress, DESTINATION is ingress */
    uint8_t subject;   /* enum np_end_role: which end is protected */
    enum np_after_allow after_allow;
    struct np_stage *stages;
    uint32_t n_stages;
    struct np_outcome at_end; /* behind the last stage; NEXT: no opinion, the next checkpoint */
};

#define NP_PATH_MAX 8

struct np_checkpoints {
    uint8_t items[NP_PATH_MAX]; /* numbers of the machine's checkpoints, in order */
    uint32_t n;
};

/* A set that a selector describes, before resolve fills it in. */
enum np_selection_kind {
    NP_SELECT_NAMESPACE = 0, /* pods of namespace `ns` that `pods` selects */
    NP_SELECT_PODS,          /* pods that `pods` selects in namespaces that `namespaces` selects */
};

struct np_selection {
    enum np_selection_kind kind;
    bool without_host_network;
    np_atom ns;
    const struct np_selector *namespaces; /* NULL: all */
    const struct np_selector *pods;       /* NULL: all */
};

/* Beside a set that was made by hand: there is nothing to resolve. */
static inline bool np_selection_is_given(const struct np_selection *selection)
{
    return selection->kind == NP_SELECT_NAMESPACE && selection->ns == NP_ATOM_NONE;
}

struct np_machine;
typedef void np_path_fn(const struct np_machine *machine, const struct np_facts *facts, struct np_checkpoints *out);

struct np_machine {
    struct np_mem *mem;
    struct np_arena arena;
    const char *engine;
    np_path_fn *path;
    struct np_checkpoint *checkpoints;
    uint32_t n_checkpoints;
    struct np_policy *policies;
    uint32_t n_policies, cap_policies;
    struct np_selection *selections; /* beside `sets`, one each */
    struct np_set *sets;
    uint32_t n_sets, cap_selections, cap_sets;
    struct np_hmap selection_map;
    struct np_prefix_list *prefix_lists;
    uint32_t n_prefix_lists, cap_prefix_lists;
    const char **reasons;
    uint32_t n_reasons, cap_reasons;
    bool staged_scope; /* staged policies count as enforced */
};

void np_machine_init(struct np_machine *machine, struct np_mem *mem, const char *engine);
void np_machine_free(struct np_machine *machine);

/*
 * Builders, for engines and tests. Each returns a number, or NP_NONE when out of memory. What they
 * are given by pointer must live in the machine's arena or longer.
 */
uint32_t np_machine_add_policy(struct np_machine *machine, const struct np_policy *policy);
/* Equal selections share one set. */
uint32_t np_machine_select(struct np_machine *machine, const struct np_selection *selection);
uint32_t np_machine_add_set(struct np_machine *machine, const struct np_set *set);
uint32_t np_machine_add_prefixes(struct np_machine *machine, const struct np_prefix *items, uint32_t n);
uint32_t np_machine_add_reason(struct np_machine *machine, const char *text);

/* Copies terms into the arena as one conjunction. False when out of memory. */
bool np_machine_conj(struct np_machine *machine, const struct np_term *terms, uint32_t n, struct np_conj *out);
/* A predicate of one conjunction. */
bool np_machine_pred(struct np_machine *machine, const struct np_term *terms, uint32_t n, struct np_pred *out);

/* Does any stage combine as a policy map does? */
bool np_machine_has_map(const struct np_machine *machine);

#endif
