/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csv and jsonl: bytes up to the first NUL are the mapping (none where there are none), the rest is a stream, of CSV if the first of all
 * bytes is even. See flow.h for what must hold.
 */

#include "flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cnipol_decoder_opts opts = {.sz = sizeof opts};
    const uint8_t *end = size > 1 && size < 1 << 16 ? memchr(data + 1, '\0', size - 1) : NULL;

    if (!end)
        return 0;
    opts.format = data[0] % 2 ? "jsonl" : "csv";
    opts.columns = end > data + 1 ? (const char *)data + 1 : NULL;
    fuzz_flow(&opts, end + 1, size - (size_t)(end + 1 - data));
    return 0;
}
