/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timestamps as protojson takes them.
 *
 * That is Go's time.Parse() with RFC3339Nano, which takes more than RFC 3339: an hour of one digit, a comma before the fraction,
 * offsets up to 24:60; then protojson refuses more than nine digits behind a point (but not behind a comma), and years outside
 * 1 to 9999 of UTC. What Hubble writes is "2026-04-24T08:00:00.002451934Z", read here eight bytes at once.
 *
 * Sources: Go 1.26 time/format.go (parse, parseNanoseconds), google.golang.org/protobuf v1.36.11 encoding/protojson/well_known_types.go.
 */

#include "flow/hubble_json.h"
#include "flow/parse.h"

struct parts {
    uint32_t year, month, day, hour, minute, second, nanos;
    int32_t ahead; /* seconds that local time is ahead of UTC */
};

static bool settle(const struct parts *parts, struct cnipol_time *out)
{
    if (!np_date_exists((int32_t)parts->year, parts->month, parts->day))
        return false;
    *out = (struct cnipol_time){np_seconds_of_date((int32_t)parts->year, parts->month, parts->day), parts->nanos, 0};
    out->seconds += (int64_t)parts->hour * 3600 + parts->minute * 60 + parts->second - parts->ahead;
    return np_seconds_fit(out->seconds);
}

/* `least` to `most` digits. */
static bool digits(const char **p, const char *end, unsigned least, unsigned most, uint32_t *out)
{
    unsigned n = 0;

    for (*out = 0; n < most && *p < end && (unsigned char)(**p - '0') < 10; n++)
        *out = *out * 10 + (uint32_t)(*(*p)++ - '0');
    return n >= least;
}

static bool literal(const char **p, const char *end, char c)
{
    return *p < end && *(*p)++ == c;
}

/* A fraction, if there is one. */
static bool fraction(const char **p, const char *end, uint32_t *nanos)
{
    bool has_point = *p < end && **p == '.';
    uint32_t scale = 100000000;
    const char *first;

    *nanos = 0;
    if (end - *p < 2 || (**p != '.' && **p != ',') || (unsigned char)((*p)[1] - '0') > 9)
        return true;
    for (first = ++*p; *p < end && (unsigned char)(**p - '0') < 10; ++*p, scale /= 10)
        *nanos += scale * (uint32_t)(**p - '0');
    return !has_point || *p - first <= 9;
}

static bool zone(const char **p, const char *end, int32_t *ahead)
{
    uint32_t hour, minute;
    bool behind;

    *ahead = 0;
    if (*p < end && **p == 'Z') {
        ++*p;
        return true;
    }
    if (end - *p < 6 || (**p != '+' && **p != '-'))
        return false;
    behind = *(*p)++ == '-';
    if (!digits(p, end, 2, 2, &hour) || !literal(p, end, ':') || !digits(p, end, 2, 2, &minute) || hour > 24 || minute > 60)
        return false;
    *ahead = (int32_t)(hour * 3600 + minute * 60) * (behind ? -1 : 1);
    return true;
}

static bool read_any(struct cnipol_text text, struct cnipol_time *out)
{
    const char *p = text.s, *end = text.s + text.n;
    struct parts parts;

    if (!digits(&p, end, 4, 4, &parts.year) || !literal(&p, end, '-') || !digits(&p, end, 2, 2, &parts.month) || !literal(&p, end, '-') ||
        !digits(&p, end, 2, 2, &parts.day) || !literal(&p, end, 'T'))
        return false;
    if (!digits(&p, end, 1, 2, &parts.hour) || !literal(&p, end, ':') || !digits(&p, end, 2, 2, &parts.minute) || !literal(&p, end, ':') ||
        !digits(&p, end, 2, 2, &parts.second) || parts.hour > 23 || parts.minute > 59 || parts.second > 59)
        return false;
    return fraction(&p, end, &parts.nanos) && zone(&p, end, &parts.ahead) && p == end && settle(&parts, out);
}

/* Digits where a byte of `digits` is 0x0f, that very byte where it is 0. */
static bool looks_like(uint64_t word, uint64_t digits, uint64_t literals)
{
    uint64_t values = (word ^ 0x3030303030303030u) & (digits | digits << 4);

    return (word & ~(digits | digits << 4)) == literals && ((values | (values + 0x0606060606060606u)) & 0xf0f0f0f0f0f0f0f0u) == 0;
}

/* "2026-04-24T": is the date one that exists? Its midnight is kept. */
static bool read_date(struct np_hubble_clock *clock, uint64_t a, uint64_t b)
{
    uint32_t year, month, day;

    if (a == clock->date[0] && b == clock->date[1])
        return true;
    if (!looks_like(a, 0x000f0f000f0f0f0fu, 0x2d00002d00000000u) || !looks_like(b, 0x00000f0fu, 0x540000u))
        return false;
    year = np_json_number8(a, 4);
    month = np_json_number8(a >> 40, 2);
    day = np_json_number8(b, 2);
    if (year == 0 || !np_date_exists((int32_t)year, month, day))
        return false;
    clock->date[0] = a;
    clock->date[1] = b;
    clock->midnight = np_seconds_of_date((int32_t)year, month, day);
    return true;
}

/* "2026-04-24T08:00:00.002451934Z": all there, all nine digits. False: read it the long way. */
static bool read_usual(struct np_hubble_clock *clock, const char *s, struct cnipol_time *out)
{
    uint64_t c = np_json_load8(s + 11), d = np_json_load8(s + 20), pairs;
    uint32_t hour, minute, second;

    if (s[29] != 'Z' || (unsigned char)(s[28] - '0') > 9 || s[19] != '.' || !looks_like(c, 0x0f0f000f0f000f0fu, 0x00003a00003a0000u) ||
        !looks_like(d, 0x0f0f0f0f0f0f0f0fu, 0) || !read_date(clock, np_json_load8(s), np_json_load8(s + 8) & 0xffffff))
        return false;
    pairs = c & 0x0f0f000f0f000f0fu;
    pairs = pairs * 10 + (pairs >> 8);
    hour = pairs & 0xff;
    minute = pairs >> 24 & 0xff;
    second = pairs >> 48 & 0xff;
    *out = (struct cnipol_time){clock->midnight + (int64_t)(hour * 3600 + minute * 60 + second), np_json_number8(d, 8) * 10 + (uint32_t)(s[28] - '0'), 0};
    return hour < 24 && minute < 60 && second < 60;
}

/* Are the 30 bytes those of the time before? */
static bool is_again(const struct np_hubble_clock *clock, const char *s)
{
    return ((np_json_load8(s) ^ np_json_load8(clock->text)) | (np_json_load8(s + 8) ^ np_json_load8(clock->text + 8)) |
            (np_json_load8(s + 16) ^ np_json_load8(clock->text + 16)) | (np_json_load8(s + 22) ^ np_json_load8(clock->text + 22))) == 0;
}

bool np_hubble_time(struct np_hubble_clock *clock, struct cnipol_text text, struct cnipol_time *out)
{
    if (text.n != sizeof clock->text)
        return read_any(text, out);
    if (is_again(clock, text.s)) {
        *out = clock->time;
        return true;
    }
    if (!read_usual(clock, text.s, out))
        return read_any(text, out);
    memcpy(clock->text, text.s, sizeof clock->text);
    clock->time = *out;
    return true;
}
