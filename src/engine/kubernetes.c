/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The generic kubernetes engine: two checkpoints with five stages each.
 *
 *   exempt          a pod to its own address, or through a Service back to itself (knobs)
 *   Admin           cluster policies of the Admin tier, first match; pass leads to NetworkPolicy
 *   NetworkPolicy   union; a pod that some policy isolates and no rule allows: own node, other
 *                   protocols (knobs), else deny
 *   after-np        only with `baseline-after-np: per-pod`: pods of any NetworkPolicy leave here
 *   Baseline        cluster policies of the Baseline tier, first match
 *
 * Behind them everything is allowed. Ends that are no pods are not policed, so their checkpoint is
 * not on the path.
 *
 * Sources: network-policy-api site-src/api-overview.md (v0.2.0); docs/semantics/kubernetes.md section 4.
 */

#include <stdlib.h>

#include "engine/lower.h"

enum stage_number { STAGE_EXEMPT = 0, STAGE_ADMIN, STAGE_NETWORKPOLICY, STAGE_AFTER_NP, STAGE_BASELINE, N_STAGES };
#define N_CHECKPOINTS 2u

static void path(const struct np_machine *machine, const struct np_facts *facts, struct np_checkpoints *out)
{
    (void)machine;
    out->n = 0;
    if (facts->ends[NP_END_SOURCE].is_policed)
        out->items[out->n++] = NP_EGRESS;
    if (facts->ends[NP_END_DESTINATION].is_policed)
        out->items[out->n++] = NP_INGRESS;
}

/* Comparison context of qsort_r. */
struct names {
    const struct np_policies *policies;
    const struct np_atoms *atoms;
};

static int by_atom(const struct names *names, np_atom a, np_atom b)
{
    return a == b ? 0 : np_str_cmp(np_atoms_str(names->atoms, a), np_atoms_str(names->atoms, b));
}

/* Where all else is equal (objects without a name), as they were given. */
static int by_number(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int netpol_order(const void *x, const void *y, void *user)
{
    const struct names *names = user;
    uint32_t i = *(const uint32_t *)x, k = *(const uint32_t *)y;
    const struct np_netpol *a = &names->policies->netpols[i], *b = &names->policies->netpols[k];
    int order = by_atom(names, a->ns, b->ns);

    if (!order)
        order = by_atom(names, a->name, b->name);
    return order ? order : by_number(i, k);
}

static int cnp_order(const void *x, const void *y, void *user)
{
    const struct names *names = user;
    uint32_t i = *(const uint32_t *)x, k = *(const uint32_t *)y;
    const struct np_cnp *a = &names->policies->cnps[i], *b = &names->policies->cnps[k];
    int order;

    if (a->tier != b->tier)
        return a->tier < b->tier ? -1 : 1;
    if (a->priority != b->priority)
        return a->priority < b->priority ? -1 : 1;
    order = by_atom(names, a->name, b->name);
    if (order || a->kind == b->kind)
        return order ? order : by_number(i, k);
    return a->kind < b->kind ? -1 : 1;
}

static bool order_alloc(struct np_lower *l, struct np_lower_order *order, uint32_t n)
{
    order->items = np_alloc(l->machine->mem, n * sizeof *order->items);
    order->cap = order->items ? n : 0;
    return order->items != NULL;
}

/* An object given twice is an update: the later one is what the cluster has. */
static void order_policies(struct np_lower *l)
{
    const struct np_policies *policies = l->input->policies;
    struct names names = {policies, &l->input->ctx->atoms};

    if (!order_alloc(l, &l->netpols, policies->n_netpols) || !order_alloc(l, &l->cnps, policies->n_cnps)) {
        l->failed = true;
        return;
    }
    for (uint32_t i = 0; i < policies->n_netpols; i++)
        if (policies->netpols[i].replaced_by == NP_NONE)
            l->netpols.items[l->netpols.n++] = i;
    for (uint32_t i = 0; i < policies->n_cnps; i++)
        if (policies->cnps[i].replaced_by == NP_NONE)
            l->cnps.items[l->cnps.n++] = i;
    qsort_r(l->netpols.items, l->netpols.n, sizeof *l->netpols.items, netpol_order, &names);
    qsort_r(l->cnps.items, l->cnps.n, sizeof *l->cnps.items, cnp_order, &names);
}

static void exempt(struct np_lower *l, struct np_lower_stage *stage, enum np_relation relation, bool is_unknown)
{
    struct np_term terms[2] = {np_term_relation(relation)};
    uint32_t n = 1;

    if (is_unknown)
        terms[n++] = np_lower_unknown(l, "whether policies see a pod's traffic to itself is left open");
    np_lower_rule(l, stage,
                  &(struct np_rule){.policy = NP_NONE,
                                    .index = -1,
                                    .subject = np_pred_true,
                                    .local = np_pred_true,
                                    .remote = np_pred_true,
                                    .l4 = np_lower_pred(l, terms, n),
                                    .outcome = {.action = NP_ACTION_ALLOW},
                                    .span = NP_NOWHERE});
}

static void lower_exempt(struct np_lower *l, struct np_stage *out)
{
    struct np_lower_stage stage = {.name = "exempt", .combine = NP_COMBINE_FIRST};
    uint8_t self = np_knob(l->input->knobs, NP_KNOB_SELF_TRAFFIC);

    if (self != NP_SELF_EVALUATE)
        exempt(l, &stage, NP_REL_SELF, self == NP_SELF_UNDEFINED);
    if (np_knob(l->input->knobs, NP_KNOB_SELF_VIA_SERVICE))
        exempt(l, &stage, NP_REL_HAIRPIN, false);
    np_lower_stage_done(l, &stage, out);
}

static void lower_tier(struct np_lower *l, enum np_cnp_tier tier, enum np_direction direction, const char *name, struct np_stage *out)
{
    struct np_lower_stage stage = {.name = name, .combine = NP_COMBINE_FIRST};

    np_lower_cnps(l, tier, direction, &stage);
    np_lower_stage_done(l, &stage, out);
    out->ties_undefined = np_knob(l->input->knobs, NP_KNOB_EQUAL_PRIORITY) != 0;
}

static struct np_default own_node(struct np_lower *l)
{
    struct np_term term = np_term_relation(NP_REL_FROM_OWN_NODE);

    return (struct np_default){
        np_pred_true, np_lower_pred(l, &term, 1), {.action = NP_ACTION_ALLOW}, "traffic from the pod's own node is always allowed"};
}

static struct np_default other_protocols(struct np_lower *l, uint8_t action)
{
    struct np_term terms[NP_LOWER_TERMS];
    uint32_t n = np_lower_other_protocols(terms);

    return (struct np_default){np_pred_true,
                               np_lower_pred(l, terms, n),
                               {.action = action},
                               action == NP_ACTION_ALLOW ? "NetworkPolicy does not restrict this protocol (icmp-and-other: allow)"
                                                         : "NetworkPolicy does not say what happens to this protocol"};
}

static void lower_np_defaults(struct np_lower *l, enum np_direction direction, struct np_stage *stage)
{
    struct np_default *defaults = np_arena_array(&l->machine->arena, 3, sizeof *defaults);
    uint8_t others = np_knob(l->input->knobs, NP_KNOB_ICMP_AND_OTHER);
    uint32_t n = 0;

    if (!defaults) {
        l->failed = true;
        return;
    }
    if (direction == NP_INGRESS && np_knob(l->input->knobs, NP_KNOB_OWN_NODE_INGRESS) == 0)
        defaults[n++] = own_node(l);
    if (others == NP_OTHER_UNDEFINED)
        defaults[n++] = other_protocols(l, NP_ACTION_UNDEFINED);
    if (others == NP_OTHER_ALLOW)
        defaults[n++] = other_protocols(l, NP_ACTION_ALLOW);
    defaults[n++] = (struct np_default){np_pred_true, np_pred_true, {.action = NP_ACTION_DENY}, NULL};
    stage->defaults = defaults;
    stage->n_defaults = n;
}

static void lower_networkpolicy(struct np_lower *l, enum np_direction direction, struct np_stage *out)
{
    struct np_lower_stage stage = {.name = "NetworkPolicy", .combine = NP_COMBINE_UNION};

    np_lower_netpols(l, direction, &stage);
    np_lower_stage_done(l, &stage, out);
    lower_np_defaults(l, direction, out);
}

/* Whatever its policyTypes, a NetworkPolicy that selects the pod keeps Baseline out of both directions. */
static void lower_after_np(struct np_lower *l, struct np_stage *out)
{
    struct np_lower_stage stage = {.name = "after-np", .combine = NP_COMBINE_FIRST};
    bool per_pod = np_knob(l->input->knobs, NP_KNOB_BASELINE_AFTER_NP) != 0;

    for (uint32_t i = 0; per_pod && i < l->netpols.n; i++)
        np_lower_rule(l, &stage,
                      &(struct np_rule){.policy = NP_NONE,
                                        .index = -1,
                                        .subject = l->machine->policies[l->netpols.first + i].subject,
                                        .local = np_pred_true,
                                        .remote = np_pred_true,
                                        .l4 = np_pred_true,
                                        .outcome = {.action = NP_ACTION_ALLOW},
                                        .span = NP_NOWHERE});
    np_lower_stage_done(l, &stage, out);
}

static void lower_checkpoint(struct np_lower *l, enum np_direction direction, struct np_checkpoint *out)
{
    struct np_stage *stages = np_arena_zalloc(&l->machine->arena, N_STAGES * sizeof *stages);

    if (!stages) {
        l->failed = true;
        return;
    }
    lower_exempt(l, &stages[STAGE_EXEMPT]);
    lower_tier(l, NP_TIER_ADMIN, direction, "Admin", &stages[STAGE_ADMIN]);
    lower_networkpolicy(l, direction, &stages[STAGE_NETWORKPOLICY]);
    lower_after_np(l, &stages[STAGE_AFTER_NP]);
    lower_tier(l, NP_TIER_BASELINE, direction, "Baseline", &stages[STAGE_BASELINE]);
    for (uint16_t i = 0; i < N_STAGES; i++)
        stages[i].pass_to = (uint16_t)(i + 1);
    *out = (struct np_checkpoint){.name = direction == NP_EGRESS ? "egress" : "ingress",
                                  .direction = direction,
                                  .subject = direction,
                                  .after_allow = NP_AFTER_ALLOW_GO_ON,
                                  .stages = stages,
                                  .n_stages = N_STAGES,
                                  .at_end = {.action = NP_ACTION_ALLOW}};
}

static int lower(const struct np_engine_input *input, struct np_machine *machine)
{
    struct np_lower l = {.input = input, .machine = machine};

    machine->path = path;
    machine->checkpoints = np_arena_zalloc(&machine->arena, N_CHECKPOINTS * sizeof *machine->checkpoints);
    if (!machine->checkpoints)
        return CNIPOL_E_NOMEM;
    machine->n_checkpoints = N_CHECKPOINTS;
    order_policies(&l);
    if (!l.failed) {
        np_lower_netpol_policies(&l);
        np_lower_cnp_policies(&l);
    }
    for (enum np_direction d = NP_EGRESS; d <= NP_INGRESS && !l.failed; d++)
        lower_checkpoint(&l, d, &machine->checkpoints[d]);
    np_free(machine->mem, l.netpols.items, l.netpols.cap * sizeof *l.netpols.items);
    np_free(machine->mem, l.cnps.items, l.cnps.cap * sizeof *l.cnps.items);
    np_free(machine->mem, l.conjs, l.cap_conjs * sizeof *l.conjs);
    return l.failed ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

const struct np_engine np_engine_kubernetes = {"kubernetes", lower, path, N_CHECKPOINTS};
