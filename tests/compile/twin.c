/* SPDX-License-Identifier: BSD-2-Clause */
/* See twin.h. */

#include "twin.h"

static uint32_t n_ends(const struct cnipol_model *model)
{
    return model->n_pods + model->n_nodes;
}

static uint32_t ips_of(const struct cnipol_model *model, uint32_t end)
{
    return end < model->n_pods ? model->pods[end].n_ips : model->nodes[end - model->n_pods].n_ips;
}

/* The end whose identity the end has in facts. */
static uint32_t identity_of(const struct cnipol_model *model, uint32_t end)
{
    return end < model->n_pods ? np_model_pod_end(model, end) : end;
}

bool stand_in_peers(const struct cnipol_model *model, struct np_arena *arena, struct np_peers *out)
{
    struct np_peer_atom *atoms = np_arena_array(arena, 4, sizeof *atoms);
    uint32_t *first = np_arena_array(arena, n_ends(model) + 1u, sizeof *first), *ids, n = 0;

    if (!first || !atoms)
        return false;
    for (uint32_t end = 0; end < n_ends(model); end++) {
        first[end] = n;
        n += ips_of(model, end) + 1;
    }
    first[n_ends(model)] = n;
    ids = np_arena_array(arena, n, sizeof *ids);
    for (uint32_t i = 0; i < n && ids; i++)
        ids[i] = n - 1 - i;
    atoms[0] = (struct np_peer_atom){{4, {0}}, n};
    atoms[1] = (struct np_peer_atom){{4, {10, 1}}, n + 1};
    atoms[2] = (struct np_peer_atom){{6, {0}}, n + 2};
    atoms[3] = (struct np_peer_atom){{6, {0x20, 1, 0xd, 0xb8}}, n + 3};
    *out = (struct np_peers){
        .n_ids = n + 4, .n_ends = n_ends(model), .first = first, .ids = ids, .v4 = atoms, .n_v4 = 2, .v6 = atoms + 2, .n_v6 = 2};
    return ids != NULL;
}

/* `who`: by peer id, the end whose identity it has; NP_NONE: nobody's. */
static int translate(const struct np_set *set, const uint32_t *who, uint32_t n, struct np_set_builder *builder, struct np_arena *arena,
                     struct np_set *out)
{
    int rc = CNIPOL_OK;

    for (uint32_t id = 0; id < n && !rc; id++)
        rc = np_set_builder_add(builder, id, np_set_has(set, who[id]));
    return rc ? rc : np_set_builder_finish(builder, arena, out);
}

struct np_set *stand_in_sets(const struct cnipol_model *model, const struct np_peers *peers, struct np_arena *arena)
{
    struct np_set *sets = np_arena_array(arena, model->machine.n_sets, sizeof *sets);
    uint32_t *who = np_arena_array(arena, peers->n_ids, sizeof *who);
    struct np_set_builder builder;
    int rc = sets && who ? CNIPOL_OK : CNIPOL_E_NOMEM;

    for (uint32_t id = 0; id < peers->n_ids && !rc; id++)
        who[id] = NP_NONE;
    for (uint32_t end = 0; end < peers->n_ends && !rc; end++)
        for (uint32_t i = peers->first[end]; i < peers->first[end + 1]; i++)
            who[peers->ids[i]] = identity_of(model, end);
    np_set_builder_init(&builder, &model->ctx->mem);
    for (uint32_t i = 0; i < model->machine.n_sets && !rc; i++)
        rc = translate(&model->machine.sets[i], who, peers->n_ids, &builder, arena, &sets[i]);
    np_set_builder_free(&builder);
    return rc ? NULL : sets;
}

int write_blocks(const struct cnipol_model *model, struct np_buf *machine, struct np_buf *directory)
{
    struct np_set *sets = NULL;
    struct np_arena arena;
    struct np_peers peers;
    int rc = CNIPOL_E_NOMEM;

    np_arena_init(&arena, &model->ctx->mem);
    if (stand_in_peers(model, &arena, &peers))
        sets = stand_in_sets(model, &peers, &arena);
    if (sets)
        rc = np_emit_machine(model, sets, NULL, machine);
    if (!rc)
        rc = np_emit_directory(model, &peers, directory);
    np_arena_free(&arena);
    return rc;
}

/* How many guards a list has is not read back: those bytes are not compared. */
static void forget_guards(struct np_buf *machine)
{
    struct cnipol_cold_part part;

    memcpy(&part, machine->s + sizeof(struct cnipol_cold_head) + CNIPOL_MACHINE_GUARDS * sizeof part, sizeof part);
    memset(machine->s + part.offset, 0, part.count * sizeof(struct cnipol_machine_guards));
}

/* What was read is written as it was. */
static void write_again(const struct twin *twin)
{
    struct np_buf machine, directory;

    np_buf_init(&machine, &twin->ctx->mem);
    np_buf_init(&directory, &twin->ctx->mem);
    assert_int_equal(np_emit_machine(twin->copy, NULL, NULL, &machine), CNIPOL_OK);
    assert_int_equal(np_emit_directory(twin->copy, twin->copy->peers, &directory), CNIPOL_OK);
    forget_guards(&machine);
    assert_int_equal(machine.n, twin->machine.n);
    assert_memory_equal(machine.s, twin->machine.s, machine.n);
    assert_int_equal(directory.n, twin->directory.n);
    assert_memory_equal(directory.s, twin->directory.s, directory.n);
    np_buf_free(&machine);
    np_buf_free(&directory);
}

void twin_new(struct twin *twin, const struct cnipol_model *model)
{
    *twin = (struct twin){.model = model};
    np_buf_init(&twin->machine, &model->ctx->mem);
    np_buf_init(&twin->directory, &model->ctx->mem);
    assert_int_equal(write_blocks(model, &twin->machine, &twin->directory), CNIPOL_OK);
    assert_int_equal(cnipol_ctx_new(NULL, &twin->ctx), CNIPOL_OK);
    assert_int_equal(np_model_read(twin->ctx, twin->machine.s, twin->machine.n, twin->directory.s, twin->directory.n, &twin->copy),
                     CNIPOL_OK);
    forget_guards(&twin->machine);
    write_again(twin);
    assert_int_equal(cnipol_model_pods(twin->copy), cnipol_model_pods(model));
    for (uint32_t i = 0; i < cnipol_model_pods(model); i++)
        assert_string_equal(cnipol_model_pod_name(twin->copy, i), cnipol_model_pod_name(model, i));
}

void twin_free(struct twin *twin)
{
    cnipol_model_free(twin->copy);
    cnipol_ctx_free(twin->ctx);
    np_buf_free(&twin->machine);
    np_buf_free(&twin->directory);
}

struct cnipol_end twin_end(const struct twin *twin, const char *text)
{
    struct cnipol_end end = {0}, copy = {0};

    assert_int_equal(cnipol_end_parse(twin->model, text, &end), cnipol_end_parse(twin->copy, text, &copy));
    if (memcmp(&end, &copy, sizeof end) != 0)
        fail_msg("%s is somebody else in the copy", text);
    return end;
}

static void same_text(const char *a, const char *b, const char *chain)
{
    if ((a == NULL) != (b == NULL) || (a && strcmp(a, b) != 0))
        fail_msg("%s became %s in\n%s", a ? a : "nothing", b ? b : "nothing", chain);
}

static void same_rule(const struct cnipol_rule_ref *a, const struct cnipol_rule_ref *b, const char *chain)
{
    same_text(a->kind, b->kind, chain);
    same_text(a->policy_namespace, b->policy_namespace, chain);
    same_text(a->policy, b->policy, chain);
    same_text(a->tier, b->tier, chain);
    same_text(a->rule_name, b->rule_name, chain);
    same_text(a->place.file, b->place.file, chain);
    if (a->rule != b->rule || a->place.line != b->place.line || a->place.column != b->place.column ||
        a->place.end_line != b->place.end_line || a->place.end_column != b->place.end_column ||
        a->place.start_byte != b->place.start_byte || a->place.end_byte != b->place.end_byte)
        fail_msg("another place or number of a rule in\n%s", chain);
}

static void same_step(const struct cnipol_trace *a, const struct cnipol_trace *b, size_t i, const char *chain)
{
    struct cnipol_rule_ref x_rule, y_rule;
    struct cnipol_step x, y;

    assert_int_equal(cnipol_trace_step(a, i, &x), CNIPOL_OK);
    assert_int_equal(cnipol_trace_step(b, i, &y), CNIPOL_OK);
    same_text(x.engine, y.engine, chain);
    same_rule(&x.rule, &y.rule, chain);
    if (x.direction != y.direction || x.governing != y.governing || x.n_rules != y.n_rules || x.decides != y.decides)
        fail_msg("another step %zu in\n%s", i, chain);
    for (uint32_t k = 0; k < x.n_rules; k++) {
        assert_int_equal(cnipol_trace_rule(a, i, k, &x_rule), CNIPOL_OK);
        assert_int_equal(cnipol_trace_rule(b, i, k, &y_rule), CNIPOL_OK);
        same_rule(&x_rule, &y_rule, chain);
    }
}

static void same_trace(struct cnipol_trace *a, struct cnipol_trace *b)
{
    struct cnipol_rule_ref x, y;
    int32_t x_direction, y_direction;
    const char *chain = cnipol_trace_text(a, 0);

    same_text(chain, cnipol_trace_text(b, 0), chain);
    same_text(cnipol_trace_line(a), cnipol_trace_line(b), chain);
    cnipol_trace_by(a, &x, &x_direction);
    cnipol_trace_by(b, &y, &y_direction);
    same_rule(&x, &y, chain);
    assert_int_equal(x_direction, y_direction);
    assert_int_equal(cnipol_trace_steps(a), cnipol_trace_steps(b));
    for (size_t i = 0; i < cnipol_trace_steps(a); i++)
        same_step(a, b, i, chain);
}

static void explain_both(struct twin *twin, const struct cnipol_question *question)
{
    struct cnipol_trace *trace, *copy;

    assert_int_equal(cnipol_explain(twin->model->ctx, twin->model, question, &trace), CNIPOL_OK);
    assert_int_equal(cnipol_explain(twin->ctx, twin->copy, question, &copy), CNIPOL_OK);
    same_trace(trace, copy);
    cnipol_trace_free(trace);
    cnipol_trace_free(copy);
    twin->explained++;
}

void twin_ask(struct twin *twin, const struct cnipol_question *question, bool chain)
{
    struct cnipol_verdict a, b;

    cnipol_ask(twin->model, question, &a);
    cnipol_ask(twin->copy, question, &b);
    twin->asked++;
    if (memcmp(&a, &b, sizeof a) != 0)
        fail_msg("%s became %s: ends %u/%u and %u/%u, protocol %u port %u", cnipol_decision_text(a.decision),
                 cnipol_decision_text(b.decision), question->source.kind, question->source.id, question->destination.kind,
                 question->destination.id, question->protocol, question->destination_port);
    if (chain)
        explain_both(twin, question);
}
