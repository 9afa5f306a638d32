/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses in Hubble's records. They are kept as they are written, but must be addresses: what is written the usual way is seen to be
 * one here, fast, and the rest is left to np_ip_parse().
 */

#include "flow/hubble_address.h"

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/ip.h"

#if defined __SSE2__
/* Are three bits set? */
static inline bool is_three(uint32_t bits)
{
    uint32_t one = bits & (bits - 1), none = one & (one - 1);

    return none != 0 && (none & (none - 1)) == 0;
}

/*
 * The usual way to write an IPv4 address, seen at once: bit i of each mask is about byte i. Digits and three dots, no dot at an end or
 * beside another, no four digits in a row, no zero before a digit at the start of a number, and no three digits above 255.
 */
static bool is_ipv4(const char *s, size_t n)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)s), value = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    uint32_t inside = (1u << (n & 15)) - 1, dots, digits, starts, threes, two, five, above_two, above_five;

    if (n - 7 > 8)
        return false;
    dots = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('.'))) & inside;
    digits = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value)) & inside;
    starts = dots << 1 | 1;
    threes = starts & digits & digits >> 1 & digits >> 2;
    two = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('2')));
    five = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('5')));
    above_two = (uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi8(v, _mm_set1_epi8('2')));
    above_five = (uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi8(v, _mm_set1_epi8('5')));
    if ((dots | digits) != inside || !is_three(dots) || (starts & (dots | (inside + 1))))
        return false;
    if (digits & digits >> 1 & digits >> 2 & digits >> 3)
        return false;
    if ((uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('0'))) & starts & digits >> 1)
        return false;
    return (threes & (above_two | (two & (above_five >> 1 | (five >> 1 & above_five >> 2))))) == 0;
}
#else
static bool is_ipv4(const char *s, size_t n)
{
    (void)s;
    (void)n;
    return false; /* let np_ip_parse() see */
}
#endif

/* The usual way to write an IPv6 address: groups of up to four digits, eight or, with one "::", fewer. */
static bool is_ipv6(const char *s, size_t n)
{
    unsigned groups = 0, digits = 0;
    bool has_gap = false;

    for (const char *p = s, *end = s + n; p < end; p++) {
        unsigned c = (unsigned char)*p;

        if (c - '0' < 10 || (c | 0x20) - 'a' < 6) {
            groups += digits == 0;
            if (++digits > 4)
                return false;
        } else if (c == ':' && p + 1 < end && p[1] == ':') {
            if (has_gap)
                return false;
            has_gap = true;
            digits = 0;
            p++;
        } else if (c == ':' && digits && p + 1 < end) {
            digits = 0;
        } else {
            return false;
        }
    }
    return has_gap ? groups < 8 : groups == 8;
}

bool np_hubble_is_address(const char *s, size_t n)
{
    unsigned flaws = 0;
    struct np_ip ip;

    return is_ipv4(s, n) || is_ipv6(s, n) || (np_ip_parse((struct np_str){s, n}, &ip, &flaws) && !(flaws & NP_IP_LEADING_ZEROS));
}
