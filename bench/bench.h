/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CNIPOL_BENCH_H
#define CNIPOL_BENCH_H

/*
 * Measuring in pairs on a machine that others use too.
 *
 * A program fills a table of bodies, one for each way to answer the same kind of questions, and hands
 * it to bench_compare(). In each round every body gets one sample, in turn (A B C A B C ...), and right
 * before each sample a chase is timed: four dependent loads through a random cycle of cache lines in
 * 256 KiB. So each sample has a ratio to what the memory cost at that moment, and two bodies have a
 * ratio to each other from samples that lie milliseconds apart; medians of such ratios stay where
 * absolute times drift by half. A sample is as many blocks of questions as fit into some milliseconds;
 * a block's questions are made before its clock starts. Nothing is discarded.
 *
 * What the program prints is JSON, one object a line, for run.py. A mismatch makes the exit status 1.
 */

#include <stdbool.h>
#include <stdint.h>

#define BENCH_ROUNDS 31
#define BENCH_BODIES 24
#define BENCH_SEED 0x5eed0fc0ffeeULL

struct bench {
    const char *program;
    uint64_t mismatches;
    uint32_t *chase; /* 256 KiB: in each cache line, the next one's place */
    uint32_t at;
    uint64_t sink; /* what the bodies answered, so that no compiler leaves them out */
    int cpu;
};

struct bench_body {
    const char *row;
    const char *note;                            /* NULL: none */
    void (*prepare)(void *user, uint64_t *seed); /* makes the next block's questions, untimed; may be NULL */
    uint64_t (*run)(void *user);                 /* answers the block */
    void *user;
    uint32_t lookups; /* in a block */
    uint32_t net_of;  /* 1 + number of the body of whose ns `net_share` is taken off, round by round; 0: none */
    double net_share;
    uint64_t checked; /* answers that were compared with the reference beforehand */
    uint64_t mismatches;
    double rate;           /* what a block is in the unit of the row's rate (bytes / 1e6 for MB/s), which is printed then; 0: none */
    const char *rate_unit; /* "MB/s" */
};

/* Rows whose ratio is printed as a figure of its own. */
struct bench_pair {
    const char *row;
    uint32_t over, under;
};

/* Pins the process to one CPU, prints the head. False when there is no memory. */
bool bench_open(struct bench *b, const char *program);
/* The exit status: 1 if anything mismatched. */
int bench_close(struct bench *b);

void bench_compare(struct bench *b, const struct bench_body *bodies, uint32_t n, const struct bench_pair *pairs, uint32_t n_pairs);
/* Something that was counted. */
void bench_figure(struct bench *b, const char *row, const char *unit, double value, const char *note);
/* Something timed a few times on its own: minimum, median and 90th percentile of `values`, which are sorted. */
void bench_times(struct bench *b, const char *row, const char *unit, double *values, uint32_t n, const char *note);
/* Answers compared beside no row. */
void bench_checked(struct bench *b, const char *row, uint64_t checked, uint64_t mismatches);
void bench_skip(struct bench *b, const char *row, const char *why);

double bench_now(void); /* seconds */
double bench_peak_mib(void);
uint64_t bench_random(uint64_t *seed);
/* Uniform below n. */
uint32_t bench_below(uint64_t *seed, uint32_t n);

/* Zero, though the compiler does not know: `bench_zero() & answer` makes the next question wait for the answer. */
static inline uint32_t bench_zero(void)
{
    uint32_t zero = 0;

    __asm__ volatile("" : "+r"(zero));
    return zero;
}

#endif
