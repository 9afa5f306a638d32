/* SPDX-License-Identifier: BSD-2-Clause */
/* Matrices in every format, over a matrix that is made up here: only its accessors are used. */

#include "testing.h"

#include <json-c/json.h>

struct cnipol_matrix {
    uint32_t n;
    const char *const *names; /* NULL: "pod-<row>" */
    const char *cells;        /* row by row; NULL: every seventh is denied */
};

static char made_up[16];

uint32_t cnipol_matrix_size(const struct cnipol_matrix *matrix)
{
    return matrix->n;
}

const char *cnipol_matrix_row_name(const struct cnipol_matrix *matrix, uint32_t row)
{
    if (matrix->names)
        return matrix->names[row];
    (void)snprintf(made_up, sizeof made_up, "ns/pod-%u", row);
    return made_up;
}

char cnipol_matrix_symbol(int32_t decision)
{
    return "?.R?X"[decision];
}

int32_t cnipol_matrix_at(const struct cnipol_matrix *matrix, uint32_t row, uint32_t column)
{
    if (!matrix->cells)
        return (row + column) % 7 == 0 ? CNIPOL_DENY : CNIPOL_ALLOW;
    return CNIPOL_ALLOW + (int32_t)(strchr(".R?X", matrix->cells[row * matrix->n + column]) - ".R?X");
}

const char *cnipol_decision_text(int32_t decision)
{
    static const char *const names[] = {"none", "allow", "redirect", "undefined", "deny"};

    return names[decision];
}

static const char *report(struct bench *b, const struct cnipol_matrix *matrix, int32_t format, int32_t color)
{
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;

    opts.format = format;
    opts.color = color;
    bench_clear(b);
    assert_int_equal(cnipol_report_matrix(b->ctx, matrix, &opts, bench_take, b), CNIPOL_OK);
    return b->text;
}

static const char *const shop_names[] = {"shop/cart", "shop/db", "shop/frontend"};
static const struct cnipol_matrix shop = {3, shop_names, ".X.?.RXX."};
static const char *const evil_names[] = {"a,\"b\"\n", "\x1b[31m|x"};
static const struct cnipol_matrix evil = {2, evil_names, "...X"};
static const struct cnipol_matrix nobody = {0, shop_names, ""};

static const struct {
    const char *name;
    const struct cnipol_matrix *matrix;
    int32_t format;
    const char *expected;
} rows[] = {
    {"text", &shop, CNIPOL_FORMAT_TEXT,
     "rows: sources; columns: destinations, by the rows' numbers\n"
     "\n"
     "                 1 2 3\n"
     "1 shop/cart      . X .\n"
     "2 shop/db        ? . R\n"
     "3 shop/frontend  X X .\n"
     "\n"
     ". allow 4   X deny 3   R redirect 1   ? undefined 1\n"},
    {"csv", &shop, CNIPOL_FORMAT_CSV,
     "source,shop/cart,shop/db,shop/frontend\n"
     "shop/cart,allow,deny,allow\n"
     "shop/db,undefined,allow,redirect\n"
     "shop/frontend,deny,deny,allow\n"},
    {"markdown", &shop, CNIPOL_FORMAT_MARKDOWN,
     "| | source | 1 | 2 | 3 |\n"
     "| ---: | :--- | :---: | :---: | :---: |\n"
     "| 1 | shop/cart | . | X | . |\n"
     "| 2 | shop/db | ? | . | R |\n"
     "| 3 | shop/frontend | X | X | . |\n"
     "\n"
     ". allow 4, X deny 3, R redirect 1, ? undefined 1\n"},
    {"json", &shop, CNIPOL_FORMAT_JSON,
     "{\"schema\":\"cnipol.matrix/1\",\"symbols\":{\".\":\"allow\",\"R\":\"redirect\",\"?\":\"undefined\",\"X\":\"deny\"},"
     "\"counts\":{\"allow\":4,\"redirect\":1,\"undefined\":1,\"deny\":3},\n"
     "\"names\":[\"shop/cart\",\"shop/db\",\"shop/frontend\"],\n"
     "\"rows\":[\n\".X.\",\n\"?.R\",\n\"XX.\"\n]}\n"},
    {"nobody, text", &nobody, CNIPOL_FORMAT_TEXT, "no ends\n"},
    {"nobody, csv", &nobody, CNIPOL_FORMAT_CSV, "source\n"},
    {"evil names, text", &evil, CNIPOL_FORMAT_TEXT,
     "rows: sources; columns: destinations, by the rows' numbers\n"
     "\n"
     "              1 2\n"
     "1 a,\"b\"\\n     . .\n"
     "2 \\x1b[31m|x  . X\n"
     "\n"
     ". allow 3   X deny 1\n"},
    {"evil names, csv", &evil, CNIPOL_FORMAT_CSV,
     "source,\"a,\"\"b\"\"\\n\",\\x1b[31m|x\n"
     "\"a,\"\"b\"\"\\n\",allow,allow\n"
     "\\x1b[31m|x,allow,deny\n"},
    {"evil names, markdown", &evil, CNIPOL_FORMAT_MARKDOWN,
     "| | source | 1 | 2 |\n"
     "| ---: | :--- | :---: | :---: |\n"
     "| 1 | a,\"b\"\\n | . | . |\n"
     "| 2 | \\x1b\\[31m\\|x | . | X |\n"
     "\n"
     ". allow 3, X deny 1\n"},
};

static void test_formats(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bench b;

        bench_open(&b);
        expect_report(rows[i].name, report(&b, rows[i].matrix, rows[i].format, 0), rows[i].expected);
        bench_close(&b);
    }
}

static void test_json_parses(void **state)
{
    const struct cnipol_matrix *const matrices[] = {&shop, &evil, &nobody};

    (void)state;
    for (size_t i = 0; i < COUNT(matrices); i++) {
        struct json_object *o;
        struct bench b;

        bench_open(&b);
        o = json_tokener_parse(report(&b, matrices[i], CNIPOL_FORMAT_JSON, 0));
        assert_non_null(o);
        assert_int_equal(json_object_array_length(json_object_object_get(o, "names")), matrices[i]->n);
        assert_int_equal(json_object_array_length(json_object_object_get(o, "rows")), matrices[i]->n);
        json_object_put(o);
        bench_close(&b);
    }
}

static size_t longest_line(const char *text)
{
    size_t longest = 0;

    for (; *text; text += strcspn(text, "\n") + 1)
        if (strcspn(text, "\n") > longest)
            longest = strcspn(text, "\n");
    return longest;
}

/* 21 columns: the first size with groups of ten. */
static void test_groups(void **state)
{
    struct cnipol_matrix matrix = {21, NULL, NULL};
    struct bench b;

    (void)state;
    bench_open(&b);
    (void)report(&b, &matrix, CNIPOL_FORMAT_TEXT, 0);
    assert_non_null(strstr(b.text, "1          11         21\n"));
    assert_non_null(strstr(b.text, " 1 ns/pod-0   X......X.. ....X..... .\n"));
    bench_close(&b);
}

/* Numbers stand over the first column of their group, in every panel. */
static void test_many(void **state)
{
    struct cnipol_matrix matrix = {800, NULL, NULL};
    const char *head, *row;
    struct bench b;

    (void)state;
    bench_open(&b);
    (void)report(&b, &matrix, CNIPOL_FORMAT_TEXT, 0);
    assert_true(longest_line(b.text) <= 120);
    head = strstr(b.text, " 401 ");
    assert_non_null(head);
    while (head[-1] != '\n')
        head--;
    row = strchr(head, '\n') + 1;
    assert_memory_equal(row, "  1 ns/pod-0    ", 16);
    assert_int_equal(strstr(head, "401") - head, 16);
    assert_int_equal(row[16], 400 % 7 == 0 ? 'X' : '.');
    assert_int_equal(strstr(head, "471") - head, 16 + 7 * 11);
    assert_int_equal(row[16 + 7 * 11 + 6], (470 + 6) % 7 == 0 ? 'X' : '.');
    assert_non_null(strstr(b.text, "\n800 ns/pod-799 "));
    bench_close(&b);
}

static void test_long_names_are_cut(void **state)
{
    static const char *const names[] = {"a-namespace-of-quite-some-length/and-a-pod-whose-name-is-even-longer-than-that", "short"};
    struct cnipol_matrix matrix = {2, names, "...."};
    struct bench b;

    (void)state;
    bench_open(&b);
    (void)report(&b, &matrix, CNIPOL_FORMAT_TEXT, 0);
    assert_non_null(strstr(b.text, "1 a-namespace-of-quite-some-length/and-a-pod-whos\u2026  . .\n"));
    assert_non_null(strstr(b.text, "2 short                                             . .\n"));
    bench_close(&b);
}

static void test_color(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    assert_non_null(strstr(report(&b, &shop, CNIPOL_FORMAT_TEXT, 1), "\033[31mX\033[0m"));
    assert_null(strchr(report(&b, &shop, CNIPOL_FORMAT_MARKDOWN, 1), '\033'));
    bench_close(&b);
}

static void test_refused(void **state)
{
    static const int32_t formats[] = {CNIPOL_FORMAT_GCC, CNIPOL_FORMAT_JSONL, CNIPOL_FORMAT_SARIF, CNIPOL_FORMAT_GITHUB, -1, 8, 1000};
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    struct bench b;

    (void)state;
    bench_open(&b);
    bench_clear(&b);
    for (size_t i = 0; i < COUNT(formats); i++) {
        opts.format = formats[i];
        assert_int_equal(cnipol_report_matrix(b.ctx, &shop, &opts, bench_take, &b), CNIPOL_E_USAGE);
    }
    assert_int_equal(b.calls, 0);
    b.refuse_at = 1;
    assert_int_equal(cnipol_report_matrix(b.ctx, &shop, NULL, bench_take, &b), -77);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats), cmocka_unit_test(test_json_parses),        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_many),    cmocka_unit_test(test_long_names_are_cut), cmocka_unit_test(test_color),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
