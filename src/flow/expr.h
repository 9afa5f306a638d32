/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_EXPR_H
#define NP_FLOW_EXPR_H

/*
 * Expressions over a flow: the part of CEL (cel.dev) that asks about fields of _flow.
 *
 *     text ──expr_lex.c──→ tokens ──expr_parse.c, expr_call.c──→ checked tree ──expr_eval.c──→ true, false, error
 *
 * Names of fields are flow.proto's, in one table (expr_table.c), which says of each its type and where the record has it. Types are
 * checked while parsing: what CEL's checker refuses is refused. A tree is at most NP_EXPR_DEPTH nodes high, which bounds the
 * recursion of parser and evaluator; evaluating it allocates nothing.
 *
 * Semantics: CEL spec v0.14 (langdef.md) as cel-go v0.28 evaluates it: && and || are commutative, so an error counts only where the
 * other side does not decide; an expression that ends in an error does not match.
 */

#include "flow/filter.h"

#define NP_EXPR_DEPTH 250u
#define NP_EXPR_VARIABLES 8u

enum np_expr_type {
    NP_EXPR_BOOL = 0,
    NP_EXPR_INT,
    NP_EXPR_UINT,
    NP_EXPR_STRING,
    NP_EXPR_WRAPPED, /* bool or null: is_reply */
    NP_EXPR_NULL,
    NP_EXPR_LIST,
    NP_EXPR_MESSAGE,
    NP_EXPR_ERROR, /* of values only */
    NP_EXPR_LIMIT  /* likewise: a regular expression could not be answered */
};

/* Messages of flow.proto, one for each place where a flow has one. */
enum np_expr_message {
    NP_MSG_NONE = 0,
    NP_MSG_FLOW,
    NP_MSG_EMITTER,
    NP_MSG_ETHERNET,
    NP_MSG_IP,
    NP_MSG_L4,
    NP_MSG_TCP,
    NP_MSG_TCP_FLAGS,
    NP_MSG_UDP,
    NP_MSG_SCTP,
    NP_MSG_ICMP4,
    NP_MSG_ICMP6,
    NP_MSG_VRRP,
    NP_MSG_IGMP,
    NP_MSG_TUNNEL,
    NP_MSG_TUNNEL_IP,
    NP_MSG_SOURCE,
    NP_MSG_DESTINATION,
    NP_MSG_WORKLOAD,
    NP_MSG_L7,
    NP_MSG_DNS,
    NP_MSG_HTTP,
    NP_MSG_HEADER,
    NP_MSG_KAFKA,
    NP_MSG_EVENT_TYPE,
    NP_MSG_SOURCE_SERVICE,
    NP_MSG_DESTINATION_SERVICE,
    NP_MSG_FILE,
    NP_MSG_IP_TRACE,
    NP_MSG_INTERFACE,
    NP_MSG_TRACE_CONTEXT,
    NP_MSG_TRACE_PARENT,
    NP_MSG_POLICY,
    NP_MSG_AGGREGATE
};

struct np_expr_kind {
    uint8_t type;    /* enum np_expr_type */
    uint8_t elem;    /* of a list: enum np_expr_type */
    uint8_t message; /* of a message, or of a list's messages: enum np_expr_message */
};

/* Where a value is. */
enum np_expr_base { NP_IN_FLOW = 0, NP_IN_L7, NP_IN_ITEM };

/* How it is read there. */
enum np_expr_load {
    NP_LOAD_NONE = 0, /* a message: has() only */
    NP_LOAD_TEXT,
    NP_LOAD_U8,
    NP_LOAD_U16,
    NP_LOAD_U32,
    NP_LOAD_U64,
    NP_LOAD_I32,
    NP_LOAD_BIT,      /* of tcp_flags: `arg` */
    NP_LOAD_TEXTS,    /* a pointer; `arg` is where its count is */
    NP_LOAD_ITEMS,    /* the same of structs */
    NP_LOAD_POLICIES, /* those of a direction (arg & 3), allowing (arg & 4) or denying */
    NP_LOAD_IP,       /* of an end: text, or binary */
    NP_LOAD_VERDICT,
    NP_LOAD_DROP_REASON,
    NP_LOAD_IP_VERSION,
    NP_LOAD_L7_TYPE,
    NP_LOAD_IS_REPLY
};

/* When a record has it, beside its own value: a protocol, a kind of L7, a bit. */
enum np_expr_guard {
    NP_GUARD_NONE = 0,
    NP_GUARD_PROTOCOL, /* guard_arg: the number */
    NP_GUARD_L7,       /* guard_arg: the kind, 0: any */
    NP_GUARD_HAS,      /* guard_arg: bit of flow.has */
    NP_GUARD_SRC,      /* bit of flow.src.has */
    NP_GUARD_DST,
    NP_GUARD_TEXT,     /* a text at guard_arg in the record */
    NP_GUARD_TEXTS     /* the same, or the one behind it */
};

struct np_expr_row {
    uint8_t parent; /* enum np_expr_message */
    struct np_expr_kind kind;
    uint8_t base, load, guard;
    const char *name;
    uint32_t offset, arg, guard_arg;
    uint8_t field; /* enum cnipol_field_id that a decoder needs to give it, + 1; 0: none */
};

/* The field of a message; NULL: there is none. */
const struct np_expr_row *np_expr_field(uint8_t message, struct np_str name);
/* A name like that, for "did you mean"; NULL: none. */
const char *np_expr_suggest(uint8_t message, struct np_str name);
/* A constant of an enumeration, Verdict.FORWARDED: 1; 0: there is no such; -1: there is no such enumeration. */
int np_expr_constant(struct np_str type, struct np_str name, int32_t *out);

struct np_expr_list {
    const char *items;
    uint32_t n;
    uint16_t stride;
    uint8_t filter; /* of policies: 0 none, else as NP_LOAD_POLICIES' arg, + 8 */
};

struct np_expr_value {
    uint8_t type; /* enum np_expr_type */
    union {
        bool b;
        int64_t i;
        uint64_t u;
        struct np_str s;
        struct np_expr_list list;
        const void *item;
    };
};

enum np_expr_op {
    NP_EXPR_CONST = 0,
    NP_EXPR_LOAD,
    NP_EXPR_HAS,
    NP_EXPR_VARIABLE,
    NP_EXPR_INDEX,
    NP_EXPR_NOT,
    NP_EXPR_AND,
    NP_EXPR_OR,
    NP_EXPR_COND,
    NP_EXPR_EQ,
    NP_EXPR_NE,
    NP_EXPR_LT,
    NP_EXPR_LE,
    NP_EXPR_GT,
    NP_EXPR_GE,
    NP_EXPR_IN,
    NP_EXPR_IN_ITEMS, /* of a list that is written there */
    NP_EXPR_STARTS,
    NP_EXPR_ENDS,
    NP_EXPR_CONTAINS,
    NP_EXPR_MATCHES,
    NP_EXPR_SIZE,
    NP_EXPR_TO_INT,
    NP_EXPR_TO_UINT,
    NP_EXPR_EXISTS,
    NP_EXPR_ALL,
    NP_EXPR_ONE
};

struct np_expr_node {
    uint8_t op; /* enum np_expr_op */
    uint8_t slot; /* of a variable */
    struct np_expr_kind kind;
    uint32_t n_items;
    uint32_t at;    /* where it begins in the text */
    uint32_t depth; /* of the tree below, itself included */
    const struct np_expr_row *row;
    const struct np_expr_node *a, *b, *c;
    const struct np_expr_node *const *items; /* of a list that is written there */
    const struct np_regex *regex;            /* of matches() */
    struct np_expr_value value;              /* of a constant */
};

/* Tokens. */
enum np_expr_token {
    NP_TOK_END = 0,
    NP_TOK_IDENT = 256,
    NP_TOK_INT,
    NP_TOK_UINT,
    NP_TOK_STRING,
    NP_TOK_AND,
    NP_TOK_OR,
    NP_TOK_EQ,
    NP_TOK_NE,
    NP_TOK_LE,
    NP_TOK_GE
}; /* others are their character */

struct np_expr_variable {
    struct np_str name;
    struct np_expr_kind kind;
};

struct np_expr_parser {
    struct np_filter_job *job;
    const struct np_spec_value *value; /* whose text is read */
    uint32_t at;                       /* behind the token */
    uint32_t start;                    /* of the token */
    int token;                         /* enum np_expr_token */
    struct np_str text;                /* of a name; of a string what it stands for */
    uint64_t number;
    uint32_t depth;
    uint32_t n_variables;
    struct np_expr_variable variables[NP_EXPR_VARIABLES];
    int rc; /* CNIPOL_OK until something is wrong */
};

/* Reads the next token. False: p->rc says what is wrong. */
bool np_expr_next(struct np_expr_parser *p);
/* Says what is wrong at bytes of the text; NULL, so that it can be returned. */
struct np_expr_node *np_expr_wrong(struct np_expr_parser *p, enum np_code code, uint32_t at, uint32_t end, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* A node; NULL: no memory (p->rc says so), or too deep. Children give the depth. */
struct np_expr_node *np_expr_node(struct np_expr_parser *p, enum np_expr_op op, enum np_expr_type type, uint32_t at,
                                  const struct np_expr_node *a, const struct np_expr_node *b);
/* An expression up to where it ends. */
struct np_expr_node *np_expr_parse(struct np_expr_parser *p);
/* Passes over a character; false: it is another one. */
bool np_expr_expect(struct np_expr_parser *p, int token, const char *what);
/* A call of a function, or of a method of `target`; the opening parenthesis is the present token. */
struct np_expr_node *np_expr_call(struct np_expr_parser *p, struct np_expr_node *target, struct np_str name, uint32_t at);
bool np_expr_is(const struct np_expr_node *node, enum np_expr_type type);
const char *np_expr_type_name(const struct np_expr_kind *kind);

/* Evaluation: 1, 0, CNIPOL_E_INVALID for an error, CNIPOL_E_LIMIT. */
int np_expr_eval(const struct np_expr_node *root, const struct cnipol_flow *flow);

#endif
