/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Following tracks (see hubble_json_track.h): the loop that reads nearly all records.
 *
 * At each stop its text is compared, what it begins is noted, and its value is read; nothing waits for what was read before but
 * where the index says that a text ends. Members that repeat are looked for once, at the end: until then nothing was believed.
 * How often each way is taken is counted in some of the records only.
 *
 * There are two loops, which differ in how texts are compared: with AVX-512 64 bytes at once, elsewhere 32.
 */

#include "flow/hubble_json_track.h"

#if defined __x86_64__
#include <immintrin.h>
#endif

#define COUNTED_FIRST 256u /* records in which ways are counted; afterwards in one of so many */
#define COUNTED_EACH 13u

/* A walk along tracks. */
struct walk {
    struct np_hubble *h;
    struct np_place at;
    np_hubble_bits seen, twice;
    bool counts;
};

#define INLINE inline __attribute__((always_inline))

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

static INLINE struct np_place skip_value(struct np_hubble *h, struct np_place at)
{
    struct np_place behind = {NULL, 0};
    struct np_json_integer integer;

    if ((unsigned char)(*at.p - '1') < 9 && np_json_digits(np_json_load8(at.p)) < 8)
        return np_json_unsigned(&h->json, at, &integer);
    if (*at.p == '[')
        behind = skip_texts(&h->json, at);
    else if (*at.p == 't' || *at.p == 'f')
        behind = skip_bool(at);
    return behind.p ? behind : np_json_skip(&h->json, at, NP_HUBBLE_DEPTH - 8);
}

/* The text that ends at the next quote. */
static INLINE struct np_place pass_text(struct np_hubble *h, struct np_place at, const struct np_hubble_stop *stop)
{
    const char *end = np_json_quote(&h->json, at, 0);

    if (stop->kind == NP_HUBBLE_STOP_TEXT)
        np_hubble_store_text((char *)h->flow + stop->offset, (struct np_json_text){at.p, (uint32_t)(end - at.p)});
    return (struct np_place){end + 1, at.q + 1};
}

static INLINE struct np_place pass_value(struct np_hubble *h, struct np_place at, const struct np_hubble_stop *stop)
{
    char *base = stop->of_wrapper ? (char *)&h->wrapper : (char *)h->flow;

    if (stop->kind == NP_HUBBLE_STOP_SKIP)
        return skip_value(h, at);
    return stop->row->read(h, at, stop->row, base + stop->offset);
}

/* Passes the stop's text, which is there, and its value. False: the record is not taken, or it ends here. */
static INLINE bool pass(struct walk *w, const struct np_hubble_stop *stop)
{
    struct np_place at = {w->at.p + stop->n, w->at.q + stop->n_quotes};

    w->at = at;
    if (__builtin_expect(at.p > w->h->json.end || stop->kind == NP_HUBBLE_STOP_END, 0))
        return false;
    w->twice |= w->seen & stop->bits;
    w->seen |= stop->bits;
    if (stop->kind <= NP_HUBBLE_STOP_SKIP_TEXT) {
        w->at = pass_text(w->h, at, stop);
        return true;
    }
    w->at = at = pass_value(w->h, at, stop);
    return at.p && at.p <= w->h->json.end;
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
    uint64_t n = h->tracks->n_followed;

    h->depth = 2;
    return (struct walk){h, np_json_start(&h->json), {0}, {0}, n < COUNTED_FIRST || n % COUNTED_EACH == 0};
}

static INLINE bool is_at(const struct np_hubble_stop *stop, const char *p)
{
#if defined __SSE2__
    for (uint32_t at = 0; at < stop->n; at += 32) {
        uint32_t left = stop->n - at, same = 0;

        for (uint32_t i = 0; i < 32; i += 16) {
            __m128i a = _mm_loadu_si128((const __m128i *)(const void *)(p + at + i)), b = _mm_loadu_si128((const __m128i *)(const void *)(stop->text + at + i));

            same |= (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) << i;
        }
        if (left < 32 ? ~same << (32 - left) : ~same)
            return false;
    }
    return true;
#else
    return memcmp(p, stop->text, stop->n) == 0;
#endif
}

/* The i-th way on, counted. NULL: there are not so many. */
static INLINE struct np_hubble_stop *take_way(struct np_hubble_stop *stop, uint32_t i, bool counts)
{
    struct np_hubble_stop *next = i < NP_HUBBLE_BRANCHES ? stop->more->next[i] : NULL;

    if (next && counts)
        count_way(stop, i);
    return next;
}

/* The way on that begins at p, which is not the first one unless ways are counted; NULL: none is known. */
static struct np_hubble_stop *find_way(struct np_hubble_stop *stop, const char *p, bool counts)
{
    uint32_t i = !counts;

    while (i < NP_HUBBLE_BRANCHES && !is_at(stop->more->next[i], p))
        i++;
    return take_way(stop, i, counts);
}

static bool follow(struct np_hubble *h)
{
    struct np_hubble_stop *stop = h->tracks->start, *next;
    struct walk w = begin(h);

    for (bool goes_on = true; goes_on; stop = next) {
        next = stop->next;
        if (__builtin_expect(w.counts || !is_at(next, w.at.p), 0) && !(next = find_way(stop, w.at.p, w.counts)))
            return false;
        goes_on = pass(&w, next);
    }
    return settle(&w, stop);
}

#if defined __x86_64__
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,bmi,bmi2,popcnt")))

AVX512 static inline bool is_at_avx512(const struct np_hubble_stop *stop, const char *p)
{
    __mmask64 inside = _bzhi_u64(UINT64_MAX, stop->n);

    return _mm512_mask_cmpneq_epi8_mask(inside, _mm512_loadu_si512(p), _mm512_loadu_si512(stop->text)) == 0;
}

AVX512 static struct np_hubble_stop *find_way_avx512(struct np_hubble_stop *stop, const char *p, bool counts)
{
    uint32_t i = !counts;

    while (i < NP_HUBBLE_BRANCHES && !is_at_avx512(stop->more->next[i], p))
        i++;
    return take_way(stop, i, counts);
}

AVX512 static bool follow_avx512(struct np_hubble *h)
{
    struct np_hubble_stop *stop = h->tracks->start, *next;
    struct walk w = begin(h);

    for (bool goes_on = true; goes_on; stop = next) {
        next = stop->next;
        if (__builtin_expect(w.counts || !is_at_avx512(next, w.at.p), 0) && !(next = find_way_avx512(stop, w.at.p, w.counts)))
            return false;
        goes_on = pass(&w, next);
    }
    return settle(&w, stop);
}
#endif

bool np_hubble_follow(struct np_hubble *h)
{
    if (h->json.unusual)
        return false;
#if defined __x86_64__
    if (h->indexer->has_avx512)
        return follow_avx512(h);
#endif
    return follow(h);
}
