/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_UTF8_H
#define NP_BASE_UTF8_H

/*
 * UTF-8: characters of text that may be anything.
 *
 * Strict, as RFC 3629 has it: no overlong forms, surrogates or values above 10FFFF. A byte that starts
 * no character is a unit of its own, so every text divides into units without gaps.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define NP_UTF8_BAD UINT32_MAX

/* Bytes of the unit at the start of s (n > 0); *code is its character, or NP_UTF8_BAD for a stray byte. */
uint32_t np_utf8_next(const char *s, size_t n, uint32_t *code);
/* Bytes of the unit that ends at s + at (at > 0). */
uint32_t np_utf8_before(const char *s, size_t at);
bool np_utf8_valid(const char *s, size_t n);
/* Units that start in the first n bytes. */
size_t np_utf8_count(const char *s, size_t n);

#endif
