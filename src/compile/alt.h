/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_ALT_H
#define NP_COMPILE_ALT_H

/* Private to cells: predicates as lists of alternatives. */

#include "compile/cell.h"

struct np_alt {
    uint32_t sets[2]; /* idset by enum np_end_role */
    struct np_box box;
    uint32_t bits; /* length of the L4 match in a policy map; 0 elsewhere */
};

struct np_alts {
    struct np_alt *items;
    uint32_t n, cap;
};

/* An alternative for each way in which the predicate, asked of that end, may hold. */
int np_alts_of_pred(struct np_cells *cells, const struct np_pred *pred, enum np_end_role end, struct np_alts *out);
/* The same for one conjunction. `in_map`: ranges of ports as aligned blocks, each with the length of its match. */
int np_alts_of_conj(struct np_cells *cells, const struct np_conj *conj, enum np_end_role end, bool in_map, struct np_alts *out);
/* All pairs of alternatives that have something in common, in order. CNIPOL_E_LIMIT: too many. */
int np_alts_product(struct np_cells *cells, const struct np_alts *a, const struct np_alts *b, struct np_alts *out);
void np_alts_free(struct np_alts *alts, struct np_mem *mem);

/* Alternatives of one rule, and pairs looked at to find those of two predicates. */
#define NP_ALTS_MAX 65536
#define NP_ALT_PAIRS_MAX (1u << 24)

#endif
