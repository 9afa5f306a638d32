/* SPDX-License-Identifier: BSD-2-Clause */
/* See random_machine.h. */

#include "random_machine.h"

#include "resolve/resolve.h"
#include "town.h"

uint32_t draw(struct random *r, uint32_t n)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return (uint32_t)(r->state >> 16) % n;
}

bool percent(struct random *r, uint32_t chance)
{
    return draw(r, 100) < chance;
}

static struct np_term random_term(struct random *r)
{
    static const uint8_t protocols[] = {1, 6, 17, 58, 132};
    uint16_t port = (uint16_t)(53 + draw(r, 60)), protocol = protocols[draw(r, COUNT(protocols))];
    const struct np_term terms[] = {
        {NP_TERM_SET, false, 0, 0, draw(r, r->machine->n_sets)},
        {NP_TERM_SET, false, 0, 0, draw(r, r->machine->n_sets)},
        {NP_TERM_PREFIX, false, 0, 0, draw(r, r->machine->n_prefix_lists)},
        {NP_TERM_PROTOCOL, false, protocol, protocol, 0},
        {NP_TERM_PORT, false, port, (uint16_t)(port + draw(r, 60)), 0},
        {NP_TERM_SOURCE_PORT, false, 1024, 40000, 0},
        {NP_TERM_PORT_NAME, false, draw(r, 2) ? 6 : 0, 0, r->names[draw(r, 3)]},
        {NP_TERM_ICMP_TYPE, false, 0, 8, 0},
        {NP_TERM_ICMP_CODE, false, 0, 0, 0},
        {NP_TERM_RELATION, false, 0, 0, 1u << draw(r, 5)},
        {NP_TERM_STATE, false, 0, (uint16_t)draw(r, 2), 0},
        {NP_TERM_UNKNOWN, false, 0, 0, draw(r, r->machine->n_reasons)},
    };
    struct np_term term = terms[draw(r, (uint32_t)COUNT(terms))];

    if (r->kinds & 1u << term.kind)
        return random_term(r);
    term.negated = percent(r, 25);
    return term;
}

static struct np_pred random_pred(struct random *r, uint32_t any_percent)
{
    struct np_conj *conjs = np_arena_array(&r->machine->arena, 3, sizeof *conjs);
    uint32_t n = percent(r, 5) ? 0 : 1 + draw(r, 3);

    if (percent(r, any_percent))
        return np_pred_true;
    for (uint32_t i = 0; i < n; i++) {
        struct np_term terms[2];
        uint32_t n_terms = draw(r, 3);

        for (uint32_t k = 0; k < n_terms; k++)
            terms[k] = random_term(r);
        assert_true(np_machine_conj(r->machine, terms, n_terms, &conjs[i]));
    }
    return (struct np_pred){conjs, n};
}

/* Of terms about the subject's end alone. */
static struct np_pred subject_pred(struct random *r)
{
    struct np_conj *conjs = np_arena_array(&r->machine->arena, 3, sizeof *conjs);
    uint32_t n = draw(r, 4);

    if (percent(r, 20))
        return np_pred_true;
    for (uint32_t i = 0; i < n; i++) {
        struct np_term terms[2] = {{NP_TERM_SET, percent(r, 25), 0, 0, draw(r, r->machine->n_sets)},
                                   {NP_TERM_PREFIX, percent(r, 25), 0, 0, draw(r, r->machine->n_prefix_lists)}};

        if (percent(r, 20))
            terms[1] = (struct np_term){NP_TERM_UNKNOWN, percent(r, 25), 0, 0, draw(r, r->machine->n_reasons)};
        assert_true(np_machine_conj(r->machine, terms, draw(r, 3), &conjs[i]));
    }
    return (struct np_pred){conjs, n};
}

/* Of terms about no end. */
static struct np_pred packet_pred(struct random *r)
{
    struct np_conj *conj = np_arena_array(&r->machine->arena, 1, sizeof *conj);
    struct np_term terms[2];

    if (percent(r, 50))
        return np_pred_true;
    for (uint32_t i = 0; i < 2; i++)
        do
            terms[i] = random_term(r);
        while (terms[i].kind == NP_TERM_SET || terms[i].kind == NP_TERM_PREFIX || terms[i].kind == NP_TERM_PORT_NAME);
    assert_true(np_machine_conj(r->machine, terms, 1 + draw(r, 2), conj));
    return (struct np_pred){conj, 1};
}

static struct np_outcome random_outcome(struct random *r)
{
    struct np_outcome outcome = {.action = (uint8_t)draw(r, 6), .flags = (uint8_t)draw(r, 8), .target = NP_PASS_STAGE, .auth = draw(r, 3)};

    if (percent(r, 50))
        outcome.target = (uint16_t)draw(r, 4);
    if (percent(r, 15)) {
        outcome.guards = r->guards[draw(r, 2)];
        outcome.n_guards = 1 + draw(r, 2);
    }
    return outcome;
}

static struct np_rule random_rule(struct random *r, uint32_t i)
{
    uint32_t policy = percent(r, 10) ? NP_NONE : draw(r, r->machine->n_policies);

    return (struct np_rule){.rank = i / 2,
                            .tie = i / 2,
                            .policy = policy,
                            .index = policy == NP_NONE ? -1 : (int32_t)i,
                            .name = draw(r, 2) ? r->names[draw(r, 3)] : NP_ATOM_NONE,
                            .subject = random_pred(r, 60),
                            .local = random_pred(r, 80),
                            .remote = random_pred(r, 30),
                            .l4 = random_pred(r, 30),
                            .outcome = random_outcome(r),
                            .span = percent(r, 10) ? NP_NOWHERE : (struct np_span){0, draw(r, 900), 900 + draw(r, 900)}};
}

/* Ties of two to four rules, each policy's together. */
static void tie_rules(struct random *r, struct np_rule *rules, uint32_t n)
{
    uint32_t size = 2 + draw(r, 3);

    for (uint32_t i = 0; i < n; i++) {
        rules[i].rank = rules[i].tie = i / size;
        for (uint32_t k = i; k > i / size * size && rules[k].policy < rules[k - 1].policy; k--) {
            uint32_t policy = rules[k].policy;

            rules[k].policy = rules[k - 1].policy;
            rules[k - 1].policy = policy;
        }
    }
    for (uint32_t i = 0; i < n; i++)
        rules[i].index = rules[i].policy == NP_NONE ? -1 : (int32_t)i;
}

static void random_stage(struct random *r, struct np_stage *stage)
{
    static const char *const names[] = {"Admin", "NetworkPolicy", "Baseline"};
    struct np_default *defaults = np_arena_array(&r->machine->arena, 2, sizeof *defaults);
    struct np_rule *rules = np_arena_array(&r->machine->arena, 6, sizeof *rules);
    uint32_t *governing = np_arena_array(&r->machine->arena, 3, sizeof *governing);

    *stage = (struct np_stage){.name = names[draw(r, 3)],
                               .combine = (enum np_combine)draw(r, 3),
                               .ties_undefined = percent(r, 30),
                               .pass_to = (uint16_t)draw(r, 5),
                               .rules = rules,
                               .n_rules = draw(r, 7),
                               .governing = governing,
                               .n_governing = draw(r, 4),
                               .defaults = defaults,
                               .n_defaults = draw(r, 3)};
    for (uint32_t i = 0; i < stage->n_rules; i++)
        rules[i] = random_rule(r, i);
    tie_rules(r, rules, stage->n_rules);
    for (uint32_t i = 0; i < stage->n_governing; i++)
        governing[i] = draw(r, r->machine->n_policies);
    for (uint32_t i = 0; i < stage->n_defaults; i++)
        defaults[i] = (struct np_default){random_pred(r, 50), r->shape->fixed_subject ? packet_pred(r) : random_pred(r, 50),
                                          random_outcome(r), draw(r, 2) ? "so it is" : NULL};
}

static void random_sets(struct random *r)
{
    struct np_set_builder builder;

    np_set_builder_init(&builder, r->machine->mem);
    for (uint32_t i = 0; i < 4; i++) {
        struct np_set set;

        for (uint32_t id = 0; id < r->n_ends; id++)
            assert_int_equal(np_set_builder_add(&builder, id, (enum np_tri)draw(r, 3)), CNIPOL_OK);
        assert_int_equal(np_set_builder_finish(&builder, &r->machine->arena, &set), CNIPOL_OK);
        assert_int_not_equal(np_machine_add_set(r->machine, &set), NP_NONE);
    }
    np_set_builder_free(&builder);
}

static void random_prefixes(struct random *r)
{
    static const char *const texts[] = {"10.0.0.0/8", "10.0.1.0/24", "172.18.0.2/32", "fd00:10::/32", "0.0.0.0/0", "2001:db8::1/128"};

    for (uint32_t i = 0; i < 3; i++) {
        struct np_prefix *items = np_arena_array(&r->machine->arena, 2, sizeof *items);

        for (uint32_t k = 0; k < 2; k++)
            assert_true(np_prefix_parse(np_str_of(texts[draw(r, (uint32_t)COUNT(texts))]), &items[k], NULL, NULL));
        assert_int_not_equal(np_machine_add_prefixes(r->machine, items, draw(r, 3)), NP_NONE);
    }
}

static void random_policies(struct random *r)
{
    static const char *const tiers[] = {NULL, "Admin", "Baseline"};

    for (uint32_t i = 0; i < 4; i++) {
        struct np_policy policy = {.kind = draw(r, 2) ? "NetworkPolicy" : "ClusterNetworkPolicy",
                                   .tier = tiers[draw(r, 3)],
                                   .ns = draw(r, 2) ? r->names[draw(r, 3)] : NP_ATOM_NONE,
                                   .name = r->names[draw(r, 3)],
                                   .span = {0, i * 100, i * 100 + 50},
                                   .subject = r->shape->fixed_subject ? subject_pred(r) : random_pred(r, 40),
                                   .is_staged = percent(r, 20)};

        assert_int_not_equal(np_machine_add_policy(r->machine, &policy), NP_NONE);
    }
}

static enum np_tri guard_yes(const void *data, const void *request)
{
    (void)data;
    (void)request;
    return NP_YES;
}

void random_machine(struct random *r, struct cnipol_model *model, const struct machine_shape *shape)
{
    static const struct np_guarded guards[2][2] = {{{guard_yes, NULL, {0}}}, {{guard_yes, NULL, {0}}}};
    static const char *const names[] = {"egress", "ingress", "forward"};
    const struct np_engine *engine = np_engine_find("kubernetes");

    r->shape = shape;
    r->kinds = shape->few_kinds ? (draw(r, 1u << NP_TERM_UNKNOWN) | draw(r, 1u << NP_TERM_UNKNOWN)) & ~1u : 0;
    np_machine_free(&model->machine);
    np_machine_init(&model->machine, &r->ctx->mem, engine->name);
    r->guards[0] = guards[0];
    r->guards[1] = guards[1];
    r->machine->path = shape->path ? shape->path : engine->path;
    r->machine->staged_scope = percent(r, 50);
    random_sets(r);
    random_prefixes(r);
    assert_int_equal(np_machine_add_reason(r->machine, "the stars do not say"), 0);
    assert_int_equal(np_machine_add_reason(r->machine, "nor do the planets"), 1);
    random_policies(r);
    r->machine->n_checkpoints = shape->n_checkpoints;
    r->machine->checkpoints = np_arena_array(&r->machine->arena, shape->n_checkpoints, sizeof *r->machine->checkpoints);
    for (uint32_t d = 0; d < shape->n_checkpoints; d++) {
        struct np_stage *stages = np_arena_array(&r->machine->arena, 4, sizeof *stages);
        struct np_checkpoint *checkpoint = &r->machine->checkpoints[d];

        *checkpoint = (struct np_checkpoint){.name = d < 2 ? names[d] : names[2],
                                             .direction = (uint8_t)(d < 2 ? d : draw(r, 2)),
                                             .subject = (uint8_t)(d < 2 ? d : draw(r, 2)),
                                             .after_allow = (enum np_after_allow)percent(r, 20),
                                             .stages = stages,
                                             .n_stages = draw(r, 5),
                                             .at_end = random_outcome(r)};
        for (uint32_t i = 0; i < checkpoint->n_stages; i++)
            random_stage(r, &stages[i]);
    }
    assert_int_equal(np_resolve_subjects(r->machine, r->n_ends), CNIPOL_OK);
}

void open_town(struct random *r, struct cnipol_cluster **cluster, struct cnipol_model **model)
{
    static const char *const names[] = {"http", "dns", "shop"};

    assert_int_equal(cnipol_ctx_new(NULL, &r->ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(r->ctx, NULL, cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(*cluster, "town.yaml", town, sizeof town - 1), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(*cluster, NULL, NULL, model), CNIPOL_OK);
    r->machine = &(*model)->machine;
    r->n_ends = (*model)->n_pods + (*model)->n_nodes;
    for (uint32_t i = 0; i < 3; i++)
        r->names[i] = np_atoms_add(&r->ctx->atoms, np_str_of(names[i]));
}

void close_town(struct random *r, struct cnipol_cluster *cluster, struct cnipol_model *model)
{
    cnipol_model_free(model);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(r->ctx);
}
