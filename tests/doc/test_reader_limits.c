/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hostile sources: each is built by repetition, and ends with the code of the limit that it passes,
 * located, in bounded memory. And an allocator that fails at every single call in turn.
 */

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

#define ANY (-1)

static const struct {
    const char *name;
    const char *head, *part, *tail;
    uint32_t times;
    enum np_doc_format format;
    int limit; /* one to set to `value`, or ANY */
    uint64_t value;
    int code; /* 0: is read */
    uint32_t line, column;
} rows[] = {
    {"deep lists", "", "[", "", 1000000, NP_DOC_AUTO, ANY, 0, NP_LIMIT_DEPTH, 1, 257},
    {"deep lists in YAML", "", "[", "", 1000000, NP_DOC_YAML, ANY, 0, NP_LIMIT_DEPTH, 1, 257},
    {"deep flow maps", "", "{a: ", "", 1000000, NP_DOC_AUTO, ANY, 0, NP_LIMIT_DEPTH, 1, 1025},
    {"deep JSON maps", "", "{\"a\":", "", 1000000, NP_DOC_JSON, ANY, 0, NP_LIMIT_DEPTH, 1, 1281},
    {"deep block lists", "", "- ", "", 1000000, NP_DOC_YAML, ANY, 0, NP_LIMIT_DEPTH, 1, 513},
    {"deepest lists", "", "[", "", 1000000, NP_DOC_YAML, CNIPOL_LIMIT_DEPTH, 10000, NP_LIMIT_DEPTH, 1, 10001},
    {"explicit keys", "", "? ", "", 100000, NP_DOC_YAML, ANY, 0, NP_YAML_SYNTAX, 1, 3},
    {"depth as allowed", "", "[", "]]]]", 4, NP_DOC_YAML, CNIPOL_LIMIT_DEPTH, 4, 0, 0, 0},
    {"depth one more", "", "[", "]]]]]", 5, NP_DOC_YAML, CNIPOL_LIMIT_DEPTH, 4, NP_LIMIT_DEPTH, 1, 5},
    {"depth by alias", "- &a [[x]]\n- &b [*a]\n- [*b]\n", "", "", 0, NP_DOC_YAML, CNIPOL_LIMIT_DEPTH, 4, NP_LIMIT_DEPTH, 2, 3},
    {"one long line", "a: ", "abcdefgh", "", 1000000, NP_DOC_YAML, ANY, 0, 0, 0, 0},
    {"one long quote", "a: '", "''", "", 1000000, NP_DOC_YAML, ANY, 0, NP_YAML_SYNTAX, 1, 2000005},
    {"many keys", "{", "\"\": 1,", "\"a\": 1}", 20000, NP_DOC_JSON, ANY, 0, 0, 0, 0},
    {"many documents", "", "---\n", "", 11, NP_DOC_YAML, CNIPOL_LIMIT_DOCUMENTS, 10, NP_LIMIT_DOCUMENTS, 11, 1},
    {"documents as allowed", "", "---\n", "", 10, NP_DOC_YAML, CNIPOL_LIMIT_DOCUMENTS, 10, 0, 0, 0},
    {"many JSON documents", "", "{}\n", "", 11, NP_DOC_JSON, CNIPOL_LIMIT_DOCUMENTS, 10, NP_LIMIT_DOCUMENTS, 11, 1},
    {"many nodes", "", "- x\n", "", 10, NP_DOC_YAML, CNIPOL_LIMIT_NODES, 10, NP_LIMIT_NODES, 10, 3},
    {"nodes as allowed", "", "- x\n", "", 9, NP_DOC_YAML, CNIPOL_LIMIT_NODES, 10, 0, 0, 0},
    {"many JSON nodes", "[", "1,", "1]", 10, NP_DOC_JSON, CNIPOL_LIMIT_NODES, 10, NP_LIMIT_NODES, 1, 20},
    {"bytes", "", "abcdefghij", "", 10, NP_DOC_YAML, CNIPOL_LIMIT_BYTES, 99, NP_LIMIT_BYTES, 1, 100},
    {"bytes as allowed", "", "abcdefghij", "", 10, NP_DOC_YAML, CNIPOL_LIMIT_BYTES, 100, 0, 0, 0},
    {"aliases", "- &a [1, 2, 3]\n", "- *a\n", "", 3, NP_DOC_YAML, CNIPOL_LIMIT_ALIASES, 11, NP_LIMIT_ALIASES, 4, 3},
    {"aliases as allowed", "- &a [1, 2, 3]\n", "- *a\n", "", 3, NP_DOC_YAML, CNIPOL_LIMIT_ALIASES, 12, 0, 0, 0},
    {"nearly all aliases", "- &a [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]\n- &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n",
     "- [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n", "", 50, NP_DOC_YAML, ANY, 0, NP_LIMIT_ALIASES, 6, 10},
    {"directives", "", "%TAG !a! b\n", "--- a\n", 100000, NP_DOC_YAML, ANY, 0, NP_YAML_SYNTAX, 258, 1},
    {"NULs", "a: ", "\x01", "", 10, NP_DOC_YAML, ANY, 0, NP_YAML_SYNTAX, 1, 4},
    {"bad UTF-8", "a: ", "\xff", "", 10, NP_DOC_YAML, ANY, 0, NP_YAML_SYNTAX, 1, 4},
    {"bad UTF-8 in JSON", "[\"", "\xff", "\"]", 1000000, NP_DOC_JSON, ANY, 0, 0, 0, 0},
};

static int on_nothing(void *user, struct np_doc *doc)
{
    (void)user;
    (void)doc;
    return 0;
}

static void test_row(void **state)
{
    size_t i = (size_t)(uintptr_t)*state;
    struct cnipol_ctx *ctx;
    struct cnipol_diag diag = {0};
    struct np_buf text;
    uint32_t source;
    int status;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    np_buf_init(&text, &ctx->mem);
    np_buf_adds(&text, rows[i].head);
    for (uint32_t k = 0; k < rows[i].times; k++)
        np_buf_adds(&text, rows[i].part);
    np_buf_adds(&text, rows[i].tail);
    if (rows[i].limit != ANY)
        assert_int_equal(cnipol_ctx_set_limit(ctx, rows[i].limit, rows[i].value), CNIPOL_OK);
    source = np_sources_add(&ctx->sources, "test", text.s, text.n, false);
    status = np_doc_read(ctx, source, rows[i].format, on_nothing, NULL);
    if (rows[i].code) {
        assert_int_not_equal(status, CNIPOL_OK);
        assert_int_equal(cnipol_diag_get(ctx, cnipol_diag_count(ctx) - 1, &diag), CNIPOL_OK);
        expect_number(rows[i].name, "code", diag.code, rows[i].code);
        expect_number(rows[i].name, "status", status,
                      rows[i].code >= NP_LIMIT_BYTES && rows[i].code <= NP_LIMIT_DOCUMENTS ? CNIPOL_E_LIMIT : CNIPOL_E_SYNTAX);
        expect_number(rows[i].name, "line", diag.place.line, rows[i].line);
        expect_number(rows[i].name, "column", diag.place.column, rows[i].column);
    } else {
        expect_number(rows[i].name, "status", status, CNIPOL_OK);
    }
    np_buf_free(&text);
    cnipol_ctx_free(ctx);
}

/* An allocator that says no from its `left`-th call on, and knows what it has given. */
struct failing {
    long left;
    long given;
};

static void *failing_alloc(void *user, size_t size)
{
    struct failing *f = user;

    if (f->left-- <= 0)
        return NULL;
    f->given++;
    return malloc(size);
}

static void *failing_realloc(void *user, void *block, size_t old_size, size_t new_size)
{
    struct failing *f = user;

    (void)old_size;
    return f->left-- <= 0 ? NULL : realloc(block, new_size);
}

static void failing_free(void *user, void *block, size_t size)
{
    struct failing *f = user;

    (void)size;
    f->given--;
    free(block);
}

static const struct {
    const char *text;
    enum np_doc_format format;
} memory_rows[] = {
    {"a: &x {k: [1, two, 3.5], 1_0: !!binary aGk=}\nb:\n  <<: *x\n  k: y\n---\n"
     "{a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9, j: 10, k: 11, l: 12, m: 13, n: 14, a: 15}\n---\n- [[[[[[[[[1]]]]]]]]]\n",
     NP_DOC_YAML},
    {"[{\"a\\n\": [1, 2.5, \"\xff\"]}, [[[[[[[[[{}]]]]]]]]], {\"a\": 1, \"a\": 2}]", NP_DOC_AUTO},
};

/* Reading under an allocator with `left` calls. Returns the status. */
static int read_with(long left, const char *text, enum np_doc_format format)
{
    struct failing f = {left, 0};
    struct cnipol_alloc alloc = {failing_alloc, failing_realloc, failing_free, &f};
    struct cnipol_ctx *ctx = NULL;
    uint32_t source;
    int status = cnipol_ctx_new(&alloc, &ctx);

    if (!status) {
        source = np_sources_add(&ctx->sources, "test", text, strlen(text), true);
        status = source == NP_NONE ? CNIPOL_E_NOMEM : np_doc_read(ctx, source, format, on_nothing, NULL);
        if (!status && ctx->diags.failed)
            status = CNIPOL_E_NOMEM;
    }
    cnipol_ctx_free(ctx);
    assert_int_equal(f.given, 0);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(memory_rows); i++) {
        long left = 0;
        int status;

        while ((status = read_with(left, memory_rows[i].text, memory_rows[i].format)) != CNIPOL_OK && left < 10000) {
            expect_number(memory_rows[i].text, "status", status, CNIPOL_E_NOMEM);
            left++;
        }
        assert_true(left > 10 && left < 10000);
    }
}

static void test_memory_limit(void **state)
{
    struct reading reading;
    uint32_t source;

    (void)state;
    reading_open(&reading);
    source = np_sources_add(&reading.ctx->sources, "test", "[1, 2, 3]", 9, false);
    assert_int_equal(cnipol_ctx_set_limit(reading.ctx, CNIPOL_LIMIT_MEMORY, cnipol_ctx_memory_used(reading.ctx) + 1000), CNIPOL_OK);
    assert_int_equal(np_doc_read(reading.ctx, source, NP_DOC_AUTO, on_nothing, NULL), CNIPOL_E_NOMEM);
    reading_close(&reading);
}

/* A stream of many small documents needs the memory of one. */
static void test_memory_is_reused(void **state)
{
    struct reading reading;
    struct np_buf text;
    uint32_t source;

    (void)state;
    reading_open(&reading);
    np_buf_init(&text, &reading.ctx->mem);
    for (int i = 0; i < 20000; i++)
        np_buf_adds(&text, "--- {a: [1, 2, {b: some text}]}\n");
    source = np_sources_add(&reading.ctx->sources, "test", text.s, text.n, false);
    reading.ctx->mem.peak = reading.ctx->mem.used;
    assert_int_equal(np_doc_read(reading.ctx, source, NP_DOC_YAML, on_nothing, NULL), CNIPOL_OK);
    assert_true(reading.ctx->mem.peak - reading.ctx->mem.used < 16384);
    np_buf_free(&text);
    reading_close(&reading);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 3];
    size_t n = 0;

    for (; n < COUNT(rows); n++)
        tests[n] = (struct CMUnitTest){.name = rows[n].name, .test_func = test_row, .initial_state = (void *)(uintptr_t)n};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_no_memory);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_memory_limit);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_memory_is_reused);
    return _cmocka_run_group_tests("reader limits", tests, n, NULL, NULL);
}
