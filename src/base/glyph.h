/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_GLYPH_H
#define NP_BASE_GLYPH_H

/*
 * Glyphs: how one unit of the user's text is shown on a terminal.
 *
 * What could move the cursor, colour the screen, turn the writing direction round or hide itself is
 * shown as an escape: \x1b for control bytes and bytes that are not UTF-8, \u200b for invisible
 * characters, \t, \n and \r. A tab of a source line becomes four blanks. The width of a glyph does
 * not depend on where it stands.
 */

#include <stdint.h>

#include "base/str.h"

#define NP_GLYPH_BYTES 12u
#define NP_ELLIPSIS "\xe2\x80\xa6" /* one column */

struct np_glyph {
    char s[NP_GLYPH_BYTES];
    uint8_t n;     /* bytes of s */
    uint8_t width; /* columns */
};

/* The glyph of the unit at the start of s (n > 0); returns the bytes it stands for. */
uint32_t np_glyph_read(const char *s, size_t n, struct np_glyph *out);
/* The same in a source line: tabs are blanks. */
uint32_t np_glyph_read_line(const char *s, size_t n, struct np_glyph *out);
/* Adds a text glyph by glyph: names in what people read. */
void np_glyph_add(struct np_buf *out, const char *s);

#endif
