/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_FIELDS_H
#define NP_FLOW_FIELDS_H

/*
 * Fields of records, beyond their public table: where each lies, and how a record is built from fields that are texts.
 *
 *     np_put_init(&put, run, flow);
 *     ok = np_put_text(&put, CNIPOL_FIELD_DST_PORT, text) && ...;
 *     ok = ok && np_put_done(&put);
 */

#include "flow/format.h"

enum np_field_from { NP_FROM_FLOW, NP_FROM_SRC, NP_FROM_DST, NP_FROM_L7 };

struct np_field_row {
    struct cnipol_field field;
    enum np_field_from from;
    uint16_t offset;
    uint16_t count; /* where a list's length lies */
    uint8_t width;  /* bytes of a number */
    uint32_t has;   /* 0: there if it is not zero */
    const char *(*word)(int32_t number);
};

/* `id` is one of enum cnipol_field_id. */
const struct np_field_row *np_field_row(int32_t id);

struct np_put {
    struct np_flow_run *run;
    struct cnipol_flow *flow;
    struct cnipol_flow_l7 *l7;
    struct cnipol_flow_event *event;
    struct np_flow_extras extras;
    const char *wrong; /* what is wrong with the last value; NULL: memory ran out */
};

/* How a number that is a time counts. */
enum np_time_unit { NP_UNIT_AUTO, NP_UNIT_S, NP_UNIT_MS, NP_UNIT_US, NP_UNIT_NS };

void np_put_init(struct np_put *put, struct np_flow_run *run, struct cnipol_flow *flow);
/* Can the field be had from one text? From a list of texts? */
bool np_put_takes_text(int32_t id);
bool np_put_takes_list(int32_t id);
/*
 * A field's value: a word or number of the field's, an address, RFC 3339 or seconds since 1970, true or false, "ns/name" of a service, the items
 * of a list with commas or blanks between them: policies as kind:ns/name#rule=action, extras as name=value. False: put->wrong.
 */
bool np_put_text(struct np_put *put, int32_t id, struct cnipol_text text);
/* The items of a list, of struct cnipol_text. */
bool np_put_list(struct np_put *put, int32_t id, const struct np_flow_list *list);
bool np_put_time(struct np_put *put, int32_t id, struct cnipol_text text, enum np_time_unit unit);
/* By what it looks like: a number, or a text; START is a time. */
bool np_put_extra(struct np_put *put, enum cnipol_extra_id id, struct cnipol_text text);
void np_put_done(struct np_put *put);

/* RFC 3339, or a number of the unit since 1970, with a fraction where it is seconds. */
bool np_parse_time(struct cnipol_text text, enum np_time_unit unit, struct cnipol_time *out);
/* The extra of a name, -1 for none. */
int32_t np_extra_find(struct cnipol_text name);

#endif
