/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames: see frame.h.
 *
 * Invariant between calls: the stream's bytes from `offset` on are the `carried` ones, then in[at..n). The search for a frame's end
 * has seen all carried bytes, and its state says what it knows of them.
 */

#include "flow/frame.h"

#include <string.h>

void np_framer_init(struct np_framer *framer, struct np_mem *mem, uint64_t max)
{
    *framer = (struct np_framer){.mem = mem, .max = max, .line = 1};
}

void np_framer_free(struct np_framer *framer)
{
    np_free(framer->mem, framer->carry, framer->cap);
    *framer = (struct np_framer){0};
}

void np_framer_reset(struct np_framer *framer, enum np_framing framing)
{
    *framer = (struct np_framer){.mem = framer->mem,
                                 .max = framer->max,
                                 .framing = framing,
                                 .carry = framer->carry,
                                 .cap = framer->cap,
                                 .line = 1};
}

void np_framer_feed(struct np_framer *framer, const char *bytes, size_t n)
{
    framer->in = bytes;
    framer->n = n;
    framer->at = 0;
}

static bool is_text(const struct np_framer *framer)
{
    return framer->framing == NP_FRAME_LINE || framer->framing == NP_FRAME_JSON || framer->framing == NP_FRAME_CSV;
}

/* Room for `need` bytes and the slack. */
static int grow_carry(struct np_framer *framer, size_t need)
{
    size_t cap = framer->cap ? framer->cap : 4096;
    char *grown;

    need += NP_FRAME_SLACK;
    if (need <= framer->cap)
        return CNIPOL_OK;
    while (cap < need)
        cap *= 2;
    grown = np_realloc(framer->mem, framer->carry, framer->cap, cap);
    if (!grown)
        return CNIPOL_E_NOMEM;
    memset(grown + framer->cap, 0, cap - framer->cap);
    framer->carry = grown;
    framer->cap = cap;
    return CNIPOL_OK;
}

/* Moves bytes of the piece behind the carried ones. */
static int carry(struct np_framer *framer, size_t n)
{
    int rc = grow_carry(framer, framer->carried + n);

    if (rc)
        return rc;
    if (n)
        memcpy(framer->carry + framer->carried, framer->in + framer->at, n);
    framer->carried += n;
    framer->at += n;
    return CNIPOL_OK;
}

/* The frame that was handed out is used up. */
static void pass(struct np_framer *framer)
{
    if (!framer->used_all)
        return;
    framer->at += framer->used;
    framer->offset += framer->used_all;
    framer->line += framer->used_lines;
    framer->carried = 0;
    framer->used = 0;
    framer->used_all = 0;
    framer->search = (struct np_frame_search){0};
}

static uint64_t count_lines(const char *bytes, size_t n)
{
    uint64_t lines = 0;

    for (const char *p = bytes, *end = bytes + n; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
        lines++;
    return lines;
}

/* Hands out the frame that is the carried bytes and the next `length` of the piece, without its first `header`. */
static int hand_out(struct np_framer *framer, size_t header, size_t length, bool unterminated, struct np_frame *out)
{
    const char *bytes = framer->in + framer->at;
    size_t n = length;

    framer->used = length;
    if (framer->carried || framer->n - framer->at - length < NP_FRAME_SLACK) {
        int rc = carry(framer, length);

        if (rc)
            return rc;
        framer->used = 0;
        bytes = framer->carry;
        n = framer->carried;
    }
    framer->used_all = n;
    framer->used_lines = framer->framing == NP_FRAME_LINE ? !unterminated : is_text(framer) ? count_lines(bytes, n) : 0;
    *out = (struct np_frame){.bytes = bytes + header,
                             .n = n - header,
                             .offset = framer->offset + header,
                             .line = is_text(framer) ? framer->line : 0,
                             .unterminated = unterminated};
    if (is_text(framer))
        out->n = np_frame_trim(bytes, n);
    return 1;
}

/* Drops what was found of a frame that is too long, and what is to come of it, unless it ends there. */
static int give_up(struct np_framer *framer, size_t seen, bool ends, struct np_frame *out)
{
    *out = (struct np_frame){.offset = framer->offset, .line = is_text(framer) ? framer->line : 0};
    framer->offset += framer->carried + seen;
    framer->line += is_text(framer) && ends;
    framer->at += seen;
    framer->carried = 0;
    framer->skip_line = !ends;
    framer->search = (struct np_frame_search){0};
    framer->flaw = "the record is longer than the limit";
    return CNIPOL_E_LIMIT;
}

/* Passes over what is dropped. True: it has ended. */
static bool skip(struct np_framer *framer)
{
    size_t room = framer->n - framer->at, n = room;
    const char *end = NULL;

    if (framer->lost || (!framer->skip && !framer->skip_line))
        n = framer->lost ? room : 0;
    else if (framer->skip)
        n = framer->skip < room ? (size_t)framer->skip : room;
    else if (room && (end = memchr(framer->in + framer->at, '\n', room)))
        n = (size_t)(end - (framer->in + framer->at)) + 1;
    framer->at += n;
    framer->offset += n;
    framer->skip -= framer->skip ? n : 0;
    if (end) {
        framer->skip_line = false;
        framer->line++;
    }
    return !framer->lost && !framer->skip && !framer->skip_line;
}

/* Its line feed does not count. */
static bool is_within_max(const struct np_framer *framer, size_t length)
{
    bool has_end = length && framer->in[framer->at + length - 1] == '\n';

    return framer->carried + length - has_end <= framer->max;
}

static int find_text(struct np_framer *framer, struct np_frame *out)
{
    size_t length, rest;
    bool found;
    int rc;

    rest = framer->n - framer->at;
    found = rest && np_frame_scan(framer, framer->in + framer->at, rest, &length);
    if (found && is_within_max(framer, length))
        return hand_out(framer, 0, length, false, out);
    if (found || framer->carried + rest > framer->max)
        return give_up(framer, found ? length : rest, found, out);
    rc = rest ? carry(framer, rest) : CNIPOL_OK;
    if (rc)
        return rc;
    return framer->ended && framer->carried ? hand_out(framer, 0, 0, true, out) : 0;
}

/* Does a line that begins and ends so need no second look? */
static bool is_usual(enum np_framing framing, char first, char last)
{
    if (framing == NP_FRAME_JSON)
        return first == '{' && last == '}';
    return framing == NP_FRAME_LINE && first != '\n' && first != '\r' && last != '\r';
}

/* A frame that is one line of the piece, as nearly all are: what next_text() would find. False: let it look. */
static bool next_line(struct np_framer *framer, struct np_frame *out)
{
    size_t rest = framer->n - framer->at, length;
    const char *bytes, *end;

    if (framer->framing == NP_FRAME_CSV || framer->carried || framer->in_list || rest <= NP_FRAME_SLACK)
        return false;
    bytes = framer->in + framer->at;
    end = memchr(bytes, '\n', rest - NP_FRAME_SLACK);
    if (!end || end == bytes || !is_usual(framer->framing, *bytes, end[-1]))
        return false;
    length = (size_t)(end - bytes) + 1;
    if (length > framer->max)
        return false;
    framer->begun = true;
    framer->used = framer->used_all = length;
    framer->used_lines = 1;
    *out = (struct np_frame){.bytes = bytes, .n = length - 1, .offset = framer->offset, .line = framer->line};
    return true;
}

/* Where memory ran out, the search is where it was, as the bytes that it saw were not carried. */
static int next_text(struct np_framer *framer, struct np_frame *out)
{
    struct np_frame_search before;
    int rc;

    if (!framer->carried && framer->n > framer->at)
        framer->at += np_frame_gap(framer, framer->in + framer->at, framer->n - framer->at);
    before = framer->search;
    rc = find_text(framer, out);
    if (rc == CNIPOL_E_NOMEM)
        framer->search = before;
    return rc;
}

/* Carries bytes until the header can be read. As np_frame_header(). */
static int read_header(struct np_framer *framer, size_t *header, uint64_t *total)
{
    const char *bytes = framer->n ? framer->in + framer->at : "";
    int rc = 0;

    if (!framer->carried)
        rc = np_frame_header(framer->framing, (const uint8_t *)bytes, framer->n - framer->at, header, total);
    else
        rc = np_frame_header(framer->framing, (const uint8_t *)framer->carry, framer->carried, header, total);
    while (!rc && framer->at < framer->n) {
        int failed = carry(framer, 1);

        if (failed)
            return failed;
        rc = np_frame_header(framer->framing, (const uint8_t *)framer->carry, framer->carried, header, total);
    }
    return rc;
}

static int lose(struct np_framer *framer, struct np_frame *out)
{
    *out = (struct np_frame){.offset = framer->offset};
    framer->offset += framer->carried;
    framer->carried = 0;
    framer->lost = true;
    framer->flaw = framer->framing == NP_FRAME_IPFIX ? "no IPFIX message begins here: version 10 and a length of 16 or more are wanted"
                                                     : "no length is here: a varint has at most ten bytes";
    return CNIPOL_E_SYNTAX;
}

static int next_sized(struct np_framer *framer, struct np_frame *out)
{
    size_t header = 0, rest;
    uint64_t total = 0;
    int rc = read_header(framer, &header, &total);

    rest = framer->n - framer->at;
    if (rc == CNIPOL_E_NOMEM)
        return rc;
    if (rc < 0)
        return lose(framer, out);
    if (rc && total - header > framer->max) {
        framer->skip = total - framer->carried;
        return give_up(framer, 0, true, out);
    }
    if (rc && total - framer->carried <= rest)
        return hand_out(framer, header, (size_t)total - framer->carried, false, out);
    rc = rest ? carry(framer, rest) : CNIPOL_OK;
    if (rc)
        return rc;
    return framer->ended && framer->carried ? hand_out(framer, header, 0, true, out) : 0;
}

int np_framer_next(struct np_framer *framer, struct np_frame *out)
{
    pass(framer);
    if (!skip(framer))
        return 0;
    if (!is_text(framer))
        return next_sized(framer, out);
    return next_line(framer, out) ? 1 : next_text(framer, out);
}
