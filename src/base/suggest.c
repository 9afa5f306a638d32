/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Did you mean: see suggest.h.
 *
 * Near is measured in edits: a byte put in, left out or changed, or two neighbours swapped (optimal
 * string alignment, the usual restriction of the Damerau-Levenshtein distance). A third of the
 * word's length may be edits, at least one and at most three, and never the whole word. Names of
 * fields and kinds are short; longer words than WORD_MAX are not compared, so that hostile keys cost
 * nothing.
 */

#include "base/suggest.h"

#define WORD_MAX 63u
#define EDITS_MAX 3u

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t distance(struct np_str a, struct np_str b)
{
    uint8_t rows[3][WORD_MAX + 1] = {{0}};
    uint8_t *before = rows[0], *above = rows[1], *row = rows[2];

    for (uint32_t j = 0; j <= b.n; j++)
        above[j] = (uint8_t)j;
    for (uint32_t i = 1; i <= a.n; i++) {
        uint8_t *spare = before;

        row[0] = (uint8_t)i;
        for (uint32_t j = 1; j <= b.n; j++) {
            char ca = lower(a.s[i - 1]), cb = lower(b.s[j - 1]);
            uint32_t edits = least(above[j - 1] + (ca != cb), least(above[j], row[j - 1]) + 1u);

            if (i > 1 && j > 1 && ca == lower(b.s[j - 2]) && cb == lower(a.s[i - 2]))
                edits = least(edits, before[j - 2] + 1u);
            row[j] = (uint8_t)edits;
        }
        before = above;
        above = row;
        row = spare;
    }
    return above[b.n];
}

static uint32_t edits_allowed(struct np_str word)
{
    uint32_t third = word.n / 3;

    return third < 1 ? 1 : least(third, EDITS_MAX);
}

const char *np_suggest(struct np_str word, const char *const *candidates, uint32_t n)
{
    uint32_t best = edits_allowed(word) + 1;
    const char *found = NULL;

    if (word.n == 0 || word.n > WORD_MAX)
        return NULL;
    for (uint32_t i = 0; i < n; i++) {
        struct np_str candidate = np_str_of(candidates[i]);
        uint32_t edits;

        if (candidate.n == 0 || candidate.n > WORD_MAX)
            continue;
        edits = distance(word, candidate);
        if (edits < best && edits < least(word.n, candidate.n)) {
            best = edits;
            found = candidates[i];
        }
    }
    return found;
}
