/* SPDX-License-Identifier: BSD-2-Clause */
/* Sweeping over sets: see sweep.h. */

#include "compile/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "base/search.h"

void np_sweep_init(struct np_sweep *sweep, struct np_mem *mem)
{
    *sweep = (struct np_sweep){.mem = mem};
}

void np_sweep_free(struct np_sweep *sweep)
{
    np_free(sweep->mem, sweep->events, sweep->cap * sizeof *sweep->events);
    np_words_free(&sweep->active, sweep->mem);
}

void np_sweep_reset(struct np_sweep *sweep)
{
    sweep->n = 0;
    sweep->active.n = 0;
}

bool np_sweep_add(struct np_sweep *sweep, uint32_t item, const uint32_t *words, uint32_t n)
{
    void *grown = np_grow(sweep->mem, sweep->events, &sweep->cap, sweep->n + n, sizeof *sweep->events);

    if (!grown)
        return false;
    sweep->events = grown;
    for (uint32_t i = 0; i < n; i++)
        if (words[i] >> 2 || words[i] & 3)
            sweep->events[sweep->n++] = (struct np_sweep_event){words[i] >> 2, item * 4 + (words[i] & 3)};
    return true;
}

static int by_place(const void *x, const void *y)
{
    const struct np_sweep_event *a = x, *b = y;

    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return (a->word > b->word) - (a->word < b->word);
}

void np_sweep_start(struct np_sweep *sweep, uint32_t limit)
{
    if (sweep->n)
        qsort(sweep->events, sweep->n, sizeof *sweep->events, by_place);
    sweep->next = 0;
    sweep->limit = limit;
    sweep->lo = sweep->hi = 0;
    sweep->active.n = 0;
}

static bool apply(struct np_sweep *sweep, uint32_t word)
{
    struct np_words *active = &sweep->active;
    uint32_t at = np_lower_bound(active->items, active->n, word & ~3u);
    bool is_there = at < active->n && active->items[at] >> 2 == word >> 2;

    sweep->steps += 8 + (active->n - at) / 16;
    if (is_there && word & 3) {
        active->items[at] = word;
        return true;
    }
    if (is_there) {
        memmove(active->items + at, active->items + at + 1, (active->n - at - 1) * sizeof *active->items);
        active->n--;
        return true;
    }
    if (!(word & 3))
        return true;
    if (!np_words_push(active, sweep->mem, word))
        return false;
    memmove(active->items + at + 1, active->items + at, (active->n - at - 1) * sizeof *active->items);
    active->items[at] = word;
    return true;
}

int np_sweep_next(struct np_sweep *sweep)
{
    sweep->lo = sweep->hi;
    if (sweep->lo >= sweep->limit)
        return 0;
    while (sweep->next < sweep->n && sweep->events[sweep->next].at <= sweep->lo)
        if (!apply(sweep, sweep->events[sweep->next++].word))
            return -1;
    sweep->steps += sweep->active.n;
    sweep->hi = sweep->limit;
    if (sweep->next < sweep->n && sweep->events[sweep->next].at < sweep->limit)
        sweep->hi = sweep->events[sweep->next].at;
    return 1;
}
