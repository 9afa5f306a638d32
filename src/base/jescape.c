/* SPDX-License-Identifier: BSD-2-Clause */
/* Escapes within JSON strings; see jescape.h. */

#include "base/jescape.h"

uint32_t np_json_escape(uint32_t code, char *out)
{
    static const char named[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'};
    static const char digits[] = "0123456789abcdef";

    out[0] = '\\';
    if (code < sizeof named && named[code]) {
        out[1] = named[code];
        return 2;
    }
    out[1] = 'u';
    for (uint32_t i = 0; i < 4; i++)
        out[2 + i] = digits[code >> (12 - 4 * i) & 0xf];
    return NP_JESCAPE_BYTES;
}
