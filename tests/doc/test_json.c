/* SPDX-License-Identifier: BSD-2-Clause */
/* The JSON reader, and which of the two readers a source gets. */

#include "testing.h"

#include "doc/path.h"

static const struct {
    const char *text;
    enum np_doc_format format;
    const char *json; /* NULL: refused */
} rows[] = {
    {"{\"a\": 1}", NP_DOC_JSON, "{\"a\":1}\n"},
    {"{\"a\":1}\n{\"b\":2}\n", NP_DOC_JSON, "{\"a\":1}\n{\"b\":2}\n"},
    {"1 \"x\" null", NP_DOC_JSON, "1\n\"x\"\nnull\n"},
    {"\xef\xbb\xbf[]", NP_DOC_JSON, "[]\n"},
    {"", NP_DOC_JSON, ""},
    {"[9223372036854775807,-9223372036854775808,9223372036854775808,18446744073709551615]", NP_DOC_JSON,
     "[9223372036854775807,-9223372036854775808,9223372036854775808,18446744073709551615]\n"},
    {"[18446744073709551616,-9223372036854775809]", NP_DOC_JSON, "[18446744073709552000,-9223372036854776000]\n"},
    {"[1.0,1e3,-0,-0.0,1e-400]", NP_DOC_JSON, "[1,1000,0,-0,0]\n"},
    {"[1e400]", NP_DOC_JSON, NULL},
    {"{\"a\": 1,}", NP_DOC_JSON, NULL},
    {"{a: 1}", NP_DOC_JSON, NULL},
    {"{\"a\": 1", NP_DOC_JSON, NULL},
    {"yes", NP_DOC_JSON, NULL},
    {"{\"a\": 1,}", NP_DOC_AUTO, "{\"a\":1}\n"},
    {"{a: yes}", NP_DOC_AUTO, "{\"a\":true}\n"},
    {"{\"a\": \"\\ud83d\\ude00\\/\"}", NP_DOC_AUTO, "{\"a\":\"\xf0\x9f\x98\x80/\"}\n"},
    {"{\"a\": \"\\ud83d\\ude00\\/\"}", NP_DOC_YAML, NULL},
    {"{\"a\":1}\n---\n{\"b\":yes}\n", NP_DOC_AUTO, "{\"a\":1}\n{\"b\":true}\n"},
    {"\n\n  [1e400]", NP_DOC_YAML, "[\"1e400\"]\n"},
    {"a: 1", NP_DOC_AUTO, "{\"a\":1}\n"},
    {"{\"a\":1}{\"b\":2}", NP_DOC_AUTO, "{\"a\":1}\n{\"b\":2}\n"},
    {"{\"b\":1,\"a\":2,\"b\":3}", NP_DOC_AUTO, "{\"a\":2,\"b\":3}\n"},
    {"[\"\\u2028<>&\\b\\u0001\x7f\"]", NP_DOC_AUTO, "[\"\\u2028\\u003c\\u003e\\u0026\\b\\u0001\x7f\"]\n"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reading reading;

        reading_open(&reading);
        reading_read(&reading, rows[i].text, strlen(rows[i].text), rows[i].format);
        expect_number(rows[i].text, "status", reading.status, rows[i].json ? CNIPOL_OK : CNIPOL_E_SYNTAX);
        if (rows[i].json)
            expect_text(rows[i].text, reading.json.s ? reading.json.s : "", rows[i].json);
        reading_close(&reading);
    }
}

static const struct {
    const char *text;
    uint32_t line, column;
} errors[] = {
    {"{\"a\": 1,}", 1, 9}, {"{\n  \"h\xc3\xa9\": tru\n}", 2, 12}, {"[1e400]", 1, 2}, {"\xef\xbb\xbf[x]", 1, 2}, {"[", 1, 2},
};

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(errors); i++) {
        struct cnipol_diag diag;
        struct reading reading;

        reading_open(&reading);
        reading_read(&reading, errors[i].text, strlen(errors[i].text), NP_DOC_JSON);
        diag = reading_diag(&reading);
        expect_number(errors[i].text, "code", diag.code, NP_JSON_SYNTAX);
        expect_number(errors[i].text, "line", diag.place.line, errors[i].line);
        if (diag.place.column != errors[i].column && i != 3) /* a byte order mark may count as a column */
            expect_number(errors[i].text, "column", diag.place.column, errors[i].column);
        reading_close(&reading);
    }
}

static void test_repeated_key(void **state)
{
    struct reading reading;

    (void)state;
    reading_open(&reading);
    reading_read(&reading, "{\"a\": 1,\n \"\\u0061\": 2}", 22, NP_DOC_JSON);
    assert_int_equal(reading.status, CNIPOL_OK);
    assert_true(reading.duplicates);
    assert_int_equal(reading_diag(&reading).place.line, 2);
    assert_int_equal(reading_diag(&reading).second.column, 2);
    reading_close(&reading);
}

static void test_paths(void **state)
{
    struct np_path spec = np_path_key(NULL, "spec"), ingress = np_path_key(&spec, "ingress"), first = np_path_index(&ingress, 0);
    struct np_path from = np_path_key(&first, "from"), labels = np_path_key(&from, "matchLabels");
    struct np_path label = np_path_key(&labels, "app.kubernetes.io/name");
    struct np_buf text;
    struct np_mem mem;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    np_buf_init(&text, &mem);
    np_path_print(&from, &text);
    assert_string_equal(text.s, "spec.ingress[0].from");
    np_buf_clear(&text);
    np_path_print(&label, &text);
    assert_string_equal(text.s, "spec.ingress[0].from.matchLabels[app.kubernetes.io/name]");
    np_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_repeated_key),
        cmocka_unit_test(test_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
