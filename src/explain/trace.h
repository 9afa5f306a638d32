/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_EXPLAIN_TRACE_H
#define NP_EXPLAIN_TRACE_H

/*
 * A trace under construction, and as it is read: see include/cnipol/explain.h.
 *
 * Steps lie in one array in the order of asking; the deciding rules of all steps in another, each
 * step owning a stretch of it. A group is one pass through one checkpoint (a question to a Service
 * makes one for each backend).
 */

#include <cnipol/explain.h>

#include "reference/asker.h"

struct np_trace_step {
    struct np_step step;
    const char *subject; /* "shop/web" */
    const char *reason;
    uint32_t first_rule;
    uint32_t n_rules;
    uint32_t group;
    bool decides;
};

struct np_trace_rule {
    const struct np_rule *rule;
    enum np_tri match;
};

struct cnipol_trace {
    struct cnipol_ctx *ctx;
    const struct cnipol_model *model;
    struct np_arena arena;
    struct cnipol_question question;
    struct np_evaluation answer;
    struct np_facts facts;            /* of the group under way */
    const struct np_backend *backend; /* likewise; NULL: none */
    struct np_trace_step *steps;
    uint32_t n_steps, cap_steps;
    struct np_trace_rule *rules;
    uint32_t n_rules, cap_rules;
    uint32_t open_rules; /* first rule that no step owns yet */
    uint32_t group;
    const struct np_checkpoint *checkpoint; /* of the last step */
    const char *note;                       /* why there are no steps; NULL */
    bool failed;
    struct np_buf text;
    struct np_buf line;
};

/* "shop/web", "node/n1", "203.0.113.7". Lives as long as the trace; NULL: no memory. */
const char *np_trace_end_name(struct cnipol_trace *trace, const struct cnipol_end *end);
/* Why a rule's match is unknown, as a sentence. */
const char *np_trace_unknown(struct cnipol_trace *trace, const struct np_checkpoint *checkpoint, const struct np_rule *rule);
/* The same for a policy's subject. */
const char *np_trace_unknown_subject(struct cnipol_trace *trace, const struct np_checkpoint *checkpoint, const struct np_pred *subject);
/* Is the step's result this decision? What made an answer undefined is what could not be told. */
static inline bool np_trace_gives(const struct np_step *step, uint8_t decision)
{
    return (uint32_t)step->result == decision || (decision == CNIPOL_UNDEFINED && step->result == NP_STEP_UNKNOWN);
}
/* Formats into the trace's arena; NULL and trace->failed when out of memory. */
const char *np_trace_format(struct cnipol_trace *trace, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
