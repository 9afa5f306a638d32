/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources: lines and columns of byte offsets, under all line ends and with text that is not UTF-8. */

#include "testing.h"

#include <cnipol/status.h>

#include "base/source.h"
#include "base/utf8.h"

static const struct {
    const char *name;
    const char *bytes;
    uint32_t start, end;
    uint32_t line, column, end_line, end_column;
    const char *text;
} rows[] = {
    {"empty source", "", 0, 0, 1, 1, 1, 1, ""},
    {"first byte", "abc", 0, 1, 1, 1, 1, 2, "abc"},
    {"end of file without line end", "abc", 3, 3, 1, 4, 1, 4, "abc"},
    {"end of file behind line end", "abc\n", 4, 4, 2, 1, 2, 1, ""},
    {"past the end of file", "abc", 9, 12, 1, 4, 1, 4, "abc"},
    {"second line, LF", "a\nbcd\n", 3, 5, 2, 2, 2, 4, "bcd"},
    {"the LF itself", "a\nb", 1, 2, 1, 2, 2, 1, "a"},
    {"second line, CR LF", "a\r\nbcd\r\n", 4, 6, 2, 2, 2, 4, "bcd"},
    {"text ends before CR LF", "abc\r\nd", 0, 3, 1, 1, 1, 4, "abc"},
    {"second line, lone CR", "a\rbcd\re", 3, 5, 2, 2, 2, 4, "bcd"},
    {"lone CR at the end", "a\r", 2, 2, 2, 1, 2, 1, ""},
    {"mixed line ends", "a\rb\nc\r\nd", 7, 8, 4, 1, 4, 2, "d"},
    {"empty lines", "\n\n\nx", 3, 4, 4, 1, 4, 2, "x"},
    {"over several lines", "ab\ncd\nef", 1, 7, 1, 2, 3, 2, "ab"},
    {"two-byte characters", "\u00e9\u00e9x", 4, 5, 1, 3, 1, 4, "\u00e9\u00e9x"},
    {"four-byte character", "\U0001f980: x", 6, 7, 1, 4, 1, 5, "\U0001f980: x"},
    {"a stray byte is one column", "\xff\xfex", 2, 3, 1, 3, 1, 4, "\xff\xfex"},
    {"stray continuation bytes", "\x80\x80x", 2, 3, 1, 3, 1, 4, "\x80\x80x"},
    {"cut-off character", "\xe2\x82x", 2, 3, 1, 3, 1, 4, "\xe2\x82x"},
    {"tab is one column", "\tx", 1, 2, 1, 2, 1, 3, "\tx"},
};

static void test_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct np_mem mem;
        struct np_sources sources;
        struct cnipol_place place;
        uint32_t number;

        np_mem_init(&mem, NULL, 0);
        np_sources_init(&sources, &mem);
        number = np_sources_add(&sources, "file.yaml", rows[i].bytes, strlen(rows[i].bytes), true);
        assert_int_equal(np_sources_place(&sources, (struct np_span){number, rows[i].start, rows[i].end}, &place), CNIPOL_OK);
        expect_text(rows[i].name, place.file, "file.yaml");
        expect_number(rows[i].name, "line", place.line, rows[i].line);
        expect_number(rows[i].name, "column", place.column, rows[i].column);
        expect_number(rows[i].name, "end line", place.end_line, rows[i].end_line);
        expect_number(rows[i].name, "end column", place.end_column, rows[i].end_column);
        expect_number(rows[i].name, "text length", place.text_length, (long long)strlen(rows[i].text));
        assert_memory_equal(place.text, rows[i].text, strlen(rows[i].text));
        np_sources_free(&sources);
        assert_int_equal(mem.used, 0);
    }
}

static void test_nowhere(void **state)
{
    struct np_mem mem;
    struct np_sources sources;
    struct cnipol_place place;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    np_sources_init(&sources, &mem);
    assert_int_equal(np_sources_place(&sources, NP_NOWHERE, &place), CNIPOL_OK);
    assert_null(place.file);
    assert_int_equal(place.line, 0);
    np_sources_free(&sources);
}

/* Whatever the order of questions, the answers are those of a fresh source. */
static void test_columns_in_any_order(void **state)
{
    static const char line[] = "a\u00e9b\xff\u20ac{}: \U0001f980\tz\nsecond \u00e9 line";
    static const uint32_t offsets[] = {12, 3, 0, 18, 5, 24, 19, 27, 1, 8, 20, 4};
    struct np_mem mem;
    struct np_sources kept, fresh;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    np_sources_init(&kept, &mem);
    np_sources_add(&kept, "kept", line, sizeof line - 1, false);
    for (size_t i = 0; i < COUNT(offsets); i++) {
        struct np_span span = {0, offsets[i], offsets[i]};
        struct cnipol_place a, b;

        np_sources_init(&fresh, &mem);
        np_sources_add(&fresh, "fresh", line, sizeof line - 1, false);
        assert_int_equal(np_sources_place(&kept, span, &a), CNIPOL_OK);
        assert_int_equal(np_sources_place(&fresh, span, &b), CNIPOL_OK);
        expect_number("offset", "line", a.line, b.line);
        expect_number("offset", "column", a.column, b.column);
        np_sources_free(&fresh);
    }
    np_sources_free(&kept);
    assert_int_equal(mem.used, 0);
}

static void test_adopted_block_is_given_back(void **state)
{
    struct np_mem mem;
    struct np_sources sources;
    char *block;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    np_sources_init(&sources, &mem);
    block = np_alloc(&mem, 100);
    assert_non_null(block);
    memcpy(block, "hello", 5);
    assert_int_equal(np_sources_adopt(&sources, "adopted", block, 5, 100), 0);
    np_sources_free(&sources);
    assert_int_equal(mem.used, 0);
}

static void test_out_of_memory(void **state)
{
    struct np_mem mem;
    struct np_sources sources;
    struct cnipol_place place;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    np_sources_init(&sources, &mem);
    assert_int_equal(np_sources_add(&sources, "a", "a\nb\nc", 5, true), 0);
    mem.limit = mem.used;
    assert_int_equal(np_sources_place(&sources, (struct np_span){0, 0, 1}, &place), CNIPOL_E_NOMEM);
    assert_true(np_sources_add(&sources, "b", "b", 1, true) == NP_NONE);
    mem.limit = 0;
    assert_int_equal(np_sources_place(&sources, (struct np_span){0, 2, 3}, &place), CNIPOL_OK);
    assert_int_equal(place.line, 2);
    np_sources_free(&sources);
    assert_int_equal(mem.used, 0);
}

static const struct {
    const char *bytes;
    uint32_t length; /* of the first unit */
    uint32_t code;
} units[] = {
    {"a", 1, 'a'},
    {"\u00e9", 2, 0xe9},
    {"\u20ac", 3, 0x20ac},
    {"\U0001f980", 4, 0x1f980},
    {"\U0010ffff", 4, 0x10ffff},
    {"\x80", 1, NP_UTF8_BAD},
    {"\xc0\x80", 1, NP_UTF8_BAD},         /* overlong NUL */
    {"\xc1\xbf", 1, NP_UTF8_BAD},         /* overlong */
    {"\xe0\x80\x80", 1, NP_UTF8_BAD},     /* overlong */
    {"\xe0\x9f\xbf", 1, NP_UTF8_BAD},     /* overlong */
    {"\xed\xa0\x80", 1, NP_UTF8_BAD},     /* surrogate */
    {"\xf0\x80\x80\x80", 1, NP_UTF8_BAD}, /* overlong */
    {"\xf4\x90\x80\x80", 1, NP_UTF8_BAD}, /* above 10FFFF */
    {"\xf5\x80\x80\x80", 1, NP_UTF8_BAD},
    {"\xff", 1, NP_UTF8_BAD},
    {"\xe2\x82", 1, NP_UTF8_BAD}, /* cut off */
    {"\xe2\x28\xa1", 1, NP_UTF8_BAD},
};

static void test_utf8_units(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(units); i++) {
        size_t n = strlen(units[i].bytes);
        uint32_t code;

        expect_number(units[i].bytes, "length", np_utf8_next(units[i].bytes, n, &code), units[i].length);
        expect_number(units[i].bytes, "code", code, units[i].code);
        expect_number(units[i].bytes, "valid", np_utf8_valid(units[i].bytes, n), units[i].code != NP_UTF8_BAD);
        if (units[i].code != NP_UTF8_BAD)
            expect_number(units[i].bytes, "length backwards", np_utf8_before(units[i].bytes, n), units[i].length);
    }
}

/* A source that is known by its places gives them back, and no others. */
static void test_known_by_places(void **state)
{
    struct np_sources sources;
    struct cnipol_place *places, place;
    struct np_mem mem;
    uint32_t bytes, number = NP_NONE;

    (void)state;
    np_mem_init(&mem, NULL, 0);
    np_sources_init(&sources, &mem);
    bytes = np_sources_add(&sources, "a.yaml", "a\nb", 3, false);
    places = np_sources_add_places(&sources, 2, &number);
    assert_non_null(places);
    places[0] = (struct cnipol_place){.file = "x.yaml", .text = "", .line = 7, .column = 3, .end_line = 8, .end_column = 1};
    places[1] = (struct cnipol_place){.file = "y.yaml", .text = "", .line = 1, .column = 1, .start_byte = 5, .end_byte = 6};
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(np_sources_place(&sources, (struct np_span){number, i, i}, &place), CNIPOL_OK);
        assert_memory_equal(&place, &places[i], sizeof place);
    }
    assert_int_equal(np_sources_place(&sources, (struct np_span){number, 2, 2}, &place), CNIPOL_OK);
    assert_null(place.file);
    assert_int_equal(np_sources_place(&sources, (struct np_span){bytes, 2, 3}, &place), CNIPOL_OK);
    assert_string_equal(place.file, "a.yaml");
    assert_int_equal(place.line, 2);
    np_sources_free(&sources);
    assert_int_equal(mem.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_nowhere),
        cmocka_unit_test(test_known_by_places),
        cmocka_unit_test(test_columns_in_any_order),
        cmocka_unit_test(test_adopted_block_is_given_back),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_utf8_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
