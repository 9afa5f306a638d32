/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine out of a block: see emit.h and include/cnipol/format_cold.h.
 *
 * Each part becomes one array in the machine's arena, lowest first: terms, conjunctions, predicates,
 * then whoever points to them. What the evaluator and the explainer go by without looking is checked
 * here: numbers of sets, lists, policies and reasons, names that must be there, ranges that ascend and
 * end where peer ids do. Stages are few enough to be walked one inside the other.
 *
 * L7 guards are not in the block: without a request the proxy decides, as ever; with one, nobody can tell.
 */

#include <cnipol/status.h>

#include "compile/cold.h"
#include "reference/model.h"

struct read {
    struct np_cold_reader r;
    struct cnipol_model *model;
    struct np_machine *machine;
    struct np_arena *arena; /* the machine's */
    struct np_term *terms;
    struct np_conj *conjs;
    struct np_pred *preds;
    struct np_guarded *guards; /* one for each list */
    struct np_default *defaults;
    struct np_rule *rules;
    struct np_stage *stages;
    uint32_t *governing;
    struct np_prefix *prefixes;
    struct np_range *ranges;
    uint32_t places; /* source */
};

static uint32_t rows(const struct read *in, uint32_t part)
{
    return np_cold_rows(&in->r, part);
}

static void *make(struct read *in, uint32_t part, size_t size)
{
    return np_arena_array(in->arena, rows(in, part), size);
}

static enum np_tri guard_unknown(const void *data, const void *request)
{
    (void)data;
    (void)request;
    return NP_UNKNOWN;
}

static int take_guards(struct read *in)
{
    in->guards = make(in, CNIPOL_MACHINE_GUARDS, sizeof *in->guards);
    if (!in->guards)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < rows(in, CNIPOL_MACHINE_GUARDS); i++) {
        struct cnipol_machine_guards row;

        np_cold_get(&in->r, CNIPOL_MACHINE_GUARDS, i, &row);
        (void)np_cold_check(&in->r, row.n > 0);
        in->guards[i] = (struct np_guarded){guard_unknown, NULL, {.action = NP_ACTION_UNDEFINED}};
    }
    return CNIPOL_OK;
}

static struct np_term term_of(struct read *in, const struct cnipol_machine_term *row)
{
    struct np_term term = {row->kind, row->negated != 0, row->lo, row->hi, row->arg};

    (void)np_cold_check(&in->r, row->kind <= NP_TERM_UNKNOWN && row->negated <= 1);
    if (row->kind == NP_TERM_SET)
        (void)np_cold_check(&in->r, row->arg < rows(in, CNIPOL_MACHINE_SETS));
    if (row->kind == NP_TERM_PREFIX)
        (void)np_cold_check(&in->r, row->arg < rows(in, CNIPOL_MACHINE_PREFIX_LISTS));
    if (row->kind == NP_TERM_UNKNOWN)
        (void)np_cold_check(&in->r, row->arg < rows(in, CNIPOL_MACHINE_REASONS));
    if (row->kind == NP_TERM_PORT_NAME)
        term.arg = np_cold_name(&in->r, row->arg);
    return term;
}

static int take_terms(struct read *in)
{
    in->terms = make(in, CNIPOL_MACHINE_TERMS, sizeof *in->terms);
    if (!in->terms)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < rows(in, CNIPOL_MACHINE_TERMS); i++) {
        struct cnipol_machine_term row;

        np_cold_get(&in->r, CNIPOL_MACHINE_TERMS, i, &row);
        in->terms[i] = term_of(in, &row);
    }
    return CNIPOL_OK;
}

/* A row that is a stretch of another part; nothing where it is not. */
static struct cnipol_machine_list list_row(struct read *in, uint32_t part, uint32_t i, uint32_t of)
{
    struct cnipol_machine_list row;

    np_cold_get(&in->r, part, i, &row);
    return np_cold_take(&in->r, of, row.first, row.n) ? row : (struct cnipol_machine_list){0};
}

static int take_predicates(struct read *in)
{
    in->conjs = make(in, CNIPOL_MACHINE_CONJUNCTIONS, sizeof *in->conjs);
    in->preds = make(in, CNIPOL_MACHINE_PREDICATES, sizeof *in->preds);
    if (!in->conjs || !in->preds)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < rows(in, CNIPOL_MACHINE_CONJUNCTIONS); i++) {
        const struct cnipol_machine_list row = list_row(in, CNIPOL_MACHINE_CONJUNCTIONS, i, CNIPOL_MACHINE_TERMS);

        in->conjs[i] = (struct np_conj){in->terms + row.first, row.n};
    }
    for (uint32_t i = 0; i < rows(in, CNIPOL_MACHINE_PREDICATES); i++) {
        const struct cnipol_machine_list row = list_row(in, CNIPOL_MACHINE_PREDICATES, i, CNIPOL_MACHINE_CONJUNCTIONS);

        in->preds[i] = (struct np_pred){in->conjs + row.first, row.n};
    }
    return CNIPOL_OK;
}

static struct np_pred pred_of(struct read *in, uint32_t number)
{
    return np_cold_check(&in->r, number < rows(in, CNIPOL_MACHINE_PREDICATES)) ? in->preds[number] : np_pred_false;
}

static struct np_outcome outcome_of(struct read *in, const struct cnipol_machine_outcome *row)
{
    struct np_outcome outcome = {.action = row->action, .flags = row->flags, .target = row->target, .auth = row->auth};
    bool is_guarded = row->guards != CNIPOL_COLD_NONE;

    (void)np_cold_check(&in->r, row->action <= NP_ACTION_UNDEFINED && row->flags <= 7);
    if (is_guarded && np_cold_check(&in->r, row->guards < rows(in, CNIPOL_MACHINE_GUARDS))) {
        outcome.guards = &in->guards[row->guards];
        outcome.n_guards = 1;
    }
    return outcome;
}

static int take_places(struct read *in)
{
    uint32_t n = rows(in, CNIPOL_MACHINE_PLACES);
    struct cnipol_place *places = np_sources_add_places(&in->model->ctx->sources, n, &in->places);

    if (!places)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct cnipol_machine_place row;

        np_cold_get(&in->r, CNIPOL_MACHINE_PLACES, i, &row);
        places[i] = (struct cnipol_place){
            .file = np_cold_text(&in->r, row.file),
            .text = "",
            .line = row.line,
            .column = row.column,
            .end_line = row.end_line,
            .end_column = row.end_column,
            .start_byte = row.start_byte,
            .end_byte = row.end_byte,
        };
    }
    return CNIPOL_OK;
}

static struct np_span span_of(struct read *in, uint32_t place)
{
    if (place == CNIPOL_COLD_NONE || !np_cold_check(&in->r, place < rows(in, CNIPOL_MACHINE_PLACES)))
        return NP_NOWHERE;
    return (struct np_span){in->places, place, place};
}

static int take_policies(struct read *in)
{
    for (uint32_t i = 0; i < rows(in, CNIPOL_MACHINE_POLICIES); i++) {
        struct cnipol_machine_policy row;
        struct np_policy policy;

        np_cold_get(&in->r, CNIPOL_MACHINE_POLICIES, i, &row);
        policy = (struct np_policy){
            .kind = np_cold_text(&in->r, row.kind),
            .tier = np_cold_text_or_none(&in->r, row.tier),
            .ns = np_cold_name_or_none(&in->r, row.ns),
            .name = np_cold_name(&in->r, row.name),
            .span = span_of(in, row.place),
            .subject = pred_of(in, row.subject),
            .is_staged = row.flags & CNIPOL_MACHINE_STAGED,
        };
        if (np_machine_add_policy(in->machine, &policy) == NP_NONE)
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

static struct np_rule rule_of(struct read *in, const struct cnipol_machine_rule *row)
{
    (void)np_cold_check(&in->r, row->policy == NP_NONE || row->policy < in->machine->n_policies);
    return (struct np_rule){
        .rank = row->rank,
        .tie = row->tie,
        .policy = row->policy,
        .index = row->index,
        .name = np_cold_name_or_none(&in->r, row->name),
        .subject = pred_of(in, row->subject),
        .local = pred_of(in, row->local),
        .remote = pred_of(in, row->remote),
        .l4 = pred_of(in, row->l4),
        .outcome = outcome_of(in, &row->outcome),
        .span = span_of(in, row->place),
    };
}

static int take_rules(struct read *in)
{
    in->rules = make(in, CNIPOL_MACHINE_RULES, sizeof *in->rules);
    in->governing = make(in, CNIPOL_MACHINE_GOVERNING, sizeof *in->governing);
    if (!in->rules || !in->governing)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < rows(in, CNIPOL_MACHINE_RULES); i++) {
        struct cnipol_machine_rule row;

        np_cold_get(&in->r, CNIPOL_MACHINE_RULES, i, &row);
        in->rules[i] = rule_of(in, &row);
    }
    for (uint32_t i = 0; i < rows(in, CNIPOL_MACHINE_GOVERNING); i++) {
        np_cold_get(&in->r, CNIPOL_MACHINE_GOVERNING, i, &in->governing[i]);
        (void)np_cold_check(&in->r, in->governing[i] < in->machine->n_policies);
    }
    return CNIPOL_OK;
}

static int take_defaults(struct read *in)
{
    in->defaults = make(in, CNIPOL_MACHINE_DEFAULTS, sizeof *in->defaults);
    if (!in->defaults)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < rows(in, CNIPOL_MACHINE_DEFAULTS); i++) {
        struct cnipol_machine_default row;

        np_cold_get(&in->r, CNIPOL_MACHINE_DEFAULTS, i, &row);
        in->defaults[i] = (struct np_default){pred_of(in, row.remote), pred_of(in, row.l4), outcome_of(in, &row.outcome),
                                              np_cold_text_or_none(&in->r, row.reason)};
    }
    return CNIPOL_OK;
}

static struct np_stage stage_of(struct read *in, const struct cnipol_machine_stage *row)
{
    bool is_sound = np_cold_take(&in->r, CNIPOL_MACHINE_RULES, row->first_rule, row->n_rules) &&
                    np_cold_take(&in->r, CNIPOL_MACHINE_GOVERNING, row->first_governing, row->n_governing) &&
                    np_cold_take(&in->r, CNIPOL_MACHINE_DEFAULTS, row->first_default, row->n_defaults) &&
                    np_cold_check(&in->r, row->combine <= NP_COMBINE_MAP);

    if (!is_sound)
        return (struct np_stage){.name = ""};
    return (struct np_stage){
        .name = np_cold_text(&in->r, row->name),
        .combine = (enum np_combine)row->combine,
        .ties_undefined = row->flags & CNIPOL_MACHINE_TIES_UNDEFINED,
        .pass_to = row->pass_to,
        .rules = in->rules + row->first_rule,
        .n_rules = row->n_rules,
        .governing = in->governing + row->first_governing,
        .n_governing = row->n_governing,
        .defaults = in->defaults + row->first_default,
        .n_defaults = row->n_defaults,
    };
}

static int take_stages(struct read *in)
{
    in->stages = make(in, CNIPOL_MACHINE_STAGES, sizeof *in->stages);
    if (!in->stages)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < rows(in, CNIPOL_MACHINE_STAGES); i++) {
        struct cnipol_machine_stage row;

        np_cold_get(&in->r, CNIPOL_MACHINE_STAGES, i, &row);
        in->stages[i] = stage_of(in, &row);
    }
    return CNIPOL_OK;
}

/* Each checkpoint's stages are its own: a stage's number is where it lies behind the first one. */
static int take_checkpoints(struct read *in)
{
    uint32_t n = rows(in, CNIPOL_MACHINE_CHECKPOINTS);

    in->machine->checkpoints = make(in, CNIPOL_MACHINE_CHECKPOINTS, sizeof *in->machine->checkpoints);
    if (!in->machine->checkpoints)
        return CNIPOL_E_NOMEM;
    in->machine->n_checkpoints = n;
    for (uint32_t i = 0; i < n; i++) {
        struct cnipol_machine_checkpoint row;

        np_cold_get(&in->r, CNIPOL_MACHINE_CHECKPOINTS, i, &row);
        (void)np_cold_check(&in->r, row.direction <= NP_END_DESTINATION && row.subject <= NP_END_DESTINATION);
        (void)np_cold_check(&in->r, row.after_allow <= NP_AFTER_ALLOW_END && row.n_stages <= CNIPOL_MACHINE_STAGES_MAX);
        if (!np_cold_take(&in->r, CNIPOL_MACHINE_STAGES, row.first_stage, row.n_stages))
            return CNIPOL_E_INVALID;
        in->machine->checkpoints[i] = (struct np_checkpoint){
            .name = np_cold_text(&in->r, row.name),
            .direction = row.direction,
            .subject = row.subject,
            .after_allow = (enum np_after_allow)row.after_allow,
            .stages = in->stages + row.first_stage,
            .n_stages = row.n_stages,
            .at_end = outcome_of(in, &row.at_end),
        };
    }
    return CNIPOL_OK;
}

/* Ranges of one kind: none empty, ascending, with nothing between peer ids and their end. */
static void check_ranges(struct read *in, const struct np_range *ranges, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        (void)np_cold_check(&in->r, ranges[i].lo < ranges[i].hi && ranges[i].hi <= in->model->peers->n_ids);
        (void)np_cold_check(&in->r, i == 0 || ranges[i - 1].hi <= ranges[i].lo);
    }
}

static int take_set(struct read *in, uint32_t i)
{
    struct cnipol_machine_set row;
    struct np_set set;

    np_cold_get(&in->r, CNIPOL_MACHINE_SETS, i, &row);
    if (!np_cold_take(&in->r, CNIPOL_MACHINE_RANGES, row.first, row.n_yes) ||
        !np_cold_take(&in->r, CNIPOL_MACHINE_RANGES, row.first + row.n_yes, row.n_maybe))
        return CNIPOL_E_INVALID;
    set = (struct np_set){in->ranges + row.first, in->ranges + row.first + row.n_yes, row.n_yes, row.n_maybe};
    check_ranges(in, set.yes, set.n_yes);
    check_ranges(in, set.maybe, set.n_maybe);
    return np_machine_add_set(in->machine, &set) == NP_NONE ? CNIPOL_E_NOMEM : CNIPOL_OK;
}

static int take_sets(struct read *in)
{
    int rc = CNIPOL_OK;

    in->ranges = make(in, CNIPOL_MACHINE_RANGES, sizeof *in->ranges);
    if (!in->ranges)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < rows(in, CNIPOL_MACHINE_RANGES); i++) {
        struct cnipol_machine_range row;

        np_cold_get(&in->r, CNIPOL_MACHINE_RANGES, i, &row);
        in->ranges[i] = (struct np_range){row.lo, row.hi};
    }
    for (uint32_t i = 0; i < rows(in, CNIPOL_MACHINE_SETS) && !rc; i++)
        rc = take_set(in, i);
    return rc;
}

static int take_prefixes(struct read *in)
{
    in->prefixes = make(in, CNIPOL_MACHINE_PREFIXES, sizeof *in->prefixes);
    if (!in->prefixes)
        return CNIPOL_E_NOMEM;
    for (uint32_t i = 0; i < rows(in, CNIPOL_MACHINE_PREFIXES); i++) {
        struct cnipol_machine_prefix row;

        np_cold_get(&in->r, CNIPOL_MACHINE_PREFIXES, i, &row);
        in->prefixes[i].len = row.length;
        if (np_cold_ip(&in->r, row.family, row.bytes, &in->prefixes[i].ip))
            (void)np_cold_check(&in->r, row.length <= (row.family == 4 ? 32 : 128));
    }
    for (uint32_t i = 0; i < rows(in, CNIPOL_MACHINE_PREFIX_LISTS); i++) {
        const struct cnipol_machine_list row = list_row(in, CNIPOL_MACHINE_PREFIX_LISTS, i, CNIPOL_MACHINE_PREFIXES);

        if (np_machine_add_prefixes(in->machine, in->prefixes + row.first, row.n) == NP_NONE)
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

static int take_reasons(struct read *in)
{
    for (uint32_t i = 0; i < rows(in, CNIPOL_MACHINE_REASONS); i++) {
        uint32_t number;

        np_cold_get(&in->r, CNIPOL_MACHINE_REASONS, i, &number);
        if (np_machine_add_reason(in->machine, np_cold_text(&in->r, number)) == NP_NONE)
            return CNIPOL_E_NOMEM;
    }
    return CNIPOL_OK;
}

/* Which checkpoints a question passes is the engine's to say, so they must be as many as it knows. */
static int take_engine(struct read *in)
{
    const struct np_engine *engine;
    struct cnipol_machine_info row;

    if (rows(in, CNIPOL_MACHINE_INFO) != 1)
        return CNIPOL_E_INVALID;
    np_cold_get(&in->r, CNIPOL_MACHINE_INFO, 0, &row);
    engine = np_engine_find(np_cold_text(&in->r, row.engine));
    if (!engine)
        return in->r.bad ? CNIPOL_E_INVALID : CNIPOL_E_NOTFOUND;
    in->machine->engine = engine->name;
    in->machine->path = engine->path;
    in->machine->staged_scope = row.flags & CNIPOL_MACHINE_STAGED_SCOPE;
    return rows(in, CNIPOL_MACHINE_CHECKPOINTS) == engine->n_checkpoints ? CNIPOL_OK : CNIPOL_E_INVALID;
}

int np_read_machine(struct cnipol_model *model, const void *bytes, size_t size, struct np_arena *tmp)
{
    static int (*const steps[])(struct read *) = {take_engine,      take_guards,   take_terms,  take_predicates, take_places,
                                                  take_policies,    take_rules,    take_sets,   take_defaults,   take_stages,
                                                  take_checkpoints, take_prefixes, take_reasons};
    struct read in = {.model = model, .machine = &model->machine, .arena = &model->machine.arena};
    int rc = np_cold_open(&in.r, &np_cold_machine, bytes, size, &model->ctx->atoms, tmp);

    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !rc; i++)
        rc = steps[i](&in);
    return rc ? rc : in.r.bad ? CNIPOL_E_INVALID : CNIPOL_OK;
}
