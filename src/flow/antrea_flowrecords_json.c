/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * antrea-flowrecords-json: what `antctl get flowrecords -o json` prints, a list of flat maps named after information elements.
 *
 * Source: antrea-io/antrea pkg/flowaggregator/apiserver/handlers/flowrecords/handler.go, pkg/flowaggregator/intermediate/aggregate.go
 * (GetRecords), v2.7.0.
 */

#include "flow/antrea.h"

static int take(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct np_antrea_json *json = run->state;
    size_t at = json->antrea.scan.start;
    int rc;

    np_antrea_clear(&json->antrea.record);
    rc = np_antrea_json_map(run, json);
    if (!rc && !json->antrea.record.times_set && !json->antrea.record.numbers_set)
        return np_flaw(run, NP_FLOW_SYNTAX, at, "the object has no element of a flow record");
    return rc ? rc : np_antrea_finish(run, &json->antrea, flow, at);
}

static int next(struct np_flow_run *run, struct cnipol_flow *flow)
{
    struct np_antrea_json *json = run->state;

    return np_antrea_json_next(run, flow, &json->antrea, take);
}

static int recognise(const char *bytes, size_t n)
{
    if (!n || (*bytes != '[' && *bytes != '{') || memmem(bytes, n, "\"ipfix\"", 7) || memmem(bytes, n, "\"sourceIP\"", 10))
        return 0;
    return memmem(bytes, n, "\"flowEndReason\"", 15) || memmem(bytes, n, "\"flowStartSeconds\"", 18) ? 90 : 0;
}

const struct np_format np_format_antrea_flowrecords_json = {
    .row = {"antrea-flowrecords-json", "Antrea: antctl get flowrecords -o json", "a list of objects named after IPFIX elements"},
    .framing = NP_FRAME_JSON,
    .open = np_antrea_json_open,
    .close = np_antrea_json_close,
    .next = next,
    .recognise = recognise,
};
