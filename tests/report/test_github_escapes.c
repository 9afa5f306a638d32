/* SPDX-License-Identifier: BSD-2-Clause */
/* One-line forms: GitHub's workflow commands with their escapes, and GCC's lines. */

#include "testing.h"

struct row {
    const char *name;
    const char *file;
    const char *bytes;
    uint32_t start, end;
    const char *message;
    const char *help;
    const char *expected;
};

static const struct row github[] = {
    {"plain", "a.yaml", "a: b\n", 3, 4, "bad", NULL,
     "::error file=a.yaml,line=1,endLine=1,col=4,endColumn=4,title=NP1010 the text is not YAML::bad\n"},
    {"several characters", "a.yaml", "a: bcd\n", 3, 6, "bad", NULL,
     "::error file=a.yaml,line=1,endLine=1,col=4,endColumn=6,title=NP1010 the text is not YAML::bad\n"},
    {"empty span", "a.yaml", "a: b\n", 3, 3, "bad", NULL,
     "::error file=a.yaml,line=1,endLine=1,col=4,endColumn=4,title=NP1010 the text is not YAML::bad\n"},
    {"several lines have no columns", "a.yaml", "a: b\nc: d\n", 0, 8, "bad", NULL,
     "::error file=a.yaml,line=1,endLine=2,title=NP1010 the text is not YAML::bad\n"},
    {"file with special characters", "./a,b:c%d\r\n.yaml", "x", 0, 1, "bad", NULL,
     "::error file=a%2Cb%3Ac%25d%0D%0A.yaml,line=1,endLine=1,col=1,endColumn=1,title=NP1010 the text is not YAML::bad\n"},
    {"message with special characters", "a.yaml", "x", 0, 1, "100% of a,b:c\r\n::error::x", NULL,
     "::error file=a.yaml,line=1,endLine=1,col=1,endColumn=1,title=NP1010 the text is not YAML::"
     "100%25 of a,b:c%0D%0A::error::x\n"},
    {"help is a line of its own", "a.yaml", "x", 0, 1, "bad", "try\nthis",
     "::error file=a.yaml,line=1,endLine=1,col=1,endColumn=1,title=NP1010 the text is not YAML::bad%0Ahelp: try%0Athis\n"},
    {"escape sequences", "a\x1b.yaml", "x", 0, 1, "\x1b[2J\xff", NULL,
     "::error file=a\\x1b.yaml,line=1,endLine=1,col=1,endColumn=1,title=NP1010 the text is not YAML::\\x1b[2J\\xff\n"},
    {"UTF-8 stays", "\u00e9.yaml", "x", 0, 1, "\u4f60", NULL,
     "::error file=\u00e9.yaml,line=1,endLine=1,col=1,endColumn=1,title=NP1010 the text is not YAML::\u4f60\n"},
    {"no place", NULL, "", 0, 0, "bad", NULL, "::error title=NP1010 the text is not YAML::bad\n"},
};

static const struct row gcc[] = {
    {"plain", "a.yaml", "a: b\n", 3, 4, "bad", NULL, "a.yaml:1:4: error: bad [NP1010]\n"},
    {"a line of the message is no line of the report", "a.yaml", "x", 0, 1, "a\nb.yaml:1:1: error: c", NULL,
     "a.yaml:1:1: error: a\\nb.yaml:1:1: error: c [NP1010]\n"},
    {"help is left out", "a.yaml", "x", 0, 1, "bad", "help", "a.yaml:1:1: error: bad [NP1010]\n"},
    {"columns are characters", "a.yaml", "\u00e9\u4f60: x", 7, 8, "bad", NULL, "a.yaml:1:5: error: bad [NP1010]\n"},
    {"escape sequences", "a\x1b.yaml", "x", 0, 1, "\x1b[2J", NULL, "a\\x1b.yaml:1:1: error: \\x1b[2J [NP1010]\n"},
    {"no place", NULL, "", 0, 0, "bad", NULL, "cnipol: error: bad [NP1010]\n"},
};

static void check(const struct row *row, int32_t format)
{
    struct np_span span = {0, row->start, row->end};
    struct np_diag *d;
    struct bench b;

    bench_open(&b);
    if (row->file)
        bench_source(&b, row->file, row->bytes);
    d = np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, row->file ? span : NP_NOWHERE, "%s", row->message);
    if (row->help)
        np_diag_help(&b.ctx->diags, d, "%s", row->help);
    expect_report(row->name, bench_report(&b, format, 1), row->expected);
    bench_close(&b);
}

static void test_github(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(github); i++)
        check(&github[i], CNIPOL_FORMAT_GITHUB);
}

static void test_gcc(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(gcc); i++)
        check(&gcc[i], CNIPOL_FORMAT_GCC);
}

static const struct {
    enum cnipol_severity severity;
    const char *github;
    const char *gcc;
} severities[] = {
    {CNIPOL_SEVERITY_ERROR, "::error title=", "cnipol: error: "},
    {CNIPOL_SEVERITY_WARNING, "::warning title=", "cnipol: warning: "},
    {CNIPOL_SEVERITY_INFO, "::notice title=", "cnipol: note: "},
};

static void test_severities(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(severities); i++) {
        struct bench b;

        bench_open(&b);
        np_diag_severity(&b.ctx->diags, np_diag_raise(&b.ctx->diags, NP_YAML_SYNTAX, NP_NOWHERE, "x"), severities[i].severity);
        assert_memory_equal(bench_report(&b, CNIPOL_FORMAT_GITHUB, 0), severities[i].github, strlen(severities[i].github));
        assert_memory_equal(bench_report(&b, CNIPOL_FORMAT_GCC, 0), severities[i].gcc, strlen(severities[i].gcc));
        bench_close(&b);
    }
}

static void test_gcc_second_place(void **state)
{
    struct np_diag *d;
    struct bench b;

    (void)state;
    bench_open(&b);
    bench_source(&b, "a.yaml", "a: b\na: c\n");
    d = np_diag_raise(&b.ctx->diags, NP_DUPLICATE_KEY, (struct np_span){0, 5, 6}, "key `a` is given twice");
    np_diag_second(&b.ctx->diags, d, (struct np_span){0, 0, 1}, "first here");
    expect_report("second", bench_report(&b, CNIPOL_FORMAT_GCC, 0),
                  "a.yaml:2:1: error: key `a` is given twice [NP1030]\na.yaml:1:1: note: first here\n");
    bench_close(&b);
}

static const struct {
    const char *name;
    int format;
} names[] = {
    {"text", CNIPOL_FORMAT_TEXT},
    {"gcc", CNIPOL_FORMAT_GCC},
    {"json", CNIPOL_FORMAT_JSON},
    {"jsonl", CNIPOL_FORMAT_JSONL},
    {"sarif", CNIPOL_FORMAT_SARIF},
    {"github", CNIPOL_FORMAT_GITHUB},
    {"csv", CNIPOL_FORMAT_CSV},
    {"markdown", CNIPOL_FORMAT_MARKDOWN},
    {"", -1},
    {"TEXT", -1},
    {"tex", -1},
    {"texts", -1},
    {"yaml", -1},
    {NULL, -1},
};

static void test_format_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        assert_int_equal(cnipol_format_parse(names[i].name), names[i].format);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_github),           cmocka_unit_test(test_gcc),          cmocka_unit_test(test_severities),
        cmocka_unit_test(test_gcc_second_place), cmocka_unit_test(test_format_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
