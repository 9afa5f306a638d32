/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_INTERN_H
#define NP_COMPILE_INTERN_H

/*
 * Hash-consing: each distinct string of words is kept once and has a number, in the order of first appearance.
 *
 * All of the compiler's values (sets, boxes, lists, rows, pages, ...) are such strings, so equality is that of
 * numbers. Strings lie one behind the other in one array; a pointer into it holds until the next np_intern().
 * Full comparison behind XXH3: no two different strings ever share a number.
 */

#include "base/hmap.h"
#include "base/mem.h"

struct np_intern {
    struct np_mem *mem;
    uint32_t *words;
    uint32_t n_words, cap_words;
    uint32_t *first; /* n + 1 places in `words` */
    uint32_t n, cap_first;
    struct np_hmap map;
};

void np_intern_init(struct np_intern *table, struct np_mem *mem);
void np_intern_free(struct np_intern *table);
/* The number of n words; NP_NONE: out of memory, or more than can be numbered. */
uint32_t np_intern(struct np_intern *table, const uint32_t *words, uint32_t n);

static inline const uint32_t *np_interned(const struct np_intern *table, uint32_t number, uint32_t *n)
{
    *n = table->first[number + 1] - table->first[number];
    return table->words + table->first[number];
}

/* A growing array of words. */
struct np_words {
    uint32_t *items;
    uint32_t n, cap;
};

/* False: out of memory. */
bool np_words_push(struct np_words *words, struct np_mem *mem, uint32_t word);
/*
 * The place of the word among the distinct ones in `words`, at the end if it is new; NP_NONE: out of memory. `places`
 * is an index by word, which need not be emptied when `words` is.
 */
uint32_t np_words_place(struct np_words *words, struct np_words *places, struct np_mem *mem, uint32_t word);
void np_words_free(struct np_words *words, struct np_mem *mem);

/* Takes steps off what is left of an effort. False: there are not so many left. */
static inline bool np_spend(uint64_t *effort, uint64_t steps)
{
    if (steps > *effort)
        return false;
    *effort -= steps;
    return true;
}

#endif
