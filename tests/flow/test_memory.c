/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory does not grow with the stream: long streams through decoders whose allocator counts what is held and how often it was asked. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include <cnipol/cnipol.h>

#define MIB ((size_t)1 << 20)
#define MOST_MEMORY (4 * MIB)
#define PIECE (256u << 10)

struct counter {
    size_t used, peak;
    uint64_t calls;
};

static void *count_alloc(void *user, size_t size)
{
    struct counter *counter = user;
    void *block = malloc(size);

    if (!block)
        return NULL;
    counter->used += size;
    counter->peak = counter->used > counter->peak ? counter->used : counter->peak;
    counter->calls++;
    return block;
}

static void *count_realloc(void *user, void *block, size_t old_size, size_t size)
{
    struct counter *counter = user;
    void *moved = realloc(block, size);

    if (!moved)
        return NULL;
    counter->used += size - old_size;
    counter->peak = counter->used > counter->peak ? counter->used : counter->peak;
    counter->calls++;
    return moved;
}

static void count_free(void *user, void *block, size_t size)
{
    struct counter *counter = user;

    counter->used -= size;
    free(block);
}

/* The bytes of the sample of Hubble's records, 2500 lines. */
static char *read_sample(size_t *n)
{
    gzFile file = gzopen(SAMPLE, "rb");
    char *bytes = malloc(8 * MIB);
    int got;

    assert_non_null(file);
    assert_non_null(bytes);
    got = gzread(file, bytes, (unsigned)(8 * MIB));
    assert_true(got > 0 && gzeof(file));
    (void)gzclose(file);
    *n = (size_t)got;
    return bytes;
}

/* The same, as the file has them. */
static char *read_packed(size_t *n)
{
    FILE *file = fopen(SAMPLE, "rb");
    char *bytes = malloc(MIB);

    assert_non_null(file);
    assert_non_null(bytes);
    *n = fread(bytes, 1, MIB, file);
    assert_true(*n && feof(file));
    (void)fclose(file);
    return bytes;
}

static char *write_vpc(size_t *n)
{
    static const char line[] = "2 123456789010 eni-1 10.0.0.5 10.0.0.2 40000 53 17 1 70 1700000000 1700000060 ACCEPT OK\n";
    char *bytes = malloc(2500 * (sizeof line - 1));

    assert_non_null(bytes);
    for (size_t i = 0; i < 2500; i++)
        memcpy(bytes + i * (sizeof line - 1), line, sizeof line - 1);
    *n = 2500 * (sizeof line - 1);
    return bytes;
}

static uint64_t drain(struct cnipol_decoder *decoder)
{
    struct cnipol_flow flow;
    uint64_t records = 0;
    int rc;

    for (; (rc = cnipol_decoder_next(decoder, &flow)) > 0; records++)
        assert_true(flow.src.port || flow.has);
    assert_int_equal(rc, 0);
    return records;
}

static uint64_t decode(struct cnipol_decoder *decoder, const char *bytes, size_t n)
{
    uint64_t records = 0;

    for (size_t at = 0, part; at < n; at += part) {
        part = n - at < PIECE ? n - at : PIECE;
        assert_int_equal(cnipol_decoder_feed(decoder, bytes + at, part), CNIPOL_OK);
        records += drain(decoder);
    }
    return records;
}

/* 2500 records again and again; after the tenth time nothing is allocated any more. */
static void check_stream(const char *format, char *(*make)(size_t *n), size_t size)
{
    struct counter counter = {0, 0, 0};
    struct cnipol_alloc alloc = {count_alloc, count_realloc, count_free, &counter};
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = format};
    struct cnipol_decoder *decoder;
    struct cnipol_ctx *ctx;
    uint64_t records = 0, times = 0, calls = 0;
    size_t n;
    char *bytes = make(&n);

    assert_int_equal(cnipol_ctx_new(&alloc, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_decoder_new(ctx, &opts, &decoder), CNIPOL_OK);
    for (; times * n < size; times++) {
        records += decode(decoder, bytes, n);
        calls = times < 10 ? counter.calls : calls;
    }
    assert_int_equal(counter.calls, calls);
    assert_int_equal(cnipol_decoder_finish(decoder), CNIPOL_OK);
    records += drain(decoder);
    assert_int_equal(records, times * 2500);
    assert_in_range(counter.peak, 1, MOST_MEMORY);
    cnipol_decoder_free(decoder);
    cnipol_ctx_free(ctx);
    assert_int_equal(counter.used, 0);
    free(bytes);
}

static void test_json(void **state)
{
    (void)state;
    check_stream("hubble-json", read_sample, 200 * MIB);
}

static void test_recognised(void **state)
{
    (void)state;
    check_stream(NULL, read_sample, 50 * MIB);
}

static void test_packed(void **state)
{
    (void)state;
    check_stream(NULL, read_packed, 7 * MIB);
}

static void test_text(void **state)
{
    (void)state;
    check_stream("aws-vpc", write_vpc, 50 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_recognised),
        cmocka_unit_test(test_packed),
        cmocka_unit_test(test_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
