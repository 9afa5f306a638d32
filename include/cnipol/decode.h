/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_DECODE_H
#define CNIPOL_DECODE_H

#include <cnipol/ctx.h>
#include <cnipol/flow.h>

/**
 * Decoders of flow records: bytes in, records out.
 *
 *     cnipol_decoder_new(ctx, NULL, &decoder);
 *     while ((n = read(fd, bytes, sizeof bytes)) > 0) {
 *         cnipol_decoder_feed(decoder, bytes, n);
 *         while ((rc = cnipol_decoder_next(decoder, &flow)) != 0)
 *             if (rc > 0)
 *                 ...                                       a record
 *             else if (cnipol_decoder_flaw(decoder, &flaw))
 *                 ...                                       a bad one; the stream goes on behind it
 *     }
 *     cnipol_decoder_finish(decoder);                       and the same loop once more: the last record may want an end
 *
 * A decoder does no I/O and may be fed any pieces, a byte at a time or a file at once: the records are the same. Nothing is
 * copied but records that lie across two pieces and texts that need unescaping, and nothing is allocated once it is warm. Gzip
 * and zstd are recognised and unpacked on the way. The format is recognised from the first bytes, or named.
 *
 * Threads: one at a time for each context, with all its decoders; threads that decode at the same time have a context each.
 * A filter (filter.h) they may share.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct cnipol_decoder;
struct cnipol_endpoints;

/** Zero what is not set. Strings are copied. */
struct cnipol_decoder_opts {
    size_t sz;           /**< sizeof of this struct */
    const char *format;  /**< a name of the table of formats; NULL: recognised */
    const char *version; /**< of the writer, "1.18.6": needed where bytes alone do not tell (cilium-monitor); may be NULL */
    const char *columns; /**< aws-vpc: the record's fields, blank-separated, where no header line says them; csv, jsonl: the mapping */
    const char *message; /**< hubble-pb: Flow, GetFlowsResponse or ExportEvent; NULL: GetFlowsResponse */
    const struct cnipol_endpoints *endpoints; /**< cilium-monitor: who has which id and address; may be NULL; outlives the decoder */
    const struct cnipol_fields *fields;       /**< what is wanted, copied; NULL: all. Other fields are not checked and mean nothing: absent, or half read */
    uint64_t max_record;                      /**< bytes that one record may have, without the line feed behind it; 0: 64 MiB; 4 GiB at most */
    uint8_t packed;                           /**< 0: recognise gzip and zstd; 1: bytes are as they are */
    uint8_t reserved[7];
};

/**
 * A decoder; `opts` NULL is all zeros. It must be freed before its context. CNIPOL_OK; CNIPOL_E_NOMEM; CNIPOL_E_NOTFOUND: no such format;
 * CNIPOL_E_USAGE: `sz` is none, or an option that the format cannot use (a diagnostic says why). *out is NULL then. Options that a format has no
 * use for are passed over; so are those of a format that is still to be recognised, and are flaws of the stream where it cannot use them.
 */
CNIPOL_API int cnipol_decoder_new(struct cnipol_ctx *ctx, const struct cnipol_decoder_opts *opts, struct cnipol_decoder **out);
/** Its records and flaws are gone then. NULL is fine. */
CNIPOL_API void cnipol_decoder_free(struct cnipol_decoder *decoder);

/**
 * Hands over more of the stream. The bytes must stay as they are until cnipol_decoder_next() has returned 0, which is when the
 * next piece may be fed; `bytes` may be NULL where `size` is 0. CNIPOL_OK; CNIPOL_E_USAGE: the last piece is not used up, or the stream was
 * finished. O(1): the work is cnipol_decoder_next()'s.
 */
CNIPOL_API int cnipol_decoder_feed(struct cnipol_decoder *decoder, const void *bytes, size_t size);
/**
 * Says that the stream has ended. What is left in hand is then a last record, or one that was cut short. CNIPOL_OK, also where it was said
 * before; CNIPOL_E_USAGE: the last piece is not used up. O(1).
 */
CNIPOL_API int cnipol_decoder_finish(struct cnipol_decoder *decoder);
/**
 * Says that the stream is damaged behind what was fed, for who unpacks it ahead (unpack.h): the next call of cnipol_decoder_next() tells it as a
 * flaw, as where the decoder itself finds it, and then returns 0. `message` is one sentence and lives as long as the flaw.
 * CNIPOL_OK; CNIPOL_E_USAGE: the last piece is not used up, or the stream was finished.
 */
CNIPOL_API int cnipol_decoder_damage(struct cnipol_decoder *decoder, const char *message);
/**
 * Begins another stream with the same options, at any time: counts start anew; templates, headers, what is in hand and a format that was
 * recognised are forgotten. Memory is kept.
 */
CNIPOL_API void cnipol_decoder_reset(struct cnipol_decoder *decoder);

/**
 * The next record. 1: it is in *flow, and lives until the next call. 0: more bytes are wanted, or none are left. CNIPOL_E_SYNTAX or
 * CNIPOL_E_INVALID: a bad record, see cnipol_decoder_flaw(); call again to go on behind it. CNIPOL_E_LIMIT: a record that is too
 * long, likewise. CNIPOL_E_NOMEM: call again once there is memory; nothing is lost. Before anything was fed, and behind the end, it is 0 as often
 * as it is asked. O(bytes of the record); nothing is allocated once the decoder is warm.
 */
CNIPOL_API int cnipol_decoder_next(struct cnipol_decoder *decoder, struct cnipol_flow *flow);

/** What is wrong with a record. */
struct cnipol_flaw {
    const char *message; /**< one sentence, lower case, no full stop; lives until the next call */
    int32_t code;        /**< of the diagnostic: 2601 for NP2601 */
    uint32_t line;       /**< of the place, counted in the stream; 0: a binary format */
    uint32_t column;     /**< in characters; 0 likewise */
    uint32_t at;         /**< of the place in the record's bytes */
    uint64_t number;     /**< of the record, 1 first; bad records count */
    uint64_t offset;     /**< of the place in the stream */
    struct cnipol_text record; /**< its bytes, as much as is at hand */
    uint8_t is_cut;            /**< 1: the stream ended within it */
    uint8_t reserved[7];
};

/** The flaw of the last call, which returned a negative number. 1: it is in *out; 0: there was none (no memory), and *out is as before. */
CNIPOL_API int cnipol_decoder_flaw(const struct cnipol_decoder *decoder, struct cnipol_flaw *out);
/**
 * Raises that flaw as a diagnostic of the context (any; everything is copied), with file (`name`, not NULL), line, column and the record's own
 * line. CNIPOL_OK; CNIPOL_E_NOMEM; CNIPOL_E_USAGE: there is no flaw.
 */
CNIPOL_API int cnipol_decoder_tell_flaw(struct cnipol_decoder *decoder, struct cnipol_ctx *ctx, const char *name);

/** What was read so far. */
struct cnipol_decoder_stats {
    uint64_t bytes;     /**< that were fed */
    uint64_t unpacked;  /**< of these, after unpacking */
    uint64_t records;   /**< good ones: flows and events */
    uint64_t flaws;     /**< bad ones */
    const char *format; /**< NULL: not recognised yet; static */
    const char *packing; /**< "gzip", "zstd" or NULL; static */
};
/** Of this stream, since it began. O(1). */
CNIPOL_API void cnipol_decoder_stats(const struct cnipol_decoder *decoder, struct cnipol_decoder_stats *out);

/** A format. Strings are static. */
struct cnipol_flow_format {
    const char *name;   /**< "hubble-json" */
    const char *writer; /**< who writes it: "Hubble: observe -o jsonpb, exporter" */
    const char *about;  /**< one line */
};
/** The i-th row of the table of formats, or NULL past the last. Any thread. */
CNIPOL_API const struct cnipol_flow_format *cnipol_flow_format_at(size_t i);

/** Who has which endpoint id and address on the node that the events are from: what Cilium's agent knows, and its monitor does not say. */
struct cnipol_endpoint {
    uint32_t id;       /**< 0: none */
    uint32_t identity; /**< 0: not known */
    const char *ip;    /**< an address without a prefix or a zone; may be NULL. An end with two addresses is added twice */
    const char *ns;    /**< may be NULL */
    const char *pod;   /**< may be NULL */
    const char *const *labels; /**< "k8s:app=web", NULL at the end; may be NULL */
};

/**
 * An empty table. CNIPOL_OK, CNIPOL_E_NOMEM. It must be freed before its context, and after the decoders that use it; while records are
 * decoded nothing is added. Decoders of several threads may share it.
 */
CNIPOL_API int cnipol_endpoints_new(struct cnipol_ctx *ctx, struct cnipol_endpoints **out);
/** NULL is fine. */
CNIPOL_API void cnipol_endpoints_free(struct cnipol_endpoints *endpoints);
/**
 * Adds one; all is copied, labels sorted. A later one with the same id or address takes that id or address. CNIPOL_OK; CNIPOL_E_NOMEM: the table is
 * as before; CNIPOL_E_INVALID: the address is none. O(1) but for its labels.
 */
CNIPOL_API int cnipol_endpoints_add(struct cnipol_endpoints *endpoints, const struct cnipol_endpoint *endpoint);

#ifdef __cplusplus
}
#endif
#endif
