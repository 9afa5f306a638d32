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
 * Threads: one at a time for each decoder.
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

/** A decoder. CNIPOL_OK; CNIPOL_E_NOMEM; CNIPOL_E_NOTFOUND: no such format; CNIPOL_E_USAGE: an option that the format cannot use (a diagnostic says why). */
CNIPOL_API int cnipol_decoder_new(struct cnipol_ctx *ctx, const struct cnipol_decoder_opts *opts, struct cnipol_decoder **out);
/** NULL is fine. */
CNIPOL_API void cnipol_decoder_free(struct cnipol_decoder *decoder);

/**
 * Hands over more of the stream. The bytes must stay as they are until cnipol_decoder_next() has returned 0, which is when the
 * next piece may be fed. CNIPOL_OK; CNIPOL_E_USAGE: the last piece is not used up, or the stream was finished.
 */
CNIPOL_API int cnipol_decoder_feed(struct cnipol_decoder *decoder, const void *bytes, size_t size);
/** Says that the stream has ended. What is left in hand is then a last record, or one that was cut short. */
CNIPOL_API int cnipol_decoder_finish(struct cnipol_decoder *decoder);
/**
 * Says that the stream is damaged behind what was fed, for who unpacks it ahead (unpack.h): the next call of cnipol_decoder_next() tells it as a
 * flaw, as where the decoder itself finds it, and then returns 0. `message` is one sentence and lives as long as the flaw.
 * CNIPOL_OK; CNIPOL_E_USAGE: the last piece is not used up, or the stream was finished.
 */
CNIPOL_API int cnipol_decoder_damage(struct cnipol_decoder *decoder, const char *message);
/** Begins another stream of the same kind: counts start anew, and templates and headers are forgotten. */
CNIPOL_API void cnipol_decoder_reset(struct cnipol_decoder *decoder);

/**
 * The next record. 1: it is in *flow, and lives until the next call. 0: more bytes are wanted, or none are left. CNIPOL_E_SYNTAX or
 * CNIPOL_E_INVALID: a bad record, see cnipol_decoder_flaw(); call again to go on behind it. CNIPOL_E_LIMIT: a record that is too
 * long, likewise. CNIPOL_E_NOMEM: call again once there is memory; nothing is lost.
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

/** The flaw of the last call, which returned a negative number. 1: it is in *out; 0: there was none (no memory). */
CNIPOL_API int cnipol_decoder_flaw(const struct cnipol_decoder *decoder, struct cnipol_flaw *out);
/** Raises that flaw as a diagnostic of the context, with file (`name`), line, column and the record's own line. */
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
    const char *ip;    /**< may be NULL */
    const char *ns;    /**< may be NULL */
    const char *pod;   /**< may be NULL */
    const char *const *labels; /**< "k8s:app=web", NULL at the end; may be NULL */
};

/** An empty table. CNIPOL_OK, CNIPOL_E_NOMEM. It is not changed while a decoder uses it. */
CNIPOL_API int cnipol_endpoints_new(struct cnipol_ctx *ctx, struct cnipol_endpoints **out);
CNIPOL_API void cnipol_endpoints_free(struct cnipol_endpoints *endpoints);
/** Adds one; all is copied. A later one with the same id or address takes that id or address. CNIPOL_E_INVALID: the address is none. */
CNIPOL_API int cnipol_endpoints_add(struct cnipol_endpoints *endpoints, const struct cnipol_endpoint *endpoint);

#ifdef __cplusplus
}
#endif
#endif
