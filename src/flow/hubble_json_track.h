/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_HUBBLE_JSON_TRACK_H
#define NP_FLOW_HUBBLE_JSON_TRACK_H

/*
 * Tracks: records that look like earlier ones are read by following what those looked like.
 *
 * A record is a row of values with fixed text between them; a writer has a few hundred such texts, and each is nearly always followed
 * by one of a few. So a walk of the long way notes its values, and afterwards each value is a stop, with the text before it:
 *
 *     {"flow":{"uuid":"ef34…","verdict":"FORWARDED","ethernet":{"source":"b2:0f…",…
 *     └── text ──┘└value┘└─── text ──┘└─ value ─┘└──────── text ────────┘
 *
 *     hubble_json_track.c   notes and learns stops
 *     hubble_json_follow.c  follows them
 *
 * A stop knows by which reader its value is read and into what, which members its text begins, and which bits these set. A record is
 * then read by comparing texts, 64 bytes at once, with no looking up of names and no nesting. Where no known text fits, the
 * record is read the long way, from its start, and noted.
 *
 * Why this is the same: a text between two values of known members goes from the one's nesting to the other's, whatever came before;
 * so stops of bare flows, and those in what is passed over, are told apart by the brackets that are open around them.
 * What does depend on it, members that repeat and oneofs, is a bit for each of them; a second time sends the record the long way,
 * which knows what to say. Quotes in these texts are counted, so the place in the index is known. Nulls, loose spellings and
 * names with escapes are not noted.
 *
 * A stop that is followed is two cache lines, and where else to go from it lies apart. The ways are tried one by one: processors learn which
 * one it will be from where the walk came from, so choosing by looking at the next bytes, which all that follows has to wait for, is slower.
 */

#include "flow/hubble_json.h"

#define NP_HUBBLE_STOPS 512u
#define NP_HUBBLE_NOTES 256u
#define NP_HUBBLE_STOP_BYTES 64u
#define NP_HUBBLE_BITS 127u /* of members and oneofs; one more is never set */
#define NP_HUBBLE_BRANCHES 12u

enum np_hubble_stop_kind {
    NP_HUBBLE_STOP_TEXT,
    NP_HUBBLE_STOP_SKIP_TEXT, /* no text is behind it in this list */
    NP_HUBBLE_STOP_SKIP,
    NP_HUBBLE_STOP_U32,
    NP_HUBBLE_STOP_PORT,
    NP_HUBBLE_STOP_READ, /* by the row's reader */
    NP_HUBBLE_STOP_END
};

/* What a text sets: bits of the flow's `has`, of its ends', and the protocol that it names, each in a part of one word. */
#define NP_HUBBLE_OF_FLOW 0
#define NP_HUBBLE_OF_SRC 32
#define NP_HUBBLE_OF_DST 40
#define NP_HUBBLE_OF_PROTOCOL 48

/* Two words of bits for members and oneofs, one of what they set: as one, for they are united at each stop. A place is left for a mask. */
typedef uint64_t np_hubble_bits __attribute__((vector_size(32), aligned(8)));
#define NP_HUBBLE_EFFECTS 2
#define NP_HUBBLE_MASK 3 /* of the bytes of the text that count; it means nothing where others are united with it */

struct np_hubble_stop {
    char text[NP_HUBBLE_STOP_BYTES]; /* its first n bytes count */
    np_hubble_bits bits;             /* of the members that the text begins; of the end, those that must have been there */
    struct np_hubble_stop *next;     /* the most often taken */
    struct np_hubble_stop_more *more;
    const struct np_hubble_row *row;
    uint16_t offset; /* from the base: of what the reader is given, or of the text */
    uint8_t n, n_quotes;
    uint8_t kind;
    bool of_wrapper; /* the base is the wrapper, not the flow */
};
_Static_assert(sizeof(struct np_hubble_stop) == 128, "two cache lines");

/* Beside each stop: what tells it apart, and the ways to go on, the more often taken first, so that they keep their places. */
struct np_hubble_stop_more {
    const void *level; /* of values that are skipped: whose they are */
    uint64_t path;     /* and in which brackets there, from the inmost: 1 an object, 0 a list; above them a 1 */
    bool is_bare;      /* of a flow without a wrapper: one level less deep */
    struct np_hubble_stop *next[NP_HUBBLE_BRANCHES];
    uint32_t taken[NP_HUBBLE_BRANCHES];
};

/* A value of the long way, or a message that was begun. */
struct np_hubble_note {
    const struct np_hubble_row *row; /* NULL: of a member that nobody knows */
    const void *level;
    char *base;
    struct np_place from, to;
    uint64_t path;
    uint32_t kind;
    bool is_entry; /* no value: it sets bits only */
    bool is_inner; /* of a member that was begun before */
};

/* Who has a bit: a member by its row and base, a oneof by its table and number. */
struct np_hubble_owner {
    const void *what;
    ptrdiff_t which;
};

struct np_hubble_tracks {
    struct np_hubble_stop *start; /* the first of them; no stop by itself */
    struct np_hubble_stop *none;  /* the next; where it seems to be reached, the record is not taken */
    uint32_t n_stops, n_notes, n_bits;
    uint64_t n_followed, n_learnt; /* records */
    bool is_odd; /* something was there that is not noted */
    struct np_hubble_note notes[NP_HUBBLE_NOTES];
    struct np_hubble_owner owners[NP_HUBBLE_BITS];
    struct np_hubble_stop_more more[NP_HUBBLE_STOPS];
    char room[(NP_HUBBLE_STOPS + 1) * sizeof(struct np_hubble_stop)]; /* the stops, from a multiple of 64 on */
};

#endif
