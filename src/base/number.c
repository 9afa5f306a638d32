/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating-point texts: see number.h.
 *
 * Reading is libc's strtod in the "C" locale, which glibc and musl keep as a static object: nothing
 * is allocated. Writing finds the fewest digits that read back as the same number: the C library
 * rounds correctly to any count of digits, so each count is tried in turn. Where the number is a
 * power of two, its upper neighbour is twice as far as its lower one, and the digits one above the
 * nearest ones may read back although the nearest do not: they are tried too.
 *
 * Sources: Go 1.26 strconv/ftoa.go (%e, %f and %g with shortest digits), encoding/json/encode.go
 * (floatEncoder), sigs.k8s.io/yaml v1.6.0 yaml.go (keys).
 */

#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 17

/* 0.d1d2d3… times ten to `point`. */
struct decimal {
    char digits[DIGITS_MAX + 1];
    int n;
    int point;
    bool negative;
};

bool np_float_parse(const char *text, double *out)
{
    double f = strtod_l(text, NULL, newlocale(LC_ALL_MASK, "C", (locale_t)0));

    if (!isfinite(f))
        return false;
    *out = f;
    return true;
}

/* The nearest decimal of `n` digits. The radix character is the locale's, so whatever is no digit is passed over. */
static void round_to(double f, int n, struct decimal *out)
{
    char text[64];
    const char *p = text;

    (void)snprintf(text, sizeof text, "%.*e", n - 1, f);
    out->negative = *p == '-';
    out->n = 0;
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9' && out->n < DIGITS_MAX)
            out->digits[out->n++] = *p;
    out->digits[out->n] = '\0';
    out->point = *p ? atoi(p + 1) + 1 : 1;
}

static bool reads_back(const struct decimal *d, double f, bool single)
{
    char text[64];
    double back = 0;

    (void)snprintf(text, sizeof text, "%s%se%d", d->negative ? "-" : "", d->digits, d->point - d->n);
    if (single)
        return strtof_l(text, NULL, newlocale(LC_ALL_MASK, "C", (locale_t)0)) == (float)f;
    return np_float_parse(text, &back) && back == f;
}

static bool increment(struct decimal *d)
{
    for (int i = d->n; i-- > 0; d->digits[i] = '0')
        if (d->digits[i]++ != '9')
            return true;
    return false;
}

static bool is_power_of_two(double f)
{
    int exponent;

    return fabs(frexp(f, &exponent)) == 0.5;
}

static void shortest(double f, bool single, struct decimal *d)
{
    int most = single ? 9 : DIGITS_MAX;

    for (int n = 1; n <= most; n++) {
        round_to(f, n, d);
        if (n == most || reads_back(d, f, single))
            break;
        if (is_power_of_two(f) && increment(d) && reads_back(d, f, single))
            break;
    }
    while (d->n > 1 && d->digits[d->n - 1] == '0')
        d->n--;
    d->digits[d->n] = '\0';
}

static size_t print_exponent(const struct decimal *d, int least, char *out)
{
    int n = snprintf(out, NP_FLOAT_TEXT, "%s%c%s%se%c%0*d", d->negative ? "-" : "", d->digits[0], d->n > 1 ? "." : "", d->digits + 1,
                     d->point < 1 ? '-' : '+', least, abs(d->point - 1));

    return (size_t)n;
}

static size_t print_plain(const struct decimal *d, char *out)
{
    char *p = out;

    if (d->negative)
        *p++ = '-';
    if (d->point <= 0)
        *p++ = '0';
    for (int i = 0; i < d->point; i++)
        *p++ = i < d->n ? d->digits[i] : '0';
    if (d->n > d->point) {
        *p++ = '.';
        for (int i = d->point; i < d->n; i++)
            *p++ = i < 0 ? '0' : d->digits[i];
    }
    *p = '\0';
    return (size_t)(p - out);
}

size_t np_float_print(double f, char *out)
{
    double size = fabs(f);
    struct decimal d;

    if (size == 0) {
        strcpy(out, signbit(f) ? "-0" : "0");
        return strlen(out);
    }
    shortest(f, false, &d);
    if (size < 1e-6 || size >= 1e21)
        return print_exponent(&d, size < 1 ? 1 : 2, out);
    return print_plain(&d, out);
}

size_t np_float_print_key(double f, char *out)
{
    float single = (float)f;
    struct decimal d;

    if (!isfinite(single)) {
        strcpy(out, isnan(single) ? ".nan" : single > 0 ? ".inf" : "-.inf");
        return strlen(out);
    }
    if (single == 0) {
        strcpy(out, signbit(single) ? "-0" : "0");
        return strlen(out);
    }
    shortest((double)single, true, &d);
    if (d.point - 1 < -4 || d.point - 1 >= 6)
        return print_exponent(&d, 2, out);
    return print_plain(&d, out);
}
