/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs run without an interface, and what the kernel says of their size. */
#include "bpf/object.h"

#include <errno.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf.h>

int cnipol_bpf_run_packet(struct cnipol_bpf *bpf, int32_t judge, const void *frame, uint32_t n, int32_t *passed)
{
    LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = n, .repeat = 1);
    int fd = np_load_judge_fd(&bpf->load, judge);

    if (fd < 0 || n < 14)
        return CNIPOL_E_USAGE;
    if (bpf_prog_test_run_opts(fd, &opts))
        return CNIPOL_E_SYSTEM;
    *passed = opts.retval == TC_ACT_OK;
    return CNIPOL_OK;
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
