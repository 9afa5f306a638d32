/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DOC_TOJSON_H
#define NP_DOC_TOJSON_H

/* A tree as text, byte for byte as Go's encoding/json prints the same value. */

#include "base/str.h"
#include "doc/node.h"

/* Appends. 0 or CNIPOL_E_NOMEM. */
int np_tojson(const struct np_node *node, struct np_buf *out);

#endif
