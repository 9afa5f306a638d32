/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Diagnostics as SARIF and as JSON, read back with json-c.
 *
 * The walk below holds every result to what SARIF 2.1.0 requires and code scanning services use.
 */

#include "testing.h"

#include <json-c/json.h>

/* "runs/0/results/1/ruleId": a member or element, by path; NULL where there is none. */
static struct json_object *at(struct json_object *o, const char *path)
{
    while (*path && o) {
        size_t n = strcspn(path, "/");
        char key[64];

        assert_true(n < sizeof key);
        memcpy(key, path, n);
        key[n] = '\0';
        if (json_object_is_type(o, json_type_array))
            o = json_object_array_get_idx(o, strtoul(key, NULL, 10));
        else
            o = json_object_object_get(o, key);
        path += n + (path[n] == '/');
    }
    return o;
}

static const char *text_at(struct json_object *o, const char *path)
{
    struct json_object *found = at(o, path);

    if (!json_object_is_type(found, json_type_string))
        fail_msg("%s is no string", path);
    return json_object_get_string(found);
}

static int64_t number_at(struct json_object *o, const char *path)
{
    struct json_object *found = at(o, path);

    if (!json_object_is_type(found, json_type_int))
        fail_msg("%s is no number", path);
    return json_object_get_int64(found);
}

static void check_physical(struct json_object *physical)
{
    const char *uri = text_at(physical, "artifactLocation/uri");

    assert_int_equal(strspn(uri, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/%:"), strlen(uri));
    if (strncmp(uri, "file:///", 8) != 0) {
        assert_null(strchr(uri, ':'));
        assert_string_equal(text_at(physical, "artifactLocation/uriBaseId"), "%SRCROOT%");
    }
    assert_true(number_at(physical, "region/startLine") >= 1);
    assert_true(number_at(physical, "region/startColumn") >= 1);
    assert_true(number_at(physical, "region/endLine") >= number_at(physical, "region/startLine"));
    assert_true(number_at(physical, "region/endColumn") >= 1);
    assert_true(number_at(physical, "region/byteOffset") >= 0);
    assert_true(number_at(physical, "region/byteLength") >= 0);
}

static void check_rules(struct json_object *rules)
{
    for (size_t i = 0; i < json_object_array_length(rules); i++) {
        struct json_object *rule = json_object_array_get_idx(rules, i);

        assert_int_equal(strlen(text_at(rule, "id")), 6);
        if (i > 0)
            assert_true(strcmp(text_at(rules, "0/id"), text_at(rule, "id")) < 0);
        assert_true(*text_at(rule, "shortDescription/text"));
        assert_true(*text_at(rule, "fullDescription/text"));
        assert_true(*text_at(rule, "help/text"));
        assert_true(*text_at(rule, "help/markdown"));
        assert_non_null(strstr("error warning note", text_at(rule, "defaultConfiguration/level")));
        assert_true(json_object_array_length(at(rule, "properties/tags")) > 0);
    }
}

static void check_rule_exists(struct json_object *rules, const char *id)
{
    for (size_t i = 0; i < json_object_array_length(rules); i++)
        if (strcmp(text_at(json_object_array_get_idx(rules, i), "id"), id) == 0)
            return;
    fail_msg("%s has no rule", id);
}

static void check_result(struct json_object *result, struct json_object *rules)
{
    struct json_object *locations = at(result, "locations"), *related = at(result, "relatedLocations");

    check_rule_exists(rules, text_at(result, "ruleId"));
    assert_non_null(strstr("error warning note", text_at(result, "level")));
    assert_true(*text_at(result, "message/text"));
    assert_true(json_object_object_length(at(result, "partialFingerprints")) > 0);
    assert_true(json_object_is_type(locations, json_type_array));
    for (size_t i = 0; i < json_object_array_length(locations); i++)
        if (at(json_object_array_get_idx(locations, i), "physicalLocation"))
            check_physical(at(json_object_array_get_idx(locations, i), "physicalLocation"));
    for (size_t i = 0; related && i < json_object_array_length(related); i++) {
        check_physical(at(json_object_array_get_idx(related, i), "physicalLocation"));
        assert_true(*text_at(json_object_array_get_idx(related, i), "message/text"));
    }
}

static struct json_object *sarif(struct bench *b, size_t n_results)
{
    struct json_object *o = json_tokener_parse(bench_report(b, CNIPOL_FORMAT_SARIF, 1)), *rules, *results;

    assert_non_null(o);
    assert_string_equal(text_at(o, "version"), "2.1.0");
    assert_non_null(strstr(text_at(o, "$schema"), "sarif"));
    assert_int_equal(json_object_array_length(at(o, "runs")), 1);
    assert_string_equal(text_at(o, "runs/0/tool/driver/name"), "cnipol");
    assert_string_equal(text_at(o, "runs/0/tool/driver/semanticVersion"), CNIPOL_VERSION_STRING);
    assert_string_equal(text_at(o, "runs/0/columnKind"), "unicodeCodePoints");
    rules = at(o, "runs/0/tool/driver/rules");
    results = at(o, "runs/0/results");
    check_rules(rules);
    assert_int_equal(json_object_array_length(results), n_results);
    for (size_t i = 0; i < n_results; i++)
        check_result(json_object_array_get_idx(results, i), rules);
    return o;
}

static const char *fingerprint(struct json_object *o, size_t i)
{
    struct json_object *prints = at(json_object_array_get_idx(at(o, "runs/0/results"), i), "partialFingerprints");

    return json_object_get_string(json_object_object_get(prints, "cnipolObject/v1"));
}

/* A diagnostic with everything, at a word of a source. */
static struct np_diag *raise_full(struct bench *b, uint32_t source, const char *word, const char *path)
{
    struct np_diags *diags = &b->ctx->diags;
    struct np_diag *d;

    diags->object = (struct np_diag_object){"NetworkPolicy", "payments", "allow-api"};
    d = np_diag_raise(diags, NP_DUPLICATE_KEY, bench_find(b, source, word, 0), "port range ends before it starts");
    np_diag_label(diags, d, "ends at 8080");
    np_diag_second(diags, d, bench_find(b, source, "8443", 0), "but `port` starts at 8443");
    np_diag_help(diags, d, "swap the values");
    np_diag_upstream(diags, d, "must be greater than or equal to `port`");
    np_diag_path(diags, d, "%s", path);
    return d;
}

static const char ports[] = "ports:\n- port: 8443\n  endPort: 8080\n";

static void test_empty(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    json_object_put(sarif(&b, 0));
    bench_close(&b);
}

static void test_complete(void **state)
{
    struct json_object *o;
    struct bench b;

    (void)state;
    bench_open(&b);
    raise_full(&b, bench_source(&b, "./policies/a b.yaml", ports), "8080", "spec.ports[0]");
    o = sarif(&b, 1);
    assert_string_equal(text_at(o, "runs/0/results/0/ruleId"), "NP1030");
    assert_string_equal(text_at(o, "runs/0/results/0/message/text"), "port range ends before it starts\nhelp: swap the values\n"
                                                                     "the API server says: must be greater than or equal to `port`");
    assert_string_equal(text_at(o, "runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri"), "policies/a%20b.yaml");
    assert_int_equal(number_at(o, "runs/0/results/0/locations/0/physicalLocation/region/startLine"), 3);
    assert_int_equal(number_at(o, "runs/0/results/0/locations/0/physicalLocation/region/startColumn"), 12);
    assert_int_equal(number_at(o, "runs/0/results/0/locations/0/physicalLocation/region/endColumn"), 16);
    assert_int_equal(number_at(o, "runs/0/results/0/locations/0/physicalLocation/region/byteLength"), 4);
    assert_string_equal(text_at(o, "runs/0/results/0/locations/0/logicalLocations/0/fullyQualifiedName"),
                        "NetworkPolicy payments/allow-api spec.ports[0]");
    assert_string_equal(text_at(o, "runs/0/results/0/relatedLocations/0/message/text"), "but `port` starts at 8443");
    json_object_put(o);
    bench_close(&b);
}

static void test_rules_are_the_codes_that_occur(void **state)
{
    struct json_object *o;
    struct bench b;

    (void)state;
    bench_open(&b);
    for (int i = 0; i < 3; i++) {
        np_diag_raise(&b.ctx->diags, NP_JSON_SYNTAX, NP_NOWHERE, "x");
        np_diag_severity(&b.ctx->diags, np_diag_raise(&b.ctx->diags, NP_FILE_UNREADABLE, NP_NOWHERE, "x"), CNIPOL_SEVERITY_INFO);
    }
    o = sarif(&b, 6);
    assert_int_equal(json_object_array_length(at(o, "runs/0/tool/driver/rules")), 2);
    assert_string_equal(text_at(o, "runs/0/tool/driver/rules/0/id"), "NP1001");
    assert_string_equal(text_at(o, "runs/0/results/0/level"), "note");
    json_object_put(o);
    bench_close(&b);
}

/* Moving an object leaves its fingerprints; another field, object or code has another. */
static void test_fingerprints(void **state)
{
    struct json_object *o;
    struct bench b;

    (void)state;
    bench_open(&b);
    raise_full(&b, bench_source(&b, "a.yaml", ports), "8080", "spec.ports[0]");
    raise_full(&b, bench_source(&b, "b.yaml", "\n\nports:\n- port: 8443\n  endPort: 8080\n"), "8080", "spec.ports[0]");
    raise_full(&b, bench_source(&b, "c.yaml", ports), "8080", "spec.ports[1]");
    raise_full(&b, bench_source(&b, "d.yaml", ports), "8080", "spec.ports[0]")->object_name = "other";
    raise_full(&b, bench_source(&b, "e.yaml", ports), "8080", "spec.ports[0]")->code = NP_YAML_SYNTAX;
    o = sarif(&b, 5);
    assert_int_equal(strlen(fingerprint(o, 0)), 16);
    assert_string_equal(fingerprint(o, 0), fingerprint(o, 1));
    for (size_t i = 2; i < 5; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(fingerprint(o, i), fingerprint(o, j));
    json_object_put(o);
    bench_close(&b);
}

static const struct {
    const char *file;
    const char *uri;
} uris[] = {
    {"a.yaml", "a.yaml"},       {"././a.yaml", "a.yaml"},     {"../a.yaml", "../a.yaml"},       {"/etc/a.yaml", "file:///etc/a.yaml"},
    {"<stdin>", "%3Cstdin%3E"}, {"c:/a.yaml", "c%3A/a.yaml"}, {"a%20b?c#d", "a%2520b%3Fc%23d"}, {"\u00e9\xff\n", "%C3%A9%FF%0A"},
};

static void test_uris(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(uris); i++) {
        struct json_object *o;
        struct bench b;

        bench_open(&b);
        np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, (struct np_span){bench_source(&b, uris[i].file, "x"), 0, 1}, "x");
        o = sarif(&b, 1);
        assert_string_equal(text_at(o, "runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri"), uris[i].uri);
        json_object_put(o);
        bench_close(&b);
    }
}

static void raise_nasty(struct bench *b)
{
    static const char evil[] = "\x1b[2J\x07\r\n\"\\\x9b\xff\xc2\x9b\u202e</script>";
    struct np_diags *diags = &b->ctx->diags;
    struct np_diag *d;

    bench_source(b, evil, evil);
    diags->object = (struct np_diag_object){evil, evil, evil};
    d = np_diag_raise(diags, NP_YAML_SYNTAX, (struct np_span){0, 0, 4}, "%s", evil);
    np_diag_label(diags, d, "%s", evil);
    np_diag_second(diags, d, (struct np_span){0, 9, 99}, "%s", evil);
    np_diag_help(diags, d, "%s", evil);
    np_diag_upstream(diags, d, "%s", evil);
    np_diag_path(diags, d, "%s", evil);
}

static void test_nasty_input(void **state)
{
    static const char mended[] = "\x1b[2J\x07\r\n\"\\\ufffd\ufffd\xc2\x9b\u202e</script>";
    struct json_object *o;
    struct bench b;

    (void)state;
    bench_open(&b);
    raise_nasty(&b);
    json_object_put(sarif(&b, 1));
    assert_null(strpbrk(b.text, "\x1b\x07\r"));
    o = json_tokener_parse(bench_report(&b, CNIPOL_FORMAT_JSON, 0));
    assert_string_equal(text_at(o, "diagnostics/0/message"), mended);
    assert_string_equal(text_at(o, "diagnostics/0/place/file"), mended);
    json_object_put(o);
    bench_close(&b);
}

static void test_json(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    expect_report("none", bench_report(&b, CNIPOL_FORMAT_JSON, 0),
                  "{\"schema\":\"cnipol.diagnostics/1\",\"version\":\"" CNIPOL_VERSION_STRING "\",\"diagnostics\":[],"
                  "\"kept\":0,\"raised\":{\"error\":0,\"warning\":0,\"info\":0}}\n");
    raise_full(&b, bench_source(&b, "a.yaml", ports), "8080", "spec.ports[0]");
    np_diag_raise(&b.ctx->diags, NP_FILE_UNREADABLE, NP_NOWHERE, "gone");
    b.ctx->diags.items[1]->object_kind = b.ctx->diags.items[1]->object_name = NULL;
    expect_report(
        "two", bench_report(&b, CNIPOL_FORMAT_JSON, 0),
        "{\"schema\":\"cnipol.diagnostics/1\",\"version\":\"" CNIPOL_VERSION_STRING "\",\"diagnostics\":[\n"
        "{\"code\":\"NP1030\",\"severity\":\"error\",\"message\":\"port range ends before it starts\",\"label\":\"ends at 8080\","
        "\"help\":\"swap the values\",\"upstream\":\"must be greater than or equal to `port`\",\"path\":\"spec.ports[0]\","
        "\"object\":{\"kind\":\"NetworkPolicy\",\"namespace\":\"payments\",\"name\":\"allow-api\"},"
        "\"place\":{\"file\":\"a.yaml\",\"line\":3,\"column\":12,\"end_line\":3,\"end_column\":16,\"start_byte\":31,\"end_byte\":35},"
        "\"second\":{\"file\":\"a.yaml\",\"line\":2,\"column\":9,\"end_line\":2,\"end_column\":13,\"start_byte\":15,\"end_byte\":19,"
        "\"label\":\"but `port` starts at 8443\"}},\n"
        "{\"code\":\"NP1001\",\"severity\":\"error\",\"message\":\"gone\"}\n"
        "],\"kept\":2,\"raised\":{\"error\":2,\"warning\":0,\"info\":0}}\n");
    bench_close(&b);
}

static void test_jsonl(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    expect_report("none", bench_report(&b, CNIPOL_FORMAT_JSONL, 0), "");
    np_diag_raise(&b.ctx->diags, NP_FILE_UNREADABLE, NP_NOWHERE, "a\nb");
    np_diag_raise(&b.ctx->diags, NP_FILE_UNREADABLE, NP_NOWHERE, "c/d");
    expect_report("two", bench_report(&b, CNIPOL_FORMAT_JSONL, 0),
                  "{\"schema\":\"cnipol.diagnostics/1\",\"code\":\"NP1001\",\"severity\":\"error\",\"message\":\"a\\nb\"}\n"
                  "{\"schema\":\"cnipol.diagnostics/1\",\"code\":\"NP1001\",\"severity\":\"error\",\"message\":\"c/d\"}\n");
    bench_close(&b);
}

/* A long report goes out in pieces, and stops at the first refusal. */
static void test_long_reports_stream(void **state)
{
    static const int32_t formats[] = {CNIPOL_FORMAT_JSON, CNIPOL_FORMAT_JSONL, CNIPOL_FORMAT_SARIF};
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    struct bench b;

    (void)state;
    bench_open(&b);
    for (int i = 0; i < 3000; i++)
        np_diag_raise(&b.ctx->diags, NP_FILE_UNREADABLE, NP_NOWHERE, "number %d", i);
    for (size_t i = 0; i < COUNT(formats); i++) {
        size_t used = cnipol_ctx_memory_used(b.ctx);

        (void)bench_report(&b, formats[i], 0);
        assert_true(b.calls > 10);
        assert_int_equal(cnipol_ctx_memory_used(b.ctx), used);
        bench_clear(&b);
        b.refuse_at = 3;
        opts.format = formats[i];
        assert_int_equal(cnipol_report_diags(b.ctx, &opts, bench_take, &b), -77);
        assert_int_equal(b.calls, 3);
        b.refuse_at = 0;
    }
    json_object_put(sarif(&b, 3000));
    bench_close(&b);
}

static void test_out_of_memory(void **state)
{
    static const int32_t formats[] = {CNIPOL_FORMAT_JSON, CNIPOL_FORMAT_JSONL, CNIPOL_FORMAT_SARIF, CNIPOL_FORMAT_GITHUB};
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    struct bench b;
    size_t used;

    (void)state;
    bench_open(&b);
    raise_nasty(&b);
    (void)bench_report(&b, CNIPOL_FORMAT_TEXT, 0);
    used = cnipol_ctx_memory_used(b.ctx);
    for (size_t i = 0; i < COUNT(formats); i++)
        for (size_t more = 1; more < 600; more += 13) {
            int rc;

            opts.format = formats[i];
            assert_int_equal(cnipol_ctx_set_limit(b.ctx, CNIPOL_LIMIT_MEMORY, used + more), CNIPOL_OK);
            bench_clear(&b);
            rc = cnipol_report_diags(b.ctx, &opts, bench_take, &b);
            assert_true(rc == CNIPOL_OK || rc == CNIPOL_E_NOMEM);
            assert_int_equal(cnipol_ctx_memory_used(b.ctx), used);
        }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),         cmocka_unit_test(test_complete), cmocka_unit_test(test_rules_are_the_codes_that_occur),
        cmocka_unit_test(test_fingerprints),  cmocka_unit_test(test_uris),     cmocka_unit_test(test_nasty_input),
        cmocka_unit_test(test_json),          cmocka_unit_test(test_jsonl),    cmocka_unit_test(test_long_reports_stream),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
