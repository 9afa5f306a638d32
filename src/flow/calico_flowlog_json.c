/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calico-flowlog-json: Calico's flow logs, as Calico Enterprise and Cloud keep them, one JSON object each.
 *
 * `null` and "-" stand for what aggregation took away; an end's name is then its aggregated one (`web-*`, `pub`). Policies are policy
 * strings, of the form that the writer's version has; one bad string spoils the record. Where only all_policies is there, those of
 * them that are not staged decided. The reporter may say that the flow was forwarded (`dst, fwd`); its side gives the direction. A flow
 * that is read from Elasticsearch has other members beside, which are passed over.
 *
 * Sources: tigera/docs calico-enterprise/observability/elastic/flow/datatypes.mdx f2a276243; projectcalico/calico 87c15906f20c
 * felix/collector/flowlog/types.go, felix/collector/utils/utils.go (FieldNotIncluded).
 */

#include <string.h>

#include "base/ip.h"
#include "flow/calico.h"

struct record {
    struct np_calico_flow flow;
    struct np_go_int start;
    struct cnipol_text src_aggr, dst_aggr;
    struct np_flow_list all;
};

#define N(array) (sizeof(array) / sizeof *(array))

static struct cnipol_text text_at_hand(const struct np_go *go)
{
    return np_text(go->scan.text.s, go->scan.text.n);
}

static bool is_dash(struct cnipol_text text)
{
    return text.n == 0 || (text.n == 1 && text.s[0] == '-');
}

/* A word of a list that begins with the number 0, or what stands for none. */
static int read_word(struct np_go *go, enum np_jscan_token token, struct np_go_int *out, const char *const *words, uint32_t n)
{
    if (token == NP_JSCAN_NULL || (token == NP_JSCAN_STRING && is_dash(text_at_hand(go))))
        return CNIPOL_OK;
    *out = (struct np_go_int){.value = -1, .at = (uint32_t)go->scan.start, .is_set = true};
    if (token == NP_JSCAN_STRING)
        out->value = np_calico_word(text_at_hand(go), words, n, false);
    return CNIPOL_OK;
}

static int read_action(struct np_go *go, enum np_jscan_token token, void *field)
{
    static const char *const words[] = {"-", "allow", "deny"};
    const struct np_go_int *out = field;

    (void)read_word(go, token, field, words, N(words));
    return out->value < 0 ? np_go_wrong(go, "the action is neither allow nor deny") : CNIPOL_OK;
}

static int read_reporter(struct np_go *go, enum np_jscan_token token, void *field)
{
    static const char *const words[] = {"-", "src", "dst", "fwd", "src, fwd", "dst, fwd", "src,fwd", "dst,fwd"};
    static const int8_t numbers[] = {0, NP_CALICO_SRC, NP_CALICO_DST, 3, NP_CALICO_SRC, NP_CALICO_DST, NP_CALICO_SRC, NP_CALICO_DST};
    struct np_go_int *out = field;

    (void)read_word(go, token, field, words, N(words));
    if (out->value < 0)
        return np_go_wrong(go, "the reporter is none of src, dst and fwd");
    out->value = numbers[out->value];
    return CNIPOL_OK;
}

/* A type that is not known is not taken for a workload. */
static int read_type(struct np_go *go, enum np_jscan_token token, void *field)
{
    static const char *const words[] = {"-", "wep", "hep", "ns", "net"};

    if (token != NP_JSCAN_NULL && token != NP_JSCAN_STRING)
        return np_go_wrong(go, "this must be a string");
    return read_word(go, token, field, words, N(words));
}

static int read_ip(struct np_go *go, enum np_jscan_token token, void *field)
{
    unsigned flaws = 0;
    struct np_ip ip;

    if (token == NP_JSCAN_STRING && is_dash(text_at_hand(go)))
        return CNIPOL_OK;
    if (token == NP_JSCAN_STRING && (!np_ip_parse(go->scan.text, &ip, &flaws) || flaws & NP_IP_LEADING_ZEROS))
        return np_go_wrong(go, "this is no IP address");
    return np_go_text(go, token, field);
}

/* By name, or by number in quotes or without. */
static int read_protocol(struct np_go *go, enum np_jscan_token token, void *field)
{
    if (token == NP_JSCAN_NUMBER)
        return np_go_keep(go, field);
    return np_go_text(go, token, field);
}

static const struct np_go_field labels_fields[] = {{"labels", 6, 0, 0, np_go_texts, NULL}};
static const struct np_go_struct labels_type = NP_GO_STRUCT(labels_fields);

static int read_labels(struct np_go *go, enum np_jscan_token token, void *field)
{
    if (token == NP_JSCAN_STRING && is_dash(text_at_hand(go)))
        return CNIPOL_OK;
    return np_go_map(go, token, &labels_type, field);
}

/* ---- policies ---- */

static int read_policy(struct np_go *go, enum np_jscan_token token, void *field)
{
    const struct np_calico_state *state = go->run->state;
    struct cnipol_text text;
    const char *wrong;
    uint32_t at;

    if (token != NP_JSCAN_STRING)
        return np_go_wrong(go, "a policy must be a string");
    if (np_go_keep(go, &text))
        return go->rc;
    wrong = np_calico_policy_parse(text, state->era, field, &at);
    return wrong ? np_go_wrong(go, wrong) : CNIPOL_OK;
}

static int read_policies_list(struct np_go *go, enum np_jscan_token token, void *field)
{
    return np_go_list(go, token, field, sizeof(struct cnipol_flow_policy), read_policy, false);
}

static const struct np_go_field trace_fields[] = {
    NP_GO_FIELD("all_policies", struct record, all, read_policies_list),
    NP_GO_FIELD("enforced_policies", struct record, flow.enforced, read_policies_list),
    NP_GO_FIELD("pending_policies", struct record, flow.pending, read_policies_list),
};
static const struct np_go_struct trace_type = NP_GO_STRUCT(trace_fields);

static int read_policies(struct np_go *go, enum np_jscan_token token, void *field)
{
    return np_go_map(go, token, &trace_type, field);
}

static bool is_staged(const struct cnipol_flow_policy *policy)
{
    struct cnipol_text kind = policy->has & CNIPOL_POLICY_TRIGGER ? policy->trigger_kind : policy->kind;

    return kind.n > 6 && memcmp(kind.s, "Staged", 6) == 0;
}

/* Until flow logs told them apart, all that were met were in one list. */
static void take_all(struct record *record)
{
    struct cnipol_flow_policy *items = record->all.items;
    uint32_t n = 0;

    if (record->flow.enforced.n || record->flow.pending.n)
        return;
    for (uint32_t i = 0; i < record->all.n; i++)
        if (!is_staged(&items[i]))
            items[n++] = items[i];
    record->flow.enforced = record->all;
    record->flow.enforced.n = n;
}

/* ---- the flow ---- */

#define FLOW(name, member, read) NP_GO_FIELD(name, struct record, flow.member, read)

static const struct np_go_field record_fields[] = {
    NP_GO_FIELD("start_time", struct record, start, np_go_int64),
    FLOW("end_time", spare, np_go_int64),
    FLOW("source_ip", src.ip, read_ip),
    FLOW("source_name", src.name, np_go_text),
    NP_GO_FIELD("source_name_aggr", struct record, src_aggr, np_go_text),
    FLOW("source_namespace", src.ns, np_go_text),
    FLOW("source_port", src.port, np_go_int64),
    FLOW("source_type", src.type, read_type),
    FLOW("source_labels", src.labels, read_labels),
    FLOW("dest_ip", dst.ip, read_ip),
    FLOW("dest_name", dst.name, np_go_text),
    NP_GO_FIELD("dest_name_aggr", struct record, dst_aggr, np_go_text),
    FLOW("dest_namespace", dst.ns, np_go_text),
    FLOW("dest_port", dst.port, np_go_int64),
    FLOW("dest_type", dst.type, read_type),
    FLOW("dest_labels", dst.labels, read_labels),
    FLOW("dest_service_name", service, np_go_text),
    FLOW("dest_service_namespace", service_ns, np_go_text),
    FLOW("dest_service_port_num", service_port, np_go_int64),
    FLOW("proto", protocol, read_protocol),
    FLOW("action", action, read_action),
    FLOW("reporter", reporter, read_reporter),
    {"policies", 8, 0, 0, read_policies, NULL},
    FLOW("bytes_in", bytes_in, np_go_int64),
    FLOW("bytes_out", bytes_out, np_go_int64),
    FLOW("packets_in", packets_in, np_go_int64),
    FLOW("packets_out", packets_out, np_go_int64),
    FLOW("host", node, np_go_text),
};
static const struct np_go_struct record_type = NP_GO_STRUCT(record_fields);

static int read_record(struct np_go *go, struct record *record)
{
    enum np_jscan_token token = np_go_next(go);

    if (token == NP_JSCAN_ERROR)
        return go->rc;
    if (token != NP_JSCAN_MAP)
        return np_flaw(go->run, NP_FLOW_SYNTAX, go->scan.start, "a flow must be a JSON object");
    if (np_go_members(go, &record_type, record) || np_go_end(go))
        return go->rc;
    if (go->has_other)
        return np_flaw(go->run, NP_FLOW_FIELD, go->other_at, "a number must not be in quotes here");
    if (is_dash(record->flow.src.name))
        record->flow.src.name = record->src_aggr;
    if (is_dash(record->flow.dst.name))
        record->flow.dst.name = record->dst_aggr;
    take_all(record);
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
    return np_flow_has(bytes, n, "\"source_name_aggr\"") || np_flow_has(bytes, n, "\"dest_name_aggr\"") ? 95 : 0;
}

const struct np_format np_format_calico_flowlog_json = {
    {"calico-flowlog-json", "Calico Enterprise, Calico Cloud: flow logs", "flow logs as kept in Elasticsearch, one JSON object each"},
    NP_FRAME_JSON, np_calico_open, np_calico_close, NULL, next, NULL, recognise, .is_single = true,
};
