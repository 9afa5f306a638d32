/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Live policy sets while memory runs out, at each allocation of each call in turn, from there on and once: no memory, and
 * everything is as it was; or the call is done. What failed succeeds once there is memory again. Nothing is left behind: after
 * a compaction there are as many blocks as there ever were, and none in the end.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cnipol/addrmap.h>
#include <cnipol/cnipol.h>
#include <cnipol/eval_core.h>
#include <cnipol/live.h>

#include "../support/failing.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ENDS 5
#define PORTS 2

#define POD(name, ip) POD_OF(name, name, ip)
#define POD_OF(name, app, ip)                                                                                                       \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"shop\",\"name\":\"" name "\",\"labels\":{\"app\":\"" app \
    "\"}},\"spec\":{\"nodeName\":\"n\"},\"status\":{\"phase\":\"Running\",\"podIPs\":[{\"ip\":\"" ip "\"}]}}\n"
#define POLICY(name, pods, rule)                                                                                                \
    "{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"namespace\":\"shop\",\"name\":\"" name \
    "\"},\"spec\":{\"podSelector\":{\"matchLabels\":{\"app\":\"" pods "\"}},\"ingress\":[" rule "]}}"

static const char shop[] =
    "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"shop\"}}\n" POD("web", "10.0.0.1") POD("db", "10.0.0.4");
static const char pod[] = POD("api", "10.0.0.3");
static const char pod_of_db[] = POD_OF("api", "db", "10.0.0.3");
static const char closed[] = POLICY("p", "db", "");
static const char from_web[] =
    POLICY("p", "db", "{\"from\":[{\"podSelector\":{\"matchLabels\":{\"app\":\"web\"}}},{\"ipBlock\":{\"cidr\":\"203.0.113.0/28\"}}]}");
static const char second[] = POLICY("q", "web", "{\"from\":[{\"ipBlock\":{\"cidr\":\"10.0.0.2/31\"}}],\"ports\":[{\"port\":80}]}");

static const uint32_t addresses[ENDS] = {0x0a000001, 0x0a000003, 0x0a000004, 0x0a000002, 0xcb007109};
static const uint16_t ports[PORTS] = {80, 5432};

/* What everybody is told. */
struct answers {
    uint8_t says[ENDS][ENDS][PORTS];
};

struct trial {
    struct failing f;
    struct cnipol_ctx *ctx;
    struct cnipol_live *live;
    struct cnipol_compaction *work;
    struct answers before, after;
    size_t blocks; /* of what is there before, compacted */
};

static struct answers ask_all(struct trial *t)
{
    const struct cnipol_snapshot *s = cnipol_live_acquire(t->live);
    struct answers answers;

    for (uint32_t i = 0; i < ENDS * ENDS * PORTS; i++) {
        uint32_t from = i / PORTS / ENDS, to = i / PORTS % ENDS, port = i % PORTS;
        struct cnipol_addrmap_entry a = cnipol_addrmap_find4(s->addrmap, addresses[from]);
        struct cnipol_addrmap_entry b = cnipol_addrmap_find4(s->addrmap, addresses[to]);
        struct cnipol_key key = {.source = a.peer, .destination = b.peer, .protocol = 6, .destination_port = ports[port], .directions = 3};
        struct cnipol_answer answer;

        key.relations = (uint8_t)cnipol_addrmap_relations(s->addrmap, a, b);
        cnipol_eval(s->bytes, s->view, &key, &answer);
        answers.says[from][to][port] = answer.decision;
    }
    cnipol_live_release(t->live, s);
    return answers;
}

static int put(struct trial *t, const char *name, const char *text)
{
    return text ? cnipol_live_put(t->live, name, text, strlen(text)) : cnipol_live_delete(t->live, name);
}

static void must_put(struct trial *t, const char *name, const char *text)
{
    assert_true(put(t, name, text) > 0);
}

/* What each call needs before it, and what it does. */
static int put_policy(struct trial *t)
{
    return put(t, "policy", from_web);
}

static int put_second(struct trial *t)
{
    return put(t, "second", second);
}

static int put_pod(struct trial *t)
{
    return put(t, "pod", pod);
}

static int put_pod_of_db(struct trial *t)
{
    return put(t, "pod", pod_of_db);
}

static void must_put_pod(struct trial *t)
{
    must_put(t, "second", second);
    must_put(t, "pod", pod);
}

static int delete_pod(struct trial *t)
{
    return put(t, "pod", NULL);
}

static int delete_policy(struct trial *t)
{
    return put(t, "policy", NULL);
}

static int delete_inventory(struct trial *t)
{
    return put(t, "shop", NULL);
}

static void put_many(struct trial *t)
{
    cnipol_live_begin(t->live);
    assert_int_equal(put(t, "pod", pod), CNIPOL_LIVE_NOTHING);
    assert_int_equal(put(t, "second", second), CNIPOL_LIVE_NOTHING);
    assert_int_equal(put(t, "policy", NULL), CNIPOL_LIVE_NOTHING);
}

static int end_many(struct trial *t)
{
    return cnipol_live_end(t->live);
}

static int put_while_many(struct trial *t)
{
    cnipol_live_begin(t->live);
    return put(t, "second", second);
}

static void end_after(struct trial *t)
{
    assert_int_equal(cnipol_live_end(t->live), CNIPOL_LIVE_COMPILED);
}

static int compact(struct trial *t)
{
    return cnipol_live_compact(t->live);
}

static int begin_compaction(struct trial *t)
{
    return cnipol_live_compact_begin(t->live, &t->work);
}

static int run_compaction(struct trial *t)
{
    return cnipol_compaction_run(t->work);
}

static void must_begin(struct trial *t)
{
    assert_int_equal(begin_compaction(t), CNIPOL_OK);
}

static void run_and_finish(struct trial *t)
{
    assert_int_equal(run_compaction(t), CNIPOL_OK);
    assert_true(cnipol_live_compact_finish(t->live, t->work) > 0);
}

static void finish(struct trial *t)
{
    assert_true(cnipol_live_compact_finish(t->live, t->work) > 0);
}

/* A finish frees its work: what is tried once more is all of it. */
static void run_amid_changes(struct trial *t)
{
    must_begin(t);
    assert_int_equal(run_compaction(t), CNIPOL_OK);
    assert_int_equal(put(t, "second", second), CNIPOL_LIVE_PATCHED);
    assert_int_equal(put(t, "policy", from_web), CNIPOL_LIVE_PATCHED);
}

static int finish_amid_changes(struct trial *t)
{
    struct cnipol_compaction *work = t->work;

    t->work = NULL;
    if (work)
        return cnipol_live_compact_finish(t->live, work);
    return cnipol_live_compact(t->live);
}

static const struct {
    const char *name;
    void (*prepare)(struct trial *);
    int (*call)(struct trial *);
    void (*complete)(struct trial *); /* once it succeeded */
    uint64_t at_least;                /* requests that were refused, one after the other */
} calls[] = {
    {"put a policy", NULL, put_policy, NULL, 20},
    {"put another policy", NULL, put_second, NULL, 20},
    {"put a pod", NULL, put_pod, NULL, 50},
    {"put a pod like another", NULL, put_pod_of_db, NULL, 20},
    {"put a pod's labels", must_put_pod, put_pod_of_db, NULL, 20},
    {"delete a pod", must_put_pod, delete_pod, NULL, 5},
    {"delete a policy", NULL, delete_policy, NULL, 5},
    {"delete pods", NULL, delete_inventory, NULL, 50},
    {"put between begin and end", NULL, put_while_many, end_after, 1},
    {"end", put_many, end_many, NULL, 100},
    {"compact", NULL, compact, NULL, 100},
    {"begin a compaction", NULL, begin_compaction, run_and_finish, 5},
    {"run a compaction", must_begin, run_compaction, finish, 100},
    {"finish a compaction", run_amid_changes, finish_amid_changes, NULL, 20},
};

/* A set with a policy in tables. */
static void open_trial(struct trial *t)
{
    const struct cnipol_live_opts opts = {.sz = sizeof opts, .with_addrmap = 1, .room = 1u << 16};
    const struct cnipol_alloc alloc = failing_hooks(&t->f);

    *t = (struct trial){0};
    assert_int_equal(cnipol_ctx_new(&alloc, &t->ctx), CNIPOL_OK);
    assert_int_equal(cnipol_live_new(t->ctx, &opts, &t->live), CNIPOL_OK);
    must_put(t, "shop", shop);
    must_put(t, "policy", closed);
    assert_int_equal(cnipol_live_compact(t->live), CNIPOL_LIVE_COMPILED);
    t->blocks = t->f.live;
}

static void close_trial(struct trial *t)
{
    cnipol_live_free(t->live);
    cnipol_ctx_free(t->ctx);
    assert_int_equal(t->f.live, 0);
}

/* The state before a call, whatever came of it. */
static void restore(struct trial *t)
{
    cnipol_live_begin(t->live);
    (void)put(t, "pod", NULL);
    (void)put(t, "second", NULL);
    (void)put(t, "shop", shop);
    (void)put(t, "policy", closed);
    assert_true(cnipol_live_end(t->live) >= 0);
    assert_int_equal(cnipol_live_compact(t->live), CNIPOL_LIVE_COMPILED);
}

static void same(const char *what, const char *call, uint64_t victim, const struct answers *a, const struct answers *b)
{
    if (memcmp(a, b, sizeof *a) != 0)
        fail_msg("%s, request %llu: not %s", call, (unsigned long long)victim, what);
}

/* False: nothing was refused, because there are fewer requests. */
static bool try_victim(struct trial *t, size_t row, uint64_t victim, bool once)
{
    struct answers before, now;
    bool refused;
    int rc;

    if (calls[row].prepare)
        calls[row].prepare(t);
    before = ask_all(t);
    failing_arm(&t->f, victim, once);
    rc = calls[row].call(t);
    refused = t->f.refused > 0;
    failing_arm(&t->f, 0, false);
    if (rc < 0 && (rc != CNIPOL_E_NOMEM || !refused))
        fail_msg("%s, request %llu: status %d", calls[row].name, (unsigned long long)victim, rc);
    if (rc == CNIPOL_E_NOMEM) {
        now = ask_all(t);
        same("as it was", calls[row].name, victim, &now, &before);
        rc = calls[row].call(t);
        if (rc < 0)
            fail_msg("%s, once more after request %llu: status %d", calls[row].name, (unsigned long long)victim, rc);
    }
    if (calls[row].complete)
        calls[row].complete(t);
    now = ask_all(t);
    if (!victim)
        t->after = now;
    same("what was asked for", calls[row].name, victim, &now, &t->after);
    restore(t);
    now = ask_all(t);
    same("as in the beginning", calls[row].name, victim, &now, &t->before);
    if (t->f.live != t->blocks)
        fail_msg("%s, request %llu: %zu blocks, not %zu", calls[row].name, (unsigned long long)victim, t->f.live, t->blocks);
    return refused;
}

static void each_call_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct trial t;
        uint64_t n = 0;

        open_trial(&t);
        t.before = ask_all(&t);
        assert_false(try_victim(&t, i, 0, false));
        while (try_victim(&t, i, n + 1, false))
            n++;
        for (uint64_t k = 1; k <= n; k += n > 300 ? 3 : 1)
            (void)try_victim(&t, i, k, true);
        print_message("%s: %llu requests\n", calls[i].name, (unsigned long long)n);
        assert_true(n >= calls[i].at_least);
        close_trial(&t);
    }
}

static void making_one_fails(void **state)
{
    const struct cnipol_live_opts opts = {.sz = sizeof opts, .engine = "kubernetes", .with_addrmap = 1, .compile = {.root = "."}};
    struct failing f = {0};
    const struct cnipol_alloc alloc = failing_hooks(&f);
    struct cnipol_live *live;
    struct cnipol_ctx *ctx;
    uint64_t n = 0;
    size_t blocks;

    (void)state;
    assert_int_equal(cnipol_ctx_new(&alloc, &ctx), CNIPOL_OK);
    blocks = f.live;
    do {
        failing_arm(&f, ++n, false);
        live = NULL;
        if (cnipol_live_new(ctx, &opts, &live))
            assert_null(live);
        cnipol_live_free(live);
        assert_int_equal(f.live, blocks);
    } while (f.refused);
    assert_true(live && n > 50);
    cnipol_ctx_free(ctx);
}

/* What readers call, and keys: nothing. */
static void reading_takes_none(void **state)
{
    struct cnipol_question question;
    struct cnipol_key key;
    struct trial t;

    (void)state;
    open_trial(&t);
    assert_int_equal(cnipol_question_init(cnipol_live_model(t.live), "shop/web", "10.0.0.4", &question), CNIPOL_OK);
    failing_arm(&t.f, 1, false);
    assert_int_equal(cnipol_live_key(t.live, &question, &key), CNIPOL_OK);
    (void)ask_all(&t);
    assert_int_equal(t.f.asked, 0);
    failing_arm(&t.f, 0, false);
    close_trial(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_fails),
        cmocka_unit_test(making_one_fails),
        cmocka_unit_test(reading_takes_none),
    };

    return cmocka_run_group_tests_name("live memory", tests, NULL, NULL);
}
