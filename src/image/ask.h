/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_IMAGE_ASK_H
#define NP_IMAGE_ASK_H

/*
 * Asking by tables made ready: many questions at once, or one.
 *
 * A batch is a view with its offsets made pointers, and what does not depend on the question worked out before: made
 * in no time (a few hundred instructions), valid as long as the bytes. It takes NP_ASK_LANES questions level by level through
 * the decision tables, so that their loads overlap; a level's loop fetches what the next one reads. A single question goes the same way without
 * the lanes: the loads of eval_core.h, and a quarter fewer instructions. Both know paths of at most one checkpoint for each
 * direction, none of which an allow ends. Questions for a rule list, and other paths, are given to the plain evaluator,
 * each on its own.
 */

#include <stdbool.h>
#include <stddef.h>

#include <cnipol/eval_base.h>

#define NP_ASK_LANES 16u

/* A checkpoint's tables. */
struct np_ask_stop {
    const uint32_t *roots, *peers;
    const uint8_t *l1, *chunks, *pages, *columns, *lines;
    uint32_t l1_entries;
    uint32_t by_destination; /* the subject is the destination */
};

struct np_batch {
    const uint8_t *image;
    uint32_t view;
    uint32_t n_ids;
    uint32_t point_columns;
    uint32_t more_columns; /* per row, beside the line itself */
    const struct cnipol_image_protocol *protocols;
    const struct cnipol_image_ports *source_ports; /* NULL: they do not matter */
    const uint16_t *port_blocks;
    const struct cnipol_image_leaf *leaves;
    uint8_t leaf_shift;
    uint8_t is_wide;
    uint8_t is_plain;            /* the plain evaluator for all */
    uint8_t directions;          /* those that have a stop */
    struct np_ask_stop stops[2]; /* by direction */
    uint8_t decisions[128];      /* by what a leaf can be */
    uint32_t columns[4 * 32];    /* by state and relations: the variant's first column; UINT32_MAX: no such state */
};

/* The bytes are trusted, or verified; the view `at` lies within them. */
void np_batch_init(struct np_batch *batch, const uint8_t *image, uint32_t at);
void np_batch_ask(const struct np_batch *batch, const struct cnipol_key *keys, size_t n, struct cnipol_answer *out);
void np_batch_ask_one(const struct np_batch *batch, const struct cnipol_key *key, struct cnipol_answer *out);

#endif
