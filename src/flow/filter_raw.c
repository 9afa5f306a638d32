/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters as JSON: see filter.h.
 *
 * The objects are FlowFilter messages as protojson reads them: members by their name or in camelCase, unknown ones and repeated ones
 * refused, null taken for absent (but not in lists), numbers also as strings and with a fraction of zeros, enumerations by name
 * or number. Several objects may follow one another.
 *
 * Sources: google.golang.org/protobuf v1.36 encoding/protojson/decode.go; Cilium v1.20.2 api/v1/flow/flow.proto and
 * hubble/cmd/observe/flows.go (parseRawFilters).
 */

#include "flow/filter.h"

#include <math.h>
#include <string.h>

#include "base/jscan.h"
#include "base/number.h"

#define DEPTH_MAX 100u

struct raw {
    struct np_filter_job *job;
    const char *flag;
    struct np_str text;
    struct np_jscan scan;
    struct np_buf scratch;
    enum np_jscan_token token;
};

static int wrong(struct raw *raw, const char *message)
{
    return np_filter_wrong(raw->job, NP_FILTER_VALUE, raw->flag, raw->text, (uint32_t)raw->scan.start, (uint32_t)raw->scan.end, "%s", message);
}

static int next(struct raw *raw)
{
    raw->token = np_jscan_next(&raw->scan);
    if (raw->token != NP_JSCAN_ERROR)
        return CNIPOL_OK;
    return raw->scan.error == NP_JSCAN_NOMEM ? CNIPOL_E_NOMEM : wrong(raw, raw->scan.message);
}

/* Is the key the name, or the name in camelCase? */
static bool is_name(struct np_str key, const char *name)
{
    uint32_t i = 0;

    if (np_str_is(key, name))
        return true;
    for (const char *p = name; *p; p++) {
        bool upper = *p == '_';
        char c = upper && p[1] ? (char)(p[1] - 'a' + 'A') : *p;

        if (i == key.n || key.s[i++] != c)
            return false;
        p += upper;
    }
    return i == key.n;
}

/* A whole number, also as a string. */
static int read_number(struct raw *raw, bool is_signed, uint64_t max, int64_t *out)
{
    struct np_str text = raw->scan.text;
    bool negative = text.n && text.s[0] == '-';
    struct np_str digits = {text.s + negative, text.n - negative};
    char copy[64];
    uint64_t number;
    double f;

    if ((raw->token != NP_JSCAN_NUMBER && raw->token != NP_JSCAN_STRING) || text.n == 0 || text.n >= sizeof copy || (negative && !is_signed))
        return wrong(raw, "expected a number");
    if (!np_word_uint(digits, false, UINT64_MAX, &number)) {
        memcpy(copy, digits.s, digits.n);
        copy[digits.n] = '\0';
        if (!(copy[0] >= '0' && copy[0] <= '9') || strspn(copy, "0123456789.eE+-") != digits.n || !np_float_parse(copy, &f) || f != floor(f) ||
            f > 9e15)
            return wrong(raw, "expected a whole number");
        number = (uint64_t)f;
    }
    if (number > max + (uint64_t)negative)
        return wrong(raw, "the number is too large");
    *out = negative ? (int64_t)(0 - number) : (int64_t)number;
    return CNIPOL_OK;
}

static int read_text(struct raw *raw, struct np_str *out)
{
    char *copy;

    if (raw->token != NP_JSCAN_STRING)
        return wrong(raw, "expected a string");
    copy = np_arena_strndup(&raw->job->filter->arena, raw->scan.text.s, raw->scan.text.n);
    if (!copy)
        return CNIPOL_E_NOMEM;
    *out = (struct np_str){copy, raw->scan.text.n};
    return CNIPOL_OK;
}

static int read_bool(struct raw *raw, bool *out)
{
    *out = raw->token == NP_JSCAN_TRUE;
    return raw->token == NP_JSCAN_TRUE || raw->token == NP_JSCAN_FALSE ? CNIPOL_OK : wrong(raw, "expected true or false");
}

/* Members of the small messages, and where each goes in a value. */
enum place { TO_TEXT, TO_OTHER, TO_NUMBER, TO_SIGNED, TO_SUB_TYPE, TO_HAS_SUB_TYPE, TO_BIT };

struct member {
    uint8_t message; /* enum np_spec_type */
    uint8_t place;
    uint16_t bit;
    const char *name;
};

static const struct member members[] = {
    {NP_SPEC_TYPE, TO_SIGNED, 0, "type"},
    {NP_SPEC_TYPE, TO_HAS_SUB_TYPE, 0, "match_sub_type"},
    {NP_SPEC_TYPE, TO_SUB_TYPE, 0, "sub_type"},
    {NP_SPEC_PAIR, TO_TEXT, 0, "key"},
    {NP_SPEC_PAIR, TO_OTHER, 0, "value"},
    {NP_SPEC_KIND_NAME, TO_TEXT, 0, "kind"},
    {NP_SPEC_KIND_NAME, TO_OTHER, 0, "name"},
    {NP_SPEC_NIC, TO_NUMBER, 0, "index"},
    {NP_SPEC_NIC, TO_TEXT, 0, "name"},
    {NP_SPEC_FLAGS, TO_BIT, CNIPOL_TCP_FIN, "FIN"},
    {NP_SPEC_FLAGS, TO_BIT, CNIPOL_TCP_SYN, "SYN"},
    {NP_SPEC_FLAGS, TO_BIT, CNIPOL_TCP_RST, "RST"},
    {NP_SPEC_FLAGS, TO_BIT, CNIPOL_TCP_PSH, "PSH"},
    {NP_SPEC_FLAGS, TO_BIT, CNIPOL_TCP_ACK, "ACK"},
    {NP_SPEC_FLAGS, TO_BIT, CNIPOL_TCP_URG, "URG"},
    {NP_SPEC_FLAGS, TO_BIT, CNIPOL_TCP_ECE, "ECE"},
    {NP_SPEC_FLAGS, TO_BIT, CNIPOL_TCP_CWR, "CWR"},
    {NP_SPEC_FLAGS, TO_BIT, CNIPOL_TCP_NS, "NS"},
};

#define N_MEMBERS (sizeof members / sizeof members[0])

static int read_member(struct raw *raw, const struct member *member, struct np_spec_value *value)
{
    int64_t number = 0;
    bool set = false;
    int rc;

    switch (member->place) {
    case TO_TEXT:
        return read_text(raw, &value->text);
    case TO_OTHER:
        return read_text(raw, &value->other);
    case TO_NUMBER:
        rc = read_number(raw, false, UINT32_MAX, &number);
        value->number = (uint64_t)number;
        return rc;
    case TO_SIGNED:
        rc = read_number(raw, true, INT32_MAX, &number);
        value->number = (uint64_t)number;
        return rc;
    case TO_SUB_TYPE:
        rc = read_number(raw, true, INT32_MAX, &number);
        value->sub_type = (uint32_t)number;
        return rc;
    case TO_HAS_SUB_TYPE:
        return read_bool(raw, &value->has_sub_type);
    default:
        rc = read_bool(raw, &set);
        value->number |= set ? member->bit : 0;
        return rc;
    }
}

static uint32_t find_member(struct np_str key, uint8_t message)
{
    uint32_t i = 0;

    while (i < N_MEMBERS && (members[i].message != message || !is_name(key, members[i].name)))
        i++;
    return i;
}

/* The members of a small message, behind its brace. */
static int read_message(struct raw *raw, uint8_t message, struct np_spec_value *value)
{
    uint64_t seen = 0;
    int rc = raw->token == NP_JSCAN_MAP ? next(raw) : wrong(raw, "expected an object");

    while (rc == CNIPOL_OK && raw->token == NP_JSCAN_KEY) {
        uint32_t i = find_member(raw->scan.text, message);

        if (i == N_MEMBERS)
            return wrong(raw, "there is no such member");
        if (seen >> i & 1)
            return wrong(raw, "the member is there twice");
        seen |= UINT64_C(1) << i;
        rc = next(raw);
        if (rc == CNIPOL_OK && raw->token != NP_JSCAN_NULL)
            rc = read_member(raw, &members[i], value);
        if (rc == CNIPOL_OK)
            rc = next(raw);
    }
    return rc;
}

static int read_enum(struct raw *raw, const struct np_spec_row *row, struct np_spec_value *value)
{
    int32_t word;
    int64_t number = 0;
    int rc;

    if (raw->token == NP_JSCAN_STRING) {
        if (!row->word(raw->scan.text, &word))
            return wrong(raw, "there is no such word");
        value->number = (uint64_t)(int64_t)word;
        return CNIPOL_OK;
    }
    rc = read_number(raw, true, INT32_MAX, &number);
    value->number = (uint64_t)number;
    return rc;
}

static int read_value(struct raw *raw, const struct np_spec_row *row, struct np_spec_value *value)
{
    int64_t number = 0;
    bool set = false;
    int rc;

    switch (row->type) {
    case NP_SPEC_TEXT:
        return read_text(raw, &value->text);
    case NP_SPEC_BOOL:
        rc = read_bool(raw, &set);
        value->number = set;
        return rc;
    case NP_SPEC_UINT32:
    case NP_SPEC_UINT64:
        rc = read_number(raw, false, row->type == NP_SPEC_UINT32 ? UINT32_MAX : UINT64_MAX, &number);
        value->number = (uint64_t)number;
        return rc;
    case NP_SPEC_ENUM:
        return read_enum(raw, row, value);
    default:
        return read_message(raw, row->type, value);
    }
}

/* The values of a field: a list, or null. */
static int read_list(struct raw *raw, struct np_spec *spec, enum np_spec_field field)
{
    int rc = next(raw);

    if (rc || raw->token == NP_JSCAN_NULL)
        return rc;
    if (raw->token != NP_JSCAN_LIST)
        return wrong(raw, "expected a list");
    for (rc = next(raw); rc == CNIPOL_OK && raw->token != NP_JSCAN_LIST_END; rc = rc == CNIPOL_OK ? next(raw) : rc) {
        struct np_spec_value *value = np_spec_add(raw->job, spec, field, raw->flag);

        rc = value ? read_value(raw, &np_spec_rows[field], value) : CNIPOL_E_NOMEM;
    }
    return rc;
}

static uint32_t find_field(struct np_str key)
{
    uint32_t i = 0;

    while (i < NP_SPEC_EXPRESSION && !is_name(key, np_spec_rows[i].name))
        i++;
    return i;
}

/* "experimental": {"cel_expression": […]} */
static int read_experimental(struct raw *raw, struct np_spec *spec)
{
    bool seen = false;
    int rc = next(raw);

    if (rc || raw->token == NP_JSCAN_NULL)
        return rc;
    if (raw->token != NP_JSCAN_MAP)
        return wrong(raw, "expected an object");
    for (rc = next(raw); rc == CNIPOL_OK && raw->token == NP_JSCAN_KEY; rc = rc == CNIPOL_OK ? next(raw) : rc) {
        if (!is_name(raw->scan.text, "cel_expression"))
            return wrong(raw, "there is no such member");
        if (seen)
            return wrong(raw, "the member is there twice");
        seen = true;
        rc = read_list(raw, spec, NP_SPEC_EXPRESSION);
    }
    return rc;
}

static int read_spec(struct raw *raw, struct np_spec *spec)
{
    bool seen[NP_N_SPEC_FIELDS] = {false};
    int rc = next(raw);

    for (; rc == CNIPOL_OK && raw->token == NP_JSCAN_KEY; rc = rc == CNIPOL_OK ? next(raw) : rc) {
        uint32_t i = find_field(raw->scan.text);

        if (i == NP_SPEC_EXPRESSION && !np_str_is(raw->scan.text, "experimental"))
            return wrong(raw, "a FlowFilter has no such field");
        if (seen[i])
            return wrong(raw, "the field is there twice");
        seen[i] = true;
        rc = i == NP_SPEC_EXPRESSION ? read_experimental(raw, spec) : read_list(raw, spec, (enum np_spec_field)i);
    }
    return rc;
}

static int read_all(struct raw *raw, struct np_spec **specs)
{
    int rc = next(raw);

    for (; rc == CNIPOL_OK && raw->token != NP_JSCAN_END; rc = rc == CNIPOL_OK ? next(raw) : rc) {
        struct np_spec *spec;

        if (raw->token == NP_JSCAN_NULL)
            return wrong(raw, "expected an object");
        if (raw->token != NP_JSCAN_MAP)
            return wrong(raw, "expected an object");
        spec = np_spec_new(raw->job);
        if (!spec)
            return CNIPOL_E_NOMEM;
        spec->next = *specs;
        *specs = spec;
        rc = read_spec(raw, spec);
    }
    return rc;
}

int np_filter_read_json(struct np_filter_job *job, const char *flag, struct np_str text, struct np_spec **specs)
{
    struct raw *raw = np_zalloc(&job->ctx->mem, sizeof *raw);
    int rc;

    if (!raw)
        return CNIPOL_E_NOMEM;
    raw->job = job;
    raw->flag = flag;
    raw->text = text;
    np_buf_init(&raw->scratch, &job->ctx->mem);
    np_jscan_init(&raw->scan, text.s, text.n, DEPTH_MAX, &raw->scratch);
    rc = read_all(raw, specs);
    np_buf_free(&raw->scratch);
    np_free(&job->ctx->mem, raw, sizeof *raw);
    return rc;
}
