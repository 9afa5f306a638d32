/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_UNPACK_H
#define NP_FLOW_UNPACK_H

/*
 * Unpacking a stream: gzip (RFC 1952, several members too) and zstd (RFC 8878), recognised by their first bytes.
 *
 * What is packed is unpacked piece by piece into one buffer; what is not is handed on where it lies.
 */

#include <stdbool.h>

#include "base/mem.h"

struct np_unpack;

/* NULL: no memory. */
struct np_unpack *np_unpack_new(struct np_mem *mem);
void np_unpack_free(struct np_unpack *unpack);
/* Another stream. With `plain`, bytes are as they are. */
void np_unpack_reset(struct np_unpack *unpack, bool plain);
/* The piece before is used up. */
void np_unpack_feed(struct np_unpack *unpack, const char *bytes, size_t n);
void np_unpack_finish(struct np_unpack *unpack);
/*
 * 1: a piece of unpacked bytes, until the next call. 0: more is wanted, or all was given. CNIPOL_E_SYNTAX: *flaw says what is wrong, and what
 * follows is dropped. CNIPOL_E_NOMEM: call again.
 */
int np_unpack_next(struct np_unpack *unpack, const char **bytes, size_t *n, const char **flaw);
/* "gzip", "zstd", or NULL. */
const char *np_unpack_name(const struct np_unpack *unpack);

#endif
