/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's protobuf: reading a message and those in it, field by field, in one loop.
 *
 * A record has 60 fields in 700 bytes, so a field must cost a few nanoseconds. What decides that, in this order:
 *
 *     jumps      what is likely is laid out in a row, without a jump: LIKELY
 *     surprises  no branch on what differs from record to record (how long a text is below 64 bytes, a number within 28 bits); but
 *                branches, not arithmetic, on what is alike (bytes of a tag): guessed, the next field is read before this one is known
 *     waiting    behind a message, reading goes on where its length says that it ends, which is known before what is in it is read
 *     work       what is wanted of a tag is one look-up; a time, which is in each record twice, and TCP and UDP as they always are
 *                are read at once; where they are not that, nothing is written, and they are read as other messages are
 *
 * What is rare, flaws too, is behind calls: they find out again what was seen here, and where. Up to 64 bytes are read from each place
 * in the message on, as NP_FRAME_SLACK has it.
 */

#include "flow/hubble_pb.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/utf8.h"

#define LIKELY(x) __builtin_expect((x), 1)
#define NOT_UTF8 "a text that is not UTF-8"

#define HIGH 0x8080808080808080u

static inline uint64_t load(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

#ifdef __SSE2__
/* A bit for each of 16 bytes that is above 0x7f. */
static inline uint64_t high_bits(const uint8_t *p)
{
    return (uint32_t)_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)p));
}
#endif

/* Is a bit above 0x7f set in any of the n bytes? */
static inline bool has_high_bit(const uint8_t *p, uint64_t n)
{
    uint64_t sum = 0;

#ifdef __SSE2__
    if (LIKELY(n < 64)) {
        sum = high_bits(p) | high_bits(p + 16) << 16 | high_bits(p + 32) << 32 | high_bits(p + 48) << 48;
        return (sum & ((1ull << n) - 1)) != 0;
    }
#endif
    for (; n >= 8; n -= 8, p += 8)
        sum |= load(p);
    if (n)
        sum |= load(p) << (64 - 8 * n);
    return (sum & HIGH) != 0;
}

static inline bool is_text(const uint8_t *p, uint64_t n)
{
    return LIKELY(!has_high_bit(p, n)) || np_utf8_valid((const char *)p, n);
}

static const uint8_t *refuse(struct np_pb_reader *r, const uint8_t *at, const char *message)
{
    r->flaw = (struct np_pb_flaw){message, at};
    return NULL;
}

static const uint8_t *fail(struct np_pb_reader *r, int rc)
{
    r->rc = rc;
    return NULL;
}

/* Bytes, and how many; p: NULL: they are not there as a whole. Of a number: the byte behind it, and it. */
struct span {
    const uint8_t *p;
    uint64_t n;
};

static __attribute__((noinline)) struct span read_any_length(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end)
{
    uint64_t n = 0;
    const uint8_t *behind = np_pb_varint(p, end, &n, &r->flaw);

    if (behind && n > (uint64_t)(end - behind))
        behind = refuse(r, p, "a length that reaches beyond the end of the message");
    return (struct span){behind, n};
}

/* Of a text, mostly below 128. */
static inline struct span read_length(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end)
{
    uint64_t n = *p;

    if (LIKELY(n < 0x80 && n < (uint64_t)(end - p)))
        return (struct span){p + 1, n};
    return read_any_length(r, p, end);
}

/* Of a message, mostly below 128 or 16384. */
static inline struct span read_size(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end)
{
    uint64_t n = (p[0] & 0x7fu) | (uint32_t)p[1] << 7;

    if (LIKELY(p[0] < 0x80 && p[0] < end - p))
        return (struct span){p + 1, p[0]};
    if (LIKELY(p[0] >= 0x80 && p[1] < 0x80) && n + 1 < (uint64_t)(end - p))
        return (struct span){p + 2, n};
    return read_any_length(r, p, end);
}

static __attribute__((noinline)) struct span read_any_number(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end)
{
    uint64_t n = 0;

    p = np_pb_varint_wide(p, end, &n, &r->flaw);
    return (struct span){p, n};
}

/* Mostly below 128. */
static inline struct span read_short(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end)
{
    if (p < end && *p < 0x80)
        return (struct span){p + 1, *p};
    return read_any_number(r, p, end);
}

/* A number below 2^28, wherever the message ends; p: NULL: it is none. */
static inline struct span peek_number(const uint8_t *p)
{
    uint32_t word = (uint32_t)load(p), stop = ~word & 0x80808080u;

    if (!LIKELY(stop))
        return (struct span){NULL, 0};
    p += (uint32_t)__builtin_ctz(stop) / 8 + 1;
    word &= (stop ^ (stop - 1)) & 0x7f7f7f7fu;
    word = (word & 0x7f007fu) | (word & 0x7f007f00u) >> 1;
    return (struct span){p, (word & 0x3fffu) | (word & 0x3fff0000u) >> 2};
}

/* As long as chance has it, mostly below 2^28. */
static inline struct span read_number(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end)
{
    struct span number = peek_number(p);

    return LIKELY(number.p && number.p <= end) ? number : read_any_number(r, p, end);
}

static inline struct span read_text(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end)
{
    struct span text = read_length(r, p, end);

    if (text.p && !is_text(text.p, text.n))
        text.p = refuse(r, text.p, NOT_UTF8);
    return text;
}

static inline char *place_of(const struct np_pb_reader *r, uint32_t near, char *base)
{
    return (LIKELY(!(near & NP_PB_NEAR_RAW)) ? base : (char *)&r->pb->raw) + (near >> 16);
}

/* Room for one more item of a list whose pointer is at *list; not zeroed. NULL: no memory. */
static inline void *add_item(struct np_flow_run *run, void *list, uint32_t *n, size_t size)
{
    void *items;

    memcpy(&items, list, sizeof items);
    if (*n == 0 || (*n >= 4 && (*n & (*n - 1)) == 0)) {
        size_t cap = *n ? 2 * (size_t)*n : 4;
        void *grown = np_arena_alloc(&run->arena, cap * size);

        if (!grown)
            return NULL;
        if (*n)
            memcpy(grown, items, *n * size);
        items = grown;
        memcpy(list, &items, sizeof items);
    }
    return (char *)items + (*n)++ * size;
}

/* Another member of a oneof: what the one before has left is emptied. */
static __attribute__((noinline)) void empty(struct np_pb_reader *r, const struct np_pb_field *field, char *base)
{
    struct np_pb_raw *raw = &r->pb->raw;
    struct np_pb_raw top = {.top_node = raw->top_node, .top_time = raw->top_time, .seen = raw->seen & NP_PB_SEEN_TOP_TIME};
    struct np_pb_l7 *l7 = (void *)base;

    switch (field->oneof) {
    case NP_PB_ONEOF_L4:
        raw->seen &= ~NP_PB_SEEN_FLAGS;
        memset(&raw->l4, 0, sizeof raw->l4);
        break;
    case NP_PB_ONEOF_TUNNEL_L4:
        memset(&raw->tunnel_l4, 0, sizeof raw->tunnel_l4);
        break;
    case NP_PB_ONEOF_L7:
        *l7 = (struct np_pb_l7){.l7.latency_ns = l7->l7.latency_ns, .type = l7->type};
        break;
    default:
        memset(r->flow, 0, sizeof *r->flow);
        *raw = top;
        break;
    }
}

static void choose(struct np_pb_reader *r, const struct np_pb_field *field, char *base)
{
    uint32_t *chosen = &r->pb->raw.chosen[field->oneof], before = *chosen;

    if (before && before != field->number)
        empty(r, field, base);
    *chosen = field->number;
}

static inline char *place_of_step(const struct np_pb_reader *r, const struct np_pb_step *step, char *base)
{
    return (LIKELY(!step->in_raw) ? base : (char *)&r->pb->raw) + step->offset;
}

static char *place_item(struct np_pb_reader *r, const struct np_pb_step *step, char *base)
{
    char *list = place_of_step(r, step, base);
    char *item = add_item(r->run, list, (void *)(list - step->offset + step->count), step->size);

    if (item)
        np_zero(item, step->size);
    return item;
}

static char *place_own(struct np_pb_reader *r, const struct np_pb_step *step, char *base)
{
    char *place = place_of_step(r, step, base), *own;

    memcpy(&own, place, sizeof own);
    if (!own)
        own = np_arena_zalloc(&r->run->arena, step->size);
    memcpy(place, &own, sizeof own);
    return own;
}

/* Where a message goes that is not just a part of its base; NULL: no memory. */
static __attribute__((noinline)) char *place_message(struct np_pb_reader *r, const struct np_pb_step *step, char *base)
{
    if (step->kind == NP_PB_ITEMS)
        return place_item(r, step, base);
    if (step->field->oneof)
        choose(r, step->field, base);
    return step->kind == NP_PB_OWN ? place_own(r, step, base) : place_of_step(r, step, base);
}

static inline const uint8_t *store_u32(struct span number, char *place)
{
    uint32_t low = (uint32_t)number.n;

    if (number.p)
        memcpy(place, &low, sizeof low);
    return number.p;
}

static const uint8_t *store_u64(struct span number, char *place)
{
    if (number.p)
        memcpy(place, &number.n, sizeof number.n);
    return number.p;
}

static const uint8_t *store_bool(struct span number, char *place)
{
    if (number.p)
        *place = number.n != 0;
    return number.p;
}

static const uint8_t *store_bit(struct span number, char *place, unsigned bit)
{
    uint16_t bits;

    if (!number.p)
        return NULL;
    memcpy(&bits, place, sizeof bits);
    bits = (uint16_t)((bits & ~(1u << bit)) | (unsigned)(number.n != 0) << bit);
    memcpy(place, &bits, sizeof bits);
    return number.p;
}

static inline const uint8_t *store_text(struct span span, char *place)
{
    struct cnipol_text *text = (void *)place;

    if (!span.p)
        return NULL;
    text->s = LIKELY(span.n) ? (const char *)span.p : NULL;
    text->n = (uint32_t)span.n;
    return span.p + span.n;
}

static inline const uint8_t *add_text(struct np_pb_reader *r, const struct np_pb_step *step, char *base, struct span span)
{
    struct cnipol_text *item;

    if (!span.p)
        return NULL;
    item = add_item(r->run, base + step->offset, (void *)(base + step->count), sizeof *item);
    if (!item)
        return fail(r, CNIPOL_E_NOMEM);
    item->s = (const char *)span.p;
    item->n = (uint32_t)span.n;
    return span.p + span.n;
}

static inline const uint8_t *behind(struct span span)
{
    return span.p ? span.p + span.n : NULL;
}

static inline const uint8_t *pass_number(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end)
{
    return p < end && *p < 0x80 ? p + 1 : read_number(r, p, end).p;
}

/* Seven bits of each of five bytes. */
static inline uint64_t squeeze(uint64_t word)
{
    word = (word & 0x7f007f007fu) | (word & 0x007f007f00u) >> 1;
    return (word & 0x3fffu) | (word & 0x3fff0000u) >> 2 | (word & 0x7f00000000u) >> 4;
}

/*
 * A time as it always is: seconds of five bytes, which are those from 1978 to 3058, then nanoseconds of one to five, and nothing else.
 * False: it is not.
 */
static inline bool read_time(struct span inside, char *place)
{
    struct np_pb_time *time = (void *)place;
    unsigned rest = 64 - 8 * (unsigned)(inside.n - 7);
    uint64_t seconds, nanos;

    if (inside.n - 8 > 4)
        return false;
    seconds = load(inside.p);
    nanos = load(inside.p + 7) << rest;
    if ((seconds & 0x00ff8080808080ffu) != 0x0010008080808008u || (nanos & HIGH) != (HIGH << rest ^ 1ull << 63))
        return false;
    time->seconds = squeeze(seconds >> 8);
    time->nanos = (uint32_t)squeeze(nanos >> rest);
    return true;
}

/* TCP's flags as they always are, each there once and true, at the end of the message. False: they are not. */
static inline bool read_flags(const uint8_t *p, const uint8_t *end, bool is_wanted, uint16_t *flags)
{
    uint32_t all = 0;

    if (p[0] != 0x1a || p[1] >= 0x80 || p[1] % 2 || p + 2 + p[1] != end)
        return false;
    for (p += 2; is_wanted && p < end; p += 2) {
        if (p[0] % 8 || p[0] - 8u > 9 * 8 - 8 || p[1] != 1)
            return false;
        all |= 1u << (p[0] / 8 - 1);
    }
    *flags = (uint16_t)all;
    return true;
}

/* The ports of TCP or UDP, both there, and flags where they are wanted. False: that is not all, and nothing was written. */
static inline bool read_ports(struct np_pb_reader *r, const struct np_pb_lookup *ports, struct np_pb_l4 *l4, const uint8_t *p,
                              const uint8_t *end)
{
    const uint32_t flags_near = ports->near[0x1a];
    const bool wants_flags = (flags_near & 0xff) == NP_PB_MESSAGE;
    struct span src = peek_number(p + 1), dst = peek_number(src.p ? src.p + 1 : p);
    uint16_t flags = 0;

    if (!LIKELY(p[0] == 0x08 && src.p && src.p[0] == 0x10 && dst.p && dst.p <= end))
        return false;
    if (dst.p != end && !read_flags(dst.p, end, wants_flags, &flags))
        return false;
    if (dst.p != end && wants_flags)
        r->pb->raw.seen |= r->pb->steps[flags_near >> 16].seen;
    l4->flags = flags;
    l4->src = (ports->near[0x08] & 0xff) == NP_PB_U32 ? (uint32_t)src.n : 0;
    l4->dst = (ports->near[0x10] & 0xff) == NP_PB_U32 ? (uint32_t)dst.n : 0;
    return true;
}

/* The first L4 of a record, TCP or UDP and nothing else. False: it is not. */
static inline bool read_l4(struct np_pb_reader *r, const struct np_pb_lookup *lookup, struct span inside, char *place)
{
    const uint8_t *p = inside.p, *end = p + inside.n;
    uint32_t *chosen = &r->pb->raw.chosen[NP_PB_ONEOF_L4];
    const struct np_pb_step *member;

    if (inside.n < 6 || (p[0] != 0x0a && p[0] != 0x12) || p[1] != inside.n - 2 || *chosen)
        return false;
    member = &r->pb->steps[lookup->near[p[0]] >> 16];
    if (!LIKELY(read_ports(r, member->lookup, (void *)place, p + 2, end)))
        return false;
    *chosen = member->field->number;
    return true;
}

/* A field that nobody wants, of a wire type that is rare; the end of a group among them. */
static const uint8_t *pass_other(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end, const uint8_t *tag_at)
{
    uint64_t tag = 0;

    (void)np_pb_varint(tag_at, end, &tag, &r->flaw);
    return np_pb_skip(r->run, p, end, tag, &r->flaw);
}

/* Kinds that are rare. */
static const uint8_t *read_other(struct np_pb_reader *r, uint32_t near, char *base, const uint8_t *p, const uint8_t *end,
                                 const uint8_t *tag_at)
{
    const struct np_pb_step *step = &r->pb->steps[near >> 16];
    char *place = place_of_step(r, step, base);

    switch ((enum np_pb_kind)(near & 0xff)) {
    case NP_PB_U64:
        return store_u64(read_any_number(r, p, end), place);
    case NP_PB_BOOL:
        return store_bool(read_short(r, p, end), place);
    case NP_PB_BIT:
        return store_bit(read_short(r, p, end), place, step->field->bit);
    case NP_PB_CHECK:
        return behind(read_text(r, p, end));
    case NP_PB_OTHER:
        return pass_other(r, p, end, tag_at);
    default:
        return refuse(r, tag_at, "a field number that does not exist");
    }
}

/* What is done with a tag that is not near, and the byte behind it; NULL: malformed. */
static __attribute__((noinline)) struct span find_far(struct np_pb_reader *r, const struct np_pb_lookup *lookup, struct span tag)
{
    if (!tag.p)
        return tag;
    if (tag.n < 8 * NP_PB_NEAR)
        return (struct span){tag.p, lookup->near[tag.n]};
    if (tag.n >> 3 > NP_PB_NUMBER_MAX)
        return (struct span){tag.p, NP_PB_BAD};
    for (uint32_t i = np_pb_far_slot(tag.n); lookup->far[i].tag; i = (i + 1) % NP_PB_FAR)
        if (lookup->far[i].tag == tag.n)
            return (struct span){tag.p, lookup->far[i].near};
    return (struct span){tag.p, r->pb->passes[tag.n & 7]};
}

static inline struct span find_step(struct np_pb_reader *r, const struct np_pb_lookup *lookup, const uint8_t *p, const uint8_t *end)
{
    if (LIKELY(p[0] < 0x80))
        return (struct span){p + 1, lookup->near[p[0]]};
    if (LIKELY(p[1] < NP_PB_NEAR >> 4) && p + 2 <= end)
        return (struct span){p + 2, lookup->near[(p[0] & 0x7fu) | (uint32_t)p[1] << 7]};
    if (p[1] < 0x80 && p + 2 <= end)
        return find_far(r, lookup, (struct span){p + 2, (p[0] & 0x7fu) | (uint32_t)p[1] << 7});
    if (p[2] < 0x80 && p + 3 <= end)
        return find_far(r, lookup, (struct span){p + 3, (p[0] & 0x7fu) | (p[1] & 0x7fu) << 7 | (uint32_t)p[2] << 14});
    return find_far(r, lookup, read_any_number(r, p, end));
}

/* The message that is being read, and those that it is in. */
struct now {
    const struct np_pb_lookup *lookup;
    char *base;
    const uint8_t *end;
};

struct levels {
    uint32_t n;
    const struct np_pb_lookup *lookup[NP_PB_LEVELS];
    char *base[NP_PB_LEVELS];
    const uint8_t *end[NP_PB_LEVELS];
};

/* A message begins: what is read now is put aside, unless the message was read at once. */
static inline const uint8_t *enter(struct np_pb_reader *r, struct levels *up, uint32_t near, struct now *now, struct span inside)
{
    const struct np_pb_step *step = &r->pb->steps[near >> 16];
    enum np_pb_kind kind = near & 0xff;
    char *base;

    if (!inside.p)
        return NULL;
    base = kind <= NP_PB_MESSAGE ? place_of_step(r, step, now->base) : place_message(r, step, now->base);
    if (!base)
        return fail(r, CNIPOL_E_NOMEM);
    r->pb->raw.seen |= step->seen;
    if (kind == NP_PB_TIME && LIKELY(read_time(inside, base)))
        return inside.p + inside.n;
    if (kind == NP_PB_L4 && LIKELY(read_l4(r, step->lookup, inside, base)))
        return inside.p + inside.n;
    up->lookup[up->n] = now->lookup;
    up->base[up->n] = now->base;
    up->end[up->n++] = now->end;
    *now = (struct now){step->lookup, base, inside.p + inside.n};
    return inside.p;
}

/* The byte behind it. */
static inline const uint8_t *leave(struct levels *up, struct now *now)
{
    const uint8_t *end = now->end;

    up->n--;
    *now = (struct now){up->lookup[up->n], up->base[up->n], up->end[up->n]};
    return end;
}

static inline const uint8_t *read_value(struct np_pb_reader *r, uint32_t near, char *base, const uint8_t *p, const uint8_t *end,
                                        const uint8_t *tag_at)
{
    switch ((enum np_pb_kind)(near & 0xff)) {
    case NP_PB_TEXT:
        return store_text(read_text(r, p, end), place_of(r, near, base));
    case NP_PB_TEXTS:
        return add_text(r, &r->pb->steps[near >> 16], base, read_text(r, p, end));
    case NP_PB_NUMBER_PASSED:
        return pass_number(r, p, end);
    case NP_PB_WORD:
        return store_u32(read_short(r, p, end), place_of(r, near, base));
    case NP_PB_U32:
        return store_u32(read_number(r, p, end), place_of(r, near, base));
    default:
        return read_other(r, near, base, p, end, tag_at);
    }
}

bool np_pb_read(struct np_pb_reader *r, const struct np_pb_lookup *lookup, char *base, const uint8_t *p, const uint8_t *end)
{
    struct now now = {lookup, base, end};
    struct levels up;

    up.n = 0;
    for (;;) {
        struct span found;
        uint32_t near;

        if (!LIKELY(p < now.end)) {
            if (!LIKELY(up.n))
                return true;
            p = leave(&up, &now);
            continue;
        }
        found = find_step(r, now.lookup, p, now.end);
        if (!found.p)
            return false;
        near = (uint32_t)found.n;
        if (near == NP_PB_BYTES_PASSED)
            p = behind(read_length(r, found.p, now.end));
        else if (!LIKELY((near & 0xff) < NP_PB_TIME))
            p = enter(r, &up, near, &now, read_size(r, found.p, now.end));
        else
            p = read_value(r, near, now.base, found.p, now.end, p);
        if (!p)
            return false;
    }
}
