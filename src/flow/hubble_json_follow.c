/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Following tracks (see hubble_json_track.h): the loop that reads nearly all records.
 *
 * At each stop its text is compared, what it begins is noted, and its value is read; nothing waits for what was read before but
 * where the index says that a text ends. Members that repeat are looked for once, at the end: until then nothing was believed.
 *
 * There are two loops for plain records. One counts how often each way is taken, so that the most often taken one is tried first, and compares texts 32 bytes
 * at once. Where there is AVX-512 the other one reads most records: it compares 64 bytes at once, counts nothing, and passes over lists of a
 * few texts without a branch on how many they are. A third one is for records in which not all is plain: it looks at each text.
 */

#include "flow/hubble_json_number.h"
#include "flow/hubble_json_track.h"

#if defined __x86_64__
#include <immintrin.h>
#endif

#define COUNTED_FIRST 256u /* records in which ways are counted in any case … */
#define COUNTED_EACH 251u  /* … and then in one of so many */
#define AHEAD_BYTES 3072u  /* how far ahead bytes are asked for, at each stop some */

/* A walk along tracks. */
struct walk {
    struct np_hubble *h;
    const uint32_t *quotes; /* of h->json, as these two */
    const char *s, *end;
    struct np_place at;
    np_hubble_bits seen, twice;
};

#define INLINE inline __attribute__((always_inline))

typedef struct np_place skip_fn(const struct np_json *json, struct np_place at);

/* A list of texts. p of the result is NULL where it is something else. */
static INLINE struct np_place skip_texts(const struct np_json *json, struct np_place at)
{
    struct np_place p = {at.p + 1, at.q};

    while (np_json_is_text(json, p)) {
        p = (struct np_place){np_json_quote(json, p, 1) + 1, p.q + 2};
        if (*p.p != ',')
            break;
        p.p++;
    }
    if (*p.p != ']' || p.p[-1] == ',')
        return (struct np_place){NULL, 0};
    p.p++;
    return p;
}

/* true or false. p of the result is NULL where it is something else. */
static INLINE struct np_place skip_bool(struct np_place at)
{
    bool is_true = memcmp(at.p, "true", 4) == 0;
    const char *end = at.p + 5 - is_true;

    if (!is_true && memcmp(at.p, "false", 5) != 0)
        return (struct np_place){NULL, 0};
    return (struct np_place){*end == ',' || *end == '}' ? end : NULL, at.q};
}

static INLINE struct np_place skip_value(struct np_hubble *h, struct np_place at, skip_fn *skip_list)
{
    struct np_place behind = {NULL, 0};
    struct np_json_integer integer;

    if ((unsigned char)(*at.p - '1') < 9 && np_json_digits(np_json_load8(at.p)) < 8)
        return np_json_unsigned(&h->json, at, &integer);
    if (*at.p == '[')
        behind = skip_list(&h->json, at);
    else if (*at.p == 't' || *at.p == 'f')
        behind = skip_bool(at);
    return behind.p ? behind : np_json_skip(&h->json, at, NP_HUBBLE_DEPTH - 8);
}

static INLINE struct np_place pass_value(struct np_hubble *h, struct np_place at, const struct np_hubble_stop *stop, skip_fn *skip_list)
{
    char *base;

    if (stop->kind == NP_HUBBLE_STOP_SKIP)
        return skip_value(h, at, skip_list);
    base = stop->of_wrapper ? (char *)&h->wrapper : (char *)h->flow;
    switch (stop->kind) {
    case NP_HUBBLE_STOP_U32:
        return np_hubble_take_u32(h, at, stop->row, base + stop->offset);
    case NP_HUBBLE_STOP_PORT:
        return np_hubble_take_port(h, at, stop->row, base + stop->offset);
    default:
        return stop->row->read(h, at, stop->row, base + stop->offset);
    }
}

/* Passes the stop's text, which is there, and its value. False: the record is not taken, or it ends here. */
static INLINE bool pass(struct walk *w, const struct np_hubble_stop *stop, skip_fn *skip_list)
{
    const char *p = w->at.p + stop->n, *end;

    w->at = (struct np_place){p, w->at.q + stop->n_quotes};
    __builtin_prefetch(p + AHEAD_BYTES);
    if (__builtin_expect(p > w->end, 0))
        return false;
    if (stop->kind <= NP_HUBBLE_STOP_SKIP_TEXT) {
        end = w->s + w->quotes[w->at.q];
        if (stop->kind == NP_HUBBLE_STOP_TEXT)
            np_hubble_store_text((char *)w->h->flow + stop->offset, (struct np_json_text){p, (uint32_t)(end - p)});
        w->at = (struct np_place){end + 1, w->at.q + 1};
    } else if (__builtin_expect(stop->kind == NP_HUBBLE_STOP_END, 0)) {
        return false;
    } else {
        w->at = pass_value(w->h, w->at, stop, skip_list);
    }
    w->twice |= w->seen & stop->bits;
    w->seen |= stop->bits;
    return stop->kind <= NP_HUBBLE_STOP_SKIP_TEXT || (w->at.p && w->at.p <= w->end);
}

/* The same where texts may have escapes and what is no ASCII, so that each is looked at. */
static bool pass_odd(struct walk *w, const struct np_hubble_stop *stop)
{
    struct np_place at = {w->at.p + stop->n, w->at.q + stop->n_quotes};
    struct np_json_text text;

    w->at = at;
    if (at.p > w->end || stop->kind == NP_HUBBLE_STOP_END)
        return false;
    if (stop->kind <= NP_HUBBLE_STOP_SKIP_TEXT) {
        w->at = np_json_text(&w->h->json, (struct np_place){at.p - 1, at.q - 1}, &text);
        if (w->at.p && stop->kind == NP_HUBBLE_STOP_TEXT)
            np_hubble_store_text((char *)w->h->flow + stop->offset, text);
    } else if (stop->kind == NP_HUBBLE_STOP_SKIP) {
        w->at = np_json_skip(&w->h->json, at, NP_HUBBLE_DEPTH - 8);
    } else {
        w->at = stop->row->read(w->h, at, stop->row, (stop->of_wrapper ? (char *)&w->h->wrapper : (char *)w->h->flow) + stop->offset);
    }
    w->twice |= w->seen & stop->bits;
    w->seen |= stop->bits;
    return w->at.p && w->at.p <= w->end;
}

static void settle_effects(struct cnipol_flow *flow, uint64_t effects)
{
    flow->has |= (uint32_t)effects;
    flow->src.has |= effects >> NP_HUBBLE_OF_SRC & 0xff;
    flow->dst.has |= effects >> NP_HUBBLE_OF_DST & 0xff;
    flow->protocol = effects >> NP_HUBBLE_OF_PROTOCOL & 0xff;
}

/* The walk stopped: is the record read? */
static INLINE bool settle(const struct walk *w, const struct np_hubble_stop *stop)
{
    np_hubble_bits missing = stop->bits & ~w->seen;

    if (!w->at.p || stop->kind != NP_HUBBLE_STOP_END || np_json_space(&w->h->json, w->at.p) != w->h->json.end)
        return false;
    if (missing[0] | missing[1] | w->twice[0] | w->twice[1])
        return false;
    settle_effects(w->h->flow, w->seen[NP_HUBBLE_EFFECTS] | stop->bits[NP_HUBBLE_EFFECTS]);
    w->h->tracks->n_followed++;
    return true;
}

/* The i-th of the ways was taken. */
static void count_way(struct np_hubble_stop *stop, uint32_t i)
{
    struct np_hubble_stop_more *more = stop->more;
    struct np_hubble_stop *next = more->next[i];
    uint32_t taken = ++more->taken[i];

    if (i == 0 || taken <= more->taken[i - 1])
        return;
    more->next[i] = more->next[i - 1];
    more->taken[i] = more->taken[i - 1];
    more->next[i - 1] = next;
    more->taken[i - 1] = taken;
    stop->next = more->next[0];
}

static INLINE struct walk begin(struct np_hubble *h)
{
    h->depth = 2;
    return (struct walk){.h = h, .quotes = h->json.quotes, .s = h->json.s, .end = h->json.end, .at = np_json_start(&h->json)};
}

static INLINE bool is_at(const struct np_hubble_stop *stop, const char *p)
{
#if defined __SSE2__
    for (uint32_t at = 0; at < stop->n; at += 32) {
        uint32_t left = stop->n - at, same = 0;

        for (uint32_t i = at; i < at + 32; i += 16) {
            __m128i a = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
            __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(stop->text + i));

            same |= (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) << (i - at);
        }
        if (left < 32 ? ~same << (32 - left) : ~same)
            return false;
    }
    return true;
#else
    return memcmp(p, stop->text, stop->n) == 0;
#endif
}

/* The way on that begins at p, counted; NULL: none is known. */
static INLINE struct np_hubble_stop *find_way(struct np_hubble_stop *stop, const char *p)
{
    for (uint32_t i = 0; i < NP_HUBBLE_BRANCHES; i++) {
        struct np_hubble_stop *next = stop->more->next[i];

        if (is_at(next, p)) {
            count_way(stop, i);
            return next;
        }
    }
    return NULL;
}

/* Counts the ways that it takes. */
static bool follow(struct np_hubble *h)
{
    struct np_hubble_stop *stop = h->tracks->start, *next;
    struct walk w = begin(h);

    for (bool goes_on = true; goes_on; stop = next) {
        next = find_way(stop, w.at.p);
        if (!next)
            return false;
        goes_on = pass(&w, next, skip_texts);
    }
    return settle(&w, stop);
}

/* The same for a record in which not all is plain; what texts begin with is, as it was learnt from plain ones. */
static bool follow_odd(struct np_hubble *h)
{
    struct np_hubble_stop *stop = h->tracks->start, *next;
    struct walk w = begin(h);

    for (bool goes_on = true; goes_on; stop = next) {
        next = find_way(stop, w.at.p);
        if (!next)
            return false;
        goes_on = pass_odd(&w, next);
    }
    return settle(&w, stop);
}

#if defined __x86_64__
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,bmi,bmi2,popcnt")))

AVX512 static inline bool is_at_avx512(const struct np_hubble_stop *stop, const char *p)
{
    return _mm512_mask_cmpneq_epi8_mask(stop->bits[NP_HUBBLE_MASK], _mm512_loadu_si512(p), _mm512_loadu_si512(stop->text)) == 0;
}

/* Up to seven texts, without a branch on how many they are. */
AVX512 static inline struct np_place skip_texts_avx512(const struct np_json *json, struct np_place at)
{
    const uint32_t *quotes = json->quotes + at.q;
    __m512i here = _mm512_loadu_si512(quotes), next = _mm512_loadu_si512(quotes + 1), behind;
    uint32_t joined = _mm512_cmpeq_epi32_mask(_mm512_sub_epi32(next, here), _mm512_set1_epi32(2)) & 0xaaaau, last = _tzcnt_u32(~(joined | 0x5555u));
    const char *end;

    joined = _bzhi_u32(joined, last);
    if (__builtin_expect(last > 15 || at.p + 1 != json->s + quotes[0], 0))
        return skip_texts(json, at);
    behind = _mm512_mask_i32gather_epi32(here, (__mmask16)joined, here, json->s + 1, 1);
    if (_mm512_mask_cmpneq_epi32_mask((__mmask16)joined, _mm512_and_si512(behind, _mm512_set1_epi32(0xff)), _mm512_set1_epi32(',')))
        return (struct np_place){NULL, 0};
    end = json->s + quotes[last] + 1;
    return (struct np_place){*end == ']' ? end + 1 : NULL, at.q + last + 1};
}

/* A way on but the first; NULL: none is known. */
AVX512 static const struct np_hubble_stop *other_way_avx512(const struct np_hubble_stop *stop, const char *p)
{
    for (uint32_t i = 1; i < NP_HUBBLE_BRANCHES; i++)
        if (is_at_avx512(stop->more->next[i], p))
            return stop->more->next[i];
    return NULL;
}

AVX512 static bool follow_avx512(struct np_hubble *h)
{
    const struct np_hubble_stop *stop = h->tracks->start, *next;
    struct walk w = begin(h);

    for (bool goes_on = true; goes_on; stop = next) {
        next = stop->next;
        if (__builtin_expect(!is_at_avx512(next, w.at.p), 0) && !(next = other_way_avx512(stop, w.at.p)))
            return false;
        goes_on = pass(&w, next, skip_texts_avx512);
    }
    return settle(&w, stop);
}
#endif

/* Are ways counted in the next record? */
static bool is_counted(const struct np_hubble_tracks *tracks)
{
    return tracks->n_followed < COUNTED_FIRST || tracks->n_followed % COUNTED_EACH == 0;
}

bool np_hubble_follow(struct np_hubble *h)
{
    if (h->json.unusual)
        return follow_odd(h);
#if defined __x86_64__
    if (h->indexer->has_avx512 && !is_counted(h->tracks))
        return follow_avx512(h);
#endif
    return follow(h);
}
