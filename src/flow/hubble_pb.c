/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's protobuf, GetFlowsResponse, ExportEvent or a bare Flow a frame: reading fields by the tables of hubble_pb_fields.c.
 *
 * Texts are views of the frame. Lists are in the arena and double: one of n items has room for the next power of two, four at
 * least, so that the number of items is all there is to keep. Messages nest as deeply as the tables do, which is six levels.
 *
 * What is refused is what Go's proto.Unmarshal refuses (google.golang.org/protobuf v1.36 internal/impl/decode.go): malformed wire data
 * (pb_wire.h), and texts that are not UTF-8. A field of another wire type than its own is an unknown one. A record whose values our
 * record cannot have (a port of 70000, an address that is none) is refused as the JSON form of it is.
 */

#include "flow/hubble_pb.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

struct reader {
    struct np_flow_run *run;
    struct np_pb *pb;
    struct cnipol_flow *flow;
};

/* Is a bit above 0x7f set in any of the n bytes? Eight bytes from p on may be read. */
static inline bool has_high_bit(const uint8_t *p, uint64_t n)
{
    uint64_t word, sum;

    memcpy(&word, p, 8);
    if (n < 8)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        return n && (word << (64 - 8 * n) & 0x8080808080808080u) != 0;
#else
        return n && (word >> (64 - 8 * n) & 0x8080808080808080u) != 0;
#endif
    sum = word;
    for (uint64_t at = 8; at + 8 <= n; at += 8) {
        memcpy(&word, p + at, 8);
        sum |= word;
    }
    memcpy(&word, p + n - 8, 8);
    return ((sum | word) & 0x8080808080808080u) != 0;
}

static inline bool is_text(const uint8_t *p, uint64_t n)
{
    return !has_high_bit(p, n) || np_utf8_valid((const char *)p, n);
}

static int flaw_at(const struct reader *r, const uint8_t *at, const char *message)
{
    return np_flaw(r->run, NP_FLOW_SYNTAX, (size_t)(at - (const uint8_t *)r->run->frame), message);
}

static int wire_flaw(const struct reader *r, const struct np_pb_flaw *flaw)
{
    return flaw->message ? flaw_at(r, flaw->at, flaw->message) : CNIPOL_E_NOMEM;
}

/* Room for one more item of a list whose pointer is at *list; not zeroed. NULL: no memory. */
static inline void *add_item(struct np_flow_run *run, void *list, uint32_t *n, size_t size)
{
    void *items;

    memcpy(&items, list, sizeof items);
    if (*n == 0 || (*n >= 4 && (*n & (*n - 1)) == 0)) {
        size_t cap = *n ? 2 * (size_t)*n : 4;
        void *grown = np_arena_array(&run->arena, cap, size);

        if (!grown)
            return NULL;
        if (*n)
            memcpy(grown, items, *n * size);
        items = grown;
        memcpy(list, &items, sizeof items);
    }
    return (char *)items + (*n)++ * size;
}

/* Another member of a oneof: what the one before has left is emptied. */
static void choose(struct reader *r, const struct np_pb_field *field, char *base)
{
    struct np_pb_raw *raw = &r->pb->raw;

    if (raw->chosen[field->oneof] == field->number)
        return;
    if (raw->chosen[field->oneof]) {
        switch (field->oneof) {
        case NP_PB_ONEOF_L4:
            raw->seen &= ~NP_PB_SEEN_FLAGS;
            memset(&raw->l4, 0, sizeof raw->l4);
            break;
        case NP_PB_ONEOF_TUNNEL_L4:
            memset(&raw->tunnel_l4, 0, sizeof raw->tunnel_l4);
            break;
        case NP_PB_ONEOF_L7: {
            struct np_pb_l7 *l7 = (void *)base;

            *l7 = (struct np_pb_l7){.l7.latency_ns = l7->l7.latency_ns, .type = l7->type};
            break;
        }
        default: {
            struct np_pb_raw top = {.top_node = raw->top_node, .top_time = raw->top_time, .seen = raw->seen & NP_PB_SEEN_TOP_TIME};

            memset(r->flow, 0, sizeof *r->flow);
            *raw = top;
            break;
        }
        }
    }
    raw->chosen[field->oneof] = field->number;
}

static int read_message(struct reader *r, const struct np_pb_message *message, char *base, const uint8_t *p, const uint8_t *end);

/* A message that is a field: into its place, into one more item of a list, or into memory of its own. */
static int read_inner(struct reader *r, const struct np_pb_field *field, char *base, char *place, const uint8_t *p, const uint8_t *end)
{
    if (field->oneof)
        choose(r, field, base);
    r->pb->raw.seen |= field->seen;
    if (field->kind == NP_PB_ITEMS) {
        place = add_item(r->run, place, (void *)(place - field->offset + field->count), field->size);
        if (place)
            np_zero(place, field->size);
    } else if (field->kind == NP_PB_OWN) {
        char *own;

        memcpy(&own, place, sizeof own);
        if (!own) {
            own = np_arena_zalloc(&r->run->arena, field->size);
            memcpy(place, &own, sizeof own);
        }
        place = own;
    }
    return place ? read_message(r, field->message, place, p, end) : CNIPOL_E_NOMEM;
}

static inline int read_text(struct reader *r, const struct np_pb_field *field, char *base, char *place, const uint8_t *p, uint64_t n)
{
    struct cnipol_text *text = (void *)place;

    if (!is_text(p, n))
        return flaw_at(r, p, "a text that is not UTF-8");
    if (field->kind == NP_PB_CHECK)
        return CNIPOL_OK;
    if (field->kind == NP_PB_TEXT) {
        *text = np_text(n ? (const char *)p : NULL, n);
        return CNIPOL_OK;
    }
    text = add_item(r->run, place, (void *)(base + field->count), sizeof *text);
    if (!text)
        return CNIPOL_E_NOMEM;
    *text = np_text((const char *)p, n);
    return CNIPOL_OK;
}

static inline void read_number(const struct np_pb_field *field, char *place, uint64_t value)
{
    uint32_t low = (uint32_t)value;
    uint16_t bits;

    switch (field->kind) {
    case NP_PB_U32:
        memcpy(place, &low, sizeof low);
        return;
    case NP_PB_U64:
        memcpy(place, &value, sizeof value);
        return;
    case NP_PB_BOOL:
        *place = value != 0;
        return;
    default:
        memcpy(&bits, place, sizeof bits);
        bits = (uint16_t)((bits & ~(1u << field->bit)) | (unsigned)(value != 0) << field->bit);
        memcpy(place, &bits, sizeof bits);
        return;
    }
}

static inline unsigned wire_of(const struct np_pb_field *field)
{
    return field->kind >= NP_PB_TEXT ? NP_PB_BYTES : NP_PB_VARINT;
}

static const struct np_pb_field *find_far(const struct np_pb_lookup *lookup, const struct np_pb_message *message, uint64_t tag)
{
    for (unsigned i = lookup->first_far; i < message->n; i++)
        if (message->fields[i].number == tag >> 3)
            return lookup->wanted >> i & 1 && (tag & 7) == wire_of(&message->fields[i]) ? &message->fields[i] : NULL;
    return NULL;
}

/* The row of a field that is wanted and of the right wire type, or NULL. */
static inline const struct np_pb_field *find(const struct np_pb_lookup *lookup, const struct np_pb_message *message, uint64_t tag)
{
    if (tag < sizeof lookup->near) {
        unsigned near = lookup->near[tag];

        return near ? &message->fields[near - 1] : NULL;
    }
    return find_far(lookup, message, tag);
}

/* A field that is not wanted, or not known; its tag is at `start` and ends before p. NULL: malformed. */
static const uint8_t *pass_over(const struct reader *r, const uint8_t *start, const uint8_t *p, const uint8_t *end, uint64_t tag,
                                struct np_pb_flaw *flaw)
{
    uint64_t n;

    if (tag >> 3 == 0 || tag >> 3 > NP_PB_NUMBER_MAX) {
        *flaw = (struct np_pb_flaw){"a field number that does not exist", start};
        return NULL;
    }
    if ((tag & 7) != NP_PB_BYTES || p >= end || *p >= 0x80)
        return np_pb_skip(r->run, p, end, tag, flaw);
    n = *p;
    if (n < (uint64_t)(end - p))
        return p + n + 1;
    *flaw = (struct np_pb_flaw){"a length that reaches beyond the end of the message", p};
    return NULL;
}

static int read_message(struct reader *r, const struct np_pb_message *message, char *base, const uint8_t *p, const uint8_t *end)
{
    const struct np_pb_lookup *lookup = &r->pb->lookup[message->id];
    struct np_pb_flaw flaw;
    int rc = CNIPOL_OK;

    while (p < end && !rc) {
        const uint8_t *start = p;
        const struct np_pb_field *field;
        uint64_t tag, value;
        char *place;

        p = np_pb_varint(p, end, &tag, &flaw);
        if (!p)
            return wire_flaw(r, &flaw);
        field = find(lookup, message, tag);
        if (!field) {
            p = pass_over(r, start, p, end, tag, &flaw);
            if (!p)
                return wire_flaw(r, &flaw);
            continue;
        }
        start = p;
        p = np_pb_varint(p, end, &value, &flaw);
        if (!p)
            return wire_flaw(r, &flaw);
        place = (field->in_raw ? (char *)&r->pb->raw : base) + field->offset;
        if (field->kind < NP_PB_TEXT) {
            read_number(field, place, value);
            continue;
        }
        if (value > (uint64_t)(end - p))
            return flaw_at(r, start, "a length that reaches beyond the end of the message");
        rc = field->kind < NP_PB_MESSAGE ? read_text(r, field, base, place, p, value) : read_inner(r, field, base, place, p, p + value);
        p += value;
    }
    return rc;
}

static int hubble_pb_next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct np_pb *pb = run->state;
    struct reader r = {run, pb, flow};
    const uint8_t *frame = (const uint8_t *)run->frame;
    int rc;

    if (run->at)
        return 0;
    if (run->n > INT32_MAX)
        return np_flaw(run, NP_FLOW_TOO_LONG, 0, "a message of 2 GiB or more, which protobuf does not have");
    np_zero(&pb->raw, sizeof pb->raw);
    rc = read_message(&r, pb->root, (char *)flow, frame, frame + run->n);
    if (!rc)
        rc = np_pb_settle(run, pb, flow);
    if (rc)
        return rc;
    run->at = 1;
    return 1;
}

static bool wants(const struct np_flow_run *run, const struct np_pb_message *message, unsigned field)
{
    return field == NP_PB_ALWAYS || np_flow_wants(run, (enum cnipol_field_id)(field + message->shift));
}

/* Fills the lookups of a message and of those in it. Is anything in it wanted for what it is? */
static bool look_up(const struct np_flow_run *run, struct np_pb *pb, const struct np_pb_message *message)
{
    struct np_pb_lookup *lookup = &pb->lookup[message->id];
    bool any = false;

    *lookup = (struct np_pb_lookup){.first_far = message->n};
    for (unsigned i = 0; i < message->n; i++) {
        const struct np_pb_field *field = &message->fields[i];
        bool is_sub = field->message != NULL;
        bool is_wanted = is_sub && look_up(run, pb, field->message);

        if (!is_sub || field->field || field->also)
            is_wanted |= wants(run, message, field->field) || wants(run, message, field->also);
        any |= is_wanted;
        if (is_wanted)
            lookup->wanted |= 1ull << i;
        if (is_wanted && field->number < NP_PB_NEAR)
            lookup->near[field->number << 3 | wire_of(field)] = (uint8_t)(i + 1);
        if (field->number >= NP_PB_NEAR && lookup->first_far == message->n)
            lookup->first_far = i;
    }
    return any;
}

static const struct np_pb_message *root_of(const char *name)
{
    static const struct {
        const char *name;
        const struct np_pb_message *message;
    } roots[] = {
        {"GetFlowsResponse", &np_pb_response_message},
        {"ExportEvent", &np_pb_export_message},
        {"Flow", &np_pb_flow_message},
    };

    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (!name || strcmp(roots[i].name, name) == 0)
            return roots[i].message;
    return NULL;
}

static int hubble_pb_open(struct np_flow_run *run)
{
    const struct np_pb_message *root = root_of(run->opts.message);
    struct np_pb *pb;

    if (!root) {
        run->usage = "the message of hubble-pb is GetFlowsResponse, ExportEvent or Flow";
        return CNIPOL_E_USAGE;
    }
    pb = np_zalloc(run->mem, sizeof *pb);
    if (!pb)
        return CNIPOL_E_NOMEM;
    pb->root = root;
    look_up(run, pb, root);
    run->state = pb;
    return CNIPOL_OK;
}

static void hubble_pb_close(struct np_flow_run *run)
{
    np_free(run->mem, run->state, sizeof(struct np_pb));
}

/* A length, and a first field that GetFlowsResponse can begin with: 1 to 3, or 1000 and 1001, each a message or a text. */
static int hubble_pb_recognise(const char *bytes, size_t n)
{
    const uint8_t *p = (const uint8_t *)bytes, *end = p + n;
    struct np_pb_flaw flaw;
    uint64_t size, tag, inner;

    if (n < 4)
        return 0;
    p = np_pb_varint(p, end, &size, &flaw);
    if (!p || size < 2 || size > 64u << 20 || p == end || *p < 10)
        return 0;
    p = np_pb_varint(p, end, &tag, &flaw);
    if (!p || p == end || (tag != 10 && tag != 18 && tag != 26 && tag != 8002 && tag != 8010))
        return 0;
    p = np_pb_varint(p, end, &inner, &flaw);
    return p && inner < size ? 60 : 0;
}

const struct np_format np_format_hubble_pb = {
    .row = {"hubble-pb", "Hubble: GetFlows, exporter", "protobuf messages, each after its length as a varint"},
    .framing = NP_FRAME_VARINT,
    .is_single = true,
    .open = hubble_pb_open,
    .close = hubble_pb_close,
    .next = hubble_pb_next,
    .recognise = hubble_pb_recognise,
};
