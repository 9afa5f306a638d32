/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * whisker-json: what Calico's Whisker answers, a flow, or a list of them in an envelope.
 *
 * encoding/json of the structs of its API: enumerations by name in their own case, times in RFC 3339, labels in one text. An envelope
 * ({"total": {"totalPages": 1}, "items": [...]}) is read twice: once for its grammar, and then an item at a time, so a list that is cut
 * short gives no record. A line of the watch endpoint's event stream is `data: ` and a flow. The form of Whisker's user interface
 * (numbers in quotes, enumerations in any case) is taken where all five numbers of a flow are in quotes.
 *
 * Sources: projectcalico/calico 87c15906f20c whisker-backend/pkg/apis/v1/flows.go, whisker-backend/pkg/handlers/v1/protoconvert.go,
 * lib/httpmachinery/pkg/apiutil/response.go; kinds of v3.31.7.
 */

#include <string.h>

#include "flow/calico.h"
#include "flow/parse.h"

struct record {
    struct np_calico_flow flow;
    struct cnipol_text src_labels, dst_labels;
    uint32_t items_at; /* behind 0: an envelope, whose items begin there */
    bool is_envelope;
};

static struct np_calico_state *state_of(struct np_go *go)
{
    return go->run->state;
}

static struct cnipol_text text_at_hand(const struct np_go *go)
{
    return np_text(go->scan.text.s, go->scan.text.n);
}

static int set_word(struct np_go *go, struct np_go_int *out, int32_t number)
{
    *out = (struct np_go_int){.value = number, .at = (uint32_t)go->scan.start, .is_set = true};
    return CNIPOL_OK;
}

static int read_word(struct np_go *go, enum np_jscan_token token, struct np_go_int *out, const char *const *words, uint32_t n)
{
    int32_t number = -1;

    if (token == NP_JSCAN_STRING)
        number = np_calico_word(text_at_hand(go), words, n, false);
    if (token == NP_JSCAN_STRING && number < 0) {
        number = np_calico_word(text_at_hand(go), words, n, true);
        np_go_other(go);
    }
    return number < 0 ? np_go_wrong(go, "this enumeration has no such name") : set_word(go, out, number);
}

static int read_action(struct np_go *go, enum np_jscan_token token, void *field)
{
    return read_word(go, token, field, np_calico_actions, 4);
}

static int read_reporter(struct np_go *go, enum np_jscan_token token, void *field)
{
    return read_word(go, token, field, np_calico_reporters, 3);
}

static int read_kind(struct np_go *go, enum np_jscan_token token, void *field)
{
    static const char *const none[] = {"KindUnspecified"};
    int32_t kind = token == NP_JSCAN_STRING ? np_calico_kind_find(text_at_hand(go), state_of(go)->era) : -1;

    return kind < 0 ? read_word(go, token, field, none, 1) : set_word(go, field, kind);
}

static int read_time(struct np_go *go, enum np_jscan_token token, void *field)
{
    if (token == NP_JSCAN_NULL)
        return CNIPOL_OK;
    if (token != NP_JSCAN_STRING || !np_parse_rfc3339(text_at_hand(go), field))
        return np_go_wrong(go, "this must be a time of RFC 3339");
    return CNIPOL_OK;
}

static int read_start(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct np_calico_flow *flow = field;

    flow->has_time = token != NP_JSCAN_NULL;
    return read_time(go, token, &flow->time);
}

static int read_end(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct cnipol_time unused;

    (void)field;
    return read_time(go, token, &unused);
}

/* ---- hits ---- */

#define HIT(name, member, read)  NP_GO_FIELD(name, struct np_calico_hit, member, read)
#define FLOW(name, member, read) NP_GO_FIELD(name, struct record, flow.member, read)

static const struct np_go_field trigger_fields[] = {
    HIT("kind", trigger.kind, read_kind),
    HIT("name", trigger.name, np_go_text),
    HIT("namespace", trigger.ns, np_go_text),
    HIT("tier", trigger.tier, np_go_text),
};
static const struct np_go_struct trigger_type = NP_GO_STRUCT(trigger_fields);

static int read_trigger(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct np_calico_hit *hit = field;

    hit->has_trigger = token == NP_JSCAN_MAP;
    return np_go_map(go, token, &trigger_type, hit);
}

static const struct np_go_field hit_fields[] = {
    HIT("kind", kind, read_kind),
    HIT("name", name, np_go_text),
    HIT("namespace", ns, np_go_text),
    HIT("tier", tier, np_go_text),
    HIT("action", action, read_action),
    HIT("policy_index", index, np_go_int64),
    HIT("rule_index", rule, np_go_int64),
    {"trigger", 7, 0, 0, read_trigger, NULL},
};
static const struct np_go_struct hit_type = NP_GO_STRUCT(hit_fields);

static int read_hit(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct np_calico_hit hit;

    memset(&hit, 0, sizeof hit);
    if (np_go_map(go, token, &hit_type, &hit))
        return go->rc;
    return go->rc = np_calico_hit_policy(go->run, &hit, state_of(go)->era, field);
}

static int read_hits(struct np_go *go, enum np_jscan_token token, void *field)
{
    return np_go_list(go, token, field, sizeof(struct cnipol_flow_policy), read_hit, false);
}

static const struct np_go_field trace_fields[] = {FLOW("enforced", enforced, read_hits), FLOW("pending", pending, read_hits)};
static const struct np_go_struct trace_type = NP_GO_STRUCT(trace_fields);

static int read_policies(struct np_go *go, enum np_jscan_token token, void *field)
{
    return np_go_map(go, token, &trace_type, field);
}

/* ---- the envelope ---- */

static const struct np_go_field total_fields[] = {FLOW("totalpages", spare, np_go_int64)};
static const struct np_go_struct total_type = NP_GO_STRUCT(total_fields);

static int read_total(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct record *record = field;

    record->is_envelope = true;
    return np_go_map(go, token, &total_type, field);
}

static int read_items(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct record *record = field;

    record->is_envelope = true;
    if (token == NP_JSCAN_NULL)
        return CNIPOL_OK;
    if (token != NP_JSCAN_LIST)
        return np_go_wrong(go, "this must be a list");
    record->items_at = (uint32_t)go->scan.start;
    return np_go_skip(go, token);
}

/* ---- the flow ---- */

static const struct np_go_field record_fields[] = {
    FLOW("start_time", src, read_start),
    {"end_time", 8, 0, 0, read_end, NULL},
    FLOW("action", action, read_action),
    FLOW("source_name", src.name, np_go_text),
    FLOW("source_namespace", src.ns, np_go_text),
    NP_GO_FIELD("source_labels", struct record, src_labels, np_go_text),
    FLOW("dest_name", dst.name, np_go_text),
    FLOW("dest_namespace", dst.ns, np_go_text),
    NP_GO_FIELD("dest_labels", struct record, dst_labels, np_go_text),
    FLOW("protocol", protocol, np_go_text),
    FLOW("dest_port", dst.port, np_go_int64),
    FLOW("reporter", reporter, read_reporter),
    {"policies", 8, 0, 0, read_policies, NULL},
    FLOW("packets_in", packets_in, np_go_int64),
    FLOW("packets_out", packets_out, np_go_int64),
    FLOW("bytes_in", bytes_in, np_go_int64),
    FLOW("bytes_out", bytes_out, np_go_int64),
    {"total", 5, 0, 0, read_total, NULL},
    {"items", 5, 0, 0, read_items, NULL},
};
/* Within a list, where no list is. */
static const struct np_go_struct flow_type = {record_fields, sizeof record_fields / sizeof *record_fields - 2};
static const struct np_go_struct record_type = NP_GO_STRUCT(record_fields);

/* Labels in one text, with " | " between them. */
static bool split_labels(struct np_flow_run *run, struct cnipol_text text, struct np_flow_list *list)
{
    const char *first = text.s, *end;

    if (text.n == 0)
        return true;
    end = text.s + text.n;
    for (const char *at = first;; at++) {
        struct cnipol_text *label;

        if (at != end && (end - at < 3 || memcmp(at, " | ", 3) != 0))
            continue;
        label = np_flow_list_add(run, list, sizeof *label);
        if (!label)
            return false;
        *label = np_text(first, (size_t)(at - first));
        if (at == end)
            return true;
        first = at + 3;
        at += 2;
    }
}

static bool is_of_interface(const struct np_calico_flow *flow)
{
    return flow->dst.port.is_quoted && flow->packets_in.is_quoted && flow->packets_out.is_quoted && flow->bytes_in.is_quoted &&
           flow->bytes_out.is_quoted;
}

static int fill(struct np_go *go, struct record *record, struct cnipol_flow *flow)
{
    struct np_flow_run *run = go->run;
    int rc;

    if (go->has_other && !is_of_interface(&record->flow))
        return np_flaw(run, NP_FLOW_FIELD, go->other_at, "a number must not be in quotes here, and an enumeration's name be in its own case");
    if (!split_labels(run, record->src_labels, &record->flow.src.labels) || !split_labels(run, record->dst_labels, &record->flow.dst.labels))
        return CNIPOL_E_NOMEM;
    rc = np_calico_fill(run, &record->flow, flow);
    return rc ? rc : 1;
}

/* ---- frames ---- */

/* Where a frame's JSON begins: behind the `data:` of an event stream. The end of the frame: it is one of the stream's other lines. */
static size_t first_byte(const struct np_flow_run *run)
{
    static const char *const others[] = {"event:", "id:", "retry:", ":"};

    if (run->n >= 5 && memcmp(run->frame, "data:", 5) == 0)
        return 5;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        size_t n = strlen(others[i]);

        if (run->n >= n && memcmp(run->frame, others[i], n) == 0)
            return run->n;
    }
    return 0;
}

static int read_item(struct np_go *go, struct cnipol_flow *flow)
{
    enum np_jscan_token token;
    struct record record;

    do
        token = np_go_next(go);
    while (token == NP_JSCAN_NULL);
    if (token == NP_JSCAN_ERROR)
        return go->rc;
    if (token == NP_JSCAN_LIST_END)
        return 0;
    memset(&record, 0, sizeof record);
    go->has_other = false;
    if (np_go_map(go, token, &flow_type, &record))
        return go->rc;
    return fill(go, &record, flow);
}

/* Without memory, the item is still to be read: the scanner stands before it, in the list. */
static int next_item(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct np_calico_state *state = run->state;
    struct np_jscan *scan = &state->go.scan;
    size_t at = scan->at;
    uint8_t before = scan->state;
    int rc = read_item(&state->go, flow);

    if (rc == CNIPOL_E_NOMEM) {
        scan->at = at;
        scan->state = before;
        scan->depth = 1;
        scan->error = 0;
        state->go.rc = CNIPOL_OK;
    }
    return rc;
}

static int begin_list(struct np_flow_run *run, const struct record *record, struct cnipol_flow *flow)
{
    struct np_calico_state *state = run->state;

    if (!record->items_at)
        return 0;
    state->in_list = true;
    np_go_begin(&state->go, record->items_at);
    (void)np_go_next(&state->go);
    return next_item(run, flow);
}

static int first(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct np_calico_state *state = run->state;
    struct np_go *go = &state->go;
    enum np_jscan_token token;
    struct record record;
    size_t at = first_byte(run);

    state->in_list = false;
    if (at && at == run->n)
        return 0;
    memset(&record, 0, sizeof record);
    np_go_begin(go, at);
    token = np_go_next(go);
    if (token == NP_JSCAN_ERROR)
        return go->rc;
    if (token != NP_JSCAN_MAP)
        return np_flaw(run, NP_FLOW_SYNTAX, go->scan.start, "a flow must be a JSON object");
    if (np_go_members(go, &record_type, &record) || np_go_end(go))
        return go->rc;
    return record.is_envelope ? begin_list(run, &record, flow) : fill(go, &record, flow);
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct np_calico_state *state = run->state;

    if (run->at == 0) {
        int rc = first(run, flow);

        run->at = rc != CNIPOL_E_NOMEM || state->in_list;
        return rc;
    }
    if (!state->in_list)
        return 0;
    state->go.scan.bytes = (const unsigned char *)run->frame;
    return next_item(run, flow);
}

static int recognise(const char *bytes, size_t n)
{
    bool has_flow = np_flow_has(bytes, n, "\"source_namespace\"") && np_flow_has(bytes, n, "\"source_labels\"");

    if (!has_flow)
        return np_flow_has(bytes, n, "\"total\"") && np_flow_has(bytes, n, "\"totalPages\"") ? 70 : 0;
    return np_flow_has(bytes, n, "\"start_time\":\"") || np_flow_has(bytes, n, "\"start_time\": \"") ? 85 : 0;
}

const struct np_format np_format_whisker_json = {
    {"whisker-json", "Calico: Whisker's REST API", "flows as /flows answers them: one object, a list in its envelope, an event stream"},
    NP_FRAME_JSON, np_calico_open, np_calico_close, NULL, next, NULL, recognise,
};
