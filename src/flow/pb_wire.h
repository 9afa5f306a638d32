/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_PB_WIRE_H
#define NP_FLOW_PB_WIRE_H

/*
 * Protobuf's wire format: varints, and passing over fields that nobody wants.
 *
 * What is malformed is what Go's reader refuses (google.golang.org/protobuf encoding/protowire, v1.36): a varint of more than
 * ten bytes or of more than 64 bits, a field number of 0 or above 2^29 - 1, a wire type of 6 or 7, the end of a group that was not
 * begun, groups nested deeper than 10000.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum np_pb_wire { NP_PB_VARINT = 0, NP_PB_FIXED64 = 1, NP_PB_BYTES = 2, NP_PB_GROUP = 3, NP_PB_GROUP_END = 4, NP_PB_FIXED32 = 5 };

#define NP_PB_NUMBER_MAX ((1u << 29) - 1)
#define NP_PB_DEPTH_MAX 10000u

/* What was malformed, where a function returned NULL. */
struct np_pb_flaw {
    const char *message; /* NULL: no memory */
    const uint8_t *at;
};

/* The general case. NULL: malformed, see *flaw. */
const uint8_t *np_pb_varint_slow(const uint8_t *p, const uint8_t *end, uint64_t *value, struct np_pb_flaw *flaw);

/* The byte behind the varint at p <= end. At least two bytes behind `end` may be read. */
static inline const uint8_t *np_pb_varint(const uint8_t *p, const uint8_t *end, uint64_t *value, struct np_pb_flaw *flaw)
{
    if (end - p >= 2) {
        uint32_t first = p[0], second = p[1];

        if (first < 0x80) {
            *value = first;
            return p + 1;
        }
        if (second < 0x80) {
            *value = (first & 0x7f) | second << 7;
            return p + 2;
        }
    }
    return np_pb_varint_slow(p, end, value, flaw);
}

struct np_flow_run;

/* The byte behind the value of a field whose tag lies before p. */
const uint8_t *np_pb_skip(struct np_flow_run *run, const uint8_t *p, const uint8_t *end, uint64_t tag, struct np_pb_flaw *flaw);

#endif
