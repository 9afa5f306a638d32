/* SPDX-License-Identifier: BSD-2-Clause */
/* Peer classes: see peers.h. */

#include "compile/peer_classes.h"

#include <cnipol/status.h>

#include "base/search.h"
#include "compile/sweep.h"

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

static int take_segment(struct np_peer_classes *peers, struct np_intern *kinds, const struct np_sweep *sweep)
{
    uint32_t number = np_intern(kinds, sweep->active.items, sweep->active.n);

    if (number == NP_NONE)
        return CNIPOL_E_NOMEM;
    if (number == peers->first_id.n && !np_words_push(&peers->first_id, peers->mem, sweep->lo))
        return CNIPOL_E_NOMEM;
    for (uint32_t id = sweep->lo; id < sweep->hi; id++)
        peers->class_of[id] = number;
    return CNIPOL_OK;
}

static int classify(struct np_peer_classes *peers, const struct np_cells *cells, const struct np_words *used)
{
    struct np_sweep sweep;
    struct np_intern kinds;
    int rc = CNIPOL_OK, more = 0;

    np_sweep_init(&sweep, peers->mem);
    np_intern_init(&kinds, peers->mem);
    for (uint32_t i = 0; i < used->n && !rc; i++) {
        uint32_t n;
        const uint32_t *words = np_idset_words(cells->idsets, used->items[i], &n);

        rc = np_sweep_add(&sweep, i, words, n) ? CNIPOL_OK : CNIPOL_E_NOMEM;
    }
    np_sweep_start(&sweep, peers->n_ids);
    while (!rc && (more = np_sweep_next(&sweep)) == 1)
        rc = take_segment(peers, &kinds, &sweep);
    np_sweep_free(&sweep);
    np_intern_free(&kinds);
    return more < 0 ? CNIPOL_E_NOMEM : rc;
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

int np_peer_classes_init(struct np_peer_classes *peers, const struct np_cells *cells, uint32_t checkpoint)
{
    struct np_words used = {0}, scratch = {0};
    int rc;

    *peers = (struct np_peer_classes){.mem = cells->mem, .n_ids = cells->space->n_ids};
    np_intern_init(&peers->sets, peers->mem);
    peers->class_of = np_alloc(peers->mem, peers->n_ids * sizeof *peers->class_of);
    rc = peers->class_of ? collect(peers, cells, checkpoint, &used) : CNIPOL_E_NOMEM;
    if (!rc)
        rc = classify(peers, cells, &used);
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
