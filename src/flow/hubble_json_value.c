/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reader for each kind of value that Hubble's JSON has.
 *
 * Each takes what protojson takes for the type that flow.proto gives: integers also as texts, enumerations by word or number
 * (an unknown word counts as unset), null nowhere (the walk through members has dealt with it). Beyond protojson, an address must
 * be one, a port must fit 16 bits and an ICMP type 8: a record that says less than it seems to is refused. A reason of a drop whose
 * word is not known is kept as it stands, unless a number says more.
 */

#include "flow/hubble_json.h"

#include "base/ip.h"

static inline void set_has(char *base, const struct np_hubble_row *row, bool is_there)
{
    uint32_t *has = (uint32_t *)(void *)(base + row->has_at);

    *has |= is_there ? row->has : 0;
}

static inline struct np_place text_of(struct np_hubble *h, struct np_place at, struct np_json_text *out)
{
    if (__builtin_expect(!np_json_is_text(&h->json, at), 0))
        return np_hubble_unfit(h, at, "a text is wanted here");
    return np_json_text(&h->json, at, out);
}

struct np_place np_hubble_read_text(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct np_json_text text = {NULL, 0};

    at = text_of(h, at, &text);
    np_hubble_store_text(base + row->offset, text);
    return at;
}

struct np_place np_hubble_check_text(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct np_json_text text;

    (void)row;
    (void)base;
    return text_of(h, at, &text);
}

/* Into a list: at its first element, *more true, or behind an empty one. */
static inline struct np_place open_list(struct np_hubble *h, struct np_place at, bool *more)
{
    if (*at.p != '[')
        return np_hubble_unfit(h, at, "a list is wanted here");
    at.p = np_json_next(&h->json, at.p + 1);
    *more = at.p >= h->json.end || *at.p != ']';
    at.p += !*more;
    return at;
}

/* Behind an element: as np_json_step(), but the text may not end where another element should begin. */
static struct np_place next_element(struct np_hubble *h, struct np_place at, bool *more)
{
    at = np_json_step(&h->json, at, ']', more);
    if (at.p && *more && at.p >= h->json.end)
        return np_json_unexpected(&h->json, at.p, "a value");
    return at;
}

struct np_place np_hubble_read_texts(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct cnipol_text *items = h->texts + h->n_texts;
    uint32_t n = 0;
    bool more;

    at = open_list(h, at, &more);
    while (at.p && more) {
        struct np_json_text text = {NULL, 0};

        at = text_of(h, at, &text);
        if (!at.p)
            return at;
        items[n++] = (struct cnipol_text){text.s, text.n};
        if (*at.p == ',' && at.p + 1 == h->json.s + at.q[0])
            at.p++;
        else
            at = next_element(h, at, &more);
    }
    h->n_texts += n;
    *(const struct cnipol_text **)(void *)(base + row->offset) = n ? items : NULL;
    *(uint32_t *)(void *)(base + row->has_at) = n;
    return at;
}

#if defined __SSE2__
/*
 * The usual way to write an IPv4 address, seen at once: bit i of each mask is about byte i. Digits and three dots, no dot at an end or
 * beside another, no four digits in a row, no zero before a digit at the start of a number, and no three digits above 255.
 */
static bool is_ipv4(struct np_json_text text)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)text.s), value = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    uint32_t inside = (1u << (text.n & 15)) - 1, dots, digits, starts, threes, two, five, above_two, above_five;

    if (text.n - 7 > 8)
        return false;
    dots = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('.'))) & inside;
    digits = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value)) & inside;
    starts = dots << 1 | 1;
    threes = starts & digits & digits >> 1 & digits >> 2;
    two = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('2')));
    five = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('5')));
    above_two = (uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi8(v, _mm_set1_epi8('2')));
    above_five = (uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi8(v, _mm_set1_epi8('5')));
    if ((dots | digits) != inside || __builtin_popcount(dots) != 3 || (starts & (dots | (inside + 1))))
        return false;
    if (digits & digits >> 1 & digits >> 2 & digits >> 3)
        return false;
    if ((uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('0'))) & starts & digits >> 1)
        return false;
    return (threes & (above_two | (two & (above_five >> 1 | (five >> 1 & above_five >> 2))))) == 0;
}
#else
static bool is_ipv4(struct np_json_text text)
{
    (void)text;
    return false; /* let np_ip_parse() see */
}
#endif

/* The usual way to write an IPv6 address: groups of up to four digits, eight or, with one "::", fewer. */
static bool is_ipv6(struct np_json_text text)
{
    unsigned groups = 0, n = 0;
    bool has_gap = false;

    for (const char *p = text.s, *end = text.s + text.n; p < end; p++) {
        unsigned c = (unsigned char)*p;

        if (c - '0' < 10 || (c | 0x20) - 'a' < 6) {
            groups += n == 0;
            if (++n > 4)
                return false;
        } else if (c == ':' && p + 1 < end && p[1] == ':') {
            if (has_gap)
                return false;
            has_gap = true;
            n = 0;
            p++;
        } else if (c == ':' && n && p + 1 < end) {
            n = 0;
        } else {
            return false;
        }
    }
    return has_gap ? groups < 8 : groups == 8;
}

struct np_place np_hubble_read_address(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    const char *start = at.p;
    struct np_json_text text = {NULL, 0};
    unsigned flaws = 0;
    struct np_ip ip;

    at = text_of(h, at, &text);
    if (!at.p)
        return at;
    if (text.n && !is_ipv4(text) && !is_ipv6(text) &&
        (!np_ip_parse((struct np_str){text.s, text.n}, &ip, &flaws) || (flaws & NP_IP_LEADING_ZEROS)))
        return np_json_bad_field(&h->json, start, "this is no address");
    np_hubble_store_text(base + row->offset, text);
    return at;
}

struct np_place np_hubble_read_time(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    const char *start = at.p;
    struct np_json_text text = {NULL, 0};

    at = text_of(h, at, &text);
    if (!at.p)
        return at;
    if (!np_hubble_time(&h->clock, (struct cnipol_text){text.s, text.n}, (struct cnipol_time *)(void *)(base + row->offset)))
        return np_json_bad_field(&h->json, start, "this is no time");
    set_has(base, row, true);
    return at;
}

/* An unsigned integer up to `last`. */
static inline struct np_place unsigned_of(struct np_hubble *h, struct np_place at, uint64_t last, uint64_t *out)
{
    const char *start = at.p;
    struct np_json_integer integer = {0, false};

    at = np_json_unsigned(&h->json, at, &integer);
    if (__builtin_expect(integer.negative || integer.value > last, 0) && at.p)
        return np_json_bad_field(&h->json, start, "this number does not fit here");
    *out = integer.value;
    return at;
}

static inline struct np_place signed_of(struct np_hubble *h, struct np_place at, int32_t *out)
{
    const char *start = at.p;
    struct np_json_integer integer = {0, false};

    at = np_json_unsigned(&h->json, at, &integer);
    if (__builtin_expect(integer.value > (uint64_t)INT32_MAX + integer.negative, 0) && at.p)
        return np_json_bad_field(&h->json, start, "this number does not fit here");
    *out = (int32_t)(integer.negative ? 0 - (int64_t)integer.value : (int64_t)integer.value);
    return at;
}

struct np_place np_hubble_read_u32(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint64_t value = 0;

    at = unsigned_of(h, at, UINT32_MAX, &value);
    *(uint32_t *)(void *)(base + row->offset) = (uint32_t)value;
    set_has(base, row, value != 0);
    return at;
}

struct np_place np_hubble_check_u32(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint64_t value = 0;

    (void)row;
    (void)base;
    return unsigned_of(h, at, UINT32_MAX, &value);
}

struct np_place np_hubble_read_u64(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint64_t value = 0;

    at = unsigned_of(h, at, UINT64_MAX, &value);
    *(uint64_t *)(void *)(base + row->offset) = value;
    set_has(base, row, value != 0);
    return at;
}

struct np_place np_hubble_read_i32(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    int32_t value = 0;

    at = signed_of(h, at, &value);
    *(int32_t *)(void *)(base + row->offset) = value;
    set_has(base, row, value != 0);
    return at;
}

/* Int32Value, into an int64_t: 0 is a value. */
struct np_place np_hubble_read_said_i32(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    int32_t value = 0;

    at = signed_of(h, at, &value);
    *(int64_t *)(void *)(base + row->offset) = value;
    set_has(base, row, true);
    return at;
}

struct np_place np_hubble_read_byte(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint64_t value = 0;

    at = unsigned_of(h, at, UINT8_MAX, &value);
    *(uint8_t *)(base + row->offset) = (uint8_t)value;
    return at;
}

struct np_place np_hubble_read_port(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint64_t value = 0;

    at = unsigned_of(h, at, UINT16_MAX, &value);
    *(uint16_t *)(void *)(base + row->offset) = (uint16_t)value;
    set_has(base, row, value != 0);
    return at;
}

/* The short form's; flow.proto has no such member, so anything may stand there. */
struct np_place np_hubble_read_top_port(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint64_t value = 0;

    (void)row;
    (void)base;
    if ((unsigned char)(*at.p - '0') > 9)
        return np_json_skip(&h->json, at, NP_HUBBLE_DEPTH - h->depth);
    at = unsigned_of(h, at, UINT16_MAX, &value);
    if (at.p)
        h->top_port = (uint16_t)value;
    return at;
}

static struct np_place bool_of(struct np_hubble *h, struct np_place at, bool *out)
{
    bool is_true = np_json_is_literal(&h->json, at.p, "true", 4);

    if (!is_true && !np_json_is_literal(&h->json, at.p, "false", 5))
        return np_hubble_unfit(h, at, "true or false is wanted here");
    *out = is_true;
    at.p += is_true ? 4 : 5;
    return at;
}

struct np_place np_hubble_read_true(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    bool value = false;

    at = bool_of(h, at, &value);
    *(uint8_t *)(base + row->offset) = value;
    set_has(base, row, value);
    return at;
}

struct np_place np_hubble_read_flag(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint16_t *flags = (uint16_t *)(void *)(base + row->offset);
    bool value = false;

    at = bool_of(h, at, &value);
    *flags = (uint16_t)(*flags | (value ? row->has : 0));
    return at;
}

struct np_place np_hubble_read_is_reply(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    bool value = false;

    (void)row;
    (void)base;
    at = bool_of(h, at, &value);
    h->reply = value;
    return at;
}

struct np_place np_hubble_check_bool(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    bool value;

    (void)row;
    (void)base;
    return bool_of(h, at, &value);
}

/* An enumeration's value by word or number. An unknown word gives 0 and is left in *word, which is empty otherwise. */
static inline struct np_place enum_of(struct np_hubble *h, struct np_place at, uint32_t which, int32_t *out, struct np_json_text *word)
{
    const struct np_hubble_names *names = &h->enums[which];
    const struct np_hubble_name *found;

    word->n = 0;
    *out = 0;
    if (__builtin_expect(!np_json_is_text(&h->json, at), 0))
        return *at.p == '-' || (unsigned char)(*at.p - '0') < 10 ? signed_of(h, at, out) : np_hubble_unfit(h, at, "a word or its number is wanted here");
    found = &names->slots[np_hubble_slot(names, at.p + 1, at.q[1] - at.q[0] - 1)];
    if (__builtin_expect(np_hubble_is(found, at.p + 1), 1)) {
        *out = found->value;
        return (struct np_place){at.p + 1 + found->whole, at.q + 2};
    }
    at = np_json_text(&h->json, at, word);
    found = at.p ? np_hubble_find(names, word->s, word->n) : NULL;
    if (found) {
        *out = found->value;
        word->n = 0;
    }
    return at;
}

struct np_place np_hubble_read_enum(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct np_json_text word;
    int32_t value;

    at = enum_of(h, at, row->more, &value, &word);
    *(int32_t *)(void *)(base + row->offset) = value;
    set_has(base, row, value != 0);
    return at;
}

/* It counts that the member is there. */
struct np_place np_hubble_read_said_enum(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    const uint32_t last = row->more == NP_HUBBLE_VERDICTS ? CNIPOL_FLOW_TRANSLATED : CNIPOL_FLOW_EGRESS;
    struct np_json_text word;
    int32_t value;

    at = enum_of(h, at, row->more, &value, &word);
    *(int32_t *)(void *)(base + row->offset) = (uint32_t)value <= last ? value : 0;
    set_has(base, row, true);
    return at;
}

struct np_place np_hubble_check_enum(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct np_json_text word;
    int32_t value;

    (void)base;
    return enum_of(h, at, row->more, &value, &word);
}

/* The word itself; none for 0 and what is not known. */
struct np_place np_hubble_read_word(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct np_json_text word;
    const char *known;
    int32_t value;

    at = enum_of(h, at, row->more, &value, &word);
    known = value ? np_hubble_word(row->more, value) : NULL;
    if (at.p && known)
        *(struct cnipol_text *)(void *)(base + row->offset) = np_text(known, strlen(known));
    return at;
}

struct np_place np_hubble_read_drop_reason(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct np_json_text word;

    (void)base;
    at = enum_of(h, at, row->more, &h->drop_reason, &word);
    h->drop_reason_word = np_text(word.n ? word.s : NULL, word.n);
    return at;
}

struct np_place np_hubble_read_ip_version(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct np_json_text word;
    int32_t value;

    at = enum_of(h, at, row->more, &value, &word);
    *(uint8_t *)(base + row->offset) = value == 1 ? 4 : value == 2 ? 6 : 0;
    return at;
}

struct np_place np_hubble_read_l7_type(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    static const struct cnipol_text types[] = {{NULL, 0}, NP_TEXT("request"), NP_TEXT("response"), NP_TEXT("sample")};
    struct cnipol_flow_l7 *l7 = (struct cnipol_flow_l7 *)(void *)base;
    struct np_json_text word;
    int32_t value;

    at = enum_of(h, at, row->more, &value, &word);
    if (value <= 0 || value > 3)
        return at;
    l7->type = types[value];
    l7->has |= CNIPOL_L7_TYPE;
    return at;
}

struct np_place np_hubble_read_flow(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    (void)base;
    return np_hubble_object(h, at, row->more, (char *)h->flow);
}

struct np_place np_hubble_read_message(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    set_has(base, row, true);
    return np_hubble_object(h, at, row->more, base + row->offset);
}

struct np_place np_hubble_check_object(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    (void)row;
    (void)base;
    if (*at.p != '{')
        return np_hubble_unfit(h, at, "an object is wanted here");
    return np_json_skip(&h->json, at, NP_HUBBLE_DEPTH - h->depth);
}

struct np_place np_hubble_read_protocol(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    set_has(base, row, true);
    h->flow->protocol = (uint8_t)row->offset;
    return np_hubble_object(h, at, row->more, base);
}

struct np_place np_hubble_read_l7(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct cnipol_flow_l7 *l7 = np_arena_zalloc(&h->run->arena, sizeof *l7);

    (void)base;
    if (!l7)
        return np_json_no_memory(&h->json);
    h->flow->l7 = l7;
    return np_hubble_object(h, at, row->more, (char *)l7);
}

struct np_place np_hubble_read_l7_kind(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    ((struct cnipol_flow_l7 *)(void *)base)->kind = (int32_t)row->has;
    return np_hubble_object(h, at, row->more, base);
}

struct np_place np_hubble_read_event(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct cnipol_flow_event *event = np_arena_zalloc(&h->run->arena, sizeof *event);

    if (!event)
        return np_json_no_memory(&h->json);
    event->kind = (int32_t)row->has;
    h->flow->event = event;
    return row->is_message ? np_hubble_object(h, at, row->more, (char *)event) : np_hubble_check_object(h, at, row, base);
}

/* A list of messages, each into a new item of the list. */
static struct np_place read_items(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, struct np_flow_list *list, size_t size)
{
    bool more;

    at = open_list(h, at, &more);
    while (at.p && more) {
        char *item = np_flow_list_add(h->run, list, size);

        if (!item)
            return np_json_no_memory(&h->json);
        at = np_hubble_object(h, at, row->more, item);
        if (at.p)
            at = next_element(h, at, &more);
    }
    return at;
}

/* The same, for a list that one member is. */
static struct np_place read_list(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base, size_t size)
{
    struct np_flow_list list = {0};

    at = read_items(h, at, row, &list, size);
    *(const void **)(void *)(base + row->offset) = list.items;
    *(uint32_t *)(void *)(base + row->has_at) = list.n;
    return at;
}

_Static_assert(sizeof(struct cnipol_flow_workload) == 2 * sizeof(struct cnipol_text) && offsetof(struct cnipol_flow_workload, kind) == 0,
               "a workload is two texts, its kind first");

/* [{"name":"…","kind":"…"}] as Hubble writes it, into two of the texts. p of the result is NULL where it is not that. */
static struct np_place read_one_workload(struct np_hubble *h, struct np_place at, struct cnipol_text *out)
{
    const char *s = h->json.s, *name = at.p + 10, *kind;

    if (h->json.unusual || at.q[7] == UINT32_MAX || memcmp(at.p, "[{\"name\":\"", 10) != 0)
        return (struct np_place){NULL, NULL};
    kind = s + at.q[3] + 10;
    if (memcmp(s + at.q[3], "\",\"kind\":\"", 10) != 0 || memcmp(s + at.q[7], "\"}]", 3) != 0)
        return (struct np_place){NULL, NULL};
    out[1] = np_text(name, (size_t)(s + at.q[3] - name));
    out[0] = np_text(kind, (size_t)(s + at.q[7] - kind));
    return (struct np_place){s + at.q[7] + 3, at.q + 8};
}

struct np_place np_hubble_read_workloads(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct cnipol_text *texts = h->texts + h->n_texts;
    struct np_place behind = read_one_workload(h, at, texts);

    if (behind.p && texts[0].n && texts[1].n) {
        h->n_texts += 2;
        *(const void **)(void *)(base + row->offset) = texts;
        *(uint32_t *)(void *)(base + row->has_at) = 1;
        return behind;
    }
    return read_list(h, at, row, base, sizeof(struct cnipol_flow_workload));
}

struct np_place np_hubble_read_headers(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    return read_list(h, at, row, base, sizeof(struct cnipol_flow_pair));
}

struct np_place np_hubble_read_policies(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint32_t n = h->policies.n;

    (void)base;
    at = read_items(h, at, row, &h->policies, sizeof(struct cnipol_flow_policy));
    for (; n < h->policies.n; n++) {
        struct cnipol_flow_policy *policy = (struct cnipol_flow_policy *)h->policies.items + n;

        policy->direction = (int32_t)(row->has & 3);
        policy->action = row->has & NP_HUBBLE_ALLOWS ? np_text("allow", 5) : np_text("deny", 4);
    }
    return at;
}
