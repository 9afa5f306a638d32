/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiled image on the host.
 *
 *   bench_image image NAME FOLDER           verdicts by peer ids: serial and in batches, one direction and both, by
 *                                           the rule lists, on the slice of the fullest node; sizes; compile time
 *   bench_image pair NAME FOLDER NAME FOLDER...   one direction, serial, of several clusters in turn, and the
 *                                           ratio of each to the first
 *   bench_image yaml NAME FOLDER            from manifests to a verified image, with peak memory
 *   bench_image save NAME FOLDER FILE       writes FILE.image and FILE.keys, and counts loads
 *   bench_image count FILE                  answers those questions in the function `counted`, for callgrind
 *
 * Every answer of the pool (a quarter of a million questions) is compared with the reference evaluator's
 * before anything is timed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cnipol/eval_core.h>

#include "bench.h"
#include "keys.h"
#include "loads.h"

#define COMPILES 5
#define BATCH 16
#define PAIRS_MAX 8
#define COUNTED 20000

typedef void ask_fn(const struct cnipol_image *image, const struct cnipol_key *key, struct cnipol_answer *out);

struct asking {
    const struct cnipol_image *image;
    struct keys *keys;
};

static void prepare(void *user, uint64_t *seed)
{
    struct asking *a = user;

    (void)seed;
    keys_prepare(a->keys);
}

static inline __attribute__((always_inline)) uint64_t serial(const struct asking *a, ask_fn *ask)
{
    struct cnipol_answer answer = {0};
    uint32_t zero = bench_zero();
    uint64_t sum = 0;

    for (uint32_t i = 0; i < KEYS_BLOCK; i++) {
        ask(a->image, &a->keys->block[i + (answer.decision & zero)], &answer);
        sum += answer.decision;
    }
    return sum;
}

static uint64_t run_serial(void *user)
{
    return serial(user, cnipol_image_ask);
}

static uint64_t run_rules(void *user)
{
    return serial(user, cnipol_image_ask_rules);
}

static uint64_t run_batch(void *user)
{
    const struct asking *a = user;
    struct cnipol_answer answers[BATCH];
    uint64_t sum = 0;

    for (uint32_t i = 0; i < KEYS_BLOCK; i += BATCH) {
        cnipol_image_ask_batch(a->image, &a->keys->block[i], BATCH, answers);
        sum += answers[0].decision + answers[BATCH - 1].decision;
    }
    return sum;
}

static uint64_t count_wrong(const struct cnipol_image *image, const struct keys *keys, ask_fn *ask)
{
    struct cnipol_answer answer;
    uint64_t wrong = 0;

    for (uint32_t i = 0; i < KEYS_POOL; i++) {
        ask(image, &keys->pool[i], &answer);
        wrong += answer.decision != keys->decisions[i];
    }
    return wrong;
}

static uint64_t count_wrong_batch(const struct cnipol_image *image, const struct keys *keys)
{
    struct cnipol_answer answers[BATCH];
    uint64_t wrong = 0;

    for (uint32_t i = 0; i < KEYS_POOL; i += BATCH) {
        cnipol_image_ask_batch(image, &keys->pool[i], BATCH, answers);
        for (uint32_t k = 0; k < BATCH; k++)
            wrong += answers[k].decision != keys->decisions[i + k];
    }
    return wrong;
}

static void print_sizes(struct bench *b, const char *name, const struct cnipol_image *image)
{
    static const char *const names[] = {"HOT", "WARM", "COLD"};
    uint64_t bytes[3] = {0};
    size_t n;
    const uint8_t *at = cnipol_image_bytes(image, &n);
    const struct cnipol_image_header *header = (const void *)at;
    const struct cnipol_image_section *sections = (const void *)(at + sizeof *header);
    char row[128];

    for (uint32_t i = 0; i < header->n_sections; i++)
        if (sections[i].temperature < 3)
            bytes[sections[i].temperature] += sections[i].bytes;
    for (uint32_t i = 0; i < 3; i++) {
        (void)snprintf(row, sizeof row, "%s, %s", name, names[i]);
        bench_figure(b, row, "bytes", (double)bytes[i], NULL);
    }
    (void)snprintf(row, sizeof row, "%s, what an evaluation may read", name);
    bench_figure(b, row, "bytes", header->eval_bytes, NULL);
    (void)snprintf(row, sizeof row, "%s, peer ids", name);
    bench_figure(b, row, "ids", cnipol_image_ids(image), NULL);
}

static void print_hot(struct bench *b, const char *name, const struct cnipol_image *image)
{
    size_t n;
    const struct cnipol_image_header *header = cnipol_image_bytes(image, &n);
    char row[128];

    (void)snprintf(row, sizeof row, "%s, HOT", name);
    bench_figure(b, row, "bytes", header->hot_bytes, NULL);
}

static void time_compile(struct bench *b, const char *name, const struct world *w)
{
    double seconds[COMPILES];
    double before = bench_peak_mib();
    char row[128], note[128];

    for (uint32_t i = 0; i < COMPILES; i++) {
        double since = bench_now();

        cnipol_image_free(keys_compile(w, NP_NONE));
        seconds[i] = bench_now() - since;
    }
    (void)snprintf(row, sizeof row, "%s, compile from resolved stages", name);
    (void)snprintf(note, sizeof note, "the process' peak grows from %.0f to %.0f MiB", before, bench_peak_mib());
    bench_times(b, row, "s", seconds, COMPILES, note);
}

enum { ONE, BOTH, ONE_BATCH, BOTH_BATCH, RULES, SLICE, N_ROWS };

static const struct {
    const char *text;
    uint64_t (*run)(void *user);
    uint8_t keys; /* 0 one direction, 1 both, 2 the node's */
    const char *note;
} rows[N_ROWS] = {
    [ONE] = {"one direction, serial", run_serial, 0, NULL},
    [BOTH] = {"both directions, serial", run_serial, 1, NULL},
    [ONE_BATCH] = {"one direction, batch of 16", run_batch, 0, NULL},
    [BOTH_BATCH] = {"both directions, batch of 16", run_batch, 1, NULL},
    [RULES] = {"by the rule lists (mode 2), one direction, serial", run_rules, 0, "average subject"},
    [SLICE] = {"one node's slice, one direction, serial", run_serial, 2, NULL},
};

struct subject {
    struct world *w;
    struct cnipol_image *image, *slice;
    struct keys keys[3];
    uint32_t *pods;
    uint32_t n_pods;
};

static bool open_subject(struct subject *s, struct world *w)
{
    uint32_t node = world_fullest_node(w);

    s->w = w;
    s->n_pods = world_node_pods(w, node, &s->pods);
    s->image = keys_compile(w, NP_NONE);
    s->slice = keys_compile(w, node);
    if (!s->image || !s->slice || cnipol_image_model(w->ctx, s->image, &w->read))
        return false;
    return keys_draw(&s->keys[0], w, &(struct world_mix){.either = true}) &&
           keys_draw(&s->keys[1], w, &(struct world_mix){.direction = CNIPOL_ASK_BOTH}) &&
           keys_draw(&s->keys[2], w, &(struct world_mix){.subjects = s->pods, .n_subjects = s->n_pods, .either = true});
}

static void close_subject(struct subject *s)
{
    for (uint32_t i = 0; i < 3; i++)
        keys_free(&s->keys[i]);
    cnipol_image_free(s->image);
    cnipol_image_free(s->slice);
    free(s->pods);
}

static uint64_t wrong_in(const struct subject *s, uint32_t row)
{
    const struct keys *keys = &s->keys[rows[row].keys];
    const struct cnipol_image *image = row == SLICE ? s->slice : s->image;

    if (rows[row].run == run_batch)
        return count_wrong_batch(image, keys);
    return count_wrong(image, keys, row == RULES ? cnipol_image_ask_rules : cnipol_image_ask);
}

static void measure(struct bench *b, const char *name, struct subject *s)
{
    struct bench_body bodies[N_ROWS] = {{0}};
    struct asking asking[N_ROWS];
    char texts[N_ROWS][128], note[64];
    const struct bench_pair pair = {"slice / whole image", SLICE, ONE};

    (void)snprintf(note, sizeof note, "%u pods", s->n_pods);
    for (uint32_t i = 0; i < N_ROWS; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%s, %s", name, rows[i].text);
        asking[i] = (struct asking){i == SLICE ? s->slice : s->image, &s->keys[rows[i].keys]};
        bodies[i] = (struct bench_body){.row = texts[i], .prepare = prepare, .run = rows[i].run, .user = &asking[i], .lookups = KEYS_BLOCK};
        bodies[i].note = i == SLICE ? note : rows[i].note;
        bodies[i].checked = KEYS_POOL;
        bodies[i].mismatches = wrong_in(s, i);
    }
    bench_compare(b, bodies, N_ROWS, &pair, 1);
}

static int do_image(struct bench *b, char **args, int n)
{
    struct subject s = {0};
    struct world w;

    if (n != 2 || !world_open(&w, args[1]))
        return 2;
    time_compile(b, args[0], &w);
    if (!open_subject(&s, &w))
        return 2;
    print_sizes(b, args[0], s.image);
    print_sizes(b, "one node's slice", s.slice);
    measure(b, args[0], &s);
    close_subject(&s);
    world_close(&w);
    return 0;
}

struct one {
    struct world w;
    struct cnipol_image *image;
    struct keys keys;
    struct asking asking;
    char row[128];
};

static bool open_one(struct one *one, const char *name, const char *folder)
{
    if (!world_open(&one->w, folder))
        return false;
    one->image = keys_compile(&one->w, NP_NONE);
    if (!one->image || cnipol_image_model(one->w.ctx, one->image, &one->w.read))
        return false;
    if (!keys_draw(&one->keys, &one->w, &(struct world_mix){.either = true}))
        return false;
    one->asking = (struct asking){one->image, &one->keys};
    (void)snprintf(one->row, sizeof one->row, "%s, one direction, serial", name);
    return true;
}

static void close_one(struct one *one)
{
    keys_free(&one->keys);
    cnipol_image_free(one->image);
    world_close(&one->w);
}

static int do_pair(struct bench *b, char **args, int n)
{
    static struct one all[PAIRS_MAX];
    struct bench_body bodies[PAIRS_MAX] = {{0}};
    struct bench_pair pairs[PAIRS_MAX];
    char texts[PAIRS_MAX][256];
    uint32_t n_all = (uint32_t)n / 2;

    if (n < 2 || n % 2 || n_all > PAIRS_MAX)
        return 2;
    for (uint32_t i = 0; i < n_all; i++) {
        if (!open_one(&all[i], args[2 * i], args[2 * i + 1]))
            return 2;
        bodies[i] = (struct bench_body){.row = all[i].row, .prepare = prepare, .run = run_serial, .user = &all[i].asking};
        bodies[i].lookups = KEYS_BLOCK;
        bodies[i].checked = KEYS_POOL;
        bodies[i].mismatches = count_wrong(all[i].image, &all[i].keys, cnipol_image_ask);
        (void)snprintf(texts[i], sizeof texts[i], "%s / %s, time", args[2 * i], args[0]);
        pairs[i] = (struct bench_pair){texts[i], i, 0};
        print_hot(b, args[2 * i], all[i].image);
    }
    bench_compare(b, bodies, n_all, pairs + 1, n_all - 1);
    for (uint32_t i = 0; i < n_all; i++)
        close_one(&all[i]);
    return 0;
}

static int do_yaml(struct bench *b, char **args, int n)
{
    struct cnipol_image *image;
    struct world w;
    double start = bench_now(), since;
    const void *bytes;
    size_t size;
    char row[128];

    if (n != 2 || !world_open(&w, args[1]))
        return 2;
    since = bench_now();
    image = keys_compile(&w, NP_NONE);
    if (!image)
        return 2;
    (void)snprintf(row, sizeof row, "%s, compile", args[0]);
    bench_figure(b, row, "s", bench_now() - since, NULL);
    bytes = cnipol_image_bytes(image, &size);
    since = bench_now();
    if (cnipol_image_verify(w.ctx, bytes, size))
        return 2;
    (void)snprintf(row, sizeof row, "%s, verify", args[0]);
    bench_figure(b, row, "s", bench_now() - since, NULL);
    (void)snprintf(row, sizeof row, "%s, from YAML to a verified image", args[0]);
    bench_figure(b, row, "s", bench_now() - start, NULL);
    (void)snprintf(row, sizeof row, "%s, peak memory to a verified image", args[0]);
    bench_figure(b, row, "MiB", bench_peak_mib(), NULL);
    print_sizes(b, args[0], image);
    cnipol_image_free(image);
    world_close(&w);
    return 0;
}

static bool write_file(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    bool is_written = file && fwrite(bytes, 1, n, file) == n;

    return file && fclose(file) == 0 && is_written;
}

/* 64-byte aligned; the caller frees it. */
static void *read_file(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    void *bytes = NULL;
    long size;

    if (!file)
        return NULL;
    if (!fseek(file, 0, SEEK_END) && (size = ftell(file)) > 0 && !fseek(file, 0, SEEK_SET)) {
        *n = (size_t)size;
        bytes = aligned_alloc(64, (*n + 63) & ~(size_t)63);
        if (bytes && fread(bytes, 1, *n, file) != *n) {
            free(bytes);
            bytes = NULL;
        }
    }
    fclose(file);
    return bytes;
}

static int do_save(struct bench *b, char **args, int n)
{
    static struct one one;
    struct loads loads = {0};
    char path[4096], row[128];
    const void *bytes;
    size_t size;

    if (n != 3 || !open_one(&one, args[0], args[1]))
        return 2;
    bytes = cnipol_image_bytes(one.image, &size);
    (void)snprintf(path, sizeof path, "%s.image", args[2]);
    if (!write_file(path, bytes, size))
        return 2;
    (void)snprintf(path, sizeof path, "%s.keys", args[2]);
    if (!write_file(path, one.keys.pool, COUNTED * sizeof *one.keys.pool))
        return 2;
    for (uint32_t i = 0; i < COUNTED; i++)
        loads_count(bytes, &one.keys.pool[i], &loads);
    (void)snprintf(row, sizeof row, "%s, table loads", args[0]);
    bench_figure(b, row, "loads", (double)loads.tables / COUNTED, "outside the view; one direction, a verdict");
    close_one(&one);
    return 0;
}

/* What callgrind counts, and nothing else. */
static __attribute__((noinline)) uint64_t counted(const struct cnipol_image *image, const struct cnipol_key *keys)
{
    struct cnipol_answer answer;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < COUNTED; i++) {
        cnipol_image_ask(image, &keys[i], &answer);
        sum += answer.decision;
    }
    return sum;
}

static int do_count(struct bench *b, char **args, int n)
{
    struct cnipol_ctx *ctx = NULL;
    struct cnipol_image *image = NULL;
    size_t n_image = 0, n_keys = 0;
    char path[4096];
    void *bytes, *keys;
    int rc = 2;

    if (n != 1 || cnipol_ctx_new(NULL, &ctx))
        return 2;
    (void)snprintf(path, sizeof path, "%s.image", args[0]);
    bytes = read_file(path, &n_image);
    (void)snprintf(path, sizeof path, "%s.keys", args[0]);
    keys = read_file(path, &n_keys);
    if (bytes && keys && n_keys == COUNTED * sizeof(struct cnipol_key) && cnipol_image_open(ctx, bytes, n_image, &image) == CNIPOL_OK) {
        b->sink += counted(image, keys);
        rc = 0;
    }
    cnipol_image_free(image);
    free(bytes);
    free(keys);
    cnipol_ctx_free(ctx);
    return rc;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *verb;
        int (*run)(struct bench *b, char **args, int n);
    } verbs[] = {{"image", do_image}, {"pair", do_pair}, {"yaml", do_yaml}, {"save", do_save}, {"count", do_count}};
    struct bench b;
    int rc = 2;

    if (argc < 2 || !bench_open(&b, "bench_image"))
        return 2;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(argv[1], verbs[i].verb) == 0)
            rc = verbs[i].run(&b, argv + 2, argc - 2);
    if (rc == 2)
        fprintf(stderr, "bench_image: %s failed\n", argv[1]);
    return bench_close(&b) ? 1 : rc;
}
