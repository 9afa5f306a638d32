/* SPDX-License-Identifier: BSD-2-Clause */
/* IPFIX: a stream of messages, with all fields wanted and with few. See flow.h for what must hold. */

#include "flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cnipol_fields few = {{0}};
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "antrea-ipfix"};

    if (size > 1 << 17)
        return 0;
    fuzz_flow(&opts, data, size);
    few.bits[CNIPOL_FIELD_DST_PORT / 64] |= UINT64_C(1) << CNIPOL_FIELD_DST_PORT % 64;
    opts.fields = &few;
    fuzz_flow(&opts, data, size);
    return 0;
}
