/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_MODEL_PREDICATE_H
#define NP_MODEL_PREDICATE_H

/*
 * Predicates: an OR of conjunctions of terms, each term possibly negated, three-valued.
 *
 * One kind of predicate serves the subject, the two ends and the L4 part of a rule. A term about an
 * end (set, prefix) speaks of the end that the predicate is asked for; every other term speaks of the
 * question. No conjunction at all is false; a conjunction without terms is true.
 *
 * Port names are a relation, not a range: the name is looked up on the destination, together with the
 * protocol. A question that has no ports (ICMP, a later fragment) matches no port term, negated or not;
 * so it is with ICMP terms and questions of other protocols.
 */

#include "base/ip.h"
#include "base/str.h"
#include "model/tri.h"

enum np_term_kind {
    NP_TERM_SET = 0,     /* the end is in set `arg` */
    NP_TERM_PREFIX,      /* the end's address is in prefix list `arg` */
    NP_TERM_PROTOCOL,    /* lo..hi, IP protocol numbers */
    NP_TERM_PORT,        /* destination port lo..hi */
    NP_TERM_SOURCE_PORT, /* lo..hi */
    NP_TERM_PORT_NAME,   /* atom `arg`, on the destination; lo: protocol of the name, 0 for any */
    NP_TERM_ICMP_TYPE,   /* lo..hi */
    NP_TERM_ICMP_CODE,   /* lo..hi */
    NP_TERM_RELATION,    /* relation bits `arg`: all of them */
    NP_TERM_STATE,       /* connection state lo..hi */
    NP_TERM_UNKNOWN,     /* cannot be known; `arg` is the reason's number */
};

struct np_term {
    uint8_t kind; /* enum np_term_kind */
    bool negated;
    uint16_t lo;
    uint16_t hi;
    uint32_t arg;
};

struct np_conj {
    const struct np_term *terms;
    uint32_t n;
};

struct np_pred {
    const struct np_conj *any;
    uint32_t n;
};

struct np_prefix_list {
    const struct np_prefix *items;
    uint32_t n;
};

/* True whatever is asked. */
extern const struct np_pred np_pred_true;
/* False whatever is asked. */
extern const struct np_pred np_pred_false;

#endif
