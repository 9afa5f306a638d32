/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readers and a writer: a policy, a pod and a namespace's labels come, change and go between a few states whose answers are worked out beforehand, while
 * readers acquire, look both addresses up, ask and release, and a third thread compacts. Each answer must be the state's before
 * an edit or the one's behind it. Who holds a snapshot while an edit gives an address an id that the snapshot does not know
 * gets no answer; then there is a newer snapshot already, and who is quick enough with that one gets an answer.
 * Run it with -Db_sanitize=thread to see that nothing is shared unordered.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include <cnipol/addrmap.h>
#include <cnipol/cnipol.h>
#include <cnipol/eval_core.h>
#include <cnipol/live.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ENDS 7
#define PORTS 3
#define READERS 2
#define EDITS 600
#define PAIRS 600

#define POD(name, app, ip)                                                                                                          \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"shop\",\"name\":\"" name "\",\"labels\":{\"app\":\"" app \
    "\"}},\"spec\":{\"nodeName\":\"n\"},\"status\":{\"phase\":\"Running\",\"podIPs\":[{\"ip\":\"" ip "\"}]}}\n"
#define POLICY(pods, rule)                                                                                                      \
    "{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"namespace\":\"shop\",\"name\":\"p\"}," \
    "\"spec\":{\"podSelector\":{\"matchLabels\":{\"app\":\"" pods "\"}},\"ingress\":[" rule "]}}"

#define NAMESPACE(team) "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"shop\",\"labels\":{\"team\":\"" team "\"}}}"

static const char inventory[] = "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"}}\n" POD("a", "web", "10.0.0.1")
    POD("b", "web", "10.0.0.2") POD("c", "api", "10.0.0.3") POD("d", "db", "10.0.0.4");

static const char *const addresses[ENDS] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "203.0.113.9"};
static const uint16_t ports[PORTS] = {80, 81, 5432};

/* Sources, and what each may say; NULL: it is not there. */
static const char *const policies[] = {
    NULL,
    POLICY("db", ""),
    POLICY("db", "{\"from\":[{\"podSelector\":{\"matchLabels\":{\"app\":\"web\"}}}],\"ports\":[{\"port\":5432}]}"),
    POLICY("db", "{\"from\":[{\"ipBlock\":{\"cidr\":\"203.0.113.0/24\"}},{\"ipBlock\":{\"cidr\":\"10.0.0.2/32\"}}]}"),
    POLICY("web", "{\"from\":[{\"ipBlock\":{\"cidr\":\"0.0.0.0/0\",\"except\":[\"203.0.113.0/28\"]}}],\"ports\":[{\"port\":80}]}"),
    POLICY("api", "{\"ports\":[{\"port\":81}]}"),
    POLICY("db", "{\"from\":[{\"namespaceSelector\":{\"matchLabels\":{\"team\":\"a\"}}}]}"),
};
static const char *const pods[] = {
    NULL, POD("e", "web", "10.0.0.5"), POD("e", "db", "10.0.0.5"), POD("e", "cache", "10.0.0.5"), POD("e", "db", "10.0.0.6"),
};
static const char *const namespaces[] = {NAMESPACE("a"), NAMESPACE("b")};

enum { POLICY_SOURCE, POD_SOURCE, NAMESPACE_SOURCE, SOURCES };

static const struct {
    const char *name;
    const char *const *texts;
    uint32_t n;
} sources[SOURCES] = {{"p", policies, COUNT(policies)}, {"e", pods, COUNT(pods)}, {"s", namespaces, COUNT(namespaces)}};

/* A state is a text of each source. */
#define STATES (COUNT(policies) * COUNT(pods) * COUNT(namespaces))

static const char *text_of(uint32_t state, uint32_t source)
{
    for (uint32_t i = 0; i < source; i++)
        state /= sources[i].n;
    return sources[source].texts[state % sources[source].n];
}

/* The state but for one source's text. */
static uint32_t with_text(uint32_t state, uint32_t source, uint32_t text)
{
    uint32_t unit = 1;

    for (uint32_t i = 0; i < source; i++)
        unit *= sources[i].n;
    return state - state / unit % sources[source].n * unit + text * unit;
}

struct race {
    struct cnipol_ctx *ctx;
    struct cnipol_live *live;
    uint8_t expected[STATES][ENDS][ENDS][PORTS];
    uint32_t before, after; /* atomic: states that the present snapshot may be of */
    uint32_t ends;          /* atomic: the writer is done */
    uint32_t edit;          /* atomic: counts begun and done edits */
    uint32_t n_overtaken;   /* atomic: questions that were asked anew */
};

static void ask_state(struct race *r, uint32_t state)
{
    struct cnipol_ctx *ctx;
    struct cnipol_cluster *cluster;
    struct cnipol_model *model;

    assert_int_equal(cnipol_ctx_new(NULL, &ctx), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_new(ctx, NULL, &cluster), CNIPOL_OK);
    assert_int_equal(cnipol_cluster_load_bytes(cluster, "i", inventory, sizeof inventory - 1), CNIPOL_OK);
    for (uint32_t i = 0; i < SOURCES; i++) {
        const char *text = text_of(state, i);

        assert_true(!text || cnipol_cluster_load_bytes(cluster, sources[i].name, text, strlen(text)) == CNIPOL_OK);
    }
    assert_int_equal(cnipol_model_new(cluster, NULL, NULL, &model), CNIPOL_OK);
    for (uint32_t i = 0; i < ENDS * ENDS * PORTS; i++) {
        struct cnipol_question q;
        struct cnipol_verdict v;
        uint32_t from = i / PORTS / ENDS, to = i / PORTS % ENDS, port = i % PORTS;

        assert_int_equal(cnipol_question_init(model, addresses[from], addresses[to], &q), CNIPOL_OK);
        q.destination_port = ports[port];
        cnipol_ask(model, &q, &v);
        r->expected[state][from][to][port] = v.decision;
    }
    cnipol_model_free(model);
    cnipol_cluster_free(cluster);
    cnipol_ctx_free(ctx);
}

static struct cnipol_addrmap_entry entry_of(const struct cnipol_snapshot *s, uint32_t end)
{
    uint32_t last[ENDS] = {0x0a000001, 0x0a000002, 0x0a000003, 0x0a000004, 0x0a000005, 0x0a000006, 0xcb007109};

    return cnipol_addrmap_find4(s->addrmap, last[end]);
}

static uint8_t ask_snapshot(const struct cnipol_snapshot *s, uint32_t from, uint32_t to, uint32_t port)
{
    struct cnipol_addrmap_entry a = entry_of(s, from), b = entry_of(s, to);
    struct cnipol_key key = {.source = a.peer, .destination = b.peer, .protocol = 6, .destination_port = ports[port], .directions = 3};
    struct cnipol_answer answer;

    key.relations = (uint8_t)cnipol_addrmap_relations(s->addrmap, a, b);
    cnipol_eval(s->bytes, s->view, &key, &answer);
    return answer.decision;
}

/* Asks until there is an answer. NO_DECISION: there was none, and no newer snapshot either. */
static uint8_t ask_present(struct race *r, uint32_t from, uint32_t to, uint32_t port)
{
    for (;;) {
        const struct cnipol_snapshot *s = cnipol_live_acquire(r->live), *newer;
        uint64_t generation = s->generation, present;
        uint8_t got = ask_snapshot(s, from, to, port);

        cnipol_live_release(r->live, s);
        if (got != CNIPOL_UNDEFINED)
            return got;
        newer = cnipol_live_acquire(r->live);
        present = newer->generation;
        cnipol_live_release(r->live, newer);
        if (present == generation)
            return CNIPOL_NO_DECISION;
        __atomic_fetch_add(&r->n_overtaken, 1, __ATOMIC_RELAXED);
    }
}

/* An answer counts where no more than one edit was under way while it was sought. */
static void *read_on(void *user)
{
    struct race *r = user;
    uint32_t random = 12345;
    uintptr_t wrong = 0, n = 0;

    while (!__atomic_load_n(&r->ends, __ATOMIC_ACQUIRE)) {
        uint32_t edit = __atomic_load_n(&r->edit, __ATOMIC_ACQUIRE);
        uint32_t before = __atomic_load_n(&r->before, __ATOMIC_ACQUIRE), after = __atomic_load_n(&r->after, __ATOMIC_ACQUIRE);
        uint32_t from, to, port;
        uint8_t got;

        random = random * 1664525u + 1013904223u;
        from = (random >> 8) % ENDS;
        to = (random >> 16) % (ENDS - 1);
        port = (random >> 20) % PORTS;
        got = ask_present(r, from, to, port);
        wrong += got == CNIPOL_NO_DECISION;
        if (__atomic_load_n(&r->edit, __ATOMIC_ACQUIRE) != edit)
            continue;
        wrong += got != r->expected[before][from][to][port] && got != r->expected[after][from][to][port];
        n++;
    }
    return (void *)(wrong ? wrong : n ? 0 : (uintptr_t)1 << 40);
}

static void *compact_on(void *work)
{
    return cnipol_compaction_run(work) ? work : NULL;
}

/* Compactions begin and end, and edits happen meanwhile. */
struct compacting {
    struct cnipol_compaction *work; /* NULL: none */
    pthread_t thread;
};

static void compact_at(struct race *r, struct compacting *compacting, uint32_t edit)
{
    void *failed;

    if (edit % 50 == 10) {
        assert_int_equal(cnipol_live_compact_begin(r->live, &compacting->work), CNIPOL_OK);
        assert_int_equal(pthread_create(&compacting->thread, NULL, compact_on, compacting->work), 0);
    } else if (edit % 50 == 20) {
        assert_int_equal(pthread_join(compacting->thread, &failed), 0);
        assert_null(failed);
        assert_true(cnipol_live_compact_finish(r->live, compacting->work) > 0);
    } else if (edit % 50 == 49) {
        assert_int_equal(cnipol_live_compact(r->live), CNIPOL_LIVE_COMPILED);
    }
}

static int put(struct race *r, uint32_t source, const char *text)
{
    const char *name = sources[source].name;

    return text ? cnipol_live_put(r->live, name, text, strlen(text)) : cnipol_live_delete(r->live, name);
}

static void edit_on(struct race *r)
{
    uint32_t random = 7, at = 0;
    struct compacting compacting = {0};

    for (uint32_t i = 0; i < EDITS; i++) {
        uint32_t next, source;

        compact_at(r, &compacting, i);
        random = random * 1664525u + 1013904223u;
        source = (random >> 8) % SOURCES;
        next = with_text(at, source, (random >> 14) % sources[source].n);
        if (next == at)
            continue;
        __atomic_store_n(&r->after, next, __ATOMIC_RELEASE);
        __atomic_fetch_add(&r->edit, 1, __ATOMIC_ACQ_REL);
        assert_true(put(r, source, text_of(next, source)) >= 0);
        __atomic_store_n(&r->before, next, __ATOMIC_RELEASE);
        __atomic_fetch_add(&r->edit, 1, __ATOMIC_ACQ_REL);
        at = next;
    }
    __atomic_store_n(&r->ends, 1, __ATOMIC_RELEASE);
}

static void open_race(struct race *r)
{
    const struct cnipol_live_opts opts = {.sz = sizeof opts, .with_addrmap = 1};

    *r = (struct race){0};
    for (uint32_t i = 0; i < STATES; i++)
        ask_state(r, i);
    assert_int_equal(cnipol_ctx_new(NULL, &r->ctx), CNIPOL_OK);
    assert_int_equal(cnipol_live_new(r->ctx, &opts, &r->live), CNIPOL_OK);
    assert_int_equal(cnipol_live_put(r->live, "i", inventory, sizeof inventory - 1), CNIPOL_LIVE_COMPILED);
    assert_true(put(r, NAMESPACE_SOURCE, namespaces[0]) >= 0);
}

static void close_race(struct race *r)
{
    cnipol_live_free(r->live);
    cnipol_ctx_free(r->ctx);
}

static void test_readers_race_a_writer(void **state)
{
    pthread_t threads[READERS];
    struct race r;

    (void)state;
    open_race(&r);
    for (uint32_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &r), 0);
    edit_on(&r);
    for (uint32_t i = 0; i < READERS; i++) {
        void *wrong;

        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    print_message("%u questions were overtaken by an edit, and asked anew\n", r.n_overtaken);
    close_race(&r);
}

static void compare_slow(struct race *r, uint32_t was, uint32_t is, uint32_t *n_undefined)
{
    const struct cnipol_snapshot *old = cnipol_live_acquire(r->live), *present;

    for (uint32_t i = 0; i < SOURCES; i++)
        if (text_of(was, i) != text_of(is, i))
            assert_true(put(r, i, text_of(is, i)) >= 0);
    present = cnipol_live_acquire(r->live);
    for (uint32_t k = 0; k < ENDS * ENDS * PORTS; k++) {
        uint32_t from = k / PORTS / ENDS, to = k / PORTS % ENDS, port = k % PORTS;
        uint8_t got = ask_snapshot(old, from, to, port);

        assert_true(got == CNIPOL_UNDEFINED || got == r->expected[was][from][to][port]);
        assert_int_equal(ask_snapshot(present, from, to, port), r->expected[is][from][to][port]);
        *n_undefined += got == CNIPOL_UNDEFINED;
    }
    cnipol_live_release(r->live, old);
    cnipol_live_release(r->live, present);
}

/* From state to state, by up to three edits: who was too slow is told what was, or nothing; who acquires anew, what is. */
static void test_slow_reader(void **state)
{
    uint32_t n_undefined = 0, random = 3, was = 0;
    struct race r;

    (void)state;
    open_race(&r);
    for (uint32_t i = 0; i < PAIRS; i++) {
        uint32_t is;

        random = random * 1664525u + 1013904223u;
        is = (random >> 10) % STATES;
        if (i % 3 == 0)
            assert_int_equal(cnipol_live_compact(r.live), CNIPOL_LIVE_COMPILED);
        compare_slow(&r, was, is, &n_undefined);
        was = is;
    }
    assert_true(n_undefined > 0);
    close_race(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_readers_race_a_writer), cmocka_unit_test(test_slow_reader)};

    return cmocka_run_group_tests_name("live race", tests, NULL, NULL);
}
