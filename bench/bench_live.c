/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_live FOLDER: one policy changes, until a reader sees it.
 *
 * The cluster is put as sources: the inventory, and each policy by itself. Then each policy in turn is
 * changed for good: another port, another label in a selector, or it is deleted. Timed is the writer's
 * call and a reader's acquiring the snapshot that it published. Every 500 changes what has gathered is
 * compacted, which an agent does in the background; it is timed apart.
 *
 * In the end the last snapshot is compared with the reference evaluator on a cluster that was loaded from
 * the changed texts. Then pods come, change and go.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cnipol/eval_core.h>
#include <cnipol/live.h>

#include "bench.h"
#include "world.h"

#define COMPACT_EVERY 500
#define COMPACTIONS_MAX 64
#define CHECKED 131072
#define BLOCK 512
#define PODS 100

struct text {
    char *s; /* NULL: deleted */
    size_t n;
};

struct policies {
    struct text *before, *after;
    uint32_t n;
};

struct changes {
    double *millis; /* of each change */
    double *cpu;    /* the same in time that the processor gave us */
    double compactions[COMPACTIONS_MAX];
    uint32_t n_compactions;
    uint32_t kinds[3]; /* by enum cnipol_live_change */
};

static bool read_file(const char *folder, const char *name, struct text *out)
{
    char path[4096];
    FILE *file;
    long size;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET))
        return false;
    out->n = (size_t)size;
    out->s = malloc(out->n + 1);
    if (!out->s || fread(out->s, 1, out->n, file) != out->n)
        return false;
    out->s[out->n] = '\0';
    return fclose(file) == 0;
}

static struct text copy(const char *s, size_t n)
{
    struct text text = {malloc(n + 1), n};

    if (text.s) {
        memcpy(text.s, s, n);
        text.s[n] = '\0';
    }
    return text;
}

/* `what` and the word behind it become `with`. NULL: it is not there. */
static struct text replaced(const struct text *from, const char *what, const char *with)
{
    const char *at = strstr(from->s, what), *end;
    struct text out;

    if (!at)
        return (struct text){0};
    end = at + strcspn(at, "\n");
    out.n = from->n - (size_t)(end - at) + strlen(with);
    out.s = malloc(out.n + 1);
    if (out.s)
        (void)snprintf(out.s, out.n + 1, "%.*s%s%s", (int)(at - from->s), from->s, with, end);
    return out;
}

/* Policy i's change: it goes, or gets another label, a port that is known, or one that no policy has named. */
static struct text changed(const struct text *before, uint32_t i)
{
    bool has_range = strstr(before->s, "endPort: ") != NULL;
    char label[32], port[32];
    struct text out = {0};

    (void)snprintf(label, sizeof label, "app: app-%02u", (i * 7) % 50);
    (void)snprintf(port, sizeof port, "port: %u", i % 4 == 2 ? 5432 : 10000 + i % 100);
    if (i % 4 >= 2 && !has_range)
        out = replaced(before, "port: ", port);
    if (i % 4 && !out.s)
        out = replaced(before, "app: ", label);
    return out;
}

static bool split(const struct text *all, struct policies *out)
{
    static const char mark[] = "---\n";
    const char *at = all->s;
    uint32_t n = 0;

    for (const char *p = at; (p = strstr(p, mark)); p += sizeof mark - 1)
        n++;
    out->before = calloc(n + 1, sizeof *out->before);
    out->after = calloc(n + 1, sizeof *out->after);
    if (!out->before || !out->after)
        return false;
    while ((at = strstr(at, mark))) {
        const char *next = strstr(at + sizeof mark - 1, mark), *end = next ? next : all->s + all->n;

        out->before[out->n] = copy(at, (size_t)(end - at));
        if (!out->before[out->n].s)
            return false;
        out->after[out->n] = changed(&out->before[out->n], out->n);
        out->n++;
        at = end;
    }
    return true;
}

static void free_policies(struct policies *p)
{
    for (uint32_t i = 0; i < p->n; i++) {
        free(p->before[i].s);
        free(p->after[i].s);
    }
    free(p->before);
    free(p->after);
}

static void name_of(uint32_t i, char *out, size_t n)
{
    (void)snprintf(out, n, "policies/%05u", i);
}

static int put_all(struct cnipol_live *live, const struct text *inventory, const struct policies *p)
{
    char name[32];
    int rc, end;

    cnipol_live_begin(live);
    rc = cnipol_live_put(live, "inventory", inventory->s, inventory->n);
    for (uint32_t i = 0; i < p->n && rc >= 0; i++) {
        name_of(i, name, sizeof name);
        rc = cnipol_live_put(live, name, p->before[i].s, p->before[i].n);
    }
    end = cnipol_live_end(live);
    return rc < 0 ? rc : end;
}

static double cpu_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The call, and a reader that sees what it published. */
static int change(struct cnipol_live *live, uint32_t i, const struct text *to, double *millis, double *cpu)
{
    const struct cnipol_snapshot *snapshot;
    char name[32];
    double since, cpu_since;
    int rc;

    name_of(i, name, sizeof name);
    cpu_since = cpu_now();
    since = bench_now();
    rc = to->s ? cnipol_live_put(live, name, to->s, to->n) : cnipol_live_delete(live, name);
    snapshot = cnipol_live_acquire(live);
    *millis = (bench_now() - since) * 1e3;
    *cpu = (cpu_now() - cpu_since) * 1e3;
    cnipol_live_release(live, snapshot);
    return rc;
}

static int compact(struct cnipol_live *live, struct changes *c)
{
    double since = bench_now();
    int rc = cnipol_live_compact(live);

    if (c->n_compactions < COMPACTIONS_MAX)
        c->compactions[c->n_compactions++] = bench_now() - since;
    return rc;
}

static int change_all(struct cnipol_live *live, const struct policies *p, struct changes *c)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < p->n && rc >= 0; i++) {
        if (i && i % COMPACT_EVERY == 0)
            rc = compact(live, c);
        if (rc >= 0)
            rc = change(live, i, &p->after[i], &c->millis[i], &c->cpu[i]);
        if (rc >= 0 && rc < 3)
            c->kinds[rc]++;
    }
    return rc;
}

static bool open_changed(struct world *w, const struct text *inventory, const struct policies *p)
{
    struct text all = {calloc(1, 1), 0};
    bool is_open;

    for (uint32_t i = 0; i < p->n && all.s; i++) {
        char *grown = p->after[i].s ? realloc(all.s, all.n + p->after[i].n + 1) : all.s;

        if (!grown)
            break;
        all.s = grown;
        if (p->after[i].s)
            memcpy(all.s + all.n, p->after[i].s, p->after[i].n + 1);
        all.n += p->after[i].n;
    }
    is_open = world_open_bytes(w, inventory->s, inventory->n, all.s, all.n);
    free(all.s);
    return is_open;
}

/* Questions to the last snapshot, drawn and answered by the reference beforehand. */
struct pool {
    const struct cnipol_snapshot *snapshot;
    struct cnipol_key *keys;
    uint8_t *decisions;
    uint32_t next;
    struct cnipol_key block[BLOCK];
};

static bool draw(struct pool *pool, struct cnipol_live *live, const struct world *w, const struct world_mix *mix)
{
    struct world_mix now = *mix;
    uint64_t seed = BENCH_SEED;

    pool->keys = calloc(CHECKED, sizeof *pool->keys);
    pool->decisions = calloc(CHECKED, 1);
    for (uint32_t i = 0; pool->keys && pool->decisions && i < CHECKED; i++) {
        struct cnipol_verdict verdict;
        struct cnipol_question q;

        now.direction = i / BLOCK % 2 ? CNIPOL_ASK_INGRESS : CNIPOL_ASK_EGRESS;
        world_ask(w, &now, &seed, &q);
        if (cnipol_live_key(live, &q, &pool->keys[i]))
            return false;
        cnipol_ask(w->model, &q, &verdict);
        pool->decisions[i] = verdict.decision;
    }
    return pool->keys && pool->decisions;
}

static void free_pool(struct pool *pool)
{
    free(pool->keys);
    free(pool->decisions);
}

static uint64_t count_wrong(const struct pool *pool)
{
    struct cnipol_answer answer;
    uint64_t wrong = 0;

    for (uint32_t i = 0; i < CHECKED; i++) {
        cnipol_eval(pool->snapshot->bytes, pool->snapshot->view, &pool->keys[i], &answer);
        wrong += answer.decision != pool->decisions[i];
    }
    return wrong;
}

static void prepare(void *user, uint64_t *seed)
{
    struct pool *pool = user;

    (void)seed;
    memcpy(pool->block, pool->keys + (size_t)pool->next * BLOCK, sizeof pool->block);
    pool->next = (pool->next + 1) % (CHECKED / BLOCK);
}

static uint64_t run(void *user)
{
    const struct pool *pool = user;
    struct cnipol_answer answer = {0};
    uint32_t zero = bench_zero();
    uint64_t sum = 0;

    for (uint32_t i = 0; i < BLOCK; i++) {
        cnipol_eval(pool->snapshot->bytes, pool->snapshot->view, &pool->block[i + (answer.decision & zero)], &answer);
        sum += answer.decision;
    }
    return sum;
}

/* Which part of a namespace's pods the last changes concern varies; these are the pods of the namespaces that they are in. */
static uint32_t just_updated(const struct world *w, const struct policies *p, uint32_t *pods)
{
    uint32_t first = (p->n - 1) / COMPACT_EVERY * COMPACT_EVERY, n = 0;
    const char *line = strstr(p->before[first].s, "namespace: ns-");
    uint32_t from = line ? (uint32_t)strtoul(line + strlen("namespace: ns-"), NULL, 10) : 0;

    for (uint32_t i = 0; i < w->model->n_pods; i++)
        if (strtoul(cnipol_model_pod_name(w->model, i) + strlen("ns-"), NULL, 10) >= from)
            pods[n++] = i;
    return n;
}

static void ask(struct bench *b, struct cnipol_live *live, const struct policies *p, const struct world *w)
{
    static struct pool pools[2];
    struct bench_body bodies[] = {
        {.row = "after 5,000 changes: all subjects, one direction, serial", .note = "500 changes since the last compaction"},
        {.row = "after 5,000 changes: just updated subjects, one direction, serial", .note = "pods of their namespaces"},
    };
    uint32_t *pods = calloc(w->model->n_pods + 1u, sizeof *pods);
    struct world_mix mixes[2] = {{0}, {.subjects = pods}};

    if (pods)
        mixes[1].n_subjects = just_updated(w, p, pods);
    for (uint32_t i = 0; i < 2; i++) {
        pools[i].snapshot = cnipol_live_acquire(live);
        bodies[i].prepare = prepare;
        bodies[i].run = run;
        bodies[i].user = &pools[i];
        bodies[i].lookups = BLOCK;
        bodies[i].checked = CHECKED;
        bodies[i].mismatches = draw(&pools[i], live, w, &mixes[i]) ? count_wrong(&pools[i]) : CHECKED;
    }
    if (pods && pools[0].keys && pools[1].keys)
        bench_compare(b, bodies, 2, NULL, 0);
    for (uint32_t i = 0; i < 2; i++) {
        cnipol_live_release(live, pools[i].snapshot);
        free_pool(&pools[i]);
    }
    free(pods);
}

static void print(struct bench *b, const struct policies *p, struct changes *c)
{
    char note[192];

    (void)snprintf(note, sizeof note, "%u by rule lists, %u by compiling anew, %u changed nothing", c->kinds[CNIPOL_LIVE_PATCHED],
                   c->kinds[CNIPOL_LIVE_COMPILED], c->kinds[CNIPOL_LIVE_NOTHING]);
    bench_times(b, "one policy changed, until a reader sees it", "ms", c->millis, p->n, note);
    bench_times(b, "one policy changed, processor time", "ms", c->cpu, p->n, "without what others took of the CPU meanwhile");
    if (c->n_compactions)
        bench_times(b, "compaction of 500 changes", "s", c->compactions, c->n_compactions, "while readers read");
}

/* What is done to pods that come, one after the other: each is a copy of a pod that is there, with a name and an address of its own. */
static const struct pod_phase {
    const char *row;
    const char *tier; /* its label; NULL: as it was */
    bool is_gone;
} phases[] = {
    {"a pod with a known identity, put as a manifest, until a reader sees it", NULL, false},
    {"its labels changed to some that no pod has, until a reader sees it", "tier: other", false},
    {"that pod deleted, until a reader sees it", NULL, true},
    {"a pod with labels that no pod has, put as a manifest, until a reader sees it", "tier: other", false},
};

/* The first pod in each namespace, one namespace after the other. */
static bool find_pods(const struct text *inventory, struct text *out, uint32_t n)
{
    const char *at = inventory->s;

    for (uint32_t i = 0; i < n; i++) {
        char home[40];
        const char *end;

        (void)snprintf(home, sizeof home, "namespace: ns-%05u\n", i);
        at = strstr(at, "kind: Pod\n");
        while (at && strncmp(strstr(at, "namespace: "), home, strlen(home)) != 0)
            at = strstr(at + 1, "kind: Pod\n");
        end = at ? strstr(at, "---\n") : NULL;
        if (!end)
            return false;
        out[i] = copy(at, (size_t)(end - at));
    }
    return true;
}

static struct text with(struct text from, const char *what, const char *text)
{
    struct text out = from.s ? replaced(&from, what, text) : from;

    free(from.s);
    return out;
}

static struct text newcomer(const struct text *like, const struct pod_phase *phase, uint32_t i)
{
    struct text out = {malloc(like->n + 16), 0};
    char name[32], podIP[32], ip[32];

    (void)snprintf(name, sizeof name, "name: newcomer-%u", i);
    (void)snprintf(podIP, sizeof podIP, "podIP: 10.240.0.%u", i + 1);
    (void)snprintf(ip, sizeof ip, "- ip: 10.240.0.%u", i + 1);
    if (out.s)
        out.n = (size_t)snprintf(out.s, like->n + 16, "apiVersion: v1\n%s", like->s);
    out = with(with(with(out, "name: ", name), "podIP: ", podIP), "- ip: ", ip);
    return phase->tier ? with(out, "tier: ", phase->tier) : out;
}

static int change_pod(struct cnipol_live *live, const struct pod_phase *phase, const struct text *like, uint32_t i, double *millis)
{
    const struct cnipol_snapshot *snapshot;
    struct text text = newcomer(like, phase, i);
    char name[32];
    double since;
    int rc;

    if (!text.s)
        return CNIPOL_E_NOMEM;
    (void)snprintf(name, sizeof name, "pods/%u", i);
    since = bench_now();
    rc = phase->is_gone ? cnipol_live_delete(live, name) : cnipol_live_put(live, name, text.s, text.n);
    snapshot = cnipol_live_acquire(live);
    *millis = (bench_now() - since) * 1e3;
    cnipol_live_release(live, snapshot);
    free(text.s);
    return rc;
}

static void change_pods(struct bench *b, struct cnipol_live *live, const struct text *inventory)
{
    struct text likes[PODS] = {0};
    bool found = find_pods(inventory, likes, PODS);

    for (size_t k = 0; k < sizeof phases / sizeof phases[0] && found; k++) {
        uint32_t kinds[3] = {0};
        double millis[PODS];
        char note[96];

        for (uint32_t i = 0; i < PODS; i++) {
            int rc = change_pod(live, &phases[k], &likes[i], i, &millis[i]);

            if (rc >= 0 && rc < 3)
                kinds[rc]++;
        }
        (void)snprintf(note, sizeof note, "%u patched, %u by compiling anew", kinds[CNIPOL_LIVE_PATCHED], kinds[CNIPOL_LIVE_COMPILED]);
        bench_times(b, phases[k].row, "ms", millis, PODS, note);
    }
    for (uint32_t i = 0; i < PODS; i++)
        free(likes[i].s);
}

int main(int argc, char **argv)
{
    struct cnipol_live_opts opts = {.sz = sizeof opts, .room = 256u << 20, .with_addrmap = 1};
    struct text inventory = {0}, all = {0};
    struct policies policies = {0};
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_live *live = NULL;
    struct changes changes = {0};
    struct world w = {0};
    struct bench b;
    int rc = 2;

    if (argc != 2 || !bench_open(&b, "bench_live") || !read_file(argv[1], "inventory.yaml", &inventory) ||
        !read_file(argv[1], "policies.yaml", &all) || !split(&all, &policies))
        return 2;
    changes.millis = calloc(policies.n + 1u, sizeof *changes.millis);
    changes.cpu = calloc(policies.n + 1u, sizeof *changes.cpu);
    if (changes.millis && changes.cpu && !cnipol_ctx_new(NULL, &ctx) && !cnipol_live_new(ctx, &opts, &live) &&
        put_all(live, &inventory, &policies) >= 0 && change_all(live, &policies, &changes) >= 0 &&
        open_changed(&w, &inventory, &policies)) {
        print(&b, &policies, &changes);
        ask(&b, live, &policies, &w);
        (void)cnipol_live_compact(live);
        change_pods(&b, live, &inventory);
        rc = 0;
    }
    world_close(&w);
    cnipol_live_free(live);
    cnipol_ctx_free(ctx);
    free(changes.millis);
    free(changes.cpu);
    free_policies(&policies);
    free(inventory.s);
    free(all.s);
    return bench_close(&b) ? 1 : rc;
}
