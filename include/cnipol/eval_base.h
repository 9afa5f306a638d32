/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef CNIPOL_EVAL_BASE_H
#define CNIPOL_EVAL_BASE_H

/**
 * What the evaluator's headers share: the question and the answer in numbers, and how an image's bytes are read.
 *
 * Who includes this for the kernel defines CNIPOL_AT(offset) before: it must confine an offset by a constant mask, and
 * the map value must go on for CNIPOL_SLACK bytes behind the largest. On the host offsets are taken as they are.
 */

#include <cnipol/decision.h>
#include <cnipol/format.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The relations between the two ends of a question. */
#define CNIPOL_RELATION_SELF 1u          /**< one pod, by its own address */
#define CNIPOL_RELATION_HAIRPIN 2u       /**< one pod, by way of a Service */
#define CNIPOL_RELATION_SAME_NODE 4u     /**< both ends on one node */
#define CNIPOL_RELATION_FROM_OWN_NODE 8u /**< the source is the destination's own node */
#define CNIPOL_RELATION_TO_OWN_NODE 16u  /**< the destination is the source's own node */

enum cnipol_key_flag {
    CNIPOL_KEY_FRAGMENT = 1u << 0,     /**< a later fragment: no ports */
    CNIPOL_KEY_PORT_UNKNOWN = 1u << 1, /**< there is a destination port, but nobody said which */
    CNIPOL_KEY_ICMP = 1u << 2          /**< icmp_type and icmp_code are known */
};

/** A question in numbers: 24 bytes, no holes. Zero where a field has nothing to say. */
struct cnipol_key {
    uint32_t source;      /**< peer id */
    uint32_t destination; /**< peer id */
    uint8_t protocol;     /**< IP protocol number */
    uint8_t flags;        /**< enum cnipol_key_flag */
    uint8_t icmp_type;
    uint8_t icmp_code;
    uint16_t source_port; /**< host byte order; 0: unknown */
    uint16_t destination_port;
    uint8_t relations;  /**< CNIPOL_RELATION_… */
    uint8_t state;      /**< 0 new, 1 established or reply, 2 related */
    uint8_t directions; /**< 1 egress, 2 ingress, 3 (or 0) both */
    uint8_t reserved[5];
};

/** A verdict. `program` and `auth` by direction: 0 egress, 1 ingress. */
struct cnipol_answer {
    uint8_t decision; /**< enum cnipol_decision: the worse of the two */
    uint8_t parts[2]; /**< CNIPOL_ALLOW where nothing polices the end */
    uint8_t reserved;
    uint32_t flags;      /**< enum cnipol_verdict_flag */
    uint32_t program[2]; /**< L7 program of the image, 0: none */
    uint32_t auth;
};

CNIPOL_FORMAT_ASSERT(sizeof(struct cnipol_key) == 24, "key");
CNIPOL_FORMAT_ASSERT(sizeof(struct cnipol_answer) == 20, "answer");

/* Fields are read at constant distances from a confined offset, each less than this. */
#define CNIPOL_SLACK 4096u
#ifndef CNIPOL_AT
#define CNIPOL_AT(offset) (offset)
#endif
/*
 * For the kernel's verifier. CNIPOL_HIDE: the compiler forgets what it knows of a number, lest it computes in a way
 * that the verifier cannot follow. CNIPOL_FORGET: the verifier forgets it too, so that ways which differ in nothing
 * else are one to it; `unknown` is a number that it knows nothing of.
 */
#ifdef __bpf__
#define CNIPOL_HIDE(number) __asm__ __volatile__("" : "+r"(number))
#define CNIPOL_FORGET(number, unknown) \
    do {                               \
        (number) ^= (unknown);         \
        CNIPOL_HIDE(number);           \
        (number) ^= (unknown);         \
    } while (0)
#else
#define CNIPOL_HIDE(number) ((void)0)
#define CNIPOL_FORGET(number, unknown) ((void)0)
#endif

#define CNIPOL_INLINE static inline __attribute__((always_inline, unused))

/*
 * What the verifier is to look at once, and not again at each place of call: in the kernel a global function. It is
 * handed the image as a CNIPOL_VALUE, a type as large as the map value, and may be handed none. A BPF program defines
 * both, the type as a struct with nothing but the bytes.
 */
#ifndef CNIPOL_SEPARATE
#define CNIPOL_SEPARATE CNIPOL_INLINE
#define CNIPOL_VALUE uint8_t
#define CNIPOL_IS_MISSING(pointer) 0
#else
#define CNIPOL_IS_MISSING(pointer) (!(pointer))
#endif

#ifdef __cplusplus
#define CNIPOL_CAST(type, value) reinterpret_cast<type>(value)
#else
#define CNIPOL_CAST(type, value) ((type)(value))
#endif

/* The number at a constant distance from an offset. */
CNIPOL_INLINE uint32_t cnipol_read8(const uint8_t *image, uint32_t offset, uint32_t distance)
{
    return (image + CNIPOL_AT(offset))[distance];
}

CNIPOL_INLINE uint32_t cnipol_read16(const uint8_t *image, uint32_t offset, uint32_t distance)
{
    return *CNIPOL_CAST(const uint16_t *, image + CNIPOL_AT(offset) + distance);
}

CNIPOL_INLINE uint32_t cnipol_read32(const uint8_t *image, uint32_t offset, uint32_t distance)
{
    return *CNIPOL_CAST(const uint32_t *, image + CNIPOL_AT(offset) + distance);
}

CNIPOL_INLINE uint32_t cnipol_load8(const uint8_t *image, uint32_t offset)
{
    return cnipol_read8(image, offset, 0);
}

CNIPOL_INLINE uint32_t cnipol_load16(const uint8_t *image, uint32_t offset)
{
    return cnipol_read16(image, offset, 0);
}

CNIPOL_INLINE uint32_t cnipol_load32(const uint8_t *image, uint32_t offset)
{
    return cnipol_read32(image, offset, 0);
}

#define CNIPOL_VIEW(image, view, field) cnipol_read32(image, view, (uint32_t) __builtin_offsetof(struct cnipol_image_view, field))
#define CNIPOL_VIEW8(image, view, field) cnipol_read8(image, view, (uint32_t) __builtin_offsetof(struct cnipol_image_view, field))
#define CNIPOL_OF(image, base, type, field) cnipol_read32(image, base, (uint32_t) __builtin_offsetof(struct type, field))
#define CNIPOL_OF8(image, base, type, field) cnipol_read8(image, base, (uint32_t) __builtin_offsetof(struct type, field))
#define CNIPOL_OF16(image, base, type, field) cnipol_read16(image, base, (uint32_t) __builtin_offsetof(struct type, field))

/* An index of 2 or 4 bytes. */
CNIPOL_INLINE uint32_t cnipol_index(const uint8_t *image, uint32_t table, uint32_t i, uint32_t is_wide)
{
    return is_wide ? cnipol_load32(image, table + i * 4) : cnipol_load16(image, table + i * 2);
}

/* What a checkpoint came to, so far. */
struct cnipol_partial {
    uint32_t can;
    uint32_t flags;
    uint32_t auth;
    uint32_t program;
};

/* A question to a subject's rule list at a checkpoint, with the room for its answer. */
struct cnipol_list_ask {
    uint32_t view;
    uint32_t cp;
    uint32_t subject;
    uint32_t other;
    struct cnipol_partial part;
};

#ifdef __cplusplus
}
#endif
#endif
