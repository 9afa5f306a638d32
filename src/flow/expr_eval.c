/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Evaluating expressions: see expr.h.
 *
 * What a record does not have is its type's zero, as in protobuf. Errors (an index past the end, a number that does not fit, null
 * where a bool is wanted) go up as values; && and || look at both sides before they pass one on.
 */

#include "flow/expr.h"

#include <string.h>

#include "base/utf8.h"
#include "flow/words.h"

struct evaluation {
    const struct cnipol_flow *flow;
    struct np_expr_value variables[NP_EXPR_VARIABLES];
    char room[2][CNIPOL_ADDRESS_TEXT]; /* addresses of binary records, source and destination */
};

static struct np_expr_value eval(struct evaluation *e, const struct np_expr_node *node);

static struct np_expr_value of_bool(bool b)
{
    return (struct np_expr_value){.type = NP_EXPR_BOOL, .b = b};
}

static struct np_expr_value of_int(int64_t i)
{
    return (struct np_expr_value){.type = NP_EXPR_INT, .i = i};
}

static struct np_expr_value of_uint(uint64_t u)
{
    return (struct np_expr_value){.type = NP_EXPR_UINT, .u = u};
}

static struct np_expr_value of_text(struct cnipol_text text)
{
    return (struct np_expr_value){.type = NP_EXPR_STRING, .s = np_str_of_text(text)};
}

static struct np_expr_value error(void)
{
    return (struct np_expr_value){.type = NP_EXPR_ERROR};
}

static bool failed(const struct np_expr_value *value)
{
    return value->type >= NP_EXPR_ERROR;
}

static bool guard_holds(const struct cnipol_flow *flow, const struct np_expr_row *row)
{
    struct cnipol_text text[2];

    switch (row->guard) {
    case NP_GUARD_PROTOCOL:
        return flow->has & CNIPOL_HAS_PROTOCOL && flow->protocol == row->guard_arg;
    case NP_GUARD_L7:
        return flow->l7 && (row->guard_arg == 0 || flow->l7->kind == (int32_t)row->guard_arg);
    case NP_GUARD_HAS:
        return flow->has & row->guard_arg;
    case NP_GUARD_SRC:
        return flow->src.has & row->guard_arg;
    case NP_GUARD_DST:
        return flow->dst.has & row->guard_arg;
    case NP_GUARD_TEXT:
    case NP_GUARD_TEXTS:
        memcpy(text, (const char *)flow + row->guard_arg, sizeof text);
        return text[0].s || (row->guard == NP_GUARD_TEXTS && text[1].s);
    default:
        return true;
    }
}

/* Where the row's base is; NULL: the record has none. */
static const char *base_of(const struct evaluation *e, const struct np_expr_row *row, const void *item)
{
    if (!guard_holds(e->flow, row))
        return NULL;
    if (row->base == NP_IN_L7)
        return (const char *)e->flow->l7;
    return row->base == NP_IN_ITEM ? item : (const char *)e->flow;
}

static struct np_expr_value zero(const struct np_expr_row *row)
{
    struct np_expr_value value = {.type = row->kind.type};

    if (row->kind.type == NP_EXPR_STRING)
        value.s = NP_STR("");
    else if (row->kind.type == NP_EXPR_WRAPPED)
        value.type = NP_EXPR_NULL;
    return value;
}

static struct np_expr_value load_list(const char *base, const struct np_expr_row *row)
{
    static const uint16_t strides[] = {
        [NP_MSG_NONE] = sizeof(struct cnipol_text),
        [NP_MSG_WORKLOAD] = sizeof(struct cnipol_flow_workload),
        [NP_MSG_HEADER] = sizeof(struct cnipol_flow_pair),
    };
    struct np_expr_value value = {.type = NP_EXPR_LIST};

    memcpy(&value.list.items, base + row->offset, sizeof value.list.items);
    memcpy(&value.list.n, base + row->arg, sizeof value.list.n);
    value.list.stride = strides[row->kind.message];
    return value;
}

static struct np_expr_value load_policies(const struct cnipol_flow *flow, const struct np_expr_row *row)
{
    struct np_expr_value value = {.type = NP_EXPR_LIST};

    value.list = (struct np_expr_list){(const char *)flow->policies, flow->n_policies, sizeof(struct cnipol_flow_policy), (uint8_t)(row->arg | 8)};
    return value;
}

static struct np_expr_value load_number(const char *at, const struct np_expr_row *row)
{
    uint64_t number = 0;
    uint16_t u16;
    uint32_t u32;
    int32_t i32;

    switch (row->load) {
    case NP_LOAD_U8:
        number = (unsigned char)*at;
        break;
    case NP_LOAD_U16:
        memcpy(&u16, at, sizeof u16);
        number = u16;
        break;
    case NP_LOAD_U64:
        memcpy(&number, at, sizeof number);
        break;
    case NP_LOAD_I32:
        memcpy(&i32, at, sizeof i32);
        return of_int(i32);
    default:
        memcpy(&u32, at, sizeof u32);
        number = u32;
    }
    return row->kind.type == NP_EXPR_BOOL ? of_bool(number) : row->kind.type == NP_EXPR_INT ? of_int((int64_t)number) : of_uint(number);
}

/* Words of L7 types: unknown, request, response, sample. */
static int64_t l7_type(struct cnipol_text type)
{
    static const char *const words[] = {"request", "response", "sample"};

    for (int64_t i = 0; i < 3; i++)
        if (np_str_is(np_str_of_text(type), words[i]))
            return i + 1;
    return 0;
}

static struct np_expr_value load_text(const char *at)
{
    struct cnipol_text text;

    memcpy(&text, at, sizeof text);
    return of_text(text);
}

static struct np_expr_value load(struct evaluation *e, const struct np_expr_row *row, const void *item)
{
    const struct cnipol_flow *flow = e->flow;
    const char *base = base_of(e, row, item), *at = base ? base + row->offset : NULL;
    uint16_t flags;

    if (!base)
        return zero(row);
    switch (row->load) {
    case NP_LOAD_TEXT:
        return load_text(at);
    case NP_LOAD_BIT:
        memcpy(&flags, at, sizeof flags);
        return of_bool(flags & row->arg);
    case NP_LOAD_TEXTS:
    case NP_LOAD_ITEMS:
        return load_list(base, row);
    case NP_LOAD_POLICIES:
        return load_policies(flow, row);
    case NP_LOAD_IP:
        return of_text(cnipol_flow_address((const struct cnipol_flow_end *)(const void *)at, e->room[at == (const char *)&flow->dst]));
    case NP_LOAD_VERDICT:
        return of_int(np_verdict_to_proto(flow->verdict));
    case NP_LOAD_DROP_REASON:
        return of_int(flow->has & CNIPOL_HAS_DROP_REASON ? flow->drop_reason : np_drop_reason_find(flow->drop_reason_name));
    case NP_LOAD_IP_VERSION:
        return of_int(flow->ip_version == 4 ? 1 : flow->ip_version == 6 ? 2 : 0);
    case NP_LOAD_L7_TYPE:
        return of_int(l7_type(flow->l7->type));
    case NP_LOAD_IS_REPLY:
        return flow->has & CNIPOL_HAS_REPLY ? of_bool(flow->reply) : zero(row);
    default:
        return load_number(at, row);
    }
}

/* Is the item one of the list's? Policies of other directions are passed over. */
static bool is_listed(const struct np_expr_list *list, uint32_t i)
{
    const struct cnipol_flow_policy *policy = (const struct cnipol_flow_policy *)(const void *)list->items + i;

    if (!list->filter)
        return true;
    return policy->direction == (list->filter & 3) && np_str_is(np_str_of_text(policy->action), "allow") == ((list->filter & 4) != 0);
}

static uint32_t count(const struct np_expr_list *list)
{
    uint32_t n = list->filter ? 0 : list->n;

    for (uint32_t i = 0; list->filter && i < list->n; i++)
        n += is_listed(list, i);
    return n;
}

static struct np_expr_value item_at(const struct np_expr_list *list, const struct np_expr_kind *kind, uint32_t i)
{
    const char *at = list->items + (size_t)i * list->stride;

    if (kind->elem == NP_EXPR_STRING)
        return load_text(at);
    return (struct np_expr_value){.type = NP_EXPR_MESSAGE, .item = at};
}

static struct np_expr_value eval_index(struct evaluation *e, const struct np_expr_node *node)
{
    struct np_expr_value list = eval(e, node->a), index = eval(e, node->b);
    int64_t left = index.i;

    if (failed(&list) || failed(&index))
        return failed(&list) ? list : index;
    for (uint32_t i = 0; left >= 0 && i < list.list.n; i++)
        if (is_listed(&list.list, i) && left-- == 0)
            return item_at(&list.list, &node->a->kind, i);
    return error();
}

/* The message that a field is of: an item of a list; the flow needs none. */
static bool item_of(struct evaluation *e, const struct np_expr_node *node, const void **item, struct np_expr_value *value)
{
    *item = NULL;
    if (!node->a)
        return true;
    *value = eval(e, node->a);
    *item = value->item;
    return !failed(value);
}

static bool is_set(const struct np_expr_value *value)
{
    switch (value->type) {
    case NP_EXPR_STRING:
        return value->s.n;
    case NP_EXPR_LIST:
        return count(&value->list);
    case NP_EXPR_NULL:
        return false;
    default:
        return value->type == NP_EXPR_BOOL ? value->b : value->u;
    }
}

static struct np_expr_value eval_has(struct evaluation *e, const struct np_expr_node *node)
{
    struct np_expr_value value;
    const void *item;

    if (!item_of(e, node, &item, &value))
        return value;
    if (node->row->load == NP_LOAD_NONE)
        return of_bool(guard_holds(e->flow, node->row));
    if (node->row->load == NP_LOAD_IS_REPLY)
        return of_bool(e->flow->has & CNIPOL_HAS_REPLY);
    value = load(e, node->row, item);
    return of_bool(is_set(&value));
}

static int order(const struct np_expr_value *a, const struct np_expr_value *b)
{
    uint32_t n;
    int rc;

    switch (a->type) {
    case NP_EXPR_INT:
        return (a->i > b->i) - (a->i < b->i);
    case NP_EXPR_UINT:
        return (a->u > b->u) - (a->u < b->u);
    case NP_EXPR_STRING:
        n = a->s.n < b->s.n ? a->s.n : b->s.n;
        rc = n ? memcmp(a->s.s, b->s.s, n) : 0;
        return rc ? rc : (a->s.n > b->s.n) - (a->s.n < b->s.n);
    default:
        return a->b - b->b;
    }
}

static bool equal(const struct np_expr_value *a, const struct np_expr_value *b)
{
    if (a->type != b->type)
        return false; /* null and a bool */
    return a->type == NP_EXPR_NULL || (a->type == NP_EXPR_STRING ? np_str_eq(a->s, b->s) : order(a, b) == 0);
}

static struct np_expr_value eval_compare(struct evaluation *e, const struct np_expr_node *node)
{
    struct np_expr_value a = eval(e, node->a), b;

    if (failed(&a))
        return a;
    b = eval(e, node->b);
    if (failed(&b))
        return b;
    if (node->op == NP_EXPR_EQ || node->op == NP_EXPR_NE)
        return of_bool(equal(&a, &b) == (node->op == NP_EXPR_EQ));
    if (a.type != b.type)
        return error();
    switch (node->op) {
    case NP_EXPR_LT:
        return of_bool(order(&a, &b) < 0);
    case NP_EXPR_LE:
        return of_bool(order(&a, &b) <= 0);
    case NP_EXPR_GT:
        return of_bool(order(&a, &b) > 0);
    default:
        return of_bool(order(&a, &b) >= 0);
    }
}

/* What decides && is false, and what decides || is true; a side that is null or an error decides nothing. */
static struct np_expr_value eval_logical(struct evaluation *e, const struct np_expr_node *node)
{
    bool decides = node->op == NP_EXPR_OR;
    struct np_expr_value a = eval(e, node->a), b;

    if (a.type == NP_EXPR_BOOL && a.b == decides)
        return a;
    b = eval(e, node->b);
    if (b.type == NP_EXPR_BOOL && (b.b == decides || a.type == NP_EXPR_BOOL))
        return b;
    if (failed(&a))
        return a;
    return failed(&b) ? b : error();
}

/* A list that is written there: an element that is an error makes all of it one. */
static struct np_expr_value in_items(struct evaluation *e, const struct np_expr_node *node, const struct np_expr_value *value)
{
    bool found = false;

    for (uint32_t i = 0; i < node->b->n_items; i++) {
        struct np_expr_value item = eval(e, node->b->items[i]);

        if (failed(&item))
            return item;
        found = found || equal(value, &item);
    }
    return of_bool(found);
}

static struct np_expr_value eval_in(struct evaluation *e, const struct np_expr_node *node)
{
    struct np_expr_value value = eval(e, node->a), list, item;

    if (failed(&value))
        return value;
    if (node->op == NP_EXPR_IN_ITEMS)
        return in_items(e, node, &value);
    list = eval(e, node->b);
    if (failed(&list))
        return list;
    for (uint32_t i = 0; i < list.list.n; i++) {
        item = item_at(&list.list, &node->b->kind, i);
        if (equal(&value, &item))
            return of_bool(true);
    }
    return of_bool(false);
}

static bool starts(struct np_str text, struct np_str with)
{
    return text.n >= with.n && (with.n == 0 || memcmp(text.s, with.s, with.n) == 0);
}

static bool ends(struct np_str text, struct np_str with)
{
    return text.n >= with.n && (with.n == 0 || memcmp(text.s + text.n - with.n, with.s, with.n) == 0);
}

static struct np_expr_value eval_string(struct evaluation *e, const struct np_expr_node *node)
{
    struct np_expr_value a = eval(e, node->a), b;

    if (failed(&a))
        return a;
    b = eval(e, node->b);
    if (failed(&b))
        return b;
    if (node->op == NP_EXPR_STARTS)
        return of_bool(starts(a.s, b.s));
    if (node->op == NP_EXPR_ENDS)
        return of_bool(ends(a.s, b.s));
    return of_bool(b.s.n == 0 || (a.s.n && memmem(a.s.s, a.s.n, b.s.s, b.s.n)));
}

static struct np_expr_value eval_matches(struct evaluation *e, const struct np_expr_node *node)
{
    struct np_expr_value text = eval(e, node->a);
    int rc = failed(&text) ? 0 : np_regex_matches(node->regex, text.s);

    if (failed(&text))
        return text;
    return rc < 0 ? (struct np_expr_value){.type = NP_EXPR_LIMIT} : of_bool(rc);
}

static struct np_expr_value eval_size(struct evaluation *e, const struct np_expr_node *node)
{
    struct np_expr_value value;

    if (node->a->items)
        return of_int(node->a->n_items);
    value = eval(e, node->a);
    if (failed(&value))
        return value;
    return of_int(value.type == NP_EXPR_LIST ? count(&value.list) : (int64_t)np_utf8_count(value.s.s, value.s.n));
}

static struct np_expr_value eval_convert(struct evaluation *e, const struct np_expr_node *node)
{
    struct np_expr_value value = eval(e, node->a);

    if (failed(&value))
        return value;
    if (value.type == NP_EXPR_UINT ? value.u > INT64_MAX : value.i < 0)
        return value.type == node->kind.type ? value : error();
    value.type = node->kind.type;
    return value;
}

/* exists() is || of its conditions, all() is &&; exists_one() needs all of them without an error. */
static struct np_expr_value eval_macro(struct evaluation *e, const struct np_expr_node *node)
{
    struct np_expr_value list = eval(e, node->a), broken = {.type = NP_EXPR_BOOL};
    uint32_t n = 0;

    if (failed(&list))
        return list;
    for (uint32_t i = 0; i < list.list.n; i++) {
        struct np_expr_value holds;

        if (!is_listed(&list.list, i))
            continue;
        e->variables[node->slot] = item_at(&list.list, &node->a->kind, i);
        holds = eval(e, node->b);
        if (holds.type != NP_EXPR_BOOL)
            broken = failed(&holds) ? holds : error();
        else if (node->op != NP_EXPR_ONE && holds.b == (node->op == NP_EXPR_EXISTS))
            return holds;
        n += holds.type == NP_EXPR_BOOL && holds.b;
    }
    if (failed(&broken))
        return broken;
    return of_bool(node->op == NP_EXPR_ONE ? n == 1 : node->op == NP_EXPR_ALL);
}

static struct np_expr_value eval_not(struct evaluation *e, const struct np_expr_node *node)
{
    struct np_expr_value value = eval(e, node->a);

    if (failed(&value))
        return value;
    return value.type == NP_EXPR_BOOL ? of_bool(!value.b) : error();
}

static struct np_expr_value eval_cond(struct evaluation *e, const struct np_expr_node *node)
{
    struct np_expr_value value = eval(e, node->a);

    if (failed(&value))
        return value;
    return value.type == NP_EXPR_BOOL ? eval(e, value.b ? node->b : node->c) : error();
}

static struct np_expr_value eval_load(struct evaluation *e, const struct np_expr_node *node)
{
    struct np_expr_value value;
    const void *item;

    return item_of(e, node, &item, &value) ? load(e, node->row, item) : value;
}

static struct np_expr_value eval(struct evaluation *e, const struct np_expr_node *node)
{
    switch (node->op) {
    case NP_EXPR_CONST:
        return node->value;
    case NP_EXPR_LOAD:
        return eval_load(e, node);
    case NP_EXPR_HAS:
        return eval_has(e, node);
    case NP_EXPR_VARIABLE:
        return e->variables[node->slot];
    case NP_EXPR_INDEX:
        return eval_index(e, node);
    case NP_EXPR_NOT:
        return eval_not(e, node);
    case NP_EXPR_AND:
    case NP_EXPR_OR:
        return eval_logical(e, node);
    case NP_EXPR_COND:
        return eval_cond(e, node);
    case NP_EXPR_IN:
    case NP_EXPR_IN_ITEMS:
        return eval_in(e, node);
    case NP_EXPR_STARTS:
    case NP_EXPR_ENDS:
    case NP_EXPR_CONTAINS:
        return eval_string(e, node);
    case NP_EXPR_MATCHES:
        return eval_matches(e, node);
    case NP_EXPR_SIZE:
        return eval_size(e, node);
    case NP_EXPR_TO_INT:
    case NP_EXPR_TO_UINT:
        return eval_convert(e, node);
    case NP_EXPR_EXISTS:
    case NP_EXPR_ALL:
    case NP_EXPR_ONE:
        return eval_macro(e, node);
    default:
        return eval_compare(e, node);
    }
}

int np_expr_eval(const struct np_expr_node *root, const struct cnipol_flow *flow)
{
    struct evaluation e;
    struct np_expr_value value;

    e.flow = flow;
    value = eval(&e, root);
    if (value.type == NP_EXPR_LIMIT)
        return CNIPOL_E_LIMIT;
    return value.type == NP_EXPR_BOOL ? value.b : CNIPOL_E_INVALID;
}
