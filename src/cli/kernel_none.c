/* SPDX-License-Identifier: BSD-2-Clause */
/* Where there is no libcnipol-bpf, the kernel answers nothing. */

#include "cli/cli.h"

bool cli_kernel_open(const char **why)
{
    *why = "this program was built without libcnipol-bpf";
    return false;
}

void cli_kernel_close(void)
{
}

int cli_kernel_publish(const struct cnipol_image *image)
{
    (void)image;
    return CNIPOL_E_SYSTEM;
}

int cli_kernel_ask(const struct cnipol_key *keys, uint32_t n, int32_t way, struct cnipol_answer *out)
{
    (void)keys;
    (void)n;
    (void)way;
    (void)out;
    return CNIPOL_E_SYSTEM;
}
