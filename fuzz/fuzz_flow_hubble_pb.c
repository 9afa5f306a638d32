/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's protobuf: the first byte picks the message and whether only some fields are wanted, the rest is a frame and a stream. The
 * frame is read the plain way too, which must say the same.
 */

#include "flow.h"

#include "../tests/support/hubble_pb_plain.h"

static void check_same(const struct cnipol_decoder_opts *opts, const uint8_t *data, size_t size)
{
    static np_pb_read_fn *const ways[] = {np_pb_read, hubble_pb_read_plain};
    struct hubble_pb_single single;
    char *told[2];

    for (int i = 0; i < 2; i++) {
        FUZZ_CHECK(hubble_pb_single_open(&single, opts->message, opts->fields, ways[i]));
        told[i] = hubble_pb_single_read(&single, data, size);
        hubble_pb_single_close(&single);
    }
    FUZZ_CHECK(strcmp(told[0], told[1]) == 0);
    free(told[0]);
    free(told[1]);
}

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
    check_same(&opts, data + 1, size - 1);
    return 0;
}
