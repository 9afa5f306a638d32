/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of peer ids: see idset.h. */

#include "compile/idset.h"

bool np_idsets_init(struct np_idsets *sets, struct np_mem *mem)
{
    static const uint32_t constants[] = {NP_YES, NP_NO, NP_UNKNOWN};

    *sets = (struct np_idsets){0};
    np_intern_init(&sets->table, mem);
    for (uint32_t i = 0; i < 3; i++)
        if (np_intern(&sets->table, &constants[i], 1) != i)
            return false;
    return true;
}

void np_idsets_free(struct np_idsets *sets)
{
    np_words_free(&sets->scratch, sets->table.mem);
    np_intern_free(&sets->table);
}

void np_idset_begin(struct np_idsets *sets)
{
    sets->scratch.n = 0;
}

/* The last word about an id counts; what says nothing new is left out. */
bool np_idset_from(struct np_idsets *sets, uint32_t id, enum np_tri member)
{
    struct np_words *words = &sets->scratch;

    if (words->n && words->items[words->n - 1] >> 2 == id)
        words->n--;
    if (words->n && (words->items[words->n - 1] & 3) == (uint32_t)member)
        return true;
    if (!words->n && id > 0 && !np_words_push(words, sets->table.mem, NP_NO))
        return false;
    if (words->n && (words->items[words->n - 1] & 3) == (uint32_t)member)
        return true;
    return np_words_push(words, sets->table.mem, id * 4 + (uint32_t)member);
}

uint32_t np_idset_end(struct np_idsets *sets)
{
    if (!sets->scratch.n)
        return NP_IDSET_EMPTY;
    return np_intern(&sets->table, sets->scratch.items, sets->scratch.n);
}

/* The next range of either kind, in order. */
static struct np_range take(const struct np_set *from, uint32_t *yes, uint32_t *maybe, enum np_tri *member)
{
    bool is_yes = *maybe >= from->n_maybe || (*yes < from->n_yes && from->yes[*yes].lo < from->maybe[*maybe].lo);

    *member = is_yes ? NP_YES : NP_UNKNOWN;
    return is_yes ? from->yes[(*yes)++] : from->maybe[(*maybe)++];
}

uint32_t np_idset_of(struct np_idsets *sets, const struct np_set *from)
{
    uint32_t yes = 0, maybe = 0;

    np_idset_begin(sets);
    while (yes < from->n_yes || maybe < from->n_maybe) {
        enum np_tri member;
        struct np_range range = take(from, &yes, &maybe, &member);

        if (!np_idset_from(sets, range.lo, member) || !np_idset_from(sets, range.hi, NP_NO))
            return NP_NONE;
    }
    return np_idset_end(sets);
}

enum operation { OP_AND, OP_OR, OP_NOT };

static enum np_tri combine(enum operation op, enum np_tri a, enum np_tri b)
{
    if (op == OP_AND)
        return np_tri_and(a, b);
    return op == OP_OR ? np_tri_or(a, b) : np_tri_not(a);
}

static uint32_t operate(struct np_idsets *sets, enum operation op, uint32_t x, uint32_t y)
{
    uint32_t n_a, n_b, i = 0, k = 0;
    const uint32_t *a = np_idset_words(sets, x, &n_a), *b = np_idset_words(sets, y, &n_b);
    enum np_tri in_a = NP_NO, in_b = NP_NO;

    np_idset_begin(sets);
    while (i < n_a || k < n_b) {
        uint32_t at_a = i < n_a ? a[i] >> 2 : UINT32_MAX, at_b = k < n_b ? b[k] >> 2 : UINT32_MAX, at = at_a < at_b ? at_a : at_b;

        if (at_a == at)
            in_a = (enum np_tri)(a[i++] & 3);
        if (at_b == at)
            in_b = (enum np_tri)(b[k++] & 3);
        if (!np_idset_from(sets, at, combine(op, in_a, in_b)))
            return NP_NONE;
    }
    return np_idset_end(sets);
}

uint32_t np_idset_and(struct np_idsets *sets, uint32_t a, uint32_t b)
{
    if (a == NP_IDSET_ALL || a == b || b == NP_IDSET_EMPTY)
        return b;
    if (b == NP_IDSET_ALL || a == NP_IDSET_EMPTY)
        return a;
    return operate(sets, OP_AND, a, b);
}

uint32_t np_idset_or(struct np_idsets *sets, uint32_t a, uint32_t b)
{
    if (a == NP_IDSET_EMPTY || a == b || b == NP_IDSET_ALL)
        return b;
    if (b == NP_IDSET_EMPTY || a == NP_IDSET_ALL)
        return a;
    return operate(sets, OP_OR, a, b);
}

uint32_t np_idset_not(struct np_idsets *sets, uint32_t a)
{
    return operate(sets, OP_NOT, a, a);
}

enum np_tri np_idset_has(const struct np_idsets *sets, uint32_t number, uint32_t id)
{
    uint32_t n, lo = 0;
    const uint32_t *words = np_idset_words(sets, number, &n);

    while (n > 1) {
        uint32_t half = n / 2;

        if (words[lo + half] >> 2 <= id)
            lo += half;
        n -= half;
    }
    return (enum np_tri)(words[lo] & 3);
}
