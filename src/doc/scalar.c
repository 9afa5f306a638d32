/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scalars: see scalar.h.
 *
 * The first character tells what a text might be: a word of the table, a number, or nothing but a
 * string. Numbers are tried as integer first (Go's base 0: a prefix, or a leading zero for octal),
 * then as decimal float; underscores are dropped before both. Timestamps stay strings, and a text
 * that is one is never a number, so their form matters under an explicit !!timestamp alone.
 *
 * Sources: go.yaml.in/yaml/v2 v2.4.2 resolve.go and decode.go; sigs.k8s.io/yaml v1.6.0 yaml.go;
 * Go 1.26 strconv (ParseInt, ParseFloat), time (Parse), encoding/base64.
 */

#include "doc/scalar.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <cnipol/status.h>

#include "base/number.h"
#include "doc/base64.h"

#define TAG "tag:yaml.org,2002:"

enum type {
    TYPE_NONE, /* no tag */
    TYPE_STRING,
    TYPE_BOOL,
    TYPE_INT,
    TYPE_FLOAT,
    TYPE_NULL,
    TYPE_TIMESTAMP,
    TYPE_BINARY,
    TYPE_OTHER /* a tag that resolves nothing: the text is a string */
};

static const struct {
    const char *tag;
    enum type type;
} tags[] = {
    {TAG "str", TYPE_STRING}, {TAG "bool", TYPE_BOOL},           {TAG "int", TYPE_INT},       {TAG "float", TYPE_FLOAT},
    {TAG "null", TYPE_NULL},  {TAG "timestamp", TYPE_TIMESTAMP}, {TAG "binary", TYPE_BINARY},
};

static const struct word {
    const char *text;
    uint8_t kind;
    bool b;
    double f;
} words[] = {
    {"", NP_NODE_NULL, 0, 0},
    {"~", NP_NODE_NULL, 0, 0},
    {"null", NP_NODE_NULL, 0, 0},
    {"Null", NP_NODE_NULL, 0, 0},
    {"NULL", NP_NODE_NULL, 0, 0},
    {"y", NP_NODE_BOOL, 1, 0},
    {"Y", NP_NODE_BOOL, 1, 0},
    {"yes", NP_NODE_BOOL, 1, 0},
    {"Yes", NP_NODE_BOOL, 1, 0},
    {"YES", NP_NODE_BOOL, 1, 0},
    {"true", NP_NODE_BOOL, 1, 0},
    {"True", NP_NODE_BOOL, 1, 0},
    {"TRUE", NP_NODE_BOOL, 1, 0},
    {"on", NP_NODE_BOOL, 1, 0},
    {"On", NP_NODE_BOOL, 1, 0},
    {"ON", NP_NODE_BOOL, 1, 0},
    {"n", NP_NODE_BOOL, 0, 0},
    {"N", NP_NODE_BOOL, 0, 0},
    {"no", NP_NODE_BOOL, 0, 0},
    {"No", NP_NODE_BOOL, 0, 0},
    {"NO", NP_NODE_BOOL, 0, 0},
    {"false", NP_NODE_BOOL, 0, 0},
    {"False", NP_NODE_BOOL, 0, 0},
    {"FALSE", NP_NODE_BOOL, 0, 0},
    {"off", NP_NODE_BOOL, 0, 0},
    {"Off", NP_NODE_BOOL, 0, 0},
    {"OFF", NP_NODE_BOOL, 0, 0},
    {".nan", NP_NODE_FLOAT, 0, NAN},
    {".NaN", NP_NODE_FLOAT, 0, NAN},
    {".NAN", NP_NODE_FLOAT, 0, NAN},
    {".inf", NP_NODE_FLOAT, 0, INFINITY},
    {".Inf", NP_NODE_FLOAT, 0, INFINITY},
    {".INF", NP_NODE_FLOAT, 0, INFINITY},
    {"+.inf", NP_NODE_FLOAT, 0, INFINITY},
    {"+.Inf", NP_NODE_FLOAT, 0, INFINITY},
    {"+.INF", NP_NODE_FLOAT, 0, INFINITY},
    {"-.inf", NP_NODE_FLOAT, 0, -INFINITY},
    {"-.Inf", NP_NODE_FLOAT, 0, -INFINITY},
    {"-.INF", NP_NODE_FLOAT, 0, -INFINITY},
};

static enum type type_of(const char *tag)
{
    if (!tag || !*tag)
        return TYPE_NONE;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (strcmp(tag, tags[i].tag) == 0)
            return tags[i].type;
    return TYPE_OTHER;
}

static bool find_word(struct np_str text, struct np_node *out)
{
    for (size_t i = 0; text.n <= 5 && i < sizeof words / sizeof words[0]; i++) {
        if (!np_str_is(text, words[i].text))
            continue;
        out->kind = words[i].kind;
        if (out->kind == NP_NODE_BOOL)
            out->b = words[i].b;
        else if (out->kind == NP_NODE_FLOAT)
            out->f = words[i].f;
        return true;
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static unsigned digit_value(char c)
{
    if (is_digit(c))
        return (unsigned)(c - '0');
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10 : 99;
}

enum parsed { PARSED, NOT_SYNTAX, OUT_OF_RANGE };

static enum parsed parse_digits(struct np_str s, unsigned base, uint64_t *out)
{
    uint64_t value = 0;
    bool over = false;

    if (s.n == 0)
        return NOT_SYNTAX;
    for (uint32_t i = 0; i < s.n; i++) {
        unsigned digit = digit_value(s.s[i]);

        if (digit >= base)
            return NOT_SYNTAX;
        over |= __builtin_mul_overflow(value, (uint64_t)base, &value);
        over |= __builtin_add_overflow(value, (uint64_t)digit, &value);
    }
    *out = value;
    return over ? OUT_OF_RANGE : PARSED;
}

static struct np_str rest(struct np_str s, uint32_t from)
{
    return (struct np_str){s.s + from, s.n - from};
}

/* Go's base 0 without its underscores. */
static unsigned take_prefix(struct np_str *s)
{
    static const char letters[] = "xob";
    static const unsigned bases[] = {16, 8, 2};

    if (s->n < 2 || s->s[0] != '0')
        return 10;
    for (unsigned i = 0; s->n >= 3 && i < 3; i++) {
        if ((s->s[1] | 0x20) != letters[i])
            continue;
        *s = rest(*s, 2);
        return bases[i];
    }
    *s = rest(*s, 1);
    return 8;
}

/* Integer of a sign and digits into `out`; false if it is none or fits no kind. */
static bool parse_int(struct np_str s, unsigned base, struct np_node *out)
{
    bool sign = s.n && (s.s[0] == '-' || s.s[0] == '+');
    bool negative = sign && s.s[0] == '-';
    uint64_t value;

    if (sign)
        s = rest(s, 1);
    if (base == 0)
        base = take_prefix(&s);
    if (parse_digits(s, base, &value) != PARSED)
        return false;
    if (value <= (uint64_t)INT64_MAX + negative) {
        out->kind = NP_NODE_INT;
        out->i = negative ? (int64_t)(0 - value) : (int64_t)value;
        return true;
    }
    if (sign)
        return false;
    out->kind = NP_NODE_UINT;
    out->u = value;
    return true;
}

/* [-+]? ( .digits | digits [.digits?] ) ( [eE] [-+]? digits )? */
static bool is_float(const char *s)
{
    const char *p = s + (*s == '-' || *s == '+'), *first = p;

    while (is_digit(*p))
        p++;
    if (p == first && !(p[0] == '.' && is_digit(p[1])))
        return false;
    if (*p == '.')
        for (p++; is_digit(*p);)
            p++;
    if (*p == 'e' || *p == 'E') {
        p += p[1] == '-' || p[1] == '+' ? 2 : 1;
        if (!is_digit(*p))
            return false;
        while (is_digit(*p))
            p++;
    }
    return *p == '\0';
}

static bool parse_float(const char *s, size_t n, struct np_node *out)
{
    if (strlen(s) != n || !is_float(s) || !np_float_parse(s, &out->f))
        return false;
    out->kind = NP_NODE_FLOAT;
    return true;
}

/* The text without its underscores: itself, or a copy in scratch. */
static int drop_underscores(struct np_str *s, struct np_buf *scratch)
{
    if (!memchr(s->s, '_', s->n))
        return CNIPOL_OK;
    np_buf_clear(scratch);
    for (uint32_t i = 0; i < s->n; i++)
        if (s->s[i] != '_')
            np_buf_addc(scratch, s->s[i]);
    np_buf_add(scratch, "", 0);
    if (np_buf_failed(scratch))
        return CNIPOL_E_NOMEM;
    *s = (struct np_str){scratch->s, (uint32_t)scratch->n};
    return CNIPOL_OK;
}

static bool underscores_between_digits(struct np_str s)
{
    for (uint32_t i = 0; i < s.n; i++)
        if (s.s[i] == '_' && (i == 0 || i + 1 == s.n || !is_digit(s.s[i - 1]) || !is_digit(s.s[i + 1])))
            return false;
    return true;
}

/* A text that starts with a digit, a sign or a dot. Leaves `out` alone if it is no number. */
static int resolve_number(struct np_str text, struct np_buf *scratch, struct np_node *out)
{
    bool dot = text.s[0] == '.';

    if (dot && !underscores_between_digits(text))
        return CNIPOL_OK;
    if (drop_underscores(&text, scratch))
        return CNIPOL_E_NOMEM;
    if (!dot && parse_int(text, 0, out))
        return CNIPOL_OK;
    if (parse_float(text.s, text.n, out))
        return CNIPOL_OK;
    /* a sign after the prefix: upstream's second look at binary digits takes it */
    if (text.n > 3 && text.s[0] == '0' && text.s[1] == 'b' && (text.s[2] == '-' || text.s[2] == '+'))
        (void)parse_int(rest(text, 2), 2, out);
    return CNIPOL_OK;
}

/* One or two digits with a value in lo..hi. */
static bool take_two(const char **p, int lo, int hi, int *out)
{
    int value = 0, n = 0;

    for (; n < 2 && is_digit(**p); n++)
        value = value * 10 + (*(*p)++ - '0');
    *out = value;
    return n && value >= lo && value <= hi;
}

static bool take_char(const char **p, const char *any)
{
    if (!**p || !strchr(any, **p))
        return false;
    (*p)++;
    return true;
}

static bool is_date(const char **p)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 0, month, day, leap;

    for (int i = 0; i < 4; i++, (*p)++) {
        if (!is_digit(**p))
            return false;
        year = year * 10 + (**p - '0');
    }
    leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return take_char(p, "-") && take_two(p, 1, 12, &month) && take_char(p, "-") && take_two(p, 1, 31, &day) &&
           day <= days[month - 1] + (month == 2 && leap);
}

static bool is_time(const char **p)
{
    int part;

    if (!take_two(p, 0, 23, &part) || !take_char(p, ":") || !take_two(p, 0, 59, &part) || !take_char(p, ":") || !take_two(p, 0, 59, &part))
        return false;
    if ((**p == '.' || **p == ',') && is_digit((*p)[1]))
        for ((*p)++; is_digit(**p);)
            (*p)++;
    return true;
}

/* Z, or +hh:mm. */
static bool is_zone(const char *p)
{
    int hours, minutes;

    if (*p == 'Z')
        return p[1] == '\0';
    return take_char(&p, "+-") && is_digit(p[0]) && is_digit(p[1]) && take_two(&p, 0, 24, &hours) && take_char(&p, ":") && is_digit(p[0]) &&
           is_digit(p[1]) && take_two(&p, 0, 60, &minutes) && *p == '\0';
}

static bool is_timestamp(struct np_str text)
{
    const char *p = text.s;

    if (strlen(p) != text.n || !is_date(&p))
        return false;
    if (*p == '\0')
        return true;
    if (take_char(&p, " "))
        return is_time(&p) && *p == '\0';
    return take_char(&p, "Tt") && is_time(&p) && is_zone(p);
}

/* Does what the text resolved to agree with its tag? Integers pass for floats. */
static bool fits(enum type type, const struct np_scalar *in, struct np_node *node)
{
    switch (type) {
    case TYPE_BOOL:
        return node->kind == NP_NODE_BOOL;
    case TYPE_INT:
        return node->kind == NP_NODE_INT || node->kind == NP_NODE_UINT;
    case TYPE_NULL:
        return node->kind == NP_NODE_NULL;
    case TYPE_TIMESTAMP:
        return node->kind == NP_NODE_STRING && is_timestamp(in->text);
    case TYPE_FLOAT:
        if (node->kind == NP_NODE_INT) {
            node->f = (double)node->i;
            node->kind = NP_NODE_FLOAT;
        }
        return node->kind == NP_NODE_FLOAT;
    default:
        return true;
    }
}

static int resolve_plain(struct np_str text, struct np_buf *scratch, struct np_node *out)
{
    char c = text.n ? text.s[0] : '\0';
    bool number = is_digit(c) || c == '.' || c == '-' || c == '+';

    if (text.n && !number && !strchr("yYnNtTfFoO~", c))
        return CNIPOL_OK;
    if (find_word(text, out) || !number)
        return CNIPOL_OK;
    return resolve_number(text, scratch, out);
}

int np_scalar_resolve(const struct np_scalar *in, struct np_arena *arena, struct np_buf *scratch, struct np_node *out, const char **why)
{
    enum type type = in->plain && !in->tag ? TYPE_NONE : in->tag ? type_of(in->tag) : TYPE_STRING;

    out->kind = NP_NODE_STRING;
    out->n = in->text.n;
    out->s = in->text.s;
    if (type == TYPE_BINARY)
        return np_base64_node(in->text, arena, out, why);
    if (type == TYPE_STRING || type == TYPE_OTHER)
        return CNIPOL_OK;
    if (resolve_plain(in->text, scratch, out))
        return CNIPOL_E_NOMEM;
    if (out->kind != NP_NODE_STRING)
        out->n = 0;
    if (fits(type, in, out))
        return CNIPOL_OK;
    *why = "the text does not fit its tag";
    return CNIPOL_E_SYNTAX;
}

int np_scalar_key(struct np_node *node, struct np_arena *arena)
{
    char text[NP_FLOAT_TEXT];
    size_t n;

    if (node->kind == NP_NODE_STRING)
        return CNIPOL_OK;
    if (node->kind == NP_NODE_BOOL)
        n = (size_t)snprintf(text, sizeof text, "%s", node->b ? "true" : "false");
    else if (node->kind == NP_NODE_INT)
        n = (size_t)snprintf(text, sizeof text, "%lld", (long long)node->i);
    else if (node->kind == NP_NODE_FLOAT)
        n = np_float_print_key(node->f, text);
    else
        return CNIPOL_E_SYNTAX;
    node->s = np_arena_strndup(arena, text, n);
    node->n = (uint32_t)n;
    node->kind = NP_NODE_STRING;
    return node->s ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

void np_scalar_settle(struct np_node *node)
{
    char text[NP_FLOAT_TEXT];
    struct np_str s = {text, 0};

    if (node->kind != NP_NODE_FLOAT || !(fabs(node->f) < 1e21) || node->f != trunc(node->f) || (node->f == 0 && signbit(node->f)))
        return;
    s.n = (uint32_t)np_float_print(node->f, text);
    (void)parse_int(s, 10, node);
}
