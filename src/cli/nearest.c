/* SPDX-License-Identifier: BSD-2-Clause */
/* Did you mean: the nearest word by edits (insert, delete, replace, swap of neighbours). */

#include <string.h>

#include "cli/cli.h"

#define LONGEST 64

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned d = a < b ? a : b;

    return d < c ? d : c;
}

/* Edits between two words; LONGEST where one of them is too long to ask. */
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[3][LONGEST + 1];
    size_t n = strlen(a), m = strlen(b);

    if (n >= LONGEST || m >= LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3], *upper = rows[(i + 1) % 3];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = least(row[j - 1] + 1, up[j] + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && upper[j - 2] + 1 < row[j])
                row[j] = upper[j - 2] + 1;
        }
    }
    return rows[n % 3][m];
}

const char *cli_nearest(const char *word, const char *(*name_at)(size_t i, const void *user), const void *user)
{
    unsigned limit = (unsigned)strlen(word) / 3 + 1, best = limit + 1;
    const char *nearest = NULL, *name;

    for (size_t i = 0; (name = name_at(i, user)); i++) {
        unsigned d = distance(word, name);

        /* A word that goes on as typed is surely near. */
        if (strlen(word) >= 3 && strncmp(name, word, strlen(word)) == 0)
            d = 0;
        if (d >= best || d >= strlen(name))
            continue;
        best = d;
        nearest = name;
    }
    return nearest;
}
