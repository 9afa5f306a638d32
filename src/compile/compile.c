/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiler: from a model to the bytes of an image (include/cnipol/image.h).
 *
 *   space      peer ids: ends and addresses that no predicate can tell apart       (space.h, atoms.h)
 *   cells      rules as products of subjects, peers and L4 boxes                   (cell.h, alt.h, box.h)
 *   subjects   ids with one rule list; peer classes: ids that no rule tells apart  (subjects.h, peer_classes.h)
 *   points     L4 questions that no box tells apart                                (points.h)
 *   table      per subject class: stages folded to rows, as radix nodes            (table.h, rows.h)
 *   emit       tables, rules, machine and directory as sections                    (emit_tables.h, emit.h)
 *
 * Nothing depends on addresses in memory, on hashes or on time: every number is given in the order of first
 * appearance in a canonical order, and budgets count steps. So equal models give equal bytes.
 */

#include <string.h>

#include "compile/emit.h"
#include "compile/emit_tables.h"
#include "compile/provenance.h"
#include "compile/ruleset.h"
#include "image/image.h"

#define DEFAULT_BYTES (64ull << 20)
#define DEFAULT_STEPS (1ull << 31)
#define DEFAULT_COLUMNS 1024u

static const struct cnipol_compile_opts defaults = {.sz = sizeof defaults};

static uint32_t node_number(const struct cnipol_model *model, const char *name)
{
    np_atom atom = np_atoms_find(&model->ctx->atoms, np_str_of(name));

    return atom ? np_view_node(model->view, atom) : NP_NONE;
}

/* The ids of a node's pods. Of a cluster without pods any node's slice is the same: a live set begins with that. */
static int want_node(struct np_compilation *c, const char *name)
{
    uint32_t node = node_number(c->model, name);

    if (node == NP_NONE && c->model->n_pods)
        return CNIPOL_E_NOTFOUND;
    c->n_wanted = c->space.n_ids + 1u;
    c->wanted = np_zalloc(c->mem, c->n_wanted);
    if (!c->wanted)
        return CNIPOL_E_NOMEM;
    for (uint32_t pod = 0; pod < c->model->n_pods; pod++)
        for (uint32_t i = c->space.first_entry[pod]; i < c->space.first_entry[pod + 1]; i++)
            if (c->model->node_of[pod] == node)
                c->wanted[c->space.entries[i].id] = true;
    return CNIPOL_OK;
}

static int classify(struct np_compilation *c)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < c->model->machine.n_checkpoints && !rc; i++) {
        rc = np_subjects_init(&c->checkpoints[i].subjects, &c->cells, i, c->wanted, &c->effort);
        if (!rc)
            rc = np_peer_classes_init(&c->checkpoints[i].peers, &c->cells, i, &c->effort);
    }
    if (rc == CNIPOL_E_LIMIT)
        c->why = "too many combinations of rules among subjects, or among peers";
    return rc;
}

/* More points than the tables are to have, or more steps: then there are none, and rule lists answer. */
static int tabulate(struct np_compilation *c, const struct cnipol_compile_opts *opts)
{
    uint64_t steps = opts->max_steps ? opts->max_steps : DEFAULT_STEPS, spent = NP_EFFORT_MAX - c->effort;
    struct np_budget budget = {steps > spent ? steps - spent : 0, opts->max_bytes ? opts->max_bytes : DEFAULT_BYTES};
    int rc = opts->only_rules
                 ? CNIPOL_E_LIMIT
                 : np_points_init(&c->points, &c->cells, opts->max_columns ? opts->max_columns : DEFAULT_COLUMNS, budget.steps);

    if (rc == CNIPOL_E_LIMIT)
        return CNIPOL_OK;
    budget.steps -= rc ? 0 : c->points.steps;
    if (!rc)
        rc = np_rows_init(&c->rows, &c->points);
    c->has_tables = !rc;
    for (uint32_t i = 0; i < c->model->machine.n_checkpoints && !rc; i++) {
        struct np_compiled *at = &c->checkpoints[i];

        rc = np_table_init(&at->table, &c->cells, &at->subjects, &at->peers, &c->rows, i, &budget);
    }
    return rc;
}

int np_compilation_init(struct np_compilation *c, struct cnipol_ctx *ctx, const struct cnipol_model *model,
                        const struct cnipol_compile_opts *opts)
{
    int rc;

    *c = (struct np_compilation){.ctx = ctx, .mem = &ctx->mem, .model = model, .effort = NP_EFFORT_MAX};
    rc = np_idsets_init(&c->idsets, c->mem) ? CNIPOL_OK : CNIPOL_E_NOMEM;

    if (!rc)
        rc = np_space_init(&c->space, c->model, c->mem, &c->idsets);
    if (!rc && opts->node)
        rc = want_node(c, opts->node);
    if (!rc)
        rc = np_cells_init(&c->cells, &c->space, &c->idsets, &c->why);
    if (!rc)
        rc = classify(c);
    return rc ? rc : tabulate(c, opts);
}

enum { PART_TABLES, PART_RULES, PART_MACHINE, PART_DIRECTORY, N_PARTS };

/* The sections' contents. */
struct parts {
    struct np_emission tables, rules;
    struct np_buf machine, directory;
    uint32_t n;
};

static int emit_parts(struct np_compilation *c, struct np_ruleset *rules, const char *root, struct parts *parts)
{
    struct cnipol_image_view view = {0};
    int rc;

    parts->tables.base = np_image_first_offset(parts->n);
    rc = np_emit_tables(c, &parts->tables, &view);
    if (rc)
        return rc;
    parts->rules.base = np_image_align(parts->tables.base + parts->tables.bytes.n);
    rc = np_emit_rules(rules, &parts->rules, &view);
    if (rc)
        return rc;
    memcpy(parts->tables.bytes.s, &view, sizeof view);
    return parts->n == N_PARTS ? np_emit_provenance(&c->space, &c->idsets, root, &parts->machine, &parts->directory) : CNIPOL_OK;
}

static int assemble(struct np_compilation *c, const struct parts *parts, const struct cnipol_compile_opts *opts, struct cnipol_image **out)
{
    const struct np_image_part items[N_PARTS] = {
        [PART_TABLES] = {CNIPOL_SECTION_TABLES, CNIPOL_HOT, CNIPOL_SECTION_REQUIRED, parts->tables.bytes.s, parts->tables.bytes.n},
        [PART_RULES] = {CNIPOL_SECTION_RULES, CNIPOL_WARM, CNIPOL_SECTION_REQUIRED, parts->rules.bytes.s, parts->rules.bytes.n},
        [PART_MACHINE] = {CNIPOL_SECTION_MACHINE, CNIPOL_WARM, 0, parts->machine.s, parts->machine.n},
        [PART_DIRECTORY] = {CNIPOL_SECTION_DIRECTORY, CNIPOL_COLD, 0, parts->directory.s, parts->directory.n},
    };
    const struct np_image_plan plan = {items, parts->n,
                                       (opts->no_checksums ? 0u : CNIPOL_FEATURE_CHECKSUMS) | (opts->node ? CNIPOL_FEATURE_SLICE : 0u),
                                       (uint32_t)parts->tables.base};
    struct np_image_block block;
    int rc = np_image_assemble(c->mem, &plan, &block);

    if (rc == CNIPOL_E_LIMIT)
        c->why = "an image of more than 4 GiB";
    return rc ? rc : np_image_adopt(c->ctx, &block, out);
}

int np_compilation_emit(struct np_compilation *c, struct np_ruleset *rules, const struct cnipol_compile_opts *opts,
                        struct cnipol_image **out)
{
    struct parts parts = {.n = opts->no_explanation ? PART_MACHINE : N_PARTS};
    int rc;

    np_buf_init(&parts.tables.bytes, c->mem);
    np_buf_init(&parts.rules.bytes, c->mem);
    np_buf_init(&parts.machine, c->mem);
    np_buf_init(&parts.directory, c->mem);
    rc = emit_parts(c, rules, opts->root, &parts);
    if (!rc)
        rc = assemble(c, &parts, opts, out);
    np_buf_free(&parts.tables.bytes);
    np_buf_free(&parts.rules.bytes);
    np_buf_free(&parts.machine);
    np_buf_free(&parts.directory);
    return rc;
}

static int emit(struct np_compilation *c, const struct cnipol_compile_opts *opts, struct cnipol_image **out)
{
    struct np_ruleset rules;
    int rc = np_ruleset_init(&rules, c);

    if (!rc)
        rc = np_compilation_emit(c, &rules, opts, out);
    np_ruleset_free(&rules);
    return rc;
}

void np_compilation_free(struct np_compilation *c)
{
    for (uint32_t i = 0; i < CNIPOL_IMAGE_CHECKPOINTS; i++) {
        np_table_free(&c->checkpoints[i].table);
        np_peer_classes_free(&c->checkpoints[i].peers);
        np_subjects_free(&c->checkpoints[i].subjects);
    }
    np_rows_free(&c->rows);
    np_points_free(&c->points);
    np_free(c->mem, c->wanted, c->n_wanted);
    np_cells_free(&c->cells);
    np_space_free(&c->space);
    np_idsets_free(&c->idsets);
}

void np_compilation_tell(const struct np_compilation *c, int rc)
{
    if (rc == CNIPOL_E_LIMIT)
        np_diag_raise(&c->ctx->diags, NP_IMAGE_TOO_LARGE, NP_NOWHERE, "cannot be compiled: %s",
                      c->why ? c->why : "more than an image can hold");
}

static int compile(struct cnipol_ctx *ctx, const struct cnipol_model *model, const struct cnipol_compile_opts *opts,
                   struct cnipol_image **out)
{
    struct np_compilation *c = np_zalloc(&ctx->mem, sizeof *c);
    int rc;

    if (!c)
        return CNIPOL_E_NOMEM;
    rc = np_compilation_init(c, ctx, model, opts);
    if (!rc)
        rc = emit(c, opts, out);
    np_compilation_tell(c, rc);
    np_compilation_free(c);
    np_free(&ctx->mem, c, sizeof *c);
    return ctx->diags.failed ? CNIPOL_E_NOMEM : rc;
}

int cnipol_compile(struct cnipol_ctx *ctx, const struct cnipol_model *model, const struct cnipol_compile_opts *given,
                   struct cnipol_image **out)
{
    struct cnipol_compile_opts opts = defaults;

    if (given && !np_opts_fit(given, given->sz, sizeof opts))
        return CNIPOL_E_USAGE;
    if (given)
        memcpy(&opts, given, given->sz < sizeof opts ? given->sz : sizeof opts);
    if (model->peers)
        return CNIPOL_E_USAGE;
    return compile(ctx, model, &opts, out);
}
