/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The validation vectors, each row a case: does the library take what the API server takes, and refuse
 * what it refuses, for the same field? Upstream's words are compared too and counted, with a floor.
 */

#include "base/testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "dialect/validation_row.h"

static struct {
    uint32_t has, same;
} words;

/* One line of a vector file. */
struct line {
    const char *text;
    size_t size;
};

static int run_document(void *user, struct np_doc *doc)
{
    struct cnipol_ctx *ctx = user;
    struct np_validation_result result;
    struct np_buf why;

    np_buf_init(&why, &ctx->mem);
    assert_int_equal(np_validation_row(ctx, doc, &doc->root, &result, &why), CNIPOL_OK);
    if (!result.passed)
        fail_msg("%s", why.s ? why.s : "no reason given");
    np_buf_free(&why);
    words.has += result.has_words;
    words.same += result.same_words;
    return CNIPOL_OK;
}

static void test_row(void **state)
{
    const struct line *line = *state;
    struct cnipol_ctx *ctx;
    uint32_t source;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    source = np_sources_add(&ctx->sources, "row", line->text, line->size, false);
    assert_int_not_equal(source, NP_NONE);
    assert_int_equal(np_doc_read(ctx, source, NP_DOC_JSON, run_document, ctx), CNIPOL_OK);
    cnipol_ctx_free(ctx);
}

/* Nearly all refusals are in upstream's own words; those that are not come from other versions. */
static void test_words(void **state)
{
    (void)state;
    print_message("upstream's words: %u of %u\n", words.same, words.has);
    assert_true(words.same * 100 >= words.has * 98);
}

static char *read_all(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    long end = -1;

    if (file && fseek(file, 0, SEEK_END) == 0)
        end = ftell(file);
    if (end > 0)
        bytes = malloc((size_t)end + 1);
    if (!bytes)
        return NULL;
    rewind(file);
    *size = fread(bytes, 1, (size_t)end, file);
    bytes[*size] = '\0';
    fclose(file);
    return bytes;
}

/* The row's name, as written in JSON: good enough for a report. */
static char *name_of(const char *line)
{
    const char *start = strstr(line, "\"name\": \"");
    const char *end = start ? strstr(start + 9, "\", \"") : NULL;

    return end ? strndup(start + 9, (size_t)(end - start - 9)) : strdup("?");
}

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

int main(int argc, char **argv)
{
    size_t size = 0, n = 0;
    char *text = argc > 1 ? read_all(argv[1], &size) : NULL;
    size_t n_lines = text ? count_lines(text) : 0;
    struct CMUnitTest *tests = calloc(n_lines + 1, sizeof *tests);
    struct line *lines = calloc(n_lines + 1, sizeof *lines);
    int failed;

    if (!text || !tests || !lines || n_lines == 0)
        return 99;
    for (char *at = text, *end; (end = strchr(at, '\n')); at = end + 1, n++) {
        *end = '\0';
        lines[n] = (struct line){at, (size_t)(end - at)};
        tests[n] = (struct CMUnitTest){name_of(at), test_row, NULL, NULL, &lines[n]};
    }
    tests[n] = (struct CMUnitTest){strdup("words of upstream"), test_words, NULL, NULL, NULL};
    failed = _cmocka_run_group_tests("validation", tests, n + 1, NULL, NULL);
    for (size_t i = 0; i <= n; i++)
        free((void *)(uintptr_t)tests[i].name);
    free(lines);
    free(tests);
    free(text);
    return failed;
}
