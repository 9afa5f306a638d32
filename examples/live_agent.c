/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An agent: manifests come and go, and a thread that judges connections never waits for it.
 *
 * The writer puts and deletes sources, and sees of each call how the change was made. The reader acquires a snapshot,
 * then looks its addresses up, in that order, and asks. One that is overtaken by a change between the two may find an
 * id that its snapshot does not know; the answer is then `undefined`, and it asks again with the next snapshot.
 *
 * Changes that are patched in take room. Before it is full, when a change would wait for a compilation, another thread
 * compiles, and the writer goes on meanwhile.
 */

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <cnipol/addrmap.h>
#include <cnipol/eval_core.h>
#include <cnipol/live.h>

#define POD(name, ip)                                                                                                         \
    "{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: " name ", labels: {app: " name "}}, spec: {containers: [{" \
    "name: c, image: i}]}, status: {phase: Running, podIP: " ip ", podIPs: [{ip: " ip "}]}}\n---\n"
#define POLICY(from)                                                                                                       \
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: shop, name: db}, spec: {podSelector: {" \
    "matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: " from "}}}]}]}}"

static const uint8_t web[4] = {10, 0, 0, 1}, db[4] = {10, 0, 0, 2};

struct reader {
    struct cnipol_live *live;
    int stop;
    int had[CNIPOL_DENY + 1]; /* which decisions it was given */
};

static uint8_t may_web_reach_db(struct cnipol_live *live)
{
    const struct cnipol_snapshot *s = cnipol_live_acquire(live);
    struct cnipol_addrmap_entry from = cnipol_addrmap_find(s->addrmap, 4, web), to = cnipol_addrmap_find(s->addrmap, 4, db);
    struct cnipol_key key = {.source = from.peer, .destination = to.peer, .protocol = 6, .destination_port = 5432};
    struct cnipol_answer answer;

    key.relations = (uint8_t)cnipol_addrmap_relations(s->addrmap, from, to);
    cnipol_eval(s->bytes, s->view, &key, &answer);
    cnipol_live_release(live, s);
    return answer.decision;
}

static void *read_on(void *user)
{
    struct reader *reader = user;

    while (!__atomic_load_n(&reader->stop, __ATOMIC_RELAXED))
        reader->had[may_web_reach_db(reader->live)] = 1;
    return NULL;
}

/* What compiles in the background. */
struct compacting {
    struct cnipol_compaction *work; /* NULL: nothing does */
    pthread_t thread;
    int is_done;
    unsigned n;
};

static void *compile(void *user)
{
    struct compacting *c = user;

    (void)cnipol_compaction_run(c->work); /* finish says what came of it */
    __atomic_store_n(&c->is_done, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* After each change: begins where the room is half full. */
static void begin_compacting(struct cnipol_live *live, struct compacting *c)
{
    struct cnipol_live_stats stats;

    cnipol_live_stats(live, &stats);
    if (c->work || stats.used < stats.room / 2 || cnipol_live_compact_begin(live, &c->work))
        return;
    c->is_done = 0;
    if (pthread_create(&c->thread, NULL, compile, c)) {
        (void)cnipol_live_compact_finish(live, c->work);
        c->work = NULL;
    }
}

/* What has changed since it began is patched into what was compiled. */
static void end_compacting(struct cnipol_live *live, struct compacting *c)
{
    if (!c->work)
        return;
    pthread_join(c->thread, NULL);
    c->n += cnipol_live_compact_finish(live, c->work) > 0;
    c->work = NULL;
}

static void change_often(struct cnipol_live *live, unsigned n)
{
    static const char *const texts[] = {POLICY("web"), POLICY("api")};
    struct cnipol_live_stats stats;
    struct compacting c = {0};

    for (unsigned i = 0; i < n; i++) {
        if (cnipol_live_put(live, "policy", texts[i % 2], strlen(texts[i % 2])) < 0)
            return;
        if (c.work && __atomic_load_n(&c.is_done, __ATOMIC_ACQUIRE))
            end_compacting(live, &c);
        begin_compacting(live, &c);
    }
    end_compacting(live, &c);
    cnipol_live_stats(live, &stats);
    printf("%u changes more: compacted in the background: %s; compilations that the writer waited for, in all: %u\n", n, c.n ? "yes" : "no",
           (unsigned)stats.n_compiled);
}

/* Text NULL: the source is gone. */
static void change(struct cnipol_live *live, const char *what, const char *name, const char *text)
{
    static const char *const how[] = {"nothing to do", "patched", "compiled"};
    int rc = text ? cnipol_live_put(live, name, text, strlen(text)) : cnipol_live_delete(live, name);

    printf("%-34s %-14s web to db: %s\n", what, rc < 0 ? "refused" : how[rc], cnipol_decision_text(may_web_reach_db(live)));
}

int main(void)
{
    const struct cnipol_live_opts opts = {.sz = sizeof opts, .with_addrmap = 1, .room = 1 << 20};
    struct reader reader = {0};
    struct cnipol_ctx *ctx;
    pthread_t thread;

    if (cnipol_ctx_new(NULL, &ctx) || cnipol_live_new(ctx, &opts, &reader.live))
        return 1;
    change(reader.live, "two pods", "cluster",
           "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n" POD("web", "10.0.0.1") POD("db", "10.0.0.2"));
    if (pthread_create(&thread, NULL, read_on, &reader))
        return 1;
    change(reader.live, "a policy for db: from api", "policy", POLICY("api"));
    change(reader.live, "the same policy: from web", "policy", POLICY("web"));
    change(reader.live, "one that is no policy", "policy", "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy}");
    change(reader.live, "a third pod", "more", POD("api", "10.0.0.3"));
    change(reader.live, "from api again", "policy", POLICY("api"));
    change_often(reader.live, 800);
    change(reader.live, "the policy is gone", "policy", NULL);
    __atomic_store_n(&reader.stop, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    printf("the reader was told anything but allow, deny, undefined: %s\n", reader.had[CNIPOL_NO_DECISION] ? "yes" : "no");
    cnipol_live_free(reader.live);
    cnipol_ctx_free(ctx);
    return 0;
}
