/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tracks: records that look like earlier ones are read by following what those looked like.
 *
 * A record is a row of values with fixed text between them; a writer has a few hundred such texts, and each is nearly always followed
 * by one of a few. So a walk of the long way notes its values, and afterwards each value is a stop, with the text before it:
 *
 *     {"flow":{"uuid":"ef34…","verdict":"FORWARDED","ethernet":{"source":"b2:0f…",…
 *     └── text ──┘└value┘└─── text ──┘└─ value ─┘└──────── text ────────┘
 *
 * A stop knows by which reader its value is read and into what, which members its text begins, and which bits these set. A record is
 * then read by comparing texts, up to 64 bytes at once, with no looking up of names and no nesting. Where no known text fits, the
 * record is read the long way, from its start, and noted.
 *
 * Why this is the same: a text between two values of known members goes from the one's nesting to the other's, whatever came before;
 * so stops of bare flows, and of objects that are passed over, are told apart by how deep they are.
 * What does depend on it, members that repeat and oneofs, is a bit for each of them; a second time sends the record the long way,
 * which knows what to say. Quotes in these texts are counted, so the place in the index is known. Nulls, loose spellings and
 * names with escapes are not noted.
 */

#include "flow/hubble_json.h"

#define MAX_STOPS 512u
#define MAX_NOTES 256u
#define TEXT_BYTES 64u
#define MAX_BITS 128u
#define BRANCHES 12u
#define FIRST_LESSONS 256u /* records that are learnt from in any case; more where it has paid */

/* What a text sets: bits of the flow's `has`, of its ends', and the protocol that it names, each in a part of one word. */
#define OF_FLOW 0
#define OF_SRC 32
#define OF_DST 40
#define OF_PROTOCOL 48

struct bits {
    uint64_t words[MAX_BITS / 64];
};

enum stop_kind { STOP_READ, STOP_TEXT, STOP_SKIP, STOP_SKIP_TEXT, STOP_END };

struct stop {
    uint8_t text[TEXT_BYTES], any[TEXT_BYTES]; /* any: 0xff behind the text */
    struct bits bits;                          /* of the members that the text begins; of the end, those that must have been there */
    struct stop *next[BRANCHES];               /* the more often taken first, so that they keep their places */
    uint32_t taken[BRANCHES];
    uint64_t effects;
    uint32_t n, n_quotes;
    uint32_t kind;
    uint32_t offset; /* from the base: of what the reader is given, or of the text */
    const struct np_hubble_row *row;
    const void *level; /* of values that are skipped: whose they are */
    uint32_t depth;    /* and how deep in it */
    bool of_wrapper;   /* the base is the wrapper, not the flow */
    bool is_bare;      /* of a flow without a wrapper: one level less deep */
};

/* A value of the long way, or a message that was entered. */
struct note {
    const struct np_hubble_row *row; /* NULL: of a member that nobody knows */
    const void *level;
    char *base;
    struct np_place from, to;
    uint32_t kind, depth;
    bool is_entry;
    bool is_inner; /* of a member that was begun before */
};

/* Who has a bit: a member by its row and base, a oneof by its table and number. */
struct owner {
    const void *what;
    ptrdiff_t which;
};

struct np_hubble_tracks {
    struct stop start, none; /* `none` is longer than any record, should bytes look like it */
    uint32_t n_stops, n_notes, n_bits;
    uint64_t n_followed, n_learnt; /* records */
    bool is_odd; /* something was there that is not noted */
    struct note notes[MAX_NOTES];
    struct owner owners[MAX_BITS];
    struct stop stops[MAX_STOPS];
};

int np_hubble_tracks_new(struct np_hubble *h)
{
    struct np_hubble_tracks *tracks = np_zalloc(h->run->mem, sizeof *tracks);

    if (!tracks)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < BRANCHES; i++)
        tracks->start.next[i] = tracks->none.next[i] = &tracks->none;
    tracks->none.n = UINT32_MAX;
    tracks->none.kind = STOP_END;
    h->tracks = tracks;
    return CNIPOL_OK;
}

void np_hubble_tracks_free(struct np_hubble *h)
{
    np_free(h->run->mem, h->tracks, h->tracks ? sizeof *h->tracks : 0);
}

/* ---- Noting ---- */

void np_hubble_note_start(struct np_hubble *h)
{
    h->tracks->n_notes = 0;
    h->tracks->is_odd = h->json.unusual != 0;
    h->is_noting = !h->tracks->is_odd && h->tracks->n_stops < MAX_STOPS && h->tracks->n_learnt < FIRST_LESSONS + h->tracks->n_followed / 4;
}

void np_hubble_note_odd(struct np_hubble *h)
{
    h->tracks->is_odd = true;
    h->is_noting = false;
}

static void add_note(struct np_hubble *h, struct note note)
{
    struct np_hubble_tracks *tracks = h->tracks;

    if (tracks->n_notes == MAX_NOTES)
        np_hubble_note_odd(h);
    else
        tracks->notes[tracks->n_notes++] = note;
}

struct np_place np_hubble_read_noted(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base, const void *oneof)
{
    struct note note = {.row = row, .level = oneof, .base = base, .from = at, .kind = row->read == np_hubble_read_text ? STOP_TEXT : STOP_READ};

    if (row->read == np_hubble_read_message || row->read == np_hubble_read_protocol || row->read == np_hubble_read_flow) {
        note.is_entry = true;
        add_note(h, note);
        return row->read(h, at, row, base);
    }
    h->is_noting = false;
    at = row->read(h, at, row, base);
    h->is_noting = !h->tracks->is_odd;
    note.to = at;
    if (at.p)
        add_note(h, note);
    return at;
}

/* Values inside an object that was passed over; lists are one value. */
static void note_inside(struct np_hubble *h, struct note note)
{
    struct np_place at = note.from, end = note.to;

    for (note.depth = 0; at.p < end.p && h->is_noting; at.p = np_json_next(&h->json, at.p)) {
        bool is_text = np_json_is_text(&h->json, at);

        if (!is_text && strchr("{},:", *at.p)) {
            note.depth += *at.p == '{';
            note.depth -= *at.p++ == '}';
            continue;
        }
        note.from = at;
        at = np_json_skip(&h->json, at, NP_HUBBLE_DEPTH);
        if (is_text && *np_json_next(&h->json, at.p) == ':')
            continue;
        note.to = at;
        note.kind = is_text ? STOP_SKIP_TEXT : STOP_SKIP;
        add_note(h, note);
        note.is_inner = true;
    }
}

void np_hubble_note_skipped(struct np_hubble *h, struct np_place from, struct np_place to, const struct np_hubble_row *row, char *base,
                            const void *level)
{
    struct note note = {.row = row, .level = level, .base = base, .from = from, .to = to, .kind = STOP_SKIP};

    if (np_json_is_text(&h->json, from))
        note.kind = STOP_SKIP_TEXT;
    if (row && *from.p == '{')
        note_inside(h, note);
    else
        add_note(h, note);
}

/* ---- Learning ---- */

static bool set_bit(struct np_hubble_tracks *tracks, const void *what, ptrdiff_t which, struct bits *bits)
{
    uint32_t i = 0;

    while (i < tracks->n_bits && (tracks->owners[i].what != what || tracks->owners[i].which != which))
        i++;
    if (i == MAX_BITS)
        return false;
    if (i == tracks->n_bits)
        tracks->owners[tracks->n_bits++] = (struct owner){what, which};
    bits->words[i / 64] |= (uint64_t)1 << (i % 64);
    return true;
}

static bool is_of_wrapper(const struct np_hubble *h, const char *base)
{
    return base == (const char *)&h->wrapper;
}

/* From the flow or the wrapper. */
static ptrdiff_t offset_of(const struct np_hubble *h, const char *base)
{
    return is_of_wrapper(h, base) ? 0 : base - (const char *)h->flow;
}

/* The bits of a member that a text begins. False: no more of them. */
static bool begin_member(struct np_hubble *h, const struct note *note, struct bits *bits)
{
    ptrdiff_t which = is_of_wrapper(h, note->base) ? -1 : offset_of(h, note->base);

    if (!note->row || note->is_inner)
        return true;
    return set_bit(h->tracks, note->row, which, bits) && (!note->row->oneof || set_bit(h->tracks, note->level, which, bits));
}

/* What entering a message sets. False: something else than that. */
static bool enter(struct np_hubble *h, const struct note *note, uint64_t *effects)
{
    static const struct {
        size_t at;
        unsigned shift;
    } words[] = {{offsetof(struct cnipol_flow, has), OF_FLOW}, {offsetof(struct cnipol_flow, src.has), OF_SRC}, {offsetof(struct cnipol_flow, dst.has), OF_DST}};
    size_t at = (size_t)offset_of(h, note->base) + note->row->has_at;

    if (note->row->read == np_hubble_read_protocol)
        *effects |= (uint64_t)note->row->offset << OF_PROTOCOL;
    for (size_t i = 0; note->row->has && i < sizeof words / sizeof *words; i++)
        if (words[i].at == at) {
            *effects |= (uint64_t)note->row->has << words[i].shift;
            return true;
        }
    return !note->row->has;
}

static bool is_same(const struct stop *a, const struct stop *b)
{
    return a->n == b->n && memcmp(a->text, b->text, a->n) == 0 && a->kind == b->kind && a->offset == b->offset && a->row == b->row &&
           a->level == b->level && a->depth == b->depth && a->of_wrapper == b->of_wrapper && a->is_bare == b->is_bare;
}

/* The stop that is like this one, perhaps a new one; NULL: no more of them. */
static struct stop *find_stop(struct np_hubble_tracks *tracks, const struct stop *like)
{
    struct stop *added;

    for (uint32_t i = 0; i < tracks->n_stops; i++)
        if (is_same(&tracks->stops[i], like))
            return &tracks->stops[i];
    if (tracks->n_stops == MAX_STOPS)
        return NULL;
    added = &tracks->stops[tracks->n_stops++];
    *added = *like;
    memset(added->any + added->n, 0xff, TEXT_BYTES - added->n);
    for (uint32_t i = 0; i < BRANCHES; i++)
        added->next[i] = &tracks->none;
    return added;
}

/* One more way to go on; the last gives way. */
static void add_branch(struct stop *stop, struct stop *next, const struct stop *none)
{
    uint32_t i = 0;

    while (i < BRANCHES - 1 && stop->next[i] != next && stop->next[i] != none)
        i++;
    if (stop->next[i] != next)
        stop->taken[i] = 0;
    stop->next[i] = next;
}

static void count_branch(struct stop *stop, uint32_t i)
{
    struct stop *next = stop->next[i];

    if (++stop->taken[i] <= stop->taken[i - 1])
        return;
    stop->next[i] = stop->next[i - 1];
    stop->next[i - 1] = next;
    stop->taken[i] = stop->taken[i - 1];
    stop->taken[i - 1]++;
}

/* From one stop on to the next, whose text is from..to. NULL: it is not learnt. */
static struct stop *learn_stop(struct np_hubble *h, struct stop *before, struct stop *stop, struct np_place from, struct np_place to)
{
    struct stop *found;

    if (to.p - from.p > TEXT_BYTES)
        return NULL;
    stop->n = (uint32_t)(to.p - from.p);
    stop->n_quotes = (uint32_t)(to.q - from.q);
    memcpy(stop->text, from.p, stop->n);
    found = find_stop(h->tracks, stop);
    if (found)
        add_branch(before, found, &h->tracks->none);
    return found;
}

static void begin_stop(const struct np_hubble *h, struct stop *stop, const struct note *note, bool is_bare)
{
    stop->is_bare = is_bare;
    stop->kind = note->kind;
    stop->row = note->row;
    stop->level = note->level;
    stop->depth = note->depth;
    stop->of_wrapper = is_of_wrapper(h, note->base);
    stop->offset = (uint32_t)offset_of(h, note->base) + (note->kind == STOP_TEXT ? note->row->offset : 0);
}

/* The end of a record in its wrapper, of which a member of the oneof must be there, or of a bare one. */
static void learn_end(struct np_hubble *h, struct stop *before, struct stop *stop, struct np_place from, struct np_place to, bool is_bare)
{
    stop->kind = STOP_END;
    stop->is_bare = is_bare;
    if (is_bare || set_bit(h->tracks, h->plans[NP_HUBBLE_WRAPPER].rows, -1, &stop->bits))
        (void)learn_stop(h, before, stop, from, to);
}

void np_hubble_learn(struct np_hubble *h, struct np_place end, bool is_bare)
{
    struct np_hubble_tracks *tracks = h->tracks;
    struct np_place from = np_json_start(&h->json);
    struct stop *before = &tracks->start, stop = {.n = 0};

    if (!h->is_noting)
        return;
    tracks->n_learnt++;
    h->is_noting = false;
    for (uint32_t i = 0; i < tracks->n_notes; i++) {
        const struct note *note = &tracks->notes[i];
        bool is_text = note->kind == STOP_TEXT || note->kind == STOP_SKIP_TEXT;

        if (!begin_member(h, note, &stop.bits) || (note->is_entry && !enter(h, note, &stop.effects)))
            return;
        if (note->is_entry)
            continue;
        begin_stop(h, &stop, note, is_bare);
        before = learn_stop(h, before, &stop, from, (struct np_place){note->from.p + is_text, note->from.q + is_text});
        if (!before)
            return;
        from = note->to;
        stop = (struct stop){.n = 0};
    }
    learn_end(h, before, &stop, from, end, is_bare);
}

/* ---- Following ---- */

static inline bool is_at(const struct stop *stop, const char *p)
{
    if (!np_json_are(p, stop->text, stop->any) || !np_json_are(p + 16, stop->text + 16, stop->any + 16))
        return false;
    return stop->n <= 32 || (np_json_are(p + 32, stop->text + 32, stop->any + 32) && np_json_are(p + 48, stop->text + 48, stop->any + 48));
}

static struct stop *other_stop(struct stop *stop, const char *p)
{
    for (uint32_t i = 1; i < BRANCHES; i++) {
        struct stop *next = stop->next[i];

        if (next->n == UINT32_MAX)
            return NULL;
        if (!is_at(next, p))
            continue;
        count_branch(stop, i);
        return next;
    }
    return NULL;
}

/* A list of texts, a number, or any value. */
static struct np_place skip_value(struct np_hubble *h, struct np_place at)
{
    struct np_place p = {at.p + 1, at.q};
    struct np_json_integer integer;

    if ((unsigned char)(*at.p - '1') < 9 && np_json_digits(np_json_load8(at.p)) < 8)
        return np_json_unsigned(&h->json, at, &integer);
    if (*at.p != '[')
        return np_json_skip(&h->json, at, NP_HUBBLE_DEPTH - 8);
    while (np_json_is_text(&h->json, p)) {
        p = (struct np_place){h->json.s + p.q[1] + 1, p.q + 2};
        if (*p.p != ',')
            break;
        p.p++;
    }
    if (*p.p != ']' || p.p[-1] == ',')
        return np_json_skip(&h->json, at, NP_HUBBLE_DEPTH - 8);
    p.p++;
    return p;
}

static inline struct np_place pass_value(struct np_hubble *h, struct np_place at, const struct stop *stop, char *base)
{
    if (stop->kind == STOP_READ)
        return stop->row->read(h, at, stop->row, base + stop->offset);
    return skip_value(h, at);
}

static void settle_effects(struct cnipol_flow *flow, uint64_t effects)
{
    flow->has |= (uint32_t)effects;
    flow->src.has |= effects >> OF_SRC & 0xff;
    flow->dst.has |= effects >> OF_DST & 0xff;
    flow->protocol = effects >> OF_PROTOCOL & 0xff;
}

bool np_hubble_follow(struct np_hubble *h)
{
    char *const bases[2] = {(char *)h->flow, (char *)&h->wrapper};
    struct np_place at = np_json_start(&h->json);
    struct stop *stop = &h->tracks->start, *next;
    uint64_t seen0 = 0, seen1 = 0, effects = 0;

    if (h->json.unusual)
        return false;
    h->depth = 2;
    for (;; stop = next) {
        next = stop->next[0];
        stop->taken[0]++;
        if (__builtin_expect(!is_at(next, at.p), 0) && !(next = other_stop(stop, at.p)))
            return false;
        at = (struct np_place){at.p + next->n, at.q + next->n_quotes};
        if (__builtin_expect(at.p > h->json.end, 0) || next->kind == STOP_END)
            break;
        if (__builtin_expect(((seen0 & next->bits.words[0]) | (seen1 & next->bits.words[1])) != 0, 0))
            return false;
        seen0 |= next->bits.words[0];
        seen1 |= next->bits.words[1];
        effects |= next->effects;
        if (next->kind == STOP_TEXT || next->kind == STOP_SKIP_TEXT) {
            const char *end = h->json.s + at.q[0];

            if (next->kind == STOP_TEXT)
                np_hubble_store_text(bases[next->of_wrapper] + next->offset, (struct np_json_text){at.p, (uint32_t)(end - at.p)});
            at = (struct np_place){end + 1, at.q + 1};
            continue;
        }
        at = pass_value(h, at, next, bases[next->of_wrapper]);
        if (__builtin_expect(!at.p || at.p > h->json.end, 0))
            return false;
    }
    if (np_json_space(&h->json, at.p) != h->json.end || (next->bits.words[0] & ~seen0) | (next->bits.words[1] & ~seen1))
        return false;
    settle_effects(h->flow, effects | next->effects);
    h->tracks->n_followed++;
    return true;
}
