/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_FORMAT_H
#define NP_FLOW_FORMAT_H

/*
 * Formats: what the decoder asks of each of them.
 *
 * A stream is cut into frames (frame.h) by rules that several formats share, so no format ever sees half a record, and feeding by
 * the byte gives what feeding at once gives. A format turns one frame into records: np_format.next() is called until it
 * returns something else than 1. Most have one record in a frame; an IPFIX message or a list of Whisker's has many.
 *
 *     frame ──→ next() = 1, next() = 1, …, next() = 0            the frame is used up
 *                        next() = np_flaw(run, …)                the rest of the frame is dropped
 *
 * What next() writes: everything of *flow, which is zeroed before; texts point into the frame, static tables, or run->arena; lists are
 * in run->arena, which is emptied before each record. run->at is the format's own, 0 at the start of a frame: how far it got.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cnipol/decode.h>

#include "base/codes.h"
#include "base/mem.h"
#include "base/str.h"

/* How a stream of the format is cut. */
enum np_framing {
    NP_FRAME_LINE,   /* a line, without its end (LF or CR LF); empty lines are passed over */
    NP_FRAME_JSON,   /* a line that is a JSON value, or lines while they end in { [ , or :, until brackets close; elements of a list that a stream begins with */
    NP_FRAME_CSV,    /* a line, where line ends inside double quotes do not count */
    NP_FRAME_VARINT, /* protobuf's: a varint of the length, then the message, without the varint */
    NP_FRAME_IPFIX,  /* a message by the length in its header, with it */
    NP_FRAME_U32     /* a length in four bytes, least first, then that many bytes, without the length */
};

struct np_flow_run;

struct np_format {
    struct cnipol_flow_format row;
    enum np_framing framing;
    /* Makes run->state, from run->opts. CNIPOL_OK, CNIPOL_E_NOMEM, or CNIPOL_E_USAGE with run->usage set. May be NULL. */
    int (*open)(struct np_flow_run *run);
    void (*close)(struct np_flow_run *run); /* may be NULL */
    void (*reset)(struct np_flow_run *run); /* another stream begins: forgets headers and templates; may be NULL */
    /* See above. 1, 0, np_flaw(), CNIPOL_E_NOMEM. */
    int (*next)(struct np_flow_run *run, struct cnipol_flow *flow);
    /* The stream has ended: called like next(), without a frame, for what was held back until then. May be NULL. */
    int (*end)(struct np_flow_run *run, struct cnipol_flow *flow);
    /* How sure one can be that the stream is of this format, from its first bytes (at most 4 KiB, perhaps cut): 0 no, 100 certain. */
    int (*recognise)(const char *bytes, size_t n);
    bool is_single; /* a frame is one record, or none: next() is called once for it, and again only where memory ran out; run->at is not used */
};

/* A decoder's work on one format. */
struct np_flow_run {
    struct np_mem *mem;
    const struct np_format *format;
    struct cnipol_decoder_opts opts; /* strings live as long as the run; never NULL in opts.fields */
    struct cnipol_fields fields;     /* what is wanted: all bits, or opts.fields */
    void *state;
    const char *usage; /* why open() refused; static, or in the arena */

    const char *frame; /* NOT NUL-terminated; but np_frame_slack bytes behind it may be read (their values mean nothing) */
    size_t n;
    size_t at;
    uint64_t frame_number; /* of the stream, 1 first: whether a line is a header line */
    struct np_arena arena;

    /* The flaw that next() reports. */
    const char *flaw; /* static, or in the arena */
    enum np_code flaw_code;
    uint32_t flaw_at; /* offset in the frame */
};

/* Readable bytes behind each frame, so that scanners may load whole vectors. */
#define NP_FRAME_SLACK 64u

/* What fits the wish: is the field wanted? */
static inline bool np_flow_wants(const struct np_flow_run *run, enum cnipol_field_id id)
{
    return cnipol_fields_has(&run->fields, id);
}

/* Zeroes what is a few hundred bytes long; compilers make a string instruction of it that takes longer than the call. */
static inline void np_zero(void *block, size_t size)
{
    __asm__("" : "+r"(size));
    memset(block, 0, size);
}

static inline struct cnipol_text np_text(const char *s, size_t n)
{
    return (struct cnipol_text){s, (uint32_t)n};
}

#define NP_TEXT(literal) {(literal), (uint32_t)(sizeof(literal) - 1)} /* an initialiser */

/* Notes what is wrong at a byte of the frame; returns the status that next() then returns (by the code: CNIPOL_E_SYNTAX or _INVALID). */
int np_flaw(struct np_flow_run *run, enum np_code code, size_t at, const char *message);
/* The same, with values in the message. */
int np_flawf(struct np_flow_run *run, enum np_code code, size_t at, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A list of texts and the like in the arena, growing: starts as {0}; items stay where they are once the list is done. */
struct np_flow_list {
    void *items;
    uint32_t n, cap;
};
/* Room for one more of `size` bytes, zeroed; NULL: no memory. All elements of a list have the same size. */
void *np_flow_list_add(struct np_flow_run *run, struct np_flow_list *list, size_t size);

/* Adds to flow->extras. False: no memory. */
struct np_flow_extras {
    struct np_flow_list list;
};
bool np_extra_number(struct np_flow_run *run, struct np_flow_extras *extras, enum cnipol_extra_id id, uint64_t number);
bool np_extra_text(struct np_flow_run *run, struct np_flow_extras *extras, enum cnipol_extra_id id, struct cnipol_text text);
bool np_extra_time(struct np_flow_run *run, struct np_flow_extras *extras, enum cnipol_extra_id id, struct cnipol_time time);
void np_extras_done(const struct np_flow_extras *extras, struct cnipol_flow *flow);

/* ::ffff:0:0/96, which Go, in which all writers are written, takes for the IPv4 address at its end. */
static inline bool np_is_mapped(const uint8_t bytes[16])
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    return memcmp(bytes, prefix, sizeof prefix) == 0;
}

/* An address in binary; a mapped one is the IPv4 address that it holds. */
void np_end_ip4(struct cnipol_flow_end *end, const uint8_t bytes[4]);
void np_end_ip6(struct cnipol_flow_end *end, const uint8_t bytes[16]);
/* A port; 0 is left out. */
static inline void np_end_port(struct cnipol_flow_end *end, uint16_t port)
{
    end->port = port;
    if (port)
        end->has |= CNIPOL_FLOW_END_PORT;
}

static inline void np_flow_protocol(struct cnipol_flow *flow, uint8_t protocol)
{
    flow->protocol = protocol;
    flow->has |= CNIPOL_HAS_PROTOCOL;
}

static inline void np_flow_verdict(struct cnipol_flow *flow, enum cnipol_flow_verdict verdict)
{
    flow->verdict = verdict;
    flow->has |= CNIPOL_HAS_VERDICT;
}

static inline void np_flow_direction(struct cnipol_flow *flow, enum cnipol_flow_direction direction)
{
    flow->direction = direction;
    flow->has |= CNIPOL_HAS_DIRECTION;
}

static inline void np_flow_time(struct cnipol_flow *flow, struct cnipol_time time)
{
    flow->time = time;
    flow->has |= CNIPOL_HAS_TIME;
}

/* Protocol numbers by IANA's keyword in any case (tcp, udp, sctp, icmp, icmp6, icmpv6, ipv6-icmp, igmp, vrrp); -1: no such. */
int np_protocol_find(struct cnipol_text name);

/* Cilium's drop reasons: flow.proto's name and the monitor's text; absent and NULL: none. */
struct cnipol_text np_drop_reason_name(uint32_t reason);
const char *np_drop_reason_text(uint32_t reason);
/* The number of flow.proto's name, or 0. */
uint32_t np_drop_reason_find(struct cnipol_text name);

/* All formats, in the order of the table. */
extern const struct np_format np_format_hubble_json, np_format_hubble_pb, np_format_cilium_monitor;
extern const struct np_format np_format_goldmane_json, np_format_whisker_json, np_format_calico_flowlog_json, np_format_calico_policy_string;
extern const struct np_format np_format_antrea_npl, np_format_antrea_node_npl, np_format_antrea_flow_csv, np_format_antrea_ipfix;
extern const struct np_format np_format_antrea_ipfix_json, np_format_antrea_flowrecords_json, np_format_antrea_clickhouse, np_format_antrea_suricata;
extern const struct np_format np_format_antrea_flow_pb;
extern const struct np_format np_format_aws_vpc, np_format_aws_npa, np_format_aws_npa_log;
extern const struct np_format np_format_csv, np_format_jsonl;

const struct np_format *np_format_at(size_t i);
/* By name; NULL: no such. */
const struct np_format *np_format_find(const char *name);

#endif
