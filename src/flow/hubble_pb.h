/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_HUBBLE_PB_H
#define NP_FLOW_HUBBLE_PB_H

/*
 * Hubble's protobuf: what the parts of the decoder share.
 *
 *     hubble_pb.c          the tables made ready for what is wanted; the row of the table of formats
 *     hubble_pb_fields.c   the messages of flow.proto, a row for each field
 *     hubble_pb_read.c     reading a message by them
 *     hubble_pb_record.c   what is left to settle once a message is read
 *     pb_wire.c            varints and fields that nobody wants
 *
 * A message is a table of rows; a row has the field's number, the kind of its value, and where the value goes: an offset from the
 * object that the message fills (the flow, an end of it, ...), or from what a record keeps aside until its end (np_pb_raw).
 * When a decoder is made, each table becomes a lookup by tag that holds only what is wanted: other fields are unknown to it,
 * and passed over like unknown ones. A later value replaces an earlier one, messages merge, and another member of a oneof
 * empties the one before it, all as protobuf has it.
 */

#include "flow/format.h"
#include "flow/pb_wire.h"

/* Kinds of values; all from NP_PB_TEXT on are of the wire type NP_PB_BYTES, the others are varints. */
enum np_pb_kind {
    NP_PB_U32,  /* the low 32 bits; also of int32 */
    NP_PB_WORD, /* the same, mostly below 128: enumerations */
    NP_PB_U64,
    NP_PB_BOOL,          /* into a byte */
    NP_PB_BIT,           /* a bool into a bit of a uint16_t */
    NP_PB_NUMBER_PASSED, /* passed over */
    NP_PB_OTHER,         /* the same, of rare wire types */
    NP_PB_BAD,           /* a number that does not exist */
    NP_PB_TEXT,
    NP_PB_CHECK, /* a text that is only checked */
    NP_PB_TEXTS, /* one more of a list */
    NP_PB_BYTES_PASSED,
    NP_PB_TIME, /* a message that is a time */
    NP_PB_L4,   /* a message that is the flow's L4 */
    NP_PB_MESSAGE,
    NP_PB_MEMBER, /* a message that is a member of a oneof */
    NP_PB_ITEMS,  /* a message that is one more of a list */
    NP_PB_OWN     /* a message in memory of its own, to which the place points */
};

/* The oneofs, and what else is emptied with them. */
enum np_pb_oneof { NP_PB_NO_ONEOF, NP_PB_ONEOF_RESPONSE, NP_PB_ONEOF_L4, NP_PB_ONEOF_TUNNEL_L4, NP_PB_ONEOF_L7 };

/* Messages that were there, beside bits of enum cnipol_flow_has. */
#define NP_PB_SEEN_SRC (1ull << 32)
#define NP_PB_SEEN_DST (1ull << 33)
#define NP_PB_SEEN_SRC_SERVICE (1ull << 34)
#define NP_PB_SEEN_DST_SERVICE (1ull << 35)
#define NP_PB_SEEN_IS_REPLY (1ull << 36)
#define NP_PB_SEEN_TIME (1ull << 37)
#define NP_PB_SEEN_TOP_TIME (1ull << 38)
#define NP_PB_SEEN_FLAGS (1ull << 39)
#define NP_PB_SEEN_CPU (1ull << 40)
#define NP_PB_SEEN_FIRST (1ull << 41)
#define NP_PB_SEEN_LAST (1ull << 42)

struct np_pb_message;

struct np_pb_field {
    uint32_t number;
    uint8_t kind;  /* enum np_pb_kind */
    uint8_t oneof; /* enum np_pb_oneof */
    bool in_raw;   /* offsets are those of np_pb_raw */
    uint8_t bit;   /* NP_PB_BIT */
    uint16_t offset;
    uint16_t count; /* lists: where the number of items is */
    uint16_t size;  /* NP_PB_ITEMS, NP_PB_OWN */
    uint8_t field;  /* enum cnipol_field_id; NP_PB_ALWAYS. Messages that are no items: wanted also if anything in them is */
    uint8_t also;   /* another one */
    uint64_t seen;
    const struct np_pb_message *message;
};

static inline uint32_t np_pb_wire_of(const struct np_pb_field *field)
{
    return field->kind >= NP_PB_TEXT ? NP_PB_BYTES : NP_PB_VARINT;
}

#define NP_PB_ALWAYS 255u
/* Fields below this number are found at once. Those of a table that are above it are its last ones. */
#define NP_PB_NEAR 48u
#define NP_PB_MESSAGES 48u
/* How deeply messages are in others. */
#define NP_PB_LEVELS 8u

struct np_pb_message {
    const struct np_pb_field *fields;
    uint8_t n;
    uint8_t id;    /* dense */
    uint8_t shift; /* added to each row's field: `destination` has the rows of `source` */
};

extern const struct np_pb_message np_pb_flow_message, np_pb_response_message, np_pb_export_message;

struct np_pb_time {
    uint64_t seconds;
    uint32_t nanos;
    uint32_t reserved;
};

struct np_pb_ip {
    struct cnipol_text src, dst;
};

struct np_pb_l4 {
    uint32_t src, dst; /* ports; of ICMP, VRRP and IGMP: type and code */
    uint16_t flags;
    uint16_t reserved;
    uint32_t chunk;
};

struct np_pb_policies {
    struct cnipol_flow_policy *items;
    uint32_t n;
    uint32_t reserved;
};

/* In memory of its own, for few records have it. */
struct np_pb_event {
    struct cnipol_flow_event event;
    struct np_pb_time first, last;
    uint32_t cpu, number;
};

struct np_pb_l7 {
    struct cnipol_flow_l7 l7;
    uint32_t type, reserved;
};

/* What is kept aside until a message is read. */
struct np_pb_raw {
    uint64_t seen;
    struct np_pb_time time, top_time;
    struct cnipol_text top_node;
    uint32_t verdict, direction, drop_reason, drop_reason_desc;
    uint32_t ip_version;
    uint8_t reply, is_reply;
    uint8_t reserved[2];
    uint32_t chosen[5]; /* by enum np_pb_oneof: the member's number, 0 none */
    struct np_pb_l4 l4, tunnel_l4;
    struct np_pb_policies policies[4]; /* egress allowed, ingress allowed, egress denied, ingress denied */
    struct np_pb_event *event;
    struct np_pb_l7 *l7;
};

/* What is done with a field that is wanted. */
struct np_pb_step {
    const struct np_pb_field *field;
    const struct np_pb_lookup *lookup; /* of messages */
    uint64_t seen;
    uint8_t kind; /* enum np_pb_kind */
    bool in_raw;
    uint16_t offset, count, size;
};

#define NP_PB_STEPS 400u

#define NP_PB_FAR 32u
#define NP_PB_NEAR_RAW 0x100u

/*
 * What a tag leads to is a number: the kind, NP_PB_NEAR_RAW, and in the upper half what is asked for next: of NP_PB_U32, NP_PB_WORD and
 * NP_PB_TEXT the offset, else which step it is. What is passed over has no step.
 */
struct np_pb_lookup {
    uint32_t near[8 * NP_PB_NEAR]; /* by tag */
    struct {
        uint32_t tag, near;
    } far[NP_PB_FAR]; /* by number, else in the next slot that was free; never full */
    bool is_wanted;   /* anything in it */
};

static inline uint32_t np_pb_far_slot(uint64_t tag)
{
    return (uint32_t)(tag >> 3) % NP_PB_FAR;
}

struct np_pb_reader;

/* Reads a message into `base`. False: refused. */
typedef bool np_pb_read_fn(struct np_pb_reader *r, const struct np_pb_lookup *lookup, char *base, const uint8_t *p, const uint8_t *end);
np_pb_read_fn np_pb_read;

struct np_pb {
    const struct np_pb_message *root;
    uint32_t n_steps;
    np_pb_read_fn *read; /* np_pb_read(); tests compare with another one */
    struct np_pb_raw raw;
    uint32_t passes[8]; /* what is done with fields that nobody wants, by wire type */
    struct np_pb_step steps[NP_PB_STEPS];
    struct np_pb_lookup lookup[NP_PB_MESSAGES];
};

struct np_pb_reader {
    struct np_flow_run *run;
    struct np_pb *pb;
    struct cnipol_flow *flow;
    struct np_pb_flaw flaw;
    int rc; /* why a reader returned NULL: 0: the flaw */
};

/* Settles a message that was read. CNIPOL_OK, np_flaw(), CNIPOL_E_NOMEM. */
int np_pb_settle(struct np_flow_run *run, struct np_pb *pb, struct cnipol_flow *flow);

#endif
