/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * np_jscan. Tokens are written as one letter each: n f t # " k [ ] { } and, after an error, ! with the
 * byte where it is. Which texts are JSON follows RFC 8259 and the names of nst/JSONTestSuite's kinds.
 */

#include "testing.h"

#include <stdio.h>

#include "base/jscan.h"

#define TEXT(s) (s), sizeof(s) - 1

static void scan_letters(const char *text, size_t n, uint32_t depth, char *out, size_t room)
{
    static const char letters[] = "\0nft#\"k[]{}";
    enum np_jscan_token token;
    struct np_jscan scan;
    struct np_buf scratch;
    struct np_mem mem;
    size_t at = 0;

    np_mem_init(&mem, NULL, 0);
    np_buf_init(&scratch, &mem);
    np_jscan_init(&scan, text, n, depth, &scratch);
    while ((token = np_jscan_next(&scan)) > NP_JSCAN_END && at < room - 24)
        out[at++] = letters[token];
    out[at] = '\0';
    if (token == NP_JSCAN_ERROR)
        (void)snprintf(out + at, room - at, "!%zu", scan.start);
    if (token == NP_JSCAN_ERROR)
        assert_int_equal(np_jscan_next(&scan), NP_JSCAN_ERROR);
    np_buf_free(&scratch);
    assert_int_equal(mem.used, 0);
}

static const struct {
    const char *text;
    size_t n;
    const char *tokens;
} rows[] = {
    {TEXT(""), ""},
    {TEXT(" \t\r\n"), ""},
    {TEXT("null"), "n"},
    {TEXT("true false"), "tf"},
    {TEXT("[]"), "[]"},
    {TEXT("{}"), "{}"},
    {TEXT("[[],{}]"), "[[]{}]"},
    {TEXT("{\"a\":1,\"b\":[null]}"), "{k#k[n]}"},
    {TEXT("{\"a\" : \"b\"}"), "{k\"}"},
    {TEXT("{}\n{}\n"), "{}{}"},
    {TEXT("{}{}"), "{}{}"},
    {TEXT("1 2"), "##"},
    {TEXT("0"), "#"},
    {TEXT("-0"), "#"},
    {TEXT("-0.0e-0"), "#"},
    {TEXT("1E+2"), "#"},
    {TEXT("01"), "!1"},
    {TEXT("-"), "!1"},
    {TEXT("-a"), "!1"},
    {TEXT("+1"), "!0"},
    {TEXT(".5"), "!0"},
    {TEXT("1."), "!2"},
    {TEXT("1.e1"), "!2"},
    {TEXT("1e"), "!2"},
    {TEXT("1e+"), "!3"},
    {TEXT("0x1"), "!1"},
    {TEXT("1a"), "!1"},
    {TEXT("1true"), "!1"},
    {TEXT("truefalse"), "!4"},
    {TEXT("tru"), "!3"},
    {TEXT("True"), "!0"},
    {TEXT("nul1"), "!3"},
    {TEXT("NaN"), "!0"},
    {TEXT("[1,]"), "[#!3"},
    {TEXT("[,1]"), "[!1"},
    {TEXT("[1 2]"), "[#!3"},
    {TEXT("[1"), "[#!2"},
    {TEXT("["), "[!1"},
    {TEXT("]"), "!0"},
    {TEXT("[}"), "[!1"},
    {TEXT("{]"), "{!1"},
    {TEXT("{\"a\"}"), "{!4"},
    {TEXT("{\"a\":}"), "{k!5"},
    {TEXT("{\"a\":1,}"), "{k#!7"},
    {TEXT("{a:1}"), "{!1"},
    {TEXT("{1:1}"), "{!1"},
    {TEXT("{'a':1}"), "{!1"},
    {TEXT("{\"a\":1 \"b\":2}"), "{k#!7"},
    {TEXT("{\"a\""), "{!4"},
    {TEXT("\"abc"), "!4"},
    {TEXT("\"a\nb\""), "!2"},
    {TEXT("\"a\0b\""), "!2"},
    {TEXT("\"\\x41\""), "!2"},
    {TEXT("\"\\u12\""), "!2"},
    {TEXT("\"\\u12g4\""), "!2"},
    {TEXT("\"\\"), "!2"},
    {TEXT("\"\\\""), "!3"},
    {TEXT("[1] x"), "[#]!4"},
    {TEXT("[1] // c"), "[#]!4"},
    {TEXT("/* c */ 1"), "!0"},
    {TEXT("\xef\xbb\xbf{}"), "!0"},
    {TEXT("[\xc3\xa9]"), "[!1"},
    {TEXT("\0"), "!0"},
    {TEXT("[1\0]"), "[!2"},
    {TEXT("\x0b"), "!0"},
};

static void test_grammar(void **state)
{
    char got[128];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        scan_letters(rows[i].text, rows[i].n, 100, got, sizeof got);
        expect_text(rows[i].text, got, rows[i].tokens);
    }
}

static void test_depth(void **state)
{
    char got[128];

    (void)state;
    scan_letters(TEXT("[[[]]]"), 3, got, sizeof got);
    expect_text("three of three", got, "[[[]]]");
    scan_letters(TEXT("[[{\"a\":[1]}]]"), 3, got, sizeof got);
    expect_text("four of three", got, "[[{k!7");
    scan_letters(TEXT("[]"), 0, got, sizeof got);
    expect_text("none", got, "!0");
}

/* Level bits beyond one word. */
static void test_levels_across_words(void **state)
{
    char text[1024], got[1024];
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 130; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", i % 3 ? "[" : "{\"\":");
    text[n++] = '1';
    for (int i = 130; i-- > 0;)
        text[n++] = i % 3 ? ']' : '}';
    scan_letters(text, n, 200, got, sizeof got);
    assert_null(strchr(got, '!'));
    text[n - 1] = ']';
    scan_letters(text, n, 200, got, sizeof got);
    assert_non_null(strchr(got, '!'));
}

static const struct {
    const char *json;
    size_t n;
    const char *text;
    size_t text_n;
} strings[] = {
    {TEXT("\"\""), TEXT("")},
    {TEXT("\"abcdefghijklmnopqrstuvwxyz\""), TEXT("abcdefghijklmnopqrstuvwxyz")},
    {TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), TEXT("\"\\/\b\f\n\r\t")},
    {TEXT("\"\\u0041\\u00e9\\u20AC\""), TEXT("A\xc3\xa9\xe2\x82\xac")},
    {TEXT("\"\\ud83d\\ude00\""), TEXT("\xf0\x9f\x98\x80")},
    {TEXT("\"a\\u0000b\""), TEXT("a\0b")},
    {TEXT("\"\\ud800\""), TEXT("\xef\xbf\xbd")},
    {TEXT("\"\\udc00x\""), TEXT("\xef\xbf\xbdx")},
    {TEXT("\"\\ud800\\ud800\\udc00\""), TEXT("\xef\xbf\xbd\xf0\x90\x80\x80")},
    {TEXT("\"\\ud800\\n\""), TEXT("\xef\xbf\xbd\n")},
    {TEXT("\"\\ud800\\u0041\""), TEXT("\xef\xbf\xbd"
                                      "A")},
    {TEXT("\"h\xc3\xa9llo \xf0\x9f\x98\x80\""), TEXT("h\xc3\xa9llo \xf0\x9f\x98\x80")},
    {TEXT("\"\x7f\""), TEXT("\x7f")},
    {TEXT("\"\x80\""), TEXT("\xef\xbf\xbd")},
    {TEXT("\"\xc3(\""), TEXT("\xef\xbf\xbd(")},
    {TEXT("\"\xc0\xaf\""), TEXT("\xef\xbf\xbd\xef\xbf\xbd")},
    {TEXT("\"\xed\xa0\x80\""), TEXT("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd")},
    {TEXT("\"\xf4\x90\x80\x80\""), TEXT("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd")},
    {TEXT("\"\xf0\x9f\x98\""), TEXT("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd")},
    {TEXT("\"12345678\xff"
          "12345678\""),
     TEXT("12345678\xef\xbf\xbd"
          "12345678")},
    {TEXT("\"1234567\\n12345678\\\\\""), TEXT("1234567\n12345678\\")},
};

static void test_strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(strings); i++) {
        struct np_jscan scan;
        struct np_buf scratch;
        struct np_mem mem;

        np_mem_init(&mem, NULL, 0);
        np_buf_init(&scratch, &mem);
        np_jscan_init(&scan, strings[i].json, strings[i].n, 1, &scratch);
        expect_number(strings[i].json, "token", np_jscan_next(&scan), NP_JSCAN_STRING);
        expect_number(strings[i].json, "length", scan.text.n, (long long)strings[i].text_n);
        assert_memory_equal(scan.text.s, strings[i].text, strings[i].text_n);
        expect_number(strings[i].json, "end", (long long)scan.end, (long long)strings[i].n);
        np_buf_free(&scratch);
    }
}

static void test_offsets(void **state)
{
    static const char text[] = " { \"k\\n\" :  -12.5e1 , \"b\": [ true ] } ";
    static const struct {
        enum np_jscan_token token;
        size_t start, end;
    } tokens[] = {
        {NP_JSCAN_MAP, 1, 2},    {NP_JSCAN_KEY, 3, 8},        {NP_JSCAN_NUMBER, 12, 19},  {NP_JSCAN_KEY, 22, 25}, {NP_JSCAN_LIST, 27, 28},
        {NP_JSCAN_TRUE, 29, 33}, {NP_JSCAN_LIST_END, 34, 35}, {NP_JSCAN_MAP_END, 36, 37}, {NP_JSCAN_END, 38, 38},
    };
    struct np_jscan scan;
    struct np_buf scratch;
    struct np_mem mem;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    np_buf_init(&scratch, &mem);
    np_jscan_init(&scan, text, sizeof text - 1, 8, &scratch);
    for (size_t i = 0; i < COUNT(tokens); i++) {
        expect_number(text, "token", np_jscan_next(&scan), tokens[i].token);
        expect_number(text, "start", (long long)scan.start, (long long)tokens[i].start);
        expect_number(text, "end", (long long)scan.end, (long long)tokens[i].end);
    }
    np_buf_free(&scratch);
}

/* A scratch buffer that cannot grow is an error, not a shorter string. */
static void test_no_memory(void **state)
{
    struct np_jscan scan;
    struct np_buf scratch;
    struct np_mem mem;

    (void)state;
    np_mem_init(&mem, NULL, 1);
    np_buf_init(&scratch, &mem);
    np_jscan_init(&scan, TEXT("\"\\n\""), 1, &scratch);
    assert_int_equal(np_jscan_next(&scan), NP_JSCAN_ERROR);
    assert_int_equal(scan.error, NP_JSCAN_NOMEM);
    np_buf_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grammar), cmocka_unit_test(test_depth),   cmocka_unit_test(test_levels_across_words),
        cmocka_unit_test(test_strings), cmocka_unit_test(test_offsets), cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
