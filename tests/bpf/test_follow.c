/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A policy set that changes, followed in the kernel: by patches where they lead on, else by the whole snapshot. After
 * each change every question is answered there as on the host.
 */
#include "testing.h"

#include <stdlib.h>

#include <cnipol/eval_core.h>
#include <cnipol/live.h>

#define NAMESPACE(name) "{apiVersion: v1, kind: Namespace, metadata: {name: " name ", labels: {is: " name "}}}\n---\n"
#define POD(space, name, ip)                                                                           \
    "{apiVersion: v1, kind: Pod, metadata: {name: " name ", namespace: " space ", labels: {app: " name \
    "}}, spec: {containers: [{name: c, "                                                               \
    "image: i}]}, status: {phase: Running, podIP: " ip ", podIPs: [{ip: " ip "}]}}\n---\n"
#define POLICY(subject, from, port)                                                                                                  \
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p-" subject ", namespace: shop}, spec: {podSelector: " \
    "{matchLabels: {app: " subject "}}, policyTypes: [Ingress], ingress: [{from: [" from "], ports: [{protocol: TCP, port: " port    \
    "}]}]}}\n"
#define FROM_WEB "{podSelector: {matchLabels: {app: web}}}"
#define FROM_DEV "{namespaceSelector: {matchLabels: {is: dev}}}"

static const char cluster[] =
    NAMESPACE("shop") NAMESPACE("dev") POD("shop", "web", "10.0.0.1") POD("shop", "db", "10.0.0.2") POD("dev", "box", "10.0.0.3");

/* text NULL: the source is deleted. */
static const struct {
    const char *source;
    const char *text;
} steps[] = {
    {"db", POLICY("db", FROM_WEB, "5432")},
    {"web", POLICY("web", FROM_DEV, "80")},
    {"db", POLICY("db", FROM_WEB, "5433")},
    {"db", POLICY("db", FROM_WEB ", " FROM_DEV, "5432")},
    {"box", POD("dev", "lid", "10.0.0.4")},
    {"web", NULL},
    {"db", POLICY("db", FROM_DEV, "80")},
    {"box", NULL},
    {"db", NULL},
};

struct follower {
    struct cnipol_live *live;
    struct cnipol_bpf *bpf;
    struct cnipol_bpf_patch patches[512];
    uint32_t n_patches;
    uint32_t n_patched, n_published;
};

static void take_patch(void *user, uint32_t offset, const void *bytes, uint32_t n)
{
    struct follower *f = user;

    assert_in_range(f->n_patches, 0, COUNT(f->patches) - 1);
    f->patches[f->n_patches++] = (struct cnipol_bpf_patch){.bytes = bytes, .offset = offset, .n = n};
}

static void catch_up(struct follower *f, const struct cnipol_snapshot *snapshot)
{
    f->n_patches = 0;
    if (cnipol_live_patches(f->live, take_patch, f) >= 0) {
        assert_int_equal(cnipol_bpf_patch(f->bpf, f->patches, f->n_patches, snapshot->view, snapshot->generation), CNIPOL_OK);
        f->n_patched++;
        return;
    }
    assert_int_equal(cnipol_bpf_publish(f->bpf, snapshot->bytes, snapshot->n_bytes, snapshot->view, snapshot->generation), CNIPOL_OK);
    f->n_published++;
}

static uint32_t all_keys(uint32_t n_ids, struct cnipol_key *keys, uint32_t max)
{
    static const uint16_t ports[] = {80, 5432, 5433};
    uint32_t n = 0;

    for (uint32_t i = 0; i < n_ids * n_ids * COUNT(ports) * 2 && n < max; i++) {
        struct cnipol_key key = {.protocol = 6, .source = i / 6 % n_ids, .destination = i / 6 / n_ids};

        key.destination_port = ports[i % 3];
        key.directions = (uint8_t)(1 + i / 3 % 2);
        keys[n++] = key;
    }
    return n;
}

static void compare(struct follower *f, const struct cnipol_snapshot *snapshot, const char *when)
{
    static struct cnipol_key keys[4096];
    static struct cnipol_answer answers[4096];
    struct cnipol_answer expected;
    uint32_t n = all_keys(CNIPOL_VIEW(snapshot->bytes, snapshot->view, n_ids), keys, COUNT(keys)), denied = 0;

    assert_true(cnipol_bpf_generation(f->bpf) == snapshot->generation);
    for (int only_rules = 0; only_rules < 2; only_rules++) {
        assert_int_equal(cnipol_bpf_ask(f->bpf, keys, n, only_rules, answers), CNIPOL_OK);
        for (uint32_t i = 0; i < n; i++) {
            cnipol_eval(snapshot->bytes, snapshot->view, &keys[i], &expected);
            denied += expected.decision == CNIPOL_DENY;
            if (memcmp(&expected, &answers[i], sizeof expected) != 0)
                fail_msg("after %s, from %u to %u, port %u: the kernel says %u, the host %u", when, keys[i].source, keys[i].destination,
                         keys[i].destination_port, answers[i].decision, expected.decision);
        }
    }
    assert_true(strcmp(when, "the cluster") == 0 || strcmp(when, "the end") == 0 || denied > 0);
}

static void step(struct follower *f, const char *source, const char *text, const char *when)
{
    int change = text ? cnipol_live_put(f->live, source, text, strlen(text)) : cnipol_live_delete(f->live, source);
    const struct cnipol_snapshot *snapshot;

    if (change < 0)
        fail_msg("%s: refused with %d", when, change);
    snapshot = cnipol_live_acquire(f->live);
    catch_up(f, snapshot);
    compare(f, snapshot, when);
    cnipol_live_release(f->live, snapshot);
}

static void the_kernel_follows(void **state)
{
    const struct cnipol_live_opts live_opts = {.sz = sizeof live_opts, .room = 256u << 10};
    const struct cnipol_bpf_opts bpf_opts = {.sz = sizeof bpf_opts, .flags = CNIPOL_BPF_TESTS};
    struct follower f = {0};
    struct cnipol_ctx *ctx;

    (void)state;
    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_live_new(ctx, &live_opts, &f.live), CNIPOL_OK);
    assert_int_equal(cnipol_bpf_open(&bpf_opts, &f.bpf), CNIPOL_OK);
    step(&f, "cluster", cluster, "the cluster");
    for (size_t i = 0; i < COUNT(steps); i++)
        step(&f, steps[i].source, steps[i].text, i + 1 < COUNT(steps) ? steps[i].source : "the end");
    assert_true(f.n_patched > 0);
    assert_true(f.n_published > 0);
    cnipol_bpf_free(f.bpf);
    cnipol_live_free(f.live);
    cnipol_ctx_free(ctx);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_follows),
    };

    return cannot_run() ? EXIT_SKIP : cmocka_run_group_tests(tests, NULL, NULL);
}
