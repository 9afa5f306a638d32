/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_JESCAPE_H
#define NP_BASE_JESCAPE_H

/*
 * Escapes within JSON strings, for all who write JSON.
 *
 * What JSON asks for, and what a terminal would act on besides: DEL, the C1 controls, marks of direction.
 */

#include <stdbool.h>
#include <stdint.h>

#define NP_JESCAPE_BYTES 6u

/* Does the character not stand for itself? */
static inline bool np_json_is_escaped(uint32_t code)
{
    return code < 0x20 || code == '"' || code == '\\' || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

/* The escape of such a character into `out` (NP_JESCAPE_BYTES); returns its length. */
uint32_t np_json_escape(uint32_t code, char *out);

#endif
