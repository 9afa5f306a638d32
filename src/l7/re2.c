/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From RE2's syntax to PCRE2's: see re2.h.
 *
 * `open` holds one level for each open group: the flags outside, where in the output the group began, and how often its
 * content may be repeated so far (RE2 refuses repetitions that multiply to more than 1000). What is repeated is written as
 * (?:item), since PCRE2 does not repeat assertions, nor what is repeated already ("a*(?i)*", which RE2 takes).
 */

#include "l7/re2.h"

#include <cnipol/status.h>
#include <string.h>

#include "base/utf8.h"

#define DEPTH_MAX 200u    /* below PCRE2's own limit of 250, with room for what the translation adds */
#define REPEAT_MAX 1000u  /* RE2's */
#define NAMES_MAX 1000u

struct level {
    uint32_t flags; /* outside of the group */
    uint32_t start; /* of the group in the output */
    uint32_t times; /* the most often that anything in it, or before it in its parent, is repeated */
};

struct translation {
    struct np_re2 re;
    struct level open[DEPTH_MAX];
    uint32_t depth;
    uint32_t times;      /* of the present level */
    uint32_t item;       /* where the last item begins in the output; */
    uint32_t item_times; /* how often its parts are repeated; 0: there is no item to repeat */
    bool repeated;       /* the last thing was a repetition */
    struct np_str names[NAMES_MAX];
    uint32_t n_names;
};

static struct np_str rest(const struct np_re2 *re)
{
    return (struct np_str){re->in.s + re->at, re->in.n - re->at};
}

static bool follows(const struct np_re2 *re, const char *text)
{
    size_t n = strlen(text);

    return re->in.n - re->at >= n && memcmp(re->in.s + re->at, text, n) == 0;
}

static void begin_item(struct translation *t)
{
    t->item = (uint32_t)t->re.out->n;
    t->item_times = 1;
}

static void item(struct translation *t, const char *text)
{
    begin_item(t);
    np_buf_adds(t->re.out, text);
}

static void literal(struct translation *t, uint32_t code)
{
    begin_item(t);
    if (t->re.flags & NP_RE2_FOLD)
        np_buf_adds(t->re.out, "(?i:");
    np_re2_write_char(t->re.out, code);
    if (t->re.flags & NP_RE2_FOLD)
        np_buf_addc(t->re.out, ')');
}

static int open_group(struct translation *t, uint32_t skip, uint32_t flags_outside)
{
    if (t->depth == DEPTH_MAX) {
        t->re.flaw->unsupported = true;
        return np_re2_flaw(&t->re, t->re.at, "groups are nested too deeply");
    }
    t->open[t->depth++] = (struct level){flags_outside, (uint32_t)t->re.out->n, t->times};
    t->times = 1;
    t->item_times = 0;
    np_buf_adds(t->re.out, "(?:");
    t->re.at += skip;
    return CNIPOL_OK;
}

static int close_group(struct translation *t)
{
    struct level level;

    if (t->depth == 0)
        return np_re2_flaw(&t->re, t->re.at, "unexpected )");
    level = t->open[--t->depth];
    np_buf_addc(t->re.out, ')');
    t->re.flags = level.flags;
    t->item = level.start;
    t->item_times = t->times;
    if (level.times > t->times)
        t->times = level.times;
    t->re.at++;
    return CNIPOL_OK;
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* (?P<name> or (?<name>: the name begins `skip` bytes on. */
static int named_group(struct translation *t, uint32_t skip)
{
    struct np_re2 *re = &t->re;
    struct np_str name = {re->in.s + re->at + skip, 0};
    uint32_t room = re->in.n - re->at - skip;

    while (name.n < room && name_char(name.s[name.n]))
        name.n++;
    if (name.n == 0 || name.n == room || name.s[name.n] != '>')
        return np_re2_flaw(re, re->at, "invalid named capture");
    for (uint32_t i = 0; i < t->n_names; i++)
        if (np_str_eq(t->names[i], name))
            return np_re2_flaw(re, re->at, "duplicate capture group name");
    if (t->n_names == NAMES_MAX) {
        re->flaw->unsupported = true;
        return np_re2_flaw(re, re->at, "more than 1000 named groups");
    }
    t->names[t->n_names++] = name;
    return open_group(t, skip + name.n + 1, re->flags);
}

static uint32_t flag_of(char c)
{
    static const char letters[] = "imsU";
    const char *found = c ? strchr(letters, c) : NULL;

    return found ? 1u << (found - letters) : 0;
}

/* (?flags) and (?flags:…), (?: among them. */
static int flag_group(struct translation *t)
{
    struct np_re2 *re = &t->re;
    uint32_t at = re->at + 2, flags = re->flags, outside = re->flags;
    bool off = false, seen = false;

    for (; at < re->in.n; at++) {
        char c = re->in.s[at];
        uint32_t flag = flag_of(c);

        if (flag) {
            flags = off ? flags & ~flag : flags | flag;
            seen = true;
        } else if (c == '-' && !off) {
            off = true;
            seen = false;
        } else if ((c == ':' || c == ')') && (!off || seen)) {
            re->flags = flags;
            if (c == ':')
                return open_group(t, at + 1 - re->at, outside);
            re->at = at + 1;
            return CNIPOL_OK;
        } else {
            break;
        }
    }
    return np_re2_flaw(re, re->at, "invalid or unsupported Perl syntax");
}

static int group(struct translation *t)
{
    if (!follows(&t->re, "(?"))
        return open_group(t, 1, t->re.flags);
    if (follows(&t->re, "(?P<"))
        return named_group(t, 4);
    if (follows(&t->re, "(?<"))
        return named_group(t, 3);
    return flag_group(t);
}

/* Decimal digits without leading zeros; false: none. Large numbers become REPEAT_MAX + 1. */
static bool repeat_number(const struct np_re2 *re, uint32_t *at, uint32_t *out)
{
    uint32_t start = *at, value = 0;

    for (; *at < re->in.n && re->in.s[*at] >= '0' && re->in.s[*at] <= '9'; ++*at)
        if (value <= REPEAT_MAX)
            value = value * 10 + (uint32_t)(re->in.s[*at] - '0');
    if (*at == start || (re->in.s[start] == '0' && *at - start > 1))
        return false;
    *out = value > REPEAT_MAX ? REPEAT_MAX + 1 : value;
    return true;
}

struct repeat {
    uint32_t min, max; /* max UINT32_MAX: none */
    uint32_t end;
};

/* {n}, {n,}, {n,m}; false: the brace is a character like others. */
static bool repeat_braces(const struct np_re2 *re, struct repeat *out)
{
    uint32_t at = re->at + 1;

    if (!repeat_number(re, &at, &out->min))
        return false;
    out->max = out->min;
    if (at < re->in.n && re->in.s[at] == ',') {
        at++;
        out->max = UINT32_MAX;
        if (at < re->in.n && re->in.s[at] != '}' && !repeat_number(re, &at, &out->max))
            return false;
    }
    if (at >= re->in.n || re->in.s[at] != '}')
        return false;
    out->end = at + 1;
    return true;
}

/* Repeats the last item; *, + and ? count as no repetition in RE2's limit. */
static int repeat(struct translation *t, const struct repeat *r, bool counted)
{
    struct np_re2 *re = &t->re;
    uint32_t times = r->max == UINT32_MAX ? r->min : r->max;
    uint32_t end = r->end < re->in.n && re->in.s[r->end] == '?' ? r->end + 1 : r->end;

    if (t->repeated)
        return np_re2_flaw(re, re->at, "invalid nested repetition operator");
    if (t->item_times == 0)
        return np_re2_flaw(re, re->at, "missing argument to repetition operator");
    if (counted && times > 1 && (uint64_t)times * t->item_times > REPEAT_MAX)
        return np_re2_flaw(re, re->at, "invalid repeat count");
    if (counted && times > 1)
        t->item_times *= times;
    if (t->item_times > t->times)
        t->times = t->item_times;
    np_buf_add(re->out, re->in.s + re->at, r->end - re->at);
    re->at = end;
    t->repeated = true;
    return CNIPOL_OK;
}

/* Makes the last item one that PCRE2 lets be repeated (again): (?:item). */
static void wrap_item(struct translation *t)
{
    struct np_buf *out = t->re.out;
    size_t n = out->n - t->item;

    np_buf_adds(out, "(?:)");
    if (np_buf_failed(out))
        return;
    memmove(out->s + t->item + 3, out->s + t->item, n);
    memcpy(out->s + t->item, "(?:", 3);
    out->s[t->item + 3 + n] = ')';
}

static int repetition(struct translation *t, char c)
{
    static const char marks[] = "*+?";
    struct np_re2 *re = &t->re;
    struct repeat r = {0, UINT32_MAX, re->at + 1};
    bool counted = !strchr(marks, c);

    if (counted && !repeat_braces(re, &r)) {
        literal(t, '{');
        re->at++;
        t->repeated = false;
        return CNIPOL_OK;
    }
    if (counted && (r.min > REPEAT_MAX || (r.max != UINT32_MAX && (r.max > REPEAT_MAX || r.min > r.max))))
        return np_re2_flaw(re, re->at, "invalid repeat count");
    if (!t->repeated && t->item_times)
        wrap_item(t);
    return repeat(t, &r, counted);
}

static int quoted(struct translation *t)
{
    struct np_re2 *re = &t->re;
    uint32_t code;

    re->at += 2;
    while (re->at < re->in.n && !follows(re, "\\E")) {
        if (!np_re2_char(re, &code))
            return np_re2_flaw(re, re->at, "invalid UTF-8");
        literal(t, code);
    }
    if (re->at < re->in.n)
        re->at += 2;
    return CNIPOL_OK;
}

static const char *assertion(char c)
{
    switch (c) {
    case 'A':
        return "\\A";
    case 'b':
        return "\\b";
    case 'B':
        return "\\B";
    case 'z':
        return "\\z";
    default:
        return NULL;
    }
}

static int backslash(struct translation *t)
{
    struct np_re2 *re = &t->re;
    const char *text = re->in.n - re->at >= 2 ? assertion(re->in.s[re->at + 1]) : NULL;
    uint32_t code;
    int rc;

    if (text) {
        item(t, text);
        re->at += 2;
        return CNIPOL_OK;
    }
    if (follows(re, "\\Q"))
        return quoted(t);
    begin_item(t);
    rc = np_re2_class_escape(re);
    if (rc)
        return rc < 0 ? rc : CNIPOL_OK;
    rc = np_re2_escape(re, &code);
    if (rc == CNIPOL_OK)
        literal(t, code);
    return rc;
}

/* One character that stands for something. Returns its translation, NULL: none of these. */
static const char *plain_operator(const struct np_re2 *re, char c)
{
    switch (c) {
    case '^':
        return re->flags & NP_RE2_MULTILINE ? "(?m:^)" : "\\A";
    case '$':
        return re->flags & NP_RE2_MULTILINE ? "(?m:$)" : "\\z";
    case '.':
        return re->flags & NP_RE2_DOT_ALL ? "(?s:.)" : "[^\\n]";
    default:
        return NULL;
    }
}

static int literal_char(struct translation *t)
{
    uint32_t code;

    if (!np_re2_char(&t->re, &code))
        return np_re2_flaw(&t->re, t->re.at, "invalid UTF-8");
    literal(t, code);
    return CNIPOL_OK;
}

static int one(struct translation *t)
{
    char c = rest(&t->re).s[0];
    const char *text = plain_operator(&t->re, c);

    if (text) {
        item(t, text);
        t->re.at++;
        return CNIPOL_OK;
    }
    switch (c) {
    case '(':
        return group(t);
    case ')':
        return close_group(t);
    case '|':
        np_buf_addc(t->re.out, '|');
        t->item_times = 0;
        t->re.at++;
        return CNIPOL_OK;
    case '[':
        begin_item(t);
        return np_re2_class(&t->re);
    case '\\':
        return backslash(t);
    default:
        return literal_char(t);
    }
}

static int translate(struct translation *t)
{
    static const char repeats[] = "*+?{";
    struct np_re2 *re = &t->re;
    int rc = CNIPOL_OK;

    while (rc == CNIPOL_OK && re->at < re->in.n) {
        char c = re->in.s[re->at];

        if (c && strchr(repeats, c)) {
            rc = repetition(t, c);
        } else {
            t->repeated = false;
            rc = one(t);
        }
    }
    if (rc == CNIPOL_OK && t->depth)
        return np_re2_flaw(re, re->in.n, "missing closing )");
    return rc;
}

int np_re2_translate(struct np_str pattern, struct np_buf *out, struct np_regex_flaw *flaw)
{
    struct translation *t = np_zalloc(out->mem, sizeof *t);
    int rc;

    if (!t)
        return CNIPOL_E_NOMEM;
    *flaw = (struct np_regex_flaw){0};
    t->re = (struct np_re2){pattern, 0, 0, out, flaw};
    t->times = 1;
    rc = translate(t);
    np_free(out->mem, t, sizeof *t);
    return rc == CNIPOL_OK && np_buf_failed(out) ? CNIPOL_E_NOMEM : rc;
}
