/* SPDX-License-Identifier: BSD-2-Clause */
/* Antrea's formats of lines, of JSON and of protobuf: the first byte chooses the format, the rest is a stream of it. See flow.h for what must hold. */

#include "flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"antrea-npl",        "antrea-node-npl",         "antrea-flow-csv",
                                          "antrea-ipfix-json", "antrea-flowrecords-json", "antrea-clickhouse",
                                          "antrea-suricata",   "antrea-flow-pb"};
    struct cnipol_decoder_opts opts = {.sz = sizeof opts};

    if (size < 1 || size > 1 << 16)
        return 0;
    opts.format = formats[data[0] % (sizeof formats / sizeof *formats)];
    fuzz_flow(&opts, data + 1, size - 1);
    return 0;
}
