/* SPDX-License-Identifier: BSD-2-Clause */
/* Boxes: see box.h. */

#include "compile/box.h"

/* A range that nothing is in, for what may be unknown. */
enum { EMPTY_LO = NP_BOX_NO_PORT_LO, EMPTY_HI = NP_BOX_NO_PORT_HI, EMPTY_LO8 = 255, EMPTY_HI8 = 1 };

const struct np_box np_box_any = NP_BOX_ANY;

static bool meet8(uint8_t *lo, uint8_t *hi, uint8_t other_lo, uint8_t other_hi)
{
    if (other_lo > *lo)
        *lo = other_lo;
    if (other_hi < *hi)
        *hi = other_hi;
    return *lo <= *hi;
}

static void meet_unknown8(uint8_t *lo, uint8_t *hi, uint8_t other_lo, uint8_t other_hi)
{
    if (meet8(lo, hi, other_lo, other_hi))
        return;
    *lo = EMPTY_LO8;
    *hi = EMPTY_HI8;
}

static void meet_unknown16(uint16_t *lo, uint16_t *hi, uint16_t other_lo, uint16_t other_hi)
{
    if (other_lo > *lo)
        *lo = other_lo;
    if (other_hi < *hi)
        *hi = other_hi;
    if (*lo <= *hi)
        return;
    *lo = EMPTY_LO;
    *hi = EMPTY_HI;
}

/* An unknown port is not 0: what is only about port 0 has nothing in common with what is not about it. */
static bool meet_destination(struct np_box *box, const struct np_box *other)
{
    bool only_zero = (box->flags & CNIPOL_BOX_DESTINATION && box->destination_hi == 0) ||
                     (other->flags & CNIPOL_BOX_DESTINATION && other->destination_hi == 0);

    meet_unknown16(&box->destination_lo, &box->destination_hi, other->destination_lo, other->destination_hi);
    if ((box->flags | other->flags) & CNIPOL_BOX_BLOCK && box->destination_lo > box->destination_hi)
        return false;
    return !only_zero || box->destination_hi == 0;
}

static bool meet_relations(struct np_box *box, const struct np_box *other)
{
    uint8_t common = box->relation_mask & other->relation_mask;

    if ((box->relation_bits & common) != (other->relation_bits & common))
        return false;
    box->relation_mask |= other->relation_mask;
    box->relation_bits |= other->relation_bits;
    return true;
}

bool np_box_and(const struct np_box *a, const struct np_box *b, struct np_box *out)
{
    struct np_box box = *a;

    if (!meet8(&box.protocol_lo, &box.protocol_hi, b->protocol_lo, b->protocol_hi) ||
        !meet8(&box.state_lo, &box.state_hi, b->state_lo, b->state_hi) || !meet_relations(&box, b) || !meet_destination(&box, b))
        return false;
    box.flags |= b->flags;
    meet_unknown16(&box.source_lo, &box.source_hi, b->source_lo, b->source_hi);
    meet_unknown8(&box.icmp_type_lo, &box.icmp_type_hi, b->icmp_type_lo, b->icmp_type_hi);
    meet_unknown8(&box.icmp_code_lo, &box.icmp_code_hi, b->icmp_code_lo, b->icmp_code_hi);
    *out = box;
    return true;
}

/* The ranges of 0..max that the term is true of: one, or what is left of it when negated. Returns how many. */
static uint32_t ranges_of(const struct np_term *term, uint32_t max, uint32_t lo[2], uint32_t hi[2])
{
    uint32_t last = term->hi < max ? term->hi : max, n = 0;

    if (!term->negated) {
        lo[0] = term->lo;
        hi[0] = last;
        return term->lo <= last;
    }
    if (term->lo > last) {
        lo[0] = 0;
        hi[0] = max;
        return 1;
    }
    if (term->lo > 0) {
        lo[n] = 0;
        hi[n++] = term->lo - 1u;
    }
    if (last < max) {
        lo[n] = last + 1;
        hi[n++] = max;
    }
    return n;
}

static uint32_t protocols(const struct np_term *term, struct np_box *out)
{
    uint32_t lo[2], hi[2], n = ranges_of(term, 255, lo, hi);

    for (uint32_t i = 0; i < n; i++) {
        out[i] = np_box_any;
        out[i].protocol_lo = (uint8_t)lo[i];
        out[i].protocol_hi = (uint8_t)hi[i];
    }
    return n;
}

static uint32_t states(const struct np_term *term, struct np_box *out)
{
    uint32_t lo[2], hi[2], n = ranges_of(term, 255, lo, hi);

    for (uint32_t i = 0; i < n; i++) {
        out[i] = np_box_any;
        out[i].state_lo = (uint8_t)lo[i];
        out[i].state_hi = (uint8_t)hi[i];
    }
    return n;
}

static uint32_t destinations(const struct np_term *term, struct np_box *out)
{
    uint32_t lo[2], hi[2], n = ranges_of(term, 65535, lo, hi);

    for (uint32_t i = 0; i < n; i++) {
        out[i] = np_box_any;
        out[i].flags = CNIPOL_BOX_PORTS | CNIPOL_BOX_DESTINATION;
        out[i].destination_lo = (uint16_t)lo[i];
        out[i].destination_hi = (uint16_t)hi[i];
    }
    return n;
}

/* Where the port is not known the term is unknown, even if no port would do. */
static uint32_t sources(const struct np_term *term, struct np_box *out)
{
    uint32_t lo[2] = {EMPTY_LO}, hi[2] = {EMPTY_HI}, n = ranges_of(term, 65535, lo, hi);

    for (uint32_t i = 0; i < (n ? n : 1); i++) {
        out[i] = np_box_any;
        out[i].flags = CNIPOL_BOX_PORTS | CNIPOL_BOX_SOURCE;
        out[i].source_lo = (uint16_t)(n ? lo[i] : EMPTY_LO);
        out[i].source_hi = (uint16_t)(n ? hi[i] : EMPTY_HI);
    }
    return n ? n : 1;
}

static uint32_t icmp(const struct np_term *term, struct np_box *out)
{
    uint32_t lo[2], hi[2], n = ranges_of(term, 255, lo, hi);
    bool is_type = term->kind == NP_TERM_ICMP_TYPE;

    for (uint32_t i = 0; i < (n ? n : 1); i++) {
        uint8_t first = (uint8_t)(n ? lo[i] : EMPTY_LO8), last = (uint8_t)(n ? hi[i] : EMPTY_HI8);

        out[i] = np_box_any;
        out[i].flags = CNIPOL_BOX_ICMP | (is_type ? CNIPOL_BOX_ICMP_TYPE : CNIPOL_BOX_ICMP_CODE);
        *(is_type ? &out[i].icmp_type_lo : &out[i].icmp_code_lo) = first;
        *(is_type ? &out[i].icmp_type_hi : &out[i].icmp_code_hi) = last;
    }
    return n ? n : 1;
}

/* All of the bits; negated: any of them missing. */
static uint32_t relations(const struct np_term *term, struct np_box *out)
{
    uint32_t n = 0;

    if (!term->negated) {
        out[0] = np_box_any;
        out[0].relation_mask = out[0].relation_bits = (uint8_t)term->arg;
        return 1;
    }
    for (uint32_t bit = 1; bit <= term->arg && bit < 256; bit <<= 1)
        if (term->arg & bit) {
            out[n] = np_box_any;
            out[n++].relation_mask = (uint8_t)bit;
        }
    return n;
}

uint32_t np_box_of_term(const struct np_term *term, struct np_box *out)
{
    switch ((enum np_term_kind)term->kind) {
    case NP_TERM_PROTOCOL:
        return protocols(term, out);
    case NP_TERM_PORT:
        return destinations(term, out);
    case NP_TERM_SOURCE_PORT:
        return sources(term, out);
    case NP_TERM_ICMP_TYPE:
    case NP_TERM_ICMP_CODE:
        return icmp(term, out);
    case NP_TERM_RELATION:
        return relations(term, out);
    case NP_TERM_STATE:
        return states(term, out);
    case NP_TERM_UNKNOWN:
    case NP_TERM_SET:
    case NP_TERM_PREFIX:
    case NP_TERM_PORT_NAME:
        break;
    }
    out[0] = np_box_any;
    out[0].flags = CNIPOL_BOX_MAYBE;
    return 1;
}
