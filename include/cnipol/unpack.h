/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_UNPACK_H
#define CNIPOL_UNPACK_H

#include <cnipol/ctx.h>

/**
 * Unpacking a stream: bytes in, plain bytes out.
 *
 *     cnipol_unpacker_new(ctx, &unpacker);
 *     while ((n = read(fd, in, sizeof in)) > 0) {
 *         cnipol_unpacker_feed(unpacker, in, n);
 *         while ((rc = cnipol_unpacker_next(unpacker, room, sizeof room, &bytes, &n)) != 0)
 *             if (rc > 0)
 *                 ...                                      n plain bytes
 *             else
 *                 ...                                      damaged: cnipol_unpacker_flaw() says how; nothing comes any more
 *     }
 *     cnipol_unpacker_finish(unpacker);                    and the same loop once more: the end may be missing
 *
 * Gzip (RFC 1952) and zstd (RFC 8878) are recognised by their first bytes; what is neither is handed on where it lies. Members and frames follow
 * one another, also of different kinds, with zeros behind gzip's. Checksums are checked. An unpacker does no I/O and takes any pieces, by
 * the byte or a file at once: the plain bytes before the end, or before the damage, are the same.
 *
 * A decoder (decode.h) unpacks for itself. Who unpacks ahead, on another thread, gives the decoder plain bytes (opts.packed = 1), and
 * cnipol_decoder_damage() what is wrong with them.
 *
 * Threads: one at a time for each unpacker and its context; a thread that unpacks while another decodes has a context of its own.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct cnipol_unpacker;

/** An unpacker, which the caller frees before the context. CNIPOL_OK, CNIPOL_E_NOMEM. zlib and libzstd allocate for themselves. */
CNIPOL_API int cnipol_unpacker_new(struct cnipol_ctx *ctx, struct cnipol_unpacker **out);
/** NULL is fine. */
CNIPOL_API void cnipol_unpacker_free(struct cnipol_unpacker *unpacker);
/** Begins another stream; memory is kept. */
CNIPOL_API void cnipol_unpacker_reset(struct cnipol_unpacker *unpacker);

/**
 * Hands over more of the stream. The bytes must stay as they are until cnipol_unpacker_next() has returned 0, which is when the next piece
 * may be fed. CNIPOL_OK; CNIPOL_E_USAGE: the last piece is not used up, or the stream was finished.
 */
CNIPOL_API int cnipol_unpacker_feed(struct cnipol_unpacker *unpacker, const void *bytes, size_t size);
/** Says that the stream has ended: a member that has not is a flaw then. CNIPOL_OK; CNIPOL_E_USAGE: the last piece is not used up. */
CNIPOL_API int cnipol_unpacker_finish(struct cnipol_unpacker *unpacker);

/**
 * The next plain bytes. 1: there are *n, at *bytes: in `room`, or, of a stream that is not packed, where the caller's bytes lie or in the
 * unpacker; they live until the next call. 0: more bytes are wanted, or none are left. CNIPOL_E_SYNTAX: the stream is damaged, or ends early; told
 * once, what follows is dropped, and cnipol_unpacker_flaw() says what is wrong. CNIPOL_E_NOMEM: call again once there is memory.
 * `size` is at least 1; 64 KiB and more are worth it.
 */
CNIPOL_API int cnipol_unpacker_next(struct cnipol_unpacker *unpacker, void *room, size_t size, const void **bytes, size_t *n);

/** What is wrong with the stream, as one sentence, lower case, no full stop; NULL: nothing so far. Static. */
CNIPOL_API const char *cnipol_unpacker_flaw(const struct cnipol_unpacker *unpacker);
/** How the stream is packed: "gzip", "zstd" (the latest, where both are in it), or NULL: not at all, or not known yet. Static. */
CNIPOL_API const char *cnipol_unpacker_packing(const struct cnipol_unpacker *unpacker);

#ifdef __cplusplus
}
#endif
#endif
