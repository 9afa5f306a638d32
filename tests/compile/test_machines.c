/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random machines over one small cluster: every kind of term, outcome and stage is written, read back, asked and
 * explained.
 */

#include "random_machine.h"
#include "resolve/resolve.h"
#include "twin.h"

#define MACHINES 1500
#define QUESTIONS 40
static struct cnipol_end random_end(struct random *r, const struct twin *twin)
{
    static const char *const texts[] = {"node/n1",    "node/n2",    "service/shop/web", "service/yard/rival", "10.0.1.1",
                                        "fd00:10::1", "10.0.3.1",   "198.51.100.1",     "203.0.113.5",        "2001:db8::1",
                                        "no/such",    "172.18.0.2", "10.96.0.1",        "172.18.0.9"};

    if (percent(r, 55))
        return twin_end(twin, cnipol_model_pod_name(twin->model, draw(r, cnipol_model_pods(twin->model))));
    return twin_end(twin, texts[draw(r, (uint32_t)COUNT(texts))]);
}

static struct cnipol_question random_question(struct random *r, const struct twin *twin)
{
    static const uint8_t protocols[] = {6, 6, 17, 132, 1, 58, 47};
    static const uint16_t ports[] = {53, 80, 8080, 30080, 100, 0};
    static const uint8_t families[] = {0, 0, 0, 4, 6};
    struct cnipol_question q = {.source = random_end(r, twin),
                                .destination = random_end(r, twin),
                                .family = families[draw(r, 5)],
                                .protocol = protocols[draw(r, COUNT(protocols))],
                                .direction = (uint8_t)draw(r, 3),
                                .icmp_type = (uint8_t)draw(r, 10),
                                .has_icmp = percent(r, 60),
                                .is_fragment = percent(r, 10),
                                .connection_state = (uint8_t)draw(r, 3),
                                .source_port = (uint16_t)(percent(r, 50) ? 0 : 2000),
                                .destination_port = ports[draw(r, COUNT(ports))],
                                .port_unknown = percent(r, 15)};

    return q;
}

static void test_random_machines(void **state)
{
    static const struct machine_shape machine_shape = {.n_checkpoints = 2};
    struct random r = {.state = 20261124};
    struct cnipol_cluster *cluster;
    struct cnipol_model *model;

    (void)state;
    open_town(&r, &cluster, &model);
    for (uint32_t i = 0; i < MACHINES; i++) {
        struct twin twin;

        random_machine(&r, model, &machine_shape);
        model->service_vip_raw = percent(&r, 20);
        twin_new(&twin, model);
        for (uint32_t k = 0; k < QUESTIONS; k++) {
            struct cnipol_question q = random_question(&r, &twin);

            twin_ask(&twin, &q, true);
        }
        twin_free(&twin);
    }
    close_town(&r, cluster, model);
}

/* Two checkpoints of `n` empty stages each. */
static void empty_stages(struct random *r, struct cnipol_model *model, uint32_t n)
{
    for (uint32_t d = 0; d < 2; d++) {
        struct np_stage *stages = np_arena_array(&model->machine.arena, n, sizeof *stages);

        for (uint32_t i = 0; i < n; i++)
            stages[i] = (struct np_stage){.name = "stage", .pass_to = (uint16_t)(i + 1)};
        model->machine.checkpoints[d].stages = stages;
        model->machine.checkpoints[d].n_stages = n;
    }
    assert_int_equal(np_resolve_subjects(&model->machine, r->n_ends), CNIPOL_OK);
}

/* Stages are walked one inside the other, so neither side takes more of them than the stack has room for. */
static void test_stages_are_limited(void **state)
{
    static const struct {
        uint32_t n;
        int written, read_as_one; /* both checkpoints' stages as those of the first */
    } rows[] = {{32, CNIPOL_OK, CNIPOL_OK}, {33, CNIPOL_OK, CNIPOL_E_INVALID}, {64, CNIPOL_OK, CNIPOL_E_INVALID}, {65, CNIPOL_E_LIMIT, 0}};
    struct random r = {.state = 1};
    struct cnipol_cluster *cluster;
    struct cnipol_model *model;

    (void)state;
    open_town(&r, &cluster, &model);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cnipol_machine_checkpoint *checkpoints;
        struct cnipol_model *copy = NULL;
        struct np_buf machine, directory;
        struct cnipol_cold_part part;

        empty_stages(&r, model, rows[i].n);
        np_buf_init(&machine, &r.ctx->mem);
        np_buf_init(&directory, &r.ctx->mem);
        assert_int_equal(write_blocks(model, &machine, &directory), rows[i].written);
        if (!rows[i].written) {
            memcpy(&part, machine.s + sizeof(struct cnipol_cold_head) + CNIPOL_MACHINE_CHECKPOINTS * sizeof part, sizeof part);
            checkpoints = (struct cnipol_machine_checkpoint *)(void *)(machine.s + part.offset);
            checkpoints[0].n_stages = 2 * rows[i].n;
            checkpoints[1].first_stage = 2 * rows[i].n;
            checkpoints[1].n_stages = 0;
            assert_int_equal(np_model_read(r.ctx, machine.s, machine.n, directory.s, directory.n, &copy), rows[i].read_as_one);
        }
        cnipol_model_free(copy);
        np_buf_free(&machine);
        np_buf_free(&directory);
    }
    close_town(&r, cluster, model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_machines), cmocka_unit_test(test_stages_are_limited)};

    return cmocka_run_group_tests_name("machines", tests, NULL, NULL);
}
