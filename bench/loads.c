/* SPDX-License-Identifier: BSD-2-Clause */
/* See loads.h. Not for threads. */

#include <stdint.h>

#include "loads.h"

static uint32_t view_from;
static struct loads *counting;

static uint32_t note(uint32_t offset);

#define CNIPOL_AT(offset) note(offset)
#include <cnipol/eval_core.h>

static uint32_t note(uint32_t offset)
{
    counting->all++;
    counting->tables += offset < view_from || offset >= view_from + sizeof(struct cnipol_image_view);
    return offset;
}

void loads_count(const void *image, const struct cnipol_key *key, struct loads *into)
{
    const struct cnipol_image_header *header = image;
    struct cnipol_answer answer;

    view_from = header->view;
    counting = into;
    cnipol_eval(image, header->view, key, &answer);
}
