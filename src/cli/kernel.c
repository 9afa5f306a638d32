/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel: images are published to a program there, and asked. See cli.h. */

#include <bpf/libbpf.h>

#include <cnipol/bpf.h>

#include "cli/cli.h"

/* One process, one program in the kernel. */
static struct {
    struct cnipol_bpf *bpf;
    uint64_t generation;
} kernel;

bool cli_kernel_open(const char **why)
{
    struct cnipol_bpf_opts opts = {.sz = sizeof opts, .flags = CNIPOL_BPF_TESTS};

    *why = cnipol_bpf_unavailable();
    if (*why)
        return false;
    (void)libbpf_set_print(NULL);
    *why = "the kernel refused the programs";
    return cnipol_bpf_open(&opts, &kernel.bpf) == CNIPOL_OK;
}

void cli_kernel_close(void)
{
    cnipol_bpf_free(kernel.bpf);
    kernel.bpf = NULL;
}

int cli_kernel_publish(const struct cnipol_image *image)
{
    size_t n;
    const void *bytes = cnipol_image_bytes(image, &n);

    return n > UINT32_MAX ? CNIPOL_E_LIMIT : cnipol_bpf_publish(kernel.bpf, bytes, (uint32_t)n, 0, ++kernel.generation);
}

int cli_kernel_ask(const struct cnipol_key *keys, uint32_t n, int32_t way, struct cnipol_answer *out)
{
    return cnipol_bpf_ask(kernel.bpf, keys, n, way == CNIPOL_IMAGE_RULES, out);
}
