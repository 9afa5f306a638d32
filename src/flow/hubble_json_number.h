/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_FLOW_HUBBLE_JSON_NUMBER_H
#define NP_FLOW_HUBBLE_JSON_NUMBER_H

/*
 * Numbers of Hubble's JSON, where they are read: those that nearly every record has are read without a call where tracks are followed.
 */

#include "flow/hubble_json.h"

static inline void np_hubble_set_has(char *base, const struct np_hubble_row *row, bool is_there)
{
    uint32_t *has = (uint32_t *)(void *)(base + row->has_at);

    *has |= is_there ? row->has : 0;
}

/* An unsigned integer up to `last`. */
static inline struct np_place np_hubble_unsigned(struct np_hubble *h, struct np_place at, uint64_t last, uint64_t *out)
{
    const char *start = at.p;
    struct np_json_integer integer = {0, false};

    at = np_json_unsigned(&h->json, at, &integer);
    if (__builtin_expect(integer.negative || integer.value > last, 0) && at.p)
        return np_json_bad_field(&h->json, start, "this number does not fit here");
    *out = integer.value;
    return at;
}

static inline struct np_place np_hubble_signed(struct np_hubble *h, struct np_place at, int32_t *out)
{
    const char *start = at.p;
    struct np_json_integer integer = {0, false};

    at = np_json_unsigned(&h->json, at, &integer);
    if (__builtin_expect(integer.value > (uint64_t)INT32_MAX + integer.negative, 0) && at.p)
        return np_json_bad_field(&h->json, start, "this number does not fit here");
    *out = (int32_t)(integer.negative ? 0 - (int64_t)integer.value : (int64_t)integer.value);
    return at;
}

static inline struct np_place np_hubble_take_u32(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint64_t value = 0;

    at = np_hubble_unsigned(h, at, UINT32_MAX, &value);
    *(uint32_t *)(void *)(base + row->offset) = (uint32_t)value;
    np_hubble_set_has(base, row, value != 0);
    return at;
}

static inline struct np_place np_hubble_take_i32(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    int32_t value = 0;

    at = np_hubble_signed(h, at, &value);
    *(int32_t *)(void *)(base + row->offset) = value;
    np_hubble_set_has(base, row, value != 0);
    return at;
}

static inline struct np_place np_hubble_take_port(struct np_hubble *h, struct np_place at, const struct np_hubble_row *row, char *base)
{
    uint64_t value = 0;

    at = np_hubble_unsigned(h, at, UINT16_MAX, &value);
    *(uint16_t *)(void *)(base + row->offset) = (uint16_t)value;
    np_hubble_set_has(base, row, value != 0);
    return at;
}

#endif
