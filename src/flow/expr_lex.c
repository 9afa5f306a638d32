/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words of an expression: see expr.h.
 *
 * Source: CEL spec v0.14 doc/langdef.md, Syntax. Not supported, and said so: floating-point numbers, bytes, comments are white space.
 */

#include "flow/expr.h"

#include <string.h>

#include "base/utf8.h"

static char peek(const struct np_expr_parser *p, uint32_t at)
{
    return at < p->value->text.n ? p->value->text.s[at] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || c == '_' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool wrong(struct np_expr_parser *p, enum np_code code, uint32_t at, const char *message)
{
    np_expr_wrong(p, code, at, p->at > at ? p->at : at + 1, "%s", message);
    return false;
}

static void skip_blanks(struct np_expr_parser *p)
{
    for (;;) {
        char c = peek(p, p->at);

        if (c == '/' && peek(p, p->at + 1) == '/')
            while (p->at < p->value->text.n && peek(p, p->at) != '\n')
                p->at++;
        else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f')
            p->at++;
        else
            return;
    }
}

static int hex(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool number(struct np_expr_parser *p)
{
    uint32_t first = p->at;
    bool is_hex = peek(p, first) == '0' && (peek(p, first + 1) | 0x20) == 'x' && hex(peek(p, first + 2)) >= 0;
    uint64_t base = is_hex ? 16 : 10;

    p->number = 0;
    for (p->at += is_hex ? 2 : 0; is_hex ? hex(peek(p, p->at)) >= 0 : is_digit(peek(p, p->at)); p->at++) {
        uint64_t digit = (uint64_t)hex(peek(p, p->at));

        if (p->number > (UINT64_MAX - digit) / base)
            return wrong(p, NP_FILTER_EXPRESSION, first, "the number is too large");
        p->number = p->number * base + digit;
    }
    p->token = NP_TOK_INT;
    if ((peek(p, p->at) | 0x20) == 'u') {
        p->token = NP_TOK_UINT;
        p->at++;
    }
    if (peek(p, p->at) == '.' || (!is_hex && (peek(p, p->at) | 0x20) == 'e'))
        return wrong(p, NP_FILTER_UNSUPPORTED, first, "floating-point numbers are not supported; no field of a flow is one");
    if (is_word(peek(p, p->at)))
        return wrong(p, NP_FILTER_EXPRESSION, first, "this is no number");
    return p->token == NP_TOK_UINT || p->number <= (uint64_t)INT64_MAX + 1 || wrong(p, NP_FILTER_EXPRESSION, first, "the number is too large");
}

static void add_code(struct np_buf *out, uint32_t code)
{
    if (code < 0x80) {
        np_buf_addc(out, (char)code);
    } else if (code < 0x800) {
        np_buf_addc(out, (char)(0xc0 | code >> 6));
        np_buf_addc(out, (char)(0x80 | (code & 0x3f)));
    } else {
        np_buf_addc(out, (char)(code < 0x10000 ? 0xe0 | code >> 12 : 0xf0 | code >> 18));
        if (code >= 0x10000)
            np_buf_addc(out, (char)(0x80 | (code >> 12 & 0x3f)));
        np_buf_addc(out, (char)(0x80 | (code >> 6 & 0x3f)));
        np_buf_addc(out, (char)(0x80 | (code & 0x3f)));
    }
}

/* Digits of an escape, all of them there. */
static bool digits(struct np_expr_parser *p, uint32_t n, uint32_t base, struct np_buf *out)
{
    uint32_t code = 0;

    for (uint32_t i = 0; i < n; i++) {
        int digit = hex(peek(p, p->at));

        if (digit < 0 || (uint32_t)digit >= base)
            return wrong(p, NP_FILTER_EXPRESSION, p->at, "the escape needs another digit here");
        code = code * base + (uint32_t)digit;
        p->at++;
    }
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return wrong(p, NP_FILTER_EXPRESSION, p->at - n, "there is no such character");
    add_code(out, code);
    return true;
}

/* What follows a backslash. */
static bool escape(struct np_expr_parser *p, struct np_buf *out)
{
    static const char from[] = "abfnrtv\\'\"`?", to[] = "\a\b\f\n\r\t\v\\'\"`?";
    char c = peek(p, p->at++);
    const char *found = c ? strchr(from, c) : NULL;

    if (found) {
        np_buf_addc(out, to[found - from]);
        return true;
    }
    if (c == 'x' || c == 'X')
        return digits(p, 2, 16, out);
    if (c == 'u')
        return digits(p, 4, 16, out);
    if (c == 'U')
        return digits(p, 8, 16, out);
    if (c >= '0' && c <= '3') {
        p->at--;
        return digits(p, 3, 8, out);
    }
    return wrong(p, NP_FILTER_EXPRESSION, p->at - 2, "there is no such escape");
}

static bool closes(const struct np_expr_parser *p, char quote, bool triple)
{
    return peek(p, p->at) == quote && (!triple || (peek(p, p->at + 1) == quote && peek(p, p->at + 2) == quote));
}

static bool string_body(struct np_expr_parser *p, bool raw, struct np_buf *out)
{
    char quote = peek(p, p->at);
    bool triple = peek(p, p->at + 1) == quote && peek(p, p->at + 2) == quote;

    p->at += triple ? 3 : 1;
    while (!closes(p, quote, triple)) {
        char c = peek(p, p->at);

        if (p->at >= p->value->text.n || (!triple && (c == '\n' || c == '\r')))
            return wrong(p, NP_FILTER_EXPRESSION, p->start, "the string has no end");
        p->at++;
        if (c != '\\' || raw)
            np_buf_addc(out, c);
        else if (!escape(p, out))
            return false;
    }
    p->at += triple ? 3 : 1;
    return true;
}

static bool string(struct np_expr_parser *p, bool raw)
{
    struct np_buf out;
    char *kept = NULL;
    bool ok;

    np_buf_init(&out, &p->job->ctx->mem);
    ok = string_body(p, raw, &out);
    if (ok)
        kept = np_buf_failed(&out) ? NULL : np_arena_strndup(&p->job->filter->arena, out.s ? out.s : "", out.n);
    p->text = (struct np_str){kept, (uint32_t)out.n};
    np_buf_free(&out);
    if (ok && !kept)
        p->rc = CNIPOL_E_NOMEM;
    p->token = NP_TOK_STRING;
    return ok && kept;
}

/* r'…', b'…', or a name. */
static bool word(struct np_expr_parser *p)
{
    char first = (char)(peek(p, p->at) | 0x20), second = (char)(peek(p, p->at + 1) | 0x20);
    uint32_t prefix = first == 'r' || first == 'b' ? (second == 'r' || second == 'b' ? 2 : 1) : 0;
    char quote = peek(p, p->at + prefix);

    if (prefix && (quote == '"' || quote == '\'')) {
        if (first == 'b' || (prefix == 2 && second == 'b'))
            return wrong(p, NP_FILTER_UNSUPPORTED, p->at, "bytes are not supported; no field of a flow is one");
        p->at += prefix;
        return string(p, true);
    }
    while (is_word(peek(p, p->at)))
        p->at++;
    p->text = (struct np_str){p->value->text.s + p->start, p->at - p->start};
    p->token = NP_TOK_IDENT;
    return true;
}

static bool operator(struct np_expr_parser *p)
{
    static const struct {
        char text[3];
        int token;
    } pairs[] = {{"&&", NP_TOK_AND}, {"||", NP_TOK_OR}, {"==", NP_TOK_EQ}, {"!=", NP_TOK_NE}, {"<=", NP_TOK_LE}, {">=", NP_TOK_GE}};
    char c = peek(p, p->at);

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (c == pairs[i].text[0] && peek(p, p->at + 1) == pairs[i].text[1]) {
            p->token = pairs[i].token;
            p->at += 2;
            return true;
        }
    if (!c || !strchr("()[].,!<>?:+-*/%{}", c))
        return wrong(p, NP_FILTER_EXPRESSION, p->at, "this does not belong to an expression");
    p->token = c;
    p->at++;
    return true;
}

bool np_expr_next(struct np_expr_parser *p)
{
    char c;

    skip_blanks(p);
    p->start = p->at;
    if (p->at >= p->value->text.n) {
        p->token = NP_TOK_END;
        return true;
    }
    c = peek(p, p->at);
    if (is_digit(c))
        return number(p);
    if (c == '"' || c == '\'')
        return string(p, false);
    if (is_word(c))
        return word(p);
    return operator(p);
}
