/* SPDX-License-Identifier: BSD-2-Clause */
/* Filters: what flags mean, which are refused, which fields they need. The language is hubble observe's. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/cnipol.h>

#define T(literal) {literal, sizeof(literal) - 1}

static const struct cnipol_text web_labels[] = {T("k8s:app=web"), T("k8s:tier=front"), T("reserved:host"), T("cidr:10.1.0.0/16")};
static const struct cnipol_text names[] = {T("www.example.com"), T("cdn.example.net")};
static const struct cnipol_flow_workload workloads[] = {{T("Deployment"), T("web")}};
static const struct cnipol_text node_labels[] = {T("zone=eu-1")};
static const struct cnipol_flow_pair headers[] = {{T("Host"), T("shop")}};

/* A TCP connection that was dropped: pod shop/web-1 to an address outside. */
static const struct cnipol_flow drop = {
    .has = CNIPOL_HAS_VERDICT | CNIPOL_HAS_DIRECTION | CNIPOL_HAS_PROTOCOL | CNIPOL_HAS_TCP_FLAGS | CNIPOL_HAS_IP | CNIPOL_HAS_L4 |
           CNIPOL_HAS_EVENT_TYPE | CNIPOL_HAS_DROP_REASON | CNIPOL_HAS_INTERFACE | CNIPOL_HAS_FLOW_TYPE,
    .protocol = 6,
    .ip_version = 4,
    .verdict = CNIPOL_FLOW_DROPPED,
    .direction = CNIPOL_FLOW_EGRESS,
    .tcp_flags = CNIPOL_TCP_SYN,
    .src = {.has = CNIPOL_FLOW_END_ENDPOINT | CNIPOL_FLOW_END_PORT | CNIPOL_FLOW_END_IDENTITY, .identity = 42, .port = 40000, .ip = T("10.1.0.7"),
            .ns = T("shop"), .pod = T("web-1"), .cluster = T("prod"), .workloads = workloads, .n_workloads = 1, .labels = web_labels,
            .n_labels = 4},
    .dst = {.has = CNIPOL_FLOW_END_ENDPOINT | CNIPOL_FLOW_END_PORT | CNIPOL_FLOW_END_IDENTITY, .identity = 2, .port = 443,
            .ip = T("2001:db8::1"), .service_ns = T("shop"), .service = T("api"), .names = names, .n_names = 2},
    .drop_reason = 133,
    .drop_reason_name = T("POLICY_DENIED"),
    .interface_index = 3,
    .interface_name = T("eth0"),
    .node = T("k8s1"),
    .node_labels = node_labels,
    .n_node_labels = 1,
    .flow_type = 1,
    .event_type = 1,
    .event_sub_type = 133,
    .uuid = T("u-1"),
    .trace_id = T("t-1"),
    .ip_trace_id = 7,
    .src_xlated = T("192.0.2.1"),
};

static const struct cnipol_flow_l7 http_l7 = {.has = CNIPOL_L7_TYPE | CNIPOL_L7_CODE,
                                              .kind = CNIPOL_L7_HTTP,
                                              .type = T("response"),
                                              .code = 404,
                                              .method = T("GET"),
                                              .url = T("http://shop.example.com:8080/a%20b/c?q=/no"),
                                              .headers = headers,
                                              .n_headers = 1};
static const struct cnipol_flow_l7 dns_l7 = {.kind = CNIPOL_L7_DNS, .query = T("www.example.com.")};
static const struct cnipol_flow http = {.has = CNIPOL_HAS_VERDICT | CNIPOL_HAS_EVENT_TYPE | CNIPOL_HAS_REPLY | CNIPOL_HAS_PROTOCOL,
                                        .protocol = 6,
                                        .verdict = CNIPOL_FLOW_FORWARDED,
                                        .reply = 1,
                                        .event_type = 129,
                                        .l7 = &http_l7};
static const struct cnipol_flow dns = {.has = CNIPOL_HAS_VERDICT | CNIPOL_HAS_EVENT_TYPE | CNIPOL_HAS_PROTOCOL,
                                       .protocol = 17,
                                       .verdict = CNIPOL_FLOW_FORWARDED,
                                       .event_type = 129,
                                       .l7 = &dns_l7};
static const struct cnipol_flow_event lost_event = {.kind = CNIPOL_EVENT_LOST};
static const struct cnipol_flow lost = {.event = &lost_event, .node = T("k8s1")};
static const struct cnipol_flow_event agent_event = {.kind = CNIPOL_EVENT_AGENT, .has = CNIPOL_EVENT_TYPE, .type = 7};
static const struct cnipol_flow agent = {.event = &agent_event};
static const struct cnipol_flow nothing;
/* Of a binary format: the address is bytes. */
static const struct cnipol_flow binary = {.has = CNIPOL_HAS_PROTOCOL, .protocol = 17, .src = {.family = 4, .address = {10, 1, 0, 7}}};

#define MAX_ARGS 16

/* Arguments with blanks between them; '~' stands for a blank within one. */
static size_t split(char *text, const char **args)
{
    size_t n = 0;

    for (char *word = strtok(text, " "); word && n < MAX_ARGS; word = strtok(NULL, " ")) {
        for (char *p = word; *p; p++)
            if (*p == '~')
                *p = ' ';
        args[n++] = word;
    }
    return n;
}

/* 1, 0, or the status of a filter that was refused. */
static int ask(struct cnipol_ctx *ctx, const char *text, const struct cnipol_flow *flow)
{
    struct cnipol_filter *filter = NULL;
    const char *args[MAX_ARGS];
    char copy[512];
    size_t n;
    int rc;

    strcpy(copy, text);
    n = split(copy, args);
    rc = cnipol_filter_new(ctx, args, n, &filter);
    assert_int_equal(rc == CNIPOL_OK, filter != NULL);
    if (rc == CNIPOL_OK)
        rc = cnipol_filter_matches(filter, flow);
    cnipol_filter_free(filter);
    return rc;
}

struct row {
    const char *args;
    const struct cnipol_flow *flow;
    int expect;
};

static void check(const struct row *rows, size_t n)
{
    struct cnipol_ctx *ctx;
    size_t n_wrong = 0;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    for (size_t i = 0; i < n; i++) {
        int rc = ask(ctx, rows[i].args, rows[i].flow);

        if (rc != rows[i].expect)
            print_error("%s: got %d\n", rows[i].args, rc);
        n_wrong += rc != rows[i].expect;
        n_wrong += (cnipol_diag_count(ctx) > 0) != (rc < 0);
        cnipol_diag_clear(ctx);
    }
    cnipol_ctx_free(ctx);
    assert_int_equal(n_wrong, 0);
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof(rows)[0])

static void test_names(void **state)
{
    static const struct row rows[] = {
        {"", &drop, 1},
        {"--from-pod shop/web", &drop, 1},
        {"--from-pod web", &drop, 0}, /* default/web */
        {"--from-pod /web", &drop, 1},
        {"--from-pod shop/", &drop, 1},
        {"--to-pod /", &drop, 0}, /* no pod at all */
        {"--pod shop/web-1", &drop, 1},
        {"-n shop", &drop, 1},
        {"-nshop", &drop, 1},
        {"-n=shop", &drop, 1},
        {"--namespace=bank", &drop, 0},
        {"--from-namespace bank --from-namespace shop", &drop, 1},
        {"--from-namespace shop --from-pod web", &drop, 1},
        {"--to-all-namespaces", &drop, 0},
        {"-A", &drop, 1},
        {"--to-service shop/a", &drop, 1},
        {"--to-service api", &drop, 0},
        {"--namespace shop --service api", &drop, 1},
        {"--workload web", &drop, 1},
        {"--from-workload Deployment/", &drop, 1},
        {"--from-workload StatefulSet/web", &drop, 0},
        {"--to-workload web", &drop, 0},
        {"--cluster prod", &drop, 1},
        {"--to-cluster prod", &drop, 0},
        {"--to-fqdn *.example.com", &drop, 1},
        {"--to-fqdn example.com", &drop, 0},
        {"--fqdn ~CDN.Example.NET.~", &drop, 1},
        {"--node-name k8s*", &drop, 1},
        {"--node-name default/", &drop, 1},
        {"--node-name prod/k8s1", &drop, 0},
        {"--node-name k8s1", &lost, 0}, /* an event has no flow */
        {"--interface eth0", &drop, 1},
        {"--interface eth1", &drop, 0},
        {"--uuid u-1", &drop, 1},
        {"--trace-id t-1", &drop, 1},
        {"--trace-id=", &nothing, 1},
        {"--ip-trace-id 7", &drop, 1},
    };

    (void)state;
    CHECK(rows);
}

static void test_labels(void **state)
{
    static const struct row rows[] = {
        {"--from-label app", &drop, 1},
        {"--from-label k8s:app=web", &drop, 1},
        {"--from-label container:app=web", &drop, 0},
        {"--from-label app~in~(api,web),!old", &drop, 1},
        {"--from-label app!=web", &drop, 0},
        {"--from-label missing!=web", &drop, 1},
        {"--from-label missing~notin~(web)", &drop, 1},
        {"--from-label reserved:host", &drop, 1},
        {"--from-label cidr:10.0.0.0/8", &drop, 1},
        {"--from-label cidr:10.1.2.0/24", &drop, 0},
        {"-l tier=front", &drop, 1},
        {"--to-label app", &drop, 0},
        {"--to-label !app", &drop, 1},
        {"--from-label=", &drop, 1},
        {"--node-label zone=eu-1", &drop, 1},
        {"--node-label zone~in~()", &drop, 0},
        {"--from-label app=", &drop, 0},
        {"--from-label app>1", &drop, 0},
        {"--from-label any:k8s:app", &drop, CNIPOL_E_USAGE},
        {"--from-label a,", &drop, CNIPOL_E_USAGE},
        {"--from-label a,~", &drop, CNIPOL_E_USAGE},
        {"--from-label (", &drop, CNIPOL_E_USAGE},
        {"--from-label a~in~(b", &drop, CNIPOL_E_USAGE},
        {"--from-label a>b", &drop, CNIPOL_E_USAGE},
        {"--from-label !a=b", &drop, CNIPOL_E_USAGE},
    };

    (void)state;
    CHECK(rows);
}

static void test_addresses_and_protocols(void **state)
{
    static const struct row rows[] = {
        {"--from-ip 10.1.0.7", &drop, 1},
        {"--from-ip 10.0.0.0/8", &drop, 1},
        {"--from-ip 10.1.0.9/24", &drop, 1}, /* host bits are fine */
        {"--to-ip 2001:DB8::1", &drop, 0},   /* compared as text */
        {"--to-ip 2001:DB8::1/128", &drop, 1},
        {"--to-ip ::/0", &drop, 1},
        {"--to-ip 0.0.0.0/0", &drop, 0},
        {"--ip 2001:db8::1", &drop, 1},
        {"--snat-ip 192.0.2.0/24", &drop, 1},
        {"--from-ip 10.1.0.7", &binary, 1},
        {"--from-ip 10.1.0.0/16", &binary, 1},
        {"--from-ip 10.1.0.8", &binary, 0},
        {"--from-ip 010.1.0.7", &drop, CNIPOL_E_USAGE},
        {"--from-ip 10.1.0.7/33", &drop, CNIPOL_E_USAGE},
        {"--from-ip 10.1.0.7/08", &drop, CNIPOL_E_USAGE},
        {"--from-ip fe80::1%eth0", &drop, 0},
        {"--from-ip fe80::1%eth0/64", &drop, CNIPOL_E_USAGE},
        {"--to-port 443", &drop, 1},
        {"--port 0443", &drop, 1},
        {"--from-port 443", &drop, 0},
        {"--to-port 0", &binary, 1}, /* a protocol with ports, and none said */
        {"--to-port 0", &nothing, 0},
        {"--to-port +443", &drop, CNIPOL_E_USAGE},
        {"--to-port 65536", &drop, CNIPOL_E_USAGE},
        {"--protocol TCP", &drop, 1},
        {"--protocol udp", &drop, 0},
        {"--protocol dns", &dns, 1},
        {"--protocol http --protocol dns", &drop, 0},
        {"--protocol kafka", &drop, CNIPOL_E_USAGE},
        {"--tcp-flags syn", &drop, 1},
        {"--tcp-flags SYN,ack", &drop, 0},
        {"--tcp-flags fin --tcp-flags syn", &drop, 1},
        {"--tcp-flags syn,", &drop, CNIPOL_E_USAGE},
        {"-4", &drop, 1},
        {"-6", &drop, 0},
        {"-4A", &drop, 1},
        {"-4n bank", &drop, 0},
        {"--ip-version none", &nothing, 1},
        {"--encrypted", &drop, 0},
        {"--encrypted=false", &drop, 0}, /* what is given is passed over */
        {"--unencrypted", &drop, 1},
        {"--encrypted --unencrypted", &drop, CNIPOL_E_USAGE},
        {"--identity 0x2a", &drop, 1},
        {"--identity 052", &drop, 1},
        {"--identity 4_2", &drop, CNIPOL_E_USAGE},
        {"--identity 08", &drop, CNIPOL_E_USAGE},
        {"--to-identity world", &drop, 1},
        {"--identity 0", &nothing, 0},
    };

    (void)state;
    CHECK(rows);
}

static void test_verdicts_and_events(void **state)
{
    static const struct row rows[] = {
        {"--verdict DROPPED", &drop, 1},
        {"--verdict dropped", &drop, CNIPOL_E_USAGE},
        {"--verdict FORWARDED", &drop, 0},
        {"--verdict VERDICT_UNKNOWN", &lost, 0},
        {"--drop-reason-desc POLICY_DENIED", &drop, 1},
        {"--drop-reason-desc POLICY_DENY", &drop, 0},
        {"--drop-reason-desc NO_SUCH", &drop, CNIPOL_E_USAGE},
        {"--traffic-direction EgrEss", &drop, 1},
        {"--traffic-direction up", &drop, CNIPOL_E_USAGE},
        {"--reply", &http, 1},
        {"--reply=false", &http, 1},
        {"--reply", &drop, 0},
        {"--not-reply", &drop, 1}, /* a drop counts as no reply */
        {"--not-reply", &dns, 0},  /* of others nothing is assumed */
        {"--reply --not-reply", &drop, CNIPOL_E_USAGE},
        {"-t drop", &drop, 1},
        {"-t drop:133", &drop, 1},
        {"-t drop:181", &drop, 0},
        {"-t 0", &drop, 1},
        {"-t trace:to-endpoint", &drop, 0},
        {"-t 4:to-endpoint", &drop, CNIPOL_E_USAGE},
        {"-t drop", &nothing, 0},
        {"-t drop", &lost, 1}, /* lost events always pass */
        {"-t agent", &agent, 1},
        {"-t agent:endpoint-created", &agent, 1},
        {"-t agent:policy-updated", &agent, 0},
        {"-t debug", &agent, 0},
        {"-t agent:Policy~updated", &agent, CNIPOL_E_USAGE},
        {"-t nonsense", &drop, CNIPOL_E_USAGE},
    };

    (void)state;
    CHECK(rows);
}

static void test_http_and_dns(void **state)
{
    static const struct row rows[] = {
        {"--http-status 404", &http, 1},
        {"--http-status 40+", &http, 1},
        {"--http-status 4+", &http, 1},
        {"--http-status 5+", &http, 0},
        {"--http-status 4+", &dns, 0},
        {"--http-status 909", &http, CNIPOL_E_USAGE},
        {"--http-status 3++", &http, CNIPOL_E_USAGE},
        {"--http-method get", &http, 1},
        {"--http-method POST", &http, 0},
        {"--http-path ^/a~b/c$", &http, 1},
        {"--http-path no", &http, 0}, /* of the query */
        {"--http-url \\?q=", &http, 1},
        {"--http-url (", &http, CNIPOL_E_USAGE},
        {"--http-url (?=a)", &http, CNIPOL_E_USAGE},
        {"--http-header Host:shop", &http, 1},
        {"--http-header host:shop", &http, 0},
        {"--http-header Host", &http, CNIPOL_E_USAGE},
        {"--http-method get --type trace", &http, CNIPOL_E_USAGE},
        {"--http-method get --type trace --type l7", &http, 1},
        {"--allowlist {\"dns_query\":[\"example\"]}", &dns, 1},
        {"--allowlist {\"dns_query\":[\"^example\"]}", &dns, 0},
    };

    (void)state;
    CHECK(rows);
}

static void test_combinations(void **state)
{
    static const struct row rows[] = {
        {"--verdict DROPPED --verdict FORWARDED", &drop, 1}, /* one flag: either */
        {"--verdict DROPPED --to-port 80", &drop, 0},        /* two flags: both */
        {"--not --verdict DROPPED", &drop, 0},
        {"--not --verdict DROPPED --not --to-port 80", &drop, 1}, /* hidden only where all hold */
        {"--to-port 443 --not --verdict DROPPED", &drop, 0},
        {"--not --pod shop/web", &drop, 0},
        {"--not", &drop, CNIPOL_E_USAGE},
        {"--not --not --verdict DROPPED", &drop, CNIPOL_E_USAGE},
        {"--ip 10.1.0.7 --pod shop/", &drop, CNIPOL_E_USAGE},
        {"--pod shop/ --from-pod shop/", &drop, CNIPOL_E_USAGE},
        {"--from-namespace bank --from-pod shop/web", &drop, CNIPOL_E_USAGE},
        {"--from-pod shop/web --from-service bank/api", &drop, CNIPOL_E_USAGE},
        {"--port 40000 --from-namespace shop", &drop, 1},
        {"--allowlist {}", &drop, 1},
        {"--denylist {}", &drop, 0},
        {"--allowlist {\"verdict\":[\"DROPPED\"]}", &drop, 1},
        {"--allowlist {\"verdict\":[2]}", &drop, 1},
        {"--allowlist {\"dropReasonDesc\":[\"POLICY_DENIED\"]}", &drop, 1},
        {"--allowlist {\"source_port\":[\"1\"]}{\"source_identity\":[\"4.2e1\"]}", &drop, 1},
        {"--allowlist {\"tcp_flags\":[{\"SYN\":true}],\"interface\":[{\"index\":3}]}", &drop, 1},
        {"--allowlist {\"event_type\":[{\"type\":1,\"match_sub_type\":true,\"sub_type\":133}]}", &drop, 1},
        {"--allowlist {\"source_workload\":[{\"kind\":\"Deployment\",\"name\":null}]}", &drop, 1},
        {"--allowlist {\"source_ip\":null}", &drop, 1},
        {"--allowlist {\"source_ip\":[]}", &drop, 1},
        {"--allowlist {\"source_ip\":[null]}", &drop, CNIPOL_E_USAGE},
        {"--allowlist {\"source_ip\":[],\"sourceIp\":[]}", &drop, CNIPOL_E_USAGE},
        {"--allowlist {\"no_such\":[]}", &drop, CNIPOL_E_USAGE},
        {"--allowlist [", &drop, CNIPOL_E_USAGE},
        {"--denylist {\"destination_port\":[\"443\"]}", &drop, 0},
        {"--verdict FORWARDED --allowlist {\"source_port\":[\"40000\"]}", &drop, 1}, /* either lets it through */
        {"--no-such", &drop, CNIPOL_E_USAGE},
        {"--verdict", &drop, CNIPOL_E_USAGE},
        {"verdict", &drop, CNIPOL_E_USAGE},
    };

    (void)state;
    CHECK(rows);
}

static void test_flags_are_told_from_others(void **state)
{
    static const struct {
        const char *arg, *name;
        size_t n;
    } rows[] = {
        {"--from-pod", "from-pod", 2}, {"--from-pod=x", "from-pod", 1}, {"-n", "namespace", 2},      {"-nx", "namespace", 1},
        {"--not", "not", 1},           {"--reply=x", "reply", 1},       {"-4n", "namespace", 2},     {"-4nx", "namespace", 1},
        {"--follow", NULL, 1},         {"-f", NULL, 1},                 {"-", NULL, 1},              {"file", NULL, 1},
        {"--", NULL, 1},               {"--expr", "expr", 2},           {"-4A", "all-namespaces", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = 9;
        const struct cnipol_filter_flag *flag = cnipol_filter_takes(rows[i].arg, &n);

        assert_int_equal(n, rows[i].n);
        if (rows[i].name)
            assert_string_equal(flag->name, rows[i].name);
        else
            assert_null(flag);
    }
    for (size_t i = 0; cnipol_filter_flag_at(i); i++) {
        assert_true(*cnipol_filter_flag_at(i)->about);
        assert_int_equal(cnipol_filter_flag_at(i)->has_value, cnipol_filter_flag_at(i)->value != NULL);
    }
}

static void test_fields(void **state)
{
    static const char *const args[] = {"--to-port", "443", "--not", "--verdict=DROPPED"};
    struct cnipol_filter *filter;
    struct cnipol_fields fields;
    struct cnipol_ctx *ctx;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_filter_new(ctx, args, 4, &filter), CNIPOL_OK);
    cnipol_filter_fields(filter, &fields);
    for (uint32_t i = 0; i < CNIPOL_N_FIELDS; i++)
        assert_int_equal(fields.bits[i / 64] >> (i % 64) & 1, i == CNIPOL_FIELD_DST_PORT || i == CNIPOL_FIELD_PROTOCOL ||
                                                                  i == CNIPOL_FIELD_VERDICT || i == CNIPOL_FIELD_EVENT);
    cnipol_filter_free(filter);
    cnipol_ctx_free(ctx);
}

/* Memory that runs out, wherever it does: nothing leaks, and a refusal is told as what it is. */
static void test_no_memory(void **state)
{
    static const char *const args[] = {"-n",          "shop",
                                       "--label",     "k8s:app in (a,b)",
                                       "--http-path", "^/a|b$",
                                       "--not",       "--fqdn=*.example.com",
                                       "--allowlist", "{\"source_ip\":[\"10.0.0.0/8\"],\"http_header\":[{\"key\":\"a\"}]}",
                                       "--expr",      "_flow.source.labels.exists(l, l in ['a', 'b']) && _flow.uuid.matches('x')"};
    struct cnipol_filter *filter;
    struct cnipol_ctx *ctx;
    size_t used;
    int rc = CNIPOL_E_NOMEM;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    used = cnipol_ctx_memory_used(ctx);
    for (uint64_t more = 1; rc == CNIPOL_E_NOMEM; more += 61) {
        assert_int_equal(cnipol_ctx_set_limit(ctx, CNIPOL_LIMIT_MEMORY, used + more), CNIPOL_OK);
        rc = cnipol_filter_new(ctx, args, sizeof args / sizeof args[0], &filter);
        assert_true(rc == CNIPOL_OK || rc == CNIPOL_E_NOMEM);
        if (rc == CNIPOL_OK)
            cnipol_filter_free(filter);
        assert_int_equal(cnipol_ctx_memory_used(ctx), used);
    }
    cnipol_ctx_free(ctx);
}

/* The documentation has the table as it is. */
static void test_documented(void **state)
{
    static char text[65536];
    const struct cnipol_filter_flag *flag;
    FILE *file = fopen(DOCS, "r");
    char row[256];
    size_t n;

    (void)state;
    assert_non_null(file);
    n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    for (size_t i = 0; (flag = cnipol_filter_flag_at(i)); i++) {
        snprintf(row, sizeof row, "`--%s%s", flag->name, flag->has_value ? " " : "`");
        if (!strstr(text, row) || !strstr(text, flag->about))
            print_error("--%s\n", flag->name);
        assert_non_null(strstr(text, row));
        assert_non_null(strstr(text, flag->about));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_addresses_and_protocols),
        cmocka_unit_test(test_verdicts_and_events),
        cmocka_unit_test(test_http_and_dns),
        cmocka_unit_test(test_combinations),
        cmocka_unit_test(test_flags_are_told_from_others),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_documented),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
