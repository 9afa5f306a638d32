/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is governed, in a policy set that changes: see live_base.h.
 *
 * A stage's default counts where some policy governs the subject. Policies come and go one by one, so what is kept is
 * how many govern each id, surely and perhaps.
 */

#include "compile/live_base.h"

int np_live_each(const struct np_live_base *base, struct np_live_set set, np_live_visit_fn *visit, void *user)
{
    uint32_t n_ids = base->c.space.n_ids, n;
    const uint32_t *words = np_idset_words(&base->c.idsets, set.set, &n);
    int rc = 0;

    for (uint32_t i = 0; i < n && !rc; i++)
        for (uint32_t id = words[i] >> 2, end = i + 1 < n ? words[i + 1] >> 2 : set.space; words[i] & 3 && id < end && !rc; id++)
            rc = visit(user, id, (enum np_tri)(words[i] & 3));
    for (uint32_t id = set.space; id < n_ids && !rc; id++) {
        enum np_tri member = np_live_member(base, set, id);

        if (member != NP_NO)
            rc = visit(user, id, member);
    }
    return rc;
}

struct counting {
    uint32_t *counts;
    int n;
};

static int count(void *user, uint32_t id, enum np_tri member)
{
    const struct counting *counting = user;

    counting->counts[2 * id + (member == NP_YES ? 0 : 1)] += (uint32_t)counting->n;
    return 0;
}

static bool reach(struct np_live_base *base, struct np_words *words)
{
    while (words->n < 2 * base->c.space.n_ids)
        if (!np_words_push(words, &base->ctx->mem, 0))
            return false;
    return true;
}

int np_live_govern_set(struct np_live_base *base, uint32_t checkpoint, uint32_t stage, struct np_live_set set, int n)
{
    struct np_words *words = &base->governors[checkpoint].stages[stage];

    if (set.set == NP_IDSET_EMPTY)
        return CNIPOL_OK;
    if (!reach(base, words))
        return CNIPOL_E_NOMEM;
    return np_live_each(base, set, count, &(struct counting){words->items, n});
}

static int govern(struct np_live_base *base, uint32_t checkpoint, uint32_t stage, uint32_t policy, int n)
{
    const struct np_machine *m = &base->model->machine;
    enum np_end_role subject = (enum np_end_role)m->checkpoints[checkpoint].subject;
    uint32_t set;
    int rc = CNIPOL_OK;

    if (m->policies[policy].is_staged && !m->staged_scope)
        return CNIPOL_OK;
    rc = np_cells_subject(&base->c.cells, &m->policies[policy].subject, subject, &set);
    if (rc)
        return rc;
    return np_live_govern_set(base, checkpoint, stage, (struct np_live_set){set, base->c.space.n_ids - base->like.n}, n);
}

int np_live_govern_policy(struct np_live_base *base, uint32_t policy, int n)
{
    const struct np_machine *m = &base->model->machine;
    int rc = CNIPOL_OK;

    for (uint32_t c = 0; c < m->n_checkpoints; c++)
        for (uint32_t s = 0; s < m->checkpoints[c].n_stages; s++)
            for (uint32_t i = 0; i < m->checkpoints[c].stages[s].n_governing && !rc; i++)
                if (m->checkpoints[c].stages[s].governing[i] == policy)
                    rc = govern(base, c, s, policy, n);
    return rc;
}

int np_live_govern_all(struct np_live_base *base)
{
    const struct np_machine *m = &base->model->machine;
    int rc = CNIPOL_OK;

    for (uint32_t c = 0; c < m->n_checkpoints; c++)
        for (uint32_t s = 0; s < m->checkpoints[c].n_stages; s++)
            for (uint32_t i = 0; i < m->checkpoints[c].stages[s].n_governing && !rc; i++)
                rc = govern(base, c, s, m->checkpoints[c].stages[s].governing[i], 1);
    return rc;
}

enum np_tri np_live_governed(const struct np_live_base *base, uint32_t checkpoint, uint32_t stage, uint32_t id)
{
    const struct np_words *words = &base->governors[checkpoint].stages[stage];

    if (words->n <= 2 * id)
        return NP_NO;
    return words->items[2 * id] ? NP_YES : words->items[2 * id + 1] ? NP_UNKNOWN : NP_NO;
}
