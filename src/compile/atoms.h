/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_ATOMS_H
#define NP_COMPILE_ATOMS_H

/* Private to the space: addresses cut into atoms, within which the same prefix lists hold. */

#include "compile/space.h"

/* Fills space->atoms, space->lists and space->same_list. 0, CNIPOL_E_NOMEM, CNIPOL_E_LIMIT: more overlaps than can be held. */
int np_space_cut(struct np_space *space);
/* The number, in space->lists, of the prefix lists that hold the address. */
uint32_t np_space_lists(const struct np_space *space, const struct np_ip *ip);
/* The atom that the address is in. */
struct np_atom_range *np_space_atom(const struct np_space *space, const struct np_ip *ip);
np_u128 np_atom_value(const struct np_ip *ip);
struct np_ip np_atom_ip(np_u128 value, uint8_t family);

enum { NP_LISTS_NONE = 0, NP_LISTS_NO_ADDRESS = 1 };

#endif
