/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions about ends, asked of an image: see include/cnipol/image.h.
 *
 * The model that was read from the image finds the ends, their relations and the backends of Services;
 * its sets are in peer ids, so facts have them already. What is left to do is to write facts as a key.
 */

#include <cnipol/eval_rules.h>
#include <cnipol/image.h>

#include "compile/emit.h"
#include "compile/key.h"
#include "image/image.h"
#include "reference/asker.h"

static int refuse(struct cnipol_ctx *ctx, const char *what)
{
    np_diag_raise(&ctx->diags, NP_IMAGE_NAMELESS, NP_NOWHERE, "%s", what);
    return ctx->diags.failed ? CNIPOL_E_NOMEM : CNIPOL_E_NOTFOUND;
}

int cnipol_image_model(struct cnipol_ctx *ctx, const struct cnipol_image *image, struct cnipol_model **out)
{
    const struct cnipol_image_section *machine = np_image_section(image, CNIPOL_SECTION_MACHINE);
    const struct cnipol_image_section *directory = np_image_section(image, CNIPOL_SECTION_DIRECTORY);
    struct cnipol_model *model;
    int rc;

    if (!machine || !directory)
        return refuse(ctx, "the image was compiled without explanation: it has no names");
    rc = np_model_read(ctx, image->bytes + machine->offset, machine->bytes, image->bytes + directory->offset, directory->bytes, &model);
    if (rc == CNIPOL_E_NOTFOUND)
        return refuse(ctx, "the engine of the image is not one of this library's");
    if (rc == CNIPOL_E_INVALID)
        np_diag_raise(&ctx->diags, NP_IMAGE_NAMES, NP_NOWHERE, "the machine and the directory of the image contradict themselves");
    if (ctx->diags.failed)
        rc = CNIPOL_E_NOMEM;
    if (rc)
        return rc;
    if (model->peers->n_ids > cnipol_image_ids(image)) {
        cnipol_model_free(model);
        np_diag_raise(&ctx->diags, NP_IMAGE_NAMES, NP_NOWHERE, "the directory of the image names peers that the tables do not have");
        return ctx->diags.failed ? CNIPOL_E_NOMEM : CNIPOL_E_INVALID;
    }
    *out = model;
    return CNIPOL_OK;
}

_Static_assert((unsigned)NP_OUTCOME_LOG == CNIPOL_VERDICT_LOG && (unsigned)NP_OUTCOME_AUDIT == CNIPOL_VERDICT_AUDIT &&
                   (unsigned)NP_OUTCOME_REJECT == CNIPOL_VERDICT_REJECT && (unsigned)NP_REL_TO_OWN_NODE == CNIPOL_RELATION_TO_OWN_NODE,
               "flags and relations have the same bits in facts and keys");

struct cnipol_key np_key_of(const struct np_asking *asking)
{
    const struct np_facts *facts = &asking->facts;
    struct cnipol_key key = {
        .source = facts->ends[NP_END_SOURCE].id,
        .destination = facts->ends[NP_END_DESTINATION].id,
        .protocol = facts->protocol,
        .icmp_type = facts->has_icmp ? facts->icmp_type : 0,
        .icmp_code = facts->has_icmp ? facts->icmp_code : 0,
        .source_port = facts->source_port,
        .destination_port = facts->port,
        .relations = (uint8_t)facts->relations,
        .state = facts->state,
        .directions = (uint8_t)np_model_directions(asking->question),
    };

    if (!facts->has_ports && cnipol_has_ports(&key))
        key.flags |= CNIPOL_KEY_FRAGMENT;
    if (facts->port_unknown)
        key.flags |= CNIPOL_KEY_PORT_UNKNOWN;
    if (facts->has_icmp)
        key.flags |= CNIPOL_KEY_ICMP;
    return key;
}

/* Whoever answers keys, as an asker. */
struct key_asker {
    cnipol_answer_fn answer;
    void *user;
};

static void answer_key(void *user, const struct np_asking *asking, struct np_evaluation *out)
{
    const struct key_asker *asker = user;
    struct cnipol_key key = np_key_of(asking);
    struct cnipol_answer answer = {0};

    asker->answer(asker->user, &key, &answer);
    *out = (struct np_evaluation){
        .decision = answer.decision,
        .parts = {answer.parts[0], answer.parts[1]},
        .asked = {(answer.flags & CNIPOL_VERDICT_EGRESS_ASKED) != 0, (answer.flags & CNIPOL_VERDICT_INGRESS_ASKED) != 0},
        .flags = answer.flags & (NP_OUTCOME_LOG | NP_OUTCOME_AUDIT | NP_OUTCOME_REJECT),
        .auth = answer.auth,
    };
}

void cnipol_ask_keys(const struct cnipol_model *model, const struct cnipol_question *question, cnipol_answer_fn answer, void *user,
                     struct cnipol_verdict *out)
{
    struct key_asker asker = {answer, user};
    struct np_evaluation evaluation = np_evaluation_undefined;

    if (model->peers)
        np_ask(model, question, &(struct np_asker){answer_key, NULL, &asker}, &evaluation);
    np_verdict_of(&evaluation, out);
}

/* The only key that a question comes to. It is answered so that what else the question comes to shows. */
struct key_taker {
    struct cnipol_key key;
    uint32_t n;
};

static void take_key(void *user, const struct np_asking *asking, struct np_evaluation *out)
{
    struct key_taker *taker = user;

    *out = (struct np_evaluation){.decision = CNIPOL_ALLOW};
    taker->key = np_key_of(asking);
    taker->n++;
}

int cnipol_image_key(const struct cnipol_model *model, const struct cnipol_question *question, struct cnipol_key *out)
{
    struct key_taker taker = {0};
    struct np_evaluation evaluation = np_evaluation_undefined;

    if (!model->peers)
        return CNIPOL_E_USAGE;
    np_ask(model, question, &(struct np_asker){take_key, NULL, &taker}, &evaluation);
    if (taker.n != 1 || evaluation.decision != CNIPOL_ALLOW)
        return CNIPOL_E_NOTFOUND;
    *out = taker.key;
    return CNIPOL_OK;
}

/* An image and the way it is asked. */
struct image_way {
    const struct cnipol_image *image;
    int32_t way;
};

static void ask_image(void *user, const struct cnipol_key *key, struct cnipol_answer *out)
{
    const struct image_way *way = user;

    if (way->way == CNIPOL_IMAGE_RULES)
        cnipol_image_ask_rules(way->image, key, out);
    else
        cnipol_image_ask(way->image, key, out);
}

void cnipol_image_ask_question(const struct cnipol_image *image, const struct cnipol_model *model, const struct cnipol_question *question,
                               int32_t way, struct cnipol_verdict *out)
{
    struct image_way user = {image, way};

    cnipol_ask_keys(model, question, ask_image, &user, out);
}
