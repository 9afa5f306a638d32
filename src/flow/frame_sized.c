/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames that say how long they are: protobuf's varints, IPFIX (RFC 7011 section 3.1), our own four bytes. */

#include "flow/frame.h"

#define IPFIX_VERSION 10u
#define IPFIX_HEADER 16u
#define VARINT_MAX 10u

static int varint_header(const uint8_t *bytes, size_t n, size_t *header, uint64_t *total)
{
    uint64_t value = 0;

    for (size_t i = 0; i < n && i < VARINT_MAX; i++) {
        value |= (uint64_t)(bytes[i] & 0x7f) << (7 * i);
        if (bytes[i] & 0x80)
            continue;
        *header = i + 1;
        *total = value + i + 1;
        return *total < value ? CNIPOL_E_SYNTAX : 1;
    }
    return n < VARINT_MAX ? 0 : CNIPOL_E_SYNTAX;
}

static int ipfix_header(const uint8_t *bytes, size_t n, size_t *header, uint64_t *total)
{
    *header = 0;
    if (n >= 2 && (bytes[0] << 8 | bytes[1]) != IPFIX_VERSION)
        return CNIPOL_E_SYNTAX;
    if (n < 4)
        return 0;
    *total = (uint64_t)(bytes[2] << 8 | bytes[3]);
    return *total < IPFIX_HEADER ? CNIPOL_E_SYNTAX : 1;
}

static int u32_header(const uint8_t *bytes, size_t n, size_t *header, uint64_t *total)
{
    if (n < 4)
        return 0;
    *header = 4;
    *total = 4 + ((uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 | (uint64_t)bytes[3] << 24);
    return 1;
}

int np_frame_header(enum np_framing framing, const uint8_t *bytes, size_t n, size_t *header, uint64_t *total)
{
    switch (framing) {
    case NP_FRAME_VARINT:
        return varint_header(bytes, n, header, total);
    case NP_FRAME_IPFIX:
        return ipfix_header(bytes, n, header, total);
    default:
        return u32_header(bytes, n, header, total);
    }
}
