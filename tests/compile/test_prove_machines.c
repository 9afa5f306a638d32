/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random machines, compiled: every end against every end, with every L4 question that a term can tell apart, asked of
 * the reference and of the image in each of its ways.
 */

#include "analysis/prove.h"
#include "compile/provenance.h"
#include "random_machine.h"

#define MACHINES 250

/* What was asked so far. */
struct tally {
    uint32_t compiled, refused, proved;
    uint64_t questions;
};

static void every_checkpoint(const struct np_machine *machine, const struct np_facts *facts, struct np_checkpoints *out)
{
    (void)facts;
    for (out->n = 0; out->n < machine->n_checkpoints; out->n++)
        out->items[out->n] = (uint8_t)out->n;
}

static void print_difference(const struct cnipol_proof *p, uint32_t machine)
{
    const struct cnipol_key *k = &p->key;

    fail_msg("machine %u, result %d, way %s: %s (%u) to %s (%u): protocol %u flags %u icmp %u/%u ports %u to %u relations %u state %u "
             "directions %u: expected %u (%u %u) flags %u auth %u, got %u (%u %u) flags %u auth %u",
             machine, p->result, p->way, p->source, k->source, p->destination, k->destination, k->protocol, k->flags, k->icmp_type,
             k->icmp_code, k->source_port, k->destination_port, k->relations, k->state, k->directions, p->expected.decision,
             p->expected.parts[0], p->expected.parts[1], p->expected.flags, p->expected.auth, p->got.decision, p->got.parts[0],
             p->got.parts[1], p->got.flags, p->got.auth);
}

/* The ids that the compiler gives, for machines that no engine of the library makes. */
static int prove_with_ids(struct random *r, const struct cnipol_model *model, const struct cnipol_image *image,
                          const struct cnipol_prove_opts *opts, struct cnipol_proof *proof)
{
    struct np_idsets idsets = {0};
    struct np_space space;
    struct np_peers peers;
    struct np_arena arena;
    int rc;

    np_arena_init(&arena, &r->ctx->mem);
    assert_true(np_idsets_init(&idsets, &r->ctx->mem));
    assert_int_equal(np_space_init(&space, model, &r->ctx->mem, &idsets), CNIPOL_OK);
    assert_int_equal(np_space_peers(&space, &arena, &peers), CNIPOL_OK);
    rc = np_prove_by(r->ctx, model, image, opts, &(struct np_prove_how){.peers = &peers}, proof);
    np_space_free(&space);
    np_idsets_free(&idsets);
    np_arena_free(&arena);
    return rc;
}

static void prove_one(struct random *r, const struct cnipol_model *model, uint32_t number, struct tally *tally)
{
    const struct cnipol_prove_opts opts = {.sz = sizeof opts, .max_questions = 25000};
    struct cnipol_compile_opts how = {.sz = sizeof how, .only_rules = number % 5 == 0, .max_bytes = number % 7 == 0 ? 64 : 0};
    struct cnipol_image *image;
    struct cnipol_proof proof;
    int rc = cnipol_compile(r->ctx, model, &how, &image);

    if (rc == CNIPOL_E_LIMIT) {
        tally->refused++;
        return;
    }
    assert_int_equal(rc, CNIPOL_OK);
    rc = prove_with_ids(r, model, image, &opts, &proof);
    if (rc != CNIPOL_OK && rc != CNIPOL_E_LIMIT)
        print_difference(&proof, number);
    tally->compiled++;
    tally->proved += rc == CNIPOL_OK;
    tally->questions += proof.questions;
    cnipol_image_free(image);
}

static void prove_machines(const struct machine_shape *shape, uint64_t seed)
{
    struct random r = {.state = seed};
    struct tally tally = {0};
    struct cnipol_cluster *cluster;
    struct cnipol_model *model;

    open_town(&r, &cluster, &model);
    for (uint32_t i = 0; i < MACHINES; i++) {
        random_machine(&r, model, shape);
        prove_one(&r, model, i, &tally);
    }
    print_message("%u machines compiled, of which %u wholly asked, %u refused, %llu questions\n", tally.compiled, tally.proved,
                  tally.refused, (unsigned long long)tally.questions);
    assert_true(tally.compiled >= MACHINES / 4 && tally.proved >= MACHINES / 10);
    close_town(&r, cluster, model);
}

static void test_two_checkpoints(void **state)
{
    static const struct machine_shape shape = {.n_checkpoints = 2, .few_kinds = true, .fixed_subject = true};

    (void)state;
    prove_machines(&shape, 1);
}

static void test_many_checkpoints(void **state)
{
    static const struct machine_shape shape = {.n_checkpoints = 4, .path = every_checkpoint, .few_kinds = true, .fixed_subject = true};

    (void)state;
    prove_machines(&shape, 2);
}

static void test_whatever_can_be_refused(void **state)
{
    static const struct machine_shape shape = {.n_checkpoints = 1, .path = every_checkpoint, .few_kinds = true};

    (void)state;
    prove_machines(&shape, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_two_checkpoints), cmocka_unit_test(test_many_checkpoints),
                                       cmocka_unit_test(test_whatever_can_be_refused)};

    return cmocka_run_group_tests_name("prove machines", tests, NULL, NULL);
}
