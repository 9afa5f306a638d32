/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions of a checkpoint's subjects: see table.h. Their radix nodes are in radix.c. */

#include "compile/table.h"

#include <cnipol/status.h>

/* What a function's step costs beside its rows. */
enum { STEPS_OF_BORDER = 16 };

static const struct np_stage *stage_at(const struct np_table *table, uint32_t number)
{
    return &table->cells->space->model->machine.checkpoints[table->checkpoint].stages[number];
}

static uint32_t effect_at(const struct np_table *table, uint32_t cell)
{
    return table->effect_of.items[cell - table->first_cell];
}

static int add_effects(struct np_table *table, uint32_t stage, uint32_t first, uint32_t n)
{
    for (uint32_t i = first; i < first + n; i++) {
        const struct np_outcome *outcome = table->cells->items[i].outcome;
        uint32_t program = np_cell_program(table->cells, outcome), effect;
        uint8_t target;

        if (program == NP_NONE)
            return CNIPOL_E_NOMEM;
        target = np_cell_target(outcome, stage, stage_at(table, stage)->pass_to, table->cells->n_stages[table->checkpoint]);
        effect = np_row_effect(table->rows, outcome, program, target);
        if (effect == NP_NONE || !np_words_push(&table->effect_of, table->mem, effect))
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

/* The checkpoint's cells lie one behind the other, stage by stage, rules before defaults. */
static int find_effects(struct np_table *table)
{
    const struct np_checkpoint *checkpoint = &table->cells->space->model->machine.checkpoints[table->checkpoint];
    const struct np_stage_cells *stages = table->cells->stages[table->checkpoint];
    uint32_t program = np_cell_program(table->cells, &checkpoint->at_end);
    int rc = CNIPOL_OK;

    table->first_cell = checkpoint->n_stages ? stages[0].rules : 0;
    for (uint32_t s = 0; s < checkpoint->n_stages && !rc; s++) {
        rc = add_effects(table, s, stages[s].rules, stages[s].n_rules);
        if (!rc)
            rc = add_effects(table, s, stages[s].defaults, stages[s].n_defaults);
    }
    if (rc || program == NP_NONE)
        return CNIPOL_E_NOMEM;
    table->end_effect = np_row_effect(table->rows, &checkpoint->at_end, program, (uint8_t)checkpoint->n_stages);
    return table->end_effect == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

/* What is made on the way may come to more than the tables, but not to any more. */
enum { SCRATCH_FACTOR = 8 };

static bool scratch_is_full(const struct np_table *table)
{
    const struct np_rows *rows = table->rows;
    uint64_t words = (uint64_t)rows->rows.n_words + rows->finals.n_words + rows->stages.keys.n_words + table->functions.n_words;

    return words * sizeof(uint32_t) > SCRATCH_FACTOR * table->budget->bytes + ((uint64_t)1 << 20);
}

/* Charges the rows' work and some more. False: the budget is spent. */
static bool charge(struct np_table *table, uint64_t steps)
{
    uint64_t spent = steps + table->rows->steps - table->seen_steps;

    table->seen_steps = table->rows->steps;
    if (spent > table->budget->steps || scratch_is_full(table)) {
        table->budget->steps = 0;
        return false;
    }
    table->budget->steps -= spent;
    return true;
}

/* Appends a step to a function under way, unless it changes nothing. */
static int step(struct np_table *table, struct np_words *line, uint32_t from, uint32_t row)
{
    if (row == NP_NONE)
        return table->rows->is_full ? CNIPOL_E_LIMIT : CNIPOL_E_NOMEM;
    if (line->n && line->items[line->n - 1] == row)
        return CNIPOL_OK;
    return np_words_push(line, table->mem, from) && np_words_push(line, table->mem, row) ? CNIPOL_OK : CNIPOL_E_NOMEM;
}

/* The cells of a stage list, then the stage's defaults: what a row of it is made of. */
struct listed {
    const uint32_t *items;
    uint32_t n;
    const struct np_stage_cells *stage;
    struct np_stage_kind kind;
};

static struct listed listed_of(const struct np_table *table, uint32_t list)
{
    struct listed listed = {0};
    uint32_t n;
    const uint32_t *words = np_interned(&table->subjects->lists, list, &n);
    const struct np_stage *stage = stage_at(table, words[0]);

    listed.items = words + 2;
    listed.n = n - 2;
    listed.stage = &table->cells->stages[table->checkpoint][words[0]];
    listed.kind = (struct np_stage_kind){words[0], (uint32_t)stage->combine, stage->ties_undefined, words[1], 0};
    return listed;
}

static uint32_t n_cells(const struct listed *listed)
{
    return listed->n + (listed->kind.governed == NP_NO ? 0 : listed->stage->n_defaults);
}

/* The i-th cell, perhaps with CNIPOL_ITEM_MAYBE. */
static uint32_t cell_at(const struct listed *listed, uint32_t i)
{
    return i < listed->n ? listed->items[i] : listed->stage->defaults + (i - listed->n);
}

static const struct np_cell *cell_of(const struct np_table *table, uint32_t item)
{
    return &table->cells->items[item & ~CNIPOL_ITEM_MAYBE];
}

/* table->other: by cell, the place of its remote set. */
static int open_sweep(struct np_table *table, const struct listed *listed)
{
    table->sets.n = table->other.n = 0;
    np_sweep_reset(&table->sweep);
    for (uint32_t i = 0; i < n_cells(listed); i++) {
        uint32_t place = np_words_place(&table->sets, &table->place_of, table->mem, cell_of(table, cell_at(listed, i))->remote);

        if (place == NP_NONE || !np_words_push(&table->other, table->mem, place))
            return CNIPOL_E_NOMEM;
    }
    for (uint32_t i = 0; i < table->sets.n; i++) {
        uint32_t n;
        const uint32_t *words = np_interned(&table->peers->sets, table->peers->set_of.items[table->sets.items[i]], &n);

        if (!np_sweep_add(&table->sweep, i, words, n))
            return CNIPOL_E_NOMEM;
    }
    np_sweep_start(&table->sweep, table->peers->first_id.n);
    return CNIPOL_OK;
}

/* The truth of each remote set in the present segment. */
static int find_truths(struct np_table *table)
{
    table->truths.n = 0;
    for (uint32_t i = 0; i < table->sets.n; i++)
        if (!np_words_push(&table->truths, table->mem, NP_NO))
            return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < table->sweep.active.n; i++)
        table->truths.items[table->sweep.active.items[i] >> 2] = table->sweep.active.items[i] & 3;
    return CNIPOL_OK;
}

static struct np_entry entry_of(const struct np_table *table, const struct np_stage_kind *kind, uint32_t number, uint32_t truth)
{
    const struct np_cell *cell = &table->cells->items[number];
    struct np_entry entry = {.box = cell->box, .effect = effect_at(table, number), .truth = truth};

    if (kind->combine == NP_COMBINE_MAP) {
        entry.tie = cell->key;
    } else if (kind->ties) {
        entry.tie = cell->tie;
        entry.policy = cell->policy;
    }
    return entry;
}

/* The row of the present segment: of those cells whose remote set holds, or may. */
static uint32_t row_of_segment(struct np_table *table, const struct listed *listed)
{
    struct np_stage_kind kind = listed->kind;
    uint32_t n = 0;

    if (find_truths(table))
        return NP_NONE;
    for (uint32_t i = 0; i < n_cells(listed); i++) {
        uint32_t item = cell_at(listed, i), truth = table->truths.items[table->other.items[i]];

        if (item & CNIPOL_ITEM_MAYBE && truth)
            truth = NP_UNKNOWN;
        if (!truth)
            continue;
        table->entries[n++] = entry_of(table, &kind, item & ~CNIPOL_ITEM_MAYBE, truth);
        kind.n_rules += i < listed->n;
    }
    return np_row_stage(table->rows, &kind, table->entries, n);
}

static uint64_t n_slots(const struct np_table *table)
{
    return (uint64_t)table->rows->points->n_points * table->rows->points->n_variants;
}

static int sweep_list(struct np_table *table, const struct listed *listed)
{
    int rc = CNIPOL_OK, more = 0;

    table->line.n = 0;
    while (!rc && (more = np_sweep_next(&table->sweep)) == 1) {
        if (!charge(table, n_cells(listed) + STEPS_OF_BORDER) || (uint64_t)n_cells(listed) * n_slots(table) > table->budget->steps)
            return CNIPOL_E_LIMIT;
        rc = step(table, &table->line, table->sweep.lo, row_of_segment(table, listed));
    }
    return more < 0 ? CNIPOL_E_NOMEM : rc;
}

/* The function of a stage list. CNIPOL_E_LIMIT: the budget is spent. */
static int function_of_list(struct np_table *table, uint32_t list, uint32_t *out)
{
    struct listed listed = listed_of(table, list);
    void *grown;
    int rc;

    if (table->function_of.items[list] != NP_NONE) {
        *out = table->function_of.items[list];
        return CNIPOL_OK;
    }
    grown = np_grow(table->mem, table->entries, &table->cap_entries, n_cells(&listed) + 1, sizeof *table->entries);
    if (!grown)
        return CNIPOL_E_NOMEM;
    table->entries = grown;
    rc = open_sweep(table, &listed);
    if (!rc)
        rc = sweep_list(table, &listed);
    if (rc)
        return rc;
    *out = np_intern(&table->functions, table->line.items, table->line.n);
    table->function_of.items[list] = *out;
    return *out == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

/* Both functions walked side by side. A stage function of NP_NONE: the rows are finished instead. */
static int merge(struct np_table *table, uint32_t function, uint32_t stage_function, uint32_t stage)
{
    uint32_t n_a, n_b = 0, i = 0, k = 0;
    const uint32_t *a = np_interned(&table->functions, function, &n_a);
    const uint32_t *b = stage_function == NP_NONE ? NULL : np_interned(&table->functions, stage_function, &n_b);
    int rc = CNIPOL_OK;

    table->line.n = 0;
    while ((i < n_a || k < n_b) && !rc) {
        uint32_t at_a = i < n_a ? a[i] : UINT32_MAX, at_b = k < n_b ? b[k] : UINT32_MAX, at = at_a < at_b ? at_a : at_b, row;

        i += at_a == at ? 2 : 0;
        k += at_b == at ? 2 : 0;
        row = b ? np_row_then(table->rows, a[i - 1], b[k - 1], stage) : np_row_finish(table->rows, a[i - 1], table->end_effect);
        rc = charge(table, STEPS_OF_BORDER) ? step(table, &table->line, at, row) : CNIPOL_E_LIMIT;
    }
    return rc;
}

static int fold(struct np_table *table, uint32_t function, uint32_t stage_function, uint32_t stage, uint32_t *out)
{
    const uint32_t key[] = {function, stage_function, stage};
    bool is_new;
    uint32_t place = np_memo_get(&table->folds, key, 3, &is_new);
    int rc;

    if (place == NP_NONE)
        return CNIPOL_E_NOMEM;
    *out = is_new ? NP_NONE : table->folds.results.items[place];
    if (*out != NP_NONE)
        return CNIPOL_OK;
    if (is_new && !np_words_push(&table->folds.results, table->mem, NP_NONE))
        return CNIPOL_E_NOMEM;
    rc = merge(table, function, stage_function, stage);
    if (rc)
        return rc;
    *out = np_intern(&table->functions, table->line.items, table->line.n);
    table->folds.results.items[place] = *out;
    return *out == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

/* Has the stage anything to say to the subject? */
static bool is_silent(const struct np_table *table, uint32_t list)
{
    uint32_t n;
    const uint32_t *words = np_interned(&table->subjects->lists, list, &n);

    return n == 2 && words[1] == NP_NO;
}

static int function_of_class(struct np_table *table, uint32_t group, uint32_t *out)
{
    uint32_t n, stage_function, start[2] = {0, np_row_start(table->rows)};
    const uint32_t *lists = np_interned(&table->subjects->classes, group, &n);
    int rc;

    *out = start[1] == NP_NONE ? NP_NONE : np_intern(&table->functions, start, 2);
    rc = *out == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;
    for (uint32_t s = 0; s < n && !rc; s++) {
        if (is_silent(table, lists[s]))
            continue;
        rc = function_of_list(table, lists[s], &stage_function);
        if (!rc)
            rc = fold(table, *out, stage_function, s, out);
    }
    return rc ? rc : fold(table, *out, NP_NONE, 0, out);
}

/* Bytes that the tables come to, near enough: what the budget is about. */
static uint64_t bytes_of(const struct np_table *table)
{
    uint64_t line = (uint64_t)table->rows->points->n_columns * 68;

    return (uint64_t)(table->pages.n_words + table->chunks.n_words + table->l1.n_words) * 4 + table->finals.n * line;
}

static int root_of_class(struct np_table *table, uint32_t group, uint32_t *out)
{
    uint32_t function;
    int rc = table->budget->steps ? function_of_class(table, group, &function) : CNIPOL_E_LIMIT;

    *out = NP_NONE;
    if (!rc && bytes_of(table) > table->budget->bytes)
        rc = CNIPOL_E_LIMIT;
    if (rc == CNIPOL_E_LIMIT && table->rows->is_full)
        table->budget->steps = 0;
    if (rc)
        return rc == CNIPOL_E_LIMIT ? CNIPOL_OK : rc;
    *out = np_table_radix(table, function);
    return *out == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

static int build(struct np_table *table)
{
    int rc = find_effects(table);

    for (uint32_t i = 0; i < table->subjects->lists.n && !rc; i++)
        rc = np_words_push(&table->function_of, table->mem, NP_NONE) ? CNIPOL_OK : CNIPOL_E_NOMEM;
    for (uint32_t group = 0; group < table->subjects->classes.n && !rc; group++) {
        uint32_t root;

        rc = root_of_class(table, group, &root);
        if (!rc && !np_words_push(&table->root_of, table->mem, root))
            rc = CNIPOL_E_NOMEM;
    }
    return rc;
}

int np_table_init(struct np_table *table, struct np_cells *cells, const struct np_subjects *subjects, const struct np_peer_classes *peers,
                  struct np_rows *rows, uint32_t checkpoint, struct np_budget *budget)
{
    *table = (struct np_table){.mem = cells->mem,
                               .cells = cells,
                               .subjects = subjects,
                               .peers = peers,
                               .rows = rows,
                               .checkpoint = checkpoint,
                               .budget = budget,
                               .l1_entries = (peers->first_id.n + 255) / 256,
                               .seen_steps = rows->steps};
    np_intern_init(&table->functions, table->mem);
    np_intern_init(&table->folds.keys, table->mem);
    np_intern_init(&table->pages, table->mem);
    np_intern_init(&table->chunks, table->mem);
    np_intern_init(&table->l1, table->mem);
    np_sweep_init(&table->sweep, table->mem);
    return build(table);
}

void np_table_free(struct np_table *table)
{
    struct np_words *words[] = {&table->effect_of, &table->function_of, &table->folds.results, &table->root_of,
                                &table->l1_of,     &table->row_of,      &table->finals,        &table->line,
                                &table->other,     &table->sets,        &table->truths,        &table->place_of};

    if (!table->mem)
        return;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        np_words_free(words[i], table->mem);
    np_free(table->mem, table->entries, table->cap_entries * sizeof *table->entries);
    np_intern_free(&table->functions);
    np_intern_free(&table->folds.keys);
    np_intern_free(&table->pages);
    np_intern_free(&table->chunks);
    np_intern_free(&table->l1);
    np_sweep_free(&table->sweep);
}
