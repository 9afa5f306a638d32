/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many rules of one tie that all may match: the search for one that disagrees is made once, so that answers by rule lists, tables
 * and compiling take time linear in the rules, and say what the reference says.
 */

#include "scene.h"

static uint64_t steps; /* of loops over items */

#define CNIPOL_REPEAT(n, step, context)                                                          \
    for (uint32_t repeat_i = 0, repeat_n = (n); repeat_i < repeat_n && (++steps, 1); repeat_i++) \
        if (step(repeat_i, context))                                                             \
    break

#include <cnipol/eval_core.h>

#include "image/image.h"
#include "reference/model.h"

#define RULES 2000u

/* Cluster policies of one priority. Where the n-th rule says something else, whose it is, and what they come to. */
static const struct {
    const char *name;
    uint32_t policies;  /* that the rules are parted among */
    uint32_t otherwise; /* this rule allows; RULES: none does */
    uint8_t decision;   /* of a connection to an unknown port */
} rows[] = {
    {"all deny", RULES, RULES, CNIPOL_UNDEFINED},
    {"the last allows", RULES, RULES - 1, CNIPOL_UNDEFINED},
    {"the first allows", RULES, 0, CNIPOL_UNDEFINED},
    {"eighty policies, all deny", 80, RULES, CNIPOL_UNDEFINED},
    {"eighty policies, the first's last allows", 80, 24, CNIPOL_UNDEFINED},
    {"eighty policies, the second's first allows", 80, 25, CNIPOL_UNDEFINED},
    {"eighty policies, the second's last allows", 80, 49, CNIPOL_UNDEFINED},
    {"eighty policies, the last's last allows", 80, RULES - 1, CNIPOL_UNDEFINED},
};

static void say_policies(struct scene *scene, size_t row)
{
    uint32_t each = RULES / rows[row].policies;

    say(scene, "{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n");
    for (uint32_t i = 0; i < 4; i++)
        say_pod(scene, "a", i, "");
    for (uint32_t i = 0; i < RULES; i++) {
        if (i % each == 0)
            say(scene,
                "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: t%04u}, spec: {tier: Admin, "
                "priority: 5, subject: {namespaces: {}}, ingress: [",
                i);
        say_more(scene, "{action: %s, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {start: %u, end: %u}}}}]},%s",
                 i == rows[row].otherwise ? "Accept" : "Deny", i + 1, i + 1000, i % each == each - 1 ? "]}}\n" : "");
    }
}

/* What is said of one connection in each way. */
static void ask(struct scene *scene, size_t row, struct cnipol_model *named, uint16_t port)
{
    struct cnipol_question q;
    struct cnipol_verdict expected, got;
    struct cnipol_answer answer;
    struct cnipol_key key;
    size_t n;
    const uint8_t *image = cnipol_image_bytes(scene->image, &n);

    assert_int_equal(cnipol_question_init(scene->model, "a/p0", "a/p1", &q), CNIPOL_OK);
    q.destination_port = port;
    q.port_unknown = !port;
    cnipol_ask(scene->model, &q, &expected);
    cnipol_image_ask_question(scene->image, named, &q, CNIPOL_IMAGE_TABLES, &got);
    assert_memory_equal(&got, &expected, sizeof got);
    assert_int_equal(cnipol_image_key(named, &q, &key), CNIPOL_OK);
    steps = 0;
    cnipol_eval_rules(image, np_image_header(image)->view, &key, &answer);
    if (answer.decision != expected.decision || answer.flags != expected.flags)
        fail_msg("%s, port %u: %s, not %s", rows[row].name, port, cnipol_decision_text(answer.decision),
                 cnipol_decision_text(expected.decision));
    if (steps > 3 * RULES)
        fail_msg("%s, port %u: %llu steps", rows[row].name, port, (unsigned long long)steps);
    if (!port)
        assert_int_equal(answer.decision, rows[row].decision);
}

static void one_search_does(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        const struct cnipol_compile_opts opts = {.sz = sizeof opts, .max_steps = 1u << 26};
        struct scene scene = {0};
        struct cnipol_model *named;

        say_policies(&scene, row);
        scene_load(&scene, NULL);
        for (uint32_t c = 0; c < scene.model->machine.n_checkpoints; c++)
            for (uint32_t s = 0; s < scene.model->machine.checkpoints[c].n_stages; s++)
                scene.model->machine.checkpoints[c].stages[s].ties_undefined = true;
        assert_int_equal(scene_compile(&scene, &opts, (size_t)200 << 20), CNIPOL_OK);
        assert_int_equal(cnipol_image_model(scene.ctx, scene.image, &named), CNIPOL_OK);
        for (uint32_t port = 0; port < 4000; port += port < 20 ? 1 : 97)
            ask(&scene, row, named, (uint16_t)port);
        cnipol_model_free(named);
        scene_free(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_search_does)};

    return cmocka_run_group_tests_name("ties", tests, NULL, NULL);
}
