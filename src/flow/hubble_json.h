/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_HUBBLE_JSON_H
#define NP_FLOW_HUBBLE_JSON_H

/*
 * Hubble's JSON: what the parts of the decoder share.
 *
 *     hubble_json.c         one frame: wrapper or bare flow, what is left to settle at its end; the row of the table of formats
 *     hubble_json_object.c  objects: finding members by name, duplicates, oneofs, what is not wanted
 *     hubble_json_value.c   a reader for each kind of value
 *     hubble_json_time.c    timestamps
 *     hubble_json_rows.c    the messages of flow.proto, a row for each member
 *
 * A message is a table of rows; a row has the member's name, the reader of its value, and where the value goes: an offset from the
 * object that the message fills (the flow, an end of it, its L7 part, …), and a bit to set there. When a decoder is made, each
 * message becomes a plan: its names hashed, in both spellings, and a mask of the members that are wanted. Members that are not
 * wanted are skipped, but still may not repeat.
 */

#include "flow/format.h"
#include "flow/json_scan.h"
#include "flow/words.h"

struct np_hubble;
struct np_hubble_row;

/* Reads a value into what stands at `base`. The place has a value's first byte; p of the result is NULL where the walk failed. */
typedef struct np_place np_hubble_reader(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base);

/* The messages. Those that are there twice differ in the fields that they fill. */
enum np_hubble_message {
    NP_HUBBLE_WRAPPER,
    NP_HUBBLE_FLOW,
    NP_HUBBLE_EMITTER,
    NP_HUBBLE_ETHERNET,
    NP_HUBBLE_IP,
    NP_HUBBLE_L4,
    NP_HUBBLE_TCP,
    NP_HUBBLE_TCP_FLAGS,
    NP_HUBBLE_UDP,
    NP_HUBBLE_SCTP,
    NP_HUBBLE_ICMP,
    NP_HUBBLE_VRRP,
    NP_HUBBLE_IGMP,
    NP_HUBBLE_TUNNEL,
    NP_HUBBLE_TUNNEL_IP,
    NP_HUBBLE_TUNNEL_L4,
    NP_HUBBLE_TUNNEL_TCP,
    NP_HUBBLE_TUNNEL_TCP_FLAGS,
    NP_HUBBLE_TUNNEL_UDP,
    NP_HUBBLE_TUNNEL_SCTP,
    NP_HUBBLE_TUNNEL_ICMP,
    NP_HUBBLE_TUNNEL_VRRP,
    NP_HUBBLE_TUNNEL_IGMP,
    NP_HUBBLE_SOURCE,
    NP_HUBBLE_DESTINATION,
    NP_HUBBLE_WORKLOAD,
    NP_HUBBLE_EVENT_TYPE,
    NP_HUBBLE_SOURCE_SERVICE,
    NP_HUBBLE_DESTINATION_SERVICE,
    NP_HUBBLE_FILE,
    NP_HUBBLE_IP_TRACE,
    NP_HUBBLE_INTERFACE,
    NP_HUBBLE_TRACE_CONTEXT,
    NP_HUBBLE_TRACE_PARENT,
    NP_HUBBLE_AGGREGATE,
    NP_HUBBLE_POLICY,
    NP_HUBBLE_L7,
    NP_HUBBLE_DNS,
    NP_HUBBLE_HTTP,
    NP_HUBBLE_HEADER,
    NP_HUBBLE_KAFKA,
    NP_HUBBLE_LOST,
    NP_HUBBLE_NODE_STATUS,
    NP_HUBBLE_AGENT,
    NP_HUBBLE_DEBUG,
    NP_HUBBLE_N_MESSAGES
};

/* Enumerations, by the table of their words. */
enum np_hubble_enum {
    NP_HUBBLE_VERDICTS,
    NP_HUBBLE_DIRECTIONS,
    NP_HUBBLE_FLOW_TYPES,
    NP_HUBBLE_AUTH_TYPES,
    NP_HUBBLE_POINTS,
    NP_HUBBLE_TRACE_REASONS,
    NP_HUBBLE_CAPTURE_POINTS,
    NP_HUBBLE_XLATE_POINTS,
    NP_HUBBLE_TUNNELS,
    NP_HUBBLE_L7_TYPES,
    NP_HUBBLE_IP_VERSIONS,
    NP_HUBBLE_SCTP_CHUNKS,
    NP_HUBBLE_LOST_SOURCES,
    NP_HUBBLE_NODE_STATES,
    NP_HUBBLE_AGENT_TYPES,
    NP_HUBBLE_DEBUG_TYPES,
    NP_HUBBLE_DROP_REASONS,
    NP_HUBBLE_N_ENUMS
};

#define NP_HUBBLE_NO_FIELD UINT8_MAX      /* wanted if something below it is, or if everything is */
#define NP_HUBBLE_ALWAYS (UINT8_MAX - 1u) /* wanted wherever its message is read */

struct np_hubble_row {
    const char *name;  /* flow.proto's; NULL ends a table */
    const char *loose; /* another spelling, which protojson does not know: taken unless the member itself is there; may be NULL */
    np_hubble_reader *read;
    uint16_t offset;   /* of the value, or of what the message fills, from `base` */
    uint16_t has_at;   /* of the word with presence bits, from `base` */
    uint32_t has;      /* bits that are set when there is a value */
    uint8_t field;     /* enum cnipol_field_id: wanted if that is, or something below it; or one of the two above */
    uint8_t more;      /* by the reader: enum np_hubble_message or enum np_hubble_enum */
    bool is_message;   /* `more` is a message */
    uint8_t oneof;     /* members of one oneof have the same number here; 0: of none */
};

/* Rows of a message by enum np_hubble_message; fields of `destination` are those of `source`, further on. */
struct np_hubble_shape {
    const struct np_hubble_row *rows;
    uint8_t field_shift;
};
extern const struct np_hubble_shape np_hubble_shapes[NP_HUBBLE_N_MESSAGES];

/* Names, hashed: to a row's number or to an enumeration's. */
struct np_hubble_name {
    uint64_t head, tail; /* the first and the last eight bytes; of a shorter name all of it, twice */
    const char *name;
    uint32_t n;
    int32_t value;
};
struct np_hubble_names {
    struct np_hubble_name *slots; /* n == 0: empty */
    uint32_t shift;               /* 64 - log2 of their number */
    uint32_t mask;
    uint32_t size;
};
const struct np_hubble_name *np_hubble_find(const struct np_hubble_names *names, const char *s, uint32_t n);

/* The rows of the wrapper's oneof, in `seen`. */
#define NP_HUBBLE_ONE_OF_WRAPPER 0x1fu
#define NP_HUBBLE_DEPTH 10000u /* of messages and unknown values, protojson's */
#define NP_HUBBLE_ALLOWS 4u    /* in `has` of a list of policies, beside the direction */

/* Added to a row's number in the names of a message: the loose spelling. */
#define NP_HUBBLE_LOOSE 0x100

struct np_hubble_plan {
    const struct np_hubble_row *rows;
    struct np_hubble_names names;
    uint64_t wanted; /* by the row's number */
};

/* What the wrapper says beside the record itself. */
struct np_hubble_wrapper {
    uint32_t has; /* CNIPOL_HAS_TIME */
    struct cnipol_text node;
    struct cnipol_time time;
};

struct np_hubble {
    struct np_json json;
    struct np_flow_run *run;
    np_json_index_fn *index;
    struct cnipol_flow *flow;
    struct np_hubble_wrapper wrapper;
    struct cnipol_text drop_reason_word; /* of drop_reason_desc, where it is no known one */
    struct np_flow_list policies;
    struct cnipol_text *texts; /* room for all lists of texts of a record: half as many as there are quotes */
    uint32_t n_texts, cap_texts;
    uint64_t seen;           /* members of the object that was read last, by the row's number */
    uint32_t depth;          /* of messages */
    int32_t drop_reason;     /* drop_reason_desc, 0: none */
    uint16_t top_port;       /* the short form's own destination_port */
    int8_t reply;            /* is_reply; -1: not there */
    struct np_arena names;
    struct np_hubble_plan plans[NP_HUBBLE_N_MESSAGES];
    struct np_hubble_names enums[NP_HUBBLE_N_ENUMS];
};

/* Tables of names from the rows, and the masks from what is wanted. CNIPOL_OK, CNIPOL_E_NOMEM. */
int np_hubble_plan(struct np_hubble *h, const struct cnipol_fields *fields);
void np_hubble_unplan(struct np_hubble *h);

/* An object that is this message. */
struct np_place np_hubble_object(struct np_hubble *h, struct np_place at, enum np_hubble_message message, char *base);
/* The walk ends at a value that is no such thing, or is no JSON at all. */
struct np_place np_hubble_unfit(struct np_hubble *h, struct np_place at, const char *wanted);

/* The word of an enumeration's number, or NULL. */
const char *np_hubble_word(enum np_hubble_enum which, int32_t number);

/* A timestamp as protojson takes it; false: it is none. */
bool np_hubble_time(struct cnipol_text text, struct cnipol_time *out);

/* Texts and lists of them; an address; a time. */
np_hubble_reader np_hubble_read_text, np_hubble_read_texts, np_hubble_read_address, np_hubble_read_time;
/* Integers; those that an 8-bit field or a port can hold; one whose presence counts. */
np_hubble_reader np_hubble_read_u32, np_hubble_read_u64, np_hubble_read_i32, np_hubble_read_said_i32, np_hubble_read_byte, np_hubble_read_port;
np_hubble_reader np_hubble_read_top_port;
/* Booleans: one byte, a bit of TCP's flags, BoolValue. */
np_hubble_reader np_hubble_read_true, np_hubble_read_flag, np_hubble_read_is_reply;
/* Enumerations: a number; one whose presence counts; the word itself. */
np_hubble_reader np_hubble_read_enum, np_hubble_read_said_enum, np_hubble_read_word, np_hubble_read_drop_reason, np_hubble_read_ip_version,
    np_hubble_read_l7_type;
/* Messages and lists of them. */
np_hubble_reader np_hubble_read_flow, np_hubble_read_message, np_hubble_read_protocol, np_hubble_read_l7, np_hubble_read_l7_kind, np_hubble_read_event;
np_hubble_reader np_hubble_read_workloads, np_hubble_read_headers, np_hubble_read_policies;
/* Nothing is kept, but protojson would have to take it. */
np_hubble_reader np_hubble_check_text, np_hubble_check_bool, np_hubble_check_u32, np_hubble_check_enum, np_hubble_check_object;

#endif
