/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The grammar of expressions, and their types: see expr.h.
 *
 *     expr = or ["?" or ":" expr]          or = and {"||" and}          and = relation {"&&" relation}
 *     relation = unary {("==" | "!=" | "<" | "<=" | ">" | ">=" | "in") unary}
 *     unary = {"!"} member | "-" number    member = primary {"." NAME ["(" … ")"] | "[" expr "]"}
 *     primary = NAME | NAME "(" … ")" | "(" expr ")" | "[" {expr ","} "]" | number | string | true | false | null
 *
 * Source: CEL spec v0.14 doc/langdef.md; cel-go v0.28 checker for which operands fit.
 */

#include "flow/expr.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"

struct np_expr_node *np_expr_wrong(struct np_expr_parser *p, enum np_code code, uint32_t at, uint32_t end, const char *fmt, ...)
{
    char message[256];
    va_list args;
    int n;

    if (p->rc)
        return NULL;
    va_start(args, fmt);
    n = vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    if (n < 0)
        message[0] = '\0';
    p->rc = np_filter_wrong(p->job, code, p->value->flag, p->value->text, at, end, "%s", message);
    return NULL;
}

static uint32_t higher(const struct np_expr_node *node, uint32_t depth)
{
    return node && node->depth > depth ? node->depth : depth;
}

struct np_expr_node *np_expr_node(struct np_expr_parser *p, enum np_expr_op op, enum np_expr_type type, uint32_t at,
                                  const struct np_expr_node *a, const struct np_expr_node *b)
{
    struct np_expr_node *node = np_arena_zalloc(&p->job->filter->arena, sizeof *node);

    if (!node) {
        p->rc = CNIPOL_E_NOMEM;
        return NULL;
    }
    node->op = (uint8_t)op;
    node->kind.type = (uint8_t)type;
    node->at = at;
    node->a = a;
    node->b = b;
    node->depth = higher(b, higher(a, 0)) + 1;
    if (node->depth > NP_EXPR_DEPTH)
        return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, at, at + 1, "the expression is nested too deeply");
    return node;
}

bool np_expr_is(const struct np_expr_node *node, enum np_expr_type type)
{
    return node->kind.type == type || (type == NP_EXPR_BOOL && node->kind.type == NP_EXPR_WRAPPED);
}

const char *np_expr_type_name(const struct np_expr_kind *kind)
{
    static const char *const names[] = {"a bool", "an int", "a uint", "a string", "a bool or null", "null", "a list", "a message"};

    return kind->type < sizeof names / sizeof names[0] ? names[kind->type] : "a value";
}

bool np_expr_expect(struct np_expr_parser *p, int token, const char *what)
{
    if (p->token == token)
        return np_expr_next(p);
    np_expr_wrong(p, NP_FILTER_EXPRESSION, p->start, p->at, "expected %s", what);
    return false;
}

static struct np_expr_node *constant(struct np_expr_parser *p, enum np_expr_type type)
{
    struct np_expr_node *node = np_expr_node(p, NP_EXPR_CONST, type, p->start, NULL, NULL);

    if (node)
        node->value.type = (uint8_t)type;
    return node;
}

static struct np_expr_node *int_constant(struct np_expr_parser *p, int64_t number)
{
    struct np_expr_node *node = constant(p, NP_EXPR_INT);

    if (node)
        node->value.i = number;
    return node;
}

/* Passes over the present token behind a finished node. */
static struct np_expr_node *done(struct np_expr_parser *p, struct np_expr_node *node)
{
    return node && np_expr_next(p) ? node : NULL;
}

static struct np_expr_node *number(struct np_expr_parser *p, bool negative)
{
    struct np_expr_node *node;

    if (p->token == NP_TOK_UINT) {
        node = constant(p, NP_EXPR_UINT);
        if (node)
            node->value.u = p->number;
        return done(p, node);
    }
    if (!negative && p->number > INT64_MAX)
        return np_expr_wrong(p, NP_FILTER_EXPRESSION, p->start, p->at, "the number is too large");
    return done(p, int_constant(p, negative ? (int64_t)(0 - p->number) : (int64_t)p->number));
}

static struct np_expr_node *string(struct np_expr_parser *p)
{
    struct np_expr_node *node = constant(p, NP_EXPR_STRING);

    if (node)
        node->value.s = p->text;
    return done(p, node);
}

static void need_field(struct np_expr_parser *p, const struct np_expr_row *row)
{
    if (row->field)
        cnipol_fields_add(&p->job->filter->fields, row->field - 1u);
}

static struct np_expr_node *no_field(struct np_expr_parser *p, uint8_t message, struct np_str name, uint32_t at)
{
    static const char *const dropped[] = {"time", "extensions", "vrid", "priority", "group_address", "ipVersion", "encrypted", "source_xlated", "l4"};
    const char *near = np_expr_suggest(message, name);

    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
        if (np_str_is(name, dropped[i]))
            return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, at, at + name.n, "the field %s is not supported here", dropped[i]);
    if (near)
        return np_expr_wrong(p, NP_FILTER_EXPRESSION, at, at + name.n, "there is no field %.*s here; did you mean %s?", (int)name.n, name.s, near);
    return np_expr_wrong(p, NP_FILTER_EXPRESSION, at, at + name.n, "there is no field %.*s here", (int)name.n, name.s);
}

/* .NAME of a message. */
static struct np_expr_node *field(struct np_expr_parser *p, struct np_expr_node *base, struct np_str name, uint32_t at)
{
    const struct np_expr_row *row = base->kind.type == NP_EXPR_MESSAGE ? np_expr_field(base->kind.message, name) : NULL;
    struct np_expr_node *node;

    if (!row && base->kind.type != NP_EXPR_MESSAGE)
        return np_expr_wrong(p, NP_FILTER_EXPRESSION, at, at + name.n, "%s has no fields", np_expr_type_name(&base->kind));
    if (!row)
        return no_field(p, base->kind.message, name, at);
    need_field(p, row);
    node = np_expr_node(p, NP_EXPR_LOAD, (enum np_expr_type)row->kind.type, at, row->base == NP_IN_ITEM ? base : NULL, NULL);
    if (!node)
        return NULL;
    node->kind = row->kind;
    node->row = row;
    return node;
}

static struct np_expr_node *element(struct np_expr_parser *p, struct np_expr_node *list, uint32_t at)
{
    struct np_expr_node *index, *node;

    if (!np_expr_next(p))
        return NULL;
    index = np_expr_parse(p);
    if (!index || !np_expr_expect(p, ']', "]"))
        return NULL;
    if (list->kind.type != NP_EXPR_LIST || !np_expr_is(index, NP_EXPR_INT))
        return np_expr_wrong(p, NP_FILTER_EXPRESSION, at, p->at, "[] takes an int and is of lists, and here is %s of %s",
                             np_expr_type_name(&index->kind), np_expr_type_name(&list->kind));
    if (list->items)
        return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, at, p->at, "[] of a list that is written there is not supported");
    node = np_expr_node(p, NP_EXPR_INDEX, (enum np_expr_type)list->kind.elem, at, list, index);
    if (node)
        node->kind = (struct np_expr_kind){list->kind.elem, 0, list->kind.message};
    return node;
}

static struct np_expr_node *member(struct np_expr_parser *p, struct np_expr_node *node)
{
    while (node && (p->token == '.' || p->token == '[')) {
        uint32_t at = p->start;
        struct np_str name;

        if (p->token == '[') {
            node = element(p, node, at);
            continue;
        }
        if (!np_expr_next(p))
            return NULL;
        if (p->token != NP_TOK_IDENT)
            return np_expr_wrong(p, NP_FILTER_EXPRESSION, p->start, p->at, "expected a name behind the dot");
        name = p->text;
        at = p->start;
        if (!np_expr_next(p))
            return NULL;
        node = p->token == '(' ? np_expr_call(p, node, name, at) : field(p, node, name, at);
    }
    return p->rc ? NULL : node;
}

/* A list that is written there: elements of one type. */
static struct np_expr_node *list(struct np_expr_parser *p)
{
    const struct np_expr_node **items = NULL;
    struct np_expr_node *node = np_expr_node(p, NP_EXPR_CONST, NP_EXPR_LIST, p->start, NULL, NULL);
    uint32_t n = 0, cap = 0, depth = 0;

    if (!node || !np_expr_next(p))
        return NULL;
    while (p->token != ']') {
        struct np_expr_node *item = np_expr_parse(p);

        if (!item)
            return NULL;
        if (n && item->kind.type != items[0]->kind.type)
            return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, item->at, p->start, "a list of several types is not supported");
        if (n == cap) {
            const struct np_expr_node **grown = np_arena_array(&p->job->filter->arena, cap = cap ? cap * 2 : 8, sizeof *grown);

            if (!grown) {
                p->rc = CNIPOL_E_NOMEM;
                return NULL;
            }
            if (n)
                memcpy(grown, items, n * sizeof *grown);
            items = grown;
        }
        items[n++] = item;
        depth = higher(item, depth);
        if (p->token != ']' && !np_expr_expect(p, ',', "',' or ']'"))
            return NULL;
    }
    node->items = items ? items : (const struct np_expr_node **)(void *)node;
    node->n_items = n;
    node->kind.elem = n ? items[0]->kind.type : NP_EXPR_NULL;
    node->depth = depth + 1;
    return done(p, node);
}

static struct np_expr_node *variable(struct np_expr_parser *p, struct np_str name, uint32_t at)
{
    for (uint32_t i = p->n_variables; i-- > 0;) {
        struct np_expr_node *node;

        if (!np_str_eq(p->variables[i].name, name))
            continue;
        node = np_expr_node(p, NP_EXPR_VARIABLE, (enum np_expr_type)p->variables[i].kind.type, at, NULL, NULL);
        if (node) {
            node->kind = p->variables[i].kind;
            node->slot = (uint8_t)i;
        }
        return node;
    }
    return NULL;
}

/* flow.Verdict.FORWARDED, Verdict.FORWARDED: the first name has been read. */
static struct np_expr_node *enumeration(struct np_expr_parser *p, struct np_str name, uint32_t at)
{
    struct np_expr_node *node;
    struct np_str type = name;
    int32_t number;
    int rc;

    for (bool first = true; p->token == '.'; first = false) {
        if (!np_expr_next(p))
            return NULL;
        if (p->token != NP_TOK_IDENT)
            return np_expr_wrong(p, NP_FILTER_EXPRESSION, p->start, p->at, "expected a name behind the dot");
        rc = np_expr_constant(type, p->text, &number);
        if (rc == 0)
            return np_expr_wrong(p, NP_FILTER_EXPRESSION, p->start, p->at, "%.*s has no %.*s", (int)type.n, type.s, (int)p->text.n, p->text.s);
        if (rc == 1) {
            node = int_constant(p, number);
            return done(p, node);
        }
        if (first && np_str_is(name, "flow"))
            type = p->text;
        else
            type.n = (uint32_t)(p->text.s + p->text.n - type.s);
        if (!np_expr_next(p))
            return NULL;
    }
    return np_expr_wrong(p, NP_FILTER_EXPRESSION, at, at + name.n, "there is no %.*s here; the flow is _flow", (int)name.n, name.s);
}

static struct np_expr_node *name(struct np_expr_parser *p)
{
    static const char *const reserved[] = {"as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
                                           "namespace", "return", "var", "void", "while", "in"};
    struct np_str text = p->text;
    uint32_t at = p->start;
    struct np_expr_node *node;

    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (np_str_is(text, reserved[i]))
            return np_expr_wrong(p, NP_FILTER_EXPRESSION, at, p->at, "%s is a word of the language", reserved[i]);
    if (np_str_is(text, "true") || np_str_is(text, "false")) {
        node = constant(p, NP_EXPR_BOOL);
        if (node)
            node->value.b = text.s[0] == 't';
        return done(p, node);
    }
    if (np_str_is(text, "null"))
        return done(p, constant(p, NP_EXPR_NULL));
    if (!np_expr_next(p))
        return NULL;
    if (p->token == '(')
        return np_expr_call(p, NULL, text, at);
    node = variable(p, text, at);
    if (node || p->rc)
        return node;
    if (!np_str_is(text, "_flow"))
        return enumeration(p, text, at);
    node = np_expr_node(p, NP_EXPR_LOAD, NP_EXPR_MESSAGE, at, NULL, NULL);
    if (node)
        node->kind.message = NP_MSG_FLOW;
    return node;
}

static struct np_expr_node *primary(struct np_expr_parser *p)
{
    struct np_expr_node *node;

    switch (p->token) {
    case NP_TOK_INT:
    case NP_TOK_UINT:
        return number(p, false);
    case NP_TOK_STRING:
        return string(p);
    case NP_TOK_IDENT:
        return name(p);
    case '[':
        return list(p);
    case '.': /* .flow.Verdict.FORWARDED */
        return np_expr_next(p) && p->token == NP_TOK_IDENT ? name(p) : np_expr_wrong(p, NP_FILTER_EXPRESSION, p->start, p->at, "expected a name");
    case '(':
        node = np_expr_next(p) ? np_expr_parse(p) : NULL;
        return node && np_expr_expect(p, ')', "')'") ? node : NULL;
    case '{':
        return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, p->start, p->at, "maps are not supported");
    case NP_TOK_END:
        return np_expr_wrong(p, NP_FILTER_EXPRESSION, p->start, p->start, "the expression ends too early");
    default:
        return np_expr_wrong(p, NP_FILTER_EXPRESSION, p->start, p->at, "expected a value here");
    }
}

static struct np_expr_node *unary(struct np_expr_parser *p)
{
    uint32_t at = p->start;
    struct np_expr_node *node;

    if (p->token == '-') {
        if (!np_expr_next(p))
            return NULL;
        if (p->token != NP_TOK_INT)
            return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, at, p->at, "arithmetic is not supported");
        return number(p, true);
    }
    if (p->token != '!')
        return member(p, primary(p));
    if (++p->depth > NP_EXPR_DEPTH)
        return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, at, p->at, "the expression is nested too deeply");
    node = np_expr_next(p) ? unary(p) : NULL;
    p->depth--;
    if (node && !np_expr_is(node, NP_EXPR_BOOL))
        return np_expr_wrong(p, NP_FILTER_EXPRESSION, at, p->start, "! is of bools, and this is %s", np_expr_type_name(&node->kind));
    return node ? np_expr_node(p, NP_EXPR_NOT, NP_EXPR_BOOL, at, node, NULL) : NULL;
}

static bool comparable(const struct np_expr_node *a, const struct np_expr_node *b, bool ordered)
{
    uint8_t x = a->kind.type, y = b->kind.type;

    if (!ordered && (x == NP_EXPR_NULL || y == NP_EXPR_NULL))
        return (x == NP_EXPR_NULL || x == NP_EXPR_WRAPPED) && (y == NP_EXPR_NULL || y == NP_EXPR_WRAPPED);
    if (x == NP_EXPR_LIST || x == NP_EXPR_MESSAGE || x == NP_EXPR_NULL)
        return false;
    return x == y || (np_expr_is(a, NP_EXPR_BOOL) && np_expr_is(b, NP_EXPR_BOOL));
}

static struct np_expr_node *compare(struct np_expr_parser *p, enum np_expr_op op, struct np_expr_node *a, struct np_expr_node *b)
{
    bool same = a->kind.type == b->kind.type && (a->kind.type == NP_EXPR_LIST || a->kind.type == NP_EXPR_MESSAGE);

    if (same && (op == NP_EXPR_EQ || op == NP_EXPR_NE))
        return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, a->at, p->start, "comparing lists or messages as a whole is not supported");
    if (!comparable(a, b, op != NP_EXPR_EQ && op != NP_EXPR_NE))
        return np_expr_wrong(p, NP_FILTER_EXPRESSION, a->at, p->start, "%s cannot be compared with %s", np_expr_type_name(&a->kind),
                             np_expr_type_name(&b->kind));
    return np_expr_node(p, op, NP_EXPR_BOOL, a->at, a, b);
}

static struct np_expr_node *is_in(struct np_expr_parser *p, struct np_expr_node *a, struct np_expr_node *b)
{
    bool fits = b->kind.type == NP_EXPR_LIST && (b->kind.elem == a->kind.type || (b->items && b->n_items == 0));

    if (!fits || a->kind.type == NP_EXPR_MESSAGE || a->kind.type == NP_EXPR_LIST)
        return np_expr_wrong(p, NP_FILTER_EXPRESSION, a->at, p->start, "%s cannot be in %s of other things", np_expr_type_name(&a->kind),
                             np_expr_type_name(&b->kind));
    return np_expr_node(p, b->items ? NP_EXPR_IN_ITEMS : NP_EXPR_IN, NP_EXPR_BOOL, a->at, a, b);
}

/* The operator of the present token; NP_EXPR_CONST: it is none. */
static enum np_expr_op relation_op(const struct np_expr_parser *p)
{
    switch (p->token) {
    case NP_TOK_EQ:
        return NP_EXPR_EQ;
    case NP_TOK_NE:
        return NP_EXPR_NE;
    case NP_TOK_LE:
        return NP_EXPR_LE;
    case NP_TOK_GE:
        return NP_EXPR_GE;
    case '<':
        return NP_EXPR_LT;
    case '>':
        return NP_EXPR_GT;
    case NP_TOK_IDENT:
        return np_str_is(p->text, "in") ? NP_EXPR_IN : NP_EXPR_CONST;
    default:
        return NP_EXPR_CONST;
    }
}

static struct np_expr_node *relation(struct np_expr_parser *p)
{
    struct np_expr_node *a = unary(p), *b;
    enum np_expr_op op;

    while (a && (op = relation_op(p)) != NP_EXPR_CONST) {
        b = np_expr_next(p) ? unary(p) : NULL;
        if (!b)
            return NULL;
        a = op == NP_EXPR_IN ? is_in(p, a, b) : compare(p, op, a, b);
    }
    if (a && p->token < 128 && p->token && strchr("+-*/%", p->token))
        return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, p->start, p->at, "arithmetic is not supported");
    return p->rc ? NULL : a;
}

static struct np_expr_node *logical(struct np_expr_parser *p, enum np_expr_op op, struct np_expr_node *a, struct np_expr_node *b)
{
    const struct np_expr_node *bad = np_expr_is(a, NP_EXPR_BOOL) ? b : a;

    if (!np_expr_is(bad, NP_EXPR_BOOL))
        return np_expr_wrong(p, NP_FILTER_EXPRESSION, bad->at, p->start, "%s joins bools, and this is %s", op == NP_EXPR_AND ? "&&" : "||",
                             np_expr_type_name(&bad->kind));
    return np_expr_node(p, op, NP_EXPR_BOOL, a->at, a, b);
}

static struct np_expr_node *conjunction(struct np_expr_parser *p)
{
    struct np_expr_node *a = relation(p), *b;

    while (a && p->token == NP_TOK_AND) {
        b = np_expr_next(p) ? relation(p) : NULL;
        a = b ? logical(p, NP_EXPR_AND, a, b) : NULL;
    }
    return a;
}

static struct np_expr_node *disjunction(struct np_expr_parser *p)
{
    struct np_expr_node *a = conjunction(p), *b;

    while (a && p->token == NP_TOK_OR) {
        b = np_expr_next(p) ? conjunction(p) : NULL;
        a = b ? logical(p, NP_EXPR_OR, a, b) : NULL;
    }
    return a;
}

/* Behind the question mark. */
static struct np_expr_node *conditional(struct np_expr_parser *p, struct np_expr_node *condition)
{
    struct np_expr_node *yes = np_expr_next(p) ? disjunction(p) : NULL, *no, *node;

    no = yes && np_expr_expect(p, ':', "':'") ? np_expr_parse(p) : NULL;
    if (!no)
        return NULL;
    if (!np_expr_is(condition, NP_EXPR_BOOL) || yes->kind.type != no->kind.type || yes->kind.type >= NP_EXPR_NULL)
        return np_expr_wrong(p, NP_FILTER_EXPRESSION, condition->at, p->start, "? : takes a bool, and two values of one type");
    node = np_expr_node(p, NP_EXPR_COND, (enum np_expr_type)yes->kind.type, condition->at, condition, yes);
    if (!node)
        return NULL;
    node->c = no;
    node->depth = higher(no, node->depth - 1) + 1;
    return node->depth > NP_EXPR_DEPTH ? np_expr_wrong(p, NP_FILTER_UNSUPPORTED, node->at, node->at + 1, "the expression is nested too deeply")
                                       : node;
}

struct np_expr_node *np_expr_parse(struct np_expr_parser *p)
{
    struct np_expr_node *node;

    if (++p->depth > NP_EXPR_DEPTH)
        return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, p->start, p->at, "the expression is nested too deeply");
    node = disjunction(p);
    if (node && p->token == '?')
        node = conditional(p, node);
    p->depth--;
    return p->rc ? NULL : node;
}
