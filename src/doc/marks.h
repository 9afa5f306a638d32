/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_DOC_MARKS_H
#define NP_DOC_MARKS_H

/*
 * From libyaml's marks, which count characters, to byte offsets.
 *
 * In a source of ASCII the two differ by the byte order mark alone. Else a cursor walks the bytes to
 * and fro; marks come nearly in order, so the walk is linear in the source.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct np_marks {
    const unsigned char *bytes;
    size_t size;
    uint32_t bom;
    bool ascii;
    size_t character; /* the cursor: this character … */
    size_t byte;      /* … starts at this byte */
};

void np_marks_init(struct np_marks *marks, const char *bytes, size_t size, uint32_t bom);
uint32_t np_marks_walk(struct np_marks *marks, size_t character);

static inline uint32_t np_marks_byte(struct np_marks *marks, size_t character)
{
    if (!marks->ascii)
        return np_marks_walk(marks, character);
    character += marks->bom;
    return (uint32_t)(character < marks->size ? character : marks->size);
}

#endif
