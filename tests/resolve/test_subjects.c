/* SPDX-License-Identifier: BSD-2-Clause */
/* Subject indexes: nothing that can concern an end is left out of its list, and answers stay what they were. */

#include "build_machine.h"

#include "resolve/resolve.h"

#define N_ENDS 10

static const struct bm_stage stages[] = {
    {"tier", .rules = {{"a", 1, .subject = "in:low", .l4 = "port:1", .outcome = "deny"},
                       {"b", 2, .subject = "in:high", .l4 = "port:1-2", .outcome = "allow"},
                       {"a", 3, .subject = "any", .l4 = "port:3", .outcome = "deny"},
                       {"b", 4, .subject = "in:holes", .l4 = "port:4", .outcome = "pass"},
                       {"a", 5, .subject = "!in:holes", .l4 = "port:4", .outcome = "deny"},
                       {"a", 6, .subject = "in:low | in:last", .l4 = "port:5", .outcome = "deny"},
                       {"b", 7, .subject = "never", .l4 = "port:6", .outcome = "deny"},
                       {"b", 8, .subject = "in:blurred", .l4 = "port:6", .outcome = "deny"},
                       {"b", 9, .subject = "!in:low in:all", .l4 = "port:7", .outcome = "deny"},
                       {"b", 10, .subject = "in:none", .l4 = "port:7", .outcome = "deny"},
                       {"a", 11, .subject = "in:all in:last", .l4 = "port:8", .outcome = "deny"},
                       {"a", 12, .subject = "net:10.0.0.4/30 in:all", .l4 = "port:9", .outcome = "deny"}}},
    {"governed", NP_COMBINE_UNION, .governing = "a b staged",
     .rules = {{"a", 1, .subject = "in:low", .l4 = "port:10-11", .outcome = "allow"}}, .defaults = {{.outcome = "deny"}}},
};
static const struct bm_checkpoint points[] = {BM_EGRESS(stages), BM_INGRESS(stages)};
static const struct bm_machine cluster = {
    .ends = {{"e0", "10.0.0.0"},
             {"e1", "10.0.0.1"},
             {"e2", "10.0.0.2"},
             {"e3", "10.0.0.3"},
             {"e4", "10.0.0.4"},
             {"e5", "10.0.0.5"},
             {"e6", "10.0.0.6"},
             {"e7", "10.0.0.7"},
             {"e8", "10.0.0.8"},
             {"e9", "10.0.0.9"}},
    .sets = {{"low", "e0 e1 e2"},
             {"high", "e6 e7 e8 e9"},
             {"holes", "e1 e3 e5 e7"},
             {"last", "e9"},
             {"blurred", "e2 e3 e6", "e0 e4 e5"},
             {"all", "e0 e1 e2 e3 e4 e5 e6 e7 e8 e9"},
             {"none", NULL}},
    .policies = {{"a", "in:low | in:high"}, {"b", "in:holes"}, {"staged", "in:all", .is_staged = true}},
    .checkpoints = points,
    .n_checkpoints = 2,
};

/* Each end's list is ascending and holds every rule whose subject the end is, or may be. */
static void expect_list(const struct bm_built *built, const struct np_subject_index *index, const struct np_pred *const *subjects,
                        uint32_t n)
{
    for (uint32_t id = 0; id < N_ENDS; id++) {
        const uint32_t *list = index->items + index->first[index->list_of[id]], *end = index->items + index->first[index->list_of[id] + 1];
        struct np_facts facts = {.ends = {built->ends[id], built->ends[id]}};

        for (uint32_t i = 0; i < n; i++) {
            bool listed = list < end && *list == i;

            if (!listed && np_pred_eval(&built->machine, &facts, NP_END_SOURCE, subjects[i]) != NP_NO)
                fail_msg("item %u can concern end %u, and is not in its list", i, id);
            list += listed;
        }
        assert_ptr_equal(list, end);
    }
}

static void test_lists(void **state)
{
    struct bm_built built;

    (void)state;
    bm_build(&built, &cluster);
    assert_int_equal(np_resolve_subjects(&built.machine, N_ENDS), 0);
    for (uint32_t c = 0; c < 2; c++)
        for (uint32_t i = 0; i < BM_COUNT(stages); i++) {
            const struct np_stage *stage = &built.machine.checkpoints[c].stages[i];
            const struct np_pred *subjects[BM_ROWS];

            for (uint32_t k = 0; k < stage->n_rules; k++)
                subjects[k] = &stage->rules[k].subject;
            expect_list(&built, &stage->rule_index, subjects, stage->n_rules);
            for (uint32_t k = 0; k < stage->n_governing; k++)
                subjects[k] = &built.machine.policies[stage->governing[k]].subject;
            expect_list(&built, &stage->governing_index, subjects, stage->n_governing);
        }
    bm_free(&built);
}

static void test_lists_are_short_and_shared(void **state)
{
    static const struct bm_stage two[] = {
        {"two", .rules = {{"a", 1, .subject = "in:low", .outcome = "deny"}, {"a", 2, .subject = "in:holes", .outcome = "deny"}}}};
    static const struct bm_checkpoint point[] = {BM_INGRESS(two)};
    static const uint32_t sizes[N_ENDS] = {1, 2, 1, 1, 0, 1, 0, 1, 0, 0};
    struct bm_machine small = cluster;
    const struct np_subject_index *index;
    struct bm_built built;

    (void)state;
    small.checkpoints = point;
    small.n_checkpoints = 1;
    bm_build(&built, &small);
    assert_int_equal(np_resolve_subjects(&built.machine, N_ENDS), 0);
    index = &built.machine.checkpoints[0].stages[0].rule_index;
    for (uint32_t id = 0; id < N_ENDS; id++)
        assert_int_equal(index->first[index->list_of[id] + 1] - index->first[index->list_of[id]], sizes[id]);
    assert_int_equal(index->list_of[0], index->list_of[2]);
    assert_int_equal(index->list_of[3], index->list_of[7]);
    assert_int_equal(index->list_of[4], index->list_of[9]);
    bm_free(&built);
}

/* The index is an index: all questions are answered as without it, also of ends that it does not know. */
static void expect_same_answers(uint32_t n_ends)
{
    struct bm_built plain, indexed;

    bm_build(&plain, &cluster);
    bm_build(&indexed, &cluster);
    assert_int_equal(np_resolve_subjects(&indexed.machine, n_ends), 0);
    for (uint32_t pair = 0; pair < N_ENDS * N_ENDS; pair++)
        for (uint16_t port = 0; port <= 12; port++) {
            char question[32];
            struct np_evaluation a, b;

            snprintf(question, sizeof question, "e%u e%u tcp:%u", pair / N_ENDS, pair % N_ENDS, port);
            a = bm_ask(&plain, question);
            b = bm_ask(&indexed, question);
            if (a.decision != b.decision || memcmp(a.parts, b.parts, 2) != 0 || a.flags != b.flags)
                fail_msg("%s: %s, with an index %s", question, bm_decision(a.decision), bm_decision(b.decision));
        }
    bm_free(&plain);
    bm_free(&indexed);
}

static void test_answers_stay_the_same(void **state)
{
    (void)state;
    expect_same_answers(N_ENDS);
    expect_same_answers(N_ENDS / 2);
    expect_same_answers(1);
    expect_same_answers(0);
}

static void test_out_of_memory_leaks_nothing(void **state)
{
    int rc = -1;

    (void)state;
    for (size_t more = 1; more < 200000 && rc; more += 128) {
        struct bm_built built;

        bm_build(&built, &cluster);
        built.mem.limit = built.mem.used + more;
        rc = np_resolve_subjects(&built.machine, N_ENDS);
        built.mem.limit = 0;
        bm_free(&built);
    }
    assert_int_equal(rc, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_lists_are_short_and_shared),
        cmocka_unit_test(test_answers_stay_the_same),
        cmocka_unit_test(test_out_of_memory_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
