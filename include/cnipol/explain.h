/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_EXPLAIN_H
#define CNIPOL_EXPLAIN_H

#include <cnipol/diag.h>
#include <cnipol/model.h>

/**
 * Why: the chain of checkpoints, stages, policies and rules behind a verdict.
 *
 * A trace is data: steps in the order in which the engine asked. cnipol_trace_text() renders it for
 * people. A trace belongs to the context's thread; its strings live until it is freed.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct cnipol_trace;

enum cnipol_step_result {
    CNIPOL_STEP_ALLOW = 1,
    CNIPOL_STEP_REDIRECT = 2,
    CNIPOL_STEP_UNDEFINED = 3,
    CNIPOL_STEP_DENY = 4,
    CNIPOL_STEP_PASS = 5,    /**< a rule sent the question on to a later stage */
    CNIPOL_STEP_GO_ON = 6,   /**< nothing matched, and nothing governs: the next stage */
    CNIPOL_STEP_UNKNOWN = 7, /**< may or may not match: both ways were followed */
    CNIPOL_STEP_LOG = 8      /**< noted, and the search went on */
};

/** "allow", ..., "pass", "go on", "unknown", "log". */
CNIPOL_API const char *cnipol_step_result_text(int32_t result);

/** A rule that decided, or the policy whose default did. */
struct cnipol_rule_ref {
    const char *kind;             /**< "NetworkPolicy"; NULL: no policy, the engine's own default */
    const char *policy_namespace; /**< NULL: cluster-scoped */
    const char *policy;
    const char *tier;      /**< "Admin", "Baseline"; NULL: no tiers */
    const char *rule_name; /**< NULL: unnamed */
    int32_t rule;          /**< index in its direction, 0 first; -1: the policy as a whole (isolation) */
    uint32_t reserved;
    struct cnipol_place place;
};

struct cnipol_step {
    int32_t direction;           /**< CNIPOL_ASK_EGRESS or CNIPOL_ASK_INGRESS */
    int32_t result;              /**< enum cnipol_step_result */
    const char *engine;          /**< "kubernetes" */
    const char *checkpoint;      /**< "egress", "ingress" */
    const char *subject;         /**< who is protected here: "shop/web", or a backend of a Service */
    const char *stage;           /**< "Admin", "NetworkPolicy", "Baseline", "exempt", "default" */
    const char *reason;          /**< a sentence: "2 policies select this pod, none allows"; may be NULL */
    uint32_t governing;          /**< policies of the stage that select the subject in this direction */
    uint32_t n_rules;            /**< deciding rules; the smallest by (namespace, name, index) first */
    struct cnipol_rule_ref rule; /**< the first of them; kind NULL if there is none */
    uint8_t decides;             /**< this step gave its direction's answer */
    uint8_t reserved[7];
};

/** Asks, and keeps the chain. Of a model that was read from an image, too (image.h). CNIPOL_OK or CNIPOL_E_NOMEM. */
CNIPOL_API int cnipol_explain(struct cnipol_ctx *ctx, const struct cnipol_model *model, const struct cnipol_question *question,
                              struct cnipol_trace **out);
/** NULL is fine. */
CNIPOL_API void cnipol_trace_free(struct cnipol_trace *trace);

/** What cnipol_ask() answers to the same question. */
CNIPOL_API void cnipol_trace_verdict(const struct cnipol_trace *trace, struct cnipol_verdict *out);
/** How many steps there are. */
CNIPOL_API size_t cnipol_trace_steps(const struct cnipol_trace *trace);
/** The i-th step, 0 first. CNIPOL_E_USAGE outside the range. */
CNIPOL_API int cnipol_trace_step(const struct cnipol_trace *trace, size_t i, struct cnipol_step *out);
/** The k-th deciding rule of step i. CNIPOL_E_USAGE outside the range. */
CNIPOL_API int cnipol_trace_rule(const struct cnipol_trace *trace, size_t i, size_t k, struct cnipol_rule_ref *out);

/**
 * Who decided, as attribution rules have it: the denying rule or policy (egress first when both deny),
 * else the allowing one; kind NULL when a default did. `direction` as in a step.
 */
CNIPOL_API void cnipol_trace_by(const struct cnipol_trace *trace, struct cnipol_rule_ref *out, int32_t *direction);

/** The chain for people, several lines with file:line; `color` adds ANSI colours. Lives as long as the trace; NULL: no memory. */
CNIPOL_API const char *cnipol_trace_text(struct cnipol_trace *trace, int32_t color);
/** The chain on one line: "[Admin] pass (rule 2 of guard) → [NetworkPolicy] deny: ...". */
CNIPOL_API const char *cnipol_trace_line(struct cnipol_trace *trace);

#ifdef __cplusplus
}
#endif
#endif
