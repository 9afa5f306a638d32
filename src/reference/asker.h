/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_REFERENCE_ASKER_H
#define NP_REFERENCE_ASKER_H

/*
 * The one walk from a question to its verdict, whoever answers: the reference, an image, a trace.
 *
 * A question comes to facts once, or once for each ready backend of the Service that its destination
 * stands for; an asker answers each. Backends that do not all answer alike leave the verdict undefined,
 * part by part. Where there is nothing to ask, the verdict is undefined, and the asker is told why.
 */

#include "reference/model.h"

enum np_unasked {
    NP_UNASKED_END,     /* an end is not known, cannot be one, or has no address of the family */
    NP_UNASKED_FRONT,   /* several Services claim the destination, or may */
    NP_UNASKED_NOBODY,  /* a Service without a ready backend */
    NP_UNASKED_MANY,    /* a Service with more than NP_BACKENDS_MAX */
    NP_UNASKED_BACKEND, /* this backend: its address is contested, or an end cannot be one */
};

/* How far the walk is. */
struct np_asking {
    const struct cnipol_model *model;
    const struct cnipol_question *question;
    struct np_front front;            /* n 0: the destination itself is asked */
    const struct np_backend *backend; /* the one under way; NULL: none */
    struct np_facts facts;
};

struct np_asker {
    void (*answer)(void *user, const struct np_asking *asking, struct np_evaluation *out);
    void (*unasked)(void *user, const struct np_asking *asking, enum np_unasked why); /* may be NULL */
    void *user;
};

void np_ask(const struct cnipol_model *model, const struct cnipol_question *question, const struct np_asker *asker,
            struct np_evaluation *out);

#endif
