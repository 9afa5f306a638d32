/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_FUZZ_FLOW_FILTER_H
#define CNIPOL_FUZZ_FLOW_FILTER_H

/*
 * Filters of any arguments, asked about three records: one full of everything, an event, an empty one.
 *
 * What must hold: a filter that is refused says why, and one that is compiled answers the same twice.
 */

#include "fuzz.h"

#include <string.h>

#include <cnipol/cnipol.h>

#define T(literal) {literal, sizeof(literal) - 1}

static const struct cnipol_text fuzz_texts[] = {T("k8s:app=web"), T("reserved:host"), T("www.example.com"), T("\xff\xfe")};
static const struct cnipol_flow_workload fuzz_workloads[] = {{T("Deployment"), T("web")}};
static const struct cnipol_flow_pair fuzz_headers[] = {{T("Host"), T("shop")}};
static const struct cnipol_flow_policy fuzz_policies[] = {{.direction = CNIPOL_FLOW_EGRESS, .name = T("p"), .action = T("allow")}};
static const struct cnipol_flow_l7 fuzz_l7 = {.kind = CNIPOL_L7_HTTP, .type = T("request"), .code = 404, .method = T("GET"),
                                              .url = T("http://u:p@[::1%25e]:80/a%20b?c"), .headers = fuzz_headers, .n_headers = 1};
static const struct cnipol_flow_event fuzz_event = {.kind = CNIPOL_EVENT_AGENT, .type = 7};
static const struct cnipol_flow fuzz_flows[] = {
    {.has = UINT32_MAX,
     .protocol = 6,
     .ip_version = 4,
     .verdict = CNIPOL_FLOW_DROPPED,
     .tcp_flags = CNIPOL_TCP_SYN,
     .src = {.has = UINT32_MAX, .identity = 42, .port = 40000, .ip = T("10.1.0.7"), .ns = T("shop"), .pod = T("web-1"), .workloads = fuzz_workloads,
             .n_workloads = 1, .labels = fuzz_texts, .n_labels = 4, .names = fuzz_texts, .n_names = 4},
     .dst = {.has = UINT32_MAX, .port = 443, .family = 6, .address = {0x20, 1}, .service = T("api"), .service_ns = T("shop")},
     .drop_reason = 133,
     .node = T("k8s1"),
     .event_type = 1,
     .policies = fuzz_policies,
     .n_policies = 1,
     .l7 = &fuzz_l7},
    {.event = &fuzz_event},
    {.has = 0},
};

static inline void fuzz_filter(const char *const *args, size_t n)
{
    struct cnipol_filter *filter = NULL;
    struct cnipol_fields fields;
    struct cnipol_ctx *ctx = fuzz_ctx();
    int rc = cnipol_filter_new(ctx, args, n, &filter);

    FUZZ_CHECK(rc == CNIPOL_OK || (rc == CNIPOL_E_USAGE && cnipol_diag_count(ctx)) || rc == CNIPOL_E_NOMEM);
    for (size_t i = 0; rc == CNIPOL_OK && i < sizeof fuzz_flows / sizeof fuzz_flows[0]; i++)
        FUZZ_CHECK(cnipol_filter_matches(filter, &fuzz_flows[i]) == cnipol_filter_matches(filter, &fuzz_flows[i]));
    if (rc == CNIPOL_OK)
        cnipol_filter_fields(filter, &fields);
    cnipol_filter_free(filter);
    cnipol_ctx_free(ctx);
}

#endif
