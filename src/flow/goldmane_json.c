/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * goldmane-json: what Calico's Goldmane emits, a flow a line.
 *
 * encoding/json of the structs that protobuf generated: members by their tags in any case, enumerations and counters as integers, zeros
 * left out. A hit of a policy is checked as Goldmane checks one (an action that exists, no namespace on a cluster-wide kind, a trigger at
 * the end of a tier); a kind that has no name keeps its number. The same flows as grpcurl prints them are read too: protojson's names,
 * enumerations by name, integers in quotes, perhaps within a FlowResult; a record may have those values only where it has such a
 * name or such a wrapper.
 *
 * Sources: projectcalico/calico 87c15906f20c goldmane/proto/api.proto, goldmane/proto/methods.go (Validate), goldmane/pkg/emitter; kinds 7
 * and 8 of v3.31.7.
 */

#include <string.h>

#include "flow/calico.h"

struct record {
    struct np_calico_flow flow;
    struct np_go_int start;
    bool is_wrapped;
};

static struct np_calico_state *state_of(struct np_go *go)
{
    return go->run->state;
}

/* An enumeration: a number, or the name of grpcurl's. */
static int read_word(struct np_go *go, enum np_jscan_token token, struct np_go_int *out, const char *const *words, uint32_t n)
{
    int32_t number;

    if (token != NP_JSCAN_STRING)
        return np_go_int32(go, token, out);
    number = np_calico_word(np_text(go->scan.text.s, go->scan.text.n), words, n, false);
    if (number < 0)
        return np_go_wrong(go, "this enumeration has no such name");
    np_go_other(go);
    *out = (struct np_go_int){.value = number, .at = (uint32_t)go->scan.start, .is_set = true, .is_quoted = true};
    return CNIPOL_OK;
}

static int read_action(struct np_go *go, enum np_jscan_token token, void *field)
{
    return read_word(go, token, field, np_calico_actions, 4);
}

static int read_reporter(struct np_go *go, enum np_jscan_token token, void *field)
{
    return read_word(go, token, field, np_calico_reporters, 3);
}

static int read_type(struct np_go *go, enum np_jscan_token token, void *field)
{
    return read_word(go, token, field, np_calico_types, 5);
}

static int read_kind(struct np_go *go, enum np_jscan_token token, void *field)
{
    static const char *const none[] = {"KindUnspecified"};
    struct np_go_int *out = field;
    int32_t kind;

    if (token != NP_JSCAN_STRING)
        return np_go_int32(go, token, field);
    kind = np_calico_kind_find(np_text(go->scan.text.s, go->scan.text.n), state_of(go)->era);
    if (kind < 0)
        return read_word(go, token, field, none, 1);
    np_go_other(go);
    *out = (struct np_go_int){.value = kind, .at = (uint32_t)go->scan.start, .is_set = true, .is_quoted = true};
    return CNIPOL_OK;
}

/* ---- hits ---- */

#define HIT(name, member, read)          NP_GO_FIELD(name, struct np_calico_hit, member, read)
#define HIT2(name, alias, member, read)  NP_GO_ALIAS(name, alias, struct np_calico_hit, member, read)
#define FLOW(name, member, read)         NP_GO_FIELD(name, struct np_calico_flow, member, read)
#define FLOW2(name, alias, member, read) NP_GO_ALIAS(name, alias, struct np_calico_flow, member, read)

static const struct np_go_field trigger_fields[] = {
    HIT("kind", trigger.kind, read_kind),
    HIT("namespace", trigger.ns, np_go_text),
    HIT("name", trigger.name, np_go_text),
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
    HIT("namespace", ns, np_go_text),
    HIT("name", name, np_go_text),
    HIT("tier", tier, np_go_text),
    HIT("action", action, read_action),
    HIT2("policy_index", "policyIndex", index, np_go_int64),
    HIT2("rule_index", "ruleIndex", rule, np_go_int64),
    {"trigger", 7, 0, 0, read_trigger, NULL},
};
static const struct np_go_struct hit_type = NP_GO_STRUCT(hit_fields);

static const char *check_hit(const struct np_calico_hit *hit)
{
    if (hit->action.value < 0 || hit->action.value > NP_CALICO_PASS)
        return "the policy's action is none";
    if (np_calico_kind_is_global((int32_t)hit->kind.value) && hit->ns.n)
        return "a cluster-wide policy has no namespace";
    if (hit->kind.value == NP_CALICO_END_OF_TIER && !hit->has_trigger)
        return "the end of a tier needs its trigger";
    return NULL;
}

static int read_hit(struct np_go *go, enum np_jscan_token token, void *field)
{
    size_t at = go->scan.start;
    struct np_calico_hit hit;
    const char *wrong;

    memset(&hit, 0, sizeof hit);
    if (np_go_map(go, token, &hit_type, &hit))
        return go->rc;
    wrong = check_hit(&hit);
    if (wrong)
        return go->rc = np_flaw(go->run, NP_FLOW_FIELD, at, wrong);
    return go->rc = np_calico_hit_policy(go->run, &hit, state_of(go)->era, field);
}

static int read_hits(struct np_go *go, enum np_jscan_token token, void *field)
{
    return np_go_list(go, token, field, sizeof(struct cnipol_flow_policy), read_hit, false);
}

static const struct np_go_field trace_fields[] = {
    FLOW2("enforced_policies", "enforcedPolicies", enforced, read_hits),
    FLOW2("pending_policies", "pendingPolicies", pending, read_hits),
};
static const struct np_go_struct trace_type = NP_GO_STRUCT(trace_fields);

static int read_policies(struct np_go *go, enum np_jscan_token token, void *field)
{
    return np_go_map(go, token, &trace_type, field);
}

/* ---- the flow ---- */

static const struct np_go_field key_fields[] = {
    FLOW2("source_name", "sourceName", src.name, np_go_text),
    FLOW2("source_namespace", "sourceNamespace", src.ns, np_go_text),
    FLOW2("source_type", "sourceType", src.type, read_type),
    FLOW2("dest_name", "destName", dst.name, np_go_text),
    FLOW2("dest_namespace", "destNamespace", dst.ns, np_go_text),
    FLOW2("dest_type", "destType", dst.type, read_type),
    FLOW2("dest_port", "destPort", dst.port, np_go_int64),
    FLOW2("dest_service_name", "destServiceName", service, np_go_text),
    FLOW2("dest_service_namespace", "destServiceNamespace", service_ns, np_go_text),
    FLOW2("dest_service_port_name", "destServicePortName", spare_text, np_go_text),
    FLOW2("dest_service_port", "destServicePort", service_port, np_go_int64),
    FLOW("proto", protocol, np_go_text),
    FLOW("reporter", reporter, read_reporter),
    FLOW("action", action, read_action),
    {"policies", 8, 0, 0, read_policies, NULL},
};
static const struct np_go_struct key_type = NP_GO_STRUCT(key_fields);

static int read_key(struct np_go *go, enum np_jscan_token token, void *field)
{
    return np_go_map(go, token, &key_type, field);
}

static int read_wrapped(struct np_go *go, enum np_jscan_token token, void *field);

static const struct np_go_field record_fields[] = {
    NP_GO_FIELD("key", struct record, flow, read_key),
    NP_GO_ALIAS("start_time", "startTime", struct record, start, np_go_int64),
    NP_GO_ALIAS("end_time", "endTime", struct record, flow.spare, np_go_int64),
    NP_GO_ALIAS("source_labels", "sourceLabels", struct record, flow.src.labels, np_go_texts),
    NP_GO_ALIAS("dest_labels", "destLabels", struct record, flow.dst.labels, np_go_texts),
    NP_GO_ALIAS("packets_in", "packetsIn", struct record, flow.packets_in, np_go_int64),
    NP_GO_ALIAS("packets_out", "packetsOut", struct record, flow.packets_out, np_go_int64),
    NP_GO_ALIAS("bytes_in", "bytesIn", struct record, flow.bytes_in, np_go_int64),
    NP_GO_ALIAS("bytes_out", "bytesOut", struct record, flow.bytes_out, np_go_int64),
    NP_GO_ALIAS("num_connections_started", "numConnectionsStarted", struct record, flow.spare, np_go_int64),
    NP_GO_ALIAS("num_connections_completed", "numConnectionsCompleted", struct record, flow.spare, np_go_int64),
    NP_GO_ALIAS("num_connections_live", "numConnectionsLive", struct record, flow.spare, np_go_int64),
    {"flow", 4, 0, 0, read_wrapped, NULL},
};
/* Within a FlowResult, whose `flow` is no more. */
static const struct np_go_struct flow_type = {record_fields, sizeof record_fields / sizeof *record_fields - 1};
static const struct np_go_struct record_type = NP_GO_STRUCT(record_fields);

static int read_wrapped(struct np_go *go, enum np_jscan_token token, void *field)
{
    struct record *record = field;

    if (token != NP_JSCAN_MAP)
        return np_go_skip(go, token);
    record->is_wrapped = true;
    return np_go_members(go, &flow_type, field);
}

static int read_record(struct np_go *go, struct record *record)
{
    enum np_jscan_token token = np_go_next(go);

    if (token == NP_JSCAN_ERROR)
        return go->rc;
    if (token != NP_JSCAN_MAP)
        return np_flaw(go->run, NP_FLOW_SYNTAX, go->scan.start, "a flow must be a JSON object");
    if (np_go_members(go, &record_type, record) || np_go_end(go))
        return go->rc;
    if (go->has_other && !go->has_alias && !record->is_wrapped)
        return np_flaw(go->run, NP_FLOW_FIELD, go->other_at, "a number must not be in quotes here, nor an enumeration be a name");
    record->start.is_set = record->start.value != 0;
    return np_calico_seconds(go, &record->start, &record->flow);
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct np_calico_state *state = run->state;
    struct record record;
    int rc;

    memset(&record, 0, sizeof record);
    np_go_begin(&state->go, 0);
    rc = read_record(&state->go, &record);
    if (!rc)
        rc = np_calico_fill(run, &record.flow, flow);
    return rc ? rc : 1;
}

static int recognise(const char *bytes, size_t n)
{
    bool has_key = np_flow_has(bytes, n, "\"Key\"") || np_flow_has(bytes, n, "\"key\"");
    bool has_names = np_flow_has(bytes, n, "\"source_n") || np_flow_has(bytes, n, "\"sourceN") || np_flow_has(bytes, n, "\"dest_n") ||
                     np_flow_has(bytes, n, "\"destN");

    return has_key && has_names ? 90 : 0;
}

const struct np_format np_format_goldmane_json = {
    {"goldmane-json", "Calico: Goldmane's emitter, grpcurl", "flows of 15 seconds by name, one JSON object each"},
    NP_FRAME_JSON, np_calico_open, np_calico_close, NULL, next, NULL, recognise, .is_single = true,
};
