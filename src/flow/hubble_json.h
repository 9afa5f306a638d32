/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_HUBBLE_JSON_H
#define NP_FLOW_HUBBLE_JSON_H

/*
 * Hubble's JSON: what the parts of the decoder share.
 *
 *     hubble_json.c         one frame: wrapper or bare flow, what is left to settle at its end; the row of the table of formats
 *     hubble_json_object.c  objects: finding members by name, duplicates, oneofs, what is not wanted
 *     hubble_json_track.c   records that look like earlier ones: learning what these look like
 *     hubble_json_follow.c  and reading without looking at names
 *     hubble_json_value.c   a reader for each kind of value
 *     hubble_json_list.c    and for lists
 *     hubble_json_address.c and for addresses (hubble_address.c)
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
struct np_hubble_tracks;
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

#define NP_HUBBLE_NAME_BYTES 32u

/*
 * A name, for a row's number or an enumeration's. `bytes` are the name and its closing quote, of a member its colon too; `any` has 0xff
 * behind them; both as much as there is room for. `next` are the two names that were last seen behind it, the more recent first.
 */
struct np_hubble_name {
    uint8_t bytes[NP_HUBBLE_NAME_BYTES], any[NP_HUBBLE_NAME_BYTES];
    uint64_t bit; /* of the row in masks; of a loose spelling, all */
    const struct np_hubble_row *row;
    struct np_hubble_name *next[2];
    const char *name;
    uint32_t n;     /* UINT32_MAX: an empty slot */
    uint32_t whole; /* of `bytes`; UINT32_MAX: there is no room for all of them */
    int32_t value;
};
struct np_hubble_names {
    struct np_hubble_name *slots;
    uint32_t shift; /* 64 - log2 of their number */
    uint32_t mask;
    uint32_t size;
};
/* Where to look first. NP_JSON_PAST bytes behind the text may be read. */
static inline uint32_t np_hubble_slot(const struct np_hubble_names *names, const char *s, uint32_t n)
{
    uint64_t head = np_json_load8(s), tail = n < 8 ? 0 : np_json_load8(s + n - 8);

    head &= n < 8 ? ((uint64_t)1 << 8 * n) - 1 : UINT64_MAX;
    return (uint32_t)((head ^ tail << 5 ^ n) * 0x9e3779b97f4a7c15u >> names->shift);
}

/* NULL: no such name. NP_JSON_PAST bytes behind the text may be read. */
struct np_hubble_name *np_hubble_find(const struct np_hubble_names *names, const char *s, uint32_t n);

/* Does the text at s begin with all of the name's bytes? */
static inline bool np_hubble_is(const struct np_hubble_name *name, const char *s)
{
    return np_json_are(s, name->bytes, name->any) && (name->whole <= 16 || (name->whole <= 32 && np_json_are(s + 16, name->bytes + 16, name->any + 16)));
}

/* The rows of the wrapper's oneof, in `seen`. */
#define NP_HUBBLE_ONE_OF_WRAPPER 0x1fu
#define NP_HUBBLE_DEPTH 10000u /* of messages and unknown values, protojson's */
#define NP_HUBBLE_ALLOWS 4u    /* in `has` of a list of policies, beside the direction */

/* Added to a row's number in the names of a message: the loose spelling. */
#define NP_HUBBLE_LOOSE 0x100

struct np_hubble_plan {
    const struct np_hubble_row *rows;
    struct np_hubble_names names;
    uint64_t wanted;             /* by the row's number */
    uint64_t special;            /* not wanted, or of a oneof */
    struct np_hubble_name start; /* what comes first is behind it */
};

/* What the wrapper says beside the record itself. */
struct np_hubble_wrapper {
    uint32_t has; /* CNIPOL_HAS_TIME */
    struct cnipol_text node;
    struct cnipol_time time;
};

/* The date that was read last, as most records are of one day, and the time, as a record and its wrapper have the same. */
struct np_hubble_clock {
    uint64_t date[2]; /* its bytes with the T */
    char text[30];
    int64_t midnight;
    struct cnipol_time time;
};

struct np_hubble {
    struct np_json json;
    struct np_flow_run *run;
    const struct np_json_indexer *indexer;
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
    struct np_hubble_clock clock;
    struct np_hubble_tracks *tracks;
    bool is_noting;
    bool by_names; /* follow nothing: tests compare */
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

/* What was seen before. CNIPOL_OK, CNIPOL_E_NOMEM. */
int np_hubble_tracks_new(struct np_hubble *h);
void np_hubble_tracks_free(struct np_hubble *h);
/* The whole frame by what is known. False: read it the long way; the record may have been filled in part. */
bool np_hubble_follow(struct np_hubble *h);
/* A walk the long way notes its values from here on … */
void np_hubble_note_start(struct np_hubble *h);
/* … but for what cannot be followed. */
void np_hubble_note_odd(struct np_hubble *h);
/* Reads and notes; `oneof` is the table of the row's oneof, if it is of one. */
struct np_place np_hubble_read_noted(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base, const void *oneof);
/* A value that was passed over; `level` is the table of the object that it is in. */
void np_hubble_note_skipped(struct np_hubble *h, struct np_place from, struct np_place to, const struct np_hubble_row *row, char *base,
                            const void *level);
/* The walk has come to a good end, behind the value. */
void np_hubble_learn(struct np_hubble *h, struct np_place end, bool is_bare);

/* An empty text is an absent one. */
static inline void np_hubble_store_text(char *to, struct np_json_text text)
{
    *(struct cnipol_text *)(void *)to = (struct cnipol_text){text.n ? text.s : NULL, text.n};
}

/* A text that must be one. */
static inline struct np_place np_hubble_text(struct np_hubble *h, struct np_place at, struct np_json_text *out)
{
    if (__builtin_expect(!np_json_is_text(&h->json, at), 0))
        return np_hubble_unfit(h, at, "a text is wanted here");
    return np_json_text(&h->json, at, out);
}

/* The word of an enumeration's number, or NULL. */
const char *np_hubble_word(enum np_hubble_enum which, int32_t number);

/* A timestamp as protojson takes it; false: it is none. */
bool np_hubble_time(struct np_hubble_clock *clock, struct cnipol_text text, struct cnipol_time *out);

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
np_hubble_reader np_hubble_check_text, np_hubble_check_bool, np_hubble_check_u32, np_hubble_check_enum, np_hubble_check_object, np_hubble_check_any;

#endif
