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

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/utf8.h"

#define TOO_LONG "a length that reaches beyond the end of the message"

struct np_pb_reader {
    struct np_flow_run *run;
    struct np_pb *pb;
    struct cnipol_flow *flow;
    struct np_pb_flaw flaw;
    const uint8_t *tag_at;
    int rc; /* why a reader returned NULL: 0: the flaw */
};

/* Is a bit above 0x7f set in any of the n bytes? 64 bytes from p on may be read, as NP_FRAME_SLACK has it. */
static inline bool has_high_bit(const uint8_t *p, uint64_t n)
{
    uint64_t word, sum = 0;
#ifdef __SSE2__
    if (n <= 64) {
        uint64_t high[4];

        for (int i = 0; i < 4; i++)
            high[i] = (uint32_t)_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i)));
        sum = high[0] | high[1] << 16 | high[2] << 32 | high[3] << 48;
        return n && sum << (64 - n) != 0;
    }
#endif
    for (; n >= 8; n -= 8, p += 8) {
        memcpy(&word, p, 8);
        sum |= word & 0x8080808080808080u;
    }
    for (; n; n--, p++)
        sum |= *p & 0x80u;
    return sum != 0;
}

static inline bool is_text(const uint8_t *p, uint64_t n)
{
    return !has_high_bit(p, n) || np_utf8_valid((const char *)p, n);
}

static const uint8_t *refuse(struct np_pb_reader *r, const uint8_t *at, const char *message)
{
    r->flaw = (struct np_pb_flaw){message, at};
    return NULL;
}

static const uint8_t *fail(struct np_pb_reader *r, int rc)
{
    r->rc = rc;
    return NULL;
}

/* The length of what follows; NULL: it is not there as a whole. */
static inline const uint8_t *read_length(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end, uint64_t *n)
{
    const uint8_t *start = p;

    p = np_pb_varint(p, end, n, &r->flaw);
    if (p && *n > (uint64_t)(end - p))
        return refuse(r, start, TOO_LONG);
    return p;
}

static inline char *place_of(const struct np_pb_reader *r, const struct np_pb_field *field, char *base)
{
    return (field->in_raw ? (char *)&r->pb->raw : base) + field->offset;
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

/* The number at p, whatever its length, without a branch that its length decides. */
static inline const uint8_t *read_number(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end, uint64_t *value)
{
    return np_pb_varint_wide(p, end, value, &r->flaw);
}

static const uint8_t *read_u32(struct np_pb_reader *r, const struct np_pb_field *field, char *base, const uint8_t *p, const uint8_t *end,
                               uint64_t tag)
{
    uint64_t value;
    uint32_t low;

    (void)tag;
    p = read_number(r, p, end, &value);
    if (!p)
        return NULL;
    low = (uint32_t)value;
    memcpy(place_of(r, field, base), &low, sizeof low);
    return p;
}

static const uint8_t *read_u64(struct np_pb_reader *r, const struct np_pb_field *field, char *base, const uint8_t *p, const uint8_t *end,
                               uint64_t tag)
{
    uint64_t value;

    (void)tag;
    p = read_number(r, p, end, &value);
    if (p)
        memcpy(place_of(r, field, base), &value, sizeof value);
    return p;
}

static const uint8_t *read_bool(struct np_pb_reader *r, const struct np_pb_field *field, char *base, const uint8_t *p, const uint8_t *end,
                                uint64_t tag)
{
    uint64_t value;

    (void)tag;
    p = read_number(r, p, end, &value);
    if (p)
        *place_of(r, field, base) = value != 0;
    return p;
}

static const uint8_t *read_bit(struct np_pb_reader *r, const struct np_pb_field *field, char *base, const uint8_t *p, const uint8_t *end,
                               uint64_t tag)
{
    char *place = place_of(r, field, base);
    uint64_t value;
    uint16_t bits;

    (void)tag;
    p = read_number(r, p, end, &value);
    if (!p)
        return NULL;
    memcpy(&bits, place, sizeof bits);
    bits = (uint16_t)((bits & ~(1u << field->bit)) | (unsigned)(value != 0) << field->bit);
    memcpy(place, &bits, sizeof bits);
    return p;
}

static const uint8_t *read_text(struct np_pb_reader *r, const struct np_pb_field *field, char *base, const uint8_t *p, const uint8_t *end,
                                uint64_t tag)
{
    struct cnipol_text *text = (void *)place_of(r, field, base);
    uint64_t n;

    (void)tag;
    p = read_length(r, p, end, &n);
    if (!p)
        return NULL;
    if (!is_text(p, n))
        return refuse(r, p, "a text that is not UTF-8");
    *text = np_text(n ? (const char *)p : NULL, n);
    return p + n;
}

static const uint8_t *read_check(struct np_pb_reader *r, const struct np_pb_field *field, char *base, const uint8_t *p, const uint8_t *end,
                                 uint64_t tag)
{
    uint64_t n;

    (void)field;
    (void)base;
    (void)tag;
    p = read_length(r, p, end, &n);
    if (p && !is_text(p, n))
        return refuse(r, p, "a text that is not UTF-8");
    return p ? p + n : NULL;
}

static const uint8_t *read_texts(struct np_pb_reader *r, const struct np_pb_field *field, char *base, const uint8_t *p, const uint8_t *end,
                                 uint64_t tag)
{
    struct cnipol_text *text;
    uint64_t n;

    (void)tag;
    p = read_length(r, p, end, &n);
    if (!p)
        return NULL;
    if (!is_text(p, n))
        return refuse(r, p, "a text that is not UTF-8");
    text = add_item(r->run, base + field->offset, (void *)(base + field->count), sizeof *text);
    if (!text)
        return fail(r, CNIPOL_E_NOMEM);
    *text = np_text((const char *)p, n);
    return p + n;
}

/* Another member of a oneof: what the one before has left is emptied. */
static void choose(struct np_pb_reader *r, const struct np_pb_field *field, char *base)
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

static uint16_t find_far(const struct np_pb *pb, const struct np_pb_lookup *lookup, uint64_t tag)
{
    if (tag >> 3 > NP_PB_NUMBER_MAX)
        return NP_PB_STEP_BAD;
    for (uint16_t i = lookup->first_far; i < lookup->first_far + lookup->n_far; i++)
        if (tag == ((uint64_t)pb->steps[i].field->number << 3 | np_pb_wire_of(pb->steps[i].field)))
            return i;
    return tag & 7;
}

/*
 * A tag, and the byte behind it. Branches here and below are on what is much alike from record to record: predicted, the next tag
 * is found before this one is looked up, while arithmetic in their place would make every step wait for the one before.
 */
static inline const uint8_t *read_tag(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end, uint64_t *tag)
{
    r->tag_at = p;
    *tag = p[0];
    if (*tag < 0x80)
        return p + 1;
    if (end - p < 2 || p[1] >= 0x80)
        return np_pb_varint_wide(p, end, tag, &r->flaw);
    *tag = (*tag & 0x7f) | (uint64_t)p[1] << 7;
    return p + 2;
}

static const uint8_t *read_message(struct np_pb_reader *r, const struct np_pb_message *message, char *base, const uint8_t *p,
                                   const uint8_t *end)
{
    const struct np_pb *pb = r->pb;
    const struct np_pb_lookup *lookup = &pb->lookup[message->id];

    while (p && p < end) {
        uint64_t tag, n;
        uint16_t step;

        p = read_tag(r, p, end, &tag);
        if (!p)
            return NULL;
        step = tag < 8 * NP_PB_NEAR ? lookup->near[tag] : find_far(pb, lookup, tag);
        if (step == NP_PB_BYTES) {
            p = read_length(r, p, end, &n);
            p = p ? p + n : NULL;
        } else if (step == NP_PB_VARINT) {
            p = np_pb_varint(p, end, &n, &r->flaw);
        } else {
            p = pb->steps[step].read(r, pb->steps[step].field, base, p, end, tag);
        }
    }
    return p;
}

static const uint8_t *read_sub(struct np_pb_reader *r, const struct np_pb_field *field, char *base, const uint8_t *p, const uint8_t *end,
                               uint64_t tag)
{
    uint64_t n;

    (void)tag;
    p = read_length(r, p, end, &n);
    if (!p)
        return NULL;
    if (field->oneof)
        choose(r, field, base);
    r->pb->raw.seen |= field->seen;
    return read_message(r, field->message, place_of(r, field, base), p, p + n);
}

static const uint8_t *read_item(struct np_pb_reader *r, const struct np_pb_field *field, char *base, const uint8_t *p, const uint8_t *end,
                                uint64_t tag)
{
    char *list = place_of(r, field, base), *item;
    uint64_t n;

    (void)tag;
    p = read_length(r, p, end, &n);
    if (!p)
        return NULL;
    item = add_item(r->run, list, (void *)(list - field->offset + field->count), field->size);
    if (!item)
        return fail(r, CNIPOL_E_NOMEM);
    np_zero(item, field->size);
    return read_message(r, field->message, item, p, p + n);
}

/* A message in memory of its own. */
static const uint8_t *read_own(struct np_pb_reader *r, const struct np_pb_field *field, char *base, const uint8_t *p, const uint8_t *end,
                               uint64_t tag)
{
    char *place = place_of(r, field, base), *own;
    uint64_t n;

    (void)tag;
    p = read_length(r, p, end, &n);
    if (!p)
        return NULL;
    if (field->oneof)
        choose(r, field, base);
    memcpy(&own, place, sizeof own);
    if (!own) {
        own = np_arena_zalloc(&r->run->arena, field->size);
        if (!own)
            return fail(r, CNIPOL_E_NOMEM);
        memcpy(place, &own, sizeof own);
    }
    return read_message(r, field->message, own, p, p + n);
}

static const uint8_t *skip_other(struct np_pb_reader *r, const struct np_pb_field *field, char *base, const uint8_t *p, const uint8_t *end,
                                 uint64_t tag)
{
    (void)field;
    (void)base;
    return np_pb_skip(r->run, p, end, tag, &r->flaw);
}

static const uint8_t *bad_number(struct np_pb_reader *r, const struct np_pb_field *field, char *base, const uint8_t *p, const uint8_t *end,
                                 uint64_t tag)
{
    (void)field;
    (void)base;
    (void)p;
    (void)end;
    (void)tag;
    return refuse(r, r->tag_at, "a field number that does not exist");
}

static np_pb_read_fn *const readers[] = {
    [NP_PB_U32] = read_u32,     [NP_PB_U64] = read_u64,     [NP_PB_BOOL] = read_bool,   [NP_PB_BIT] = read_bit,    [NP_PB_TEXT] = read_text,
    [NP_PB_CHECK] = read_check, [NP_PB_TEXTS] = read_texts, [NP_PB_MESSAGE] = read_sub, [NP_PB_ITEMS] = read_item, [NP_PB_OWN] = read_own,
};
/* By step; what read_message() passes over itself has none. */
static np_pb_read_fn *const skippers[] = {NULL, skip_other, NULL, skip_other, skip_other, skip_other, skip_other, skip_other, bad_number};

static int hubble_pb_next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct np_pb *pb = run->state;
    struct np_pb_reader r = {.run = run, .pb = pb, .flow = flow};
    const uint8_t *frame = (const uint8_t *)run->frame;
    int rc;

    if (run->n > INT32_MAX)
        return np_flaw(run, NP_FLOW_TOO_LONG, 0, "a message of 2 GiB or more, which protobuf does not have");
    np_zero(&pb->raw, sizeof pb->raw);
    if (!read_message(&r, pb->root, (char *)flow, frame, frame + run->n))
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

static void add_step(struct np_pb *pb, struct np_pb_lookup *lookup, const struct np_pb_field *field)
{
    uint32_t tag = field->number << 3 | np_pb_wire_of(field);

    pb->steps[pb->n_steps] = (struct np_pb_step){readers[field->kind], field};
    if (field->number < NP_PB_NEAR)
        lookup->near[tag] = (uint16_t)pb->n_steps;
    else
        lookup->n_far++;
    pb->n_steps++;
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
        lookup->near[tag] = tag < 8 ? NP_PB_STEP_BAD : tag & 7;
    for (unsigned i = 0; i < message->n; i++) {
        const struct np_pb_field *field = &message->fields[i];
        bool is_wanted = field->message && look_up(run, pb, field->message);

        if ((is_wanted && field->kind != NP_PB_ITEMS) || wants_field(run, message, field))
            wanted |= 1ull << i;
    }
    wanted = with_oneofs(message, wanted);
    for (unsigned i = 0; i < message->n; i++) {
        if (message->fields[i].number >= NP_PB_NEAR && !lookup->first_far)
            lookup->first_far = (uint16_t)pb->n_steps;
        if (wanted >> i & 1)
            add_step(pb, lookup, &message->fields[i]);
    }
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
    for (; pb->n_steps <= NP_PB_STEP_BAD; pb->n_steps++)
        pb->steps[pb->n_steps] = (struct np_pb_step){skippers[pb->n_steps], NULL};
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
