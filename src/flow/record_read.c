/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records from our own JSON: see record_read.h.
 *
 * Nearly every member's path is the name of a field ("l7.http.code"), so maps are walked with the path so far in hand, and a field of
 * that name takes the value. A few members are objects of their own, and have a reader each. What a record says only by a `has` bit of
 * Hubble's (an empty object that was there) is not in this form, so it is not had back.
 */

#include "flow/record_read.h"

#include <string.h>

#include "flow/parse.h"
#include "flow/record.h"

#define PATH_MAX_BYTES 64u
#define DEPTH_MAX 4u

struct reader {
    struct np_go *go;
    struct np_put put;
    char path[PATH_MAX_BYTES];
    uint32_t n, depth;
    bool unknown; /* a member was none of ours */
};

static struct cnipol_text at_hand(const struct np_go *go)
{
    return np_text(go->scan.text.s, go->scan.text.n);
}

int np_read_scalar(struct np_go *go, enum np_jscan_token token, struct cnipol_text *out)
{
    *out = (struct cnipol_text){NULL, 0};
    switch (token) {
    case NP_JSCAN_STRING:
    case NP_JSCAN_NUMBER:
        return np_go_keep(go, out);
    case NP_JSCAN_TRUE:
        *out = np_text("true", 4);
        return CNIPOL_OK;
    case NP_JSCAN_FALSE:
        *out = np_text("false", 5);
        return CNIPOL_OK;
    case NP_JSCAN_NULL:
        return CNIPOL_OK;
    default:
        return np_go_wrong(go, "this must be a single value");
    }
}

static int read_item(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct cnipol_text *out = field;

    if (np_read_scalar(go, token, out))
        return go->rc;
    if (!out->s)
        *out = np_text("", 0);
    return CNIPOL_OK;
}

/* A member of a map of labels, from its key. */
static int read_pair(struct np_go *go, struct cnipol_text *out)
{
    uint32_t n = go->scan.text.n;
    struct cnipol_text key, value;
    char *joined;

    if (np_go_keep(go, &key) || np_read_scalar(go, np_go_next(go), &value))
        return go->rc;
    joined = np_arena_alloc(&go->run->arena, (size_t)n + 1 + value.n);
    if (!joined)
        return go->rc = CNIPOL_E_NOMEM;
    memcpy(joined, key.s, n);
    joined[n] = '=';
    if (value.n)
        memcpy(joined + n + 1, value.s, value.n);
    *out = np_text(joined, (size_t)n + 1 + value.n);
    return CNIPOL_OK;
}

int np_read_texts(struct np_go *go, enum np_jscan_token token, struct np_flow_list *out)
{
    struct cnipol_text *text;

    if (token == NP_JSCAN_LIST)
        return np_go_list(go, token, out, sizeof *text, read_item, true);
    if (token != NP_JSCAN_MAP) {
        text = np_flow_list_add(go->run, out, sizeof *text);
        return text ? read_item(go, token, text) : (go->rc = CNIPOL_E_NOMEM);
    }
    while ((token = np_go_next(go)) == NP_JSCAN_KEY) {
        text = np_flow_list_add(go->run, out, sizeof *text);
        if (!text)
            return go->rc = CNIPOL_E_NOMEM;
        if (read_pair(go, text))
            return go->rc;
    }
    return token == NP_JSCAN_MAP_END ? CNIPOL_OK : go->rc;
}

int np_read_put(struct np_go *go, const struct np_put *put, bool done)
{
    if (done)
        return CNIPOL_OK;
    return put->wrong ? np_go_wrong(go, put->wrong) : (go->rc = CNIPOL_E_NOMEM);
}

/* ---- policies ---- */

static int read_number_or_text(struct np_go *go, enum np_jscan_token token, int64_t *number, struct cnipol_text *text, uint32_t *has, uint32_t bit)
{
    if (token != NP_JSCAN_NUMBER)
        return np_go_text(go, token, text);
    if (!np_parse_int64(at_hand(go), number))
        return np_go_wrong(go, "this must be an integer of 64 bits");
    *has |= bit;
    return CNIPOL_OK;
}

static int read_kind(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct cnipol_flow_policy *policy = field;

    return read_number_or_text(go, token, &policy->kind_number, &policy->kind, &policy->has, CNIPOL_POLICY_KIND_NUMBER);
}

static int read_rule(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct cnipol_flow_policy *policy = field;

    return read_number_or_text(go, token, &policy->rule_number, &policy->rule, &policy->has, CNIPOL_POLICY_RULE_NUMBER);
}

static int read_index(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct cnipol_flow_policy *policy = field;
    struct cnipol_text none;

    return read_number_or_text(go, token, &policy->index, &none, &policy->has, CNIPOL_POLICY_INDEX);
}

static int read_revision(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct cnipol_flow_policy *policy = field;

    if (token != NP_JSCAN_NUMBER || !np_parse_uint64(at_hand(go), &policy->revision))
        return np_go_wrong(go, "this must be an integer of 64 bits");
    policy->has |= CNIPOL_POLICY_REVISION;
    return CNIPOL_OK;
}

static int read_direction(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct cnipol_flow_policy *policy = field;

    for (int32_t i = CNIPOL_FLOW_INGRESS; token == NP_JSCAN_STRING && i <= CNIPOL_FLOW_EGRESS; i++)
        if (np_text_is(at_hand(go), cnipol_flow_direction_name(i)))
            policy->direction = i;
    return policy->direction ? CNIPOL_OK : np_go_wrong(go, "a policy's direction is ingress or egress");
}

static int read_labels(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct cnipol_flow_policy *policy = field;
    struct np_flow_list list = {NULL, 0, 0};
    int rc = np_go_texts(go, token, &list);

    policy->labels = list.items;
    policy->n_labels = list.n;
    return rc;
}

#define POLICY(name, member, read) NP_GO_FIELD(name, struct cnipol_flow_policy, member, read)

static const struct np_go_field trigger_fields[] = {
    POLICY("kind", trigger_kind, np_go_text),
    POLICY("namespace", trigger_ns, np_go_text),
    POLICY("name", trigger_name, np_go_text),
    POLICY("tier", trigger_tier, np_go_text),
};
static const struct np_go_struct trigger_type = NP_GO_STRUCT(trigger_fields);

static int read_trigger(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct cnipol_flow_policy *policy = field;

    if (token == NP_JSCAN_MAP)
        policy->has |= CNIPOL_POLICY_TRIGGER;
    return np_go_map(go, token, &trigger_type, policy);
}

static const struct np_go_field policy_fields[] = {
    {"kind", 4, 0, 0, read_kind, NULL},
    POLICY("namespace", ns, np_go_text),
    POLICY("name", name, np_go_text),
    POLICY("tier", tier, np_go_text),
    {"rule", 4, 0, 0, read_rule, NULL},
    {"index", 5, 0, 0, read_index, NULL},
    POLICY("action", action, np_go_text),
    {"direction", 9, 0, 0, read_direction, NULL},
    {"trigger", 7, 0, 0, read_trigger, NULL},
    {"labels", 6, 0, 0, read_labels, NULL},
    {"revision", 8, 0, 0, read_revision, NULL},
};
static const struct np_go_struct policy_type = NP_GO_STRUCT(policy_fields);

static int read_policy(struct np_go *go, enum np_jscan_token token, void *field)
{
    return np_go_map(go, token, &policy_type, field);
}

static int read_policies(struct reader *reader, enum np_jscan_token token, const struct cnipol_flow_policy **items, uint32_t *n)
{
    struct np_flow_list list = {NULL, 0, 0};
    int rc = np_go_list(reader->go, token, &list, sizeof **items, read_policy, false);

    *items = list.items;
    *n = list.n;
    return rc;
}

static int member_policies(struct reader *reader, enum np_jscan_token token)
{
    return read_policies(reader, token, &reader->put.flow->policies, &reader->put.flow->n_policies);
}

static int member_pending(struct reader *reader, enum np_jscan_token token)
{
    return read_policies(reader, token, &reader->put.flow->pending_policies, &reader->put.flow->n_pending_policies);
}

/* ---- what else is no field's plain value ---- */

static int read_extra(struct reader *reader, int32_t id, enum np_jscan_token token)
{
    struct np_go *go = reader->go;
    struct np_put *put = &reader->put;
    struct cnipol_text text;
    bool done;

    if (token != NP_JSCAN_NUMBER && token != NP_JSCAN_STRING)
        return np_go_skip(go, token);
    if (np_read_scalar(go, token, &text))
        return go->rc;
    put->wrong = NULL;
    if (token == NP_JSCAN_NUMBER || id == CNIPOL_EXTRA_START)
        done = np_put_extra(put, (enum cnipol_extra_id)id, text);
    else
        done = np_extra_text(put->run, &put->extras, (enum cnipol_extra_id)id, text);
    return np_read_put(go, put, done);
}

static int member_extra(struct reader *reader, enum np_jscan_token token)
{
    struct np_go *go = reader->go;

    if (token != NP_JSCAN_MAP)
        return np_go_wrong(go, "this must be an object");
    while ((token = np_go_next(go)) == NP_JSCAN_KEY) {
        int32_t id = np_extra_find(at_hand(go));

        token = np_go_next(go);
        if (id < 0 ? np_go_skip(go, token) : read_extra(reader, id, token))
            return go->rc;
    }
    return token == NP_JSCAN_MAP_END ? CNIPOL_OK : go->rc;
}

static int read_header_pair(struct np_go *go, enum np_jscan_token token, void *field)
{
    static const struct np_go_field fields[] = {
        NP_GO_FIELD("key", struct cnipol_flow_pair, key, np_go_text),
        NP_GO_FIELD("value", struct cnipol_flow_pair, value, np_go_text),
    };
    static const struct np_go_struct type = NP_GO_STRUCT(fields);

    return np_go_map(go, token, &type, field);
}

static struct cnipol_flow_l7 *http_of(struct reader *reader)
{
    struct np_put *put = &reader->put;

    if (!put->l7)
        put->l7 = np_arena_zalloc(&put->run->arena, sizeof *put->l7);
    if (!put->l7)
        reader->go->rc = CNIPOL_E_NOMEM;
    else
        put->l7->kind = CNIPOL_L7_HTTP;
    put->flow->l7 = put->l7;
    return put->l7;
}

static int member_headers(struct reader *reader, enum np_jscan_token token)
{
    struct cnipol_flow_l7 *l7 = http_of(reader);
    struct np_flow_list list = {NULL, 0, 0};

    if (!l7 || np_go_list(reader->go, token, &list, sizeof(struct cnipol_flow_pair), read_header_pair, false))
        return reader->go->rc;
    l7->headers = list.items;
    l7->n_headers = list.n;
    return CNIPOL_OK;
}

static int member_user_agent(struct reader *reader, enum np_jscan_token token)
{
    struct cnipol_flow_l7 *l7 = http_of(reader);

    return l7 ? np_go_text(reader->go, token, &l7->user_agent) : reader->go->rc;
}

static int member_content_type(struct reader *reader, enum np_jscan_token token)
{
    struct cnipol_flow_l7 *l7 = http_of(reader);

    return l7 ? np_go_text(reader->go, token, &l7->content_type) : reader->go->rc;
}

static int member_status(struct reader *reader, enum np_jscan_token token)
{
    struct np_go *go = reader->go;
    struct cnipol_text text;

    if (np_read_scalar(go, token, &text) || np_read_put(go, &reader->put, np_put_text(&reader->put, CNIPOL_FIELD_HTTP_CODE, text)))
        return go->rc;
    reader->put.l7->has |= CNIPOL_L7_CODE_STATUS;
    return CNIPOL_OK;
}

/* By name, even if that is digits; by index where it is a number. */
static int member_interface(struct reader *reader, enum np_jscan_token token)
{
    if (token != NP_JSCAN_NUMBER)
        return np_go_text(reader->go, token, &reader->put.flow->interface_name);
    return np_read_put(reader->go, &reader->put, np_put_text(&reader->put, CNIPOL_FIELD_INTERFACE, at_hand(reader->go)));
}

static int walk(struct reader *reader);

static int member_aggregate(struct reader *reader, enum np_jscan_token token)
{
    if (token != NP_JSCAN_MAP)
        return np_go_wrong(reader->go, "this must be an object");
    reader->put.flow->has |= CNIPOL_HAS_AGGREGATE;
    return walk(reader);
}

/* An object of a writer's own (Antrea's httpVals) is kept as it is. */
static int member_http(struct reader *reader, enum np_jscan_token token)
{
    struct np_go *go = reader->go;
    struct cnipol_flow_l7 *l7 = http_of(reader);
    size_t start = go->scan.start;

    if (token != NP_JSCAN_MAP)
        return np_go_wrong(go, "this must be an object");
    reader->unknown = false;
    if (!l7 || walk(reader))
        return go->rc;
    if (reader->unknown)
        l7->http_json = np_text(go->run->frame + start, go->scan.end - start);
    return CNIPOL_OK;
}

static const struct {
    const char *path;
    int (*read)(struct reader *reader, enum np_jscan_token token);
} members[] = {
    {"aggregate", member_aggregate},
    {"extra", member_extra},
    {"interface", member_interface},
    {"l7.http", member_http},
    {"l7.http.content_type", member_content_type},
    {"l7.http.headers", member_headers},
    {"l7.http.status", member_status},
    {"l7.http.user_agent", member_user_agent},
    {"pending_policies", member_pending},
    {"policies", member_policies},
};

/* ---- events ---- */

static int read_event_time(struct np_go *go, enum np_jscan_token token, struct cnipol_flow_event *event, struct cnipol_time *out, uint32_t bit)
{
    if (token != NP_JSCAN_STRING || !np_parse_rfc3339(at_hand(go), out))
        return np_go_wrong(go, "this must be a time of RFC 3339");
    event->has |= bit;
    return CNIPOL_OK;
}

static int event_first(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct cnipol_flow_event *event = field;

    return read_event_time(go, token, event, &event->first, CNIPOL_EVENT_FIRST);
}

static int event_last(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct cnipol_flow_event *event = field;

    return read_event_time(go, token, event, &event->last, CNIPOL_EVENT_LAST);
}

static int event_count(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct cnipol_flow_event *event = field;

    if (token != NP_JSCAN_NUMBER || !np_parse_uint64(at_hand(go), &event->n_lost))
        return np_go_wrong(go, "this must be an integer of 64 bits");
    event->has |= CNIPOL_EVENT_COUNT;
    return CNIPOL_OK;
}

static int event_cpu(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct cnipol_flow_event *event = field;

    if (token != NP_JSCAN_NUMBER || !np_parse_int64(at_hand(go), &event->cpu))
        return np_go_wrong(go, "this must be an integer of 64 bits");
    event->has |= CNIPOL_EVENT_CPU;
    return CNIPOL_OK;
}

static int event_nodes(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct cnipol_flow_event *event = field;
    struct np_flow_list list = {NULL, 0, 0};
    int rc = np_go_texts(go, token, &list);

    event->nodes = list.items;
    event->n_nodes = list.n;
    return rc;
}

#define EVENT(name, member) NP_GO_FIELD(name, struct cnipol_flow_event, member, np_go_text)

/* Members that only a record which is no flow has, behind `event`. */
static const struct np_go_field event_fields[] = {
    EVENT("source", source),
    {"num_events_lost", 15, 0, 0, event_count, NULL},
    {"cpu", 3, 0, 0, event_cpu, NULL},
    {"first", 5, 0, 0, event_first, NULL},
    {"last", 4, 0, 0, event_last, NULL},
    EVENT("state", state),
    {"nodes", 5, 0, 0, event_nodes, NULL},
    EVENT("message", message),
};

/* ---- the walk ---- */

static int read_field(struct reader *reader, enum np_jscan_token token, int32_t id)
{
    const struct np_field_row *row = np_field_row(id);
    struct np_put *put = &reader->put;
    struct np_flow_list list = {NULL, 0, 0};
    struct cnipol_text text;

    if (np_put_takes_list(id) && (token == NP_JSCAN_LIST || token == NP_JSCAN_MAP)) {
        if (token == NP_JSCAN_MAP && row->offset == offsetof(struct cnipol_flow_end, labels) && row->from != NP_FROM_FLOW)
            (row->from == NP_FROM_SRC ? &put->flow->src : &put->flow->dst)->has |= CNIPOL_FLOW_END_LABEL_MAP;
        if (np_read_texts(reader->go, token, &list))
            return reader->go->rc;
        return np_read_put(reader->go, put, (!list.items && row->field.type != CNIPOL_VALUE_FLAGS) || np_put_list(put, id, &list));
    }
    if (np_read_scalar(reader->go, token, &text))
        return reader->go->rc;
    if (!text.s)
        return CNIPOL_OK;
    if (row->field.type == CNIPOL_VALUE_ADDRESS) { /* perhaps none: as its writer wrote it */
        (row->from == NP_FROM_SRC ? &put->flow->src : &put->flow->dst)->ip = text;
        return CNIPOL_OK;
    }
    return np_read_put(reader->go, put, np_put_text(put, id, text));
}

static int read_event_member(struct reader *reader, enum np_jscan_token token, const char *path)
{
    for (size_t i = 0; i < sizeof event_fields / sizeof *event_fields; i++)
        if (reader->put.event && strcmp(path, event_fields[i].name) == 0)
            return event_fields[i].read(reader->go, token, (char *)reader->put.event + event_fields[i].offset);
    reader->unknown = true;
    return np_go_skip(reader->go, token);
}

/* The value of the member whose path is in hand. */
static int read_member(struct reader *reader, enum np_jscan_token token)
{
    const struct cnipol_field *field;

    if (token == NP_JSCAN_ERROR)
        return reader->go->rc;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i].path, reader->path) == 0)
            return token == NP_JSCAN_NULL ? CNIPOL_OK : members[i].read(reader, token);
    field = cnipol_field_find(reader->path);
    if (field && np_put_takes_text(field->id))
        return read_field(reader, token, field->id);
    if (token == NP_JSCAN_MAP && reader->depth < DEPTH_MAX)
        return walk(reader);
    return read_event_member(reader, token, reader->path);
}

/* The members of a map, behind its token. */
static int walk(struct reader *reader)
{
    struct np_go *go = reader->go;
    enum np_jscan_token token;
    uint32_t n = reader->n;

    reader->depth++;
    while ((token = np_go_next(go)) == NP_JSCAN_KEY) {
        struct np_str key = go->scan.text;
        bool fits = key.n && n + 1 + key.n + 1 <= sizeof reader->path && !memchr(key.s, '\0', key.n);

        if (fits) {
            uint32_t at = n ? n + 1 : 0;

            if (n)
                reader->path[n] = '.';
            memcpy(reader->path + at, key.s, key.n);
            reader->n = at + key.n;
            reader->path[reader->n] = '\0';
        }
        token = np_go_next(go);
        if (token == NP_JSCAN_ERROR || (fits ? read_member(reader, token) : np_go_skip(go, token)))
            return go->rc;
        reader->n = n;
    }
    reader->depth--;
    return token == NP_JSCAN_MAP_END ? CNIPOL_OK : go->rc;
}

int np_record_read(struct np_go *go, struct cnipol_flow *flow)
{
    struct reader reader = {.go = go};

    np_put_init(&reader.put, go->run, flow);
    if (walk(&reader))
        return go->rc;
    np_put_done(&reader.put);
    return CNIPOL_OK;
}
