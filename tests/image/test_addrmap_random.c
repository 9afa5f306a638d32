/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The address map against a plain list of prefixes: long random histories of both families, a block that
 * fills up, reopening, no memory, and bytes that are not a map or no longer one.
 */

#include "image/addrmap_world.h"

static void random_step(struct world *w, const struct spread *s)
{
    struct cnipol_addrmap_prefix p = random_prefix(w, s);
    uint32_t choice = below(w, 100), filling = w->list.n < s->most / 2 ? 60 : 35;

    if (choice < filling && w->list.n < s->most) {
        assert_int_equal(cnipol_addrmap_put(w->map, &p), 0);
        list_put(&w->list, &p);
    } else if (choice < 90 && w->list.n) {
        p = w->list.items[below(w, w->list.n)];
        assert_int_equal(cnipol_addrmap_delete(w->map, &p), 0);
        assert_true(list_delete(&w->list, &p));
    } else if (choice < 96 && w->list.n) {
        p = w->list.items[below(w, w->list.n)];
        p.entry.peer ^= 1;
        assert_int_equal(cnipol_addrmap_put(w->map, &p), p.entry.peer < NONE ? 0 : CNIPOL_E_USAGE);
        if (p.entry.peer < NONE)
            list_put(&w->list, &p);
    } else if (choice < 97) {
        w->list.defaults[s->family == 6] = p.entry;
        assert_int_equal(cnipol_addrmap_set_default(w->map, s->family, p.entry), 0);
    } else {
        assert_int_equal(cnipol_addrmap_delete(w->map, &p), list_delete(&w->list, &p) ? 0 : CNIPOL_E_NOTFOUND);
    }
}

static void reopen(struct world *w)
{
    void *moved = aligned_alloc(64, (w->size + 63) / 64 * 64);

    assert_non_null(moved);
    cnipol_addrmap_close(w->map);
    memcpy(moved, w->block, w->size);
    free(w->block);
    w->block = moved;
    assert_int_equal(cnipol_addrmap_open(w->ctx, w->block, w->size, &w->map), 0);
}

static void test_random_histories(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(spreads); i++) {
        struct world w = new_world(1 << 20, 77 + i);

        for (uint32_t step = 0; step < 6000; step++) {
            random_step(&w, &spreads[i]);
            random_looks(&w, &spreads[i], 2);
            if (step % 500 == 0)
                expect_number(spreads[i].name, "verify", cnipol_addrmap_verify(w.ctx, w.block, w.size), 0);
            if (step % 1500 == 1499)
                reopen(&w);
        }
        while (w.list.n) {
            assert_int_equal(cnipol_addrmap_delete(w.map, &w.list.items[0]), 0);
            list_delete(&w.list, &w.list.items[0]);
            random_looks(&w, &spreads[i], 1);
        }
        expect_number(spreads[i].name, "verify", cnipol_addrmap_verify(w.ctx, w.block, w.size), 0);
        end_world(&w);
    }
}

/* In a block that is full nothing changes but what fits; what is taken out makes room. */
static void fill_up(size_t size, const struct spread *s)
{
    struct world w = new_world(size, size);
    uint32_t refused = 0;

    for (uint32_t step = 0; step < 3000; step++) {
        struct cnipol_addrmap_prefix p = random_prefix(&w, s);
        int rc = cnipol_addrmap_put(w.map, &p);

        if (rc == 0)
            list_put(&w.list, &p);
        else
            expect_number(s->name, "status", rc, CNIPOL_E_LIMIT);
        refused += rc != 0;
        if (rc && below(&w, 2)) {
            p = w.list.items[below(&w, w.list.n)];
            assert_int_equal(cnipol_addrmap_delete(w.map, &p), 0);
            list_delete(&w.list, &p);
        }
        random_looks(&w, s, 1);
        if (rc && refused % 16 == 1)
            expect_number(s->name, "verify", cnipol_addrmap_verify(w.ctx, w.block, w.size), 0);
    }
    expect_number(s->name, "was full", refused > 0, 1);
    while (w.list.n) {
        assert_int_equal(cnipol_addrmap_delete(w.map, &w.list.items[0]), 0);
        list_delete(&w.list, &w.list.items[0]);
    }
    assert_int_equal(cnipol_addrmap_verify(w.ctx, w.block, w.size), 0);
    end_world(&w);
}

static void test_full(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(spreads); i++) {
        if (spreads[i].most < 200 || strstr(spreads[i].name, "corner"))
            continue;
        fill_up(3000, &spreads[i]);
        fill_up(12345, &spreads[i]);
    }
}

/* The size that is said to be enough is, however prefixes are spread. */
static void test_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(spreads); i++)
        for (uint32_t n = 1; n < 3000; n *= 3) {
            struct world w = new_world(cnipol_addrmap_room(n, 64), i);

            for (uint32_t k = 0; k < n; k++) {
                struct cnipol_addrmap_prefix p = random_prefix(&w, &spreads[i]);

                expect_number(spreads[i].name, "status", cnipol_addrmap_put(w.map, &p), 0);
            }
            end_world(&w);
        }
}

/* Hooks that fail when told so: no allocation that a change makes may leave half of it. */
static bool is_failing;

static void *failing_alloc(void *user, size_t size)
{
    (void)user;
    return is_failing ? NULL : malloc(size);
}

static void *failing_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    return is_failing ? NULL : realloc(block, new_size);
}

static void failing_free(void *user, void *block, size_t size)
{
    (void)user;
    (void)size;
    free(block);
}

static void test_no_memory(void **state)
{
    const struct cnipol_alloc hooks = {.alloc = failing_alloc, .realloc = failing_realloc, .free = failing_free};
    const struct spread *s = &spreads[3];
    struct world w = new_world(1 << 20, 8);
    struct cnipol_addrmap *other = NULL;
    uint32_t failed = 0;

    (void)state;
    cnipol_addrmap_close(w.map);
    cnipol_ctx_free(w.ctx);
    assert_int_equal(cnipol_ctx_new(&hooks, &w.ctx), 0);
    assert_int_equal(cnipol_addrmap_open(w.ctx, w.block, w.size, &w.map), 0);
    for (uint32_t i = 0; i < 900; i++) {
        struct cnipol_addrmap_prefix p = random_prefix(&w, s);
        int rc;

        cnipol_addrmap_close(w.map); /* with the memory it keeps */
        assert_int_equal(cnipol_addrmap_open(w.ctx, w.block, w.size, &w.map), 0);
        is_failing = i % 3 != 0;
        rc = cnipol_addrmap_put(w.map, &p);
        if (is_failing) {
            assert_int_equal(cnipol_addrmap_verify(w.ctx, w.block, w.size), CNIPOL_E_NOMEM);
            assert_int_equal(cnipol_addrmap_open(w.ctx, w.block, w.size, &other), CNIPOL_E_NOMEM);
        }
        is_failing = false;
        failed += rc == CNIPOL_E_NOMEM;
        assert_true(rc == 0 || rc == CNIPOL_E_NOMEM);
        if (rc == 0)
            list_put(&w.list, &p);
        random_looks(&w, s, 2);
        assert_int_equal(i % 50 ? 0 : cnipol_addrmap_verify(w.ctx, w.block, w.size), 0);
    }
    assert_true(failed > 0);
    end_world(&w);
}

/* Any bytes: what verify lets pass can be read, walked and changed without harm. */
static void use(struct world *w, const struct spread *s)
{
    struct cnipol_addrmap *map;
    int seen = -100000;

    if (cnipol_addrmap_open(w->ctx, w->block, w->size, &map))
        return;
    cnipol_addrmap_each(w->block, stop_at_third, &seen);
    for (uint32_t i = 0; i < 40; i++) {
        struct cnipol_addrmap_prefix p = random_prefix(w, s);
        uint32_t pick = below(w, w->list.n);

        cnipol_addrmap_find(w->block, p.family, p.address);
        cnipol_addrmap_find(w->block, w->list.items[pick].family, w->list.items[pick].address);
        cnipol_addrmap_put(map, &p);
        cnipol_addrmap_delete(map, &w->list.items[pick]);
    }
    cnipol_addrmap_close(map);
}

static void test_corrupt(void **state)
{
    uint32_t passed = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(spreads); i++) {
        struct world w = new_world(1 << 16, 99 + i);
        unsigned char *good = malloc(w.size);

        assert_non_null(good);
        fill(&w, &spreads[i], 60);
        memcpy(good, w.block, w.size);
        for (uint32_t round = 0; round < 1500; round++) {
            uint32_t flips = 1 + below(&w, 3);

            while (flips--) {
                uint32_t at = below(&w, 3) ? below(&w, (uint32_t)w.size) : below(&w, 6000);

                ((unsigned char *)w.block)[at] = (unsigned char)(below(&w, 2) ? random_word(&w) : good[below(&w, 6000)]);
            }
            passed += cnipol_addrmap_verify(w.ctx, w.block, w.size) == 0;
            use(&w, &spreads[i]);
            memcpy(w.block, good, w.size);
        }
        for (uint32_t n = 0; n < 400; n++)
            assert_int_equal(cnipol_addrmap_verify(w.ctx, w.block, n), CNIPOL_E_INVALID);
        free(good);
        end_world(&w);
    }
    assert_true(passed > 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_histories), cmocka_unit_test(test_full),    cmocka_unit_test(test_room),
        cmocka_unit_test(test_no_memory),        cmocka_unit_test(test_corrupt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
