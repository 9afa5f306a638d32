/* SPDX-License-Identifier: BSD-2-Clause */
/* Predicates as alternatives: see alt.h. */

#include "compile/alt.h"

#include <cnipol/status.h>

#include "compile/named_port.h"

static const struct np_alt anything = {{NP_IDSET_ALL, NP_IDSET_ALL}, NP_BOX_ANY, 0};

/* What an unknown port may hold for is longest where it is one port; see reference/map.c. */
enum { PORT_BITS = 16, PROTOCOL_BITS = 8 };

void np_alts_free(struct np_alts *alts, struct np_mem *mem)
{
    np_free(mem, alts->items, alts->cap * sizeof *alts->items);
    *alts = (struct np_alts){0};
}

static int push(struct np_alts *alts, struct np_mem *mem, const struct np_alt *alt)
{
    void *grown;

    if (alt->sets[0] == NP_IDSET_EMPTY || alt->sets[1] == NP_IDSET_EMPTY)
        return CNIPOL_OK;
    if (alts->n >= NP_ALTS_MAX)
        return CNIPOL_E_LIMIT;
    grown = np_grow(mem, alts->items, &alts->cap, alts->n + 1, sizeof *alts->items);
    if (!grown)
        return CNIPOL_E_NOMEM;
    alts->items = grown;
    alts->items[alts->n++] = *alt;
    return CNIPOL_OK;
}

/* Adds what two alternatives have in common, if anything. */
static int push_meet(struct np_cells *cells, struct np_alts *out, const struct np_alt *a, const struct np_alt *b)
{
    struct np_alt both = {
        .sets = {np_idset_and(cells->idsets, a->sets[0], b->sets[0]), np_idset_and(cells->idsets, a->sets[1], b->sets[1])},
        .bits = a->bits + b->bits};

    if (both.sets[0] == NP_NONE || both.sets[1] == NP_NONE)
        return CNIPOL_E_NOMEM;
    return np_box_and(&a->box, &b->box, &both.box) ? push(out, cells->mem, &both) : CNIPOL_OK;
}

int np_alts_product(struct np_cells *cells, const struct np_alts *a, const struct np_alts *b, struct np_alts *out)
{
    int rc = (uint64_t)a->n * b->n > NP_ALT_PAIRS_MAX ? CNIPOL_E_LIMIT : CNIPOL_OK;

    out->n = 0;
    for (uint32_t i = 0; i < a->n && !rc; i++)
        for (uint32_t k = 0; k < b->n && !rc; k++)
            rc = push_meet(cells, out, &a->items[i], &b->items[k]);
    return rc;
}

/* Neighbours that differ in one set only are one alternative with both sets. */
static int join_neighbours(struct np_cells *cells, struct np_alts *alts)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < alts->n; i++) {
        struct np_alt *last = kept ? &alts->items[kept - 1] : NULL, *alt = &alts->items[i];
        uint32_t other = last && last->sets[0] == alt->sets[0] ? 1 : 0;

        if (!last || last->bits != alt->bits || memcmp(&last->box, &alt->box, sizeof alt->box) != 0 ||
            last->sets[!other] != alt->sets[!other]) {
            alts->items[kept++] = *alt;
            continue;
        }
        last->sets[other] = np_idset_or(cells->idsets, last->sets[other], alt->sets[other]);
        if (last->sets[other] == NP_NONE)
            return CNIPOL_E_NOMEM;
    }
    alts->n = kept;
    return CNIPOL_OK;
}

static int set_term(struct np_cells *cells, const struct np_term *term, enum np_end_role end, struct np_alts *out)
{
    struct np_alt alt = anything;
    uint32_t set = term->kind == NP_TERM_SET ? cells->space->sets[term->arg] : cells->space->prefixes[term->arg];

    if (term->negated)
        set = np_idset_not(cells->idsets, set);
    if (set == NP_NONE)
        return CNIPOL_E_NOMEM;
    alt.sets[end] = set;
    return push(out, cells->mem, &alt);
}

static int box_term(struct np_cells *cells, const struct np_term *term, struct np_alts *out)
{
    struct np_box boxes[NP_BOX_TERM_MAX];
    uint32_t n = np_box_of_term(term, boxes);
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < n && !rc; i++) {
        struct np_alt alt = anything;

        alt.box = boxes[i];
        rc = push(out, cells->mem, &alt);
    }
    return rc;
}

/* Destinations with that port behind the name: the question's port is, or is not, that one. Without a name it never is. */
static int port_alternatives(struct np_cells *cells, const struct np_term *term, uint8_t protocol, uint16_t port, uint32_t set,
                             struct np_alts *out)
{
    struct np_term about = {NP_TERM_PORT, term->negated && port, port, port, 0};
    struct np_box boxes[NP_BOX_TERM_MAX];
    uint32_t n;
    int rc = CNIPOL_OK;

    if (!port && !term->negated)
        return CNIPOL_OK;
    if (!port)
        about.hi = 65535;
    n = np_box_of_term(&about, boxes);
    for (uint32_t i = 0; i < n && !rc; i++) {
        struct np_alt alt = anything;

        alt.sets[NP_END_DESTINATION] = set;
        alt.box = boxes[i];
        alt.box.protocol_lo = alt.box.protocol_hi = protocol;
        rc = push(out, cells->mem, &alt);
    }
    return rc;
}

static int name_for_protocol(struct np_cells *cells, const struct np_term *term, uint8_t protocol, struct np_alts *out)
{
    const uint32_t *pairs;
    uint32_t n;
    int rc = np_named_ports(cells, (np_atom)term->arg, protocol, &pairs, &n);

    for (uint32_t i = 0; !rc && i < n; i++)
        rc = port_alternatives(cells, term, protocol, (uint16_t)pairs[2 * i], pairs[2 * i + 1], out);
    return rc;
}

/* "not this name" is true, too, of packets with ports of other protocols than the name's. */
static int other_protocol(struct np_cells *cells, uint8_t protocol, struct np_alts *out)
{
    struct np_alt alt = anything;

    alt.box.flags = CNIPOL_BOX_PORTS;
    alt.box.protocol_lo = alt.box.protocol_hi = protocol;
    return push(out, cells->mem, &alt);
}

static int name_term(struct np_cells *cells, const struct np_term *term, struct np_alts *out)
{
    static const uint8_t protocols[] = {CNIPOL_PROTOCOL_TCP, CNIPOL_PROTOCOL_UDP, CNIPOL_PROTOCOL_SCTP};
    int rc = CNIPOL_OK;

    for (size_t i = 0; i < sizeof protocols && !rc; i++) {
        if (!term->lo || term->lo == protocols[i])
            rc = name_for_protocol(cells, term, protocols[i], out);
        else if (term->negated)
            rc = other_protocol(cells, protocols[i], out);
    }
    return rc;
}

static int push_ports(struct np_cells *cells, uint32_t lo, uint32_t hi, uint8_t flags, uint32_t bits, struct np_alts *out)
{
    struct np_alt alt = anything;

    alt.box.flags = CNIPOL_BOX_PORTS | CNIPOL_BOX_DESTINATION | flags;
    alt.box.destination_lo = (uint16_t)lo;
    alt.box.destination_hi = (uint16_t)hi;
    alt.bits = bits;
    return push(out, cells->mem, &alt);
}

/* The longest match of an unknown port: all ports but 0, or any of the range. */
static int unknown_port(struct np_cells *cells, const struct np_term *term, struct np_alts *out)
{
    if (term->hi == 0)
        return CNIPOL_OK;
    if (term->lo == 1 && term->hi == UINT16_MAX)
        return push_ports(cells, 1, UINT16_MAX, 0, 1, out);
    return push_ports(cells, NP_BOX_NO_PORT_LO, NP_BOX_NO_PORT_HI, 0, PORT_BITS, out);
}

/* A range of ports as a policy map holds it: the fewest aligned blocks, which say nothing of an unknown port. */
static int blocks_of_range(struct np_cells *cells, const struct np_term *term, struct np_alts *out)
{
    int rc = CNIPOL_OK;

    if (term->lo == 0 && term->hi == UINT16_MAX)
        return push_ports(cells, 0, UINT16_MAX, 0, 0, out);
    for (uint32_t at = term->lo, size; at <= term->hi && !rc; at += size) {
        uint32_t bits = PORT_BITS;

        for (size = 1; !(at & size) && at + size * 2 - 1 <= term->hi; size *= 2)
            bits--;
        rc = push_ports(cells, at, at + size - 1, CNIPOL_BOX_BLOCK, bits, out);
    }
    return rc ? rc : unknown_port(cells, term, out);
}

/* How much longer the term makes the match. */
static uint32_t bits_of_term(const struct np_term *term)
{
    if (term->negated)
        return 0;
    return term->kind == NP_TERM_PROTOCOL ? PROTOCOL_BITS : term->kind == NP_TERM_PORT_NAME ? PORT_BITS : 0;
}

static int alts_of_term(struct np_cells *cells, const struct np_term *term, enum np_end_role end, bool in_map, struct np_alts *out)
{
    if (in_map && term->kind == NP_TERM_PORT && !term->negated)
        return blocks_of_range(cells, term, out);
    switch ((enum np_term_kind)term->kind) {
    case NP_TERM_SET:
    case NP_TERM_PREFIX:
        return set_term(cells, term, end, out);
    case NP_TERM_PORT_NAME:
        return name_term(cells, term, out);
    default:
        return box_term(cells, term, out);
    }
}

static void swap(struct np_alts *a, struct np_alts *b)
{
    struct np_alts kept = *a;

    *a = *b;
    *b = kept;
}

int np_alts_of_conj(struct np_cells *cells, const struct np_conj *conj, enum np_end_role end, bool in_map, struct np_alts *out)
{
    struct np_alts of_term = {0}, both = {0};
    int rc;

    out->n = 0;
    rc = push(out, cells->mem, &anything);
    for (uint32_t i = 0; i < conj->n && !rc; i++) {
        of_term.n = 0;
        rc = alts_of_term(cells, &conj->terms[i], end, in_map, &of_term);
        for (uint32_t k = 0; k < of_term.n && in_map; k++)
            of_term.items[k].bits += bits_of_term(&conj->terms[i]);
        if (!rc)
            rc = np_alts_product(cells, out, &of_term, &both);
        if (!rc)
            swap(out, &both);
    }
    np_alts_free(&of_term, cells->mem);
    np_alts_free(&both, cells->mem);
    return rc;
}

int np_alts_of_pred(struct np_cells *cells, const struct np_pred *pred, enum np_end_role end, struct np_alts *out)
{
    struct np_alts of_conj = {0};
    int rc = CNIPOL_OK;

    out->n = 0;
    for (uint32_t i = 0; i < pred->n && !rc; i++) {
        rc = np_alts_of_conj(cells, &pred->any[i], end, false, &of_conj);
        for (uint32_t k = 0; k < of_conj.n && !rc; k++)
            rc = push(out, cells->mem, &of_conj.items[k]);
    }
    np_alts_free(&of_conj, cells->mem);
    return rc ? rc : join_neighbours(cells, out);
}
