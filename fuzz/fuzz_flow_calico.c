/* SPDX-License-Identifier: BSD-2-Clause */
/* Calico's flow formats: the first byte chooses the format and the version, the rest is a stream of it. See flow.h for what must hold. */

#include "flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"goldmane-json", "whisker-json", "calico-flowlog-json", "calico-policy-string"};
    static const char *const versions[] = {NULL, "3.31", "3.32", NULL};
    struct cnipol_decoder_opts opts = {.sz = sizeof opts};

    if (size < 1 || size > 1 << 16)
        return 0;
    opts.format = formats[data[0] % 4];
    opts.version = versions[data[0] / 4 % 4];
    fuzz_flow(&opts, data + 1, size - 1);
    return 0;
}
