/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of text: lines, CSV's lines, JSON values.
 *
 * JSON that machines write is a value a line, and is taken so. A line that ends in one of { [ , : cannot be one: it was
 * printed for people, and goes on until its brackets close. A bad line therefore costs itself only. A stream that begins with [ is a
 * list of records.
 */

#include <string.h>

#include "flow/frame.h"

enum mode { MODE_LINE, MODE_BRACKETS };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool scan_line(const char *bytes, size_t n, size_t *length)
{
    const char *end = n ? memchr(bytes, '\n', n) : NULL;

    *length = end ? (size_t)(end - bytes) + 1 : n;
    return end != NULL;
}

/* An odd number of quotes so far: the line end is inside. */
static bool scan_csv(struct np_framer *framer, const char *bytes, size_t n, size_t *length)
{
    size_t at = 0;
    bool found;

    do {
        size_t part;

        found = scan_line(bytes + at, n - at, &part);
        for (const char *p = bytes + at; (p = memchr(p, '"', (size_t)(bytes + at + part - p))); p++)
            framer->search.in_quotes = !framer->search.in_quotes;
        at += part;
    } while (found && framer->search.in_quotes);
    *length = at;
    return found;
}

/* One byte of a value whose brackets are being counted. True: the value ends with it. */
static bool count_brackets(struct np_framer *framer, char c)
{
    if (framer->search.in_quotes) {
        if (framer->search.escaped)
            framer->search.escaped = false;
        else if (c == '\\')
            framer->search.escaped = true;
        else if (c == '"')
            framer->search.in_quotes = false;
        return false;
    }
    if (c == '"')
        framer->search.in_quotes = true;
    else if (c == '{' || c == '[')
        framer->search.depth++;
    if (c != '}' && c != ']')
        return false;
    framer->search.depth -= framer->search.depth > 0;
    return framer->search.depth == 0;
}

static bool scan_brackets(struct np_framer *framer, const char *bytes, size_t n, size_t *length)
{
    for (size_t i = 0; i < n; i++) {
        /* In a list, what is no object or list ends where the next element begins. */
        if (framer->in_list && !framer->search.depth && !framer->search.in_quotes && (bytes[i] == ',' || bytes[i] == ']')) {
            *length = i;
            return true;
        }
        if (count_brackets(framer, bytes[i])) {
            *length = i + 1;
            return true;
        }
    }
    *length = n;
    return false;
}

/* The last byte of a line that is no blank; `before` where all are. */
static char last_of(const char *bytes, size_t n, char before)
{
    while (n && is_blank(bytes[n - 1]))
        n--;
    return n ? bytes[n - 1] : before;
}

static bool goes_on(char last)
{
    return last == '{' || last == '[' || last == ',' || last == ':';
}

/*
 * A line that goes on: from the start of the value, which is in the carried bytes and these. If its brackets close before the line
 * ends, what is behind them makes it a bad line, and no longer one.
 */
static bool begin_brackets(struct np_framer *framer, const char *bytes, size_t n, size_t *length)
{
    size_t line = *length, ignored;
    bool closed = scan_brackets(framer, framer->carry, framer->carried, &ignored) || scan_brackets(framer, bytes, line, &ignored);
    bool found;

    framer->search.mode = MODE_BRACKETS;
    if (closed)
        return true;
    found = scan_brackets(framer, bytes + line, n - line, length);
    *length += line;
    return found;
}

static bool scan_json(struct np_framer *framer, const char *bytes, size_t n, size_t *length)
{
    if (framer->in_list)
        framer->search.mode = MODE_BRACKETS;
    if (framer->search.mode == MODE_BRACKETS)
        return scan_brackets(framer, bytes, n, length);
    if (!scan_line(bytes, n, length)) {
        framer->search.last = last_of(bytes, *length, framer->search.last);
        return false;
    }
    return !goes_on(last_of(bytes, *length, framer->search.last)) || begin_brackets(framer, bytes, n, length);
}

bool np_frame_scan(struct np_framer *framer, const char *bytes, size_t n, size_t *length)
{
    switch (framer->framing) {
    case NP_FRAME_CSV:
        return scan_csv(framer, bytes, n, length);
    case NP_FRAME_JSON:
        return scan_json(framer, bytes, n, length);
    default:
        return scan_line(bytes, n, length);
    }
}

/* Does the byte lie between records, or begin or end a list of them? */
static bool is_gap(struct np_framer *framer, char c)
{
    if (c == '\n' || c == '\r')
        return true;
    if (framer->framing != NP_FRAME_JSON)
        return false;
    if (is_blank(c) || (framer->in_list && c == ','))
        return true;
    if (!framer->in_list && !framer->begun && c == '[')
        framer->in_list = true;
    else if (framer->in_list && c == ']')
        framer->in_list = false;
    else
        return false;
    framer->begun = true;
    return true;
}

size_t np_frame_gap(struct np_framer *framer, const char *bytes, size_t n)
{
    size_t at = 0;

    while (at < n && is_gap(framer, bytes[at]))
        framer->line += bytes[at++] == '\n';
    framer->offset += at;
    framer->begun |= at < n;
    return at;
}

size_t np_frame_trim(const char *bytes, size_t n)
{
    if (n && bytes[n - 1] == '\n')
        n--;
    if (n && bytes[n - 1] == '\r')
        n--;
    return n;
}
