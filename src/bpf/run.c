/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs run without an interface, and what the kernel says of their size. */
#include "bpf/object.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/pkt_cls.h>

#include <bpf/bpf.h>

#include "bpf/slots.h"

/* Runs a program on a frame; what it returned, and how long a run took. */
static int run(int fd, const void *frame, uint32_t n, uint32_t runs, uint32_t *returned, uint32_t *ns)
{
    struct bpf_test_run_opts opts;

    memset(&opts, 0, sizeof opts);
    opts.sz = sizeof opts;
    opts.data_in = frame;
    opts.data_size_in = n;
    opts.repeat = (int)runs;
    if (bpf_prog_test_run_opts(fd, &opts))
        return CNIPOL_E_SYSTEM;
    *returned = opts.retval;
    *ns = opts.duration;
    return CNIPOL_OK;
}

int cnipol_bpf_run_packet(struct cnipol_bpf *bpf, int32_t judge, const void *frame, uint32_t n, int32_t *passed)
{
    int fd = np_load_judge_fd(&bpf->load, judge), status;
    uint32_t returned, ns;

    if (fd < 0 || n < 14)
        return CNIPOL_E_USAGE;
    status = run(fd, frame, n, 1, &returned, &ns);
    if (status == CNIPOL_OK)
        *passed = returned == TC_ACT_OK;
    return status;
}

/* The n-th of the programs that were loaded. */
static struct bpf_program *program_at(const struct cnipol_bpf *bpf, uint32_t n)
{
    struct bpf_program *program;

    bpf_object__for_each_program(program, bpf->load.object) if (bpf_program__autoload(program) && n-- == 0) return program;
    return NULL;
}

int cnipol_bpf_figures(const struct cnipol_bpf *bpf, uint32_t n, struct cnipol_bpf_figures *out)
{
    struct bpf_program *program = program_at(bpf, n);
    struct bpf_prog_info info = {0};
    uint32_t size = sizeof info;

    if (!program)
        return CNIPOL_E_NOTFOUND;
    if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
        return CNIPOL_E_SYSTEM;
    *out = (struct cnipol_bpf_figures){
        .name = bpf_program__name(program),
        .verified_insns = info.verified_insns,
        .xlated_bytes = info.xlated_prog_len,
        .jited_bytes = info.jited_prog_len,
    };
    return CNIPOL_OK;
}

/* A program that looks at no packet needs one all the same. */
static int run_blind(const struct cnipol_bpf *bpf, const char *name, uint32_t runs, uint32_t *ns)
{
    static const unsigned char frame[64];
    uint32_t returned;
    int status = run(np_load_program_fd(&bpf->load, name), frame, sizeof frame, runs, &returned, ns);

    if (status)
        return status;
    return returned == TC_ACT_OK ? CNIPOL_OK : CNIPOL_E_INTERNAL;
}

static int slots_open(const struct cnipol_bpf *bpf, struct np_bpf_slots **out)
{
    void *slots;

    if (!(bpf->opts.flags & CNIPOL_BPF_TESTS) || !cnipol_bpf_generation(bpf))
        return CNIPOL_E_USAGE;
    slots = mmap(NULL, sizeof **out, PROT_READ | PROT_WRITE, MAP_SHARED, np_load_map_fd(&bpf->load, "np_slots"), 0);
    if (slots == MAP_FAILED)
        return CNIPOL_E_SYSTEM;
    *out = slots;
    return CNIPOL_OK;
}

int cnipol_bpf_ask(struct cnipol_bpf *bpf, const struct cnipol_key *keys, uint32_t n, int32_t only_rules, struct cnipol_answer *answers)
{
    struct np_bpf_slots *slots;
    int status = slots_open(bpf, &slots);
    uint32_t ns;

    if (status)
        return status;
    slots->only_rules = only_rules != 0;
    for (uint32_t done = 0; done < n && !status; done += slots->n) {
        slots->n = n - done < NP_BPF_SLOTS ? n - done : NP_BPF_SLOTS;
        memcpy(slots->keys, keys + done, slots->n * sizeof *keys);
        status = run_blind(bpf, "np_eval_slots", 1, &ns);
        if (status == CNIPOL_OK)
            memcpy(answers + done, slots->answers, slots->n * sizeof *answers);
    }
    munmap(slots, sizeof *slots);
    return status;
}

static bool can_measure(const struct cnipol_bpf_measure *measure)
{
    uint32_t n = measure->n_keys;

    return n && n <= NP_BPF_MANY && !(n & (n - 1)) && measure->seed && measure->runs && measure->runs <= INT32_MAX;
}

int cnipol_bpf_measure(struct cnipol_bpf *bpf, struct cnipol_bpf_measure *measure)
{
    struct np_bpf_slots *slots;
    int status = can_measure(measure) ? slots_open(bpf, &slots) : CNIPOL_E_USAGE;
    uint32_t ns_empty, ns;

    if (status)
        return status;
    slots->only_rules = measure->only_rules != 0;
    slots->n_ids = measure->n_ids;
    slots->n_keys = measure->n_keys;
    slots->seed = measure->seed;
    slots->sum = 0;
    memcpy(slots->keys, measure->keys, measure->n_keys * sizeof *measure->keys);
    status = run_blind(bpf, "np_empty", measure->runs, &ns_empty);
    if (status == CNIPOL_OK)
        status = run_blind(bpf, "np_eval_many", measure->runs, &ns);
    if (status == CNIPOL_OK) {
        measure->seed = slots->seed;
        measure->sum = slots->sum;
        measure->ns_empty = ns_empty;
        measure->ns = ((double)ns - ns_empty) / NP_BPF_MANY;
    }
    munmap(slots, sizeof *slots);
    return status;
}

void cnipol_bpf_draw(const struct cnipol_bpf_measure *measure, uint32_t i, uint64_t *seed, struct cnipol_key *key)
{
    *seed = np_bpf_next(*seed);
    *key = measure->keys[i % NP_BPF_MANY & (measure->n_keys - 1)];
    np_bpf_draw(key, *seed, measure->n_ids);
}
