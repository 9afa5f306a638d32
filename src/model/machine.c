/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's builders: see machine.h. */

#include "model/machine.h"

#include <cnipol/status.h>

static const struct np_conj conj_true = {NULL, 0};
const struct np_pred np_pred_true = {&conj_true, 1};
const struct np_pred np_pred_false = {NULL, 0};

void np_machine_init(struct np_machine *machine, struct np_mem *mem, const char *engine)
{
    *machine = (struct np_machine){.mem = mem, .engine = engine};
    np_arena_init(&machine->arena, mem);
    np_hmap_init(&machine->selection_map, mem);
}

void np_machine_free(struct np_machine *m)
{
    np_free(m->mem, m->policies, m->cap_policies * sizeof *m->policies);
    np_free(m->mem, m->selections, m->cap_selections * sizeof *m->selections);
    np_free(m->mem, m->sets, m->cap_sets * sizeof *m->sets);
    np_free(m->mem, m->prefix_lists, m->cap_prefix_lists * sizeof *m->prefix_lists);
    np_free(m->mem, m->reasons, m->cap_reasons * sizeof *m->reasons);
    np_hmap_free(&m->selection_map);
    np_arena_free(&m->arena);
}

uint32_t np_machine_add_policy(struct np_machine *m, const struct np_policy *policy)
{
    void *grown = np_grow(m->mem, m->policies, &m->cap_policies, m->n_policies + 1, sizeof *m->policies);

    if (!grown)
        return NP_NONE;
    m->policies = grown;
    m->policies[m->n_policies] = *policy;
    return m->n_policies++;
}

static uint64_t selector_hash(const struct np_selector *selector, uint64_t seed)
{
    uint64_t hash = np_hash_mix(seed, selector ? selector->n + 1u : 0u);

    for (uint32_t i = 0; selector && i < selector->n; i++) {
        const struct np_requirement *req = &selector->items[i];

        hash = np_hash_mix(hash, (uint64_t)req->key << 32 | req->op);
        if (req->n_values)
            hash = np_hash_mix(hash, np_hash(req->values, req->n_values * sizeof *req->values));
    }
    return hash;
}

static bool selector_eq(const struct np_selector *a, const struct np_selector *b)
{
    if (!a || !b || a->n != b->n)
        return a == b;
    for (uint32_t i = 0; i < a->n; i++) {
        const struct np_requirement *x = &a->items[i], *y = &b->items[i];

        if (x->key != y->key || x->op != y->op || x->n_values != y->n_values)
            return false;
        if (x->n_values && memcmp(x->values, y->values, x->n_values * sizeof *x->values) != 0)
            return false;
    }
    return true;
}

static bool selection_eq(const void *ctx, const void *key, uint32_t value)
{
    const struct np_machine *m = ctx;
    const struct np_selection *a = key, *b = &m->selections[value];

    return a->kind == b->kind && a->without_host_network == b->without_host_network && a->ns == b->ns &&
           selector_eq(a->namespaces, b->namespaces) && selector_eq(a->pods, b->pods);
}

uint32_t np_machine_add_set(struct np_machine *m, const struct np_set *set)
{
    void *sets = np_grow(m->mem, m->sets, &m->cap_sets, m->n_sets + 1, sizeof *m->sets);
    void *selections;

    if (!sets)
        return NP_NONE;
    m->sets = sets;
    selections = np_grow(m->mem, m->selections, &m->cap_selections, m->n_sets + 1, sizeof *m->selections);
    if (!selections)
        return NP_NONE;
    m->selections = selections;
    m->sets[m->n_sets] = *set;
    m->selections[m->n_sets] = (struct np_selection){0};
    return m->n_sets++;
}

uint32_t np_machine_select(struct np_machine *m, const struct np_selection *selection)
{
    uint64_t hash = np_hash_mix((uint64_t)selection->kind << 40 | (uint64_t)selection->without_host_network << 32, selection->ns);
    uint32_t found, added;

    hash = selector_hash(selection->pods, selector_hash(selection->namespaces, hash));
    found = np_hmap_get(&m->selection_map, hash, selection_eq, m, selection);
    if (found != NP_NONE)
        return found;
    added = np_machine_add_set(m, &(struct np_set){0});
    if (added == NP_NONE || np_hmap_put(&m->selection_map, hash, added))
        return NP_NONE;
    m->selections[added] = *selection;
    return added;
}

uint32_t np_machine_add_prefixes(struct np_machine *m, const struct np_prefix *items, uint32_t n)
{
    void *grown = np_grow(m->mem, m->prefix_lists, &m->cap_prefix_lists, m->n_prefix_lists + 1, sizeof *m->prefix_lists);

    if (!grown)
        return NP_NONE;
    m->prefix_lists = grown;
    m->prefix_lists[m->n_prefix_lists] = (struct np_prefix_list){items, n};
    return m->n_prefix_lists++;
}

uint32_t np_machine_add_reason(struct np_machine *m, const char *text)
{
    void *grown = np_grow(m->mem, m->reasons, &m->cap_reasons, m->n_reasons + 1, sizeof *m->reasons);

    if (!grown)
        return NP_NONE;
    m->reasons = grown;
    m->reasons[m->n_reasons] = text;
    return m->n_reasons++;
}

bool np_machine_conj(struct np_machine *m, const struct np_term *terms, uint32_t n, struct np_conj *out)
{
    struct np_term *own = np_arena_array(&m->arena, n, sizeof *own);

    if (!own)
        return false;
    if (n)
        memcpy(own, terms, n * sizeof *own);
    *out = (struct np_conj){own, n};
    return true;
}

bool np_machine_pred(struct np_machine *m, const struct np_term *terms, uint32_t n, struct np_pred *out)
{
    struct np_conj *conj = np_arena_alloc(&m->arena, sizeof *conj);

    if (!conj || !np_machine_conj(m, terms, n, conj))
        return false;
    *out = (struct np_pred){conj, 1};
    return true;
}

bool np_machine_has_map(const struct np_machine *machine)
{
    for (uint32_t c = 0; c < machine->n_checkpoints; c++)
        for (uint32_t s = 0; s < machine->checkpoints[c].n_stages; s++)
            if (machine->checkpoints[c].stages[s].combine == NP_COMBINE_MAP)
                return true;
    return false;
}
