/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who answers a case's questions: see vector.h.
 *
 * The image is compiled, its bytes are verified and opened anew, and the model is read back from them into a
 * context of its own: nothing of the case's cluster can help to answer.
 */

#include <cnipol/explain.h>

#include "analysis/vector.h"

#define NEEDS_IMAGE (CNIPOL_WITH_IMAGE | CNIPOL_WITH_RULES)

static void add(struct np_vector_sides *sides, const struct np_vector_side *side)
{
    sides->items[sides->n++] = *side;
}

static int tell_refused(struct np_vector_run *run, struct cnipol_ctx *ctx, const char *expected, int status)
{
    if (status == CNIPOL_E_NOMEM || np_vector_print_error(run, ctx))
        return CNIPOL_E_NOMEM;
    run->unusable = true;
    np_buf_clear(&run->question);
    np_buf_clear(&run->expected);
    np_buf_adds(&run->expected, expected);
    if (!run->got.n)
        np_buf_adds(&run->got, cnipol_status_text(status));
    return np_vector_tell(run, run->row, false, 1, NULL);
}

static int read_back(struct np_vector_run *run, struct np_vector_sides *sides)
{
    size_t n;
    const void *bytes = cnipol_image_bytes(sides->compiled, &n);
    int rc = cnipol_image_verify(sides->ctx, bytes, n);

    if (!rc)
        rc = cnipol_image_open(sides->ctx, bytes, n, &sides->image);
    if (!rc)
        rc = cnipol_image_model(sides->ctx, sides->image, &sides->model);
    return rc ? tell_refused(run, sides->ctx, "an image that can be read back", rc) : CNIPOL_OK;
}

static int open_image(struct np_vector_run *run, struct cnipol_ctx *ctx, const struct cnipol_model *model, struct np_vector_sides *sides)
{
    int rc = cnipol_compile(ctx, model, NULL, &sides->compiled);

    if (rc)
        return tell_refused(run, ctx, "policies that can be compiled", rc);
    sides->ctx = np_vector_ctx(run);
    return sides->ctx ? read_back(run, sides) : CNIPOL_E_NOMEM;
}

static int add_other(struct np_vector_run *run, struct np_vector_sides *sides)
{
    const struct cnipol_vector_other *other = run->other;
    int rc = other->open(other->user, sides->image);

    if (rc)
        return tell_refused(run, sides->ctx, "an image that can be asked elsewhere", rc);
    add(sides, &(struct np_vector_side){.name = other->name, .ctx = sides->ctx, .model = sides->model, .other = other});
    return CNIPOL_OK;
}

static int add_image(struct np_vector_run *run, struct cnipol_ctx *ctx, const struct cnipol_model *model, struct np_vector_sides *sides)
{
    struct np_vector_side side;
    int rc = open_image(run, ctx, model, sides);

    if (rc || run->unusable)
        return rc;
    side = (struct np_vector_side){.name = "image", .ctx = sides->ctx, .model = sides->model, .image = sides->image};
    if (run->with & CNIPOL_WITH_IMAGE)
        add(sides, &side);
    side.name = "rules";
    side.way = CNIPOL_IMAGE_RULES;
    if (run->with & CNIPOL_WITH_RULES)
        add(sides, &side);
    return run->other ? add_other(run, sides) : CNIPOL_OK;
}

int np_vector_sides_open(struct np_vector_run *run, struct cnipol_ctx *ctx, const struct cnipol_model *model, struct np_vector_sides *sides)
{
    int rc = CNIPOL_OK;

    *sides = (struct np_vector_sides){0};
    if (run->with & CNIPOL_WITH_REFERENCE)
        add(sides, &(struct np_vector_side){.name = "reference", .ctx = ctx, .model = model});
    if (run->with & NEEDS_IMAGE || run->other)
        rc = add_image(run, ctx, model, sides);
    if (run->unusable)
        sides->n = 0;
    return rc;
}

void np_vector_sides_close(struct np_vector_sides *sides)
{
    cnipol_model_free(sides->model);
    cnipol_image_free(sides->image);
    cnipol_ctx_free(sides->ctx);
    cnipol_image_free(sides->compiled);
}

void np_vector_side_ask(const struct np_vector_side *side, const struct cnipol_question *question, struct cnipol_verdict *out)
{
    if (side->other)
        cnipol_ask_keys(side->model, question, side->other->answer, side->other->user, out);
    else if (side->image)
        cnipol_image_ask_question(side->image, side->model, question, side->way, out);
    else
        cnipol_ask(side->model, question, out);
}

bool np_vector_verdicts_agree(const struct cnipol_verdict *verdicts, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        if (verdicts[i].decision != verdicts[0].decision || verdicts[i].egress != verdicts[0].egress ||
            verdicts[i].ingress != verdicts[0].ingress || verdicts[i].flags != verdicts[0].flags)
            return false;
    return true;
}

/* "allow", or where they differ "allow (reference: egress allow, ingress allow, flags 0x18), deny (image: ...)". */
void np_vector_verdicts_print(const struct np_vector_sides *sides, const struct cnipol_verdict *verdicts, struct np_buf *out)
{
    if (np_vector_verdicts_agree(verdicts, sides->n)) {
        np_buf_adds(out, cnipol_decision_text(verdicts[0].decision));
        return;
    }
    for (uint32_t i = 0; i < sides->n; i++)
        np_buf_addf(out, "%s%s (%s: egress %s, ingress %s, flags 0x%x)", i ? ", " : "", cnipol_decision_text(verdicts[i].decision),
                    sides->items[i].name, cnipol_decision_text(verdicts[i].egress), cnipol_decision_text(verdicts[i].ingress),
                    verdicts[i].flags);
}
