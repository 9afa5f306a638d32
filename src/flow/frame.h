/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_FRAME_H
#define NP_FLOW_FRAME_H

/*
 * Frames: a stream, cut where its records end, whatever pieces it comes in.
 *
 * A frame that lies in one piece is handed out where it lies; what remains of a piece is carried over and made whole with
 * the next. Each byte is looked at once, wherever the pieces end. Behind each frame NP_FRAME_SLACK bytes are readable.
 *
 *     np_framer_feed(&framer, bytes, n);
 *     while ((rc = np_framer_next(&framer, &frame)) > 0)
 *         ...
 */

#include "flow/format.h"

struct np_frame {
    const char *bytes;
    size_t n;
    uint64_t offset;   /* of bytes[0] in the stream */
    uint64_t line;     /* of bytes[0], 1 first; 0: a binary format */
    bool unterminated; /* the stream ended before the frame did */
};

/* What the search for a frame's end knows of the bytes that were carried. */
struct np_frame_search {
    uint8_t mode; /* of JSON: enum in frame_text.c */
    bool in_quotes, escaped;
    char last; /* byte of the line that is no blank */
    uint32_t depth;
};

struct np_framer {
    struct np_mem *mem;
    enum np_framing framing;
    uint64_t max; /* bytes of a frame */

    const char *in; /* the piece, used up to `at` */
    size_t n, at;
    bool ended;
    char *carry; /* the beginning of a frame whose end is in a later piece */
    size_t carried, cap;
    uint64_t offset; /* in the stream, of the first byte that is not used up, carried ones included */
    uint64_t line;
    size_t used; /* bytes of the piece that belong to the frame that is out; the next call passes over them */
    uint64_t used_all; /* and its bytes of the stream, carried ones included */
    uint64_t used_lines;
    const char *flaw; /* why np_framer_next() failed; static */

    struct np_frame_search search;
    bool begun;     /* something was there that is no gap */
    bool in_list;   /* JSON: the stream is a list */
    uint64_t skip; /* bytes still to be dropped */
    bool skip_line; /* drop until a line ends */
    bool lost;      /* no frame can be found any more */
};

void np_framer_init(struct np_framer *framer, struct np_mem *mem, uint64_t max);
void np_framer_free(struct np_framer *framer);
/* Another stream of that kind. Keeps memory. */
void np_framer_reset(struct np_framer *framer, enum np_framing framing);
/* The piece before was used up: np_framer_next() returned 0. */
void np_framer_feed(struct np_framer *framer, const char *bytes, size_t n);
/*
 * 1: a frame, until the next call. 0: the piece is used up. CNIPOL_E_NOMEM: call again. CNIPOL_E_LIMIT: a frame is longer than `max`, and was
 * dropped, CNIPOL_E_SYNTAX: no frame begins here, and the rest of the stream is dropped; `flaw` says more, out->offset where.
 */
int np_framer_next(struct np_framer *framer, struct np_frame *out);

/* Of frame_text.c: looks for the end in `n` bytes behind what was carried. True: found, *length bytes belong to the frame, its end included. */
bool np_frame_scan(struct np_framer *framer, const char *bytes, size_t n, size_t *length);
/* Bytes that lie between frames: empty lines, and a list's brackets and commas; counted here. */
size_t np_frame_gap(struct np_framer *framer, const char *bytes, size_t n);
/* Bytes of a line without its end. */
size_t np_frame_trim(const char *bytes, size_t n);

/*
 * Of frame_sized.c: what the header at the start of a frame says. 1: *header bytes, then the rest of *total. 0: more bytes are wanted.
 * CNIPOL_E_SYNTAX: it cannot be one.
 */
int np_frame_header(enum np_framing framing, const uint8_t *bytes, size_t n, size_t *header, uint64_t *total);

#endif
