/* SPDX-License-Identifier: BSD-2-Clause */
/* Protobuf's wire format: see pb_wire.h. Groups are passed over without recursion; the numbers of open ones are in the arena. */

#include "flow/pb_wire.h"

#include "flow/format.h"

static const uint8_t *bad(struct np_pb_flaw *flaw, const uint8_t *at, const char *message)
{
    *flaw = (struct np_pb_flaw){message, at};
    return NULL;
}

const uint8_t *np_pb_varint_slow(const uint8_t *p, const uint8_t *end, uint64_t *value, struct np_pb_flaw *flaw)
{
    const uint8_t *start = p;
    uint64_t sum = 0;

    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint64_t byte;

        if (p == end)
            return bad(flaw, start, "the message ends within a varint");
        byte = *p++;
        if (shift == 63 && byte > 1)
            break;
        sum |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = sum;
            return p;
        }
    }
    return bad(flaw, start, "a varint of more than 64 bits");
}

static const uint8_t *skip_fixed(const uint8_t *p, const uint8_t *end, size_t n, struct np_pb_flaw *flaw)
{
    return (size_t)(end - p) < n ? bad(flaw, p, "the message ends within a fixed number") : p + n;
}

static const uint8_t *skip_bytes(const uint8_t *p, const uint8_t *end, struct np_pb_flaw *flaw)
{
    const uint8_t *start = p;
    uint64_t n;

    p = np_pb_varint(p, end, &n, flaw);
    if (p && n > (uint64_t)(end - p))
        return bad(flaw, start, "a length that reaches beyond the end of the message");
    return p ? p + n : NULL;
}

/* Every wire type but groups. */
static const uint8_t *skip_plain(const uint8_t *p, const uint8_t *end, uint64_t tag, struct np_pb_flaw *flaw)
{
    uint64_t value;

    switch (tag & 7) {
    case NP_PB_VARINT:
        return np_pb_varint(p, end, &value, flaw);
    case NP_PB_FIXED64:
        return skip_fixed(p, end, 8, flaw);
    case NP_PB_BYTES:
        return skip_bytes(p, end, flaw);
    case NP_PB_FIXED32:
        return skip_fixed(p, end, 4, flaw);
    case NP_PB_GROUP_END:
        return bad(flaw, p, "the end of a group that was not begun");
    default:
        return bad(flaw, p, "a field of a wire type that does not exist");
    }
}

/* Opens or closes a group; *depth is how many are open then. */
static bool step_group(struct np_flow_run *run, struct np_flow_list *open, uint64_t tag, const uint8_t *at, struct np_pb_flaw *flaw)
{
    uint64_t *numbers = open->items;

    if ((tag & 7) == NP_PB_GROUP) {
        uint64_t *number;

        if (open->n == NP_PB_DEPTH_MAX)
            return bad(flaw, at, "groups that are nested too deeply");
        number = np_flow_list_add(run, open, sizeof *number);
        if (!number)
            return bad(flaw, at, NULL);
        *number = tag >> 3;
        return true;
    }
    if (numbers[open->n - 1] != tag >> 3)
        return bad(flaw, at, "the end of another group than the one that is open");
    open->n--;
    return true;
}

static const uint8_t *skip_group(struct np_flow_run *run, const uint8_t *p, const uint8_t *end, uint64_t tag, struct np_pb_flaw *flaw)
{
    struct np_flow_list open = {0};
    const uint8_t *start = p;

    if (!step_group(run, &open, tag, p, flaw))
        return NULL;
    while (open.n) {
        if (p == end)
            return bad(flaw, start, "a group without an end");
        start = p;
        p = np_pb_varint(p, end, &tag, flaw);
        if (!p)
            return NULL;
        if (tag >> 3 == 0 || tag >> 3 > NP_PB_NUMBER_MAX)
            return bad(flaw, start, "a field number that does not exist");
        if ((tag & 7) != NP_PB_GROUP && (tag & 7) != NP_PB_GROUP_END) {
            p = skip_plain(p, end, tag, flaw);
            if (!p)
                return NULL;
        } else if (!step_group(run, &open, tag, start, flaw)) {
            return NULL;
        }
    }
    return p;
}

const uint8_t *np_pb_skip(struct np_flow_run *run, const uint8_t *p, const uint8_t *end, uint64_t tag, struct np_pb_flaw *flaw)
{
    return (tag & 7) == NP_PB_GROUP ? skip_group(run, p, end, tag, flaw) : skip_plain(p, end, tag, flaw);
}
