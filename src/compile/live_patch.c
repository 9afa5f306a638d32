/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One policy instead of another, without compiling everything: see live_base.h.
 *
 * The new policy alone is parsed, lowered and taken apart as all of them were, over the base's ends and ids. A set of
 * its that holds some of an id's ends and not others splits the id: the part inside gets a number of its own, which is
 * like the old one in all that was there before. Then each subject that the old or the new policy concerns gets a new
 * rule list: the old one's cells left out, the new one's put where its place among the policies is. What does not fit
 * into this (a port name that nobody mentioned) is compiled. A prefix that cuts an atom of addresses cuts it here, too.
 *
 * From the first write on a failure leaves the base unusable for more than its readers; the caller compiles then.
 */

#include "compile/live_patch.h"

#include <stdlib.h>
#include <string.h>

#include <cnipol/addrmap.h>

#include "base/search.h"
#include "compile/atoms.h"
#include "compile/fill_addrmap.h"
#include "dialect/cluster.h"
#include "reference/evaluate.h"
#include "resolve/resolve.h"

static bool is_set(const struct np_words *words, uint32_t i)
{
    return i < words->n && words->items[i];
}

/* The base's policies, then those that changes added. */
const struct np_policy *np_patch_policy(const struct np_live_base *base, uint32_t number)
{
    uint32_t n = base->model->machine.n_policies;

    return number < n ? &base->model->machine.policies[number] : &base->extra[number - n]->policy;
}

static uint32_t n_policies(const struct np_live_base *base)
{
    return base->model->machine.n_policies + base->n_extra;
}

static int lower(struct np_patching *p, const struct np_policies *policies)
{
    const struct np_live_base *base = p->base;
    const struct np_engine *engine = np_engine_find(base->model->machine.engine);
    const struct np_engine_input input = {base->ctx, policies, base->model->view, base->knobs};
    int rc;

    p->model = *base->model;
    np_machine_init(&p->model.machine, p->mem, engine->name);
    p->has_machine = true;
    rc = engine->lower(&input, &p->model.machine);
    return rc ? rc : np_resolve_selections(&p->model.machine, base->model->view);
}

/* Is it another object's policy that counts already? */
static bool is_other(const void *ctx, const void *key, uint32_t i)
{
    const struct np_patching *p = ctx;
    const struct np_policy *policy = np_patch_policy(p->base, i), *fresh = key;

    return i != p->old && !is_set(&p->base->gone, i) && policy->name == fresh->name && policy->ns == fresh->ns &&
           strcmp(policy->kind, fresh->kind) == 0;
}

static bool is_elsewhere(const struct np_patching *p)
{
    const struct np_policy *fresh = &p->model.machine.policies[0];

    return np_hmap_get(&p->base->by_name, np_live_policy_hash(fresh), is_other, p, fresh) != NP_NONE;
}

static int knows_names(struct np_patching *p)
{
    const struct np_words *known = &p->base->c.space.names;
    struct np_words names = {0};
    bool all = true;
    int rc = np_space_names(&p->model.machine, p->mem, &names);

    for (uint32_t i = 0; i < names.n && !rc; i++) {
        uint32_t at = np_lower_bound(known->items, known->n, names.items[i]);

        all = all && at < known->n && known->items[at] == names.items[i];
    }
    np_words_free(&names, p->mem);
    return rc ? rc : all;
}

/* The new policy among the base's: whom it governs, by stage, and, last, whom it concerns at all. */
static int add_policy(struct np_patching *p)
{
    struct np_live_base *base = p->base;
    struct np_live_policy *extra = np_zalloc(p->mem, sizeof *extra);
    void *grown = np_grow(p->mem, base->extra, &base->cap_extra, base->n_extra + 1, sizeof(struct np_live_policy *));

    if (grown)
        base->extra = grown;
    if (!grown || !extra) {
        np_free(p->mem, extra, sizeof *extra);
        return CNIPOL_E_NOMEM;
    }
    extra->policy = p->model.machine.policies[0];
    base->extra[base->n_extra++] = extra;
    for (uint32_t c = 0; c < p->model.machine.n_checkpoints; c++) {
        enum np_end_role subject = (enum np_end_role)p->model.machine.checkpoints[c].subject;
        uint32_t concerned;

        for (uint32_t s = 0; s < p->cells.n_stages[c]; s++) {
            extra->governed[c][s] = np_patch_now(p, p->cells.stages[c][s].governed);
            if (np_live_govern_set(base, c, s, extra->governed[c][s], 1))
                return CNIPOL_E_NOMEM;
        }
        if (np_cells_subject(&p->cells, &extra->policy.subject, subject, &concerned))
            return CNIPOL_E_NOMEM;
        extra->governed[c][63] = np_patch_now(p, concerned);
    }
    extra->policy.subject = np_pred_false; /* its machine goes */
    p->number = n_policies(base) - 1;
    return np_hmap_put(&base->by_name, np_live_policy_hash(&extra->policy), p->number);
}

static int mark_gone(struct np_patching *p)
{
    struct np_live_base *base = p->base;
    uint32_t n = base->model->machine.n_policies;
    int rc = CNIPOL_OK;

    if (p->old == NP_NONE)
        return CNIPOL_OK;
    while (base->gone.n <= p->old)
        if (!np_words_push(&base->gone, p->mem, 0))
            return CNIPOL_E_NOMEM;
    base->gone.items[p->old] = 1;
    if (p->old < n)
        return np_live_govern_policy(base, p->old, -1);
    for (uint32_t c = 0; c < base->model->machine.n_checkpoints; c++)
        for (uint32_t s = 0; s < base->c.cells.n_stages[c] && !rc; s++)
            rc = np_live_govern_set(base, c, s, base->extra[p->old - n]->governed[c][s], -1);
    return rc;
}

/* The addresses of split ids. What owns an address is who it is written for. */
int np_patch_remap(struct np_patching *p)
{
    const struct np_space *space = &p->base->c.space;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < p->moved.n && !rc; i++) {
        const struct np_space_entry *entry = &space->entries[p->moved.items[i]];
        struct cnipol_addrmap_prefix prefix = {.family = entry->ip.family, .length = entry->ip.family == 4 ? 32 : 128};

        memcpy(prefix.address, entry->ip.bytes, sizeof prefix.address);
        if (!entry->ip.family || cnipol_addrmap_get(p->base->addrmap, &prefix) || prefix.entry.peer == CNIPOL_ADDRMAP_NO_PEER)
            continue;
        prefix.entry.peer = entry->id;
        rc = cnipol_addrmap_put(p->base->addrmap, &prefix);
    }
    return rc;
}

int np_patch_apply(struct np_patching *p)
{
    struct np_live_base *base = p->base;
    int rc = p->has_machine ? add_policy(p) : CNIPOL_OK;

    if (!rc)
        rc = mark_gone(p);
    for (uint32_t c = 0; c < base->model->machine.n_checkpoints && !rc; c++)
        rc = np_patch_relist(p, c);
    return rc;
}

int np_patch_lower(struct np_patching *p, const struct np_policies *policies)
{
    int rc = lower(p, policies);

    if (rc || p->model.machine.n_policies != 1 || np_live_has_engine_rules(&p->model.machine) || is_elsewhere(p))
        return rc == CNIPOL_E_NOMEM ? rc : 0;
    return knows_names(p);
}

void np_patch_begin(struct np_patching *p, struct np_live_base *base, uint32_t old)
{
    *p = (struct np_patching){.base = base, .mem = &base->ctx->mem, .old = old, .number = NP_NONE, .first_fresh = base->c.space.n_ids};
    np_intern_init(&p->relisted, p->mem);
}

/* What was lowered stays with the policy that came of it: its ends may change. */
static void keep(struct np_patching *p)
{
    struct np_live_policy *extra = p->base->extra[p->number - p->base->model->machine.n_policies];

    extra->machine = p->model.machine;
    extra->has_machine = p->has_machine;
    extra->cluster = p->from ? p->from->cluster : p->cluster;
    if (p->from)
        p->from->cluster = NULL;
    else
        p->cluster = NULL;
    p->has_machine = false;
}

void np_patch_release(struct np_patching *p)
{
    struct np_words *words[] = {&p->sets, &p->prefixes, &p->touched, &p->affected, &p->items, &p->numbers, &p->line, &p->lists, &p->moved};

    np_intern_free(&p->relisted);
    if (p->has_cells)
        np_cells_free(&p->cells);
    if (p->number != NP_NONE)
        keep(p);
    if (p->has_machine)
        np_machine_free(&p->model.machine);
    cnipol_cluster_free(p->cluster);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        np_words_free(words[i], p->mem);
}
