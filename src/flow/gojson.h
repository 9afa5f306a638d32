/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_GOJSON_H
#define NP_FLOW_GOJSON_H

/*
 * JSON into structs as Go's encoding/json reads it, by tables of members.
 *
 *     static const struct np_go_field fields[] = {{NP_GO_NAME("start_time"), np_go_int64, offsetof(struct flow, start)}, ...};
 *     static const struct np_go_struct type = NP_GO_STRUCT(fields);
 *
 *     np_go_begin(go, run);
 *     rc = np_go_value(go, &type, &flow);          one value, and nothing behind it
 *
 * Names of members are matched without regard to case (the Kelvin sign is a k and the long s an s, as there), unknown ones are passed
 * over, `null` leaves a member as it was, an integer is digits within its range, and a value of another type is refused. Two things are
 * stricter than Go: a string that is not UTF-8, and a member that is there twice with two values, are refused, since two readers would
 * read two records.
 *
 * The other forms in which the same records are about can be let in, member by member: an alias (protojson's name, matched exactly), and
 * integers in quotes. The reader notes that it met them, and its caller decides whether the record may have them.
 *
 * Source: Go 1.26 encoding/json/decode.go (object, literalStore, convertNumber), fold.go.
 */

#include "base/jscan.h"
#include "flow/format.h"

struct np_go {
    struct np_flow_run *run;
    struct np_jscan scan;
    struct np_buf scratch;
    int rc;             /* of what went wrong; CNIPOL_OK until then */
    bool has_alias;     /* a member was matched by its alias */
    bool has_other;     /* a value was in another form than Go's, the first at other_at */
    size_t other_at;
};

/* Reads the value whose first token this is; `field` is where it goes. CNIPOL_OK, or go->rc. */
typedef int np_go_reader(struct np_go *go, enum np_jscan_token token, void *field);

struct np_go_field {
    const char *name; /* in lower case */
    uint8_t n;
    uint8_t n_alias;
    uint16_t offset;
    np_go_reader *read;
    const char *alias; /* or NULL */
};

#define NP_GO_FIELD(name, type, member, read)        {name, sizeof(name) - 1, 0, offsetof(type, member), read, NULL}
#define NP_GO_ALIAS(name, alias, type, member, read) {name, sizeof(name) - 1, sizeof(alias) - 1, offsetof(type, member), read, alias}

#define NP_GO_FIELDS_MAX 32u

struct np_go_struct {
    const struct np_go_field *fields; /* at most NP_GO_FIELDS_MAX, in the order in which the writer writes them */
    uint32_t n;
};

#define NP_GO_STRUCT(fields) {fields, sizeof(fields) / sizeof *(fields)}

/* An integer. */
struct np_go_int {
    int64_t value;
    uint32_t at; /* in the frame */
    bool is_set;
    bool is_quoted;
};

void np_go_init(struct np_go *go, struct np_flow_run *run);
void np_go_free(struct np_go *go);
/* At a byte of the run's frame. */
void np_go_begin(struct np_go *go, size_t at);
/* The next token; what is wrong with the text is in go->rc after NP_JSCAN_ERROR. */
enum np_jscan_token np_go_next(struct np_go *go);
/* Passes over the rest of a value. */
int np_go_skip(struct np_go *go, enum np_jscan_token token);
/* The members of a map, behind its token. */
int np_go_members(struct np_go *go, const struct np_go_struct *type, void *target);
/* One map, null or what is wrong. */
int np_go_map(struct np_go *go, enum np_jscan_token token, const struct np_go_struct *type, void *target);
/* Nothing but blanks may follow. */
int np_go_end(struct np_go *go);
/* NP_FLOW_FIELD at the token. */
int np_go_wrong(struct np_go *go, const char *message);
/* Notes a value in another form. */
void np_go_other(struct np_go *go);

/* Readers: of struct cnipol_text; of struct np_go_int, within int64_t or int32_t; of what is not wanted; of a list of texts (struct np_flow_list). */
np_go_reader np_go_text, np_go_int64, np_go_int32, np_go_none, np_go_texts;
/* The text of the string token at hand, which lives as long as the record. */
int np_go_keep(struct np_go *go, struct cnipol_text *out);
/* The member's elements, each by `read` into an element of `size` bytes; null elements are left out where `read` is told to be so. */
int np_go_list(struct np_go *go, enum np_jscan_token token, struct np_flow_list *list, size_t size, np_go_reader *read, bool keeps_null);

#endif
