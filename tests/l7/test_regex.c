/* SPDX-License-Identifier: BSD-2-Clause */
/* Regular expressions: RE2's syntax, what it means where PCRE2 differs, what RE2 refuses, and what hostile ones cost. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/status.h>

#include "l7/regex.h"

#define REFUSED (-100)

static int ask(const char *pattern, const char *text, size_t n, struct np_regex_flaw *flaw)
{
    struct np_regex *regex = NULL;
    struct np_mem mem;
    int rc;

    np_mem_init(&mem, NULL, 0);
    rc = np_regex_compile(&mem, np_str_of(pattern), &regex, flaw);
    rc = rc ? REFUSED : np_regex_matches(regex, (struct np_str){text, (uint32_t)n});
    np_regex_free(regex);
    assert_int_equal(mem.used, 0);
    return rc;
}

static void test_matching(void **state)
{
    static const struct {
        const char *pattern, *text;
        int expect;
    } rows[] = {
        {"", "", 1},
        {"b", "abc", 1},
        {"^b", "abc", 0},
        {"a$", "a\n", 0}, /* $ is the end, not before the last newline */
        {"(?m)a$", "a\nb", 1},
        {"(?m)^b", "a\nb", 1},
        {"a\\z", "a\n", 0},
        {".", "\n", 0},
        {"(?s).", "\n", 1},
        {"[^a]", "\n", 1},
        {"\\s", "\v", 0}, /* RE2's has no vertical tab */
        {"\\S", "\v", 1},
        {"[[:space:]]", "\v", 1},
        {"\\d", "\xd9\xa1", 0}, /* an Arabic digit */
        {"\\pN", "\xd9\xa1", 1},
        {"\\p{Greek}", "\xce\xb1", 1},
        {"\\P{Greek}", "\xce\xb1", 0},
        {"\\p{^Greek}", "a", 1},
        {"\\p{Letter}", "a", 1},
        {"\\w", "\xc3\xa9", 0},
        {"(?i)stra\xc3\x9f" "e", "STRASSE", 0},
        {"(?i)\xc3\xa9", "\xc3\x89", 1},
        {"(?i)k", "\xe2\x84\xaa", 1}, /* the Kelvin sign */
        {"(?i)\\W", "\xe2\x84\xaa", 0},
        {"(?i)[[:^lower:]]", "A", 0},
        {"(?i:a)b", "AB", 0},
        {"a(?i)b|c", "C", 1},
        {"(?P<x>a)(?<y>b)", "ab", 1},
        {"(?U)a+", "aa", 1},
        {"\\Qa.b\\E+", "a.bb", 1},
        {"\\x41\\x{42}\\103", "ABC", 1},
        {"[]a]", "]", 1},
        {"[a-]", "-", 1},
        {"[\\d-z]", "-", 1},
        {"a{,2}", "a{,2}", 1}, /* not a repetition */
        {"a{01}", "a{01}", 1},
        {"^a{2,3}$", "aaaa", 0},
        {"a*(?i)*", "b", 1},
        {"(?:^)*", "", 1},
        {"\\b\xc3", "", REFUSED}, /* no UTF-8 */
        {".", "\xff", 1},         /* a stray byte is a character */
        {"^.$", "\xff\xfe", 0},
        {"\\x{fffd}", "\xff", 1},
        {"[\\x{d800}]", "a", 0},
        {"[^\\x{d800}]", "a", 1},
    };
    struct np_regex_flaw flaw;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int rc = ask(rows[i].pattern, rows[i].text, strlen(rows[i].text), &flaw);

        if (rc != rows[i].expect)
            print_error("%s on %s: got %d\n", rows[i].pattern, rows[i].text, rc);
        assert_int_equal(rc, rows[i].expect);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *pattern, *message;
    } rows[] = {
        {"(a)\\1", "RE2 has no backreferences"},
        {"(?=a)", "invalid or unsupported Perl syntax"},
        {"(?!a)", "invalid or unsupported Perl syntax"},
        {"(?<=a)", "invalid named capture"},
        {"(?>a)", "invalid or unsupported Perl syntax"},
        {"(?#x)", "invalid or unsupported Perl syntax"},
        {"(?x)a", "invalid or unsupported Perl syntax"},
        {"(?'n'a)", "invalid or unsupported Perl syntax"},
        {"(?P=n)", "invalid or unsupported Perl syntax"},
        {"(*UCP)a", "missing argument to repetition operator"},
        {"a++", "invalid nested repetition operator"},
        {"a**", "invalid nested repetition operator"},
        {"*a", "missing argument to repetition operator"},
        {"a|*", "missing argument to repetition operator"},
        {"(", "missing closing )"},
        {"a)", "unexpected )"},
        {"[a", "missing closing ]"},
        {"[z-a]", "invalid character class range"},
        {"[[:foo:]]", "invalid character class range"},
        {"[a-\\d]", "invalid escape sequence"},
        {"a{1001}", "invalid repeat count"},
        {"a{3,2}", "invalid repeat count"},
        {"(a{30}){40}", "invalid repeat count"},
        {"\\C", "invalid escape sequence"},
        {"\\Z", "invalid escape sequence"},
        {"\\G", "invalid escape sequence"},
        {"\\R", "invalid escape sequence"},
        {"\\K", "invalid escape sequence"},
        {"\\h", "invalid escape sequence"},
        {"\\x{110000}", "invalid escape sequence"},
        {"\\p{Foo}", "no such Unicode class"},
        {"\\", "trailing backslash at end of expression"},
        {"(?P<n>a)(?P<n>b)", "duplicate capture group name"},
        {"(?P<n", "invalid named capture"},
    };
    struct np_regex_flaw flaw;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(ask(rows[i].pattern, "", 0, &flaw), REFUSED);
        assert_string_equal(flaw.message, rows[i].message);
        assert_false(flaw.unsupported);
    }
}

/* What a backtracking matcher would never finish. */
static void test_hostile(void **state)
{
    static const char *const patterns[] = {"(a*)*b$", "(a|aa)+$", "^(?:a?){50}a{50}c$", "(?:.*)*x{3}y", "((a{0,9}){0,9}){0,9}b"};
    static char text[20000];
    char nested[801];
    struct np_regex_flaw flaw;

    (void)state;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '!';
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        int rc = ask(patterns[i], text, 200, &flaw);

        assert_true(rc == 0 || rc == (i == 1));
        rc = ask(patterns[i], text, sizeof text, &flaw);
        assert_true(rc == 0 || rc == CNIPOL_E_LIMIT);
    }
    memset(nested, '(', 400);
    memset(nested + 400, ')', 400);
    nested[800] = '\0';
    assert_int_equal(ask(nested, "", 0, &flaw), REFUSED);
    assert_true(flaw.unsupported);
}

static void test_no_memory(void **state)
{
    struct np_regex_flaw flaw;
    struct np_mem mem;

    (void)state;
    for (size_t limit = 1; limit < 4096; limit += 16) {
        struct np_regex *regex = NULL;
        int rc;

        np_mem_init(&mem, NULL, limit);
        rc = np_regex_compile(&mem, np_str_of("(?P<a>[a-c]+)|\\pL{2}"), &regex, &flaw);
        assert_true(rc == CNIPOL_OK || rc == CNIPOL_E_NOMEM);
        np_regex_free(regex);
        assert_int_equal(mem.used, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matching),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
