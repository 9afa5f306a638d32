/* SPDX-License-Identifier: BSD-2-Clause */
/* Predicates under facts: see model/predicate.h for what each term means. */

#include "reference/evaluate.h"

static bool within(const struct np_term *term, uint16_t value)
{
    return value >= term->lo && value <= term->hi;
}

static enum np_tri yes_if(bool truth)
{
    return truth ? NP_YES : NP_NO;
}

static enum np_tri prefix_holds(const struct np_prefix_list *list, const struct np_ip *ip)
{
    if (ip->family == 0)
        return list->n ? NP_UNKNOWN : NP_NO;
    for (uint32_t i = 0; i < list->n; i++)
        if (np_prefix_holds(&list->items[i], ip))
            return NP_YES;
    return NP_NO;
}

/* An unknown port is none the less a port: it is not 0. */
static enum np_tri port_within(const struct np_facts *facts, const struct np_term *term)
{
    if (!facts->port_unknown)
        return yes_if(within(term, facts->port));
    if (term->hi == 0 || term->lo > term->hi)
        return NP_NO;
    return term->lo <= 1 && term->hi == UINT16_MAX ? NP_YES : NP_UNKNOWN;
}

/* The first port of that name and protocol counts, as in a container list. */
static enum np_tri port_is_named(const struct np_facts *facts, const struct np_term *term)
{
    const struct np_fact_end *end = &facts->ends[NP_END_DESTINATION];

    if (term->lo && term->lo != facts->protocol)
        return NP_NO;
    for (uint32_t i = 0; i < end->n_ports; i++)
        if (end->ports[i].name == term->arg && end->ports[i].protocol == facts->protocol)
            return facts->port_unknown ? NP_UNKNOWN : yes_if(end->ports[i].port == facts->port);
    return NP_NO;
}

static enum np_tri icmp_within(const struct np_facts *facts, const struct np_term *term, uint8_t value)
{
    return facts->has_icmp ? yes_if(within(term, value)) : NP_UNKNOWN;
}

static enum np_tri source_port_within(const struct np_facts *facts, const struct np_term *term)
{
    return facts->source_port ? yes_if(within(term, facts->source_port)) : NP_UNKNOWN;
}

static enum np_tri plain_term(const struct np_machine *machine, const struct np_facts *facts, enum np_end_role end,
                              const struct np_term *term)
{
    switch ((enum np_term_kind)term->kind) {
    case NP_TERM_SET:
        return np_set_has(&machine->sets[term->arg], facts->ends[end].id);
    case NP_TERM_PREFIX:
        return prefix_holds(&machine->prefix_lists[term->arg], &facts->ends[end].ip);
    case NP_TERM_PROTOCOL:
        return yes_if(within(term, facts->protocol));
    case NP_TERM_PORT:
        return port_within(facts, term);
    case NP_TERM_SOURCE_PORT:
        return source_port_within(facts, term);
    case NP_TERM_PORT_NAME:
        return port_is_named(facts, term);
    case NP_TERM_ICMP_TYPE:
        return icmp_within(facts, term, facts->icmp_type);
    case NP_TERM_ICMP_CODE:
        return icmp_within(facts, term, facts->icmp_code);
    case NP_TERM_RELATION:
        return yes_if((facts->relations & term->arg) == term->arg);
    case NP_TERM_STATE:
        return yes_if(within(term, facts->state));
    case NP_TERM_UNKNOWN:
        return NP_UNKNOWN;
    }
    return NP_UNKNOWN;
}

/* Ports and ICMP types are only there to be compared, also by a negated term, where the packet has them. */
static bool is_about(const struct np_facts *facts, const struct np_term *term)
{
    switch ((enum np_term_kind)term->kind) {
    case NP_TERM_PORT:
    case NP_TERM_SOURCE_PORT:
    case NP_TERM_PORT_NAME:
        return facts->has_ports;
    case NP_TERM_ICMP_TYPE:
    case NP_TERM_ICMP_CODE:
        return facts->protocol == CNIPOL_PROTOCOL_ICMP || facts->protocol == CNIPOL_PROTOCOL_ICMPV6;
    default:
        return true;
    }
}

enum np_tri np_term_eval(const struct np_machine *machine, const struct np_facts *facts, enum np_end_role end, const struct np_term *term)
{
    enum np_tri truth;

    if (!is_about(facts, term))
        return NP_NO;
    truth = plain_term(machine, facts, end, term);
    return term->negated ? np_tri_not(truth) : truth;
}

enum np_tri np_conj_eval(const struct np_machine *machine, const struct np_facts *facts, enum np_end_role end, const struct np_conj *conj)
{
    enum np_tri all = NP_YES;

    for (uint32_t i = 0; i < conj->n && all != NP_NO; i++)
        all = np_tri_and(all, np_term_eval(machine, facts, end, &conj->terms[i]));
    return all;
}

enum np_tri np_pred_eval(const struct np_machine *machine, const struct np_facts *facts, enum np_end_role end, const struct np_pred *pred)
{
    enum np_tri any = NP_NO;

    for (uint32_t i = 0; i < pred->n && any != NP_YES; i++)
        any = np_tri_or(any, np_conj_eval(machine, facts, end, &pred->any[i]));
    return any;
}
