/* SPDX-License-Identifier: BSD-2-Clause */
/* See expand.h. */

#include "expand.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX_BITS(ip) ((ip)->family == 4 ? 32u : 128u)

struct l4 {
    uint8_t protocol;
    uint16_t lo, hi;
    np_atom name; /* NP_ATOM_NONE: lo..hi */
};

/* One rule of the subject under way. */
struct under {
    const struct cnipol_model *model;
    struct expand *out;
    uint32_t subject;
    enum np_end_role role;
};

void expand_free(struct expand *e)
{
    free(e->items);
    *e = (struct expand){0};
}

static void fail(struct expand *e, const char *why)
{
    if (!e->failed)
        e->failed = why;
}

static void add(struct expand *e, const struct expand_entry *entry)
{
    if (e->n == e->cap) {
        uint32_t cap = e->cap ? 2 * e->cap : 1024;
        void *grown = realloc(e->items, cap * sizeof *e->items);

        if (!grown) {
            fail(e, "out of memory");
            return;
        }
        e->items = grown;
        e->cap = cap;
    }
    e->items[e->n++] = *entry;
}

static bool parse_l4(const struct np_conj *conj, struct l4 *out)
{
    *out = (struct l4){.hi = UINT16_MAX};
    for (uint32_t i = 0; i < conj->n; i++) {
        const struct np_term *t = &conj->terms[i];

        if (t->negated)
            return false;
        if (t->kind == NP_TERM_PROTOCOL && t->lo == t->hi) {
            out->protocol = (uint8_t)t->lo;
        } else if (t->kind == NP_TERM_PORT) {
            out->lo = t->lo;
            out->hi = t->hi;
        } else if (t->kind == NP_TERM_PORT_NAME) {
            out->name = t->arg;
        } else {
            return false;
        }
    }
    return out->protocol || (out->lo == 0 && out->hi == UINT16_MAX && !out->name);
}

/* Port number of a name at a pod; 0: it has none. */
static uint16_t named_port(const struct cnipol_model *m, uint32_t pod, const struct l4 *l4)
{
    for (uint32_t i = 0; pod < m->n_pods && i < m->ports[pod].n; i++)
        if (m->ports[pod].items[i].name == l4->name && m->ports[pod].items[i].protocol == l4->protocol)
            return m->ports[pod].items[i].port;
    return 0;
}

/* A port name is looked up at the destination. */
static void add_l4(struct under *u, struct expand_entry entry, const struct l4 *l4)
{
    uint32_t destination = u->role == NP_END_DESTINATION ? u->subject : entry.peer;

    entry.protocol = l4->protocol;
    entry.lo = l4->lo;
    entry.hi = l4->hi;
    if (l4->name) {
        entry.lo = entry.hi = named_port(u->model, destination, l4);
        if (!entry.lo)
            return;
    }
    add(u->out, &entry);
}

static void add_peer(struct under *u, const struct expand_entry *entry, const struct np_pred *l4)
{
    struct l4 parsed;

    for (uint32_t i = 0; i < l4->n; i++) {
        if (parse_l4(&l4->any[i], &parsed))
            add_l4(u, *entry, &parsed);
        else
            fail(u->out, "an L4 predicate that entries cannot say");
    }
}

static void add_anybody(struct under *u, const struct np_pred *l4)
{
    struct l4 parsed;
    bool named = false;

    for (uint32_t i = 0; i < l4->n; i++)
        named = named || (parse_l4(&l4->any[i], &parsed) && parsed.name);
    if (!named || u->role == NP_END_DESTINATION) {
        add_peer(u, &(struct expand_entry){.peer = EXPAND_ANY}, l4);
        return;
    }
    for (uint32_t i = 0; i < u->model->n_pods; i++)
        add_peer(u, &(struct expand_entry){.peer = i}, l4);
}

static void add_set(struct under *u, const struct np_set *set, const struct np_pred *l4)
{
    if (set->n_maybe)
        fail(u->out, "a set that is not wholly known");
    for (uint32_t i = 0; i < set->n_yes; i++)
        for (uint32_t id = set->yes[i].lo; id < set->yes[i].hi; id++)
            add_peer(u, &(struct expand_entry){.peer = id}, l4);
}

static void add_prefix(struct under *u, const struct np_prefix *prefix, const struct np_prefix_list *except, const struct np_pred *l4)
{
    struct np_prefix half = *prefix;
    bool is_cut = false;

    for (uint32_t i = 0; except && i < except->n; i++) {
        if (np_prefix_within(prefix, &except->items[i]))
            return;
        is_cut = is_cut || np_prefix_within(&except->items[i], prefix);
    }
    if (!is_cut) {
        add_peer(u, &(struct expand_entry){.peer = EXPAND_PREFIX, .prefix = *prefix}, l4);
        return;
    }
    half.len++;
    add_prefix(u, &half, except, l4);
    half.ip.bytes[prefix->len / 8] |= (uint8_t)(0x80 >> prefix->len % 8);
    add_prefix(u, &half, except, l4);
}

static void add_conj(struct under *u, const struct np_conj *conj, const struct np_pred *l4)
{
    const struct np_machine *m = &u->model->machine;
    const struct np_prefix_list *in = NULL, *except = NULL;

    if (conj->n == 0) {
        add_anybody(u, l4);
        return;
    }
    if (conj->n == 1 && conj->terms[0].kind == NP_TERM_SET && !conj->terms[0].negated) {
        add_set(u, &m->sets[conj->terms[0].arg], l4);
        return;
    }
    for (uint32_t i = 0; i < conj->n; i++) {
        const struct np_term *t = &conj->terms[i];
        const struct np_prefix_list **into = t->negated ? &except : &in;

        if (t->kind != NP_TERM_PREFIX || *into)
            fail(u->out, "a peer predicate that entries cannot say");
        else
            *into = &m->prefix_lists[t->arg];
    }
    for (uint32_t i = 0; in && i < in->n && !u->out->failed; i++)
        add_prefix(u, &in->items[i], except, l4);
}

static bool selects(const struct under *u, const struct np_pred *pred)
{
    struct np_facts facts = {0};

    facts.ends[0].id = facts.ends[1].id = u->subject;
    return np_pred_eval(&u->model->machine, &facts, u->role, pred) == NP_YES;
}

static const struct np_stage *union_stage(const struct np_checkpoint *checkpoint, struct expand *out)
{
    const struct np_stage *found = NULL;

    for (uint32_t i = 0; i < checkpoint->n_stages; i++) {
        const struct np_stage *stage = &checkpoint->stages[i];

        if (stage->combine == NP_COMBINE_UNION)
            found = stage;
        else if (i > 0 && stage->n_rules)
            fail(out, "tiers: entries that only allow cannot say what cluster policies do");
    }
    if (!found)
        fail(out, "no union stage");
    return found;
}

/* A pod and itself, and a pod's own node, are allowed by what stands around the policies' rules. */
static void add_surroundings(struct under *u, const struct np_stage *stage)
{
    uint32_t node = u->model->node_of[u->subject];

    add(u->out, &(struct expand_entry){.peer = u->subject, .hi = UINT16_MAX});
    if (stage->n_defaults > 1 && u->role == NP_END_DESTINATION && node != NP_NONE)
        add(u->out, &(struct expand_entry){.peer = u->model->n_pods + node, .hi = UINT16_MAX});
}

static bool covers(const struct expand_entry *a, const struct expand_entry *b)
{
    bool peer = a->peer == EXPAND_ANY || (a->peer == b->peer && (a->peer != EXPAND_PREFIX || np_prefix_within(&b->prefix, &a->prefix)));

    return peer && (!a->protocol || (a->protocol == b->protocol && a->lo <= b->lo && a->hi >= b->hi));
}

/* Anybody first, then by peer; what is wider comes first. */
static int by_peer(const void *x, const void *y)
{
    const struct expand_entry *a = x, *b = y;
    int order;

    if (a->peer != b->peer)
        return a->peer > b->peer ? -1 : 1;
    if (a->peer == EXPAND_PREFIX && (order = np_ip_cmp(&a->prefix.ip, &b->prefix.ip)))
        return order;
    if (a->prefix.len != b->prefix.len)
        return a->prefix.len < b->prefix.len ? -1 : 1;
    if (a->protocol != b->protocol)
        return a->protocol < b->protocol ? -1 : 1;
    if (a->lo != b->lo)
        return a->lo < b->lo ? -1 : 1;
    return (a->hi < b->hi) - (a->hi > b->hi);
}

static bool is_covered(const struct expand *e, uint32_t n, uint32_t n_any, const struct expand_entry *entry)
{
    for (uint32_t i = 0; i < n_any; i++)
        if (covers(&e->items[i], entry))
            return true;
    for (uint32_t i = n; i > n_any && e->items[i - 1].peer == entry->peer; i--)
        if (covers(&e->items[i - 1], entry))
            return true;
    return false;
}

static void drop_covered(struct expand *e)
{
    uint32_t n = 0, n_any = 0;

    qsort(e->items, e->n, sizeof *e->items, by_peer);
    for (uint32_t i = 0; i < e->n; i++) {
        if (is_covered(e, n, n_any, &e->items[i]))
            continue;
        e->items[n++] = e->items[i];
        n_any += e->items[n - 1].peer == EXPAND_ANY;
    }
    e->n = n;
}

bool expand_subject(const struct cnipol_model *model, uint32_t subject, enum np_end_role role, struct expand *out)
{
    const struct np_machine *m = &model->machine;
    struct under u = {model, out, subject, role};
    const struct np_stage *stage;
    bool is_isolated = false;

    out->n = 0;
    out->failed = NULL;
    stage = union_stage(&m->checkpoints[role], out);
    if (!stage)
        return false;
    for (uint32_t i = 0; i < stage->n_governing && !is_isolated; i++)
        is_isolated = selects(&u, &m->policies[stage->governing[i]].subject);
    if (!is_isolated)
        add(out, &(struct expand_entry){.peer = EXPAND_ANY, .hi = UINT16_MAX});
    for (uint32_t i = 0; is_isolated && i < stage->n_rules && !out->failed; i++)
        for (uint32_t k = 0; k < stage->rules[i].remote.n && selects(&u, &stage->rules[i].subject); k++)
            add_conj(&u, &stage->rules[i].remote.any[k], &stage->rules[i].l4);
    if (is_isolated)
        add_surroundings(&u, stage);
    if (!out->failed)
        drop_covered(out);
    return !out->failed;
}
