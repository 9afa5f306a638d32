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

#include "base/mem.h"
#include "base/str.h"

#define NP_UTF8_BAD UINT32_MAX
/* U+FFFD, which stands for a byte that starts no character. */
#define NP_UTF8_REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the character at p (room > 0), or 0 for a stray byte. */
static inline unsigned np_utf8_length(const unsigned char *p, size_t room)
{
    unsigned char c = p[0];
    unsigned char lo = 0x80, hi = 0xbf;

    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4 || room < 2)
        return 0;
    if (c < 0xe0)
        return (p[1] & 0xc0) == 0x80 ? 2 : 0;
    if (c == 0xe0)
        lo = 0xa0;
    else if (c == 0xed)
        hi = 0x9f;
    else if (c == 0xf0)
        lo = 0x90;
    else if (c == 0xf4)
        hi = 0x8f;
    if (p[1] < lo || p[1] > hi || room < 3 || (p[2] & 0xc0) != 0x80)
        return 0;
    if (c < 0xf0)
        return 3;
    return room >= 4 && (p[3] & 0xc0) == 0x80 ? 4 : 0;
}

/* Bytes of the unit at the start of s (n > 0); *code is its character, or NP_UTF8_BAD for a stray byte. */
uint32_t np_utf8_next(const char *s, size_t n, uint32_t *code);
/* Bytes of the unit that ends at s + at (at > 0). */
uint32_t np_utf8_before(const char *s, size_t at);
bool np_utf8_valid(const char *s, size_t n);
/* Units that start in the first n bytes. */
size_t np_utf8_count(const char *s, size_t n);
/* Is every byte below 0x80? */
bool np_utf8_is_ascii(const char *s, size_t n);
/* A NUL-terminated copy with U+FFFD for each stray byte. False: out of memory. */
bool np_utf8_clean(struct np_str s, struct np_arena *arena, struct np_str *out);

#endif
