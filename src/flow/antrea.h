/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_ANTREA_H
#define NP_FLOW_ANTREA_H

/*
 * Antrea's flow record, which travels as IPFIX, as JSON, as CSV, as rows of ClickHouse and as protobuf.
 *
 *     bytes of a format ──→ values by slot (np_antrea_set_*) ──→ cnipol_flow (np_antrea_finish)
 *
 * One table says of each information element its name, enterprise and number, what type it has, and into which slot of the
 * record its value goes. A format finds rows by number (IPFIX), by name (JSON, ClickHouse) or by column (CSV), and sets slots;
 * what a full record means (verdict, direction, policies, extras) is then worked out once, in one place.
 *
 * Invariants: a slot that was not set is absent. A text that is empty, an address that is all zero and an enumeration's 0 are what
 * the writer fills in where it knows nothing: absent, too. A counter of 0 is a counter.
 *
 * Sources: antrea-io/antrea pkg/flowaggregator/exporter/ipfix.go, pkg/flowaggregator/intermediate/aggregate.go,
 * pkg/flowaggregator/flowlogger/logger.go, v2.7.0; vmware/go-ipfix pkg/registry/registry_antrea.csv and registry_IANA.csv, v0.17.0.
 */

#include "base/jscan.h"
#include "flow/format.h"

/* Those before NP_ANTREA_N_EXTRA_NUMBERS become extras. */
enum np_antrea_number {
    NP_ANTREA_PACKETS,
    NP_ANTREA_BYTES,
    NP_ANTREA_PACKETS_DELTA,
    NP_ANTREA_BYTES_DELTA,
    NP_ANTREA_REVERSE_PACKETS,
    NP_ANTREA_REVERSE_BYTES,
    NP_ANTREA_REVERSE_PACKETS_DELTA,
    NP_ANTREA_REVERSE_BYTES_DELTA,
    NP_ANTREA_THROUGHPUT,
    NP_ANTREA_REVERSE_THROUGHPUT,
    NP_ANTREA_DOMAIN,
    NP_ANTREA_SERVICE_PORT,
    NP_ANTREA_END_REASON,
    NP_ANTREA_FLOW_TYPE,
    NP_ANTREA_N_EXTRA_NUMBERS,
    NP_ANTREA_SRC_PORT = NP_ANTREA_N_EXTRA_NUMBERS,
    NP_ANTREA_DST_PORT,
    NP_ANTREA_PROTOCOL,
    NP_ANTREA_INGRESS_TYPE,
    NP_ANTREA_INGRESS_ACTION,
    NP_ANTREA_EGRESS_TYPE,
    NP_ANTREA_EGRESS_ACTION,
    NP_ANTREA_DIRECTION,
    NP_ANTREA_TCP_FLAGS,
    NP_ANTREA_ICMP, /* type << 8 | code */
    NP_ANTREA_N_NUMBERS
};

enum np_antrea_time { NP_ANTREA_START, NP_ANTREA_END, NP_ANTREA_N_TIMES };

enum np_antrea_text {
    NP_ANTREA_SRC_NS,
    NP_ANTREA_SRC_POD,
    NP_ANTREA_SRC_NODE,
    NP_ANTREA_DST_NS,
    NP_ANTREA_DST_POD,
    NP_ANTREA_DST_NODE,
    NP_ANTREA_SERVICE,
    NP_ANTREA_INGRESS_NAME,
    NP_ANTREA_INGRESS_NS,
    NP_ANTREA_INGRESS_RULE,
    NP_ANTREA_EGRESS_NAME,
    NP_ANTREA_EGRESS_NS,
    NP_ANTREA_EGRESS_RULE,
    NP_ANTREA_TCP_STATE,
    NP_ANTREA_SRC_LABELS, /* JSON */
    NP_ANTREA_DST_LABELS,
    NP_ANTREA_EGRESS,
    NP_ANTREA_EGRESS_IP,
    NP_ANTREA_EGRESS_NODE,
    NP_ANTREA_CLUSTER,
    NP_ANTREA_APP,
    NP_ANTREA_HTTP, /* JSON */
    NP_ANTREA_N_TEXTS
};

enum np_antrea_address {
    NP_ANTREA_SRC,
    NP_ANTREA_DST,
    NP_ANTREA_CLUSTER_IP,
    NP_ANTREA_SERVICE_IP,
    NP_ANTREA_EXPORTER,
    NP_ANTREA_N_ADDRESSES
};

/* An address: in binary (family set) or as written. */
struct np_antrea_ip {
    uint8_t family;
    uint8_t bytes[16];
    struct cnipol_text text;
};

struct np_antrea_record {
    uint32_t numbers_set; /* a bit for each slot */
    uint32_t times_set;
    uint64_t numbers[NP_ANTREA_N_NUMBERS];
    struct cnipol_time times[NP_ANTREA_N_TIMES];
    struct cnipol_text texts[NP_ANTREA_N_TEXTS];
    struct np_antrea_ip addresses[NP_ANTREA_N_ADDRESSES];
    const struct cnipol_text *labels[2]; /* of source and destination, where they do not come as JSON */
    uint32_t n_labels[2];
};

enum np_antrea_type {
    NP_ANTREA_U8,
    NP_ANTREA_U16,
    NP_ANTREA_U32,
    NP_ANTREA_U64,
    NP_ANTREA_WORD, /* a U8 that CSV may say in words */
    NP_ANTREA_SECONDS,
    NP_ANTREA_MILLISECONDS,
    NP_ANTREA_STRING,
    NP_ANTREA_IP4,
    NP_ANTREA_IP6,
    NP_ANTREA_IP /* of either family; as text only */
};

#define NP_ANTREA_PEN_REVERSE 29305u /* RFC 5103 */
#define NP_ANTREA_PEN 56506u
#define NP_ANTREA_NO_PEN UINT32_MAX /* ClickHouse's own columns */
#define NP_ANTREA_ALWAYS UINT8_MAX

/* An information element. */
struct np_antrea_element {
    const char *name;
    uint32_t pen; /* 0: IANA's */
    uint16_t id;
    uint8_t type; /* enum np_antrea_type */
    uint8_t slot;
    uint8_t field; /* enum cnipol_field_id that it fills, or NP_ANTREA_ALWAYS */
};

/* The i-th element, or NULL past the last. */
const struct np_antrea_element *np_antrea_element_at(size_t i);
/* By enterprise and number; NULL: none that says anything here. */
const struct np_antrea_element *np_antrea_element_find(uint32_t pen, uint16_t id);

/* Elements by name. */
struct np_antrea_names {
    uint8_t slots[256]; /* 1 + number of the element; 0: free */
};
void np_antrea_names_init(struct np_antrea_names *names);
const struct np_antrea_element *np_antrea_names_find(const struct np_antrea_names *names, const char *s, size_t n);

/* Is what the element fills wanted? The source's address also tells the IP version. */
static inline bool np_antrea_wants(const struct np_flow_run *run, const struct np_antrea_element *element)
{
    if (element->field == CNIPOL_FIELD_SRC_IP && np_flow_wants(run, CNIPOL_FIELD_IP_VERSION))
        return true;
    return element->field == NP_ANTREA_ALWAYS || np_flow_wants(run, element->field);
}

/* What each of Antrea's formats has in run->state, at its start. */
struct np_antrea {
    struct np_antrea_record record;
    struct np_jscan scan;
    struct np_buf scratch;
};

void np_antrea_clear(struct np_antrea_record *record);
/* Begins a scan of JSON whose texts come into the scratch buffer, even after that ran out of memory. */
void np_antrea_scan(struct np_antrea *antrea, struct np_jscan *scan, const char *s, size_t n, uint32_t max_depth);

/* Sets the element from a number. `at`: where it is in the frame. 0, np_flaw(). */
int np_antrea_set_number(struct np_flow_run *run, struct np_antrea_record *record, const struct np_antrea_element *element, uint64_t number,
                         size_t at);
/* The same from a text, which may be a number in digits, a word of CSV, or a time of ClickHouse. Empty: stays absent. */
int np_antrea_set_text(struct np_flow_run *run, struct np_antrea_record *record, const struct np_antrea_element *element,
                       struct cnipol_text text, size_t at);
/* An address in binary. */
void np_antrea_set_ip(struct np_antrea_record *record, enum np_antrea_address slot, uint8_t family, const uint8_t *bytes);

/* The text of an address, absent where there is none. 0, CNIPOL_E_NOMEM. */
int np_antrea_ip_text(struct np_flow_run *run, const struct np_antrea_ip *address, struct cnipol_text *out);
/* Adds "key=value" to a list of labels. 0, CNIPOL_E_NOMEM. */
int np_antrea_add_label(struct np_flow_run *run, struct np_flow_list *list, struct cnipol_text key, struct cnipol_text value);

/* Makes the flow of a record. `at`: where the record begins in the frame. 1, np_flaw(), CNIPOL_E_NOMEM. */
int np_antrea_finish(struct np_flow_run *run, struct np_antrea *antrea, struct cnipol_flow *flow, size_t at);

/* The IP version, by the source's address. */
static inline void np_antrea_ip_version(struct cnipol_flow *flow)
{
    const struct cnipol_flow_end *src = &flow->src;

    flow->ip_version = src->ip.s ? (memchr(src->ip.s, ':', src->ip.n) ? 6 : 4) : src->family;
}

/* Words. */
const char *np_antrea_policy_kind(uint64_t type);                   /* NULL: none */
bool np_antrea_protocol_find(struct cnipol_text word, int *number); /* false: no such word; *number is -1 for "unknown" */
/* "Allow", as a policy's action in lower case and as a verdict; NULL: no such word. */
const char *np_antrea_disposition(struct cnipol_text word, enum cnipol_flow_verdict *verdict);

/* Splits "namespace/name"; the namespace is absent where there is no slash. */
static inline void np_antrea_split(struct cnipol_text text, struct cnipol_text *ns, struct cnipol_text *name)
{
    const char *slash = text.s ? memchr(text.s, '/', text.n) : NULL;

    *name = text;
    if (!slash)
        return;
    *ns = np_text(text.s, (size_t)(slash - text.s));
    *name = np_text(slash + 1, text.n - ns->n - 1);
}

static inline bool np_antrea_is(struct cnipol_text text, const char *s, size_t n)
{
    return text.n == n && memcmp(text.s, s, n) == 0;
}

#define NP_ANTREA_IS(text, literal) np_antrea_is(text, literal, sizeof(literal) - 1)

/* Digits only, at most `max`. */
bool np_antrea_digits(struct cnipol_text text, uint64_t max, uint64_t *out);
/* YYYY?MM?DD hh:mm:ss[.fraction], `?` being `dash` and the blank `sep`; returns the bytes that it takes, or 0. */
size_t np_antrea_time(struct cnipol_text text, char dash, char sep, struct cnipol_time *out);
/* RFC 3339, where the zone may also be +hhmm. All of the text. */
bool np_antrea_time_zone(struct cnipol_text text, struct cnipol_time *out);

/* JSON (antrea_json.c). */
struct np_antrea_json {
    struct np_antrea antrea;
    struct np_antrea_names names;
};
/* Reads the members of a map that has just begun into slots. 0, np_flaw(), CNIPOL_E_NOMEM. */
int np_antrea_json_map(struct np_flow_run *run, struct np_antrea_json *json);
/* Passes over the value that `token` begins. */
int np_antrea_json_skip(struct np_flow_run *run, struct np_jscan *scan, enum np_jscan_token token);
/* The scanner's error as a flaw. */
int np_antrea_json_flaw(struct np_flow_run *run, const struct np_jscan *scan);
/* The text of a string, for as long as the record. False: no memory. */
bool np_antrea_json_keep(struct np_flow_run *run, const struct np_jscan *scan, struct cnipol_text *out);
/* next() of a format whose frame is a map, several, or a list of them: `take` reads one, whose first token was read. */
typedef int np_antrea_json_take(struct np_flow_run *run, struct cnipol_flow *flow);
int np_antrea_json_next(struct np_flow_run *run, struct cnipol_flow *flow, struct np_antrea *antrea, np_antrea_json_take *take);
int np_antrea_json_open(struct np_flow_run *run);
void np_antrea_json_close(struct np_flow_run *run);

#endif
