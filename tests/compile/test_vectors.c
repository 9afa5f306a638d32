/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every case of a file of test vectors: the model that is read from bytes answers and explains as the one that was
 * written. Asked is each question of the case, and what some of its ends have to do with each other.
 *
 *     test_compile_vectors FILE...
 */

#include "twin.h"

#include "base/file.h"
#include "dialect/cluster.h"

#define PICKED 14u /* ends that are asked about each other */

static struct {
    uint64_t cases, asked, explained;
} totals;

struct run {
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_knobs *knobs;
    struct cnipol_model *model;
    struct twin twin;
    const struct np_node *row;
};

static void set_dns(struct run *run, const struct np_node *dns)
{
    for (uint32_t i = 0; i < dns->n; i++) {
        const struct np_node *addresses = &dns->pairs[i].value;

        assert_int_equal(cnipol_knobs_add_dns(run->knobs, dns->pairs[i].key.s, NULL), CNIPOL_OK);
        for (uint32_t k = 0; k < addresses->n; k++)
            (void)cnipol_knobs_add_dns(run->knobs, dns->pairs[i].key.s, addresses->items[k].s);
    }
}

static void set_options(struct run *run, const struct np_node *options)
{
    for (uint32_t i = 0; options && i < options->n; i++) {
        const struct np_node *value = &options->pairs[i].value;
        const char *name = options->pairs[i].key.s;

        if (strcmp(name, "dns") == 0)
            set_dns(run, value);
        else
            assert_int_equal(cnipol_knobs_set(run->knobs, name, value->kind == NP_NODE_BOOL ? (value->b ? "true" : "false") : value->s),
                             CNIPOL_OK);
    }
}

static void load(struct run *run, struct np_doc *doc)
{
    const struct np_node *objects = np_map_value(run->row, "objects");
    int worst = CNIPOL_OK;

    assert_int_equal(cnipol_cluster_new(run->ctx, NULL, &run->cluster), CNIPOL_OK);
    assert_int_equal(cnipol_knobs_new(run->ctx, &run->knobs), CNIPOL_OK);
    set_options(run, np_map_value(run->row, "options"));
    run->cluster->dialect.mode = NP_MODE_STORED;
    for (uint32_t i = 0; objects && i < objects->n; i++)
        assert_int_equal(np_cluster_load_object(run->cluster, doc, &objects->items[i], &worst), CNIPOL_OK);
    assert_int_equal(cnipol_model_new(run->cluster, NULL, run->knobs, &run->model), CNIPOL_OK);
    twin_new(&run->twin, run->model);
}

static uint32_t number(const struct np_node *test, const char *key, uint32_t otherwise)
{
    const struct np_node *value = np_map_value(test, key);

    return value && value->kind == NP_NODE_INT ? (uint32_t)value->i : otherwise;
}

static struct cnipol_question like(const struct np_node *test)
{
    const struct np_node *protocol = np_map_value(test, "protocol"), *direction = np_map_value(test, "direction");
    struct cnipol_question q = {.protocol = (uint8_t)number(test, "protocol", CNIPOL_PROTOCOL_TCP),
                                .destination_port = (uint16_t)number(test, "port", 0),
                                .source_port = (uint16_t)number(test, "sourcePort", 0),
                                .family = (uint8_t)number(test, "family", 0),
                                .port_unknown = !np_map_value(test, "port"),
                                .has_icmp = np_map_value(test, "icmpType") != NULL,
                                .icmp_type = (uint8_t)number(test, "icmpType", 0),
                                .icmp_code = (uint8_t)number(test, "icmpCode", 0)};

    if (protocol && protocol->kind == NP_NODE_STRING)
        q.protocol = (uint8_t)cnipol_protocol_parse(protocol->s);
    if (direction && direction->kind == NP_NODE_STRING)
        q.direction = strcmp(direction->s, "egress") == 0 ? CNIPOL_ASK_EGRESS : CNIPOL_ASK_INGRESS;
    return q;
}

static void ask_matrix(struct run *run, const struct np_node *pods, struct cnipol_question *q)
{
    struct cnipol_end *ends = calloc(pods->n, sizeof *ends);

    assert_non_null(ends);
    for (uint32_t i = 0; i < pods->n; i++)
        ends[i] = twin_end(&run->twin, pods->items[i].s);
    for (uint32_t i = 0; i < pods->n; i++) {
        q->source = ends[i];
        for (uint32_t k = 0; k < pods->n; k++) {
            q->destination = ends[k];
            twin_ask(&run->twin, q, run->twin.asked % 31 == 0);
        }
    }
    free(ends);
}

static void ask_test(struct run *run, const struct np_node *test)
{
    const struct np_node *pods = np_map_value(test, "pods");
    struct cnipol_question q = like(test);

    if (pods) {
        ask_matrix(run, pods, &q);
        return;
    }
    q.source = twin_end(&run->twin, np_map_value(test, "from")->s);
    q.destination = twin_end(&run->twin, np_map_value(test, "to")->s);
    twin_ask(&run->twin, &q, run->twin.asked < 200 || run->twin.asked % 64 == 0);
}

static void ask_pair(struct run *run, const struct cnipol_end *from, const struct cnipol_end *to)
{
    static const struct {
        uint8_t protocol;
        uint16_t port;
        uint8_t unknown, fragment;
    } asked[] = {{6, 80, 0, 0}, {17, 53, 0, 0}, {6, 0, 1, 0}, {6, 0, 0, 1}, {132, 7777, 0, 0}, {1, 0, 0, 0}, {6, 30080, 0, 0}};
    uint64_t at = run->twin.asked % (sizeof asked / sizeof asked[0]);
    struct cnipol_question q = {.source = *from,
                                .destination = *to,
                                .protocol = asked[at].protocol,
                                .destination_port = asked[at].port,
                                .port_unknown = asked[at].unknown,
                                .is_fragment = asked[at].fragment,
                                .connection_state = (uint8_t)(run->twin.asked % 5 == 0)};

    twin_ask(&run->twin, &q, true);
}

static void pick(struct cnipol_end *ends, uint32_t *n, struct cnipol_end end)
{
    if (*n < PICKED)
        ends[(*n)++] = end;
}

/* Some pods, nodes and Services, foreign addresses, and one pod at an address that is not its own. */
static uint32_t pick_ends(struct run *run, struct cnipol_end *ends)
{
    uint32_t n = 0, pods = run->model->n_pods;
    char text[600];

    for (uint32_t i = 0; i < 5 && i < pods; i++)
        pick(ends, &n, twin_end(&run->twin, cnipol_model_pod_name(run->model, (uint32_t)((uint64_t)i * pods / 5 % pods))));
    for (uint32_t i = 0; i < 2 && i < run->model->n_nodes; i++) {
        snprintf(text, sizeof text, "node/%s", np_atoms_str(&run->ctx->atoms, run->model->nodes[i].name).s);
        pick(ends, &n, twin_end(&run->twin, text));
    }
    for (uint32_t i = 0; i < 3 && i < run->model->n_services; i++) {
        snprintf(text, sizeof text, "service/%s/%s", np_atoms_str(&run->ctx->atoms, run->model->services[i].ns).s,
                 np_atoms_str(&run->ctx->atoms, run->model->services[i].name).s);
        pick(ends, &n, twin_end(&run->twin, text));
    }
    pick(ends, &n, twin_end(&run->twin, "10.1.2.3"));
    pick(ends, &n, twin_end(&run->twin, "2001:db8::7"));
    if (pods && ends[0].has_v4) {
        pick(ends, &n, ends[0]);
        ends[n - 1].v4[3] ^= 0x55;
    }
    return n;
}

static void ask_all(struct run *run)
{
    const struct np_node *tests = np_map_value(run->row, "tests");
    struct cnipol_end ends[PICKED];
    uint32_t n = pick_ends(run, ends);

    for (uint32_t i = 0; i < tests->n; i++)
        ask_test(run, &tests->items[i]);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < n; k++)
            ask_pair(run, &ends[i], &ends[k]);
}

static int run_row(void *user, struct np_doc *doc)
{
    struct run run = {.row = &doc->root};
    const struct np_source *file = &((struct cnipol_ctx *)user)->sources.items[doc->source];
    uint32_t outer = doc->source;

    if (!np_map_value(run.row, "tests"))
        return CNIPOL_OK;
    assert_int_equal(cnipol_ctx_new(NULL, &run.ctx), CNIPOL_OK);
    doc->source = np_sources_add(&run.ctx->sources, file->name, file->bytes, file->size, false);
    load(&run, doc);
    doc->source = outer;
    ask_all(&run);
    totals.cases++;
    totals.asked += run.twin.asked;
    totals.explained += run.twin.explained;
    twin_free(&run.twin);
    cnipol_model_free(run.model);
    cnipol_knobs_free(run.knobs);
    cnipol_cluster_free(run.cluster);
    cnipol_ctx_free(run.ctx);
    return CNIPOL_OK;
}

static void test_file(void **state)
{
    struct cnipol_ctx *ctx;
    uint32_t source = NP_NONE;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(np_file_read(ctx, *state, true, &source), CNIPOL_OK);
    assert_int_equal(np_doc_read(ctx, source, NP_DOC_JSON, run_row, ctx), CNIPOL_OK);
    cnipol_ctx_free(ctx);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[32];
    size_t n = 0;
    int failed;

    for (int i = 1; i < argc && n < 32; i++)
        tests[n++] = (struct CMUnitTest){argv[i], test_file, NULL, NULL, argv[i]};
    failed = _cmocka_run_group_tests("read back", tests, n, NULL, NULL);
    printf("%llu cases, %llu questions, %llu chains\n", (unsigned long long)totals.cases, (unsigned long long)totals.asked,
           (unsigned long long)totals.explained);
    return failed || totals.cases == 0;
}
