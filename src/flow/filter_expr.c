/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters by expression: see filter.h and expr.h.
 *
 * Several expressions are asked in turn until one is true, and an error ends that: the flow is hidden, whatever the others would
 * say. So Cilium v1.20.2 has it (pkg/hubble/filters/cel_expression.go).
 */

#include "flow/expr.h"

static int matches_expression(const struct np_test *test, const struct cnipol_flow *flow)
{
    static const struct cnipol_flow no_flow;
    const struct np_expr_node *const *roots = test->data;

    for (uint32_t i = 0; i < test->n; i++) {
        int rc = np_expr_eval(roots[i], flow->event ? &no_flow : flow);

        if (rc)
            return rc == CNIPOL_E_INVALID ? 0 : rc;
    }
    return 0;
}

static int compile(struct np_filter_job *job, const struct np_spec_value *value, const struct np_expr_node **out)
{
    struct np_expr_parser p = {.job = job, .value = value};
    const struct np_expr_node *root = np_expr_next(&p) ? np_expr_parse(&p) : NULL;

    if (root && p.token != NP_TOK_END)
        root = np_expr_wrong(&p, NP_FILTER_EXPRESSION, p.start, p.at, "this does not belong to the expression any more");
    if (root && root->kind.type != NP_EXPR_BOOL)
        root = np_expr_wrong(&p, NP_FILTER_EXPRESSION, 0, value->text.n, "an expression must be a bool, and this is %s",
                             np_expr_type_name(&root->kind));
    *out = root;
    return root ? CNIPOL_OK : p.rc;
}

int np_test_expression(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    const struct np_expr_node **roots = np_arena_array(&job->filter->arena, values->n, sizeof *roots);
    int rc = roots ? CNIPOL_OK : CNIPOL_E_NOMEM;

    for (uint32_t i = 0; rc == CNIPOL_OK && i < values->n; i++)
        rc = compile(job, &values->items[i], &roots[i]);
    out->matches = matches_expression;
    out->data = roots;
    return rc;
}
