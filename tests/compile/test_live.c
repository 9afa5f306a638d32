/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Live policy sets under long random edits: after each the snapshot, in tables and lists, by name and by address, and a
 * copy that is kept by patches, say what a fresh model of the same sources says; compacted they are the same bytes.
 */

#include <pthread.h>

#include "live_town.h"

#define TOWNS 6
#define EDITS 60

static uint64_t first_seed;

static const struct town_mix few_pods = {.policy = 90, .pod = 7, .other = 3, .other_name = 1, .many = 1, .refused = 3};
static const struct town_mix everything = {.policy = 50, .pod = 30, .other = 20, .other_name = 8, .many = 5, .refused = 5};

/* A town to begin with, put at once. */
static void settle(struct live_town *t)
{
    cnipol_live_begin(t->live);
    for (uint32_t i = 0; i < 24; i++)
        (void)town_edit(t, &(struct town_mix){.policy = 20, .pod = 50, .other = 30});
    assert_true(cnipol_live_end(t->live) >= 0);
}

static void check(struct live_town *t)
{
    town_refresh(t);
    town_compare(t);
}

static void compact(struct live_town *t)
{
    assert_int_equal(cnipol_live_compact(t->live), CNIPOL_LIVE_COMPILED);
    check(t);
    town_same_bytes(t);
}

static void edit_and_check(const struct town_mix *mix, uint64_t room)
{
    uint32_t changes[3] = {0}, refusals = 0;
    uint64_t asked = 0, by_address = 0;

    for (uint64_t seed = first_seed; seed < first_seed + TOWNS; seed++) {
        struct live_town t;

        town_open(&t, seed, NULL, room);
        settle(&t);
        check(&t);
        for (uint32_t i = 0; i < EDITS; i++) {
            (void)town_edit(&t, mix);
            check(&t);
            if (i % 20 == 19)
                compact(&t);
        }
        for (uint32_t i = 0; i < 3; i++)
            changes[i] += t.changes[i];
        refusals += t.refusals;
        asked += t.asked;
        by_address += t.by_address;
        town_close(&t);
    }
    print_message("%u edits changed nothing, %u patched, %u compiled, %u refused; %llu questions in each of four ways, %llu by address\n",
                  changes[0], changes[1], changes[2], refusals, (unsigned long long)asked, (unsigned long long)by_address);
    assert_true(asked > 100000 && by_address > 10000);
    assert_true(changes[2] > 0 && (room == 1 || changes[1] > 0));
}

static void test_policies_change(void **state)
{
    (void)state;
    edit_and_check(&few_pods, 0);
}

static void test_everything_changes(void **state)
{
    (void)state;
    edit_and_check(&everything, 0);
}

/* Where changes do not fit they are compiled. */
static void test_no_room(void **state)
{
    (void)state;
    edit_and_check(&few_pods, 1);
    edit_and_check(&few_pods, 60000);
}

static void *run(void *work)
{
    return cnipol_compaction_run(work) ? work : NULL;
}

static struct cnipol_live_stats stats_of(const struct live_town *t)
{
    struct cnipol_live_stats stats;

    cnipol_live_stats(t->live, &stats);
    return stats;
}

/* A policy that can be patched in comes, changes or goes. */
static void edit_policy(struct live_town *t)
{
    const char *line = town_line(t, TOWN_POLICY);
    char name[96];

    while (strstr(line, "\"port\":\"") || strstr(line, "NamedPort"))
        line = town_line(t, TOWN_POLICY);
    town_name_of(line, name, sizeof name);
    (void)town_put(t, name, random_percent(&t->draw, 30) ? NULL : line);
}

/* Edits while a compaction runs, of policies or of this mix: what its finish says. */
static int compact_amid(struct live_town *t, const struct town_mix *mix, uint32_t n)
{
    struct cnipol_compaction *work;
    pthread_t thread;
    void *failed;
    int rc;

    assert_int_equal(cnipol_live_compact_begin(t->live, &work), CNIPOL_OK);
    assert_int_equal(pthread_create(&thread, NULL, run, work), 0);
    for (uint32_t i = 0; i < n; i++) {
        if (mix)
            (void)town_edit(t, mix);
        else
            edit_policy(t);
        check(t);
    }
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    rc = cnipol_live_compact_finish(t->live, work);
    check(t);
    return rc;
}

/* What changed meanwhile is patched into the new base, as far as it can be; where nothing did it is what compiling gives. */
static void test_background(void **state)
{
    uint32_t patched = 0, compiled = 0;

    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + 4; seed++) {
        struct live_town t;

        town_open(&t, seed, NULL, 0);
        settle(&t);
        for (uint32_t round = 0; round < 12; round++) {
            uint32_t n = round % 4 * 2, by_edits = t.changes[CNIPOL_LIVE_COMPILED];
            uint64_t before = stats_of(&t).n_compiled;
            int rc = compact_amid(&t, round < 8 ? NULL : &everything, n);

            by_edits = t.changes[CNIPOL_LIVE_COMPILED] - by_edits;
            before = stats_of(&t).n_compiled - before - by_edits;
            assert_true(rc > 0 && before <= (n && rc == CNIPOL_LIVE_COMPILED));
            patched += rc == CNIPOL_LIVE_PATCHED;
            compiled += before;
            if (!n || before)
                town_same_bytes(&t);
        }
        town_close(&t);
    }
    print_message("%u compactions were patched, %u were compiled again\n", patched, compiled);
    assert_true(patched > 16);
}

/* A reader that holds on to all there is keeps the writer from publishing, and no more. */
static void test_snapshots_held(void **state)
{
    const struct cnipol_snapshot *held[80];
    uint32_t n = 0, limits = 0;
    struct live_town t;

    (void)state;
    town_open(&t, first_seed, NULL, 0);
    settle(&t);
    for (uint32_t i = 0; i < 80; i++) {
        int rc = town_edit(&t, &few_pods);

        limits += rc == CNIPOL_E_LIMIT;
        held[n++] = cnipol_live_acquire(t.live);
        if (rc == CNIPOL_E_LIMIT)
            break;
    }
    assert_true(limits == 1);
    check(&t);
    for (uint32_t i = 0; i < n; i++)
        cnipol_live_release(t.live, held[i]);
    for (uint32_t i = 0; i < 10; i++) {
        assert_true(town_edit(&t, &few_pods) >= 0);
        check(&t);
    }
    compact(&t);
    town_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policies_change), cmocka_unit_test(test_everything_changes), cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_background),      cmocka_unit_test(test_snapshots_held),
    };
    const char *seed = getenv("CNIPOL_TEST_SEED");

    first_seed = seed ? strtoull(seed, NULL, 10) : 1;
    return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
