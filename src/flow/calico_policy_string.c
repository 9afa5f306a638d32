/* SPDX-License-Identifier: BSD-2-Clause */
/* calico-policy-string: policy strings, one a line; a record has the one policy. See calico_policy.h. */

#include "flow/calico.h"

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    const struct np_calico_state *state = run->state;
    struct cnipol_flow_policy *policy;
    const char *wrong;
    uint32_t at;

    policy = np_arena_alloc(&run->arena, sizeof *policy);
    if (!policy)
        return CNIPOL_E_NOMEM;
    wrong = np_calico_policy_parse(np_text(run->frame, run->n), state->era, policy, &at);
    if (wrong)
        return np_flaw(run, NP_FLOW_FIELD, at, wrong);
    flow->policies = policy;
    flow->n_policies = 1;
    return 1;
}

/* Certain enough if the first line is one. */
static int recognise(const char *bytes, size_t n)
{
    const char *end = n ? memchr(bytes, '\n', n) : NULL;
    struct cnipol_flow_policy policy;
    uint32_t at;

    n = end ? (size_t)(end - bytes) : n;
    if (n && bytes[n - 1] == '\r')
        n--;
    return np_calico_policy_parse(np_text(bytes, n), NP_CALICO_ANY, &policy, &at) ? 0 : 90;
}

const struct np_format np_format_calico_policy_string = {
    {"calico-policy-string", "Calico: policies in flow logs", "policy strings, one a line: 0|default|np:shop/web|allow|0"},
    NP_FRAME_LINE, np_calico_open, np_calico_close, NULL, next, NULL, recognise, .is_single = true,
};
