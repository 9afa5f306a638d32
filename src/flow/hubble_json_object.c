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

#include <stdio.h>

#define NAME_MAX_BYTES 80u

struct np_hubble_name *np_hubble_find(const struct np_hubble_names *names, const char *s, uint32_t n)
{
    for (uint32_t i = np_hubble_slot(names, s, n);; i = (i + 1) & names->mask) {
        struct np_hubble_name *slot = &names->slots[i];

        if (slot->n == n && memcmp(slot->name, s, n) == 0)
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
        names->slots[i] = (struct np_hubble_name){.n = UINT32_MAX, .whole = UINT32_MAX, .next = {names->slots, names->slots}};
    return names->slots != NULL;
}

/* The name lives as long as the table; `behind` is what stands behind it. */
static struct np_hubble_name *add_name(struct np_hubble_names *names, const char *name, const char *behind, int32_t value)
{
    char whole[NAME_MAX_BYTES] = {0};
    struct np_hubble_name *slot;
    uint32_t n = (uint32_t)strlen(name), n_whole = (uint32_t)snprintf(whole, sizeof whole, "%s%s", name, behind), i;

    i = np_hubble_slot(names, whole, n);
    while (names->slots[i].n != UINT32_MAX)
        i = (i + 1) & names->mask;
    slot = &names->slots[i];
    slot->name = name;
    slot->n = n;
    slot->value = value;
    slot->whole = n_whole;
    memset(slot->any, 0xff, sizeof slot->any);
    for (i = 0; i < slot->whole && i < NP_HUBBLE_NAME_BYTES; i++) {
        slot->bytes[i] = (uint8_t)whole[i];
        slot->any[i] = 0;
    }
    return slot;
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

static void add_row_name(struct np_hubble_plan *plan, const char *name, uint32_t i, int32_t flag)
{
    struct np_hubble_name *added = add_name(&plan->names, name, "\":", (int32_t)i | flag);

    added->row = &plan->rows[i];
    added->bit = flag ? UINT64_MAX : (uint64_t)1 << i;
}

static bool add_row_names(struct np_hubble *h, struct np_hubble_plan *plan, uint32_t i)
{
    const struct np_hubble_row *row = &plan->rows[i];
    char camel[NAME_MAX_BYTES];
    uint32_t n = camel_case(row->name, camel);
    bool is_same = strcmp(camel, row->name) == 0;
    const char *kept = is_same ? row->name : np_arena_strndup(&h->names, camel, n);

    if (!kept)
        return false;
    if (row->name[0])
        add_row_name(plan, row->name, i, 0);
    if (!is_same)
        add_row_name(plan, kept, i, 0);
    if (row->loose)
        add_row_name(plan, row->loose, i, NP_HUBBLE_LOOSE);
    return true;
}

static bool has_all_fields(const struct cnipol_fields *fields)
{
    for (uint32_t id = 0; id < CNIPOL_N_FIELDS; id++)
        if (!cnipol_fields_has(fields, id))
            return false;
    return true;
}

/* Is a member's own field wanted? */
static bool wants_field(const struct cnipol_fields *fields, const struct np_hubble_shape *shape, const struct np_hubble_row *row)
{
    return row->field < NP_HUBBLE_ALWAYS && cnipol_fields_has(fields, row->field + shape->field_shift);
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
        if (!add_row_names(h, plan, i))
            return false;
        plan->wanted |= (uint64_t)wants_row(fields, shape, &shape->rows[i]) << i;
        plan->special |= (uint64_t)(shape->rows[i].oneof != 0) << i;
    }
    plan->special |= ~plan->wanted;
    plan->start.next[0] = plan->start.next[1] = plan->names.slots;
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
    add_name(names, "DROP_REASON_UNKNOWN", "\"", 0);
    for (uint32_t reason = 1; reason < 256; reason++) {
        struct cnipol_text name = np_drop_reason_name(reason);

        if (name.s)
            add_name(names, name.s, "\"", (int32_t)reason);
    }
    return true;
}

static bool plan_words(struct np_hubble *h, enum np_hubble_enum which)
{
    const struct np_words *words = enum_words[which];

    if (!make_names(h->run->mem, &h->enums[which], words->n))
        return false;
    for (uint32_t i = 0; i < words->n; i++)
        add_name(&h->enums[which], words->items[i].word, "\"", words->items[i].number);
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
    uint64_t special; /* members that were there, are not wanted, or belong to a oneof */
    uint64_t passed;  /* of these, such as were there */
    uint32_t oneofs;
};

/* A value that is read into nothing; `row` is NULL where nobody knows its member. */
static struct np_place skip(struct np_hubble *h, struct np_place at, const struct progress *object, const struct np_hubble_row *row, char *base)
{
    struct np_place behind = np_json_skip(&h->json, at, NP_HUBBLE_DEPTH - h->depth);

    if (h->is_noting && behind.p)
        np_hubble_note_skipped(h, at, behind, row, base, object->plan->rows);
    return behind;
}

/* A value. Texts are read here, as they are half of all. */
static inline struct np_place read_value(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    struct np_json_text text;

    if (row->read != np_hubble_read_text || !np_json_is_text(&h->json, at))
        return row->read(h, at, row, base);
    at = np_json_text(&h->json, at, &text);
    np_hubble_store_text(base + row->offset, text);
    return at;
}

static struct np_place read_null(struct np_hubble *h, struct np_place at)
{
    if (!np_json_is_literal(&h->json, at.p, "null", 4))
        return np_json_unexpected(&h->json, at.p, "a value");
    at.p += 4;
    return at;
}

/* A member by its loose spelling: another one that nobody knows, unless what is in it fits. */
static struct np_place read_loose(struct np_hubble *h, struct np_place at, const struct progress *object, uint32_t i, char *base)
{
    const struct np_hubble_row *row = &object->plan->rows[i];
    bool was_there = object->passed >> i & 1 || (object->special & ~object->plan->special) >> i & 1, fits;

    fits = row->is_message ? *at.p == '{' : np_json_is_text(&h->json, at) || (unsigned char)(*at.p - '0') < 10;
    np_hubble_note_odd(h);
    return was_there || !fits || !(object->plan->wanted >> i & 1) ? skip(h, at, object, row, base) : row->read(h, at, row, base);
}

/* A known member where something is special: it was there before, is null, belongs to a oneof, or is not wanted. */
static struct np_place read_special(struct np_hubble *h, struct np_place at, struct progress *object, uint32_t i, char *base)
{
    const struct np_hubble_row *row = &object->plan->rows[i];
    uint64_t bit = (uint64_t)1 << i;

    if (object->passed & bit || object->special & bit & ~object->plan->special)
        return np_json_bad_field(&h->json, at.p, "this member was there before");
    object->passed |= bit;
    object->special |= bit;
    if (*at.p == 'n') {
        np_hubble_note_odd(h);
        return read_null(h, at);
    }
    if (row->oneof && object->oneofs >> row->oneof & 1)
        return np_json_bad_field(&h->json, at.p, "another member of the same oneof is set");
    object->oneofs |= row->oneof ? 1u << row->oneof : 0;
    if (!(object->plan->wanted & bit))
        return skip(h, at, object, row, base);
    return h->is_noting ? np_hubble_read_noted(h, at, row, base, object->plan->rows) : row->read(h, at, row, base);
}

/* The colon behind a name. */
static struct np_place pass_colon(struct np_hubble *h, struct np_place at)
{
    at.p = np_json_next(&h->json, at.p);
    if (*at.p != ':')
        return np_json_unexpected(&h->json, at.p, "':'");
    at.p++;
    return at;
}

/* A name that is not the one expected behind `before`, up to its colon. *out is NULL where nobody knows it. */
static struct np_place read_name(struct np_hubble *h, struct np_place at, const struct np_hubble_plan *plan, struct np_hubble_name *before,
                                 struct np_hubble_name **out)
{
    struct np_json_text text;

    if (!np_json_is_text(&h->json, at))
        return np_json_unexpected(&h->json, at.p, "a name");
    at = np_json_text(&h->json, at, &text);
    if (!at.p)
        return at;
    *out = np_hubble_find(&plan->names, text.s, text.n);
    if (*out && *out != before->next[0]) {
        before->next[1] = before->next[0];
        before->next[0] = *out;
    }
    return pass_colon(h, at);
}

/* A name up to its colon. */
static inline struct np_place next_name(struct np_hubble *h, struct np_place at, const struct np_hubble_plan *plan, struct np_hubble_name *before,
                                        struct np_hubble_name **out)
{
    struct np_hubble_name *name = before->next[0];

    if (!np_json_is_text(&h->json, at))
        return read_name(h, at, plan, before, out);
    if (__builtin_expect(!np_hubble_is(name, at.p + 1), 0)) {
        name = before->next[1];
        if (!np_hubble_is(name, at.p + 1))
            return read_name(h, at, plan, before, out);
        before->next[1] = before->next[0];
        before->next[0] = name;
    }
    *out = name;
    return (struct np_place){at.p + 1 + name->whole, at.q + 2};
}

/* A member's value where it is not known, known by another name, or special. */
static struct np_place read_odd(struct np_hubble *h, struct np_place at, struct progress *object, const struct np_hubble_name *name, char *base)
{
    if (!name)
        return skip(h, at, object, NULL, base);
    if (name->value >= NP_HUBBLE_LOOSE)
        return read_loose(h, at, object, (uint32_t)name->value - NP_HUBBLE_LOOSE, base);
    return read_special(h, at, object, (uint32_t)name->value, base);
}

/* Nothing is special about the member: its name is the writer's, it is new, wanted, of no oneof, and not null. */
static inline bool is_plain(const struct np_hubble_name *name, uint64_t special, const char *p)
{
    return __builtin_expect(name && !(special & name->bit) && *p != 'n', 1);
}

struct np_place np_hubble_object(struct np_hubble *h, struct np_place at, enum np_hubble_message message, char *base)
{
    struct np_hubble_plan *plan = &h->plans[message];
    struct np_hubble_name *before = &plan->start, *name;
    struct progress object = {plan, plan->special, 0, 0};
    uint64_t special = plan->special | (uint64_t)1 << 63;
    bool more;

    if (__builtin_expect(*at.p != '{', 0))
        return np_hubble_unfit(h, at, "an object is wanted here");
    h->depth++;
    at.p = np_json_next(&h->json, at.p + 1);
    more = *at.p != '}';
    at.p += !more;
    while (more) {
        at = next_name(h, at, plan, before, &name);
        if (__builtin_expect(!at.p, 0))
            return at;
        at.p = np_json_next(&h->json, at.p);
        if (is_plain(name, special, at.p)) {
            special |= name->bit;
            at = h->is_noting ? np_hubble_read_noted(h, at, name->row, base, NULL) : read_value(h, at, name->row, base);
        } else {
            object.special = special;
            at = read_odd(h, at, &object, name, base);
            special = object.special;
        }
        before = name ? name : before;
        if (__builtin_expect(!at.p, 0))
            return at;
        if (__builtin_expect(*at.p == ',' && at.p + 1 == np_json_quote(&h->json, at, 0), 1)) {
            at.p++;
            continue;
        }
        at = np_json_step(&h->json, at, '}', &more);
        if (__builtin_expect(!at.p, 0))
            return at;
    }
    h->depth--;
    h->seen = object.passed;
    return at;
}

struct np_place np_hubble_unfit(struct np_hubble *h, struct np_place at, const char *wanted)
{
    struct np_place behind = np_json_skip(&h->json, at, NP_HUBBLE_DEPTH);

    return behind.p ? np_json_bad_field(&h->json, at.p, wanted) : behind;
}
