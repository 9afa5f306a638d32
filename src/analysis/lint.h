/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_ANALYSIS_LINT_H
#define NP_ANALYSIS_LINT_H

/*
 * Lints: what their files share.
 *
 * A lint looks at policies as written and at who their selectors pick. The picking is done once for
 * all lints: every selection that a policy speaks of is put into a machine of its own (`picks`), which
 * is resolved before the first lint runs; np_lint_set() then finds the set of a selection. Host-network
 * pods are in the sets, whatever the knob says: a lint says itself what it thinks of them.
 *
 * Of policies that were given twice only the one that the model knows as the latest is looked at.
 *
 * A lint says only what is certain: where a match may or may not be (labels that nobody gave), it is
 * silent. Cost is linear in policies and pods, with a budget for what is not.
 */

#include "reference/model.h"

struct np_lint {
    struct cnipol_ctx *ctx;
    struct np_diags *diags;
    const struct cnipol_model *model;
    const struct np_policies *policies;
    const struct np_namespace *namespaces;
    const struct np_pod *pods;
    uint32_t n_namespaces;
    uint32_t n_pods;
    struct np_machine picks;
    const struct np_netpol **netpols; /* those that count */
    const struct np_cnp **cnps;
    uint32_t n_netpols;
    uint32_t n_cnps;
    uint64_t budget; /* steps that are left for what is not linear */
    char title[640]; /* "NetworkPolicy shop/web", of the policy that is spoken of */
};

/* Finds what it looks for and raises it. 0 or CNIPOL_E_NOMEM. */
typedef int np_lint_fn(struct np_lint *lint);

/* Selections as the engine makes them, host-network pods included. */
struct np_selection np_lint_subject(const struct np_netpol *policy);
struct np_selection np_lint_peer(const struct np_netpol *policy, const struct np_netpol_peer *peer);
struct np_selection np_lint_cnp_subject(const struct np_cnp *policy);
/* Of a peer of kind NAMESPACES or PODS. */
struct np_selection np_lint_cnp_peer(const struct np_cnp_peer *peer);

/* Who is picked; NULL when out of memory. */
const struct np_set *np_lint_set(struct np_lint *lint, const struct np_selection *selection);
/* The set's number: equal numbers, equal selections. NP_NONE when out of memory. */
uint32_t np_lint_set_number(struct np_lint *lint, const struct np_selection *selection);

static inline bool np_lint_is_empty(const struct np_set *set)
{
    return !set->n_yes && !set->n_maybe;
}

/* Takes steps from the budget. False: it is used up, and what they were for is left out. */
bool np_lint_spend(struct np_lint *lint, uint64_t steps);

static inline const char *np_lint_text(const struct np_lint *lint, np_atom atom)
{
    return atom == NP_ATOM_NONE ? "" : np_atoms_str(&lint->ctx->atoms, atom).s;
}

static inline const char *np_lint_direction(unsigned direction)
{
    return direction == NP_INGRESS ? "ingress" : "egress";
}

static inline bool np_lint_is_nowhere(struct np_span span)
{
    return span.source == NP_NONE;
}

/* New diagnostics name this policy, and `title` is its name. */
void np_lint_on_netpol(struct np_lint *lint, const struct np_netpol *policy);
void np_lint_on_cnp(struct np_lint *lint, const struct np_cnp *policy);

/* lint_namespace.c: a name that the selector asks for and that no namespace has; NP_ATOM_NONE: there is none. */
np_atom np_lint_names_unknown(const struct np_lint *lint, const struct np_selector *selector);

/* lint_why.c: why nobody is picked, and what may have been meant. */
void np_lint_why(struct np_lint *lint, struct np_diag *d, const struct np_selection *selection);

/* lint_cover.c: rules of cluster policies compared, by what is written. Unknown members compare as nothing. */
bool np_lint_selector_covers(const struct np_selector *wide, const struct np_selector *narrow);
bool np_lint_rule_covers(const struct np_cnp_rule *wide, const struct np_cnp_rule *narrow);
/* Surely something in common: a pod that is there, an address, a name; and a port. */
bool np_lint_rules_meet(struct np_lint *lint, const struct np_cnp_rule *a, const struct np_cnp_rule *b);
bool np_lint_sets_meet(const struct np_set *a, const struct np_set *b, uint32_t *pod);

/* The lints, by file. */
np_lint_fn np_lint_subjects;       /* lint_select.c */
np_lint_fn np_lint_peers;          /* lint_select.c */
np_lint_fn np_lint_namespaces;     /* lint_namespace.c */
np_lint_fn np_lint_host_network;   /* lint_host.c */
np_lint_fn np_lint_named_ports;    /* lint_port.c */
np_lint_fn np_lint_blocks;         /* lint_block.c */
np_lint_fn np_lint_dns;            /* lint_dns.c */
np_lint_fn np_lint_shapes;         /* lint_shape.c */
np_lint_fn np_lint_equal_priority; /* lint_order.c */
np_lint_fn np_lint_shadowed;       /* lint_order.c */

#endif
