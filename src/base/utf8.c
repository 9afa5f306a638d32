/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8: see utf8.h. The well-formed sequences are those of the Unicode standard's table of that name. */

#include "base/utf8.h"

uint32_t np_utf8_next(const char *s, size_t n, uint32_t *code)
{
    static const uint8_t bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07}; /* of the first byte, by length */
    const unsigned char *bytes = (const unsigned char *)s;
    uint32_t length = np_utf8_length(bytes, n);

    *code = NP_UTF8_BAD;
    if (length == 0)
        return 1;
    *code = bytes[0] & bits[length];
    for (uint32_t i = 1; i < length; i++)
        *code = *code << 6 | (bytes[i] & 0x3fu);
    return length;
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

bool np_utf8_is_ascii(const char *s, size_t n)
{
    size_t i = 0;

    for (; n - i >= 32; i += 32) {
        uint64_t w[4];

        memcpy(w, s + i, sizeof w);
        if ((w[0] | w[1] | w[2] | w[3]) & UINT64_C(0x8080808080808080))
            return false;
    }
    for (; i < n; i++)
        if ((unsigned char)s[i] >= 0x80)
            return false;
    return true;
}

/* Copies to `out` (or only counts, where it is NULL) and returns the length. */
static size_t clean(struct np_str s, char *out)
{
    const unsigned char *p = (const unsigned char *)s.s, *end = p + s.n;
    size_t n = 0;

    while (p < end) {
        unsigned length = np_utf8_length(p, (size_t)(end - p));
        unsigned written = length ? length : 3;

        if (out)
            memcpy(out + n, length ? (const char *)p : NP_UTF8_REPLACEMENT, written);
        n += written;
        p += length ? length : 1;
    }
    return n;
}

bool np_utf8_clean(struct np_str s, struct np_arena *arena, struct np_str *out)
{
    size_t n = clean(s, NULL);
    char *copy = n < UINT32_MAX ? np_arena_alloc(arena, n + 1) : NULL;

    if (!copy)
        return false;
    (void)clean(s, copy);
    copy[n] = '\0';
    *out = (struct np_str){copy, (uint32_t)n};
    return true;
}
