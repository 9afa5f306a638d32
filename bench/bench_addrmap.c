/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_addrmap: the address map with 100,000 pods and 10,000 prefixes of mixed length.
 *
 * 910 nodes of 110 pods: IPv4 in a /24 for each node; IPv6 in a /64, and in a /112, for each. Prefixes are
 * random: IPv4 of 8 to 32 bits; IPv6 in 2000::/3 of 16 to 64 bits, one in ten a /128. Nine questions in ten
 * are for a pod or an address in a prefix, each of those equally likely; one is for any address. Serial:
 * the next question waits for the last answer.
 *
 * Changes: a pod taken out and put back, each timed alone; building the whole map.
 */

#include <stdio.h>
#include <stdlib.h>

#include <cnipol/addrmap.h>
#include <cnipol/ctx.h>

#include "bench.h"

#define NODES 910
#define PODS 110
#define PREFIXES 10000
#define ALL (NODES * PODS + PREFIXES)
#define BLOCK 1024
#define POOL (64 * BLOCK) /* questions, drawn beforehand: drawing them would fill the caches with prefixes */
#define BATCH 16
#define CHECKED 2000
#define CHANGES 20000

struct place {
    const char *name;
    uint8_t family;
    uint8_t node_shift; /* IPv6: where in the address the node's number is, bits from the right */
};

static const struct place places[] = {{"IPv4", 4, 8}, {"IPv6, a /64 each", 6, 64}, {"IPv6, a /112 each", 6, 16}};

struct map {
    const struct place *place;
    struct cnipol_ctx *ctx;
    void *block;
    struct cnipol_addrmap *writer;
    struct cnipol_addrmap_prefix *prefixes;
    uint64_t (*pool)[2];
    uint32_t *pool4; /* the same for IPv4 */
    const uint64_t (*asked)[2];
    const uint32_t *asked4;
    struct cnipol_addrmap_entry out[BLOCK];
};

static void set_address(struct cnipol_addrmap_prefix *p, uint64_t high, uint64_t low)
{
    for (int i = 0; i < 8; i++) {
        p->address[i] = (uint8_t)(high >> (56 - 8 * i));
        p->address[i + 8] = (uint8_t)(low >> (56 - 8 * i));
    }
}

static struct cnipol_addrmap_prefix pod(const struct place *place, uint32_t i)
{
    struct cnipol_addrmap_prefix p = {.family = place->family, .length = place->family == 4 ? 32 : 128, .entry = {i, i}};
    uint64_t node = i / PODS, host = 2 + i % PODS;

    if (place->family == 4)
        set_address(&p, (0x0af40000u + (node << 8) + host) << 32, 0);
    else if (place->node_shift == 64)
        set_address(&p, 0xfd00001002440000u + node, host);
    else
        set_address(&p, 0xfd00001002440000u, node << 16 | host);
    return p;
}

static struct cnipol_addrmap_prefix some_prefix(const struct place *place, uint64_t *seed, uint32_t i)
{
    struct cnipol_addrmap_prefix p = {.family = place->family, .entry = {NODES * PODS + i, CNIPOL_ADDRMAP_NOBODY}};
    uint64_t high = bench_random(seed);

    if (place->family == 4)
        p.length = (uint8_t)(8 + bench_below(seed, 25));
    else
        p.length = (uint8_t)(bench_below(seed, 10) ? 16 + bench_below(seed, 49) : 128);
    set_address(&p, place->family == 4 ? high : high >> 3 | 1ull << 61, bench_random(seed));
    return p;
}

static uint64_t half_of(const uint8_t *bytes)
{
    uint64_t out = 0;

    for (int i = 0; i < 8; i++)
        out = out << 8 | bytes[i];
    return out;
}

/* An address of the prefix: its own bits, then random ones. */
static void draw(const struct map *m, uint64_t *seed, uint64_t *out)
{
    uint64_t high = bench_random(seed), low = bench_random(seed);
    const struct cnipol_addrmap_prefix *p = &m->prefixes[bench_below(seed, ALL)];
    uint32_t length = bench_below(seed, 10) ? p->length : 0;
    uint64_t high_mask = length >= 64 ? 0 : UINT64_MAX >> length, low_mask = length <= 64    ? UINT64_MAX
                                                                             : length == 128 ? 0
                                                                                             : UINT64_MAX >> (length - 64);

    out[0] = (half_of(p->address) & ~high_mask) | (high & high_mask);
    out[1] = (half_of(p->address + 8) & ~low_mask) | (low & low_mask);
}

static void prepare(void *user, uint64_t *seed)
{
    struct map *m = user;

    uint32_t from = BLOCK * bench_below(seed, POOL / BLOCK);

    m->asked = (const uint64_t(*)[2])(m->pool + from);
    m->asked4 = m->pool4 + from;
}

static uint64_t serial4(void *user)
{
    struct map *m = user;
    uint32_t zero = bench_zero();
    uint64_t sum = 0, last = 0;

    for (uint32_t i = 0; i < BLOCK; i++) {
        last = cnipol_addrmap_find4(m->block, m->asked4[i + (last & zero)]).peer;
        sum += last;
    }
    return sum;
}

static uint64_t serial6(void *user)
{
    struct map *m = user;
    uint32_t zero = bench_zero();
    uint64_t sum = 0, last = 0;

    for (uint32_t i = 0; i < BLOCK; i++) {
        const uint64_t *asked = m->asked[i + (last & zero)];

        last = cnipol_addrmap_find6(m->block, asked[0], asked[1]).peer;
        sum += last;
    }
    return sum;
}

/* Both ends' entries and how they stand to each other. */
static uint64_t pairs4(void *user)
{
    struct map *m = user;
    uint32_t zero = bench_zero();
    uint64_t sum = 0, last = 0;

    for (uint32_t i = 0; i < BLOCK; i += 2) {
        const uint32_t *asked = &m->asked4[i + (last & zero)];
        struct cnipol_addrmap_entry from = cnipol_addrmap_find4(m->block, asked[0]), to = cnipol_addrmap_find4(m->block, asked[1]);

        last = from.peer + to.peer + cnipol_addrmap_relations(m->block, from, to);
        sum += last;
    }
    return sum;
}

static uint64_t batch(void *user)
{
    struct map *m = user;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < BLOCK; i += BATCH)
        if (m->place->family == 4)
            cnipol_addrmap_find4_batch(m->block, BATCH, m->asked4 + i, m->out + i);
        else
            cnipol_addrmap_find6_batch(m->block, BATCH, m->asked + i, m->out + i);
    for (uint32_t i = 0; i < BLOCK; i++)
        sum += m->out[i].peer;
    return sum;
}

static bool make(struct bench *b, struct map *m, const struct place *place)
{
    size_t size = (size_t)16 << 20;
    uint64_t seed = BENCH_SEED;
    struct cnipol_addrmap_stats stats;
    double since;
    char row[128], note[128];

    m->place = place;
    m->block = aligned_alloc(4096, size);
    m->prefixes = calloc(ALL, sizeof *m->prefixes);
    m->pool = calloc(POOL, sizeof *m->pool);
    m->pool4 = calloc(POOL, sizeof *m->pool4);
    if (!m->block || !m->prefixes || !m->pool || !m->pool4 || cnipol_ctx_new(NULL, &m->ctx) ||
        cnipol_addrmap_new(m->ctx, m->block, size, NODES * (PODS + 1), &m->writer))
        return false;
    for (uint32_t i = 0; i < ALL; i++)
        m->prefixes[i] = i < NODES * PODS ? pod(place, i) : some_prefix(place, &seed, i - NODES * PODS);
    for (uint32_t i = 0; i < POOL; i++) {
        draw(m, &seed, m->pool[i]);
        m->pool4[i] = (uint32_t)(m->pool[i][0] >> 32);
    }
    since = bench_now();
    for (uint32_t i = 0; i < ALL; i++)
        if (cnipol_addrmap_put(m->writer, &m->prefixes[(uint64_t)i * 65537 % ALL]))
            return false;
    (void)snprintf(row, sizeof row, "address map, %s, fill in random order", place->name);
    bench_figure(b, row, "s", bench_now() - since, NULL);
    for (uint32_t i = NODES * PODS; i < ALL; i++) /* of two alike the later one stays, as in the list */
        cnipol_addrmap_put(m->writer, &m->prefixes[i]);
    for (uint32_t i = 0; i < NODES * PODS; i++)
        cnipol_addrmap_set_node(m->writer, i, i / PODS);
    cnipol_addrmap_stats(m->writer, &stats);
    (void)snprintf(row, sizeof row, "address map, %s, what readers walk", place->name);
    (void)snprintf(note, sizeof note, "%u nodes, at most %u on a way; %.1f MiB with the writer's part", stats.nodes4 + stats.nodes6,
                   stats.depth4 + stats.depth6, (double)stats.used / 1048576);
    bench_figure(b, row, "bytes", (double)stats.node_bytes, note);
    return true;
}

/* The longest prefix of the list that holds the address. */
static uint32_t longest(const struct map *m, const uint64_t *address)
{
    uint32_t best = CNIPOL_ADDRMAP_NO_PEER;
    int length = -1;

    for (uint32_t i = NODES * PODS; i < ALL; i++) {
        const struct cnipol_addrmap_prefix *p = &m->prefixes[i];
        uint64_t high = half_of(p->address) ^ address[0], low = half_of(p->address + 8) ^ address[1];

        if (p->length >= length && (p->length >= 64 ? high == 0 : high >> (64 - p->length) == 0) &&
            (p->length <= 64 || (p->length == 128 ? low == 0 : low >> (128 - p->length) == 0))) {
            best = p->entry.peer;
            length = p->length;
        }
    }
    return best;
}

/* Every pod's own address, and as many addresses of prefixes as a plain list can be asked for. */
static uint64_t check(const struct map *m)
{
    uint64_t mismatches = 0;

    for (uint32_t i = 0; i < NODES * PODS; i++)
        mismatches += cnipol_addrmap_find(m->block, m->place->family, m->prefixes[i].address).peer != i;
    for (uint32_t i = 0; i < CHECKED; i++) {
        const uint64_t *asked = m->pool[i];
        struct cnipol_addrmap_entry got = m->place->family == 4 ? cnipol_addrmap_find4(m->block, (uint32_t)(asked[0] >> 32))
                                                                : cnipol_addrmap_find6(m->block, asked[0], asked[1]);

        mismatches += got.peer >= NODES * PODS && got.peer != longest(m, asked);
    }
    return mismatches;
}

static void change(struct bench *b, struct map *m)
{
    static double in[CHANGES], out[CHANGES];
    uint64_t seed = BENCH_SEED;
    char row[128];

    for (uint32_t i = 0; i < CHANGES; i++) {
        const struct cnipol_addrmap_prefix *p = &m->prefixes[bench_below(&seed, NODES * PODS)];
        double t[3];

        t[0] = bench_now();
        cnipol_addrmap_delete(m->writer, p);
        t[1] = bench_now();
        cnipol_addrmap_put(m->writer, p);
        t[2] = bench_now();
        out[i] = 1e9 * (t[1] - t[0]);
        in[i] = 1e9 * (t[2] - t[1]);
    }
    (void)snprintf(row, sizeof row, "address map, %s, a pod comes", m->place->name);
    bench_times(b, row, "ns", in, CHANGES, "with two readings of the clock");
    (void)snprintf(row, sizeof row, "address map, %s, a pod goes", m->place->name);
    bench_times(b, row, "ns", out, CHANGES, "with two readings of the clock");
}

/* Rows of one map stand beside each other only: a machine has one of them in its caches. */
static void compare(struct bench *b, struct map *m)
{
    char rows[3][96];
    uint64_t mismatches = check(m);
    bool is4 = m->place->family == 4;
    struct bench_body bodies[] = {
        {.row = rows[0], .prepare = prepare, .run = is4 ? serial4 : serial6, .user = m, .lookups = BLOCK},
        {.row = rows[1], .prepare = prepare, .run = batch, .user = m, .lookups = BLOCK},
        {.row = rows[2], .prepare = prepare, .run = pairs4, .user = m, .lookups = BLOCK / 2},
    };

    bodies[0].checked = NODES * PODS + CHECKED;
    bodies[0].mismatches = mismatches;
    (void)snprintf(rows[0], sizeof rows[0], "address map, %s, serial", m->place->name);
    (void)snprintf(rows[1], sizeof rows[1], "address map, %s, batch of %d", m->place->name, BATCH);
    (void)snprintf(rows[2], sizeof rows[2], "address map, %s, both ends and relations, serial", m->place->name);
    bench_compare(b, bodies, is4 ? 3 : 2, NULL, 0);
}

int main(void)
{
    struct bench b;
    bool made = true;

    if (!bench_open(&b, "bench_addrmap"))
        return 2;
    for (uint32_t i = 0; i < 3 && made; i++) {
        static struct map m;

        made = make(&b, &m, &places[i]);
        if (made) {
            compare(&b, &m);
            change(&b, &m);
        }
        cnipol_addrmap_close(m.writer);
        cnipol_ctx_free(m.ctx);
        free(m.block);
        free(m.prefixes);
        free(m.pool);
        free(m.pool4);
    }
    return made ? bench_close(&b) : 2;
}
