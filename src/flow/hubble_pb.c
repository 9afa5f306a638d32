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

static int hubble_pb_next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct np_pb *pb = run->state;
    struct np_pb_reader r = {.run = run, .pb = pb, .flow = flow};
    const uint8_t *frame = (const uint8_t *)run->frame;
    int rc;

    if (run->n > INT32_MAX)
        return np_flaw(run, NP_FLOW_TOO_LONG, 0, "a message of 2 GiB or more, which protobuf does not have");
    np_zero(&pb->raw, sizeof pb->raw);
    if (!pb->read(&r, &pb->lookup[pb->root->id], (char *)flow, frame, frame + run->n))
        return r.rc || !r.flaw.message ? CNIPOL_E_NOMEM : np_flaw(run, NP_FLOW_SYNTAX, (size_t)(r.flaw.at - frame), r.flaw.message);
    rc = np_pb_settle(run, pb, flow);
    return rc ? rc : 1;
}

static bool wants(const struct np_flow_run *run, const struct np_pb_message *message, unsigned field)
{
    return field == NP_PB_ALWAYS || np_flow_wants(run, (enum cnipol_field_id)(field + message->shift));
}

static bool wants_field(const struct np_flow_run *run, const struct np_pb_message *message, const struct np_pb_field *field)
{
    bool is_group = field->message && !field->field && !field->also;

    return !is_group && (wants(run, message, field->field) || wants(run, message, field->also));
}

/* A step, as it is known at once. */
static uint32_t add_step(struct np_pb *pb, const struct np_pb_field *field)
{
    struct np_pb_step *step = &pb->steps[pb->n_steps];
    enum np_pb_kind kind = field->kind;
    bool has_offset = kind == NP_PB_U32 || kind == NP_PB_WORD || kind == NP_PB_TEXT;

    *step = (struct np_pb_step){
        .field = field,
        .lookup = field->message ? &pb->lookup[field->message->id] : NULL,
        .seen = field->seen,
        .kind = field->kind,
        .in_raw = field->in_raw,
        .offset = field->offset,
        .count = field->count,
        .size = field->size,
    };
    return (has_offset ? step->offset : pb->n_steps++) << 16 | (step->in_raw ? NP_PB_NEAR_RAW : 0) | (uint32_t)kind;
}

static void add_field(struct np_pb *pb, struct np_pb_lookup *lookup, const struct np_pb_field *field)
{
    uint32_t tag = field->number << 3 | np_pb_wire_of(field), i = np_pb_far_slot(tag);
    uint32_t near = add_step(pb, field);

    if (field->number < NP_PB_NEAR) {
        lookup->near[tag] = near;
        return;
    }
    while (lookup->far[i].tag)
        i = (i + 1) % NP_PB_FAR;
    lookup->far[i].tag = tag;
    lookup->far[i].near = near;
}

/* Members of a oneof empty each other: who wants one must see them all. */
static uint64_t with_oneofs(const struct np_pb_message *message, uint64_t wanted)
{
    uint32_t oneofs = 0;

    for (unsigned i = 0; i < message->n; i++)
        oneofs |= wanted >> i & 1 ? 1u << message->fields[i].oneof : 0;
    for (unsigned i = 0; i < message->n; i++)
        if (message->fields[i].oneof && (oneofs >> message->fields[i].oneof & 1))
            wanted |= 1ull << i;
    return wanted;
}

/* The steps of a message and of those in it. Is anything in it wanted for what it is? */
static bool look_up(const struct np_flow_run *run, struct np_pb *pb, const struct np_pb_message *message)
{
    struct np_pb_lookup *lookup = &pb->lookup[message->id];
    uint64_t wanted = 0;

    if (lookup->near[0])
        return lookup->is_wanted;
    for (uint32_t tag = 0; tag < 8 * NP_PB_NEAR; tag++)
        lookup->near[tag] = tag < 8 ? NP_PB_BAD : pb->passes[tag & 7];
    for (unsigned i = 0; i < message->n; i++) {
        const struct np_pb_field *field = &message->fields[i];
        bool is_wanted = field->message && look_up(run, pb, field->message);

        if ((is_wanted && field->kind != NP_PB_ITEMS) || wants_field(run, message, field))
            wanted |= 1ull << i;
    }
    wanted = with_oneofs(message, wanted);
    for (unsigned i = 0; i < message->n; i++)
        if (wanted >> i & 1)
            add_field(pb, lookup, &message->fields[i]);
    lookup->is_wanted = wanted != 0;
    return wanted != 0;
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
    static const enum np_pb_kind passes[] = {
        NP_PB_NUMBER_PASSED, NP_PB_OTHER, NP_PB_BYTES_PASSED, NP_PB_OTHER, NP_PB_OTHER, NP_PB_OTHER, NP_PB_OTHER, NP_PB_OTHER,
    };
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
    pb->read = np_pb_read;
    for (unsigned wire = 0; wire < 8; wire++)
        pb->passes[wire] = passes[wire];
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
