/* SPDX-License-Identifier: BSD-2-Clause */
/* How two images differ: against asking both everything; and their tables, counts and reports. */

#include "testing.h"

#include <json-c/json.h>

#include <cnipol/report.h>

static bool same_answer(const struct cnipol_answer *a, const struct cnipol_answer *b)
{
    const uint32_t said = CNIPOL_VERDICT_LOG | CNIPOL_VERDICT_AUDIT | CNIPOL_VERDICT_REJECT;

    return a->decision == b->decision && ((a->flags ^ b->flags) & said) == 0 && a->auth == b->auth &&
           memcmp(a->program, b->program, sizeof a->program) == 0;
}

static bool pair_differs(const struct cnipol_image *a, const struct cnipol_image *b, uint32_t direction, uint32_t subject, uint32_t peer)
{
    for (uint32_t i = 0; i < BI_POINTS * BI_VARIANTS; i++) {
        struct cnipol_key key = bi_representative(i % BI_VARIANTS, i / BI_VARIANTS);
        struct cnipol_answer of_a, of_b;

        key.source = direction ? peer : subject;
        key.destination = direction ? subject : peer;
        key.directions = (uint8_t)(1u << direction);
        cnipol_image_ask(a, &key, &of_a);
        cnipol_image_ask(b, &key, &of_b);
        if (!same_answer(&of_a, &of_b))
            return true;
    }
    return false;
}

/* The long way. */
static uint32_t count_subjects(const struct cnipol_image *a, const struct cnipol_image *b, uint32_t direction)
{
    uint32_t n_ids = cnipol_image_ids(a), n = 0;

    for (uint32_t subject = 0; subject < n_ids; subject++)
        for (uint32_t peer = 0; peer < n_ids; peer++)
            if (pair_differs(a, b, direction, subject, peer)) {
                n++;
                break;
            }
    return n;
}

/* Something about a policy or two. Returns false where nothing about verdicts can change. */
static bool alter(uint64_t *random, struct bi_spec *spec)
{
    uint32_t how = bi_below(random, 6);

    if (how == 0) { /* the same by rule list */
        bool has_absent = strchr(spec->checkpoints[0].roots, 'A') != NULL;

        spec->checkpoints[0].roots = "L";
        return has_absent;
    }
    if (how == 1) { /* the same, wider */
        spec->index_shift = 3 - spec->index_shift;
        spec->leaf_shift ^= 1;
        return false;
    }
    for (uint32_t i = 0; i < how - 1; i++) {
        struct cnipol_image_cell *cell = &spec->cells[bi_below(random, spec->n_cells)];

        if (cell->kind == CNIPOL_CELL_RULE && how % 2)
            cell->action = cell->action == CNIPOL_ACT_ALLOW ? CNIPOL_ACT_DENY : CNIPOL_ACT_ALLOW;
        else if (cell->kind == CNIPOL_CELL_RULE)
            cell->flags ^= CNIPOL_VERDICT_LOG;
    }
    return true;
}

static void expect_differences(const struct cnipol_image *a, const struct cnipol_image *b, uint64_t seed,
                               const struct cnipol_image_diff *diff)
{
    uint32_t all = 0;

    assert_true(diff->is_comparable);
    assert_true(diff->is_complete);
    for (uint32_t i = 0; i < diff->n_checkpoints && !diff->same_bytes; i++) {
        uint32_t expected = count_subjects(a, b, i);

        all += expected;
        if (diff->subjects[i] != expected)
            fail_msg("seed %llu, checkpoint %u: %u subjects differ, expected %u", (unsigned long long)seed, i, diff->subjects[i], expected);
    }
    assert_int_equal(diff->n_examples != 0, all != 0);
    for (uint32_t i = 0; i < diff->n_examples; i++) {
        struct cnipol_answer answer;

        assert_false(same_answer(&diff->examples[i].before, &diff->examples[i].after));
        cnipol_image_ask(b, &diff->examples[i].key, &answer);
        assert_memory_equal(&answer, &diff->examples[i].after, sizeof answer);
    }
}

static void test_all_asked(void **state)
{
    uint32_t compared = 0;

    (void)state;
    for (uint64_t seed = 1; compared < 30; seed++) {
        struct bench a, b;
        struct cnipol_image *of_a, *of_b;
        static struct cnipol_image_diff diff;
        uint64_t random = seed;
        bool may_differ;

        bench_random(&a, seed, 0);
        if (a.spec.n_checkpoints != 2 || a.spec.n_ids > 24 || a.spec.checkpoints[0].after_allow || a.spec.checkpoints[1].after_allow) {
            bench_end(&a);
            continue;
        }
        compared++;
        bench_start(&b);
        b.spec = a.spec;
        may_differ = alter(&random, &b.spec);
        bi_build(&b.mem, &b.spec, &b.block);
        assert_int_equal(cnipol_image_open(a.ctx, a.block.bytes, a.block.n, &of_a), CNIPOL_OK);
        assert_int_equal(cnipol_image_open(a.ctx, b.block.bytes, b.block.n, &of_b), CNIPOL_OK);
        assert_int_equal(cnipol_image_diff(a.ctx, of_a, of_b, 0, &diff), CNIPOL_OK);
        expect_differences(of_a, of_b, seed, &diff);
        assert_true(may_differ || !diff.n_examples);
        cnipol_image_free(of_a);
        cnipol_image_free(of_b);
        bench_end(&b);
        bench_end(&a);
    }
}

/* Two that differ, by `cells` of the second one's rules. */
struct two {
    struct bench a, b;
    struct cnipol_image *of_a, *of_b;
};

#define TWO_SEED 9u

static void two_start(struct two *two)
{
    bench_random(&two->a, TWO_SEED, CNIPOL_FEATURE_CHECKSUMS);
    bench_start(&two->b);
    two->b.spec = two->a.spec;
    for (uint32_t i = 0; i < two->b.spec.n_cells; i++)
        if (two->b.spec.cells[i].kind == CNIPOL_CELL_RULE)
            two->b.spec.cells[i].action = CNIPOL_ACT_UNDEFINED;
    bi_build(&two->b.mem, &two->b.spec, &two->b.block);
    assert_int_equal(cnipol_image_open(two->a.ctx, two->a.block.bytes, two->a.block.n, &two->of_a), CNIPOL_OK);
    assert_int_equal(cnipol_image_open(two->a.ctx, two->b.block.bytes, two->b.block.n, &two->of_b), CNIPOL_OK);
}

static void two_end(struct two *two)
{
    cnipol_image_free(two->of_a);
    cnipol_image_free(two->of_b);
    bench_end(&two->b);
    bench_end(&two->a);
}

static void test_budget(void **state)
{
    static struct cnipol_image_diff diff;
    struct two two;

    (void)state;
    two_start(&two);
    for (uint64_t steps = 1; steps < 1000000000; steps = steps * 3 + 1) {
        assert_int_equal(cnipol_image_diff(two.a.ctx, two.of_a, two.of_b, steps, &diff), CNIPOL_OK);
        assert_true(steps > 1000 || !diff.is_complete);
    }
    assert_true(diff.is_complete);
    assert_true(diff.n_examples > 0);
    two_end(&two);
}

static void test_not_comparable(void **state)
{
    static struct cnipol_image_diff diff;
    struct two two;
    struct bench other;
    struct cnipol_image *image;

    (void)state;
    two_start(&two);
    bench_start(&other);
    other.spec = two.a.spec;
    other.spec.checkpoints[0].after_allow ^= 1;
    bi_build(&other.mem, &other.spec, &other.block);
    assert_int_equal(cnipol_image_open(two.a.ctx, other.block.bytes, other.block.n, &image), CNIPOL_OK);
    assert_int_equal(cnipol_image_diff(two.a.ctx, two.of_a, image, 0, &diff), CNIPOL_OK);
    assert_false(diff.same_bytes || diff.is_comparable || diff.is_complete);
    assert_int_equal(cnipol_image_diff(two.a.ctx, image, image, 0, &diff), CNIPOL_OK);
    assert_true(diff.same_bytes && diff.is_complete);
    cnipol_image_free(image);
    bench_end(&other);
    two_end(&two);
}

static void test_tables(void **state)
{
    struct cnipol_image_table table;
    struct cnipol_image_stat stat;
    struct two two;
    size_t n = 0;

    (void)state;
    two_start(&two);
    while (cnipol_image_table_at(two.of_a, n, &table) == CNIPOL_OK) {
        const struct cnipol_image_section *sections = np_image_sections(two.a.block.bytes);

        assert_non_null(table.name);
        if (table.n && table.row_bytes) {
            assert_in_range(table.section, 0, 1);
            assert_true(table.offset + table.n * table.row_bytes <= sections[table.section].offset + sections[table.section].bytes);
        }
        n++;
    }
    assert_int_equal(n, 10 + 8 * two.a.spec.n_checkpoints);
    cnipol_image_stat(two.of_a, &stat);
    assert_int_equal(stat.bytes, two.a.block.n);
    assert_int_equal(stat.n_ids, two.a.spec.n_ids);
    for (uint32_t i = 0; i < stat.n_checkpoints; i++)
        assert_int_equal(stat.checkpoints[i].by_tables + stat.checkpoints[i].by_list + stat.checkpoints[i].absent, stat.n_ids);
    two_end(&two);
}

struct text {
    char s[1 << 20];
    size_t n;
};

static int collect(void *user, const char *bytes, size_t n)
{
    struct text *text = user;

    assert_true(text->n + n < sizeof text->s);
    memcpy(text->s + text->n, bytes, n);
    text->n += n;
    text->s[text->n] = '\0';
    return 0;
}

enum report { DUMP, FULL, STAT, DIFF, REPORTS };

static int write_report(struct two *two, enum report which, const struct cnipol_report_opts *opts, const struct cnipol_image_diff *diff,
                        struct text *text)
{
    text->n = 0;
    switch (which) {
    case STAT:
        return cnipol_report_image_stat(two->a.ctx, two->of_a, opts, collect, text);
    case DIFF:
        return cnipol_report_image_diff(two->a.ctx, two->of_a, two->of_b, diff, opts, collect, text);
    default:
        return cnipol_report_image(two->a.ctx, two->of_a, which == FULL, opts, collect, text);
    }
}

static void test_reports(void **state)
{
    static const struct {
        enum report which;
        const char *text;   /* in the text */
        const char *member; /* of the JSON */
    } rows[] = {
        {DUMP, "version 1.0, ", "sections"},
        {DUMP, "lists of subjects", "tables"},
        {FULL, "\ncells:\n0 {\"kind\":\"stage\"", "cells"},
        {FULL, "\nlines of checkpoint", "lines"},
        {FULL, "\nsets:\n", "sets"},
        {STAT, "items on average", "checkpoints"},
        {DIFF, "table cells: ", "tables"},
        {DIFF, " subjects get others", "verdicts"},
    };
    static struct cnipol_image_diff diff;
    static struct text text;
    struct two two;

    (void)state;
    two_start(&two);
    assert_int_equal(cnipol_image_diff(two.a.ctx, two.of_a, two.of_b, 0, &diff), CNIPOL_OK);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cnipol_report_opts opts = CNIPOL_REPORT_OPTS_INIT;
        struct json_object *json;

        assert_int_equal(write_report(&two, rows[i].which, &opts, &diff, &text), CNIPOL_OK);
        if (!strstr(text.s, rows[i].text))
            fail_msg("no `%s` in:\n%s", rows[i].text, text.s);
        opts.format = CNIPOL_FORMAT_JSON;
        assert_int_equal(write_report(&two, rows[i].which, &opts, &diff, &text), CNIPOL_OK);
        json = json_tokener_parse(text.s);
        assert_non_null(json);
        assert_non_null(json_object_object_get(json, rows[i].member));
        json_object_put(json);
        opts.format = CNIPOL_FORMAT_SARIF;
        assert_int_equal(write_report(&two, rows[i].which, &opts, &diff, &text), CNIPOL_E_USAGE);
    }
    two_end(&two);
}

/* An allocator whose n-th request fails. */
struct budget {
    uint32_t asked, victim;
};

static void *spend(void *user, size_t size)
{
    struct budget *budget = user;

    return ++budget->asked == budget->victim ? NULL : malloc(size ? size : 1);
}

static void *respend(void *user, void *block, size_t old_size, size_t new_size)
{
    struct budget *budget = user;

    (void)old_size;
    return ++budget->asked == budget->victim ? NULL : realloc(block, new_size);
}

static void give_back(void *user, void *block, size_t size)
{
    (void)user;
    (void)size;
    free(block);
}

static void test_out_of_memory(void **state)
{
    static struct cnipol_image_diff diff;
    struct two two;
    uint32_t failed = 0;
    int rc = CNIPOL_E_NOMEM;

    (void)state;
    two_start(&two);
    for (uint32_t victim = 1; rc; victim++) {
        struct budget budget = {0, UINT32_MAX};
        const struct cnipol_alloc alloc = {spend, respend, give_back, &budget};
        struct cnipol_ctx *ctx;
        size_t before;

        assert_int_equal(cnipol_ctx_new(&alloc, &ctx), CNIPOL_OK);
        before = cnipol_ctx_memory_used(ctx);
        budget.victim = budget.asked + victim;
        rc = cnipol_image_diff(ctx, two.of_a, two.of_b, 0, &diff);
        assert_true(rc == CNIPOL_OK || rc == CNIPOL_E_NOMEM);
        assert_int_equal(cnipol_ctx_memory_used(ctx), before);
        cnipol_ctx_free(ctx);
        failed += rc != CNIPOL_OK;
    }
    assert_true(failed > 10);
    two_end(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_asked), cmocka_unit_test(test_budget),  cmocka_unit_test(test_not_comparable),
        cmocka_unit_test(test_tables),    cmocka_unit_test(test_reports), cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
