/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a walk meets seldom: white space, escapes and UTF-8, numbers that are not a few digits, and values that nobody wants.
 *
 * Numbers are taken as protojson's decode_number.go takes them: "1e" and "1e+" are 1, an exponent or ".0" is fine where the value
 * is whole, and the integer part with its exponent has at most twenty digits. In a text, a number stands alone, without blanks.
 */

#include "flow/json_scan.h"

#include "base/utf8.h"

#define DEPTH_MAX 10000u /* protojson's */

struct np_place np_json_bad(struct np_json *json, const char *at, const char *why)
{
    json->why = why;
    json->at = at < json->end ? at : json->end;
    json->is_field = false;
    return (struct np_place){NULL, 0};
}

struct np_place np_json_bad_field(struct np_json *json, const char *at, const char *why)
{
    np_json_bad(json, at, why);
    json->is_field = true;
    return (struct np_place){NULL, 0};
}

struct np_place np_json_no_memory(struct np_json *json)
{
    json->why = NULL;
    return (struct np_place){NULL, 0};
}

struct np_place np_json_unexpected(struct np_json *json, const char *at, const char *wanted)
{
    static const struct {
        const char *wanted, *why;
    } rows[] = {
        {"',' or '}'", "expected ',' or '}' here"},
        {"',' or ']'", "expected ',' or ']' here"},
        {"':'", "expected ':' behind a name"},
        {"a name", "expected a name in double quotes here"},
        {"a value", "expected a value here"},
        {"the end", "there is something behind the value"},
    };

    if (at >= json->end)
        return np_json_bad(json, json->end, "the value is not complete");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].wanted, wanted) == 0)
            return np_json_bad(json, at, rows[i].why);
    return np_json_bad(json, at, "this is no JSON");
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

const char *np_json_space(const struct np_json *json, const char *p)
{
    while (p < json->end && is_space(*p))
        p++;
    return p;
}

/* Four hexadecimal digits; UINT32_MAX: they are not. */
static uint32_t hex4(const char *s, const char *end)
{
    uint32_t code = 0;

    if (end - s < 4)
        return UINT32_MAX;
    for (int i = 0; i < 4; i++) {
        unsigned c = (unsigned char)s[i], digit = c - '0' < 10 ? c - '0' : (c | 0x20u) - 'a' < 6 ? (c | 0x20u) - 'a' + 10 : 16;

        if (digit > 15)
            return UINT32_MAX;
        code = code << 4 | digit;
    }
    return code;
}

static char *put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        *out++ = (char)code;
        return out;
    }
    if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
    } else if (code < 0x10000) {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
    } else {
        *out++ = (char)(0xf0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (code & 0x3f));
    return out;
}

/* The character of "\uXXXX" or of a pair of them at s (behind the first "\u"), and where it ends. UINT32_MAX: none. */
static uint32_t unicode_escape(const char **s, const char *end)
{
    uint32_t code = hex4(*s, end), low;

    if (code == UINT32_MAX)
        return code;
    *s += 4;
    if (code - 0xd800 >= 0x800)
        return code;
    low = code < 0xdc00 && end - *s >= 6 && (*s)[0] == '\\' && (*s)[1] == 'u' ? hex4(*s + 2, end) : UINT32_MAX;
    if (low - 0xdc00 >= 0x400)
        return UINT32_MAX;
    *s += 6;
    return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

/* One escape; *s is behind its backslash. False: it is none. */
static bool unescape(const char **s, const char *end, char **out)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *letter;
    uint32_t code;

    if (*s < end && **s == 'u') {
        ++*s;
        code = unicode_escape(s, end);
        if (code == UINT32_MAX)
            return false;
        *out = put_utf8(*out, code);
        return true;
    }
    letter = *s < end && **s ? strchr(letters, **s) : NULL;
    if (!letter)
        return false;
    *(*out)++ = meanings[letter - letters];
    ++*s;
    return true;
}

/* Copies s[0..end) unescaped; NULL: the walk failed. */
static char *copy_unescaped(struct np_json *json, const char *s, const char *end, char *out)
{
    while (s < end) {
        const char *start = s;

        if (*s != '\\') {
            *out++ = *s++;
            continue;
        }
        s++;
        if (!unescape(&s, end, &out)) {
            np_json_bad(json, start, "this is no escape of JSON");
            return NULL;
        }
    }
    return out;
}

/* Printable ASCII without a backslash, as most texts are. NP_JSON_PAST bytes behind it may be read. */
static bool is_plain(const char *s, const char *end)
{
#if defined __SSE2__
    for (; s < end; s += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)s);
        __m128i odd = _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
        uint32_t inside = end - s < 16 ? (1u << (end - s)) - 1 : 0xffff;

        if ((uint32_t)_mm_movemask_epi8(odd) & inside)
            return false;
    }
#endif
    return s >= end;
}

bool np_json_text_odd(struct np_json *json, const char *s, const char *end, struct np_json_text *out)
{
    bool has_escapes = false;
    char *copy, *stop;

    *out = (struct np_json_text){s, (uint32_t)(end - s)};
    if (is_plain(s, end))
        return true;
    for (const char *p = s; p < end;) {
        unsigned length = np_utf8_length((const unsigned char *)p, (size_t)(end - p));

        if (length == 0 || (unsigned char)*p < ' ') {
            np_json_bad(json, p, length ? "a control character stands unescaped in a text" : "a text is no UTF-8");
            return false;
        }
        has_escapes |= *p == '\\';
        p += length;
    }
    if (!has_escapes)
        return true;
    copy = np_arena_alloc(json->arena, (size_t)(end - s) + NP_JSON_PAST);
    if (!copy) {
        np_json_no_memory(json);
        return false;
    }
    stop = copy_unescaped(json, s, end, copy);
    if (!stop)
        return false;
    *out = (struct np_json_text){copy, (uint32_t)(stop - copy)};
    return true;
}

static bool is_digit(const char *p, const char *end)
{
    return p < end && (unsigned char)(*p - '0') < 10;
}

static const char *digits(const char *p, const char *end)
{
    while (is_digit(p, end))
        p++;
    return p;
}

/* No delimiter: the token goes on, so it was none. */
static bool goes_on(const char *p, const char *end)
{
    return p < end && *p && (strchr("-+._", *p) || (unsigned char)((*p | 0x20) - 'a') < 26 || is_digit(p, end));
}

bool np_json_goes_on(const struct np_json *json, const char *p)
{
    return goes_on(p, json->end);
}

struct number {
    const char *whole, *fraction, *exponent, *stop; /* each ends where the next begins; exponent: behind the 'e', with its sign */
    bool negative;
};

/* A number token. False: it is none. */
static bool scan_number(const char *p, const char *end, struct number *out)
{
    out->negative = p < end && *p == '-';
    p += out->negative;
    out->whole = p;
    if (!is_digit(p, end))
        return false;
    p = *p == '0' ? p + 1 : digits(p, end);
    out->fraction = p;
    if (end - p >= 2 && *p == '.' && is_digit(p + 1, end))
        p = digits(p + 1, end);
    out->exponent = p;
    if (end - p >= 2 && (*p | 0x20) == 'e') {
        out->exponent = ++p;
        p += *p == '+' || *p == '-';
        if (p == end)
            return false;
        p = digits(p, end);
    }
    out->stop = p;
    return !goes_on(p, end);
}

/* The exponent of a number. False: beyond all that could be an integer. */
static bool exponent_of(const struct number *number, int32_t *out)
{
    const char *p = number->exponent;
    bool negative = p < number->stop && *p == '-', has_sign = negative || (p < number->stop && *p == '+');
    int64_t value = 0;

    p += has_sign;
    if (has_sign && p == number->stop)
        return false;
    for (; p < number->stop; p++) {
        value = value * 10 + (*p - '0');
        if (value > INT32_MAX)
            return false;
    }
    *out = (int32_t)(negative ? -value : value);
    return true;
}

/* Appends digits to a magnitude. False: too large. */
static bool add_digits(uint64_t *value, const char *p, const char *end)
{
    for (; p < end; p++)
        if (__builtin_mul_overflow(*value, 10u, value) || __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value))
            return false;
    return true;
}

/* The integer that a number is. False: it is none, or too large. */
static bool integer_of(const struct number *number, struct np_json_integer *out)
{
    const char *whole = number->whole, *fraction = number->fraction, *end = number->exponent;
    int64_t n_whole, n_fraction;
    int32_t exponent;

    end -= end > fraction && (end[-1] | 0x20) == 'e';
    fraction += fraction < end;
    while (end > fraction && end[-1] == '0')
        end--;
    n_whole = *whole == '0' ? 0 : number->fraction - whole;
    n_fraction = end > fraction ? end - fraction : 0;
    *out = (struct np_json_integer){0, false};
    if (n_whole == 0 && n_fraction == 0)
        return true;
    if (!exponent_of(number, &exponent))
        return false;
    out->negative = number->negative;
    if (exponent < 0) {
        if (n_fraction > 0 || n_whole + exponent < 0)
            return false;
        for (int64_t i = n_whole + exponent; i < n_whole; i++)
            if (whole[i] != '0')
                return false;
        return add_digits(&out->value, whole, whole + n_whole + exponent);
    }
    if (n_fraction > exponent || n_whole + exponent > 20 || !add_digits(&out->value, whole, whole + n_whole) ||
        !add_digits(&out->value, fraction, fraction + n_fraction))
        return false;
    for (int64_t i = n_fraction; i < exponent; i++)
        if (!add_digits(&out->value, "0", &"0"[1]))
            return false;
    return true;
}

struct np_place np_json_integer_odd(struct np_json *json, struct np_place at, struct np_json_integer *out)
{
    struct np_json_text text;
    struct number number;
    const char *start = at.p;

    if (np_json_is_text(json, at)) {
        at = np_json_text(json, at, &text);
        if (!at.p)
            return at;
        if (!scan_number(text.s, text.s + text.n, &number) || number.stop != text.s + text.n || !integer_of(&number, out))
            return np_json_bad_field(json, start, "this text is no integer that fits here");
        return at;
    }
    if (!scan_number(at.p, json->end, &number)) {
        at = np_json_skip(json, at, DEPTH_MAX);
        return at.p ? np_json_bad_field(json, start, "a number is wanted here") : at;
    }
    if (!integer_of(&number, out))
        return np_json_bad_field(json, start, "this is no integer that fits here");
    at.p = number.stop;
    return at;
}

/* A literal or a number, passed over. */
static struct np_place skip_word(struct np_json *json, struct np_place at)
{
    const char *literal = *at.p == 't' ? "true" : *at.p == 'f' ? "false" : *at.p == 'n' ? "null" : NULL;
    struct number number;

    if (literal && np_json_is_literal(json, at.p, literal, strlen(literal))) {
        at.p += strlen(literal);
        return at;
    }
    if (!scan_number(at.p, json->end, &number))
        return np_json_unexpected(json, at.p, "a value");
    at.p = number.stop;
    return at;
}

static struct np_place skip_text(struct np_json *json, struct np_place at)
{
    struct np_json_text text;

    return np_json_text(json, at, &text);
}

/* A member's name with its colon, up to its value. */
static struct np_place skip_name(struct np_json *json, struct np_place at)
{
    if (!np_json_is_text(json, at))
        return np_json_unexpected(json, at.p, "a name");
    at = skip_text(json, at);
    if (!at.p)
        return at;
    at.p = np_json_next(json, at.p);
    if (at.p >= json->end || *at.p != ':')
        return np_json_unexpected(json, at.p, "':'");
    at.p = np_json_next(json, at.p + 1);
    return at;
}

/* The brackets that are open: a bit for each, 1 for an object. */
struct open_brackets {
    uint64_t bits[DEPTH_MAX / 64 + 1];
    uint32_t n;
};

static bool top_is_object(const struct open_brackets *open)
{
    return open->bits[(open->n - 1) / 64] >> ((open->n - 1) % 64) & 1;
}

static void push(struct open_brackets *open, bool is_object)
{
    uint64_t bit = (uint64_t)1 << (open->n % 64), *word = &open->bits[open->n / 64];

    *word = is_object ? *word | bit : *word & ~bit;
    open->n++;
}

/* Behind a value: closes what closes, and goes to the next value. False in *more: all is closed. */
static struct np_place skip_step(struct np_json *json, struct np_place at, struct open_brackets *open, bool *more)
{
    *more = false;
    while (open->n && !*more) {
        bool is_object = top_is_object(open);

        at = np_json_step(json, at, is_object ? '}' : ']', more);
        if (!at.p)
            return at;
        open->n -= !*more;
        if (*more && is_object)
            at = skip_name(json, at);
    }
    return at;
}

/* An opening bracket: to the first value behind it, or behind its closing one (*is_empty). */
static struct np_place skip_open(struct np_json *json, struct np_place at, struct open_brackets *open, bool *is_empty)
{
    bool is_object = *at.p == '{';

    at.p = np_json_next(json, at.p + 1);
    *is_empty = at.p < json->end && *at.p == (is_object ? '}' : ']');
    if (*is_empty) {
        at.p++;
        return at;
    }
    push(open, is_object);
    return is_object ? skip_name(json, at) : at;
}

static struct np_place skip_nested(struct np_json *json, struct np_place at, uint32_t depth)
{
    struct open_brackets open;
    bool more = true, is_closed;

    open.n = 0;
    while (at.p && more) {
        is_closed = true;
        if (at.p >= json->end)
            return np_json_unexpected(json, at.p, "a value");
        if (np_json_is_text(json, at)) {
            at = skip_text(json, at);
        } else if (*at.p != '{' && *at.p != '[') {
            at = skip_word(json, at);
        } else {
            if (open.n >= depth || open.n >= DEPTH_MAX)
                return np_json_bad(json, at.p, "values are nested too deeply");
            at = skip_open(json, at, &open, &is_closed);
        }
        if (at.p && is_closed)
            at = skip_step(json, at, &open, &more);
    }
    return at;
}

struct np_place np_json_skip(struct np_json *json, struct np_place at, uint32_t depth)
{
    if (at.p >= json->end)
        return np_json_unexpected(json, at.p, "a value");
    if (np_json_is_text(json, at))
        return skip_text(json, at);
    if (*at.p == '{' || *at.p == '[')
        return skip_nested(json, at, depth);
    return skip_word(json, at);
}
