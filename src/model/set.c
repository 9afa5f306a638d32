/* SPDX-License-Identifier: BSD-2-Clause */
/* Three-valued sets: see set.h. */

#include "model/set.h"

#include <string.h>

#include <cnipol/status.h>

static bool holds(const struct np_range *ranges, uint32_t n, uint32_t id)
{
    uint32_t lo = 0, hi = n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (id < ranges[mid].lo)
            hi = mid;
        else if (id >= ranges[mid].hi)
            lo = mid + 1;
        else
            return true;
    }
    return false;
}

enum np_tri np_set_has(const struct np_set *set, uint32_t id)
{
    if (id == NP_NONE)
        return NP_NO;
    if (holds(set->yes, set->n_yes, id))
        return NP_YES;
    return holds(set->maybe, set->n_maybe, id) ? NP_UNKNOWN : NP_NO;
}

void np_set_builder_init(struct np_set_builder *builder, struct np_mem *mem)
{
    *builder = (struct np_set_builder){.mem = mem};
}

void np_set_builder_free(struct np_set_builder *builder)
{
    np_free(builder->mem, builder->yes.items, (size_t)builder->yes.cap * sizeof *builder->yes.items);
    np_free(builder->mem, builder->maybe.items, (size_t)builder->maybe.cap * sizeof *builder->maybe.items);
    np_set_builder_init(builder, builder->mem);
}

static int append(struct np_mem *mem, struct np_ranges *ranges, struct np_range range)
{
    void *grown;

    if (ranges->n && ranges->items[ranges->n - 1].hi == range.lo) {
        ranges->items[ranges->n - 1].hi = range.hi;
        return CNIPOL_OK;
    }
    grown = np_grow(mem, ranges->items, &ranges->cap, ranges->n + 1, sizeof *ranges->items);
    if (!grown)
        return CNIPOL_E_NOMEM;
    ranges->items = grown;
    ranges->items[ranges->n++] = range;
    return CNIPOL_OK;
}

int np_set_builder_add_range(struct np_set_builder *builder, struct np_range range, enum np_tri member)
{
    if (member == NP_NO || range.lo >= range.hi)
        return CNIPOL_OK;
    return append(builder->mem, member == NP_YES ? &builder->yes : &builder->maybe, range);
}

int np_set_builder_add(struct np_set_builder *builder, uint32_t id, enum np_tri member)
{
    return np_set_builder_add_range(builder, (struct np_range){id, id + 1}, member);
}

static int copy(struct np_arena *arena, struct np_ranges *from, const struct np_range **to)
{
    struct np_range *own;

    *to = NULL;
    if (!from->n)
        return CNIPOL_OK;
    own = np_arena_array(arena, from->n, sizeof *own);
    if (!own)
        return CNIPOL_E_NOMEM;
    memcpy(own, from->items, from->n * sizeof *own);
    *to = own;
    return CNIPOL_OK;
}

int np_set_builder_finish(struct np_set_builder *builder, struct np_arena *arena, struct np_set *out)
{
    struct np_set set = {.n_yes = builder->yes.n, .n_maybe = builder->maybe.n};

    if (copy(arena, &builder->yes, &set.yes) || copy(arena, &builder->maybe, &set.maybe))
        return CNIPOL_E_NOMEM;
    builder->yes.n = builder->maybe.n = 0;
    *out = set;
    return CNIPOL_OK;
}
