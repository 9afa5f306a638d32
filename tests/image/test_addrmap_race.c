/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One writer, two readers, no lock. The changes and what each watched address has after each of them are
 * worked out beforehand; a reader notes how many changes were done before its lookup and how many were begun
 * after it, and what it got must be what held at some moment in between. The block is small, so that
 * memory is used again at once.
 */

#include "base/testing.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cnipol/addrmap.h>

#define WATCHED 24
#define CHANGES 10000
#define POOL 160
#define BLOCK (40 << 10)

struct change {
    struct cnipol_addrmap_prefix prefix;
    bool take_out;
};

struct race {
    uint8_t family;
    uint64_t seed;
    struct cnipol_addrmap_prefix pool[POOL];
    bool present[POOL];
    uint8_t watched[WATCHED][16];
    struct change *changes;
    struct cnipol_addrmap_entry (*after)[WATCHED]; /* CHANGES + 1 rows */
    void *block;
    uint32_t begun, done;
    uint32_t failures;
};

static uint32_t below(struct race *r, uint32_t n)
{
    r->seed = r->seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(r->seed >> 33) % n;
}

static bool holds(const struct cnipol_addrmap_prefix *p, const uint8_t *address)
{
    for (uint32_t bit = 0; bit < p->length; bit++)
        if ((p->address[bit / 8] ^ address[bit / 8]) & (0x80 >> bit % 8))
            return false;
    return true;
}

static struct cnipol_addrmap_entry longest(const struct race *r, const uint8_t *address)
{
    struct cnipol_addrmap_entry best = {CNIPOL_ADDRMAP_NO_PEER, CNIPOL_ADDRMAP_NOBODY};
    int length = -1;

    for (uint32_t i = 0; i < POOL; i++)
        if (r->present[i] && r->pool[i].length > length && holds(&r->pool[i], address)) {
            best = r->pool[i].entry;
            length = r->pool[i].length;
        }
    return best;
}

/* Two networks of hosts beside each other, and prefixes of all lengths around the watched addresses. */
static void make_pool(struct race *r)
{
    uint32_t bits = r->family == 6 ? 128 : 32, last = bits / 8 - 1;

    for (uint32_t i = 0; i < WATCHED; i++) {
        uint8_t start[16] = {10, 244};

        memcpy(r->watched[i], start, 16);
        r->watched[i][last - 1] = (uint8_t)(i % 3);
        r->watched[i][last] = (uint8_t)below(r, 32);
    }
    for (uint32_t i = 0; i < POOL; i++) {
        struct cnipol_addrmap_prefix *p = &r->pool[i];

        p->family = r->family;
        memcpy(p->address, r->watched[below(r, WATCHED)], 16);
        p->length = (uint8_t)(below(r, 3) ? bits - below(r, 4) : below(r, bits + 1));
        if (below(r, 2))
            p->address[last] ^= (uint8_t)below(r, 64);
        for (uint32_t bit = p->length; bit < 128; bit++)
            p->address[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
    }
}

static bool is_twin(const struct race *r, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (r->pool[k].length == r->pool[i].length && memcmp(r->pool[k].address, r->pool[i].address, 16) == 0)
            return true;
    return false;
}

/* Full for a while, empty for a while: nodes come and go. */
static void make_changes(struct race *r)
{
    r->changes = calloc(CHANGES, sizeof *r->changes);
    r->after = calloc(CHANGES + 1, sizeof *r->after);
    assert_true(r->changes && r->after);
    for (uint32_t a = 0; a < WATCHED; a++)
        r->after[0][a] = longest(r, r->watched[a]);
    for (uint32_t t = 0; t < CHANGES; t++) {
        uint32_t i = below(r, POOL);
        struct change *change = &r->changes[t];

        while (is_twin(r, i))
            i = below(r, POOL);
        change->take_out = r->present[i] && below(r, 8) > (t / 500 % 2 ? 1u : 5u);
        r->present[i] = !change->take_out;
        r->pool[i].entry = (struct cnipol_addrmap_entry){t + 1, ~t};
        change->prefix = r->pool[i];
        for (uint32_t a = 0; a < WATCHED; a++)
            r->after[t + 1][a] = holds(&r->pool[i], r->watched[a]) ? longest(r, r->watched[a]) : r->after[t][a];
    }
}

static void *write_all(void *user)
{
    struct race *r = user;
    struct cnipol_addrmap *map = NULL;
    struct cnipol_ctx *ctx = NULL;
    int rc = cnipol_ctx_new(NULL, &ctx);

    rc = rc ? rc : cnipol_addrmap_open(ctx, r->block, BLOCK, &map);
    for (uint32_t t = 0; t < CHANGES && !rc; t++) {
        __atomic_store_n(&r->begun, t + 1, __ATOMIC_SEQ_CST);
        rc = r->changes[t].take_out ? cnipol_addrmap_delete(map, &r->changes[t].prefix) : cnipol_addrmap_put(map, &r->changes[t].prefix);
        __atomic_store_n(&r->done, t + 1, __ATOMIC_SEQ_CST);
        if (t % 64 == 0)
            sched_yield();
    }
    if (rc)
        __atomic_fetch_add(&r->failures, 1000000, __ATOMIC_RELAXED);
    rc = rc ? rc : cnipol_addrmap_verify(ctx, r->block, BLOCK);
    if (rc)
        __atomic_fetch_add(&r->failures, 2000000, __ATOMIC_RELAXED);
    __atomic_store_n(&r->done, CHANGES, __ATOMIC_SEQ_CST);
    cnipol_addrmap_close(map);
    cnipol_ctx_free(ctx);
    return NULL;
}

static bool held(const struct race *r, uint32_t from, uint32_t to, uint32_t a, struct cnipol_addrmap_entry got)
{
    for (uint32_t t = from; t <= to; t++)
        if (r->after[t][a].peer == got.peer && r->after[t][a].owner == got.owner)
            return true;
    return false;
}

static void check_one(struct race *r, uint32_t a)
{
    uint32_t from = __atomic_load_n(&r->done, __ATOMIC_SEQ_CST);
    struct cnipol_addrmap_entry got = cnipol_addrmap_find(r->block, r->family, r->watched[a]);
    uint32_t to = __atomic_load_n(&r->begun, __ATOMIC_SEQ_CST);

    if (!held(r, from, to, a, got))
        __atomic_fetch_add(&r->failures, 1, __ATOMIC_RELAXED);
}

static void *read_one_by_one(void *user)
{
    struct race *r = user;

    while (__atomic_load_n(&r->done, __ATOMIC_RELAXED) < CHANGES)
        for (uint32_t a = 0; a < WATCHED; a++)
            check_one(r, a);
    return NULL;
}

static void *read_in_batches(void *user)
{
    struct race *r = user;
    struct cnipol_addrmap_entry out[WATCHED];
    uint32_t four[WATCHED];
    uint64_t six[WATCHED][2];

    for (uint32_t a = 0; a < WATCHED; a++) {
        four[a] = 0;
        six[a][0] = six[a][1] = 0;
        for (uint32_t i = 0; i < 16; i++)
            six[a][i / 8] = six[a][i / 8] << 8 | r->watched[a][i];
        four[a] = (uint32_t)(six[a][0] >> 32);
    }
    while (__atomic_load_n(&r->done, __ATOMIC_RELAXED) < CHANGES) {
        uint32_t from = __atomic_load_n(&r->done, __ATOMIC_SEQ_CST), to;

        if (r->family == 4)
            cnipol_addrmap_find4_batch(r->block, WATCHED, four, out);
        else
            cnipol_addrmap_find6_batch(r->block, WATCHED, (const uint64_t(*)[2])six, out);
        to = __atomic_load_n(&r->begun, __ATOMIC_SEQ_CST);
        for (uint32_t a = 0; a < WATCHED; a++)
            if (!held(r, from, to, a, out[a]))
                __atomic_fetch_add(&r->failures, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void run_race(uint8_t family, uint64_t seed)
{
    void *(*const jobs[])(void *) = {write_all, read_one_by_one, read_in_batches};
    struct race r = {.family = family, .seed = seed};
    struct cnipol_addrmap *map;
    struct cnipol_ctx *ctx;
    pthread_t threads[3];

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), 0);
    r.block = aligned_alloc(64, BLOCK);
    assert_non_null(r.block);
    assert_int_equal(cnipol_addrmap_new(ctx, r.block, BLOCK, 0, &map), 0);
    cnipol_addrmap_close(map);
    make_pool(&r);
    make_changes(&r);
    for (uint32_t i = 0; i < COUNT(jobs); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, jobs[i], &r), 0);
    for (uint32_t i = 0; i < COUNT(jobs); i++)
        pthread_join(threads[i], NULL);
    cnipol_ctx_free(ctx);
    free(r.block);
    free(r.changes);
    free(r.after);
    expect_number("race", "failures", r.failures, 0);
}

static void test_race_ipv4(void **state)
{
    (void)state;
    run_race(4, 1);
    run_race(4, 2);
}

static void test_race_ipv6(void **state)
{
    (void)state;
    run_race(6, 3);
    run_race(6, 4);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_race_ipv4), cmocka_unit_test(test_race_ipv6)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
