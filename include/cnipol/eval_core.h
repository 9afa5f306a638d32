/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef CNIPOL_EVAL_CORE_H
#define CNIPOL_EVAL_CORE_H

/**
 * The evaluator: a question in numbers in, a verdict out, read from the bytes of an image.
 *
 * One source for the host and for the kernel. Static inline functions, no libc, no allocation, lock or system
 * call; every loop is bounded. The image must be one that is trusted, or that cnipol_image_verify() passed.
 *
 * Two ways to the same answer. The first follows the decision tables: per checkpoint root, L1 node, chunk, page,
 * row, leaf, seven dependent loads whatever the number of policies. The second walks the subject's rule list: for
 * subjects that just changed, and where tables would have grown beyond their budget. Which one is the subject's
 * root word to say; cnipol_eval_rules() always takes the second.
 *
 * Threads: any number, on one image. Cost: see bench/README.md.
 */

#include <cnipol/eval_base.h>
#include <cnipol/eval_rules.h>

#ifdef __cplusplus
extern "C" {
#endif

CNIPOL_INLINE uint32_t cnipol_checkpoint_at(uint32_t view, uint32_t i)
{
    return view + (uint32_t) __builtin_offsetof(struct cnipol_image_view, checkpoints) +
           i * (uint32_t)sizeof(struct cnipol_image_checkpoint);
}

/* Where the L4 part of a question lies. */
struct cnipol_place_l4 {
    uint32_t column;
    uint32_t point; /* in the column: 0 to 63 */
};

CNIPOL_INLINE uint32_t cnipol_port_entry(const uint8_t *image, uint32_t view, uint32_t table, uint32_t port)
{
    uint32_t high = cnipol_load16(image, table + (uint32_t) __builtin_offsetof(struct cnipol_image_ports, high) + (port >> 8) * 2);

    return cnipol_load16(image, CNIPOL_VIEW(image, view, port_blocks) + ((high << 8) + (port & 255)) * 2);
}

CNIPOL_INLINE uint32_t cnipol_icmp_point(const uint8_t *image, uint32_t table, const struct cnipol_key *key)
{
    uint32_t type = cnipol_load8(image, table + (uint32_t) __builtin_offsetof(struct cnipol_image_icmp, type_class) + key->icmp_type);
    uint32_t code = cnipol_load8(image, table + (uint32_t) __builtin_offsetof(struct cnipol_image_icmp, code_class) + key->icmp_code);
    uint32_t n_codes = CNIPOL_OF16(image, table, cnipol_image_icmp, n_codes);

    return cnipol_load16(image, table + (uint32_t)sizeof(struct cnipol_image_icmp) + (type * n_codes + code) * 2);
}

CNIPOL_INLINE uint32_t cnipol_point(const uint8_t *image, uint32_t view, const struct cnipol_key *key)
{
    uint32_t entry = CNIPOL_VIEW(image, view, protocols) + key->protocol * (uint32_t)sizeof(struct cnipol_image_protocol);
    uint32_t kind = CNIPOL_OF16(image, entry, cnipol_image_protocol, kind);
    uint32_t point = CNIPOL_OF16(image, entry, cnipol_image_protocol, point);
    uint32_t table = CNIPOL_OF(image, entry, cnipol_image_protocol, table);

    if (kind == CNIPOL_L4_PORTS && !(key->flags & CNIPOL_KEY_FRAGMENT)) {
        if (key->flags & CNIPOL_KEY_PORT_UNKNOWN)
            return CNIPOL_OF16(image, table, cnipol_image_ports, unknown);
        return cnipol_port_entry(image, view, table, key->destination_port);
    }
    if (kind == CNIPOL_L4_ICMP && (key->flags & CNIPOL_KEY_ICMP))
        return cnipol_icmp_point(image, table, key);
    return point;
}

CNIPOL_INLINE uint32_t cnipol_variant(const uint8_t *image, uint32_t view, const struct cnipol_key *key)
{
    uint32_t relations = key->relations & (CNIPOL_IMAGE_RELATIONS - 1), state = key->state & 3u;
    uint32_t sources = CNIPOL_VIEW(image, view, n_source_classes), variant;

    variant = cnipol_load8(image, view + (uint32_t) __builtin_offsetof(struct cnipol_image_view, relation_class) + relations);
    variant = variant * CNIPOL_VIEW8(image, view, n_state_classes) +
              cnipol_load8(image, view + (uint32_t) __builtin_offsetof(struct cnipol_image_view, state_class) + state);
    if (sources > 1)
        variant = variant * sources + cnipol_port_entry(image, view, CNIPOL_VIEW(image, view, source_ports), key->source_port);
    return variant;
}

CNIPOL_INLINE struct cnipol_place_l4 cnipol_locate(const uint8_t *image, uint32_t view, const struct cnipol_key *key)
{
    uint32_t point = cnipol_point(image, view, key);
    struct cnipol_place_l4 place;

    place.column = cnipol_variant(image, view, key) * CNIPOL_VIEW(image, view, point_columns) + (point >> 6);
    place.point = point & 63;
    return place;
}

/* The first way: seven dependent loads. `cp` is the checkpoint's offset. */
CNIPOL_INLINE uint32_t cnipol_dag_row(const uint8_t *image, uint32_t cp, uint32_t root, uint32_t peer, uint32_t is_wide)
{
    uint32_t l1 = root * CNIPOL_OF(image, cp, cnipol_image_checkpoint, l1_entries) + (peer >> 8);
    uint32_t chunk = cnipol_index(image, CNIPOL_OF(image, cp, cnipol_image_checkpoint, l1), l1, is_wide);
    uint32_t page = cnipol_index(image, CNIPOL_OF(image, cp, cnipol_image_checkpoint, chunks), (chunk << 4) + ((peer >> 4) & 15), is_wide);

    return cnipol_index(image, CNIPOL_OF(image, cp, cnipol_image_checkpoint, pages), (page << 4) + (peer & 15), is_wide);
}

CNIPOL_INLINE uint32_t cnipol_row_leaf(const uint8_t *image, uint32_t view, uint32_t cp, uint32_t row, struct cnipol_place_l4 l4,
                                       uint32_t is_wide)
{
    uint32_t line = row, at;

    if (l4.column)
        line = cnipol_index(image, CNIPOL_OF(image, cp, cnipol_image_checkpoint, columns),
                            row * (CNIPOL_VIEW(image, view, n_columns) - 1) + l4.column - 1, is_wide);
    at = (line << 6) + l4.point;
    if (CNIPOL_VIEW8(image, view, leaf_shift))
        return cnipol_load16(image, CNIPOL_OF(image, cp, cnipol_image_checkpoint, lines) + at * 2);
    return cnipol_load8(image, CNIPOL_OF(image, cp, cnipol_image_checkpoint, lines) + at);
}

CNIPOL_INLINE void cnipol_leaf(const uint8_t *image, uint32_t view, uint32_t number, struct cnipol_partial *out)
{
    uint32_t leaf = CNIPOL_VIEW(image, view, leaves) + number * (uint32_t)sizeof(struct cnipol_image_leaf);

    out->can = CNIPOL_OF8(image, leaf, cnipol_image_leaf, can);
    out->flags = CNIPOL_OF8(image, leaf, cnipol_image_leaf, flags);
    out->auth = CNIPOL_OF(image, leaf, cnipol_image_leaf, auth);
    out->program = CNIPOL_OF(image, leaf, cnipol_image_leaf, program);
}

/* By what is possible, allow to deny, four bits each: one bit is that decision; several, or none, are undefined. */
#define CNIPOL_DECISIONS 0x3333333433333213ull

/* A checkpoint without an opinion lets through. Without branches: verdicts are hard to predict. */
CNIPOL_INLINE uint32_t cnipol_decision_of(uint32_t can)
{
    can |= (can & CNIPOL_CAN_END) >> 5;
    return (uint32_t)(CNIPOL_DECISIONS >> ((can >> 1 & 15) * 4)) & 15;
}

/* A subject's root at a checkpoint; ids that the image does not have are policed by a root that nobody can read. */
CNIPOL_INLINE uint32_t cnipol_root(const uint8_t *image, uint32_t cp, uint32_t subject)
{
    return cnipol_load32(image, CNIPOL_OF(image, cp, cnipol_image_checkpoint, roots) + subject * 4);
}

CNIPOL_INLINE uint32_t cnipol_peer_class(const uint8_t *image, uint32_t cp, uint32_t peer)
{
    return cnipol_load32(image, CNIPOL_OF(image, cp, cnipol_image_checkpoint, peers) + peer * 4);
}

/* Joins a checkpoint's answer to the path's. Returns 0 where the path ends. */
CNIPOL_INLINE uint32_t cnipol_join(const uint8_t *image, uint32_t cp, const struct cnipol_partial *part, uint32_t *may_have_ended,
                                   struct cnipol_answer *out)
{
    const uint32_t lets_through = 1u << CNIPOL_ALLOW | 1u << CNIPOL_REDIRECT;
    uint32_t direction = CNIPOL_OF8(image, cp, cnipol_image_checkpoint, direction) & 1;
    uint32_t decision = cnipol_decision_of(part->can);

    CNIPOL_HIDE(direction);
    out->flags |= part->flags | (direction ? CNIPOL_VERDICT_INGRESS_ASKED : CNIPOL_VERDICT_EGRESS_ASKED);
    out->auth = part->auth > out->auth ? part->auth : out->auth;
    if (part->program)
        out->program[direction] = part->program;
    if (*may_have_ended && decision != CNIPOL_ALLOW)
        decision = CNIPOL_UNDEFINED;
    out->parts[direction] = (uint8_t)(decision > out->parts[direction] ? decision : out->parts[direction]);
    if (!CNIPOL_OF8(image, cp, cnipol_image_checkpoint, after_allow))
        return 1;
    if (!(part->can & ~lets_through))
        return 0;
    if (part->can & (lets_through | 1u << CNIPOL_UNDEFINED))
        *may_have_ended = 1;
    return 1;
}

/* Is the question one that can be asked of this image? */
CNIPOL_INLINE uint32_t cnipol_key_is_sound(const uint8_t *image, uint32_t view, const struct cnipol_key *key)
{
    uint32_t n_ids = CNIPOL_VIEW(image, view, n_ids);

    return key->source < n_ids && key->destination < n_ids && key->protocol && key->state < CNIPOL_IMAGE_STATES &&
           key->relations < CNIPOL_IMAGE_RELATIONS && key->directions < 4 && key->flags < 8;
}

CNIPOL_INLINE void cnipol_answer_undefined(struct cnipol_answer *out)
{
    out->decision = out->parts[0] = out->parts[1] = CNIPOL_UNDEFINED;
    out->reserved = 0;
    out->flags = out->program[0] = out->program[1] = out->auth = 0;
}

CNIPOL_INLINE void cnipol_ask_list(const uint8_t *image, uint32_t view, uint32_t cp, const struct cnipol_key *key, uint32_t subject,
                                   uint32_t other, struct cnipol_partial *part)
{
    struct cnipol_list_ask ask = {view, cp, subject, other, {0, 0, 0, 0}};

    (void)cnipol_eval_list((const CNIPOL_VALUE *)image, key, &ask);
    *part = ask.part;
}

/* One checkpoint by whichever way its root says. Returns 0 where it is not on the path. */
CNIPOL_INLINE uint32_t cnipol_eval_checkpoint(const uint8_t *image, uint32_t view, uint32_t cp, const struct cnipol_key *key,
                                              struct cnipol_place_l4 l4, uint32_t is_wide, uint32_t only_rules, struct cnipol_partial *part)
{
    uint32_t is_ingress = CNIPOL_OF8(image, cp, cnipol_image_checkpoint, subject);
    uint32_t subject = is_ingress ? key->destination : key->source, other = is_ingress ? key->source : key->destination;
    uint32_t root = cnipol_root(image, cp, subject), peer = cnipol_peer_class(image, cp, other);

    if (CNIPOL_ROOT_KIND(root) == CNIPOL_ROOT_ABSENT)
        return 0;
    if (only_rules || CNIPOL_ROOT_KIND(root) != CNIPOL_ROOT_DAG || peer == CNIPOL_PEER_UNCLASSED)
        cnipol_ask_list(image, view, cp, key, subject, other, part);
    else
        cnipol_leaf(image, view,
                    cnipol_row_leaf(image, view, cp, cnipol_dag_row(image, cp, CNIPOL_ROOT_INDEX(root), peer, is_wide), l4, is_wide), part);
    return 1;
}

CNIPOL_INLINE void cnipol_eval_with(const uint8_t *image, uint32_t view, const struct cnipol_key *key, uint32_t is_wide,
                                    uint32_t only_rules, struct cnipol_answer *out)
{
    uint32_t n = CNIPOL_VIEW8(image, view, n_checkpoints), directions = key->directions ? key->directions : 3, may_have_ended = 0;
    struct cnipol_place_l4 l4;

    cnipol_answer_undefined(out);
    if (!cnipol_key_is_sound(image, view, key))
        return;
    l4 = cnipol_locate(image, view, key);
    out->parts[0] = out->parts[1] = CNIPOL_ALLOW;
    for (uint32_t i = 0; i < CNIPOL_IMAGE_CHECKPOINTS && i < n; i++) {
        uint32_t cp = cnipol_checkpoint_at(view, i);
        struct cnipol_partial part = {0, 0, 0, 0};

        if (!(directions & (1u << (CNIPOL_OF8(image, cp, cnipol_image_checkpoint, direction) & 1))))
            continue;
        if (cnipol_eval_checkpoint(image, view, cp, key, l4, is_wide, only_rules, &part) &&
            !cnipol_join(image, cp, &part, &may_have_ended, out))
            break;
    }
    out->decision = out->parts[0] > out->parts[1] ? out->parts[0] : out->parts[1];
}

/** The verdict on one question. `view`: the header's, or that of a snapshot. */
CNIPOL_INLINE void cnipol_eval(const uint8_t *image, uint32_t view, const struct cnipol_key *key, struct cnipol_answer *out)
{
    if (CNIPOL_VIEW8(image, view, index_shift) == 2)
        cnipol_eval_with(image, view, key, 1, 0, out);
    else
        cnipol_eval_with(image, view, key, 0, 0, out);
}

/** The same by the rule lists alone. */
CNIPOL_INLINE void cnipol_eval_rules(const uint8_t *image, uint32_t view, const struct cnipol_key *key, struct cnipol_answer *out)
{
    cnipol_eval_with(image, view, key, 0, 1, out);
}

#ifdef __cplusplus
}
#endif
#endif
