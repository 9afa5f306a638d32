/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8: see utf8.h. The table is the one of the Unicode standard (Well-Formed UTF-8 Byte Sequences). */

#include "base/utf8.h"

static const struct {
    uint8_t first_lo, first_hi;
    uint8_t second_lo, second_hi; /* further bytes are 80..BF */
    uint8_t length;
    uint8_t bits; /* of the first byte */
} forms[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2, 0x1f}, {0xe0, 0xe0, 0xa0, 0xbf, 3, 0x0f}, {0xe1, 0xec, 0x80, 0xbf, 3, 0x0f},
    {0xed, 0xed, 0x80, 0x9f, 3, 0x0f}, {0xee, 0xef, 0x80, 0xbf, 3, 0x0f}, {0xf0, 0xf0, 0x90, 0xbf, 4, 0x07},
    {0xf1, 0xf3, 0x80, 0xbf, 4, 0x07}, {0xf4, 0xf4, 0x80, 0x8f, 4, 0x07},
};

#define N_FORMS (sizeof forms / sizeof forms[0])

static uint32_t decode(const uint8_t *s, size_t n, size_t form, uint32_t *code)
{
    uint32_t length = forms[form].length;
    uint32_t value = s[0] & forms[form].bits;

    if (n < length || s[1] < forms[form].second_lo || s[1] > forms[form].second_hi)
        return 1;
    for (uint32_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 1;
        value = value << 6 | (s[i] & 0x3fu);
    }
    *code = value;
    return length;
}

uint32_t np_utf8_next(const char *s, size_t n, uint32_t *code)
{
    const uint8_t *bytes = (const uint8_t *)s;

    *code = NP_UTF8_BAD;
    if (bytes[0] < 0x80) {
        *code = bytes[0];
        return 1;
    }
    for (size_t i = 0; i < N_FORMS; i++)
        if (bytes[0] >= forms[i].first_lo && bytes[0] <= forms[i].first_hi)
            return decode(bytes, n, i, code);
    return 1;
}

uint32_t np_utf8_before(const char *s, size_t at)
{
    uint32_t most = at < 4 ? (uint32_t)at : 4;

    for (uint32_t back = 2; back <= most; back++) {
        uint32_t code;

        if (np_utf8_next(s + at - back, back, &code) == back)
            return back;
    }
    return 1;
}

bool np_utf8_valid(const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t code;

        i += np_utf8_next(s + i, n - i, &code);
        if (code == NP_UTF8_BAD)
            return false;
    }
    return true;
}

size_t np_utf8_count(const char *s, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; count++) {
        uint32_t code;

        i += np_utf8_next(s + i, n - i, &code);
    }
    return count;
}
