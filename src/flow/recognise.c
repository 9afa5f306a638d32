/* SPDX-License-Identifier: BSD-2-Clause */
/* Recognising formats; see recognise.h. */

#include "flow/recognise.h"

#include <string.h>

/* A first line is believed from here on. */
#define SURE 50

static const struct np_format *best_of(const char *bytes, size_t n, int *score)
{
    const struct np_format *best = NULL, *format;

    *score = 0;
    for (size_t i = 0; (format = np_format_at(i)); i++) {
        int its = format->recognise ? format->recognise(bytes, n) : 0;

        if (its <= *score)
            continue;
        *score = its;
        best = format;
    }
    return best;
}

static bool is_text(const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)bytes[i] < 0x20 && bytes[i] != '\t' && bytes[i] != '\r' && bytes[i] != '\n')
            return false;
    return true;
}

/* Bytes up to the end of the first line that is not blank; 0: it has not ended. */
static size_t first_line(const char *bytes, size_t n)
{
    size_t start = 0;
    const char *end;

    while (start < n && strchr(" \t\r\n", bytes[start]) && bytes[start])
        start++;
    end = start < n ? memchr(bytes + start, '\n', n - start) : NULL;
    return end ? (size_t)(end - bytes) + 1 : 0;
}

int np_recognise(const char *bytes, size_t n, bool is_all, const struct np_format **out)
{
    size_t line;
    int score;

    if (n > NP_RECOGNISE_BYTES)
        n = NP_RECOGNISE_BYTES;
    line = first_line(bytes, n);
    if (line && is_text(bytes, line)) {
        *out = best_of(bytes, line, &score);
        if (score >= SURE)
            return 1;
    }
    if (n < NP_RECOGNISE_BYTES && !is_all)
        return 0;
    *out = best_of(bytes, n, &score);
    return *out ? 1 : -1;
}
