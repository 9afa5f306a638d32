/* SPDX-License-Identifier: BSD-2-Clause */
/* Recognising formats; see recognise.h. */

#include "flow/recognise.h"

#include <string.h>

/* A first line is believed from here on. */
#define SURE 50

/* Events behind lengths of our own say little of themselves: what could be either is neither. */
static const struct np_format *best_of(const char *bytes, size_t n, int *score)
{
    const struct np_format *best = NULL, *format;

    *score = 0;
    for (size_t i = 0; (format = np_format_at(i)); i++) {
        int its = format->recognise ? format->recognise(bytes, n) : 0;

        if (its && its == *score && format->framing == NP_FRAME_U32)
            best = NULL;
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

bool np_is_blank(const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r' && bytes[i] != '\n')
            return false;
    return true;
}

/* A file that was cut off at its head: its first line knows no format, and its second is sure of one. */
static const struct np_format *of_second_line(const char *bytes, size_t n, size_t line)
{
    size_t end = line ? first_line(bytes + line, n - line) : 0;
    const struct np_format *format;
    int score;

    if (!end || !is_text(bytes, line + end))
        return NULL;
    format = best_of(bytes + line, end, &score);
    return score >= SURE ? format : NULL;
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
    if (np_is_blank(bytes, n))
        return -1;
    *out = best_of(bytes, n, &score);
    if (!*out)
        *out = of_second_line(bytes, n, line);
    return *out ? 1 : -1;
}

const char *np_unrecognised(const char *bytes, size_t n)
{
    if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        return "the input begins with a byte order mark, which no writer of flow records writes: take it away";
    if (n >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
        return "the input is UTF-16: convert it to UTF-8";
    return "the first bytes fit no format that is known; name it";
}
