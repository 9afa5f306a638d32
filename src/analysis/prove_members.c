/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Members: see prove.h. Whoever can be asked about, as the reference sees it, with the id that the image gives it.
 * All members of an id must be the same to each term about ends.
 */

#include <stdlib.h>

#include "analysis/prove.h"

static struct cnipol_end end_at(uint32_t kind, uint32_t id, const struct np_ip *ip)
{
    struct cnipol_end end = {.kind = kind, .id = id, .first_family = ip->family, .has_v4 = ip->family == 4, .has_v6 = ip->family == 6};

    memcpy(end.v4, ip->bytes, end.has_v4 ? sizeof end.v4 : 0);
    memcpy(end.v6, ip->bytes, end.has_v6 ? sizeof end.v6 : 0);
    return end;
}

static int add_member(struct np_prove *p, const struct cnipol_end *end, const struct np_ip *ip, uint32_t id)
{
    struct cnipol_question question = {.source = *end, .destination = *end, .family = ip->family, .protocol = CNIPOL_PROTOCOL_TCP};
    struct np_facts facts;
    void *grown = np_grow(p->mem, p->members, &p->cap_members, p->n_members + 1, sizeof *p->members);

    if (!grown)
        return CNIPOL_E_NOMEM;
    p->members = grown;
    if (!np_model_facts(p->model, &question, &facts))
        return CNIPOL_OK;
    p->members[p->n_members++] = (struct np_prove_member){facts.ends[NP_END_SOURCE], *end, id};
    return CNIPOL_OK;
}

static int add_end(struct np_prove *p, uint32_t kind, uint32_t number, const struct np_ip *ips, uint32_t n)
{
    static const struct np_ip none;
    uint32_t end = kind == CNIPOL_END_POD ? number : p->model->n_pods + number;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < n && !rc; i++) {
        struct cnipol_end at = end_at(kind, number, &ips[i]);

        rc = add_member(p, &at, &ips[i], np_peers_of_end(p->peers, end, ips, &ips[i]));
    }
    if (!n) {
        struct cnipol_end at = end_at(kind, number, &none);

        rc = add_member(p, &at, &none, np_peers_of_end(p->peers, end, ips, &none));
    }
    return rc;
}

static int add_ends(struct np_prove *p)
{
    const struct cnipol_model *model = p->model;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < model->n_pods && !rc; i++)
        rc = add_end(p, CNIPOL_END_POD, i, model->pods[i].ips, model->pods[i].n_ips);
    for (uint32_t i = 0; i < model->n_nodes && !rc; i++)
        rc = add_end(p, CNIPOL_END_NODE, i, model->nodes[i].ips, model->nodes[i].n_ips);
    return rc;
}

/* Borders of prefixes: where one begins, and what follows its last address. */
struct borders {
    struct np_mem *mem;
    struct np_ip *items;
    uint32_t n, cap;
};

static int add_border(struct borders *borders, const struct np_ip *ip)
{
    void *grown = np_grow(borders->mem, borders->items, &borders->cap, borders->n + 1, sizeof *borders->items);

    if (!grown)
        return CNIPOL_E_NOMEM;
    borders->items = grown;
    borders->items[borders->n++] = *ip;
    return CNIPOL_OK;
}

/* The address behind a prefix's last one. False: there is none. */
static bool behind(const struct np_prefix *prefix, struct np_ip *out)
{
    uint32_t bits = prefix->len;

    *out = prefix->ip;
    while (bits > 0) {
        uint8_t *byte = &out->bytes[(bits - 1) / 8], bit = (uint8_t)(0x80u >> (bits - 1) % 8);

        *byte ^= bit;
        if (*byte & bit)
            return true;
        bits--;
    }
    return false;
}

static int add_borders(struct borders *borders, const struct np_prefix_list *list)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < list->n && !rc; i++) {
        struct np_ip next;

        rc = add_border(borders, &list->items[i].ip);
        if (!rc && behind(&list->items[i], &next))
            rc = add_border(borders, &next);
    }
    return rc;
}

static int by_ip(const void *x, const void *y)
{
    return np_ip_cmp(x, y);
}

/* One member for each range of addresses, asked as nobody's even where its first address is somebody's. */
static int add_ranges(struct np_prove *p)
{
    static const struct np_ip zero[] = {{.family = 4}, {.family = 6}};
    const struct np_machine *m = p->machine;
    struct borders borders = {.mem = p->mem};
    int rc = add_border(&borders, &zero[0]);

    if (!rc)
        rc = add_border(&borders, &zero[1]);
    for (uint32_t i = 0; i < m->n_prefix_lists && !rc; i++)
        rc = add_borders(&borders, &m->prefix_lists[i]);
    if (borders.n)
        qsort(borders.items, borders.n, sizeof *borders.items, by_ip);
    for (uint32_t i = 0; i < borders.n && !rc; i++) {
        struct cnipol_end end = end_at(CNIPOL_END_ADDRESS, 0, &borders.items[i]);

        if (i == 0 || !np_ip_eq(&borders.items[i - 1], &borders.items[i]))
            rc = add_member(p, &end, &borders.items[i], np_peers_of_address(p->peers, &borders.items[i]));
    }
    np_free(p->mem, borders.items, borders.cap * sizeof *borders.items);
    return rc;
}

static int differ(struct np_prove *p, int32_t result, const struct np_prove_member *a, const struct np_prove_member *b)
{
    p->proof->result = result;
    np_prove_print_end(p, &a->end, p->proof->source);
    if (b)
        np_prove_print_end(p, &b->end, p->proof->destination);
    p->proof->key.source = a->id;
    p->proof->key.destination = b ? b->id : 0;
    return CNIPOL_E_INVALID;
}

/* The directory is about these pods and nodes, in this order? */
static bool has_same_ends(const struct np_prove *p)
{
    const struct cnipol_model *a = p->model, *b = p->read;

    if (!b)
        return true;
    if (a->n_pods != b->n_pods || a->n_nodes != b->n_nodes)
        return false;
    for (uint32_t i = 0; i < a->n_pods; i++)
        if (strcmp(a->names[i], b->names[i]) != 0 || a->pods[i].n_ips != b->pods[i].n_ips)
            return false;
    for (uint32_t i = 0; i < a->n_nodes; i++)
        if (!np_str_eq(np_atoms_str(&a->ctx->atoms, a->nodes[i].name), np_atoms_str(&b->ctx->atoms, b->nodes[i].name)) ||
            a->nodes[i].n_ips != b->nodes[i].n_ips)
            return false;
    return true;
}

/* The ids of the node's pods are subjects of its slice. */
static int want_node(struct np_prove *p)
{
    p->wanted = np_zalloc(p->mem, p->n_ids + 1u);
    if (!p->wanted)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < p->n_members; i++) {
        const struct np_prove_member *m = &p->members[i];

        if (m->fact.is_policed && p->model->node_of[m->fact.number] == p->node && m->id < p->n_ids)
            p->wanted[m->id] = true;
    }
    return CNIPOL_OK;
}

/* Whoever shares an id is the same to each term. */
static int check_ids(struct np_prove *p, struct np_intern *signatures, uint32_t *of_id)
{
    for (uint32_t i = 0; i < p->n_members; i++) {
        const struct np_prove_member *m = &p->members[i];
        uint32_t signature = np_prove_signature(p, m, NP_ROLE_ALL, signatures);

        if (signature == NP_NONE)
            return CNIPOL_E_NOMEM;
        if (m->id >= p->n_ids)
            return differ(p, CNIPOL_PROOF_ENDS, m, NULL);
        if (p->first[m->id] == NP_NONE) {
            p->first[m->id] = i;
            of_id[m->id] = signature;
            p->proof->ids++;
        } else if (of_id[m->id] != signature) {
            return differ(p, CNIPOL_PROOF_IDENTITY, &p->members[p->first[m->id]], m);
        }
    }
    return CNIPOL_OK;
}

static int check(struct np_prove *p)
{
    size_t size = (p->n_ids + 1u) * sizeof(uint32_t);
    uint32_t *of_id = np_alloc(p->mem, size);
    struct np_intern signatures;
    int rc = CNIPOL_E_NOMEM;

    p->first = np_alloc(p->mem, size);
    np_intern_init(&signatures, p->mem);
    if (of_id && p->first) {
        for (uint32_t i = 0; i < p->n_ids; i++)
            p->first[i] = NP_NONE;
        rc = check_ids(p, &signatures, of_id);
    }
    np_intern_free(&signatures);
    if (of_id)
        np_free(p->mem, of_id, size);
    return rc;
}

int np_prove_members(struct np_prove *p)
{
    int rc;

    p->n_ids = cnipol_image_ids(p->image);
    if (!has_same_ends(p)) {
        p->proof->result = CNIPOL_PROOF_ENDS;
        return CNIPOL_E_INVALID;
    }
    rc = add_ends(p);
    if (!rc)
        rc = add_ranges(p);
    p->proof->members = p->n_members;
    if (!rc)
        rc = check(p);
    return !rc && p->node != NP_NONE ? want_node(p) : rc;
}
