/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of codes, against the enumeration of codes.h and against what people need of it. */

#include "testing.h"

#include <stdio.h>

#include <cnipol/diag.h>

static void test_rows_ascend(void **state)
{
    (void)state;
    for (size_t i = 1; cnipol_code_at(i); i++)
        assert_true(cnipol_code_at(i)->number > cnipol_code_at(i - 1)->number);
}

static void test_find(void **state)
{
    (void)state;
    for (size_t i = 0; cnipol_code_at(i); i++)
        assert_ptr_equal(cnipol_code_find(cnipol_code_at(i)->number), cnipol_code_at(i));
    assert_null(cnipol_code_find(0));
    assert_null(cnipol_code_find(-1));
    assert_null(cnipol_code_find(1099));
    assert_null(cnipol_code_find(INT32_MAX));
    assert_null(cnipol_code_at(SIZE_MAX));
}

static void test_titles(void **state)
{
    (void)state;
    for (size_t i = 0; cnipol_code_at(i); i++) {
        const struct cnipol_code *row = cnipol_code_at(i);
        size_t n = strlen(row->title);

        if (n < 10 || n > 80 || row->title[n - 1] == '.' || strchr(row->title, '\n'))
            fail_msg("NP%04d: title `%s` is no short line without a full stop", row->number, row->title);
        for (size_t j = 0; j < i; j++)
            if (strcmp(cnipol_code_at(j)->title, row->title) == 0)
                fail_msg("NP%04d has the title of NP%04d", row->number, cnipol_code_at(j)->number);
    }
}

static void test_severities(void **state)
{
    (void)state;
    for (size_t i = 0; cnipol_code_at(i); i++)
        assert_in_range(cnipol_code_at(i)->severity, CNIPOL_SEVERITY_ERROR, CNIPOL_SEVERITY_INFO);
}

static unsigned count_sentences(const char *text)
{
    unsigned n = 0;

    for (const char *s = text; *s; s++)
        n += strchr(".?!", *s) != NULL && (s[1] == ' ' || s[1] == '\n' || s[1] == '\0');
    return n;
}

static void test_help(void **state)
{
    (void)state;
    for (size_t i = 0; cnipol_code_at(i); i++) {
        const struct cnipol_code *row = cnipol_code_at(i);

        if (count_sentences(row->help) < 2)
            fail_msg("NP%04d: help has fewer than two sentences: %s", row->number, row->help);
        if (strstr(row->help, "  ") || strstr(row->help, " \n"))
            fail_msg("NP%04d: help has stray blanks: %s", row->number, row->help);
    }
}

/* Every NP_NAME = NUMBER of codes.h has a row, and there are no further rows. */
static void test_every_name_has_a_row(void **state)
{
    FILE *file = fopen(CODES_H, "r");
    size_t names = 0, rows = 0;
    char line[512];

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        char name[128];
        int number;

        if (sscanf(line, " NP_%127[A-Z0-9_] = %d", name, &number) != 2)
            continue;
        names++;
        if (!cnipol_code_find(number))
            fail_msg("NP_%s = %d has no row", name, number);
    }
    fclose(file);
    while (cnipol_code_at(rows))
        rows++;
    assert_true(names > 0);
    assert_int_equal(names, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_ascend), cmocka_unit_test(test_find), cmocka_unit_test(test_titles),
        cmocka_unit_test(test_severities),  cmocka_unit_test(test_help), cmocka_unit_test(test_every_name_has_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
