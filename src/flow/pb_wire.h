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
#include <string.h>

enum np_pb_wire { NP_PB_VARINT = 0, NP_PB_FIXED64 = 1, NP_PB_BYTES = 2, NP_PB_GROUP = 3, NP_PB_GROUP_END = 4, NP_PB_FIXED32 = 5 };

#define NP_PB_NUMBER_MAX ((1u << 29) - 1)
#define NP_PB_DEPTH_MAX 10000u

struct np_flow_run;

/* What was malformed, where a function returned NULL. */
struct np_pb_flaw {
    const char *message; /* NULL: no memory */
    const uint8_t *at;
};

/* Byte by byte, never beyond `end`. NULL: malformed, see *flaw. */
const uint8_t *np_pb_varint_slow(const uint8_t *p, const uint8_t *end, uint64_t *value, struct np_pb_flaw *flaw);

/* A varint whose first byte is not its last: eight bytes at once, of which seven bits each are moved together. */
static inline const uint8_t *np_pb_varint_wide(const uint8_t *p, const uint8_t *end, uint64_t *value, struct np_pb_flaw *flaw)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t word, stop;

    memcpy(&word, p, sizeof word);
    stop = ~word & 0x8080808080808080u;
    if (stop) {
        const uint8_t *behind = p + (__builtin_ctzll(stop) >> 3) + 1;

        word &= stop ^ (stop - 1);
        word = (word & 0x7f007f007f007f00u) >> 1 | (word & 0x007f007f007f007fu);
        word = (word & 0x3fff00003fff0000u) >> 2 | (word & 0x00003fff00003fffu);
        *value = (word & 0x0fffffff00000000u) >> 4 | (word & 0x000000000fffffffu);
        if (behind <= end)
            return behind;
    }
#endif
    return np_pb_varint_slow(p, end, value, flaw);
}

/* The byte behind the varint at p <= end. Eight bytes from p on may be read, though they lie behind `end`. */
static inline const uint8_t *np_pb_varint(const uint8_t *p, const uint8_t *end, uint64_t *value, struct np_pb_flaw *flaw)
{
    if (p < end && *p < 0x80) {
        *value = *p;
        return p + 1;
    }
    return np_pb_varint_wide(p, end, value, flaw);
}

/* The byte behind the value of a field whose tag lies before p. */
const uint8_t *np_pb_skip(struct np_flow_run *run, const uint8_t *p, const uint8_t *end, uint64_t tag, struct np_pb_flaw *flaw);

#endif
