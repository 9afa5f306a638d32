/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses in Hubble's JSON. They are kept as they are written, but must be addresses: what is written the usual way is seen to be
 * one here, fast, and the rest is left to np_ip_parse().
 */

#include "flow/hubble_json.h"

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
static bool is_ipv4(struct np_json_text text)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)text.s), value = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    uint32_t inside = (1u << (text.n & 15)) - 1, dots, digits, starts, threes, two, five, above_two, above_five;

    if (text.n - 7 > 8)
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
static bool is_ipv4(struct np_json_text text)
{
    (void)text;
    return false; /* let np_ip_parse() see */
}
#endif

/* The usual way to write an IPv6 address: groups of up to four digits, eight or, with one "::", fewer. */
static bool is_ipv6(struct np_json_text text)
{
    unsigned groups = 0, n = 0;
    bool has_gap = false;

    for (const char *p = text.s, *end = text.s + text.n; p < end; p++) {
        unsigned c = (unsigned char)*p;

        if (c - '0' < 10 || (c | 0x20) - 'a' < 6) {
            groups += n == 0;
            if (++n > 4)
                return false;
        } else if (c == ':' && p + 1 < end && p[1] == ':') {
            if (has_gap)
                return false;
            has_gap = true;
            n = 0;
            p++;
        } else if (c == ':' && n && p + 1 < end) {
            n = 0;
        } else {
            return false;
        }
    }
    return has_gap ? groups < 8 : groups == 8;
}

struct np_place np_hubble_read_address(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    const char *start = at.p;
    struct np_json_text text = {NULL, 0};
    unsigned flaws = 0;
    struct np_ip ip;

    at = np_hubble_text(h, at, &text);
    if (!at.p)
        return at;
    if (text.n && !is_ipv4(text) && !is_ipv6(text) &&
        (!np_ip_parse((struct np_str){text.s, text.n}, &ip, &flaws) || (flaws & NP_IP_LEADING_ZEROS)))
        return np_json_bad_field(&h->json, start, "this is no address");
    np_hubble_store_text(base + row->offset, text);
    return at;
}
