/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The index of quotes, 64 bytes at a time, in three widths chosen once by what the processor can do.
 *
 * A block gives three bit masks: quotes, backslashes, and bytes that are control characters or not ASCII. Where a backslash is,
 * escaped quotes are taken out one by one (rare); the rest is written down without a branch on how many there are, for at most
 * sixteen in a block. Bytes behind the value are masked off, as they mean nothing. With AVX-512 what is unusual is gathered over all
 * blocks and looked at once; where a backslash was among it, all is done again with AVX2.
 *
 * Source of the method: G. Langdale, D. Lemire, "Parsing gigabytes of JSON per second", VLDB Journal 28 (2019).
 */

#include "flow/json_scan.h"

#if defined __x86_64__
#include <immintrin.h>
#endif

struct masks {
    uint64_t quotes, backslashes, unusual;
};

/* What changes while a stretch is indexed, apart from what is written. */
struct state {
    uint32_t *out;
    uint64_t unusual;
    uint32_t escapes;
};

static inline struct state begin(const struct np_json *json)
{
    return (struct state){json->quotes + json->n_quotes, json->unusual, json->escapes};
}

static inline void finish(struct np_json *json, const struct state *state)
{
    json->n_quotes = (uint32_t)(state->out - json->quotes);
    json->unusual = state->unusual;
    json->escapes = state->escapes;
}

/* Which bytes are escaped, by the backslashes that are not; *carry is of the byte before and behind. */
static uint64_t escaped_bytes(uint64_t backslashes, uint32_t *carry)
{
    uint64_t escaped = *carry;

    *carry = 0;
    for (; backslashes; backslashes &= backslashes - 1) {
        uint64_t bit = backslashes & (~backslashes + 1);

        if (escaped & bit)
            continue;
        escaped |= bit << 1;
        *carry = (uint32_t)(bit >> 63);
    }
    return escaped;
}

/* Which bits of a block are of bytes inside of the stretch. */
static inline uint64_t bits_inside(size_t at, size_t to)
{
    return to - at < 64 ? ((uint64_t)1 << (to - at)) - 1 : UINT64_MAX;
}

/* The block's quotes that count, with what else it says noted down. */
static inline uint64_t block_quotes(struct state *state, struct masks masks, uint64_t inside)
{
    uint64_t quotes = masks.quotes & inside, backslashes = masks.backslashes & inside;
    uint32_t carry = state->escapes;

    state->unusual |= backslashes | (masks.unusual & inside);
    if (__builtin_expect(backslashes | carry, 0) != 0) {
        quotes &= ~escaped_bytes(backslashes, &carry);
        state->escapes = carry;
    }
    return quotes;
}

static inline uint32_t *write_rest(uint32_t *out, uint64_t quotes, size_t at)
{
    for (; quotes; quotes &= quotes - 1)
        *out++ = (uint32_t)at + (uint32_t)__builtin_ctzll(quotes);
    return out;
}

/* A bit for each of eight bytes that has its highest bit set. */
static inline uint64_t high_bits(uint64_t word)
{
    return (word & 0x8080808080808080u) * 0x0002040810204081u >> 56;
}

/* Highest bits of the bytes that are equal to the byte repeated in `same`. Exact, also beside bytes above 0x7f. */
static inline uint64_t equal_bytes(uint64_t word, uint64_t same)
{
    uint64_t x = word ^ same;

    return ~(((x & 0x7f7f7f7f7f7f7f7fu) + 0x7f7f7f7f7f7f7f7fu) | x);
}

static void index_words(struct np_json *json, size_t from, size_t to)
{
    struct state state = begin(json);

    for (size_t at = from; at < to; at += 64) {
        struct masks masks = {0, 0, 0};

        for (unsigned i = 0; i < 64; i += 8) {
            uint64_t word = np_json_load8(json->s + at + i);
            uint64_t control = ~((word & 0x7f7f7f7f7f7f7f7fu) + 0x6060606060606060u);

            masks.quotes |= high_bits(equal_bytes(word, 0x2222222222222222u)) << i;
            masks.backslashes |= high_bits(equal_bytes(word, 0x5c5c5c5c5c5c5c5cu)) << i;
            masks.unusual |= high_bits(control | word) << i;
        }
        state.out = write_rest(state.out, block_quotes(&state, masks, bits_inside(at, to)), at);
    }
    finish(json, &state);
}

static bool always(void)
{
    return true;
}

#if defined __x86_64__
static void index_sse2(struct np_json *json, size_t from, size_t to)
{
    struct state state = begin(json);
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');

    for (size_t at = from; at < to; at += 64) {
        struct masks masks = {0, 0, 0};

        for (unsigned i = 0; i < 64; i += 16) {
            __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(json->s + at + i));

            masks.quotes |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, quote)) << i;
            masks.backslashes |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, backslash)) << i;
            masks.unusual |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmplt_epi8(v, space)) << i;
        }
        state.out = write_rest(state.out, block_quotes(&state, masks, bits_inside(at, to)), at);
    }
    finish(json, &state);
}

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

AVX2 static void index_avx2(struct np_json *json, size_t from, size_t to)
{
    struct state state = begin(json);
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\'), space = _mm256_set1_epi8(' ');

    for (size_t at = from; at < to; at += 64) {
        __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(json->s + at));
        __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(json->s + at + 32));
        struct masks masks;
        uint64_t quotes;

#define MASK(op, x, y) ((uint64_t)(uint32_t)_mm256_movemask_epi8(op(x, y)))
        masks.quotes = MASK(_mm256_cmpeq_epi8, a, quote) | MASK(_mm256_cmpeq_epi8, b, quote) << 32;
        masks.backslashes = MASK(_mm256_cmpeq_epi8, a, backslash) | MASK(_mm256_cmpeq_epi8, b, backslash) << 32;
        masks.unusual = MASK(_mm256_cmpgt_epi8, space, a) | MASK(_mm256_cmpgt_epi8, space, b) << 32;
#undef MASK
        quotes = block_quotes(&state, masks, bits_inside(at, to));
        if (__builtin_popcountll(quotes) <= 16) {
            uint32_t *out = state.out;

            state.out += __builtin_popcountll(quotes);
#pragma GCC unroll 16
            for (unsigned i = 0; i < 16; i++, quotes = _blsr_u64(quotes))
                out[i] = (uint32_t)at + (uint32_t)_tzcnt_u64(quotes);
        } else {
            state.out = write_rest(state.out, quotes, at);
        }
    }
    finish(json, &state);
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi2,bmi,bmi2,popcnt")))

/* Writes down the quotes of the block, where none is escaped. */
AVX512 static inline uint32_t *write_avx512(uint32_t *out, __mmask64 quotes, __m512i places, size_t at)
{
    const __m512i numbers = _mm512_set_epi64(0x3f3e3d3c3b3a3938, 0x3736353433323130, 0x2f2e2d2c2b2a2928, 0x2726252423222120,
                                             0x1f1e1d1c1b1a1918, 0x1716151413121110, 0x0f0e0d0c0b0a0908, 0x0706050403020100);
    uint32_t n = (uint32_t)__builtin_popcountll(quotes);

    if (__builtin_expect(n > 16, 0))
        return write_rest(out, quotes, at);
    _mm512_storeu_si512(out, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(_mm512_maskz_compress_epi8(quotes, numbers))), places));
    return out + n;
}

/* All quotes, as if there were no backslash; is there one? */
AVX512 static bool index_plain_avx512(struct np_json *json, size_t from, size_t to)
{
    const __m512i quote = _mm512_set1_epi8('"'), backslash = _mm512_set1_epi8('\\'), space = _mm512_set1_epi8(' '), step = _mm512_set1_epi32(64);
    __m512i least = space, differs = _mm512_set1_epi8(-1), places = _mm512_set1_epi32((int)from), v;
    uint32_t *out = json->quotes + json->n_quotes;
    const char *s = json->s;
    size_t at = from;

    for (; at + 64 <= to; at += 64, places = _mm512_add_epi32(places, step)) {
        v = _mm512_loadu_si512(s + at);
        least = _mm512_min_epi8(least, v);
        differs = _mm512_min_epu8(differs, _mm512_xor_si512(v, backslash));
        out = write_avx512(out, _mm512_cmpeq_epi8_mask(v, quote), places, at);
    }
    v = _mm512_mask_loadu_epi8(space, _bzhi_u64(UINT64_MAX, (uint32_t)(to - at)), s + at);
    least = _mm512_min_epi8(least, v);
    differs = _mm512_min_epu8(differs, _mm512_xor_si512(v, backslash));
    out = write_avx512(out, _mm512_cmpeq_epi8_mask(v, quote), places, at);
    json->n_quotes = (uint32_t)(out - json->quotes);
    json->unusual |= _mm512_cmplt_epi8_mask(least, space);
    return _mm512_testn_epi8_mask(differs, differs) != 0;
}

/* Most stretches have no backslash, which is known behind them: then they are done. */
AVX512 static void index_avx512(struct np_json *json, size_t from, size_t to)
{
    uint32_t n_quotes = json->n_quotes;

    if (!index_plain_avx512(json, from, to) && !json->escapes)
        return;
    json->n_quotes = n_quotes;
    index_avx2(json, from, to);
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2");
}
#endif

static const struct np_json_indexer indexers[] = {
#if defined __x86_64__
    {"avx512", index_avx512, has_avx512, true},
    {"avx2", index_avx2, has_avx2, false},
    {"sse2", index_sse2, always, false},
#endif
    {"words", index_words, always, false},
};

const struct np_json_indexer *np_json_indexer_at(size_t i)
{
    return i < sizeof indexers / sizeof *indexers ? &indexers[i] : NULL;
}

const struct np_json_indexer *np_json_indexer_best(void)
{
    size_t i = 0;

    while (!indexers[i].is_there())
        i++;
    return &indexers[i];
}

#define STRIDE ((size_t)16 * 1024) /* bytes between two looks at the room */
#define PAST 80u                   /* entries that may be written behind those that count */

/* Room for the quotes of one more stride. */
static bool make_room(struct np_json *json, size_t bytes)
{
    uint64_t need = (uint64_t)json->n_quotes + bytes + PAST;
    uint32_t *grown;

    if (need <= json->cap)
        return true;
    grown = need <= UINT32_MAX / 2 ? np_grow(json->mem, json->quotes, &json->cap, (uint32_t)need, sizeof *grown) : NULL;
    if (!grown)
        return false;
    json->quotes = grown;
    return true;
}

bool np_json_begin(struct np_json *json, const struct np_json_indexer *indexer, const char *s, size_t n)
{
    json->s = s;
    json->end = s + n;
    json->n_quotes = json->escapes = 0;
    json->unusual = 0;
    json->why = NULL;
    for (size_t at = 0; at < n || at == 0; at += STRIDE) {
        size_t to = n - at < STRIDE ? n : at + STRIDE;

        if (!make_room(json, to - at))
            return false;
        indexer->index(json, at, to);
    }
    memset(json->quotes + json->n_quotes, 0xff, NP_JSON_ENDS * sizeof *json->quotes);
    if (json->n_quotes % 2) {
        np_json_bad(json, s + json->quotes[json->n_quotes - 1], "this text has no end");
        return false;
    }
    return true;
}

void np_json_close(struct np_json *json)
{
    np_free(json->mem, json->quotes, json->cap * sizeof *json->quotes);
    json->quotes = NULL;
    json->cap = 0;
}
