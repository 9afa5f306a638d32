/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef NP_COMPILE_ROWS_H
#define NP_COMPILE_ROWS_H

/*
 * Rows: functions of the L4 part of a question, a partial outcome for each point of each variant.
 *
 * A stage row says what one stage makes of a list of cells that may match; rows of successive stages are folded
 * by np_row_then(), and np_row_finish() turns a fold into leaves. Everything is hash-consed and each fold is
 * remembered, so the work is that of distinct rows, not of subjects and peers.
 *
 * A partial outcome is a set of possible answers, the stages that some way leads on to, and what was noted on
 * the way. It is what makes folding associative: passes only lead forward, so a stage adds its part where it is
 * reached and changes nothing elsewhere.
 */

#include "compile/points.h"

struct np_partial {
    uint64_t reach; /* stages by number, behind what was folded so far */
    uint32_t auth;
    uint32_t program;
    uint8_t can; /* CNIPOL_CAN_… and decision bits */
    uint8_t flags;
    uint16_t reserved;
    uint32_t reserved2;
};
#define NP_PARTIAL_WORDS (sizeof(struct np_partial) / sizeof(uint32_t))

/* What of a cell's outcome is the same for all rules that do the same. */
struct np_effect {
    uint8_t action; /* enum np_action */
    uint8_t target; /* PASS: the stage */
    uint8_t flags;
    uint8_t reserved;
    uint32_t auth;
    uint32_t program;
};
#define NP_EFFECT_WORDS (sizeof(struct np_effect) / sizeof(uint32_t))

/* A cell that may match: an entry of a row. */
struct np_entry {
    uint32_t box;
    uint32_t effect; /* in rows.effects */
    uint32_t truth;  /* of subject and peer */
    uint32_t tie;    /* 0 where ties do not matter; in MAP: the key, ascending */
    uint32_t policy; /* the same; 0 in MAP */
};
#define NP_ENTRY_WORDS (sizeof(struct np_entry) / sizeof(uint32_t))

struct np_stage_kind {
    uint32_t number;
    uint32_t combine; /* enum np_combine */
    uint32_t ties;
    uint32_t governed; /* enum np_tri */
    uint32_t n_rules;  /* entries before the defaults */
};

struct np_memo {
    struct np_intern keys;
    struct np_words results; /* by key */
};

struct np_rows {
    struct np_mem *mem;
    const struct np_points *points;
    struct np_intern effects;
    struct np_intern partials; /* number 0: the zero one */
    struct np_intern rows;     /* partials, two to a word */
    struct np_intern leaves;   /* struct cnipol_image_leaf; shared by all checkpoints */
    struct np_memo stages;     /* entries → row */
    struct np_memo folds;      /* (row, row, stage) → row */
    struct np_memo ends;       /* (row, effect at the end) → final row */
    struct np_intern finals;   /* leaves, two to a word */
    uint16_t *slots;           /* scratch */
    struct np_words scratch;
    uint64_t steps;
    bool is_full; /* more partial outcomes or leaves than can be numbered */
};

int np_rows_init(struct np_rows *rows, const struct np_points *points);
void np_rows_free(struct np_rows *rows);

/* Each gives a number, or NP_NONE when out of memory or numbers. */
/* `target`: where a pass leads (np_cell_target). */
uint32_t np_row_effect(struct np_rows *rows, const struct np_outcome *outcome, uint32_t program, uint8_t target);
uint32_t np_row_stage(struct np_rows *rows, const struct np_stage_kind *kind, const struct np_entry *entries, uint32_t n);
/* The row that any fold begins with: nothing decided, stage 0 reached. */
uint32_t np_row_start(struct np_rows *rows);
uint32_t np_row_then(struct np_rows *rows, uint32_t row, uint32_t stage_row, uint32_t stage);
uint32_t np_row_finish(struct np_rows *rows, uint32_t row, uint32_t end_effect);

uint32_t np_row_number(struct np_rows *rows, struct np_intern *table, const void *words, uint32_t n);
uint32_t np_memo_get(struct np_memo *memo, const uint32_t *key, uint32_t n, bool *is_new);
static inline uint32_t np_rows_slots(const struct np_rows *rows)
{
    return rows->points->n_columns * 64;
}

#endif
