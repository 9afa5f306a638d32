/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * L4 atoms: see prove.h. Each dimension is cut wherever some term begins or ends, and at the borders of what protocols
 * are; then everything is combined with everything. What no term looks at must not matter: it is varied once, too.
 */

#include <string.h>

#include "analysis/prove.h"

struct cuts {
    struct np_prove *p;
    uint8_t protocol[257], type[257], code[257];
    uint8_t *port, *source; /* 65537 flags */
    uint32_t relations;
    bool looks_at_source, looks_at_state;
    bool has_map; /* a stage combines as a policy map does: how long a match is depends on the block that a port is in */
};

static void mark(uint8_t *flags, uint32_t limit, const struct np_term *term)
{
    if (term->lo < limit)
        flags[term->lo] = 1;
    if (term->hi + 1u < limit)
        flags[term->hi + 1u] = 1;
}

/* The aligned blocks that a range consists of. */
static void mark_blocks(uint8_t *flags, const struct np_term *term)
{
    for (uint32_t at = term->lo, size; at <= term->hi; at += size) {
        for (size = 1; !(at & size) && at + size * 2 - 1 <= term->hi;)
            size *= 2;
        flags[at] = 1;
    }
}

static void cut_named(struct cuts *cuts, np_atom name)
{
    const struct cnipol_model *model = cuts->p->model;

    for (uint32_t pod = 0; pod < model->n_pods; pod++)
        for (uint32_t i = 0; i < model->ports[pod].n; i++)
            if (model->ports[pod].items[i].name == name) {
                cuts->port[model->ports[pod].items[i].port] = 1;
                cuts->port[model->ports[pod].items[i].port + 1u] = 1;
            }
}

static void cut_term(struct cuts *cuts, const struct np_term *term)
{
    switch ((enum np_term_kind)term->kind) {
    case NP_TERM_PROTOCOL:
        mark(cuts->protocol, 256, term);
        break;
    case NP_TERM_PORT:
        mark(cuts->port, 65536, term);
        if (cuts->has_map)
            mark_blocks(cuts->port, term);
        break;
    case NP_TERM_PORT_NAME:
        cut_named(cuts, (np_atom)term->arg);
        break;
    case NP_TERM_SOURCE_PORT:
        mark(cuts->source, 65536, term);
        cuts->looks_at_source = true;
        break;
    case NP_TERM_ICMP_TYPE:
        mark(cuts->type, 256, term);
        break;
    case NP_TERM_ICMP_CODE:
        mark(cuts->code, 256, term);
        break;
    case NP_TERM_RELATION:
        cuts->relations |= term->arg;
        break;
    case NP_TERM_STATE:
        cuts->looks_at_state = true;
        break;
    case NP_TERM_SET:
    case NP_TERM_PREFIX:
    case NP_TERM_UNKNOWN:
        break;
    }
}

static int cut_pred(void *user, const struct np_pred *pred, const struct np_checkpoint *at, enum np_end_role end)
{
    (void)at;
    (void)end;
    for (uint32_t i = 0; i < pred->n; i++)
        for (uint32_t k = 0; k < pred->any[i].n; k++)
            cut_term(user, &pred->any[i].terms[k]);
    return CNIPOL_OK;
}

static int add_point(struct np_prove *p, struct np_prove_point point)
{
    struct np_prove_atoms *atoms = &p->atoms;
    void *grown = np_grow(p->mem, atoms->points, &atoms->cap_points, atoms->n_points + 1, sizeof *atoms->points);

    if (!grown)
        return CNIPOL_E_NOMEM;
    atoms->points = grown;
    atoms->points[atoms->n_points++] = point;
    return CNIPOL_OK;
}

static int add_ports(struct cuts *cuts, uint8_t protocol)
{
    int rc = add_point(cuts->p, (struct np_prove_point){.protocol = protocol, .flags = CNIPOL_KEY_FRAGMENT});

    if (!rc)
        rc = add_point(cuts->p, (struct np_prove_point){.protocol = protocol, .flags = CNIPOL_KEY_PORT_UNKNOWN});
    for (uint32_t port = 0; port < 65536 && !rc; port++)
        if (cuts->port[port] || port == 0 || port == 65535)
            rc = add_point(cuts->p, (struct np_prove_point){.protocol = protocol, .port = (uint16_t)port});
    return rc;
}

static int add_types(struct cuts *cuts, uint8_t protocol)
{
    int rc = add_point(cuts->p, (struct np_prove_point){.protocol = protocol});

    for (uint32_t type = 0; type < 256; type++)
        for (uint32_t code = 0; code < 256 && !rc; code++)
            if ((cuts->type[type] || type == 0 || type == 255) && (cuts->code[code] || code == 0 || code == 255))
                rc = add_point(cuts->p,
                               (struct np_prove_point){
                                   .protocol = protocol, .flags = CNIPOL_KEY_ICMP, .icmp_type = (uint8_t)type, .icmp_code = (uint8_t)code});
    return rc;
}

static int add_points(struct cuts *cuts)
{
    static const uint8_t special[] = {CNIPOL_PROTOCOL_ICMP, CNIPOL_PROTOCOL_TCP, CNIPOL_PROTOCOL_UDP, CNIPOL_PROTOCOL_ICMPV6,
                                      CNIPOL_PROTOCOL_SCTP};
    int rc = CNIPOL_OK;

    for (size_t i = 0; i < sizeof special; i++)
        cuts->protocol[special[i]] = cuts->protocol[special[i] + 1] = 1;
    cuts->protocol[255] = 1;
    for (uint32_t protocol = 1; protocol < 256 && !rc; protocol++) {
        if (!cuts->protocol[protocol])
            continue;
        if (protocol == CNIPOL_PROTOCOL_TCP || protocol == CNIPOL_PROTOCOL_UDP || protocol == CNIPOL_PROTOCOL_SCTP)
            rc = add_ports(cuts, (uint8_t)protocol);
        else if (protocol == CNIPOL_PROTOCOL_ICMP || protocol == CNIPOL_PROTOCOL_ICMPV6)
            rc = add_types(cuts, (uint8_t)protocol);
        else
            rc = add_point(cuts->p, (struct np_prove_point){.protocol = (uint8_t)protocol});
    }
    return rc;
}

static int add_variant(struct np_prove *p, struct np_prove_variant **items, uint32_t *n, uint32_t *cap, struct np_prove_variant variant)
{
    void *grown = np_grow(p->mem, *items, cap, *n + 1, sizeof **items);

    if (!grown)
        return CNIPOL_E_NOMEM;
    *items = grown;
    (*items)[(*n)++] = variant;
    return CNIPOL_OK;
}

static int add_sources(struct cuts *cuts, uint8_t relations, uint8_t state)
{
    struct np_prove_atoms *atoms = &cuts->p->atoms;
    int rc = CNIPOL_OK;

    for (uint32_t port = 0; port < 65536 && !rc; port++)
        if (port == 0 || (cuts->looks_at_source && (cuts->source[port] || port == 1 || port == 65535)))
            rc = add_variant(cuts->p, &atoms->variants, &atoms->n_variants, &atoms->cap_variants,
                             (struct np_prove_variant){relations, state, (uint16_t)port});
    return rc;
}

static int add_variants(struct cuts *cuts)
{
    uint32_t used = cuts->relations & (CNIPOL_IMAGE_RELATIONS - 1);
    int rc = CNIPOL_OK;

    for (uint32_t relations = 0; relations < CNIPOL_IMAGE_RELATIONS; relations++)
        for (uint32_t state = 0; state < (cuts->looks_at_state ? CNIPOL_IMAGE_STATES : 1u) && !rc; state++)
            if ((relations & used) == relations)
                rc = add_sources(cuts, (uint8_t)relations, (uint8_t)state);
    return rc;
}

static int add_others(struct cuts *cuts)
{
    struct np_prove_atoms *atoms = &cuts->p->atoms;
    const struct np_prove_variant others[] = {{(uint8_t)(CNIPOL_IMAGE_RELATIONS - 1 - (cuts->relations & 31)), 0, 0},
                                              {0, cuts->looks_at_state ? 0 : 1, 0},
                                              {0, cuts->looks_at_state ? 0 : 2, 0},
                                              {0, 0, cuts->looks_at_source ? 0 : 40000}};
    int rc = CNIPOL_OK;

    for (size_t i = 0; i < sizeof others / sizeof others[0] && !rc; i++)
        if (others[i].relations || others[i].state || others[i].source_port)
            rc = add_variant(cuts->p, &atoms->others, &atoms->n_others, &atoms->cap_others, others[i]);
    return rc;
}

int np_prove_atoms(struct np_prove *p)
{
    struct cuts cuts = {
        .p = p, .port = np_zalloc(p->mem, 65537), .source = np_zalloc(p->mem, 65537), .has_map = np_machine_has_map(p->machine)};
    int rc = cuts.port && cuts.source ? CNIPOL_OK : CNIPOL_E_NOMEM;

    if (!rc)
        rc = np_prove_each_pred(p->machine, cut_pred, &cuts);
    if (!rc)
        rc = add_points(&cuts);
    if (!rc)
        rc = add_variants(&cuts);
    if (!rc)
        rc = add_others(&cuts);
    p->atoms.relations = cuts.relations & (CNIPOL_IMAGE_RELATIONS - 1);
    if (cuts.port)
        np_free(p->mem, cuts.port, 65537);
    if (cuts.source)
        np_free(p->mem, cuts.source, 65537);
    return rc;
}

/* What no term looks at is varied at each point in turn, not at all of them: point i with the other variants in turn. */
uint32_t np_prove_n_atoms(const struct np_prove_atoms *atoms)
{
    return atoms->n_points * (atoms->n_variants + (atoms->n_others ? 1 : 0));
}

void np_prove_atom(const struct np_prove_atoms *atoms, uint32_t i, struct np_facts *facts, struct cnipol_key *key)
{
    uint32_t at = i % atoms->n_points, row = i / atoms->n_points;
    const struct np_prove_point *point = &atoms->points[at];
    const struct np_prove_variant *variant = row < atoms->n_variants ? &atoms->variants[row] : &atoms->others[at % atoms->n_others];
    bool has_ports =
        point->protocol == CNIPOL_PROTOCOL_TCP || point->protocol == CNIPOL_PROTOCOL_UDP || point->protocol == CNIPOL_PROTOCOL_SCTP;

    facts->protocol = key->protocol = point->protocol;
    facts->has_ports = has_ports && !(point->flags & CNIPOL_KEY_FRAGMENT);
    facts->port_unknown = (point->flags & CNIPOL_KEY_PORT_UNKNOWN) != 0;
    facts->has_icmp = (point->flags & CNIPOL_KEY_ICMP) != 0;
    facts->icmp_type = key->icmp_type = point->icmp_type;
    facts->icmp_code = key->icmp_code = point->icmp_code;
    facts->port = key->destination_port = point->port;
    facts->state = key->state = variant->state;
    facts->source_port = key->source_port = variant->source_port;
    facts->relations = key->relations = variant->relations;
    key->flags = point->flags;
}
