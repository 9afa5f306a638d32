/* SPDX-License-Identifier: BSD-2-Clause */
/* Events of Cilium's monitor: the first byte picks the release, the rest is an event and a stream of them. */

#include "flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const versions[] = {NULL, "1.16", "1.17", "1.18.0", "1.18.6", "1.19", "1.20"};
    static const struct cnipol_endpoint web = {.id = 7, .identity = 4711, .ip = "10.0.1.235", .ns = "shop", .pod = "web"};
    struct cnipol_decoder_opts opts = {.sz = sizeof opts, .format = "cilium-monitor", .packed = 1};
    struct cnipol_endpoints *endpoints = NULL;
    struct cnipol_ctx *ctx;

    if (!size || size > 1 << 16)
        return 0;
    ctx = fuzz_ctx();
    FUZZ_CHECK(cnipol_endpoints_new(ctx, &endpoints) == CNIPOL_OK);
    FUZZ_CHECK(cnipol_endpoints_add(endpoints, &web) == CNIPOL_OK);
    opts.version = versions[data[0] % 7];
    opts.endpoints = data[0] & 0x80 ? endpoints : NULL;
    fuzz_flow(&opts, data + 1, size - 1);
    cnipol_endpoints_free(endpoints);
    cnipol_ctx_free(ctx);
    return 0;
}
