/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_BASE_JSCAN_H
#define NP_BASE_JSCAN_H

/*
 * A pull scanner for JSON (RFC 8259).
 *
 *     np_jscan_init(&scan, bytes, size, max_depth, &text);
 *     while ((token = np_jscan_next(&scan)) > NP_JSCAN_END)
 *         ...
 *
 * It takes exactly the grammar: no comments, no trailing commas, no byte order mark, one value or
 * several one after another. The grammar of lists and maps is checked here, so a caller sees only
 * well-nested tokens: in a map, each value comes right after its NP_JSCAN_KEY. Bytes that are not
 * UTF-8, and surrogates without their other half, become U+FFFD inside strings, one for each bad
 * byte, as in Go's encoding/json; outside strings they are errors.
 *
 * Cost: one pass, no allocation but for the growth of the caller's buffer, and that only for strings
 * that differ from their bytes (escapes, bad UTF-8). A token's text lives until the next call.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum np_jscan_token {
    NP_JSCAN_ERROR = -1, /* look at error, start and end; further calls repeat it */
    NP_JSCAN_END = 0,
    NP_JSCAN_NULL,
    NP_JSCAN_FALSE,
    NP_JSCAN_TRUE,
    NP_JSCAN_NUMBER, /* text as written, integral says whether it has neither fraction nor exponent */
    NP_JSCAN_STRING,
    NP_JSCAN_KEY,
    NP_JSCAN_LIST,
    NP_JSCAN_LIST_END,
    NP_JSCAN_MAP,
    NP_JSCAN_MAP_END
};

enum np_jscan_error { NP_JSCAN_SYNTAX = 1, NP_JSCAN_TOO_DEEP, NP_JSCAN_NOMEM };

#define NP_JSCAN_DEPTH_MAX 10000u

struct np_jscan {
    const unsigned char *bytes;
    size_t size;
    size_t at;
    size_t start; /* of the token, as offset into the bytes */
    size_t end;
    struct np_str text; /* of a number, string or key */
    bool integral;
    uint8_t state;
    uint32_t depth;
    uint32_t max_depth;
    enum np_jscan_error error;
    const char *message; /* of an error; static */
    struct np_buf *scratch;
    uint64_t maps[(NP_JSCAN_DEPTH_MAX + 63) / 64]; /* a bit for each open level: set for a map */
};

/* `max_depth` is capped at NP_JSCAN_DEPTH_MAX. `size` is at most UINT32_MAX. A failure that
 * `scratch` remembers is forgotten: a scan that memory ended may be begun again. */
void np_jscan_init(struct np_jscan *scan, const char *bytes, size_t size, uint32_t max_depth, struct np_buf *scratch);
enum np_jscan_token np_jscan_next(struct np_jscan *scan);

#endif
