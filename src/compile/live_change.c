/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes of a base: see live_change.h. From the first write on a failure leaves the base unusable for more than its readers. */

#include "compile/live_change.h"

#include <stdlib.h>
#include <string.h>

#include "compile/fill_addrmap.h"
#include "dialect/cluster.h"

int np_change_begin(struct np_changing *ch, struct np_live_base *base, const uint32_t *old, uint32_t n)
{
    *ch = (struct np_changing){.base = base, .first_fresh = base->c.space.n_ids};
    ch->policies = np_alloc(&base->ctx->mem, (n + 1u) * sizeof *ch->policies);
    if (!ch->policies)
        return CNIPOL_E_NOMEM;
    for (; ch->n_policies < n; ch->n_policies++)
        np_patch_begin(&ch->policies[ch->n_policies], base, old[ch->n_policies]);
    return CNIPOL_OK;
}

void np_change_end(struct np_changing *ch)
{
    struct np_mem *mem = &ch->base->ctx->mem;
    uint32_t n = ch->n_policies;

    while (ch->n_policies)
        np_patch_release(&ch->policies[--ch->n_policies]);
    if (ch->policies)
        np_free(mem, ch->policies, (n + 1u) * sizeof *ch->policies);
    np_free(mem, ch->moves, ch->cap_moves * sizeof *ch->moves);
}

/* A policy of the base's own cluster, alone. */
static bool find_policy(const struct np_live_base *base, const struct np_policy *policy, struct np_policies *one)
{
    const struct np_policies *all = &base->cluster->policies;

    *one = (struct np_policies){.ctx = base->ctx};
    for (uint32_t i = 0; i < all->n_netpols; i++)
        if (memcmp(&all->netpols[i].span, &policy->span, sizeof policy->span) == 0) {
            one->netpols = &all->netpols[i];
            one->n_netpols = 1;
            return true;
        }
    for (uint32_t i = 0; i < all->n_cnps; i++)
        if (memcmp(&all->cnps[i].span, &policy->span, sizeof policy->span) == 0) {
            one->cnps = &all->cnps[i];
            one->n_cnps = 1;
            return true;
        }
    return false;
}

static int lower_again(struct np_patching *p)
{
    struct np_live_base *base = p->base;
    uint32_t n = base->model->machine.n_policies;
    struct np_live_policy *extra = p->old < n ? NULL : base->extra[p->old - n];
    struct np_policies one;

    if (extra && extra->cluster) {
        p->from = extra;
        return np_patch_lower(p, &extra->cluster->policies);
    }
    return find_policy(base, np_patch_policy(base, p->old), &one) ? np_patch_lower(p, &one) : 0;
}

static int lower_all(struct np_changing *ch)
{
    int rc = 1;

    for (uint32_t i = 0; i < ch->n_policies && rc == 1; i++)
        rc = lower_again(&ch->policies[i]);
    return rc;
}

static int by_number(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

    return (a > b) - (a < b);
}

int np_change_again(struct np_changing *ch, struct np_live_base *base, struct np_words *policies)
{
    uint32_t kept = 0;
    int rc;

    if (policies->n && (base->has_twins || base->has_engine_rules || np_machine_has_map(&base->model->machine)))
        return 0;
    if (policies->n)
        qsort(policies->items, policies->n, sizeof *policies->items, by_number);
    for (uint32_t i = 0; i < policies->n; i++)
        if (!kept || policies->items[kept - 1] != policies->items[i])
            policies->items[kept++] = policies->items[i];
    policies->n = kept;
    rc = np_change_begin(ch, base, policies->items, policies->n);
    if (rc)
        return rc;
    rc = lower_all(ch);
    if (rc != 1)
        np_change_end(ch);
    return rc;
}

struct np_live_move *np_change_move(struct np_changing *ch, uint32_t from, uint32_t like)
{
    struct np_live_base *base = ch->base;
    uint32_t id = np_live_split(base, from), depth = np_live_depth(base, like) + 1;
    void *grown = np_grow(&base->ctx->mem, ch->moves, &ch->cap_moves, ch->n_moves + 1, sizeof *ch->moves);

    if (grown)
        ch->moves = grown;
    if (id == NP_NONE || !grown || depth > CNIPOL_LIKE_MAX)
        return NULL;
    base->depth = depth > base->depth ? depth : base->depth;
    for (uint32_t c = 0; c < base->model->machine.n_checkpoints; c++)
        base->peers[c].items[id] = CNIPOL_PEER_UNCLASSED;
    base->c.space.ids[id] = base->c.space.ids[like];
    ch->moves[ch->n_moves] = (struct np_live_move){.id = id, .like = like};
    return &ch->moves[ch->n_moves++];
}

/* Sets that split ids come first, so that all policies' have the same ids. */
static int take_apart(struct np_changing *ch)
{
    uint32_t before = NP_NONE;
    int rc = CNIPOL_OK;

    while (before != ch->base->c.space.n_ids && !rc) {
        before = ch->base->c.space.n_ids;
        for (uint32_t i = 0; i < ch->n_policies && !rc; i++)
            rc = ch->policies[i].has_machine ? np_patch_take_sets(&ch->policies[i]) : CNIPOL_OK;
    }
    for (uint32_t i = 0; i < ch->n_policies && !rc; i++)
        rc = ch->policies[i].has_machine ? np_patch_take_cells(&ch->policies[i]) : CNIPOL_OK;
    return rc;
}

static int remap_atoms(struct np_changing *ch, uint32_t family)
{
    const struct np_space *space = &ch->base->c.space;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < space->n_atoms[family] && !rc; i++)
        if (space->atoms[family][i].id >= ch->first_fresh)
            rc = np_fill_atom(space, ch->base->addrmap, family, i);
    return rc;
}

static int remap(struct np_changing *ch)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < ch->n_policies && !rc; i++)
        rc = np_patch_remap(&ch->policies[i]);
    for (uint32_t family = 0; family < 2 && !rc; family++)
        rc = remap_atoms(ch, family);
    for (uint32_t i = 0; i < ch->n_moves && !rc; i++)
        if (ch->moves[i].is_mapped)
            rc = cnipol_addrmap_put(ch->base->addrmap, &ch->moves[i].prefix);
    return rc;
}

/*
 * New ids are published before addresses lead to them, still like the old ones, and addresses before anything tells
 * the two apart: whoever acquires a snapshot first and looks an address up then finds an id that the snapshot knows,
 * and that means to it what the address means.
 */
static int introduce(struct np_changing *ch)
{
    struct np_live_base *base = ch->base;
    int rc;

    if (ch->first_fresh == base->c.space.n_ids || !base->addrmap)
        return CNIPOL_OK;
    rc = np_live_base_write(base);
    if (!rc)
        rc = base->publish(base->user);
    return rc ? rc : remap(ch);
}

/* Sets that were made when there were fewer ids are not those of now, though their words be the same. */
static void forget_sets(struct np_live_base *base)
{
    if (base->rules.n_ids != base->c.space.n_ids)
        base->rules.set_of.n = 0;
    base->rules.n_ids = base->c.space.n_ids;
}

static void become(struct np_live_base *base, const struct np_live_move *move)
{
    uint32_t id = move->id, like = move->like;

    base->like.items[id - (base->c.space.n_ids - base->like.n)] = like;
    for (uint32_t c = 0; c < base->model->machine.n_checkpoints; c++) {
        base->roots[c].items[id] = base->roots[c].items[like];
        base->rules.list_of[c].items[id] = base->rules.list_of[c].items[like];
        for (uint32_t s = 0; s < 64; s++)
            if (base->governors[c].stages[s].n)
                memcpy(base->governors[c].stages[s].items + 2 * (size_t)id, base->governors[c].stages[s].items + 2 * (size_t)like,
                       2 * sizeof(uint32_t));
    }
}

/* The policy that stands for another one by now. */
static int forward(struct np_live_base *base, uint32_t old, uint32_t number)
{
    while (base->now.n <= old)
        if (!np_words_push(&base->now, &base->ctx->mem, NP_NONE))
            return CNIPOL_E_NOMEM;
    base->now.items[old] = number;
    return CNIPOL_OK;
}

static int apply(struct np_changing *ch)
{
    struct np_live_base *base = ch->base;
    int rc = CNIPOL_OK;

    forget_sets(base);
    for (uint32_t i = 0; i < ch->n_moves; i++)
        become(base, &ch->moves[i]);
    for (uint32_t i = 0; i < ch->n_policies && !rc; i++) {
        struct np_patching *p = &ch->policies[i];

        rc = np_patch_apply(p);
        if (!rc && p->old != NP_NONE && p->number != NP_NONE)
            rc = forward(base, p->old, p->number);
    }
    return rc ? rc : np_live_base_write(base);
}

/* What the map is to say later is kept until then. */
static int postpone(struct np_changing *ch)
{
    struct np_live_base *base = ch->base;

    for (uint32_t i = 0; i < ch->n_moves; i++) {
        const struct np_live_move *move = &ch->moves[i];
        void *grown;

        if (!move->is_mapped || move->then.owner == move->prefix.entry.owner)
            continue;
        grown = np_grow(&base->ctx->mem, base->later, &base->cap_later, base->n_later + 1, sizeof *base->later);
        if (!grown)
            return CNIPOL_E_NOMEM;
        base->later = grown;
        base->later[base->n_later] = move->prefix;
        base->later[base->n_later++].entry = move->then;
    }
    return CNIPOL_OK;
}

void np_live_settle(struct np_live_base *base)
{
    for (uint32_t i = 0; i < base->n_later; i++)
        (void)cnipol_addrmap_put(base->addrmap, &base->later[i]); /* replaces an entry that is there: it cannot fail */
    base->n_later = 0;
}

int np_change_run(struct np_changing *ch)
{
    struct np_live_base *base = ch->base;
    int rc;

    base->is_spent = true;
    np_live_settle(base);
    rc = take_apart(ch);
    if (!rc)
        rc = np_live_reach(base) ? introduce(ch) : CNIPOL_E_NOMEM;
    if (!rc)
        rc = postpone(ch);
    if (!rc)
        rc = apply(ch);
    if (rc)
        return rc == CNIPOL_E_NOMEM ? rc : 0;
    base->is_spent = false;
    return 1;
}
