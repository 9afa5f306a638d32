/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's evaluator against the host's: random images and random questions, by the tables and by the rule
 * lists, every byte of every answer. And the benchmark's program against the same questions on the host.
 */
#include "testing.h"

#include <cnipol/eval_core.h>

#include "build_image.h"
#include "image/section.h"

#define SEEDS 100u
#define KEYS 5000u

static const struct cnipol_bpf_opts options = {.sz = sizeof options, .flags = CNIPOL_BPF_TESTS};

struct image {
    struct np_mem mem;
    struct bi_spec spec;
    struct np_image_block block;
    uint32_t view;
};

static void image_random(struct image *image, uint64_t seed)
{
    struct cnipol_image_header header;

    *image = (struct image){.view = 0};
    np_mem_init(&image->mem, NULL, 0);
    bi_spec_random(seed, &image->spec);
    bi_build(&image->mem, &image->spec, &image->block);
    memcpy(&header, image->block.bytes, sizeof header);
    image->view = header.view;
}

static void image_free(struct image *image)
{
    np_image_block_free(&image->mem, &image->block);
}

/* One in forty is not sound. */
static struct cnipol_key key_random(uint64_t *random, uint32_t n_ids)
{
    struct cnipol_key key = bi_key_random(random, n_ids);

    if (bi_below(random, 40) == 0)
        ((uint8_t *)&key)[bi_below(random, sizeof key)] = (uint8_t)bi_random(random);
    return key;
}

static void ask_host(const struct image *image, const struct cnipol_key *key, int only_rules, struct cnipol_answer *answer)
{
    if (only_rules)
        cnipol_eval_rules(image->block.bytes, image->view, key, answer);
    else
        cnipol_eval(image->block.bytes, image->view, key, answer);
}

static void compare(struct cnipol_bpf *bpf, const struct image *image, uint64_t seed, const struct cnipol_key *keys, int only_rules)
{
    static struct cnipol_answer answers[KEYS];
    struct cnipol_answer expected;

    memset(answers, 0xa5, sizeof answers);
    assert_int_equal(cnipol_bpf_ask(bpf, keys, KEYS, only_rules, answers), CNIPOL_OK);
    for (uint32_t i = 0; i < KEYS; i++) {
        ask_host(image, &keys[i], only_rules, &expected);
        if (memcmp(&expected, &answers[i], sizeof expected) != 0)
            fail_msg("seed %llu, key %u, rules %d: the kernel says %u %u/%u flags %u, the host %u %u/%u flags %u", (unsigned long long)seed,
                     i, only_rules, answers[i].decision, answers[i].parts[0], answers[i].parts[1], answers[i].flags, expected.decision,
                     expected.parts[0], expected.parts[1], expected.flags);
    }
}

static void kernel_and_host_agree(void **state)
{
    static struct cnipol_key keys[KEYS];
    struct cnipol_bpf *bpf;

    (void)state;
    assert_int_equal(cnipol_bpf_open(&options, &bpf), CNIPOL_OK);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct image image;
        uint64_t random = seed + 1000;

        image_random(&image, seed);
        assert_int_equal(cnipol_bpf_publish(bpf, image.block.bytes, (uint32_t)image.block.n, 0, seed), CNIPOL_OK);
        for (uint32_t i = 0; i < KEYS; i++)
            keys[i] = key_random(&random, image.spec.n_ids);
        compare(bpf, &image, seed, keys, 0);
        compare(bpf, &image, seed, keys, 1);
        image_free(&image);
    }
    cnipol_bpf_free(bpf);
}

/* From one byte to many, and one in four of them in the view. */
static void spoil(const struct image *image, uint64_t *random)
{
    static const uint32_t counts[] = {1, 20, 2000};
    uint8_t *bytes = (uint8_t *)image->block.bytes;
    uint32_t n = counts[bi_below(random, COUNT(counts))];

    for (uint32_t i = 0; i < n; i++) {
        uint32_t range = i % 4 ? (uint32_t)image->block.n - image->view : (uint32_t)sizeof(struct cnipol_image_view);

        bytes[image->view + bi_below(random, range)] = (uint8_t)bi_random(random);
    }
}

/* Nobody verified these images. What comes out is anything; that it comes, and that the machine goes on, is the test. */
static void any_bytes_are_survived(void **state)
{
    static struct cnipol_key keys[100];
    static struct cnipol_answer answers[100];
    struct cnipol_bpf *bpf;

    (void)state;
    assert_int_equal(cnipol_bpf_open(&options, &bpf), CNIPOL_OK);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct image image;
        uint64_t random = seed;

        image_random(&image, seed % 20);
        spoil(&image, &random);
        for (uint32_t i = 0; i < COUNT(keys); i++)
            keys[i] = bi_key_random(&random, image.spec.n_ids);
        assert_int_equal(cnipol_bpf_publish(bpf, image.block.bytes, (uint32_t)image.block.n, image.view, seed), CNIPOL_OK);
        assert_int_equal(cnipol_bpf_ask(bpf, keys, COUNT(keys), 0, answers), CNIPOL_OK);
        assert_int_equal(cnipol_bpf_ask(bpf, keys, COUNT(keys), 1, answers), CNIPOL_OK);
        image_free(&image);
    }
    cnipol_bpf_free(bpf);
}

static void expect_sum(const struct image *image, const struct cnipol_bpf_measure *before, const struct cnipol_bpf_measure *after)
{
    uint64_t seed = before->seed, sum = 0;
    struct cnipol_answer answer;
    struct cnipol_key key;

    for (uint32_t i = 0; i < before->runs * 64; i++) {
        cnipol_bpf_draw(before, i, &seed, &key);
        ask_host(image, &key, (int)before->only_rules, &answer);
        sum = sum * 31 + answer.decision;
    }
    assert_true(seed == after->seed);
    assert_true(sum == after->sum);
}

static void measurements_ask_what_they_say(void **state)
{
    struct cnipol_key keys[64];
    struct cnipol_bpf_measure measure = {.keys = keys, .seed = 7, .runs = 300}, before;
    struct cnipol_bpf *bpf;
    struct image image;
    uint64_t random = 5;

    (void)state;
    assert_int_equal(cnipol_bpf_open(&options, &bpf), CNIPOL_OK);
    image_random(&image, 3);
    for (uint32_t i = 0; i < 64; i++)
        keys[i] = bi_key_random(&random, image.spec.n_ids);
    assert_int_equal(cnipol_bpf_publish(bpf, image.block.bytes, (uint32_t)image.block.n, 0, 1), CNIPOL_OK);
    for (uint32_t i = 0; i < 6; i++) {
        measure.n_keys = i < 2 ? 64 : 8;
        measure.n_ids = i % 2 ? image.spec.n_ids : 0;
        measure.only_rules = i >= 4;
        before = measure;
        assert_int_equal(cnipol_bpf_measure(bpf, &measure), CNIPOL_OK);
        expect_sum(&image, &before, &measure);
    }
    measure.n_keys = 3;
    assert_int_equal(cnipol_bpf_measure(bpf, &measure), CNIPOL_E_USAGE);
    image_free(&image);
    cnipol_bpf_free(bpf);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel_and_host_agree),
        cmocka_unit_test(any_bytes_are_survived),
        cmocka_unit_test(measurements_ask_what_they_say),
    };

    return cannot_run() ? EXIT_SKIP : cmocka_run_group_tests(tests, NULL, NULL);
}
