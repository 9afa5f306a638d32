/* SPDX-License-Identifier: BSD-2-Clause */
/* See hubble_pb_plain.h. Lists are copied for each item that they get. */

#include "hubble_pb_plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "hubble_twin.h"

/* Bytes, or a number and the byte behind it. */
struct piece {
    const uint8_t *p;
    uint64_t n;
};

static struct piece refuse(struct np_pb_reader *r, const uint8_t *at, const char *message)
{
    r->flaw = (struct np_pb_flaw){message, at};
    return (struct piece){NULL, 0};
}

static struct piece number(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end)
{
    uint64_t value = 0;

    p = np_pb_varint_slow(p, end, &value, &r->flaw);
    return (struct piece){p, value};
}

static struct piece bytes(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end)
{
    struct piece piece = number(r, p, end);

    if (piece.p && piece.n > (uint64_t)(end - piece.p))
        return refuse(r, p, "a length that reaches beyond the end of the message");
    return piece;
}

static struct piece text(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end)
{
    struct piece piece = bytes(r, p, end);

    if (piece.p && !np_utf8_valid((const char *)piece.p, piece.n))
        return refuse(r, piece.p, "a text that is not UTF-8");
    return piece;
}

/* One more item, zeroed; all others in new places. */
static void *add(struct np_pb_reader *r, char *list, char *count, size_t size)
{
    uint32_t n;
    char *items, *grown;

    memcpy(&n, count, sizeof n);
    memcpy(&items, list, sizeof items);
    grown = np_arena_zalloc(&r->run->arena, (n + (size_t)1) * size);
    if (!grown)
        abort();
    if (n)
        memcpy(grown, items, n * size);
    memcpy(list, &grown, sizeof grown);
    n++;
    memcpy(count, &n, sizeof n);
    return grown + (n - 1) * size;
}

static void choose(struct np_pb_reader *r, const struct np_pb_field *field, char *base)
{
    struct np_pb_raw *raw = &r->pb->raw, before = *raw;
    struct np_pb_l7 *l7 = (void *)base;

    raw->chosen[field->oneof] = field->number;
    if (!before.chosen[field->oneof] || before.chosen[field->oneof] == field->number)
        return;
    if (field->oneof == NP_PB_ONEOF_L4) {
        raw->l4 = (struct np_pb_l4){0};
        raw->seen &= ~NP_PB_SEEN_FLAGS;
    } else if (field->oneof == NP_PB_ONEOF_TUNNEL_L4) {
        raw->tunnel_l4 = (struct np_pb_l4){0};
    } else if (field->oneof == NP_PB_ONEOF_L7) {
        uint64_t latency = l7->l7.latency_ns;
        uint32_t type = l7->type;

        memset(l7, 0, sizeof *l7);
        l7->l7.latency_ns = latency;
        l7->type = type;
    } else {
        memset(r->flow, 0, sizeof *r->flow);
        memset(raw, 0, sizeof *raw);
        raw->chosen[field->oneof] = field->number;
        raw->top_node = before.top_node;
        raw->top_time = before.top_time;
        raw->seen = before.seen & NP_PB_SEEN_TOP_TIME;
    }
}

static struct piece read_message(struct np_pb_reader *r, const struct np_pb_step *step, char *base, const uint8_t *p, const uint8_t *end)
{
    char *object = step->in_raw ? (char *)&r->pb->raw : base, *place = object + step->offset, *own;
    struct piece piece = bytes(r, p, end);

    if (!piece.p)
        return piece;
    if (step->field->oneof)
        choose(r, step->field, base);
    r->pb->raw.seen |= step->seen;
    if (step->kind == NP_PB_ITEMS)
        place = add(r, place, object + step->count, step->size);
    if (step->kind == NP_PB_OWN) {
        memcpy(&own, place, sizeof own);
        own = own ? own : np_arena_zalloc(&r->run->arena, step->size);
        if (!own)
            abort();
        memcpy(place, &own, sizeof own);
        place = own;
    }
    if (!hubble_pb_read_plain(r, step->lookup, place, piece.p, piece.p + piece.n))
        piece.p = NULL;
    return piece;
}

/* A number's `piece` becomes one of no bytes behind it. */
static struct piece store(struct piece piece, void *place, const void *value, size_t size)
{
    if (piece.p)
        memcpy(place, value, size);
    return (struct piece){piece.p, 0};
}

static struct piece store_bit(struct piece piece, char *place, unsigned bit)
{
    uint16_t bits;

    memcpy(&bits, place, sizeof bits);
    bits = (uint16_t)(piece.n ? bits | 1u << bit : bits & ~(1u << bit));
    return store(piece, place, &bits, sizeof bits);
}

static struct piece store_text(struct piece piece, char *place)
{
    struct cnipol_text value = {piece.n ? (const char *)piece.p : NULL, (uint32_t)piece.n};

    if (piece.p)
        memcpy(place, &value, sizeof value);
    return piece;
}

static struct piece add_text(struct np_pb_reader *r, const struct np_pb_step *step, char *base, struct piece piece)
{
    if (piece.p)
        *(struct cnipol_text *)add(r, base + step->offset, base + step->count, sizeof(struct cnipol_text)) =
            (struct cnipol_text){(const char *)piece.p, (uint32_t)piece.n};
    return piece;
}

static struct piece pass(struct np_pb_reader *r, const uint8_t *p, const uint8_t *end, uint64_t tag)
{
    return (struct piece){np_pb_skip(r->run, p, end, tag, &r->flaw), 0};
}

static uint32_t near_of(const struct np_pb *pb, const struct np_pb_lookup *lookup, uint64_t tag)
{
    if (tag < 8 * NP_PB_NEAR)
        return lookup->near[tag];
    for (uint32_t i = 0; i < NP_PB_FAR; i++)
        if (lookup->far[i].tag == tag)
            return lookup->far[i].near;
    return tag >> 3 > NP_PB_NUMBER_MAX ? NP_PB_BAD : pb->passes[tag & 7];
}

static struct piece read_field(struct np_pb_reader *r, uint32_t near, char *base, const uint8_t *p, const uint8_t *end, struct piece tag,
                               const uint8_t *tag_at)
{
    enum np_pb_kind kind = near & 0xff;
    bool has_offset = kind == NP_PB_U32 || kind == NP_PB_WORD || kind == NP_PB_TEXT;
    const struct np_pb_step *step = &r->pb->steps[has_offset ? 0 : near >> 16];
    char *object = near & NP_PB_NEAR_RAW ? (char *)&r->pb->raw : base;
    struct piece value = {p, 0};
    uint32_t low;
    uint8_t truth;

    if (kind == NP_PB_U32 || kind == NP_PB_WORD || kind == NP_PB_U64 || kind == NP_PB_BOOL || kind == NP_PB_BIT)
        value = number(r, p, end);
    low = (uint32_t)value.n;
    truth = value.n != 0;
    switch (kind) {
    case NP_PB_U32:
    case NP_PB_WORD:
        return store(value, object + (near >> 16), &low, sizeof low);
    case NP_PB_U64:
        return store(value, object + step->offset, &value.n, sizeof value.n);
    case NP_PB_BOOL:
        return store(value, object + step->offset, &truth, sizeof truth);
    case NP_PB_BIT:
        return store_bit(value, object + step->offset, step->field->bit);
    case NP_PB_TEXT:
        return store_text(text(r, p, end), object + (near >> 16));
    case NP_PB_CHECK:
        return text(r, p, end);
    case NP_PB_TEXTS:
        return add_text(r, step, base, text(r, p, end));
    case NP_PB_NUMBER_PASSED:
    case NP_PB_BYTES_PASSED:
    case NP_PB_OTHER:
        return pass(r, p, end, tag.n);
    case NP_PB_BAD:
        return refuse(r, tag_at, "a field number that does not exist");
    default:
        return read_message(r, step, base, p, end);
    }
}

bool hubble_pb_read_plain(struct np_pb_reader *r, const struct np_pb_lookup *lookup, char *base, const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        struct piece tag = number(r, p, end), value;

        if (!tag.p)
            return false;
        value = read_field(r, near_of(r->pb, lookup, tag.n), base, tag.p, end, tag, p);
        if (!value.p)
            return false;
        p = value.p + value.n;
    }
    return true;
}

bool hubble_pb_single_open(struct hubble_pb_single *single, const char *message, const struct cnipol_fields *fields, np_pb_read_fn *read)
{
    struct np_pb *pb;

    memset(single, 0, sizeof *single);
    np_mem_init(&single->mem, NULL, 0);
    single->run.mem = &single->mem;
    single->run.format = &np_format_hubble_pb;
    single->run.fields = fields ? *fields : (struct cnipol_fields){{UINT64_MAX, UINT64_MAX}};
    single->run.opts.message = message;
    np_arena_init(&single->run.arena, &single->mem);
    if (np_format_hubble_pb.open(&single->run))
        return false;
    pb = single->run.state;
    pb->read = read;
    return true;
}

void hubble_pb_single_close(struct hubble_pb_single *single)
{
    np_format_hubble_pb.close(&single->run);
    np_arena_free(&single->run.arena);
    if (single->mem.used)
        abort();
}

char *hubble_pb_single_read(struct hubble_pb_single *single, const void *message, size_t n)
{
    struct np_flow_run *run = &single->run;
    char *frame = malloc(n + NP_FRAME_SLACK), *told = malloc(256);
    struct cnipol_flow flow;
    int rc;

    if (!frame || !told)
        abort();
    if (n)
        memcpy(frame, message, n);
    memset(frame + n, 0x0a, NP_FRAME_SLACK);
    memset(&flow, 0, sizeof flow);
    np_arena_reset(&run->arena);
    run->frame = frame;
    run->n = n;
    rc = np_format_hubble_pb.next(run, &flow);
    if (rc == 1) {
        free(told);
        told = flow_dump(&flow);
    } else {
        (void)snprintf(told, 256, "%d: flaw %d at %u: %s", rc, (int)run->flaw_code, run->flaw_at, run->flaw);
    }
    free(frame);
    return told;
}
