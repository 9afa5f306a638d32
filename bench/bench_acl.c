/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_acl FOLDER: DPDK's rte_acl on the expanded rules of one node.
 *
 * The node is the one with the most pods. Each of its pods' rules are expanded from selectors to
 * addresses: source and destination /32 (or a policy's prefix), protocol, port range; one context for
 * each direction, since a packet between two pods of the node would else meet both ends' rules at once.
 * All rules allow, and what matches none is denied. Where the build fails, half as many pods are tried.
 *
 * Questions are directional, from address to verdict; the classifier's work begins at the five-tuple, so
 * finding the address's owner costs it nothing. One at a time: the scalar method, each call after the
 * answer of the one before. Batches: the widest vectors that the CPU has.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_acl.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include "bench.h"
#include "expand.h"
#include "world.h"

#define BLOCK 1024
#define CHECKED (1u << 17)
#define N_FIELDS 5

struct key {
    uint8_t protocol;
    uint8_t pad[3];
    uint8_t source[4];
    uint8_t destination[4];
    uint8_t ports[4];
};

RTE_ACL_RULE_DEF(acl_rule, N_FIELDS);

struct acl {
    const struct world *world;
    struct world_mix mix;
    struct rte_acl_ctx *ctx[2]; /* by enum np_end_role of the subject */
    uint32_t n_rules[2];
    double build_seconds, table_bytes;
    struct key keys[2][BLOCK]; /* half a block each */
    const uint8_t *data[2][BLOCK];
};

static const struct rte_acl_field_def fields[N_FIELDS] = {
    {RTE_ACL_FIELD_TYPE_BITMASK, 1, 0, 0, offsetof(struct key, protocol)}, {RTE_ACL_FIELD_TYPE_MASK, 4, 1, 1, offsetof(struct key, source)},
    {RTE_ACL_FIELD_TYPE_MASK, 4, 2, 2, offsetof(struct key, destination)}, {RTE_ACL_FIELD_TYPE_RANGE, 2, 3, 3, offsetof(struct key, ports)},
    {RTE_ACL_FIELD_TYPE_RANGE, 2, 4, 3, offsetof(struct key, ports) + 2},
};

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int add_rule(struct acl *acl, enum np_end_role role, const struct np_ip *subject, const struct np_prefix *peer,
                    const struct expand_entry *entry)
{
    struct acl_rule rule = {.data = {.category_mask = 1, .priority = 1, .userdata = 1}};
    struct rte_acl_field *own = &rule.field[1 + role], *other = &rule.field[2 - role];

    rule.field[0].value.u8 = entry->protocol;
    rule.field[0].mask_range.u8 = entry->protocol ? 0xff : 0;
    own->value.u32 = big_endian(subject->bytes);
    own->mask_range.u32 = 32;
    other->value.u32 = big_endian(peer->ip.bytes);
    other->mask_range.u32 = peer->len;
    rule.field[3].mask_range.u16 = UINT16_MAX;
    rule.field[4].value.u16 = entry->protocol ? entry->lo : 0;
    rule.field[4].mask_range.u16 = entry->protocol ? entry->hi : UINT16_MAX;
    acl->n_rules[role]++;
    return rte_acl_add_rules(acl->ctx[role], (const struct rte_acl_rule *)&rule, 1);
}

static int add_entry(struct acl *acl, enum np_end_role role, const struct np_ip *subject, const struct expand_entry *entry)
{
    const struct cnipol_model *m = acl->world->model;
    const struct np_prefix anybody = {.ip.family = 4};
    const struct np_ip *ips;
    uint32_t n;
    int rc = 0;

    if (entry->peer == EXPAND_ANY)
        return add_rule(acl, role, subject, &anybody, entry);
    if (entry->peer == EXPAND_PREFIX)
        return entry->prefix.ip.family == 4 ? add_rule(acl, role, subject, &entry->prefix, entry) : 0;
    ips = entry->peer < m->n_pods ? m->pods[entry->peer].ips : m->nodes[entry->peer - m->n_pods].ips;
    n = entry->peer < m->n_pods ? m->pods[entry->peer].n_ips : m->nodes[entry->peer - m->n_pods].n_ips;
    for (uint32_t i = 0; i < n && !rc; i++) {
        struct np_prefix whole = np_prefix_of(&ips[i]);

        if (ips[i].family == 4)
            rc = add_rule(acl, role, subject, &whole, entry);
    }
    return rc;
}

static int add_subject(struct acl *acl, enum np_end_role role, uint32_t pod, struct expand *expand)
{
    const struct np_pod *p = &acl->world->model->pods[pod];
    int rc = 0;

    if (!expand_subject(acl->world->model, pod, role, expand)) {
        fprintf(stderr, "bench_acl: %s\n", expand->failed);
        return -1;
    }
    for (uint32_t i = 0; i < expand->n && p->n_ips && !rc; i++)
        rc = add_entry(acl, role, &p->ips[0], &expand->items[i]);
    return rc;
}

static void close_contexts(struct acl *acl)
{
    for (int role = 0; role < 2; role++) {
        rte_acl_free(acl->ctx[role]);
        acl->ctx[role] = NULL;
        acl->n_rules[role] = 0;
    }
    acl->build_seconds = acl->table_bytes = 0;
}

/* The library tells no sizes: what a build leaves on DPDK's heap is the table. */
static double heap_bytes(void)
{
    struct rte_malloc_socket_stats stats = {0};

    return rte_malloc_get_socket_stats(0, &stats) ? 0 : (double)stats.heap_allocsz_bytes;
}

static int build(struct acl *acl, enum np_end_role role)
{
    static const char *const names[] = {"egress", "ingress"};
    struct rte_acl_param param = {.name = names[role], .socket_id = -1, .rule_size = RTE_ACL_RULE_SZ(N_FIELDS), .max_rule_num = 1u << 23};
    struct rte_acl_config config = {.num_categories = 1, .num_fields = N_FIELDS};
    struct expand expand = {0};
    double since, before;
    int rc = 0;

    acl->ctx[role] = rte_acl_create(&param);
    if (!acl->ctx[role])
        return -1;
    for (uint32_t i = 0; i < acl->mix.n_subjects && !rc; i++)
        rc = add_subject(acl, role, acl->mix.subjects[i], &expand);
    expand_free(&expand);
    if (rc)
        return rc;
    memcpy(config.defs, fields, sizeof fields);
    before = heap_bytes();
    since = bench_now();
    rc = rte_acl_build(acl->ctx[role], &config);
    acl->build_seconds += bench_now() - since;
    acl->table_bytes += heap_bytes() - before;
    return rc;
}

static void to_key(const struct cnipol_question *q, struct key *out)
{
    *out = (struct key){.protocol = q->protocol};
    memcpy(out->source, q->source.v4, 4);
    memcpy(out->destination, q->destination.v4, 4);
    out->ports[0] = (uint8_t)(q->source_port >> 8);
    out->ports[1] = (uint8_t)q->source_port;
    out->ports[2] = (uint8_t)(q->destination_port >> 8);
    out->ports[3] = (uint8_t)q->destination_port;
}

static void prepare(void *user, uint64_t *seed)
{
    struct acl *acl = user;
    struct world_mix mix = acl->mix;
    struct cnipol_question q;

    for (int role = 0; role < 2; role++) {
        mix.direction = role == NP_END_SOURCE ? CNIPOL_ASK_EGRESS : CNIPOL_ASK_INGRESS;
        for (uint32_t i = 0; i < BLOCK / 2; i++) {
            world_ask(acl->world, &mix, seed, &q);
            to_key(&q, &acl->keys[role][i]);
            acl->data[role][i] = (const uint8_t *)&acl->keys[role][i];
        }
    }
}

static uint64_t run_one(void *user)
{
    struct acl *acl = user;
    uint32_t zero = bench_zero(), answer = 0;
    uint64_t sum = 0;

    for (int role = 0; role < 2; role++)
        for (uint32_t i = 0; i < BLOCK / 2; i++) {
            rte_acl_classify_alg(acl->ctx[role], &acl->data[role][i + (answer & zero)], &answer, 1, 1, RTE_ACL_CLASSIFY_SCALAR);
            sum += answer;
        }
    return sum;
}

static uint64_t run_batch(struct acl *acl, uint32_t batch)
{
    uint32_t answers[BLOCK / 2];
    uint64_t sum = 0;

    for (int role = 0; role < 2; role++)
        for (uint32_t i = 0; i < BLOCK / 2; i += batch) {
            rte_acl_classify(acl->ctx[role], &acl->data[role][i], answers, batch, 1);
            sum += answers[0] + answers[batch - 1];
        }
    return sum;
}

static uint64_t run_16(void *user)
{
    return run_batch(user, 16);
}

static uint64_t run_512(void *user)
{
    return run_batch(user, BLOCK / 2);
}

static uint64_t count_wrong(const struct acl *acl)
{
    uint64_t seed = BENCH_SEED, wrong = 0;

    for (uint32_t i = 0; i < CHECKED; i++) {
        struct world_mix mix = acl->mix;
        struct cnipol_question q;
        struct cnipol_verdict verdict;
        const uint8_t *data[1];
        struct key key;
        uint32_t answer = 0;

        mix.direction = i % 2 ? CNIPOL_ASK_INGRESS : CNIPOL_ASK_EGRESS;
        world_ask(acl->world, &mix, &seed, &q);
        to_key(&q, &key);
        data[0] = (const uint8_t *)&key;
        rte_acl_classify(acl->ctx[i % 2], data, &answer, 1, 1);
        cnipol_ask(acl->world->model, &q, &verdict);
        wrong += (answer == 1) != (verdict.decision == CNIPOL_ALLOW);
    }
    return wrong;
}

static int start_eal(int cpu)
{
    char core[16];
    const char *args[] = {"bench_acl",
                          "-l",
                          core,
                          "--no-huge",
                          "-m",
                          "6144",
                          "--no-pci",
                          "--no-shconf",
                          "--no-telemetry",
                          "--log-level=error",
                          "--force-max-simd-bitwidth=512"};

    (void)snprintf(core, sizeof core, "%d", cpu < 0 ? 0 : cpu);
    return rte_eal_init((int)(sizeof args / sizeof args[0]), (char **)(uintptr_t)args);
}

static void measure(struct bench *b, struct acl *acl)
{
    struct bench_body bodies[] = {
        {.row = "rte_acl, one at a time (scalar)", .run = run_one},
        {.row = "rte_acl, batch of 16", .run = run_16},
        {.row = "rte_acl, batch of 512", .run = run_512},
    };
    uint64_t wrong = count_wrong(acl);
    char note[128];

    (void)snprintf(note, sizeof note, "one node, %u pods, from the five-tuple, one direction", acl->mix.n_subjects);
    for (uint32_t i = 0; i < 3; i++) {
        bodies[i].prepare = prepare;
        bodies[i].user = acl;
        bodies[i].lookups = BLOCK;
        bodies[i].note = note;
        bodies[i].checked = CHECKED;
        bodies[i].mismatches = i ? 0 : wrong;
    }
    bench_figure(b, "rte_acl rules", "rules", acl->n_rules[0] + acl->n_rules[1], note);
    bench_figure(b, "rte_acl build", "s", acl->build_seconds, "two contexts, expansion not counted");
    bench_figure(b, "rte_acl tables", "bytes", acl->table_bytes, NULL);
    bench_compare(b, bodies, 3, NULL, 0);
}

int main(int argc, char **argv)
{
    static struct acl acl;
    struct bench b;
    struct world w = {0};
    uint32_t *pods = NULL;

    if (argc != 2 || !bench_open(&b, "bench_acl"))
        return 2;
    if (start_eal(b.cpu) < 0) {
        bench_skip(&b, "rte_acl", "DPDK's environment does not start");
        return bench_close(&b);
    }
    if (!world_open(&w, argv[1]))
        return 2;
    acl.world = &w;
    acl.mix.n_subjects = world_node_pods(&w, world_fullest_node(&w), &pods);
    acl.mix.subjects = pods;
    while (acl.mix.n_subjects && (build(&acl, NP_END_SOURCE) || build(&acl, NP_END_DESTINATION))) {
        fprintf(stderr, "bench_acl: %u pods, %u rules: %s\n", acl.mix.n_subjects, acl.n_rules[0] + acl.n_rules[1], rte_strerror(rte_errno));
        close_contexts(&acl);
        acl.mix.n_subjects /= 2;
    }
    if (acl.mix.n_subjects)
        measure(&b, &acl);
    else
        bench_skip(&b, "rte_acl", "no rule set of a node could be built");
    close_contexts(&acl);
    free(pods);
    world_close(&w);
    return bench_close(&b);
}
