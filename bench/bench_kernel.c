/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_kernel FOLDER BPF-FOLDER: an image in the kernel, and what others have there, on the same questions.
 *
 *   the image                the evaluator of libcnipol-bpf on the whole cluster's image, and on one node's slice of it
 *   LPM trie, hot endpoint   Cilium's policy map of the endpoint with the most entries: identity, direction,
 *                            protocol and port in one longest-prefix key, asked twice (the exact identity, any
 *                            identity). Ranges of ports are written as prefixes
 *   LPM trie, full           the same for the endpoint that is next above 16,384 entries, Cilium's default limit
 *   LPM trie, whole node     the same for each pod of one node: one trie each, through an array of maps
 *   hash                     the hot endpoint's entries without ranges and without "any" in a plain hash, asked
 *                            once: NOT equivalent, it is here to show what a lookup costs that knows neither
 *
 * An identity is a pod or a node (each has labels of its own in these clusters), or an address range of
 * some policy. Turning an address into an identity (or a peer id) is not counted on either side. A hundred lookups happen in one run
 * of the program, each question drawn with the last answer in its seed; the empty program's time is
 * taken off. Each map is compared with the reference on questions of its own endpoints before it is timed.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#ifdef WITH_LIBCNIPOL_BPF
#include <cnipol/bpf.h>
#endif

#include "bench.h"
#include "bpf/lpm.h"
#include "expand.h"
#include "in_kernel.h"

#define REPEAT 50
#define CHECKED 131000
#define FULL 16384

struct atoms {
    struct np_prefix *items; /* sorted, each once */
    uint32_t n, cap;
};

struct kernel {
    struct world *world;
    struct bpf_object *object;
    struct lpm_shared *shared;
    struct atoms atoms;
    uint32_t *pods; /* of the node */
    uint32_t n_pods;
    uint32_t hot;       /* the pod with the most entries */
    uint32_t full;      /* the pod with the fewest entries that are at least FULL */
    uint32_t node_size; /* entries in all */
    uint32_t hot_size, full_size, hash_size, hash_left_out;
    char why[128]; /* it cannot be measured; empty: it can */
};

struct program {
    int fd;
    uint32_t repeat;
};

typedef int entry_fn(void *user, const struct lpm_key *key);

static void refuse(struct kernel *k, const char *what, int error)
{
    if (!k->why[0])
        (void)snprintf(k->why, sizeof k->why, "%s: %s", what, error ? strerror(error) : "failed");
}

static int by_prefix(const void *x, const void *y)
{
    const struct np_prefix *a = x, *b = y;
    int order = np_ip_cmp(&a->ip, &b->ip);

    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static void add_atom(struct kernel *k, const struct np_prefix *prefix)
{
    struct atoms *a = &k->atoms;

    if (a->n == a->cap) {
        uint32_t cap = a->cap ? 2 * a->cap : 256;
        void *grown = realloc(a->items, cap * sizeof *a->items);

        if (!grown) {
            refuse(k, "prefixes", ENOMEM);
            return;
        }
        a->items = grown;
        a->cap = cap;
    }
    a->items[a->n++] = *prefix;
}

static void unite_atoms(struct atoms *a)
{
    uint32_t n = 0;

    if (a->n)
        qsort(a->items, a->n, sizeof *a->items, by_prefix);
    for (uint32_t i = 0; i < a->n; i++)
        if (!n || by_prefix(&a->items[i], &a->items[n - 1]))
            a->items[n++] = a->items[i];
    a->n = n;
}

static uint32_t n_ends(const struct kernel *k)
{
    return k->world->model->n_pods + k->world->model->n_nodes;
}

static uint32_t identity_of_end(uint32_t end)
{
    return end + 1;
}

static uint32_t identity_of_atom(const struct kernel *k, uint32_t atom)
{
    return n_ends(k) + 1 + atom;
}

/* Pods and nodes by their number; addresses by the longest prefix, or the one identity behind all others. */
static uint32_t identity_of(const struct kernel *k, const struct cnipol_end *end)
{
    struct np_ip ip = {.family = 4};
    uint32_t best = NP_NONE;

    if (end->kind == CNIPOL_END_POD)
        return identity_of_end(end->id);
    memcpy(ip.bytes, end->v4, 4);
    for (uint32_t i = 0; i < k->atoms.n; i++)
        if (np_prefix_holds(&k->atoms.items[i], &ip) && (best == NP_NONE || k->atoms.items[i].len > k->atoms.items[best].len))
            best = i;
    return identity_of_atom(k, best == NP_NONE ? k->atoms.n : best);
}

/* A range of ports as prefixes: the widest aligned block that fits, again and again. */
static int emit_ports(struct lpm_key key, uint32_t lo, uint32_t hi, entry_fn *emit, void *user)
{
    int rc = 0;

    while (lo <= hi && !rc) {
        uint32_t bits = 0;

        while (bits < 16 && !(lo & ((2u << bits) - 1)) && lo + (2u << bits) - 1 <= hi)
            bits++;
        key.port = htons((uint16_t)lo);
        key.prefixlen = LPM_BITS_FULL - bits;
        rc = emit(user, &key);
        lo += 1u << bits;
    }
    return rc;
}

static int emit_identity(uint32_t identity, uint8_t direction, const struct expand_entry *e, entry_fn *emit, void *user)
{
    struct lpm_key key = {.prefixlen = LPM_BITS_STATIC, .identity = identity, .direction = direction, .protocol = e->protocol};

    return e->protocol ? emit_ports(key, e->lo, e->hi, emit, user) : emit(user, &key);
}

static int emit_prefix(const struct kernel *k, uint8_t direction, const struct expand_entry *e, entry_fn *emit, void *user)
{
    const struct cnipol_model *m = k->world->model;
    int rc = 0;

    for (uint32_t i = 0; i < k->atoms.n && !rc; i++)
        if (np_prefix_within(&k->atoms.items[i], &e->prefix))
            rc = emit_identity(identity_of_atom(k, i), direction, e, emit, user);
    for (uint32_t i = 0; i < m->n_pods && !rc; i++)
        if (m->pods[i].n_ips && np_prefix_holds(&e->prefix, &m->pods[i].ips[0]))
            rc = emit_identity(identity_of_end(i), direction, e, emit, user);
    return rc;
}

static int emit_subject(struct kernel *k, uint32_t pod, entry_fn *emit, void *user)
{
    struct expand expand = {0};
    int rc = 0;

    for (uint8_t role = 0; role < 2 && !rc; role++) {
        if (!expand_subject(k->world->model, pod, role, &expand)) {
            refuse(k, expand.failed, EINVAL);
            rc = -1;
        }
        for (uint32_t i = 0; i < expand.n && !rc; i++) {
            const struct expand_entry *e = &expand.items[i];

            if (e->peer == EXPAND_PREFIX)
                rc = emit_prefix(k, role, e, emit, user);
            else
                rc = emit_identity(e->peer == EXPAND_ANY ? 0 : identity_of_end(e->peer), role, e, emit, user);
        }
    }
    expand_free(&expand);
    return rc;
}

static void collect_atoms(struct kernel *k)
{
    struct expand expand = {0};

    for (uint32_t p = 0; p < k->n_pods; p++)
        for (uint8_t role = 0; role < 2; role++) {
            if (!expand_subject(k->world->model, k->pods[p], role, &expand))
                refuse(k, expand.failed, EINVAL);
            for (uint32_t i = 0; i < expand.n; i++)
                if (expand.items[i].peer == EXPAND_PREFIX)
                    add_atom(k, &expand.items[i].prefix);
        }
    expand_free(&expand);
    unite_atoms(&k->atoms);
}

struct into {
    int fd;
    uint32_t n;
    uint32_t left_out;
};

static int insert_trie(void *user, const struct lpm_key *key)
{
    struct into *into = user;
    uint8_t one = 1;
    int rc = bpf_map_update_elem(into->fd, key, &one, BPF_NOEXIST);

    into->n += rc == 0;
    return rc && errno != EEXIST ? -errno : 0;
}

static int insert_hash(void *user, const struct lpm_key *key)
{
    struct lpm_exact exact = {key->identity, key->direction, key->protocol, key->port};
    struct into *into = user;
    uint8_t one = 1;
    int rc;

    if (key->prefixlen != LPM_BITS_FULL || !key->identity) {
        into->left_out++;
        return 0;
    }
    rc = bpf_map_update_elem(into->fd, &exact, &one, BPF_NOEXIST);
    into->n += rc == 0;
    return rc && errno != EEXIST ? -errno : 0;
}

static int map_fd(const struct kernel *k, const char *name)
{
    return bpf_object__find_map_fd_by_name(k->object, name);
}

static void note_size(struct kernel *k, uint32_t pod, uint32_t n)
{
    k->node_size += n;
    if (n > k->hot_size) {
        k->hot_size = n;
        k->hot = pod;
    }
    if (n >= FULL && (!k->full_size || n < k->full_size)) {
        k->full_size = n;
        k->full = pod;
    }
}

/* One trie for each pod of the node. */
static void fill_tries(struct kernel *k)
{
    struct bpf_map_create_opts opts = {.sz = sizeof opts, .map_flags = BPF_F_NO_PREALLOC};

    for (uint32_t i = 0; i < k->n_pods && !k->why[0]; i++) {
        struct into into = {.fd = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "trie", sizeof(struct lpm_key), 1, LPM_ENTRIES_MAX, &opts)};

        if (into.fd < 0 || emit_subject(k, k->pods[i], insert_trie, &into) || bpf_map_update_elem(map_fd(k, "node"), &i, &into.fd, 0))
            refuse(k, "filling the tries", errno);
        note_size(k, k->pods[i], into.n);
        if (into.fd >= 0)
            close(into.fd);
    }
}

static void fill(struct kernel *k)
{
    struct into hot = {.fd = map_fd(k, "hot")}, full = {.fd = map_fd(k, "full")}, hash = {.fd = map_fd(k, "hash")};

    fill_tries(k);
    if (!k->full_size)
        k->full = k->hot;
    if (k->why[0] || emit_subject(k, k->hot, insert_trie, &hot) || emit_subject(k, k->full, insert_trie, &full) ||
        emit_subject(k, k->hot, insert_hash, &hash))
        refuse(k, "filling the maps", errno);
    k->full_size = full.n;
    k->hash_size = hash.n;
    k->hash_left_out = hash.left_out;
}

static void fill_ports(struct kernel *k)
{
    struct world_mix mix = {.subjects = k->pods, .n_subjects = k->n_pods, .either = true};
    uint64_t seed = BENCH_SEED;
    struct cnipol_question q;

    for (uint32_t i = 0; i < LPM_PORTS; i++) {
        world_ask(k->world, &mix, &seed, &q);
        k->shared->ports[i] = (struct lpm_port){.protocol = q.protocol, .port = htons(q.destination_port)};
    }
    k->shared->seed = BENCH_SEED;
    k->shared->n_endpoints = k->n_pods;
    k->shared->n_identities = n_ends(k) + k->atoms.n;
}

static int program_fd(const struct kernel *k, const char *prefix, const char *name)
{
    struct bpf_program *program;
    char full[32];

    (void)snprintf(full, sizeof full, "%s_%s", prefix, name);
    program = bpf_object__find_program_by_name(k->object, full);
    return program ? bpf_program__fd(program) : -1;
}

static uint64_t run(void *user)
{
    const struct program *program = user;

    if (in_kernel_run(program->fd, program->repeat))
        perror("bench_kernel: BPF_PROG_TEST_RUN");
    return 0;
}

static uint32_t slot_of(const struct kernel *k, uint32_t pod)
{
    uint32_t slot = 0;

    while (slot < k->n_pods && k->pods[slot] != pod)
        slot++;
    return slot;
}

static struct lpm_question translate(const struct kernel *k, const struct cnipol_question *q)
{
    bool egress = q->direction == CNIPOL_ASK_EGRESS;
    const struct cnipol_end *subject = egress ? &q->source : &q->destination;

    return (struct lpm_question){
        .identity = identity_of(k, egress ? &q->destination : &q->source),
        .endpoint = (uint16_t)slot_of(k, subject->id),
        .direction = !egress,
        .protocol = q->protocol,
        .port = htons(q->destination_port),
    };
}

/* Answers that differ from the reference's, of CHECKED questions about the subjects. */
static uint64_t count_wrong(struct kernel *k, const char *name, const uint32_t *subjects, uint32_t n)
{
    struct world_mix mix = {.subjects = subjects, .n_subjects = n, .either = true};
    struct cnipol_question asked[LPM_LOOKUPS];
    uint64_t seed = BENCH_SEED, wrong = 0;
    int fd = program_fd(k, "check", name);

    for (uint32_t done = 0; done < CHECKED; done += LPM_LOOKUPS) {
        for (uint32_t i = 0; i < LPM_LOOKUPS; i++) {
            world_ask(k->world, &mix, &seed, &asked[i]);
            k->shared->questions[i] = translate(k, &asked[i]);
        }
        if (in_kernel_run(fd, 1))
            return CHECKED;
        for (uint32_t i = 0; i < LPM_LOOKUPS; i++) {
            struct cnipol_verdict verdict;

            cnipol_ask(k->world->model, &asked[i], &verdict);
            wrong += k->shared->answers[i] != (verdict.decision == CNIPOL_ALLOW);
        }
    }
    return wrong;
}

/* The two images beside the maps. */
struct images {
    struct cnipol_image *whole, *slice;
    struct keys keys[2];
    struct in_kernel kernel[2];
};

enum { EMPTY, DRAW, IMAGE, SLICE, HOT, FULLEST, NODE, HASH, N };

static const struct {
    const char *row, *program;
} rows[N] = {
    [EMPTY] = {"BPF: the empty program", "empty"},
    [DRAW] = {"BPF: drawing a question", "draw"},
    [IMAGE] = {"BPF: the image, one direction", NULL},
    [SLICE] = {"BPF: one node's slice, one direction", NULL},
    [HOT] = {"BPF: LPM trie, two lookups, hot endpoint", "hot"},
    [FULLEST] = {"BPF: LPM trie, two lookups, full", "full"},
    [NODE] = {"BPF: LPM trie, two lookups, whole node", "node"},
    [HASH] = {"BPF: plain hash (not equivalent: no ranges, no order)", "hash"},
};

static void note_maps(struct kernel *k, char (*notes)[160])
{
    uint64_t differ = count_wrong(k, "hash", &k->hot, 1);

    (void)snprintf(notes[EMPTY], sizeof notes[EMPTY], "one run");
    (void)snprintf(notes[DRAW], sizeof notes[DRAW], "in each of the rows below");
    (void)snprintf(notes[HOT], sizeof notes[HOT], "%u entries", k->hot_size);
    (void)snprintf(notes[FULLEST], sizeof notes[FULLEST], "%u entries", k->full_size);
    (void)snprintf(notes[NODE], sizeof notes[NODE], "%u entries in %u tries behind an array of maps", k->node_size, k->n_pods);
    (void)snprintf(notes[HASH], sizeof notes[HASH], "%u entries, %u with a range or any peer left out; %llu of %d answers differ",
                   k->hash_size, k->hash_left_out, (unsigned long long)differ, CHECKED);
}

static void note_image(const struct cnipol_image *image, char *note, size_t n)
{
    size_t size;
    const struct cnipol_image_header *header = cnipol_image_bytes(image, &size);

    (void)snprintf(note, n, "HOT %.2f MiB, with the rule lists %.2f MiB", header->hot_bytes / 1048576.0, header->eval_bytes / 1048576.0);
}

static void measure(struct bench *b, struct kernel *k, struct images *images)
{
    static const struct bench_pair pairs[] = {
        {"BPF: the image / LPM trie, full", IMAGE, FULLEST},
        {"BPF: one node's slice / LPM trie, full", SLICE, FULLEST},
        {"BPF: one node's slice / LPM trie, whole node", SLICE, NODE},
    };
    struct bench_body bodies[N] = {{0}};
    struct program programs[N];
    char notes[N][160] = {{0}};

    note_maps(k, notes);
    note_image(images->whole, notes[IMAGE], sizeof notes[IMAGE]);
    note_image(images->slice, notes[SLICE], sizeof notes[SLICE]);
    for (uint32_t i = 0; i < N; i++) {
        int fd = rows[i].program ? program_fd(k, "time", rows[i].program) : images->kernel[i - IMAGE].time_fd;

        programs[i] = (struct program){fd, i == EMPTY ? REPEAT * LPM_LOOKUPS : REPEAT};
        bodies[i] = (struct bench_body){.row = rows[i].row, .run = run, .user = &programs[i], .note = notes[i]};
        bodies[i].lookups = REPEAT * LPM_LOOKUPS;
        bodies[i].net_of = i == EMPTY ? 0 : EMPTY + 1;
        bodies[i].net_share = 1.0 / LPM_LOOKUPS;
        bodies[i].checked = i >= IMAGE && i <= NODE ? CHECKED : 0;
    }
    bodies[IMAGE].mismatches = in_kernel_count_wrong(&images->kernel[0], &images->keys[0], CHECKED);
    bodies[SLICE].mismatches = in_kernel_count_wrong(&images->kernel[1], &images->keys[1], CHECKED);
    bodies[HOT].mismatches = count_wrong(k, "hot", &k->hot, 1);
    bodies[FULLEST].mismatches = count_wrong(k, "full", &k->full, 1);
    bodies[NODE].mismatches = count_wrong(k, "node", k->pods, k->n_pods);
    bench_compare(b, bodies, N, pairs, sizeof pairs / sizeof pairs[0]);
}

static void open_images(struct kernel *k, struct images *images, const char *folder)
{
    struct world_mix mixes[2] = {{.either = true}, {.subjects = k->pods, .n_subjects = k->n_pods, .either = true}};
    struct world *w = k->world;

    images->whole = keys_compile(w, NP_NONE);
    images->slice = keys_compile(w, world_fullest_node(w));
    if (!images->whole || !images->slice || cnipol_image_model(w->ctx, images->whole, &w->read)) {
        refuse(k, "compiling", ENOMEM);
        return;
    }
    for (uint32_t i = 0; i < 2 && !k->why[0]; i++) {
        if (!keys_draw(&images->keys[i], w, &mixes[i]))
            refuse(k, "drawing questions", ENOMEM);
        else if (!in_kernel_open(&images->kernel[i], folder, i ? images->slice : images->whole, w, &mixes[i]))
            refuse(k, images->kernel[i].failed, images->kernel[i].error);
    }
}

static void close_images(struct images *images)
{
    for (uint32_t i = 0; i < 2; i++) {
        keys_free(&images->keys[i]);
        in_kernel_close(&images->kernel[i]);
    }
    cnipol_image_free(images->whole);
    cnipol_image_free(images->slice);
}

/* Sizes of the library's own programs, for the class of the whole image: exact, the same for one kernel and compiler. */
static void figures(struct bench *b, const struct cnipol_image *image)
{
#ifdef WITH_LIBCNIPOL_BPF
    size_t n;
    const struct cnipol_image_header *header = cnipol_image_bytes(image, &n);
    struct cnipol_bpf_opts opts = {.sz = sizeof opts, .image_size = header->eval_bytes};
    struct cnipol_bpf_figures f;
    struct cnipol_bpf *bpf;
    char row[128], note[128];

    if (cnipol_bpf_open(&opts, &bpf))
        return;
    for (uint32_t i = 0; cnipol_bpf_figures(bpf, i, &f) == CNIPOL_OK; i++) {
        (void)snprintf(row, sizeof row, "libcnipol-bpf, %s", f.name);
        (void)snprintf(note, sizeof note, "verified; %u bytes of machine code", f.jited_bytes);
        bench_figure(b, row, "instructions", f.verified_insns, note);
    }
    cnipol_bpf_free(bpf);
#else
    (void)image;
    bench_skip(b, "libcnipol-bpf", "was not built");
#endif
}

static void open_object(struct kernel *k, const char *folder)
{
    char path[4096];
    struct bpf_map *map;

    libbpf_set_print(NULL);
    (void)snprintf(path, sizeof path, "%s/lpm.bpf.o", folder);
    k->object = bpf_object__open_file(path, NULL);
    if (!k->object) {
        refuse(k, "opening the object", errno);
        return;
    }
    if (bpf_object__load(k->object)) {
        refuse(k, "loading into the kernel (needs root and BPF)", errno);
        return;
    }
    bpf_object__for_each_map(map, k->object)
    {
        if (strstr(bpf_map__name(map), ".bss"))
            k->shared = mmap(NULL, sizeof *k->shared, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
    }
    if (!k->shared || k->shared == MAP_FAILED)
        refuse(k, "mapping the program's variables", errno);
}

int main(int argc, char **argv)
{
    struct bench b;
    struct world w = {0};
    struct kernel k = {.world = &w};
    static struct images images;

    if (argc != 3 || !bench_open(&b, "bench_kernel"))
        return 2;
    open_object(&k, argv[2]);
    if (k.why[0]) {
        bench_skip(&b, "BPF", k.why);
        return bench_close(&b);
    }
    if (!world_open(&w, argv[1]))
        return 2;
    k.n_pods = world_node_pods(&w, world_fullest_node(&w), &k.pods);
    if (k.n_pods > LPM_ENDPOINTS_MAX)
        k.n_pods = LPM_ENDPOINTS_MAX;
    collect_atoms(&k);
    fill(&k);
    if (!k.why[0])
        fill_ports(&k);
    if (!k.why[0])
        open_images(&k, &images, argv[2]);
    if (k.why[0]) {
        bench_skip(&b, "BPF", k.why);
    } else {
        measure(&b, &k, &images);
        figures(&b, images.whole);
    }
    close_images(&images);
    free(k.atoms.items);
    free(k.pods);
    bpf_object__close(k.object);
    world_close(&w);
    return bench_close(&b);
}
