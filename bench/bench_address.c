/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_address FOLDER: from raw addresses to a verdict.
 *
 * The address map holds every pod's and node's address and ten thousand prefixes: those that the policies'
 * blocks come to, and further ones drawn inside them. A question names two addresses; nine in ten of the
 * peers' are in the map (eight a pod's, one a prefix's), the subject is a pod. Both are looked up, their
 * relations worked out, and one direction is asked.
 *
 * The generator's clusters speak IPv4. For IPv6 each pod gets an address of its own beside its IPv4 one, and
 * each prefix a longer one, with the same peer ids; so an IPv6 question has the verdict of its IPv4 twin.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cnipol/addrmap.h>

#include "bench.h"
#include "keys.h"

#define PREFIXES 10000
#define TRIES 1000000
#define CHUNK 512
#define CHUNKS 256
#define POOL (CHUNK * CHUNKS)

struct probe {
    uint32_t ends[2]; /* IPv4, as numbers */
    struct world_port port;
    uint8_t directions;
};

struct twin {
    uint64_t ends[2][2];
    struct world_port port;
    uint8_t directions;
};

struct ask {
    const struct cnipol_image *image;
    const void *map;
    struct probe *probes;
    struct twin *twins;
    uint8_t *decisions;
    uint32_t next;
    struct probe v4[CHUNK];
    struct twin v6[CHUNK];
};

struct mapped {
    struct world *w;
    struct cnipol_addrmap *writer;
    void *base;
    uint32_t prefixes[PREFIXES];
    uint8_t lengths[PREFIXES];
    uint32_t n_prefixes;
};

static uint32_t number_of(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static struct np_ip ip_of(uint32_t number)
{
    return (struct np_ip){4, {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}};
}

/* The twin of an IPv4 address: a /64 for each /24, the last eight bits last. */
static void twin_of(uint32_t v4, uint64_t out[2])
{
    out[0] = 0x20010db800000000ULL | v4 >> 8;
    out[1] = v4 & 255;
}

static int put(struct mapped *m, uint32_t v4, uint8_t length, uint32_t peer, uint32_t owner)
{
    struct cnipol_addrmap_prefix p4 = {.family = 4, .length = length, .entry = {peer, owner}}, p6 = {.family = 6, .entry = {peer, owner}};
    uint64_t twin[2];
    int rc;

    twin_of(v4, twin);
    p6.length = (uint8_t)(length > 24 ? length + 96 : length + 40);
    for (uint32_t i = 0; i < 4; i++)
        p4.address[i] = (uint8_t)(v4 >> (24 - 8 * i));
    for (uint32_t i = 0; i < 16; i++)
        p6.address[i] = (uint8_t)(twin[i / 8] >> (56 - 8 * (i % 8)));
    rc = cnipol_addrmap_put(m->writer, &p4);
    return rc ? rc : cnipol_addrmap_put(m->writer, &p6);
}

static int put_end(struct mapped *m, uint32_t end, const struct np_ip *ips, uint32_t n)
{
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < n && !rc; i++)
        if (ips[i].family == 4)
            rc = put(m, number_of(ips[i].bytes), 32, np_peers_of_end(m->w->read->peers, end, ips, &ips[i]), end);
    return rc;
}

static int put_ends(struct mapped *m)
{
    const struct cnipol_model *model = m->w->model;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < model->n_pods && !rc; i++) {
        rc = put_end(m, i, model->pods[i].ips, model->pods[i].n_ips);
        if (!rc)
            rc = cnipol_addrmap_set_node(m->writer, i, model->node_of[i] == NP_NONE ? CNIPOL_ADDRMAP_NO_NODE : model->node_of[i]);
    }
    for (uint32_t i = 0; i < model->n_nodes && !rc; i++) {
        rc = put_end(m, model->n_pods + i, model->nodes[i].ips, model->nodes[i].n_ips);
        if (!rc)
            rc = cnipol_addrmap_set_node(m->writer, model->n_pods + i, i | CNIPOL_ADDRMAP_UNPOLICED);
    }
    return rc;
}

static uint32_t peer_of(const struct mapped *m, uint32_t v4)
{
    struct np_ip ip = ip_of(v4);

    return np_peers_of_address(m->w->read->peers, &ip);
}

static int put_prefix(struct mapped *m, uint32_t v4, uint8_t length)
{
    if (m->n_prefixes == PREFIXES)
        return CNIPOL_OK;
    m->prefixes[m->n_prefixes] = v4;
    m->lengths[m->n_prefixes++] = length;
    return put(m, v4, length, peer_of(m, v4), CNIPOL_ADDRMAP_NOBODY);
}

/* Addresses from..to as prefixes: the widest aligned one that fits, again and again. */
static int put_range(struct mapped *m, uint64_t from, uint64_t to)
{
    int rc = CNIPOL_OK;

    while (from <= to && !rc) {
        uint8_t bits = 0;

        while (bits < 32 && !(from & ((2ULL << bits) - 1)) && from + (2ULL << bits) - 1 <= to)
            bits++;
        rc = put_prefix(m, (uint32_t)from, (uint8_t)(32 - bits));
        from += 1ULL << bits;
    }
    return rc;
}

static int put_prefixes(struct mapped *m)
{
    const struct np_peers *peers = m->w->read->peers;
    uint32_t outside = peer_of(m, 0xf0000000u);
    uint64_t seed = BENCH_SEED;
    int rc = CNIPOL_OK;

    for (uint32_t i = 0; i < peers->n_v4 && !rc; i++) {
        uint64_t from = number_of(peers->v4[i].first.bytes);
        uint64_t to = i + 1 < peers->n_v4 ? number_of(peers->v4[i + 1].first.bytes) - 1ULL : UINT32_MAX;

        if (peers->v4[i].peer != outside)
            rc = put_range(m, from, to);
    }
    for (uint32_t i = 0; i < TRIES && m->n_prefixes < PREFIXES && m->w->n_blocks && !rc; i++) {
        const struct np_prefix *block = m->w->blocks[bench_below(&seed, m->w->n_blocks)];
        uint32_t size = block->len ? 32u - block->len : 32u, bits = bench_below(&seed, 9);
        uint32_t inside = (uint32_t)(bench_random(&seed) & ((1ULL << size) - 1)),
                 v4 = (number_of(block->ip.bytes) | inside) >> bits << bits;

        if (bits < size && peer_of(m, v4) == peer_of(m, v4 + (1u << bits) - 1))
            rc = put_prefix(m, v4, (uint8_t)(32 - bits));
    }
    if (!rc)
        rc = cnipol_addrmap_set_default(m->writer, 4, (struct cnipol_addrmap_entry){outside, CNIPOL_ADDRMAP_NOBODY});
    return rc ? rc : cnipol_addrmap_set_default(m->writer, 6, (struct cnipol_addrmap_entry){outside, CNIPOL_ADDRMAP_NOBODY});
}

static bool fill(struct mapped *m)
{
    uint32_t ends = m->w->model->n_pods + m->w->model->n_nodes;
    size_t size = (2 * cnipol_addrmap_room((uint64_t)ends + PREFIXES, ends) + 4095) & ~(size_t)4095;
    int rc;

    m->base = aligned_alloc(4096, size);
    if (!m->base)
        return false;
    rc = cnipol_addrmap_new(m->w->ctx, m->base, size, ends, &m->writer);
    if (!rc)
        rc = put_ends(m);
    if (!rc)
        rc = put_prefixes(m);
    if (rc)
        fprintf(stderr, "bench_address: the address map: %s\n", cnipol_status_text(rc));
    return rc == CNIPOL_OK;
}

static uint32_t some_pod(const struct world *w, uint64_t *seed)
{
    return number_of(w->model->pods[bench_below(seed, w->model->n_pods)].ips[0].bytes);
}

static uint32_t some_peer(const struct mapped *m, uint64_t *seed)
{
    uint32_t roll = bench_below(seed, 10), i;

    if (roll < 8)
        return some_pod(m->w, seed);
    if (roll == 8)
        return 0xdc000000u | (uint32_t)(bench_random(seed) >> 40);
    i = bench_below(seed, m->n_prefixes);
    return m->prefixes[i] | (uint32_t)(bench_random(seed) & ((1ULL << (32 - m->lengths[i])) - 1));
}

static struct cnipol_end end_of(const struct world *w, uint32_t v4)
{
    struct np_ip ip = ip_of(v4);
    struct cnipol_end end;
    char text[NP_IP_TEXT];

    np_ip_print(&ip, text);
    (void)cnipol_end_parse(w->model, text, &end);
    return end;
}

static bool draw(struct ask *a, const struct mapped *m)
{
    uint64_t seed = BENCH_SEED;

    a->probes = calloc(POOL, sizeof *a->probes);
    a->twins = calloc(POOL, sizeof *a->twins);
    a->decisions = calloc(POOL, 1);
    if (!a->probes || !a->twins || !a->decisions)
        return false;
    for (uint32_t i = 0; i < POOL; i++) {
        uint32_t direction = i / CHUNK % 2 ? CNIPOL_ASK_INGRESS : CNIPOL_ASK_EGRESS;
        uint32_t subject = some_pod(m->w, &seed), peer = some_peer(m, &seed);
        struct cnipol_question q = {.direction = (uint8_t)direction};
        struct cnipol_verdict verdict;
        struct probe *p = &a->probes[i];

        p->ends[direction == CNIPOL_ASK_INGRESS] = subject;
        p->ends[direction == CNIPOL_ASK_EGRESS] = peer;
        p->port = m->w->ports[bench_below(&seed, m->w->n_ports)];
        p->directions = (uint8_t)direction;
        q.source = end_of(m->w, p->ends[0]);
        q.destination = end_of(m->w, p->ends[1]);
        q.protocol = p->port.protocol;
        q.destination_port = p->port.port;
        cnipol_ask(m->w->model, &q, &verdict);
        a->decisions[i] = verdict.decision;
        twin_of(p->ends[0], a->twins[i].ends[0]);
        twin_of(p->ends[1], a->twins[i].ends[1]);
        a->twins[i].port = p->port;
        a->twins[i].directions = p->directions;
    }
    return true;
}

static void prepare(void *user, uint64_t *seed)
{
    struct ask *a = user;

    (void)seed;
    memcpy(a->v4, a->probes + (size_t)a->next * CHUNK, sizeof a->v4);
    memcpy(a->v6, a->twins + (size_t)a->next * CHUNK, sizeof a->v6);
    a->next = (a->next + 1) % CHUNKS;
}

static inline uint32_t ask(const struct ask *a, struct cnipol_addrmap_entry source, struct cnipol_addrmap_entry destination,
                           struct world_port port, uint8_t directions)
{
    struct cnipol_key key = {.source = source.peer,
                             .destination = destination.peer,
                             .protocol = port.protocol,
                             .destination_port = port.port,
                             .relations = (uint8_t)cnipol_addrmap_relations(a->map, source, destination),
                             .directions = directions};
    struct cnipol_answer answer;

    cnipol_image_ask(a->image, &key, &answer);
    return answer.decision;
}

static inline uint32_t ask4(const struct ask *a, const struct probe *p)
{
    return ask(a, cnipol_addrmap_find4(a->map, p->ends[0]), cnipol_addrmap_find4(a->map, p->ends[1]), p->port, p->directions);
}

static inline uint32_t ask6(const struct ask *a, const struct twin *t)
{
    return ask(a, cnipol_addrmap_find6(a->map, t->ends[0][0], t->ends[0][1]), cnipol_addrmap_find6(a->map, t->ends[1][0], t->ends[1][1]),
               t->port, t->directions);
}

static uint64_t run4(void *user)
{
    const struct ask *a = user;
    uint32_t zero = bench_zero(), answer = 0;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < CHUNK; i++)
        sum += answer = ask4(a, &a->v4[i + (answer & zero)]);
    return sum;
}

static uint64_t run6(void *user)
{
    const struct ask *a = user;
    uint32_t zero = bench_zero(), answer = 0;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < CHUNK; i++)
        sum += answer = ask6(a, &a->v6[i + (answer & zero)]);
    return sum;
}

/* The two lookups alone. */
static uint64_t run_find(void *user)
{
    const struct ask *a = user;
    uint32_t zero = bench_zero(), answer = 0;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < CHUNK; i++) {
        const struct probe *p = &a->v4[i + (answer & zero)];

        answer = cnipol_addrmap_find4(a->map, p->ends[0]).peer + cnipol_addrmap_find4(a->map, p->ends[1]).peer;
        sum += answer;
    }
    return sum;
}

static void measure(struct bench *b, struct ask *a, const struct mapped *m)
{
    struct bench_body bodies[] = {
        {.row = "from IPv4 addresses, 100k pods, 10k prefixes", .run = run4},
        {.row = "from IPv6 addresses, 100k pods, 10k prefixes", .run = run6},
        {.row = "two IPv4 lookups alone", .run = run_find},
    };
    char note[128];

    (void)snprintf(note, sizeof note, "%u pods, %u prefixes, 90 %% hits, one direction, serial", m->w->model->n_pods, m->n_prefixes);
    for (uint32_t i = 0; i < 3; i++) {
        bodies[i].prepare = prepare;
        bodies[i].user = a;
        bodies[i].lookups = CHUNK;
        bodies[i].note = note;
    }
    bodies[0].checked = bodies[1].checked = POOL;
    for (uint32_t i = 0; i < POOL; i++) {
        bodies[0].mismatches += ask4(a, &a->probes[i]) != a->decisions[i];
        bodies[1].mismatches += ask6(a, &a->twins[i]) != a->decisions[i];
    }
    bench_compare(b, bodies, 3, NULL, 0);
}

int main(int argc, char **argv)
{
    static struct ask a;
    static struct mapped m;
    struct cnipol_addrmap_stats stats;
    struct cnipol_image *image = NULL;
    struct world w = {0};
    struct bench b;
    int rc = 2;

    if (argc != 2 || !bench_open(&b, "bench_address") || !world_open(&w, argv[1]))
        return 2;
    m.w = &w;
    image = keys_compile(&w, NP_NONE);
    if (image && !cnipol_image_model(w.ctx, image, &w.read) && fill(&m) && draw(&a, &m)) {
        a.image = image;
        a.map = m.base;
        cnipol_addrmap_stats(m.writer, &stats);
        bench_figure(&b, "address map, both families", "bytes", (double)stats.used, NULL);
        measure(&b, &a, &m);
        rc = 0;
    }
    cnipol_addrmap_close(m.writer);
    free(m.base);
    free(a.probes);
    free(a.twins);
    free(a.decisions);
    cnipol_image_free(image);
    world_close(&w);
    return bench_close(&b) ? 1 : rc;
}
