/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking behind exported functions: by tables made ready, many questions at once and one (ask.h), or by eval_core.h.
 *
 * A lane is a question at one checkpoint. Lanes are kept dense, and what was just read is not branched on.
 */

#include "image/ask.h"

#include <string.h>

#include <cnipol/eval_core.h>

#include "image/image.h"

void cnipol_image_ask(const struct cnipol_image *image, const struct cnipol_key *key, struct cnipol_answer *out)
{
    np_batch_ask_one(&image->batch, key, out);
}

void cnipol_image_ask_rules(const struct cnipol_image *image, const struct cnipol_key *key, struct cnipol_answer *out)
{
    cnipol_eval_rules(image->bytes, image->view, key, out);
}

void cnipol_image_ask_batch(const struct cnipol_image *image, const struct cnipol_key *keys, size_t n, struct cnipol_answer *out)
{
    np_batch_ask(&image->batch, keys, n, out);
}

static void stop_init(struct np_ask_stop *stop, const uint8_t *image, const struct cnipol_image_checkpoint *cp)
{
    stop->roots = (const uint32_t *)(image + cp->roots);
    stop->peers = (const uint32_t *)(image + cp->peers);
    stop->l1 = image + cp->l1;
    stop->chunks = image + cp->chunks;
    stop->pages = image + cp->pages;
    stop->columns = image + cp->columns;
    stop->lines = image + cp->lines;
    stop->l1_entries = cp->l1_entries;
    stop->by_destination = cp->subject;
}

static void init_columns(struct np_batch *batch, const struct cnipol_image_view *view)
{
    uint32_t sources = view->n_source_classes > 1 ? view->n_source_classes : 1;

    for (uint32_t i = 0; i < 128; i++) {
        uint32_t state = i / 32, class = state < CNIPOL_IMAGE_STATES ? view->state_class[state] : 0;

        batch->columns[i] = (view->relation_class[i % 32] * view->n_state_classes + class) * sources * view->point_columns;
        if (state >= CNIPOL_IMAGE_STATES)
            batch->columns[i] = UINT32_MAX;
    }
}

void np_batch_init(struct np_batch *batch, const uint8_t *image, uint32_t at)
{
    const struct cnipol_image_view *view = (const struct cnipol_image_view *)(image + at);

    *batch = (struct np_batch){.image = image, .view = at, .n_ids = view->n_ids, .point_columns = view->point_columns};
    batch->more_columns = view->n_columns - 1;
    batch->protocols = (const struct cnipol_image_protocol *)(image + view->protocols);
    batch->source_ports = view->n_source_classes > 1 ? (const struct cnipol_image_ports *)(image + view->source_ports) : NULL;
    batch->port_blocks = (const uint16_t *)(image + view->port_blocks);
    batch->leaves = (const struct cnipol_image_leaf *)(image + view->leaves);
    batch->leaf_shift = view->leaf_shift;
    batch->is_wide = view->index_shift == 2;
    init_columns(batch, view);
    for (uint32_t can = 0; can < 128; can++)
        batch->decisions[can] = (uint8_t)cnipol_decision_of(can);
    for (uint32_t i = 0; i < CNIPOL_IMAGE_CHECKPOINTS && i < view->n_checkpoints; i++) {
        const struct cnipol_image_checkpoint *cp = &view->checkpoints[i];
        uint32_t direction = cp->direction & 1;

        batch->is_plain |= cp->after_allow || batch->directions & 1u << direction;
        batch->directions |= (uint8_t)(1u << direction);
        stop_init(&batch->stops[direction], image, cp);
    }
}

/* Up to NP_ASK_LANES questions under way. */
struct block {
    const struct cnipol_key *keys;
    struct cnipol_answer *out;
    uint32_t n;
    uint32_t plain;                /* bits of the questions for the plain evaluator */
    uint32_t column[NP_ASK_LANES]; /* by question */
    uint8_t point[NP_ASK_LANES];   /* in the column */
    uint32_t n_lanes[2];
    uint8_t lane[2][NP_ASK_LANES];                         /* by direction: whose lanes they are */
    const struct cnipol_image_leaf *leaf[2][NP_ASK_LANES]; /* by direction and question */
    uint32_t at[NP_ASK_LANES];                             /* by lane: an index into the next level's table */
    uint32_t peer[NP_ASK_LANES];
};

static const struct cnipol_image_leaf nobody_asked = {1u << CNIPOL_ALLOW, 0, 0, 0, 0};

CNIPOL_INLINE uint32_t port_entry(const struct np_batch *batch, const struct cnipol_image_ports *ports, uint32_t port)
{
    return batch->port_blocks[((uint32_t)ports->high[port >> 8] << 8) + (port & 255)];
}

/* cnipol_point(). */
CNIPOL_INLINE uint32_t point_of(const struct np_batch *batch, const struct cnipol_key *key)
{
    const struct cnipol_image_protocol *row = &batch->protocols[key->protocol];

    if (row->kind == CNIPOL_L4_PORTS && !(key->flags & (CNIPOL_KEY_FRAGMENT | CNIPOL_KEY_PORT_UNKNOWN)))
        return port_entry(batch, (const struct cnipol_image_ports *)(batch->image + row->table), key->destination_port);
    return cnipol_point(batch->image, batch->view, key);
}

CNIPOL_INLINE uint32_t subject_of(const struct np_ask_stop *stop, const struct cnipol_key *key)
{
    return stop->by_destination ? key->destination : key->source;
}

CNIPOL_INLINE uint32_t other_of(const struct np_ask_stop *stop, const struct cnipol_key *key)
{
    return stop->by_destination ? key->source : key->destination;
}

/* Can the question be asked, and where does its L4 part lie? cnipol_key_is_sound() and cnipol_locate(). */
CNIPOL_INLINE uint32_t key_locate(const struct np_batch *batch, const struct cnipol_key *key, uint32_t *column, uint8_t *point)
{
    uint32_t l4, facts, first, in_all; /* protocol and flags; relations, state and directions */

    memcpy(&l4, &key->protocol, sizeof l4);
    memcpy(&facts, &key->relations, sizeof facts);
    first = batch->columns[(facts >> 3 & 0x60) | (facts & 31)];
    if ((key->source >= batch->n_ids) | (key->destination >= batch->n_ids) | !(l4 & 0xff) | (l4 & 0xf800) | (facts & 0xfcfce0) |
        (first == UINT32_MAX))
        return 0;
    if (batch->source_ports)
        first += port_entry(batch, batch->source_ports, key->source_port) * batch->point_columns;
    in_all = point_of(batch, key);
    *column = first + (in_all >> 6);
    *point = in_all & 63;
    return 1;
}

/* Lanes for each direction that is asked; their roots and peers are fetched. */
CNIPOL_INLINE void block_start(const struct np_batch *batch, struct block *block)
{
    block->plain = block->n_lanes[0] = block->n_lanes[1] = 0;
    for (uint32_t i = 0; i < block->n; i++) {
        const struct cnipol_key *key = &block->keys[i];
        uint32_t asked = (key->directions ? key->directions : 3u) & batch->directions;

        block->leaf[0][i] = block->leaf[1][i] = &nobody_asked;
        if (!key_locate(batch, key, &block->column[i], &block->point[i])) {
            block->plain |= 1u << i;
            continue;
        }
        for (uint32_t d = 0; d < 2; d++) {
            block->lane[d][block->n_lanes[d]] = (uint8_t)i;
            block->n_lanes[d] += asked >> d & 1;
        }
    }
}

CNIPOL_INLINE void stop_fetch(const struct np_ask_stop *stop, const struct block *block, uint32_t direction)
{
    for (uint32_t k = 0; k < block->n_lanes[direction]; k++) {
        const struct cnipol_key *key = &block->keys[block->lane[direction][k]];

        __builtin_prefetch(&stop->roots[subject_of(stop, key)]);
        __builtin_prefetch(&stop->peers[other_of(stop, key)]);
    }
}

CNIPOL_INLINE uint32_t index_read(const uint8_t *table, uint32_t i, uint32_t is_wide)
{
    return is_wide ? ((const uint32_t *)table)[i] : ((const uint16_t *)table)[i];
}

CNIPOL_INLINE void index_fetch(const uint8_t *table, uint32_t i, uint32_t is_wide)
{
    __builtin_prefetch(table + (is_wide ? (size_t)i * 4 : (size_t)i * 2));
}

/* Keeps the lanes that the tables answer. */
CNIPOL_INLINE uint32_t lanes_start(const struct np_ask_stop *stop, struct block *block, uint8_t *lane, uint32_t n_asked, uint32_t is_wide)
{
    uint32_t n = 0;

    for (uint32_t k = 0; k < n_asked; k++) {
        const struct cnipol_key *key = &block->keys[lane[k]];
        uint32_t root = stop->roots[subject_of(stop, key)], peer = stop->peers[other_of(stop, key)], i = lane[k];
        uint32_t has_tables = (CNIPOL_ROOT_KIND(root) == CNIPOL_ROOT_DAG) & (peer != CNIPOL_PEER_UNCLASSED);
        uint32_t is_policed = CNIPOL_ROOT_KIND(root) != CNIPOL_ROOT_ABSENT;

        block->plain |= (is_policed & ~has_tables) << i;
        lane[n] = (uint8_t)i;
        block->peer[n] = peer;
        block->at[n] = CNIPOL_ROOT_INDEX(root) * stop->l1_entries + (peer >> 8);
        n += has_tables;
    }
    for (uint32_t k = 0; k < n; k++)
        index_fetch(stop->l1, block->at[k], is_wide);
    return n;
}

/* From an index into `table` to an index into `next`, whose nodes have 16 entries, by four bits of the peer's class. */
CNIPOL_INLINE void lanes_descend(struct block *block, uint32_t n, const uint8_t *table, const uint8_t *next, uint32_t shift,
                                 uint32_t is_wide)
{
    for (uint32_t k = 0; k < n; k++) {
        block->at[k] = (index_read(table, block->at[k], is_wide) << 4) + (block->peer[k] >> shift & 15);
        index_fetch(next, block->at[k], is_wide);
    }
}

/* From pages to lines: the row itself, or the one of its columns that the question is in. */
CNIPOL_INLINE void lanes_line(const struct np_batch *batch, const struct np_ask_stop *stop, struct block *block, const uint8_t *lane,
                              uint32_t n, uint32_t is_wide)
{
    uint8_t in_column[NP_ASK_LANES];
    uint32_t n_in_column = 0;

    for (uint32_t k = 0; k < n; k++) {
        uint32_t column = block->column[lane[k]], row = index_read(stop->pages, block->at[k], is_wide);

        block->at[k] = column ? row * batch->more_columns + column - 1 : row;
        in_column[n_in_column] = (uint8_t)k;
        n_in_column += column != 0;
        __builtin_prefetch(column ? stop->columns + ((size_t)block->at[k] << (1 + is_wide)) : stop->lines + ((size_t)row << 6));
    }
    for (uint32_t c = 0; c < n_in_column; c++) {
        uint32_t *at = &block->at[in_column[c]];

        *at = index_read(stop->columns, *at, is_wide);
        __builtin_prefetch(stop->lines + ((size_t)*at << (6 + batch->leaf_shift)));
    }
}

CNIPOL_INLINE void lanes_finish(const struct np_batch *batch, const struct np_ask_stop *stop, struct block *block, const uint8_t *lane,
                                uint32_t n, const struct cnipol_image_leaf **leaf)
{
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = lane[k], at = (block->at[k] << 6) + block->point[i];

        leaf[i] = &batch->leaves[batch->leaf_shift ? ((const uint16_t *)stop->lines)[at] : stop->lines[at]];
    }
}

CNIPOL_INLINE void block_descend(const struct np_batch *batch, struct block *block, uint32_t direction, uint32_t is_wide)
{
    const struct np_ask_stop *stop = &batch->stops[direction];
    uint8_t *lane = block->lane[direction];
    uint32_t n = lanes_start(stop, block, lane, block->n_lanes[direction], is_wide);

    lanes_descend(block, n, stop->l1, stop->chunks, 4, is_wide);
    lanes_descend(block, n, stop->chunks, stop->pages, 0, is_wide);
    lanes_line(batch, stop, block, lane, n, is_wide);
    lanes_finish(batch, stop, block, lane, n, block->leaf[direction]);
}

/* cnipol_join() of both directions, where no allow ends a path. */
CNIPOL_INLINE void answer(const struct np_batch *batch, const struct cnipol_image_leaf *egress, const struct cnipol_image_leaf *ingress,
                          struct cnipol_answer *out)
{
    uint32_t first = batch->decisions[egress->can & 127], second = batch->decisions[ingress->can & 127];

    out->decision = (uint8_t)(first > second ? first : second);
    out->parts[0] = (uint8_t)first;
    out->parts[1] = (uint8_t)second;
    out->reserved = 0;
    out->flags = egress->flags | ingress->flags | (egress != &nobody_asked ? CNIPOL_VERDICT_EGRESS_ASKED : 0u) |
                 (ingress != &nobody_asked ? CNIPOL_VERDICT_INGRESS_ASKED : 0u);
    out->program[0] = egress->program;
    out->program[1] = ingress->program;
    out->auth = egress->auth > ingress->auth ? egress->auth : ingress->auth;
}

CNIPOL_INLINE void block_ask(const struct np_batch *batch, struct block *block, uint32_t is_wide)
{
    block_start(batch, block);
    stop_fetch(&batch->stops[0], block, 0);
    stop_fetch(&batch->stops[1], block, 1);
    block_descend(batch, block, 0, is_wide);
    block_descend(batch, block, 1, is_wide);
    for (uint32_t i = 0; i < block->n; i++)
        answer(batch, block->leaf[0][i], block->leaf[1][i], &block->out[i]);
    for (uint32_t i = 0; block->plain; i++, block->plain >>= 1)
        if (block->plain & 1)
            cnipol_eval(batch->image, batch->view, &block->keys[i], &block->out[i]);
}

CNIPOL_INLINE void ask_blocks(const struct np_batch *batch, const struct cnipol_key *keys, size_t n, struct cnipol_answer *out,
                              uint32_t is_wide)
{
    struct block block;

    for (size_t i = 0; i < n; i += NP_ASK_LANES) {
        block.keys = keys + i;
        block.out = out + i;
        block.n = n - i < NP_ASK_LANES ? (uint32_t)(n - i) : NP_ASK_LANES;
        block_ask(batch, &block, is_wide);
    }
}

void np_batch_ask(const struct np_batch *batch, const struct cnipol_key *keys, size_t n, struct cnipol_answer *out)
{
    if (batch->is_plain)
        for (size_t i = 0; i < n; i++)
            cnipol_eval(batch->image, batch->view, &keys[i], &out[i]);
    else if (batch->is_wide)
        ask_blocks(batch, keys, n, out, 1);
    else
        ask_blocks(batch, keys, n, out, 0);
}

/* cnipol_eval_checkpoint() of a single question. NULL: it takes the plain evaluator. */
CNIPOL_INLINE const struct cnipol_image_leaf *leaf_of(const struct np_batch *batch, const struct np_ask_stop *stop,
                                                      const struct cnipol_key *key, uint32_t column, uint32_t point, uint32_t is_wide)
{
    uint32_t root = stop->roots[subject_of(stop, key)], peer = stop->peers[other_of(stop, key)], at;

    if (CNIPOL_ROOT_KIND(root) == CNIPOL_ROOT_ABSENT)
        return &nobody_asked;
    if (CNIPOL_ROOT_KIND(root) != CNIPOL_ROOT_DAG || peer == CNIPOL_PEER_UNCLASSED)
        return NULL;
    at = index_read(stop->l1, CNIPOL_ROOT_INDEX(root) * stop->l1_entries + (peer >> 8), is_wide);
    at = index_read(stop->chunks, (at << 4) + (peer >> 4 & 15), is_wide);
    at = index_read(stop->pages, (at << 4) + (peer & 15), is_wide);
    if (column)
        at = index_read(stop->columns, at * batch->more_columns + column - 1, is_wide);
    at = (at << 6) + point;
    return &batch->leaves[batch->leaf_shift ? ((const uint16_t *)stop->lines)[at] : stop->lines[at]];
}

CNIPOL_INLINE uint32_t ask_one(const struct np_batch *batch, const struct cnipol_key *key, struct cnipol_answer *out, uint32_t is_wide)
{
    const struct cnipol_image_leaf *leaf[2] = {&nobody_asked, &nobody_asked};
    uint32_t asked = (key->directions ? key->directions : 3u) & batch->directions, column;
    uint8_t point;

    if (!key_locate(batch, key, &column, &point))
        return 0;
    for (uint32_t d = 0; d < 2; d++)
        if (asked >> d & 1)
            leaf[d] = leaf_of(batch, &batch->stops[d], key, column, point, is_wide);
    if (!leaf[0] || !leaf[1])
        return 0;
    answer(batch, leaf[0], leaf[1], out);
    return 1;
}

/* Apart, lest its registers be saved for each question. */
static __attribute__((noinline)) void ask_plain(const struct np_batch *batch, const struct cnipol_key *key, struct cnipol_answer *out)
{
    cnipol_eval(batch->image, batch->view, key, out);
}

void np_batch_ask_one(const struct np_batch *batch, const struct cnipol_key *key, struct cnipol_answer *out)
{
    if (batch->is_plain || !(batch->is_wide ? ask_one(batch, key, out, 1) : ask_one(batch, key, out, 0)))
        ask_plain(batch, key, out);
}
