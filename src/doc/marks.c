/* SPDX-License-Identifier: BSD-2-Clause */
/* Byte offsets of marks: see marks.h. */

#include "doc/marks.h"

#include "base/utf8.h"

void np_marks_init(struct np_marks *marks, const char *bytes, size_t size, uint32_t bom)
{
    *marks = (struct np_marks){.bytes = (const unsigned char *)bytes, .size = size, .bom = bom, .byte = bom};
    marks->ascii = np_utf8_is_ascii(bytes + bom, size - bom);
}

static bool is_continuation(const struct np_marks *marks, size_t byte)
{
    return byte < marks->size && (marks->bytes[byte] & 0xc0) == 0x80;
}

uint32_t np_marks_walk(struct np_marks *marks, size_t character)
{
    size_t byte = marks->byte;

    for (; marks->character < character && byte < marks->size; marks->character++)
        for (byte++; is_continuation(marks, byte);)
            byte++;
    for (; marks->character > character && byte > marks->bom; marks->character--)
        for (byte--; byte > marks->bom && is_continuation(marks, byte);)
            byte--;
    marks->byte = byte;
    return (uint32_t)byte;
}
