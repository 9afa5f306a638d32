/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that runs out, at every allocation of the whole pipeline in turn.
 *
 * From the n-th allocation on, or the n-th alone; and by the context's own limit. Each time: the step
 * says CNIPOL_E_NOMEM, or everything that was said equals what the unhindered run said; and the
 * allocator has all of its blocks back. Where one allocation alone fails, the step is tried once more
 * and must then succeed, except loading and checking, which say things as they go.
 */

#include "base/testing.h"
#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>

#define STRIDE 37u /* past `every` */
#define QUESTIONS 12u

static const char broken[] = "apiVersion: v1\nkind: Pod\nmetadata: {name: [x}\n---\na: *nowhere\n";

/* Everything; or, where the run must say nothing about its input, the part that is right. */
static struct input inputs[2];
static struct input right;

static uint64_t every = 2000; /* each n up to here; ROBUST_EVERY in the environment changes it */

enum failing { FAIL_FROM_THERE, FAIL_ONCE };

struct budget {
    uint64_t asked;  /* allocations so far */
    uint64_t victim; /* the number of the one that fails; 0: none */
    uint64_t failed;
    enum failing how;
    size_t live;
    size_t bytes;
};

static bool refuses(struct budget *budget)
{
    uint64_t n = ++budget->asked;
    bool fails = budget->victim && (budget->how == FAIL_ONCE ? n == budget->victim : n >= budget->victim);

    budget->failed += fails;
    return fails;
}

static void *spend(void *user, size_t size)
{
    struct budget *budget = user;
    void *block = refuses(budget) ? NULL : malloc(size ? size : 1);

    budget->live += block != NULL;
    budget->bytes += block ? size : 0;
    return block;
}

static void *respend(void *user, void *block, size_t old_size, size_t new_size)
{
    struct budget *budget = user;
    void *moved = refuses(budget) ? NULL : realloc(block, new_size ? new_size : 1);

    if (moved) {
        budget->live += block == NULL;
        budget->bytes += new_size - old_size;
    }
    return moved;
}

static void give_back(void *user, void *block, size_t size)
{
    struct budget *budget = user;

    budget->live -= block != NULL;
    budget->bytes -= block ? size : 0;
    free(block);
}

struct trial {
    struct budget budget;
    struct run run;
    int status;
};

struct sweep {
    int32_t mode;
    enum failing how;
    bool only_right;
};

static void try_with(struct trial *t, const struct sweep *sweep, uint64_t victim, uint64_t memory)
{
    struct cnipol_alloc alloc = {spend, respend, give_back, &t->budget};

    t->budget = (struct budget){.victim = victim, .how = sweep->how};
    t->run = (struct run){.alloc = &alloc,
                          .inputs = sweep->only_right ? &right : inputs,
                          .n_inputs = sweep->only_right ? 1 : COUNT(inputs),
                          .mode = sweep->mode,
                          .questions = QUESTIONS,
                          .memory = memory,
                          .retry = sweep->how == FAIL_ONCE};
    t->status = run_pipeline(&t->run);
    t->run.alloc = NULL;
    if (t->budget.live || t->budget.bytes)
        fail_msg("mode %d, allocation %llu: %zu blocks, %zu bytes are lost after %s", sweep->mode, (unsigned long long)victim,
                 t->budget.live, t->budget.bytes, t->run.failing ? t->run.failing : "success");
}

static void expect_same(const struct trial *t, const struct trial *whole, const char *what, uint64_t n)
{
    const struct sink *a = &t->run.said, *b = &whole->run.said;
    size_t i = 0;

    if (a->n == b->n && memcmp(a->text, b->text, a->n) == 0)
        return;
    while (i < a->n && i < b->n && a->text[i] == b->text[i])
        i++;
    i = i > 60 ? i - 60 : 0;
    fail_msg("%s %llu (%s): success, but it said\n%.200s\ninstead of\n%.200s", what, (unsigned long long)n,
             t->run.failing ? t->run.failing : "no failure", a->text + i, b->text + i);
}

/* One allocation of one run. True where something ran out. */
static bool try_one(const struct sweep *sweep, const struct trial *whole, uint64_t n)
{
    struct trial t;
    bool hit;

    try_with(&t, sweep, n, 0);
    hit = t.budget.failed > 0;
    if (t.status == CNIPOL_OK)
        expect_same(&t, whole, sweep->how == FAIL_ONCE ? "only allocation" : "from allocation", n);
    else if (sweep->how == FAIL_ONCE && strcmp(t.run.failing, "load") != 0 && strcmp(t.run.failing, "check") != 0)
        fail_msg("allocation %llu: %s cannot be tried again", (unsigned long long)n, t.run.failing);
    if (hit && !t.run.nomem && sweep->how == FAIL_FROM_THERE)
        fail_msg("from allocation %llu: all of them failed, but nothing said so", (unsigned long long)n);
    sink_free(&t.run.said);
    return hit;
}

static void test_sweep(void **state)
{
    const struct sweep *sweep = *state;
    struct trial whole;
    uint64_t n, tried = 0;

    try_with(&whole, sweep, 0, 0);
    assert_int_equal(whole.status, CNIPOL_OK);
    for (n = 1; n <= whole.budget.asked; n += n < every ? 1 : STRIDE) {
        try_one(sweep, &whole, n);
        tried++;
    }
    assert_false(try_one(sweep, &whole, whole.budget.asked + 1));
    print_message("%llu of %llu allocations failed in turn (each of the first %llu, then every %u)\n", (unsigned long long)tried,
                  (unsigned long long)whole.budget.asked, (unsigned long long)every, STRIDE);
    sink_free(&whole.run.said);
}

static struct sweep sweeps[] = {
    {CNIPOL_MODE_STRICT, FAIL_FROM_THERE, false}, {CNIPOL_MODE_SERVER, FAIL_FROM_THERE, false},
    {CNIPOL_MODE_STORED, FAIL_FROM_THERE, false}, {CNIPOL_MODE_STRICT, FAIL_ONCE, false},
    {CNIPOL_MODE_SERVER, FAIL_ONCE, false},       {CNIPOL_MODE_STORED, FAIL_ONCE, false},
    {CNIPOL_MODE_STRICT, FAIL_FROM_THERE, true},  {CNIPOL_MODE_STRICT, FAIL_ONCE, true},
};

static const char *vectors;

static void tell(void *user, const struct cnipol_vector_result *result)
{
    sink_print(user, "%u %u %s %s %s %s %s\n", result->line, result->passed, result->case_name, result->question, result->expected,
               result->got, result->chain ? result->chain : "-");
}

static int run_vectors(struct budget *budget, struct sink *said)
{
    struct cnipol_alloc alloc = {spend, respend, give_back, budget};
    struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
    struct cnipol_vector_opts all = {.sz = sizeof all, .all = 1};
    struct cnipol_vector_counts counts = {0};
    struct cnipol_ctx *ctx;
    int rc = cnipol_ctx_new(&alloc, &ctx);

    if (rc)
        return rc;
    rc = cnipol_vector_run(ctx, vectors, &all, tell, said, &counts);
    sink_print(said, "%d: %llu cases, %llu passed, %llu failed\n", rc, (unsigned long long)counts.cases, (unsigned long long)counts.passed,
               (unsigned long long)counts.failed);
    if (!rc)
        rc = cnipol_report_diags(ctx, &opts, sink_write, said);
    cnipol_ctx_free(ctx);
    return rc;
}

static void test_vectors(void **state)
{
    struct budget budget = {0};
    struct sink whole = {0};
    uint64_t total;
    int unhindered;

    vectors = *state;
    unhindered = run_vectors(&budget, &whole);
    total = budget.asked;
    for (uint64_t n = 1; n <= total; n += n < every ? 1 : STRIDE)
        for (int how = FAIL_FROM_THERE; how <= FAIL_ONCE; how++) {
            struct sink said = {0};
            int rc;

            budget = (struct budget){.victim = n, .how = (enum failing)how};
            rc = run_vectors(&budget, &said);
            if (budget.live || budget.bytes)
                fail_msg("allocation %llu: %zu blocks, %zd bytes are lost", (unsigned long long)n, budget.live, (ssize_t)budget.bytes);
            if (rc != CNIPOL_E_NOMEM && (rc != unhindered || said.n != whole.n || memcmp(said.text, whole.text, said.n) != 0))
                fail_msg("allocation %llu, mode %d: %s, but it said\n%s\ninstead of\n%s", (unsigned long long)n, how,
                         cnipol_status_text(rc), said.text, whole.text);
            sink_free(&said);
        }
    print_message("%llu allocations, %.60s\n", (unsigned long long)total, strrchr(vectors, '/'));
    sink_free(&whole);
}

/* The context's own limit, from hardly anything to more than enough. */
static void test_memory_limit(void **state)
{
    const struct sweep sweep = {CNIPOL_MODE_SERVER, FAIL_FROM_THERE, false};
    struct trial whole, t;
    uint64_t limit = 1024;
    uint32_t refused = 0;

    (void)state;
    try_with(&whole, &sweep, 0, 0);
    for (;; limit += limit / 64) {
        try_with(&t, &sweep, 0, limit);
        if (t.status == CNIPOL_OK)
            break;
        sink_free(&t.run.said);
        refused++;
    }
    assert_in_range(refused, 10, 2000);
    expect_same(&t, &whole, "limit", limit);
    print_message("%u limits refused, %llu bytes suffice\n", refused, (unsigned long long)limit);
    sink_free(&t.run.said);
    sink_free(&whole.run.said);
}

static char *slurp(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);

    assert_non_null(file);
    assert_non_null(text);
    *size = fread(text, 1, 1 << 20, file);
    assert_in_range(*size, 1, (1 << 20) - 1);
    fclose(file);
    return text;
}

int main(int argc, char **argv)
{
#define SWEEP(name, i)                           \
    {                                            \
        name, test_sweep, NULL, NULL, &sweeps[i] \
    }
    const struct CMUnitTest tests[] = {
        SWEEP("all from the n-th on, strict", 0),
        SWEEP("all from the n-th on, server", 1),
        SWEEP("all from the n-th on, stored", 2),
        SWEEP("the n-th alone, strict", 3),
        SWEEP("the n-th alone, server", 4),
        SWEEP("the n-th alone, stored", 5),
        SWEEP("all from the n-th on, nothing wrong", 6),
        SWEEP("the n-th alone, nothing wrong", 7),
        cmocka_unit_test(test_memory_limit),
        {"vectors", test_vectors, NULL, NULL, argc > 2 ? argv[2] : NULL},
        {"failing vectors", test_vectors, NULL, NULL, argc > 3 ? argv[3] : NULL},
    };
    char *text;
    size_t size;
    int rc;

    if (argc != 4)
        return 2;
    if (getenv("ROBUST_EVERY"))
        every = strtoull(getenv("ROBUST_EVERY"), NULL, 10);
    text = slurp(argv[1], &size);
    inputs[0] = (struct input){"mid.yaml", text, size};
    right = (struct input){"mid.yaml", text, (size_t)(strstr(text, "# From here on") - text)};
    inputs[1] = (struct input){"broken.yaml", broken, sizeof broken - 1};
    rc = cmocka_run_group_tests_name("out of memory", tests, NULL, NULL);
    free(text);
    return rc;
}
