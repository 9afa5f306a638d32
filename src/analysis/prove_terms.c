/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's predicates one by one, and its terms about ends, each once: see prove.h. */

#include "analysis/prove.h"

static int visit_rule(const struct np_rule *rule, const struct np_checkpoint *at, np_prove_pred_fn *fn, void *user)
{
    enum np_end_role subject = (enum np_end_role)at->subject, other = (enum np_end_role) !at->subject;
    int rc = fn(user, &rule->subject, at, subject);

    if (!rc)
        rc = fn(user, &rule->local, at, subject);
    if (!rc)
        rc = fn(user, &rule->remote, at, other);
    return rc ? rc : fn(user, &rule->l4, at, subject);
}

static int visit_stage(const struct np_machine *machine, const struct np_stage *stage, const struct np_checkpoint *at, np_prove_pred_fn *fn,
                       void *user)
{
    enum np_end_role subject = (enum np_end_role)at->subject, other = (enum np_end_role) !at->subject;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < stage->n_rules && !rc; i++)
        rc = visit_rule(&stage->rules[i], at, fn, user);
    for (uint32_t i = 0; i < stage->n_governing && !rc; i++)
        rc = fn(user, &machine->policies[stage->governing[i]].subject, at, subject);
    for (uint32_t i = 0; i < stage->n_defaults && !rc; i++) {
        rc = fn(user, &stage->defaults[i].remote, at, other);
        if (!rc)
            rc = fn(user, &stage->defaults[i].l4, at, subject);
    }
    return rc;
}

int np_prove_each_pred(const struct np_machine *machine, np_prove_pred_fn *fn, void *user)
{
    int rc = CNIPOL_OK;

    for (uint32_t c = 0; c < machine->n_checkpoints; c++)
        for (uint32_t s = 0; s < machine->checkpoints[c].n_stages && !rc; s++)
            rc = visit_stage(machine, &machine->checkpoints[c].stages[s], &machine->checkpoints[c], fn, user);
    return rc;
}

struct gathering {
    struct np_prove *p;
    struct np_intern seen;
};

static int add_term(struct gathering *g, const struct np_term *term, uint32_t roles)
{
    const uint32_t key[] = {term->kind, term->arg, term->kind == NP_TERM_PORT_NAME ? term->lo : 0};
    uint32_t number = np_intern(&g->seen, key, sizeof key / sizeof key[0]);
    struct np_prove *p = g->p;
    void *grown;

    if (number == NP_NONE)
        return CNIPOL_E_NOMEM;
    if (number < p->n_terms) {
        p->terms[number].roles |= roles;
        return CNIPOL_OK;
    }
    grown = np_grow(p->mem, p->terms, &p->cap_terms, p->n_terms + 1, sizeof *p->terms);
    if (!grown)
        return CNIPOL_E_NOMEM;
    p->terms = grown;
    p->terms[p->n_terms] = (struct np_prove_term){*term, roles};
    p->terms[p->n_terms++].term.negated = false;
    return CNIPOL_OK;
}

/* A port's name is looked up at the destination, whoever the predicate is asked of. */
static int gather(void *user, const struct np_pred *pred, const struct np_checkpoint *at, enum np_end_role end)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < pred->n; i++)
        for (uint32_t k = 0; k < pred->any[i].n && !rc; k++) {
            const struct np_term *term = &pred->any[i].terms[k];
            uint32_t about = term->kind == NP_TERM_PORT_NAME ? NP_END_DESTINATION : end;

            if (term->kind == NP_TERM_SET || term->kind == NP_TERM_PREFIX || term->kind == NP_TERM_PORT_NAME)
                rc = add_term(user, term, about == at->subject ? NP_ROLE_SUBJECT(at->direction) : NP_ROLE_OTHER(at->direction));
        }
    return rc;
}

int np_prove_terms(struct np_prove *p)
{
    struct gathering g = {.p = p};
    int rc;

    np_intern_init(&g.seen, p->mem);
    rc = np_prove_each_pred(p->machine, gather, &g);
    np_intern_free(&g.seen);
    return rc;
}

/* The port behind a name and protocol, as an end lists them; the first one counts. NP_NONE: none. */
static uint32_t named_port(const struct np_fact_end *end, np_atom name, uint8_t protocol)
{
    for (uint32_t i = 0; i < end->n_ports; i++)
        if (end->ports[i].name == name && end->ports[i].protocol == protocol)
            return end->ports[i].port;
    return NP_NONE;
}

static bool push_ports(const struct np_prove *p, const struct np_fact_end *end, const struct np_term *term, struct np_words *line)
{
    static const uint8_t protocols[] = {CNIPOL_PROTOCOL_TCP, CNIPOL_PROTOCOL_UDP, CNIPOL_PROTOCOL_SCTP};

    for (size_t i = 0; i < sizeof protocols; i++)
        if ((!term->lo || term->lo == protocols[i]) && !np_words_push(line, p->mem, named_port(end, (np_atom)term->arg, protocols[i])))
            return false;
    return true;
}

uint32_t np_prove_signature(const struct np_prove *p, const struct np_prove_member *member, uint32_t roles, struct np_intern *table)
{
    struct np_facts facts = {.ends = {member->fact, member->fact}};
    struct np_words line = {0};
    bool fine = np_words_push(&line, p->mem, member->fact.is_policed);
    uint32_t number;

    for (uint32_t i = 0; i < p->n_terms && fine; i++) {
        const struct np_term *term = &p->terms[i].term;

        if (!(p->terms[i].roles & roles))
            continue;
        if (term->kind == NP_TERM_PORT_NAME)
            fine = push_ports(p, &member->fact, term, &line);
        else
            fine = np_words_push(&line, p->mem, np_term_eval(p->machine, &facts, NP_END_SOURCE, term));
    }
    number = fine ? np_intern(table, line.items, line.n) : NP_NONE;
    np_words_free(&line, p->mem);
    return number;
}
