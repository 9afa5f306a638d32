/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_FILTER_H
#define NP_FLOW_FILTER_H

/*
 * Filters of flow records: how a filter comes to be.
 *
 *     arguments ──filter_args.c──→ specs ──filter_spec.c──→ clauses of tests ──filter.c──→ yes or no
 *     JSON ───────filter_raw.c───→
 *
 * A spec is what Hubble calls a FlowFilter: for each of its fields a list of values. The flags fill one spec, or two where a
 * flag looks at either end (--pod: the source or the destination); --allowlist and --denylist give specs as JSON. A spec
 * becomes a clause: a test for each field that has values, all of which must hold. A filter lets a record through if
 * any of its clauses holds, or there are none, and none of the denying clauses does.
 *
 * Semantics are Cilium v1.20.2's: pkg/hubble/filters (what tests mean) and hubble/cmd/observe/flows_filter.go (what flags mean).
 */

#include <cnipol/filter.h>

#include "base/codes.h"
#include "base/ctx.h"
#include "flow/format.h"
#include "l7/regex.h"

/* The fields of a spec, in the order of the table in filter_spec.c. */
enum np_spec_field {
    NP_SPEC_UUID = 0,
    NP_SPEC_SRC_IP,
    NP_SPEC_SRC_XLATED,
    NP_SPEC_SRC_POD,
    NP_SPEC_SRC_FQDN,
    NP_SPEC_SRC_LABEL,
    NP_SPEC_SRC_SERVICE,
    NP_SPEC_SRC_WORKLOAD,
    NP_SPEC_SRC_CLUSTER,
    NP_SPEC_SRC_PORT,
    NP_SPEC_SRC_IDENTITY,
    NP_SPEC_DST_IP,
    NP_SPEC_DST_POD,
    NP_SPEC_DST_FQDN,
    NP_SPEC_DST_LABEL,
    NP_SPEC_DST_SERVICE,
    NP_SPEC_DST_WORKLOAD,
    NP_SPEC_DST_CLUSTER,
    NP_SPEC_DST_PORT,
    NP_SPEC_DST_IDENTITY,
    NP_SPEC_DIRECTION,
    NP_SPEC_VERDICT,
    NP_SPEC_DROP_REASON,
    NP_SPEC_INTERFACE,
    NP_SPEC_EVENT_TYPE,
    NP_SPEC_HTTP_STATUS,
    NP_SPEC_HTTP_METHOD,
    NP_SPEC_HTTP_PATH,
    NP_SPEC_HTTP_URL,
    NP_SPEC_HTTP_HEADER,
    NP_SPEC_PROTOCOL,
    NP_SPEC_REPLY,
    NP_SPEC_DNS_QUERY,
    NP_SPEC_TCP_FLAGS,
    NP_SPEC_NODE_NAME,
    NP_SPEC_NODE_LABEL,
    NP_SPEC_IP_VERSION,
    NP_SPEC_TRACE_ID,
    NP_SPEC_IP_TRACE_ID,
    NP_SPEC_ENCRYPTED,
    NP_SPEC_EXPRESSION,
    NP_N_SPEC_FIELDS
};

/* A value: what of it counts is the field's business. */
struct np_spec_value {
    const char *flag;    /* that gave it, for diagnostics: "--from-ip" */
    struct np_str text;  /* NUL-terminated; a workload's kind, a header's key */
    struct np_str other; /* a workload's name, a header's value */
    uint64_t number;     /* an enumeration's, TCP flags, an event's type, an interface's index */
    uint32_t sub_type;
    bool has_sub_type;
};

struct np_spec_list {
    struct np_spec_value *items; /* in the arena; moved as it grows */
    uint32_t n, cap;
};

struct np_spec {
    struct np_spec *next;
    struct np_spec_list lists[NP_N_SPEC_FIELDS];
};

struct np_test {
    /* 1, 0, or CNIPOL_E_LIMIT: not to be said. The record is whole; of an event there is only what events have. */
    int (*matches)(const struct np_test *test, const struct cnipol_flow *flow);
    const void *data;
    uint32_t n;
    bool dst; /* the destination's; else the source's */
};

struct np_clause {
    const struct np_test *tests;
    uint32_t n;
};

struct np_clauses {
    struct np_clause *items;
    uint32_t n;
};

/* Regular expressions hold memory of their own. */
struct np_regex_link {
    struct np_regex_link *next;
    struct np_regex *regex;
};

struct cnipol_filter {
    struct np_mem *mem;
    struct np_arena arena;
    struct np_clauses allow, deny;
    struct np_regex_link *regexes;
    struct cnipol_fields fields;
};

/* The work of making one. */
struct np_filter_job {
    struct cnipol_ctx *ctx;
    struct cnipol_filter *filter;
    struct np_spec *allow, *deny; /* lists */
};

/* A field of a spec. */
enum np_spec_type {
    NP_SPEC_TEXT = 0,
    NP_SPEC_BOOL,
    NP_SPEC_UINT32,
    NP_SPEC_UINT64,
    NP_SPEC_ENUM,
    NP_SPEC_TYPE,      /* an event type: {type, match_sub_type, sub_type} */
    NP_SPEC_PAIR,      /* {key, value} */
    NP_SPEC_KIND_NAME, /* {kind, name} */
    NP_SPEC_FLAGS,     /* TCP flags */
    NP_SPEC_NIC,       /* {index, name} */
};

typedef int np_test_build(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out);

struct np_spec_row {
    const char *name; /* in JSON */
    uint8_t type;     /* enum np_spec_type */
    bool dst;
    bool needs_l7; /* beside event types, one of them must be l7 */
    np_test_build *build;
    int (*word)(struct np_str word, int32_t *number); /* of an enumeration: 1, 0: no such */
    uint8_t fields[4];                                /* enum cnipol_field_id + 1 that the test looks at; 0: no more */
};

extern const struct np_spec_row np_spec_rows[NP_N_SPEC_FIELDS];

/* An empty spec; NULL: no memory. */
struct np_spec *np_spec_new(struct np_filter_job *job);
/* Room for a value of a field, zeroed but for `flag`; NULL: no memory. */
struct np_spec_value *np_spec_add(struct np_filter_job *job, struct np_spec *spec, enum np_spec_field field, const char *flag);
/* Makes the clauses of a list of specs. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_USAGE. */
int np_spec_build(struct np_filter_job *job, const struct np_spec *specs, struct np_clauses *out);

/* Reads arguments into job->allow and job->deny. */
int np_filter_read_args(struct np_filter_job *job, const char *const *args, size_t n);
/* Reads JSON objects, one or several, as specs, and puts them before *specs. */
int np_filter_read_json(struct np_filter_job *job, const char *flag, struct np_str text, struct np_spec **specs);

/* Raises a diagnostic at bytes [at, end) of a flag's value; returns CNIPOL_E_USAGE, or CNIPOL_E_NOMEM. */
int np_filter_wrong(struct np_filter_job *job, enum np_code code, const char *flag, struct np_str text, uint32_t at, uint32_t end,
                    const char *fmt, ...) __attribute__((format(printf, 7, 8)));
/* The same for all of a value. */
int np_filter_wrong_value(struct np_filter_job *job, const struct np_spec_value *value, const char *message);
/* Compiles a regular expression, which is freed with the filter. `shown` is what diagnostics point into. */
int np_filter_regex(struct np_filter_job *job, const struct np_spec_value *value, struct np_str pattern, const struct np_regex **out);

/* Words, of filter_word.c. */
bool np_word_is(struct np_str word, const char *text); /* ASCII letters of `word` in any case; `text` is in lower case */
int np_word_verdict(struct np_str word, int32_t *number);
int np_word_drop_reason(struct np_str word, int32_t *number);
int np_word_direction(struct np_str word, int32_t *number);
int np_word_ip_version(struct np_str word, int32_t *number);
/* Go's strconv.ParseUint: base 10, or base 0 (prefixes and underscores). False: none, or above `max`. */
bool np_word_uint(struct np_str word, bool any_base, uint64_t max, uint64_t *out);
/* Is it white space as Go's unicode.IsSpace has it? */
bool np_word_is_space(uint32_t code);

/* The tests of each field, by family: filter_text.c, filter_number.c, filter_ip.c, filter_label.c, filter_http.c. */
np_test_build np_test_uuid, np_test_trace_id, np_test_cluster, np_test_workload, np_test_pod, np_test_service, np_test_interface;
np_test_build np_test_fqdn, np_test_node_name;
np_test_build np_test_verdict, np_test_drop_reason, np_test_direction, np_test_ip_version, np_test_identity, np_test_ip_trace_id;
np_test_build np_test_encrypted, np_test_reply, np_test_event_type, np_test_port, np_test_protocol, np_test_tcp_flags;
np_test_build np_test_ip, np_test_xlated, np_test_label, np_test_node_label;
np_test_build np_test_http_status, np_test_http_method, np_test_http_path, np_test_http_url, np_test_http_header, np_test_dns_query;
np_test_build np_test_expression;

static inline const struct cnipol_flow_end *np_test_end(const struct np_test *test, const struct cnipol_flow *flow)
{
    return test->dst ? &flow->dst : &flow->src;
}

static inline struct np_str np_str_of_text(struct cnipol_text text)
{
    return (struct np_str){text.s ? text.s : "", text.s ? text.n : 0};
}

/* An array of the values' texts, for tests that need no more; NULL: no memory. */
struct np_str *np_test_texts(struct np_filter_job *job, const struct np_spec_list *values);
/* The same of numbers. */
uint64_t *np_test_numbers(struct np_filter_job *job, const struct np_spec_list *values);

/* Texts in the arena, growing. */
struct np_flow_texts {
    struct np_str *items;
    uint32_t n, cap;
};
bool np_flow_texts_add(struct np_arena *arena, struct np_flow_texts *texts, struct np_str text);

static inline bool np_test_has_text(const struct np_test *test, struct np_str text)
{
    const struct np_str *texts = test->data;

    for (uint32_t i = 0; i < test->n; i++)
        if (np_str_eq(texts[i], text))
            return true;
    return false;
}

static inline bool np_test_has_number(const struct np_test *test, uint64_t number)
{
    const uint64_t *numbers = test->data;

    for (uint32_t i = 0; i < test->n; i++)
        if (numbers[i] == number)
            return true;
    return false;
}

#endif
