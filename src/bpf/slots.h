/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef NP_BPF_SLOTS_H
#define NP_BPF_SLOTS_H

/* Questions for the programs that only tests and benchmarks run, and their answers: one mapped array value. */

#include <cnipol/eval_base.h>

#define NP_BPF_SLOTS 1024u /* questions that a test asks at once */
#define NP_BPF_MANY 64u    /* verdicts in one run of the benchmark's program */

/* Questions of a test with their answers. The benchmark's program takes them in turn, with ids of its own choice where n_ids is not 0. */
struct np_bpf_slots {
    uint32_t n;
    uint32_t only_rules;
    uint32_t n_ids;
    uint32_t n_keys; /* benchmark: a power of two */
    uint64_t seed;   /* not 0; goes on from run to run */
    uint64_t sum;    /* np_bpf_sum() of all decisions */
    struct cnipol_key keys[NP_BPF_SLOTS];
    struct cnipol_answer answers[NP_BPF_SLOTS];
};

/* The benchmark's numbers, on both sides: xorshift64. */
static inline uint64_t np_bpf_next(uint64_t seed)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^ seed << 17;
}

/* The next question with ids drawn from the seed. */
static inline void np_bpf_draw(struct cnipol_key *key, uint64_t seed, uint32_t n_ids)
{
    if (!n_ids)
        return;
    key->source = (uint32_t)((seed & 0xffffffffu) * n_ids >> 32);
    key->destination = (uint32_t)((seed >> 32) * n_ids >> 32);
}

static inline uint64_t np_bpf_sum(uint64_t sum, uint32_t decision)
{
    return sum * 31 + decision;
}

#endif
