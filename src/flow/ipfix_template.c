/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPFIX: keeping templates and what waits for them, and compiling a template into steps; see ipfix.h.
 *
 * Sources: RFC 7011, 3.4 (template records), 6.2 (reduced size), 7 (variable length), 8.1 (withdrawal); RFC 5103 (reverse elements).
 */

#include "flow/ipfix.h"

struct key {
    uint32_t domain;
    uint32_t id;
};

static uint64_t hash_of(uint32_t domain, uint16_t id)
{
    struct key key = {domain, id};

    return np_hash(&key, sizeof key);
}

static bool slot_eq(const void *ctx, const void *key, uint32_t value)
{
    const struct np_ipfix_slot *slot = (const struct np_ipfix_slot *)ctx + value;
    const struct key *wanted = key;

    return slot->domain == wanted->domain && slot->id == wanted->id;
}

void np_ipfix_templates_init(struct np_ipfix_templates *templates, struct np_mem *mem)
{
    *templates = (struct np_ipfix_templates){.mem = mem};
    np_hmap_init(&templates->map, mem);
}

void np_ipfix_waiting_free(struct np_ipfix_templates *templates, struct np_ipfix_waiting *waiting)
{
    size_t size = sizeof *waiting + waiting->size + NP_FRAME_SLACK;

    templates->used -= size;
    np_free(templates->mem, waiting, size);
}

static void steps_free(struct np_ipfix_templates *templates, struct np_ipfix_slot *slot)
{
    templates->used -= slot->cap * sizeof *slot->steps;
    np_free(templates->mem, slot->steps, slot->cap * sizeof *slot->steps);
    slot->steps = NULL;
    slot->n = slot->cap = 0;
    slot->state = NP_IPFIX_UNKNOWN;
}

void np_ipfix_templates_free(struct np_ipfix_templates *templates)
{
    for (uint32_t i = 0; i < templates->n; i++) {
        struct np_ipfix_slot *slot = &templates->slots[i];

        steps_free(templates, slot);
        for (struct np_ipfix_waiting *next; slot->first; slot->first = next) {
            next = slot->first->next;
            np_ipfix_waiting_free(templates, slot->first);
        }
    }
    np_free(templates->mem, templates->slots, templates->cap * sizeof *templates->slots);
    np_hmap_free(&templates->map);
    np_ipfix_templates_init(templates, templates->mem);
}

/* Takes bytes of the room. */
static bool take_room(struct np_ipfix_templates *templates, size_t size)
{
    if (size > NP_IPFIX_ROOM - templates->used)
        return false;
    templates->used += size;
    return true;
}

static uint32_t slot_add(struct np_ipfix_templates *templates, uint32_t domain, uint16_t id, bool *full)
{
    void *grown = np_grow(templates->mem, templates->slots, &templates->cap, templates->n + 1, sizeof *templates->slots);

    if (!grown)
        return NP_NONE;
    templates->slots = grown;
    *full = !take_room(templates, sizeof *templates->slots);
    if (*full)
        return NP_NONE;
    if (np_hmap_put(&templates->map, hash_of(domain, id), templates->n)) {
        templates->used -= sizeof *templates->slots;
        return NP_NONE;
    }
    templates->slots[templates->n] = (struct np_ipfix_slot){.domain = domain, .id = id, .next = {NP_NONE, NP_NONE}};
    return templates->n++;
}

uint32_t np_ipfix_slot_of(struct np_ipfix_templates *templates, uint32_t domain, uint16_t id, bool *full)
{
    struct key key = {domain, id};
    uint32_t last = templates->last, slot;

    *full = false;
    if (last < templates->n && templates->slots[last].domain == domain && templates->slots[last].id == id)
        return last;
    slot = np_hmap_get(&templates->map, hash_of(domain, id), slot_eq, templates->slots, &key);
    if (slot == NP_NONE)
        slot = slot_add(templates, domain, id, full);
    if (slot != NP_NONE)
        templates->last = slot;
    return slot;
}

int np_ipfix_slot_clear(struct np_ipfix_templates *templates, uint32_t number, uint32_t n)
{
    struct np_ipfix_slot *slot = &templates->slots[number];
    size_t size = n * sizeof *slot->steps;

    steps_free(templates, slot);
    if (n == 0)
        return 0;
    if (!take_room(templates, size))
        return CNIPOL_E_LIMIT;
    slot->steps = np_alloc(templates->mem, size);
    if (!slot->steps) {
        templates->used -= size;
        return CNIPOL_E_NOMEM;
    }
    slot->cap = n;
    return 0;
}

/* The slot that the domain's list hangs on: the number of the set that such templates come in. */
static int head_of(struct np_ipfix_templates *templates, uint32_t domain, enum np_ipfix_state state, uint32_t *head)
{
    uint32_t last = templates->last;
    bool full;

    *head = np_ipfix_slot_of(templates, domain, state == NP_IPFIX_OPTIONS ? 3 : 2, &full);
    templates->last = last;
    if (*head != NP_NONE)
        return 0;
    return full ? CNIPOL_E_LIMIT : CNIPOL_E_NOMEM;
}

int np_ipfix_slot_list(struct np_ipfix_templates *templates, uint32_t number, enum np_ipfix_state state)
{
    unsigned list = state == NP_IPFIX_OPTIONS;
    uint32_t head;
    int rc = templates->slots[number].listed[list] ? 0 : head_of(templates, templates->slots[number].domain, state, &head);

    if (rc || templates->slots[number].listed[list])
        return rc;
    templates->slots[number].next[list] = templates->slots[head].next[list];
    templates->slots[number].listed[list] = true;
    templates->slots[head].next[list] = number;
    return 0;
}

int np_ipfix_withdraw_all(struct np_ipfix_templates *templates, uint32_t domain, enum np_ipfix_state state)
{
    unsigned list = state == NP_IPFIX_OPTIONS;
    uint32_t head, next;
    int rc = head_of(templates, domain, state, &head);

    if (rc)
        return rc;
    for (uint32_t i = templates->slots[head].next[list]; i != NP_NONE; i = next) {
        struct np_ipfix_slot *slot = &templates->slots[i];

        next = slot->next[list];
        slot->next[list] = NP_NONE;
        slot->listed[list] = false;
        if (slot->state == state)
            steps_free(templates, slot);
    }
    templates->slots[head].next[list] = NP_NONE;
    return 0;
}

int np_ipfix_wait(struct np_ipfix_templates *templates, uint32_t number, const uint8_t *bytes, uint32_t size)
{
    struct np_ipfix_slot *slot = &templates->slots[number];
    struct np_ipfix_waiting *waiting;
    size_t whole = sizeof *waiting + size + NP_FRAME_SLACK;

    if (!take_room(templates, whole))
        return CNIPOL_E_LIMIT;
    waiting = np_zalloc(templates->mem, whole);
    if (!waiting) {
        templates->used -= whole;
        return CNIPOL_E_NOMEM;
    }
    waiting->slot = number;
    waiting->size = size;
    memcpy(waiting->bytes, bytes, size);
    if (slot->last)
        slot->last->next = waiting;
    else
        slot->first = waiting;
    slot->last = waiting;
    slot->n_waiting++;
    return 0;
}

/* A field of a template record. */
struct field {
    uint32_t pen;
    uint16_t id;
    uint16_t length;
};

/* How the element is read from `length` bytes; false: it cannot have so many. */
static bool op_of(const struct np_antrea_element *element, uint32_t length, enum np_ipfix_op *op)
{
    static const uint8_t widths[] = {[NP_ANTREA_U8] = 1,  [NP_ANTREA_WORD] = 1,    [NP_ANTREA_U16] = 2,         [NP_ANTREA_U32] = 4,
                                     [NP_ANTREA_U64] = 8, [NP_ANTREA_SECONDS] = 0, [NP_ANTREA_MILLISECONDS] = 0};

    if (element->type == NP_ANTREA_STRING) {
        *op = NP_IPFIX_TEXT;
        return true;
    }
    if (element->type >= NP_ANTREA_IP4) {
        *op = element->type == NP_ANTREA_IP4 ? NP_IPFIX_IP4 : NP_IPFIX_IP6;
        return length == NP_IPFIX_VARIABLE || length == (*op == NP_IPFIX_IP4 ? 4 : 16);
    }
    *op = length <= widths[element->type] ? NP_IPFIX_NUMBER : NP_IPFIX_CHECKED;
    return length == NP_IPFIX_VARIABLE || (length >= 1 && length <= 8);
}

static void add_step(struct np_ipfix_slot *slot, struct np_ipfix_step step)
{
    struct np_ipfix_step *last = slot->n ? &slot->steps[slot->n - 1] : NULL;

    slot->min += step.length == NP_IPFIX_VARIABLE ? 1 : step.length;
    if (last && step.op == NP_IPFIX_SKIP && last->op == NP_IPFIX_SKIP && (uint32_t)last->length + step.length < NP_IPFIX_VARIABLE)
        last->length = (uint16_t)(last->length + step.length);
    else
        slot->steps[slot->n++] = step;
}

/* Reads a field's specification. False: it ends too early. */
static bool read_field(const char *frame, size_t *at, size_t end, struct field *out)
{
    uint32_t id;
    size_t size;

    if (end - *at < 4)
        return false;
    id = np_ipfix_u16(frame + *at);
    size = id & 0x8000 ? 8 : 4;
    if (end - *at < size)
        return false;
    *out = (struct field){.pen = size == 8 ? np_ipfix_u32(frame + *at + 4) : 0,
                          .id = (uint16_t)(id & 0x7fff),
                          .length = (uint16_t)np_ipfix_u16(frame + *at + 2)};
    if (size == 8 && out->pen == 0)
        out->pen = NP_ANTREA_NO_PEN;
    *at += size;
    return true;
}

static int compile_field(struct np_flow_run *run, struct np_ipfix_slot *slot, const struct field *field, bool options, size_t at)
{
    const struct np_antrea_element *element = options ? NULL : np_antrea_element_find(field->pen, field->id);
    struct np_ipfix_step step = {.length = field->length};
    enum np_ipfix_op op = NP_IPFIX_SKIP;

    if (element && np_antrea_wants(run, element)) {
        if (!op_of(element, field->length, &op))
            return np_flawf(run, NP_FLOW_FIELD, at, "%s cannot have %u bytes", element->name, field->length);
        step.op = (uint8_t)op;
        step.slot = element->slot;
        step.element = (uint8_t)(element - np_antrea_element_at(0));
    }
    add_step(slot, step);
    return 0;
}

static int compile(struct np_flow_run *run, struct np_ipfix_slot *slot, uint32_t n, bool options, size_t *at, size_t end)
{
    struct field field;
    int rc = 0;

    slot->min = 0;
    for (uint32_t i = 0; i < n && !rc; i++) {
        size_t start = *at;

        if (!read_field(run->frame, at, end, &field))
            return np_flaw(run, NP_FLOW_SYNTAX, *at, "a template has more fields than its set has room for");
        rc = compile_field(run, slot, &field, options, start);
    }
    if (!rc && slot->min == 0)
        return np_flaw(run, NP_FLOW_FIELD, *at, "a template describes records without a byte");
    return rc;
}

/* A template without fields withdraws. */
static int withdraw(struct np_ipfix_templates *templates, uint32_t domain, uint16_t id, bool options)
{
    enum np_ipfix_state state = options ? NP_IPFIX_OPTIONS : NP_IPFIX_DATA;
    bool full;
    uint32_t slot;

    if (id < 256)
        return np_ipfix_withdraw_all(templates, domain, state);
    slot = np_ipfix_slot_of(templates, domain, id, &full);
    if (slot != NP_NONE)
        return np_ipfix_slot_clear(templates, slot, 0);
    return full ? 0 : CNIPOL_E_NOMEM;
}

static bool all_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

static int room_flaw(struct np_flow_run *run, int rc, size_t at)
{
    if (rc == CNIPOL_E_LIMIT)
        return np_flaw(run, NP_FLOW_TEMPLATE, at, "the stream has more templates than are kept (4 MiB)");
    return rc;
}

static int take_over(struct np_flow_run *run, struct np_ipfix_templates *templates, uint32_t number, uint32_t n, bool options, size_t *at,
                     size_t end, size_t start)
{
    enum np_ipfix_state state = options ? NP_IPFIX_OPTIONS : NP_IPFIX_DATA;
    int rc;

    if (n > end - *at)
        return np_flaw(run, NP_FLOW_SYNTAX, start, "a template has more fields than its set has room for");
    rc = np_ipfix_slot_list(templates, number, state);
    if (!rc)
        rc = np_ipfix_slot_clear(templates, number, n);
    if (rc)
        return room_flaw(run, rc, start);
    rc = compile(run, &templates->slots[number], n, options, at, end);
    if (rc)
        steps_free(templates, &templates->slots[number]);
    else
        templates->slots[number].state = (uint8_t)state;
    return rc;
}

int np_ipfix_template(struct np_flow_run *run, struct np_ipfix_templates *templates, uint32_t domain, bool options, size_t at, size_t end,
                      size_t *next, uint32_t *slot)
{
    size_t start = at, header = options ? 6 : 4;
    uint32_t id, n;
    bool full;

    *slot = NP_NONE;
    *next = end;
    if (all_zero(run->frame + at, end - at))
        return 0;
    if (end - at < 4)
        return np_flaw(run, NP_FLOW_SYNTAX, at, "a set ends within a template");
    id = np_ipfix_u16(run->frame + at);
    n = np_ipfix_u16(run->frame + at + 2);
    if (id < 256 && (n != 0 || id != (options ? 3u : 2u)))
        return np_flaw(run, NP_FLOW_SYNTAX, at, "a template's number is below 256");
    if (n == 0) {
        *next = at + 4;
        return room_flaw(run, withdraw(templates, domain, (uint16_t)id, options), at);
    }
    if (end - at < header || (options && np_ipfix_u16(run->frame + at + 4) - 1 >= n))
        return np_flaw(run, NP_FLOW_SYNTAX, at, "an options template has no scope, or more scope fields than fields");
    *slot = np_ipfix_slot_of(templates, domain, (uint16_t)id, &full);
    if (*slot == NP_NONE)
        return room_flaw(run, full ? CNIPOL_E_LIMIT : CNIPOL_E_NOMEM, start);
    at += header;
    *next = at;
    return take_over(run, templates, *slot, n, options, next, end, start);
}
