/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions over a flow: what they mean, what is refused and where. The language is CEL's. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/cnipol.h>

#include "base/codes.h"

#define T(literal) {literal, sizeof(literal) - 1}

static const struct cnipol_text labels[] = {T("k8s:app=web"), T("k8s:tier=front")};
static const struct cnipol_flow_workload workloads[] = {{T("Deployment"), T("web")}, {T("Job"), T("once")}};
static const struct cnipol_flow_policy policies[] = {
    {.direction = CNIPOL_FLOW_INGRESS, .name = T("in"), .action = T("deny"), .revision = 3},
    {.direction = CNIPOL_FLOW_EGRESS, .name = T("out"), .action = T("deny"), .labels = labels, .n_labels = 2},
    {.direction = CNIPOL_FLOW_EGRESS, .name = T("may"), .action = T("allow")},
};
static const struct cnipol_flow_pair headers[] = {{T("Host"), T("shop")}};
static const struct cnipol_flow_l7 l7 = {.kind = CNIPOL_L7_HTTP, .type = T("response"), .code = 404, .url = T("/a"), .method = T("GET"),
                                         .headers = headers, .n_headers = 1};
static const struct cnipol_flow flow = {
    .has = CNIPOL_HAS_VERDICT | CNIPOL_HAS_PROTOCOL | CNIPOL_HAS_TCP_FLAGS | CNIPOL_HAS_IP | CNIPOL_HAS_L4 | CNIPOL_HAS_EVENT_TYPE |
           CNIPOL_HAS_DROP_REASON | CNIPOL_HAS_DIRECTION,
    .protocol = 6,
    .ip_version = 4,
    .verdict = CNIPOL_FLOW_DROPPED,
    .direction = CNIPOL_FLOW_EGRESS,
    .tcp_flags = CNIPOL_TCP_SYN,
    .src = {.has = CNIPOL_FLOW_END_ENDPOINT | CNIPOL_FLOW_END_PORT | CNIPOL_FLOW_END_IDENTITY, .identity = 42, .port = 40000, .family = 4,
            .address = {10, 1, 0, 7}, .ns = T("shop"), .pod = T("wéb-1"), .workloads = workloads, .n_workloads = 2, .labels = labels,
            .n_labels = 2},
    .dst = {.has = CNIPOL_FLOW_END_PORT, .port = 443, .ip = T("8.8.8.8")},
    .drop_reason = 133,
    .drop_reason_name = T("POLICY_DENIED"),
    .event_type = 1,
    .event_sub_type = 133,
    .policies = policies,
    .n_policies = 3,
    .summary = T("TCP Flags: SYN"),
    .l7 = &l7,
};

static int ask(struct cnipol_ctx *ctx, const char *expr)
{
    const char *args[] = {"--cel-expression", expr};
    struct cnipol_filter *filter = NULL;
    int rc = cnipol_filter_new(ctx, args, 2, &filter);

    if (rc == CNIPOL_OK)
        rc = cnipol_filter_matches(filter, &flow);
    cnipol_filter_free(filter);
    return rc;
}

static void test_expressions(void **state)
{
    static const struct {
        const char *expr;
        int expect;
    } rows[] = {
        {"true", 1},
        {"has(_flow.trace_context.parent)", 0},
        {"false", 0},
        {"_flow.verdict == Verdict.DROPPED", 1},
        {"_flow.verdict == flow.Verdict.FORWARDED", 0},
        {"_flow.verdict == .flow.Verdict.DROPPED", 1},
        {"_flow.verdict == 2", 1},
        {"_flow.drop_reason_desc == DropReason.POLICY_DENIED", 1},
        {"_flow.traffic_direction in [TrafficDirection.INGRESS, TrafficDirection.EGRESS]", 1},
        {"_flow.IP.source == '10.1.0.7' && _flow.IP.destination == \"8.8.8.8\"", 1}, /* one is bytes, one is text */
        {"_flow.IP.ipVersion == IPVersion.IPv4", 1},
        {"_flow.l4.TCP.destination_port == 443u", 1},
        {"_flow.l4.TCP.destination_port == uint(443)", 1},
        {"int(_flow.l4.TCP.destination_port) >= 0x1bb", 1},
        {"_flow.l4.UDP.destination_port == 0u", 1}, /* what is not there is zero */
        {"has(_flow.l4.TCP) && !has(_flow.l4.UDP)", 1},
        {"has(_flow.source) && !has(_flow.destination) && !has(_flow.source.cluster_name)", 1},
        {"has(_flow.is_reply) || _flow.is_reply == null", 1},
        {"_flow.is_reply == true", 0},
        {"!_flow.is_reply", 0}, /* an error: null is no bool */
        {"_flow.is_reply || true", 1},
        {"_flow.l4.TCP.flags.SYN && !_flow.l4.TCP.flags.ACK", 1},
        {"_flow.source.pod_name.startsWith('w') && _flow.source.pod_name.endsWith(\"-1\")", 1},
        {"_flow.source.pod_name.contains('\\u00e9b')", 1},
        {"size(_flow.source.pod_name) == 5 && _flow.source.labels.size() == 2", 1},
        {"_flow.source.pod_name.matches('^w.b-[0-9]$')", 1},
        {"matches(_flow.source.namespace, r'^\\w+$')", 1},
        {"'k8s:app=web' in _flow.source.labels", 1},
        {"_flow.source.namespace in ['bank', 'shop']", 1},
        {"_flow.source.namespace in []", 0},
        {"_flow.source.labels[1] == 'k8s:tier=front'", 1},
        {"_flow.source.labels[2] == ''", 0}, /* an error */
        {"_flow.source.labels[2] == '' || true", 1},
        {"true || _flow.source.labels[2] == ''", 1},
        {"_flow.source.labels[2] == '' && false", 0},
        {"!(_flow.source.labels[2] == '' && true)", 0},
        {"_flow.source.labels.exists(l, l.startsWith('k8s:tier'))", 1},
        {"_flow.source.labels.all(l, l.startsWith('k8s:'))", 1},
        {"_flow.source.workloads.exists_one(w, w.kind == 'Job' && w.name != '')", 1},
        {"_flow.egress_denied_by.exists(p, p.name == 'out' && p.labels.exists(l, l == 'k8s:app=web'))", 1},
        {"_flow.egress_denied_by.size() == 1 && _flow.egress_allowed_by[0].name == 'may'", 1},
        {"has(_flow.ingress_allowed_by)", 0},
        {"_flow.ingress_denied_by[0].revision == 3u", 1},
        {"_flow.l7.http.code == 404u && _flow.l7.type == L7FlowType.RESPONSE && !has(_flow.l7.dns)", 1},
        {"_flow.l7.http.headers.exists(h, h.key == 'Host')", 1},
        {"_flow.l7.dns.query == ''", 1},
        {"_flow.source.identity > 41u ? _flow.dummy_is_not_asked : false", CNIPOL_E_USAGE},
        {"_flow.source.identity > 41u ? true : false", 1},
        {"'a' < 'b' && -1 < 0 && false < true && 2u >= 2u", 1},
        {"(((true)))", 1},
        {" true // with a remark\n && true", 1},
        {"'''a'b''' == \"a'b\" && '\\x41\\101' == 'AA'", 1},
        {"uint(-1) == 0u || false", 0}, /* an error */
        {"_flow.event_type.type == 1 && _flow.event_type.sub_type == 133", 1},
    };
    struct cnipol_ctx *ctx;
    int n_wrong = 0;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int rc = ask(ctx, rows[i].expr);

        if (rc != rows[i].expect)
            print_error("%s: got %d\n", rows[i].expr, rc);
        n_wrong += rc != rows[i].expect;
    }
    assert_int_equal(n_wrong, 0);
    cnipol_ctx_free(ctx);
}

/* Refused: with which code, and where (a part of the expression). */
static void test_refused(void **state)
{
    static const struct {
        const char *expr;
        int code;
        const char *at;
    } rows[] = {
        {"", NP_FILTER_EXPRESSION, ""},
        {"something", NP_FILTER_EXPRESSION, "something"},
        {"_flow", NP_FILTER_EXPRESSION, "_flow"},
        {"_flow.source.labels", NP_FILTER_EXPRESSION, "_flow"},
        {"_flow.is_reply", NP_FILTER_EXPRESSION, "_flow"},
        {"_flow.verdict == 'DROPPED'", NP_FILTER_EXPRESSION, "verdict"},
        {"_flow.l4.TCP.source_port == 80", NP_FILTER_EXPRESSION, "source_port"},
        {"_flow.source.pod == 'x'", NP_FILTER_EXPRESSION, "pod "},
        {"_flow.verdict == Verdict.NO", NP_FILTER_EXPRESSION, "NO"},
        {"_flow.verdict = 1", NP_FILTER_EXPRESSION, "= 1"},
        {"true &&", NP_FILTER_EXPRESSION, ""},
        {"true 1", NP_FILTER_EXPRESSION, "1"},
        {"(true", NP_FILTER_EXPRESSION, ""},
        {"'abc", NP_FILTER_EXPRESSION, "'abc"},
        {"1 && true", NP_FILTER_EXPRESSION, "1"},
        {"'a'.matches('(')", NP_FILTER_VALUE, ""},
        {"has(true)", NP_FILTER_EXPRESSION, "has"},
        {"foo(1)", NP_FILTER_EXPRESSION, "foo"},
        {"_flow.source.labels.exists(1, true)", NP_FILTER_EXPRESSION, "1"},
        {"18446744073709551616u == 1u", NP_FILTER_EXPRESSION, "1844"},
        {"9223372036854775808 == 1", NP_FILTER_EXPRESSION, "9223"},
        {"'\\q' == ''", NP_FILTER_EXPRESSION, "\\q"},
        {"1.5 == 1.5", NP_FILTER_UNSUPPORTED, "1.5"},
        {"b'x' == b'x'", NP_FILTER_UNSUPPORTED, "b'x'"},
        {"1 + 1 == 2", NP_FILTER_UNSUPPORTED, "+"},
        {"{'a': 1}.size() == 1", NP_FILTER_UNSUPPORTED, "{"},
        {"_flow.time == timestamp('2026-01-01T00:00:00Z')", NP_FILTER_UNSUPPORTED, "time"},
        {"string(1) == '1'", NP_FILTER_UNSUPPORTED, "string"},
        {"_flow.source.labels.map(l, l).size() == 1", NP_FILTER_UNSUPPORTED, "map"},
        {"_flow.source == _flow.destination", NP_FILTER_UNSUPPORTED, "source"},
    };
    struct cnipol_diag diag;
    struct cnipol_ctx *ctx;
    int n_wrong = 0;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int rc = ask(ctx, rows[i].expr);
        bool fits = rc == CNIPOL_E_USAGE && cnipol_diag_count(ctx) == 1 && cnipol_diag_get(ctx, 0, &diag) == CNIPOL_OK && diag.code == rows[i].code;
        const char *place = rows[i].code == NP_FILTER_VALUE ? "" : strstr(rows[i].expr, rows[i].at);

        if (fits && *rows[i].at)
            fits = diag.place.column == (uint32_t)(place - rows[i].expr) + 1;
        if (!fits)
            print_error("%s: got %d, code %d, column %u: %s\n", rows[i].expr, rc, (int)diag.code, diag.place.column, diag.message);
        n_wrong += !fits;
        cnipol_diag_clear(ctx);
    }
    assert_int_equal(n_wrong, 0);
    cnipol_ctx_free(ctx);
}

/* Depth is bounded, whatever makes it. */
static void test_deep(void **state)
{
    static const char *const units[] = {"(", "!", "[", "_flow.source.labels.exists(x,", "true && (", "true ? true : "};
    static char text[400000];
    struct cnipol_ctx *ctx;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        text[0] = '\0';
        for (size_t k = 0, n = strlen(units[i]); k < 10000; k++)
            memcpy(text + k * n, units[i], n + 1);
        assert_int_equal(ask(ctx, text), CNIPOL_E_USAGE);
    }
    text[0] = '\0';
    for (size_t k = 0; k < 10000; k++)
        strcpy(text + k * 8, "true && ");
    strcpy(text + 80000, "true");
    assert_int_equal(ask(ctx, text), CNIPOL_E_USAGE);
    cnipol_ctx_free(ctx);
}

static void test_an_error_ends_it(void **state)
{
    static const char *const args[] = {"--cel-expression", "_flow.source.labels[9] == 'x'", "--expr", "true"};
    static const char *const turned[] = {"--expr", "true", "--cel-expression", "_flow.source.labels[9] == 'x'"};
    struct cnipol_filter *filter;
    struct cnipol_fields fields;
    struct cnipol_ctx *ctx;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_filter_new(ctx, args, 4, &filter), CNIPOL_OK);
    assert_int_equal(cnipol_filter_matches(filter, &flow), 0);
    cnipol_filter_fields(filter, &fields);
    assert_true(fields.bits[CNIPOL_FIELD_SRC_LABELS / 64] >> (CNIPOL_FIELD_SRC_LABELS % 64) & 1);
    cnipol_filter_free(filter);
    assert_int_equal(cnipol_filter_new(ctx, turned, 4, &filter), CNIPOL_OK);
    assert_int_equal(cnipol_filter_matches(filter, &flow), 1);
    cnipol_filter_free(filter);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_an_error_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
