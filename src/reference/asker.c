/* SPDX-License-Identifier: BSD-2-Clause */
/* From a question to a verdict: see asker.h, and include/cnipol/model.h. */

#include "reference/asker.h"

static void tell(const struct np_asker *asker, const struct np_asking *asking, enum np_unasked why)
{
    if (asker->unasked)
        asker->unasked(asker->user, asking, why);
}

static uint8_t join(uint8_t a, uint8_t b)
{
    return a == b ? a : CNIPOL_UNDEFINED;
}

/* Two answers to one question about a Service: equal parts stay, others become undefined. */
static void join_evaluation(struct np_evaluation *into, const struct np_evaluation *other)
{
    for (int i = 0; i < 2; i++) {
        into->parts[i] = join(into->parts[i], other->parts[i]);
        into->asked[i] = into->asked[i] || other->asked[i];
    }
    into->decision = join(into->decision, other->decision);
    into->flags |= other->flags;
}

static struct np_evaluation ask_backend(struct np_asking *asking, const struct np_backend *backend, const struct np_asker *asker)
{
    struct np_evaluation answer = np_evaluation_undefined;

    asking->backend = backend;
    if (np_model_backend_facts(asking->model, asking->question, backend, &asking->facts))
        asker->answer(asker->user, asking, &answer);
    else
        tell(asker, asking, NP_UNASKED_BACKEND);
    return answer;
}

static void ask_service(struct np_asking *asking, const struct np_asker *asker, struct np_evaluation *out)
{
    struct np_backend backends[NP_BACKENDS_MAX];
    uint32_t n = np_model_backends(asking->model, asking->question, &asking->front, backends);

    if (n == 0 || n > NP_BACKENDS_MAX) {
        tell(asker, asking, n ? NP_UNASKED_MANY : NP_UNASKED_NOBODY);
        return;
    }
    *out = ask_backend(asking, &backends[0], asker);
    for (uint32_t i = 1; i < n; i++) {
        struct np_evaluation one = ask_backend(asking, &backends[i], asker);

        join_evaluation(out, &one);
    }
}

void np_ask(const struct cnipol_model *model, const struct cnipol_question *question, const struct np_asker *asker,
            struct np_evaluation *out)
{
    struct np_asking asking = {.model = model, .question = question, .front = np_model_front(model, question)};

    *out = np_evaluation_undefined;
    if (question->source.kind == CNIPOL_END_UNKNOWN)
        tell(asker, &asking, NP_UNASKED_END);
    else if (asking.front.n > 1)
        tell(asker, &asking, NP_UNASKED_FRONT);
    else if (asking.front.n == 1)
        ask_service(&asking, asker, out);
    else if (np_model_facts(model, question, &asking.facts))
        asker->answer(asker->user, &asking, out);
    else
        tell(asker, &asking, NP_UNASKED_END);
}

static void evaluate(void *user, const struct np_asking *asking, struct np_evaluation *out)
{
    (void)user;
    np_evaluate(&asking->model->machine, &asking->facts, np_model_directions(asking->question), NULL, out);
}

void cnipol_ask(const struct cnipol_model *model, const struct cnipol_question *question, struct cnipol_verdict *out)
{
    static const struct np_asker asker = {evaluate, NULL, NULL};
    struct np_evaluation answer;

    np_ask(model, question, &asker, &answer);
    np_verdict_of(&answer, out);
}

void np_verdict_of(const struct np_evaluation *answer, struct cnipol_verdict *out)
{
    static const struct {
        uint32_t from;
        uint32_t to;
    } flags[] = {
        {NP_OUTCOME_LOG, CNIPOL_VERDICT_LOG}, {NP_OUTCOME_AUDIT, CNIPOL_VERDICT_AUDIT}, {NP_OUTCOME_REJECT, CNIPOL_VERDICT_REJECT}};

    *out = (struct cnipol_verdict){
        .decision = answer->decision, .egress = answer->parts[NP_END_SOURCE], .ingress = answer->parts[NP_END_DESTINATION]};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (answer->flags & flags[i].from)
            out->flags |= flags[i].to;
    if (answer->asked[NP_END_SOURCE])
        out->flags |= CNIPOL_VERDICT_EGRESS_ASKED;
    if (answer->asked[NP_END_DESTINATION])
        out->flags |= CNIPOL_VERDICT_INGRESS_ASKED;
}
