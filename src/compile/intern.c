/* SPDX-License-Identifier: BSD-2-Clause */
/* Hash-consing: see intern.h. */

#include "compile/intern.h"

#include <string.h>

struct string {
    const uint32_t *words;
    uint32_t n;
};

static bool is_equal(const void *ctx, const void *key, uint32_t value)
{
    const struct np_intern *table = ctx;
    const struct string *string = key;
    uint32_t n;
    const uint32_t *words = np_interned(table, value, &n);

    return n == string->n && (!n || memcmp(words, string->words, n * sizeof *words) == 0);
}

void np_intern_init(struct np_intern *table, struct np_mem *mem)
{
    *table = (struct np_intern){.mem = mem};
    np_hmap_init(&table->map, mem);
}

void np_intern_free(struct np_intern *table)
{
    np_free(table->mem, table->words, table->cap_words * sizeof *table->words);
    np_free(table->mem, table->first, table->cap_first * sizeof *table->first);
    np_hmap_free(&table->map);
}

static bool make_room(struct np_intern *table, uint32_t n)
{
    void *grown;

    if (n > UINT32_MAX / 2 - table->n_words)
        return false;
    grown = np_grow(table->mem, table->first, &table->cap_first, table->n + 2, sizeof *table->first);
    if (!grown)
        return false;
    table->first = grown;
    table->first[0] = 0;
    grown = np_grow(table->mem, table->words, &table->cap_words, table->n_words + n + 1, sizeof *table->words);
    if (grown)
        table->words = grown;
    return grown != NULL;
}

uint32_t np_intern(struct np_intern *table, const uint32_t *words, uint32_t n)
{
    const struct string key = {words, n};
    uint64_t hash = np_hash(words, n * sizeof *words);
    uint32_t number = np_hmap_get(&table->map, hash, is_equal, table, &key);

    if (number != NP_NONE)
        return number;
    if (!make_room(table, n) || np_hmap_put(&table->map, hash, table->n))
        return NP_NONE;
    if (n)
        memcpy(table->words + table->n_words, words, n * sizeof *words);
    table->n_words += n;
    table->first[table->n + 1] = table->n_words;
    return table->n++;
}

bool np_words_push(struct np_words *words, struct np_mem *mem, uint32_t word)
{
    void *grown = np_grow(mem, words->items, &words->cap, words->n + 1, sizeof *words->items);

    if (!grown)
        return false;
    words->items = grown;
    words->items[words->n++] = word;
    return true;
}

uint32_t np_words_place(struct np_words *words, struct np_words *places, struct np_mem *mem, uint32_t word)
{
    uint32_t place;

    while (places->n <= word)
        if (!np_words_push(places, mem, 0))
            return NP_NONE;
    place = places->items[word];
    if (place < words->n && words->items[place] == word)
        return place;
    places->items[word] = words->n;
    return np_words_push(words, mem, word) ? words->n - 1 : NP_NONE;
}

void np_words_free(struct np_words *words, struct np_mem *mem)
{
    np_free(mem, words->items, words->cap * sizeof *words->items);
    *words = (struct np_words){0};
}
