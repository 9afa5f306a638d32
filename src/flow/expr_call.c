/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions in expressions: see expr.h. One table of them: how they are called and what they take.
 *
 * Source: CEL spec v0.14 doc/langdef.md, standard definitions and macros.
 */

#include "flow/expr.h"

/* Functions of CEL that are not supported: names, so that they can be told from typing mistakes. */
static const char *const others[] = {"string",   "double", "bytes",        "bool",      "timestamp", "duration",   "type",      "dyn",
                                     "map",      "filter", "getFullYear",  "getMonth",  "getDate",   "getDayOfWeek", "getHours", "getMinutes",
                                     "getSeconds", "getMilliseconds", "getDayOfMonth", "getDayOfYear"};

static struct np_expr_node *wrong_types(struct np_expr_parser *p, struct np_str name, uint32_t at)
{
    return np_expr_wrong(p, NP_FILTER_EXPRESSION, at, p->start, "%.*s() does not take that", (int)name.n, name.s);
}

/* One argument in parentheses. */
static struct np_expr_node *argument(struct np_expr_parser *p)
{
    struct np_expr_node *node = np_expr_next(p) ? np_expr_parse(p) : NULL;

    return node && np_expr_expect(p, ')', "')' behind one argument") ? node : NULL;
}

static struct np_expr_node *has(struct np_expr_parser *p, uint32_t at)
{
    struct np_expr_node *field = argument(p), *node;

    if (!field)
        return NULL;
    if (field->op != NP_EXPR_LOAD || !field->row)
        return np_expr_wrong(p, NP_FILTER_EXPRESSION, at, p->start, "has() takes a field");
    node = np_expr_node(p, NP_EXPR_HAS, NP_EXPR_BOOL, at, field->a, NULL);
    if (node)
        node->row = field->row;
    return node;
}

static struct np_expr_node *size_of(struct np_expr_parser *p, struct np_expr_node *of, struct np_str name, uint32_t at)
{
    if (of->kind.type != NP_EXPR_STRING && of->kind.type != NP_EXPR_LIST)
        return wrong_types(p, name, at);
    return np_expr_node(p, NP_EXPR_SIZE, NP_EXPR_INT, at, of, NULL);
}

static struct np_expr_node *convert(struct np_expr_parser *p, struct np_str name, uint32_t at)
{
    struct np_expr_node *of = argument(p);
    bool to_uint = np_str_is(name, "uint");

    if (!of)
        return NULL;
    if (of->kind.type == NP_EXPR_STRING)
        return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, at, p->start, "%.*s() of a string is not supported", (int)name.n, name.s);
    if (of->kind.type != NP_EXPR_INT && of->kind.type != NP_EXPR_UINT)
        return wrong_types(p, name, at);
    return np_expr_node(p, to_uint ? NP_EXPR_TO_UINT : NP_EXPR_TO_INT, to_uint ? NP_EXPR_UINT : NP_EXPR_INT, at, of, NULL);
}

/* matches(): the regular expression is written there. */
static struct np_expr_node *matches(struct np_expr_parser *p, struct np_expr_node *text, struct np_expr_node *regex, uint32_t at)
{
    struct np_expr_node *node = np_expr_node(p, NP_EXPR_MATCHES, NP_EXPR_BOOL, at, text, NULL);
    struct np_spec_value value = *p->value;
    int rc;

    if (!node)
        return NULL;
    if (regex->op != NP_EXPR_CONST)
        return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, regex->at, p->start, "matches() takes a regular expression that is written there");
    value.text = regex->value.s;
    rc = np_filter_regex(p->job, &value, regex->value.s, &node->regex);
    if (rc) {
        p->rc = rc;
        return NULL;
    }
    return node;
}

static enum np_expr_op string_method(struct np_str name)
{
    if (np_str_is(name, "startsWith"))
        return NP_EXPR_STARTS;
    if (np_str_is(name, "endsWith"))
        return NP_EXPR_ENDS;
    if (np_str_is(name, "contains"))
        return NP_EXPR_CONTAINS;
    return np_str_is(name, "matches") ? NP_EXPR_MATCHES : NP_EXPR_CONST;
}

static struct np_expr_node *call_string(struct np_expr_parser *p, struct np_expr_node *target, enum np_expr_op op, struct np_str name, uint32_t at)
{
    struct np_expr_node *of = argument(p);

    if (!of)
        return NULL;
    if (target->kind.type != NP_EXPR_STRING || of->kind.type != NP_EXPR_STRING)
        return wrong_types(p, name, at);
    return op == NP_EXPR_MATCHES ? matches(p, target, of, at) : np_expr_node(p, op, NP_EXPR_BOOL, at, target, of);
}

/* matches(text, regex) */
static struct np_expr_node *global_matches(struct np_expr_parser *p, struct np_str name, uint32_t at)
{
    struct np_expr_node *text = np_expr_next(p) ? np_expr_parse(p) : NULL;

    if (!text)
        return NULL;
    if (p->token != ',')
        return np_expr_wrong(p, NP_FILTER_EXPRESSION, p->start, p->at, "matches() takes a string and a regular expression");
    return call_string(p, text, NP_EXPR_MATCHES, name, at);
}

static enum np_expr_op macro(struct np_str name)
{
    if (np_str_is(name, "exists"))
        return NP_EXPR_EXISTS;
    if (np_str_is(name, "all"))
        return NP_EXPR_ALL;
    return np_str_is(name, "exists_one") || np_str_is(name, "existsOne") ? NP_EXPR_ONE : NP_EXPR_CONST;
}

/* list.exists(x, condition): x is known within the condition. */
static struct np_expr_node *call_macro(struct np_expr_parser *p, struct np_expr_node *list, enum np_expr_op op, struct np_str name, uint32_t at)
{
    struct np_expr_variable *variable = &p->variables[p->n_variables];
    struct np_expr_node *condition, *node;

    if (list->kind.type != NP_EXPR_LIST)
        return wrong_types(p, name, at);
    if (list->items)
        return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, at, p->start, "%.*s() of a list that is written there is not supported", (int)name.n, name.s);
    if (p->n_variables == NP_EXPR_VARIABLES)
        return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, at, p->start, "more than %u variables at once are not supported", NP_EXPR_VARIABLES);
    if (!np_expr_next(p))
        return NULL;
    if (p->token != NP_TOK_IDENT)
        return np_expr_wrong(p, NP_FILTER_EXPRESSION, p->start, p->at, "expected the name of a variable");
    *variable = (struct np_expr_variable){p->text, {list->kind.elem, 0, list->kind.message}};
    if (!np_expr_next(p) || !np_expr_expect(p, ',', "','"))
        return NULL;
    p->n_variables++;
    condition = np_expr_parse(p);
    p->n_variables--;
    if (!condition || !np_expr_expect(p, ')', "')'"))
        return NULL;
    if (!np_expr_is(condition, NP_EXPR_BOOL))
        return wrong_types(p, name, at);
    node = np_expr_node(p, op, NP_EXPR_BOOL, at, list, condition);
    if (node)
        node->slot = (uint8_t)p->n_variables;
    return node;
}

static struct np_expr_node *call_method(struct np_expr_parser *p, struct np_expr_node *target, struct np_str name, uint32_t at)
{
    enum np_expr_op op = string_method(name);

    if (op != NP_EXPR_CONST)
        return call_string(p, target, op, name, at);
    op = macro(name);
    if (op != NP_EXPR_CONST)
        return call_macro(p, target, op, name, at);
    if (np_str_is(name, "size"))
        return np_expr_next(p) && np_expr_expect(p, ')', "')'") ? size_of(p, target, name, at) : NULL;
    return NULL;
}

static struct np_expr_node *call_global(struct np_expr_parser *p, struct np_str name, uint32_t at)
{
    struct np_expr_node *of;

    if (np_str_is(name, "has"))
        return has(p, at);
    if (np_str_is(name, "int") || np_str_is(name, "uint"))
        return convert(p, name, at);
    if (np_str_is(name, "matches"))
        return global_matches(p, name, at);
    if (!np_str_is(name, "size"))
        return NULL;
    of = argument(p);
    return of ? size_of(p, of, name, at) : NULL;
}

struct np_expr_node *np_expr_call(struct np_expr_parser *p, struct np_expr_node *target, struct np_str name, uint32_t at)
{
    struct np_expr_node *node = target ? call_method(p, target, name, at) : call_global(p, name, at);

    if (node || p->rc)
        return node;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (np_str_is(name, others[i]))
            return np_expr_wrong(p, NP_FILTER_UNSUPPORTED, at, at + name.n, "%s() is not supported", others[i]);
    return np_expr_wrong(p, NP_FILTER_EXPRESSION, at, at + name.n, "there is no function %.*s", (int)name.n, name.s);
}
