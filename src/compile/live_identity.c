/* SPDX-License-Identifier: BSD-2-Clause */
/* Identities in a policy set that changes: see live_identity.h. */

#include "compile/live_identity.h"

#include <string.h>

#include "compile/atoms.h"
#include "resolve/resolve.h"

/* More policies than this are compiled sooner than lowered again one by one. */
#define MANY 256

#define OTHER_PORTS 64 /* in a distance: as good as so many labels */
#define OTHER_ATOM 32

/* Labels are sorted by key. */
static uint32_t count_labels(const struct np_labels *a, const struct np_labels *b)
{
    uint32_t i = 0, k = 0, n = a->partial != b->partial;

    while (i < a->n && k < b->n) {
        const struct np_label *x = &a->items[i], *y = &b->items[k];

        if (x->key == y->key) {
            n += x->value != y->value;
            i++;
            k++;
            continue;
        }
        n++;
        if (x->key < y->key)
            i++;
        else
            k++;
    }
    return n + (a->n - i) + (b->n - k);
}

/* Labels, and whatever else selections look at. */
static uint32_t set_distance(const struct np_live_seen *a, const struct np_live_seen *b)
{
    uint32_t n = count_labels(&a->pod->labels, &b->pod->labels);

    if (a->ns != b->ns || a->pod->host_network != b->pod->host_network)
        n++;
    return n;
}

static bool same_atom(const struct np_space *space, const struct np_ip *a, const struct np_ip *b)
{
    return np_space_lists(space, a) == np_space_lists(space, b);
}

static uint32_t other_distance(const struct np_live_base *base, const struct np_live_seen *a, const struct np_live_seen *b)
{
    return (a->ports != b->ports ? OTHER_PORTS : 0) + (same_atom(&base->c.space, &a->ip, &b->ip) ? 0 : OTHER_ATOM);
}

uint32_t np_live_distance(const struct np_live_base *base, const struct np_live_seen *a, const struct np_live_seen *b)
{
    return set_distance(a, b) + other_distance(base, a, b);
}

bool np_live_is_policed(const struct np_live_base *base, uint32_t id)
{
    uint32_t first = base->c.space.n_ids - base->like.n;

    while (id >= first)
        id = base->like.items[id - first];
    return !base->c.wanted || base->c.wanted[id];
}

struct seeking {
    const struct np_live_base *base;
    const struct np_live_seen *seen;
    uint32_t but;
    bool is_wanted;
    struct np_live_seen *best;
    uint32_t distance; /* of the best */
};

static void try_entries(struct seeking *s, uint32_t end, struct np_live_seen *candidate, uint32_t distance)
{
    const struct np_space *space = &s->base->c.space;

    for (uint32_t i = space->first_entry[end]; i < space->first_entry[end + 1]; i++) {
        const struct np_space_entry *entry = &space->entries[i];
        uint32_t all;

        if (entry->id == NP_NONE || entry->ip.family != s->seen->ip.family)
            continue;
        if (s->is_wanted && !np_live_is_policed(s->base, entry->id))
            continue;
        candidate->ip = entry->ip;
        candidate->id = entry->id;
        candidate->ports = space->ids[entry->id].ports;
        all = distance + other_distance(s->base, s->seen, candidate);
        if (all >= s->distance)
            continue;
        s->distance = all;
        *s->best = *candidate;
    }
}

static void try_pod(struct seeking *s, uint32_t pod)
{
    const struct cnipol_model *model = s->base->model;
    uint32_t end = np_model_end_number(model, pod), n, distance;
    struct np_live_seen candidate = {.pod = &model->pods[pod]};

    if (pod == s->but || candidate.pod->is_gone || np_model_pod_end(model, pod) != end)
        return;
    candidate.ns = &np_view_namespaces(model->view, &n)[candidate.pod->ns];
    distance = set_distance(s->seen, &candidate);
    if (distance < s->distance)
        try_entries(s, end, &candidate, distance);
}

bool np_live_find_like(const struct np_live_base *base, const struct np_live_seen *seen, uint32_t but, bool is_wanted,
                       struct np_live_seen *out)
{
    const struct cnipol_model *model = base->model;
    struct seeking s = {base, seen, but, is_wanted, out, UINT32_MAX};

    for (uint32_t i = 0; i < seen->ns->n_pods && s.distance; i++)
        try_pod(&s, seen->ns->first_pod + i);
    for (uint32_t i = 0; i < model->n_guests && s.distance; i++)
        try_pod(&s, model->n_pods + i);
    for (uint32_t i = 0; i < model->n_pods && s.distance == UINT32_MAX; i++)
        try_pod(&s, i);
    return s.distance != UINT32_MAX;
}

/* What tells apart, over the machine that is looked at. */
struct telling {
    const struct np_live_base *base;
    const struct np_live_seen *a, *b;       /* two ends, */
    const struct np_labels *before, *after; /* or the labels of one namespace */
    const struct np_machine *machine;
    uint8_t *sets, *lists, *policies; /* by number: tells apart */
    struct np_words *out;
    bool is_other; /* something else than a policy tells apart */
};

static enum np_tri in_list(const struct np_prefix_list *list, const struct np_ip *ip)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (np_prefix_holds(&list->items[i], ip))
            return NP_YES;
    return NP_NO;
}

static bool selection_differs(const struct telling *t, const struct np_selection *s)
{
    if (t->before)
        return s->kind == NP_SELECT_PODS && s->namespaces &&
               np_selector_matches(s->namespaces, t->before) != np_selector_matches(s->namespaces, t->after);
    return np_selection_has(s, t->a->ns, t->a->pod) != np_selection_has(s, t->b->ns, t->b->pod);
}

/* Is anything told apart by a set or a list of prefixes of the machine's? */
static bool look_at_sets(struct telling *t)
{
    const struct np_machine *m = t->machine;
    bool is_base = m == &t->base->model->machine, any = false;

    for (uint32_t i = 0; i < m->n_sets && (t->before || set_distance(t->a, t->b)); i++)
        any |= t->sets[i] = selection_differs(t, &m->selections[i]);
    if (t->before || (is_base && same_atom(&t->base->c.space, &t->a->ip, &t->b->ip)))
        return any;
    for (uint32_t i = 0; i < m->n_prefix_lists; i++)
        any |= t->lists[i] = in_list(&m->prefix_lists[i], &t->a->ip) != in_list(&m->prefix_lists[i], &t->b->ip);
    return any;
}

static bool has_port(const uint32_t *ports, uint32_t n, const uint32_t *port)
{
    for (uint32_t i = 0; i + 2 < n; i += 3)
        if (memcmp(ports + i, port, 3 * sizeof *port) == 0)
            return true;
    return false;
}

/* Does the name stand for other ports here than there? */
static bool name_differs(const struct telling *t, np_atom name)
{
    const struct np_intern *table = &t->base->c.space.ports;
    const uint32_t *ports[2];
    uint32_t n[2];

    if (t->before || t->a->ports == t->b->ports)
        return false;
    ports[0] = np_interned(table, t->a->ports, &n[0]);
    ports[1] = np_interned(table, t->b->ports, &n[1]);
    for (uint32_t side = 0; side < 2; side++)
        for (uint32_t i = 0; i + 2 < n[side]; i += 3)
            if (ports[side][i] == name && !has_port(ports[!side], n[!side], ports[side] + i))
                return true;
    return false;
}

static bool pred_differs(const struct telling *t, const struct np_pred *pred)
{
    for (uint32_t i = 0; i < pred->n; i++)
        for (uint32_t k = 0; k < pred->any[i].n; k++) {
            const struct np_term *term = &pred->any[i].terms[k];

            if ((term->kind == NP_TERM_SET && t->sets[term->arg]) || (term->kind == NP_TERM_PREFIX && t->lists[term->arg]) ||
                (term->kind == NP_TERM_PORT_NAME && name_differs(t, term->arg)))
                return true;
        }
    return false;
}

static enum np_tri term_of(const struct telling *t, const struct np_live_seen *seen, const struct np_term *term)
{
    enum np_tri truth = NP_UNKNOWN;

    if (term->kind == NP_TERM_SET)
        truth = np_selection_has(&t->machine->selections[term->arg], seen->ns, seen->pod);
    if (term->kind == NP_TERM_PREFIX)
        truth = in_list(&t->machine->prefix_lists[term->arg], &seen->ip);
    return term->negated ? np_tri_not(truth) : truth;
}

static bool may_be(const struct telling *t, const struct np_live_seen *seen, const struct np_pred *pred)
{
    for (uint32_t i = 0; i < pred->n; i++) {
        bool may = true;

        for (uint32_t k = 0; k < pred->any[i].n && may; k++)
            may = term_of(t, seen, &pred->any[i].terms[k]) != NP_NO;
        if (may)
            return true;
    }
    return false;
}

/* Port names are the destination's, which is protected here, or is not. */
static bool may_be_destination(const struct telling *t, const struct np_live_seen *seen, const struct np_rule *rule, bool is_subject)
{
    if (is_subject)
        return may_be(t, seen, &rule->subject) && may_be(t, seen, &rule->local);
    return may_be(t, seen, &rule->remote);
}

static bool l4_differs(const struct telling *t, const struct np_rule *rule, bool is_subject)
{
    return pred_differs(t, &rule->l4) && (may_be_destination(t, t->a, rule, is_subject) || may_be_destination(t, t->b, rule, is_subject));
}

static void look_at_stage(struct telling *t, const struct np_stage *stage, bool is_subject)
{
    for (uint32_t i = 0; i < stage->n_rules; i++) {
        const struct np_rule *rule = &stage->rules[i];

        if (rule->policy != NP_NONE && t->policies[rule->policy])
            continue;
        if (!pred_differs(t, &rule->subject) && !pred_differs(t, &rule->local) && !pred_differs(t, &rule->remote) &&
            !l4_differs(t, rule, is_subject))
            continue;
        if (rule->policy == NP_NONE)
            t->is_other = true;
        else
            t->policies[rule->policy] = 1;
    }
    for (uint32_t i = 0; i < stage->n_defaults; i++)
        t->is_other |= pred_differs(t, &stage->defaults[i].remote) || pred_differs(t, &stage->defaults[i].l4);
}

static bool is_gone(const struct np_live_base *base, uint32_t policy)
{
    return policy < base->gone.n && base->gone.items[policy];
}

/* `first`: the number of the machine's first policy. */
static int take_policies(struct telling *t, uint32_t first)
{
    const struct np_machine *m = t->machine;

    for (uint32_t c = 0; c < m->n_checkpoints; c++)
        for (uint32_t s = 0; s < m->checkpoints[c].n_stages; s++)
            look_at_stage(t, &m->checkpoints[c].stages[s], m->checkpoints[c].subject == NP_END_DESTINATION);
    for (uint32_t i = 0; i < m->n_policies && !t->is_other; i++) {
        if ((!t->policies[i] && !pred_differs(t, &m->policies[i].subject)) || is_gone(t->base, first + i))
            continue;
        if (!np_words_push(t->out, &t->base->ctx->mem, first + i))
            return CNIPOL_E_NOMEM;
        t->is_other |= t->out->n > MANY;
    }
    return CNIPOL_OK;
}

static int look_at(struct telling *t, const struct np_machine *machine, uint32_t first)
{
    struct np_mem *mem = &t->base->ctx->mem;
    size_t size = (size_t)machine->n_sets + machine->n_prefix_lists + machine->n_policies + 1;
    uint8_t *scratch = np_zalloc(mem, size);
    int rc = scratch ? CNIPOL_OK : CNIPOL_E_NOMEM;

    t->machine = machine;
    t->sets = scratch;
    if (!rc) {
        t->lists = t->sets + machine->n_sets;
        t->policies = t->lists + machine->n_prefix_lists;
        if (look_at_sets(t) || (!t->before && t->a->ports != t->b->ports))
            rc = take_policies(t, first);
    }
    np_free(mem, scratch, size);
    return rc;
}

/* One identity at one atom: the base's machine cannot tell those apart, and is large. */
static bool is_one(const struct telling *t)
{
    return !t->before && !np_live_distance(t->base, t->a, t->b);
}

static int look_at_all(struct telling *t)
{
    const struct np_live_base *base = t->base;
    uint32_t n = base->model->machine.n_policies;
    int rc = is_one(t) ? CNIPOL_OK : look_at(t, &base->model->machine, 0);

    for (uint32_t i = 0; i < base->n_extra && !rc; i++)
        if (base->extra[i]->has_machine && !is_gone(base, n + i))
            rc = look_at(t, &base->extra[i]->machine, n + i);
    if (rc)
        return rc;
    return !t->is_other && t->out->n <= MANY;
}

int np_live_tell_apart(const struct np_live_base *base, const struct np_live_seen *a, const struct np_live_seen *b, struct np_words *out)
{
    struct telling t = {.base = base, .a = a, .b = b, .out = out};

    return look_at_all(&t);
}

int np_live_tell_labels(const struct np_live_base *base, const struct np_labels *before, const struct np_labels *after,
                        struct np_words *out)
{
    struct telling t = {.base = base, .before = before, .after = after, .out = out};

    return look_at_all(&t);
}
