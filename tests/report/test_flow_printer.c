/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flow records as text: Hubble's lines, tables, dictionaries and JSON, and CSV.
 *
 * Expected lines of Hubble are those of cilium/cilium hubble/pkg/printer/printer_test.go (v1.20.2), for the same records.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/cnipol.h>

#include "flow/record.h"

#define TEXT(s) {s, sizeof s - 1}

static const struct cnipol_flow_policy own = {.direction = CNIPOL_FLOW_EGRESS, .kind = TEXT("CiliumNetworkPolicy"), .ns = TEXT("my-policy-namespace"),
                                              .name = TEXT("my-policy"), .action = TEXT("deny")};
static const struct cnipol_flow_policy two[] = {
    {.direction = CNIPOL_FLOW_INGRESS, .kind = TEXT("CiliumNetworkPolicy"), .name = TEXT("my-policy"), .action = TEXT("allow")},
    {.direction = CNIPOL_FLOW_INGRESS, .kind = TEXT("CiliumClusterwideNetworkPolicy"), .name = TEXT("my-policy-2"), .action = TEXT("allow")}};

static struct cnipol_flow drop(void)
{
    return (struct cnipol_flow){
        .has = CNIPOL_HAS_TIME | CNIPOL_HAS_VERDICT | CNIPOL_HAS_IP | CNIPOL_HAS_L4 | CNIPOL_HAS_PROTOCOL | CNIPOL_HAS_EVENT_TYPE |
               CNIPOL_HAS_REPLY | CNIPOL_HAS_FLOW_TYPE,
        .time = {.seconds = 1234, .nanos = 567800000},
        .flow_type = 1,
        .node = TEXT("k8s1"),
        .verdict = CNIPOL_FLOW_DROPPED,
        .protocol = 6,
        .src = {.has = CNIPOL_FLOW_END_ENDPOINT | CNIPOL_FLOW_END_IDENTITY | CNIPOL_FLOW_END_PORT, .ip = TEXT("1.1.1.1"), .port = 31793, .identity = 4},
        .dst = {.has = CNIPOL_FLOW_END_ENDPOINT | CNIPOL_FLOW_END_IDENTITY | CNIPOL_FLOW_END_PORT, .ip = TEXT("2.2.2.2"), .port = 8080, .identity = 12345},
        .event_type = 1,
        .event_sub_type = 133,
        .summary = TEXT("TCP Flags: SYN"),
    };
}

static struct cnipol_flow reply(void)
{
    struct cnipol_flow flow = drop();

    flow.reply = 1;
    return flow;
}

static struct cnipol_flow unknown(void)
{
    struct cnipol_flow flow = drop();

    flow.has &= ~(uint32_t)CNIPOL_HAS_REPLY;
    return flow;
}

static struct cnipol_flow traced(void)
{
    struct cnipol_flow flow = drop();

    flow.has |= CNIPOL_HAS_IP_TRACE;
    flow.ip_trace_id = 1234;
    flow.ip_option_type = 136;
    return flow;
}

static struct cnipol_flow denied(void)
{
    struct cnipol_flow flow = unknown();

    flow.event_type = 5;
    flow.event_sub_type = 0;
    flow.has |= CNIPOL_HAS_DIRECTION;
    flow.direction = CNIPOL_FLOW_EGRESS;
    flow.policies = &own;
    flow.n_policies = 1;
    return flow;
}

static struct cnipol_flow audited(void)
{
    struct cnipol_flow flow = denied();

    flow.verdict = CNIPOL_FLOW_AUDIT;
    return flow;
}

static struct cnipol_flow allowed(void)
{
    struct cnipol_flow flow = denied();

    flow.verdict = CNIPOL_FLOW_FORWARDED;
    flow.direction = CNIPOL_FLOW_INGRESS;
    flow.has |= CNIPOL_HAS_MATCH_TYPE;
    flow.match_type = 1;
    flow.policies = two;
    flow.n_policies = 2;
    return flow;
}

static struct cnipol_flow nameless(void)
{
    static const struct cnipol_flow_policy three[] = {{.ns = TEXT("shop")}, {.kind = TEXT("CiliumNetworkPolicy")}, {.name = TEXT("db")}};
    struct cnipol_flow flow = denied();

    flow.policies = three;
    flow.n_policies = 3;
    return flow;
}

static struct cnipol_flow named(void)
{
    struct cnipol_flow flow = drop();

    flow.src.ns = (struct cnipol_text)TEXT("default");
    flow.src.pod = (struct cnipol_text)TEXT("xwing");
    flow.dst.service_ns = (struct cnipol_text)TEXT("deathstar");
    flow.dst.service = (struct cnipol_text)TEXT("tie\x1b[30m\r\nfighter\x7f");
    return flow;
}

static struct cnipol_flow lost(void)
{
    static const struct cnipol_flow_event event = {.kind = CNIPOL_EVENT_LOST, .has = CNIPOL_EVENT_COUNT | CNIPOL_EVENT_CPU,
                                                   .source = TEXT("HUBBLE_RING_BUFFER"), .n_lost = 1, .cpu = 5};

    return (struct cnipol_flow){.event = &event};
}

static struct cnipol_flow created(void)
{
    static const struct cnipol_flow_event event = {.kind = CNIPOL_EVENT_AGENT, .has = CNIPOL_EVENT_TYPE, .type = 7};

    return (struct cnipol_flow){.has = CNIPOL_HAS_TIME, .time = {.seconds = 1234, .nanos = 567800000}, .event = &event};
}

static struct cnipol_flow antrea(void)
{
    static const struct cnipol_flow_policy policy = {.kind = TEXT("K8sNetworkPolicy"), .ns = TEXT("shop"), .name = TEXT("db"), .rule = TEXT("r,1"),
                                                     .action = TEXT("drop"), .direction = CNIPOL_FLOW_INGRESS};

    return (struct cnipol_flow){
        .has = CNIPOL_HAS_VERDICT | CNIPOL_HAS_DIRECTION | CNIPOL_HAS_PROTOCOL | CNIPOL_HAS_TCP_FLAGS,
        .verdict = CNIPOL_FLOW_DROPPED,
        .direction = CNIPOL_FLOW_INGRESS,
        .protocol = 6,
        .tcp_flags = CNIPOL_TCP_SYN | CNIPOL_TCP_ACK,
        .src = {.has = CNIPOL_FLOW_END_PORT, .family = 6, .address = {0xfd, 0, [15] = 1}, .port = 4},
        .dst = {.ip = TEXT("=1+1")},
        .policies = &policy,
        .n_policies = 1,
    };
}

struct row {
    struct cnipol_flow (*flow)(void);
    struct cnipol_flow_printer_opts opts;
    const char *text;
};

#define OPTS(form, ...) {.sz = sizeof(struct cnipol_flow_printer_opts), .output = CNIPOL_FLOW_##form, __VA_ARGS__}

static const struct row rows[] = {
    {drop, OPTS(TABLE, .color = 1),
     "TIMESTAMP             SOURCE          DESTINATION    TYPE            VERDICT   SUMMARY\n"
     "Jan  1 00:20:34.567   1.1.1.1:31793   2.2.2.2:8080   Policy denied   DROPPED   TCP Flags: SYN\n"},
    {drop, OPTS(TABLE, .node_names = 1),
     "TIMESTAMP             NODE   SOURCE          DESTINATION    TYPE            VERDICT   SUMMARY\n"
     "Jan  1 00:20:34.567   k8s1   1.1.1.1:31793   2.2.2.2:8080   Policy denied   DROPPED   TCP Flags: SYN\n"},
    {drop, OPTS(COMPACT, .color = 0), "Jan  1 00:20:34.567: 1.1.1.1:31793 (health) -> 2.2.2.2:8080 (ID:12345) Policy denied DROPPED (TCP Flags: SYN)\n"},
    {drop, OPTS(COMPACT, .numeric = 1, .time_format = CNIPOL_TIME_RFC3339_NANO),
     "1970-01-01T00:20:34.567800000Z: 1.1.1.1:31793 (ID:4) -> 2.2.2.2:8080 (ID:12345) Policy denied DROPPED (TCP Flags: SYN)\n"},
    {drop, OPTS(COMPACT, .node_names = 1),
     "Jan  1 00:20:34.567 [k8s1]: 1.1.1.1:31793 (health) -> 2.2.2.2:8080 (ID:12345) Policy denied DROPPED (TCP Flags: SYN)\n"},
    {traced, OPTS(COMPACT, .node_names = 1),
     "Jan  1 00:20:34.567 [k8s1]: 1.1.1.1:31793 (health) -> 2.2.2.2:8080 (ID:12345) Policy denied DROPPED (IP Trace ID: 1234; TCP Flags: SYN)\n"},
    {reply, OPTS(COMPACT, .node_names = 1),
     "Jan  1 00:20:34.567 [k8s1]: 2.2.2.2:8080 (ID:12345) <- 1.1.1.1:31793 (health) Policy denied DROPPED (TCP Flags: SYN)\n"},
    {denied, OPTS(COMPACT, .node_names = 1),
     "Jan  1 00:20:34.567 [k8s1]: 1.1.1.1:31793 (health) <> 2.2.2.2:8080 (ID:12345) policy-verdict:none EGRESS DENIED (TCP Flags: SYN)\n"},
    {denied, OPTS(COMPACT, .node_names = 1, .policy_names = 1),
     "Jan  1 00:20:34.567 [k8s1]: 1.1.1.1:31793 (health) <> 2.2.2.2:8080 (ID:12345) "
     "policy-verdict:none EGRESS DENIED BY my-policy (CiliumNetworkPolicy) (TCP Flags: SYN)\n"},
    {allowed, OPTS(COMPACT, .policy_names = 1),
     "Jan  1 00:20:34.567: 1.1.1.1:31793 (health) <> 2.2.2.2:8080 (ID:12345) policy-verdict:L3-Only INGRESS ALLOWED BY "
     "my-policy (CiliumNetworkPolicy), my-policy-2 (CiliumClusterwideNetworkPolicy) (TCP Flags: SYN)\n"},
    {nameless, OPTS(COMPACT, .node_names = 1, .policy_names = 1),
     "Jan  1 00:20:34.567 [k8s1]: 1.1.1.1:31793 (health) <> 2.2.2.2:8080 (ID:12345) "
     "policy-verdict:none EGRESS DENIED BY (CiliumNetworkPolicy), db (TCP Flags: SYN)\n"},
    {audited, OPTS(COMPACT, .policy_names = 1),
     "Jan  1 00:20:34.567: 1.1.1.1:31793 (health) <> 2.2.2.2:8080 (ID:12345) policy-verdict:none EGRESS AUDITED BY "
     "my-policy (CiliumNetworkPolicy) (TCP Flags: SYN)\n"},
    {unknown, OPTS(COMPACT, .node_names = 1),
     "Jan  1 00:20:34.567 [k8s1]: 1.1.1.1:31793 (health) <> 2.2.2.2:8080 (ID:12345) Policy denied DROPPED (TCP Flags: SYN)\n"},
    {named, OPTS(COMPACT, .color = 0),
     "Jan  1 00:20:34.567: default/xwing:31793 (health) -> deathstar/tie^[[30m\\r\\nfighter\\x7f:8080 (ID:12345) "
     "Policy denied DROPPED (TCP Flags: SYN)\n"},
    {named, OPTS(COMPACT, .addresses = 1),
     "Jan  1 00:20:34.567: 1.1.1.1:31793 (health) -> 2.2.2.2:8080 (ID:12345) Policy denied DROPPED (TCP Flags: SYN)\n"},
    {drop, OPTS(COMPACT, .color = 1),
     "Jan  1 00:20:34.567: \033[36m1.1.1.1:\033[33m31793\033[0m\033[0m \033[35m(health)\033[0m -> "
     "\033[36m2.2.2.2:\033[33m8080\033[0m\033[0m \033[35m(ID:12345)\033[0m Policy denied \033[31mDROPPED\033[0m (TCP Flags: SYN)\n"},
    {lost, OPTS(COMPACT, .color = 0), "EVENTS LOST: HUBBLE_RING_BUFFER CPU(5) 1\n"},
    {antrea, OPTS(COMPACT, .policy_names = 1), "N/A: [fd00::1]:4 <> =1+1 INGRESS DROPPED BY db (K8sNetworkPolicy) (TCP Flags: SYN, ACK)\n"},
    {drop, OPTS(DICT, .node_names = 1),
     "  TIMESTAMP: Jan  1 00:20:34.567\n       NODE: k8s1\n     SOURCE: 1.1.1.1:31793\nDESTINATION: 2.2.2.2:8080\n"
     "       TYPE: Policy denied\n    VERDICT: DROPPED\n    SUMMARY: TCP Flags: SYN\n"},
    {denied, OPTS(DICT, .policy_names = 1),
     "  TIMESTAMP: Jan  1 00:20:34.567\n     SOURCE: 1.1.1.1:31793\nDESTINATION: 2.2.2.2:8080\n       TYPE: policy-verdict:none EGRESS\n"
     "    VERDICT: DENIED BY my-policy (CiliumNetworkPolicy)\n    SUMMARY: TCP Flags: SYN\n"},
    {traced, OPTS(JSON, .color = 0),
     "{\"flow\":{\"time\":\"1970-01-01T00:20:34.567800Z\",\"verdict\":\"DROPPED\",\"IP\":{\"source\":\"1.1.1.1\",\"destination\":\"2.2.2.2\"},"
     "\"l4\":{\"TCP\":{\"source_port\":31793,\"destination_port\":8080}},\"source\":{\"identity\":4},\"destination\":{\"identity\":12345},"
     "\"Type\":\"L3_L4\",\"node_name\":\"k8s1\",\"event_type\":{\"type\":1,\"sub_type\":133},"
     "\"ip_trace_id\":{\"trace_id\":\"1234\",\"ip_option_type\":136},\"is_reply\":false,\"Summary\":\"TCP Flags: SYN\"},"
     "\"node_name\":\"k8s1\",\"time\":\"1970-01-01T00:20:34.567800Z\"}\n"},
    {lost, OPTS(JSON, .color = 0), "{\"lost_events\":{\"source\":\"HUBBLE_RING_BUFFER\",\"num_events_lost\":\"1\",\"cpu\":5}}\n"},
    {created, OPTS(JSON, .color = 0), "{\"agent_event\":{\"type\":\"ENDPOINT_CREATED\"},\"time\":\"1970-01-01T00:20:34.567800Z\"}\n"},
    {created, OPTS(COMPACT, .color = 0), "Jan  1 00:20:34.567: agent_event ENDPOINT_CREATED\n"},
    {created, OPTS(DICT, .color = 0),
     "  TIMESTAMP: Jan  1 00:20:34.567\n     SOURCE: \n       TYPE: agent_event\n    VERDICT: \n    SUMMARY: ENDPOINT_CREATED\n"},
    {antrea, OPTS(CSV, .color = 0),
     "time,verdict,direction,protocol,src_ip,src_port,src_namespace,src_pod,dst_ip,dst_port,dst_namespace,dst_pod,tcp_flags,drop_reason,policies,node\r\n"
     ",dropped,ingress,TCP,fd00::1,4,,,\"'=1+1\",,,,SYN ACK,,\"K8sNetworkPolicy:shop/db#r,1=drop\",\r\n"},
};

struct written {
    char text[4096];
    size_t n;
};

static int keep(void *user, const char *bytes, size_t size)
{
    struct written *written = user;

    assert_true(written->n + size < sizeof written->text);
    memcpy(written->text + written->n, bytes, size);
    written->n += size;
    written->text[written->n] = '\0';
    return 0;
}

static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cnipol_flow flow = rows[i].flow();
        struct cnipol_flow_printer *printer;
        struct cnipol_ctx *ctx = NULL;
        struct written written = {.n = 0};

        assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
        assert_int_equal(cnipol_flow_printer_new(ctx, &rows[i].opts, keep, &written, &printer), CNIPOL_OK);
        assert_int_equal(cnipol_flow_printer_print(printer, &flow), CNIPOL_OK);
        assert_int_equal(cnipol_flow_printer_finish(printer), CNIPOL_OK);
        assert_string_equal(written.text, rows[i].text);
        cnipol_ctx_free(ctx);
    }
}

static void test_many_rows(void **state)
{
    struct cnipol_flow_printer_opts opts = OPTS(DICT, .color = 0);
    struct cnipol_flow_printer *printer;
    struct cnipol_ctx *ctx = NULL;
    struct written written = {.n = 0};
    struct cnipol_flow flow = drop(), other = lost();

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_flow_printer_new(ctx, &opts, keep, &written, &printer), CNIPOL_OK);
    assert_int_equal(cnipol_flow_printer_print(printer, &other), CNIPOL_OK);
    assert_int_equal(cnipol_flow_printer_print(printer, &flow), CNIPOL_OK);
    assert_int_equal(cnipol_flow_printer_finish(printer), CNIPOL_OK);
    assert_non_null(strstr(written.text, "EVENTS LOST\n    VERDICT: \n    SUMMARY: CPU(5) - 1\n------------\n  TIMESTAMP: Jan"));
    opts.output = CNIPOL_FLOW_TABLE;
    written.n = 0;
    assert_int_equal(cnipol_flow_printer_new(ctx, &opts, keep, &written, &printer), CNIPOL_OK);
    assert_int_equal(cnipol_flow_printer_print(printer, &other), CNIPOL_OK);
    assert_int_equal(cnipol_flow_printer_print(printer, &flow), CNIPOL_OK);
    assert_int_equal(cnipol_flow_printer_finish(printer), CNIPOL_OK);
    assert_non_null(strstr(written.text, "HUBBLE_RING_BUFFER                  EVENTS LOST"));
    written.n = 0;
    assert_int_equal(cnipol_flow_printer_new(ctx, &opts, keep, &written, &printer), CNIPOL_OK);
    assert_int_equal(cnipol_flow_printer_finish(printer), CNIPOL_OK);
    assert_int_equal(written.n, 0);
    opts.output = 17;
    assert_int_equal(cnipol_flow_printer_new(ctx, &opts, keep, &written, &printer), CNIPOL_E_USAGE);
    cnipol_ctx_free(ctx);
}

/* What does not fit is left out whole, from there on. */
static void test_a_text_without_room(void **state)
{
    static const struct cnipol_text text = {"ab\x01z", 4};
    static const char *const expected[] = {"", "", "a", "ab", "ab", "ab", "ab", "ab\\x01", "ab\\x01z"};

    (void)state;
    for (size_t size = 1; size < 9; size++) {
        char out[16];

        memset(out, '!', sizeof out);
        assert_int_equal(cnipol_text_print(text, out, size, NULL), 7);
        assert_string_equal(out, expected[size]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_a_text_without_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
