/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The YAML reader beyond scalars: several documents, spans in bytes, quotes, aliases and merges,
 * repeated keys, and where errors are located. What a text means as JSON was asked of
 * sigs.k8s.io/yaml v1.6.0.
 */

#include "testing.h"

#include "doc/node.h"

static const struct {
    const char *text;
    const char *json;
} documents[] = {
    {"", ""},
    {"# only a comment\n", ""},
    {"a: 1\n", "{\"a\":1}\n"},
    {"a: 1\n---\nb: 2\n", "{\"a\":1}\n{\"b\":2}\n"},
    {"---\n---\na: 1\n", "null\n{\"a\":1}\n"},
    {"---\n# nothing\n---\nx\n...\n---\ny\n", "null\n\"x\"\ntrue\n"},
    {"\xef\xbb\xbf"
     "a: yes\n",
     "{\"a\":true}\n"},
    {"a: &x 1\n---\nb: &x 2\nc: *x\n", "{\"a\":1}\n{\"b\":2,\"c\":2}\n"},
    {"b: 1.0\nc: 80.0\nd: 1e3\n", "{\"b\":1,\"c\":80,\"d\":1000}\n"},
    {"a: &x [1, &y {k: v}]\nb: [*x, *y]\n", "{\"a\":[1,{\"k\":\"v\"}],\"b\":[[1,{\"k\":\"v\"}],{\"k\":\"v\"}]}\n"},
    {"- &m <<: {a: 1}\n- *m : 2\n", "[{\"a\":1},{\"\\u003c\\u003c\":2}]\n"},
    {"- &a ! 12\n- &b 12\n- &c\n  ! 12\n- ! \"x\"\n", "[\"12\",12,\"12\",\"x\"]\n"},
    {"v: !!binary /w==\n", "{\"v\":\"\\ufffd\"}\n"},
    {"v: \xef\xbf\xbd\n", "{\"v\":\"\xef\xbf\xbd\"}\n"},
    {"1e6: a\n0.10: b\n", "{\"0.1\":\"b\",\"1e+06\":\"a\"}\n"},
    {"? |\n  x\n: 1\n", "{\"x\\n\":1}\n"},
    {"a: .inf\na: 1\n", "{\"a\":1}\n"},
    {"x: {<<: {a: .5_0}, b: 0b-11}\n", "{\"x\":{\"a\":0.5,\"b\":-3}}\n"},
    {"x: <a>&\n", "{\"x\":\"\\u003ca\\u003e\\u0026\"}\n"},
};

static void test_documents(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        struct reading reading;

        reading_open(&reading);
        reading_read(&reading, documents[i].text, strlen(documents[i].text), NP_DOC_YAML);
        expect_number(documents[i].text, "status", reading.status, CNIPOL_OK);
        expect_text(documents[i].text, reading.json.s ? reading.json.s : "", documents[i].json);
        reading_close(&reading);
    }
}

static const struct {
    const char *text;
    uint32_t line, column;
    const char *message; /* NULL: libyaml's own words */
} errors[] = {
    {"a: [1, 2\n", 2, 1, NULL},
    {"a: \"x\n", 2, 1, NULL},
    {"a:\n\tb: 1\n", 2, 1, NULL},
    {"h\xc3\xa9: \xe2\x98\x83\nb: c: d\n", 2, 5, NULL},
    {"a: \x01\n", 1, 4, "control characters are not allowed"},
    {"\xc3\xa9\xc3\xa9: \xff\n", 1, 5, NULL},
    {"a: *nope\n", 1, 4, "no anchor of this name was defined before"},
    {"a: &x\n  b: *x\n", 2, 6, "the alias stands inside the node that it repeats"},
    {"\xc3\xa9: .inf\n", 1, 4, "JSON, and so the API server, has no infinite number and no NaN"},
    {"- a\n- .nan\n", 2, 3, "JSON, and so the API server, has no infinite number and no NaN"},
    {"-.inf\n", 1, 1, "JSON, and so the API server, has no infinite number and no NaN"},
    {"a: !!int x\n", 1, 4, "the text does not fit its tag"},
    {"a: !!binary '%'\n", 1, 4, "a !!binary text must be base64"},
    {"~: a\n", 1, 1, "a key must be a string, a number or a boolean"},
    {"[a]: b\n", 1, 1, "a key must be a string, a number or a boolean"},
    {"a: &x {}\n*x : b\n", 1, 4, "a key must be a string, a number or a boolean"},
    {"a:\n  <<: 3\n", 2, 7, "a merge key needs a map, or a list of maps"},
    {"a:\n  <<: [{}, x]\n", 2, 12, "a merge key needs a map, or a list of maps"},
    {"a: &l [{}]\nb:\n  <<: *l\n", 1, 4, "a merge key needs a map, or a list of maps"},
    {"%YAML 1.2\n---\na: 1\n", 1, 1, "the API server's clients read YAML 1.1 only"},
    {"a: [x?y]\n", 1, 5, "a text with a question mark inside [ ] or { } needs quotes"},
    {"a: \"\\n\\/\"\n", 1, 7, "the escape \\/ is no YAML to the API server's clients"},
};

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(errors); i++) {
        struct reading reading;
        struct cnipol_diag diag;

        reading_open(&reading);
        reading_read(&reading, errors[i].text, strlen(errors[i].text), NP_DOC_YAML);
        diag = reading_diag(&reading);
        expect_number(errors[i].text, "status", reading.status, CNIPOL_E_SYNTAX);
        expect_number(errors[i].text, "code", diag.code, NP_YAML_SYNTAX);
        expect_number(errors[i].text, "line", diag.place.line, errors[i].line);
        expect_number(errors[i].text, "column", diag.place.column, errors[i].column);
        if (errors[i].message)
            expect_text(errors[i].text, diag.message, errors[i].message);
        expect_number(errors[i].text, "documents", reading.documents, 0);
        reading_close(&reading);
    }
}

static void test_utf16_is_refused(void **state)
{
    struct reading reading;

    (void)state;
    reading_open(&reading);
    reading_read(&reading,
                 "\xff\xfe"
                 "a\0:\0 \0"
                 "1\0",
                 10, NP_DOC_AUTO);
    assert_int_equal(reading.status, CNIPOL_E_SYNTAX);
    assert_non_null(strstr(reading_diag(&reading).help, "UTF-8"));
    reading_close(&reading);
}

/* Looks for the node with a span over exactly this text. */
static bool has_span(const char *bytes, const struct np_node *node, const char *text)
{
    size_t n = strlen(text);

    if (node->end - node->start == n && memcmp(bytes + node->start, text, n) == 0)
        return true;
    for (uint32_t i = 0; i < node->n; i++) {
        if (node->kind == NP_NODE_LIST && has_span(bytes, &node->items[i], text))
            return true;
        if (node->kind == NP_NODE_MAP && (has_span(bytes, &node->pairs[i].key, text) || has_span(bytes, &node->pairs[i].value, text)))
            return true;
    }
    return false;
}

struct wanted {
    const char *bytes;
    const char *text;
};

static int on_wanted(void *user, struct np_doc *doc)
{
    const struct wanted *wanted = user;

    if (!has_span(wanted->bytes, &doc->root, wanted->text))
        fail_msg("%s: no node has the span of %s", wanted->bytes, wanted->text);
    return 0;
}

static const struct wanted spans[] = {
    {"a: b\n", "a"},
    {"a: b\n", "b"},
    {"a: b   # c\n", "b"},
    {"h\xc3\xa9llo: w\xc3\xb6rld\n", "w\xc3\xb6rld"},
    {"\xf0\x9f\x98\x80: [\xe2\x98\x83, x]\n", "[\xe2\x98\x83, x]"},
    {"\xf0\x9f\x98\x80: [\xe2\x98\x83, x]\n", "x"},
    {"\xef\xbb\xbf\xc3\xa9: x\n", "\xc3\xa9"},
    {"\xef\xbb\xbf"
     "a: x\n",
     "x"},
    {"a:\r\n  - x\r\n  - y\r\nb: z\r\n", "- x\r\n  - y"},
    {"a: 'it''s'\n", "'it''s'"},
    {"a: |\n  x\n  y\n\nb: 1\n", "|\n  x\n  y"},
    {"a: {b: {c: 1}}\nd: 2\n", "{b: {c: 1}}"},
    {"a:\n  b: 1\n\n# comment\nd: 2\n", "b: 1"},
    {"a: x y\n  z\nb: 1\n", "x y\n  z"},
    {"# \xc3\xa9\n---\na: \xc3\xa9\n...\n", "a: \xc3\xa9"},
    {"a: &x 1\nb:\n  - *x\nc: 2\n", "- *x"},
    {"a: &x {k: 1}\nb:\n  k: 2\n  <<: *x\n", "k: 2\n  <<: *x"},
    {"a: &x {k: \xc3\xa9}\nb: *x\n", "&x {k: \xc3\xa9}"},
};

static void test_spans(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(spans); i++) {
        struct wanted wanted = spans[i];
        struct cnipol_ctx *ctx;
        uint32_t source;

        assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
        source = np_sources_add(&ctx->sources, "test", wanted.bytes, strlen(wanted.bytes), false);
        expect_number(wanted.bytes, "status", np_doc_read(ctx, source, NP_DOC_YAML, on_wanted, &wanted), 0);
        cnipol_ctx_free(ctx);
    }
}

/* The k-th document's value under "k", by its flags. */
static int on_flags(void *user, struct np_doc *doc)
{
    unsigned *flags = user;
    const struct np_node *value = np_map_get(&doc->root, "k");

    flags[doc->index] = value ? value->flags : 0xffu;
    return 0;
}

static void test_flags(void **state)
{
    static const char text[] = "k: a\n---\nk: 'a'\n---\nk: |\n  a\n---\nx: &x a\nk: *x\n---\n<<: {k: a}\n---\nk: !!str a\n";
    static const unsigned expected[] = {0, NP_NODE_QUOTED, NP_NODE_QUOTED, NP_NODE_ALIASED, NP_NODE_ALIASED, 0};
    unsigned flags[6] = {0};
    struct cnipol_ctx *ctx;
    uint32_t source;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    source = np_sources_add(&ctx->sources, "test", text, sizeof text - 1, false);
    assert_int_equal(np_doc_read(ctx, source, NP_DOC_YAML, on_flags, flags), 0);
    for (size_t i = 0; i < COUNT(expected); i++)
        expect_number(text, "flags", flags[i], expected[i]);
    cnipol_ctx_free(ctx);
}

static void test_repeated_key(void **state)
{
    struct reading reading;
    struct cnipol_diag diag;

    (void)state;
    reading_open(&reading);
    reading_read(&reading, "a: 1\nb:\n  c: 2\n  d: 3\n  c: 4\n", 32 - 3, NP_DOC_YAML);
    diag = reading_diag(&reading);
    assert_int_equal(reading.status, CNIPOL_OK);
    assert_true(reading.duplicates);
    assert_string_equal(reading.json.s, "{\"a\":1,\"b\":{\"c\":4,\"d\":3}}\n");
    assert_int_equal(diag.code, NP_DUPLICATE_KEY);
    assert_int_equal(diag.severity, CNIPOL_SEVERITY_WARNING);
    assert_int_equal(diag.place.line, 5);
    assert_int_equal(diag.second.line, 3);
    assert_string_equal(diag.second_label, "first given here");
    reading_close(&reading);
}

/* Small and large maps tell keys apart by different means. */
static void test_repeated_key_in_maps_of_every_size(void **state)
{
    (void)state;
    for (int n = 1; n < 80; n++) {
        struct reading reading;
        struct np_buf text;

        reading_open(&reading);
        np_buf_init(&text, &reading.ctx->mem);
        for (int i = 0; i < n; i++)
            np_buf_addf(&text, "k%d: %d\n", i, i);
        reading_read(&reading, text.s, text.n, NP_DOC_YAML);
        assert_false(reading.duplicates);
        np_buf_addf(&text, "k%d: x\n", n / 2);
        reading_read(&reading, text.s, text.n, NP_DOC_YAML);
        assert_true(reading.duplicates);
        assert_int_equal(cnipol_diag_count(reading.ctx), 1);
        assert_int_equal(reading_diag(&reading).second.line, n / 2 + 1);
        np_buf_free(&text);
        reading_close(&reading);
    }
}

static int on_pointer(void *user, struct np_doc *doc)
{
    const struct np_node *a = np_map_get(&doc->root, "a");

    (void)user;
    assert_null(np_map_get(&doc->root, "none"));
    assert_null(np_map_get(NULL, "a"));
    assert_null(np_map_get(a, "a"));
    assert_null(np_map_value(&doc->root, "m"));
    assert_string_equal(np_node_kind_name(np_map_get(&doc->root, "m")), "null");
    assert_string_equal(np_map_pair(&doc->root, "a")->key.s, "a");
    assert_string_equal(np_node_kind_name(a), "number");
    return 42;
}

static void test_lookup_and_early_end(void **state)
{
    static const char text[] = "a: 1\nm: ~\n---\nb: 2\n";
    struct cnipol_ctx *ctx;
    uint32_t source;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    source = np_sources_add(&ctx->sources, "test", text, sizeof text - 1, false);
    assert_int_equal(np_doc_read(ctx, source, NP_DOC_YAML, on_pointer, NULL), 42);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_utf16_is_refused),
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_repeated_key),
        cmocka_unit_test(test_repeated_key_in_maps_of_every_size),
        cmocka_unit_test(test_lookup_and_early_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
