/* SPDX-License-Identifier: BSD-2-Clause */
/* The page of a code: every code has one that fits a terminal, as text and as JSON. */

#include "testing.h"

#include <json-c/json.h>

static int report(struct bench *b, int32_t code, int32_t format)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;

    opts.format = format;
    bench_clear(b);
    return cnipol_report_code(b->ctx, code, &opts, bench_take, b);
}

static void test_head(void **state)
{
    static const char head[] = "NP1021 (error): lists and maps are nested too deeply\n\nNo ";
    struct bench b;

    (void)state;
    bench_open(&b);
    assert_int_equal(report(&b, NP_LIMIT_DEPTH, CNIPOL_FORMAT_TEXT), CNIPOL_OK);
    assert_memory_equal(b.text, head, strlen(head));
    assert_string_equal(b.text + b.n - 1, "\n");
    bench_close(&b);
}

/* All words in their order, no line above 80 columns unless it is one word. */
static void check_wrapped(const char *page, const char *help)
{
    const char *s = help;

    page = strstr(page, "\n\n") + 2;
    while (*s) {
        size_t line = strcspn(page, "\n");

        assert_true(line <= 80 || !memchr(page, ' ', line));
        assert_memory_equal(page, s, line);
        s += line;
        assert_true(*s == ' ' || *s == '\n' || *s == '\0');
        s += *s != '\0';
        page += line + 1;
    }
}

static void test_every_page_fits(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    for (size_t i = 0; cnipol_code_at(i); i++) {
        assert_int_equal(report(&b, cnipol_code_at(i)->number, CNIPOL_FORMAT_TEXT), CNIPOL_OK);
        check_wrapped(b.text, cnipol_code_at(i)->help);
    }
    bench_close(&b);
}

static void test_upstream_is_quoted(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    for (size_t i = 0; cnipol_code_at(i); i++) {
        const char *upstream = cnipol_code_at(i)->upstream;

        assert_int_equal(report(&b, cnipol_code_at(i)->number, CNIPOL_FORMAT_TEXT), CNIPOL_OK);
        assert_int_equal(strstr(b.text, "\nThe API server says:\n") != NULL, upstream != NULL);
        if (upstream)
            assert_non_null(strstr(b.text, upstream));
    }
    bench_close(&b);
}

static void test_json(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    for (size_t i = 0; cnipol_code_at(i); i++) {
        struct json_object *o;

        assert_int_equal(report(&b, cnipol_code_at(i)->number, CNIPOL_FORMAT_JSON), CNIPOL_OK);
        o = json_tokener_parse(b.text);
        assert_string_equal(json_object_get_string(json_object_object_get(o, "schema")), "cnipol.code/1");
        assert_string_equal(json_object_get_string(json_object_object_get(o, "help")), cnipol_code_at(i)->help);
        assert_int_equal(atoi(json_object_get_string(json_object_object_get(o, "code")) + 2), cnipol_code_at(i)->number);
        json_object_put(o);
    }
    bench_close(&b);
}

static void test_refused(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    assert_int_equal(report(&b, 1, CNIPOL_FORMAT_TEXT), CNIPOL_E_NOTFOUND);
    assert_int_equal(report(&b, -1, CNIPOL_FORMAT_JSON), CNIPOL_E_NOTFOUND);
    assert_int_equal(report(&b, NP_LIMIT_DEPTH, CNIPOL_FORMAT_SARIF), CNIPOL_E_USAGE);
    assert_int_equal(cnipol_report_code(b.ctx, NP_LIMIT_DEPTH, NULL, bench_take, &b), CNIPOL_OK);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head), cmocka_unit_test(test_every_page_fits), cmocka_unit_test(test_upstream_is_quoted),
        cmocka_unit_test(test_json), cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
