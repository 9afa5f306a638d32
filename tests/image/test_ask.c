/* SPDX-License-Identifier: BSD-2-Clause */
/* Verdicts: of a small image, by hand; of random ones, the forms of asking against each other. */

#include <cnipol/eval_core.h>

#include "testing.h"

/* Ids 0 to 3. Ids 0 and 2 have rules: TCP 80 from 0; no from 2, perhaps; TCP 443 by proxy. 1 has none, 3 is nobody's.
   4 is as 0; as a peer it came later, and is in the set of TCP 80. */
static const struct bi_spec small = {
    .n_ids = 5,
    .index_shift = 1,
    .first_member = 4,
    .features = CNIPOL_FEATURE_CHECKSUMS,
    .n_sets = 2,
    .sets = {{2, {0 * 4 + 2, 1 * 4}, 4}, {3, {0 * 4, 2 * 4 + 1, 3 * 4}, 4}},
    .members = {{1, {0 * 4 + 2}, 0}},
    .n_cells = 8,
    .cells =
        {
            {.kind = CNIPOL_CELL_STAGE, .set = CNIPOL_SET_ALL},
            {.kind = CNIPOL_CELL_RULE,
             .action = CNIPOL_ACT_ALLOW,
             .set = 0,
             .box_flags = CNIPOL_BOX_PORTS | CNIPOL_BOX_DESTINATION,
             .protocol_lo = 6,
             .protocol_hi = 6,
             .state_hi = 2,
             .destination_lo = 80,
             .destination_hi = 80},
            {.kind = CNIPOL_CELL_RULE, .action = CNIPOL_ACT_DENY, .flags = CNIPOL_VERDICT_LOG, .set = 1, .protocol_hi = 255, .state_hi = 2},
            {.kind = CNIPOL_CELL_RULE,
             .action = CNIPOL_ACT_ALLOW,
             .set = CNIPOL_SET_ALL,
             .program = 7,
             .box_flags = CNIPOL_BOX_PORTS | CNIPOL_BOX_DESTINATION,
             .protocol_lo = 6,
             .protocol_hi = 6,
             .state_hi = 2,
             .destination_lo = 443,
             .destination_hi = 443},
            {.kind = CNIPOL_CELL_UNMATCHED, .governed = 2, .set = CNIPOL_SET_ALL},
            {.kind = CNIPOL_CELL_DEFAULT,
             .action = CNIPOL_ACT_DENY,
             .flags = CNIPOL_VERDICT_REJECT,
             .set = CNIPOL_SET_ALL,
             .protocol_hi = 255,
             .state_hi = 2},
            {.kind = CNIPOL_CELL_END, .action = CNIPOL_ACT_ALLOW, .set = CNIPOL_SET_ALL},
            {.kind = CNIPOL_CELL_UNMATCHED, .governed = 0, .set = CNIPOL_SET_ALL},
        },
    .n_lists = 2,
    .lists = {{7, {0, 1, 2, 3, 4, 5, 6}}, {3, {0, 7, 6}}},
    .n_checkpoints = 1,
    .checkpoints = {{1, 1, 0, 1, "DDLA", 0, 2}},
};

#define ASKED CNIPOL_VERDICT_INGRESS_ASKED
#define LOG CNIPOL_VERDICT_LOG
#define REJECT CNIPOL_VERDICT_REJECT
#define TCP(from, to, port)                                                         \
    {                                                                               \
        .source = from, .destination = to, .protocol = 6, .destination_port = port, \
    }

static const struct row {
    const char *what;
    struct cnipol_key key;
    uint8_t decision;
    uint32_t flags;
    uint32_t program;
} rows[] = {
    {"the set and the port", TCP(0, 0, 80), CNIPOL_ALLOW, ASKED, 0},
    {"not in the set", TCP(1, 0, 80), CNIPOL_DENY, ASKED | REJECT, 0},
    {"perhaps denied, else denied", TCP(2, 0, 80), CNIPOL_DENY, ASKED | LOG | REJECT, 0},
    {"perhaps denied, else the proxy's", TCP(2, 0, 443), CNIPOL_UNDEFINED, ASKED | LOG, 7},
    {"the proxy's", TCP(1, 0, 443), CNIPOL_REDIRECT, ASKED, 7},
    {"a list: the set and the port", TCP(0, 2, 80), CNIPOL_ALLOW, ASKED, 0},
    {"a list: not in the set", TCP(1, 2, 80), CNIPOL_DENY, ASKED | REJECT, 0},
    {"a list: perhaps denied", TCP(2, 2, 443), CNIPOL_UNDEFINED, ASKED | LOG, 7},
    {"an unknown port", {.source = 1, .protocol = 6, .flags = CNIPOL_KEY_PORT_UNKNOWN}, CNIPOL_UNDEFINED, ASKED | REJECT, 7},
    {"a later fragment", {.protocol = 6, .flags = CNIPOL_KEY_FRAGMENT, .destination_port = 80}, CNIPOL_DENY, ASKED | REJECT, 0},
    {"UDP", {.protocol = 17, .destination_port = 80}, CNIPOL_DENY, ASKED | REJECT, 0},
    {"without rules", TCP(0, 1, 80), CNIPOL_ALLOW, ASKED, 0},
    {"nobody's", TCP(0, 3, 80), CNIPOL_ALLOW, 0, 0},
    {"egress only", {.source = 1, .protocol = 6, .destination_port = 80, .directions = 1}, CNIPOL_ALLOW, 0, 0},
    {"ingress only", {.source = 1, .protocol = 6, .destination_port = 80, .directions = 2}, CNIPOL_DENY, ASKED | REJECT, 0},
    {"a later id in the set", TCP(4, 0, 80), CNIPOL_ALLOW, ASKED, 0},
    {"a later id in no other set", TCP(4, 0, 81), CNIPOL_DENY, ASKED | REJECT, 0},
    {"a list: a later id in the set", TCP(4, 2, 80), CNIPOL_ALLOW, ASKED, 0},
    {"a list: a later id in no other set", TCP(4, 2, 81), CNIPOL_DENY, ASKED | REJECT, 0},
    {"no such source", TCP(5, 0, 80), CNIPOL_UNDEFINED, 0, 0},
    {"no such destination", TCP(0, UINT32_MAX, 80), CNIPOL_UNDEFINED, 0, 0},
    {"no protocol", {.destination_port = 80}, CNIPOL_UNDEFINED, 0, 0},
    {"no such state", {.protocol = 6, .state = 3}, CNIPOL_UNDEFINED, 0, 0},
    {"no such relations", {.protocol = 6, .relations = 32}, CNIPOL_UNDEFINED, 0, 0},
    {"no such directions", {.protocol = 6, .directions = 4}, CNIPOL_UNDEFINED, 0, 0},
    {"no such flags", {.protocol = 6, .flags = 8}, CNIPOL_UNDEFINED, 0, 0},
};

static void expect_answer(const struct row *row, const char *form, const struct cnipol_answer *got)
{
    if (got->decision != row->decision || got->flags != row->flags || got->program[0] || got->program[1] != row->program || got->auth)
        fail_msg("%s (%s): decision %u flags %u programs %u %u, expected %u %u 0 %u", row->what, form, got->decision, got->flags,
                 got->program[0], got->program[1], row->decision, row->flags, row->program);
}

static void test_small(void **state)
{
    struct bench bench;
    struct cnipol_image *image;
    struct cnipol_answer answer;

    (void)state;
    bench_start(&bench);
    bi_build(&bench.mem, &small, &bench.block);
    assert_int_equal(cnipol_image_verify(bench.ctx, bench.block.bytes, bench.block.n), CNIPOL_OK);
    assert_int_equal(cnipol_image_open(bench.ctx, bench.block.bytes, bench.block.n, &image), CNIPOL_OK);
    assert_int_equal(cnipol_image_ids(image), small.n_ids);
    for (size_t i = 0; i < COUNT(rows); i++) {
        cnipol_image_ask(image, &rows[i].key, &answer);
        expect_answer(&rows[i], "tables", &answer);
        cnipol_eval(image->bytes, image->view, &rows[i].key, &answer);
        expect_answer(&rows[i], "plain", &answer);
        cnipol_image_ask_rules(image, &rows[i].key, &answer);
        expect_answer(&rows[i], "rules", &answer);
        cnipol_image_ask_batch(image, &rows[i].key, 1, &answer);
        expect_answer(&rows[i], "batch", &answer);
    }
    cnipol_image_free(image);
    bench_end(&bench);
}

#define SEEDS 80u
#define KEYS 1003u

/* A key that is mostly sound. */
static struct cnipol_key key_of(uint64_t *random, uint32_t n_ids)
{
    struct cnipol_key key = bi_key_random(random, n_ids);

    if (bi_below(random, 40) == 0)
        ((uint8_t *)&key)[bi_below(random, sizeof key)] = (uint8_t)bi_random(random);
    return key;
}

static void compare_forms(const struct cnipol_image *image, uint64_t seed, const struct cnipol_key *keys, uint32_t n)
{
    static struct cnipol_answer batch[KEYS];
    struct cnipol_answer one, rules, plain;

    memset(batch, 0xa5, sizeof batch);
    cnipol_image_ask_batch(image, keys, n, batch);
    for (uint32_t i = 0; i < n; i++) {
        cnipol_image_ask(image, &keys[i], &one);
        cnipol_image_ask_rules(image, &keys[i], &rules);
        if (memcmp(&one, &rules, sizeof one) != 0)
            fail_msg("seed %llu, key %u: tables say %u %u/%u flags %u programs %u/%u, rules %u %u/%u flags %u programs %u/%u",
                     (unsigned long long)seed, i, one.decision, one.parts[0], one.parts[1], one.flags, one.program[0], one.program[1],
                     rules.decision, rules.parts[0], rules.parts[1], rules.flags, rules.program[0], rules.program[1]);
        cnipol_eval(image->bytes, image->view, &keys[i], &plain);
        if (memcmp(&one, &plain, sizeof one) != 0)
            fail_msg("seed %llu, key %u: one says %u flags %u, the plain evaluator %u flags %u", (unsigned long long)seed, i, one.decision,
                     one.flags, plain.decision, plain.flags);
        if (memcmp(&one, &batch[i], sizeof one) != 0)
            fail_msg("seed %llu, key %u: one says %u flags %u, a batch %u flags %u", (unsigned long long)seed, i, one.decision, one.flags,
                     batch[i].decision, batch[i].flags);
    }
}

static void test_forms_agree(void **state)
{
    static struct cnipol_key keys[KEYS];

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct bench bench;
        struct cnipol_image *image;
        uint64_t random = seed;

        bench_random(&bench, seed, CNIPOL_FEATURE_CHECKSUMS);
        if (cnipol_image_verify(bench.ctx, bench.block.bytes, bench.block.n))
            fail_msg("seed %llu: %s", (unsigned long long)seed, last_message(bench.ctx));
        assert_int_equal(cnipol_image_open(bench.ctx, bench.block.bytes, bench.block.n, &image), CNIPOL_OK);
        for (uint32_t i = 0; i < KEYS; i++)
            keys[i] = key_of(&random, bench.spec.n_ids);
        compare_forms(image, seed, keys, KEYS);
        cnipol_image_free(image);
        bench_end(&bench);
    }
}

static void test_batch_sizes(void **state)
{
    static struct cnipol_key keys[40];
    struct cnipol_image *image;
    struct bench bench;
    uint64_t random = 5;

    (void)state;
    bench_random(&bench, 2, CNIPOL_FEATURE_CHECKSUMS);
    assert_int_equal(cnipol_image_open(bench.ctx, bench.block.bytes, bench.block.n, &image), CNIPOL_OK);
    for (uint32_t i = 0; i < COUNT(keys); i++)
        keys[i] = key_of(&random, bench.spec.n_ids);
    for (uint32_t n = 0; n <= COUNT(keys); n++)
        compare_forms(image, 2, keys, n);
    cnipol_image_free(image);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_forms_agree),
        cmocka_unit_test(test_batch_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
