/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_BASE_TESTING_H
#define TESTS_BASE_TESTING_H

/* What the tests of the base room share: cmocka with its includes, and comparisons that name their row. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static inline void expect_text(const char *row, const char *got, const char *expected)
{
    if (got == expected || (got && expected && strcmp(got, expected) == 0))
        return;
    fail_msg("%s: got %s, expected %s", row, got ? got : "NULL", expected ? expected : "NULL");
}

static inline void expect_number(const char *row, const char *what, long long got, long long expected)
{
    if (got != expected)
        fail_msg("%s: %s is %lld, expected %lld", row, what, got, expected);
}

#endif
