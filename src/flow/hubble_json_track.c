/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tracks: noting what a walk of the long way met, and learning stops from it. See hubble_json_track.h.
 */

#include "flow/hubble_json_track.h"

#define FIRST_LESSONS 256u /* records that are learnt from in any case; more where it has paid */

/* Nothing goes on from it yet. */
static void end_stop(struct np_hubble_tracks *tracks, struct np_hubble_stop *stop)
{
    stop->next = tracks->none;
    stop->more = &tracks->more[stop - tracks->start];
    for (uint32_t i = 0; i < NP_HUBBLE_BRANCHES; i++)
        stop->more->next[i] = tracks->none;
}

int np_hubble_tracks_new(struct np_hubble *h)
{
    struct np_hubble_tracks *tracks = np_zalloc(h->run->mem, sizeof *tracks);
    struct np_hubble_stop *none;

    if (!tracks)
        return CNIPOL_E_NOMEM;
    tracks->start = (struct np_hubble_stop *)(void *)(tracks->room + -(uintptr_t)tracks->room % sizeof none->text);
    tracks->none = none = tracks->start + 1;
    tracks->n_stops = 2;
    *none = (struct np_hubble_stop){.n = NP_HUBBLE_STOP_BYTES, .kind = NP_HUBBLE_STOP_END, .bits = {0, (uint64_t)1 << 63, 0, UINT64_MAX}};
    end_stop(tracks, tracks->start);
    end_stop(tracks, none);
    h->tracks = tracks;
    return CNIPOL_OK;
}

void np_hubble_tracks_free(struct np_hubble *h)
{
    np_free(h->run->mem, h->tracks, h->tracks ? sizeof *h->tracks : 0);
}

/* ---- Noting ---- */

static bool is_of_wrapper(const struct np_hubble *h, const char *base)
{
    return base == (const char *)&h->wrapper;
}

void np_hubble_note_start(struct np_hubble *h)
{
    h->tracks->n_notes = 0;
    h->tracks->is_odd = h->json.unusual != 0;
    h->is_noting = !h->tracks->is_odd && h->tracks->n_stops < NP_HUBBLE_STOPS && h->tracks->n_learnt < FIRST_LESSONS + h->tracks->n_followed / 4;
}

void np_hubble_note_odd(struct np_hubble *h)
{
    h->tracks->is_odd = true;
    h->is_noting = false;
}

static void add_note(struct np_hubble *h, struct np_hubble_note note)
{
    struct np_hubble_tracks *tracks = h->tracks;

    if (tracks->n_notes == NP_HUBBLE_NOTES)
        np_hubble_note_odd(h);
    else
        tracks->notes[tracks->n_notes++] = note;
}

/* How what the row reads into the flow is read. */
static uint32_t kind_of(const struct np_hubble_row *row)
{
    static const struct {
        np_hubble_reader *read;
        uint32_t kind;
    } kinds[] = {{np_hubble_read_text, NP_HUBBLE_STOP_TEXT}, {np_hubble_read_u32, NP_HUBBLE_STOP_U32}, {np_hubble_read_port, NP_HUBBLE_STOP_PORT}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].read == row->read)
            return kinds[i].kind;
    return NP_HUBBLE_STOP_READ;
}

struct np_place np_hubble_read_noted(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base, const void *oneof)
{
    struct np_hubble_note note = {.row = row, .level = oneof, .base = base, .from = at, .kind = NP_HUBBLE_STOP_READ};

    if (row->read == np_hubble_read_message || row->read == np_hubble_read_protocol || row->read == np_hubble_read_flow) {
        note.is_entry = true;
        add_note(h, note);
        return row->read(h, at, row, base);
    }
    note.kind = is_of_wrapper(h, base) ? NP_HUBBLE_STOP_READ : kind_of(row);
    h->is_noting = false;
    at = row->read(h, at, row, base);
    h->is_noting = !h->tracks->is_odd;
    note.to = at;
    if (at.p)
        add_note(h, note);
    return at;
}

/* Does a bracket open here that values are noted in? Of lists, one of objects; others are one value. */
static bool is_entered(const struct np_hubble *h, const char *p, uint64_t path)
{
    return path >> 62 == 0 && (*p == '{' || (*p == '[' && *np_json_next(&h->json, p + 1) == '{'));
}

/* Values inside of what was passed over. */
static void note_inside(struct np_hubble *h, struct np_hubble_note note)
{
    struct np_place at = note.from, end = note.to;

    note.is_inner = true;
    for (note.path = 1; at.p < end.p && h->is_noting; at.p = np_json_next(&h->json, at.p)) {
        bool is_text = np_json_is_text(&h->json, at), opens = !is_text && is_entered(h, at.p, note.path);

        if (opens || (!is_text && strchr("}],:", *at.p))) {
            note.path = opens ? note.path << 1 | (*at.p == '{') : note.path >> (*at.p == '}' || *at.p == ']');
            at.p++;
            continue;
        }
        note.from = at;
        at = np_json_skip(&h->json, at, NP_HUBBLE_DEPTH);
        if (is_text && *np_json_next(&h->json, at.p) == ':')
            continue;
        note.to = at;
        note.kind = is_text ? NP_HUBBLE_STOP_SKIP_TEXT : NP_HUBBLE_STOP_SKIP;
        add_note(h, note);
    }
}

void np_hubble_note_skipped(struct np_hubble *h, struct np_place from, struct np_place to, const struct np_hubble_row *row, char *base,
                            const void *level)
{
    struct np_hubble_note note = {.row = row, .level = level, .base = base, .from = from, .to = to, .kind = NP_HUBBLE_STOP_SKIP};

    if (np_json_is_text(&h->json, from))
        note.kind = NP_HUBBLE_STOP_SKIP_TEXT;
    note.is_entry = row && is_entered(h, from.p, 1);
    add_note(h, note);
    if (note.is_entry) {
        note.is_entry = false;
        note_inside(h, note);
    }
}

/* ---- Learning ---- */

static bool set_bit(struct np_hubble_tracks *tracks, const void *what, ptrdiff_t which, np_hubble_bits *bits)
{
    uint32_t i = 0;

    while (i < tracks->n_bits && (tracks->owners[i].what != what || tracks->owners[i].which != which))
        i++;
    if (i == NP_HUBBLE_BITS)
        return false;
    if (i == tracks->n_bits)
        tracks->owners[tracks->n_bits++] = (struct np_hubble_owner){what, which};
    (*bits)[i / 64] |= (uint64_t)1 << (i % 64);
    return true;
}

/* From the flow or the wrapper. */
static ptrdiff_t offset_of(const struct np_hubble *h, const char *base)
{
    return is_of_wrapper(h, base) ? 0 : base - (const char *)h->flow;
}

/* The bits of a member that a text begins. False: no more of them. */
static bool begin_member(struct np_hubble *h, const struct np_hubble_note *note, np_hubble_bits *bits)
{
    ptrdiff_t which = is_of_wrapper(h, note->base) ? -1 : offset_of(h, note->base);

    if (!note->row || note->is_inner)
        return true;
    return set_bit(h->tracks, note->row, which, bits) && (!note->row->oneof || set_bit(h->tracks, note->level, which, bits));
}

/* What entering a message sets, where it is read. False: something else than a stop can set. */
static bool enter(struct np_hubble *h, const struct np_hubble_note *note, np_hubble_bits *bits)
{
    static const struct {
        size_t at;
        unsigned shift;
    } words[] = {{offsetof(struct cnipol_flow, has), NP_HUBBLE_OF_FLOW},
                 {offsetof(struct cnipol_flow, src.has), NP_HUBBLE_OF_SRC},
                 {offsetof(struct cnipol_flow, dst.has), NP_HUBBLE_OF_DST}};
    size_t at = (size_t)offset_of(h, note->base) + note->row->has_at;

    if (note->kind != NP_HUBBLE_STOP_READ)
        return true;
    if (note->row->read == np_hubble_read_protocol)
        (*bits)[NP_HUBBLE_EFFECTS] |= (uint64_t)note->row->offset << NP_HUBBLE_OF_PROTOCOL;
    for (size_t i = 0; note->row->has && i < sizeof words / sizeof *words; i++)
        if (words[i].at == at) {
            (*bits)[NP_HUBBLE_EFFECTS] |= (uint64_t)note->row->has << words[i].shift;
            return true;
        }
    return !note->row->has;
}

/* A stop that is being learnt. */
struct lesson {
    struct np_hubble_stop stop;
    struct np_hubble_stop_more more;
};

/* There must be room. */
static struct np_hubble_stop *add_stop(struct np_hubble_tracks *tracks, const struct lesson *lesson)
{
    struct np_hubble_stop *added = tracks->start + tracks->n_stops;

    *added = lesson->stop;
    tracks->more[tracks->n_stops++] = lesson->more;
    end_stop(tracks, added);
    return added;
}

static bool is_same(const struct np_hubble_tracks *tracks, uint32_t i, const struct lesson *like)
{
    const struct np_hubble_stop *a = tracks->start + i, *b = &like->stop;
    const struct np_hubble_stop_more *more_a = &tracks->more[i], *more_b = &like->more;

    return a->n == b->n && memcmp(a->text, b->text, a->n) == 0 && a->kind == b->kind && a->offset == b->offset && a->row == b->row &&
           a->of_wrapper == b->of_wrapper && more_a->level == more_b->level && more_a->path == more_b->path && more_a->is_bare == more_b->is_bare;
}

/* The stop that is like this one, perhaps a new one; NULL: no more of them. */
static struct np_hubble_stop *find_stop(struct np_hubble_tracks *tracks, const struct lesson *like)
{
    for (uint32_t i = 2; i < tracks->n_stops; i++)
        if (is_same(tracks, i, like))
            return tracks->start + i;
    return tracks->n_stops < NP_HUBBLE_STOPS ? add_stop(tracks, like) : NULL;
}

/* One more way to go on; the last gives way. */
static void add_branch(struct np_hubble_tracks *tracks, struct np_hubble_stop *stop, struct np_hubble_stop *next)
{
    struct np_hubble_stop_more *more = stop->more;
    uint32_t i = 0;

    while (i < NP_HUBBLE_BRANCHES - 1 && more->next[i] != next && more->next[i] != tracks->none)
        i++;
    if (more->next[i] != next)
        more->taken[i] = 0;
    more->next[i] = next;
    stop->next = more->next[0];
}

/* From one stop on to the next, whose text is from..to. NULL: it is not learnt. */
static struct np_hubble_stop *learn_stop(struct np_hubble *h, struct np_hubble_stop *before, struct lesson *lesson, struct np_place from, struct np_place to)
{
    struct np_hubble_stop *stop = &lesson->stop, *found;

    if (to.p - from.p > NP_HUBBLE_STOP_BYTES || to.p == from.p)
        return NULL;
    stop->n = (uint8_t)(to.p - from.p);
    stop->n_quotes = (uint8_t)(to.q - from.q);
    stop->bits[NP_HUBBLE_MASK] = UINT64_MAX >> (NP_HUBBLE_STOP_BYTES - stop->n);
    memcpy(stop->text, from.p, stop->n);
    found = find_stop(h->tracks, lesson);
    if (found)
        add_branch(h->tracks, before, found);
    return found;
}

static void begin_stop(const struct np_hubble *h, struct lesson *lesson, const struct np_hubble_note *note)
{
    lesson->stop.kind = (uint8_t)note->kind;
    lesson->stop.row = note->row;
    lesson->stop.of_wrapper = is_of_wrapper(h, note->base);
    lesson->stop.offset = (uint16_t)(offset_of(h, note->base) + (note->kind == NP_HUBBLE_STOP_TEXT ? note->row->offset : 0));
    lesson->more.level = note->level;
    lesson->more.path = note->path;
}

/* The end of a record in its wrapper, of which a member of the oneof must be there, or of a bare one. */
static void learn_end(struct np_hubble *h, struct np_hubble_stop *before, struct lesson *lesson, struct np_place from, struct np_place to)
{
    lesson->stop.kind = NP_HUBBLE_STOP_END;
    if (lesson->more.is_bare || set_bit(h->tracks, h->plans[NP_HUBBLE_WRAPPER].rows, -1, &lesson->stop.bits))
        (void)learn_stop(h, before, lesson, from, to);
}

void np_hubble_learn(struct np_hubble *h, struct np_place end, bool is_bare)
{
    const struct lesson none = {.more.is_bare = is_bare};
    struct np_place from = np_json_start(&h->json);
    struct np_hubble_tracks *tracks = h->tracks;
    struct np_hubble_stop *before = tracks->start;
    struct lesson lesson = none;

    if (!h->is_noting)
        return;
    tracks->n_learnt++;
    h->is_noting = false;
    for (uint32_t i = 0; i < tracks->n_notes; i++) {
        const struct np_hubble_note *note = &tracks->notes[i];
        bool is_text = note->kind == NP_HUBBLE_STOP_TEXT || note->kind == NP_HUBBLE_STOP_SKIP_TEXT;

        if (!begin_member(h, note, &lesson.stop.bits) || (note->is_entry && !enter(h, note, &lesson.stop.bits)))
            return;
        if (note->is_entry)
            continue;
        begin_stop(h, &lesson, note);
        before = learn_stop(h, before, &lesson, from, (struct np_place){note->from.p + is_text, note->from.q + is_text});
        if (!before)
            return;
        from = note->to;
        lesson = none;
    }
    learn_end(h, before, &lesson, from, end);
}
