/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON into memory of a fixed size; see json_out.h. */

#include "flow/json_out.h"

#include <string.h>

#include "base/jescape.h"
#include "base/utf8.h"

void np_jout_raw(struct np_jout *out, const char *s, size_t n)
{
    if (n && out->n < out->size) {
        size_t room = out->size - out->n;

        memcpy(out->bytes + out->n, s, n < room ? n : room);
    }
    out->n += n;
}

static void begin_value(struct np_jout *out)
{
    if (out->wants_comma)
        np_jout_raw(out, ",", 1);
    out->wants_comma = true;
}

void np_jout_open(struct np_jout *out, char bracket)
{
    begin_value(out);
    np_jout_raw(out, &bracket, 1);
    out->wants_comma = false;
}

void np_jout_close(struct np_jout *out, char bracket)
{
    np_jout_raw(out, &bracket, 1);
    out->wants_comma = true;
}

/* What is between the quotes. */
static void put_text(struct np_jout *out, const char *s, size_t n)
{
    size_t at = 0, start = 0;

    while (at < n) {
        uint32_t code = (unsigned char)s[at];
        uint32_t length = code < 0x80 ? 1 : np_utf8_next(s + at, n - at, &code);
        char escape[NP_JESCAPE_BYTES];

        at += length;
        if (code != NP_UTF8_BAD && !np_json_is_escaped(code))
            continue;
        np_jout_raw(out, s + start, at - length - start);
        if (code == NP_UTF8_BAD)
            np_jout_raw(out, NP_UTF8_REPLACEMENT, 3);
        else
            np_jout_raw(out, escape, np_json_escape(code, escape));
        start = at;
    }
    if (n > start)
        np_jout_raw(out, s + start, n - start);
}

static void put_quoted(struct np_jout *out, const char *s, size_t n)
{
    np_jout_raw(out, "\"", 1);
    put_text(out, s, n);
    np_jout_raw(out, "\"", 1);
}

void np_jout_key(struct np_jout *out, const char *key)
{
    begin_value(out);
    put_quoted(out, key, strlen(key));
    np_jout_raw(out, ":", 1);
    out->wants_comma = false;
}

void np_jout_string(struct np_jout *out, struct cnipol_text text)
{
    begin_value(out);
    put_quoted(out, text.s, text.n);
}

void np_jout_joined(struct np_jout *out, struct cnipol_text first, struct cnipol_text second)
{
    begin_value(out);
    np_jout_raw(out, "\"", 1);
    put_text(out, first.s, first.n);
    if (first.s && second.s)
        np_jout_raw(out, "/", 1);
    put_text(out, second.s, second.n);
    np_jout_raw(out, "\"", 1);
}

static void put_number(struct np_jout *out, uint64_t number, bool negative)
{
    char digits[24];
    size_t at = sizeof digits;

    begin_value(out);
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    if (negative)
        digits[--at] = '-';
    np_jout_raw(out, digits + at, sizeof digits - at);
}

void np_jout_number(struct np_jout *out, uint64_t number)
{
    put_number(out, number, false);
}

void np_jout_signed(struct np_jout *out, int64_t number)
{
    put_number(out, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, number < 0);
}

void np_jout_bool(struct np_jout *out, bool value)
{
    begin_value(out);
    if (value)
        np_jout_raw(out, "true", 4);
    else
        np_jout_raw(out, "false", 5);
}

void np_jout_value(struct np_jout *out, struct cnipol_text json)
{
    begin_value(out);
    np_jout_raw(out, json.s, json.n);
}

void np_jout_text_member(struct np_jout *out, const char *key, struct cnipol_text text)
{
    if (!text.s)
        return;
    np_jout_key(out, key);
    np_jout_string(out, text);
}

void np_jout_number_member(struct np_jout *out, const char *key, uint64_t number)
{
    np_jout_key(out, key);
    np_jout_number(out, number);
}

void np_jout_time_member(struct np_jout *out, const char *key, const struct cnipol_time *time)
{
    char text[CNIPOL_TIME_TEXT];
    uint32_t n = cnipol_time_print(time, text);

    np_jout_text_member(out, key, (struct cnipol_text){text, n});
}

void np_jout_texts_member(struct np_jout *out, const char *key, const struct cnipol_text *items, uint32_t n)
{
    if (!items)
        return;
    np_jout_key(out, key);
    np_jout_open(out, '[');
    for (uint32_t i = 0; i < n; i++)
        np_jout_string(out, items[i]);
    np_jout_close(out, ']');
}

size_t np_jout_end(struct np_jout *out)
{
    if (out->size)
        out->bytes[out->n < out->size ? out->n : out->size - 1] = '\0';
    return out->n;
}
