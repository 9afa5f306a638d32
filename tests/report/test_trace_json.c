/* SPDX-License-Identifier: BSD-2-Clause */
/* Traces as JSON, over a trace that is made up here: only its accessors are used. */

#include "testing.h"

#include <json-c/json.h>

struct cnipol_trace {
    struct cnipol_verdict verdict;
    struct cnipol_step steps[2];
    size_t n_steps;
    struct cnipol_rule_ref rules[2]; /* of step 0 */
    int has_by;
    const char *text;
};

void cnipol_trace_verdict(const struct cnipol_trace *trace, struct cnipol_verdict *out)
{
    *out = trace->verdict;
}

int cnipol_trace_step(const struct cnipol_trace *trace, size_t i, struct cnipol_step *out)
{
    if (i >= trace->n_steps)
        return CNIPOL_E_USAGE;
    *out = trace->steps[i];
    return CNIPOL_OK;
}

int cnipol_trace_rule(const struct cnipol_trace *trace, size_t i, size_t k, struct cnipol_rule_ref *out)
{
    if (i > 0 || k > 1)
        return CNIPOL_E_USAGE;
    *out = trace->rules[k];
    return CNIPOL_OK;
}

void cnipol_trace_by(const struct cnipol_trace *trace, struct cnipol_rule_ref *out, int32_t *direction)
{
    *out = trace->has_by ? trace->rules[0] : (struct cnipol_rule_ref){.rule = -1};
    *direction = CNIPOL_ASK_INGRESS;
}

const char *cnipol_trace_text(struct cnipol_trace *trace, int32_t color)
{
    (void)color;
    return trace->text;
}

const char *cnipol_step_result_text(int32_t result)
{
    return result == CNIPOL_STEP_DENY ? "deny" : "go on";
}

const char *cnipol_decision_text(int32_t decision)
{
    return decision == CNIPOL_DENY ? "deny" : "allow";
}

static struct cnipol_trace made_up(void)
{
    return (struct cnipol_trace){
        .verdict = {.decision = CNIPOL_DENY,
                    .egress = CNIPOL_ALLOW,
                    .ingress = CNIPOL_DENY,
                    .flags = CNIPOL_VERDICT_LOG | CNIPOL_VERDICT_INGRESS_ASKED},
        .steps = {{.direction = CNIPOL_ASK_INGRESS,
                   .result = CNIPOL_STEP_DENY,
                   .engine = "kubernetes",
                   .checkpoint = "ingress of shop/db",
                   .stage = "Admin",
                   .governing = 2,
                   .n_rules = 2,
                   .decides = 1},
                  {.direction = CNIPOL_ASK_EGRESS,
                   .result = CNIPOL_STEP_GO_ON,
                   .engine = "kubernetes",
                   .checkpoint = "egress of shop/web",
                   .stage = "default",
                   .reason = "no policy"}},
        .n_steps = 2,
        .rules = {{.kind = "ClusterNetworkPolicy",
                   .policy = "guard",
                   .tier = "Admin",
                   .rule = 0,
                   .rule_name = "no-db",
                   .place = {.file = "guard.yaml", .line = 9, .column = 5}},
                  {.kind = "NetworkPolicy", .policy_namespace = "shop", .policy = "default-deny", .rule = -1}},
        .has_by = 1,
        .text = "the chain\n",
    };
}

static int report(struct bench *b, struct cnipol_trace *trace, int32_t format)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;

    opts.format = format;
    bench_clear(b);
    return cnipol_report_trace(b->ctx, trace, &opts, bench_take, b);
}

static void test_json(void **state)
{
    struct cnipol_trace trace = made_up();
    struct bench b;

    (void)state;
    bench_open(&b);
    assert_int_equal(report(&b, &trace, CNIPOL_FORMAT_JSON), CNIPOL_OK);
    expect_report("trace", b.text,
                  "{\"schema\":\"cnipol.explain/1\",\"decision\":\"deny\",\"egress\":\"allow\",\"ingress\":\"deny\","
                  "\"flags\":[\"log\",\"ingress-asked\"],"
                  "\"by\":{\"kind\":\"ClusterNetworkPolicy\",\"policy\":\"guard\",\"tier\":\"Admin\",\"rule\":0,\"name\":\"no-db\","
                  "\"file\":\"guard.yaml\",\"line\":9,\"column\":5,\"direction\":\"ingress\"},"
                  "\"steps\":[{\"direction\":\"ingress\",\"engine\":\"kubernetes\",\"checkpoint\":\"ingress of shop/db\","
                  "\"stage\":\"Admin\",\"result\":\"deny\",\"governing\":2,\"decides\":true,"
                  "\"rules\":[{\"kind\":\"ClusterNetworkPolicy\",\"policy\":\"guard\",\"tier\":\"Admin\",\"rule\":0,\"name\":\"no-db\","
                  "\"file\":\"guard.yaml\",\"line\":9,\"column\":5},"
                  "{\"kind\":\"NetworkPolicy\",\"namespace\":\"shop\",\"policy\":\"default-deny\",\"rule\":null}]},"
                  "{\"direction\":\"egress\",\"engine\":\"kubernetes\",\"checkpoint\":\"egress of shop/web\",\"stage\":\"default\","
                  "\"result\":\"go on\",\"reason\":\"no policy\",\"governing\":0,\"decides\":false,\"rules\":[]}]}\n");
    bench_close(&b);
}

static void test_decided_by_a_default(void **state)
{
    struct cnipol_trace trace = made_up();
    struct bench b;

    (void)state;
    trace.has_by = 0;
    trace.n_steps = 0;
    trace.verdict = (struct cnipol_verdict){0};
    bench_open(&b);
    assert_int_equal(report(&b, &trace, CNIPOL_FORMAT_JSON), CNIPOL_OK);
    expect_report("default", b.text,
                  "{\"schema\":\"cnipol.explain/1\",\"decision\":\"allow\",\"egress\":\"allow\",\"ingress\":\"allow\",\"flags\":[],"
                  "\"by\":null,\"steps\":[]}\n");
    bench_close(&b);
}

static void test_names_that_are_not_utf8(void **state)
{
    struct cnipol_trace trace = made_up();
    struct json_object *o;
    struct bench b;

    (void)state;
    trace.rules[0].policy = "a\xff\"\n\x1b";
    bench_open(&b);
    assert_int_equal(report(&b, &trace, CNIPOL_FORMAT_JSON), CNIPOL_OK);
    o = json_tokener_parse(b.text);
    assert_string_equal(json_object_get_string(json_object_object_get(json_object_object_get(o, "by"), "policy")), "a\ufffd\"\n\x1b");
    assert_int_equal(strcspn(b.text, "\n"), b.n - 1);
    json_object_put(o);
    bench_close(&b);
}

static void test_text(void **state)
{
    struct cnipol_trace trace = made_up();
    struct bench b;

    (void)state;
    bench_open(&b);
    assert_int_equal(report(&b, &trace, CNIPOL_FORMAT_TEXT), CNIPOL_OK);
    assert_string_equal(b.text, "the chain\n");
    trace.text = NULL;
    assert_int_equal(report(&b, &trace, CNIPOL_FORMAT_TEXT), CNIPOL_E_NOMEM);
    assert_int_equal(report(&b, &trace, CNIPOL_FORMAT_CSV), CNIPOL_E_USAGE);
    assert_int_equal(report(&b, &trace, -1), CNIPOL_E_USAGE);
    bench_close(&b);
}

static void test_text_is_made_harmless(void **state)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    struct cnipol_trace trace = made_up();
    struct bench b;

    (void)state;
    trace.text = "\033[1;31mdeny\033[0m a\x1b[2Jb \u2192 c\x07\n\tx\x1b[";
    bench_open(&b);
    assert_int_equal(report(&b, &trace, CNIPOL_FORMAT_TEXT), CNIPOL_OK);
    assert_string_equal(b.text, "\\x1b[1;31mdeny\\x1b[0m a\\x1b[2Jb \u2192 c\\x07\n\\tx\\x1b[");
    opts.color = 1;
    bench_clear(&b);
    assert_int_equal(cnipol_report_trace(b.ctx, &trace, &opts, bench_take, &b), CNIPOL_OK);
    assert_string_equal(b.text, "\033[1;31mdeny\033[0m a\\x1b[2Jb \u2192 c\\x07\n\\tx\\x1b[");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json), cmocka_unit_test(test_decided_by_a_default),  cmocka_unit_test(test_names_that_are_not_utf8),
        cmocka_unit_test(test_text), cmocka_unit_test(test_text_is_made_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
