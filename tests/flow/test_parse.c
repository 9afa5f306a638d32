/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers and times as texts: what Go's readers take, and what they refuse. Expected seconds are those of date(1). */

#include "../base/testing.h"

#include "flow/parse.h"

static struct cnipol_text text_of(const char *s)
{
    return (struct cnipol_text){s, (uint32_t)strlen(s)};
}

static const struct {
    const char *text;
    bool fits;
    int64_t value;
} numbers[] = {
    {"0", true, 0},
    {"-0", true, 0},
    {"+7", true, 7},
    {"-1", true, -1},
    {"007", true, 7},
    {"9223372036854775807", true, INT64_MAX},
    {"-9223372036854775808", true, INT64_MIN},
    {"9223372036854775808", false, 0},
    {"-9223372036854775809", false, 0},
    {"18446744073709551616", false, 0},
    {"", false, 0},
    {"-", false, 0},
    {"+", false, 0},
    {"+-1", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"1.0", false, 0},
    {"1e3", false, 0},
    {"0x1", false, 0},
    {"1_000", false, 0},
};

static void test_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        int64_t value = 0;

        expect_number(numbers[i].text, "fit", np_parse_int64(text_of(numbers[i].text), &value), numbers[i].fits);
        expect_number(numbers[i].text, "value", value, numbers[i].value);
    }
}

static void test_unsigned_numbers(void **state)
{
    uint64_t value = 0;

    (void)state;
    assert_true(np_parse_uint64(text_of("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
    assert_false(np_parse_uint64(text_of("18446744073709551616"), &value));
    assert_false(np_parse_uint64(text_of("-1"), &value));
    assert_false(np_parse_uint64(text_of(""), &value));
}

static const struct {
    const char *text;
    bool fits;
    int64_t seconds;
    uint32_t nanos;
} times[] = {
    {"1970-01-01T00:00:00Z", true, 0, 0},
    {"2025-08-22T08:06:40Z", true, 1755850000, 0},
    {"2025-08-22T10:06:40+02:00", true, 1755850000, 0},
    {"2025-08-22T03:36:40-04:30", true, 1755850000, 0},
    {"1969-12-31T23:59:59.999999999Z", true, -1, 999999999},
    {"2000-02-29T00:00:00.5Z", true, 951782400, 500000000},
    {"2000-02-29T00:00:00.1234567899Z", true, 951782400, 123456789},
    {"0001-01-01T00:00:00Z", true, -62135596800, 0},
    {"9999-12-31T23:59:59Z", true, 253402300799, 0},
    {"0000-12-31T23:59:59Z", false, 0, 0},
    {"0001-01-01T00:00:00+00:01", false, 0, 0},
    {"1900-02-29T00:00:00Z", false, 0, 0},
    {"2023-02-29T00:00:00Z", false, 0, 0},
    {"2023-00-01T00:00:00Z", false, 0, 0},
    {"2023-13-01T00:00:00Z", false, 0, 0},
    {"2023-01-01T24:00:00Z", false, 0, 0},
    {"2023-01-01T23:60:00Z", false, 0, 0},
    {"2023-01-01T23:59:60Z", false, 0, 0},
    {"2023-01-01T1:00:00Z", false, 0, 0},
    {"2023-01-01 01:00:00Z", false, 0, 0},
    {"2023-01-01t01:00:00Z", false, 0, 0},
    {"2023-01-01T01:00:00z", false, 0, 0},
    {"2023-01-01T01:00:00", false, 0, 0},
    {"2023-01-01T01:00:00.Z", false, 0, 0},
    {"2023-01-01T01:00:00,5Z", false, 0, 0},
    {"2023-01-01T01:00:00+24:00", false, 0, 0},
    {"2023-01-01T01:00:00+0100", false, 0, 0},
    {"2023-01-01T01:00:00Z ", false, 0, 0},
    {"yesterday", false, 0, 0},
    {"", false, 0, 0},
};

static void test_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        struct cnipol_time time = {0, 0, 0};

        expect_number(times[i].text, "fit", np_parse_rfc3339(text_of(times[i].text), &time), times[i].fits);
        if (times[i].fits) {
            expect_number(times[i].text, "second", time.seconds, times[i].seconds);
            expect_number(times[i].text, "nanosecond", time.nanos, times[i].nanos);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_unsigned_numbers),
        cmocka_unit_test(test_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
