/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RE2's escapes and character classes: see re2.h.
 *
 * Classes are written as ranges of code points in hexadecimal, so that nothing of PCRE2's own idea of \s or [:word:] is
 * left. Unicode properties are left to PCRE2, by the same short names, as its tables and Go's are both Unicode 15.
 * Surrogates, which are no characters, are cut out of ranges, as PCRE2 refuses them there.
 *
 * Sources: Go 1.26 regexp/syntax/parse.go and perl_groups.go; unicode.CategoryAliases; PCRE2 10.42 pcre2pattern(3).
 */

#include "l7/re2.h"

#include <cnipol/status.h>
#include <string.h>

#include "base/utf8.h"

#define CODE_MAX 0x10ffffu

struct range {
    uint32_t lo, hi;
};

/* Named sets of ASCII, sorted ranges. */
struct set {
    const char *name;
    uint32_t n;
    struct range ranges[5];
};

static const struct set sets[] = {
    {"d", 1, {{'0', '9'}}},
    {"s", 3, {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}},
    {"w", 4, {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
    {"alnum", 3, {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
    {"alpha", 2, {{'A', 'Z'}, {'a', 'z'}}},
    {"ascii", 1, {{0, 0x7f}}},
    {"blank", 2, {{'\t', '\t'}, {' ', ' '}}},
    {"cntrl", 2, {{0, 0x1f}, {0x7f, 0x7f}}},
    {"digit", 1, {{'0', '9'}}},
    {"graph", 1, {{'!', '~'}}},
    {"lower", 1, {{'a', 'z'}}},
    {"print", 1, {{' ', '~'}}},
    {"punct", 4, {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
    {"space", 2, {{'\t', '\r'}, {' ', ' '}}},
    {"upper", 1, {{'A', 'Z'}}},
    {"word", 4, {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
    {"xdigit", 3, {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
};

/* Long names of general categories, loosely written (lower case, letters only). */
static const char *const category_aliases[][2] = {
    {"casedletter", "L&"}, {"lc", "L&"}, {"closepunctuation", "Pe"}, {"cntrl", "Cc"},
    {"combiningmark", "M"}, {"connectorpunctuation", "Pc"}, {"control", "Cc"}, {"currencysymbol", "Sc"},
    {"dashpunctuation", "Pd"}, {"decimalnumber", "Nd"}, {"digit", "Nd"}, {"enclosingmark", "Me"},
    {"finalpunctuation", "Pf"}, {"format", "Cf"}, {"initialpunctuation", "Pi"}, {"letter", "L"},
    {"letternumber", "Nl"}, {"lineseparator", "Zl"}, {"lowercaseletter", "Ll"}, {"mark", "M"},
    {"mathsymbol", "Sm"}, {"modifierletter", "Lm"}, {"modifiersymbol", "Sk"}, {"nonspacingmark", "Mn"},
    {"number", "N"}, {"openpunctuation", "Ps"}, {"other", "C"}, {"otherletter", "Lo"},
    {"othernumber", "No"}, {"otherpunctuation", "Po"}, {"othersymbol", "So"}, {"paragraphseparator", "Zp"},
    {"privateuse", "Co"}, {"punct", "P"}, {"punctuation", "P"}, {"separator", "Z"},
    {"spaceseparator", "Zs"}, {"spacingmark", "Mc"}, {"surrogate", "Cs"}, {"symbol", "S"},
    {"titlecaseletter", "Lt"}, {"unassigned", "Cn"}, {"uppercaseletter", "Lu"},
};

int np_re2_flaw(struct np_re2 *re, uint32_t at, const char *message)
{
    re->flaw->at = at;
    re->flaw->message = message;
    return re->flaw->unsupported ? CNIPOL_E_LIMIT : CNIPOL_E_INVALID;
}

bool np_re2_char(struct np_re2 *re, uint32_t *code)
{
    uint32_t n = np_utf8_next(re->in.s + re->at, re->in.n - re->at, code);

    if (*code == NP_UTF8_BAD)
        return false;
    re->at += n;
    return true;
}

static bool is_surrogate(uint32_t code)
{
    return code >= 0xd800 && code <= 0xdfff;
}

void np_re2_write_char(struct np_buf *out, uint32_t code)
{
    if (is_surrogate(code))
        np_buf_adds(out, "(?!)"); /* no text has it */
    else
        np_buf_addf(out, "\\x{%x}", code);
}

/* A range of a class in brackets. */
static void write_range(struct np_buf *out, uint32_t lo, uint32_t hi)
{
    if (is_surrogate(lo))
        lo = 0xe000;
    if (is_surrogate(hi))
        hi = 0xd7ff;
    if (lo <= hi)
        np_buf_addf(out, "\\x{%x}-\\x{%x}", lo, hi);
}

static const struct set *find_set(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        if (strlen(sets[i].name) == n && memcmp(sets[i].name, name, n) == 0)
            return &sets[i];
    return NULL;
}

static bool set_has(const struct set *set, uint32_t code)
{
    for (uint32_t i = 0; i < set->n; i++)
        if (code >= set->ranges[i].lo && code <= set->ranges[i].hi)
            return true;
    return false;
}

static void write_negated(struct np_re2 *re, const struct set *set)
{
    uint32_t next = 0;
    bool fold = re->flags & NP_RE2_FOLD;

    if (fold && set_has(set, 'k') != set_has(set, 'K'))
        set = find_set("alpha", 5);
    for (uint32_t i = 0; i < set->n; i++) {
        if (set->ranges[i].lo > next)
            write_range(re->out, next, set->ranges[i].lo - 1);
        next = set->ranges[i].hi + 1;
    }
    if (fold && set_has(set, 'k')) { /* without the long s and the Kelvin sign, whose other cases are s and k */
        write_range(re->out, next, 0x17e);
        write_range(re->out, 0x180, 0x2129);
        next = 0x212b;
    }
    write_range(re->out, next, CODE_MAX);
}

/* A set between brackets. Its negation is that of the set in any case, where case does not count. */
static void write_set(struct np_re2 *re, const struct set *set, bool negated)
{
    if (negated) {
        write_negated(re, set);
        return;
    }
    for (uint32_t i = 0; i < set->n; i++)
        write_range(re->out, set->ranges[i].lo, set->ranges[i].hi);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char peek(const struct np_re2 *re, uint32_t at)
{
    return at < re->in.n ? re->in.s[at] : '\0';
}

/* After \x: two digits, or any number of them in braces. */
static int hex_escape(struct np_re2 *re, uint32_t start, uint32_t *code)
{
    bool braces = peek(re, re->at) == '{';
    uint32_t at = re->at + braces, first = at, value = 0;

    for (; hex_digit(peek(re, at)) >= 0 && (braces || at - first < 2); at++) {
        value = value * 16 + (uint32_t)hex_digit(re->in.s[at]);
        if (value > CODE_MAX)
            return np_re2_flaw(re, start, "invalid escape sequence");
    }
    if (braces ? at == first || peek(re, at) != '}' : at - first != 2)
        return np_re2_flaw(re, start, "invalid escape sequence");
    re->at = at + braces;
    *code = value;
    return CNIPOL_OK;
}

static int octal_escape(struct np_re2 *re, char first, uint32_t *code)
{
    uint32_t value = (uint32_t)(first - '0');

    for (int i = 1; i < 3 && peek(re, re->at) >= '0' && peek(re, re->at) <= '7'; i++)
        value = value * 8 + (uint32_t)(re->in.s[re->at++] - '0');
    *code = value;
    return CNIPOL_OK;
}

static bool is_alnum(uint32_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

int np_re2_escape(struct np_re2 *re, uint32_t *code)
{
    static const char from[] = "afnrtv", to[] = "\a\f\n\r\t\v";
    uint32_t start = re->at++, c;
    const char *found;

    if (re->at >= re->in.n)
        return np_re2_flaw(re, start, "trailing backslash at end of expression");
    if (!np_re2_char(re, &c))
        return np_re2_flaw(re, start, "invalid UTF-8");
    if (c == 'x')
        return hex_escape(re, start, code);
    if (c == '0' || (c >= '1' && c <= '7' && peek(re, re->at) >= '0' && peek(re, re->at) <= '7'))
        return octal_escape(re, (char)c, code);
    found = c && c < 0x80 ? strchr(from, (int)c) : NULL;
    *code = found ? (uint32_t)to[found - from] : c;
    if (!found && (c >= 0x80 || is_alnum(c)))
        return np_re2_flaw(re, start, c >= '1' && c <= '9' ? "RE2 has no backreferences" : "invalid escape sequence");
    return CNIPOL_OK;
}

/* The name of a property as PCRE2 has it: scripts by name, categories by their letters. */
static void write_property(struct np_buf *out, struct np_str name, bool negated, bool fold)
{
    char letters[32];
    size_t n = 0;

    for (uint32_t i = 0; i < name.n && n < sizeof letters - 1; i++)
        if (name.s[i] != ' ' && name.s[i] != '_' && name.s[i] != '-')
            letters[n++] = is_alnum((unsigned char)name.s[i]) ? (char)(name.s[i] | 0x20) : name.s[i];
    letters[n] = '\0';
    np_buf_adds(out, negated ? "\\P{" : "\\p{");
    for (size_t i = 0; i < sizeof category_aliases / sizeof category_aliases[0]; i++)
        if (strcmp(category_aliases[i][0], letters) == 0) {
            np_buf_addf(out, "%s}", fold && category_aliases[i][1][0] == 'L' ? "L&" : category_aliases[i][1]);
            return;
        }
    if (fold && (strcmp(letters, "lu") == 0 || strcmp(letters, "ll") == 0 || strcmp(letters, "lt") == 0))
        np_buf_adds(out, "L&}");
    else
        np_buf_addf(out, "%s%s}", n > 2 && strcmp(letters, "any") != 0 ? "sc:" : "", letters);
}

/* \p{…}, \PN, at its backslash. PCRE2 says whether there is such a name. */
static int property(struct np_re2 *re)
{
    uint32_t start = re->at, first = start + 2, end;
    bool negated = re->in.s[start + 1] == 'P';
    struct np_str name;

    if (peek(re, first) == '{') {
        const char *close = memchr(re->in.s + first, '}', re->in.n - first);

        if (!close)
            return np_re2_flaw(re, start, "invalid character class range");
        end = (uint32_t)(close - re->in.s) + 1;
        name = (struct np_str){re->in.s + first + 1, end - first - 2};
    } else {
        if (first >= re->in.n)
            return np_re2_flaw(re, start, "invalid escape sequence");
        end = first + 1;
        name = (struct np_str){re->in.s + first, 1};
    }
    if (name.n && name.s[0] == '^') {
        negated = !negated;
        name = (struct np_str){name.s + 1, name.n - 1};
    }
    for (uint32_t i = 0; i < name.n; i++)
        if (!is_alnum((unsigned char)name.s[i]) && !(i && strchr(" _-", name.s[i])))
            return np_re2_flaw(re, start, "invalid character class range");
    if (name.n == 0 || name.n > 30)
        return np_re2_flaw(re, start, "invalid character class range");
    re->at = end;
    if (name.n == 5 && strncasecmp(name.s, "ascii", 5) == 0)
        write_set(re, find_set("ascii", 5), negated);
    else if (name.n == 8 && strncasecmp(name.s, "assigned", 8) == 0)
        np_buf_adds(re->out, negated ? "\\p{Cn}" : "\\P{Cn}");
    else
        write_property(re->out, name, negated, re->flags & NP_RE2_FOLD);
    return 1;
}

/* \d \D \s \S \w \W \p \P: writes what stands for it between brackets. 1, 0: none of them, or a status. */
static int class_escape(struct np_re2 *re)
{
    char c = peek(re, re->at + 1);
    char lower = (char)(c | 0x20);

    if (peek(re, re->at) != '\\')
        return 0;
    if (lower == 'p' && c)
        return property(re);
    if (c == '\0' || !strchr("dsw", lower))
        return 0;
    write_set(re, find_set(&lower, 1), c != lower);
    re->at += 2;
    return 1;
}

static void open_class(struct np_re2 *re, bool negated)
{
    np_buf_adds(re->out, re->flags & NP_RE2_FOLD ? "(?i:[" : "[");
    if (negated)
        np_buf_addc(re->out, '^');
}

static void close_class(struct np_re2 *re, uint32_t flags)
{
    np_buf_adds(re->out, flags & NP_RE2_FOLD ? "])" : "]");
}

int np_re2_class_escape(struct np_re2 *re)
{
    size_t start = re->out->n;
    int rc;

    open_class(re, false);
    rc = class_escape(re);
    if (rc == 1)
        close_class(re, re->flags);
    else if (!np_buf_failed(re->out))
        re->out->n = start;
    return rc;
}

/* [:name:] inside of brackets. 1, 0: it is something else, or a status. */
static int named_class(struct np_re2 *re)
{
    struct np_str in = {re->in.s + re->at, re->in.n - re->at};
    const char *close = in.n > 2 && in.s[0] == '[' && in.s[1] == ':' ? memmem(in.s + 2, in.n - 2, ":]", 2) : NULL;
    const struct set *set;
    bool negated;

    if (!close)
        return 0;
    negated = in.s[2] == '^';
    set = close - in.s >= 4 + negated ? find_set(in.s + 2 + negated, (size_t)(close - in.s) - 2 - negated) : NULL;
    if (!set)
        return np_re2_flaw(re, re->at, "invalid character class range");
    write_set(re, set, negated);
    re->at += (uint32_t)(close - in.s) + 2;
    return 1;
}

static int class_char(struct np_re2 *re, uint32_t start, uint32_t *code)
{
    if (re->at >= re->in.n)
        return np_re2_flaw(re, start, "missing closing ]");
    if (re->in.s[re->at] == '\\')
        return np_re2_escape(re, code);
    return np_re2_char(re, code) ? CNIPOL_OK : np_re2_flaw(re, re->at, "invalid UTF-8");
}

static int class_range(struct np_re2 *re, uint32_t start)
{
    uint32_t at = re->at, lo, hi;
    int rc = class_char(re, start, &lo);

    if (rc)
        return rc;
    hi = lo;
    if (peek(re, re->at) == '-' && re->at + 1 < re->in.n && re->in.s[re->at + 1] != ']') {
        re->at++;
        rc = class_char(re, start, &hi);
        if (rc)
            return rc;
        if (hi < lo)
            return np_re2_flaw(re, at, "invalid character class range");
    }
    write_range(re->out, lo, hi);
    return CNIPOL_OK;
}

int np_re2_class(struct np_re2 *re)
{
    uint32_t start = re->at++;
    bool negated = peek(re, re->at) == '^', first = true;
    size_t opened;
    int rc = CNIPOL_OK;

    re->at += negated;
    open_class(re, negated);
    opened = re->out->n;
    for (; rc >= 0 && (first || peek(re, re->at) != ']' || re->at >= re->in.n); first = false) {
        rc = named_class(re);
        if (rc == 0)
            rc = class_escape(re);
        if (rc == 0)
            rc = class_range(re, start);
    }
    if (rc < 0)
        return rc;
    re->at++;
    if (re->out->n == opened && !np_buf_failed(re->out)) { /* only surrogates: no character, or each */
        re->out->n -= negated;
        np_buf_adds(re->out, negated ? "\\x{0}-\\x{10ffff}" : "^\\x{0}-\\x{10ffff}");
    }
    close_class(re, re->flags);
    return CNIPOL_OK;
}
