/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_NAMED_PORT_H
#define NP_COMPILE_NAMED_PORT_H

/* Private to cells: the ports behind a name, each with the ids that have it. */

#include "compile/cell.h"

/*
 * Pairs (port, idset), ascending by port; port 0: ids without the name. Found once for each name and protocol; the
 * pointer holds until the next call. 0 or CNIPOL_E_NOMEM.
 */
int np_named_ports(struct np_cells *cells, np_atom name, uint8_t protocol, const uint32_t **pairs, uint32_t *n);

#endif
