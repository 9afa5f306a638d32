/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * antrea-flow-pb: Antrea's record in protobuf, as the aggregator streams it (GetFlowsResponse) and the agent exports it
 * (ExportRequest, of the same shape), or a bare Flow a frame.
 *
 * A table says for each field of each message into which slot of the record it goes; messages nest four deep. Numbers that are zero are
 * not on the wire: a Stats that is there has all its counters, while flow_direction 0 (ingress) cannot be told from nothing said, and
 * is left out. dropped_count grows along the stream; what it grew by is an event.
 *
 * What is refused is what Go's proto.Unmarshal refuses: malformed wire data (pb_wire.h), texts that are not UTF-8. A field of another wire
 * type than its own is an unknown one.
 *
 * Source: antrea-io/antrea pkg/apis/flow/v1alpha1/flow.proto and service.proto, v2.7.0.
 */

#include "base/utf8.h"
#include "flow/antrea.h"
#include "flow/parse.h"
#include "flow/pb_wire.h"

enum message { FLOW, IPFIX, IP, TRANSPORT, TCP, K8S, STATS, REVERSE, APP, AGGREGATION, START, END, SRC_LABELS, DST_LABELS, ENTRY };

enum kind {
    SUB,     /* a message: slot */
    NUMBER,  /* into a slot of numbers */
    PORT,    /* a number that must be a u16 */
    TEXT,    /* into a slot of texts */
    BYTES,   /* likewise, not UTF-8 */
    ADDRESS, /* 4 or 16 bytes */
    IP_TEXT, /* 4 or 16 bytes, into a slot of texts */
    IP_WORD, /* an address as text */
    ID,
    SECONDS,
    NANOS,
    LABEL, /* a pair of a map */
    KEY,
    VALUE
};

static const struct field {
    uint8_t message;
    uint8_t number;
    uint8_t kind;
    uint8_t slot;
} fields[] = {
    {FLOW, 1, ID, 0},
    {FLOW, 2, SUB, IPFIX},
    {FLOW, 3, SUB, START},
    {FLOW, 4, SUB, END},
    {FLOW, 5, NUMBER, NP_ANTREA_END_REASON},
    {FLOW, 6, SUB, IP},
    {FLOW, 7, SUB, TRANSPORT},
    {FLOW, 8, SUB, K8S},
    {FLOW, 9, SUB, STATS},
    {FLOW, 10, SUB, REVERSE},
    {FLOW, 11, SUB, APP},
    {FLOW, 12, NUMBER, NP_ANTREA_DIRECTION},
    {FLOW, 13, SUB, AGGREGATION},
    {IPFIX, 3, NUMBER, NP_ANTREA_DOMAIN},
    {IPFIX, 4, IP_WORD, NP_ANTREA_EXPORTER},
    {IP, 2, ADDRESS, NP_ANTREA_SRC},
    {IP, 3, ADDRESS, NP_ANTREA_DST},
    {TRANSPORT, 1, NUMBER, NP_ANTREA_PROTOCOL},
    {TRANSPORT, 2, PORT, NP_ANTREA_SRC_PORT},
    {TRANSPORT, 3, PORT, NP_ANTREA_DST_PORT},
    {TRANSPORT, 4, SUB, TCP},
    {TCP, 1, TEXT, NP_ANTREA_TCP_STATE},
    {K8S, 1, NUMBER, NP_ANTREA_FLOW_TYPE},
    {K8S, 2, TEXT, NP_ANTREA_SRC_NS},
    {K8S, 3, TEXT, NP_ANTREA_SRC_POD},
    {K8S, 5, SUB, SRC_LABELS},
    {K8S, 6, TEXT, NP_ANTREA_SRC_NODE},
    {K8S, 8, TEXT, NP_ANTREA_DST_NS},
    {K8S, 9, TEXT, NP_ANTREA_DST_POD},
    {K8S, 11, SUB, DST_LABELS},
    {K8S, 12, TEXT, NP_ANTREA_DST_NODE},
    {K8S, 14, ADDRESS, NP_ANTREA_CLUSTER_IP},
    {K8S, 15, PORT, NP_ANTREA_SERVICE_PORT},
    {K8S, 16, TEXT, NP_ANTREA_SERVICE},
    {K8S, 18, NUMBER, NP_ANTREA_INGRESS_TYPE},
    {K8S, 19, TEXT, NP_ANTREA_INGRESS_NS},
    {K8S, 20, TEXT, NP_ANTREA_INGRESS_NAME},
    {K8S, 22, TEXT, NP_ANTREA_INGRESS_RULE},
    {K8S, 23, NUMBER, NP_ANTREA_INGRESS_ACTION},
    {K8S, 24, NUMBER, NP_ANTREA_EGRESS_TYPE},
    {K8S, 25, TEXT, NP_ANTREA_EGRESS_NS},
    {K8S, 26, TEXT, NP_ANTREA_EGRESS_NAME},
    {K8S, 28, TEXT, NP_ANTREA_EGRESS_RULE},
    {K8S, 29, NUMBER, NP_ANTREA_EGRESS_ACTION},
    {K8S, 30, TEXT, NP_ANTREA_EGRESS},
    {K8S, 31, IP_TEXT, NP_ANTREA_EGRESS_IP},
    {K8S, 32, TEXT, NP_ANTREA_EGRESS_NODE},
    {K8S, 35, ADDRESS, NP_ANTREA_SERVICE_IP},
    {STATS, 1, NUMBER, NP_ANTREA_PACKETS},
    {STATS, 2, NUMBER, NP_ANTREA_PACKETS_DELTA},
    {STATS, 3, NUMBER, NP_ANTREA_BYTES},
    {STATS, 4, NUMBER, NP_ANTREA_BYTES_DELTA},
    {REVERSE, 1, NUMBER, NP_ANTREA_REVERSE_PACKETS},
    {REVERSE, 2, NUMBER, NP_ANTREA_REVERSE_PACKETS_DELTA},
    {REVERSE, 3, NUMBER, NP_ANTREA_REVERSE_BYTES},
    {REVERSE, 4, NUMBER, NP_ANTREA_REVERSE_BYTES_DELTA},
    {APP, 1, TEXT, NP_ANTREA_APP},
    {APP, 2, BYTES, NP_ANTREA_HTTP},
    {AGGREGATION, 11, NUMBER, NP_ANTREA_THROUGHPUT},
    {AGGREGATION, 12, NUMBER, NP_ANTREA_REVERSE_THROUGHPUT},
    {START, 1, SECONDS, NP_ANTREA_START},
    {START, 2, NANOS, NP_ANTREA_START},
    {END, 1, SECONDS, NP_ANTREA_END},
    {END, 2, NANOS, NP_ANTREA_END},
    {SRC_LABELS, 1, LABEL, 0},
    {DST_LABELS, 1, LABEL, 1},
    {ENTRY, 1, KEY, 0},
    {ENTRY, 2, VALUE, 0},
};

struct flow_pb {
    struct np_antrea antrea; /* first */
    bool bare;               /* a frame is a Flow */
    uint64_t dropped;        /* of the stream, as last said */
    struct np_flow_list labels[2];
    struct cnipol_text pair[2]; /* the key and the value that are being read */
    struct cnipol_text id;
};

static int open(struct np_flow_run *run)
{
    const char *message = run->opts.message;
    bool bare = message && strcmp(message, "Flow") == 0;
    struct flow_pb *pb;

    if (message && !bare && strcmp(message, "GetFlowsResponse") != 0 && strcmp(message, "ExportRequest") != 0) {
        run->usage = "a message of antrea-flow-pb is GetFlowsResponse, ExportRequest or Flow";
        return CNIPOL_E_USAGE;
    }
    pb = np_zalloc(run->mem, sizeof *pb);
    if (!pb)
        return CNIPOL_E_NOMEM;
    np_buf_init(&pb->antrea.scratch, run->mem);
    pb->bare = bare;
    run->state = pb;
    return CNIPOL_OK;
}

static void close(struct np_flow_run *run)
{
    struct flow_pb *pb = run->state;

    if (!pb)
        return;
    np_buf_free(&pb->antrea.scratch);
    np_free(run->mem, pb, sizeof *pb);
    run->state = NULL;
}

static void reset(struct np_flow_run *run)
{
    struct flow_pb *pb = run->state;

    pb->dropped = 0;
}

static size_t at_of(const struct np_flow_run *run, const uint8_t *p)
{
    return (size_t)(p - (const uint8_t *)run->frame);
}

static int wire_flaw(struct np_flow_run *run, const struct np_pb_flaw *flaw)
{
    return flaw->message ? np_flaw(run, NP_FLOW_SYNTAX, at_of(run, flaw->at), flaw->message) : CNIPOL_E_NOMEM;
}

/* A field: its tag, and its value as a number or as n bytes at `bytes`. */
struct value {
    uint32_t number;
    uint32_t wire;
    uint64_t varint;
    const uint8_t *bytes;
    size_t n;
};

/* Reads the field at *p; fields of other wire types than varint and bytes are passed over, with `number` 0. */
static int read_field(struct np_flow_run *run, const uint8_t **p, const uint8_t *end, struct value *out)
{
    struct np_pb_flaw flaw = {NULL, NULL};
    const uint8_t *start = *p, *at;
    uint64_t tag, n;

    at = np_pb_varint(start, end, &tag, &flaw);
    if (!at)
        return wire_flaw(run, &flaw);
    *out = (struct value){.wire = tag & 7};
    if (tag >> 3 == 0 || tag >> 3 > NP_PB_NUMBER_MAX)
        return np_flaw(run, NP_FLOW_SYNTAX, at_of(run, start), "a field has a number that protobuf does not have");
    if (out->wire == NP_PB_VARINT || out->wire == NP_PB_BYTES) {
        out->number = (uint32_t)(tag >> 3);
        at = np_pb_varint(at, end, out->wire == NP_PB_VARINT ? &out->varint : &n, &flaw);
    } else {
        at = np_pb_skip(run, at, end, tag, &flaw);
    }
    if (!at)
        return wire_flaw(run, &flaw);
    if (out->wire == NP_PB_BYTES) {
        if (n > (uint64_t)(end - at))
            return np_flaw(run, NP_FLOW_SYNTAX, at_of(run, start), "a length that reaches beyond the end of the message");
        out->bytes = at;
        out->n = (size_t)n;
        at += n;
    }
    *p = at;
    return 0;
}

static uint32_t wire_of(uint8_t kind)
{
    return kind == NUMBER || kind == PORT || kind == SECONDS || kind == NANOS ? NP_PB_VARINT : NP_PB_BYTES;
}

static const struct field *find(enum message message, const struct value *value)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].message == message && fields[i].number == value->number)
            return wire_of(fields[i].kind) == value->wire ? &fields[i] : NULL;
    return NULL;
}

/* Messages whose counters are all there once the message is. */
static void begin(struct np_antrea_record *record, enum message message)
{
    if (message == START || message == END) {
        record->times[message == END ? NP_ANTREA_END : NP_ANTREA_START] = (struct cnipol_time){0};
        record->times_set |= 1u << (message == END ? NP_ANTREA_END : NP_ANTREA_START);
    }
    if (message != STATS && message != REVERSE && message != AGGREGATION)
        return;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (fields[i].message == message && !(record->numbers_set >> fields[i].slot & 1)) {
            record->numbers_set |= 1u << fields[i].slot;
            record->numbers[fields[i].slot] = 0;
        }
    }
}

static int take_number(struct np_flow_run *run, struct np_antrea_record *record, const struct field *field, uint64_t number, size_t at)
{
    bool wide = field->message == STATS || field->message == REVERSE || field->message == AGGREGATION;

    if (!wide)
        number = (uint32_t)number;
    if (field->kind == PORT && number > UINT16_MAX)
        return np_flaw(run, NP_FLOW_FIELD, at, "a port is above 65535");
    if (field->slot == NP_ANTREA_PROTOCOL && number > UINT8_MAX)
        return np_flaw(run, NP_FLOW_FIELD, at, "this is no protocol");
    record->numbers[field->slot] = number;
    record->numbers_set |= 1u << field->slot;
    return 0;
}

static int take_time(struct np_flow_run *run, struct np_antrea_record *record, const struct field *field, uint64_t number, size_t at)
{
    struct cnipol_time *time = &record->times[field->slot];
    int64_t seconds = (int64_t)number;
    int32_t nanos = (int32_t)(uint32_t)number;

    if (field->kind == SECONDS ? !np_seconds_fit(seconds) : nanos < 0 || nanos > 999999999)
        return np_flaw(run, NP_FLOW_FIELD, at, "this is no time of the years 1 to 9999");
    if (field->kind == SECONDS)
        time->seconds = seconds;
    else
        time->nanos = (uint32_t)nanos;
    return 0;
}

static int take_address(struct np_flow_run *run, struct np_antrea_record *record, const struct field *field, const struct value *value)
{
    struct np_antrea_ip ip = {.family = value->n == 4 ? 4 : 6};
    struct cnipol_text text;
    int rc;

    if (value->n == 0)
        return 0;
    if (value->n != 4 && value->n != 16)
        return np_flaw(run, NP_FLOW_FIELD, at_of(run, value->bytes), "an address has neither 4 nor 16 bytes");
    if (field->kind == ADDRESS) {
        np_antrea_set_ip(record, field->slot, ip.family, value->bytes);
        return 0;
    }
    memcpy(ip.bytes, value->bytes, value->n);
    rc = np_antrea_ip_text(run, &ip, &text);
    if (!rc)
        record->texts[field->slot] = text;
    return rc;
}

static int read_message(struct np_flow_run *run, enum message message, const uint8_t *p, const uint8_t *end);

static int take_label(struct np_flow_run *run, struct flow_pb *pb, unsigned which, const struct value *value)
{
    int rc;

    pb->pair[0] = pb->pair[1] = np_text("", 0);
    rc = read_message(run, ENTRY, value->bytes, value->bytes + value->n);
    if (rc)
        return rc;
    return np_antrea_add_label(run, &pb->labels[which], pb->pair[0], pb->pair[1]);
}

static int take_sub(struct np_flow_run *run, struct flow_pb *pb, enum message message, const struct value *value)
{
    static const struct cnipol_text none = {"", 0};
    int rc;

    begin(&pb->antrea.record, message);
    rc = read_message(run, message, value->bytes, value->bytes + value->n);
    if (message == SRC_LABELS || message == DST_LABELS) {
        const struct np_flow_list *list = &pb->labels[message == DST_LABELS];

        pb->antrea.record.labels[message == DST_LABELS] = list->n ? list->items : &none;
        pb->antrea.record.n_labels[message == DST_LABELS] = list->n;
    }
    return rc;
}

/* The slot of a text. */
static struct cnipol_text *place_of(struct flow_pb *pb, const struct field *field)
{
    switch (field->kind) {
    case ID:
        return &pb->id;
    case KEY:
    case VALUE:
        return &pb->pair[field->kind == VALUE];
    case IP_WORD:
        return &pb->antrea.record.addresses[field->slot].text;
    default:
        return &pb->antrea.record.texts[field->slot];
    }
}

static int take_text(struct np_flow_run *run, struct flow_pb *pb, const struct field *field, const struct value *value)
{
    struct cnipol_text text = np_text((const char *)value->bytes, value->n);
    bool is_pair = field->kind == KEY || field->kind == VALUE;

    if (field->kind != BYTES && !np_utf8_valid(text.s, text.n))
        return np_flaw(run, NP_FLOW_SYNTAX, at_of(run, value->bytes), "a text is not UTF-8");
    *place_of(pb, field) = text.n || is_pair ? text : np_text(NULL, 0);
    return 0;
}

static int take_value(struct np_flow_run *run, struct flow_pb *pb, const struct field *field, const struct value *value, size_t at)
{
    switch (field->kind) {
    case SUB:
        return take_sub(run, pb, field->slot, value);
    case NUMBER:
    case PORT:
        return take_number(run, &pb->antrea.record, field, value->varint, at);
    case SECONDS:
    case NANOS:
        return take_time(run, &pb->antrea.record, field, value->varint, at);
    case ADDRESS:
    case IP_TEXT:
        return take_address(run, &pb->antrea.record, field, value);
    case LABEL:
        return take_label(run, pb, field->slot, value);
    default:
        return take_text(run, pb, field, value);
    }
}

/* Nests as the table does. */
static int read_message(struct np_flow_run *run, enum message message, const uint8_t *p, const uint8_t *end)
{
    struct flow_pb *pb = run->state;
    int rc = 0;

    while (p < end && !rc) {
        size_t at = at_of(run, p);
        const struct field *field;
        struct value value;

        rc = read_field(run, &p, end, &value);
        field = rc ? NULL : find(message, &value);
        if (field)
            rc = take_value(run, pb, field, &value, at);
    }
    return rc;
}

static int take_flow(struct np_flow_run *run, struct flow_pb *pb, const uint8_t *p, const uint8_t *end, struct cnipol_flow *flow)
{
    int rc;

    np_antrea_clear(&pb->antrea.record);
    pb->labels[0] = pb->labels[1] = (struct np_flow_list){NULL, 0, 0};
    pb->id = np_text(NULL, 0);
    rc = read_message(run, FLOW, p, end);
    if (rc)
        return rc;
    flow->uuid = pb->id;
    return np_antrea_finish(run, &pb->antrea, flow, at_of(run, p));
}

/* What dropped_count grew by. */
static int take_dropped(struct np_flow_run *run, struct flow_pb *pb, uint64_t dropped, struct cnipol_flow *flow)
{
    struct cnipol_flow_event *event;

    if (dropped <= pb->dropped)
        return 0;
    event = np_arena_zalloc(&run->arena, sizeof *event);
    if (!event)
        return CNIPOL_E_NOMEM;
    event->kind = CNIPOL_EVENT_LOST;
    event->has = CNIPOL_EVENT_COUNT;
    event->n_lost = dropped - pb->dropped;
    pb->dropped = dropped;
    flow->event = event;
    return 1;
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct flow_pb *pb = run->state;
    const uint8_t *frame = (const uint8_t *)run->frame, *end = frame + run->n;
    int rc = 0;

    if (pb->bare) {
        rc = run->at ? 0 : take_flow(run, pb, frame, end, flow);
        run->at = rc == 1 ? run->n + 1 : run->at;
        return rc;
    }
    while (run->at < run->n && !rc) {
        const uint8_t *p = frame + run->at;
        struct value value;

        rc = read_field(run, &p, end, &value);
        if (!rc && value.number == 1 && value.wire == NP_PB_BYTES)
            rc = take_flow(run, pb, value.bytes, value.bytes + value.n, flow);
        else if (!rc && value.number == 2 && value.wire == NP_PB_VARINT)
            rc = take_dropped(run, pb, value.varint, flow);
        if (rc >= 0)
            run->at = at_of(run, p);
    }
    return rc;
}

const struct np_format np_format_antrea_flow_pb = {
    .row = {"antrea-flow-pb", "Antrea: flow aggregator's gRPC stream", "length-delimited messages GetFlowsResponse, ExportRequest or Flow"},
    .framing = NP_FRAME_VARINT,
    .open = open,
    .close = close,
    .reset = reset,
    .next = next,
};
