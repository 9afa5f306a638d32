/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Glyphs: see glyph.h.
 *
 * Widths follow Unicode's East Asian Width (W and F take two columns) and the combining marks (none), in
 * ranges coarse enough to read. wcwidth(3) would ask the locale.
 */

#include "base/glyph.h"

#include <stdio.h>

#include "base/utf8.h"

struct range {
    uint32_t first, last;
};

static const struct range hidden[] = {
    {0x00a0, 0x00a0}, {0x00ad, 0x00ad}, {0x061c, 0x061c}, {0x115f, 0x1160}, {0x180e, 0x180e}, {0x2000, 0x200f},
    {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3164, 0x3164}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe00ff},
};

static const struct range combining[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f}, {0x0900, 0x0902},   {0x093c, 0x093c},
    {0x0941, 0x0948}, {0x094d, 0x094d}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff},   {0x1dc0, 0x1dff},
    {0x20d0, 0x20ff}, {0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef},
};

static const struct range wide[] = {
    {0x1100, 0x115e},   {0x231a, 0x231b},   {0x23e9, 0x23ec},   {0x23f0, 0x23f0},   {0x25fd, 0x25fe},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x26a1, 0x26a1},   {0x26d4, 0x26d4},   {0x2705, 0x2705},   {0x270a, 0x270b},   {0x2728, 0x2728},
    {0x274c, 0x274c},   {0x2753, 0x2757},   {0x2795, 0x2797},   {0x2b50, 0x2b50},   {0x2e80, 0x303e},   {0x3041, 0x33ff},
    {0x3400, 0x4dbf},   {0x4e00, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
    {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x16fe0, 0x18aff}, {0x1b000, 0x1b2ff}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
    {0x1f7e0, 0x1f7eb}, {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

#define IN(table, code) in_ranges(table, sizeof(table) / sizeof(table)[0], code)

static bool in_ranges(const struct range *table, size_t n, uint32_t code)
{
    size_t lo = 0, hi = n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (code > table[mid].last)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && code >= table[lo].first;
}

static void set(struct np_glyph *out, const char *s, uint32_t n, uint32_t width)
{
    memcpy(out->s, s, n);
    out->n = (uint8_t)n;
    out->width = (uint8_t)width;
}

static void set_escape(struct np_glyph *out, uint32_t code, bool is_byte)
{
    char text[NP_GLYPH_BYTES];
    int n = is_byte ? snprintf(text, sizeof text, "\\x%02x", code) : snprintf(text, sizeof text, "\\u%04x", code);

    set(out, text, (uint32_t)n, (uint32_t)n);
}

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

uint32_t np_glyph_read(const char *s, size_t n, struct np_glyph *out)
{
    static const char *const named[] = {['\t'] = "\\t", ['\n'] = "\\n", ['\r'] = "\\r"};
    uint32_t code, used = np_utf8_next(s, n, &code);

    if (code == NP_UTF8_BAD)
        set_escape(out, (unsigned char)*s, true);
    else if (code <= '\r' && named[code])
        set(out, named[code], 2, 2);
    else if (is_control(code))
        set_escape(out, code, code < 0x80);
    else if (IN(combining, code))
        set(out, s, used, 0);
    else if (IN(hidden, code))
        set_escape(out, code, false);
    else
        set(out, s, used, IN(wide, code) ? 2 : 1);
    return used;
}

uint32_t np_glyph_read_line(const char *s, size_t n, struct np_glyph *out)
{
    if (*s != '\t')
        return np_glyph_read(s, n, out);
    set(out, "    ", 4, 4);
    return 1;
}

void np_glyph_add(struct np_buf *out, const char *s)
{
    size_t n = strlen(s);

    for (size_t i = 0; i < n;) {
        struct np_glyph glyph;

        i += np_glyph_read(s + i, n - i, &glyph);
        np_buf_add(out, glyph.s, glyph.n);
    }
}
