/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DOC_BASE64_H
#define NP_DOC_BASE64_H

/* The content of a !!binary scalar. */

#include "base/mem.h"
#include "base/str.h"
#include "doc/node.h"

/*
 * Makes `out` the string that the base64 text holds, with U+FFFD for bytes that are not UTF-8 (what
 * is left of them in JSON). 0, CNIPOL_E_NOMEM, or CNIPOL_E_SYNTAX with *why a static text.
 */
int np_base64_node(struct np_str text, struct np_arena *arena, struct np_node *out, const char **why);

#endif
