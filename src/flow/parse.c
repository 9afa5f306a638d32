/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers and times as texts: see parse.h. Days are counted from 1 March of the year 0, so that a leap day ends a year. */

#include "flow/parse.h"

#include <string.h>

#define DAY_SECONDS 86400
#define FIRST_SECOND (-62135596800) /* 0001-01-01T00:00:00Z */
#define LAST_SECOND 253402300799    /* 9999-12-31T23:59:59Z */

bool np_parse_uint64(struct cnipol_text text, uint64_t *out)
{
    uint64_t value = 0;

    if (text.n == 0)
        return false;
    for (uint32_t i = 0; i < text.n; i++) {
        uint8_t digit = (uint8_t)(text.s[i] - '0');

        if (digit > 9 || value > UINT64_MAX / 10 || (value == UINT64_MAX / 10 && digit > UINT64_MAX % 10))
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool np_parse_int64(struct cnipol_text text, int64_t *out)
{
    bool negative = text.n && text.s[0] == '-';
    bool sign = negative || (text.n && text.s[0] == '+');
    uint64_t value;

    if (!np_parse_uint64((struct cnipol_text){sign ? text.s + 1 : text.s, text.n - sign}, &value))
        return false;
    if (value > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

int64_t np_seconds_of_date(int32_t year, uint32_t month, uint32_t day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;

    return days * DAY_SECONDS;
}

bool np_date_exists(int32_t year, uint32_t month, uint32_t day)
{
    static const uint32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (uint32_t)(leap && month == 2);
}

bool np_seconds_fit(int64_t seconds)
{
    return seconds >= FIRST_SECOND && seconds <= LAST_SECOND;
}

/* The number of the n digits at *s, up to `last`; false where they are none. Moves on behind them. */
static bool digits(const char **s, unsigned n, uint32_t last, uint32_t *out)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < n; i++) {
        uint8_t digit = (uint8_t)((*s)[i] - '0');

        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    *s += n;
    *out = value;
    return value <= last;
}

static bool literal(const char **s, char c)
{
    return *(*s)++ == c;
}

/* The digits of a fraction from behind its point; false without any. */
static bool fraction(const char **s, const char *end, uint32_t *nanos)
{
    const char *first = *s;
    uint32_t scale = 100000000;

    for (*nanos = 0; *s < end && **s >= '0' && **s <= '9'; (*s)++) {
        *nanos += scale * (uint32_t)(**s - '0');
        scale /= 10;
    }
    return *s > first;
}

/* Z or an offset, to the end of the text; *seconds is how far local time is ahead. */
static bool zone(const char *s, const char *end, int32_t *seconds)
{
    uint32_t hours, minutes;
    bool behind;

    *seconds = 0;
    if (end - s == 1)
        return *s == 'Z';
    if (end - s != 6 || (*s != '+' && *s != '-'))
        return false;
    behind = *s++ == '-';
    if (!digits(&s, 2, 23, &hours) || !literal(&s, ':') || !digits(&s, 2, 59, &minutes))
        return false;
    *seconds = (int32_t)(hours * 3600 + minutes * 60);
    if (behind)
        *seconds = -*seconds;
    return true;
}

bool np_parse_rfc3339(struct cnipol_text text, struct cnipol_time *out)
{
    const char *s = text.s, *end = text.s + text.n;
    uint32_t year, month, day, hour, minute, second, nanos = 0;
    int32_t ahead;

    if (text.n < sizeof "2006-01-02T15:04:05Z" - 1)
        return false;
    if (!digits(&s, 4, 9999, &year) || !literal(&s, '-') || !digits(&s, 2, 12, &month) || !literal(&s, '-') || !digits(&s, 2, 31, &day))
        return false;
    if (!literal(&s, 'T') || !digits(&s, 2, 23, &hour) || !literal(&s, ':') || !digits(&s, 2, 59, &minute) || !literal(&s, ':') ||
        !digits(&s, 2, 59, &second))
        return false;
    if (s < end && *s == '.') {
        s++;
        if (!fraction(&s, end, &nanos))
            return false;
    }
    if (!zone(s, end, &ahead) || !np_date_exists((int32_t)year, month, day))
        return false;
    out->seconds = np_seconds_of_date((int32_t)year, month, day) + hour * 3600 + minute * 60 + second - ahead;
    out->nanos = nanos;
    out->reserved = 0;
    return np_seconds_fit(out->seconds);
}

int cnipol_time_parse(const char *text, struct cnipol_time *out)
{
    char whole[32];
    size_t n = strlen(text);

    if (n == 10) {
        memcpy(whole, text, n);
        memcpy(whole + n, "T00:00:00Z", sizeof "T00:00:00Z");
        text = whole;
        n = strlen(whole);
    }
    return n <= UINT32_MAX && np_parse_rfc3339((struct cnipol_text){text, (uint32_t)n}, out) ? CNIPOL_OK : CNIPOL_E_SYNTAX;
}
