/* SPDX-License-Identifier: BSD-2-Clause */
/* Diagnostics for people: marks under the right columns, whatever the line holds. */

#include "testing.h"

static const char payments[] = "kind: NetworkPolicy\n"
                               "spec:\n"
                               "  ingress:\n"
                               "  - ports:\n"
                               "    - protocol: TCP\n"
                               "      port: 8443\n"
                               "      endPort: 8080\n";

/* Everything that a diagnostic can say. */
static void test_complete(void **state)
{
    struct bench b;
    struct np_diag *d;
    uint32_t source;

    (void)state;
    bench_open(&b);
    source = bench_source(&b, "policies/payments.yaml", payments);
    b.ctx->diags.object = (struct np_diag_object){"NetworkPolicy", "payments", "allow-api"};
    d = np_diag_raise(&b.ctx->diags, NP_DUPLICATE_KEY, bench_find(&b, source, "8080", 0), "port range ends before it starts");
    np_diag_label(&b.ctx->diags, d, "ends at 8080");
    np_diag_second(&b.ctx->diags, d, bench_find(&b, source, "8443", 0), "but `port` starts at 8443");
    np_diag_help(&b.ctx->diags, d, "swap the values");
    np_diag_upstream(&b.ctx->diags, d, "must be greater than or equal to `port`");
    np_diag_path(&b.ctx->diags, d, "spec.ingress[0].ports[0].endPort");
    expect_report("complete", bench_report(&b, CNIPOL_FORMAT_TEXT, 0),
                  "error[NP1030]: port range ends before it starts\n"
                  " --> policies/payments.yaml:7:16\n"
                  "  |\n"
                  "6 |       port: 8443\n"
                  "  |             ---- but `port` starts at 8443\n"
                  "7 |       endPort: 8080\n"
                  "  |                ^^^^ ends at 8080\n"
                  "  |\n"
                  "  = note: the API server says: must be greater than or equal to `port`\n"
                  "  = help: swap the values\n"
                  "  = object: NetworkPolicy payments/allow-api, spec.ingress[0].ports[0].endPort\n");
    bench_close(&b);
}

/* One mark over `start` to `end`, labelled "here"; what stands below the arrow. */
static const struct {
    const char *name;
    const char *bytes;
    uint32_t start, end;
    const char *snippet;
} marks[] = {
    {"one byte", "a: b\n", 3, 4, "1:4\n  |\n1 | a: b\n  |    ^ here\n"},
    {"empty span", "a: b\n", 1, 1, "1:2\n  |\n1 | a: b\n  |  ^ here\n"},
    {"reversed span", "a: b\n", 3, 1, "1:4\n  |\n1 | a: b\n  |    ^ here\n"},
    {"end of the line", "a: b\n", 4, 4, "1:5\n  |\n1 | a: b\n  |     ^ here\n"},
    {"the line end itself", "a: b\nc", 4, 5, "1:5\n  |\n1 | a: b\n  |     ^ here\n"},
    {"end of file, no line end", "a: b", 4, 4, "1:5\n  |\n1 | a: b\n  |     ^ here\n"},
    {"end of file, empty last line", "a: b\n", 5, 5, "2:1\n  |\n2 |\n  | ^ here\n"},
    {"empty source", "", 0, 0, "1:1\n  |\n1 |\n  | ^ here\n"},
    {"past the end", "a", 7, 9, "1:2\n  |\n1 | a\n  |  ^ here\n"},
    {"CR LF", "a: b\r\nc: d\r\n", 9, 10, "2:4\n  |\n2 | c: d\n  |    ^ here\n"},
    {"lone CR", "a: b\rc: d\r", 8, 9, "2:4\n  |\n2 | c: d\n  |    ^ here\n"},
    {"line number of two digits", "\n\n\n\n\n\n\n\n\nx", 9, 10, "10:1\n   |\n10 | x\n   | ^ here\n"},
    {"tab before", "\ta: b", 1, 2, "1:2\n  |\n1 |     a: b\n  |     ^ here\n"},
    {"tab inside", "a:\tb", 0, 4, "1:1\n  |\n1 | a:    b\n  | ^^^^^^^ here\n"},
    {"two-byte characters before", "\u00e9\u00e9: b", 6, 7, "1:5\n  |\n1 | \u00e9\u00e9: b\n  |     ^ here\n"},
    {"wide characters before", "\u4f60\u597d: b", 8, 9, "1:5\n  |\n1 | \u4f60\u597d: b\n  |       ^ here\n"},
    {"wide characters marked", "\u4f60\u597d: b", 3, 6, "1:2\n  |\n1 | \u4f60\u597d: b\n  |   ^^ here\n"},
    {"emoji", "\U0001f980: b", 0, 4, "1:1\n  |\n1 | \U0001f980: b\n  | ^^ here\n"},
    {"combining mark before", "e\u0301: b", 5, 6, "1:5\n  |\n1 | e\u0301: b\n  |    ^ here\n"},
    {"escape sequence in the line", "a: \x1b[31mb", 8, 9, "1:9\n  |\n1 | a: \\x1b[31mb\n  |            ^ here\n"},
    {"OSC and BEL", "\x1b]0;x\x07 b", 7, 8, "1:8\n  |\n1 | \\x1b]0;x\\x07 b\n  |              ^ here\n"},
    {"DEL",
     "a\x7f"
     "b",
     2, 3, "1:3\n  |\n1 | a\\x7fb\n  |      ^ here\n"},
    {"C1 control",
     "a\xc2\x9b"
     "b",
     3, 4, "1:3\n  |\n1 | a\\u009bb\n  |        ^ here\n"},
    {"stray bytes", "\xff\xfe: b", 4, 5, "1:5\n  |\n1 | \\xff\\xfe: b\n  |           ^ here\n"},
    {"direction override", "a\u202eb", 4, 5, "1:3\n  |\n1 | a\\u202eb\n  |        ^ here\n"},
    {"zero width space", "a\u200bb", 1, 4, "1:2\n  |\n1 | a\\u200bb\n  |  ^^^^^^ here\n"},
    {"no-break space",
     "a:\xc2\xa0"
     "b",
     2, 4, "1:3\n  |\n1 | a:\\u00a0b\n  |   ^^^^^^ here\n"},
    {"byte order mark", "\ufeffa: b", 3, 4, "1:2\n  |\n1 | a: b\n  | ^ here\n"},
    {"byte order mark itself", "\ufeffa: b", 0, 3, "1:1\n  |\n1 | a: b\n  | ^ here\n"},
    {"over two lines", "a: {b,\nc}\nd", 3, 9, "1:4\n  |\n1 | a: {b,\n  |    ^^^\u2026 here (to line 2)\n"},
    {"up to the next line's start", "a: b\nc: d\n", 0, 5, "1:1\n  |\n1 | a: b\n  | ^^^^ here\n"},
};

static void test_marks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(marks); i++) {
        struct bench b;
        struct np_diag *d;
        uint32_t source;
        char expected[256];

        bench_open(&b);
        source = bench_source(&b, "f", marks[i].bytes);
        d = np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, (struct np_span){source, marks[i].start, marks[i].end}, "bad");
        np_diag_label(&b.ctx->diags, d, "here");
        (void)snprintf(expected, sizeof expected, "error[NP1010]: bad\n%*s--> f:%s",
                       (int)(strspn(marks[i].snippet, "0123456789") > 1 ? 2 : 1), "", marks[i].snippet);
        expect_report(marks[i].name, bench_report(&b, CNIPOL_FORMAT_TEXT, 0), expected);
        bench_close(&b);
    }
}

/* Two marks, the first over `first`, labelled "one", the second over `second`, labelled "two". */
static const struct {
    const char *name;
    const char *bytes;
    const char *first, *second;
    const char *snippet;
} pairs[] = {
    {"second further left", "p: 8, e: 7\n", "7", "8", "1:10\n  |\n1 | p: 8, e: 7\n  |    -     ^ one\n  |    |\n  |    two\n"},
    {"second further right", "p: 8, e: 7\n", "8", "7", "1:4\n  |\n1 | p: 8, e: 7\n  |    ^     - two\n  |    |\n  |    one\n"},
    {"the same place", "p: 8\n", "8", "8", "1:4\n  |\n1 | p: 8\n  |    ^ one\n  |    - two\n"},
    {"one within the other", "p: 8\n", "8", "p: 8", "1:4\n  |\n1 | p: 8\n  |    ^ one\n  | ---- two\n"},
    {"neighbours", "p: 8\n", "p", ":", "1:1\n  |\n1 | p: 8\n  | ^ one\n  |  - two\n"},
    {"line before", "p: 8\ne: 7\n", "7", "8", "2:4\n  |\n1 | p: 8\n  |    - two\n2 | e: 7\n  |    ^ one\n"},
    {"line after", "p: 8\ne: 7\n", "8", "7", "1:4\n  |\n1 | p: 8\n  |    ^ one\n2 | e: 7\n  |    - two\n"},
    {"lines apart", "p: 8\n\ne: 7\n", "7", "8", "3:4\n  |\n1 | p: 8\n  |    - two\n...\n3 | e: 7\n  |    ^ one\n"},
};

static void test_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct bench b;
        struct np_diag *d;
        uint32_t source;
        char expected[256];

        bench_open(&b);
        source = bench_source(&b, "f", pairs[i].bytes);
        d = np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, bench_find(&b, source, pairs[i].first, 0), "bad");
        np_diag_label(&b.ctx->diags, d, "one");
        np_diag_second(&b.ctx->diags, d, bench_find(&b, source, pairs[i].second, 0), "two");
        (void)snprintf(expected, sizeof expected, "error[NP1010]: bad\n --> f:%s", pairs[i].snippet);
        expect_report(pairs[i].name, bench_report(&b, CNIPOL_FORMAT_TEXT, 0), expected);
        bench_close(&b);
    }
}

static void test_second_in_another_file(void **state)
{
    struct bench b;
    struct np_diag *d;
    uint32_t one, two;

    (void)state;
    bench_open(&b);
    one = bench_source(&b, "one.yaml", "name: x\n");
    two = bench_source(&b, "two.yaml", "\nname: x\n");
    d = np_diag_raise(&b.ctx->diags, NP_DUPLICATE_KEY, bench_find(&b, two, "x", 0), "twice");
    np_diag_second(&b.ctx->diags, d, bench_find(&b, one, "x", 0), "first here");
    expect_report("two files", bench_report(&b, CNIPOL_FORMAT_TEXT, 0),
                  "error[NP1030]: twice\n"
                  " --> two.yaml:2:7\n"
                  "  |\n"
                  "2 | name: x\n"
                  "  |       ^\n"
                  " ::: one.yaml:1:7\n"
                  "  |\n"
                  "1 | name: x\n"
                  "  |       - first here\n");
    bench_close(&b);
}

/* The columns of the n-th line of a report, counted as a terminal does with one-column characters. */
static size_t columns_of_line(const char *text, int n, const char **line)
{
    size_t columns = 0;

    while (n-- > 0)
        text = strchr(text, '\n') + 1;
    *line = text;
    for (; *text != '\n'; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

/* A word somewhere in a very long line: the window is narrow, and the caret stands under the word. */
static void long_line(size_t before, size_t after, bool cut_left, bool cut_right)
{
    char *bytes = malloc(before + after + 8);
    const char *line, *caret, *word;
    struct bench b;

    assert_non_null(bytes);
    memset(bytes, 'x', before + after + 4);
    memcpy(bytes + before, "WORD", 4);
    bytes[before + after + 4] = '\0';
    bench_open(&b);
    bench_source(&b, "f", bytes);
    np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, (struct np_span){0, (uint32_t)before, (uint32_t)before + 4}, "bad");
    (void)bench_report(&b, CNIPOL_FORMAT_TEXT, 0);
    assert_true(columns_of_line(b.text, 3, &line) <= 4 + 120);
    assert_true((strstr(line, "| \u2026x") != NULL) == cut_left);
    assert_true((strstr(line, "x\u2026\n") != NULL) == cut_right);
    (void)columns_of_line(b.text, 4, &caret);
    word = strstr(line, "WORD");
    assert_non_null(word);
    assert_int_equal(strcspn(caret, "^"), word - line - (cut_left ? 2 : 0));
    assert_memory_equal(caret + strcspn(caret, "^"), "^^^^\n", 5);
    bench_close(&b);
    free(bytes);
}

static void test_long_line_fits(void **state)
{
    (void)state;
    long_line(60, 56, false, false);
}

static void test_long_line_start(void **state)
{
    (void)state;
    long_line(5, 5000, false, true);
}

static void test_long_line_middle(void **state)
{
    (void)state;
    long_line(5000, 5000, true, true);
}

static void test_long_line_end(void **state)
{
    (void)state;
    long_line(5000, 3, true, false);
}

static void test_long_value(void **state)
{
    char bytes[1001];
    const char *line;
    struct bench b;

    (void)state;
    memset(bytes, 'x', 1000);
    bytes[1000] = '\0';
    bench_open(&b);
    bench_source(&b, "f", bytes);
    np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, (struct np_span){0, 300, 900}, "bad");
    (void)bench_report(&b, CNIPOL_FORMAT_TEXT, 0);
    assert_true(columns_of_line(b.text, 4, &line) <= 4 + 121);
    assert_non_null(strstr(line, "^\u2026\n"));
    bench_close(&b);
}

/* The second mark is in the same line, but far outside of the window. */
static void test_second_out_of_sight(void **state)
{
    char bytes[1001];
    struct bench b;
    struct np_diag *d;

    (void)state;
    memset(bytes, 'x', 1000);
    bytes[1000] = '\0';
    bench_open(&b);
    bench_source(&b, "f", bytes);
    d = np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, (struct np_span){0, 10, 11}, "bad");
    np_diag_second(&b.ctx->diags, d, (struct np_span){0, 900, 901}, "over there");
    assert_non_null(strstr(bench_report(&b, CNIPOL_FORMAT_TEXT, 0), "  | (1:901) over there\n"));
    bench_close(&b);
}

/* Marks that take no column do not make the window endless. */
static void test_endless_combining_marks(void **state)
{
    size_t n = 200000;
    char *bytes = malloc(2 * n + 1);
    struct bench b;

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        memcpy(bytes + 2 * i, "\xcc\x81", 2);
    bytes[2 * n] = '\0';
    bench_open(&b);
    bench_source(&b, "f", bytes);
    np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, (struct np_span){0, (uint32_t)n, (uint32_t)n + 2}, "%s", bytes);
    (void)bench_report(&b, CNIPOL_FORMAT_TEXT, 0);
    assert_true(b.n < 5000);
    bench_close(&b);
    free(bytes);
}

static void test_no_place(void **state)
{
    struct bench b;
    struct np_diag *d;

    (void)state;
    bench_open(&b);
    d = np_diag_raise(&b.ctx->diags, NP_FILE_UNREADABLE, NP_NOWHERE, "cannot read `x`");
    np_diag_help(&b.ctx->diags, d, "does it exist?");
    expect_report("no place", bench_report(&b, CNIPOL_FORMAT_TEXT, 0), "error[NP1001]: cannot read `x`\n  = help: does it exist?\n");
    bench_close(&b);
}

static void test_nothing(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    expect_report("nothing", bench_report(&b, CNIPOL_FORMAT_TEXT, 0), "");
    bench_close(&b);
}

/* Names, messages and paths come from the input as well. */
static void test_nothing_commands_the_terminal(void **state)
{
    static const char evil[] = "\x1b[2J\x07\r\n\x9b\xc2\x9b\u202e";
    struct bench b;
    struct np_diag *d;

    (void)state;
    bench_open(&b);
    bench_source(&b, evil, evil);
    b.ctx->diags.object = (struct np_diag_object){evil, evil, evil};
    d = np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, (struct np_span){0, 0, 4}, "%s", evil);
    np_diag_label(&b.ctx->diags, d, "%s", evil);
    np_diag_second(&b.ctx->diags, d, (struct np_span){0, 1, 2}, "%s", evil);
    np_diag_help(&b.ctx->diags, d, "%s", evil);
    np_diag_upstream(&b.ctx->diags, d, "%s", evil);
    np_diag_path(&b.ctx->diags, d, "%s", evil);
    (void)bench_report(&b, CNIPOL_FORMAT_TEXT, 0);
    assert_null(strpbrk(b.text, "\x1b\x07\r\x9b"));
    assert_null(strstr(b.text, "\u202e"));
    (void)bench_report(&b, CNIPOL_FORMAT_GCC, 0);
    assert_null(strpbrk(b.text, "\x1b\x07\r\x9b"));
    (void)bench_report(&b, CNIPOL_FORMAT_GITHUB, 0);
    assert_null(strpbrk(b.text, "\x1b\x07\r\x9b"));
    bench_close(&b);
}

static void test_color(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    bench_source(&b, "f", "a: b\n");
    np_diag_severity(&b.ctx->diags, np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, (struct np_span){0, 3, 4}, "bad"),
                     CNIPOL_SEVERITY_WARNING);
    expect_report("color", bench_report(&b, CNIPOL_FORMAT_TEXT, 1),
                  "\033[1;33mwarning[NP1010]\033[0m\033[1m: bad\033[0m\n"
                  " \033[1;34m-->\033[0m f:1:4\n"
                  "  \033[1;34m|\033[0m\n"
                  "\033[1;34m1 |\033[0m a: b\n"
                  "  \033[1;34m|\033[0m    \033[1;33m^\033[0m\n");
    bench_close(&b);
}

/* By source, place and code; what has no place comes last; equals keep their order. */
static void test_order(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    bench_source(&b, "first", "ab\n");
    bench_source(&b, "second", "ab\n");
    np_diag_raise(&b.ctx->diags, NP_FILE_UNREADABLE, NP_NOWHERE, "g");
    np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, (struct np_span){1, 0, 1}, "f");
    np_diag_raise(&b.ctx->diags, NP_JSON_SYNTAX, (struct np_span){0, 1, 2}, "d");
    np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, (struct np_span){0, 1, 2}, "b");
    np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, (struct np_span){0, 1, 1}, "c");
    np_diag_raise(&b.ctx->diags, NP_DUPLICATE_KEY, (struct np_span){0, 0, 1}, "a");
    np_diag_raise(&b.ctx->diags, NP_DUPLICATE_KEY, (struct np_span){0, 1, 1}, "e");
    expect_report("order", bench_report(&b, CNIPOL_FORMAT_GCC, 0),
                  "first:1:1: error: a [NP1030]\n"
                  "first:1:2: error: b [NP1010]\n"
                  "first:1:2: error: c [NP1010]\n"
                  "first:1:2: error: d [NP1011]\n"
                  "first:1:2: error: e [NP1030]\n"
                  "second:1:1: error: f [NP1010]\n"
                  "cnipol: error: g [NP1001]\n");
    bench_close(&b);
}

static void test_limit_is_told(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    assert_int_equal(cnipol_ctx_set_limit(b.ctx, CNIPOL_LIMIT_DIAGS, 1), CNIPOL_OK);
    for (int i = 0; i < 3; i++)
        np_diag_raise(&b.ctx->diags, NP_FILE_UNREADABLE, NP_NOWHERE, "no");
    expect_report("limit", bench_report(&b, CNIPOL_FORMAT_TEXT, 0), "error[NP1001]: no\n\n2 more not shown: only the first 1 were kept\n");
    bench_close(&b);
}

static void test_writer_refuses(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    for (int i = 0; i < 2000; i++)
        np_diag_raise(&b.ctx->diags, NP_FILE_UNREADABLE, NP_NOWHERE, "a message of some length, so that there are several calls");
    bench_clear(&b);
    b.refuse_at = 2;
    assert_int_equal(cnipol_report_diags(b.ctx, NULL, bench_take, &b), -77);
    assert_int_equal(b.calls, 2);
    bench_close(&b);
}

static void test_options(void **state)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    struct {
        struct cnipol_report_opts opts;
        int32_t later[2];
    } newer = {CNIPOL_REPORT_OPTS_INIT, {0, 0}};
    struct bench b;

    (void)state;
    bench_open(&b);
    bench_clear(&b);
    opts.format = CNIPOL_FORMAT_CSV;
    assert_int_equal(cnipol_report_diags(b.ctx, &opts, bench_take, &b), CNIPOL_E_USAGE);
    opts.format = 99;
    assert_int_equal(cnipol_report_diags(b.ctx, &opts, bench_take, &b), CNIPOL_E_USAGE);
    opts = (struct cnipol_report_opts){0};
    assert_int_equal(cnipol_report_diags(b.ctx, &opts, bench_take, &b), CNIPOL_E_USAGE);
    newer.opts.sz = sizeof newer;
    assert_int_equal(cnipol_report_diags(b.ctx, &newer.opts, bench_take, &b), CNIPOL_OK);
    newer.later[1] = 1;
    assert_int_equal(cnipol_report_diags(b.ctx, &newer.opts, bench_take, &b), CNIPOL_E_USAGE);
    bench_close(&b);
}

/* Every allocation of a report fails once; nothing leaks, and the report says so. */
static void test_out_of_memory(void **state)
{
    struct bench b;
    size_t used;

    (void)state;
    bench_open(&b);
    bench_source(&b, "f", "a: b\n");
    np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, (struct np_span){0, 3, 4}, "bad");
    (void)bench_report(&b, CNIPOL_FORMAT_TEXT, 0);
    used = cnipol_ctx_memory_used(b.ctx);
    for (size_t more = 0; more < 64; more += 4) {
        assert_int_equal(cnipol_ctx_set_limit(b.ctx, CNIPOL_LIMIT_MEMORY, used + more), CNIPOL_OK);
        assert_int_equal(cnipol_report_diags(b.ctx, NULL, bench_take, &b), CNIPOL_E_NOMEM);
        assert_int_equal(cnipol_ctx_memory_used(b.ctx), used);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_complete),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_second_in_another_file),
        cmocka_unit_test(test_long_line_fits),
        cmocka_unit_test(test_long_line_start),
        cmocka_unit_test(test_long_line_middle),
        cmocka_unit_test(test_long_line_end),
        cmocka_unit_test(test_long_value),
        cmocka_unit_test(test_second_out_of_sight),
        cmocka_unit_test(test_endless_combining_marks),
        cmocka_unit_test(test_no_place),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_nothing_commands_the_terminal),
        cmocka_unit_test(test_color),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_limit_is_told),
        cmocka_unit_test(test_writer_refuses),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
