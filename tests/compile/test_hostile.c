/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks that are not what was written: refused, or read as a model that can be asked and explained safely. And
 * memory that runs out: refused, nothing lost, nothing changed.
 */

#include "twin.h"

#include "compile/cold.h"
#include "town.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct written {
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_model *model;
    struct np_buf blocks[2]; /* machine, directory */
};

static int write_town(void **state)
{
    static struct written w;

    assert_int_equal(cnipol_ctx_new(NULL, &w.ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(w.ctx, NULL, &w.cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(w.cluster, "town.yaml", town, sizeof town - 1), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(w.cluster, NULL, NULL, &w.model), CNIPOL_OK);
    np_buf_init(&w.blocks[0], &w.ctx->mem);
    np_buf_init(&w.blocks[1], &w.ctx->mem);
    assert_int_equal(write_blocks(w.model, &w.blocks[0], &w.blocks[1]), CNIPOL_OK);
    *state = &w;
    return 0;
}

static int free_town(void **state)
{
    struct written *w = *state;

    np_buf_free(&w->blocks[0]);
    np_buf_free(&w->blocks[1]);
    cnipol_model_free(w->model);
    cnipol_cluster_free(w->cluster);
    cnipol_ctx_free(w->ctx);
    return 0;
}

static const char *const ends[] = {"shop/web", "shop/db",   "shop/agent", "yard/twin-a", "node/n1",  "service/shop/web",
                                   "10.0.3.1", "10.0.1.77", "fd00:10::1", "shop/lost",   "yard/none"};

/* Whatever it answers, it does so within its own bytes. */
static void ask_everything(struct cnipol_ctx *ctx, const struct cnipol_model *model)
{
    for (size_t i = 0; i < COUNT(ends) * COUNT(ends); i++) {
        struct cnipol_trace *trace;
        struct cnipol_question q;

        if (cnipol_question_init(model, ends[i / COUNT(ends)], ends[i % COUNT(ends)], &q))
            continue;
        q.protocol = i % 3 ? 6 : 17;
        q.destination_port = (uint16_t)(i % 2 ? 8080 : 53);
        assert_int_equal(cnipol_explain(ctx, model, &q, &trace), CNIPOL_OK);
        assert_non_null(cnipol_trace_text(trace, 0));
        cnipol_trace_free(trace);
    }
}

/* The bytes, exactly as many as they are, so that a sanitizer sees what is read behind them. */
static int read_bytes(const char *machine, size_t machine_size, const char *directory, size_t directory_size)
{
    char *copies[2] = {malloc(machine_size ? machine_size : 1), malloc(directory_size ? directory_size : 1)};
    struct cnipol_model *model = NULL;
    struct cnipol_ctx *ctx;
    int rc;

    assert_true(copies[0] && copies[1]);
    memcpy(copies[0], machine, machine_size);
    memcpy(copies[1], directory, directory_size);
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    rc = np_model_read(ctx, copies[0], machine_size, copies[1], directory_size, &model);
    free(copies[0]);
    free(copies[1]);
    if (!rc)
        ask_everything(ctx, model);
    cnipol_model_free(model);
    cnipol_ctx_free(ctx);
    return rc;
}

static int read_changed(const struct written *w, const struct np_buf *changed, uint32_t which)
{
    const struct np_buf *machine = which ? &w->blocks[0] : changed, *directory = which ? changed : &w->blocks[1];

    return read_bytes(machine->s, machine->n, directory->s, directory->n);
}

static void test_every_length(void **state)
{
    const struct written *w = *state;

    for (uint32_t which = 0; which < 2; which++)
        for (size_t n = 0; n < w->blocks[which].n; n++) {
            struct np_buf cut = w->blocks[which];

            cut.n = n;
            assert_int_equal(read_changed(w, &cut, which), CNIPOL_E_INVALID);
        }
    assert_int_equal(read_bytes(w->blocks[1].s, w->blocks[1].n, w->blocks[0].s, w->blocks[0].n), CNIPOL_E_INVALID);
    assert_int_equal(read_changed(w, &w->blocks[0], 0), CNIPOL_OK);
}

static void refuse_or_read(const struct written *w, const struct np_buf *changed, uint32_t which, uint32_t seen[2])
{
    int rc = read_changed(w, changed, which);

    if (rc != CNIPOL_OK && rc != CNIPOL_E_INVALID && rc != CNIPOL_E_NOTFOUND)
        fail_msg("%s", cnipol_status_text(rc));
    seen[rc == CNIPOL_OK]++;
}

static void test_every_byte(void **state)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    const struct written *w = *state;
    uint32_t seen[2] = {0};

    for (uint32_t which = 0; which < 2; which++)
        for (size_t at = 0; at < w->blocks[which].n; at++) {
            char *byte = w->blocks[which].s + at, was = *byte;

            *byte = (char)(*byte ^ changes[at % COUNT(changes)]);
            refuse_or_read(w, &w->blocks[which], which, seen);
            *byte = was;
        }
    assert_true(seen[0] > 100 && seen[1] > 100);
}

/* Whole numbers, which is what leads somewhere: small ones, those beside the ones that were there, and huge ones. */
static void test_numbers(void **state)
{
    const struct written *w = *state;
    uint64_t random = 4;
    uint32_t seen[2] = {0};

    for (uint32_t i = 0; i < 6000; i++) {
        struct np_buf changed = w->blocks[i % 2];
        char *copy = malloc(changed.n);

        assert_non_null(copy);
        memcpy(copy, changed.s, changed.n);
        changed.s = copy;
        for (uint32_t k = 0; k <= i % 3; k++) {
            uint32_t value, *at;

            random = random * 6364136223846793005u + 1442695040888963407u;
            at = (uint32_t *)(void *)(copy + (random >> 33) % (changed.n / 4) * 4);
            value = (uint32_t)(random >> 20);
            *at = value % 4 == 0 ? value % 64 : value % 4 == 1 ? *at + 1 : value % 4 == 2 ? *at - 1 : UINT32_MAX - value % 16;
        }
        refuse_or_read(w, &changed, i % 2, seen);
        free(copy);
    }
    assert_true(seen[0] > 100 && seen[1] > 100);
}

/* What was read is written as it was. */
static void test_same_bytes_again(void **state)
{
    const struct written *w = *state;
    struct np_buf again[2];
    struct cnipol_model *copy;
    struct cnipol_ctx *ctx;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(np_model_read(ctx, w->blocks[0].s, w->blocks[0].n, w->blocks[1].s, w->blocks[1].n, &copy), CNIPOL_OK);
    np_buf_init(&again[0], &ctx->mem);
    np_buf_init(&again[1], &ctx->mem);
    assert_int_equal(np_emit_machine(copy, NULL, &again[0]), CNIPOL_OK);
    assert_int_equal(np_emit_directory(copy, copy->peers, &again[1]), CNIPOL_OK);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(again[i].n, w->blocks[i].n);
        assert_memory_equal(again[i].s, w->blocks[i].s, again[i].n);
        np_buf_free(&again[i]);
    }
    assert_int_equal(cnipol_check(ctx, copy), CNIPOL_E_USAGE);
    cnipol_model_free(copy);
    cnipol_ctx_free(ctx);
}

struct budget {
    size_t left; /* allocations that still succeed */
    size_t held; /* bytes */
};

static void *budget_alloc(void *user, size_t size)
{
    struct budget *budget = user;

    if (budget->left == 0)
        return NULL;
    budget->left--;
    budget->held += size;
    return malloc(size);
}

static void *budget_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    struct budget *budget = user;

    if (budget->left == 0)
        return NULL;
    budget->left--;
    budget->held += new_size - old_size;
    return realloc(block, new_size);
}

static void budget_free(void *user, void *block, size_t size)
{
    struct budget *budget = user;

    budget->held -= size;
    free(block);
}

static void test_reading_without_memory(void **state)
{
    const struct written *w = *state;
    int rc = CNIPOL_E_NOMEM;

    for (size_t n = 0; rc == CNIPOL_E_NOMEM; n++) {
        struct budget budget = {SIZE_MAX, 0};
        const struct cnipol_alloc alloc = {budget_alloc, budget_realloc, budget_free, &budget};
        struct cnipol_model *copy = NULL;
        struct cnipol_ctx *ctx;

        assert_int_equal(cnipol_ctx_new(&alloc, &ctx), CNIPOL_OK);
        budget.left = n;
        rc = np_model_read(ctx, w->blocks[0].s, w->blocks[0].n, w->blocks[1].s, w->blocks[1].n, &copy);
        assert_true(rc == CNIPOL_OK ? copy != NULL && n > 20 : copy == NULL);
        cnipol_model_free(copy);
        cnipol_ctx_free(ctx);
        assert_int_equal(budget.held, 0);
    }
    assert_int_equal(rc, CNIPOL_OK);
}

static void test_writing_without_memory(void **state)
{
    struct budget budget = {SIZE_MAX, 0};
    const struct cnipol_alloc alloc = {budget_alloc, budget_realloc, budget_free, &budget};
    struct cnipol_cluster *cluster;
    struct cnipol_model *model;
    struct cnipol_ctx *ctx;
    int rc = CNIPOL_E_NOMEM;

    (void)state;
    assert_int_equal(cnipol_ctx_new(&alloc, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(ctx, NULL, &cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(cluster, "town.yaml", town, sizeof town - 1), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(cluster, NULL, NULL, &model), CNIPOL_OK);
    for (size_t n = 0; rc == CNIPOL_E_NOMEM; n++) {
        size_t held = budget.held;
        struct np_buf blocks[2];

        np_buf_init(&blocks[0], &ctx->mem);
        np_buf_init(&blocks[1], &ctx->mem);
        budget.left = n;
        rc = write_blocks(model, &blocks[0], &blocks[1]);
        np_buf_free(&blocks[0]);
        np_buf_free(&blocks[1]);
        budget.left = SIZE_MAX;
        assert_true(rc == CNIPOL_OK || rc == CNIPOL_E_NOMEM);
        assert_true(budget.held <= held + 65536); /* the lines of a source, once counted, stay */
    }
    cnipol_model_free(model);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
    assert_int_equal(budget.held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_same_bytes_again),
        cmocka_unit_test(test_reading_without_memory),
        cmocka_unit_test(test_writing_without_memory),
    };

    return cmocka_run_group_tests_name("hostile", tests, write_town, free_town);
}
