/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The validation vectors, each row a case: does the library take what the API server takes, and refuse
 * what it refuses, for the same field? Upstream's words are compared and counted, with a floor.
 */

#include "base/testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "dialect/validation_row.h"

#ifndef VECTORS
#define VECTORS "tests/vectors"
#endif

struct suite {
    const char *file;
    uint32_t rows;        /* at least */
    uint32_t least_words; /* rows whose upstream words are ours too */
};

struct run {
    struct cnipol_ctx *ctx;
    struct np_buf why;
    uint32_t rows, passed, words, same_words;
};

static int run_row(void *user, struct np_doc *doc)
{
    struct run *run = user;
    struct np_validation_result result;
    const struct np_node *name = np_map_get(&doc->root, "name");
    int status;

    np_buf_clear(&run->why);
    status = np_validation_row(run->ctx, doc, &doc->root, &result, &run->why);
    run->rows++;
    run->passed += result.passed;
    run->words += result.has_words;
    run->same_words += result.same_words;
    if (!result.passed)
        print_error("%s: %s\n", name ? name->s : "?", run->why.s ? run->why.s : "");
    else if (result.has_words && !result.same_words && getenv("SHOW_WORDS"))
        print_message("words: %s\n", name ? name->s : "?");
    return status;
}

static char *read_all(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *bytes;
    long end = 0;

    if (!file || fseek(file, 0, SEEK_END) || (end = ftell(file)) < 0)
        fail_msg("%s cannot be read", path);
    rewind(file);
    bytes = malloc((size_t)end + 1);
    assert_non_null(bytes);
    *size = fread(bytes, 1, (size_t)end, file);
    fclose(file);
    return bytes;
}

static void run_suite(void **state)
{
    const struct suite *suite = *state;
    struct run run = {0};
    char path[512];
    size_t size;
    char *bytes;
    uint32_t source;

    snprintf(path, sizeof path, "%s/%s", VECTORS, suite->file);
    bytes = read_all(path, &size);
    assert_int_equal(cnipol_ctx_new(NULL, &run.ctx), CNIPOL_OK);
    np_buf_init(&run.why, &run.ctx->mem);
    source = np_sources_add(&run.ctx->sources, suite->file, bytes, size, false);
    assert_int_not_equal(source, NP_NONE);
    assert_int_equal(np_doc_read(run.ctx, source, NP_DOC_JSON, run_row, &run), CNIPOL_OK);
    print_message("%s: %u of %u rows; words of %u of %u\n", suite->file, run.passed, run.rows, run.same_words, run.words);
    assert_int_equal(run.passed, run.rows);
    assert_true(run.rows >= suite->rows);
    assert_true(run.same_words >= suite->least_words);
    np_buf_free(&run.why);
    cnipol_ctx_free(run.ctx);
    free(bytes);
}

int main(void)
{
    static struct suite k8s = {"k8s-validation.jsonl", 428, 306}, cnp = {"cnp-validation.jsonl", 1332, 796};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(run_suite, &k8s),
        cmocka_unit_test_prestate(run_suite, &cnp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
