/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_BENCH_EXPAND_H
#define CNIPOL_BENCH_EXPAND_H

/*
 * What other packet filters are given: the rules of one subject and direction, expanded from selectors.
 *
 * Entries only allow, and what no entry allows is denied; a subject that no policy isolates gets one
 * entry for everything. An entry's peer is anybody, one end of the model (a pod, a node), or the
 * addresses of a prefix (`except` is taken out by splitting, so an entry is one prefix). An entry that
 * another one covers is left out, as Cilium does, too.
 *
 * This is the NetworkPolicy stage alone: a cluster policy (tiers, deny, pass) makes the expansion fail
 * with the reason, since entries that only allow cannot say it.
 */

#include "reference/model.h"

#define EXPAND_ANY UINT32_MAX
#define EXPAND_PREFIX (UINT32_MAX - 1)

struct expand_entry {
    uint32_t peer; /* end number, EXPAND_ANY, EXPAND_PREFIX */
    struct np_prefix prefix;
    uint8_t protocol; /* 0: any, and ports do not count */
    uint16_t lo, hi;  /* destination port */
};

struct expand {
    struct expand_entry *items;
    uint32_t n, cap;
    const char *failed; /* why it could not be expanded; NULL: it was */
};

/* Replaces the entries by those of one subject (a pod), which protects the end `role`. False: see `failed`. */
bool expand_subject(const struct cnipol_model *model, uint32_t subject, enum np_end_role role, struct expand *out);
void expand_free(struct expand *e);

#endif
