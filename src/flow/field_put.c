/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records from fields that are texts: the table of fields, read the other way round.
 *
 * A row of the table says where a field lies and which type it has; each type has one reader here. Fields of the L7 part make that part
 * when the first of them comes, of the kind that the field belongs to.
 */

#include "flow/fields.h"

#include <string.h>

#include "base/ip.h"
#include "flow/parse.h"
#include "flow/record.h"

void np_put_init(struct np_put *put, struct np_flow_run *run, struct cnipol_flow *flow)
{
    *put = (struct np_put){.run = run, .flow = flow};
}

void np_put_done(struct np_put *put)
{
    np_extras_done(&put->extras, put->flow);
}

static bool fail(struct np_put *put, const char *wrong)
{
    put->wrong = wrong;
    return false;
}

/* ---- times ---- */

static bool split_seconds(struct cnipol_text text, struct cnipol_time *out)
{
    const char *point = text.n ? memchr(text.s, '.', text.n) : NULL;
    uint32_t n = point ? (uint32_t)(point - text.s) : text.n, scale = 100000000;

    if (!np_parse_int64(np_text(text.s, n), &out->seconds))
        return false;
    if (!point)
        return true;
    for (uint32_t i = n + 1; i < text.n; i++, scale /= 10) {
        uint8_t digit = (uint8_t)(text.s[i] - '0');

        if (digit > 9)
            return false;
        out->nanos += scale * digit;
    }
    if (text.s[0] == '-' && out->nanos) {
        out->seconds--;
        out->nanos = 1000000000 - out->nanos;
    }
    return n + 1 < text.n;
}

static bool divide(struct cnipol_text text, int64_t unit, struct cnipol_time *out)
{
    int64_t number, rest;

    if (!np_parse_int64(text, &number))
        return false;
    rest = number % unit < 0 ? number % unit + unit : number % unit;
    out->seconds = (number - rest) / unit;
    out->nanos = (uint32_t)(rest * (1000000000 / unit));
    return true;
}

bool np_parse_time(struct cnipol_text text, enum np_time_unit unit, struct cnipol_time *out)
{
    static const int64_t units[] = {1, 1, 1000, 1000000, 1000000000};

    *out = (struct cnipol_time){0};
    if (unit == NP_UNIT_AUTO && text.n > 10 && text.s[4] == '-')
        return np_parse_rfc3339(text, out);
    if (unit <= NP_UNIT_S ? !split_seconds(text, out) : !divide(text, units[unit], out))
        return false;
    return np_seconds_fit(out->seconds);
}

/* ---- the record's parts ---- */

static int32_t l7_kind_of(int32_t id)
{
    if (id >= CNIPOL_FIELD_HTTP_CODE && id <= CNIPOL_FIELD_HTTP_HEADERS)
        return CNIPOL_L7_HTTP;
    if (id >= CNIPOL_FIELD_DNS_QUERY && id <= CNIPOL_FIELD_DNS_RRTYPES)
        return CNIPOL_L7_DNS;
    return id >= CNIPOL_FIELD_KAFKA_ERROR_CODE && id <= CNIPOL_FIELD_KAFKA_TOPIC ? CNIPOL_L7_KAFKA : CNIPOL_L7_NONE;
}

static void *l7_of(struct np_put *put, int32_t id)
{
    int32_t kind = l7_kind_of(id);

    if (!put->l7)
        put->l7 = np_arena_zalloc(&put->run->arena, sizeof *put->l7);
    if (put->l7 && kind)
        put->l7->kind = kind;
    put->flow->l7 = put->l7;
    return put->l7;
}

/* The struct that the field lies in; NULL: no memory. */
static void *base_of(struct np_put *put, const struct np_field_row *row)
{
    switch (row->from) {
    case NP_FROM_SRC:
        return &put->flow->src;
    case NP_FROM_DST:
        return &put->flow->dst;
    case NP_FROM_L7:
        return l7_of(put, row->field.id);
    default:
        return put->flow;
    }
}

static void mark(void *base, const struct np_field_row *row)
{
    uint32_t has;

    memcpy(&has, base, sizeof has);
    has |= row->has;
    memcpy(base, &has, sizeof has);
}

static void store(void *base, const struct np_field_row *row, uint64_t number)
{
    char *at = (char *)base + row->offset;
    uint8_t u8 = (uint8_t)number;
    uint16_t u16 = (uint16_t)number;
    uint32_t u32 = (uint32_t)number;

    if (row->width == 1)
        memcpy(at, &u8, 1);
    else if (row->width == 2)
        memcpy(at, &u16, 2);
    else if (row->width == 4)
        memcpy(at, &u32, 4);
    else
        memcpy(at, &number, 8);
    mark(base, row);
}

/* ---- types ---- */

static bool same(struct cnipol_text text, const char *word)
{
    return strlen(word) == text.n && memcmp(word, text.s, text.n) == 0;
}

static bool put_number(struct np_put *put, void *base, const struct np_field_row *row, struct cnipol_text text)
{
    uint64_t number, most = row->width >= 8 ? UINT64_MAX : ((uint64_t)1 << (8 * row->width)) - 1;

    if (!np_parse_uint64(text, &number) || number > most)
        return fail(put, "this is no number that the field can have");
    if ((row->has & CNIPOL_FLOW_END_PORT) && (row->from == NP_FROM_SRC || row->from == NP_FROM_DST) && number == 0)
        return true;
    store(base, row, number);
    return true;
}

static bool put_signed(struct np_put *put, void *base, const struct np_field_row *row, struct cnipol_text text)
{
    int64_t number;

    if (!np_parse_int64(text, &number) || (row->width == 4 && (number < INT32_MIN || number > INT32_MAX)))
        return fail(put, "this is no number that the field can have");
    store(base, row, (uint64_t)number);
    return true;
}

/* The number of a word: the field's own, in its case; protocols have more spellings. -1: none. */
static int32_t number_of(const struct np_field_row *row, struct cnipol_text text)
{
    if (row->field.id == CNIPOL_FIELD_PROTOCOL)
        return np_protocol_find(text);
    for (int32_t i = 0; i < 256; i++) {
        const char *word = row->word(i);

        if (word && same(text, word))
            return i;
    }
    return -1;
}

static bool put_word(struct np_put *put, void *base, const struct np_field_row *row, struct cnipol_text text)
{
    int32_t number = number_of(row, text);

    if (number < 0)
        return row->width == 4 ? put_signed(put, base, row, text) : put_number(put, base, row, text);
    store(base, row, (uint64_t)(int64_t)number);
    return true;
}

static bool put_bool(struct np_put *put, void *base, const struct np_field_row *row, struct cnipol_text text)
{
    bool yes = same(text, "true") || same(text, "1");

    if (!yes && !same(text, "false") && !same(text, "0"))
        return fail(put, "this must be true or false");
    store(base, row, yes);
    return true;
}

static bool put_flags(struct np_put *put, void *base, const struct np_field_row *row, const struct np_flow_list *list)
{
    const struct cnipol_text *items = list->items;
    uint64_t flags = 0;

    for (uint32_t i = 0; i < list->n; i++) {
        uint32_t bit = 0;
        const char *name;

        while ((name = np_tcp_flag_name(bit)) && !same(items[i], name))
            bit++;
        if (!name)
            return fail(put, "there is no such TCP flag");
        flags |= (uint64_t)1 << bit;
    }
    store(base, row, flags);
    return true;
}

static bool put_address(struct np_put *put, void *base, const struct np_field_row *row, struct cnipol_text text)
{
    unsigned flaws = 0;
    struct np_ip ip;

    if (!np_ip_parse((struct np_str){text.s, text.n}, &ip, &flaws) || (flaws & NP_IP_LEADING_ZEROS))
        return fail(put, "this is no IP address");
    memcpy((char *)base + row->offset, &text, sizeof text);
    return true;
}

/* "first/second"; without a slash there is only the second. */
static void cut(struct cnipol_text text, struct cnipol_text *first, struct cnipol_text *second)
{
    const char *slash = text.n ? memchr(text.s, '/', text.n) : NULL;

    *first = slash && slash > text.s ? np_text(text.s, (size_t)(slash - text.s)) : (struct cnipol_text){NULL, 0};
    *second = slash ? np_text(slash + 1, (size_t)(text.s + text.n - slash - 1)) : text;
    if (second->n == 0)
        *second = (struct cnipol_text){NULL, 0};
}

static bool put_workloads(struct np_put *put, void *base, const struct np_field_row *row, const struct np_flow_list *list)
{
    const struct cnipol_text *items = list->items;
    struct cnipol_flow_workload *workloads = np_arena_array(&put->run->arena, list->n, sizeof *workloads);

    if (!workloads)
        return fail(put, NULL);
    for (uint32_t i = 0; i < list->n; i++)
        cut(items[i], &workloads[i].kind, &workloads[i].name);
    memcpy((char *)base + row->offset, &workloads, sizeof workloads);
    memcpy((char *)base + row->count, &list->n, sizeof list->n);
    return true;
}

/* ---- fields that lie in no single place ---- */

static bool put_drop_reason(struct np_put *put, struct cnipol_text text)
{
    struct cnipol_flow *flow = put->flow;
    uint64_t number;

    if (np_parse_uint64(text, &number) && number <= UINT32_MAX) {
        flow->drop_reason = (uint32_t)number;
        flow->drop_reason_name = np_drop_reason_name(flow->drop_reason);
        flow->has |= CNIPOL_HAS_DROP_REASON;
        return true;
    }
    flow->drop_reason_name = text;
    flow->drop_reason = np_drop_reason_find(text);
    if (flow->drop_reason)
        flow->has |= CNIPOL_HAS_DROP_REASON;
    return true;
}

static bool put_interface(struct np_put *put, struct cnipol_text text)
{
    uint64_t number;

    if (!np_parse_uint64(text, &number) || number > UINT32_MAX) {
        put->flow->interface_name = text;
        return true;
    }
    put->flow->interface_index = (uint32_t)number;
    put->flow->has |= CNIPOL_HAS_INTERFACE;
    return true;
}

static bool put_event(struct np_put *put, struct cnipol_text text)
{
    int32_t kind = CNIPOL_EVENT_LOST;
    const char *name;

    while ((name = np_event_name(kind)) && !same(text, name))
        kind++;
    if (!name)
        return fail(put, "there is no such kind of event");
    if (!put->event)
        put->event = np_arena_zalloc(&put->run->arena, sizeof *put->event);
    if (!put->event)
        return fail(put, NULL);
    put->event->kind = kind;
    put->flow->event = put->event;
    return true;
}

/* ---- the readers ---- */

bool np_put_takes_list(int32_t id)
{
    int32_t type = np_field_row(id)->field.type;

    return type == CNIPOL_VALUE_TEXTS || type == CNIPOL_VALUE_WORKLOADS || type == CNIPOL_VALUE_FLAGS;
}

bool np_put_takes_text(int32_t id)
{
    return np_field_row(id)->field.type != CNIPOL_VALUE_PAIRS;
}

bool np_put_list(struct np_put *put, int32_t id, const struct np_flow_list *list)
{
    const struct np_field_row *row = np_field_row(id);
    void *base = base_of(put, row);

    if (!base)
        return fail(put, NULL);
    if (row->field.type == CNIPOL_VALUE_FLAGS)
        return put_flags(put, base, row, list);
    if (row->field.type == CNIPOL_VALUE_WORKLOADS)
        return put_workloads(put, base, row, list);
    memcpy((char *)base + row->offset, &list->items, sizeof list->items);
    memcpy((char *)base + row->count, &list->n, sizeof list->n);
    return true;
}

/* The next item of a list, up to a comma or blank; false at the end. */
static bool next_item(struct cnipol_text *rest, struct cnipol_text *item)
{
    uint32_t n = 0;

    while (rest->n && (rest->s[0] == ',' || rest->s[0] == ' ')) {
        rest->s++;
        rest->n--;
    }
    while (n < rest->n && rest->s[n] != ',' && rest->s[n] != ' ')
        n++;
    *item = np_text(rest->s, n);
    rest->s += n;
    rest->n -= n;
    return n > 0;
}

static bool put_items(struct np_put *put, int32_t id, struct cnipol_text text)
{
    struct np_flow_list list = {NULL, 0, 0};
    struct cnipol_text item;

    while (next_item(&text, &item)) {
        struct cnipol_text *added = np_flow_list_add(put->run, &list, sizeof *added);

        if (!added)
            return fail(put, NULL);
        *added = item;
    }
    return !list.n || np_put_list(put, id, &list);
}

/* Takes off what is behind the last `c`. False: there is none. */
static bool cut_last(struct cnipol_text *text, char c, struct cnipol_text *behind)
{
    const char *found = text->n ? memrchr(text->s, c, text->n) : NULL;

    if (!found)
        return false;
    *behind = np_text(found + 1, (size_t)(text->s + text->n - found - 1));
    text->n = (uint32_t)(found - text->s);
    return true;
}

/* kind:ns/name#rule=action, of which only the name must be there. */
static void read_policy(struct cnipol_text text, struct cnipol_flow_policy *out)
{
    struct cnipol_text rule = {NULL, 0}, name = text;

    memset(out, 0, sizeof *out);
    (void)cut_last(&text, '=', &out->action);
    if (cut_last(&text, '#', &rule) && np_parse_int64(rule, &out->rule_number))
        out->has |= CNIPOL_POLICY_RULE_NUMBER;
    else
        out->rule = rule;
    name = text;
    if (cut_last(&text, ':', &name))
        out->kind = text;
    cut(name, &out->ns, &out->name);
}

static bool put_policies(struct np_put *put, const struct np_field_row *row, struct cnipol_text text)
{
    struct np_flow_list list = {NULL, 0, 0};
    struct cnipol_text item;

    while (next_item(&text, &item)) {
        struct cnipol_flow_policy *policy = np_flow_list_add(put->run, &list, sizeof *policy);

        if (!policy)
            return fail(put, NULL);
        read_policy(item, policy);
    }
    memcpy((char *)put->flow + row->offset, &list.items, sizeof list.items);
    memcpy((char *)put->flow + row->count, &list.n, sizeof list.n);
    return true;
}

/* name=value of what only some writers say. */
static bool put_extras(struct np_put *put, struct cnipol_text text)
{
    struct cnipol_text item;

    while (next_item(&text, &item)) {
        const char *is = memchr(item.s, '=', item.n);
        int32_t id = is ? np_extra_find(np_text(item.s, (size_t)(is - item.s))) : -1;

        if (id < 0)
            return fail(put, "an item of extra is name=value");
        if (!np_put_extra(put, (enum cnipol_extra_id)id, np_text(is + 1, (size_t)(item.s + item.n - is - 1))))
            return false;
    }
    return true;
}

static bool put_plain(struct np_put *put, void *base, const struct np_field_row *row, struct cnipol_text text)
{
    switch (row->field.type) {
    case CNIPOL_VALUE_NUMBER:
        return put_number(put, base, row, text);
    case CNIPOL_VALUE_SIGNED:
        return put_signed(put, base, row, text);
    case CNIPOL_VALUE_BOOL:
        return put_bool(put, base, row, text);
    case CNIPOL_VALUE_ADDRESS:
        return put_address(put, base, row, text);
    case CNIPOL_VALUE_NAME:
        cut(text, &((struct cnipol_flow_end *)base)->service_ns, &((struct cnipol_flow_end *)base)->service);
        return true;
    default:
        memcpy((char *)base + row->offset, &text, sizeof text);
        return true;
    }
}

bool np_put_time(struct np_put *put, int32_t id, struct cnipol_text text, enum np_time_unit unit)
{
    const struct np_field_row *row = np_field_row(id);
    struct cnipol_time time;

    if (!np_parse_time(text, unit, &time))
        return fail(put, "this is neither a time of RFC 3339 nor a number of seconds since 1970");
    memcpy((char *)put->flow + row->offset, &time, sizeof time);
    put->flow->has |= row->has;
    return true;
}

/* Words that have more to them than a number. */
static bool put_named(struct np_put *put, const struct np_field_row *row, struct cnipol_text text)
{
    void *base;

    if (row->field.id == CNIPOL_FIELD_DROP_REASON)
        return put_drop_reason(put, text);
    if (row->field.id == CNIPOL_FIELD_INTERFACE)
        return put_interface(put, text);
    if (row->field.id == CNIPOL_FIELD_EVENT)
        return put_event(put, text);
    base = base_of(put, row);
    return base ? put_word(put, base, row, text) : fail(put, NULL);
}

bool np_put_text(struct np_put *put, int32_t id, struct cnipol_text text)
{
    const struct np_field_row *row = np_field_row(id);
    void *base;

    switch (row->field.type) {
    case CNIPOL_VALUE_WORD:
        return put_named(put, row, text);
    case CNIPOL_VALUE_TIME:
        return np_put_time(put, id, text, NP_UNIT_AUTO);
    case CNIPOL_VALUE_TEXTS:
    case CNIPOL_VALUE_WORKLOADS:
    case CNIPOL_VALUE_FLAGS:
        return put_items(put, id, text);
    case CNIPOL_VALUE_POLICIES:
        return put_policies(put, row, text);
    case CNIPOL_VALUE_EXTRAS:
        return put_extras(put, text);
    default:
        base = base_of(put, row);
        return base ? put_plain(put, base, row, text) : fail(put, NULL);
    }
}

int32_t np_extra_find(struct cnipol_text name)
{
    const char *known;

    for (int32_t i = 0; (known = cnipol_extra_name(i)); i++)
        if (same(name, known))
            return i;
    return -1;
}

bool np_put_extra(struct np_put *put, enum cnipol_extra_id id, struct cnipol_text text)
{
    struct cnipol_time time;
    uint64_t number;
    bool done;

    put->wrong = NULL;
    if (id == CNIPOL_EXTRA_START) {
        if (!np_parse_time(text, NP_UNIT_AUTO, &time))
            return fail(put, "this is neither a time of RFC 3339 nor a number of seconds since 1970");
        done = np_extra_time(put->run, &put->extras, id, time);
    } else if (np_parse_uint64(text, &number)) {
        done = np_extra_number(put->run, &put->extras, id, number);
    } else {
        done = np_extra_text(put->run, &put->extras, id, text);
    }
    return done;
}
