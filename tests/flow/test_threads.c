/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decoders in several threads, each with a context of its own, that share a filter and a table of endpoints: all see what one alone sees.
 * Built with ThreadSanitizer by ./dev race. Argument: a vector file of monitor events.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include <cnipol/filter.h>

#include "../support/flow_streams.h"

#define THREADS 4

/* What all threads read. */
static struct {
    const struct cnipol_filter *filter;
    const struct cnipol_endpoints *endpoints;
} shared;

struct seen {
    uint64_t records, passed, flaws;
};

static void decode(const struct flow_stream *stream, struct cnipol_ctx *ctx, struct seen *seen)
{
    struct cnipol_decoder_opts opts = flow_stream_opts(stream);
    struct cnipol_decoder *decoder = NULL;
    struct cnipol_flow flow;
    int rc = -1;

    opts.endpoints = shared.endpoints;
    if (cnipol_decoder_new(ctx, &opts, &decoder) || cnipol_decoder_feed(decoder, stream->bytes, stream->n))
        abort();
    for (bool ended = false; rc || !ended;) {
        rc = cnipol_decoder_next(decoder, &flow);
        seen->records += rc > 0;
        seen->flaws += rc < 0;
        seen->passed += rc > 0 && cnipol_filter_matches(shared.filter, &flow) > 0;
        if (!rc && !ended) {
            ended = cnipol_decoder_finish(decoder) == CNIPOL_OK;
            rc = 1;
        }
    }
    cnipol_decoder_free(decoder);
}

static void *work(void *user)
{
    struct cnipol_ctx *ctx = NULL;

    if (cnipol_ctx_new(NULL, &ctx))
        abort();
    for (size_t i = 0; i < n_flow_streams; i++)
        decode(&flow_streams[i], ctx, user);
    cnipol_ctx_free(ctx);
    return NULL;
}

static void test_each_sees_what_one_alone_sees(void **state)
{
    static const char *const flags[] = {"--not", "--from-ip", "10.0.0.0/16"};
    struct cnipol_endpoints *endpoints = NULL;
    struct cnipol_filter *filter = NULL;
    struct cnipol_ctx *ctx = NULL;
    struct seen alone = {0}, seen[THREADS] = {{0}};
    pthread_t threads[THREADS];

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_filter_new(ctx, flags, 3, &filter), CNIPOL_OK);
    for (size_t i = 0; i < n_flow_streams && !endpoints; i++)
        endpoints = flow_stream_endpoints(&flow_streams[i], ctx);
    assert_non_null(endpoints);
    shared.filter = filter;
    shared.endpoints = endpoints;
    (void)work(&alone);
    assert_true(alone.passed > 0 && alone.passed < alone.records && alone.flaws > 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &seen[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_memory_equal(&seen[i], &alone, sizeof alone);
    }
    cnipol_filter_free(filter);
    cnipol_endpoints_free(endpoints);
    cnipol_ctx_free(ctx);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_sees_what_one_alone_sees),
    };

    return flow_streams_run(argc, argv, tests, sizeof tests / sizeof *tests);
}
