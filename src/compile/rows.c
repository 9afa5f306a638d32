/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows: see rows.h. What one stage makes of its entries is in stage_row.c. */

#include "compile/rows.h"

#include <cnipol/status.h>

static void memo_init(struct np_memo *memo, struct np_mem *mem)
{
    *memo = (struct np_memo){0};
    np_intern_init(&memo->keys, mem);
}

static void memo_free(struct np_memo *memo)
{
    np_words_free(&memo->results, memo->keys.mem);
    np_intern_free(&memo->keys);
}

/* The place of the key's result; a new one is to be pushed. NP_NONE: out of memory. */
uint32_t np_memo_get(struct np_memo *memo, const uint32_t *key, uint32_t n, bool *is_new)
{
    uint32_t number = np_intern(&memo->keys, key, n);

    *is_new = number == memo->results.n;
    return number;
}

int np_rows_init(struct np_rows *rows, const struct np_points *points)
{
    const struct np_partial zero = {0};

    *rows = (struct np_rows){.mem = points->mem, .points = points};
    np_intern_init(&rows->effects, rows->mem);
    np_intern_init(&rows->partials, rows->mem);
    np_intern_init(&rows->rows, rows->mem);
    np_intern_init(&rows->leaves, rows->mem);
    np_intern_init(&rows->finals, rows->mem);
    memo_init(&rows->stages, rows->mem);
    memo_init(&rows->folds, rows->mem);
    memo_init(&rows->ends, rows->mem);
    rows->slots = np_zalloc(rows->mem, np_rows_slots(rows) * sizeof *rows->slots);
    if (!rows->slots || np_intern(&rows->partials, (const uint32_t *)(const void *)&zero, NP_PARTIAL_WORDS) != 0)
        return CNIPOL_E_NOMEM;
    return CNIPOL_OK;
}

void np_rows_free(struct np_rows *rows)
{
    if (!rows->mem)
        return;
    np_free(rows->mem, rows->slots, np_rows_slots(rows) * sizeof *rows->slots);
    np_words_free(&rows->scratch, rows->mem);
    np_intern_free(&rows->effects);
    np_intern_free(&rows->partials);
    np_intern_free(&rows->rows);
    np_intern_free(&rows->leaves);
    np_intern_free(&rows->finals);
    memo_free(&rows->stages);
    memo_free(&rows->folds);
    memo_free(&rows->ends);
}

uint32_t np_row_effect(struct np_rows *rows, const struct np_outcome *outcome, uint32_t program, uint8_t target)
{
    struct np_effect effect = {.action = outcome->action, .auth = outcome->auth, .program = program, .flags = (uint8_t)outcome->flags};

    if (outcome->action == NP_ACTION_PASS)
        effect.target = target;
    return np_intern(&rows->effects, (const uint32_t *)(const void *)&effect, NP_EFFECT_WORDS);
}

/* All slots, as they stand in the scratch, as a row of that table. */
static uint32_t intern_slots(struct np_rows *rows, struct np_intern *table)
{
    return np_intern(table, (const uint32_t *)(const void *)rows->slots, np_rows_slots(rows) / 2);
}

static const uint16_t *slots_of(const struct np_intern *table, uint32_t row)
{
    uint32_t n;

    return (const uint16_t *)(const void *)np_interned(table, row, &n);
}

static const struct np_partial *partial_at(const struct np_rows *rows, uint32_t number)
{
    uint32_t n;

    return (const struct np_partial *)(const void *)np_interned(&rows->partials, number, &n);
}

/* NP_NONE: out of memory, or of numbers, which is remembered. */
uint32_t np_row_number(struct np_rows *rows, struct np_intern *table, const void *words, uint32_t n)
{
    uint32_t number = np_intern(table, words, n);

    if (number <= UINT16_MAX || number == NP_NONE)
        return number;
    rows->is_full = true;
    return NP_NONE;
}

static uint32_t number_partial(struct np_rows *rows, const struct np_partial *partial)
{
    return np_row_number(rows, &rows->partials, partial, NP_PARTIAL_WORDS);
}

uint32_t np_row_start(struct np_rows *rows)
{
    const struct np_partial start = {.reach = 1};
    uint32_t number = number_partial(rows, &start);

    if (number == NP_NONE)
        return NP_NONE;
    for (uint32_t i = 0; i < np_rows_slots(rows); i++)
        rows->slots[i] = (uint16_t)number;
    return intern_slots(rows, &rows->rows);
}

/* The stage adds its part where some way leads to it, or to one before it that has nothing to say. */
static struct np_partial then(const struct np_partial *before, const struct np_partial *stage, uint32_t number)
{
    uint64_t upto = (2ull << number) - 1;
    struct np_partial after = *before;

    if (!(before->reach & upto))
        return after;
    after.reach = (before->reach & ~upto) | stage->reach;
    after.can |= stage->can;
    after.flags |= stage->flags;
    if (stage->auth > after.auth)
        after.auth = stage->auth;
    if (stage->program)
        after.program = stage->program;
    return after;
}

/* Runs of equal pairs are the rule, so the last pair's result is kept at hand. */
static uint32_t fold(struct np_rows *rows, uint32_t row, uint32_t stage_row, uint32_t stage)
{
    const uint16_t *a = slots_of(&rows->rows, row), *b = slots_of(&rows->rows, stage_row);
    uint32_t last = NP_NONE, result = 0;

    rows->steps += np_rows_slots(rows);
    for (uint32_t i = 0; i < np_rows_slots(rows); i++) {
        uint32_t pair = (uint32_t)a[i] << 16 | b[i];

        if (pair != last || last == NP_NONE) {
            struct np_partial after = then(partial_at(rows, a[i]), partial_at(rows, b[i]), stage);

            result = number_partial(rows, &after);
            if (result == NP_NONE)
                return NP_NONE;
            last = pair;
        }
        rows->slots[i] = (uint16_t)result;
    }
    return intern_slots(rows, &rows->rows);
}

uint32_t np_row_then(struct np_rows *rows, uint32_t row, uint32_t stage_row, uint32_t stage)
{
    const uint32_t key[] = {row, stage_row, stage};
    bool is_new;
    uint32_t place = np_memo_get(&rows->folds, key, 3, &is_new), result;

    if (place == NP_NONE || !is_new)
        return place == NP_NONE ? NP_NONE : rows->folds.results.items[place];
    result = fold(rows, row, stage_row, stage);
    return result == NP_NONE || !np_words_push(&rows->folds.results, rows->mem, result) ? NP_NONE : result;
}

/* Behind the last stage: the end's own outcome where some way leads there. */
static struct cnipol_image_leaf leaf_of(const struct np_partial *partial, const struct np_effect *end)
{
    static const uint8_t answers[] = {
        [NP_ACTION_ALLOW] = 1u << CNIPOL_ALLOW, [NP_ACTION_DENY] = 1u << CNIPOL_DENY, [NP_ACTION_PASS] = CNIPOL_CAN_END,
        [NP_ACTION_LOG] = CNIPOL_CAN_END,       [NP_ACTION_NEXT] = CNIPOL_CAN_END,    [NP_ACTION_UNDEFINED] = 1u << CNIPOL_UNDEFINED};
    struct cnipol_image_leaf leaf = {.can = partial->can, .flags = partial->flags, .auth = partial->auth, .program = partial->program};

    if (!partial->reach)
        return leaf;
    leaf.can |= end->program ? 1u << CNIPOL_REDIRECT : answers[end->action];
    leaf.flags |= (uint8_t)(end->program ? end->flags & ~CNIPOL_VERDICT_REJECT : end->flags);
    if (end->action == NP_ACTION_LOG && !end->program)
        leaf.flags |= CNIPOL_VERDICT_LOG;
    if (end->auth > leaf.auth)
        leaf.auth = end->auth;
    if (end->program)
        leaf.program = end->program;
    return leaf;
}

static uint32_t finish(struct np_rows *rows, uint32_t row, uint32_t end_effect)
{
    uint32_t n, last = NP_NONE, number = 0;
    const uint16_t *slots = slots_of(&rows->rows, row);
    const struct np_effect *end = (const struct np_effect *)(const void *)np_interned(&rows->effects, end_effect, &n);

    rows->steps += np_rows_slots(rows);
    for (uint32_t i = 0; i < np_rows_slots(rows); i++) {
        if (slots[i] != last) {
            struct cnipol_image_leaf leaf = leaf_of(partial_at(rows, slots[i]), end);

            last = slots[i];
            number = np_row_number(rows, &rows->leaves, &leaf, sizeof leaf / sizeof(uint32_t));
            if (number == NP_NONE)
                return NP_NONE;
        }
        rows->slots[i] = (uint16_t)number;
    }
    return intern_slots(rows, &rows->finals);
}

uint32_t np_row_finish(struct np_rows *rows, uint32_t row, uint32_t end_effect)
{
    const uint32_t key[] = {row, end_effect};
    bool is_new;
    uint32_t place = np_memo_get(&rows->ends, key, 2, &is_new), result;

    if (place == NP_NONE || !is_new)
        return place == NP_NONE ? NP_NONE : rows->ends.results.items[place];
    result = finish(rows, row, end_effect);
    return result == NP_NONE || !np_words_push(&rows->ends.results, rows->mem, result) ? NP_NONE : result;
}
