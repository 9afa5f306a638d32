/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine as a block: see emit.h and include/cnipol/format_cold.h.
 *
 * Predicates of one content are written once, numbered as they first come; so are lists of guards, by
 * where they lie. Places are found here, through the context's sources. A row's initialiser adds to each
 * part once at most: in which order a compiler works through it is its own choice.
 */

#include "compile/emit.h"

#include <cnipol/status.h>

#include "compile/cold.h"

struct guards {
    const struct np_guarded *items;
    uint32_t n;
};

struct emit {
    struct np_cold_writer w;
    const struct cnipol_model *model;
    const struct np_set *sets;
    const char *root;
    struct np_mem *mem;
    struct np_pred *preds; /* by number */
    uint32_t n_preds, cap_preds;
    struct np_hmap pred_map;
    struct guards *guards; /* by number */
    uint32_t n_guards, cap_guards;
    struct np_hmap guard_map;
};

static bool term_eq(const struct np_term *a, const struct np_term *b)
{
    return a->kind == b->kind && a->negated == b->negated && a->lo == b->lo && a->hi == b->hi && a->arg == b->arg;
}

static bool conj_eq(const struct np_conj *a, const struct np_conj *b)
{
    if (a->n != b->n)
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (!term_eq(&a->terms[i], &b->terms[i]))
            return false;
    return true;
}

static bool pred_eq(const void *ctx, const void *key, uint32_t value)
{
    const struct np_pred *a = key, *b = &((const struct emit *)ctx)->preds[value];

    if (a->n != b->n)
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (!conj_eq(&a->any[i], &b->any[i]))
            return false;
    return true;
}

static uint64_t pred_hash(const struct np_pred *pred)
{
    uint64_t hash = np_hash_mix(0, pred->n);

    for (uint32_t i = 0; i < pred->n; i++) {
        hash = np_hash_mix(hash, pred->any[i].n);
        for (uint32_t k = 0; k < pred->any[i].n; k++) {
            const struct np_term *term = &pred->any[i].terms[k];

            hash = np_hash_mix(hash, (uint64_t)term->kind << 40 | (uint64_t)term->negated << 32 | (uint64_t)term->lo << 16 | term->hi);
            hash = np_hash_mix(hash, term->arg);
        }
    }
    return hash;
}

static void put_terms(struct emit *e, const struct np_conj *conj)
{
    for (uint32_t i = 0; i < conj->n; i++) {
        const struct np_term *term = &conj->terms[i];
        struct cnipol_machine_term row = {.kind = term->kind, .negated = term->negated, .lo = term->lo, .hi = term->hi, .arg = term->arg};

        if (term->kind == NP_TERM_PORT_NAME)
            row.arg = np_cold_put_atom(&e->w, &e->model->ctx->atoms, term->arg);
        (void)np_cold_add(&e->w, CNIPOL_MACHINE_TERMS, &row);
    }
}

/* A predicate that is new: its conjunctions lie side by side. */
static void add_pred(struct emit *e, const struct np_pred *pred)
{
    const struct cnipol_machine_list row = {np_cold_count(&e->w, CNIPOL_MACHINE_CONJUNCTIONS), pred->n};

    for (uint32_t i = 0; i < pred->n; i++) {
        const struct cnipol_machine_list conj = {np_cold_count(&e->w, CNIPOL_MACHINE_TERMS), pred->any[i].n};

        (void)np_cold_add(&e->w, CNIPOL_MACHINE_CONJUNCTIONS, &conj);
        put_terms(e, &pred->any[i]);
    }
    (void)np_cold_add(&e->w, CNIPOL_MACHINE_PREDICATES, &row);
}

static uint32_t put_pred(struct emit *e, const struct np_pred *pred)
{
    uint64_t hash = pred_hash(pred);
    uint32_t found = np_hmap_get(&e->pred_map, hash, pred_eq, e, pred);
    void *grown;

    if (found != NP_NONE)
        return found;
    grown = np_grow(e->mem, e->preds, &e->cap_preds, e->n_preds + 1, sizeof *e->preds);
    if (grown)
        e->preds = grown;
    if (!grown || np_hmap_put(&e->pred_map, hash, e->n_preds)) {
        e->w.failed = true;
        return CNIPOL_COLD_NONE;
    }
    e->preds[e->n_preds] = *pred;
    add_pred(e, pred);
    return e->n_preds++;
}

static bool guards_eq(const void *ctx, const void *key, uint32_t value)
{
    const struct guards *a = key, *b = &((const struct emit *)ctx)->guards[value];

    return a->items == b->items && a->n == b->n;
}

static uint32_t put_guards(struct emit *e, const struct guards *guards)
{
    const struct cnipol_machine_guards row = {guards->n, 0};
    uint64_t hash = np_hash_mix((uint64_t)(uintptr_t)guards->items, guards->n);
    uint32_t found = guards->n ? np_hmap_get(&e->guard_map, hash, guards_eq, e, guards) : CNIPOL_COLD_NONE;
    void *grown;

    if (found != NP_NONE || !guards->n)
        return found;
    grown = np_grow(e->mem, e->guards, &e->cap_guards, e->n_guards + 1, sizeof *e->guards);
    if (grown)
        e->guards = grown;
    if (!grown || np_hmap_put(&e->guard_map, hash, e->n_guards)) {
        e->w.failed = true;
        return CNIPOL_COLD_NONE;
    }
    e->guards[e->n_guards] = *guards;
    (void)np_cold_add(&e->w, CNIPOL_MACHINE_GUARDS, &row);
    return e->n_guards++;
}

static struct cnipol_machine_outcome outcome_row(struct emit *e, const struct np_outcome *outcome)
{
    return (struct cnipol_machine_outcome){
        .action = outcome->action,
        .flags = outcome->flags,
        .target = outcome->target,
        .auth = outcome->auth,
        .guards = put_guards(e, &(struct guards){outcome->guards, outcome->n_guards}),
    };
}

/* The file as the root sees it; as it was given where it is not below. */
static const char *below_root(const char *root, const char *file)
{
    size_t n = root ? strlen(root) : 0;

    while (n > 1 && root[n - 1] == '/')
        n--;
    if (!n || strncmp(file, root, n) != 0 || (file[n] != '/' && root[n - 1] != '/'))
        return file;
    file += n;
    while (*file == '/')
        file++;
    return *file ? file : root;
}

static uint32_t put_place(struct emit *e, struct np_span span)
{
    struct cnipol_machine_place row;
    struct cnipol_place place;

    if (np_sources_place(&e->model->ctx->sources, span, &place))
        e->w.failed = true;
    if (e->w.failed || !place.file)
        return CNIPOL_COLD_NONE;
    row = (struct cnipol_machine_place){
        .file = np_cold_put_text(&e->w, below_root(e->root, place.file)),
        .line = place.line,
        .column = place.column,
        .end_line = place.end_line,
        .end_column = place.end_column,
        .start_byte = place.start_byte,
        .end_byte = place.end_byte,
    };
    return np_cold_add(&e->w, CNIPOL_MACHINE_PLACES, &row);
}

static void put_policies(struct emit *e)
{
    const struct np_machine *m = &e->model->machine;
    const struct np_atoms *atoms = &e->model->ctx->atoms;

    for (uint32_t i = 0; i < m->n_policies; i++) {
        const struct np_policy *policy = &m->policies[i];
        const struct cnipol_machine_policy row = {
            .kind = np_cold_put_text(&e->w, policy->kind),
            .tier = np_cold_put_text(&e->w, policy->tier),
            .ns = np_cold_put_atom(&e->w, atoms, policy->ns),
            .name = np_cold_put_atom(&e->w, atoms, policy->name),
            .subject = put_pred(e, &policy->subject),
            .place = put_place(e, policy->span),
            .flags = policy->is_staged ? CNIPOL_MACHINE_STAGED : 0,
        };

        (void)np_cold_add(&e->w, CNIPOL_MACHINE_POLICIES, &row);
    }
}

static void put_rule(struct emit *e, const struct np_rule *rule)
{
    struct cnipol_machine_rule row = {
        .rank = rule->rank,
        .tie = rule->tie,
        .policy = rule->policy,
        .index = rule->index,
        .name = np_cold_put_atom(&e->w, &e->model->ctx->atoms, rule->name),
        .place = put_place(e, rule->span),
        .outcome = outcome_row(e, &rule->outcome),
    };

    row.subject = put_pred(e, &rule->subject);
    row.local = put_pred(e, &rule->local);
    row.remote = put_pred(e, &rule->remote);
    row.l4 = put_pred(e, &rule->l4);
    (void)np_cold_add(&e->w, CNIPOL_MACHINE_RULES, &row);
}

static void put_default(struct emit *e, const struct np_default *def)
{
    struct cnipol_machine_default row = {.reason = np_cold_put_text(&e->w, def->reason), .outcome = outcome_row(e, &def->outcome)};

    row.remote = put_pred(e, &def->remote);
    row.l4 = put_pred(e, &def->l4);
    (void)np_cold_add(&e->w, CNIPOL_MACHINE_DEFAULTS, &row);
}

static void put_stage(struct emit *e, const struct np_stage *stage)
{
    const struct cnipol_machine_stage row = {
        .name = np_cold_put_text(&e->w, stage->name),
        .combine = (uint8_t)stage->combine,
        .flags = stage->ties_undefined ? CNIPOL_MACHINE_TIES_UNDEFINED : 0,
        .pass_to = stage->pass_to,
        .first_rule = np_cold_count(&e->w, CNIPOL_MACHINE_RULES),
        .n_rules = stage->n_rules,
        .first_governing = np_cold_count(&e->w, CNIPOL_MACHINE_GOVERNING),
        .n_governing = stage->n_governing,
        .first_default = np_cold_count(&e->w, CNIPOL_MACHINE_DEFAULTS),
        .n_defaults = stage->n_defaults,
    };

    for (uint32_t i = 0; i < stage->n_rules; i++)
        put_rule(e, &stage->rules[i]);
    for (uint32_t i = 0; i < stage->n_governing; i++)
        (void)np_cold_add(&e->w, CNIPOL_MACHINE_GOVERNING, &stage->governing[i]);
    for (uint32_t i = 0; i < stage->n_defaults; i++)
        put_default(e, &stage->defaults[i]);
    (void)np_cold_add(&e->w, CNIPOL_MACHINE_STAGES, &row);
}

static void put_checkpoints(struct emit *e)
{
    const struct np_machine *m = &e->model->machine;

    for (uint32_t i = 0; i < m->n_checkpoints; i++) {
        const struct np_checkpoint *it = &m->checkpoints[i];
        const struct cnipol_machine_checkpoint row = {
            .name = np_cold_put_text(&e->w, it->name),
            .direction = it->direction,
            .subject = it->subject,
            .after_allow = (uint8_t)it->after_allow,
            .first_stage = np_cold_count(&e->w, CNIPOL_MACHINE_STAGES),
            .n_stages = it->n_stages,
            .at_end = outcome_row(e, &it->at_end),
        };

        for (uint32_t k = 0; k < it->n_stages; k++)
            put_stage(e, &it->stages[k]);
        (void)np_cold_add(&e->w, CNIPOL_MACHINE_CHECKPOINTS, &row);
    }
}

static void put_ranges(struct emit *e, const struct np_range *ranges, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        (void)np_cold_add(&e->w, CNIPOL_MACHINE_RANGES, &(struct cnipol_machine_range){ranges[i].lo, ranges[i].hi});
}

static void put_sets(struct emit *e)
{
    for (uint32_t i = 0; i < e->model->machine.n_sets; i++) {
        const struct np_set *set = &e->sets[i];
        const struct cnipol_machine_set row = {np_cold_count(&e->w, CNIPOL_MACHINE_RANGES), set->n_yes, set->n_maybe};

        put_ranges(e, set->yes, set->n_yes);
        put_ranges(e, set->maybe, set->n_maybe);
        (void)np_cold_add(&e->w, CNIPOL_MACHINE_SETS, &row);
    }
}

static void put_prefix_lists(struct emit *e)
{
    for (uint32_t i = 0; i < e->model->machine.n_prefix_lists; i++) {
        const struct np_prefix_list *list = &e->model->machine.prefix_lists[i];
        const struct cnipol_machine_list row = {np_cold_count(&e->w, CNIPOL_MACHINE_PREFIXES), list->n};

        for (uint32_t k = 0; k < list->n; k++) {
            struct cnipol_machine_prefix prefix = {.family = list->items[k].ip.family, .length = list->items[k].len};

            memcpy(prefix.bytes, list->items[k].ip.bytes, prefix.family == 4 ? 4 : 16);
            (void)np_cold_add(&e->w, CNIPOL_MACHINE_PREFIXES, &prefix);
        }
        (void)np_cold_add(&e->w, CNIPOL_MACHINE_PREFIX_LISTS, &row);
    }
}

static void put_all(struct emit *e)
{
    const struct np_machine *m = &e->model->machine;
    const struct cnipol_machine_info info = {np_cold_put_text(&e->w, m->engine), m->staged_scope ? CNIPOL_MACHINE_STAGED_SCOPE : 0};

    (void)np_cold_add(&e->w, CNIPOL_MACHINE_INFO, &info);
    put_policies(e);
    put_checkpoints(e);
    put_sets(e);
    put_prefix_lists(e);
    for (uint32_t i = 0; i < m->n_reasons; i++) {
        uint32_t reason = np_cold_put_text(&e->w, m->reasons[i]);

        (void)np_cold_add(&e->w, CNIPOL_MACHINE_REASONS, &reason);
    }
}

static void forget(struct emit *e)
{
    np_free(e->mem, e->preds, (size_t)e->cap_preds * sizeof *e->preds);
    np_free(e->mem, e->guards, (size_t)e->cap_guards * sizeof *e->guards);
    np_hmap_free(&e->pred_map);
    np_hmap_free(&e->guard_map);
    e->preds = NULL;
    e->guards = NULL;
    e->n_preds = e->cap_preds = e->n_guards = e->cap_guards = 0;
    np_hmap_init(&e->pred_map, e->mem);
    np_hmap_init(&e->guard_map, e->mem);
}

static bool is_too_long(const struct np_machine *machine)
{
    for (uint32_t i = 0; i < machine->n_checkpoints; i++)
        if (machine->checkpoints[i].n_stages > CNIPOL_MACHINE_STAGES_MAX)
            return true;
    return false;
}

int np_emit_machine(const struct cnipol_model *model, const struct np_set *sets_by_id, const char *root, struct np_buf *out)
{
    struct emit e = {.model = model, .sets = sets_by_id ? sets_by_id : model->machine.sets, .root = root, .mem = &model->ctx->mem};
    int rc;

    if (is_too_long(&model->machine))
        return CNIPOL_E_LIMIT;
    np_cold_begin(&e.w, e.mem, &np_cold_machine);
    np_hmap_init(&e.pred_map, e.mem);
    np_hmap_init(&e.guard_map, e.mem);
    put_all(&e);
    np_cold_sort(&e.w);
    forget(&e);
    put_all(&e);
    rc = np_cold_finish(&e.w, out);
    forget(&e);
    np_cold_end(&e.w);
    return rc;
}
