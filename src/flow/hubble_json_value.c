/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reader for each kind of value that Hubble's JSON has.
 *
 * Each takes what protojson takes for the type that flow.proto gives: integers also as texts, enumerations by word or number
 * (an unknown word counts as unset), null nowhere (the walk through members has dealt with it). Beyond protojson, an address must
 * be one, a port must fit 16 bits and an ICMP type 8: a record that says less than it seems to is refused. A reason of a drop whose
 * word is not known is kept as it stands, unless a number says more.
 */

#include <inttypes.h>
#include <stdio.h>

#include "flow/hubble_json_number.h"

struct np_place np_hubble_read_text(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct np_json_text text = {NULL, 0};

    at = np_hubble_text(h, at, &text);
    np_hubble_store_text(base + row->offset, text);
    return at;
}

struct np_place np_hubble_check_text(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct np_json_text text;

    (void)row;
    (void)base;
    return np_hubble_text(h, at, &text);
}

struct np_place np_hubble_read_time(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    const char *start = at.p;
    struct np_json_text text = {NULL, 0};

    at = np_hubble_text(h, at, &text);
    if (!at.p)
        return at;
    if (!np_hubble_time(&h->clock, (struct cnipol_text){text.s, text.n}, (struct cnipol_time *)(void *)(base + row->offset)))
        return np_json_bad_field(&h->json, start, "this is no time");
    np_hubble_set_has(base, row, true);
    return at;
}

struct np_place np_hubble_read_u32(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    return np_hubble_take_u32(h, at, row, base);
}

struct np_place np_hubble_check_u32(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint64_t value = 0;

    (void)row;
    (void)base;
    return np_hubble_unsigned(h, at, UINT32_MAX, &value);
}

struct np_place np_hubble_read_u64(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint64_t value = 0;

    at = np_hubble_unsigned(h, at, UINT64_MAX, &value);
    *(uint64_t *)(void *)(base + row->offset) = value;
    np_hubble_set_has(base, row, value != 0);
    return at;
}

struct np_place np_hubble_read_i32(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    return np_hubble_take_i32(h, at, row, base);
}

/* Int32Value, into an int64_t: 0 is a value. */
struct np_place np_hubble_read_said_i32(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    int32_t value = 0;

    at = np_hubble_signed(h, at, &value);
    *(int64_t *)(void *)(base + row->offset) = value;
    np_hubble_set_has(base, row, true);
    return at;
}

struct np_place np_hubble_read_byte(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint64_t value = 0;

    at = np_hubble_unsigned(h, at, UINT8_MAX, &value);
    *(uint8_t *)(base + row->offset) = (uint8_t)value;
    return at;
}

struct np_place np_hubble_read_port(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    return np_hubble_take_port(h, at, row, base);
}

/* The short form's; flow.proto has no such member, so anything may stand there. */
struct np_place np_hubble_read_top_port(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint64_t value = 0;

    (void)row;
    (void)base;
    if ((unsigned char)(*at.p - '0') > 9)
        return np_json_skip(&h->json, at, NP_HUBBLE_DEPTH - h->depth);
    at = np_hubble_unsigned(h, at, UINT16_MAX, &value);
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
    np_hubble_set_has(base, row, value);
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
        return *at.p == '-' || (unsigned char)(*at.p - '0') < 10 ? np_hubble_signed(h, at, out) : np_hubble_unfit(h, at, "a word or its number is wanted here");
    found = &names->slots[np_hubble_slot(names, at.p + 1, (uint32_t)(np_json_quote(&h->json, at, 1) - at.p - 1))];
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
    np_hubble_set_has(base, row, value != 0);
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
    np_hubble_set_has(base, row, true);
    return at;
}

struct np_place np_hubble_check_enum(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct np_json_text word;
    int32_t value;

    (void)base;
    return enum_of(h, at, row->more, &value, &word);
}

/* A number that has no word. */
static bool keep_digits(struct np_hubble *h, int32_t value, struct cnipol_text *out)
{
    char digits[16];
    int n = snprintf(digits, sizeof digits, "%" PRId32, value);

    *out = np_text(np_arena_strndup(&h->run->arena, digits, (size_t)n), (size_t)n);
    return out->s != NULL;
}

/* The word itself, or a number's digits that has none; nothing for 0 and words that are not known. */
struct np_place np_hubble_read_word(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct np_json_text word;
    const char *known;
    int32_t value;

    at = enum_of(h, at, row->more, &value, &word);
    known = value ? np_hubble_word(row->more, value) : NULL;
    if (at.p && known)
        *(struct cnipol_text *)(void *)(base + row->offset) = np_text(known, strlen(known));
    else if (at.p && value && !keep_digits(h, value, (struct cnipol_text *)(void *)(base + row->offset)))
        return np_json_no_memory(&h->json);
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
    static const struct cnipol_text types[] = {{NULL, 0}, NP_TEXT("request"), NP_TEXT("response"), NP_TEXT("sample"), NP_TEXT("unknown")};
    struct cnipol_flow_l7 *l7 = (struct cnipol_flow_l7 *)(void *)base;
    struct np_json_text word;
    int32_t value;

    at = enum_of(h, at, row->more, &value, &word);
    if (value == 0)
        return at;
    l7->type = types[value > 0 && value < 4 ? value : 4];
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
    np_hubble_set_has(base, row, true);
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

/* The type of an Any, which may be there once and is a text that says something. */
static struct np_place read_type_url(struct np_hubble *h, struct np_place at, bool *was_there)
{
    const char *start = at.p;
    struct np_json_text text = {NULL, 0};

    at = np_hubble_text(h, at, &text);
    if (!at.p)
        return at;
    if (*was_there || !text.n)
        return np_json_bad_field(&h->json, start, *was_there ? "this member was there before" : "a type is wanted here");
    *was_there = true;
    return at;
}

/* An Any: of whatever type, as there may be more than we know. */
struct np_place np_hubble_check_any(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct np_place behind = np_hubble_check_object(h, at, row, base);
    bool more = true, has_type = false;

    if (behind.p)
        at.p = np_json_next(&h->json, at.p + 1);
    more = behind.p && *at.p != '}';
    while (more) {
        struct np_json_text name;

        at = np_json_text(&h->json, at, &name);
        at.p = np_json_next(&h->json, np_json_next(&h->json, at.p) + 1);
        at = name.n == 5 && memcmp(name.s, "@type", 5) == 0 ? read_type_url(h, at, &has_type) : np_json_skip(&h->json, at, NP_HUBBLE_DEPTH);
        if (!at.p)
            return at;
        at = np_json_step(&h->json, at, '}', &more);
    }
    return behind;
}

struct np_place np_hubble_read_protocol(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    np_hubble_set_has(base, row, true);
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
