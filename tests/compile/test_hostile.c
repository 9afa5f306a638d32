/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks that are not what was written: refused, or read as a model that can be asked and explained safely. And
 * memory that runs out: refused, nothing lost, nothing changed.
 */

#include "twin.h"

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

/* A number in a row, put in the place of the one that was there. */
static const struct {
    const char *what;
    uint32_t which; /* 0 machine, 1 directory */
    uint32_t part, row, at, size, value;
} refused[] = {
    {"no such magic", 0, 99, 0, 0, 4, 1},
    {"fewer bytes than there are", 0, 99, 0, 4, 4, 64},
    {"more parts than bytes", 0, 99, 0, 8, 4, 0x10000000},
    {"a part that is not aligned", 0, 99, 0, 16, 4, 172},
    {"a part behind the end", 0, 99, 0, 16, 4, 0xfffffff8},
    {"too many rows", 0, 99, 0, 20, 4, 0x20000001},
    {"a string behind the texts", 0, CNIPOL_COLD_STRINGS, 1, 0, 4, 0x7fffffff},
    {"a string past the texts", 0, CNIPOL_COLD_STRINGS, 1, 4, 4, 0x7fffffff},
    {"a string without its end", 0, CNIPOL_COLD_STRINGS, 1, 4, 4, 1},
    {"strings out of order", 0, CNIPOL_COLD_STRINGS, 1, 0, 4, 0},
    {"an engine without a name", 0, CNIPOL_MACHINE_INFO, 0, 0, 4, 9999},
    {"a direction that is none", 0, CNIPOL_MACHINE_CHECKPOINTS, 0, 4, 1, 2},
    {"a subject that is none", 0, CNIPOL_MACHINE_CHECKPOINTS, 0, 5, 1, 2},
    {"an end that is none of a path", 0, CNIPOL_MACHINE_CHECKPOINTS, 0, 6, 1, 2},
    {"stages of another checkpoint", 0, CNIPOL_MACHINE_CHECKPOINTS, 1, 8, 4, 0},
    {"an action that is none", 0, CNIPOL_MACHINE_CHECKPOINTS, 0, 16, 1, 6},
    {"flags that are none", 0, CNIPOL_MACHINE_CHECKPOINTS, 0, 17, 1, 8},
    {"guards that are not there", 0, CNIPOL_MACHINE_CHECKPOINTS, 0, 24, 4, 0},
    {"a way to combine that is none", 0, CNIPOL_MACHINE_STAGES, 0, 4, 1, 3},
    {"rules of another stage", 0, CNIPOL_MACHINE_STAGES, 1, 8, 4, 0},
    {"rules behind the end", 0, CNIPOL_MACHINE_STAGES, 0, 12, 4, 999},
    {"a policy that is not there", 0, CNIPOL_MACHINE_RULES, 0, 12, 4, 3},
    {"a predicate that is not there", 0, CNIPOL_MACHINE_RULES, 0, 32, 4, 9999},
    {"a place that is not there", 0, CNIPOL_MACHINE_RULES, 0, 40, 4, 9999},
    {"a governing policy that is not there", 0, CNIPOL_MACHINE_GOVERNING, 0, 0, 4, 3},
    {"a policy of no kind", 0, CNIPOL_MACHINE_POLICIES, 0, 0, 4, CNIPOL_COLD_NONE},
    {"a policy without a name", 0, CNIPOL_MACHINE_POLICIES, 0, 12, 4, CNIPOL_COLD_NONE},
    {"a default's reason that is not there", 0, CNIPOL_MACHINE_DEFAULTS, 0, 8, 4, 9999},
    {"a term of no kind", 0, CNIPOL_MACHINE_TERMS, 0, 0, 1, 11},
    {"a set that is not there", 0, CNIPOL_MACHINE_TERMS, 0, 8, 4, 9999},
    {"a term that is negated twice", 0, CNIPOL_MACHINE_TERMS, 0, 1, 1, 2},
    {"terms of another conjunction", 0, CNIPOL_MACHINE_CONJUNCTIONS, 1, 0, 4, 0},
    {"conjunctions of another predicate", 0, CNIPOL_MACHINE_PREDICATES, 1, 0, 4, 0},
    {"a range past the peer ids", 0, CNIPOL_MACHINE_RANGES, 0, 4, 4, 999},
    {"an empty range", 0, CNIPOL_MACHINE_RANGES, 0, 4, 4, 0},
    {"a prefix of no family", 0, CNIPOL_MACHINE_PREFIXES, 0, 16, 1, 5},
    {"a prefix that is too long", 0, CNIPOL_MACHINE_PREFIXES, 0, 17, 1, 129},
    {"an IPv4 prefix of more than its bytes", 0, CNIPOL_MACHINE_PREFIXES, 0, 12, 4, 1},
    {"a place without a file", 0, CNIPOL_MACHINE_PLACES, 0, 0, 4, CNIPOL_COLD_NONE},
    {"peer ids of nobody", 1, CNIPOL_DIRECTORY_INFO, 0, 0, 4, 999},
    {"fewer peer ids than are used", 1, CNIPOL_DIRECTORY_INFO, 0, 0, 4, 3},
    {"namespaces out of order", 1, CNIPOL_DIRECTORY_NAMESPACES, 1, 0, 4, 0},
    {"a pod of no namespace", 1, CNIPOL_DIRECTORY_PODS, 0, 0, 4, 99},
    {"pods out of order", 1, CNIPOL_DIRECTORY_PODS, 0, 0, 4, 1},
    {"a pod without a name", 1, CNIPOL_DIRECTORY_PODS, 0, 4, 4, CNIPOL_COLD_NONE},
    {"addresses of another pod", 1, CNIPOL_DIRECTORY_PODS, 1, 20, 4, 0},
    {"addresses behind the end", 1, CNIPOL_DIRECTORY_PODS, 0, 24, 4, 999},
    {"a pod's peer id that is none", 1, CNIPOL_DIRECTORY_PODS, 0, 28, 4, 9999},
    {"ports of another pod", 1, CNIPOL_DIRECTORY_PODS, 1, 32, 4, 3},
    {"nodes out of order", 1, CNIPOL_DIRECTORY_NODES, 1, 0, 4, 0},
    {"an address of no family", 1, CNIPOL_DIRECTORY_ADDRESSES, 0, 16, 1, 0},
    {"an address's peer id that is none", 1, CNIPOL_DIRECTORY_ADDRESSES, 0, 20, 4, 9999},
    {"ports of another Service", 1, CNIPOL_DIRECTORY_SERVICES, 1, 24, 4, 0},
    {"Services out of order", 1, CNIPOL_DIRECTORY_SERVICES, 1, 0, 4, 0},
    {"backends of another port", 1, CNIPOL_DIRECTORY_SERVICE_PORTS, 1, 12, 4, 0},
    {"a backend of another family", 1, CNIPOL_DIRECTORY_BACKENDS, 0, 18, 1, 6},
    {"atoms out of order", 1, CNIPOL_DIRECTORY_ATOMS4, 1, 0, 4, 0},
    {"an atom's peer id that is none", 1, CNIPOL_DIRECTORY_ATOMS6, 1, 16, 4, 9999},
};

static void test_refused(void **state)
{
    const struct written *w = *state;

    for (size_t i = 0; i < COUNT(refused); i++) {
        const struct np_cold_kind *kind = refused[i].which ? &np_cold_directory : &np_cold_machine;
        const struct np_buf *block = &w->blocks[refused[i].which];
        struct cnipol_cold_part part = {0, 1};
        char was[4], *at = block->s + refused[i].at;

        if (refused[i].part < kind->n_parts) {
            memcpy(&part, block->s + sizeof(struct cnipol_cold_head) + refused[i].part * sizeof part, sizeof part);
            at += part.offset + refused[i].row * kind->row_size[refused[i].part];
        }
        assert_true(refused[i].row < part.count);
        memcpy(was, at, sizeof was);
        memcpy(at, &refused[i].value, refused[i].size);
        if (read_changed(w, block, refused[i].which) != CNIPOL_E_INVALID)
            fail_msg("%s was taken", refused[i].what);
        memcpy(at, was, sizeof was);
    }
    assert_int_equal(read_changed(w, &w->blocks[0], 0), CNIPOL_OK);
}

/* An engine that this library does not have; and the policies of a copy are not at hand. */
static void test_foreign_engine(void **state)
{
    const struct written *w = *state;
    struct cnipol_model *copy;
    struct cnipol_ctx *ctx;
    char *name;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(np_model_read(ctx, w->blocks[0].s, w->blocks[0].n, w->blocks[1].s, w->blocks[1].n, &copy), CNIPOL_OK);
    assert_int_equal(cnipol_check(ctx, copy), CNIPOL_E_USAGE);
    cnipol_model_free(copy);
    cnipol_ctx_free(ctx);
    name = memmem(w->blocks[0].s, w->blocks[0].n, "kubernetes", 11);
    assert_non_null(name);
    name[9] = 'z';
    assert_int_equal(read_changed(w, &w->blocks[0], 0), CNIPOL_E_NOTFOUND);
    name[9] = 's';
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
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_foreign_engine),
        cmocka_unit_test(test_reading_without_memory),
        cmocka_unit_test(test_writing_without_memory),
    };

    return cmocka_run_group_tests_name("hostile", tests, write_town, free_town);
}
