/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking an image: the evaluator of eval_core.h behind exported functions. */

#include <cnipol/eval_core.h>

#include "image/image.h"

void cnipol_image_ask(const struct cnipol_image *image, const struct cnipol_key *key, struct cnipol_answer *out)
{
    cnipol_eval(image->bytes, image->view, key, out);
}

void cnipol_image_ask_rules(const struct cnipol_image *image, const struct cnipol_key *key, struct cnipol_answer *out)
{
    cnipol_eval_rules(image->bytes, image->view, key, out);
}

void cnipol_image_ask_batch(const struct cnipol_image *image, const struct cnipol_key *keys, size_t n, struct cnipol_answer *out)
{
    for (size_t i = 0; i < n; i++)
        cnipol_eval(image->bytes, image->view, &keys[i], &out[i]);
}
