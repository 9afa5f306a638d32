/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_POINTS_H
#define NP_COMPILE_POINTS_H

/*
 * Points and variants: the L4 part of a question, cut into what the boxes can tell apart.
 *
 * A point stands for protocols with destination ports, or ICMP types and codes, that every box treats alike; a
 * variant likewise for relations, connection states and source ports. First the borders of all boxes cut each
 * dimension; then points that no box tells apart, wherever they lie, become one: the gaps between single ports
 * are one point, usually. Points are numbered in the order TCP, UDP, SCTP, other protocols, so that the
 * commonest come first.
 *
 * Whether a box holds at (variant, point) is the lesser of two truths, one for each.
 */

#include "compile/cell.h"

/* A question's L4 part that stands for a raw point. */
struct np_raw_point {
    uint8_t protocol;
    uint8_t kind; /* enum np_point_kind */
    uint8_t icmp_type, icmp_code;
    uint16_t port; /* the first of an interval */
};

enum np_point_kind { NP_POINT_PLAIN, NP_POINT_FRAGMENT, NP_POINT_UNKNOWN, NP_POINT_PORT, NP_POINT_ICMP };

struct np_raw_variant {
    uint8_t relations;
    uint8_t state;
    uint16_t source; /* 0: unknown; else the first of an interval */
};

struct np_points {
    struct np_mem *mem;
    const struct np_cells *cells;
    struct np_raw_point *raw;
    uint16_t *point_of; /* by raw point */
    uint32_t n_raw, cap_raw;
    uint32_t n_points;
    struct np_raw_variant *variants;
    uint32_t n_variants, cap_variants;
    uint8_t relation_class[CNIPOL_IMAGE_RELATIONS];
    uint32_t n_relation_classes;
    uint8_t state_class[4];
    uint32_t n_state_classes;
    struct np_words source_cuts; /* first port of each interval; empty: source ports do not matter */
    uint32_t n_source_classes;
    uint32_t n_columns, point_columns;
    uint8_t *at_point;   /* truth of each box at each point: box * n_points + point */
    uint8_t *at_variant; /* box * n_variants + variant */
    uint64_t steps;
};

/* CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT: more columns or more steps than allowed (tables are out of question). */
int np_points_init(struct np_points *points, const struct np_cells *cells, uint32_t max_columns, uint64_t max_steps);
void np_points_free(struct np_points *points);

#endif
