/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_SUGGEST_H
#define NP_BASE_SUGGEST_H

/* Did you mean: the known word that was probably meant by an unknown one. */

#include <stdint.h>

#include "base/str.h"

/*
 * The candidate nearest to `word`, the first among equally near ones, or NULL if none is near. Case
 * does not count. Candidates are NUL-terminated; NULL ones are passed over.
 */
const char *np_suggest(struct np_str word, const char *const *candidates, uint32_t n);

#endif
