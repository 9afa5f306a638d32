/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoder: pieces of a stream in, records out (include/cnipol/decode.h).
 *
 *     fed bytes → unpacker → (first bytes: recognise) → frames → the format's next() → record
 *
 * Each stage hands on views of what it was handed and asks the one before it when it has none, so the caller's bytes are read where
 * they lie. Nothing here knows a format.
 */

#include "flow/decoder.h"

#include <string.h>

#include <cnipol/unpack.h>

#include "base/ctx.h"
#include "flow/frame.h"
#include "flow/recognise.h"

#define DEFAULT_MAX_RECORD (64ull << 20)
#define UNPACKED_SIZE (256u << 10)

struct cnipol_decoder {
    struct np_mem *mem;
    struct np_arena strings; /* of opts */
    struct cnipol_decoder_opts opts;
    struct cnipol_unpacker *unpacker; /* NULL: bytes are as they are */
    char *unpacked;                   /* room for what it makes */
    const char *piece;                /* that was fed, where there is no unpacker; NULL: handed on */
    size_t n_piece;
    const char *damage; /* to be told behind the piece; NULL: none */
    struct np_framer framer;
    struct np_flow_run run;
    bool is_open; /* the format has its state */
    bool in_frame;
    bool in_hand; /* the piece that was fed is not used up */
    bool finished, at_end;
    struct np_frame frame;
    char *first; /* bytes that the format is recognised from */
    size_t n_first;
    const char *rest; /* of the piece that completed them */
    size_t n_rest;
    bool is_refused; /* no format is known: all is passed over */
    uint16_t format; /* number of the run's */
    uint64_t number;
    struct cnipol_decoder_stats stats;
    bool has_flaw;
    struct cnipol_flaw flaw;
};

static const char *keep(struct cnipol_decoder *decoder, const char *text, bool *failed)
{
    char *copy = text ? np_arena_strndup(&decoder->strings, text, strlen(text)) : NULL;

    *failed |= text && !copy;
    return copy;
}

static int take_opts(struct cnipol_decoder *decoder, const struct cnipol_decoder_opts *opts)
{
    bool failed = false;

    if (opts)
        decoder->opts = *opts;
    decoder->opts.format = keep(decoder, decoder->opts.format, &failed);
    decoder->opts.version = keep(decoder, decoder->opts.version, &failed);
    decoder->opts.columns = keep(decoder, decoder->opts.columns, &failed);
    decoder->opts.message = keep(decoder, decoder->opts.message, &failed);
    decoder->run.fields = (struct cnipol_fields){{UINT64_MAX, UINT64_MAX}};
    if (decoder->opts.fields)
        decoder->run.fields = *decoder->opts.fields;
    decoder->opts.fields = &decoder->run.fields;
    if (!decoder->opts.max_record)
        decoder->opts.max_record = DEFAULT_MAX_RECORD;
    if (decoder->opts.max_record > UINT32_MAX - NP_FRAME_SLACK)
        decoder->opts.max_record = UINT32_MAX - NP_FRAME_SLACK;
    return failed ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

static uint16_t number_of(const struct np_format *format)
{
    uint16_t i = 0;

    while (np_format_at(i) != format)
        i++;
    return i;
}

/* The run has a format; gives it its state. */
static int open_format(struct cnipol_decoder *decoder, const struct np_format *format)
{
    int rc;

    decoder->run.format = format;
    decoder->format = number_of(format);
    decoder->run.opts = decoder->opts;
    rc = format->open ? format->open(&decoder->run) : CNIPOL_OK;
    decoder->is_open = !rc;
    if (!rc)
        np_framer_reset(&decoder->framer, format->framing);
    decoder->stats.format = rc ? NULL : format->row.name;
    return rc;
}

static int refuse(struct cnipol_ctx *ctx, enum np_code code, const char *message)
{
    struct np_diag *d = np_diag_raise(&ctx->diags, code, NP_NOWHERE, "%s", message);

    return d ? CNIPOL_E_USAGE : CNIPOL_E_NOMEM;
}

static int open_named(struct cnipol_ctx *ctx, struct cnipol_decoder *decoder)
{
    const struct np_format *format = decoder->opts.format ? np_format_find(decoder->opts.format) : NULL;
    int rc;

    if (!decoder->opts.format)
        return CNIPOL_OK;
    if (!format)
        return CNIPOL_E_NOTFOUND;
    rc = open_format(decoder, format);
    return rc == CNIPOL_E_USAGE ? refuse(ctx, NP_FLOW_OPTION, decoder->run.usage) : rc;
}

static int open_unpacker(struct cnipol_ctx *ctx, struct cnipol_decoder *decoder)
{
    decoder->unpacked = np_alloc(&ctx->mem, UNPACKED_SIZE);
    return decoder->unpacked ? cnipol_unpacker_new(ctx, &decoder->unpacker) : CNIPOL_E_NOMEM;
}

int cnipol_decoder_new(struct cnipol_ctx *ctx, const struct cnipol_decoder_opts *opts, struct cnipol_decoder **out)
{
    struct cnipol_decoder *decoder;
    int rc;

    *out = NULL;
    if (opts && !np_opts_fit(opts, opts->sz, sizeof *opts))
        return CNIPOL_E_USAGE;
    decoder = np_zalloc(&ctx->mem, sizeof *decoder);
    if (!decoder)
        return CNIPOL_E_NOMEM;
    decoder->mem = decoder->run.mem = &ctx->mem;
    np_arena_init(&decoder->strings, &ctx->mem);
    np_arena_init(&decoder->run.arena, &ctx->mem);
    rc = take_opts(decoder, opts);
    np_framer_init(&decoder->framer, &ctx->mem, decoder->opts.max_record);
    decoder->first = np_alloc(&ctx->mem, NP_RECOGNISE_BYTES);
    if (!rc && !decoder->first)
        rc = CNIPOL_E_NOMEM;
    if (!rc && !decoder->opts.packed)
        rc = open_unpacker(ctx, decoder);
    if (!rc)
        rc = open_named(ctx, decoder);
    if (rc) {
        cnipol_decoder_free(decoder);
        return rc;
    }
    *out = decoder;
    return CNIPOL_OK;
}

static void close_format(struct cnipol_decoder *decoder)
{
    if (decoder->is_open && decoder->run.format->close)
        decoder->run.format->close(&decoder->run);
    decoder->is_open = false;
    decoder->run.state = NULL;
}

void cnipol_decoder_free(struct cnipol_decoder *decoder)
{
    if (!decoder)
        return;
    close_format(decoder);
    np_framer_free(&decoder->framer);
    cnipol_unpacker_free(decoder->unpacker);
    np_free(decoder->mem, decoder->unpacked, decoder->unpacked ? UNPACKED_SIZE : 0);
    np_free(decoder->mem, decoder->first, decoder->first ? NP_RECOGNISE_BYTES : 0);
    np_arena_free(&decoder->run.arena);
    np_arena_free(&decoder->strings);
    np_free(decoder->mem, decoder, sizeof *decoder);
}

void cnipol_decoder_reset(struct cnipol_decoder *decoder)
{
    if (decoder->is_open && decoder->run.format->reset)
        decoder->run.format->reset(&decoder->run);
    if (!decoder->opts.format)
        close_format(decoder);
    if (decoder->unpacker)
        cnipol_unpacker_reset(decoder->unpacker);
    decoder->piece = decoder->damage = NULL;
    decoder->n_piece = 0;
    np_framer_reset(&decoder->framer, decoder->framer.framing);
    decoder->in_frame = decoder->in_hand = decoder->finished = decoder->at_end = decoder->is_refused = decoder->has_flaw = false;
    decoder->n_first = decoder->n_rest = 0;
    decoder->number = 0;
    decoder->run.frame_number = 0;
    decoder->stats = (struct cnipol_decoder_stats){.format = decoder->is_open ? decoder->run.format->row.name : NULL};
}

int cnipol_decoder_feed(struct cnipol_decoder *decoder, const void *bytes, size_t size)
{
    if (decoder->in_hand || decoder->finished)
        return CNIPOL_E_USAGE;
    if (decoder->unpacker)
        (void)cnipol_unpacker_feed(decoder->unpacker, bytes, size);
    decoder->piece = bytes;
    decoder->n_piece = size;
    decoder->stats.bytes += size;
    decoder->in_hand = true;
    return CNIPOL_OK;
}

int cnipol_decoder_finish(struct cnipol_decoder *decoder)
{
    if (decoder->in_hand)
        return CNIPOL_E_USAGE;
    if (decoder->unpacker)
        (void)cnipol_unpacker_finish(decoder->unpacker);
    decoder->finished = true;
    return CNIPOL_OK;
}

int cnipol_decoder_damage(struct cnipol_decoder *decoder, const char *message)
{
    if (decoder->in_hand || decoder->finished)
        return CNIPOL_E_USAGE;
    decoder->damage = message;
    decoder->in_hand = true;
    return CNIPOL_OK;
}

/* A flaw of the stream itself, or of a record: where it is is in *flaw already. Counts. */
static int tell(struct cnipol_decoder *decoder, int rc, enum np_code code, const char *message)
{
    decoder->flaw.code = (int32_t)code;
    decoder->flaw.message = message;
    decoder->flaw.number = ++decoder->number;
    decoder->has_flaw = true;
    decoder->stats.flaws++;
    return rc;
}

static int tell_stream(struct cnipol_decoder *decoder, int rc, enum np_code code, const char *message)
{
    decoder->flaw = (struct cnipol_flaw){.offset = decoder->framer.offset};
    return tell(decoder, rc, code, message);
}

/* Line and column of a byte of the frame. */
static void locate(struct cnipol_decoder *decoder, const char *bytes, size_t n, size_t at)
{
    size_t start = 0;

    decoder->flaw.line = (uint32_t)decoder->frame.line;
    for (size_t i = 0; i < at && i < n; i++)
        if (bytes[i] == '\n') {
            decoder->flaw.line++;
            start = i + 1;
        }
    decoder->flaw.column = 1;
    for (size_t i = start; i < at && i < n; i++)
        decoder->flaw.column += ((unsigned char)bytes[i] & 0xc0) != 0x80;
}

static int tell_record(struct cnipol_decoder *decoder, int rc)
{
    const struct np_flow_run *run = &decoder->run;
    bool is_cut = decoder->frame.unterminated && (run->flaw_code == NP_FLOW_SYNTAX || run->flaw_code == NP_FLOW_CUT);

    decoder->flaw = (struct cnipol_flaw){
        .at = run->flaw_at,
        .offset = decoder->frame.offset + run->flaw_at,
        .record = {run->frame, (uint32_t)run->n},
        .is_cut = is_cut,
    };
    if (decoder->frame.line)
        locate(decoder, run->frame, run->n, run->flaw_at);
    decoder->in_frame = false;
    return tell(decoder, rc, is_cut ? NP_FLOW_CUT : run->flaw_code, run->flaw);
}

/* What the format made of its frame, or of the end. */
static int hand_out(struct cnipol_decoder *decoder, int rc, struct cnipol_flow *flow)
{
    if (rc == CNIPOL_E_NOMEM)
        return rc;
    if (rc < 0)
        return tell_record(decoder, rc);
    flow->number = ++decoder->number;
    flow->offset = decoder->frame.offset;
    flow->format = decoder->format;
    flow->raw = np_text(decoder->run.frame, decoder->run.n);
    decoder->stats.records++;
    return 1;
}

static int next_of_frame(struct cnipol_decoder *decoder, struct cnipol_flow *flow)
{
    size_t at = decoder->run.at;
    int rc;

    np_arena_reset(&decoder->run.arena);
    np_zero(flow, sizeof *flow);
    rc = decoder->run.format->next(&decoder->run, flow);
    if (rc == CNIPOL_E_NOMEM)
        decoder->run.at = at; /* the record is asked for again */
    if (rc == 0 || (rc > 0 && decoder->run.format->is_single))
        decoder->in_frame = false;
    return rc ? hand_out(decoder, rc, flow) : 0;
}

/* What the format held back until the stream's end. */
static int next_of_end(struct cnipol_decoder *decoder, struct cnipol_flow *flow)
{
    int rc;

    if (!decoder->is_open || !decoder->run.format->end)
        return 0;
    np_arena_reset(&decoder->run.arena);
    memset(flow, 0, sizeof *flow);
    decoder->frame = (struct np_frame){.bytes = "", .offset = decoder->framer.offset};
    decoder->run.frame = "";
    decoder->run.n = 0;
    rc = decoder->run.format->end(&decoder->run, flow);
    return rc ? hand_out(decoder, rc, flow) : 0;
}

/* Plain bytes of what was fed. As cnipol_unpacker_next(), with what is wrong in *flaw. */
static int unpack(struct cnipol_decoder *decoder, const void **bytes, size_t *n, const char **flaw)
{
    int rc;

    if (decoder->unpacker) {
        rc = cnipol_unpacker_next(decoder->unpacker, decoder->unpacked, UNPACKED_SIZE, bytes, n);
        *flaw = cnipol_unpacker_flaw(decoder->unpacker);
        decoder->stats.packing = cnipol_unpacker_packing(decoder->unpacker);
        return rc;
    }
    *bytes = decoder->piece;
    *n = decoder->n_piece;
    decoder->n_piece = 0;
    return *n > 0;
}

/* Plain bytes for the stages behind. As unpack(), but what is wrong is told. */
static int more(struct cnipol_decoder *decoder, const char **bytes, size_t *n)
{
    const char *flaw = decoder->damage;
    const void *plain = "";
    int rc = unpack(decoder, &plain, n, &flaw);

    *bytes = plain;
    if (rc > 0)
        decoder->stats.unpacked += *n;
    if (!rc && decoder->damage)
        rc = CNIPOL_E_SYNTAX;
    if (rc >= 0 || rc == CNIPOL_E_NOMEM)
        return rc;
    decoder->damage = NULL;
    return tell_stream(decoder, rc, NP_FLOW_PACKED, flaw);
}

/* The first bytes know their format now, or never will. */
static int decide(struct cnipol_decoder *decoder, int known, const struct np_format *format)
{
    int rc = known > 0 ? open_format(decoder, format) : CNIPOL_E_NOTFOUND;

    if (rc == CNIPOL_E_NOMEM)
        return rc;
    if (!rc) {
        np_framer_feed(&decoder->framer, decoder->first, decoder->n_first);
        return CNIPOL_OK;
    }
    decoder->is_refused = true;
    if (decoder->n_first < NP_RECOGNISE_BYTES && np_is_blank(decoder->first, decoder->n_first))
        return CNIPOL_OK;
    return tell_stream(decoder, CNIPOL_E_INVALID, known > 0 ? NP_FLOW_OPTION : NP_FLOW_UNRECOGNISED,
                       known > 0 ? decoder->run.usage : np_unrecognised(decoder->first, decoder->n_first));
}

/* Gathers first bytes until the format is known. 1: it is; 0: more bytes are wanted. */
static int recognise(struct cnipol_decoder *decoder)
{
    const struct np_format *format = NULL;
    const char *bytes = decoder->rest;
    size_t n = decoder->n_rest, room;
    int rc = 1, known;

    if (!n)
        rc = more(decoder, &bytes, &n);
    if (rc < 0)
        return rc;
    n = rc ? n : 0;
    room = NP_RECOGNISE_BYTES - decoder->n_first;
    room = n < room ? n : room;
    if (room)
        memcpy(decoder->first + decoder->n_first, bytes, room);
    decoder->n_first += room;
    decoder->rest = room ? bytes + room : bytes;
    decoder->n_rest = n - room;
    known = np_recognise(decoder->first, decoder->n_first, !rc && decoder->finished, &format);
    if (!known)
        return rc ? 1 : 0;
    rc = decide(decoder, known, format);
    return rc ? rc : 1;
}

/* Bytes for the framer. 1: it has some, or knows that there are none; 0: the piece is used up. */
static int feed_framer(struct cnipol_decoder *decoder)
{
    const char *bytes = decoder->rest;
    size_t n = decoder->n_rest;
    int rc = 1;

    decoder->n_rest = 0;
    if (!n)
        rc = more(decoder, &bytes, &n);
    if (rc > 0)
        np_framer_feed(&decoder->framer, bytes, n);
    if (rc || !decoder->finished || decoder->at_end)
        return rc;
    decoder->at_end = true;
    decoder->framer.ended = true;
    np_framer_feed(&decoder->framer, "", 0);
    return 1;
}

static int begin_frame(struct cnipol_decoder *decoder)
{
    struct np_flow_run *run = &decoder->run;

    run->frame = decoder->frame.bytes;
    run->n = decoder->frame.n;
    run->at = 0;
    run->frame_number++;
    decoder->in_frame = true;
    return 1;
}

/* Whether its start would pass for a record does not matter: the frame said how long it is, and its rest is missing. */
static bool lacks_its_rest(const struct cnipol_decoder *decoder)
{
    enum np_framing framing = decoder->framer.framing;

    return decoder->frame.unterminated && (framing == NP_FRAME_VARINT || framing == NP_FRAME_U32);
}

/* 1: a frame, 0: the framer wants bytes. */
static int next_frame(struct cnipol_decoder *decoder)
{
    int rc = np_framer_next(&decoder->framer, &decoder->frame);

    if (rc > 0)
        (void)begin_frame(decoder);
    if (rc > 0 && lacks_its_rest(decoder))
        return tell_record(decoder, np_flaw(&decoder->run, NP_FLOW_CUT, decoder->frame.n, "the stream ends within the record"));
    if (rc > 0)
        return rc;
    if (rc == CNIPOL_E_NOMEM || !rc)
        return rc;
    decoder->flaw = (struct cnipol_flaw){.offset = decoder->frame.offset, .line = (uint32_t)decoder->frame.line, .column = decoder->frame.line != 0};
    return tell(decoder, rc, rc == CNIPOL_E_LIMIT ? NP_FLOW_TOO_LONG : NP_FLOW_SYNTAX, decoder->framer.flaw);
}

/* One step nearer to a record. 1: go on; 2: there is one; 0: the piece is used up. */
static int step(struct cnipol_decoder *decoder, struct cnipol_flow *flow)
{
    int rc;

    if (decoder->is_refused) {
        const char *bytes;
        size_t n;

        return more(decoder, &bytes, &n);
    }
    if (!decoder->is_open)
        return recognise(decoder);
    if (decoder->in_frame) {
        rc = next_of_frame(decoder, flow);
        return rc > 0 ? 2 : rc < 0 ? rc : 1;
    }
    rc = next_frame(decoder);
    if (rc)
        return rc;
    rc = feed_framer(decoder);
    if (rc || !decoder->at_end)
        return rc;
    rc = next_of_end(decoder, flow);
    return rc > 0 ? 2 : rc;
}

int cnipol_decoder_next(struct cnipol_decoder *decoder, struct cnipol_flow *flow)
{
    int rc;

    decoder->has_flaw = false;
    do
        rc = step(decoder, flow);
    while (rc == 1);
    if (!rc)
        decoder->in_hand = false;
    return rc == 2 ? 1 : rc;
}

int np_decoder_frame(struct cnipol_decoder *decoder, const void *bytes, size_t size, np_flow_fn *fn, void *user)
{
    struct cnipol_flow flow;
    char *copy = np_zalloc(decoder->mem, size + NP_FRAME_SLACK);
    int rc = copy ? CNIPOL_OK : CNIPOL_E_NOMEM;

    if (copy && size)
        memcpy(copy, bytes, size);
    decoder->has_flaw = false;
    decoder->frame = (struct np_frame){.bytes = copy, .n = size, .line = 1};
    decoder->run.frame_number = 1; /* no first line of a stream, so no header */
    if (copy)
        (void)begin_frame(decoder);
    while (!rc && decoder->in_frame) {
        rc = next_of_frame(decoder, &flow);
        if (rc > 0)
            rc = fn(user, &flow);
    }
    decoder->in_frame = false;
    np_free(decoder->mem, copy, size + NP_FRAME_SLACK);
    decoder->flaw.record = (struct cnipol_text){0};
    return rc;
}

int cnipol_decoder_flaw(const struct cnipol_decoder *decoder, struct cnipol_flaw *out)
{
    if (decoder->has_flaw)
        *out = decoder->flaw;
    return decoder->has_flaw;
}

void cnipol_decoder_stats(const struct cnipol_decoder *decoder, struct cnipol_decoder_stats *out)
{
    *out = decoder->stats;
}

/* The line of the record that the place is in. */
static struct cnipol_text line_of(const struct cnipol_flaw *flaw)
{
    struct cnipol_text line = flaw->record;
    uint32_t start = flaw->at < line.n ? flaw->at : line.n, end = start;

    while (start && line.s[start - 1] != '\n')
        start--;
    while (end < line.n && line.s[end] != '\n')
        end++;
    return (struct cnipol_text){line.s + start, end - start};
}

static int place_flaw(const struct cnipol_flaw *flaw, struct cnipol_ctx *ctx, const char *name, struct np_span *out)
{
    struct cnipol_text line = line_of(flaw);
    uint32_t at = flaw->at < flaw->record.n ? (uint32_t)(flaw->record.s + flaw->at - line.s) : line.n;
    struct cnipol_place *place = np_sources_add_places(&ctx->sources, 1, &out->source);
    char *file = np_arena_strndup(&ctx->sources.arena, name, strlen(name));
    char *text = np_arena_strndup(&ctx->sources.arena, line.s ? line.s : "", line.n);

    if (!place || !file || !text)
        return CNIPOL_E_NOMEM;
    *place = (struct cnipol_place){.file = file, .line = flaw->line, .column = flaw->column, .end_line = flaw->line, .end_column = flaw->column + 1,
                                   .start_byte = at, .end_byte = at + 1, .text = text, .text_length = line.n};
    out->start = out->end = 0;
    return CNIPOL_OK;
}

int cnipol_decoder_tell_flaw(struct cnipol_decoder *decoder, struct cnipol_ctx *ctx, const char *name)
{
    const struct cnipol_flaw *flaw = &decoder->flaw;
    struct np_span span = NP_NOWHERE;
    struct np_diag *d;

    if (!decoder->has_flaw)
        return CNIPOL_E_USAGE;
    if (flaw->line && place_flaw(flaw, ctx, name, &span))
        return CNIPOL_E_NOMEM;
    if (flaw->line)
        d = np_diag_raise(&ctx->diags, (enum np_code)flaw->code, span, "record %llu: %s", (unsigned long long)flaw->number, flaw->message);
    else
        d = np_diag_raise(&ctx->diags, (enum np_code)flaw->code, span, "%s: record %llu, byte %llu: %s", name, (unsigned long long)flaw->number,
                          (unsigned long long)flaw->offset, flaw->message);
    return d ? CNIPOL_OK : CNIPOL_E_NOMEM;
}
