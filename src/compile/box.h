/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_BOX_H
#define NP_COMPILE_BOX_H

/*
 * Boxes: products of ranges over what a question says besides its two ends, three-valued as the image's cells
 * are (format.h, enum cnipol_box_flag).
 *
 * A term is a union of boxes, and so is a negated one; a conjunction is the union of their intersections. Ranges
 * of ports and ICMP types may be empty: such a box still may hold where the port is not known, as a conjunction
 * of two unknown terms does.
 */

#include <string.h>

#include <cnipol/format.h>

#include "compile/intern.h"
#include "model/predicate.h"

/* Whole words, no holes: boxes are hash-consed as strings. */
struct np_box {
    uint8_t flags; /* enum cnipol_box_flag */
    uint8_t protocol_lo, protocol_hi;
    uint8_t relation_mask;
    uint8_t relation_bits;
    uint8_t state_lo, state_hi;
    uint8_t icmp_type_lo;
    uint8_t icmp_type_hi;
    uint8_t icmp_code_lo, icmp_code_hi;
    uint8_t reserved;
    uint16_t source_lo, source_hi;
    uint16_t destination_lo, destination_hi;
};
#define NP_BOX_WORDS (sizeof(struct np_box) / sizeof(uint32_t))

/* Holds whatever is asked. */
#define NP_BOX_ANY                                                                                                                 \
    {                                                                                                                              \
        .protocol_hi = 255, .state_hi = 255, .icmp_type_hi = 255, .icmp_code_hi = 255, .source_hi = 65535, .destination_hi = 65535 \
    }
extern const struct np_box np_box_any;

/* A range that no port is in, for what may hold where the port is not known. */
enum { NP_BOX_NO_PORT_LO = 65535, NP_BOX_NO_PORT_HI = 1 };

/* False: they have nothing in common, whatever is not known. */
bool np_box_and(const struct np_box *a, const struct np_box *b, struct np_box *out);

/* The boxes of a term that is about neither end; at most NP_BOX_TERM_MAX. Returns how many. */
#define NP_BOX_TERM_MAX 8
uint32_t np_box_of_term(const struct np_term *term, struct np_box *out);

static inline bool np_box_is_any(const struct np_box *box)
{
    return memcmp(box, &np_box_any, sizeof *box) == 0;
}

#endif
