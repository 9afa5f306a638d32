/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects of Hubble's JSON: names to rows, and the walk through members.
 *
 * A name is found by one multiplication and, nearly always, one look: slots are four times as many as names. Both spellings of
 * protojson are there (pod_name, podName), and the loose ones of the short form, which count only while the member itself was not
 * seen, as protojson would not know them. A known member may stand there once, whatever its spelling and even if it is null; of a
 * oneof one member may be set; members that nobody knows may repeat.
 *
 * Source: google.golang.org/protobuf v1.36.11, encoding/protojson/decode.go (unmarshalMessage), internal/strs (JSONCamelCase).
 */

#include "flow/hubble_json.h"

#define NAME_MAX_BYTES 56u

/* The first n bytes (at most eight) at s as a number; what is behind them does not count. */
static inline uint64_t head_of(const char *s, uint32_t n)
{
    static const uint64_t masks[9] = {0,          0xff,           0xffff,           0xffffff,          0xffffffff,
                                      0xffffffffff, 0xffffffffffff, 0xffffffffffffff, 0xffffffffffffffff};

    return np_json_load8(s) & masks[n < 8 ? n : 8];
}

static inline uint64_t tail_of(const char *s, uint32_t n, uint64_t head)
{
    return n < 8 ? head : np_json_load8(s + n - 8);
}

static inline uint32_t slot_of(const struct np_hubble_names *names, uint64_t head, uint64_t tail, uint32_t n)
{
    return (uint32_t)(((head ^ tail << 7 ^ n) * 0x9e3779b97f4a7c15u) >> names->shift);
}

const struct np_hubble_name *np_hubble_find(const struct np_hubble_names *names, const char *s, uint32_t n)
{
    uint64_t head = head_of(s, n), tail = tail_of(s, n, head);

    for (uint32_t i = slot_of(names, head, tail, n);; i = (i + 1) & names->mask) {
        const struct np_hubble_name *slot = &names->slots[i];

        if (slot->n == n && slot->head == head && slot->tail == tail && (n <= 16 || memcmp(slot->name + 8, s + 8, n - 16) == 0))
            return slot;
        if (slot->n == UINT32_MAX)
            return NULL;
    }
}

/* Room for `n` names, all empty. */
static bool make_names(struct np_mem *mem, struct np_hubble_names *names, uint32_t n)
{
    uint32_t bits = 2;

    while (((uint32_t)1 << bits) < n * 4)
        bits++;
    names->size = (uint32_t)1 << bits;
    names->mask = names->size - 1;
    names->shift = 64 - bits;
    names->slots = np_alloc(mem, names->size * sizeof *names->slots);
    for (uint32_t i = 0; names->slots && i < names->size; i++)
        names->slots[i] = (struct np_hubble_name){.n = UINT32_MAX};
    return names->slots != NULL;
}

/* The name lives as long as the table. */
static void add_name(struct np_hubble_names *names, const char *name, uint32_t n, int32_t value)
{
    char padded[NAME_MAX_BYTES + 8] = {0};
    uint64_t head, tail;
    uint32_t i;

    memcpy(padded, name, n);
    head = head_of(padded, n);
    tail = tail_of(padded, n, head);
    i = slot_of(names, head, tail, n);
    while (names->slots[i].n != UINT32_MAX)
        i = (i + 1) & names->mask;
    names->slots[i] = (struct np_hubble_name){head, tail, name, n, value};
}

/* protojson's other spelling: no underscores, and the small letter behind one is a capital. */
static uint32_t camel_case(const char *name, char *out)
{
    uint32_t n = 0;

    for (const char *p = name; *p; p++) {
        bool behind = p > name && p[-1] == '_';

        if (*p != '_')
            out[n++] = behind && *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
    }
    out[n] = '\0';
    return n;
}

static bool add_row_names(struct np_hubble *h, struct np_hubble_names *names, const struct np_hubble_row *row, int32_t value)
{
    char camel[NAME_MAX_BYTES];
    uint32_t n = camel_case(row->name, camel);
    char *kept = strcmp(camel, row->name) ? np_arena_strndup(&h->names, camel, n) : NULL;

    if (row->name[0])
        add_name(names, row->name, (uint32_t)strlen(row->name), value);
    if (kept)
        add_name(names, kept, n, value);
    if (row->loose)
        add_name(names, row->loose, (uint32_t)strlen(row->loose), value | NP_HUBBLE_LOOSE);
    return kept || strcmp(camel, row->name) == 0;
}

static bool has_field(const struct cnipol_fields *fields, uint32_t id)
{
    return id < CNIPOL_N_FIELDS && fields->bits[id / 64] >> (id % 64) & 1;
}

static bool has_all_fields(const struct cnipol_fields *fields)
{
    for (uint32_t id = 0; id < CNIPOL_N_FIELDS; id++)
        if (!has_field(fields, id))
            return false;
    return true;
}

/* Is a member's own field wanted? */
static bool wants_field(const struct cnipol_fields *fields, const struct np_hubble_shape *shape, const struct np_hubble_row *row)
{
    return row->field < NP_HUBBLE_ALWAYS && has_field(fields, row->field + shape->field_shift);
}

/* Is a field of a message wanted, or of one in it? Messages are a tree. */
static bool wants_message(const struct cnipol_fields *fields, const struct np_hubble_shape *shape)
{
    for (const struct np_hubble_row *row = shape->rows; row->name; row++)
        if (wants_field(fields, shape, row) || (row->is_message && wants_message(fields, &np_hubble_shapes[row->more])))
            return true;
    return false;
}

static bool wants_row(const struct cnipol_fields *fields, const struct np_hubble_shape *shape, const struct np_hubble_row *row)
{
    if (row->field == NP_HUBBLE_ALWAYS || wants_field(fields, shape, row))
        return true;
    return row->is_message ? wants_message(fields, &np_hubble_shapes[row->more]) : row->field == NP_HUBBLE_NO_FIELD && has_all_fields(fields);
}

static bool plan_message(struct np_hubble *h, const struct np_hubble_shape *shape, struct np_hubble_plan *plan, const struct cnipol_fields *fields)
{
    uint32_t n = 0;

    plan->rows = shape->rows;
    while (shape->rows[n].name)
        n++;
    if (!make_names(h->run->mem, &plan->names, n * 2))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!add_row_names(h, &plan->names, &shape->rows[i], (int32_t)i))
            return false;
        plan->wanted |= (uint64_t)wants_row(fields, shape, &shape->rows[i]) << i;
    }
    return true;
}

static const struct np_word node_states[] = {{0, "UNKNOWN_NODE_STATE"}, {1, "NODE_CONNECTED"}, {2, "NODE_UNAVAILABLE"}, {3, "NODE_GONE"}, {4, "NODE_ERROR"}};
static const struct np_words node_state_words = {node_states, sizeof node_states / sizeof *node_states};

static const struct np_words *const enum_words[NP_HUBBLE_N_ENUMS] = {
    [NP_HUBBLE_VERDICTS] = &np_words_verdict,
    [NP_HUBBLE_DIRECTIONS] = &np_words_direction,
    [NP_HUBBLE_FLOW_TYPES] = &np_words_flow_type,
    [NP_HUBBLE_AUTH_TYPES] = &np_words_auth_type,
    [NP_HUBBLE_POINTS] = &np_words_observation_point,
    [NP_HUBBLE_TRACE_REASONS] = &np_words_trace_reason,
    [NP_HUBBLE_CAPTURE_POINTS] = &np_words_capture_point,
    [NP_HUBBLE_XLATE_POINTS] = &np_words_xlate_point,
    [NP_HUBBLE_TUNNELS] = &np_words_tunnel,
    [NP_HUBBLE_L7_TYPES] = &np_words_l7_type,
    [NP_HUBBLE_IP_VERSIONS] = &np_words_ip_version,
    [NP_HUBBLE_SCTP_CHUNKS] = &np_words_sctp_chunk,
    [NP_HUBBLE_LOST_SOURCES] = &np_words_lost_source,
    [NP_HUBBLE_NODE_STATES] = &node_state_words,
    [NP_HUBBLE_AGENT_TYPES] = &np_words_agent_event,
    [NP_HUBBLE_DEBUG_TYPES] = &np_words_debug_event,
};

const char *np_hubble_word(enum np_hubble_enum which, int32_t number)
{
    return np_word_of(enum_words[which], number);
}

/* Reasons of drops are a byte. */
static bool plan_drop_reasons(struct np_mem *mem, struct np_hubble_names *names)
{
    if (!make_names(mem, names, 128))
        return false;
    add_name(names, "DROP_REASON_UNKNOWN", sizeof "DROP_REASON_UNKNOWN" - 1, 0);
    for (uint32_t reason = 1; reason < 256; reason++) {
        const char *name = np_drop_reason_name(reason);

        if (name)
            add_name(names, name, (uint32_t)strlen(name), (int32_t)reason);
    }
    return true;
}

static bool plan_words(struct np_hubble *h, enum np_hubble_enum which)
{
    const struct np_words *words = enum_words[which];

    if (!make_names(h->run->mem, &h->enums[which], words->n))
        return false;
    for (uint32_t i = 0; i < words->n; i++)
        add_name(&h->enums[which], words->items[i].word, (uint32_t)strlen(words->items[i].word), words->items[i].number);
    return true;
}

int np_hubble_plan(struct np_hubble *h, const struct cnipol_fields *fields)
{
    bool ok = true;

    np_arena_init(&h->names, h->run->mem);
    for (uint32_t i = 0; ok && i < NP_HUBBLE_N_MESSAGES; i++)
        ok = plan_message(h, &np_hubble_shapes[i], &h->plans[i], fields);
    for (uint32_t i = 0; ok && i < NP_HUBBLE_N_ENUMS; i++)
        ok = enum_words[i] ? plan_words(h, i) : plan_drop_reasons(h->run->mem, &h->enums[i]);
    return ok ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

static void free_names(struct np_mem *mem, struct np_hubble_names *names)
{
    np_free(mem, names->slots, names->size * sizeof *names->slots);
}

void np_hubble_unplan(struct np_hubble *h)
{
    for (uint32_t i = 0; i < NP_HUBBLE_N_MESSAGES; i++)
        free_names(h->run->mem, &h->plans[i].names);
    for (uint32_t i = 0; i < NP_HUBBLE_N_ENUMS; i++)
        free_names(h->run->mem, &h->enums[i]);
    np_arena_free(&h->names);
}

/* What an object has had so far. */
struct progress {
    const struct np_hubble_plan *plan;
    char *base;
    uint64_t seen;
    uint32_t oneofs;
};

/* A value that is read into nothing. */
static inline struct np_place skip(struct np_hubble *h, struct np_place at)
{
    return np_json_skip(&h->json, at, NP_HUBBLE_DEPTH - h->depth);
}

static struct np_place read_null(struct np_hubble *h, struct np_place at)
{
    if (!np_json_is_literal(&h->json, at.p, "null", 4))
        return np_json_unexpected(&h->json, at.p, "a value");
    at.p += 4;
    return at;
}

/* A member by its loose spelling: as if it were another one, that nobody knows. */
static struct np_place read_loose(struct np_hubble *h, struct np_place at, const struct progress *object, uint32_t i)
{
    if (object->seen >> i & 1 || at.p >= h->json.end || *at.p == 'n' || !(object->plan->wanted >> i & 1))
        return skip(h, at);
    return object->plan->rows[i].read(h, at, &object->plan->rows[i], object->base);
}

/* A known member's value; `name` is where its name stands. */
static inline struct np_place read_known(struct np_hubble *h, struct np_place at, struct progress *object, uint32_t i, const char *name)
{
    const struct np_hubble_row *row = &object->plan->rows[i];

    if (__builtin_expect(object->seen >> i & 1, 0))
        return np_json_bad_field(&h->json, name, "this member was there before");
    object->seen |= (uint64_t)1 << i;
    if (__builtin_expect(at.p >= h->json.end, 0))
        return np_json_unexpected(&h->json, at.p, "a value");
    if (__builtin_expect(*at.p == 'n', 0))
        return read_null(h, at);
    if (row->oneof) {
        if (object->oneofs >> row->oneof & 1)
            return np_json_bad_field(&h->json, name, "another member of the same oneof is set");
        object->oneofs |= 1u << row->oneof;
    }
    return object->plan->wanted >> i & 1 ? row->read(h, at, row, object->base) : skip(h, at);
}

/* A member, from its name to behind its value. */
static inline struct np_place read_member(struct np_hubble *h, struct np_place at, struct progress *object)
{
    const struct np_hubble_name *found;
    const char *name = at.p;
    struct np_json_text text;

    if (__builtin_expect(*at.p != '"' || at.p >= h->json.end, 0))
        return np_json_unexpected(&h->json, at.p, "a name");
    at = np_json_text(&h->json, at, &text);
    if (__builtin_expect(!at.p, 0))
        return at;
    at.p = np_json_next(&h->json, at.p);
    if (__builtin_expect(*at.p != ':', 0))
        return np_json_unexpected(&h->json, at.p, "':'");
    at.p = np_json_next(&h->json, at.p + 1);
    found = np_hubble_find(&object->plan->names, text.s, text.n);
    if (!found)
        return skip(h, at);
    if (__builtin_expect(found->value >= NP_HUBBLE_LOOSE, 0))
        return read_loose(h, at, object, (uint32_t)found->value - NP_HUBBLE_LOOSE);
    return read_known(h, at, object, (uint32_t)found->value, name);
}

struct np_place np_hubble_object(struct np_hubble *h, struct np_place at, enum np_hubble_message message, char *base)
{
    struct progress object = {&h->plans[message], base, 0, 0};
    bool more = true;

    if (*at.p != '{' || at.p >= h->json.end)
        return np_hubble_unfit(h, at, "an object is wanted here");
    h->depth++;
    at.p = np_json_next(&h->json, at.p + 1);
    if (*at.p == '}') {
        more = false;
        at.p++;
    }
    while (more) {
        at = read_member(h, at, &object);
        if (!at.p)
            return at;
        at = np_json_step(&h->json, at, '}', &more);
        if (!at.p)
            return at;
    }
    h->depth--;
    h->seen = object.seen;
    return at;
}

struct np_place np_hubble_unfit(struct np_hubble *h, struct np_place at, const char *wanted)
{
    struct np_place behind = np_json_skip(&h->json, at, NP_HUBBLE_DEPTH);

    return behind.p ? np_json_bad_field(&h->json, at.p, wanted) : behind;
}
