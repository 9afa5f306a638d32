/* SPDX-License-Identifier: BSD-2-Clause */
/* Points and variants: see points.h. */

#include "compile/points.h"

#include <string.h>

#include <cnipol/status.h>

#include "base/search.h"

/* Truths of boxes at points, a byte each. */
#define MAX_TRUTHS (1u << 28)

static const uint8_t with_ports[] = {CNIPOL_PROTOCOL_TCP, CNIPOL_PROTOCOL_UDP, CNIPOL_PROTOCOL_SCTP};
static const uint8_t with_types[] = {CNIPOL_PROTOCOL_ICMP, CNIPOL_PROTOCOL_ICMPV6};

static uint32_t n_boxes(const struct np_points *points)
{
    return points->cells->boxes.n;
}

static const struct np_box *box_at(const struct np_points *points, uint32_t i)
{
    return np_cell_box(points->cells, i);
}

static int push_raw(struct np_points *points, const struct np_raw_point *raw)
{
    void *grown = np_grow(points->mem, points->raw, &points->cap_raw, points->n_raw + 1, sizeof *points->raw);

    if (!grown)
        return CNIPOL_E_NOMEM;
    points->raw = grown;
    points->raw[points->n_raw++] = *raw;
    return CNIPOL_OK;
}

/* Marks the beginnings of intervals in a table of flags. */
static void cut(uint8_t *marks, uint32_t size, uint32_t lo, uint32_t hi)
{
    if (lo > hi)
        return;
    marks[lo] = 1;
    if (hi + 1 < size)
        marks[hi + 1] = 1;
}

static bool is_about(const struct np_box *box, uint8_t protocol)
{
    return box->protocol_lo <= protocol && box->protocol_hi >= protocol;
}

static int add_ports(struct np_points *points, uint8_t protocol, uint8_t *marks)
{
    int rc = CNIPOL_OK;

    memset(marks, 0, 65536);
    marks[0] = 1;
    for (uint32_t i = 0; i < n_boxes(points); i++) {
        const struct np_box *box = box_at(points, i);

        if (is_about(box, protocol) && box->flags & CNIPOL_BOX_DESTINATION)
            cut(marks, 65536, box->destination_lo, box->destination_hi);
    }
    for (uint32_t port = 0; port < 65536 && !rc; port++)
        if (marks[port])
            rc = push_raw(points, &(struct np_raw_point){.protocol = protocol, .kind = NP_POINT_PORT, .port = (uint16_t)port});
    if (!rc)
        rc = push_raw(points, &(struct np_raw_point){.protocol = protocol, .kind = NP_POINT_FRAGMENT});
    return rc ? rc : push_raw(points, &(struct np_raw_point){.protocol = protocol, .kind = NP_POINT_UNKNOWN});
}

/* Types and codes as a product: each pair of beginnings. */
static int add_types(struct np_points *points, uint8_t protocol)
{
    uint8_t types[256] = {1}, codes[256] = {1};
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < n_boxes(points); i++) {
        const struct np_box *box = box_at(points, i);

        if (is_about(box, protocol) && box->flags & CNIPOL_BOX_ICMP_TYPE)
            cut(types, 256, box->icmp_type_lo, box->icmp_type_hi);
        if (is_about(box, protocol) && box->flags & CNIPOL_BOX_ICMP_CODE)
            cut(codes, 256, box->icmp_code_lo, box->icmp_code_hi);
    }
    rc = push_raw(points, &(struct np_raw_point){.protocol = protocol, .kind = NP_POINT_PLAIN});
    for (uint32_t type = 0; type < 256; type++)
        for (uint32_t code = 0; code < 256 && !rc; code++)
            if (types[type] && codes[code])
                rc = push_raw(points,
                              &(struct np_raw_point){
                                  .protocol = protocol, .kind = NP_POINT_ICMP, .icmp_type = (uint8_t)type, .icmp_code = (uint8_t)code});
    return rc;
}

static bool is_special(uint32_t protocol)
{
    return memchr(with_ports, (int)protocol, sizeof with_ports) || memchr(with_types, (int)protocol, sizeof with_types);
}

/* One point for each interval of other protocols, standing for its first number that is one of them. */
static int add_others(struct np_points *points)
{
    uint8_t marks[257] = {1};
    bool is_open = false;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < n_boxes(points); i++)
        cut(marks, 256, box_at(points, i)->protocol_lo, box_at(points, i)->protocol_hi);
    for (uint32_t protocol = 0; protocol < 256 && !rc; protocol++) {
        is_open = is_open && !marks[protocol];
        if (is_open || is_special(protocol))
            continue;
        rc = push_raw(points, &(struct np_raw_point){.protocol = (uint8_t)protocol, .kind = NP_POINT_PLAIN});
        is_open = true;
    }
    return rc;
}

static int add_points(struct np_points *points)
{
    uint8_t *marks = np_alloc(points->mem, 65536);
    int rc = marks ? CNIPOL_OK : CNIPOL_E_NOMEM;

    for (size_t i = 0; i < sizeof with_ports && !rc; i++)
        rc = add_ports(points, with_ports[i], marks);
    for (size_t i = 0; i < sizeof with_types && !rc; i++)
        rc = add_types(points, with_types[i]);
    np_free(points->mem, marks, 65536);
    return rc ? rc : add_others(points);
}

/* The relations that boxes look at, as a dense number; the others do not matter. */
static void class_relations(struct np_points *points)
{
    uint32_t used = 0;

    for (uint32_t i = 0; i < n_boxes(points); i++)
        used |= box_at(points, i)->relation_mask;
    used &= CNIPOL_IMAGE_RELATIONS - 1;
    points->n_relation_classes = 0;
    for (uint32_t bits = 0; bits < CNIPOL_IMAGE_RELATIONS; bits++)
        points->relation_class[bits] =
            (uint8_t)((bits & used) == bits ? points->n_relation_classes++ : points->relation_class[bits & used]);
}

static void class_states(struct np_points *points)
{
    bool matter = false;

    for (uint32_t i = 0; i < n_boxes(points); i++)
        matter = matter || box_at(points, i)->state_lo > 0 || box_at(points, i)->state_hi < CNIPOL_IMAGE_STATES - 1;
    points->n_state_classes = matter ? CNIPOL_IMAGE_STATES : 1;
    for (uint32_t state = 0; state < CNIPOL_IMAGE_STATES; state++)
        points->state_class[state] = (uint8_t)(matter ? state : 0);
}

/* Class 0 is the unknown source port; then the intervals from port 1 on. */
static int class_sources(struct np_points *points)
{
    uint8_t *marks = np_zalloc(points->mem, 65536);
    bool matter = false;
    int rc = marks ? CNIPOL_OK : CNIPOL_E_NOMEM;

    for (uint32_t i = 0; i < n_boxes(points) && !rc; i++)
        if (box_at(points, i)->flags & CNIPOL_BOX_SOURCE) {
            cut(marks, 65536, box_at(points, i)->source_lo, box_at(points, i)->source_hi);
            matter = true;
        }
    if (matter)
        marks[1] = 1;
    for (uint32_t port = 1; matter && port < 65536 && !rc; port++)
        if (marks[port] && !np_words_push(&points->source_cuts, points->mem, port))
            rc = CNIPOL_E_NOMEM;
    points->n_source_classes = points->source_cuts.n + 1;
    np_free(points->mem, marks, 65536);
    return rc;
}

static uint8_t relations_of_class(const struct np_points *points, uint32_t number)
{
    uint8_t bits = 0;

    while (points->relation_class[bits] != number)
        bits++;
    return bits;
}

static int add_variants(struct np_points *points)
{
    uint32_t n, rows;
    int rc = class_sources(points);

    if (rc)
        return rc;
    class_relations(points);
    class_states(points);
    rows = points->n_relation_classes * points->n_state_classes;
    n = rows * points->n_source_classes;
    points->variants = np_grow(points->mem, NULL, &points->cap_variants, n, sizeof *points->variants);
    if (!points->variants)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t source = i % points->n_source_classes, row = i / points->n_source_classes;

        points->variants[i] =
            (struct np_raw_variant){relations_of_class(points, row / points->n_state_classes), (uint8_t)(row % points->n_state_classes),
                                    (uint16_t)(source ? points->source_cuts.items[source - 1] : 0)};
    }
    points->n_variants = n;
    return CNIPOL_OK;
}

static uint8_t within(uint32_t value, uint32_t lo, uint32_t hi)
{
    return value >= lo && value <= hi ? NP_YES : NP_NO;
}

static uint8_t least(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

static uint8_t port_truth(const struct np_box *box, const struct np_raw_point *raw)
{
    if (raw->kind == NP_POINT_UNKNOWN && box->flags & CNIPOL_BOX_BLOCK)
        return NP_NO;
    if (raw->kind == NP_POINT_PORT)
        return within(raw->port, box->destination_lo, box->destination_hi);
    if (box->destination_hi == 0)
        return NP_NO;
    return box->destination_lo <= 1 && box->destination_hi == 65535 ? NP_YES : NP_UNKNOWN;
}

static uint8_t icmp_truth(const struct np_box *box, const struct np_raw_point *raw)
{
    uint8_t truth = NP_YES;

    if (raw->kind != NP_POINT_ICMP)
        return box->flags & (CNIPOL_BOX_ICMP_TYPE | CNIPOL_BOX_ICMP_CODE) ? NP_UNKNOWN : NP_YES;
    if (box->flags & CNIPOL_BOX_ICMP_TYPE)
        truth = within(raw->icmp_type, box->icmp_type_lo, box->icmp_type_hi);
    if (box->flags & CNIPOL_BOX_ICMP_CODE)
        truth = least(truth, within(raw->icmp_code, box->icmp_code_lo, box->icmp_code_hi));
    return truth;
}

static uint8_t truth_at_point(const struct np_box *box, const struct np_raw_point *raw)
{
    uint8_t truth = box->flags & CNIPOL_BOX_MAYBE ? NP_UNKNOWN : NP_YES;
    bool has_ports = raw->kind == NP_POINT_PORT || raw->kind == NP_POINT_UNKNOWN;
    bool is_icmp = memchr(with_types, raw->protocol, sizeof with_types) != NULL;

    if (!is_about(box, raw->protocol) || (box->flags & CNIPOL_BOX_PORTS && !has_ports) || (box->flags & CNIPOL_BOX_ICMP && !is_icmp))
        return NP_NO;
    if (box->flags & CNIPOL_BOX_DESTINATION)
        truth = least(truth, port_truth(box, raw));
    if (box->flags & CNIPOL_BOX_ICMP)
        truth = least(truth, icmp_truth(box, raw));
    return truth;
}

static uint8_t truth_at_variant(const struct np_box *box, const struct np_raw_variant *variant)
{
    if ((variant->relations & box->relation_mask) != box->relation_bits || !within(variant->state, box->state_lo, box->state_hi))
        return NP_NO;
    if (!(box->flags & CNIPOL_BOX_SOURCE))
        return NP_YES;
    return variant->source ? within(variant->source, box->source_lo, box->source_hi) : NP_UNKNOWN;
}

/* What all boxes say about a raw point, four boxes to a byte, as words. */
static void describe(const struct np_points *points, const struct np_raw_point *raw, uint32_t *out)
{
    uint32_t n = n_boxes(points);

    memset(out, 0, (n / 16 + 1) * sizeof *out);
    for (uint32_t i = 0; i < n; i++)
        out[i / 16] |= (uint32_t)truth_at_point(box_at(points, i), raw) << 2 * (i % 16);
}

/* Raw points that every box treats alike get one number. */
static int merge_points(struct np_points *points, struct np_intern *kinds)
{
    uint32_t words = n_boxes(points) / 16 + 1;
    uint32_t *scratch = np_alloc(points->mem, words * sizeof *scratch);
    int rc = scratch ? CNIPOL_OK : CNIPOL_E_NOMEM;

    for (uint32_t i = 0; i < points->n_raw && !rc; i++) {
        uint32_t number;

        describe(points, &points->raw[i], scratch);
        number = np_intern(kinds, scratch, words);
        if (number == NP_NONE)
            rc = CNIPOL_E_NOMEM;
        else if (number > UINT16_MAX)
            rc = CNIPOL_E_LIMIT;
        else
            points->point_of[i] = (uint16_t)number;
    }
    points->n_points = kinds->n;
    np_free(points->mem, scratch, words * sizeof *scratch);
    return rc;
}

static int fill_truths(struct np_points *points, const struct np_intern *kinds)
{
    uint32_t boxes = n_boxes(points), words;

    points->at_point = np_alloc(points->mem, (size_t)boxes * points->n_points + 1);
    points->at_variant = np_alloc(points->mem, (size_t)boxes * points->n_variants + 1);
    if (!points->at_point || !points->at_variant)
        return CNIPOL_E_NOMEM;
    for (uint32_t p = 0; p < points->n_points; p++) {
        const uint32_t *kind = np_interned(kinds, p, &words);

        for (uint32_t i = 0; i < boxes; i++)
            points->at_point[(size_t)i * points->n_points + p] = (uint8_t)(kind[i / 16] >> 2 * (i % 16) & 3);
    }
    for (uint32_t i = 0; i < boxes; i++)
        for (uint32_t v = 0; v < points->n_variants; v++)
            points->at_variant[(size_t)i * points->n_variants + v] = truth_at_variant(box_at(points, i), &points->variants[v]);
    return CNIPOL_OK;
}

static int merge(struct np_points *points)
{
    struct np_intern kinds;
    int rc;

    np_intern_init(&kinds, points->mem);
    points->point_of = np_alloc(points->mem, (size_t)points->n_raw * sizeof *points->point_of);
    rc = points->point_of ? merge_points(points, &kinds) : CNIPOL_E_NOMEM;
    if (!rc)
        rc = fill_truths(points, &kinds);
    np_intern_free(&kinds);
    return rc;
}

int np_points_init(struct np_points *points, const struct np_cells *cells, uint32_t max_columns, uint64_t max_steps)
{
    int rc;

    *points = (struct np_points){.mem = cells->mem, .cells = cells};
    rc = add_points(points);
    if (!rc)
        rc = add_variants(points);
    if (rc)
        return rc;
    points->steps = (uint64_t)(points->n_raw + points->n_variants) * (n_boxes(points) + 1);
    if (points->steps > max_steps || points->steps > MAX_TRUTHS)
        return CNIPOL_E_LIMIT;
    rc = merge(points);
    points->point_columns = (points->n_points + 63) / 64;
    points->n_columns = points->point_columns * points->n_variants;
    return !rc && points->n_columns > max_columns ? CNIPOL_E_LIMIT : rc;
}

void np_points_free(struct np_points *points)
{
    size_t boxes = points->cells ? points->cells->boxes.n : 0;

    if (points->at_point)
        np_free(points->mem, points->at_point, boxes * points->n_points + 1);
    if (points->at_variant)
        np_free(points->mem, points->at_variant, boxes * points->n_variants + 1);
    if (points->point_of)
        np_free(points->mem, points->point_of, (size_t)points->n_raw * sizeof *points->point_of);
    if (points->raw)
        np_free(points->mem, points->raw, points->cap_raw * sizeof *points->raw);
    if (points->variants)
        np_free(points->mem, points->variants, points->cap_variants * sizeof *points->variants);
    np_words_free(&points->source_cuts, points->mem);
}
