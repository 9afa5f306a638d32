/* SPDX-License-Identifier: BSD-2-Clause */
/* Points in time on the command line: RFC 3339, dates, and durations before now, as `hubble observe --since` takes them. */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/observe.h"

int observe_time_compare(const struct cnipol_time *a, const struct cnipol_time *b)
{
    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    return (a->nanos > b->nanos) - (a->nanos < b->nanos);
}

/* Nanoseconds in a unit of Go's durations; 0: no such. *n is its length. */
static double unit_of(const char *text, size_t *n)
{
    static const struct {
        const char *name;
        double nanos;
    } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}};
    double found = 0;

    *n = 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i].name);

        if (strncmp(text, units[i].name, length) == 0 && length > *n) {
            found = units[i].nanos;
            *n = length;
        }
    }
    return found;
}

/* "1h30m": numbers with units, one after another. */
static bool read_duration(const char *text, double *nanos)
{
    *nanos = 0;
    if (!*text)
        return false;
    while (*text) {
        double number = 0, scale = 1, unit;
        size_t n = strspn(text, "0123456789"), length;

        if (!n || n > 9)
            return false;
        for (size_t i = 0; i < n; i++)
            number = number * 10 + (text[i] - '0');
        text += n;
        for (text += *text == '.'; text[-1] != '.' ? false : *text >= '0' && *text <= '9'; text++)
            number += (*text - '0') * (scale /= 10);
        unit = unit_of(text, &length);
        if (unit == 0)
            return false;
        *nanos += number * unit;
        text += length;
    }
    return true;
}

static struct cnipol_time before_now(double nanos)
{
    struct timespec now;
    struct cnipol_time out = {0};
    int64_t whole = (int64_t)(nanos / 1e9), rest = (int64_t)(nanos - (double)whole * 1e9);

    (void)clock_gettime(CLOCK_REALTIME, &now);
    out.seconds = (int64_t)now.tv_sec - whole;
    if (now.tv_nsec < rest)
        out.seconds--;
    out.nanos = (uint32_t)((now.tv_nsec - rest + 1000000000) % 1000000000);
    return out;
}

int observe_time(const char *option, const char *text, struct cnipol_time *out)
{
    double nanos;

    if (read_duration(text, &nanos)) {
        *out = before_now(nanos);
        return CLI_OK;
    }
    if (cnipol_time_parse(text, out) == CNIPOL_OK)
        return CLI_OK;
    return cli_fail(CLI_USAGE, "--%s takes a time (2026-04-24T08:00:00Z, 2026-04-24) or a duration before now (5m, 1h30m), not %s", option, text);
}
