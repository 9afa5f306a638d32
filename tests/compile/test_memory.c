/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compiling while memory runs out, at each allocation in turn: no memory, or the whole image; nothing is left
 * behind, and once there is memory again, compiling succeeds.
 */

#include "scene.h"

#include "../support/failing.h"
#include "reference/model.h"
#include "town.h"

/* The image as it should be. */
struct expected {
    void *bytes;
    size_t n;
};

static void check_image(const struct cnipol_image *image, const struct expected *expected)
{
    size_t n;
    const void *bytes = cnipol_image_bytes(image, &n);

    assert_int_equal(n, expected->n);
    assert_memory_equal(bytes, expected->bytes, n);
}

/* False: nothing was refused, because there are fewer requests. */
static bool try_victim(struct scene *scene, struct failing *f, const struct cnipol_compile_opts *opts, const struct expected *expected,
                       uint64_t victim, bool once)
{
    size_t before = f->live;
    struct cnipol_image *image = NULL;
    int rc;

    failing_arm(f, victim, once);
    rc = cnipol_compile(scene->ctx, scene->model, opts, &image);
    failing_arm(f, f->victim = 0, false);
    if (rc != CNIPOL_OK && rc != CNIPOL_E_NOMEM)
        fail_msg("request %llu: status %d", (unsigned long long)victim, rc);
    if (rc == CNIPOL_E_NOMEM && f->live != before)
        fail_msg("request %llu: %zu blocks left behind", (unsigned long long)victim, f->live - before);
    if (!rc)
        check_image(image, expected);
    cnipol_image_free(image);
    assert_int_equal(f->live, before);
    return rc == CNIPOL_E_NOMEM;
}

static void fail_at_each(struct scene *scene, struct failing *f, const struct cnipol_compile_opts *opts)
{
    struct expected expected;
    struct cnipol_image *image;
    uint64_t n = 0;

    assert_int_equal(cnipol_compile(scene->ctx, scene->model, opts, &image), CNIPOL_OK);
    expected.bytes = malloc((cnipol_image_bytes(image, &expected.n), expected.n));
    assert_non_null(expected.bytes);
    memcpy(expected.bytes, cnipol_image_bytes(image, &expected.n), expected.n);
    cnipol_image_free(image);
    while (try_victim(scene, f, opts, &expected, n + 1, false))
        n++;
    for (uint64_t i = 1; i <= n; i++)
        (void)try_victim(scene, f, opts, &expected, i, true);
    assert_false(try_victim(scene, f, opts, &expected, 0, false));
    assert_true(n > 100);
    free(expected.bytes);
}

static void combine(struct cnipol_model *model, enum np_combine how)
{
    for (uint32_t c = 0; c < model->machine.n_checkpoints; c++)
        for (uint32_t s = 0; s < model->machine.checkpoints[c].n_stages; s++)
            model->machine.checkpoints[c].stages[s].combine = how;
}

static void test_no_memory(void **state)
{
    static const struct cnipol_compile_opts rows[] = {
        {.sz = sizeof(struct cnipol_compile_opts)},
        {.sz = sizeof(struct cnipol_compile_opts), .only_rules = 1},
        {.sz = sizeof(struct cnipol_compile_opts), .node = "n1", .no_explanation = 1},
        {.sz = sizeof(struct cnipol_compile_opts), .max_bytes = 1},
    };
    struct failing f = {0};
    const struct cnipol_alloc alloc = failing_hooks(&f);
    struct scene scene = {0};

    (void)state;
    say(&scene, "%s", town);
    scene_load(&scene, &alloc);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        fail_at_each(&scene, &f, &rows[i]);
    combine(scene.model, NP_COMBINE_MAP);
    fail_at_each(&scene, &f, &rows[0]);
    scene_free(&scene);
    assert_int_equal(f.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_memory)};

    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
