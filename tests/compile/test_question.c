/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions about ends, asked of an image: under each value of each knob, everybody about everybody in a small
 * cluster, with every kind of question. The image answers by its tables and by its rule lists what the model answers
 * that it was compiled of, and knows nothing else of it.
 */

#include <stdio.h>

#include <cnipol/diag.h>
#include <cnipol/image.h>

#include "base/testing.h"

#include "town.h"

/* A cluster, its model, and the image that was read back into a context of its own. */
struct pair {
    struct cnipol_ctx *ctx, *image_ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_knobs *knobs;
    struct cnipol_model *model, *image_model;
    struct cnipol_image *compiled, *image;
};

static void pair_new(struct pair *p, const char *knob, const char *value, const struct cnipol_compile_opts *opts)
{
    const void *bytes;
    size_t n;

    assert_int_equal(cnipol_ctx_new(NULL, &p->ctx), CNIPOL_OK);
    assert_int_equal(cnipol_ctx_new(NULL, &p->image_ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(p->ctx, NULL, &p->cluster), CNIPOL_OK);
    assert_int_equal(cnipol_knobs_new(p->ctx, &p->knobs), CNIPOL_OK);
    if (knob)
        assert_int_equal(cnipol_knobs_set(p->knobs, knob, value), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(p->cluster, "town.yaml", town, sizeof town - 1), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(p->cluster, NULL, p->knobs, &p->model), CNIPOL_OK);
    assert_int_equal(cnipol_compile(p->ctx, p->model, opts, &p->compiled), CNIPOL_OK);
    bytes = cnipol_image_bytes(p->compiled, &n);
    assert_int_equal(cnipol_image_verify(p->image_ctx, bytes, n), CNIPOL_OK);
    assert_int_equal(cnipol_image_open(p->image_ctx, bytes, n, &p->image), CNIPOL_OK);
}

static void pair_free(struct pair *p)
{
    cnipol_model_free(p->image_model);
    cnipol_image_free(p->image);
    cnipol_image_free(p->compiled);
    cnipol_model_free(p->model);
    cnipol_knobs_free(p->knobs);
    cnipol_cluster_free(p->cluster);
    cnipol_ctx_free(p->image_ctx);
    cnipol_ctx_free(p->ctx);
}

static const char *const ends[] = {
    "shop/web",     "shop/db",      "shop/agent", "shop/lost",  "shop/done",        "shop/gone",          "yard/twin-a",
    "yard/twin-b",  "yard/planned", "node/n1",    "node/n2",    "service/shop/web", "10.0.1.1",           "fd00:10::1",
    "10.0.2.1",     "10.0.2.9",     "10.0.3.1",   "172.18.0.2", "172.18.0.9",       "service/yard/rival", "fd00:18::2",
    "198.51.100.1", "10.96.0.1",    "10.96.0.2",  "192.0.2.1",  "2001:db8::",       "203.0.113.7",        "no/body",
};

static const struct cnipol_question asked[] = {
    {.protocol = 6, .destination_port = 80},
    {.protocol = 6, .destination_port = 8080, .source_port = 4711},
    {.protocol = 6, .destination_port = 5433},
    {.protocol = 6, .destination_port = 9090, .direction = CNIPOL_ASK_INGRESS},
    {.protocol = 6, .destination_port = 30080, .direction = CNIPOL_ASK_EGRESS},
    {.protocol = 6, .port_unknown = 1},
    {.protocol = 6, .is_fragment = 1},
    {.protocol = 6, .destination_port = 80, .connection_state = 1},
    {.protocol = 6, .destination_port = 80, .connection_state = 2},
    {.protocol = 6, .destination_port = 80, .connection_state = 3},
    {.protocol = 6, .destination_port = 80, .family = 4},
    {.protocol = 6, .destination_port = 80, .family = 6},
    {.protocol = 6, .destination_port = 80, .reserved = {1}},
    {.protocol = 17, .destination_port = 53},
    {.protocol = 17, .is_fragment = 1, .port_unknown = 1},
    {.protocol = 132, .destination_port = 80},
    {.protocol = 1},
    {.protocol = 1, .has_icmp = 1, .icmp_type = 8},
    {.protocol = 58, .has_icmp = 1, .icmp_type = 128},
    {.protocol = 47, .destination_port = 80},
    {.protocol = 0},
};

static void expect_verdict(const char *what, size_t from, size_t to, size_t k, const struct cnipol_verdict *got,
                           const struct cnipol_verdict *expected)
{
    if (memcmp(got, expected, sizeof *got) != 0)
        fail_msg("%s: %s to %s, question %zu: %s (%s, %s, 0x%x), not %s (%s, %s, 0x%x)", what, ends[from], ends[to], k,
                 cnipol_decision_text(got->decision), cnipol_decision_text(got->egress), cnipol_decision_text(got->ingress), got->flags,
                 cnipol_decision_text(expected->decision), cnipol_decision_text(expected->egress), cnipol_decision_text(expected->ingress),
                 expected->flags);
}

static void ask_pair(const struct pair *p, const char *what, size_t from, size_t to)
{
    struct cnipol_question ours, images;

    assert_int_equal(cnipol_question_init(p->model, ends[from], ends[to], &ours), CNIPOL_OK);
    assert_int_equal(cnipol_question_init(p->image_model, ends[from], ends[to], &images), CNIPOL_OK);
    for (size_t k = 0; k < COUNT(asked); k++) {
        struct cnipol_question a = asked[k], b = asked[k];
        struct cnipol_verdict expected, got;

        a.source = ours.source;
        a.destination = ours.destination;
        b.source = images.source;
        b.destination = images.destination;
        cnipol_ask(p->model, &a, &expected);
        cnipol_image_ask_question(p->image, p->image_model, &b, CNIPOL_IMAGE_TABLES, &got);
        expect_verdict(what, from, to, k, &got, &expected);
        cnipol_image_ask_question(p->image, p->image_model, &b, CNIPOL_IMAGE_RULES, &got);
        expect_verdict(what, from, to, k, &got, &expected);
    }
}

static void ask_all(const char *knob, const char *value, const struct cnipol_compile_opts *opts)
{
    struct pair p = {0};
    char what[64];

    (void)snprintf(what, sizeof what, "%s=%s", knob ? knob : "default", value ? value : "");
    pair_new(&p, knob, value, opts);
    assert_int_equal(cnipol_image_model(p.image_ctx, p.image, &p.image_model), CNIPOL_OK);
    for (size_t i = 0; i < COUNT(ends) * COUNT(ends); i++)
        ask_pair(&p, what, i / COUNT(ends), i % COUNT(ends));
    pair_free(&p);
}

static void test_each_value_of_each_knob(void **state)
{
    (void)state;
    ask_all(NULL, NULL, NULL);
    for (size_t i = 0; cnipol_knob_at(i); i++)
        for (const char *const *value = cnipol_knob_at(i)->values + 1; *value; value++)
            ask_all(cnipol_knob_at(i)->name, *value, NULL);
}

static void test_forms_of_overflow(void **state)
{
    static const struct cnipol_compile_opts rows[] = {
        {.sz = sizeof rows[0], .only_rules = 1},  {.sz = sizeof rows[0], .max_bytes = 1},   {.sz = sizeof rows[0], .max_steps = 1},
        {.sz = sizeof rows[0], .max_steps = 200}, {.sz = sizeof rows[0], .max_columns = 1}, {.sz = sizeof rows[0], .no_checksums = 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        ask_all(NULL, NULL, &rows[i]);
}

static void test_a_question_as_a_key(void **state)
{
    struct cnipol_question q;
    struct cnipol_answer answer;
    struct cnipol_verdict verdict;
    struct cnipol_key key = {0};
    struct pair p = {0};

    (void)state;
    pair_new(&p, NULL, NULL, NULL);
    assert_int_equal(cnipol_image_model(p.image_ctx, p.image, &p.image_model), CNIPOL_OK);
    assert_int_equal(cnipol_question_init(p.image_model, "shop/web", "shop/db", &q), CNIPOL_OK);
    q.destination_port = 80;
    assert_int_equal(cnipol_image_key(p.image_model, &q, &key), CNIPOL_OK);
    assert_true(key.source != key.destination && key.source < cnipol_image_ids(p.image));
    assert_int_equal(key.protocol, 6);
    assert_int_equal(key.destination_port, 80);
    cnipol_image_ask(p.image, &key, &answer);
    cnipol_ask(p.image_model, &q, &verdict);
    assert_int_equal(answer.decision, verdict.decision);
    q.is_fragment = 1;
    assert_int_equal(cnipol_image_key(p.image_model, &q, &key), CNIPOL_OK);
    assert_int_equal(key.flags, CNIPOL_KEY_FRAGMENT);
    assert_int_equal(cnipol_image_key(p.model, &q, &key), CNIPOL_E_USAGE);
    pair_free(&p);
}

static void test_questions_without_a_key(void **state)
{
    static const char *const pairs[][2] = {
        {"no/body", "shop/db"},  {"shop/db", "no/body"}, {"shop/db", "service/shop/web"}, {"shop/db", "service/yard/rival"},
        {"shop/db", "10.0.3.1"},
    };
    struct pair p = {0};

    (void)state;
    pair_new(&p, NULL, NULL, NULL);
    assert_int_equal(cnipol_image_model(p.image_ctx, p.image, &p.image_model), CNIPOL_OK);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct cnipol_question q;
        struct cnipol_key key;

        assert_int_equal(cnipol_question_init(p.image_model, pairs[i][0], pairs[i][1], &q), CNIPOL_OK);
        q.family = 4;
        q.destination_port = 80;
        expect_number(pairs[i][1], "status", cnipol_image_key(p.image_model, &q, &key), CNIPOL_E_NOTFOUND);
    }
    pair_free(&p);
}

/* A model that no image gave has no peers; nothing is known. */
static void test_a_model_of_no_image(void **state)
{
    struct cnipol_verdict verdict;
    struct cnipol_question q;
    struct pair p = {0};

    (void)state;
    pair_new(&p, NULL, NULL, NULL);
    assert_int_equal(cnipol_question_init(p.model, "shop/web", "shop/db", &q), CNIPOL_OK);
    cnipol_image_ask_question(p.image, p.model, &q, CNIPOL_IMAGE_TABLES, &verdict);
    assert_int_equal(verdict.decision, CNIPOL_UNDEFINED);
    pair_free(&p);
}

static void test_an_image_without_names(void **state)
{
    const struct cnipol_compile_opts opts = {.sz = sizeof opts, .no_explanation = 1};
    struct cnipol_diag diag;
    struct pair p = {0};

    (void)state;
    pair_new(&p, NULL, NULL, &opts);
    assert_int_equal(cnipol_image_model(p.image_ctx, p.image, &p.image_model), CNIPOL_E_NOTFOUND);
    assert_null(p.image_model);
    assert_int_equal(cnipol_diag_get(p.image_ctx, 0, &diag), CNIPOL_OK);
    assert_int_equal(diag.code, 2407);
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_value_of_each_knob), cmocka_unit_test(test_forms_of_overflow),
        cmocka_unit_test(test_a_question_as_a_key),     cmocka_unit_test(test_questions_without_a_key),
        cmocka_unit_test(test_a_model_of_no_image),     cmocka_unit_test(test_an_image_without_names),
    };

    return cmocka_run_group_tests_name("questions", tests, NULL, NULL);
}
