/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of cluster policies: rules that come too late, and policies without an order.
 *
 * Policies are sorted by tier and priority for the second, by tier, subject and priority for the first,
 * so that only neighbours are compared; pairs within a group cost the budget. A
 * BaselineAdminNetworkPolicy has no priority at all: it has no order with any policy of the Baseline tier.
 */

#include <stdlib.h>

#include "analysis/lint.h"

struct entry {
    const struct np_cnp *policy;
    uint32_t subject;  /* number of its set */
    uint32_t position; /* as loaded */
};

struct order {
    struct np_lint *lint;
    struct entry *entries;
    uint32_t n;
};

static int compare(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_priority(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    int order = compare(a->policy->tier, b->policy->tier);

    if (!order)
        order = compare(a->policy->priority, b->policy->priority);
    return order ? order : compare(a->position, b->position);
}

static int by_subject(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    int order = compare(a->policy->tier, b->policy->tier);

    if (!order)
        order = compare(a->subject, b->subject);
    return order ? order : by_priority(x, y);
}

static int list(struct order *o, int (*by)(const void *, const void *))
{
    struct np_lint *lint = o->lint;

    o->entries = np_arena_array(&lint->picks.arena, lint->n_cnps, sizeof *o->entries);
    if (!o->entries)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < lint->n_cnps; i++) {
        struct np_selection subject = np_lint_cnp_subject(lint->cnps[i]);

        o->entries[o->n] = (struct entry){lint->cnps[i], np_lint_set_number(lint, &subject), i};
        if (o->entries[o->n++].subject == NP_NONE)
            return CNIPOL_E_NOMEM;
    }
    if (o->n > 1)
        qsort(o->entries, o->n, sizeof *o->entries, by);
    return CNIPOL_OK;
}

static const char *action_text(enum np_cnp_action action)
{
    static const char *const words[] = {"accepts", "denies", "passes"};

    return words[action];
}

/* What two policies without an order disagree on. */
struct clash {
    const struct np_cnp *a, *b;
    const struct np_cnp_rule *x, *y;
    uint32_t pod;
};

static void tell_clash(struct np_lint *lint, const struct clash *c)
{
    struct np_diag *d;

    np_lint_on_cnp(lint, c->b);
    if (c->a->kind == NP_BANP || c->b->kind == NP_BANP)
        d = np_diag_raise(lint->diags, NP_LINT_NO_ORDER, c->y->span, "%s and %s disagree, and which of them goes first is not defined",
                          lint->title, np_lint_text(lint, c->a->name));
    else
        d = np_diag_raise(lint->diags, NP_LINT_NO_ORDER, c->y->span,
                          "%s and %s have priority %d both and disagree, so which of them decides is not defined", lint->title,
                          np_lint_text(lint, c->a->name), (int)c->b->priority);
    np_diag_label(lint->diags, d, "%s here", action_text(c->y->action));
    np_diag_second(lint->diags, d, c->x->span, "%s %s", np_lint_text(lint, c->a->name), action_text(c->x->action));
    np_diag_help(lint->diags, d, "give them different priorities; both select pod %s, for example", lint->model->names[c->pod]);
}

static bool find_clash(struct np_lint *lint, struct clash *c, unsigned direction)
{
    for (uint32_t i = 0; i < c->a->n_rules[direction]; i++)
        for (uint32_t k = 0; k < c->b->n_rules[direction]; k++) {
            c->x = &c->a->rules[direction][i];
            c->y = &c->b->rules[direction][k];
            if (!np_lint_spend(lint, 1))
                return false;
            if (c->x->action != c->y->action && np_lint_rules_meet(lint, c->x, c->y))
                return true;
        }
    return false;
}

static void check_pair(struct np_lint *lint, const struct entry *a, const struct entry *b)
{
    const struct np_set *p = &lint->picks.sets[a->subject], *q = &lint->picks.sets[b->subject];
    struct clash c = {.a = a->policy, .b = b->policy};

    if (!np_lint_sets_meet(p, q, &c.pod))
        return;
    if (find_clash(lint, &c, NP_INGRESS) || find_clash(lint, &c, NP_EGRESS))
        tell_clash(lint, &c);
}

static bool has_no_order(const struct np_cnp *a, const struct np_cnp *b)
{
    return a->tier == b->tier && (a->priority == b->priority || a->kind == NP_BANP || b->kind == NP_BANP);
}

/* A pair of which one is a BaselineAdminNetworkPolicy may lie apart: there is one such policy at most. */
static void check_entry(struct order *o, uint32_t i)
{
    for (uint32_t k = i + 1; k < o->n; k++) {
        const struct np_cnp *a = o->entries[i].policy, *b = o->entries[k].policy;
        const struct np_set *p = &o->lint->picks.sets[o->entries[i].subject];

        if (a->tier != b->tier)
            return;
        if (!has_no_order(a, b)) {
            if (a->tier == NP_TIER_ADMIN)
                return;
            continue;
        }
        if (!np_lint_spend(o->lint, 1u + p->n_yes))
            return;
        check_pair(o->lint, &o->entries[i], &o->entries[k]);
    }
}

int np_lint_equal_priority(struct np_lint *lint)
{
    struct order o = {.lint = lint};
    int rc = list(&o, by_priority);

    for (uint32_t i = 0; i < o.n && !rc; i++)
        check_entry(&o, i);
    return rc;
}

struct earlier {
    const struct np_cnp *policy;
    uint32_t rule;
};

static void tell_shadowed(struct np_lint *lint, const struct np_cnp *policy, unsigned direction, uint32_t rule, const struct earlier *by)
{
    const struct np_cnp_rule *late = &policy->rules[direction][rule], *early = &by->policy->rules[direction][by->rule];
    struct np_diag *d;

    np_lint_on_cnp(lint, policy);
    d = np_diag_raise(lint->diags, NP_LINT_SHADOWED, late->span,
                      "%s rule %u of %s never decides: an earlier rule takes all that it matches", np_lint_direction(direction), rule,
                      lint->title);
    np_diag_path(lint->diags, d, "spec.%s[%u]", np_lint_direction(direction), rule);
    np_diag_label(lint->diags, d, "%s, too late", action_text(late->action));
    np_diag_second(lint->diags, d, early->span, "%s rule %u %s all of it", np_lint_text(lint, by->policy->name), by->rule,
                   action_text(early->action));
    np_diag_help(lint->diags, d,
                 early->action == late->action ? "remove it; the earlier rule does the same"
                                               : "move it in front of the earlier rule, or narrow that one");
}

/* The first rule of a policy, below `n`, that covers; n: none does. */
static uint32_t first_cover(struct np_lint *lint, const struct np_cnp *policy, unsigned direction, uint32_t n,
                            const struct np_cnp_rule *rule)
{
    uint32_t i = 0;

    while (i < n && np_lint_spend(lint, 1) && !np_lint_rule_covers(&policy->rules[direction][i], rule))
        i++;
    return lint->budget ? i : n;
}

/* Policies of one tier and subject, by priority, from `first` on; `at` is the one that is looked at. */
static void check_rule(struct order *o, uint32_t first, uint32_t at, unsigned direction, uint32_t rule)
{
    const struct np_cnp *policy = o->entries[at].policy;

    for (uint32_t i = first; i <= at && o->lint->budget; i++) {
        struct earlier by = {o->entries[i].policy, 0};
        uint32_t n = i == at ? rule : by.policy->n_rules[direction];

        if (i != at && has_no_order(by.policy, policy))
            continue;
        by.rule = first_cover(o->lint, by.policy, direction, n, &policy->rules[direction][rule]);
        if (by.rule < n) {
            tell_shadowed(o->lint, policy, direction, rule, &by);
            return;
        }
    }
}

int np_lint_shadowed(struct np_lint *lint)
{
    struct order o = {.lint = lint};
    int rc = list(&o, by_subject);
    uint32_t first = 0;

    for (uint32_t i = 0; i < o.n && !rc; i++) {
        if (o.entries[i].policy->tier != o.entries[first].policy->tier || o.entries[i].subject != o.entries[first].subject)
            first = i;
        for (unsigned direction = 0; direction < 2; direction++)
            for (uint32_t k = 0; k < o.entries[i].policy->n_rules[direction]; k++)
                check_rule(&o, first, i, direction, k);
    }
    return rc;
}
