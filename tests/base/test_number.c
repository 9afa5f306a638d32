/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts of floats, as printed by Go 1.26: encoding/json, and strconv.FormatFloat(f, 'g', -1, 32) for keys. */

#include "testing.h"

#include <locale.h>
#include <math.h>

#include "base/number.h"

static const struct {
    double f;
    const char *json;
    const char *key;
} rows[] = {
    {0x0p+00, "0", "0"},
    {-0x0p+00, "-0", "-0"},
    {0x1p+00, "1", "1"},
    {-0x1p+00, "-1", "-1"},
    {0x1.999999999999ap-04, "0.1", "0.1"},
    {0x1.8p+00, "1.5", "1.5"},
    {0x1.5af1d78b58c4p+66, "100000000000000000000", "1e+20"},
    {0x1.b1ae4d6e2ef5p+69, "1e+21", "1e+21"},
    {0x1.d6f34548p+26, "123456789.125", "1.2345679e+08"},
    {0x1.0c6f7a0b5ed8dp-20, "0.000001", "1e-06"},
    {0x1.ad7f29abcaf48p-24, "1e-7", "1e-07"},
    {0x1.0c2ac1dbbe3d8p-20, "9.99e-7", "9.99e-07"},
    {0x1p-1074, "5e-324", "0"},
    {0x1.fffffffffffffp+1023, "1.7976931348623157e+308", ".inf"},
    {0x1p-1022, "2.2250738585072014e-308", "0"},
    {0x1p+122, "5.316911983139664e+36", "5.316912e+36"},
    {0x1p-44, "5.684341886080802e-14", "5.684342e-14"},
    {0x1p+53, "9007199254740992", "9.007199e+15"},
    {0x1.3333333333333p-02, "0.3", "0.3"},
    {0x1.5555555555555p-02, "0.3333333333333333", "0.33333334"},
    {0x1.9p+06, "100", "100"},
    {0x1.e848p+19, "1000000", "1e+06"},
    {0x1.2d687p+20, "1234567", "1.234567e+06"},
    {0x1.a36e2eb1c432dp-14, "0.0001", "0.0001"},
    {0x1.4f8b588e368f1p-17, "0.00001", "1e-05"},
    {0x1.249ad2594c37dp+332, "1e+100", ".inf"},
    {0x1.7e43c8800759cp+996, "1e+300", ".inf"},
    {0x1.ffffffp+127, "3.4028235677973366e+38", ".inf"},
    {0x1p+24, "16777216", "1.6777216e+07"},
    {0x1.000001p+24, "16777217", "1.6777216e+07"},
    {0x1.c7e83209e90b2p+72, "8.41e+21", "8.41e+21"},
    {0x1p-20, "9.5367431640625e-7", "9.536743e-07"},
    {0x1.1666666666666p+02, "4.35", "4.35"},
    {0x1.1de784ap+28, "299792458", "2.9979245e+08"},
    {0x1p+63, "9223372036854776000", "9.223372e+18"},
    {0x1p+64, "18446744073709552000", "1.8446744e+19"},
    {0x1p-1022, "2.2250738585072014e-308", "0"},
    {0x1p+89, "6.189700196426902e+26", "6.1897002e+26"},
    {0x1p-1074, "5e-324", "0"},
    {0x1p+40, "1099511627776", "1.0995116e+12"},
    {0x1p-149, "1.401298464324817e-45", "1e-45"},
    {0x1p-126, "1.1754943508222875e-38", "1.1754944e-38"},
    {0x1.fffffff9fdba8p-127, "1.17549435e-38", "1.1754944e-38"},
};

static void test_print(void **state)
{
    char got[NP_FLOAT_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_number(rows[i].json, "length", (long long)np_float_print(rows[i].f, got), (long long)strlen(rows[i].json));
        expect_text("json", got, rows[i].json);
        (void)np_float_print_key(rows[i].f, got);
        expect_text("key", got, rows[i].key);
    }
}

static void test_print_what_json_cannot_hold(void **state)
{
    char got[NP_FLOAT_TEXT];

    (void)state;
    (void)np_float_print_key(INFINITY, got);
    expect_text("inf", got, ".inf");
    (void)np_float_print_key(-INFINITY, got);
    expect_text("-inf", got, "-.inf");
    (void)np_float_print_key(NAN, got);
    expect_text("nan", got, ".nan");
}

/* Every power of two, whose neighbours are at unequal distances, reads back. */
static void test_powers_of_two_read_back(void **state)
{
    (void)state;
    for (int i = -1074; i < 1024; i++) {
        double f = ldexp(1, i), back = 0;
        char got[NP_FLOAT_TEXT];

        (void)np_float_print(f, got);
        assert_true(np_float_parse(got, &back));
        assert_true(back == f);
    }
}

static void test_parse(void **state)
{
    double f = 7;

    (void)state;
    assert_true(np_float_parse("1.5e3,", &f) && f == 1500);
    assert_true(np_float_parse("1e-400", &f) && f == 0);
    assert_true(np_float_parse("9007199254740993", &f) && f == 9007199254740992.0);
    f = 7;
    assert_false(np_float_parse("1e400", &f));
    assert_false(np_float_parse("-1e400", &f));
    assert_true(f == 7);
}

static void test_locale(void **state)
{
    char got[NP_FLOAT_TEXT];
    double f;

    (void)state;
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8")) {
        print_message("skip: test_locale: the locale de_DE.UTF-8, with its decimal comma, is not installed\n");
        skip();
    }
    (void)np_float_print(0.5, got);
    expect_text("json", got, "0.5");
    assert_true(np_float_parse("0.5", &f) && f == 0.5);
    (void)setlocale(LC_NUMERIC, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_print_what_json_cannot_hold),
        cmocka_unit_test(test_powers_of_two_read_back),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_locale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
