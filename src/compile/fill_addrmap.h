/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_FILL_ADDRMAP_H
#define NP_COMPILE_FILL_ADDRMAP_H

/* The addresses of a model, with the peer ids of an image of it, as an address map. */

#include <cnipol/addrmap.h>

#include "compile/space.h"

/* Fills an empty map that has room for the model's ends. CNIPOL_OK, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT: it is too small. */
int np_fill_addrmap(const struct np_space *space, struct cnipol_addrmap *map);
/* One atom of addresses that nobody owns: what ends own of it lies above and stays. */
int np_fill_atom(const struct np_space *space, struct cnipol_addrmap *map, uint32_t family, uint32_t i);

#endif
