/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The JSON scanner: see jscan.h.
 *
 * A small state says what may come next; one bit per open level says what it closes with. Strings
 * are skipped eight bytes at a time until a byte needs a look; only a string with an escape or with
 * bad UTF-8 is copied, piecewise, into the scratch buffer.
 *
 * Sources: RFC 8259; RFC 3629 for UTF-8; Go 1.26 encoding/json/decode.go (unquote) and
 * unicode/utf8 for what becomes U+FFFD.
 */

#include "base/jscan.h"

#include "base/utf8.h"

enum state {
    VALUE,          /* at the top: a value or the end */
    ELEMENT_OR_END, /* in a list, after [ */
    KEY_OR_END,     /* in a map, after { */
    MEMBER,         /* after a key and its colon */
    AFTER,          /* in a list or map, after a value */
    FAILED
};

void np_jscan_init(struct np_jscan *scan, const char *bytes, size_t size, uint32_t max_depth, struct np_buf *scratch)
{
    scan->bytes = (const unsigned char *)bytes;
    scan->size = size;
    scan->at = scan->start = scan->end = 0;
    scan->text = (struct np_str){"", 0};
    scan->integral = false;
    scan->state = VALUE;
    scan->depth = 0;
    scan->max_depth = max_depth < NP_JSCAN_DEPTH_MAX ? max_depth : NP_JSCAN_DEPTH_MAX;
    scan->error = 0;
    scan->message = NULL;
    scan->scratch = scratch;
    scratch->failed = false; /* of an earlier text */
}

static enum np_jscan_token fail(struct np_jscan *scan, enum np_jscan_error error, size_t at, const char *message)
{
    scan->state = FAILED;
    scan->error = error;
    scan->message = message;
    scan->start = at;
    scan->end = at < scan->size ? at + 1 : scan->size;
    return NP_JSCAN_ERROR;
}

static enum np_jscan_token unexpected(struct np_jscan *scan, size_t at, const char *message)
{
    return fail(scan, NP_JSCAN_SYNTAX, at, at >= scan->size ? "the text ends too early" : message);
}

static bool in_map(const struct np_jscan *scan)
{
    uint32_t level = scan->depth - 1;

    return scan->maps[level / 64] >> (level % 64) & 1;
}

static void after_value(struct np_jscan *scan)
{
    scan->state = scan->depth ? AFTER : VALUE;
}

static void skip_space(struct np_jscan *scan)
{
    const unsigned char *p = scan->bytes + scan->at, *end = scan->bytes + scan->size;

    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    scan->at = (size_t)(p - scan->bytes);
}

static enum np_jscan_token open_level(struct np_jscan *scan, bool map)
{
    uint32_t level = scan->depth;
    uint64_t bit = (uint64_t)1 << (level % 64);

    if (level >= scan->max_depth)
        return fail(scan, NP_JSCAN_TOO_DEEP, scan->at, "lists and maps are nested too deeply");
    if (map)
        scan->maps[level / 64] |= bit;
    else
        scan->maps[level / 64] &= ~bit;
    scan->depth++;
    scan->end = ++scan->at;
    scan->state = map ? KEY_OR_END : ELEMENT_OR_END;
    return map ? NP_JSCAN_MAP : NP_JSCAN_LIST;
}

static enum np_jscan_token close_level(struct np_jscan *scan)
{
    bool map = in_map(scan);

    scan->depth--;
    scan->end = ++scan->at;
    after_value(scan);
    return map ? NP_JSCAN_MAP_END : NP_JSCAN_LIST_END;
}

/* May the byte follow a number or a word? */
static bool delimits(const struct np_jscan *scan, size_t at)
{
    if (at >= scan->size)
        return true;
    switch (scan->bytes[at]) {
    case ' ':
    case '\n':
    case '\r':
    case '\t':
    case ',':
    case ']':
    case '}':
        return true;
    default:
        return false;
    }
}

static enum np_jscan_token word(struct np_jscan *scan, const char *text, size_t n, enum np_jscan_token token)
{
    for (size_t i = 0; i < n; i++)
        if (scan->at + i >= scan->size || scan->bytes[scan->at + i] != (unsigned char)text[i])
            return unexpected(scan, scan->at + i, "this is no JSON value");
    scan->end = scan->at += n;
    if (!delimits(scan, scan->at))
        return unexpected(scan, scan->at, "this is no JSON value");
    after_value(scan);
    return token;
}

static size_t digits(const struct np_jscan *scan, size_t at)
{
    while (at < scan->size && scan->bytes[at] >= '0' && scan->bytes[at] <= '9')
        at++;
    return at;
}

static bool byte_is(const struct np_jscan *scan, size_t at, char c)
{
    return at < scan->size && scan->bytes[at] == (unsigned char)c;
}

/* The end of the exponent after a number's digits; `at` itself where there is none; 0 for a broken one. */
static size_t exponent(const struct np_jscan *scan, size_t at, size_t *bad)
{
    size_t first;

    if (!byte_is(scan, at, 'e') && !byte_is(scan, at, 'E'))
        return at;
    at++;
    if (byte_is(scan, at, '+') || byte_is(scan, at, '-'))
        at++;
    first = at;
    at = digits(scan, at);
    if (at > first)
        return at;
    *bad = first;
    return 0;
}

static enum np_jscan_token number(struct np_jscan *scan)
{
    size_t at = scan->at + byte_is(scan, scan->at, '-'), whole = at, bad = 0;

    at = byte_is(scan, at, '0') ? at + 1 : digits(scan, at);
    if (at == whole)
        return unexpected(scan, at, "a number needs a digit here");
    scan->integral = !byte_is(scan, at, '.') && !byte_is(scan, at, 'e') && !byte_is(scan, at, 'E');
    if (byte_is(scan, at, '.')) {
        size_t fraction = ++at;

        at = digits(scan, at);
        if (at == fraction)
            return unexpected(scan, at, "a number needs a digit here");
    }
    at = exponent(scan, at, &bad);
    if (!at)
        return unexpected(scan, bad, "a number needs a digit here");
    if (!delimits(scan, at))
        return unexpected(scan, at, "this does not belong to a number");
    scan->text = (struct np_str){(const char *)scan->bytes + scan->at, (uint32_t)(at - scan->at)};
    scan->at = scan->end = at;
    after_value(scan);
    return NP_JSCAN_NUMBER;
}

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* Has any byte of the word a quote, a backslash, a control character or its high bit? */
static bool needs_look(uint64_t w)
{
    uint64_t quote = w ^ (ONES * '"');
    uint64_t slash = w ^ (ONES * '\\');

    return (((w - ONES * 0x20) | (quote - ONES) | (slash - ONES) | w) & HIGHS) != 0;
}

/* Past the bytes that stand for themselves: ends at a quote, backslash, control character, bad byte, or the end. */
static const unsigned char *skip_plain(const unsigned char *p, const unsigned char *end)
{
    for (;;) {
        uint64_t w;
        unsigned n;

        while (end - p >= 8) {
            memcpy(&w, p, sizeof w);
            if (needs_look(w))
                break;
            p += 8;
        }
        while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
            p++;
        if (p == end || *p < 0x80)
            return p;
        n = np_utf8_length(p, (size_t)(end - p));
        if (n == 0)
            return p;
        p += n;
    }
}

static int hex4(const unsigned char *p, size_t room)
{
    int value = 0;

    for (unsigned i = 0; i < 4; i++) {
        unsigned char c = i < room ? p[i] : 0, lower = c | 0x20;

        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if (lower >= 'a' && lower <= 'f')
            value = value * 16 + (lower - 'a' + 10);
        else
            return -1;
    }
    return value;
}

static void add_rune(struct np_buf *out, uint32_t rune)
{
    char c[4];

    if (rune < 0x80) {
        np_buf_addc(out, (char)rune);
    } else if (rune < 0x800) {
        c[0] = (char)(0xc0 | rune >> 6);
        c[1] = (char)(0x80 | (rune & 0x3f));
        np_buf_add(out, c, 2);
    } else if (rune < 0x10000) {
        c[0] = (char)(0xe0 | rune >> 12);
        c[1] = (char)(0x80 | (rune >> 6 & 0x3f));
        c[2] = (char)(0x80 | (rune & 0x3f));
        np_buf_add(out, c, 3);
    } else {
        c[0] = (char)(0xf0 | rune >> 18);
        c[1] = (char)(0x80 | (rune >> 12 & 0x3f));
        c[2] = (char)(0x80 | (rune >> 6 & 0x3f));
        c[3] = (char)(0x80 | (rune & 0x3f));
        np_buf_add(out, c, 4);
    }
}

/* \uXXXX, with its second half where it is a surrogate. Returns the bytes read; 0: not four hex digits. */
static unsigned unicode_escape(const unsigned char *p, size_t room, struct np_buf *out)
{
    int first = room >= 6 ? hex4(p + 2, room - 2) : -1;
    int second;

    if (first < 0)
        return 0;
    if (first < 0xd800 || first > 0xdfff) {
        add_rune(out, (uint32_t)first);
        return 6;
    }
    second = room >= 12 && p[6] == '\\' && p[7] == 'u' ? hex4(p + 8, room - 8) : -1;
    if (first < 0xdc00 && second >= 0xdc00 && second <= 0xdfff) {
        add_rune(out, 0x10000 + ((uint32_t)(first - 0xd800) << 10) + (uint32_t)(second - 0xdc00));
        return 12;
    }
    np_buf_add(out, NP_UTF8_REPLACEMENT, 3);
    return 6;
}

/* Appends what the escape at p stands for. Returns the bytes read; 0: no escape. */
static unsigned escape(const unsigned char *p, size_t room, struct np_buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found;

    if (room < 2)
        return 0;
    if (p[1] == 'u')
        return unicode_escape(p, room, out);
    found = p[1] ? strchr(from, p[1]) : NULL;
    if (!found)
        return 0;
    np_buf_addc(out, to[found - from]);
    return 2;
}

/* A string that differs from its bytes: `p` is at the first byte that does. Returns its closing quote, or NULL. */
static const unsigned char *unquote(struct np_jscan *scan, const unsigned char *first, const unsigned char *p)
{
    const unsigned char *end = scan->bytes + scan->size, *plain = first;
    struct np_buf *out = scan->scratch;

    np_buf_clear(out);
    for (;; p = skip_plain(plain, end)) {
        unsigned n = 1;

        np_buf_add(out, (const char *)plain, (size_t)(p - plain));
        if (p == end || *p < 0x20 || *p == '"')
            break;
        if (*p == '\\') {
            n = escape(p, (size_t)(end - p), out);
            if (n == 0) {
                (void)unexpected(scan, (size_t)(p - scan->bytes) + 1, "there is no such escape in JSON");
                return NULL;
            }
        } else {
            np_buf_add(out, NP_UTF8_REPLACEMENT, 3);
        }
        plain = p + n;
    }
    if (np_buf_failed(out)) {
        (void)fail(scan, NP_JSCAN_NOMEM, scan->start, "out of memory");
        return NULL;
    }
    scan->text = (struct np_str){out->s ? out->s : "", (uint32_t)out->n};
    return p;
}

/* A string or key from its opening quote; false after an error. */
static bool string(struct np_jscan *scan)
{
    const unsigned char *first = scan->bytes + scan->at + 1, *end = scan->bytes + scan->size;
    const unsigned char *p = skip_plain(first, end);

    if (p < end && *p == '"') {
        scan->text = (struct np_str){(const char *)first, (uint32_t)(p - first)};
    } else {
        p = unquote(scan, first, p);
        if (!p)
            return false;
        if (p == end || *p != '"') {
            (void)unexpected(scan, (size_t)(p - scan->bytes), "a control character must be escaped in a string");
            return false;
        }
    }
    scan->at = scan->end = (size_t)(p - scan->bytes) + 1;
    return true;
}

static enum np_jscan_token key(struct np_jscan *scan)
{
    size_t end;

    if (!byte_is(scan, scan->at, '"'))
        return unexpected(scan, scan->at, "a key must be a string in quotes");
    if (!string(scan))
        return NP_JSCAN_ERROR;
    end = scan->end;
    skip_space(scan);
    if (!byte_is(scan, scan->at, ':'))
        return unexpected(scan, scan->at, "a colon must follow a key");
    scan->at++;
    scan->end = end;
    scan->state = MEMBER;
    return NP_JSCAN_KEY;
}

static enum np_jscan_token value(struct np_jscan *scan)
{
    switch (scan->at < scan->size ? scan->bytes[scan->at] : 0) {
    case '"':
        if (!string(scan))
            return NP_JSCAN_ERROR;
        after_value(scan);
        return NP_JSCAN_STRING;
    case '{':
        return open_level(scan, true);
    case '[':
        return open_level(scan, false);
    case 't':
        return word(scan, "true", 4, NP_JSCAN_TRUE);
    case 'f':
        return word(scan, "false", 5, NP_JSCAN_FALSE);
    case 'n':
        return word(scan, "null", 4, NP_JSCAN_NULL);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return number(scan);
    default:
        return unexpected(scan, scan->at, "this is no JSON value");
    }
}

/* After a value in a list or map: its end, or a comma and what follows it. */
static enum np_jscan_token after(struct np_jscan *scan)
{
    bool map = in_map(scan);

    if (byte_is(scan, scan->at, map ? '}' : ']'))
        return close_level(scan);
    if (!byte_is(scan, scan->at, ','))
        return unexpected(scan, scan->at, map ? "a comma or } must follow" : "a comma or ] must follow");
    scan->at++;
    skip_space(scan);
    scan->start = scan->at;
    return map ? key(scan) : value(scan);
}

enum np_jscan_token np_jscan_next(struct np_jscan *scan)
{
    if (scan->state == FAILED)
        return NP_JSCAN_ERROR;
    skip_space(scan);
    scan->start = scan->at;
    switch (scan->state) {
    case AFTER:
        return after(scan);
    case KEY_OR_END:
        return byte_is(scan, scan->at, '}') ? close_level(scan) : key(scan);
    case ELEMENT_OR_END:
        return byte_is(scan, scan->at, ']') ? close_level(scan) : value(scan);
    case VALUE:
        if (scan->at == scan->size) {
            scan->end = scan->at;
            return NP_JSCAN_END;
        }
        return value(scan);
    default:
        return value(scan);
    }
}
