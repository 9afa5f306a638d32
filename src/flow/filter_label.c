/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters of labels: see filter.h.
 *
 * A selector is Kubernetes' (a=b, a!=b, a in (b,c), a, !a, a>1, with commas for "and"), whose keys may say a label's source before a
 * colon; "any" if they say none. Upstream writes each key as SOURCE.KEY before it parses the selector, which is why a key with two
 * colons is refused. Of several labels with a key the one that sorts first counts. Keys of source "cidr" match prefixes that
 * are within theirs.
 *
 * Sources: Cilium v1.20.2 pkg/hubble/filters (labels.go, labelparser.go), pkg/labels (labels.go, k8s.go, cidr.go), and the Kubernetes
 * selector parser in pkg/k8s/slim/k8s/apis/labels/selector.go.
 */

#include "flow/filter.h"

#include <string.h>

#include "base/utf8.h"
#include "dialect/validate_label.h"
#include "flow/filter_prefix.h"

#define KUBERNETES_MINOR 36u /* whose rules for keys count */

enum op { IN, NOT_IN, EXISTS, NOT_EXISTS, GREATER, LESS };

struct label {
    struct np_str source, key, value;
};

struct requirement {
    enum op op;
    struct np_str source; /* "any" matches each */
    struct np_str key;
    bool any_source, is_cidr;
    struct np_flow_prefix prefix;
    int64_t number; /* of < and > */
    const struct np_str *values;
    uint32_t n_values;
};

struct selector {
    const struct requirement *items;
    uint32_t n;
};

/* Matching. */

static struct np_str upto(struct np_str s, const char *end)
{
    return end ? (struct np_str){s.s, (uint32_t)(end - s.s)} : s;
}

static struct np_str behind(struct np_str s, const char *at)
{
    return (struct np_str){at + 1, s.n - (uint32_t)(at - s.s) - 1};
}

/* SOURCE:KEY=VALUE; $KEY is reserved:KEY. */
static struct label split_label(struct np_str text, bool has_source)
{
    const char *colon = has_source ? memchr(text.s, ':', text.n) : NULL, *equal;
    struct label label = {has_source ? NP_STR("unspec") : NP_STR("k8s"), text, NP_STR("")};

    if (has_source && text.n && text.s[0] == '$') {
        label.source = NP_STR("reserved");
        label.key = behind(text, text.s);
    } else if (colon) {
        if (colon > text.s)
            label.source = upto(text, colon);
        label.key = behind(text, colon);
    }
    equal = memchr(label.key.s, '=', label.key.n);
    if (!equal)
        return label;
    if (equal == label.key.s && np_str_is(label.source, "reserved")) {
        label.key = behind(label.key, equal);
        return label;
    }
    label.value = behind(label.key, equal);
    label.key = upto(label.key, equal);
    return label;
}

static bool has_key(const struct requirement *req, const struct label *label)
{
    struct np_flow_prefix prefix;

    if (!req->any_source && !np_str_eq(req->source, label->source))
        return false;
    if (!req->is_cidr)
        return np_str_eq(req->key, label->key);
    return req->prefix.ip.family && np_flow_prefix_of_label(label->key, &prefix) && prefix.length >= req->prefix.length &&
           np_flow_prefix_holds(&req->prefix, &prefix.ip);
}

/* The labels that a selector looks at. */
struct labels {
    const struct cnipol_text *items;
    uint32_t n;
    bool have_sources;
};

static bool lookup(const struct requirement *req, const struct labels *labels, struct np_str *value)
{
    struct label best = {0};
    bool found = false;

    for (uint32_t i = 0; i < labels->n; i++) {
        struct label label = split_label(np_str_of_text(labels->items[i]), labels->have_sources);

        if (!has_key(req, &label) || (found && np_str_cmp(best.key, label.key) <= 0))
            continue;
        best = label;
        found = true;
    }
    *value = best.value;
    return found;
}

static bool has_value(const struct requirement *req, struct np_str value)
{
    for (uint32_t i = 0; i < req->n_values; i++)
        if (np_str_eq(req->values[i], value))
            return true;
    return false;
}

/* As strconv.ParseInt in base 10. */
static bool parse_int(struct np_str text, int64_t *out)
{
    bool negative = text.n && text.s[0] == '-', sign = text.n && (negative || text.s[0] == '+');
    uint64_t number;

    if (!np_word_uint((struct np_str){text.s + sign, text.n - sign}, false, (uint64_t)INT64_MAX + negative, &number))
        return false;
    *out = negative ? (int64_t)(0 - number) : (int64_t)number;
    return true;
}

static bool requirement_holds(const struct requirement *req, const struct labels *labels)
{
    struct np_str value;
    int64_t number;
    bool found = lookup(req, labels, &value);

    switch (req->op) {
    case IN:
        return found && has_value(req, value);
    case NOT_IN:
        return !found || !has_value(req, value);
    case EXISTS:
        return found;
    case NOT_EXISTS:
        return !found;
    default:
        return found && parse_int(value, &number) && (req->op == GREATER ? number > req->number : number < req->number);
    }
}

static bool selector_holds(const struct selector *selector, const struct labels *labels)
{
    for (uint32_t i = 0; i < selector->n; i++)
        if (!requirement_holds(&selector->items[i], labels))
            return false;
    return true;
}

static int any_selector(const struct np_test *test, const struct labels *labels)
{
    const struct selector *selectors = test->data;

    for (uint32_t i = 0; i < test->n; i++)
        if (selector_holds(&selectors[i], labels))
            return 1;
    return 0;
}

static int matches_labels(const struct np_test *test, const struct cnipol_flow *flow)
{
    const struct cnipol_flow_end *end = np_test_end(test, flow);
    struct labels labels = {end->labels, end->n_labels, !(end->has & CNIPOL_FLOW_END_LABEL_MAP)};

    return any_selector(test, &labels);
}

static int matches_node_labels(const struct np_test *test, const struct cnipol_flow *flow)
{
    struct labels labels = {flow->node_labels, flow->n_node_labels, true};

    return any_selector(test, &labels);
}

/* Translating keys: SOURCE:KEY becomes SOURCE.KEY, and KEY becomes any.KEY. */

static void translate_key(struct np_buf *out, struct np_str text, uint32_t *at)
{
    uint32_t start = *at, code, n;
    const char *colon;

    while (*at < text.n) {
        n = np_utf8_next(text.s + *at, text.n - *at, &code);
        if (np_word_is_space(code) || code == '=' || code == '!' || code == ',')
            break;
        *at += n;
    }
    colon = memchr(text.s + start, ':', *at - start);
    if (!colon)
        np_buf_adds(out, "any.");
    np_buf_add(out, text.s + start, *at - start);
    if (colon && !np_buf_failed(out))
        out->s[out->n - (*at - start) + (size_t)(colon - text.s - start)] = '.';
}

static void translate(struct np_buf *out, struct np_str text)
{
    for (uint32_t at = 0; at < text.n;) {
        uint32_t code, n, nesting = 0;

        while (at < text.n && (n = np_utf8_next(text.s + at, text.n - at, &code), np_word_is_space(code) || code == '!')) {
            np_buf_add(out, text.s + at, n);
            at += n;
        }
        translate_key(out, text, &at);
        while (at < text.n) {
            char c = text.s[at++];

            nesting += c == '(' ? 1u : c == ')' ? UINT32_MAX : 0;
            np_buf_addc(out, c);
            if (c == ',' && nesting == 0)
                break;
        }
    }
}

/* Parsing what was translated. */

enum token { END, ERROR, CLOSE, COMMA, NOT, DOUBLE_EQUAL, EQUAL, MORE, IDENTIFIER, IN_WORD, SMALLER, NOT_EQUAL, NOT_IN_WORD, OPEN };

struct parser {
    struct np_filter_job *job;
    struct np_str text;
    uint32_t at;
    enum token token;
    struct np_str word;
    const char *wrong; /* static */
};

static bool is_special(char c)
{
    return c && strchr("=!(),><", c);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static enum token special(struct parser *p)
{
    static const struct {
        const char *text;
        enum token token;
    } tokens[] = {{"==", DOUBLE_EQUAL}, {"!=", NOT_EQUAL}, {")", CLOSE}, {",", COMMA}, {"!", NOT}, {"=", EQUAL}, {">", MORE}, {"<", SMALLER}, {"(", OPEN}};

    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        size_t n = strlen(tokens[i].text);

        if (p->text.n - p->at >= n && memcmp(p->text.s + p->at, tokens[i].text, n) == 0) {
            p->at += (uint32_t)n;
            return tokens[i].token;
        }
    }
    return ERROR;
}

/* Reads the next token. A NUL ends the text, as upstream's scanner has it. */
static void next(struct parser *p)
{
    uint32_t start;

    while (p->at < p->text.n && is_blank(p->text.s[p->at]))
        p->at++;
    start = p->at;
    if (p->at == p->text.n || p->text.s[p->at] == '\0')
        p->token = END;
    else if (is_special(p->text.s[p->at]))
        p->token = special(p);
    else {
        while (p->at < p->text.n && p->text.s[p->at] && !is_special(p->text.s[p->at]) && !is_blank(p->text.s[p->at]))
            p->at++;
        p->token = IDENTIFIER;
    }
    p->word = (struct np_str){p->text.s + start, p->at - start};
}

/* Words for operators count as such only where an operator may stand. */
static enum token as_operator(const struct parser *p)
{
    if (p->token == IDENTIFIER && np_str_is(p->word, "in"))
        return IN_WORD;
    if (p->token == IDENTIFIER && np_str_is(p->word, "notin"))
        return NOT_IN_WORD;
    return p->token;
}

static bool wrong(struct parser *p, const char *message)
{
    if (!p->wrong)
        p->wrong = message;
    return false;
}

/* A value, checked; false: none, or no memory (then nothing is said). */
static bool add_value(struct parser *p, struct np_flow_texts *values, struct np_str text)
{
    struct np_flaws flaws = {.n = 0};

    np_label_value_flaws(text, &flaws);
    if (flaws.n)
        return wrong(p, "a label's value has letters, digits, '-', '_' and '.' only, and at most 63 of them");
    return np_flow_texts_add(&p->job->filter->arena, values, text);
}

/* The list in parentheses, behind the opening one: empty items are empty texts. */
static bool parse_list(struct parser *p, struct np_flow_texts *values)
{
    bool empty = true; /* no value since the last comma */

    for (;; next(p)) {
        if (p->token == IDENTIFIER && empty) {
            if (!add_value(p, values, p->word))
                return false;
            empty = false;
        } else if (p->token == COMMA || p->token == CLOSE) {
            if (empty && !add_value(p, values, NP_STR("")))
                return false;
            empty = true;
            if (p->token == CLOSE)
                break;
        } else {
            return wrong(p, "expected ',', ')' or a value");
        }
    }
    next(p);
    return true;
}

static bool parse_values(struct parser *p, struct requirement *req, struct np_flow_texts *values)
{
    bool list = req->op == IN || req->op == NOT_IN;

    if (list && p->token == OPEN) {
        next(p);
        return parse_list(p, values);
    }
    return wrong(p, "expected '('");
}

/* One value, which may be missing. */
static bool parse_value(struct parser *p, struct np_flow_texts *values)
{
    if (p->token == END || p->token == COMMA)
        return add_value(p, values, NP_STR(""));
    if (p->token != IDENTIFIER)
        return wrong(p, "expected a value");
    if (!add_value(p, values, p->word))
        return false;
    next(p);
    return true;
}

static bool parse_operator(struct parser *p, struct requirement *req, bool *list)
{
    enum token token = as_operator(p);

    *list = token == IN_WORD || token == NOT_IN_WORD;
    if (token == IN_WORD || token == EQUAL || token == DOUBLE_EQUAL)
        req->op = IN;
    else if (token == NOT_IN_WORD || token == NOT_EQUAL)
        req->op = NOT_IN;
    else if (token == MORE || token == SMALLER)
        req->op = token == MORE ? GREATER : LESS;
    else
        return wrong(p, "expected one of = == != in notin < >");
    next(p);
    return true;
}

static bool parse_key(struct parser *p, struct requirement *req)
{
    struct np_flaws flaws = {.n = 0};
    const char *dot;

    if (p->token != IDENTIFIER)
        return wrong(p, "expected a label's key");
    np_label_key_flaws(p->word, KUBERNETES_MINOR, &flaws);
    if (flaws.n)
        return wrong(p, "a label's key is [SOURCE:][DOMAIN/]NAME, of letters, digits, '-', '_' and '.'");
    dot = memchr(p->word.s, '.', p->word.n);
    req->source = dot ? upto(p->word, dot) : NP_STR("any");
    req->key = dot ? behind(p->word, dot) : p->word;
    req->any_source = np_str_is(req->source, "any") || req->source.n == 0;
    req->is_cidr = np_str_is(req->source, "cidr");
    if (req->is_cidr && !np_flow_prefix_of_label(req->key, &req->prefix))
        req->prefix.ip.family = 0;
    next(p);
    return true;
}

static bool parse_requirement(struct parser *p, struct requirement *req)
{
    struct np_flow_texts values = {0};
    bool negated = p->token == NOT, list, ok;

    if (negated)
        next(p);
    if (!parse_key(p, req))
        return false;
    if (p->token == END || p->token == COMMA || negated) {
        req->op = negated ? NOT_EXISTS : EXISTS;
        return p->token == END || p->token == COMMA || wrong(p, "expected ',' or the end");
    }
    if (!parse_operator(p, req, &list))
        return false;
    ok = list ? parse_values(p, req, &values) : parse_value(p, &values);
    req->values = values.items;
    req->n_values = values.n;
    if (ok && (req->op == GREATER || req->op == LESS) && !parse_int(values.items[0], &req->number))
        return wrong(p, "< and > need a whole number");
    return ok;
}

static uint32_t count_commas(struct np_str text)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < text.n; i++)
        n += text.s[i] == ',';
    return n;
}

/* False: p->wrong says why; NULL there: no memory. */
static bool parse_selector(struct parser *p, struct selector *out)
{
    struct requirement *items = np_arena_array(&p->job->filter->arena, count_commas(p->text) + 1, sizeof *items);

    if (!items)
        return false;
    out->items = items;
    next(p);
    while (p->token != END) {
        struct requirement *req = &items[out->n];

        *req = (struct requirement){0};
        if (!parse_requirement(p, req))
            return false;
        out->n++;
        if (p->token == END)
            break;
        if (p->token != COMMA)
            return wrong(p, "expected ',' or the end");
        next(p);
        if (p->token == END)
            return wrong(p, "expected a label's key behind ','");
    }
    return true;
}

static int build_selector(struct np_filter_job *job, const struct np_spec_value *value, struct selector *out)
{
    struct parser p = {.job = job};
    struct np_buf text;
    char *kept;
    bool ok;

    np_buf_init(&text, &job->ctx->mem);
    translate(&text, value->text);
    kept = np_buf_failed(&text) ? NULL : np_arena_strndup(&job->filter->arena, text.s ? text.s : "", text.n);
    p.text = (struct np_str){kept, (uint32_t)text.n};
    np_buf_free(&text);
    *out = (struct selector){NULL, 0};
    if (!kept)
        return CNIPOL_E_NOMEM;
    ok = parse_selector(&p, out);
    if (!ok && p.wrong)
        return np_filter_wrong(job, NP_FILTER_VALUE, value->flag, value->text, 0, value->text.n, "bad label selector: %s", p.wrong);
    return ok ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static int with_selectors(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    struct selector *selectors = np_arena_array(&job->filter->arena, values->n, sizeof *selectors);
    int rc = selectors ? CNIPOL_OK : CNIPOL_E_NOMEM;

    for (uint32_t i = 0; rc == CNIPOL_OK && i < values->n; i++)
        rc = build_selector(job, &values->items[i], &selectors[i]);
    out->data = selectors;
    return rc;
}

int np_test_label(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_labels;
    return with_selectors(job, values, out);
}

int np_test_node_label(struct np_filter_job *job, const struct np_spec_list *values, struct np_test *out)
{
    out->matches = matches_node_labels;
    return with_selectors(job, values, out);
}
