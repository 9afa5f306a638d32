/* SPDX-License-Identifier: BSD-2-Clause */
/* Hubble's protobuf: the first byte picks the message and whether only some fields are wanted, the rest is a frame and a stream. */

#include "flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const messages[] = {"GetFlowsResponse", "ExportEvent", "Flow"};
    static const struct cnipol_fields some = {{0x5555555555555555u, 0x5555555555555555u}};
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "hubble-pb", .packed = 1};

    if (!size || size > 1 << 16)
        return 0;
    opts.message = messages[data[0] % 3];
    opts.fields = data[0] & 0x80 ? &some : NULL;
    fuzz_flow(&opts, data + 1, size - 1);
    return 0;
}
