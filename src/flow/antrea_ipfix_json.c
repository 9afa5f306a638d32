/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * antrea-ipfix-json: records of go-ipfix's exporter in JSON, one object a line.
 *
 *     {"ipfix":{"sourceIPv4Address":"10.0.0.1",…},"@timestamp":"2023-11-14T22:14:21Z"}
 *
 * The time stamp says when the line was written, not when the flow was: it stands in where the record has no end.
 *
 * Source: vmware/go-ipfix pkg/exporter/process.go (createAndSendJSONRecords), v0.17.0.
 */

#include "flow/antrea.h"

static int take_timestamp(struct np_flow_run *run, struct np_antrea_json *json, enum np_jscan_token token, struct cnipol_time *out,
                          bool *has)
{
    struct np_jscan *scan = &json->antrea.scan;

    *has = token == NP_JSCAN_STRING && np_antrea_time_zone(np_text(scan->text.s, scan->text.n), out);
    if (token == NP_JSCAN_STRING && !*has)
        return np_flaw(run, NP_FLOW_FIELD, scan->start, "@timestamp is no time of RFC 3339");
    return np_antrea_json_skip(run, scan, token);
}

static int take(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct np_antrea_json *json = run->state;
    struct np_jscan *scan = &json->antrea.scan;
    struct cnipol_time stamp = {0};
    bool has_stamp = false, has_record = false;
    enum np_jscan_token token;
    size_t at = scan->start;
    int rc = 0;

    np_antrea_clear(&json->antrea.record);
    while (!rc && (token = np_jscan_next(scan)) != NP_JSCAN_MAP_END) {
        bool is_record = np_str_is(scan->text, "ipfix"), is_stamp = np_str_is(scan->text, "@timestamp");

        if (token != NP_JSCAN_KEY)
            return np_antrea_json_flaw(run, scan);
        token = np_jscan_next(scan);
        if (is_record && token == NP_JSCAN_MAP) {
            has_record = true;
            rc = np_antrea_json_map(run, json);
        } else {
            rc = is_stamp ? take_timestamp(run, json, token, &stamp, &has_stamp) : np_antrea_json_skip(run, scan, token);
        }
    }
    if (!rc && !has_record)
        return np_flaw(run, NP_FLOW_SYNTAX, at, "the object has no map \"ipfix\"");
    if (!rc && has_stamp && !(json->antrea.record.times_set >> NP_ANTREA_END & 1))
        np_flow_time(flow, stamp);
    return rc ? rc : np_antrea_finish(run, &json->antrea, flow, at);
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct np_antrea_json *json = run->state;

    return np_antrea_json_next(run, flow, &json->antrea, take);
}

static int recognise(const char *bytes, size_t n)
{
    bool has_elements = memmem(bytes, n, "\"flowEndReason\"", 15) || memmem(bytes, n, "\"flowStart", 10) || memmem(bytes, n, "\"flowEnd", 8) ||
                        memmem(bytes, n, "\"sourceIPv", 10);

    return n && *bytes == '{' && memmem(bytes, n, "\"ipfix\"", 7) && has_elements ? 95 : 0;
}

const struct np_format np_format_antrea_ipfix_json = {
    .row = {"antrea-ipfix-json", "Antrea: flow aggregator, go-ipfix in JSON", "objects {\"ipfix\": {...}, \"@timestamp\": ...}"},
    .framing = NP_FRAME_JSON,
    .open = np_antrea_json_open,
    .close = np_antrea_json_close,
    .next = next,
    .recognise = recognise,
};
