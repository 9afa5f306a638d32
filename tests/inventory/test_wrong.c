/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrong shapes: what is said, and where. */

#include "testing.h"

#define POD "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n"

static const struct row rows[] = {
    {"no name", "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n", "NP1800 line 3 metadata.name: this Pod has no name\n", {0}},
    {"no metadata", "apiVersion: v1\nkind: Pod\n", "NP1800 line 1 metadata.name: this Pod has no name\n", {0}},
};

static void test_words(void **state)
{
    (void)state;
    check_rows(rows, COUNT(rows), DIAGS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words)};

    return cmocka_run_group_tests_name("inventory wrong", tests, NULL, NULL);
}
