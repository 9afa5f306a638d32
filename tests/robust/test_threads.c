/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One model, many threads: all get the answers that one thread got. Each starts elsewhere, so that they
 * do not ask in step. Run it with -Db_sanitize=thread to see that nothing is shared that is written.
 */

#include "base/testing.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <cnipol/cnipol.h>

#define THREADS 4u
#define ROUNDS 8u

static const struct {
    uint8_t protocol;
    uint16_t port;
} asked[] = {{CNIPOL_PROTOCOL_TCP, 8001}, {CNIPOL_PROTOCOL_TCP, 9090}, {CNIPOL_PROTOCOL_UDP, 53}, {CNIPOL_PROTOCOL_SCTP, 7}};

/* Ends that are no pods, beside all pods. */
static const char *const others[] = {"service/shop/web", "service/pay/api", "node/node-1", "192.0.2.9", "203.0.113.7", "no/such", "::1"};

struct world {
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_model *model;
    uint32_t n_pods;
    uint32_t n_ends;
    size_t n; /* questions */
};

struct asker {
    pthread_t thread;
    const struct world *world;
    size_t start;
    struct cnipol_verdict *answers; /* by question */
};

static int parse_end(const struct world *w, uint32_t i, struct cnipol_end *out)
{
    const char *text = i < w->n_pods ? cnipol_model_pod_name(w->model, i) : others[i - w->n_pods];

    return cnipol_end_parse(w->model, text, out);
}

static void ask_one(const struct world *w, size_t i, struct cnipol_verdict *out)
{
    size_t pair = i / COUNT(asked), kind = i % COUNT(asked);
    struct cnipol_question q = {.protocol = asked[kind].protocol, .destination_port = asked[kind].port};

    if (parse_end(w, (uint32_t)(pair / w->n_ends), &q.source) || parse_end(w, (uint32_t)(pair % w->n_ends), &q.destination))
        abort();
    cnipol_ask(w->model, &q, out);
}

static void *ask_all(void *user)
{
    struct asker *asker = user;

    for (unsigned round = 0; round < ROUNDS; round++)
        for (size_t k = 0; k < asker->world->n; k++) {
            size_t i = (asker->start + k) % asker->world->n;

            ask_one(asker->world, i, &asker->answers[i]);
        }
    return NULL;
}

static void open_world(struct world *w, const char *path)
{
    struct cnipol_cluster_opts opts = CNIPOL_CLUSTER_OPTS_INIT;

    opts.mode = CNIPOL_MODE_SERVER;
    assert_int_equal(cnipol_ctx_new(NULL, &w->ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(w->ctx, &opts, &w->cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_path(w->cluster, path), CNIPOL_E_INVALID);
    assert_int_equal(cnipol_model_new(w->cluster, NULL, NULL, &w->model), CNIPOL_OK);
    w->n_pods = cnipol_model_pods(w->model);
    w->n_ends = w->n_pods + (uint32_t)COUNT(others);
    w->n = (size_t)w->n_ends * w->n_ends * COUNT(asked);
}

static void close_world(struct world *w)
{
    cnipol_model_free(w->model);
    cnipol_cluster_free(w->cluster);
    cnipol_ctx_free(w->ctx);
}

static void test_many_threads_ask_one_model(void **state)
{
    struct asker askers[THREADS + 1] = {0}; /* the last one asks alone */
    struct world w;

    open_world(&w, *state);
    assert_in_range(w.n_pods, 20, 1000);
    for (unsigned t = 0; t <= THREADS; t++) {
        askers[t] = (struct asker){.world = &w, .start = t * w.n / THREADS, .answers = calloc(w.n, sizeof(struct cnipol_verdict))};
        assert_non_null(askers[t].answers);
    }
    (void)ask_all(&askers[THREADS]);
    for (unsigned t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&askers[t].thread, NULL, ask_all, &askers[t]), 0);
    for (unsigned t = 0; t < THREADS; t++)
        assert_int_equal(pthread_join(askers[t].thread, NULL), 0);
    for (unsigned t = 0; t < THREADS; t++)
        assert_memory_equal(askers[t].answers, askers[THREADS].answers, w.n * sizeof(struct cnipol_verdict));
    for (unsigned t = 0; t <= THREADS; t++)
        free(askers[t].answers);
    print_message("%zu questions, %u times, by %u threads\n", w.n, ROUNDS, THREADS);
    close_world(&w);
}

/* Contexts know nothing of each other: each thread has its own, from loading to freeing. */
static void *whole_life(void *path)
{
    struct cnipol_verdict v;
    struct world w;

    for (unsigned round = 0; round < ROUNDS; round++) {
        open_world(&w, path);
        for (size_t i = 0; i < w.n; i += 7)
            ask_one(&w, i, &v);
        close_world(&w);
    }
    return NULL;
}

static void test_contexts_are_apart(void **state)
{
    pthread_t threads[THREADS];

    for (unsigned t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, whole_life, *state), 0);
    for (unsigned t = 0; t < THREADS; t++)
        assert_int_equal(pthread_join(threads[t], NULL), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_many_threads_ask_one_model, argc > 1 ? argv[1] : NULL),
        cmocka_unit_test_prestate(test_contexts_are_apart, argc > 1 ? argv[1] : NULL),
    };

    return argc == 2 ? cmocka_run_group_tests_name("threads", tests, NULL, NULL) : 2;
}
