/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Specs: see filter.h.
 *
 * The table has a row for each field of Hubble's FlowFilter (api/v1/flow/flow.proto, Cilium v1.20.2) by its name there.
 */

#include "flow/filter.h"

#include <string.h>

#define F(name) (CNIPOL_FIELD_##name + 1)

const struct np_spec_row np_spec_rows[NP_N_SPEC_FIELDS] = {
    [NP_SPEC_UUID] = {"uuid", NP_SPEC_TEXT, false, false, np_test_uuid, NULL, {F(UUID)}},
    [NP_SPEC_SRC_IP] = {"source_ip", NP_SPEC_TEXT, false, false, np_test_ip, NULL, {F(SRC_IP)}},
    [NP_SPEC_SRC_XLATED] = {"source_ip_xlated", NP_SPEC_TEXT, false, false, np_test_xlated, NULL, {F(SRC_XLATED)}},
    [NP_SPEC_SRC_POD] = {"source_pod", NP_SPEC_TEXT, false, false, np_test_pod, NULL, {F(SRC_POD), F(SRC_NAMESPACE)}},
    [NP_SPEC_SRC_FQDN] = {"source_fqdn", NP_SPEC_TEXT, false, false, np_test_fqdn, NULL, {F(SRC_NAMES)}},
    [NP_SPEC_SRC_LABEL] = {"source_label", NP_SPEC_TEXT, false, false, np_test_label, NULL, {F(SRC_LABELS)}},
    [NP_SPEC_SRC_SERVICE] = {"source_service", NP_SPEC_TEXT, false, false, np_test_service, NULL, {F(SRC_SERVICE)}},
    [NP_SPEC_SRC_WORKLOAD] = {"source_workload", NP_SPEC_KIND_NAME, false, false, np_test_workload, NULL, {F(SRC_WORKLOAD)}},
    [NP_SPEC_SRC_CLUSTER] = {"source_cluster_name", NP_SPEC_TEXT, false, false, np_test_cluster, NULL, {F(SRC_CLUSTER)}},
    [NP_SPEC_SRC_PORT] = {"source_port", NP_SPEC_TEXT, false, false, np_test_port, NULL, {F(SRC_PORT), F(PROTOCOL)}},
    [NP_SPEC_SRC_IDENTITY] = {"source_identity", NP_SPEC_UINT32, false, false, np_test_identity, NULL, {F(SRC_IDENTITY)}},
    [NP_SPEC_DST_IP] = {"destination_ip", NP_SPEC_TEXT, true, false, np_test_ip, NULL, {F(DST_IP)}},
    [NP_SPEC_DST_POD] = {"destination_pod", NP_SPEC_TEXT, true, false, np_test_pod, NULL, {F(DST_POD), F(DST_NAMESPACE)}},
    [NP_SPEC_DST_FQDN] = {"destination_fqdn", NP_SPEC_TEXT, true, false, np_test_fqdn, NULL, {F(DST_NAMES)}},
    [NP_SPEC_DST_LABEL] = {"destination_label", NP_SPEC_TEXT, true, false, np_test_label, NULL, {F(DST_LABELS)}},
    [NP_SPEC_DST_SERVICE] = {"destination_service", NP_SPEC_TEXT, true, false, np_test_service, NULL, {F(DST_SERVICE)}},
    [NP_SPEC_DST_WORKLOAD] = {"destination_workload", NP_SPEC_KIND_NAME, true, false, np_test_workload, NULL, {F(DST_WORKLOAD)}},
    [NP_SPEC_DST_CLUSTER] = {"destination_cluster_name", NP_SPEC_TEXT, true, false, np_test_cluster, NULL, {F(DST_CLUSTER)}},
    [NP_SPEC_DST_PORT] = {"destination_port", NP_SPEC_TEXT, true, false, np_test_port, NULL, {F(DST_PORT), F(PROTOCOL)}},
    [NP_SPEC_DST_IDENTITY] = {"destination_identity", NP_SPEC_UINT32, true, false, np_test_identity, NULL, {F(DST_IDENTITY)}},
    [NP_SPEC_DIRECTION] = {"traffic_direction", NP_SPEC_ENUM, false, false, np_test_direction, np_word_direction, {F(DIRECTION)}},
    [NP_SPEC_VERDICT] = {"verdict", NP_SPEC_ENUM, false, false, np_test_verdict, np_word_verdict, {F(VERDICT)}},
    [NP_SPEC_DROP_REASON] = {"drop_reason_desc", NP_SPEC_ENUM, false, false, np_test_drop_reason, np_word_drop_reason,
                             {F(DROP_REASON), F(VERDICT)}},
    [NP_SPEC_INTERFACE] = {"interface", NP_SPEC_NIC, false, false, np_test_interface, NULL, {F(INTERFACE)}},
    [NP_SPEC_EVENT_TYPE] = {"event_type", NP_SPEC_TYPE, false, false, np_test_event_type, NULL, {F(EVENT_TYPE), F(EVENT_SUB_TYPE)}},
    [NP_SPEC_HTTP_STATUS] = {"http_status_code", NP_SPEC_TEXT, false, true, np_test_http_status, NULL, {F(HTTP_CODE), F(L7_KIND)}},
    [NP_SPEC_HTTP_METHOD] = {"http_method", NP_SPEC_TEXT, false, true, np_test_http_method, NULL, {F(HTTP_METHOD), F(L7_KIND)}},
    [NP_SPEC_HTTP_PATH] = {"http_path", NP_SPEC_TEXT, false, true, np_test_http_path, NULL, {F(HTTP_URL), F(L7_KIND)}},
    [NP_SPEC_HTTP_URL] = {"http_url", NP_SPEC_TEXT, false, true, np_test_http_url, NULL, {F(HTTP_URL), F(L7_KIND)}},
    [NP_SPEC_HTTP_HEADER] = {"http_header", NP_SPEC_PAIR, false, true, np_test_http_header, NULL, {F(HTTP_HEADERS), F(L7_KIND)}},
    [NP_SPEC_PROTOCOL] = {"protocol", NP_SPEC_TEXT, false, false, np_test_protocol, NULL, {F(PROTOCOL), F(L7_KIND)}},
    [NP_SPEC_REPLY] = {"reply", NP_SPEC_BOOL, false, false, np_test_reply, NULL, {F(REPLY), F(VERDICT)}},
    [NP_SPEC_DNS_QUERY] = {"dns_query", NP_SPEC_TEXT, false, false, np_test_dns_query, NULL, {F(DNS_QUERY), F(L7_KIND)}},
    [NP_SPEC_TCP_FLAGS] = {"tcp_flags", NP_SPEC_FLAGS, false, false, np_test_tcp_flags, NULL, {F(TCP_FLAGS), F(PROTOCOL)}},
    [NP_SPEC_NODE_NAME] = {"node_name", NP_SPEC_TEXT, false, false, np_test_node_name, NULL, {F(NODE)}},
    [NP_SPEC_NODE_LABEL] = {"node_labels", NP_SPEC_TEXT, false, false, np_test_node_label, NULL, {F(NODE_LABELS)}},
    [NP_SPEC_IP_VERSION] = {"ip_version", NP_SPEC_ENUM, false, false, np_test_ip_version, np_word_ip_version, {F(IP_VERSION)}},
    [NP_SPEC_TRACE_ID] = {"trace_id", NP_SPEC_TEXT, false, false, np_test_trace_id, NULL, {F(TRACE_ID)}},
    [NP_SPEC_IP_TRACE_ID] = {"ip_trace_id", NP_SPEC_UINT64, false, false, np_test_ip_trace_id, NULL, {F(IP_TRACE_ID)}},
    [NP_SPEC_ENCRYPTED] = {"encrypted", NP_SPEC_BOOL, false, false, np_test_encrypted, NULL, {F(ENCRYPTED)}},
    [NP_SPEC_EXPRESSION] = {"cel_expression", NP_SPEC_TEXT, false, false, np_test_expression, NULL, {0}},
};

struct np_spec *np_spec_new(struct np_filter_job *job)
{
    return np_arena_zalloc(&job->filter->arena, sizeof(struct np_spec));
}

struct np_spec_value *np_spec_add(struct np_filter_job *job, struct np_spec *spec, enum np_spec_field field, const char *flag)
{
    struct np_spec_list *list = &spec->lists[field];
    struct np_spec_value *value;

    if (list->n == list->cap) {
        uint32_t cap = list->cap ? list->cap * 2 : 2;
        struct np_spec_value *items = list->cap > UINT32_MAX / 2 ? NULL : np_arena_array(&job->filter->arena, cap, sizeof *items);

        if (!items)
            return NULL;
        if (list->n)
            memcpy(items, list->items, list->n * sizeof *items);
        list->items = items;
        list->cap = cap;
    }
    value = &list->items[list->n++];
    *value = (struct np_spec_value){.flag = flag, .text = NP_STR(""), .other = NP_STR("")};
    return value;
}

static void need(struct np_filter_job *job, uint32_t id)
{
    cnipol_fields_add(&job->filter->fields, id);
}

/* HTTP's tests beside event types none of which is l7 could never hold. */
static int check_l7(struct np_filter_job *job, const struct np_spec *spec, const struct np_spec_list *values)
{
    const struct np_spec_list *types = &spec->lists[NP_SPEC_EVENT_TYPE];

    for (uint32_t i = 0; i < types->n; i++)
        if (types->items[i].number == 129)
            return CNIPOL_OK;
    if (types->n == 0)
        return CNIPOL_OK;
    return np_filter_wrong_value(job, &values->items[0], "a filter of HTTP beside event types needs l7 among them");
}

static int build_test(struct np_filter_job *job, const struct np_spec *spec, enum np_spec_field field, struct np_test *out)
{
    const struct np_spec_row *row = &np_spec_rows[field];
    const struct np_spec_list *values = &spec->lists[field];
    int rc = row->needs_l7 ? check_l7(job, spec, values) : CNIPOL_OK;

    if (rc)
        return rc;
    for (uint32_t i = 0; i < sizeof row->fields && row->fields[i]; i++)
        need(job, row->fields[i] - 1u);
    need(job, CNIPOL_FIELD_EVENT);
    *out = (struct np_test){.n = values->n, .dst = row->dst};
    return row->build(job, values, out);
}

static int build_clause(struct np_filter_job *job, const struct np_spec *spec, struct np_clause *out)
{
    struct np_test *tests = np_arena_array(&job->filter->arena, NP_N_SPEC_FIELDS, sizeof *tests);
    int rc = tests ? CNIPOL_OK : CNIPOL_E_NOMEM;

    for (uint32_t field = 0; rc == CNIPOL_OK && field < NP_N_SPEC_FIELDS; field++)
        if (spec->lists[field].n)
            rc = build_test(job, spec, (enum np_spec_field)field, &tests[out->n++]);
    out->tests = tests;
    return rc;
}

int np_spec_build(struct np_filter_job *job, const struct np_spec *specs, struct np_clauses *out)
{
    uint32_t n = 0;
    int rc = CNIPOL_OK;

    for (const struct np_spec *spec = specs; spec; spec = spec->next)
        n++;
    out->items = np_arena_array(&job->filter->arena, n, sizeof *out->items);
    if (!out->items)
        return CNIPOL_E_NOMEM;
    for (const struct np_spec *spec = specs; rc == CNIPOL_OK && spec; spec = spec->next) {
        out->items[out->n] = (struct np_clause){NULL, 0};
        rc = build_clause(job, spec, &out->items[out->n++]);
    }
    return rc;
}

struct np_str *np_test_texts(struct np_filter_job *job, const struct np_spec_list *values)
{
    struct np_str *texts = np_arena_array(&job->filter->arena, values->n, sizeof *texts);

    for (uint32_t i = 0; texts && i < values->n; i++)
        texts[i] = values->items[i].text;
    return texts;
}

uint64_t *np_test_numbers(struct np_filter_job *job, const struct np_spec_list *values)
{
    uint64_t *numbers = np_arena_array(&job->filter->arena, values->n, sizeof *numbers);

    for (uint32_t i = 0; numbers && i < values->n; i++)
        numbers[i] = values->items[i].number;
    return numbers;
}

bool np_flow_texts_add(struct np_arena *arena, struct np_flow_texts *texts, struct np_str text)
{
    if (texts->n == texts->cap) {
        uint32_t cap = texts->cap ? texts->cap * 2 : 4;
        struct np_str *items = texts->cap > UINT32_MAX / 2 ? NULL : np_arena_array(arena, cap, sizeof *items);

        if (!items)
            return false;
        if (texts->n)
            memcpy(items, texts->items, texts->n * sizeof *items);
        texts->items = items;
        texts->cap = cap;
    }
    texts->items[texts->n++] = text;
    return true;
}
