/* SPDX-License-Identifier: BSD-2-Clause */
/* Peer classes: see peers.h. */

#include "compile/peer_classes.h"

#include <stdlib.h>

#include <cnipol/status.h>

#include "base/search.h"

static int note_cells(struct np_peer_classes *peers, const struct np_cells *cells, uint32_t first, uint32_t n, struct np_words *used)
{
    for (uint32_t i = first; i < first + n; i++) {
        uint32_t set = cells->items[i].remote;

        if (peers->set_of.items[set] != NP_NONE)
            continue;
        peers->set_of.items[set] = 0;
        if (!np_words_push(used, peers->mem, set))
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

/* The distinct remote sets of the checkpoint's cells. */
static int collect(struct np_peer_classes *peers, const struct np_cells *cells, uint32_t checkpoint, struct np_words *used)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < cells->idsets->table.n; i++)
        if (!np_words_push(&peers->set_of, peers->mem, NP_NONE))
            return CNIPOL_E_NOMEM;
    for (uint32_t s = 0; s < cells->n_stages[checkpoint] && !rc; s++) {
        const struct np_stage_cells *stage = &cells->stages[checkpoint][s];

        rc = note_cells(peers, cells, stage->rules, stage->n_rules, used);
        if (!rc)
            rc = note_cells(peers, cells, stage->defaults, stage->n_defaults, used);
    }
    return rc;
}

/*
 * Classes by refinement. The borders of all sets cut the ids into segments, all of one class at first; then each set
 * moves the segments of all memberships but the commonest to classes of their own. So sets that are nearly everybody
 * cost as little as sets that are nearly nobody.
 */
struct refining {
    struct np_mem *mem;
    struct np_words cuts;     /* first id of each segment */
    struct np_words class_of; /* by segment */
    struct np_intern splits;  /* (set, class, membership); its number and 1 is the new class */
    uint64_t *effort;         /* steps left */
};

/* A segment that moves to another class. */
#define STEPS_OF_MOVE 16

static int by_value(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

    return (a > b) - (a < b);
}

static int cut_ids(struct refining *r, const struct np_cells *cells, const struct np_words *used, uint32_t n_ids)
{
    uint32_t n, kept = 0;

    if (!np_words_push(&r->cuts, r->mem, 0))
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < used->n; i++) {
        const uint32_t *words = np_idset_words(cells->idsets, used->items[i], &n);

        for (uint32_t k = 1; k < n; k++)
            if (words[k] >> 2 < n_ids && !np_words_push(&r->cuts, r->mem, words[k] >> 2))
                return CNIPOL_E_NOMEM;
    }
    qsort(r->cuts.items, r->cuts.n, sizeof *r->cuts.items, by_value);
    for (uint32_t i = 0; i < r->cuts.n; i++)
        if (!kept || r->cuts.items[i] != r->cuts.items[kept - 1])
            r->cuts.items[kept++] = r->cuts.items[i];
    r->cuts.n = kept;
    for (uint32_t i = 0; i < kept; i++)
        if (!np_words_push(&r->class_of, r->mem, 0))
            return CNIPOL_E_NOMEM;
    return CNIPOL_OK;
}

static uint32_t segment_of(const struct refining *r, uint32_t id)
{
    return np_lower_bound(r->cuts.items, r->cuts.n, id);
}

static uint32_t commonest(const struct refining *r, const uint32_t *words, uint32_t n)
{
    uint32_t counts[4] = {0}, best = NP_NO;

    for (uint32_t i = 0; i < n; i++)
        counts[words[i] & 3] += (i + 1 < n ? segment_of(r, words[i + 1] >> 2) : r->cuts.n) - segment_of(r, words[i] >> 2);
    for (uint32_t member = NP_NO; member <= NP_YES; member++)
        if (counts[member] > counts[best])
            best = member;
    return best;
}

static int split_by(struct refining *r, uint32_t set, const uint32_t *words, uint32_t n)
{
    uint32_t stays = commonest(r, words, n);

    for (uint32_t i = 0; i < n; i++) {
        uint32_t begin = segment_of(r, words[i] >> 2), end = i + 1 < n ? segment_of(r, words[i + 1] >> 2) : r->cuts.n;

        if ((words[i] & 3) == stays)
            continue;
        if (!np_spend(r->effort, (uint64_t)(end - begin) * STEPS_OF_MOVE))
            return CNIPOL_E_LIMIT;
        for (uint32_t s = begin; s < end; s++) {
            const uint32_t key[] = {set, r->class_of.items[s], words[i] & 3};
            uint32_t number = np_intern(&r->splits, key, 3);

            if (number == NP_NONE)
                return CNIPOL_E_NOMEM;
            r->class_of.items[s] = number + 1;
        }
    }
    return CNIPOL_OK;
}

/* Numbers in the order of first ids. */
static int number_classes(struct np_peer_classes *peers, const struct refining *r)
{
    struct np_words number_of = {0};
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i <= r->splits.n && !rc; i++)
        rc = np_words_push(&number_of, peers->mem, NP_NONE) ? CNIPOL_OK : CNIPOL_E_NOMEM;
    for (uint32_t s = 0; s < r->cuts.n && !rc; s++) {
        uint32_t *number = &number_of.items[r->class_of.items[s]], end = s + 1 < r->cuts.n ? r->cuts.items[s + 1] : peers->n_ids;

        if (*number == NP_NONE) {
            *number = peers->first_id.n;
            rc = np_words_push(&peers->first_id, peers->mem, r->cuts.items[s]) ? CNIPOL_OK : CNIPOL_E_NOMEM;
        }
        for (uint32_t id = r->cuts.items[s]; id < end; id++)
            peers->class_of[id] = *number;
    }
    np_words_free(&number_of, peers->mem);
    return rc;
}

static int classify(struct np_peer_classes *peers, const struct np_cells *cells, const struct np_words *used, uint64_t *effort)
{
    struct refining r = {.mem = peers->mem, .effort = effort};
    int rc;

    np_intern_init(&r.splits, peers->mem);
    rc = cut_ids(&r, cells, used, peers->n_ids);
    for (uint32_t i = 0; i < used->n && !rc; i++) {
        uint32_t n;
        const uint32_t *words = np_idset_words(cells->idsets, used->items[i], &n);

        rc = split_by(&r, i, words, n);
    }
    if (!rc)
        rc = number_classes(peers, &r);
    np_words_free(&r.cuts, peers->mem);
    np_words_free(&r.class_of, peers->mem);
    np_intern_free(&r.splits);
    return rc;
}

/* A class is wholly in a set or out of it, so its first id stands for it. */
static uint32_t translate(struct np_peer_classes *peers, const struct np_cells *cells, uint32_t set, struct np_words *scratch)
{
    uint32_t n;
    const uint32_t *words = np_idset_words(cells->idsets, set, &n);

    scratch->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t from = np_lower_bound(peers->first_id.items, peers->first_id.n, words[i] >> 2), member = words[i] & 3;

        if (scratch->n && scratch->items[scratch->n - 1] >> 2 == from)
            scratch->n--;
        if (scratch->n && (scratch->items[scratch->n - 1] & 3) == member)
            continue;
        if (!np_words_push(scratch, peers->mem, from * 4 + member))
            return NP_NONE;
    }
    return np_intern(&peers->sets, scratch->items, scratch->n);
}

int np_peer_classes_init(struct np_peer_classes *peers, const struct np_cells *cells, uint32_t checkpoint, uint64_t *effort)
{
    struct np_words used = {0}, scratch = {0};
    int rc;

    *peers = (struct np_peer_classes){.mem = cells->mem, .n_ids = cells->space->n_ids};
    np_intern_init(&peers->sets, peers->mem);
    peers->class_of = np_alloc(peers->mem, peers->n_ids * sizeof *peers->class_of);
    rc = peers->class_of ? collect(peers, cells, checkpoint, &used) : CNIPOL_E_NOMEM;
    if (!rc)
        rc = classify(peers, cells, &used, effort);
    for (uint32_t i = 0; i < used.n && !rc; i++) {
        uint32_t number = translate(peers, cells, used.items[i], &scratch);

        peers->set_of.items[used.items[i]] = number;
        rc = number == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;
    }
    np_words_free(&used, peers->mem);
    np_words_free(&scratch, peers->mem);
    return rc;
}

void np_peer_classes_free(struct np_peer_classes *peers)
{
    if (!peers->mem)
        return;
    if (peers->class_of)
        np_free(peers->mem, peers->class_of, peers->n_ids * sizeof *peers->class_of);
    np_words_free(&peers->first_id, peers->mem);
    np_words_free(&peers->set_of, peers->mem);
    np_intern_free(&peers->sets);
}
