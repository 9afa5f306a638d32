/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_JSON_SCAN_H
#define NP_FLOW_JSON_SCAN_H

/*
 * Scanning one JSON value that is at hand whole, fast: an index of its quotes first, then a walk.
 *
 * The index (json_index.c) lists the offsets of all double quotes that are not escaped, and says whether the text is plain:
 * printable ASCII without a backslash. A walk then never searches for the end of a text: it is the next entry. So nothing in a
 * walk waits for what was read before; the processor runs ahead along the branches it predicts, and texts of a plain value
 * need no look at their bytes at all.
 *
 *     {"flow":{"uuid":"ef34…"},"node_name":"a"}
 *      ↑    ↑  ↑    ↑ ↑    ↑                       place: `p` is where the walk is, `q` the first quote not before it
 *
 * Invariants: quotes come in pairs (an odd one is refused before the walk), and a walk takes them two at a time, so a text begins
 * where p is at the quote `q`, and ends at the next one. Behind the last quote the index holds UINT32_MAX, which is no place.
 * Bytes behind the value may be read (NP_FRAME_SLACK) and mean nothing. No text is found in them, and behind each member and
 * element the place is compared with the end, so what seemed to be there is refused before it goes far.
 *
 * What is taken is what protojson takes (google.golang.org/protobuf v1.36.11, internal/encoding/json), no more: RFC 8259 with
 * strict UTF-8 and paired surrogates, and the oddities of its numbers ("1e" is 1, "8e1" is 80).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined __SSE2__
#include <emmintrin.h>
#endif

#include "base/mem.h"

struct np_json {
    const char *s;
    const char *end;
    struct np_mem *mem;
    struct np_arena *arena; /* for texts that had to be unescaped */
    uint32_t *quotes;
    uint32_t n_quotes, cap;
    uint32_t escapes;  /* while indexing: 1: the next byte is escaped */
    uint64_t unusual;  /* 0: plain */
    /* What stopped the walk. */
    const char *why; /* NULL: no memory */
    const char *at;
    bool is_field; /* well-formed, but not what the field may hold */
};

#define NP_JSON_ENDS 8u /* entries behind the last quote's, UINT32_MAX */

/*
 * Where a walk is. p is NULL once it failed. q is a number and no pointer, as of two pointers side by side compilers make a vector in memory,
 * and reading that waits until both were written.
 */
struct np_place {
    const char *p;
    uint32_t q; /* of the first quote that is not before p */
};

struct np_json_text {
    const char *s;
    uint32_t n;
};

/* Lists the quotes of s[from..to) (from a multiple of 64), whose entries there is room for, and what is unusual there. */
typedef void np_json_index_fn(struct np_json *json, size_t from, size_t to);

/* By what the processor can do. They all do the same. */
struct np_json_indexer {
    const char *name;
    np_json_index_fn *index;
    bool (*is_there)(void);
    bool has_avx512; /* of what is there then: the walk may use it too */
};
/* The i-th, fastest first, NULL past the last; the last is always there. */
const struct np_json_indexer *np_json_indexer_at(size_t i);
const struct np_json_indexer *np_json_indexer_best(void);

/* Indexes a value of `n` bytes. False: no memory, or it cannot be a value (see np_json.why). */
bool np_json_begin(struct np_json *json, const struct np_json_indexer *indexer, const char *s, size_t n);
void np_json_close(struct np_json *json);

static inline struct np_place np_json_start(const struct np_json *json)
{
    return (struct np_place){json->s, 0};
}

/* The quote there, or the i-th behind it. */
static inline const char *np_json_quote(const struct np_json *json, struct np_place at, uint32_t i)
{
    return json->s + json->quotes[at.q + i];
}

/* The walk ends here: the text is no JSON … */
struct np_place np_json_bad(struct np_json *json, const char *at, const char *why);
/* … or not what the field may hold, … */
struct np_place np_json_bad_field(struct np_json *json, const char *at, const char *why);
/* … or there is no memory. */
struct np_place np_json_no_memory(struct np_json *json);
/* Says what stands there instead of what was looked for. */
struct np_place np_json_unexpected(struct np_json *json, const char *at, const char *wanted);

static inline uint64_t np_json_load8(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Are the 16 bytes at s those of `bytes`, but for such as have 0xff in `any`? */
static inline bool np_json_are(const char *s, const uint8_t *bytes, const uint8_t *any)
{
#if defined __SSE2__
    __m128i same = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)s), _mm_loadu_si128((const __m128i *)(const void *)bytes));

    return _mm_movemask_epi8(_mm_or_si128(same, _mm_loadu_si128((const __m128i *)(const void *)any))) == 0xffff;
#else
    uint64_t a[2], b[2], c[2];

    memcpy(a, s, sizeof a);
    memcpy(b, bytes, sizeof b);
    memcpy(c, any, sizeof c);
    return (((a[0] ^ b[0]) & ~c[0]) | ((a[1] ^ b[1]) & ~c[1])) == 0;
#endif
}

const char *np_json_space(const struct np_json *json, const char *p);

/* Behind white space. */
static inline const char *np_json_next(const struct np_json *json, const char *p)
{
    return __builtin_expect((unsigned char)*p > ' ', 1) ? p : np_json_space(json, p);
}

#define NP_JSON_PAST 16u /* bytes behind any text that may be read */

/* The text between two quotes, checked and unescaped. False: the walk failed. */
bool np_json_text_odd(struct np_json *json, const char *s, const char *end, struct np_json_text *out);

/* Does a text begin here? */
static inline bool np_json_is_text(const struct np_json *json, struct np_place at)
{
    return at.p == np_json_quote(json, at, 0);
}

/* That text. An empty one has an address too. p of the result is NULL where the walk failed. */
static inline struct np_place np_json_text(struct np_json *json, struct np_place at, struct np_json_text *out)
{
    const char *s = np_json_quote(json, at, 0) + 1, *end = np_json_quote(json, at, 1);
    struct np_json_text odd;

    *out = (struct np_json_text){s, (uint32_t)(end - s)};
    if (__builtin_expect(json->unusual != 0, 0)) {
        if (!np_json_text_odd(json, s, end, &odd))
            return (struct np_place){NULL, 0};
        *out = odd;
    }
    return (struct np_place){end + 1, at.q + 2};
}

/* Any integer, as a number or in a text, into sign and magnitude. */
struct np_json_integer {
    uint64_t value; /* magnitude */
    bool negative;
};
struct np_place np_json_integer_odd(struct np_json *json, struct np_place at, struct np_json_integer *out);

/* Bytes of the word that are digits before the first that is none; 8: all. */
static inline unsigned np_json_digits(uint64_t word)
{
    uint64_t t = word ^ 0x3030303030303030u;

    t = (t | (t + 0x7676767676767676u)) & 0x8080808080808080u;
    return t ? (unsigned)__builtin_ctzll(t) >> 3 : 8;
}

/* The number that the first n (1 to 8) bytes of the word spell. */
static inline uint32_t np_json_number8(uint64_t word, unsigned n)
{
    word = (word ^ 0x3030303030303030u) << (64 - 8 * n);
    word = word * 10 + (word >> 8);
    return (uint32_t)(((word & 0x000000ff000000ffu) * 0x000f424000000064u + ((word >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u) >> 32);
}

/* An unsigned integer: up to seven plain digits at once, all else the long way. */
static inline struct np_place np_json_unsigned(struct np_json *json, struct np_place at, struct np_json_integer *out)
{
    uint64_t word = np_json_load8(at.p);
    unsigned n = np_json_digits(word);
    unsigned char next = (unsigned char)at.p[n & 7];

    if (__builtin_expect(n - 1u < 7u && (next == ',' || next == '}') && ((word & 0xff) != '0' || n == 1), 1)) {
        *out = (struct np_json_integer){np_json_number8(word, n), false};
        return (struct np_place){at.p + n, at.q};
    }
    return np_json_integer_odd(json, at, out);
}

/* Does a word or number that ends here go on, so that it is none? */
bool np_json_goes_on(const struct np_json *json, const char *p);

/* `true`, `false` or `null`, whole. */
static inline bool np_json_is_literal(const struct np_json *json, const char *p, const char *literal, size_t n)
{
    return memcmp(p, literal, n) == 0 && (p[n] == ',' || p[n] == '}' || !np_json_goes_on(json, p + n));
}

/* Any value, passed over: its syntax is checked. Lists and objects may nest `depth` deep. */
struct np_place np_json_skip(struct np_json *json, struct np_place at, uint32_t depth);

/* Behind a value inside an object or list: at the next text or element, *more true, or behind the closing bracket. */
static inline struct np_place np_json_step(struct np_json *json, struct np_place at, char close, bool *more)
{
    at.p = np_json_next(json, at.p);
    *more = *at.p == ',';
    if (__builtin_expect(at.p >= json->end || (!*more && *at.p != close), 0))
        return np_json_unexpected(json, at.p, close == '}' ? "',' or '}'" : "',' or ']'");
    at.p++;
    if (*more)
        at.p = np_json_next(json, at.p);
    return at;
}

#endif
