/* SPDX-License-Identifier: BSD-2-Clause */
/* See bench.h. Numbers that lie: a row whose ratios spread by more than 1.3 is marked noisy, and nothing is left out. */

#include "bench.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define CHASE_BYTES (256u << 10)
#define CHASE_LINE 64u
#define CHASE_LINES (CHASE_BYTES / CHASE_LINE)
#define CHASE_STEPS 4
#define CHASE_TIMES 10000
#define SAMPLE_SECONDS 5e-4
#define GAP_SECONDS 2e-6
#define SPIN_SECONDS 2e-4
#define NOISY 1.3

struct samples {
    double ns[BENCH_ROUNDS];
    double chase[BENCH_ROUNDS];
    uint64_t gaps;
    uint32_t blocks;
};

struct spread {
    double min, p10, median, p90;
};

double bench_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double bench_peak_mib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

/* xorshift64* */
uint64_t bench_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * 0x2545f4914f6cdd1dULL;
}

uint32_t bench_below(uint64_t *seed, uint32_t n)
{
    return (uint32_t)((bench_random(seed) >> 32) * n >> 32);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static struct spread spread_of(const double *values, uint32_t n)
{
    double sorted[BENCH_ROUNDS];

    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    return (struct spread){sorted[0], sorted[n / 10], sorted[n / 2], sorted[n - 1 - n / 10]};
}

static double load_average(void)
{
    double load = -1;

    return getloadavg(&load, 1) == 1 ? load : -1;
}

/* The last CPU that we may use: interrupts like the first. Before others, where we may say so. */
static int pin(void)
{
    cpu_set_t set;
    int cpu = -1;

    if (sched_getaffinity(0, sizeof set, &set))
        return -1;
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &set))
            cpu = i;
    (void)setpriority(PRIO_PROCESS, 0, -20);
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof set, &set) ? -1 : cpu;
}

/* One cycle through all lines in random order (Sattolo). */
static void make_cycle(uint32_t *chase)
{
    uint32_t order[CHASE_LINES];
    uint64_t seed = BENCH_SEED;

    for (uint32_t i = 0; i < CHASE_LINES; i++)
        order[i] = i;
    for (uint32_t i = CHASE_LINES - 1; i > 0; i--) {
        uint32_t j = bench_below(&seed, i), swapped = order[i];

        order[i] = order[j];
        order[j] = swapped;
    }
    for (uint32_t i = 0; i < CHASE_LINES; i++)
        chase[order[i] * (CHASE_LINE / 4)] = order[(i + 1) % CHASE_LINES] * (CHASE_LINE / 4);
}

bool bench_open(struct bench *b, const char *program)
{
    *b = (struct bench){.program = program, .cpu = pin()};
    b->chase = aligned_alloc(4096, CHASE_BYTES);
    if (!b->chase)
        return false;
    make_cycle(b->chase);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("{\"program\": \"%s\", \"cpu\": %d, \"seed\": %llu, \"rounds\": %d, \"load\": %.2f}\n", program, b->cpu,
           (unsigned long long)BENCH_SEED, BENCH_ROUNDS, load_average());
    return true;
}

int bench_close(struct bench *b)
{
    if (b->sink == 0x0123456789abcdefULL)
        fputc('\n', stderr);
    free(b->chase);
    if (b->mismatches)
        fprintf(stderr, "%s: %llu ANSWERS DIFFER FROM THE REFERENCE\n", b->program, (unsigned long long)b->mismatches);
    return b->mismatches != 0;
}

/* ns for one chase. */
static double time_chase(struct bench *b)
{
    uint32_t at = b->at;
    double since;

    for (uint32_t i = 0; i < CHASE_LINES; i++)
        at = b->chase[at];
    since = bench_now();
    for (uint32_t i = 0; i < CHASE_TIMES * CHASE_STEPS; i++)
        at = b->chase[at];
    since = bench_now() - since;
    b->at = at;
    return since / CHASE_TIMES * 1e9;
}

/* How often somebody else had the CPU while we did nothing but look at the clock. */
static uint64_t count_gaps(void)
{
    double start = bench_now(), last = start, now = start;
    uint64_t gaps = 0;

    while (now - start < SPIN_SECONDS) {
        now = bench_now();
        gaps += now - last > GAP_SECONDS;
        last = now;
    }
    return gaps;
}

static double time_block(struct bench *b, const struct bench_body *body, uint64_t *seed)
{
    double since;

    if (body->prepare)
        body->prepare(body->user, seed);
    since = bench_now();
    b->sink += body->run(body->user);
    return bench_now() - since;
}

/* Warms up, and finds how many blocks a sample takes. */
static uint32_t blocks_for(struct bench *b, const struct bench_body *body, uint64_t *seed)
{
    double spent = 0;
    uint32_t blocks = 0;

    time_block(b, body, seed);
    while (spent < SAMPLE_SECONDS) {
        spent += time_block(b, body, seed);
        blocks++;
    }
    return blocks;
}

/* As much untimed as timed: the body before has filled the caches with its own tables. */
static void sample(struct bench *b, const struct bench_body *body, struct samples *into, uint32_t round, uint64_t *seed)
{
    double spent = 0;

    into->gaps += count_gaps();
    into->chase[round] = time_chase(b);
    for (uint32_t i = 0; i < into->blocks; i++)
        time_block(b, body, seed);
    for (uint32_t i = 0; i < into->blocks; i++)
        spent += time_block(b, body, seed);
    into->ns[round] = spent / into->blocks / body->lookups * 1e9;
}

/* Takes off what another body costs, round by round. */
static void take_off(const struct bench_body *bodies, const struct samples *all, uint32_t i, double *net)
{
    const struct bench_body *body = &bodies[i];

    memcpy(net, all[i].ns, sizeof all[i].ns);
    if (!body->net_of)
        return;
    for (uint32_t r = 0; r < BENCH_ROUNDS; r++)
        net[r] -= all[body->net_of - 1].ns[r] * body->net_share;
}

static void print_note(const char *note)
{
    if (note)
        printf(", \"note\": \"%s\"", note);
    printf("}\n");
}

static void print_row(struct bench *b, const struct bench_body *body, const struct samples *samples, const double *net)
{
    struct spread ns = spread_of(net, BENCH_ROUNDS), chase = spread_of(samples->chase, BENCH_ROUNDS), ratio;
    double ratios[BENCH_ROUNDS];

    for (uint32_t r = 0; r < BENCH_ROUNDS; r++)
        ratios[r] = net[r] / samples->chase[r];
    ratio = spread_of(ratios, BENCH_ROUNDS);
    b->mismatches += body->mismatches;
    printf("{\"row\": \"%s\", \"unit\": \"ns\", \"n\": %d, \"min\": %.2f, \"p10\": %.2f, \"median\": %.2f, \"p90\": %.2f, ", body->row,
           BENCH_ROUNDS, ns.min, ns.p10, ns.median, ns.p90);
    printf("\"chase\": %.2f, \"ratio\": %.3f, \"ratio_p10\": %.3f, \"ratio_p90\": %.3f, \"noisy\": %s, ", chase.median, ratio.median,
           ratio.p10, ratio.p90, ratio.p90 > NOISY * ratio.p10 ? "true" : "false");
    printf("\"lookups\": %u, \"load\": %.2f, \"gaps\": %llu, \"checked\": %llu, \"mismatches\": %llu", body->lookups, load_average(),
           (unsigned long long)samples->gaps, (unsigned long long)body->checked, (unsigned long long)body->mismatches);
    if (body->rate > 0) {
        double block = body->rate * 1e9 / body->lookups;

        printf(", \"rate\": %.6g, \"rate_low\": %.6g, \"rate_max\": %.6g, \"rate_unit\": \"%s\"", block / ns.median, block / ns.p90, block / ns.min,
               body->rate_unit);
    }
    print_note(body->note);
}

static void print_pair(const struct bench_pair *pair, double (*net)[BENCH_ROUNDS])
{
    double ratios[BENCH_ROUNDS];
    struct spread ratio;

    for (uint32_t r = 0; r < BENCH_ROUNDS; r++)
        ratios[r] = net[pair->over][r] / net[pair->under][r];
    ratio = spread_of(ratios, BENCH_ROUNDS);
    printf("{\"pair\": \"%s\", \"n\": %d, \"min\": %.3f, \"p10\": %.3f, \"median\": %.3f, \"p90\": %.3f, \"noisy\": %s}\n", pair->row,
           BENCH_ROUNDS, ratio.min, ratio.p10, ratio.median, ratio.p90, ratio.p90 > NOISY * ratio.p10 ? "true" : "false");
}

void bench_compare(struct bench *b, const struct bench_body *bodies, uint32_t n, const struct bench_pair *pairs, uint32_t n_pairs)
{
    struct samples *all = calloc(n, sizeof *all);
    double(*net)[BENCH_ROUNDS] = calloc(n, sizeof *net);
    uint64_t seed = BENCH_SEED;

    if (!all || !net) {
        free(all);
        free(net);
        bench_skip(b, bodies[0].row, "out of memory");
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        all[i].blocks = blocks_for(b, &bodies[i], &seed);
    for (uint32_t round = 0; round < BENCH_ROUNDS; round++)
        for (uint32_t i = 0; i < n; i++)
            sample(b, &bodies[i], &all[i], round, &seed);
    for (uint32_t i = 0; i < n; i++) {
        take_off(bodies, all, i, net[i]);
        print_row(b, &bodies[i], &all[i], net[i]);
    }
    for (uint32_t i = 0; i < n_pairs; i++)
        print_pair(&pairs[i], net);
    free(all);
    free(net);
}

void bench_figure(struct bench *b, const char *row, const char *unit, double value, const char *note)
{
    (void)b;
    printf("{\"figure\": \"%s\", \"unit\": \"%s\", \"value\": %.6g", row, unit, value);
    print_note(note);
}

void bench_times(struct bench *b, const char *row, const char *unit, double *values, uint32_t n, const char *note)
{
    double chase = time_chase(b);

    qsort(values, n, sizeof *values, by_value);
    printf("{\"times\": \"%s\", \"unit\": \"%s\", \"n\": %u, \"min\": %.6g, \"median\": %.6g, \"p90\": %.6g, \"p99\": %.6g, \"max\": %.6g, "
           "\"chase\": %.2f, \"load\": %.2f, \"gaps\": %llu",
           row, unit, n, values[0], values[n / 2], values[n - 1 - n / 10], values[n - 1 - n / 100], values[n - 1], chase, load_average(),
           (unsigned long long)count_gaps());
    print_note(note);
}

void bench_checked(struct bench *b, const char *row, uint64_t checked, uint64_t mismatches)
{
    b->mismatches += mismatches;
    printf("{\"check\": \"%s\", \"checked\": %llu, \"mismatches\": %llu}\n", row, (unsigned long long)checked,
           (unsigned long long)mismatches);
}

void bench_skip(struct bench *b, const char *row, const char *why)
{
    (void)b;
    printf("{\"skipped\": \"%s\", \"why\": \"%s\"}\n", row, why);
}
