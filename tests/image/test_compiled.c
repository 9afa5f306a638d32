/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiled images: each byte of one is under a checksum, mutations of one without are safe to ask, the three forms of asking agree. */

#include "wild.h"

#include <cnipol/cnipol.h>

static const char *manifest; /* of the command line */

struct compiled {
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_model *model;
    struct cnipol_image *image;
    uint8_t *bytes; /* a copy to alter */
    size_t n;
};

static void compiled_start(struct compiled *c, const struct cnipol_compile_opts *opts)
{
    const void *bytes;

    assert_int_equal(cnipol_ctx_new(NULL, &c->ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(c->ctx, NULL, &c->cluster), CNIPOL_OK);
    cnipol_cluster_load_path(c->cluster, manifest); /* some of it is refused on purpose */
    assert_int_equal(cnipol_model_new(c->cluster, "kubernetes", NULL, &c->model), CNIPOL_OK);
    assert_int_equal(cnipol_compile(c->ctx, c->model, opts, &c->image), CNIPOL_OK);
    bytes = cnipol_image_bytes(c->image, &c->n);
    c->bytes = exact_copy(bytes, c->n);
    cnipol_diag_clear(c->ctx);
}

static void compiled_end(struct compiled *c)
{
    free(c->bytes);
    cnipol_image_free(c->image);
    cnipol_model_free(c->model);
    cnipol_cluster_free(c->cluster);
    cnipol_ctx_free(c->ctx);
}

static void test_each_byte(void **state)
{
    const struct cnipol_compile_opts opts = {.sz = sizeof opts};
    struct compiled c;

    (void)state;
    compiled_start(&c, &opts);
    assert_int_equal(cnipol_image_verify(c.ctx, c.bytes, c.n), CNIPOL_OK);
    for (size_t i = 0; i < c.n; i++) {
        const uint8_t was = c.bytes[i];

        c.bytes[i] ^= (uint8_t)(1u << i % 8);
        if (cnipol_image_verify(c.ctx, c.bytes, c.n) != CNIPOL_E_INVALID)
            fail_msg("byte %zu was altered, and taken", i);
        cnipol_diag_clear(c.ctx);
        c.bytes[i] = was;
    }
    for (size_t n = 0; n < c.n; n += 1 + n / 50) {
        assert_int_equal(cnipol_image_verify(c.ctx, c.bytes, n), CNIPOL_E_INVALID);
        cnipol_diag_clear(c.ctx);
    }
    compiled_end(&c);
}

static void test_mutations(void **state)
{
    const struct cnipol_compile_opts opts = {.sz = sizeof opts, .no_checksums = 1};
    const char *rounds_text = getenv("IMAGE_ROUNDS");
    uint32_t rounds = rounds_text ? (uint32_t)atoi(rounds_text) : 3000, taken = 0;
    uint64_t random = 7;
    struct compiled c;
    uint8_t *copy;

    (void)state;
    compiled_start(&c, &opts);
    copy = exact_copy(c.bytes, c.n);
    for (uint32_t i = 0; i < rounds; i++) {
        memcpy(copy, c.bytes, c.n);
        mutate(&random, copy, np_image_header(copy)->eval_bytes, np_image_header(copy)->view);
        seal_header(copy);
        if (cnipol_image_verify(c.ctx, copy, c.n) == CNIPOL_OK) {
            ask_wildly(copy, &random);
            taken++;
        }
        cnipol_diag_clear(c.ctx);
    }
    assert_true(taken > rounds / 20);
    free(copy);
    compiled_end(&c);
}

#define KEYS 20000u

static void test_forms_agree(void **state)
{
    static const struct cnipol_compile_opts rows[] = {
        {.sz = sizeof rows[0]},
        {.sz = sizeof rows[0], .only_rules = 1},
        {.sz = sizeof rows[0], .max_steps = 20000},
    };
    static struct cnipol_key keys[KEYS];
    static struct cnipol_answer batch[KEYS];

    (void)state;
    for (size_t r = 0; r < COUNT(rows); r++) {
        struct compiled c;
        uint64_t random = 3;

        compiled_start(&c, &rows[r]);
        for (uint32_t i = 0; i < KEYS; i++)
            keys[i] = bi_key_random(&random, cnipol_image_ids(c.image));
        cnipol_image_ask_batch(c.image, keys, KEYS, batch);
        for (uint32_t i = 0; i < KEYS; i++) {
            struct cnipol_answer one, rules;

            cnipol_image_ask(c.image, &keys[i], &one);
            cnipol_image_ask_rules(c.image, &keys[i], &rules);
            assert_memory_equal(&one, &rules, sizeof one);
            assert_memory_equal(&one, &batch[i], sizeof one);
        }
        compiled_end(&c);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_byte),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_forms_agree),
    };

    if (argc != 2)
        return 2;
    manifest = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
