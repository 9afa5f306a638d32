/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FLOW_ANTREA_TESTING_H
#define TESTS_FLOW_ANTREA_TESTING_H

/*
 * What the tests of Antrea's formats share: one frame, or several, through a format, and what came out as lines of text.
 *
 *     verdict direction protocol source > destination {policy}… l7 extras…      a record; absent parts are left out
 *     flaw 12: a message                                                         a flaw, and the byte where it is
 */

#include "../base/testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/ip.h"
#include "flow/format.h"

struct bench {
    struct np_mem mem;
    struct np_flow_run run;
    char *bytes; /* of the frame, on the heap, so that reads behind the slack are seen */
    char out[8192];
    size_t n;
    uint32_t records;
};

static inline void bench_open(struct bench *bench, const char *format)
{
    *bench = (struct bench){.run = {.mem = &bench->mem}};
    np_mem_init(&bench->mem, NULL, 0);
    bench->run.format = np_format_find(format);
    assert_non_null(bench->run.format);
    bench->run.fields = (struct cnipol_fields){{UINT64_MAX, UINT64_MAX}};
    np_arena_init(&bench->run.arena, &bench->mem);
    if (bench->run.format->open)
        assert_int_equal(bench->run.format->open(&bench->run), CNIPOL_OK);
}

static inline void bench_close(struct bench *bench)
{
    if (bench->run.format->close)
        bench->run.format->close(&bench->run);
    np_arena_free(&bench->run.arena);
    free(bench->bytes);
    expect_number(bench->run.format->row.name, "memory left", (long long)bench->mem.used, 0);
}

static inline void say(struct bench *bench, const char *s, size_t n)
{
    for (size_t i = 0; i < n && bench->n + 1 < sizeof bench->out; i++)
        bench->out[bench->n++] = s[i];
    bench->out[bench->n] = '\0';
}

static inline void say_word(struct bench *bench, const char *before, struct cnipol_text text, const char *after)
{
    if (!text.s)
        return;
    say(bench, before, strlen(before));
    say(bench, text.s, text.n);
    say(bench, after, strlen(after));
}

static inline void say_number(struct bench *bench, const char *before, unsigned long long number)
{
    char text[32];

    say(bench, before, strlen(before));
    say(bench, text, (size_t)snprintf(text, sizeof text, "%llu", number));
}

static inline void say_end(struct bench *bench, const struct cnipol_flow_end *end)
{
    struct np_ip ip = {.family = end->family};
    char text[NP_IP_TEXT];

    memcpy(ip.bytes, end->address, sizeof ip.bytes);
    if (end->ip.s)
        say(bench, end->ip.s, end->ip.n);
    else if (end->family)
        say(bench, text, np_ip_print(&ip, text));
    if (end->has & CNIPOL_FLOW_END_PORT)
        say_number(bench, ":", end->port);
    say_word(bench, " ", end->ns, "/");
    say_word(bench, "", end->pod, "");
    say_word(bench, " cluster=", end->cluster, "");
    say_word(bench, " service_ns=", end->service_ns, "");
    say_word(bench, " service=", end->service, "");
    if (end->labels && !end->n_labels)
        say(bench, " {}", 3);
    for (uint32_t i = 0; i < end->n_labels; i++)
        say_word(bench, " ", end->labels[i], "");
}

static inline void say_policies(struct bench *bench, const struct cnipol_flow *flow)
{
    for (uint32_t i = 0; i < flow->n_policies; i++) {
        const struct cnipol_flow_policy *policy = &flow->policies[i];
        static const char *const directions[] = {" {-", " {in", " {out"};

        say(bench, directions[policy->direction], strlen(directions[policy->direction]));
        say_word(bench, " ", policy->kind, "");
        say_word(bench, " ", policy->ns, "/");
        say_word(bench, policy->ns.s ? "" : " ", policy->name, "");
        say_word(bench, " rule=", policy->rule, "");
        say_word(bench, " ", policy->action, "");
        say(bench, "}", 1);
    }
}

static inline void say_l7(struct bench *bench, const struct cnipol_flow_l7 *l7)
{
    if (!l7)
        return;
    say_word(bench, " l7=", l7->type, "");
    say(bench, " http", l7->kind == CNIPOL_L7_HTTP ? 5 : 0);
    say_word(bench, " ", l7->http_json, "");
    say_word(bench, " ", l7->method, "");
    say_word(bench, " ", l7->host, "");
    say_word(bench, "", l7->url, "");
    if (l7->has & CNIPOL_L7_CODE)
        say_number(bench, " ", l7->code);
}

static inline void say_extras(struct bench *bench, const struct cnipol_flow *flow)
{
    for (uint32_t i = 0; i < flow->n_extras; i++) {
        const struct cnipol_flow_extra *extra = &flow->extras[i];

        say_number(bench, " x", extra->id);
        if (extra->type == CNIPOL_EXTRA_IS_TEXT)
            say_word(bench, "=", extra->text, "");
        else
            say_number(bench, "=", extra->type == CNIPOL_EXTRA_IS_TIME ? (unsigned long long)extra->time.seconds : extra->number);
    }
}

static inline void say_flow(struct bench *bench, const struct cnipol_flow *flow)
{
    static const char *const verdicts[] = {"unknown", "forwarded", "dropped", "error", "audit", "redirected", "traced", "translated"};
    static const char *const directions[] = {" none", " ingress", " egress"};

    if (bench->n)
        say(bench, "\n", 1);
    if (flow->event)
        say(bench, "event ", 6);
    if (flow->has & CNIPOL_HAS_VERDICT)
        say(bench, verdicts[flow->verdict], strlen(verdicts[flow->verdict]));
    if (flow->has & CNIPOL_HAS_DIRECTION)
        say(bench, directions[flow->direction], strlen(directions[flow->direction]));
    if (flow->has & CNIPOL_HAS_PROTOCOL)
        say_number(bench, " ", flow->protocol);
    if (flow->has & CNIPOL_HAS_TCP_FLAGS)
        say_number(bench, " flags=", flow->tcp_flags);
    if (flow->has & CNIPOL_HAS_ICMP)
        say_number(bench, " icmp=", flow->icmp_type * 1000u + flow->icmp_code);
    say(bench, " ", 1);
    say_end(bench, &flow->src);
    say(bench, " > ", 3);
    say_end(bench, &flow->dst);
    say_word(bench, " node=", flow->node, "");
    say_word(bench, " interface=", flow->interface_name, "");
    say_policies(bench, flow);
    say_l7(bench, flow->l7);
    say_extras(bench, flow);
    bench->records++;
}

/* Calls next() or end() for as long as there are records, as the decoder does: once for a frame that is one record. */
static inline int bench_drain(struct bench *bench, int (*next)(struct np_flow_run *run, struct cnipol_flow *flow))
{
    int rc;

    do {
        struct cnipol_flow flow = {0};

        np_arena_reset(&bench->run.arena);
        rc = next(&bench->run, &flow);
        if (rc == 1)
            say_flow(bench, &flow);
    } while (rc == 1 && !bench->run.format->is_single);
    if (rc == 1)
        return 0;
    if (rc < 0 && rc != CNIPOL_E_NOMEM) {
        say_number(bench, bench->n ? "\nflaw " : "flaw ", bench->run.flaw_at);
        say_word(bench, ": ", (struct cnipol_text){bench->run.flaw, (uint32_t)strlen(bench->run.flaw)}, "");
    }
    return rc;
}

static inline int bench_frame(struct bench *bench, const void *bytes, size_t n)
{
    free(bench->bytes);
    bench->bytes = malloc(n + NP_FRAME_SLACK);
    assert_non_null(bench->bytes);
    memcpy(bench->bytes, bytes, n);
    memset(bench->bytes + n, '"', NP_FRAME_SLACK);
    bench->run.frame = bench->bytes;
    bench->run.n = n;
    bench->run.at = 0;
    bench->run.frame_number++;
    return bench_drain(bench, bench->run.format->next);
}

static inline int bench_end(struct bench *bench)
{
    return bench->run.format->end ? bench_drain(bench, bench->run.format->end) : 0;
}

/* One frame of text, and what it must give. */
struct line_case {
    const char *input;
    const char *expected;
};

static inline void expect_lines(const char *format, const struct line_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct bench *bench = malloc(sizeof *bench);

        assert_non_null(bench);
        bench_open(bench, format);
        bench_frame(bench, cases[i].input, strlen(cases[i].input));
        bench_end(bench);
        expect_text(cases[i].input, bench->out, cases[i].expected);
        bench_close(bench);
        free(bench);
    }
}

/* The same record for every allocation that fails on the way, once memory is back. */
static inline void expect_no_memory_survived(const char *format, const void *bytes, size_t n, const char *expected)
{
    for (size_t limit = 1; limit < 1u << 16; limit += limit < 4096 ? 64 : 1024) {
        struct bench *bench = malloc(sizeof *bench);

        assert_non_null(bench);
        bench_open(bench, format);
        bench->mem.limit = bench->mem.used + limit;
        if (bench_frame(bench, bytes, n) == CNIPOL_E_NOMEM) {
            bench->mem.limit = 0;
            bench_drain(bench, bench->run.format->next);
        }
        expect_text(format, bench->out, expected);
        bench_close(bench);
        free(bench);
    }
}

#endif
